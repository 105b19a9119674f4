/* A partner's part in a project: its three proposals, what its own log says, who accredits it, and every state that follows. */
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

static enum ent_part
jp_at(const struct ent_charter *charter, int64_t now_unix_s)
{
	return alliance_part(charter, now_unix_s, "jp.example", "quantum");
}

/* C-58 C-23 */
static void
a_partner_goes_from_nothing_to_active_by_its_last_consent(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash party, admit;

	(void)unused;
	world_in_force(charter, NULL);
	assert_int_equal(jp_at(charter, T0), ENT_PART_NONE);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_NONE, "it is not a member"));
	alliance_say(charter, US, 0, T0, "note text en We speak with jp.example.");
	assert_int_equal(jp_at(charter, T0), ENT_PART_CONSULTED);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_NONE, "only consulted"));
	party = world_add_party(charter, &(struct world_party){ .party = JP });
	assert_int_equal(jp_at(charter, T0), ENT_PART_PROPOSED);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_PROPOSED, "no admission of jp.example"));
	admit = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party });
	alliance_consent(charter, &admit, T0);
	world_give_consent(charter, AU, &party, T0, T0 + 9 * DAY);
	world_give_consent(charter, UK, &party, T0, T0 + 9 * DAY);
	assert_int_equal(jp_at(charter, T0), ENT_PART_PROPOSED);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_PROPOSED, "us.example has not consented to party jp.example"));
	world_give_consent(charter, US, &party, T0, T0 + 9 * DAY);
	assert_int_equal(jp_at(charter, T0), ENT_PART_ACTIVE);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_IN_FORCE, "the admission of jp.example to quantum"));
	assert_int_equal(jp_at(charter, T0 + 9 * DAY), ENT_PART_LAPSED);
}

/* C-58: a name inside another is not it. */
static void
a_note_consults_whose_name_it_says_and_nobody_else(void **unused)
{
	static const struct {
		const char *text;
		bool consulted;
	} rows[] = { { "We speak with jp.example.", true }, { "jp.example", true }, { "jp.example, and others", true }, { "(jp.example)", true },
		{ "xjp.example", false }, { "jp.example.org", false }, { "jp.example-2", false }, { "jp.example..", false }, { "a/jp.example", false },
		{ "JP.example", false } };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		CHARTER = world_charter(NULL);

		alliance_say(charter, US, 0, T0, "note text en %s", rows[i].text);
		if ((jp_at(charter, T0) == ENT_PART_CONSULTED) != rows[i].consulted)
			fail_msg("%s", rows[i].text);
	}
}

/* P5, C-59 */
static void
a_closed_pillar_has_no_partner_whatever_anyone_signed(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash project = world_in_force(charter, &(struct world_project){ .pillar = "i" }), party, admit;

	(void)unused;
	party = world_add_party(charter, &(struct world_party){ .party = JP });
	admit = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party });
	alliance_consent(charter, &party, T0);
	alliance_consent(charter, &admit, T0);
	assert_int_equal(alliance_force(charter, T0, &project), ENT_FORCE_ACTIVE);
	assert_int_equal(alliance_part(charter, T0, "au.example", "quantum"), ENT_PART_ACTIVE);
	assert_int_equal(jp_at(charter, T0), ENT_PART_CLOSED);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_CLOSED, "pillar i"));
}

/* The text of a consent as alliance_consent() gives it. */
static struct ent_hash
consent_text(struct ent_buf *note, const struct ent_charter *charter, size_t member, const struct ent_hash *proposal, int64_t time_unix_s)
{
	world_consent(note, charter, member, ent_charter_proposal(charter, proposal)->text, time_unix_s, time_unix_s + 200 * DAY);
	return world_text_hash(ent_buf_view(note));
}

/* C-53 C-20 */
static void
a_consent_that_is_withdrawn_ends_it_and_a_new_one_brings_it_back(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 18);
	char hash[ENT_HASH_BASE64_SIZE];
	struct ent_hash consent = consent_text(&note, a.charter, UK, &a.party, T0);

	(void)unused;
	ent_hash_base64(hash, &consent);
	alliance_say(a.charter, US, 0, T0 + HOUR, "withdraw %s", hash); /* another member's log: nothing */
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
	alliance_say(a.charter, UK, 0, T0 + 3 * HOUR, "withdraw %s", hash);
	assert_int_equal(alliance_force(a.charter, T0 + 3 * HOUR, &a.party), ENT_FORCE_ENDED);
	assert_int_equal(jp_at(a.charter, T0 + 3 * HOUR), ENT_PART_ENDED);
	assert_true(alliance_why(a.charter, T0 + 3 * HOUR, "jp.example", "quantum", ENT_R_PARTNER_ENDED, "uk.example withdrew its consent"));
	world_add(a.charter, UK, ent_buf_view(&note)); /* the same text again is nothing (C-11) */
	assert_int_equal(jp_at(a.charter, T0 + 3 * HOUR), ENT_PART_ENDED);
	world_give_consent(a.charter, UK, &a.party, T0 + 4 * HOUR, T0 + 100 * DAY);
	assert_int_equal(jp_at(a.charter, T0 + 4 * HOUR), ENT_PART_ACTIVE);
}

/* C-15: of several consents each stands by itself. */
static void
a_withdrawal_ends_the_consent_that_it_names(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 18);
	char hash[ENT_HASH_BASE64_SIZE];
	struct ent_hash consent = consent_text(&note, a.charter, UK, &a.admit, T0 + HOUR);

	(void)unused;
	world_be_alive(a.charter, UK, T0 + HOUR);
	world_add(a.charter, UK, ent_buf_view(&note));
	ent_hash_base64(hash, &consent);
	alliance_say(a.charter, UK, 0, T0 + 2 * HOUR, "withdraw %s", hash);
	assert_int_equal(jp_at(a.charter, T0 + 2 * HOUR), ENT_PART_ACTIVE);
}

/* C-53: withdrawn before it was said, it never stood. */
static void
a_withdrawal_that_is_earlier_than_its_consent_ends_it_from_the_beginning(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash project = world_add_project(charter, NULL), consent;
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 18);
	char hash[ENT_HASH_BASE64_SIZE];

	(void)unused;
	world_give_consent(charter, AU, &project, T0, T0 + 9 * DAY);
	world_give_consent(charter, US, &project, T0, T0 + 9 * DAY);
	world_be_alive(charter, UK, T0);
	world_consent(&note, charter, UK, ent_charter_proposal(charter, &project)->text, T0, T0 + 9 * DAY);
	consent = world_text_hash(ent_buf_view(&note));
	ent_hash_base64(hash, &consent);
	alliance_say(charter, UK, 0, T0, "withdraw %s", hash);
	world_add(charter, UK, ent_buf_view(&note));
	assert_int_equal(alliance_force(charter, T0, &project), ENT_FORCE_PROPOSED);
	world_give_consent(charter, UK, &project, T0 + 60, T0 + 9 * DAY); /* another text */
	assert_int_equal(alliance_force(charter, T0 + 60, &project), ENT_FORCE_ACTIVE);
}

/* C-63 */
static void
leaving_is_final(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ALLIANCE b = alliance_new(NULL, NULL);
	ALLIANCE c = alliance_new(NULL, NULL);

	(void)unused;
	alliance_say(a.charter, JP, QUORUM, T0 + HOUR, "withdraw project quantum");
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_WITHDRAWN);
	assert_true(alliance_why(a.charter, T0 + HOUR, "jp.example", "quantum", ENT_R_PARTY_WITHDRAWN, "jp.example withdrew from project quantum"));
	assert_int_equal(alliance_part(a.charter, T0 + HOUR, "au.example", "quantum"), ENT_PART_ACTIVE);
	alliance_say(b.charter, JP, QUORUM, T0 + HOUR, "withdraw charter");
	assert_int_equal(jp_at(b.charter, T0 + HOUR), ENT_PART_WITHDRAWN);
	/* A member takes part in nothing any more, and its consents end. */
	alliance_say(c.charter, UK, QUORUM, T0 + HOUR, "withdraw membership");
	assert_int_equal(alliance_part(c.charter, T0 + HOUR, "uk.example", "quantum"), ENT_PART_WITHDRAWN);
	assert_int_equal(alliance_part(c.charter, T0 + HOUR, "au.example", "quantum"), ENT_PART_ENDED);
	assert_int_equal(jp_at(c.charter, T0 + HOUR), ENT_PART_ENDED);
	world_give_consent(c.charter, UK, &c.project, T0 + 2 * HOUR, T0 + DAY);
	assert_int_equal(alliance_part(c.charter, T0 + 2 * HOUR, "au.example", "quantum"), ENT_PART_ENDED);
	ENT_AUTO(ent_state) state = world_derive(c.charter, T0 + 2 * HOUR);
	assert_true(ent_state_member(state, ENT_LIT("uk.example"))->withdrawn);
}

/* C-58 C-59: since the admission took its name, another project of the name was in force. */
static void
an_admission_to_an_earlier_project_of_the_name_has_ended(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash next, rival, again;

	(void)unused;
	next = world_add_project(a.charter, &(struct world_project){ .title = "Next", .replaces = &a.project });
	alliance_consent(a.charter, &next, T0 + HOUR);
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_ACTIVE); /* of the same lineage */
	rival = world_add_project(a.charter, &(struct world_project){ .title = "Rival" });
	alliance_consent(a.charter, &rival, T0 + HOUR);
	assert_int_equal(jp_at(a.charter, T0 + 2 * HOUR), ENT_PART_ACTIVE); /* it never held the name */
	for (size_t m = 0; m < MEMBERS; m++)
		world_be_alive(a.charter, m, T0 + HOUR + 200 * DAY);
	again = world_add_project(a.charter, &(struct world_project){ .title = "Again" });
	alliance_consent(a.charter, &again, T0 + HOUR + 200 * DAY);
	/* By now all of the first has run out. */
	alliance_consent(a.charter, &a.party, T0 + HOUR + 200 * DAY);
	alliance_consent(a.charter, &a.admit, T0 + HOUR + 200 * DAY);
	assert_int_equal(alliance_part(a.charter, T0 + HOUR + 200 * DAY, "au.example", "quantum"), ENT_PART_ACTIVE);
	assert_int_equal(jp_at(a.charter, T0 + HOUR + 200 * DAY), ENT_PART_ACTIVE); /* it lapsed, and was consented to anew */
}

static void
a_project_of_another_lineage_does_not_inherit_partners(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first, second, party, admit;

	(void)unused;
	first = world_add_project(charter, &(struct world_project){ .until_unix_s = T0 + 5 * HOUR });
	alliance_consent(charter, &first, T0);
	party = world_add_party(charter, &(struct world_party){ .party = JP });
	admit = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party });
	alliance_consent(charter, &party, T0);
	alliance_consent(charter, &admit, T0);
	assert_int_equal(jp_at(charter, T0), ENT_PART_ACTIVE);
	second = world_add_project(charter, &(struct world_project){ .title = "Second" });
	alliance_consent(charter, &second, T0 + HOUR);
	assert_int_equal(alliance_part(charter, T0 + 5 * HOUR, "au.example", "quantum"), ENT_PART_ACTIVE);
	assert_int_equal(jp_at(charter, T0 + 5 * HOUR), ENT_PART_ENDED);
	assert_true(alliance_why(charter, T0 + 5 * HOUR, "jp.example", "quantum", ENT_R_PARTNER_ENDED, "earlier project quantum"));
}

/* C-58: the admission is of this party proposal, or of one that it replaced. */
static void
an_admission_of_another_party_proposal_admits_nobody(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash next, other, admit;
	CHARTER = world_charter(NULL);

	(void)unused;
	next = world_add_party(a.charter, &(struct world_party){ .party = JP, .title = "Next", .officers_of = JP_TOO, .replaces = &a.party });
	alliance_consent(a.charter, &next, T0 + HOUR);
	assert_int_equal(alliance_force(a.charter, T0 + HOUR, &a.party), ENT_FORCE_ENDED);
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_ACTIVE); /* by lineage */
	world_in_force(charter, NULL);
	other = world_add_party(charter, &(struct world_party){ .party = JP, .title = "Other" });
	next = world_add_party(charter, &(struct world_party){ .party = JP });
	admit = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = other });
	alliance_consent(charter, &next, T0);
	alliance_consent(charter, &admit, T0);
	assert_int_equal(jp_at(charter, T0), ENT_PART_PROPOSED);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_PROPOSED, "names party proposal"));
}

/* C-17: an admission begins at its `from` and ends at its `until`. */
static void
an_admission_has_its_dates(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash party, admit;

	(void)unused;
	world_in_force(charter, NULL);
	party = world_add_party(charter, &(struct world_party){ .party = JP });
	admit = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party, .from_unix_s = T0 + HOUR, .until_unix_s = T0 + 3 * HOUR });
	alliance_consent(charter, &party, T0);
	alliance_consent(charter, &admit, T0);
	assert_int_equal(jp_at(charter, T0 + HOUR - 1), ENT_PART_PROPOSED);
	assert_true(alliance_why(charter, T0, "jp.example", "quantum", ENT_R_PARTNER_PROPOSED, "begins 2026-11-21T10:00:00Z"));
	assert_int_equal(jp_at(charter, T0 + HOUR), ENT_PART_ACTIVE);
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + HOUR);
	assert_int_equal(ent_state_admission(state, ENT_LIT("jp.example"), ENT_LIT("quantum"))->in_force_since_unix_s, T0 + HOUR);
	assert_int_equal(jp_at(charter, T0 + 3 * HOUR), ENT_PART_ENDED);
}

/* C-65 */
static void
a_partner_closes_with_the_smaller_freshness(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0);
	struct ent_participation part;
	struct ent_error err = { 0 };

	(void)unused;
	assert_int_equal(ent_state_fresh_s(state, ent_state_standing_by_hash(state, &a.project)), 24 * HOUR);
	assert_int_equal(ent_state_fresh_s(state, ent_state_standing_by_hash(state, &a.admit)), 24 * HOUR); /* its project's */
	assert_int_equal(ent_state_fresh_s(state, ent_state_standing_by_hash(state, &a.party)), 48 * HOUR);
	assert_ok(ent_state_participation(state, ENT_LIT("jp.example"), ENT_LIT("quantum"), &part, &err));
	assert_int_equal(part.closes_unix_s, T0 + 24 * HOUR);
	assert_int_equal(part.party->closes_unix_s, T0 + 48 * HOUR);
	assert_int_equal(jp_at(a.charter, T0 + 24 * HOUR), ENT_PART_ACTIVE);
	assert_int_equal(jp_at(a.charter, T0 + 24 * HOUR + 1), ENT_PART_UNHEARD);
}

/* C-64 */
static void
accreditations_are_counted_by_member_and_while_they_are_heard(void **unused)
{
	ALLIANCE a = alliance_new(NULL, "requires posture-2 from all\n");
	struct ent_participation part;
	struct ent_error err = { 0 };

	(void)unused;
	assert_int_equal(jp_at(a.charter, T0), ENT_PART_LAPSED);
	assert_true(alliance_why(a.charter, T0, "jp.example", "quantum", ENT_R_ACCREDITATION, "us.example accredit jp.example posture-2"));
	alliance_say(a.charter, AU, QUORUM, T0, "accredit jp.example posture-2 until 2026-11-25T00:00:00Z");
	alliance_say(a.charter, UK, QUORUM, T0, "accredit jp.example posture-2 until 2026-11-21T12:00:00Z");
	alliance_say(a.charter, US, QUORUM, T0, "accredit jp.example posture-1 until 2026-11-25T00:00:00Z"); /* another profile */
	assert_int_equal(jp_at(a.charter, T0), ENT_PART_LAPSED);
	alliance_say(a.charter, US, QUORUM, T0, "accredit jp.example posture-2 until 2026-11-25T00:00:00Z");
	assert_int_equal(jp_at(a.charter, T0), ENT_PART_ACTIVE);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0);
	assert_ok(ent_state_participation(state, ENT_LIT("jp.example"), ENT_LIT("quantum"), &part, &err));
	assert_int_equal(part.closes_unix_s, T0 + 3 * HOUR); /* C-29: uk's runs out first */
	assert_int_equal(ent_state_accreditation_count(state), 4);
	assert_true(part.partner && part.admit->state == ENT_FORCE_ACTIVE);
	assert_int_equal(jp_at(a.charter, T0 + 3 * HOUR), ENT_PART_LAPSED);
	assert_true(alliance_why(a.charter, T0 + 3 * HOUR, "jp.example", "quantum", ENT_R_ACCREDITATION,
	    "lapsed: uk.example's accreditation posture-2 ended 2026-11-21T12:00:00Z, statement uk "));
}

static void
a_profile_of_a_project_may_be_asked_of_members_too(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	world_in_force(charter, &(struct world_project){ .optional = "requires posture-1 from 2 for all\n" });
	assert_int_equal(alliance_part(charter, T0, "uk.example", "quantum"), ENT_PART_LAPSED);
	assert_true(alliance_why(charter, T0, "uk.example", "quantum", ENT_R_ACCREDITATION, "2 of: au.example accredit uk.example posture-1"));
	alliance_say(charter, AU, QUORUM, T0, "accredit uk.example posture-1 until 2026-11-25T00:00:00Z");
	alliance_say(charter, US, QUORUM, T0, "accredit uk.example posture-1 until 2026-11-25T00:00:00Z");
	assert_int_equal(alliance_part(charter, T0, "uk.example", "quantum"), ENT_PART_ACTIVE);
	assert_int_equal(alliance_part(charter, T0, "au.example", "quantum"), ENT_PART_LAPSED);
}

/* C-64: what lacks only because a member is not heard makes unheard, not lapsed. */
static void
an_accreditation_of_a_member_that_is_not_heard_does_not_count(void **unused)
{
	ALLIANCE a = alliance_new(&(struct world_rules){ .consents = "2", .admit = "2" }, "requires posture-2 from all\n");

	(void)unused;
	for (size_t m = 0; m < MEMBERS; m++)
		alliance_say(a.charter, m, QUORUM, T0, "accredit jp.example posture-2 until 2026-12-25T00:00:00Z");
	world_be_alive(a.charter, AU, T0 + 49 * HOUR);
	world_be_alive(a.charter, UK, T0 + 49 * HOUR);
	assert_int_equal(alliance_part(a.charter, T0 + 49 * HOUR, "au.example", "quantum"), ENT_PART_ACTIVE);
	assert_int_equal(jp_at(a.charter, T0 + 49 * HOUR), ENT_PART_UNHEARD);
	assert_true(alliance_why(a.charter, T0 + 49 * HOUR, "jp.example", "quantum", ENT_R_MEMBER_UNHEARD, "hear us.example"));
}

/* ---- whose words count ---- */

static size_t
jp_keys(const struct ent_charter *charter, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	const struct ent_member_state *jp = ent_state_party(state, ENT_LIT("jp.example"));

	return jp != NULL ? jp->issuer_key_count : 0;
}

static void
publish_issuer_key(struct ent_charter *charter, size_t officers_of, int64_t time_unix_s, const char *kid)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1 << 16);
	struct ent_error err = { 0 };
	const char *act;

	world_issuer_key_line(&line, world_issuers[JP], kid, world_keys(officers_of)->issuer, time_unix_s + 90 * DAY);
	assert_ok(ent_buf_cstr(&line, &act, &err));
	world_be_alive(charter, JP, time_unix_s);
	world_state_act(charter, &(struct world_statement){ .by = JP, .time_unix_s = time_unix_s, .act = act,
	    .signers_of = officers_of == JP ? 0 : officers_of - JP });
}

/* C-25: a partner whose clock is behind publishes a member's key first, by the times: it is the member's all the same. */
static void
a_partner_with_a_slow_clock_takes_no_members_key(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1 << 16);
	struct ent_error err = { 0 };
	const char *act;

	(void)unused;
	world_publish_keys(a.charter, T0 + HOUR);
	world_key_line(&line, world_keys(AU)->kas);
	assert_ok(ent_buf_cstr(&line, &act, &err));
	world_be_alive(a.charter, JP, T0);
	world_state_act(a.charter, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = act });
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + 2 * HOUR);
	assert_non_null(ent_state_kas_key(state, ENT_LIT("au.example"), ENT_KEY_EC_P256));
	assert_int_equal(ent_state_party(state, ENT_LIT("jp.example"))->key_count, 0);
}

/* C-55: a reading counts while its proposal holds the name, and what it said before it was replaced goes on. */
static void
old_officers_speak_until_they_are_replaced(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash next;

	(void)unused;
	publish_issuer_key(a.charter, JP, T0, "k1");
	publish_issuer_key(a.charter, JP_TOO, T0, "k2"); /* nobody yet */
	assert_int_equal(jp_keys(a.charter, T0), 1);
	next = world_add_party(a.charter, &(struct world_party){ .party = JP, .officers_of = JP_TOO, .replaces = &a.party });
	assert_int_equal(jp_keys(a.charter, T0), 1);
	alliance_consent(a.charter, &next, T0 + HOUR);
	/* Now the new officers' key is there from the beginning, and the old one's stays. */
	assert_int_equal(jp_keys(a.charter, T0 + HOUR), 2);
	publish_issuer_key(a.charter, JP, T0 + 2 * HOUR, "k3"); /* too late: they are officers no more */
	assert_int_equal(jp_keys(a.charter, T0 + 2 * HOUR), 2);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + 2 * HOUR);
	assert_non_null(ent_state_issuer_key(state, ent_view_str(world_issuers[JP]), ENT_LIT("k1")));
	assert_null(ent_state_issuer_key(state, ent_view_str(world_issuers[JP]), ENT_LIT("k3")));
	assert_int_equal(ent_state_partner_count(state), 1);
	assert_true(ent_state_party_by_issuer(state, ent_view_str(world_issuers[JP])) == ent_state_partner_at(state, 0));
}

/* C-42 C-55: once lapsed it is still known by its issuer, and none of its keys counts. */
static void
a_partner_that_lapsed_is_known_and_signs_nobody_in(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);

	(void)unused;
	publish_issuer_key(a.charter, JP, T0, "k1");
	assert_int_equal(jp_keys(a.charter, T0 + 200 * DAY), 0);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + 200 * DAY);
	assert_non_null(ent_state_party_by_issuer(state, ent_view_str(world_issuers[JP])));
	assert_null(ent_state_party_by_issuer(state, ENT_LIT("https://node.jp.example/")));
	assert_int_equal(ent_state_party(state, ENT_LIT("jp.example"))->standing->state, ENT_FORCE_LAPSED);
}

/* C-42: a party whose proposal never held its name is nobody's. */
static void
a_partner_that_was_never_in_force_speaks_for_nobody(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	world_add_party(charter, &(struct world_party){ .party = JP });
	world_follow(charter, JP);
	publish_issuer_key(charter, JP, T0, "k1");
	ENT_AUTO(ent_state) state = world_derive(charter, T0);
	assert_null(ent_state_party_by_issuer(state, ent_view_str(world_issuers[JP])));
	assert_null(ent_state_party(state, ENT_LIT("jp.example")));
	assert_int_equal(ent_state_partner_count(state), 0);
}

/* C-25: a reading of a proposal that never held its name claims nothing. */
static void
who_was_never_in_force_claims_no_key(void **unused)
{
	CHARTER = world_charter(NULL);
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1 << 16);
	struct ent_error err = { 0 };
	struct ent_hash party;
	const char *act;

	(void)unused;
	party = world_add_party(charter, &(struct world_party){ .party = JP });
	world_follow(charter, JP);
	world_key_line(&line, world_keys(UK)->kas);
	assert_ok(ent_buf_cstr(&line, &act, &err));
	alliance_say(charter, JP, QUORUM, T0, "%s", act);
	alliance_say(charter, UK, QUORUM, T0 + 60, "%s", act);
	ENT_AUTO(ent_state) before = world_derive(charter, T0 + 60);
	assert_non_null(ent_state_kas_key(before, ENT_LIT("uk.example"), ENT_KEY_EC_P256));
	alliance_consent(charter, &party, T0 + 120);
	ENT_AUTO(ent_state) after = world_derive(charter, T0 + 120);
	assert_non_null(ent_state_kas_key(after, ENT_LIT("uk.example"), ENT_KEY_EC_P256)); /* a member comes before a partner */
	assert_int_equal(ent_state_party(after, ENT_LIT("jp.example"))->key_count, 0);
}

/* C-55: who was never in force narrows nothing, and who was replaced opens nothing. */
static void
only_officers_of_now_and_before_have_a_say(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash next = world_add_party(a.charter, &(struct world_party){ .party = JP, .officers_of = JP_TOO, .replaces = &a.party }), stop;
	const struct world_statement by_new = { .by = JP, .time_unix_s = T0 + 60, .act = "stop partner jp.example", .signers_of = JP_TOO - JP };
	char hash[ENT_HASH_BASE64_SIZE], resume[128];

	(void)unused;
	world_be_alive(a.charter, JP, T0 + 60);
	stop = world_say_in(a.charter, JP, &by_new);
	assert_int_equal(jp_at(a.charter, T0 + 60), ENT_PART_ACTIVE); /* officers of a mere proposal */
	assert_int_equal(alliance_force(a.charter, T0 + 60, &next), ENT_FORCE_PROPOSED);
	alliance_consent(a.charter, &next, T0 + HOUR);
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_SUSPENDED); /* now they are its officers, and said so */
	alliance_resume(a.charter, JP, &stop, T0 + 2 * HOUR); /* by the old ones */
	assert_int_equal(jp_at(a.charter, T0 + 2 * HOUR), ENT_PART_SUSPENDED);
	ent_hash_base64(hash, &stop);
	snprintf(resume, sizeof(resume), "resume %s", hash);
	world_be_alive(a.charter, JP, T0 + 3 * HOUR);
	world_say_in(a.charter, JP, &(struct world_statement){ .by = JP, .time_unix_s = T0 + 3 * HOUR, .act = resume, .signers_of = JP_TOO - JP });
	assert_int_equal(jp_at(a.charter, T0 + 3 * HOUR), ENT_PART_ACTIVE);
	alliance_say(a.charter, JP, 0, T0 + 4 * HOUR, "stop partner jp.example"); /* old officers may still narrow */
	assert_int_equal(jp_at(a.charter, T0 + 4 * HOUR), ENT_PART_SUSPENDED);
}

/* A stop that two sets of officers understand is one. */
static void
one_text_in_two_readings_is_one_stop(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash next = world_add_party(a.charter, &(struct world_party){ .party = JP, .title = "Same officers", .replaces = &a.party }), stop;

	(void)unused;
	alliance_consent(a.charter, &next, T0 + HOUR);
	stop = alliance_say(a.charter, JP, 0, T0 + 2 * HOUR, "stop partner jp.example");
	assert_int_equal(alliance_stops(a.charter, T0 + 2 * HOUR), 1);
	publish_issuer_key(a.charter, JP, T0 + 2 * HOUR, "k1");
	assert_int_equal(jp_keys(a.charter, T0 + 2 * HOUR), 1);
	alliance_resume(a.charter, JP, &stop, T0 + 3 * HOUR);
	assert_int_equal(jp_at(a.charter, T0 + 3 * HOUR), ENT_PART_ACTIVE);
}

/* C-26: a kid stays one key, also for the officers who come after. */
static void
an_issuers_kid_is_one_key_under_all_officers(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash next = world_add_party(a.charter, &(struct world_party){ .party = JP, .officers_of = JP_TOO, .replaces = &a.party });

	(void)unused;
	publish_issuer_key(a.charter, JP, T0, "k1");
	alliance_consent(a.charter, &next, T0 + HOUR);
	publish_issuer_key(a.charter, JP_TOO, T0 + 2 * HOUR, "k1");
	assert_int_equal(jp_keys(a.charter, T0 + 2 * HOUR), 1);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + 2 * HOUR);
	assert_true(ent_view_eq(ent_state_issuer_key(state, ent_view_str(world_issuers[JP]), ENT_LIT("k1"))->spki,
	    ent_pubkey_spki(ent_key_public(world_keys(JP)->issuer))));
}

/* C-24: no party's officer or log key is another's seal key while it is in force. */
static void
a_partners_own_key_is_nobodys_seal_key(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash party = world_add_party(charter, &(struct world_party){ .party = JP });
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1 << 16);
	struct ent_error err = { 0 };
	const char *act;

	(void)unused;
	world_seal_key_line(&line, world_keys(JP)->officers[1]);
	assert_ok(ent_buf_cstr(&line, &act, &err));
	alliance_say(charter, UK, QUORUM, T0, "%s", act);
	ENT_AUTO(ent_state) before = world_derive(charter, T0);
	assert_int_equal(ent_state_member(before, ENT_LIT("uk.example"))->key_count, 1);
	alliance_consent(charter, &party, T0 + 60);
	ENT_AUTO(ent_state) after = world_derive(charter, T0 + 60);
	assert_int_equal(ent_state_member(after, ENT_LIT("uk.example"))->key_count, 0);
}

/* C-56 */
static void
a_partners_log_that_lies_freezes_or_is_stopped_closes_that_partner_only(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	ALLIANCE b = alliance_new(NULL, NULL);
	ALLIANCE c = alliance_new(NULL, NULL);
	struct alliance *all[] = { &a, &b, &c };
	struct ent_error err = { 0 };

	(void)unused;
	assert_ok(ent_charter_set_broken(a.charter, ENT_LIT("jp.example"), "two histories", &err));
	alliance_say(b.charter, JP, QUORUM, T0 + 60, "decline 2.1");
	alliance_stop_key(c.charter, JP, JP, ROE, world_keys(JP)->log, T0 + 60);
	for (size_t i = 0; i < ENT_COUNT(all); i++) {
		ENT_AUTO(ent_state) state = world_derive(all[i]->charter, T0 + 60);
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_reasons reasons = { 0 };

		assert_int_equal(jp_at(all[i]->charter, T0 + 60), ENT_PART_SUSPENDED);
		assert_true(alliance_why(all[i]->charter, T0 + 60, "jp.example", "quantum", ENT_R_PARTNER_LOG, "suspended: "));
		assert_int_equal(alliance_part(all[i]->charter, T0 + 60, "au.example", "quantum"), ENT_PART_ACTIVE);
		assert_ok(ent_arena_new(&arena, 1 << 20, &err));
		reasons.arena = arena;
		assert_ok(ent_state_node_reasons(state, &reasons, &err));
		assert_int_equal(reasons.count, 0);
	}
}

/* C-56: whoever brings another log key has no say under that name. */
static void
a_name_has_one_log_for_ever(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash other = world_add_party(a.charter, &(struct world_party){ .party = JP, .log_of = JP_TOO, .replaces = &a.party });

	(void)unused;
	alliance_consent(a.charter, &other, T0 + HOUR);
	assert_int_equal(alliance_force(a.charter, T0 + HOUR, &other), ENT_FORCE_PROPOSED);
	assert_int_equal(alliance_force(a.charter, T0 + HOUR, &a.party), ENT_FORCE_ACTIVE);
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
	alliance_consent(a.charter, &other, T0 + HOUR + 200 * DAY); /* also when the name is free */
	assert_int_equal(alliance_force(a.charter, T0 + HOUR + 200 * DAY, &other), ENT_FORCE_PROPOSED);
}

/* C-57 */
static void
a_party_that_repeats_anothers_issuer_is_void_while_that_holds_its_name(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash copy = world_add_party(a.charter, &(struct world_party){ .party = KR, .issuer = "https://node.jp.example/" });

	(void)unused;
	alliance_consent(a.charter, &copy, T0 + HOUR);
	assert_int_equal(alliance_force(a.charter, T0 + HOUR, &copy), ENT_FORCE_PROPOSED);
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
	for (size_t m = 0; m < MEMBERS; m++)
		world_be_alive(a.charter, m, T0 + 200 * DAY);
	assert_int_equal(alliance_force(a.charter, T0 + 200 * DAY, &a.party), ENT_FORCE_PROPOSED); /* void now, not lapsed */
	assert_int_equal(alliance_force(a.charter, T0 + 200 * DAY, &copy), ENT_FORCE_ACTIVE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_partner_goes_from_nothing_to_active_by_its_last_consent),
		cmocka_unit_test(a_note_consults_whose_name_it_says_and_nobody_else),
		cmocka_unit_test(a_closed_pillar_has_no_partner_whatever_anyone_signed),
		cmocka_unit_test(a_consent_that_is_withdrawn_ends_it_and_a_new_one_brings_it_back),
		cmocka_unit_test(a_withdrawal_ends_the_consent_that_it_names),
		cmocka_unit_test(a_withdrawal_that_is_earlier_than_its_consent_ends_it_from_the_beginning),
		cmocka_unit_test(leaving_is_final),
		cmocka_unit_test(an_admission_to_an_earlier_project_of_the_name_has_ended),
		cmocka_unit_test(a_project_of_another_lineage_does_not_inherit_partners),
		cmocka_unit_test(an_admission_of_another_party_proposal_admits_nobody),
		cmocka_unit_test(an_admission_has_its_dates),
		cmocka_unit_test(a_partner_closes_with_the_smaller_freshness),
		cmocka_unit_test(accreditations_are_counted_by_member_and_while_they_are_heard),
		cmocka_unit_test(a_profile_of_a_project_may_be_asked_of_members_too),
		cmocka_unit_test(an_accreditation_of_a_member_that_is_not_heard_does_not_count),
		cmocka_unit_test(old_officers_speak_until_they_are_replaced),
		cmocka_unit_test(a_partner_that_lapsed_is_known_and_signs_nobody_in),
		cmocka_unit_test(a_partner_that_was_never_in_force_speaks_for_nobody),
		cmocka_unit_test(who_was_never_in_force_claims_no_key),
		cmocka_unit_test(only_officers_of_now_and_before_have_a_say),
		cmocka_unit_test(one_text_in_two_readings_is_one_stop),
		cmocka_unit_test(an_issuers_kid_is_one_key_under_all_officers),
		cmocka_unit_test(a_partners_own_key_is_nobodys_seal_key),
		cmocka_unit_test(a_partner_with_a_slow_clock_takes_no_members_key),
		cmocka_unit_test(a_partners_log_that_lies_freezes_or_is_stopped_closes_that_partner_only),
		cmocka_unit_test(a_name_has_one_log_for_ever),
		cmocka_unit_test(a_party_that_repeats_anothers_issuer_is_void_while_that_holds_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
