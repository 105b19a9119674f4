/*
 * HTTP/1.1 request parsing (RFC 9112), own, small and strict. Pure: bytes in, a request out, no sockets.
 * Refused: bare LF, obs-fold, white space before a colon, two Content-Length, Content-Length with Transfer-Encoding,
 * any coding but chunked, absolute-form that does not match, methods and targets over the limits, HTTP/1.0 keep-alive tricks.
 */
#ifndef ENT_NET_HTTP_H
#define ENT_NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"

#define ENT_LIMIT_HTTP_HEAD 65536     /* bytes of request line and headers */
#define ENT_LIMIT_HTTP_HEADERS 100
#define ENT_LIMIT_HTTP_TARGET 8192
#define ENT_LIMIT_HTTP_BODY (4u << 20)

struct ent_http_header {
	struct ent_view name;  /* as received */
	struct ent_view value; /* without surrounding white space */
};
struct ent_http_request {
	struct ent_view method;
	struct ent_view path;  /* decoded target path: starts with '/', no "..", no NUL, no encoded slash */
	struct ent_view query; /* raw, without '?' */
	struct ent_view host;
	struct ent_http_header *headers;
	size_t header_count;
	struct ent_view body;
	bool keep_alive;
	bool expect_continue;
};

/*
 * Try to parse one request from the start of `in`. *used = 0: more bytes are needed (then *expect_continue may be set once the
 * head is complete). On success *used is what the request took. ENT_E_SYNTAX (400), ENT_E_LIMIT (413 or 431), ENT_E_UNSUPPORTED (501).
 * Views point into in or the arena.
 */
ENT_MUST_USE enum ent_status ent_http_parse(struct ent_http_request *out, struct ent_arena *arena, struct ent_view in,
    size_t *used, bool *expect_continue, struct ent_error *err);

/* The first header of that name (case-insensitive); .data NULL when absent. */
struct ent_view ent_http_header(const struct ent_http_request *request, const char *name);
size_t ent_http_header_count(const struct ent_http_request *request, const char *name);
const char *ent_http_reason(int status);

#endif
