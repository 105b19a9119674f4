/* Key wrapping of TDF key access objects and of rewrap answers (wire reference 1.7 and 2.4), EC form. */
#ifndef ENT_CRYPTO_WRAP_H
#define ENT_CRYPTO_WRAP_H

#include "crypto/aead.h"
#include "crypto/key.h"

#define ENT_SHARE_LEN 32
#define ENT_EC_WRAP_LEN (ENT_SHARE_LEN + ENT_GCM_OVERHEAD) /* 60: nonce || ciphertext || tag */

/* HKDF salt: SHA-256("TDF"). */
extern const uint8_t ent_wrap_salt[32];

/*
 * Wrap share for the holder of `to`: a fresh ephemeral key on the same curve, wk = HKDF-SHA-256(salt, X(ECDH)).
 * out receives ENT_EC_WRAP_LEN bytes; *ephemeral is the caller's to free.
 */
ENT_MUST_USE enum ent_status ent_wrap_ec(uint8_t out[ENT_EC_WRAP_LEN], struct ent_pubkey **ephemeral,
    const struct ent_pubkey *to, const struct ent_secret *share, struct ent_error *err);

/* As ent_wrap_ec with a given ephemeral key and IV: known-answer tests, and one session key for many shares (iv NULL). */
ENT_MUST_USE enum ent_status ent_wrap_ec_with(uint8_t out[ENT_EC_WRAP_LEN], const struct ent_key *ephemeral,
    const uint8_t *iv, const struct ent_pubkey *to, const struct ent_secret *share, struct ent_error *err);

/*
 * The two halves of ent_wrap_ec_with. A rewrap answers all its shares under one session key pair (wire reference 2.4), so
 * it agrees once (a scalar multiplication) and then wraps each share under wk with a fresh IV (iv NULL).
 */
ENT_MUST_USE enum ent_status ent_wrap_agree(struct ent_secret **wk, const struct ent_key *key,
    const struct ent_pubkey *peer, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_wrap_share(uint8_t out[ENT_EC_WRAP_LEN], const struct ent_secret *wk, const uint8_t *iv,
    const struct ent_secret *share, struct ent_error *err);

/* Unwrap; ENT_E_TAMPERED for a blob of wrong length or tag. *share is the caller's. */
ENT_MUST_USE enum ent_status ent_unwrap_ec(struct ent_secret **share, const struct ent_key *key,
    const struct ent_pubkey *ephemeral, struct ent_view blob, struct ent_error *err);

/* policyBinding.hash (wire reference 1.5): base64(hex(HMAC-SHA-256(share, base64 policy))), 88 characters and a NUL. */
#define ENT_BINDING_SIZE 89
void ent_binding_make(char out[ENT_BINDING_SIZE], const struct ent_secret *share, struct ent_view policy_base64);
/* Compare in constant time; the decoded hash may be 64 hex characters or 32 raw bytes. ENT_E_TAMPERED if it differs. */
ENT_MUST_USE enum ent_status ent_binding_check(const struct ent_secret *share, struct ent_view policy_base64,
    struct ent_view binding_hash, struct ent_error *err);

/* The seal's split hash (charter 5): SHA-256("entente split" || share). */
void ent_split_hash(struct ent_hash *out, const struct ent_secret *share);

#endif
