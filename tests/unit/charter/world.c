#include "world_must.h"

#include "codec/base64.h"
#include "codec/time.h"

const char *const world_members[PARTIES] = { "au.example", "uk.example", "us.example", "jp.example", "kr.example",
	"jp.example" };
const char *const world_issuers[PARTIES] = { "https://node.au.example", "https://node.uk.example", "https://node.us.example",
	"https://node.jp.example", "https://node.kr.example", "https://node.jp.example" };
const char *const world_countries[PARTIES] = { "AUS", "GBR", "USA", "JPN", "KOR", "JPN" };
static const char *const officer_names[OFFICERS] = { "doe", "poe", "roe" };
bool world_codes_seen[ENT_REASON_COUNT];

/* ---- keys ---- */

/* Every key is made from a number, so that the charter has the same name in every run: a fuzz target's corpus depends on it. */
static uint8_t next_seed;

static void
fill_seed(uint8_t seed[32])
{
	memset(seed, 0, 32);
	seed[31] = ++next_seed;
}

/* A signer of that name: the key line of Go's note package, put together from the seed. */
static struct ent_signer *
signer_from(const uint8_t seed[32], const char *name, uint8_t type)
{
	ENT_AUTO(ent_ed25519) key = NULL;
	uint8_t typed[33] = { type }, secret[33] = { type };
	char line[256], base64[64] = "", id[9];
	struct ent_signer *signer = NULL;
	struct ent_hash hash;

	MUST(ent_ed25519_from_seed(&key, ent_view_from(seed, 32), &err));
	MUST(ent_ed25519_public(key, &typed[1], &err));
	memcpy(&secret[1], seed, 32);
	const struct ent_view parts[] = { ent_view_str(name), ENT_LIT("\n"), ent_view_from(typed, sizeof(typed)) };
	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	ent_hex_encode_to(id, ent_view_slice(ent_hash_view(&hash), 0, 4));
	ent_base64_encode_to(base64, ENT_BASE64_STD, ent_view_from(secret, sizeof(secret)));
	snprintf(line, sizeof(line), "PRIVATE+KEY+%s+%s+%s", name, id, base64);
	MUST(ent_signer_parse(&signer, ent_view_str(line), &err));
	return signer;
}

static struct ent_signer *
make_signer(const char *member, const char *role, uint8_t type)
{
	uint8_t seed[32];
	char name[128];

	fill_seed(seed);
	snprintf(name, sizeof(name), "%s/%s", member, role);
	return signer_from(seed, name, type);
}

/* The name of a seal key holds its kid. */
static struct ent_signer *
make_seal(const char *member)
{
	ENT_AUTO(ent_ed25519) key = NULL;
	uint8_t seed[32], public_key[ENT_ED25519_KEY_LEN];
	char kid[ENT_SEAL_KID_SIZE], name[128];

	fill_seed(seed);
	MUST(ent_ed25519_from_seed(&key, ent_view_from(seed, 32), &err));
	MUST(ent_ed25519_public(key, public_key, &err));
	ent_seal_kid(kid, public_key);
	snprintf(name, sizeof(name), "%s/seal/%s", member, kid);
	return signer_from(seed, name, ENT_NOTE_TYPE_ED25519);
}

static struct ent_key *
make_p256(void)
{
	struct ent_key *key = NULL;
	uint8_t scalar[32];

	fill_seed(scalar);
	MUST(ent_key_from_scalar(&key, ENT_KEY_EC_P256, ent_view_from(scalar, sizeof(scalar)), &err));
	return key;
}

static struct world_keys all_keys[PARTIES];

static void
free_keys(void)
{
	for (size_t m = 0; m < PARTIES; m++) {
		struct world_keys *k = &all_keys[m];

		for (size_t i = 0; i < OFFICERS; i++)
			ent_signer_free(k->officers[i]);
		ent_signer_free(k->log);
		ent_signer_free(k->access);
		ent_signer_free(k->witness);
		ent_signer_free(k->seal);
		ent_key_free(k->kas);
		ent_key_free(k->issuer);
	}
}

static void
make_keys(struct world_keys *k, const char *member)
{
	for (size_t i = 0; i < OFFICERS; i++) {
		char role[32];

		snprintf(role, sizeof(role), "officer/%s", officer_names[i]);
		k->officers[i] = make_signer(member, role, ENT_NOTE_TYPE_ED25519);
	}
	k->log = make_signer(member, "statements", ENT_NOTE_TYPE_ED25519);
	k->access = make_signer(member, "access", ENT_NOTE_TYPE_ED25519);
	k->witness = make_signer(member, "witness", ENT_NOTE_TYPE_COSIGNATURE);
	k->seal = make_seal(member);
	k->kas = make_p256();
	k->issuer = make_p256();
}

const struct world_keys *
world_keys(size_t member)
{
	if (all_keys[0].log == NULL) {
		for (size_t m = 0; m < PARTIES; m++)
			make_keys(&all_keys[m], world_members[m]);
		atexit(free_keys);
	}
	return &all_keys[member];
}

/* ---- genesis ---- */

static void
add_member(struct ent_buf *text, size_t m, const char *extra_issuer)
{
	const struct world_keys *k = world_keys(m);

	MUST(ent_buf_printf(text, &err, "member %s\ntitle en Member %zu\ncountry %s\n", world_members[m], m, world_countries[m]));
	for (size_t i = 0; i < OFFICERS; i++)
		MUST(ent_buf_printf(text, &err, "officer %.*s\n", ENT_FMT(world_line_of(k->officers[i]))));
	MUST(ent_buf_printf(text, &err, "quorum 2\nlog %.*s\nlog %.*s\nwitness %.*s\nnode %s\nissuer %s\n", ENT_FMT(world_line_of(k->log)),
	    ENT_FMT(world_line_of(k->access)), ENT_FMT(world_line_of(k->witness)), world_issuers[m], world_issuers[m]));
	if (extra_issuer != NULL)
		MUST(ent_buf_printf(text, &err, "issuer %s\n", extra_issuer));
}

void
world_genesis(struct ent_buf *out, const struct world_rules *rules)
{
	static const struct world_rules usual;
	const struct ent_signer *signers[MEMBERS * OFFICERS];
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(TEXT_MAX);
	size_t count = 0;

	rules = rules != NULL ? rules : &usual;
	MUST(ent_buf_add_str(&text, "charter/v1 epoch 1.1\ntime 2026-11-01T09:00:00Z\nhost aukus.example\ntitle en Test\n", &err));
	for (size_t m = 0; m < MEMBERS; m++)
		add_member(&text, m, m == UK ? rules->extra_issuer : NULL);
	MUST(ent_buf_printf(&text, &err,
	    "pillar i closed\npillar ii open\nrule admit consents %s stops 1 fresh 48h\nrule project consents %s stops 1 fresh %s\n",
	    rules->admit ? rules->admit : "all", rules->consents ? rules->consents : "all", rules->fresh ? rules->fresh : "48h"));
	if (rules->profile != NULL)
		MUST(ent_buf_printf(&text, &err, "rule profile consents %s stops 1 fresh 48h\n", rules->profile));
	MUST(ent_buf_add_str(&text, "limit accreditation 365d\nlimit rotation-cooling 72h\nlimit reseat-notice 30d\n", &err));
	for (size_t m = 0; m < MEMBERS; m++)
		for (size_t i = 0; i < OFFICERS; i++)
			if ((rules->signers ? rules->signers : QUORUM) & (1u << i))
				signers[count++] = world_keys(m)->officers[i];
	MUST(ent_note_sign(out, ent_buf_view(&text), signers, count, &err));
}

struct ent_charter *
world_charter(const struct world_rules *rules)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(TEXT_MAX);
	struct ent_charter *charter = NULL;

	world_genesis(&note, rules);
	MUST(ent_charter_new(&charter, ent_buf_view(&note), &err));
	return charter;
}

/* ---- entries ---- */

void
world_alive(struct ent_buf *out, const struct ent_charter *charter, size_t member, uint64_t index, int64_t time_unix_s)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(TEXT_MAX);
	const struct ent_signer *signer = world_keys(member)->log;
	char id[ENT_HASH_BASE64_SIZE], time[ENT_TIME_TEXT_SIZE];

	ent_hash_base64(id, ent_charter_id(charter));
	ent_time_print(time, time_unix_s);
	MUST(ent_buf_printf(&text, &err, "charter/v1 alive %llu\nby %s\ncharter %s\ntime %s\nview %s\n", (unsigned long long)index,
	    world_members[member], id, time, id));
	MUST(ent_note_sign(out, ent_buf_view(&text), &signer, 1, &err));
}

static size_t
collect_signers(const struct ent_signer **signers, const struct world_statement *s)
{
	const struct world_keys *k = world_keys((s->by + s->signers_of) % (s->by < MEMBERS ? MEMBERS : PARTIES));
	size_t count = 0;

	if (s->log_key)
		signers[count++] = k->log;
	for (size_t i = 0; !s->log_key && i < OFFICERS; i++)
		if ((s->signers ? s->signers : QUORUM) & (1u << i))
			signers[count++] = k->officers[i];
	return count;
}

void
world_statement(struct ent_buf *out, const struct ent_charter *charter, const struct world_statement *s)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(TEXT_MAX);
	char id[ENT_HASH_BASE64_SIZE], epoch[ENT_HASH_BASE64_SIZE], time[ENT_TIME_TEXT_SIZE], not_after[ENT_TIME_TEXT_SIZE];
	struct ent_view act = ent_view_str(s->act), kind = ent_view_slice(act, 0, ent_view_find(act, ' ', 0));
	const struct ent_signer *signers[OFFICERS];

	ent_hash_base64(id, s->charter_id ? s->charter_id : ent_charter_id(charter));
	ent_hash_base64(epoch, ent_charter_epoch_hash(charter));
	ent_time_print(time, s->time_unix_s);
	ent_time_print(not_after, s->not_after_unix_s ? s->not_after_unix_s : s->time_unix_s + 7 * DAY);
	if (s->kind != NULL)
		kind = ent_view_str(s->kind);
	MUST(ent_buf_printf(&text, &err, "charter/v1 statement %.*s\nby %s\ncharter %s\nepoch %u %s\ntime %s\n", ENT_FMT(kind),
	    world_members[s->by], id, s->epoch ? s->epoch : 1, epoch, time));
	if (!ent_view_eq_str(kind, "stop"))
		MUST(ent_buf_printf(&text, &err, "not-after %s\n", not_after));
	MUST(ent_buf_printf(&text, &err, "%s\n", s->act));
	if (s->says != NULL)
		MUST(ent_buf_printf(&text, &err, "says %s\n", s->says));
	MUST(ent_note_sign(out, ent_buf_view(&text), signers, collect_signers(signers, s), &err));
}

void
world_consent(struct ent_buf *out, const struct ent_charter *charter, size_t member, struct ent_view proposal, int64_t time_unix_s,
    int64_t until_unix_s)
{
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max(TEXT_MAX);
	char hash[ENT_HASH_BASE64_SIZE], until[ENT_TIME_TEXT_SIZE], act[128];
	struct ent_hash id;
	const char *said;

	ent_sha256(&id, proposal);
	ent_hash_base64(hash, &id);
	ent_time_print(until, until_unix_s);
	snprintf(act, sizeof(act), "consent %s until %s", hash, until);
	MUST(ent_says_make(&says, proposal, &err));
	MUST(ent_buf_cstr(&says, &said, &err));
	world_statement(out, charter, &(struct world_statement){ .by = member, .time_unix_s = time_unix_s, .act = act, .says = said });
}

static void
add_spki(struct ent_buf *out, const struct ent_key *key)
{
	MUST(ent_base64_encode(out, ENT_BASE64_STD, ent_pubkey_spki(ent_key_public(key)), &err));
}

void
world_key_line(struct ent_buf *out, const struct ent_key *key)
{
	char kid[ENT_KID_SIZE];

	ent_pubkey_kid(kid, ent_key_public(key));
	MUST(ent_buf_printf(out, &err, "key %s kas ec:secp256r1 ", kid));
	add_spki(out, key);
}

void
world_seal_key_line(struct ent_buf *out, const struct ent_signer *seal)
{
	const struct ent_vkey *vkey = ent_signer_vkey(seal);
	char kid[ENT_SEAL_KID_SIZE];

	ent_seal_kid(kid, vkey->key);
	MUST(ent_buf_printf(out, &err, "key %s seal ed25519 ", kid));
	MUST(ent_base64_encode(out, ENT_BASE64_STD, ent_view_from(vkey->key, sizeof(vkey->key)), &err));
}

void
world_issuer_key_line(struct ent_buf *out, const char *issuer, const char *kid, const struct ent_key *key, int64_t until_unix_s)
{
	char until[ENT_TIME_TEXT_SIZE];

	ent_time_print(until, until_unix_s);
	MUST(ent_buf_printf(out, &err, "issuer-key %s %s ES256 ", issuer, kid));
	add_spki(out, key);
	MUST(ent_buf_printf(out, &err, " until %s", until));
}

void
world_hash_line(struct ent_buf *out, const char *word, const struct ent_hash *hash)
{
	char text[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(text, hash);
	MUST(ent_buf_printf(out, &err, "%s %s", word, text));
}

struct ent_hash
world_text_hash(struct ent_view note)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_note parsed;
	struct ent_hash hash;

	MUST(ent_arena_new(&arena, TEXT_MAX, &err));
	MUST(ent_note_parse(&parsed, arena, note, &err));
	ent_note_hash(&hash, &parsed);
	return hash;
}

void
world_stop_key_line(struct ent_buf *out, const struct ent_signer *signer)
{
	const struct ent_vkey *key = ent_signer_vkey(signer);

	MUST(ent_buf_printf(out, &err, "stop key %.*s+%08x", ENT_FMT(key->name), (unsigned)key->id));
}

/* ---- into the logs ---- */

void
world_follow(struct ent_charter *charter, size_t partner)
{
	MUST(ent_charter_follow(charter, ent_view_str(world_members[partner]), ent_signer_vkey(world_keys(partner)->log), &err));
}

void
world_add(struct ent_charter *charter, size_t member, struct ent_view note)
{
	struct ent_view party = ent_view_str(world_members[member]);

	MUST(ent_charter_add_entry(charter, party, ent_charter_log_size(charter, party), note, &err));
}

void
world_be_alive(struct ent_charter *charter, size_t member, int64_t time_unix_s)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(TEXT_MAX);

	world_alive(&note, charter, member, ent_charter_log_size(charter, ent_view_str(world_members[member])), time_unix_s);
	world_add(charter, member, ent_buf_view(&note));
}

void
world_be_alive_all(struct ent_charter *charter, int64_t time_unix_s)
{
	for (size_t m = 0; m < MEMBERS; m++)
		world_be_alive(charter, m, time_unix_s);
}

struct ent_hash
world_say_in(struct ent_charter *charter, size_t host, const struct world_statement *statement)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(TEXT_MAX);

	world_statement(&note, charter, statement);
	world_add(charter, host, ent_buf_view(&note));
	return world_text_hash(ent_buf_view(&note));
}

void
world_state_act(struct ent_charter *charter, const struct world_statement *statement)
{
	(void)world_say_in(charter, statement->by, statement);
}

void
world_give_consent(struct ent_charter *charter, size_t member, const struct ent_hash *proposal, int64_t time_unix_s, int64_t until_unix_s)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(TEXT_MAX);

	world_be_alive(charter, member, time_unix_s);
	world_consent(&note, charter, member, ent_charter_proposal(charter, proposal)->text, time_unix_s, until_unix_s);
	world_add(charter, member, ent_buf_view(&note));
}

static void
publish(struct ent_charter *charter, size_t member, int64_t time_unix_s, struct ent_buf *line)
{
	const char *act;

	MUST(ent_buf_cstr(line, &act, &err));
	world_state_act(charter, &(struct world_statement){ .by = member, .time_unix_s = time_unix_s, .act = act });
	ent_buf_clear(line);
}

void
world_publish_keys(struct ent_charter *charter, int64_t time_unix_s)
{
	for (size_t m = 0; m < MEMBERS; m++) {
		ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(TEXT_MAX);

		world_be_alive(charter, m, time_unix_s);
		world_key_line(&line, world_keys(m)->kas);
		publish(charter, m, time_unix_s, &line);
		world_seal_key_line(&line, world_keys(m)->seal);
		publish(charter, m, time_unix_s, &line);
		world_issuer_key_line(&line, world_issuers[m], "k1", world_keys(m)->issuer, time_unix_s + 90 * DAY);
		publish(charter, m, time_unix_s, &line);
	}
}

struct ent_hash
world_in_force(struct ent_charter *charter, const struct world_project *project)
{
	struct ent_hash hash = world_add_project(charter, project);
	int64_t until_unix_s = project != NULL && project->until_unix_s ? project->until_unix_s : T0 + 1000 * DAY;

	world_publish_keys(charter, T0 - HOUR);
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &hash, T0, until_unix_s < T0 + 200 * DAY ? until_unix_s : T0 + 200 * DAY);
	return hash;
}

/* ---- answers ---- */

struct ent_state *
world_derive(const struct ent_charter *charter, int64_t now_unix_s)
{
	struct ent_state *state = NULL;

	MUST(ent_derive(&state, charter, now_unix_s, &err));
	return state;
}

void
world_note_codes(const struct ent_reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		world_codes_seen[reasons->items[i].code] = true;
}

bool
world_has_reason(const struct ent_reasons *reasons, enum ent_reason_code code, const char *words)
{
	world_note_codes(reasons);
	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];

		if (r->code == code && (words == NULL || strstr(r->text, words) != NULL || strstr(r->cite, words) != NULL ||
		    strstr(r->cure, words) != NULL))
			return true;
	}
	return false;
}
