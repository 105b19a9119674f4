/* Stops and resumes under attack (charter section 11): on paper, withheld, replayed, by others, in a flood, with a stolen key. */
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
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)

static enum ent_part
jp_at(const struct ent_charter *charter, int64_t now_unix_s)
{
	return alliance_part(charter, now_unix_s, "jp.example", "quantum");
}

static enum ent_part
au_at(const struct ent_charter *charter, int64_t now_unix_s)
{
	return alliance_part(charter, now_unix_s, "au.example", "quantum");
}

/* ---- where it stands ---- */

/* C-60 C-8: on paper it stops nothing; in anybody's log it does, whatever its own node keeps back. */
static void
a_stop_counts_wherever_it_turns_up_and_nowhere_before(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	BUF note = ROOM;

	(void)unused;
	world_statement(&note, a.charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = "stop partner jp.example", .signers = ROE });
	assert_int_equal(jp_at(a.charter, T0), ENT_PART_ACTIVE);
	world_add(a.charter, US, ent_buf_view(&note)); /* uk's stop, carried by us */
	assert_int_equal(jp_at(a.charter, T0), ENT_PART_SUSPENDED);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0);
	const struct ent_stop *stop = ent_state_stop_at(state, 0);
	assert_int_equal(ent_state_stop_count(state), 1);
	assert_true(ent_view_eq_str(stop->by, "uk.example") && ent_view_eq_str(stop->host, "us.example"));
	assert_string_equal(stop->officers, "roe");
	assert_true(alliance_why(a.charter, T0, "jp.example", "quantum", ENT_R_STOPPED, "statement us "));
}

/* C-51 */
static void
a_stop_before_any_alive_has_always_been_there(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	alliance_say_in(charter, US, AU, 0, T0, "stop project quantum");
	world_in_force(charter, NULL);
	assert_int_equal(au_at(charter, T0), ENT_PART_SUSPENDED);
	assert_true(alliance_why(charter, T0, "au.example", "quantum", ENT_R_STOPPED, "before any `alive`"));
}

/* C-27: a stop that is kept back with all that its member says is felt after F. */
static void
who_is_silenced_to_withhold_its_stop_is_missed(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);

	(void)unused;
	world_be_alive(a.charter, AU, T0 + DAY);
	world_be_alive(a.charter, US, T0 + DAY);
	assert_int_equal(jp_at(a.charter, T0 + DAY), ENT_PART_ACTIVE);
	assert_int_equal(jp_at(a.charter, T0 + DAY + 1), ENT_PART_UNHEARD);
}

/* ---- what it stops ---- */

/* C-60 */
static void
each_stop_stops_what_it_names(void **unused)
{
	static const struct {
		const char *line; /* NULL: "stop proposal" of the admission; "": of the project */
		size_t by;
		enum ent_part jp, au, jp_elsewhere;
	} rows[] = {
		{ "stop partner jp.example", UK, ENT_PART_SUSPENDED, ENT_PART_ACTIVE, ENT_PART_SUSPENDED },
		{ "stop partner jp.example", JP, ENT_PART_SUSPENDED, ENT_PART_ACTIVE, ENT_PART_SUSPENDED },
		{ "stop partner jp.example project quantum", UK, ENT_PART_SUSPENDED, ENT_PART_ACTIVE, ENT_PART_ACTIVE },
		{ "stop partner kr.example", UK, ENT_PART_ACTIVE, ENT_PART_ACTIVE, ENT_PART_ACTIVE },
		{ "stop partner au.example", UK, ENT_PART_ACTIVE, ENT_PART_SUSPENDED, ENT_PART_ACTIVE },
		{ "stop project quantum", UK, ENT_PART_SUSPENDED, ENT_PART_SUSPENDED, ENT_PART_ACTIVE },
		{ "stop project quantum", JP, ENT_PART_ACTIVE, ENT_PART_ACTIVE, ENT_PART_ACTIVE }, /* not a partner's to say */
		{ "stop person x@jp.example", UK, ENT_PART_ACTIVE, ENT_PART_ACTIVE, ENT_PART_ACTIVE },
		{ NULL, UK, ENT_PART_SUSPENDED, ENT_PART_ACTIVE, ENT_PART_ACTIVE },
		{ "", UK, ENT_PART_SUSPENDED, ENT_PART_SUSPENDED, ENT_PART_ACTIVE },
	};

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ALLIANCE a = alliance_new(NULL, NULL);
		struct ent_hash project = world_add_project(a.charter, &(struct world_project){ .name = "undersea" }), admit, stop;
		char hash[ENT_HASH_BASE64_SIZE];

		admit = world_add_admit(a.charter, &(struct world_admit){ .party = JP, .proposal = a.party, .project = "undersea" });
		alliance_consent(a.charter, &project, T0);
		alliance_consent(a.charter, &admit, T0);
		ent_hash_base64(hash, rows[i].line == NULL ? &a.admit : &a.project);
		if (rows[i].line == NULL || rows[i].line[0] == '\0')
			stop = alliance_say(a.charter, rows[i].by, 0, T0 + 60, "stop proposal %s", hash);
		else
			stop = alliance_say(a.charter, rows[i].by, 0, T0 + 60, "%s", rows[i].line);
		if (jp_at(a.charter, T0 + 60) != rows[i].jp || au_at(a.charter, T0 + 60) != rows[i].au ||
		    alliance_part(a.charter, T0 + 60, "jp.example", "undersea") != rows[i].jp_elsewhere)
			fail_msg("row %zu: %s", i, rows[i].line != NULL ? rows[i].line : "stop proposal");
		alliance_resume(a.charter, rows[i].by, &stop, T0 + 120);
		assert_int_equal(jp_at(a.charter, T0 + 120), ENT_PART_ACTIVE);
		assert_int_equal(au_at(a.charter, T0 + 120), ENT_PART_ACTIVE);
	}
}

static void
what_is_stopped_keeps_its_name(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash rival = world_add_project(a.charter, &(struct world_project){ .title = "Rival" });

	(void)unused;
	alliance_say(a.charter, UK, 0, T0 + 60, "stop project quantum");
	alliance_consent(a.charter, &rival, T0 + HOUR);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + HOUR);
	const struct ent_standing *project = ent_state_project(state, ENT_LIT("quantum"));
	assert_true(ent_hash_eq(&project->doc->hash, &a.project));
	assert_true(project->holds);
	assert_int_equal(project->state, ENT_FORCE_SUSPENDED);
	assert_int_equal(project->closes_unix_s, 0);
}

static bool
person_stopped(const struct ent_charter *charter, const char *person, const char *words)
{
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + HOUR);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_person_reasons(state, ent_view_str(person), &reasons, &err));
	assert_true(words == NULL || world_has_reason(&reasons, ENT_R_PERSON_STOPPED, words));
	return ent_reasons_block(&reasons);
}

/* C-74 */
static void
persons_are_stopped_by_any_member_and_their_own_party(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash stop = alliance_say(a.charter, UK, 0, T0 + 60, "stop person x@jp.example");

	(void)unused;
	assert_true(person_stopped(a.charter, "x@jp.example", "uk.example stopped x@jp.example"));
	assert_false(person_stopped(a.charter, "y@jp.example", NULL));
	assert_false(person_stopped(a.charter, "x@au.example", NULL));
	alliance_say(a.charter, JP, 0, T0 + 60, "stop person y@jp.example");
	alliance_say(a.charter, JP, 0, T0 + 60, "stop person x@au.example"); /* not its own */
	assert_true(person_stopped(a.charter, "y@jp.example", "jp.example resume "));
	assert_false(person_stopped(a.charter, "x@au.example", NULL));
	alliance_resume(a.charter, UK, &stop, T0 + 120);
	assert_false(person_stopped(a.charter, "x@jp.example", NULL));
}

static bool
file_stopped(const struct ent_charter *charter, const char *originator, const char *self)
{
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + HOUR);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_file_reasons(state, ENT_LIT("0c9a3d1e-8a1b-4a7e-9c51-4f0f6a0e7b11"), ent_view_str(originator), ent_view_str(self),
	    &reasons, &err));
	world_note_codes(&reasons);
	return ent_reasons_block(&reasons);
}

/* C-74 */
static void
a_file_is_closed_by_its_originator_everywhere_and_by_others_at_home(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	alliance_say(charter, UK, 0, T0, "stop file 0c9a3d1e-8a1b-4a7e-9c51-4f0f6a0e7b11");
	assert_true(file_stopped(charter, "uk.example", "au.example"));
	assert_true(file_stopped(charter, "uk.example", "uk.example"));
	assert_true(file_stopped(charter, "au.example", "uk.example"));
	assert_true(file_stopped(charter, "", "uk.example"));
	assert_false(file_stopped(charter, "au.example", "us.example"));
	assert_false(file_stopped(charter, "", "au.example"));
}

/* ---- resumes ---- */

/* C-61 C-11 */
static void
a_stop_that_was_resumed_is_not_replayed(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	BUF note = ROOM;
	struct ent_hash stop;

	(void)unused;
	world_statement(&note, a.charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = "stop partner jp.example", .signers = ROE });
	stop = world_text_hash(ent_buf_view(&note));
	world_add(a.charter, UK, ent_buf_view(&note));
	assert_int_equal(jp_at(a.charter, T0), ENT_PART_SUSPENDED);
	alliance_resume(a.charter, UK, &stop, T0 + 60);
	assert_int_equal(jp_at(a.charter, T0 + 60), ENT_PART_ACTIVE);
	world_add(a.charter, UK, ent_buf_view(&note));
	world_add(a.charter, AU, ent_buf_view(&note));
	world_be_alive(a.charter, US, T0 + 120);
	world_add(a.charter, US, ent_buf_view(&note));
	assert_int_equal(jp_at(a.charter, T0 + 120), ENT_PART_ACTIVE);
	alliance_say(a.charter, UK, 0, T0 + 180, "stop partner jp.example"); /* a new text */
	assert_int_equal(jp_at(a.charter, T0 + 180), ENT_PART_SUSPENDED);
}

static void
a_resume_before_the_stop_turns_up_voids_it(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	BUF note = ROOM;
	struct ent_hash stop;

	(void)unused;
	world_statement(&note, a.charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = "stop partner jp.example", .signers = ROE });
	stop = world_text_hash(ent_buf_view(&note));
	alliance_resume(a.charter, UK, &stop, T0);
	world_be_alive(a.charter, AU, T0 + 60);
	world_add(a.charter, AU, ent_buf_view(&note));
	assert_int_equal(jp_at(a.charter, T0 + 60), ENT_PART_ACTIVE);
	assert_int_equal(alliance_stops(a.charter, T0 + 60), 0);
}

/* C-61 P4 */
static void
nobody_elses_resume_lifts_a_stop_and_no_withdrawal(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash stop = alliance_say(a.charter, UK, 0, T0 + 60, "stop partner jp.example"), resume;
	char hash[ENT_HASH_BASE64_SIZE];

	(void)unused;
	ent_hash_base64(hash, &stop);
	alliance_resume(a.charter, AU, &stop, T0 + 120);
	alliance_resume(a.charter, US, &stop, T0 + 120);
	alliance_resume(a.charter, JP, &stop, T0 + 120);
	alliance_say(a.charter, UK, QUORUM, T0 + 120, "withdraw %s", hash);
	alliance_say(a.charter, UK, ROE, T0 + 120, "resume %s", hash); /* one officer is too few to resume */
	assert_int_equal(jp_at(a.charter, T0 + 120), ENT_PART_SUSPENDED);
	resume = alliance_resume(a.charter, UK, &stop, T0 + 180);
	assert_int_equal(jp_at(a.charter, T0 + 180), ENT_PART_ACTIVE);
	/* C-53: a resume that is taken back lets the stop stand again. */
	ent_hash_base64(hash, &resume);
	alliance_say(a.charter, UK, POE, T0 + 240, "withdraw %s", hash);
	assert_int_equal(jp_at(a.charter, T0 + 240), ENT_PART_SUSPENDED);
}

/* ---- a flood ---- */

static void
a_flood_of_stops_is_listed_to_a_point_and_all_of_it_must_be_lifted(void **unused)
{
	enum { FLOOD = 200 };
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash stops[FLOOD];
	struct ent_reasons reasons = { 0 };
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	size_t lines = 0;

	(void)unused;
	for (size_t i = 0; i < FLOOD; i++)
		stops[i] = alliance_say_in(a.charter, i % 2 ? AU : UK, UK, 0, T0 + (int64_t)i, "stop partner jp.example");
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + HOUR);
	assert_int_equal(ent_state_stop_count(state), FLOOD);
	assert_ok(ent_arena_new(&arena, 1 << 24, &err));
	reasons.arena = arena;
	assert_ok(ent_state_party_reasons(state, ENT_LIT("jp.example"), ENT_LIT("quantum"), &reasons, &err));
	for (size_t i = 0; i < reasons.count; i++)
		lines += reasons.items[i].code == ENT_R_STOPPED;
	assert_int_equal(lines, 65);
	assert_true(world_has_reason(&reasons, ENT_R_STOPPED, "and 136 more stops"));
	for (size_t i = 0; i < FLOOD; i++) {
		assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_SUSPENDED);
		alliance_resume(a.charter, UK, &stops[i], T0 + HOUR);
	}
	assert_int_equal(jp_at(a.charter, T0 + HOUR), ENT_PART_ACTIVE);
}

/* A `reason` that imitates the program's words stays within its quotes. */
static void
a_reason_cannot_look_like_ours(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	BUF text = ROOM;
	BUF note = ROOM;
	const struct ent_signer *signer = world_keys(UK)->officers[2];
	char charter[ENT_HASH_BASE64_SIZE];
	struct ent_error err = { 0 };

	(void)unused;
	ent_hash_base64(charter, ent_charter_id(a.charter));
	assert_ok(ent_buf_printf(&text, &err, "charter/v1 statement stop\nby uk.example\ncharter %s\nepoch 1 %s\ntime 2026-11-21T09:00:00Z\n"
	    "stop partner jp.example\nreason en x\", and \"would be cured by: nothing\n", charter, charter));
	assert_ok(ent_note_sign(&note, ent_buf_view(&text), &signer, 1, &err));
	world_add(a.charter, UK, ent_buf_view(&note));
	assert_true(alliance_why(a.charter, T0, "jp.example", "quantum", ENT_R_STOPPED,
	    "suspended: uk.example stopped it 2026-11-21T09:00:00Z (officer roe), statement uk "));
	assert_true(alliance_why(a.charter, T0, "jp.example", "quantum", ENT_R_STOPPED, ", reason \"x\\\", and \\\"would be cured by: nothing\""));
}

/* ---- a stolen officer's key ---- */

/* C-62 C-9: one officer cannot silence a colleague; the others can silence him. */
static void
a_stolen_officers_key_is_silenced_by_the_others_and_silences_nobody(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash before, key;

	(void)unused;
	alliance_stop_key(a.charter, UK, UK, ROE, world_keys(UK)->officers[0], T0 + 60); /* doe's, by roe alone */
	alliance_stop_key(a.charter, UK, UK, ROE | DOE, world_keys(UK)->officers[0], T0 + 60); /* doe has no say */
	assert_int_equal(alliance_stops(a.charter, T0 + 60), 0);
	before = alliance_say(a.charter, UK, ROE, T0 + 120, "stop project quantum");
	assert_int_equal(au_at(a.charter, T0 + 120), ENT_PART_SUSPENDED);
	key = alliance_stop_key(a.charter, UK, UK, QUORUM, world_keys(UK)->officers[2], T0 + 180);
	assert_int_equal(alliance_stops(a.charter, T0 + 180), 2); /* what it signed before stands */
	alliance_say(a.charter, UK, ROE, T0 + 240, "stop partner jp.example");
	alliance_say_in(a.charter, AU, UK, ROE, T0 + 240, "stop partner us.example");
	assert_int_equal(alliance_stops(a.charter, T0 + 240), 3); /* au's clock had not come to the stop: it stands there */
	world_be_alive(a.charter, US, T0 + 240);
	alliance_say_in(a.charter, US, UK, ROE, T0 + 300, "stop partner au.example");
	assert_int_equal(alliance_stops(a.charter, T0 + 300), 3);
	alliance_resume(a.charter, UK, &before, T0 + 300);
	assert_int_equal(jp_at(a.charter, T0 + 300), ENT_PART_ACTIVE);
	/* Given back, it signs again, and what it signed meanwhile stays nothing. */
	alliance_resume(a.charter, UK, &key, T0 + 360);
	assert_int_equal(jp_at(a.charter, T0 + 360), ENT_PART_ACTIVE);
	alliance_say(a.charter, UK, ROE, T0 + 420, "stop partner jp.example");
	assert_int_equal(jp_at(a.charter, T0 + 420), ENT_PART_SUSPENDED);
}

/* C-62: a stopped key is no part of a quorum, and its consents before that stand. */
static void
a_stopped_key_is_not_counted_in_a_quorum(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash project = world_add_project(charter, NULL), stop;

	(void)unused;
	world_give_consent(charter, AU, &project, T0, T0 + 9 * DAY);
	world_give_consent(charter, US, &project, T0, T0 + 9 * DAY);
	stop = alliance_stop_key(charter, UK, UK, POE | ROE, world_keys(UK)->officers[0], T0);
	world_give_consent(charter, UK, &project, T0, T0 + 9 * DAY); /* by doe and poe */
	assert_int_equal(alliance_force(charter, T0, &project), ENT_FORCE_PROPOSED);
	alliance_resume(charter, UK, &stop, T0 + 60); /* by doe and poe: one too few */
	world_give_consent(charter, UK, &project, T0 + 60, T0 + 8 * DAY);
	assert_int_equal(alliance_force(charter, T0 + 60, &project), ENT_FORCE_PROPOSED);
	char hash[ENT_HASH_BASE64_SIZE];
	ent_hash_base64(hash, &stop);
	alliance_say(charter, UK, POE | ROE, T0 + 120, "resume %s", hash);
	world_give_consent(charter, UK, &project, T0 + 120, T0 + 7 * DAY);
	assert_int_equal(alliance_force(charter, T0 + 120, &project), ENT_FORCE_ACTIVE);
	alliance_stop_key(charter, UK, UK, POE | ROE, world_keys(UK)->officers[0], T0 + 180);
	assert_int_equal(alliance_force(charter, T0 + 180, &project), ENT_FORCE_ACTIVE);
}

/* C-62: they are taken in their order; C-52: in one second of two logs neither is before the other. */
static void
officers_that_stop_each_other_are_taken_in_their_order(void **unused)
{
	CHARTER = world_charter(NULL);
	ENT_AUTO(ent_charter) other = world_charter(NULL);

	(void)unused;
	alliance_stop_key(charter, UK, UK, QUORUM, world_keys(UK)->officers[2], T0);
	alliance_stop_key(charter, UK, UK, POE | ROE, world_keys(UK)->officers[0], T0); /* behind it, with a stopped key */
	assert_int_equal(alliance_stops(charter, T0), 1);
	for (size_t m = 0; m < MEMBERS; m++)
		world_be_alive(other, m, T0);
	alliance_stop_key(other, AU, UK, QUORUM, world_keys(UK)->officers[2], T0);
	alliance_stop_key(other, US, UK, POE | ROE, world_keys(UK)->officers[0], T0);
	assert_int_equal(alliance_stops(other, T0), 2);
	alliance_say(other, UK, DOE, T0 + 60, "stop project quantum");
	alliance_say(other, UK, ROE, T0 + 60, "stop project quantum");
	assert_int_equal(alliance_stops(other, T0 + 60), 2);
	alliance_say(other, UK, POE, T0 + 60, "stop project quantum");
	assert_int_equal(alliance_stops(other, T0 + 60), 3);
}

/* C-60: a key is stopped by its own party only. */
static void
nobody_stops_another_partys_key(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	char kid[ENT_KID_SIZE];

	(void)unused;
	ent_pubkey_kid(kid, ent_key_public(world_keys(AU)->kas));
	alliance_say(a.charter, UK, QUORUM, T0 + 60, "stop key %s", kid);
	alliance_stop_key(a.charter, UK, UK, QUORUM, world_keys(AU)->log, T0 + 60);
	alliance_stop_key(a.charter, UK, UK, QUORUM, world_keys(AU)->officers[0], T0 + 60);
	ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + 60);
	assert_false(ent_state_key_by_kid(state, ENT_LIT("au.example"), ent_view_str(kid))->stopped);
	assert_false(ent_state_member(state, ENT_LIT("au.example"))->log_key_stopped);
	assert_int_equal(jp_at(a.charter, T0 + 60), ENT_PART_ACTIVE);
}

/* ---- a party's other keys ---- */

/* C-62 C-27 */
static void
a_member_whose_log_key_is_stopped_is_not_heard(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash stop = alliance_stop_key(a.charter, UK, UK, ROE, world_keys(UK)->log, T0 + 60);

	(void)unused;
	world_be_alive(a.charter, UK, T0 + 120);
	assert_int_equal(au_at(a.charter, T0 + 120), ENT_PART_UNHEARD);
	assert_true(alliance_why(a.charter, T0 + 120, "au.example", "quantum", ENT_R_MEMBER_UNHEARD, "uk.example resume "));
	alliance_resume(a.charter, UK, &stop, T0 + 180);
	assert_int_equal(au_at(a.charter, T0 + 180), ENT_PART_ACTIVE);
}

static size_t
blocking(const struct ent_charter *charter, const char *kid)
{
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + HOUR);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	if (kid != NULL)
		assert_ok(ent_state_key_reasons(state, ENT_LIT("uk.example"), ent_view_str(kid), &reasons, &err));
	else
		assert_ok(ent_state_self_reasons(state, ENT_LIT("uk.example"), &reasons, &err));
	world_note_codes(&reasons);
	return reasons.count;
}

static const struct ent_member_key *
new_files_key(const struct ent_state *state)
{
	return ent_state_kas_key(state, ENT_LIT("uk.example"), ENT_KEY_EC_P256);
}

/* C-66 */
static void
data_keys_are_stopped_retired_destroyed_and_withdrawn(void **unused)
{
	static const struct {
		const char *line;
		bool releases;
	} rows[] = { { "stop key", false }, { "retire", true }, { "destroy", false } };
	char kid[ENT_KID_SIZE];

	(void)unused;
	ent_pubkey_kid(kid, ent_key_public(world_keys(UK)->kas));
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ALLIANCE a = alliance_new(NULL, NULL);
		struct ent_hash said;

		assert_int_equal(blocking(a.charter, kid), 0);
		alliance_say(a.charter, AU, QUORUM, T0 + 60, "%s %s", rows[i].line, kid); /* not its own */
		assert_int_equal(blocking(a.charter, kid), 0);
		said = alliance_say(a.charter, UK, i == 2 ? QUORUM : ROE, T0 + 60, "%s %s", rows[i].line, kid);
		assert_int_equal(blocking(a.charter, kid) == 0, rows[i].releases);
		ENT_AUTO(ent_state) state = world_derive(a.charter, T0 + 60);
		assert_null(new_files_key(state));
		assert_non_null(ent_state_key_by_kid(state, ENT_LIT("uk.example"), ent_view_str(kid)));
		alliance_resume(a.charter, UK, &said, T0 + 120);
		assert_int_equal(blocking(a.charter, kid) == 0, i < 2);
	}
	ALLIANCE b = alliance_new(NULL, NULL);
	assert_int_equal(blocking(b.charter, "e-0000000000000000"), 0); /* nobody's */
}

/* C-72 */
static void
a_node_whose_access_key_is_stopped_answers_nothing(void **unused)
{
	ALLIANCE a = alliance_new(NULL, NULL);
	struct ent_hash stop;

	(void)unused;
	assert_int_equal(blocking(a.charter, NULL), 0);
	stop = alliance_stop_key(a.charter, UK, UK, ROE, world_keys(UK)->access, T0 + 60);
	assert_int_equal(blocking(a.charter, NULL), 1);
	assert_int_equal(au_at(a.charter, T0 + 60), ENT_PART_ACTIVE);
	alliance_resume(a.charter, UK, &stop, T0 + 120);
	assert_int_equal(blocking(a.charter, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_counts_wherever_it_turns_up_and_nowhere_before),
		cmocka_unit_test(a_stop_before_any_alive_has_always_been_there),
		cmocka_unit_test(who_is_silenced_to_withhold_its_stop_is_missed),
		cmocka_unit_test(each_stop_stops_what_it_names),
		cmocka_unit_test(what_is_stopped_keeps_its_name),
		cmocka_unit_test(persons_are_stopped_by_any_member_and_their_own_party),
		cmocka_unit_test(a_file_is_closed_by_its_originator_everywhere_and_by_others_at_home),
		cmocka_unit_test(a_stop_that_was_resumed_is_not_replayed),
		cmocka_unit_test(a_resume_before_the_stop_turns_up_voids_it),
		cmocka_unit_test(nobody_elses_resume_lifts_a_stop_and_no_withdrawal),
		cmocka_unit_test(a_flood_of_stops_is_listed_to_a_point_and_all_of_it_must_be_lifted),
		cmocka_unit_test(a_reason_cannot_look_like_ours),
		cmocka_unit_test(a_stolen_officers_key_is_silenced_by_the_others_and_silences_nobody),
		cmocka_unit_test(a_stopped_key_is_not_counted_in_a_quorum),
		cmocka_unit_test(officers_that_stop_each_other_are_taken_in_their_order),
		cmocka_unit_test(nobody_stops_another_partys_key),
		cmocka_unit_test(a_member_whose_log_key_is_stopped_is_not_heard),
		cmocka_unit_test(data_keys_are_stopped_retired_destroyed_and_withdrawn),
		cmocka_unit_test(a_node_whose_access_key_is_stopped_answers_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
