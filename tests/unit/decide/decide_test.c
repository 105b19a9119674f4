/* Who may open what: one case for each reason, then combinations. */
#include "file_fixture.h"

static struct ent_decision
decide_file(const struct scene *s, const struct who *w, const struct file *f, const char *self)
{
	struct ent_policy policy = sealed_policy(s, f);

	return ask(s, w, &policy, self, ENT_NATIONALITY_EVERY);
}

static void
alice_opens_a_sealed_file_and_every_step_is_said(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = decide_file(&s, NULL, &(struct file){ 0 }, "au.example");
	static const enum ent_reason_code order[] = { ENT_R_CONSENT, ENT_R_PROJECT_IN_FORCE, ENT_R_HEARD, ENT_R_SEALED, ENT_R_PERSON_OK };
	size_t at = 0;

	(void)unused;
	assert_true(d.permit);
	for (size_t i = 0; i < d.reasons.count; i++)
		at += at < ENT_COUNT(order) && d.reasons.items[i].code == order[at];
	assert_int_equal(at, ENT_COUNT(order)); /* in the order of the questions */
	assert_true(d.sealed);
	assert_true(ent_view_eq_str(d.party, "au.example") && ent_view_eq_str(d.person, "alice@au.example"));
	assert_true(ent_view_eq_str(d.project, "quantum") && ent_view_eq_str(d.originator, "au.example"));
	assert_true(ent_view_eq_str(d.file, UUID));
	assert_int_equal(d.stop_bound_s, DAY);
	assert_int_equal(d.custody.split_count, 2); /* {uk us}, {au} */
	assert_true(ent_decide_holds(&d.custody, ENT_LIT("au.example"), ENT_LIT("2")));
	assert_false(ent_decide_holds(&d.custody, ENT_LIT("au.example"), ENT_LIT("1")));
	assert_true(ent_decide_holds(&d.custody, ENT_LIT("us.example"), ENT_LIT("1")));
	assert_false(ent_decide_holds(&d.custody, ENT_LIT("us.example"), ENT_LIT("3")));
}

/* C-35 C-36 */
static void
each_way_a_seal_can_be_wrong_is_refused_by_its_reason(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_hash other = { { 1 } };
	const struct {
		struct file f;
		enum ent_reason_code code;
		const char *words;
	} rows[] = {
		{ { .signer = world_keys(UK)->seal }, ENT_R_SEAL_INVALID, "not signed by a seal key" },
		{ { .signer = world_keys(AU)->officers[0] }, ENT_R_SEAL_INVALID, "not signed by a seal key" },
		{ { .charter_id = &other }, ENT_R_SEAL_INVALID, "another charter" },
		{ { .originator = "nz.example" }, ENT_R_SEAL_INVALID, "nz.example" },
		{ { .policy_uuid = "00000000-3c9b-4d3e-9a53-0d5f6f3a1b2c" }, ENT_R_SEAL_INVALID, "is of file" },
		{ { .policy_attributes = { QUANTUM, FQN "relto/value/aus" } }, ENT_R_SEAL_INVALID, "attributes" },
		{ { .policy_attributes = { FQN "project/value/Quantum" } }, ENT_R_SEAL_INVALID, "differ" },
		{ { .dissem = { "bob@au.example" }, .policy_dissem = { "alice@au.example" } }, ENT_R_SEAL_INVALID, "dissem" },
		{ { .dissem = { "alice@au.example" }, .policy_dissem = { "alice@au.example", "bob@au.example" } }, ENT_R_SEAL_INVALID, "dissem" },
		{ { .extra = "dissem zoe@au.example\n" }, ENT_R_SEAL_INVALID, "not believed" },
		{ { .attributes = { FQN "project/value/Quantum" } }, ENT_R_SEAL_INVALID, "they must name" },
		{ { .attributes = { FQN "relto/value/aus" } }, ENT_R_SEAL_INVALID, "0 projects" },
		{ { .attributes = { QUANTUM, FQN "project/value/undersea" } }, ENT_R_SEAL_INVALID, "2 projects" },
		{ { .proposal = &other }, ENT_R_SEAL_PROPOSAL, "01000000" },
		{ { .custody = "2 of au.example uk.example us.example" }, ENT_R_SEAL_CUSTODY, "is not that of" },
		{ { .splits = "split 1 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n" }, ENT_R_SEAL_CUSTODY, "1 splits" },
		{ { .created_unix_s = T0 + 121 }, ENT_R_SEAL_FUTURE, "2026-11-21T09:02:01Z" },
		{ { .created_unix_s = T0 - DAY, .until_unix_s = T0 }, ENT_R_FILE_EXPIRED, "2026-11-21T09:00:00Z" },
		{ { .attributes = { FQN "classification/value/secret", QUANTUM } }, ENT_R_ATTRIBUTE_UNKNOWN, "not enforced by this version" },
		{ { .attributes = { FQN "needtoknow/value/x", QUANTUM } }, ENT_R_ATTRIBUTE_UNKNOWN, "not enforced by this version" },
		{ { .attributes = { FQN "colour/value/x", QUANTUM } }, ENT_R_ATTRIBUTE_UNKNOWN, "is not known" },
		{ { .attributes = { QUANTUM, FQN "relto/value/xx1" } }, ENT_R_ATTRIBUTE_UNKNOWN, "is not known" },
		{ { .attributes = { QUANTUM, "https://evil.example/attr/project/value/quantum" } }, ENT_R_ATTRIBUTE_UNKNOWN, "evil.example" },
	};

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_decision d = decide_file(&s, &(struct who){ .nationality = { "AUS" } }, &rows[i].f, "au.example");

		assert_only(&d, rows[i].code, rows[i].words);
		assert_false(ent_reasons_outage(&d.reasons));
	}
}

static void
a_seal_that_is_not_believed_says_nothing(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = decide_file(&s, NULL, &(struct file){ .signer = world_keys(US)->seal }, "au.example");

	(void)unused;
	assert_int_equal(d.project.len, 0); /* so the record does not repeat a lie */
	assert_int_equal(d.originator.len, 0);
	assert_true(d.sealed);
}

/* C-35 */
static void
rubbish_in_place_of_a_seal_is_never_taken_as_none(void **unused)
{
	static const char *const rubbish[] = { "", "null", "charter/v1 file\n", "\n\n\n" };
	SCENE s = scene_at(T0, NULL);

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rubbish); i++) {
		struct ent_policy p = unsealed_policy(&s, (const char *const[LIST_MAX]){ QUANTUM }, (const char *const[LIST_MAX]){ NULL });
		struct ent_decision d;

		p.has_seal = true;
		p.seal_note = ent_view_str(rubbish[i]);
		d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
		assert_only(&d, ENT_R_SEAL_INVALID, "not believed");
	}
	struct ent_policy p = unsealed_policy(&s, (const char *const[LIST_MAX]){ QUANTUM }, (const char *const[LIST_MAX]){ NULL });
	p.has_writer = true; /* a writer's certificate without a seal is no unsealed file either */
	struct ent_decision d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_SEAL_INVALID, "carries no seal");
}

/* C-36 */
static void
a_seal_under_a_replaced_proposal_opens_with_that_proposals_custody(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_hash first = s.project;
	struct ent_hash second = world_add_project(s.charter, &(struct world_project){ .replaces = &first,
	    .custody = "all of au.example uk.example us.example" });
	struct ent_decision d;

	(void)unused;
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(s.charter, m, &second, T0 + 60, T0 + 100 * DAY);
	scene_again(&s, T0 + 60);
	d = decide_file(&s, NULL, &(struct file){ .proposal = &first }, "au.example");
	assert_true(d.permit);
	d = decide_file(&s, NULL, &(struct file){ .proposal = &second }, "au.example"); /* the weaker custody under the new name */
	assert_only(&d, ENT_R_SEAL_CUSTODY, "is not that of");
}

/* C-21 C-36 */
static void
a_proposal_that_never_was_in_force_is_no_ancestor(void **unused)
{
	SCENE s = { .charter = world_charter(NULL) };
	struct ent_error err = { 0 };
	struct ent_hash weak = world_add_project(s.charter, &(struct world_project){ .custody = "2 of au.example uk.example us.example" });

	(void)unused;
	assert_ok(ent_arena_new(&s.arena, 1 << 24, &err));
	s.project = world_in_force(s.charter, &(struct world_project){ .replaces = &weak });
	s.state = world_derive(s.charter, T0);
	struct ent_decision good = decide_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(good.permit);
	struct ent_decision d = decide_file(&s, NULL, &(struct file){ .proposal = &weak, .custody = "2 of au.example uk.example us.example",
	    .splits = "split 1 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\nsplit 2 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n"
	              "split 3 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n" }, "au.example");
	assert_only(&d, ENT_R_SEAL_PROPOSAL, NULL);
}

/* C-36 */
static void
an_originator_outside_the_project_is_refused(void **unused)
{
	SCENE s = scene_at(T0, &(struct world_project){ .participants = "participant au.example\nparticipant uk.example\n",
	    .custody = "2 of au.example uk.example" });
	struct ent_decision d = decide_file(&s, NULL, &(struct file){ .originator = "us.example", .signer = world_keys(US)->seal,
	    .custody = "2 of au.example uk.example" }, "au.example");

	(void)unused;
	assert_only(&d, ENT_R_SEAL_PROPOSAL, "us.example takes no part");
}

/* C-38 */
static void
unsealed_files_open_by_exactly_one_project_and_nothing_unknown(void **unused)
{
	static const struct {
		const char *attributes[LIST_MAX], *dissem[LIST_MAX];
		enum ent_reason_code code; /* UNSEALED: it opens */
		const char *words;
	} rows[] = {
		{ { QUANTUM }, { NULL }, ENT_R_UNSEALED, NULL },
		{ { FQN "project/value/QUANTUM" }, { NULL }, ENT_R_UNSEALED, NULL },
		{ { "HTTPS://AUKUS.example/ATTR/project/value/quantum" }, { NULL }, ENT_R_UNSEALED, NULL },
		{ { QUANTUM }, { "alice@au.example", "bob@uk.example" }, ENT_R_UNSEALED, NULL },
		{ { QUANTUM }, { "bob@uk.example" }, ENT_R_DISSEM, "alice@au.example" },
		{ { QUANTUM }, { "alice@AU.example" }, ENT_R_DISSEM, NULL },
		{ { NULL }, { NULL }, ENT_R_POLICY_EMPTY, "no attributes" },
		{ { NULL }, { "alice@au.example" }, ENT_R_POLICY_EMPTY, "no attributes" },
		{ { FQN "relto/value/aus" }, { NULL }, ENT_R_POLICY_EMPTY, "0 projects" },
		{ { QUANTUM, FQN "project/value/undersea" }, { NULL }, ENT_R_POLICY_MALFORMED, "2 projects" },
		{ { QUANTUM, "https://other.example/attr/x/value/y" }, { NULL }, ENT_R_ATTRIBUTE_UNKNOWN, "other.example" },
		{ { QUANTUM, FQN "classification/value/secret" }, { NULL }, ENT_R_ATTRIBUTE_UNKNOWN, "not enforced" },
		{ { QUANTUM, FQN "project/value/a/b" }, { NULL }, ENT_R_ATTRIBUTE_UNKNOWN, NULL },
		{ { QUANTUM, "quantum" }, { NULL }, ENT_R_ATTRIBUTE_UNKNOWN, NULL },
		{ { QUANTUM, FQN "project/value/quan tum" }, { NULL }, ENT_R_ATTRIBUTE_UNKNOWN, NULL }, /* no name that a record could hold */
		{ { FQN "project/value/undersea" }, { NULL }, ENT_R_PROJECT_UNKNOWN, "undersea" },
	};
	static const struct who alice = { .projects = { "quantum", "undersea" }, .nationality = { "AUS" } };
	SCENE s = scene_at(T0, NULL);

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_policy p = unsealed_policy(&s, rows[i].attributes, rows[i].dissem);
		struct ent_decision d = ask(&s, &alice, &p, "au.example", ENT_NATIONALITY_EVERY);

		assert_true(world_has_reason(&d.reasons, rows[i].code, rows[i].words));
		assert_false(d.sealed);
		if (rows[i].code == ENT_R_UNSEALED)
			assert_true(d.permit);
		else
			assert_only(&d, rows[i].code, rows[i].words);
	}
	SCENE closed = scene_at(T0, &(struct world_project){ .unsealed = "" });
	struct ent_policy p = unsealed_policy(&closed, (const char *const[LIST_MAX]){ QUANTUM }, (const char *const[LIST_MAX]){ NULL });
	struct ent_decision d = ask(&closed, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_UNSEALED_CLOSED, "quantum");
}

static void
a_malformed_policy_is_refused_with_what_is_wrong(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = ask(&s, NULL, NULL, "au.example", ENT_NATIONALITY_EVERY);

	(void)unused;
	assert_only(&d, ENT_R_POLICY_MALFORMED, "it is no JSON");
}

/* C-43 */
static void
a_person_needs_its_partys_word_and_a_party_needs_its_own(void **unused)
{
	static const struct {
		struct who w;
		enum ent_reason_code code;
		const char *words;
	} rows[] = {
		{ { .no_projects = true }, ENT_R_PERSON_PROJECT, "claim `projects`" },
		{ { .projects = { "undersea" } }, ENT_R_PERSON_PROJECT, "au.example clears alice@au.example for quantum" },
		{ { .projects = { "quantum2", "quantu" } }, ENT_R_PERSON_PROJECT, NULL },
		{ { .issuer = "https://elsewhere.example" }, ENT_R_ISSUER_UNKNOWN, "no party" },
		{ { .issuer = "https://node.au.example/" }, ENT_R_ISSUER_UNKNOWN, "no party" },
		{ { .sub = "" }, ENT_R_TOKEN_INVALID, "sub" },
		{ { .sub = "al ice" }, ENT_R_TOKEN_INVALID, "sub" },
		{ { .sub = "al\nice" }, ENT_R_TOKEN_INVALID, "sub" },
		{ { .sub = "\xc3\xa4lice" }, ENT_R_TOKEN_INVALID, "sub" },
	};
	SCENE s = scene_at(T0, NULL);

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_decision d = decide_file(&s, &rows[i].w, &(struct file){ 0 }, "au.example");

		assert_only(&d, rows[i].code, rows[i].words);
	}
	SCENE two = scene_at(T0, &(struct world_project){ .participants = "participant au.example\nparticipant uk.example\n",
	    .custody = "2 of au.example uk.example" });
	struct ent_decision d = decide_file(&two, &(struct who){ .issuer = world_issuers[US] }, &(struct file){
	    .custody = "2 of au.example uk.example" }, "au.example");
	assert_only(&d, ENT_R_PARTY_NOT_PARTICIPANT, "us.example takes no part");
}

/* A sub that holds an @ or a NUL must not turn alice of one party into somebody of another. C-42 */
static void
a_sub_cannot_name_another_party(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_policy p = sealed_policy(&s, &(struct file){ .dissem = { "bob@uk.example" } });
	struct ent_person person = person_of(&s, &(struct who){ .sub = "bob@uk.example" });
	struct ent_decide_node node = { .self = ENT_LIT("au.example") };
	struct ent_decision d = ask(&s, &(struct who){ .sub = "bob@uk.example" }, &p, "au.example", ENT_NATIONALITY_EVERY);
	struct ent_error err = { 0 };

	(void)unused;
	assert_only(&d, ENT_R_DISSEM, "bob@uk.example@au.example");
	person.sub = ent_view_from("bob\0x", 5);
	assert_ok(ent_decide(&d, s.arena, s.state, &node, &person, &p, NULL, &err));
	assert_only(&d, ENT_R_TOKEN_INVALID, "sub");
}

/* C-44 */
static void
releasability_asks_country_and_every_or_any_nationality(void **unused)
{
	static const struct {
		struct who w;
		enum ent_nationality_rule rule;
		enum ent_reason_code code; /* RELTO_OK: it opens */
		const char *words;
	} rows[] = {
		{ { .nationality = { "AUS" } }, ENT_NATIONALITY_EVERY, ENT_R_RELTO_OK, "AUS" },
		{ { .nationality = { "aus" } }, ENT_NATIONALITY_EVERY, ENT_R_RELTO_OK, NULL },
		{ { .nationality = { "GBR", "AUS" } }, ENT_NATIONALITY_EVERY, ENT_R_RELTO_OK, NULL },
		{ { .nationality = { "AUS", "FRA" } }, ENT_NATIONALITY_EVERY, ENT_R_RELTO_NATIONALITY, "every" },
		{ { .nationality = { "AUS", "FRA" } }, ENT_NATIONALITY_ANY, ENT_R_RELTO_OK, NULL },
		{ { .nationality = { "FRA" } }, ENT_NATIONALITY_ANY, ENT_R_RELTO_NATIONALITY, "any" },
		{ { .nationality = { "AU" } }, ENT_NATIONALITY_ANY, ENT_R_RELTO_NATIONALITY, NULL },
		{ { .nationality = { "" } }, ENT_NATIONALITY_EVERY, ENT_R_RELTO_NATIONALITY, NULL },
		{ { .sub = "alice" }, ENT_NATIONALITY_ANY, ENT_R_RELTO_NATIONALITY, "claim `nationality`" },
		{ { .issuer = "https://node.us.example", .nationality = { "AUS" } }, ENT_NATIONALITY_EVERY, ENT_R_RELTO_COUNTRY, "USA" },
	};
	SCENE s = scene_at(T0, NULL);
	struct ent_policy p = sealed_policy(&s, &(struct file){ .attributes = { QUANTUM, FQN "relto/value/aus", FQN "relto/value/gbr" } });

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_decision d = ask(&s, &rows[i].w, &p, "au.example", rows[i].rule);

		assert_true(world_has_reason(&d.reasons, rows[i].code, rows[i].words));
		if (rows[i].code == ENT_R_RELTO_OK)
			assert_true(d.permit);
		else
			assert_only(&d, rows[i].code, rows[i].words);
	}
}

static void
a_node_without_a_share_says_so_and_why_needs_no_node(void **unused)
{
	SCENE s = scene_at(T0, &(struct world_project){ .custody = "all of au.example uk.example" });
	const struct file f = { .custody = "all of au.example uk.example" };
	struct ent_decision d = decide_file(&s, NULL, &f, "us.example");

	(void)unused;
	assert_only(&d, ENT_R_NOT_A_HOLDER, "us.example");
	d = decide_file(&s, NULL, &f, "");
	assert_true(d.permit);
}

static void
a_node_that_cannot_answer_is_an_outage(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decide_node node = { .self = ENT_LIT("au.example") };
	struct ent_person person = person_of(&s, &(struct who){ 0 });
	struct ent_error err = { 0 };
	struct ent_decision d;

	(void)unused;
	scene_again(&s, T0 + 2 * DAY);
	d = decide_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_MEMBER_UNHEARD, "us.example must be heard");
	assert_true(ent_reasons_outage(&d.reasons));
	scene_again(&s, T0 - HOUR); /* two members were alive at T0 */
	d = decide_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_CLOCK_BEHIND, "3480 s"));
	assert_false(d.permit);
	assert_ok(ent_charter_set_broken(s.charter, ENT_LIT("us.example"), "it forked", &err));
	scene_again(&s, T0);
	d = decide_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_LOG_BROKEN, "it forked"));
	assert_false(d.permit);
	d = decide_file(&s, NULL, &(struct file){ 0 }, "nz.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_NO_CHARTER, "nz.example"));
	assert_ok(ent_decide(&d, s.arena, NULL, &node, &person, NULL, NULL, &err));
	assert_only(&d, ENT_R_NO_CHARTER, "no charter");
}

static void
an_act_that_is_not_acted_on_closes_everything(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d;

	(void)unused;
	world_state_act(s.charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = "decline 2.1" });
	scene_again(&s, T0);
	d = decide_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_LOG_UNENFORCED, "statement us 6, a decline by us.example");
	assert_true(ent_reasons_outage(&d.reasons));
}

static void
projects_that_are_not_in_force_refuse(void **unused)
{
	SCENE s = { .charter = world_charter(NULL) };
	struct ent_error err = { 0 };
	struct ent_policy p;
	struct ent_decision d;

	(void)unused;
	assert_ok(ent_arena_new(&s.arena, 1 << 24, &err));
	s.project = world_add_project(s.charter, &(struct world_project){ .until_unix_s = T0 + 10 * HOUR });
	world_publish_keys(s.charter, T0);
	scene_again(&s, T0);
	p = sealed_policy(&s, &(struct file){ 0 });
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_PROJECT_PROPOSED, "us.example");
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(s.charter, m, &s.project, T0, T0 + HOUR);
	scene_again(&s, T0 + HOUR);
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_PROJECT_LAPSED, "ran out");
	scene_again(&s, T0 + 10 * HOUR);
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_PROJECT_ENDED, "ended");
	SCENE u = scene_at(T0, &(struct world_project){ .originator = "last" });
	p = sealed_policy(&u, &(struct file){ 0 });
	d = ask(&u, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_PROJECT_UNENFORCED, "originator last");
}

/* Two independent refusals are both told, in the order of the questions. C-40 */
static void
all_reasons_are_collected(void **unused)
{
	SCENE s = scene_at(T0 + 2 * DAY, NULL);
	struct ent_decision d = decide_file(&s, &(struct who){ .projects = { "x" } },
	    &(struct file){ .created_unix_s = T0, .until_unix_s = T0 + DAY, .dissem = { "bob@uk.example" } }, "au.example");

	(void)unused;
	assert_true(world_has_reason(&d.reasons, ENT_R_MEMBER_UNHEARD, NULL));
	assert_true(world_has_reason(&d.reasons, ENT_R_FILE_EXPIRED, NULL));
	assert_true(world_has_reason(&d.reasons, ENT_R_PERSON_PROJECT, NULL));
	assert_true(world_has_reason(&d.reasons, ENT_R_DISSEM, NULL));
	assert_false(ent_reasons_outage(&d.reasons)); /* curing the outage would not help */
}

/* Asked by the processes around the decision, by derive of a partner, or in decide_partner_test and decide_stop_test. */
static bool
is_asked_elsewhere(enum ent_reason_code code)
{
	switch (code) {
	case ENT_R_TOKEN_BEARER:
	case ENT_R_PROOF_INVALID:
	case ENT_R_PROOF_REPLAYED:
	case ENT_R_REQUEST_TOKEN_INVALID:
	case ENT_R_REQUEST_TOKEN_REPLAYED:
	case ENT_R_CLIENT_INVALID:
	case ENT_R_ACCESS_KEY_STOPPED:
	case ENT_R_PARTNER_NONE:
	case ENT_R_PARTNER_CLOSED:
	case ENT_R_PARTNER_PROPOSED:
	case ENT_R_PARTNER_ENDED:
	case ENT_R_PARTNER_LAPSED:
	case ENT_R_PARTNER_LOG:
	case ENT_R_PARTY_WITHDRAWN:
	case ENT_R_STOPPED:
	case ENT_R_ACCREDITATION:
	case ENT_R_PARTNER_IN_FORCE:
	case ENT_R_ACCREDITED:
	case ENT_R_SEAL_KEY_STOPPED:
	case ENT_R_WRITER_STOPPED:
	case ENT_R_FILE_STOPPED:
	case ENT_R_FILE_TOO_OLD:
	case ENT_R_UNSEALED_PARTNER:
	case ENT_R_PERSON_STOPPED:
	case ENT_R_PERSON_CLEARANCE:
	case ENT_R_PROVIDED:
	case ENT_R_KEY_UNKNOWN:
	case ENT_R_KEY_STOPPED:
	case ENT_R_BINDING:
	case ENT_R_LOG_FULL:
		return true;
	default:
		return false;
	}
}

static void
every_reason_was_given_by_a_test_above(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ENT_REASON_COUNT; i++) {
		const struct ent_reason_row *row = ent_reason_row((enum ent_reason_code)i);

		assert_int_equal(ent_reason_from_name(ent_view_str(row->name)), i);
		if (!world_codes_seen[i] && !is_asked_elsewhere((enum ent_reason_code)i))
			fail_msg("no test made the decision say %s", row->name);
	}
	assert_int_equal(ent_reason_from_name(ENT_LIT("no-such-reason")), ENT_REASON_COUNT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alice_opens_a_sealed_file_and_every_step_is_said),
		cmocka_unit_test(each_way_a_seal_can_be_wrong_is_refused_by_its_reason),
		cmocka_unit_test(a_seal_that_is_not_believed_says_nothing),
		cmocka_unit_test(rubbish_in_place_of_a_seal_is_never_taken_as_none),
		cmocka_unit_test(a_seal_under_a_replaced_proposal_opens_with_that_proposals_custody),
		cmocka_unit_test(a_proposal_that_never_was_in_force_is_no_ancestor),
		cmocka_unit_test(an_originator_outside_the_project_is_refused),
		cmocka_unit_test(unsealed_files_open_by_exactly_one_project_and_nothing_unknown),
		cmocka_unit_test(a_malformed_policy_is_refused_with_what_is_wrong),
		cmocka_unit_test(a_person_needs_its_partys_word_and_a_party_needs_its_own),
		cmocka_unit_test(a_sub_cannot_name_another_party),
		cmocka_unit_test(releasability_asks_country_and_every_or_any_nationality),
		cmocka_unit_test(a_node_without_a_share_says_so_and_why_needs_no_node),
		cmocka_unit_test(a_node_that_cannot_answer_is_an_outage),
		cmocka_unit_test(an_act_that_is_not_acted_on_closes_everything),
		cmocka_unit_test(projects_that_are_not_in_force_refuse),
		cmocka_unit_test(all_reasons_are_collected),
		cmocka_unit_test(every_reason_was_given_by_a_test_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
