/* Elliptic-curve rows of the key table. The only enabled curve is P-256, whose cofactor is 1: on the curve is enough. */
#include <openssl/core_names.h>

#include "crypto/key_table.h"

enum {
	COORD_MAX = 66, /* P-521 */
	POINT_UNCOMPRESSED = 0x04
};

/*
 * RFC 5480 2.2. OpenSSL takes the one-byte encoding of infinity and compressed points too, so the form and the length
 * are checked here; set1_encoded_public_key refuses coordinates beyond the field and points off the curve. Copying the
 * parameters of a key that exists already avoids OpenSSL's decoders (7 against 250 microseconds).
 */
enum ent_status
ent_key_ec_import(EVP_PKEY **out, const struct ent_key_spec *spec, struct ent_view point, struct ent_error *err)
{
	ENT_EVP_AUTO(EVP_PKEY) pkey = NULL;

	if (point.len != 2 * spec->coord_len + 1 || point.data[0] != POINT_UNCOMPRESSED)
		return ent_fail(err, ENT_E_SYNTAX, "a %s public key must be an uncompressed point of %zu bytes (RFC 5480 2.2)",
		    spec->row.wire_name, 2 * spec->coord_len + 1);
	pkey = EVP_PKEY_new();
	if (pkey == NULL || EVP_PKEY_copy_parameters(pkey, ent_evp_get()->p256) != 1)
		return ent_evp_fail(err, "preparing a public key");
	if (EVP_PKEY_set1_encoded_public_key(pkey, point.data, point.len) != 1) {
		ent_evp_forget_errors();
		return ent_fail(err, ENT_E_INPUT, "a public key is not a point of the curve %s", spec->row.jwk_crv);
	}
	*out = ent_take(&pkey);
	return ENT_OK;
}

static bool
export_coord(uint8_t *out, const EVP_PKEY *pkey, const char *name, size_t len)
{
	ENT_EVP_AUTO(BIGNUM) n = NULL;

	return EVP_PKEY_get_bn_param(pkey, name, &n) == 1 && BN_bn2binpad(n, out, (int)len) == (int)len;
}

/* By coordinates: an encoded point would have the form that the key was read with. */
enum ent_status
ent_key_ec_export(uint8_t *point, const struct ent_key_spec *spec, const EVP_PKEY *pkey, struct ent_error *err)
{
	point[0] = POINT_UNCOMPRESSED;
	if (!export_coord(point + 1, pkey, OSSL_PKEY_PARAM_EC_PUB_X, spec->coord_len) ||
	    !export_coord(point + 1 + spec->coord_len, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, spec->coord_len))
		return ent_evp_fail(err, "reading a public key");
	return ENT_OK;
}

enum ent_status
ent_key_ec_generate(EVP_PKEY **out, const struct ent_key_spec *spec, struct ent_error *err)
{
	ENT_EVP_AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ent_evp_get()->p256, NULL);
	EVP_PKEY *pkey = NULL;

	(void)spec;
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_generate(ctx, &pkey) != 1)
		return ent_evp_fail(err, "generating a key");
	*out = pkey;
	return ENT_OK;
}

/* point = scalar * G, encoded uncompressed. ENT_E_INPUT unless 1 <= scalar < order. */
static enum ent_status
point_of_scalar(uint8_t *point, const struct ent_key_spec *spec, const BIGNUM *scalar, struct ent_error *err)
{
	ENT_EVP_AUTO(EC_GROUP) group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(spec->evp_group));
	ENT_EVP_AUTO(EC_POINT) at = group != NULL ? EC_POINT_new(group) : NULL;
	size_t len = 2 * spec->coord_len + 1;

	if (at == NULL)
		return ent_evp_fail(err, "preparing a curve");
	if (BN_is_zero(scalar) || BN_is_negative(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
		return ent_fail(err, ENT_E_INPUT, "a private key is not between 1 and the order of %s", spec->row.jwk_crv);
	if (EC_POINT_mul(group, at, scalar, NULL, NULL, NULL) != 1 ||
	    EC_POINT_point2oct(group, at, POINT_CONVERSION_UNCOMPRESSED, point, len, NULL) != len)
		return ent_evp_fail(err, "computing a public key");
	return ENT_OK;
}

static enum ent_status
key_of_numbers(EVP_PKEY **out, const struct ent_key_spec *spec, const BIGNUM *scalar, const uint8_t *point,
    struct ent_error *err)
{
	ENT_EVP_AUTO(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
	ENT_EVP_AUTO(OSSL_PARAM) params = NULL;
	ENT_EVP_AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, spec->evp_name, NULL);
	EVP_PKEY *pkey = NULL;

	if (builder == NULL || ctx == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, spec->evp_group, 0) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 2 * spec->coord_len + 1) != 1)
		return ent_evp_fail(err, "preparing a private key");
	params = OSSL_PARAM_BLD_to_param(builder);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		return ent_evp_fail(err, "making a private key");
	*out = pkey;
	return ENT_OK;
}

enum ent_status
ent_key_ec_from_scalar(EVP_PKEY **out, const struct ent_key_spec *spec, struct ent_view scalar, struct ent_error *err)
{
	ENT_EVP_AUTO(BIGNUM) n = NULL;
	uint8_t point[2 * COORD_MAX + 1];

	if (scalar.len != spec->coord_len)
		return ent_fail(err, ENT_E_INPUT, "a %s private key of %zu bytes; it has %zu", spec->row.wire_name, scalar.len,
		    spec->coord_len);
	n = BN_secure_new();
	if (n == NULL || BN_bin2bn(scalar.data, (int)scalar.len, n) == NULL)
		return ent_evp_fail(err, "preparing a private key");
	BN_set_flags(n, BN_FLG_CONSTTIME);
	ENT_TRY(point_of_scalar(point, spec, n, err));
	return key_of_numbers(out, spec, n, point, err);
}

/* Rebuilt from the scalar, so that a file whose two halves do not belong together is never used (nor its encoding). */
enum ent_status
ent_key_ec_adopt(EVP_PKEY **out, const struct ent_key_spec *spec, const EVP_PKEY *decoded, struct ent_error *err)
{
	ENT_EVP_AUTO(BIGNUM) n = BN_secure_new();
	ENT_EVP_AUTO(EVP_PKEY) pkey = NULL;
	uint8_t point[2 * COORD_MAX + 1];
	char group[32];

	if (EVP_PKEY_get_group_name(decoded, group, sizeof(group), NULL) != 1 || strcmp(group, spec->evp_group) != 0) {
		ent_evp_forget_errors();
		return ent_fail(err, ENT_E_UNSUPPORTED, "an EC private key on another curve than %s", spec->row.jwk_crv);
	}
	if (n == NULL || EVP_PKEY_get_bn_param(decoded, OSSL_PKEY_PARAM_PRIV_KEY, &n) != 1)
		return ent_evp_fail(err, "reading a private key");
	BN_set_flags(n, BN_FLG_CONSTTIME);
	ENT_TRY(point_of_scalar(point, spec, n, err));
	ENT_TRY(key_of_numbers(&pkey, spec, n, point, err));
	if (EVP_PKEY_eq(pkey, decoded) != 1) {
		ent_evp_forget_errors();
		return ent_fail(err, ENT_E_INPUT, "a private key file holds a public key that is not its own");
	}
	*out = ent_take(&pkey);
	return ENT_OK;
}

enum ent_status
ent_key_ec_sign(struct ent_buf *out, const struct ent_key_spec *spec, EVP_PKEY *pkey, const struct ent_hash *hash,
    struct ent_error *err)
{
	ENT_EVP_AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	ENT_EVP_AUTO(ECDSA_SIG) sig = NULL;
	uint8_t der[2 * COORD_MAX + 16];
	uint8_t rs[2 * COORD_MAX];
	const uint8_t *at = der;
	const int half = (int)spec->coord_len;
	size_t len = sizeof(der);

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_sign(ctx, der, &len, hash->bytes, sizeof(hash->bytes)) != 1)
		return ent_evp_fail(err, "signing");
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	if (sig == NULL || at != der + len || BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, half) != half ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + half, half) != half)
		return ent_evp_fail(err, "encoding a signature");
	return ent_buf_add(out, ent_view_from(rs, 2 * spec->coord_len), err);
}

/* The DER that OpenSSL wants of R || S; *len is the room, then the length. False without memory. */
static bool
der_of_signature(uint8_t *der, size_t *len, const uint8_t *rs, size_t half)
{
	ENT_EVP_AUTO(ECDSA_SIG) sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(rs, (int)half, NULL);
	BIGNUM *s = BN_bin2bn(rs + half, (int)half, NULL);
	int need;

	if (sig == NULL || r == NULL || s == NULL) {
		BN_free(r);
		BN_free(s);
		return false;
	}
	ENT_ASSERT(ECDSA_SIG_set0(sig, r, s) == 1); /* sig owns them now */
	need = i2d_ECDSA_SIG(sig, NULL);
	if (need <= 0 || (size_t)need > *len)
		return false;
	*len = (size_t)i2d_ECDSA_SIG(sig, &der);
	return true;
}

enum ent_status
ent_key_ec_verify(const struct ent_key_spec *spec, EVP_PKEY *pkey, const struct ent_hash *hash,
    struct ent_view signature, struct ent_error *err)
{
	ENT_EVP_AUTO(EVP_PKEY_CTX) ctx = NULL;
	uint8_t der[2 * COORD_MAX + 16];
	size_t len = sizeof(der);
	int verdict;

	if (signature.len != 2 * spec->coord_len) /* RFC 7518 3.4 */
		return ent_fail(err, ENT_E_SIGNATURE, "an %s signature of %zu bytes; it has %zu", spec->row.jws_alg,
		    signature.len, 2 * spec->coord_len);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1 || !der_of_signature(der, &len, signature.data, spec->coord_len))
		return ent_evp_fail(err, "preparing to verify a signature");
	verdict = EVP_PKEY_verify(ctx, der, len, hash->bytes, sizeof(hash->bytes));
	if (verdict == 1)
		return ENT_OK;
	ent_evp_forget_errors(); /* -1 is R or S out of range as well as a failure: neither verifies */
	return ent_fail(err, ENT_E_SIGNATURE, "the %s signature does not verify", spec->row.jws_alg);
}
