#include "net_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"

#define GET(rest) "GET / HTTP/1.1\r\nHost: h\r\n" rest "\r\n"
#define POST(rest) "POST / HTTP/1.1\r\nHost: h\r\n" rest

struct outcome {
	enum ent_status status;
	int http_status; /* of a failure */
	size_t used;     /* 0: more is needed */
	bool expect_continue;
	char method[32], path[256], query[64], body[64];
	bool keep_alive;
	size_t header_count;
};

/* The three steps as a server takes them, `step` bytes at a time. */
static void
feed(struct outcome *out, struct ent_view in, size_t step, size_t body_max)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(body_max);
	struct ent_error err = { 0 };
	struct ent_http_scan scan = { 0 };
	struct ent_http_request request = { 0 };
	struct ent_http_body state;
	size_t head_len = 0, used;

	memset(out, 0, sizeof(*out));
	assert_ok(ent_arena_new(&arena, 1 << 18, &err));
	for (size_t len = step; head_len == 0; len += step) {
		if (len > in.len)
			len = in.len;
		out->status = ent_http_scan_head(&scan, ent_view_slice(in, 0, len), &head_len, &out->http_status, &err);
		if (out->status != ENT_OK || (head_len == 0 && len == in.len))
			return;
	}
	out->status = ent_http_parse_head(&request, arena, ent_view_slice(in, 0, head_len), &out->http_status, &err);
	if (out->status != ENT_OK)
		return;
	out->expect_continue = request.expect_continue;
	out->keep_alive = request.keep_alive;
	out->header_count = request.header_count;
	snprintf(out->method, sizeof(out->method), "%.*s", ENT_FMT(request.method));
	snprintf(out->path, sizeof(out->path), "%.*s", ENT_FMT(request.path));
	snprintf(out->query, sizeof(out->query), "%.*s", ENT_FMT(request.query));
	ent_http_body_init(&state, &request);
	for (size_t at = head_len; !state.done; at += used) {
		if (at == in.len)
			return;
		out->status = ent_http_read_body(&state, ent_view_slice(in, at, step), &used, &body, &out->http_status, &err);
		if (out->status != ENT_OK)
			return;
		head_len = at + used;
	}
	snprintf(out->body, sizeof(out->body), "%.*s", ENT_FMT(ent_buf_view(&body)));
	out->used = head_len;
}

/* Whole and byte by byte must come out alike. */
static struct outcome
run_view(struct ent_view in)
{
	uint8_t *copy = malloc(in.len + (in.len == 0));
	struct outcome whole, bytes;

	assert_non_null(copy);
	memcpy(copy, in.data, in.len);
	feed(&whole, ent_view_from(copy, in.len), in.len + (in.len == 0), ENT_LIMIT_HTTP_BODY);
	feed(&bytes, ent_view_from(copy, in.len), 1, ENT_LIMIT_HTTP_BODY);
	free(copy);
	assert_int_equal(whole.status, bytes.status);
	assert_int_equal(whole.used, bytes.used);
	assert_string_equal(whole.body, bytes.body);
	if (whole.status != ENT_OK)
		assert_int_equal(whole.http_status, bytes.http_status);
	return whole;
}

static struct outcome
run(const char *text)
{
	return run_view(ent_view_str(text));
}

static void
assert_refused(const char *text, int http_status)
{
	struct outcome got = run(text);

	if (got.status == ENT_OK)
		fail_msg("accepted (%zu): %s", got.used, text);
	if (got.http_status != http_status)
		fail_msg("%d, not %d: %s", got.http_status, http_status, text);
}

static void
a_plain_request_is_read(void **state)
{
	struct outcome got = run("GET /a%20b/c?x=1&y=%zz HTTP/1.1\r\nHost: au.example:8080\r\nAccept:  */* \t\r\nX:\r\n\r\nGET");

	(void)state;
	assert_ok(got.status);
	assert_string_equal(got.method, "GET");
	assert_string_equal(got.path, "/a b/c");
	assert_string_equal(got.query, "x=1&y=%zz");
	assert_int_equal(got.header_count, 3);
	assert_true(got.keep_alive);
	assert_int_equal(got.used, strlen("GET /a%20b/c?x=1&y=%zz HTTP/1.1\r\nHost: au.example:8080\r\nAccept:  */* \t\r\nX:\r\n\r\n"));
}

static void
headers_are_found_whatever_their_case(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_http_request request;
	bool expect;
	size_t used;

	(void)state;
	assert_ok(ent_arena_new(&arena, 1 << 18, &err));
	assert_ok(ent_http_parse(&request, arena, ENT_LIT(GET("Dpop: a\r\nDPoP: \tb \r\n")), &used, &expect, &err));
	assert_view(ent_http_header(&request, "dpop"), "a");
	assert_int_equal(ent_http_header_count(&request, "dpop"), 2);
	assert_null(ent_http_header(&request, "dpo").data);
	assert_view(request.headers[2].value, "b");
}

static void
every_cut_request_needs_more(void **state)
{
	static const char text[] = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		struct outcome got = run_view(ent_view_from(text, len));

		assert_ok(got.status);
		assert_int_equal(got.used, 0);
	}
	assert_int_equal(run(text).used, sizeof(text) - 1);
	assert_string_equal(run(text).body, "hello");
}

static void
lines_end_in_cr_lf_and_nothing_else(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\nHost: h\n\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: h\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: h\r\n\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", 400);
	assert_refused(GET("X: a\rb\r\n"), 400);
	assert_refused("GET / HTTP/1.1\rHost: h\r\n\r\n", 400);
	assert_refused("\n", 400);
	assert_ok(run("\r\n" GET("")).status); /* RFC 9112, 2.2: one empty line before it */
	assert_int_equal(run("\r\n" GET("")).used, strlen("\r\n" GET("")));
	assert_refused("\r\n\r\n" GET(""), 400);
	assert_int_equal(run_view(ent_view_from(GET("X: a\0b\r\n"), sizeof(GET("X: a\0b\r\n")) - 1)).http_status, 400);
	assert_refused(GET("X: a\x01\r\n"), 400);
	assert_refused(GET("X: a\x7f\r\n"), 400);
}

static void
header_names_are_tokens(void **state)
{
	(void)state;
	assert_refused(GET("X : a\r\n"), 400);       /* white space before the colon */
	assert_refused(GET("X\t: a\r\n"), 400);
	assert_refused(GET("X: a\r\n b\r\n"), 400);  /* obs-fold */
	assert_refused(GET("X: a\r\n\tb\r\n"), 400);
	assert_refused(GET(": a\r\n"), 400);
	assert_refused(GET("X\r\n"), 400);
	assert_refused(GET("X(: a\r\n"), 400);
	assert_refused(GET("X\xc3\xa4: a\r\n"), 400);
	assert_refused("GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400);
}

static void
a_body_has_one_length(void **state)
{
	(void)state;
	assert_string_equal(run(POST("Content-Length: 3\r\n\r\nabc")).body, "abc");
	assert_string_equal(run(POST("Content-Length: 003\r\n\r\nabc")).body, "abc");
	assert_refused(POST("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
	assert_refused(POST("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"), 400);
	assert_refused(POST("Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400);
	assert_refused(POST("Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400);
	assert_refused(POST("Content-Length: 3, 3\r\n\r\nabc"), 400);
	assert_refused(POST("Content-Length: +3\r\n\r\nabc"), 400);
	assert_refused(POST("Content-Length: -3\r\n\r\nabc"), 400);
	assert_refused(POST("Content-Length: 0x3\r\n\r\nabc"), 400);
	assert_refused(POST("Content-Length: 3 3\r\n\r\nabc"), 400);
	assert_refused(POST("Content-Length: \r\n\r\n"), 400);
	assert_refused(POST("Content-Length: 18446744073709551617\r\n\r\n"), 400);
}

static void
the_only_coding_is_chunked_once(void **state)
{
	(void)state;
	assert_ok(run(POST("transfer-encoding: Chunked\r\n\r\n0\r\n\r\n")).status);
	assert_refused(POST("Transfer-Encoding: gzip\r\n\r\n"), 501);
	assert_refused(POST("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501);
	assert_refused(POST("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), 501);
	assert_refused(POST("Transfer-Encoding: identity\r\n\r\n"), 501);
	assert_refused(POST("Transfer-Encoding: xchunked\r\n\r\n"), 501);
	assert_refused(POST("Transfer-Encoding: \x0b" "chunked\r\n\r\n"), 400);
	assert_refused(POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"), 400);
	assert_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
	assert_refused(POST("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400);
}

static void
chunks_are_read_strictly(void **state)
{
#define CHUNKED POST("Transfer-Encoding: chunked\r\n\r\n")
	(void)state;
	assert_string_equal(run(CHUNKED "5\r\nhello\r\n1;a=b;c=\"d\"\r\n!\r\n0\r\n\r\n").body, "hello!");
	assert_string_equal(run(CHUNKED "0000000A\r\n0123456789\r\n0\r\nExpires: now\r\n\r\n").body, "0123456789");
	assert_refused(CHUNKED "5\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "5;\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "5\r\nhello\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "5\r\nhelloX\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "5 \r\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "5 ;a\r\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED " 5\r\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "+5\r\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "\r\n", 400);
	assert_refused(CHUNKED ";a\r\n", 400);
	assert_refused(CHUNKED "000000005\r\nhello\r\n0\r\n\r\n", 400);
	assert_refused(CHUNKED "FFFFFFFF\r\n", 413);
	assert_refused(CHUNKED "100000000\r\n", 400);
	assert_refused(CHUNKED "0\r\n folded\r\n\r\n", 400);
	assert_refused(CHUNKED "0\r\nT: a\n\r\n", 400);
	assert_refused(CHUNKED "0\r\n\n", 400);
	assert_refused(CHUNKED "5;a=\x01\r\nhello\r\n0\r\n\r\n", 400);
}

static void
paths_have_one_meaning(void **state)
{
	static const char *const bad[] = { "/..", "/../x", "/x/..", "/x/../y", "/./x", "/.", "/%2e%2e/x", "/%2E./x", "/x%2fy", "/x%2Fy",
	    "/x%5cy", "/x\\y", "/x%00y", "/x%0ay", "/x%", "/x%2", "/x%g0", "/x%7f", "/x\"y", "/x<y", "/x|y", "/x#y", "/x?a#b", "x", "?x",
	    "/\xff" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", bad[i]);
		assert_refused(text, 400);
	}
	assert_string_equal(run("GET /...%252e/~a/-._!$&'()*+,;=:@ HTTP/1.1\r\nHost: h\r\n\r\n").path, "/...%2e/~a/-._!$&'()*+,;=:@");
	assert_string_equal(run("GET //x HTTP/1.1\r\nHost: h\r\n\r\n").path, "//x");
	assert_string_equal(run("GET /\x25" "C3\x25" "A4 HTTP/1.1\r\nHost: h\r\n\r\n").path, "/\xc3\xa4");
}

static void
the_request_line_is_three_words(void **state)
{
	(void)state;
	assert_refused("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400);
	assert_refused("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400);
	assert_refused("GET /\r\nHost: h\r\n\r\n", 400);
	assert_refused("GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", 400);
	assert_refused(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400);
	assert_refused("G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400);
	assert_refused("GET / http/1.1\r\nHost: h\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1x\r\nHost: h\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505);
	assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
	assert_refused("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 501);
	assert_refused("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 501);
	assert_refused("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
	assert_ok(run("ABCDEFGHIJKLMNOP / HTTP/1.1\r\nHost: h\r\n\r\n").status);
	assert_refused("\x16\x03\x01\x02\r\n\r\n", 400); /* TLS */
}

static void
one_host_and_the_target_names_no_other(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\r\n\r\n", 400);
	assert_refused(GET("Host: h\r\n"), 400);
	assert_refused("GET / HTTP/1.1\r\nHost: \r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400);
	assert_ok(run("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n").status);
	assert_string_equal(run("GET http://H:1/x?y HTTP/1.1\r\nHost: h:1\r\n\r\n").path, "/x");
	assert_refused("GET http://other/x HTTP/1.1\r\nHost: h\r\n\r\n", 400);
	assert_refused("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", 400); /* no path */
	assert_refused("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400);
}

static void
connections_close_when_told_and_for_old_versions(void **state)
{
	(void)state;
	assert_false(run(GET("Connection: close\r\n")).keep_alive);
	assert_false(run(GET("Connection: foo , CLOSE\r\n")).keep_alive);
	assert_false(run(GET("Connection: foo\r\nConnection: close\r\n")).keep_alive);
	assert_true(run(GET("Connection: keep-alive, closed\r\n")).keep_alive);
	assert_false(run("GET / HTTP/1.0\r\n\r\n").keep_alive);
	assert_false(run("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

static void
an_expectation_is_known_or_refused(void **state)
{
	struct outcome got = run(POST("Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n"));

	(void)state;
	assert_ok(got.status);
	assert_true(got.expect_continue);
	assert_int_equal(got.used, 0);
	assert_refused(POST("Content-Length: 1\r\nExpect: magic\r\n\r\n"), 417);
	assert_refused(POST("Content-Length: 1\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), 417);
	assert_false(run("POST / HTTP/1.0\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n").expect_continue);
}

/* A request whose head has exactly head_len bytes. */
static struct outcome
run_head_of(size_t head_len)
{
	static const char start[] = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
	char *text = malloc(head_len);
	struct outcome got;

	assert_non_null(text);
	memset(text, 'x', head_len);
	memcpy(text, start, sizeof(start) - 1);
	memcpy(text + head_len - 4, "\r\n\r\n", 4);
	feed(&got, ent_view_from(text, head_len), 1000, 0);
	free(text);
	return got;
}

static void
heads_have_a_limit(void **state)
{
	struct outcome got;

	(void)state;
	assert_int_equal(run_head_of(ENT_LIMIT_HTTP_HEAD).used, ENT_LIMIT_HTTP_HEAD);
	got = run_head_of(ENT_LIMIT_HTTP_HEAD + 1);
	assert_int_equal(got.status, ENT_E_LIMIT);
	assert_int_equal(got.http_status, 431);
}

static void
headers_and_targets_have_limits(void **state)
{
	char text[16384];
	size_t n;

	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: h\r\n");
		for (size_t i = 1; i < ENT_LIMIT_HTTP_HEADERS + extra; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "X: %zu\r\n", i);
		snprintf(text + n, sizeof(text) - n, "\r\n");
		if (extra == 0)
			assert_int_equal(run(text).header_count, ENT_LIMIT_HTTP_HEADERS);
		else
			assert_refused(text, 431);
		snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\nHost: h\r\n\r\n", ENT_LIMIT_HTTP_TARGET - 1 + (int)extra, 0);
		if (extra == 0)
			assert_ok(run(text).status);
		else
			assert_refused(text, 414);
	}
}

static void
bodies_have_a_limit_in_both_framings(void **state)
{
	struct outcome got;

	(void)state;
	feed(&got, ENT_LIT(POST("Content-Length: 5\r\n\r\nhello")), 7, 5);
	assert_string_equal(got.body, "hello");
	feed(&got, ENT_LIT(POST("Content-Length: 5\r\n\r\nhello")), 7, 4);
	assert_int_equal(got.http_status, 413);
	feed(&got, ENT_LIT(POST("Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")), 3, 5);
	assert_string_equal(got.body, "hello");
	feed(&got, ENT_LIT(POST("Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\n")), 3, 4); /* as soon as it is announced */
	assert_int_equal(got.http_status, 413);
}

/* `count` chunks of one byte with an extension of `ext` bytes each, then a trailer of `trailer` bytes. */
static struct outcome
run_extras(size_t count, int ext, int trailer)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 20);
	struct ent_error err = { 0 };
	struct outcome got;

	assert_ok(ent_buf_add_str(&text, POST("Transfer-Encoding: chunked\r\n\r\n"), &err));
	for (size_t i = 0; i < count; i++)
		assert_ok(ent_buf_printf(&text, &err, "1;%0*d\r\nx\r\n", ext - 1, 0));
	assert_ok(ent_buf_printf(&text, &err, "0\r\n"));
	if (trailer > 0)
		assert_ok(ent_buf_printf(&text, &err, "T:%0*d\r\n", trailer - 2, 0));
	assert_ok(ent_buf_printf(&text, &err, "\r\n"));
	feed(&got, ent_buf_view(&text), 100, 1000);
	return got;
}

static void
extensions_and_trailers_have_limits(void **state)
{
	const int line = ENT_LIMIT_HTTP_CHUNK_LINE - 1; /* without the digit */

	(void)state;
	assert_string_equal(run_extras(1, line, 0).body, "x");
	assert_int_equal(run_extras(1, line + 1, 0).http_status, 400);
	assert_ok(run_extras(ENT_LIMIT_HTTP_CHUNK_EXTRA / 128, 128, 0).status);
	assert_int_equal(run_extras(ENT_LIMIT_HTTP_CHUNK_EXTRA / 128, 128, 3).http_status, 400);
	assert_string_equal(run_extras(1, 2, ENT_LIMIT_HTTP_CHUNK_EXTRA - 2).body, "x");
	assert_int_equal(run_extras(1, 2, ENT_LIMIT_HTTP_CHUNK_EXTRA - 1).http_status, 400);
}

static void
error_bodies_are_json(void **state)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(200);
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_http_error_body(&out, 401, "say \"x\"\n", &err));
	assert_view(ent_buf_view(&out), "{\"code\":\"unauthenticated\",\"message\":\"say \\u0022x\\u0022\\u000a\"}");
	assert_string_equal(ent_http_reason(404), "Not Found");
	assert_string_equal(ent_http_reason(299), "Status");
	assert_true(ent_http_is_header_line(ENT_LIT("DPoP-Nonce: x")));
	assert_false(ent_http_is_header_line(ENT_LIT("DPoP-Nonce x")));
	assert_false(ent_http_is_header_line(ENT_LIT("X: a\r\nSet-Cookie: b")));
	assert_false(ent_http_is_header_line(ENT_LIT("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_request_is_read),
		cmocka_unit_test(headers_are_found_whatever_their_case),
		cmocka_unit_test(every_cut_request_needs_more),
		cmocka_unit_test(lines_end_in_cr_lf_and_nothing_else),
		cmocka_unit_test(header_names_are_tokens),
		cmocka_unit_test(a_body_has_one_length),
		cmocka_unit_test(the_only_coding_is_chunked_once),
		cmocka_unit_test(chunks_are_read_strictly),
		cmocka_unit_test(paths_have_one_meaning),
		cmocka_unit_test(the_request_line_is_three_words),
		cmocka_unit_test(one_host_and_the_target_names_no_other),
		cmocka_unit_test(connections_close_when_told_and_for_old_versions),
		cmocka_unit_test(an_expectation_is_known_or_refused),
		cmocka_unit_test(heads_have_a_limit),
		cmocka_unit_test(headers_and_targets_have_limits),
		cmocka_unit_test(bodies_have_a_limit_in_both_framings),
		cmocka_unit_test(extensions_and_trailers_have_limits),
		cmocka_unit_test(error_bodies_are_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
