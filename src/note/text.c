#include "note/text.h"

#include "note/note.h"

/* What a first byte says: how many bytes follow, its own bits, and the smallest code point of that length. */
struct lead {
	uint8_t mask, bits, more;
	uint32_t least;
};

static const struct lead leads[] = {
	{ 0x80, 0x00, 0, 0 },
	{ 0xE0, 0xC0, 1, 0x80 },
	{ 0xF0, 0xE0, 2, 0x800 },
	{ 0xF8, 0xF0, 3, 0x10000 },
};

/* The code point at *at, which moves behind it; UINT32_MAX if there is no valid one. */
static uint32_t
next_code_point(struct ent_view text, size_t *at)
{
	uint8_t first = text.data[*at];
	const struct lead *lead = NULL;
	uint32_t c;

	for (size_t i = 0; i < ENT_COUNT(leads) && lead == NULL; i++)
		if ((first & leads[i].mask) == leads[i].bits)
			lead = &leads[i];
	if (lead == NULL || lead->more >= text.len - *at)
		return UINT32_MAX;
	c = first & (uint8_t)~lead->mask;
	for (size_t i = 1; i <= lead->more; i++) {
		if ((text.data[*at + i] & 0xC0) != 0x80)
			return UINT32_MAX;
		c = c << 6 | (text.data[*at + i] & 0x3F);
	}
	if (c < lead->least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return UINT32_MAX;
	*at += 1u + lead->more;
	return c;
}

bool
ent_note_text_valid(struct ent_view text)
{
	for (size_t at = 0; at < text.len;) {
		uint32_t c = next_code_point(text, &at);

		if (c == UINT32_MAX || (c < 0x20 && c != '\n'))
			return false;
	}
	return true;
}

/* White_Space of the Unicode character database. */
static bool
is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool
ent_note_name_valid(struct ent_view name)
{
	if (name.len == 0 || name.len > ENT_NOTE_NAME_MAX)
		return false;
	for (size_t at = 0; at < name.len;) {
		uint32_t c = next_code_point(name, &at);

		if (c == UINT32_MAX || c < 0x20 || c == '+' || is_space(c))
			return false;
	}
	return true;
}
