#include "base_test.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"

/* End the event and read the line that it wrote. */
static void
take_line(struct ent_event *event, char *out, size_t out_size)
{
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	ent_event_end(event, ends[1]);
	n = read(ends[0], out, out_size - 1);
	assert_true(n > 0);
	out[n] = '\0';
	close(ends[0]);
	close(ends[1]);
}

static void
a_line_is_json_whatever_a_peer_sent(void **state)
{
	struct ent_event event;
	char line[ENT_EVENT_MAX + 1];

	(void)state;
	ent_event_begin(&event, "test");
	ent_event_view(&event, "path", ENT_LIT("/a\"b\\c\n\x00\x7f\xff</script>"));
	ent_event_int(&event, "number", INT64_MIN);
	take_line(&event, line, sizeof(line));
	assert_non_null(strstr(line, "\"event\":\"test\""));
	assert_non_null(strstr(line, "\"path\":\"/a\\\"b\\\\c\\u000a\\u0000\\u007f\\u00ff</script>\""));
	assert_non_null(strstr(line, ",\"number\":-9223372036854775808}\n"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1); /* one line */
}

static void
what_does_not_fit_is_left_out_whole_and_said(void **state)
{
	struct ent_event event;
	char line[ENT_EVENT_MAX + 1];
	uint8_t huge[ENT_EVENT_MAX * 2];

	(void)state;
	for (size_t len = ENT_EVENT_MAX - 200; len < ENT_EVENT_MAX; len++) { /* every way to end near the limit */
		memset(huge, '"', sizeof(huge));
		ent_event_begin(&event, "test");
		ent_event_view(&event, "first", ent_view_from("ok", 2));
		ent_event_view(&event, "huge", ent_view_from(huge, len / 2));
		ent_event_str(&event, "last", "x");
		take_line(&event, line, sizeof(line));
		assert_true(strlen(line) <= ENT_EVENT_MAX);
		assert_string_equal(line + strlen(line) - 2, "}\n");
		assert_non_null(strstr(line, "\"first\":\"ok\""));
	}
	assert_non_null(strstr(line, "\"cut\":true}"));
	assert_null(strstr(line, "huge"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_json_whatever_a_peer_sent),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole_and_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
