#include "tdf/json_pull.h"

#include <inttypes.h>
#include <stdlib.h>

enum { WINDOW = 8192, NUMBER_MAX = 64, NAMES_TEXT_MAX = 64 << 10 };

/* Names of the members read so far in the objects that are open, to refuse duplicates. */
struct name {
	uint32_t hash; /* compared first */
	uint32_t start;
	uint32_t len;
};

struct frame {
	bool is_object;
	bool started;       /* an element was read */
	uint32_t first_name; /* of this object, in names */
	size_t text_len;     /* of names_text when it was entered */
};

struct ent_json {
	ent_read_fn read;
	void *arg;
	uint64_t before; /* bytes in front of the window */
	uint64_t max_bytes;
	size_t at;
	size_t len;
	bool ended;
	unsigned depth;
	uint32_t name_count;
	struct ent_buf names_text;
	struct ent_buf *raw; /* capture */
	size_t raw_from;     /* first byte of the window not captured yet */
	struct frame frames[ENT_LIMIT_JSON_DEPTH];
	struct name names[ENT_LIMIT_JSON_OPEN_MEMBERS];
	uint8_t window[WINDOW];
};

#define malformed(json, err, ...) fail_at((json), (err), ENT_E_FORMAT, "" __VA_ARGS__)
#define too_much(json, err, ...) fail_at((json), (err), ENT_E_LIMIT, "" __VA_ARGS__)
#define fail_at(json, err, status, fmt, ...)                                                                           \
	ent_fail((err), (status), "JSON, byte %" PRIu64 ": " fmt, ent_json_offset(json), ##__VA_ARGS__)

enum ent_status
ent_json_new(struct ent_json **out, ent_read_fn read, void *arg, uint64_t max_bytes, struct ent_error *err)
{
	struct ent_json *json = calloc(1, sizeof(*json));

	if (json == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a JSON reader");
	json->read = read;
	json->arg = arg;
	json->max_bytes = max_bytes;
	json->names_text = ent_buf_with_max(NAMES_TEXT_MAX);
	*out = json;
	return ENT_OK;
}

void
ent_json_free(struct ent_json *json)
{
	if (json == NULL)
		return;
	ent_buf_fini(&json->names_text);
	free(json);
}

uint64_t
ent_json_offset(const struct ent_json *json)
{
	return json->before + json->at;
}

static enum ent_status
capture_window(struct ent_json *json, struct ent_error *err)
{
	if (json->raw == NULL)
		return ENT_OK;
	ENT_TRY(ent_buf_add(json->raw, ent_view_from(json->window + json->raw_from, json->at - json->raw_from), err));
	json->raw_from = json->at;
	return ENT_OK;
}

/* The window is used up: get the next. */
static enum ent_status
fill(struct ent_json *json, struct ent_error *err)
{
	ENT_TRY(capture_window(json, err));
	json->before += json->len;
	json->at = json->len = json->raw_from = 0;
	if (json->ended)
		return ENT_OK;
	ENT_TRY(json->read(json->arg, json->window, WINDOW, &json->len, err));
	json->ended = json->len == 0;
	if (json->len > json->max_bytes - json->before)
		return ent_fail(err, ENT_E_LIMIT, "more than %" PRIu64 " bytes of JSON", json->max_bytes);
	return ENT_OK;
}

/* The next byte without consuming it; -1 at the end. */
static enum ent_status
look(struct ent_json *json, int *c, struct ent_error *err)
{
	if (json->at == json->len)
		ENT_TRY(fill(json, err));
	*c = json->at < json->len ? json->window[json->at] : -1;
	return ENT_OK;
}

/* Consume the next byte, which must be there. */
static enum ent_status
take(struct ent_json *json, uint8_t *out, struct ent_error *err)
{
	int c;

	ENT_TRY(look(json, &c, err));
	if (c < 0)
		return malformed(json, err, "the text ends too early");
	*out = (uint8_t)c;
	json->at++;
	return ENT_OK;
}

/* The next byte that is not white space; -1 at the end. */
static enum ent_status
look_token(struct ent_json *json, int *c, struct ent_error *err)
{
	for (;;) {
		ENT_TRY(look(json, c, err));
		if (*c != ' ' && *c != '\n' && *c != '\r' && *c != '\t')
			return ENT_OK;
		json->at++;
	}
}

static enum ent_status
expect(struct ent_json *json, char want, struct ent_error *err)
{
	int c;

	ENT_TRY(look_token(json, &c, err));
	if (c != want)
		return malformed(json, err, "'%c' expected", want);
	json->at++;
	return ENT_OK;
}

static enum ent_status
expect_word(struct ent_json *json, const char *word, struct ent_error *err)
{
	uint8_t c;

	for (; *word != '\0'; word++) {
		ENT_TRY(take(json, &c, err));
		if (c != (uint8_t)*word)
			return malformed(json, err, "not a JSON value");
	}
	return ENT_OK;
}

enum ent_status
ent_json_peek(struct ent_json *json, enum ent_json_type *out, struct ent_error *err)
{
	int c;

	ENT_TRY(look_token(json, &c, err));
	switch (c) {
	case '{': *out = ENT_JSON_OBJECT; return ENT_OK;
	case '[': *out = ENT_JSON_ARRAY; return ENT_OK;
	case '"': *out = ENT_JSON_STRING; return ENT_OK;
	case 't':
	case 'f': *out = ENT_JSON_BOOL; return ENT_OK;
	case 'n': *out = ENT_JSON_NULL; return ENT_OK;
	default: break;
	}
	if (c != '-' && (c < '0' || c > '9'))
		return malformed(json, err, "a value expected");
	*out = ENT_JSON_NUMBER;
	return ENT_OK;
}

static enum ent_status
enter(struct ent_json *json, char bracket, struct ent_error *err)
{
	ENT_TRY(expect(json, bracket, err));
	if (json->depth == ENT_LIMIT_JSON_DEPTH)
		return too_much(json, err, "more than %d levels", ENT_LIMIT_JSON_DEPTH);
	json->frames[json->depth++] = (struct frame){ bracket == '{', false, json->name_count, json->names_text.len };
	return ENT_OK;
}

enum ent_status
ent_json_enter_object(struct ent_json *json, struct ent_error *err)
{
	return enter(json, '{', err);
}

enum ent_status
ent_json_enter_array(struct ent_json *json, struct ent_error *err)
{
	return enter(json, '[', err);
}

/* Comma or closing bracket of the innermost container. */
static enum ent_status
next_item(struct ent_json *json, bool *more, struct ent_error *err)
{
	struct frame *frame = &json->frames[json->depth - 1];
	const char close = frame->is_object ? '}' : ']';
	int c;

	ENT_TRY(look_token(json, &c, err));
	*more = c != close;
	if (*more && frame->started)
		ENT_TRY(expect(json, ',', err));
	frame->started = true;
	if (*more)
		return ENT_OK;
	json->at++;
	json->name_count = frame->first_name;
	json->names_text.len = frame->text_len;
	json->depth--;
	return ENT_OK;
}

enum ent_status
ent_json_element(struct ent_json *json, bool *more, struct ent_error *err)
{
	ENT_ASSERT(json->depth > 0 && !json->frames[json->depth - 1].is_object);
	return next_item(json, more, err);
}

/* out is NULL where a string is only checked. */
static enum ent_status
add_text(struct ent_buf *out, struct ent_view text, struct ent_error *err)
{
	return out != NULL ? ent_buf_add(out, text, err) : ENT_OK;
}

static enum ent_status
hex4(struct ent_json *json, uint32_t *out, struct ent_error *err)
{
	uint8_t c;

	*out = 0;
	for (int i = 0; i < 4; i++) {
		ENT_TRY(take(json, &c, err));
		if (c >= '0' && c <= '9')
			*out = *out << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*out = *out << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return malformed(json, err, "four hexadecimal digits expected");
	}
	return ENT_OK;
}

static enum ent_status
add_code_point(struct ent_json *json, struct ent_buf *out, uint32_t cp, struct ent_error *err)
{
	uint8_t utf8[4];
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	if (cp == 0)
		return malformed(json, err, "U+0000 in a string");
	for (size_t i = len; i-- > 1; cp >>= 6)
		utf8[i] = (uint8_t)(0x80 | (cp & 0x3f));
	utf8[0] = (uint8_t)(lead[len] | cp);
	return add_text(out, ent_view_from(utf8, len), err);
}

/* Behind "\u": a code point of the basic plane, or two surrogates (RFC 8259 section 7). */
static enum ent_status
read_unicode_escape(struct ent_json *json, struct ent_buf *out, struct ent_error *err)
{
	uint32_t cp, low;

	ENT_TRY(hex4(json, &cp, err));
	if (cp >= 0xdc00 && cp <= 0xdfff)
		return malformed(json, err, "a low surrogate without a high one");
	if (cp >= 0xd800 && cp <= 0xdbff) {
		ENT_TRY(expect_word(json, "\\u", err));
		ENT_TRY(hex4(json, &low, err));
		if (low < 0xdc00 || low > 0xdfff)
			return malformed(json, err, "a high surrogate without a low one");
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	}
	return add_code_point(json, out, cp, err);
}

static enum ent_status
read_escape(struct ent_json *json, struct ent_buf *out, struct ent_error *err)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *hit;
	uint8_t c;

	ENT_TRY(take(json, &c, err));
	if (c == 'u')
		return read_unicode_escape(json, out, err);
	hit = c != 0 ? strchr(from, c) : NULL;
	if (hit == NULL)
		return malformed(json, err, "an escape that JSON does not have");
	return add_text(out, ent_view_from(&to[hit - from], 1), err);
}

/* One character above U+007F: shortest form, no surrogate, at most U+10FFFF (RFC 3629). */
static enum ent_status
read_utf8(struct ent_json *json, struct ent_buf *out, struct ent_error *err)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t c;
	size_t len;
	uint32_t cp;

	ENT_TRY(take(json, &c, err));
	len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4)
		return malformed(json, err, "not UTF-8");
	cp = c & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		ENT_TRY(take(json, &c, err));
		if ((c & 0xc0) != 0x80)
			return malformed(json, err, "not UTF-8");
		cp = cp << 6 | (c & 0x3fu);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return malformed(json, err, "not UTF-8");
	return add_code_point(json, out, cp, err);
}

/* Length of the run at the window's position that needs no second look. */
static size_t
plain_run(const struct ent_json *json)
{
	size_t i = json->at;

	while (i < json->len && json->window[i] >= 0x20 && json->window[i] < 0x80 && json->window[i] != '"' &&
	    json->window[i] != '\\')
		i++;
	return i - json->at;
}

enum ent_status
ent_json_string(struct ent_json *json, struct ent_buf *out, struct ent_error *err)
{
	ENT_TRY(expect(json, '"', err));
	for (;;) {
		int c;
		size_t run = plain_run(json);

		ENT_TRY(add_text(out, ent_view_from(json->window + json->at, run), err));
		json->at += run;
		ENT_TRY(look(json, &c, err));
		if (c < 0)
			return malformed(json, err, "a string does not end");
		if (c >= 0x80) {
			ENT_TRY(read_utf8(json, out, err));
		} else if (c == '"') {
			json->at++;
			return ENT_OK;
		} else if (c == '\\') {
			json->at++;
			ENT_TRY(read_escape(json, out, err));
		} else if (c < 0x20) {
			return malformed(json, err, "a control character in a string");
		}
	}
}

/* The name at the end of names_text: refuse it if this object had it already, else remember it. */
static enum ent_status
remember_name(struct ent_json *json, const struct frame *frame, struct ent_view name, struct ent_error *err)
{
	uint32_t hash = 2166136261u; /* FNV-1a: only a filter before the real comparison */

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ name.data[i]) * 16777619u;
	for (uint32_t i = frame->first_name; i < json->name_count; i++) {
		const struct name *seen = &json->names[i];

		if (seen->hash == hash && ent_view_eq(name, ent_view_slice(ent_buf_view(&json->names_text), seen->start, seen->len)))
			return malformed(json, err, "an object has two members of one name");
	}
	if (json->name_count - frame->first_name == ENT_LIMIT_JSON_MEMBERS || json->name_count == ENT_LIMIT_JSON_OPEN_MEMBERS)
		return too_much(json, err, "an object of more than %d members", ENT_LIMIT_JSON_MEMBERS);
	json->names[json->name_count++] =
	    (struct name){ hash, (uint32_t)(json->names_text.len - name.len), (uint32_t)name.len };
	return ENT_OK;
}

enum ent_status
ent_json_member(struct ent_json *json, bool *more, struct ent_view *name, struct ent_error *err)
{
	const struct frame *frame = &json->frames[json->depth - 1];
	size_t start = json->names_text.len;

	ENT_ASSERT(json->depth > 0 && frame->is_object);
	ENT_TRY(next_item(json, more, err));
	if (!*more)
		return ENT_OK;
	ENT_TRY(ent_json_string(json, &json->names_text, err));
	*name = ent_view_slice(ent_buf_view(&json->names_text), start, SIZE_MAX);
	if (name->len > ENT_LIMIT_JSON_NAME)
		return too_much(json, err, "a member's name of %zu bytes", name->len);
	ENT_TRY(remember_name(json, frame, *name, err));
	return expect(json, ':', err);
}

/* The characters of a number token (RFC 8259 section 6), checked by check_number(). */
static enum ent_status
read_number(struct ent_json *json, char out[NUMBER_MAX + 1], struct ent_error *err)
{
	size_t len = 0;
	int c;

	ENT_TRY(look_token(json, &c, err));
	while ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E') {
		if (len == NUMBER_MAX)
			return too_much(json, err, "a number of more than %d characters", NUMBER_MAX);
		out[len++] = (char)c;
		json->at++;
		ENT_TRY(look(json, &c, err));
	}
	out[len] = '\0';
	return ENT_OK;
}

static const char *
skip_digits(const char *at, bool *any)
{
	const char *start = at;

	while (*at >= '0' && *at <= '9')
		at++;
	*any = at > start;
	return at;
}

static bool
check_number(const char *at)
{
	bool digits;
	const char *whole = at + (*at == '-');

	at = skip_digits(whole, &digits);
	if (!digits || (*whole == '0' && at - whole > 1))
		return false;
	if (*at == '.') {
		at = skip_digits(at + 1, &digits);
		if (!digits)
			return false;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at = skip_digits(at + (*at == '+' || *at == '-'), &digits);
	}
	return digits && *at == '\0';
}

enum ent_status
ent_json_u64(struct ent_json *json, uint64_t *out, struct ent_error *err)
{
	char text[NUMBER_MAX + 1];
	uint64_t value = 0;

	ENT_TRY(read_number(json, text, err));
	if (!check_number(text) || strspn(text, "0123456789") != strlen(text))
		return malformed(json, err, "a whole number from 0 on expected");
	for (const char *c = text; *c != '\0'; c++)
		if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return malformed(json, err, "the number %s is too large", text);
	*out = value;
	return ENT_OK;
}

enum ent_status
ent_json_bool(struct ent_json *json, bool *out, struct ent_error *err)
{
	int c;

	ENT_TRY(look_token(json, &c, err));
	*out = c == 't';
	return expect_word(json, *out ? "true" : "false", err);
}

enum ent_status
ent_json_null(struct ent_json *json, struct ent_error *err)
{
	int c;

	ENT_TRY(look_token(json, &c, err));
	return expect_word(json, "null", err);
}

static enum ent_status
skip_container(struct ent_json *json, bool is_object, struct ent_error *err)
{
	struct ent_view name;
	bool more;

	ENT_TRY(enter(json, is_object ? '{' : '[', err));
	for (;;) {
		ENT_TRY(is_object ? ent_json_member(json, &more, &name, err) : ent_json_element(json, &more, err));
		if (!more)
			return ENT_OK;
		ENT_TRY(ent_json_skip(json, err)); /* recursion ends at ENT_LIMIT_JSON_DEPTH */
	}
}

enum ent_status
ent_json_skip(struct ent_json *json, struct ent_error *err)
{
	char number[NUMBER_MAX + 1];
	enum ent_json_type type;
	bool value;

	ENT_TRY(ent_json_peek(json, &type, err));
	switch (type) {
	case ENT_JSON_OBJECT:
	case ENT_JSON_ARRAY: return skip_container(json, type == ENT_JSON_OBJECT, err);
	case ENT_JSON_STRING: return ent_json_string(json, NULL, err);
	case ENT_JSON_BOOL: return ent_json_bool(json, &value, err);
	case ENT_JSON_NULL: return ent_json_null(json, err);
	case ENT_JSON_NUMBER: break;
	}
	ENT_TRY(read_number(json, number, err));
	return check_number(number) ? ENT_OK : malformed(json, err, "\"%s\" is not a number", number);
}

enum ent_status
ent_json_capture(struct ent_json *json, struct ent_buf *raw, struct ent_error *err)
{
	int c;

	ENT_TRY(look_token(json, &c, err));
	json->raw = raw;
	json->raw_from = json->at;
	return ENT_OK;
}

enum ent_status
ent_json_capture_end(struct ent_json *json, struct ent_error *err)
{
	enum ent_status status = capture_window(json, err);

	json->raw = NULL;
	return status;
}

enum ent_status
ent_json_end(struct ent_json *json, struct ent_error *err)
{
	int c;

	ENT_ASSERT(json->depth == 0);
	ENT_TRY(look_token(json, &c, err));
	return c < 0 ? ENT_OK : malformed(json, err, "something behind the end of the text");
}
