#include "tdf/lanes.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/secret.h"

struct run {
	const struct ent_lanes *lanes;
	pthread_mutex_t load_lock; /* load_in_order: held while loading */
	pthread_mutex_t lock;      /* turn and failure */
	pthread_cond_t turn_changed;
	_Atomic uint64_t next;     /* segment to claim */
	atomic_bool stop;          /* failed, or the input has ended */
	bool failed;
	uint64_t turn;             /* segment to store */
	uint64_t failed_index;
	struct ent_error error;
};

struct worker {
	struct run *run;
	struct ent_lane lane;
	pthread_t thread;
	bool is_caller;
	bool used; /* the buffer held a segment */
};

static void
fail(struct run *run, uint64_t index, const struct ent_error *error)
{
	pthread_mutex_lock(&run->lock);
	if (!run->failed || index < run->failed_index) {
		run->error = *error;
		run->failed_index = index;
	}
	run->failed = true;
	atomic_store(&run->stop, true);
	pthread_cond_broadcast(&run->turn_changed);
	pthread_mutex_unlock(&run->lock);
}

/* Take the next segment and load it; *done when there is none. */
static enum ent_status
claim(struct run *run, struct ent_lane *lane, bool *done, struct ent_error *err)
{
	const struct ent_lanes *lanes = run->lanes;
	enum ent_status status;

	*done = atomic_load(&run->stop);
	if (*done)
		return ENT_OK;
	lane->index = atomic_fetch_add(&run->next, 1);
	*done = lane->index >= lanes->count;
	if (*done)
		return ENT_OK;
	status = lanes->load(lanes->arg, lane, done, err);
	if (*done)
		atomic_store(&run->stop, true);
	return status;
}

static enum ent_status
claim_in_order(struct run *run, struct ent_lane *lane, bool *done, struct ent_error *err)
{
	enum ent_status status;

	pthread_mutex_lock(&run->load_lock);
	status = claim(run, lane, done, err);
	if (status != ENT_OK)
		fail(run, lane->index, err); /* under the lock: nobody loads behind a failure */
	pthread_mutex_unlock(&run->load_lock);
	return status;
}

/* Wait until all segments before this one are stored; false when there is no point any more. */
static bool
await_turn(struct run *run, uint64_t index)
{
	bool mine;

	pthread_mutex_lock(&run->lock);
	while (run->turn != index && !run->failed)
		pthread_cond_wait(&run->turn_changed, &run->lock);
	mine = !run->failed;
	pthread_mutex_unlock(&run->lock);
	return mine;
}

static void
pass_turn(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	run->turn++;
	pthread_cond_broadcast(&run->turn_changed);
	pthread_mutex_unlock(&run->lock);
}

static enum ent_status
carry_one(struct run *run, struct ent_lane *lane, bool *done, struct ent_error *err)
{
	const struct ent_lanes *lanes = run->lanes;

	ENT_TRY((lanes->load_in_order ? claim_in_order : claim)(run, lane, done, err));
	if (*done)
		return ENT_OK;
	ENT_TRY(lanes->work(lanes->arg, lane, err));
	if (!lanes->store_in_order)
		return lanes->store(lanes->arg, lane, err);
	*done = !await_turn(run, lane->index);
	if (*done)
		return ENT_OK;
	ENT_TRY(lanes->store(lanes->arg, lane, err));
	pass_turn(run);
	return ENT_OK;
}

static void *
worker_main(void *arg)
{
	struct worker *worker = arg;
	struct run *run = worker->run;
	struct ent_error err = { 0 };
	bool done = false;

	while (!done) {
		worker->used = true;
		if (carry_one(run, &worker->lane, &done, &err) != ENT_OK) {
			fail(run, worker->lane.index, &err);
			break;
		}
		if (worker->is_caller && run->lanes->tick != NULL)
			run->lanes->tick(run->lanes->arg);
	}
	return NULL;
}

static unsigned
lane_count(const struct ent_lanes *lanes)
{
	long cores = lanes->threads > 0 ? (long)lanes->threads : sysconf(_SC_NPROCESSORS_ONLN);
	size_t fit = ENT_LIMIT_LANES_MEMORY / (lanes->buffer_len + 1);
	size_t n = cores < 1 ? 1 : (size_t)cores;

	n = n < fit ? n : fit;
	n = n < ENT_LIMIT_LANES ? n : ENT_LIMIT_LANES;
	n = n < lanes->count ? n : (size_t)lanes->count;
	return n < 1 ? 1 : (unsigned)n; /* a 64 MiB segment still gets its one buffer */
}

/* A thread that cannot be started is not an error: the others do its work. Signals stay with the caller's threads. */
static unsigned
start_threads(struct worker *workers, unsigned count)
{
	sigset_t all, before;
	unsigned started = 1;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	while (started < count && pthread_create(&workers[started].thread, NULL, worker_main, &workers[started]) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static enum ent_status
prepare(struct run *run, struct worker *workers, unsigned count, struct ent_error *err)
{
	const struct ent_lanes *lanes = run->lanes;

	for (unsigned i = 0; i < count; i++) {
		workers[i].run = run;
		workers[i].is_caller = i == 0;
		workers[i].lane.buffer = malloc(lanes->buffer_len);
		if (workers[i].lane.buffer == NULL)
			return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a segment of %zu bytes", lanes->buffer_len);
		ENT_TRY(lanes->start(lanes->arg, &workers[i].lane, err));
	}
	return ENT_OK;
}

static void
clear(const struct ent_lanes *lanes, struct worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (workers[i].lane.own != NULL)
			lanes->stop(lanes->arg, &workers[i].lane);
		if (workers[i].used)
			ent_wipe(workers[i].lane.buffer, lanes->buffer_len); /* plaintext */
		free(workers[i].lane.buffer);
	}
	free(workers);
}

enum ent_status
ent_lanes_run(const struct ent_lanes *lanes, struct ent_error *err)
{
	struct run run = { .lanes = lanes, .load_lock = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER,
		.turn_changed = PTHREAD_COND_INITIALIZER };
	const unsigned count = lane_count(lanes);
	struct worker *workers = calloc(count, sizeof(*workers));
	enum ent_status status;

	if (workers == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %u threads", count);
	status = prepare(&run, workers, count, err);
	if (status == ENT_OK) {
		unsigned started = start_threads(workers, count);

		worker_main(&workers[0]);
		for (unsigned i = 1; i < started; i++)
			pthread_join(workers[i].thread, NULL);
		if (run.failed)
			status = ent_fail(err, run.error.code, "%s", run.error.text);
	}
	clear(lanes, workers, count);
	pthread_cond_destroy(&run.turn_changed);
	pthread_mutex_destroy(&run.lock);
	pthread_mutex_destroy(&run.load_lock);
	return status;
}
