#include "base_test.h"

#include <stdalign.h>

#include "base/arena.h"

static void
an_arena_gives_out_up_to_its_ceiling(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	void *p;

	(void)state;
	assert_ok(ent_arena_new(&arena, 1024, &err));
	assert_ok(ent_arena_alloc(arena, &p, 1, 1024, &err));
	assert_int_equal(ent_arena_alloc(arena, &p, 1, 1, &err), ENT_E_LIMIT);
	assert_ok(ent_arena_alloc(arena, &p, 0, 8, &err)); /* nothing is always there */
}

static void
products_that_overflow_are_refused(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	void *p;

	(void)state;
	assert_ok(ent_arena_new(&arena, SIZE_MAX, &err));
	assert_int_equal(ent_arena_alloc(arena, &p, SIZE_MAX / 2, 4, &err), ENT_E_LIMIT);
	assert_int_equal(ent_arena_alloc(arena, &p, 1, SIZE_MAX, &err), ENT_E_LIMIT); /* the rounding up */
	assert_int_equal(ent_arena_dup(arena, &(struct ent_view){ 0 }, ent_view_from("", SIZE_MAX), &err), ENT_E_LIMIT);
}

static void
memory_is_zeroed_and_aligned_across_blocks(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_arena_new(&arena, 1 << 22, &err));
	for (size_t size = 1; size < 5000; size += 37) {
		void *p;

		assert_ok(ent_arena_alloc(arena, &p, 1, size, &err));
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(((uint8_t *)p)[i], 0);
		memset(p, 0xff, size);
	}
}

static void
copies_end_in_a_nul(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_view copy;
	const char *text;

	(void)state;
	assert_ok(ent_arena_new(&arena, 4096, &err));
	assert_ok(ent_arena_dup(arena, &copy, ENT_LIT("abc"), &err));
	assert_view(copy, "abc");
	assert_int_equal(copy.data[3], 0);
	assert_ok(ent_arena_dup(arena, &copy, ENT_VIEW_NONE, &err));
	assert_int_equal(copy.len, 0);
	assert_non_null(copy.data);
	assert_ok(ent_arena_printf(arena, &text, &err, "%s-%d", "x", 7));
	assert_string_equal(text, "x-7");
}

static void
an_array_grows_and_keeps_its_items(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	void *items = NULL;
	size_t cap = 0;

	(void)state;
	assert_ok(ent_arena_new(&arena, 1 << 16, &err));
	for (size_t count = 0; count < 1000; count++) {
		assert_ok(ent_arena_push(arena, &items, count, &cap, sizeof(size_t), &err));
		((size_t *)items)[count] = count;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(((size_t *)items)[i], i);
	ent_arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arena_gives_out_up_to_its_ceiling),
		cmocka_unit_test(products_that_overflow_are_refused),
		cmocka_unit_test(memory_is_zeroed_and_aligned_across_blocks),
		cmocka_unit_test(copies_end_in_a_nul),
		cmocka_unit_test(an_array_grows_and_keeps_its_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
