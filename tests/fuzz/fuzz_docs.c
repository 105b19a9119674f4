/* Documents: what parses prints back to itself, can be checked, and says the same twice. */
#include <stdint.h>

#include "charter/docs.h"

enum { ARENA_MAX = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
say(const struct ent_doc *doc)
{
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max(1 << 20);
	struct ent_error err = { 0 };

	ENT_ASSERT(ent_says_make(&says, doc->text, &err) == ENT_OK);
	ENT_ASSERT(ent_view_find(ent_buf_view(&says), '\n', 0) == says.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(ENT_LIMIT_EPOCH_TEXT);
	struct ent_error err = { 0 };
	struct ent_doc doc;

	if (ent_arena_new(&arena, ARENA_MAX, &err) != ENT_OK)
		return 0;
	if (ent_doc_parse(&doc, arena, ent_view_from(data, size), &err) != ENT_OK)
		return 0;
	ENT_ASSERT(ent_doc_print(&again, &doc, &err) == ENT_OK);
	ENT_ASSERT(ent_view_eq(ent_buf_view(&again), ent_view_from(data, size)));
	if (doc.kind == ENT_DOC_PROPOSAL)
		say(&doc);
	ENT_IGNORE(ent_doc_check(&doc, &err)); /* any answer will do; it must come back with one */
	return 0;
}
