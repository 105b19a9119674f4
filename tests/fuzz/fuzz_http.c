/* Requests: whole and in small pieces they come out alike; what is accepted keeps what the header of the parser promises. */
#include <stdlib.h>

#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { BODY_MAX = 4096 };

struct outcome {
	enum ent_status status;
	size_t used;
	size_t body_len;
	int http_status;
};

static void
check(const struct ent_http_request *request)
{
	ENT_ASSERT(request->method.len > 0 && request->method.len <= ENT_LIMIT_HTTP_METHOD);
	ENT_ASSERT(request->path.len > 0 && request->path.data[0] == '/' && request->path.len <= ENT_LIMIT_HTTP_TARGET);
	ENT_ASSERT(memchr(request->path.data, '\0', request->path.len) == NULL);
	ENT_ASSERT(memmem(request->path.data, request->path.len, "/../", 4) == NULL);
	ENT_ASSERT(request->header_count <= ENT_LIMIT_HTTP_HEADERS);
	ENT_ASSERT(!request->chunked || ent_http_header_count(request, "content-length") == 0);
	for (size_t i = 0; i < request->header_count; i++) {
		const struct ent_view value = request->headers[i].value;

		ENT_ASSERT(request->headers[i].name.len > 0);
		ENT_ASSERT(value.len == 0 || (memchr(value.data, '\r', value.len) == NULL && memchr(value.data, '\n', value.len) == NULL));
	}
}

static void
feed(struct outcome *out, struct ent_view in, size_t step)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(BODY_MAX);
	struct ent_http_request request;
	struct ent_http_scan scan = { 0 };
	struct ent_http_body state;
	struct ent_error err = { 0 };
	size_t head_len = 0, used;

	*out = (struct outcome){ .status = ent_arena_new(&arena, 1 << 18, &err) };
	for (size_t have = 0; head_len == 0 && out->status == ENT_OK; have += step) {
		have = have > in.len ? in.len : have;
		out->status = ent_http_scan_head(&scan, ent_view_slice(in, 0, have), &head_len, &out->http_status, &err);
		if (head_len == 0 && have == in.len)
			return;
	}
	if (out->status == ENT_OK)
		out->status = ent_http_parse_head(&request, arena, ent_view_slice(in, 0, head_len), &out->http_status, &err);
	if (out->status != ENT_OK)
		return;
	check(&request);
	ent_http_body_init(&state, &request);
	for (size_t at = head_len; !state.done; at += used) {
		if (at == in.len)
			return;
		out->status = ent_http_read_body(&state, ent_view_slice(in, at, step), &used, &body, &out->http_status, &err);
		if (out->status != ENT_OK)
			return;
		ENT_ASSERT(used > 0 || state.done);
		head_len = at + used;
	}
	out->used = head_len;
	out->body_len = body.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_view in = ent_view_from(data, len);
	struct outcome whole, pieces;
	struct ent_http_request request;
	struct ent_error err = { 0 };
	bool expect_continue;
	size_t used;

	feed(&whole, in, len + 1);
	feed(&pieces, in, 1 + len % 7);
	ENT_ASSERT(whole.status == pieces.status && whole.used == pieces.used && whole.body_len == pieces.body_len);
	ENT_ASSERT(whole.status == ENT_OK || (whole.http_status >= 400 && whole.http_status == pieces.http_status));
	if (ent_arena_new(&arena, 1 << 23, &err) != ENT_OK)
		return 0;
	if (ent_http_parse(&request, arena, in, &used, &expect_continue, &err) == ENT_OK && whole.status == ENT_OK)
		ENT_ASSERT(used == whole.used); /* its limit of bodies is larger: only then may it accept more */
	return 0;
}
