#include "jose_test.h"

#include <stdio.h>

/* The key of the examples in RFC 9449, 4.1 and 6.1, and its thumbprint there. */
#define X "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"
#define Y "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
#define JKT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

static enum ent_status
parse(struct ent_pubkey **out, const char *text, struct ent_error *err)
{
	json_t *jwk = json_loads(text, JSON_DECODE_ANY, NULL);
	enum ent_status status = ent_jwk_parse(out, jwk, err);

	json_decref(jwk);
	return status;
}

static void
the_thumbprint_of_rfc_9449_comes_out_whatever_the_order_of_members(void **state)
{
	static const char *const texts[] = {
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
		"{\"y\":\"" Y "\",\"x\":\"" X "\",\"crv\":\"P-256\",\"kty\":\"EC\"}",
		"{\"kid\":\"1\",\"alg\":\"ES256\",\"use\":\"sig\",\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\",\"crv\":\"P-256\"}",
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(texts); i++) {
		ENT_AUTO(ent_pubkey) key = NULL;
		char jkt[ENT_JKT_SIZE];

		assert_ok(parse(&key, texts[i], NULL));
		assert_ok(ent_jwk_thumbprint(jkt, key, NULL));
		assert_string_equal(jkt, JKT);
	}
}

static void
a_key_survives_jwk(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_pubkey) back = NULL;
	json_t *jwk = NULL;

	assert_ok(ent_jwk_make(&jwk, ent_key_public(f->key), NULL));
	assert_int_equal(json_object_size(jwk), 4);
	assert_ok(ent_jwk_parse(&back, jwk, NULL));
	assert_true(ent_pubkey_eq(back, ent_key_public(f->key)));
	json_decref(jwk);
}

static void
private_members_are_refused_by_name(void **state)
{
	static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(members); i++) {
		struct ent_pubkey *key = NULL;
		struct ent_error err = { 0 };
		char text[512], want[32];

		snprintf(want, sizeof(want), "`%s`", members[i]);
		snprintf(text, sizeof(text), "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\",\"%s\":null}",
		    members[i]);
		assert_refused(parse(&key, text, &err), ENT_E_INPUT, &err, want);
		assert_null(key);
	}
}

static void
keys_of_another_kind_or_form_are_refused(void **state)
{
	static const struct {
		const char *text;
		enum ent_status status;
		const char *reason;
	} bad[] = {
		{ "[]", ENT_E_SYNTAX, "not a JSON object" },
		{ "\"key\"", ENT_E_SYNTAX, "not a JSON object" },
		{ "{}", ENT_E_SYNTAX, "`kty`" },
		{ "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", ENT_E_UNSUPPORTED, "EC" },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}", ENT_E_UNSUPPORTED, "EC" },
		{ "{\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"}", ENT_E_UNSUPPORTED, "P-256" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"}", ENT_E_UNSUPPORTED, "P-256" },
		{ "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X "\",\"y\":\"" Y "\"}", ENT_E_UNSUPPORTED, "P-256" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" Y "\"}", ENT_E_SYNTAX, "`x`" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}", ENT_E_SYNTAX, "`y`" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":\"" Y "\"}", ENT_E_SYNTAX, "`x`" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "=\",\"y\":\"" Y "\"}", ENT_E_SYNTAX, "`x`" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "AA\",\"y\":\"" Y "\"}", ENT_E_SYNTAX, "`x`" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA" X "\",\"y\":\"" Y "\"}", ENT_E_SYNTAX, "`x`" },
		/* Stray bits: t instead of s at the end is the same 32 bytes to a lenient decoder */
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFt\",\"y\":\"" Y "\"}",
		    ENT_E_SYNTAX, "`x`" },
		/* Off the curve */
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" Y "\",\"y\":\"" X "\"}", ENT_E_INPUT, "not a point" },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_pubkey *key = NULL;
		struct ent_error err = { 0 };

		assert_refused(parse(&key, bad[i].text, &err), bad[i].status, &err, bad[i].reason);
		assert_null(key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_thumbprint_of_rfc_9449_comes_out_whatever_the_order_of_members),
		cmocka_unit_test(a_key_survives_jwk),
		cmocka_unit_test(private_members_are_refused_by_name),
		cmocka_unit_test(keys_of_another_kind_or_form_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
