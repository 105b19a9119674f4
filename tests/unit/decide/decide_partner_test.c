/* What a partner's person may open, may seal, and what is told where nobody's token was seen. */
#include "partner_fixture.h"

/* ---- opening ---- */

/* C-23 C-42 */
static void
a_partners_person_opens_a_sealed_file_of_its_project(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	struct ent_decision d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");

	(void)unused;
	assert_true(d.permit);
	assert_true(d.partner);
	assert_true(ent_view_eq_str(d.party, "jp.example"));
	assert_true(ent_view_eq_str(d.person, "kenji@jp.example"));
	assert_true(ent_view_eq_str(d.project, "quantum"));
	assert_true(world_has_reason(&d.reasons, ENT_R_PARTNER_IN_FORCE, "jp.example"));
	assert_true(world_has_reason(&d.reasons, ENT_R_PERSON_OK, "kenji@jp.example"));
	d = ask_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(d.permit);
	assert_false(d.partner);
}

/* C-23 C-58 */
static void
before_its_admission_a_partner_opens_nothing(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_hash party, admit;
	struct ent_decision d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");

	(void)unused;
	assert_only(&d, ENT_R_ISSUER_UNKNOWN, NULL); /* its issuer speaks for nobody yet (C-42) */
	party = world_add_party(s.charter, &(struct world_party){ .party = JP });
	scene_again(&s, T0);
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_ISSUER_UNKNOWN, NULL);
	consent_all(&s, &party, T0);
	scene_again(&s, T0);
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_PARTNER_PROPOSED, NULL);
	admit = world_add_admit(s.charter, &(struct world_admit){ .party = JP, .proposal = party });
	world_give_consent(s.charter, AU, &admit, T0, T0 + DAY);
	world_give_consent(s.charter, UK, &admit, T0, T0 + DAY);
	scene_again(&s, T0);
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_PARTNER_PROPOSED, "us.example");
	world_give_consent(s.charter, US, &admit, T0, T0 + DAY);
	scene_again(&s, T0);
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_true(d.permit);
}

/* C-73 */
static void
files_since_a_date_are_those_made_from_that_second_on(void **unused)
{
	SCENE s = scene_with_partner(&(struct world_admit){ .files = "since 2026-11-21T09:00:00Z" });
	struct ent_decision d = ask_file(&s, &kenji, &(struct file){ .created_unix_s = T0 }, "au.example");

	(void)unused;
	assert_true(d.permit);
	d = ask_file(&s, &kenji, &(struct file){ .created_unix_s = T0 - 1 }, "au.example");
	assert_only(&d, ENT_R_FILE_TOO_OLD, "sealed 2026-11-21T08:59:59Z, and jp.example may open files since 2026-11-21T09:00:00Z");
	d = ask_file(&s, NULL, &(struct file){ .created_unix_s = T0 - 1 }, "au.example"); /* members have no such date */
	assert_true(d.permit);
}

/* C-73 */
static void
files_all_are_old_ones_too(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	struct ent_decision d = ask_file(&s, &kenji, &(struct file){ .created_unix_s = T0 - 300 * DAY }, "au.example");

	(void)unused;
	assert_true(d.permit);
}

/* Suspension and resumption leave the date where the text has it. C-73 C-61 */
static void
a_stop_and_its_resumption_do_not_move_the_date(void **unused)
{
	SCENE s = scene_with_partner(&(struct world_admit){ .files = "since 2026-11-21T09:00:00Z" });
	struct ent_hash stopped = stop(&s, UK, "stop partner jp.example", T0);
	struct ent_decision d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");

	(void)unused;
	assert_only(&d, ENT_R_STOPPED, "uk.example");
	resume(&s, UK, &stopped, T0 + HOUR);
	d = ask_file(&s, &kenji, &(struct file){ .created_unix_s = T0 }, "au.example");
	assert_true(d.permit);
	d = ask_file(&s, &kenji, &(struct file){ .created_unix_s = T0 - 1 }, "au.example");
	assert_only(&d, ENT_R_FILE_TOO_OLD, NULL);
}

/* What a writer dates back, it can date back to the beginning of its certificate only. C-71 C-73 */
static void
a_certificate_does_not_reach_behind_the_date(void **unused)
{
	static const struct certificate before = { .from_unix_s = T0 - 2 * DAY };
	SCENE s = scene_with_partner(&(struct world_admit){ .files = "since 2026-11-20T09:00:00Z" });
	struct ent_decision d = ask_file(&s, &kenji, &(struct file){ .writer = &before, .created_unix_s = T0 - DAY }, "au.example");

	(void)unused;
	assert_true(d.permit);
	d = ask_file(&s, &kenji, &(struct file){ .writer = &before, .created_unix_s = T0 - DAY - 1 }, "au.example");
	assert_only(&d, ENT_R_FILE_TOO_OLD, NULL);
	d = ask_file(&s, &kenji, &(struct file){ .writer = &(struct certificate){ 0 }, .created_unix_s = T0 - DAY }, "au.example");
	assert_only(&d, ENT_R_SEAL_INVALID, "good from");
}

/* C-38 */
static void
unsealed_files_are_never_a_partners(void **unused)
{
	static const char *const quantum[LIST_MAX] = { QUANTUM }, *const none[LIST_MAX] = { NULL };
	SCENE s = scene_with_partner(NULL);
	struct ent_policy p = unsealed_policy(&s, quantum, none);
	struct ent_decision d = ask(&s, &kenji, &p, "au.example", ENT_NATIONALITY_EVERY);

	(void)unused;
	assert_only(&d, ENT_R_UNSEALED_PARTNER, "jp.example");
	p = unsealed_policy(&s, quantum, (const char *const[LIST_MAX]){ "kenji@jp.example" }); /* not even when it is named */
	d = ask(&s, &kenji, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_UNSEALED_PARTNER, NULL);
	p = unsealed_policy(&s, none, none);
	d = ask(&s, &kenji, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_true(world_has_reason(&d.reasons, ENT_R_POLICY_EMPTY, NULL));
	assert_true(world_has_reason(&d.reasons, ENT_R_UNSEALED_PARTNER, NULL));
	p = unsealed_policy(&s, quantum, none);
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_true(d.permit);
}

/* C-43 C-44 */
static void
a_partners_country_is_the_one_that_was_consented_to(void **unused)
{
	static const struct who japanese = { .issuer = "https://node.jp.example", .sub = "kenji", .nationality = { "JPN" } };
	static const struct who australian = { .issuer = "https://node.jp.example", .sub = "kenji", .nationality = { "AUS" } };
	SCENE s = scene_with_partner(NULL);
	struct ent_decision d = ask_file(&s, &japanese, &(struct file){ .attributes = { QUANTUM, FQN "relto/value/aus",
	    FQN "relto/value/jpn" } }, "au.example");

	(void)unused;
	assert_true(d.permit);
	assert_true(world_has_reason(&d.reasons, ENT_R_RELTO_OK, "JPN"));
	d = ask_file(&s, &japanese, &(struct file){ .attributes = { QUANTUM, FQN "relto/value/aus", FQN "relto/value/gbr",
	    FQN "relto/value/usa" } }, "au.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_RELTO_COUNTRY, "JPN, the country of jp.example"));
	assert_true(world_has_reason(&d.reasons, ENT_R_RELTO_NATIONALITY, NULL));
	assert_false(d.permit);
	d = ask_file(&s, &australian, &(struct file){ .attributes = { QUANTUM, FQN "relto/value/aus" } }, "au.example");
	assert_only(&d, ENT_R_RELTO_COUNTRY, NULL); /* a nationality that is listed does not help a party that is not */
	d = ask_file(&s, &(struct who){ .issuer = "https://node.jp.example", .sub = "kenji", .projects = { "undersea" } },
	    &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_PERSON_PROJECT, "jp.example has not cleared kenji@jp.example");
}

/* A partner that names a member's issuer, or another partner's, speaks for nobody by that. C-5 C-57 C-42 */
static void
nobody_takes_over_anothers_issuer(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65536);
	struct ent_error err = { 0 };
	struct ent_hash korea;
	struct ent_decision d;

	(void)unused;
	korea = world_party(&text, s.charter, &(struct world_party){ .party = KR, .issuer = world_issuers[AU] });
	assert_int_not_equal(ent_charter_add_proposal(s.charter, ent_buf_view(&text), &err), ENT_OK);
	korea = world_add_party(s.charter, &(struct world_party){ .party = KR, .issuer = world_issuers[JP] });
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(s.charter, m, &korea, T0 + 60, T0 + DAY);
	scene_again(&s, T0 + 60);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(ent_view_eq_str(d.party, "au.example"));
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_true(ent_view_eq_str(d.party, "jp.example"));
	assert_true(d.permit);
}

/* A closed pillar has no partner, whatever anybody signed. C-59 */
static void
a_closed_pillars_files_are_never_a_partners(void **unused)
{
	SCENE s = scene_at(T0, &(struct world_project){ .pillar = "i" });
	struct ent_hash hash = world_add_party(s.charter, &(struct world_party){ .party = JP });
	struct ent_decision d;

	(void)unused;
	consent_all(&s, &hash, T0);
	scene_again(&s, T0);
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_false(d.permit);
	hash = world_add_admit(s.charter, &(struct world_admit){ .party = JP, .proposal = hash });
	consent_all(&s, &hash, T0);
	scene_again(&s, T0);
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_PARTNER_CLOSED, NULL);
}

/* What was sealed behind the closed door stays there when a proposal of an open pillar replaces the closed one. C-73 */
static void
a_closed_pillars_old_files_stay_closed_to_a_partner(void **unused)
{
	SCENE s = scene_at(T0, &(struct world_project){ .pillar = "i" });
	struct ent_hash closed = s.project, open = world_add_project(s.charter, &(struct world_project){ .replaces = &closed });
	struct ent_hash party = world_add_party(s.charter, &(struct world_party){ .party = JP });
	struct ent_hash admit;
	struct ent_decision d;

	(void)unused;
	consent_all(&s, &open, T0);
	consent_all(&s, &party, T0);
	admit = world_add_admit(s.charter, &(struct world_admit){ .party = JP, .proposal = party });
	consent_all(&s, &admit, T0);
	scene_again(&s, T0);
	d = ask_file(&s, &kenji, &(struct file){ .proposal = &open }, "au.example");
	assert_true(d.permit);
	d = ask_file(&s, &kenji, &(struct file){ .proposal = &closed }, "au.example");
	assert_only(&d, ENT_R_PARTNER_CLOSED, "pillar i");
	d = ask_file(&s, NULL, &(struct file){ .proposal = &closed }, "au.example"); /* members go on reading */
	assert_true(d.permit);
}

/* Everything that speaks against one request, in the order of the questions. C-40 */
static void
everything_against_a_partner_is_told_in_order(void **unused)
{
	static const enum ent_reason_code all[] = { ENT_R_STOPPED, ENT_R_FILE_EXPIRED, ENT_R_FILE_STOPPED, ENT_R_FILE_TOO_OLD,
		ENT_R_PERSON_STOPPED, ENT_R_PERSON_PROJECT, ENT_R_RELTO_COUNTRY, ENT_R_RELTO_NATIONALITY, ENT_R_DISSEM };
	SCENE s = scene_with_partner(&(struct world_admit){ .files = "since 2026-11-21T09:00:00Z" });
	struct ent_decision d;
	size_t at = 0;

	(void)unused;
	(void)stop(&s, UK, "stop partner jp.example project quantum", T0);
	(void)stop(&s, UK, "stop person kenji@jp.example", T0);
	(void)stop(&s, AU, "stop file " UUID, T0);
	d = ask_file(&s, &(struct who){ .issuer = kenji.issuer, .sub = "kenji", .projects = { "x" }, .nationality = { "JPN" } },
	    &(struct file){ .created_unix_s = T0 - DAY, .until_unix_s = T0, .dissem = { "alice@au.example" },
	        .attributes = { QUANTUM, FQN "relto/value/aus" } }, "au.example");
	assert_false(d.permit);
	for (size_t i = 0; i < d.reasons.count; i++) {
		if (!ent_reason_row(d.reasons.items[i].code)->blocks)
			continue;
		assert_true(at < ENT_COUNT(all));
		assert_int_equal(d.reasons.items[i].code, all[at++]);
	}
	assert_int_equal(at, ENT_COUNT(all));
}

/* ---- sealing for a sponsor's partner (C-37) ---- */

static bool
any_view(void *arg, const struct ent_hash *view)
{
	(void)arg;
	(void)view;
	return true;
}

static struct ent_decision
ask_seal(const struct scene *s, const struct who *w, const struct file *f, const char *self)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	struct ent_person person = person_of(s, w);
	struct ent_decide_node node = { .self = ent_view_str(self) };
	struct ent_decision out;
	struct ent_error err = { 0 };
	struct ent_view copy;

	seal_text(&text, s, f);
	assert_ok(ent_arena_dup(s->arena, &copy, ent_buf_view(&text), &err));
	assert_ok(ent_decide_seal(&out, s->arena, s->state, &node, &person, copy, any_view, NULL, &err));
	assert_true(out.permit == !ent_reasons_block(&out.reasons));
	return out;
}

/* C-37 */
static void
a_sponsor_seals_for_its_contributor_in_its_own_name(void **unused)
{
	SCENE s = scene_with_partner(&(struct world_admit){ .role = "contributor", .sponsor = "au.example" });
	struct ent_decision d = ask_seal(&s, &kenji, &(struct file){ 0 }, "au.example");

	(void)unused;
	assert_true(d.permit);
	assert_true(d.partner);
	assert_true(ent_view_eq_str(d.person, "kenji@jp.example"));
	assert_true(ent_view_eq_str(d.originator, "au.example"));
	d = ask_seal(&s, &kenji, &(struct file){ .originator = "uk.example" }, "uk.example"); /* another member is not its sponsor */
	assert_only(&d, ENT_R_PARTY_NOT_PARTICIPANT, "the sponsor of jp.example in quantum is au.example");
	d = ask_seal(&s, &kenji, &(struct file){ .originator = "uk.example" }, "au.example");
	assert_only(&d, ENT_R_SEAL_INVALID, "this node seals for au.example");
	d = ask_seal(&s, &(struct who){ .issuer = kenji.issuer, .sub = "kenji", .projects = { "x" } }, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_PERSON_PROJECT, NULL);
	(void)stop(&s, US, "stop person kenji@jp.example", T0);
	d = ask_seal(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_PERSON_STOPPED, NULL);
}

/* C-37 */
static void
a_contributor_that_is_not_active_has_nothing_sealed(void **unused)
{
	SCENE s = scene_with_partner(&(struct world_admit){ .role = "contributor", .sponsor = "au.example" });
	struct ent_decision d;

	(void)unused;
	(void)stop(&s, UK, "stop partner jp.example project quantum", T0);
	d = ask_seal(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_STOPPED, NULL);
	d = ask_seal(&s, &(struct who){ .sub = "alice" }, &(struct file){ 0 }, "au.example");
	assert_true(d.permit);
}

/* C-37 */
static void
a_reader_and_a_stranger_have_nothing_sealed(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	SCENE none = scene_at(T0, NULL);
	struct ent_hash party = world_add_party(none.charter, &(struct world_party){ .party = JP });
	struct ent_decision d = ask_seal(&s, &kenji, &(struct file){ 0 }, "au.example");

	(void)unused;
	assert_only(&d, ENT_R_PARTY_NOT_PARTICIPANT, "jp.example reads in quantum and does not write");
	consent_all(&none, &party, T0);
	scene_again(&none, T0);
	d = ask_seal(&none, &kenji, &(struct file){ 0 }, "au.example");
	assert_false(d.permit);
	assert_true(world_has_reason(&d.reasons, ENT_R_PARTNER_PROPOSED, NULL));
	d = ask_seal(&s, &(struct who){ .issuer = world_issuers[UK], .sub = "bob" }, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_ISSUER_UNKNOWN, "persons of au.example only"); /* members seal at home */
}

/* C-71: a certificate is for own persons only, contributor or not. */
static void
a_partners_person_gets_no_certificate(void **unused)
{
	SCENE s = scene_with_partner(&(struct world_admit){ .role = "contributor", .sponsor = "au.example" });
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	struct ent_person person = person_of(&s, &kenji);
	struct ent_decide_node node = { .self = ENT_LIT("au.example") };
	struct ent_error err = { 0 };
	struct ent_decision d;

	(void)unused;
	certificate_text(&text, &s, &(struct certificate){ .person = "kenji@jp.example", .from_unix_s = T0 });
	assert_ok(ent_decide_writer(&d, s.arena, s.state, &node, &person, ent_buf_view(&text), &err));
	assert_only(&d, ENT_R_ISSUER_UNKNOWN, "certifies persons of au.example only");
}

/* ---- nobody's token (`why FILE --as`) ---- */

static struct ent_decision
ask_about(const struct scene *s, const char *party, const struct file *f)
{
	struct ent_policy p = sealed_policy(s, f);
	struct ent_person person = { .party = ent_view_str(party), .sub = ENT_LIT("kenji"), .claims_unknown = true };
	struct ent_decide_node node = { .self = ENT_VIEW_NONE };
	struct ent_error err = { 0 };
	struct ent_decision out;

	assert_ok(ent_decide(&out, s->arena, s->state, &node, &person, &p, NULL, &err));
	world_note_codes(&out.reasons);
	return out;
}

/* C-40 C-43: what only claims could say is a condition; what is known to be wrong stays wrong. */
static void
claims_that_are_not_known_are_conditions_and_no_refusals(void **unused)
{
	SCENE s = scene_with_partner(&(struct world_admit){ .files = "since 2026-11-21T09:00:00Z" });
	struct ent_decision d = ask_about(&s, "jp.example", &(struct file){ 0 });

	(void)unused;
	assert_true(d.permit);
	assert_true(world_has_reason(&d.reasons, ENT_R_PROVIDED, "provided jp.example vouches for kenji in quantum"));
	d = ask_about(&s, "jp.example", &(struct file){ .attributes = { QUANTUM, FQN "relto/value/aus", FQN "relto/value/jpn" } });
	assert_true(d.permit);
	assert_true(world_has_reason(&d.reasons, ENT_R_PROVIDED, "provided every nationality of kenji@jp.example is one of AUS, JPN"));
	d = ask_about(&s, "jp.example", &(struct file){ .attributes = { QUANTUM, FQN "relto/value/aus" } });
	assert_only(&d, ENT_R_RELTO_COUNTRY, "JPN");
	d = ask_about(&s, "jp.example", &(struct file){ .dissem = { "alice@au.example" } });
	assert_only(&d, ENT_R_DISSEM, NULL);
	d = ask_about(&s, "jp.example", &(struct file){ .created_unix_s = T0 - DAY });
	assert_only(&d, ENT_R_FILE_TOO_OLD, NULL);
	assert_true(world_has_reason(&d.reasons, ENT_R_PROVIDED, "kenji in quantum"));
	d = ask_about(&s, "au.example", &(struct file){ 0 });
	assert_true(d.permit);
	assert_false(d.partner);
	(void)stop(&s, AU, "stop person kenji@jp.example", T0);
	d = ask_about(&s, "jp.example", &(struct file){ 0 });
	assert_only(&d, ENT_R_PERSON_STOPPED, NULL);
}

/* C-58: the answer for a party that nobody knows is that party's own, not that of its issuer. */
static void
a_party_that_nobody_knows_is_told_what_it_lacks(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = ask_about(&s, "jp.example", &(struct file){ 0 });

	(void)unused;
	assert_only(&d, ENT_R_PARTNER_NONE, "jp.example");
	d = ask_about(&s, "jp.example", &(struct file){ .attributes = { QUANTUM, FQN "relto/value/aus" } });
	assert_true(world_has_reason(&d.reasons, ENT_R_PARTNER_NONE, NULL));
	assert_true(world_has_reason(&d.reasons, ENT_R_RELTO_COUNTRY, "that of jp.example is not known"));
	assert_false(d.permit);
}

static void
each_of_these_reasons_was_given_by_a_test_above(void **unused)
{
	static const enum ent_reason_code codes[] = { ENT_R_PARTNER_NONE, ENT_R_PARTNER_CLOSED, ENT_R_PARTNER_PROPOSED, ENT_R_STOPPED, ENT_R_PARTNER_IN_FORCE,
	    ENT_R_FILE_TOO_OLD, ENT_R_UNSEALED_PARTNER, ENT_R_PROVIDED };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(codes); i++)
		if (!world_codes_seen[codes[i]])
			fail_msg("no test made the decision say %s", ent_reason_row(codes[i])->name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_partners_person_opens_a_sealed_file_of_its_project),
		cmocka_unit_test(before_its_admission_a_partner_opens_nothing),
		cmocka_unit_test(files_since_a_date_are_those_made_from_that_second_on),
		cmocka_unit_test(files_all_are_old_ones_too),
		cmocka_unit_test(a_stop_and_its_resumption_do_not_move_the_date),
		cmocka_unit_test(a_certificate_does_not_reach_behind_the_date),
		cmocka_unit_test(unsealed_files_are_never_a_partners),
		cmocka_unit_test(a_partners_country_is_the_one_that_was_consented_to),
		cmocka_unit_test(nobody_takes_over_anothers_issuer),
		cmocka_unit_test(a_closed_pillars_files_are_never_a_partners),
		cmocka_unit_test(a_closed_pillars_old_files_stay_closed_to_a_partner),
		cmocka_unit_test(everything_against_a_partner_is_told_in_order),
		cmocka_unit_test(a_sponsor_seals_for_its_contributor_in_its_own_name),
		cmocka_unit_test(a_contributor_that_is_not_active_has_nothing_sealed),
		cmocka_unit_test(a_reader_and_a_stranger_have_nothing_sealed),
		cmocka_unit_test(a_partners_person_gets_no_certificate),
		cmocka_unit_test(claims_that_are_not_known_are_conditions_and_no_refusals),
		cmocka_unit_test(a_party_that_nobody_knows_is_told_what_it_lacks),
		cmocka_unit_test(each_of_these_reasons_was_given_by_a_test_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
