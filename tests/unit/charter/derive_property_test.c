/*
 * Properties of charter section 10 on random histories, as far as this version's statements go: P1 P2 P3 P7 P10.
 *
 * P7 is tested with what its words can mean in a log: any log may be cut at any place, and a consent or key may never have
 * been made. Two rules of the charter are not monotone by design and are kept out of it: `replaces` (without the successor
 * the predecessor stands) and the order of `alive` times (without a false one in the future later ones count).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/time.h"
#include "world.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define BUF ENT_AUTO_FINI(ent_buf)

enum { HISTORIES = 20, OPS_MAX = 64, PROPOSALS = 3, DUMP_MAX = 1 << 20 };

enum op_kind { OP_ALIVE, OP_CONSENT, OP_KEY, OP_ISSUER_KEY, OP_RUBBISH };
struct op {
	enum op_kind kind;
	size_t member;
	size_t proposal;
	int64_t time_unix_s;
	int64_t not_after_unix_s;
	int64_t until_unix_s;
	unsigned signers;
	size_t signers_of;
	bool wrong_says;
	struct ent_buf note; /* of everything but `alive`, whose text holds its index */
};

struct history {
	struct world_rules rules;
	struct ent_charter *empty; /* the charter's name, for making texts */
	struct ent_buf texts[PROPOSALS];
	struct ent_hash hashes[PROPOSALS];
	struct op ops[OPS_MAX];
	size_t op_count;
	int64_t end_unix_s;
	bool tame; /* no `replaces`, no false clocks: what P7 and P10 are about */
};

/* ---- chance: splitmix64, so that every run is the same ---- */

static uint64_t seed;

static uint64_t
chance(uint64_t n)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % n;
}

/* ---- making a history ---- */

static void
make_note(struct history *h, struct op *op)
{
	BUF line = ent_buf_with_max(1 << 16);
	BUF says = ent_buf_with_max(1 << 16);
	struct world_statement s = { .by = op->member, .time_unix_s = op->time_unix_s, .not_after_unix_s = op->not_after_unix_s,
		.signers = op->signers, .signers_of = op->signers_of };
	char hash[ENT_HASH_BASE64_SIZE], until[ENT_TIME_TEXT_SIZE];
	struct ent_error err = { 0 };

	if (op->kind == OP_RUBBISH) {
		assert_ok(ent_buf_add_str(&op->note, "rubbish\n", &err));
		return;
	}
	if (op->kind == OP_KEY) {
		world_key_line(&line, world_keys(op->member)->kas);
	} else if (op->kind == OP_ISSUER_KEY) {
		world_issuer_key_line(&line, world_issuers[op->member], "k", world_keys(op->member)->issuer, op->until_unix_s);
	} else {
		ent_hash_base64(hash, &h->hashes[op->proposal]);
		ent_time_print(until, op->until_unix_s);
		assert_ok(ent_buf_printf(&line, &err, "consent %s until %s", hash, until));
		assert_ok(ent_says_make(&says, ent_buf_view(&h->texts[op->wrong_says ? (op->proposal + 1) % PROPOSALS : op->proposal]), &err));
		assert_ok(ent_buf_cstr(&says, &s.says, &err));
	}
	assert_ok(ent_buf_cstr(&line, &s.act, &err));
	world_statement(&op->note, h->empty, &s);
}

static struct op *
add_op(struct history *h, enum op_kind kind, size_t member, int64_t time_unix_s)
{
	struct op *op = &h->ops[h->op_count++];

	*op = (struct op){ .kind = kind, .member = member, .time_unix_s = time_unix_s, .note = ent_buf_with_max(1 << 17),
		/* Each text once: what is entered again is void by its hash, so removing the first would not be a removal. */
		.not_after_unix_s = time_unix_s + DAY + (int64_t)h->op_count };
	return op;
}

static void
add_statement(struct history *h, size_t member, int64_t now_unix_s)
{
	static const enum op_kind kinds[] = { OP_CONSENT, OP_CONSENT, OP_CONSENT, OP_CONSENT, OP_CONSENT, OP_KEY, OP_ISSUER_KEY, OP_RUBBISH };
	struct op *op;

	if (chance(8) != 0)
		add_op(h, OP_ALIVE, member, now_unix_s);
	op = add_op(h, kinds[chance(ENT_COUNT(kinds))], member, now_unix_s);
	op->proposal = chance(PROPOSALS);
	op->until_unix_s = now_unix_s + HOUR + (int64_t)chance(100) * HOUR;
	op->signers = (unsigned[]){ DOE | POE, DOE | ROE, POE | ROE, DOE | POE | ROE, DOE, ROE }[chance(12) < 10 ? chance(4) : 4 + chance(2)];
	op->signers_of = chance(20) == 0;
	op->wrong_says = chance(20) == 0;
	if (chance(12) == 0)
		op->time_unix_s += chance(2) ? 7 * HOUR : -3 * DAY; /* signed for later; too old */
	make_note(h, op);
}

/* Most histories begin with consents of all, so that there is something to lose. */
static void
found(struct history *h, size_t proposal)
{
	for (size_t m = 0; m < MEMBERS; m++) {
		struct op *op;

		add_op(h, OP_ALIVE, m, T0);
		op = add_op(h, OP_CONSENT, m, T0);
		op->proposal = proposal;
		op->until_unix_s = T0 + (int64_t)(chance(6) == 0 ? 10 + chance(20) : proposal == 1 ? 48 : 60 + chance(90)) * HOUR;
		op->signers = QUORUM;
		make_note(h, op);
	}
}

static void
make_history(struct history *h, bool tame)
{
	int64_t now_unix_s = T0;

	memset(h, 0, sizeof(*h));
	h->tame = tame;
	h->rules.consents = chance(3) == 0 ? "2" : "all";
	h->empty = world_charter(&h->rules);
	for (size_t i = 0; i < PROPOSALS; i++)
		h->texts[i] = ent_buf_with_max(1 << 16);
	h->hashes[0] = world_project(&h->texts[0], h->empty, &(struct world_project){ .fresh = "12h" });
	h->hashes[1] = world_project(&h->texts[1], h->empty, &(struct world_project){ .fresh = "18h", .name = "undersea", .until_unix_s = T0 + 48 * HOUR });
	h->hashes[2] = world_project(&h->texts[2], h->empty, tame ? &(struct world_project){ .name = "cyber", .title = "C", .originator = "last" } :
	    &(struct world_project){ .title = "Next", .replaces = &h->hashes[0] });
	for (size_t i = 0; i < 2; i++)
		if (chance(12) != 0)
			found(h, i);
	while (h->op_count + 8 < OPS_MAX) {
		size_t member = chance(MEMBERS);

		now_unix_s += (int64_t)chance(3 * HOUR);
		if (chance(2) == 0)
			add_op(h, OP_ALIVE, member, now_unix_s);
		else
			add_statement(h, member, now_unix_s);
		if (!tame && chance(40) == 0)
			add_op(h, OP_ALIVE, member, now_unix_s + (int64_t)chance(2 * DAY));
	}
	h->end_unix_s = now_unix_s;
}

static void
free_history(struct history *h)
{
	for (size_t i = 0; i < h->op_count; i++)
		ent_buf_fini(&h->ops[i].note);
	for (size_t i = 0; i < PROPOSALS; i++)
		ent_buf_fini(&h->texts[i]);
	ent_charter_free(h->empty);
}
#define HISTORY __attribute__((cleanup(free_history))) struct history

/* ---- replaying it ---- */

static void
replay_op(struct ent_charter *charter, const struct op *op)
{
	if (op->kind == OP_ALIVE)
		world_be_alive(charter, op->member, op->time_unix_s);
	else
		world_add(charter, op->member, ent_buf_view(&op->note));
}

static void
add_texts(struct ent_charter *charter, const struct history *h)
{
	struct ent_error err = { 0 };

	for (size_t i = 0; i < PROPOSALS; i++)
		assert_ok(ent_charter_add_proposal(charter, ent_buf_view(&h->texts[i]), &err));
}

/* The history without those ops whose bit in leave_out is set; NULL: all of it. */
static struct ent_charter *
replay(const struct history *h, const bool *leave_out)
{
	struct ent_charter *charter = world_charter(&h->rules);

	add_texts(charter, h);
	for (size_t i = 0; i < h->op_count; i++)
		if (leave_out == NULL || !leave_out[i])
			replay_op(charter, &h->ops[i]);
	return charter;
}

/* Each log in its order, but the logs in chance's, and the proposals somewhere between. */
static struct ent_charter *
replay_shuffled(const struct history *h)
{
	struct ent_charter *charter = world_charter(&h->rules);
	size_t at[MEMBERS] = { 0 }, left = h->op_count, texts_at = chance(h->op_count + 1);

	while (left > 0) {
		size_t m = chance(MEMBERS);

		while (at[m] < h->op_count && h->ops[at[m]].member != m)
			at[m]++;
		if (at[m] == h->op_count)
			continue;
		if (left-- == texts_at)
			add_texts(charter, h);
		replay_op(charter, &h->ops[at[m]++]);
	}
	if (texts_at == 0)
		add_texts(charter, h);
	return charter;
}

/* ---- everything that a state says, as text ---- */

static void
dump_project(struct ent_buf *out, const struct ent_standing *p)
{
	char hex[ENT_HASH_HEX_SIZE], by[ENT_HASH_HEX_SIZE];
	struct ent_error err = { 0 };

	ent_hash_hex(hex, &p->doc->hash);
	ent_hash_hex(by, &p->replaced_by);
	assert_ok(ent_buf_printf(out, &err, "%s %s since %lld closes %lld by %s\n", hex, ent_force_name(p->state),
	    (long long)p->in_force_since_unix_s, (long long)p->closes_unix_s, by));
	for (size_t m = 0; m < MEMBERS; m++)
		assert_ok(ent_buf_printf(out, &err, "  %d%d%d %llu %lld\n", p->consents[m].given, p->consents[m].counts, p->consents[m].lapsed,
		    (unsigned long long)p->consents[m].index, (long long)p->consents[m].until_unix_s));
}

static void
dump_reasons(struct ent_buf *out, const struct ent_state *state, const char *party, struct ent_view project)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_node_reasons(state, &reasons, &err));
	assert_ok(ent_state_party_reasons(state, ent_view_str(party), project, &reasons, &err));
	for (size_t i = 0; i < reasons.count; i++)
		assert_ok(ent_buf_printf(out, &err, "  %s [%s] (%s) %s\n", ent_reason_row(reasons.items[i].code)->name, reasons.items[i].cite,
		    reasons.items[i].cure, reasons.items[i].text));
}

static void
dump(struct ent_buf *out, const struct ent_charter *charter, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	struct ent_error err = { 0 };

	for (size_t i = 0; i < ent_state_project_count(state); i++) {
		dump_project(out, ent_state_project_at(state, i));
		dump_reasons(out, state, world_members[i % MEMBERS], ent_state_project_at(state, i)->doc->proposal.project);
	}
	for (size_t m = 0; m < MEMBERS; m++) {
		const struct ent_member_state *s = ent_state_member_at(state, m);

		assert_ok(ent_buf_printf(out, &err, "%s alive %lld at %llu of %llu keys %zu issuer %zu\n", world_members[m], (long long)s->alive_unix_s,
		    (unsigned long long)s->alive_index, (unsigned long long)s->log_size, s->key_count, s->issuer_key_count));
	}
}

static void
assert_same(const struct ent_charter *a, const struct ent_charter *b, int64_t now_unix_s)
{
	BUF one = ent_buf_with_max(DUMP_MAX);
	BUF two = ent_buf_with_max(DUMP_MAX);
	struct ent_error err = { 0 };
	const char *x, *y;

	dump(&one, a, now_unix_s);
	dump(&two, b, now_unix_s);
	assert_ok(ent_buf_cstr(&one, &x, &err));
	assert_ok(ent_buf_cstr(&two, &y, &err));
	assert_string_equal(x, y);
}

static int64_t
some_time(const struct history *h)
{
	return T0 + (int64_t)chance((uint64_t)(h->end_unix_s - T0 + 6 * HOUR));
}

/* ---- P1, P2 ---- */

/* C-16 */
static void
p1_equal_views_derive_equal_state(void **unused)
{
	(void)unused;
	seed = 1;
	for (size_t i = 0; i < HISTORIES; i++) {
		HISTORY h;

		make_history(&h, false);
		ENT_AUTO(ent_charter) a = replay(&h, NULL);
		ENT_AUTO(ent_charter) b = replay_shuffled(&h);
		for (size_t k = 0; k < 8; k++)
			assert_same(a, b, some_time(&h));
	}
}

static bool
is_signed(const struct op *op)
{
	return op->signers_of == 0 && __builtin_popcount(op->signers) >= 2;
}

/* Put rubbish in place of what no quorum of its author signed: nothing changes. */
static void
p2_nothing_takes_effect_without_its_authors_quorum(void **unused)
{
	(void)unused;
	seed = 2;
	for (size_t i = 0; i < HISTORIES; i++) {
		HISTORY h;

		make_history(&h, false);
		ENT_AUTO(ent_charter) a = replay(&h, NULL);
		ENT_AUTO(ent_charter) b = world_charter(&h.rules);
		add_texts(b, &h);
		for (size_t k = 0; k < h.op_count; k++) {
			if (h.ops[k].kind == OP_ALIVE || is_signed(&h.ops[k]))
				replay_op(b, &h.ops[k]);
			else
				world_add(b, h.ops[k].member, ENT_LIT("rubbish\n"));
		}
		for (size_t k = 0; k < 4; k++)
			assert_same(a, b, some_time(&h));
	}
}

/* ---- P3: against a model that is as plain as can be ---- */

struct plain_member {
	bool has_alive;
	int64_t alive_unix_s; /* newest of the log so far */
	int64_t heard_unix_s; /* newest that is not ahead of now */
	bool given[PROPOSALS];
};

static void
plain_op(struct plain_member *m, const struct op *op, int64_t now_unix_s, const int64_t *ends)
{
	if (op->kind == OP_ALIVE && (!m->has_alive || op->time_unix_s >= m->alive_unix_s)) {
		m->has_alive = true;
		m->alive_unix_s = op->time_unix_s;
		if (op->time_unix_s <= now_unix_s + 120)
			m->heard_unix_s = op->time_unix_s;
	}
	if (op->kind != OP_CONSENT || !is_signed(op) || op->wrong_says || !m->has_alive)
		return;
	if (m->alive_unix_s < op->time_unix_s - 120 || m->alive_unix_s > op->not_after_unix_s || op->not_after_unix_s > op->time_unix_s + 30 * DAY ||
	    op->not_after_unix_s < op->time_unix_s || op->until_unix_s > ends[op->proposal])
		return;
	if (m->alive_unix_s <= now_unix_s + 120 && op->until_unix_s > now_unix_s && m->alive_unix_s < op->until_unix_s)
		m->given[op->proposal] = true;
}

static size_t
plain_count(const struct history *h, size_t proposal, int64_t now_unix_s, int64_t fresh_s)
{
	struct plain_member members[MEMBERS] = { 0 };
	const int64_t ends[PROPOSALS] = { T0 + 1000 * DAY, T0 + 48 * HOUR, T0 + 1000 * DAY };
	size_t count = 0;

	for (size_t i = 0; i < h->op_count; i++)
		plain_op(&members[h->ops[i].member], &h->ops[i], now_unix_s, ends);
	for (size_t m = 0; m < MEMBERS; m++)
		count += members[m].given[proposal] && members[m].heard_unix_s != 0 && members[m].heard_unix_s >= now_unix_s - fresh_s;
	return count;
}

static void
p3_nothing_is_in_force_without_fresh_consents_as_the_rule_says(void **unused)
{
	static const int64_t fresh[PROPOSALS] = { 12 * HOUR, 18 * HOUR, 24 * HOUR };
	size_t states[ENT_FORCE_UNENFORCED + 1] = { 0 }, total = 0;

	(void)unused;
	seed = 3;
	for (size_t i = 0; i < 3 * HISTORIES; i++) {
		HISTORY h;

		make_history(&h, i % 2);
		ENT_AUTO(ent_charter) charter = replay(&h, NULL);
		size_t needed = h.rules.consents[0] == '2' ? 2 : MEMBERS;
		for (size_t k = 0; k < 12; k++) {
			int64_t now_unix_s = some_time(&h);
			ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);

			for (size_t p = 0; p < PROPOSALS; p++) {
				const struct ent_standing *project = ent_state_project_by_hash(state, &h.hashes[p]);
				size_t count = plain_count(&h, p, now_unix_s, fresh[p]), counted = 0;

				for (size_t m = 0; m < MEMBERS; m++)
					counted += project->consents[m].counts;
				assert_int_equal(counted, count);
				assert_true(project->state != ENT_FORCE_ACTIVE || count >= needed);
				states[project->state]++;
				total++;
			}
		}
	}
	for (size_t s = 0; s < ENT_COUNT(states); s++)
		if (states[s] * 100 < total * (s == ENT_FORCE_ACTIVE ? 30 : 1))
			fail_msg("%s in %zu of %zu states: the histories do not reach it often enough", ent_force_name((enum ent_force)s),
			    states[s], total);
}

/* ---- P7 ---- */

/* Whatever the narrower one allows, the wider one allows. */
static void
assert_not_wider(const struct history *h, const struct ent_charter *narrow, const struct ent_charter *wide)
{
	for (size_t k = 0; k < 4; k++) {
		int64_t now_unix_s = some_time(h);
		ENT_AUTO(ent_state) a = world_derive(narrow, now_unix_s);
		ENT_AUTO(ent_state) b = world_derive(wide, now_unix_s);

		for (size_t p = 0; p < PROPOSALS; p++)
			if (ent_state_project_by_hash(a, &h->hashes[p])->state == ENT_FORCE_ACTIVE)
				assert_int_equal(ent_state_project_by_hash(b, &h->hashes[p])->state, ENT_FORCE_ACTIVE);
		for (size_t m = 0; m < MEMBERS; m++) {
			assert_true(ent_state_member_at(a, m)->key_count <= ent_state_member_at(b, m)->key_count);
			assert_true(ent_state_member_at(a, m)->issuer_key_count <= ent_state_member_at(b, m)->issuer_key_count);
		}
	}
}

static void
cut_a_log(const struct history *h, bool *leave_out)
{
	size_t member = chance(MEMBERS), from = chance(h->op_count);

	for (size_t i = from; i < h->op_count; i++)
		leave_out[i] = h->ops[i].member == member;
}

/* An `alive` that no statement's time of effect hangs on. */
static bool
is_idle_alive(const struct history *h, size_t i)
{
	for (size_t k = i + 1; k < h->op_count; k++)
		if (h->ops[k].member == h->ops[i].member)
			return h->ops[k].kind == OP_ALIVE;
	return true;
}

/* C-33 */
static void
p7_leaving_out_never_widens(void **unused)
{
	(void)unused;
	seed = 7;
	for (size_t i = 0; i < HISTORIES; i++) {
		HISTORY h;

		make_history(&h, true);
		ENT_AUTO(ent_charter) whole = replay(&h, NULL);
		for (size_t k = 0; k < 5; k++) {
			bool leave_out[OPS_MAX] = { false };
			size_t op = chance(h.op_count);

			if (k < 2)
				cut_a_log(&h, leave_out);
			else if (h.ops[op].kind != OP_ALIVE || is_idle_alive(&h, op))
				leave_out[op] = true;
			ENT_AUTO(ent_charter) less = replay(&h, leave_out);
			assert_not_wider(&h, less, whole);
		}
	}
}

/* ---- P10 ---- */

/* What each member is asked for: its consent, or to be heard. */
static size_t
read_cures(const struct ent_state *state, struct ent_view project, bool *consent, bool *heard)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };
	size_t count = 0;

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_party_reasons(state, ENT_LIT("au.example"), project, &reasons, &err));
	for (size_t i = 0; i < reasons.count; i++) {
		const struct ent_reason *r = &reasons.items[i];

		if (!ent_reason_row(r->code)->blocks)
			continue;
		for (size_t m = 0; m < MEMBERS; m++) {
			if (strstr(r->cure, world_members[m]) == NULL)
				continue;
			count++;
			if (r->code == ENT_R_MEMBER_UNHEARD)
				heard[m] = true;
			else
				consent[m] = true;
		}
	}
	return count;
}

/* The state after every cure but that of member `except`. */
static enum ent_force
cure(const struct history *h, size_t proposal, const bool *consent, const bool *heard, size_t except, int64_t now_unix_s)
{
	ENT_AUTO(ent_charter) charter = replay(h, NULL);

	for (size_t m = 0; m < MEMBERS; m++) {
		if (m == except)
			continue;
		if (heard[m])
			world_be_alive(charter, m, now_unix_s);
		if (consent[m])
			world_give_consent(charter, m, &h->hashes[proposal], now_unix_s, now_unix_s + HOUR);
	}
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	return ent_state_project_by_hash(state, &h->hashes[proposal])->state;
}

static void
p10_curing_what_why_lists_and_nothing_less_brings_it_into_force(void **unused)
{
	size_t cured = 0;

	(void)unused;
	seed = 10;
	for (size_t i = 0; i < 2 * HISTORIES; i++) {
		HISTORY h;

		make_history(&h, true);
		if (h.rules.consents[0] == '2')
			continue; /* there a line names several members, any of whom will do */
		int64_t now_unix_s = h.end_unix_s + (int64_t)chance(2 * DAY);
		ENT_AUTO(ent_charter) charter = replay(&h, NULL);
		ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
		const struct ent_standing *project = ent_state_project_by_hash(state, &h.hashes[0]);
		bool consent[MEMBERS] = { false }, heard[MEMBERS] = { false };
		size_t count = read_cures(state, ENT_LIT("quantum"), consent, heard);

		assert_true((count == 0) == (project->state == ENT_FORCE_ACTIVE));
		if (count == 0)
			continue;
		assert_int_equal(cure(&h, 0, consent, heard, MEMBERS, now_unix_s), ENT_FORCE_ACTIVE);
		for (size_t m = 0; m < MEMBERS; m++)
			if (consent[m] || heard[m])
				assert_int_not_equal(cure(&h, 0, consent, heard, m, now_unix_s), ENT_FORCE_ACTIVE);
		cured++;
	}
	assert_true(cured >= HISTORIES / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p1_equal_views_derive_equal_state),
		cmocka_unit_test(p2_nothing_takes_effect_without_its_authors_quorum),
		cmocka_unit_test(p3_nothing_is_in_force_without_fresh_consents_as_the_rule_says),
		cmocka_unit_test(p7_leaving_out_never_widens),
		cmocka_unit_test(p10_curing_what_why_lists_and_nothing_less_brings_it_into_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
