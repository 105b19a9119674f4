/* Inside of src/store: what a store implements. To add one: its file with a table of these and an open function in store.h. */
#ifndef ENT_STORE_STORE_OPS_H
#define ENT_STORE_STORE_OPS_H

#include "store/store.h"

struct ent_store_ops {
	void (*free)(struct ent_store *store);
	enum ent_status (*begin)(struct ent_store *store, struct ent_error *err);
	enum ent_status (*commit)(struct ent_store *store, struct ent_error *err);
	void (*rollback)(struct ent_store *store);
	enum ent_status (*account_add)(struct ent_store *store, const struct ent_account *account, struct ent_error *err);
	enum ent_status (*account_get)(struct ent_store *store, struct ent_account *out, struct ent_arena *arena,
	    struct ent_view name, struct ent_error *err);
	enum ent_status (*account_remove)(struct ent_store *store, struct ent_view name, struct ent_error *err);
	enum ent_status (*account_each)(struct ent_store *store, ent_account_fn fn, void *arg, struct ent_error *err);
	enum ent_status (*file_add)(struct ent_store *store, struct ent_view uuid, struct ent_view text_hash,
	    int64_t created_unix_s, struct ent_error *err);
	enum ent_status (*file_get)(struct ent_store *store, struct ent_view uuid, uint8_t text_hash[32], struct ent_error *err);
	enum ent_status (*once)(struct ent_store *store, char kind, struct ent_view hash, int64_t expires_unix_s,
	    struct ent_error *err);
	enum ent_status (*once_expire)(struct ent_store *store, int64_t now_unix_s, int max, struct ent_error *err);
};

struct ent_record_ops {
	enum ent_status (*put)(struct ent_store *store, const struct ent_record *record, struct ent_error *err);
	enum ent_status (*get)(struct ent_store *store, struct ent_record *out, struct ent_arena *arena, uint64_t index,
	    struct ent_error *err);
	enum ent_status (*find)(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_record_fn fn, void *arg,
	    struct ent_error *err);
	enum ent_status (*received_put)(struct ent_store *store, const struct ent_received *received, struct ent_error *err);
	enum ent_status (*received_get)(struct ent_store *store, struct ent_received *out, struct ent_arena *arena,
	    struct ent_view member, uint64_t index, struct ent_error *err);
	enum ent_status (*received_find)(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_received_fn fn,
	    void *arg, struct ent_error *err);
	enum ent_status (*received_each)(struct ent_store *store, struct ent_view member, ent_received_fn fn, void *arg,
	    struct ent_error *err);
	enum ent_status (*received_have)(struct ent_store *store, bool *have, size_t count, struct ent_view member, uint64_t first,
	    struct ent_error *err);
	enum ent_status (*cursor_get)(struct ent_store *store, uint64_t *out, const char *name, struct ent_error *err);
	enum ent_status (*cursor_set)(struct ent_store *store, const char *name, uint64_t value, struct ent_error *err);
	enum ent_status (*owed_add)(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err);
	enum ent_status (*owed_remove)(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err);
	enum ent_status (*owed_list)(struct ent_store *store, uint64_t *out, size_t max, size_t *count, struct ent_view party,
	    struct ent_error *err);
};

/* The first member of every store. */
struct ent_store {
	const struct ent_store_ops *ops;
	const struct ent_record_ops *records;
};

#endif
