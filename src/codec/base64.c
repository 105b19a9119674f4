#include "codec/base64.h"

#include "base/check.h"

static const char alphabet[2][65] = {
	[ENT_BASE64_STD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	[ENT_BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/* The six bits of a character, or 64. Arithmetic, not a table, so that no secret indexes memory. */
static unsigned
value_of(enum ent_base64 kind, uint8_t c)
{
	const uint8_t plus = (uint8_t)alphabet[kind][62];
	const uint8_t slash = (uint8_t)alphabet[kind][63];

	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	if (c == plus)
		return 62;
	return c == slash ? 63 : 64;
}

void
ent_base64_encode_to(char *out, enum ent_base64 kind, struct ent_view in)
{
	const char *abc = alphabet[kind];
	size_t i;

	for (i = 0; i + 3 <= in.len; i += 3) {
		uint32_t v = (uint32_t)in.data[i] << 16 | (uint32_t)in.data[i + 1] << 8 | in.data[i + 2];

		*out++ = abc[v >> 18];
		*out++ = abc[v >> 12 & 63];
		*out++ = abc[v >> 6 & 63];
		*out++ = abc[v & 63];
	}
	if (i == in.len)
		return;
	uint32_t v = (uint32_t)in.data[i] << 16 | (i + 1 < in.len ? (uint32_t)in.data[i + 1] << 8 : 0);
	*out++ = abc[v >> 18];
	*out++ = abc[v >> 12 & 63];
	if (i + 1 < in.len)
		*out++ = abc[v >> 6 & 63];
	else if (kind == ENT_BASE64_STD)
		*out++ = '=';
	if (kind == ENT_BASE64_STD)
		*out++ = '=';
}

enum ent_status
ent_base64_encode(struct ent_buf *out, enum ent_base64 kind, struct ent_view bytes, struct ent_error *err)
{
	uint8_t *room;

	if (bytes.len == 0)
		return ENT_OK;
	if (bytes.len > SIZE_MAX / 2)
		return ent_fail(err, ENT_E_LIMIT, "%zu bytes are too many for base64", bytes.len);
	ENT_TRY(ent_buf_grow(out, &room, ent_base64_encoded_len(kind, bytes.len), err));
	ent_base64_encode_to((char *)room, kind, bytes);
	return ENT_OK;
}

/* Number of bytes that text decodes to; SIZE_MAX if the length or the padding is wrong. */
static size_t
decoded_len(enum ent_base64 kind, struct ent_view *text)
{
	if (kind == ENT_BASE64_STD) {
		if (text->len % 4 != 0)
			return SIZE_MAX;
		for (int pad = 0; pad < 2 && text->len > 0 && text->data[text->len - 1] == '='; pad++)
			text->len--;
	}
	return text->len % 4 == 1 ? SIZE_MAX : text->len / 4 * 3 + (text->len % 4 ? text->len % 4 - 1 : 0);
}

/* text has no padding any more and a length that is possible. False on a bad character or stray bits. */
static bool
decode_into(uint8_t *out, enum ent_base64 kind, struct ent_view text)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	unsigned bad = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned v = value_of(kind, text.data[i]);

		bad |= v >> 6;
		acc = acc << 6 | (v & 63);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(acc >> bits);
		}
	}
	return bad == 0 && (acc & ((1u << bits) - 1)) == 0;
}

static enum ent_status
not_base64(enum ent_base64 kind, struct ent_error *err)
{
	return ent_fail(err, ENT_E_SYNTAX, "not valid %s base64", kind == ENT_BASE64_STD ? "standard" : "url-safe");
}

enum ent_status
ent_base64_decode(struct ent_buf *out, enum ent_base64 kind, struct ent_view text, struct ent_error *err)
{
	size_t len = decoded_len(kind, &text);
	uint8_t *room;

	if (len == SIZE_MAX)
		return not_base64(kind, err);
	if (text.len == 0)
		return ENT_OK;
	ENT_TRY(ent_buf_grow(out, &room, len, err));
	if (decode_into(room, kind, text))
		return ENT_OK;
	out->len -= len;
	return not_base64(kind, err);
}

enum ent_status
ent_base64_decode_exact(uint8_t *out, size_t len, enum ent_base64 kind, struct ent_view text, struct ent_error *err)
{
	if (decoded_len(kind, &text) != len || !decode_into(out, kind, text))
		return ent_fail(err, ENT_E_SYNTAX, "not %zu bytes of %s base64", len,
		    kind == ENT_BASE64_STD ? "standard" : "url-safe");
	return ENT_OK;
}

enum ent_status
ent_base64_decode_arena(struct ent_arena *arena, struct ent_view *out, enum ent_base64 kind, struct ent_view text,
    struct ent_error *err)
{
	size_t len = decoded_len(kind, &text);
	void *room;

	if (len == SIZE_MAX)
		return not_base64(kind, err);
	ENT_TRY(ent_arena_alloc(arena, &room, len + 1, 1, err));
	if (!decode_into(room, kind, text))
		return not_base64(kind, err);
	*out = ent_view_from(room, len);
	return ENT_OK;
}

enum ent_status
ent_base64_encode_arena(struct ent_arena *arena, struct ent_view *out, enum ent_base64 kind, struct ent_view bytes,
    struct ent_error *err)
{
	void *room;

	if (bytes.len > SIZE_MAX / 2)
		return ent_fail(err, ENT_E_LIMIT, "%zu bytes are too many for base64", bytes.len);
	ENT_TRY(ent_arena_alloc(arena, &room, ent_base64_encoded_len(kind, bytes.len) + 1, 1, err));
	ent_base64_encode_to(room, kind, bytes);
	*out = ent_view_from(room, ent_base64_encoded_len(kind, bytes.len));
	return ENT_OK;
}

void
ent_hex_encode_to(char *out, struct ent_view bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		*out++ = digits[bytes.data[i] >> 4];
		*out++ = digits[bytes.data[i] & 15];
	}
	*out = '\0';
}

static unsigned
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

enum ent_status
ent_hex_decode_exact(uint8_t *out, size_t len, struct ent_view text, struct ent_error *err)
{
	size_t want;

	if (!ent_mul_size(&want, len, 2) || text.len != want)
		return ent_fail(err, ENT_E_SYNTAX, "not %zu hexadecimal digits", len * 2);
	for (size_t i = 0; i < len; i++) {
		unsigned hi = hex_value(text.data[2 * i]);
		unsigned lo = hex_value(text.data[2 * i + 1]);

		if ((hi | lo) > 15)
			return ent_fail(err, ENT_E_SYNTAX, "not lower-case hexadecimal");
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return ENT_OK;
}
