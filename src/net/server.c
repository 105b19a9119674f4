/* Connections: accepting them, reading requests from them, and what happens when one is slow. Answers are in server_answer.c. */
#include "net/server.h"

#include <errno.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/address.h"
#include "net/server_conn.h"

enum {
	CONNECTIONS_LIMIT = 65536, /* exchange ids carry a slot in 16 bits */
	HEAD_MEMORY = 262144,      /* of one head: its bytes, its decoded path, its table of headers */
	ACCEPT_PAUSE_MS = 100,     /* without a free descriptor */
};

void
ent_conn_set_timer(struct ent_conn *conn, int64_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_add(conn->timer, &tv);
}

/* Nobody misses these: they make room for a new connection. */
static bool
is_dispensable(enum ent_conn_phase phase)
{
	return phase == ENT_CONN_IDLE || phase == ENT_CONN_LINGER;
}

/* The list has those that linger first, then the idle ones in the order in which they became idle. */
static void
set_phase(struct ent_conn *conn, enum ent_conn_phase phase)
{
	if (is_dispensable(conn->phase))
		TAILQ_REMOVE(&conn->server->dispensable, conn, link);
	if (phase == ENT_CONN_LINGER)
		TAILQ_INSERT_HEAD(&conn->server->dispensable, conn, link);
	else if (phase == ENT_CONN_IDLE)
		TAILQ_INSERT_TAIL(&conn->server->dispensable, conn, link);
	conn->phase = phase;
}

void
ent_conn_release_body(struct ent_conn *conn)
{
	conn->server->held -= conn->body.len;
	ent_buf_fini(&conn->body);
}

void
ent_conn_free(struct ent_conn *conn)
{
	struct ent_server *server = conn->server;

	if (conn->exchange.open)
		ent_conn_report(conn, 499);
	set_phase(conn, ENT_CONN_GONE);
	ent_conn_release_body(conn);
	ent_arena_free(conn->arena);
	if (conn->timer != NULL)
		event_free(conn->timer);
	if (conn->bev != NULL)
		bufferevent_free(conn->bev); /* closes the socket */
	server->slots[conn->slot] = NULL;
	server->free_slots[server->free_count++] = conn->slot;
	free(conn);
	if (server->draining && server->free_count == server->slot_count)
		event_active(server->drained, 0, 0);
}

/* Reading. */

static bool
read_head(struct ent_conn *conn, struct evbuffer *input)
{
	struct ent_error err = { 0 };
	struct ent_view head;
	size_t head_len;
	int http_status = 400;

	head = ent_view_from(evbuffer_pullup(input, -1), evbuffer_get_length(input));
	if (ent_http_scan_head(&conn->scan, head, &head_len, &http_status, &err) != ENT_OK) {
		ent_conn_refuse(conn, http_status, err.text);
		return false;
	}
	if (head_len == 0)
		return false;
	if (ent_arena_new(&conn->arena, HEAD_MEMORY, &err) != ENT_OK ||
	    ent_arena_dup(conn->arena, &head, ent_view_slice(head, 0, head_len), &err) != ENT_OK) {
		ent_conn_refuse(conn, 503, "no memory");
		return false;
	}
	evbuffer_drain(input, head_len);
	if (ent_http_parse_head(&conn->request, conn->arena, head, &http_status, &err) != ENT_OK) {
		memset(&conn->request, 0, sizeof(conn->request)); /* half a head is not reported */
		ent_conn_refuse(conn, http_status, err.text);
		return false;
	}
	return true;
}

/* The head is complete: how is the body to come? False when it may not. */
static bool
begin_body(struct ent_conn *conn)
{
	const struct ent_server *server = conn->server;
	size_t max = server->hooks.body_max != NULL ? server->hooks.body_max(server->arg, &conn->request) : ENT_LIMIT_HTTP_BODY;

	set_phase(conn, ENT_CONN_BODY);
	ent_conn_set_timer(conn, server->limits.body_timeout_ms);
	conn->body_start_ms = ent_clock_mono_ms();
	conn->body = ent_buf_with_max(max);
	ent_http_body_init(&conn->body_state, &conn->request);
	if (conn->request.content_len > max) {
		ent_conn_refuse(conn, 413, "the request's body is larger than what is accepted here");
		return false;
	}
	/* RFC 9110, 10.1.1: not when the body is on its way already. */
	if (conn->request.expect_continue && !conn->body_state.done &&
	    evbuffer_get_length(bufferevent_get_input(conn->bev)) == 0)
		bufferevent_write(conn->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	return true;
}

static bool
too_slow(const struct ent_conn *conn)
{
	const int64_t earned_ms = (int64_t)(conn->body.len / ENT_SERVER_RATE_MIN) * 1000;

	return ent_clock_mono_ms() - conn->body_start_ms > conn->server->limits.body_timeout_ms + earned_ms;
}

/* Take one contiguous piece of the input. */
static bool
read_body(struct ent_conn *conn, struct evbuffer *input)
{
	const size_t before = conn->body.len;
	size_t len = evbuffer_get_contiguous_space(input);
	struct ent_view piece = ent_view_from(evbuffer_pullup(input, (ev_ssize_t)len), len);
	struct ent_error err = { 0 };
	enum ent_status status;
	int http_status = 400;
	size_t used = 0;

	if (len == 0)
		return false;
	status = ent_http_read_body(&conn->body_state, piece, &used, &conn->body, &http_status, &err);
	conn->server->held += conn->body.len - before;
	evbuffer_drain(input, used);
	if (status != ENT_OK)
		ent_conn_refuse(conn, http_status, err.text);
	else if (conn->server->held > conn->server->limits.held_max)
		ent_conn_refuse(conn, 503, "too many large requests at once; try again later");
	else if (!conn->body_state.done && too_slow(conn))
		ent_conn_refuse(conn, 408, "the request's body comes too slowly");
	else
		ent_conn_set_timer(conn, conn->server->limits.body_timeout_ms);
	return conn->phase == ENT_CONN_BODY;
}

/* The request is complete. Nothing more is read until it is answered. */
static void
deliver(struct ent_conn *conn)
{
	struct ent_server *server = conn->server;

	set_phase(conn, ENT_CONN_ANSWER);
	bufferevent_disable(conn->bev, EV_READ);
	ent_conn_set_timer(conn, server->limits.answer_timeout_ms);
	conn->request.body = ent_buf_view(&conn->body);
	conn->exchange.open = true;
	conn->exchange.id = ++server->sequence << 16 | conn->slot;
	server->handler(server->arg, &conn->exchange, &conn->request, ent_view_str(conn->peer));
	conn->request.body = ENT_VIEW_NONE;
	ent_conn_release_body(conn);
}

/* One step on with what has arrived. False when nothing more can be done now. */
static bool
step(struct ent_conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	switch (conn->phase) {
	case ENT_CONN_IDLE:
		if (evbuffer_get_length(input) == 0)
			return false;
		set_phase(conn, ENT_CONN_HEAD);
		conn->start_ms = ent_clock_mono_ms();
		ent_conn_set_timer(conn, conn->server->limits.head_timeout_ms);
		return true;
	case ENT_CONN_HEAD:
		return read_head(conn, input) && begin_body(conn);
	case ENT_CONN_BODY:
		if (!conn->body_state.done)
			return read_body(conn, input);
		deliver(conn);
		return false;
	default:
		return false;
	}
}

static void
advance(struct ent_conn *conn)
{
	while (step(conn))
		continue;
}

static void
linger(struct ent_conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	conn->lingered += evbuffer_get_length(input);
	evbuffer_drain(input, evbuffer_get_length(input));
	if (conn->lingered > ENT_SERVER_LINGER_MAX)
		ent_conn_free(conn);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct ent_conn *conn = arg;

	(void)bev;
	if (conn->phase == ENT_CONN_LINGER)
		linger(conn);
	else
		advance(conn);
}

/* The answer has left. */
static void
on_write(struct bufferevent *bev, void *arg)
{
	struct ent_conn *conn = arg;

	if (conn->phase != ENT_CONN_WRITE)
		return; /* a 100 Continue */
	if (conn->server->draining) {
		ent_conn_free(conn);
		return;
	}
	if (conn->close) {
		/* Closing with unread input would make the kernel reset the connection, and the peer lose the answer. */
		shutdown(bufferevent_getfd(bev), SHUT_WR);
		set_phase(conn, ENT_CONN_LINGER);
		ent_conn_set_timer(conn, ENT_SERVER_LINGER_MS);
		bufferevent_enable(bev, EV_READ);
		linger(conn);
		return;
	}
	ent_arena_free(conn->arena);
	conn->arena = NULL;
	memset(&conn->request, 0, sizeof(conn->request));
	memset(&conn->scan, 0, sizeof(conn->scan));
	conn->exchange.tag[0] = '\0';
	set_phase(conn, ENT_CONN_IDLE);
	ent_conn_set_timer(conn, conn->server->limits.idle_timeout_ms);
	bufferevent_enable(bev, EV_READ);
	advance(conn);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what; /* end, error or no progress in writing: nothing can be said to this peer any more */
	ent_conn_free(arg);
}

static void
on_timer(evutil_socket_t fd, short events, void *arg)
{
	struct ent_conn *conn = arg;

	(void)fd;
	(void)events;
	switch (conn->phase) {
	case ENT_CONN_HEAD:
	case ENT_CONN_BODY:
		ent_conn_refuse(conn, 408, "the request did not come in time");
		return;
	case ENT_CONN_ANSWER:
		ent_conn_refuse(conn, 503, "no answer in time; try again later");
		return;
	default:
		ent_conn_free(conn);
		return;
	}
}

/* Accepting. */

static bool
set_up(struct ent_conn *conn, evutil_socket_t fd)
{
	const struct ent_server_limits *limits = &conn->server->limits;
	const struct timeval write_tv = { limits->body_timeout_ms / 1000, limits->body_timeout_ms % 1000 * 1000 };
	const int one = 1;

	conn->timer = event_new(conn->server->base, -1, 0, on_timer, conn);
	conn->bev = bufferevent_socket_new(conn->server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (conn->bev == NULL)
		evutil_closesocket(fd);
	if (conn->timer == NULL || conn->bev == NULL)
		return false;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* fails on other sockets, which need it not */
	bufferevent_setcb(conn->bev, on_read, on_write, on_event, conn);
	bufferevent_setwatermark(conn->bev, EV_READ, 0, ENT_LIMIT_HTTP_HEAD);
	bufferevent_set_timeouts(conn->bev, NULL, &write_tv);
	ent_conn_set_timer(conn, limits->head_timeout_ms); /* a first request is due at once */
	return bufferevent_enable(conn->bev, EV_READ | EV_WRITE) == 0;
}

/*
 * Who makes room when every place is taken. After those whom nobody misses: whose request has been on its way the longest.
 * An honest one is there within a round trip or two; whoever holds thousands of places with half a request loses them first.
 */
static struct ent_conn *
least_wanted(const struct ent_server *server)
{
	struct ent_conn *slowest = NULL;

	if (!TAILQ_EMPTY(&server->dispensable))
		return TAILQ_FIRST(&server->dispensable);
	for (size_t i = 0; i < server->slot_count; i++) {
		struct ent_conn *conn = server->slots[i];

		if (conn != NULL && (conn->phase == ENT_CONN_HEAD || conn->phase == ENT_CONN_BODY) &&
		    (slowest == NULL || conn->start_ms < slowest->start_ms))
			slowest = conn;
	}
	return slowest; /* NULL: all wait for answers, or read theirs */
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int address_len, void *arg)
{
	struct ent_server *server = arg;
	struct ent_conn *conn = server->free_count == 0 ? least_wanted(server) : NULL;

	(void)listener;
	(void)address_len;
	if (conn != NULL)
		ent_conn_free(conn);
	conn = server->free_count > 0 ? calloc(1, sizeof(*conn)) : NULL;
	if (conn == NULL) {
		evutil_closesocket(fd);
		return;
	}
	conn->server = server;
	conn->exchange.conn = conn;
	conn->slot = server->free_slots[--server->free_count];
	server->slots[conn->slot] = conn;
	conn->phase = ENT_CONN_GONE;
	set_phase(conn, ENT_CONN_IDLE);
	ent_address_print(conn->peer, address);
	if (!set_up(conn, fd))
		ent_conn_free(conn);
}

/* Out of descriptors or memory: make room, and do not spin. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct ent_server *server = arg;
	const struct timeval pause = { 0, ACCEPT_PAUSE_MS * 1000 };

	if (!TAILQ_EMPTY(&server->dispensable))
		ent_conn_free(TAILQ_FIRST(&server->dispensable));
	evconnlistener_disable(listener);
	event_add(server->resume, &pause);
}

static void
on_resume(evutil_socket_t fd, short events, void *arg)
{
	struct ent_server *server = arg;

	(void)fd;
	(void)events;
	if (!server->draining)
		evconnlistener_enable(server->listener);
}

/* The server. */

static void
on_drained(evutil_socket_t fd, short events, void *arg)
{
	struct ent_server *server = arg;
	void (*done)(void *) = server->drain_done;

	(void)fd;
	(void)events;
	for (size_t i = 0; i < server->slot_count; i++) /* those that are left when the time is over */
		if (server->slots[i] != NULL)
			ent_conn_free(server->slots[i]);
	event_del(server->drained);
	server->drain_done = NULL;
	if (done != NULL)
		done(server->drain_arg); /* may free the server */
}

static enum ent_status
allocate(struct ent_server *server, struct event_base *base, int listen_fd, struct ent_error *err)
{
	server->slots = calloc(server->slot_count, sizeof(struct ent_conn *));
	server->free_slots = calloc(server->slot_count, sizeof(size_t));
	server->resume = event_new(base, -1, 0, on_resume, server);
	server->drained = event_new(base, -1, 0, on_drained, server);
	if (server->slots == NULL || server->free_slots == NULL || server->resume == NULL || server->drained == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for an HTTP server");
	while (server->free_count < server->slot_count) {
		server->free_slots[server->free_count] = server->slot_count - 1 - server->free_count;
		server->free_count++;
	}
	evutil_make_socket_nonblocking(listen_fd);
	server->listener = evconnlistener_new(base, on_accept, server, LEV_OPT_CLOSE_ON_EXEC, 0, listen_fd);
	if (server->listener == NULL)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot accept connections");
	evconnlistener_set_error_cb(server->listener, on_accept_error);
	return ENT_OK;
}

enum ent_status
ent_server_new(struct ent_server **out, struct event_base *base, int listen_fd, const struct ent_server_limits *limits,
    ent_server_fn handler, void *arg, struct ent_error *err)
{
	ENT_AUTO(ent_server) server = NULL;

	if (limits->connections_max < 1 || limits->connections_max > CONNECTIONS_LIMIT)
		return ent_fail(err, ENT_E_CONFIG, "%d connections, limit %d", limits->connections_max, CONNECTIONS_LIMIT);
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for an HTTP server");
	TAILQ_INIT(&server->dispensable);
	server->base = base;
	server->limits = *limits;
	server->handler = handler;
	server->arg = arg;
	server->slot_count = (size_t)limits->connections_max;
	ENT_TRY(allocate(server, base, listen_fd, err));
	*out = ent_take(&server);
	return ENT_OK;
}

void
ent_server_free(struct ent_server *server)
{
	if (server == NULL)
		return;
	for (size_t i = 0; server->slots != NULL && i < server->slot_count; i++)
		if (server->slots[i] != NULL)
			ent_conn_free(server->slots[i]);
	if (server->listener != NULL)
		evconnlistener_free(server->listener);
	if (server->resume != NULL)
		event_free(server->resume);
	if (server->drained != NULL)
		event_free(server->drained);
	free(server->slots);
	free(server->free_slots);
	free(server);
}

void
ent_server_set_hooks(struct ent_server *server, const struct ent_server_hooks *hooks)
{
	server->hooks = *hooks;
}

void
ent_server_drain(struct ent_server *server, int64_t limit_ms, void (*done)(void *arg), void *arg)
{
	struct timeval tv = { limit_ms / 1000, limit_ms % 1000 * 1000 };

	server->draining = true;
	server->drain_done = done;
	server->drain_arg = arg;
	evconnlistener_disable(server->listener);
	event_add(server->drained, &tv);
	for (size_t i = 0; i < server->slot_count; i++)
		if (server->slots[i] != NULL && is_dispensable(server->slots[i]->phase))
			ent_conn_free(server->slots[i]);
	if (server->free_count == server->slot_count)
		event_active(server->drained, 0, 0);
}
