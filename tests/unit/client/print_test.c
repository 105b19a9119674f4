/* Other people's words on our terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/print.h"

static void
becomes(const char *in, size_t len, const char *want)
{
	char text[128];

	assert_true(len < sizeof(text));
	memcpy(text, in, len);
	ent_print_clean(text, len);
	assert_memory_equal(text, want, len);
}
#define BECOMES(in, want) becomes((in), sizeof(in) - 1, (want))

static void
words_of_people_stay(void **state)
{
	(void)state;
	BECOMES("au.example refuses", "au.example refuses");
	BECOMES("\xe6\x97\xa5\xe6\x9c\xac \xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac \xc3\xa9");
	BECOMES("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
}

static void
what_steers_a_terminal_does_not_pass(void **state)
{
	(void)state;
	BECOMES("\x1b[2Jgone", "?[2Jgone");
	BECOMES("a\r\nok: all is well", "a??ok: all is well");
	BECOMES("nul\0nul", "nul?nul");
	BECOMES("\x7f", "?");
	BECOMES("\xc2\x9b" "2J", "??2J"); /* C1 control sequence introducer */
}

static void
marks_of_direction_and_separators_do_not_pass(void **state)
{
	(void)state;
	BECOMES("\xe2\x80\xae" "gpj.exe", "???gpj.exe"); /* U+202E */
	BECOMES("\xe2\x80\xa8", "???");                  /* U+2028 */
	BECOMES("\xe2\x80\x8b", "???");                  /* U+200B */
	BECOMES("\xef\xbb\xbf", "???");                  /* U+FEFF */
}

static void
bad_utf8_does_not_pass(void **state)
{
	(void)state;
	BECOMES("\xc0\xaf", "??");             /* overlong */
	BECOMES("\xed\xa0\x80", "???");        /* surrogate */
	BECOMES("\xf4\x90\x80\x80", "????");   /* beyond U+10FFFF */
	BECOMES("\xe6\x97", "??");             /* cut */
	BECOMES("\xff" "a", "?a");
}

static void
lines_stay_lines(void **state)
{
	char text[] = "one\n\x1b[2Jtwo\r\n\nthree\xe6\n\x97";

	(void)state;
	ent_print_clean_lines(text, sizeof(text) - 1);
	assert_string_equal(text, "one\n?[2Jtwo?\n\nthree?\n?");
	ent_print_clean_lines(NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_people_stay),
		cmocka_unit_test(what_steers_a_terminal_does_not_pass),
		cmocka_unit_test(marks_of_direction_and_separators_do_not_pass),
		cmocka_unit_test(bad_utf8_does_not_pass),
		cmocka_unit_test(lines_stay_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
