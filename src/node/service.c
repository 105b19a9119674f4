#include "node/service.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/event.h"

enum { DONE = 0, FAILED = 1 };

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif

void
ent_service_harden(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef SANITIZED /* the leak checker traces its own process */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

static ent_answer_fn
find(const struct ent_service *service, enum ent_msg_type type)
{
	for (size_t i = 0; service->rows[i].type != ENT_MSG_NONE; i++)
		if (service->rows[i].type == type)
			return service->rows[i].answer;
	return NULL;
}

static enum ent_status
answer_one(const struct ent_service *service, struct ent_channel *channel, struct ent_arena *arena,
    const struct ent_msg *request, struct ent_error *err)
{
	ent_answer_fn answer = find(service, request->type);
	struct ent_error why = { 0 };
	struct ent_msg reply = { 0 };
	struct ent_event event;

	if (answer == NULL)
		return ent_fail(err, ENT_E_REFUSED, "message %s is no request", ent_msg_name(request->type));
	if (answer(service->arg, arena, request, &reply, &why) == ENT_OK)
		return ent_channel_send(channel, &reply, err);
	ent_event_begin(&event, "refused");
	ent_event_str(&event, "message", ent_msg_name(request->type));
	ent_event_error(&event, &why);
	ent_event_end(&event, 2);
	return ent_channel_fail(channel, &why, err);
}

/* *over: the peer has closed. */
static enum ent_status
serve_one(const struct ent_service *service, struct ent_channel *channel, bool *over, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_msg request;
	int wait_ms = service->idle != NULL ? service->idle(service->arg) : -1;
	bool got;

	ENT_TRY(ent_arena_new(&arena, service->arena_max, err));
	ENT_TRY(ent_channel_receive(channel, &request, arena, wait_ms, &got, over, err));
	return got ? answer_one(service, channel, arena, &request, err) : ENT_OK;
}

int
ent_service_run(const struct ent_service *service, int fd)
{
	ENT_AUTO(ent_channel) channel = NULL;
	struct ent_error err = { 0 };
	bool over = false;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (ent_channel_new(&channel, fd, service->self, service->peer, &err) != ENT_OK) {
		ent_event_failure("cannot-start", &err);
		return FAILED;
	}
	while (!over) {
		if (serve_one(service, channel, &over, &err) != ENT_OK) {
			ent_event_failure("ended", &err);
			return FAILED;
		}
	}
	return DONE;
}
