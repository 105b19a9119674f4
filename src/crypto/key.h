/*
 * Public and private keys: the one table of accepted algorithms, import and export, signatures, key agreement.
 *
 * Import is our own strict reader of exactly the SubjectPublicKeyInfo shapes below (RFC 5480, RFC 8017): no PEM_read_*
 * and no d2i_* where a request can reach (docs/decisions). A point must be uncompressed, of exact length, on its curve.
 */
#ifndef ENT_CRYPTO_KEY_H
#define ENT_CRYPTO_KEY_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

/* The algorithm table's rows. Names are those of the wire (`ec:secp256r1`) and of JOSE (`ES256`). */
enum ent_key_type {
	ENT_KEY_EC_P256,
	ENT_KEY_RSA_2048, /* recognised by name; not used yet */
	ENT_KEY_TYPE_COUNT
};

struct ent_key_type_row {
	const char *wire_name; /* "ec:secp256r1" */
	const char *jws_alg;   /* "ES256" */
	const char *jwk_crv;   /* "P-256"; NULL for RSA */
	bool enabled;          /* this build wraps, agrees and verifies with it */
};
const struct ent_key_type_row *ent_key_type_row(enum ent_key_type type);
/* ENT_E_UNSUPPORTED for a name that the table has but does not enable, or that it does not have. */
ENT_MUST_USE enum ent_status ent_key_type_from_wire(enum ent_key_type *out, struct ent_view name, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_type_from_jws(enum ent_key_type *out, struct ent_view alg, struct ent_error *err);

/* A public key. */
struct ent_pubkey;
void ent_pubkey_free(struct ent_pubkey *key);
ENT_DEFINE_AUTO(ent_pubkey)
#define ENT_SPKI_MAX 600       /* bytes of DER */
#define ENT_SPKI_PEM_MAX 1024  /* characters of PEM */
/* ENT_E_UNSUPPORTED: a well-formed key of another kind. ENT_E_SYNTAX: no key. ENT_E_INPUT: a point off its curve. */
ENT_MUST_USE enum ent_status ent_pubkey_from_spki(struct ent_pubkey **out, struct ent_view der, struct ent_error *err);
/* One "PUBLIC KEY" PEM block; LF or CRLF, trailing newline optional; nothing else around it. */
ENT_MUST_USE enum ent_status ent_pubkey_from_pem(struct ent_pubkey **out, struct ent_view pem, struct ent_error *err);
/* From the affine coordinates of a JWK (RFC 7518 6.2.1), 32 bytes each for P-256. */
ENT_MUST_USE enum ent_status ent_pubkey_from_xy(struct ent_pubkey **out, enum ent_key_type type, struct ent_view x,
    struct ent_view y, struct ent_error *err);
enum ent_key_type ent_pubkey_type(const struct ent_pubkey *key);
struct ent_view ent_pubkey_spki(const struct ent_pubkey *key); /* borrowed DER, canonical */
ENT_MUST_USE enum ent_status ent_pubkey_pem(const struct ent_pubkey *key, struct ent_buf *out, struct ent_error *err);
struct ent_view ent_pubkey_point(const struct ent_pubkey *key); /* EC: 0x04 || X || Y, borrowed */
bool ent_pubkey_eq(const struct ent_pubkey *a, const struct ent_pubkey *b);

/* "e-" (EC) or "r-" (RSA) and the first 16 hex digits of SHA-256(SPKI) (contracts: Names). */
#define ENT_KID_SIZE 19
void ent_pubkey_kid(char out[ENT_KID_SIZE], const struct ent_pubkey *key);

/* A private key. */
struct ent_key;
void ent_key_free(struct ent_key *key);
ENT_DEFINE_AUTO(ent_key)
ENT_MUST_USE enum ent_status ent_key_generate(struct ent_key **out, enum ent_key_type type, struct ent_error *err);
/* Known-answer tests: EC private scalar, big-endian, exact length. */
ENT_MUST_USE enum ent_status ent_key_from_scalar(struct ent_key **out, enum ent_key_type type, struct ent_view scalar,
    struct ent_error *err);
/* PKCS#8 PEM, unencrypted, of files of this node: at start only (slow). Wiped buffers. */
ENT_MUST_USE enum ent_status ent_key_from_pkcs8_pem(struct ent_key **out, struct ent_view pem, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_to_pkcs8_pem(const struct ent_key *key, struct ent_buf *out, struct ent_error *err);
const struct ent_pubkey *ent_key_public(const struct ent_key *key); /* borrowed */

/* JWS signature (RFC 7518 3.4): ES256 is R || S, 64 bytes. Appends to out. */
ENT_MUST_USE enum ent_status ent_key_sign_jws(const struct ent_key *key, struct ent_buf *out, struct ent_view message,
    struct ent_error *err);
/* ENT_E_SIGNATURE when it does not verify. */
ENT_MUST_USE enum ent_status ent_pubkey_verify_jws(const struct ent_pubkey *key, struct ent_view message,
    struct ent_view signature, struct ent_error *err);

/*
 * ECDH: the X coordinate, of fixed length, leading zeroes kept (wire reference, appendix C 3). ENT_E_INPUT for keys of two
 * curves. For src/crypto/wrap and src/jose/jwe only: it is not a key before it went through a KDF, and theirs differ.
 */
ENT_MUST_USE enum ent_status ent_key_agree(struct ent_secret **out, const struct ent_key *key,
    const struct ent_pubkey *peer, struct ent_error *err);

/* Ed25519 (RFC 8032), strict: canonical S and A, no small-order A or R. Used by signed notes. */
#define ENT_ED25519_KEY_LEN 32
#define ENT_ED25519_SIG_LEN 64
struct ent_ed25519; /* a private key */
void ent_ed25519_free(struct ent_ed25519 *key);
ENT_DEFINE_AUTO(ent_ed25519)
ENT_MUST_USE enum ent_status ent_ed25519_from_seed(struct ent_ed25519 **out, struct ent_view seed, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_ed25519_public(const struct ent_ed25519 *key, uint8_t out[ENT_ED25519_KEY_LEN],
    struct ent_error *err);
ENT_MUST_USE enum ent_status ent_ed25519_sign(const struct ent_ed25519 *key, uint8_t out[ENT_ED25519_SIG_LEN],
    struct ent_view message, struct ent_error *err);
/* ENT_E_SIGNATURE when it does not verify or is not canonical. */
ENT_MUST_USE enum ent_status ent_ed25519_verify(const uint8_t key[ENT_ED25519_KEY_LEN],
    const uint8_t signature[ENT_ED25519_SIG_LEN], struct ent_view message, struct ent_error *err);
/* Is this encoding acceptable as a public key (canonical, on the curve, not of small order)? */
bool ent_ed25519_key_valid(const uint8_t key[ENT_ED25519_KEY_LEN]);


/* "s-" and the first 16 hex digits of SHA-256 of the key's SubjectPublicKeyInfo (RFC 8410): a seal key's kid. */
#define ENT_SEAL_KID_SIZE 19
void ent_seal_kid(char out[ENT_SEAL_KID_SIZE], const uint8_t key[ENT_ED25519_KEY_LEN]);

#endif
