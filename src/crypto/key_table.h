/*
 * The one table of accepted key types and what each can do. Internal to src/crypto.
 *
 * To add a type: a row in key_table.c, a value in enum ent_key_type, and the functions of its row; import, the kid, PEM,
 * JWS and the names of wire and JOSE follow from the row. A row without functions is recognised and refused by name.
 */
#ifndef ENT_CRYPTO_KEY_TABLE_H
#define ENT_CRYPTO_KEY_TABLE_H

#include "crypto/evp.h"
#include "crypto/key.h"

struct ent_key_spec {
	struct ent_key_type_row row;
	const char *evp_name;         /* OpenSSL's name of the kind of key: "EC" */
	const char *evp_group;        /* ... and of the curve: "prime256v1"; NULL for RSA */
	char kid_letter;              /* contracts: Names */
	size_t spki_len;              /* of the whole SubjectPublicKeyInfo: one length only */
	struct ent_view spki_prefix;  /* all of it before the key material */
	size_t coord_len;             /* EC: bytes of a coordinate, a scalar and a shared secret; 0 for RSA */

	/* material: the bytes of the SPKI behind the prefix. */
	enum ent_status (*import)(EVP_PKEY **out, const struct ent_key_spec *spec, struct ent_view material,
	    struct ent_error *err);
	enum ent_status (*export)(uint8_t *material, const struct ent_key_spec *spec, const EVP_PKEY *pkey,
	    struct ent_error *err);
	enum ent_status (*generate)(EVP_PKEY **out, const struct ent_key_spec *spec, struct ent_error *err);
	/* Our own object from a private key that OpenSSL's decoder made of a file. */
	enum ent_status (*adopt)(EVP_PKEY **out, const struct ent_key_spec *spec, const EVP_PKEY *decoded,
	    struct ent_error *err);
	enum ent_status (*sign)(struct ent_buf *out, const struct ent_key_spec *spec, EVP_PKEY *pkey,
	    const struct ent_hash *hash, struct ent_error *err);
	enum ent_status (*verify)(const struct ent_key_spec *spec, EVP_PKEY *pkey, const struct ent_hash *hash,
	    struct ent_view signature, struct ent_error *err);
};

const struct ent_key_spec *ent_key_table_row(enum ent_key_type type);
enum ent_key_type ent_key_table_type(const struct ent_key_spec *spec);

/* The row whose SPKI has this length and prefix; NULL if there is none. Enabled or not. */
const struct ent_key_spec *ent_key_table_by_spki(struct ent_view der);

/* ENT_E_UNSUPPORTED for a row that is only recognised. */
ENT_MUST_USE enum ent_status ent_key_table_enabled(const struct ent_key_spec *spec, struct ent_error *err);

/* key_ec.c: the functions of the EC rows, and one more for known-answer tests. */
ENT_MUST_USE enum ent_status ent_key_ec_import(EVP_PKEY **out, const struct ent_key_spec *spec, struct ent_view point,
    struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_ec_export(uint8_t *point, const struct ent_key_spec *spec, const EVP_PKEY *pkey,
    struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_ec_generate(EVP_PKEY **out, const struct ent_key_spec *spec, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_ec_adopt(EVP_PKEY **out, const struct ent_key_spec *spec, const EVP_PKEY *decoded,
    struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_ec_sign(struct ent_buf *out, const struct ent_key_spec *spec, EVP_PKEY *pkey,
    const struct ent_hash *hash, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_ec_verify(const struct ent_key_spec *spec, EVP_PKEY *pkey,
    const struct ent_hash *hash, struct ent_view signature, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_key_ec_from_scalar(EVP_PKEY **out, const struct ent_key_spec *spec,
    struct ent_view scalar, struct ent_error *err);

/* pubkey.c, key.c: the objects behind the opaque types. */
struct ent_pubkey {
	const struct ent_key_spec *spec;
	EVP_PKEY *pkey;
	uint8_t spki[ENT_SPKI_MAX]; /* spec->spki_len of it */
};

struct ent_key {
	const struct ent_key_spec *spec;
	EVP_PKEY *pkey;
	struct ent_pubkey *public_half; /* its own EVP_PKEY, without the private part */
};

#endif
