/* Time: what is ahead, what was then, what comes into force by surprise, and that a state which lives on tells the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "alliance.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define CHARTER ENT_AUTO(ent_charter) charter
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)

static enum ent_part
jp_at(const struct ent_charter *charter, int64_t now_unix_s)
{
	return alliance_part(charter, now_unix_s, "jp.example", "quantum");
}

static enum ent_part
jp_as_of(const struct ent_charter *charter, int64_t then_unix_s)
{
	ENT_AUTO(ent_state) state = NULL;
	struct ent_participation part;
	struct ent_error err = { 0 };

	assert_ok(ent_derive_as_of(&state, charter, then_unix_s, &err));
	assert_ok(ent_state_participation(state, ENT_LIT("jp.example"), ENT_LIT("quantum"), &part, &err));
	return part.state;
}

/* ---- as of an earlier time ---- */

/* C-51: a stop of today says nothing about yesterday, though it counts now whatever the clock says. */
static void
as_of_an_earlier_time_later_entries_are_left_out(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash stop = alliance_say(a.charter, UK, 0, T0 + 3 * HOUR, "stop partner jp.example");

	(void)unused;
	alliance_resume(a.charter, UK, &stop, T0 + 5 * HOUR);
	alliance_say(a.charter, JP, QUORUM, T0 + 7 * HOUR, "withdraw charter");
	assert_int_equal(jp_as_of(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
	assert_int_equal(jp_as_of(a.charter, T0 + 3 * HOUR - 121), ENT_PART_ACTIVE);
	assert_int_equal(jp_as_of(a.charter, T0 + 3 * HOUR - 120), ENT_PART_SUSPENDED);
	assert_int_equal(jp_as_of(a.charter, T0 + 4 * HOUR), ENT_PART_SUSPENDED);
	assert_int_equal(jp_as_of(a.charter, T0 + 6 * HOUR), ENT_PART_ACTIVE);
	assert_int_equal(jp_as_of(a.charter, T0 + 7 * HOUR), ENT_PART_WITHDRAWN);
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_WITHDRAWN); /* what narrows is never overlooked */
}

/* C-51, C-58: a text has no date; before anybody named it, it was not there, and the answer then was none. */
static void
as_of_an_earlier_time_a_proposal_that_nobody_had_named_is_not_known(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);

	(void)unused;
	assert_int_equal(jp_as_of(a.charter, T0 - 10 * DAY), ENT_PART_NONE);
	assert_int_equal(jp_as_of(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
}

static void
as_of_an_earlier_time_the_clock_floor_is_that_of_then(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ENT_AUTO(ent_state) then = NULL;
	struct ent_error err = { 0 };

	(void)unused;
	world_be_alive_all(a.charter, T0 + 9 * DAY);
	ENT_AUTO(ent_state) now = world_derive(a.charter, T0 + HOUR);
	assert_int_equal(ent_state_clock_floor(now), T0 + 9 * DAY - 120);
	assert_ok(ent_derive_as_of(&then, a.charter, T0 + HOUR, &err));
	assert_int_equal(ent_state_clock_floor(then), T0 - 120);
}

/* C-13 C-51: what freezes does so from its entry on, and not before. */
static void
what_freezes_did_not_freeze_then(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ENT_AUTO(ent_state) then = NULL;
	struct ent_error err = { 0 };

	(void)unused;
	alliance_say(a.charter, UK, QUORUM, T0 + 9 * HOUR, "decline 2.1");
	alliance_say(a.charter, JP, QUORUM, T0 + 9 * HOUR, "decline 2.1");
	ENT_AUTO(ent_state) now = world_derive(a.charter, T0 + HOUR);
	assert_non_null(ent_state_member(now, ENT_LIT("uk.example"))->unenforced);
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_SUSPENDED);
	assert_ok(ent_derive_as_of(&then, a.charter, T0 + HOUR, &err));
	assert_null(ent_state_member(then, ENT_LIT("uk.example"))->unenforced);
	assert_int_equal(jp_as_of(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
}

/* ---- ahead of time ---- */

/* C-51: what narrows counts from its entry on, with no later time than now. */
static void
what_narrows_counts_though_its_time_is_ahead(void **unused)
{
	static const char *const lines[] = { "stop partner jp.example", "withdraw membership", "stop project quantum" };
	static const enum ent_part parts[] = { ENT_PART_SUSPENDED, ENT_PART_ENDED, ENT_PART_SUSPENDED };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(lines); i++) {
		ALLIANCE a = alliance_new(NULL, NULL);

		alliance_say(a.charter, UK, QUORUM, T0 + 100 * DAY, "%s", lines[i]);
		assert_int_equal(jp_at(a.charter, T0 + HOUR), parts[i]);
		assert_int_equal(jp_at(a.charter, T0 + 2 * HOUR), parts[i]);
		assert_int_equal(jp_as_of(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
	}
}

/* C-12 C-61: what opens waits until its time has come. */
static void
a_resume_ahead_of_time_waits(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash stop = alliance_say(a.charter, UK, 0, T0 + 60, "stop partner jp.example");

	(void)unused;
	alliance_resume(a.charter, UK, &stop, T0 + 10 * HOUR);
	assert_int_equal(jp_at(a.charter, T0 + 10 * HOUR - 121), ENT_PART_SUSPENDED);
	assert_int_equal(jp_at(a.charter, T0 + 10 * HOUR - 120), ENT_PART_ACTIVE);
}

/* A withdrawal ahead of time ends the consent now: nothing that waits behind it takes the name at a time that has not come. */
static void
a_consent_withdrawn_ahead_of_time_is_gone_now(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash project = world_add_project(charter, NULL), rival, consent;
	char hash[ENT_HASH_BASE64_SIZE];
	BUF note = ROOM;

	(void)unused;
	alliance_consent(charter, &project, T0);
	rival = world_add_project(charter, &(struct world_project){ .title = "Rival" });
	alliance_consent(charter, &rival, T0 + HOUR);
	world_consent(&note, charter, UK, ent_charter_proposal(charter, &project)->text, T0, T0 + 200 * DAY);
	consent = world_text_hash(ent_buf_view(&note));
	ent_hash_base64(hash, &consent);
	alliance_say(charter, UK, 0, T0 + 100 * DAY, "withdraw %s", hash);
	for (int64_t now_unix_s = T0 + 2 * HOUR; now_unix_s < T0 + 5 * HOUR; now_unix_s += HOUR) {
		ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);

		assert_int_equal(ent_state_standing_by_hash(state, &project)->state, ENT_FORCE_ENDED);
		assert_true(ent_state_standing_by_hash(state, &rival)->holds);
		assert_int_equal(ent_state_standing_by_hash(state, &rival)->in_force_since_unix_s, now_unix_s);
	}
}

/* ---- freeze: false clocks ---- */

/* C-7 C-12: an `alive` of years ahead proves no freshness, and does not make what comes behind it count. */
static void
an_alive_years_ahead_freshens_nothing(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);

	(void)unused;
	world_be_alive(a.charter, UK, T0 + 3000 * DAY);
	world_be_alive(a.charter, AU, T0 + DAY);
	world_be_alive(a.charter, US, T0 + DAY);
	assert_int_equal(jp_at(a.charter, T0 + DAY), ENT_PART_ACTIVE);
	assert_int_equal(jp_at(a.charter, T0 + DAY + 1), ENT_PART_UNHEARD);
	alliance_say(a.charter, UK, QUORUM, T0 + DAY + 60, "withdraw project quantum"); /* its time is out of the statement's dates: void */
	assert_int_equal(alliance_part(a.charter, T0 + DAY, "uk.example", "quantum"), ENT_PART_ACTIVE);
	alliance_say(a.charter, UK, 0, T0 + DAY + 60, "stop partner jp.example"); /* a stop has no dates */
	assert_int_equal(jp_at(a.charter, T0 + DAY), ENT_PART_SUSPENDED);
}

/* C-27: truncated to an old end, a log tells nothing new, and its member falls silent. */
static void
an_old_end_of_a_log_for_ever_is_silence(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);

	(void)unused;
	for (int64_t day = 1; day < 5; day++) {
		world_be_alive(a.charter, AU, T0 + day * DAY);
		world_be_alive(a.charter, US, T0 + day * DAY);
		assert_int_equal(jp_at(a.charter, T0 + day * DAY + 1), ENT_PART_UNHEARD);
	}
}

/* ---- surprise activation ---- */

/* A dissenter leaves: nothing comes into force by that. */
static void
who_leaves_brings_nothing_into_force(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash project = world_add_project(charter, NULL);

	(void)unused;
	world_give_consent(charter, AU, &project, T0, T0 + 9 * DAY);
	world_give_consent(charter, US, &project, T0, T0 + 9 * DAY);
	alliance_say(charter, UK, QUORUM, T0, "withdraw membership");
	assert_int_equal(alliance_force(charter, T0, &project), ENT_FORCE_PROPOSED);
	assert_true(alliance_why(charter, T0, "au.example", "quantum", ENT_R_PROJECT_PROPOSED, "withdrew from membership"));
}

/* A consent kept back until the others have forgotten theirs: out of its dates, it is nothing. */
static void
an_old_consent_is_not_played_late(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash project = world_add_project(charter, NULL);
	BUF note = ROOM;

	(void)unused;
	world_consent(&note, charter, UK, ent_charter_proposal(charter, &project)->text, T0, T0 + 100 * DAY);
	world_give_consent(charter, AU, &project, T0, T0 + 100 * DAY);
	world_give_consent(charter, US, &project, T0, T0 + 100 * DAY);
	world_be_alive_all(charter, T0 + 8 * DAY);
	world_add(charter, UK, ent_buf_view(&note));
	assert_int_equal(alliance_force(charter, T0 + 8 * DAY, &project), ENT_FORCE_PROPOSED);
}

/* C-18: two admissions of one name; the second waits, and takes it only when the first is gone. */
static void
the_second_admission_of_a_name_waits(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash second = world_add_admit(a.charter, &(struct world_admit){ .party = JP, .proposal = a.party, .role = "reader",
	    .files = "since 2026-11-01T00:00:00Z" });

	(void)unused;
	alliance_consent(a.charter, &second, T0 + HOUR);
	ENT_AUTO(ent_state) before = world_derive(a.charter, T0 + HOUR);
	assert_true(ent_hash_eq(&ent_state_admission(before, ENT_LIT("jp.example"), ENT_LIT("quantum"))->doc->hash, &a.admit));
	assert_int_equal(ent_state_standing_by_hash(before, &second)->state, ENT_FORCE_PROPOSED);
	ENT_AUTO(ent_state) after = world_derive(a.charter, T0 + 200 * DAY);
	assert_true(ent_hash_eq(&ent_state_admission(after, ENT_LIT("jp.example"), ENT_LIT("quantum"))->doc->hash, &second));
}

/* C-18: two admissions that begin in one second. */
static void
of_two_beginnings_in_one_second_the_smaller_hash_comes_first(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	const struct world_admit admits[] = { { .party = JP, .proposal = a.party, .project = "undersea", .from_unix_s = T0 + HOUR },
		{ .party = JP, .proposal = a.party, .project = "undersea", .from_unix_s = T0 + HOUR, .until_unix_s = T0 + 800 * DAY } };
	struct ent_hash one, two;

	(void)unused;
	one = world_add_admit(a.charter, &admits[0]);
	two = world_add_admit(a.charter, &admits[1]);
	alliance_consent(a.charter, &two, T0);
	alliance_consent(a.charter, &one, T0);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + HOUR);
	const struct ent_standing *held = ent_state_admission(state, ENT_LIT("jp.example"), ENT_LIT("undersea"));
	assert_true(held->holds);
	assert_true(ent_hash_eq(&held->doc->hash, memcmp(&one, &two, sizeof(one)) < 0 ? &one : &two));
}

/* ---- a state that lives on ---- */

static void
a_state_goes_back_with_the_clock_and_starts_anew_with_another_charter(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ALLIANCE b = alliance_new(NULL, "requires posture-1 from all\n");
	static const int64_t times[] = { 0, DAY + 1, 60, 201 * DAY, 120, -2 * DAY };
	ENT_AUTO(ent_state) state = NULL;
	struct ent_participation part;
	struct ent_error err = { 0 };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(times); i++) {
		assert_ok(ent_derive_next(&state, a.charter, T0 + times[i], &err));
		assert_ok(ent_state_participation(state, ENT_LIT("jp.example"), ENT_LIT("quantum"), &part, &err));
		assert_int_equal(part.state, jp_at(a.charter, T0 + times[i]));
		assert_int_equal(ent_state_now(state), T0 + times[i]);
	}
	assert_ok(ent_derive_next(&state, b.charter, T0, &err));
	assert_ok(ent_state_participation(state, ENT_LIT("jp.example"), ENT_LIT("quantum"), &part, &err));
	assert_int_equal(part.state, ENT_PART_LAPSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_of_an_earlier_time_later_entries_are_left_out),
		cmocka_unit_test(as_of_an_earlier_time_a_proposal_that_nobody_had_named_is_not_known),
		cmocka_unit_test(as_of_an_earlier_time_the_clock_floor_is_that_of_then),
		cmocka_unit_test(what_freezes_did_not_freeze_then),
		cmocka_unit_test(what_narrows_counts_though_its_time_is_ahead),
		cmocka_unit_test(a_resume_ahead_of_time_waits),
		cmocka_unit_test(a_consent_withdrawn_ahead_of_time_is_gone_now),
		cmocka_unit_test(an_alive_years_ahead_freshens_nothing),
		cmocka_unit_test(an_old_end_of_a_log_for_ever_is_silence),
		cmocka_unit_test(who_leaves_brings_nothing_into_force),
		cmocka_unit_test(an_old_consent_is_not_played_late),
		cmocka_unit_test(the_second_admission_of_a_name_waits),
		cmocka_unit_test(of_two_beginnings_in_one_second_the_smaller_hash_comes_first),
		cmocka_unit_test(a_state_goes_back_with_the_clock_and_starts_anew_with_another_charter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
