#include "crypto/key.h"

#include "crypto/key_table.h"
#include "crypto/pem.h"

enum { PKCS8_MAX = 4096 }; /* bytes of DER, and of PEM: RSA-4096 is 2,400 and 3,300 */

void
ent_key_free(struct ent_key *key)
{
	if (key == NULL)
		return;
	ent_pubkey_free(key->public_half);
	EVP_PKEY_free(key->pkey);
	OPENSSL_free(key);
}

/* Takes pkey, also on failure. */
static enum ent_status
key_of_pkey(struct ent_key **out, const struct ent_key_spec *spec, EVP_PKEY *pkey, struct ent_error *err)
{
	ENT_AUTO(ent_key) key = OPENSSL_zalloc(sizeof(*key));
	uint8_t der[ENT_SPKI_MAX];

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return ent_evp_fail(err, "preparing a private key");
	}
	key->spec = spec;
	key->pkey = pkey;
	memcpy(der, spec->spki_prefix.data, spec->spki_prefix.len);
	ENT_TRY(spec->export(der + spec->spki_prefix.len, spec, pkey, err));
	ENT_TRY(ent_pubkey_from_spki(&key->public_half, ent_view_from(der, spec->spki_len), err));
	*out = ent_take(&key);
	return ENT_OK;
}

enum ent_status
ent_key_generate(struct ent_key **out, enum ent_key_type type, struct ent_error *err)
{
	const struct ent_key_spec *spec = ent_key_table_row(type);
	EVP_PKEY *pkey;

	ENT_TRY(ent_key_table_enabled(spec, err));
	ENT_TRY(spec->generate(&pkey, spec, err));
	return key_of_pkey(out, spec, pkey, err);
}

enum ent_status
ent_key_from_scalar(struct ent_key **out, enum ent_key_type type, struct ent_view scalar, struct ent_error *err)
{
	const struct ent_key_spec *spec = ent_key_table_row(type);
	EVP_PKEY *pkey;

	ENT_TRY(ent_key_table_enabled(spec, err));
	if (spec->coord_len == 0)
		return ent_fail(err, ENT_E_INPUT, "%s keys are not made of one number", spec->row.wire_name);
	ENT_TRY(ent_key_ec_from_scalar(&pkey, spec, scalar, err));
	return key_of_pkey(out, spec, pkey, err);
}

/* OpenSSL's decoder: 250 microseconds and a large surface, but only for this node's own files. All of der is read. */
static enum ent_status
decode_pkcs8(EVP_PKEY **out, struct ent_view der, struct ent_error *err)
{
	const uint8_t *at = der.data;
	ENT_EVP_AUTO(PKCS8_PRIV_KEY_INFO) info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);

	*out = info != NULL && at == der.data + der.len ? EVP_PKCS82PKEY(info) : NULL;
	ent_evp_forget_errors();
	if (*out == NULL)
		return ent_fail(err, ENT_E_INPUT, "a private key file is not unencrypted PKCS#8 (RFC 5208)");
	return ENT_OK;
}

static enum ent_status
key_of_decoded(struct ent_key **out, const EVP_PKEY *decoded, struct ent_error *err)
{
	EVP_PKEY *pkey;

	for (unsigned i = 0; i < ENT_KEY_TYPE_COUNT; i++) {
		const struct ent_key_spec *spec = ent_key_table_row((enum ent_key_type)i);

		if (!EVP_PKEY_is_a(decoded, spec->evp_name))
			continue;
		ENT_TRY(ent_key_table_enabled(spec, err));
		ENT_TRY(spec->adopt(&pkey, spec, decoded, err));
		return key_of_pkey(out, spec, pkey, err);
	}
	return ent_fail(err, ENT_E_UNSUPPORTED, "a private key of a kind that is not accepted; use ec:secp256r1");
}

enum ent_status
ent_key_from_pkcs8_pem(struct ent_key **out, struct ent_view pem, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) der = ent_buf_with_max(PKCS8_MAX);
	ENT_EVP_AUTO(EVP_PKEY) decoded = NULL;

	if (pem.len > PKCS8_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a private key in PEM of %zu characters, limit %d", pem.len, PKCS8_MAX);
	ENT_TRY(ent_pem_decode(&der, ENT_PEM_PRIVATE, pem, err));
	ENT_TRY(decode_pkcs8(&decoded, ent_buf_view(&der), err));
	return key_of_decoded(out, decoded, err);
}

enum ent_status
ent_key_to_pkcs8_pem(const struct ent_key *key, struct ent_buf *out, struct ent_error *err)
{
	ENT_EVP_AUTO(PKCS8_PRIV_KEY_INFO) info = EVP_PKEY2PKCS8(key->pkey);
	ENT_AUTO(ent_secret) der = NULL;
	uint8_t *at;
	int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;

	if (len <= 0)
		return ent_evp_fail(err, "encoding a private key");
	ENT_TRY(ent_secret_new(&der, (size_t)len, err));
	at = ent_secret_bytes(der);
	if (i2d_PKCS8_PRIV_KEY_INFO(info, &at) != len)
		return ent_evp_fail(err, "encoding a private key");
	return ent_pem_encode(out, ENT_PEM_PRIVATE, ent_secret_view(der), err);
}

const struct ent_pubkey *
ent_key_public(const struct ent_key *key)
{
	return key->public_half;
}

enum ent_status
ent_key_sign_jws(const struct ent_key *key, struct ent_buf *out, struct ent_view message, struct ent_error *err)
{
	struct ent_hash hash;

	ent_sha256(&hash, message);
	return key->spec->sign(out, key->spec, key->pkey, &hash, err);
}

/* The peer's point was checked when it was imported, so OpenSSL need not do it again: half of the time of a derive. */
enum ent_status
ent_key_agree(struct ent_secret **out, const struct ent_key *key, const struct ent_pubkey *peer, struct ent_error *err)
{
	ENT_AUTO(ent_secret) z = NULL;
	ENT_EVP_AUTO(EVP_PKEY_CTX) ctx = NULL;
	size_t len = key->spec->coord_len;

	if (key->spec != peer->spec || len == 0)
		return ent_fail(err, ENT_E_INPUT, "key agreement needs two keys of one curve, not %s and %s",
		    key->spec->row.wire_name, peer->spec->row.wire_name);
	ENT_TRY(ent_secret_new(&z, len, err));
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) != 1 ||
	    EVP_PKEY_derive(ctx, ent_secret_bytes(z), &len) != 1 || len != key->spec->coord_len)
		return ent_evp_fail(err, "key agreement");
	*out = ent_take(&z);
	return ENT_OK;
}
