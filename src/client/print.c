#include "client/print.h"

/* Length of the UTF-8 sequence at text, 0 if it is none; *point is its code point. */
static size_t
sequence(const unsigned char *text, size_t left, uint32_t *point)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (size_t n = 0; n < ENT_COUNT(forms); n++) {
		if ((text[0] & forms[n].mask) != forms[n].lead)
			continue;
		if (n + 1 > left)
			return 0;
		*point = text[0] & (unsigned char)~forms[n].mask;
		for (size_t i = 1; i <= n; i++) {
			if ((text[i] & 0xc0) != 0x80)
				return 0;
			*point = *point << 6 | (text[i] & 0x3f);
		}
		return *point >= forms[n].least && *point <= 0x10ffff && (*point < 0xd800 || *point > 0xdfff) ? n + 1 : 0;
	}
	return 0;
}

static bool
steers(uint32_t p)
{
	return p < 0x20 || (p >= 0x7f && p < 0xa0) || p == 0xad || p == 0x61c || (p >= 0x200b && p <= 0x200f) ||
	    (p >= 0x2028 && p <= 0x202e) || (p >= 0x2060 && p <= 0x206f) || p == 0xfeff || (p >= 0xfff9 && p <= 0xfffb) ||
	    (p >= 0xe0000 && p <= 0xe007f);
}

void
ent_print_clean(char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t point = 0;
		size_t n = sequence((const unsigned char *)text + i, len - i, &point);

		if (n == 0 || steers(point))
			memset(text + i, '?', n ? n : 1);
		i += n ? n : 1;
	}
}

void
ent_print_clean_lines(char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t end = ent_view_find(ent_view_from(text, len), '\n', at);

		ent_print_clean(text + at, end - at);
		at = end + 1;
	}
}

const char *
ent_print_text(struct ent_arena *arena, struct ent_view text)
{
	struct ent_error none = { 0 };
	struct ent_view copy;

	if (ent_arena_dup(arena, &copy, text, &none) != ENT_OK)
		return "";
	ent_print_clean((char *)(uintptr_t)copy.data, copy.len);
	return (const char *)copy.data;
}
