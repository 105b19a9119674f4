/* The types of fields: how each is read, printed, and called in an error. */
#include "charter/grammar.h"

#include <inttypes.h>
#include <stdio.h>

#include "charter/docs.h"
#include "codec/base64.h"
#include "codec/time.h"
#include "crypto/key.h"

enum { LANG_MAX = 35 }; /* RFC 5646, 4.4.1 */


typedef enum ent_status parse_fn(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text,
    struct ent_error *err);
typedef enum ent_status print_fn(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err);

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_dash(struct ent_view word)
{
	return ent_view_eq_str(word, "-");
}

/* Decimal without leading zeros, at most max. */
static bool
decimal(uint64_t *out, struct ent_view text, uint64_t max)
{
	uint64_t value = 0;

	if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)text.data[i] - '0';

		if (!is_digit(text.data[i]) || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

static enum ent_status
parse_hash(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	(void)arena;
	return ent_hash_from_base64(ent_at(base, field->offset), text, err);
}

static enum ent_status
print_hash(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	char text[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(text, ent_at_const(base, field->offset));
	return ent_buf_add_str(out, text, err);
}

static enum ent_status
parse_hash_or_dash(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	bool *has = ent_at(base, field->offset);

	(void)arena;
	*has = !is_dash(text);
	return *has ? ent_hash_from_base64(ent_at(base, field->second), text, err) : ENT_OK;
}

static enum ent_status
print_hash_or_dash(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const bool *has = ent_at_const(base, field->offset);
	const struct ent_field hash = { ENT_FIELD_HASH, field->second, 0, NULL };

	return *has ? print_hash(&hash, base, out, err) : ent_buf_add_str(out, "-", err);
}

static enum ent_status
parse_time(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	(void)arena;
	return ent_time_parse(ent_at(base, field->offset), text, err);
}

static enum ent_status
print_time(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const int64_t *unix_s = ent_at_const(base, field->offset);
	char text[ENT_TIME_TEXT_SIZE];
	int64_t again;

	ent_time_print(text, *unix_s);
	/* The printer clamps years outside 1970 to 9999; a document must not say another time than its struct. */
	if (ent_time_parse(&again, ent_view_str(text), NULL) != ENT_OK || again != *unix_s)
		return ent_fail(err, ENT_E_INPUT, "the time %" PRId64 " is outside the years 1970 to 9999", *unix_s);
	return ent_buf_add_str(out, text, err);
}

static enum ent_status
parse_duration(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_duration *duration = ent_at(base, field->offset);

	(void)arena;
	duration->text = text;
	return ent_duration_parse(&duration->seconds, text, err);
}

static enum ent_status
print_duration(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_duration *duration = ent_at_const(base, field->offset);
	int64_t seconds;

	if (ent_duration_parse(&seconds, duration->text, NULL) != ENT_OK || seconds != duration->seconds)
		return ent_fail(err, ENT_E_INPUT, "a duration's text does not say its %" PRId64 " seconds", duration->seconds);
	return ent_buf_add(out, duration->text, err);
}

static enum ent_status
parse_u64(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	(void)arena;
	if (!decimal(ent_at(base, field->offset), text, UINT64_MAX))
		return ent_fail(err, ENT_E_SYNTAX, "expected a decimal number without leading zeros");
	return ENT_OK;
}

static enum ent_status
print_u64(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const uint64_t *value = ent_at_const(base, field->offset);

	return ent_buf_printf(out, err, "%" PRIu64, *value);
}

static enum ent_status
read_u32(uint32_t *out, struct ent_view text, struct ent_error *err)
{
	uint64_t value;

	if (!decimal(&value, text, UINT32_MAX))
		return ent_fail(err, ENT_E_SYNTAX, "expected a decimal number without leading zeros, at most %" PRIu32, UINT32_MAX);
	*out = (uint32_t)value;
	return ENT_OK;
}

static enum ent_status
parse_u32(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	(void)arena;
	return read_u32(ent_at(base, field->offset), text, err);
}

static enum ent_status
print_u32(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const uint32_t *value = ent_at_const(base, field->offset);

	return ent_buf_printf(out, err, "%" PRIu32, *value);
}

static enum ent_status
parse_one(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	uint32_t *value = ent_at(base, field->offset);

	(void)arena;
	if (!ent_view_eq_str(text, "1"))
		return ent_fail(err, ENT_E_SYNTAX, "stops is always 1 in charter/v1");
	*value = 1;
	return ENT_OK;
}

static enum ent_status
print_one(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const uint32_t *value = ent_at_const(base, field->offset);

	if (*value != 1)
		return ent_fail(err, ENT_E_INPUT, "stops is always 1 in charter/v1, not %" PRIu32, *value);
	return ent_buf_add_str(out, "1", err);
}

static enum ent_status
parse_attempt(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	size_t dot = ent_view_find(text, '.', 0);

	(void)arena;
	if (dot == text.len)
		return ent_fail(err, ENT_E_SYNTAX, "expected <epoch>.<attempt>, such as 3.1");
	ENT_TRY(read_u32(ent_at(base, field->offset), ent_view_slice(text, 0, dot), err));
	return read_u32(ent_at(base, field->second), ent_view_slice(text, dot + 1, text.len), err);
}

static enum ent_status
print_attempt(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const uint32_t *epoch = ent_at_const(base, field->offset), *attempt = ent_at_const(base, field->second);

	return ent_buf_printf(out, err, "%" PRIu32 ".%" PRIu32, *epoch, *attempt);
}

static uint8_t
vkey_type(const struct ent_field *field)
{
	return field->type == ENT_FIELD_VKEY_WITNESS ? ENT_NOTE_TYPE_COSIGNATURE : ENT_NOTE_TYPE_ED25519;
}

static enum ent_status
parse_vkey(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_vkey *vkey = ent_at(base, field->offset);

	(void)arena;
	ENT_TRY(ent_vkey_parse(vkey, text, vkey_type(field), err));
	if (!ent_name_valid(vkey->name))
		return ent_fail(err, ENT_E_SYNTAX, "expected a key whose name has only a-z, 0-9, dot, slash and dash");
	return ENT_OK;
}

static enum ent_status
print_vkey(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_vkey *vkey = ent_at_const(base, field->offset);
	struct ent_vkey again;
	const struct ent_field here = { field->type, 0, 0, NULL };

	if (parse_vkey(&here, &again, NULL, vkey->line, err) != ENT_OK || memcmp(again.key, vkey->key, sizeof(again.key)) != 0)
		return ent_fail(err, ENT_E_INPUT, "a verifier key whose line does not say its key");
	return ent_buf_add(out, vkey->line, err);
}

static enum ent_status
parse_vkey_line(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	const struct ent_field here = { ENT_FIELD_VKEY, 0, 0, NULL };
	struct ent_vkey vkey;
	struct ent_view *line = ent_at(base, field->offset);

	ENT_TRY(parse_vkey(&here, &vkey, arena, text, err));
	*line = text;
	return ENT_OK;
}

static enum ent_status
print_vkey_line(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_field here = { ENT_FIELD_VKEY, 0, 0, NULL };
	const struct ent_view *line = ent_at_const(base, field->offset);
	struct ent_vkey vkey;

	ENT_TRY(parse_vkey(&here, &vkey, NULL, *line, err));
	return ent_buf_add(out, *line, err);
}

static bool
key_len_valid(const struct ent_field *field, size_t len)
{
	return field->type == ENT_FIELD_RAW_KEY ? len == ENT_ED25519_KEY_LEN : len > 0 && len <= ENT_SPKI_MAX;
}

static enum ent_status
parse_key(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_view *key = ent_at(base, field->offset);

	if (text.len > ent_base64_encoded_len(ENT_BASE64_STD, ENT_SPKI_MAX))
		return ent_fail(err, ENT_E_LIMIT, "a key has at most %d bytes", ENT_SPKI_MAX);
	ENT_TRY(ent_base64_decode_arena(arena, key, ENT_BASE64_STD, text, err));
	if (!key_len_valid(field, key->len))
		return ent_fail(err, ENT_E_SYNTAX, "a key of %zu bytes", key->len);
	return ENT_OK;
}

static enum ent_status
print_key(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_view *key = ent_at_const(base, field->offset);

	if (!key_len_valid(field, key->len))
		return ent_fail(err, ENT_E_INPUT, "a key of %zu bytes", key->len);
	return ent_base64_encode(out, ENT_BASE64_STD, *key, err);
}

static enum ent_status
parse_literal(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	(void)base;
	(void)arena;
	if (!ent_view_eq_str(text, field->words))
		return ent_fail(err, ENT_E_SYNTAX, "expected the word %s", field->words);
	return ENT_OK;
}

static enum ent_status
print_literal(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	(void)base;
	return ent_buf_add_str(out, field->words, err);
}

/* The i-th of "first|second|..."; false when there are fewer. */
static bool
choice_at(struct ent_view *out, const char *list, size_t i)
{
	struct ent_view all = ent_view_str(list);

	for (size_t start = 0; start <= all.len; i--) {
		size_t end = ent_view_find(all, '|', start);

		if (i == 0) {
			*out = ent_view_slice(all, start, end - start);
			return true;
		}
		start = end + 1;
	}
	return false;
}

static enum ent_status
read_choice(unsigned *out, const char *list, struct ent_view text, struct ent_error *err)
{
	struct ent_view word;

	for (unsigned i = 0; choice_at(&word, list, i); i++) {
		if (ent_view_eq(word, text)) {
			*out = i;
			return ENT_OK;
		}
	}
	return ent_fail(err, ENT_E_SYNTAX, "expected one of %s", list);
}

static enum ent_status
write_choice(struct ent_buf *out, const char *list, unsigned i, struct ent_error *err)
{
	struct ent_view word;

	if (!choice_at(&word, list, i))
		return ent_fail(err, ENT_E_INPUT, "value %u is none of %s", i, list);
	return ent_buf_add(out, word, err);
}

static enum ent_status
parse_choice(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	bool *value = ent_at(base, field->offset);
	unsigned i;

	(void)arena;
	ENT_TRY(read_choice(&i, field->words, text, err));
	*value = i == 1;
	return ENT_OK;
}

static enum ent_status
print_choice(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const bool *value = ent_at_const(base, field->offset);

	return write_choice(out, field->words, *value, err);
}

/* Every enum that a row binds has the size of unsigned (checked where they are bound). */
static enum ent_status
parse_enum(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	unsigned i;

	(void)arena;
	ENT_TRY(read_choice(&i, field->words, text, err));
	memcpy(ent_at(base, field->offset), &i, sizeof(i));
	return ENT_OK;
}

static enum ent_status
print_enum(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	unsigned i;

	memcpy(&i, ent_at_const(base, field->offset), sizeof(i));
	return write_choice(out, field->words, i, err);
}

static enum ent_status
parse_all_or_count(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	bool *all = ent_at(base, field->offset);

	(void)arena;
	*all = ent_view_eq_str(text, "all");
	return *all ? ENT_OK : read_u32(ent_at(base, field->second), text, err);
}

static enum ent_status
print_all_or_count(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const bool *all = ent_at_const(base, field->offset);
	const struct ent_field count = { ENT_FIELD_U32, field->second, 0, NULL };

	return *all ? ent_buf_add_str(out, "all", err) : print_u32(&count, base, out, err);
}

static enum ent_status
parse_all_or_since(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	bool *all = ent_at(base, field->offset);

	(void)arena;
	*all = ent_view_eq_str(text, "all");
	if (*all)
		return ENT_OK;
	if (!ent_view_starts(text, ENT_LIT("since ")))
		return ent_fail(err, ENT_E_SYNTAX, "expected all, or since <time>");
	return ent_time_parse(ent_at(base, field->second), ent_view_slice(text, 6, text.len), err);
}

static enum ent_status
print_all_or_since(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const bool *all = ent_at_const(base, field->offset);
	const struct ent_field since = { ENT_FIELD_TIME, field->second, 0, NULL };

	if (*all)
		return ent_buf_add_str(out, "all", err);
	ENT_TRY(ent_buf_add_str(out, "since ", err));
	return print_time(&since, base, out, err);
}

/* BCP 47 in shape: [a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*. */
static bool
lang_valid(struct ent_view lang)
{
	size_t start = 0;

	if (lang.len > LANG_MAX)
		return false;
	for (size_t i = 0; i <= lang.len; i++) {
		if (i < lang.len && lang.data[i] != '-') {
			if (!is_letter(lang.data[i]) && (start == 0 || !is_digit(lang.data[i])))
				return false;
			continue;
		}
		if (i - start > 8 || i - start < (start == 0 ? 2 : 1))
			return false;
		start = i + 1;
	}
	return true;
}

static enum ent_status
check_title(const struct ent_title *title, enum ent_status status, struct ent_error *err)
{
	if (!lang_valid(title->lang))
		return ent_fail(err, status, "expected a language tag such as en or pt-BR (BCP 47)");
	if (!ent_free_text_valid(title->text))
		return ent_fail(err, status, "expected 1 to %d bytes of printable text without a space at its ends", ENT_LIMIT_FREE_TEXT);
	return ENT_OK;
}

static enum ent_status
parse_title(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_title *title = ent_at(base, field->offset);
	size_t space = ent_view_find(text, ' ', 0);

	(void)arena;
	title->lang = ent_view_slice(text, 0, space);
	title->text = ent_view_slice(text, space + 1, text.len);
	return check_title(title, ENT_E_SYNTAX, err);
}

static enum ent_status
print_title(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_title *title = ent_at_const(base, field->offset);

	ENT_TRY(check_title(title, ENT_E_INPUT, err));
	ENT_TRY(ent_buf_add(out, title->lang, err));
	ENT_TRY(ent_buf_add_byte(out, ' ', err));
	return ent_buf_add(out, title->text, err);
}

static enum ent_status
parse_optional_words(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	bool *there = ent_at(base, field->offset);

	ENT_TRY(parse_literal(field, base, arena, text, err));
	*there = true;
	return ENT_OK;
}

/* ---- the table ---- */

struct field_row {
	parse_fn *parse; /* NULL: a view of the text as it stands (grammar_words.c) */
	print_fn *print;
	bool rest;
	bool shortened;
};

static const struct field_row fields[ENT_FIELD_TYPE_COUNT] = {
	[ENT_FIELD_HASH] = { parse_hash, print_hash, false, true },
	[ENT_FIELD_HASH_OR_DASH] = { parse_hash_or_dash, print_hash_or_dash, false, false },
	[ENT_FIELD_TIME] = { parse_time, print_time, false, false },
	[ENT_FIELD_DURATION] = { parse_duration, print_duration, false, false },
	[ENT_FIELD_U32] = { parse_u32, print_u32, false, false },
	[ENT_FIELD_U64] = { parse_u64, print_u64, false, false },
	[ENT_FIELD_ONE] = { parse_one, print_one, false, false },
	[ENT_FIELD_ATTEMPT] = { parse_attempt, print_attempt, false, false },
	[ENT_FIELD_VKEY] = { parse_vkey, print_vkey, false, true },
	[ENT_FIELD_VKEY_WITNESS] = { parse_vkey, print_vkey, false, true },
	[ENT_FIELD_VKEY_LINE] = { parse_vkey_line, print_vkey_line, false, true },
	[ENT_FIELD_SPKI] = { parse_key, print_key, false, true },
	[ENT_FIELD_RAW_KEY] = { parse_key, print_key, false, true },
	[ENT_FIELD_LITERAL] = { parse_literal, print_literal, false, false },
	[ENT_FIELD_CHOICE] = { parse_choice, print_choice, false, false },
	[ENT_FIELD_ENUM] = { parse_enum, print_enum, false, false },
	[ENT_FIELD_ALL_OR_COUNT] = { parse_all_or_count, print_all_or_count, false, false },
	[ENT_FIELD_ALL_OR_SINCE] = { parse_all_or_since, print_all_or_since, true, false },
	[ENT_FIELD_TITLE] = { parse_title, print_title, true, false },
	[ENT_FIELD_OPTIONAL_WORDS] = { parse_optional_words, print_literal, true, false },
};

enum ent_status
ent_field_parse(const struct ent_field *field, void *base, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	const struct field_row *row = &fields[field->type];
	struct ent_view *view;

	if (row->parse != NULL)
		return row->parse(field, base, arena, text, err);
	if (!ent_words_valid(field->type, text))
		return ent_fail(err, ENT_E_SYNTAX, "expected %s", ent_words_expected(field->type));
	view = ent_at(base, field->offset);
	*view = text;
	return ENT_OK;
}

enum ent_status
ent_field_print(const struct ent_field *field, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct field_row *row = &fields[field->type];
	const struct ent_view *view;

	if (row->print != NULL)
		return row->print(field, base, out, err);
	view = ent_at_const(base, field->offset);
	if (!ent_words_valid(field->type, *view))
		return ent_fail(err, ENT_E_INPUT, "expected %s", ent_words_expected(field->type));
	return ent_buf_add(out, *view, err);
}

bool
ent_field_takes_rest(const struct ent_field *field)
{
	return fields[field->type].rest || ent_words_take_rest(field->type);
}

bool
ent_field_is_shortened(const struct ent_field *field)
{
	return fields[field->type].shortened;
}

bool
ent_field_is_absent(const struct ent_field *field, const void *base)
{
	const bool *there;

	if (field->type != ENT_FIELD_OPTIONAL_WORDS)
		return false;
	there = ent_at_const(base, field->offset);
	return !*there;
}
