/* What the keyholder signs: seals against a logged record, tokens within their limits, and which keys it starts with. */
#include <sys/stat.h>

#include "keyholder_fixture.h"

/* ---- seals ---- */

/* An honest judge's record of sealing this text, written down and not in the log yet. */
static void
record_seal(struct scene *s, struct ent_view text, const char *uuid)
{
	s->record = (struct ent_record_doc){ .full = true, .request = ENT_LIT("6ba7b812"), .time_unix_s = NOW_S,
		.result = ENT_RESULT_SEALED, .party = ENT_LIT(PARTY), .person = ENT_LIT("alice@" PARTY), .project = ENT_LIT("quantum"),
		.originator = ENT_LIT(PARTY), .file = ent_view_str(uuid), .has_policy = true, .software = ENT_LIT("test/1") };
	ent_sha256(&s->record.policy, text);
	s->entry_result = ENT_RESULT_SEALED;
}

static enum ent_status
send_seal(struct scene *s, struct ent_view text, struct ent_msg *answer)
{
	struct ent_msg ask = { .type = ENT_MSG_SEAL };

	ask.seal = (struct ent_msg_seal){ text, s->release.entry, s->release.record, s->release.salt, s->release.proof,
		s->release.checkpoint };
	return ask_keyholder(s, &ask, answer, ENT_MSG_SEALED);
}

static enum ent_status
log_and_seal(struct scene *s, struct ent_view text, struct ent_msg *answer)
{
	write_down(s);
	append_entry(s);
	return send_seal(s, text, answer);
}

static void
a_logged_text_of_this_member_is_sealed(void **state)
{
	struct scene *s = *state;
	struct ent_view text = seal_text(s, PARTY, UUID);
	struct ent_msg answer;
	struct ent_note note;

	record_seal(s, text, UUID);
	assert_ok(log_and_seal(s, text, &answer));
	assert_ok(ent_note_parse(&note, s->arena, answer.sealed.note, &s->err));
	assert_true(ent_view_eq(note.text, text));
	assert_ok(ent_note_verify_one(&note, ent_signer_vkey(s->home.seal), &s->err));
	assert_int_equal(note.signature_count, 1);
}

/* C-49 */
static void
a_text_of_another_originator_is_not_sealed(void **state)
{
	struct scene *s = *state;
	struct ent_view text = seal_text(s, "uk.example", UUID);
	struct ent_msg answer;

	record_seal(s, text, UUID);
	assert_int_equal(log_and_seal(s, text, &answer), ENT_E_REFUSED);
	s->record.originator = ENT_LIT("uk.example");
	assert_int_equal(log_and_seal(s, text, &answer), ENT_E_REFUSED);
}

static void
the_record_of_one_text_does_not_seal_another(void **state)
{
	struct scene *s = *state;
	struct ent_view text = seal_text(s, PARTY, UUID);
	struct ent_msg answer;

	record_seal(s, text, UUID);
	ent_secret_bytes(s->shares[0])[0] ^= 1; /* the same file with another split */
	assert_int_equal(log_and_seal(s, seal_text(s, PARTY, UUID), &answer), ENT_E_REFUSED);
	assert_ok(send_seal(s, text, &answer));
}

static void lie_result_released(struct scene *s) { s->entry_result = s->record.result = ENT_RESULT_RELEASED; }
static void lie_entry_refused(struct scene *s) { s->entry_result = ENT_RESULT_REFUSED; }
static void lie_no_policy(struct scene *s) { s->record.has_policy = false; }
static void lie_file(struct scene *s) { s->record.file = ENT_LIT(OTHER_UUID); }
static void lie_originator(struct scene *s) { s->record.originator = ENT_LIT("uk.example"); }
static void lie_no_originator(struct scene *s) { s->record.originator = ENT_LIT("-"); }
static void lie_short(struct scene *s) { s->record.full = false; }

static void
a_record_of_anything_else_does_not_seal(void **state)
{
	static void (*const lies[])(struct scene *) = { lie_result_released, lie_entry_refused, lie_no_policy, lie_file,
		lie_originator, lie_no_originator, lie_short };
	struct scene *s = *state;
	struct ent_view text = seal_text(s, PARTY, UUID);
	struct ent_msg answer;

	for (size_t i = 0; i < ENT_COUNT(lies); i++) {
		record_seal(s, text, UUID);
		lies[i](s);
		assert_int_equal(log_and_seal(s, text, &answer), ENT_E_REFUSED);
	}
}

/* C-37 C-49 */
static void
without_an_entry_in_the_log_nothing_is_sealed(void **state)
{
	struct scene *s = *state;
	struct ent_view text = seal_text(s, PARTY, UUID);
	struct ent_msg answer;

	/* Something is logged, and its checkpoint and proof are shown with an entry that is not. */
	record_seal(s, text, UUID);
	s->record.file = ENT_LIT(OTHER_UUID);
	write_down(s);
	append_entry(s);
	struct ent_view proof = s->release.proof, checkpoint = s->release.checkpoint;
	record_seal(s, text, UUID);
	write_down(s);
	assert_int_equal(send_seal(s, text, &answer), ENT_E_REFUSED);
	s->release.proof = proof;
	s->release.checkpoint = checkpoint;
	assert_int_equal(send_seal(s, text, &answer), ENT_E_REFUSED);
}

/* ---- writers' certificates (C-71) ---- */

static struct ent_signer *
writer_key(struct scene *s, const char *originator)
{
	struct ent_signer *signer = NULL;
	const char *name;

	assert_ok(ent_arena_printf(s->arena, &name, &s->err, "%s/writer/0123456789abcdef", originator));
	assert_ok(ent_signer_generate(&signer, ent_view_str(name), ENT_NOTE_TYPE_ED25519, &s->err));
	return signer;
}

static struct ent_view
writer_text(struct scene *s, const char *originator, const char *person, int64_t from_unix_s, int64_t until_unix_s)
{
	struct ent_signer *key = writer_key(s, originator);
	struct ent_doc doc = { .kind = ENT_DOC_WRITER };
	struct ent_view text;

	doc.writer = (struct ent_writer_doc){ .charter = hash_of("charter"), .originator = ent_view_str(originator),
		.person = ent_view_str(person), .key = *ent_signer_vkey(key), .from_unix_s = from_unix_s, .until_unix_s = until_unix_s };
	text = text_of(s->arena, &doc);
	ent_signer_free(key);
	return text;
}

/* An honest judge's record of a certificate: of no file, for the writer. */
static void
record_writer(struct scene *s, struct ent_view text)
{
	record_seal(s, text, "-");
	s->record.project = ENT_LIT("-");
}

/* C-71 */
static void
a_logged_certificate_of_an_own_person_is_signed(void **state)
{
	struct scene *s = *state;
	const int64_t now = ent_clock_now(NULL);
	struct ent_view text = writer_text(s, PARTY, "alice@" PARTY, now, now + 30 * 86400);
	struct ent_msg answer;
	struct ent_note note;

	record_writer(s, text);
	assert_ok(log_and_seal(s, text, &answer));
	assert_ok(ent_note_parse(&note, s->arena, answer.sealed.note, &s->err));
	assert_true(ent_view_eq(note.text, text));
	assert_ok(ent_note_verify_one(&note, ent_signer_vkey(s->home.seal), &s->err));
}

/* A judge in wrong hands gets no certificate that outlives 30 days from now, whatever it logs. C-49 C-71 */
static void
no_other_certificate_is_signed_whatever_is_logged(void **state)
{
	struct scene *s = *state;
	const int64_t now = ent_clock_now(NULL);
	const struct ent_view texts[] = {
		writer_text(s, "uk.example", "bob@uk.example", now, now + 86400),     /* another member's */
		writer_text(s, PARTY, "bob@uk.example", now, now + 86400),            /* another member's person */
		writer_text(s, PARTY, "kenji@jp.example", now, now + 86400),
		writer_text(s, PARTY, "alice@" PARTY "@uk.example", now, now + 86400),
		writer_text(s, PARTY, "alice@" PARTY, now, now + 30 * 86400 + 1),     /* too long */
		writer_text(s, PARTY, "alice@" PARTY, now, now),
		writer_text(s, PARTY, "alice@" PARTY, now + 86400, now + 31 * 86400), /* kept for later */
		writer_text(s, PARTY, "alice@" PARTY, now + 365 * 86400, now + 366 * 86400),
	};
	struct ent_msg answer;

	for (size_t i = 0; i < ENT_COUNT(texts); i++) {
		record_writer(s, texts[i]);
		if (i == 0)
			s->record.originator = ENT_LIT("uk.example");
		assert_int_not_equal(log_and_seal(s, texts[i], &answer), ENT_OK);
	}
}

static void lie_writer(struct scene *s) { s->record.person = ENT_LIT("bob@" PARTY); }
static void lie_nobody(struct scene *s) { s->record.person = ENT_LIT("-"); }

/* C-49 C-71 */
static void
a_record_of_anything_else_does_not_certify(void **state)
{
	static void (*const lies[])(struct scene *) = { lie_result_released, lie_entry_refused, lie_no_policy, lie_file, lie_originator,
		lie_no_originator, lie_short, lie_writer, lie_nobody };
	struct scene *s = *state;
	const int64_t now = ent_clock_now(NULL);
	struct ent_view text = writer_text(s, PARTY, "alice@" PARTY, now, now + 86400);
	struct ent_msg answer;

	for (size_t i = 0; i < ENT_COUNT(lies); i++) {
		record_writer(s, text);
		lies[i](s);
		assert_int_equal(log_and_seal(s, text, &answer), ENT_E_REFUSED);
	}
	record_writer(s, writer_text(s, PARTY, "alice@" PARTY, now, now + 86400)); /* of another key */
	assert_int_equal(log_and_seal(s, text, &answer), ENT_E_REFUSED);
	record_writer(s, text); /* not in the log */
	write_down(s);
	assert_int_equal(send_seal(s, text, &answer), ENT_E_REFUSED);
	append_entry(s);
	assert_ok(send_seal(s, text, &answer));
}

/* The record of a certificate seals no file, and a file's no certificate. C-49 */
static void
a_files_record_does_not_certify(void **state)
{
	struct scene *s = *state;
	const int64_t now = ent_clock_now(NULL);
	struct ent_view writer = writer_text(s, PARTY, "alice@" PARTY, now, now + 86400), file = seal_text(s, PARTY, UUID);
	struct ent_msg answer;

	record_seal(s, writer, UUID);
	assert_int_equal(log_and_seal(s, writer, &answer), ENT_E_REFUSED);
	record_writer(s, file);
	assert_int_equal(log_and_seal(s, file, &answer), ENT_E_REFUSED);
	record_writer(s, file);
	s->record.file = ENT_LIT(UUID);
	assert_ok(log_and_seal(s, file, &answer));
}

/* The seal key must not be talked into signing an epoch, a statement or a checkpoint. */
static void
only_file_texts_are_sealed(void **state)
{
	struct scene *s = *state;
	struct ent_doc view = { .kind = ENT_DOC_VIEW };
	struct ent_doc alive = { .kind = ENT_DOC_ALIVE };
	struct ent_view_log log = { ENT_LIT(PARTY "/statements"), 1, hash_of("root") };
	struct ent_view texts[4];
	struct ent_msg answer;

	view.view.charter = hash_of("charter");
	view.view.epoch = 1;
	view.view.epoch_hash = hash_of("epoch");
	view.view.logs = &log;
	view.view.log_count = 1;
	alive.alive = (struct ent_alive){ 0, ENT_LIT(PARTY), hash_of("charter"), NOW_S, hash_of("view") };
	texts[0] = text_of(s->arena, &view);
	texts[1] = text_of(s->arena, &alive);
	texts[2] = ENT_LIT(PARTY "/access\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	texts[3] = ENT_VIEW_NONE;
	for (size_t i = 0; i < ENT_COUNT(texts); i++) {
		record_seal(s, texts[i], UUID);
		assert_int_not_equal(log_and_seal(s, texts[i], &answer), ENT_OK);
	}
}

/* ---- tokens ---- */

static struct ent_msg
token_message(struct scene *s)
{
	const struct ent_view projects[] = { ENT_LIT("fusion"), ENT_LIT("quantum") };
	const struct ent_view nationality[] = { ENT_LIT("AUS") };
	struct ent_msg ask = { .type = ENT_MSG_TOKEN };

	ask.token.account = ENT_LIT("alice");
	ask.token.audience = ENT_LIT("https://aukus.example");
	ask.token.projects = list_of(s, projects, 2);
	ask.token.clearance = ENT_LIT("SECRET");
	ask.token.nationality = list_of(s, nationality, 1);
	ask.token.now_unix_s = (uint64_t)ent_clock_now(NULL);
	return ask;
}

static void
a_token_says_what_the_contract_says_for_300_seconds(void **state)
{
	static const char *const same[] = { "sub", "azp", "client_id", "clientId" };
	struct scene *s = *state;
	struct ent_msg ask = token_message(s), answer;
	ENT_AUTO_FINI(ent_jws) token = { 0 };
	char jkt[ENT_JKT_SIZE], kid[ENT_KID_SIZE];
	int64_t iat, exp, now = ent_clock_now(NULL);

	assert_ok(ent_jwk_thumbprint(jkt, ent_key_public(s->dpop), &s->err));
	ask.token.jkt = ent_view_str(jkt);
	assert_ok(ask_keyholder(s, &ask, &answer, ENT_MSG_TOKEN_IS));
	assert_ok(ent_jws_parse(&token, s->arena, answer.token_is.token, &s->err));
	assert_ok(ent_jws_verify(&token, ent_key_public(s->home.issuer), &s->err));
	ent_pubkey_kid(kid, ent_key_public(s->home.issuer));
	assert_string_equal(ent_claim_string(token.header, "typ"), "JWT");
	assert_string_equal(ent_claim_string(token.header, "alg"), "ES256");
	assert_string_equal(ent_claim_string(token.header, "kid"), kid);
	assert_string_equal(ent_claim_string(token.claims, "iss"), NODE_URL);
	assert_string_equal(ent_claim_string(token.claims, "aud"), "https://aukus.example");
	for (size_t i = 0; i < ENT_COUNT(same); i++)
		assert_string_equal(ent_claim_string(token.claims, same[i]), "alice");
	assert_string_equal(ent_claim_string(token.claims, "preferred_username"), "service-account-alice");
	assert_true(ent_claim_contains(token.claims, "projects", "fusion"));
	assert_true(ent_claim_contains(token.claims, "projects", "quantum"));
	assert_string_equal(ent_claim_string(token.claims, "clearance"), "SECRET");
	assert_true(ent_claim_contains(token.claims, "nationality", "AUS"));
	assert_true(ent_uuid_valid(ent_view_str(ent_claim_string(token.claims, "jti"))));
	assert_string_equal(ent_claim_string(json_object_get(token.claims, "cnf"), "jkt"), jkt);
	assert_true(ent_claim_int(&iat, token.claims, "iat"));
	assert_true(ent_claim_int(&exp, token.claims, "exp"));
	assert_int_equal(exp, iat + 300);
	assert_in_range(iat, now, now + 5);
}

static void
a_bearer_token_has_no_cnf_and_an_empty_clearance_no_claim(void **state)
{
	struct scene *s = *state;
	struct ent_msg ask = token_message(s), answer;
	ENT_AUTO_FINI(ent_jws) token = { 0 };

	ask.token.clearance = ENT_VIEW_NONE;
	ask.token.projects.count = 0;
	assert_ok(ask_keyholder(s, &ask, &answer, ENT_MSG_TOKEN_IS));
	assert_ok(ent_jws_parse(&token, s->arena, answer.token_is.token, &s->err));
	assert_null(json_object_get(token.claims, "cnf"));
	assert_null(json_object_get(token.claims, "clearance"));
	assert_int_equal(json_array_size(json_object_get(token.claims, "projects")), 0);
}

/* A judge that lies about the time gets no token that ends later. */
static void
the_keyholders_clock_counts(void **state)
{
	struct scene *s = *state;
	struct ent_msg ask = token_message(s), answer;
	ENT_AUTO_FINI(ent_jws) token = { 0 };
	int64_t exp, now = ent_clock_now(NULL);

	ask.token.now_unix_s = (uint64_t)(now + 290);
	assert_ok(ask_keyholder(s, &ask, &answer, ENT_MSG_TOKEN_IS));
	assert_ok(ent_jws_parse(&token, s->arena, answer.token_is.token, &s->err));
	assert_true(ent_claim_int(&exp, token.claims, "exp"));
	assert_in_range(exp, now + 300, now + 305);
	ask.token.now_unix_s = (uint64_t)(now + 310);
	assert_int_equal(ask_keyholder(s, &ask, &answer, ENT_MSG_TOKEN_IS), ENT_E_REFUSED);
	ask.token.now_unix_s = (uint64_t)(now - 310);
	assert_int_equal(ask_keyholder(s, &ask, &answer, ENT_MSG_TOKEN_IS), ENT_E_REFUSED);
	ask.token.now_unix_s = 0;
	assert_int_equal(ask_keyholder(s, &ask, &answer, ENT_MSG_TOKEN_IS), ENT_E_REFUSED);
}

static void
what_is_no_account_or_no_claim_gets_no_token(void **state)
{
	struct scene *s = *state;
	const struct ent_view project = ENT_LIT("Quantum"), country = ENT_LIT("AU"), two = ENT_LIT("AUS GBR");
	struct ent_msg answer;
	struct ent_msg asks[12];

	for (size_t i = 0; i < ENT_COUNT(asks); i++)
		asks[i] = token_message(s);
	asks[0].token.account = ENT_VIEW_NONE;
	asks[1].token.account = ENT_LIT("alice@uk.example");
	asks[2].token.account = ENT_LIT("a b");
	asks[3].token.account = ENT_LIT("\xc3\xa4");
	asks[4].token.audience = ENT_VIEW_NONE;
	asks[5].token.jkt = ENT_LIT("short");
	asks[6].token.jkt = ENT_LIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="); /* 43 characters, padded */
	asks[7].token.projects = list_of(s, &project, 1);
	asks[8].token.nationality = list_of(s, &country, 1);
	asks[9].token.nationality = list_of(s, &two, 1);
	asks[10].token.clearance = ENT_LIT("TOP SECRET");
	asks[11].token.audience = ENT_LIT("a\"b c");
	for (size_t i = 0; i < ENT_COUNT(asks); i++)
		assert_int_equal(ask_keyholder(s, &asks[i], &answer, ENT_MSG_TOKEN_IS), ENT_E_INPUT);
}

/* ---- keys ---- */

static void
the_public_keys_are_told(void **state)
{
	const struct ent_msg ask = { .type = ENT_MSG_KEYS };
	struct scene *s = *state;
	struct ent_msg answer;
	char kid[ENT_KID_SIZE];

	assert_ok(ask_keyholder(s, &ask, &answer, ENT_MSG_KEYS_ARE));
	assert_int_equal(answer.keys_are.kas_kids.count, 1);
	ent_pubkey_kid(kid, ent_key_public(s->home.data));
	assert_true(ent_view_eq_str(answer.keys_are.kas_kids.items[0], kid));
	assert_true(ent_view_eq(answer.keys_are.kas_spkis.items[0], ent_pubkey_spki(ent_key_public(s->home.data))));
	ent_seal_kid(kid, ent_signer_vkey(s->home.seal)->key);
	assert_true(ent_view_eq_str(answer.keys_are.seal_kid, kid));
	assert_memory_equal(answer.keys_are.seal_public.data, ent_signer_vkey(s->home.seal)->key, ENT_ED25519_KEY_LEN);
	assert_true(ent_view_eq(answer.keys_are.issuer_spki, ent_pubkey_spki(ent_key_public(s->home.issuer))));
}

/* ---- what it starts with ---- */

struct broken {
	struct home home;
	char path[ENT_PATH_MAX];
};

static int
home_setup(void **state)
{
	struct broken *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	home_make(&b->home);
	*state = b;
	return 0;
}

static int
home_teardown(void **state)
{
	struct broken *b = *state;

	home_remove(&b->home);
	free(b);
	return 0;
}

static int
run_keyholder(const struct broken *b)
{
	struct process process;

	process_start(&process, ent_keyholder_main, &b->home, ENT_PROCESS_KEYHOLDER, NULL);
	return process_stop(&process);
}

static const char *
key_path(struct broken *b, const char *name)
{
	struct ent_error err = { 0 };

	assert_ok(ent_path_join(b->path, sizeof(b->path), &err, "%s/keys/%s", b->home.dir, name));
	return b->path;
}

static const char *
data_key_path(struct broken *b)
{
	char kid[ENT_KID_SIZE], name[64];

	ent_pubkey_kid(kid, ent_key_public(b->home.data));
	snprintf(name, sizeof(name), "data/%s.pem", kid);
	return key_path(b, name);
}

static void
a_key_that_others_may_read_does_not_start(void **state)
{
	struct broken *b = *state;

	assert_int_equal(run_keyholder(b), 0);
	assert_int_equal(chmod(key_path(b, "issuer.pem"), 0640), 0);
	assert_int_equal(run_keyholder(b), 1);
	assert_int_equal(chmod(b->path, 0600), 0);
	assert_int_equal(chmod(data_key_path(b), 0604), 0);
	assert_int_equal(run_keyholder(b), 1);
	assert_int_equal(chmod(b->path, 0600), 0);
	assert_int_equal(chmod(key_path(b, "seal.key"), 0644), 0);
	assert_int_equal(run_keyholder(b), 1);
}

static void
a_data_key_under_another_name_does_not_start(void **state)
{
	struct broken *b = *state;
	char from[ENT_PATH_MAX];

	snprintf(from, sizeof(from), "%s", data_key_path(b));
	assert_int_equal(rename(from, key_path(b, "data/e-0000000000000000.pem")), 0);
	assert_int_equal(run_keyholder(b), 1);
	snprintf(from, sizeof(from), "%s", b->path);
	assert_int_equal(rename(from, key_path(b, "data/key")), 0);
	assert_int_equal(run_keyholder(b), 1);
	assert_int_equal(unlink(b->path), 0);
	assert_int_equal(run_keyholder(b), 1); /* none at all */
}

static void
keys_of_another_party_do_not_start(void **state)
{
	struct broken *b = *state;

	b->home.config.party = (char *)(uintptr_t)"uk.example";
	assert_int_equal(run_keyholder(b), 1);
}

/* The keyholder never has the key that signs checkpoints, not even to read: its private half can be missing. */
static void
the_private_log_keys_are_not_needed(void **state)
{
	struct broken *b = *state;

	assert_int_equal(unlink(key_path(b, "access.key")), 0);
	assert_int_equal(unlink(key_path(b, "statements.key")), 0);
	assert_int_equal(run_keyholder(b), 0);
	assert_int_equal(unlink(key_path(b, "access.vkey")), 0);
	assert_int_equal(run_keyholder(b), 1);
}

/* A partner's node: the issuer's key is all that is there, and all that is used. C-76 */
static void
a_partners_keyholder_gives_tokens_and_ends_when_asked_for_more(void **state)
{
	struct scene *s = *state;
	struct ent_msg keys = { .type = ENT_MSG_KEYS }, token = token_message(s), answer;
	const struct ent_msg seal = { .type = ENT_MSG_SEAL }, check = { .type = ENT_MSG_CHECK }, release = { .type = ENT_MSG_RELEASE };
	const struct ent_msg *const others[] = { &seal, &check, &release };
	char command[256];

	assert_int_equal(process_stop(&s->keyholder), 0);
	snprintf(command, sizeof(command), "cd %s/keys && rm -rf data seal.key access.key access.vkey statements.key", s->home.dir);
	assert_int_equal(system(command), 0);
	s->home.config.issuer_only = true;
	for (size_t i = 0; i < ENT_COUNT(others); i++) {
		process_start(&s->keyholder, ent_keyholder_main, &s->home, ENT_PROCESS_KEYHOLDER, &s->logger);
		assert_ok(ask_keyholder(s, &keys, &answer, ENT_MSG_KEYS_ARE));
		assert_int_equal(answer.keys_are.kas_kids.count, 0);
		assert_int_equal(answer.keys_are.seal_kid.len, 0);
		assert_true(answer.keys_are.issuer_kid.len > 0);
		assert_ok(ask_keyholder(s, &token, &answer, ENT_MSG_TOKEN_IS));
		assert_int_not_equal(ask_keyholder(s, others[i], &answer, ENT_MSG_SEALED), ENT_OK);
		assert_int_equal(process_stop(&s->keyholder), 1);
	}
	s->keyholder.channel = NULL;
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)
#define START(test) cmocka_unit_test_setup_teardown(test, home_setup, home_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_logged_text_of_this_member_is_sealed),
		TEST(a_text_of_another_originator_is_not_sealed),
		TEST(the_record_of_one_text_does_not_seal_another),
		TEST(a_record_of_anything_else_does_not_seal),
		TEST(without_an_entry_in_the_log_nothing_is_sealed),
		TEST(a_logged_certificate_of_an_own_person_is_signed),
		TEST(no_other_certificate_is_signed_whatever_is_logged),
		TEST(a_record_of_anything_else_does_not_certify),
		TEST(a_files_record_does_not_certify),
		TEST(only_file_texts_are_sealed),
		TEST(a_token_says_what_the_contract_says_for_300_seconds),
		TEST(a_bearer_token_has_no_cnf_and_an_empty_clearance_no_claim),
		TEST(the_keyholders_clock_counts),
		TEST(what_is_no_account_or_no_claim_gets_no_token),
		TEST(the_public_keys_are_told),
		TEST(a_partners_keyholder_gives_tokens_and_ends_when_asked_for_more),
		START(a_key_that_others_may_read_does_not_start),
		START(a_data_key_under_another_name_does_not_start),
		START(keys_of_another_party_do_not_start),
		START(the_private_log_keys_are_not_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
