/* DPoP proofs (RFC 9449). */
#ifndef ENT_JOSE_DPOP_H
#define ENT_JOSE_DPOP_H

#include "jose/jws.h"

/* Append a proof for one request. access_token may be empty (token endpoint): then there is no `ath`. */
ENT_MUST_USE enum ent_status ent_dpop_make(struct ent_buf *out, const struct ent_key *key, const char *method,
    const char *url, struct ent_view access_token, struct ent_view nonce, int64_t now_unix_s, struct ent_error *err);

struct ent_dpop_expect {
	const char *method;           /* "POST" */
	const char *url;              /* full URL at this node, without query */
	struct ent_view access_token; /* empty at the token endpoint */
	int64_t now_unix_s;
	int64_t skew_s;               /* accepted distance of iat, both ways */
	bool path_only;               /* an htu that is only the path will do: no other node takes such a request (charter 11) */
};

struct ent_dpop_proof {
	struct ent_pubkey *key; /* owned: ent_dpop_proof_fini */
	char jkt[ENT_JKT_SIZE];
	struct ent_hash jti_hash; /* SHA-256(jkt || jti): for the replay cache, which is the caller's */
	int64_t iat_unix_s;
};
void ent_dpop_proof_fini(struct ent_dpop_proof *proof);

/*
 * All of RFC 9449 4.3 except the replay check: typ, alg, public jwk, signature, htm, htu (scheme, host and default port
 * normalised), iat, ath. ENT_E_PROOF with the exact reason for the node's own log.
 */
ENT_MUST_USE enum ent_status ent_dpop_verify(struct ent_dpop_proof *out, struct ent_arena *arena, struct ent_view proof,
    const struct ent_dpop_expect *expect, struct ent_error *err);

#endif
