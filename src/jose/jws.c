#include "jose/jws.h"

#include "codec/base64.h"
#include "jose/token_json.h"

enum { HEADER_MAX = 8192 }; /* characters: a `jwk` of RSA-4096 and a few members are 1,500 */

void
ent_jws_fini(struct ent_jws *jws)
{
	json_decref(jws->header);
	json_decref(jws->claims);
	*jws = (struct ent_jws){ 0 };
}

/* RFC 7515 3.1: header.payload.signature, exactly two dots, no part empty. */
static enum ent_status
split(struct ent_view parts[3], struct ent_view compact, struct ent_error *err)
{
	size_t first, second;

	if (compact.len > ENT_JWS_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a token of %zu characters, limit %d", compact.len, ENT_JWS_MAX);
	first = ent_view_find(compact, '.', 0);
	second = ent_view_find(compact, '.', first + 1);
	if (second >= compact.len || ent_view_find(compact, '.', second + 1) < compact.len)
		return ent_fail(err, ENT_E_SYNTAX, "not a compact JWS: it has three parts between two dots (RFC 7515 3.1)");
	parts[0] = ent_view_slice(compact, 0, first);
	parts[1] = ent_view_slice(compact, first + 1, second - first - 1);
	parts[2] = ent_view_slice(compact, second + 1, SIZE_MAX);
	if (parts[0].len == 0 || parts[1].len == 0 || parts[2].len == 0)
		return ent_fail(err, ENT_E_SYNTAX, "a compact JWS with an empty part (RFC 7515 3.1)");
	if (parts[0].len > HEADER_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a token header of %zu characters, limit %d", parts[0].len, HEADER_MAX);
	return ENT_OK;
}

/*
 * The header may only choose among the algorithms that this build enables; whose key it is, the caller decides, so `kid`
 * is a hint, and `jku`, `jwk`, `x5u` and `x5c` have no effect here (RFC 8725 3.1, 3.10).
 */
static enum ent_status
check_header(enum ent_key_type *alg, const json_t *header, struct ent_error *err)
{
	const char *name = ent_claim_string(header, "alg");

	if (json_object_get(header, "crit") != NULL)
		return ent_fail(err, ENT_E_UNSUPPORTED, "a token with `crit`: no extension is known here (RFC 7515 4.1.11)");
	if (json_object_get(header, "b64") != NULL)
		return ent_fail(err, ENT_E_UNSUPPORTED, "a token with `b64`: unencoded payloads are refused (RFC 7797)");
	if (name == NULL)
		return ent_fail(err, ENT_E_SYNTAX, "a token header without a string `alg` (RFC 7515 4.1.1)");
	return ent_key_type_from_jws(alg, ent_view_str(name), err);
}

enum ent_status
ent_jws_parse(struct ent_jws *out, struct ent_arena *arena, struct ent_view compact, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_jws) jws = { 0 };
	struct ent_view parts[3], header;

	ENT_TRY(split(parts, compact, err));
	ENT_TRY(ent_base64_decode_arena(arena, &header, ENT_BASE64_URL, parts[0], err));
	ENT_TRY(ent_base64_decode_arena(arena, &jws.payload, ENT_BASE64_URL, parts[1], err));
	ENT_TRY(ent_base64_decode_arena(arena, &jws.signature, ENT_BASE64_URL, parts[2], err));
	ENT_TRY(ent_token_json_parse(&jws.header, "a token's header", header, err));
	ENT_TRY(check_header(&jws.alg, jws.header, err));
	ENT_TRY(ent_token_json_parse(&jws.claims, "a token's payload", jws.payload, err));
	jws.signed_part = ent_view_slice(compact, 0, parts[0].len + 1 + parts[1].len);
	*out = jws;
	jws = (struct ent_jws){ 0 };
	return ENT_OK;
}

enum ent_status
ent_jws_verify(const struct ent_jws *jws, const struct ent_pubkey *key, struct ent_error *err)
{
	if (ent_pubkey_type(key) != jws->alg)
		return ent_fail(err, ENT_E_SIGNATURE, "a token says %s, but its key is %s", ent_key_type_row(jws->alg)->jws_alg,
		    ent_key_type_row(ent_pubkey_type(key))->wire_name);
	return ent_pubkey_verify_jws(key, jws->signed_part, jws->signature, err);
}

static enum ent_status
add_json_part(struct ent_buf *token, const json_t *value, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_JWS_MAX);

	ENT_TRY(ent_token_json_encode(&text, value, err));
	return ent_base64_encode(token, ENT_BASE64_URL, ent_buf_view(&text), err);
}

/* Put together apart from out, so that out is unchanged on failure. What a reader would refuse for its size is not made. */
enum ent_status
ent_jws_sign(struct ent_buf *out, json_t *header, const json_t *claims, const struct ent_key *key, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(ENT_JWS_MAX);
	ENT_AUTO_FINI(ent_buf) signature = ent_buf_with_max(1024);
	const char *alg = ent_key_type_row(ent_pubkey_type(ent_key_public(key)))->jws_alg;

	if (json_object_set_new(header, "alg", json_string(alg)) != 0)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a token header");
	ENT_TRY(add_json_part(&token, header, err));
	if (token.len > HEADER_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a token header of %zu characters, limit %d", token.len, HEADER_MAX);
	ENT_TRY(ent_buf_add_byte(&token, '.', err));
	ENT_TRY(add_json_part(&token, claims, err));
	ENT_TRY(ent_key_sign_jws(key, &signature, ent_buf_view(&token), err));
	ENT_TRY(ent_buf_add_byte(&token, '.', err));
	ENT_TRY(ent_base64_encode(&token, ENT_BASE64_URL, ent_buf_view(&signature), err));
	return ent_buf_add(out, ent_buf_view(&token), err);
}

const char *
ent_claim_string(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* RFC 7519 allows fractions of a second in dates; no issuer writes them and no check here would mean them. */
bool
ent_claim_int(int64_t *out, const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		return false;
	*out = json_integer_value(value);
	return true;
}

static bool
is_string(const json_t *value, const char *text)
{
	return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

bool
ent_claim_contains(const json_t *object, const char *name, const char *value)
{
	const json_t *claim = json_object_get(object, name);

	for (size_t i = 0; json_is_array(claim) && i < json_array_size(claim); i++)
		if (is_string(json_array_get(claim, i), value))
			return true;
	return is_string(claim, value);
}
