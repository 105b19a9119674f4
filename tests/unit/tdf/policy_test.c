#include "support.h"

#include "codec/base64.h"
#include "tdf/policy.h"

#define UUID "00000000-0000-4000-8000-000000000001"

static enum ent_status
parse(struct ent_policy *out, struct ent_arena **arena, const char *json, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) base64 = ent_buf_with_max(1 << 20);

	ent_arena_free(*arena);
	*arena = NULL;
	ENT_TRY(ent_arena_new(arena, 1 << 20, err));
	ENT_TRY(ent_base64_encode(&base64, ENT_BASE64_STD, ent_view_str(json), err));
	return ent_policy_parse(out, *arena, ent_buf_view(&base64), err);
}

static void
policies_are_judged(void **state)
{
	static const struct { const char *json; enum ent_status status; size_t attributes, dissem; } rows[] = {
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":null,\"dissem\":null}}", ENT_OK, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{}}", ENT_OK, 0, 0 },
		{ "{\"uuid\":\"ABCDEF00-0000-4000-8000-00000000000a\",\"body\":{},\"more\":{\"x\":1}}", ENT_OK, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[{\"attribute\":\"https://h/attr/a/value/B\"}],\"dissem\":[\"a@b\",\"A@b\"]}}", ENT_OK, 1, 2 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[{\"attribute\":\"x\"},{\"attribute\":\"x\"}]}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dissem\":[\"a\",\"a\"]}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[\"x\"]}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[{}]}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[{\"attribute\":\"\"}]}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[{\"attribute\":\"a\\nb\"}]}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":{}}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dissem\":[1]}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{\"dissem\":\"a\"}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":[]}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\"}", ENT_E_FORMAT, 0, 0 },
		{ "{\"body\":{}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":null,\"body\":{}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"00000000-0000-4000-8000-00000000000\",\"body\":{}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"00000000-0000-4000-8000-00000000000g\",\"body\":{}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"000000000-000-4000-8000-000000000000\",\"body\":{}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"uuid\":\"" UUID "\",\"body\":{}}", ENT_E_FORMAT, 0, 0 },
		{ "{\"uuid\":\"" UUID "\",\"body\":{}} x", ENT_E_FORMAT, 0, 0 },
		{ "[]", ENT_E_FORMAT, 0, 0 },
		{ "", ENT_E_FORMAT, 0, 0 },
	};
	ENT_AUTO(ent_arena) arena = NULL;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_error err = { 0 };
		struct ent_policy policy;
		enum ent_status status = parse(&policy, &arena, rows[i].json, &err);

		if (status != rows[i].status)
			fail_msg("%s: %s", rows[i].json, err.text);
		if (status != ENT_OK)
			continue;
		assert_int_equal(policy.attribute_count, rows[i].attributes);
		assert_int_equal(policy.dissem_count, rows[i].dissem);
		assert_false(policy.has_seal);
	}
}

static void
a_seal_of_any_type_is_seen(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_policy policy;

	(void)state;
	assert_ok(parse(&policy, &arena, "{\"uuid\":\"" UUID "\",\"body\":{},\"entente\":\"note\\nline\\n\",\"ententeWriter\":\"w\"}", &err));
	assert_true(policy.has_seal && policy.has_writer);
	assert_true(ent_view_eq_str(policy.seal_note, "note\nline\n"));
	assert_true(ent_view_eq_str(policy.writer_note, "w"));
	assert_ok(parse(&policy, &arena, "{\"uuid\":\"" UUID "\",\"body\":{},\"entente\":null}", &err));
	assert_true(policy.has_seal);
	assert_int_equal(policy.seal_note.len, 0);
}

static void
bad_base64_and_bad_utf8_are_refused(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_policy policy;

	(void)state;
	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	assert_refused(ent_policy_parse(&policy, arena, ENT_LIT("e30"), &err), ENT_E_FORMAT);
	assert_refused(ent_policy_parse(&policy, arena, ENT_LIT("e3 0="), &err), ENT_E_FORMAT);
	assert_refused(parse(&policy, &arena, "{\"uuid\":\"" UUID "\",\"body\":{\"dissem\":[\"\xff\"]}}", &err), ENT_E_FORMAT);
}

static void
what_is_built_is_what_go_writes(void **state)
{
	const struct ent_view attributes[] = { ENT_LIT("https://h/attr/a/value/b") };
	const struct ent_view dissem[] = { ENT_LIT("alice@au.example") };
	ENT_AUTO_FINI(ent_buf) base64 = ent_buf_with_max(1 << 20);
	ENT_AUTO_FINI(ent_buf) json = ent_buf_with_max(1 << 20);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_policy policy;

	(void)state;
	assert_ok(ent_policy_build(&base64, ENT_LIT(UUID), attributes, 1, dissem, 1, ENT_LIT("note\n\xe2\x80\x94 key\n"), &err));
	assert_ok(ent_base64_decode(&json, ENT_BASE64_STD, ent_buf_view(&base64), &err));
	assert_true(ent_view_eq_str(ent_buf_view(&json), "{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[{\"attribute\":\"https://h/attr/a/value/b\","
	    "\"displayName\":\"\",\"isDefault\":false,\"pubKey\":\"\",\"kasURL\":\"\"}],\"dissem\":[\"alice@au.example\"]},\"entente\":\"note\\n\xe2\x80\x94 key\\n\"}"));
	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	assert_ok(ent_policy_parse(&policy, arena, ent_buf_view(&base64), &err));
	assert_true(ent_view_eq_str(policy.seal_note, "note\n\xe2\x80\x94 key\n"));
	assert_true(ent_view_eq(policy.attributes[0], attributes[0]));
}

/* C-71: the certificate stands beside the seal. */
static void
a_writers_certificate_is_printed_and_read_beside_the_seal(void **state)
{
	const struct ent_policy written = { .uuid = ENT_LIT(UUID), .seal_note = ENT_LIT("seal\n"), .writer_note = ENT_LIT("certificate\n") };
	ENT_AUTO_FINI(ent_buf) base64 = ent_buf_with_max(1 << 20);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_policy policy;

	(void)state;
	assert_ok(ent_policy_print(&base64, &written, &err));
	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	assert_ok(ent_policy_parse(&policy, arena, ent_buf_view(&base64), &err));
	assert_true(policy.has_seal && policy.has_writer);
	assert_true(ent_view_eq_str(policy.seal_note, "seal\n"));
	assert_true(ent_view_eq_str(policy.writer_note, "certificate\n"));
	ent_buf_clear(&base64);
	assert_refused(ent_policy_print(&base64, &(struct ent_policy){ .uuid = ENT_LIT(UUID), .writer_note = ENT_LIT("\xff") }, &err), ENT_E_INPUT);
}

static void
the_policy_of_appendix_a_comes_out_byte_for_byte(void **state)
{
	ENT_AUTO_FINI(ent_buf) base64 = ent_buf_with_max(1 << 20);
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_policy_build(&base64, ENT_LIT(UUID), NULL, 0, NULL, 0, ENT_VIEW_NONE, &err));
	assert_true(ent_view_eq_str(ent_buf_view(&base64), POLICY_B64));
}

static void
lists_and_size_are_limited_at_n_and_not_below(void **state)
{
	struct ent_view texts[ENT_LIMIT_DISSEM + 1];
	char names[ENT_LIMIT_DISSEM + 1][16];
	ENT_AUTO_FINI(ent_buf) base64 = ent_buf_with_max(1 << 20);
	ENT_AUTO_FINI(ent_buf) note = sample(ENT_LIMIT_POLICY);
	struct ent_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(texts); i++)
		texts[i] = ent_view_from(names[i], (size_t)snprintf(names[i], sizeof(names[i]), "n%zu", i));
	assert_ok(ent_policy_build(&base64, ENT_LIT(UUID), texts, ENT_LIMIT_ATTRIBUTES, texts, ENT_LIMIT_DISSEM, ENT_VIEW_NONE, &err));
	assert_refused(ent_policy_build(&base64, ENT_LIT(UUID), texts, ENT_LIMIT_ATTRIBUTES + 1, NULL, 0, ENT_VIEW_NONE, &err), ENT_E_LIMIT);
	assert_refused(ent_policy_build(&base64, ENT_LIT(UUID), NULL, 0, texts, ENT_LIMIT_DISSEM + 1, ENT_VIEW_NONE, &err), ENT_E_LIMIT);
	assert_refused(ent_policy_build(&base64, ENT_LIT("no uuid"), NULL, 0, NULL, 0, ENT_VIEW_NONE, &err), ENT_E_INPUT);
	assert_refused(ent_policy_build(&base64, ENT_LIT(UUID), NULL, 0, NULL, 0, ENT_LIT("\xff"), &err), ENT_E_INPUT);
	/* 262,144 characters hold 196,608 bytes; the frame takes 101 of them */
	memset(note.data, 'a', note.len);
	ent_buf_clear(&base64);
	note.len = ENT_LIMIT_POLICY / 4 * 3 - (sizeof("{\"uuid\":\"" UUID "\",\"body\":{\"dataAttributes\":[],\"dissem\":[]},\"entente\":\"\"}") - 1);
	assert_ok(ent_policy_build(&base64, ENT_LIT(UUID), NULL, 0, NULL, 0, ent_buf_view(&note), &err));
	assert_int_equal(base64.len, ENT_LIMIT_POLICY);
	ent_buf_clear(&base64);
	note.len++;
	assert_refused(ent_policy_build(&base64, ENT_LIT(UUID), NULL, 0, NULL, 0, ent_buf_view(&note), &err), ENT_E_LIMIT);
	assert_int_equal(base64.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_are_judged),
		cmocka_unit_test(a_seal_of_any_type_is_seen),
		cmocka_unit_test(bad_base64_and_bad_utf8_are_refused),
		cmocka_unit_test(what_is_built_is_what_go_writes),
		cmocka_unit_test(a_writers_certificate_is_printed_and_read_beside_the_seal),
		cmocka_unit_test(the_policy_of_appendix_a_comes_out_byte_for_byte),
		cmocka_unit_test(lists_and_size_are_limited_at_n_and_not_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
