/* Configuration: never more than the schema lets in, and every refusal is one line that names the file. */
#include "codec/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct settings {
	char *name;
	char *other;
	bool flag;
	bool word;
	int64_t count;
	int64_t wait_ms;
};

static const struct ent_yaml_field fields[] = {
	{ "name", ENT_YAML_TEXT, true, offsetof(struct settings, name), 0, 16, { 0 } },
	{ "other", ENT_YAML_TEXT, false, offsetof(struct settings, other), 0, ENT_LIMIT_YAML_VALUE, { 0 } },
	{ "flag", ENT_YAML_BOOL, false, offsetof(struct settings, flag), 0, 0, { 0 } },
	{ "word", ENT_YAML_WORD, false, offsetof(struct settings, word), 0, 0, { "every", "any" } },
	{ "count", ENT_YAML_INT, false, offsetof(struct settings, count), -5, 100, { 0 } },
	{ "wait", ENT_YAML_DURATION, false, offsetof(struct settings, wait_ms), -1000, 86400000, { 0 } },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct settings got = { 0 };
	struct ent_error err = { 0 };

	if (ent_yaml_read(&got, fields, ENT_COUNT(fields), ent_view_from(data, len), "f.yaml", &err) == ENT_OK) {
		ENT_ASSERT(got.name != NULL && got.name[0] != '\0' && strlen(got.name) <= 16);
		ENT_ASSERT(got.count >= -5 && got.count <= 100);
		ENT_ASSERT(got.wait_ms >= -1000 && got.wait_ms <= 86400000);
	} else {
		ENT_ASSERT(err.code == ENT_E_CONFIG);
		ENT_ASSERT(strncmp(err.text, "f.yaml", 6) == 0 && strchr(err.text, '\n') == NULL);
	}
	ent_yaml_fini(&got, fields, ENT_COUNT(fields));
	return 0;
}
