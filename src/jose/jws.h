/*
 * Compact JWS (RFC 7515), JWK (RFC 7517, RFC 7638) and DPoP proofs (RFC 9449).
 * Strict: url-safe base64 without padding, no duplicate members, `crit` refused, no `jku`/`x5u`, no `none`.
 */
#ifndef ENT_JOSE_JWS_H
#define ENT_JOSE_JWS_H

#include <jansson.h>

#include "base/arena.h"
#include "crypto/key.h"

#define ENT_JWS_MAX (1 << 20) /* characters; a request token carries the policies and wrapped keys of a bulk request */

struct ent_jws {
	json_t *header;  /* owned */
	json_t *claims;  /* owned; NULL when the payload is not asked for as JSON */
	struct ent_view payload;   /* decoded, in the arena */
	struct ent_view signed_part; /* "header.payload" as received */
	struct ent_view signature; /* decoded, in the arena */
	enum ent_key_type alg;     /* from the header's `alg`, one of the enabled rows */
};
void ent_jws_fini(struct ent_jws *jws);

/* Split and decode; the payload must be a JSON object. No signature is checked here. ENT_E_SYNTAX, ENT_E_UNSUPPORTED (alg), ENT_E_LIMIT. */
ENT_MUST_USE enum ent_status ent_jws_parse(struct ent_jws *out, struct ent_arena *arena, struct ent_view compact,
    struct ent_error *err);
/* The key's type must be the header's algorithm. ENT_E_SIGNATURE. */
ENT_MUST_USE enum ent_status ent_jws_verify(const struct ent_jws *jws, const struct ent_pubkey *key, struct ent_error *err);
/* Appends a compact JWS; header may hold more members (typ, kid, jwk): alg is set here. Claims in the order given. */
ENT_MUST_USE enum ent_status ent_jws_sign(struct ent_buf *out, json_t *header, const json_t *claims,
    const struct ent_key *key, struct ent_error *err);

/* A public JWK (a private member `d` is refused). *out is the caller's. */
ENT_MUST_USE enum ent_status ent_jwk_parse(struct ent_pubkey **out, const json_t *jwk, struct ent_error *err);
/* {"kty","crv","x","y"}; a new reference. */
ENT_MUST_USE enum ent_status ent_jwk_make(json_t **out, const struct ent_pubkey *key, struct ent_error *err);
/* RFC 7638 SHA-256 thumbprint, base64url, 43 characters and a NUL. */
#define ENT_JKT_SIZE 44
ENT_MUST_USE enum ent_status ent_jwk_thumbprint(char out[ENT_JKT_SIZE], const struct ent_pubkey *key, struct ent_error *err);

/* String and integer claims; NULL / false when absent or of another type. */
const char *ent_claim_string(const json_t *object, const char *name);
bool ent_claim_int(int64_t *out, const json_t *object, const char *name);
/* Is `value` the string claim, or one of the strings of an array claim? (aud, projects, nationality) */
bool ent_claim_contains(const json_t *object, const char *name, const char *value);

#endif
