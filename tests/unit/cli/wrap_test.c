/* Folding for a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

static void
folds(size_t margin, size_t columns, const char *text, const char *want)
{
	char *got = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&got, &len);

	cli_fold(out, margin, columns, text);
	fclose(out);
	assert_string_equal(got, want);
	free(got);
}

static void
short_lines_stay(void **state)
{
	(void)state;
	folds(0, 20, "one\ntwo\n", "one\ntwo\n");
	folds(2, 20, "one\n", "  one\n");
	folds(0, 9, "nine char\n", "nine char\n");
}

static void
long_lines_fold_at_spaces_and_hang(void **state)
{
	(void)state;
	folds(0, 8, "nine char\n", "nine\n    char\n");
	folds(1, 12, "  a bb ccc dddd\n", "   a bb ccc\n       dddd\n");
}

static void
a_word_that_is_too_long_is_not_cut(void **state)
{
	(void)state;
	folds(0, 4, "0123456789 ab\n", "0123456789\n    ab\n");
}

static void
control_characters_become_dots(void **state)
{
	(void)state;
	folds(0, 20, "a\x1b[2Jb\rc\n", "a.[2Jb.c\n");
}

static void
json_strings_are_escaped(void **state)
{
	char *got = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&got, &len);

	(void)state;
	cli_json_string(out, "a\",\"x\":\"\\ \n\x1f \xc3\xa9");
	fclose(out);
	assert_string_equal(got, "\"a\\\",\\\"x\\\":\\\"\\\\ \\u000a\\u001f \xc3\xa9\"");
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_lines_stay),
		cmocka_unit_test(long_lines_fold_at_spaces_and_hang),
		cmocka_unit_test(a_word_that_is_too_long_is_not_cut),
		cmocka_unit_test(control_characters_become_dots),
		cmocka_unit_test(json_strings_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
