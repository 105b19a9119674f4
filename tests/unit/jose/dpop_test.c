#include "jose/dpop.h"

#include <stdio.h>
#include <stdlib.h>

#include "jose_test.h"

#define NOW 1562262616
#define URL "https://server.example.com/token"

/* RFC 9449 4.1 */
#define RFC9449_PROOF                                                                                                  \
	"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo" \
	"RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJ" \
	"qdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0Ijo" \
	"xNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"

static const struct ent_dpop_expect at_token_endpoint = { "POST", URL, { NULL, 0 }, NOW, 60, false };

/* A proof as a well-meaning client makes it, then changed: header and claims are JSON texts of members to set or null. */
static struct ent_view
proof_with(struct fixture *f, const char *header_change, const char *claims_change, const struct ent_key *signer)
{
	json_t *jwk = NULL;

	assert_ok(ent_jwk_make(&jwk, ent_key_public(f->key), NULL));
	json_t *header = json_pack("{s:s, s:s, s:o}", "typ", "dpop+jwt", "alg", "ES256", "jwk", jwk);
	json_t *claims = json_pack("{s:s, s:s, s:s, s:i}", "jti", "one", "htm", "POST", "htu", URL, "iat", NOW);
	json_t *changes[2] = { json_loads(header_change, 0, NULL), json_loads(claims_change, 0, NULL) };
	json_t *objects[2] = { header, claims };
	char *texts[2];

	for (size_t i = 0; i < 2; i++) {
		const char *name;
		json_t *value;

		assert_non_null(changes[i]);
		json_object_foreach(changes[i], name, value)
		{
			if (json_is_null(value))
				json_object_del(objects[i], name);
			else
				json_object_set(objects[i], name, value);
		}
		texts[i] = json_dumps(objects[i], JSON_COMPACT);
		json_decref(changes[i]);
		json_decref(objects[i]);
	}
	struct ent_view proof = forge(f, ent_view_str(texts[0]), ent_view_str(texts[1]), signer);
	free(texts[0]);
	free(texts[1]);
	return proof;
}

static void
refuse(struct fixture *f, struct ent_view proof, const struct ent_dpop_expect *expect, const char *reason)
{
	ENT_AUTO_FINI(ent_dpop_proof) out = { 0 };
	struct ent_error err = { 0 };

	assert_refused(ent_dpop_verify(&out, f->arena, proof, expect, &err), ENT_E_PROOF, &err, reason);
	assert_null(out.key);
}

static void
accept(struct fixture *f, struct ent_view proof, const struct ent_dpop_expect *expect)
{
	ENT_AUTO_FINI(ent_dpop_proof) out = { 0 };
	struct ent_error err = { 0 };

	if (ent_dpop_verify(&out, f->arena, proof, expect, &err) != ENT_OK)
		fail_msg("%s", err.text);
}

static void
the_proof_of_rfc_9449_verifies(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_dpop_proof) proof = { 0 };
	struct ent_hash jti;

	assert_ok(ent_dpop_verify(&proof, f->arena, ENT_LIT(RFC9449_PROOF), &at_token_endpoint, NULL));
	assert_string_equal(proof.jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
	assert_int_equal(proof.iat_unix_s, NOW);
	ent_sha256(&jti, ENT_LIT("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I-BwC3ESc6acc2lTc"));
	assert_true(ent_hash_eq(&proof.jti_hash, &jti));
}

static void
what_is_made_verifies_with_and_without_token(void **state)
{
	struct fixture *f = *state;
	const struct ent_view tokens[] = { ENT_VIEW_NONE, ENT_LIT("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") };

	for (size_t i = 0; i < ENT_COUNT(tokens); i++) {
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(8192);
		ENT_AUTO_FINI(ent_dpop_proof) proof = { 0 };
		ENT_AUTO_FINI(ent_jws) jws = { 0 };
		struct ent_dpop_expect expect = at_token_endpoint;
		char jkt[ENT_JKT_SIZE];

		expect.access_token = tokens[i];
		assert_ok(ent_dpop_make(&text, f->key, "POST", URL "?x=1#y", tokens[i], ENT_LIT("n0"), NOW, NULL));
		assert_ok(ent_dpop_verify(&proof, f->arena, ent_buf_view(&text), &expect, NULL));
		assert_true(ent_pubkey_eq(proof.key, ent_key_public(f->key)));
		assert_ok(ent_jwk_thumbprint(jkt, ent_key_public(f->key), NULL));
		assert_string_equal(proof.jkt, jkt);
		assert_ok(ent_jws_parse(&jws, f->arena, ent_buf_view(&text), NULL));
		assert_string_equal(ent_claim_string(jws.claims, "htu"), URL);
		assert_string_equal(ent_claim_string(jws.claims, "nonce"), "n0");
		if (tokens[i].len > 0) /* RFC 9449 7.1 */
			assert_string_equal(ent_claim_string(jws.claims, "ath"), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
		else
			assert_null(ent_claim_string(jws.claims, "ath"));
	}
}

static void
two_proofs_of_one_request_differ_in_jti(void **state)
{
	struct fixture *f = *state;
	struct ent_hash jti[2];

	for (int i = 0; i < 2; i++) {
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(8192);
		ENT_AUTO_FINI(ent_dpop_proof) proof = { 0 };

		assert_ok(ent_dpop_make(&text, f->key, "POST", URL, ENT_VIEW_NONE, ENT_VIEW_NONE, NOW, NULL));
		assert_ok(ent_dpop_verify(&proof, f->arena, ent_buf_view(&text), &at_token_endpoint, NULL));
		jti[i] = proof.jti_hash;
	}
	assert_false(ent_hash_eq(&jti[0], &jti[1]));
}

static void
proofs_with_a_wrong_header_are_refused_by_name(void **state)
{
	static const struct {
		const char *change, *reason;
	} bad[] = {
		{ "{\"typ\":null}", "`typ`" },
		{ "{\"typ\":\"JWT\"}", "`typ`" },
		{ "{\"typ\":\"dpop+jwt \"}", "`typ`" },
		{ "{\"typ\":[\"dpop+jwt\"]}", "`typ`" },
		{ "{\"alg\":\"none\"}", "none" },
		{ "{\"alg\":\"HS256\"}", "HS256" },
		{ "{\"alg\":\"RS256\"}", "RS256" },
		{ "{\"alg\":null}", "`alg`" },
		{ "{\"jwk\":null}", "`jwk`" },
		{ "{\"jwk\":\"text\"}", "JWK" },
		{ "{\"jwk\":{}}", "`kty`" },
		{ "{\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}", "`k`" },
		{ "{\"jwk\":{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}}", "EC" },
		{ "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"A\",\"y\":\"A\",\"d\":\"A\"}}", "`d`" },
		{ "{\"crit\":[\"x\"]}", "`crit`" },
		{ "{\"b64\":false}", "`b64`" },
	};
	struct fixture *f = *state;

	accept(f, proof_with(f, "{}", "{}", f->key), &at_token_endpoint);
	accept(f, proof_with(f, "{\"kid\":\"extra\",\"x\":1}", "{\"extra\":true,\"nonce\":\"n\"}", f->key), &at_token_endpoint);
	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		refuse(f, proof_with(f, bad[i].change, "{}", f->key), &at_token_endpoint, bad[i].reason);
}

static void
proofs_with_wrong_claims_are_refused_by_name(void **state)
{
	static const struct {
		const char *change, *reason;
	} bad[] = {
		{ "{\"htm\":null}", "`htm`" },
		{ "{\"htm\":\"GET\"}", "`htm`" },
		{ "{\"htm\":\"post\"}", "`htm`" },
		{ "{\"htm\":1}", "`htm`" },
		{ "{\"htu\":null}", "`htu`" },
		{ "{\"htu\":\"https://server.example.com/other\"}", "`htu`" },
		{ "{\"htu\":\"https://evil.example.com/token\"}", "`htu`" },
		{ "{\"htu\":\"http://server.example.com/token\"}", "`htu`" },
		{ "{\"htu\":[\"" URL "\"]}", "`htu`" },
		{ "{\"iat\":null}", "`iat`" },
		{ "{\"iat\":\"1562262616\"}", "`iat`" },
		{ "{\"iat\":1562262616.5}", "`iat`" },
		{ "{\"iat\":1562262555}", "`iat`" }, /* 61 s before */
		{ "{\"iat\":1562262677}", "`iat`" }, /* 61 s after */
		{ "{\"iat\":-1562262616}", "`iat`" },
		{ "{\"iat\":9223372036854775807}", "`iat`" },
		{ "{\"iat\":-9223372036854775808}", "`iat`" },
		{ "{\"exp\":1562262556}", "`exp`" },
		{ "{\"exp\":-9223372036854775808}", "`exp`" },
		{ "{\"exp\":\"9999999999\"}", "`exp`" },
		{ "{\"nbf\":1562262677}", "`nbf`" },
		{ "{\"nbf\":9223372036854775807}", "`nbf`" },
		{ "{\"nbf\":true}", "`nbf`" },
		{ "{\"jti\":null}", "`jti`" },
		{ "{\"jti\":\"\"}", "`jti`" },
		{ "{\"jti\":7}", "`jti`" },
	};
	static const char *const good[] = {
		"{\"iat\":1562262556}",
		"{\"iat\":1562262676}",
		"{\"exp\":1562262557}",
		"{\"nbf\":1562262676}",
		"{\"htu\":\"HTTPS://SERVER.example.com:443/%74oken?q#f\"}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		refuse(f, proof_with(f, "{}", bad[i].change, f->key), &at_token_endpoint, bad[i].reason);
	for (size_t i = 0; i < ENT_COUNT(good); i++)
		accept(f, proof_with(f, "{}", good[i], f->key), &at_token_endpoint);
}

static void
a_path_alone_is_accepted_only_where_it_may_be(void **state)
{
	struct fixture *f = *state;
	struct ent_dpop_expect expect = at_token_endpoint;

	expect.path_only = true;
	accept(f, proof_with(f, "{}", "{\"htu\":\"/token\"}", f->key), &expect);
	accept(f, proof_with(f, "{}", "{}", f->key), &expect);
	refuse(f, proof_with(f, "{}", "{\"htu\":\"/other\"}", f->key), &expect, "`htu` is not");
	expect.path_only = false;
	refuse(f, proof_with(f, "{}", "{\"htu\":\"/token\"}", f->key), &expect, "only a path");
	refuse(f, proof_with(f, "{}", "{\"htu\":\"//server.example.com/token\"}", f->key), &expect, "`htu`");
}

static void
a_jti_is_accepted_to_its_limit_and_not_beyond(void **state)
{
	struct fixture *f = *state;

	for (int len = 256; len <= 257; len++) {
		char change[512], jti[300];

		memset(jti, 'j', sizeof(jti));
		snprintf(change, sizeof(change), "{\"jti\":\"%.*s\"}", len, jti);
		if (len == 256)
			accept(f, proof_with(f, "{}", change, f->key), &at_token_endpoint);
		else
			refuse(f, proof_with(f, "{}", change, f->key), &at_token_endpoint, "`jti`");
	}
}

static void
the_access_token_must_be_the_one_that_was_hashed(void **state)
{
	struct fixture *f = *state;
	struct ent_dpop_expect expect = at_token_endpoint;

	expect.access_token = ENT_LIT("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
	accept(f, proof_with(f, "{}", "{\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"}", f->key), &expect);
	refuse(f, proof_with(f, "{}", "{}", f->key), &expect, "`ath`");
	refuse(f, proof_with(f, "{}", "{\"ath\":\"\"}", f->key), &expect, "`ath`");
	refuse(f, proof_with(f, "{}", "{\"ath\":1}", f->key), &expect, "`ath`");
	refuse(f, proof_with(f, "{}", "{\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo=\"}", f->key), &expect, "`ath`");
	expect.access_token = ENT_LIT("another");
	refuse(f, proof_with(f, "{}", "{\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"}", f->key), &expect, "`ath`");
}

static void
a_proof_signed_by_another_key_than_its_own_is_refused(void **state)
{
	struct fixture *f = *state;

	refuse(f, proof_with(f, "{}", "{}", f->other), &at_token_endpoint, "does not verify");
}

static void
every_changed_character_of_a_proof_is_refused(void **state)
{
	char proof[] = RFC9449_PROOF;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(proof); i++) {
		ENT_AUTO(ent_arena) arena = NULL;
		ENT_AUTO_FINI(ent_dpop_proof) out = { 0 };
		char right = proof[i];

		assert_ok(ent_arena_new(&arena, 1 << 20, NULL));
		proof[i] = right == 'A' ? 'B' : 'A';
		assert_int_equal(ent_dpop_verify(&out, arena, ent_view_str(proof), &at_token_endpoint, NULL), ENT_E_PROOF);
		proof[i] = right;
	}
}

static void
a_proof_that_is_none_is_refused(void **state)
{
	static char long_text[8193];
	struct fixture *f = *state;

	memset(long_text, 'A', sizeof(long_text));
	refuse(f, ENT_VIEW_NONE, &at_token_endpoint, "compact JWS");
	refuse(f, ENT_LIT("a.b"), &at_token_endpoint, "compact JWS");
	refuse(f, ENT_LIT(RFC9449_PROOF ", " RFC9449_PROOF), &at_token_endpoint, "compact JWS"); /* two header lines, joined */
	refuse(f, ent_view_from(long_text, sizeof(long_text)), &at_token_endpoint, "8193");
}

static void
a_url_or_nonce_that_cannot_be_claimed_is_refused(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(8192);
	struct ent_error err = { 0 };

	assert_refused(ent_dpop_make(&out, f->key, "POST", "?", ENT_VIEW_NONE, ENT_VIEW_NONE, NOW, &err), ENT_E_INPUT, &err,
	    "URL");
	assert_refused(ent_dpop_make(&out, f->key, "POST", URL, ENT_VIEW_NONE, ENT_LIT("\xff"), NOW, &err), ENT_E_INPUT, &err,
	    "UTF-8");
	assert_int_equal(out.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_proof_of_rfc_9449_verifies),
		cmocka_unit_test(what_is_made_verifies_with_and_without_token),
		cmocka_unit_test(two_proofs_of_one_request_differ_in_jti),
		cmocka_unit_test(proofs_with_a_wrong_header_are_refused_by_name),
		cmocka_unit_test(proofs_with_wrong_claims_are_refused_by_name),
		cmocka_unit_test(a_path_alone_is_accepted_only_where_it_may_be),
		cmocka_unit_test(a_jti_is_accepted_to_its_limit_and_not_beyond),
		cmocka_unit_test(the_access_token_must_be_the_one_that_was_hashed),
		cmocka_unit_test(a_proof_signed_by_another_key_than_its_own_is_refused),
		cmocka_unit_test(every_changed_character_of_a_proof_is_refused),
		cmocka_unit_test(a_proof_that_is_none_is_refused),
		cmocka_unit_test(a_url_or_nonce_that_cannot_be_claimed_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
