#include "log_fixture.h"

#include <signal.h>
#include <sys/resource.h>

static void
a_log_keeps_and_proves_its_entries_at_every_size_around_a_tile(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 3, 7, 8, 9, 255, 256, 257, 300, 511, 512, 513, 700 };
	struct home home;

	(void)state;
	home_init(&home);
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		ENT_AUTO(ent_log_dir) log = home_open(&home); /* the one of the size before, read from disk */
		ENT_AUTO(ent_log_dir) reader = NULL;
		struct ent_error err = { 0 };
		struct ent_log_fault fault;

		fill(log, home.signer, sizes[i], 100);
		check_whole_log(log, sizes[i], 1);
		assert_ok(ent_log_dir_open_read(&reader, home.dir, home.key, &err));
		check_whole_log(reader, sizes[i], 7);
		assert_true(ent_view_eq(ent_log_dir_checkpoint(reader), ent_log_dir_checkpoint(log)));
		assert_ok(fsck(&home, &fault));
	}
	home_fini(&home);
}

static void
appending_one_by_one_makes_the_same_tree_as_appending_at_once(void **state)
{
	struct home one, all;
	struct ent_hash a, b;

	(void)state;
	home_init(&one);
	home_init(&all);
	struct ent_log_dir *log_one = home_open(&one), *log_all = home_open(&all);
	fill(log_one, one.signer, 600, 1);
	fill(log_all, all.signer, 600, 600);
	ent_log_dir_root(log_one, &a);
	ent_log_dir_root(log_all, &b);
	assert_true(ent_hash_eq(&a, &b));
	/* The same full files and the same last partial ones; the older partials of full tiles are gone but for the last. */
	run("cd %s && find tile -type f -not -path '*.p/*' -exec cmp {} %s/{} \\;", one.dir, all.dir);
	run("cmp %s/tile/0/002.p/88 %s/tile/0/002.p/88", one.dir, all.dir);
	run("cmp %s/tile/entries/002.p/88 %s/tile/entries/002.p/88", one.dir, all.dir);
	run("test ! -e %s/tile/0/000.p -a ! -e %s/tile/entries/000.p", one.dir, one.dir);
	run("test -e %s/tile/0/001.p/255 -a -e %s/tile/0/002.p/1", one.dir, one.dir);
	run("test -z \"$(find %s -name '*.tmp')\"", one.root);
	ent_log_dir_free(log_one);
	ent_log_dir_free(log_all);
	home_fini(&one);
	home_fini(&all);
}

static void
an_empty_log_can_be_signed(void **state)
{
	struct home home;
	struct ent_error err = { 0 };
	struct ent_log_fault fault;
	uint64_t first;

	(void)state;
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	assert_int_equal(ent_log_dir_checkpoint(log).len, 0);
	assert_ok(ent_log_dir_append(log, home.signer, NULL, 0, &first, &err));
	assert_true(ent_log_dir_checkpoint(log).len > 0);
	ent_log_dir_free(log);
	log = home_open(&home);
	assert_int_equal(ent_log_dir_size(log), 0);
	assert_ok(fsck(&home, &fault));
	fill(log, home.signer, 3, 3);
	check_whole_log(log, 3, 1);
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
an_entry_of_65535_bytes_is_kept_and_one_of_65536_changes_nothing(void **state)
{
	uint8_t *big = calloc(1, ENT_TLOG_ENTRY_MAX + 1);
	ENT_AUTO_FINI(ent_buf) got = ent_buf_with_max(ENT_TLOG_ENTRY_MAX);
	struct home home;
	struct ent_error err = { 0 };
	struct ent_view entries[] = { ENT_LIT("small"), { big, ENT_TLOG_ENTRY_MAX + 1 } };
	uint64_t first;

	(void)state;
	assert_non_null(big);
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	assert_int_equal(ent_log_dir_append(log, home.signer, entries, 2, &first, &err), ENT_E_LIMIT);
	assert_int_equal(ent_log_dir_size(log), 0);
	run("test ! -e %s/tile", home.dir);
	entries[1].len = ENT_TLOG_ENTRY_MAX;
	ent_error_clear(&err);
	assert_ok(ent_log_dir_append(log, home.signer, entries, 2, &first, &err));
	assert_ok(ent_log_dir_entry(log, 1, &got, &err));
	assert_int_equal(got.len, ENT_TLOG_ENTRY_MAX);
	assert_int_equal(ent_log_dir_entry(log, 2, &got, &err), ENT_E_NOT_FOUND);
	ent_log_dir_free(log);
	home_fini(&home);
	free(big);
}

static void
one_writer_and_any_number_of_readers(void **state)
{
	ENT_AUTO(ent_log_dir) reader = NULL;
	struct home home;
	struct ent_error err = { 0 };
	uint64_t first;

	(void)state;
	home_init(&home);
	assert_int_equal(ent_log_dir_open_read(&reader, home.dir, home.key, &err), ENT_E_NOT_FOUND);
	ent_error_clear(&err);
	struct ent_log_dir *log = home_open(&home);
	fill(log, home.signer, 5, 5);
	assert_int_equal(home_try(&home), ENT_E_BUSY);
	assert_ok(ent_log_dir_open_read(&reader, home.dir, home.key, &err));
	assert_int_equal(ent_log_dir_append(reader, home.signer, &ENT_LIT("x"), 1, &first, &err), ENT_E_INPUT);
	/* The reader stays where it was while the owner goes on, past full tiles and their dropped partials. */
	fill(log, home.signer, 800, 10);
	check_whole_log(reader, 5, 1);
	ent_log_dir_free(log);
	assert_ok(home_try(&home));
	home_fini(&home);
}

static void
only_the_key_of_the_log_signs_it(void **state)
{
	ENT_AUTO(ent_signer) officer = NULL;
	ENT_AUTO(ent_signer) namesake = NULL;
	struct home home;
	struct ent_error err = { 0 };
	uint64_t first;

	(void)state;
	home_init(&home);
	assert_ok(ent_signer_generate(&officer, ENT_LIT("au.example/officer/doe"), ENT_NOTE_TYPE_ED25519, &err));
	assert_ok(ent_signer_generate(&namesake, ENT_LIT(LOG_NAME), ENT_NOTE_TYPE_ED25519, &err));
	struct ent_log_dir *log = home_open(&home);
	assert_int_equal(ent_log_dir_append(log, officer, &ENT_LIT("x"), 1, &first, &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_int_equal(ent_log_dir_append(log, namesake, &ENT_LIT("x"), 1, &first, &err), ENT_E_INPUT);
	fill(log, home.signer, 2, 2);
	ent_log_dir_free(log);
	home.key = ent_signer_vkey(namesake);
	assert_int_equal(home_try(&home), ENT_E_SIGNATURE);
	home_fini(&home);
}

static void
a_head_that_was_rolled_back_or_lost_signs_nothing(void **state)
{
	struct home home;
	struct ent_error err = { 0 };
	uint64_t first;

	(void)state;
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	fill(log, home.signer, 10, 10);
	run("cp %s %s.old", home.head, home.head);
	fill(log, home.signer, 20, 10);
	/* Changed under the running process. */
	run("cp %s %s.new && cp %s.old %s", home.head, home.head, home.head, home.head);
	assert_int_equal(ent_log_dir_append(log, home.signer, &ENT_LIT("x"), 1, &first, &err), ENT_E_LOG_INCONSISTENT);
	assert_int_equal(ent_log_dir_size(log), 20);
	ent_log_dir_free(log);
	/* Older than what is published. */
	assert_int_equal(home_try(&home), ENT_E_LOG_INCONSISTENT);
	run("rm %s", home.head);
	assert_int_equal(home_try(&home), ENT_E_LOG_INCONSISTENT);
	run("cp %s.new %s", home.head, home.head);
	log = home_open(&home);
	check_whole_log(log, 20, 1);
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
two_checkpoints_of_one_size_are_noticed_at_start(void **state)
{
	struct home home;

	(void)state;
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	fill(log, home.signer, 4, 4);
	run("cp -r %s %s.a && cp %s %s.a", home.dir, home.dir, home.head, home.head);
	fill(log, home.signer, 5, 5);
	ent_log_dir_free(log);
	run("cp %s/checkpoint %s.b && rm -r %s && mv %s.a %s && mv %s.a %s", home.dir, home.head, home.dir, home.dir, home.dir,
	    home.head, home.head);
	log = home_open(&home);
	struct ent_error err = { 0 };
	uint64_t first;
	assert_ok(ent_log_dir_append(log, home.signer, &ENT_LIT("another fifth entry"), 1, &first, &err));
	ent_log_dir_free(log);
	assert_ok(home_try(&home));
	run("cp %s.b %s/checkpoint", home.head, home.dir);
	assert_int_equal(home_try(&home), ENT_E_LOG_INCONSISTENT);
	home_fini(&home);
}

static void
a_missing_older_or_torn_checkpoint_is_published_again(void **state)
{
	struct home home;
	struct ent_log_fault fault;

	(void)state;
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	fill(log, home.signer, 3, 3);
	run("cp %s/checkpoint %s/old", home.dir, home.root);
	fill(log, home.signer, 300, 300);
	ent_log_dir_free(log);
	static const char *const damage[] = { "rm checkpoint", "cp ../old checkpoint", ": > checkpoint", "echo x > checkpoint",
		"truncate -s 60 checkpoint" };
	for (size_t i = 0; i < ENT_COUNT(damage); i++) {
		run("cd %s && %s", home.dir, damage[i]);
		assert_ok(home_try(&home));
		run("cmp %s %s/checkpoint", home.head, home.dir);
		assert_ok(fsck(&home, &fault));
	}
	home_fini(&home);
}

static void
files_behind_the_head_sign_nothing(void **state)
{
	static const char *const lost[] = { "tile/0/002.p", "tile/entries/002.p", "tile/1/000.p", "tile/0/001",
		"tile/entries/001", "tile", "tile/0", "tile/entries" };
	struct home home;

	(void)state;
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	fill(log, home.signer, 600, 600);
	ent_log_dir_free(log);
	for (size_t i = 0; i < ENT_COUNT(lost); i++) {
		run("mv %s/%s %s/away", home.dir, lost[i], home.root);
		assert_int_equal(home_try(&home), ENT_E_LOG_INCONSISTENT);
		run("mv %s/away %s/%s", home.root, home.dir, lost[i]);
	}
	/* Shorter, longer, or of the right length and wrong. */
	static const char *const files[] = { "tile/0/002.p/88", "tile/entries/002.p/88", "tile/1/000.p/2", "tile/0/001" };
	for (size_t i = 0; i < ENT_COUNT(files); i++) {
		run("cp %s/%s %s/away", home.dir, files[i], home.root);
		run("truncate -s -1 %s/%s", home.dir, files[i]);
		assert_int_equal(home_try(&home), ENT_E_LOG_INCONSISTENT);
		run("cp %s/away %s/%s && echo >> %s/%s", home.root, home.dir, files[i], home.dir, files[i]);
		assert_int_equal(home_try(&home), ENT_E_LOG_INCONSISTENT);
		run("cp %s/away %s/%s && printf '\\377\\377\\377' | dd of=%s/%s bs=1 seek=33 conv=notrunc status=none", home.root,
		    home.dir, files[i], home.dir, files[i]);
		assert_int_equal(home_try(&home), ENT_E_LOG_INCONSISTENT);
		run("cp %s/away %s/%s", home.root, home.dir, files[i]);
	}
	assert_ok(home_try(&home));
	home_fini(&home);
}

static void
what_no_checkpoint_named_is_overwritten(void **state)
{
	struct home home;
	struct ent_log_fault fault;
	struct ent_error err = { 0 };
	ENT_AUTO_FINI(ent_buf) got = ent_buf_with_max(100);
	uint64_t first;

	(void)state;
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	fill(log, home.signer, 250, 250);
	run("cp %s %s.old && cp %s/checkpoint %s/old", home.head, home.head, home.dir, home.root);
	/* As if the process had died after writing 350 entries and before the head. */
	for (size_t i = 0; i < 350; i++)
		assert_ok(ent_log_dir_append(log, home.signer, &ENT_LIT("never signed"), i % 7 == 0, &first, &err));
	fill(log, home.signer, 600, 350);
	ent_log_dir_free(log);
	run("mv %s.old %s && mv %s/old %s/checkpoint", home.head, home.head, home.root, home.dir);
	log = home_open(&home);
	assert_int_equal(ent_log_dir_size(log), 250);
	fill(log, home.signer, 280, 1);
	check_whole_log(log, 280, 1);
	assert_ok(ent_log_dir_append(log, home.signer, &ENT_LIT("new"), 1, &first, &err));
	assert_ok(ent_log_dir_entry(log, 280, &got, &err));
	assert_true(ent_view_eq(ent_buf_view(&got), ENT_LIT("new")));
	assert_ok(fsck(&home, &fault));
	ent_log_dir_free(log);
	assert_ok(home_try(&home));
	home_fini(&home);
}

static void
a_full_disk_at_any_write_leaves_the_log_as_it_was(void **state)
{
	struct home home;
	struct rlimit limit, old;
	struct ent_log_fault fault;
	char text[ENTRY_TEXT_MAX];
	uint64_t refused = 0, first;

	(void)state;
	home_init(&home);
	struct ent_log_dir *log = home_open(&home);
	fill(log, home.signer, 250, 250);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	/* Files larger than this many bytes cannot be written: head 200, tile of 256 hashes 8192, bundle more. */
	for (rlim_t bytes = 0; bytes < 16384 && ent_log_dir_size(log) < 300; bytes += bytes < 300 ? 50 : 511) {
		struct ent_error err = { 0 };
		struct ent_view entry = entry_text(text, ent_log_dir_size(log));
		uint64_t before = ent_log_dir_size(log);

		limit = (struct rlimit){ bytes, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		enum ent_status status = ent_log_dir_append(log, home.signer, &entry, 1, &first, &err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		assert_true(status == ENT_OK || status == ENT_E_IO);
		assert_int_equal(ent_log_dir_size(log), before + (status == ENT_OK));
		refused += status != ENT_OK;
		assert_ok(fsck(&home, &fault));
	}
	assert_true(refused > 5);
	fill(log, home.signer, 600, 100);
	check_whole_log(log, 600, 1);
	ent_log_dir_free(log);
	assert_ok(fsck(&home, &fault));
	home_fini(&home);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_keeps_and_proves_its_entries_at_every_size_around_a_tile),
		cmocka_unit_test(appending_one_by_one_makes_the_same_tree_as_appending_at_once),
		cmocka_unit_test(an_empty_log_can_be_signed),
		cmocka_unit_test(an_entry_of_65535_bytes_is_kept_and_one_of_65536_changes_nothing),
		cmocka_unit_test(one_writer_and_any_number_of_readers),
		cmocka_unit_test(only_the_key_of_the_log_signs_it),
		cmocka_unit_test(a_head_that_was_rolled_back_or_lost_signs_nothing),
		cmocka_unit_test(two_checkpoints_of_one_size_are_noticed_at_start),
		cmocka_unit_test(a_missing_older_or_torn_checkpoint_is_published_again),
		cmocka_unit_test(files_behind_the_head_sign_nothing),
		cmocka_unit_test(what_no_checkpoint_named_is_overwritten),
		cmocka_unit_test(a_full_disk_at_any_write_leaves_the_log_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
