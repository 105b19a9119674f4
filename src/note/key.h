/* Inside of src/note: what signing needs of a signer. */
#ifndef ENT_NOTE_KEY_H
#define ENT_NOTE_KEY_H

#include "note/note.h"

/* The raw Ed25519 signature of message. */
ENT_MUST_USE enum ent_status ent_signer_sign(const struct ent_signer *signer, uint8_t out[ENT_ED25519_SIG_LEN],
    struct ent_view message, struct ent_error *err);

#endif
