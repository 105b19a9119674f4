#include "codec_test.h"

#include "codec/base64.h"

/* RFC 4648, 10. */
static const char *const vectors[][3] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
};

static enum ent_status
decode(enum ent_base64 kind, const char *text)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(100);
	struct ent_error err = { 0 };
	enum ent_status status = ent_base64_decode(&out, kind, ent_view_str(text), &err);

	assert_true(status == ENT_OK || out.len == 0); /* nothing is appended by a failure */
	return status;
}

static void
the_vectors_of_the_rfc_go_both_ways(void **state)
{
	struct ent_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(vectors); i++)
		for (int kind = ENT_BASE64_STD; kind <= ENT_BASE64_URL; kind++) {
			ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(100);
			ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(100);

			assert_ok(ent_base64_encode(&text, (enum ent_base64)kind, ent_view_str(vectors[i][0]), &err));
			assert_view(ent_buf_view(&text), vectors[i][1 + kind]);
			assert_ok(ent_base64_decode(&bytes, (enum ent_base64)kind, ent_buf_view(&text), &err));
			assert_view(ent_buf_view(&bytes), vectors[i][0]);
		}
}

static void
there_is_one_spelling_only(void **state)
{
	static const char *const bad_std[] = { "Zg", "Zg=", "Zg===", "Zg=a", "=", "====", "Z", "Zh==", "Zm9=", "Zm8=\n", " Zm8=",
	    "Zm\n8=", "Zm8-", "Zm8_", "Zg==Zg==", "Zm8\xff", "Z=g=" };
	static const char *const bad_url[] = { "Zg==", "Z", "Zh", "Zm9", "Zm8+", "Zm8/", "Zm8 ", "Zm9vY" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad_std); i++)
		assert_int_equal(decode(ENT_BASE64_STD, bad_std[i]), ENT_E_SYNTAX);
	for (size_t i = 0; i < ENT_COUNT(bad_url); i++)
		assert_int_equal(decode(ENT_BASE64_URL, bad_url[i]), ENT_E_SYNTAX);
	assert_ok(decode(ENT_BASE64_STD, "+/+/"));
	assert_ok(decode(ENT_BASE64_URL, "-_-_"));
	assert_int_equal(decode(ENT_BASE64_STD, "-_-_"), ENT_E_SYNTAX);
	assert_int_equal(decode(ENT_BASE64_URL, "+/+/"), ENT_E_SYNTAX);
}

static void
every_text_that_decodes_is_what_encoding_writes(void **state)
{
	static const char letters[] = "AZaz09+/-_= g";
	struct ent_error err = { 0 };
	char text[5] = { 0 };

	(void)state;
	for (size_t n = 0; n < 13 * 13 * 13 * 13; n++) {
		size_t rest = n;

		for (size_t i = 0; i < 4; i++, rest /= 13)
			text[i] = letters[rest % 13];
		for (int kind = ENT_BASE64_STD; kind <= ENT_BASE64_URL; kind++) {
			ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(10);
			ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(10);

			ent_error_clear(&err);
			if (ent_base64_decode(&bytes, (enum ent_base64)kind, ent_view_str(text), &err) != ENT_OK)
				continue;
			assert_ok(ent_base64_encode(&again, (enum ent_base64)kind, ent_buf_view(&bytes), &err));
			assert_view(ent_buf_view(&again), text);
		}
	}
}

static void
exact_lengths_are_exact(void **state)
{
	struct ent_error err = { 0 };
	uint8_t out[3];

	(void)state;
	assert_ok(ent_base64_decode_exact(out, 3, ENT_BASE64_STD, ENT_LIT("Zm9v"), &err));
	assert_memory_equal(out, "foo", 3);
	assert_int_equal(ent_base64_decode_exact(out, 2, ENT_BASE64_STD, ENT_LIT("Zm9v"), &err), ENT_E_SYNTAX);
	assert_int_equal(ent_base64_decode_exact(out, 3, ENT_BASE64_STD, ENT_LIT("Zm8="), &err), ENT_E_SYNTAX);
	assert_int_equal(ent_base64_decode_exact(out, 3, ENT_BASE64_STD, ENT_LIT("Zm!v"), &err), ENT_E_SYNTAX);
}

static void
a_ceiling_is_obeyed(void **state)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_view view;

	(void)state;
	assert_ok(ent_base64_encode(&out, ENT_BASE64_STD, ENT_LIT("foo"), &err));
	assert_int_equal(ent_base64_encode(&out, ENT_BASE64_STD, ENT_LIT("f"), &err), ENT_E_LIMIT);
	assert_int_equal(ent_base64_encode(&out, ENT_BASE64_STD, ent_view_from("", SIZE_MAX), &err), ENT_E_LIMIT);
	ent_error_clear(&err);
	assert_ok(ent_arena_new(&arena, 64, &err));
	assert_ok(ent_base64_decode_arena(arena, &view, ENT_BASE64_URL, ENT_LIT("Zm9vYg"), &err));
	assert_view(view, "foob");
	assert_int_equal(ent_base64_encode_arena(arena, &view, ENT_BASE64_STD, ent_view_from("", SIZE_MAX), &err), ENT_E_LIMIT);
}

static void
hex_is_lower_case_and_whole(void **state)
{
	struct ent_error err = { 0 };
	uint8_t out[2];
	char text[5];

	(void)state;
	ent_hex_encode_to(text, ENT_LIT("\x00\xff"));
	assert_string_equal(text, "00ff");
	assert_ok(ent_hex_decode_exact(out, 2, ENT_LIT("00ff"), &err));
	assert_memory_equal(out, "\x00\xff", 2);
	assert_int_equal(ent_hex_decode_exact(out, 2, ENT_LIT("00FF"), &err), ENT_E_SYNTAX);
	assert_int_equal(ent_hex_decode_exact(out, 2, ENT_LIT("00f"), &err), ENT_E_SYNTAX);
	assert_int_equal(ent_hex_decode_exact(out, 2, ENT_LIT("00ff0"), &err), ENT_E_SYNTAX);
	assert_int_equal(ent_hex_decode_exact(out, 2, ENT_LIT("00fg"), &err), ENT_E_SYNTAX);
	assert_int_equal(ent_hex_decode_exact(out, 2, ENT_LIT("0x0f"), &err), ENT_E_SYNTAX);
	assert_int_equal(ent_hex_decode_exact(out, SIZE_MAX, ENT_LIT("00ff"), &err), ENT_E_SYNTAX); /* twice that is no size */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc_go_both_ways),
		cmocka_unit_test(there_is_one_spelling_only),
		cmocka_unit_test(every_text_that_decodes_is_what_encoding_writes),
		cmocka_unit_test(exact_lengths_are_exact),
		cmocka_unit_test(a_ceiling_is_obeyed),
		cmocka_unit_test(hex_is_lower_case_and_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
