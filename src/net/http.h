/*
 * HTTP/1.1 request parsing (RFC 9112), own, small and strict. Pure: bytes in, a request out, no sockets.
 * Refused: bare LF, obs-fold, white space before a colon, two Content-Length, Content-Length with Transfer-Encoding,
 * any coding but chunked, absolute-form that does not match Host, methods and targets over the limits, framing tricks of HTTP/1.0.
 *
 * Three steps, each of which remembers where it stopped, so that a peer that sends single bytes costs no more than one that does
 * not: ent_http_scan_head finds the end of the head, ent_http_parse_head reads it, ent_http_read_body takes the body.
 * ent_http_parse does all three on bytes that are there.
 */
#ifndef ENT_NET_HTTP_H
#define ENT_NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"

#define ENT_LIMIT_HTTP_HEAD 65536     /* bytes of request line and headers */
#define ENT_LIMIT_HTTP_HEADERS 100
#define ENT_LIMIT_HTTP_TARGET 8192
#define ENT_LIMIT_HTTP_METHOD 16
#define ENT_LIMIT_HTTP_BODY (4u << 20)
#define ENT_LIMIT_HTTP_CHUNK_LINE 256    /* bytes of a chunk's size and extensions */
#define ENT_LIMIT_HTTP_CHUNK_EXTRA 8192  /* bytes of all extensions and trailers of a request */

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
	bool chunked;
	uint64_t content_len;  /* of the Content-Length header; 0 when absent */
};

/*
 * The status to answer with after a failure below (400, 413, 414, 417, 431, 501, 505). The error itself is ENT_E_SYNTAX (400),
 * ENT_E_LIMIT (413, 414, 431) or ENT_E_UNSUPPORTED (417, 501, 505).
 */
struct ent_http_scan {
	size_t seen;       /* bytes searched already */
	size_t line_start; /* of the line under way */
};
/* Search on for the end of the head; *head_len = 0: more bytes are needed. in starts where it did at the first call. */
ENT_MUST_USE enum ent_status ent_http_scan_head(struct ent_http_scan *scan, struct ent_view in, size_t *head_len,
    int *http_status, struct ent_error *err);

/* The whole head, with its empty line. Views point into head or the arena. */
ENT_MUST_USE enum ent_status ent_http_parse_head(struct ent_http_request *out, struct ent_arena *arena, struct ent_view head,
    int *http_status, struct ent_error *err);

struct ent_http_body {
	bool chunked;
	bool done;
	int state;
	uint64_t left;   /* bytes that the body or the chunk still lacks */
	size_t line_len; /* of the chunk or trailer line under way */
	size_t extra;    /* bytes of extensions and trailers so far */
};
void ent_http_body_init(struct ent_http_body *body, const struct ent_http_request *request);
/* Take what there is: *used bytes of in, decoded bytes appended to out, whose ceiling is the body's limit. See body->done. */
ENT_MUST_USE enum ent_status ent_http_read_body(struct ent_http_body *body, struct ent_view in, size_t *used,
    struct ent_buf *out, int *http_status, struct ent_error *err);

/*
 * Try to parse one request from the start of `in`. *used = 0: more bytes are needed (then *expect_continue may be set once the
 * head is complete). On success *used is what the request took. ENT_E_SYNTAX (400), ENT_E_LIMIT (413, 414 or 431),
 * ENT_E_UNSUPPORTED (417, 501 or 505). Views point into in or the arena.
 */
ENT_MUST_USE enum ent_status ent_http_parse(struct ent_http_request *out, struct ent_arena *arena, struct ent_view in,
    size_t *used, bool *expect_continue, struct ent_error *err);

/* The first header of that name (case-insensitive); .data NULL when absent. */
struct ent_view ent_http_header(const struct ent_http_request *request, const char *name);
size_t ent_http_header_count(const struct ent_http_request *request, const char *name);
/* "Name: value" without control characters and with a token for a name: safe to send. */
bool ent_http_is_header_line(struct ent_view line);
const char *ent_http_reason(int status); /* "Not Found" */
const char *ent_http_code(int status);   /* "not_found": the code of the Connect protocol's error answers */
/* {"code":"not_found","message":"..."}: the body of every error answer. */
ENT_MUST_USE enum ent_status ent_http_error_body(struct ent_buf *out, int status, const char *message, struct ent_error *err);

#endif
