/* Inside of struct ent_state. Only derive*.c include this. */
#ifndef ENT_CHARTER_DERIVE_STATE_H
#define ENT_CHARTER_DERIVE_STATE_H

#include "charter/charter_set.h"

struct project_row {
	struct ent_standing pub; /* first: a row is found from what callers hold */
	const struct target *target;
	const char *unready;      /* NULL, or why this can never or not yet come into force whoever consents */
	bool holds;               /* it has the name: enough consents stand, heard or not */
	bool replaced;
	/* While the history is replayed: */
	size_t standing;          /* members with a consent that stands */
	bool expired;
	uint64_t complete_since;  /* number of the event that made it complete; 0: it is not */
};

struct ent_state {
	struct ent_arena *arena;
	const struct ent_charter *charter;
	int64_t now_unix_s;
	struct ent_member_state *members; /* in the epoch's order */
	size_t member_count;
	struct project_row *rows;         /* sorted by hash */
	struct project_row **by_name;     /* sorted by name, then hash */
	size_t project_count;
};

static inline struct ent_view
row_name(const struct project_row *row)
{
	return row->target->doc->proposal.project;
}

/* The latest time of which this node may hear now: clocks may differ by 120 s. */
static inline int64_t
horizon(const struct ent_state *state)
{
	return state->now_unix_s + ENT_SKEW_S;
}

/* How many members' consents a project needs. */
size_t ent_derive_needed(const struct ent_state *state);
bool ent_derive_heard(const struct ent_state *state, size_t member, int64_t fresh_s);
ENT_MUST_USE enum ent_status ent_derive_projects(struct ent_state *state, struct ent_error *err);

#endif
