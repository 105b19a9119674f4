#include "net/http.h"

#include "net/http_head.h"

enum { BAD = 400 };

/* Characters and names. */

bool
ent_http_is_token(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.data[i];
		const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!alnum && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return text.len > 0;
}

bool
ent_http_is_field_value(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.data[i] < 0x20 && text.data[i] != '\t') || text.data[i] == 0x7f)
			return false;
	return true;
}

bool
ent_http_equal_fold(struct ent_view text, const char *lower)
{
	if (text.len != strlen(lower))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.data[i];

		if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != (uint8_t)lower[i])
			return false;
	}
	return true;
}

static struct ent_view
trim(struct ent_view text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = ent_view_slice(text, 1, text.len);
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

static bool
split_field(struct ent_http_header *out, struct ent_view line)
{
	size_t colon = ent_view_find(line, ':', 0);

	if (colon == line.len)
		return false;
	out->name = ent_view_slice(line, 0, colon);
	out->value = trim(ent_view_slice(line, colon + 1, line.len));
	return ent_http_is_token(out->name) && ent_http_is_field_value(out->value);
}

bool
ent_http_is_header_line(struct ent_view line)
{
	struct ent_http_header header;

	return split_field(&header, line);
}

struct ent_view
ent_http_header(const struct ent_http_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (ent_http_equal_fold(request->headers[i].name, name))
			return request->headers[i].value;
	return ENT_VIEW_NONE;
}

size_t
ent_http_header_count(const struct ent_http_request *request, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < request->header_count; i++)
		count += ent_http_equal_fold(request->headers[i].name, name);
	return count;
}

/* The end of the head. */

/* A line ends at the LF at `lf`: *empty when nothing stands in it. False without a CR before the LF, or with one elsewhere. */
static bool
check_line(struct ent_view in, size_t line_start, size_t lf, bool *empty)
{
	*empty = lf == line_start + 1;
	return lf > line_start && ent_view_find(in, '\r', line_start) == lf - 1;
}

enum ent_status
ent_http_scan_head(struct ent_http_scan *scan, struct ent_view in, size_t *head_len, int *http_status, struct ent_error *err)
{
	*head_len = 0;
	for (;;) {
		size_t lf = ent_view_find(in, '\n', scan->seen);
		bool empty;

		if (lf >= ENT_LIMIT_HTTP_HEAD)
			break;
		scan->seen = lf;
		if (lf == in.len)
			return ENT_OK;
		scan->seen = lf + 1;
		if (!check_line(in, scan->line_start, lf, &empty))
			return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "a line of the request's head does not end in CR LF");
		scan->line_start = lf + 1;
		/* RFC 9112, 2.2: one empty line before a request is ignored; parse_head skips it. */
		if (!empty || lf == 1)
			continue;
		*head_len = lf + 1;
		return ENT_OK;
	}
	return http_fail(http_status, 431, err, ENT_E_LIMIT, "the request's head has more than %d bytes", ENT_LIMIT_HTTP_HEAD);
}

/* Reading the head. */

/* The line at the front of *rest, without CR LF; *rest moves behind it. The lines have been checked by the scan. */
static bool
take_line(struct ent_view *rest, struct ent_view *line)
{
	size_t lf = ent_view_find(*rest, '\n', 0);
	bool empty;

	if (lf == rest->len || !check_line(*rest, 0, lf, &empty))
		return false;
	*line = ent_view_slice(*rest, 0, lf - 1);
	*rest = ent_view_slice(*rest, lf + 1, rest->len);
	return true;
}

static enum ent_status
parse_fields(struct ent_http_request *out, struct ent_arena *arena, struct ent_view rest, int *http_status, struct ent_error *err)
{
	struct ent_view line;
	size_t cap = 0;
	void *headers = NULL;

	for (;;) {
		if (!take_line(&rest, &line))
			return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "the request's head is not made of lines");
		if (line.len == 0)
			break;
		if (out->header_count == ENT_LIMIT_HTTP_HEADERS)
			return http_fail(http_status, 431, err, ENT_E_LIMIT, "more than %d headers", ENT_LIMIT_HTTP_HEADERS);
		ENT_TRY(ent_arena_push(arena, &headers, out->header_count, &cap, sizeof(*out->headers), err));
		out->headers = headers;
		/* A line that starts with white space (obs-fold) has no token for a name, nor has "Name : value". */
		if (!split_field(&out->headers[out->header_count], line))
			return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "header %zu is not \"name: value\"", out->header_count + 1);
		out->header_count++;
	}
	if (rest.len != 0)
		return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "bytes behind the request's head");
	return ENT_OK;
}

/* uri-host [":" port], by its characters only. */
static bool
is_authority(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.data[i];
		const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!alnum && (c == '\0' || strchr("-._~:[]", c) == NULL))
			return false;
	}
	return text.len > 0 && text.len <= 255;
}

static bool
equal_fold_views(struct ent_view a, struct ent_view b)
{
	char lower[256];

	if (b.len >= sizeof(lower))
		return false;
	for (size_t i = 0; i < b.len; i++)
		lower[i] = (char)(b.data[i] >= 'A' && b.data[i] <= 'Z' ? b.data[i] + ('a' - 'A') : b.data[i]);
	lower[b.len] = '\0';
	return ent_http_equal_fold(a, lower);
}

/* RFC 9112, 3.2: exactly one Host (HTTP/1.0 may have none), and the same as in an absolute-form target. */
static enum ent_status
check_host(struct ent_http_request *out, struct ent_view authority, bool version_10, int *http_status, struct ent_error *err)
{
	const size_t count = ent_http_header_count(out, "host");

	if (count == 0 && version_10 && authority.len == 0)
		return ENT_OK;
	out->host = ent_http_header(out, "host");
	if (count != 1 || !is_authority(out->host))
		return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "exactly one valid Host header is needed");
	if (authority.len > 0 && !equal_fold_views(authority, out->host))
		return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "the request's target and Host header name different hosts");
	return ENT_OK;
}

static bool
parse_length(uint64_t *out, struct ent_view text)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	}
	*out = value;
	return true;
}

/* RFC 9112, 6: where two ways to read the length exist, nobody may choose: refused. */
static enum ent_status
check_framing(struct ent_http_request *out, bool version_10, int *http_status, struct ent_error *err)
{
	const size_t lengths = ent_http_header_count(out, "content-length");
	const size_t codings = ent_http_header_count(out, "transfer-encoding");

	if (codings > 0 && (lengths > 0 || codings > 1 || version_10))
		return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "the request's length is given in two ways");
	if (codings == 1 && !ent_http_equal_fold(ent_http_header(out, "transfer-encoding"), "chunked"))
		return http_fail(http_status, 501, err, ENT_E_UNSUPPORTED, "the only transfer coding here is chunked");
	out->chunked = codings == 1;
	if (lengths > 1 || (lengths == 1 && !parse_length(&out->content_len, ent_http_header(out, "content-length"))))
		return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "the Content-Length is not one number");
	return ENT_OK;
}

/* Is this word in the comma-separated lists of all headers of that name? */
static bool
lists_word(const struct ent_http_request *request, const char *name, const char *word)
{
	for (size_t i = 0; i < request->header_count; i++) {
		struct ent_view rest = request->headers[i].value;

		if (!ent_http_equal_fold(request->headers[i].name, name))
			continue;
		for (size_t start = 0; start <= rest.len;) {
			size_t comma = ent_view_find(rest, ',', start);

			if (ent_http_equal_fold(trim(ent_view_slice(rest, start, comma - start)), word))
				return true;
			start = comma + 1;
		}
	}
	return false;
}

static enum ent_status
check_expect(struct ent_http_request *out, bool version_10, int *http_status, struct ent_error *err)
{
	const size_t count = ent_http_header_count(out, "expect");

	if (count == 0 || version_10) /* RFC 9110, 10.1.1: from HTTP/1.0 it is ignored */
		return ENT_OK;
	out->expect_continue = ent_http_equal_fold(ent_http_header(out, "expect"), "100-continue");
	if (count > 1 || !out->expect_continue)
		return http_fail(http_status, 417, err, ENT_E_UNSUPPORTED, "the only expectation here is 100-continue");
	return ENT_OK;
}

enum ent_status
ent_http_parse_head(struct ent_http_request *out, struct ent_arena *arena, struct ent_view head, int *http_status,
    struct ent_error *err)
{
	struct ent_view line, authority;
	bool version_10;

	*http_status = 500;
	memset(out, 0, sizeof(*out));
	if (ent_view_starts(head, ENT_LIT("\r\n")))
		head = ent_view_slice(head, 2, head.len);
	if (!take_line(&head, &line))
		return http_fail(http_status, BAD, err, ENT_E_SYNTAX, "the request's head is not made of lines");
	ENT_TRY(ent_http_parse_request_line(out, &authority, &version_10, arena, line, http_status, err));
	ENT_TRY(parse_fields(out, arena, head, http_status, err));
	ENT_TRY(check_host(out, authority, version_10, http_status, err));
	ENT_TRY(check_framing(out, version_10, http_status, err));
	ENT_TRY(check_expect(out, version_10, http_status, err));
	out->keep_alive = !version_10 && !lists_word(out, "connection", "close");
	return ENT_OK;
}

/* All at once. */

static enum ent_status
take_body(struct ent_http_request *out, struct ent_arena *arena, struct ent_view in, size_t *used, int *http_status,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) decoded = ent_buf_with_max(ENT_LIMIT_HTTP_BODY);
	struct ent_http_body body;

	ent_http_body_init(&body, out);
	ENT_TRY(ent_http_read_body(&body, in, used, &decoded, http_status, err));
	if (body.done)
		return ent_arena_dup(arena, &out->body, ent_buf_view(&decoded), err);
	*used = SIZE_MAX;
	return ENT_OK;
}

enum ent_status
ent_http_parse(struct ent_http_request *out, struct ent_arena *arena, struct ent_view in, size_t *used,
    bool *expect_continue, struct ent_error *err)
{
	struct ent_http_scan scan = { 0 };
	size_t head_len, body_len;
	int http_status;

	*used = 0;
	*expect_continue = false;
	ENT_TRY(ent_http_scan_head(&scan, in, &head_len, &http_status, err));
	if (head_len == 0)
		return ENT_OK;
	ENT_TRY(ent_http_parse_head(out, arena, ent_view_slice(in, 0, head_len), &http_status, err));
	*expect_continue = out->expect_continue;
	ENT_TRY(take_body(out, arena, ent_view_slice(in, head_len, in.len), &body_len, &http_status, err));
	if (body_len != SIZE_MAX)
		*used = head_len + body_len;
	return ENT_OK;
}
