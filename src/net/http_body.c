/* Bodies: by length, or chunked (RFC 9112, 7.1). Extensions and trailers are checked, counted and dropped. */
#include "net/http_head.h"

enum state {
	STATE_DATA,       /* of a body with a length */
	STATE_SIZE,       /* in a chunk's size */
	STATE_EXTENSION,  /* behind it, up to CR */
	STATE_SIZE_LF,
	STATE_CHUNK,
	STATE_CHUNK_CR,
	STATE_CHUNK_LF,
	STATE_TRAILER,    /* in a trailer line, up to CR */
	STATE_TRAILER_LF,
};
enum { SIZE_DIGITS_MAX = 8 };

void
ent_http_body_init(struct ent_http_body *body, const struct ent_http_request *request)
{
	memset(body, 0, sizeof(*body));
	body->chunked = request->chunked;
	body->state = request->chunked ? STATE_SIZE : STATE_DATA;
	body->left = request->content_len;
	body->done = !request->chunked && request->content_len == 0;
}

static enum ent_status
bad_chunk(int *http_status, struct ent_error *err)
{
	return http_fail(http_status, 400, err, ENT_E_SYNTAX, "the request's body is not chunked as RFC 9112 says");
}

static enum ent_status
too_large(const struct ent_buf *out, int *http_status, struct ent_error *err)
{
	return http_fail(http_status, 413, err, ENT_E_LIMIT, "the request's body has more than %zu bytes", out->max);
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Data of the body or of a chunk. */
static enum ent_status
take_data(struct ent_http_body *body, struct ent_view in, size_t *at, struct ent_buf *out, int *http_status, struct ent_error *err)
{
	struct ent_view piece = ent_view_slice(in, *at, body->left < SIZE_MAX ? (size_t)body->left : SIZE_MAX);

	if (body->left > out->max - out->len)
		return too_large(out, http_status, err);
	*http_status = 503; /* what is left to go wrong is memory */
	ENT_TRY(ent_buf_add(out, piece, err));
	body->left -= piece.len;
	*at += piece.len;
	if (body->left > 0)
		return ENT_OK;
	body->done = body->state == STATE_DATA;
	body->state = STATE_CHUNK_CR;
	return ENT_OK;
}

static bool
count_extra(struct ent_http_body *body)
{
	return ++body->extra <= ENT_LIMIT_HTTP_CHUNK_EXTRA;
}

/* A character of a chunk's size line. */
static bool
step_size(struct ent_http_body *body, uint8_t c)
{
	const int digit = hex_value(c);

	body->line_len++;
	if (body->state == STATE_SIZE && digit >= 0) {
		body->left = body->left * 16 + (uint64_t)digit;
		return body->line_len <= SIZE_DIGITS_MAX;
	}
	if (c == '\r') {
		/* Without a digit there is no size, whatever follows. */
		const bool sized = body->state == STATE_EXTENSION || body->line_len > 1;

		body->state = STATE_SIZE_LF;
		return sized;
	}
	if (body->state == STATE_SIZE && (body->line_len == 1 || c != ';'))
		return false; /* no white space before the semicolon: RFC 9112, 7.1.1 has it for bad senders only */
	body->state = STATE_EXTENSION;
	return (c >= 0x20 || c == '\t') && c != 0x7f && body->line_len <= ENT_LIMIT_HTTP_CHUNK_LINE && count_extra(body);
}

/* A character of a trailer line: only its shape matters, nobody reads it. */
static bool
step_trailer(struct ent_http_body *body, uint8_t c)
{
	if (c == '\r') {
		body->state = STATE_TRAILER_LF;
		return true;
	}
	body->line_len++;
	return ((c >= 0x20 && c != 0x7f) || c == '\t') && !(body->line_len == 1 && (c == ' ' || c == '\t' || c == ':')) &&
	    count_extra(body);
}

static bool
step_lf(struct ent_http_body *body, uint8_t c)
{
	switch ((enum state)body->state) {
	case STATE_SIZE_LF:
		body->state = body->left > 0 ? STATE_CHUNK : STATE_TRAILER;
		break;
	case STATE_CHUNK_LF:
		body->state = STATE_SIZE;
		break;
	default: /* STATE_TRAILER_LF: an empty line ends the body */
		body->done = body->line_len == 0;
		body->state = STATE_TRAILER;
		break;
	}
	body->line_len = 0;
	return c == '\n';
}

/* One character outside of the chunks' data. */
static bool
step(struct ent_http_body *body, uint8_t c)
{
	switch ((enum state)body->state) {
	case STATE_SIZE:
	case STATE_EXTENSION:
		return step_size(body, c);
	case STATE_CHUNK_CR:
		body->state = STATE_CHUNK_LF;
		return c == '\r';
	case STATE_TRAILER:
		return step_trailer(body, c);
	default:
		return step_lf(body, c);
	}
}

enum ent_status
ent_http_read_body(struct ent_http_body *body, struct ent_view in, size_t *used, struct ent_buf *out, int *http_status,
    struct ent_error *err)
{
	size_t at = 0;

	while (!body->done && at < in.len) {
		if (body->state == STATE_DATA || body->state == STATE_CHUNK)
			ENT_TRY(take_data(body, in, &at, out, http_status, err));
		else if (!step(body, in.data[at++]))
			return bad_chunk(http_status, err);
		/* Refused as soon as it is announced, not when it has arrived. */
		if (body->state == STATE_CHUNK && body->left > out->max - out->len)
			return too_large(out, http_status, err);
	}
	*used = at;
	return ENT_OK;
}
