#include "jose_test.h"

#include <stdlib.h>

/* RFC 7515 A.3 */
#define RFC7515_TOKEN                                                                                                  \
	"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"    \
	"cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define RFC7515_JWK                                                                                                    \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                         \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"

static struct ent_pubkey *
jwk_key(const char *text)
{
	json_t *jwk = json_loads(text, 0, NULL);
	struct ent_pubkey *key = NULL;

	assert_ok(ent_jwk_parse(&key, jwk, NULL));
	json_decref(jwk);
	return key;
}

/* Parse what must be refused. */
static void
refuse(struct fixture *f, struct ent_view token, enum ent_status status, const char *reason)
{
	ENT_AUTO_FINI(ent_jws) jws = { 0 };
	struct ent_error err = { 0 };

	assert_refused(ent_jws_parse(&jws, f->arena, token, &err), status, &err, reason);
	assert_null(jws.header);
	assert_null(jws.claims);
}

static void
the_token_of_rfc_7515_verifies(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_pubkey) key = jwk_key(RFC7515_JWK);
	ENT_AUTO_FINI(ent_jws) jws = { 0 };
	int64_t exp = 0;

	assert_ok(ent_jws_parse(&jws, f->arena, ENT_LIT(RFC7515_TOKEN), NULL));
	assert_ok(ent_jws_verify(&jws, key, NULL));
	assert_string_equal(ent_claim_string(jws.claims, "iss"), "joe");
	assert_true(ent_claim_int(&exp, jws.claims, "exp"));
	assert_int_equal(exp, 1300819380);
	assert_int_equal(jws.payload.len, 70);
}

static void
what_is_signed_parses_and_verifies_only_with_its_key(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_JWS_MAX);
	ENT_AUTO_FINI(ent_jws) jws = { 0 };
	struct ent_error err = { 0 };
	json_t *header = json_pack("{s:s, s:s}", "typ", "at+jwt", "kid", "e-0011223344556677");
	json_t *claims = json_pack("{s:s, s:i}", "z", "last letter first", "a", 1);

	assert_ok(ent_jws_sign(&out, header, claims, f->key, NULL));
	assert_ok(ent_jws_parse(&jws, f->arena, ent_buf_view(&out), NULL));
	assert_ok(ent_jws_verify(&jws, ent_key_public(f->key), NULL));
	assert_string_equal(ent_claim_string(jws.header, "alg"), "ES256");
	assert_string_equal(ent_claim_string(jws.header, "typ"), "at+jwt");
	assert_true(ent_view_eq(jws.payload, ENT_LIT("{\"z\":\"last letter first\",\"a\":1}")));
	assert_refused(ent_jws_verify(&jws, ent_key_public(f->other), &err), ENT_E_SIGNATURE, &err, "does not verify");
	json_decref(header);
	json_decref(claims);
}

static void
every_changed_character_is_refused(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_pubkey) key = jwk_key(RFC7515_JWK);
	char token[] = RFC7515_TOKEN;

	for (size_t i = 0; i + 1 < sizeof(token); i++) {
		ENT_AUTO(ent_arena) arena = NULL;
		ENT_AUTO_FINI(ent_jws) jws = { 0 };
		char right = token[i];

		assert_ok(ent_arena_new(&arena, 1 << 20, NULL));
		token[i] = right == 'A' ? 'B' : 'A';
		if (ent_jws_parse(&jws, arena, ent_view_str(token), NULL) == ENT_OK &&
		    ent_jws_verify(&jws, key, NULL) == ENT_OK)
			fail_msg("character %zu", i);
		token[i] = right;
	}
	(void)f;
}

static void
algorithms_that_are_not_in_the_table_are_refused(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"ES384\"}", "{\"alg\":\"es256\"}",
		"{\"alg\":\"EdDSA\"}", "{\"alg\":\"PS256\"}", "{\"alg\":\"ES256K\"}", "{\"alg\":\"\"}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ENT_COUNT(headers); i++)
		refuse(f, forge(f, ent_view_str(headers[i]), ENT_LIT("{}"), f->key), ENT_E_UNSUPPORTED, "not one that is accepted");
	refuse(f, forge(f, ENT_LIT("{\"alg\":\"RS256\"}"), ENT_LIT("{}"), f->key), ENT_E_UNSUPPORTED, "RS256");
	refuse(f, forge(f, ENT_LIT("{}"), ENT_LIT("{}"), f->key), ENT_E_SYNTAX, "`alg`");
	refuse(f, forge(f, ENT_LIT("{\"alg\":256}"), ENT_LIT("{}"), f->key), ENT_E_SYNTAX, "`alg`");
	refuse(f, forge(f, ENT_LIT("{\"alg\":[\"ES256\"]}"), ENT_LIT("{}"), f->key), ENT_E_SYNTAX, "`alg`");
	refuse(f, forge(f, ENT_LIT("{\"alg\":null}"), ENT_LIT("{}"), f->key), ENT_E_SYNTAX, "`alg`");
}

static void
an_hmac_under_the_public_key_is_refused(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(4096);
	struct ent_hash mac;

	assert_ok(ent_pubkey_pem(ent_key_public(f->key), &pem, NULL));
	assert_ok(ent_base64_encode(&token, ENT_BASE64_URL, ENT_LIT("{\"alg\":\"HS256\"}"), NULL));
	assert_ok(ent_buf_add_str(&token, ".e30", NULL));
	ent_hmac_sha256(&mac, ent_buf_view(&pem), ent_buf_view(&token));
	assert_ok(ent_buf_add_byte(&token, '.', NULL));
	assert_ok(ent_base64_encode(&token, ENT_BASE64_URL, ent_hash_view(&mac), NULL));
	refuse(f, ent_buf_view(&token), ENT_E_UNSUPPORTED, "HS256");
}

static void
critical_and_unencoded_extensions_are_refused(void **state)
{
	struct fixture *f = *state;

	refuse(f, forge(f, ENT_LIT("{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}"), ENT_LIT("{}"), f->key),
	    ENT_E_UNSUPPORTED, "`crit`");
	refuse(f, forge(f, ENT_LIT("{\"alg\":\"ES256\",\"crit\":[]}"), ENT_LIT("{}"), f->key), ENT_E_UNSUPPORTED, "`crit`");
	refuse(f, forge(f, ENT_LIT("{\"alg\":\"ES256\",\"crit\":null}"), ENT_LIT("{}"), f->key), ENT_E_UNSUPPORTED, "`crit`");
	refuse(f, forge(f, ENT_LIT("{\"alg\":\"ES256\",\"b64\":false}"), ENT_LIT("{}"), f->key), ENT_E_UNSUPPORTED, "`b64`");
	refuse(f, forge(f, ENT_LIT("{\"alg\":\"ES256\",\"b64\":true}"), ENT_LIT("{}"), f->key), ENT_E_UNSUPPORTED, "`b64`");
}

static void
a_key_in_the_header_has_no_effect(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_jws) jws = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_JWS_MAX);
	struct ent_error err = { 0 };
	json_t *jwk, *claims = json_object();

	assert_ok(ent_jwk_make(&jwk, ent_key_public(f->other), NULL));
	json_t *header = json_pack("{s:o, s:s, s:s}", "jwk", jwk, "jku", "https://evil.example/", "x5u", "https://evil.example/");
	assert_ok(ent_jws_sign(&out, header, claims, f->other, NULL));
	assert_ok(ent_jws_parse(&jws, f->arena, ent_buf_view(&out), NULL));
	assert_refused(ent_jws_verify(&jws, ent_key_public(f->key), &err), ENT_E_SIGNATURE, &err, "does not verify");
	json_decref(header);
	json_decref(claims);
}

static void
tokens_that_are_not_three_parts_are_refused(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "...", "e30", "e30.e30", "e30.e30.", ".e30.e30", "e30..e30", "e30.e30.e30.e30", "e30.e30.e30.",
		"e30.e30.e30.e30.e30",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		refuse(f, ent_view_str(bad[i]), ENT_E_SYNTAX, "compact JWS");
}

static void
base64_with_padding_stray_bits_or_foreign_characters_is_refused(void **state)
{
	static const char *const bad[] = {
		"eyJhbGciOiJFUzI1NiJ9.e30=.AAAA", "eyJhbGciOiJFUzI1NiJ9.e31.AAAA", "eyJhbGciOiJFUzI1NiJ9.e30.AB",
		"eyJhbGciOiJFUzI1NiJ9.e30.A", "eyJhbGciOiJFUzI1NiJ9.e30.AA+A", "eyJhbGciOiJFUzI1NiJ9.e30.AA/A",
		"eyJhbGciOiJFUzI1NiJ9.e30.AAA\n", " eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "eyJhbGciOiJFUzI1NiJ9\n.e30.AAAA",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		refuse(f, ent_view_str(bad[i]), ENT_E_SYNTAX, "base64");
	refuse(f, ENT_LIT("eyJhbGciOiJFUzI1NiJ9.e30.AA\0A"), ENT_E_SYNTAX, "base64");
}

static void
payloads_and_headers_that_are_not_one_strict_object_are_refused(void **state)
{
	static const struct {
		struct ent_view text;
		const char *reason;
	} bad[] = {
		{ ENT_LIT("[]"), "not a JSON object" },
		{ ENT_LIT("\"text\""), "not valid JSON" },
		{ ENT_LIT("null"), "not valid JSON" },
		{ ENT_LIT("{\"a\":1,\"a\":2}"), "member twice" },
		{ ENT_LIT("{\"a\":1,\"\\u0061\":2}"), "member twice" },
		{ ENT_LIT("{\"x\":{\"a\":1,\"a\":1}}"), "member twice" },
		{ ENT_LIT("{} {}"), "not valid JSON" },
		{ ENT_LIT("{}x"), "not valid JSON" },
		{ ENT_LIT("{}\0"), "not valid JSON" },
		{ ENT_LIT("{\"a\":\"\\u0000\"}"), "not valid JSON" },
		{ ENT_LIT("{\"a\\u0000\":1}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":\"\xc0\x80\"}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":\"\xff\"}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":\"\\ud800\"}"), "not valid JSON" },
		{ ENT_LIT("\xef\xbb\xbf{}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":99999999999999999999}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":1e999}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":01}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":NaN}"), "not valid JSON" },
		{ ENT_LIT("{'a':1}"), "not valid JSON" },
		{ ENT_LIT("{\"a\":1,}"), "not valid JSON" },
		{ ENT_LIT("{"), "not valid JSON" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		refuse(f, forge(f, ENT_LIT("{\"alg\":\"ES256\"}"), bad[i].text, f->key), ENT_E_SYNTAX, bad[i].reason);
		refuse(f, forge(f, bad[i].text, ENT_LIT("{}"), f->key), ENT_E_SYNTAX, bad[i].reason);
	}
}

static void
nesting_is_accepted_to_the_limit_and_not_beyond(void **state)
{
	struct fixture *f = *state;

	for (int depth = 15; depth <= 17; depth++) { /* the object itself is one level */
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(256);
		ENT_AUTO_FINI(ent_jws) jws = { 0 };
		struct ent_error err = { 0 };

		assert_ok(ent_buf_add_str(&text, "{\"quote\":\"\\\"[[[[[[[[[[[[[[[[[[[[\",\"a\":", NULL));
		for (int i = 1; i < depth; i++)
			assert_ok(ent_buf_add_byte(&text, '[', NULL));
		for (int i = 1; i < depth; i++)
			assert_ok(ent_buf_add_byte(&text, ']', NULL));
		assert_ok(ent_buf_add_byte(&text, '}', NULL));
		struct ent_view token = forge(f, ENT_LIT("{\"alg\":\"ES256\"}"), ent_buf_view(&text), f->key);

		if (depth <= 16)
			assert_ok(ent_jws_parse(&jws, f->arena, token, &err));
		else
			refuse(f, token, ENT_E_LIMIT, "16 levels");
	}
}

static void
tokens_and_headers_beyond_their_limits_are_refused(void **state)
{
	struct fixture *f = *state;
	struct ent_error err = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(2 * ENT_JWS_MAX);
	char *big = malloc(ENT_JWS_MAX + 1);

	assert_non_null(big);
	memset(big, 'A', ENT_JWS_MAX + 1);
	refuse(f, ent_view_from(big, ENT_JWS_MAX + 1), ENT_E_LIMIT, "1048577");
	refuse(f, ent_view_from(big, ENT_JWS_MAX), ENT_E_SYNTAX, "compact JWS");
	big[8193] = '.';
	big[9000] = '.';
	refuse(f, ent_view_from(big, 9100), ENT_E_LIMIT, "header of 8193");
	/* What would be refused is not made */
	memset(big, 'A', ENT_JWS_MAX);
	json_t *header = json_object(), *claims = json_pack("{s:s%}", "a", big, (size_t)ENT_JWS_MAX * 3 / 4);
	assert_refused(ent_jws_sign(&out, header, claims, f->key, &err), ENT_E_LIMIT, &err, "limit");
	assert_refused(ent_jws_sign(&out, claims, header, f->key, &err), ENT_E_LIMIT, &err, "limit");
	assert_int_equal(out.len, 0);
	json_decref(header);
	json_decref(claims);
	free(big);
}

static void
claims_of_another_type_count_as_absent(void **state)
{
	json_t *claims = json_pack("{s:s, s:I, s:I, s:f, s:[s,i,s], s:b, s:n}", "s", "text", "min", (json_int_t)INT64_MIN, "max",
	    (json_int_t)INT64_MAX, "real", 1.5, "list", "one", 2, "three", "flag", 1, "nothing");
	int64_t n = 7;

	(void)state;
	assert_string_equal(ent_claim_string(claims, "s"), "text");
	assert_null(ent_claim_string(claims, "list"));
	assert_null(ent_claim_string(claims, "nothing"));
	assert_null(ent_claim_string(claims, "absent"));
	assert_null(ent_claim_string(NULL, "s"));
	assert_true(ent_claim_int(&n, claims, "min") && n == INT64_MIN);
	assert_true(ent_claim_int(&n, claims, "max") && n == INT64_MAX);
	assert_false(ent_claim_int(&n, claims, "real"));
	assert_false(ent_claim_int(&n, claims, "flag"));
	assert_false(ent_claim_int(&n, claims, "s"));
	assert_false(ent_claim_int(&n, claims, "absent"));
	assert_true(ent_claim_contains(claims, "s", "text"));
	assert_false(ent_claim_contains(claims, "s", "tex"));
	assert_true(ent_claim_contains(claims, "list", "one"));
	assert_true(ent_claim_contains(claims, "list", "three"));
	assert_false(ent_claim_contains(claims, "list", "2"));
	assert_false(ent_claim_contains(claims, "absent", ""));
	json_decref(claims);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_token_of_rfc_7515_verifies),
		cmocka_unit_test(what_is_signed_parses_and_verifies_only_with_its_key),
		cmocka_unit_test(every_changed_character_is_refused),
		cmocka_unit_test(algorithms_that_are_not_in_the_table_are_refused),
		cmocka_unit_test(an_hmac_under_the_public_key_is_refused),
		cmocka_unit_test(critical_and_unencoded_extensions_are_refused),
		cmocka_unit_test(a_key_in_the_header_has_no_effect),
		cmocka_unit_test(tokens_that_are_not_three_parts_are_refused),
		cmocka_unit_test(base64_with_padding_stray_bits_or_foreign_characters_is_refused),
		cmocka_unit_test(payloads_and_headers_that_are_not_one_strict_object_are_refused),
		cmocka_unit_test(nesting_is_accepted_to_the_limit_and_not_beyond),
		cmocka_unit_test(tokens_and_headers_beyond_their_limits_are_refused),
		cmocka_unit_test(claims_of_another_type_count_as_absent),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
