#include "codec_test.h"

#include <time.h>

#include "codec/time.h"

static enum ent_status
parse(const char *text, int64_t *out)
{
	struct ent_error err = { 0 };

	return ent_time_parse(out, ent_view_str(text), &err);
}

static void
times_agree_with_the_c_library(void **state)
{
	(void)state;
	for (int64_t t = 0; t < 253402300799; t += 86400 * 3 + 12345) {
		char own[ENT_TIME_TEXT_SIZE], theirs[32];
		const time_t clock = (time_t)t;
		struct tm tm;
		int64_t again;

		ent_time_print(own, t);
		gmtime_r(&clock, &tm);
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_string_equal(own, theirs);
		assert_ok(parse(own, &again));
		assert_int_equal(again, t);
	}
}

static void
the_ends_of_the_range_hold(void **state)
{
	char text[ENT_TIME_TEXT_SIZE];
	int64_t t;

	(void)state;
	ent_time_print(text, INT64_MIN);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	ent_time_print(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	assert_ok(parse(text, &t));
	assert_int_equal(t, 253402300799);
	assert_int_equal(parse("1969-12-31T23:59:59Z", &t), ENT_E_SYNTAX);
}

static void
only_the_one_form_is_a_time(void **state)
{
	static const char *const bad[] = { "", "2026-11-21", "2026-11-21T09:00:00", "2026-11-21T09:00:00z", "2026-11-21t09:00:00Z",
	    "2026-11-21 09:00:00Z", "2026-11-21T09:00:00+00:00", "2026-11-21T09:00:00.0Z", "2026-11-21T09:00:60Z", "2026-11-21T24:00:00Z",
	    "2026-11-21T09:60:00Z", "2026-02-29T09:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T09:00:00Z", "2026-00-01T09:00:00Z",
	    "2026-13-01T09:00:00Z", "2026-11-00T09:00:00Z", "-026-11-21T09:00:00Z", "+026-11-21T09:00:00Z", "2026-11-21T09:00:-1Z",
	    " 026-11-21T09:00:00Z", "2026-11-21T09:00:00Z ", "2026-1a-21T09:00:00Z", "0000-01-01T00:00:00Z" };
	int64_t t;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		assert_int_equal(parse(bad[i], &t), ENT_E_SYNTAX);
	assert_ok(parse("2000-02-29T00:00:00Z", &t));
	assert_ok(parse("2028-02-29T00:00:00Z", &t));
}

static void
durations_have_one_unit_and_a_limit(void **state)
{
	static const char *const bad[] = { "", "m", "0m", "01m", "-1m", "+1m", "1", "1s", "1M", "1 m", "1m ", "1h30m", "1.5h", "99999999d" };
	struct ent_error err = { 0 };
	int64_t s;

	(void)state;
	assert_ok(ent_duration_parse(&s, ENT_LIT("30m"), &err));
	assert_int_equal(s, 1800);
	assert_ok(ent_duration_parse(&s, ENT_LIT("24h"), &err));
	assert_int_equal(s, 86400);
	assert_ok(ent_duration_parse(&s, ENT_LIT("3650d"), &err));
	assert_int_equal(s, 3650LL * 86400);
	assert_int_equal(ent_duration_parse(&s, ENT_LIT("3651d"), &err), ENT_E_LIMIT);
	ent_error_clear(&err);
	assert_int_equal(ent_duration_parse(&s, ENT_LIT("9999999d"), &err), ENT_E_LIMIT);
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		ent_error_clear(&err);
		assert_int_equal(ent_duration_parse(&s, ent_view_str(bad[i]), &err), ENT_E_SYNTAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_agree_with_the_c_library),
		cmocka_unit_test(the_ends_of_the_range_hold),
		cmocka_unit_test(only_the_one_form_is_a_time),
		cmocka_unit_test(durations_have_one_unit_and_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
