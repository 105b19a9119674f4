/* Records' reasons in words. A record has codes and citations only, so that it says nothing by the way. */
#include "client/audit.h"
#include "client/print.h"

/* By code, in the order of reasons.def. What speaks for it is short: people look for what spoke against. */
static const char *const words[ENT_REASON_COUNT] = {
	[ENT_R_NO_CHARTER] = "the node had no charter yet",
	[ENT_R_LOG_BROKEN] = "a member's log contradicted itself",
	[ENT_R_LOG_UNENFORCED] = "a log holds a statement that the node's version cannot act on",
	[ENT_R_CLOCK_BEHIND] = "the node's clock was behind",
	[ENT_R_MEMBER_UNHEARD] = "a member had not been heard for too long",
	[ENT_R_ACCESS_KEY_STOPPED] = "the key of the node's access log was stopped",
	[ENT_R_TOKEN_INVALID] = "the token was not valid",
	[ENT_R_TOKEN_BEARER] = "the token was not bound to a key",
	[ENT_R_PROOF_INVALID] = "the proof of the token's key was not valid",
	[ENT_R_PROOF_REPLAYED] = "the proof of the token's key had been used before",
	[ENT_R_REQUEST_TOKEN_INVALID] = "the request was not signed by the token's key",
	[ENT_R_REQUEST_TOKEN_REPLAYED] = "the request had been made before",
	[ENT_R_CLIENT_INVALID] = "the client could not be authenticated",
	[ENT_R_ISSUER_UNKNOWN] = "no party vouches for the token's issuer",
	[ENT_R_PROJECT_UNKNOWN] = "there is no such project",
	[ENT_R_PROJECT_PROPOSED] = "the project was only proposed",
	[ENT_R_PROJECT_ENDED] = "the project had ended",
	[ENT_R_PROJECT_LAPSED] = "the project had lapsed",
	[ENT_R_PROJECT_UNENFORCED] = "the project asks for what this version does not enforce",
	[ENT_R_PARTY_NOT_PARTICIPANT] = "the person's party takes no part in the project",
	[ENT_R_PARTNER_NONE] = "the person's party was not admitted to the project",
	[ENT_R_PARTNER_CLOSED] = "the project's pillar is closed to partners",
	[ENT_R_PARTNER_PROPOSED] = "the admission of the person's party was only proposed",
	[ENT_R_PARTNER_ENDED] = "the admission of the person's party had ended",
	[ENT_R_PARTNER_LAPSED] = "the admission of the person's party had lapsed",
	[ENT_R_PARTNER_LOG] = "the log of the person's party could not be relied on",
	[ENT_R_PARTY_WITHDRAWN] = "the person's party had withdrawn",
	[ENT_R_STOPPED] = "an officer had stopped the party, the project or the proposal",
	[ENT_R_ACCREDITATION] = "the person's party lacked an accreditation",
	[ENT_R_CONSENT] = "a member had consented",
	[ENT_R_PROJECT_IN_FORCE] = "the project was in force",
	[ENT_R_PARTNER_IN_FORCE] = "the admission of the person's party was in force",
	[ENT_R_ACCREDITED] = "the person's party was accredited",
	[ENT_R_HEARD] = "the members had been heard",
	[ENT_R_POLICY_MALFORMED] = "the file's policy could not be read",
	[ENT_R_POLICY_EMPTY] = "the file's policy names nothing that could be decided on",
	[ENT_R_ATTRIBUTE_UNKNOWN] = "the file's policy has an attribute that is not known",
	[ENT_R_SEAL_INVALID] = "the file's seal is not good",
	[ENT_R_SEAL_PROPOSAL] = "the file was sealed under another proposal than the project's",
	[ENT_R_SEAL_CUSTODY] = "the file's custody is not the project's",
	[ENT_R_SEAL_FUTURE] = "the file was sealed in the future",
	[ENT_R_FILE_EXPIRED] = "the file's time was over",
	[ENT_R_UNSEALED_CLOSED] = "the file has no seal, and the project asks for one",
	[ENT_R_SEAL_KEY_STOPPED] = "the key that sealed the file was stopped",
	[ENT_R_WRITER_STOPPED] = "the person who sealed the file was stopped",
	[ENT_R_FILE_STOPPED] = "an officer had stopped the file",
	[ENT_R_FILE_TOO_OLD] = "the file is older than the admission of the person's party allows",
	[ENT_R_UNSEALED_PARTNER] = "the file has no seal, and partners open sealed files only",
	[ENT_R_SEALED] = "the file is sealed",
	[ENT_R_UNSEALED] = "the file is not sealed",
	[ENT_R_PERSON_STOPPED] = "an officer had stopped the person",
	[ENT_R_PERSON_PROJECT] = "the person's party had not cleared it for the project",
	[ENT_R_PERSON_CLEARANCE] = "the person's clearance was not enough",
	[ENT_R_RELTO_COUNTRY] = "the file is not for the country of the person's party",
	[ENT_R_RELTO_NATIONALITY] = "the file is not for the person's nationality",
	[ENT_R_DISSEM] = "the file is for certain persons, and this is none of them",
	[ENT_R_PROVIDED] = "it depended on what the person's party says of the person",
	[ENT_R_PERSON_OK] = "the person's party had cleared it for the project",
	[ENT_R_RELTO_OK] = "the file is for the person's country and nationality",
	[ENT_R_NOT_A_HOLDER] = "the node does not hold this share",
	[ENT_R_KEY_UNKNOWN] = "the node does not have the key of this share",
	[ENT_R_KEY_STOPPED] = "the key of this share was stopped or destroyed",
	[ENT_R_BINDING] = "the share was not bound to this policy",
	[ENT_R_LOG_FULL] = "the node could not write its log",
};

const char *
ent_audit_words(struct ent_view code)
{
	const enum ent_reason_code known = ent_reason_from_name(code);

	if (ent_view_eq_str(code, "refused-more"))
		return "so many more refusals of this person within that minute";
	return known != ENT_REASON_COUNT && words[known] != NULL ? words[known] : "";
}

bool
ent_audit_blocks(const struct ent_reason_line *reason)
{
	const enum ent_reason_code code = ent_reason_from_name(reason->code);

	return code == ENT_REASON_COUNT || ent_reason_row(code)->blocks;
}

/* How much of text goes into a line of that width: up to the last space that fits, or a whole word that does not. */
static size_t
line_len(const char *text, size_t width)
{
	size_t fits = 0;

	for (size_t i = 0;; i++) {
		if (text[i] != ' ' && text[i] != '\0')
			continue;
		if (i > width && fits > 0)
			return fits;
		fits = i;
		if (text[i] == '\0' || i > width)
			return fits;
	}
}

enum ent_status
ent_audit_fold(struct ent_buf *out, size_t indent, const char *text, struct ent_error *err)
{
	const size_t width = ENT_AUDIT_COLUMNS - indent;

	for (;;) {
		const size_t len = line_len(text, width);

		ENT_TRY(ent_buf_printf(out, err, "%.*s\n", (int)len, text));
		text += len;
		if (*text == '\0')
			return ENT_OK;
		text++;
		ENT_TRY(ent_buf_printf(out, err, "%*s", (int)indent, ""));
	}
}

enum ent_status
ent_audit_reason(struct ent_buf *out, size_t indent, const struct ent_reason_line *reason, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(8192);
	const char *said = ent_audit_words(reason->code);
	const size_t begin = out->len;
	const char *text;

	ENT_TRY(ent_buf_printf(&line, err, "%s%s(%.*s", said, said[0] != '\0' ? " " : "", ENT_FMT(reason->code)));
	if (!ent_view_eq_str(reason->cite, "-"))
		ENT_TRY(ent_buf_printf(&line, err, "_%.*s", ENT_FMT(reason->cite)));
	ENT_TRY(ent_buf_add_byte(&line, ')', err));
	ENT_TRY(ent_buf_cstr(&line, &text, err));
	ENT_TRY(ent_audit_fold(out, indent, text, err));
	/* A record writes a citation as one word, "uk_22". Until here "(stopped_uk_22)" is one, so that it stands on one line. */
	for (size_t i = begin; i < out->len; i++)
		if (out->data[i] == '_')
			out->data[i] = ' ';
	return ENT_OK;
}

json_t *
ent_audit_text_json(struct ent_view text)
{
	return json_stringn(text.len > 0 ? (const char *)text.data : "", text.len);
}

json_t *
ent_audit_time_json(int64_t unix_s)
{
	char time[ENT_TIME_TEXT_SIZE];

	ent_time_print(time, unix_s);
	return unix_s > 0 ? json_string(time) : json_null();
}

json_t *
ent_audit_reasons_json(const struct ent_record_doc *record, bool blocking_only)
{
	json_t *reasons = json_array();

	for (size_t i = 0; i < record->reason_count; i++) {
		const struct ent_reason_line *reason = &record->reasons[i];

		if (!blocking_only || ent_audit_blocks(reason))
			json_array_append_new(reasons, json_pack("{s:o, s:o, s:s}", "code", ent_audit_text_json(reason->code), "cite",
			    ent_audit_text_json(reason->cite), "text", ent_audit_words(reason->code)));
	}
	return reasons;
}
