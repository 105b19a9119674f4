#include "node/keyholder/keyholder.h"
#include "tlog/tlog.h"

enum { SALT_LEN = 32 };

/* Whatever is wrong with evidence, it is refused for that reason; only a lack of memory is something else. */
static enum ent_status
refuse(const struct ent_error *why, const char *what, struct ent_error *err)
{
	return ent_fail(err, why->code == ENT_E_NO_MEMORY ? ENT_E_NO_MEMORY : ENT_E_REFUSED, "%s: %s", what, why->text);
}

static enum ent_status
parse_entry(struct ent_access_doc *out, struct ent_arena *arena, struct ent_view text, enum ent_result want,
    struct ent_error *err)
{
	struct ent_error why = { 0 };
	struct ent_doc doc;

	if (ent_doc_parse(&doc, arena, text, &why) != ENT_OK)
		return refuse(&why, "the access entry", err);
	if (doc.kind != ENT_DOC_ACCESS)
		return ent_fail(err, ENT_E_REFUSED, "the entry is no access entry");
	if (doc.access.result != want)
		return ent_fail(err, ENT_E_REFUSED, "the access entry says %s, not %s", ent_result_name(doc.access.result),
		    ent_result_name(want));
	*out = doc.access;
	return ENT_OK;
}

static enum ent_status
parse_record(struct ent_record_doc *out, struct ent_arena *arena, const struct ent_evidence *evidence,
    const struct ent_access_doc *entry, struct ent_error *err)
{
	const struct ent_view salted[] = { evidence->salt, evidence->record };
	struct ent_error why = { 0 };
	struct ent_hash commitment;
	struct ent_doc doc;

	if (evidence->salt.len != SALT_LEN)
		return ent_fail(err, ENT_E_REFUSED, "a salt of %zu bytes, not %d", evidence->salt.len, SALT_LEN);
	ent_sha256_parts(&commitment, salted, ENT_COUNT(salted));
	if (!ent_hash_eq(&commitment, &entry->record))
		return ent_fail(err, ENT_E_REFUSED, "the access entry does not commit to this record");
	if (ent_doc_parse(&doc, arena, evidence->record, &why) != ENT_OK)
		return refuse(&why, "the record", err);
	if (doc.kind != ENT_DOC_RECORD || !doc.record.full)
		return ent_fail(err, ENT_E_REFUSED, "the record is no full record");
	if (doc.record.result != entry->result)
		return ent_fail(err, ENT_E_REFUSED, "the record says %s and its entry %s", ent_result_name(doc.record.result),
		    ent_result_name(entry->result));
	*out = doc.record;
	return ENT_OK;
}

static enum ent_status
read_proof(struct ent_tlog_proof *out, struct ent_view bytes, struct ent_error *err)
{
	if (bytes.len % ENT_HASH_LEN != 0 || bytes.len / ENT_HASH_LEN > ENT_TLOG_PROOF_MAX)
		return ent_fail(err, ENT_E_REFUSED, "an inclusion proof of %zu bytes", bytes.len);
	out->count = bytes.len / ENT_HASH_LEN;
	for (size_t i = 0; i < out->count; i++)
		memcpy(out->hashes[i].bytes, bytes.data + i * ENT_HASH_LEN, ENT_HASH_LEN);
	return ENT_OK;
}

static enum ent_status
check_included(struct ent_arena *arena, const struct ent_evidence *evidence, uint64_t index, const struct ent_vkey *log_key,
    struct ent_error *err)
{
	struct ent_error why = { 0 };
	struct ent_checkpoint checkpoint;
	struct ent_tlog_proof proof;
	struct ent_hash leaf;

	if (ent_checkpoint_open(&checkpoint, arena, evidence->checkpoint, log_key, &why) != ENT_OK)
		return refuse(&why, "the access log's checkpoint", err);
	ENT_TRY(read_proof(&proof, evidence->proof, err));
	ent_tlog_leaf_hash(&leaf, evidence->entry);
	if (ent_tlog_check_inclusion(&proof, index, &leaf, checkpoint.size, &checkpoint.root, &why) != ENT_OK)
		return refuse(&why, "the entry is not in the access log", err);
	return ENT_OK;
}

enum ent_status
ent_evidence_check(struct ent_record_doc *record, struct ent_arena *arena, const struct ent_evidence *evidence,
    const struct ent_vkey *log_key, enum ent_result want, struct ent_error *err)
{
	struct ent_access_doc entry;

	ENT_TRY(parse_entry(&entry, arena, evidence->entry, want, err));
	ENT_TRY(parse_record(record, arena, evidence, &entry, err));
	return check_included(arena, evidence, entry.index, log_key, err);
}
