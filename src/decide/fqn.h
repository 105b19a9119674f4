/* Attribute value names: https://<host>/attr/<name>/value/<value> (contracts, Names). */
#ifndef ENT_DECIDE_FQN_H
#define ENT_DECIDE_FQN_H

#include "base/arena.h"

struct ent_fqn {
	struct ent_view host;
	struct ent_view name;
	struct ent_view value;
};

/* Lower-case first, as every server does before it compares; then split. False: not of that form. Views into the arena. */
ENT_MUST_USE enum ent_status ent_fqn_parse(struct ent_fqn *out, bool *valid, struct ent_arena *arena, struct ent_view text,
    struct ent_error *err);

#endif
