/* The texts of proposals, from options and lines. Not installed. */
#ifndef ENT_CLIENT_CHARTER_PROPOSE_H
#define ENT_CLIENT_CHARTER_PROPOSE_H

#include "client/charter_desk.h"

#define ENT_PROPOSE_EVIDENCE_MAX (16u << 20) /* bytes of a profile's form of evidence */

/* The proposal that the options describe: parsed, consistent, and not one that could never come into force as things are. */
ENT_MUST_USE enum ent_status ent_propose_text(struct ent_desk *desk, const struct entente_charter_propose *propose, struct ent_doc *out,
    struct ent_error *err);

/* A party proposal from the lines that charter init made: of a member's, access log, witness and recovery key are left out. Not yet checked. */
ENT_MUST_USE enum ent_status ent_propose_party_text(struct ent_buf *out, const struct ent_hash *charter, struct ent_view lines,
    const char *sponsor, struct ent_error *err);

/* Who must consent, and what follows then. */
ENT_MUST_USE enum ent_status ent_propose_effect(struct ent_buf *out, const struct ent_epoch *epoch, const struct ent_doc *proposal,
    struct ent_error *err);

#endif
