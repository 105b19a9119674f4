#include "codec/time.h"

#include <stdio.h>

/* Days since 1970-01-01 of a Gregorian date (years 1970 to 9999). */
static int64_t
days_from_civil(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = y / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

static int
days_in_month(int y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m == 2 && leap ? 29 : days[m - 1];
}

void
ent_time_print(char out[ENT_TIME_TEXT_SIZE], int64_t unix_s)
{
	const int64_t last = 253402300799; /* 9999-12-31T23:59:59Z */
	int64_t days, rest, z, era, doe, yoe, doy, mp;
	unsigned y, m, d;

	if (unix_s < 0)
		unix_s = 0;
	if (unix_s > last)
		unix_s = last;
	days = unix_s / 86400;
	rest = unix_s % 86400;
	z = days + 719468;
	era = z / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	m = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	y = (unsigned)(yoe + era * 400 + (m <= 2));
	snprintf(out, ENT_TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", y % 10000, m % 100, d % 100,
	    (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

/* Two or four digits at v[at]; -1 if one of them is none. */
static int
digits(struct ent_view v, size_t at, size_t n)
{
	int value = 0;

	for (size_t i = at; i < at + n; i++) {
		if (v.data[i] < '0' || v.data[i] > '9')
			return -1;
		value = value * 10 + (v.data[i] - '0');
	}
	return value;
}

enum ent_status
ent_time_parse(int64_t *out_unix_s, struct ent_view text, struct ent_error *err)
{
	if (text.len != 20 || text.data[4] != '-' || text.data[7] != '-' || text.data[10] != 'T' || text.data[13] != ':' ||
	    text.data[16] != ':' || text.data[19] != 'Z')
		return ent_fail(err, ENT_E_SYNTAX, "not a time of the form 2026-11-21T09:00:00Z");
	int y = digits(text, 0, 4), m = digits(text, 5, 2), d = digits(text, 8, 2);
	int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);

	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > days_in_month(y, m) || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 59)
		return ent_fail(err, ENT_E_SYNTAX, "%.*s is not a time that exists", ENT_FMT(text));
	*out_unix_s = days_from_civil(y, m, d) * 86400 + hour * 3600 + minute * 60 + second;
	return ENT_OK;
}

enum ent_status
ent_duration_parse(int64_t *out_s, struct ent_view text, struct ent_error *err)
{
	const int64_t max_s = 3650LL * 86400;
	int64_t unit, n = 0;

	if (text.len < 2 || text.len > 8 || text.data[0] < '1' || text.data[0] > '9')
		return ent_fail(err, ENT_E_SYNTAX, "not a duration such as 30m, 24h or 30d");
	switch (text.data[text.len - 1]) {
	case 'm':
		unit = 60;
		break;
	case 'h':
		unit = 3600;
		break;
	case 'd':
		unit = 86400;
		break;
	default:
		return ent_fail(err, ENT_E_SYNTAX, "a duration ends in m, h or d");
	}
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return ent_fail(err, ENT_E_SYNTAX, "not a duration such as 30m, 24h or 30d");
		n = n * 10 + (text.data[i] - '0');
	}
	if (n * unit > max_s)
		return ent_fail(err, ENT_E_LIMIT, "a duration is at most 3650d");
	*out_s = n * unit;
	return ENT_OK;
}
