#include "store_contract.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char dir[64];
static char path[96];

static struct ent_store *
open_store(bool first)
{
	struct ent_error err = { 0 };
	struct ent_store *store;

	if (first) {
		snprintf(dir, sizeof(dir), "/tmp/ent-store-XXXXXX");
		assert_non_null(mkdtemp(dir));
		snprintf(path, sizeof(path), "%s/node.db", dir);
	}
	assert_ok(ent_store_open_sqlite(&store, path, &err));
	return store;
}

static void
remove_store(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < ENT_COUNT(suffixes); i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(dir), 0);
}

static int
teardown(void **state)
{
	(void)state;
	remove_store();
	return 0;
}

static void
execute(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static mode_t
mode_of(const char *suffix)
{
	struct stat st;
	char name[128];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	assert_int_equal(stat(name, &st), 0);
	return st.st_mode & 0777;
}

static void
the_files_are_private_whatever_the_umask(void **state)
{
	mode_t before = umask(0);
	ENT_AUTO(ent_store) store = open_store(true);
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_store_once(store, 'p', ENT_LIT("0123456789abcdef0123456789abcdef"), 1, &err));
	umask(before);
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
	assert_int_equal(mode_of("-shm"), 0600);
}

static void
a_file_open_to_others_is_refused(void **state)
{
	struct ent_store *store = open_store(true);
	struct ent_error err = { 0 };

	(void)state;
	ent_store_free(store);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(ent_store_open_sqlite(&store, path, &err), ENT_E_CONFIG);
	assert_non_null(strstr(err.text, "chmod 600"));
}

static void
a_store_of_a_newer_program_is_refused(void **state)
{
	struct ent_store *store = open_store(true);
	struct ent_error err = { 0 };

	(void)state;
	ent_store_free(store);
	execute("PRAGMA user_version = 1000");
	assert_int_equal(ent_store_open_sqlite(&store, path, &err), ENT_E_CONFIG);
	assert_non_null(strstr(err.text, "newer"));
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	struct ent_store *store = open_store(true);
	struct ent_error err = { 0 };

	(void)state;
	ent_store_free(store);
	assert_ok(ent_file_replace(path, ENT_LIT("this is a text that somebody put where the store belongs; a long one"), 0600, &err));
	assert_int_equal(ent_store_open_sqlite(&store, path, &err), ENT_E_CONFIG);
}

static void
two_processes_open_a_fresh_store_and_both_write(void **state)
{
	ENT_AUTO(ent_store) first = open_store(true);
	ENT_AUTO(ent_store) second = open_store(false);
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_store_once(first, 'p', ENT_LIT("0123456789abcdef0123456789abcdef"), 1, &err));
	assert_int_equal(ent_store_once(second, 'p', ENT_LIT("0123456789abcdef0123456789abcdef"), 1, &err), ENT_E_EXISTS);
	assert_ok(ent_store_once(second, 'q', ENT_LIT("0123456789abcdef0123456789abcdef"), 1, &err));
}

/* The account command asks while the judge holds a transaction: it waits, then says what to do. */
static void
a_locked_store_is_unavailable_and_not_an_error_of_the_caller(void **state)
{
	ENT_AUTO(ent_store) first = open_store(true);
	ENT_AUTO(ent_store) second = open_store(false);
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_store_begin(first, &err));
	assert_int_equal(ent_store_begin(second, &err), ENT_E_UNAVAILABLE);
	assert_non_null(strstr(err.text, "try again"));
	ent_store_rollback(first);
	assert_ok(ent_store_begin(second, &err));
	assert_ok(ent_store_commit(second, &err));
}

static bool
file_holds(const char *suffix, const char *text)
{
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(1 << 20);
	struct ent_error err = { 0 };
	char name[128];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	if (ent_file_read(&bytes, name, 1 << 20, &err) != ENT_OK)
		return false;
	return memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

static void
an_erased_account_leaves_no_trace_in_the_file(void **state)
{
	static const struct ent_account account = { "gone", "$argon2id$traceable", "", "", "", 1 };
	struct ent_store *store = open_store(true);
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_store_account_add(store, &account, &err));
	ent_store_free(store); /* the last one to close writes the log back and removes it */
	assert_true(file_holds("", "traceable"));
	store = open_store(false);
	assert_ok(ent_store_account_remove(store, ENT_LIT("gone"), &err));
	ent_store_free(store);
	assert_false(file_holds("", "traceable"));
	assert_false(file_holds("-wal", "traceable"));
}

static enum ent_status
count_record(void *arg, const struct ent_record *record, struct ent_error *err)
{
	(void)record;
	(void)err;
	++*(int *)arg;
	return ENT_OK;
}

/* A store of the first version is brought up to date with what it holds. */
static void
records_of_an_older_store_are_found_too(void **state)
{
	struct ent_store *store = open_store(true);
	struct ent_error err = { 0 };
	int found = 0;

	(void)state;
	ent_store_free(store);
	execute("DROP TABLE received; DROP TABLE cursor; DROP TABLE owed; DROP INDEX record_by_request; DROP INDEX record_by_file;"
		"ALTER TABLE record DROP COLUMN request; ALTER TABLE record DROP COLUMN file;"
		"INSERT INTO record VALUES (5, CAST('record/v1 full' || char(10) || 'request r-1' || char(10) || 'file -' || char(10) AS BLOB),"
		" zeroblob(32), x'00', zeroblob(32));"
		"INSERT INTO record VALUES (6, CAST('record/v1 full' || char(10) || 'request r-2' || char(10) || 'file f' || char(10) || 'x' AS BLOB),"
		" zeroblob(32), x'00', zeroblob(32)); PRAGMA user_version = 1");
	store = open_store(false);
	assert_ok(ent_store_record_find(store, ENT_STORE_BY_REQUEST, ENT_LIT("r-1"), count_record, &found, &err));
	assert_int_equal(found, 1);
	assert_ok(ent_store_record_find(store, ENT_STORE_BY_FILE, ENT_LIT("f"), count_record, &found, &err));
	assert_int_equal(found, 2);
	assert_ok(ent_store_record_find(store, ENT_STORE_BY_FILE, ENT_LIT("-"), count_record, &found, &err));
	assert_int_equal(found, 2);
	ent_store_free(store);
}

int
main(void)
{
	const struct ent_store_kind kind = { "store_sqlite: contract", open_store, remove_store };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_files_are_private_whatever_the_umask, teardown),
		cmocka_unit_test_teardown(a_file_open_to_others_is_refused, teardown),
		cmocka_unit_test_teardown(a_store_of_a_newer_program_is_refused, teardown),
		cmocka_unit_test_teardown(a_file_that_is_no_database_is_refused, teardown),
		cmocka_unit_test_teardown(two_processes_open_a_fresh_store_and_both_write, teardown),
		cmocka_unit_test_teardown(a_locked_store_is_unavailable_and_not_an_error_of_the_caller, teardown),
		cmocka_unit_test_teardown(an_erased_account_leaves_no_trace_in_the_file, teardown),
		cmocka_unit_test_teardown(records_of_an_older_store_are_found_too, teardown),
	};
	int failed = ent_store_contract_run(&kind);

	return failed + cmocka_run_group_tests_name("store_sqlite", tests, NULL, NULL);
}
