/* AES-256-GCM with 12-byte IV and 16-byte tag; with empty AAD, as TDF segments and wraps use it (wire reference 1.2), or with some (JWE). */
#ifndef ENT_CRYPTO_AEAD_H
#define ENT_CRYPTO_AEAD_H

#include "base/view.h"

#define ENT_GCM_KEY_LEN 32
#define ENT_GCM_IV_LEN 12
#define ENT_GCM_TAG_LEN 16
#define ENT_GCM_OVERHEAD (ENT_GCM_IV_LEN + ENT_GCM_TAG_LEN)

struct ent_gcm; /* one key, for one thread at a time; reusable for any number of messages */

ENT_MUST_USE enum ent_status ent_gcm_new(struct ent_gcm **out, struct ent_view key, struct ent_error *err);
void ent_gcm_free(struct ent_gcm *gcm);
ENT_DEFINE_AUTO(ent_gcm)

/* out receives IV || ciphertext || tag: plain.len + 28 bytes. A fresh random IV when iv is NULL. out != plain. */
ENT_MUST_USE enum ent_status ent_gcm_seal(struct ent_gcm *gcm, uint8_t *out, const uint8_t iv[ENT_GCM_IV_LEN],
    struct ent_view plain, struct ent_error *err);

/* out receives sealed.len - 28 bytes. ENT_E_TAMPERED when the tag does not match (out is wiped then). */
ENT_MUST_USE enum ent_status ent_gcm_open(struct ent_gcm *gcm, uint8_t *out, struct ent_view sealed, struct ent_error *err);

/* As the two above, with additional data that is authenticated and not encrypted. */
ENT_MUST_USE enum ent_status ent_gcm_seal_with(struct ent_gcm *gcm, uint8_t *out, const uint8_t iv[ENT_GCM_IV_LEN],
    struct ent_view aad, struct ent_view plain, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_gcm_open_with(struct ent_gcm *gcm, uint8_t *out, struct ent_view aad, struct ent_view sealed,
    struct ent_error *err);

#endif
