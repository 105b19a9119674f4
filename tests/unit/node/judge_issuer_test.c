/* A partner's node (role: issuer): its statement log, its persons' tokens, and no more. C-76 */
#include "judge_file.h"

#include "base/file.h"
#include "jose/jws.h"
#include "tlog/log_dir.h"

#define must(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, err.text);                                      \
			fail();                                                                                        \
		}                                                                                                      \
	} while (0)

#define FORM "application/x-www-form-urlencoded"
#define ISSUER "https://node.jp.example"

static int
start(void **state, bool proposed)
{
	struct node *node = calloc(1, sizeof(*node));

	node_init_with_partner(node, JP, proposed);
	node_start(node);
	*state = node;
	return 0;
}

static int
setup(void **state)
{
	return start(state, true);
}

static int
setup_unknown(void **state)
{
	return start(state, false);
}

static int
teardown(void **state)
{
	node_fini(*state);
	free(*state);
	return 0;
}

static struct reply
get(struct node *node, const char *path)
{
	return node_ask(node, &(struct ask){ .method = "GET", .path = path });
}

static struct reply
ask_token(struct node *node)
{
	return node_ask(node, &(struct ask){ .path = "/token", .content_type = FORM,
	    .body = "grant_type=client_credentials&client_id=alice&client_secret=correct+horse+battery+staple" });
}

static void
issues_tokens_for_the_charters_audience(void **state)
{
	struct node *node = *state;
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_jws) token = { 0 };
	struct reply reply = get(node, "/.well-known/openid-configuration");

	assert_int_equal(reply.status, 200);
	assert_string_equal(text_of(reply.json, "issuer"), ISSUER);
	reply_fini(&reply);
	reply = ask_token(node);
	assert_int_equal(reply.status, 200);
	must(ent_arena_new(&arena, 1 << 20, &err));
	must(ent_jws_parse(&token, arena, ent_view_str(text_of(reply.json, "access_token")), &err));
	must(ent_jws_verify(&token, ent_key_public(world_keys(JP)->issuer), &err));
	assert_string_equal(ent_claim_string(token.claims, "iss"), ISSUER);
	assert_string_equal(ent_claim_string(token.claims, "aud"), AUDIENCE);
	reply_fini(&reply);
}

/* Its page may be anybody's proposal still; without one nobody knows whose tokens these would be. */
static void
issues_nothing_before_its_page_is_known(void **state)
{
	struct node *node = *state;
	struct reply reply = get(node, "/.well-known/openid-configuration");

	assert_int_equal(reply.status, 404);
	reply_fini(&reply);
	reply = ask_token(node);
	assert_int_equal(reply.status, 404);
	reply_fini(&reply);
	reply = node_ask(node, &(struct ask){ .path = "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration", .body = "{}" });
	assert_int_equal(reply.status, 200);
	assert_null(json_object_get(json_object_get(reply.json, "configuration"), "platform_issuer"));
	reply_fini(&reply);
}

static void
holds_no_shares_and_seals_nothing(void **state)
{
	static const char *const paths[] = { REWRAP, SEAL, "/kas.AccessService/PublicKey", "/kas.AccessService/LegacyPublicKey" };
	struct node *node = *state;
	char path[256];

	for (size_t i = 0; i < ENT_COUNT(paths); i++) {
		struct reply reply = node_ask(node, &(struct ask){ .path = paths[i], .body = "{}" });

		assert_int_equal(reply.status, 501);
		assert_string_equal(text_of(reply.json, "code"), "unimplemented");
		assert_non_null(strstr(text_of(reply.json, "message"), "partner's node"));
		reply_fini(&reply);
	}
	snprintf(path, sizeof(path), "%s/log/access", node->home);
	assert_false(ent_file_exists(path));
}

/* ---- its log ---- */

static void
own_entry(const struct node *node, uint64_t index, struct ent_buf *out, uint64_t *size)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/log/statements", node->home);
	must(ent_log_dir_open_read(&log, dir, ent_signer_vkey(world_keys(JP)->log), &err));
	*size = ent_log_dir_size(log);
	if (index < *size)
		must(ent_log_dir_entry(log, index, out, &err));
}

/* C-30 */
static void
begins_its_log_with_an_alive_and_names_it_in_its_view(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) view = ent_buf_with_max(65535);
	char path[256], hex[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;
	const char *text;
	uint64_t size;

	own_entry(node, 0, &entry, &size);
	assert_true(size > 0);
	assert_true(ent_view_starts(ent_buf_view(&entry), ENT_LIT("charter/v1 alive 0\nby jp.example\n")));
	hash = node_view(node);
	ent_hash_hex(hex, &hash);
	snprintf(path, sizeof(path), "%s/charter/view/%s", node->home, hex);
	must(ent_file_read(&view, path, 65535, &err));
	must(ent_buf_cstr(&view, &text, &err));
	assert_non_null(strstr(text, "log jp.example/statements "));
}

static struct reply
submit(struct node *node, const struct world_statement *statement)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(65535);
	const char *body = NULL;

	world_statement(&note, node->charter, statement);
	must(ent_buf_cstr(&note, &body, &err));
	return node_ask(node, &(struct ask){ .path = "/charter/submit", .content_type = "text/plain", .body = body });
}

static void
assert_taken(struct node *node, const char *act, unsigned signers)
{
	struct reply reply = submit(node, &(struct world_statement){ .by = JP, .time_unix_s = node_now(node), .act = act, .signers = signers });

	if (reply.status != 200)
		print_error("%s: %d %s\n", act, reply.status, reply.body);
	assert_int_equal(reply.status, 200);
	assert_true(json_integer_value(json_object_get(reply.json, "index")) > 0);
	reply_fini(&reply);
}

static void
assert_not_taken(struct node *node, size_t by, const char *act, unsigned signers, const char *words)
{
	struct reply reply = submit(node, &(struct world_statement){ .by = by, .time_unix_s = node_now(node), .act = act, .signers = signers });

	if (reply.status != 422 || strstr(reply.body, words) == NULL)
		print_error("%s: %d %s\n", act, reply.status, reply.body);
	assert_int_equal(reply.status, 422);
	assert_non_null(strstr(text_of(reply.json, "reason"), words));
	reply_fini(&reply);
}

/* C-50, C-54, C-60 */
static void
takes_its_own_partys_statements_only(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(4096);
	char kid[ENT_KID_SIZE];
	const char *act;

	ent_pubkey_kid(kid, ent_key_public(world_keys(JP)->issuer));
	world_issuer_key_line(&line, ISSUER, kid, world_keys(JP)->issuer, node_now(node) + 30 * DAY);
	must(ent_buf_cstr(&line, &act, &err));
	assert_not_taken(node, JP, act, DOE, "");
	assert_taken(node, act, 0);
	assert_taken(node, "note text en Hello.", DOE);
	assert_taken(node, "stop partner jp.example", DOE);
	assert_not_taken(node, UK, "note text en Hello.", DOE, "submit it to that party's node");
	assert_not_taken(node, UK, "stop partner jp.example", DOE, "member's node");
	assert_not_taken(node, JP, "stop partner kr.example", DOE, "");
	assert_not_taken(node, JP, "stop project quantum", DOE, "");
	assert_not_taken(node, JP, "accredit kr.example posture-2 until 2027-01-01T00:00:00Z", 0, "");
	assert_not_taken(node, JP, "withdraw membership", 0, "");
}

static void
takes_nothing_before_its_page_is_known(void **state)
{
	assert_not_taken(*state, JP, "note text en Hello.", DOE, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(issues_tokens_for_the_charters_audience),
		cmocka_unit_test_setup_teardown(issues_nothing_before_its_page_is_known, setup_unknown, teardown),
		TEST(holds_no_shares_and_seals_nothing),
		TEST(begins_its_log_with_an_alive_and_names_it_in_its_view),
		TEST(takes_its_own_partys_statements_only),
		cmocka_unit_test_setup_teardown(takes_nothing_before_its_page_is_known, setup_unknown, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
