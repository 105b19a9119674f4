/* The request line: method, target, version (RFC 9112, 3). */
#include "net/http_head.h"

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3986, pchar without the percent sign, and the slash. */
static bool
is_path_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL);
}

/* One character of the path at *at, which moves on; -1 if it may not be there. */
static int
take_path_char(struct ent_view raw, size_t *at)
{
	const uint8_t c = raw.data[(*at)++];
	int hi, lo, value;

	if (c != '%')
		return is_path_char(c) ? c : -1;
	if (raw.len - *at < 2)
		return -1;
	hi = hex_value(raw.data[*at]);
	lo = hex_value(raw.data[*at + 1]);
	*at += 2;
	value = hi * 16 + lo;
	/* An encoded slash, backslash or control character is only ever sent to confuse two readers of one path. */
	if (hi < 0 || lo < 0 || value < 0x20 || value == 0x7f || value == '/' || value == '\\')
		return -1;
	return value;
}

static bool
has_dot_segment(struct ent_view path)
{
	for (size_t start = 1; start <= path.len;) {
		size_t end = ent_view_find(path, '/', start);
		struct ent_view segment = ent_view_slice(path, start, end - start);

		if (ent_view_eq_str(segment, ".") || ent_view_eq_str(segment, ".."))
			return true;
		start = end + 1;
	}
	return false;
}

static enum ent_status
decode_path(struct ent_view *out, struct ent_arena *arena, struct ent_view raw, int *http_status, struct ent_error *err)
{
	void *room;
	uint8_t *to;

	ENT_TRY(ent_arena_alloc(arena, &room, raw.len + 1, 1, err));
	to = room;
	for (size_t at = 0; at < raw.len;) {
		int c = take_path_char(raw, &at);

		if (c < 0)
			return http_fail(http_status, 400, err, ENT_E_SYNTAX, "the request's path has a character that may not be there");
		*to++ = (uint8_t)c;
	}
	*out = ent_view_from(room, (size_t)(to - (uint8_t *)room));
	if (has_dot_segment(*out))
		return http_fail(http_status, 400, err, ENT_E_SYNTAX, "the request's path has a segment \".\" or \"..\"");
	return ENT_OK;
}

static bool
is_query(struct ent_view query)
{
	for (size_t i = 0; i < query.len; i++)
		if (query.data[i] <= 0x20 || query.data[i] >= 0x7f || query.data[i] == '#')
			return false;
	return true;
}

/* absolute-form (RFC 9112, 3.2.2): cut the scheme and the authority off. */
static void
cut_authority(struct ent_view *target, struct ent_view *authority)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < ENT_COUNT(schemes); i++) {
		const size_t len = strlen(schemes[i]);
		size_t end;

		if (!ent_http_equal_fold(ent_view_slice(*target, 0, len), schemes[i]))
			continue;
		end = ent_view_find(*target, '/', len);
		*authority = ent_view_slice(*target, len, end - len);
		*target = ent_view_slice(*target, end, target->len);
		return;
	}
}

static enum ent_status
parse_target(struct ent_http_request *out, struct ent_view *authority, struct ent_arena *arena, struct ent_view target,
    int *http_status, struct ent_error *err)
{
	size_t mark;

	if (target.len > ENT_LIMIT_HTTP_TARGET)
		return http_fail(http_status, 414, err, ENT_E_LIMIT, "the request's target has %zu bytes, limit %d", target.len,
		    ENT_LIMIT_HTTP_TARGET);
	if (ent_view_eq_str(target, "*"))
		return http_fail(http_status, 501, err, ENT_E_UNSUPPORTED, "OPTIONS * is not served");
	*authority = ENT_VIEW_NONE;
	cut_authority(&target, authority);
	if (target.len == 0 || target.data[0] != '/')
		return http_fail(http_status, 400, err, ENT_E_SYNTAX, "the request's target is not a path");
	mark = ent_view_find(target, '?', 0);
	out->query = ent_view_slice(target, mark + 1, target.len);
	if (!is_query(out->query))
		return http_fail(http_status, 400, err, ENT_E_SYNTAX, "the request's query has a character that may not be there");
	return decode_path(&out->path, arena, ent_view_slice(target, 0, mark), http_status, err);
}

static enum ent_status
parse_version(bool *version_10, struct ent_view version, int *http_status, struct ent_error *err)
{
	*version_10 = ent_view_eq_str(version, "HTTP/1.0");
	if (*version_10 || ent_view_eq_str(version, "HTTP/1.1"))
		return ENT_OK;
	if (version.len == 8 && ent_view_starts(version, ENT_LIT("HTTP/")) && version.data[6] == '.')
		return http_fail(http_status, 505, err, ENT_E_UNSUPPORTED, "only HTTP/1.1 is spoken here");
	return http_fail(http_status, 400, err, ENT_E_SYNTAX, "the request line does not end in HTTP/1.1");
}

enum ent_status
ent_http_parse_request_line(struct ent_http_request *out, struct ent_view *authority, bool *version_10,
    struct ent_arena *arena, struct ent_view line, int *http_status, struct ent_error *err)
{
	size_t first = ent_view_find(line, ' ', 0);
	size_t second = ent_view_find(line, ' ', first + 1);

	out->method = ent_view_slice(line, 0, first);
	if (!ent_http_is_token(out->method) || second == line.len)
		return http_fail(http_status, 400, err, ENT_E_SYNTAX, "the request line is not \"method target HTTP/1.1\"");
	if (out->method.len > ENT_LIMIT_HTTP_METHOD)
		return http_fail(http_status, 501, err, ENT_E_UNSUPPORTED, "a method of %zu bytes", out->method.len);
	ENT_TRY(parse_version(version_10, ent_view_slice(line, second + 1, line.len), http_status, err));
	if (ent_view_eq_str(out->method, "CONNECT"))
		return http_fail(http_status, 501, err, ENT_E_UNSUPPORTED, "CONNECT is not served");
	return parse_target(out, authority, arena, ent_view_slice(line, first + 1, second - first - 1), http_status, err);
}
