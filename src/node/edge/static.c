/* The allow-list of static paths. Nothing here touches a file. */
#include <stdio.h>

#include "node/edge/route.h"

enum { MEMBER_MAX = 253, HASH_DIGITS = 64 };

static const char text_type[] = "text/plain; charset=utf-8";
static const char binary_type[] = "application/octet-stream";
static const char immutable[] = "public, max-age=31536000, immutable"; /* named by its content, or full for ever */
static const char revalidate[] = "no-cache";
static const char no_store[] = "no-store"; /* sealed records: their erasure must mean something */

/* The part of *rest up to the next slash; *rest moves behind that. *last: there was none. */
static struct ent_view
take_segment(struct ent_view *rest, bool *last)
{
	const size_t slash = ent_view_find(*rest, '/', 0);
	struct ent_view segment = ent_view_slice(*rest, 0, slash);

	*last = slash == rest->len;
	*rest = ent_view_slice(*rest, slash + 1, rest->len);
	return segment;
}

/* Decimal without leading zeros, at most max_digits. */
static bool
is_number(struct ent_view text, size_t max_digits)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return text.len > 0 && text.len <= max_digits && (text.data[0] != '0' || text.len == 1);
}

static bool
is_hash(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!(text.data[i] >= '0' && text.data[i] <= '9') && !(text.data[i] >= 'a' && text.data[i] <= 'f'))
			return false;
	return text.len == HASH_DIGITS;
}

/* A member is a folder's name: what node.yaml accepts as a party. */
static bool
is_member(struct ent_view name)
{
	uint8_t before = '.';

	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = name.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && (c != '.' || before == '.'))
			return false;
		before = c;
	}
	return name.len <= MEMBER_MAX && before != '.';
}

/* Three digits. */
static bool
is_group(struct ent_view text)
{
	return text.len == 3 && text.data[0] >= '0' && text.data[0] <= '9' && text.data[1] >= '0' && text.data[1] <= '9' &&
	    text.data[2] >= '0' && text.data[2] <= '9';
}

/* ".p/<w>" at the end of a tile's path: 1 to 255. */
static bool
is_width(struct ent_view text)
{
	unsigned value = 0;

	if (!is_number(text, 3))
		return false;
	for (size_t i = 0; i < text.len; i++)
		value = value * 10 + (unsigned)(text.data[i] - '0');
	return value >= 1 && value <= 255;
}

/* tlog-tiles: "x001/x234/067" or "x001/x234/067.p/8"; the first group of several is not x000. */
static bool
is_tile_index(struct ent_view rest, bool *full)
{
	bool last;

	for (size_t groups = 0; groups < 7; groups++) {
		struct ent_view segment = take_segment(&rest, &last);
		const bool inner = segment.len == 4 && segment.data[0] == 'x' && is_group(ent_view_slice(segment, 1, 3));

		if (inner && !last && !(groups == 0 && ent_view_eq_str(segment, "x000")))
			continue;
		*full = last;
		if (last)
			return is_group(segment);
		return segment.len == 5 && is_group(ent_view_slice(segment, 0, 3)) &&
		    ent_view_eq_str(ent_view_slice(segment, 3, 2), ".p") && is_width(rest);
	}
	return false;
}

/* "checkpoint", "tile/<level>/<index>", "tile/entries/<index>". */
static bool
is_log_file(struct ent_static_file *out, struct ent_view rest)
{
	bool last, full;
	struct ent_view segment;

	out->content_type = text_type;
	out->cache_control = revalidate;
	if (ent_view_eq_str(rest, "checkpoint"))
		return true;
	if (!ent_view_eq_str(take_segment(&rest, &last), "tile") || last)
		return false;
	segment = take_segment(&rest, &last);
	if (last || !(ent_view_eq_str(segment, "entries") ||
	    (is_number(segment, 2) && (segment.len == 1 || segment.data[0] < '6' || (segment.data[0] == '6' && segment.data[1] < '4')))))
		return false;
	if (!is_tile_index(rest, &full))
		return false;
	out->content_type = binary_type;
	out->cache_control = full ? immutable : revalidate;
	return true;
}

/* "epoch/<k>", "proposal/<hash>", "stop/<hash>", "view/<hash>", "head". */
static bool
is_charter_file(struct ent_static_file *out, struct ent_view rest)
{
	bool last;
	struct ent_view kind = take_segment(&rest, &last);

	out->content_type = text_type;
	out->cache_control = revalidate;
	if (last)
		return ent_view_eq_str(kind, "head");
	if (ent_view_eq_str(kind, "epoch"))
		return is_number(rest, 9) && rest.data[0] != '0';
	out->cache_control = immutable;
	return (ent_view_eq_str(kind, "proposal") || ent_view_eq_str(kind, "stop") || ent_view_eq_str(kind, "view")) && is_hash(rest);
}

/* "<member>/<index>", "<member>/list/<k>" */
static bool
is_record(struct ent_static_file *out, struct ent_view rest)
{
	bool last;
	struct ent_view member = take_segment(&rest, &last);
	const bool list = ent_view_starts(rest, ENT_LIT("list/"));

	out->content_type = list ? text_type : binary_type;
	out->cache_control = no_store;
	return !last && is_member(member) && is_number(list ? ent_view_slice(rest, 5, SIZE_MAX) : rest, 19);
}

static bool
print_path(struct ent_static_file *out, const char *folder, struct ent_view rest)
{
	int n = snprintf(out->path, sizeof(out->path), "%s%.*s", folder, ENT_FMT(rest));

	return n > 0 && (size_t)n < sizeof(out->path);
}

/* "<member>/statements/..." */
static bool
is_mirror_file(struct ent_static_file *out, struct ent_view rest, const char *own_party)
{
	struct ent_view whole = rest;
	bool last;
	struct ent_view member = take_segment(&rest, &last);

	if (last || !is_member(member) || !ent_view_eq_str(take_segment(&rest, &last), "statements") || last ||
	    !is_log_file(out, rest))
		return false;
	return ent_view_eq_str(member, own_party) ? print_path(out, "log/statements/", rest) : print_path(out, "peers/", whole);
}

/* The part of path behind prefix. */
static bool
below(struct ent_view path, struct ent_view prefix, struct ent_view *rest)
{
	*rest = ent_view_slice(path, prefix.len, path.len);
	return ent_view_starts(path, prefix);
}

bool
ent_static_path(struct ent_static_file *out, struct ent_view path, const char *own_party)
{
	struct ent_view rest;

	if (below(path, ENT_LIT("/charter/"), &rest))
		return is_charter_file(out, rest) && print_path(out, "charter/", rest);
	if (below(path, ENT_LIT("/log/statements/"), &rest))
		return is_log_file(out, rest) && print_path(out, "log/statements/", rest);
	if (below(path, ENT_LIT("/log/access/"), &rest))
		return is_log_file(out, rest) && print_path(out, "log/access/", rest);
	if (below(path, ENT_LIT("/log/records/"), &rest))
		return is_record(out, rest) && print_path(out, "log/records/", rest);
	return below(path, ENT_LIT("/mirror/"), &rest) && is_mirror_file(out, rest, own_party);
}
