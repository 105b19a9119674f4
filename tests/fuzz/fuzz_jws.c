/*
 * Compact JWS and JWK. The input is tried as a token, as it is, and as header and payload of a token (two lines), because
 * a mutation of base64 seldom becomes other JSON.
 */
#include "codec/base64.h"
#include "jose/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct ent_key *
signer(void)
{
	static const uint8_t scalar[32] = { [31] = 1 };
	static struct ent_key *key;

	if (key == NULL)
		ENT_ASSERT(ent_key_from_scalar(&key, ENT_KEY_EC_P256, ent_view_from(scalar, 32), NULL) == ENT_OK);
	return key;
}

static void
check_jwk(const json_t *jwk)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	ENT_AUTO(ent_pubkey) back = NULL;
	json_t *again = NULL;

	if (ent_jwk_parse(&key, jwk, NULL) != ENT_OK)
		return;
	ENT_ASSERT(json_object_get(jwk, "d") == NULL);
	ENT_ASSERT(ent_jwk_make(&again, key, NULL) == ENT_OK && ent_jwk_parse(&back, again, NULL) == ENT_OK);
	ENT_ASSERT(ent_pubkey_eq(key, back));
	json_decref(again);
}

/* A token that is accepted names an enabled algorithm and has no extension; what we sign of it reads back alike. */
static void
check_token(struct ent_view token)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_jws) jws = { 0 };
	ENT_AUTO_FINI(ent_jws) back = { 0 };
	ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(ENT_JWS_MAX);

	ENT_ASSERT(ent_arena_new(&arena, 8 << 20, NULL) == ENT_OK);
	if (ent_jws_parse(&jws, arena, token, NULL) != ENT_OK)
		return;
	ENT_ASSERT(ent_key_type_row(jws.alg)->enabled);
	ENT_ASSERT(json_object_get(jws.header, "crit") == NULL && json_object_get(jws.header, "b64") == NULL);
	ENT_ASSERT(ent_view_starts(token, jws.signed_part));
	check_jwk(json_object_get(jws.header, "jwk"));
	ENT_IGNORE(ent_jws_verify(&jws, ent_key_public(signer()), NULL)); /* either way: it only must not go wrong */
	if (ent_jws_sign(&again, jws.header, jws.claims, signer(), NULL) != ENT_OK)
		return; /* longer than a token may be: escapes can grow */
	ENT_ASSERT(ent_jws_parse(&back, arena, ent_buf_view(&again), NULL) == ENT_OK);
	ENT_ASSERT(ent_jws_verify(&back, ent_key_public(signer()), NULL) == ENT_OK);
	ENT_ASSERT(json_equal(back.claims, jws.claims) && json_equal(back.header, jws.header));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ent_view input = ent_view_from(data, len);
	size_t line = ent_view_find(input, '\n', 0);
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(4 * len + 16);

	check_token(input);
	ENT_ASSERT(ent_base64_encode(&token, ENT_BASE64_URL, ent_view_slice(input, 0, line), NULL) == ENT_OK);
	ENT_ASSERT(ent_buf_add_byte(&token, '.', NULL) == ENT_OK);
	ENT_ASSERT(ent_base64_encode(&token, ENT_BASE64_URL, ent_view_slice(input, line + 1, SIZE_MAX), NULL) == ENT_OK);
	ENT_ASSERT(ent_buf_add_str(&token, ".AAAA", NULL) == ENT_OK);
	check_token(ent_buf_view(&token));
	return 0;
}
