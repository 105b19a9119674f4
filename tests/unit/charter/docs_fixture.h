/* What the tests of documents share: the vectors, a document in an arena, and small edits of texts. */
#ifndef ENT_TESTS_DOCS_FIXTURE_H
#define ENT_TESTS_DOCS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "charter/docs.h"

#define VECTORS TESTS_DIR "/vectors/charter/"
#define ARENA_MAX ((size_t)64 << 20)
#define assert_ok(call) assert_int_equal((call), ENT_OK)

/* A file of the vectors, added to out (which the caller frees). */
static inline struct ent_view
load_vector(struct ent_buf *out, const char *name, const char *suffix)
{
	struct ent_error err = { 0 };
	char path[ENT_PATH_MAX];

	*out = ent_buf_with_max(1 << 20);
	assert_ok(ent_path_join(path, sizeof(path), &err, VECTORS "%s%s", name, suffix));
	assert_ok(ent_file_read(out, path, 1 << 20, &err));
	return ent_buf_view(out);
}

/* Call visit with each vector's name and text; hashes.txt lists them. */
static inline void
for_each_vector(void (*visit)(const char *name, const char *hash, struct ent_view text))
{
	ENT_AUTO_FINI(ent_buf) list = { 0 };
	struct ent_view all = load_vector(&list, "hashes.txt", "");
	size_t seen = 0;

	for (size_t at = 0; at < all.len; seen++) {
		size_t end = ent_view_find(all, '\n', at);
		ENT_AUTO_FINI(ent_buf) text = { 0 };
		char hash[ENT_HASH_BASE64_SIZE], name[100];

		assert_int_equal(sscanf((const char *)all.data + at, "%44s %99s", hash, name), 2);
		visit(name, hash, load_vector(&text, name, ".txt"));
		at = end + 1;
	}
	assert_true(seen >= 40);
}

static inline struct ent_arena *
new_arena(void)
{
	struct ent_arena *arena = NULL;
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&arena, ARENA_MAX, &err));
	return arena;
}

/* Parse, or say why not. */
static inline void
parse_ok(struct ent_doc *doc, struct ent_arena *arena, struct ent_view text)
{
	struct ent_error err = { 0 };

	if (ent_doc_parse(doc, arena, text, &err) != ENT_OK)
		fail_msg("%s\n%.*s", err.text, ENT_FMT(text));
}

static inline enum ent_status
try_parse(struct ent_view text, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = new_arena();
	struct ent_doc doc;

	return ent_doc_parse(&doc, arena, text, err);
}

static inline void
assert_refused(struct ent_view text)
{
	struct ent_error err = { 0 };
	enum ent_status status = try_parse(text, &err);

	if (status != ENT_E_SYNTAX && status != ENT_E_LIMIT)
		fail_msg("status %d for\n%.*s", (int)status, ENT_FMT(text));
	assert_true(err.text[0] != '\0');
}

/* text with the bytes [at, at + drop) replaced. */
static inline void
splice(struct ent_buf *out, struct ent_view text, size_t at, size_t drop, struct ent_view insert)
{
	struct ent_error err = { 0 };

	ent_buf_clear(out);
	assert_ok(ent_buf_add(out, ent_view_slice(text, 0, at), &err));
	assert_ok(ent_buf_add(out, insert, &err));
	assert_ok(ent_buf_add(out, ent_view_slice(text, at + drop, text.len), &err));
}

/* The first place of a string in the text; it must be there. */
static inline size_t
find(struct ent_view text, const char *needle)
{
	const uint8_t *hit = memmem(text.data, text.len, needle, strlen(needle));

	assert_non_null(hit);
	return (size_t)(hit - text.data);
}

/* text with the first `from` replaced by `to`. */
static inline struct ent_view
replaced(struct ent_buf *out, struct ent_view text, const char *from, const char *to)
{
	splice(out, text, find(text, from), strlen(from), ent_view_str(to));
	return ent_buf_view(out);
}

static inline size_t
line_count(struct ent_view text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == '\n';
	return n;
}

/* Line i with its LF, and where it starts. */
static inline struct ent_view
line_of(struct ent_view text, size_t i, size_t *start)
{
	*start = 0;
	for (; i > 0; i--)
		*start = ent_view_find(text, '\n', *start) + 1;
	return ent_view_slice(text, *start, ent_view_find(text, '\n', *start) + 1 - *start);
}

/* A generator of our own (xorshift64*), so that a failure can be repeated from its printed seed. */
static inline uint64_t
next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1DULL;
}
static inline size_t
below(uint64_t *state, size_t n)
{
	return (size_t)(next_random(state) >> 11) % n;
}

/* A fresh key of that name; its line lives in the arena. */
static inline struct ent_vkey
fresh_key(struct ent_arena *arena, const char *name, uint8_t type)
{
	ENT_AUTO(ent_signer) signer = NULL;
	struct ent_error err = { 0 };
	struct ent_view line;
	struct ent_vkey key;

	assert_ok(ent_signer_generate(&signer, ent_view_str(name), type, &err));
	assert_ok(ent_arena_dup(arena, &line, ent_signer_vkey(signer)->line, &err));
	assert_ok(ent_vkey_parse(&key, line, type, &err));
	return key;
}

#endif
