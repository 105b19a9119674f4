#include "jose/htu.h"

#include "jose_test.h"

static void
urls_that_name_the_same_place_match(void **state)
{
	static const char *const same[][2] = {
		{ "https://node.example/kas.AccessService/Rewrap", "https://node.example/kas.AccessService/Rewrap" },
		{ "https://node.example/a", "HTTPS://Node.EXAMPLE/a" },
		{ "https://node.example/a", "https://node.example:443/a" },
		{ "https://node.example:443/a", "https://node.example/a" },
		{ "http://127.0.0.1:80/a", "http://127.0.0.1/a" },
		{ "http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a" },
		{ "http://[::1]:8080/a", "http://[::1]:8080/a" },
		{ "https://[2001:DB8::1]/a", "https://[2001:db8::1]:443/a" },
		{ "https://node.example", "https://node.example/" },
		{ "https://node.example/", "https://node.example" },
		{ "https://node.example:/a", "https://node.example/a" },
		{ "https://node.example/a", "https://node.example/a?x=1#y" },
		{ "https://node.example/a", "https://node.example/a#f?x" },
		{ "https://node.example/~a-b", "https://node.example/%7Ea%2db" },
		{ "https://node.example/%c3%a4", "https://node.example/%C3%A4" },
		{ "https://node.example/kas.AccessService/Rewrap", "/kas.AccessService/Rewrap" },
		{ "https://node.example/a", "/%61?x=1" },
		{ "https://node.example", "/" },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(same); i++)
		if (!ent_htu_matches(ent_view_str(same[i][0]), ent_view_str(same[i][1])))
			fail_msg("%s and %s", same[i][0], same[i][1]);
}

static void
urls_that_name_another_place_do_not_match(void **state)
{
	static const char *const other[] = {
		"http://node.example/a/b", "https://node.example/a", "https://node.example/a/b/", "https://node.example/A/b",
		"https://node.example:8443/a/b", "https://node.example:80/a/b", "https://node.example:0443/a/b",
		"https://node.example./a/b", "https://evil.example/a/b", "https://node.example@evil.example/a/b",
		"https://u@node.example/a/b", "https://u:p@node.example/a/b", "https://node.example%2fx/a/b", "//node.example/a/b",
		"/a", "a/b", "/a/b/", "/a%2Fb", "/a//b", "/a/./b", "/a/c/../b", "node.example/a/b", "ftp://node.example/a/b",
		"https:/node.example/a/b", "https:///a/b", "https://:443/a/b", "https://node.example:44x/a/b",
		"https://node.example:443:443/a/b", "https://node.example/a/b%", "https://node.example/a/b%4",
		"https://node.example/a/%6", "https://node.example/a/%zz", "https://node.example/a/b ", " https://node.example/a/b",
		"https://node.example/a/b\n", "https://node.example/a/\xc3\xa4", "https://node.example\\a\\b", "?", "#", "", "https://",
		"https", "/a/b%00", "https://[::1/a/b",
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(other); i++)
		if (ent_htu_matches(ENT_LIT("https://node.example/a/b"), ent_view_str(other[i])))
			fail_msg("%s", other[i]);
	assert_true(ent_htu_matches(ENT_LIT("https://node.example/a/b"), ENT_LIT("https://node.example/a/b")));
	assert_false(ent_htu_matches(ENT_LIT("/a/b"), ENT_LIT("/a/b"))); /* the request's own URL must be absolute */
}

static void
urls_are_compared_to_the_limit_and_not_beyond(void **state)
{
	static char url[ENT_HTU_MAX + 1];

	(void)state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://", 8); /* a host only: the longest that normalising can make it */
	assert_true(ent_htu_matches(ent_view_from(url, ENT_HTU_MAX), ent_view_from(url, ENT_HTU_MAX)));
	assert_false(ent_htu_matches(ent_view_from(url, ENT_HTU_MAX + 1), ent_view_from(url, ENT_HTU_MAX + 1)));
	url[20] = '/';
	assert_true(ent_htu_matches(ent_view_from(url, ENT_HTU_MAX), ent_view_from(url + 20, ENT_HTU_MAX - 20)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_that_name_the_same_place_match),
		cmocka_unit_test(urls_that_name_another_place_do_not_match),
		cmocka_unit_test(urls_are_compared_to_the_limit_and_not_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
