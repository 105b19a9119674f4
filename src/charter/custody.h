/* The custody compiler (charter section 5): a rule of ANDs and ORs to splits of a file's key. Pure. */
#ifndef ENT_CHARTER_CUSTODY_H
#define ENT_CHARTER_CUSTODY_H

#include "base/arena.h"

#define ENT_CUSTODY_OBJECTS_MAX 40

/*
 * Grammar: clause (" and " clause)*; clause = "originator" | member | <k> " of " member+ | "any of " member+ | "all of " member+.
 * In project proposals members are sorted within a list and participants of the project.
 */
struct ent_custody_split {
	const char *sid;               /* "1", "2", ... */
	struct ent_view *members;      /* sorted; any one of them can release this share */
	size_t member_count;
};
struct ent_custody {
	struct ent_custody_split *splits; /* larger clauses first, the originator's own split last */
	size_t split_count;
	size_t object_count;           /* key access objects in all, at most ENT_CUSTODY_OBJECTS_MAX */
	size_t members_needed;         /* the smallest number of members that can release all splits together */
};

/* Grammar only: does text follow it and spell itself canonically? ENT_E_SYNTAX. */
ENT_MUST_USE enum ent_status ent_custody_check(struct ent_view text, struct ent_error *err);

/* Compile for one originator: substitution, expansion of k of n, absorption, order. ENT_E_LIMIT over 40 objects. */
ENT_MUST_USE enum ent_status ent_custody_compile(struct ent_custody *out, struct ent_arena *arena, struct ent_view text,
    struct ent_view originator, struct ent_error *err);

/* Is `members` (sorted or not) enough to release every split? */
bool ent_custody_satisfied(const struct ent_custody *custody, const struct ent_view *members, size_t count);

#endif
