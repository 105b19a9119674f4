/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869). EVP objects are fetched once a process. */
#ifndef ENT_CRYPTO_HASH_H
#define ENT_CRYPTO_HASH_H

#include "base/view.h"

#define ENT_HASH_LEN 32

struct ent_hash {
	uint8_t bytes[ENT_HASH_LEN];
};

static inline struct ent_view
ent_hash_view(const struct ent_hash *hash)
{
	return (struct ent_view){ hash->bytes, ENT_HASH_LEN };
}
static inline bool
ent_hash_eq(const struct ent_hash *a, const struct ent_hash *b)
{
	return memcmp(a->bytes, b->bytes, ENT_HASH_LEN) == 0;
}

/* SHA-256 of the concatenation of parts. Only a broken library makes it fail: it aborts then. */
void ent_sha256(struct ent_hash *out, struct ent_view bytes);
void ent_sha256_parts(struct ent_hash *out, const struct ent_view *parts, size_t count);

void ent_hmac_sha256(struct ent_hash *out, struct ent_view key, struct ent_view message);

/* Incremental HMAC-SHA-256, for root signatures over many segments. */
struct ent_hmac;
ENT_MUST_USE enum ent_status ent_hmac_new(struct ent_hmac **out, struct ent_view key, struct ent_error *err);
void ent_hmac_free(struct ent_hmac *hmac);
ENT_DEFINE_AUTO(ent_hmac)
void ent_hmac_add(struct ent_hmac *hmac, struct ent_view bytes);
void ent_hmac_finish(struct ent_hmac *hmac, struct ent_hash *out); /* the object can only be freed afterwards */

/* HKDF-SHA-256, out_len up to 64. */
ENT_MUST_USE enum ent_status ent_hkdf_sha256(uint8_t *out, size_t out_len, struct ent_view salt, struct ent_view secret,
    struct ent_view info, struct ent_error *err);

/* The 64 lower-case digits of a hash and a NUL; the 44 characters of its base64 and a NUL. */
#define ENT_HASH_HEX_SIZE 65
#define ENT_HASH_BASE64_SIZE 45
void ent_hash_hex(char out[ENT_HASH_HEX_SIZE], const struct ent_hash *hash);
void ent_hash_base64(char out[ENT_HASH_BASE64_SIZE], const struct ent_hash *hash);
ENT_MUST_USE enum ent_status ent_hash_from_hex(struct ent_hash *out, struct ent_view text, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_hash_from_base64(struct ent_hash *out, struct ent_view text, struct ent_error *err);

#endif
