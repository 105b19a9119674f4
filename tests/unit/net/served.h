/* A server in a process of its own, with short time limits, and a blocking client for it. */
#ifndef SERVED_H
#define SERVED_H

#include <sys/types.h>

#include "net_test.h"

#define SERVED_TIMEOUT_MS 300
#define SERVED_IDLE_MS 700
#define SERVED_CONNECTIONS 6
#define SERVED_BODY_MAX 100000
#define SERVED_HELD_MAX 150000

struct served {
	pid_t pid;
	int port;
	int reports; /* a line per answer: "<tag> <method> <path> <status>" */
};

/* Setup and teardown of cmocka; *state is a struct served. Teardown checks that the server ends with 0. */
int served_start(void **state);
int served_stop(void **state);
/* Send SIGTERM and say how the server ended and how long that took. */
int served_end(struct served *served, int *ms);

int served_connect(const struct served *served);
void served_send(int fd, const char *text);
/* All bytes up to the end of the connection or timeout_ms without any; a NUL behind them. Returns whether it ended. */
bool served_read_all(int fd, char *out, size_t out_size, int timeout_ms);
/* One answer by its Content-Length. */
void served_read_answer(int fd, char *out, size_t out_size);
/* Connect, send, read to the end, close. */
void served_exchange(const struct served *served, const char *text, char *out, size_t out_size);
/* The next line of a report that holds `what`, within a second. */
bool served_reported(const struct served *served, const char *what);
int64_t served_now_ms(void);

#endif
