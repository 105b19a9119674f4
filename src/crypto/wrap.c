#include "crypto/wrap.h"

#include "codec/base64.h"

const uint8_t ent_wrap_salt[32] = { 0xaa, 0x17, 0xcf, 0x44, 0x58, 0x5f, 0xe1, 0x5f, 0xd6, 0x34, 0xc2, 0x7b, 0x95, 0x12, 0xd8,
	0x42, 0xb4, 0x2a, 0xf1, 0xba, 0xc6, 0x17, 0x8d, 0x92, 0x16, 0x1e, 0xdb, 0x4e, 0x2a, 0xbf, 0x81, 0x97 };

enum {
	BINDING_RAW_LEN = ENT_HASH_LEN,
	BINDING_HEX_LEN = 2 * ENT_HASH_LEN
};

enum ent_status
ent_wrap_agree(struct ent_secret **out, const struct ent_key *key, const struct ent_pubkey *peer, struct ent_error *err)
{
	ENT_AUTO(ent_secret) wk = NULL;
	ENT_AUTO(ent_secret) z = NULL;

	ENT_TRY(ent_key_agree(&z, key, peer, err));
	ENT_TRY(ent_secret_new(&wk, ENT_GCM_KEY_LEN, err));
	ENT_TRY(ent_hkdf_sha256(ent_secret_bytes(wk), ENT_GCM_KEY_LEN, ent_view_from(ent_wrap_salt, sizeof(ent_wrap_salt)),
	    ent_secret_view(z), ENT_VIEW_NONE, err));
	*out = ent_take(&wk);
	return ENT_OK;
}

enum ent_status
ent_wrap_share(uint8_t out[ENT_EC_WRAP_LEN], const struct ent_secret *wk, const uint8_t *iv,
    const struct ent_secret *share, struct ent_error *err)
{
	ENT_AUTO(ent_gcm) gcm = NULL;

	if (ent_secret_len(share) != ENT_SHARE_LEN)
		return ent_fail(err, ENT_E_INPUT, "a key share of %zu bytes; it is %d", ent_secret_len(share), ENT_SHARE_LEN);
	ENT_TRY(ent_gcm_new(&gcm, ent_secret_view(wk), err));
	return ent_gcm_seal(gcm, out, iv, ent_secret_view(share), err);
}

enum ent_status
ent_wrap_ec(uint8_t out[ENT_EC_WRAP_LEN], struct ent_pubkey **ephemeral, const struct ent_pubkey *to,
    const struct ent_secret *share, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) public_half = NULL;
	ENT_AUTO(ent_key) once = NULL;

	ENT_TRY(ent_key_generate(&once, ent_pubkey_type(to), err));
	ENT_TRY(ent_pubkey_from_spki(&public_half, ent_pubkey_spki(ent_key_public(once)), err));
	ENT_TRY(ent_wrap_ec_with(out, once, NULL, to, share, err));
	*ephemeral = ent_take(&public_half);
	return ENT_OK;
}

enum ent_status
ent_wrap_ec_with(uint8_t out[ENT_EC_WRAP_LEN], const struct ent_key *ephemeral, const uint8_t *iv,
    const struct ent_pubkey *to, const struct ent_secret *share, struct ent_error *err)
{
	ENT_AUTO(ent_secret) wk = NULL;

	ENT_TRY(ent_wrap_agree(&wk, ephemeral, to, err));
	return ent_wrap_share(out, wk, iv, share, err);
}

enum ent_status
ent_unwrap_ec(struct ent_secret **share, const struct ent_key *key, const struct ent_pubkey *ephemeral,
    struct ent_view blob, struct ent_error *err)
{
	ENT_AUTO(ent_secret) wk = NULL;
	ENT_AUTO(ent_secret) opened = NULL;
	ENT_AUTO(ent_gcm) gcm = NULL;

	if (blob.len != ENT_EC_WRAP_LEN)
		return ent_fail(err, ENT_E_TAMPERED, "a wrapped key of %zu bytes; ec-wrapped has %d", blob.len, ENT_EC_WRAP_LEN);
	ENT_TRY(ent_wrap_agree(&wk, key, ephemeral, err));
	ENT_TRY(ent_gcm_new(&gcm, ent_secret_view(wk), err));
	ENT_TRY(ent_secret_new(&opened, ENT_SHARE_LEN, err));
	ENT_TRY(ent_gcm_open(gcm, ent_secret_bytes(opened), blob, err));
	*share = ent_take(&opened);
	return ENT_OK;
}

/* The HMAC's 64 lower-case digits, as the wire binds them (wire reference 1.5), and a NUL. */
static void
binding_mac(struct ent_hash *mac, char hex[ENT_HASH_HEX_SIZE], const struct ent_secret *share, struct ent_view policy_base64)
{
	ent_hmac_sha256(mac, ent_secret_view(share), policy_base64);
	ent_hash_hex(hex, mac);
}

void
ent_binding_make(char out[ENT_BINDING_SIZE], const struct ent_secret *share, struct ent_view policy_base64)
{
	struct ent_hash mac;
	char hex[ENT_HASH_HEX_SIZE];

	binding_mac(&mac, hex, share, policy_base64);
	ent_base64_encode_to(out, ENT_BASE64_STD, ent_view_from(hex, BINDING_HEX_LEN));
	out[ENT_BINDING_SIZE - 1] = '\0';
}

enum ent_status
ent_binding_check(const struct ent_secret *share, struct ent_view policy_base64, struct ent_view binding_hash,
    struct ent_error *err)
{
	struct ent_hash mac;
	char hex[ENT_HASH_HEX_SIZE];
	uint8_t given[BINDING_HEX_LEN];
	bool bound = false;

	binding_mac(&mac, hex, share, policy_base64);
	if (ent_base64_decode_exact(given, BINDING_HEX_LEN, ENT_BASE64_STD, binding_hash, NULL) == ENT_OK)
		bound = ent_equal_ct(ent_view_from(given, BINDING_HEX_LEN), ent_view_from(hex, BINDING_HEX_LEN));
	else if (ent_base64_decode_exact(given, BINDING_RAW_LEN, ENT_BASE64_STD, binding_hash, NULL) == ENT_OK)
		bound = ent_equal_ct(ent_view_from(given, BINDING_RAW_LEN), ent_hash_view(&mac));
	/* The right value of a wrong binding would let anybody who learns it re-bind the share. */
	ent_wipe(&mac, sizeof(mac));
	ent_wipe(hex, sizeof(hex));
	if (!bound)
		return ent_fail(err, ENT_E_TAMPERED, "the policy binding does not match the policy and this key share");
	return ENT_OK;
}

void
ent_split_hash(struct ent_hash *out, const struct ent_secret *share)
{
	const struct ent_view parts[] = { ENT_LIT("entente split"), ent_secret_view(share) };

	ent_sha256_parts(out, parts, ENT_COUNT(parts));
}
