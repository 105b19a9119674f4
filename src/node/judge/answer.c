/* Answers: JSON, Connect errors (wire reference 3.3), and what an error may say to whom. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/event.h"
#include "node/judge/judge.h"

struct connect_code {
	const char *name;
	unsigned http;
};

static const struct connect_code connect_codes[] = {
	{ "unauthenticated", 401 },  { "permission_denied", 403 }, { "invalid_argument", 400 }, { "not_found", 404 },
	{ "already_exists", 409 },   { "resource_exhausted", 429 }, { "unavailable", 503 },     { "unimplemented", 501 },
	{ "internal", 500 },
};

static const char json_media_type[] = "application/json";

static unsigned
http_of(const char *code)
{
	for (size_t i = 0; i < ENT_COUNT(connect_codes); i++)
		if (strcmp(connect_codes[i].name, code) == 0)
			return connect_codes[i].http;
	return 500;
}

static const char *
connect_of(enum ent_status status)
{
	switch (ent_status_row(status)->http) {
	case 400:
	case 413:
	case 422:
		return "invalid_argument";
	case 401:
		return "unauthenticated";
	case 403:
		return "permission_denied";
	case 404:
		return "not_found";
	case 409:
		return "already_exists";
	case 429:
		return "resource_exhausted";
	case 503:
		return "unavailable";
	default:
		return "internal";
	}
}

static void
send_answer(struct ent_judge *judge, struct ent_call *call, const struct ent_msg_http_response *response)
{
	struct ent_msg msg = { .type = ENT_MSG_HTTP_RESPONSE, .http_response = *response };
	struct ent_error err = { 0 };

	if (call->answered)
		return;
	call->answered = true;
	/* A dead edge is noticed by the loop; a body over the limit is ours to see. */
	if (ent_channel_send(judge->edge, &msg, &err) != ENT_OK)
		ent_event_failure("answer-not-sent", &err);
}

void
ent_answer_bytes(struct ent_judge *judge, struct ent_call *call, unsigned status, const char *content_type,
    struct ent_view body)
{
	struct ent_msg_http_response response = {
		.exchange = call->http.exchange,
		.status = status,
		.content_type = ent_view_str(content_type),
		.body = body,
	};

	send_answer(judge, call, &response);
}

static void
answer_json(struct ent_judge *judge, struct ent_call *call, unsigned status, const char *header, const json_t *body)
{
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct ent_view headers[] = { ENT_LIT("Cache-Control: no-store"), ent_view_str(header) };
	struct ent_msg_http_response response = {
		.exchange = call->http.exchange,
		.status = text != NULL ? status : 503,
		.content_type = ent_view_str(json_media_type),
		.headers = { headers, header != NULL ? 2 : 1 },
		.body = text != NULL ? ent_view_str(text) : ENT_LIT("{\"code\":\"unavailable\",\"message\":\"out of memory\"}"),
	};

	send_answer(judge, call, &response);
	free(text);
}

void
ent_answer_json(struct ent_judge *judge, struct ent_call *call, unsigned status, const json_t *body)
{
	answer_json(judge, call, status, NULL, body);
}

void
ent_answer_header(struct ent_judge *judge, struct ent_call *call, unsigned status, const char *header, const json_t *body)
{
	answer_json(judge, call, status, header, body);
}

void
ent_answer_connect(struct ent_judge *judge, struct ent_call *call, const char *code, const char *message, json_t *extra)
{
	json_auto_t *body = json_pack("{s:s, s:s}", "code", code, "message", message);

	if (body != NULL && extra != NULL && json_object_update(body, extra) != 0) {
		json_decref(body);
		body = NULL;
	}
	ent_answer_json(judge, call, http_of(code), body);
}

void
ent_answer_failure(struct ent_judge *judge, struct ent_call *call, const struct ent_error *why)
{
	const struct ent_error_row *row = ent_status_row(why->code);
	struct ent_event event;

	ent_event_begin(&event, "request-failed");
	ent_event_view(&event, "request_id", call->http.request_id);
	ent_event_error(&event, why);
	ent_event_end(&event, STDERR_FILENO);
	ent_answer_connect(judge, call, connect_of(why->code), row->audience == ENT_TO_ALL ? why->text : row->public_text, NULL);
}

static json_t *
reason_json(const struct ent_reason *reason)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "code", ent_reason_row(reason->code)->name, "text", reason->text, "cite",
	    reason->cite, "cure", reason->cure);
}

json_t *
ent_answer_reasons(const struct ent_call *call, const struct ent_decision *decision)
{
	json_auto_t *reasons = json_array();
	json_t *all;
	int failed = reasons == NULL;

	for (size_t i = 0; !failed && i < decision->reasons.count; i++)
		if (!decision->partner || ent_audit_for_requester(decision->reasons.items[i].code))
			failed = json_array_append_new(reasons, reason_json(&decision->reasons.items[i]));
	if (failed)
		return NULL;
	all = json_pack("{s:s%, s:O}", "request_id", (const char *)call->http.request_id.data, call->http.request_id.len,
	    "reasons", reasons);
	if (all != NULL && decision->stop_bound_s > 0)
		failed = json_object_set_new(all, "stop_bound", json_integer(decision->stop_bound_s));
	if (failed) {
		json_decref(all);
		return NULL;
	}
	return all;
}
