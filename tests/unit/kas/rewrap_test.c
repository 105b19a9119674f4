#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kas/rewrap.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

#define BULK                                                                                                           \
	"{\"clientPublicKey\":\"PEM\",\"requests\":[{\"policy\":{\"id\":\"policy\",\"body\":\"cG9s\"},"                  \
	"\"keyAccessObjects\":[{\"keyAccessObjectId\":\"kao-0\",\"keyAccessObject\":{\"type\":\"ec-wrapped\","           \
	"\"url\":\"http://a\",\"protocol\":\"kas\",\"wrappedKey\":\"+/+/\",\"policyBinding\":{\"alg\":\"HS256\","        \
	"\"hash\":\"aGFzaA==\"},\"kid\":\"e-1\",\"sid\":\"1\",\"ephemeralPublicKey\":\"EPH\"}}]}]}"

struct parsed {
	struct ent_arena *arena;
	struct ent_rewrap_request request;
	struct ent_rewrap_response response;
	struct ent_error err;
};

static void
parsed_fini(struct parsed *p)
{
	ent_arena_free(p->arena);
}
#define AUTO_PARSED __attribute__((cleanup(parsed_fini))) struct parsed

static enum ent_status
parse(struct parsed *p, const char *text)
{
	assert_ok(ent_arena_new(&p->arena, 16 << 20, &p->err));
	return ent_rewrap_request_parse(&p->request, p->arena, ent_view_str(text), &p->err);
}

static enum ent_status
parse_response(struct parsed *p, const char *text)
{
	assert_ok(ent_arena_new(&p->arena, 16 << 20, &p->err));
	return ent_rewrap_response_parse(&p->response, p->arena, ent_view_str(text), &p->err);
}

static void
assert_view(struct ent_view view, const char *text)
{
	assert_int_equal(view.len, strlen(text));
	assert_memory_equal(view.data, text, view.len);
}

static void
a_bulk_request_is_read_and_printed_as_it_was(void **state)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65536);
	AUTO_PARSED p = { 0 };
	const struct ent_kao *kao;

	(void)state;
	assert_ok(parse(&p, BULK));
	assert_false(p.request.single_form);
	assert_int_equal(p.request.policy_count, 1);
	assert_view(p.request.policies[0].id, "policy");
	assert_view(p.request.policies[0].body_base64, "cG9s");
	assert_int_equal(p.request.policies[0].object_count, 1);
	assert_true(p.request.policies[0].objects[0].present);
	assert_view(p.request.policies[0].objects[0].id, "kao-0");
	kao = &p.request.policies[0].objects[0].kao;
	assert_view(kao->type, "ec-wrapped");
	assert_view(kao->wrapped_key, "+/+/");
	assert_view(kao->binding_alg, "HS256");
	assert_view(kao->binding_hash, "aGFzaA==");
	assert_view(kao->sid, "1");
	assert_view(kao->ephemeral_pem, "EPH");
	assert_ok(ent_rewrap_request_print(&text, &p.request, &p.err));
	assert_view(ent_buf_view(&text),
	    "{\"clientPublicKey\":\"PEM\",\"requests\":[{\"policy\":{\"id\":\"policy\",\"body\":\"cG9s\"},"
	    "\"keyAccessObjects\":[{\"keyAccessObjectId\":\"kao-0\",\"keyAccessObject\":{\"type\":\"ec-wrapped\","
	    "\"url\":\"http://a\",\"protocol\":\"kas\",\"wrappedKey\":\"+/+/\",\"policyBinding\":{\"alg\":\"HS256\","
	    "\"hash\":\"aGFzaA==\"},\"kid\":\"e-1\",\"sid\":\"1\",\"ephemeralPublicKey\":\"EPH\"}}]}]}");
}

static void
original_field_names_are_understood(void **state)
{
	AUTO_PARSED p = { 0 };
	const struct ent_kao *kao;

	(void)state;
	assert_ok(parse(&p, "{\"client_public_key\":\"PEM\",\"requests\":[{\"policy\":{\"id\":\"p\",\"body\":\"\"},"
			    "\"key_access_objects\":[{\"key_access_object_id\":\"k\",\"key_access_object\":{\"key_type\":\"wrapped\","
			    "\"kas_url\":\"u\",\"split_id\":\"s\",\"wrapped_key\":\"AAAA\",\"policy_binding\":{\"algorithm\":\"HS256\","
			    "\"hash\":\"h\"},\"ephemeral_public_key\":\"e\",\"encrypted_metadata\":\"m\"}}]}]}"));
	kao = &p.request.policies[0].objects[0].kao;
	assert_view(p.request.client_public_key, "PEM");
	assert_view(kao->type, "wrapped");
	assert_view(kao->url, "u");
	assert_view(kao->sid, "s");
	assert_view(kao->binding_alg, "HS256");
	assert_view(kao->encrypted_metadata, "m");
}

static void
a_member_under_both_of_its_names_is_refused(void **state)
{
	AUTO_PARSED p = { 0 };

	(void)state;
	assert_int_equal(parse(&p, "{\"clientPublicKey\":\"a\",\"client_public_key\":\"b\"}"), ENT_E_SYNTAX);
}

static void
the_single_form_is_one_object_of_one_policy(void **state)
{
	AUTO_PARSED p = { 0 };

	(void)state;
	assert_ok(parse(&p, "{\"clientPublicKey\":\"PEM\",\"policy\":\"cG9s\",\"keyAccess\":{\"type\":\"wrapped\","
			    "\"policyBinding\":\"aGFzaA==\",\"wrappedKey\":\"AAAA\"}}"));
	assert_true(p.request.single_form);
	assert_view(p.request.policies[0].id, "policy-1");
	assert_view(p.request.policies[0].objects[0].id, "kao-0");
	assert_view(p.request.policies[0].objects[0].kao.binding_hash, "aGFzaA==");
	assert_int_equal(p.request.policies[0].objects[0].kao.binding_alg.len, 0);
}

static void
a_bare_binding_in_the_bulk_form_is_an_invalid_body(void **state)
{
	AUTO_PARSED p = { 0 };

	(void)state;
	assert_int_equal(parse(&p, "{\"requests\":[{\"keyAccessObjects\":[{\"keyAccessObject\":{\"policyBinding\":\"x\"}}]}]}"),
	    ENT_E_SYNTAX);
	assert_non_null(strstr(p.err.text, "invalid request body"));
}

static void
null_is_absent_and_unknown_members_are_ignored(void **state)
{
	AUTO_PARSED p = { 0 };

	(void)state;
	assert_ok(parse(&p, "{\"clientPublicKey\":null,\"receipts\":[1,123456789012345678901234567890],\"requests\":"
			    "[{\"policy\":null,\"keyAccessObjects\":[{\"keyAccessObjectId\":\"k\",\"keyAccessObject\":null}]}]}"));
	assert_int_equal(p.request.client_public_key.len, 0);
	assert_int_equal(p.request.policies[0].id.len, 0);
	assert_false(p.request.policies[0].objects[0].present);
}

static void
wrapped_keys_of_both_alphabets_become_one_text(void **state)
{
	static const struct {
		const char *given, *kept;
	} rows[] = { { "-_-_", "+/+/" }, { "-_8", "+/8=" }, { "+/8=", "+/8=" }, { "-_8=", "+/8=" }, { "+w", "+w==" } };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		AUTO_PARSED p = { 0 };
		char text[128];

		snprintf(text, sizeof(text), "{\"keyAccess\":{\"wrappedKey\":\"%s\"}}", rows[i].given);
		assert_ok(parse(&p, text));
		assert_view(p.request.policies[0].objects[0].kao.wrapped_key, rows[i].kept);
	}
}

static void
wrapped_keys_that_are_no_base64_are_refused(void **state)
{
	static const char *const bad[] = { "A", "AA=", "AAA==", "====", "A A=", "AB==", "AA==\\n", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		AUTO_PARSED p = { 0 };
		char text[128];

		snprintf(text, sizeof(text), "{\"keyAccess\":{\"wrappedKey\":\"%s\"}}", bad[i]);
		assert_int_equal(parse(&p, text), ENT_E_SYNTAX);
	}
}

static void
what_is_not_one_strict_json_object_is_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "null", "{", "{} x", "{\"policy\":\"a\",\"policy\":\"b\"}", "{\"policy\":1}",
		"{\"policy\":\"\\u0000\"}", "{\"policy\":\"\xff\"}", "{\"requests\":{}}", "{\"requests\":[1]}",
		"{\"requests\":[{\"keyAccessObjects\":[null]}]}", "{\"requests\":[{\"policy\":[]}]}", "{\"keyAccess\":[]}" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		AUTO_PARSED p = { 0 };

		assert_int_equal(parse(&p, bad[i]), ENT_E_SYNTAX);
	}
}

static void
nesting_is_limited_and_brackets_in_strings_do_not_count(void **state)
{
	AUTO_PARSED p = { 0 };
	AUTO_PARSED q = { 0 };
	AUTO_PARSED r = { 0 };

	(void)state;
	/* 32 levels with the object itself */
	assert_ok(parse(&p, "{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"));
	assert_int_equal(parse(&q, "{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"), ENT_E_LIMIT);
	assert_ok(parse(&r, "{\"x\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}"));
}

static char *
many(const char *head, const char *item, size_t count, const char *tail)
{
	size_t size = strlen(head) + count * (strlen(item) + 1) + strlen(tail) + 1;
	char *text = malloc(size);
	char *at;

	assert_non_null(text);
	at = stpcpy(text, head);
	for (size_t i = 0; i < count; i++) {
		at = stpcpy(at, item);
		if (i + 1 < count)
			*at++ = ',';
	}
	strcpy(at, tail);
	return text;
}

static void
policies_and_objects_are_limited(void **state)
{
	(void)state;
	for (size_t over = 0; over < 2; over++) {
		AUTO_PARSED p = { 0 };
		AUTO_PARSED q = { 0 };
		char *policies = many("{\"requests\":[", "{}", ENT_LIMIT_REWRAP_POLICIES + over, "]}");
		/* 100 in a first policy and the rest in a second: the limit is over all of them */
		char *first = many("{\"requests\":[{\"keyAccessObjects\":[", "{}", 100, "]},{\"keyAccessObjects\":[");
		char *objects = many(first, "{}", ENT_LIMIT_REWRAP_OBJECTS - 100 + over, "]}]}");

		assert_int_equal(parse(&p, policies), over ? ENT_E_LIMIT : ENT_OK);
		assert_int_equal(parse(&q, objects), over ? ENT_E_LIMIT : ENT_OK);
		free(policies);
		free(first);
		free(objects);
	}
}

static void
a_body_of_the_limit_is_read_and_one_byte_more_is_not(void **state)
{
	(void)state;
	for (size_t over = 0; over < 2; over++) {
		AUTO_PARSED p = { 0 };
		char *text = many("{\"policy\":\"", "", 1, "");
		size_t len = ENT_LIMIT_REWRAP_BODY + over;
		char *body = malloc(len + 1);

		assert_non_null(body);
		memset(body, 'A', len);
		memcpy(body, text, strlen(text));
		memcpy(body + len - 2, "\"}", 3);
		assert_int_equal(parse(&p, body), over ? ENT_E_LIMIT : ENT_OK);
		free(body);
		free(text);
	}
}

static void
an_answer_is_printed_as_clients_expect_it(void **state)
{
	struct ent_rewrap_result results[] = {
		{ .object_id = ENT_LIT("kao-0"), .permit = true, .wrapped = ENT_LIT("\xfb\xff"), .metadata_json = ENT_LIT("{\"request_id\":\"r\"}") },
		{ .object_id = ENT_LIT("kao-1"), .error = ent_view_str(ent_wire_forbidden) },
	};
	struct ent_rewrap_policy_result policies[] = { { ENT_LIT("policy"), results, 2 } };
	const struct ent_rewrap_response response = { ENT_LIT("PEM"), policies, 1 };
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65536);
	const char *printed;
	AUTO_PARSED p = { 0 };

	(void)state;
	assert_ok(ent_rewrap_response_print(&text, &response, &p.err));
	assert_ok(ent_buf_cstr(&text, &printed, &p.err));
	assert_string_equal(printed,
	    "{\"sessionPublicKey\":\"PEM\",\"responses\":[{\"policyId\":\"policy\",\"results\":["
	    "{\"keyAccessObjectId\":\"kao-0\",\"status\":\"permit\",\"kasWrappedKey\":\"+/8=\","
	    "\"metadata\":{\"X-Required-Obligations\":[],\"entente\":{\"request_id\":\"r\"}}},"
	    "{\"keyAccessObjectId\":\"kao-1\",\"status\":\"fail\",\"error\":\"permission_denied: request error\\nrpc error: code = "
	    "PermissionDenied desc = forbidden\",\"metadata\":{\"X-Required-Obligations\":[]}}]}]}");
	assert_ok(parse_response(&p, printed));
	assert_view(p.response.session_public_key, "PEM");
	assert_int_equal(p.response.policies[0].result_count, 2);
	assert_true(p.response.policies[0].results[0].permit);
	assert_view(p.response.policies[0].results[0].wrapped, "\xfb\xff");
	assert_view(p.response.policies[0].results[0].metadata_json, "{\"request_id\":\"r\"}");
	assert_false(p.response.policies[0].results[1].permit);
	assert_view(p.response.policies[0].results[1].error, ent_wire_forbidden);
	assert_int_equal(p.response.policies[0].results[1].metadata_json.len, 0);
}

static void
an_answer_that_contradicts_itself_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"responses\":[{\"results\":[{\"status\":\"permit\"}]}]}",
		"{\"responses\":[{\"results\":[{\"status\":\"permit\",\"kasWrappedKey\":\"\"}]}]}",
		"{\"responses\":[{\"results\":[{\"status\":\"fail\",\"kasWrappedKey\":\"AAAA\"}]}]}",
		"{\"responses\":[{\"results\":[{\"status\":\"maybe\",\"kasWrappedKey\":\"AAAA\"}]}]}",
		"{\"responses\":[{\"results\":[{\"status\":\"permit\",\"kasWrappedKey\":\"A\"}]}]}",
		"{\"responses\":[1]}",
		"{\"responses\":[{\"results\":[\"permit\"]}]}",
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		AUTO_PARSED p = { 0 };

		assert_int_equal(parse_response(&p, bad[i]), ENT_E_SYNTAX);
	}
}

static void
foreign_metadata_is_ignored(void **state)
{
	AUTO_PARSED p = { 0 };

	(void)state;
	assert_ok(parse_response(&p, "{\"responses\":[{\"results\":[{\"status\":\"fail\",\"error\":\"e\",\"metadata\":{\"entente\":7,"
				     "\"other\":[{}]}}]}]}"));
	assert_int_equal(p.response.policies[0].results[0].metadata_json.len, 0);
}

static void
metadata_that_is_no_object_is_not_printed(void **state)
{
	struct ent_rewrap_result results[] = { { .object_id = ENT_LIT("k"), .error = ENT_LIT("e"), .metadata_json = ENT_LIT("[]") } };
	struct ent_rewrap_policy_result policies[] = { { ENT_LIT("policy"), results, 1 } };
	const struct ent_rewrap_response response = { ENT_VIEW_NONE, policies, 1 };
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65536);
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(ent_rewrap_response_print(&text, &response, &err), ENT_E_SYNTAX);
}

static void
error_texts_are_those_that_clients_match(void **state)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(256);
	struct ent_error err = { 0 };

	(void)state;
	assert_string_equal(ent_wire_bad_request,
	    "invalid_argument: request error\nrpc error: code = InvalidArgument desc = bad request");
	assert_string_equal(ent_wire_unavailable,
	    "internal: internal error\nrpc error: code = Internal desc = internal: auth-service-unavailable");
	assert_ok(ent_wire_invalid(&text, "bad request", &err));
	assert_view(ent_buf_view(&text), ent_wire_bad_request);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bulk_request_is_read_and_printed_as_it_was),
		cmocka_unit_test(original_field_names_are_understood),
		cmocka_unit_test(a_member_under_both_of_its_names_is_refused),
		cmocka_unit_test(the_single_form_is_one_object_of_one_policy),
		cmocka_unit_test(a_bare_binding_in_the_bulk_form_is_an_invalid_body),
		cmocka_unit_test(null_is_absent_and_unknown_members_are_ignored),
		cmocka_unit_test(wrapped_keys_of_both_alphabets_become_one_text),
		cmocka_unit_test(wrapped_keys_that_are_no_base64_are_refused),
		cmocka_unit_test(what_is_not_one_strict_json_object_is_refused),
		cmocka_unit_test(nesting_is_limited_and_brackets_in_strings_do_not_count),
		cmocka_unit_test(policies_and_objects_are_limited),
		cmocka_unit_test(a_body_of_the_limit_is_read_and_one_byte_more_is_not),
		cmocka_unit_test(an_answer_is_printed_as_clients_expect_it),
		cmocka_unit_test(an_answer_that_contradicts_itself_is_refused),
		cmocka_unit_test(foreign_metadata_is_ignored),
		cmocka_unit_test(metadata_that_is_no_object_is_not_printed),
		cmocka_unit_test(error_texts_are_those_that_clients_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
