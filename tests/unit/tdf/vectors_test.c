/* Appendix A of the wire reference through our functions, byte for byte. */
#include "support.h"

#include "codec/base64.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/wrap.h"

static const uint8_t iv[12] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab };

static void
assert_base64(struct ent_view bytes, const char *want)
{
	char text[512] = { 0 };

	assert_true(ent_base64_encoded_len(ENT_BASE64_STD, bytes.len) < sizeof(text));
	ent_base64_encode_to(text, ENT_BASE64_STD, bytes);
	assert_string_equal(text, want);
}

/* The 33 encrypted bytes of "hello" under the key 00..1f. */
static void
seal_hello(uint8_t sealed[33])
{
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO(ent_gcm) gcm = NULL;
	struct ent_error err = { 0 };

	assert_ok(ent_gcm_new(&gcm, ent_secret_view(key), &err));
	assert_ok(ent_gcm_seal(gcm, sealed, iv, ENT_LIT("hello"), &err));
}

static void
the_policy_binding_of_appendix_a(void **state)
{
	ENT_AUTO(ent_secret) share = test_key();
	char binding[ENT_BINDING_SIZE];
	struct ent_hash salt;
	char hex[ENT_HASH_HEX_SIZE];

	(void)state;
	ent_sha256(&salt, ENT_LIT("TDF"));
	ent_hash_hex(hex, &salt);
	assert_string_equal(hex, "aa17cf44585fe15fd634c27b9512d842b42af1bac6178d92161edb4e2abf8197");
	assert_memory_equal(salt.bytes, ent_wrap_salt, 32);
	ent_binding_make(binding, share, ENT_LIT(POLICY_B64));
	assert_string_equal(binding, "MGE3YTY4NTBiZGI4ZjkxZGMzYmNkNGQ0ZjQ2NTQ5Y2I0ZDI1ODk4ZDNmMTAzMGFlNmQzNmJjOTc1NjVhNTUxZA==");
}

static void
the_segment_of_appendix_a(void **state)
{
	ENT_AUTO(ent_secret) key = test_key();
	uint8_t sealed[33];
	char hex[67];
	struct ent_hash hash;

	(void)state;
	seal_hello(sealed);
	ent_hex_encode_to(hex, ent_view_from(sealed, 33));
	assert_string_equal(hex, "a0a1a2a3a4a5a6a7a8a9aaab8e7d10412ab469edeb6fa84bae4731a07dbf70c564");
	assert_base64(ent_view_from(sealed + 17, 16), "tGnt62+oS65HMaB9v3DFZA==");
	ent_hmac_sha256(&hash, ent_secret_view(key), ent_view_from(sealed, 33));
	assert_base64(ent_hash_view(&hash), "dDF3TGuwaIe+k6kngVCVZlhBZ3HkhwBsO79HiebcI1o=");
	ent_hmac_sha256(&hash, ent_secret_view(key), ent_view_from(sealed + 17, 16));
	assert_base64(ent_hash_view(&hash), "JbmoOc5ed6rlO4SIK1U0/1+iu554WaWdvehn1Pk5Z1U=");
}

/* The segment, its hash and the root signature of the appendix in a file: read by the reader that files of nodes go through. */
static void
a_file_made_of_appendix_a_is_opened(void **state)
{
	static const char manifest[] = "{\"encryptionInformation\":{\"type\":\"split\",\"policy\":\"" POLICY_B64 "\",\"keyAccess\":[{\"type\":\"ec-wrapped\","
	    "\"url\":\"u\",\"protocol\":\"kas\",\"wrappedKey\":\"oKGio6Slpqeoqaqrrs5PTOysaOAz+eEg6xm6OoMs2AkZB5dfFBt43MTVqW4CBhBBff/doOhD1/IK4Rho\","
	    "\"policyBinding\":{\"alg\":\"HS256\",\"hash\":\"MGE3YTY4NTBiZGI4ZjkxZGMzYmNkNGQ0ZjQ2NTQ5Y2I0ZDI1ODk4ZDNmMTAzMGFlNmQzNmJjOTc1NjVhNTUxZA==\"}}],"
	    "\"method\":{\"algorithm\":\"AES-256-GCM\"},\"integrityInformation\":{\"rootSignature\":{\"alg\":\"HS256\","
	    "\"sig\":\"JbmoOc5ed6rlO4SIK1U0/1+iu554WaWdvehn1Pk5Z1U=\"},\"segmentHashAlg\":\"GMAC\",\"segmentSizeDefault\":2097152,"
	    "\"encryptedSegmentSizeDefault\":2097180,\"segments\":[{\"hash\":\"tGnt62+oS65HMaB9v3DFZA==\",\"segmentSize\":5,\"encryptedSegmentSize\":33}]}},"
	    "\"payload\":{\"type\":\"reference\",\"url\":\"0.payload\",\"protocol\":\"zip\",\"isEncrypted\":true},\"schemaVersion\":\"4.3.0\"}";
	ENT_AUTO_FD out = memory_file(ENT_VIEW_NONE);
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };
	uint8_t sealed[33];

	(void)state;
	seal_hello(sealed);
	ENT_AUTO_FINI(ent_buf) file = zip_build(&zip_styles[0], ent_view_from(sealed, 33), ent_view_str(manifest));
	ENT_AUTO_FD fd = memory_file(ent_buf_view(&file));
	struct ent_tdf_read read = { .len = UINT64_MAX, .out_fd = out };
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_ok(ent_tdf_unlock(tdf, key, &err));
	assert_ok(ent_tdf_read(tdf, &read, &err));
	ENT_AUTO_FINI(ent_buf) got = file_bytes(out);
	assert_true(ent_view_eq_str(ent_buf_view(&got), "hello"));
}

static void
the_ec_wrap_of_appendix_a(void **state)
{
	ENT_AUTO(ent_secret) share = test_key();
	ENT_AUTO(ent_secret) back = NULL;
	ENT_AUTO(ent_key) kas = NULL;
	ENT_AUTO(ent_key) ephemeral = NULL;
	struct ent_error err = { 0 };
	uint8_t scalar[32], blob[ENT_EC_WRAP_LEN];

	(void)state;
	memset(scalar, 0x11, 32);
	assert_ok(ent_key_from_scalar(&kas, ENT_KEY_EC_P256, ent_view_from(scalar, 32), &err));
	memset(scalar, 0x22, 32);
	assert_ok(ent_key_from_scalar(&ephemeral, ENT_KEY_EC_P256, ent_view_from(scalar, 32), &err));
	assert_ok(ent_wrap_ec_with(blob, ephemeral, iv, ent_key_public(kas), share, &err));
	assert_base64(ent_view_from(blob, sizeof(blob)), "oKGio6Slpqeoqaqrrs5PTOysaOAz+eEg6xm6OoMs2AkZB5dfFBt43MTVqW4CBhBBff/doOhD1/IK4Rho");
	assert_ok(ent_unwrap_ec(&back, kas, ent_key_public(ephemeral), ent_view_from(blob, sizeof(blob)), &err));
	assert_true(ent_equal_ct(ent_secret_view(back), ent_secret_view(share)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_binding_of_appendix_a),
		cmocka_unit_test(the_segment_of_appendix_a),
		cmocka_unit_test(a_file_made_of_appendix_a_is_opened),
		cmocka_unit_test(the_ec_wrap_of_appendix_a),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
