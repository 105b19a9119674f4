/* The real edge as a process, over real sockets, with the test in the judge's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "node/ipc.h"
#include "node/process.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define HOST "Host: h\r\n"
#define LAST HOST "Connection: close\r\n"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct edge {
	char home[64];
	pid_t pid;
	int port;
	struct ent_channel *judge;
	struct ent_arena *arena;
	int log; /* the edge's standard error */
};

static char answer[1 << 20];

static bool
says(const char *what)
{
	return strstr(answer, what) != NULL;
}

static void
put_file(const struct edge *edge, const char *name, const char *text)
{
	struct ent_error err = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", edge->home, name);
	*strrchr(path, '/') = '\0';
	assert_ok(ent_dir_make(path, 0700, &err));
	path[strlen(path)] = '/';
	assert_ok(ent_file_replace(path, ent_view_str(text), 0600, &err));
}

static void
make_home(struct edge *edge)
{
	char from[256];

	snprintf(edge->home, sizeof(edge->home), "/tmp/ent-edge-XXXXXX");
	assert_non_null(mkdtemp(edge->home));
	put_file(edge, "charter/head", "head text");
	put_file(edge, "charter/epoch/1", "epoch text");
	put_file(edge, "log/statements/checkpoint", "own checkpoint");
	put_file(edge, "log/access/tile/0/000", "tile");
	put_file(edge, "peers/us.example/statements/checkpoint", "their checkpoint");
	put_file(edge, "keys/secret", "SECRET");
	snprintf(from, sizeof(from), "%s/charter/proposal", edge->home);
	assert_int_equal(mkdir(from, 0700), 0);
	snprintf(from, sizeof(from), "%s/charter/proposal/" HASH, edge->home);
	assert_int_equal(symlink("../../keys/secret", from), 0); /* a link as the file */
	snprintf(from, sizeof(from), "%s/peers/de.example", edge->home);
	assert_int_equal(symlink("us.example", from), 0); /* and as a folder */
	snprintf(from, sizeof(from), "%s/charter/epoch/2", edge->home);
	assert_int_equal(mkdir(from, 0700), 0);
	snprintf(from, sizeof(from), "%s/charter/epoch/3", edge->home);
	assert_int_equal(mkfifo(from, 0600), 0);
}

static void
run_edge(const struct edge *edge, int listen_fd, int judge_fd, int log_fd)
{
	struct ent_node_config config = { .home = (char *)(uintptr_t)edge->home, .party = (char *)(uintptr_t)"au.example",
	    .url = (char *)(uintptr_t)"http://127.0.0.1", .connections_max = 64 };

	dup2(log_fd, STDERR_FILENO);
	exit(ent_edge_main(&config, listen_fd, judge_fd));
}

static int
start_edge(void **state)
{
	struct edge *edge = calloc(1, sizeof(*edge));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), pair[2], log[2];
	struct ent_error err = { 0 };

	*state = edge;
	make_home(edge);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pipe(log), 0);
	edge->port = ntohs(address.sin_port);
	edge->log = log[0];
	edge->pid = fork();
	if (edge->pid == 0) {
		close(pair[0]);
		close(log[0]);
		run_edge(edge, fd, pair[1], log[1]);
	}
	close(fd);
	close(pair[1]);
	close(log[1]);
	assert_ok(ent_channel_new(&edge->judge, pair[0], ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE, &err));
	return ent_arena_new(&edge->arena, 1 << 20, &err) == ENT_OK ? 0 : -1;
}

/* Wait for the edge's end; its exit code, or -1. */
static int
end_of(struct edge *edge)
{
	int status = -1;

	waitpid(edge->pid, &status, 0);
	edge->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
stop_edge(void **state)
{
	struct edge *edge = *state;
	char command[128];
	int code = 0;

	if (edge->pid != 0) {
		kill(edge->pid, SIGTERM);
		code = end_of(edge);
	}
	ent_channel_free(edge->judge);
	ent_arena_free(edge->arena);
	close(edge->log);
	snprintf(command, sizeof(command), "rm -rf '%s'", edge->home);
	if (system(command) != 0)
		return -1;
	free(edge);
	return code; /* a sanitizer's report is an exit code too */
}

static int
send_request(const struct edge *edge, const char *text)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)edge->port),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

static void
read_answer(int fd)
{
	size_t len = 0;

	for (;;) {
		struct pollfd pfd = { fd, POLLIN, 0 };
		ssize_t n;

		assert_int_equal(poll(&pfd, 1, 3000), 1);
		n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0);
		answer[len + (n > 0 ? (size_t)n : 0)] = '\0';
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
}

static void
ask(const struct edge *edge, const char *text)
{
	read_answer(send_request(edge, text));
}

static void
receive(struct edge *edge, struct ent_msg *msg)
{
	struct ent_error err = { 0 };
	bool got, closed;

	assert_ok(ent_channel_receive(edge->judge, msg, edge->arena, 3000, &got, &closed, &err));
	assert_true(got);
}

static void
respond(struct edge *edge, uint64_t exchange, uint64_t status, const char *body)
{
	struct ent_view headers[] = { ENT_LIT("DPoP-Nonce: n"), ENT_LIT("Bad\r\nX: y") };
	struct ent_msg msg = { .type = ENT_MSG_HTTP_RESPONSE };
	struct ent_error err = { 0 };

	msg.http_response.exchange = exchange;
	msg.http_response.status = status;
	msg.http_response.content_type = ENT_LIT("application/json");
	msg.http_response.headers = (struct ent_list){ headers, 2 };
	msg.http_response.body = ent_view_str(body);
	assert_ok(ent_channel_send(edge->judge, &msg, &err));
}

/* Take the edge's own first request and say that the judge is up. */
static void
bring_up(struct edge *edge)
{
	struct ent_msg probe;

	receive(edge, &probe);
	assert_int_equal(probe.type, ENT_MSG_HTTP_REQUEST);
	respond(edge, probe.http_request.exchange, 200, "{}");
}

/* Does a line of the edge's log hold this? */
static bool
logged(const struct edge *edge, const char *what)
{
	char line[8192];
	size_t len = 0;
	struct pollfd pfd = { edge->log, POLLIN, 0 };

	while (poll(&pfd, 1, 1000) == 1 && len < sizeof(line) - 1 && read(edge->log, line + len, 1) == 1) {
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		if (strstr(line, what) != NULL)
			return true;
		len = 0;
	}
	return false;
}

static void
health_is_the_judges(void **state)
{
	struct edge *edge = *state;

	ask(edge, "GET /healthz HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 503") && says("{\"status\":\"NOT_SERVING\"}"));
	bring_up(edge);
	assert_true(logged(edge, "\"event\":\"ready\",\"party\":\"au.example\",\"url\":\"http://127.0.0.1\""));
	ask(edge, "GET /healthz?service=all HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 200") && says("{\"status\":\"SERVING\"}"));
	ask(edge, "POST /healthz HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 405") && says("Allow: GET, HEAD\r\n"));
}

static void
published_files_are_served_and_nothing_else_of_the_home(void **state)
{
	static const char *const missing[] = { ("/charter/proposal/" HASH), "/mirror/de.example/statements/checkpoint", "/charter/epoch/2",
	    "/charter/epoch/3", "/charter/epoch/4", "/charter/nonsense", "/log/records/us.example/0", "/mirror/us.example/access/checkpoint",
	    "/charter/epoch/1/x" };
	char text[256];

	ask(*state, "GET /charter/head HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 200") && says("\r\n\r\nhead text") && says("Content-Type: text/plain; charset=utf-8\r\n"));
	assert_true(says("Cache-Control: no-cache\r\n"));
	ask(*state, "GET /log/access/tile/0/000 HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("\r\n\r\ntile") && says("application/octet-stream") && says("immutable"));
	ask(*state, "GET /mirror/us.example/statements/checkpoint HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("\r\n\r\ntheir checkpoint"));
	ask(*state, "GET /mirror/au.example/statements/checkpoint HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("\r\n\r\nown checkpoint"));
	ask(*state, "HEAD /charter/head HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("Content-Length: 9\r\n") && !says("head text"));
	ask(*state, "POST /charter/head HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 405"));
	for (size_t i = 0; i < ENT_COUNT(missing); i++) {
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" LAST "\r\n", missing[i]);
		ask(*state, text);
		if (!says("HTTP/1.1 404") || says("SECRET"))
			fail_msg("%s: %s", missing[i], answer);
	}
	ask(*state, "GET /charter/../keys/secret HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 400"));
	ask(*state, "GET /keys/secret HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 401"));
}

static void
unknown_paths_say_nothing_without_a_token(void **state)
{
	struct edge *edge = *state;
	struct ent_msg msg;
	int fd;

	bring_up(edge);
	ask(edge, "GET /attributes HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 401") && says("\"code\":\"unauthenticated\"") && says("WWW-Authenticate: DPoP\r\n"));
	ask(edge, "DELETE /attributes HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 401"));
	fd = send_request(edge, "GET /attributes HTTP/1.1\r\n" LAST "Authorization: Bearer x\r\n\r\n");
	receive(edge, &msg); /* with one, the judge says */
	respond(edge, msg.http_request.exchange, 404, "{}");
	read_answer(fd);
	assert_true(says("HTTP/1.1 404"));
}

static void
the_judge_sees_the_request_as_it_came(void **state)
{
	struct edge *edge = *state;
	struct ent_msg msg;
	const struct ent_msg_http_request *got = &msg.http_request;
	char id_line[64];
	int fd;

	bring_up(edge);
	fd = send_request(edge, "POST /kas.AccessService/Rewrap?a=%20b HTTP/1.1\r\n" LAST "Authorization: DPoP one\r\ndpop: p1\r\nDPoP: p2\r\n"
	    "Content-Type: application/json\r\nConnect-Protocol-Version: 1\r\nX-Rewrap-Additional-Context: e30=\r\nContent-Length: 2\r\n\r\n{}");
	receive(edge, &msg);
	assert_true(ent_view_eq_str(got->method, "POST"));
	assert_true(ent_view_eq_str(got->path, "/kas.AccessService/Rewrap"));
	assert_true(ent_view_eq_str(got->query, "a=%20b"));
	assert_int_equal(got->authorization.count, 1);
	assert_true(ent_view_eq_str(got->authorization.items[0], "DPoP one"));
	assert_int_equal(got->dpop.count, 2);
	assert_true(ent_view_eq_str(got->dpop.items[1], "p2"));
	assert_true(ent_view_eq_str(got->content_type, "application/json"));
	assert_true(ent_view_eq_str(got->additional_context, "e30="));
	assert_true(ent_view_eq_str(got->connect_version, "1"));
	assert_true(ent_view_eq_str(got->peer, "127.0.0.1"));
	assert_true(ent_view_eq_str(got->body, "{}"));
	assert_int_equal(got->request_id.len, 36);
	assert_int_equal(got->request_id.data[14], '4'); /* UUID version 4 */
	snprintf(id_line, sizeof(id_line), "X-Request-Id: %.*s\r\n", ENT_FMT(got->request_id));
	respond(edge, got->exchange, 403, "{\"x\":1}");
	read_answer(fd);
	assert_true(says("HTTP/1.1 403 Forbidden\r\n") && says("\r\n\r\n{\"x\":1}"));
	assert_true(says("DPoP-Nonce: n\r\n") && says(id_line) && !says("X: y"));
	assert_true(logged(edge, "\"method\":\"POST\",\"path\":\"/kas.AccessService/Rewrap\",\"status\":403"));
}

static void
what_the_judge_need_not_see_it_does_not_see(void **state)
{
	struct edge *edge = *state;
	struct pollfd pfd = { ent_channel_fd(edge->judge), POLLIN, 0 };
	char text[4096];

	bring_up(edge);
	ask(edge, "OPTIONS /kas.AccessService/Rewrap HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 405"));
	ask(edge, "POST /kas.AccessService/Rewrap HTTP/1.1\r\n" LAST "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}");
	assert_true(says("HTTP/1.1 501") && says("{\"code\":\"unimplemented\",\"message\":\"compressed requests are not accepted\"}"));
	ask(edge, "POST /token HTTP/1.1\r\n" LAST "Content-Length: 16385\r\n\r\n");
	assert_true(says("HTTP/1.1 413"));
	ask(edge, "POST /charter/submit HTTP/1.1\r\n" LAST "Content-Length: 65537\r\n\r\n");
	assert_true(says("HTTP/1.1 413"));
	ask(edge, "GET /token HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 405"));
	ask(edge, "POST /jwks HTTP/1.1\r\n" LAST "\r\n");
	assert_true(says("HTTP/1.1 405"));
	ask(edge, "POST /token HTTP/1.1\r\n" LAST "DPoP: 1\r\nDPoP: 2\r\nDPoP: 3\r\nDPoP: 4\r\nDPoP: 5\r\n\r\n");
	assert_true(says("HTTP/1.1 400"));
	snprintf(text, sizeof(text), "GET /.well-known/%02000d HTTP/1.1\r\n" LAST "\r\n", 1);
	ask(edge, text); /* longer than a message's path */
	assert_true(says("HTTP/1.1 400"));
	assert_int_equal(poll(&pfd, 1, 50), 0);
}

static void
a_head_request_is_the_judges_get(void **state)
{
	struct edge *edge = *state;
	struct ent_msg msg;
	int fd;

	bring_up(edge);
	fd = send_request(edge, "HEAD /jwks HTTP/1.1\r\n" LAST "\r\n");
	receive(edge, &msg);
	assert_true(ent_view_eq_str(msg.http_request.method, "GET"));
	respond(edge, msg.http_request.exchange, 200, "{\"keys\":[]}");
	read_answer(fd);
	assert_true(says("Content-Length: 11\r\n") && !says("keys"));
}

static void
answers_find_their_request_in_any_order_and_late_ones_nobody(void **state)
{
	struct edge *edge = *state;
	struct ent_msg first, second;
	int a, b;

	bring_up(edge);
	a = send_request(edge, "GET /jwks HTTP/1.1\r\n" LAST "\r\n");
	receive(edge, &first);
	b = send_request(edge, "GET /jwks HTTP/1.1\r\n" LAST "\r\n");
	receive(edge, &second);
	respond(edge, second.http_request.exchange, 200, "second");
	read_answer(b);
	assert_true(says("\r\n\r\nsecond"));
	respond(edge, second.http_request.exchange, 200, "twice");
	respond(edge, 0x123456789, 200, "unknown");
	respond(edge, first.http_request.exchange, 100, "no status for an answer");
	read_answer(a);
	assert_true(says("HTTP/1.1 500"));
}

static void
the_log_names_no_secret(void **state)
{
	struct edge *edge = *state;
	char line[65536];
	struct ent_msg msg;
	size_t len = 0;
	ssize_t n;
	int fd;

	bring_up(edge);
	fd = send_request(edge, "POST /token?q=QUERYSECRET HTTP/1.1\r\n" LAST "Authorization: Basic HEADSECRET\r\nDPoP: PROOFSECRET\r\n"
	    "Content-Length: 10\r\n\r\nBODYSECRET");
	receive(edge, &msg);
	respond(edge, msg.http_request.exchange, 200, "ANSWERSECRET");
	read_answer(fd);
	kill(edge->pid, SIGTERM);
	assert_int_equal(end_of(edge), 0);
	while ((n = read(edge->log, line + len, sizeof(line) - 1 - len)) > 0)
		len += (size_t)n;
	line[len] = '\0';
	assert_non_null(strstr(line, "/token"));
	assert_null(strstr(line, "SECRET"));
}

static void
the_judge_gets_what_it_asks_to_be_fetched(void **state)
{
	struct edge *edge = *state;
	struct ent_msg msg = { .type = ENT_MSG_FETCH }, got;
	struct ent_error err = { 0 };
	char url[64];

	bring_up(edge);
	/* The edge fetches from itself: one loop serves both. */
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/charter/head", edge->port);
	msg.fetch.id = 7;
	msg.fetch.url = ent_view_str(url);
	msg.fetch.max_bytes = 9;
	assert_ok(ent_channel_send(edge->judge, &msg, &err));
	receive(edge, &got);
	assert_int_equal(got.type, ENT_MSG_FETCHED);
	assert_int_equal(got.fetched.id, 7);
	assert_int_equal(got.fetched.status, 200);
	assert_true(ent_view_eq_str(got.fetched.body, "head text"));
	msg.fetch.max_bytes = 8;
	assert_ok(ent_channel_send(edge->judge, &msg, &err));
	receive(edge, &got);
	assert_int_equal(got.fetched.status, 0);
	assert_int_equal(got.fetched.body.len, 0);
	assert_true(got.fetched.problem.len > 0);
	msg.fetch.url = ENT_LIT("file:///etc/passwd");
	assert_ok(ent_channel_send(edge->judge, &msg, &err));
	receive(edge, &got);
	assert_int_equal(got.fetched.status, 0);
	msg.fetch.url = ENT_LIT("http://127.0.0.1\0.example/");
	assert_ok(ent_channel_send(edge->judge, &msg, &err));
	receive(edge, &got);
	assert_true(ent_view_eq_str(got.fetched.problem, "this is not a URL"));
}

static void
a_judge_that_breaks_the_table_or_dies_ends_the_edge(void **state)
{
	struct edge *edge = *state;

	bring_up(edge);
	assert_int_equal(write(ent_channel_fd(edge->judge), "\0\0\0\x02\0\x09", 6), 6); /* KEYS, to the keyholder */
	assert_int_equal(end_of(edge), 1);
	assert_true(logged(edge, "judge-lost"));
}

static void
draining_answers_what_is_under_way(void **state)
{
	struct edge *edge = *state;
	struct ent_error err = { 0 };
	struct ent_msg msg;
	bool got, closed;
	int fd;

	bring_up(edge);
	fd = send_request(edge, "GET /jwks HTTP/1.1\r\n" HOST "\r\n");
	receive(edge, &msg);
	kill(edge->pid, SIGTERM);
	assert_true(logged(edge, "draining"));
	respond(edge, msg.http_request.exchange, 200, "last words");
	read_answer(fd);
	assert_true(says("\r\n\r\nlast words") && says("Connection: close\r\n"));
	assert_int_equal(end_of(edge), 0);
	assert_ok(ent_channel_receive(edge->judge, &msg, edge->arena, 1000, &got, &closed, &err));
	assert_true(closed); /* between two messages */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_edge, stop_edge)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(health_is_the_judges),
		TEST(published_files_are_served_and_nothing_else_of_the_home),
		TEST(unknown_paths_say_nothing_without_a_token),
		TEST(the_judge_sees_the_request_as_it_came),
		TEST(what_the_judge_need_not_see_it_does_not_see),
		TEST(a_head_request_is_the_judges_get),
		TEST(answers_find_their_request_in_any_order_and_late_ones_nobody),
		TEST(the_log_names_no_secret),
		TEST(the_judge_gets_what_it_asks_to_be_fetched),
		TEST(a_judge_that_breaks_the_table_or_dies_ends_the_edge),
		TEST(draining_answers_what_is_under_way),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
