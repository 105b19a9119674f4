/* Which texts a node puts its member's name to. */
#include "file_fixture.h"

static bool
knows_the_charters_hash(void *arg, const struct ent_hash *view)
{
	return ent_hash_eq(view, arg);
}

static struct ent_decision
ask_seal_text(const struct scene *s, const struct who *w, struct ent_view text, const char *self)
{
	static const struct who alice;
	struct ent_person person = person_of(s, w != NULL ? w : &alice);
	struct ent_decide_node node = { .self = ent_view_str(self) };
	struct ent_hash view = *ent_charter_id(s->charter);
	struct ent_decision out;
	struct ent_error err = { 0 };

	assert_ok(ent_decide_seal(&out, s->arena, s->state, &node, &person, text, knows_the_charters_hash, &view, &err));
	assert_true(out.permit == !ent_reasons_block(&out.reasons));
	return out;
}

static struct ent_decision
ask_seal(const struct scene *s, const struct who *w, const struct file *f, const char *self)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	struct ent_error err = { 0 };
	struct ent_view copy;

	seal_text(&text, s, f);
	assert_ok(ent_arena_dup(s->arena, &copy, ent_buf_view(&text), &err));
	return ask_seal_text(s, w, copy, self);
}

static void
a_good_text_is_sealed(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = ask_seal(&s, NULL, &(struct file){ .until_unix_s = T0 + DAY, .dissem = { "bob@uk.example" },
	    .attributes = { QUANTUM, FQN "relto/value/aus", FQN "relto/value/gbr" } }, "au.example");

	(void)unused;
	assert_true(d.permit);
	assert_true(ent_view_eq_str(d.seal.uuid, UUID));
	assert_true(ent_view_eq_str(d.originator, "au.example"));
	d = ask_seal(&s, NULL, &(struct file){ .created_unix_s = T0 - 120 }, "au.example");
	assert_true(d.permit);
	d = ask_seal(&s, NULL, &(struct file){ .created_unix_s = T0 + 120 }, "au.example");
	assert_true(d.permit);
}

/* C-37 */
static void
each_text_that_must_not_be_sealed_is_refused_by_its_reason(void **unused)
{
	static const struct ent_hash other = { { 1 } };
	static const struct {
		struct who w;
		struct file f;
		enum ent_reason_code code;
		const char *words;
	} rows[] = {
		{ { 0 }, { .originator = "uk.example" }, ENT_R_SEAL_INVALID, "this node seals for au.example" },
		{ { 0 }, { .charter_id = &other }, ENT_R_SEAL_INVALID, "charter" },
		{ { 0 }, { .uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8" }, ENT_R_SEAL_INVALID, "version 4" },
		{ { 0 }, { .uuid = "6ba7b810-9dad-41d1-c0b4-00c04fd430c8" }, ENT_R_SEAL_INVALID, "version 4" },
		{ { 0 }, { .uuid = "00000000-0000-0000-0000-000000000000" }, ENT_R_SEAL_INVALID, "version 4" },
		{ { 0 }, { .uuid = "6BA7B810-9dad-41d1-80b4-00c04fd430c8" }, ENT_R_SEAL_INVALID, "cannot be sealed" },
		{ { 0 }, { .proposal = &other }, ENT_R_SEAL_PROPOSAL, "the one in force" },
		{ { 0 }, { .custody = "2 of au.example uk.example us.example" }, ENT_R_SEAL_CUSTODY, "is not that of" },
		{ { 0 }, { .splits = "split 1 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n" }, ENT_R_SEAL_CUSTODY, "1 splits" },
		{ { 0 }, { .created_unix_s = T0 + 121 }, ENT_R_SEAL_FUTURE, "2026-11-21T09:02:01Z" },
		{ { 0 }, { .created_unix_s = T0 - 121 }, ENT_R_SEAL_FUTURE, "2026-11-21T08:57:59Z" },
		{ { 0 }, { .created_unix_s = T0 - 100, .until_unix_s = T0 - 50 }, ENT_R_FILE_EXPIRED, "until" },
		{ { 0 }, { .attributes = { QUANTUM, FQN "relto/value/gbr" } }, ENT_R_RELTO_COUNTRY, "AUS" },
		{ { 0 }, { .attributes = { FQN "classification/value/secret", QUANTUM } }, ENT_R_ATTRIBUTE_UNKNOWN, "not enforced" },
		{ { 0 }, { .attributes = { FQN "project/value/Quantum" } }, ENT_R_SEAL_INVALID, "they must name" },
		{ { 0 }, { .dissem = { "alice" } }, ENT_R_DISSEM, "entry 1" },
		{ { 0 }, { .project = "undersea", .attributes = { FQN "project/value/undersea" } }, ENT_R_PROJECT_UNKNOWN, "undersea" },
		{ { .projects = { "undersea" } }, { 0 }, ENT_R_PERSON_PROJECT, "alice@au.example" },
		{ { .issuer = "https://node.uk.example" }, { 0 }, ENT_R_ISSUER_UNKNOWN, "persons of au.example only" },
		{ { .issuer = "https://evil.example" }, { 0 }, ENT_R_ISSUER_UNKNOWN, "no party" },
		{ { 0 }, { .extra = "until 2026-11-21T09:30:00Z\nuntil 2026-11-21T09:30:00Z\n" }, ENT_R_SEAL_INVALID, "cannot be sealed" },
	};
	SCENE s = scene_at(T0, NULL);

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct who w = rows[i].w;
		struct ent_decision d;

		if (rows[i].code == ENT_R_PROJECT_UNKNOWN)
			w.projects[0] = "undersea";
		d = ask_seal(&s, &w, &rows[i].f, "au.example");
		assert_only(&d, rows[i].code, rows[i].words);
	}
}

static void
other_texts_are_never_sealed(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_view proposal = ent_charter_proposal(s.charter, &s.project)->text;
	const struct ent_view texts[] = { ENT_LIT(""), ENT_LIT("\n"), ENT_LIT("charter/v1 file\n"), proposal };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(texts); i++) {
		struct ent_decision d = ask_seal_text(&s, NULL, texts[i], "au.example");

		assert_only(&d, ENT_R_SEAL_INVALID, "cannot be sealed");
		assert_false(d.sealed);
	}
}

/* C-37 */
static void
an_unknown_view_is_refused(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	struct ent_person person = person_of(&s, &(struct who){ 0 });
	struct ent_decide_node node = { .self = ENT_LIT("au.example") };
	struct ent_hash other = { { 3 } };
	struct ent_error err = { 0 };
	struct ent_decision d;

	(void)unused;
	seal_text(&text, &s, &(struct file){ 0 });
	assert_ok(ent_decide_seal(&d, s.arena, s.state, &node, &person, ent_buf_view(&text), knows_the_charters_hash, &other, &err));
	assert_only(&d, ENT_R_SEAL_INVALID, "view");
}

/* Opening is content with a proposal that was replaced; sealing wants the one in force, and in force now. C-37 */
static void
only_the_proposal_in_force_now_seals(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_hash first = s.project;
	struct ent_hash second = world_add_project(s.charter, &(struct world_project){ .replaces = &first });
	struct ent_decision d;

	(void)unused;
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(s.charter, m, &second, T0 + 60, T0 + 100 * DAY);
	scene_again(&s, T0 + 60);
	d = ask_seal(&s, NULL, &(struct file){ .created_unix_s = T0 + 60 }, "au.example");
	assert_only(&d, ENT_R_SEAL_PROPOSAL, NULL);
	d = ask_seal(&s, NULL, &(struct file){ .created_unix_s = T0 + 60, .proposal = &second }, "au.example");
	assert_true(d.permit);
	scene_again(&s, T0 + 2 * DAY);
	d = ask_seal(&s, NULL, &(struct file){ .created_unix_s = T0 + 2 * DAY, .proposal = &second }, "au.example");
	assert_only(&d, ENT_R_MEMBER_UNHEARD, NULL);
	assert_true(ent_reasons_outage(&d.reasons));
}

static void
a_node_whose_member_takes_no_part_seals_nothing(void **unused)
{
	SCENE s = scene_at(T0, &(struct world_project){ .participants = "participant uk.example\nparticipant us.example\n",
	    .custody = "2 of uk.example us.example" });
	struct ent_decision d = ask_seal(&s, NULL, &(struct file){ .custody = "2 of uk.example us.example" }, "au.example");

	(void)unused;
	assert_true(world_has_reason(&d.reasons, ENT_R_PARTY_NOT_PARTICIPANT, "au.example"));
	assert_true(world_has_reason(&d.reasons, ENT_R_SEAL_PROPOSAL, "takes no part"));
	assert_false(d.permit);
}

static void
a_node_that_cannot_decide_seals_nothing(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d;

	(void)unused;
	world_state_act(s.charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = "stop project quantum", .signers = DOE });
	scene_again(&s, T0);
	d = ask_seal(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_STOPPED, "us.example stopped project quantum");
	world_state_act(s.charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = "decline 2.1" });
	scene_again(&s, T0);
	d = ask_seal(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_LOG_UNENFORCED, NULL));
	assert_false(d.permit);
	d = ask_seal(&s, NULL, &(struct file){ .originator = "nz.example" }, "nz.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_NO_CHARTER, NULL));
	ent_state_free(s.state);
	s.state = NULL;
	d = ask_seal(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_NO_CHARTER, "no charter");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_text_is_sealed),
		cmocka_unit_test(each_text_that_must_not_be_sealed_is_refused_by_its_reason),
		cmocka_unit_test(other_texts_are_never_sealed),
		cmocka_unit_test(an_unknown_view_is_refused),
		cmocka_unit_test(only_the_proposal_in_force_now_seals),
		cmocka_unit_test(a_node_whose_member_takes_no_part_seals_nothing),
		cmocka_unit_test(a_node_that_cannot_decide_seals_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
