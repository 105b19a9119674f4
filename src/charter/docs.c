/* Texts of the charter: from bytes to a typed document and back, by the tables of docs_tables.c. */
#include "charter/docs.h"

#include <stdlib.h>

#include "charter/docs_tables.h"

enum { SAYS_ARENA_MAX = 8 << 20 }; /* a proposal of 64 KiB and 4,096 lines needs less */

static struct ent_view
first_line(struct ent_view text)
{
	return ent_view_slice(text, 0, ent_view_find(text, '\n', 0));
}

/* print(parse(text)) == text: what makes the text the document's one form (charter section 2). */
static enum ent_status
check_identity(const struct ent_doc *doc, const struct ent_doc_table *table, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(table->text_max);

	ENT_TRY(ent_grammar_print(table->rows, ent_at_const(doc, table->offset), &again, err));
	if (!ent_view_eq(ent_buf_view(&again), doc->text))
		return ent_fail(err, ENT_E_SYNTAX, "the text is not in the one form that its contents have");
	return ENT_OK;
}

enum ent_status
ent_doc_parse(struct ent_doc *out, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	const struct ent_doc_table *table = ent_doc_table_for_line(first_line(text));

	memset(out, 0, sizeof(*out));
	if (table == NULL)
		return ent_fail(err, ENT_E_SYNTAX,
		    "line 1: not a text of the charter (charter/v1, access/v1 or record/v1) of a known kind");
	if (text.len > table->text_max)
		return ent_fail(err, ENT_E_LIMIT, "%s: a text of %zu bytes, limit %zu", table->header, text.len,
		    table->text_max);
	out->kind = table->kind;
	out->text = text;
	if (table->kind == ENT_DOC_PROPOSAL)
		out->proposal.kind = table->proposal;
	if (ent_grammar_parse(table->rows, ent_at(out, table->offset), arena, text, err) != ENT_OK)
		return ent_error_context(err, "%s", table->header);
	ENT_TRY(check_identity(out, table, err));
	ent_sha256(&out->hash, text);
	return ENT_OK;
}

enum ent_status
ent_doc_print(struct ent_buf *out, const struct ent_doc *doc, struct ent_error *err)
{
	const struct ent_doc_table *table = ent_doc_table_for_doc(doc);
	size_t start = out->len;
	enum ent_status status;

	if (table == NULL)
		return ent_fail(err, ENT_E_INPUT, "a document of no known kind");
	status = ent_grammar_print(table->rows, ent_at_const(doc, table->offset), out, err);
	if (status == ENT_OK && out->len - start > table->text_max)
		status = ent_fail(err, ENT_E_LIMIT, "the text has %zu bytes, limit %zu", out->len - start,
		    table->text_max);
	if (status == ENT_OK)
		return ENT_OK;
	out->len = start; /* nothing half printed is left behind */
	return ent_error_context(err, "printing %s", table->header);
}

enum ent_status
ent_says_make(struct ent_buf *out, struct ent_view proposal_text, struct ent_error *err)
{
	const struct ent_doc_table *table = ent_doc_table_for_line(first_line(proposal_text));
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_doc doc;

	if (table == NULL || table->kind != ENT_DOC_PROPOSAL)
		return ent_fail(err, ENT_E_INPUT, "only a proposal can be consented to");
	ENT_TRY(ent_arena_new(&arena, SAYS_ARENA_MAX, err));
	ENT_TRY(ent_doc_parse(&doc, arena, proposal_text, err));
	ENT_TRY(ent_buf_add_str(out, table->said_as, err));
	return ent_grammar_say(table->rows, &doc.proposal, out, err);
}

const char *
ent_result_name(enum ent_result result)
{
	static const char *const names[] = { "released", "refused", "sealed", "summary" };

	ENT_ASSERT((size_t)result < ENT_COUNT(names));
	return names[result];
}

/* ---- records: the order of their lines ---- */

static int
by_words(struct ent_view a, struct ent_view a_next, struct ent_view b, struct ent_view b_next)
{
	int order = ent_view_cmp(a, b); /* the space behind a word sorts before every character of one */

	return order != 0 ? order : ent_view_cmp(a_next, b_next);
}

static int
compare_shares(const void *left, const void *right)
{
	const struct ent_share_line *a = left, *b = right;
	char a_hash[ENT_HASH_BASE64_SIZE], b_hash[ENT_HASH_BASE64_SIZE];
	int order = by_words(a->sid, a->kid, b->sid, b->kid);

	if (order != 0)
		return order;
	ent_hash_base64(a_hash, &a->wrapped);
	ent_hash_base64(b_hash, &b->wrapped);
	return strcmp(a_hash, b_hash);
}

static int
compare_views(const void *left, const void *right)
{
	return ent_view_cmp(*(const struct ent_view *)left, *(const struct ent_view *)right);
}

static int
compare_reasons(const void *left, const void *right)
{
	const struct ent_reason_line *a = left, *b = right;

	return by_words(a->code, a->cite, b->code, b->cite);
}

/* Sort, and keep one of equals. */
static void
sort_unique(void *items, size_t *count, size_t size, int (*compare)(const void *, const void *))
{
	size_t kept = 1;

	if (*count < 2)
		return;
	qsort(items, *count, size, compare);
	for (size_t i = 1; i < *count; i++) {
		if (compare(ent_at(items, (kept - 1) * size), ent_at(items, i * size)) == 0)
			continue;
		memmove(ent_at(items, kept * size), ent_at(items, i * size), size);
		kept++;
	}
	*count = kept;
}

void
ent_record_sort(struct ent_record_doc *record)
{
	sort_unique(record->shares, &record->share_count, sizeof(record->shares[0]), compare_shares);
	sort_unique(record->attributes, &record->attribute_count, sizeof(record->attributes[0]), compare_views);
	sort_unique(record->reasons, &record->reason_count, sizeof(record->reasons[0]), compare_reasons);
}
