/* Inside of the judge's rewrap: one request, and one policy of it on its way through CHECK, the log and RELEASE. */
#ifndef ENT_NODE_JUDGE_REWRAP_WORK_H
#define ENT_NODE_JUDGE_REWRAP_WORK_H

#include "kas/rewrap.h"
#include "node/judge/judge.h"

/* One object of a policy. */
struct ent_rewrap_object_work {
	const struct ent_rewrap_object *asked;
	struct ent_view error;  /* the wire's text; empty while nothing speaks against it */
	enum ent_reason_code why; /* then: for the record */
	struct ent_view wrapped;
	struct ent_hash wrapped_hash;
	bool checked;           /* among those that CHECK was asked for */
	bool bound;
};

struct ent_rewrap_policy_work {
	const struct ent_rewrap_policy *asked;
	uint64_t place; /* in the request's list: the keyholder counts there */
	struct ent_policy policy;
	bool parsed;
	struct ent_decision decision;
	struct ent_rewrap_object_work *objects;
	size_t object_count;
	uint64_t handle;
	bool has_session;
	struct ent_hash session;
	size_t bound_count;
	const struct ent_audit_entry *entry; /* NULL: over the limit of refusals */
};

struct ent_rewrap_work {
	struct ent_view request_token;
	struct ent_rewrap_request request;
	struct ent_rewrap_policy_work *policies;
	size_t policy_count;
	struct ent_view session_spki; /* the keyholder's ephemeral key of this answer */
};

/* Decide on work->asked, have the keyholder check what is permitted, and owe the access entry. */
ENT_MUST_USE enum ent_status ent_rewrap_policy_begin(struct ent_judge *judge, struct ent_call *call,
    const struct ent_rewrap_work *rewrap, struct ent_rewrap_policy_work *work, struct ent_error *err);
/* After the append: release what was bound, or say that nothing is. */
ENT_MUST_USE enum ent_status ent_rewrap_policy_finish(struct ent_judge *judge, struct ent_call *call,
    struct ent_rewrap_work *rewrap, struct ent_rewrap_policy_work *work, struct ent_error *err);

#endif
