/* The small lexical forms of charter texts: printable UTF-8, names, persons, URLs. */
#include "charter/grammar.h"

#include "charter/docs.h"

enum { NAME_MAX_LEN = 253, SUB_MAX_LEN = 128, URL_MAX_LEN = 512, PROJECT_MAX_LEN = 63 };

struct range {
	uint32_t first;
	uint32_t last;
};
static const struct range refused[] = {
#include "charter/unicode_table.inc"
};

static bool
is_refused(uint32_t point)
{
	size_t low = 0, high = ENT_COUNT(refused);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (point > refused[middle].last)
			low = middle + 1;
		else if (point < refused[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

/*
 * One code point at text[*at] (RFC 3629): shortest form only, no surrogates, nothing beyond U+10FFFF.
 * Moves *at behind it. ENT_TEXT_NOT_UTF8 and no move when there is none.
 */
static uint32_t
next_point(struct ent_view text, size_t *at)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t lead = text.data[*at];
	size_t more = lead < 0x80 ? 0 : lead < 0xC0 ? 4 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF8 ? 3 : 4;
	uint32_t point;

	if (more == 4 || more >= text.len - *at)
		return ENT_TEXT_NOT_UTF8;
	point = more == 0 ? lead : lead & (0x3Fu >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((text.data[*at + i] & 0xC0) != 0x80)
			return ENT_TEXT_NOT_UTF8;
		point = point << 6 | (text.data[*at + i] & 0x3Fu);
	}
	if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return ENT_TEXT_NOT_UTF8;
	*at += more + 1;
	return point;
}

bool
ent_text_printable(struct ent_view text, uint32_t *offender)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t point = next_point(text, &at);

		if (point == ENT_TEXT_NOT_UTF8 || is_refused(point)) {
			*offender = point;
			return false;
		}
	}
	return true;
}

bool
ent_free_text_valid(struct ent_view text)
{
	uint32_t offender;

	/* A space at either end cannot be seen, and the grammar has one space between fields. */
	if (text.len == 0 || text.len > ENT_LIMIT_FREE_TEXT || text.data[0] == ' ' || text.data[text.len - 1] == ' ')
		return false;
	return ent_text_printable(text, &offender);
}

static bool
is_lower_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* A label between dots and slashes: what a host name may have, and never an internationalised look-alike (xn--). */
static bool
label_valid(struct ent_view label)
{
	if (label.len == 0 || label.data[0] == '-' || label.data[label.len - 1] == '-')
		return false;
	if (ent_view_starts(label, ENT_LIT("xn--")))
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!is_lower_or_digit(label.data[i]) && label.data[i] != '-')
			return false;
	return true;
}

bool
ent_name_valid(struct ent_view name)
{
	size_t start = 0;

	if (name.len == 0 || name.len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && name.data[i] != '.' && name.data[i] != '/')
			continue;
		if (!label_valid(ent_view_slice(name, start, i - start)))
			return false;
		start = i + 1;
	}
	return true;
}

bool
ent_party_name_valid(struct ent_view name)
{
	return ent_name_valid(name) && ent_view_find(name, '/', 0) == name.len;
}

bool
ent_project_name_valid(struct ent_view name)
{
	if (name.len == 0 || name.len > PROJECT_MAX_LEN || name.data[0] == '-' || name.data[name.len - 1] == '-')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!is_lower_or_digit(name.data[i]) && name.data[i] != '-')
			return false;
	return true;
}

bool
ent_word_valid(struct ent_view word)
{
	if (word.len == 0)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (word.data[i] <= ' ' || word.data[i] >= 0x7F)
			return false;
	return true;
}

enum ent_status
ent_person_split(struct ent_view person, struct ent_view *sub, struct ent_view *party, struct ent_error *err)
{
	size_t at = ent_view_rfind(person, '@');
	struct ent_view left, right;

	if (at == person.len)
		return ent_fail(err, ENT_E_SYNTAX, "a person is written <sub>@<party>");
	left = ent_view_slice(person, 0, at);
	right = ent_view_slice(person, at + 1, person.len - at - 1);
	if (left.len > SUB_MAX_LEN || !ent_word_valid(left))
		return ent_fail(err, ENT_E_SYNTAX,
		    "a person's sub is 1 to %d characters of printable ASCII without space", SUB_MAX_LEN);
	if (!ent_party_name_valid(right))
		return ent_fail(err, ENT_E_SYNTAX, "behind the last @ of a person stands a party's name");
	*sub = left;
	*party = right;
	return ENT_OK;
}

/* ":<port>", 1 to 65535 without leading zeros. */
static bool
port_valid(struct ent_view port)
{
	uint32_t value = 0;

	if (port.len < 1 || port.len > 5 || port.data[0] == '0')
		return false;
	for (size_t i = 0; i < port.len; i++) {
		if (port.data[i] < '0' || port.data[i] > '9')
			return false;
		value = value * 10 + (port.data[i] - '0');
	}
	return value <= 65535;
}

static bool
is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A path segment: unreserved characters and percent-encodings (RFC 3986, 2.3 and 2.1); not empty, "." or "..". */
static bool
segment_valid(struct ent_view segment)
{
	if (segment.len == 0 || ent_view_eq_str(segment, ".") || ent_view_eq_str(segment, ".."))
		return false;
	for (size_t i = 0; i < segment.len; i++) {
		uint8_t c = segment.data[i];

		if (is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~')
			continue;
		if (c != '%' || segment.len - i < 3 || !is_hex(segment.data[i + 1]) || !is_hex(segment.data[i + 2]))
			return false;
		i += 2;
	}
	return true;
}

static bool
path_valid(struct ent_view path)
{
	for (size_t start = 0; start < path.len;) {
		size_t end = ent_view_find(path, '/', start + 1);

		if (!segment_valid(ent_view_slice(path, start + 1, end - start - 1)))
			return false;
		start = end;
	}
	return true;
}

bool
ent_url_valid(struct ent_view url)
{
	size_t scheme = ent_view_starts(url, ENT_LIT("https://")) ? 8 : ent_view_starts(url, ENT_LIT("http://")) ? 7 : 0;
	size_t slash, colon;
	struct ent_view authority, host;

	if (scheme == 0 || url.len > URL_MAX_LEN)
		return false;
	slash = ent_view_find(url, '/', scheme);
	authority = ent_view_slice(url, scheme, slash - scheme);
	colon = ent_view_find(authority, ':', 0);
	host = ent_view_slice(authority, 0, colon);
	if (!ent_party_name_valid(host))
		return false;
	if (colon < authority.len && !port_valid(ent_view_slice(authority, colon + 1, authority.len)))
		return false;
	return path_valid(ent_view_slice(url, slash, url.len));
}
