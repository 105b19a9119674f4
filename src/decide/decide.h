/*
 * decide: who may open what. The only place that says yes. Pure: (request, derived state, policy) -> reasons.
 *
 * Questions in this order, all of them asked (C-40; contracts, "The decision"): node state (membership, fork, clock, freshness);
 * token and sender binding; party by issuer; project in force for the party; files rule; the person and its `projects`; relto;
 * dissem; this node named by the sealed custody. The caller may release only if ent_reasons_block() is false.
 */
#ifndef ENT_DECIDE_DECIDE_H
#define ENT_DECIDE_DECIDE_H

#include "charter/derive.h"
#include "tdf/policy.h"

/* What the caller's verified token says. Views into the request. */
struct ent_person {
	struct ent_view issuer;
	struct ent_view party;     /* instead of an issuer, where nobody's token is looked at (`why FILE --as`); else empty */
	struct ent_view sub;
	struct ent_view *projects; /* claim `projects` */
	size_t project_count;
	bool has_projects;         /* the claim is there and is well-formed */
	struct ent_view clearance; /* empty: absent */
	struct ent_view *nationalities; /* ISO 3166-1 alpha-3 */
	size_t nationality_count;
	bool has_nationality;
	bool claims_unknown;       /* nobody's token: what only claims could say becomes a condition (ENT_R_PROVIDED), not a refusal */
};

enum ent_nationality_rule { ENT_NATIONALITY_EVERY, ENT_NATIONALITY_ANY };

struct ent_decide_node {
	struct ent_view self;               /* this member's name; empty: not a node (`why FILE --as`) */
	enum ent_nationality_rule nationality;
	/*
	 * Is this file in this member's register, sealed with this very text (C-67)? NULL: there is no register here, so nothing is
	 * in it.
	 */
	bool (*registered)(void *arg, struct ent_view uuid, const struct ent_hash *seal_text);
	void *registered_arg;
	/* This node's own seal key, for what it is to seal (C-67); empty: not asked. */
	struct ent_view seal_kid;
};

struct ent_decision {
	bool permit;
	struct ent_reasons reasons;
	/* What the request was found to be about, for records; empty when unknown. Arena memory. */
	struct ent_view party;      /* its name */
	bool partner;               /* it is no member: only some reasons are told (C-50) */
	struct ent_view person;     /* <sub>@<party> */
	struct ent_view project;
	struct ent_view originator; /* "" for unsealed files */
	struct ent_view file;       /* uuid */
	bool sealed;
	struct ent_file_doc seal;   /* when sealed and well-formed */
	bool by_writer;             /* sealed under a writer's certificate (C-71) */
	struct ent_writer_doc writer; /* then: the certificate; of ent_decide_writer: what was asked for */
	struct ent_custody custody; /* when sealed and compiled: which sids this node holds */
	int64_t stop_bound_s;       /* F: how long a stop elsewhere may take to bind here; 0 unknown */
};

/*
 * Decide on one policy. policy == NULL: the policy was malformed; malformed says how. Everything in out lives in the arena.
 * Returns an error only for lack of memory and the like: a refusal is ENT_OK with permit false.
 */
ENT_MUST_USE enum ent_status ent_decide(struct ent_decision *out, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_decide_node *node, const struct ent_person *person, const struct ent_policy *policy, const char *malformed,
    struct ent_error *err);

/*
 * May this person seal this text at this node (C-37)? Originator = self; the person is self's, or of a partner whose sponsor in
 * this project is self; person's projects, project and custody (in force now, byte for byte), clock (created within 120 s of
 * now), attributes (project's FQN and relto only, own host), view known to `view_known`. The caller checks that the uuid is new.
 */
ENT_MUST_USE enum ent_status ent_decide_seal(struct ent_decision *out, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_decide_node *node, const struct ent_person *person, struct ent_view seal_text,
    bool (*view_known)(void *arg, const struct ent_hash *view), void *arg, struct ent_error *err);

/*
 * May this person of this node's member have this writer's certificate (C-71)? From now, at most 30 days, its own name, a key
 * that is nobody's in the charter and that is named <originator>/writer/<first 16 hex digits of SHA-256(public key)>.
 */
ENT_MUST_USE enum ent_status ent_decide_writer(struct ent_decision *out, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_decide_node *node, const struct ent_person *person, struct ent_view writer_text, struct ent_error *err);

/* The sealed sid that `member` holds, given the compiled custody: is `sid` one of them? */
bool ent_decide_holds(const struct ent_custody *custody, struct ent_view member, struct ent_view sid);

#endif
