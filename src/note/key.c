#include "note/key.h"

#include <stdlib.h>

#include "base/file.h"
#include "codec/base64.h"
#include "note/text.h"

#define PRIVATE_PREFIX "PRIVATE+KEY+"

enum {
	SEED_LEN = 32,
	ID_HEX_LEN = 8,
	KEY_DATA_LEN = 1 + ENT_ED25519_KEY_LEN, /* type || key, and type || seed */
};

struct ent_signer {
	struct ent_vkey vkey; /* its views point into line */
	struct ent_ed25519 *key;
	struct ent_secret *seed;
	char line[ENT_NOTE_KEY_LINE_MAX + 1];
};

/* "name+hash+base64" cut at its two pluses; base64 may hold more of them. */
struct key_line {
	struct ent_view name, id, data;
};

static bool
type_known(uint8_t type)
{
	return type == ENT_NOTE_TYPE_ED25519 || type == ENT_NOTE_TYPE_COSIGNATURE;
}

static enum ent_status
split(struct key_line *out, struct ent_view line, struct ent_error *err)
{
	size_t first = ent_view_find(line, '+', 0);
	size_t second = ent_view_find(line, '+', first + 1);

	if (line.len > ENT_NOTE_KEY_LINE_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a key line of %zu bytes, limit %d", line.len, ENT_NOTE_KEY_LINE_MAX);
	if (first >= line.len || second >= line.len)
		return ent_fail(err, ENT_E_SYNTAX, "a key line must be name+hash+base64");
	out->name = ent_view_slice(line, 0, first);
	out->id = ent_view_slice(line, first + 1, second - first - 1);
	out->data = ent_view_slice(line, second + 1, line.len);
	if (!ent_note_name_valid(out->name))
		return ent_fail(err, ENT_E_SYNTAX, "a key's name must be 1 to %d bytes of UTF-8 without space and plus",
		    ENT_NOTE_NAME_MAX);
	return ENT_OK;
}

/* signed-note, "Signatures": SHA-256(name || LF || type || key)[:4], big-endian. */
static uint32_t
key_id(struct ent_view name, uint8_t type, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	struct ent_view parts[] = { name, ENT_LIT("\n"), { &type, 1 }, { key, ENT_ED25519_KEY_LEN } };
	struct ent_hash h;

	ent_sha256_parts(&h, parts, ENT_COUNT(parts));
	return (uint32_t)h.bytes[0] << 24 | (uint32_t)h.bytes[1] << 16 | (uint32_t)h.bytes[2] << 8 | h.bytes[3];
}

/* The hash that stands in the line, which must be the key's own. */
static enum ent_status
check_id(uint32_t id, const struct key_line *line, struct ent_error *err)
{
	uint8_t raw[4];

	ENT_TRY(ent_hex_decode_exact(raw, sizeof(raw), line->id, err));
	if (id != ((uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3]))
		return ent_fail(err, ENT_E_SYNTAX, "key %.*s: its hash is %08x, the line says %.*s", ENT_FMT(line->name),
		    (unsigned)id, ENT_FMT(line->id));
	return ENT_OK;
}

enum ent_status
ent_vkey_parse(struct ent_vkey *out, struct ent_view line, uint8_t want_type, struct ent_error *err)
{
	uint8_t data[KEY_DATA_LEN];
	struct key_line parts;

	ENT_TRY(split(&parts, line, err));
	ENT_TRY(ent_base64_decode_exact(data, sizeof(data), ENT_BASE64_STD, parts.data, err));
	if (data[0] != want_type || !type_known(want_type))
		return ent_fail(err, ENT_E_SYNTAX, "key %.*s is of type 0x%02x, 0x%02x is needed here", ENT_FMT(parts.name),
		    data[0], want_type);
	if (!ent_ed25519_key_valid(data + 1))
		return ent_fail(err, ENT_E_SYNTAX, "key %.*s is not a valid Ed25519 public key", ENT_FMT(parts.name));
	out->name = parts.name;
	out->line = line;
	out->type = data[0];
	memcpy(out->key, data + 1, sizeof(out->key));
	out->id = key_id(parts.name, out->type, out->key);
	return check_id(out->id, &parts, err);
}

void
ent_signer_free(struct ent_signer *signer)
{
	if (signer == NULL)
		return;
	ent_ed25519_free(signer->key);
	ent_secret_free(signer->seed);
	free(signer);
}

static enum ent_status
print_vkey_line(struct ent_signer *signer, struct ent_view name, struct ent_error *err)
{
	struct ent_vkey *vkey = &signer->vkey;
	uint8_t data[KEY_DATA_LEN];
	char base64[64] = { 0 };

	data[0] = vkey->type;
	memcpy(data + 1, vkey->key, ENT_ED25519_KEY_LEN);
	ent_base64_encode_to(base64, ENT_BASE64_STD, ent_view_from(data, sizeof(data)));
	ENT_TRY(ent_path_join(signer->line, sizeof(signer->line), err, "%.*s+%08x+%s", ENT_FMT(name), (unsigned)vkey->id,
	    base64));
	vkey->line = ent_view_str(signer->line);
	vkey->name = ent_view_slice(vkey->line, 0, name.len);
	return ENT_OK;
}

enum ent_status
ent_signer_from_seed(struct ent_signer **out, struct ent_view name, uint8_t type, struct ent_view seed, struct ent_error *err)
{
	ENT_AUTO(ent_signer) signer = NULL;

	if (!ent_note_name_valid(name))
		return ent_fail(err, ENT_E_INPUT, "a key's name must be 1 to %d bytes of UTF-8 without space and plus",
		    ENT_NOTE_NAME_MAX);
	if (!type_known(type))
		return ent_fail(err, ENT_E_UNSUPPORTED, "key %.*s: type 0x%02x is not supported", ENT_FMT(name), type);
	signer = calloc(1, sizeof(*signer));
	if (signer == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a signing key");
	ENT_TRY(ent_secret_copy(&signer->seed, seed, err));
	ENT_TRY(ent_ed25519_from_seed(&signer->key, seed, err));
	ENT_TRY(ent_ed25519_public(signer->key, signer->vkey.key, err));
	signer->vkey.type = type;
	signer->vkey.id = key_id(name, type, signer->vkey.key);
	ENT_TRY(print_vkey_line(signer, name, err));
	*out = ent_take(&signer);
	return ENT_OK;
}

enum ent_status
ent_signer_generate(struct ent_signer **out, struct ent_view name, uint8_t type, struct ent_error *err)
{
	ENT_AUTO(ent_secret) seed = NULL;

	ENT_TRY(ent_secret_random(&seed, SEED_LEN, err));
	return ent_signer_from_seed(out, name, type, ent_secret_view(seed), err);
}

enum ent_status
ent_signer_parse(struct ent_signer **out, struct ent_view line, struct ent_error *err)
{
	ENT_AUTO(ent_secret) data = NULL;
	ENT_AUTO(ent_signer) signer = NULL;
	struct key_line parts;

	if (!ent_view_starts(line, ENT_LIT(PRIVATE_PREFIX)))
		return ent_fail(err, ENT_E_SYNTAX, "not a private key line: it must start with " PRIVATE_PREFIX);
	ENT_TRY(split(&parts, ent_view_slice(line, sizeof(PRIVATE_PREFIX) - 1, line.len), err));
	ENT_TRY(ent_secret_new(&data, KEY_DATA_LEN, err));
	ENT_TRY(ent_base64_decode_exact(ent_secret_bytes(data), KEY_DATA_LEN, ENT_BASE64_STD, parts.data, err));
	ENT_TRY(ent_signer_from_seed(&signer, parts.name, ent_secret_bytes(data)[0],
	    ent_view_slice(ent_secret_view(data), 1, SEED_LEN), err));
	ENT_TRY(check_id(signer->vkey.id, &parts, err));
	*out = ent_take(&signer);
	return ENT_OK;
}

enum ent_status
ent_signer_load(struct ent_signer **out, const char *path, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_KEY_LINE_MAX + 1);
	struct ent_view line;

	if (ent_file_read_private(&text, path, ENT_NOTE_KEY_LINE_MAX + 1, err) != ENT_OK)
		return ent_error_context(err, "key file");
	line = ent_buf_view(&text);
	if (line.len > 0 && line.data[line.len - 1] == '\n')
		line.len--;
	if (ent_signer_parse(out, line, err) != ENT_OK)
		return ent_error_context(err, "key file %s", path);
	return ENT_OK;
}

enum ent_status
ent_signer_save(const struct ent_signer *signer, const char *path, struct ent_error *err)
{
	ENT_AUTO(ent_secret) data = NULL;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_KEY_LINE_MAX + 1);

	ENT_TRY(ent_secret_new(&data, KEY_DATA_LEN, err));
	ent_secret_bytes(data)[0] = signer->vkey.type;
	memcpy(ent_secret_bytes(data) + 1, ent_secret_view(signer->seed).data, SEED_LEN);
	ENT_TRY(ent_buf_printf(&text, err, PRIVATE_PREFIX "%.*s+%08x+", ENT_FMT(signer->vkey.name),
	    (unsigned)signer->vkey.id));
	ENT_TRY(ent_base64_encode(&text, ENT_BASE64_STD, ent_secret_view(data), err));
	ENT_TRY(ent_buf_add_byte(&text, '\n', err));
	return ent_file_create(path, ent_buf_view(&text), 0600, err);
}

const struct ent_vkey *
ent_signer_vkey(const struct ent_signer *signer)
{
	return &signer->vkey;
}

enum ent_status
ent_signer_sign(const struct ent_signer *signer, uint8_t out[ENT_ED25519_SIG_LEN], struct ent_view message,
    struct ent_error *err)
{
	return ent_ed25519_sign(signer->key, out, message, err);
}
