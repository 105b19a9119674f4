/* What is taken in from statement logs: who must sign what, what is void, whose log it may stand in, and that the order of arrival does not matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "charter/charter_set.h"
#include "world.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define CHARTER ENT_AUTO(ent_charter) charter
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define UUID "9b2f6c1e-0d6a-4c55-8a53-1f0f3b8f2d11"
#define ALL (DOE | POE | ROE)

static const char *
text_of(struct ent_buf *buf)
{
	struct ent_error err = { 0 };
	const char *text;

	assert_ok(ent_buf_cstr(buf, &text, &err));
	return text;
}

/* The log's only reading, or a partner's for that proposal. */
static struct reading *
reading_of(const struct ent_charter *charter, const struct ent_hash *proposal)
{
	const struct target *target = ent_charter_tree_get(&charter->targets, proposal);

	assert_non_null(target);
	return target->reading;
}

static const struct seen *
seen(const struct reading *reading, const struct ent_hash *text)
{
	return ent_charter_tree_get(&reading->texts, text);
}

static const struct stop *
stop_of(const struct reading *reading, const struct ent_hash *text)
{
	return ent_charter_tree_get(&reading->stops, text);
}

/* JP with a proposal and a log that is followed; alive at T0. */
static struct reading *
follow_partner(struct ent_charter *charter)
{
	struct ent_hash hash = world_add_party(charter, &(struct world_party){ .party = JP });

	world_follow(charter, JP);
	world_be_alive(charter, JP, T0);
	return reading_of(charter, &hash);
}

/* ---- who must sign ---- */

/* What one officer and what a quorum may say; %k is a key of their own. */
static const struct {
	const char *act;
	unsigned needed;
} who_signs[] = {
	{ "consent " HASH " until 2027-01-01T00:00:00Z", 2 },
	{ "note proposal " HASH, 1 },
	{ "note text en Hello", 1 },
	{ "withdraw " HASH, 1 },
	{ "withdraw project quantum", 2 },
	{ "withdraw membership", 2 },
	{ "stop partner jp.example", 1 },
	{ "stop partner jp.example project quantum", 1 },
	{ "stop project quantum", 1 },
	{ "stop proposal " HASH, 1 },
	{ "stop person eve@uk.example", 1 },
	{ "stop file " UUID, 1 },
	{ "stop key e-0123456789abcdef", 1 },
	{ "resume " HASH, 2 },
	{ "accredit jp.example base until 2027-01-01T00:00:00Z", 2 },
	{ "retire e-0123456789abcdef", 1 },
	{ "destroy e-0123456789abcdef", 2 },
	{ "accept 2 " HASH, 2 },
	{ "decline 2.1", 2 },
	{ "handover e-0123456789abcdef to uk.example", 2 },
};

static bool
is_taken(const struct reading *reading, const struct ent_hash *text)
{
	return seen(reading, text) != NULL || stop_of(reading, text) != NULL;
}

/* Too few signatures count as absent, and decide nothing: the same text with enough of them counts later. C-9, C-11 */
static void
each_act_needs_its_officers(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *reading = charter_member(charter, UK);

	(void)unused;
	world_be_alive(charter, UK, T0);
	for (size_t i = 0; i < ENT_COUNT(who_signs); i++) {
		bool one = who_signs[i].needed == 1;
		struct world_statement s = { .by = UK, .time_unix_s = T0, .act = who_signs[i].act, .says = i == 0 ? "x" : NULL,
			.signers = POE, .log_key = one };
		struct ent_hash text = world_say_in(charter, UK, &s);

		assert_false(is_taken(reading, &text));
		s.signers_of = 1; /* another member's officers */
		s.signers = ALL;
		s.log_key = false;
		(void)world_say_in(charter, UK, &s);
		assert_false(is_taken(reading, &text));
		s.signers_of = 0;
		s.signers = one ? ROE : POE | ROE;
		(void)world_say_in(charter, UK, &s);
		assert_true(is_taken(reading, &text));
	}
}

/* C-9 */
static void
keys_need_a_quorum(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *reading = charter_member(charter, UK);
	struct ent_buf lines[3] = { ROOM, ROOM, ROOM };

	(void)unused;
	world_be_alive(charter, UK, T0);
	world_key_line(&lines[0], world_keys(UK)->kas);
	world_seal_key_line(&lines[1], world_keys(UK)->seal);
	world_issuer_key_line(&lines[2], world_issuers[UK], "k1", world_keys(UK)->issuer, T0 + DAY);
	for (size_t i = 0; i < 3; i++)
		world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = text_of(&lines[i]), .signers = DOE });
	assert_int_equal(reading->key_count + reading->issuer_key_count, 0);
	for (size_t i = 0; i < 3; i++)
		world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = text_of(&lines[i]), .signers = ALL });
	assert_int_equal(reading->key_count, 2);
	assert_int_equal(reading->issuer_key_count, 1);
	assert_int_equal(reading->keys[0].deed.signers, ALL);
	assert_int_equal(reading->keys[0].deed.needed, 2);
	for (size_t i = 0; i < 3; i++)
		ent_buf_fini(&lines[i]);
}

/* C-9, C-2: his line is not even looked at. */
static void
an_officer_has_no_say_about_the_stop_of_his_own_key(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *reading = charter_member(charter, UK);
	BUF act = ROOM;
	BUF note = ROOM;
	BUF other = ROOM;
	struct ent_error err = { 0 };
	struct ent_hash text;
	struct world_statement s = { .by = UK, .time_unix_s = T0 };
	struct ent_view line;
	size_t at;

	(void)unused;
	world_stop_key_line(&act, world_keys(UK)->officers[0]);
	s.act = text_of(&act);
	s.signers = DOE | POE;
	text = world_say_in(charter, UK, &s);
	assert_null(stop_of(reading, &text));
	s.signers = ROE;
	(void)world_say_in(charter, UK, &s);
	assert_null(stop_of(reading, &text));
	assert_int_equal(reading->officer_stop_count, 0);

	/* Two others, and a line in his name that does not verify. */
	s.signers = POE | ROE;
	world_statement(&note, charter, &s);
	s.signers = DOE;
	s.time_unix_s = T0 + 1;
	world_statement(&other, charter, &s);
	at = ent_view_rfind(ent_view_slice(ent_buf_view(&other), 0, other.len - 1), '\n') + 1;
	line = ent_view_slice(ent_buf_view(&other), at, other.len - at);
	assert_ok(ent_buf_add(&note, line, &err));
	world_add(charter, UK, ent_buf_view(&note));
	assert_non_null(stop_of(reading, &text));
	assert_int_equal(stop_of(reading, &text)->deed.signers, POE | ROE);
	assert_int_equal(stop_of(reading, &text)->deed.needed, 2);
	assert_int_equal(reading->officer_stop_count, 1);
}

/* Another id under his name, and another party's officer, are no keys to stop. C-60 */
static void
a_party_stops_only_keys_of_its_own(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *reading = charter_member(charter, UK);
	const struct ent_signer *own[] = { world_keys(UK)->log, world_keys(UK)->access, world_keys(UK)->witness };
	const struct ent_signer *others[] = { world_keys(AU)->officers[0], world_keys(AU)->log, world_keys(US)->access,
		world_keys(UK)->seal };
	char wrong_id[] = "stop key uk.example/officer/doe+00000000";

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(own); i++) {
		BUF act = ROOM;
		struct ent_hash text;

		world_stop_key_line(&act, own[i]);
		text = world_say_in(charter, UK, &(struct world_statement){ .by = UK, .time_unix_s = T0, .signers = POE, .act = text_of(&act) });
		assert_non_null(stop_of(reading, &text));
	}
	assert_int_equal(reading->officer_stop_count, 2); /* the witness's is only recorded */
	for (size_t i = 0; i <= ENT_COUNT(others); i++) {
		BUF act = ROOM;
		struct ent_hash text;

		if (i < ENT_COUNT(others))
			world_stop_key_line(&act, others[i]);
		text = world_say_in(charter, UK, &(struct world_statement){ .by = UK, .time_unix_s = T0, .signers = ALL,
		    .act = i < ENT_COUNT(others) ? text_of(&act) : wrong_id });
		assert_null(stop_of(reading, &text));
	}
}

/* ---- what is void by whom ---- */

/* C-54, C-60: void in a partner's log; the same by a member counts. */
static const char *const not_a_partners[] = {
	"withdraw membership",
	"stop partner kr.example",
	"stop partner au.example",
	"stop partner kr.example project quantum",
	"stop project quantum",
	"stop proposal " HASH,
	"stop person eve@uk.example",
	"stop person eve@kr.example",
	"stop file " UUID,
	"consent " HASH " until 2027-01-01T00:00:00Z",
	"accredit jp.example base until 2027-01-01T00:00:00Z",
};
static const char *const a_partners[] = {
	"withdraw charter",
	"withdraw project quantum",
	"withdraw " HASH,
	"stop partner jp.example",
	"stop partner jp.example project quantum",
	"stop person eve@jp.example",
	"stop key e-0123456789abcdef",
	"resume " HASH,
	"note text en Hello",
	"note proposal " HASH,
	"retire e-0123456789abcdef",
	"destroy e-0123456789abcdef",
};

static bool
counts(const struct reading *reading, const struct ent_hash *text)
{
	return stop_of(reading, text) != NULL || (seen(reading, text) != NULL && !seen(reading, text)->voided);
}

static void
a_partner_speaks_for_itself_only(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *partner = follow_partner(charter);

	(void)unused;
	world_be_alive(charter, UK, T0);
	for (size_t i = 0; i < ENT_COUNT(not_a_partners); i++) {
		struct world_statement s = { .by = JP, .time_unix_s = T0, .act = not_a_partners[i],
			.says = strncmp(not_a_partners[i], "consent", 7) == 0 ? "x" : NULL };
		struct ent_hash text = world_say_in(charter, JP, &s);

		assert_false(counts(partner, &text));
		s.by = UK;
		text = world_say_in(charter, UK, &s);
		assert_true(counts(charter_member(charter, UK), &text));
	}
	for (size_t i = 0; i < ENT_COUNT(a_partners); i++) {
		struct ent_hash text = world_say_in(charter, JP, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = a_partners[i] });

		assert_true(counts(partner, &text));
	}
	assert_null(partner->accreditations);
	assert_int_equal(partner->leavings->object, ENT_OBJECT_PROJECT);
	assert_int_equal(partner->leavings->older->object, ENT_OBJECT_CHARTER);
}

/* C-54 */
static void
a_partner_has_no_seal_keys_and_only_its_own_issuers(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *partner = follow_partner(charter);
	BUF line = ROOM;

	(void)unused;
	world_seal_key_line(&line, world_keys(JP)->seal);
	world_state_act(charter, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = text_of(&line) });
	ent_buf_clear(&line);
	world_issuer_key_line(&line, world_issuers[UK], "k1", world_keys(JP)->issuer, T0 + DAY);
	world_state_act(charter, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = text_of(&line) });
	assert_int_equal(partner->key_count + partner->issuer_key_count, 0);
	ent_buf_clear(&line);
	world_issuer_key_line(&line, world_issuers[JP], "k1", world_keys(JP)->issuer, T0 + DAY);
	world_state_act(charter, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = text_of(&line) });
	ent_buf_clear(&line);
	world_key_line(&line, world_keys(JP)->kas);
	world_state_act(charter, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = text_of(&line) });
	assert_int_equal(partner->key_count, 1);
	assert_int_equal(partner->issuer_key_count, 1);
}

/* C-54 */
static void
a_member_does_not_withdraw_from_the_charter(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash text;

	(void)unused;
	world_be_alive(charter, UK, T0);
	text = world_say_in(charter, UK, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = "withdraw charter" });
	assert_true(seen(charter_member(charter, UK), &text)->voided);
	assert_null(charter_member(charter, UK)->leavings);
}

/* C-64: the limit is 365 d from the statement's time, wherever it takes effect. */
static void
an_accreditation_beyond_the_limit_is_void(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *reading = charter_member(charter, UK);
	const struct accreditation *a;
	struct ent_hash text, key;

	(void)unused;
	world_be_alive(charter, UK, T0 + 60);
	text = world_say_in(charter, UK, &(struct world_statement){ .by = UK, .time_unix_s = T0,
	    .act = "accredit jp.example base until 2027-11-21T09:00:01Z" });
	assert_true(seen(reading, &text)->voided);
	world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0,
	    .act = "accredit jp.example base until 2027-11-21T09:00:00Z" });
	world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0,
	    .act = "accredit jp.example base until 2027-01-01T00:00:00Z" });
	ent_charter_accredit_key(&key, ENT_LIT("jp.example"), ENT_LIT("base"));
	a = ent_charter_list_newest(&reading->accreditations, &key);
	assert_int_equal(a->deed.index, 3);
	assert_int_equal(a->deed.effect_unix_s, T0 + 60);
	assert_int_equal(a->older->deed.index, 2);
	assert_int_equal(a->older->until_unix_s, T0 + 365 * DAY);
	assert_null(a->older->older);
	ent_charter_accredit_key(&key, ENT_LIT("jp.example"), ENT_LIT("bas"));
	assert_null(ent_charter_list_newest(&reading->accreditations, &key));
}

/* C-13: what nobody may act on freezes, of a member and of a partner in its own reading. */
static void
what_is_not_acted_on_freezes_once_signed(void **unused)
{
	CHARTER = world_charter(NULL);
	struct reading *partner = follow_partner(charter);

	(void)unused;
	world_be_alive(charter, US, T0);
	world_state_act(charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = "decline 2.1", .signers = ROE });
	assert_null(charter_member(charter, US)->unenforced);
	world_state_act(charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = "decline 2.1" });
	assert_string_equal(charter_member(charter, US)->unenforced, "statement us 2, a decline by us.example");
	world_state_act(charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = "decline 2.2" });
	assert_int_equal(charter_member(charter, US)->unenforced_index, 2);
	assert_int_equal(charter_member(charter, US)->unenforced_effect_unix_s, T0);
	world_state_act(charter, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = "decline 2.1" });
	assert_string_equal(partner->unenforced, "statement jp.example 1, a decline by jp.example");
	assert_null(charter_member(charter, UK)->unenforced);
}

/* ---- when ---- */

/* C-10, C-11: everything but a stop. */
static void
what_stands_before_the_first_alive_is_void_for_ever(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *reading = charter_member(charter, UK);
	struct world_statement s = { .by = UK, .time_unix_s = T0, .act = "withdraw project quantum" };
	struct world_statement stop = { .by = UK, .time_unix_s = T0, .act = "stop project quantum", .signers = DOE, .epoch = 7 };
	struct ent_hash text = world_say_in(charter, UK, &s), stop_text = world_say_in(charter, UK, &stop);

	(void)unused;
	world_be_alive(charter, UK, T0);
	(void)world_say_in(charter, UK, &s);
	assert_true(seen(reading, &text)->voided);
	assert_int_equal(seen(reading, &text)->index, 0);
	assert_null(reading->leavings);
	/* A stop is not: it has always been there (C-51), and may name any epoch (C-8). */
	assert_int_equal(stop_of(reading, &stop_text)->deed.effect_unix_s, ENT_ALWAYS);
	assert_int_equal(stop_of(reading, &stop_text)->deed.index, 1);
}

/* C-10, C-11 */
static void
the_first_entry_of_a_text_decides(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *reading = charter_member(charter, UK);
	struct world_statement s = { .by = UK, .time_unix_s = T0 + DAY, .act = "withdraw project quantum" };
	struct world_statement again = { .by = UK, .time_unix_s = T0, .act = "withdraw project radar" };
	struct ent_hash text;

	(void)unused;
	world_be_alive(charter, UK, T0);
	text = world_say_in(charter, UK, &s); /* a day early */
	(void)world_say_in(charter, UK, &again);
	world_be_alive(charter, UK, T0 + DAY);
	(void)world_say_in(charter, UK, &s);
	(void)world_say_in(charter, UK, &again);
	assert_true(seen(reading, &text)->voided);
	assert_int_equal(reading->leavings->deed.index, 2);
	assert_null(reading->leavings->older);
}

/* ---- in whose log ---- */

/* C-8: of others a member's log holds stops only, and a partner's nothing. */
static void
only_stops_are_heard_and_only_by_members(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *uk = charter_member(charter, UK);
	struct world_statement note = { .by = UK, .time_unix_s = T0, .act = "withdraw project quantum" };
	struct world_statement stop = { .by = UK, .time_unix_s = T0, .act = "stop project quantum", .signers = POE };
	struct ent_hash text;

	(void)unused;
	follow_partner(charter);
	world_be_alive_all(charter, T0);
	(void)world_say_in(charter, AU, &note);
	assert_null(uk->leavings);
	text = world_say_in(charter, JP, &stop);
	assert_null(stop_of(uk, &text));
	assert_int_equal(charter->stop_count, 0);
	(void)world_say_in(charter, AU, &stop);
	assert_int_equal(stop_of(uk, &text)->copies->host, AU);
	assert_int_equal(stop_of(uk, &text)->deed.log, uk);
	assert_int_equal(charter->stop_count, 1);
	/* In its author's log it is not heard, and void ones are no stops. */
	stop.act = "stop project radar";
	(void)world_say_in(charter, UK, &stop);
	stop.act = "stop key au.example/officer/doe+00000000";
	(void)world_say_in(charter, AU, &stop);
	assert_int_equal(charter->stop_count, 1);
}

/* C-52 */
static void
copies_of_a_stop_are_one_and_the_earliest_is_its_place(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *us = charter_member(charter, US);
	struct world_statement s = { .by = US, .time_unix_s = T0, .act = "stop project quantum", .signers = DOE };
	const struct stop *stop;
	struct ent_hash text;

	(void)unused;
	world_be_alive(charter, UK, T0 + HOUR);
	world_be_alive(charter, US, T0 + HOUR);
	world_be_alive(charter, AU, T0 + 2 * HOUR);
	text = world_say_in(charter, AU, &s);
	stop = stop_of(us, &text);
	assert_int_equal(stop->deed.effect_unix_s, T0 + 2 * HOUR);
	s.signers = ROE;
	(void)world_say_in(charter, UK, &s);
	assert_int_equal(stop->deed.effect_unix_s, T0 + HOUR);
	assert_int_equal(stop->copies->host, UK);
	assert_int_equal(stop->deed.signers, ROE);
	/* At equal times its author's log comes first. */
	s.signers = POE;
	(void)world_say_in(charter, US, &s);
	assert_ptr_equal(stop_of(us, &text), stop);
	assert_int_equal(stop->copies->host, US);
	assert_int_equal(stop->deed.signers, POE);
	assert_int_equal(stop->copies->next->host, UK);
	assert_int_equal(stop->copies->next->next->host, AU);
	assert_int_equal(stop->copies->next->next->signers, DOE);
	assert_null(stop->copies->next->next->next);
	assert_int_equal(charter->stop_count, 1);
	/* One host cannot make the list long. */
	for (size_t i = 0; i < 2 * ENT_LIMIT_STOP_COPIES; i++)
		(void)world_say_in(charter, AU, &s);
	size_t count = 0;
	for (const struct stop_copy *c = stop->copies; c != NULL; c = c->next)
		count++;
	assert_int_equal(count, 2 + ENT_LIMIT_STOP_COPIES);
}

/* ---- marks: too much is slow, too little is wrong ---- */

struct marks {
	uint64_t upheaval, keys, stops, parts;
};

static struct marks
marks_of(const struct ent_charter *charter)
{
	return (struct marks){ charter->upheaval, charter->keys_changed, charter->stops_changed, charter->parts_changed };
}

enum { UPHEAVAL = 1, KEYS = 2, STOPS = 4, PARTS = 8, EVERYTHING = 15 };

static unsigned
changed(const struct ent_charter *charter, const struct marks *before)
{
	return (charter->upheaval != before->upheaval) * UPHEAVAL + (charter->keys_changed != before->keys) * KEYS +
	    (charter->stops_changed != before->stops) * STOPS + (charter->parts_changed != before->parts) * PARTS;
}

static unsigned
changed_by(struct ent_charter *charter, size_t by, const char *act)
{
	struct marks before = marks_of(charter);
	uint64_t generation = charter->generation;

	world_state_act(charter, &(struct world_statement){ .by = by, .time_unix_s = T0, .act = act, .signers = ALL });
	assert_true(charter->generation > generation);
	assert_int_equal(charter->logs[ent_charter_log_index(charter, ent_view_str(world_members[by]))].changed, charter->generation);
	return changed(charter, &before);
}

static void
inputs_mark_what_they_may_change(void **unused)
{
	CHARTER = world_charter(NULL);
	BUF officer = ROOM;
	BUF log = ROOM;
	BUF partners_officer = ROOM;
	struct ent_error err = { 0 };
	struct marks before;

	(void)unused;
	follow_partner(charter);
	world_be_alive_all(charter, T0);
	assert_int_equal(changed_by(charter, UK, "note proposal " HASH), 0);
	assert_int_equal(changed_by(charter, UK, "note text en Hello"), PARTS);
	assert_int_equal(changed_by(charter, UK, "accredit jp.example base until 2027-01-01T00:00:00Z"), PARTS);
	assert_int_equal(changed_by(charter, UK, "withdraw project quantum"), PARTS);
	assert_int_equal(changed_by(charter, UK, "stop project quantum"), STOPS);
	assert_int_equal(changed_by(charter, UK, "stop key e-0123456789abcdef"), STOPS | KEYS);
	assert_int_equal(changed_by(charter, UK, "retire e-0123456789abcdef"), KEYS);
	assert_int_equal(changed_by(charter, UK, "resume " HASH), STOPS | KEYS);
	assert_int_equal(changed_by(charter, UK, "withdraw " HASH), STOPS | KEYS | PARTS);
	assert_int_equal(changed_by(charter, US, "withdraw membership"), UPHEAVAL | PARTS);
	world_stop_key_line(&partners_officer, world_keys(JP)->officers[1]);
	assert_int_equal(changed_by(charter, JP, text_of(&partners_officer)), EVERYTHING & ~UPHEAVAL);
	world_stop_key_line(&log, world_keys(AU)->log);
	assert_int_equal(changed_by(charter, AU, text_of(&log)), EVERYTHING);
	world_stop_key_line(&officer, world_keys(UK)->officers[1]);
	assert_int_equal(changed_by(charter, UK, text_of(&officer)), EVERYTHING);
	/* From then on a resume and a withdrawal of one may change who signed. */
	assert_int_equal(changed_by(charter, UK, "resume UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU="), EVERYTHING);
	assert_int_equal(changed_by(charter, UK, "withdraw UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU="), EVERYTHING);
	before = marks_of(charter);
	assert_ok(ent_charter_set_broken(charter, ent_view_str(world_members[JP]), "two roots", &err));
	assert_int_equal(changed(charter, &before), EVERYTHING);
}

/* A heard stop of an officer's key marks as one in its own log does, and its author's log too. */
static void
what_is_heard_marks_its_author(void **unused)
{
	CHARTER = world_charter(NULL);
	struct marks before = marks_of(charter);
	BUF act = ROOM;

	(void)unused;
	world_stop_key_line(&act, world_keys(UK)->officers[1]);
	(void)world_say_in(charter, AU, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = text_of(&act), .signers = ALL });
	assert_int_equal(changed(charter, &before), EVERYTHING);
	assert_int_equal(charter->logs[UK].changed, charter->generation);
	assert_int_equal(charter->logs[AU].changed, charter->generation);
}

/* Text, consent and withdrawal, in whichever order they come, mark the group of their name. C-14, C-16 */
static void
consents_and_their_withdrawals_mark_their_group(void **unused)
{
	CHARTER = world_charter(NULL);
	BUF text = ROOM;
	BUF note = ROOM;
	BUF act = ROOM;
	struct ent_hash hash, consent;
	const struct target *target;
	uint64_t at;

	(void)unused;
	world_be_alive(charter, UK, T0);
	hash = world_project(&text, charter, NULL);
	world_consent(&note, charter, UK, ent_buf_view(&text), T0, T0 + DAY);
	consent = world_text_hash(ent_buf_view(&note));
	world_hash_line(&act, "withdraw", &consent);
	world_add(charter, UK, ent_buf_view(&note));
	target = ent_charter_tree_get(&charter->targets, &hash);
	assert_false(target->consents[UK]->valid);
	assert_null(target->consents[AU]);
	hash = world_add_project(charter, NULL);
	assert_true(target->consents[UK]->valid);
	assert_int_equal(target->group->changed, charter->generation);
	at = charter->generation;
	world_be_alive(charter, UK, T0);
	assert_int_equal(target->group->changed, at);
	world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = text_of(&act), .signers = ROE });
	assert_int_equal(target->group->changed, charter->generation);
	assert_non_null(ent_charter_list_newest(&charter_member(charter, UK)->withdrawals, &consent));
}

/* C-53: a withdrawal may come first, and is there when the consent comes. */
static void
a_withdrawal_may_be_earlier_than_its_statement(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct reading *uk = charter_member(charter, UK);
	BUF note = ROOM;
	BUF act = ROOM;
	struct ent_hash project = world_add_project(charter, NULL), consent;
	const struct withdrawal *w;
	const struct target *target;

	(void)unused;
	world_be_alive(charter, UK, T0);
	world_consent(&note, charter, UK, ent_charter_proposal(charter, &project)->text, T0, T0 + DAY);
	consent = world_text_hash(ent_buf_view(&note));
	world_hash_line(&act, "withdraw", &consent);
	world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = text_of(&act), .signers = ROE });
	world_state_act(charter, &(struct world_statement){ .by = UK, .time_unix_s = T0 + 1, .act = text_of(&act), .signers = ROE });
	world_add(charter, UK, ent_buf_view(&note));
	w = ent_charter_list_newest(&uk->withdrawals, &consent);
	assert_int_equal(w->deed.index, 2);
	assert_int_equal(w->older->deed.index, 1);
	target = ent_charter_tree_get(&charter->targets, &project);
	assert_int_equal(target->consents[UK]->deed.index, 3);
	assert_int_equal(target->group->changed, charter->generation);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_act_needs_its_officers),
		cmocka_unit_test(keys_need_a_quorum),
		cmocka_unit_test(an_officer_has_no_say_about_the_stop_of_his_own_key),
		cmocka_unit_test(a_party_stops_only_keys_of_its_own),
		cmocka_unit_test(a_partner_speaks_for_itself_only),
		cmocka_unit_test(a_partner_has_no_seal_keys_and_only_its_own_issuers),
		cmocka_unit_test(a_member_does_not_withdraw_from_the_charter),
		cmocka_unit_test(an_accreditation_beyond_the_limit_is_void),
		cmocka_unit_test(what_is_not_acted_on_freezes_once_signed),
		cmocka_unit_test(what_stands_before_the_first_alive_is_void_for_ever),
		cmocka_unit_test(the_first_entry_of_a_text_decides),
		cmocka_unit_test(only_stops_are_heard_and_only_by_members),
		cmocka_unit_test(copies_of_a_stop_are_one_and_the_earliest_is_its_place),
		cmocka_unit_test(inputs_mark_what_they_may_change),
		cmocka_unit_test(what_is_heard_marks_its_author),
		cmocka_unit_test(consents_and_their_withdrawals_mark_their_group),
		cmocka_unit_test(a_withdrawal_may_be_earlier_than_its_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
