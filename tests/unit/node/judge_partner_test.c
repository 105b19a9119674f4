/* A partner's persons at a member's node, and stops there, with the real logger and keyholder. */
#include <dirent.h>
#include <unistd.h>

#include "judge_file.h"
#include "tlog/log_dir.h"

#define must(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, err.text);                                      \
			fail();                                                                                        \
		}                                                                                                      \
	} while (0)

static int
start(void **state, const struct world_admit *admit)
{
	struct node *node = calloc(1, sizeof(*node));

	node_init_with_admission(node, admit);
	node_start(node);
	*state = node;
	return 0;
}

static int
setup(void **state)
{
	return start(state, &(struct world_admit){ 0 });
}

static int
setup_since(void **state)
{
	return start(state, &(struct world_admit){ .files = "since 2030-01-01T00:00:00Z" });
}

static int
setup_contributor(void **state)
{
	return start(state, &(struct world_admit){ .role = "contributor", .sponsor = "au.example" });
}

enum { FLOOD = 200 };

/* The partner's officer has filled its own log with stops of its own persons. */
static void
flood(struct node *node)
{
	const struct ent_signer *signer = world_keys(JP)->log;
	ENT_AUTO(ent_log_dir) log = NULL;
	char dir[128], head[128], act[128];
	struct ent_buf stops[FLOOD];
	struct ent_view entries[FLOOD];
	uint64_t first;

	for (size_t i = 0; i < FLOOD; i++) {
		snprintf(act, sizeof(act), "stop person p%zu@jp.example", i);
		stops[i] = ent_buf_with_max(65535);
		world_statement(&stops[i], node->charter, &(struct world_statement){
		    .by = JP, .time_unix_s = node_now(node) - HOUR, .act = act, .signers = DOE });
		entries[i] = ent_buf_view(&stops[i]);
	}
	snprintf(dir, sizeof(dir), "%s/peers/%s/statements", node->home, world_members[JP]);
	snprintf(head, sizeof(head), "%s/state/head.%s.statements", node->home, world_members[JP]);
	must(ent_log_dir_open(&log, dir, head, ent_signer_vkey(signer), &err));
	must(ent_log_dir_append(log, signer, entries, FLOOD, &first, &err));
	for (size_t i = 0; i < FLOOD; i++)
		ent_buf_fini(&stops[i]);
}

static int
setup_flooded(void **state)
{
	struct node *node = calloc(1, sizeof(*node));

	node_init_with_admission(node, &(struct world_admit){ 0 });
	flood(node);
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

static struct person
kenji(const struct node *node, const char *project)
{
	return person_make(node, &(struct person_claims){ .party = JP, .sub = "kenji", .project = project });
}

/* The short record alone is a partner's to read: every reason that it is told stands there. */
static void
assert_only_reasons(const struct reply *reply, const char *const *codes, size_t count)
{
	const json_t *entente = json_object_get(json_object_get(result_of(reply, 0), "metadata"), "entente");
	const json_t *reasons = json_object_get(entente, "reasons");

	if (json_array_size(reasons) != count)
		print_error("%s\n", reply->body);
	assert_int_equal(json_array_size(reasons), count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(text_of(json_array_get(reasons, i), "code"), codes[i]);
}

/* C-42 C-50 */
static void
a_partners_person_opens_a_file_and_is_told_nothing_of_the_members(void **state)
{
	struct node *node = *state;
	struct person person = kenji(node, NULL);
	struct opening o = { 0 };
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	reply = ask_rewrap(node, &person, &file, &o);
	assert_opens(&reply, 0, &file, &o);
	assert_only_reasons(&reply, NULL, 0);
	assert_record_has(node, 1, "\nparty jp.example\nperson kenji@jp.example\n");
	assert_record_has(node, 1, "\nreason partner-in-force ");
	assert_record_has(node, 1, "\nreason consent ");
	access_verify(node);
	reply_fini(&reply);
	ent_key_free(o.session);
	file_fini(&file);
	person_fini(&person);
}

/* C-50 C-46 */
static void
a_refused_partner_is_told_its_own_reasons_and_a_member_all(void **state)
{
	static const char *const own[] = { "file-too-old", "person-project" };
	struct node *node = *state;
	struct person person = kenji(node, ""), bob = person_make(node, &(struct person_claims){ .party = UK, .project = "" });
	struct opening o = { 0 }, p = { 0 };
	struct file file;
	struct reply reply;

	file_sealed(&file, node);
	reply = ask_rewrap(node, &person, &file, &o);
	assert_refused(&reply, ent_wire_forbidden, "file-too-old");
	assert_only_reasons(&reply, own, 2);
	assert_entry(node, 1, "refused");
	assert_record_has(node, 1, "\nreason consent ");
	reply_fini(&reply);
	reply = ask_rewrap(node, &bob, &file, &p);
	assert_refused(&reply, ent_wire_forbidden, "person-project");
	assert_true(has_reason(result_of(&reply, 0), "consent"));
	assert_true(has_reason(result_of(&reply, 0), "sealed"));
	reply_fini(&reply);
	access_verify(node);
	ent_key_free(o.session);
	ent_key_free(p.session);
	file_fini(&file);
	person_fini(&person);
	person_fini(&bob);
}

/* One of this node's own officers' statement, handed in. */
static void
submit(struct node *node, const char *act, unsigned signers)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(65536);
	const char *text = NULL;
	struct reply reply;

	world_statement(&note, node->charter, &(struct world_statement){ .by = AU, .time_unix_s = node_now(node), .act = act, .signers = signers });
	must(ent_buf_cstr(&note, &text, &err));
	reply = node_ask(node, &(struct ask){ .path = "/charter/submit", .content_type = "text/plain; charset=utf-8", .body = text });
	if (reply.status != 200)
		print_error("%d %s\n", reply.status, reply.body);
	assert_int_equal(reply.status, 200);
	reply_fini(&reply);
}

static void
assert_closed(struct node *node, const struct person *person, const struct file *file, const char *code)
{
	struct opening o = { 0 };
	struct reply reply = ask_rewrap(node, person, file, &o);

	assert_refused(&reply, ent_wire_forbidden, code);
	reply_fini(&reply);
	ent_key_free(o.session);
}

static void
assert_open(struct node *node, const struct person *person, const struct file *file)
{
	struct opening o = { 0 };
	struct reply reply = ask_rewrap(node, person, file, &o);

	assert_opens(&reply, 0, file, &o);
	reply_fini(&reply);
	ent_key_free(o.session);
}

/* P8: after its stop the node releases no share. C-60 C-74 */
static void
a_stop_binds_its_own_node_with_the_next_request(void **state)
{
	struct node *node = *state;
	struct person person = kenji(node, NULL), hanako = person_make(node, &(struct person_claims){ .party = JP, .sub = "hanako" });
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	char line[128];
	struct file file, other;

	file_sealed(&file, node);
	file_sealed(&other, node);
	assert_open(node, &person, &file);
	submit(node, "stop person kenji@jp.example", DOE);
	assert_closed(node, &person, &file, "person-stopped");
	assert_open(node, &hanako, &file);
	submit(node, "stop partner jp.example project quantum", DOE);
	assert_closed(node, &hanako, &file, "stopped");
	assert_open(node, &bob, &file);
	snprintf(line, sizeof(line), "stop file %s", file.uuid);
	submit(node, line, DOE);
	assert_closed(node, &bob, &file, "file-stopped");
	assert_open(node, &bob, &other);
	access_verify(node);
	file_fini(&file);
	file_fini(&other);
	person_fini(&person);
	person_fini(&hanako);
	person_fini(&bob);
}

/* The file is none the worse for it: so it is forbidden, and not a bad request. C-66 */
static void
nothing_is_released_under_a_stopped_data_key(void **state)
{
	struct node *node = *state;
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	char kid[ENT_KID_SIZE], line[128];
	struct file file;

	file_sealed(&file, node);
	ent_pubkey_kid(kid, ent_key_public(world_keys(AU)->kas));
	snprintf(line, sizeof(line), "stop key %s", kid);
	submit(node, line, DOE);
	assert_closed(node, &bob, &file, "key-stopped");
	assert_entry(node, 1, "refused");
	assert_record_has(node, 1, "\nreason key-stopped ");
	access_verify(node);
	file_fini(&file);
	person_fini(&bob);
}

/* The register is what the thief of a seal key cannot write into. C-67 */
static void
under_a_stopped_seal_key_only_what_was_sealed_here_opens(void **state)
{
	struct node *node = *state;
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	const struct ent_signer *seal = world_keys(AU)->seal;
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(65536);
	char kid[ENT_SEAL_KID_SIZE], line[128];
	struct file file, forged;
	struct reply reply;

	file_sealed(&file, node);
	file_init(&forged, node);
	must(ent_note_sign(&note, ent_buf_view(&forged.seal_text), &seal, 1, &err));
	file_close(&forged, ent_buf_view(&note));
	assert_open(node, &bob, &forged); /* nobody knows yet */
	ent_seal_kid(kid, ent_signer_vkey(seal)->key);
	snprintf(line, sizeof(line), "stop key %s", kid);
	submit(node, line, DOE);
	assert_open(node, &bob, &file);
	assert_closed(node, &bob, &forged, "seal-key-stopped");
	reply = ask_seal(node, &alice, &forged); /* and nothing more is sealed with it */
	assert_int_equal(reply.status, 403);
	assert_non_null(strstr(text_of(reply.json, "message"), "is stopped"));
	reply_fini(&reply);
	access_verify(node);
	file_fini(&file);
	file_fini(&forged);
	person_fini(&bob);
	person_fini(&alice);
}

/* C-72 */
static void
a_node_whose_access_log_key_is_stopped_releases_and_seals_nothing(void **state)
{
	struct node *node = *state;
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(512);
	const char *act = NULL;
	struct file file, more;
	struct reply reply;

	file_sealed(&file, node);
	file_init(&more, node);
	world_stop_key_line(&line, world_keys(AU)->access);
	must(ent_buf_cstr(&line, &act, &err));
	submit(node, act, DOE);
	assert_closed(node, &bob, &file, "access-key-stopped");
	reply = ask_seal(node, &alice, &more);
	assert_int_equal(reply.status, 403);
	reply_fini(&reply);
	file_fini(&file);
	file_fini(&more);
	person_fini(&bob);
	person_fini(&alice);
}

/* C-37 */
static void
a_sponsors_node_seals_for_its_contributors_person(void **state)
{
	struct node *node = *state;
	struct person person = kenji(node, NULL), uncleared = kenji(node, "");
	struct file file, more;
	struct reply reply;

	file_init(&file, node);
	reply = ask_seal(node, &person, &file);
	if (reply.status != 200)
		print_error("%s\n", reply.body);
	assert_int_equal(reply.status, 200);
	file_close(&file, ent_view_str(text_of(reply.json, "note")));
	reply_fini(&reply);
	assert_entry(node, 0, "sealed");
	assert_record_has(node, 0, "\nparty jp.example\nperson kenji@jp.example\n");
	assert_record_has(node, 0, "\noriginator au.example\n");
	assert_open(node, &person, &file);
	file_init(&more, node);
	reply = ask_seal(node, &uncleared, &more);
	assert_int_equal(reply.status, 403);
	assert_non_null(strstr(text_of(reply.json, "message"), "jp.example has not cleared kenji@jp.example"));
	assert_int_equal(json_array_size(json_object_get(json_object_get(reply.json, "entente"), "reasons")), 1);
	reply_fini(&reply);
	access_verify(node);
	file_fini(&file);
	file_fini(&more);
	person_fini(&person);
	person_fini(&uncleared);
}

/* C-37 */
static void
nothing_is_sealed_for_a_reader(void **state)
{
	struct node *node = *state;
	struct person person = kenji(node, NULL);
	struct file file;
	struct reply reply;

	file_init(&file, node);
	reply = ask_seal(node, &person, &file);
	assert_int_equal(reply.status, 403);
	assert_non_null(strstr(text_of(reply.json, "message"), "reads in quantum and does not write"));
	assert_entry(node, 0, "refused");
	reply_fini(&reply);
	file_fini(&file);
	person_fini(&person);
}

#define TEST(test, how) cmocka_unit_test_setup_teardown(test, how, teardown)

static size_t
stops_served(const struct node *node)
{
	char path[128];
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/charter/stop", node->home);
	dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *item = readdir(dir); item != NULL; item = readdir(dir))
		count += strlen(item->d_name) == ENT_HASH_HEX_SIZE - 1;
	closedir(dir);
	return count;
}

/* C-60: how much a partner says against its own persons is no reason for a member's callers to wait. */
static void
answers_before_all_stops_of_a_flood_are_on_disk(void **state)
{
	struct node *node = *state;
	struct reply reply = node_ask(node, &(struct ask){ .method = "GET", .path = "/jwks" });

	assert_int_equal(reply.status, 200);
	reply_fini(&reply);
	assert_true(stops_served(node) < FLOOD);
	for (int i = 0; i < 100 && stops_served(node) < FLOOD; i++)
		usleep(100000);
	assert_int_equal(stops_served(node), FLOOD); /* each in its turn */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_partners_person_opens_a_file_and_is_told_nothing_of_the_members, setup),
		TEST(a_refused_partner_is_told_its_own_reasons_and_a_member_all, setup_since),
		TEST(a_stop_binds_its_own_node_with_the_next_request, setup),
		TEST(nothing_is_released_under_a_stopped_data_key, setup),
		TEST(under_a_stopped_seal_key_only_what_was_sealed_here_opens, setup),
		TEST(a_node_whose_access_log_key_is_stopped_releases_and_seals_nothing, setup),
		TEST(a_sponsors_node_seals_for_its_contributors_person, setup_contributor),
		TEST(nothing_is_sealed_for_a_reader, setup),
		cmocka_unit_test_setup_teardown(answers_before_all_stops_of_a_flood_are_on_disk, setup_flooded, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
