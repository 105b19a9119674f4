#include "served.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/server.h"

/* The server's side. */

struct app {
	struct event_base *base;
	struct ent_server *server;
	int reports;
	uint64_t ids[64]; /* of /later, in order */
	size_t id_count;
	char *big;
};
enum { BIG_LEN = 8 << 20 };

static void
on_finished(void *arg, const struct ent_server_report *report)
{
	struct app *app = arg;

	dprintf(app->reports, "<%s> %.*s %.*s %d\n", report->tag, ENT_FMT(report->method), ENT_FMT(report->path), report->status);
}

static size_t
body_max(void *arg, const struct ent_http_request *head)
{
	(void)arg;
	return ent_view_eq_str(head->path, "/small") ? 10 : SERVED_BODY_MAX;
}

static void
answer_text(struct ent_exchange *exchange, int status, struct ent_view body)
{
	struct ent_view headers[] = { ENT_LIT("X-Good: 1"), ENT_LIT("X-Bad: 1\r\nX-Split: 2"), ENT_LIT("Content-Length: 99"),
	    ENT_LIT("Transfer-Encoding: chunked") };
	struct ent_http_answer answer = { .status = status, .content_type = "text/plain", .headers = headers,
	    .header_count = ENT_COUNT(headers), .body = body, .file_fd = -1 };

	ent_server_answer(exchange, &answer);
}

static void
answer_file(struct ent_exchange *exchange)
{
	char path[] = "/tmp/ent-served-XXXXXX";
	int fd = mkstemp(path);
	struct ent_view cache = ENT_LIT("Cache-Control: immutable");
	struct ent_http_answer answer = { .status = 200, .headers = &cache, .header_count = 1, .file_fd = fd, .file_len = 9 };

	unlink(path);
	if (write(fd, "from disk", 9) != 9)
		abort();
	ent_server_answer(exchange, &answer);
}

static void
on_later(evutil_socket_t fd, short events, void *arg)
{
	struct app *app = arg;
	struct ent_exchange *exchange = ent_server_exchange(app->server, app->ids[0]);

	(void)fd;
	(void)events;
	if (exchange != NULL)
		answer_text(exchange, 200, ENT_LIT("later"));
	else
		dprintf(app->reports, "exchange gone\n");
	memmove(app->ids, app->ids + 1, --app->id_count * sizeof(app->ids[0]));
}

static void
on_request(void *arg, struct ent_exchange *exchange, const struct ent_http_request *request, struct ent_view peer)
{
	struct app *app = arg;
	const struct timeval soon = { 0, 100000 };

	if (!ent_view_eq_str(peer, "127.0.0.1"))
		abort();
	ent_exchange_set_tag(exchange, "tag");
	if (ent_view_eq_str(request->path, "/later")) {
		app->ids[app->id_count++] = ent_exchange_id(exchange);
		event_base_once(app->base, -1, EV_TIMEOUT, on_later, app, &soon);
	} else if (ent_view_eq_str(request->path, "/file")) {
		answer_file(exchange);
	} else if (ent_view_eq_str(request->path, "/big")) {
		answer_text(exchange, 200, ent_view_from(app->big, BIG_LEN));
	} else if (ent_view_eq_str(request->path, "/nothing")) {
		answer_text(exchange, 204, ENT_VIEW_NONE);
	} else if (!ent_view_eq_str(request->path, "/never")) {
		answer_text(exchange, 200, request->body.len > 0 ? request->body : request->path);
	}
}

static void
on_drained(void *arg)
{
	event_base_loopbreak(((struct app *)arg)->base);
}

static void
on_term(evutil_socket_t fd, short events, void *arg)
{
	struct app *app = arg;

	(void)fd;
	(void)events;
	ent_server_drain(app->server, 1000, on_drained, app);
}

static int
serve(int listen_fd, int reports)
{
	const struct ent_server_limits limits = { SERVED_CONNECTIONS, SERVED_TIMEOUT_MS, SERVED_TIMEOUT_MS, SERVED_IDLE_MS,
	    SERVED_TIMEOUT_MS, SERVED_HELD_MAX };
	const struct ent_server_hooks hooks = { body_max, on_finished };
	struct app app = { .base = event_base_new(), .reports = reports, .big = malloc(BIG_LEN) };
	struct event *term = evsignal_new(app.base, SIGTERM, on_term, &app);
	struct ent_error err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	memset(app.big, 'b', BIG_LEN);
	evsignal_add(term, NULL);
	if (ent_server_new(&app.server, app.base, listen_fd, &limits, on_request, &app, &err) != ENT_OK)
		return 1;
	ent_server_set_hooks(app.server, &hooks);
	event_base_dispatch(app.base);
	ent_server_free(app.server);
	event_free(term);
	event_base_free(app.base);
	libevent_global_shutdown();
	free(app.big);
	close(listen_fd);
	return 0;
}

/* The client's side. */

int
served_start(void **state)
{
	struct served *served = calloc(1, sizeof(*served));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), ends[2];

	*state = served;
	if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 64) != 0 || pipe(ends) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	served->port = ntohs(address.sin_port);
	served->reports = ends[0];
	served->pid = fork();
	if (served->pid == 0) {
		free(served);
		close(ends[0]);
		exit(serve(fd, ends[1]));
	}
	close(fd);
	close(ends[1]);
	return 0;
}

int
served_end(struct served *served, int *ms)
{
	const int64_t start_ms = served_now_ms();
	int status = -1;

	kill(served->pid, SIGTERM);
	waitpid(served->pid, &status, 0);
	served->pid = 0;
	if (ms != NULL)
		*ms = (int)(served_now_ms() - start_ms);
	return status;
}

int
served_stop(void **state)
{
	struct served *served = *state;
	int status = served->pid != 0 ? served_end(served, NULL) : 0;

	close(served->reports);
	free(served);
	return status; /* a sanitizer's report is an exit code too */
}

int64_t
served_now_ms(void)
{
	return ent_clock_mono_ms();
}

int
served_connect(const struct served *served)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)served->port),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void
served_send(int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL); /* the server may have closed: what it said is what is looked at */
}

bool
served_read_all(int fd, char *out, size_t out_size, int timeout_ms)
{
	size_t len = 0;

	for (;;) {
		struct pollfd pfd = { fd, POLLIN, 0 };
		ssize_t n;

		out[len] = '\0';
		if (poll(&pfd, 1, timeout_ms) <= 0)
			return false;
		n = recv(fd, out + len, out_size - 1 - len, 0);
		if (n <= 0)
			return true;
		len += (size_t)n;
		assert_true(len < out_size - 1);
	}
}

void
served_read_answer(int fd, char *out, size_t out_size)
{
	size_t len = 0, want = SIZE_MAX;

	while (len < want) {
		struct pollfd pfd = { fd, POLLIN, 0 };
		const char *end, *length;
		/* Byte by byte up to the body, so that the next answer stays where it is. */
		size_t step = want == SIZE_MAX ? 1 : want - len;

		assert_true(len + step < out_size);
		assert_int_equal(poll(&pfd, 1, 2000), 1);
		ssize_t n = recv(fd, out + len, step, 0);
		assert_true(n > 0);
		len += (size_t)n;
		out[len] = '\0';
		end = want == SIZE_MAX ? strstr(out, "\r\n\r\n") : NULL;
		if (end == NULL)
			continue;
		length = strstr(out, "Content-Length: ");
		want = len + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
	}
}

void
served_exchange(const struct served *served, const char *text, char *out, size_t out_size)
{
	int fd = served_connect(served);

	served_send(fd, text);
	served_read_all(fd, out, out_size, 3000);
	close(fd);
}

bool
served_reported(const struct served *served, const char *what)
{
	char line[1024];
	size_t len = 0;

	for (;;) {
		struct pollfd pfd = { served->reports, POLLIN, 0 };

		if (poll(&pfd, 1, 1000) <= 0 || len == sizeof(line) - 1 || read(served->reports, line + len, 1) != 1)
			return false;
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		if (strstr(line, what) != NULL)
			return true;
		len = 0;
	}
}
