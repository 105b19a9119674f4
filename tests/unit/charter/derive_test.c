/* What is in force, when, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define CHARTER ENT_AUTO(ent_charter) charter

/* The state of project `name` at a time, and the reasons for a party in it. */
struct view {
	struct ent_state *state;
	const struct ent_standing *project;
	struct ent_arena *arena;
	struct ent_reasons reasons;
};

static void
view_fini(struct view *v)
{
	ent_state_free(v->state);
	ent_arena_free(v->arena);
}
#define VIEW __attribute__((cleanup(view_fini))) struct view

static struct view
look(const struct ent_charter *charter, int64_t now_unix_s, const char *party, const char *project)
{
	struct ent_error err = { 0 };
	struct view v = { .state = world_derive(charter, now_unix_s) };

	assert_ok(ent_arena_new(&v.arena, 1 << 24, &err));
	v.reasons.arena = v.arena;
	v.project = ent_state_project(v.state, ent_view_str(project));
	assert_ok(ent_state_party_reasons(v.state, ent_view_str(party), ent_view_str(project), &v.reasons, &err));
	return v;
}

static enum ent_force
state_at(const struct ent_charter *charter, int64_t now_unix_s)
{
	VIEW v = look(charter, now_unix_s, "au.example", "quantum");

	assert_true((v.project->state == ENT_FORCE_ACTIVE) == !ent_reasons_block(&v.reasons));
	return v.project->state;
}

/* C-17 C-29 */
static void
a_project_is_in_force_from_the_last_consent(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash = world_add_project(charter, NULL);

	(void)unused;
	world_give_consent(charter, AU, &hash, T0, T0 + 100 * DAY);
	world_give_consent(charter, UK, &hash, T0 + 60, T0 + 100 * DAY);
	assert_int_equal(state_at(charter, T0 + 60), ENT_FORCE_PROPOSED);
	world_give_consent(charter, US, &hash, T0 + 200, T0 + 50 * DAY);
	assert_int_equal(state_at(charter, T0 + 60), ENT_FORCE_PROPOSED); /* more than 120 s ahead: held back */
	VIEW v = look(charter, T0 + 200, "uk.example", "quantum");
	assert_int_equal(v.project->state, ENT_FORCE_ACTIVE);
	assert_int_equal(v.project->in_force_since_unix_s, T0 + 200);
	assert_int_equal(v.project->closes_unix_s, T0 + DAY); /* au was alive at T0, F is the project's 24h */
	assert_int_equal(ent_state_fresh_s(v.state, v.project), DAY);
	assert_false(ent_reasons_block(&v.reasons));
	assert_true(world_has_reason(&v.reasons, ENT_R_CONSENT, "au 1"));
	assert_true(world_has_reason(&v.reasons, ENT_R_PROJECT_IN_FORCE, "2026-11-21T09:03:20Z"));
	assert_true(world_has_reason(&v.reasons, ENT_R_HEARD, "limit 24h"));
	assert_true(ent_state_project_lineage(v.state, ENT_LIT("quantum"), &hash));
}

static void
missing_consents_are_named_each_with_its_cure(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash = world_add_project(charter, NULL);
	char hex[ENT_HASH_HEX_SIZE], cure[64];

	(void)unused;
	ent_hash_hex(hex, &hash);
	world_give_consent(charter, AU, &hash, T0, T0 + 100 * DAY);
	VIEW v = look(charter, T0, "au.example", "quantum");
	for (size_t m = UK; m <= US; m++) {
		snprintf(cure, sizeof(cure), "%s consent %.8s", world_members[m], hex);
		assert_true(world_has_reason(&v.reasons, ENT_R_PROJECT_PROPOSED, cure));
	}
	assert_false(world_has_reason(&v.reasons, ENT_R_PROJECT_PROPOSED, "au.example consent"));
	assert_false(ent_reasons_outage(&v.reasons));
}

static void
a_member_that_is_not_heard_closes_the_project_and_is_named(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	world_in_force(charter, NULL);
	world_be_alive(charter, AU, T0 + DAY);
	world_be_alive(charter, US, T0 + DAY);
	assert_int_equal(state_at(charter, T0 + DAY), ENT_FORCE_ACTIVE);
	VIEW v = look(charter, T0 + DAY + 1, "au.example", "quantum");
	assert_int_equal(v.project->state, ENT_FORCE_UNHEARD);
	assert_true(world_has_reason(&v.reasons, ENT_R_MEMBER_UNHEARD, "uk.example must be heard: last alive 2026-11-21T09:00:00Z, limit 24h"));
	assert_true(ent_reasons_outage(&v.reasons));
	world_be_alive(charter, UK, T0 + DAY + 1);
	assert_int_equal(state_at(charter, T0 + DAY + 1), ENT_FORCE_ACTIVE);
}

/* C-28 */
static void
the_smaller_freshness_counts(void **unused)
{
	CHARTER = world_charter(&(struct world_rules){ .fresh = "12h" });

	(void)unused;
	world_in_force(charter, NULL);
	assert_int_equal(state_at(charter, T0 + 12 * HOUR), ENT_FORCE_ACTIVE);
	assert_int_equal(state_at(charter, T0 + 12 * HOUR + 1), ENT_FORCE_UNHEARD);
}

/* C-15 */
static void
a_consent_runs_out_and_is_renewed_without_a_gap(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash = world_add_project(charter, NULL);

	(void)unused;
	world_give_consent(charter, AU, &hash, T0, T0 + 10 * DAY);
	world_give_consent(charter, UK, &hash, T0, T0 + 3 * HOUR);
	world_give_consent(charter, US, &hash, T0, T0 + 10 * DAY);
	assert_int_equal(state_at(charter, T0 + 3 * HOUR - 1), ENT_FORCE_ACTIVE);
	VIEW v = look(charter, T0 + 3 * HOUR, "au.example", "quantum");
	assert_int_equal(v.project->state, ENT_FORCE_LAPSED);
	assert_true(world_has_reason(&v.reasons, ENT_R_PROJECT_LAPSED, "uk.example consent"));
	world_give_consent(charter, UK, &hash, T0 + 3 * HOUR, T0 + 5 * HOUR);
	assert_int_equal(state_at(charter, T0 + 3 * HOUR), ENT_FORCE_ACTIVE);
	VIEW w = look(charter, T0 + 4 * HOUR, "au.example", "quantum");
	assert_int_equal(w.project->in_force_since_unix_s, T0); /* no gap: it never left */
	assert_int_equal(w.project->closes_unix_s, T0 + 5 * HOUR);
	world_give_consent(charter, UK, &hash, T0 + 4 * HOUR, T0 + 4 * HOUR + 60); /* a shorter one takes nothing away */
	assert_int_equal(state_at(charter, T0 + 4 * HOUR + 120), ENT_FORCE_ACTIVE);
}

static void
a_project_ends_at_its_until(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash = world_in_force(charter, &(struct world_project){ .until_unix_s = T0 + 5 * HOUR });

	(void)unused;
	assert_int_equal(state_at(charter, T0 + 5 * HOUR - 1), ENT_FORCE_ACTIVE);
	VIEW v = look(charter, T0 + 5 * HOUR, "au.example", "quantum");
	assert_int_equal(v.project->state, ENT_FORCE_ENDED);
	assert_true(world_has_reason(&v.reasons, ENT_R_PROJECT_ENDED, "2026-11-21T14:00:00Z"));
	assert_true(ent_state_project_by_hash(v.state, &hash) == v.project);
}

/* C-19 C-21 */
static void
a_successor_ends_what_it_replaces_for_ever(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first = world_in_force(charter, NULL), second;

	(void)unused;
	second = world_add_project(charter, &(struct world_project){ .replaces = &first, .title = "New" });
	for (size_t m = 0; m < MEMBERS; m++) {
		VIEW v = look(charter, T0 + HOUR, "au.example", "quantum");

		assert_true(ent_hash_eq(&v.project->doc->hash, &first));
		world_give_consent(charter, m, &second, T0 + HOUR, T0 + 2 * HOUR);
	}
	VIEW v = look(charter, T0 + HOUR, "au.example", "quantum");
	assert_true(ent_hash_eq(&v.project->doc->hash, &second));
	assert_int_equal(v.project->state, ENT_FORCE_ACTIVE);
	assert_true(ent_state_project_lineage(v.state, ENT_LIT("quantum"), &first));
	const struct ent_standing *old = ent_state_project_by_hash(v.state, &first);
	assert_int_equal(old->state, ENT_FORCE_ENDED);
	assert_true(ent_hash_eq(&old->replaced_by, &second));
	/* The successor's consents run out: the old one does not come back. */
	VIEW w = look(charter, T0 + 2 * HOUR, "au.example", "quantum");
	assert_int_equal(w.project->state, ENT_FORCE_LAPSED);
	assert_int_equal(ent_state_project_by_hash(w.state, &first)->state, ENT_FORCE_ENDED);
}

/* C-21: nobody agreed to what was sealed under it. */
static void
what_was_never_in_force_is_no_ancestor(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first = world_add_project(charter, NULL), second;

	(void)unused;
	world_give_consent(charter, AU, &first, T0, T0 + DAY);
	second = world_add_project(charter, &(struct world_project){ .replaces = &first, .title = "New" });
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &second, T0, T0 + DAY);
	VIEW v = look(charter, T0, "au.example", "quantum");
	assert_true(ent_hash_eq(&v.project->doc->hash, &second));
	assert_true(ent_state_project_lineage(v.state, ENT_LIT("quantum"), &second));
	assert_false(ent_state_project_lineage(v.state, ENT_LIT("quantum"), &first));
	assert_int_equal(ent_state_project_by_hash(v.state, &first)->state, ENT_FORCE_ENDED);
}

/* C-18 */
static void
a_second_proposal_of_a_name_is_void_while_the_first_stands(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first = world_add_project(charter, &(struct world_project){ .until_unix_s = T0 + 5 * HOUR }), second;

	(void)unused;
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &first, T0, T0 + 5 * HOUR);
	second = world_add_project(charter, &(struct world_project){ .title = "Another" });
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &second, T0 + HOUR, T0 + DAY);
	VIEW v = look(charter, T0 + 2 * HOUR, "au.example", "quantum");
	assert_true(ent_hash_eq(&v.project->doc->hash, &first));
	assert_int_equal(ent_state_project_by_hash(v.state, &second)->state, ENT_FORCE_PROPOSED);
	assert_false(ent_state_project_lineage(v.state, ENT_LIT("quantum"), &second));
	VIEW w = look(charter, T0 + 5 * HOUR, "au.example", "quantum"); /* the first has ended by itself */
	assert_true(ent_hash_eq(&w.project->doc->hash, &second));
	assert_int_equal(w.project->state, ENT_FORCE_ACTIVE);
	assert_int_equal(w.project->in_force_since_unix_s, T0 + 5 * HOUR);
	assert_false(ent_state_project_lineage(w.state, ENT_LIT("quantum"), &first));
}

/* C-20 */
static void
being_unheard_does_not_lose_the_name(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first = world_add_project(charter, &(struct world_project){ .fresh = "1h" }), second;

	(void)unused;
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &first, T0, T0 + 10 * DAY);
	second = world_add_project(charter, &(struct world_project){ .title = "Another", .fresh = "40h" });
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &second, T0 + 60, T0 + 10 * DAY);
	VIEW v = look(charter, T0 + 2 * HOUR, "au.example", "quantum");
	assert_true(ent_hash_eq(&v.project->doc->hash, &first));
	assert_int_equal(v.project->state, ENT_FORCE_UNHEARD);
	assert_int_equal(ent_state_project_by_hash(v.state, &second)->state, ENT_FORCE_PROPOSED);
}

static void
what_replaces_an_unknown_or_foreign_proposal_never_comes_into_force(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash other = world_add_project(charter, &(struct world_project){ .name = "undersea" }), missing = { { 7 } }, a, b, wanted[4];

	(void)unused;
	a = world_add_project(charter, &(struct world_project){ .replaces = &missing });
	b = world_add_project(charter, &(struct world_project){ .name = "cyber", .replaces = &other });
	for (size_t m = 0; m < MEMBERS; m++) {
		world_give_consent(charter, m, &a, T0, T0 + DAY);
		world_give_consent(charter, m, &b, T0, T0 + DAY);
		world_give_consent(charter, m, &other, T0, T0 + DAY);
	}
	VIEW v = look(charter, T0, "au.example", "quantum");
	assert_int_equal(v.project->state, ENT_FORCE_PROPOSED);
	assert_true(world_has_reason(&v.reasons, ENT_R_PROJECT_PROPOSED, "07000000, whose text is not known here"));
	assert_int_equal(ent_charter_wanted(charter, wanted, 4), 1);
	assert_true(ent_hash_eq(&wanted[0], &missing));
	VIEW w = look(charter, T0, "au.example", "cyber");
	assert_int_equal(w.project->state, ENT_FORCE_PROPOSED);
	assert_true(world_has_reason(&w.reasons, ENT_R_PROJECT_PROPOSED, "not a proposal of project cyber"));
	assert_int_equal(ent_state_project(w.state, ENT_LIT("undersea"))->state, ENT_FORCE_ACTIVE);
}

/* C-22 */
static void
what_this_version_does_not_enforce_is_refused_by_name(void **unused)
{
	static const struct {
		const char *optional, *originator, *word;
	} rows[] = { { "labels khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n", "any", "`labels`" }, { "", "last", "`originator last`" } };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		CHARTER = world_charter(NULL);
		ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 16);
		struct ent_error err = { 0 };
		struct ent_hash hash = world_in_force(charter, &(struct world_project){ .optional = rows[i].optional, .originator = rows[i].originator });
		VIEW v = look(charter, T0, "au.example", "quantum");

		assert_int_equal(v.project->state, ENT_FORCE_UNENFORCED);
		assert_true(world_has_reason(&v.reasons, ENT_R_PROJECT_UNENFORCED, rows[i].word));
		world_consent(&note, charter, AU, ent_charter_proposal(charter, &hash)->text, T0 + 1, T0 + DAY);
		assert_int_equal(ent_charter_admissible(charter, ent_view_str(world_members[AU]), ent_buf_view(&note), T0 + 1, &err), ENT_E_REFUSED);
		assert_non_null(strstr(err.text, rows[i].word));
	}
}

static void
an_unenforced_successor_still_ends_its_predecessor(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first = world_in_force(charter, NULL), second;

	(void)unused;
	second = world_add_project(charter, &(struct world_project){ .replaces = &first, .originator = "last" });
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &second, T0, T0 + DAY);
	assert_int_equal(state_at(charter, T0), ENT_FORCE_UNENFORCED);
}

/* C-17 C-29 */
static void
two_of_three_consents_are_enough_where_the_rule_says_so(void **unused)
{
	CHARTER = world_charter(&(struct world_rules){ .consents = "2" });
	struct ent_hash hash = world_add_project(charter, NULL);

	(void)unused;
	world_give_consent(charter, AU, &hash, T0, T0 + 10 * DAY);
	VIEW v = look(charter, T0, "au.example", "quantum");
	assert_true(world_has_reason(&v.reasons, ENT_R_PROJECT_PROPOSED, "1 of: uk.example consent"));
	world_give_consent(charter, UK, &hash, T0 + HOUR, T0 + 10 * DAY);
	VIEW w = look(charter, T0 + HOUR, "us.example", "quantum"); /* a member that did not consent takes part all the same */
	assert_int_equal(w.project->state, ENT_FORCE_ACTIVE);
	assert_int_equal(w.project->closes_unix_s, T0 + DAY);
	world_give_consent(charter, US, &hash, T0 + 2 * HOUR, T0 + 10 * DAY);
	VIEW x = look(charter, T0 + 2 * HOUR, "us.example", "quantum"); /* now the loss of one does not close it */
	assert_int_equal(x.project->closes_unix_s, T0 + HOUR + DAY);
	VIEW y = look(charter, T0 + HOUR + DAY + 1, "us.example", "quantum");
	assert_int_equal(y.project->state, ENT_FORCE_UNHEARD);
	assert_true(world_has_reason(&y.reasons, ENT_R_MEMBER_UNHEARD, "1 of: au.example be heard for"));
	assert_true(ent_reasons_outage(&y.reasons));
}

/* C-23 */
static void
parties_that_take_no_part_and_unknown_projects_are_refused(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	world_in_force(charter, &(struct world_project){ .participants = "participant au.example\nparticipant uk.example\n",
	    .custody = "2 of au.example uk.example" });
	VIEW v = look(charter, T0, "us.example", "quantum");
	assert_true(world_has_reason(&v.reasons, ENT_R_PARTY_NOT_PARTICIPANT, "us.example takes no part"));
	VIEW w = look(charter, T0, "jp.example", "quantum");
	assert_true(world_has_reason(&w.reasons, ENT_R_PARTNER_NONE, "it is not a member"));
	VIEW x = look(charter, T0, "au.example", "hypersonics");
	assert_true(world_has_reason(&x.reasons, ENT_R_PROJECT_UNKNOWN, "hypersonics"));
	assert_true(ent_reasons_block(&v.reasons) && ent_reasons_block(&w.reasons) && ent_reasons_block(&x.reasons));
}

/* C-5 */
static void
proposals_that_do_not_fit_the_epoch_are_refused(void **unused)
{
	CHARTER = world_charter(NULL);
	ENT_AUTO(ent_charter) foreign = world_charter(&(struct world_rules){ .consents = "2" });
	static const struct world_project rows[] = {
		{ .pillar = "iii" },
		{ .participants = "participant au.example\nparticipant jp.example\n", .custody = "2 of au.example jp.example" },
		{ .custody = "any of au.example uk.example us.example" }, /* alone, and not said to be allowed */
		{ .custody = "2 of au.example nz.example us.example" },
	};
	struct ent_error err = { 0 };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 16);

		world_project(&text, charter, &rows[i]);
		assert_int_not_equal(ent_charter_add_proposal(charter, ent_buf_view(&text), &err), ENT_OK);
	}
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 16);
	world_project(&text, foreign, NULL);
	ent_error_clear(&err);
	assert_int_equal(ent_charter_add_proposal(charter, ent_buf_view(&text), &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "another charter"));
	ent_buf_clear(&text);
	world_project(&text, charter, NULL);
	assert_ok(ent_charter_add_proposal(charter, ent_buf_view(&text), &err));
	assert_int_equal(ent_charter_add_proposal(charter, ent_buf_view(&text), &err), ENT_E_EXISTS);
	assert_int_equal(ent_charter_proposal_count(charter), 1);
}

/* C-4 */
static void
a_genesis_says_who_is_missing(void **unused)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 18);
	ENT_AUTO(ent_charter) charter = NULL;
	struct ent_error err = { 0 };

	(void)unused;
	world_genesis(&note, &(struct world_rules){ .signers = ROE });
	assert_int_equal(ent_charter_new(&charter, ent_buf_view(&note), &err), ENT_E_SIGNATURE);
	assert_non_null(strstr(err.text, "uk.example: 1 of 2 signatures by roe; missing 1 of doe, poe"));
}

/* C-34 */
static void
the_view_names_every_log_and_its_root(void **unused)
{
	CHARTER = world_charter(NULL);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 16);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_hash hash, root = { { 9 } };
	struct ent_error err = { 0 };
	struct ent_doc doc;

	(void)unused;
	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	assert_ok(ent_charter_view(charter, &text, &hash, &err)); /* empty logs have the root of an empty tree */
	ent_buf_clear(&text);
	world_be_alive(charter, UK, T0);
	assert_int_equal(ent_charter_view(charter, &text, &hash, &err), ENT_E_INPUT);
	ent_error_clear(&err);
	ent_buf_clear(&text);
	ent_charter_set_root(charter, ENT_LIT("uk.example"), &root);
	assert_ok(ent_charter_view(charter, &text, &hash, &err));
	assert_ok(ent_doc_parse(&doc, arena, ent_buf_view(&text), &err));
	assert_ok(ent_doc_check(&doc, &err));
	assert_true(ent_hash_eq(&doc.hash, &hash));
	assert_int_equal(doc.view.log_count, MEMBERS);
	assert_int_equal(doc.view.logs[UK].size, 1);
	assert_true(ent_hash_eq(&doc.view.logs[UK].root, &root));
}

static void
keys_are_found_by_kid_type_and_issuer(void **unused)
{
	CHARTER = world_charter(NULL);
	char kid[ENT_KID_SIZE];

	(void)unused;
	world_publish_keys(charter, T0);
	VIEW v = look(charter, T0, "au.example", "quantum");
	ent_pubkey_kid(kid, ent_key_public(world_keys(UK)->kas));
	const struct ent_member_key *key = ent_state_kas_key(v.state, ENT_LIT("uk.example"), ENT_KEY_EC_P256);
	assert_non_null(key);
	assert_true(ent_view_eq_str(key->kid, kid));
	assert_true(ent_state_key_by_kid(v.state, ENT_LIT("uk.example"), ent_view_str(kid)) == key);
	assert_null(ent_state_key_by_kid(v.state, ENT_LIT("au.example"), ent_view_str(kid)));
	assert_null(ent_state_kas_key(v.state, ENT_LIT("uk.example"), ENT_KEY_RSA_2048));
	const struct ent_member_state *uk = ent_state_party_by_issuer(v.state, ENT_LIT("https://node.uk.example"));
	assert_true(uk == ent_state_member(v.state, ENT_LIT("uk.example")));
	assert_null(ent_state_party_by_issuer(v.state, ENT_LIT("https://node.uk.example/")));
	assert_non_null(ent_state_issuer_key(v.state, ENT_LIT("https://node.uk.example"), ENT_LIT("k1")));
	assert_null(ent_state_issuer_key(v.state, ENT_LIT("https://node.au.example"), ENT_LIT("k2")));
	const struct ent_member_key *seal = &uk->keys[1];
	assert_int_equal(seal->use, ENT_KEY_USE_SEAL);
	assert_true(ent_view_eq(seal->vkey->line, ent_signer_vkey(world_keys(UK)->seal)->line));
	VIEW w = look(charter, T0 + 90 * DAY, "au.example", "quantum"); /* issuer keys run out, data keys do not */
	assert_null(ent_state_issuer_key(w.state, ENT_LIT("https://node.uk.example"), ENT_LIT("k1")));
	assert_non_null(ent_state_kas_key(w.state, ENT_LIT("uk.example"), ENT_KEY_EC_P256));
}

static void
proposals_named_in_logs_are_wanted_from_each_log_in_turn(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash wanted[4];
	char act[128], hash[ENT_HASH_BASE64_SIZE];

	(void)unused;
	for (uint8_t i = 0; i < 6; i++) {
		struct ent_hash h = { { i } };

		ent_hash_base64(hash, &h);
		snprintf(act, sizeof(act), "note proposal %s", hash);
		world_be_alive(charter, i < 5 ? AU : US, T0);
		world_state_act(charter, &(struct world_statement){ .by = i < 5 ? AU : US, .time_unix_s = T0, .act = act, .signers = ROE });
		assert_true(ent_charter_proposal_announced(charter, &h));
	}
	assert_int_equal(ent_charter_wanted(charter, wanted, 4), 4);
	assert_int_equal(wanted[0].bytes[0], 4); /* au's newest */
	assert_int_equal(wanted[1].bytes[0], 5); /* us's only one is not crowded out */
	assert_int_equal(wanted[2].bytes[0], 3);
}

/* C-16 */
static void
a_text_that_arrives_after_its_consents_settles_them(void **unused)
{
	CHARTER = world_charter(NULL);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 16);
	struct ent_error err = { 0 };
	struct ent_hash wanted[2], hash = world_project(&text, charter, NULL);

	(void)unused;
	for (size_t m = 0; m < MEMBERS; m++) {
		ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 16);

		world_be_alive(charter, m, T0);
		world_consent(&note, charter, m, ent_buf_view(&text), T0, T0 + DAY);
		world_add(charter, m, ent_buf_view(&note));
	}
	assert_int_equal(ent_charter_wanted(charter, wanted, 2), 1);
	assert_true(ent_hash_eq(&wanted[0], &hash));
	assert_false(ent_charter_proposal_announced(charter, &hash));
	assert_ok(ent_charter_add_proposal(charter, ent_buf_view(&text), &err));
	assert_int_equal(ent_charter_wanted(charter, wanted, 2), 0);
	assert_int_equal(state_at(charter, T0), ENT_FORCE_ACTIVE);
}

static void
admissible_tells_why_a_statement_would_not_count(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash = world_add_project(charter, NULL);
	struct ent_view text = ent_charter_proposal(charter, &hash)->text;
	struct ent_error err = { 0 };
	const struct {
		struct world_statement s;
		const char *word;
	} rows[] = {
		{ { .act = "note text en Hello.", .time_unix_s = T0 - 8 * DAY }, "can take effect" },
		{ { .act = "note text en Hello.", .time_unix_s = T0 + 121 }, "can take effect" },
		{ { .act = "note text en Hello.", .time_unix_s = T0, .not_after_unix_s = T0 + 31 * DAY }, "not-after" },
		{ { .act = "note text en Hello.", .time_unix_s = T0, .epoch = 2 }, "epoch 2" },
		{ { .act = "note text en Hello.", .time_unix_s = T0, .log_key = true }, "signatures of 1 officers" },
		{ { .act = "consent khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg= until 2027-01-01T00:00:00Z", .says = "project; x", .time_unix_s = T0 },
		    "not known here" },
	};

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 16);

		world_statement(&note, charter, &rows[i].s);
		ent_error_clear(&err);
		assert_int_equal(ent_charter_admissible(charter, ent_view_str(world_members[AU]), ent_buf_view(&note), T0, &err), ENT_E_REFUSED);
		assert_non_null(strstr(err.text, rows[i].word));
	}
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 16);
	world_consent(&note, charter, AU, text, T0, T0 + DAY);
	ent_error_clear(&err);
	assert_ok(ent_charter_admissible(charter, ent_view_str(world_members[AU]), ent_buf_view(&note), T0, &err));
	world_be_alive(charter, AU, T0);
	world_add(charter, AU, ent_buf_view(&note));
	assert_int_equal(ent_charter_admissible(charter, ent_view_str(world_members[AU]), ent_buf_view(&note), T0, &err), ENT_E_EXISTS);
	assert_non_null(strstr(err.text, "au 1"));
}

/* C-31 */
static void
a_clock_behind_two_members_is_told_by_how_much(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_error err = { 0 };

	(void)unused;
	VIEW before = look(charter, T0, "au.example", "quantum");
	assert_int_equal(ent_state_clock_floor(before.state), INT64_MIN);
	world_be_alive(charter, AU, T0 + 1000);
	world_be_alive(charter, UK, T0 + 600);
	world_be_alive(charter, US, T0 + 500);
	VIEW v = look(charter, T0, "au.example", "quantum");
	assert_int_equal(ent_state_clock_floor(v.state), T0 + 480);
	v.reasons.count = 0;
	assert_ok(ent_state_node_reasons(v.state, &v.reasons, &err));
	assert_true(world_has_reason(&v.reasons, ENT_R_CLOCK_BEHIND, "at least 480 s behind"));
	assert_true(ent_reasons_outage(&v.reasons));
	VIEW w = look(charter, T0 + 480, "au.example", "quantum");
	w.reasons.count = 0;
	assert_ok(ent_state_node_reasons(w.state, &w.reasons, &err));
	assert_false(ent_reasons_block(&w.reasons));
}

/* C-32 */
static void
a_broken_log_ends_reliance_and_refuses_everything(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_error err = { 0 };

	(void)unused;
	world_in_force(charter, NULL);
	assert_ok(ent_charter_set_broken(charter, ENT_LIT("uk.example"), "two checkpoints of size 4", &err));
	assert_ok(ent_charter_set_broken(charter, ENT_LIT("uk.example"), "later", &err));
	VIEW v = look(charter, T0, "au.example", "quantum");
	assert_int_equal(v.project->state, ENT_FORCE_UNHEARD);
	assert_true(world_has_reason(&v.reasons, ENT_R_MEMBER_UNHEARD, "cannot be relied on"));
	assert_int_equal(ent_state_member(v.state, ENT_LIT("uk.example"))->key_count, 0);
	assert_ok(ent_state_node_reasons(v.state, &v.reasons, &err));
	assert_true(world_has_reason(&v.reasons, ENT_R_LOG_BROKEN, "two checkpoints of size 4"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_project_is_in_force_from_the_last_consent),
		cmocka_unit_test(missing_consents_are_named_each_with_its_cure),
		cmocka_unit_test(a_member_that_is_not_heard_closes_the_project_and_is_named),
		cmocka_unit_test(the_smaller_freshness_counts),
		cmocka_unit_test(a_consent_runs_out_and_is_renewed_without_a_gap),
		cmocka_unit_test(a_project_ends_at_its_until),
		cmocka_unit_test(a_successor_ends_what_it_replaces_for_ever),
		cmocka_unit_test(what_was_never_in_force_is_no_ancestor),
		cmocka_unit_test(a_second_proposal_of_a_name_is_void_while_the_first_stands),
		cmocka_unit_test(being_unheard_does_not_lose_the_name),
		cmocka_unit_test(what_replaces_an_unknown_or_foreign_proposal_never_comes_into_force),
		cmocka_unit_test(what_this_version_does_not_enforce_is_refused_by_name),
		cmocka_unit_test(an_unenforced_successor_still_ends_its_predecessor),
		cmocka_unit_test(two_of_three_consents_are_enough_where_the_rule_says_so),
		cmocka_unit_test(parties_that_take_no_part_and_unknown_projects_are_refused),
		cmocka_unit_test(proposals_that_do_not_fit_the_epoch_are_refused),
		cmocka_unit_test(a_genesis_says_who_is_missing),
		cmocka_unit_test(the_view_names_every_log_and_its_root),
		cmocka_unit_test(keys_are_found_by_kid_type_and_issuer),
		cmocka_unit_test(proposals_named_in_logs_are_wanted_from_each_log_in_turn),
		cmocka_unit_test(a_text_that_arrives_after_its_consents_settles_them),
		cmocka_unit_test(admissible_tells_why_a_statement_would_not_count),
		cmocka_unit_test(a_clock_behind_two_members_is_told_by_how_much),
		cmocka_unit_test(a_broken_log_ends_reliance_and_refuses_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
