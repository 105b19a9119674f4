/* The judge's other routes: discovery, keys, the token endpoint. */
#include "judge_file.h"

#include <unistd.h>

#include "base/file.h"
#include "codec/base64.h"
#include "jose/jws.h"

#define must(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, err.text);                                      \
			fail();                                                                                        \
		}                                                                                                      \
	} while (0)

#define FORM "application/x-www-form-urlencoded"
#define GRANT "grant_type=client_credentials"

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
setup_without_genesis(void **state)
{
	struct node *node = calloc(1, sizeof(*node));

	node_init(node, false);
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

/* ---- routes ---- */

static void
answers_by_method_path_and_content_type(void **state)
{
	static const struct {
		struct ask ask;
		int status;
	} rows[] = {
		{ { .path = "/nowhere" }, 401 },
		{ { .method = "GET", .path = "/attributes", .authorization = { "Bearer rubbish" } }, 401 },
		{ { .method = "GET", .path = "/.well-known/nowhere" }, 404 },
		{ { .path = "/unknown.Service/Method", .body = "{}" }, 401 },
		{ { .path = "/kas.AccessService/Unknown", .body = "{}" }, 401 },
		{ { .method = "PUT", .path = "/kas.AccessService/PublicKey" }, 405 },
		{ { .method = "GET", .path = "/kas.AccessService/Rewrap", .query = "encoding=json&message={}" }, 405 },
		{ { .method = "GET", .path = LIST, .query = "encoding=json&message={}" }, 405 },
		{ { .method = "GET", .path = SEAL, .query = "encoding=json&message={}" }, 405 },
		{ { .path = "/kas.AccessService/PublicKey", .content_type = "application/proto", .body = "" }, 415 },
		{ { .path = "/kas.AccessService/PublicKey", .content_type = "application/json; charset=latin1", .body = "{}" }, 415 },
		{ { .path = "/kas.AccessService/PublicKey", .body = "" }, 400 },
		{ { .path = "/kas.AccessService/PublicKey", .body = "[]" }, 400 },
		{ { .path = "/kas.AccessService/PublicKey", .body = "{\"v\":\"1\",\"v\":\"2\"}" }, 400 },
		{ { .path = "/kas.AccessService/PublicKey",
		    .body = "{\"algorithm\":\"ec:secp256r1\",\"unknown\":99999999999999999999999}" }, 200 },
		{ { .path = "/kas.AccessService/PublicKey", .body = "{}" }, 404 }, /* rsa:2048: this node has none */
		{ { .path = "/kas.AccessService/PublicKey", .body = "{\"algorithm\":\"ec:secp521r1\"}" }, 404 },
		{ { .path = "/kas.AccessService/PublicKey", .content_type = "Application/JSON;charset=UTF-8",
		    .body = "{\"algorithm\":\"ec:secp256r1\",\"unknown\":[1]}" }, 200 },
		{ { .path = "/kas.AccessService/PublicKey", .connect = "1", .body = "{\"algorithm\":\"ec:secp256r1\"}" }, 200 },
		{ { .path = "/kas.AccessService/PublicKey", .connect = "2", .body = "{\"algorithm\":\"ec:secp256r1\"}" }, 400 },
		{ { .path = "/kas.AccessService/PublicKey", .connect = "v1", .body = "{\"algorithm\":\"ec:secp256r1\"}" }, 400 },
		{ { .method = "GET", .path = "/jwks", .connect = "2" }, 200 }, /* no RPC */
		{ { .path = "/kas.AccessService/Rewrap", .body = "{}" }, 401 },
		{ { .path = "/token", .body = "{}" }, 415 },
		{ { .path = "/charter/submit", .body = "{}" }, 415 },
		{ { .method = "GET", .path = "/token" }, 405 },
	};
	struct node *node = *state;

	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct reply reply = node_ask(node, &rows[i].ask);

		if (reply.status != rows[i].status)
			print_error("row %zu: %d %s\n", i, reply.status, reply.body);
		assert_int_equal(reply.status, rows[i].status);
		reply_fini(&reply);
	}
}

/* Connect GET (wire reference 3.3). */
static void
answers_gets_of_methods_that_change_nothing(void **state)
{
	static const char key[] = "/kas.AccessService/PublicKey";
	static const char well_known[] = "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration";
	static const struct {
		const char *path, *query;
		int status;
	} rows[] = {
		{ well_known, "connect=v1&encoding=json&message=%7B%7D", 200 },
		{ well_known, "connect=v1&encoding=json&base64=1&message=", 200 },
		{ well_known, "encoding=json&message=", 200 },
		{ well_known, "message=&encoding=json&unknown=1&base64=0&compression=identity", 200 },
		{ well_known, "connect=v1&encoding=proto&base64=1&message=", 415 },
		{ well_known, "connect=v2&encoding=json&message=", 400 },
		{ well_known, "connect=v1&encoding=json", 400 },
		{ well_known, "connect=v1&message=", 400 },
		{ well_known, NULL, 400 },
		{ well_known, "encoding=json&message=[]", 400 },
		{ well_known, "encoding=json&message=%7", 400 },
		{ well_known, "encoding=json&message=%00", 400 },
		{ well_known, "encoding=json&message=&message=", 400 },
		{ well_known, "encoding=json&compression=gzip&message=", 501 },
		{ key, "connect=v1&encoding=json&message=%7B%22algorithm%22%3A%22ec%3Asecp256r1%22%7D", 200 },
		{ key, "connect=v1&encoding=json&base64=1&message=eyJhbGdvcml0aG0iOiJlYzpzZWNwMjU2cjEifQ", 200 },
		{ key, "connect=v1&encoding=json&base64=1&message=eyJhbGdvcml0aG0iOiJlYzpzZWNwMjU2cjEifQ%3D%3D", 200 },
		{ key, "connect=v1&encoding=json&base64=1&message=eyJhbGdvcml0aG0iOiJlYzpzZWNwMjU2cjEifQ%3D%3D%3D", 400 },
		{ key, "connect=v1&encoding=json&base64=1&message=%7B%7D", 400 },
		{ key, "connect=v1&encoding=json&message=%7B%7D", 404 },
	};
	struct node *node = *state;

	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct reply reply = node_ask(node, &(struct ask){ .method = "GET", .path = rows[i].path, .query = rows[i].query });

		if (reply.status != rows[i].status)
			fail_msg("%s: %d %s", rows[i].query, reply.status, reply.body);
		if (reply.status == 200)
			assert_string_equal(reply.content_type, "application/json");
		reply_fini(&reply);
	}
}

static void
tells_an_authenticated_caller_that_a_method_is_unknown(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct reply reply = person_ask(node, &alice, "/unknown.Service/Method", "{}");

	assert_int_equal(reply.status, 404);
	reply_fini(&reply);
	person_fini(&alice);
}

static void
serves_its_published_key(void **state)
{
	struct node *node = *state;
	struct ask ask = { .path = "/kas.AccessService/PublicKey", .body = "{\"algorithm\":\"ec:secp256r1\"}" };
	struct reply reply = node_ask(node, &ask);
	ENT_AUTO(ent_pubkey) key = NULL;
	char kid[ENT_KID_SIZE];

	must(ent_pubkey_from_pem(&key, ent_view_str(text_of(reply.json, "publicKey")), &err));
	assert_true(ent_pubkey_eq(key, ent_key_public(world_keys(AU)->kas)));
	ent_pubkey_kid(kid, key);
	assert_string_equal(text_of(reply.json, "kid"), kid);
	reply_fini(&reply);
	ask.body = "{\"algorithm\":\"ec:secp256r1\",\"v\":\"1\"}";
	reply = node_ask(node, &ask);
	assert_null(json_object_get(reply.json, "kid"));
	reply_fini(&reply);
}

static void
serves_its_key_in_the_old_form(void **state)
{
	struct node *node = *state;
	struct ask ask = { .path = "/kas.AccessService/LegacyPublicKey", .body = "{\"algorithm\":\"ec:secp256r1\"}" };
	struct reply reply = node_ask(node, &ask);
	ENT_AUTO(ent_pubkey) key = NULL;
	json_t *text = json_loads(reply.body, JSON_DECODE_ANY, NULL);

	assert_int_equal(reply.status, 200);
	must(ent_pubkey_from_pem(&key, ent_view_str(json_string_value(text)), &err));
	assert_true(ent_pubkey_eq(key, ent_key_public(world_keys(AU)->kas)));
	json_decref(text);
	reply_fini(&reply);
	ask.body = "{}"; /* rsa:2048 */
	reply = node_ask(node, &ask);
	assert_int_equal(reply.status, 404);
	assert_string_equal(text_of(reply.json, "code"), "not_found");
	reply_fini(&reply);
}

static void
says_that_it_serves(void **state)
{
	struct node *node = *state;
	struct ask ask = { .path = "/grpc.health.v1.Health/Check", .body = "{}" };
	struct reply reply = node_ask(node, &ask);

	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body, "{\"status\":\"SERVING\"}");
	reply_fini(&reply);
	ask.body = "{\"service\":\"unknown\"}";
	reply = node_ask(node, &ask);
	assert_int_equal(reply.status, 404);
	reply_fini(&reply);
}

static void
serves_discovery_bare_and_wrapped(void **state)
{
	struct node *node = *state;
	struct reply reply = node_ask(node, &(struct ask){ .method = "GET", .path = "/.well-known/opentdf-configuration" });
	const json_t *wrapped = json_object_get(reply.json, "configuration");

	assert_int_equal(reply.status, 200);
	assert_string_equal(text_of(reply.json, "platform_issuer"), NODE_URL);
	assert_string_equal(text_of(json_object_get(wrapped, "idp"), "token_endpoint"), NODE_URL "/token");
	assert_null(json_object_get(reply.json, "base_key"));
	assert_true(json_is_true(json_object_get(reply.json, "supports_dpop")));
	reply_fini(&reply);
	reply = node_ask(node, &(struct ask){ .path = "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration", .body = "{}" });
	assert_string_equal(text_of(json_object_get(reply.json, "configuration"), "platform_issuer"), NODE_URL);
	reply_fini(&reply);
	reply = node_ask(node, &(struct ask){ .method = "GET", .path = "/.well-known/openid-configuration" });
	assert_string_equal(text_of(reply.json, "issuer"), NODE_URL);
	reply_fini(&reply);
}

/* What otdfctl requires before it asks for a token (wire reference 4.1). */
static void
names_an_authorization_endpoint_that_authorizes_nobody(void **state)
{
	struct node *node = *state;
	struct reply discovery = node_ask(node, &(struct ask){ .method = "GET", .path = "/.well-known/openid-configuration" });
	struct reply known = node_ask(node, &(struct ask){ .method = "GET", .path = "/.well-known/opentdf-configuration" });
	struct reply reply = node_ask(node, &(struct ask){ .method = "GET", .path = "/authorize" });

	assert_string_equal(text_of(discovery.json, "authorization_endpoint"), NODE_URL "/authorize");
	assert_true(json_is_false(json_object_get(discovery.json, "require_request_uri_registration")));
	assert_null(json_object_get(discovery.json, "userinfo_endpoint"));
	assert_true(json_equal(json_object_get(known.json, "idp"), discovery.json));
	assert_int_equal(reply.status, 400);
	assert_string_equal(text_of(reply.json, "error"), "unsupported_response_type");
	reply_fini(&discovery);
	reply_fini(&known);
	reply_fini(&reply);
}

/* ---- tokens ---- */

static struct reply
ask_token(struct node *node, const char *body, const char *basic, const char *proof)
{
	return node_ask(node, &(struct ask){ .path = "/token", .content_type = FORM, .body = body, .authorization = { basic }, .dpop = { proof } });
}

static void
basic_header(char out[512], const char *credentials)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(512);
	const char *encoded = NULL;

	must(ent_base64_encode(&text, ENT_BASE64_STD, ent_view_str(credentials), &err));
	must(ent_buf_cstr(&text, &encoded, &err));
	snprintf(out, 512, "Basic %s", encoded);
}

static void
assert_error(struct reply reply, int status, const char *error)
{
	if (reply.status != status)
		print_error("%d %s\n", reply.status, reply.body);
	assert_int_equal(reply.status, status);
	assert_string_equal(text_of(reply.json, "error"), error);
	assert_non_null(strstr(reply.headers, "Cache-Control: no-store"));
	reply_fini(&reply);
}

static void
issues_tokens_by_basic_and_by_form(void **state)
{
	struct node *node = *state;
	char basic[512];
	struct reply reply;

	basic_header(basic, "alice:correct+horse%20battery+staple"); /* form-urlencoded (RFC 6749 2.3.1) */
	reply = ask_token(node, GRANT, basic, NULL);
	if (reply.status != 200)
		print_error("%s\n", reply.body);
	assert_int_equal(reply.status, 200);
	assert_string_equal(text_of(reply.json, "token_type"), "Bearer");
	assert_int_equal(json_integer_value(json_object_get(reply.json, "expires_in")), 300);
	reply_fini(&reply);
	reply = ask_token(node, GRANT "&client_id=alice&client_secret=correct+horse+battery+staple&scope=openid", NULL, NULL);
	assert_int_equal(reply.status, 200);
	reply_fini(&reply);
}

static void
refuses_wrong_clients_and_malformed_requests(void **state)
{
	struct node *node = *state;
	char good[512], bad[512], unknown[512];

	basic_header(good, "alice:correct+horse+battery+staple");
	basic_header(bad, "alice:wrong");
	basic_header(unknown, "mallory:wrong");
	assert_error(ask_token(node, GRANT, bad, NULL), 401, "invalid_client");
	assert_error(ask_token(node, GRANT, unknown, NULL), 401, "invalid_client");
	assert_error(ask_token(node, GRANT, NULL, NULL), 401, "invalid_client");
	assert_error(ask_token(node, GRANT "&client_id=alice&client_secret=x", good, NULL), 400, "invalid_request");
	assert_error(ask_token(node, GRANT "&client_id=mallory", good, NULL), 400, "invalid_request");
	assert_error(ask_token(node, GRANT "&" GRANT, good, NULL), 400, "invalid_request");
	assert_error(ask_token(node, GRANT "&client_id=%", good, NULL), 400, "invalid_request");
	assert_error(ask_token(node, GRANT "&client_id=a%00b", good, NULL), 400, "invalid_request");
	assert_error(ask_token(node, "grant_type=password", good, NULL), 400, "unsupported_grant_type");
	assert_error(ask_token(node, "", good, NULL), 400, "invalid_request");
	assert_error(ask_token(node, GRANT, "Basic !!!", NULL), 400, "invalid_request");
}

static void
binds_a_token_to_the_proofs_key(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	char *proof = person_proof(node, &alice, "POST", "/token", false);
	char basic[512];
	struct reply reply, list;

	basic_header(basic, "alice:correct+horse+battery+staple");
	reply = ask_token(node, GRANT, basic, proof);
	assert_int_equal(reply.status, 200);
	assert_string_equal(text_of(reply.json, "token_type"), "DPoP");
	assert_error(ask_token(node, GRANT, basic, proof), 400, "invalid_dpop_proof"); /* once */
	assert_error(ask_token(node, GRANT, basic, "rubbish"), 400, "invalid_dpop_proof");
	/* The node knows its own token by the key that its statements publish. */
	free(alice.token);
	alice.token = strdup(text_of(reply.json, "access_token"));
	list = person_ask(node, &alice, "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers", "{}");
	assert_int_equal(list.status, 200);
	reply_fini(&list);
	reply_fini(&reply);
	free(proof);
	person_fini(&alice);
}

/* C-47 */
static void
counts_refused_clients_in_the_minutes_summary(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	char *proof = person_proof(node, &alice, "POST", "/token", false);
	char good[512], bad[512];
	struct reply reply;

	basic_header(good, "alice:correct+horse+battery+staple");
	basic_header(bad, "alice:wrong");
	reply = ask_token(node, GRANT, good, proof);
	assert_int_equal(reply.status, 200);
	reply_fini(&reply);
	assert_error(ask_token(node, GRANT, bad, NULL), 401, "invalid_client");
	assert_error(ask_token(node, GRANT, NULL, NULL), 401, "invalid_client");
	assert_error(ask_token(node, GRANT, good, "rubbish"), 400, "invalid_dpop_proof");
	assert_error(ask_token(node, GRANT, good, proof), 400, "invalid_dpop_proof");
	assert_error(ask_token(node, "grant_type=password", good, NULL), 400, "unsupported_grant_type"); /* nobody is accused */
	node_stop(node);
	assert_int_equal(access_size(node), 1);
	assert_entry(node, 0, "summary");
	assert_record_has(node, 0, "\nreason client-invalid 2\n");
	assert_record_has(node, 0, "\nreason proof-invalid 1\n");
	assert_record_has(node, 0, "\nreason proof-replayed 1\n");
	access_verify(node);
	free(proof);
	person_fini(&alice);
}

static void
slows_down_whoever_guesses_secrets(void **state)
{
	struct node *node = *state;
	int busy = 0;

	for (int i = 0; i < 60 && busy == 0; i++) {
		struct reply reply = ask_token(node, GRANT "&client_id=alice&client_secret=guess", NULL, NULL);

		busy += reply.status == 429;
		reply_fini(&reply);
	}
	assert_true(busy > 0);
}

/* What costs no check of a secret takes nothing from those who ask for tokens. */
static void
gives_tokens_while_somebody_sends_rubbish(void **state)
{
	struct node *node = *state;
	struct reply reply;

	for (int i = 0; i < 200; i++)
		assert_error(ask_token(node, "grant_type=guess", NULL, NULL), 400, "unsupported_grant_type");
	reply = ask_token(node, GRANT "&client_id=alice&client_secret=correct+horse+battery+staple", NULL, NULL);
	assert_int_equal(reply.status, 200);
	reply_fini(&reply);
}

static void
publishes_the_issuers_key(void **state)
{
	struct node *node = *state;
	struct reply reply = node_ask(node, &(struct ask){ .method = "GET", .path = "/jwks" });
	const json_t *jwk = json_array_get(json_object_get(reply.json, "keys"), 0);
	ENT_AUTO(ent_pubkey) key = NULL;

	must(ent_jwk_parse(&key, jwk, &err));
	assert_true(ent_pubkey_eq(key, ent_key_public(world_keys(AU)->issuer)));
	assert_string_equal(text_of(jwk, "alg"), "ES256");
	reply_fini(&reply);
}

/* ---- without a charter ---- */

static void
says_that_it_has_no_charter_until_it_has_one(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(ENT_NOTE_LONG_MAX);
	struct ask ask = { .path = "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration", .body = "{}" };
	struct reply reply = node_ask(node, &ask);
	char path[256];
	int status = 503;

	assert_int_equal(reply.status, 503);
	assert_string_equal(text_of(reply.json, "message"), "this node has no charter yet");
	reply_fini(&reply);
	world_genesis(&genesis, NULL);
	snprintf(path, sizeof(path), "%s/charter/epoch", node->home);
	must(ent_dir_make(path, 0755, &err));
	snprintf(path, sizeof(path), "%s/charter/epoch/1", node->home);
	must(ent_file_create(path, ent_buf_view(&genesis), 0644, &err));
	for (int i = 0; i < 50 && status != 200; i++) {
		reply = node_ask(node, &ask);
		status = reply.status;
		reply_fini(&reply);
		usleep(100000);
	}
	assert_int_equal(status, 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_by_method_path_and_content_type, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_gets_of_methods_that_change_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_an_authenticated_caller_that_a_method_is_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_its_published_key, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_its_key_in_the_old_form, setup, teardown),
		cmocka_unit_test_setup_teardown(says_that_it_serves, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_discovery_bare_and_wrapped, setup, teardown),
		cmocka_unit_test_setup_teardown(names_an_authorization_endpoint_that_authorizes_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(issues_tokens_by_basic_and_by_form, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_wrong_clients_and_malformed_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(binds_a_token_to_the_proofs_key, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_refused_clients_in_the_minutes_summary, setup, teardown),
		cmocka_unit_test_setup_teardown(slows_down_whoever_guesses_secrets, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_tokens_while_somebody_sends_rubbish, setup, teardown),
		cmocka_unit_test_setup_teardown(publishes_the_issuers_key, setup, teardown),
		cmocka_unit_test_setup_teardown(says_that_it_has_no_charter_until_it_has_one, setup_without_genesis, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
