/* What goes to whom, and in which form (docs/decisions/0006). */
#include <stdlib.h>

#include "codec/base64.h"
#include "jose/jwe.h"
#include "node/judge/records.h"

enum { SALT_TEXT_SIZE = 45 };

static bool
is_other(struct ent_view party, struct ent_view self)
{
	return party.len > 0 && !ent_view_eq_str(party, "-") && !ent_view_eq(party, self);
}

size_t
ent_record_recipients(struct ent_record_copy out[ENT_RECORD_COPIES], const struct ent_record_doc *record, struct ent_view self)
{
	size_t count = 0;

	if (record->result == ENT_RESULT_SUMMARY)
		return 0; /* it is about strangers */
	if (is_other(record->originator, self))
		out[count++] = (struct ent_record_copy){ record->originator, true };
	if (is_other(record->party, self) && !ent_view_eq(record->party, record->originator))
		out[count++] = (struct ent_record_copy){ record->party, false };
	return count;
}

static enum ent_status
print_payload(char **out, struct ent_view self, const struct ent_record *record, bool full, struct ent_error *err)
{
	const struct ent_view salt = full ? record->full_salt : record->brief_salt;
	const struct ent_view text = full ? record->full : record->brief;
	char salt_text[SALT_TEXT_SIZE];
	json_auto_t *payload = NULL;

	ENT_ASSERT(ent_base64_encoded_len(ENT_BASE64_STD, salt.len) == SALT_TEXT_SIZE - 1);
	ent_base64_encode_to(salt_text, ENT_BASE64_STD, salt);
	payload = json_pack("{s:o, s:I, s:s, s:s%, s:s%}", "log", json_sprintf("%.*s/access", ENT_FMT(self)), "index",
	    (json_int_t)record->index, "kind", full ? "full" : "short", "salt", salt_text, (size_t)SALT_TEXT_SIZE - 1, "record",
	    (const char *)text.data, text.len);
	*out = payload != NULL ? json_dumps(payload, JSON_COMPACT) : NULL;
	return *out != NULL ? ENT_OK : ent_fail(err, ENT_E_INTERNAL, "the record of entry %llu cannot be written as JSON",
	    (unsigned long long)record->index);
}

enum ent_status
ent_record_seal(struct ent_buf *out, struct ent_view self, const struct ent_record *record, bool full, const struct ent_member_key *to,
    struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	char *payload = NULL;
	enum ent_status status;

	ENT_TRY(ent_pubkey_from_spki(&key, to->public_key, err));
	ENT_TRY(print_payload(&payload, self, record, full, err));
	status = ent_jwe_seal(out, key, to->kid, ent_view_str(payload), err);
	free(payload);
	return status;
}
