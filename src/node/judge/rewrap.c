/*
 * kas.AccessService/Rewrap (wire reference 2.3 to 2.5): request token -> body -> each policy (rewrap_policy.c) -> answer.
 */
#include <stdlib.h>

#include "base/event.h"
#include "codec/base64.h"
#include "node/judge/rewrap_work.h"

enum { ANSWER_MAX = 4 << 20 };

/* ---- the request ---- */

static enum ent_status
answer_invalid(struct ent_judge *judge, struct ent_call *call, const char *message)
{
	ent_answer_connect(judge, call, "invalid_argument", message, NULL);
	return ENT_OK;
}

/* X-Rewrap-Additional-Context: base64 of {"obligations":{"fulfillableFQNs":[...]}}; we trigger none, but malformed is malformed. */
static bool
valid_context(struct ent_call *call)
{
	json_auto_t *context = NULL;
	const json_t *list;
	struct ent_view text;
	json_error_t why;

	if (call->http.additional_context.len == 0)
		return true;
	if (ent_base64_decode_arena(call->arena, &text, ENT_BASE64_STD, call->http.additional_context, NULL) != ENT_OK)
		return false;
	context = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(context))
		return false;
	list = json_object_get(json_object_get(context, "obligations"), "fulfillableFQNs");
	return list == NULL || json_is_null(list) || json_is_array(list);
}

/* The session key, in the words of the platform (wire reference 2.3). NULL: it is fine. */
static const char *
session_key_problem(struct ent_view pem)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	enum ent_status status;

	if (!ent_view_starts(pem, ENT_LIT("-----BEGIN ")))
		return "clientPublicKey failure";
	status = ent_pubkey_from_pem(&key, pem, NULL);
	if (status == ENT_E_UNSUPPORTED)
		return "clientPublicKey unsupported type";
	return status == ENT_OK ? NULL : "clientPublicKey parse failure";
}

static enum ent_status
parse_body(struct ent_judge *judge, struct ent_call *call, struct ent_rewrap_work *work, const struct ent_jws *token)
{
	const char *text = ent_claim_string(token->claims, "requestBody");
	struct ent_error err = { 0 };
	struct ent_view body;
	const char *problem;

	if (text == NULL || text[0] == '\0')
		return answer_invalid(judge, call, "missing request body");
	ENT_TRY(ent_arena_dup(call->arena, &body, ent_view_str(text), &err));
	if (ent_rewrap_request_parse(&work->request, call->arena, body, &err) != ENT_OK) {
		ent_event_failure("rewrap-body", &err);
		return answer_invalid(judge, call, "invalid request body");
	}
	if (work->request.single_form)
		return answer_invalid(judge, call, "invalid request");
	problem = session_key_problem(work->request.client_public_key);
	if (problem != NULL)
		return answer_invalid(judge, call, problem);
	if (!valid_context(call))
		return answer_invalid(judge, call, "failed to get additional rewrap context");
	return ENT_OK;
}

/* Answers by itself what cannot be a request; call->answered says so. */
static enum ent_status
read_request(struct ent_judge *judge, struct ent_call *call, struct ent_rewrap_work *work, struct ent_error *err)
{
	struct ent_jws token = { 0 };
	json_auto_t *body = NULL;
	const char *text;
	enum ent_status status;

	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	text = ent_route_string(body, "signedRequestToken", "signed_request_token");
	ENT_TRY(ent_arena_dup(call->arena, &work->request_token, ent_view_str(text), err));
	if (!ent_auth_request_token_or_answer(judge, call, &token, work->request_token))
		return ENT_OK;
	status = parse_body(judge, call, work, &token);
	ent_jws_fini(&token);
	return status == ENT_OK ? ENT_OK : ent_fail(err, status, "a rewrap request cannot be read");
}

enum ent_status
ent_rewrap_begin(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	struct ent_rewrap_work *work;
	void *memory;

	ENT_TRY(ent_arena_alloc(call->arena, &memory, 1, sizeof(*work), err));
	call->work = work = memory;
	ENT_TRY(read_request(judge, call, work, err));
	if (call->answered)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(call->arena, &memory, work->request.policy_count + 1, sizeof(*work->policies), err));
	work->policies = memory;
	for (size_t i = 0; i < work->request.policy_count; i++) {
		struct ent_rewrap_policy_work *policy = &work->policies[work->policy_count];

		if (work->request.policies[i].id.len == 0)
			continue; /* skipped silently, as the platform does (wire reference 2.3) */
		policy->asked = &work->request.policies[i];
		policy->place = i;
		ENT_TRY(ent_rewrap_policy_begin(judge, call, work, policy, err));
		work->policy_count++;
	}
	return ENT_OK;
}

static enum ent_status
print_policy(struct ent_call *call, struct ent_rewrap_policy_result *out, const struct ent_rewrap_policy_work *work,
    struct ent_error *err)
{
	json_auto_t *reasons = ent_answer_reasons(call, &work->decision);
	char *text = reasons != NULL ? json_dumps(reasons, JSON_COMPACT) : NULL;
	struct ent_view metadata = ENT_VIEW_NONE;
	enum ent_status status = ENT_OK;
	void *items;

	if (text != NULL)
		status = ent_arena_dup(call->arena, &metadata, ent_view_str(text), err);
	free(text);
	ENT_TRY(status);
	ENT_TRY(ent_arena_alloc(call->arena, &items, work->object_count + 1, sizeof(*out->results), err));
	out->results = items;
	out->policy_id = work->asked->id;
	for (; out->result_count < work->object_count; out->result_count++) {
		const struct ent_rewrap_object_work *object = &work->objects[out->result_count];

		out->results[out->result_count] = (struct ent_rewrap_result){
			.object_id = object->asked->id,
			.permit = object->bound,
			.wrapped = object->wrapped,
			.error = object->error.len > 0 ? object->error : ENT_LIT("kao not processed by kas"),
			.metadata_json = metadata,
		};
	}
	return ENT_OK;
}

static enum ent_status
print_session_key(struct ent_call *call, const struct ent_rewrap_work *work, struct ent_view *out, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);

	if (work->session_spki.len == 0)
		return ENT_OK;
	ENT_TRY(ent_pubkey_from_spki(&key, work->session_spki, err));
	ENT_TRY(ent_pubkey_pem(key, &pem, err));
	return ent_arena_dup(call->arena, out, ent_buf_view(&pem), err);
}

enum ent_status
ent_rewrap_finish(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(ANSWER_MAX);
	struct ent_rewrap_work *work = call->work;
	struct ent_rewrap_response response = { 0 };
	void *items;

	ENT_TRY(ent_arena_alloc(call->arena, &items, work->policy_count + 1, sizeof(*response.policies), err));
	response.policies = items;
	for (; response.policy_count < work->policy_count; response.policy_count++) {
		struct ent_rewrap_policy_work *policy = &work->policies[response.policy_count];

		ENT_TRY(ent_rewrap_policy_finish(judge, call, work, policy, err));
		ENT_TRY(print_policy(call, &response.policies[response.policy_count], policy, err));
	}
	ENT_TRY(print_session_key(call, work, &response.session_public_key, err));
	ENT_TRY(ent_rewrap_response_print(&body, &response, err));
	ent_answer_bytes(judge, call, 200, "application/json", ent_buf_view(&body));
	return ENT_OK;
}
