#include "decide/seal.h"

#include <stdlib.h>

#include "codec/base64.h"

/* Seal keys are published as bare keys; a note wants them as a verifier key with the signer's name. */
static enum ent_status
vkey_of(struct ent_vkey *out, struct ent_arena *arena, const struct ent_member_key *key, struct ent_error *err)
{
	uint8_t typed[1 + ENT_ED25519_KEY_LEN] = { ENT_NOTE_TYPE_ED25519 };
	char base64[64];
	struct ent_hash id;
	const struct ent_view parts[] = { key->signer_name, ENT_LIT("\n"), ent_view_from(typed, sizeof(typed)) };
	const char *line;

	memcpy(typed + 1, key->public_key.data, ENT_ED25519_KEY_LEN);
	ent_sha256_parts(&id, parts, ENT_COUNT(parts));
	ent_base64_encode_to(base64, ENT_BASE64_STD, ent_view_from(typed, sizeof(typed)));
	ENT_TRY(ent_arena_printf(arena, &line, err, "%.*s+%02x%02x%02x%02x+%.44s", ENT_FMT(key->signer_name), id.bytes[0],
	    id.bytes[1], id.bytes[2], id.bytes[3], base64));
	return ent_vkey_parse(out, ent_view_str(line), ENT_NOTE_TYPE_ED25519, err);
}

enum ent_status
ent_seal_verify(const struct ent_note *note, struct ent_arena *arena, const struct ent_member_state *originator, struct ent_error *err)
{
	for (size_t i = 0; i < originator->key_count; i++) {
		const struct ent_member_key *key = &originator->keys[i];
		struct ent_vkey vkey;
		struct ent_error other = { 0 };

		if (key->use != ENT_KEY_USE_SEAL || key->public_key.len != ENT_ED25519_KEY_LEN)
			continue;
		ENT_TRY(vkey_of(&vkey, arena, key, err));
		if (ent_note_verify_one(note, &vkey, &other) == ENT_OK)
			return ENT_OK;
	}
	return ent_fail(err, ENT_E_SIGNATURE, "the seal is not signed by a seal key that %.*s has published",
	    ENT_FMT(originator->party->name));
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
