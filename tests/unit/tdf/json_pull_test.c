#include "support.h"

#include "tdf/json_pull.h"

/* Text in pieces of a few bytes, so that every token is cut somewhere. */
struct pieces {
	struct ent_view rest;
	size_t piece;
};

static enum ent_status
read_pieces(void *arg, uint8_t *into, size_t max, size_t *got, struct ent_error *err)
{
	struct pieces *p = arg;

	(void)err;
	*got = p->rest.len < p->piece ? p->rest.len : p->piece;
	*got = *got < max ? *got : max;
	if (*got > 0)
		memcpy(into, p->rest.data, *got);
	p->rest = ent_view_slice(p->rest, *got, SIZE_MAX);
	return ENT_OK;
}

static enum ent_status
skip_all(struct ent_view text, size_t piece, struct ent_error *err)
{
	struct pieces pieces = { text, piece };
	ENT_AUTO(ent_json) json = NULL;

	ENT_TRY(ent_json_new(&json, read_pieces, &pieces, 1 << 20, err));
	ENT_TRY(ent_json_skip(json, err));
	return ent_json_end(json, err);
}

static void
valid_texts_are_taken(void **state)
{
	static const char *const texts[] = { "{}", "[]", " [ ] ", "\"\"", "0", "-0", "-0.5e+10", "1E9", "true", "false", "null",
		"{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}", "[1,[2,[3,[]]],{}]", "\"\\u0041\\ud83d\\ude00\\n\\/\\\"\"",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"", "{\"\":1}", "\t\r\n[1\n,\t2]\r\n" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(texts); i++)
		for (size_t piece = 1; piece < 9; piece++) {
			struct ent_error err = { 0 };

			if (skip_all(ent_view_str(texts[i]), piece, &err) != ENT_OK)
				fail_msg("%s: %s", texts[i], err.text);
		}
}

static void
malformed_texts_are_refused(void **state)
{
	static const char *const texts[] = { "", " ", "{", "[", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
		"{,}", "{1:2}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "[{\"x\":[{\"b\":1,\"b\":1}]}]", "\"", "\"\\\"", "\"\\x\"",
		"\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u0000\"", "\"\n\"", "\"\x1f\"",
		"\"\x80\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf0\x80\x80\x80\"", "\"\xf4\x90\x80\x80\"",
		"\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\xff\"", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "--1", "1-1", "1.2.3", "tru", "truee",
		"nul", "None", "NaN", "Infinity", "'a'", "// c\n1", "/**/1", "\xef\xbb\xbf{}", "1 2", "{} {}", "[] ,", "[1]]", "[1}", "{\"a\":1]" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(texts); i++)
		for (size_t piece = 1; piece < 9; piece += 3) {
			struct ent_error err = { 0 };

			if (skip_all(ent_view_str(texts[i]), piece, &err) != ENT_E_FORMAT)
				fail_msg("not refused: %s (%s)", texts[i], err.text);
		}
}

static void
depth_is_limited_at_n_and_not_below(void **state)
{
	char text[2 * (ENT_LIMIT_JSON_DEPTH + 1)];

	(void)state;
	for (size_t depth = ENT_LIMIT_JSON_DEPTH; depth <= ENT_LIMIT_JSON_DEPTH + 1; depth++) {
		struct ent_error err = { 0 };

		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_refused(skip_all(ent_view_from(text, 2 * depth), 100, &err), depth > ENT_LIMIT_JSON_DEPTH ? ENT_E_LIMIT : ENT_OK);
	}
}

static void
members_are_limited_at_n_and_not_below(void **state)
{
	(void)state;
	for (int count = ENT_LIMIT_JSON_MEMBERS; count <= ENT_LIMIT_JSON_MEMBERS + 1; count++) {
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 20);
		struct ent_error err = { 0 };

		for (int i = 0; i < count; i++)
			assert_ok(ent_buf_printf(&text, &err, "%s\"m%d\":[]", i ? "," : "{", i));
		assert_ok(ent_buf_add_str(&text, "}", &err));
		assert_refused(skip_all(ent_buf_view(&text), 100, &err), count > ENT_LIMIT_JSON_MEMBERS ? ENT_E_LIMIT : ENT_OK);
	}
}

static void
bytes_are_limited_at_n_and_not_below(void **state)
{
	(void)state;
	for (uint64_t max = 9; max <= 10; max++) {
		struct pieces pieces = { ENT_LIT("[1,2,3,4] "), 4 };
		ENT_AUTO(ent_json) json = NULL;
		struct ent_error err = { 0 };
		enum ent_status status;

		assert_ok(ent_json_new(&json, read_pieces, &pieces, max, &err));
		status = ent_json_skip(json, &err);
		if (status == ENT_OK)
			status = ent_json_end(json, &err);
		assert_refused(status, max < 10 ? ENT_E_LIMIT : ENT_OK);
	}
}

static void
strings_come_unescaped(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 9; piece++) {
		struct pieces pieces = { ENT_LIT("\"a\\n\\u00e9\\ud83d\\ude00\\\\z\xc3\xa9\""), piece };
		ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(14);
		ENT_AUTO(ent_json) json = NULL;
		struct ent_error err = { 0 };

		assert_ok(ent_json_new(&json, read_pieces, &pieces, 100, &err));
		assert_ok(ent_json_string(json, &out, &err));
		assert_ok(ent_json_end(json, &err));
		assert_true(ent_view_eq(ent_buf_view(&out), ENT_LIT("a\n\xc3\xa9\xf0\x9f\x98\x80\\z\xc3\xa9")));
	}
}

static void
numbers_are_whole_and_fit(void **state)
{
	static const struct { const char *text; bool good; uint64_t value; } rows[] = { { "0", true, 0 },
		{ "18446744073709551615", true, UINT64_MAX }, { "18446744073709551616", false, 0 }, { "99999999999999999999999", false, 0 },
		{ "-0", false, 0 }, { "-1", false, 0 }, { "1.0", false, 0 }, { "1e3", false, 0 }, { "007", false, 0 }, { "\"1\"", false, 0 } };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct pieces pieces = { ent_view_str(rows[i].text), 3 };
		ENT_AUTO(ent_json) json = NULL;
		struct ent_error err = { 0 };
		uint64_t value = 1;

		assert_ok(ent_json_new(&json, read_pieces, &pieces, 100, &err));
		assert_refused(ent_json_u64(json, &value, &err), rows[i].good ? ENT_OK : ENT_E_FORMAT);
		if (rows[i].good)
			assert_int_equal(value, rows[i].value);
	}
}

static void
capture_gives_the_bytes_as_they_stand(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 9; piece++) {
		struct pieces pieces = { ENT_LIT("[1, {\"a\" : \"\\u0041\"} ,2]"), piece };
		ENT_AUTO_FINI(ent_buf) raw = ent_buf_with_max(100);
		ENT_AUTO(ent_json) json = NULL;
		struct ent_error err = { 0 };
		bool more;

		assert_ok(ent_json_new(&json, read_pieces, &pieces, 100, &err));
		assert_ok(ent_json_enter_array(json, &err));
		assert_ok(ent_json_element(json, &more, &err));
		assert_ok(ent_json_skip(json, &err));
		assert_ok(ent_json_element(json, &more, &err));
		assert_ok(ent_json_capture(json, &raw, &err));
		assert_ok(ent_json_skip(json, &err));
		assert_ok(ent_json_capture_end(json, &err));
		assert_ok(ent_json_element(json, &more, &err));
		assert_ok(ent_json_skip(json, &err));
		assert_ok(ent_json_element(json, &more, &err));
		assert_false(more);
		assert_ok(ent_json_end(json, &err));
		assert_true(ent_view_eq(ent_buf_view(&raw), ENT_LIT("{\"a\" : \"\\u0041\"}")));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_texts_are_taken),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(depth_is_limited_at_n_and_not_below),
		cmocka_unit_test(members_are_limited_at_n_and_not_below),
		cmocka_unit_test(bytes_are_limited_at_n_and_not_below),
		cmocka_unit_test(strings_come_unescaped),
		cmocka_unit_test(numbers_are_whole_and_fit),
		cmocka_unit_test(capture_gives_the_bytes_as_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
