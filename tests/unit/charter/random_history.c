#include "random_history.h"

#include "codec/time.h"
#include "world_must.h"

#define BUF ENT_AUTO_FINI(ent_buf)

const struct asked history_asked[ASKED] = {
	{ "au.example", "quantum" }, { "uk.example", "quantum" }, { "us.example", "quantum" },
	{ "au.example", "undersea" }, { "uk.example", "undersea" }, { "us.example", "undersea" },
	{ "au.example", "dark" }, { "uk.example", "dark" }, { "us.example", "dark" },
	{ "jp.example", "quantum" }, { "jp.example", "undersea" }, { "kr.example", "quantum" },
	{ "jp.example", "dark" }, { "jp.example", "last-word" }, { "nz.example", "quantum" },
};

/* splitmix64, so that every run is the same */
uint64_t
history_chance(uint64_t *rng, uint64_t n)
{
	uint64_t z = *rng += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % n;
}

static uint64_t
chance(struct history *h, uint64_t n)
{
	return history_chance(&h->rng, n);
}

int64_t
history_time(const struct history *h, uint64_t *rng)
{
	return T0 + (int64_t)history_chance(rng, (uint64_t)(h->end_unix_s - T0 + HOUR));
}

/* ---- texts ---- */

static void
make_texts(struct history *h)
{
	const struct ent_charter *c = h->empty;
	const char *needs = chance(h, 2) ? "requires posture-1 from all\n" : chance(h, 2) ? "requires posture-1 from 2\n" : "";
	const char *for_all = chance(h, 5) == 0 ? "requires posture-2 from 1 for all\n" : "";
	struct ent_hash *id = h->hashes;
	int64_t from_unix_s = chance(h, 4) == 0 ? T0 + 8 * HOUR : 0;

	for (size_t i = 0; i < TEXT_COUNT; i++)
		h->texts[i] = ent_buf_with_max(TEXT_MAX);
	id[QUANTUM] = world_project(&h->texts[QUANTUM], c, &(struct world_project){ .fresh = "12h" });
	id[UNDERSEA] = world_project(&h->texts[UNDERSEA], c, &(struct world_project){ .name = "undersea", .fresh = "18h",
	    .until_unix_s = T0 + 48 * HOUR, .optional = for_all });
	id[DARK] = world_project(&h->texts[DARK], c, &(struct world_project){ .name = "dark", .pillar = "i" });
	id[LAST_WORD] = world_project(&h->texts[LAST_WORD], c, &(struct world_project){ .name = "last-word", .originator = "last" });
	id[JP_PARTY] = world_party(&h->texts[JP_PARTY], c, &(struct world_party){ .party = JP });
	id[KR_PARTY] = world_party(&h->texts[KR_PARTY], c, &(struct world_party){ .party = KR });
	id[JP_QUANTUM] = world_admit(&h->texts[JP_QUANTUM], c, &(struct world_admit){ .party = JP, .proposal = id[JP_PARTY], .requires = needs });
	id[JP_UNDERSEA] = world_admit(&h->texts[JP_UNDERSEA], c, &(struct world_admit){ .party = JP, .proposal = id[JP_PARTY],
	    .project = "undersea", .until_unix_s = T0 + 40 * HOUR });
	id[KR_QUANTUM] = world_admit(&h->texts[KR_QUANTUM], c, &(struct world_admit){ .party = KR, .proposal = id[KR_PARTY], .from_unix_s = from_unix_s });
	id[JP_DARK] = world_admit(&h->texts[JP_DARK], c, &(struct world_admit){ .party = JP, .proposal = id[JP_PARTY], .project = "dark" });
	id[JP_LAST_WORD] = world_admit(&h->texts[JP_LAST_WORD], c, &(struct world_admit){ .party = JP, .proposal = id[JP_PARTY],
	    .project = "last-word" });
	h->text_count = h->tame ? TAME_TEXTS : TEXT_COUNT;
	id[QUANTUM_NEXT] = world_project(&h->texts[QUANTUM_NEXT], c, &(struct world_project){ .title = "Next", .replaces = &id[QUANTUM] });
	id[QUANTUM_RIVAL] = world_project(&h->texts[QUANTUM_RIVAL], c, &(struct world_project){ .title = "Rival" });
	id[JP_PARTY_NEXT] = world_party(&h->texts[JP_PARTY_NEXT], c, &(struct world_party){ .party = JP, .officers_of = JP_TOO,
	    .replaces = &id[JP_PARTY] });
	id[KR_PARTY_COPY] = world_party(&h->texts[KR_PARTY_COPY], c, &(struct world_party){ .party = KR, .title = "Copy",
	    .issuer = world_issuers[JP] });
	id[JP_QUANTUM_NEXT] = world_admit(&h->texts[JP_QUANTUM_NEXT], c, &(struct world_admit){ .party = JP, .proposal = id[JP_PARTY_NEXT],
	    .replaces = &id[JP_QUANTUM] });
}

/* ---- ops ---- */

static struct op *
add_op(struct history *h, enum op_kind kind, size_t by, int64_t now_unix_s)
{
	struct op *op = &h->ops[h->op_count++];

	*op = (struct op){ .kind = kind, .host = by, .by = by, .now_unix_s = now_unix_s, .time_unix_s = now_unix_s,
		.note = ent_buf_with_max(TEXT_MAX) };
	return op;
}

static bool
has_room(const struct history *h)
{
	return h->op_count + 8 < OPS_MAX;
}

static bool
is_narrow(enum op_kind kind)
{
	return kind == OP_STOP || kind == OP_STOP_LOG_KEY || kind == OP_WITHDRAW || kind == OP_NOTE;
}

/* A mistake, once in n times: seldom when the history is founded. */
static bool
slips(struct history *h, uint64_t n)
{
	return chance(h, h->founding ? 8 * n : n) == 0;
}

/* Who signs, mostly enough. */
static unsigned
pick_signers(struct history *h, const struct op *op)
{
	static const unsigned some[] = { DOE | POE, DOE | ROE, POE | ROE, DOE | POE | ROE, DOE, ROE };

	if (is_narrow(op->kind))
		return some[chance(h, 6)];
	return some[slips(h, 14) ? 4 + chance(h, 2) : chance(h, 4)];
}

/* Make the note of an op whose act line is there. Each text once, but stops: of the same second they may be one. */
static void
finish_op(struct history *h, struct op *op, const char *line, const char *says)
{
	struct world_statement s = { .by = op->by, .time_unix_s = op->now_unix_s, .act = line, .says = says,
		.not_after_unix_s = op->now_unix_s + DAY + (int64_t)h->op_count, .signers = pick_signers(h, op) };
	bool jp_too = op->by == JP && !h->tame && chance(h, 3) == 0;

	if (slips(h, 30))
		s.time_unix_s += chance(h, 2) ? 7 * HOUR : -3 * DAY; /* signed for later; too old */
	if (s.not_after_unix_s < s.time_unix_s)
		s.not_after_unix_s = s.time_unix_s + (int64_t)h->op_count;
	if (op->by < MEMBERS)
		s.signers_of = slips(h, 40);
	else if (jp_too)
		s.signers_of = JP_TOO - JP;
	op->well_signed = (op->by >= MEMBERS || s.signers_of == 0) && (is_narrow(op->kind) || op->kind == OP_END_KEY ||
	    __builtin_popcount(s.signers) >= 2);
	world_statement(&op->note, h->empty, &s);
	op->hash = world_text_hash(ent_buf_view(&op->note));
	snprintf(op->words, sizeof(op->words), "%.70s (%u)%s", line, s.signers, s.signers_of != 0 ? " of others" : "");
}

static void
finish_hash_op(struct history *h, struct op *op, const char *word, const struct ent_hash *hash)
{
	char line[128], base64[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(base64, hash);
	snprintf(line, sizeof(line), "%s %s", word, base64);
	finish_op(h, op, line, NULL);
}

static void
make_consent(struct history *h, struct op *op, size_t text, int64_t until_unix_s)
{
	size_t read = slips(h, 40) ? (text + 1) % h->text_count : text; /* `says` of another */
	char line[128], hash[ENT_HASH_BASE64_SIZE], until[ENT_TIME_TEXT_SIZE];
	BUF says = ent_buf_with_max(TEXT_MAX);
	const char *said;

	op->text = text;
	op->until_unix_s = until_unix_s;
	ent_hash_base64(hash, &h->hashes[text]);
	ent_time_print(until, until_unix_s);
	snprintf(line, sizeof(line), "consent %s until %s", hash, until);
	MUST(ent_says_make(&says, ent_buf_view(&h->texts[read]), &err));
	MUST(ent_buf_cstr(&says, &said, &err));
	finish_op(h, op, line, said);
	if (read != text)
		op->well_signed = false; /* the officers read another text: no consent to this one */
}

static int64_t
some_until(struct history *h, size_t text, int64_t now_unix_s)
{
	int64_t until_unix_s = now_unix_s + (chance(h, 4) == 0 ? 4 : 20) * HOUR + (int64_t)chance(h, 60) * HOUR;
	int64_t end_unix_s = text == UNDERSEA ? T0 + 48 * HOUR : text == JP_UNDERSEA ? T0 + 40 * HOUR : INT64_MAX;

	return until_unix_s < end_unix_s || chance(h, 10) == 0 ? until_unix_s : end_unix_s;
}

/* An earlier op of one of these kinds in the same log (or by the same party); NULL: none. */
static const struct op *
earlier(struct history *h, size_t by, unsigned kinds)
{
	const struct op *found = NULL;
	size_t seen = 0;

	for (size_t i = 0; i + 1 < h->op_count; i++)
		if (h->ops[i].by == by && (kinds & (1u << h->ops[i].kind)) && chance(h, ++seen) == 0)
			found = &h->ops[i];
	return found;
}

static void
make_stop(struct history *h, struct op *op)
{
	static const char *const lines[] = { "stop partner jp.example", "stop partner jp.example project quantum", "stop project quantum",
		"stop person roe@jp.example", "stop partner kr.example", "stop partner uk.example", "stop project undersea",
		"stop file 0c9a3d1e-8a1b-4a7e-9c51-4f0f6a0e7b11" };

	if (op->by >= MEMBERS) {
		finish_op(h, op, op->by == JP ? lines[0] : lines[4], NULL);
		return;
	}
	if (chance(h, 4) == 0)
		op->host = chance(h, MEMBERS); /* heard */
	if (chance(h, 4) == 0)
		finish_hash_op(h, op, "stop proposal", &h->hashes[chance(h, h->text_count)]);
	else
		finish_op(h, op, lines[chance(h, ENT_COUNT(lines))], NULL);
}

static void
make_line_op(struct history *h, struct op *op)
{
	BUF line = ent_buf_with_max(TEXT_MAX);
	char until[ENT_TIME_TEXT_SIZE];
	const char *text, *party;

	ent_time_print(until, op->now_unix_s + 10 * HOUR + (int64_t)chance(h, 80) * HOUR);
	switch (op->kind) {
	case OP_STOP_OFFICER:
		world_stop_key_line(&line, world_keys(op->by)->officers[chance(h, OFFICERS)]);
		op->host = op->by < MEMBERS && chance(h, 4) == 0 ? chance(h, MEMBERS) : op->by;
		break;
	case OP_STOP_LOG_KEY:
		world_stop_key_line(&line, world_keys(op->by)->log);
		break;
	case OP_ACCREDIT:
		party = chance(h, 3) ? "jp.example" : world_members[chance(h, MEMBERS)];
		MUST(ent_buf_printf(&line, &err, "accredit %s posture-%d until %s", party, chance(h, 3) ? 1 : 2, until));
		break;
	case OP_KEY:
		if (op->by < MEMBERS && chance(h, 3) == 0)
			world_seal_key_line(&line, world_keys(op->by)->seal);
		else /* now and then another's */
			world_key_line(&line, world_keys(!h->tame && chance(h, 8) == 0 ? chance(h, KR + 1) : op->by)->kas);
		break;
	case OP_ISSUER_KEY:
		text = chance(h, 2) ? "k1" : "k2";
		world_issuer_key_line(&line, world_issuers[op->by], text,
		    world_keys(!h->tame && chance(h, 8) == 0 ? chance(h, KR + 1) : op->by)->issuer, op->now_unix_s + 30 * HOUR);
		break;
	case OP_END_KEY: {
		char kid[ENT_KID_SIZE];

		ent_pubkey_kid(kid, ent_key_public(world_keys(op->by)->kas));
		MUST(ent_buf_printf(&line, &err, "%s %s", chance(h, 3) == 0 ? "destroy" : chance(h, 2) ? "retire" : "stop key", kid));
		break;
	}
	case OP_LEAVE_PROJECT:
		MUST(ent_buf_add_str(&line, chance(h, 2) ? "withdraw project quantum" : "withdraw project undersea", &err));
		break;
	case OP_LEAVE:
		MUST(ent_buf_add_str(&line, op->by < MEMBERS ? "withdraw membership" : "withdraw charter", &err));
		break;
	case OP_NOTE:
		MUST(ent_buf_add_str(&line, chance(h, 2) ? "note text en We talked with nz.example." : "note text en Hello.", &err));
		break;
	default:
		MUST(ent_buf_add_str(&line, "decline 2.1", &err));
		break;
	}
	MUST(ent_buf_cstr(&line, &text, &err));
	finish_op(h, op, text, NULL);
}

static void
make_statement(struct history *h, enum op_kind kind, size_t by, int64_t now_unix_s)
{
	const unsigned ends = 1u << OP_CONSENT | 1u << OP_RESUME | 1u << OP_ACCREDIT | 1u << OP_KEY | 1u << OP_ISSUER_KEY;
	const unsigned stops = 1u << OP_STOP | 1u << OP_STOP_OFFICER | 1u << OP_STOP_LOG_KEY;
	struct op *op = add_op(h, kind, by, now_unix_s);
	const struct op *target = NULL;

	if (kind == OP_WITHDRAW)
		target = earlier(h, by, ends);
	else if (kind == OP_RESUME)
		target = earlier(h, chance(h, 12) == 0 ? chance(h, MEMBERS) : by, stops);
	if (kind == OP_RUBBISH || ((kind == OP_WITHDRAW || kind == OP_RESUME) && target == NULL)) {
		op->kind = OP_RUBBISH;
		MUST(ent_buf_add_str(&op->note, "rubbish\n", &err));
		snprintf(op->words, sizeof(op->words), "rubbish");
	} else if (target != NULL) {
		op->target = target->hash;
		finish_hash_op(h, op, kind == OP_WITHDRAW ? "withdraw" : "resume", &target->hash);
	} else if (kind == OP_CONSENT) {
		size_t text = chance(h, h->text_count);

		make_consent(h, op, text, some_until(h, text, now_unix_s));
	} else if (kind == OP_STOP) {
		make_stop(h, op);
	} else {
		make_line_op(h, op);
	}
}

/* ---- the whole ---- */

static enum op_kind
pick_kind(struct history *h, size_t by)
{
	static const enum op_kind often[] = { OP_CONSENT, OP_CONSENT, OP_CONSENT, OP_CONSENT, OP_CONSENT, OP_STOP, OP_RESUME, OP_RESUME, OP_RESUME,
		OP_WITHDRAW, OP_ACCREDIT, OP_ACCREDIT, OP_KEY, OP_ISSUER_KEY, OP_NOTE };
	static const enum op_kind seldom[] = { OP_STOP_OFFICER, OP_STOP_OFFICER, OP_STOP_LOG_KEY, OP_END_KEY, OP_END_KEY, OP_RUBBISH, OP_RUBBISH,
		OP_LEAVE_PROJECT };
	static const enum op_kind partners[] = { OP_KEY, OP_ISSUER_KEY, OP_STOP, OP_RESUME, OP_RESUME, OP_WITHDRAW, OP_END_KEY, OP_STOP_OFFICER,
		OP_LEAVE_PROJECT, OP_CONSENT };
	enum op_kind kind;

	if (chance(h, 150) == 0)
		return chance(h, 3) ? OP_LEAVE : OP_FREEZE;
	kind = by >= MEMBERS ? partners[chance(h, ENT_COUNT(partners))] :
	    chance(h, 6) == 0 ? seldom[chance(h, ENT_COUNT(seldom))] : often[chance(h, ENT_COUNT(often))];
	/* The key that a stop of it silences might have signed what narrows (C-33 e). */
	return kind == OP_STOP_OFFICER && h->tame ? OP_NOTE : kind;
}

/* Most histories begin with consents and accreditations of all, so that there is something to lose. */
static void
found(struct history *h)
{
	bool begins[TEXT_COUNT];

	for (size_t t = 0; t < TEXT_COUNT; t++)
		begins[t] = t < TAME_TEXTS && chance(h, 16) != 0;
	for (size_t m = 0; m < MEMBERS; m++) {
		add_op(h, OP_ALIVE, m, T0);
		for (size_t t = 0; t < TAME_TEXTS; t++) {
			int64_t until_unix_s = t == UNDERSEA ? T0 + 48 * HOUR : t == JP_UNDERSEA ? T0 + 40 * HOUR : T0 + 90 * HOUR;

			if (begins[t] && t != LAST_WORD)
				make_consent(h, add_op(h, OP_CONSENT, m, T0), t, chance(h, 20) == 0 ? T0 + 9 * HOUR : until_unix_s);
		}
		make_statement(h, OP_ACCREDIT, m, T0);
		make_statement(h, OP_ACCREDIT, m, T0);
	}
	for (size_t p = JP; p <= KR; p++) {
		add_op(h, OP_ALIVE, p, T0);
		make_statement(h, OP_ISSUER_KEY, p, T0);
	}
}

void
history_make(struct history *h, uint64_t seed, bool tame)
{
	int64_t now_unix_s = T0;
	size_t count = 10 + (size_t)history_chance(&(uint64_t){ seed * 77 }, 30);

	memset(h, 0, sizeof(*h));
	h->seed = h->rng = seed;
	h->tame = tame;
	h->rules.consents = chance(h, 4) == 0 ? "2" : "all";
	h->rules.admit = chance(h, 4) == 0 ? "2" : "all";
	h->empty = world_charter(&h->rules);
	make_texts(h);
	h->founding = true;
	found(h);
	h->founding = false;
	for (size_t i = 0; i < count && has_room(h); i++) {
		size_t by = chance(h, 8) == 0 ? JP + chance(h, 2) : chance(h, MEMBERS);

		now_unix_s += (int64_t)chance(h, chance(h, 24) == 0 ? 16 * HOUR : 2 * HOUR);
		for (size_t m = 0; m < MEMBERS; m++)
			if (chance(h, 6) != 0)
				add_op(h, OP_ALIVE, m, now_unix_s);
		if (chance(h, 6) != 0)
			add_op(h, OP_ALIVE, by, now_unix_s);
		if (!tame && chance(h, 60) == 0)
			add_op(h, OP_ALIVE, by, now_unix_s + (int64_t)chance(h, 2 * DAY));
		make_statement(h, pick_kind(h, by), by, now_unix_s);
	}
	h->end_unix_s = now_unix_s;
}

void
history_free(struct history *h)
{
	for (size_t i = 0; i < h->op_count; i++)
		ent_buf_fini(&h->ops[i].note);
	for (size_t i = 0; i < TEXT_COUNT; i++)
		ent_buf_fini(&h->texts[i]);
	ent_charter_free(h->empty);
}

/* ---- replaying it ---- */

struct ent_charter *
history_begin(const struct history *h)
{
	struct ent_charter *charter = world_charter(&h->rules);

	world_follow(charter, JP);
	world_follow(charter, KR);
	return charter;
}

void
history_add_texts(struct ent_charter *charter, const struct history *h)
{
	for (size_t i = 0; i < h->text_count; i++)
		MUST(ent_charter_add_proposal(charter, ent_buf_view(&h->texts[i]), &err));
}

void
history_add_op(struct ent_charter *charter, const struct history *h, size_t i)
{
	const struct op *op = &h->ops[i];

	if (op->kind == OP_ALIVE)
		world_be_alive(charter, op->host, op->time_unix_s);
	else
		world_add(charter, op->host, ent_buf_view(&op->note));
}

struct ent_charter *
history_replay(const struct history *h, const bool *left_out)
{
	struct ent_charter *charter = history_begin(h);

	history_add_texts(charter, h);
	for (size_t i = 0; i < h->op_count; i++)
		if (left_out == NULL || !left_out[i])
			history_add_op(charter, h, i);
	return charter;
}

struct ent_charter *
history_replay_shuffled(const struct history *h, const bool *left_out, uint64_t *rng)
{
	struct ent_charter *charter = history_begin(h);
	size_t at[PARTIES] = { 0 }, ended = 0, text = 0;

	while (ended < PARTIES || text < h->text_count) {
		size_t p = history_chance(rng, PARTIES + 1);

		if (p == PARTIES && text < h->text_count && history_chance(rng, 3) == 0) {
			MUST(ent_charter_add_proposal(charter, ent_buf_view(&h->texts[text]), &err));
			text++;
		}
		if (p == PARTIES || at[p] > h->op_count)
			continue;
		while (at[p] < h->op_count && (h->ops[at[p]].host != p || (left_out != NULL && left_out[at[p]])))
			at[p]++;
		if (at[p] < h->op_count)
			history_add_op(charter, h, at[p]);
		else
			ended++;
		at[p]++;
	}
	return charter;
}

void
history_print(const struct history *h, const bool *left_out)
{
	fprintf(stderr, "history %llu%s, rule project %s, rule admit %s\n", (unsigned long long)h->seed, h->tame ? " (tame)" : "",
	    h->rules.consents, h->rules.admit);
	for (size_t i = 0; i < h->text_count; i++) {
		char hex[ENT_HASH_HEX_SIZE];

		ent_hash_hex(hex, &h->hashes[i]);
		fprintf(stderr, "  text %zu %.8s\n", i, hex);
	}
	for (size_t i = 0; i < h->op_count; i++) {
		const struct op *op = &h->ops[i];
		char hex[ENT_HASH_HEX_SIZE] = "";

		if (left_out != NULL && left_out[i])
			continue;
		if (op->kind != OP_ALIVE)
			ent_hash_hex(hex, &op->hash);
		fprintf(stderr, "  %3zu T0 %+8lld  in %s by %s: %s %.8s", i, (long long)(op->now_unix_s - T0), world_members[op->host],
		    world_members[op->by], op->kind == OP_ALIVE ? "alive" : op->words, hex);
		if (op->kind == OP_ALIVE && op->time_unix_s != op->now_unix_s)
			fprintf(stderr, " at T0 %+lld", (long long)(op->time_unix_s - T0));
		if (op->kind == OP_CONSENT)
			fprintf(stderr, " text %zu until T0 %+lld", op->text, (long long)(op->until_unix_s - T0));
		fprintf(stderr, "\n");
	}
}

/* ---- what a state says ---- */

static void
dump_standing(struct ent_buf *out, const struct ent_standing *p)
{
	char hex[ENT_HASH_HEX_SIZE], by[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, &p->doc->hash);
	ent_hash_hex(by, &p->replaced_by);
	MUST(ent_buf_printf(out, &err, "%.8s %s%s since %lld closes %lld by %.8s", hex, ent_force_name(p->state), p->holds ? " holds" : "",
	    (long long)p->in_force_since_unix_s, (long long)p->closes_unix_s, by));
	for (size_t m = 0; m < MEMBERS; m++)
		MUST(ent_buf_printf(out, &err, " | %d%d%d%d %llu %lld", p->consents[m].given, p->consents[m].counts, p->consents[m].lapsed,
		    p->consents[m].withdrawn, (unsigned long long)p->consents[m].index, (long long)p->consents[m].until_unix_s));
	MUST(ent_buf_add_str(out, "\n", &err));
}

static void
dump_party(struct ent_buf *out, const struct ent_member_state *s)
{
	MUST(ent_buf_printf(out, &err, "%.*s alive %lld at %llu%s%s%s%s%s\n", ENT_FMT(s->party->name), (long long)s->alive_unix_s,
	    (unsigned long long)s->alive_index, s->withdrawn ? " withdrawn" : "",
	    s->log_key_stopped ? " log-key-stopped" : "", s->access_key_stopped ? " access-key-stopped" : "", s->broken ? " broken" : "",
	    s->unenforced ? " unenforced" : ""));
	for (size_t i = 0; i < s->key_count; i++)
		MUST(ent_buf_printf(out, &err, "  key %.*s %llu since %lld retired %lld%s%s\n", ENT_FMT(s->keys[i].kid),
		    (unsigned long long)s->keys[i].index, (long long)s->keys[i].since_unix_s, (long long)s->keys[i].retired_unix_s,
		    s->keys[i].destroyed ? " destroyed" : "", s->keys[i].stopped ? " stopped" : ""));
	for (size_t i = 0; i < s->issuer_key_count; i++)
		MUST(ent_buf_printf(out, &err, "  issuer %.*s %.*s %llu until %lld\n", ENT_FMT(s->issuer_keys[i].issuer),
		    ENT_FMT(s->issuer_keys[i].kid), (unsigned long long)s->issuer_keys[i].index, (long long)s->issuer_keys[i].until_unix_s));
}

static void
dump_asked(struct ent_buf *out, const struct ent_state *state, const struct asked *asked)
{
	struct ent_view party = ent_view_str(asked->party), project = ent_view_str(asked->project);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_participation part;

	MUST(ent_arena_new(&arena, 1 << 22, &err));
	reasons.arena = arena;
	MUST(ent_state_participation(state, party, project, &part, &err));
	MUST(ent_state_party_reasons(state, party, project, &reasons, &err));
	MUST(ent_buf_printf(out, &err, "%s %s: %s closes %lld\n", asked->party, asked->project, ent_part_name(part.state),
	    (long long)part.closes_unix_s));
	for (size_t i = 0; i < reasons.count; i++)
		MUST(ent_buf_printf(out, &err, "  %s [%s] (%s) %s\n", ent_reason_row(reasons.items[i].code)->name, reasons.items[i].cite,
		    reasons.items[i].cure, reasons.items[i].text));
}

void
history_dump(struct ent_buf *out, const struct ent_state *state)
{
	char hex[ENT_HASH_HEX_SIZE];

	for (size_t i = 0; i < ent_state_standing_count(state); i++)
		dump_standing(out, ent_state_standing_at(state, i));
	for (size_t i = 0; i < ent_state_member_count(state); i++)
		dump_party(out, ent_state_member_at(state, i));
	for (size_t i = 0; i < ent_state_partner_count(state); i++)
		dump_party(out, ent_state_partner_at(state, i));
	for (size_t i = 0; i < ent_state_stop_count(state); i++) {
		const struct ent_stop *s = ent_state_stop_at(state, i);

		ent_hash_hex(hex, &s->hash);
		MUST(ent_buf_printf(out, &err, "stop %.8s by %.*s (%s) in %.*s %llu at %lld\n", hex, ENT_FMT(s->by), s->officers, ENT_FMT(s->host),
		    (unsigned long long)s->index, (long long)s->effect_unix_s));
	}
	for (size_t i = 0; i < ent_state_accreditation_count(state); i++) {
		const struct ent_accreditation *a = ent_state_accreditation_at(state, i);

		MUST(ent_buf_printf(out, &err, "accreditation of %.*s for %.*s by %.*s %llu until %lld%s\n", ENT_FMT(a->party), ENT_FMT(a->profile),
		    ENT_FMT(a->member), (unsigned long long)a->index, (long long)a->until_unix_s, a->counts ? " counts" : ""));
	}
	for (size_t i = 0; i < ASKED; i++)
		dump_asked(out, state, &history_asked[i]);
	MUST(ent_buf_printf(out, &err, "floor %lld\n", (long long)ent_state_clock_floor(state)));
}
