#include "net/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "net/fetch_easy.h"

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready;

static void
start_curl(void)
{
	curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum ent_status
ent_fetch_start_library(struct ent_error *err)
{
	pthread_once(&curl_once, start_curl);
	if (curl_ready != CURLE_OK)
		return ent_fail(err, ENT_E_INTERNAL, "libcurl does not start: %s", curl_easy_strerror(curl_ready));
	return ENT_OK;
}

void
ent_fetch_answer_fini(struct ent_fetch_answer *answer)
{
	ent_buf_fini(&answer->body);
}

/* Everything that every request of ours has in common. False when libcurl lacks an option: then nothing is sent. */
bool
ent_fetch_setup(CURL *easy, const char *url, int64_t timeout_ms, size_t max_bytes)
{
	const long connect_ms = timeout_ms < ENT_FETCH_CONNECT_MS ? (long)timeout_ms : ENT_FETCH_CONNECT_MS;

	return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK && /* whatever the environment says */
	    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_USERAGENT, "entente") == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes) == CURLE_OK;
}

/* Why there was no answer, in words that name the limit when it was one of ours. */
void
ent_fetch_problem(char *out, size_t out_size, CURLcode code, const char *detail, bool too_large, size_t max_bytes)
{
	if (too_large || code == CURLE_FILESIZE_EXCEEDED)
		snprintf(out, out_size, "the answer is larger than %zu bytes", max_bytes);
	else
		snprintf(out, out_size, "%s", detail != NULL && detail[0] != '\0' ? detail : curl_easy_strerror(code));
}

/* The blocking client. */

struct ent_fetcher {
	CURL *easy;
};

enum ent_status
ent_fetcher_new(struct ent_fetcher **out, struct ent_error *err)
{
	ENT_AUTO(ent_fetcher) fetcher = NULL;

	ENT_TRY(ent_fetch_start_library(err));
	fetcher = calloc(1, sizeof(*fetcher));
	if (fetcher != NULL)
		fetcher->easy = curl_easy_init();
	if (fetcher == NULL || fetcher->easy == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for an HTTP client");
	*out = ent_take(&fetcher);
	return ENT_OK;
}

void
ent_fetcher_free(struct ent_fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	curl_easy_cleanup(fetcher->easy);
	free(fetcher);
}

struct transfer {
	struct ent_fetch_answer *answer;
	bool too_large;
};

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	struct ent_error err = { 0 };

	if (ent_buf_add(&transfer->answer->body, ent_view_from(data, size * count), &err) == ENT_OK)
		return size * count;
	transfer->too_large = err.code == ENT_E_LIMIT;
	return 0; /* ends the transfer */
}

/* The value of a header line if it has that name: trimmed, and only if it fits. */
static void
keep_header(char *out, size_t out_size, const char *name, struct ent_view line)
{
	const size_t name_len = strlen(name);

	if (line.len <= name_len || line.data[name_len] != ':' || strncasecmp((const char *)line.data, name, name_len) != 0)
		return;
	line = ent_view_slice(line, name_len + 1, line.len);
	while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
		line = ent_view_slice(line, 1, line.len);
	while (line.len > 0 && line.data[line.len - 1] <= ' ')
		line.len--;
	if (line.len >= out_size)
		return;
	memcpy(out, line.data, line.len);
	out[line.len] = '\0';
}

static size_t
on_header(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	struct ent_view line = ent_view_from(data, size * count);

	keep_header(transfer->answer->dpop_nonce, sizeof(transfer->answer->dpop_nonce), "DPoP-Nonce", line);
	keep_header(transfer->answer->www_authenticate, sizeof(transfer->answer->www_authenticate), "WWW-Authenticate", line);
	return size * count;
}

static void
free_headers(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static enum ent_status
list_headers(struct curl_slist **list, const struct ent_fetch_request *request, struct ent_error *err)
{
	/* No "Expect": it costs a round trip and a second's wait at servers that do not know it. */
	struct curl_slist *grown = curl_slist_append(NULL, "Expect:");

	for (size_t i = 0; i < request->header_count && grown != NULL; i++) {
		*list = grown;
		if (strpbrk(request->headers[i], "\r\n") != NULL)
			return ent_fail(err, ENT_E_INPUT, "a header with a line break");
		grown = curl_slist_append(*list, request->headers[i]);
	}
	if (grown == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for HTTP headers");
	*list = grown;
	return ENT_OK;
}

static bool
set_method(CURL *easy, const struct ent_fetch_request *request)
{
	if (strcmp(request->method, "GET") == 0)
		return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	return strcmp(request->method, "POST") == 0 &&
	    curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.len > 0 ? (const char *)request->body.data : "") == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) == CURLE_OK;
}

static bool
set_up(CURL *easy, const struct ent_fetch_request *request, struct curl_slist *headers, struct transfer *transfer, char *problem)
{
	return ent_fetch_setup(easy, request->url, request->timeout_ms, request->max_bytes) && set_method(easy, request) &&
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, problem) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
	    (request->ca_file == NULL || curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file) == CURLE_OK);
}

/* "scheme://host:port" of a URL: a path or query may hold what does not belong into a message. */
static struct ent_view
origin_of(const char *url)
{
	struct ent_view all = ent_view_str(url);
	const char *authority = strstr(url, "://");
	size_t from = authority == NULL ? 0 : (size_t)(authority - url) + 3;

	return ent_view_slice(all, 0, from + strcspn(url + from, "/?#"));
}

enum ent_status
ent_fetch(struct ent_fetcher *fetcher, const struct ent_fetch_request *request, struct ent_fetch_answer *answer, struct ent_error *err)
{
	__attribute__((cleanup(free_headers))) struct curl_slist *headers = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	char problem[CURL_ERROR_SIZE];
	struct transfer transfer = { answer, false };
	CURLcode code;
	long status = 0;

	*answer = (struct ent_fetch_answer){ .body = ent_buf_with_max(request->max_bytes) };
	ENT_TRY(list_headers(&headers, request, err));
	curl_easy_reset(fetcher->easy); /* keeps the connections */
	if (!set_up(fetcher->easy, request, headers, &transfer, detail))
		return ent_fail(err, ENT_E_INTERNAL, "libcurl refuses the options of a %s to %.*s", request->method,
		    ENT_FMT(origin_of(request->url)));
	code = curl_easy_perform(fetcher->easy);
	curl_easy_getinfo(fetcher->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_reset(fetcher->easy); /* nothing of this call stays behind: its header list and buffers end here */
	if (code == CURLE_OK && status > 0) {
		answer->status = (int)status;
		return ENT_OK;
	}
	ent_buf_fini(&answer->body);
	ent_fetch_problem(problem, sizeof(problem), code, detail, transfer.too_large, request->max_bytes);
	return ent_fail(err, ENT_E_UNREACHABLE, "no answer from %.*s: %s", ENT_FMT(origin_of(request->url)), problem);
}
