/*
 * The node's own log: one JSON line per event on a file descriptor, for people and for a SIEM.
 * Values are escaped here and nowhere else. There is no function that takes a secret.
 *
 *   struct ent_event e;
 *   ent_event_begin(&e, "rewrap");
 *   ent_event_str(&e, "request_id", id);
 *   ent_event_int(&e, "status", 200);
 *   ent_event_end(&e, STDERR_FILENO);
 */
#ifndef ENT_BASE_EVENT_H
#define ENT_BASE_EVENT_H

#include "base/view.h"

#define ENT_EVENT_MAX 4096 /* bytes of a line; what does not fit is cut and "cut":true is added */

struct ent_event {
	char line[ENT_EVENT_MAX];
	size_t len;
	bool cut;
};

/* Name the process once, before the first event ("judge"); the string must stay valid. */
void ent_event_process(const char *name);
void ent_event_begin(struct ent_event *event, const char *name); /* writes time, process, event */
void ent_event_view(struct ent_event *event, const char *key, struct ent_view text);
void ent_event_str(struct ent_event *event, const char *key, const char *text);
void ent_event_int(struct ent_event *event, const char *key, int64_t value);
void ent_event_error(struct ent_event *event, const struct ent_error *err); /* "error" and "detail" */
void ent_event_end(struct ent_event *event, int fd);                       /* one write(2) */

/* Name, "detail" of an error, in one call, to standard error. */
void ent_event_failure(const char *name, const struct ent_error *err);

#endif
