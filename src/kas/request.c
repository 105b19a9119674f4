/* requestBody of a rewrap: kas.UnsignedRewrapRequest (wire reference 2.3 and 5.9). */
#include "kas/json.h"
#include "kas/rewrap.h"

/* What a request in the single form answers under (wire reference 2.3, "V1 handling"). */
#define SINGLE_POLICY_ID "policy-1"
#define SINGLE_OBJECT_ID "kao-0"

static enum ent_status
parse_binding(struct ent_kao *out, struct ent_arena *arena, const json_t *kao, bool single, struct ent_error *err)
{
	const json_t *binding;

	ENT_TRY(ent_kas_json_member(&binding, kao, "policyBinding", "policy_binding", err));
	if (binding == NULL)
		return ENT_OK;
	if (json_is_object(binding)) {
		ENT_TRY(ent_kas_json_string(&out->binding_alg, arena, binding, "alg", "algorithm", err));
		return ent_kas_json_string(&out->binding_hash, arena, binding, "hash", "hash", err);
	}
	/* Manifests before 4.3.0 held a bare string; only the single form may still carry one. */
	if (!single || !json_is_string(binding))
		return ent_fail(err, ENT_E_SYNTAX, "invalid request body: policyBinding is not an object");
	return ent_arena_dup(arena, &out->binding_hash,
	    ent_view_from(json_string_value(binding), json_string_length(binding)), err);
}

static enum ent_status
parse_kao(struct ent_kao *out, struct ent_arena *arena, const json_t *kao, bool single, struct ent_error *err)
{
	const struct {
		const char *camel, *snake;
		struct ent_view *to;
	} texts[] = {
		{ "type", "key_type", &out->type },
		{ "url", "kas_url", &out->url },
		{ "protocol", "protocol", &out->protocol },
		{ "encryptedMetadata", "encrypted_metadata", &out->encrypted_metadata },
		{ "kid", "kid", &out->kid },
		{ "sid", "split_id", &out->sid },
		{ "schemaVersion", "schema_version", &out->schema_version },
		{ "ephemeralPublicKey", "ephemeral_public_key", &out->ephemeral_pem },
	};

	for (size_t i = 0; i < ENT_COUNT(texts); i++)
		ENT_TRY(ent_kas_json_string(texts[i].to, arena, kao, texts[i].camel, texts[i].snake, err));
	ENT_TRY(ent_kas_json_base64(&out->wrapped_key, arena, kao, "wrappedKey", "wrapped_key", err));
	return parse_binding(out, arena, kao, single, err);
}

static enum ent_status
parse_object(struct ent_rewrap_object *out, struct ent_arena *arena, const json_t *item, struct ent_error *err)
{
	const json_t *kao;

	if (!json_is_object(item))
		return ent_fail(err, ENT_E_SYNTAX, "invalid request body: a member of keyAccessObjects is not an object");
	ENT_TRY(ent_kas_json_string(&out->id, arena, item, "keyAccessObjectId", "key_access_object_id", err));
	ENT_TRY(ent_kas_json_object(&kao, item, "keyAccessObject", "key_access_object", err));
	out->present = kao != NULL;
	return out->present ? parse_kao(&out->kao, arena, kao, false, err) : ENT_OK;
}

static enum ent_status
parse_policy(struct ent_rewrap_policy *out, struct ent_arena *arena, const json_t *item, size_t *left, struct ent_error *err)
{
	const json_t *policy;
	const json_t *objects;
	void *memory;

	if (!json_is_object(item))
		return ent_fail(err, ENT_E_SYNTAX, "invalid request body: a member of requests is not an object");
	ENT_TRY(ent_kas_json_object(&policy, item, "policy", "policy", err));
	if (policy != NULL) {
		ENT_TRY(ent_kas_json_string(&out->id, arena, policy, "id", "id", err));
		ENT_TRY(ent_kas_json_string(&out->body_base64, arena, policy, "body", "body", err));
	}
	ENT_TRY(ent_kas_json_string(&out->algorithm, arena, item, "algorithm", "algorithm", err));
	ENT_TRY(ent_kas_json_array(&objects, item, "keyAccessObjects", "key_access_objects", err));
	if (json_array_size(objects) > *left)
		return ent_fail(err, ENT_E_LIMIT, "more than %d key access objects in one request", ENT_LIMIT_REWRAP_OBJECTS);
	*left -= json_array_size(objects);
	ENT_TRY(ent_arena_alloc(arena, &memory, json_array_size(objects), sizeof(*out->objects), err));
	out->objects = memory;
	for (; out->object_count < json_array_size(objects); out->object_count++)
		ENT_TRY(parse_object(&out->objects[out->object_count], arena, json_array_get(objects, out->object_count), err));
	return ENT_OK;
}

static enum ent_status
parse_bulk(struct ent_rewrap_request *out, struct ent_arena *arena, const json_t *requests, struct ent_error *err)
{
	size_t count = json_array_size(requests);
	size_t left = ENT_LIMIT_REWRAP_OBJECTS;
	void *memory;

	if (count > ENT_LIMIT_REWRAP_POLICIES)
		return ent_fail(err, ENT_E_LIMIT, "%zu policies in one request, limit %d", count, ENT_LIMIT_REWRAP_POLICIES);
	ENT_TRY(ent_arena_alloc(arena, &memory, count, sizeof(*out->policies), err));
	out->policies = memory;
	for (; out->policy_count < count; out->policy_count++)
		ENT_TRY(parse_policy(&out->policies[out->policy_count], arena, json_array_get(requests, out->policy_count),
		    &left, err));
	return ENT_OK;
}

/* The deprecated top-level members, as the one object of one policy. */
static enum ent_status
parse_single(struct ent_rewrap_request *out, struct ent_arena *arena, const json_t *root, struct ent_error *err)
{
	const json_t *kao;
	void *memory;

	ENT_TRY(ent_arena_alloc(arena, &memory, 1, sizeof(*out->policies), err));
	out->policies = memory;
	out->policies->id = ENT_LIT(SINGLE_POLICY_ID);
	ENT_TRY(ent_kas_json_string(&out->policies->body_base64, arena, root, "policy", "policy", err));
	ENT_TRY(ent_kas_json_string(&out->policies->algorithm, arena, root, "algorithm", "algorithm", err));
	ENT_TRY(ent_arena_alloc(arena, &memory, 1, sizeof(*out->policies->objects), err));
	out->policies->objects = memory;
	out->policies->objects->id = ENT_LIT(SINGLE_OBJECT_ID);
	ENT_TRY(ent_kas_json_object(&kao, root, "keyAccess", "key_access", err));
	out->policies->objects->present = kao != NULL;
	out->policies->object_count = 1;
	out->policy_count = 1;
	out->single_form = true;
	return kao != NULL ? parse_kao(&out->policies->objects->kao, arena, kao, true, err) : ENT_OK;
}

enum ent_status
ent_rewrap_request_parse(struct ent_rewrap_request *out, struct ent_arena *arena, struct ent_view body, struct ent_error *err)
{
	struct ent_rewrap_request request = { 0 };
	json_auto_t *root = NULL;
	const json_t *requests;

	ENT_TRY(ent_kas_json_load(&root, body, ENT_LIMIT_REWRAP_BODY, err));
	ENT_TRY(ent_kas_json_string(&request.client_public_key, arena, root, "clientPublicKey", "client_public_key", err));
	ENT_TRY(ent_kas_json_array(&requests, root, "requests", "requests", err));
	/* With `requests` the top-level members are only a mirror for old servers and are not looked at. */
	if (json_array_size(requests) > 0)
		ENT_TRY(parse_bulk(&request, arena, requests, err));
	else
		ENT_TRY(parse_single(&request, arena, root, err));
	*out = request;
	return ENT_OK;
}

static enum ent_status
set_given(json_t *object, const char *key, struct ent_view text, struct ent_error *err)
{
	return text.len > 0 ? ent_kas_json_set_view(object, key, text, err) : ENT_OK; /* proto3 JSON omits defaults */
}

static enum ent_status
print_kao(json_t *to, const struct ent_kao *kao, struct ent_error *err)
{
	json_t *binding;

	ENT_TRY(set_given(to, "type", kao->type, err));
	ENT_TRY(set_given(to, "url", kao->url, err));
	ENT_TRY(set_given(to, "protocol", kao->protocol, err));
	ENT_TRY(set_given(to, "wrappedKey", kao->wrapped_key, err));
	if (kao->binding_alg.len > 0 || kao->binding_hash.len > 0) {
		binding = json_object();
		ENT_TRY(ent_kas_json_set(to, "policyBinding", binding, err));
		ENT_TRY(set_given(binding, "alg", kao->binding_alg, err));
		ENT_TRY(set_given(binding, "hash", kao->binding_hash, err));
	}
	ENT_TRY(set_given(to, "kid", kao->kid, err));
	ENT_TRY(set_given(to, "sid", kao->sid, err));
	ENT_TRY(set_given(to, "encryptedMetadata", kao->encrypted_metadata, err));
	return set_given(to, "ephemeralPublicKey", kao->ephemeral_pem, err);
}

static enum ent_status
print_policy(json_t *to, const struct ent_rewrap_policy *policy, struct ent_error *err)
{
	json_t *about = json_object();
	json_t *objects;

	ENT_TRY(ent_kas_json_set(to, "policy", about, err));
	objects = json_array();
	ENT_TRY(ent_kas_json_set(to, "keyAccessObjects", objects, err));
	ENT_TRY(ent_kas_json_set_view(about, "id", policy->id, err));
	ENT_TRY(ent_kas_json_set_view(about, "body", policy->body_base64, err));
	ENT_TRY(set_given(to, "algorithm", policy->algorithm, err));
	for (size_t i = 0; i < policy->object_count; i++) {
		json_t *item = json_object();
		json_t *kao;

		ENT_TRY(ent_kas_json_append(objects, item, err));
		ENT_TRY(ent_kas_json_set_view(item, "keyAccessObjectId", policy->objects[i].id, err));
		if (!policy->objects[i].present)
			continue;
		kao = json_object();
		ENT_TRY(ent_kas_json_set(item, "keyAccessObject", kao, err));
		ENT_TRY(print_kao(kao, &policy->objects[i].kao, err));
	}
	return ENT_OK;
}

static enum ent_status
print_single(json_t *root, const struct ent_rewrap_policy *policy, struct ent_error *err)
{
	json_t *kao;

	ENT_TRY(ent_kas_json_set_view(root, "policy", policy->body_base64, err));
	ENT_TRY(set_given(root, "algorithm", policy->algorithm, err));
	if (!policy->objects->present)
		return ENT_OK;
	kao = json_object();
	ENT_TRY(ent_kas_json_set(root, "keyAccess", kao, err));
	return print_kao(kao, &policy->objects->kao, err);
}

enum ent_status
ent_rewrap_request_print(struct ent_buf *out, const struct ent_rewrap_request *request, struct ent_error *err)
{
	json_auto_t *root = json_object();
	json_t *requests;

	if (root == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	ENT_TRY(ent_kas_json_set_view(root, "clientPublicKey", request->client_public_key, err));
	if (request->single_form) {
		ENT_ASSERT(request->policy_count == 1 && request->policies->object_count == 1);
		ENT_TRY(print_single(root, request->policies, err));
		return ent_kas_json_dump(out, root, err);
	}
	requests = json_array();
	ENT_TRY(ent_kas_json_set(root, "requests", requests, err));
	for (size_t i = 0; i < request->policy_count; i++) {
		json_t *item = json_object();

		ENT_TRY(ent_kas_json_append(requests, item, err));
		ENT_TRY(print_policy(item, &request->policies[i], err));
	}
	return ent_kas_json_dump(out, root, err);
}
