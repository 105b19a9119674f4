/* What is held against entries, for who reads the logs as a history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world.h"

#define CHARTER ENT_AUTO(ent_charter) charter
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)

/* Add the statement as the host's next entry and ask about it: "" when nothing is held against it. */
static const char *
asked(struct ent_charter *charter, size_t host, const struct world_statement *statement, const char *officers)
{
	static struct ent_error err;
	ENT_AUTO(ent_arena) arena = NULL;
	BUF note = ROOM, names = ROOM;
	struct ent_view party = ent_view_str(world_members[host]);
	uint64_t index = ent_charter_log_size(charter, party);
	struct ent_error none = { 0 };
	struct ent_note parsed;
	struct ent_doc doc;

	err = none;
	world_statement(&note, charter, statement);
	world_add(charter, host, ent_buf_view(&note));
	assert_int_equal(ent_arena_new(&arena, 1 << 20, &none), ENT_OK);
	assert_int_equal(ent_note_parse(&parsed, arena, ent_buf_view(&note), &none), ENT_OK);
	assert_int_equal(ent_doc_parse(&doc, arena, parsed.text, &none), ENT_OK);
	ENT_IGNORE(ent_charter_verdict(charter, party, index, &parsed, &doc, T0 + DAY, &names, &err));
	assert_true(ent_view_eq_str(ent_buf_view(&names), officers));
	return err.text;
}

static void
holds(const char *text, const char *words)
{
	if (strstr(text, words) == NULL || (words[0] == '\0' && text[0] != '\0'))
		fail_msg("\"%s\" is not said in: %s", words, text);
}

/* C-9 to C-11 */
static void
signatures_dates_and_repetitions_are_named(void **state)
{
	CHARTER = world_charter(NULL);
	const struct world_statement note = { .by = AU, .time_unix_s = T0, .act = "note text en Hello." };
	struct world_statement other;

	(void)state;
	holds(asked(charter, AU, &note, "doe, poe"), "first `alive`");
	world_be_alive(charter, AU, T0);
	other = (struct world_statement){ .by = AU, .time_unix_s = T0 + 1, .act = "note text en Hello." };
	holds(asked(charter, AU, &other, "doe, poe"), "");
	holds(asked(charter, AU, &other, "doe, poe"), "it repeats au 2");
	other = (struct world_statement){ .by = AU, .time_unix_s = T0, .act = "withdraw membership", .signers = ROE };
	holds(asked(charter, AU, &other, "roe"), "needs the signatures of 2 officers of au.example, it has 1");
	other = (struct world_statement){ .by = AU, .time_unix_s = T0 + DAY, .act = "note text en Later." };
	holds(asked(charter, AU, &other, "doe, poe"), "the statement can take effect from");
	holds(asked(charter, UK, &other, ""), "which has a log of its own");
}

/* C-8, C-60, C-62 */
static void
stops_are_heard_and_stopped_keys_are_named(void **state)
{
	CHARTER = world_charter(NULL);
	BUF line = ROOM;
	struct world_statement stop = { .by = AU, .time_unix_s = T0, .signers = ROE, .act = "stop person ann@au.example" };
	struct world_statement key = { .by = AU, .time_unix_s = T0, .signers = DOE | POE };
	struct ent_error err = { 0 };
	const char *text;

	(void)state;
	world_be_alive(charter, AU, T0);
	world_be_alive(charter, UK, T0);
	holds(asked(charter, UK, &stop, "roe"), "");
	stop.act = "stop person bob@au.example";
	world_stop_key_line(&line, world_keys(AU)->officers[2]);
	assert_int_equal(ent_buf_cstr(&line, &text, &err), ENT_OK);
	key.act = text;
	holds(asked(charter, AU, &key, "doe, poe"), "");
	holds(asked(charter, AU, &stop, "roe"), "were stopped");
	stop = (struct world_statement){ .by = AU, .time_unix_s = T0, .signers = ROE | DOE, .act = "withdraw membership" };
	holds(asked(charter, AU, &stop, "doe, roe"), "were stopped");
}

/* C-53 */
static void
what_was_withdrawn_before_it_came_is_named(void **state)
{
	CHARTER = world_charter(NULL);
	const struct world_statement accredit = { .by = AU, .time_unix_s = T0, .act = "accredit jp.example posture-2 until 2027-01-01T00:00:00Z" };
	BUF note = ROOM, line = ROOM;
	struct ent_hash hash;
	struct ent_error err = { 0 };
	const char *text;

	(void)state;
	world_be_alive(charter, AU, T0);
	world_statement(&note, charter, &accredit);
	hash = world_text_hash(ent_buf_view(&note));
	world_hash_line(&line, "withdraw", &hash);
	assert_int_equal(ent_buf_cstr(&line, &text, &err), ENT_OK);
	holds(asked(charter, AU, &(struct world_statement){ .by = AU, .time_unix_s = T0, .signers = DOE, .act = text }, "doe"), "");
	holds(asked(charter, AU, &accredit, "doe, poe"), "withdrawn before it was entered");
}

/* C-54: a partner's statements are read with each of its proposals. */
static void
a_partners_statements_are_asked_of_its_proposals(void **state)
{
	CHARTER = world_charter(NULL);
	const struct world_statement stop = { .by = JP, .time_unix_s = T0, .signers = DOE, .act = "stop person ann@jp.example" };
	const struct world_statement consent = { .by = JP, .time_unix_s = T0, .act = "accredit jp.example posture-2 until 2027-01-01T00:00:00Z" };

	(void)state;
	world_be_alive(charter, AU, T0);
	holds(asked(charter, AU, &stop, ""), "no party proposal says who the officers of jp.example are");
	world_add_party(charter, &(struct world_party){ .party = JP });
	world_follow(charter, JP);
	world_be_alive(charter, JP, T0);
	holds(asked(charter, JP, &stop, "doe"), "");
	assert_true(asked(charter, JP, &consent, "doe, poe")[0] != '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_dates_and_repetitions_are_named),
		cmocka_unit_test(stops_are_heard_and_stopped_keys_are_named),
		cmocka_unit_test(what_was_withdrawn_before_it_came_is_named),
		cmocka_unit_test(a_partners_statements_are_asked_of_its_proposals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
