/*
 * A batch of requests: each authenticated and decided by itself, then one transaction and one append for all of them,
 * then the releases and the answers. An append costs a few syncs of the disk however many entries it holds.
 */
#include <stdlib.h>

#include "base/event.h"
#include "kas/rewrap.h"
#include "node/judge/judge.h"

#define ENT_LIMIT_JUDGE_LATE 256         /* calls of one kind that wait */
#define ENT_LIMIT_JUDGE_SUBMIT 64        /* ... submissions, of 64 KiB each */
#define ENT_LIMIT_JUDGE_SUBMIT_OF_ONE 16 /* ... of one address */

/* A ring. Strangers may submit: so submissions never take the place of token requests, nor one address all of theirs. */
struct late_queue {
	struct ent_call *calls[ENT_LIMIT_JUDGE_LATE];
	size_t first;
	size_t count;
};

struct ent_batch {
	struct ent_call *calls[ENT_LIMIT_JUDGE_BATCH]; /* in order of arrival */
	size_t count;
	struct late_queue late[ENT_LATE_KINDS];
	size_t turn; /* the kind whose turn it is */
};

enum ent_status
ent_batch_new(struct ent_batch **out, struct ent_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for a batch");
}

static struct ent_call *
waiting(const struct late_queue *queue, size_t i)
{
	return queue->calls[(queue->first + i) % ENT_LIMIT_JUDGE_LATE];
}

void
ent_batch_free(struct ent_batch *batch)
{
	if (batch == NULL)
		return;
	for (size_t i = 0; i < batch->count; i++)
		ent_call_free(batch->calls[i]);
	for (size_t kind = 0; kind < ENT_LATE_KINDS; kind++)
		for (size_t i = 0; i < batch->late[kind].count; i++)
			ent_call_free(waiting(&batch->late[kind], i));
	free(batch);
}

bool
ent_batch_full(const struct ent_batch *batch)
{
	return batch->count == ENT_LIMIT_JUDGE_BATCH;
}

bool
ent_batch_empty(const struct ent_batch *batch)
{
	size_t late = 0;

	for (size_t kind = 0; kind < ENT_LATE_KINDS; kind++)
		late += batch->late[kind].count;
	return batch->count == 0 && late == 0;
}

void
ent_batch_add(struct ent_batch *batch, struct ent_call *call)
{
	ENT_ASSERT(!ent_batch_full(batch));
	batch->calls[batch->count++] = call;
}

/* ---- calls ---- */

#define COPY_U64(name) out->name = in->name;
#define COPY_BYTES(name) ENT_TRY(ent_arena_dup(arena, &out->name, in->name, err));
#define COPY_LIST(name) ENT_TRY(copy_list(&out->name, arena, &in->name, err));
#define COPY(kind, name, limit) COPY_##kind(name)

static enum ent_status
copy_list(struct ent_list *out, struct ent_arena *arena, const struct ent_list *in, struct ent_error *err)
{
	void *items;

	ENT_TRY(ent_arena_alloc(arena, &items, in->count + 1, sizeof(*out->items), err));
	out->items = items;
	for (out->count = 0; out->count < in->count; out->count++)
		ENT_TRY(ent_arena_dup(arena, &out->items[out->count], in->items[out->count], err));
	return ENT_OK;
}

static enum ent_status
copy_request(struct ent_msg_http_request *out, struct ent_arena *arena, const struct ent_msg_http_request *in,
    struct ent_error *err)
{
	ENT_FIELDS_HTTP_REQUEST(COPY)
	return ENT_OK;
}

enum ent_status
ent_call_new(struct ent_call **out, const struct ent_msg_http_request *http, struct ent_error *err)
{
	ENT_AUTO(ent_call) call = calloc(1, sizeof(*call));

	if (call == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a request");
	ENT_TRY(ent_arena_new(&call->arena, ENT_LIMIT_JUDGE_ARENA, err));
	ENT_TRY(copy_request(&call->http, call->arena, http, err));
	*out = ent_take(&call);
	return ENT_OK;
}

void
ent_call_free(struct ent_call *call)
{
	if (call == NULL)
		return;
	ent_pubkey_free(call->caller.dpop_key);
	ent_arena_free(call->arena);
	free(call);
}

/* ---- the phases ---- */

static void
answer_busy(struct ent_judge *judge, struct ent_call *call)
{
	ent_answer_connect(judge, call, "resource_exhausted", "too many requests wait: try again in a second", NULL);
}

static bool
has_room(const struct late_queue *queue, const struct ent_call *call)
{
	size_t of_one = 0;

	if (call->route->late != ENT_LATE_SUBMIT)
		return queue->count < ENT_LIMIT_JUDGE_LATE;
	for (size_t i = 0; i < queue->count; i++)
		of_one += ent_view_eq(waiting(queue, i)->http.peer, call->http.peer);
	return queue->count < ENT_LIMIT_JUDGE_SUBMIT && of_one < ENT_LIMIT_JUDGE_SUBMIT_OF_ONE;
}

/* Late calls change places: from the batch to their queue, which owns them then. */
static void
put_late(struct ent_judge *judge, struct ent_batch *batch, struct ent_call **call)
{
	struct late_queue *queue = &batch->late[(*call)->route->late];

	if (!has_room(queue, *call)) {
		answer_busy(judge, *call);
		return;
	}
	queue->calls[(queue->first + queue->count++) % ENT_LIMIT_JUDGE_LATE] = ent_take(call);
}

static void
run_handler(struct ent_judge *judge, struct ent_call *call, ent_route_fn handler)
{
	struct ent_error err = { 0 };

	if (handler(judge, call, &err) != ENT_OK)
		ent_answer_failure(judge, call, &err);
}

static void
begin_call(struct ent_judge *judge, struct ent_batch *batch, struct ent_call **slot)
{
	struct ent_call *call = *slot;

	if (judge->mirror == NULL) {
		ent_answer_connect(judge, call, "unavailable", "this node has no charter yet", NULL);
		return;
	}
	call->route = ent_route_find(judge, call);
	if (call->route == NULL)
		return;
	if (call->route->late != ENT_LATE_NOT) {
		put_late(judge, batch, slot);
		return;
	}
	if (call->route->access != ENT_ROUTE_PUBLIC && !ent_auth_call(judge, call, call->route->access == ENT_ROUTE_BOUND))
		return;
	run_handler(judge, call, call->route->begin);
}

static void
finish_calls(struct ent_judge *judge, struct ent_batch *batch, size_t count, const struct ent_error *why)
{
	for (size_t i = 0; i < count; i++) {
		struct ent_call *call = batch->calls[i];

		if (call == NULL || call->answered || call->route == NULL || call->route->finish == NULL)
			continue;
		if (why->code != ENT_OK && call->route->finish != ent_rewrap_finish)
			ent_answer_failure(judge, call, why);
		else
			run_handler(judge, call, call->route->finish);
	}
}

static void
drop_calls(struct ent_batch *batch, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ent_call_free(batch->calls[i]);
	memmove(batch->calls, batch->calls + count, (batch->count - count) * sizeof(batch->calls[0]));
	batch->count -= count;
}

/* Make durable what was decided. Afterwards every entry has its proof, or nothing may be released. */
static enum ent_status
settle(struct ent_judge *judge, struct ent_error *err)
{
	enum ent_status status = ent_audit_store(judge, err);

	if (status == ENT_OK)
		status = ent_store_commit(judge->store, err);
	else
		ent_store_rollback(judge->store);
	if (status == ENT_OK)
		status = ent_audit_append(judge, err);
	if (status != ENT_OK)
		ent_event_failure("access-log-failed", err);
	return status;
}

static void
run_batch(struct ent_judge *judge, struct ent_batch *batch)
{
	struct ent_error err = { 0 };
	size_t count = 0;

	if (judge->mirror != NULL &&
	    (ent_views_publish(judge, &err) != ENT_OK || ent_store_begin(judge->store, &err) != ENT_OK)) {
		for (; count < batch->count; count++)
			ent_answer_failure(judge, batch->calls[count], &err);
	} else {
		/* A request may owe an entry for each of its policies: what might not fit waits for the next batch. */
		for (; count < batch->count && ent_audit_room(judge->audit, ENT_LIMIT_REWRAP_POLICIES); count++)
			begin_call(judge, batch, &batch->calls[count]);
		if (judge->mirror != NULL)
			ENT_IGNORE(settle(judge, &err)); /* err says it to those who wait */
		finish_calls(judge, batch, count, &err);
	}
	ent_audit_clear(judge->audit);
	drop_calls(batch, count);
}

static void
run_first(struct ent_judge *judge, struct late_queue *queue)
{
	ENT_AUTO(ent_call) call = waiting(queue, 0);

	queue->first = (queue->first + 1) % ENT_LIMIT_JUDGE_LATE;
	queue->count--;
	run_handler(judge, call, call->route->begin);
}

/* One late call, of the kinds in turn: none waits longer because many of another kind wait. */
static void
run_late(struct ent_judge *judge, struct ent_batch *batch)
{
	for (size_t i = 1; i <= ENT_LATE_KINDS; i++) {
		const size_t kind = (batch->turn + i) % ENT_LATE_KINDS;

		if (batch->late[kind].count == 0)
			continue;
		batch->turn = kind;
		run_first(judge, &batch->late[kind]);
		return;
	}
}

void
ent_batch_run(struct ent_judge *judge, struct ent_batch *batch)
{
	if (batch->count > 0)
		run_batch(judge, batch);
	run_late(judge, batch);
}
