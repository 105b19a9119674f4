/* Documents: what a valid text means, and that it prints back to itself. Vectors: tests/vectors/charter/make.py. */
#include "docs_fixture.h"

#include <inttypes.h>

static void
check_round_trip(const char *name, const char *hash, struct ent_view text)
{
	ENT_AUTO(ent_arena) arena = new_arena();
	ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(1 << 20);
	char base64[ENT_HASH_BASE64_SIZE];
	struct ent_error err = { 0 };
	struct ent_doc doc;

	parse_ok(&doc, arena, text);
	if (ent_doc_check(&doc, &err) != ENT_OK)
		fail_msg("%s: %s", name, err.text);
	if (ent_doc_print(&again, &doc, &err) != ENT_OK)
		fail_msg("%s: %s", name, err.text);
	assert_true(ent_view_eq(ent_buf_view(&again), text));
	ent_hash_base64(base64, &doc.hash);
	assert_string_equal(base64, hash);
}

static void
every_example_of_the_specification_prints_back_to_itself(void **state)
{
	(void)state;
	for_each_vector(check_round_trip);
}

/* A document that owns what it points into. */
struct loaded {
	struct ent_buf text;
	struct ent_arena *arena;
	struct ent_doc doc;
};

static void
loaded_fini(struct loaded *loaded)
{
	ent_arena_free(loaded->arena);
	ent_buf_fini(&loaded->text);
}

static void
load(struct loaded *out, const char *name)
{
	*out = (struct loaded){ 0 };
	load_vector(&out->text, name, ".txt");
	out->arena = new_arena();
	parse_ok(&out->doc, out->arena, ent_buf_view(&out->text));
}

#define assert_view(view, text) assert_true(ent_view_eq_str((view), (text)))

static void
an_epoch_is_read_line_by_line(void **state)
{
	ENT_AUTO_FINI(loaded) in;

	(void)state;
	load(&in, "epoch-3");
	const struct ent_epoch *epoch = &in.doc.epoch;

	assert_int_equal(in.doc.kind, ENT_DOC_EPOCH);
	assert_int_equal(epoch->number, 3);
	assert_int_equal(epoch->attempt, 1);
	assert_true(epoch->has_parent);
	assert_int_equal(epoch->time_unix_s, 1795251600);
	assert_view(epoch->host, "aukus.example");
	assert_int_equal(epoch->member_count, 3);
	assert_view(epoch->members[1].name, "uk.example");
	assert_view(epoch->members[1].country, "GBR");
	assert_int_equal(epoch->members[1].officer_count, 3);
	assert_int_equal(epoch->members[1].quorum, 2);
	assert_view(epoch->members[1].officers[2].name, "uk.example/officer/oak");
	assert_view(epoch->members[1].statements_log.name, "uk.example/statements");
	assert_int_equal(epoch->members[1].witness.type, ENT_NOTE_TYPE_COSIGNATURE);
	assert_true(epoch->members[1].recovery_line.len > 0);
	assert_int_equal(epoch->members[2].issuer_count, 2);
	assert_false(epoch->members[2].issuers[0].web);
	assert_true(epoch->members[2].issuers[1].web);
	assert_int_equal(epoch->pillar_count, 2);
	assert_false(epoch->pillars[0].open);
	assert_true(epoch->pillars[1].open);
	assert_true(epoch->rule_admit.consents_all);
	assert_false(epoch->rule_project.consents_all);
	assert_int_equal(epoch->rule_project.consents, 2);
	assert_int_equal(epoch->rule_project.fresh.seconds, 48 * 3600);
	assert_true(epoch->has_rule_labels && epoch->has_rule_profile && epoch->bearer_home);
	assert_view(epoch->limit_reseat_notice.text, "30d");
	assert_int_equal(epoch->carry_count, 3);
	assert_int_equal(epoch->lift_count, 1);
	assert_int_equal(epoch->former_count, 1);
}

static void
a_project_proposal_is_read_line_by_line(void **state)
{
	ENT_AUTO_FINI(loaded) in;

	(void)state;
	load(&in, "proposal-project-full");
	const struct ent_proposal *project = &in.doc.proposal;

	assert_int_equal(project->kind, ENT_PROPOSAL_PROJECT);
	assert_view(project->project, "quantum");
	assert_view(project->pillar, "ii");
	assert_int_equal(project->title_count, 3);
	assert_view(project->titles[2].lang, "ja");
	assert_int_equal(project->participant_count, 3);
	assert_view(project->custody, "originator and 2 of au.example uk.example us.example");
	assert_int_equal(project->fresh.seconds, 86400);
	assert_int_equal(project->requires_count, 2);
	assert_true(project->requires[0].for_all && !project->requires[0].from_all && project->requires[0].from == 2);
	assert_true(!project->requires[1].for_all && project->requires[1].from_all);
	assert_true(project->has_labels && project->originator_last && project->unsealed_members &&
	    project->alone_allowed);
	assert_true(project->has_replaces);
	assert_view(project->reason.text, "Work package 4; see \"annex B\".");
}

static void
an_admission_says_which_old_files_it_opens(void **state)
{
	ENT_AUTO_FINI(loaded) since, all;

	(void)state;
	load(&since, "proposal-admit");
	load(&all, "proposal-admit-contributor");
	assert_false(since.doc.proposal.files_all);
	assert_int_equal(since.doc.proposal.files_since_unix_s, 1796083200);
	assert_false(since.doc.proposal.role_contributor);
	assert_true(all.doc.proposal.files_all);
	assert_true(all.doc.proposal.role_contributor);
	assert_view(all.doc.proposal.sponsor, "au.example");
}

static void
a_statement_is_typed_by_its_act(void **state)
{
	static const struct {
		const char *name;
		enum ent_act act;
		enum ent_object object;
		bool target;
	} rows[] = {
		{ "consent-project", ENT_ACT_CONSENT, ENT_OBJECT_NONE, true },
		{ "key-kas", ENT_ACT_KEY, ENT_OBJECT_KAS_KEY, false },
		{ "key-seal", ENT_ACT_KEY, ENT_OBJECT_SEAL_KEY, false },
		{ "issuer-key", ENT_ACT_ISSUER_KEY, ENT_OBJECT_NONE, false },
		{ "note-proposal", ENT_ACT_NOTE, ENT_OBJECT_PROPOSAL, true },
		{ "note-text", ENT_ACT_NOTE, ENT_OBJECT_TEXT, false },
		{ "withdraw-statement", ENT_ACT_WITHDRAW, ENT_OBJECT_STATEMENT, true },
		{ "withdraw-project", ENT_ACT_WITHDRAW, ENT_OBJECT_PROJECT, false },
		{ "withdraw-membership", ENT_ACT_WITHDRAW, ENT_OBJECT_MEMBERSHIP, false },
		{ "stop-partner", ENT_ACT_STOP, ENT_OBJECT_PARTNER, false },
		{ "stop-partner-project", ENT_ACT_STOP, ENT_OBJECT_PARTNER_IN_PROJECT, false },
		{ "stop-proposal", ENT_ACT_STOP, ENT_OBJECT_PROPOSAL, true },
		{ "resume", ENT_ACT_RESUME, ENT_OBJECT_NONE, true },
		{ "rotate-witness", ENT_ACT_ROTATE, ENT_OBJECT_WITNESS, false },
		{ "accept", ENT_ACT_ACCEPT, ENT_OBJECT_NONE, true },
		{ "decline", ENT_ACT_DECLINE, ENT_OBJECT_NONE, false },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ENT_AUTO_FINI(loaded) in;
		char name[100];

		snprintf(name, sizeof(name), "statement-%s", rows[i].name);
		load(&in, name);
		const struct ent_statement *statement = &in.doc.statement;

		assert_int_equal(statement->act, rows[i].act);
		assert_int_equal(statement->object, rows[i].object);
		assert_int_equal(statement->has_target, rows[i].target);
		assert_int_equal(statement->has_not_after, statement->act != ENT_ACT_STOP);
		assert_int_equal(statement->says.len > 0, statement->act == ENT_ACT_CONSENT);
		assert_int_equal(statement->words.len > 0, statement->act > ENT_ACT_NOTE);
		assert_true(ent_view_starts(statement->act_line, ent_view_str(ent_act_name(statement->act))));
	}
}

static void
a_key_statement_holds_the_decoded_key(void **state)
{
	ENT_AUTO_FINI(loaded) kas, seal, issuer;

	(void)state;
	load(&kas, "statement-key-kas");
	load(&seal, "statement-key-seal");
	load(&issuer, "statement-issuer-key");
	assert_int_equal(kas.doc.statement.key_use, ENT_KEY_USE_KAS);
	assert_view(kas.doc.statement.algorithm, "ec:secp256r1");
	assert_int_equal(kas.doc.statement.public_key.len, 91);
	assert_int_equal(seal.doc.statement.key_use, ENT_KEY_USE_SEAL);
	assert_int_equal(seal.doc.statement.public_key.len, 32);
	assert_view(issuer.doc.statement.issuer, "https://node.au.example");
	assert_view(issuer.doc.statement.kid, "2026-11.a_b");
	assert_view(issuer.doc.statement.algorithm, "ES256");
	assert_int_equal(issuer.doc.statement.until_unix_s, 1798761600);
}

static void
a_seal_and_a_record_are_read_line_by_line(void **state)
{
	ENT_AUTO_FINI(loaded) file, record, refused;

	(void)state;
	load(&file, "file");
	load(&record, "record-full");
	load(&refused, "record-refused");
	assert_int_equal(file.doc.file.split_count, 2);
	assert_view(file.doc.file.splits[1].sid, "2");
	assert_int_equal(file.doc.file.attribute_count, 2);
	assert_int_equal(file.doc.file.dissem_count, 1);
	assert_true(file.doc.file.has_until);
	assert_true(record.doc.record.full && record.doc.record.has_policy);
	assert_int_equal(record.doc.record.share_count, 1);
	assert_int_equal(record.doc.record.reason_count, 3);
	assert_view(record.doc.record.software, "entente 0.1.0");
	assert_false(refused.doc.record.has_policy);
	assert_view(refused.doc.record.person, "-");
	assert_int_equal(refused.doc.record.result, ENT_RESULT_REFUSED);
}

static void
a_record_is_put_in_order_before_it_is_printed(void **state)
{
	ENT_AUTO_FINI(loaded) in;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(65535);
	struct ent_reason_line reasons[] = { { ENT_LIT("person-ok"), ENT_LIT("-") }, { ENT_LIT("consent"),
	    ENT_LIT("uk_40") },
		{ ENT_LIT("consent"), ENT_LIT("au_42") }, { ENT_LIT("person-ok"), ENT_LIT("-") } };
	struct ent_error err = { 0 };

	(void)state;
	load(&in, "record-full");
	in.doc.record.reasons = reasons;
	in.doc.record.reason_count = ENT_COUNT(reasons);
	assert_int_equal(ent_doc_print(&out, &in.doc, &err), ENT_E_INPUT);
	assert_int_equal(out.len, 0);
	err = (struct ent_error){ 0 };
	ent_record_sort(&in.doc.record);
	assert_int_equal(in.doc.record.reason_count, 3);
	assert_ok(ent_doc_print(&out, &in.doc, &err));
	assert_true(ent_view_eq(ent_buf_view(&out), in.doc.text));
}

/* A struct that has no text must not print as the text of another. */
static void
what_no_text_can_say_is_not_printed(void **state)
{
	ENT_AUTO_FINI(loaded) in;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(65535);
	struct ent_doc bad[9];

	(void)state;
	load(&in, "proposal-project-full");
	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		bad[i] = in.doc;
	struct ent_title title = { ENT_LIT("en"), ENT_LIT("a\nparticipant zz.example") };
	struct ent_view twice[] = { ENT_LIT("au.example"), ENT_LIT("au.example") };

	bad[0].proposal.project = ENT_LIT("quantum\npillar i");
	bad[1].proposal.pillar = ENT_LIT("a b");
	bad[2].proposal.titles = &title;
	bad[2].proposal.title_count = 1;
	bad[3].proposal.participants = twice;
	bad[3].proposal.participant_count = 2;
	bad[4].proposal.custody = ENT_LIT("au.example  and uk.example");
	bad[5].proposal.until_unix_s = 253402300800; /* the year 10000 */
	bad[6].proposal.fresh.seconds = 1;
	bad[7].proposal.participant_count = 0;
	bad[8].proposal.kind = (enum ent_proposal_kind)99;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_error err = { 0 };

		assert_int_equal(ent_doc_print(&out, &bad[i], &err), ENT_E_INPUT);
		assert_int_equal(out.len, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_of_the_specification_prints_back_to_itself),
		cmocka_unit_test(an_epoch_is_read_line_by_line),
		cmocka_unit_test(a_project_proposal_is_read_line_by_line),
		cmocka_unit_test(an_admission_says_which_old_files_it_opens),
		cmocka_unit_test(a_statement_is_typed_by_its_act),
		cmocka_unit_test(a_key_statement_holds_the_decoded_key),
		cmocka_unit_test(a_seal_and_a_record_are_read_line_by_line),
		cmocka_unit_test(a_record_is_put_in_order_before_it_is_printed),
		cmocka_unit_test(what_no_text_can_say_is_not_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
