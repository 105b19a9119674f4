/*
 * bench-rewrap PROFILE FILE REQUESTS CONNECTIONS: Rewrap at the profile's own node, as fast as its connections carry it.
 *
 * Everything of the client's is done before: one access token, and for each request its own session key, DPoP proof and request
 * token over one key access object. Then it says "ready" and waits for a line, so that whoever started it can read the node's clocks
 * before and after. An answer that releases no share ends it with an error: refusals are cheaper.
 *
 * Prints one line: "<requests> <elapsed s> <CPU s of each operation of one rewrap, as in bench_ops.h>".
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench_ops.h"
#include "client/client.h"
#include "jose/dpop.h"
#include "kas/rewrap.h"
#include "tdf/tdf.h"

enum { REQUESTS_MAX = 100000, CONNECTIONS_MAX = 256, ANSWER_MAX = 65536, REQUEST_MAX = 65536, LIFE_S = 60 };

static const char path[] = "/kas.AccessService/Rewrap";

struct bench {
	struct entente_profile *profile;
	struct ent_tdf *tdf;
	const struct ent_manifest *manifest;
	const struct ent_kao *kao; /* the one that the profile's node holds */
	char host[256];            /* 127.0.0.1:8080 */
	struct sockaddr_in address;
	struct ent_buf *requests;  /* whole HTTP requests */
	unsigned count;
	size_t message_lens[3];    /* of what is signed in access token, proof and request token */
	atomic_uint next;
};

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench-rewrap: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void
must_ok(enum ent_status status, const struct ent_error *err)
{
	if (status != ENT_OK)
		die("%s", err->text);
}

/* ---- preparing ---- */

static void
find_node(struct bench *bench)
{
	const char *url = bench->profile->node;
	unsigned port;

	if (sscanf(url, "http://127.0.0.1:%5u", &port) != 1 || port > 65535)
		die("the node %s is not on 127.0.0.1", url);
	snprintf(bench->host, sizeof(bench->host), "127.0.0.1:%u", port);
	bench->address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	for (size_t i = 0; i < bench->manifest->kao_count; i++)
		if (ent_view_eq_str(bench->manifest->kaos[i].url, url))
			bench->kao = &bench->manifest->kaos[i];
	if (bench->kao == NULL)
		die("the file has no share at %s", url);
}

static void
open_all(struct bench *bench, const char *profile, const char *file)
{
	struct entente_error outward = { 0 };
	struct ent_error err = { 0 };
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s", file);
	if (entente_profile_open(&bench->profile, profile, &outward) != ENTENTE_OK)
		die("%s", outward.text);
	must_ok(ent_tdf_open(&bench->tdf, fd, NULL, &err), &err);
	bench->manifest = ent_tdf_manifest(bench->tdf);
	find_node(bench);
	must_ok(ent_session_token(bench->profile, &err), &err);
}

/* Bytes that a JWS signs: all but the signature. */
static size_t
signed_len(struct ent_view jws)
{
	const uint8_t *dot = memrchr(jws.data, '.', jws.len);

	return dot == NULL ? 0 : (size_t)(dot - jws.data);
}

static enum ent_status
request_body(const struct bench *bench, struct ent_buf *out, struct ent_error *err)
{
	ENT_AUTO(ent_key) session = NULL;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	struct ent_rewrap_object object = { .id = ENT_LIT("kao-0"), .present = true, .kao = *bench->kao };
	struct ent_rewrap_policy policy = { .id = ENT_LIT("policy"), .body_base64 = bench->manifest->policy_base64, .objects = &object,
		.object_count = 1 };
	struct ent_rewrap_request request = { .policies = &policy, .policy_count = 1 };

	ENT_TRY(ent_key_generate(&session, ENT_KEY_EC_P256, err));
	ENT_TRY(ent_pubkey_pem(ent_key_public(session), &pem, err));
	request.client_public_key = ent_buf_view(&pem);
	return ent_rewrap_request_print(out, &request, err);
}

static enum ent_status
request_token(struct bench *bench, struct ent_buf *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(REQUEST_MAX);
	const json_int_t now = ent_clock_now(NULL);
	json_auto_t *header = json_pack("{s:s}", "typ", "JWT");
	json_auto_t *claims = NULL;

	ENT_TRY(request_body(bench, &body, err));
	claims = json_pack("{s:s%, s:I, s:I}", "requestBody", (const char *)body.data, body.len, "iat", now, "exp", now + LIFE_S);
	ENT_TRY(ent_jws_sign(out, header, claims, bench->profile->dpop_key, err));
	bench->message_lens[2] = signed_len(ent_buf_view(out));
	return ENT_OK;
}

static enum ent_status
prepare_one(struct bench *bench, struct ent_buf *out, struct ent_error *err)
{
	static const char before[] = "{\"signedRequestToken\":\"", after[] = "\"}";
	ENT_AUTO_FINI(ent_buf) proof = ent_buf_with_max(REQUEST_MAX);
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(REQUEST_MAX);
	const struct ent_view access = ent_buf_view(&bench->profile->token);
	char url[512];

	snprintf(url, sizeof(url), "%s%s", bench->profile->node, path);
	*out = ent_buf_with_max(REQUEST_MAX);
	ENT_TRY(request_token(bench, &token, err));
	ENT_TRY(ent_dpop_make(&proof, bench->profile->dpop_key, "POST", url, access, ENT_VIEW_NONE, ent_clock_now(NULL), err));
	bench->message_lens[0] = signed_len(access);
	bench->message_lens[1] = signed_len(ent_buf_view(&proof));
	ENT_TRY(ent_buf_printf(out, err, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n", path, bench->host));
	ENT_TRY(ent_buf_printf(out, err, "Connect-Protocol-Version: 1\r\nContent-Length: %zu\r\n",
	    strlen(before) + token.len + strlen(after)));
	ENT_TRY(ent_buf_printf(out, err, "Authorization: DPoP %.*s\r\nDPoP: %.*s\r\n\r\n", ENT_FMT(access),
	    ENT_FMT(ent_buf_view(&proof))));
	ENT_TRY(ent_buf_add_str(out, before, err));
	ENT_TRY(ent_buf_add(out, ent_buf_view(&token), err));
	return ent_buf_add_str(out, after, err);
}

static void
prepare(struct bench *bench)
{
	struct ent_error err = { 0 };

	bench->requests = calloc(bench->count, sizeof(*bench->requests));
	if (bench->requests == NULL)
		die("no memory for %u requests", bench->count);
	for (unsigned i = 0; i < bench->count; i++)
		must_ok(prepare_one(bench, &bench->requests[i], &err), &err);
}

/* ---- running ---- */

static void
send_all(int fd, struct ent_view bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("the node closed the connection");
		bytes = ent_view_slice(bytes, (size_t)n, SIZE_MAX);
	}
}

/* The length of the whole answer once its head is there, else 0. */
static size_t
answer_len(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *field = strcasestr(answer, "\r\nContent-Length:");

	if (end == NULL)
		return 0;
	if (field == NULL || field > end)
		die("an answer without Content-Length: %.200s", answer);
	return (size_t)(end + 4 - answer) + strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
}

static void
receive(int fd, char *answer)
{
	size_t have = 0, want = 0;

	while (want == 0 || have < want) {
		ssize_t n = recv(fd, answer + have, ANSWER_MAX - have, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("the connection ended in an answer");
		have += (size_t)n;
		answer[have] = '\0';
		want = want > 0 ? want : answer_len(answer);
	}
	if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || strstr(answer, "\"status\":\"permit\"") == NULL)
		die("a request was refused: %.600s", answer);
}

static void *
connection_main(void *arg)
{
	struct bench *bench = arg;
	char *answer = malloc(ANSWER_MAX + 1);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;
	unsigned i;

	if (answer == NULL || fd < 0 || connect(fd, (const struct sockaddr *)&bench->address, sizeof(bench->address)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		die("cannot connect to %s", bench->host);
	while ((i = atomic_fetch_add(&bench->next, 1)) < bench->count) {
		send_all(fd, ent_buf_view(&bench->requests[i]));
		receive(fd, answer);
	}
	close(fd);
	free(answer);
	return NULL;
}

static double
run(struct bench *bench, unsigned connections)
{
	pthread_t threads[CONNECTIONS_MAX];
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, connection_main, bench) != 0)
			die("cannot start %u threads", connections);
	for (unsigned i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

static unsigned
number(const char *text, unsigned max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != '\0' || n < 1 || n > max)
		die("\"%s\" is not a number from 1 to %u", text, max);
	return (unsigned)n;
}

int
main(int argc, char **argv)
{
	struct bench bench = { 0 };
	double ops_s[BENCH_OPS];
	unsigned connections;
	double elapsed_s;

	if (argc != 5)
		die("usage: bench-rewrap PROFILE FILE REQUESTS CONNECTIONS");
	bench.count = number(argv[3], REQUESTS_MAX);
	connections = number(argv[4], CONNECTIONS_MAX);
	open_all(&bench, argv[1], argv[2]);
	prepare(&bench);
	bench_ops_measure(ops_s, bench.message_lens);
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 0;
	elapsed_s = run(&bench, connections);
	printf("%u %.6f", bench.count, elapsed_s);
	for (size_t i = 0; i < BENCH_OPS; i++)
		printf(" %.9f", ops_s[i]);
	putchar('\n');
	for (unsigned i = 0; i < bench.count; i++)
		ent_buf_fini(&bench.requests[i]);
	free(bench.requests);
	ent_tdf_free(bench.tdf);
	entente_profile_free(bench.profile);
	return 0;
}
