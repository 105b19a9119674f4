#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/key.h"
#include "crypto_test.h"

/* RFC 8032 7.1, tests 1 to 3 */
static const struct {
	const char *seed, *key, *message, *signature;
} rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
	    "655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
	    "b00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
	    "c027beceea1ec40a" },
};

/* The group's order, big-endian, and the base point, encoded. */
#define ORDER "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"
#define PRIME "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"
#define BASE "5866666666666666666666666666666666666666666666666666666666666666"

/* Canonical encodings of the points whose order divides 8, and the ways to write them otherwise. */
static const char *const small_order[] = {
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static BIGNUM *
number(const char *digits)
{
	BIGNUM *n = NULL;

	assert_int_not_equal(BN_hex2bn(&n, digits), 0);
	return n;
}

/* What OpenSSL alone says: the tests show that the refusals below are ours. */
static bool
openssl_verifies(struct ent_view key, const uint8_t *signature, struct ent_view message)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.data, key.len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, signature, ENT_ED25519_SIG_LEN, message.data, message.len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static void
rfc_8032_vectors_sign_and_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rfc8032); i++) {
		ENT_AUTO(ent_ed25519) key = NULL;
		uint8_t public[ENT_ED25519_KEY_LEN], signature[ENT_ED25519_SIG_LEN];
		struct ent_view message = hex(rfc8032[i].message);

		assert_ok(ent_ed25519_from_seed(&key, hex(rfc8032[i].seed), NULL));
		assert_ok(ent_ed25519_public(key, public, NULL));
		assert_memory_equal(public, hex(rfc8032[i].key).data, sizeof(public));
		assert_ok(ent_ed25519_sign(key, signature, message, NULL));
		assert_memory_equal(signature, hex(rfc8032[i].signature).data, sizeof(signature));
		assert_ok(ent_ed25519_verify(public, signature, message, NULL));
		assert_true(ent_ed25519_key_valid(public));
	}
}

static void
every_flipped_bit_of_signature_key_or_message_is_refused(void **state)
{
	struct ent_error err = { 0 };
	uint8_t key[32], signature[64], message[2];

	(void)state;
	memcpy(key, hex(rfc8032[2].key).data, 32);
	memcpy(signature, hex(rfc8032[2].signature).data, 64);
	memcpy(message, hex(rfc8032[2].message).data, 2);
	for (size_t bit = 0; bit < 8 * (64 + 32 + 2); bit++) {
		uint8_t *at = bit < 512 ? &signature[bit / 8] : bit < 768 ? &key[bit / 8 - 64] : &message[bit / 8 - 96];

		*at = (uint8_t)(*at ^ 1 << bit % 8);
		assert_refused(ent_ed25519_verify(key, signature, ent_view_from(message, 2), &err), ENT_E_SIGNATURE, &err, "Ed25519");
		*at = (uint8_t)(*at ^ 1 << bit % 8);
	}
	assert_ok(ent_ed25519_verify(key, signature, ent_view_from(message, 2), NULL));
}

/* S + L is the same number modulo L. */
static void
a_signature_with_s_beyond_the_order_is_refused(void **state)
{
	BIGNUM *order = number(ORDER);
	struct ent_error err = { 0 };
	uint8_t signature[64];

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rfc8032); i++) {
		memcpy(signature, hex(rfc8032[i].signature).data, 64);
		BIGNUM *s = BN_lebin2bn(signature + 32, 32, NULL);

		for (int k = 1; k <= 7; k++) {
			assert_int_equal(BN_add(s, s, order), 1);
			assert_int_equal(BN_bn2lebinpad(s, signature + 32, 32), 32);
			assert_refused(ent_ed25519_verify(hex(rfc8032[i].key).data, signature, hex(rfc8032[i].message), &err),
			    ENT_E_SIGNATURE, &err, "does not verify");
		}
		BN_free(s);
	}
	BN_free(order);
}

/* With A the neutral element, R = B and S = 1 hold for every message: one signature for all texts. */
static void
a_key_of_small_order_is_refused_where_openssl_accepts_it(void **state)
{
	static const char *const neutral[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* the same, not canonical */
	};
	uint8_t signature[64] = { 0 };
	struct ent_error err = { 0 };

	(void)state;
	memcpy(signature, hex(BASE).data, 32);
	signature[32] = 1;
	for (size_t i = 0; i < ENT_COUNT(neutral); i++) {
		assert_true(openssl_verifies(hex(neutral[i]), signature, ENT_LIT("any message")));
		assert_refused(ent_ed25519_verify(hex(neutral[i]).data, signature, ENT_LIT("any message"), &err), ENT_E_SIGNATURE,
		    &err, "small order");
	}
	for (size_t i = 0; i < ENT_COUNT(small_order); i++) {
		assert_false(ent_ed25519_key_valid(hex(small_order[i]).data));
		assert_refused(ent_ed25519_verify(hex(small_order[i]).data, signature, ENT_LIT("m"), &err), ENT_E_SIGNATURE, &err,
		    "small order");
	}
}

/* S = h * a with R the neutral element: only the key's holder can do it, but the signature has no nonce. */
static void
a_nonce_point_of_small_order_is_refused_where_openssl_accepts_it(void **state)
{
	struct ent_view public = hex(rfc8032[0].key), seed = hex(rfc8032[0].seed);
	uint8_t signature[64] = { 1 }, input[64 + 1], digest[64], scalar[64];
	struct ent_error err = { 0 };
	BIGNUM *order = number(ORDER);
	BN_CTX *ctx = BN_CTX_new();

	(void)state;
	assert_int_equal(EVP_Q_digest(NULL, "SHA512", NULL, seed.data, 32, scalar, NULL), 1);
	scalar[0] &= 248;
	scalar[31] = (uint8_t)((scalar[31] & 63) | 64);
	memcpy(input, signature, 32);
	memcpy(input + 32, public.data, 32);
	input[64] = 'm';
	assert_int_equal(EVP_Q_digest(NULL, "SHA512", NULL, input, sizeof(input), digest, NULL), 1);
	BIGNUM *a = BN_lebin2bn(scalar, 32, NULL), *h = BN_lebin2bn(digest, 64, NULL);
	assert_int_equal(BN_mod_mul(h, h, a, order, ctx), 1);
	assert_int_equal(BN_bn2lebinpad(h, signature + 32, 32), 32);
	assert_true(openssl_verifies(public, signature, ENT_LIT("m")));
	assert_refused(ent_ed25519_verify(public.data, signature, ENT_LIT("m"), &err), ENT_E_SIGNATURE, &err, "small order");
	BN_free(a);
	BN_free(h);
	BN_free(order);
	BN_CTX_free(ctx);
}

/* Doubling a point of order 8 gives y = 0, so d y^4 + 2 y^2 - 1 = 0 (times 121666: d = -121665/121666). */
static void
the_listed_points_of_order_8_have_order_8(void **state)
{
	BIGNUM *p = number(PRIME), *yy = BN_new(), *t = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	(void)state;
	for (size_t i = 4; i <= 6; i += 2) {
		uint8_t le[32];

		memcpy(le, hex(small_order[i]).data, 32);
		BIGNUM *y = BN_lebin2bn(le, 32, NULL);

		assert_int_equal(BN_mod_sqr(yy, y, p, ctx), 1);
		assert_int_equal(BN_mod_sqr(t, yy, p, ctx), 1);
		assert_int_equal(BN_mul_word(t, 121665), 1);
		assert_int_equal(BN_mul_word(yy, 2 * 121666), 1);
		assert_int_equal(BN_sub(yy, yy, t) && BN_sub_word(yy, 121666), 1);
		assert_int_equal(BN_mod(t, yy, p, ctx), 1);
		assert_true(BN_is_zero(t));
		BN_free(y);
	}
	BN_free(p);
	BN_free(yy);
	BN_free(t);
	BN_CTX_free(ctx);
}

/* By another road than the code under test: a square root of (y^2 - 1) / (d y^2 + 1). */
static bool
has_x(const uint8_t key[32], const BIGNUM *p, BN_CTX *ctx)
{
	uint8_t le[32];
	BIGNUM *d = BN_new(), *t = BN_new();

	memcpy(le, key, 32);
	le[31] &= 0x7f;
	BIGNUM *y = BN_lebin2bn(le, 32, NULL);
	assert_int_equal(BN_set_word(t, 121666) && BN_mod_inverse(d, t, p, ctx) != NULL && BN_mul_word(d, 121665), 1);
	assert_int_equal(BN_mod_sub(d, p, d, p, ctx), 1);
	assert_int_equal(BN_mod_sqr(y, y, p, ctx) && BN_mod_mul(d, d, y, p, ctx) && BN_add_word(d, 1), 1);
	assert_non_null(BN_mod_inverse(d, d, p, ctx));
	assert_int_equal(BN_sub_word(y, 1) && BN_mod_mul(y, y, d, p, ctx), 1);
	bool found = BN_mod_sqrt(t, y, p, ctx) != NULL;
	BN_free(d);
	BN_free(t);
	BN_free(y);
	return found;
}

static void
keys_off_the_curve_are_not_valid(void **state)
{
	BIGNUM *p = number(PRIME);
	BN_CTX *ctx = BN_CTX_new();
	size_t valid = 0;
	uint8_t key[32];

	(void)state;
	srand(25519);
	for (int i = 0; i < 300; i++) {
		for (size_t k = 0; k < 32; k++)
			key[k] = (uint8_t)rand();
		assert_int_equal(ent_ed25519_key_valid(key), has_x(key, p, ctx));
		valid += ent_ed25519_key_valid(key);
	}
	assert_in_range(valid, 100, 200); /* about half of all y have an x */
	memset(key, 0, 32);
	key[0] = 2; /* y = 2 has none */
	assert_false(ent_ed25519_key_valid(key));
	BN_free(p);
	BN_CTX_free(ctx);
}

/* y and y + p fit both into 255 bits only for y < 19. */
static void
keys_that_are_not_canonical_are_not_valid(void **state)
{
	uint8_t low[32] = { 0 }, high[32];
	size_t both = 0;

	(void)state;
	memset(high, 0xff, sizeof(high));
	high[31] = 0x7f;
	for (unsigned y = 0; y < 19; y++) {
		low[0] = (uint8_t)y;
		high[0] = (uint8_t)(0xed + y);
		both += ent_ed25519_key_valid(low);
		assert_false(ent_ed25519_key_valid(high));
	}
	assert_true(both > 3); /* so that the refusals say something */
}

static void
valid_keys_come_out_of_random_seeds(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		ENT_AUTO(ent_ed25519) key = NULL;
		uint8_t seed[32], public[32];

		assert_ok(ent_random(seed, sizeof(seed), NULL));
		assert_ok(ent_ed25519_from_seed(&key, ent_view_from(seed, 32), NULL));
		assert_ok(ent_ed25519_public(key, public, NULL));
		assert_true(ent_ed25519_key_valid(public));
	}
}

static void
a_seed_of_another_length_is_refused(void **state)
{
	struct ent_ed25519 *key = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_refused(ent_ed25519_from_seed(&key, hex("00"), &err), ENT_E_INPUT, &err, "1 bytes");
	assert_refused(ent_ed25519_from_seed(&key, ENT_VIEW_NONE, &err), ENT_E_INPUT, &err, "0 bytes");
	assert_null(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_8032_vectors_sign_and_verify),
		cmocka_unit_test(every_flipped_bit_of_signature_key_or_message_is_refused),
		cmocka_unit_test(a_signature_with_s_beyond_the_order_is_refused),
		cmocka_unit_test(a_key_of_small_order_is_refused_where_openssl_accepts_it),
		cmocka_unit_test(a_nonce_point_of_small_order_is_refused_where_openssl_accepts_it),
		cmocka_unit_test(the_listed_points_of_order_8_have_order_8),
		cmocka_unit_test(keys_off_the_curve_are_not_valid),
		cmocka_unit_test(keys_that_are_not_canonical_are_not_valid),
		cmocka_unit_test(valid_keys_come_out_of_random_seeds),
		cmocka_unit_test(a_seed_of_another_length_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
