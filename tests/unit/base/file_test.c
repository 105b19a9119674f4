#include "base_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct place {
	char dir[64];
	char path[128];
};

static int
make_place(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->dir, "/tmp/ent-file-XXXXXX");
	*state = place;
	if (mkdtemp(place->dir) == NULL)
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/file", place->dir);
	return 0;
}

static int
drop_place(void **state)
{
	struct place *place = *state;
	char command[160];

	snprintf(command, sizeof(command), "rm -rf '%s'", place->dir);
	free(place);
	return system(command);
}

static void
assert_content(const char *path, const char *want)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
	struct ent_error err = { 0 };

	assert_ok(ent_file_read(&buf, path, 1000, &err));
	assert_view(ent_buf_view(&buf), want);
}

static size_t
count_files(const char *dir)
{
	char command[160];
	FILE *pipe;
	unsigned count = 0;

	snprintf(command, sizeof(command), "ls -A '%s' | wc -l", dir);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%u", &count), 1);
	pclose(pipe);
	return count;
}

static void
a_file_is_read_up_to_its_limit(void **state)
{
	const struct place *place = *state;
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
	struct ent_error err = { 0 };

	assert_ok(ent_file_create(place->path, ENT_LIT("12345"), 0600, &err));
	assert_ok(ent_file_read(&buf, place->path, 5, &err));
	assert_view(ent_buf_view(&buf), "12345");
	assert_int_equal(ent_file_read(&buf, place->path, 4, &err), ENT_E_LIMIT);
}

static void
what_is_no_regular_file_is_refused_at_once(void **state)
{
	const struct place *place = *state;
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
	struct ent_error err = { 0 };

	assert_int_equal(ent_file_read(&buf, place->path, 5, &err), ENT_E_NOT_FOUND);
	ent_error_clear(&err);
	assert_int_equal(ent_file_read(&buf, place->dir, 5, &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_int_equal(mkfifo(place->path, 0600), 0);
	assert_int_equal(ent_file_read(&buf, place->path, 5, &err), ENT_E_INPUT); /* and does not wait for a writer */
	ent_error_clear(&err);
	assert_int_equal(ent_file_read(&buf, "/dev/zero", 5, &err), ENT_E_INPUT);
}

static void
replacing_leaves_the_new_file_its_mode_and_nothing_else(void **state)
{
	const struct place *place = *state;
	struct ent_error err = { 0 };
	struct stat st;

	assert_ok(ent_file_replace(place->path, ENT_LIT("old"), 0644, &err));
	assert_ok(ent_file_replace(place->path, ENT_LIT("new"), 0600, &err));
	assert_content(place->path, "new");
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(count_files(place->dir), 1);
}

static void
creating_never_overwrites(void **state)
{
	const struct place *place = *state;
	struct ent_error err = { 0 };

	assert_ok(ent_file_create(place->path, ENT_LIT("first"), 0600, &err));
	assert_int_equal(ent_file_create(place->path, ENT_LIT("second"), 0600, &err), ENT_E_EXISTS);
	assert_content(place->path, "first");
	assert_int_equal(count_files(place->dir), 1);
}

static void
a_failed_write_leaves_no_temporary_file(void **state)
{
	const struct place *place = *state;
	struct ent_error err = { 0 };

	assert_int_equal(mkdir(place->path, 0700), 0);
	assert_int_equal(ent_file_replace(place->path, ENT_LIT("x"), 0600, &err), ENT_E_IO); /* a folder is in the way */
	assert_int_equal(count_files(place->dir), 1);
	ent_error_clear(&err);
	assert_int_equal(ent_file_replace("/nonexistent/file", ENT_LIT("x"), 0600, &err), ENT_E_IO);
}

static void
reading_at_an_offset_wants_all_of_it(void **state)
{
	const struct place *place = *state;
	struct ent_error err = { 0 };
	char bytes[4];

	assert_ok(ent_file_create(place->path, ENT_LIT("0123456789"), 0600, &err));
	ENT_AUTO_FD fd = open(place->path, O_RDONLY | O_CLOEXEC);
	assert_ok(ent_fd_pread(fd, bytes, 4, 6, &err));
	assert_memory_equal(bytes, "6789", 4);
	assert_int_equal(ent_fd_pread(fd, bytes, 4, 7, &err), ENT_E_FORMAT);
	ent_error_clear(&err);
	assert_int_equal(ent_fd_pread(fd, bytes, 1, (uint64_t)1 << 40, &err), ENT_E_FORMAT);
}

static void
folders_are_made_with_their_parents(void **state)
{
	const struct place *place = *state;
	struct ent_error err = { 0 };
	char path[160];

	snprintf(path, sizeof(path), "%s/a/b/c", place->dir);
	assert_ok(ent_dir_make(path, 0700, &err));
	assert_ok(ent_dir_make(path, 0700, &err));
	assert_true(ent_file_exists(path));
	assert_ok(ent_file_create(place->path, ENT_LIT("x"), 0600, &err));
	snprintf(path, sizeof(path), "%s/file/b", place->dir);
	assert_int_equal(ent_dir_make(path, 0700, &err), ENT_E_IO);
}

static void
a_folder_without_a_name_is_refused(void **state)
{
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(ent_dir_make("", 0700, &err), ENT_E_INPUT);
}

static void
a_secret_that_others_may_touch_is_refused(void **state)
{
	static const mode_t open_modes[] = { 0640, 0604, 0620, 0602, 0610, 0601 };
	const struct place *place = *state;

	for (size_t i = 0; i < ENT_COUNT(open_modes); i++) {
		ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(100);
		struct ent_error err = { 0 };

		assert_ok(ent_file_replace(place->path, ENT_LIT("secret"), open_modes[i], &err));
		assert_int_equal(ent_file_read_private(&buf, place->path, 100, &err), ENT_E_CONFIG);
		assert_int_equal(buf.len, 0);
		ent_error_clear(&err);
		assert_int_equal(chmod(place->path, 0600), 0);
		assert_ok(ent_file_read_private(&buf, place->path, 100, &err));
		assert_view(ent_buf_view(&buf), "secret");
	}
}

static void
a_path_that_does_not_fit_is_refused(void **state)
{
	struct ent_error err = { 0 };
	char out[8];

	(void)state;
	assert_ok(ent_path_join(out, sizeof(out), &err, "%s/%s", "abc", "def"));
	assert_string_equal(out, "abc/def");
	assert_int_equal(ent_path_join(out, sizeof(out), &err, "%s/%s", "abcd", "def"), ENT_E_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_read_up_to_its_limit, make_place, drop_place),
		cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused_at_once, make_place, drop_place),
		cmocka_unit_test_setup_teardown(replacing_leaves_the_new_file_its_mode_and_nothing_else, make_place, drop_place),
		cmocka_unit_test_setup_teardown(creating_never_overwrites, make_place, drop_place),
		cmocka_unit_test_setup_teardown(a_failed_write_leaves_no_temporary_file, make_place, drop_place),
		cmocka_unit_test_setup_teardown(reading_at_an_offset_wants_all_of_it, make_place, drop_place),
		cmocka_unit_test_setup_teardown(folders_are_made_with_their_parents, make_place, drop_place),
		cmocka_unit_test_setup_teardown(a_secret_that_others_may_touch_is_refused, make_place, drop_place),
		cmocka_unit_test(a_folder_without_a_name_is_refused),
		cmocka_unit_test(a_path_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
