#include "decide/seal.h"

#include <stdlib.h>

enum ent_status
ent_seal_verify(const struct ent_note *note, struct ent_arena *arena, const struct ent_member_state *originator, struct ent_error *err)
{
	struct ent_vkey *keys;
	size_t key_count = 0, count = 0;
	void *room, *good;

	ENT_TRY(ent_arena_alloc(arena, &room, originator->key_count, sizeof(*keys), err));
	ENT_TRY(ent_arena_alloc(arena, &good, originator->key_count, sizeof(bool), err));
	keys = room;
	for (size_t i = 0; i < originator->key_count; i++)
		if (originator->keys[i].use == ENT_KEY_USE_SEAL)
			keys[key_count++] = *originator->keys[i].vkey;
	/* All keys at once: a bad signature by any of them refuses the note, whoever else signed it. */
	ENT_TRY(ent_note_verify(note, keys, key_count, good, &count, err));
	if (count == 0)
		return ent_fail(err, ENT_E_SIGNATURE, "the seal is not signed by a seal key that %.*s has published",
		    ENT_FMT(originator->party->name));
	return ENT_OK;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct ent_view *x = a, *y = b;

	return ent_view_cmp(*x, *y);
}

/* The seal's list is sorted and unique by its grammar, the policy's is unique by its parser: sort a copy and compare. */
static enum ent_status
same_set(const struct ent_view *sealed, size_t sealed_count, const struct ent_view *written, size_t written_count, struct ent_arena *arena,
    const char *what, struct ent_error *err)
{
	void *room;
	struct ent_view *sorted;

	if (sealed_count != written_count)
		return ent_fail(err, ENT_E_TAMPERED, "the seal lists %zu %s, the policy %zu", sealed_count, what, written_count);
	ENT_TRY(ent_arena_alloc(arena, &room, written_count, sizeof(*sorted), err));
	sorted = room;
	if (written_count > 0) {
		memcpy(sorted, written, written_count * sizeof(*sorted));
		qsort(sorted, written_count, sizeof(*sorted), by_bytes);
	}
	for (size_t i = 0; i < sealed_count; i++)
		if (!ent_view_eq(sealed[i], sorted[i]))
			return ent_fail(err, ENT_E_TAMPERED, "the %s of the seal and of the policy differ at \"%.*s\"", what,
			    ENT_FMT(sealed[i]));
	return ENT_OK;
}

enum ent_status
ent_seal_open(struct ent_doc *out, struct ent_arena *arena, const struct ent_state *state, const struct ent_policy *policy,
    struct ent_error *err)
{
	const struct ent_member_state *originator;
	const struct ent_file_doc *file;
	struct ent_note note;

	if (policy->has_writer)
		return ent_fail(err, ENT_E_UNSUPPORTED, "the seal is by a writer's certificate (ententeWriter), which this version does not accept");
	if (!policy->has_seal)
		return ent_fail(err, ENT_E_NOT_FOUND, "the policy carries no seal");
	ENT_TRY(ent_note_parse(&note, arena, policy->seal_note, err));
	ENT_TRY(ent_doc_parse(out, arena, note.text, err));
	if (out->kind != ENT_DOC_FILE)
		return ent_fail(err, ENT_E_FORMAT, "the policy's `entente` is another text than a seal");
	ENT_TRY(ent_doc_check(out, err));
	file = &out->file;
	if (!ent_hash_eq(&file->charter, ent_charter_id(ent_state_charter(state))))
		return ent_fail(err, ENT_E_TAMPERED, "the seal belongs to another charter");
	originator = ent_state_member(state, file->originator);
	if (originator == NULL)
		return ent_fail(err, ENT_E_SIGNATURE, "the seal's originator %.*s is no member", ENT_FMT(file->originator));
	ENT_TRY(ent_seal_verify(&note, arena, originator, err));
	if (!ent_view_eq(file->uuid, policy->uuid))
		return ent_fail(err, ENT_E_TAMPERED, "the seal is of file %.*s, the policy says %.*s", ENT_FMT(file->uuid),
		    ENT_FMT(policy->uuid));
	ENT_TRY(same_set(file->attributes, file->attribute_count, policy->attributes, policy->attribute_count, arena, "attributes", err));
	return same_set(file->dissem, file->dissem_count, policy->dissem, policy->dissem_count, arena, "persons (dissem)", err);
}
