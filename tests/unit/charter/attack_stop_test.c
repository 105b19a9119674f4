/*
 * Attacks with stops and against them (charter section 11): a stop that some hold back or carry about, resumes that are nobody's, copies,
 * floods, and a stolen officer's key.
 */
#include <time.h>

#include "attack_fixture.h"

#define STOP_JP "stop partner jp.example"

static const struct ent_view us = ENT_LIT("us.example"), uk = ENT_LIT("uk.example"), jp = ENT_LIT("jp.example");

static void
stop_note(struct ent_buf *out, const struct stage *s, size_t by, const char *act, unsigned signers)
{
	world_statement(out, s->charter, &(struct world_statement){ .by = by, .time_unix_s = T0, .act = act, .signers = signers });
}

static enum ent_part
part_of(const struct ent_state *state, const char *party)
{
	struct ent_participation part;
	struct ent_error err = { 0 };

	assert_ok(ent_state_participation(state, ent_view_str(party), ENT_LIT("quantum"), &part, &err));
	return part.state;
}

/* Japan's state, and that everybody else's is active and nothing but Japan is stopped. */
static void
assert_japan(const struct stage *s, int64_t now_unix_s, enum ent_part wanted)
{
	ENT_AUTO(ent_state) state = world_derive(s->charter, now_unix_s);

	assert_int_equal(part_of(state, "jp.example"), wanted);
	for (size_t m = 0; m < MEMBERS; m++)
		assert_int_equal(part_of(state, world_members[m]), ENT_PART_ACTIVE);
	assert_int_equal(ent_state_project(state, ENT_LIT("quantum"))->state, ENT_FORCE_ACTIVE);
}

/* What is said against Japan: exactly this, once. */
static void
assert_only_reason(const struct stage *s, int64_t now_unix_s, enum ent_reason_code code, const char *text, const char *cite)
{
	ENT_AUTO(ent_state) state = world_derive(s->charter, now_unix_s);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };
	size_t blocking = 0;

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_party_reasons(state, jp, ENT_LIT("quantum"), &reasons, &err));
	for (size_t i = 0; i < reasons.count; i++)
		blocking += ent_reason_row(reasons.items[i].code)->blocks;
	assert_int_equal(blocking, 1);
	assert_true(world_has_reason(&reasons, code, text));
	assert_true(world_has_reason(&reasons, code, cite));
}

/* ---- on paper, and withheld ---- */

/* C-8 C-60 C-69: it never reaches its author's log, and binds from the log of whoever was handed it. */
static void
a_stop_on_paper_binds_by_anybodys_log(void **unused)
{
	STAGE s = stage_set();
	uint64_t at = ent_charter_log_size(s.charter, uk);
	char cite[16];
	struct ent_error err = { 0 };
	BUF note = ROOM;

	(void)unused;
	assert_japan(&s, T0, ENT_PART_ACTIVE);
	stop_note(&note, &s, US, STOP_JP, ROE);
	assert_ok(ent_charter_admissible(s.charter, uk, ent_buf_view(&note), T0, &err));
	world_add(s.charter, UK, ent_buf_view(&note));
	assert_japan(&s, T0, ENT_PART_SUSPENDED);
	snprintf(cite, sizeof(cite), "uk %llu", (unsigned long long)at);
	assert_only_reason(&s, T0, ENT_R_STOPPED, "us.example stopped", cite);
	/* A second courier, at the same node and at a third. */
	assert_int_equal(ent_charter_admissible(s.charter, uk, ent_buf_view(&note), T0, &err), ENT_E_EXISTS);
	ENT_AUTO(ent_state) state = world_derive(s.charter, T0);
	assert_int_equal(ent_state_stop_count(state), 2); /* and the person's of the stage */
	for (size_t i = 0; i < 2; i++)
		if (ent_state_stop_at(state, i)->object == ENT_OBJECT_PARTNER) {
			assert_true(ent_view_eq(ent_state_stop_at(state, i)->by, us));
			assert_true(ent_view_eq(ent_state_stop_at(state, i)->host, uk));
			assert_int_equal(ent_state_stop_at(state, i)->index, at);
			assert_string_equal(ent_state_stop_at(state, i)->officers, "roe");
		}
}

/* C-8: us's node, which serves its rulers, goes on as if nothing were; the stop stands all the same, also before its own `alive`. */
static void
a_stop_that_its_own_node_withholds_stands(void **unused)
{
	STAGE s = stage_set();
	BUF note = ROOM;

	(void)unused;
	stop_note(&note, &s, US, STOP_JP, DOE);
	world_add(s.charter, AU, ent_buf_view(&note));
	for (int64_t now = T0; now <= T0 + 10 * DAY; now += DAY) {
		world_be_alive_all(s.charter, now);
		assert_japan(&s, now, ENT_PART_SUSPENDED);
	}
	/* Only what its quorum signs ends it. */
	(void)says_about(s.charter, US, "resume", &(struct ent_hash){ { 1 } }, QUORUM, T0 + 10 * DAY);
	assert_japan(&s, T0 + 10 * DAY, ENT_PART_SUSPENDED);
	struct ent_hash stop = world_text_hash(ent_buf_view(&note));
	(void)says_about(s.charter, US, "resume", &stop, QUORUM, T0 + 10 * DAY);
	assert_japan(&s, T0 + 10 * DAY, ENT_PART_ACTIVE);
}

/* C-6 C-8: of another party's statements a log holds stops only. */
static void
nothing_but_a_stop_is_heard(void **unused)
{
	(void)unused;
	for (size_t d = 0; d < ENT_COUNT(deeds); d++) {
		STAGE attacked = stage_set();
		STAGE untouched = stage_set();
		BUF note = ROOM;

		deed_note(&note, &attacked, &deeds[d]);
		world_add(attacked.charter, UK, ent_buf_view(&note));
		world_add(untouched.charter, UK, ENT_LIT("rubbish"));
		if ((strncmp(deeds[d].act, "stop ", 5) == 0) == all_alike(attacked.charter, untouched.charter, T0))
			fail_msg("%s", deeds[d].act);
		if (strncmp(deeds[d].act, "stop ", 5) != 0)
			assert_not_taken(attacked.charter, UK, ent_buf_view(&note), deeds[d].act);
	}
}

/* ---- after a resume, and by others ---- */

/* C-61 C-69: in every log, as it was and signed by more; what was resumed does not stand again. */
static void
a_stop_replayed_after_its_resume_is_nothing(void **unused)
{
	static const unsigned signers[] = { DOE, ROE, DOE | POE | ROE };
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	struct stage *both[] = { &attacked, &untouched };
	struct ent_hash stop;

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		stop = says_now(both[i]->charter, US, STOP_JP, DOE, T0);
		assert_japan(both[i], T0, ENT_PART_SUSPENDED);
		(void)says_about(both[i]->charter, US, "resume", &stop, QUORUM, T0 + HOUR);
		world_be_alive_all(both[i]->charter, T0 + HOUR);
		assert_japan(both[i], T0 + HOUR, ENT_PART_ACTIVE);
	}
	for (size_t i = 0; i < ENT_COUNT(signers); i++)
		for (size_t m = 0; m < MEMBERS; m++) {
			BUF note = ROOM;

			stop_note(&note, &attacked, US, STOP_JP, signers[i]);
			assert_not_taken(attacked.charter, m, ent_buf_view(&note), "a resumed stop");
			world_add(attacked.charter, m, ent_buf_view(&note));
			world_add(untouched.charter, m, ENT_LIT("rubbish"));
			assert_japan(&attacked, T0 + HOUR, ENT_PART_ACTIVE);
		}
	assert_true(all_alike(attacked.charter, untouched.charter, T0 + HOUR));
}

/* C-61: it was handed to a courier, and resumed before he arrived. */
static void
a_stop_resumed_before_it_turned_up_never_stands(void **unused)
{
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	struct ent_hash stop;
	BUF note = ROOM;

	(void)unused;
	stop_note(&note, &attacked, US, STOP_JP, ROE);
	stop = world_text_hash(ent_buf_view(&note));
	(void)says_about(attacked.charter, US, "resume", &stop, QUORUM, T0);
	(void)says_about(untouched.charter, US, "resume", &stop, QUORUM, T0);
	for (size_t m = 0; m < MEMBERS; m++) {
		assert_not_taken(attacked.charter, m, ent_buf_view(&note), "a stop that was resumed");
		world_add(attacked.charter, m, ent_buf_view(&note));
		world_add(untouched.charter, m, ENT_LIT("rubbish"));
	}
	assert_true(all_alike(attacked.charter, untouched.charter, T0));
	assert_japan(&attacked, T0, ENT_PART_ACTIVE);
}

/* C-9 C-53 C-61: by another member, by the partner, by one officer of its own, by a quorum in another's log, and by a withdrawal. */
static void
nobody_else_lifts_a_stop(void **unused)
{
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	struct ent_hash stop = says_now(attacked.charter, US, STOP_JP, DOE, T0);
	static const struct {
		size_t by, host;
		const char *word;
		unsigned signers;
	} rows[] = { { AU, AU, "resume", DOE | POE | ROE }, { UK, UK, "resume", QUORUM }, { JP, JP, "resume", QUORUM }, { US, US, "resume", DOE },
		{ US, UK, "resume", QUORUM }, { US, US, "withdraw", QUORUM }, { AU, AU, "withdraw", QUORUM } };

	(void)unused;
	(void)says_now(untouched.charter, US, STOP_JP, DOE, T0);
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		BUF line = ROOM;
		BUF note = ROOM;

		world_hash_line(&line, rows[i].word, &stop);
		stop_note(&note, &attacked, rows[i].by, text_of(&line), rows[i].signers);
		assert_not_taken(attacked.charter, rows[i].host, ent_buf_view(&note), rows[i].word);
		world_add(attacked.charter, rows[i].host, ent_buf_view(&note));
		world_add(untouched.charter, rows[i].host, ENT_LIT("rubbish"));
		if (!all_alike(attacked.charter, untouched.charter, T0))
			fail_msg("row %zu had an effect", i);
	}
	assert_japan(&attacked, T0, ENT_PART_SUSPENDED);
	assert_only_reason(&attacked, T0, ENT_R_STOPPED, "us.example stopped", "us ");
}

/* ---- floods ---- */

enum { FLOOD = 10000, ANSWER_MAX = 100, VIEW_MAX = 65535 };
#define FLOOD_BYTES ((size_t)64 << 20) /* 6.5 kB for each stop */
#define ASK_S 5.0 /* under a sanitizer on a busy machine; a walk of each by each would take minutes */

/* A sanitizer's allocator keeps count; the C library's where there is none. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
static size_t
bytes_in_use(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL ? __sanitizer_get_current_allocated_bytes() : 0;
}

static double
cpu_s(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The answer about Japan, a view, and all that a state holds, in bounded time and length. */
static size_t
assert_answers_bounded(const struct stage *s, int64_t now_unix_s)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };
	struct ent_hash hash;
	double begin = cpu_s();
	size_t count;
	BUF view = ROOM;

	ENT_AUTO(ent_state) state = world_derive(s->charter, now_unix_s);
	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_party_reasons(state, jp, ENT_LIT("quantum"), &reasons, &err));
	for (size_t i = 0; i < ent_charter_log_count(s->charter); i++)
		ent_charter_set_root(s->charter, ent_charter_log_party(s->charter, i), ent_charter_id(s->charter));
	if (ent_charter_view(s->charter, &view, &hash, &err) != ENT_OK)
		fail_msg("no view: %s", err.text);
	count = ent_state_stop_count(state);
	if (cpu_s() - begin > ASK_S)
		fail_msg("the answer took %.1f s", cpu_s() - begin);
	if (reasons.count > ANSWER_MAX)
		fail_msg("the answer has %zu reasons", reasons.count);
	assert_true(view.len <= VIEW_MAX);
	return count;
}

/* C-34: a node without a view releases nothing, so no stop that somebody hands over may keep it from making one. */
static void
views_are_made_whatever_stops_were_heard(void **unused)
{
	STAGE s = stage_set();
	struct ent_hash last = { 0 };

	(void)unused;
	for (int i = 0; i < 64; i++) {
		struct ent_error err = { 0 };
		struct ent_hash hash;
		char act[64];
		BUF view = ROOM;

		snprintf(act, sizeof(act), "stop person p%d@jp.example", i);
		(void)world_say_in(s.charter, UK, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = act, .signers = DOE });
		for (size_t l = 0; l < ent_charter_log_count(s.charter); l++)
			ent_charter_set_root(s.charter, ent_charter_log_party(s.charter, l), ent_charter_id(s.charter));
		if (ent_charter_view(s.charter, &view, &hash, &err) != ENT_OK)
			fail_msg("no view after %d stops: %s", i + 1, err.text);
		assert_false(ent_hash_eq(&hash, &last));
		last = hash;
	}
}

enum flood { OF_ONE_TARGET, OF_PERSONS, HEARD };

/* One officer's stops, each another text; each with its entry, in the log of that member. */
static void
pour(struct stage *s, enum flood flood, size_t host, unsigned signers)
{
	for (int i = 0; i < FLOOD; i++) {
		char act[64];

		snprintf(act, sizeof(act), flood == OF_PERSONS ? "stop person p%d@jp.example" : STOP_JP, i);
		(void)world_say_in(s->charter, host, &(struct world_statement){ .by = US, .time_unix_s = T0 - i, .act = act, .signers = signers });
	}
}

/* C-34 C-60 C-68: the flood stops what it says, once, and answers stay short; a node of ours does not take in the second of them (C-69). */
static void
ten_thousand_stops_cost_their_place_and_nothing_else(void **unused)
{
	(void)unused;
	for (enum flood flood = OF_ONE_TARGET; flood <= HEARD; flood++) {
		STAGE s = stage_set();
		size_t before = bytes_in_use();
		BUF again = ROOM;

		pour(&s, flood, flood == HEARD ? UK : US, DOE);
		if (bytes_in_use() - before > FLOOD_BYTES)
			fail_msg("flood %d takes %zu bytes", (int)flood, bytes_in_use() - before);
		assert_int_equal(assert_answers_bounded(&s, T0), FLOOD + 1);
		assert_japan(&s, T0, flood == OF_PERSONS ? ENT_PART_ACTIVE : ENT_PART_SUSPENDED);
		if (flood == OF_PERSONS)
			continue;
		world_statement(&again, s.charter, &(struct world_statement){ .by = US, .time_unix_s = T0 + 1, .act = STOP_JP, .signers = DOE });
		assert_not_taken(s.charter, US, ent_buf_view(&again), "one more of the same officer");
	}
}

/* C-52 C-62: stops of an officer's key are weighed in their order; ten thousand of them must not be weighed by each other. */
static void
ten_thousand_stops_of_an_officers_key_are_weighed_in_time(void **unused)
{
	STAGE s = stage_set();
	BUF line = ROOM;
	double begin;

	(void)unused;
	world_stop_key_line(&line, world_keys(US)->officers[2]);
	for (int i = 0; i < FLOOD; i++)
		(void)world_say_in(s.charter, US, &(struct world_statement){ .by = US, .time_unix_s = T0 - i, .act = text_of(&line) });
	begin = cpu_s();
	ENT_AUTO(ent_state) state = world_derive(s.charter, T0);
	assert_int_equal(part_of(state, "jp.example"), ENT_PART_ACTIVE);
	if (cpu_s() - begin > ASK_S)
		fail_msg("the answer took %.1f s", cpu_s() - begin);
	assert_int_equal(ent_state_stop_count(state), FLOOD + 1);
}

/* ---- a stolen officer's key ---- */

static void
stop_key(struct ent_buf *line, size_t party, enum key_place place)
{
	const struct ent_vkey *key = key_of(party, place);
	struct ent_error err = { 0 };

	assert_ok(ent_buf_printf(line, &err, "stop key %.*s+%08x", ENT_FMT(key->name), (unsigned)key->id));
}

/* C-9 C-62: doe's key is stolen. It silences neither of its colleagues, and not itself; they silence it. */
static void
a_stolen_officers_key_silences_no_colleague(void **unused)
{
	static const enum key_place targets[] = { KEY_POE, KEY_ROE, KEY_DOE };
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	BUF line = ROOM;

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(targets); i++) {
		BUF act = ROOM;
		BUF note = ROOM;

		stop_key(&act, US, targets[i]);
		stop_note(&note, &attacked, US, text_of(&act), DOE);
		assert_not_taken(attacked.charter, US, ent_buf_view(&note), text_of(&act));
		for (size_t m = 0; m < MEMBERS; m++) {
			world_add(attacked.charter, m, ent_buf_view(&note));
			world_add(untouched.charter, m, ENT_LIT("rubbish"));
		}
	}
	assert_true(all_alike(attacked.charter, untouched.charter, T0));
	/* The colleagues stop it: what it signs from then on is nothing, and with what it stopped before they do away. */
	struct ent_hash thief = says_now(attacked.charter, US, STOP_JP, DOE, T0);
	stop_key(&line, US, KEY_DOE);
	(void)says_now(attacked.charter, US, text_of(&line), POE | ROE, T0 + HOUR);
	(void)says_now(attacked.charter, US, "stop project quantum", DOE, T0 + 2 * HOUR);
	world_be_alive_all(attacked.charter, T0 + 2 * HOUR);
	assert_japan(&attacked, T0 + 2 * HOUR, ENT_PART_SUSPENDED);
	(void)says_about(attacked.charter, US, "resume", &thief, DOE | POE, T0 + 2 * HOUR); /* one of two does not count */
	assert_japan(&attacked, T0 + 2 * HOUR, ENT_PART_SUSPENDED);
	(void)says_about(attacked.charter, US, "resume", &thief, POE | ROE, T0 + 3 * HOUR); /* another text: C-11 */
	assert_japan(&attacked, T0 + 3 * HOUR, ENT_PART_ACTIVE);
}

/* C-60 C-62 C-66: it stops no key of another party, whether named by name and id or by kid. */
static void
a_stolen_officers_key_stops_no_key_of_others(void **unused)
{
	static const enum key_place places[] = { KEY_DOE, KEY_POE, KEY_ROE, KEY_LOG, KEY_ACCESS, KEY_WITNESS };
	static const size_t victims[] = { AU, UK, JP };
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();

	(void)unused;
	for (size_t v = 0; v < ENT_COUNT(victims); v++)
		for (size_t i = 0; i < ENT_COUNT(places); i++) {
			BUF line = ROOM;
			BUF note = ROOM;

			stop_key(&line, victims[v], places[i]);
			stop_note(&note, &attacked, US, text_of(&line), QUORUM);
			assert_not_taken(attacked.charter, US, ent_buf_view(&note), text_of(&line));
			world_add(attacked.charter, US, ent_buf_view(&note));
			world_add(untouched.charter, US, ENT_LIT("rubbish"));
		}
	assert_true(all_alike(attacked.charter, untouched.charter, T0));
	for (size_t v = 0; v < 2; v++) {
		char act[64], kid[ENT_KID_SIZE], seal[ENT_SEAL_KID_SIZE];
		const char *kids[] = { kid, seal };

		ent_pubkey_kid(kid, ent_key_public(world_keys(victims[v])->kas));
		ent_seal_kid(seal, key_of(victims[v], KEY_SEAL)->key);
		for (size_t i = 0; i < 2; i++) {
			BUF note = ROOM;

			snprintf(act, sizeof(act), "stop key %s", kids[i]);
			stop_note(&note, &attacked, US, act, QUORUM);
			assert_not_taken(attacked.charter, US, ent_buf_view(&note), act);
			world_add(attacked.charter, US, ent_buf_view(&note));
			ENT_AUTO(ent_state) state = world_derive(attacked.charter, T0);
			assert_false(ent_state_key_by_kid(state, ent_view_str(world_members[victims[v]]), ent_view_str(kids[i]))->stopped);
		}
	}
	assert_japan(&attacked, T0, ENT_PART_ACTIVE);
}

/* C-9 C-66: of its own party's keys it destroys none and publishes none; what it may do, stop and retire, the quorum lifts or replaces. */
static void
a_stolen_officers_key_only_narrows_its_own_party(void **unused)
{
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	char kid[ENT_KID_SIZE], act[64];

	(void)unused;
	for (size_t d = 0; d < ENT_COUNT(deeds); d++) {
		BUF good = ROOM;
		BUF note = ROOM;
		struct ent_error err = { 0 };

		if (deeds[d].one || deeds[d].by != US)
			continue;
		deed_note(&good, &attacked, &deeds[d]);
		assert_ok(ent_buf_add(&note, text_of_note(&good), &err));
		assert_ok(ent_buf_add_byte(&note, '\n', &err));
		add_good_signature(&note, US, KEY_DOE, text_of_note(&good));
		assert_not_taken(attacked.charter, US, ent_buf_view(&note), deeds[d].act);
		world_add(attacked.charter, US, ent_buf_view(&note));
		world_add(untouched.charter, US, ENT_LIT("rubbish"));
	}
	assert_true(all_alike(attacked.charter, untouched.charter, T0));
	ent_pubkey_kid(kid, ent_key_public(world_keys(US)->kas));
	snprintf(act, sizeof(act), "stop key %s", kid);
	struct ent_hash stop = says_now(attacked.charter, US, act, DOE, T0);
	ENT_AUTO(ent_state) stopped = world_derive(attacked.charter, T0);
	assert_true(ent_state_key_by_kid(stopped, us, ent_view_str(kid))->stopped);
	assert_null(ent_state_kas_key(stopped, us, ENT_KEY_EC_P256));
	(void)says_about(attacked.charter, US, "resume", &stop, POE | ROE, T0);
	ENT_AUTO(ent_state) resumed = world_derive(attacked.charter, T0);
	assert_false(ent_state_key_by_kid(resumed, us, ent_view_str(kid))->stopped);
	assert_non_null(ent_state_kas_key(resumed, us, ENT_KEY_EC_P256));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_on_paper_binds_by_anybodys_log),
		cmocka_unit_test(a_stop_that_its_own_node_withholds_stands),
		cmocka_unit_test(nothing_but_a_stop_is_heard),
		cmocka_unit_test(a_stop_replayed_after_its_resume_is_nothing),
		cmocka_unit_test(a_stop_resumed_before_it_turned_up_never_stands),
		cmocka_unit_test(nobody_else_lifts_a_stop),
		cmocka_unit_test(views_are_made_whatever_stops_were_heard),
		cmocka_unit_test(ten_thousand_stops_cost_their_place_and_nothing_else),
		cmocka_unit_test(ten_thousand_stops_of_an_officers_key_are_weighed_in_time),
		cmocka_unit_test(a_stolen_officers_key_silences_no_colleague),
		cmocka_unit_test(a_stolen_officers_key_stops_no_key_of_others),
		cmocka_unit_test(a_stolen_officers_key_only_narrows_its_own_party),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
