#include "judge_file.h"

#include "codec/base64.h"
#include "tdf/policy.h"

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

const char *
text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	assert_non_null(text);
	return text;
}

/* ---- a file ---- */


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

void
file_init(struct file *file, const struct node *node)
{
	*file = (struct file){ .seal_text = ent_buf_with_max(TEXT_MAX), .policy = ent_buf_with_max(TEXT_MAX) };
	must(ent_uuid_random(file->uuid, &err));
	for (int i = 0; i < 2; i++)
		must(ent_secret_random(&file->shares[i], ENT_SHARE_LEN, &err));
	file_text(file, node, node_now(node));
}

/* Policy, wrap and binding around a seal. */
void
file_close(struct file *file, struct ent_view note)
{
	struct ent_view attribute = ENT_LIT(FQN);

	must(ent_policy_build(&file->policy, ent_view_str(file->uuid), &attribute, 1, NULL, 0, note, &err));
	must(ent_wrap_ec(file->wrapped, &file->ephemeral, ent_key_public(world_keys(AU)->kas), file->shares[1], &err));
	ent_binding_make(file->binding, file->shares[1], ent_buf_view(&file->policy));
}

void
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

struct reply
ask_seal(struct node *node, const struct person *person, struct file *file)
{
	char *body = seal_body(node, person, file);
	struct reply reply = person_ask(node, person, SEAL, body);

	free(body);
	return reply;
}

/* A file sealed by the node itself. */
void
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
	struct ent_rewrap_object objects[64];
	size_t count = o->no_objects ? 0 : o->objects > 0 ? o->objects : 1;
	char kid[ENT_KID_SIZE];

	ent_pubkey_kid(kid, ent_key_public(world_keys(AU)->kas));
	must(ent_key_generate(&o->session, ENT_KEY_EC_P256, &err));
	must(ent_pubkey_pem(ent_key_public(o->session), &session_pem, &err));
	objects[0] = make_object(file, o, &pem, &wrapped, kid);
	for (size_t i = 1; i < count; i++)
		objects[i] = objects[0];
	for (size_t i = 0; i < request.policy_count; i++)
		policies[i] = (struct ent_rewrap_policy){ .id = i == 0 ? ENT_LIT("policy") : ENT_LIT("policy-1"),
			.body_base64 = ent_buf_view(&file->policy), .objects = objects, .object_count = count };
	request.client_public_key = o->session_pem != NULL ? ent_view_str(o->session_pem) : ent_buf_view(&session_pem);
	must(ent_rewrap_request_print(&body, &request, &err));
	return cstr(&body);
}

char *
rewrap_body(const struct node *node, const struct ent_key *key, const struct file *file, struct opening *o)
{
	char *request = request_body(file, o);
	char *token = signed_claim(node, key, "requestBody", request, 60);

	free(request);
	return wrap_json("signedRequestToken", token);
}

struct reply
ask_rewrap(struct node *node, const struct person *person, const struct file *file, struct opening *o)
{
	char *body = rewrap_body(node, person->key, file, o);
	struct reply reply = person_ask(node, person, REWRAP, body);

	free(body);
	return reply;
}

const json_t *
result_of(const struct reply *reply, size_t policy)
{
	if (reply->status != 200)
		print_error("%d %s\n", reply->status, reply->body);
	assert_int_equal(reply->status, 200);
	return json_array_get(json_object_get(json_array_get(json_object_get(reply->json, "responses"), policy), "results"), 0);
}

bool
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

void
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

void
assert_refused(const struct reply *reply, const char *error, const char *code)
{
	const json_t *result = result_of(reply, 0);

	assert_string_equal(text_of(result, "status"), "fail");
	assert_string_equal(text_of(result, "error"), error);
	assert_null(json_object_get(result, "kasWrappedKey"));
	assert_true(has_reason(result, code));
}

void
assert_entry(const struct node *node, uint64_t index, const char *result)
{
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(TEXT_MAX);
	char line[64];

	access_entry(node, index, &entry);
	snprintf(line, sizeof(line), "\nresult %s\n", result);
	assert_non_null(strstr((const char *)entry.data, line));
}

void
assert_record_has(const struct node *node, uint64_t index, const char *line)
{
	ENT_AUTO_FINI(ent_buf) record = ent_buf_with_max(TEXT_MAX);

	access_record(node, index, &record);
	if (strstr((const char *)record.data, line) == NULL)
		print_error("%s\nlacks: %s\n", (const char *)record.data, line);
	assert_non_null(strstr((const char *)record.data, line));
}
