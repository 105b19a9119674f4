/* Lines and rows: the engine that reads and prints what a table says. */
#include "charter/grammar.h"

#include <inttypes.h>
#include <stdio.h>

#include "charter/docs.h"

bool
ent_grammar_starts(struct ent_view line, const char *keyword)
{
	struct ent_view word = ent_view_str(keyword);

	return ent_view_starts(line, word) && (line.len == word.len || word.len == 0 || line.data[word.len] == ' ');
}

/* The word at *at; *at moves behind the space that follows it, or to len + 1 at the end. */
static struct ent_view
next_word(struct ent_view line, size_t *at)
{
	size_t end = ent_view_find(line, ' ', *at);
	struct ent_view word = ent_view_slice(line, *at, end - *at);

	*at = end + 1;
	return word;
}

static size_t
after_keyword(const struct ent_row *row)
{
	return strlen(row->keyword) + 1;
}

/* The first word behind the keyword: what ENT_SORTED_UNIQUE compares. */
static struct ent_view
first_field(const struct ent_row *row, struct ent_view line)
{
	size_t at = after_keyword(row);

	return at > line.len ? ENT_VIEW_NONE : next_word(line, &at);
}

bool
ent_grammar_fits(const struct ent_row *row, struct ent_view line)
{
	size_t at = after_keyword(row);

	if (!ent_grammar_starts(line, row->keyword))
		return false;
	for (const struct ent_field *field = row->fields; field->type != ENT_FIELD_END; field++) {
		if (at > line.len)
			return false;
		if (ent_field_takes_rest(field))
			return true;
		struct ent_view word = next_word(line, &at);

		if (field->type == ENT_FIELD_LITERAL && !ent_view_eq_str(word, field->words))
			return false;
	}
	return at == line.len + 1;
}

/* ---- parse ---- */

enum ent_status
ent_grammar_parse_line(const struct ent_row *row, void *base, struct ent_arena *arena, struct ent_view line,
    struct ent_error *err)
{
	size_t at = after_keyword(row);

	if (row->parse != NULL)
		return row->parse(base, arena, line, err);
	for (const struct ent_field *field = row->fields; field->type != ENT_FIELD_END; field++) {
		bool rest = ent_field_takes_rest(field);

		if (at > line.len && field->type == ENT_FIELD_OPTIONAL_WORDS)
			return ENT_OK;
		if (at > line.len)
			return ent_fail(err, ENT_E_SYNTAX, "the line ends where a field is missing");
		struct ent_view text = rest ? ent_view_slice(line, at, line.len) : next_word(line, &at);

		if (rest)
			at = line.len + 1;
		ENT_TRY(ent_field_parse(field, base, arena, text, err));
	}
	if (at != line.len + 1)
		return ent_fail(err, ENT_E_SYNTAX, "more on the line than the grammar has");
	return ENT_OK;
}

struct lines {
	struct ent_view text;
	size_t at;
	size_t number; /* of the line at `at`, from 1 */
	struct ent_arena *arena;
};

/* The line at the cursor without its LF; empty at the end (no line of a document is empty). */
static struct ent_view
peek(const struct lines *in)
{
	return ent_view_slice(in->text, in->at, ent_view_find(in->text, '\n', in->at) - in->at);
}

static void
advance(struct lines *in)
{
	in->at += peek(in).len + 1;
	in->number++;
}

/* How much of a hostile line an error may repeat: ASCII only, a few words. */
static int
shown(struct ent_view line)
{
	int n = 0;

	while (n < 40 && (size_t)n < line.len && line.data[n] >= ' ' && line.data[n] < 0x7F)
		n++;
	return n;
}

static enum ent_status
unexpected(const struct lines *in, const char *expected, struct ent_error *err)
{
	struct ent_view line = peek(in);

	if (line.len == 0)
		return ent_fail(err, ENT_E_SYNTAX, "line %zu: the text ends where a line `%s` is expected", in->number,
		    expected);
	return ent_fail(err, ENT_E_SYNTAX, "line %zu: expected `%s`, found `%.*s`", in->number, expected, shown(line),
	    (const char *)line.data);
}

static enum ent_status
take_line(struct lines *in, const struct ent_row *row, void *base, struct ent_error *err)
{
	if (ent_grammar_parse_line(row, base, in->arena, peek(in), err) != ENT_OK)
		return ent_error_context(err, "line %zu, %s", in->number, row->keyword[0] ? row->keyword : "act");
	advance(in);
	return ENT_OK;
}

static enum ent_status
check_order(const struct ent_row *row, struct ent_view before, struct ent_view line, size_t count, enum ent_status status,
    struct ent_error *err)
{
	struct ent_view first = first_field(row, line);
	char expected[24];

	if (row->list.order == ENT_COUNTED) {
		snprintf(expected, sizeof(expected), "%zu", count + 1);
		if (!ent_view_eq_str(first, expected))
			return ent_fail(err, status, "`%s` lines are numbered 1, 2, 3, ...; expected %s", row->keyword,
			    expected);
		return ENT_OK;
	}
	if (count == 0)
		return ENT_OK;
	if (ent_view_cmp(before, line) >= 0)
		return ent_fail(err, status, "`%s` lines must be sorted bytewise, none twice", row->keyword);
	if (row->list.order == ENT_SORTED_UNIQUE && ent_view_eq(first, first_field(row, before)))
		return ent_fail(err, status, "two `%s` lines for %.*s", row->keyword, shown(first),
		    (const char *)first.data);
	return ENT_OK;
}

static enum ent_status parse_row(struct lines *in, const struct ent_row *row, void *base, struct ent_error *err);

static enum ent_status
parse_rows(struct lines *in, const struct ent_row *rows, void *base, struct ent_error *err)
{
	for (const struct ent_row *row = rows; row->keyword != NULL; row++)
		if (row->when == NULL || row->when(base))
			ENT_TRY(parse_row(in, row, base, err));
	return ENT_OK;
}

static enum ent_status
parse_list(struct lines *in, const struct ent_row *row, void *base, struct ent_error *err)
{
	const struct ent_row_list *list = &row->list;
	struct ent_view before = ENT_VIEW_NONE;
	void *items = NULL;
	size_t count = 0, cap = 0;

	for (; ent_grammar_starts(peek(in), row->keyword); count++) {
		struct ent_view line = peek(in);

		if (count == list->max)
			return ent_fail(err, ENT_E_LIMIT, "line %zu: more than %zu `%s` lines", in->number, list->max,
			    row->keyword);
		if (check_order(row, before, line, count, ENT_E_SYNTAX, err) != ENT_OK)
			return ent_error_context(err, "line %zu", in->number);
		ENT_TRY(ent_arena_push(in->arena, &items, count, &cap, list->size, err));
		void *item = ent_at(items, count * list->size);

		if (row->group != NULL)
			ENT_TRY(parse_rows(in, row->group, item, err));
		else
			ENT_TRY(take_line(in, row, item, err));
		before = line;
	}
	if (count < list->min)
		return unexpected(in, row->keyword, err);
	/* Object pointers are all alike on the systems this is built for (POSIX, dlsym). */
	memcpy(ent_at(base, list->items), &items, sizeof(items));
	memcpy(ent_at(base, list->count), &count, sizeof(count));
	return ENT_OK;
}

static enum ent_status
parse_row(struct lines *in, const struct ent_row *row, void *base, struct ent_error *err)
{
	bool *flag;

	if (row->list.size > 0)
		return parse_list(in, row, base, err);
	if (peek(in).len == 0 || !ent_grammar_starts(peek(in), row->keyword))
		return row->presence == ENT_REQUIRED ? unexpected(in, row->keyword[0] ? row->keyword : "an act", err)
		    : ENT_OK;
	if (row->presence == ENT_IF_FLAG) {
		flag = ent_at(base, row->presence_at);
		*flag = true;
	}
	return take_line(in, row, base, err);
}

/* Lines, their number and their characters, before any is looked at. */
static enum ent_status
check_text(struct ent_view text, struct ent_error *err)
{
	size_t number = 1;
	uint32_t offender;

	if (text.len == 0 || text.data[text.len - 1] != '\n')
		return ent_fail(err, ENT_E_SYNTAX, "a document's text ends in a newline");
	for (size_t at = 0; at < text.len; number++) {
		size_t end = ent_view_find(text, '\n', at);

		if (number > ENT_LIMIT_LINES)
			return ent_fail(err, ENT_E_LIMIT, "a document has at most %d lines", ENT_LIMIT_LINES);
		if (end == at)
			return ent_fail(err, ENT_E_SYNTAX, "line %zu is empty: no document's text holds an empty line",
			    number);
		if (!ent_text_printable(ent_view_slice(text, at, end - at), &offender)) {
			if (offender == ENT_TEXT_NOT_UTF8)
				return ent_fail(err, ENT_E_SYNTAX, "line %zu is not UTF-8", number);
			return ent_fail(err, ENT_E_SYNTAX,
			    "line %zu holds U+%04" PRIX32 ", a character that no document may hold", number, offender);
		}
		at = end + 1;
	}
	return ENT_OK;
}

enum ent_status
ent_grammar_parse(const struct ent_row *rows, void *base, struct ent_arena *arena, struct ent_view text,
    struct ent_error *err)
{
	struct lines in = { text, 0, 1, arena };
	struct ent_view line;

	ENT_TRY(check_text(text, err));
	ENT_TRY(parse_rows(&in, rows, base, err));
	line = peek(&in);
	if (line.len > 0)
		return ent_fail(err, ENT_E_SYNTAX, "line %zu: `%.*s` is unknown here, out of order, or one too many",
		    in.number, shown(line), (const char *)line.data);
	return ENT_OK;
}

/* ---- print ---- */

struct emitter {
	struct ent_buf *out;
	bool says; /* "; " before each line, keys and hashes shortened, what is unsaid left out */
};

/* Replace what was printed from start on by the first 16 hex digits of its SHA-256 (charter section 2, says). */
static enum ent_status
shorten(struct ent_buf *out, size_t start, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;

	ent_sha256(&hash, ent_view_slice(ent_buf_view(out), start, out->len - start));
	ent_hash_hex(hex, &hash);
	out->len = start;
	return ent_buf_add(out, ent_view_from(hex, 16), err);
}

static enum ent_status
print_fields(const struct emitter *to, const struct ent_row *row, const void *base, struct ent_error *err)
{
	ENT_TRY(ent_buf_add_str(to->out, row->keyword, err));
	for (const struct ent_field *field = row->fields; field->type != ENT_FIELD_END; field++) {
		if (ent_field_is_absent(field, base))
			continue;
		ENT_TRY(ent_buf_add_byte(to->out, ' ', err));
		size_t start = to->out->len;

		ENT_TRY(ent_field_print(field, base, to->out, err));
		if (to->says && ent_field_is_shortened(field))
			ENT_TRY(shorten(to->out, start, err));
	}
	return ENT_OK;
}

enum ent_status
ent_grammar_print_line(const struct ent_row *row, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct emitter to = { out, false };

	if (row->print != NULL)
		return row->print(out, base, err);
	return print_fields(&to, row, base, err);
}

static enum ent_status
emit_line(const struct emitter *to, const struct ent_row *row, const void *base, struct ent_error *err)
{
	enum ent_status status;

	if (to->says)
		ENT_TRY(ent_buf_add_str(to->out, "; ", err));
	status = row->print != NULL ? row->print(to->out, base, err) : print_fields(to, row, base, err);
	if (status != ENT_OK)
		return ent_error_context(err, "line `%s`", row->keyword[0] ? row->keyword : "act");
	return to->says ? ENT_OK : ent_buf_add_byte(to->out, '\n', err);
}

static enum ent_status emit_row(const struct emitter *to, const struct ent_row *row, const void *base,
    struct ent_error *err);

static enum ent_status
emit_rows(const struct emitter *to, const struct ent_row *rows, const void *base, struct ent_error *err)
{
	for (const struct ent_row *row = rows; row->keyword != NULL; row++)
		if ((row->when == NULL || row->when(base)) && !(to->says && row->unsaid))
			ENT_TRY(emit_row(to, row, base, err));
	return ENT_OK;
}

static struct ent_view
line_at(const struct ent_buf *out, size_t start)
{
	struct ent_view all = ent_buf_view(out);

	return ent_view_slice(all, start, ent_view_find(all, '\n', start) - start);
}

static enum ent_status
emit_list(const struct emitter *to, const struct ent_row *row, const void *base, struct ent_error *err)
{
	const struct ent_row_list *list = &row->list;
	const void *items;
	size_t count, before = to->out->len;

	memcpy(&items, ent_at_const(base, list->items), sizeof(items));
	memcpy(&count, ent_at_const(base, list->count), sizeof(count));
	if (count < list->min || count > list->max)
		return ent_fail(err, ENT_E_INPUT, "%zu `%s` lines, where %zu to %zu may stand", count, row->keyword,
		    list->min, list->max);
	for (size_t i = 0; i < count; i++) {
		const void *item = ent_at_const(items, i * list->size);
		size_t start = to->out->len;

		if (row->group != NULL)
			ENT_TRY(emit_rows(to, row->group, item, err));
		else
			ENT_TRY(emit_line(to, row, item, err));
		/* What is said was parsed, so it is in order. */
		if (!to->says)
			ENT_TRY(check_order(row, line_at(to->out, before), line_at(to->out, start), i, ENT_E_INPUT, err));
		before = start;
	}
	return ENT_OK;
}

static enum ent_status
emit_row(const struct emitter *to, const struct ent_row *row, const void *base, struct ent_error *err)
{
	const void *at = ent_at_const(base, row->presence_at);

	if (row->list.size > 0)
		return emit_list(to, row, base, err);
	if (row->presence == ENT_IF_FLAG && !*(const bool *)at)
		return ENT_OK;
	if (row->presence == ENT_IF_VIEW && ((const struct ent_view *)at)->len == 0)
		return ENT_OK;
	return emit_line(to, row, base, err);
}

enum ent_status
ent_grammar_print(const struct ent_row *rows, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct emitter to = { out, false };

	return emit_rows(&to, rows, base, err);
}

enum ent_status
ent_grammar_say(const struct ent_row *rows, const void *base, struct ent_buf *out, struct ent_error *err)
{
	const struct emitter to = { out, true };

	return emit_rows(&to, rows, base, err);
}
