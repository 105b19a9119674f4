/* The contract's checks, the same for every store, and the way to its functions; records are in store_records.c. */
#include "store/store_ops.h"

enum { HASH_LEN = 32, UUID_LEN = 36 };

void
ent_store_free(struct ent_store *store)
{
	if (store != NULL)
		store->ops->free(store);
}

enum ent_status
ent_store_begin(struct ent_store *store, struct ent_error *err)
{
	return store->ops->begin(store, err);
}

enum ent_status
ent_store_commit(struct ent_store *store, struct ent_error *err)
{
	return store->ops->commit(store, err);
}

void
ent_store_rollback(struct ent_store *store)
{
	store->ops->rollback(store);
}

static enum ent_status
check_account_name(struct ent_view name, struct ent_error *err)
{
	if (name.len == 0 || name.len > ENT_STORE_ACCOUNT_NAME_MAX)
		return ent_fail(err, ENT_E_INPUT, "an account name of %zu bytes: 1 to %d are allowed", name.len,
		    ENT_STORE_ACCOUNT_NAME_MAX);
	return ENT_OK;
}

static enum ent_status
check_len(struct ent_view bytes, size_t len, const char *what, struct ent_error *err)
{
	if (bytes.len != len)
		return ent_fail(err, ENT_E_INPUT, "%s of %zu bytes, not %zu", what, bytes.len, len);
	return ENT_OK;
}

enum ent_status
ent_store_account_add(struct ent_store *store, const struct ent_account *account, struct ent_error *err)
{
	ENT_TRY(check_account_name(ent_view_str(account->name), err));
	return store->ops->account_add(store, account, err);
}

enum ent_status
ent_store_account_get(struct ent_store *store, struct ent_account *out, struct ent_arena *arena, struct ent_view name,
    struct ent_error *err)
{
	ENT_TRY(check_account_name(name, err));
	return store->ops->account_get(store, out, arena, name, err);
}

enum ent_status
ent_store_account_remove(struct ent_store *store, struct ent_view name, struct ent_error *err)
{
	ENT_TRY(check_account_name(name, err));
	return store->ops->account_remove(store, name, err);
}

enum ent_status
ent_store_account_each(struct ent_store *store, ent_account_fn fn, void *arg, struct ent_error *err)
{
	return store->ops->account_each(store, fn, arg, err);
}

enum ent_status
ent_store_file_add(struct ent_store *store, struct ent_view uuid, struct ent_view text_hash, int64_t created_unix_s,
    struct ent_error *err)
{
	ENT_TRY(check_len(uuid, UUID_LEN, "a uuid", err));
	ENT_TRY(check_len(text_hash, HASH_LEN, "a hash", err));
	return store->ops->file_add(store, uuid, text_hash, created_unix_s, err);
}

enum ent_status
ent_store_file_get(struct ent_store *store, struct ent_view uuid, uint8_t text_hash[32], struct ent_error *err)
{
	ENT_TRY(check_len(uuid, UUID_LEN, "a uuid", err));
	return store->ops->file_get(store, uuid, text_hash, err);
}

enum ent_status
ent_store_once(struct ent_store *store, char kind, struct ent_view hash, int64_t expires_unix_s, struct ent_error *err)
{
	ENT_TRY(check_len(hash, HASH_LEN, "a one-time value's hash", err));
	return store->ops->once(store, kind, hash, expires_unix_s, err);
}

enum ent_status
ent_store_once_expire(struct ent_store *store, int64_t now_unix_s, int max, struct ent_error *err)
{
	return store->ops->once_expire(store, now_unix_s, max, err);
}
