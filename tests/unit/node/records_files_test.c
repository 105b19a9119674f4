/* Sealed records on disk: whole under their names, listed when they are there, and nothing left of what was given up (C-75). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "node/judge/records.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

static char home[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "/tmp/entente-records-XXXXXX");
	assert_non_null(mkdtemp(home));
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", home);
	assert_int_equal(system(command), 0);
	return 0;
}

static void
assert_holds(const char *name, const char *text)
{
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(65536);
	struct ent_error err = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/log/records/%s", home, name);
	if (text == NULL) {
		assert_false(ent_file_exists(path));
		return;
	}
	assert_ok(ent_file_read(&bytes, path, 65536, &err));
	assert_true(ent_view_eq_str(ent_buf_view(&bytes), text));
}

static void
publish(const uint64_t *indexes, size_t count)
{
	ENT_AUTO(ent_record_files) files = NULL;
	struct ent_error err = { 0 };

	assert_ok(ent_record_files_new(&files, home, &err));
	for (size_t i = 0; i < count; i++)
		assert_ok(ent_record_files_add(files, ENT_LIT("au.example"), indexes[i], ENT_LIT("sealed"), &err));
	assert_ok(ent_record_files_commit(files, &err));
}

static void
a_group_is_named_and_listed_and_the_next_one_added(void **state)
{
	ENT_AUTO(ent_record_files) files = NULL;
	struct ent_error err = { 0 };

	(void)state;
	publish((const uint64_t[]){ 9, 3, 4096, 4095 }, 4);
	assert_holds("au.example/9", "sealed");
	assert_holds("au.example/list/0", "3\n9\n4095\n");
	assert_holds("au.example/list/1", "4096\n");
	publish((const uint64_t[]){ 5, 9 }, 2); /* one again, as after a crash */
	assert_holds("au.example/list/0", "3\n5\n9\n4095\n");
	assert_ok(ent_record_files_new(&files, home, &err));
	assert_ok(ent_record_files_commit(files, &err)); /* of nothing */
}

static void
what_is_given_up_leaves_nothing_behind(void **state)
{
	ENT_AUTO(ent_record_files) files = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_record_files_new(&files, home, &err));
	assert_ok(ent_record_files_add(files, ENT_LIT("au.example"), 1, ENT_LIT("sealed"), &err));
	assert_holds("au.example/.1.tmp", "sealed");
	assert_holds("au.example/1", NULL);
	ent_record_files_free(ent_take(&files));
	assert_holds("au.example/.1.tmp", NULL);
	assert_holds("au.example/1", NULL);
	assert_holds("au.example/list/0", NULL);
}

static void
a_list_that_was_damaged_is_made_again_from_what_is_there(void **state)
{
	struct ent_error err = { 0 };
	char path[256];

	(void)state;
	publish((const uint64_t[]){ 2, 7 }, 2);
	snprintf(path, sizeof(path), "%s/log/records/au.example/list/0", home);
	assert_ok(ent_file_replace(path, ENT_LIT("rubbish"), 0644, &err));
	publish((const uint64_t[]){ 5 }, 1);
	assert_holds("au.example/list/0", "2\n5\n7\n");
}

static void
a_folder_that_cannot_be_written_is_an_error_and_no_more(void **state)
{
	ENT_AUTO(ent_record_files) files = NULL;
	struct ent_error err = { 0 };
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/log", home);
	assert_ok(ent_dir_make(path, 0755, &err));
	snprintf(path, sizeof(path), "%s/log/records", home);
	assert_ok(ent_file_replace(path, ENT_LIT("in the way"), 0644, &err));
	assert_ok(ent_record_files_new(&files, home, &err));
	assert_int_equal(ent_record_files_add(files, ENT_LIT("au.example"), 1, ENT_LIT("sealed"), &err), ENT_E_IO);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_group_is_named_and_listed_and_the_next_one_added),
		TEST(what_is_given_up_leaves_nothing_behind),
		TEST(a_list_that_was_damaged_is_made_again_from_what_is_there),
		TEST(a_folder_that_cannot_be_written_is_an_error_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
