/* An event-driven HTTP/1.1 server on libevent: limits, timeouts, pipelining in order, graceful drain. */
#ifndef ENT_NET_SERVER_H
#define ENT_NET_SERVER_H

#include <event2/event.h>

#include "net/http.h"

struct ent_server;
struct ent_exchange; /* one request and the answer owed to it */

struct ent_server_limits {
	int connections_max;     /* further ones are closed at once; idle ones are dropped first */
	int64_t head_timeout_ms; /* a head must be complete in this time: 10 s */
	int64_t body_timeout_ms; /* between reads of a body, and writes: 10 s */
	int64_t idle_timeout_ms; /* keep-alive: 60 s */
	int64_t answer_timeout_ms; /* the handler must answer in this time, else 503: 30 s */
};

/* The request's views live until the handler returns: copy what is needed later. The exchange lives until it is answered. */
typedef void (*ent_server_fn)(void *arg, struct ent_exchange *exchange, const struct ent_http_request *request, struct ent_view peer);

ENT_MUST_USE enum ent_status ent_server_new(struct ent_server **out, struct event_base *base, int listen_fd,
    const struct ent_server_limits *limits, ent_server_fn handler, void *arg, struct ent_error *err);
void ent_server_free(struct ent_server *server);
ENT_DEFINE_AUTO(ent_server)

/* A number that names the exchange as long as the server lives; ent_server_exchange gives NULL once its connection is gone. */
uint64_t ent_exchange_id(const struct ent_exchange *exchange);
struct ent_exchange *ent_server_exchange(struct ent_server *server, uint64_t id);

struct ent_http_answer {
	int status;
	const char *content_type; /* NULL: none */
	struct ent_view *headers; /* "Name: value" */
	size_t header_count;
	struct ent_view body;
	int file_fd;              /* >= 0: the body is this file (taken, closed after), file_len bytes from its start */
	uint64_t file_len;
	bool close;
};
/* Answer once. Adds Date, Content-Length, Connection, and the security headers of every answer. HEAD has no body. */
void ent_server_answer(struct ent_exchange *exchange, const struct ent_http_answer *answer);

/* Stop accepting, finish what is under way (at most limit_ms), then call done. */
void ent_server_drain(struct ent_server *server, int64_t limit_ms, void (*done)(void *arg), void *arg);

#endif
