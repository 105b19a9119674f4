/* RELEASE and SEAL: what leaves the keyholder leaves against an entry of the access log that says exactly that. */
#include "node/keyholder/keyholder.h"

/* ---- shares ---- */

static bool
names_share(const struct ent_record_doc *record, const struct ent_held_share *share)
{
	for (size_t i = 0; i < record->share_count; i++)
		if (ent_view_eq_str(record->shares[i].sid, share->sid) && ent_view_eq_str(record->shares[i].kid, share->kid)
		    && ent_hash_eq(&record->shares[i].wrapped, &share->wrapped_hash))
			return true;
	return false;
}

/*
 * As sets, because a record's lines are sorted: each share is named and there are as many lines as shares. That is equality,
 * since no two wrapped keys are equal (each has its own random IV).
 */
static enum ent_status
check_shares(const struct ent_record_doc *record, const struct ent_held *held, struct ent_error *err)
{
	if (record->share_count != held->share_count)
		return ent_fail(err, ENT_E_REFUSED, "the record names %zu shares, %zu were checked", record->share_count,
		    held->share_count);
	for (size_t i = 0; i < held->share_count; i++)
		if (!names_share(record, &held->shares[i]))
			return ent_fail(err, ENT_E_REFUSED, "the record does not name the share of split %s", held->shares[i].sid);
	return ENT_OK;
}

static enum ent_status
check_names(const struct ent_record_doc *record, const struct ent_held *held, struct ent_error *err)
{
	if (!record->has_token || !ent_hash_eq(&record->token, &held->token))
		return ent_fail(err, ENT_E_REFUSED, "the record names another access token");
	if (!record->has_policy || !ent_hash_eq(&record->policy, &held->policy))
		return ent_fail(err, ENT_E_REFUSED, "the record names another policy");
	if (!record->has_session || !ent_hash_eq(&record->session, &held->session))
		return ent_fail(err, ENT_E_REFUSED, "the record names another session key");
	if (!ent_view_eq_str(record->file, held->file))
		return ent_fail(err, ENT_E_REFUSED, "the record names another file");
	return check_shares(record, held, err);
}

static enum ent_status
hand_out(struct ent_msg_released *out, struct ent_arena *arena, const struct ent_held *held, struct ent_error *err)
{
	void *memory;

	ENT_TRY(ent_arena_dup(arena, &out->session_public, ent_view_from(held->session_public, held->session_public_len), err));
	ENT_TRY(ent_arena_alloc(arena, &memory, held->share_count, sizeof(struct ent_view), err));
	out->wrapped.items = memory;
	out->wrapped.count = held->share_count;
	for (size_t i = 0; i < held->share_count; i++)
		ENT_TRY(ent_arena_dup(arena, &out->wrapped.items[i],
		    ent_view_from(held->shares[i].wrapped, sizeof(held->shares[i].wrapped)), err));
	return ENT_OK;
}

enum ent_status
ent_keyholder_release(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err)
{
	struct ent_keyholder *keyholder = arg;
	const struct ent_msg_release *msg = &request->release;
	const struct ent_evidence evidence = { msg->entry, msg->record, msg->salt, msg->proof, msg->checkpoint };
	ENT_AUTO(ent_held) held = NULL; /* gone with this call, however it ends: a lie is not tried twice */
	struct ent_record_doc record;

	ENT_TRY(ent_held_take(&keyholder->held, &held, msg->handle, ent_clock_mono_ms(), err));
	ENT_TRY(ent_evidence_check(&record, arena, &evidence, &keyholder->keyring.access_log, ENT_RESULT_RELEASED, err));
	ENT_TRY(check_names(&record, held, err));
	answer->type = ENT_MSG_RELEASED;
	return hand_out(&answer->released, arena, held, err);
}

/* ---- seals ---- */

enum { WRITER_AHEAD_MAX_S = 30 * 86400 + 120 };

/*
 * The dates of a certificate by this process's own clock: one that began later than now could not be stopped by not giving the
 * next one. (That it is good for at most 30 days, and how its key is named, ent_doc_check has seen.)
 */
static enum ent_status
check_writer(const struct ent_keyholder *keyholder, const struct ent_writer_doc *writer, struct ent_error *err)
{
	struct ent_view sub, party;

	if (writer->until_unix_s > ent_clock_now(&keyholder->clock) + WRITER_AHEAD_MAX_S)
		return ent_fail(err, ENT_E_REFUSED, "a writer's certificate that lasts longer than 30 days from now is not signed");
	ENT_TRY(ent_person_split(writer->person, &sub, &party, err));
	if (!ent_view_eq_str(party, keyholder->config->party))
		return ent_fail(err, ENT_E_REFUSED, "the writer is %.*s: %s certifies its own persons only", ENT_FMT(writer->person),
		    keyholder->config->party);
	return ENT_OK;
}

static enum ent_status
check_seal_text(const struct ent_keyholder *keyholder, struct ent_doc *out, struct ent_arena *arena, struct ent_view text,
    struct ent_error *err)
{
	const char *own = keyholder->config->party;
	struct ent_view originator;

	ENT_TRY(ent_doc_parse(out, arena, text, err));
	if (out->kind != ENT_DOC_FILE && out->kind != ENT_DOC_WRITER)
		return ent_fail(err, ENT_E_REFUSED, "the seal key signs charter/v1 file and charter/v1 writer texts only");
	originator = out->kind == ENT_DOC_FILE ? out->file.originator : out->writer.originator;
	if (!ent_view_eq_str(originator, own))
		return ent_fail(err, ENT_E_REFUSED, "the text's originator is %.*s: %s seals its own files only", ENT_FMT(originator), own);
	ENT_TRY(ent_doc_check(out, err));
	return out->kind == ENT_DOC_WRITER ? check_writer(keyholder, &out->writer, err) : ENT_OK;
}

/* A certificate is of no file: its record names the writer instead. */
static enum ent_status
check_seal_record(const struct ent_record_doc *record, const struct ent_doc *doc, struct ent_error *err)
{
	const bool of_file = doc->kind == ENT_DOC_FILE;

	if (!record->has_policy || !ent_hash_eq(&record->policy, &doc->hash))
		return ent_fail(err, ENT_E_REFUSED, "the record names another text");
	if (!ent_view_eq(record->file, of_file ? doc->file.uuid : ENT_LIT("-")))
		return ent_fail(err, ENT_E_REFUSED, "the record names another file");
	if (!ent_view_eq(record->originator, of_file ? doc->file.originator : doc->writer.originator))
		return ent_fail(err, ENT_E_REFUSED, "the record names another originator");
	if (!of_file && !ent_view_eq(record->person, doc->writer.person))
		return ent_fail(err, ENT_E_REFUSED, "the record names another person than the writer");
	return ENT_OK;
}

enum ent_status
ent_keyholder_seal(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_keyholder *keyholder = arg;
	const struct ent_msg_seal *msg = &request->seal;
	const struct ent_evidence evidence = { msg->entry, msg->record, msg->salt, msg->proof, msg->checkpoint };
	const struct ent_signer *signer = keyholder->keyring.seal;
	struct ent_record_doc record;
	struct ent_doc doc;

	ENT_TRY(check_seal_text(keyholder, &doc, arena, msg->text, err));
	ENT_TRY(ent_evidence_check(&record, arena, &evidence, &keyholder->keyring.access_log, ENT_RESULT_SEALED, err));
	ENT_TRY(check_seal_record(&record, &doc, err));
	ENT_TRY(ent_note_sign(&note, msg->text, &signer, 1, err));
	answer->type = ENT_MSG_SEALED;
	return ent_arena_dup(arena, &answer->sealed.note, ent_buf_view(&note), err);
}
