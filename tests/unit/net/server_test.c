#include "served.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "Host: h\r\n"
#define LAST HOST "Connection: close\r\n"

static char answer[1 << 20];

static bool
says(const char *what)
{
	return strstr(answer, what) != NULL;
}

static void
an_answer_has_the_headers_that_every_answer_has(void **state)
{
	const struct served *served = *state;

	served_exchange(served, "GET /hello HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\nDate: ", 23), 0);
	assert_true(says("GMT\r\n"));
	assert_true(says("\r\nContent-Length: 6\r\n"));
	assert_true(says("\r\nCache-Control: no-store\r\n"));
	assert_true(says("\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_true(says("\r\nConnection: close\r\n"));
	assert_true(says("\r\n\r\n/hello"));
	assert_false(says("Server:"));
	assert_true(served_reported(served, "<tag> GET /hello 200"));
}

static void
a_handler_cannot_split_or_reframe_an_answer(void **state)
{
	served_exchange(*state, "GET / HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("X-Good: 1"));
	assert_false(says("X-Bad"));
	assert_false(says("X-Split"));
	assert_false(says("99"));
	assert_false(says("chunked"));
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
	const char *at = answer;

	served_exchange(*state, "GET /later HTTP/1.1\r\n" HOST "\r\nPOST /2 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\ntwo"
	    "GET /file HTTP/1.1\r\n" HOST "\r\n\r\nPOST /4 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n"
	    "HEAD /5 HTTP/1.1\r\n" HOST "\r\nGET /6 HTTP/1.1\r\n" LAST "\r\nGET /7 HTTP/1.1\r\n" HOST "\r\n", answer, sizeof(answer));
	for (size_t i = 0; i < 5; i++) {
		static const char *const bodies[] = { "\r\n\r\nlaterHTTP", "\r\n\r\ntwoHTTP", "\r\n\r\nfrom diskHTTP", "\r\n\r\nfourHTTP",
		    "\r\n\r\nHTTP" };

		at = strstr(at, bodies[i]);
		assert_non_null(at);
		at += 4;
	}
	assert_non_null(strstr(at, "\r\n\r\n/6"));
	assert_null(strstr(at, "/7")); /* nothing is served behind "Connection: close" */
}

static void
answers_without_a_body_have_none(void **state)
{
	served_exchange(*state, "HEAD /hello HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("Content-Length: 6\r\n"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	served_exchange(*state, "HEAD /file HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("Content-Length: 9\r\n"));
	assert_true(says("Cache-Control: immutable\r\n"));
	assert_false(says("no-store"));
	assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
	served_exchange(*state, "GET /nothing HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("204 No Content"));
	assert_false(says("Content-Length"));
}

static void
a_malformed_request_is_answered_once_and_ends_the_connection(void **state)
{
	const struct served *served = *state;

	/* The second request must not be seen: a smuggled one would be. */
	served_exchange(served, "POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	    "GET /smuggled HTTP/1.1\r\n" HOST "\r\n", answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 400 Bad Request\r\n", 26), 0);
	assert_true(says("Connection: close"));
	assert_true(says("Content-Type: application/json\r\n"));
	assert_true(says("{\"code\":\"invalid_argument\","));
	assert_null(strstr(answer + 1, "HTTP/1.1"));
	assert_true(served_reported(served, "<>   400"));
	served_exchange(served, "GET / HTTP/2.0\r\n\r\n", answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 505", 12), 0);
}

static void
a_huge_head_is_refused_though_more_of_it_comes(void **state)
{
	char *text = malloc(400000);

	memset(text, 'x', 400000);
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	text[399999] = '\0';
	served_exchange(*state, text, answer, sizeof(answer));
	free(text);
	assert_int_equal(strncmp(answer, "HTTP/1.1 431", 12), 0);
}

static void
bodies_are_limited_by_their_path(void **state)
{
	const struct served *served = *state;

	served_exchange(served, "POST /small HTTP/1.1\r\n" LAST "Content-Length: 10\r\n\r\n0123456789", answer, sizeof(answer));
	assert_true(says("\r\n\r\n0123456789"));
	served_exchange(served, "POST /small HTTP/1.1\r\n" LAST "Content-Length: 11\r\n\r\n0123456789a", answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 413", 12), 0);
	assert_true(says("resource_exhausted"));
	assert_true(served_reported(served, "<> POST /small 413"));
	served_exchange(served, "POST /small HTTP/1.1\r\n" LAST "Transfer-Encoding: chunked\r\n\r\nB\r\n", answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 413", 12), 0);
}

static void
a_client_is_told_to_continue_only_when_its_body_is_wanted(void **state)
{
	const struct served *served = *state;
	int fd = served_connect(served);

	served_send(fd, "POST /small HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	served_read_answer(fd, answer, sizeof(answer));
	assert_string_equal(answer, "HTTP/1.1 100 Continue\r\n\r\n");
	served_send(fd, "abc");
	served_read_answer(fd, answer, sizeof(answer));
	assert_true(says("\r\n\r\nabc"));
	served_send(fd, "POST /small HTTP/1.1\r\n" HOST "Content-Length: 300\r\nExpect: 100-continue\r\n\r\n");
	served_read_answer(fd, answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 413", 12), 0);
	close(fd);
}

/* Send text, then a byte of `more` every 60 ms, until the server answers or closes; how long that took. */
static int64_t
drip(const struct served *served, const char *text, char more)
{
	const int64_t start_ms = served_now_ms();
	int fd = served_connect(served);
	struct pollfd pfd = { fd, POLLIN, 0 };

	served_send(fd, text);
	while (poll(&pfd, 1, 60) == 0 && served_now_ms() - start_ms < 5000)
		send(fd, &more, 1, MSG_NOSIGNAL);
	served_read_all(fd, answer, sizeof(answer), 3000);
	close(fd);
	return served_now_ms() - start_ms;
}

static void
slow_heads_and_bodies_are_cut_off_however_steadily_they_drip(void **state)
{
	const struct served *served = *state;

	assert_true(drip(served, "GET / HTTP/1.1\r\nX: ", 'x') < 2500);
	assert_int_equal(strncmp(answer, "HTTP/1.1 408", 12), 0);
	assert_true(drip(served, "POST / HTTP/1.1\r\n" HOST "Content-Length: 50000\r\n\r\n", 'x') < 2500);
	assert_int_equal(strncmp(answer, "HTTP/1.1 408", 12), 0);
	assert_true(served_reported(served, "<> POST / 408"));
}

static void
a_connection_without_a_request_is_closed_in_silence(void **state)
{
	int fd = served_connect(*state);

	assert_true(served_read_all(fd, answer, sizeof(answer), 2000));
	assert_string_equal(answer, "");
	close(fd);
	fd = served_connect(*state);
	served_send(fd, "GET / HTTP/1.1\r\n" HOST "\r\n");
	served_read_answer(fd, answer, sizeof(answer));
	assert_true(served_read_all(fd, answer, sizeof(answer), 2000)); /* idle after its first request */
	assert_string_equal(answer, "");
	close(fd);
}

static void
a_handler_that_does_not_answer_is_answered_for(void **state)
{
	const struct served *served = *state;

	served_exchange(served, "GET /never HTTP/1.1\r\n" HOST "\r\n", answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 503", 12), 0);
	assert_true(says("{\"code\":\"unavailable\""));
	assert_true(served_reported(served, "<tag> GET /never 503"));
}

static void
a_client_that_half_closes_gets_its_answer(void **state)
{
	int fd = served_connect(*state);

	served_send(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	shutdown(fd, SHUT_WR);
	assert_true(served_read_all(fd, answer, sizeof(answer), 2000));
	assert_true(says("\r\n\r\nlater"));
	close(fd);
}

static void
a_client_that_goes_away_costs_nothing(void **state)
{
	const struct served *served = *state;
	struct linger reset = { 1, 0 };

	for (int i = 0; i < 20; i++) {
		int fd = served_connect(served);

		served_send(fd, i % 2 ? "GET /big HTTP/1.1\r\n" HOST "\r\n" : "POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nxx");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	served_exchange(served, "GET /still HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("\r\n\r\n/still"));
}

static void
idle_connections_make_room_and_busy_ones_do_not(void **state)
{
	const struct served *served = *state;
	int fds[SERVED_CONNECTIONS], extra;

	for (int i = 0; i < SERVED_CONNECTIONS; i++)
		fds[i] = served_connect(served);
	served_exchange(served, "GET /new HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("\r\n\r\n/new")); /* the oldest idle one went for it */
	assert_true(served_read_all(fds[0], answer, sizeof(answer), 1000));
	close(fds[0]);
	fds[0] = served_connect(served);
	for (int i = 0; i < SERVED_CONNECTIONS; i++)
		served_send(fds[i], "GET /never HTTP/1.1\r\n" HOST "\r\n");
	poll(NULL, 0, 100);
	extra = served_connect(served);
	served_send(extra, "GET /more HTTP/1.1\r\n" LAST "\r\n");
	assert_true(served_read_all(extra, answer, sizeof(answer), 1000));
	assert_string_equal(answer, ""); /* all are busy: closed at once */
	close(extra);
	for (int i = 0; i < SERVED_CONNECTIONS; i++)
		close(fds[i]);
}

/* With every place held by half a request, the one that has been on its way the longest goes. */
static void
half_requests_make_room_the_oldest_first(void **state)
{
	const struct served *served = *state;
	int fds[SERVED_CONNECTIONS];

	for (int i = 0; i < SERVED_CONNECTIONS; i++) {
		fds[i] = served_connect(served);
		served_send(fds[i], i % 2 ? "G" : "POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nxx");
		poll(NULL, 0, 10);
	}
	served_exchange(served, "GET /new HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("\r\n\r\n/new"));
	assert_true(served_read_all(fds[0], answer, sizeof(answer), 100));
	assert_string_equal(answer, "");
	served_send(fds[1], "ET /second HTTP/1.1\r\n" LAST "\r\n"); /* it is still there */
	assert_true(served_read_all(fds[1], answer, sizeof(answer), 1000));
	assert_true(says("\r\n\r\n/second"));
	for (int i = 0; i < SERVED_CONNECTIONS; i++)
		close(fds[i]);
}

static void
a_peer_that_does_not_read_is_not_read_from(void **state)
{
	const struct served *served = *state;
	int small = 4096, fd = served_connect(served);

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int i = 0; i < 5; i++)
		served_send(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
	/* The first answer does not leave, so the second request is never handled; then the writing times out. */
	assert_true(served_reported(served, "GET /big 200"));
	poll(NULL, 0, 5 * SERVED_TIMEOUT_MS);
	close(fd);
	served_exchange(served, "GET /mark HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(served_reported(served, "GET /mark 200"));
	assert_false(served_reported(served, "GET /big"));
}

static void
bodies_under_way_have_a_common_limit(void **state)
{
	const struct served *served = *state;
	static char half[SERVED_BODY_MAX];
	int a = served_connect(served), b = served_connect(served);

	memset(half, 'x', sizeof(half));
	half[90000] = '\0';
	served_send(a, "POST / HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
	served_send(a, half);
	poll(NULL, 0, 50);
	served_send(b, "POST / HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
	served_send(b, half);
	served_read_answer(b, answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 503", 12), 0);
	half[10000] = '\0';
	served_send(a, half);
	served_read_answer(a, answer, sizeof(answer));
	assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
	close(a);
	close(b);
}

static void
draining_finishes_what_is_under_way(void **state)
{
	struct served *served = *state;
	int idle = served_connect(served), busy = served_connect(served), ms, status;

	served_send(idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
	served_read_answer(idle, answer, sizeof(answer));
	served_send(busy, "GET /later HTTP/1.1\r\n" HOST "\r\n");
	poll(NULL, 0, 30);
	status = served_end(served, &ms);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(ms < 900); /* not the limit: as soon as the answer had left */
	assert_true(served_read_all(idle, answer, sizeof(answer), 1000));
	assert_string_equal(answer, "");
	assert_true(served_read_all(busy, answer, sizeof(answer), 1000));
	assert_true(says("\r\n\r\nlater"));
	assert_true(says("Connection: close\r\n"));
	close(idle);
	close(busy);
}

static void
draining_ends_at_its_limit(void **state)
{
	struct served *served = *state;
	int ms, status, fd = served_connect(served);
	char byte = 'x';

	served_send(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
	poll(NULL, 0, 50);
	for (int i = 0; i < 3; i++) /* reading a little keeps the writing alive */
		assert_int_equal(recv(fd, &byte, 1, 0), 1);
	status = served_end(served, &ms);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(ms < 3000);
	close(fd);
}

static void
an_answer_after_the_connection_is_gone_is_dropped(void **state)
{
	struct served *served = *state;
	int fd = served_connect(served);

	/* /later answers after 100 ms; the write error of the first answer ends the connection before the second's. */
	served_send(fd, "GET /never HTTP/1.1\r\n" HOST "\r\n");
	poll(NULL, 0, 30);
	close(fd);
	assert_true(served_reported(served, "GET /never 503"));
	served_exchange(served, "GET /alive HTTP/1.1\r\n" LAST "\r\n", answer, sizeof(answer));
	assert_true(says("/alive"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, served_start, served_stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_has_the_headers_that_every_answer_has),
		TEST(a_handler_cannot_split_or_reframe_an_answer),
		TEST(pipelined_requests_are_answered_in_order),
		TEST(answers_without_a_body_have_none),
		TEST(a_malformed_request_is_answered_once_and_ends_the_connection),
		TEST(a_huge_head_is_refused_though_more_of_it_comes),
		TEST(bodies_are_limited_by_their_path),
		TEST(a_client_is_told_to_continue_only_when_its_body_is_wanted),
		TEST(slow_heads_and_bodies_are_cut_off_however_steadily_they_drip),
		TEST(a_connection_without_a_request_is_closed_in_silence),
		TEST(a_handler_that_does_not_answer_is_answered_for),
		TEST(a_client_that_half_closes_gets_its_answer),
		TEST(a_client_that_goes_away_costs_nothing),
		TEST(idle_connections_make_room_and_busy_ones_do_not),
		TEST(half_requests_make_room_the_oldest_first),
		TEST(a_peer_that_does_not_read_is_not_read_from),
		TEST(bodies_under_way_have_a_common_limit),
		TEST(draining_finishes_what_is_under_way),
		TEST(draining_ends_at_its_limit),
		TEST(an_answer_after_the_connection_is_gone_is_dropped),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
