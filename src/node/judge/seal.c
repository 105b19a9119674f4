/*
 * entente.v1.SealService (contracts: Sealing). Seal: the node of a member's person, or of the sponsor of a partner's, signs what
 * that person's file claims; it sees the note, never a share; a uuid is sealed once. Certify: it signs that a key of its own
 * person may seal without it for some days (C-71). Both are logged as `sealed` before the keyholder signs.
 */

#include "node/judge/judge.h"

enum { KEYHOLDER_ARENA_MAX = 1 << 20, WRITER_TEXT_MAX = 4096, WRITER_DAYS_MAX = 30, DAY_S = 86400 };

struct seal_work {
	bool certificate; /* the text is a writer's certificate, else a file's */
	struct ent_view text;
	struct ent_decision decision;
	const struct ent_audit_entry *entry;
};

struct view_question {
	const struct ent_judge *judge;
	int64_t age_s; /* of the view that was asked for; -1: not served here */
};

static bool
view_known(void *arg, const struct ent_hash *view)
{
	struct view_question *question = arg;

	question->age_s = ent_views_age_s(question->judge, view);
	return question->age_s >= 0;
}

/* ---- the request ---- */

/* Open the token that the caller signed. False in *good: answered already. The caller finishes it. */
static enum ent_status
open_token(struct ent_judge *judge, struct ent_call *call, const char *camel, const char *snake, struct ent_jws *token, bool *good,
    struct ent_error *err)
{
	json_auto_t *body = NULL;
	struct ent_view compact;

	*good = false;
	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_dup(call->arena, &compact, ent_view_str(ent_route_string(body, camel, snake)), err));
	*good = ent_auth_request_token_or_answer(judge, call, token, compact);
	return ENT_OK;
}

/* Answers by itself what is no seal request. */
static enum ent_status
read_file(struct ent_judge *judge, struct ent_call *call, struct seal_work *work, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_jws) token = { 0 };
	const char *claim;
	bool good;

	ENT_TRY(open_token(judge, call, "sealToken", "seal_token", &token, &good, err));
	if (!good)
		return ENT_OK;
	claim = ent_claim_string(token.claims, "text");
	if (claim != NULL && claim[0] != '\0')
		return ent_arena_dup(call->arena, &work->text, ent_view_str(claim), err);
	ent_answer_connect(judge, call, "invalid_argument", "the seal token has no claim `text`", NULL);
	return ENT_OK;
}

/* The certificate that was asked for, as a text: whether it is given is decided on that. */
static enum ent_status
write_certificate(struct ent_judge *judge, struct ent_call *call, struct seal_work *work, const struct ent_vkey *key, int64_t days,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(WRITER_TEXT_MAX);
	const struct ent_caller *caller = &call->caller;
	struct ent_doc doc = { .kind = ENT_DOC_WRITER };
	const char *person;

	ENT_TRY(ent_arena_printf(call->arena, &person, err, "%.*s@%.*s", ENT_FMT(caller->person.sub), ENT_FMT(caller->party->party->name)));
	doc.writer = (struct ent_writer_doc){
		.charter = *ent_charter_id(ent_mirror_charter(judge->mirror)),
		.originator = judge->self,
		.person = ent_view_str(person),
		.key = *key,
		.from_unix_s = ent_judge_now(judge),
		.until_unix_s = ent_judge_now(judge) + days * DAY_S,
	};
	ENT_TRY(ent_doc_print(&text, &doc, err));
	return ent_arena_dup(call->arena, &work->text, ent_buf_view(&text), err);
}

/* Answers by itself what is no request for a certificate. */
static enum ent_status
read_writer(struct ent_judge *judge, struct ent_call *call, struct seal_work *work, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_jws) token = { 0 };
	struct ent_error why = { 0 };
	struct ent_vkey key;
	int64_t days;
	bool good;

	work->certificate = true;
	ENT_TRY(open_token(judge, call, "writerToken", "writer_token", &token, &good, err));
	if (!good)
		return ENT_OK;
	if (ent_vkey_parse(&key, ent_view_str(ent_claim_string(token.claims, "key")), ENT_NOTE_TYPE_ED25519, &why) != ENT_OK)
		ent_answer_connect(judge, call, "invalid_argument", "the writer token has no claim `key` with the line of an Ed25519 key", NULL);
	else if (!ent_claim_int(&days, token.claims, "days") || days < 1 || days > WRITER_DAYS_MAX)
		ent_answer_connect(judge, call, "invalid_argument", "the writer token has no claim `days` of 1 to 30", NULL);
	else
		return write_certificate(judge, call, work, &key, days, err);
	return ENT_OK;
}

/* ---- the decision ---- */

static enum ent_status
refuse(struct ent_decision *decision, enum ent_reason_code code, const char *cure, const char *text, struct ent_error *err)
{
	decision->permit = false;
	return ent_reasons_add(&decision->reasons, err, code, "-", cure, "%s", text);
}

/* Of an own person only a token that this node made itself; a partner's person has its own issuer's. */
static enum ent_status
check_issuer(struct ent_judge *judge, const struct ent_call *call, struct seal_work *work, struct ent_error *err)
{
	if (!work->decision.permit || work->decision.partner || ent_view_eq(call->caller.person.issuer, ent_judge_own_issuer(judge)))
		return ENT_OK;
	return refuse(&work->decision, ENT_R_TOKEN_INVALID, "use a token of this node's own issuer",
	    "The token is not of this node's own issuer.", err);
}

static enum ent_status
decide_file(struct ent_judge *judge, struct ent_call *call, struct seal_work *work, const struct ent_decide_node *node,
    const struct ent_state *state, struct ent_error *err)
{
	struct view_question question = { judge, -1 };

	ENT_TRY(ent_decide_seal(&work->decision, call->arena, state, node, &call->caller.person, work->text, view_known,
	    &question, err));
	if (work->decision.permit && work->decision.stop_bound_s > 0 && question.age_s > work->decision.stop_bound_s)
		return refuse(&work->decision, ENT_R_SEAL_INVALID, "fetch charter/head and seal again",
		    "The view that the seal names is older than the project's freshness.", err);
	return ENT_OK;
}

static enum ent_status
decide(struct ent_judge *judge, struct ent_call *call, struct seal_work *work, struct ent_error *err)
{
	struct ent_decide_node node = {
		.self = judge->self,
		.nationality = judge->config->nationality_any ? ENT_NATIONALITY_ANY : ENT_NATIONALITY_EVERY,
		.seal_kid = judge->keys.seal_kid,
	};
	const struct ent_state *state;

	ENT_TRY(ent_judge_state(judge, &state, err));
	if (work->certificate)
		ENT_TRY(ent_decide_writer(&work->decision, call->arena, state, &node, &call->caller.person, work->text, err));
	else
		ENT_TRY(decide_file(judge, call, work, &node, state, err));
	return check_issuer(judge, call, work, err);
}

/* The register of this member's files: the same uuid is never sealed again. */
static enum ent_status
register_file(struct ent_judge *judge, struct seal_work *work, const struct ent_hash *text_hash, struct ent_error *err)
{
	struct ent_error own = { 0 };
	enum ent_status status;

	if (!work->decision.permit || work->certificate)
		return ENT_OK;
	status = ent_store_file_add(judge->store, work->decision.file, ent_hash_view(text_hash),
	    work->decision.seal.created_unix_s, &own);
	if (status == ENT_OK)
		return ENT_OK;
	if (status != ENT_E_EXISTS)
		return ent_fail(err, status, "%s", own.text);
	return refuse(&work->decision, ENT_R_SEAL_INVALID, "make a new random uuid", "A file of this uuid was sealed before.", err);
}

static enum ent_status
write_record(struct ent_judge *judge, struct ent_call *call, struct seal_work *work, const struct ent_hash *text_hash,
    struct ent_error *err)
{
	const struct ent_decision *decision = &work->decision;
	struct ent_record_doc record = {
		.request = call->http.request_id,
		.result = decision->permit ? ENT_RESULT_SEALED : ENT_RESULT_REFUSED,
		.party = decision->party,
		.person = decision->person,
		.project = decision->project,
		.originator = decision->originator,
		.file = decision->file,
		.has_policy = true,
		.policy = *text_hash,
		.has_token = true,
		.token = call->caller.token_hash,
	};
	void *items;

	if (decision->permit && decision->seal.attribute_count > 0) {
		ENT_TRY(ent_arena_alloc(call->arena, &items, decision->seal.attribute_count, sizeof(*record.attributes), err));
		record.attributes = items;
		record.attribute_count = decision->seal.attribute_count;
		memcpy(record.attributes, decision->seal.attributes, record.attribute_count * sizeof(*record.attributes));
	}
	ENT_TRY(ent_audit_reasons(&record, call->arena, &decision->reasons, err));
	return ent_audit_add(judge, &work->entry, &record, err);
}

static enum ent_status
begin(struct ent_judge *judge, struct ent_call *call,
    enum ent_status (*read)(struct ent_judge *, struct ent_call *, struct seal_work *, struct ent_error *), struct ent_error *err)
{
	struct seal_work *work;
	struct ent_hash text_hash;
	void *memory;

	ENT_TRY(ent_arena_alloc(call->arena, &memory, 1, sizeof(*work), err));
	call->work = work = memory;
	ENT_TRY(read(judge, call, work, err));
	if (call->answered)
		return ENT_OK;
	ent_sha256(&text_hash, work->text);
	ENT_TRY(decide(judge, call, work, err));
	ENT_TRY(register_file(judge, work, &text_hash, err));
	ent_audit_event(call, work->certificate ? "certify" : "seal", &work->decision,
	    work->decision.permit ? ENT_RESULT_SEALED : ENT_RESULT_REFUSED);
	return write_record(judge, call, work, &text_hash, err);
}

enum ent_status
ent_seal_begin(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	return begin(judge, call, read_file, err);
}

enum ent_status
ent_certify_begin(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	return begin(judge, call, read_writer, err);
}

/* ---- after the append ---- */

/* A member's own person learns every reason, a partner's its own party's (C-50). */
static void
answer_refused(struct ent_judge *judge, struct ent_call *call, const struct seal_work *work)
{
	json_auto_t *reasons = ent_answer_reasons(call, &work->decision);
	json_auto_t *extra = reasons != NULL ? json_pack("{s:O}", "entente", reasons) : NULL;
	const char *message = work->certificate ? "this writer is not certified" : "this file is not sealed";

	for (size_t i = work->decision.reasons.count; i > 0; i--) {
		const struct ent_reason *reason = &work->decision.reasons.items[i - 1];

		if (ent_reason_row(reason->code)->blocks && (!work->decision.partner || ent_audit_for_requester(reason->code)))
			message = reason->text;
	}
	ent_answer_connect(judge, call, "permission_denied", message, extra);
}

static enum ent_status
seal(struct ent_judge *judge, struct ent_call *call, const struct seal_work *work, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	json_auto_t *body = NULL;
	struct ent_msg ask = { .type = ENT_MSG_SEAL };
	struct ent_msg answer;

	ask.seal = (struct ent_msg_seal){
		.text = work->text, .entry = work->entry->text, .record = work->entry->full,
		.salt = ent_view_from(work->entry->full_salt, sizeof(work->entry->full_salt)), .proof = work->entry->proof,
		.checkpoint = ent_audit_checkpoint(judge->audit)
	};
	ENT_TRY(ent_arena_new(&arena, KEYHOLDER_ARENA_MAX, err));
	ENT_TRY(ent_channel_call(judge->keyholder, &ask, &answer, ENT_MSG_SEALED, arena, err));
	body = json_pack("{s:s%}", "note", (const char *)answer.sealed.note.data, answer.sealed.note.len);
	ent_answer_json(judge, call, 200, body);
	return ENT_OK;
}

enum ent_status
ent_seal_finish(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	struct seal_work *work = call->work;

	if (!work->decision.permit) {
		answer_refused(judge, call, work);
		return ENT_OK;
	}
	if (work->entry == NULL || !work->entry->logged)
		return ent_fail(err, ENT_E_UNAVAILABLE, "this node cannot write its access log, so it seals nothing");
	return seal(judge, call, work, err);
}
