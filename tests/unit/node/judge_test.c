/* The judge with its real logger and keyholder: what it answers, what it refuses, and what stands in the access log then. */
#include "judge_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/base64.h"
#include "codec/time.h"
#include "crypto/wrap.h"
#include "kas/rewrap.h"
#include "tdf/policy.h"

#define REWRAP "/kas.AccessService/Rewrap"
#define SEAL "/entente.v1.SealService/Seal"
#define LIST "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers"
#define FQN "https://aukus.example/attr/project/value/quantum"
#define CUSTODY "originator and 2 of au.example uk.example us.example"
#define TEXT_MAX 65535
#define must(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, err.text);                                      \
			fail();                                                                                        \
		}                                                                                                      \
	} while (0)

static int
setup(void **state)
{
	struct node *node = calloc(1, sizeof(*node));

	node_init(node, true);
	node_start(node);
	*state = node;
	return 0;
}

static int
teardown(void **state)
{
	node_fini(*state);
	free(*state);
	return 0;
}

static const char *
text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	assert_non_null(text);
	return text;
}

/* ---- a file ---- */

struct file {
	char uuid[ENT_UUID_TEXT_SIZE];
	struct ent_secret *shares[2]; /* split 1: uk or us; split 2: au, the originator */
	struct ent_buf seal_text;
	struct ent_buf policy; /* base64 */
	struct ent_pubkey *ephemeral;
	uint8_t wrapped[ENT_EC_WRAP_LEN];
	char binding[ENT_BINDING_SIZE];
};

static void
file_text(struct file *file, const struct node *node, int64_t created)
{
	struct ent_doc doc = { .kind = ENT_DOC_FILE };
	struct ent_split_line splits[2] = { { ENT_LIT("1"), { { 0 } } }, { ENT_LIT("2"), { { 0 } } } };
	struct ent_view attribute = ENT_LIT(FQN);

	for (int i = 0; i < 2; i++)
		ent_split_hash(&splits[i].hash, file->shares[i]);
	doc.file = (struct ent_file_doc){ .charter = node->genesis, .uuid = ent_view_str(file->uuid), .originator = ENT_LIT("au.example"),
		.project = ENT_LIT("quantum"), .proposal = node->proposal, .custody = ENT_LIT(CUSTODY), .splits = splits, .split_count = 2,
		.attributes = &attribute, .attribute_count = 1, .view = node_view(node), .created_unix_s = created };
	must(ent_doc_print(&file->seal_text, &doc, &err));
}

static void
file_init(struct file *file, const struct node *node)
{
	*file = (struct file){ .seal_text = ent_buf_with_max(TEXT_MAX), .policy = ent_buf_with_max(TEXT_MAX) };
	must(ent_uuid_random(file->uuid, &err));
	for (int i = 0; i < 2; i++)
		must(ent_secret_random(&file->shares[i], ENT_SHARE_LEN, &err));
	file_text(file, node, node_now(node));
}

/* Policy, wrap and binding around a seal. */
static void
file_close(struct file *file, struct ent_view note)
{
	struct ent_view attribute = ENT_LIT(FQN);

	must(ent_policy_build(&file->policy, ent_view_str(file->uuid), &attribute, 1, NULL, 0, note, &err));
	must(ent_wrap_ec(file->wrapped, &file->ephemeral, ent_key_public(world_keys(AU)->kas), file->shares[1], &err));
	ent_binding_make(file->binding, file->shares[1], ent_buf_view(&file->policy));
}

static void
file_fini(struct file *file)
{
	for (int i = 0; i < 2; i++)
		ent_secret_free(file->shares[i]);
	ent_pubkey_free(file->ephemeral);
	ent_buf_fini(&file->seal_text);
	ent_buf_fini(&file->policy);
}

static char *
cstr(struct ent_buf *buf)
{
	const char *text = NULL;

	must(ent_buf_cstr(buf, &text, &err));
	return strdup(text);
}

static char *
wrap_json(const char *name, char *value)
{
	json_t *json = json_pack("{s:s}", name, value);
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	free(value);
	return text;
}

static char *
seal_body(const struct node *node, const struct person *person, struct file *file)
{
	char *text = cstr(&file->seal_text);
	char *token = signed_claim(node, person->key, "text", text, 60);

	free(text);
	return wrap_json("sealToken", token);
}

static struct reply
ask_seal(struct node *node, const struct person *person, struct file *file)
{
	char *body = seal_body(node, person, file);
	struct reply reply = person_ask(node, person, SEAL, body);

	free(body);
	return reply;
}

/* A file sealed by the node itself. */
static void
file_sealed(struct file *file, struct node *node)
{
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct reply reply;

	file_init(file, node);
	reply = ask_seal(node, &alice, file);
	if (reply.status != 200)
		print_error("%s\n", reply.body);
	assert_int_equal(reply.status, 200);
	file_close(file, ent_view_str(text_of(reply.json, "note")));
	reply_fini(&reply);
	person_fini(&alice);
}

/* ---- a rewrap request ---- */

struct opening {
	struct ent_key *session;
	const char *sid;  /* NULL: 2 */
	const char *kid;  /* NULL: the node's */
	const char *url;  /* NULL: the node's */
	size_t copies;    /* of the policy; 0: 1 */
};

static struct ent_rewrap_object
make_object(const struct file *file, const struct opening *o, struct ent_buf *pem, struct ent_buf *wrapped, const char *kid)
{
	struct ent_rewrap_object object = { .id = ENT_LIT("kao-0"), .present = true };

	must(ent_pubkey_pem(file->ephemeral, pem, &err));
	must(ent_base64_encode(wrapped, ENT_BASE64_STD, ent_view_from(file->wrapped, sizeof(file->wrapped)), &err));
	object.kao = (struct ent_kao){ .type = ENT_LIT("ec-wrapped"), .url = ent_view_str(o->url ? o->url : NODE_URL), .protocol = ENT_LIT("kas"),
		.wrapped_key = ent_buf_view(wrapped), .binding_alg = ENT_LIT("HS256"), .binding_hash = ent_view_str(file->binding),
		.kid = ent_view_str(o->kid ? o->kid : kid), .sid = ent_view_str(o->sid ? o->sid : "2"), .ephemeral_pem = ent_buf_view(pem) };
	return object;
}

/* The requestBody; a fresh session key goes into o. */
static char *
request_body(const struct file *file, struct opening *o)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(2048);
	ENT_AUTO_FINI(ent_buf) session_pem = ent_buf_with_max(2048);
	ENT_AUTO_FINI(ent_buf) wrapped = ent_buf_with_max(2048);
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(ENT_LIMIT_REWRAP_BODY);
	struct ent_rewrap_policy policies[4];
	struct ent_rewrap_request request = { .policies = policies, .policy_count = o->copies ? o->copies : 1 };
	struct ent_rewrap_object object;
	char kid[ENT_KID_SIZE];

	ent_pubkey_kid(kid, ent_key_public(world_keys(AU)->kas));
	must(ent_key_generate(&o->session, ENT_KEY_EC_P256, &err));
	must(ent_pubkey_pem(ent_key_public(o->session), &session_pem, &err));
	object = make_object(file, o, &pem, &wrapped, kid);
	for (size_t i = 0; i < request.policy_count; i++)
		policies[i] = (struct ent_rewrap_policy){ .id = i == 0 ? ENT_LIT("policy") : ENT_LIT("policy-1"),
			.body_base64 = ent_buf_view(&file->policy), .objects = &object, .object_count = 1 };
	request.client_public_key = ent_buf_view(&session_pem);
	must(ent_rewrap_request_print(&body, &request, &err));
	return cstr(&body);
}

static char *
rewrap_body(const struct node *node, const struct ent_key *key, const struct file *file, struct opening *o)
{
	char *request = request_body(file, o);
	char *token = signed_claim(node, key, "requestBody", request, 60);

	free(request);
	return wrap_json("signedRequestToken", token);
}

static struct reply
ask_rewrap(struct node *node, const struct person *person, const struct file *file, struct opening *o)
{
	char *body = rewrap_body(node, person->key, file, o);
	struct reply reply = person_ask(node, person, REWRAP, body);

	free(body);
	return reply;
}

static const json_t *
result_of(const struct reply *reply, size_t policy)
{
	if (reply->status != 200)
		print_error("%d %s\n", reply->status, reply->body);
	assert_int_equal(reply->status, 200);
	return json_array_get(json_object_get(json_array_get(json_object_get(reply->json, "responses"), policy), "results"), 0);
}

static bool
has_reason(const json_t *result, const char *code)
{
	const json_t *entente = json_object_get(json_object_get(result, "metadata"), "entente");
	const json_t *reasons = json_object_get(entente, "reasons");

	assert_string_equal(text_of(entente, "request_id"), "11111111-2222-4333-8444-555555555555");
	for (size_t i = 0; i < json_array_size(reasons); i++)
		if (strcmp(text_of(json_array_get(reasons, i), "code"), code) == 0)
			return true;
	return false;
}

static void
assert_opens(const struct reply *reply, size_t policy, const struct file *file, const struct opening *o)
{
	const json_t *result = result_of(reply, policy);
	ENT_AUTO(ent_pubkey) ephemeral = NULL;
	ENT_AUTO(ent_secret) share = NULL;
	uint8_t wrapped[ENT_EC_WRAP_LEN];

	if (strcmp(text_of(result, "status"), "permit") != 0)
		print_error("%s\n", reply->body);
	assert_string_equal(text_of(result, "status"), "permit");
	must(ent_pubkey_from_pem(&ephemeral, ent_view_str(text_of(reply->json, "sessionPublicKey")), &err));
	must(ent_base64_decode_exact(wrapped, sizeof(wrapped), ENT_BASE64_STD, ent_view_str(text_of(result, "kasWrappedKey")), &err));
	must(ent_unwrap_ec(&share, o->session, ephemeral, ent_view_from(wrapped, sizeof(wrapped)), &err));
	assert_true(ent_equal_ct(ent_secret_view(share), ent_secret_view(file->shares[1])));
}

static void
assert_refused(const struct reply *reply, const char *error, const char *code)
{
	const json_t *result = result_of(reply, 0);

	assert_string_equal(text_of(result, "status"), "fail");
	assert_string_equal(text_of(result, "error"), error);
	assert_null(json_object_get(result, "kasWrappedKey"));
	assert_true(has_reason(result, code));
}

static void
assert_entry(const struct node *node, uint64_t index, const char *result)
{
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(TEXT_MAX);
	char line[64];

	access_entry(node, index, &entry);
	snprintf(line, sizeof(line), "\nresult %s\n", result);
	assert_non_null(strstr((const char *)entry.data, line));
}

static void
assert_record_has(const struct node *node, uint64_t index, const char *line)
{
	ENT_AUTO_FINI(ent_buf) record = ent_buf_with_max(TEXT_MAX);

	access_record(node, index, &record);
	if (strstr((const char *)record.data, line) == NULL)
		print_error("%s\nlacks: %s\n", (const char *)record.data, line);
	assert_non_null(strstr((const char *)record.data, line));
}

/* ---- opening and refusing ---- */

static void
seals_and_opens_a_file_and_logs_both(void **state)
{
	struct node *node = *state;
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	struct opening o = { 0 };
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	assert_int_equal(access_size(node), 1);
	reply = ask_rewrap(node, &bob, &file, &o);
	assert_opens(&reply, 0, &file, &o);
	assert_true(has_reason(result_of(&reply, 0), "project-in-force"));
	/* the entry was there before the answer */
	assert_int_equal(access_size(node), 2);
	assert_entry(node, 0, "sealed");
	assert_entry(node, 1, "released");
	assert_record_has(node, 1, "\nperson bob@uk.example\n");
	assert_record_has(node, 1, "\nshare 2 e-");
	assert_record_has(node, 1, "\nattribute " FQN "\n");
	access_verify(node);
	reply_fini(&reply);
	ent_key_free(o.session);
	file_fini(&file);
	person_fini(&bob);
}

static void
refuses_a_person_without_the_project_with_reasons_and_an_entry(void **state)
{
	struct node *node = *state;
	struct person carol = person_make(node, &(struct person_claims){ .party = UK, .sub = "carol", .project = "" });
	struct opening o = { 0 };
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	reply = ask_rewrap(node, &carol, &file, &o);
	assert_refused(&reply, ent_wire_forbidden, "person-project");
	assert_entry(node, 1, "refused");
	assert_record_has(node, 1, "\nreason person-project ");
	access_verify(node);
	reply_fini(&reply);
	ent_key_free(o.session);
	file_fini(&file);
	person_fini(&carol);
}

static void
refuses_objects_that_are_not_this_nodes(void **state)
{
	struct node *node = *state;
	struct opening openings[] = { { .sid = "1" }, { .kid = "e-0123456789abcdef" }, { .url = "https://node.uk.example" } };
	static const char *const codes[] = { "not-a-holder", "key-unknown", "binding" };
	struct file file;

	file_sealed(&file, node);
	for (size_t i = 0; i < ENT_COUNT(openings); i++) {
		struct person alice = person_make(node, &(struct person_claims){ .party = AU });
		struct reply reply = ask_rewrap(node, &alice, &file, &openings[i]);

		assert_refused(&reply, i == 0 ? ent_wire_forbidden : ent_wire_bad_request, codes[i]);
		assert_entry(node, 1 + i, "refused");
		reply_fini(&reply);
		ent_key_free(openings[i].session);
		person_fini(&alice);
	}
	file_fini(&file);
}

static void
refuses_a_changed_policy_wrap_or_binding(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct file file;

	file_sealed(&file, node);
	for (int way = 0; way < 3; way++) {
		struct opening o = { 0 };
		struct reply reply;

		if (way == 0)
			file.wrapped[20] ^= 1;
		if (way == 1)
			file.binding[3] ^= 1;
		if (way == 2) {
			ent_buf_clear(&file.policy);
			must(ent_buf_add_str(&file.policy, "bm8gcG9saWN5", &err));
		}
		reply = ask_rewrap(node, &alice, &file, &o);
		assert_refused(&reply, ent_wire_bad_request, way == 2 ? "policy-malformed" : "binding");
		assert_entry(node, 1 + (uint64_t)way, "refused");
		if (way == 0)
			file.wrapped[20] ^= 1;
		if (way == 1)
			file.binding[3] ^= 1;
		reply_fini(&reply);
		ent_key_free(o.session);
	}
	access_verify(node);
	file_fini(&file);
	person_fini(&alice);
}

static void
seals_a_uuid_once(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	reply = ask_seal(node, &alice, &file);
	assert_int_equal(reply.status, 403);
	assert_non_null(strstr(text_of(reply.json, "message"), "sealed before"));
	assert_entry(node, 1, "refused");
	reply_fini(&reply);
	file_fini(&file);
	person_fini(&alice);
}

static void
seals_only_for_its_own_persons(void **state)
{
	struct node *node = *state;
	struct person bob = person_make(node, &(struct person_claims){ .party = UK });
	struct file file;
	struct reply reply;

	file_init(&file, node);
	reply = ask_seal(node, &bob, &file);
	assert_int_equal(reply.status, 403);
	assert_entry(node, 0, "refused");
	reply_fini(&reply);
	file_fini(&file);
	person_fini(&bob);
}

/* ---- authentication ---- */

static void
assert_unauthenticated(struct reply *reply, bool proof)
{
	if (reply->status != 401)
		print_error("%d %s\n", reply->status, reply->body);
	assert_int_equal(reply->status, 401);
	assert_string_equal(text_of(reply->json, "code"), "unauthenticated");
	assert_int_equal(strstr(reply->headers, "WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"") != NULL, proof);
	reply_fini(reply);
}

static void
assert_token_refused(struct node *node, const struct file *file, const struct person_claims *claims)
{
	struct person person = person_make(node, claims);
	struct opening o = { 0 };
	struct reply reply = ask_rewrap(node, &person, file, &o);

	assert_unauthenticated(&reply, false);
	ent_key_free(o.session);
	person_fini(&person);
}

static void
refuses_tokens_that_are_not_what_they_must_be(void **state)
{
	static const struct person_claims bad[] = {
		{ .party = AU, .bearer = true },
		{ .party = AU, .issuer = "https://node.xx.example" },
		{ .party = AU, .issuer = "https://node.uk.example" }, /* another member's issuer, our key */
		{ .party = AU, .kid = "k9" },
		{ .party = AU, .audience = "https://elsewhere.example" },
		{ .party = AU, .age_s = 1000 },
		{ .party = AU, .age_s = -1000 },
		{ .party = AU, .life_s = 7200 },
		{ .party = AU, .sub = "" },
		{ .party = AU, .sub = "al ice" },
	};
	struct node *node = *state;
	struct file file;
	uint64_t before;

	file_sealed(&file, node);
	before = access_size(node);
	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		assert_token_refused(node, &file, &bad[i]);
	assert_int_equal(access_size(node), before); /* only counted, until the minute or the node ends */
	node_stop(node);
	assert_int_equal(access_size(node), before + 1);
	assert_entry(node, before, "summary");
	assert_record_has(node, before, "\nreason token-bearer 1\n");
	assert_record_has(node, before, "\nreason issuer-unknown 1\n");
	assert_record_has(node, before, "\nreason token-invalid 8\n");
	access_verify(node);
	file_fini(&file);
}

static void
refuses_missing_double_and_foreign_headers(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct person eve = person_make(node, &(struct person_claims){ .party = AU });
	char *auth = person_authorization(&alice, "DPoP");
	char *basic = person_authorization(&alice, "Basic");
	char *proof = person_proof(node, &alice, "POST", LIST, true);
	char *foreign = person_proof(node, &eve, "POST", LIST, true);
	char *elsewhere = person_proof(node, &alice, "POST", REWRAP, true);
	char *no_ath = person_proof(node, &alice, "POST", LIST, false);
	const struct {
		struct ask ask;
		bool proof;
	} rows[] = {
		{ { .path = LIST, .body = "{}" }, false },
		{ { .path = LIST, .body = "{}", .authorization = { auth, auth }, .dpop = { proof } }, false },
		{ { .path = LIST, .body = "{}", .authorization = { basic }, .dpop = { proof } }, false },
		{ { .path = LIST, .body = "{}", .authorization = { "DPoP " }, .dpop = { proof } }, false },
		{ { .path = LIST, .body = "{}", .authorization = { auth } }, true },
		{ { .path = LIST, .body = "{}", .authorization = { auth }, .dpop = { proof, proof } }, true },
		{ { .path = LIST, .body = "{}", .authorization = { auth }, .dpop = { foreign } }, true },
		{ { .path = LIST, .body = "{}", .authorization = { auth }, .dpop = { elsewhere } }, true },
		{ { .path = LIST, .body = "{}", .authorization = { auth }, .dpop = { no_ath } }, true },
		{ { .path = LIST, .body = "{}", .authorization = { auth }, .dpop = { "rubbish" } }, true },
	};

	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct reply reply = node_ask(node, &rows[i].ask);

		assert_unauthenticated(&reply, rows[i].proof);
	}
	free(auth);
	free(basic);
	free(proof);
	free(foreign);
	free(elsewhere);
	free(no_ath);
	person_fini(&alice);
	person_fini(&eve);
}

static void
accepts_a_proof_once(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	char *auth = person_authorization(&alice, "DPoP");
	char *bearer = person_authorization(&alice, "Bearer"); /* a bound token under the other scheme is only warned about */
	char *proof = person_proof(node, &alice, "POST", LIST, true);
	struct ask ask = { .path = LIST, .body = "{}", .authorization = { bearer }, .dpop = { proof } };
	struct reply reply = node_ask(node, &ask);

	assert_int_equal(reply.status, 200);
	assert_int_equal(json_array_size(json_object_get(reply.json, "keyAccessServers")), 3);
	reply_fini(&reply);
	ask.authorization[0] = auth;
	reply = node_ask(node, &ask);
	assert_unauthenticated(&reply, true);
	free(auth);
	free(bearer);
	free(proof);
	person_fini(&alice);
}

static void
accepts_a_request_token_once_and_of_the_tokens_key_only(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct person eve = person_make(node, &(struct person_claims){ .party = AU });
	struct opening o = { 0 }, p = { 0 };
	struct file file;
	struct reply reply;
	char *body, *other;

	file_sealed(&file, node);
	body = rewrap_body(node, alice.key, &file, &o);
	other = rewrap_body(node, eve.key, &file, &p);
	reply = person_ask(node, &alice, REWRAP, other);
	assert_string_equal(text_of(reply.json, "message"), "unable to verify request token");
	assert_unauthenticated(&reply, false);
	reply = person_ask(node, &alice, REWRAP, body);
	assert_opens(&reply, 0, &file, &o);
	reply_fini(&reply);
	reply = person_ask(node, &alice, REWRAP, body);
	assert_unauthenticated(&reply, false);
	reply = person_ask(node, &alice, REWRAP, "{\"signedRequestToken\":\"a.b\"}");
	assert_string_equal(text_of(reply.json, "message"), "could not parse token");
	assert_unauthenticated(&reply, false);
	free(body);
	free(other);
	ent_key_free(o.session);
	ent_key_free(p.session);
	file_fini(&file);
	person_fini(&alice);
	person_fini(&eve);
}

/* ---- batches, limits, a log that cannot be written ---- */

static void
answers_many_at_once_each_with_its_entry(void **state)
{
	enum { MANY = 20 };
	struct node *node = *state;
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	char *auth = person_authorization(&bob, "DPoP");
	struct opening openings[MANY] = { { 0 } };
	uint64_t exchanges[MANY];
	struct file file;

	file_sealed(&file, node);
	for (size_t i = 0; i < MANY; i++) {
		char *body = rewrap_body(node, bob.key, &file, &openings[i]);
		char *proof = person_proof(node, &bob, "POST", REWRAP, true);

		exchanges[i] = node_send(node, &(struct ask){ .path = REWRAP, .authorization = { auth }, .dpop = { proof }, .body = body });
		free(body);
		free(proof);
	}
	for (size_t i = 0; i < MANY; i++) {
		struct reply reply = node_receive(node, exchanges[i]);

		assert_opens(&reply, 0, &file, &openings[i]);
		reply_fini(&reply);
		ent_key_free(openings[i].session);
	}
	assert_int_equal(access_size(node), 1 + MANY);
	access_verify(node);
	free(auth);
	file_fini(&file);
	person_fini(&bob);
}

static void
counts_refusals_over_sixty_a_minute(void **state)
{
	struct node *node = *state;
	struct person carol = person_make(node, &(struct person_claims){ .party = UK, .sub = "carol", .project = "" });
	struct file file;

	file_sealed(&file, node);
	for (size_t i = 0; i < 63; i++) {
		struct opening o = { 0 };
		struct reply reply = ask_rewrap(node, &carol, &file, &o);

		assert_refused(&reply, ent_wire_forbidden, "person-project");
		reply_fini(&reply);
		ent_key_free(o.session);
	}
	assert_int_equal(access_size(node), 61);
	node_stop(node);
	assert_int_equal(access_size(node), 62);
	assert_entry(node, 61, "refused");
	assert_record_has(node, 61, "\nperson carol@uk.example\n");
	assert_record_has(node, 61, "\nreason refused-more 3\n");
	file_fini(&file);
	person_fini(&carol);
}

static void
releases_nothing_while_the_log_cannot_be_written(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	char dir[128], away[128];
	struct opening o = { 0 }, again = { 0 };
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	snprintf(dir, sizeof(dir), "%s/log/access", node->home);
	snprintf(away, sizeof(away), "%s/log/away", node->home);
	assert_int_equal(rename(dir, away), 0);
	must(ent_file_create(dir, ENT_LIT("in the way"), 0644, &err));
	reply = ask_rewrap(node, &alice, &file, &o);
	assert_refused(&reply, ent_wire_unavailable, "log-full");
	reply_fini(&reply);
	assert_int_equal(unlink(dir), 0);
	assert_int_equal(rename(away, dir), 0);
	reply = ask_rewrap(node, &alice, &file, &again);
	assert_opens(&reply, 0, &file, &again);
	reply_fini(&reply);
	access_verify(node);
	ent_key_free(o.session);
	ent_key_free(again.session);
	file_fini(&file);
	person_fini(&alice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(seals_and_opens_a_file_and_logs_both, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_person_without_the_project_with_reasons_and_an_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_objects_that_are_not_this_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_changed_policy_wrap_or_binding, setup, teardown),
		cmocka_unit_test_setup_teardown(seals_a_uuid_once, setup, teardown),
		cmocka_unit_test_setup_teardown(seals_only_for_its_own_persons, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_tokens_that_are_not_what_they_must_be, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_missing_double_and_foreign_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(accepts_a_proof_once, setup, teardown),
		cmocka_unit_test_setup_teardown(accepts_a_request_token_once_and_of_the_tokens_key_only, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_many_at_once_each_with_its_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_refusals_over_sixty_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(releases_nothing_while_the_log_cannot_be_written, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
