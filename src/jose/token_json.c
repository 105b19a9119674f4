#include "jose/token_json.h"

/*
 * Deepest nesting of brackets outside of strings, before jansson recurses over them. Text that is not JSON gets some
 * number: jansson refuses it afterwards.
 */
static size_t
depth_of(struct ent_view text)
{
	size_t depth = 0, deepest = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (in_string && c == '\\')
			i++; /* whatever is escaped does not end the string */
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			deepest = ++depth > deepest ? depth : deepest;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return deepest;
}

/* jansson's own message quotes the text, which may be a token: only the place is repeated. */
enum ent_status
ent_token_json_parse(json_t **out, const char *what, struct ent_view text, struct ent_error *err)
{
	ENT_AUTO_JSON value = NULL;
	json_error_t where;

	if (depth_of(text) > ENT_TOKEN_JSON_DEPTH_MAX)
		return ent_fail(err, ENT_E_LIMIT, "%s nests deeper than %d levels", what, ENT_TOKEN_JSON_DEPTH_MAX);
	value = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &where);
	if (value == NULL && json_error_code(&where) == json_error_out_of_memory)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %s", what);
	if (value == NULL && json_error_code(&where) == json_error_duplicate_key)
		return ent_fail(err, ENT_E_SYNTAX, "%s has a member twice, near byte %d", what, where.position);
	if (value == NULL)
		return ent_fail(err, ENT_E_SYNTAX, "%s is not valid JSON, near byte %d", what, where.position);
	if (!json_is_object(value))
		return ent_fail(err, ENT_E_SYNTAX, "%s is not a JSON object", what);
	*out = ent_take(&value);
	return ENT_OK;
}

struct sink {
	struct ent_buf *out;
	struct ent_error *err;
	enum ent_status status;
};

static int
append(const char *bytes, size_t len, void *data)
{
	struct sink *sink = data;

	sink->status = ent_buf_add(sink->out, ent_view_from(bytes, len), sink->err);
	return sink->status == ENT_OK ? 0 : -1;
}

enum ent_status
ent_token_json_encode(struct ent_buf *out, const json_t *value, struct ent_error *err)
{
	struct sink sink = { out, err, ENT_OK };

	if (json_dump_callback(value, append, &sink, JSON_COMPACT) == 0)
		return ENT_OK;
	if (sink.status != ENT_OK)
		return sink.status;
	return ent_fail(err, ENT_E_NO_MEMORY, "no memory to write JSON");
}
