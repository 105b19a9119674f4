/*
 * Attacks with files (charter section 11, Files and custody) on the decision itself: whose name a file bears, whose issuer a token names,
 * and what a seal key that was stolen can do. With real processes: tests/scenario/test_attacks.py and test_tamper.py.
 */
#include "partner_fixture.h"

static const struct who bob = { .issuer = "https://node.uk.example", .sub = "bob" };
static const char *const nodes[] = { "au.example", "uk.example", "us.example" };

/* Every person at every node is refused, for this reason and no other. */
static void
assert_refused_everywhere(const struct scene *s, const struct file *f, enum ent_reason_code code)
{
	const struct who *const persons[] = { NULL, &bob, &kenji };

	for (size_t p = 0; p < ENT_COUNT(persons); p++)
		for (size_t n = 0; n < ENT_COUNT(nodes); n++) {
			struct ent_decision d = ask_file(s, persons[p], f, nodes[n]);

			assert_only(&d, code, NULL);
			if (code != ENT_R_SEAL_INVALID)
				continue;
			assert_int_equal(d.originator.len, 0); /* a lie is not repeated in records */
			assert_int_equal(d.project.len, 0);
		}
}

/* C-35: all keys of the world but one. */
static void
a_file_in_a_members_name_by_any_other_key_opens_for_nobody(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	struct ent_decision d;

	(void)unused;
	for (size_t party = 0; party < PARTIES; party++) {
		const struct world_keys *k = world_keys(party);
		const struct ent_signer *const signers[] = { k->officers[0], k->officers[1], k->officers[2], k->log, k->access, k->seal };

		for (size_t i = 0; i < ENT_COUNT(signers); i++)
			if (party != AU || signers[i] != k->seal)
				assert_refused_everywhere(&s, &(struct file){ .signer = signers[i] }, ENT_R_SEAL_INVALID);
	}
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "uk.example"); /* the true key's opens, so the above is its absence */
	assert_true(d.permit);
}

/* An outsider's own key under exactly the name that au's seal key has. C-2 C-35 */
static void
a_strangers_key_under_the_seal_keys_name_opens_for_nobody(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	ENT_AUTO(ent_signer) thief = NULL;
	struct ent_error err = { 0 };

	(void)unused;
	assert_ok(ent_signer_generate(&thief, ent_signer_vkey(world_keys(AU)->seal)->name, ENT_NOTE_TYPE_ED25519, &err));
	assert_refused_everywhere(&s, &(struct file){ .signer = thief }, ENT_R_SEAL_INVALID);
}

/* C-35 C-54: a partner is no originator, in its own name or in a member's, with the keys that it has or publishes. */
static void
a_partner_makes_no_files(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1024);
	struct ent_error err = { 0 };
	const char *act_line;

	(void)unused;
	world_follow(s.charter, JP);
	world_seal_key_line(&line, world_keys(JP)->seal);
	assert_ok(ent_buf_cstr(&line, &act_line, &err));
	act(&s, JP, act_line, T0);
	assert_refused_everywhere(&s, &(struct file){ .originator = "jp.example", .signer = world_keys(JP)->seal }, ENT_R_SEAL_INVALID);
	assert_refused_everywhere(&s, &(struct file){ .signer = world_keys(JP)->seal }, ENT_R_SEAL_INVALID);
}

/* C-24 C-25: us publishes au's seal key as its own, to be believed with it or to take it away. Neither. */
static void
a_seal_key_published_by_another_is_still_its_owners(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1024);
	struct ent_error err = { 0 };
	const char *act_line;
	struct ent_decision d;

	(void)unused;
	world_seal_key_line(&line, world_keys(AU)->seal);
	assert_ok(ent_buf_cstr(&line, &act_line, &err));
	act(&s, US, act_line, T0);
	assert_refused_everywhere(&s, &(struct file){ .originator = "us.example", .signer = world_keys(AU)->seal }, ENT_R_SEAL_INVALID);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "us.example");
	assert_true(d.permit);
}

/* C-36 C-73: with the very seal key, before anybody noticed. The project's custody, its lineage and the clock still hold. */
static void
a_stolen_seal_key_cannot_weaken_custody_or_date_ahead(void **unused)
{
	static const char one[] = "split 1 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n";
	static const struct ent_hash unknown = { { 1 } };
	static const struct {
		struct file f;
		enum ent_reason_code code;
	} rows[] = {
		{ { .custody = "any of au.example uk.example us.example", .splits = one }, ENT_R_SEAL_CUSTODY },
		{ { .custody = "au.example", .splits = one }, ENT_R_SEAL_CUSTODY },
		{ { .custody = "originator and 1 of au.example uk.example us.example", .splits = one }, ENT_R_SEAL_CUSTODY },
		{ { .custody = "originator and uk.example" }, ENT_R_SEAL_CUSTODY },
		{ { .splits = one }, ENT_R_SEAL_CUSTODY }, /* the right words over one split: every holder alone */
		{ { .proposal = &unknown }, ENT_R_SEAL_PROPOSAL },
		{ { .created_unix_s = T0 + 121 }, ENT_R_SEAL_FUTURE },
		{ { .created_unix_s = T0 + 3650 * DAY }, ENT_R_SEAL_FUTURE },
	};
	SCENE s = scene_with_partner(NULL);

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++)
		assert_refused_everywhere(&s, &rows[i].f, rows[i].code);
}

/*
 * C-73: a reader who knows every share of an old file wants it to be a new one, for a partner that may have files from T0 on. Without
 * the seal key every other date is an unsigned one; as it is, it is too old; and taken from the policy, it is unsealed.
 */
static void
an_old_file_is_not_made_new_for_a_partner(void **unused)
{
	SCENE s = scene_with_partner(&(struct world_admit){ .files = "since 2026-11-21T09:00:00Z" });
	const struct file old = { .created_unix_s = T0 - 1 }, redated = { .created_unix_s = T0, .signer = world_keys(UK)->seal };
	struct ent_policy p = sealed_policy(&s, &old);
	struct ent_decision d = ask_file(&s, &kenji, &old, "uk.example");

	(void)unused;
	assert_only(&d, ENT_R_FILE_TOO_OLD, NULL);
	d = ask_file(&s, &bob, &old, "uk.example"); /* for members it is what it was */
	assert_true(d.permit);
	assert_refused_everywhere(&s, &redated, ENT_R_SEAL_INVALID);
	p.has_seal = false;
	p.seal_note = ENT_VIEW_NONE;
	d = ask(&s, &kenji, &p, "uk.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_UNSEALED_PARTNER, NULL);
	d = ask_file(&s, &kenji, &(struct file){ .created_unix_s = T0 }, "uk.example");
	assert_true(d.permit);
}

/* C-5 C-24 C-57: a partner's page cannot name a member's issuer, in either spelling, and its log cannot give that issuer a key. */
static void
a_partner_does_not_speak_with_a_members_issuer(void **unused)
{
	static const char *const issuers[] = { "https://node.au.example", "https://node.au.example/", "https://node.uk.example" };
	SCENE s = scene_with_partner(NULL);
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1024);
	size_t known = ent_charter_proposal_count(s.charter);
	struct ent_error err = { 0 };
	const char *act_line;

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(issuers); i++) {
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65536);

		ent_error_clear(&err);
		(void)world_party(&text, s.charter, &(struct world_party){ .party = KR, .issuer = issuers[i] });
		assert_int_not_equal(ent_charter_add_proposal(s.charter, ent_buf_view(&text), &err), ENT_OK);
	}
	assert_int_equal(ent_charter_proposal_count(s.charter), known);
	world_follow(s.charter, JP);
	world_issuer_key_line(&line, world_issuers[AU], "jp-1", world_keys(JP)->issuer, T0 + 30 * DAY);
	assert_ok(ent_buf_cstr(&line, &act_line, &err));
	act(&s, JP, act_line, T0);
	assert_null(ent_state_issuer_key(s.state, ent_view_str(world_issuers[AU]), ENT_LIT("jp-1")));
	assert_non_null(ent_state_issuer_key(s.state, ent_view_str(world_issuers[AU]), ENT_LIT("k1")));
	assert_true(ent_view_eq_str(ent_state_party_by_issuer(s.state, ent_view_str(world_issuers[AU]))->party->name, "au.example"));
	assert_null(ent_state_party_by_issuer(s.state, ENT_LIT("https://node.au.example/")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_in_a_members_name_by_any_other_key_opens_for_nobody),
		cmocka_unit_test(a_strangers_key_under_the_seal_keys_name_opens_for_nobody),
		cmocka_unit_test(a_partner_makes_no_files),
		cmocka_unit_test(a_seal_key_published_by_another_is_still_its_owners),
		cmocka_unit_test(a_stolen_seal_key_cannot_weaken_custody_or_date_ahead),
		cmocka_unit_test(an_old_file_is_not_made_new_for_a_partner),
		cmocka_unit_test(a_partner_does_not_speak_with_a_members_issuer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
