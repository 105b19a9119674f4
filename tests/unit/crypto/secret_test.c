#include "crypto/secret.h"

#include "crypto_test.h"

static void
a_secret_starts_zeroed_and_a_copy_holds_the_bytes(void **state)
{
	static const uint8_t zero[32];
	ENT_AUTO(ent_secret) fresh = NULL;
	ENT_AUTO(ent_secret) copy = NULL;

	(void)state;
	assert_ok(ent_secret_new(&fresh, 32, NULL));
	assert_view_equal(ent_secret_view(fresh), ent_view_from(zero, 32));
	assert_ok(ent_secret_copy(&copy, hex("00ff10"), NULL));
	assert_view_equal(ent_secret_view(copy), hex("00ff10"));
	assert_int_equal(ent_secret_len(copy), 3);
}

static void
secrets_live_on_the_locked_heap_once_it_is_there(void **state)
{
	ENT_AUTO(ent_secret) secret = NULL;
	struct ent_error err = { 0 };
	enum ent_status status = ent_secret_heap_init(20000, &err);

	(void)state;
	if (status != ENT_OK) { /* a machine that lets nobody lock memory: the reason is said, secrets still work */
		assert_refused(status, ENT_E_CONFIG, &err, "RLIMIT_MEMLOCK");
	}
	assert_ok(ent_secret_random(&secret, 32, &err));
	if (status == ENT_OK)
		assert_ok(ent_secret_heap_init(20000, &err)); /* a second call changes nothing */
}

static void
a_full_heap_is_an_error_and_not_a_secret_elsewhere(void **state)
{
	struct ent_secret *kept[64] = { NULL };
	struct ent_error err = { 0 };
	enum ent_status status = ENT_OK;
	size_t n = 0;

	(void)state;
	if (ent_secret_heap_init(16384, NULL) != ENT_OK)
		skip();
	while (n < ENT_COUNT(kept) && status == ENT_OK) {
		status = ent_secret_new(&kept[n], 4000, &err);
		n += status == ENT_OK;
	}
	assert_refused(status, ENT_E_NO_MEMORY, &err, "locked memory");
	while (n > 0)
		ent_secret_free(kept[--n]);
}

static void
a_secret_beyond_the_limit_is_refused(void **state)
{
	struct ent_error err = { 0 };
	struct ent_secret *secret = NULL;

	(void)state;
	assert_refused(ent_secret_new(&secret, 1024 * 1024 + 1, &err), ENT_E_LIMIT, &err, "limit");
	assert_refused(ent_secret_heap_init((size_t)1 << 40, &err), ENT_E_LIMIT, &err, "limit");
	assert_null(secret);
}

static void
shares_of_equal_length_combine_by_xor(void **state)
{
	ENT_AUTO(ent_secret) a = NULL;
	ENT_AUTO(ent_secret) b = NULL;
	ENT_AUTO(ent_secret) c = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_secret_copy(&a, hex("00ff0f"), NULL));
	assert_ok(ent_secret_copy(&b, hex("ffff01"), NULL));
	assert_ok(ent_secret_copy(&c, hex("ffff"), NULL));
	assert_ok(ent_secret_xor(a, b, NULL));
	assert_view_equal(ent_secret_view(a), hex("ff000e"));
	assert_refused(ent_secret_xor(a, c, &err), ENT_E_INPUT, &err, "3 and 2 bytes");
}

static void
comparison_needs_equal_lengths_and_bytes(void **state)
{
	(void)state;
	assert_true(ent_equal_ct(ENT_LIT("abc"), ENT_LIT("abc")));
	assert_false(ent_equal_ct(ENT_LIT("abc"), ENT_LIT("abd")));
	assert_false(ent_equal_ct(ENT_LIT("abc"), ENT_LIT("ab")));
	assert_true(ent_equal_ct(ENT_VIEW_NONE, ENT_VIEW_NONE));
	assert_false(ent_equal_ct(ENT_VIEW_NONE, ENT_LIT("a")));
}

static void
random_bytes_fill_the_room_and_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_ok(ent_random(a, sizeof(a), NULL));
	assert_ok(ent_random(b, sizeof(b), NULL));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(ent_random(a, 0, NULL));
}

static void
uuids_are_version_4_and_valid(void **state)
{
	char text[ENT_UUID_TEXT_SIZE];

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_ok(ent_uuid_random(text, NULL));
		assert_true(ent_uuid_valid(ent_view_str(text)));
		assert_int_equal(text[14], '4');
		assert_non_null(strchr("89ab", text[19]));
	}
}

static void
a_uuid_of_another_shape_is_not_valid(void **state)
{
	(void)state;
	assert_true(ent_uuid_valid(ENT_LIT("00000000-0000-4000-8000-000000000001")));
	assert_false(ent_uuid_valid(ENT_LIT("00000000-0000-4000-8000-00000000000A")));
	assert_false(ent_uuid_valid(ENT_LIT("00000000-0000-4000-8000-00000000000")));
	assert_false(ent_uuid_valid(ENT_LIT("00000000-0000-4000-8000-0000000000011")));
	assert_false(ent_uuid_valid(ENT_LIT("0000000000000-4000-8000-000000000001")));
	assert_false(ent_uuid_valid(ENT_LIT("00000000-0000-4000-8000-00000000-001")));
	assert_false(ent_uuid_valid(ENT_LIT("{0000000-0000-4000-8000-00000000000}")));
	assert_false(ent_uuid_valid(ENT_VIEW_NONE));
}

static void
wiping_leaves_zeroes(void **state)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };

	(void)state;
	ent_wipe(bytes, sizeof(bytes));
	assert_view_equal(ent_view_from(bytes, 4), hex("00000000"));
	ent_wipe(NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_starts_zeroed_and_a_copy_holds_the_bytes),
		cmocka_unit_test(secrets_live_on_the_locked_heap_once_it_is_there),
		cmocka_unit_test(a_full_heap_is_an_error_and_not_a_secret_elsewhere),
		cmocka_unit_test(a_secret_beyond_the_limit_is_refused),
		cmocka_unit_test(shares_of_equal_length_combine_by_xor),
		cmocka_unit_test(comparison_needs_equal_lengths_and_bytes),
		cmocka_unit_test(random_bytes_fill_the_room_and_differ),
		cmocka_unit_test(uuids_are_version_4_and_valid),
		cmocka_unit_test(a_uuid_of_another_shape_is_not_valid),
		cmocka_unit_test(wiping_leaves_zeroes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
