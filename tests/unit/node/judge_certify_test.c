/* Writers' certificates at the judge with its real logger and keyholder (C-71): who gets one, and what stands in the log. */
#include "judge_file.h"

#include "jose/jws.h"
#include "tdf/policy.h"

#define CERTIFY "/entente.v1.SealService/Certify"
#define DAY_S 86400
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

/* <originator>/writer/<16 hexadecimal digits of the SHA-256 of the public key>, as a client names it. */
static struct ent_signer *
writer_key(const char *originator)
{
	ENT_AUTO(ent_secret) seed = NULL;
	ENT_AUTO(ent_signer) nameless = NULL;
	struct ent_signer *signer = NULL;
	char hex[ENT_HASH_HEX_SIZE], name[128];
	struct ent_hash hash;

	must(ent_secret_random(&seed, 32, &err));
	must(ent_signer_from_seed(&nameless, ENT_LIT("x"), ENT_NOTE_TYPE_ED25519, ent_secret_view(seed), &err));
	ent_sha256(&hash, ent_view_from(ent_signer_vkey(nameless)->key, ENT_ED25519_KEY_LEN));
	ent_hash_hex(hex, &hash);
	snprintf(name, sizeof(name), "%s/writer/%.16s", originator, hex);
	must(ent_signer_from_seed(&signer, ent_view_str(name), ENT_NOTE_TYPE_ED25519, ent_secret_view(seed), &err));
	return signer;
}

/* {"writerToken": JWS over claims, iat and exp}. Takes claims; the caller frees the text. */
static char *
certify_body(const struct node *node, const struct ent_key *key, json_t *claims)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(ENT_JWS_MAX);
	const int64_t now = node_now(node);
	json_t *header = json_object(), *body;
	const char *compact;
	char *text;

	json_object_set_new(claims, "iat", json_integer(now));
	json_object_set_new(claims, "exp", json_integer(now + 60));
	must(ent_jws_sign(&token, header, claims, key, &err));
	must(ent_buf_cstr(&token, &compact, &err));
	body = json_pack("{s:s}", "writerToken", compact);
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	json_decref(header);
	json_decref(claims);
	return text;
}

static json_t *
usual_claims(const struct ent_signer *writer, int days)
{
	const struct ent_view line = ent_signer_vkey(writer)->line;

	return json_pack("{s:s%, s:i}", "key", (const char *)line.data, line.len, "days", days);
}

static struct reply
ask_certify(struct node *node, const struct person *person, json_t *claims)
{
	char *body = certify_body(node, person->key, claims);
	struct reply reply = person_ask(node, person, CERTIFY, body);

	free(body);
	return reply;
}

/* The certificate's text, if the node's seal key signed it. */
static struct ent_writer_doc
open_note(struct ent_arena *arena, const struct reply *reply)
{
	struct ent_note note;
	struct ent_doc doc;
	struct ent_view kept;

	if (reply->status != 200)
		print_error("%d %s\n", reply->status, reply->body);
	assert_int_equal(reply->status, 200);
	must(ent_arena_dup(arena, &kept, ent_view_str(text_of(reply->json, "note")), &err));
	must(ent_note_parse(&note, arena, kept, &err));
	must(ent_note_verify_one(&note, ent_signer_vkey(world_keys(AU)->seal), &err));
	must(ent_doc_parse(&doc, arena, note.text, &err));
	assert_int_equal(doc.kind, ENT_DOC_WRITER);
	must(ent_doc_check(&doc, &err));
	return doc.writer;
}

/* C-71 C-45 */
static void
certifies_an_own_person_from_now_on_and_logs_it_first(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	ENT_AUTO(ent_signer) writer = writer_key("au.example");
	ENT_AUTO(ent_arena) arena = NULL;
	struct reply reply = ask_certify(node, &alice, usual_claims(writer, 30));
	struct ent_writer_doc doc;

	must(ent_arena_new(&arena, 1 << 20, &err));
	doc = open_note(arena, &reply);
	assert_true(ent_hash_eq(&doc.charter, &node->genesis));
	assert_true(ent_view_eq_str(doc.originator, "au.example"));
	assert_true(ent_view_eq_str(doc.person, "alice@au.example"));
	assert_true(ent_view_eq(doc.key.line, ent_signer_vkey(writer)->line));
	assert_in_range(doc.from_unix_s, node_now(node) - 60, node_now(node));
	assert_int_equal(doc.until_unix_s - doc.from_unix_s, 30 * DAY_S);
	assert_int_equal(access_size(node), 1);
	assert_entry(node, 0, "sealed");
	assert_record_has(node, 0, "\nperson alice@au.example\n");
	assert_record_has(node, 0, "\noriginator au.example\n");
	assert_record_has(node, 0, "\nfile -\n");
	access_verify(node);
	reply_fini(&reply);
	person_fini(&alice);
}

/* As file_close(), sealed by the writer, both notes in the policy. */
static void
close_by_writer(struct file *file, const struct ent_signer *writer, const char *certificate)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_view attribute = ENT_LIT(FQN);
	struct ent_policy policy = { .uuid = ent_view_str(file->uuid), .attributes = &attribute, .attribute_count = 1 };

	must(ent_note_sign(&note, ent_buf_view(&file->seal_text), &writer, 1, &err));
	policy.seal_note = ent_buf_view(&note);
	policy.writer_note = ent_view_str(certificate);
	must(ent_policy_print(&file->policy, &policy, &err));
	must(ent_wrap_ec(file->wrapped, &file->ephemeral, ent_key_public(world_keys(AU)->kas), file->shares[1], &err));
	ent_binding_make(file->binding, file->shares[1], ent_buf_view(&file->policy));
}

/* C-71 */
static void
what_a_certified_writer_sealed_away_from_the_node_opens_there(void **state)
{
	struct node *node = *state;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct person bob = person_make(node, &(struct person_claims){ .party = UK, .sub = "bob" });
	ENT_AUTO(ent_signer) writer = writer_key("au.example");
	ENT_AUTO(ent_signer) thief = writer_key("au.example");
	struct reply certificate = ask_certify(node, &alice, usual_claims(writer, 7)), reply;
	struct opening o = { 0 }, p = { 0 };
	struct file file, forged;

	assert_int_equal(certificate.status, 200);
	file_init(&file, node);
	close_by_writer(&file, writer, text_of(certificate.json, "note"));
	reply = ask_rewrap(node, &bob, &file, &o);
	assert_opens(&reply, 0, &file, &o);
	assert_entry(node, 1, "released");
	assert_record_has(node, 1, "\nreason sealed ");
	reply_fini(&reply);
	file_init(&forged, node);
	close_by_writer(&forged, thief, text_of(certificate.json, "note")); /* the certificate is no secret; its key is */
	reply = ask_rewrap(node, &alice, &forged, &p);
	assert_refused(&reply, ent_wire_forbidden, "seal-invalid");
	reply_fini(&reply);
	access_verify(node);
	reply_fini(&certificate);
	ent_key_free(o.session);
	ent_key_free(p.session);
	file_fini(&file);
	file_fini(&forged);
	person_fini(&alice);
	person_fini(&bob);
}

static struct reply
ask_as(struct node *node, const struct person_claims *claims, json_t *asked)
{
	struct person person = person_make(node, claims);
	struct reply reply = ask_certify(node, &person, asked);

	person_fini(&person);
	return reply;
}

/* C-71 C-37 */
static void
refuses_others_persons_and_keys_with_another_name_or_role(void **state)
{
	struct node *node = *state;
	ENT_AUTO(ent_signer) own = writer_key("au.example");
	ENT_AUTO(ent_signer) other = writer_key("uk.example");
	ENT_AUTO(ent_signer) misnamed = NULL;
	struct reply reply;

	must(ent_signer_generate(&misnamed, ENT_LIT("au.example/writer/alice"), ENT_NOTE_TYPE_ED25519, &err));
	const struct {
		struct person_claims who;
		const struct ent_signer *key;
		int status;
		const char *words;
	} rows[] = {
		{ { .party = UK, .sub = "bob" }, own, 403, "persons of au.example only" },
		{ { .party = AU }, misnamed, 403, "must be named au.example/writer/" },
		{ { .party = AU }, other, 403, "cannot be certified" },
		{ { .party = AU }, world_keys(AU)->officers[0], 403, "cannot be certified" },
	};
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		reply = ask_as(node, &rows[i].who, usual_claims(rows[i].key, 7));
		assert_int_equal(reply.status, rows[i].status);
		if (strstr(text_of(reply.json, "message"), rows[i].words) == NULL)
			fail_msg("%zu: %s", i, reply.body);
		assert_null(json_object_get(reply.json, "note"));
		assert_entry(node, i, "refused");
		reply_fini(&reply);
	}
	access_verify(node);
}

/* What is no request is none, and leaves no entry. */
static void
answers_what_is_no_request_for_a_certificate(void **state)
{
	struct node *node = *state;
	ENT_AUTO(ent_signer) writer = writer_key("au.example");
	const struct ent_view line = ent_signer_vkey(writer)->line;
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	const char *const key = strndup((const char *)line.data, line.len);
	json_t *const asked[] = {
		json_pack("{s:s, s:i}", "key", key, "days", 0), json_pack("{s:s, s:i}", "key", key, "days", 31),
		json_pack("{s:s, s:i}", "key", key, "days", -1), json_pack("{s:s, s:s}", "key", key, "days", "7"),
		json_pack("{s:s, s:f}", "key", key, "days", 7.5), json_pack("{s:s}", "key", key), json_pack("{s:i}", "days", 7),
		json_pack("{s:s, s:i}", "key", "", "days", 7), json_pack("{s:s, s:i}", "key", "au.example/writer/x", "days", 7),
		json_pack("{s:i, s:i}", "key", 7, "days", 7), json_pack("{s:s, s:i}", "text", "charter/v1 writer\n", "days", 7),
	};
	struct reply reply;

	for (size_t i = 0; i < ENT_COUNT(asked); i++) {
		reply = ask_certify(node, &alice, asked[i]);
		if (reply.status != 400)
			print_error("%zu: %d %s\n", i, reply.status, reply.body);
		assert_int_equal(reply.status, 400);
		reply_fini(&reply);
	}
	assert_int_equal(access_size(node), 0);
	free((char *)(uintptr_t)key);
	person_fini(&alice);
}

/* C-41 */
static void
a_certificates_token_is_the_callers_own_and_good_once(void **state)
{
	struct node *node = *state;
	ENT_AUTO(ent_signer) writer = writer_key("au.example");
	struct person alice = person_make(node, &(struct person_claims){ .party = AU });
	struct person zoe = person_make(node, &(struct person_claims){ .party = AU, .sub = "zoe" });
	struct person bearer = person_make(node, &(struct person_claims){ .party = AU, .bearer = true });
	char *body = certify_body(node, alice.key, usual_claims(writer, 7));
	struct reply reply = person_ask(node, &zoe, CERTIFY, body); /* of another's key */

	assert_int_equal(reply.status, 401);
	reply_fini(&reply);
	reply = person_ask(node, &alice, CERTIFY, body);
	assert_int_equal(reply.status, 200);
	reply_fini(&reply);
	reply = person_ask(node, &alice, CERTIFY, body);
	assert_int_equal(reply.status, 401);
	reply_fini(&reply);
	free(body);
	reply = ask_certify(node, &bearer, usual_claims(writer, 7));
	assert_int_equal(reply.status, 401);
	reply_fini(&reply);
	assert_int_equal(access_size(node), 1);
	person_fini(&alice);
	person_fini(&zoe);
	person_fini(&bearer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(certifies_an_own_person_from_now_on_and_logs_it_first, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_certified_writer_sealed_away_from_the_node_opens_there, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_others_persons_and_keys_with_another_name_or_role, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_what_is_no_request_for_a_certificate, setup, teardown),
		cmocka_unit_test_setup_teardown(a_certificates_token_is_the_callers_own_and_good_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
