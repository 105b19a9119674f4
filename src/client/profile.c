/* A client profile: a folder with profile.yaml (contracts: Homes and profiles). It pins the genesis fingerprint. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "client/client.h"
#include "codec/yaml.h"

enum { ARENA_MAX = 1 << 20, TOKEN_ROOM = ENT_LIMIT_TOKEN, SECRET_MAX = 1024 };

struct file {
	char *node;
	char *party;
	char *genesis;
	char *client_id;
	char *secret_file;
	char *key_file;
	char *ca_file;
	char *issuer;
	char *cache;
};

static const struct ent_yaml_field fields[] = {
	{ "node", ENT_YAML_TEXT, true, offsetof(struct file, node), .max = 1024 },
	{ "party", ENT_YAML_TEXT, true, offsetof(struct file, party), .max = 253 },
	{ "genesis", ENT_YAML_TEXT, true, offsetof(struct file, genesis), .max = 64 },
	{ "client_id", ENT_YAML_TEXT, false, offsetof(struct file, client_id), .max = 128 },
	{ "secret_file", ENT_YAML_TEXT, false, offsetof(struct file, secret_file), .max = 4000 },
	{ "key_file", ENT_YAML_TEXT, false, offsetof(struct file, key_file), .max = 4000 },
	{ "ca_file", ENT_YAML_TEXT, false, offsetof(struct file, ca_file), .max = 4000 },
	{ "issuer", ENT_YAML_TEXT, false, offsetof(struct file, issuer), .max = 1024 },
	{ "cache", ENT_YAML_TEXT, false, offsetof(struct file, cache), .max = 4000 },
};

/* A path of the profile is relative to its folder. */
static enum ent_status
path_in(struct ent_arena *arena, const char *dir, const char *path, const char **out, struct ent_error *err)
{
	if (path == NULL) {
		*out = NULL;
		return ENT_OK;
	}
	return path[0] == '/' ? ent_arena_printf(arena, out, err, "%s", path) : ent_arena_printf(arena, out, err, "%s/%s", dir, path);
}

static enum ent_status
copy_text(struct ent_arena *arena, const char *text, const char **out, struct ent_error *err)
{
	*out = NULL;
	return text != NULL ? ent_arena_strdup(arena, out, ent_view_str(text), err) : ENT_OK;
}

static enum ent_status
check(const char *node, const char *issuer, const char *party, struct ent_error *err)
{
	if (!ent_url_valid(ent_view_str(node)) || !ent_url_valid(ent_view_str(issuer)))
		return ent_fail(err, ENT_E_CONFIG, "node and issuer are URLs without a final slash, as in the charter");
	if (!ent_name_valid(ent_view_str(party)))
		return ent_fail(err, ENT_E_CONFIG, "party \"%s\" is not a name", party);
	return ENT_OK;
}

static enum ent_status
fill(struct entente_profile *p, const struct file *file, struct ent_error *err)
{
	ENT_TRY(copy_text(p->arena, file->node, &p->node, err));
	ENT_TRY(copy_text(p->arena, file->issuer ? file->issuer : file->node, &p->issuer, err));
	ENT_TRY(copy_text(p->arena, file->party, &p->party, err));
	ENT_TRY(copy_text(p->arena, file->client_id, &p->client_id, err));
	ENT_TRY(path_in(p->arena, p->dir, file->secret_file, &p->secret_path, err));
	ENT_TRY(path_in(p->arena, p->dir, file->ca_file, &p->ca_file, err));
	ENT_TRY(path_in(p->arena, p->dir, file->cache ? file->cache : "cache", &p->cache_dir, err));
	if (ent_hash_from_hex(&p->genesis, ent_view_str(file->genesis), err) != ENT_OK)
		return ent_error_context(err, "%s/profile.yaml: genesis", p->dir);
	if (file->key_file != NULL)
		return ent_fail(err, ENT_E_UNSUPPORTED, "%s/profile.yaml: key_file is not supported yet; use secret_file", p->dir);
	return check(p->node, p->issuer, p->party, err) == ENT_OK ? ENT_OK : ent_error_context(err, "%s/profile.yaml", p->dir);
}

static enum ent_status
read_profile(struct entente_profile *p, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_YAML_BYTES);
	char path[ENT_PATH_MAX];
	struct file file = { 0 };
	enum ent_status status;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/profile.yaml", p->dir));
	status = ent_file_read(&text, path, ENT_LIMIT_YAML_BYTES, err);
	if (status == ENT_E_NOT_FOUND)
		return ent_error_context(err, "no profile: give --profile DIR or set ENTENTE_PROFILE");
	ENT_TRY(status);
	status = ent_yaml_read(&file, fields, ENT_COUNT(fields), ent_buf_view(&text), path, err);
	if (status == ENT_OK)
		status = fill(p, &file, err);
	ent_yaml_fini(&file, fields, ENT_COUNT(fields));
	return status;
}

static enum ent_status
default_dir(const char *dir, char out[ENT_PATH_MAX], struct ent_error *err)
{
	const char *home = getenv("HOME");

	if (dir == NULL || dir[0] == '\0')
		dir = getenv("ENTENTE_PROFILE");
	if (dir != NULL && dir[0] != '\0')
		return ent_path_join(out, ENT_PATH_MAX, err, "%s", dir);
	if (home == NULL)
		return ent_fail(err, ENT_E_CONFIG, "no profile: give --profile DIR or set ENTENTE_PROFILE (HOME is not set)");
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/.config/entente/default", home);
}

static enum ent_status
open_profile(struct entente_profile **out, const char *dir, struct ent_error *err)
{
	char path[ENT_PATH_MAX];
	struct entente_profile *p;
	enum ent_status status;

	ENT_TRY(default_dir(dir, path, err));
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a profile");
	p->token = ent_buf_with_max(TOKEN_ROOM);
	status = ent_arena_new(&p->arena, ARENA_MAX, err);
	if (status == ENT_OK)
		status = copy_text(p->arena, path, &p->dir, err);
	if (status == ENT_OK)
		status = read_profile(p, err);
	if (status == ENT_OK)
		status = ent_fetcher_new(&p->fetcher, err);
	if (status == ENT_OK)
		*out = p;
	else
		entente_profile_free(p);
	return status;
}

enum entente_status
entente_profile_open(struct entente_profile **out, const char *dir, struct entente_error *err)
{
	ENT_PUBLIC(err, open_profile(out, dir, ENT_PUBLIC_ERR));
}

void
entente_profile_free(struct entente_profile *profile)
{
	if (profile == NULL)
		return;
	ent_buf_fini(&profile->token);
	ent_key_free(profile->dpop_key);
	ent_mirror_free(profile->mirror);
	ent_fetcher_free(profile->fetcher);
	ent_arena_free(profile->arena);
	free(profile);
}

static enum ent_status
add_line(struct ent_buf *out, const char *key, const char *value, struct ent_error *err)
{
	if (value == NULL)
		return ENT_OK;
	/* Double-quoted YAML with nothing that needs an escape: the values are names, URLs and paths. */
	for (const char *c = value; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == '"' || *c == '\\')
			return ent_fail(err, ENT_E_USAGE, "%s may not hold quotes, backslashes or control characters", key);
	return ent_buf_printf(out, err, "%s: \"%s\"\n", key, value);
}

static enum ent_status
copy_secret(const struct entente_profile_new *new, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) secret = ent_buf_with_max(SECRET_MAX);
	char path[ENT_PATH_MAX];

	if (new->secret_file == NULL)
		return ENT_OK;
	ENT_TRY(ent_file_read(&secret, new->secret_file, SECRET_MAX, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/secret", new->dir));
	return ent_file_create(path, ent_buf_view(&secret), 0600, err);
}

static enum ent_status
create(const struct entente_profile_new *new, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_YAML_BYTES);
	struct ent_hash genesis;
	char path[ENT_PATH_MAX], ca_file[PATH_MAX];

	if (new->dir == NULL || new->node == NULL || new->party == NULL || new->genesis == NULL)
		return ent_fail(err, ENT_E_USAGE, "a profile needs a folder, a node, a party and the genesis fingerprint");
	ENT_TRY(ent_hash_from_hex(&genesis, ent_view_str(new->genesis), err));
	ENT_TRY(check(new->node, new->issuer != NULL ? new->issuer : new->node, new->party, err));
	/* In the profile a path is relative to its folder; here it is to the caller's. */
	if (new->ca_file != NULL && realpath(new->ca_file, ca_file) == NULL)
		return ent_fail_errno(err, ENT_E_INPUT, errno, "cannot find %s", new->ca_file);
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/profile.yaml", new->dir));
	if (ent_file_exists(path))
		return ent_fail(err, ENT_E_EXISTS, "%s exists already", path);
	ENT_TRY(ent_dir_make(new->dir, 0700, err));
	ENT_TRY(add_line(&text, "node", new->node, err));
	ENT_TRY(add_line(&text, "party", new->party, err));
	ENT_TRY(add_line(&text, "genesis", new->genesis, err));
	ENT_TRY(add_line(&text, "client_id", new->client_id, err));
	ENT_TRY(add_line(&text, "secret_file", new->secret_file ? "secret" : NULL, err));
	ENT_TRY(add_line(&text, "ca_file", new->ca_file != NULL ? ca_file : NULL, err));
	ENT_TRY(add_line(&text, "issuer", new->issuer, err));
	ENT_TRY(copy_secret(new, err));
	return ent_file_create(path, ent_buf_view(&text), 0600, err);
}

enum entente_status
entente_profile_create(const struct entente_profile_new *new, struct entente_error *err)
{
	ENT_PUBLIC(err, create(new, ENT_PUBLIC_ERR));
}
