#include "jose/jwe.h"

#include "codec/base64.h"
#include "crypto/aead.h"
#include "jose/jws.h"
#include "jose/token_json.h"

#define ALG "ECDH-ES"
#define ENC "A256GCM"

enum {
	HEADER_MAX = 4096,   /* characters; ours has 250 */
	PARTY_INFO_MAX = 512, /* bytes of `apu` or `apv` */
	KID_MAX = 128,
	U32_LEN = 4,
	PARTS = 5
};

void
ent_jwe_fini(struct ent_jwe *jwe)
{
	ent_pubkey_free(jwe->ephemeral);
	*jwe = (struct ent_jwe){ 0 };
}

/* ---- the key ---- */

static void
store_u32(uint8_t out[U32_LEN], size_t value)
{
	for (int i = U32_LEN - 1; i >= 0; i--, value >>= 8)
		out[i] = (uint8_t)value;
}

void
ent_jwe_derive(uint8_t *out, size_t out_len, struct ent_view algorithm, struct ent_view z, struct ent_view apu,
    struct ent_view apv)
{
	uint8_t round[U32_LEN], algorithm_len[U32_LEN], apu_len[U32_LEN], apv_len[U32_LEN], bits[U32_LEN];
	const struct ent_view parts[] = {
		ent_view_from(round, U32_LEN), z, ent_view_from(algorithm_len, U32_LEN), algorithm, ent_view_from(apu_len, U32_LEN), apu,
		ent_view_from(apv_len, U32_LEN), apv, ent_view_from(bits, U32_LEN)
	};
	struct ent_hash hash;

	ENT_ASSERT(out_len >= 1 && out_len <= sizeof(hash.bytes));
	store_u32(round, 1);
	store_u32(algorithm_len, algorithm.len);
	store_u32(apu_len, apu.len);
	store_u32(apv_len, apv.len);
	store_u32(bits, out_len * 8);
	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	memcpy(out, hash.bytes, out_len);
	ent_wipe(&hash, sizeof(hash));
}

/* ECDH and Concat KDF: the content's key, ready for use. */
static enum ent_status
agree(struct ent_gcm **out, const struct ent_key *key, const struct ent_pubkey *peer, struct ent_view apu, struct ent_view apv,
    struct ent_error *err)
{
	ENT_AUTO(ent_secret) z = NULL;
	ENT_AUTO(ent_secret) cek = NULL;

	ENT_TRY(ent_key_agree(&z, key, peer, err));
	ENT_TRY(ent_secret_new(&cek, ENT_GCM_KEY_LEN, err));
	ent_jwe_derive(ent_secret_bytes(cek), ENT_GCM_KEY_LEN, ENT_LIT(ENC), ent_secret_view(z), apu, apv);
	return ent_gcm_new(out, ent_secret_view(cek), err);
}

/* ---- sealing ---- */

static bool
is_word(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] > '~')
			return false;
	return text.len > 0 && text.len <= KID_MAX;
}

static enum ent_status
print_header(struct ent_buf *out, const struct ent_key *ephemeral, struct ent_view kid, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(HEADER_MAX);
	ENT_AUTO_JSON header = NULL;
	json_t *epk = NULL;

	ENT_TRY(ent_jwk_make(&epk, ent_key_public(ephemeral), err));
	header = json_pack("{s:s, s:s, s:s%, s:o}", "alg", ALG, "enc", ENC, "kid", (const char *)kid.data, kid.len, "epk", epk);
	if (header == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a JWE's header");
	ENT_TRY(ent_token_json_encode(&text, header, err));
	return ent_base64_encode(out, ENT_BASE64_URL, ent_buf_view(&text), err);
}

static enum ent_status
add_part(struct ent_buf *out, struct ent_view bytes, struct ent_error *err)
{
	ENT_TRY(ent_buf_add_byte(out, '.', err));
	return ent_base64_encode(out, ENT_BASE64_URL, bytes, err);
}

enum ent_status
ent_jwe_seal_with(struct ent_buf *out, const struct ent_key *ephemeral, const uint8_t *iv, const struct ent_pubkey *to,
    struct ent_view kid, struct ent_view plain, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) jwe = ent_buf_with_max(ENT_JWE_MAX);
	ENT_AUTO_FINI(ent_buf) sealed = ent_buf_with_max(ENT_JWE_PLAIN_MAX + ENT_GCM_OVERHEAD);
	ENT_AUTO(ent_gcm) gcm = NULL;
	uint8_t *room;

	if (plain.len > ENT_JWE_PLAIN_MAX)
		return ent_fail(err, ENT_E_LIMIT, "%zu bytes to seal in a JWE, limit %u", plain.len, ENT_JWE_PLAIN_MAX);
	if (ent_pubkey_type(to) != ENT_KEY_EC_P256)
		return ent_fail(err, ENT_E_UNSUPPORTED, "a JWE is sealed to an EC P-256 key only");
	if (!is_word(kid))
		return ent_fail(err, ENT_E_INPUT, "a JWE's kid is 1 to %d characters of printable ASCII", KID_MAX);
	ENT_TRY(agree(&gcm, ephemeral, to, ENT_VIEW_NONE, ENT_VIEW_NONE, err));
	ENT_TRY(print_header(&jwe, ephemeral, kid, err));
	ENT_TRY(ent_buf_grow(&sealed, &room, plain.len + ENT_GCM_OVERHEAD, err));
	ENT_TRY(ent_gcm_seal_with(gcm, room, iv, ent_buf_view(&jwe), plain, err));
	ENT_TRY(ent_buf_add_byte(&jwe, '.', err)); /* RFC 7518 4.6: no encrypted key, as the agreed key is the content's */
	ENT_TRY(add_part(&jwe, ent_view_slice(ent_buf_view(&sealed), 0, ENT_GCM_IV_LEN), err));
	ENT_TRY(add_part(&jwe, ent_view_slice(ent_buf_view(&sealed), ENT_GCM_IV_LEN, plain.len), err));
	ENT_TRY(add_part(&jwe, ent_view_slice(ent_buf_view(&sealed), ENT_GCM_IV_LEN + plain.len, ENT_GCM_TAG_LEN), err));
	return ent_buf_add(out, ent_buf_view(&jwe), err);
}

enum ent_status
ent_jwe_seal(struct ent_buf *out, const struct ent_pubkey *to, struct ent_view kid, struct ent_view plain, struct ent_error *err)
{
	ENT_AUTO(ent_key) once = NULL;

	ENT_TRY(ent_key_generate(&once, ENT_KEY_EC_P256, err));
	return ent_jwe_seal_with(out, once, NULL, to, kid, plain, err);
}

/* ---- parsing ---- */

/* RFC 7516 3.1: header.key.iv.ciphertext.tag; the key is empty, and the content may be. */
static enum ent_status
split(struct ent_view parts[PARTS], struct ent_view compact, struct ent_error *err)
{
	size_t at = 0;

	if (compact.len > ENT_JWE_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a JWE of %zu characters, limit %u", compact.len, ENT_JWE_MAX);
	for (int i = 0; i < PARTS; i++) {
		size_t dot = ent_view_find(compact, '.', at);

		if ((dot < compact.len) != (i < PARTS - 1))
			return ent_fail(err, ENT_E_SYNTAX, "not a compact JWE: it has five parts between four dots (RFC 7516 3.1)");
		parts[i] = ent_view_slice(compact, at, dot - at);
		at = dot + 1;
	}
	if (parts[0].len > HEADER_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a JWE header of %zu characters, limit %d", parts[0].len, HEADER_MAX);
	if (parts[1].len != 0)
		return ent_fail(err, ENT_E_SYNTAX, "a JWE with " ALG " has no encrypted key (RFC 7518 4.6)");
	return ENT_OK;
}

static bool
is_string(const json_t *header, const char *name, const char *want)
{
	const char *value = ent_claim_string(header, name);

	return value != NULL && strcmp(value, want) == 0;
}

/* One form only: what a header asks for beyond it is refused, never ignored. */
static enum ent_status
check_header(const json_t *header, struct ent_error *err)
{
	if (json_object_get(header, "crit") != NULL)
		return ent_fail(err, ENT_E_UNSUPPORTED, "a JWE with `crit`: no extension is known here (RFC 7516 4.1.13)");
	if (json_object_get(header, "zip") != NULL)
		return ent_fail(err, ENT_E_UNSUPPORTED, "a JWE with `zip`: compressed content is refused");
	if (!is_string(header, "alg", ALG) || !is_string(header, "enc", ENC))
		return ent_fail(err, ENT_E_UNSUPPORTED, "a JWE whose `alg` and `enc` are not " ALG " and " ENC);
	return ENT_OK;
}

/* `apu`, `apv`: absent, or base64url of a few bytes. */
static enum ent_status
party_info(struct ent_view *out, struct ent_arena *arena, const json_t *header, const char *name, struct ent_error *err)
{
	const json_t *value = json_object_get(header, name);

	*out = ENT_VIEW_NONE;
	if (value == NULL)
		return ENT_OK;
	if (!json_is_string(value) || json_string_length(value) > PARTY_INFO_MAX)
		return ent_fail(err, ENT_E_SYNTAX, "a JWE whose `%s` is not base64url of at most %d characters", name, PARTY_INFO_MAX);
	return ent_base64_decode_arena(arena, out, ENT_BASE64_URL, ent_view_str(json_string_value(value)), err);
}

static enum ent_status
read_header(struct ent_jwe *jwe, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	ENT_AUTO_JSON header = NULL;
	const json_t *kid;

	ENT_TRY(ent_token_json_parse(&header, "a JWE's header", text, err));
	ENT_TRY(check_header(header, err));
	ENT_TRY(party_info(&jwe->apu, arena, header, "apu", err));
	ENT_TRY(party_info(&jwe->apv, arena, header, "apv", err));
	kid = json_object_get(header, "kid");
	if (kid != NULL && !(json_is_string(kid) && is_word(ent_view_str(json_string_value(kid)))))
		return ent_fail(err, ENT_E_SYNTAX, "a JWE whose `kid` is not 1 to %d characters of printable ASCII", KID_MAX);
	ENT_TRY(ent_arena_dup(arena, &jwe->kid, ent_view_str(json_string_value(kid)), err));
	if (json_object_get(header, "epk") == NULL)
		return ent_fail(err, ENT_E_SYNTAX, "a JWE without `epk` (RFC 7518 4.6.1.1)");
	/* On the curve, or it is refused: an off-curve point would bring out the private key bit by bit. */
	return ent_jwk_parse(&jwe->ephemeral, json_object_get(header, "epk"), err);
}

static enum ent_status
join_sealed(struct ent_jwe *jwe, struct ent_arena *arena, const struct ent_view parts[PARTS], struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) sealed = ent_buf_with_max(ENT_JWE_MAX);

	ENT_TRY(ent_base64_decode(&sealed, ENT_BASE64_URL, parts[2], err));
	if (sealed.len != ENT_GCM_IV_LEN)
		return ent_fail(err, ENT_E_SYNTAX, "a JWE with an IV of %zu bytes; " ENC " has %d", sealed.len, ENT_GCM_IV_LEN);
	ENT_TRY(ent_base64_decode(&sealed, ENT_BASE64_URL, parts[3], err));
	if (sealed.len > ENT_GCM_IV_LEN + ENT_JWE_PLAIN_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a JWE with %zu bytes inside, limit %u", sealed.len - ENT_GCM_IV_LEN, ENT_JWE_PLAIN_MAX);
	if (ent_base64_encoded_len(ENT_BASE64_URL, ENT_GCM_TAG_LEN) != parts[4].len)
		return ent_fail(err, ENT_E_SYNTAX, "a JWE whose tag is not %d bytes", ENT_GCM_TAG_LEN);
	ENT_TRY(ent_base64_decode(&sealed, ENT_BASE64_URL, parts[4], err));
	return ent_arena_dup(arena, &jwe->sealed, ent_buf_view(&sealed), err);
}

enum ent_status
ent_jwe_parse(struct ent_jwe *out, struct ent_arena *arena, struct ent_view compact, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	struct ent_view parts[PARTS], header;

	ENT_TRY(split(parts, compact, err));
	ENT_TRY(ent_base64_decode_arena(arena, &header, ENT_BASE64_URL, parts[0], err));
	ENT_TRY(read_header(&jwe, arena, header, err));
	ENT_TRY(join_sealed(&jwe, arena, parts, err));
	jwe.protected_part = parts[0];
	*out = jwe;
	jwe = (struct ent_jwe){ 0 };
	return ENT_OK;
}

/* ---- opening ---- */

enum ent_status
ent_jwe_open(struct ent_buf *out, const struct ent_jwe *jwe, const struct ent_key *key, struct ent_error *err)
{
	ENT_AUTO(ent_gcm) gcm = NULL;
	const size_t before = out->len;
	enum ent_status status;
	uint8_t *room;

	ENT_TRY(agree(&gcm, key, jwe->ephemeral, jwe->apu, jwe->apv, err));
	ENT_TRY(ent_buf_grow(out, &room, jwe->sealed.len - ENT_GCM_OVERHEAD, err));
	status = ent_gcm_open_with(gcm, room, jwe->protected_part, jwe->sealed, err);
	if (status != ENT_OK)
		out->len = before;
	return status;
}
