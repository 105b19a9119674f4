/*
 * Instead of ent_ed25519_sign() and ent_ed25519_verify() in tests of random histories (-Wl,--wrap): a hash of the public key
 * and the text; and every key is a good one. What a signature is worth is tested with real ones; here thousands of histories can be replayed.
 */
#include "crypto/key.h"

enum ent_status __wrap_ent_ed25519_sign(const struct ent_ed25519 *key, uint8_t out[ENT_ED25519_SIG_LEN], struct ent_view message,
    struct ent_error *err);
enum ent_status __wrap_ent_ed25519_verify(const uint8_t key[ENT_ED25519_KEY_LEN], const uint8_t signature[ENT_ED25519_SIG_LEN],
    struct ent_view message, struct ent_error *err);

bool __wrap_ent_ed25519_key_valid(const uint8_t key[ENT_ED25519_KEY_LEN]);

bool
__wrap_ent_ed25519_key_valid(const uint8_t key[ENT_ED25519_KEY_LEN])
{
	(void)key;
	return true;
}

static void
quick(uint8_t out[ENT_ED25519_SIG_LEN], const uint8_t key[ENT_ED25519_KEY_LEN], struct ent_view message)
{
	struct ent_hash hash;
	const struct ent_view parts[] = { ent_view_from(key, ENT_ED25519_KEY_LEN), message };

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	memcpy(out, hash.bytes, sizeof(hash.bytes));
	memcpy(&out[sizeof(hash.bytes)], hash.bytes, sizeof(hash.bytes));
}

enum ent_status
__wrap_ent_ed25519_sign(const struct ent_ed25519 *key, uint8_t out[ENT_ED25519_SIG_LEN], struct ent_view message, struct ent_error *err)
{
	uint8_t public_key[ENT_ED25519_KEY_LEN];

	ENT_TRY(ent_ed25519_public(key, public_key, err));
	quick(out, public_key, message);
	return ENT_OK;
}

enum ent_status
__wrap_ent_ed25519_verify(const uint8_t key[ENT_ED25519_KEY_LEN], const uint8_t signature[ENT_ED25519_SIG_LEN], struct ent_view message,
    struct ent_error *err)
{
	uint8_t expected[ENT_ED25519_SIG_LEN];

	quick(expected, key, message);
	return memcmp(expected, signature, sizeof(expected)) == 0 ? ENT_OK : ent_fail(err, ENT_E_SIGNATURE, "the signature is bad");
}
