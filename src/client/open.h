/* From a manifest to the payload key: Rewrap calls to the holders, shares checked and combined. Not installed. */
#ifndef ENT_CLIENT_OPEN_H
#define ENT_CLIENT_OPEN_H

#include "client/client.h"
#include "tdf/manifest.h"

struct ent_opened {
	struct ent_secret *key;
	struct ent_buf with;  /* "1: us.example; 2: au.example" */
	struct ent_buf notes; /* holders that did not help, one a line */
};
void ent_opened_fini(struct ent_opened *opened);

/*
 * Ask the holders until every split has a share. Denied everywhere for one split: ENT_E_DENIED with all reasons; a holder that
 * cannot answer and could have: ENT_E_UNAVAILABLE naming it; a wrong share: ENT_E_TAMPERED naming its holder.
 */
ENT_MUST_USE enum ent_status ent_open_key(struct ent_opened *opened, struct entente_profile *profile, struct ent_arena *arena,
    const struct ent_state *state, const struct ent_manifest *manifest, const struct ent_file_doc *seal, struct ent_error *err);

#endif
