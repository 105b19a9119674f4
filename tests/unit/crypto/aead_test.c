#include "crypto/aead.h"

#include "crypto_test.h"

static void
sealing_gives_the_known_answers(void **state)
{
	static const uint8_t zero[32];
	ENT_AUTO(ent_gcm) gcm = NULL;
	ENT_AUTO(ent_gcm) k = NULL;
	uint8_t out[64];

	(void)state;
	/* The GCM specification's test cases 13 and 14 */
	assert_ok(ent_gcm_new(&gcm, ent_view_from(zero, 32), NULL));
	assert_ok(ent_gcm_seal(gcm, out, zero, ENT_VIEW_NONE, NULL));
	assert_view_equal(ent_view_from(out + 12, 16), hex("530f8afbc74536b9a963b4f1c4cb738b"));
	assert_ok(ent_gcm_seal(gcm, out, zero, ent_view_from(zero, 16), NULL));
	assert_view_equal(ent_view_from(out + 12, 32), hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"));
	/* Wire reference, appendix A: the segment of "hello" */
	assert_ok(ent_gcm_new(&k, hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), NULL));
	assert_ok(ent_gcm_seal(k, out, hex("a0a1a2a3a4a5a6a7a8a9aaab").data, ENT_LIT("hello"), NULL));
	assert_view_equal(ent_view_from(out, 33), hex("a0a1a2a3a4a5a6a7a8a9aaab8e7d10412ab469edeb6fa84bae4731a07dbf70c564"));
}

static void
one_object_seals_and_opens_in_any_order(void **state)
{
	ENT_AUTO(ent_gcm) gcm = NULL;
	uint8_t sealed[3][5 + ENT_GCM_OVERHEAD], plain[5];

	(void)state;
	assert_ok(ent_gcm_new(&gcm, hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), NULL));
	for (int i = 0; i < 3; i++) {
		assert_ok(ent_gcm_seal(gcm, sealed[i], NULL, ENT_LIT("hello"), NULL));
		assert_ok(ent_gcm_open(gcm, plain, ent_view_from(sealed[i / 2], sizeof(sealed[0])), NULL));
		assert_memory_equal(plain, "hello", 5);
	}
	assert_memory_not_equal(sealed[0], sealed[1], ENT_GCM_IV_LEN); /* a fresh IV each time */
	assert_memory_not_equal(sealed[1], sealed[2], ENT_GCM_IV_LEN);
}

static void
every_flipped_bit_is_tampering_and_nothing_comes_out(void **state)
{
	static const uint8_t zero[5];
	ENT_AUTO(ent_gcm) gcm = NULL;
	uint8_t sealed[5 + ENT_GCM_OVERHEAD], plain[5];
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_gcm_new(&gcm, hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), NULL));
	assert_ok(ent_gcm_seal(gcm, sealed, NULL, ENT_LIT("hello"), NULL));
	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		sealed[bit / 8] = (uint8_t)(sealed[bit / 8] ^ 1 << bit % 8);
		assert_refused(ent_gcm_open(gcm, plain, ent_view_from(sealed, sizeof(sealed)), &err), ENT_E_TAMPERED, &err, "tag");
		assert_memory_equal(plain, zero, 5);
		sealed[bit / 8] = (uint8_t)(sealed[bit / 8] ^ 1 << bit % 8);
	}
	assert_ok(ent_gcm_open(gcm, plain, ent_view_from(sealed, sizeof(sealed)), NULL));
}

static void
lengths_that_cannot_be_are_refused(void **state)
{
	ENT_AUTO(ent_gcm) gcm = NULL;
	struct ent_gcm *none = NULL;
	uint8_t sealed[ENT_GCM_OVERHEAD] = { 0 }, plain[1];
	struct ent_error err = { 0 };

	(void)state;
	assert_refused(ent_gcm_new(&none, hex("0011"), &err), ENT_E_INPUT, &err, "2 bytes");
	assert_ok(ent_gcm_new(&gcm, hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), NULL));
	for (size_t len = 0; len < ENT_GCM_OVERHEAD; len++)
		assert_refused(ent_gcm_open(gcm, plain, ent_view_from(sealed, len), &err), ENT_E_TAMPERED, &err, "too few");
	assert_refused(ent_gcm_open(gcm, plain, ent_view_from(sealed, (size_t)1 << 31), &err), ENT_E_LIMIT, &err, "limit");
	assert_refused(ent_gcm_seal(gcm, plain, NULL, ent_view_from(sealed, (size_t)1 << 31), &err), ENT_E_LIMIT, &err, "limit");
	assert_ok(ent_gcm_seal(gcm, sealed, NULL, ENT_VIEW_NONE, NULL));
	assert_ok(ent_gcm_open(gcm, plain, ent_view_from(sealed, sizeof(sealed)), NULL)); /* an empty message is a message */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealing_gives_the_known_answers),
		cmocka_unit_test(one_object_seals_and_opens_in_any_order),
		cmocka_unit_test(every_flipped_bit_is_tampering_and_nothing_comes_out),
		cmocka_unit_test(lengths_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
