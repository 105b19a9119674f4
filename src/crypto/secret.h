/* Secret bytes: on OpenSSL's secure heap (locked, guarded, not dumped) where the process called ent_secret_heap_init. */
#ifndef ENT_CRYPTO_SECRET_H
#define ENT_CRYPTO_SECRET_H

#include "base/view.h"

struct ent_secret; /* wiped when freed; there is no function that prints one */

/*
 * Once, at process start, before threads, and in each process by itself: locks do not survive fork(2). bytes is rounded up
 * to a power of two. ENT_E_CONFIG where the memory cannot be locked, guarded and kept out of dumps; secrets are on the
 * plain heap then, wiped, as they are for a library user who leaves this out.
 */
ENT_MUST_USE enum ent_status ent_secret_heap_init(size_t bytes, struct ent_error *err);

ENT_MUST_USE enum ent_status ent_secret_new(struct ent_secret **out, size_t len, struct ent_error *err); /* zeroed */
ENT_MUST_USE enum ent_status ent_secret_copy(struct ent_secret **out, struct ent_view bytes, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_secret_random(struct ent_secret **out, size_t len, struct ent_error *err);
void ent_secret_free(struct ent_secret *secret);
ENT_DEFINE_AUTO(ent_secret)

uint8_t *ent_secret_bytes(struct ent_secret *secret);
size_t ent_secret_len(const struct ent_secret *secret);
/* The bytes for a cryptographic call: never to be stored, sent or printed. */
struct ent_view ent_secret_view(const struct ent_secret *secret);

/* into ^= other; equal lengths (ENT_E_INPUT). For XOR of shares. */
ENT_MUST_USE enum ent_status ent_secret_xor(struct ent_secret *into, const struct ent_secret *other, struct ent_error *err);

/* Constant-time comparison of equal lengths; false when the lengths differ. For MACs, hashes of secrets, bindings. */
bool ent_equal_ct(struct ent_view a, struct ent_view b);

void ent_wipe(void *bytes, size_t len);

/* Bytes from the system's generator. */
ENT_MUST_USE enum ent_status ent_random(void *out, size_t len, struct ent_error *err);
/* A random UUIDv4 as 36 lower-case characters and a NUL. */
#define ENT_UUID_TEXT_SIZE 37
ENT_MUST_USE enum ent_status ent_uuid_random(char out[ENT_UUID_TEXT_SIZE], struct ent_error *err);
/* 36 characters, lower case, RFC 4122 shape. */
bool ent_uuid_valid(struct ent_view text);

#endif
