/* why: whatever is asked, the answer says all reasons, what cures them, what closes next, and how far the copy reaches. */
#include "client/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "client/why_person.h"
#include "world.h"

/* One question, and its answer in words. */
struct answer {
	struct ent_why why;
	struct ent_buf out;
	const char *text;
};

static void
ask(struct answer *a, struct ent_charter *charter, const char *party, const char *at, int64_t now)
{
	struct ent_hash root = { { 0 } };
	struct ent_error err = { 0 };

	/* In a view every log has a root. */
	for (size_t i = 0; i < ent_charter_log_count(charter); i++)
		ent_charter_set_root(charter, ent_charter_log_party(charter, i), &root);
	*a = (struct answer){ .out = ent_buf_with_max(1 << 20) };
	if (ent_why_look(&a->why, charter, at, now, &err) != ENT_OK ||
	    ent_why_party(&a->why, ent_view_str(party), ENT_LIT("quantum"), &err) != ENT_OK ||
	    ent_why_words(&a->out, &a->why, &err) != ENT_OK || ent_buf_cstr(&a->out, &a->text, &err) != ENT_OK)
		fail_msg("%s", err.text);
}

static void
answer_fini(struct answer *a)
{
	ent_buf_fini(&a->out);
	ent_why_fini(&a->why);
}

static void
holds(const struct answer *a, const char *words)
{
	if (strstr(a->text, words) == NULL)
		fail_msg("\"%s\" is not said in:\n%s", words, a->text);
}

static void
holds_not(const struct answer *a, const char *words)
{
	if (strstr(a->text, words) != NULL)
		fail_msg("\"%s\" is said in:\n%s", words, a->text);
}

/* Is `first` said, and `second` after it? */
static void
in_order(const struct answer *a, const char *first, const char *second)
{
	const char *found = strstr(a->text, first);

	if (found == NULL || strstr(found, second) == NULL)
		fail_msg("\"%s\" and then \"%s\" are not said in:\n%s", first, second, a->text);
}

/* quantum of three members, in force from T0; F is 24 h. */
static struct ent_charter *
members(void)
{
	struct ent_charter *charter = world_charter(NULL);

	world_in_force(charter, NULL);
	return charter;
}

/* jp.example admitted to it, with posture-2 from one member. */
static struct ent_charter *
partner_without_accreditation(void)
{
	struct ent_charter *charter = members();
	struct ent_hash party = world_add_party(charter, &(struct world_party){ .party = JP });
	struct ent_hash admit = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party,
	    .requires = "requires posture-2 from 1\n" });

	for (size_t m = 0; m < MEMBERS; m++) {
		world_give_consent(charter, m, &party, T0, T0 + 400 * DAY);
		world_give_consent(charter, m, &admit, T0, T0 + 400 * DAY);
	}
	return charter;
}

/* us.example accredited it, for 30 days. */
static struct ent_charter *
partner(void)
{
	struct ent_charter *charter = partner_without_accreditation();

	world_state_act(charter, &(struct world_statement){ .by = US, .time_unix_s = T0,
	    .act = "accredit jp.example posture-2 until 2026-12-21T09:00:00Z" });
	return charter;
}

static void
open_words_name_who_keeps_it_open(void **unused)
{
	/* C-29 */
	struct ent_charter *charter = members();
	struct answer a;

	(void)unused;
	world_be_alive(charter, AU, T0 + 10 * HOUR);
	world_be_alive(charter, US, T0 + 10 * HOUR);
	ask(&a, charter, "uk.example", NULL, T0 + 11 * HOUR);
	assert_false(ent_reasons_block(&a.why.reasons));
	/* One line for the project, with all who consented, and one for who is heard. */
	holds(&a, "  ok: project quantum (");
	holds(&a, ") in force until 2029-");
	holds(&a, ": consents au 5, uk 5, us 5, the first until 2027-");
	holds(&a, "  ok: heard: au.example 2026-");
	holds_not(&a, " consented to ");
	holds(&a, "  closes at 2026-11-22T09:00:0");
	holds(&a, " unless uk.example is heard\n");
	holds_not(&a, "would be cured");
	holds_not(&a, "  - ");
	answer_fini(&a);
	/* All in one second: each of them is needed. */
	world_be_alive_all(charter, T0 + 12 * HOUR);
	ask(&a, charter, "uk.example", NULL, T0 + 12 * HOUR);
	holds(&a, " unless au.example is heard and uk.example is heard and us.example is heard\n");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
any_two_of_three_are_named_as_a_choice(void **unused)
{
	struct ent_charter *charter = world_charter(&(struct world_rules){ .consents = "2" });
	struct answer a;

	(void)unused;
	world_in_force(charter, NULL);
	world_be_alive(charter, AU, T0 + HOUR);
	ask(&a, charter, "au.example", NULL, T0 + 2 * HOUR);
	holds(&a, " unless uk.example is heard or us.example is heard\n");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
a_consent_that_runs_out_is_what_closes(void **unused)
{
	struct ent_charter *charter = world_charter(NULL);
	struct ent_hash project = world_add_project(charter, NULL);
	char id[ENT_HASH_HEX_SIZE], words[128];
	struct answer a;

	(void)unused;
	ent_hash_hex(id, &project);
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &project, T0, m == US ? T0 + 5 * HOUR : T0 + 100 * DAY);
	ask(&a, charter, "au.example", NULL, T0 + HOUR);
	snprintf(words, sizeof(words), "  closes at 2026-11-21T14:00:00Z unless us.example consents again to %.8s\n", id);
	holds(&a, words);
	/* Its end stands where the consents stand. */
	holds(&a, ", the first until 2026-11-21T14:00:00Z\n");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
what_is_not_in_force_says_who_consented(void **unused)
{
	struct ent_charter *charter = world_charter(NULL);
	struct ent_hash project = world_add_project(charter, NULL);
	char id[ENT_HASH_HEX_SIZE], words[128];
	struct answer a;

	(void)unused;
	ent_hash_hex(id, &project);
	world_give_consent(charter, AU, &project, T0, T0 + 100 * DAY);
	world_give_consent(charter, UK, &project, T0, T0 + 100 * DAY);
	ask(&a, charter, "au.example", NULL, T0 + HOUR);
	snprintf(words, sizeof(words), "  - proposed: us.example has not consented to project quantum (%.8s)\n", id);
	holds(&a, words);
	snprintf(words, sizeof(words), "  ok: consents to project quantum (%.8s): au ", id);
	holds(&a, words);
	holds(&a, ", uk ");
	answer_fini(&a);
	ent_charter_free(charter);
}

/* C-64: never given is another thing than ended, and both lack. */
static void
an_accreditation_that_never_was_has_not_lapsed(void **unused)
{
	struct ent_charter *charter = partner();
	struct answer a;

	(void)unused;
	world_be_alive_all(charter, T0 + HOUR);
	ask(&a, charter, "jp.example", NULL, T0 + HOUR);
	holds(&a, "  ok: accredited for posture-2 until 2026-12-21T09:00:00Z by us ");
	holds(&a, "  ok: the admission of jp.example to quantum (");
	holds(&a, "  ok: party jp.example (");
	answer_fini(&a);
	world_be_alive_all(charter, T0 + 31 * DAY);
	ask(&a, charter, "jp.example", NULL, T0 + 31 * DAY);
	holds(&a, "  - lapsed: jp.example needs");
	holds_not(&a, "lapsed: lapsed");
	answer_fini(&a);
	ent_charter_free(charter);
	charter = partner_without_accreditation();
	ask(&a, charter, "jp.example", NULL, T0 + HOUR);
	holds(&a, "  - not accredited: jp.example needs the accreditations of 1 member for posture-2, heard: 1 missing\n");
	holds_not(&a, "lapsed");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
refusal_begins_with_the_state_and_says_everything(void **unused)
{
	/* C-59, C-60, C-64: charter section 4's example */
	struct ent_charter *charter = partner();
	struct answer a;

	(void)unused;
	world_be_alive_all(charter, T0 + 31 * DAY);
	ask(&a, charter, "jp.example", NULL, T0 + 31 * DAY);
	holds(&a, "  - lapsed: ");
	holds_not(&a, "suspended");
	answer_fini(&a);
	world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0 + 31 * DAY, .signers = ROE,
	    .act = "stop partner jp.example" });
	ask(&a, charter, "jp.example", NULL, T0 + 31 * DAY);
	assert_true(ent_reasons_block(&a.why.reasons));
	assert_int_equal(strncmp(a.text, "  - suspended: ", 15), 0);
	in_order(&a, "  - suspended: ", "  - lapsed: ");
	in_order(&a, "  - lapsed: ", "  ok: ");
	in_order(&a, "  ok: ", "  would be cured by: ");
	holds(&a, "roe");
	holds(&a, "; "); /* both cures in one line */
	holds_not(&a, "suspended: suspended: ");
	holds_not(&a, "\n  closes at");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
an_accreditation_that_ends_soon_is_named(void **unused)
{
	struct ent_charter *charter = partner();
	struct answer a;

	(void)unused;
	world_be_alive_all(charter, T0 + 30 * DAY - 2 * HOUR);
	ask(&a, charter, "jp.example", NULL, T0 + 30 * DAY - HOUR);
	holds(&a, "  closes at 2026-12-21T09:00:00Z unless us.example accredits it again for posture-2\n");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
as_of_then_leaves_out_what_came_later_and_says_how_far_the_copy_reaches(void **unused)
{
	/* C-51 */
	struct ent_charter *charter = partner();
	struct answer a;

	(void)unused;
	world_be_alive_all(charter, T0 + 10 * HOUR);
	world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0 + 10 * HOUR, .act = "stop partner jp.example" });
	ask(&a, charter, "jp.example", NULL, T0 + 10 * HOUR);
	assert_true(ent_reasons_block(&a.why.reasons));
	holds_not(&a, "copy of the charter");
	answer_fini(&a);
	ask(&a, charter, "jp.example", "2026-11-21T11:00:00Z", T0 + 10 * HOUR);
	assert_int_equal(a.why.time, ENT_WHY_THEN);
	assert_false(ent_reasons_block(&a.why.reasons));
	holds(&a, "  as of then, by a copy of the charter that reaches: au.example 2026-11-21T19:00:00Z, uk.example 2026-11-21T19:00:00Z, us");
	holds_not(&a, "it ends before that time");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
an_old_copy_says_whose_words_it_lacks(void **unused)
{
	struct ent_charter *charter = members();
	struct answer a;

	(void)unused;
	world_be_alive(charter, AU, T0 + 10 * HOUR);
	ask(&a, charter, "au.example", "2026-11-21T12:00:00Z", T0 + 50 * DAY);
	holds(&a, "  it ends before that time for: uk.example, us.example; what they said later is not in it\n");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
a_time_ahead_is_answered_by_what_is_known_now(void **unused)
{
	struct ent_charter *charter = members();
	struct answer a;

	(void)unused;
	ask(&a, charter, "au.example", "2026-11-23T12:00:00Z", T0 + HOUR);
	assert_int_equal(a.why.time, ENT_WHY_AHEAD);
	assert_true(ent_reasons_block(&a.why.reasons));
	holds(&a, "  - unheard: ");
	holds(&a, "  if nothing more is heard until then; this copy of the charter reaches: ");
	answer_fini(&a);
	ent_charter_free(charter);
}

static void
what_is_no_time_is_refused_with_an_example(void **unused)
{
	static const char *const bad[] = { "", "tomorrow", "2026-11-21", "2026-11-21T09:00:00", "2026-02-30T09:00:00Z", "2026-11-21T09:00:00Zx" };
	struct ent_charter *charter = members();

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_why why = { 0 };
		struct ent_error err = { 0 };

		assert_int_equal(ent_why_look(&why, charter, bad[i], T0, &err), ENT_E_USAGE);
		assert_non_null(strstr(err.text, "2026-11-21T09:00:00Z"));
		ent_why_fini(&why);
	}
	ent_charter_free(charter);
}

static void
json_holds_the_whole_answer(void **unused)
{
	struct ent_charter *charter = members();
	struct ent_error err = { 0 };
	json_t *root = json_object();
	struct answer a;

	(void)unused;
	ask(&a, charter, "jp.example", NULL, T0 + HOUR);
	if (ent_why_json(root, &a.why, &err) != ENT_OK)
		fail_msg("%s", err.text);
	assert_string_equal(json_string_value(json_object_get(root, "party")), "jp.example");
	assert_string_equal(json_string_value(json_object_get(root, "state")), "none");
	assert_string_equal(json_string_value(json_object_get(root, "as_of")), "now");
	assert_string_equal(json_string_value(json_object_get(root, "at")), "2026-11-21T10:00:00Z");
	assert_true(json_is_false(json_object_get(root, "may")));
	assert_true(json_is_null(json_object_get(root, "closes")));
	assert_int_equal(json_array_size(json_object_get(json_object_get(root, "copy"), "heard")), MEMBERS);
	assert_int_equal(json_array_size(json_object_get(root, "reasons")), a.why.reasons.count);
	assert_non_null(json_object_get(json_array_get(json_object_get(root, "reasons"), 0), "cure"));
	json_decref(root);
	answer_fini(&a);
	ent_charter_free(charter);
}

/* ---- claims ---- */

static enum ent_status
claims(struct ent_person *person, struct ent_arena *arena, const char *text)
{
	const char *const items[] = { text };
	struct ent_error err = { 0 };

	*person = (struct ent_person){ 0 };
	return ent_why_person_claims(person, arena, (struct entente_list){ items, 1 }, &err);
}

static void
claims_are_lists_by_name(void **unused)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_person p;
	struct ent_error err = { 0 };

	(void)unused;
	assert_int_equal(ent_arena_new(&arena, 1 << 20, &err), ENT_OK);
	assert_int_equal(claims(&p, arena, "projects=quantum,sonar nationality=AUS,GBR clearance=nv1"), ENT_OK);
	assert_int_equal(p.project_count, 2);
	assert_true(ent_view_eq_str(p.projects[1], "sonar"));
	assert_true(p.has_projects && p.has_nationality);
	assert_true(ent_view_eq_str(p.nationalities[0], "AUS"));
	assert_true(ent_view_eq_str(p.clearance, "nv1"));
	assert_int_equal(claims(&p, arena, "projects="), ENT_OK);
	assert_true(p.has_projects && p.project_count == 0);
}

static void
what_is_no_claim_is_refused(void **unused)
{
	static const char *const bad[] = { "", "projects", "=", "project=quantum", "projects=Quantum", "projects=a,,b", "nationality=Australia",
		"nationality=aus", "projects=a projects=b", "clearance=", "sub=alice", "clearance=a clearance=b" };
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_person p;

	(void)unused;
	assert_int_equal(ent_arena_new(&arena, 1 << 20, &err), ENT_OK);
	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		if (claims(&p, arena, bad[i]) != ENT_E_USAGE)
			fail_msg("\"%s\" was taken for claims", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_words_name_who_keeps_it_open),
		cmocka_unit_test(any_two_of_three_are_named_as_a_choice),
		cmocka_unit_test(a_consent_that_runs_out_is_what_closes),
		cmocka_unit_test(what_is_not_in_force_says_who_consented),
		cmocka_unit_test(an_accreditation_that_never_was_has_not_lapsed),
		cmocka_unit_test(refusal_begins_with_the_state_and_says_everything),
		cmocka_unit_test(an_accreditation_that_ends_soon_is_named),
		cmocka_unit_test(as_of_then_leaves_out_what_came_later_and_says_how_far_the_copy_reaches),
		cmocka_unit_test(an_old_copy_says_whose_words_it_lacks),
		cmocka_unit_test(a_time_ahead_is_answered_by_what_is_known_now),
		cmocka_unit_test(what_is_no_time_is_refused_with_an_example),
		cmocka_unit_test(json_holds_the_whole_answer),
		cmocka_unit_test(claims_are_lists_by_name),
		cmocka_unit_test(what_is_no_claim_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
