/* The table of routes: path, method, what the body must be, who may ask, and who answers. */
#include <stdio.h>

#include "base/event.h"
#include "node/judge/judge.h"

static const char json_media_type[] = "application/json";

static const struct ent_route routes[] = {
	{ .method = "POST", .path = "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration",
	    .content_type = json_media_type, .idempotent = true, .begin = ent_wellknown_rpc },
	{ .method = "POST", .path = "/kas.AccessService/PublicKey", .content_type = json_media_type, .idempotent = true,
	    .members_only = true, .begin = ent_public_key },
	{ .method = "POST", .path = "/kas.AccessService/LegacyPublicKey", .content_type = json_media_type,
	    .members_only = true, .begin = ent_legacy_public_key },
	{ .method = "POST", .path = "/grpc.health.v1.Health/Check", .content_type = json_media_type, .begin = ent_health },
	{ .method = "POST", .path = "/kas.AccessService/Rewrap", .content_type = json_media_type, .access = ENT_ROUTE_BOUND,
	    .members_only = true, .begin = ent_rewrap_begin, .finish = ent_rewrap_finish },
	{ .method = "POST", .path = "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers",
	    .content_type = json_media_type, .access = ENT_ROUTE_TOKEN, .begin = ent_list_servers },
	{ .method = "POST", .path = "/entente.v1.SealService/Seal", .content_type = json_media_type, .access = ENT_ROUTE_BOUND,
	    .members_only = true, .begin = ent_seal_begin, .finish = ent_seal_finish },
	{ .method = "POST", .path = "/entente.v1.SealService/Certify", .content_type = json_media_type, .access = ENT_ROUTE_BOUND,
	    .members_only = true, .begin = ent_certify_begin, .finish = ent_seal_finish },
	{ .method = "GET", .path = "/.well-known/opentdf-configuration", .begin = ent_wellknown_get },
	{ .method = "GET", .path = "/.well-known/openid-configuration", .begin = ent_issuer_openid },
	{ .method = "GET", .path = "/authorize", .begin = ent_issuer_authorize },
	{ .method = "GET", .path = "/jwks", .begin = ent_issuer_jwks },
	{ .method = "POST", .path = "/token", .content_type = "application/x-www-form-urlencoded", .late = ENT_LATE_TOKEN,
	    .begin = ent_issuer_token },
	{ .method = "POST", .path = "/charter/submit", .content_type = "text/plain", .late = ENT_LATE_SUBMIT, .begin = ent_submit },
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
eq_ignoring_case(struct ent_view a, const char *b)
{
	size_t i;

	for (i = 0; i < a.len && b[i] != '\0'; i++)
		if (lower(a.data[i]) != lower((uint8_t)b[i]))
			return false;
	return i == a.len && b[i] == '\0';
}

static struct ent_view
trim(struct ent_view v)
{
	while (v.len > 0 && (v.data[0] == ' ' || v.data[0] == '\t'))
		v = ent_view_slice(v, 1, v.len);
	while (v.len > 0 && (v.data[v.len - 1] == ' ' || v.data[v.len - 1] == '\t'))
		v.len--;
	return v;
}

/* The media type itself, and no parameter but charset=utf-8. */
static bool
is_content_type(struct ent_view value, const char *want)
{
	size_t end = ent_view_find(value, ';', 0);
	struct ent_view parameter = trim(ent_view_slice(value, end + 1, value.len));

	if (!eq_ignoring_case(trim(ent_view_slice(value, 0, end)), want))
		return false;
	return end >= value.len || eq_ignoring_case(parameter, "charset=utf-8") || eq_ignoring_case(parameter, "charset=\"utf-8\"");
}

static void
answer_plain(struct ent_judge *judge, struct ent_call *call, unsigned status, const char *text)
{
	ent_answer_bytes(judge, call, status, "text/plain; charset=utf-8", ent_view_str(text));
}

/*
 * No such path. First say who asks: what exists here is not a stranger's to list (clients expect 401 of unknown paths, and of an
 * invalid token everywhere). /.well-known/ is everybody's (RFC 8615).
 */
static const struct ent_route *
not_found(struct ent_judge *judge, struct ent_call *call)
{
	if (ent_view_starts(call->http.path, ENT_LIT("/.well-known/")) || ent_auth_call(judge, call, false))
		answer_plain(judge, call, 404, "not found\n");
	return NULL;
}

static const struct ent_route *
wrong_method(struct ent_judge *judge, struct ent_call *call, const struct ent_route *route)
{
	json_auto_t *body = json_pack("{s:s, s:s}", "code", "unimplemented", "message", "another method is needed");
	char allow[32];

	snprintf(allow, sizeof(allow), "Allow: %s%s", route->idempotent ? "GET, " : "", route->method);
	ent_answer_header(judge, call, 405, allow, body);
	return NULL;
}

const struct ent_route *
ent_route_find(struct ent_judge *judge, struct ent_call *call)
{
	const bool get = ent_view_eq_str(call->http.method, "GET") || ent_view_eq_str(call->http.method, "HEAD");
	const struct ent_route *route = NULL;

	for (size_t i = 0; i < ENT_COUNT(routes) && route == NULL; i++)
		if (ent_view_eq_str(call->http.path, routes[i].path))
			route = &routes[i];
	if (route == NULL)
		return not_found(judge, call);
	if (route->members_only && judge->config->issuer_only) {
		ent_answer_connect(judge, call, "unimplemented", "this is a partner's node: it holds no shares and seals nothing; ask a "
		    "member's", NULL);
		return NULL;
	}
	if (get && route->idempotent)
		return ent_connect_get(judge, call) ? route : NULL;
	if (get ? strcmp(route->method, "GET") != 0 : !ent_view_eq_str(call->http.method, route->method))
		return wrong_method(judge, call, route);
	if (route->content_type != NULL && !is_content_type(call->http.content_type, route->content_type)) {
		answer_plain(judge, call, 415, "this content type is not served here\n");
		return NULL;
	}
	if (route->content_type == json_media_type && !ent_connect_post(judge, call))
		return NULL;
	return route;
}

void
ent_route_json(struct ent_judge *judge, struct ent_call *call, json_t **out)
{
	json_error_t why;

	/* Integers as reals: a number in a member that we ignore must not be too large for us. */
	*out = json_loadb((const char *)call->http.body.data, call->http.body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL,
	    &why);
	if (json_is_object(*out))
		return;
	json_decref(*out);
	*out = NULL;
	ent_answer_connect(judge, call, "invalid_argument", "the body is not a JSON object", NULL);
}

const char *
ent_route_string(const json_t *object, const char *camel, const char *snake)
{
	const char *text = json_string_value(json_object_get(object, camel));

	return text != NULL ? text : json_string_value(json_object_get(object, snake));
}
