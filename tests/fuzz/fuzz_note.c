/* Signed notes and key lines: what is accepted is exactly what would be written again. */
#include "note/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const key_lines[] = {
	"au.example/officer/doe+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk",
	"uk.example/officer/poe+29bbe4aa+Aa3BQBH4LRxW2VaqT51z2IWDYaYGBIUl4NCMY43HXdjH",
};

/* The empty line is where every reader finds it, and the lines are all there is. */
static void
check_shape(const struct ent_note *note, struct ent_view bytes)
{
	size_t len = note->text.len + 1;

	ENT_ASSERT(memmem(note->text.data, note->text.len, "\n\n", 2) == NULL);
	ENT_ASSERT(note->text.len >= 2 && note->text.data[note->text.len - 1] == '\n');
	ENT_ASSERT(note->signature_count >= 1 && note->signature_count <= ENT_NOTE_SIGNATURES);
	for (size_t i = 0; i < note->signature_count; i++) {
		ENT_ASSERT(note->signatures[i].name.len > 0 && note->signatures[i].bytes.len > 0);
		len += note->signatures[i].line.len + 1;
	}
	ENT_ASSERT(len == bytes.len);
}

static void
check_note(struct ent_view bytes)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) merged = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error err = { 0 };
	struct ent_vkey keys[ENT_COUNT(key_lines)];
	struct ent_note note;
	bool good[ENT_COUNT(key_lines)];
	size_t count;

	ENT_ASSERT(ent_arena_new(&arena, (size_t)4 * ENT_NOTE_MAX, &err) == ENT_OK);
	if (ent_note_parse(&note, arena, bytes, &err) != ENT_OK)
		return;
	check_shape(&note, bytes);
	ENT_ASSERT(ent_note_merge(&merged, &note, &note, &err) == ENT_OK);
	ENT_ASSERT(ent_view_eq(ent_buf_view(&merged), bytes));
	for (size_t i = 0; i < ENT_COUNT(keys); i++)
		ENT_ASSERT(ent_vkey_parse(&keys[i], ent_view_str(key_lines[i]), ENT_NOTE_TYPE_ED25519, &err) == ENT_OK);
	if (ent_note_verify(&note, keys, ENT_COUNT(keys), good, &count, &err) == ENT_OK)
		ENT_ASSERT(count == (size_t)good[0] + good[1]);
	else
		ENT_ASSERT(err.code == ENT_E_SIGNATURE);
}

static void
check_key_line(struct ent_view line)
{
	ENT_AUTO(ent_signer) signer = NULL;
	struct ent_error err = { 0 };
	struct ent_vkey key;

	if (ent_vkey_parse(&key, line, ENT_NOTE_TYPE_ED25519, &err) == ENT_OK)
		ENT_ASSERT(ent_view_eq(key.line, line) && ent_view_starts(line, key.name));
	ent_error_clear(&err);
	if (ent_signer_parse(&signer, line, &err) == ENT_OK)
		ENT_ASSERT(ent_vkey_parse(&key, ent_signer_vkey(signer)->line, ent_signer_vkey(signer)->type, &err) == ENT_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_note(ent_view_from(data, len));
	check_key_line(ent_view_from(data, len));
	return 0;
}
