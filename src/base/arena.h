/* A bump allocator with a ceiling: everything of one request or one document set, freed at once. */
#ifndef ENT_BASE_ARENA_H
#define ENT_BASE_ARENA_H

#include "base/view.h"

struct ent_arena;

/* A new arena that hands out at most max_bytes in all. */
ENT_MUST_USE enum ent_status ent_arena_new(struct ent_arena **out, size_t max_bytes, struct ent_error *err);
void ent_arena_free(struct ent_arena *arena); /* NULL is fine; memory is wiped */
ENT_DEFINE_AUTO(ent_arena)

/* count * size zeroed bytes, aligned for any type. ENT_E_LIMIT beyond the ceiling. The arena owns them. */
ENT_MUST_USE enum ent_status ent_arena_alloc(struct ent_arena *arena, void **out, size_t count, size_t size,
    struct ent_error *err);

/* A copy of bytes with a NUL behind it. */
ENT_MUST_USE enum ent_status ent_arena_dup(struct ent_arena *arena, struct ent_view *out, struct ent_view bytes,
    struct ent_error *err);

/* As ent_arena_dup, as a C string. */
ENT_MUST_USE enum ent_status ent_arena_strdup(struct ent_arena *arena, const char **out, struct ent_view bytes,
    struct ent_error *err);

ENT_MUST_USE enum ent_status ent_arena_printf(struct ent_arena *arena, const char **out, struct ent_error *err,
    const char *fmt, ...) ENT_PRINTF(4, 5);

/*
 * Room for one more element in an arena array: *items has count elements of size bytes and room for *cap.
 * Grows by doubling (the old array stays in the arena until it is freed).
 */
ENT_MUST_USE enum ent_status ent_arena_push(struct ent_arena *arena, void **items, size_t count, size_t *cap,
    size_t size, struct ent_error *err);

#endif
