#include "base_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
every_error_has_a_name_of_its_own_and_a_full_row(void **state)
{
	(void)state;
	for (int i = 0; i < ENT_STATUS_COUNT; i++) {
		const struct ent_error_row *row = ent_status_row((enum ent_status)i);

		assert_non_null(row->name);
		assert_true(row->http >= 200 && row->http <= 599);
		assert_true(row->exit_code >= ENT_EXIT_DONE && row->exit_code <= ENT_EXIT_INPUT);
		assert_true(row->public_text[0] != '\0');
		assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(row->name));
		assert_int_equal(ent_status_from_name(row->name), i); /* the first of that name: so there is no second */
	}
}

static void
an_unknown_name_is_no_status(void **state)
{
	(void)state;
	assert_int_equal(ent_status_from_name("no-such-error"), ENT_STATUS_COUNT);
	assert_int_equal(ent_status_from_name(""), ENT_STATUS_COUNT);
	assert_int_equal(ent_status_from_name("OK"), ENT_STATUS_COUNT);
}

static void
the_first_failure_wins(void **state)
{
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(ent_fail(&err, ENT_E_LIMIT, "first %d", 1), ENT_E_LIMIT);
	assert_int_equal(ent_fail(&err, ENT_E_IO, "second"), ENT_E_IO); /* the status of this call, the text of the first */
	assert_int_equal(err.code, ENT_E_LIMIT);
	assert_string_equal(err.text, "first 1");
	ent_error_clear(&err);
	assert_int_equal(err.code, ENT_OK);
	assert_int_equal(ent_fail_errno(&err, ENT_E_IO, ENOENT, "cannot open %s", "x"), ENT_E_IO);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
}

static void
an_error_may_be_nobodys(void **state)
{
	(void)state;
	assert_int_equal(ent_fail(NULL, ENT_E_LIMIT, "nobody listens"), ENT_E_LIMIT);
	assert_int_equal(ent_error_context(NULL, "nobody"), ENT_E_INTERNAL);
}

static void
context_goes_in_front_and_a_long_text_is_cut(void **state)
{
	struct ent_error err = { 0 };
	char longer[ENT_ERROR_TEXT_MAX * 2];

	(void)state;
	ent_error_set(&err, ENT_E_SYNTAX, "not a number");
	assert_int_equal(ent_error_context(&err, "line %d", 3), ENT_E_SYNTAX);
	assert_string_equal(err.text, "line 3: not a number");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ent_error_context(&err, "%s", longer), ENT_E_SYNTAX);
	assert_int_equal(strlen(err.text), ENT_ERROR_TEXT_MAX - 1);
	ent_error_clear(&err);
	ent_error_set_errno(&err, ENT_E_IO, EIO, "%s", longer);
	assert_int_equal(strlen(err.text), ENT_ERROR_TEXT_MAX - 1);
}

static void
views_clamp_and_order(void **state)
{
	struct ent_view v = ENT_LIT("abcdef");

	(void)state;
	assert_view(ent_view_slice(v, 2, 3), "cde");
	assert_view(ent_view_slice(v, 4, SIZE_MAX), "ef");
	assert_int_equal(ent_view_slice(v, 7, 1).len, 0);
	assert_int_equal(ent_view_slice(ENT_VIEW_NONE, 1, 1).len, 0);
	assert_int_equal(ent_view_find(v, 'c', 0), 2);
	assert_int_equal(ent_view_find(v, 'c', 3), 6);
	assert_int_equal(ent_view_find(v, 'c', 99), 6);
	assert_int_equal(ent_view_rfind(ENT_LIT("a@b@c"), '@'), 3);
	assert_int_equal(ent_view_rfind(ENT_LIT("abc"), '@'), 3);
	assert_true(ent_view_cmp(ENT_LIT("a"), ENT_LIT("ab")) < 0);
	assert_true(ent_view_cmp(ENT_LIT("b"), ENT_LIT("ab")) > 0);
	assert_true(ent_view_cmp(ENT_LIT("\x80"), ENT_LIT("a")) > 0); /* bytes, not signed characters */
	assert_int_equal(ent_view_cmp(ENT_VIEW_NONE, ENT_VIEW_NONE), 0);
	assert_true(ent_view_eq(ENT_VIEW_NONE, ENT_LIT("")));
	assert_true(ent_view_starts(v, ENT_VIEW_NONE));
	assert_false(ent_view_starts(ENT_LIT("ab"), v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_a_name_of_its_own_and_a_full_row),
		cmocka_unit_test(an_unknown_name_is_no_status),
		cmocka_unit_test(the_first_failure_wins),
		cmocka_unit_test(an_error_may_be_nobodys),
		cmocka_unit_test(context_goes_in_front_and_a_long_text_is_cut),
		cmocka_unit_test(views_clamp_and_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
