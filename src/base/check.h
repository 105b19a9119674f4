/* Checked arithmetic: true and *out on success, false on overflow (gcc 12 and clang 14 lack <stdckdint.h>). */
#ifndef ENT_BASE_CHECK_H
#define ENT_BASE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool ent_add_size(size_t *out, size_t a, size_t b) { return !__builtin_add_overflow(a, b, out); }
static inline bool ent_mul_size(size_t *out, size_t a, size_t b) { return !__builtin_mul_overflow(a, b, out); }
static inline bool ent_add_u64(uint64_t *out, uint64_t a, uint64_t b) { return !__builtin_add_overflow(a, b, out); }
static inline bool ent_sub_u64(uint64_t *out, uint64_t a, uint64_t b) { return !__builtin_sub_overflow(a, b, out); }
static inline bool ent_mul_u64(uint64_t *out, uint64_t a, uint64_t b) { return !__builtin_mul_overflow(a, b, out); }
static inline bool ent_add_i64(int64_t *out, int64_t a, int64_t b) { return !__builtin_add_overflow(a, b, out); }

#endif
