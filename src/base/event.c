#include "base/event.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TAIL_ROOM = 24 }; /* for ,"cut":true}\n */

static const char *process_name = "-"; /* set once at start, before any thread */

void
ent_event_process(const char *name)
{
	process_name = name;
}

/* All or nothing, so that a line is always valid JSON. */
static void
put(struct ent_event *event, const char *text, size_t len)
{
	if (event->cut || len > sizeof(event->line) - TAIL_ROOM - event->len) {
		event->cut = true;
		return;
	}
	memcpy(event->line + event->len, text, len);
	event->len += len;
}

static size_t
escape(char out[8], uint8_t c)
{
	switch (c) {
	case '"':
	case '\\':
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	default:
		break;
	}
	/* Bytes that are not ASCII are written as \u00xx: the line stays valid UTF-8 whatever a peer sent. */
	if (c < 0x20 || c >= 0x7f)
		return (size_t)snprintf(out, 8, "\\u%04x", c);
	out[0] = (char)c;
	return 1;
}

static void
put_pair(struct ent_event *event, const char *key, struct ent_view value, bool quoted)
{
	size_t start = event->len;

	put(event, event->len > 1 ? ",\"" : "\"", event->len > 1 ? 2 : 1);
	put(event, key, strlen(key));
	put(event, quoted ? "\":\"" : "\":", quoted ? 3 : 2);
	for (size_t i = 0; i < value.len && !event->cut; i++) {
		char piece[8];

		put(event, piece, escape(piece, value.data[i]));
	}
	if (quoted)
		put(event, "\"", 1);
	if (event->cut)
		event->len = start;
}

void
ent_event_begin(struct ent_event *event, const char *name)
{
	struct timespec ts;
	struct tm tm;
	char time_text[40];

	event->len = 0;
	event->cut = false;
	put(event, "{", 1);
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(time_text + strlen(time_text), sizeof(time_text) - strlen(time_text), ".%03ldZ", ts.tv_nsec / 1000000);
	ent_event_str(event, "time", time_text);
	ent_event_str(event, "process", process_name);
	ent_event_str(event, "event", name);
}

void
ent_event_view(struct ent_event *event, const char *key, struct ent_view text)
{
	put_pair(event, key, text, true);
}

void
ent_event_str(struct ent_event *event, const char *key, const char *text)
{
	put_pair(event, key, ent_view_str(text), true);
}

void
ent_event_int(struct ent_event *event, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	put_pair(event, key, ent_view_str(text), false);
}

void
ent_event_error(struct ent_event *event, const struct ent_error *err)
{
	ent_event_str(event, "error", ent_status_row(err->code)->name);
	ent_event_str(event, "detail", err->text);
}

void
ent_event_end(struct ent_event *event, int fd)
{
	const char *tail = event->cut ? ",\"cut\":true}\n" : "}\n";
	ssize_t n;

	memcpy(event->line + event->len, tail, strlen(tail));
	event->len += strlen(tail);
	n = write(fd, event->line, event->len);
	(void)n; /* a log line that cannot be written must not stop the node; the access log is elsewhere */
}

void
ent_event_failure(const char *name, const struct ent_error *err)
{
	struct ent_event event;

	ent_event_begin(&event, name);
	ent_event_error(&event, err);
	ent_event_end(&event, STDERR_FILENO);
}
