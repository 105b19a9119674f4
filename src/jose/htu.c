#include "jose/htu.h"

/* A normalised URL. Normalising never makes a URL longer but by "/" for an empty path. */
struct normal {
	char text[ENT_HTU_MAX + 2];
	size_t len;
};

static bool
is_unreserved(uint8_t c) /* RFC 3986 2.3 */
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
put(struct normal *to, uint8_t c)
{
	ENT_ASSERT(to->len < sizeof(to->text));
	to->text[to->len++] = (char)c;
}

static void
put_lower(struct normal *to, struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		put(to, lower(text.data[i]));
}

/* RFC 3986 6.2.2.1 and 6.2.2.2. */
static bool
put_path(struct normal *to, struct ent_view path)
{
	static const char digits[] = "0123456789ABCDEF";

	if (path.len == 0)
		put(to, '/');
	for (size_t i = 0; i < path.len; i++) {
		int hi, lo;

		if (path.data[i] != '%') {
			put(to, path.data[i]);
			continue;
		}
		hi = i + 2 < path.len ? hex_value(path.data[i + 1]) : -1;
		lo = i + 2 < path.len ? hex_value(path.data[i + 2]) : -1;
		if (hi < 0 || lo < 0)
			return false;
		i += 2;
		if (is_unreserved((uint8_t)(hi << 4 | lo))) {
			put(to, (uint8_t)(hi << 4 | lo));
			continue;
		}
		put(to, '%');
		put(to, (uint8_t)digits[hi]);
		put(to, (uint8_t)digits[lo]);
	}
	return true;
}

/* "host" or "host:port" with a name, an IPv4 address or an IPv6 address in brackets; user information is refused. */
static bool
put_authority(struct normal *to, struct ent_view authority, const char *default_port)
{
	size_t bracket = ent_view_rfind(authority, ']');
	size_t from = bracket < authority.len ? bracket : 0;
	size_t colon = ent_view_find(authority, ':', from);
	struct ent_view host = ent_view_slice(authority, 0, colon);
	struct ent_view port = ent_view_slice(authority, colon < authority.len ? colon + 1 : colon, SIZE_MAX);

	if (host.len == 0)
		return false;
	for (size_t i = 0; i < host.len; i++)
		if (!is_unreserved(host.data[i]) && host.data[i] != '[' && host.data[i] != ']' && host.data[i] != ':')
			return false;
	for (size_t i = 0; i < port.len; i++)
		if (port.data[i] < '0' || port.data[i] > '9')
			return false;
	put_lower(to, host);
	if (port.len > 0 && !ent_view_eq_str(port, default_port)) {
		put(to, ':');
		put_lower(to, port);
	}
	return true;
}

static bool
starts_ignoring_case(struct ent_view text, struct ent_view lower_prefix)
{
	if (text.len < lower_prefix.len)
		return false;
	for (size_t i = 0; i < lower_prefix.len; i++)
		if (lower(text.data[i]) != lower_prefix.data[i])
			return false;
	return true;
}

/* *path_at is where the path begins in the result. */
static bool
normalise(struct normal *to, size_t *path_at, struct ent_view url)
{
	const struct ent_view http = ENT_LIT("http://"), https = ENT_LIT("https://");
	bool secure = starts_ignoring_case(url, https);
	struct ent_view rest;
	size_t slash;

	if (!secure && !starts_ignoring_case(url, http))
		return false;
	rest = ent_view_slice(url, secure ? https.len : http.len, SIZE_MAX);
	slash = ent_view_find(rest, '/', 0);
	put_lower(to, secure ? https : http);
	if (!put_authority(to, ent_view_slice(rest, 0, slash), secure ? "443" : "80"))
		return false;
	*path_at = to->len;
	return put_path(to, ent_view_slice(rest, slash, SIZE_MAX));
}

struct ent_view
ent_htu_strip(struct ent_view url)
{
	size_t query = ent_view_find(url, '?', 0);
	size_t fragment = ent_view_find(url, '#', 0);

	return ent_view_slice(url, 0, query < fragment ? query : fragment);
}

/* Visible ASCII of an acceptable length: RFC 3986 has no other characters. */
static bool
is_plain(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= 0x20 || text.data[i] >= 0x7f)
			return false;
	return text.len > 0 && text.len <= ENT_HTU_MAX;
}

bool
ent_htu_matches(struct ent_view url, struct ent_view htu)
{
	struct normal want = { .len = 0 }, have = { .len = 0 };
	size_t want_path, have_path = 0;
	bool path_only;

	if (!is_plain(url) || !is_plain(htu))
		return false;
	url = ent_htu_strip(url);
	htu = ent_htu_strip(htu);
	if (!normalise(&want, &want_path, url))
		return false;
	/* "//host/path" is a network-path reference (RFC 3986 4.2), not a path. */
	path_only = ent_view_starts(htu, ENT_LIT("/")) && !ent_view_starts(htu, ENT_LIT("//"));
	if (!(path_only ? put_path(&have, htu) : normalise(&have, &have_path, htu)))
		return false;
	return ent_view_eq(ent_view_from(want.text + (path_only ? want_path : 0), want.len - (path_only ? want_path : 0)),
	    ent_view_from(have.text, have.len));
}
