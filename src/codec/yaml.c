#include "codec/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/check.h"

enum { FIELDS_MAX = 64 };

struct reader {
	yaml_parser_t parser;
	const char *name;
	const struct ent_yaml_field *fields;
	size_t field_count;
	uint8_t *into;
	bool seen[FIELDS_MAX];
};

static void
reader_fini(struct reader *reader)
{
	yaml_parser_delete(&reader->parser);
}

static void
event_fini(yaml_event_t *event)
{
	yaml_event_delete(event);
}
#define AUTO_EVENT __attribute__((cleanup(event_fini))) yaml_event_t

/* libyaml counts from 0, people from 1. */
#define fail_at(reader, mark, err, fmt, ...)                                                                           \
	ent_fail(err, ENT_E_CONFIG, "%s:%zu:%zu: " fmt, (reader)->name, (mark).line + 1, (mark).column + 1, ##__VA_ARGS__)

static enum ent_status
next_event(struct reader *reader, yaml_event_t *event, struct ent_error *err)
{
	memset(event, 0, sizeof(*event)); /* an event of no type: safe to delete */
	if (yaml_parser_parse(&reader->parser, event))
		return ENT_OK;
	return fail_at(reader, reader->parser.problem_mark, err, "not YAML: %s",
	    reader->parser.problem != NULL ? reader->parser.problem : "out of memory");
}

static enum ent_status
expect(struct reader *reader, yaml_event_type_t type, const char *what, struct ent_error *err)
{
	AUTO_EVENT event;

	ENT_TRY(next_event(reader, &event, err));
	if (event.type != type)
		return fail_at(reader, event.start_mark, err, "%s", what);
	if (type == YAML_DOCUMENT_START_EVENT && (event.data.document_start.version_directive != NULL ||
	    event.data.document_start.tag_directives.start != event.data.document_start.tag_directives.end))
		return fail_at(reader, event.start_mark, err, "directives are not accepted here");
	if (type == YAML_MAPPING_START_EVENT && (event.data.mapping_start.anchor != NULL || event.data.mapping_start.tag != NULL))
		return fail_at(reader, event.start_mark, err, "anchors and tags are not accepted here");
	return ENT_OK;
}

/* A scalar event without anchor and tag, or the reason why it is none. */
static enum ent_status
check_scalar(struct reader *reader, const yaml_event_t *event, const char *role, struct ent_error *err)
{
	if (event->type == YAML_ALIAS_EVENT)
		return fail_at(reader, event->start_mark, err, "aliases are not accepted here");
	if (event->type != YAML_SCALAR_EVENT)
		return fail_at(reader, event->start_mark, err, "%s must be a single value, not a list or a mapping", role);
	if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
		return fail_at(reader, event->start_mark, err, "anchors and tags are not accepted here");
	if (event->data.scalar.length > ENT_LIMIT_YAML_VALUE)
		return fail_at(reader, event->start_mark, err, "%s has %zu bytes, limit %d", role, event->data.scalar.length,
		    ENT_LIMIT_YAML_VALUE);
	return ENT_OK;
}

static struct ent_view
text_of(const yaml_event_t *event)
{
	return ent_view_from(event->data.scalar.value, event->data.scalar.length);
}

static bool
has_control(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			return true;
	return false;
}

static bool
is_printable(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] >= 0x7f)
			return false;
	return true;
}

static enum ent_status
read_text(struct reader *reader, const struct ent_yaml_field *field, const yaml_event_t *event, struct ent_error *err)
{
	struct ent_view text = text_of(event);
	char **member = (char **)(void *)(reader->into + field->offset);
	char *copy;

	if (text.len == 0 || (int64_t)text.len > field->max || has_control(text))
		return fail_at(reader, event->start_mark, err, "%s must have 1 to %lld bytes and no control characters",
		    field->key, (long long)field->max);
	copy = malloc(text.len + 1);
	if (copy == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %s", field->key);
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	free(*member);
	*member = copy;
	return ENT_OK;
}

/* words[0] is false. */
static enum ent_status
read_word(struct reader *reader, const struct ent_yaml_field *field, const char *const words[2], const yaml_event_t *event,
    struct ent_error *err)
{
	bool *member = (bool *)(reader->into + field->offset);
	struct ent_view text = text_of(event);

	*member = ent_view_eq_str(text, words[1]);
	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || (!*member && !ent_view_eq_str(text, words[0])))
		return fail_at(reader, event->start_mark, err, "%s is %s or %s", field->key, words[0], words[1]);
	return ENT_OK;
}

/* "-?[0-9]+" at the front of *text, which moves behind it. No leading zeros, no "-0". */
static bool
take_integer(struct ent_view *text, int64_t *out)
{
	const bool negative = text->len > 0 && text->data[0] == '-';
	size_t at = negative, start = at;
	int64_t value = 0;

	for (; at < text->len && text->data[at] >= '0' && text->data[at] <= '9'; at++)
		if (__builtin_mul_overflow(value, 10, &value) || !ent_add_i64(&value, value, text->data[at] - '0'))
			return false;
	if (at == start || (text->data[start] == '0' && (at > start + 1 || negative)))
		return false;
	*text = ent_view_slice(*text, at, text->len);
	*out = negative ? -value : value;
	return true;
}

static bool
apply_unit(struct ent_view unit, int64_t *value)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };

	for (size_t i = 0; i < ENT_COUNT(units); i++)
		if (ent_view_eq_str(unit, units[i].name))
			return !__builtin_mul_overflow(*value, units[i].ms, value);
	return false;
}

static enum ent_status
read_integer(struct reader *reader, const struct ent_yaml_field *field, const yaml_event_t *event, struct ent_error *err)
{
	const bool duration = field->kind == ENT_YAML_DURATION;
	struct ent_view rest = text_of(event);
	int64_t value;
	/* 30s and "30s" are one string in YAML; 30 and "30" are a number and a string. */
	bool good = (duration || event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) && take_integer(&rest, &value) &&
	    (duration ? apply_unit(rest, &value) : rest.len == 0);

	if (!good && duration)
		return fail_at(reader, event->start_mark, err, "%s is a duration such as 200ms, 30s, 5m, 2h or 1d", field->key);
	if (!good)
		return fail_at(reader, event->start_mark, err, "%s is a whole number", field->key);
	if (value < field->min || value > field->max)
		return fail_at(reader, event->start_mark, err, "%s is between %lld%s and %lld%s", field->key,
		    (long long)field->min, duration ? "ms" : "", (long long)field->max, duration ? "ms" : "");
	memcpy(reader->into + field->offset, &value, sizeof(value));
	return ENT_OK;
}

static enum ent_status
read_value(struct reader *reader, const struct ent_yaml_field *field, struct ent_error *err)
{
	static const char *const bools[2] = { "false", "true" };
	AUTO_EVENT event;

	ENT_TRY(next_event(reader, &event, err));
	ENT_TRY(check_scalar(reader, &event, field->key, err));
	switch (field->kind) {
	case ENT_YAML_TEXT:
		return read_text(reader, field, &event, err);
	case ENT_YAML_BOOL:
		return read_word(reader, field, bools, &event, err);
	case ENT_YAML_WORD:
		return read_word(reader, field, field->words, &event, err);
	case ENT_YAML_INT:
	case ENT_YAML_DURATION:
		return read_integer(reader, field, &event, err);
	}
	return ent_fail(err, ENT_E_INTERNAL, "the key %s has no kind", field->key);
}

/* *end: the mapping is over; else one pair was read. */
static enum ent_status
read_pair(struct reader *reader, bool *end, struct ent_error *err)
{
	AUTO_EVENT event;

	ENT_TRY(next_event(reader, &event, err));
	*end = event.type == YAML_MAPPING_END_EVENT;
	if (*end)
		return ENT_OK;
	ENT_TRY(check_scalar(reader, &event, "a key", err));
	for (size_t i = 0; i < reader->field_count; i++) {
		if (!ent_view_eq_str(text_of(&event), reader->fields[i].key))
			continue;
		if (reader->seen[i])
			return fail_at(reader, event.start_mark, err, "%s is there twice", reader->fields[i].key);
		reader->seen[i] = true;
		return read_value(reader, &reader->fields[i], err);
	}
	if (!is_printable(text_of(&event))) /* nothing of it belongs on a terminal */
		return fail_at(reader, event.start_mark, err, "there is no setting of that name");
	return fail_at(reader, event.start_mark, err, "there is no setting named \"%.*s\"", ENT_FMT(text_of(&event)));
}

static enum ent_status
read_document(struct reader *reader, struct ent_error *err)
{
	bool end = false;

	ENT_TRY(expect(reader, YAML_STREAM_START_EVENT, "not YAML", err));
	ENT_TRY(expect(reader, YAML_DOCUMENT_START_EVENT, "the file is empty", err));
	ENT_TRY(expect(reader, YAML_MAPPING_START_EVENT, "expected lines of the form \"setting: value\"", err));
	while (!end)
		ENT_TRY(read_pair(reader, &end, err));
	ENT_TRY(expect(reader, YAML_DOCUMENT_END_EVENT, "expected the end of the file", err));
	ENT_TRY(expect(reader, YAML_STREAM_END_EVENT, "a second document is not accepted", err));
	for (size_t i = 0; i < reader->field_count; i++)
		if (reader->fields[i].required && !reader->seen[i])
			return ent_fail(err, ENT_E_CONFIG, "%s: the setting %s is missing", reader->name, reader->fields[i].key);
	return ENT_OK;
}

enum ent_status
ent_yaml_read(void *into, const struct ent_yaml_field *fields, size_t field_count, struct ent_view text, const char *name,
    struct ent_error *err)
{
	__attribute__((cleanup(reader_fini))) struct reader reader = {
		.name = name, .fields = fields, .field_count = field_count, .into = into,
	};

	ENT_ASSERT(field_count <= FIELDS_MAX);
	if (text.len > ENT_LIMIT_YAML_BYTES)
		return ent_fail(err, ENT_E_CONFIG, "%s has %zu bytes, limit %d", name, text.len, ENT_LIMIT_YAML_BYTES);
	if (!yaml_parser_initialize(&reader.parser))
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory to read %s", name);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	/* An empty buffer has no address, and libyaml asserts one. */
	yaml_parser_set_input_string(&reader.parser, text.len > 0 ? text.data : (const uint8_t *)"", text.len);
	return read_document(&reader, err);
}

void
ent_yaml_fini(void *into, const struct ent_yaml_field *fields, size_t field_count)
{
	for (size_t i = 0; i < field_count; i++) {
		char **member = (char **)(void *)((uint8_t *)into + fields[i].offset);

		if (fields[i].kind != ENT_YAML_TEXT)
			continue;
		free(*member);
		*member = NULL;
	}
}
