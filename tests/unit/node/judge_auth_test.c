/* Who is not let in, what the caller hears, and what the minute's summary says of it. */
#include "judge_file.h"

#include "jose/dpop.h"

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

/*
 * Charter 11: a proof that names no node could be used at all of them. Persons of this node's own issuer may send one, for clients
 * that can do no better: no other node takes it.
 */
static void
accepts_a_path_for_a_proofs_url_from_its_own_persons_only(void **state)
{
	static const size_t parties[] = { AU, UK };
	struct node *node = *state;

	for (size_t i = 0; i < ENT_COUNT(parties); i++) {
		struct person person = person_make(node, &(struct person_claims){ .party = parties[i] });
		ENT_AUTO_FINI(ent_buf) proof = ent_buf_with_max(8192);
		char *auth = person_authorization(&person, "DPoP");
		const char *text = NULL;
		struct ent_error err = { 0 };
		struct reply reply;

		assert_int_equal(ent_dpop_make(&proof, person.key, "POST", LIST, ent_view_str(person.token), ENT_VIEW_NONE,
		    node_now(node), &err), ENT_OK);
		assert_int_equal(ent_buf_cstr(&proof, &text, &err), ENT_OK);
		reply = node_ask(node, &(struct ask){ .path = LIST, .body = "{}", .authorization = { auth }, .dpop = { text } });
		if (parties[i] == AU) {
			assert_int_equal(reply.status, 200);
			reply_fini(&reply);
		} else {
			assert_unauthenticated(&reply, true);
		}
		free(auth);
		person_fini(&person);
	}
}

/* C-41 */
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

/* C-41 */
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses_tokens_that_are_not_what_they_must_be, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_missing_double_and_foreign_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(accepts_a_path_for_a_proofs_url_from_its_own_persons_only, setup, teardown),
		cmocka_unit_test_setup_teardown(accepts_a_proof_once, setup, teardown),
		cmocka_unit_test_setup_teardown(accepts_a_request_token_once_and_of_the_tokens_key_only, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
