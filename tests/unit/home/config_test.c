#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "home/config.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define GOOD "party: au.example\nlisten: 127.0.0.1:8080\nurl: http://127.0.0.1:8080\n"

static char dir[64];
static char path[128];

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/ent-config-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/node.yaml", dir);
	return 0;
}

static int
drop_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static enum ent_status
load(struct ent_node_config **out, const char *text, struct ent_error *err)
{
	assert_ok(ent_file_replace(path, ent_view_str(text), 0600, err));
	return ent_node_config_load(out, path, err);
}

static void
assert_refused(const char *text, const char *what)
{
	ENT_AUTO(ent_node_config) config = NULL;
	struct ent_error err = { 0 };

	if (load(&config, text, &err) != ENT_E_CONFIG || strstr(err.text, what) == NULL)
		fail_msg("%s\nsaid: %s", text, err.text);
	assert_int_equal(strncmp(err.text, path, strlen(path)), 0); /* every refusal names the file */
	assert_null(config);
}

static void
the_least_configuration_has_defaults(void **state)
{
	ENT_AUTO(ent_node_config) config = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(load(&config, GOOD, &err));
	assert_string_equal(config->home, dir);
	assert_string_equal(config->path, path);
	assert_string_equal(config->party, "au.example");
	assert_int_equal(config->sync_interval_ms, 30000);
	assert_int_equal(config->connections_max, 4096);
	assert_int_equal(config->clock_offset_s, 0);
	assert_false(config->demonstration);
	assert_false(config->nationality_any);
	assert_false(config->issuer_only);
}

/* C-76 */
static void
every_setting_is_read(void **state)
{
	ENT_AUTO(ent_node_config) config = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(load(&config, GOOD "sync_interval: 200ms\ndemonstration: true\nclock_offset: -90s\nnationality: any\nconnections_max: 8\nrole: issuer\n", &err));
	assert_int_equal(config->sync_interval_ms, 200);
	assert_true(config->demonstration);
	assert_int_equal(config->clock_offset_s, -90);
	assert_true(config->nationality_any);
	assert_int_equal(config->connections_max, 8);
	assert_true(config->issuer_only);
}

static void
a_relative_path_has_an_absolute_home(void **state)
{
	ENT_AUTO(ent_node_config) config = NULL;
	ENT_AUTO(ent_node_config) again = NULL;
	struct ent_error err = { 0 };
	char before[ENT_PATH_MAX];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_ok(load(&config, GOOD, &err));
	assert_int_equal(chdir(dir), 0);
	assert_ok(ent_node_config_load(&again, "node.yaml", &err));
	assert_int_equal(chdir(before), 0);
	assert_string_equal(again->home, dir);
}

static void
plain_http_stays_on_the_machine(void **state)
{
	ENT_AUTO(ent_node_config) proxied = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_refused("party: a\nlisten: 0.0.0.0:80\nurl: http://127.0.0.1:8080\n", "listen: 0.0.0.0:80 is not a loopback address");
	assert_refused("party: a\nlisten: \"[::]:80\"\nurl: http://127.0.0.1:8080\n", "not a loopback address");
	assert_refused("party: a\nlisten: 127.0.0.1:80\nurl: http://node.au.example\n", "plain HTTP off loopback");
	assert_refused("party: a\nlisten: 127.0.0.1:80\nurl: http://10.0.0.1:8080\n", "plain HTTP off loopback");
	assert_ok(load(&proxied, "party: a\nlisten: 127.0.0.1:80\nurl: https://node.au.example\n", &err));
}

static void
what_is_wrong_is_named(void **state)
{
	struct ent_error err = { 0 };
	struct ent_node_config *config = NULL;

	(void)state;
	assert_refused("party: a\nlisten: localhost:80\nurl: http://127.0.0.1:8080\n", "localhost:80");
	assert_refused("party: a\nlisten: 127.0.0.1:80\nurl: http://127.0.0.1:8080/\n", "no final slash");
	assert_refused("party: AU\nlisten: 127.0.0.1:80\nurl: http://127.0.0.1:8080\n", "\"AU\" is not a name");
	assert_refused("party: ../x\nlisten: 127.0.0.1:80\nurl: http://127.0.0.1:8080\n", "is not a name");
	assert_refused("party: a..b\nlisten: 127.0.0.1:80\nurl: http://127.0.0.1:8080\n", "is not a name");
	assert_refused("party: .a\nlisten: 127.0.0.1:80\nurl: http://127.0.0.1:8080\n", "is not a name");
	assert_refused("party: a.\nlisten: 127.0.0.1:80\nurl: http://127.0.0.1:8080\n", "is not a name");
	assert_refused(GOOD "clock_offset: 5s\n", "clock_offset is only for demonstrations");
	assert_refused(GOOD "demonstration: true\nclock_offset: 5ms\n", "whole seconds");
	assert_refused(GOOD "connections_max: 7\n", ":4:18: connections_max is between 8 and 65535");
	assert_refused(GOOD "sync_interval: 49ms\n", ":4:16: sync_interval is between 50ms and 86400000ms");
	assert_refused(GOOD "role: observer\n", ":4:7:");
	assert_refused(GOOD "role: Issuer\n", ":4:7:");
	assert_refused(GOOD "role: \"\"\n", ":4:7:");
	assert_refused(GOOD "secret: x\n", ":4:1: there is no setting named \"secret\"");
	assert_refused("party: a\n", "is missing");
	unlink(path);
	assert_int_equal(ent_node_config_load(&config, path, &err), ENT_E_CONFIG);
	ent_error_clear(&err);
	assert_int_equal(ent_node_config_load(&config, "/dev/zero", &err), ENT_E_CONFIG);
}

static void
keys_of_a_demonstration_are_refused_at_work(void **state)
{
	ENT_AUTO(ent_node_config) config = NULL;
	struct ent_error err = { 0 };
	char mark[128];

	(void)state;
	snprintf(mark, sizeof(mark), "%s/keys", dir);
	assert_ok(ent_dir_make(mark, 0700, &err));
	snprintf(mark, sizeof(mark), "%s/keys/demonstration", dir);
	assert_ok(ent_file_create(mark, ENT_VIEW_NONE, 0600, &err));
	assert_refused(GOOD, "made for a demonstration");
	assert_ok(load(&config, GOOD "demonstration: true\n", &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, drop_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_least_configuration_has_defaults),
		TEST(every_setting_is_read),
		TEST(a_relative_path_has_an_absolute_home),
		TEST(plain_http_stays_on_the_machine),
		TEST(what_is_wrong_is_named),
		TEST(keys_of_a_demonstration_are_refused_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
