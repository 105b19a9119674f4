#include "node/keyholder/held.h"

#include <stdlib.h>

enum ent_status
ent_held_new(struct ent_held **out, struct ent_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory to keep an answer");
}

void
ent_held_free(struct ent_held *held)
{
	if (held == NULL)
		return;
	ent_wipe(held, sizeof(*held));
	free(held);
}

void
ent_held_table_fini(struct ent_held_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		ent_held_free(table->items[i]);
	table->count = 0;
}

/* The item leaves the table; it is the caller's. */
static struct ent_held *
remove_at(struct ent_held_table *table, size_t at)
{
	struct ent_held *held = table->items[at];

	table->count--;
	memmove(&table->items[at], &table->items[at + 1], (table->count - at) * sizeof(table->items[0]));
	return held;
}

static size_t
find(const struct ent_held_table *table, uint64_t handle)
{
	size_t at = 0;

	while (at < table->count && table->items[at]->handle != handle)
		at++;
	return at;
}

/* Not to be guessed, not zero (which means "nothing kept"), not in use. */
static enum ent_status
fresh_handle(const struct ent_held_table *table, uint64_t *out, struct ent_error *err)
{
	do {
		ENT_TRY(ent_random(out, sizeof(*out), err));
	} while (*out == 0 || find(table, *out) < table->count);
	return ENT_OK;
}

int
ent_held_expire(struct ent_held_table *table, int64_t now_mono_ms)
{
	/* Every answer lives equally long, so the oldest is the first to end. */
	while (table->count > 0 && table->items[0]->expires_mono_ms <= now_mono_ms)
		ent_held_free(remove_at(table, 0));
	return table->count > 0 ? (int)(table->items[0]->expires_mono_ms - now_mono_ms) : -1;
}

enum ent_status
ent_held_keep(struct ent_held_table *table, struct ent_held **held, int64_t now_mono_ms, uint64_t *handle,
    struct ent_error *err)
{
	ent_held_expire(table, now_mono_ms);
	ENT_TRY(fresh_handle(table, handle, err));
	if (table->count == ENT_HELD_MAX)
		ent_held_free(remove_at(table, 0));
	(*held)->handle = *handle;
	(*held)->expires_mono_ms = now_mono_ms + ENT_HELD_LIFETIME_MS;
	table->items[table->count++] = ent_take(held);
	return ENT_OK;
}

enum ent_status
ent_held_take(struct ent_held_table *table, struct ent_held **out, uint64_t handle, int64_t now_mono_ms,
    struct ent_error *err)
{
	size_t at;

	ent_held_expire(table, now_mono_ms);
	at = find(table, handle);
	if (handle == 0 || at == table->count)
		return ent_fail(err, ENT_E_REFUSED, "nothing is kept under this handle: it was used, is over, or never was");
	*out = remove_at(table, at);
	return ENT_OK;
}
