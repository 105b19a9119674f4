#include "node/keyholder/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/file.h"

enum { PEM_MAX = 8192 };

#define PEM_SUFFIX ".pem"

void
ent_keyring_fini(struct ent_keyring *keyring)
{
	for (size_t i = 0; i < keyring->data_count; i++)
		ent_key_free(keyring->data[i].key);
	ent_signer_free(keyring->seal);
	ent_key_free(keyring->issuer);
	memset(keyring, 0, sizeof(*keyring));
}

const struct ent_data_key *
ent_keyring_find(const struct ent_keyring *keyring, struct ent_view kid)
{
	for (size_t i = 0; i < keyring->data_count; i++)
		if (ent_view_eq_str(kid, keyring->data[i].kid))
			return &keyring->data[i];
	return NULL;
}

static enum ent_status
load_pem(struct ent_key **out, const char *path, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(PEM_MAX);

	if (ent_file_read_private(&pem, path, PEM_MAX, err) != ENT_OK) {
		err->code = ENT_E_CONFIG; /* a node without its keys is a node that is not set up */
		return ent_error_context(err, "a private key");
	}
	if (ent_key_from_pkcs8_pem(out, ent_buf_view(&pem), err) != ENT_OK)
		return ent_error_context(err, "the key %s", path);
	return ENT_OK;
}

static enum ent_status
add_data_key(struct ent_keyring *keyring, const char *dir, const char *file, struct ent_error *err)
{
	struct ent_data_key *slot = &keyring->data[keyring->data_count];
	struct ent_view name = ent_view_str(file);
	char path[ENT_PATH_MAX];
	size_t stem;

	if (keyring->data_count == ENT_LIMIT_DATA_KEYS)
		return ent_fail(err, ENT_E_CONFIG, "more than %d data keys in %s", ENT_LIMIT_DATA_KEYS, dir);
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s", dir, file));
	stem = name.len > strlen(PEM_SUFFIX) ? name.len - strlen(PEM_SUFFIX) : 0;
	if (stem == 0 || strcmp(file + stem, PEM_SUFFIX) != 0)
		return ent_fail(err, ENT_E_CONFIG, "%s is no data key: only <kid>" PEM_SUFFIX " belongs there", path);
	ENT_TRY(load_pem(&slot->key, path, err));
	keyring->data_count++; /* owned from here on, whatever follows */
	ent_pubkey_kid(slot->kid, ent_key_public(slot->key));
	if (!ent_view_eq_str(ent_view_slice(name, 0, stem), slot->kid))
		return ent_fail(err, ENT_E_CONFIG, "the key in %s is %s: rename it or put the right one back", path, slot->kid);
	return ENT_OK;
}

static void
close_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

static int
by_kid(const void *a, const void *b)
{
	return strcmp(((const struct ent_data_key *)a)->kid, ((const struct ent_data_key *)b)->kid);
}

static enum ent_status
load_data_keys(struct ent_keyring *keyring, const char *home, struct ent_error *err)
{
	__attribute__((cleanup(close_dir))) DIR *dir = NULL;
	char path[ENT_PATH_MAX];
	const struct dirent *entry;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/data", home));
	dir = opendir(path);
	if (dir == NULL)
		return ent_fail_errno(err, ENT_E_CONFIG, errno, "cannot read the data keys in %s", path);
	while ((errno = 0, entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			ENT_TRY(add_data_key(keyring, path, entry->d_name, err));
	if (errno != 0)
		return ent_fail_errno(err, ENT_E_CONFIG, errno, "cannot read the data keys in %s", path);
	if (keyring->data_count == 0)
		return ent_fail(err, ENT_E_CONFIG, "there is no data key in %s: make one with `entente node init`", path);
	qsort(keyring->data, keyring->data_count, sizeof(keyring->data[0]), by_kid);
	return ENT_OK;
}

static enum ent_status
load_seal_key(struct ent_keyring *keyring, const struct ent_node_config *config, struct ent_error *err)
{
	char path[ENT_PATH_MAX];
	char want[ENT_NOTE_NAME_MAX + 1];
	const struct ent_vkey *vkey;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/seal.key", config->home));
	ENT_TRY(ent_signer_load(&keyring->seal, path, err));
	vkey = ent_signer_vkey(keyring->seal);
	ent_seal_kid(keyring->seal_kid, vkey->key);
	ENT_TRY(ent_path_join(want, sizeof(want), err, "%s/seal/%s", config->party, keyring->seal_kid));
	if (vkey->type != ENT_NOTE_TYPE_ED25519 || !ent_view_eq_str(vkey->name, want))
		return ent_fail(err, ENT_E_CONFIG, "the seal key in %s is named %.*s and must be %s", path, ENT_FMT(vkey->name), want);
	return ENT_OK;
}

static enum ent_status
load_issuer_key(struct ent_keyring *keyring, const char *home, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/issuer.pem", home));
	ENT_TRY(load_pem(&keyring->issuer, path, err));
	ent_pubkey_kid(keyring->issuer_kid, ent_key_public(keyring->issuer));
	return ENT_OK;
}

static enum ent_status
load_access_key(struct ent_keyring *keyring, const struct ent_node_config *config, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(ENT_NOTE_KEY_LINE_MAX + 1);
	char path[ENT_PATH_MAX];
	char want[ENT_NOTE_NAME_MAX + 1];
	size_t len;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/access.vkey", config->home));
	ENT_TRY(ent_file_read(&line, path, ENT_NOTE_KEY_LINE_MAX + 1, err));
	len = line.len > 0 && line.data[line.len - 1] == '\n' ? line.len - 1 : line.len;
	if (len == 0 || len >= sizeof(keyring->access_line))
		return ent_fail(err, ENT_E_CONFIG, "%s does not hold one key line", path);
	memcpy(keyring->access_line, line.data, len);
	if (ent_vkey_parse(&keyring->access_log, ent_view_from(keyring->access_line, len), ENT_NOTE_TYPE_ED25519, err) != ENT_OK)
		return ent_error_context(err, "the access log's public key in %s", path);
	ENT_TRY(ent_path_join(want, sizeof(want), err, "%s/access", config->party));
	if (!ent_view_eq_str(keyring->access_log.name, want))
		return ent_fail(err, ENT_E_CONFIG, "the key in %s is of the log %.*s and must be of %s", path,
		    ENT_FMT(keyring->access_log.name), want);
	return ENT_OK;
}

enum ent_status
ent_keyring_load(struct ent_keyring *out, const struct ent_node_config *config, struct ent_error *err)
{
	memset(out, 0, sizeof(*out));
	if (config->issuer_only)
		return load_issuer_key(out, config->home, err); /* C-76: what is not loaded cannot be used */
	ENT_TRY(load_data_keys(out, config->home, err));
	ENT_TRY(load_seal_key(out, config, err));
	ENT_TRY(load_issuer_key(out, config->home, err));
	return load_access_key(out, config, err);
}
