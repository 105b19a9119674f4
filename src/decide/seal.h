/*
 * The seal of a file (charter section 5), opened by the node that decides, by the node that seals and by the reader: one function.
 */
#ifndef ENT_DECIDE_SEAL_H
#define ENT_DECIDE_SEAL_H

#include "charter/derive.h"
#include "tdf/policy.h"

/* Is this note signed by one of the member's published seal keys? ENT_E_SIGNATURE. */
ENT_MUST_USE enum ent_status ent_seal_verify(const struct ent_note *note, struct ent_arena *arena, const struct ent_member_state *originator,
    struct ent_error *err);

/*
 * Open the seal that a policy carries: a charter/v1 file text of this charter, signed by a published seal key of its originator,
 * with the policy's uuid, and with attributes and dissem equal to the policy's as sets, byte for byte. Nothing about dates,
 * custody or projects is asked here. ENT_E_FORMAT, ENT_E_SYNTAX, ENT_E_SIGNATURE, ENT_E_TAMPERED; ENT_E_UNSUPPORTED for a policy
 * with `ententeWriter`, which this version does not accept.
 */
ENT_MUST_USE enum ent_status ent_seal_open(struct ent_doc *out, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_policy *policy, struct ent_error *err);

#endif
