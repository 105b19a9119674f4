/* Requests from the network, and the judge's answers to them. */
#include <sys/random.h>
#include <unistd.h>

#include <stdio.h>

#include "base/event.h"
#include "codec/base64.h"
#include "node/edge/edge.h"

enum { HEADERS_EACH_MAX = 4, PATH_LOGGED_MAX = 256, ANSWER_HEADERS_MAX = 10 };

size_t
ent_edge_body_max(void *arg, const struct ent_http_request *head)
{
	struct ent_edge_target target;

	(void)arg;
	ent_edge_find_route(&target, head->path);
	return target.body_max;
}

/* One line a request: no query, no header, no body. */
void
ent_edge_on_finished(void *arg, const struct ent_server_report *report)
{
	struct ent_event event;

	(void)arg;
	ent_event_begin(&event, "request");
	ent_event_str(&event, "request_id", report->tag);
	ent_event_view(&event, "method", report->method);
	ent_event_view(&event, "path", ent_view_slice(report->path, 0, PATH_LOGGED_MAX));
	ent_event_int(&event, "status", report->status);
	ent_event_int(&event, "ms", report->ms);
	ent_event_view(&event, "peer", report->peer);
	ent_event_end(&event, STDERR_FILENO);
}

/* A random UUID (RFC 9562, version 4). */
static bool
make_id(char out[ENT_EDGE_ID_SIZE])
{
	uint8_t bytes[16];
	char hex[sizeof(bytes) * 2 + 1];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	ent_hex_encode_to(hex, ent_view_from(bytes, sizeof(bytes)));
	snprintf(out, ENT_EDGE_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return true;
}

/* Refuse with one header more: which methods there are, or how to authenticate. */
static void
refuse_with(struct ent_exchange *exchange, int status, const char *message, const char *name, const char *value)
{
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(1024);
	struct ent_http_answer answer = { .status = status, .content_type = "application/json", .file_fd = -1 };
	struct ent_error err = { 0 };
	struct ent_view header;
	char line[128];

	snprintf(line, sizeof(line), "%s: %s", name, value);
	header = ent_view_str(line);
	answer.headers = &header;
	answer.header_count = 1;
	if (ent_http_error_body(&body, status, message, &err) == ENT_OK)
		answer.body = ent_buf_view(&body);
	ent_server_answer(exchange, &answer);
}

static void
answer_health(struct ent_edge *edge, struct ent_exchange *exchange)
{
	const bool serving = edge->ready && !edge->judge_gone;
	struct ent_http_answer answer = { .status = serving ? 200 : 503, .content_type = "application/json", .file_fd = -1 };

	if (!serving)
		answer.body = ENT_LIT("{\"status\":\"NOT_SERVING\"}");
	else if (edge->config->issuer_only)
		answer.body = ENT_LIT("{\"status\":\"SERVING\",\"role\":\"issuer\"}");
	else
		answer.body = ENT_LIT("{\"status\":\"SERVING\"}");
	ent_server_answer(exchange, &answer);
}

/* All values of a header, so that the judge sees that there are two. */
static bool
collect(struct ent_list *out, struct ent_view room[HEADERS_EACH_MAX], const struct ent_http_request *request, const char *name)
{
	out->items = room;
	out->count = 0;
	if (ent_http_header_count(request, name) > HEADERS_EACH_MAX)
		return false;
	for (size_t i = 0; i < request->header_count && out->count < HEADERS_EACH_MAX; i++) {
		const struct ent_http_request one = { .headers = &request->headers[i], .header_count = 1 };

		if (ent_http_header_count(&one, name) == 1)
			room[out->count++] = request->headers[i].value;
	}
	return true;
}

static void
forward(struct ent_edge *edge, struct ent_exchange *exchange, const struct ent_http_request *request, struct ent_view peer)
{
	struct ent_view authorization[HEADERS_EACH_MAX], dpop[HEADERS_EACH_MAX];
	struct ent_msg msg = { .type = ENT_MSG_HTTP_REQUEST };
	struct ent_msg_http_request *out = &msg.http_request;
	struct ent_error err = { 0 };

	if (edge->outstanding >= ENT_EDGE_OUTSTANDING_MAX) {
		ent_server_refuse(exchange, 503, "too many requests are waiting; try again later");
		return;
	}
	out->exchange = ent_exchange_id(exchange);
	out->method = ent_view_eq_str(request->method, "HEAD") ? ENT_LIT("GET") : request->method;
	out->path = request->path;
	out->query = request->query;
	out->content_type = ent_http_header(request, "content-type");
	out->connect_version = ent_http_header(request, "connect-protocol-version");
	out->additional_context = ent_http_header(request, "x-rewrap-additional-context");
	out->request_id = ent_view_str(ent_exchange_tag(exchange));
	out->peer = peer;
	out->body = request->body;
	if (!collect(&out->authorization, authorization, request, "authorization") || !collect(&out->dpop, dpop, request, "dpop"))
		ent_server_refuse(exchange, 400, "a header is repeated too often");
	else if (ent_edge_send(edge, &msg, &err) == ENT_OK)
		edge->outstanding++;
	else if (err.code == ENT_E_LIMIT)
		ent_server_refuse(exchange, 400, "the request's path or a header is too long");
	else
		ent_server_refuse(exchange, 503, "the node cannot answer now; try again later");
}

static bool
has_content_coding(const struct ent_http_request *request)
{
	struct ent_view coding = ent_http_header(request, "content-encoding");

	return ent_http_header_count(request, "content-encoding") > 1 || (coding.len > 0 && !ent_view_eq_str(coding, "identity"));
}

void
ent_edge_on_request(void *arg, struct ent_exchange *exchange, const struct ent_http_request *request, struct ent_view peer)
{
	struct ent_edge *edge = arg;
	struct ent_edge_target target;
	char id[ENT_EDGE_ID_SIZE];

	if (!make_id(id)) {
		ent_server_refuse(exchange, 503, "the node cannot answer now; try again later");
		return;
	}
	ent_exchange_set_tag(exchange, id);
	ent_edge_find_route(&target, request->path);
	if (target.route == ENT_EDGE_ROUTE_UNKNOWN && ent_http_header_count(request, "authorization") == 0)
		refuse_with(exchange, 401, "missing authorization header", "WWW-Authenticate", "DPoP");
	else if (!ent_edge_allows(&target, request->method))
		refuse_with(exchange, 405, "this method is not served here", "Allow", target.allow);
	else if (target.route == ENT_EDGE_ROUTE_HEALTH)
		answer_health(edge, exchange);
	else if (target.route == ENT_EDGE_ROUTE_STATIC)
		ent_edge_serve_file(edge, exchange, request->path);
	else if (has_content_coding(request))
		ent_server_refuse(exchange, 501, "compressed requests are not accepted"); /* Connect: "unimplemented" */
	else
		forward(edge, exchange, request, peer);
}

/* The judge's answer: its own headers and the request's name. */
static void
pass_on(struct ent_exchange *exchange, const struct ent_msg_http_response *response)
{
	struct ent_view headers[ANSWER_HEADERS_MAX];
	struct ent_http_answer answer = { .status = (int)response->status, .headers = headers, .body = response->body, .file_fd = -1 };
	char content_type[129], id_line[64];

	snprintf(content_type, sizeof(content_type), "%.*s", ENT_FMT(response->content_type));
	answer.content_type = response->content_type.len > 0 ? content_type : NULL;
	snprintf(id_line, sizeof(id_line), "X-Request-Id: %s", ent_exchange_tag(exchange));
	headers[answer.header_count++] = ent_view_str(id_line);
	for (size_t i = 0; i < response->headers.count && answer.header_count < ANSWER_HEADERS_MAX; i++)
		headers[answer.header_count++] = response->headers.items[i];
	ent_server_answer(exchange, &answer);
}

void
ent_edge_on_response(struct ent_edge *edge, const struct ent_msg_http_response *response)
{
	struct ent_exchange *exchange = ent_server_exchange(edge->server, response->exchange);

	if (edge->outstanding > 0)
		edge->outstanding--;
	if (exchange == NULL)
		return; /* the peer went away, or the time was over */
	if (response->status < 200)
		ent_server_refuse(exchange, 500, "the node made a mistake");
	else
		pass_on(exchange, response);
}
