/*
 * entente.v1.SealService/Seal (contracts: Sealing): the node of a member's own person signs what that person's file claims.
 * The node sees the note, never a share. Logged as `sealed` before the keyholder signs; a uuid is sealed once.
 */

#include "node/judge/judge.h"

enum { KEYHOLDER_ARENA_MAX = 1 << 20 };

struct seal_work {
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

/* Answers by itself what is no seal request; text is empty then. */
static enum ent_status
read_request(struct ent_judge *judge, struct ent_call *call, struct ent_view *text, struct ent_error *err)
{
	struct ent_jws token = { 0 };
	json_auto_t *body = NULL;
	struct ent_view compact;
	const char *claim;
	enum ent_status status = ENT_OK;

	*text = ENT_VIEW_NONE;
	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_dup(call->arena, &compact, ent_view_str(ent_route_string(body, "sealToken", "seal_token")), err));
	if (!ent_auth_request_token_or_answer(judge, call, &token, compact))
		return ENT_OK;
	claim = ent_claim_string(token.claims, "text");
	if (claim != NULL && claim[0] != '\0')
		status = ent_arena_dup(call->arena, text, ent_view_str(claim), err);
	else
		ent_answer_connect(judge, call, "invalid_argument", "the seal token has no claim `text`", NULL);
	ent_jws_fini(&token);
	return status;
}

static enum ent_status
refuse(struct ent_decision *decision, enum ent_reason_code code, const char *cure, const char *text, struct ent_error *err)
{
	decision->permit = false;
	return ent_reasons_add(&decision->reasons, err, code, "-", cure, "%s", text);
}

static enum ent_status
decide(struct ent_judge *judge, struct ent_call *call, struct seal_work *work, struct ent_error *err)
{
	struct ent_decide_node node = {
		.self = judge->self,
		.nationality = judge->config->nationality_any ? ENT_NATIONALITY_ANY : ENT_NATIONALITY_EVERY
	};
	struct view_question question = { judge, -1 };
	const struct ent_state *state;

	ENT_TRY(ent_judge_state(judge, &state, err));
	ENT_TRY(ent_decide_seal(&work->decision, call->arena, state, &node, &call->caller.person, work->text, view_known,
	    &question, err));
	if (work->decision.permit && !ent_view_eq(call->caller.person.issuer, ent_judge_own_issuer(judge)))
		return refuse(&work->decision, ENT_R_TOKEN_INVALID, "use a token of this node's own issuer",
		    "The token is not of this node's own issuer.", err);
	if (work->decision.permit && work->decision.stop_bound_s > 0 && question.age_s > work->decision.stop_bound_s)
		return refuse(&work->decision, ENT_R_SEAL_INVALID, "fetch charter/head and seal again",
		    "The view that the seal names is older than the project's freshness.", err);
	return ENT_OK;
}

/* The register of this member's files: the same uuid is never sealed again. */
static enum ent_status
register_file(struct ent_judge *judge, struct seal_work *work, const struct ent_hash *text_hash, struct ent_error *err)
{
	struct ent_error own = { 0 };
	enum ent_status status;

	if (!work->decision.permit)
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

enum ent_status
ent_seal_begin(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	struct seal_work *work;
	struct ent_hash text_hash;
	void *memory;

	ENT_TRY(ent_arena_alloc(call->arena, &memory, 1, sizeof(*work), err));
	call->work = work = memory;
	ENT_TRY(read_request(judge, call, &work->text, err));
	if (call->answered)
		return ENT_OK;
	ent_sha256(&text_hash, work->text);
	ENT_TRY(decide(judge, call, work, err));
	ENT_TRY(register_file(judge, work, &text_hash, err));
	ent_audit_event(call, "seal", &work->decision, work->decision.permit ? ENT_RESULT_SEALED : ENT_RESULT_REFUSED);
	return write_record(judge, call, work, &text_hash, err);
}

/* ---- after the append ---- */

/* The caller is a member's own person: it learns every reason. */
static void
answer_refused(struct ent_judge *judge, struct ent_call *call, const struct seal_work *work)
{
	json_auto_t *reasons = ent_answer_reasons(call, &work->decision);
	json_auto_t *extra = reasons != NULL ? json_pack("{s:O}", "entente", reasons) : NULL;
	const char *message = "this file is not sealed";

	for (size_t i = work->decision.reasons.count; i > 0; i--)
		if (ent_reason_row(work->decision.reasons.items[i - 1].code)->blocks)
			message = work->decision.reasons.items[i - 1].text;
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
