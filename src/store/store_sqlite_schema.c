#include "store/store_sqlite_schema.h"

#include <stdio.h>

/* What stands behind a keyword in a record's text, up to the end of the line. */
#define AFTER(keyword) "substr(CAST(full AS TEXT), instr(CAST(full AS TEXT), char(10) || '" keyword " ') + length('" keyword " ') + 1)"
#define LINE_OF(keyword) "substr(" AFTER(keyword) ", 1, instr(" AFTER(keyword) ", char(10)) - 1)"

/* Step i brings user_version i to i + 1. A step that was released is never changed: add one. */
static const char *const steps[] = {
	"CREATE TABLE account ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" secret_hash TEXT NOT NULL,"
	" projects TEXT NOT NULL,"
	" clearance TEXT NOT NULL,"
	" nationality TEXT NOT NULL,"
	" created_unix_s INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE file ("
	" uuid TEXT NOT NULL PRIMARY KEY CHECK (length(uuid) = 36),"
	" text_hash BLOB NOT NULL CHECK (length(text_hash) = 32),"
	" created_unix_s INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE record ("
	" entry INTEGER NOT NULL PRIMARY KEY CHECK (entry >= 0),"
	" full BLOB NOT NULL,"
	" full_salt BLOB NOT NULL CHECK (length(full_salt) = 32),"
	" brief BLOB NOT NULL,"
	" brief_salt BLOB NOT NULL CHECK (length(brief_salt) = 32)"
	") STRICT;"

	"CREATE TABLE once ("
	" kind INTEGER NOT NULL,"
	" hash BLOB NOT NULL CHECK (length(hash) = 32),"
	" expires_unix_s INTEGER NOT NULL,"
	" PRIMARY KEY (kind, hash)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX once_by_expiry ON once (expires_unix_s);",

	/* Records are looked up by request and by file; those that are there already say both in a line of their text. */
	"ALTER TABLE record ADD COLUMN request TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE record ADD COLUMN file TEXT NOT NULL DEFAULT '';"
	"UPDATE record SET request = " LINE_OF("request") ", file = " LINE_OF("file") ";"
	"UPDATE record SET request = '' WHERE request = '-';"
	"UPDATE record SET file = '' WHERE file = '-';"
	"CREATE INDEX record_by_request ON record (request) WHERE request <> '';"
	"CREATE INDEX record_by_file ON record (file) WHERE file <> '';"

	"CREATE TABLE received ("
	" member TEXT NOT NULL,"
	" entry INTEGER NOT NULL CHECK (entry >= 0),"
	" full INTEGER NOT NULL CHECK (full IN (0, 1)),"
	" request TEXT NOT NULL,"
	" file TEXT NOT NULL,"
	" text BLOB NOT NULL,"
	" salt BLOB NOT NULL CHECK (length(salt) = 32),"
	" PRIMARY KEY (member, entry)"
	") STRICT;"
	"CREATE INDEX received_by_request ON received (request) WHERE request <> '';"
	"CREATE INDEX received_by_file ON received (file) WHERE file <> '';"

	"CREATE TABLE cursor ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" value INTEGER NOT NULL CHECK (value >= 0)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE owed ("
	" party TEXT NOT NULL,"
	" entry INTEGER NOT NULL CHECK (entry >= 0),"
	" PRIMARY KEY (party, entry)"
	") STRICT, WITHOUT ROWID;",
};

enum ent_status
ent_sqlite_fail(sqlite3 *db, struct ent_error *err, const char *what)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ent_fail(err, ENT_E_UNAVAILABLE, "cannot %s: another process keeps the store locked; try again", what);
	case SQLITE_FULL:
		return ent_fail(err, ENT_E_UNAVAILABLE, "cannot %s: the disk is full", what);
	case SQLITE_NOMEM:
		return ent_fail(err, ENT_E_NO_MEMORY, "cannot %s: out of memory", what);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return ent_fail(err, ENT_E_CONFIG, "cannot %s: the store is damaged or is no store (%s); restore it from a backup",
		    what, sqlite3_errmsg(db));
	default:
		return ent_fail(err, ENT_E_IO, "cannot %s: %s", what, sqlite3_errmsg(db));
	}
}

enum ent_status
ent_sqlite_exec(sqlite3 *db, const char *sql, struct ent_error *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return ent_sqlite_fail(db, err, "prepare the store");
	return ENT_OK;
}

static enum ent_status
read_version(sqlite3 *db, int *out, struct ent_error *err)
{
	enum ent_status status = ENT_OK;
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int(stmt, 0);
	else
		status = ent_sqlite_fail(db, err, "read the store's version");
	sqlite3_finalize(stmt);
	return status;
}

static enum ent_status
migrate_locked(sqlite3 *db, struct ent_error *err)
{
	const int newest = (int)ENT_COUNT(steps);
	char pragma[48];
	int version;

	/* Read again under the write lock: another process may have migrated meanwhile. */
	ENT_TRY(read_version(db, &version, err));
	for (; version < newest; version++)
		ENT_TRY(ent_sqlite_exec(db, steps[version], err));
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", newest);
	return ent_sqlite_exec(db, pragma, err);
}

enum ent_status
ent_sqlite_migrate(sqlite3 *db, struct ent_error *err)
{
	enum ent_status status;
	int version;

	ENT_TRY(read_version(db, &version, err));
	if (version < 0 || version > (int)ENT_COUNT(steps))
		return ent_fail(err, ENT_E_CONFIG, "the store has version %d and this program knows up to %d: "
		    "use the program that wrote it, or a newer one", version, (int)ENT_COUNT(steps));
	if (version == (int)ENT_COUNT(steps))
		return ENT_OK;
	ENT_TRY(ent_sqlite_exec(db, "BEGIN IMMEDIATE", err));
	status = migrate_locked(db, err);
	if (status == ENT_OK)
		status = ent_sqlite_exec(db, "COMMIT", err);
	if (status != ENT_OK)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}
