/*
 * node init: a node's home with fresh keys (contracts: Homes). Nothing that exists is overwritten. A partner's node has the
 * keys of its statement log and of its issuer, and no others (C-76).
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/client.h"
#include "home/config.h"
#include "note/note.h"

static bool
is_issuer_only(const struct entente_node_init *init)
{
	return init->role != NULL && strcmp(init->role, "issuer") == 0;
}

static enum ent_status
make_folders(const struct entente_node_init *init, struct ent_error *err)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = { { "charter/epoch", 0755 }, { "charter/proposal", 0755 }, { "charter/stop", 0755 }, { "charter/view", 0755 },
		{ "log", 0755 }, { "peers", 0755 }, { "state", 0700 }, { "keys", 0700 }, { "keys/data", 0700 } };
	char path[ENT_PATH_MAX];

	for (size_t i = 0; i < ENT_COUNT(folders); i++) {
		ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s", init->home, folders[i].name));
		ENT_TRY(ent_dir_make(path, folders[i].mode, err));
	}
	/* A folder that stood there before keeps its mode. */
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys", init->home));
	return chmod(path, 0700) == 0 ? ENT_OK : ent_fail_errno(err, ENT_E_IO, errno, "cannot close %s to others", path);
}

/* A signing key <home>/keys/<file>.key and its public line <file>.vkey. */
static enum ent_status
make_signer(const struct entente_node_init *init, const char *file, const char *name, uint8_t type, struct ent_error *err)
{
	ENT_AUTO(ent_signer) signer = NULL;
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(2048);
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_signer_generate(&signer, ent_view_str(name), type, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/%s.key", init->home, file));
	ENT_TRY(ent_signer_save(signer, path, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/%s.vkey", init->home, file));
	ENT_TRY(ent_buf_add(&line, ent_signer_vkey(signer)->line, err));
	ENT_TRY(ent_buf_add_byte(&line, '\n', err));
	return ent_file_create(path, ent_buf_view(&line), 0644, err);
}

static enum ent_status
save_key(const struct ent_key *key, const char *path, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(8192);

	ENT_TRY(ent_key_to_pkcs8_pem(key, &pem, err));
	return ent_file_create(path, ent_buf_view(&pem), 0600, err);
}

static enum ent_status
make_data_key(const struct entente_node_init *init, struct ent_error *err)
{
	ENT_AUTO(ent_key) key = NULL;
	char kid[ENT_KID_SIZE];
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_key_generate(&key, ENT_KEY_EC_P256, err));
	ent_pubkey_kid(kid, ent_key_public(key));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/data/%s.pem", init->home, kid));
	return save_key(key, path, err);
}

static enum ent_status
make_issuer_key(const struct entente_node_init *init, struct ent_error *err)
{
	ENT_AUTO(ent_key) key = NULL;
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_key_generate(&key, ENT_KEY_EC_P256, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/issuer.pem", init->home));
	return save_key(key, path, err);
}

/* The seal key's name holds its own id, so it is made under a passing name first and named by its public half. */
static enum ent_status
make_seal_key(const struct entente_node_init *init, struct ent_error *err)
{
	uint8_t seed[32];
	char kid[ENT_SEAL_KID_SIZE];
	char name[512];
	ENT_AUTO(ent_ed25519) key = NULL;
	ENT_AUTO(ent_signer) signer = NULL;
	uint8_t public_key[ENT_ED25519_KEY_LEN];
	char path[ENT_PATH_MAX];
	enum ent_status status = ent_random(seed, sizeof(seed), err);

	if (status == ENT_OK)
		status = ent_ed25519_from_seed(&key, ent_view_from(seed, sizeof(seed)), err);
	if (status == ENT_OK)
		status = ent_ed25519_public(key, public_key, err);
	if (status == ENT_OK) {
		ent_seal_kid(kid, public_key);
		status = ent_path_join(name, sizeof(name), err, "%s/seal/%s", init->party, kid);
	}
	if (status == ENT_OK)
		status = ent_signer_from_seed(&signer, ent_view_str(name), ENT_NOTE_TYPE_ED25519, ent_view_from(seed, sizeof(seed)), err);
	ent_wipe(seed, sizeof(seed));
	ENT_TRY(status);
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/seal.key", init->home));
	return ent_signer_save(signer, path, err);
}

static enum ent_status
make_signers(const struct entente_node_init *init, struct ent_error *err)
{
	static const struct {
		const char *role;
		uint8_t type;
	} roles[] = { { "statements", ENT_NOTE_TYPE_ED25519 }, { "access", ENT_NOTE_TYPE_ED25519 }, { "witness", ENT_NOTE_TYPE_COSIGNATURE } };
	const size_t count = is_issuer_only(init) ? 1 : ENT_COUNT(roles);
	char name[512];

	for (size_t i = 0; i < count; i++) {
		ENT_TRY(ent_path_join(name, sizeof(name), err, "%s/%s", init->party, roles[i].role));
		ENT_TRY(make_signer(init, roles[i].role, name, roles[i].type, err));
	}
	return ENT_OK;
}

/* Where this stands, the node refuses to start outside a demonstration. */
static enum ent_status
mark_demonstration(const struct entente_node_init *init, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/demonstration", init->home));
	return ent_file_create(path, ENT_LIT("keys made for a demonstration: refused outside it\n"), 0644, err);
}

/* The configuration under another name, and what the node would refuse in it refused now: before there are keys. */
static enum ent_status
draft_config(const struct entente_node_init *init, const char *draft, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(16384);
	ENT_AUTO(ent_node_config) config = NULL;
	const char *authority = strstr(init->url, "://");

	ENT_TRY(ent_buf_printf(&text, err, "# The node of %s. Keys and logs stand in the folders beside this file.\nparty: %s\nurl: %s\n",
	    init->party, init->party, init->url));
	ENT_TRY(ent_buf_printf(&text, err, "listen: \"%s\"\n", init->listen != NULL ? init->listen : authority + 3));
	ENT_TRY(ent_buf_printf(&text, err, "sync_interval: %s\n", init->sync_interval != NULL ? init->sync_interval : "30s"));
	if (is_issuer_only(init))
		ENT_TRY(ent_buf_add_str(&text, "role: issuer\n", err));
	if (init->demonstration)
		ENT_TRY(ent_buf_add_str(&text, "demonstration: true\n", err));
	ENT_TRY(ent_file_replace(draft, ent_buf_view(&text), 0644, err));
	if (ent_node_config_load(&config, draft, err) == ENT_OK)
		return ENT_OK;
	unlink(draft);
	return err->code;
}

static enum ent_status
make_keys(const struct entente_node_init *init, struct ent_error *err)
{
	ENT_TRY(make_signers(init, err));
	ENT_TRY(make_issuer_key(init, err));
	if (!is_issuer_only(init)) {
		ENT_TRY(make_seal_key(init, err));
		ENT_TRY(make_data_key(init, err));
	}
	return init->demonstration ? mark_demonstration(init, err) : ENT_OK;
}

static enum ent_status
node_init(const struct entente_node_init *init, struct ent_error *err)
{
	char path[ENT_PATH_MAX], draft[ENT_PATH_MAX];

	if (init->home == NULL || init->party == NULL || init->url == NULL)
		return ent_fail(err, ENT_E_USAGE, "node init needs --home, --party and --url");
	if (!ent_name_valid(ent_view_str(init->party)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not a party's name (lower-case letters, digits, dots and dashes)", init->party);
	if (!ent_url_valid(ent_view_str(init->url)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not a node's URL: http(s)://host[:port], lower case, no final slash", init->url);
	if (init->role != NULL && strcmp(init->role, "member") != 0 && !is_issuer_only(init))
		return ent_fail(err, ENT_E_USAGE, "--role is member or issuer, not \"%s\"", init->role);
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/node.yaml", init->home));
	if (ent_file_exists(path))
		return ent_fail(err, ENT_E_EXISTS, "%s exists already: this is a node's home, and its keys are not replaced", path);
	ENT_TRY(make_folders(init, err));
	ENT_TRY(ent_path_join(draft, sizeof(draft), err, "%s.draft", path));
	ENT_TRY(draft_config(init, draft, err));
	ENT_TRY(make_keys(init, err));
	/* Last: a home with a configuration is complete. */
	return rename(draft, path) == 0 ? ent_dir_sync(init->home, err) : ent_fail_errno(err, ENT_E_IO, errno, "cannot name %s", path);
}

enum entente_status
entente_node_init(const struct entente_node_init *init, struct entente_error *err)
{
	ENT_PUBLIC(err, node_init(init, ENT_PUBLIC_ERR));
}
