/* Inside of src/store: an open SQLite store and its prepared statements; store_sqlite_records.c is its other half. */
#ifndef ENT_STORE_STORE_SQLITE_H
#define ENT_STORE_STORE_SQLITE_H

#include "store/store_ops.h"
#include "store/store_sqlite_schema.h"

enum ent_sqlite_query {
	ENT_SQL_BEGIN,
	ENT_SQL_COMMIT,
	ENT_SQL_ROLLBACK,
	ENT_SQL_ACCOUNT_ADD,
	ENT_SQL_ACCOUNT_GET,
	ENT_SQL_ACCOUNT_REMOVE,
	ENT_SQL_ACCOUNT_EACH,
	ENT_SQL_FILE_ADD,
	ENT_SQL_FILE_GET,
	ENT_SQL_RECORD_PUT,
	ENT_SQL_RECORD_GET,
	ENT_SQL_RECORD_BY_REQUEST,
	ENT_SQL_RECORD_BY_FILE,
	ENT_SQL_RECEIVED_PUT,
	ENT_SQL_RECEIVED_GET,
	ENT_SQL_RECEIVED_BY_REQUEST,
	ENT_SQL_RECEIVED_BY_FILE,
	ENT_SQL_RECEIVED_FROM,
	ENT_SQL_RECEIVED_INDEXES,
	ENT_SQL_CURSOR_GET,
	ENT_SQL_CURSOR_SET,
	ENT_SQL_OWED_ADD,
	ENT_SQL_OWED_REMOVE,
	ENT_SQL_OWED_NEXT,
	ENT_SQL_ONCE_ADD,
	ENT_SQL_ONCE_EXPIRE,
	ENT_SQL_QUERY_COUNT
};

struct ent_sqlite_store {
	struct ent_store store;
	sqlite3 *db;
	sqlite3_stmt *stmts[ENT_SQL_QUERY_COUNT]; /* prepared at first use */
};

static inline struct ent_sqlite_store *
ent_sqlite_of(struct ent_store *store)
{
	return (struct ent_sqlite_store *)(void *)store;
}

/* A cached statement, borrowed: reset when the scope ends, however it ends. */
void ent_sqlite_reset(sqlite3_stmt **stmt);
#define ENT_AUTO_STMT __attribute__((cleanup(ent_sqlite_reset))) sqlite3_stmt
ENT_MUST_USE enum ent_status ent_sqlite_stmt(sqlite3_stmt **out, struct ent_sqlite_store *s, enum ent_sqlite_query query,
    struct ent_error *err);

/* Binding fails only without memory or for our own bug; the step then finds a NULL, which every column refuses. */
void ent_sqlite_bind_text(sqlite3_stmt *stmt, int at, struct ent_view text);
void ent_sqlite_bind_blob(sqlite3_stmt *stmt, int at, struct ent_view bytes);
struct ent_view ent_sqlite_column(sqlite3_stmt *stmt, int at);

/* One step that gives no row. */
ENT_MUST_USE enum ent_status ent_sqlite_run(struct ent_sqlite_store *s, sqlite3_stmt *stmt, const char *what, struct ent_error *err);
/* An INSERT whose primary key may be taken already: ENT_E_EXISTS. */
ENT_MUST_USE enum ent_status ent_sqlite_insert(struct ent_sqlite_store *s, sqlite3_stmt *stmt, const char *what, const char *taken,
    struct ent_error *err);
/* A SELECT of one row: ENT_E_NOT_FOUND without one. */
ENT_MUST_USE enum ent_status ent_sqlite_find(struct ent_sqlite_store *s, sqlite3_stmt *stmt, const char *what, const char *missing,
    struct ent_error *err);

/* store_sqlite_records.c */
extern const char *const ent_sqlite_record_queries[ENT_SQL_QUERY_COUNT];
extern const struct ent_record_ops ent_sqlite_record_ops;

#endif
