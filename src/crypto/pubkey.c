#include "codec/base64.h"
#include "crypto/key_table.h"
#include "crypto/pem.h"

void
ent_pubkey_free(struct ent_pubkey *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	OPENSSL_free(key);
}

enum { DER_SEQUENCE = 0x30, DER_OID = 0x06, DER_BIT_STRING = 0x03 };

/*
 * The content of the element with that tag (0: any) at the front of *rest, which moves behind it: definite, shortest lengths
 * (X.690 10.1).
 */
static bool
take_der(struct ent_view *rest, uint8_t tag, struct ent_view *content)
{
	size_t head = 2, len;

	if (rest->len < 2 || (tag != 0 && rest->data[0] != tag))
		return false;
	len = rest->data[1];
	if (len >= 0x80) {
		head += len - 0x80;
		if (head == 2 || head > 4 || rest->len < head || rest->data[2] == 0)
			return false;
		len = head == 3 ? rest->data[2] : (size_t)rest->data[2] << 8 | rest->data[3];
		if (len < 0x80)
			return false;
	}
	if (rest->len - head < len)
		return false;
	*content = ent_view_slice(*rest, head, len);
	*rest = ent_view_slice(*rest, head + len, SIZE_MAX);
	return true;
}

/* SEQUENCE { SEQUENCE { OID, parameters OPTIONAL }, BIT STRING } (RFC 5280 4.1): a public key of whatever kind. */
static bool
is_spki(struct ent_view der)
{
	struct ent_view all, algorithm, part, bits;

	if (!take_der(&der, DER_SEQUENCE, &all) || der.len > 0 || !take_der(&all, DER_SEQUENCE, &algorithm) ||
	    !take_der(&all, DER_BIT_STRING, &bits) || all.len > 0)
		return false;
	if (!take_der(&algorithm, DER_OID, &part) || part.len == 0)
		return false;
	return (algorithm.len == 0 || (take_der(&algorithm, 0, &part) && algorithm.len == 0)) && bits.len > 1 && bits.data[0] == 0;
}

enum ent_status
ent_pubkey_from_spki(struct ent_pubkey **out, struct ent_view der, struct ent_error *err)
{
	const struct ent_key_spec *spec = ent_key_table_by_spki(der);
	ENT_AUTO(ent_pubkey) key = NULL;

	if (spec == NULL)
		return ent_fail(err, is_spki(der) ? ENT_E_UNSUPPORTED : ENT_E_SYNTAX,
		    "%zu bytes are not a public key of an accepted kind: ec:secp256r1 as DER SubjectPublicKeyInfo, uncompressed",
		    der.len);
	ENT_TRY(ent_key_table_enabled(spec, err));
	key = OPENSSL_zalloc(sizeof(*key));
	if (key == NULL)
		return ent_evp_fail(err, "preparing a public key");
	ENT_TRY(spec->import(&key->pkey, spec, ent_view_slice(der, spec->spki_prefix.len, SIZE_MAX), err));
	key->spec = spec;
	memcpy(key->spki, der.data, der.len); /* spki_len of every row is below ENT_SPKI_MAX */
	*out = ent_take(&key);
	return ENT_OK;
}

enum ent_status
ent_pubkey_from_pem(struct ent_pubkey **out, struct ent_view pem, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) der = ent_buf_with_max(ENT_SPKI_MAX);

	if (pem.len > ENT_SPKI_PEM_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a public key in PEM of %zu characters, limit %d", pem.len, ENT_SPKI_PEM_MAX);
	ENT_TRY(ent_pem_decode(&der, ENT_PEM_PUBLIC, pem, err));
	return ent_pubkey_from_spki(out, ent_buf_view(&der), err);
}

enum ent_status
ent_pubkey_from_xy(struct ent_pubkey **out, enum ent_key_type type, struct ent_view x, struct ent_view y,
    struct ent_error *err)
{
	const struct ent_key_spec *spec = ent_key_table_row(type);
	uint8_t der[ENT_SPKI_MAX];
	uint8_t *point = der + spec->spki_prefix.len;

	ENT_TRY(ent_key_table_enabled(spec, err));
	if (spec->coord_len == 0 || x.len != spec->coord_len || y.len != spec->coord_len)
		return ent_fail(err, ENT_E_SYNTAX, "coordinates of %zu and %zu bytes; %s has %zu each (RFC 7518 6.2.1)", x.len,
		    y.len, spec->row.wire_name, spec->coord_len);
	memcpy(der, spec->spki_prefix.data, spec->spki_prefix.len);
	point[0] = 0x04;
	memcpy(point + 1, x.data, x.len);
	memcpy(point + 1 + x.len, y.data, y.len);
	return ent_pubkey_from_spki(out, ent_view_from(der, spec->spki_len), err);
}

enum ent_key_type
ent_pubkey_type(const struct ent_pubkey *key)
{
	return ent_key_table_type(key->spec);
}

struct ent_view
ent_pubkey_spki(const struct ent_pubkey *key)
{
	return ent_view_from(key->spki, key->spec->spki_len);
}

enum ent_status
ent_pubkey_pem(const struct ent_pubkey *key, struct ent_buf *out, struct ent_error *err)
{
	return ent_pem_encode(out, ENT_PEM_PUBLIC, ent_pubkey_spki(key), err);
}

struct ent_view
ent_pubkey_point(const struct ent_pubkey *key)
{
	if (key->spec->coord_len == 0)
		return ENT_VIEW_NONE;
	return ent_view_slice(ent_pubkey_spki(key), key->spec->spki_prefix.len, SIZE_MAX);
}

/* One encoding per key, so equal keys have equal bytes. */
bool
ent_pubkey_eq(const struct ent_pubkey *a, const struct ent_pubkey *b)
{
	return ent_view_eq(ent_pubkey_spki(a), ent_pubkey_spki(b));
}

void
ent_pubkey_kid(char out[ENT_KID_SIZE], const struct ent_pubkey *key)
{
	struct ent_hash hash;

	ent_sha256(&hash, ent_pubkey_spki(key));
	out[0] = key->spec->kid_letter;
	out[1] = '-';
	ent_hex_encode_to(out + 2, ent_view_from(hash.bytes, 8));
}

enum ent_status
ent_pubkey_verify_jws(const struct ent_pubkey *key, struct ent_view message, struct ent_view signature,
    struct ent_error *err)
{
	struct ent_hash hash;

	ent_sha256(&hash, message);
	return key->spec->verify(key->spec, key->pkey, &hash, signature, err);
}
