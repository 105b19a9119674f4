/* Outgoing HTTP with libcurl: protocols pinned to http and https, no redirects, no proxy from the environment, size and time caps. */
#ifndef ENT_NET_FETCH_H
#define ENT_NET_FETCH_H

#include <event2/event.h>

#include "base/buf.h"

struct ent_fetch_request {
	const char *method;        /* "GET" or "POST" */
	const char *url;
	const char *const *headers; /* "Name: value" */
	size_t header_count;
	struct ent_view body;
	size_t max_bytes;          /* of the answer's body */
	int64_t timeout_ms;
	const char *ca_file;       /* NULL: the system's */
};
struct ent_fetch_answer {
	int status;
	struct ent_buf body;
	char dpop_nonce[256];      /* of the DPoP-Nonce header, "" when absent */
	char www_authenticate[512];
};
void ent_fetch_answer_fini(struct ent_fetch_answer *answer);

/* Blocking, for clients. *answer is overwritten; the caller finis it. ENT_E_UNREACHABLE with the host and why when there is no HTTP answer; any status is ENT_OK. */
struct ent_fetcher; /* keeps connections alive between calls */
ENT_MUST_USE enum ent_status ent_fetcher_new(struct ent_fetcher **out, struct ent_error *err);
void ent_fetcher_free(struct ent_fetcher *fetcher);
ENT_DEFINE_AUTO(ent_fetcher)
ENT_MUST_USE enum ent_status ent_fetch(struct ent_fetcher *fetcher, const struct ent_fetch_request *request, struct ent_fetch_answer *answer, struct ent_error *err);

/*
 * Event-driven GETs, for the edge. done is called once per start that returned ENT_OK, from the event loop; body is borrowed.
 * status 0: no answer, and problem says why. The process must ignore SIGPIPE.
 */
#define ENT_LIMIT_FETCHES 64 /* under way at once; further ones are ENT_E_BUSY */
struct ent_fetch_loop;
typedef void (*ent_fetch_done_fn)(void *arg, uint64_t id, int status, const char *problem, struct ent_view body);
ENT_MUST_USE enum ent_status ent_fetch_loop_new(struct ent_fetch_loop **out, struct event_base *base, ent_fetch_done_fn done, void *arg, struct ent_error *err);
void ent_fetch_loop_free(struct ent_fetch_loop *loop);
ENT_DEFINE_AUTO(ent_fetch_loop)
ENT_MUST_USE enum ent_status ent_fetch_loop_start(struct ent_fetch_loop *loop, uint64_t id, const char *url, size_t max_bytes, int64_t timeout_ms, struct ent_error *err);

#endif
