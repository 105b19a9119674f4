#include "crypto/secret.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/check.h"
#include "codec/base64.h"
#include "crypto/evp.h"

enum {
	HEAP_BLOCK_MIN = 64,
	HEAP_SIZE_MIN = 16 * 1024,
	HEAP_SIZE_MAX = 64 * 1024 * 1024,
	SECRET_LEN_MAX = 1024 * 1024 /* a secret is a key, a share or a token, never a file */
};

struct ent_secret {
	size_t len;
	uint8_t bytes[];
};

enum ent_status
ent_secret_heap_init(size_t bytes, struct ent_error *err)
{
	size_t size = HEAP_SIZE_MIN;
	int made;

	if (bytes > HEAP_SIZE_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a secure heap of %zu bytes, limit %d", bytes, HEAP_SIZE_MAX);
	if (CRYPTO_secure_malloc_initialized())
		return ENT_OK;
	while (size < bytes)
		size *= 2; /* OpenSSL wants a power of two */
	made = CRYPTO_secure_malloc_init(size, HEAP_BLOCK_MIN);
	if (made == 1)
		return ENT_OK;
	if (made == 2) /* there is a heap, but it could not be locked, guarded or kept out of dumps */
		CRYPTO_secure_malloc_done();
	ent_evp_forget_errors();
	return ent_fail(err, ENT_E_CONFIG,
	    "%zu bytes of memory for secrets cannot be locked: raise the limit of locked memory (RLIMIT_MEMLOCK, "
	    "LimitMEMLOCK= in systemd) and start again", size);
}

enum ent_status
ent_secret_new(struct ent_secret **out, size_t len, struct ent_error *err)
{
	struct ent_secret *secret;

	if (len > SECRET_LEN_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a secret of %zu bytes, limit %d", len, SECRET_LEN_MAX);
	secret = OPENSSL_secure_zalloc(sizeof(*secret) + len);
	if (secret == NULL) {
		ent_evp_forget_errors();
		return ent_fail(err, ENT_E_NO_MEMORY, "no locked memory for a secret of %zu bytes", len);
	}
	secret->len = len;
	*out = secret;
	return ENT_OK;
}

enum ent_status
ent_secret_copy(struct ent_secret **out, struct ent_view bytes, struct ent_error *err)
{
	struct ent_secret *secret;

	ENT_TRY(ent_secret_new(&secret, bytes.len, err));
	if (bytes.len > 0)
		memcpy(secret->bytes, bytes.data, bytes.len);
	*out = secret;
	return ENT_OK;
}

enum ent_status
ent_secret_random(struct ent_secret **out, size_t len, struct ent_error *err)
{
	ENT_AUTO(ent_secret) secret = NULL;

	ENT_TRY(ent_secret_new(&secret, len, err));
	if (RAND_priv_bytes(secret->bytes, (int)len) != 1) /* len <= SECRET_LEN_MAX */
		return ent_evp_fail(err, "the random generator");
	*out = ent_take(&secret);
	return ENT_OK;
}

void
ent_secret_free(struct ent_secret *secret)
{
	if (secret != NULL)
		OPENSSL_secure_clear_free(secret, sizeof(*secret) + secret->len);
}

uint8_t *
ent_secret_bytes(struct ent_secret *secret)
{
	return secret->bytes;
}

size_t
ent_secret_len(const struct ent_secret *secret)
{
	return secret->len;
}

struct ent_view
ent_secret_view(const struct ent_secret *secret)
{
	return ent_view_from(secret->bytes, secret->len);
}

enum ent_status
ent_secret_xor(struct ent_secret *into, const struct ent_secret *other, struct ent_error *err)
{
	if (into->len != other->len)
		return ent_fail(err, ENT_E_INPUT, "shares of %zu and %zu bytes cannot be combined", into->len, other->len);
	for (size_t i = 0; i < into->len; i++)
		into->bytes[i] = (uint8_t)(into->bytes[i] ^ other->bytes[i]);
	return ENT_OK;
}

bool
ent_equal_ct(struct ent_view a, struct ent_view b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

void
ent_wipe(void *bytes, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(bytes, len);
}

enum ent_status
ent_random(void *out, size_t len, struct ent_error *err)
{
	if (len > INT_MAX)
		return ent_fail(err, ENT_E_LIMIT, "%zu random bytes at once", len);
	if (RAND_bytes(out, (int)len) != 1)
		return ent_evp_fail(err, "the random generator");
	return ENT_OK;
}

enum ent_status
ent_uuid_random(char out[ENT_UUID_TEXT_SIZE], struct ent_error *err)
{
	static const uint8_t group_len[] = { 4, 2, 2, 2, 6 }; /* bytes between the dashes (RFC 4122 3) */
	uint8_t raw[16];
	size_t at = 0;
	char *to = out;

	ENT_TRY(ent_random(raw, sizeof(raw), err));
	raw[6] = (uint8_t)((raw[6] & 0x0f) | 0x40); /* version 4, random */
	raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80); /* the variant of RFC 4122 */
	for (size_t i = 0; i < ENT_COUNT(group_len); i++) {
		if (i > 0)
			*to++ = '-';
		ent_hex_encode_to(to, ent_view_from(raw + at, group_len[i]));
		to += 2 * group_len[i];
		at += group_len[i];
	}
	return ENT_OK;
}

bool
ent_uuid_valid(struct ent_view text)
{
	if (text.len != ENT_UUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}
