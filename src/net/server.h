/*
 * An event-driven HTTP/1.1 server on libevent: limits, timeouts, pipelining in order, graceful drain.
 * A connection has one request at a time in memory and reads on when its answer has been written: a peer that does not read is not
 * read from. The process must ignore SIGPIPE.
 */
#ifndef ENT_NET_SERVER_H
#define ENT_NET_SERVER_H

#include <event2/event.h>

#include "net/http.h"

struct ent_server;
struct ent_exchange; /* one request and the answer owed to it */

#define ENT_SERVER_RATE_MIN 1024      /* bytes a second that a body must come with, and an answer be taken with, on average */
#define ENT_SERVER_LINGER_MS 2000     /* after a refusal, what the peer still sends is read and dropped, so that it sees the answer */
#define ENT_SERVER_LINGER_MAX (1u << 20)

struct ent_server_limits {
	int connections_max;     /* at most 65536. Further ones are closed at once; idle ones are dropped first */
	int64_t head_timeout_ms; /* a head must be complete in this time: 10 s */
	int64_t body_timeout_ms; /* between reads of a body, and writes: 10 s */
	int64_t idle_timeout_ms; /* keep-alive: 60 s */
	int64_t answer_timeout_ms; /* the handler must answer in this time, else 503: 30 s */
	size_t held_max;         /* bytes of all bodies that are being received: beyond it 503 */
};

/*
 * The request's views live until the handler returns: copy what is needed later. The exchange lives until it is answered.
 * peer is the numeric address, without a port.
 */
typedef void (*ent_server_fn)(void *arg, struct ent_exchange *exchange, const struct ent_http_request *request, struct ent_view peer);

/* Takes neither base nor listen_fd. The limits are copied. */
ENT_MUST_USE enum ent_status ent_server_new(struct ent_server **out, struct event_base *base, int listen_fd,
    const struct ent_server_limits *limits, ent_server_fn handler, void *arg, struct ent_error *err);
void ent_server_free(struct ent_server *server);
ENT_DEFINE_AUTO(ent_server)

/* What became of a request. method and path are empty when they could not be read; status 499: the peer went away first. */
struct ent_server_report {
	const char *tag; /* of ent_exchange_set_tag, else "" */
	struct ent_view method;
	struct ent_view path;
	struct ent_view peer;
	int status;
	int64_t ms; /* from its first byte to its answer */
};
struct ent_server_hooks {
	/* The limit of the body of a request whose head has been read. NULL: ENT_LIMIT_HTTP_BODY. */
	size_t (*body_max)(void *arg, const struct ent_http_request *head);
	/* Called once for every answer, the server's own refusals included. May be NULL. */
	void (*finished)(void *arg, const struct ent_server_report *report);
};
void ent_server_set_hooks(struct ent_server *server, const struct ent_server_hooks *hooks);

/* A number that names the exchange as long as the server lives; ent_server_exchange gives NULL once it was answered or its connection is gone. */
uint64_t ent_exchange_id(const struct ent_exchange *exchange);
struct ent_exchange *ent_server_exchange(struct ent_server *server, uint64_t id);
/* A name of the caller's for the report, up to 39 characters. */
void ent_exchange_set_tag(struct ent_exchange *exchange, const char *tag);
const char *ent_exchange_tag(const struct ent_exchange *exchange);

struct ent_http_answer {
	int status;
	const char *content_type; /* NULL: none */
	struct ent_view *headers; /* "Name: value"; one that is not, or that frames the message, is left out */
	size_t header_count;
	struct ent_view body;
	int file_fd;              /* >= 0: the body is this file (taken, closed after), file_len bytes from its start; else -1 */
	uint64_t file_len;
	bool close;
};
/*
 * Answer once. Adds Date, Content-Length, Connection, X-Content-Type-Options: nosniff, and Cache-Control: no-store unless the
 * headers say otherwise. HEAD has no body.
 */
void ent_server_answer(struct ent_exchange *exchange, const struct ent_http_answer *answer);
/* An error answer with a JSON body. */
void ent_server_refuse(struct ent_exchange *exchange, int status, const char *message);

/* Stop accepting, finish what is under way (at most limit_ms), then call done from the event loop. Not from inside a handler. */
void ent_server_drain(struct ent_server *server, int64_t limit_ms, void (*done)(void *arg), void *arg);

#endif
