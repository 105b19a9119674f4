/* The channel to the judge on the event loop: queued out, framed in, never waiting. */
#include <event2/buffer.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "node/edge/edge.h"

#define PROBE_EXCHANGE 0 /* no exchange of the server has this number */
enum { LENGTH_LEN = 4, ARENA_MAX = 1 << 20 };

enum ent_status
ent_edge_send(struct ent_edge *edge, const struct ent_msg *msg, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) frame = ent_buf_with_max(LENGTH_LEN + ENT_IPC_FRAME_MAX);
	struct evbuffer *queue;

	if (edge->judge_gone)
		return ent_fail(err, ENT_E_UNAVAILABLE, "the judge is gone");
	queue = bufferevent_get_output(edge->judge);
	ENT_TRY(ent_msg_encode(&frame, msg, err));
	if (evbuffer_get_length(queue) + frame.len > ENT_EDGE_QUEUE_MAX)
		return ent_fail(err, ENT_E_BUSY, "%u bytes are on their way to the judge already", ENT_EDGE_QUEUE_MAX);
	if (evbuffer_add(queue, frame.data, frame.len) != 0)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a message to the judge");
	return ENT_OK;
}

enum ent_status
ent_edge_probe(struct ent_edge *edge, struct ent_error *err)
{
	struct ent_msg msg = { .type = ENT_MSG_HTTP_REQUEST };

	msg.http_request.exchange = PROBE_EXCHANGE;
	msg.http_request.method = ENT_LIT("GET");
	msg.http_request.path = ENT_LIT("/.well-known/opentdf-configuration"); /* public, so nobody's refusal is logged */
	msg.http_request.peer = ENT_LIT("edge");
	return ent_edge_send(edge, &msg, err);
}

static void
on_ready(struct ent_edge *edge)
{
	struct ent_event event;

	edge->ready = true;
	ent_event_begin(&event, "ready");
	ent_event_str(&event, "party", edge->config->party);
	ent_event_str(&event, "url", edge->config->url);
	ent_event_str(&event, "role", edge->config->issuer_only ? "issuer" : "member");
	ent_event_end(&event, STDERR_FILENO);
}

static void
on_failed(const struct ent_msg_failed *failed)
{
	struct ent_event event;

	ent_event_begin(&event, "judge-failed");
	ent_event_view(&event, "error", failed->error);
	ent_event_view(&event, "detail", failed->text);
	ent_event_end(&event, STDERR_FILENO);
}

static void
dispatch(struct ent_edge *edge, const struct ent_msg *msg)
{
	switch (msg->type) {
	case ENT_MSG_HTTP_RESPONSE:
		if (!edge->ready)
			on_ready(edge);
		if (msg->http_response.exchange != PROBE_EXCHANGE)
			ent_edge_on_response(edge, &msg->http_response);
		return;
	case ENT_MSG_FETCH:
		ent_edge_on_fetch(edge, &msg->fetch);
		return;
	default: /* decoding lets nothing else through */
		on_failed(&msg->failed);
		return;
	}
}

static enum ent_status
take_message(struct ent_edge *edge, struct ent_view frame, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_msg msg;

	ENT_TRY(ent_arena_new(&arena, ARENA_MAX, err));
	ENT_TRY(ent_msg_decode(&msg, arena, frame, ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE, err));
	dispatch(edge, &msg);
	return ENT_OK;
}

/* The length of the frame at the front of input; 0 when it is not there yet. */
static enum ent_status
frame_len(struct evbuffer *input, size_t *out, struct ent_error *err)
{
	uint8_t head[LENGTH_LEN];
	size_t len = 0;

	*out = 0;
	if (evbuffer_copyout(input, head, sizeof(head)) < (ev_ssize_t)sizeof(head))
		return ENT_OK;
	for (size_t i = 0; i < sizeof(head); i++)
		len = len << 8 | head[i];
	if (len > ENT_IPC_FRAME_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a message of %zu bytes from the judge, limit %u", len, ENT_IPC_FRAME_MAX);
	if (evbuffer_get_length(input) >= LENGTH_LEN + len)
		*out = LENGTH_LEN + len;
	return ENT_OK;
}

static void
lose_judge(struct ent_edge *edge, const struct ent_error *err)
{
	edge->judge_gone = true;
	edge->exit_code = 1;
	ent_event_failure("judge-lost", err);
	event_base_loopbreak(edge->base);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct ent_edge *edge = arg;
	struct evbuffer *input = bufferevent_get_input(bev);
	struct ent_error err = { 0 };
	size_t len;

	while (!edge->judge_gone) {
		enum ent_status status = frame_len(input, &len, &err);

		if (status == ENT_OK && len == 0)
			return;
		if (status == ENT_OK)
			status = take_message(edge, ent_view_from(evbuffer_pullup(input, (ev_ssize_t)len) + LENGTH_LEN, len - LENGTH_LEN),
			    &err);
		if (status != ENT_OK) {
			lose_judge(edge, &err); /* a judge that breaks the table is not listened to */
			return;
		}
		evbuffer_drain(input, len);
	}
}

/* The last words of a drain have left. */
static void
on_write(struct bufferevent *bev, void *arg)
{
	struct ent_edge *edge = arg;

	(void)bev;
	if (edge->drained)
		event_base_loopbreak(edge->base);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct ent_error err = { 0 };

	(void)bev;
	ent_error_set(&err, ENT_E_UNAVAILABLE, "the judge %s", what & BEV_EVENT_EOF ? "has ended" : "cannot be reached any more");
	lose_judge(arg, &err);
}

enum ent_status
ent_edge_link_open(struct ent_edge *edge, int judge_fd, struct ent_error *err)
{
	evutil_make_socket_nonblocking(judge_fd);
	edge->judge = bufferevent_socket_new(edge->base, judge_fd, BEV_OPT_CLOSE_ON_FREE);
	if (edge->judge == NULL) {
		ent_fd_close(judge_fd);
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the channel to the judge");
	}
	bufferevent_setcb(edge->judge, on_read, on_write, on_event, edge);
	bufferevent_setwatermark(edge->judge, EV_READ, 0, LENGTH_LEN + ENT_IPC_FRAME_MAX);
	bufferevent_set_max_single_read(edge->judge, 262144);
	bufferevent_set_max_single_write(edge->judge, 262144);
	if (bufferevent_enable(edge->judge, EV_READ | EV_WRITE) != 0)
		return ent_fail(err, ENT_E_IO, "cannot watch the channel to the judge");
	return ENT_OK;
}
