/* The bodies of kas.AccessService/Rewrap (wire reference 2.3 to 2.5), proto3 JSON, shared by client, judge and keyholder. */
#ifndef ENT_KAS_REWRAP_H
#define ENT_KAS_REWRAP_H

#include "base/arena.h"
#include "base/buf.h"
#include "tdf/manifest.h"

#define ENT_LIMIT_REWRAP_BODY (1u << 20) /* bytes of requestBody */
#define ENT_LIMIT_REWRAP_POLICIES 64
#define ENT_LIMIT_REWRAP_OBJECTS 256     /* in one request, over all policies */
#define ENT_LIMIT_REWRAP_RESPONSE (4u << 20) /* bytes of an answer */

struct ent_rewrap_object {
	struct ent_view id; /* keyAccessObjectId */
	bool present;       /* keyAccessObject is there and not null */
	struct ent_kao kao;
};
struct ent_rewrap_policy {
	struct ent_view id;          /* policy.id; requests with an empty one are skipped by the caller */
	struct ent_view body_base64; /* the manifest's policy string, verbatim */
	struct ent_view algorithm;
	struct ent_rewrap_object *objects;
	size_t object_count;
};
struct ent_rewrap_request {
	struct ent_view client_public_key; /* PEM */
	struct ent_rewrap_policy *policies;
	size_t policy_count;
	bool single_form; /* only the deprecated top-level members were there */
};
/* Parse the requestBody string. Unknown members ignored, null = absent, lowerCamel and snake_case names. ENT_E_SYNTAX, ENT_E_LIMIT. */
ENT_MUST_USE enum ent_status ent_rewrap_request_parse(struct ent_rewrap_request *out, struct ent_arena *arena, struct ent_view body, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_rewrap_request_print(struct ent_buf *out, const struct ent_rewrap_request *request, struct ent_error *err);

struct ent_rewrap_result {
	struct ent_view object_id;
	bool permit;
	struct ent_view wrapped;       /* bytes; when permit */
	struct ent_view error;         /* the wire's error text; when not */
	struct ent_view metadata_json; /* the value of metadata["entente"], a JSON object; may be empty */
};
struct ent_rewrap_policy_result {
	struct ent_view policy_id;
	struct ent_rewrap_result *results;
	size_t result_count;
};
struct ent_rewrap_response {
	struct ent_view session_public_key; /* PEM; empty for none */
	struct ent_rewrap_policy_result *policies;
	size_t policy_count;
};
ENT_MUST_USE enum ent_status ent_rewrap_response_parse(struct ent_rewrap_response *out, struct ent_arena *arena, struct ent_view body, struct ent_error *err);
/* Every result gets metadata["X-Required-Obligations"] = [] and, where given, metadata["entente"]. */
ENT_MUST_USE enum ent_status ent_rewrap_response_print(struct ent_buf *out, const struct ent_rewrap_response *response, struct ent_error *err);

/* The per-object error strings that clients match textually (wire reference 2.5). */
extern const char ent_wire_bad_request[]; /* "invalid_argument: request error\nrpc error: code = InvalidArgument desc = bad request" */
extern const char ent_wire_forbidden[];   /* "permission_denied: request error\nrpc error: code = PermissionDenied desc = forbidden" */
extern const char ent_wire_unavailable[]; /* "internal: internal error\nrpc error: code = Internal desc = internal: auth-service-unavailable" */
/* "invalid_argument: request error\nrpc error: code = InvalidArgument desc = <text>" */
ENT_MUST_USE enum ent_status ent_wire_invalid(struct ent_buf *out, const char *text, struct ent_error *err);

#endif
