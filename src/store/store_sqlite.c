/*
 * The store in one SQLite file: STRICT tables, write-ahead log, synchronous=FULL, statements prepared once.
 * One process writes (the judge); the account commands of the command line stand beside it for a moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store_sqlite.h"

enum { BUSY_TIMEOUT_MS = 5000, TEXT_HASH_LEN = 32 };

#define ACCOUNT_COLUMNS "name, secret_hash, projects, clearance, nationality, created_unix_s"
#define ONCE_EXPIRE_SQL                                                                                                \
	"DELETE FROM once WHERE (kind, hash) IN "                                                                      \
	"(SELECT kind, hash FROM once WHERE expires_unix_s < ?1 ORDER BY expires_unix_s LIMIT ?2)"

static const char *const queries[ENT_SQL_QUERY_COUNT] = {
	/* IMMEDIATE: a lock that cannot be had is found out here, where nothing was done yet. */
	[ENT_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[ENT_SQL_COMMIT] = "COMMIT",
	[ENT_SQL_ROLLBACK] = "ROLLBACK",
	[ENT_SQL_ACCOUNT_ADD] = "INSERT INTO account (" ACCOUNT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[ENT_SQL_ACCOUNT_GET] = "SELECT " ACCOUNT_COLUMNS " FROM account WHERE name = ?1",
	[ENT_SQL_ACCOUNT_REMOVE] = "DELETE FROM account WHERE name = ?1",
	[ENT_SQL_ACCOUNT_EACH] = "SELECT " ACCOUNT_COLUMNS " FROM account ORDER BY name",
	[ENT_SQL_FILE_ADD] = "INSERT INTO file (uuid, text_hash, created_unix_s) VALUES (?1, ?2, ?3)",
	[ENT_SQL_FILE_GET] = "SELECT text_hash FROM file WHERE uuid = ?1",
	[ENT_SQL_ONCE_ADD] = "INSERT INTO once (kind, hash, expires_unix_s) VALUES (?1, ?2, ?3)",
	[ENT_SQL_ONCE_EXPIRE] = ONCE_EXPIRE_SQL,
};

void
ent_sqlite_reset(sqlite3_stmt **stmt)
{
	if (*stmt == NULL)
		return;
	sqlite3_reset(*stmt);
	sqlite3_clear_bindings(*stmt);
}

enum ent_status
ent_sqlite_stmt(sqlite3_stmt **out, struct ent_sqlite_store *s, enum ent_sqlite_query query, struct ent_error *err)
{
	const char *sql = queries[query] != NULL ? queries[query] : ent_sqlite_record_queries[query];

	if (s->stmts[query] == NULL
	    && sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmts[query], NULL) != SQLITE_OK)
		return ent_sqlite_fail(s->db, err, "prepare a statement of the store");
	*out = s->stmts[query];
	return ENT_OK;
}

void
ent_sqlite_bind_text(sqlite3_stmt *stmt, int at, struct ent_view text)
{
	sqlite3_bind_text64(stmt, at, text.len ? (const char *)text.data : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
}

void
ent_sqlite_bind_blob(sqlite3_stmt *stmt, int at, struct ent_view bytes)
{
	sqlite3_bind_blob64(stmt, at, bytes.len ? (const void *)bytes.data : "", bytes.len, SQLITE_STATIC);
}

enum ent_status
ent_sqlite_run(struct ent_sqlite_store *s, sqlite3_stmt *stmt, const char *what, struct ent_error *err)
{
	return sqlite3_step(stmt) == SQLITE_DONE ? ENT_OK : ent_sqlite_fail(s->db, err, what);
}

enum ent_status
ent_sqlite_insert(struct ent_sqlite_store *s, sqlite3_stmt *stmt, const char *what, const char *taken, struct ent_error *err)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_CONSTRAINT_PRIMARYKEY) /* results are extended ones: configure() */
		return ent_fail(err, ENT_E_EXISTS, "%s", taken);
	return rc == SQLITE_DONE ? ENT_OK : ent_sqlite_fail(s->db, err, what);
}

enum ent_status
ent_sqlite_find(struct ent_sqlite_store *s, sqlite3_stmt *stmt, const char *what, const char *missing, struct ent_error *err)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_DONE)
		return ent_fail(err, ENT_E_NOT_FOUND, "%s", missing);
	return rc == SQLITE_ROW ? ENT_OK : ent_sqlite_fail(s->db, err, what);
}

struct ent_view
ent_sqlite_column(sqlite3_stmt *stmt, int at)
{
	const void *bytes = sqlite3_column_blob(stmt, at); /* before _bytes: the order that SQLite documents */

	return ent_view_from(bytes, bytes != NULL ? (size_t)sqlite3_column_bytes(stmt, at) : 0);
}

static enum ent_status
simple(struct ent_store *store, enum ent_sqlite_query query, const char *what, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), query, err));
	return ent_sqlite_run(ent_sqlite_of(store), stmt, what, err);
}

static enum ent_status
store_begin(struct ent_store *store, struct ent_error *err)
{
	return simple(store, ENT_SQL_BEGIN, "begin a transaction of the store", err);
}

static void
store_rollback(struct ent_store *store)
{
	/* SQLite rolls back by itself on some failures (full disk): nothing is left to do then. */
	if (!sqlite3_get_autocommit(ent_sqlite_of(store)->db))
		ENT_IGNORE(simple(store, ENT_SQL_ROLLBACK, "roll back", NULL)); /* what fails to roll back is rolled back on opening */
}

static enum ent_status
store_commit(struct ent_store *store, struct ent_error *err)
{
	enum ent_status status = simple(store, ENT_SQL_COMMIT, "commit to the store", err);

	if (status != ENT_OK)
		store_rollback(store);
	return status;
}

static enum ent_status
account_add(struct ent_store *store, const struct ent_account *account, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_ACCOUNT_ADD, err));
	ent_sqlite_bind_text(stmt, 1, ent_view_str(account->name));
	ent_sqlite_bind_text(stmt, 2, ent_view_str(account->secret_hash));
	ent_sqlite_bind_text(stmt, 3, ent_view_str(account->projects));
	ent_sqlite_bind_text(stmt, 4, ent_view_str(account->clearance));
	ent_sqlite_bind_text(stmt, 5, ent_view_str(account->nationality));
	sqlite3_bind_int64(stmt, 6, account->created_unix_s);
	return ent_sqlite_insert(ent_sqlite_of(store), stmt, "add the account", "an account of that name exists already", err);
}

static enum ent_status
read_account(struct ent_account *out, struct ent_arena *arena, sqlite3_stmt *stmt, struct ent_error *err)
{
	const char **texts[] = { &out->name, &out->secret_hash, &out->projects, &out->clearance, &out->nationality };

	for (size_t i = 0; i < ENT_COUNT(texts); i++)
		ENT_TRY(ent_arena_strdup(arena, texts[i], ent_sqlite_column(stmt, (int)i), err));
	out->created_unix_s = sqlite3_column_int64(stmt, (int)ENT_COUNT(texts));
	return ENT_OK;
}

static enum ent_status
account_get(struct ent_store *store, struct ent_account *out, struct ent_arena *arena, struct ent_view name,
    struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_ACCOUNT_GET, err));
	ent_sqlite_bind_text(stmt, 1, name);
	ENT_TRY(ent_sqlite_find(ent_sqlite_of(store), stmt, "read an account", "no account of that name", err));
	return read_account(out, arena, stmt, err);
}

static enum ent_status
account_remove(struct ent_store *store, struct ent_view name, struct ent_error *err)
{
	struct ent_sqlite_store *s = ent_sqlite_of(store);
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, s, ENT_SQL_ACCOUNT_REMOVE, err));
	ent_sqlite_bind_text(stmt, 1, name);
	ENT_TRY(ent_sqlite_run(s, stmt, "remove the account", err));
	if (sqlite3_changes(s->db) == 0)
		return ent_fail(err, ENT_E_NOT_FOUND, "no account of that name");
	return ENT_OK;
}

static enum ent_status
account_each(struct ent_store *store, ent_account_fn fn, void *arg, struct ent_error *err)
{
	enum { ACCOUNT_BYTES_MAX = 65536 };
	struct ent_sqlite_store *s = ent_sqlite_of(store);
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, s, ENT_SQL_ACCOUNT_EACH, err));
	for (;;) {
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_account account = { 0 };
		int rc = sqlite3_step(stmt);

		if (rc == SQLITE_DONE)
			return ENT_OK;
		if (rc != SQLITE_ROW)
			return ent_sqlite_fail(s->db, err, "list the accounts");
		ENT_TRY(ent_arena_new(&arena, ACCOUNT_BYTES_MAX, err));
		ENT_TRY(read_account(&account, arena, stmt, err));
		ENT_TRY(fn(arg, &account, err));
	}
}

static enum ent_status
file_add(struct ent_store *store, struct ent_view uuid, struct ent_view text_hash, int64_t created_unix_s,
    struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_FILE_ADD, err));
	ent_sqlite_bind_text(stmt, 1, uuid);
	ent_sqlite_bind_blob(stmt, 2, text_hash);
	sqlite3_bind_int64(stmt, 3, created_unix_s);
	return ent_sqlite_insert(ent_sqlite_of(store), stmt, "register the file", "a file with that uuid was sealed here before", err);
}

static enum ent_status
file_get(struct ent_store *store, struct ent_view uuid, uint8_t text_hash[32], struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;
	struct ent_view hash;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_FILE_GET, err));
	ent_sqlite_bind_text(stmt, 1, uuid);
	ENT_TRY(ent_sqlite_find(ent_sqlite_of(store), stmt, "look up the file", "no file with that uuid was sealed here", err));
	hash = ent_sqlite_column(stmt, 0);
	if (hash.len != TEXT_HASH_LEN)
		return ent_fail(err, ENT_E_IO, "the register of files holds a hash of %zu bytes; restore it from a backup", hash.len);
	memcpy(text_hash, hash.data, TEXT_HASH_LEN);
	return ENT_OK;
}

static enum ent_status
once(struct ent_store *store, char kind, struct ent_view hash, int64_t expires_unix_s, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_ONCE_ADD, err));
	sqlite3_bind_int(stmt, 1, kind);
	ent_sqlite_bind_blob(stmt, 2, hash);
	sqlite3_bind_int64(stmt, 3, expires_unix_s);
	return ent_sqlite_insert(ent_sqlite_of(store), stmt, "remember a one-time value", "this one-time value was used before", err);
}

static enum ent_status
once_expire(struct ent_store *store, int64_t now_unix_s, int max, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_ONCE_EXPIRE, err));
	sqlite3_bind_int64(stmt, 1, now_unix_s);
	sqlite3_bind_int(stmt, 2, max);
	return ent_sqlite_run(ent_sqlite_of(store), stmt, "forget expired one-time values", err);
}

static void
store_free(struct ent_store *store)
{
	struct ent_sqlite_store *s = ent_sqlite_of(store);

	for (size_t i = 0; i < ENT_SQL_QUERY_COUNT; i++)
		sqlite3_finalize(s->stmts[i]);
	sqlite3_close(s->db);
	free(s);
}

static const struct ent_store_ops ops = {
	.free = store_free,
	.begin = store_begin,
	.commit = store_commit,
	.rollback = store_rollback,
	.account_add = account_add,
	.account_get = account_get,
	.account_remove = account_remove,
	.account_each = account_each,
	.file_add = file_add,
	.file_get = file_get,
	.once = once,
	.once_expire = once_expire,
};

/*
 * SQLite would create the file with the umask's mode. An existing file is only looked at: to open and close it here would
 * drop the POSIX locks that another connection of this process holds on it.
 */
static enum ent_status
make_private(const char *path, struct ent_error *err)
{
	ENT_AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd >= 0)
		return ENT_OK;
	if (errno != EEXIST)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot create the store %s", path);
	if (lstat(path, &st) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot stat the store %s", path);
	if (!S_ISREG(st.st_mode))
		return ent_fail(err, ENT_E_CONFIG, "the store %s is not a regular file", path);
	if ((st.st_mode & 077) != 0)
		return ent_fail(err, ENT_E_CONFIG, "the store %s holds secrets and others may open it: chmod 600 it", path);
	return ENT_OK;
}

static enum ent_status
configure(sqlite3 *db, struct ent_error *err)
{
	static const struct {
		int option, on;
	} switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
	};

	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	for (size_t i = 0; i < ENT_COUNT(switches); i++)
		if (sqlite3_db_config(db, switches[i].option, switches[i].on, NULL) != SQLITE_OK)
			return ent_sqlite_fail(db, err, "configure the store");
	/* secure_delete: an erased record must not lie about in free pages. */
	return ent_sqlite_exec(db,
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;", err);
}

enum ent_status
ent_store_open_sqlite(struct ent_store **out, const char *path, struct ent_error *err)
{
	ENT_AUTO(ent_store) store = NULL;
	struct ent_sqlite_store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the store");
	s->store.ops = &ops;
	s->store.records = &ent_sqlite_record_ops;
	store = &s->store;
	ENT_TRY(make_private(path, err));
	/* NOMUTEX: a store belongs to one thread. */
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return ent_sqlite_fail(s->db, err, "open the store");
	ENT_TRY(configure(s->db, err));
	ENT_TRY(ent_sqlite_migrate(s->db, err));
	*out = ent_take(&store);
	return ENT_OK;
}
