#include "net_test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/fetch.h"

/* A peer that says what it is told to, whatever that is. */
struct peer {
	pid_t pid;
	int port;
	char url[64];
};

static const struct {
	const char *path;
	const char *answer;
} script[] = {
	{ "GET /ok ", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDPoP-Nonce:  n-1 \r\nWWW-Authenticate: DPoP error=\"x\"\r\n\r\nhello" },
	{ "GET /chunked ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" },
	{ "GET /missing ", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" },
	{ "GET /elsewhere ", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n" },
	{ "GET /announced ", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" },
	{ "GET /endless ", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789" },
	{ "GET /cut ", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel" },
	{ "GET /old ", "just text" },
	{ "POST /ok ", "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n" },
};

static void
talk(int fd)
{
	char text[4096] = "";
	size_t len = 0;

	while (strstr(text, "\r\n\r\n") == NULL) {
		ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len, 0);

		if (n <= 0)
			return;
		len += (size_t)n;
		text[len] = '\0';
	}
	for (size_t i = 0; i < ENT_COUNT(script); i++)
		if (strncmp(text, script[i].path, strlen(script[i].path)) == 0)
			send(fd, script[i].answer, strlen(script[i].answer), MSG_NOSIGNAL);
	if (strncmp(text, "GET /silent ", 12) == 0)
		sleep(2);
	/* The request's own text, for those who look at what was sent. */
	if (strncmp(text, "GET /echo ", 10) == 0) {
		dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
		send(fd, text, len, MSG_NOSIGNAL);
	}
}

static int
start_peer(void **state)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*state = peer;
	if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	peer->port = ntohs(address.sin_port);
	peer->pid = fork();
	while (peer->pid == 0) {
		int conn = accept(fd, NULL, NULL);

		talk(conn);
		close(conn);
	}
	close(fd);
	return 0;
}

static int
stop_peer(void **state)
{
	struct peer *peer = *state;

	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
	free(peer);
	return 0;
}

static const char *
url_of(struct peer *peer, const char *path)
{
	snprintf(peer->url, sizeof(peer->url), "http://127.0.0.1:%d%s", peer->port, path);
	return peer->url;
}

static void
assert_ends(const char *text, const char *end)
{
	const size_t len = strlen(text), end_len = strlen(end);

	if (len < end_len || strcmp(text + len - end_len, end) != 0)
		fail_msg("\"%s\" does not end in \"%s\"", text, end);
}

static enum ent_status
get(const char *url, size_t max_bytes, struct ent_fetch_answer *answer, struct ent_error *err)
{
	static const char *const headers[] = { "X-Test: 1" };
	const struct ent_fetch_request request = { .method = "GET", .url = url, .headers = headers, .header_count = 1,
	    .max_bytes = max_bytes, .timeout_ms = 500 };
	ENT_AUTO(ent_fetcher) fetcher = NULL;

	assert_ok(ent_fetcher_new(&fetcher, err));
	return ent_fetch(fetcher, &request, answer, err);
}
#define AUTO_ANSWER __attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer

static void
an_answer_is_any_status(void **state)
{
	AUTO_ANSWER ok = { 0 }, chunked = { 0 }, missing = { 0 };
	struct ent_error err = { 0 };

	assert_ok(get(url_of(*state, "/ok"), 5, &ok, &err));
	assert_int_equal(ok.status, 200);
	assert_view(ent_buf_view(&ok.body), "hello");
	assert_string_equal(ok.dpop_nonce, "n-1");
	assert_string_equal(ok.www_authenticate, "DPoP error=\"x\"");
	assert_ok(get(url_of(*state, "/chunked"), 5, &chunked, &err));
	assert_view(ent_buf_view(&chunked.body), "hello");
	assert_string_equal(chunked.dpop_nonce, "");
	assert_ok(get(url_of(*state, "/missing"), 0, &missing, &err));
	assert_int_equal(missing.status, 404);
}

static void
redirects_are_not_followed(void **state)
{
	AUTO_ANSWER answer = { 0 };
	struct ent_error err = { 0 };

	assert_ok(get(url_of(*state, "/elsewhere"), 100, &answer, &err));
	assert_int_equal(answer.status, 302);
	assert_int_equal(answer.body.len, 0);
}

static void
sizes_are_capped_by_what_is_announced_and_by_what_comes(void **state)
{
	static const char *const paths[] = { "/announced", "/endless", "/chunked", "/ok" };

	for (size_t i = 0; i < ENT_COUNT(paths); i++) {
		AUTO_ANSWER answer = { 0 };
		struct ent_error err = { 0 };

		assert_int_equal(get(url_of(*state, paths[i]), 4, &answer, &err), ENT_E_UNREACHABLE);
		assert_ends(err.text, ": the answer is larger than 4 bytes");
		assert_int_equal(answer.body.len, 0);
	}
}

static void
no_answer_names_the_host_and_not_the_path(void **state)
{
	static const char *const paths[] = { "/silent", "/cut?secret", "/old", "/nothing" };
	AUTO_ANSWER answer = { 0 };
	struct ent_error err = { 0 };
	char want[64];

	for (size_t i = 0; i < ENT_COUNT(paths); i++) {
		ent_error_clear(&err);
		assert_int_equal(get(url_of(*state, paths[i]), 100, &answer, &err), ENT_E_UNREACHABLE);
		snprintf(want, sizeof(want), "no answer from http://127.0.0.1:%d: ", ((struct peer *)*state)->port);
		assert_int_equal(strncmp(err.text, want, strlen(want)), 0);
		assert_null(strstr(err.text, "secret"));
	}
	ent_error_clear(&err);
	assert_int_equal(get("http://127.0.0.1:1/", 100, &answer, &err), ENT_E_UNREACHABLE);
	assert_non_null(strstr(err.text, "connect"));
}

static void
only_http_is_spoken_and_nobody_is_named_in_the_url(void **state)
{
	static const char *const bad[] = { "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/", "", "x",
	    "http://u:p@127.0.0.1/" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		AUTO_ANSWER answer = { 0 };
		struct ent_error err = { 0 };

		assert_int_equal(get(bad[i], 100, &answer, &err), ENT_E_UNREACHABLE);
		assert_null(strstr(err.text, "root:"));
	}
}

static void
the_environment_sets_no_proxy(void **state)
{
	AUTO_ANSWER answer = { 0 };
	struct ent_error err = { 0 };

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_ok(get(url_of(*state, "/ok"), 5, &answer, &err));
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void
headers_are_sent_and_line_breaks_are_not(void **state)
{
	static const char *const split[] = { "X: a\r\nY: b" };
	const struct ent_fetch_request request = { .method = "POST", .url = url_of(*state, "/ok"), .headers = split, .header_count = 1,
	    .max_bytes = 10, .timeout_ms = 500 };
	ENT_AUTO(ent_fetcher) fetcher = NULL;
	AUTO_ANSWER answer = { 0 }, refused = { 0 };
	struct ent_error err = { 0 };
	const char *text;

	assert_ok(ent_fetcher_new(&fetcher, &err));
	assert_int_equal(ent_fetch(fetcher, &request, &refused, &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_ok(get(url_of(*state, "/echo"), 4096, &answer, &err));
	assert_ok(ent_buf_cstr(&answer.body, &text, &err));
	assert_non_null(strstr(text, "\r\nX-Test: 1\r\n"));
	assert_null(strstr(text, "Expect:"));
	assert_null(strstr(text, "Cookie:"));
}

/* The loop. */

struct waiting {
	struct event_base *base;
	int left;
	char said[8][128];
	int status[8];
};

static void
on_done(void *arg, uint64_t id, int status, const char *problem, struct ent_view body)
{
	struct waiting *waiting = arg;

	waiting->status[id] = status;
	snprintf(waiting->said[id], sizeof(waiting->said[id]), "%s%.*s", problem, ENT_FMT(body));
	if (--waiting->left == 0)
		event_base_loopbreak(waiting->base);
}

static void
the_loop_does_many_at_once_each_answered_once(void **state)
{
	static const char *const paths[] = { "/ok", "/chunked", "/missing", "/endless", "/announced", "/elsewhere", "/cut" };
	static const int want[] = { 200, 200, 404, 0, 0, 302, 0 };
	struct waiting waiting = { .base = event_base_new(), .left = ENT_COUNT(paths) };
	struct ent_error err = { 0 };
	struct ent_fetch_loop *loop;

	assert_ok(ent_fetch_loop_new(&loop, waiting.base, on_done, &waiting, &err));
	for (size_t i = 0; i < ENT_COUNT(paths); i++)
		assert_ok(ent_fetch_loop_start(loop, i, url_of(*state, paths[i]), 5, 2000, &err));
	event_base_dispatch(waiting.base);
	for (size_t i = 0; i < ENT_COUNT(paths); i++)
		assert_int_equal(waiting.status[i], want[i]);
	assert_string_equal(waiting.said[0], "hello");
	assert_string_equal(waiting.said[3], "the answer is larger than 5 bytes");
	assert_string_equal(waiting.said[4], "the answer is larger than 5 bytes");
	ent_fetch_loop_free(loop);
	event_base_free(waiting.base);
}

static void
the_loop_has_a_ceiling_and_ends_with_work_under_way(void **state)
{
	struct waiting waiting = { .base = event_base_new(), .left = -1 };
	struct ent_error err = { 0 };
	struct ent_fetch_loop *loop;

	assert_ok(ent_fetch_loop_new(&loop, waiting.base, on_done, &waiting, &err));
	for (size_t i = 0; i < ENT_LIMIT_FETCHES; i++)
		assert_ok(ent_fetch_loop_start(loop, 0, url_of(*state, "/silent"), 5, 2000, &err));
	assert_int_equal(ent_fetch_loop_start(loop, 0, url_of(*state, "/silent"), 5, 2000, &err), ENT_E_BUSY);
	for (int i = 0; i < 10; i++)
		event_base_loop(waiting.base, EVLOOP_NONBLOCK);
	ent_fetch_loop_free(loop);
	event_base_free(waiting.base);
}

static void
the_loop_ends_what_takes_too_long(void **state)
{
	struct waiting waiting = { .base = event_base_new(), .left = 2 };
	struct ent_error err = { 0 };
	struct ent_fetch_loop *loop;

	assert_ok(ent_fetch_loop_new(&loop, waiting.base, on_done, &waiting, &err));
	assert_ok(ent_fetch_loop_start(loop, 0, url_of(*state, "/silent"), 5, 200, &err));
	assert_ok(ent_fetch_loop_start(loop, 1, "file:///etc/passwd", 5000, 200, &err));
	event_base_dispatch(waiting.base);
	assert_int_equal(waiting.status[0], 0);
	assert_int_equal(waiting.status[1], 0);
	assert_non_null(strstr(waiting.said[0], "timed out"));
	ent_fetch_loop_free(loop);
	event_base_free(waiting.base);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_peer, stop_peer)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_any_status),
		TEST(redirects_are_not_followed),
		TEST(sizes_are_capped_by_what_is_announced_and_by_what_comes),
		TEST(no_answer_names_the_host_and_not_the_path),
		TEST(only_http_is_spoken_and_nobody_is_named_in_the_url),
		TEST(the_environment_sets_no_proxy),
		TEST(headers_are_sent_and_line_breaks_are_not),
		TEST(the_loop_does_many_at_once_each_answered_once),
		TEST(the_loop_has_a_ceiling_and_ends_with_work_under_way),
		TEST(the_loop_ends_what_takes_too_long),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
