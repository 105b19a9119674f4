#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

enum { BLOCK_MIN = 4096 };

struct block {
	struct block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) uint8_t bytes[];
};

struct ent_arena {
	struct block *blocks; /* newest first */
	size_t total;         /* handed out */
	size_t max;
};

enum ent_status
ent_arena_new(struct ent_arena **out, size_t max_bytes, struct ent_error *err)
{
	struct ent_arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for an arena");
	arena->max = max_bytes;
	*out = arena;
	return ENT_OK;
}

void
ent_arena_free(struct ent_arena *arena)
{
	if (arena == NULL)
		return;
	for (struct block *b = arena->blocks, *next; b != NULL; b = next) {
		next = b->next;
		explicit_bzero(b->bytes, b->used);
		free(b);
	}
	free(arena);
}

static enum ent_status
add_block(struct ent_arena *arena, size_t need, struct ent_error *err)
{
	/* Grow with what is in use, so that a large document costs few blocks and a small one little memory. */
	size_t size = arena->total > BLOCK_MIN ? arena->total : BLOCK_MIN;
	struct block *b;

	if (size > ((size_t)1 << 20))
		size = (size_t)1 << 20;
	if (size < need)
		size = need;
	b = malloc(sizeof(*b) + size);
	if (b == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for an arena block of %zu bytes", size);
	b->size = size;
	b->used = 0;
	b->next = arena->blocks;
	arena->blocks = b;
	return ENT_OK;
}

enum ent_status
ent_arena_alloc(struct ent_arena *arena, void **out, size_t count, size_t size, struct ent_error *err)
{
	const size_t align = alignof(max_align_t);
	size_t need;

	if (!ent_mul_size(&need, count, size) || !ent_add_size(&need, need, align - 1))
		return ent_fail(err, ENT_E_LIMIT, "an allocation of %zu times %zu bytes overflows", count, size);
	need &= ~(align - 1);
	if (need > arena->max - arena->total)
		return ent_fail(err, ENT_E_LIMIT, "memory limit of %zu bytes for one request or document set", arena->max);
	if (arena->blocks == NULL || need > arena->blocks->size - arena->blocks->used)
		ENT_TRY(add_block(arena, need, err));
	*out = arena->blocks->bytes + arena->blocks->used;
	memset(*out, 0, need);
	arena->blocks->used += need;
	arena->total += need;
	return ENT_OK;
}

enum ent_status
ent_arena_dup(struct ent_arena *arena, struct ent_view *out, struct ent_view bytes, struct ent_error *err)
{
	void *copy;

	if (bytes.len == SIZE_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a copy of %zu bytes", bytes.len);
	ENT_TRY(ent_arena_alloc(arena, &copy, bytes.len + 1, 1, err));
	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	*out = ent_view_from(copy, bytes.len);
	return ENT_OK;
}

enum ent_status
ent_arena_strdup(struct ent_arena *arena, const char **out, struct ent_view bytes, struct ent_error *err)
{
	struct ent_view copy;

	ENT_TRY(ent_arena_dup(arena, &copy, bytes, err));
	*out = (const char *)copy.data;
	return ENT_OK;
}

enum ent_status
ent_arena_printf(struct ent_arena *arena, const char **out, struct ent_error *err, const char *fmt, ...)
{
	va_list args;
	int need;
	void *room;

	va_start(args, fmt);
	need = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (need < 0)
		return ent_fail(err, ENT_E_INTERNAL, "a format string failed");
	ENT_TRY(ent_arena_alloc(arena, &room, (size_t)need + 1, 1, err));
	va_start(args, fmt);
	vsnprintf(room, (size_t)need + 1, fmt, args);
	va_end(args);
	*out = room;
	return ENT_OK;
}

enum ent_status
ent_arena_push(struct ent_arena *arena, void **items, size_t count, size_t *cap, size_t size, struct ent_error *err)
{
	void *grown;
	size_t new_cap = *cap ? *cap * 2 : 4;

	if (count < *cap)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(arena, &grown, new_cap, size, err));
	if (count > 0)
		memcpy(grown, *items, count * size);
	*items = grown;
	*cap = new_cap;
	return ENT_OK;
}
