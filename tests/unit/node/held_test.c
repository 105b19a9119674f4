#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/keyholder/held.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

static uint64_t
keep(struct ent_held_table *table, size_t mark, int64_t now_ms)
{
	struct ent_error err = { 0 };
	struct ent_held *held;
	uint64_t handle;

	assert_ok(ent_held_new(&held, &err));
	held->share_count = mark;
	assert_ok(ent_held_keep(table, &held, now_ms, &handle, &err));
	assert_null(held); /* moved */
	return handle;
}

static void
an_answer_is_taken_once(void **state)
{
	struct ent_held_table table = { 0 };
	ENT_AUTO(ent_held) held = NULL;
	struct ent_error err = { 0 };
	struct ent_held *again;
	uint64_t handle = keep(&table, 7, 0);

	(void)state;
	assert_ok(ent_held_take(&table, &held, handle, 0, &err));
	assert_int_equal(held->share_count, 7);
	assert_int_equal(ent_held_take(&table, &again, handle, 0, &err), ENT_E_REFUSED);
	assert_int_equal(table.count, 0);
}

static void
an_answer_lives_for_its_time_and_no_longer(void **state)
{
	struct ent_held_table table = { 0 };
	ENT_AUTO(ent_held) held = NULL;
	struct ent_error err = { 0 };
	struct ent_held *late;
	uint64_t first = keep(&table, 1, 1000), second = keep(&table, 2, 1001);

	(void)state;
	assert_int_equal(ent_held_expire(&table, 1000), ENT_HELD_LIFETIME_MS);
	assert_int_equal(ent_held_take(&table, &late, first, 1000 + ENT_HELD_LIFETIME_MS, &err), ENT_E_REFUSED);
	assert_int_equal(table.count, 1);
	assert_ok(ent_held_take(&table, &held, second, 1000 + ENT_HELD_LIFETIME_MS, &err));
	assert_int_equal(ent_held_expire(&table, 0), -1);
}

static void
the_oldest_makes_room_for_one_more_than_the_limit(void **state)
{
	static uint64_t handles[ENT_HELD_MAX + 1];
	struct ent_held_table table = { 0 };
	struct ent_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ENT_HELD_MAX + 1; i++)
		handles[i] = keep(&table, i % ENT_HELD_SHARES_MAX, 0);
	assert_int_equal(table.count, ENT_HELD_MAX);
	for (size_t i = 0; i < ENT_HELD_MAX + 1; i++) {
		ENT_AUTO(ent_held) held = NULL;

		assert_int_equal(ent_held_take(&table, &held, handles[i], 0, &err), i == 0 ? ENT_E_REFUSED : ENT_OK);
		ent_error_clear(&err);
	}
}

static void
zero_is_no_handle(void **state)
{
	struct ent_held_table table = { 0 };
	struct ent_error err = { 0 };
	struct ent_held *held;

	(void)state;
	assert_true(keep(&table, 1, 0) != 0);
	assert_int_equal(ent_held_take(&table, &held, 0, 0, &err), ENT_E_REFUSED);
	ent_held_table_fini(&table);
	assert_int_equal(table.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_taken_once),
		cmocka_unit_test(an_answer_lives_for_its_time_and_no_longer),
		cmocka_unit_test(the_oldest_makes_room_for_one_more_than_the_limit),
		cmocka_unit_test(zero_is_no_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
