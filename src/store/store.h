/*
 * The node's store contract: accounts, the register of sealed files, records of access entries (own and received), replay
 * protection.
 * One vtable per store; SQLite is the default (store_sqlite.c). One process (the judge) and the command line's
 * account commands write it.
 */
#ifndef ENT_STORE_STORE_H
#define ENT_STORE_STORE_H

#include "base/arena.h"

#define ENT_STORE_ACCOUNT_NAME_MAX 128 /* bytes of an account's name */

struct ent_store;
void ent_store_free(struct ent_store *store);
ENT_DEFINE_AUTO(ent_store)
/* Open or create <path> (mode 0600; a file open to group or others is refused), bring the schema up to date. ENT_E_CONFIG. */
ENT_MUST_USE enum ent_status ent_store_open_sqlite(struct ent_store **out, const char *path, struct ent_error *err);

/*
 * A transaction; nothing is durable before commit (which syncs). Outside of one, each call is its own. A failed commit
 * has rolled back. ENT_E_UNAVAILABLE: another process kept the store locked, or the disk is full; try again.
 */
ENT_MUST_USE enum ent_status ent_store_begin(struct ent_store *store, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_store_commit(struct ent_store *store, struct ent_error *err);
void ent_store_rollback(struct ent_store *store);

struct ent_account {
	const char *name;
	const char *secret_hash;  /* argon2id encoded form */
	const char *projects;     /* space separated, sorted */
	const char *clearance;    /* "" none */
	const char *nationality;  /* space separated alpha-3 */
	int64_t created_unix_s;
};
ENT_MUST_USE enum ent_status ent_store_account_add(struct ent_store *store, const struct ent_account *account, struct ent_error *err); /* ENT_E_EXISTS */
ENT_MUST_USE enum ent_status ent_store_account_get(struct ent_store *store, struct ent_account *out, struct ent_arena *arena, struct ent_view name, struct ent_error *err); /* ENT_E_NOT_FOUND */
ENT_MUST_USE enum ent_status ent_store_account_remove(struct ent_store *store, struct ent_view name, struct ent_error *err); /* ENT_E_NOT_FOUND */
typedef enum ent_status (*ent_account_fn)(void *arg, const struct ent_account *account, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_store_account_each(struct ent_store *store, ent_account_fn fn, void *arg, struct ent_error *err); /* by name */

/* The register of this member's files: a uuid is sealed once. text_hash: 32 bytes. ENT_E_EXISTS. */
ENT_MUST_USE enum ent_status ent_store_file_add(struct ent_store *store, struct ent_view uuid, struct ent_view text_hash, int64_t created_unix_s, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_store_file_get(struct ent_store *store, struct ent_view uuid, uint8_t text_hash[32], struct ent_error *err); /* ENT_E_NOT_FOUND */

/* What an access entry commits to; erasable later without touching the log. Salts are 32 bytes. */
struct ent_record {
	uint64_t index;
	struct ent_view full;
	struct ent_view full_salt;
	struct ent_view brief; /* the short record */
	struct ent_view brief_salt;
	struct ent_view request; /* the record's own request id and file, to find it by; empty where it has none */
	struct ent_view file;
};
/* Replaces a record of the same index (one that was written before a crash and never logged). */
ENT_MUST_USE enum ent_status ent_store_record_put(struct ent_store *store, const struct ent_record *record, struct ent_error *err);
/* ENT_E_NOT_FOUND */
ENT_MUST_USE enum ent_status ent_store_record_get(struct ent_store *store, struct ent_record *out, struct ent_arena *arena, uint64_t index, struct ent_error *err);
/* Those of a request, or of a file, by index. Views are valid during the call; fn must not search itself. */
enum ent_store_by { ENT_STORE_BY_REQUEST, ENT_STORE_BY_FILE };
typedef enum ent_status (*ent_record_fn)(void *arg, const struct ent_record *record, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_store_record_find(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_record_fn fn, void *arg, struct ent_error *err);

/* A record that another member disclosed to us, after it was verified against that member's access log (C-75). */
struct ent_received {
	struct ent_view member; /* in whose log the entry stands */
	uint64_t index;
	bool full;
	struct ent_view request;
	struct ent_view file;
	struct ent_view text;
	struct ent_view salt; /* 32 bytes */
};
ENT_MUST_USE enum ent_status ent_store_received_put(struct ent_store *store, const struct ent_received *received, struct ent_error *err); /* ENT_E_EXISTS */
ENT_MUST_USE enum ent_status ent_store_received_get(struct ent_store *store, struct ent_received *out, struct ent_arena *arena, struct ent_view member, uint64_t index, struct ent_error *err); /* ENT_E_NOT_FOUND */
typedef enum ent_status (*ent_received_fn)(void *arg, const struct ent_received *received, struct ent_error *err);
/* Of all members, by member and index. */
ENT_MUST_USE enum ent_status ent_store_received_find(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_received_fn fn, void *arg, struct ent_error *err);
/* All of one member's, by index. */
ENT_MUST_USE enum ent_status ent_store_received_each(struct ent_store *store, struct ent_view member, ent_received_fn fn, void *arg, struct ent_error *err);
/* have[i]: entry first + i of that member was received. */
ENT_MUST_USE enum ent_status ent_store_received_have(struct ent_store *store, bool *have, size_t count, struct ent_view member, uint64_t first, struct ent_error *err);

/* Numbers that must survive a restart, by name; 0 where none was set. */
ENT_MUST_USE enum ent_status ent_store_cursor_get(struct ent_store *store, uint64_t *out, const char *name, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_store_cursor_set(struct ent_store *store, const char *name, uint64_t value, struct ent_error *err);

/* Records that could not be sealed to a party, because it has published no key yet. Adding twice is adding once. */
ENT_MUST_USE enum ent_status ent_store_owed_add(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_store_owed_remove(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err);
/* The first up to max that are owed to a party, by index. */
ENT_MUST_USE enum ent_status ent_store_owed_list(struct ent_store *store, uint64_t *out, size_t max, size_t *count, struct ent_view party, struct ent_error *err);

/* Remember a one-time value (kind: 'p' DPoP proof, 'r' request token; hash 32 bytes) until it expires. ENT_E_EXISTS: a replay. */
ENT_MUST_USE enum ent_status ent_store_once(struct ent_store *store, char kind, struct ent_view hash, int64_t expires_unix_s, struct ent_error *err);
/* Forget what expired before now; at most max rows. */
ENT_MUST_USE enum ent_status ent_store_once_expire(struct ent_store *store, int64_t now_unix_s, int max, struct ent_error *err);

#endif
