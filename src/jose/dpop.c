#include "jose/dpop.h"

#include "base/check.h"
#include "codec/base64.h"
#include "jose/htu.h"
#include "jose/token_json.h"

enum {
	PROOF_MAX = 8192, /* characters */
	JTI_MAX = 256     /* bytes; it ends up in the caller's replay cache as a hash */
};

#define PROOF_TYP "dpop+jwt"

void
ent_dpop_proof_fini(struct ent_dpop_proof *proof)
{
	ent_pubkey_free(proof->key);
	*proof = (struct ent_dpop_proof){ 0 };
}

/* `ath`: base64url(SHA-256(access token)), 43 characters and a NUL (RFC 9449 4.2). */
#define ATH_SIZE 44
static void
token_hash(char out[ATH_SIZE], struct ent_view access_token)
{
	struct ent_hash hash;

	ent_sha256(&hash, access_token);
	ent_base64_encode_to(out, ENT_BASE64_URL, ent_hash_view(&hash));
	out[ATH_SIZE - 1] = '\0';
}

static enum ent_status
make_claims(json_t **out, const char *method, struct ent_view htu, struct ent_view access_token, struct ent_view nonce,
    int64_t now_unix_s, struct ent_error *err)
{
	ENT_AUTO_JSON claims = NULL;
	char jti[ENT_UUID_TEXT_SIZE];
	char ath[ATH_SIZE];
	int failed = 0;

	ENT_TRY(ent_uuid_random(jti, err));
	claims = json_pack("{s:s, s:s, s:s%, s:I}", "jti", jti, "htm", method, "htu", (const char *)htu.data, htu.len, "iat",
	    (json_int_t)now_unix_s);
	if (claims != NULL && access_token.len > 0) {
		token_hash(ath, access_token);
		failed |= json_object_set_new(claims, "ath", json_string(ath));
	}
	if (claims != NULL && nonce.len > 0)
		failed |= json_object_set_new(claims, "nonce", json_stringn((const char *)nonce.data, nonce.len));
	if (claims == NULL || failed != 0)
		return ent_fail(err, ENT_E_INPUT, "a DPoP proof cannot be made: method, URL or nonce is not UTF-8");
	*out = ent_take(&claims);
	return ENT_OK;
}

enum ent_status
ent_dpop_make(struct ent_buf *out, const struct ent_key *key, const char *method, const char *url,
    struct ent_view access_token, struct ent_view nonce, int64_t now_unix_s, struct ent_error *err)
{
	struct ent_view htu = ent_htu_strip(ent_view_str(url));
	ENT_AUTO_JSON claims = NULL;
	ENT_AUTO_JSON header = NULL;
	json_t *jwk;

	if (htu.len == 0 || htu.len > ENT_HTU_MAX)
		return ent_fail(err, ENT_E_INPUT, "a URL of %zu characters for a DPoP proof, limit %d", htu.len, ENT_HTU_MAX);
	ENT_TRY(make_claims(&claims, method, htu, access_token, nonce, now_unix_s, err));
	ENT_TRY(ent_jwk_make(&jwk, ent_key_public(key), err));
	header = json_pack("{s:s, s:o}", "typ", PROOF_TYP, "jwk", jwk); /* takes jwk, also on failure */
	if (header == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a DPoP proof");
	return ent_jws_sign(out, header, claims, key, err);
}

/* RFC 9449 4.3 steps 4 and 6, the key that step 7 verifies with, and its thumbprint. */
static enum ent_status
check_header(struct ent_dpop_proof *out, const struct ent_jws *jws, struct ent_error *err)
{
	const char *typ = ent_claim_string(jws->header, "typ");
	const json_t *jwk = json_object_get(jws->header, "jwk");

	if (typ == NULL || strcmp(typ, PROOF_TYP) != 0)
		return ent_fail(err, ENT_E_PROOF, "`typ` is not \"" PROOF_TYP "\"");
	if (jwk == NULL)
		return ent_fail(err, ENT_E_PROOF, "the header has no `jwk`");
	ENT_TRY(ent_jwk_parse(&out->key, jwk, err));
	return ent_jwk_thumbprint(out->jkt, out->key, err);
}

/* Step 11 and, where they are, `exp` and `nbf`: a proof that says so itself is not good beyond them. */
static enum ent_status
check_times(struct ent_dpop_proof *out, const json_t *claims, const struct ent_dpop_expect *expect, struct ent_error *err)
{
	int64_t earliest, latest, t;

	if (!ent_add_i64(&earliest, expect->now_unix_s, -expect->skew_s) ||
	    !ent_add_i64(&latest, expect->now_unix_s, expect->skew_s))
		return ent_fail(err, ENT_E_INTERNAL, "a clock beyond all years");
	if (!ent_claim_int(&out->iat_unix_s, claims, "iat"))
		return ent_fail(err, ENT_E_PROOF, "`iat` is missing or not a whole number");
	if (out->iat_unix_s < earliest || out->iat_unix_s > latest)
		return ent_fail(err, ENT_E_PROOF, "`iat` %lld is not within %lld s of this node's clock, %lld",
		    (long long)out->iat_unix_s, (long long)expect->skew_s, (long long)expect->now_unix_s);
	if (json_object_get(claims, "exp") != NULL && (!ent_claim_int(&t, claims, "exp") || t <= earliest))
		return ent_fail(err, ENT_E_PROOF, "it has expired (`exp`)");
	if (json_object_get(claims, "nbf") != NULL && (!ent_claim_int(&t, claims, "nbf") || t > latest))
		return ent_fail(err, ENT_E_PROOF, "it is not valid yet (`nbf`)");
	return ENT_OK;
}

/* Steps 8 and 9. */
static enum ent_status
check_request(const json_t *claims, const struct ent_dpop_expect *expect, struct ent_error *err)
{
	const char *htm = ent_claim_string(claims, "htm");
	const char *htu = ent_claim_string(claims, "htu");

	if (htm == NULL || strcmp(htm, expect->method) != 0)
		return ent_fail(err, ENT_E_PROOF, "`htm` is not the request's method, %s", expect->method);
	if (htu != NULL && htu[0] == '/' && !expect->path_only)
		return ent_fail(err, ENT_E_PROOF, "`htu` is only a path: here it has to be the whole URL, %s", expect->url);
	if (htu == NULL || !ent_htu_matches(ent_view_str(expect->url), ent_view_str(htu)))
		return ent_fail(err, ENT_E_PROOF, "`htu` is not the request's URL, %s", expect->url);
	return ENT_OK;
}

/* Step 12. The binding of the token to the key (`cnf.jkt`) is the caller's, who has verified the token. */
static enum ent_status
check_token(const json_t *claims, struct ent_view access_token, struct ent_error *err)
{
	const char *ath = ent_claim_string(claims, "ath");
	char want[ATH_SIZE];

	if (access_token.len == 0)
		return ENT_OK;
	token_hash(want, access_token);
	if (ath == NULL || !ent_equal_ct(ent_view_str(ath), ent_view_str(want)))
		return ent_fail(err, ENT_E_PROOF, "`ath` is not the hash of the access token");
	return ENT_OK;
}

/* `jti` of RFC 9449 4.2, hashed with the key, so that one caller cannot use up another's. */
static enum ent_status
hash_jti(struct ent_dpop_proof *out, const json_t *claims, struct ent_error *err)
{
	const json_t *jti = json_object_get(claims, "jti");
	size_t len = json_string_length(jti);

	if (!json_is_string(jti) || len == 0 || len > JTI_MAX)
		return ent_fail(err, ENT_E_PROOF, "`jti` is not a string of 1 to %d bytes", JTI_MAX);
	const struct ent_view parts[] = { ent_view_str(out->jkt), ent_view_from(json_string_value(jti), len) };
	ent_sha256_parts(&out->jti_hash, parts, ENT_COUNT(parts));
	return ENT_OK;
}

static enum ent_status
check_proof(struct ent_dpop_proof *out, struct ent_arena *arena, struct ent_view proof,
    const struct ent_dpop_expect *expect, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_jws) jws = { 0 };

	if (proof.len > PROOF_MAX)
		return ent_fail(err, ENT_E_PROOF, "%zu characters, limit %d", proof.len, PROOF_MAX);
	ENT_TRY(ent_jws_parse(&jws, arena, proof, err));
	ENT_TRY(check_header(out, &jws, err));
	ENT_TRY(check_request(jws.claims, expect, err));
	ENT_TRY(check_times(out, jws.claims, expect, err));
	ENT_TRY(check_token(jws.claims, expect->access_token, err));
	ENT_TRY(hash_jti(out, jws.claims, err));
	return ent_jws_verify(&jws, out->key, err); /* last: it costs more than all the rest */
}

enum ent_status
ent_dpop_verify(struct ent_dpop_proof *out, struct ent_arena *arena, struct ent_view proof,
    const struct ent_dpop_expect *expect, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_dpop_proof) checked = { 0 };
	struct ent_error why = { 0 };
	enum ent_status status = check_proof(&checked, arena, proof, expect, &why);

	if (status == ENT_E_NO_MEMORY || status == ENT_E_CRYPTO || status == ENT_E_INTERNAL)
		return ent_fail(err, status, "DPoP proof: %s", why.text); /* our trouble, not the caller's */
	if (status != ENT_OK)
		return ent_fail(err, ENT_E_PROOF, "DPoP proof: %s", why.text);
	*out = checked;
	checked = (struct ent_dpop_proof){ 0 };
	return ENT_OK;
}
