#include "codec_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/yaml.h"

struct settings {
	char *name;
	char *note;
	bool flag;
	bool any;
	int64_t count;
	int64_t wait_ms;
};

static const struct ent_yaml_field fields[] = {
	{ "name", ENT_YAML_TEXT, true, offsetof(struct settings, name), 0, 8, { 0 } },
	{ "note", ENT_YAML_TEXT, false, offsetof(struct settings, note), 0, ENT_LIMIT_YAML_VALUE, { 0 } },
	{ "flag", ENT_YAML_BOOL, false, offsetof(struct settings, flag), 0, 0, { 0 } },
	{ "who", ENT_YAML_WORD, false, offsetof(struct settings, any), 0, 0, { "every", "any" } },
	{ "count", ENT_YAML_INT, false, offsetof(struct settings, count), -5, 100, { 0 } },
	{ "wait", ENT_YAML_DURATION, false, offsetof(struct settings, wait_ms), -86400000, 86400000, { 0 } },
};

static void
settings_fini(struct settings *settings)
{
	ent_yaml_fini(settings, fields, ENT_COUNT(fields));
}
#define AUTO_SETTINGS __attribute__((cleanup(settings_fini))) struct settings

static enum ent_status
read_len(struct settings *out, const char *text, size_t len, struct ent_error *err)
{
	uint8_t *copy = malloc(len + (len == 0)); /* without a NUL, so that the sanitizer sees a read behind the end */
	enum ent_status status;

	assert_non_null(copy);
	memcpy(copy, text, len);
	status = ent_yaml_read(out, fields, ENT_COUNT(fields), ent_view_from(copy, len), "test.yaml", err);
	free(copy);
	return status;
}

static void
all_kinds_are_read(void **state)
{
	AUTO_SETTINGS got = { 0 };
	struct ent_error err = { 0 };
	static const char text[] = "# a comment\nname: \"au.ex\"\nnote: plain text: no\n";
	static const char good[] = "name: 'au.ex'\nflag: true\nwho: any\ncount: -5\nwait: 200ms\n";

	(void)state;
	assert_int_equal(read_len(&got, text, sizeof(text) - 1, &err), ENT_E_CONFIG); /* "a: b: c" is no YAML */
	ent_error_clear(&err);
	assert_ok(read_len(&got, good, sizeof(good) - 1, &err)); /* over what was read before: nothing leaks */
	assert_string_equal(got.name, "au.ex");
	assert_true(got.flag);
	assert_true(got.any);
	assert_int_equal(got.count, -5);
	assert_int_equal(got.wait_ms, 200);
	assert_string_equal(got.note, "plain text"); /* of the first try: its owner frees it */
}

static void
assert_refused(const char *text, const char *place)
{
	AUTO_SETTINGS got = { 0 };
	struct ent_error err = { 0 };

	assert_int_equal(read_len(&got, text, strlen(text), &err), ENT_E_CONFIG);
	if (strncmp(err.text, place, strlen(place)) != 0)
		fail_msg("\"%s\" said: %s", text, err.text);
}

static void
errors_have_line_and_column(void **state)
{
	(void)state;
	assert_refused("name: x\nnmae: y\n", "test.yaml:2:1: there is no setting named \"nmae\"");
	assert_refused("name: x\n\"a\\nb\\e[2J\": y\n", "test.yaml:2:1: there is no setting of that name");
	assert_refused("name: x\nname: y\n", "test.yaml:2:1: name is there twice");
	assert_refused("flag: true\n", "test.yaml: the setting name is missing");
	assert_refused("name: x\n\tflag: true\n", "test.yaml:2:");
	assert_refused("name: x\nflag: yes\n", "test.yaml:2:7: flag is false or true");
	assert_refused("name: x\nflag: \"true\"\n", "test.yaml:2:7: flag is false or true");
	assert_refused("name: x\nwho: some\n", "test.yaml:2:6: who is every or any");
}

static void
what_is_more_than_flat_settings_is_refused(void **state)
{
	(void)state;
	assert_refused("", "test.yaml");
	assert_refused("# only a comment\n", "test.yaml");
	assert_refused("name\n", "test.yaml:1:1: expected lines");
	assert_refused("- name\n", "test.yaml:1:1: expected lines");
	assert_refused("name:\n  inner: x\n", "test.yaml:2:3: name must be a single value");
	assert_refused("name: [x]\n", "test.yaml:1:7: name must be a single value");
	assert_refused("name: &a x\n", "test.yaml:1:7: anchors and tags");
	assert_refused("&a name: x\n", "test.yaml:1:1: anchors and tags");
	assert_refused("name: *a\n", "test.yaml:1:7: aliases");
	assert_refused("*a : x\n", "test.yaml:1:1: aliases");
	assert_refused("name: !!str x\n", "test.yaml:1:7: anchors and tags");
	assert_refused("!!map {name: x}\n", "test.yaml:1:1: anchors and tags");
	assert_refused("%YAML 1.1\n---\nname: x\n", "test.yaml");
	assert_refused("%TAG ! tag:x,2000:\n---\nname: x\n", "test.yaml");
	assert_refused("name: x\n---\nname: y\n", "test.yaml:2:1: a second document");
	assert_refused("<<: {name: x}\n", "test.yaml:1:1: there is no setting named \"<<\"");
	assert_refused("? [a]\n: x\n", "test.yaml:1:3: a key must be a single value");
	assert_refused("name:\n", "test.yaml:1:6: name must have 1 to 8 bytes");
	assert_refused("name: \"a\\nb\"\n", "test.yaml:1:7: name must have 1 to 8 bytes and no control");
	assert_refused("name: \"a\\0b\"\n", "test.yaml:1:7: name must have 1 to 8 bytes and no control");
	assert_refused("name: \xff\xfe\n", "test.yaml:");
	assert_refused("\xff\xfen\0a\0", "test.yaml:"); /* UTF-16 is not guessed at */
}

static void
limits_hold_at_n_and_break_at_n_plus_one(void **state)
{
	AUTO_SETTINGS got = { 0 };
	struct ent_error err = { 0 };
	char text[ENT_LIMIT_YAML_BYTES + 2];
	int n;

	(void)state;
	assert_ok(read_len(&got, "name: 12345678\n", 15, &err));
	assert_refused("name: 123456789\n", "test.yaml:1:7: name must have 1 to 8 bytes");
	n = snprintf(text, sizeof(text), "name: x\nnote: %0*d\n", ENT_LIMIT_YAML_VALUE, 1);
	assert_ok(read_len(&got, text, (size_t)n, &err));
	n = snprintf(text, sizeof(text), "name: x\nnote: %0*d\n", ENT_LIMIT_YAML_VALUE + 1, 1);
	assert_refused(text, "test.yaml:2:7: note has 4097 bytes, limit 4096");
	memset(text, '\n', sizeof(text));
	memcpy(text, "name: x\n", 8);
	assert_ok(read_len(&got, text, ENT_LIMIT_YAML_BYTES, &err));
	assert_int_equal(read_len(&got, text, ENT_LIMIT_YAML_BYTES + 1, &err), ENT_E_CONFIG);
}

static void
numbers_have_one_spelling_and_a_range(void **state)
{
	static const char *const bad_counts[] = { "101", "-6", "1.0", "0x10", "010", "-0", "+1", "1e2", "'1'", "1_0", "", "ten",
	    "99999999999999999999" };
	static const char *const bad_waits[] = { "5", "s", "1.5s", "1 s", "86400001ms", "2d", "-25h", "1y", "9223372036854775807d", "1sm" };
	static const struct {
		const char *text;
		int64_t ms;
	} good_waits[] = { { "0s", 0 }, { "30s", 30000 }, { "5m", 300000 }, { "-2h", -7200000 }, { "1d", 86400000 }, { "1ms", 1 },
		{ "\"-600s\"", -600000 } };
	char text[128];

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad_counts); i++) {
		snprintf(text, sizeof(text), "name: x\ncount: %s\n", bad_counts[i]);
		assert_refused(text, "test.yaml:2:");
	}
	for (size_t i = 0; i < ENT_COUNT(bad_waits); i++) {
		snprintf(text, sizeof(text), "name: x\nwait: %s\n", bad_waits[i]);
		assert_refused(text, "test.yaml:2:7: wait is");
	}
	for (size_t i = 0; i < ENT_COUNT(good_waits); i++) {
		AUTO_SETTINGS got = { 0 };
		struct ent_error err = { 0 };

		snprintf(text, sizeof(text), "name: x\nwait: %s\n", good_waits[i].text);
		assert_ok(read_len(&got, text, strlen(text), &err));
		assert_int_equal(got.wait_ms, good_waits[i].ms);
	}
}

static void
deep_nesting_costs_nothing(void **state)
{
	char text[ENT_LIMIT_YAML_BYTES];

	(void)state;
	memset(text, '[', sizeof(text));
	memcpy(text, "name: ", 6);
	text[sizeof(text) - 1] = '\0';
	assert_refused(text, "test.yaml:1:7: name must be a single value");
}

static void
an_empty_file_is_refused(void **state)
{
	AUTO_SETTINGS got = { 0 };
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(ent_yaml_read(&got, fields, ENT_COUNT(fields), ENT_VIEW_NONE, "test.yaml", &err), ENT_E_CONFIG);
	assert_non_null(strstr(err.text, "test.yaml"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_are_read),
		cmocka_unit_test(errors_have_line_and_column),
		cmocka_unit_test(what_is_more_than_flat_settings_is_refused),
		cmocka_unit_test(limits_hold_at_n_and_break_at_n_plus_one),
		cmocka_unit_test(numbers_have_one_spelling_and_a_range),
		cmocka_unit_test(deep_nesting_costs_nothing),
		cmocka_unit_test(an_empty_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
