#include "judge_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "jose/dpop.h"
#include "store/store.h"
#include "tlog/log_dir.h"

#define PATH_MAX_ 512

#define must(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, err.text);                                      \
			fail();                                                                                        \
		}                                                                                                      \
	} while (0)

int64_t
node_now(const struct node *node)
{
	return ent_clock_now(&node->clock);
}

static void
path_in(char out[PATH_MAX_], const struct node *node, const char *name)
{
	snprintf(out, PATH_MAX_, "%s/%s", node->home, name);
}

/* ---- the processes ---- */

static void
make_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

static void
close_others(int a, int b, int c)
{
	for (int fd = 3; fd < 64; fd++)
		if (fd != a && fd != b && fd != c)
			close(fd);
}

void
node_start(struct node *node)
{
	int edge[2], logger[2], keyholder[2];

	make_pair(edge);
	make_pair(logger);
	make_pair(keyholder);
	fflush(NULL);
	node->logger = fork();
	if (node->logger == 0) {
		close_others(logger[1], -1, -1);
		_exit(ent_logger_main(&node->config, logger[1]));
	}
	node->keyholder = fork();
	if (node->keyholder == 0) {
		close_others(keyholder[1], -1, -1);
		_exit(ent_keyholder_main(&node->config, keyholder[1]));
	}
	node->judge = fork();
	if (node->judge == 0) {
		close_others(edge[1], logger[0], keyholder[0]);
		exit(ent_judge_main(&node->config, edge[1], logger[0], keyholder[0])); /* exit(): the leak checker looks */
	}
	close(edge[1]);
	close(logger[0]);
	close(logger[1]);
	close(keyholder[0]);
	close(keyholder[1]);
	must(ent_channel_new(&node->edge, edge[0], ENT_PROCESS_EDGE, ENT_PROCESS_JUDGE, &err));
	if (node->charter != NULL) { /* answered: it has read its charter and published its view */
		struct reply reply = node_ask(node, &(struct ask){ .method = "GET", .path = "/jwks" });

		assert_int_equal(reply.status, 200);
		reply_fini(&reply);
	}
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void
node_stop(struct node *node)
{
	ent_channel_free(ent_take(&node->edge));
	assert_int_equal(wait_for(node->judge), 0);
	assert_int_equal(wait_for(node->logger), 0);
	assert_int_equal(wait_for(node->keyholder), 0);
	node->judge = 0;
}

void
node_fini(struct node *node)
{
	char command[128];

	if (node->edge != NULL)
		node_stop(node);
	ent_charter_free(node->charter);
	free(node->config.home);
	free(node->config.party);
	free(node->config.listen);
	free(node->config.url);
	snprintf(command, sizeof(command), "rm -rf %s", node->home);
	assert_int_equal(system(command), 0);
}

/* ---- requests ---- */

static void
fill_list(struct ent_list *list, struct ent_view items[2], const char *const values[2])
{
	list->items = items;
	for (list->count = 0; list->count < 2 && values[list->count] != NULL; list->count++)
		items[list->count] = ent_view_str(values[list->count]);
}

uint64_t
node_send(struct node *node, const struct ask *ask)
{
	struct ent_msg msg = { .type = ENT_MSG_HTTP_REQUEST };
	struct ent_view authorization[2], dpop[2];

	msg.http_request = (struct ent_msg_http_request){
		.exchange = ++node->exchange,
		.method = ent_view_str(ask->method != NULL ? ask->method : "POST"),
		.path = ent_view_str(ask->path),
		.query = ent_view_str(ask->query),
		.content_type = ent_view_str(ask->content_type != NULL ? ask->content_type : "application/json"),
		.connect_version = ent_view_str(ask->connect),
		.additional_context = ent_view_str(ask->context),
		.request_id = ENT_LIT("11111111-2222-4333-8444-555555555555"),
		.peer = ent_view_str(ask->peer != NULL ? ask->peer : "127.0.0.1"),
		.body = ent_view_str(ask->body),
	};
	fill_list(&msg.http_request.authorization, authorization, ask->authorization);
	fill_list(&msg.http_request.dpop, dpop, ask->dpop);
	must(ent_channel_send(node->edge, &msg, &err));
	return node->exchange;
}

static char *
dup_view(struct ent_view v)
{
	return strndup(v.data != NULL ? (const char *)v.data : "", v.len);
}

static struct reply
read_reply(const struct ent_msg_http_response *response)
{
	struct reply reply = { .status = (int)response->status, .body = dup_view(response->body),
		.content_type = dup_view(response->content_type), .headers = calloc(1, 4096) };

	for (size_t i = 0; i < response->headers.count; i++) {
		strncat(reply.headers, (const char *)response->headers.items[i].data, response->headers.items[i].len);
		strcat(reply.headers, "\n");
	}
	reply.json = json_loads(reply.body, JSON_REJECT_DUPLICATES, NULL);
	return reply;
}

/* The other members cannot be reached. */
static void
answer_fetch(struct node *node, uint64_t id)
{
	struct ent_msg msg = { .type = ENT_MSG_FETCHED, .fetched = { .id = id, .problem = ENT_LIT("no route to host") } };

	must(ent_channel_send(node->edge, &msg, &err));
}

struct reply
node_next(struct node *node, uint64_t *exchange)
{
	for (int i = 0; i < 1000; i++) {
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_msg msg;
		bool got, closed;

		must(ent_arena_new(&arena, 8 << 20, &err));
		must(ent_channel_receive(node->edge, &msg, arena, 10000, &got, &closed, &err));
		assert_true(got);
		assert_false(closed);
		if (msg.type == ENT_MSG_FETCH) {
			answer_fetch(node, msg.fetch.id);
			continue;
		}
		assert_int_equal(msg.type, ENT_MSG_HTTP_RESPONSE);
		*exchange = msg.http_response.exchange;
		return read_reply(&msg.http_response);
	}
	fail_msg("no answer");
	return (struct reply){ 0 };
}

struct reply
node_receive(struct node *node, uint64_t exchange)
{
	uint64_t answered;
	struct reply reply = node_next(node, &answered);

	assert_int_equal(answered, exchange);
	return reply;
}

struct reply
node_ask(struct node *node, const struct ask *ask)
{
	return node_receive(node, node_send(node, ask));
}

void
reply_fini(struct reply *reply)
{
	free(reply->body);
	free(reply->headers);
	free(reply->content_type);
	json_decref(reply->json);
}

/* ---- persons ---- */

static char *
sign(const struct ent_key *key, json_t *header, json_t *claims)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(ENT_JWS_MAX);

	must(ent_jws_sign(&token, header, claims, key, &err));
	json_decref(header);
	json_decref(claims);
	return dup_view(ent_buf_view(&token));
}

struct person
person_make(const struct node *node, const struct person_claims *c)
{
	const struct ent_key *issuer = world_keys(c->party)->issuer;
	struct person person = { 0 };
	char kid[ENT_KID_SIZE], jkt[ENT_JKT_SIZE];
	int64_t iat = node_now(node) - c->age_s;
	const char *project = c->project != NULL ? c->project : "quantum";
	json_t *claims;

	must(ent_key_generate(&person.key, ENT_KEY_EC_P256, &err));
	must(ent_jwk_thumbprint(jkt, ent_key_public(person.key), &err));
	ent_pubkey_kid(kid, ent_key_public(issuer));
	claims = json_pack("{s:s, s:s, s:s, s:I, s:I, s:[s], s:[s]}", "iss", c->issuer ? c->issuer : world_issuers[c->party], "aud",
	    c->audience ? c->audience : AUDIENCE, "sub", c->sub ? c->sub : "alice", "iat", (json_int_t)iat, "exp",
	    (json_int_t)(iat + (c->life_s ? c->life_s : 300)), "nationality", "AUS", "projects", project);
	assert_non_null(claims);
	if (project[0] == '\0')
		json_object_set_new(claims, "projects", json_array());
	if (!c->bearer)
		json_object_set_new(claims, "cnf", json_pack("{s:s}", "jkt", jkt));
	person.token = sign(issuer, json_pack("{s:s}", "kid", c->kid ? c->kid : kid), claims);
	return person;
}

void
person_fini(struct person *person)
{
	ent_key_free(person->key);
	free(person->token);
}

char *
person_authorization(const struct person *person, const char *scheme)
{
	char *text = NULL;

	assert_true(asprintf(&text, "%s %s", scheme, person->token) > 0);
	return text;
}

char *
person_proof(const struct node *node, const struct person *person, const char *method, const char *path, bool with_token)
{
	ENT_AUTO_FINI(ent_buf) proof = ent_buf_with_max(8192);
	char url[PATH_MAX_];

	snprintf(url, sizeof(url), NODE_URL "%s", path);
	must(ent_dpop_make(&proof, person->key, method, url, with_token ? ent_view_str(person->token) : ENT_VIEW_NONE,
	    ENT_VIEW_NONE, node_now(node), &err));
	return dup_view(ent_buf_view(&proof));
}

char *
signed_claim(const struct node *node, const struct ent_key *key, const char *claim, const char *text, int64_t life_s)
{
	int64_t now = node_now(node);

	return sign(key, json_object(),
	    json_pack("{s:s, s:I, s:I}", claim, text, "iat", (json_int_t)now, "exp", (json_int_t)(now + life_s)));
}

struct reply
person_ask(struct node *node, const struct person *person, const char *path, const char *body)
{
	char *authorization = person_authorization(person, "DPoP");
	char *proof = person_proof(node, person, "POST", path, true);
	struct reply reply = node_ask(node, &(struct ask){ .path = path, .authorization = { authorization }, .dpop = { proof }, .body = body });

	free(authorization);
	free(proof);
	return reply;
}

/* ---- what the node wrote ---- */

struct ent_hash
node_view(const struct node *node)
{
	ENT_AUTO_FINI(ent_buf) head = ent_buf_with_max(1024);
	char path[PATH_MAX_];
	struct ent_hash view;
	struct ent_view all;

	path_in(path, node, "charter/head");
	must(ent_file_read(&head, path, 1024, &err));
	all = ent_buf_view(&head);
	assert_true(all.len > 66);
	must(ent_hash_from_hex(&view, ent_view_slice(all, all.len - 65, 64), &err));
	return view;
}

static struct ent_log_dir *
open_access(const struct node *node)
{
	struct ent_log_dir *log = NULL;
	char dir[PATH_MAX_];

	path_in(dir, node, "log/access");
	must(ent_log_dir_open_read(&log, dir, ent_signer_vkey(world_keys(AU)->access), &err));
	return log;
}

uint64_t
access_size(const struct node *node)
{
	ENT_AUTO(ent_log_dir) log = open_access(node);

	return ent_log_dir_size(log);
}

void
access_entry(const struct node *node, uint64_t index, struct ent_buf *out)
{
	ENT_AUTO(ent_log_dir) log = open_access(node);

	must(ent_log_dir_entry(log, index, out, &err));
	must(ent_buf_add_byte(out, 0, &err));
}

static void
get_record(const struct node *node, struct ent_record *out, struct ent_arena *arena, uint64_t index)
{
	ENT_AUTO(ent_store) store = NULL;
	char path[PATH_MAX_];

	path_in(path, node, "state/node.db");
	must(ent_store_open_sqlite(&store, path, &err));
	must(ent_store_record_get(store, out, arena, index, &err));
}

void
access_record(const struct node *node, uint64_t index, struct ent_buf *full)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_record record;

	must(ent_arena_new(&arena, 1 << 20, &err));
	get_record(node, &record, arena, index);
	must(ent_buf_add(full, record.full, &err));
	must(ent_buf_add_byte(full, 0, &err));
}

static void
verify_entry(const struct node *node, uint64_t index, struct ent_view text)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_record record;
	struct ent_hash full, brief;
	struct ent_doc doc;

	must(ent_arena_new(&arena, 1 << 20, &err));
	must(ent_doc_parse(&doc, arena, text, &err));
	assert_int_equal(doc.kind, ENT_DOC_ACCESS);
	assert_int_equal(doc.access.index, index);
	get_record(node, &record, arena, index);
	ent_sha256_parts(&full, (struct ent_view[]){ record.full_salt, record.full }, 2);
	ent_sha256_parts(&brief, (struct ent_view[]){ record.brief_salt, record.brief }, 2);
	assert_true(ent_hash_eq(&full, &doc.access.record));
	assert_true(ent_hash_eq(&brief, &doc.access.short_record));
	must(ent_doc_parse(&doc, arena, record.full, &err));
	must(ent_doc_parse(&doc, arena, record.brief, &err));
}

void
access_verify(const struct node *node)
{
	struct ent_log_fault fault = { 0 };
	char dir[PATH_MAX_];
	uint64_t size;

	path_in(dir, node, "log/access");
	must(ent_log_dir_fsck(dir, ent_signer_vkey(world_keys(AU)->access), &size, &fault, &err));
	assert_false(fault.found);
	for (uint64_t i = 0; i < size; i++) {
		ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(ENT_TLOG_ENTRY_MAX + 1);

		access_entry(node, i, &entry);
		verify_entry(node, i, ent_view_slice(ent_buf_view(&entry), 0, entry.len - 1));
	}
}
