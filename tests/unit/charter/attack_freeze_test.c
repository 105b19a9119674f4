/*
 * Attacks on freshness (charter section 11, without witnesses): who holds back, cuts or dates logs wrongly, or has a wrong clock, may close
 * something; nothing opens by it, and the words name the member or the clock.
 */
#include "attack_fixture.h"

static const struct ent_view us = ENT_LIT("us.example"), quantum = ENT_LIT("quantum");

static enum ent_part
part_of(const struct ent_charter *charter, const char *party, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	struct ent_participation part;
	struct ent_error err = { 0 };

	assert_ok(ent_state_participation(state, ent_view_str(party), quantum, &part, &err));
	return part.state;
}

/* Does the node answer anything at all? Words that must be in its reason if not. */
static void
assert_node(const struct ent_charter *charter, int64_t now_unix_s, enum ent_reason_code code, const char *words)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_node_reasons(state, &reasons, &err));
	assert_int_equal(ent_reasons_block(&reasons), words != NULL);
	if (words != NULL)
		assert_true(world_has_reason(&reasons, code, words));
}

static bool
said_against(const struct ent_charter *charter, const char *party, int64_t now_unix_s, enum ent_reason_code code, const char *words)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_party_reasons(state, ent_view_str(party), quantum, &reasons, &err));
	return world_has_reason(&reasons, code, words);
}

/* C-27 C-28: us's log is shown as it was, for ever. It is heard to the second of F (24 h), and then names who is missing. */
static void
an_old_log_for_ever_counts_for_f_and_not_a_second_longer(void **unused)
{
	STAGE s = stage_set();

	(void)unused;
	for (int64_t now = T0; now <= T0 + 30 * DAY; now += DAY) {
		world_be_alive(s.charter, AU, now);
		world_be_alive(s.charter, UK, now);
		assert_int_equal(part_of(s.charter, "jp.example", now), now <= T0 + DAY ? ENT_PART_ACTIVE : ENT_PART_UNHEARD);
	}
	assert_int_equal(part_of(s.charter, "au.example", T0 + DAY + 1), ENT_PART_UNHEARD);
	assert_true(said_against(s.charter, "jp.example", T0 + 30 * DAY, ENT_R_MEMBER_UNHEARD, "us.example"));
	world_be_alive(s.charter, US, T0 + 30 * DAY);
	assert_int_equal(part_of(s.charter, "jp.example", T0 + 30 * DAY), ENT_PART_ACTIVE);
}

/*
 * C-7: a fresh `alive` behind a log from which the stop was cut. Its place is not the one that it names, so it is no sign of life, and
 * what was cut is missed after F.
 */
static void
a_fresh_alive_with_truncated_statements_is_no_sign_of_life(void **unused)
{
	STAGE honest = stage_set();
	STAGE cut = stage_set();
	int64_t now = T0 + DAY + 1;
	BUF alive = ROOM;

	(void)unused;
	(void)says_now(honest.charter, US, "stop partner jp.example", ROE, T0 + HOUR);
	world_alive(&alive, honest.charter, US, ent_charter_log_size(honest.charter, us), now);
	world_add(honest.charter, US, ent_buf_view(&alive));
	world_add(cut.charter, US, ent_buf_view(&alive)); /* the true note, two entries too early */
	world_be_alive(cut.charter, AU, now);
	world_be_alive(cut.charter, UK, now);
	ENT_AUTO(ent_state) state = world_derive(cut.charter, now);
	assert_int_equal(ent_state_member(state, us)->alive_unix_s, T0);
	assert_int_equal(part_of(cut.charter, "jp.example", now), ENT_PART_UNHEARD);
	assert_int_equal(part_of(honest.charter, "jp.example", now), ENT_PART_SUSPENDED);
}

/* C-7 C-12 C-31: dated years ahead by us's own log key. It is no sign of life until then, nothing behind it counts, others go on by theirs. */
static void
an_alive_dated_years_ahead_keeps_nobody_heard(void **unused)
{
	STAGE s = stage_set();
	struct ent_hash hash = s.undersea;

	(void)unused;
	world_be_alive(s.charter, US, T0 + 3650 * DAY);
	world_give_consent(s.charter, US, &hash, T0 + 3650 * DAY, T0 + 3651 * DAY);
	for (int64_t now = T0; now <= T0 + 10 * DAY; now += DAY) {
		world_be_alive(s.charter, AU, now);
		world_be_alive(s.charter, UK, now);
		world_be_alive(s.charter, US, now); /* its times never decrease: void */
		ENT_AUTO(ent_state) state = world_derive(s.charter, now);
		assert_int_equal(ent_state_member(state, us)->alive_unix_s, T0);
		assert_int_equal(ent_state_clock_floor(state), now - ENT_SKEW_S); /* one liar does not move it */
		assert_int_equal(ent_state_standing_by_hash(state, &s.undersea)->state, ENT_FORCE_PROPOSED);
		assert_int_equal(part_of(s.charter, "jp.example", now), now <= T0 + DAY ? ENT_PART_ACTIVE : ENT_PART_UNHEARD);
	}
	assert_true(said_against(s.charter, "jp.example", T0 + 10 * DAY, ENT_R_MEMBER_UNHEARD, "us.example"));
}

/* C-51: to date it ahead does not delay a stop, nor does it bring back what it withdraws. */
static void
narrowing_cannot_be_put_off_by_a_date_ahead(void **unused)
{
	STAGE s = stage_set();

	(void)unused;
	(void)says_now(s.charter, US, "stop partner jp.example", ROE, T0 + 3650 * DAY);
	assert_int_equal(part_of(s.charter, "jp.example", T0), ENT_PART_SUSPENDED);
	STAGE w = stage_set();
	(void)says_now(w.charter, US, "withdraw project quantum", QUORUM, T0 + 3650 * DAY);
	assert_int_equal(part_of(w.charter, "us.example", T0), ENT_PART_WITHDRAWN);
}

/* C-32: us shows one log to some and another to others, with its own signatures. Nothing of it counts, nothing is released, others are not blamed. */
static void
a_member_whose_log_forked_closes_everything(void **unused)
{
	STAGE s = stage_set();
	struct ent_error err = { 0 };

	(void)unused;
	assert_node(s.charter, T0, ENT_R_LOG_BROKEN, NULL);
	assert_ok(ent_charter_set_broken(s.charter, us, "two checkpoints of size 9 with different roots", &err));
	assert_node(s.charter, T0, ENT_R_LOG_BROKEN, "two checkpoints of size 9 with different roots");
	world_be_alive_all(s.charter, T0 + HOUR); /* nothing that it says afterwards heals it */
	assert_node(s.charter, T0 + HOUR, ENT_R_LOG_BROKEN, "us.example");
	ENT_AUTO(ent_state) state = world_derive(s.charter, T0 + HOUR);
	assert_null(ent_state_kas_key(state, us, ENT_KEY_EC_P256));
	assert_null(ent_state_member(state, ENT_LIT("uk.example"))->broken);
	assert_int_not_equal(part_of(s.charter, "jp.example", T0 + HOUR), ENT_PART_ACTIVE);
}

/* C-56: a partner does the same: it is closed, and nobody else. */
static void
a_partner_whose_log_forked_closes_itself(void **unused)
{
	STAGE s = stage_set();
	struct ent_error err = { 0 };

	(void)unused;
	assert_int_equal(part_of(s.charter, "jp.example", T0), ENT_PART_ACTIVE);
	assert_ok(ent_charter_set_broken(s.charter, ENT_LIT("jp.example"), "two checkpoints of size 2", &err));
	assert_int_equal(part_of(s.charter, "jp.example", T0), ENT_PART_SUSPENDED);
	assert_true(said_against(s.charter, "jp.example", T0, ENT_R_PARTNER_LOG, "two checkpoints of size 2"));
	assert_node(s.charter, T0, ENT_R_LOG_BROKEN, NULL);
	for (size_t m = 0; m < MEMBERS; m++)
		assert_int_equal(part_of(s.charter, world_members[m], T0), ENT_PART_ACTIVE);
}

/* C-31: put back behind the second-newest `alive` - 120 s the clock is told from right, to the second, and nothing is answered. */
static void
a_clock_put_back_answers_nothing_and_a_second_slow_is_nothing(void **unused)
{
	STAGE s = stage_set();

	(void)unused;
	world_be_alive_all(s.charter, T0 + 2 * DAY);
	assert_node(s.charter, T0 + 2 * DAY, ENT_R_CLOCK_BEHIND, NULL);
	assert_node(s.charter, T0 + 2 * DAY - 1, ENT_R_CLOCK_BEHIND, NULL);
	assert_int_equal(part_of(s.charter, "jp.example", T0 + 2 * DAY - 1), ENT_PART_ACTIVE);
	assert_node(s.charter, T0 + 2 * DAY - ENT_SKEW_S, ENT_R_CLOCK_BEHIND, NULL);
	assert_node(s.charter, T0 + 2 * DAY - ENT_SKEW_S - 1, ENT_R_CLOCK_BEHIND, "behind");
	assert_node(s.charter, T0, ENT_R_CLOCK_BEHIND, "behind");
}

/* C-27: put forward it hears nobody, so it opens nothing; it brings no later date into force either. */
static void
a_clock_put_forward_opens_nothing(void **unused)
{
	STAGE s = stage_set();
	struct ent_hash later = world_add_admit(s.charter, &(struct world_admit){ .party = JP, .proposal = s.party, .from_unix_s = T0 + 50 * DAY,
	    .replaces = &s.admission });

	(void)unused;
	all_consent(s.charter, &later, T0);
	for (int64_t ahead = 2 * DAY; ahead <= 80 * DAY; ahead += 26 * DAY) {
		assert_int_not_equal(part_of(s.charter, "jp.example", T0 + ahead), ENT_PART_ACTIVE);
		assert_true(said_against(s.charter, "jp.example", T0 + ahead, ENT_R_MEMBER_UNHEARD, "us.example"));
		for (size_t m = 0; m < MEMBERS; m++)
			assert_int_equal(part_of(s.charter, world_members[m], T0 + ahead), ENT_PART_UNHEARD);
	}
	assert_int_equal(part_of(s.charter, "jp.example", T0), ENT_PART_ACTIVE); /* set right again, nothing is the worse */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_log_for_ever_counts_for_f_and_not_a_second_longer),
		cmocka_unit_test(a_fresh_alive_with_truncated_statements_is_no_sign_of_life),
		cmocka_unit_test(an_alive_dated_years_ahead_keeps_nobody_heard),
		cmocka_unit_test(narrowing_cannot_be_put_off_by_a_date_ahead),
		cmocka_unit_test(a_member_whose_log_forked_closes_everything),
		cmocka_unit_test(a_partner_whose_log_forked_closes_itself),
		cmocka_unit_test(a_clock_put_back_answers_nothing_and_a_second_slow_is_nothing),
		cmocka_unit_test(a_clock_put_forward_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
