#include "kas/json.h"

#include "codec/base64.h"

/* jansson's own depth limit is 2,048, and each level of its recursion costs stack: count before it parses. */
static enum ent_status
check_depth(struct ent_view text, struct ent_error *err)
{
	bool in_string = false;
	unsigned depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > ENT_LIMIT_KAS_JSON_DEPTH)
			return ent_fail(err, ENT_E_LIMIT, "JSON nested deeper than %d levels", ENT_LIMIT_KAS_JSON_DEPTH);
	}
	return ENT_OK;
}

enum ent_status
ent_kas_json_load(json_t **out, struct ent_view text, size_t max, struct ent_error *err)
{
	json_error_t why;
	json_t *root;

	if (text.len > max)
		return ent_fail(err, ENT_E_LIMIT, "a body of %zu bytes, limit %zu", text.len, max);
	ENT_TRY(check_depth(text, err));
	/* Integers as reals: a number in a member that we ignore must not be too large for us. */
	root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &why);
	if (root == NULL)
		return ent_fail(err, ENT_E_SYNTAX, "not JSON, at line %d column %d: %s", why.line, why.column, why.text);
	if (!json_is_object(root)) {
		json_decref(root);
		return ent_fail(err, ENT_E_SYNTAX, "the JSON is not an object");
	}
	*out = root;
	return ENT_OK;
}

enum ent_status
ent_kas_json_member(const json_t **out, const json_t *object, const char *camel, const char *snake, struct ent_error *err)
{
	const json_t *a = json_object_get(object, camel);
	const json_t *b = strcmp(camel, snake) == 0 ? NULL : json_object_get(object, snake);

	if (a != NULL && b != NULL)
		return ent_fail(err, ENT_E_SYNTAX, "the member %s stands there twice, as %s too", camel, snake);
	*out = a != NULL ? a : b;
	if (*out != NULL && json_is_null(*out))
		*out = NULL;
	return ENT_OK;
}

enum ent_status
ent_kas_json_string(struct ent_view *out, struct ent_arena *arena, const json_t *object, const char *camel,
    const char *snake, struct ent_error *err)
{
	const json_t *value;

	*out = ENT_VIEW_NONE;
	ENT_TRY(ent_kas_json_member(&value, object, camel, snake, err));
	if (value == NULL)
		return ENT_OK;
	if (!json_is_string(value))
		return ent_fail(err, ENT_E_SYNTAX, "the member %s is not a string", camel);
	return ent_arena_dup(arena, out, ent_view_from(json_string_value(value), json_string_length(value)), err);
}

enum ent_status
ent_kas_json_object(const json_t **out, const json_t *object, const char *camel, const char *snake, struct ent_error *err)
{
	ENT_TRY(ent_kas_json_member(out, object, camel, snake, err));
	if (*out != NULL && !json_is_object(*out))
		return ent_fail(err, ENT_E_SYNTAX, "the member %s is not an object", camel);
	return ENT_OK;
}

enum ent_status
ent_kas_json_array(const json_t **out, const json_t *object, const char *camel, const char *snake, struct ent_error *err)
{
	ENT_TRY(ent_kas_json_member(out, object, camel, snake, err));
	if (*out != NULL && !json_is_array(*out))
		return ent_fail(err, ENT_E_SYNTAX, "the member %s is not an array", camel);
	return ENT_OK;
}

/* text with standard alphabet and padding, in fresh arena memory */
static enum ent_status
normalise(struct ent_view *out, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	size_t len = text.len;
	size_t padded;
	void *memory;
	char *to;

	while (len > 0 && text.len - len < 2 && text.data[len - 1] == '=')
		len--;
	padded = (len + 3) / 4 * 4;
	if (len != text.len && padded != text.len)
		return ent_fail(err, ENT_E_SYNTAX, "base64 with wrong padding");
	ENT_TRY(ent_arena_alloc(arena, &memory, padded + 1, 1, err));
	to = memory;
	for (size_t i = 0; i < len; i++) {
		char c = (char)text.data[i];

		to[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	memset(to + len, '=', padded - len);
	*out = ent_view_from(to, padded);
	return ENT_OK;
}

enum ent_status
ent_kas_json_base64(struct ent_view *out, struct ent_arena *arena, const json_t *object, const char *camel,
    const char *snake, struct ent_error *err)
{
	struct ent_view text;
	struct ent_view bytes;

	ENT_TRY(ent_kas_json_string(&text, arena, object, camel, snake, err));
	*out = ENT_VIEW_NONE;
	if (text.len == 0)
		return ENT_OK;
	ENT_TRY(normalise(out, arena, text, err));
	if (ent_base64_decode_arena(arena, &bytes, ENT_BASE64_STD, *out, err) != ENT_OK)
		return ent_error_context(err, "the member %s", camel);
	return ENT_OK;
}

enum ent_status
ent_kas_json_set(json_t *object, const char *key, json_t *value, struct ent_error *err)
{
	if (value == NULL || json_object_set_new(object, key, value) != 0)
		return ent_fail(err, ENT_E_INPUT, "cannot write the member %s: not UTF-8, or no memory", key);
	return ENT_OK;
}

enum ent_status
ent_kas_json_append(json_t *array, json_t *value, struct ent_error *err)
{
	if (value == NULL || json_array_append_new(array, value) != 0)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	return ENT_OK;
}

enum ent_status
ent_kas_json_set_view(json_t *object, const char *key, struct ent_view text, struct ent_error *err)
{
	return ent_kas_json_set(object, key, json_stringn(text.len ? (const char *)text.data : "", text.len), err);
}

/* The error object is jansson's to carry: 0 or -1 is all a callback can say. */
struct dump_to {
	struct ent_buf *out;
	struct ent_error *err;
};

static int
dump_piece(const char *piece, size_t len, void *arg)
{
	struct dump_to *to = arg;

	return ent_buf_add(to->out, ent_view_from(piece, len), to->err) == ENT_OK ? 0 : -1;
}

enum ent_status
ent_kas_json_dump(struct ent_buf *out, const json_t *value, struct ent_error *err)
{
	struct ent_error own = { 0 };
	struct dump_to to = { out, &own };

	if (json_dump_callback(value, dump_piece, &to, JSON_COMPACT) == 0)
		return ENT_OK;
	if (own.code == ENT_OK)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory to write JSON");
	return ent_fail(err, own.code, "%s", own.text);
}
