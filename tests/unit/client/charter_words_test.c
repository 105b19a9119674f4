/* What officers read: deeds in words, other people's words in quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/charter_io.h"
#include "client/charter_words.h"

static struct ent_title
title(const char *text)
{
	return (struct ent_title){ ENT_LIT("en"), ent_view_str(text) };
}

static const char *
quoted(struct ent_buf *out, const char *text)
{
	struct ent_title words = title(text);
	struct ent_error err = { 0 };
	const char *said;

	assert_int_equal(ent_words_quote(out, 2, "reason", &words, &err), ENT_OK);
	assert_int_equal(ent_buf_cstr(out, &said, &err), ENT_OK);
	return said;
}

static void
short_words_stand_in_quotes_behind_their_label(void **state)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4096);

	(void)state;
	assert_string_equal(quoted(&out, "Incident 12."), "  reason (en): \"Incident 12.\"\n");
	ent_buf_clear(&out);
	assert_string_equal(quoted(&out, ""), "");
}

/* A reason that imitates program output: whatever it says, each of its lines begins with our bar, and none is folded again. */
static void
long_words_never_begin_a_line(void **state)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(1 << 16);
	char text[400];
	const char *said, *line;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "ok", 2);
	memcpy(text + 77, "au.example: 2 of 2 signatures doe poe", 37);
	memcpy(text + 160, "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac", 12);
	memset(text + 200, 'x', 199);
	text[399] = '\0';
	said = quoted(&out, text);
	line = strchr(said, '\n') + 1;
	assert_memory_equal(said, "  reason (en):\n", 15);
	for (; *line != '\0'; line = strchr(line, '\n') + 1) {
		assert_memory_equal(line, "    | ", 6);
		assert_true(strcspn(line, "\n") <= ENT_WORDS_COLUMNS + 8); /* bytes: four characters of three */
	}
	assert_non_null(strstr(said, "2 of 2 signatures"));
}

static void
wide_characters_are_counted_as_wide(void **state)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4096);
	char text[3 * 60 + 1] = "";

	(void)state;
	for (size_t i = 0; i < 40; i++)
		strcat(text, "\xe6\x97\xa5");
	assert_non_null(strstr(quoted(&out, text), "(en):\n    | ")); /* 80 columns of 40 characters */
	ent_buf_clear(&out);
	text[3 * 20] = '\0';
	assert_non_null(strstr(quoted(&out, text), "(en): \""));
}

static const char *
deed(struct ent_buf *out, const struct ent_statement *statement)
{
	struct ent_error err = { 0 };
	const char *said;

	ent_buf_clear(out);
	assert_int_equal(ent_words_deed(out, statement, NULL, &err), ENT_OK);
	assert_int_equal(ent_buf_cstr(out, &said, &err), ENT_OK);
	return said;
}

static void
every_act_has_words(void **state)
{
	const struct {
		struct ent_statement statement;
		const char *words;
	} cases[] = {
		{ { .act = ENT_ACT_CONSENT, .has_target = true, .until_unix_s = 1893456000 },
		    "consents to a proposal that is not known here (0000000000000000) until 2030-01-01T00:00:00Z" },
		{ { .act = ENT_ACT_KEY, .kid = ENT_LIT("e-1"), .algorithm = ENT_LIT("ec:secp256r1") }, "publishes data key e-1 (ec:secp256r1)" },
		{ { .act = ENT_ACT_KEY, .key_use = ENT_KEY_USE_SEAL, .kid = ENT_LIT("s-1"), .algorithm = ENT_LIT("ed25519") },
		    "publishes seal key s-1 (ed25519)" },
		{ { .act = ENT_ACT_ISSUER_KEY, .kid = ENT_LIT("k"), .issuer = ENT_LIT("https://i"), .until_unix_s = 1893456000 },
		    "publishes token key k of https://i until 2030-01-01T00:00:00Z" },
		{ { .act = ENT_ACT_NOTE }, "puts words on record" },
		{ { .act = ENT_ACT_NOTE, .has_target = true }, "announces a proposal that is not known here (0000000000000000)" },
		{ { .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_STATEMENT, .has_target = true }, "withdraws its statement 0000000000000000" },
		{ { .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_PROJECT, .project = ENT_LIT("quantum") },
		    "withdraws from project quantum, for ever" },
		{ { .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_MEMBERSHIP }, "withdraws from membership, for ever" },
		{ { .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_CHARTER }, "withdraws from the charter, for ever" },
		{ { .act = ENT_ACT_STOP, .object = ENT_OBJECT_PARTNER, .party = ENT_LIT("jp.example") }, "stops jp.example in every project" },
		{ { .act = ENT_ACT_STOP, .object = ENT_OBJECT_PARTNER_IN_PROJECT, .party = ENT_LIT("jp.example"), .project = ENT_LIT("quantum") },
		    "stops jp.example in project quantum" },
		{ { .act = ENT_ACT_STOP, .object = ENT_OBJECT_PROJECT, .project = ENT_LIT("quantum") }, "stops project quantum" },
		{ { .act = ENT_ACT_STOP, .object = ENT_OBJECT_PROPOSAL, .has_target = true },
		    "stops a proposal that is not known here (0000000000000000)" },
		{ { .act = ENT_ACT_STOP, .object = ENT_OBJECT_PERSON, .person = ENT_LIT("ann@jp.example") }, "stops person ann@jp.example" },
		{ { .act = ENT_ACT_STOP, .object = ENT_OBJECT_FILE, .file = ENT_LIT("0-0") }, "stops file 0-0" },
		{ { .act = ENT_ACT_STOP, .object = ENT_OBJECT_KEY, .key_name = ENT_LIT("e-1") }, "stops key e-1" },
		{ { .act = ENT_ACT_RESUME, .has_target = true }, "lifts its stop 0000000000000000" },
		{ { .act = ENT_ACT_ACCREDIT, .party = ENT_LIT("jp.example"), .profile = ENT_LIT("posture-2"), .until_unix_s = 1893456000 },
		    "accredits jp.example for posture-2 until 2030-01-01T00:00:00Z" },
		{ { .act = ENT_ACT_RETIRE, .kid = ENT_LIT("e-1") }, "retires key e-1, for ever" },
		{ { .act = ENT_ACT_DESTROY, .kid = ENT_LIT("e-1") }, "destroys key e-1, for ever" },
		{ { .act = ENT_ACT_ROTATE }, "makes a `rotate`, which this version does not act on" },
	};
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4096);

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(cases); i++)
		assert_string_equal(deed(&out, &cases[i].statement), cases[i].words);
}

static void
what_is_final_is_called_so(void **state)
{
	const struct ent_statement final[] = { { .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_PROJECT },
		{ .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_MEMBERSHIP }, { .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_CHARTER },
		{ .act = ENT_ACT_RETIRE }, { .act = ENT_ACT_DESTROY } };
	const struct ent_statement not[] = { { .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_STATEMENT }, { .act = ENT_ACT_CONSENT },
		{ .act = ENT_ACT_STOP }, { .act = ENT_ACT_RESUME }, { .act = ENT_ACT_ACCREDIT } };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(final); i++)
		assert_non_null(strstr(ent_words_final(&final[i]), "cannot be taken back"));
	for (size_t i = 0; i < ENT_COUNT(not); i++)
		assert_null(ent_words_final(&not[i]));
}

/* C-9 */
static void
who_must_sign_depends_on_the_deed(void **state)
{
	struct ent_vkey officers[] = { { .name = ENT_LIT("au/officer/doe"), .line = ENT_LIT("au/officer/doe+01020304+AAAA") },
		{ .name = ENT_LIT("au/officer/roe"), .line = ENT_LIT("au/officer/roe+05060708+A+A+") } };
	const struct ent_party party = { .officers = officers, .officer_count = 2, .quorum = 2 };
	struct ent_statement s = { .act = ENT_ACT_STOP, .object = ENT_OBJECT_KEY, .key_name = ENT_LIT("e-1") };
	struct ent_need need;

	(void)state;
	assert_int_equal(ent_statement_need(&s, &party).count, 1);
	s.key_name = ENT_LIT("au/officer/roe+05060708");
	need = ent_statement_need(&s, &party);
	assert_int_equal(need.count, 2);
	assert_ptr_equal(need.without, &officers[1]);
	for (enum ent_act act = 0; act < ENT_ACT_COUNT; act++) {
		s = (struct ent_statement){ .act = act, .object = act == ENT_ACT_WITHDRAW ? ENT_OBJECT_PROJECT : ENT_OBJECT_NONE };
		assert_int_equal(ent_statement_need(&s, &party).count,
		    act == ENT_ACT_NOTE || act == ENT_ACT_STOP || act == ENT_ACT_RETIRE ? 1 : 2);
	}
	s = (struct ent_statement){ .act = ENT_ACT_WITHDRAW, .object = ENT_OBJECT_STATEMENT };
	assert_int_equal(ent_statement_need(&s, &party).count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_words_stand_in_quotes_behind_their_label),
		cmocka_unit_test(long_words_never_begin_a_line),
		cmocka_unit_test(wide_characters_are_counted_as_wide),
		cmocka_unit_test(every_act_has_words),
		cmocka_unit_test(what_is_final_is_called_so),
		cmocka_unit_test(who_must_sign_depends_on_the_deed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
