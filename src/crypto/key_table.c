#include "crypto/key_table.h"

/* AlgorithmIdentifier id-ecPublicKey with prime256v1, BIT STRING of 65 bytes, no unused bits (RFC 5480 2). */
static const uint8_t spki_p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
	0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

/* AlgorithmIdentifier rsaEncryption with NULL, BIT STRING of an RSAPublicKey of 2048 bits (RFC 8017 A.1.1). */
static const uint8_t spki_rsa_2048[] = { 0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00 };

static const struct ent_key_spec specs[ENT_KEY_TYPE_COUNT] = {
	[ENT_KEY_EC_P256] = {
		.row = { "ec:secp256r1", "ES256", "P-256", true },
		.evp_name = "EC",
		.evp_group = "prime256v1",
		.kid_letter = 'e',
		.spki_len = 91,
		.spki_prefix = { spki_p256, sizeof(spki_p256) },
		.coord_len = 32,
		.import = ent_key_ec_import,
		.export = ent_key_ec_export,
		.generate = ent_key_ec_generate,
		.adopt = ent_key_ec_adopt,
		.sign = ent_key_ec_sign,
		.verify = ent_key_ec_verify,
	},
	[ENT_KEY_RSA_2048] = {
		.row = { "rsa:2048", "RS256", NULL, false },
		.evp_name = "RSA",
		.kid_letter = 'r',
		.spki_len = 294, /* with the exponent 65537, the only one in use */
		.spki_prefix = { spki_rsa_2048, sizeof(spki_rsa_2048) },
	},
};

const struct ent_key_spec *
ent_key_table_row(enum ent_key_type type)
{
	ENT_ASSERT((unsigned)type < ENT_KEY_TYPE_COUNT);
	return &specs[type];
}

enum ent_key_type
ent_key_table_type(const struct ent_key_spec *spec)
{
	return (enum ent_key_type)(spec - specs);
}

const struct ent_key_spec *
ent_key_table_by_spki(struct ent_view der)
{
	for (size_t i = 0; i < ENT_COUNT(specs); i++)
		if (der.len == specs[i].spki_len && ent_view_starts(der, specs[i].spki_prefix))
			return &specs[i];
	return NULL;
}

enum ent_status
ent_key_table_enabled(const struct ent_key_spec *spec, struct ent_error *err)
{
	if (!spec->row.enabled)
		return ent_fail(err, ENT_E_UNSUPPORTED, "%s (%s) keys are not enabled in this version; use ec:secp256r1 (ES256)",
		    spec->row.wire_name, spec->row.jws_alg);
	return ENT_OK;
}

const struct ent_key_type_row *
ent_key_type_row(enum ent_key_type type)
{
	return &ent_key_table_row(type)->row;
}

/* Names come from outside: what is not printable ASCII is not repeated, and never more than a few characters. */
static enum ent_status
unknown_name(const char *kind, struct ent_view name, struct ent_error *err)
{
	bool printable = name.len > 0 && name.len <= 32;

	for (size_t i = 0; printable && i < name.len; i++)
		printable = name.data[i] > 0x20 && name.data[i] < 0x7f;
	if (printable)
		return ent_fail(err, ENT_E_UNSUPPORTED, "%s \"%.*s\" is not one that is accepted here", kind, ENT_FMT(name));
	return ent_fail(err, ENT_E_UNSUPPORTED, "%s (%zu bytes) is not one that is accepted here", kind, name.len);
}

enum ent_status
ent_key_type_from_wire(enum ent_key_type *out, struct ent_view name, struct ent_error *err)
{
	for (size_t i = 0; i < ENT_COUNT(specs); i++) {
		if (!ent_view_eq_str(name, specs[i].row.wire_name))
			continue;
		ENT_TRY(ent_key_table_enabled(&specs[i], err));
		*out = (enum ent_key_type)i;
		return ENT_OK;
	}
	return unknown_name("the key algorithm", name, err);
}

enum ent_status
ent_key_type_from_jws(enum ent_key_type *out, struct ent_view alg, struct ent_error *err)
{
	for (size_t i = 0; i < ENT_COUNT(specs); i++) {
		if (!ent_view_eq_str(alg, specs[i].row.jws_alg))
			continue;
		ENT_TRY(ent_key_table_enabled(&specs[i], err));
		*out = (enum ent_key_type)i;
		return ENT_OK;
	}
	return unknown_name("the signature algorithm", alg, err);
}
