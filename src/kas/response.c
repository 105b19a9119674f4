/* The answer of a rewrap: kas.RewrapResponse (wire reference 2.5 and appendix B). */
#include "codec/base64.h"
#include "kas/json.h"
#include "kas/rewrap.h"

#define OBLIGATIONS "X-Required-Obligations"
#define ENTENTE "entente"
#define PERMIT "permit"
#define FAIL "fail"

static enum ent_status
parse_metadata(struct ent_rewrap_result *out, struct ent_arena *arena, const json_t *item, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_REWRAP_RESPONSE);
	const json_t *metadata;
	const json_t *ours;

	ENT_TRY(ent_kas_json_object(&metadata, item, "metadata", "metadata", err));
	ours = json_object_get(metadata, ENTENTE);
	/* A stock server may put anything there: what is not an object is not ours. */
	if (!json_is_object(ours))
		return ENT_OK;
	ENT_TRY(ent_kas_json_dump(&text, ours, err));
	return ent_arena_dup(arena, &out->metadata_json, ent_buf_view(&text), err);
}

static enum ent_status
parse_result(struct ent_rewrap_result *out, struct ent_arena *arena, const json_t *item, struct ent_error *err)
{
	struct ent_view status;
	struct ent_view wrapped;

	if (!json_is_object(item))
		return ent_fail(err, ENT_E_SYNTAX, "a member of results is not an object");
	ENT_TRY(ent_kas_json_string(&out->object_id, arena, item, "keyAccessObjectId", "key_access_object_id", err));
	ENT_TRY(ent_kas_json_string(&status, arena, item, "status", "status", err));
	ENT_TRY(ent_kas_json_base64(&wrapped, arena, item, "kasWrappedKey", "kas_wrapped_key", err));
	ENT_TRY(ent_kas_json_string(&out->error, arena, item, "error", "error", err));
	ENT_TRY(parse_metadata(out, arena, item, err));
	out->permit = ent_view_eq_str(status, PERMIT);
	if (!out->permit && !ent_view_eq_str(status, FAIL))
		return ent_fail(err, ENT_E_SYNTAX, "a result with the unknown status \"%.*s\"", ENT_FMT(ent_view_slice(status, 0, 40)));
	if (out->permit != (wrapped.len > 0))
		return ent_fail(err, ENT_E_SYNTAX, "a result that says %s and has %s wrapped key", out->permit ? PERMIT : FAIL,
		    wrapped.len > 0 ? "a" : "no");
	return wrapped.len > 0 ? ent_base64_decode_arena(arena, &out->wrapped, ENT_BASE64_STD, wrapped, err) : ENT_OK;
}

static enum ent_status
parse_policy_result(struct ent_rewrap_policy_result *out, struct ent_arena *arena, const json_t *item, size_t *left,
    struct ent_error *err)
{
	const json_t *results;
	void *memory;

	if (!json_is_object(item))
		return ent_fail(err, ENT_E_SYNTAX, "a member of responses is not an object");
	ENT_TRY(ent_kas_json_string(&out->policy_id, arena, item, "policyId", "policy_id", err));
	ENT_TRY(ent_kas_json_array(&results, item, "results", "results", err));
	if (json_array_size(results) > *left)
		return ent_fail(err, ENT_E_LIMIT, "more than %d results in one answer", ENT_LIMIT_REWRAP_OBJECTS);
	*left -= json_array_size(results);
	ENT_TRY(ent_arena_alloc(arena, &memory, json_array_size(results), sizeof(*out->results), err));
	out->results = memory;
	for (; out->result_count < json_array_size(results); out->result_count++)
		ENT_TRY(parse_result(&out->results[out->result_count], arena, json_array_get(results, out->result_count), err));
	return ENT_OK;
}

enum ent_status
ent_rewrap_response_parse(struct ent_rewrap_response *out, struct ent_arena *arena, struct ent_view body, struct ent_error *err)
{
	struct ent_rewrap_response response = { 0 };
	json_auto_t *root = NULL;
	const json_t *policies;
	size_t left = ENT_LIMIT_REWRAP_OBJECTS;
	void *memory;

	ENT_TRY(ent_kas_json_load(&root, body, ENT_LIMIT_REWRAP_RESPONSE, err));
	ENT_TRY(ent_kas_json_string(&response.session_public_key, arena, root, "sessionPublicKey", "session_public_key", err));
	ENT_TRY(ent_kas_json_array(&policies, root, "responses", "responses", err));
	if (json_array_size(policies) > ENT_LIMIT_REWRAP_POLICIES)
		return ent_fail(err, ENT_E_LIMIT, "an answer for %zu policies, limit %d", json_array_size(policies),
		    ENT_LIMIT_REWRAP_POLICIES);
	ENT_TRY(ent_arena_alloc(arena, &memory, json_array_size(policies), sizeof(*response.policies), err));
	response.policies = memory;
	for (; response.policy_count < json_array_size(policies); response.policy_count++)
		ENT_TRY(parse_policy_result(&response.policies[response.policy_count], arena,
		    json_array_get(policies, response.policy_count), &left, err));
	*out = response;
	return ENT_OK;
}

static enum ent_status
print_metadata(json_t *to, struct ent_view ours, struct ent_error *err)
{
	json_t *metadata = json_object();
	json_t *value = NULL;

	ENT_TRY(ent_kas_json_set(to, "metadata", metadata, err));
	ENT_TRY(ent_kas_json_set(metadata, OBLIGATIONS, json_array(), err));
	if (ours.len == 0)
		return ENT_OK;
	ENT_TRY(ent_kas_json_load(&value, ours, ENT_LIMIT_REWRAP_RESPONSE, err));
	return ent_kas_json_set(metadata, ENTENTE, value, err);
}

static enum ent_status
set_bytes(json_t *to, const char *key, struct ent_view bytes, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_REWRAP_RESPONSE);

	ENT_TRY(ent_base64_encode(&text, ENT_BASE64_STD, bytes, err));
	return ent_kas_json_set_view(to, key, ent_buf_view(&text), err);
}

static enum ent_status
print_result(json_t *to, const struct ent_rewrap_result *result, struct ent_error *err)
{
	ENT_TRY(ent_kas_json_set_view(to, "keyAccessObjectId", result->object_id, err));
	ENT_TRY(ent_kas_json_set(to, "status", json_string(result->permit ? PERMIT : FAIL), err));
	if (result->permit)
		ENT_TRY(set_bytes(to, "kasWrappedKey", result->wrapped, err));
	else
		ENT_TRY(ent_kas_json_set_view(to, "error", result->error, err));
	return print_metadata(to, result->metadata_json, err);
}

static enum ent_status
print_policy_result(json_t *to, const struct ent_rewrap_policy_result *policy, struct ent_error *err)
{
	json_t *results;

	ENT_TRY(ent_kas_json_set_view(to, "policyId", policy->policy_id, err));
	results = json_array();
	ENT_TRY(ent_kas_json_set(to, "results", results, err));
	for (size_t i = 0; i < policy->result_count; i++) {
		json_t *item = json_object();

		ENT_TRY(ent_kas_json_append(results, item, err));
		ENT_TRY(print_result(item, &policy->results[i], err));
	}
	return ENT_OK;
}

enum ent_status
ent_rewrap_response_print(struct ent_buf *out, const struct ent_rewrap_response *response, struct ent_error *err)
{
	json_auto_t *root = json_object();
	json_t *policies;

	if (root == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	ENT_TRY(ent_kas_json_set_view(root, "sessionPublicKey", response->session_public_key, err));
	policies = json_array();
	ENT_TRY(ent_kas_json_set(root, "responses", policies, err));
	for (size_t i = 0; i < response->policy_count; i++) {
		json_t *item = json_object();

		ENT_TRY(ent_kas_json_append(policies, item, err));
		ENT_TRY(print_policy_result(item, &response->policies[i], err));
	}
	return ent_kas_json_dump(out, root, err);
}
