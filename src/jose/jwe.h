/*
 * Compact JWE (RFC 7516) in the one form in which nodes seal records to each other: `alg` ECDH-ES (RFC 7518 4.6, direct key
 * agreement, Concat KDF), `enc` A256GCM, P-256. Any JOSE library opens it with the recipient's key.
 *
 * Sealing and parsing need public keys only. Opening needs the private one: only the keyholder calls it. The Concat KDF makes
 * another key of one shared secret than the HKDF of key shares does (src/crypto/wrap.h), so a share's wrapping can never be
 * opened as a JWE, nor the reverse.
 */
#ifndef ENT_JOSE_JWE_H
#define ENT_JOSE_JWE_H

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/key.h"

#define ENT_JWE_MAX (256u << 10)       /* characters of a compact JWE */
#define ENT_JWE_PLAIN_MAX (160u << 10) /* bytes inside: a record of 64 KiB, each character escaped in JSON */

/* Seal plain to a P-256 key; kid is its name, printable ASCII. Appends. ENT_E_LIMIT, ENT_E_UNSUPPORTED for another key. */
ENT_MUST_USE enum ent_status ent_jwe_seal(struct ent_buf *out, const struct ent_pubkey *to, struct ent_view kid,
    struct ent_view plain, struct ent_error *err);
/* With a given ephemeral key and IV: known-answer tests. */
ENT_MUST_USE enum ent_status ent_jwe_seal_with(struct ent_buf *out, const struct ent_key *ephemeral, const uint8_t *iv,
    const struct ent_pubkey *to, struct ent_view kid, struct ent_view plain, struct ent_error *err);

struct ent_jwe {
	struct ent_view kid;          /* empty: the header has none */
	struct ent_view apu, apv;     /* decoded; empty where the header has none */
	struct ent_pubkey *ephemeral; /* owned */
	struct ent_view protected_part; /* the header as received: what the tag covers */
	struct ent_view sealed;       /* IV, ciphertext, tag; in the arena */
};
void ent_jwe_fini(struct ent_jwe *jwe);

/* Split and decode; nothing is decrypted. ENT_E_SYNTAX, ENT_E_UNSUPPORTED (alg, enc, zip, crit, another curve), ENT_E_LIMIT. */
ENT_MUST_USE enum ent_status ent_jwe_parse(struct ent_jwe *out, struct ent_arena *arena, struct ent_view compact,
    struct ent_error *err);
/* Appends the plaintext. ENT_E_TAMPERED, and nothing else, when the key is another or a byte was changed. */
ENT_MUST_USE enum ent_status ent_jwe_open(struct ent_buf *out, const struct ent_jwe *jwe, const struct ent_key *key,
    struct ent_error *err);

/*
 * RFC 7518 4.6.2 for keys of up to 256 bits: one round of the Concat KDF of NIST SP 800-56A with SHA-256. algorithm: the
 * `enc` value. out_len: 1 to 32 bytes.
 */
void ent_jwe_derive(uint8_t *out, size_t out_len, struct ent_view algorithm, struct ent_view z, struct ent_view apu,
    struct ent_view apv);

#endif
