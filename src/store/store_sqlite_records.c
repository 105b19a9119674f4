/* Records in the SQLite store: own ones, received ones, and what is owed to whom. */
#include "store/store_sqlite.h"

#define RECORD_COLUMNS "entry, request, file, full, full_salt, brief, brief_salt"
#define RECEIVED_COLUMNS "member, entry, full, request, file, text, salt"

const char *const ent_sqlite_record_queries[ENT_SQL_QUERY_COUNT] = {
	[ENT_SQL_RECORD_PUT] = "INSERT OR REPLACE INTO record (" RECORD_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ENT_SQL_RECORD_GET] = "SELECT " RECORD_COLUMNS " FROM record WHERE entry = ?1",
	/* The second condition is the indexes': without it SQLite could not use them. */
	[ENT_SQL_RECORD_BY_REQUEST] = "SELECT " RECORD_COLUMNS " FROM record WHERE request = ?1 AND request <> '' ORDER BY entry",
	[ENT_SQL_RECORD_BY_FILE] = "SELECT " RECORD_COLUMNS " FROM record WHERE file = ?1 AND file <> '' ORDER BY entry",
	[ENT_SQL_RECEIVED_PUT] = "INSERT INTO received (" RECEIVED_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[ENT_SQL_RECEIVED_GET] = "SELECT " RECEIVED_COLUMNS " FROM received WHERE member = ?1 AND entry = ?2",
	[ENT_SQL_RECEIVED_BY_REQUEST] = "SELECT " RECEIVED_COLUMNS " FROM received WHERE request = ?1 AND request <> '' ORDER BY member, entry",
	[ENT_SQL_RECEIVED_BY_FILE] = "SELECT " RECEIVED_COLUMNS " FROM received WHERE file = ?1 AND file <> '' ORDER BY member, entry",
	[ENT_SQL_RECEIVED_FROM] = "SELECT " RECEIVED_COLUMNS " FROM received WHERE member = ?1 ORDER BY entry",
	[ENT_SQL_RECEIVED_INDEXES] = "SELECT entry FROM received WHERE member = ?1 AND entry >= ?2 AND entry < ?3",
	[ENT_SQL_CURSOR_GET] = "SELECT value FROM cursor WHERE name = ?1",
	[ENT_SQL_CURSOR_SET] = "INSERT OR REPLACE INTO cursor (name, value) VALUES (?1, ?2)",
	[ENT_SQL_OWED_ADD] = "INSERT OR IGNORE INTO owed (party, entry) VALUES (?1, ?2)",
	[ENT_SQL_OWED_REMOVE] = "DELETE FROM owed WHERE party = ?1 AND entry = ?2",
	[ENT_SQL_OWED_NEXT] = "SELECT entry FROM owed WHERE party = ?1 ORDER BY entry LIMIT ?2",
};

/* ---- own records ---- */

static enum ent_status
put(struct ent_store *store, const struct ent_record *record, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_RECORD_PUT, err));
	sqlite3_bind_int64(stmt, 1, (int64_t)record->index);
	ent_sqlite_bind_text(stmt, 2, record->request);
	ent_sqlite_bind_text(stmt, 3, record->file);
	ent_sqlite_bind_blob(stmt, 4, record->full);
	ent_sqlite_bind_blob(stmt, 5, record->full_salt);
	ent_sqlite_bind_blob(stmt, 6, record->brief);
	ent_sqlite_bind_blob(stmt, 7, record->brief_salt);
	return ent_sqlite_run(ent_sqlite_of(store), stmt, "keep a record", err);
}

/* The row that the statement stands on, borrowed. */
static struct ent_record
record_row(sqlite3_stmt *stmt)
{
	return (struct ent_record){ .index = (uint64_t)sqlite3_column_int64(stmt, 0), .request = ent_sqlite_column(stmt, 1),
		.file = ent_sqlite_column(stmt, 2), .full = ent_sqlite_column(stmt, 3), .full_salt = ent_sqlite_column(stmt, 4),
		.brief = ent_sqlite_column(stmt, 5), .brief_salt = ent_sqlite_column(stmt, 6) };
}

static enum ent_status
get(struct ent_store *store, struct ent_record *out, struct ent_arena *arena, uint64_t index, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;
	struct ent_record record;
	struct ent_view *const parts[] = { &record.request, &record.file, &record.full, &record.full_salt, &record.brief,
		&record.brief_salt };

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_RECORD_GET, err));
	sqlite3_bind_int64(stmt, 1, (int64_t)index);
	ENT_TRY(ent_sqlite_find(ent_sqlite_of(store), stmt, "read a record", "no record of that access entry is kept here", err));
	record = record_row(stmt);
	for (size_t i = 0; i < ENT_COUNT(parts); i++)
		ENT_TRY(ent_arena_dup(arena, parts[i], *parts[i], err));
	*out = record;
	return ENT_OK;
}

static enum ent_status
find(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_record_fn fn, void *arg, struct ent_error *err)
{
	struct ent_sqlite_store *s = ent_sqlite_of(store);
	ENT_AUTO_STMT *stmt = NULL;
	int rc;

	ENT_TRY(ent_sqlite_stmt(&stmt, s, by == ENT_STORE_BY_FILE ? ENT_SQL_RECORD_BY_FILE : ENT_SQL_RECORD_BY_REQUEST, err));
	ent_sqlite_bind_text(stmt, 1, value);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct ent_record record = record_row(stmt);

		ENT_TRY(fn(arg, &record, err));
	}
	return rc == SQLITE_DONE ? ENT_OK : ent_sqlite_fail(s->db, err, "look for records");
}

/* ---- received records ---- */

static enum ent_status
received_put(struct ent_store *store, const struct ent_received *received, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_RECEIVED_PUT, err));
	ent_sqlite_bind_text(stmt, 1, received->member);
	sqlite3_bind_int64(stmt, 2, (int64_t)received->index);
	sqlite3_bind_int(stmt, 3, received->full ? 1 : 0);
	ent_sqlite_bind_text(stmt, 4, received->request);
	ent_sqlite_bind_text(stmt, 5, received->file);
	ent_sqlite_bind_blob(stmt, 6, received->text);
	ent_sqlite_bind_blob(stmt, 7, received->salt);
	return ent_sqlite_insert(ent_sqlite_of(store), stmt, "keep a received record", "that member's record is here already", err);
}

static struct ent_received
received_row(sqlite3_stmt *stmt)
{
	return (struct ent_received){ .member = ent_sqlite_column(stmt, 0), .index = (uint64_t)sqlite3_column_int64(stmt, 1),
		.full = sqlite3_column_int(stmt, 2) != 0, .request = ent_sqlite_column(stmt, 3), .file = ent_sqlite_column(stmt, 4),
		.text = ent_sqlite_column(stmt, 5), .salt = ent_sqlite_column(stmt, 6) };
}

static enum ent_status
received_get(struct ent_store *store, struct ent_received *out, struct ent_arena *arena, struct ent_view member, uint64_t index,
    struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;
	struct ent_received received;
	struct ent_view *const parts[] = { &received.member, &received.request, &received.file, &received.text, &received.salt };

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_RECEIVED_GET, err));
	ent_sqlite_bind_text(stmt, 1, member);
	sqlite3_bind_int64(stmt, 2, (int64_t)index);
	ENT_TRY(ent_sqlite_find(ent_sqlite_of(store), stmt, "read a received record", "no record of that entry was received", err));
	received = received_row(stmt);
	for (size_t i = 0; i < ENT_COUNT(parts); i++)
		ENT_TRY(ent_arena_dup(arena, parts[i], *parts[i], err));
	*out = received;
	return ENT_OK;
}

/* Each row of a statement whose first parameter is value. */
static enum ent_status
each_received(struct ent_store *store, enum ent_sqlite_query query, struct ent_view value, ent_received_fn fn, void *arg,
    struct ent_error *err)
{
	struct ent_sqlite_store *s = ent_sqlite_of(store);
	ENT_AUTO_STMT *stmt = NULL;
	int rc;

	ENT_TRY(ent_sqlite_stmt(&stmt, s, query, err));
	ent_sqlite_bind_text(stmt, 1, value);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct ent_received received = received_row(stmt);

		ENT_TRY(fn(arg, &received, err));
	}
	return rc == SQLITE_DONE ? ENT_OK : ent_sqlite_fail(s->db, err, "look for received records");
}

static enum ent_status
received_find(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_received_fn fn, void *arg,
    struct ent_error *err)
{
	return each_received(store, by == ENT_STORE_BY_FILE ? ENT_SQL_RECEIVED_BY_FILE : ENT_SQL_RECEIVED_BY_REQUEST, value, fn, arg,
	    err);
}

static enum ent_status
received_each(struct ent_store *store, struct ent_view member, ent_received_fn fn, void *arg, struct ent_error *err)
{
	return each_received(store, ENT_SQL_RECEIVED_FROM, member, fn, arg, err);
}

static enum ent_status
received_have(struct ent_store *store, bool *have, size_t count, struct ent_view member, uint64_t first, struct ent_error *err)
{
	struct ent_sqlite_store *s = ent_sqlite_of(store);
	ENT_AUTO_STMT *stmt = NULL;
	int rc;

	ENT_TRY(ent_sqlite_stmt(&stmt, s, ENT_SQL_RECEIVED_INDEXES, err));
	ent_sqlite_bind_text(stmt, 1, member);
	sqlite3_bind_int64(stmt, 2, (int64_t)first);
	sqlite3_bind_int64(stmt, 3, (int64_t)(first + count));
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		have[(uint64_t)sqlite3_column_int64(stmt, 0) - first] = true;
	return rc == SQLITE_DONE ? ENT_OK : ent_sqlite_fail(s->db, err, "list received records");
}

/* ---- cursors, and what is owed ---- */

static enum ent_status
cursor_get(struct ent_store *store, uint64_t *out, const char *name, struct ent_error *err)
{
	struct ent_sqlite_store *s = ent_sqlite_of(store);
	ENT_AUTO_STMT *stmt = NULL;
	int rc;

	ENT_TRY(ent_sqlite_stmt(&stmt, s, ENT_SQL_CURSOR_GET, err));
	ent_sqlite_bind_text(stmt, 1, ent_view_str(name));
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(stmt, 0);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? ENT_OK : ent_sqlite_fail(s->db, err, "read a cursor");
}

static enum ent_status
cursor_set(struct ent_store *store, const char *name, uint64_t value, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), ENT_SQL_CURSOR_SET, err));
	ent_sqlite_bind_text(stmt, 1, ent_view_str(name));
	sqlite3_bind_int64(stmt, 2, (int64_t)value);
	return ent_sqlite_run(ent_sqlite_of(store), stmt, "set a cursor", err);
}

static enum ent_status
owed(struct ent_store *store, enum ent_sqlite_query query, struct ent_view party, uint64_t index, struct ent_error *err)
{
	ENT_AUTO_STMT *stmt = NULL;

	ENT_TRY(ent_sqlite_stmt(&stmt, ent_sqlite_of(store), query, err));
	ent_sqlite_bind_text(stmt, 1, party);
	sqlite3_bind_int64(stmt, 2, (int64_t)index);
	return ent_sqlite_run(ent_sqlite_of(store), stmt, "keep what is owed", err);
}

static enum ent_status
owed_add(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err)
{
	return owed(store, ENT_SQL_OWED_ADD, party, index, err);
}

static enum ent_status
owed_remove(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err)
{
	return owed(store, ENT_SQL_OWED_REMOVE, party, index, err);
}

static enum ent_status
owed_list(struct ent_store *store, uint64_t *out, size_t max, size_t *count, struct ent_view party, struct ent_error *err)
{
	struct ent_sqlite_store *s = ent_sqlite_of(store);
	ENT_AUTO_STMT *stmt = NULL;
	int rc = SQLITE_DONE;

	ENT_TRY(ent_sqlite_stmt(&stmt, s, ENT_SQL_OWED_NEXT, err));
	ent_sqlite_bind_text(stmt, 1, party);
	sqlite3_bind_int64(stmt, 2, (int64_t)max);
	while (*count < max && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		out[(*count)++] = (uint64_t)sqlite3_column_int64(stmt, 0);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? ENT_OK : ent_sqlite_fail(s->db, err, "list what is owed");
}

const struct ent_record_ops ent_sqlite_record_ops = {
	.put = put,
	.get = get,
	.find = find,
	.received_put = received_put,
	.received_get = received_get,
	.received_find = received_find,
	.received_each = received_each,
	.received_have = received_have,
	.cursor_get = cursor_get,
	.cursor_set = cursor_set,
	.owed_add = owed_add,
	.owed_remove = owed_remove,
	.owed_list = owed_list,
};
