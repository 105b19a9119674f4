/* A server's and a connection's state (inside src/net only). */
#ifndef ENT_NET_SERVER_CONN_H
#define ENT_NET_SERVER_CONN_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <sys/queue.h>

#include "net/address.h"
#include "net/server.h"

/*
 * IDLE -> HEAD -> BODY -> ANSWER -> WRITE -> IDLE, or from WRITE to LINGER when the connection ends. A refusal goes to WRITE from
 * anywhere. GONE is before and after.
 */
enum ent_conn_phase {
	ENT_CONN_GONE,
	ENT_CONN_IDLE,   /* no byte of a request yet */
	ENT_CONN_HEAD,
	ENT_CONN_BODY,
	ENT_CONN_ANSWER, /* the handler has it; nothing is read */
	ENT_CONN_WRITE,  /* the answer is leaving; nothing is read */
	ENT_CONN_LINGER  /* the answer has left for good; what comes is dropped */
};

struct ent_exchange {
	struct ent_conn *conn;
	uint64_t id; /* a sequence number, and the connection's slot in the low 16 bits */
	bool open;   /* an answer is owed */
	char tag[40];
};

struct ent_conn {
	struct ent_server *server;
	size_t slot;
	TAILQ_ENTRY(ent_conn) link; /* of server->dispensable, while IDLE or LINGER */
	struct bufferevent *bev;
	struct event *timer;
	enum ent_conn_phase phase;
	bool close; /* after this answer */
	char peer[ENT_ADDRESS_TEXT_SIZE];

	struct ent_http_scan scan;
	struct ent_arena *arena; /* the head */
	struct ent_http_request request;
	struct ent_http_body body_state;
	struct ent_buf body;
	int64_t start_ms;
	int64_t body_start_ms;
	size_t lingered; /* bytes dropped */
	struct ent_exchange exchange;
};

struct ent_server {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *resume;
	struct ent_server_limits limits;
	struct ent_server_hooks hooks;
	ent_server_fn handler;
	void *arg;
	struct ent_conn **slots;
	size_t *free_slots;
	size_t slot_count;
	size_t free_count;
	TAILQ_HEAD(, ent_conn) dispensable;
	size_t held; /* bytes of bodies */
	uint64_t sequence;
	int64_t date_unix_s;
	char date[40];
	bool draining;
	struct event *drained;
	void (*drain_done)(void *arg);
	void *drain_arg;
};

void ent_conn_free(struct ent_conn *conn);
void ent_conn_set_timer(struct ent_conn *conn, int64_t ms);
void ent_conn_release_body(struct ent_conn *conn);
void ent_conn_report(struct ent_conn *conn, int status);
/* The server's own refusal: answer and close. */
void ent_conn_refuse(struct ent_conn *conn, int status, const char *message);

#endif
