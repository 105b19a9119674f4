#include "crypto/hash.h"

#include <openssl/core_names.h>

#include "codec/base64.h"
#include "crypto/evp.h"

enum { HKDF_OUT_MAX = 64 };

struct ent_hmac {
	EVP_MAC_CTX *ctx;
};

void
ent_sha256(struct ent_hash *out, struct ent_view bytes)
{
	ent_sha256_parts(out, &bytes, 1);
}

void
ent_sha256_parts(struct ent_hash *out, const struct ent_view *parts, size_t count)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ENT_ASSERT(ctx != NULL && EVP_DigestInit_ex2(ctx, ent_evp_get()->sha256, NULL) == 1);
	for (size_t i = 0; i < count; i++)
		ENT_ASSERT(EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1);
	ENT_ASSERT(EVP_DigestFinal_ex(ctx, out->bytes, NULL) == 1);
	EVP_MD_CTX_free(ctx);
}

/* A context keyed and ready; NULL without memory. */
static EVP_MAC_CTX *
hmac_begin(struct ent_view key)
{
	static const uint8_t empty[1]; /* a NULL key would mean "as before" */
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(ent_evp_get()->hmac_sha256);

	if (ctx != NULL && EVP_MAC_init(ctx, key.len > 0 ? key.data : empty, key.len, NULL) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

void
ent_hmac_sha256(struct ent_hash *out, struct ent_view key, struct ent_view message)
{
	struct ent_hmac hmac = { hmac_begin(key) };

	ENT_ASSERT(hmac.ctx != NULL);
	ent_hmac_add(&hmac, message);
	ent_hmac_finish(&hmac, out);
	EVP_MAC_CTX_free(hmac.ctx);
}

enum ent_status
ent_hmac_new(struct ent_hmac **out, struct ent_view key, struct ent_error *err)
{
	struct ent_hmac *hmac = OPENSSL_zalloc(sizeof(*hmac));

	if (hmac != NULL)
		hmac->ctx = hmac_begin(key);
	if (hmac == NULL || hmac->ctx == NULL) {
		ent_hmac_free(hmac);
		return ent_evp_fail(err, "preparing an HMAC");
	}
	*out = hmac;
	return ENT_OK;
}

void
ent_hmac_free(struct ent_hmac *hmac)
{
	if (hmac == NULL)
		return;
	EVP_MAC_CTX_free(hmac->ctx);
	OPENSSL_free(hmac);
}

void
ent_hmac_add(struct ent_hmac *hmac, struct ent_view bytes)
{
	if (bytes.len > 0)
		ENT_ASSERT(EVP_MAC_update(hmac->ctx, bytes.data, bytes.len) == 1);
}

void
ent_hmac_finish(struct ent_hmac *hmac, struct ent_hash *out)
{
	size_t len = 0;

	ENT_ASSERT(EVP_MAC_final(hmac->ctx, out->bytes, &len, sizeof(out->bytes)) == 1 && len == ENT_HASH_LEN);
}

/* OSSL_PARAM has no pointer to const, but an input parameter is only read. */
static OSSL_PARAM
octets(const char *name, struct ent_view bytes)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes.data, bytes.len);
}

enum ent_status
ent_hkdf_sha256(uint8_t *out, size_t out_len, struct ent_view salt, struct ent_view secret, struct ent_view info,
    struct ent_error *err)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[5];
	size_t n = 0;
	ENT_EVP_AUTO(EVP_KDF_CTX) ctx = NULL;

	if (out_len == 0 || out_len > HKDF_OUT_MAX || secret.len == 0)
		return ent_fail(err, ENT_E_INTERNAL, "HKDF of %zu bytes to %zu, limit %d", secret.len, out_len, HKDF_OUT_MAX);
	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[n++] = octets(OSSL_KDF_PARAM_KEY, secret);
	if (salt.len > 0)
		params[n++] = octets(OSSL_KDF_PARAM_SALT, salt);
	if (info.len > 0)
		params[n++] = octets(OSSL_KDF_PARAM_INFO, info);
	params[n] = OSSL_PARAM_construct_end();
	ctx = EVP_KDF_CTX_new(ent_evp_get()->hkdf);
	if (ctx == NULL || EVP_KDF_derive(ctx, out, out_len, params) != 1)
		return ent_evp_fail(err, "HKDF");
	return ENT_OK;
}

void
ent_hash_hex(char out[ENT_HASH_HEX_SIZE], const struct ent_hash *hash)
{
	ent_hex_encode_to(out, ent_hash_view(hash));
}

void
ent_hash_base64(char out[ENT_HASH_BASE64_SIZE], const struct ent_hash *hash)
{
	ent_base64_encode_to(out, ENT_BASE64_STD, ent_hash_view(hash));
	out[ENT_HASH_BASE64_SIZE - 1] = '\0';
}

enum ent_status
ent_hash_from_hex(struct ent_hash *out, struct ent_view text, struct ent_error *err)
{
	return ent_hex_decode_exact(out->bytes, ENT_HASH_LEN, text, err);
}

enum ent_status
ent_hash_from_base64(struct ent_hash *out, struct ent_view text, struct ent_error *err)
{
	return ent_base64_decode_exact(out->bytes, ENT_HASH_LEN, ENT_BASE64_STD, text, err);
}
