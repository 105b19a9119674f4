/*
 * Unary requests of the Connect protocol (wire reference 3.3): the version that a POST may name, and the GET of a method that
 * changes nothing, whose message stands in the query.
 */
#include "codec/base64.h"
#include "node/judge/judge.h"

static bool
refuse(struct ent_judge *judge, struct ent_call *call, const char *code, const char *message)
{
	ent_answer_connect(judge, call, code, message, NULL);
	return false;
}

bool
ent_connect_post(struct ent_judge *judge, struct ent_call *call)
{
	/* Plain HTTP clients send none. */
	if (call->http.connect_version.len == 0 || ent_view_eq_str(call->http.connect_version, "1"))
		return true;
	return refuse(judge, call, "invalid_argument", "Connect-Protocol-Version must be \"1\"");
}

/* base64url; the padding that some clients send says nothing. */
static enum ent_status
decode_base64(struct ent_call *call, struct ent_view *message, struct ent_error *err)
{
	struct ent_view text = *message;

	while (text.len > 0 && text.len + 2 > message->len && text.data[text.len - 1] == '=')
		text.len--;
	return ent_base64_decode_arena(call->arena, message, ENT_BASE64_URL, text, err);
}

bool
ent_connect_get(struct ent_judge *judge, struct ent_call *call)
{
	struct ent_view version = ENT_VIEW_NONE, encoding = ENT_VIEW_NONE, base64 = ENT_VIEW_NONE, compression = ENT_VIEW_NONE;
	struct ent_view message = ENT_VIEW_NONE;
	const struct ent_form_field fields[] = {
		{ "connect", &version }, { "encoding", &encoding }, { "base64", &base64 }, { "compression", &compression },
		{ "message", &message },
	};
	struct ent_error err = { 0 };

	if (ent_form_parse(call->arena, fields, ENT_COUNT(fields), call->http.query, &err) != ENT_OK)
		return refuse(judge, call, "invalid_argument", "the query is not one of a Connect GET");
	if (version.len > 0 && !ent_view_eq_str(version, "v1"))
		return refuse(judge, call, "invalid_argument", "connect must be \"v1\"");
	if (compression.len > 0 && !ent_view_eq_str(compression, "identity"))
		return refuse(judge, call, "unimplemented", "compressed messages are not accepted");
	if (encoding.data == NULL || message.data == NULL)
		return refuse(judge, call, "invalid_argument", "a Connect GET has the parameters encoding and message");
	if (!ent_view_eq_str(encoding, "json")) {
		ent_answer_bytes(judge, call, 415, "text/plain; charset=utf-8", ENT_LIT("only encoding=json is served here\n"));
		return false;
	}
	if (ent_view_eq_str(base64, "1") && decode_base64(call, &message, &err) != ENT_OK)
		return refuse(judge, call, "invalid_argument", "message is not base64url");
	/* Of a message without fields the binary form is empty, and some clients send that as JSON too. */
	call->http.body = message.len > 0 ? message : ENT_LIT("{}");
	return true;
}
