#include "crypto/wrap.h"

#include "crypto_test.h"

/* Wire reference, appendix A. */
#define KAS_SCALAR "1111111111111111111111111111111111111111111111111111111111111111"
#define EPH_SCALAR "2222222222222222222222222222222222222222222222222222222222222222"
#define SHARE "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define IV "a0a1a2a3a4a5a6a7a8a9aaab"
#define WRAPPED "oKGio6Slpqeoqaqrrs5PTOysaOAz+eEg6xm6OoMs2AkZB5dfFBt43MTVqW4CBhBBff/doOhD1/IK4Rho"
#define POLICY                                                                                                         \
	"eyJ1dWlkIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwiYm9keSI6eyJkYXRhQXR0cmlidXRlcyI6W10sImRpc3Nl"       \
	"bSI6W119fQ=="
#define BINDING "MGE3YTY4NTBiZGI4ZjkxZGMzYmNkNGQ0ZjQ2NTQ5Y2I0ZDI1ODk4ZDNmMTAzMGFlNmQzNmJjOTc1NjVhNTUxZA=="

struct parts {
	struct ent_key *kas;
	struct ent_key *ephemeral;
	struct ent_secret *share;
};

static int
set_up(void **state)
{
	static struct parts parts;

	assert_ok(ent_key_from_scalar(&parts.kas, ENT_KEY_EC_P256, hex(KAS_SCALAR), NULL));
	assert_ok(ent_key_from_scalar(&parts.ephemeral, ENT_KEY_EC_P256, hex(EPH_SCALAR), NULL));
	assert_ok(ent_secret_copy(&parts.share, hex(SHARE), NULL));
	*state = &parts;
	return 0;
}

static int
tear_down(void **state)
{
	struct parts *parts = *state;

	ent_key_free(parts->kas);
	ent_key_free(parts->ephemeral);
	ent_secret_free(parts->share);
	return 0;
}

static void
the_salt_is_the_hash_of_TDF(void **state)
{
	struct ent_hash hash;

	(void)state;
	ent_sha256(&hash, ENT_LIT("TDF"));
	assert_view_equal(ent_view_from(ent_wrap_salt, 32), ent_hash_view(&hash));
	assert_view_equal(ent_hash_view(&hash), hex("aa17cf44585fe15fd634c27b9512d842b42af1bac6178d92161edb4e2abf8197"));
}

static void
agreement_and_wrap_key_are_those_of_the_wire_reference(void **state)
{
	const struct parts *parts = *state;
	ENT_AUTO(ent_secret) z = NULL;
	ENT_AUTO(ent_secret) z_back = NULL;
	ENT_AUTO(ent_secret) wk = NULL;

	assert_ok(ent_key_agree(&z, parts->ephemeral, ent_key_public(parts->kas), NULL));
	assert_view_equal(ent_secret_view(z), hex("ccfc261f58193c98ca4ad4a53bbac6f0ee29bc4d48438090446908622ca79af6"));
	assert_ok(ent_key_agree(&z_back, parts->kas, ent_key_public(parts->ephemeral), NULL));
	assert_view_equal(ent_secret_view(z_back), ent_secret_view(z));
	assert_ok(ent_wrap_agree(&wk, parts->ephemeral, ent_key_public(parts->kas), NULL));
	assert_view_equal(ent_secret_view(wk), hex("efc920481b4c2a80721016b416563c95b08eaf7de2f092f8742ed6f98b2ac401"));
}

static void
a_wrap_with_given_key_and_iv_is_that_of_the_wire_reference(void **state)
{
	const struct parts *parts = *state;
	ENT_AUTO(ent_secret) opened = NULL;
	uint8_t blob[ENT_EC_WRAP_LEN], want[ENT_EC_WRAP_LEN];

	assert_ok(ent_base64_decode_exact(want, sizeof(want), ENT_BASE64_STD, ent_view_str(WRAPPED), NULL));
	assert_ok(ent_wrap_ec_with(blob, parts->ephemeral, hex(IV).data, ent_key_public(parts->kas), parts->share, NULL));
	assert_memory_equal(blob, want, sizeof(want));
	assert_ok(ent_unwrap_ec(&opened, parts->kas, ent_key_public(parts->ephemeral), ent_view_from(want, sizeof(want)), NULL));
	assert_view_equal(ent_secret_view(opened), hex(SHARE));
}

static void
a_fresh_wrap_opens_with_the_ephemeral_key_it_returns(void **state)
{
	const struct parts *parts = *state;
	uint8_t blob[2][ENT_EC_WRAP_LEN];

	for (int i = 0; i < 2; i++) {
		ENT_AUTO(ent_pubkey) ephemeral = NULL;
		ENT_AUTO(ent_secret) opened = NULL;

		assert_ok(ent_wrap_ec(blob[i], &ephemeral, ent_key_public(parts->kas), parts->share, NULL));
		assert_ok(ent_unwrap_ec(&opened, parts->kas, ephemeral, ent_view_from(blob[i], ENT_EC_WRAP_LEN), NULL));
		assert_view_equal(ent_secret_view(opened), hex(SHARE));
	}
	assert_memory_not_equal(blob[0], blob[1], ENT_EC_WRAP_LEN);
}

static void
many_shares_under_one_agreement_open_each(void **state)
{
	const struct parts *parts = *state;
	ENT_AUTO(ent_secret) wk = NULL;

	assert_ok(ent_wrap_agree(&wk, parts->ephemeral, ent_key_public(parts->kas), NULL));
	for (int i = 0; i < 3; i++) {
		ENT_AUTO(ent_secret) share = NULL;
		ENT_AUTO(ent_secret) opened = NULL;
		uint8_t blob[ENT_EC_WRAP_LEN];

		assert_ok(ent_secret_random(&share, ENT_SHARE_LEN, NULL));
		assert_ok(ent_wrap_share(blob, wk, NULL, share, NULL));
		assert_ok(ent_unwrap_ec(&opened, parts->kas, ent_key_public(parts->ephemeral),
		    ent_view_from(blob, sizeof(blob)), NULL));
		assert_true(ent_equal_ct(ent_secret_view(opened), ent_secret_view(share)));
	}
}

static void
a_changed_blob_or_another_key_is_tampering(void **state)
{
	const struct parts *parts = *state;
	ENT_AUTO(ent_key) other = NULL;
	struct ent_secret *opened = NULL;
	uint8_t blob[ENT_EC_WRAP_LEN + 1] = { 0 };
	struct ent_error err = { 0 };
	const struct ent_pubkey *from = ent_key_public(parts->ephemeral);

	assert_ok(ent_wrap_ec_with(blob, parts->ephemeral, NULL, ent_key_public(parts->kas), parts->share, NULL));
	for (size_t len = 0; len <= sizeof(blob); len++)
		if (len != ENT_EC_WRAP_LEN)
			assert_refused(ent_unwrap_ec(&opened, parts->kas, from, ent_view_from(blob, len), &err), ENT_E_TAMPERED,
			    &err, "60");
	for (size_t i = 0; i < ENT_EC_WRAP_LEN; i++) {
		blob[i] ^= 0x40;
		assert_refused(ent_unwrap_ec(&opened, parts->kas, from, ent_view_from(blob, ENT_EC_WRAP_LEN), &err),
		    ENT_E_TAMPERED, &err, "tag");
		blob[i] ^= 0x40;
	}
	assert_ok(ent_key_generate(&other, ENT_KEY_EC_P256, NULL));
	assert_refused(ent_unwrap_ec(&opened, other, from, ent_view_from(blob, ENT_EC_WRAP_LEN), &err), ENT_E_TAMPERED, &err,
	    "tag");
	assert_null(opened);
}

static void
a_share_of_another_length_is_not_wrapped(void **state)
{
	const struct parts *parts = *state;
	ENT_AUTO(ent_secret) half = NULL;
	struct ent_error err = { 0 };
	uint8_t blob[ENT_EC_WRAP_LEN];

	assert_ok(ent_secret_random(&half, 16, NULL));
	assert_refused(ent_wrap_ec_with(blob, parts->ephemeral, NULL, ent_key_public(parts->kas), half, &err), ENT_E_INPUT, &err,
	    "16 bytes");
}

static void
a_policy_binding_is_that_of_the_wire_reference(void **state)
{
	const struct parts *parts = *state;
	char binding[ENT_BINDING_SIZE];

	ent_binding_make(binding, parts->share, ent_view_str(POLICY));
	assert_string_equal(binding, BINDING);
	assert_ok(ent_binding_check(parts->share, ent_view_str(POLICY), ent_view_str(BINDING), NULL));
}

static void
a_binding_of_raw_bytes_is_accepted_too(void **state)
{
	const struct parts *parts = *state;
	struct ent_hash mac;
	char raw[ENT_HASH_BASE64_SIZE];

	ent_hmac_sha256(&mac, ent_secret_view(parts->share), ent_view_str(POLICY));
	ent_hash_base64(raw, &mac);
	assert_ok(ent_binding_check(parts->share, ent_view_str(POLICY), ent_view_str(raw), NULL));
}

static void
a_binding_of_another_policy_share_or_form_is_tampering(void **state)
{
	const struct parts *parts = *state;
	ENT_AUTO(ent_secret) other = NULL;
	struct ent_error err = { 0 };
	char binding[ENT_BINDING_SIZE] = BINDING, upper[65], upper64[ENT_BINDING_SIZE] = { 0 };
	struct ent_hash mac;

	assert_ok(ent_secret_random(&other, ENT_SHARE_LEN, NULL));
	assert_refused(ent_binding_check(other, ent_view_str(POLICY), ent_view_str(binding), &err), ENT_E_TAMPERED, &err,
	    "binding");
	assert_refused(ent_binding_check(parts->share, ENT_LIT("e30="), ent_view_str(binding), &err), ENT_E_TAMPERED, &err,
	    "binding");
	assert_refused(ent_binding_check(parts->share, ent_view_str(POLICY), ENT_VIEW_NONE, &err), ENT_E_TAMPERED, &err,
	    "binding");
	for (size_t i = 0; i + 1 < sizeof(binding); i++) {
		binding[i] ^= 1;
		assert_refused(ent_binding_check(parts->share, ent_view_str(POLICY), ent_view_str(binding), &err), ENT_E_TAMPERED,
		    &err, "binding");
		binding[i] ^= 1;
	}
	ent_hmac_sha256(&mac, ent_secret_view(parts->share), ent_view_str(POLICY));
	ent_hash_hex(upper, &mac);
	for (char *c = upper; *c != '\0'; c++)
		if (*c >= 'a')
			*c = (char)(*c - 32);
	ent_base64_encode_to(upper64, ENT_BASE64_STD, ent_view_str(upper));
	assert_refused(ent_binding_check(parts->share, ent_view_str(POLICY), ent_view_str(upper64), &err), ENT_E_TAMPERED, &err,
	    "binding");
}

static void
a_split_hash_is_separated_from_other_hashes_of_the_share(void **state)
{
	const struct parts *parts = *state;
	struct ent_hash split, want;
	uint8_t text[13 + 32];

	memcpy(text, "entente split", 13);
	memcpy(text + 13, hex(SHARE).data, 32);
	ent_sha256(&want, ent_view_from(text, sizeof(text)));
	ent_split_hash(&split, parts->share);
	assert_true(ent_hash_eq(&split, &want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_salt_is_the_hash_of_TDF),
		cmocka_unit_test(agreement_and_wrap_key_are_those_of_the_wire_reference),
		cmocka_unit_test(a_wrap_with_given_key_and_iv_is_that_of_the_wire_reference),
		cmocka_unit_test(a_fresh_wrap_opens_with_the_ephemeral_key_it_returns),
		cmocka_unit_test(many_shares_under_one_agreement_open_each),
		cmocka_unit_test(a_changed_blob_or_another_key_is_tampering),
		cmocka_unit_test(a_share_of_another_length_is_not_wrapped),
		cmocka_unit_test(a_policy_binding_is_that_of_the_wire_reference),
		cmocka_unit_test(a_binding_of_raw_bytes_is_accepted_too),
		cmocka_unit_test(a_binding_of_another_policy_share_or_form_is_tampering),
		cmocka_unit_test(a_split_hash_is_separated_from_other_hashes_of_the_share),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
