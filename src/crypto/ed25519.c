/*
 * Ed25519 (RFC 8032), strictly. OpenSSL refuses S >= L and a point that does not decode, but takes keys that are not in
 * canonical form and points of small order; with those one signature can hold for several messages or keys, and two
 * implementations can disagree. So the encodings are judged here first (charter 2: the same in every process).
 */
#include "crypto/evp.h"
#include "crypto/key.h"

struct ent_ed25519 {
	EVP_PKEY *pkey;
};

/* p = 2^255 - 19, little-endian. */
static const uint8_t field_prime[ENT_ED25519_KEY_LEN] = { 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0x7f };

/*
 * The y coordinates of the eight points of order 1, 2, 4 and 8. Points P and -P share y and differ in the sign bit, so
 * five values cover all eight, and also "x = 0 with the sign bit set", which RFC 8032 5.1.3 step 4 refuses.
 */
static const uint8_t small_order_y[][ENT_ED25519_KEY_LEN] = {
	{ 0x00 }, /* order 4 */
	{ 0x01 }, /* order 1 */
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }, /* order 2: p - 1 */
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
	    0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 }, /* order 8 */
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
	    0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a }, /* order 8: p minus the one above */
};

/* Encodings are public, so comparing them need not take constant time. */
static bool
encoding_acceptable(const uint8_t point[ENT_ED25519_KEY_LEN])
{
	uint8_t y[ENT_ED25519_KEY_LEN];
	int i = ENT_ED25519_KEY_LEN - 1;

	memcpy(y, point, sizeof(y));
	y[ENT_ED25519_KEY_LEN - 1] &= 0x7f; /* the top bit is the sign of x */
	while (i > 0 && y[i] == field_prime[i])
		i--;
	if (y[i] >= field_prime[i])
		return false; /* RFC 8032 5.1.3 step 1: y >= p */
	for (size_t k = 0; k < ENT_COUNT(small_order_y); k++)
		if (memcmp(y, small_order_y[k], sizeof(y)) == 0)
			return false;
	return true;
}

/* Is (y^2 - 1) / (d y^2 + 1), d = -121665/121666, a square modulo p? Then there is an x (RFC 8032 5.1.3 step 3). */
static bool
on_curve(const uint8_t point[ENT_ED25519_KEY_LEN])
{
	uint8_t le[ENT_ED25519_KEY_LEN];
	ENT_EVP_AUTO(BN_CTX) ctx = BN_CTX_new();
	ENT_EVP_AUTO(BIGNUM) p = BN_lebin2bn(field_prime, sizeof(field_prime), NULL);
	ENT_EVP_AUTO(BIGNUM) yy = NULL;
	ENT_EVP_AUTO(BIGNUM) u = BN_new();
	ENT_EVP_AUTO(BIGNUM) v = BN_new();

	memcpy(le, point, sizeof(le));
	le[ENT_ED25519_KEY_LEN - 1] &= 0x7f;
	yy = BN_lebin2bn(le, sizeof(le), NULL);
	if (ctx == NULL || p == NULL || yy == NULL || u == NULL || v == NULL || !BN_mod_sqr(yy, yy, p, ctx))
		return false;
	/* u = (y^2 - 1) * 121666 and v = 121666 - 121665 y^2: the fraction times 121666/121666. v is never 0. */
	if (!BN_copy(u, yy) || !BN_sub_word(u, 1) || !BN_mul_word(u, 121666) || !BN_mul_word(yy, 121665) ||
	    !BN_set_word(v, 121666) || !BN_mod_sub(v, v, yy, p, ctx) || !BN_mod_mul(u, u, v, p, ctx))
		return false;
	return BN_kronecker(u, p, ctx) == 1; /* u/v is a square if and only if u*v is; 0 would be y = 1 or -1 */
}

bool
ent_ed25519_key_valid(const uint8_t key[ENT_ED25519_KEY_LEN])
{
	bool valid = encoding_acceptable(key) && on_curve(key);

	ent_evp_forget_errors();
	return valid;
}

void
ent_ed25519_free(struct ent_ed25519 *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	OPENSSL_free(key);
}

enum ent_status
ent_ed25519_from_seed(struct ent_ed25519 **out, struct ent_view seed, struct ent_error *err)
{
	ENT_AUTO(ent_ed25519) key = NULL;

	if (seed.len != ENT_ED25519_KEY_LEN)
		return ent_fail(err, ENT_E_INPUT, "an Ed25519 private key of %zu bytes; it has %d", seed.len,
		    ENT_ED25519_KEY_LEN);
	key = OPENSSL_zalloc(sizeof(*key));
	if (key != NULL)
		key->pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed.data, seed.len);
	if (key == NULL || key->pkey == NULL)
		return ent_evp_fail(err, "preparing an Ed25519 key");
	*out = ent_take(&key);
	return ENT_OK;
}

enum ent_status
ent_ed25519_public(const struct ent_ed25519 *key, uint8_t out[ENT_ED25519_KEY_LEN], struct ent_error *err)
{
	size_t len = ENT_ED25519_KEY_LEN;

	if (EVP_PKEY_get_raw_public_key(key->pkey, out, &len) != 1 || len != ENT_ED25519_KEY_LEN)
		return ent_evp_fail(err, "reading an Ed25519 public key");
	return ENT_OK;
}

enum ent_status
ent_ed25519_sign(const struct ent_ed25519 *key, uint8_t out[ENT_ED25519_SIG_LEN], struct ent_view message,
    struct ent_error *err)
{
	ENT_EVP_AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	size_t len = ENT_ED25519_SIG_LEN;

	if (ctx == NULL || EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) != 1 ||
	    EVP_DigestSign(ctx, out, &len, message.data, message.len) != 1 || len != ENT_ED25519_SIG_LEN)
		return ent_evp_fail(err, "signing with Ed25519");
	return ENT_OK;
}

enum ent_status
ent_ed25519_verify(const uint8_t key[ENT_ED25519_KEY_LEN], const uint8_t signature[ENT_ED25519_SIG_LEN],
    struct ent_view message, struct ent_error *err)
{
	ENT_EVP_AUTO(EVP_PKEY) pkey = NULL;
	ENT_EVP_AUTO(EVP_MD_CTX) ctx = NULL;

	/* R is the first half of a signature. S < L and A on the curve are OpenSSL's checks. */
	if (!encoding_acceptable(key) || !encoding_acceptable(signature))
		return ent_fail(err, ENT_E_SIGNATURE,
		    "an Ed25519 key or signature is not in canonical form or a point of small order (RFC 8032 5.1.3)");
	pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, key, ENT_ED25519_KEY_LEN);
	ctx = EVP_MD_CTX_new();
	if (pkey == NULL || ctx == NULL || EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) != 1)
		return ent_evp_fail(err, "preparing an Ed25519 verification");
	if (EVP_DigestVerify(ctx, signature, ENT_ED25519_SIG_LEN, message.data, message.len) == 1)
		return ENT_OK;
	ent_evp_forget_errors();
	return ent_fail(err, ENT_E_SIGNATURE, "the Ed25519 signature does not verify");
}

void
ent_seal_kid(char out[ENT_SEAL_KID_SIZE], const uint8_t key[ENT_ED25519_KEY_LEN])
{
	/* RFC 8410: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING } */
	static const uint8_t prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
	const struct ent_view parts[] = { { prefix, sizeof(prefix) }, { key, ENT_ED25519_KEY_LEN } };
	struct ent_hash hash;
	char hex[ENT_HASH_HEX_SIZE];

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	ent_hash_hex(hex, &hash);
	memcpy(out, "s-", 2);
	memcpy(out + 2, hex, 16);
	out[18] = '\0';
}
