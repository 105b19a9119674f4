#include "crypto/hash.h"

#include <pthread.h>

#include "crypto_test.h"

static void
sha256_gives_the_known_answers(void **state)
{
	struct ent_hash hash;
	const struct ent_view parts[] = { ENT_LIT("a"), ENT_VIEW_NONE, ENT_LIT("bc") };

	(void)state;
	ent_sha256(&hash, ENT_LIT("abc")); /* FIPS 180-4, appendix B.1 */
	assert_view_equal(ent_hash_view(&hash), hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	ent_sha256_parts(&hash, parts, 3);
	assert_view_equal(ent_hash_view(&hash), hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	ent_sha256(&hash, ENT_VIEW_NONE);
	assert_view_equal(ent_hash_view(&hash), hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

static void
hmac_gives_the_known_answers(void **state)
{
	static uint8_t long_key[131];
	struct ent_hash mac;

	(void)state;
	memset(long_key, 0xaa, sizeof(long_key));
	/* RFC 4231 4.2 and 4.7 */
	ent_hmac_sha256(&mac, hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), ENT_LIT("Hi There"));
	assert_view_equal(ent_hash_view(&mac), hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
	ent_hmac_sha256(&mac, ent_view_from(long_key, sizeof(long_key)),
	    ENT_LIT("Test Using Larger Than Block-Size Key - Hash Key First"));
	assert_view_equal(ent_hash_view(&mac), hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
	ent_hmac_sha256(&mac, ENT_VIEW_NONE, ENT_VIEW_NONE);
	assert_view_equal(ent_hash_view(&mac), hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

static void
an_incremental_hmac_equals_the_one_shot(void **state)
{
	ENT_AUTO(ent_hmac) hmac = NULL;
	struct ent_hash once, parts;

	(void)state;
	ent_hmac_sha256(&once, ENT_LIT("key"), ENT_LIT("first second"));
	assert_ok(ent_hmac_new(&hmac, ENT_LIT("key"), NULL));
	ent_hmac_add(hmac, ENT_LIT("first"));
	ent_hmac_add(hmac, ENT_VIEW_NONE);
	ent_hmac_add(hmac, ENT_LIT(" second"));
	ent_hmac_finish(hmac, &parts);
	assert_true(ent_hash_eq(&once, &parts));
}

static void
hkdf_gives_the_known_answers(void **state)
{
	uint8_t okm[42];
	struct ent_error err = { 0 };

	(void)state;
	/* RFC 5869 A.1 and A.3 */
	assert_ok(ent_hkdf_sha256(okm, 42, hex("000102030405060708090a0b0c"),
	    hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), hex("f0f1f2f3f4f5f6f7f8f9"), NULL));
	assert_view_equal(ent_view_from(okm, 42),
	    hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
	assert_ok(ent_hkdf_sha256(okm, 42, ENT_VIEW_NONE, hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
	    ENT_VIEW_NONE, NULL));
	assert_view_equal(ent_view_from(okm, 42),
	    hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
	assert_refused(ent_hkdf_sha256(okm, 65, ENT_VIEW_NONE, ENT_LIT("x"), ENT_VIEW_NONE, &err), ENT_E_INTERNAL, &err, "65");
	assert_refused(ent_hkdf_sha256(okm, 32, ENT_VIEW_NONE, ENT_VIEW_NONE, ENT_VIEW_NONE, &err), ENT_E_INTERNAL, &err, "0");
}

static void
a_hash_reads_back_from_hex_and_base64(void **state)
{
	struct ent_hash hash, back;
	char digits[ENT_HASH_HEX_SIZE], base64[ENT_HASH_BASE64_SIZE];
	struct ent_error err = { 0 };

	(void)state;
	ent_sha256(&hash, ENT_LIT("abc"));
	ent_hash_hex(digits, &hash);
	ent_hash_base64(base64, &hash);
	assert_string_equal(digits, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(base64, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
	assert_ok(ent_hash_from_hex(&back, ent_view_str(digits), NULL));
	assert_true(ent_hash_eq(&hash, &back));
	assert_ok(ent_hash_from_base64(&back, ent_view_str(base64), NULL));
	assert_true(ent_hash_eq(&hash, &back));
	digits[0] = 'B';
	assert_refused(ent_hash_from_hex(&back, ent_view_str(digits), &err), ENT_E_SYNTAX, &err, "lower-case");
	base64[42] = '1'; /* the same 32 bytes with stray bits */
	assert_refused(ent_hash_from_base64(&back, ent_view_str(base64), &err), ENT_E_SYNTAX, &err, "base64");
}

static void *
hash_many(void *failed)
{
	struct ent_hash hash, mac;
	uint8_t okm[32];

	for (int i = 0; i < 2000; i++) {
		ent_sha256(&hash, ENT_LIT("abc"));
		ent_hmac_sha256(&mac, ENT_LIT("key"), ENT_LIT("message"));
		*(bool *)failed |= hash.bytes[0] != 0xba || mac.bytes[0] != 0x6e ||
		    ent_hkdf_sha256(okm, 32, ENT_LIT("salt"), ENT_LIT("secret"), ENT_VIEW_NONE, NULL) != ENT_OK;
	}
	return NULL;
}

static void
threads_share_the_fetched_algorithms(void **state)
{
	pthread_t threads[4];
	bool failed[4] = { false };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_many, &failed[i]), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_false(failed[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_share_the_fetched_algorithms), /* first: the threads race for the fetching */
		cmocka_unit_test(sha256_gives_the_known_answers),
		cmocka_unit_test(hmac_gives_the_known_answers),
		cmocka_unit_test(an_incremental_hmac_equals_the_one_shot),
		cmocka_unit_test(hkdf_gives_the_known_answers),
		cmocka_unit_test(a_hash_reads_back_from_hex_and_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
