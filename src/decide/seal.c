#include "decide/seal.h"

#include <stdlib.h>

#include "codec/time.h"

/* A retired key makes no new seals: what says that it was made later is not believed (C-67). */
static bool
made_in_time(const struct ent_member_key *key, int64_t created_unix_s)
{
	return key->retired_unix_s >= INT64_MAX - ENT_SKEW_S || created_unix_s <= key->retired_unix_s + ENT_SKEW_S;
}

/* Which of the keys that signed vouches: one that nothing speaks against, else a stopped one. */
static enum ent_status
choose_key(const struct ent_member_key **out, const struct ent_member_state *originator, const struct ent_member_key *const *keys,
    const bool *good, size_t count, int64_t created_unix_s, struct ent_error *err)
{
	const struct ent_member_key *retired = NULL;

	*out = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!good[i])
			continue;
		if (!made_in_time(keys[i], created_unix_s))
			retired = keys[i];
		else if (*out == NULL || ((*out)->stopped && !keys[i]->stopped))
			*out = keys[i];
	}
	if (*out != NULL)
		return ENT_OK;
	if (retired != NULL)
		return ent_fail(err, ENT_E_SIGNATURE, "it was made after %.*s had given up its seal key %.*s",
		    ENT_FMT(originator->party->name), ENT_FMT(retired->kid));
	return ent_fail(err, ENT_E_SIGNATURE, "it is not signed by a seal key that %.*s has published", ENT_FMT(originator->party->name));
}

/* A published seal key of this member that signed the note and had not been retired at that time. */
static enum ent_status
verify_by_seal_key(const struct ent_member_key **out, const struct ent_note *note, struct ent_arena *arena,
    const struct ent_member_state *originator, int64_t created_unix_s, struct ent_error *err)
{
	const struct ent_member_key **published;
	struct ent_vkey *keys;
	size_t key_count = 0, count = 0;
	void *room;
	bool *good;

	ENT_TRY(ent_arena_alloc(arena, &room, originator->key_count, sizeof(*keys), err));
	keys = room;
	ENT_TRY(ent_arena_alloc(arena, &room, originator->key_count, sizeof(*published), err));
	published = room;
	ENT_TRY(ent_arena_alloc(arena, &room, originator->key_count, sizeof(*good), err));
	good = room;
	for (size_t i = 0; i < originator->key_count; i++) {
		if (originator->keys[i].use != ENT_KEY_USE_SEAL)
			continue;
		published[key_count] = &originator->keys[i];
		keys[key_count++] = *originator->keys[i].vkey;
	}
	/* All keys at once: a bad signature by any of them refuses the note, whoever else signed it. */
	ENT_TRY(ent_note_verify(note, keys, key_count, good, &count, err));
	return choose_key(out, originator, published, good, key_count, created_unix_s, err);
}

static enum ent_status
find_originator(const struct ent_member_state **out, const struct ent_state *state, const struct ent_hash *charter,
    struct ent_view originator, const char *what, struct ent_error *err)
{
	if (!ent_hash_eq(charter, ent_charter_id(ent_state_charter(state))))
		return ent_fail(err, ENT_E_TAMPERED, "%s belongs to another charter", what);
	*out = ent_state_member(state, originator);
	if (*out == NULL)
		return ent_fail(err, ENT_E_SIGNATURE, "the originator of %s, %.*s, is no member", what, ENT_FMT(originator));
	return ENT_OK;
}

/* ---- certificates ---- */

/* A node certifies its own persons only: a certificate that says otherwise is not what it was made for. */
static enum ent_status
check_writer_person(const struct ent_writer_doc *writer, struct ent_error *err)
{
	struct ent_view sub, party;

	ENT_TRY(ent_person_split(writer->person, &sub, &party, err));
	if (!ent_view_eq(party, writer->originator))
		return ent_fail(err, ENT_E_SIGNATURE, "the writer's certificate is for %.*s, who is no person of %.*s", ENT_FMT(writer->person),
		    ENT_FMT(writer->originator));
	return ENT_OK;
}

static enum ent_status
check_writer_dates(const struct ent_writer_doc *writer, int64_t created_unix_s, struct ent_error *err)
{
	char from[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE], created[ENT_TIME_TEXT_SIZE];

	if (created_unix_s >= writer->from_unix_s && created_unix_s < writer->until_unix_s)
		return ENT_OK;
	ent_time_print(from, writer->from_unix_s);
	ent_time_print(until, writer->until_unix_s);
	ent_time_print(created, created_unix_s);
	return ent_fail(err, ENT_E_SIGNATURE, "the certificate of writer %.*s is good from %s until %s, and not at %s",
	    ENT_FMT(writer->person), from, until, created);
}

enum ent_status
ent_writer_open(struct ent_writer_doc *out, const struct ent_member_key **key, struct ent_arena *arena, const struct ent_state *state,
    struct ent_view note_bytes, int64_t created_unix_s, struct ent_error *err)
{
	const struct ent_member_state *originator;
	struct ent_doc doc;
	struct ent_note note;

	if (ent_note_parse(&note, arena, note_bytes, err) != ENT_OK || ent_doc_parse(&doc, arena, note.text, err) != ENT_OK)
		return ent_error_context(err, "the writer's certificate (ententeWriter)");
	if (doc.kind != ENT_DOC_WRITER)
		return ent_fail(err, ENT_E_FORMAT, "the policy's `ententeWriter` is another text than a writer's certificate");
	ENT_TRY(ent_doc_check(&doc, err));
	ENT_TRY(find_originator(&originator, state, &doc.writer.charter, doc.writer.originator, "the writer's certificate", err));
	if (verify_by_seal_key(key, &note, arena, originator, created_unix_s, err) != ENT_OK)
		return ent_error_context(err, "the writer's certificate");
	ENT_TRY(check_writer_person(&doc.writer, err));
	ENT_TRY(check_writer_dates(&doc.writer, created_unix_s, err));
	*out = doc.writer;
	return ENT_OK;
}

/* ---- seals ---- */

/* With a certificate beside it the seal is the writer's, and no other key's (C-71). */
static enum ent_status
verify_by_writer(struct ent_seal *out, const struct ent_note *note, struct ent_arena *arena, const struct ent_state *state,
    struct ent_view certificate, struct ent_error *err)
{
	const struct ent_file_doc *file = &out->doc.file;

	ENT_TRY(ent_writer_open(&out->writer, &out->key, arena, state, certificate, file->created_unix_s, err));
	if (!ent_view_eq(out->writer.originator, file->originator))
		return ent_fail(err, ENT_E_SIGNATURE, "the writer's certificate is of %.*s, the seal says %.*s", ENT_FMT(out->writer.originator),
		    ENT_FMT(file->originator));
	if (ent_note_verify_one(note, &out->writer.key, err) != ENT_OK)
		return ent_error_context(err, "the seal is not by the writer whose certificate it carries");
	out->by_writer = true;
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

static enum ent_status
check_against_policy(const struct ent_file_doc *file, const struct ent_policy *policy, struct ent_arena *arena, struct ent_error *err)
{
	if (!ent_view_eq(file->uuid, policy->uuid))
		return ent_fail(err, ENT_E_TAMPERED, "the seal is of file %.*s, the policy says %.*s", ENT_FMT(file->uuid),
		    ENT_FMT(policy->uuid));
	ENT_TRY(same_set(file->attributes, file->attribute_count, policy->attributes, policy->attribute_count, arena, "attributes", err));
	return same_set(file->dissem, file->dissem_count, policy->dissem, policy->dissem_count, arena, "persons (dissem)", err);
}

enum ent_status
ent_seal_open(struct ent_seal *out, struct ent_arena *arena, const struct ent_state *state, const struct ent_policy *policy,
    struct ent_error *err)
{
	const struct ent_member_state *originator;
	struct ent_note note;

	*out = (struct ent_seal){ 0 };
	if (!policy->has_seal)
		return ent_fail(err, ENT_E_NOT_FOUND, "the policy carries no seal");
	ENT_TRY(ent_note_parse(&note, arena, policy->seal_note, err));
	ENT_TRY(ent_doc_parse(&out->doc, arena, note.text, err));
	if (out->doc.kind != ENT_DOC_FILE)
		return ent_fail(err, ENT_E_FORMAT, "the policy's `entente` is another text than a seal");
	ENT_TRY(ent_doc_check(&out->doc, err));
	ENT_TRY(find_originator(&originator, state, &out->doc.file.charter, out->doc.file.originator, "the seal", err));
	if (policy->has_writer)
		ENT_TRY(verify_by_writer(out, &note, arena, state, policy->writer_note, err));
	else
		ENT_TRY(verify_by_seal_key(&out->key, &note, arena, originator, out->doc.file.created_unix_s, err));
	return check_against_policy(&out->doc.file, policy, arena, err);
}
