#include "crypto/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "crypto_test.h"

#define SPKI_PREFIX "3059301306072a8648ce3d020106082a8648ce3d030107034200"
#define SPKI_LEN 91

/* RFC 7515 A.3 */
#define RFC7515_D "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
#define RFC7515_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define RFC7515_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define RFC7515_INPUT                                                                                                  \
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"    \
	"cnVlfQ"
#define RFC7515_SIGNATURE "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

/* The curve's order; the field's prime; a point with x = 0. */
#define P256_ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P256_PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define P256_Y_OF_ZERO "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"
#define ZERO_32 "0000000000000000000000000000000000000000000000000000000000000000"

static struct ent_view
from_base64url(uint8_t *room, size_t len, const char *text)
{
	assert_ok(ent_base64_decode_exact(room, len, ENT_BASE64_URL, ent_view_str(text), NULL));
	return ent_view_from(room, len);
}

static struct ent_key *
rfc7515_key(void)
{
	uint8_t d[32];
	struct ent_key *key = NULL;

	assert_ok(ent_key_from_scalar(&key, ENT_KEY_EC_P256, from_base64url(d, 32, RFC7515_D), NULL));
	return key;
}

/* Does OpenSSL's decoder read der as exactly the key that ours read? */
static bool
openssl_agrees(const struct ent_pubkey *key, struct ent_view der)
{
	const uint8_t *at = der.data;
	EVP_PKEY *theirs = d2i_PUBKEY(NULL, &at, (long)der.len);
	uint8_t *again = NULL;
	int len = theirs != NULL ? i2d_PUBKEY(theirs, &again) : 0;
	bool agrees = theirs != NULL && at == der.data + der.len &&
	    ent_view_eq(ent_view_from(again, (size_t)len), ent_pubkey_spki(key));

	OPENSSL_free(again);
	EVP_PKEY_free(theirs);
	return agrees;
}

static void
names_of_the_table_are_found_and_the_rest_is_refused_by_name(void **state)
{
	static const char *const unknown[] = { "none", "HS256", "PS256", "EdDSA", "es256", "ES256 ", "ES384", "" };
	enum ent_key_type type = ENT_KEY_TYPE_COUNT;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_key_type_from_wire(&type, ENT_LIT("ec:secp256r1"), &err));
	assert_int_equal(type, ENT_KEY_EC_P256);
	assert_ok(ent_key_type_from_jws(&type, ENT_LIT("ES256"), &err));
	assert_int_equal(type, ENT_KEY_EC_P256);
	assert_refused(ent_key_type_from_wire(&type, ENT_LIT("rsa:2048"), &err), ENT_E_UNSUPPORTED, &err, "rsa:2048");
	assert_refused(ent_key_type_from_jws(&type, ENT_LIT("RS256"), &err), ENT_E_UNSUPPORTED, &err, "RS256");
	assert_refused(ent_key_type_from_wire(&type, ENT_LIT("ec:secp521r1"), &err), ENT_E_UNSUPPORTED, &err, "ec:secp521r1");
	for (size_t i = 0; i < ENT_COUNT(unknown); i++)
		assert_refused(ent_key_type_from_jws(&type, ent_view_str(unknown[i]), &err), ENT_E_UNSUPPORTED, &err,
		    "not one that is accepted");
	assert_refused(ent_key_type_from_jws(&type, ENT_LIT("ES256\0"), &err), ENT_E_UNSUPPORTED, &err, "6 bytes");
	assert_refused(ent_key_type_from_jws(&type, ENT_LIT("\x1b[2J"), &err), ENT_E_UNSUPPORTED, &err, "4 bytes");
}

static void
every_row_of_the_table_names_itself(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENT_KEY_TYPE_COUNT; i++) {
		const struct ent_key_type_row *row = ent_key_type_row((enum ent_key_type)i);
		enum ent_key_type type = ENT_KEY_TYPE_COUNT;

		assert_non_null(row->wire_name);
		assert_non_null(row->jws_alg);
		assert_int_equal(ent_key_type_from_wire(&type, ent_view_str(row->wire_name), NULL),
		    row->enabled ? ENT_OK : ENT_E_UNSUPPORTED);
		assert_true(!row->enabled || type == (enum ent_key_type)i);
	}
}

static void
a_key_survives_spki_pem_and_coordinates(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		ENT_AUTO(ent_key) key = NULL;
		ENT_AUTO(ent_pubkey) from_der = NULL;
		ENT_AUTO(ent_pubkey) from_pem = NULL;
		ENT_AUTO(ent_pubkey) from_xy = NULL;
		ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);

		assert_ok(ent_key_generate(&key, ENT_KEY_EC_P256, NULL));
		const struct ent_pubkey *public = ent_key_public(key);
		struct ent_view point = ent_pubkey_point(public);

		assert_int_equal(point.len, 65);
		assert_true(openssl_agrees(public, ent_pubkey_spki(public)));
		assert_ok(ent_pubkey_from_spki(&from_der, ent_pubkey_spki(public), NULL));
		assert_ok(ent_pubkey_pem(public, &pem, NULL));
		assert_ok(ent_pubkey_from_pem(&from_pem, ent_buf_view(&pem), NULL));
		assert_ok(ent_pubkey_from_xy(&from_xy, ENT_KEY_EC_P256, ent_view_slice(point, 1, 32),
		    ent_view_slice(point, 33, 32), NULL));
		assert_true(ent_pubkey_eq(public, from_der));
		assert_true(ent_pubkey_eq(public, from_pem));
		assert_true(ent_pubkey_eq(public, from_xy));
	}
}

static void
whatever_ours_accepts_of_a_mutated_spki_openssl_reads_alike(void **state)
{
	ENT_AUTO(ent_key) key = NULL;
	uint8_t der[SPKI_LEN + 1] = { 0 };
	size_t accepted = 0;

	(void)state;
	assert_ok(ent_key_generate(&key, ENT_KEY_EC_P256, NULL));
	memcpy(der, ent_pubkey_spki(ent_key_public(key)).data, SPKI_LEN);
	for (size_t i = 0; i < SPKI_LEN; i++) {
		uint8_t right = der[i];

		for (int value = 0; value < 256; value++) {
			ENT_AUTO(ent_pubkey) read = NULL;

			der[i] = (uint8_t)value;
			if (ent_pubkey_from_spki(&read, ent_view_from(der, SPKI_LEN), NULL) != ENT_OK)
				continue;
			accepted++;
			assert_true(openssl_agrees(read, ent_view_from(der, SPKI_LEN)));
		}
		der[i] = right;
	}
	assert_int_equal(accepted, SPKI_LEN); /* the unmutated one, once for each byte */
	for (size_t len = 0; len <= SPKI_LEN + 1; len++) {
		ENT_AUTO(ent_pubkey) read = NULL;

		assert_int_equal(ent_pubkey_from_spki(&read, ent_view_from(der, len), NULL) == ENT_OK, len == SPKI_LEN);
	}
}

static void
points_off_the_curve_are_refused(void **state)
{
	ENT_AUTO(ent_pubkey) good = NULL;
	struct ent_pubkey *key = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_pubkey_from_spki(&good, hex(SPKI_PREFIX "04" ZERO_32 P256_Y_OF_ZERO), &err));
	/* The same point with x = p, which is 0 only modulo p */
	assert_refused(ent_pubkey_from_spki(&key, hex(SPKI_PREFIX "04" P256_PRIME P256_Y_OF_ZERO), &err), ENT_E_INPUT, &err,
	    "not a point of the curve P-256");
	assert_refused(ent_pubkey_from_spki(&key, hex(SPKI_PREFIX "04" ZERO_32 ZERO_32), &err), ENT_E_INPUT, &err,
	    "not a point of the curve P-256");
	assert_refused(ent_pubkey_from_spki(&key, hex(SPKI_PREFIX "04" P256_Y_OF_ZERO ZERO_32), &err), ENT_E_INPUT, &err,
	    "not a point of the curve P-256");
	assert_null(key);
}

static void
infinity_compressed_and_hybrid_points_are_refused(void **state)
{
	static const char *const shapes[] = {
		"3019301306072a8648ce3d020106082a8648ce3d03010703020000", /* infinity, one byte */
		"3039301306072a8648ce3d020106082a8648ce3d030107032200"
		"02" ZERO_32, /* compressed */
		"3039301306072a8648ce3d020106082a8648ce3d030107032200"
		"03" ZERO_32,
		SPKI_PREFIX "06" ZERO_32 P256_Y_OF_ZERO, /* hybrid */
		SPKI_PREFIX "07" ZERO_32 P256_Y_OF_ZERO,
		SPKI_PREFIX "00" ZERO_32 P256_Y_OF_ZERO, /* infinity, padded */
		"305930130607" /* id-ecDH instead of id-ecPublicKey */
		"2b8104010c0106082a8648ce3d030107034200"
		"04" ZERO_32 P256_Y_OF_ZERO,
		"",
		"30",
	};
	struct ent_pubkey *key = NULL;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(shapes); i++) {
		struct ent_error err = { 0 };

		assert_int_not_equal(ent_pubkey_from_spki(&key, hex(shapes[i]), &err), ENT_OK);
		assert_int_not_equal(err.text[0], '\0');
		assert_null(key);
	}
}

static void
an_rsa_key_is_recognised_and_refused_by_name(void **state)
{
	EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	struct ent_pubkey *key = NULL;
	struct ent_error err = { 0 };
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(rsa, &der);

	(void)state;
	assert_refused(ent_pubkey_from_spki(&key, ent_view_from(der, (size_t)len), &err), ENT_E_UNSUPPORTED, &err, "rsa:2048");
	OPENSSL_free(der);
	EVP_PKEY_free(rsa);
}

static void
a_key_of_another_kind_is_told_from_what_is_no_key(void **state)
{
	static const char *const keys[] = {
		"302a300506032b6570032100" ZERO_32, /* Ed25519 (RFC 8410) */
		"3039301306072a8648ce3d020106082a8648ce3d03010703220002" ZERO_32, /* P-256, compressed */
	};
	static const char *const rubbish[] = {
		"", "30", "3000", "30030102", "302a300506032b6570032100", "302b300506032b6570032100" ZERO_32 "00",
		"302a300506032b6570032100" ZERO_32 "00",   /* bytes behind it */
		"302a300506032b6570032101" ZERO_32,        /* unused bits */
		"302a300506032b6570042100" ZERO_32,        /* an OCTET STRING */
		"302a300502032b6570032100" ZERO_32,        /* an INTEGER for the algorithm */
		"30812a300506032b6570032100" ZERO_32,      /* a length longer than needed */
		"3080300506032b6570032100" ZERO_32 "0000", /* an indefinite length */
		"3084ffffffff00",
	};
	struct ent_pubkey *key = NULL;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(keys); i++)
		assert_int_equal(ent_pubkey_from_spki(&key, hex(keys[i]), NULL), ENT_E_UNSUPPORTED);
	for (size_t i = 0; i < ENT_COUNT(rubbish); i++)
		if (ent_pubkey_from_spki(&key, hex(rubbish[i]), NULL) != ENT_E_SYNTAX)
			fail_msg("%s", rubbish[i]);
}

static void
pem_of_one_block_with_lf_or_crlf_is_read_and_nothing_else(void **state)
{
	static const char body[] = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7";
	static const char rest[] = "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==";
	static const struct {
		const char *format; /* with body and rest */
		bool good;
	} cases[] = {
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PUBLIC KEY-----\n", true },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PUBLIC KEY-----", true },
		{ "-----BEGIN PUBLIC KEY-----\r\n%s\r\n%s\r\n-----END PUBLIC KEY-----\r\n", true },
		{ "-----BEGIN PUBLIC KEY-----\n%s%s\n-----END PUBLIC KEY-----\n", true },
		{ " -----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PUBLIC KEY-----\n", false },
		{ "\n-----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PUBLIC KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PUBLIC KEY-----\n\n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PUBLIC KEY-----\nx", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PUBLIC KEY----- \n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n\n%s\n-----END PUBLIC KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s \n%s\n-----END PUBLIC KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\r%s\n-----END PUBLIC KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----%s\n%s\n-----END PUBLIC KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s-----END PUBLIC KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n%s\n%s\n-----END PUBLIC KEY-----\n", false },
		{ "-----BEGIN PRIVATE KEY-----\n%s\n%s\n-----END PRIVATE KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s\n-----END PRIVATE KEY-----\n", false },
		{ "-----BEGIN PUBLIC KEY-----\n%s\n%s\n", false },
		{ "-----BEGIN CERTIFICATE-----\n%s\n%s\n-----END CERTIFICATE-----\n", false },
		{ "%s%s", false },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		ENT_AUTO(ent_pubkey) key = NULL;
		char pem[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(pem, sizeof(pem), cases[i].format, body, rest);
#pragma GCC diagnostic pop
		if ((ent_pubkey_from_pem(&key, ent_view_str(pem), NULL) == ENT_OK) != cases[i].good)
			fail_msg("case %zu", i);
	}
	assert_int_equal(ent_pubkey_from_pem(&(struct ent_pubkey *){ NULL }, ENT_VIEW_NONE, NULL), ENT_E_SYNTAX);
}

static void
pem_beyond_the_limit_is_refused(void **state)
{
	static char pem[ENT_SPKI_PEM_MAX + 1];
	struct ent_pubkey *key = NULL;
	struct ent_error err = { 0 };

	(void)state;
	memset(pem, 'A', sizeof(pem));
	assert_refused(ent_pubkey_from_pem(&key, ent_view_from(pem, ENT_SPKI_PEM_MAX + 1), &err), ENT_E_LIMIT, &err, "1025");
	assert_refused(ent_pubkey_from_pem(&key, ent_view_from(pem, ENT_SPKI_PEM_MAX), &err), ENT_E_SYNTAX, &err, "BEGIN");
}

static void
a_kid_is_a_letter_and_sixteen_digits_of_the_hash_of_the_spki(void **state)
{
	ENT_AUTO(ent_key) key = rfc7515_key();
	struct ent_hash hash;
	char kid[ENT_KID_SIZE], digits[ENT_HASH_HEX_SIZE];

	(void)state;
	ent_sha256(&hash, ent_pubkey_spki(ent_key_public(key)));
	ent_hash_hex(digits, &hash);
	ent_pubkey_kid(kid, ent_key_public(key));
	assert_int_equal(strlen(kid), 18);
	assert_memory_equal(kid, "e-", 2);
	assert_memory_equal(kid + 2, digits, 16);
}

static void
a_scalar_gives_the_public_key_of_rfc_7515(void **state)
{
	ENT_AUTO(ent_key) key = rfc7515_key();
	struct ent_view point = ent_pubkey_point(ent_key_public(key));
	uint8_t x[32], y[32];

	(void)state;
	assert_view_equal(ent_view_slice(point, 1, 32), from_base64url(x, 32, RFC7515_X));
	assert_view_equal(ent_view_slice(point, 33, 32), from_base64url(y, 32, RFC7515_Y));
}

static void
scalars_out_of_range_are_refused(void **state)
{
	struct ent_key *key = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_refused(ent_key_from_scalar(&key, ENT_KEY_EC_P256, hex(ZERO_32), &err), ENT_E_INPUT, &err, "between 1");
	assert_refused(ent_key_from_scalar(&key, ENT_KEY_EC_P256, hex(P256_ORDER), &err), ENT_E_INPUT, &err, "between 1");
	assert_refused(ent_key_from_scalar(&key, ENT_KEY_EC_P256, hex("01"), &err), ENT_E_INPUT, &err, "1 bytes");
	assert_refused(ent_key_from_scalar(&key, ENT_KEY_RSA_2048, hex("01"), &err), ENT_E_UNSUPPORTED, &err, "rsa:2048");
	assert_refused(ent_key_generate(&key, ENT_KEY_RSA_2048, &err), ENT_E_UNSUPPORTED, &err, "rsa:2048");
	assert_null(key);
}

static void
the_signature_of_rfc_7515_verifies(void **state)
{
	ENT_AUTO(ent_key) key = rfc7515_key();
	uint8_t signature[64];

	(void)state;
	assert_ok(ent_pubkey_verify_jws(ent_key_public(key), ENT_LIT(RFC7515_INPUT),
	    from_base64url(signature, 64, RFC7515_SIGNATURE), NULL));
}

static void
what_was_signed_verifies_and_nothing_else_does(void **state)
{
	ENT_AUTO(ent_key) key = NULL;
	ENT_AUTO(ent_key) other = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_key_generate(&key, ENT_KEY_EC_P256, NULL));
	assert_ok(ent_key_generate(&other, ENT_KEY_EC_P256, NULL));
	for (int i = 0; i < 30; i++) { /* often enough for R and S with leading zeroes in DER and without */
		ENT_AUTO_FINI(ent_buf) signature = ent_buf_with_max(64);

		assert_ok(ent_key_sign_jws(key, &signature, ENT_LIT("message"), NULL));
		assert_int_equal(signature.len, 64);
		struct ent_view view = ent_buf_view(&signature);

		assert_ok(ent_pubkey_verify_jws(ent_key_public(key), ENT_LIT("message"), view, NULL));
		assert_refused(ent_pubkey_verify_jws(ent_key_public(key), ENT_LIT("massage"), view, &err), ENT_E_SIGNATURE, &err,
		    "does not verify");
		assert_refused(ent_pubkey_verify_jws(ent_key_public(other), ENT_LIT("message"), view, &err), ENT_E_SIGNATURE, &err,
		    "does not verify");
		signature.data[i] ^= 1;
		assert_refused(ent_pubkey_verify_jws(ent_key_public(key), ENT_LIT("message"), view, &err), ENT_E_SIGNATURE, &err,
		    "does not verify");
	}
}

static void
signatures_of_impossible_numbers_or_lengths_are_refused(void **state)
{
	static const char *const bad[] = {
		ZERO_32 ZERO_32,
		ZERO_32 "0000000000000000000000000000000000000000000000000000000000000001",
		"0000000000000000000000000000000000000000000000000000000000000001" ZERO_32,
		P256_ORDER P256_ORDER,
		P256_PRIME P256_PRIME,
		"",
		ZERO_32,
		ZERO_32 ZERO_32 "00",
		"3006020101020101",
	};
	ENT_AUTO(ent_key) key = rfc7515_key();

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_error err = { 0 };

		assert_refused(ent_pubkey_verify_jws(ent_key_public(key), ENT_LIT("m"), hex(bad[i]), &err), ENT_E_SIGNATURE, &err,
		    "signature");
	}
}

static void
a_private_key_survives_pkcs8(void **state)
{
	ENT_AUTO(ent_key) key = rfc7515_key();
	ENT_AUTO(ent_key) back = NULL;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(4096);
	ENT_AUTO_FINI(ent_buf) signature = ent_buf_with_max(64);

	(void)state;
	assert_ok(ent_key_to_pkcs8_pem(key, &pem, NULL));
	assert_true(ent_view_starts(ent_buf_view(&pem), ENT_LIT("-----BEGIN PRIVATE KEY-----\n")));
	assert_ok(ent_key_from_pkcs8_pem(&back, ent_buf_view(&pem), NULL));
	assert_true(ent_pubkey_eq(ent_key_public(key), ent_key_public(back)));
	assert_ok(ent_key_sign_jws(back, &signature, ENT_LIT("m"), NULL));
	assert_ok(ent_pubkey_verify_jws(ent_key_public(key), ENT_LIT("m"), ent_buf_view(&signature), NULL));
}

/* Reads DER that is given in hexadecimal, as PEM. */
static enum ent_status
read_pkcs8(struct ent_key **out, const char *der, struct ent_error *err)
{
	char text[1024], *at = text;
	struct ent_view bytes = hex(der);

	at += sprintf(at, "-----BEGIN PRIVATE KEY-----\n");
	ent_base64_encode_to(at, ENT_BASE64_STD, bytes);
	at += ent_base64_encoded_len(ENT_BASE64_STD, bytes.len);
	sprintf(at, "\n-----END PRIVATE KEY-----\n");
	return ent_key_from_pkcs8_pem(out, ent_view_str(text), err);
}

#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define G_X "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define G_Y "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static void
pkcs8_with_or_without_the_public_half_is_read(void **state)
{
	ENT_AUTO(ent_key) bare = NULL;
	ENT_AUTO(ent_key) full = NULL;
	ENT_AUTO(ent_key) compressed = NULL;

	(void)state;
	assert_ok(read_pkcs8(&bare, "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420" ONE, NULL));
	assert_ok(read_pkcs8(&full,
	    "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420" ONE "a14403420004" G_X G_Y, NULL));
	assert_ok(read_pkcs8(&compressed,
	    "3067020100301306072a8648ce3d020106082a8648ce3d030107044d304b0201010420" ONE "a12403220003" G_X, NULL));
	assert_view_equal(ent_view_slice(ent_pubkey_point(ent_key_public(bare)), 1, 64), hex(G_X G_Y));
	assert_true(ent_pubkey_eq(ent_key_public(bare), ent_key_public(full)));
	assert_true(ent_pubkey_eq(ent_key_public(bare), ent_key_public(compressed)));
}

static void
pkcs8_that_is_not_ours_is_refused(void **state)
{
	struct ent_key *key = NULL;
	struct ent_error err = { 0 };

	(void)state;
	/* The public half of another key */
	assert_refused(read_pkcs8(&key,
	    "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420" ONE "a14403420004" ZERO_32 P256_Y_OF_ZERO,
	    &err), ENT_E_INPUT, &err, "not its own");
	/* Scalar 0 */
	assert_int_not_equal(
	    read_pkcs8(&key, "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420" ZERO_32, NULL), ENT_OK);
	/* secp256k1; trailing bytes; nothing */
	assert_int_not_equal(read_pkcs8(&key, "303e020100301006072a8648ce3d020106052b8104000a042730250201010420" ONE, NULL),
	    ENT_OK);
	assert_refused(read_pkcs8(&key,
	    "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420" ONE "00", &err), ENT_E_INPUT, &err, "PKCS#8");
	assert_refused(read_pkcs8(&key, "", &err), ENT_E_SYNTAX, &err, "PEM");
	/* Ed25519 */
	assert_refused(read_pkcs8(&key, "302e020100300506032b657004220420" ONE, &err), ENT_E_UNSUPPORTED, &err, "not accepted");
	assert_null(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_table_are_found_and_the_rest_is_refused_by_name),
		cmocka_unit_test(every_row_of_the_table_names_itself),
		cmocka_unit_test(a_key_survives_spki_pem_and_coordinates),
		cmocka_unit_test(whatever_ours_accepts_of_a_mutated_spki_openssl_reads_alike),
		cmocka_unit_test(points_off_the_curve_are_refused),
		cmocka_unit_test(infinity_compressed_and_hybrid_points_are_refused),
		cmocka_unit_test(an_rsa_key_is_recognised_and_refused_by_name),
		cmocka_unit_test(a_key_of_another_kind_is_told_from_what_is_no_key),
		cmocka_unit_test(pem_of_one_block_with_lf_or_crlf_is_read_and_nothing_else),
		cmocka_unit_test(pem_beyond_the_limit_is_refused),
		cmocka_unit_test(a_kid_is_a_letter_and_sixteen_digits_of_the_hash_of_the_spki),
		cmocka_unit_test(a_scalar_gives_the_public_key_of_rfc_7515),
		cmocka_unit_test(scalars_out_of_range_are_refused),
		cmocka_unit_test(the_signature_of_rfc_7515_verifies),
		cmocka_unit_test(what_was_signed_verifies_and_nothing_else_does),
		cmocka_unit_test(signatures_of_impossible_numbers_or_lengths_are_refused),
		cmocka_unit_test(a_private_key_survives_pkcs8),
		cmocka_unit_test(pkcs8_with_or_without_the_public_half_is_read),
		cmocka_unit_test(pkcs8_that_is_not_ours_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
