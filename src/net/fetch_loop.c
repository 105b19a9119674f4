/* Outgoing GETs on the event loop: libcurl's multi interface tells which sockets to watch, libevent watches them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "net/fetch_easy.h"

struct job {
	struct ent_fetch_loop *loop;
	LIST_ENTRY(job) link;
	CURL *easy;
	uint64_t id;
	size_t max_bytes;
	struct ent_buf body;
	bool too_large;
	char detail[CURL_ERROR_SIZE];
};

/* One socket that libcurl wants watched. */
struct watch {
	LIST_ENTRY(watch) link;
	struct event *event;
};

struct ent_fetch_loop {
	struct event_base *base;
	CURLM *multi;
	struct event *timer;
	struct event *reap; /* jobs end from here, never inside a call of libcurl */
	LIST_HEAD(, job) jobs;
	LIST_HEAD(, watch) watches;
	size_t job_count;
	ent_fetch_done_fn done;
	void *arg;
};

static void
job_free(struct job *job)
{
	if (job == NULL)
		return;
	if (job->easy != NULL) {
		curl_multi_remove_handle(job->loop->multi, job->easy);
		curl_easy_cleanup(job->easy);
	}
	ent_buf_fini(&job->body);
	free(job);
}

static void
watch_free(struct watch *watch)
{
	LIST_REMOVE(watch, link);
	event_free(watch->event);
	free(watch);
}

static void
finish(struct ent_fetch_loop *loop, struct job *job, CURLcode code)
{
	char problem[CURL_ERROR_SIZE] = "";
	long status = 0;

	LIST_REMOVE(job, link);
	loop->job_count--;
	curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK || status <= 0 || status > 599) {
		ent_fetch_problem(problem, sizeof(problem), code, job->detail, job->too_large, job->max_bytes);
		status = 0;
		ent_buf_fini(&job->body);
	}
	loop->done(loop->arg, job->id, (int)status, problem, ent_buf_view(&job->body));
	job_free(job);
}

static void
on_reap(evutil_socket_t fd, short events, void *arg)
{
	struct ent_fetch_loop *loop = arg;
	CURLMsg *msg;
	int left;

	(void)fd;
	(void)events;
	while ((msg = curl_multi_info_read(loop->multi, &left)) != NULL) {
		CURLcode code = msg->data.result; /* msg is gone once the handle is removed */
		void *job = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &job);
		finish(loop, job, code);
	}
}

static void
step(struct ent_fetch_loop *loop, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(loop->multi, fd, what, &running);
	event_active(loop->reap, 0, 0);
}

static void
on_socket(evutil_socket_t fd, short events, void *arg)
{
	step(arg, fd, (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void
on_timer(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	step(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct ent_fetch_loop *loop = arg;
	struct watch *watch = socket_arg;
	const short events = (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);

	(void)easy;
	if (watch != NULL) {
		curl_multi_assign(loop->multi, fd, NULL);
		watch_free(watch);
	}
	if (what == CURL_POLL_REMOVE)
		return 0;
	watch = calloc(1, sizeof(*watch));
	if (watch == NULL)
		return -1;
	watch->event = event_new(loop->base, fd, events, on_socket, loop);
	if (watch->event == NULL) {
		free(watch);
		return -1;
	}
	LIST_INSERT_HEAD(&loop->watches, watch, link);
	curl_multi_assign(loop->multi, fd, watch);
	return event_add(watch->event, NULL);
}

static int
set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct ent_fetch_loop *loop = arg;
	struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

	(void)multi;
	return timeout_ms < 0 ? event_del(loop->timer) : event_add(loop->timer, &tv);
}

static bool
set_up_multi(struct ent_fetch_loop *loop)
{
	return curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) == CURLM_OK &&
	    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop) == CURLM_OK &&
	    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
	    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop) == CURLM_OK &&
	    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)ENT_LIMIT_FETCHES) == CURLM_OK;
}

enum ent_status
ent_fetch_loop_new(struct ent_fetch_loop **out, struct event_base *base, ent_fetch_done_fn done, void *arg, struct ent_error *err)
{
	ENT_AUTO(ent_fetch_loop) loop = NULL;

	ENT_TRY(ent_fetch_start_library(err));
	loop = calloc(1, sizeof(*loop));
	if (loop == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for an HTTP client");
	LIST_INIT(&loop->jobs);
	LIST_INIT(&loop->watches);
	loop->base = base;
	loop->done = done;
	loop->arg = arg;
	loop->multi = curl_multi_init();
	loop->timer = event_new(base, -1, 0, on_timer, loop);
	loop->reap = event_new(base, -1, 0, on_reap, loop);
	if (loop->multi == NULL || loop->timer == NULL || loop->reap == NULL || !set_up_multi(loop))
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for an HTTP client");
	*out = ent_take(&loop);
	return ENT_OK;
}

void
ent_fetch_loop_free(struct ent_fetch_loop *loop)
{
	struct job *job;
	struct watch *watch;

	if (loop == NULL)
		return;
	while ((job = LIST_FIRST(&loop->jobs)) != NULL) {
		LIST_REMOVE(job, link);
		job_free(job);
	}
	if (loop->multi != NULL)
		curl_multi_cleanup(loop->multi); /* calls back to drop the sockets of kept connections */
	while ((watch = LIST_FIRST(&loop->watches)) != NULL)
		watch_free(watch);
	if (loop->timer != NULL)
		event_free(loop->timer);
	if (loop->reap != NULL)
		event_free(loop->reap);
	free(loop);
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct job *job = arg;
	struct ent_error err = { 0 };

	if (ent_buf_add(&job->body, ent_view_from(data, size * count), &err) == ENT_OK)
		return size * count;
	job->too_large = err.code == ENT_E_LIMIT;
	return 0; /* ends the transfer */
}

static bool
set_up_job(struct job *job, const char *url, int64_t timeout_ms)
{
	return ent_fetch_setup(job->easy, url, timeout_ms, job->max_bytes) &&
	    curl_easy_setopt(job->easy, CURLOPT_PRIVATE, job) == CURLE_OK &&
	    curl_easy_setopt(job->easy, CURLOPT_ERRORBUFFER, job->detail) == CURLE_OK &&
	    curl_easy_setopt(job->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	    curl_easy_setopt(job->easy, CURLOPT_WRITEDATA, job) == CURLE_OK;
}

static enum ent_status
start_job(struct job *job, const char *url, int64_t timeout_ms, struct ent_error *err)
{
	CURLMcode code;

	job->easy = curl_easy_init();
	if (job->easy == NULL || !set_up_job(job, url, timeout_ms))
		return ent_fail(err, ENT_E_INTERNAL, "libcurl refuses the options of a GET");
	code = curl_multi_add_handle(job->loop->multi, job->easy); /* asks for a timer of 0 ms, which starts it */
	if (code != CURLM_OK)
		return ent_fail(err, ENT_E_INTERNAL, "libcurl does not start a GET: %s", curl_multi_strerror(code));
	return ENT_OK;
}

enum ent_status
ent_fetch_loop_start(struct ent_fetch_loop *loop, uint64_t id, const char *url, size_t max_bytes, int64_t timeout_ms, struct ent_error *err)
{
	struct job *job;
	enum ent_status status;

	if (loop->job_count >= ENT_LIMIT_FETCHES)
		return ent_fail(err, ENT_E_BUSY, "%d fetches are under way already", ENT_LIMIT_FETCHES);
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a fetch");
	job->loop = loop;
	job->id = id;
	job->max_bytes = max_bytes;
	job->body = ent_buf_with_max(max_bytes);
	status = start_job(job, url, timeout_ms, err);
	if (status != ENT_OK) {
		job_free(job);
		return status;
	}
	LIST_INSERT_HEAD(&loop->jobs, job, link);
	loop->job_count++;
	return ENT_OK;
}
