/* Attacks on the logs and on what they mean (charter section 11), by name: what is tried, and that it changes nothing. */
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

static enum ent_force
state_at(const struct ent_charter *charter, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);

	return ent_state_project(state, ENT_LIT("quantum"))->state;
}

/* au and uk have consented, us is about to: with what is tried it must not come into force. */
static struct ent_charter *
two_consents(struct ent_hash *hash)
{
	struct ent_charter *charter = world_charter(NULL);

	*hash = world_add_project(charter, NULL);
	world_give_consent(charter, AU, hash, T0, T0 + 100 * DAY);
	world_give_consent(charter, UK, hash, T0, T0 + 100 * DAY);
	world_be_alive(charter, US, T0);
	return charter;
}

static void
consent_line(char out[128], const struct ent_hash *hash, int64_t until_unix_s)
{
	char base64[ENT_HASH_BASE64_SIZE], until[ENT_TIME_TEXT_SIZE];

	ent_hash_base64(base64, hash);
	ent_time_print(until, until_unix_s);
	snprintf(out, 128, "consent %s until %s", base64, until);
}

static void
says_of(struct ent_buf *out, const struct ent_charter *charter, const struct ent_hash *hash)
{
	struct ent_error err = { 0 };
	const char *text;

	assert_ok(ent_says_make(out, ent_charter_proposal(charter, hash)->text, &err));
	assert_ok(ent_buf_cstr(out, &text, &err));
}

/* ---- consents ---- */

/* C-8 C-9 C-10 C-14 */
static void
consents_that_are_wrong_in_one_thing_are_void(void **unused)
{
	static const struct ent_hash other = { { 5 } };
	static const struct {
		struct world_statement s;
		int64_t until_after; /* added to T0 */
		bool other_says;
	} rows[] = {
		{ { .signers = DOE }, DAY, false },                          /* one officer of two */
		{ { .signers_of = 1 }, DAY, false },                         /* another member's officers */
		{ { .log_key = true }, DAY, false },                         /* the log key */
		{ { .epoch = 2 }, DAY, false },                              /* an epoch that is not known */
		{ { .charter_id = &other }, DAY, false },                    /* another charter */
		{ { .time_unix_s = T0 + 121 }, DAY, false },                 /* signed for later */
		{ { .time_unix_s = T0 - 8 * DAY }, DAY, false },             /* after not-after */
		{ { .not_after_unix_s = T0 + 31 * DAY }, DAY, false },       /* good for too long */
		{ { .time_unix_s = T0 - 60, .not_after_unix_s = T0 - 1 }, DAY, false },
		{ { 0 }, 1001 * DAY, false },                                /* longer than the proposal */
		{ { 0 }, DAY, true },                                        /* the officer read something else */
		{ { 0 }, 0, false },                                         /* ran out as it was entered */
	};

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_hash hash;
		CHARTER = two_consents(&hash);
		struct world_statement s = rows[i].s;
		BUF says = ROOM;
		char act[128];

		says_of(&says, charter, &hash);
		consent_line(act, &hash, T0 + rows[i].until_after);
		s.by = US;
		s.time_unix_s = s.time_unix_s ? s.time_unix_s : T0;
		s.act = act;
		s.says = rows[i].other_says ? "project; project quantum" : (const char *)says.data;
		world_state_act(charter, &s);
		if (state_at(charter, T0) == ENT_FORCE_ACTIVE)
			fail_msg("row %zu brought the project into force", i);
	}
}

static void
the_consent_that_is_right_in_everything_counts(void **unused)
{
	struct ent_hash hash;
	CHARTER = two_consents(&hash);

	(void)unused;
	assert_int_equal(state_at(charter, T0), ENT_FORCE_PROPOSED);
	world_give_consent(charter, US, &hash, T0, T0 + DAY);
	assert_int_equal(state_at(charter, T0), ENT_FORCE_ACTIVE);
}

static void
a_consent_by_another_member_or_an_outsider_is_void(void **unused)
{
	struct ent_hash hash;
	CHARTER = two_consents(&hash);
	BUF note = ROOM;

	(void)unused;
	world_consent(&note, charter, US, ent_charter_proposal(charter, &hash)->text, T0, T0 + DAY);
	world_add(charter, UK, ent_buf_view(&note)); /* a true consent of us, in the log of uk */
	assert_int_equal(state_at(charter, T0), ENT_FORCE_PROPOSED);
}

/* C-11 */
static void
a_replayed_consent_is_void_by_its_hash(void **unused)
{
	struct ent_hash hash;
	CHARTER = two_consents(&hash);
	BUF note = ROOM;

	(void)unused;
	world_consent(&note, charter, US, ent_charter_proposal(charter, &hash)->text, T0, T0 + HOUR);
	world_add(charter, US, ent_buf_view(&note));
	assert_int_equal(state_at(charter, T0), ENT_FORCE_ACTIVE);
	world_be_alive_all(charter, T0 + HOUR);
	world_add(charter, US, ent_buf_view(&note));
	assert_int_equal(state_at(charter, T0 + HOUR), ENT_FORCE_LAPSED);
}

static void
the_first_sufficiently_signed_entry_decides_for_ever(void **unused)
{
	struct ent_hash hash;
	CHARTER = two_consents(&hash);
	BUF says = ROOM;
	char act[128];
	struct world_statement s = { .by = US, .time_unix_s = T0 - DAY, .not_after_unix_s = T0 - 1, .act = act };

	(void)unused;
	says_of(&says, charter, &hash);
	consent_line(act, &hash, T0 + DAY);
	s.says = (const char *)says.data;
	world_state_act(charter, &s); /* too late: void, and so is every other entry of this text */
	world_state_act(charter, &s);
	assert_int_equal(state_at(charter, T0), ENT_FORCE_PROPOSED);
	s = (struct world_statement){ .by = US, .time_unix_s = T0, .act = act, .says = (const char *)says.data, .signers = ROE };
	world_state_act(charter, &s); /* undersigned: absent */
	s.signers = ROE | DOE;
	world_state_act(charter, &s); /* so this one is the first */
	assert_int_equal(state_at(charter, T0), ENT_FORCE_ACTIVE);
}

/* C-10 C-11 */
static void
before_the_first_alive_nothing_takes_effect(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash = world_add_project(charter, NULL);
	BUF note = ROOM;

	(void)unused;
	world_consent(&note, charter, US, ent_charter_proposal(charter, &hash)->text, T0, T0 + DAY);
	world_add(charter, US, ent_buf_view(&note));
	world_give_consent(charter, AU, &hash, T0, T0 + DAY);
	world_give_consent(charter, UK, &hash, T0, T0 + DAY);
	world_be_alive(charter, US, T0);
	assert_int_equal(state_at(charter, T0), ENT_FORCE_PROPOSED);
	world_add(charter, US, ent_buf_view(&note)); /* the text was entered, and is void for ever */
	assert_int_equal(state_at(charter, T0), ENT_FORCE_PROPOSED);
}

/* Two proposals of one name end in one second: the second never had the name, so no seal under it is good (C-18, C-21). */
static void
what_ends_as_the_name_comes_free_never_took_it(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first = world_add_project(charter, NULL), second, third;

	(void)unused;
	second = world_add_project(charter, &(struct world_project){ .title = "Second", .replaces = &first });
	third = world_add_project(charter, &(struct world_project){ .title = "Third", .replaces = &second });
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &first, T0, T0 + HOUR);
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, &third, T0, T0 + HOUR);
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + HOUR);
	assert_int_equal(ent_state_project_by_hash(state, &first)->state, ENT_FORCE_LAPSED);
	assert_int_equal(ent_state_project_by_hash(state, &second)->state, ENT_FORCE_PROPOSED); /* nothing replaced it */
	assert_int_equal(ent_state_project_by_hash(state, &third)->state, ENT_FORCE_PROPOSED);
	assert_int_equal(ent_state_project_by_hash(state, &third)->in_force_since_unix_s, 0);
}

/* au's consent ends in the second in which us's begins: there is no second in which all three stand (C-15, C-18). */
static void
consents_that_never_stood_together_bring_nothing_into_force(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash = world_add_project(charter, NULL);

	(void)unused;
	world_give_consent(charter, AU, &hash, T0, T0 + HOUR);
	world_give_consent(charter, UK, &hash, T0, T0 + DAY);
	world_give_consent(charter, US, &hash, T0 + HOUR, T0 + DAY);
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + HOUR);
	assert_int_equal(ent_state_project_by_hash(state, &hash)->state, ENT_FORCE_PROPOSED);
	assert_int_equal(ent_state_project_by_hash(state, &hash)->in_force_since_unix_s, 0);
}

/* ---- signatures ---- */

/* Insert a line behind the note's empty line. */
static void
with_line(struct ent_buf *out, struct ent_view note, const char *line)
{
	const uint8_t *gap = memmem(note.data, note.len, "\n\n", 2);
	size_t at = (size_t)(gap - note.data) + 2;
	struct ent_error err = { 0 };

	assert_ok(ent_buf_add(out, ent_view_slice(note, 0, at), &err));
	assert_ok(ent_buf_add_str(out, line, &err));
	assert_ok(ent_buf_add(out, ent_view_slice(note, at, note.len), &err));
}

static void
flip_last_signature(struct ent_buf *note)
{
	uint8_t *c = &note->data[note->len - 20];

	*c = *c == 'A' ? 'B' : 'A';
}

/* C-2 */
static void
signatures_are_counted_once_and_a_bad_one_spoils_the_note(void **unused)
{
	struct ent_hash hash;
	CHARTER = two_consents(&hash);
	BUF note = ROOM;
	BUF edited = ROOM;
	const uint8_t *last;

	(void)unused;
	world_consent(&note, charter, US, ent_charter_proposal(charter, &hash)->text, T0, T0 + DAY);
	/* The same line twice. */
	last = memrchr(note.data, '\n', note.len - 1);
	BUF line = ROOM;
	struct ent_error err = { 0 };
	const char *text;
	assert_ok(ent_buf_add(&line, ent_view_from(last + 1, (size_t)(note.data + note.len - last - 1)), &err));
	assert_ok(ent_buf_cstr(&line, &text, &err));
	with_line(&edited, ent_view_from(note.data, (size_t)(last + 1 - note.data)), text);
	assert_ok(ent_buf_add(&edited, ent_buf_view(&line), &err));
	world_add(charter, US, ent_buf_view(&edited));
	assert_int_equal(state_at(charter, T0), ENT_FORCE_PROPOSED);
	/* A bad signature by a known officer beside two good ones. */
	BUF three = ROOM;
	BUF says = ROOM;
	char act[128];
	says_of(&says, charter, &hash);
	consent_line(act, &hash, T0 + DAY);
	world_statement(&three, charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = act, .says = (const char *)says.data,
	    .signers = DOE | POE | ROE });
	flip_last_signature(&three);
	world_add(charter, US, ent_buf_view(&three));
	assert_int_equal(state_at(charter, T0), ENT_FORCE_PROPOSED);
	/* An unknown key's line is dropped. */
	ent_buf_clear(&edited);
	with_line(&edited, ent_buf_view(&note), "\xe2\x80\x94 nobody.example/officer/x AAAAAAECAwQ=\n");
	world_add(charter, US, ent_buf_view(&edited));
	assert_int_equal(state_at(charter, T0), ENT_FORCE_ACTIVE);
}

static void
a_genesis_short_of_one_quorum_is_no_charter(void **unused)
{
	static const unsigned signers[] = { DOE, POE, ROE };
	ENT_AUTO(ent_charter) charter = NULL;

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(signers); i++) {
		BUF note = ROOM;
		struct ent_error err = { 0 };

		world_genesis(&note, &(struct world_rules){ .signers = signers[i] });
		assert_int_equal(ent_charter_new(&charter, ent_buf_view(&note), &err), ENT_E_SIGNATURE);
	}
	BUF note = ROOM;
	struct ent_error err = { 0 };
	world_genesis(&note, NULL);
	flip_last_signature(&note);
	assert_int_equal(ent_charter_new(&charter, ent_buf_view(&note), &err), ENT_E_SIGNATURE);
	assert_null(charter);
}

static void
texts_that_are_no_genesis_are_refused(void **unused)
{
	CHARTER = world_charter(NULL);
	ENT_AUTO(ent_charter) other = NULL;
	const struct ent_signer *signer = world_keys(AU)->officers[0];
	const struct ent_view texts[] = { ENT_LIT("hello\n"), ENT_LIT("charter/v1 epoch 1.1\n") };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(texts); i++) {
		BUF note = ROOM;
		struct ent_error err = { 0 };

		assert_ok(ent_note_sign(&note, texts[i], &signer, 1, &err));
		assert_int_not_equal(ent_charter_new(&other, ent_buf_view(&note), &err), ENT_OK);
	}
	BUF alive = ROOM;
	struct ent_error err = { 0 };
	world_alive(&alive, charter, AU, 0, T0);
	assert_int_equal(ent_charter_new(&other, ent_buf_view(&alive), &err), ENT_E_REFUSED);
}

/* ---- alive: freeze and false clocks ---- */

/* C-7 */
static void
only_the_log_key_and_the_right_place_make_an_alive(void **unused)
{
	CHARTER = world_charter(NULL);
	BUF forged = ROOM;
	BUF text = ROOM;
	BUF wrong_place = ROOM;
	BUF others = ROOM;
	const struct ent_signer *officer = world_keys(AU)->officers[0];
	struct ent_error err = { 0 };
	const uint8_t *gap;

	(void)unused;
	world_alive(&text, charter, AU, 0, T0);
	gap = memmem(text.data, text.len, "\n\n", 2);
	assert_ok(ent_note_sign(&forged, ent_view_from(text.data, (size_t)(gap - text.data) + 1), &officer, 1, &err));
	world_add(charter, AU, ent_buf_view(&forged));
	world_alive(&wrong_place, charter, AU, 0, T0); /* an old one, repeated as entry 1 */
	world_add(charter, AU, ent_buf_view(&wrong_place));
	world_alive(&others, charter, UK, 2, T0);
	world_add(charter, AU, ent_buf_view(&others));
	ENT_AUTO(ent_state) state = world_derive(charter, T0);
	assert_false(ent_state_member(state, ENT_LIT("au.example"))->heard_any);
	assert_int_equal(ent_state_member(state, ENT_LIT("au.example"))->log_size, 3);
}

/* C-12 */
static void
an_alive_years_ahead_is_held_back_and_later_ones_cannot_go_back(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	world_in_force(charter, NULL);
	world_be_alive(charter, UK, T0 + 1000 * DAY);
	assert_int_equal(state_at(charter, T0 + DAY), ENT_FORCE_ACTIVE); /* by the alive of T0 */
	world_be_alive(charter, UK, T0 + DAY);                             /* it cannot be taken back */
	world_be_alive(charter, AU, T0 + DAY);
	world_be_alive(charter, US, T0 + DAY);
	assert_int_equal(state_at(charter, T0 + DAY + 1), ENT_FORCE_UNHEARD);
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + DAY);
	assert_int_equal(ent_state_clock_floor(state), T0 + DAY - 120); /* one liar does not move the floor beyond the others */
}

static void
an_alive_within_120_s_ahead_counts(void **unused)
{
	CHARTER = world_charter(NULL);

	(void)unused;
	world_in_force(charter, NULL);
	world_be_alive_all(charter, T0 + 3 * DAY + 120);
	assert_int_equal(state_at(charter, T0 + 3 * DAY), ENT_FORCE_ACTIVE);
	assert_int_equal(state_at(charter, T0 + 3 * DAY - 1), ENT_FORCE_UNHEARD);
}

static void
a_consent_from_the_future_is_held_back(void **unused)
{
	struct ent_hash hash;
	CHARTER = two_consents(&hash);

	(void)unused;
	world_give_consent(charter, US, &hash, T0 + 10 * DAY, T0 + 100 * DAY);
	assert_int_equal(state_at(charter, T0 + HOUR), ENT_FORCE_PROPOSED);
	world_be_alive(charter, AU, T0 + 10 * DAY);
	world_be_alive(charter, UK, T0 + 10 * DAY);
	assert_int_equal(state_at(charter, T0 + 10 * DAY), ENT_FORCE_ACTIVE);
}

/* ---- acts that are not acted on yet ---- */

static bool
refuses_everything(const struct ent_charter *charter)
{
	ENT_AUTO(ent_state) state = world_derive(charter, T0);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_reasons reasons = { 0 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	assert_ok(ent_state_node_reasons(state, &reasons, &err));
	assert_true(ent_reasons_block(&reasons) == world_has_reason(&reasons, ENT_R_LOG_UNENFORCED, "statement us "));
	return ent_reasons_block(&reasons);
}

/* C-13 */
static void
valid_acts_that_are_not_acted_on_refuse_everything_and_invalid_ones_nothing(void **unused)
{
	static const struct {
		struct world_statement s;
		bool refuses;
	} rows[] = {
		{ { .act = "decline 2.1", .signers = DOE }, false }, /* what nobody signed freezes nothing */
		{ { .act = "decline 2.1" }, true },
		{ { .act = "decline 2.1", .signers_of = 1 }, false },
		{ { .act = "decline 2.1", .log_key = true }, false },
		{ { .act = "decline 2.1", .time_unix_s = T0 - 10 * DAY }, false }, /* out of date */
		{ { .act = "decline 2.1", .epoch = 2 }, false },
		{ { .act = "handover e-5cd252fb0ce89324 to uk.example" }, true },
		{ { .act = "accept 2 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=" }, true },
		{ { .act = "stop project quantum", .signers = ROE }, false }, /* these are acted on */
		{ { .act = "withdraw project quantum" }, false },
		{ { .act = "retire e-5cd252fb0ce89324", .signers = DOE }, false },
		{ { .act = "destroy e-5cd252fb0ce89324" }, false },
		{ { .act = "accredit jp.example posture-1 until 2027-01-01T00:00:00Z" }, false },
		{ { .act = "resume khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=" }, false },
		{ { .act = "note text en Hello." }, false },
	};

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		CHARTER = world_charter(NULL);
		struct world_statement s = rows[i].s;

		s.by = US;
		s.time_unix_s = s.time_unix_s ? s.time_unix_s : T0;
		world_be_alive(charter, US, T0);
		world_state_act(charter, &s);
		if (refuses_everything(charter) != rows[i].refuses)
			fail_msg("row %zu: %s", i, rows[i].s.act);
	}
}

/* ---- rubbish ---- */

/* C-6 */
static void
rubbish_takes_its_place_and_nothing_else(void **unused)
{
	static const char *const rubbish[] = { "", "\n", "\n\n", "charter/v1 alive 0\n", "\xff\xfe", "aukus.example/log\n3\nAAAA\n\n\xe2\x80\x94 x AAAA\n" };
	CHARTER = world_charter(NULL);
	BUF large = ent_buf_with_max(1 << 17);
	struct ent_error err = { 0 };
	uint8_t *room;

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(rubbish); i++)
		world_add(charter, US, ent_view_str(rubbish[i]));
	assert_ok(ent_buf_grow(&large, &room, 65536, &err));
	memset(room, 'a', 65536);
	world_add(charter, US, ent_buf_view(&large));
	assert_int_equal(ent_charter_log_size(charter, ENT_LIT("us.example")), ENT_COUNT(rubbish) + 1);
	assert_false(refuses_everything(charter));
	assert_int_equal(ent_charter_add_entry(charter, ENT_LIT("us.example"), 3, ENT_LIT("x"), &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_int_equal(ent_charter_add_entry(charter, ENT_LIT("us.example"), 99, ENT_LIT("x"), &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_int_equal(ent_charter_add_entry(charter, ENT_LIT("jp.example"), 0, ENT_LIT("x"), &err), ENT_E_INPUT);
	world_in_force(charter, NULL);
	assert_int_equal(state_at(charter, T0), ENT_FORCE_ACTIVE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consents_that_are_wrong_in_one_thing_are_void),
		cmocka_unit_test(the_consent_that_is_right_in_everything_counts),
		cmocka_unit_test(a_consent_by_another_member_or_an_outsider_is_void),
		cmocka_unit_test(a_replayed_consent_is_void_by_its_hash),
		cmocka_unit_test(the_first_sufficiently_signed_entry_decides_for_ever),
		cmocka_unit_test(before_the_first_alive_nothing_takes_effect),
		cmocka_unit_test(what_ends_as_the_name_comes_free_never_took_it),
		cmocka_unit_test(consents_that_never_stood_together_bring_nothing_into_force),
		cmocka_unit_test(signatures_are_counted_once_and_a_bad_one_spoils_the_note),
		cmocka_unit_test(a_genesis_short_of_one_quorum_is_no_charter),
		cmocka_unit_test(texts_that_are_no_genesis_are_refused),
		cmocka_unit_test(only_the_log_key_and_the_right_place_make_an_alive),
		cmocka_unit_test(an_alive_years_ahead_is_held_back_and_later_ones_cannot_go_back),
		cmocka_unit_test(an_alive_within_120_s_ahead_counts),
		cmocka_unit_test(a_consent_from_the_future_is_held_back),
		cmocka_unit_test(valid_acts_that_are_not_acted_on_refuse_everything_and_invalid_ones_nothing),
		cmocka_unit_test(rubbish_takes_its_place_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
