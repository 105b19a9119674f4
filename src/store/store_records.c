/* The contract's checks for records, own and received, and what is kept about handing them on. */
#include "store/store_ops.h"

enum { SALT_LEN = 32, NAME_MAX_LEN = 253, CURSOR_NAME_MAX = 300 };

static enum ent_status
check_salt(struct ent_view salt, const char *what, struct ent_error *err)
{
	if (salt.len != SALT_LEN)
		return ent_fail(err, ENT_E_INPUT, "%s of %zu bytes, not %d", what, salt.len, SALT_LEN);
	return ENT_OK;
}

static enum ent_status
check_index(uint64_t index, struct ent_error *err)
{
	if (index > INT64_MAX)
		return ent_fail(err, ENT_E_INPUT, "a record's index is beyond 2^63 - 1");
	return ENT_OK;
}

static enum ent_status
check_party(struct ent_view party, struct ent_error *err)
{
	if (party.len == 0 || party.len > NAME_MAX_LEN)
		return ent_fail(err, ENT_E_INPUT, "a party's name of %zu bytes: 1 to %d are allowed", party.len, NAME_MAX_LEN);
	return ENT_OK;
}

enum ent_status
ent_store_record_put(struct ent_store *store, const struct ent_record *record, struct ent_error *err)
{
	ENT_TRY(check_index(record->index, err));
	ENT_TRY(check_salt(record->full_salt, "the full record's salt", err));
	ENT_TRY(check_salt(record->brief_salt, "the short record's salt", err));
	return store->records->put(store, record, err);
}

enum ent_status
ent_store_record_get(struct ent_store *store, struct ent_record *out, struct ent_arena *arena, uint64_t index, struct ent_error *err)
{
	if (index > INT64_MAX)
		return ent_fail(err, ENT_E_NOT_FOUND, "no record of access entry %llu", (unsigned long long)index);
	return store->records->get(store, out, arena, index, err);
}

enum ent_status
ent_store_record_find(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_record_fn fn, void *arg,
    struct ent_error *err)
{
	return value.len == 0 ? ENT_OK : store->records->find(store, by, value, fn, arg, err);
}

enum ent_status
ent_store_received_put(struct ent_store *store, const struct ent_received *received, struct ent_error *err)
{
	ENT_TRY(check_party(received->member, err));
	ENT_TRY(check_index(received->index, err));
	ENT_TRY(check_salt(received->salt, "a record's salt", err));
	return store->records->received_put(store, received, err);
}

enum ent_status
ent_store_received_get(struct ent_store *store, struct ent_received *out, struct ent_arena *arena, struct ent_view member,
    uint64_t index, struct ent_error *err)
{
	ENT_TRY(check_party(member, err));
	if (index > INT64_MAX)
		return ent_fail(err, ENT_E_NOT_FOUND, "no record of access entry %llu", (unsigned long long)index);
	return store->records->received_get(store, out, arena, member, index, err);
}

enum ent_status
ent_store_received_find(struct ent_store *store, enum ent_store_by by, struct ent_view value, ent_received_fn fn, void *arg,
    struct ent_error *err)
{
	return value.len == 0 ? ENT_OK : store->records->received_find(store, by, value, fn, arg, err);
}

enum ent_status
ent_store_received_each(struct ent_store *store, struct ent_view member, ent_received_fn fn, void *arg, struct ent_error *err)
{
	ENT_TRY(check_party(member, err));
	return store->records->received_each(store, member, fn, arg, err);
}

enum ent_status
ent_store_received_have(struct ent_store *store, bool *have, size_t count, struct ent_view member, uint64_t first,
    struct ent_error *err)
{
	ENT_TRY(check_party(member, err));
	ENT_TRY(check_index(first, err));
	ENT_TRY(check_index(first + count, err));
	memset(have, 0, count * sizeof(*have));
	return store->records->received_have(store, have, count, member, first, err);
}

static enum ent_status
check_cursor_name(const char *name, struct ent_error *err)
{
	const size_t len = strlen(name);

	if (len == 0 || len > CURSOR_NAME_MAX)
		return ent_fail(err, ENT_E_INPUT, "a cursor's name of %zu bytes: 1 to %d are allowed", len, CURSOR_NAME_MAX);
	return ENT_OK;
}

enum ent_status
ent_store_cursor_get(struct ent_store *store, uint64_t *out, const char *name, struct ent_error *err)
{
	*out = 0;
	ENT_TRY(check_cursor_name(name, err));
	return store->records->cursor_get(store, out, name, err);
}

enum ent_status
ent_store_cursor_set(struct ent_store *store, const char *name, uint64_t value, struct ent_error *err)
{
	ENT_TRY(check_cursor_name(name, err));
	if (value > INT64_MAX)
		return ent_fail(err, ENT_E_INPUT, "a cursor beyond 2^63 - 1");
	return store->records->cursor_set(store, name, value, err);
}

enum ent_status
ent_store_owed_add(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err)
{
	ENT_TRY(check_party(party, err));
	ENT_TRY(check_index(index, err));
	return store->records->owed_add(store, party, index, err);
}

enum ent_status
ent_store_owed_remove(struct ent_store *store, struct ent_view party, uint64_t index, struct ent_error *err)
{
	ENT_TRY(check_party(party, err));
	ENT_TRY(check_index(index, err));
	return store->records->owed_remove(store, party, index, err);
}

enum ent_status
ent_store_owed_list(struct ent_store *store, uint64_t *out, size_t max, size_t *count, struct ent_view party, struct ent_error *err)
{
	*count = 0;
	ENT_TRY(check_party(party, err));
	return store->records->owed_list(store, out, max, count, party, err);
}
