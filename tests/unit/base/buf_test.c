#include "base_test.h"

#include "base/buf.h"
#include "base/check.h"

static void
a_buffer_holds_up_to_its_ceiling_and_not_a_byte_more(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(8);
	struct ent_error err = { 0 };
	uint8_t *room;

	(void)state;
	assert_ok(ent_buf_add_str(&buf, "12345678", &err));
	assert_int_equal(ent_buf_add_byte(&buf, '9', &err), ENT_E_LIMIT);
	assert_view(ent_buf_view(&buf), "12345678");
	assert_int_equal(ent_buf_grow(&buf, &room, 1, &err), ENT_E_LIMIT);
	assert_int_equal(ent_buf_grow(&buf, &room, SIZE_MAX, &err), ENT_E_LIMIT); /* no overflow of the sum */
	assert_ok(ent_buf_grow(&buf, &room, 0, &err));
	assert_ok(ent_buf_add(&buf, ENT_VIEW_NONE, &err));
	assert_int_equal(buf.len, 8);
}

static void
printing_obeys_the_ceiling_too(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(5);
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_buf_printf(&buf, &err, "%d", 12345)); /* the NUL of vsnprintf is not counted */
	assert_view(ent_buf_view(&buf), "12345");
	ent_buf_clear(&buf);
	assert_int_equal(ent_buf_printf(&buf, &err, "%s", "123456"), ENT_E_LIMIT);
	assert_int_equal(buf.len, 0);
	ent_buf_clear(&buf);
	ent_error_clear(&err);
	assert_ok(ent_buf_add_str(&buf, "123", &err));
	assert_int_equal(ent_buf_printf(&buf, &err, "%d", 456), ENT_E_LIMIT);
	assert_view(ent_buf_view(&buf), "123");
}

static void
consuming_drops_the_front(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(64);
	struct ent_error err = { 0 };
	const char *text;

	(void)state;
	ent_buf_consume(&buf, 0); /* of nothing */
	assert_ok(ent_buf_add_str(&buf, "abcdef", &err));
	ent_buf_consume(&buf, 2);
	assert_view(ent_buf_view(&buf), "cdef");
	assert_ok(ent_buf_cstr(&buf, &text, &err));
	assert_string_equal(text, "cdef");
	assert_int_equal(buf.len, 4);
	ent_buf_consume(&buf, 4);
	assert_int_equal(buf.len, 0);
}

static void
an_empty_buffer_is_an_empty_string(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(0);
	struct ent_error err = { 0 };
	const char *text;

	(void)state;
	assert_ok(ent_buf_cstr(&buf, &text, &err));
	assert_string_equal(text, "");
	ent_buf_fini(&buf);
	ent_buf_fini(&buf); /* usable, and freed again, without harm */
	assert_int_equal(ent_buf_add_byte(&buf, 'x', &err), ENT_E_LIMIT);
}

static void
a_buffer_grows_through_many_appends(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(100000);
	struct ent_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		assert_ok(ent_buf_add_byte(&buf, (uint8_t)i, &err));
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], (uint8_t)i);
}

static void
checked_arithmetic_refuses_what_does_not_fit(void **state)
{
	size_t size;
	uint64_t u;
	int64_t s;

	(void)state;
	assert_true(ent_add_size(&size, SIZE_MAX - 1, 1));
	assert_false(ent_add_size(&size, SIZE_MAX, 1));
	assert_false(ent_mul_size(&size, SIZE_MAX / 2 + 1, 2));
	assert_false(ent_add_u64(&u, UINT64_MAX, 1));
	assert_false(ent_sub_u64(&u, 0, 1));
	assert_false(ent_mul_u64(&u, UINT64_MAX, 2));
	assert_false(ent_add_i64(&s, INT64_MAX, 1));
	assert_false(ent_add_i64(&s, INT64_MIN, -1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_holds_up_to_its_ceiling_and_not_a_byte_more),
		cmocka_unit_test(printing_obeys_the_ceiling_too),
		cmocka_unit_test(consuming_drops_the_front),
		cmocka_unit_test(an_empty_buffer_is_an_empty_string),
		cmocka_unit_test(a_buffer_grows_through_many_appends),
		cmocka_unit_test(checked_arithmetic_refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
