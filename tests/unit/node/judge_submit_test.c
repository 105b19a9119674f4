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

/* ---- every act, and who must sign it ---- */

static struct reply
say(struct node *node, size_t by, const char *act, unsigned signers)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(65535);

	world_statement(&note, node->charter,
	    &(struct world_statement){ .by = by, .time_unix_s = node_now(node), .act = act, .signers = signers });
	return submit(node, &note);
}

static void
assert_said(struct node *node, const char *act, unsigned signers)
{
	struct reply reply = say(node, AU, act, signers);

	if (reply.status != 200 || json_object_get(reply.json, "index") == NULL)
		print_error("%s: %d %s\n", act, reply.status, reply.body);
	assert_int_equal(reply.status, 200);
	assert_non_null(json_object_get(reply.json, "index"));
	reply_fini(&reply);
}

static uint64_t
log_size(const struct node *node)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/log/statements", node->home);
	must(ent_log_dir_open_read(&log, dir, ent_signer_vkey(world_keys(AU)->log), &err));
	return ent_log_dir_size(log);
}

/* Nothing is written for what is refused, not even an `alive`. */
static void
assert_unsaid(struct node *node, size_t by, const char *act, unsigned signers, const char *words)
{
	uint64_t before = log_size(node);
	struct reply reply = say(node, by, act, signers);

	if (reply.status != 422 || strstr(reply.body, words) == NULL)
		print_error("%s: %d %s\n", act, reply.status, reply.body);
	assert_int_equal(reply.status, 422);
	assert_non_null(strstr(text_of(reply.json, "reason"), words));
	assert_int_equal(log_size(node), before);
	reply_fini(&reply);
}

static void
hash_act(char out[128], const char *word, const struct ent_hash *hash)
{
	char text[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(text, hash);
	snprintf(out, 128, "%s %s", word, text);
}

/* The text that the officers sign now: its hash. Times are whole seconds: one of a second ago is another text. */
static struct ent_hash
submit_at(struct node *node, size_t by, const char *act, unsigned signers, int64_t ago_s, int want_status)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(65535);
	struct reply reply;

	world_statement(&note, node->charter,
	    &(struct world_statement){ .by = by, .time_unix_s = node_now(node) - ago_s, .act = act, .signers = signers });
	reply = submit(node, &note);
	if (reply.status != want_status)
		print_error("%s: %d %s\n", act, reply.status, reply.body);
	assert_int_equal(reply.status, want_status);
	reply_fini(&reply);
	return world_text_hash(ent_buf_view(&note));
}

/* C-9, C-70 */
static void
takes_every_act_by_those_who_must_sign_it(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(4096);
	ENT_AUTO(ent_key) fresh = NULL;
	struct ent_hash hash;
	char act[256], kid[ENT_KID_SIZE];
	const char *text;

	assert_said(node, "note text en Hello.", DOE);
	assert_said(node, "accredit jp.example posture-2 until 2027-01-01T00:00:00Z", 0);
	assert_unsaid(node, AU, "accredit jp.example posture-3 until 2027-01-01T00:00:00Z", DOE, "");
	must(ent_key_generate(&fresh, ENT_KEY_EC_P256, &err));
	world_key_line(&line, fresh);
	must(ent_buf_cstr(&line, &text, &err));
	assert_unsaid(node, AU, text, DOE, "");
	assert_said(node, text, 0);
	ent_pubkey_kid(kid, ent_key_public(fresh));
	snprintf(act, sizeof(act), "retire %s", kid);
	assert_said(node, act, DOE);
	snprintf(act, sizeof(act), "destroy %s", kid);
	assert_unsaid(node, AU, act, DOE, "");
	assert_said(node, act, 0);
	snprintf(act, sizeof(act), "stop key %s", kid);
	assert_said(node, act, ROE);
	hash = submit_at(node, AU, "accredit jp.example posture-4 until 2027-01-01T00:00:00Z", 0, 0, 200);
	hash_act(act, "withdraw", &hash);
	assert_said(node, act, DOE);
	assert_unsaid(node, AU, "withdraw project quantum", DOE, "");
	assert_said(node, "withdraw project quantum", 0);
	assert_said(node, "withdraw membership", 0);
}

/* C-70, C-13 */
static void
says_why_instead_of_taking_what_could_have_no_effect(void **state)
{
	struct node *node = *state;
	struct ent_hash nothing = { { 1 } }, said;
	char act[256], kid[ENT_KID_SIZE], hash[ENT_HASH_BASE64_SIZE];

	said = submit_at(node, AU, "stop partner jp.example", DOE, 0, 200);
	hash_act(act, "withdraw", &said);
	assert_unsaid(node, AU, act, DOE, ""); /* a stop ends by a resume */
	hash_act(act, "withdraw", &nothing);
	assert_said(node, act, DOE); /* one that nobody has shown yet may be void from the beginning (C-53) */
	ent_hash_base64(hash, &nothing);
	snprintf(act, sizeof(act), "consent %s until 2027-01-01T00:00:00Z", hash);
	assert_unsaid(node, AU, act, 0, "");
	ent_pubkey_kid(kid, ent_key_public(world_keys(UK)->kas));
	snprintf(act, sizeof(act), "retire %s", kid);
	assert_unsaid(node, AU, act, DOE, "");
	snprintf(act, sizeof(act), "destroy %s", kid);
	assert_unsaid(node, AU, act, 0, "");
	snprintf(act, sizeof(act), "stop key %s", kid);
	assert_unsaid(node, AU, act, DOE, "");
	assert_unsaid(node, AU, "withdraw charter", 0, "");
	assert_unsaid(node, AU, "decline 2.1", 0, "does not act on");
	hash_act(act, "accept 2", &nothing);
	assert_unsaid(node, AU, act, 0, "does not act on");
	ent_pubkey_kid(kid, ent_key_public(world_keys(AU)->kas));
	snprintf(act, sizeof(act), "handover %s to uk.example", kid);
	assert_unsaid(node, AU, act, 0, "does not act on");
}

/* ---- stops ---- */

/* C-69 */
static void
keeps_one_officer_from_flooding_stops(void **state)
{
	struct node *node = *state;
	struct ent_hash first = submit_at(node, AU, "stop partner jp.example", DOE, 20, 200);
	char act[128];

	submit_at(node, AU, "stop partner jp.example", DOE, 19, 422); /* has one that stands */
	submit_at(node, AU, "stop partner jp.example", ROE, 18, 200);
	submit_at(node, AU, "stop partner jp.example project quantum", DOE, 17, 200); /* another target */
	hash_act(act, "resume", &first);
	assert_unsaid(node, AU, act, DOE, "");
	assert_said(node, act, 0);
	submit_at(node, AU, "stop partner jp.example", DOE, 16, 422); /* within 7 days: a second officer is needed */
	submit_at(node, AU, "stop partner jp.example", DOE | POE, 15, 200);
}

static void
assert_own_entry_is(const struct node *node, uint64_t index, struct ent_view note)
{
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(65535);
	const char *text;

	entry_text(node, index, &entry, &text);
	assert_true(ent_view_eq(ent_buf_view(&entry), note));
}

/* C-69: whoever carries it, and to whatever node. C-30: an `alive` first. */
static void
takes_another_partys_stop_unchanged_and_only_once(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) stop = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) before = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) served = ent_buf_with_max(65535);
	char path[256], hex[ENT_HASH_HEX_SIZE], act[128];
	struct ent_hash hash;
	struct reply reply;
	const char *text;
	json_int_t index;

	world_statement(&stop, node->charter, &(struct world_statement){
	    .by = UK, .time_unix_s = node_now(node), .act = "stop partner jp.example", .signers = ROE });
	index = assert_submitted(node, &stop);
	assert_own_entry_is(node, (uint64_t)index, ent_buf_view(&stop));
	entry_text(node, (uint64_t)index - 1, &before, &text);
	assert_int_equal(strncmp(text, "charter/v1 alive ", 17), 0);
	reply = submit(node, &stop);
	assert_int_equal(reply.status, 200);
	assert_null(json_object_get(reply.json, "index"));
	assert_non_null(strstr(text_of(reply.json, "known"), "au "));
	assert_int_equal(log_size(node), (uint64_t)index + 1);
	reply_fini(&reply);
	/* It is served by its name, for whoever carries it on; and nobody else's resume ends it. */
	hash = world_text_hash(ent_buf_view(&stop));
	ent_hash_hex(hex, &hash);
	reply = node_ask(node, &(struct ask){ .method = "GET", .path = "/jwks" }); /* a batch: the view is published first */
	reply_fini(&reply);
	snprintf(path, sizeof(path), "%s/charter/stop/%s", node->home, hex);
	must(ent_file_read(&served, path, 65535, &err));
	assert_true(ent_view_eq(ent_buf_view(&served), ent_buf_view(&stop)));
	hash_act(act, "resume", &hash);
	assert_unsaid(node, AU, act, 0, "");
}

/* C-9, C-60 */
static void
takes_no_stop_that_its_author_could_not_make(void **state)
{
	struct node *node = *state;
	ENT_AUTO_FINI(ent_buf) stop = ent_buf_with_max(65535);

	world_statement(&stop, node->charter, &(struct world_statement){
	    .by = UK, .time_unix_s = node_now(node), .act = "stop partner jp.example", .signers = ROE, .signers_of = 1 });
	assert_submit_refused(node, &stop, "");
	assert_unsaid(node, JP, "stop project quantum", DOE, "");
	assert_unsaid(node, JP, "stop partner kr.example", DOE, "");
	assert_unsaid(node, KR, "stop partner kr.example", DOE, ""); /* nobody knows its officers */
	assert_unsaid(node, UK, "note text en Hello.", DOE, "submit it to that party's node");
	submit_at(node, JP, "stop partner jp.example", DOE, 0, 200);
}

/* C-60: from the answer on. */
static void
answers_under_a_stop_at_once(void **state)
{
	struct node *node = *state;
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	struct opening o = { 0 };
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	reply = ask_rewrap(node, &bob, &file, &o);
	assert_opens(&reply, 0, &file, &o);
	reply_fini(&reply);
	ent_key_free(ent_take(&o.session));
	assert_said(node, "stop project quantum", ROE);
	reply = ask_rewrap(node, &bob, &file, &o);
	assert_int_equal(reply.status, 200);
	assert_string_equal(text_of(result_of(&reply, 0), "status"), "fail");
	reply_fini(&reply);
	access_verify(node);
	ent_key_free(o.session);
	file_fini(&file);
	person_fini(&bob);
}

static int
setup_behind(void **state)
{
	struct node *node = calloc(1, sizeof(*node));

	node_init_with_partner(node, AU, true);
	node->clock.offset_s -= HOUR; /* its own log speaks of what is an hour ahead for it now */
	node->config.clock_offset_s -= HOUR;
	node_start(node);
	*state = node;
	return 0;
}

static int
setup_with_partner(void **state)
{
	struct node *node = calloc(1, sizeof(*node));

	node_init_with_partner(node, AU, true);
	node_start(node);
	*state = node;
	return 0;
}

/* C-7, C-51 */
static void
a_wrong_clock_keeps_out_everything_but_a_stop(void **state)
{
	struct node *node = *state;
	uint64_t before = log_size(node);
	struct reply reply = say(node, AU, "note text en Hello.", DOE);

	assert_int_equal(reply.status, 503);
	assert_non_null(strstr(text_of(reply.json, "reason"), "behind its own last"));
	reply_fini(&reply);
	assert_int_equal(log_size(node), before);
	assert_said(node, "stop partner jp.example", DOE);
	assert_int_equal(log_size(node), before + 1); /* no `alive`: it would be void */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_tokens_and_others_while_somebody_floods_submissions, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_a_proposal_only_once_it_was_announced, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_an_alive_first_and_before_each_statement, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_only_its_own_partys_signed_statements, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_every_act_by_those_who_must_sign_it, setup_with_partner, teardown),
		cmocka_unit_test_setup_teardown(says_why_instead_of_taking_what_could_have_no_effect, setup_with_partner, teardown),
		cmocka_unit_test_setup_teardown(keeps_one_officer_from_flooding_stops, setup_with_partner, teardown),
		cmocka_unit_test_setup_teardown(takes_another_partys_stop_unchanged_and_only_once, setup_with_partner, teardown),
		cmocka_unit_test_setup_teardown(takes_no_stop_that_its_author_could_not_make, setup_with_partner, teardown),
		cmocka_unit_test_setup_teardown(answers_under_a_stop_at_once, setup_with_partner, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_clock_keeps_out_everything_but_a_stop, setup_behind, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
