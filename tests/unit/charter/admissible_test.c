/* What a node takes in by submission: each refusal, with its words, and what is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/time.h"
#include "world.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define CHARTER ENT_AUTO(ent_charter) charter
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const char *
text_of(struct ent_buf *buf)
{
	struct ent_error err = { 0 };
	const char *text;

	assert_ok(ent_buf_cstr(buf, &text, &err));
	return text;
}

static enum ent_status
ask_note(const struct ent_charter *charter, size_t self, const struct ent_buf *note, int64_t now_unix_s, struct ent_error *err)
{
	ent_error_clear(err);
	return ent_charter_admissible(charter, ent_view_str(world_members[self]), ent_buf_view(note), now_unix_s, err);
}

/* The statement at the node of `self`, at its own time. */
static enum ent_status
ask(const struct ent_charter *charter, size_t self, const struct world_statement *s, struct ent_error *err)
{
	BUF note = ROOM;

	world_statement(&note, charter, s);
	return ask_note(charter, self, &note, s->time_unix_s, err);
}

static void
assert_taken(const struct ent_charter *charter, size_t self, const struct world_statement *s)
{
	struct ent_error err = { 0 };
	enum ent_status status = ask(charter, self, s, &err);

	if (status != ENT_OK)
		print_error("%s: %s\n", s->act, err.text);
	assert_int_equal(status, ENT_OK);
}

static void
assert_status(const struct ent_charter *charter, size_t self, const struct world_statement *s, enum ent_status wanted, const char *words)
{
	struct ent_error err = { 0 };
	enum ent_status status = ask(charter, self, s, &err);

	if (status != wanted || strstr(err.text, words) == NULL)
		print_error("%s: %d `%s`\n", s->act, status, err.text);
	assert_int_equal(status, wanted);
	assert_non_null(strstr(err.text, words));
}

static void
assert_refused(const struct ent_charter *charter, size_t self, const struct world_statement *s, const char *words)
{
	assert_status(charter, self, s, ENT_E_REFUSED, words);
}

static struct world_statement
by(size_t party, const char *act, unsigned signers)
{
	return (struct world_statement){ .by = party, .time_unix_s = T0, .act = act, .signers = signers };
}

/* UK's charter: all alive. */
static struct ent_charter *
alive_charter(const struct world_rules *rules)
{
	struct ent_charter *charter = world_charter(rules);

	world_be_alive_all(charter, T0);
	return charter;
}

/* ---- whose ---- */

/* C-50, C-69 */
static void
only_own_statements_and_stops_are_taken(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement note = by(UK, "note text en Hello", DOE), stop = by(UK, "stop project quantum", DOE);
	struct world_statement unknown = by(JP, "stop partner jp.example", DOE);
	struct ent_error err = { 0 };
	BUF alive = ROOM;

	(void)unused;
	assert_taken(charter, UK, &note);
	assert_refused(charter, AU, &note, "submit it to that party's node");
	assert_taken(charter, UK, &stop);
	assert_taken(charter, AU, &stop);
	assert_refused(charter, AU, &unknown, "no proposal of such a party is known");
	assert_refused(charter, JP, &unknown, "has no statement log here");
	world_alive(&alive, charter, UK, 1, T0);
	assert_int_equal(ask_note(charter, UK, &alive, T0, &err), ENT_E_REFUSED);
	unknown = by(UK, "decline 2.1", DOE | POE);
	assert_refused(charter, UK, &unknown, "does not act on a decline");
}

/* C-9, C-10 */
static void
who_signed_and_when_is_said(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(UK, "withdraw project quantum", DOE);
	struct ent_error err = { 0 };
	BUF late = ROOM;

	(void)unused;
	assert_refused(charter, UK, &s, "needs the signatures of 2 officers of uk.example, it has 1");
	s.signers = DOE | POE;
	s.signers_of = 1;
	assert_refused(charter, UK, &s, "it has 0");
	s.signers_of = 0;
	assert_taken(charter, UK, &s);
	world_statement(&late, charter, &s);
	assert_int_equal(ask_note(charter, UK, &late, T0 + 7 * DAY, &err), ENT_OK);
	assert_int_equal(ask_note(charter, UK, &late, T0 + 7 * DAY + 1, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "can take effect from"));
	/* The log is ahead of this clock: it would take effect then. C-7 */
	world_be_alive(charter, UK, T0 + 8 * DAY);
	assert_int_equal(ask_note(charter, UK, &late, T0, &err), ENT_E_REFUSED);
	s.charter_id = &(struct ent_hash){ { 1 } };
	assert_refused(charter, UK, &s, "another charter");
}

/* C-11 */
static void
a_known_text_is_named_by_its_entry(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(UK, "withdraw project quantum", DOE | POE);

	(void)unused;
	world_state_act(charter, &s);
	assert_status(charter, UK, &s, ENT_E_EXISTS, "entry uk 1 already");
	s.time_unix_s = T0 + DAY; /* a day early: void for ever */
	world_state_act(charter, &s);
	assert_refused(charter, UK, &s, "entry uk 2 already, where it was void");
}

/* ---- consents ---- */

static const char *
consent_line(struct ent_buf *act, const struct ent_hash *proposal, int64_t until_unix_s)
{
	char until[ENT_TIME_TEXT_SIZE];
	struct ent_error err = { 0 };

	ent_time_print(until, until_unix_s);
	world_hash_line(act, "consent", proposal);
	assert_ok(ent_buf_printf(act, &err, " until %s", until));
	return text_of(act);
}

static enum ent_status
ask_consent(const struct ent_charter *charter, const struct ent_hash *proposal, int64_t until_unix_s, struct ent_error *err)
{
	BUF note = ROOM;

	world_consent(&note, charter, UK, ent_charter_proposal(charter, proposal)->text, T0, until_unix_s);
	return ask_note(charter, UK, &note, T0, err);
}

/* C-70 */
static void
a_consent_without_effect_is_refused(void **unused)
{
	CHARTER = alive_charter(NULL);
	BUF act = ROOM;
	BUF known = ROOM;
	struct ent_error err = { 0 };
	struct ent_hash open = world_add_project(charter, NULL), closed = world_add_project(charter, &(struct world_project){ .name = "black",
		.pillar = "i" }), party = world_add_party(charter, &(struct world_party){ .party = JP }), nodeless = world_add_party(charter,
	    &(struct world_party){ .party = KR, .node = "", .sponsor = "uk.example" });
	struct ent_hash to_open = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party });
	struct ent_hash to_closed = world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party, .project = "black" });
	struct ent_hash profile = world_add_profile(charter, "base", "Words"), unknown = { { 1 } };
	struct world_statement s = by(UK, consent_line(&act, &unknown, T0 + DAY), DOE | POE);

	(void)unused;
	s.says = "project";
	assert_refused(charter, UK, &s, "not known here: submit its text first");
	s.act = consent_line(&known, &open, T0 + DAY);
	assert_refused(charter, UK, &s, "the officers read another text");
	assert_ok(ask_consent(charter, &open, T0 + DAY, &err));
	assert_ok(ask_consent(charter, &closed, T0 + DAY, &err)); /* members may */
	assert_ok(ask_consent(charter, &party, T0 + 5000 * DAY, &err));
	assert_ok(ask_consent(charter, &to_open, T0 + DAY, &err));
	assert_int_equal(ask_consent(charter, &open, T0 + 1000 * DAY + 1, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "longer than the proposal"));
	assert_int_equal(ask_consent(charter, &to_open, T0 + 900 * DAY + 1, &err), ENT_E_REFUSED);
	assert_int_equal(ask_consent(charter, &open, T0, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "run out"));
	assert_int_equal(ask_consent(charter, &to_closed, T0 + DAY, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "closed pillar"));
	assert_int_equal(ask_consent(charter, &nodeless, T0 + DAY, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "without a node"));
	assert_int_equal(ask_consent(charter, &profile, T0 + DAY, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "no `rule profile`"));
}

static void
a_consent_to_a_profile_needs_its_rule(void **unused)
{
	CHARTER = alive_charter(&(struct world_rules){ .profile = "2" });
	struct ent_hash profile = world_add_profile(charter, "base", "Words");
	struct ent_error err = { 0 };

	(void)unused;
	assert_ok(ask_consent(charter, &profile, T0 + 5000 * DAY, &err));
}

/* C-70: `labels` are for a later version. */
static void
a_consent_to_labels_is_refused(void **unused)
{
	CHARTER = alive_charter(NULL);
	BUF text = ROOM;
	struct ent_error err = { 0 };
	char id[ENT_HASH_BASE64_SIZE];
	struct ent_hash hash;

	(void)unused;
	ent_hash_base64(id, ent_charter_id(charter));
	assert_ok(ent_buf_printf(&text, &err, "charter/v1 proposal labels\ncharter %s\ntitle en L\npolicy %s\n", id, id));
	assert_ok(ent_charter_add_proposal(charter, ent_buf_view(&text), &err));
	ent_sha256(&hash, ent_buf_view(&text));
	assert_int_equal(ask_consent(charter, &hash, T0 + DAY, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "`labels`"));
}

/* ---- withdraw, resume, retire, destroy, accredit ---- */

static const char *
about(struct ent_buf *act, const char *word, const struct ent_hash *hash)
{
	ent_buf_clear(act);
	world_hash_line(act, word, hash);
	return text_of(act);
}

/* C-70 */
static void
only_what_can_be_withdrawn_is(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement note = by(UK, "note text en Hello", DOE), stop = by(UK, "stop project quantum", DOE);
	struct world_statement resume = by(UK, "resume " HASH, DOE | POE), others = by(AU, "resume " HASH, DOE | POE);
	struct ent_hash note_hash = world_say_in(charter, UK, &note), stop_hash = world_say_in(charter, UK, &stop);
	struct ent_hash resume_hash = world_say_in(charter, UK, &resume), others_hash = world_say_in(charter, AU, &others);
	struct ent_hash project = world_add_project(charter, NULL), later = { { 9 } };
	struct world_statement s;
	BUF act = ROOM;

	(void)unused;
	s = by(UK, about(&act, "withdraw", &note_hash), POE);
	assert_refused(charter, UK, &s, "a note cannot be withdrawn");
	s = by(UK, about(&act, "withdraw", &stop_hash), POE);
	assert_refused(charter, UK, &s, "a stop is not withdrawn");
	s = by(UK, about(&act, "withdraw", &others_hash), POE);
	assert_refused(charter, UK, &s, "in the log of au.example");
	s = by(UK, about(&act, "withdraw", &project), POE);
	assert_refused(charter, UK, &s, "name the hash of the consent");
	s = by(UK, about(&act, "withdraw", &resume_hash), POE);
	assert_taken(charter, UK, &s);
	s = by(UK, about(&act, "withdraw", &later), POE); /* before it comes (C-53) */
	assert_taken(charter, UK, &s);
	s = by(UK, "withdraw membership", DOE | POE);
	assert_taken(charter, UK, &s);
	s.act = "withdraw charter";
	assert_refused(charter, UK, &s, "`withdraw membership`");
}

/* C-70, C-61 */
static void
a_resume_lifts_only_its_own_partys_stop(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement own = by(UK, "stop project quantum", DOE), others = by(AU, "stop project quantum", DOE);
	struct world_statement note = by(UK, "note text en Hello", DOE);
	struct ent_hash own_hash = world_say_in(charter, AU, &own), others_hash = world_say_in(charter, AU, &others), later = { { 9 } };
	struct ent_hash note_hash = world_say_in(charter, UK, &note), project = world_add_project(charter, NULL);
	struct world_statement s;
	BUF act = ROOM;

	(void)unused;
	s = by(UK, about(&act, "resume", &own_hash), DOE | POE);
	assert_taken(charter, UK, &s);
	s = by(UK, about(&act, "resume", &others_hash), DOE | POE);
	assert_refused(charter, UK, &s, "that stop is au.example's");
	s = by(UK, about(&act, "resume", &note_hash), DOE | POE);
	assert_refused(charter, UK, &s, "is no stop");
	s = by(UK, about(&act, "resume", &project), DOE | POE);
	assert_refused(charter, UK, &s, "resumes a proposal");
	s = by(UK, about(&act, "resume", &later), DOE | POE); /* not heard yet */
	assert_taken(charter, UK, &s);
}

/* C-70 */
static void
a_party_ends_and_stops_only_its_own_keys(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s;
	char kid[ENT_KID_SIZE], acts[4][64];
	BUF key = ROOM;

	(void)unused;
	world_key_line(&key, world_keys(AU)->kas);
	s = by(AU, text_of(&key), DOE | POE);
	world_state_act(charter, &s);
	ent_pubkey_kid(kid, ent_key_public(world_keys(AU)->kas));
	for (size_t i = 0; i < 3; i++) {
		static const char *const words[] = { "retire", "destroy", "stop key" };

		snprintf(acts[i], sizeof(acts[i]), "%s %s", words[i], kid);
		s = by(UK, acts[i], DOE | POE);
		assert_refused(charter, UK, &s, "never published a key");
		s = by(AU, acts[i], DOE | POE);
		assert_taken(charter, AU, &s);
	}
	s = by(UK, "stop key au.example/officer/doe+00000000", DOE | POE);
	assert_refused(charter, UK, &s, "is no key of uk.example");
	s.act = "retire e-0123456789abcdef";
	assert_refused(charter, UK, &s, "never published a key");
	/* AU's log may be behind here: UK's node takes AU's stop of a kid that it does not know. */
	s = by(AU, "stop key e-0123456789abcdef", DOE);
	assert_taken(charter, UK, &s);
	assert_refused(charter, AU, &s, "never published a key");
}

static void
a_key_of_another_party_is_not_published_again(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s;
	BUF key = ROOM;

	(void)unused;
	world_key_line(&key, world_keys(AU)->kas);
	s = by(AU, text_of(&key), DOE | POE);
	world_state_act(charter, &s);
	s.by = UK;
	assert_refused(charter, UK, &s, "by au 1: each key has one party and one role");
	s.by = AU;
	s.time_unix_s = T0 + 1;
	assert_taken(charter, AU, &s);
}

/* C-64 */
static void
an_accreditation_has_its_limit(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(UK, "accredit jp.example base until 2027-11-21T09:00:01Z", DOE | POE);

	(void)unused;
	assert_refused(charter, UK, &s, "the epoch's limit, 365d");
	s.act = "accredit jp.example base until 2027-11-21T09:00:00Z";
	assert_taken(charter, UK, &s);
	s.act = "accredit jp.example base until 2026-11-21T09:00:00Z";
	assert_refused(charter, UK, &s, "run out");
}

/* ---- stops ---- */

/* C-69 */
static void
a_stop_that_is_known_is_named_by_its_place(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(UK, "stop project quantum", DOE);

	(void)unused;
	(void)world_say_in(charter, AU, &s);
	assert_status(charter, US, &s, ENT_E_EXISTS, "the stop is entry au 1 already");
	assert_status(charter, UK, &s, ENT_E_EXISTS, "the stop is entry au 1 already");
	s.signers = DOE | ROE; /* who else signed it does not make it another */
	assert_status(charter, US, &s, ENT_E_EXISTS, "the stop is entry au 1 already");
}

/* C-62: who pushes a stop's text into a log with a stopped key does not keep it out of others. */
static void
a_copy_by_a_stopped_key_hides_no_other(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement stop_key, s = by(UK, "stop project quantum", DOE);
	BUF act = ROOM;

	(void)unused;
	world_stop_key_line(&act, world_keys(UK)->officers[0]);
	stop_key = by(UK, text_of(&act), POE | ROE);
	world_state_act(charter, &stop_key);
	world_be_alive_all(charter, T0 + HOUR);
	s.time_unix_s = T0 + HOUR;
	(void)world_say_in(charter, AU, &s);
	assert_refused(charter, US, &s, "are stopped");
	s.signers = POE;
	assert_taken(charter, US, &s);
	(void)world_say_in(charter, AU, &s);
	assert_status(charter, US, &s, ENT_E_EXISTS, "entry au");
}

/* C-69 */
static void
an_officer_has_one_standing_stop_of_a_target(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(UK, "stop project quantum", DOE);

	(void)unused;
	(void)world_say_in(charter, AU, &s);
	s.time_unix_s = T0 + 1;
	assert_refused(charter, UK, &s, "as by entry au 1");
	assert_refused(charter, US, &s, "as by entry au 1");
	s.signers = DOE | POE;
	assert_taken(charter, US, &s);
	s.signers = POE;
	assert_taken(charter, US, &s);
	(void)world_say_in(charter, UK, &s);
	s.signers = DOE | POE; /* each of them has one */
	s.time_unix_s = T0 + 2;
	assert_refused(charter, US, &s, "each officer that signed this");
	s.act = "stop project radar";
	assert_taken(charter, US, &s);
	s = by(AU, "stop project quantum", DOE); /* another party's officer */
	assert_taken(charter, AU, &s);
}

/* C-69, C-61 */
static void
who_was_resumed_stops_again_with_a_second_officer(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(UK, "stop project quantum", DOE), resume;
	struct ent_hash hash = world_say_in(charter, UK, &s);
	struct world_statement again = s;
	BUF act = ROOM;

	(void)unused;
	resume = by(UK, about(&act, "resume", &hash), DOE | POE);
	world_state_act(charter, &resume);
	s.signers = DOE | ROE;
	assert_refused(charter, US, &s, "resumed by entry uk 2");
	again.time_unix_s = T0 + 7 * DAY - 1;
	assert_refused(charter, UK, &again, "by entry uk 2: a second officer must sign, or wait until 2026-11-28T09:00:00Z");
	again.signers = POE; /* another officer never stopped it */
	assert_taken(charter, UK, &again);
	again.signers = DOE | POE;
	assert_taken(charter, UK, &again);
	again.signers = DOE;
	again.time_unix_s = T0 + 7 * DAY;
	assert_taken(charter, UK, &again);
	again.act = "stop project radar";
	again.time_unix_s = T0 + 1;
	assert_taken(charter, UK, &again);
}

/* C-61: resumed before it turned up here. */
static void
a_stop_that_was_resumed_before_it_came_is_not_taken(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(UK, "stop project quantum", DOE), resume;
	struct ent_hash hash;
	BUF note = ROOM;
	BUF act = ROOM;

	(void)unused;
	world_statement(&note, charter, &s);
	hash = world_text_hash(ent_buf_view(&note));
	resume = by(UK, about(&act, "resume", &hash), DOE | POE);
	world_state_act(charter, &resume);
	assert_refused(charter, AU, &s, "resumed by entry uk 1");
	/* Another party's resume of it is nothing. */
	s.by = US;
	assert_taken(charter, AU, &s);
}

/* C-62 */
static void
stopped_keys_sign_nothing_that_is_taken(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s, stop;
	BUF act = ROOM;

	(void)unused;
	world_stop_key_line(&act, world_keys(UK)->officers[0]);
	s = by(UK, text_of(&act), DOE | POE);
	assert_refused(charter, UK, &s, "2 officers of uk.example other than the one whose key it stops, it has 1");
	s.signers = POE | ROE;
	assert_taken(charter, UK, &s);
	world_state_act(charter, &s);
	world_be_alive_all(charter, T0 + HOUR);
	s = by(UK, "withdraw project quantum", DOE | POE);
	s.time_unix_s = T0 + HOUR;
	assert_refused(charter, UK, &s, "are stopped");
	s.signers = POE | ROE;
	assert_taken(charter, UK, &s);
	stop = by(UK, "stop project quantum", DOE);
	stop.time_unix_s = T0 + HOUR;
	assert_refused(charter, UK, &stop, "are stopped");
	assert_refused(charter, AU, &stop, "are stopped");
	stop.signers = DOE | POE; /* POE's counts */
	assert_taken(charter, AU, &stop);
}

/* C-69: only a signature that counts makes a second officer. */
static void
a_stopped_key_is_no_second_officer(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement stop_key, s = by(UK, "stop project quantum", POE), resume;
	struct ent_hash hash = world_say_in(charter, UK, &s);
	BUF key = ROOM;
	BUF act = ROOM;

	(void)unused;
	world_stop_key_line(&key, world_keys(UK)->officers[0]);
	stop_key = by(UK, text_of(&key), POE | ROE);
	world_state_act(charter, &stop_key);
	resume = by(UK, about(&act, "resume", &hash), POE | ROE);
	world_state_act(charter, &resume);
	world_be_alive(charter, UK, T0 + HOUR);
	s.time_unix_s = T0 + HOUR;
	s.signers = DOE | POE;
	assert_refused(charter, UK, &s, "a second officer must sign");
	s.signers = POE | ROE;
	assert_taken(charter, UK, &s);
}

/* ---- partners ---- */

/* C-60, C-69: at its own node, and at a member's. */
static void
a_partners_statements_are_taken_by_its_own_node(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement key, s = by(JP, "stop partner jp.example", ROE), project = by(JP, "stop project quantum", ROE);
	BUF line = ROOM;

	(void)unused;
	world_key_line(&line, world_keys(JP)->kas);
	key = by(JP, text_of(&line), DOE | POE);
	assert_refused(charter, JP, &key, "not followed yet");
	world_follow(charter, JP);
	assert_refused(charter, JP, &key, "propose it first");
	assert_refused(charter, AU, &s, "no proposal of such a party");
	world_add_party(charter, &(struct world_party){ .party = JP });
	assert_taken(charter, JP, &key);
	assert_refused(charter, AU, &key, "only stops are taken from other parties");
	assert_taken(charter, JP, &s);
	assert_taken(charter, AU, &s);
	assert_refused(charter, JP, &project, "it may stop itself");
	assert_refused(charter, AU, &project, "it may stop itself");
	(void)world_say_in(charter, UK, &s);
	assert_status(charter, AU, &s, ENT_E_EXISTS, "entry uk 1 already");
	assert_status(charter, JP, &s, ENT_E_EXISTS, "entry uk 1 already");
	s = by(AU, "stop project quantum", DOE);
	assert_refused(charter, JP, &s, "its own statements only");
	s = by(JP, "withdraw charter", DOE | POE);
	assert_taken(charter, JP, &s);
	s = by(JP, "withdraw membership", DOE | POE);
	assert_refused(charter, JP, &s, "`withdraw charter`");
}

/* C-54: whichever of its proposals has those officers. */
static void
a_partners_new_officers_sign_under_their_own_proposal(void **unused)
{
	CHARTER = alive_charter(NULL);
	struct world_statement s = by(JP, "withdraw project quantum", DOE | POE);
	struct ent_hash party = world_add_party(charter, &(struct world_party){ .party = JP });
	char kid[ENT_KID_SIZE], act[64];
	BUF line = ROOM;

	(void)unused;
	world_follow(charter, JP);
	s.signers_of = JP_TOO - JP;
	assert_refused(charter, JP, &s, "it has 0");
	world_add_party(charter, &(struct world_party){ .party = JP, .officers_of = JP_TOO, .replaces = &party });
	assert_taken(charter, JP, &s);
	s.signers_of = 0;
	assert_taken(charter, JP, &s);
	s = by(JP, "stop partner jp.example", ROE);
	s.signers_of = JP_TOO - JP;
	assert_taken(charter, UK, &s);
	/* The new ones end what the old ones published (C-53). */
	world_key_line(&line, world_keys(JP)->kas);
	s = by(JP, text_of(&line), DOE | POE);
	world_be_alive(charter, JP, T0);
	world_state_act(charter, &s);
	ent_pubkey_kid(kid, ent_key_public(world_keys(JP)->kas));
	snprintf(act, sizeof(act), "retire %s", kid);
	s = by(JP, act, ROE);
	s.signers_of = JP_TOO - JP;
	assert_taken(charter, JP, &s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_own_statements_and_stops_are_taken),
		cmocka_unit_test(who_signed_and_when_is_said),
		cmocka_unit_test(a_known_text_is_named_by_its_entry),
		cmocka_unit_test(a_consent_without_effect_is_refused),
		cmocka_unit_test(a_consent_to_a_profile_needs_its_rule),
		cmocka_unit_test(a_consent_to_labels_is_refused),
		cmocka_unit_test(only_what_can_be_withdrawn_is),
		cmocka_unit_test(a_resume_lifts_only_its_own_partys_stop),
		cmocka_unit_test(a_party_ends_and_stops_only_its_own_keys),
		cmocka_unit_test(a_key_of_another_party_is_not_published_again),
		cmocka_unit_test(an_accreditation_has_its_limit),
		cmocka_unit_test(a_stop_that_is_known_is_named_by_its_place),
		cmocka_unit_test(a_copy_by_a_stopped_key_hides_no_other),
		cmocka_unit_test(an_officer_has_one_standing_stop_of_a_target),
		cmocka_unit_test(who_was_resumed_stops_again_with_a_second_officer),
		cmocka_unit_test(a_stop_that_was_resumed_before_it_came_is_not_taken),
		cmocka_unit_test(stopped_keys_sign_nothing_that_is_taken),
		cmocka_unit_test(a_stopped_key_is_no_second_officer),
		cmocka_unit_test(a_partners_statements_are_taken_by_its_own_node),
		cmocka_unit_test(a_partners_new_officers_sign_under_their_own_proposal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
