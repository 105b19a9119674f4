#include "net_test.h"

#include <sys/un.h>

#include "net/address.h"

static enum ent_status
parse(struct ent_address *out, const char *text)
{
	struct ent_error err = { 0 };

	return ent_address_parse(out, text, &err);
}

static void
addresses_are_numeric_with_a_port(void **state)
{
	static const char *const bad[] = { "", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:08", "127.0.0.1:-1",
	    "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.01x:1", "127.1:80", "localhost:80", "::1:80", "[::1]", "[::1:80", "[]:80", "[127.0.0.1]:80",
	    "[::1%lo]:80", "256.0.0.1:80" };
	struct ent_address address;
	char text[ENT_ADDRESS_TEXT_SIZE];

	(void)state;
	assert_ok(parse(&address, "127.0.0.1:8080"));
	ent_address_print(text, (struct sockaddr *)&address.storage);
	assert_string_equal(text, "127.0.0.1");
	assert_ok(parse(&address, "[::1]:0"));
	ent_address_print(text, (struct sockaddr *)&address.storage);
	assert_string_equal(text, "::1");
	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		assert_int_equal(parse(&address, bad[i]), ENT_E_SYNTAX);
	ent_address_print(text, NULL);
	assert_string_equal(text, "-");
}

static void
loopback_is_known(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1:1", true }, { "127.255.255.255:1", true }, { "[::1]:1", true }, { "128.0.0.1:1", false }, { "0.0.0.0:1", false },
		{ "[::]:1", false }, { "[::ffff:127.0.0.1]:1", false }, { "10.0.0.1:1", false },
	};
	struct ent_address address = { .storage = { .ss_family = AF_UNIX } };

	(void)state;
	assert_true(ent_address_is_loopback(&address));
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		assert_ok(parse(&address, rows[i].text));
		assert_int_equal(ent_address_is_loopback(&address), rows[i].loopback);
	}
}

static void
an_origin_has_one_spelling(void **state)
{
	static const char *const bad[] = { "", "http://", "https://", "au.example", "HTTP://h", "http://H", "http://h/", "http://h/x", "http://h?x",
	    "http://u@h", "http://h:80", "https://h:443", "http://h:0", "http://h:", "http://.h", "http://h.", "http://a..b", "http://a_b",
	    "http://[::1", "http://[x]", "http://[::1]:80", "ftp://h", "http:///", "http://h:65536", "http://h x", "http://::1" };
	struct ent_error err = { 0 };
	struct ent_origin origin;

	(void)state;
	assert_ok(ent_origin_parse(&origin, ENT_LIT("https://au.example:8443"), &err));
	assert_true(origin.tls);
	assert_view(origin.host, "au.example");
	assert_int_equal(origin.port, 8443);
	assert_false(ent_origin_is_loopback(&origin));
	assert_ok(ent_origin_parse(&origin, ENT_LIT("http://[::1]"), &err));
	assert_view(origin.host, "[::1]");
	assert_int_equal(origin.port, 80);
	assert_true(ent_origin_is_loopback(&origin));
	assert_ok(ent_origin_parse(&origin, ENT_LIT("http://[::1]:8080"), &err));
	assert_int_equal(origin.port, 8080);
	assert_ok(ent_origin_parse(&origin, ENT_LIT("http://localhost:1"), &err));
	assert_true(ent_origin_is_loopback(&origin));
	assert_ok(ent_origin_parse(&origin, ENT_LIT("http://127.0.0.1.example"), &err));
	assert_false(ent_origin_is_loopback(&origin)); /* a name, whatever it looks like */
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		ent_error_clear(&err);
		if (ent_origin_parse(&origin, ent_view_str(bad[i]), &err) != ENT_E_SYNTAX)
			fail_msg("accepted: %s", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_numeric_with_a_port),
		cmocka_unit_test(loopback_is_known),
		cmocka_unit_test(an_origin_has_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
