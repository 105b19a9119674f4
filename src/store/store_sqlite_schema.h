/* Inside of src/store: the SQLite schema and its history. */
#ifndef ENT_STORE_STORE_SQLITE_SCHEMA_H
#define ENT_STORE_STORE_SQLITE_SCHEMA_H

#include <sqlite3.h>

#include "base/status.h"

/* ENT_E_UNAVAILABLE when locked or full, ENT_E_CONFIG when it is no database of ours, else ENT_E_IO. */
enum ent_status ent_sqlite_fail(sqlite3 *db, struct ent_error *err, const char *what);

ENT_MUST_USE enum ent_status ent_sqlite_exec(sqlite3 *db, const char *sql, struct ent_error *err);

/* Bring the schema to this program's version, step by step, in one transaction. */
ENT_MUST_USE enum ent_status ent_sqlite_migrate(sqlite3 *db, struct ent_error *err);

#endif
