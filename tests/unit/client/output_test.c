/* An output appears under its final name when it is complete, and not before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/client.h"

static char dir[] = "/tmp/entente-output-XXXXXX";
static char path[128];

static int
make_dir(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "%s/out", mkdtemp(dir));
	return 0;
}

static int
remove_dir(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static size_t
files_in_dir(void)
{
	char command[256];
	FILE *pipe;
	size_t count = 0;
	int c;

	snprintf(command, sizeof(command), "ls -A %s", dir);
	pipe = popen(command, "r");
	while ((c = fgetc(pipe)) != EOF)
		count += c == '\n';
	pclose(pipe);
	return count;
}

static void
what_is_not_committed_is_not_there(void **state)
{
	struct ent_error err = { 0 };
	struct ent_output out;

	(void)state;
	assert_int_equal(ent_output_open(&out, path, false, &err), ENT_OK);
	assert_int_equal(write(out.fd, "half", 4), 4);
	assert_int_equal(access(path, F_OK), -1);
	ent_output_fini(&out);
	assert_int_equal(files_in_dir(), 0);
}

static void
a_writer_that_is_killed_leaves_nothing(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct ent_error err = { 0 };
		struct ent_output out;

		if (ent_output_open(&out, path, false, &err) != ENT_OK || write(out.fd, "half", 4) != 4)
			_exit(1);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_complete_output_is_there(void **state)
{
	struct ent_error err = { 0 };
	struct ent_output out;

	(void)state;
	assert_int_equal(ent_output_open(&out, path, false, &err), ENT_OK);
	assert_int_equal(write(out.fd, "whole", 5), 5);
	assert_int_equal(ent_output_commit(&out, &err), ENT_OK);
	ent_output_fini(&out);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(files_in_dir(), 1);
}

static void
an_existing_file_is_replaced_only_by_force(void **state)
{
	struct ent_error err = { 0 };
	struct ent_output out;

	(void)state;
	assert_int_equal(ent_output_open(&out, path, false, &err), ENT_E_EXISTS);
	ent_error_clear(&err);
	assert_int_equal(ent_output_open(&out, path, true, &err), ENT_OK);
	assert_int_equal(ent_output_commit(&out, &err), ENT_OK);
	ent_output_fini(&out);
	assert_int_equal(files_in_dir(), 1);
}

static void
a_file_that_appears_meanwhile_is_not_replaced(void **state)
{
	struct ent_error err = { 0 };
	struct ent_output out;

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ent_output_open(&out, path, false, &err), ENT_OK);
	assert_int_equal(ent_file_create(path, ENT_LIT("theirs"), 0644, &err), ENT_OK);
	assert_int_equal(ent_output_commit(&out, &err), ENT_E_EXISTS);
	ent_output_fini(&out);
	assert_int_equal(files_in_dir(), 1);
}

/* --force is for files: with rename(2) root would lose /dev/null to it. */
static void
only_a_regular_file_is_replaced(void **state)
{
	char link_path[160];

	(void)state;
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	assert_int_equal(symlink(path, link_path), 0);
	for (int force = 0; force <= 1; force++) {
		const char *places[] = { "/dev/null", "/dev/stdout", dir, link_path };

		for (size_t i = 0; i < ENT_COUNT(places); i++) {
			struct ent_error err = { 0 };
			struct ent_output out;

			assert_int_equal(ent_output_check(places[i], force, &err), ENT_E_EXISTS);
			ent_error_clear(&err);
			assert_int_equal(ent_output_open(&out, places[i], force, &err), ENT_E_EXISTS);
			ent_output_fini(&out);
		}
	}
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(files_in_dir(), 1);
}

static void
a_name_that_cannot_be_is_refused_before_the_work(void **state)
{
	char name[400];
	struct ent_error err = { 0 };

	(void)state;
	snprintf(name, sizeof(name), "%s/%0300d", dir, 0);
	assert_int_equal(ent_output_check(name, false, &err), ENT_E_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_committed_is_not_there),
		cmocka_unit_test(a_writer_that_is_killed_leaves_nothing),
		cmocka_unit_test(a_complete_output_is_there),
		cmocka_unit_test(an_existing_file_is_replaced_only_by_force),
		cmocka_unit_test(a_file_that_appears_meanwhile_is_not_replaced),
		cmocka_unit_test(only_a_regular_file_is_replaced),
		cmocka_unit_test(a_name_that_cannot_be_is_refused_before_the_work),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
