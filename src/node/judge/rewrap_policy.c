/* One policy of a rewrap: decide -> which objects are ours -> CHECK -> record and entry ... append ... RELEASE. */

#include "base/event.h"
#include "node/judge/rewrap_work.h"

enum {
	CHECK_OBJECTS_MAX = 40, /* of the CHECK message */
	SID_MAX = 64,
	KEYHOLDER_ARENA_MAX = 4 << 20
};

static struct ent_view
wire_invalid(struct ent_arena *arena, const char *text)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(512);
	struct ent_view out;

	if (ent_wire_invalid(&buf, text, NULL) != ENT_OK || ent_arena_dup(arena, &out, ent_buf_view(&buf), NULL) != ENT_OK)
		return ent_view_str(ent_wire_bad_request);
	return out;
}

/* What a record can name: a sid is one word there. Splits without a name are files of stock writers. */
static bool
valid_sid(struct ent_view sid)
{
	for (size_t i = 0; i < sid.len; i++)
		if (sid.data[i] <= ' ' || sid.data[i] > '~')
			return false;
	return sid.len <= SID_MAX;
}

/*
 * Clients advertise and keep a node's URL with a slash or a path such as /kas behind it (wire reference 2.1). Only the origin
 * says whose object it is; the kid decides which key.
 */
static bool
is_own_url(const struct ent_judge *judge, struct ent_view url)
{
	struct ent_view own = ent_view_str(judge->config->url);

	return ent_view_starts(url, own) && (url.len == own.len || url.data[own.len] == '/');
}

static bool
has_reason(const struct ent_reasons *reasons, enum ent_reason_code code)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (reasons->items[i].code == code)
			return true;
	return false;
}

/* Under a key that is stopped or destroyed nothing is released (C-66); derive has the words. *why: ENT_REASON_COUNT while it is open. */
static enum ent_status
ask_key(struct ent_judge *judge, struct ent_rewrap_policy_work *work, struct ent_view kid, enum ent_reason_code *why, struct ent_error *err)
{
	struct ent_reasons *reasons = &work->decision.reasons;
	struct ent_reasons found = { .arena = reasons->arena };
	const struct ent_state *state;

	ENT_TRY(ent_judge_state(judge, &state, err));
	ENT_TRY(ent_state_key_reasons(state, judge->self, kid, &found, err));
	*why = ENT_REASON_COUNT;
	for (size_t i = 0; i < found.count; i++) {
		const struct ent_reason *reason = &found.items[i];

		if (!ent_reason_row(reason->code)->blocks)
			continue;
		*why = reason->code;
		if (!has_reason(reasons, reason->code))
			ENT_TRY(ent_reasons_add(reasons, err, reason->code, reason->cite, reason->cure, "%s", reason->text));
	}
	return ENT_OK;
}

/* Why this object is not even asked for; empty if it is. The keyholder checks the rest. */
static struct ent_view
object_problem(struct ent_judge *judge, struct ent_call *call, const struct ent_rewrap_policy_work *work,
    const struct ent_rewrap_object *object, enum ent_reason_code *why)
{
	const struct ent_kao *kao = &object->kao;

	*why = object->present && !ent_judge_has_key(judge, kao->kid) ? ENT_R_KEY_UNKNOWN : ENT_R_BINDING;
	if (!object->present)
		return wire_invalid(call->arena, "key access object is nil");
	if (kao->wrapped_key.len == 0)
		return wire_invalid(call->arena, "wrapped key is empty");
	if (!ent_view_eq_str(kao->type, "ec-wrapped"))
		return wire_invalid(call->arena, "unsupported key type");
	if (kao->binding_hash.len == 0)
		return wire_invalid(call->arena, "missing policy binding");
	if (!valid_sid(kao->sid))
		return ent_view_str(ent_wire_bad_request);
	if (!is_own_url(judge, kao->url) || *why == ENT_R_KEY_UNKNOWN)
		return ent_view_str(ent_wire_bad_request);
	if (work->decision.sealed && !ent_decide_holds(&work->decision.custody, judge->self, kao->sid)) {
		*why = ENT_R_NOT_A_HOLDER;
		return ent_view_str(ent_wire_forbidden);
	}
	return ENT_VIEW_NONE;
}

/* As above, with the key's own state: refused by that, the file is none the worse, so it is `forbidden` and not `bad request`. */
static enum ent_status
examine_object(struct ent_judge *judge, struct ent_call *call, struct ent_rewrap_policy_work *work, struct ent_rewrap_object_work *object,
    struct ent_error *err)
{
	enum ent_reason_code closed;

	object->error = object_problem(judge, call, work, object->asked, &object->why);
	if (object->error.len == 0) {
		ENT_TRY(ask_key(judge, work, object->asked->kao.kid, &closed, err));
		if (closed != ENT_REASON_COUNT) {
			object->error = ent_view_str(ent_wire_forbidden);
			object->why = closed;
		}
	}
	object->checked = object->error.len == 0;
	return ENT_OK;
}

/* Why one object of a permitted policy was not released; each code once. */
static enum ent_status
object_reason(struct ent_judge *judge, struct ent_rewrap_policy_work *work, const struct ent_rewrap_object_work *object,
    struct ent_error *err)
{
	struct ent_reasons *reasons = &work->decision.reasons;

	if (has_reason(reasons, object->why))
		return ENT_OK;
	if (object->why == ENT_R_NOT_A_HOLDER)
		return ent_reasons_add(reasons, err, object->why, "-", "ask the nodes that the custody names",
		    "The sealed custody gives a split that was asked for to other members than %.*s.", ENT_FMT(judge->self));
	if (object->why == ENT_R_KEY_UNKNOWN)
		return ent_reasons_add(reasons, err, object->why, "-", "ask the writer to encrypt it again",
		    "A key that the file names is not one of this node's.");
	return ent_reasons_add(reasons, err, ENT_R_BINDING, "-", "get an undamaged copy of the file",
	    "A key access object does not fit the policy: it is damaged, or was made for another file.");
}

/* Refused as a whole: every object says so. */
static void
refuse_objects(struct ent_rewrap_policy_work *work, struct ent_view error)
{
	for (size_t i = 0; i < work->object_count; i++)
		if (work->objects[i].error.len == 0)
			work->objects[i].error = error;
}

static enum ent_status
read_results(struct ent_call *call, struct ent_rewrap_policy_work *work, const struct ent_msg_checked *checked, struct ent_error *err)
{
	size_t at = 0;

	for (size_t i = 0; i < work->object_count; i++) {
		struct ent_rewrap_object_work *object = &work->objects[i];
		struct ent_view result;

		if (!object->checked)
			continue;
		if (at == checked->results.count)
			return ent_fail(err, ENT_E_INTERNAL, "the keyholder answered %zu objects too few", work->object_count - i);
		result = checked->results.items[at++];
		object->bound = result.len == 1 + ENT_HASH_LEN && result.data[0] == 1;
		if (object->bound)
			memcpy(object->wrapped_hash.bytes, result.data + 1, ENT_HASH_LEN);
		else
			ENT_TRY(ent_arena_dup(call->arena, &object->error,
			    result.len > 1 ? ent_view_slice(result, 1, result.len) : ent_view_str(ent_wire_bad_request), err));
		work->bound_count += object->bound;
	}
	work->handle = checked->handle;
	work->has_session = checked->session_hash.len == ENT_HASH_LEN;
	if (work->has_session)
		memcpy(work->session.bytes, checked->session_hash.data, ENT_HASH_LEN);
	return ENT_OK;
}

/* Have the keyholder unwrap, check and re-wrap what this policy's decision permits. */
static enum ent_status
check_objects(struct ent_judge *judge, struct ent_call *call, const struct ent_rewrap_work *rewrap, struct ent_rewrap_policy_work *work,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	uint8_t numbers[CHECK_OBJECTS_MAX][4];
	struct ent_view items[CHECK_OBJECTS_MAX];
	struct ent_msg ask = { .type = ENT_MSG_CHECK };
	struct ent_msg answer;
	size_t count = 0;

	for (size_t i = 0; i < work->object_count && count < CHECK_OBJECTS_MAX; i++) {
		struct ent_rewrap_object_work *object = &work->objects[i];

		ENT_TRY(examine_object(judge, call, work, object, err));
		if (!object->checked)
			continue;
		for (int b = 0; b < 4; b++)
			numbers[count][b] = (uint8_t)(i >> (24 - 8 * b));
		items[count] = ent_view_from(numbers[count], 4);
		count++;
	}
	if (count == 0)
		return ENT_OK;
	ask.check = (struct ent_msg_check){
		.access_token = call->caller.token, .dpop_key = call->caller.dpop_spki, .request_token = rewrap->request_token,
		.policy = work->place, .objects = { items, count }
	};
	ENT_TRY(ent_arena_new(&arena, KEYHOLDER_ARENA_MAX, err));
	ENT_TRY(ent_channel_call(judge->keyholder, &ask, &answer, ENT_MSG_CHECKED, arena, err));
	return read_results(call, work, &answer.checked, err);
}

static enum ent_status
fill_shares(struct ent_record_doc *record, struct ent_call *call, const struct ent_rewrap_policy_work *work, struct ent_error *err)
{
	void *items;

	ENT_TRY(ent_arena_alloc(call->arena, &items, work->object_count + 1, sizeof(*record->shares), err));
	record->shares = items;
	for (size_t i = 0; i < work->object_count; i++) {
		const struct ent_rewrap_object_work *object = &work->objects[i];
		struct ent_view sid = object->asked->kao.sid;

		if (object->bound)
			record->shares[record->share_count++] = (struct ent_share_line){
				sid.len > 0 ? sid : ENT_LIT("-"), object->asked->kao.kid, object->wrapped_hash
			};
	}
	return ENT_OK;
}

static enum ent_status
write_record(struct ent_judge *judge, struct ent_call *call, struct ent_rewrap_policy_work *work, struct ent_error *err)
{
	const struct ent_decision *decision = &work->decision;
	struct ent_record_doc record = {
		.request = call->http.request_id,
		.result = work->bound_count > 0 ? ENT_RESULT_RELEASED : ENT_RESULT_REFUSED,
		.party = decision->party,
		.person = decision->person,
		.project = decision->project,
		.originator = decision->originator,
		.file = decision->file,
		.has_policy = true,
		.has_token = true,
		.token = call->caller.token_hash,
		.has_session = work->has_session,
		.session = work->session,
	};

	ent_sha256(&record.policy, work->asked->body_base64);
	if (work->bound_count > 0)
		ENT_TRY(fill_shares(&record, call, work, err));
	if (work->parsed && work->policy.attribute_count > 0) {
		void *items;

		ENT_TRY(ent_arena_alloc(call->arena, &items, work->policy.attribute_count, sizeof(*record.attributes), err));
		record.attributes = items;
		record.attribute_count = work->policy.attribute_count;
		memcpy(record.attributes, work->policy.attributes, record.attribute_count * sizeof(*record.attributes));
	}
	ENT_TRY(ent_audit_reasons(&record, call->arena, &decision->reasons, err));
	return ent_audit_add(judge, &work->entry, &record, err);
}

/* What this member's own node sealed (C-67); what cannot be read is not in it. */
static bool
is_registered(void *arg, struct ent_view uuid, const struct ent_hash *seal_text)
{
	const struct ent_judge *judge = arg;
	struct ent_error err = { 0 };
	struct ent_hash kept;

	if (ent_store_file_get(judge->store, uuid, kept.bytes, &err) == ENT_OK)
		return ent_hash_eq(&kept, seal_text);
	if (err.code != ENT_E_NOT_FOUND)
		ent_event_failure("register-unreadable", &err);
	return false;
}

static enum ent_status
decide_policy(struct ent_judge *judge, struct ent_call *call, struct ent_rewrap_policy_work *work, struct ent_error *err)
{
	struct ent_decide_node node = {
		.self = judge->self,
		.nationality = judge->config->nationality_any ? ENT_NATIONALITY_ANY : ENT_NATIONALITY_EVERY,
		.registered = is_registered,
		.registered_arg = judge,
	};
	struct ent_error malformed = { 0 };
	const struct ent_state *state;

	ENT_TRY(ent_judge_state(judge, &state, err));
	work->parsed = ent_policy_parse(&work->policy, call->arena, work->asked->body_base64, &malformed) == ENT_OK;
	if (!work->parsed && malformed.code == ENT_E_NO_MEMORY)
		return ent_fail(err, ENT_E_NO_MEMORY, "%s", malformed.text);
	return ent_decide(&work->decision, call->arena, state, &node, &call->caller.person,
	    work->parsed ? &work->policy : NULL, work->parsed ? NULL : malformed.text, err);
}

enum ent_status
ent_rewrap_policy_begin(struct ent_judge *judge, struct ent_call *call, const struct ent_rewrap_work *rewrap,
    struct ent_rewrap_policy_work *work, struct ent_error *err)
{
	void *items;

	ENT_TRY(ent_arena_alloc(call->arena, &items, work->asked->object_count + 1, sizeof(*work->objects), err));
	work->objects = items;
	work->object_count = work->asked->object_count;
	for (size_t i = 0; i < work->object_count; i++)
		work->objects[i].asked = &work->asked->objects[i];
	ENT_TRY(decide_policy(judge, call, work, err));
	if (work->object_count == 0) {
		work->decision.permit = false; /* nothing can be released, so the record has to say why */
		ENT_TRY(ent_reasons_add(&work->decision.reasons, err, ENT_R_POLICY_MALFORMED, "-", "send the file's key access objects",
		    "The request asks for no key of this policy."));
	}
	if (work->decision.permit)
		ENT_TRY(check_objects(judge, call, rewrap, work, err));
	refuse_objects(work, !work->parsed ? ent_view_str(ent_wire_bad_request) :
	    work->decision.permit ? ENT_VIEW_NONE : ent_view_str(ent_wire_forbidden));
	/* Without an error it is one over the limit, which nobody looked at: nothing is known against it. */
	for (size_t i = 0; work->decision.permit && i < work->object_count; i++)
		if (work->objects[i].error.len > 0)
			ENT_TRY(object_reason(judge, work, &work->objects[i], err));
	ent_audit_event(call, "rewrap", &work->decision, work->bound_count > 0 ? ENT_RESULT_RELEASED : ENT_RESULT_REFUSED);
	return write_record(judge, call, work, err);
}

/* ---- after the append ---- */

static enum ent_status
take_released(struct ent_call *call, struct ent_rewrap_work *rewrap, struct ent_rewrap_policy_work *work,
    const struct ent_msg_released *released, struct ent_error *err)
{
	size_t at = 0;

	if (released->wrapped.count != work->bound_count)
		return ent_fail(err, ENT_E_INTERNAL, "the keyholder released %zu of %zu", released->wrapped.count, work->bound_count);
	/* One answer has one session key (wire reference 2.5). */
	if (rewrap->session_spki.len > 0 && !ent_view_eq(rewrap->session_spki, released->session_public))
		return ent_fail(err, ENT_E_INTERNAL, "the keyholder used two session keys in one request");
	ENT_TRY(ent_arena_dup(call->arena, &rewrap->session_spki, released->session_public, err));
	for (size_t i = 0; i < work->object_count; i++)
		if (work->objects[i].bound)
			ENT_TRY(ent_arena_dup(call->arena, &work->objects[i].wrapped, released->wrapped.items[at++], err));
	return ENT_OK;
}

static enum ent_status
release_policy(struct ent_judge *judge, struct ent_call *call, struct ent_rewrap_work *rewrap, struct ent_rewrap_policy_work *work,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_msg ask = { .type = ENT_MSG_RELEASE };
	struct ent_msg answer;

	ask.release = (struct ent_msg_release){
		.handle = work->handle, .entry = work->entry->text, .record = work->entry->full,
		.salt = ent_view_from(work->entry->full_salt, sizeof(work->entry->full_salt)), .proof = work->entry->proof,
		.checkpoint = ent_audit_checkpoint(judge->audit)
	};
	ENT_TRY(ent_arena_new(&arena, KEYHOLDER_ARENA_MAX, err));
	ENT_TRY(ent_channel_call(judge->keyholder, &ask, &answer, ENT_MSG_RELEASED, arena, err));
	return take_released(call, rewrap, work, &answer.released, err);
}

static void
take_back(struct ent_rewrap_policy_work *work)
{
	for (size_t i = 0; i < work->object_count; i++) {
		struct ent_rewrap_object_work *object = &work->objects[i];

		if (object->bound)
			object->error = ent_view_str(ent_wire_unavailable);
		object->bound = false;
	}
	work->bound_count = 0;
}

/* The log did not take the entry: nothing about this policy may be said but that. */
static enum ent_status
not_logged(struct ent_rewrap_policy_work *work, struct ent_error *err)
{
	work->decision.reasons.count = 0;
	work->decision.stop_bound_s = 0;
	for (size_t i = 0; i < work->object_count; i++) {
		work->objects[i].error = ent_view_str(ent_wire_unavailable);
		work->objects[i].bound = false;
	}
	return ent_reasons_add(&work->decision.reasons, err, ENT_R_LOG_FULL, "-", "try again; tell the node's operator",
	    "This node cannot write its access log, so it releases nothing.");
}

enum ent_status
ent_rewrap_policy_finish(struct ent_judge *judge, struct ent_call *call, struct ent_rewrap_work *rewrap,
    struct ent_rewrap_policy_work *work, struct ent_error *err)
{
	struct ent_error own = { 0 };

	if (work->entry != NULL && !work->entry->logged)
		return not_logged(work, err);
	if (work->bound_count == 0)
		return ENT_OK;
	if (release_policy(judge, call, rewrap, work, &own) == ENT_OK)
		return ENT_OK;
	/* Logged, but not handed out: the harmless direction. */
	ent_event_failure("release-failed", &own);
	take_back(work);
	return ENT_OK;
}
