/* The edge's own state (inside src/node/edge only). */
#ifndef ENT_NODE_EDGE_EDGE_H
#define ENT_NODE_EDGE_EDGE_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "net/fetch.h"
#include "net/server.h"
#include "node/process.h"
#include "node/edge/route.h"
#include "node/ipc.h"

#define ENT_EDGE_OUTSTANDING_MAX 1024       /* requests that the judge owes an answer */
#define ENT_EDGE_QUEUE_MAX (64u << 20)      /* bytes on their way to the judge: beyond it requests are refused */
#define ENT_EDGE_DRAIN_MS 10000
#define ENT_EDGE_FETCH_MS 10000
#define ENT_EDGE_ID_SIZE 37                 /* a UUID and a NUL */

struct ent_edge {
	const struct ent_node_config *config;
	struct event_base *base;
	struct ent_server *server;
	struct ent_fetch_loop *fetches;
	struct bufferevent *judge; /* the channel, on the event loop: it never waits */
	struct event *on_term;
	int home_fd;
	size_t outstanding;
	bool ready;      /* the judge has answered once */
	bool judge_gone;
	bool drained;
	int exit_code;
};

/* judge_link.c */
ENT_MUST_USE enum ent_status ent_edge_link_open(struct ent_edge *edge, int judge_fd, struct ent_error *err);
/* Queue one message. ENT_E_BUSY when the queue is full, ENT_E_LIMIT when a field is over its limit. */
ENT_MUST_USE enum ent_status ent_edge_send(struct ent_edge *edge, const struct ent_msg *msg, struct ent_error *err);
/* A request of the edge itself, whose answer means that the judge is up. */
ENT_MUST_USE enum ent_status ent_edge_probe(struct ent_edge *edge, struct ent_error *err);

/* request.c */
void ent_edge_on_request(void *arg, struct ent_exchange *exchange, const struct ent_http_request *request, struct ent_view peer);
size_t ent_edge_body_max(void *arg, const struct ent_http_request *head);
void ent_edge_on_finished(void *arg, const struct ent_server_report *report);
void ent_edge_on_response(struct ent_edge *edge, const struct ent_msg_http_response *response);

/* files.c */
void ent_edge_serve_file(struct ent_edge *edge, struct ent_exchange *exchange, struct ent_view path);
/* Open a regular file below a folder without following a link anywhere. -1 when there is none. */
int ent_edge_open_below(int folder_fd, const char *path, uint64_t *len);

/* fetches */
void ent_edge_on_fetch(struct ent_edge *edge, const struct ent_msg_fetch *fetch);
void ent_edge_on_fetched(void *arg, uint64_t id, int status, const char *problem, struct ent_view body);

#endif
