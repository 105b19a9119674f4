/* application/x-www-form-urlencoded: bodies of the token endpoint, and the query of a Connect GET. */
#include "node/judge/judge.h"

#define ENT_LIMIT_FORM_FIELDS 32

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

enum ent_status
ent_form_decode(struct ent_arena *arena, struct ent_view *out, struct ent_view text, struct ent_error *err)
{
	void *memory;
	uint8_t *bytes;
	size_t len = 0;

	ENT_TRY(ent_arena_alloc(arena, &memory, text.len + 1, 1, err));
	bytes = memory;
	for (size_t i = 0; i < text.len; i++) {
		int c = text.data[i] == '+' ? ' ' : text.data[i];

		if (c == '%') {
			int high = i + 2 < text.len ? hex_value(text.data[i + 1]) : -1;
			int low = i + 2 < text.len ? hex_value(text.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return ent_fail(err, ENT_E_SYNTAX, "a percent sign without two hex digits");
			c = high * 16 + low;
			i += 2;
		}
		if (c == 0)
			return ent_fail(err, ENT_E_SYNTAX, "a NUL in the form");
		bytes[len++] = (uint8_t)c;
	}
	*out = ent_view_from(bytes, len);
	return ENT_OK;
}

static enum ent_status
take_pair(struct ent_arena *arena, const struct ent_form_field *fields, size_t count, struct ent_view pair, struct ent_error *err)
{
	size_t equals = ent_view_find(pair, '=', 0);
	struct ent_view name, value;

	ENT_TRY(ent_form_decode(arena, &name, ent_view_slice(pair, 0, equals), err));
	ENT_TRY(ent_form_decode(arena, &value, ent_view_slice(pair, equals + 1, pair.len), err));
	for (size_t i = 0; i < count; i++) {
		if (!ent_view_eq_str(name, fields[i].name))
			continue;
		if (fields[i].value->data != NULL)
			return ent_fail(err, ENT_E_SYNTAX, "the parameter %s is there twice", fields[i].name);
		*fields[i].value = value;
	}
	return ENT_OK;
}

enum ent_status
ent_form_parse(struct ent_arena *arena, const struct ent_form_field *fields, size_t count, struct ent_view form,
    struct ent_error *err)
{
	size_t pairs = 0;

	for (size_t start = 0; start < form.len;) {
		size_t end = ent_view_find(form, '&', start);

		if (++pairs > ENT_LIMIT_FORM_FIELDS)
			return ent_fail(err, ENT_E_LIMIT, "more than %d fields in a form", ENT_LIMIT_FORM_FIELDS);
		ENT_TRY(take_pair(arena, fields, count, ent_view_slice(form, start, end - start), err));
		start = end + 1;
	}
	return ENT_OK;
}
