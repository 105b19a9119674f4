/*
 * The edge: HTTP to and from the network. It holds no keys and no database; it reads the node's published files, asks the judge
 * about everything else, and fetches the URLs that the judge names.
 */
#include "node/edge/edge.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "node/service.h"

enum { URL_MAX = 2048, FLUSH_MS = 1000 };

/* Fetches. */

static void
send_fetched(struct ent_edge *edge, uint64_t id, int status, const char *problem, struct ent_view body)
{
	struct ent_msg msg = { .type = ENT_MSG_FETCHED };
	struct ent_error err = { 0 };

	msg.fetched.id = id;
	msg.fetched.status = (uint64_t)status;
	msg.fetched.problem = ent_view_str(problem);
	msg.fetched.body = body;
	if (ent_edge_send(edge, &msg, &err) == ENT_OK || body.len == 0)
		return; /* without an answer the judge's own time limit ends its wait */
	send_fetched(edge, id, 0, "the node is busy", ENT_VIEW_NONE);
}

void
ent_edge_on_fetched(void *arg, uint64_t id, int status, const char *problem, struct ent_view body)
{
	send_fetched(arg, id, status, problem, body);
}

void
ent_edge_on_fetch(struct ent_edge *edge, const struct ent_msg_fetch *fetch)
{
	struct ent_error err = { 0 };
	char url[URL_MAX + 1];

	if (fetch->url.len == 0 || fetch->url.len > URL_MAX || memchr(fetch->url.data, '\0', fetch->url.len) != NULL) {
		send_fetched(edge, fetch->id, 0, "this is not a URL", ENT_VIEW_NONE);
		return;
	}
	memcpy(url, fetch->url.data, fetch->url.len);
	url[fetch->url.len] = '\0';
	if (ent_fetch_loop_start(edge->fetches, fetch->id, url, (size_t)fetch->max_bytes, ENT_EDGE_FETCH_MS, &err) != ENT_OK)
		send_fetched(edge, fetch->id, 0, ent_status_row(err.code)->public_text, ENT_VIEW_NONE);
}

/* Draining. */

static void
on_drained(void *arg)
{
	const struct timeval flush = { FLUSH_MS / 1000, FLUSH_MS % 1000 * 1000 };
	struct ent_edge *edge = arg;

	edge->drained = true;
	/* A message that is cut would look like a broken edge to the judge. */
	if (edge->judge_gone || evbuffer_get_length(bufferevent_get_output(edge->judge)) == 0)
		event_base_loopbreak(edge->base);
	else
		event_base_loopexit(edge->base, &flush);
}

static void
on_term(evutil_socket_t signal_number, short events, void *arg)
{
	struct ent_edge *edge = arg;
	struct ent_event event;

	(void)signal_number;
	(void)events;
	evsignal_del(edge->on_term);
	ent_event_begin(&event, "draining");
	ent_event_int(&event, "limit_ms", ENT_EDGE_DRAIN_MS);
	ent_event_end(&event, STDERR_FILENO);
	ent_server_drain(edge->server, ENT_EDGE_DRAIN_MS, on_drained, edge);
}

/* Start and end. */

/* Signals are taken by the event loop; a peer that goes away is an error of a call, not a signal. */
static void
set_up_process(void)
{
	struct rlimit files;

	ent_event_process("edge");
	ent_service_harden();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static enum ent_status
open_server(struct ent_edge *edge, int listen_fd, struct ent_error *err)
{
	const struct ent_server_limits limits = {
		.connections_max = (int)edge->config->connections_max,
		.head_timeout_ms = 10000,
		.body_timeout_ms = 10000,
		.idle_timeout_ms = 60000,
		.answer_timeout_ms = 30000,
		.held_max = 256u << 20,
	};
	const struct ent_server_hooks hooks = { ent_edge_body_max, ent_edge_on_finished };

	ENT_TRY(ent_server_new(&edge->server, edge->base, listen_fd, &limits, ent_edge_on_request, edge, err));
	ent_server_set_hooks(edge->server, &hooks);
	return ENT_OK;
}

static enum ent_status
edge_init(struct ent_edge *edge, int listen_fd, int judge_fd, struct ent_error *err)
{
	edge->home_fd = open(edge->config->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (edge->home_fd < 0)
		return ent_fail_errno(err, ENT_E_CONFIG, errno, "cannot open the node's home %s", edge->config->home);
	edge->base = event_base_new();
	if (edge->base == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the event loop");
	edge->on_term = evsignal_new(edge->base, SIGTERM, on_term, edge);
	if (edge->on_term == NULL || evsignal_add(edge->on_term, NULL) != 0)
		return ent_fail(err, ENT_E_NO_MEMORY, "cannot watch for SIGTERM");
	ENT_TRY(ent_edge_link_open(edge, judge_fd, err));
	ENT_TRY(ent_fetch_loop_new(&edge->fetches, edge->base, ent_edge_on_fetched, edge, err));
	ENT_TRY(open_server(edge, listen_fd, err));
	return ent_edge_probe(edge, err);
}

static void
edge_fini(struct ent_edge *edge)
{
	ent_server_free(edge->server); /* reports what is still open */
	ent_fetch_loop_free(edge->fetches);
	if (edge->judge != NULL)
		bufferevent_free(edge->judge);
	if (edge->on_term != NULL)
		event_free(edge->on_term);
	if (edge->base != NULL)
		event_base_free(edge->base);
	ent_fd_close(edge->home_fd);
	libevent_global_shutdown();
}

int
ent_edge_main(const struct ent_node_config *config, int listen_fd, int judge_fd)
{
	struct ent_edge edge = { .config = config, .home_fd = -1 };
	struct ent_error err = { 0 };

	set_up_process();
	if (edge_init(&edge, listen_fd, judge_fd, &err) == ENT_OK) {
		event_base_dispatch(edge.base);
	} else {
		ent_event_failure("start-failed", &err);
		edge.exit_code = ent_status_row(err.code)->exit_code;
	}
	edge_fini(&edge);
	return edge.exit_code;
}
