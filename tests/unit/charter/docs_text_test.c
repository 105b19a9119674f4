/* Names, persons, URLs and free text: the small forms of documents. */
#include "docs_fixture.h"

#include "charter/grammar.h"

typedef bool valid_fn(struct ent_view text);

static void
all_are(valid_fn *valid, bool expected, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (valid(ent_view_str(texts[i])) != expected)
			fail_msg("`%s` should be %s", texts[i], expected ? "valid" : "invalid");
}

#define TAKES(valid, ...) \
	all_are(valid, true, (const char *const[]){ __VA_ARGS__ }, \
    ENT_COUNT(((const char *const[]){ __VA_ARGS__ })))
#define REFUSES(valid, ...) \
	all_are(valid, false, (const char *const[]){ __VA_ARGS__ }, \
    ENT_COUNT(((const char *const[]){ __VA_ARGS__ })))

/* n times c, as a string in a buffer of its own. */
static const char *
repeated(char *room, char c, size_t n)
{
	memset(room, c, n);
	room[n] = '\0';
	return room;
}

static void
names_are_ascii_labels(void **state)
{
	char room[300];

	(void)state;
	TAKES(ent_name_valid, "au.example", "au.example/officer/doe", "a", "0", "a-b.c", "i", repeated(room, 'a', 253));
	REFUSES(ent_name_valid, "", ".", "/", "-", "a..b", "a//b", ".a", "a.", "/a", "a/", "A", "a b", "a_b", "a+b",
	    "xn--a", "a.xn--b", "a/xn--b",
	    "-a", "a-", "a.-b", "..", "a/../b", "\xc3\xa4", "a\n", repeated(room, 'a', 254));
	TAKES(ent_party_name_valid, "au.example");
	REFUSES(ent_party_name_valid, "au.example/x", "");
}

static void
project_names_have_at_most_63_characters(void **state)
{
	char room[100];

	(void)state;
	TAKES(ent_project_name_valid, "quantum", "q", "0", "posture-2", "a--b", repeated(room, 'a', 63));
	REFUSES(ent_project_name_valid, "", "-", "-a", "a-", "a.b", "a/b", "A", "a b", repeated(room, 'a', 64));
}

static void
a_person_is_split_at_the_last_at(void **state)
{
	struct ent_error err = { 0 };
	struct ent_view sub, party;
	char room[200];

	(void)state;
	assert_ok(ent_person_split(ENT_LIT("alice@lab@uk.example"), &sub, &party, &err));
	assert_true(ent_view_eq_str(sub, "alice@lab"));
	assert_true(ent_view_eq_str(party, "uk.example"));
	repeated(room, 'a', 128);
	strcat(room, "@b");
	assert_ok(ent_person_split(ent_view_str(room), &sub, &party, &err));
	repeated(room, 'a', 129);
	strcat(room, "@b");
	static const char *const bad[] = { "", "alice", "@uk.example", "alice@", "al ice@uk.example",
	    "al\tice@uk.example", "alice@uk.example ",
		"\xc3\xa4lice@uk.example", "alice@UK.example", "alice@uk.example/x" };

	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		assert_int_equal(ent_person_split(ent_view_str(bad[i]), &sub, &party, NULL), ENT_E_SYNTAX);
	assert_int_equal(ent_person_split(ent_view_str(room), &sub, &party, NULL), ENT_E_SYNTAX);
}

static void
a_url_has_one_spelling(void **state)
{
	(void)state;
	TAKES(ent_url_valid, "https://node.au.example", "http://127.0.0.1:8080",
	    "https://a.example:65535/realms/X_y~z", "http://localhost", "https://a.example/a%20b");
	REFUSES(ent_url_valid, "", "https://", "ftp://a", "HTTPS://a", "https:/a", "https://a/", "https://a//b",
	    "https://a/b/", "https://a/./b",
	    "https://a/..", "https://a?x", "https://a#x", "https://a/b?c", "https://u@a", "https://A", "https://a:",
	    "https://a:0", "https://a:080",
	    "https://a:65536", "https://a:8a", "https://a:8:8", "https://[::1]", "https://xn--a.example",
	    "https://a/%2", "https://a/%zz", "https://a b",
	    "https://a/\xc3\xa4", "https://a\\b", "https://.a", "https://a.");
}

static void
free_text_has_no_character_that_hides(void **state)
{
	char room[ENT_LIMIT_FREE_TEXT + 2];

	(void)state;
	TAKES(ent_free_text_valid, "a", "Arr\xc3\xaat", "\xe9\x87\x8f\xe5\xad\x90", "a  b", "\"quoted\"", "a\xc2\xa0z",
	    "\xf0\x9f\x98\x80", repeated(room, 'x', ENT_LIMIT_FREE_TEXT));
	REFUSES(ent_free_text_valid, "", " a", "a ", "a\nb", "a\tb", "a\rb", "\x7f", "\xc2\x80", "\xe2\x80\x8d",
	    "\xe2\x80\x8e", "\xe2\x80\xaa",
	    "\xe2\x81\xa9", "\xef\xbb\xbf", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xee\x80\x80", "\xf4\x8f\xbf\xbf",
	    "\xcd\xb8", "\xef\xbf\xbe", "\xc0\x80",
	    "\xed\xbf\xbf", "\xf8\x88\x80\x80\x80", "\xe2\x28\xa1", "\xc3", repeated(room, 'x', ENT_LIMIT_FREE_TEXT + 1));
	assert_false(ent_free_text_valid(ent_view_from("a\0b", 3)));
}

/* Every code point, encoded here by the textbook: the decoder and the table agree with the encoder and with known counts. */
static void
all_code_points_are_either_taken_or_refused_as_unicode_14_has_them(void **state)
{
	size_t taken = 0;
	uint32_t offender;

	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		uint8_t bytes[4];
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

		for (size_t i = n; i-- > 1;)
			bytes[i] = (uint8_t)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3F));
		bytes[0] = (uint8_t)(n == 1 ? c : (0xF00u >> n & 0xFF) | c >> (6 * (n - 1)));
		if (ent_text_printable(ent_view_from(bytes, n), &offender)) {
			taken++;
			assert_false(c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0xD800 && c < 0xF900));
		} else {
			assert_int_equal(offender, c >= 0xD800 && c < 0xE000 ? ENT_TEXT_NOT_UTF8 : c);
		}
	}
	/* Unicode 14.0 counts 144,697 characters: 144,532 graphic ones and 165 of format (Zl and Zp among them). */
	assert_int_equal(taken, 144532);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_ascii_labels),
		cmocka_unit_test(project_names_have_at_most_63_characters),
		cmocka_unit_test(a_person_is_split_at_the_last_at),
		cmocka_unit_test(a_url_has_one_spelling),
		cmocka_unit_test(free_text_has_no_character_that_hides),
		cmocka_unit_test(all_code_points_are_either_taken_or_refused_as_unicode_14_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
