/* Keys as JSON (RFC 7517, RFC 7518 6.2, RFC 7638). Declared in jws.h. */
#include <stdio.h>

#include "codec/base64.h"
#include "jose/jws.h"

enum {
	COORD_MAX = 66, /* P-521 */
	COORD_TEXT_SIZE = (COORD_MAX + 2) / 3 * 4 + 1
};

/* RFC 7518 6.2.2, 6.3.2 and 6.4: where one of these is, somebody sends a secret; it must be neither used nor ignored. */
static const char *const private_members[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

/* The enabled row of an EC curve. */
static enum ent_status
type_of(enum ent_key_type *out, const json_t *jwk, struct ent_error *err)
{
	const char *kty = ent_claim_string(jwk, "kty");
	const char *crv = ent_claim_string(jwk, "crv");

	if (kty == NULL)
		return ent_fail(err, ENT_E_SYNTAX, "a JWK without a string `kty` (RFC 7517 4.1)");
	if (strcmp(kty, "EC") != 0)
		return ent_fail(err, ENT_E_UNSUPPORTED, "a JWK that is not of `kty` EC; EC with `crv` P-256 is accepted");
	for (unsigned i = 0; crv != NULL && i < ENT_KEY_TYPE_COUNT; i++) {
		const struct ent_key_type_row *row = ent_key_type_row((enum ent_key_type)i);

		if (row->enabled && row->jwk_crv != NULL && strcmp(row->jwk_crv, crv) == 0) {
			*out = (enum ent_key_type)i;
			return ENT_OK;
		}
	}
	return ent_fail(err, ENT_E_UNSUPPORTED, "a JWK of another curve than P-256");
}

static enum ent_status
coordinate(uint8_t *out, size_t len, const json_t *jwk, const char *name, struct ent_error *err)
{
	const char *text = ent_claim_string(jwk, name);

	if (text == NULL || ent_base64_decode_exact(out, len, ENT_BASE64_URL, ent_view_str(text), NULL) != ENT_OK)
		return ent_fail(err, ENT_E_SYNTAX, "the member `%s` of a JWK is not %zu bytes in base64url (RFC 7518 6.2.1)", name,
		    len);
	return ENT_OK;
}

enum ent_status
ent_jwk_parse(struct ent_pubkey **out, const json_t *jwk, struct ent_error *err)
{
	const size_t len = 32; /* of P-256, the one curve that is enabled */
	uint8_t x[32], y[32];
	enum ent_key_type type;

	if (!json_is_object(jwk))
		return ent_fail(err, ENT_E_SYNTAX, "a JWK that is not a JSON object (RFC 7517 4)");
	for (size_t i = 0; i < ENT_COUNT(private_members); i++)
		if (json_object_get(jwk, private_members[i]) != NULL)
			return ent_fail(err, ENT_E_INPUT, "a JWK with the private member `%s`: send the public key only",
			    private_members[i]);
	ENT_TRY(type_of(&type, jwk, err));
	ENT_TRY(coordinate(x, len, jwk, "x", err));
	ENT_TRY(coordinate(y, len, jwk, "y", err));
	return ent_pubkey_from_xy(out, type, ent_view_from(x, len), ent_view_from(y, len), err);
}

/* The coordinates of an EC key in base64url. */
static enum ent_status
encode_coordinates(char x[COORD_TEXT_SIZE], char y[COORD_TEXT_SIZE], const struct ent_pubkey *key, struct ent_error *err)
{
	struct ent_view point = ent_pubkey_point(key);
	size_t half = point.len / 2;
	size_t text_len = ent_base64_encoded_len(ENT_BASE64_URL, half);

	if (ent_key_type_row(ent_pubkey_type(key))->jwk_crv == NULL)
		return ent_fail(err, ENT_E_UNSUPPORTED, "only EC keys are written as JWK");
	ENT_ASSERT(text_len < COORD_TEXT_SIZE);
	ent_base64_encode_to(x, ENT_BASE64_URL, ent_view_slice(point, 1, half));
	ent_base64_encode_to(y, ENT_BASE64_URL, ent_view_slice(point, 1 + half, half));
	x[text_len] = '\0';
	y[text_len] = '\0';
	return ENT_OK;
}

enum ent_status
ent_jwk_make(json_t **out, const struct ent_pubkey *key, struct ent_error *err)
{
	char x[COORD_TEXT_SIZE], y[COORD_TEXT_SIZE];
	const char *crv = ent_key_type_row(ent_pubkey_type(key))->jwk_crv;
	json_t *jwk;

	ENT_TRY(encode_coordinates(x, y, key, err));
	jwk = json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv", crv, "x", x, "y", y);
	if (jwk == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a JWK");
	*out = jwk;
	return ENT_OK;
}

/* RFC 7638 3.2: the required members in lexicographic order, no white space. */
enum ent_status
ent_jwk_thumbprint(char out[ENT_JKT_SIZE], const struct ent_pubkey *key, struct ent_error *err)
{
	char x[COORD_TEXT_SIZE], y[COORD_TEXT_SIZE];
	char text[2 * COORD_TEXT_SIZE + 64];
	struct ent_hash hash;

	ENT_TRY(encode_coordinates(x, y, key, err));
	snprintf(text, sizeof(text), "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    ent_key_type_row(ent_pubkey_type(key))->jwk_crv, x, y);
	ent_sha256(&hash, ent_view_str(text));
	ent_base64_encode_to(out, ENT_BASE64_URL, ent_hash_view(&hash));
	out[ENT_JKT_SIZE - 1] = '\0';
	return ENT_OK;
}
