/*
 * Properties of charter section 10 on random histories of all acts: P1 P2 P3 P4 P5 P7, that a state that lives on is the one
 * made from scratch, and that a question as of an earlier time is the question then. P10 is in derive_cure_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_history.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__) /* clang 14 says __has_feature; it is slower anyway */
enum { HISTORIES = 60 };
#else
enum { HISTORIES = 500 };
#endif
enum { DUMP_MAX = 4 << 20 };

#define BUF ENT_AUTO_FINI(ent_buf)
#define DUMP ent_buf_with_max(DUMP_MAX)

/* Does the property hold of this history without some of its ops? NULL, or what is wrong. Asks chance only by its own rng. */
typedef const char *property(const struct history *h, const bool *left_out, uint64_t rng);

static char complaint[4096];

static const char *
failed(const struct ent_error *err)
{
	snprintf(complaint, sizeof(complaint), "%s", err->text);
	return complaint;
}

static const char *
text_of(struct ent_buf *buf)
{
	struct ent_error err = { 0 };
	const char *text;

	assert_int_equal(ent_buf_cstr(buf, &text, &err), ENT_OK);
	return text;
}

/* The first line that differs, or NULL. */
static const char *
differ(struct ent_buf *a, struct ent_buf *b, const char *what)
{
	const char *x = text_of(a), *y = text_of(b);

	if (strcmp(x, y) == 0)
		return NULL;
	while (*x == *y) {
		const char *end = strchr(x, '\n');

		if (end == NULL || strncmp(x, y, (size_t)(end - x) + 1) != 0)
			break;
		y += end - x + 1;
		x = end + 1;
	}
	snprintf(complaint, sizeof(complaint), "%s:\n    %.*s\n    %.*s", what, (int)strcspn(x, "\n"), x, (int)strcspn(y, "\n"), y);
	return complaint;
}

static const char *
differ_at(const struct ent_charter *a, const struct ent_charter *b, int64_t now_unix_s, const char *what)
{
	ENT_AUTO(ent_state) x = world_derive(a, now_unix_s);
	ENT_AUTO(ent_state) y = world_derive(b, now_unix_s);
	BUF one = DUMP;
	BUF two = DUMP;

	history_dump(&one, x);
	history_dump(&two, y);
	return differ(&one, &two, what);
}

/* ---- P1, P2 ---- */

/* C-16 */
static const char *
p1_equal_views_derive_equal_state(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) a = history_replay(h, left_out);
	ENT_AUTO(ent_charter) b = history_replay_shuffled(h, left_out, &rng);
	const char *wrong = NULL;

	for (size_t k = 0; k < 3 && wrong == NULL; k++)
		wrong = differ_at(a, b, history_time(h, &rng), "in order, and shuffled");
	return wrong;
}

/* Rubbish in place of what too few of its author's officers signed changes nothing. */
static const char *
p2_nothing_takes_effect_without_its_authors_officers(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) a = history_replay(h, left_out);
	ENT_AUTO(ent_charter) b = history_begin(h);
	const char *wrong = NULL;

	history_add_texts(b, h);
	for (size_t i = 0; i < h->op_count; i++) {
		if (left_out[i])
			continue;
		if (h->ops[i].kind == OP_ALIVE || h->ops[i].well_signed)
			history_add_op(b, h, i);
		else
			world_add(b, h->ops[i].host, ENT_LIT("rubbish\n"));
	}
	for (size_t k = 0; k < 2 && wrong == NULL; k++)
		wrong = differ_at(a, b, history_time(h, &rng), "with what too few signed, and without");
	return wrong;
}

/* ---- incremental, as of ---- */

static const char *
a_state_that_lives_on_is_the_one_from_scratch(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) charter = history_begin(h);
	ENT_AUTO(ent_state) state = NULL;
	struct ent_error err = { 0 };
	const char *wrong = NULL;
	size_t texts_at = history_chance(&rng, 4) ? 0 : history_chance(&rng, h->op_count);

	for (size_t i = 0; i < h->op_count && wrong == NULL; i++) {
		int64_t now_unix_s = h->ops[i].now_unix_s + (history_chance(&rng, 12) == 0 ? (int64_t)history_chance(&rng, 2 * DAY) - DAY : 0);

		if (i == texts_at)
			history_add_texts(charter, h);
		if (!left_out[i])
			history_add_op(charter, h, i);
		if (history_chance(&rng, 3) != 0)
			continue;
		if (ent_derive_next(&state, charter, now_unix_s, &err) != ENT_OK)
			return failed(&err);
		if (history_chance(&rng, 5) != 0)
			continue;
		ENT_AUTO(ent_state) scratch = world_derive(charter, now_unix_s);
		BUF one = DUMP;
		BUF two = DUMP;
		history_dump(&one, state);
		history_dump(&two, scratch);
		wrong = differ(&one, &two, "step by step, and from scratch");
	}
	return wrong;
}

/* The history with those texts only that a state knows; NULL: it knows one that nobody named, or not one that was consented to. */
static struct ent_charter *
replay_what_is_known(const struct history *h, const bool *left_out, const struct ent_state *state, int64_t now_unix_s)
{
	ENT_AUTO(ent_charter) all = history_replay(h, left_out);
	ENT_AUTO(ent_charter) charter = history_begin(h);
	ENT_AUTO(ent_state) with_all = world_derive(all, now_unix_s);
	struct ent_hash named[TEXT_COUNT];
	struct ent_error err = { 0 };
	size_t named_count;

	for (size_t i = 0; i < h->op_count; i++)
		if (!left_out[i])
			history_add_op(charter, h, i);
	named_count = ent_charter_wanted(charter, named, TEXT_COUNT); /* no text is here yet */
	for (size_t t = 0; t < h->text_count; t++) {
		const struct ent_standing *standing = ent_state_standing_by_hash(with_all, &h->hashes[t]);
		bool known = ent_state_standing_by_hash(state, &h->hashes[t]) != NULL, was_named = false;

		for (size_t n = 0; n < named_count; n++)
			was_named |= ent_hash_eq(&h->hashes[t], &named[n]);
		if (standing != NULL && (known ? !was_named : standing->in_force_since_unix_s != 0))
			return NULL;
		if (known && ent_charter_add_proposal(charter, ent_buf_view(&h->texts[t]), &err) != ENT_OK)
			return NULL;
	}
	return ent_take(&charter);
}

/* C-51: as of a time, what took effect after its horizon is left out, as if it had not been written. */
static const char *
as_of_a_time_is_what_was_there_then(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) whole = history_replay(h, left_out);
	int64_t then_unix_s = history_time(h, &rng);
	bool later[OPS_MAX], ahead[PARTIES] = { false };
	ENT_AUTO(ent_state) now = NULL;
	struct ent_error err = { 0 };
	BUF one = DUMP;
	BUF two = DUMP;

	for (size_t i = 0; i < h->op_count; i++) {
		ahead[h->ops[i].host] |= !left_out[i] && h->ops[i].kind == OP_ALIVE && h->ops[i].time_unix_s > then_unix_s + ENT_SKEW_S;
		later[i] = left_out[i] || ahead[h->ops[i].host];
	}
	if (ent_derive_as_of(&now, whole, then_unix_s, &err) != ENT_OK)
		return failed(&err);
	ENT_AUTO(ent_charter) cut = replay_what_is_known(h, later, now, then_unix_s);
	if (cut == NULL)
		return "as of then, a proposal is known that nobody had named, or one that was in force is not";
	ENT_AUTO(ent_state) then = world_derive(cut, then_unix_s);
	history_dump(&one, now);
	history_dump(&two, then);
	return differ(&one, &two, "as of then, and then");
}

/* ---- P3: against a model that is as plain as can be ---- */

struct plain_member {
	bool has_alive;
	int64_t alive_unix_s; /* newest of the log so far */
	int64_t heard_unix_s; /* newest that is not ahead of now */
	bool given[TEXT_COUNT];
};

/* Nothing but consents and alives: an upper bound of what may count. */
static void
plain_op(struct plain_member *m, const struct op *op, int64_t now_unix_s)
{
	if (op->kind == OP_ALIVE && (!m->has_alive || op->time_unix_s >= m->alive_unix_s)) {
		m->has_alive = true;
		m->alive_unix_s = op->time_unix_s;
		if (op->time_unix_s <= now_unix_s + ENT_SKEW_S)
			m->heard_unix_s = op->time_unix_s;
	}
	if (op->kind == OP_CONSENT && op->well_signed && m->has_alive && m->alive_unix_s <= now_unix_s + ENT_SKEW_S &&
	    op->until_unix_s > now_unix_s)
		m->given[op->text] = true;
}

static int64_t
plain_fresh_s(size_t text)
{
	switch (text) {
	case QUANTUM:
		return 12 * HOUR;
	case UNDERSEA:
		return 18 * HOUR;
	case DARK:
	case LAST_WORD:
	case QUANTUM_NEXT:
	case QUANTUM_RIVAL:
		return 24 * HOUR;
	default:
		return 48 * HOUR; /* an admission's may be less: this is an upper bound */
	}
}

static const char *
check_plain(const struct history *h, const struct plain_member *members, const struct ent_state *state, size_t text)
{
	bool two = (text <= LAST_WORD || text == QUANTUM_NEXT || text == QUANTUM_RIVAL ? h->rules.consents : h->rules.admit)[0] == '2';
	const struct ent_standing *p = ent_state_standing_by_hash(state, &h->hashes[text]);
	size_t count = 0;

	for (size_t m = 0; m < MEMBERS; m++) {
		bool plain = members[m].given[text] && members[m].heard_unix_s != 0 &&
		    members[m].heard_unix_s >= ent_state_now(state) - plain_fresh_s(text);

		if (p->consents[m].counts && !plain)
			return "a consent counts that is not there or not fresh";
		count += p->consents[m].counts;
	}
	return p->state == ENT_FORCE_ACTIVE && count < (two ? 2 : MEMBERS) ? "active with too few consents" : NULL;
}

static size_t parts[ENT_PART_COUNT], part_total;

/* Nobody takes part without all that it takes (C-23, C-59); and a closed pillar has no partner (P5). */
static const char *
check_parts(const struct ent_state *state)
{
	struct ent_error err = { 0 };

	for (size_t i = 0; i < ASKED; i++) {
		struct ent_participation part;

		if (ent_state_participation(state, ent_view_str(history_asked[i].party), ent_view_str(history_asked[i].project), &part, &err) != ENT_OK)
			return failed(&err);
		parts[part.state]++;
		part_total++;
		if (part.state != ENT_PART_ACTIVE)
			continue;
		if (part.project->state != ENT_FORCE_ACTIVE || (part.partner &&
		    (part.admit->state != ENT_FORCE_ACTIVE || part.party->state != ENT_FORCE_ACTIVE)))
			return "a party takes part without what it takes";
		if (part.partner && strcmp(history_asked[i].project, "dark") == 0)
			return "a partner in a closed pillar";
		if (part.closes_unix_s < ent_state_now(state))
			return "it should have closed already";
	}
	return NULL;
}

static const char *
p3_p5_nothing_is_in_force_without_fresh_consents_as_the_rule_says(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) charter = history_replay(h, left_out);
	const char *wrong = NULL;

	for (size_t k = 0; k < 6 && wrong == NULL; k++) {
		int64_t now_unix_s = history_time(h, &rng);
		struct plain_member members[PARTIES] = { 0 };
		ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);

		for (size_t i = 0; i < h->op_count; i++)
			if (!left_out[i])
				plain_op(&members[h->ops[i].host], &h->ops[i], now_unix_s);
		for (size_t t = 0; t < h->text_count && wrong == NULL; t++)
			wrong = check_plain(h, members, state, t);
		if (wrong == NULL)
			wrong = check_parts(state);
	}
	return wrong;
}

/* ---- P4 ---- */

/* The stops of one party that stand, by hash. */
static void
list_stops_of(struct ent_buf *out, const struct ent_state *state, const char *party)
{
	struct ent_error err = { 0 };

	for (size_t i = 0; i < ent_state_stop_count(state); i++) {
		const struct ent_stop *s = ent_state_stop_at(state, i);
		char hex[ENT_HASH_HEX_SIZE];

		ent_hash_hex(hex, &s->hash);
		if (ent_view_eq_str(s->by, party))
			assert_int_equal(ent_buf_printf(out, &err, "%s\n", hex), ENT_OK);
	}
}

/* A stop is never undone but by its own party: what others resume or withdraw changes nothing (C-61). */
static const char *
p4_a_stop_is_undone_by_its_own_party_only(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) whole = history_replay(h, left_out);
	int64_t now_unix_s = history_time(h, &rng);
	size_t party = history_chance(&rng, MEMBERS);
	ENT_AUTO(ent_charter) alone = history_begin(h);
	BUF one = DUMP;
	BUF two = DUMP;

	history_add_texts(alone, h);
	for (size_t i = 0; i < h->op_count; i++) {
		bool undoes = h->ops[i].kind == OP_RESUME || h->ops[i].kind == OP_WITHDRAW || h->ops[i].kind == OP_STOP_OFFICER;

		if (left_out[i])
			continue;
		if (undoes && h->ops[i].by != party)
			world_add(alone, h->ops[i].host, ENT_LIT("rubbish\n"));
		else
			history_add_op(alone, h, i);
	}
	ENT_AUTO(ent_state) a = world_derive(whole, now_unix_s);
	ENT_AUTO(ent_state) b = world_derive(alone, now_unix_s);
	list_stops_of(&one, a, world_members[party]);
	list_stops_of(&two, b, world_members[party]);
	return differ(&one, &two, "stops with what others resumed, and without");
}

/* ---- P7 ---- */

static bool
may_use(const struct ent_member_key *key, int64_t now_unix_s)
{
	return !key->destroyed && !key->stopped && key->retired_unix_s > now_unix_s;
}

static const char *
keys_not_wider(const struct ent_state *a, const struct ent_state *b)
{
	for (size_t m = 0; m < MEMBERS; m++) {
		const struct ent_member_state *narrow = ent_state_member_at(a, m);

		for (size_t i = 0; i < narrow->key_count; i++) {
			const struct ent_member_key *k = &narrow->keys[i];
			const struct ent_member_key *other = ent_state_key_by_kid(b, narrow->party->name, k->kid);

			if (may_use(k, ent_state_now(a)) && (other == NULL || !may_use(other, ent_state_now(b))))
				return "a key may be used that could not be";
		}
		if (narrow->issuer_key_count > ent_state_member_at(b, m)->issuer_key_count)
			return "an issuer's key counts that did not";
	}
	return NULL;
}

/* Whatever the narrower one allows, the wider one allows. */
static const char *
not_wider(const struct history *h, const struct ent_charter *narrow, const struct ent_charter *wide, uint64_t *rng)
{
	struct ent_error err = { 0 };

	for (size_t k = 0; k < 3; k++) {
		int64_t now_unix_s = history_time(h, rng);
		ENT_AUTO(ent_state) a = world_derive(narrow, now_unix_s);
		ENT_AUTO(ent_state) b = world_derive(wide, now_unix_s);

		for (size_t t = 0; t < h->text_count; t++)
			for (size_t m = 0; m < MEMBERS; m++)
				if (ent_state_standing_by_hash(a, &h->hashes[t])->consents[m].counts &&
				    !ent_state_standing_by_hash(b, &h->hashes[t])->consents[m].counts)
					return "a consent counts that did not";
		for (size_t i = 0; i < ASKED; i++) {
			struct ent_view party = ent_view_str(history_asked[i].party), project = ent_view_str(history_asked[i].project);
			struct ent_participation x, y;

			if (ent_state_participation(a, party, project, &x, &err) != ENT_OK ||
			    ent_state_participation(b, party, project, &y, &err) != ENT_OK)
				return failed(&err);
			if (x.state == ENT_PART_ACTIVE && y.state != ENT_PART_ACTIVE) {
				snprintf(complaint, sizeof(complaint), "%s in %s is active and was %s, at T0 %+lld", history_asked[i].party,
				    history_asked[i].project, ent_part_name(y.state), (long long)(now_unix_s - T0));
				return complaint;
			}
		}
		const char *wrong = keys_not_wider(a, b);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

static bool
narrows(const struct op *op)
{
	return op->kind == OP_STOP || op->kind == OP_STOP_LOG_KEY || op->kind == OP_STOP_OFFICER || op->kind == OP_WITHDRAW ||
	    op->kind == OP_END_KEY || op->kind == OP_LEAVE || op->kind == OP_LEAVE_PROJECT || op->kind == OP_FREEZE;
}

/* Behind what narrows: how long that can be kept back, F says. */
static void
cut_a_log(const struct history *h, bool *out, uint64_t *rng)
{
	size_t host = history_chance(rng, MEMBERS), from = history_chance(rng, h->op_count);

	for (size_t i = 0; i < h->op_count; i++)
		if (h->ops[i].host == host && narrows(&h->ops[i]) && !out[i] && i >= from)
			from = i + 1;
	for (size_t i = from; i < h->op_count; i++)
		out[i] |= h->ops[i].host == host;
}

/* An `alive` that no statement's time of effect hangs on. */
static bool
is_idle_alive(const struct history *h, const bool *left_out, size_t i)
{
	for (size_t k = i + 1; k < h->op_count; k++)
		if (h->ops[k].host == h->ops[i].host && !left_out[k])
			return h->ops[k].kind == OP_ALIVE;
	return true;
}

/* C-33 */
static const char *
p7_leaving_out_never_widens(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) whole = history_replay(h, left_out);
	bool less[OPS_MAX];
	size_t op = history_chance(&rng, h->op_count);

	memcpy(less, left_out, sizeof(less));
	if (history_chance(&rng, 2) == 0)
		cut_a_log(h, less, &rng);
	else if (h->ops[op].kind == OP_ALIVE ? is_idle_alive(h, left_out, op) : !narrows(&h->ops[op]))
		less[op] = true;
	ENT_AUTO(ent_charter) narrow = history_replay(h, less);
	return not_wider(h, narrow, whole, &rng);
}

/* C-68: here the history as it is is the narrower one, and without a stop of it the wider. */
static const char *
p7_adding_a_stop_never_widens(const struct history *h, const bool *left_out, uint64_t rng)
{
	ENT_AUTO(ent_charter) whole = history_replay(h, left_out);
	bool less[OPS_MAX];
	size_t stop = SIZE_MAX, seen = 0;

	memcpy(less, left_out, sizeof(less));
	for (size_t i = 0; i < h->op_count; i++)
		if ((h->ops[i].kind == OP_STOP || h->ops[i].kind == OP_STOP_LOG_KEY) && !left_out[i] && history_chance(&rng, ++seen) == 0)
			stop = i;
	if (stop == SIZE_MAX)
		return NULL;
	less[stop] = true;
	ENT_AUTO(ent_charter) without = history_replay(h, less);
	return not_wider(h, whole, without, &rng);
}

/* ---- trying and shrinking ---- */

static void
shrink(const struct history *h, property *holds, uint64_t rng)
{
	bool left_out[OPS_MAX] = { false };
	bool smaller = true;

	while (smaller) {
		smaller = false;
		for (size_t i = 0; i < h->op_count; i++) {
			if (left_out[i])
				continue;
			left_out[i] = true;
			if (holds(h, left_out, rng) == NULL)
				left_out[i] = false;
			else
				smaller = true;
		}
	}
	history_print(h, left_out);
	fail_msg("%s", holds(h, left_out, rng));
}

static void
try_many(property *holds, uint64_t seed, bool tame, uint64_t count)
{
	bool nothing[OPS_MAX] = { false };

	for (uint64_t i = 0; i < count; i++) {
		HISTORY h;

		history_make(&h, seed * 1000003 + i, tame);
		if (holds(&h, nothing, h.seed) != NULL)
			shrink(&h, holds, h.seed);
	}
}

#define TRY(name, seed, tame)                                                                                          \
	static void try_##name(void **unused)                                                                          \
	{                                                                                                              \
		(void)unused;                                                                                          \
		try_many(name, seed, tame, HISTORIES);                                                                             \
	}
TRY(p1_equal_views_derive_equal_state, 1, false)
TRY(p2_nothing_takes_effect_without_its_authors_officers, 2, false)
TRY(p4_a_stop_is_undone_by_its_own_party_only, 4, false)
TRY(p7_leaving_out_never_widens, 7, true)
TRY(p7_adding_a_stop_never_widens, 8, false)
TRY(a_state_that_lives_on_is_the_one_from_scratch, 9, false)
TRY(as_of_a_time_is_what_was_there_then, 11, false)

/* C-59: every state is reached, and what opens is reached often. */
static void
try_p3_p5_nothing_is_in_force_without_fresh_consents_as_the_rule_says(void **unused)
{
	(void)unused;
	try_many(p3_p5_nothing_is_in_force_without_fresh_consents_as_the_rule_says, 3, false, 500); /* enough to count shares */
	for (size_t s = 0; s < ENT_PART_COUNT; s++)
		print_message("  %-10s %5.1f %%\n", ent_part_name((enum ent_part)s), 100.0 * (double)parts[s] / (double)part_total);
	for (size_t s = 0; s < ENT_PART_COUNT; s++)
		if (parts[s] * 100 < part_total * (s == ENT_PART_ACTIVE ? 30 : 1))
			fail_msg("%s in %zu of %zu states: the histories do not reach it often enough", ent_part_name((enum ent_part)s), parts[s],
			    part_total);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(try_p1_equal_views_derive_equal_state),
		cmocka_unit_test(try_p2_nothing_takes_effect_without_its_authors_officers),
		cmocka_unit_test(try_p3_p5_nothing_is_in_force_without_fresh_consents_as_the_rule_says),
		cmocka_unit_test(try_p4_a_stop_is_undone_by_its_own_party_only),
		cmocka_unit_test(try_p7_leaving_out_never_widens),
		cmocka_unit_test(try_p7_adding_a_stop_never_widens),
		cmocka_unit_test(try_a_state_that_lives_on_is_the_one_from_scratch),
		cmocka_unit_test(try_as_of_a_time_is_what_was_there_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
