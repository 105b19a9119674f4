#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "node/edge/route.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TEXT "text/plain; charset=utf-8"
#define BINARY "application/octet-stream"
#define FOR_EVER "public, max-age=31536000, immutable"

static void
published_files_have_one_place_and_one_spelling(void **state)
{
	static const struct {
		const char *url, *file, *type, *cache;
	} rows[] = {
		{ "/charter/epoch/1", "charter/epoch/1", TEXT, "no-cache" },
		{ "/charter/epoch/999999999", "charter/epoch/999999999", TEXT, "no-cache" },
		{ "/charter/proposal/" HASH, "charter/proposal/" HASH, TEXT, FOR_EVER },
		{ "/charter/stop/" HASH, "charter/stop/" HASH, TEXT, FOR_EVER },
		{ "/charter/view/" HASH, "charter/view/" HASH, TEXT, FOR_EVER },
		{ "/charter/head", "charter/head", TEXT, "no-cache" },
		{ "/log/statements/checkpoint", "log/statements/checkpoint", TEXT, "no-cache" },
		{ "/log/access/checkpoint", "log/access/checkpoint", TEXT, "no-cache" },
		{ "/log/access/tile/0/000", "log/access/tile/0/000", BINARY, FOR_EVER },
		{ "/log/access/tile/63/x001/x234/067", "log/access/tile/63/x001/x234/067", BINARY, FOR_EVER },
		{ "/log/access/tile/0/x001/067.p/255", "log/access/tile/0/x001/067.p/255", BINARY, "no-cache" },
		{ "/log/statements/tile/entries/000.p/1", "log/statements/tile/entries/000.p/1", BINARY, "no-cache" },
		{ "/log/records/us.example/0", "log/records/us.example/0", BINARY, "no-store" },
		{ "/log/records/us.example/list/0", "log/records/us.example/list/0", TEXT, "no-store" },
		{ "/log/records/us.example/list/1234", "log/records/us.example/list/1234", TEXT, "no-store" },
		{ "/mirror/us.example/statements/checkpoint", "peers/us.example/statements/checkpoint", TEXT, "no-cache" },
		{ "/mirror/us.example/statements/tile/entries/001", "peers/us.example/statements/tile/entries/001", BINARY, FOR_EVER },
		{ "/mirror/jp.example/statements/checkpoint", "peers/jp.example/statements/checkpoint", TEXT, "no-cache" }, /* a partner's */
		{ "/mirror/au.example/statements/checkpoint", "log/statements/checkpoint", TEXT, "no-cache" },
		{ "/mirror/au.example/statements/tile/0/000", "log/statements/tile/0/000", BINARY, FOR_EVER },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_static_file file;

		if (!ent_static_path(&file, ent_view_str(rows[i].url), "au.example"))
			fail_msg("refused: %s", rows[i].url);
		assert_string_equal(file.path, rows[i].file);
		assert_string_equal(file.content_type, rows[i].type);
		assert_string_equal(file.cache_control, rows[i].cache);
	}
}

static void
nothing_else_is_a_file(void **state)
{
	static const char *const bad[] = {
		"", "/", "/charter", "/charter/", "/charter/epoch", "/charter/epoch/", "/charter/epoch/0", "/charter/epoch/01", "/charter/epoch/1/",
		"/charter/epoch/1234567890", "/charter/epoch/-1", "/charter/epoch/1a", "/charter/epoch/../head", "/charter/head/", "/charter/head/x",
		("/charter/proposal/" HASH "0"), "/charter/proposal/0123", "/charter/proposal/", ("/charter/other/" HASH),
		"/charter/view/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"/charter//head", "//charter/head", "charter/head", "/charter/submit", "/charter/head?x",
		"/log", "/log/", "/log/statements", "/log/statements/", "/log/statements/checkpoint/", "/log/statements/checkpointx",
		"/log/other/checkpoint", "/log/statements/../../keys/log", "/log/statements/tile", "/log/statements/tile/", "/log/statements/tile/0",
		"/log/statements/tile/0/", "/log/statements/tile/64/000", "/log/statements/tile/00/000", "/log/statements/tile/-1/000",
		"/log/statements/tile/0/0", "/log/statements/tile/0/0000", "/log/statements/tile/0/x000/000", "/log/statements/tile/0/001/000",
		"/log/statements/tile/0/x001", "/log/statements/tile/0/x001/", "/log/statements/tile/0/000.p", "/log/statements/tile/0/000.p/",
		"/log/statements/tile/0/000.p/0", "/log/statements/tile/0/000.p/256", "/log/statements/tile/0/000.p/01", "/log/statements/tile/0/000.q/1",
		"/log/statements/tile/0/000.p/1/", "/log/statements/tile/0/x001.p/1", "/log/statements/tile/Entries/000", "/log/statements/tile/entries/000/",
		"/log/statements/tile/0/x001/x001/x001/x001/x001/x001/x001/000",
		"/log/records/us.example", "/log/records/us.example/", "/log/records/us.example/01", "/log/records/../0", "/log/records/./0",
		"/log/records//0", "/log/records/US.example/0", "/log/records/us.example/12345678901234567890", "/log/records/us.example/0/x",
		"/log/records/us.example/list", "/log/records/us.example/list/", "/log/records/us.example/list/01", "/log/records/us.example/list/0/0",
		"/log/records/us.example/list/..", "/log/records/list/0/0", "/log/records/us.example/.0.tmp", "/log/records/.us/0", "/log/records/us./0", "/log/records/u..s/0",
		"/mirror/us.example", "/mirror/us.example/", "/mirror/us.example/access/checkpoint", "/mirror/us.example/statements",
		"/mirror/us.example/statements/", "/mirror/../statements/checkpoint", "/mirror//statements/checkpoint",
		"/mirror/us.example/statements/../checkpoint", "/mirror/us_example/statements/checkpoint",
		"/keys/log", "/state/node.db", "/node.yaml", "/peers/us.example/statements/checkpoint",
	};
	struct ent_static_file file;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		if (ent_static_path(&file, ent_view_str(bad[i]), "au.example"))
			fail_msg("%s became %s", bad[i], file.path);
	assert_false(ent_static_path(&file, ent_view_from("/charter/head\0", 14), "au.example"));
	assert_false(ent_static_path(&file, ent_view_from("/log/records/a\0b/0", 18), "au.example"));
}

static void
a_long_member_name_does_not_overflow(void **state)
{
	struct ent_static_file file;
	char url[600];

	(void)state;
	snprintf(url, sizeof(url), "/mirror/%0253d/statements/tile/entries/000.p/255", 1);
	assert_true(ent_static_path(&file, ent_view_str(url), "au.example"));
	snprintf(url, sizeof(url), "/mirror/%0254d/statements/checkpoint", 1);
	assert_false(ent_static_path(&file, ent_view_str(url), "au.example"));
}

static void
requests_go_where_they_belong(void **state)
{
	static const struct {
		const char *path;
		enum ent_edge_route route;
		size_t body_max;
	} rows[] = {
		{ "/healthz", ENT_EDGE_ROUTE_HEALTH, 4096 },
		{ "/healthz/", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/charter/head", ENT_EDGE_ROUTE_STATIC, 4096 },
		{ "/charter/nonsense", ENT_EDGE_ROUTE_STATIC, 4096 },
		{ "/charter/submit", ENT_EDGE_ROUTE_JUDGE, 65536 },
		{ "/charter/submit/", ENT_EDGE_ROUTE_STATIC, 4096 },
		{ "/token", ENT_EDGE_ROUTE_JUDGE, 16384 },
		{ "/authorize", ENT_EDGE_ROUTE_JUDGE, 4096 },
		{ "/authorize/", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/jwks", ENT_EDGE_ROUTE_JUDGE, 4096 },
		{ "/.well-known/opentdf-configuration", ENT_EDGE_ROUTE_JUDGE, 4096 },
		{ "/kas.AccessService/Rewrap", ENT_EDGE_ROUTE_JUDGE, (1 << 20) + 65536 },
		{ "/a.b.C_9/D_9", ENT_EDGE_ROUTE_JUDGE, (1 << 20) + 65536 },
		{ "/grpc.health.v1.Health/Check", ENT_EDGE_ROUTE_JUDGE, (1 << 20) + 65536 },
		{ "/kas.AccessService/", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/kas.AccessService", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/.AccessService/Rewrap", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/kas./Rewrap", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/kas/Rewrap", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/kas.A/Re.wrap", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/kas.A/Rewrap/x", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/k-s.A/Rewrap", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "//", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
		{ "/attributes", ENT_EDGE_ROUTE_UNKNOWN, 4096 },
	};
	struct ent_edge_target target;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ent_edge_find_route(&target, ent_view_str(rows[i].path));
		if (target.route != rows[i].route || target.body_max != rows[i].body_max)
			fail_msg("%s: %d %zu", rows[i].path, target.route, target.body_max);
	}
}

static void
methods_are_whole_words(void **state)
{
	struct ent_edge_target target;

	(void)state;
	ent_edge_find_route(&target, ENT_LIT("/charter/head"));
	assert_true(ent_edge_allows(&target, ENT_LIT("GET")));
	assert_true(ent_edge_allows(&target, ENT_LIT("HEAD")));
	assert_false(ent_edge_allows(&target, ENT_LIT("POST")));
	assert_false(ent_edge_allows(&target, ENT_LIT("GE")));
	assert_false(ent_edge_allows(&target, ENT_LIT("get")));
	assert_false(ent_edge_allows(&target, ENT_LIT("")));
	assert_false(ent_edge_allows(&target, ENT_LIT("GET, HEAD")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_files_have_one_place_and_one_spelling),
		cmocka_unit_test(nothing_else_is_a_file),
		cmocka_unit_test(a_long_member_name_does_not_overflow),
		cmocka_unit_test(requests_go_where_they_belong),
		cmocka_unit_test(methods_are_whole_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
