/*
 * Believing another member's record: only what the entry of its access log commits to, in a checkpoint that we hold. What it
 * says was then fixed before anybody asked; that it is true, its member answers for.
 */
#include "codec/base64.h"
#include "node/judge/records.h"

enum { SALT_LEN = 32 };

struct disclosed {
	struct ent_view log;
	uint64_t index;
	bool full;
	uint8_t salt[SALT_LEN];
	struct ent_view text;
};

static enum ent_status
parse_payload(struct disclosed *out, struct ent_arena *arena, struct ent_view payload, struct ent_error *err)
{
	json_auto_t *object = json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, &(json_error_t){ .line = 0 });
	const char *log, *kind, *salt, *text;
	size_t log_len, kind_len, salt_len, text_len;
	json_int_t index;

	if (json_unpack_ex(object, NULL, JSON_STRICT, "{s:s%, s:I, s:s%, s:s%, s:s%}", "log", &log, &log_len, "index", &index, "kind",
	    &kind, &kind_len, "salt", &salt, &salt_len, "record", &text, &text_len) != 0 || index < 0)
		return ent_fail(err, ENT_E_SYNTAX, "what is sealed is no JSON object of log, index, kind, salt and record");
	out->index = (uint64_t)index;
	out->full = ent_view_eq_str(ent_view_from(kind, kind_len), "full");
	if (!out->full && !ent_view_eq_str(ent_view_from(kind, kind_len), "short"))
		return ent_fail(err, ENT_E_SYNTAX, "the record's kind is neither full nor short");
	if (ent_base64_decode_exact(out->salt, SALT_LEN, ENT_BASE64_STD, ent_view_from(salt, salt_len), NULL) != ENT_OK)
		return ent_fail(err, ENT_E_SYNTAX, "the record comes without a salt of %d bytes", SALT_LEN);
	ENT_TRY(ent_arena_dup(arena, &out->log, ent_view_from(log, log_len), err));
	return ent_arena_dup(arena, &out->text, ent_view_from(text, text_len), err);
}

/* Of this log, and of this entry: a right record of another one is as wrong as any. */
static enum ent_status
check_place(const struct disclosed *disclosed, struct ent_view member, const struct ent_access_doc *entry, struct ent_error *err)
{
	struct ent_view log = disclosed->log;

	if (!ent_view_starts(log, member) || !ent_view_eq_str(ent_view_slice(log, member.len, log.len), "/access"))
		return ent_fail(err, ENT_E_REFUSED, "the record says that it is of the log %.*s", ENT_FMT(ent_view_slice(log, 0, 300)));
	if (disclosed->index != entry->index)
		return ent_fail(err, ENT_E_REFUSED, "the record says that it is of entry %llu", (unsigned long long)disclosed->index);
	return ENT_OK;
}

static enum ent_status
check_commitment(const struct disclosed *disclosed, const struct ent_access_doc *entry, struct ent_error *err)
{
	const struct ent_view parts[] = { ent_view_from(disclosed->salt, SALT_LEN), disclosed->text };
	struct ent_hash hash;

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	if (!ent_hash_eq(&hash, disclosed->full ? &entry->record : &entry->short_record))
		return ent_fail(err, ENT_E_REFUSED, "salt and text are not what the entry commits to");
	return ENT_OK;
}

static bool
is_of(struct ent_view person, struct ent_view self)
{
	struct ent_view sub, party;

	return ent_person_split(person, &sub, &party, NULL) == ENT_OK && ent_view_eq(party, self);
}

static enum ent_status
check_text(const struct disclosed *disclosed, const struct ent_doc *doc, const struct ent_access_doc *entry, struct ent_view self,
    struct ent_error *err)
{
	const struct ent_record_doc *record = &doc->record;

	if (doc->kind != ENT_DOC_RECORD || record->full != disclosed->full)
		return ent_fail(err, ENT_E_REFUSED, "the text is no record of that kind");
	if (record->time_unix_s != entry->time_unix_s || record->result != entry->result)
		return ent_fail(err, ENT_E_REFUSED, "the record's time or result is another than its entry's");
	if (record->full && !ent_view_eq(record->originator, self))
		return ent_fail(err, ENT_E_REFUSED, "the full record is of a file of %.*s: it is not for us",
		    ENT_FMT(ent_view_slice(record->originator, 0, 300)));
	if (!record->full && !is_of(record->person, self))
		return ent_fail(err, ENT_E_REFUSED, "the short record is of a person of another party: it is not for us");
	return ENT_OK;
}

static struct ent_view
none_if_dash(struct ent_view value)
{
	return ent_view_eq_str(value, "-") ? ENT_VIEW_NONE : value;
}

enum ent_status
ent_record_check(struct ent_received *out, struct ent_arena *arena, struct ent_view payload, struct ent_view member,
    const struct ent_access_doc *entry, struct ent_view self, struct ent_error *err)
{
	struct disclosed disclosed;
	struct ent_view salt;
	struct ent_doc doc;

	ENT_TRY(parse_payload(&disclosed, arena, payload, err));
	ENT_TRY(check_place(&disclosed, member, entry, err));
	ENT_TRY(check_commitment(&disclosed, entry, err));
	ENT_TRY(ent_doc_parse(&doc, arena, disclosed.text, err));
	ENT_TRY(check_text(&disclosed, &doc, entry, self, err));
	ENT_TRY(ent_arena_dup(arena, &salt, ent_view_from(disclosed.salt, SALT_LEN), err));
	*out = (struct ent_received){ .member = member, .index = entry->index, .full = disclosed.full,
		.request = none_if_dash(doc.record.request), .file = none_if_dash(doc.record.file), .text = disclosed.text, .salt = salt };
	return ENT_OK;
}
