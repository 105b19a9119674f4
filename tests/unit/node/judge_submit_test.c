/* POST /charter/submit: what a node keeps of what anybody may send it. */
#include "judge_file.h"

#include <signal.h>

#include "base/file.h"
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
teardown(void **state)
{
	node_fini(*state);
	free(*state);
	return 0;
}

static struct reply
submit(struct node *node, struct ent_buf *text)
{
	const char *body = NULL;

	must(ent_buf_cstr(text, &body, &err));
	return node_ask(node, &(struct ask){ .path = "/charter/submit", .content_type = "text/plain; charset=utf-8", .body = body });
}

static void
assert_submit_refused(struct node *node, struct ent_buf *text, const char *words)
{
	struct reply reply = submit(node, text);

	if (reply.status != 422 || strstr(reply.body, words) == NULL)
		print_error("%d %s\n", reply.status, reply.body);
	assert_int_equal(reply.status, 422);
	assert_non_null(strstr(text_of(reply.json, "reason"), words));
	reply_fini(&reply);
}

/* Anybody may submit: who floods a node with rubbish keeps neither tokens nor other people's submissions away. */
static void
answers_tokens_and_others_while_somebody_floods_submissions(void **state)
{
	enum { FLOOD = 60 };
	const struct ask rubbish = { .path = "/charter/submit", .content_type = "text/plain", .body = "hello\n", .peer = "192.0.2.66" };
	const struct ask other = { .path = "/charter/submit", .content_type = "text/plain", .body = "hello\n", .peer = "192.0.2.7" };
	const struct ask token = { .path = "/token", .content_type = FORM,
		.body = GRANT "&client_id=alice&client_secret=correct+horse+battery+staple" };
	struct node *node = *state;
	uint64_t token_exchange, other_exchange, exchange;
	int busy = 0, token_status = 0, other_status = 0, token_place = 0;

	kill(node->judge, SIGSTOP); /* so that all of it waits */
	for (int i = 0; i < FLOOD; i++)
		node_send(node, &rubbish);
	other_exchange = node_send(node, &other);
	token_exchange = node_send(node, &token);
	kill(node->judge, SIGCONT);
	for (int i = 0; i < FLOOD + 2; i++) {
		struct reply reply = node_next(node, &exchange);

		busy += reply.status == 429;
		if (exchange == other_exchange)
			other_status = reply.status;
		if (exchange == token_exchange) {
			token_status = reply.status;
			token_place = i - busy;
		}
		reply_fini(&reply);
	}
	assert_int_equal(busy, FLOOD - 16);
	assert_int_equal(token_status, 200);
	assert_true(token_place <= 2); /* among those that waited */
	assert_int_equal(other_status, 422);
}

static json_int_t
assert_submitted(struct node *node, struct ent_buf *text)
{
	struct reply reply = submit(node, text);
	json_int_t index = json_integer_value(json_object_get(reply.json, "index"));

	if (reply.status != 200)
		print_error("%d %s\n", reply.status, reply.body);
	assert_int_equal(reply.status, 200);
	assert_int_equal(strlen(text_of(reply.json, "hash")), 64);
	reply_fini(&reply);
	return index;
}

static void
make_note(struct ent_buf *out, const struct node *node, const struct ent_hash *proposal, size_t by, unsigned signers)
{
	char act[128], hash[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(hash, proposal);
	snprintf(act, sizeof(act), "note proposal %s", hash);
	world_statement(out, node->charter,
	    &(struct world_statement){ .by = by, .time_unix_s = node_now(node), .act = act, .signers = signers });
}

/* C-50 */
static void
keeps_a_proposal_only_once_it_was_announced(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(65535);
	struct ent_hash hash = world_project(&text, node->charter, &(struct world_project){ .name = "sonar" });
	char path[256], hex[ENT_HASH_HEX_SIZE];
	json_int_t first;

	assert_submit_refused(node, &text, "submit the note first");
	make_note(&note, node, &hash, AU, DOE);
	first = assert_submitted(node, &note);
	assert_true(first > 0);
	assert_submit_refused(node, &note, "already"); /* C-11: a second entry of the same text would be nothing */
	assert_submitted(node, &text);
	assert_submitted(node, &text); /* harmless */
	ent_hash_hex(hex, &hash);
	snprintf(path, sizeof(path), "%s/charter/proposal/%s", node->home, hex);
	assert_true(ent_file_exists(path));
}

static void
entry_text(const struct node *node, uint64_t index, struct ent_buf *out, const char **text)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/log/statements", node->home);
	must(ent_log_dir_open_read(&log, dir, ent_signer_vkey(world_keys(AU)->log), &err));
	must(ent_log_dir_entry(log, index, out, &err));
	must(ent_buf_cstr(out, text, &err));
}

/* C-30 */
static void
writes_an_alive_first_and_before_each_statement(void **state)
{
	struct node *node = *state;
	const char *text = NULL;
	ENT_AUTO_FINI(ent_buf) first = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(65535);

	entry_text(node, 0, &first, &text);
	assert_int_equal(strncmp(text, "charter/v1 alive 0\n", 19), 0);
	for (uint8_t i = 0; i < 2; i++) {
		ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(65535);
		struct ent_hash hash = { { i } };
		json_int_t index;

		make_note(&note, node, &hash, AU, DOE);
		index = assert_submitted(node, &note);
		ent_buf_clear(&entry);
		entry_text(node, (uint64_t)index - 1, &entry, &text);
		assert_int_equal(strncmp(text, "charter/v1 alive ", 17), 0);
	}
}

/* C-50 */
static void
takes_only_its_own_partys_signed_statements(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) other = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) half = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) alive = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) rubbish = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) act = ent_buf_with_max(4096);
	struct ent_hash hash = world_project(&text, node->charter, &(struct world_project){ .name = "sonar" });
	const char *line = NULL;

	make_note(&other, node, &hash, UK, DOE);
	assert_submit_refused(node, &other, "submit it to that party's node");
	world_issuer_key_line(&act, NODE_URL, "k7", world_keys(AU)->issuer, node_now(node) + DAY);
	must(ent_buf_cstr(&act, &line, &err));
	world_statement(&half, node->charter,
	    &(struct world_statement){ .by = AU, .time_unix_s = node_now(node), .act = line, .signers = DOE });
	assert_submit_refused(node, &half, "");
	world_alive(&alive, node->charter, AU, 9, node_now(node));
	assert_submit_refused(node, &alive, "only statements");
	must(ent_buf_add_str(&rubbish, "hello\n", &err));
	assert_submit_refused(node, &rubbish, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_tokens_and_others_while_somebody_floods_submissions, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_a_proposal_only_once_it_was_announced, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_an_alive_first_and_before_each_statement, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_only_its_own_partys_signed_statements, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
