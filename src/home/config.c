#include "home/config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "codec/yaml.h"
#include "net/address.h"

#define MS_PER_DAY ((int64_t)86400000)

static const struct ent_yaml_field settings[] = {
	{ "party", ENT_YAML_TEXT, true, offsetof(struct ent_node_config, party), 0, 253, { 0 } },
	{ "listen", ENT_YAML_TEXT, true, offsetof(struct ent_node_config, listen), 0, 128, { 0 } },
	{ "url", ENT_YAML_TEXT, true, offsetof(struct ent_node_config, url), 0, 512, { 0 } },
	{ "role", ENT_YAML_WORD, false, offsetof(struct ent_node_config, issuer_only), 0, 0, { "member", "issuer" } },
	{ "sync_interval", ENT_YAML_DURATION, false, offsetof(struct ent_node_config, sync_interval_ms), 50, MS_PER_DAY, { 0 } },
	{ "demonstration", ENT_YAML_BOOL, false, offsetof(struct ent_node_config, demonstration), 0, 0, { 0 } },
	{ "clock_offset", ENT_YAML_DURATION, false, offsetof(struct ent_node_config, clock_offset_s), -3650 * MS_PER_DAY,
	  3650 * MS_PER_DAY, { 0 } },
	{ "nationality", ENT_YAML_WORD, false, offsetof(struct ent_node_config, nationality_any), 0, 0, { "every", "any" } },
	{ "connections_max", ENT_YAML_INT, false, offsetof(struct ent_node_config, connections_max), 8, 65535, { 0 } },
};

void
ent_node_config_free(struct ent_node_config *config)
{
	if (config == NULL)
		return;
	ent_yaml_fini(config, settings, ENT_COUNT(settings));
	free(config->path);
	free(config->home);
	free(config);
}

/* A party is a folder's name and part of URLs: lower-case letters, digits, '-' and single dots inside. */
static bool
is_party(const char *name)
{
	char before = '.';

	for (const char *at = name; *at != '\0'; at++) {
		const bool plain = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-';

		if (!plain && (*at != '.' || before == '.'))
			return false;
		before = *at;
	}
	return before != '.';
}

/* Plain HTTP never leaves the machine: tokens and wrapped keys travel in it. */
static enum ent_status
check_places(const struct ent_node_config *config, const char *path, struct ent_error *err)
{
	struct ent_address listen;
	struct ent_origin origin;

	if (ent_address_parse(&listen, config->listen, err) != ENT_OK || ent_origin_parse(&origin, ent_view_str(config->url), err) != ENT_OK) {
		err->code = ENT_E_CONFIG;
		return ent_error_context(err, "%s", path);
	}
	if (!ent_address_is_loopback(&listen))
		return ent_fail(err, ENT_E_CONFIG, "%s: listen: %s is not a loopback address, and this node speaks plain HTTP; listen on "
		    "127.0.0.1 and put a TLS proxy before it", path, config->listen);
	if (!origin.tls && !ent_origin_is_loopback(&origin))
		return ent_fail(err, ENT_E_CONFIG, "%s: url: %s is plain HTTP off loopback; use https://", path, config->url);
	return ENT_OK;
}

static enum ent_status
check(struct ent_node_config *config, const char *path, struct ent_error *err)
{
	if (!is_party(config->party))
		return ent_fail(err, ENT_E_CONFIG, "%s: party: \"%s\" is not a name such as au.example", path, config->party);
	if (config->clock_offset_s != 0 && !config->demonstration)
		return ent_fail(err, ENT_E_CONFIG, "%s: clock_offset is only for demonstrations (demonstration: true)", path);
	if (config->clock_offset_s % 1000 != 0)
		return ent_fail(err, ENT_E_CONFIG, "%s: clock_offset is in whole seconds", path);
	config->clock_offset_s /= 1000; /* read as a duration, in milliseconds */
	return check_places(config, path, err);
}

/* Everybody may have seen such keys: a node that took them to work would protect nothing. */
static enum ent_status
check_keys(const struct ent_node_config *config, const char *path, struct ent_error *err)
{
	char mark[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(mark, sizeof(mark), err, "%s/keys/demonstration", config->home));
	if (!config->demonstration && ent_file_exists(mark))
		return ent_fail(err, ENT_E_CONFIG, "%s: the keys of this home were made for a demonstration and are refused outside it; "
		    "make a new home with \"entente node init\"", path);
	return ENT_OK;
}

static enum ent_status
find_home(struct ent_node_config *config, const char *path, struct ent_error *err)
{
	config->path = realpath(path, NULL);
	if (config->path == NULL)
		return ent_fail_errno(err, ENT_E_CONFIG, errno, "cannot find %s", path);
	config->home = strdup(config->path);
	if (config->home == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the configuration");
	*strrchr(config->home, '/') = '\0'; /* an absolute path has one */
	return ENT_OK;
}

enum ent_status
ent_node_config_load(struct ent_node_config **out, const char *path, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_YAML_BYTES);
	ENT_AUTO(ent_node_config) config = calloc(1, sizeof(*config));

	if (config == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the configuration");
	config->sync_interval_ms = 30000;
	config->connections_max = 4096;
	if (ent_file_read(&text, path, ENT_LIMIT_YAML_BYTES, err) != ENT_OK) {
		err->code = ENT_E_CONFIG;
		return ent_error_context(err, "the node's configuration");
	}
	ENT_TRY(ent_yaml_read(config, settings, ENT_COUNT(settings), ent_buf_view(&text), path, err));
	ENT_TRY(check(config, path, err));
	ENT_TRY(find_home(config, path, err));
	ENT_TRY(check_keys(config, path, err));
	*out = ent_take(&config);
	return ENT_OK;
}
