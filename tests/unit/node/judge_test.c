/* The judge with its real logger and keyholder: opening, sealing, refusing, and what stands in the access log then. */
#include "judge_file.h"

#include <unistd.h>

#include "base/file.h"

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

/* C-45 */
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

/* C-45 */
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

/* Wire reference 2.1: a URL may have a path. */
static void
takes_its_own_url_with_a_path_and_no_other_origin(void **state)
{
	static const struct {
		const char *url;
		bool own;
	} rows[] = {
		{ NODE_URL "/", true }, { NODE_URL "/kas", true }, { NODE_URL "/kas/v2/rewrap", true },
		{ NODE_URL ":8443", false }, { NODE_URL ".evil.example", false }, { NODE_URL "@evil.example", false },
		{ "http://node.au.example", false }, { "https://node.au.exampl", false },
	};
	struct node *node = *state;
	struct file file;

	file_sealed(&file, node);
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct person alice = person_make(node, &(struct person_claims){ .party = AU });
		struct opening o = { .url = rows[i].url };
		struct reply reply = ask_rewrap(node, &alice, &file, &o);

		if (rows[i].own)
			assert_opens(&reply, 0, &file, &o);
		else
			assert_refused(&reply, ent_wire_bad_request, "binding");
		reply_fini(&reply);
		ent_key_free(o.session);
		person_fini(&alice);
	}
	file_fini(&file);
}

/* Wire reference 2.3. */
static void
says_what_is_wrong_with_a_session_key(void **state)
{
	static const struct {
		const char *pem, *message;
	} rows[] = {
		{ "x", "clientPublicKey failure" },
		{ "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "clientPublicKey parse failure" },
		{ "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n", "clientPublicKey parse failure" },
		{ "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "clientPublicKey parse failure" },
		{ "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n",
		    "clientPublicKey unsupported type" }, /* Ed25519 */
	};
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct file file;

	file_sealed(&file, node);
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct opening o = { .session_pem = rows[i].pem };
		struct reply reply = ask_rewrap(node, &alice, &file, &o);

		assert_int_equal(reply.status, 400);
		assert_string_equal(text_of(reply.json, "message"), rows[i].message);
		reply_fini(&reply);
		ent_key_free(o.session);
	}
	file_fini(&file);
	person_fini(&alice);
}

/* C-45 */
static void
says_why_a_policy_without_objects_is_refused(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct opening o = { .no_objects = true };
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	reply = ask_rewrap(node, &alice, &file, &o);
	assert_int_equal(reply.status, 200);
	assert_entry(node, 1, "refused");
	assert_record_has(node, 1, "\nreason policy-malformed ");
	access_verify(node);
	reply_fini(&reply);
	ent_key_free(o.session);
	file_fini(&file);
	person_fini(&alice);
}

static void
says_nothing_against_objects_that_it_did_not_check(void **state)
{
	enum { LIMIT = 40 };
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct opening o = { .objects = LIMIT + 2 };
	struct file file;
	struct reply reply;
	const json_t *results;

	file_sealed(&file, node);
	reply = ask_rewrap(node, &alice, &file, &o);
	assert_opens(&reply, 0, &file, &o);
	assert_false(has_reason(result_of(&reply, 0), "binding"));
	results = json_object_get(json_array_get(json_object_get(reply.json, "responses"), 0), "results");
	assert_int_equal(json_array_size(results), LIMIT + 2);
	assert_string_equal(text_of(json_array_get(results, LIMIT - 1), "status"), "permit");
	assert_string_equal(text_of(json_array_get(results, LIMIT), "error"), "kao not processed by kas");
	assert_entry(node, 1, "released");
	access_verify(node);
	reply_fini(&reply);
	ent_key_free(o.session);
	file_fini(&file);
	person_fini(&alice);
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

/* C-37 */
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

/* C-37 */
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

/* C-47 */
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

/* C-48 */
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
		cmocka_unit_test_setup_teardown(takes_its_own_url_with_a_path_and_no_other_origin, setup, teardown),
		cmocka_unit_test_setup_teardown(says_what_is_wrong_with_a_session_key, setup, teardown),
		cmocka_unit_test_setup_teardown(says_why_a_policy_without_objects_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(says_nothing_against_objects_that_it_did_not_check, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_changed_policy_wrap_or_binding, setup, teardown),
		cmocka_unit_test_setup_teardown(seals_a_uuid_once, setup, teardown),
		cmocka_unit_test_setup_teardown(seals_only_for_its_own_persons, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_many_at_once_each_with_its_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_refusals_over_sixty_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(releases_nothing_while_the_log_cannot_be_written, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
