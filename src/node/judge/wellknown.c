/* What anybody may know: discovery, public keys, and the list of the members' nodes (wire reference 2.2, 4.1, 5.9). */
#include <stdio.h>

#include "node/judge/judge.h"

#define LIST_LIMIT_MAX 1000

/* The configuration itself. No base_key: one node's key alone would make files that a single member can open. */
static json_t *
configuration(const struct ent_judge *judge)
{
	struct ent_view issuer = ent_judge_own_issuer(judge);
	json_t *all = json_pack("{s:{s:s}, s:b, s:[s], s:b}", "health", "endpoint", "/healthz", "supports_dpop", 1,
	    "dpop_signing_alg_values_supported", "ES256", "dpop_nonce_required", 0);
	json_t *idp;

	if (all == NULL || issuer.len == 0)
		return all;
	json_object_set_new(all, "platform_issuer", json_stringn((const char *)issuer.data, issuer.len));
	idp = ent_issuer_discovery(judge);
	if (idp == NULL || json_object_set_new(all, "idp", idp) != 0) {
		json_decref(all);
		return NULL;
	}
	return all;
}

enum ent_status
ent_wellknown_rpc(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	json_auto_t *body = NULL;
	json_auto_t *answer = NULL;

	(void)err;
	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	answer = json_pack("{s:o}", "configuration", configuration(judge));
	ent_answer_json(judge, call, 200, answer);
	return ENT_OK;
}

/* Current platforms serve the bare members, older clients read a member `configuration`: both are there. */
enum ent_status
ent_wellknown_get(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	json_auto_t *bare = configuration(judge);
	json_auto_t *answer = json_copy(bare);

	if (answer == NULL || json_object_set(answer, "configuration", bare) != 0)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the configuration");
	ent_answer_json(judge, call, 200, answer);
	return ENT_OK;
}

/* The key that writers take too: the newest that the own party's statements publish, if the keyholder still has it. */
static enum ent_status
published_key(struct ent_judge *judge, const struct ent_member_key **out, enum ent_key_type type, struct ent_error *err)
{
	const struct ent_state *state;

	*out = NULL;
	ENT_TRY(ent_judge_state(judge, &state, err));
	*out = ent_state_kas_key(state, judge->self, type);
	if (*out != NULL && !ent_judge_has_key(judge, (*out)->kid))
		*out = NULL;
	return ENT_OK;
}

static enum ent_status
answer_key(struct ent_judge *judge, struct ent_call *call, const struct ent_member_key *key, bool with_kid,
    struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) pubkey = NULL;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	json_auto_t *answer = NULL;

	ENT_TRY(ent_pubkey_from_spki(&pubkey, key->public_key, err));
	ENT_TRY(ent_pubkey_pem(pubkey, &pem, err));
	answer = json_pack("{s:s%}", "publicKey", (const char *)pem.data, pem.len);
	if (answer != NULL && with_kid)
		json_object_set_new(answer, "kid", json_stringn((const char *)key->kid.data, key->kid.len));
	ent_answer_json(judge, call, 200, answer);
	return ENT_OK;
}

/* The key of the algorithm that the request names. NULL: answered that there is none. */
static enum ent_status
asked_key(struct ent_judge *judge, struct ent_call *call, const json_t *body, const struct ent_member_key **out,
    struct ent_error *err)
{
	const char *algorithm = ent_route_string(body, "algorithm", "algorithm");
	enum ent_key_type type;

	*out = NULL;
	if (algorithm == NULL || algorithm[0] == '\0')
		algorithm = "rsa:2048";
	if (ent_key_type_from_wire(&type, ent_view_str(algorithm), NULL) == ENT_OK)
		ENT_TRY(published_key(judge, out, type, err));
	if (*out == NULL)
		ent_answer_connect(judge, call, "not_found", "invalid algorithm or format", NULL);
	return ENT_OK;
}

enum ent_status
ent_public_key(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	json_auto_t *body = NULL;
	const struct ent_member_key *key;
	const char *version;

	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	version = ent_route_string(body, "v", "v");
	ENT_TRY(asked_key(judge, call, body, &key, err));
	return key != NULL ? answer_key(judge, call, key, version == NULL || strcmp(version, "1") != 0, err) : ENT_OK;
}

/*
 * google.protobuf.StringValue: in JSON a bare string. For EC keys the platform answers a certificate; nobody certifies this
 * node's keys but its member's statements, so it is the key itself, which clients that read certificates take as well.
 */
enum ent_status
ent_legacy_public_key(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) pubkey = NULL;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	json_auto_t *body = NULL;
	json_auto_t *answer = NULL;
	const struct ent_member_key *key;

	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	ENT_TRY(asked_key(judge, call, body, &key, err));
	if (key == NULL)
		return ENT_OK;
	ENT_TRY(ent_pubkey_from_spki(&pubkey, key->public_key, err));
	ENT_TRY(ent_pubkey_pem(pubkey, &pem, err));
	answer = json_stringn((const char *)pem.data, pem.len);
	ent_answer_json(judge, call, 200, answer);
	return ENT_OK;
}

/* Clients ask before their first call (wire reference 3.2). Whoever gets an answer has reached edge and judge. */
enum ent_status
ent_health(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	json_auto_t *body = NULL;
	json_auto_t *answer = json_pack("{s:s}", "status", "SERVING");
	const char *service;

	(void)err;
	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	service = ent_route_string(body, "service", "service");
	if (service == NULL || service[0] == '\0' || strcmp(service, "all") == 0)
		ent_answer_json(judge, call, 200, answer);
	else
		ent_answer_connect(judge, call, "not_found", "unknown service", NULL);
	return ENT_OK;
}

/* Ids must look like UUIDs to stock clients: an RFC 9562 version 8 one, from the name, the same at every node. */
static void
server_id(char out[ENT_UUID_TEXT_SIZE], struct ent_view name)
{
	struct ent_view parts[] = { ENT_LIT("entente key access server\n"), name };
	struct ent_hash hash;
	const uint8_t *b = hash.bytes;

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	hash.bytes[6] = (uint8_t)((hash.bytes[6] & 0x0f) | 0x80);
	hash.bytes[8] = (uint8_t)((hash.bytes[8] & 0x3f) | 0x80);
	snprintf(out, ENT_UUID_TEXT_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
	    b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static json_t *
server_json(const struct ent_party *member)
{
	char id[ENT_UUID_TEXT_SIZE];

	server_id(id, member->name);
	return json_pack("{s:s, s:s%, s:s%}", "id", id, "uri", (const char *)member->node.data, member->node.len, "name",
	    (const char *)member->name.data, member->name.len);
}

static size_t
page_number(const json_t *pagination, const char *name, size_t otherwise)
{
	double value = json_number_value(json_object_get(pagination, name));

	return value >= 1 && value < LIST_LIMIT_MAX ? (size_t)value : otherwise;
}

enum ent_status
ent_list_servers(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(judge->mirror));
	json_auto_t *body = NULL;
	json_auto_t *servers = json_array();
	json_auto_t *page = json_pack("{s:i}", "total", (int)epoch->member_count);
	json_auto_t *answer = NULL;
	size_t at, end;
	int failed = servers == NULL || page == NULL;

	ent_route_json(judge, call, &body);
	if (body == NULL)
		return ENT_OK;
	at = page_number(json_object_get(body, "pagination"), "offset", 0);
	end = at + page_number(json_object_get(body, "pagination"), "limit", LIST_LIMIT_MAX);
	if (!failed && at > 0)
		failed = json_object_set_new(page, "currentOffset", json_integer((json_int_t)at));
	if (!failed && end < epoch->member_count)
		failed = json_object_set_new(page, "nextOffset", json_integer((json_int_t)end));
	for (; !failed && at < epoch->member_count && at < end; at++)
		failed = json_array_append_new(servers, server_json(&epoch->members[at]));
	answer = failed ? NULL : json_pack("{s:O, s:O}", "keyAccessServers", servers, "pagination", page);
	if (answer == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the list of nodes");
	ent_answer_json(judge, call, 200, answer);
	return ENT_OK;
}
