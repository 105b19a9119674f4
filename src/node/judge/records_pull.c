/*
 * Following the other members' access logs, and fetching the records that they disclose to us: one fetch at a time from each,
 * so much in a round and no more. A round: the log, then lists of records, newest first, then the records that are missing.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "jose/jwe.h"
#include "node/judge/records.h"

#define ENT_LIMIT_COLLECTED 1024u   /* records of one member in a round */
#define ENT_LIMIT_WRONG 16u         /* of those: so many wrong ones, and the round is over */
#define ENT_LIMIT_OLD_LISTS 16u     /* lists looked at in a round, beside the two newest, until all were seen once */
#define ENT_LIMIT_WRONG_KEPT 1024u  /* wrong records of a member that are remembered, and not fetched again soon */
#define ENT_LIMIT_COLLECTING 16u    /* members asked at once */

enum {
	URL_MAX = 2048,
	CURSOR_MAX = 300,
	STALLED_MS = 90000,    /* the edge has its own time limits: this is for an edge that forgot */
	AGAIN_MS = 1000,       /* after a round that left work */
	REOPEN_MS = 60000,     /* a copy that cannot be opened is tried again */
	PENALTY_MAX = 10,
	PENALTY_MAX_MS = 3600000,
	WRONG_AGAIN = 64,      /* intervals until a wrong record is looked at again, doubled each time */
	WRONG_TRIES_MAX = 12,
	WRONG_AGAIN_MAX_MS = 86400000,
	SEEN_EVERY_S = 60,     /* how often it is written down that a log was seen without news */
	JITTER_PERCENT = 10,
	RECORD_ARENA_MAX = 4 << 20
};

enum phase { PHASE_IDLE, PHASE_LOG, PHASE_LIST, PHASE_RECORD };

struct wrong {
	uint64_t index;
	unsigned tries; /* 0: empty */
	int64_t due_mono_ms;
};

struct source {
	const struct ent_party *party;
	struct ent_access *copy; /* NULL: it cannot be opened */
	enum phase phase;
	uint64_t fetch_id;
	int64_t fetch_mono_ms;
	int64_t due_mono_ms;
	bool failing;            /* events only when this changes */
	unsigned penalty;        /* rounds in a row that brought rubbish */
	int64_t seen_unix_s;     /* written down */
	uint64_t seen_size;
	/* this round */
	unsigned lists;          /* looked at */
	uint64_t list;           /* the one at hand */
	bool want[ENT_RECORDS_PER_LIST]; /* of that list */
	size_t at;               /* in want */
	unsigned collected, wrong_count;
	bool missing;            /* a record was listed and not there */
	/* all rounds */
	uint64_t scan;           /* the older list that is next */
	bool scanned;            /* each was looked at since the start */
	struct wrong wrong[ENT_LIMIT_WRONG_KEPT];
	size_t wrong_next;
};

struct ent_collector {
	struct source *sources;
	size_t count;
	uint64_t last_id;
	int64_t interval_ms;
};

/* ---- start and end ---- */

static enum ent_status
open_copy(struct ent_judge *judge, struct source *source, struct ent_error *err)
{
	char peers[ENT_PATH_MAX], state[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(peers, sizeof(peers), err, "%s/peers", judge->config->home));
	ENT_TRY(ent_path_join(state, sizeof(state), err, "%s/state", judge->config->home));
	return ent_access_open(&source->copy, peers, state, source->party->name, &source->party->access_log, err);
}

enum ent_status
ent_collector_new(struct ent_collector **out, struct ent_judge *judge, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(judge->mirror));
	struct ent_collector *collector = calloc(1, sizeof(*collector));

	if (collector != NULL)
		collector->sources = calloc(epoch->member_count, sizeof(*collector->sources));
	if (collector == NULL || collector->sources == NULL) {
		free(collector);
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for other members' records");
	}
	collector->interval_ms = judge->config->sync_interval_ms;
	for (size_t i = 0; i < epoch->member_count; i++)
		if (!ent_view_eq(epoch->members[i].name, judge->self) && epoch->members[i].node.len > 0)
			collector->sources[collector->count++].party = &epoch->members[i];
	*out = collector;
	return ENT_OK;
}

void
ent_collector_free(struct ent_collector *collector)
{
	if (collector == NULL)
		return;
	for (size_t i = 0; i < collector->count; i++)
		ent_access_free(collector->sources[i].copy);
	free(collector->sources);
	free(collector);
}

/* ---- what is said ---- */

static void
say(const struct source *source, const char *name, const struct ent_error *why)
{
	struct ent_event event;

	ent_event_begin(&event, name);
	ent_event_view(&event, "party", source->party->name);
	ent_event_str(&event, "log", "access");
	if (why->code != ENT_OK)
		ent_event_error(&event, why);
	ent_event_end(&event, STDERR_FILENO);
}

static void
say_wrong(const struct source *source, uint64_t index, const struct ent_error *why)
{
	struct ent_event event;

	ent_event_begin(&event, "record-refused");
	ent_event_view(&event, "party", source->party->name);
	ent_event_int(&event, "entry", (int64_t)index);
	ent_event_error(&event, why);
	ent_event_end(&event, STDERR_FILENO);
}

/* ---- the end of a round ---- */

static int64_t
jittered(int64_t interval_ms)
{
	const int64_t span = interval_ms * 2 * JITTER_PERCENT / 100;
	uint32_t random = 0;

	ENT_IGNORE(ent_random(&random, sizeof(random), &(struct ent_error){ 0 })); /* jitter only */
	return interval_ms - span / 2 + (span > 0 ? (int64_t)random % (span + 1) : 0);
}

/* Who serves rubbish is asked ever more rarely; who is only silent, as ever. */
static int64_t
pause_ms(const struct ent_collector *collector, const struct source *source, bool more)
{
	const int64_t interval = jittered(collector->interval_ms);
	const int64_t penalty = interval << (source->penalty < PENALTY_MAX ? source->penalty : PENALTY_MAX);

	if (source->penalty > 0)
		return penalty < PENALTY_MAX_MS ? penalty : PENALTY_MAX_MS;
	return more && interval > AGAIN_MS ? AGAIN_MS : interval;
}

static bool
is_rubbish(enum ent_status status)
{
	return status != ENT_OK && status != ENT_E_UNREACHABLE && status != ENT_E_NOT_FOUND && status != ENT_E_UNAVAILABLE &&
	    status != ENT_E_NO_MEMORY && status != ENT_E_IO && status != ENT_E_LOG_INCONSISTENT;
}

static void
end_round(struct ent_collector *collector, struct source *source, const struct ent_error *why, bool more)
{
	/* Who cannot be reached, the puller of statements says. */
	const bool silent = why->code == ENT_E_UNREACHABLE || why->code == ENT_E_UNAVAILABLE || why->code == ENT_E_NOT_FOUND;
	const bool failing = why->code != ENT_OK && !silent;

	source->phase = PHASE_IDLE;
	source->fetch_id = 0;
	if (is_rubbish(why->code) || source->wrong_count > 0)
		source->penalty++;
	else if (!failing && !silent)
		source->penalty = 0;
	source->due_mono_ms = ent_clock_mono_ms() + pause_ms(collector, source, more);
	if (why->code == ENT_E_LOG_INCONSISTENT)
		say(source, "log-inconsistent", why);
	else if (failing != source->failing && !silent)
		say(source, failing ? "access-log-failing" : "access-log-followed", why);
	source->failing = silent ? source->failing : failing;
}

/* ---- which list, which record ---- */

/* A record that was wrong is not fetched again before its time. */
static bool
is_put_off(const struct source *source, uint64_t index, int64_t now)
{
	for (size_t i = 0; i < ENT_LIMIT_WRONG_KEPT; i++)
		if (source->wrong[i].tries > 0 && source->wrong[i].index == index)
			return now < source->wrong[i].due_mono_ms;
	return false;
}

static void
put_off(const struct ent_collector *collector, struct source *source, uint64_t index)
{
	struct wrong *slot = NULL;
	int64_t wait;

	for (size_t i = 0; i < ENT_LIMIT_WRONG_KEPT && slot == NULL; i++)
		if (source->wrong[i].tries > 0 && source->wrong[i].index == index)
			slot = &source->wrong[i];
	if (slot == NULL) {
		slot = &source->wrong[source->wrong_next++ % ENT_LIMIT_WRONG_KEPT];
		slot->tries = 0;
	}
	slot->index = index;
	wait = collector->interval_ms * WRONG_AGAIN << slot->tries;
	slot->due_mono_ms = ent_clock_mono_ms() + (wait < WRONG_AGAIN_MAX_MS ? wait : WRONG_AGAIN_MAX_MS);
	if (slot->tries < WRONG_TRIES_MAX)
		slot->tries++;
}

/* Of the list at hand: what is in our copy of the log, is not here yet, and is not put off. */
static enum ent_status
choose_records(struct ent_judge *judge, struct source *source, struct ent_view text, struct ent_error *err)
{
	const uint64_t first = source->list * ENT_RECORDS_PER_LIST;
	const uint64_t size = ent_access_size(source->copy);
	const int64_t now = ent_clock_mono_ms();
	bool have[ENT_RECORDS_PER_LIST];

	ENT_TRY(ent_record_list_parse(source->want, source->list, text, err));
	ENT_TRY(ent_store_received_have(judge->store, have, ENT_RECORDS_PER_LIST, source->party->name, first, err));
	for (size_t i = 0; i < ENT_RECORDS_PER_LIST; i++)
		if (source->want[i])
			source->want[i] = !have[i] && first + i < size && !is_put_off(source, first + i, now);
	return ENT_OK;
}

/*
 * The next list of this round; false: none. The two newest first, where something new stands; then older ones in turn, because
 * a record may come late (its member had to wait for our key) or may have been wrong.
 */
static bool
next_list(struct source *source)
{
	const uint64_t size = ent_access_size(source->copy);
	const uint64_t last = size > 0 ? (size - 1) / ENT_RECORDS_PER_LIST : 0;
	const unsigned number = source->lists;

	if (size == 0)
		return false;
	source->lists++;
	if (number < 2) {
		source->list = last - number;
		return last >= number;
	}
	if (last < 2)
		source->scanned = true;
	if (last < 2 || number >= (source->scanned ? 3 : 2 + ENT_LIMIT_OLD_LISTS))
		return false;
	if (source->scan > last - 2) {
		source->scan = 0;
		source->scanned = true;
		return false;
	}
	source->list = source->scan++;
	return true;
}

/* True: source->at is a record to fetch. */
static bool
next_record(struct source *source)
{
	while (source->at < ENT_RECORDS_PER_LIST && !source->want[source->at])
		source->at++;
	return source->at < ENT_RECORDS_PER_LIST;
}

/* ---- asking ---- */

static enum ent_status
fetch(struct ent_judge *judge, struct ent_collector *collector, struct source *source, const char *path, size_t max_bytes,
    struct ent_error *err)
{
	struct ent_msg msg = { .type = ENT_MSG_FETCH };
	char url[URL_MAX];

	ENT_TRY(ent_path_join(url, sizeof(url), err, "%.*s/%s", ENT_FMT(source->party->node), path));
	source->fetch_id = ++collector->last_id | ENT_RECORDS_FETCH_BIT;
	source->fetch_mono_ms = ent_clock_mono_ms();
	msg.fetch = (struct ent_msg_fetch){ .id = source->fetch_id, .url = ent_view_str(url), .max_bytes = max_bytes };
	return ent_channel_send(judge->edge, &msg, err);
}

static enum ent_status
ask_list(struct ent_judge *judge, struct ent_collector *collector, struct source *source, struct ent_error *err)
{
	char path[ENT_PULL_PATH_MAX * 2];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "log/records/%s/list/%llu", judge->config->party,
	    (unsigned long long)source->list));
	source->phase = PHASE_LIST;
	return fetch(judge, collector, source, path, ENT_LIMIT_RECORDS_LIST, err);
}

static enum ent_status
ask_record(struct ent_judge *judge, struct ent_collector *collector, struct source *source, struct ent_error *err)
{
	char path[ENT_PULL_PATH_MAX * 2];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "log/records/%s/%llu", judge->config->party,
	    (unsigned long long)(source->list * ENT_RECORDS_PER_LIST + source->at)));
	source->phase = PHASE_RECORD;
	return fetch(judge, collector, source, path, ENT_JWE_MAX, err);
}

/* The round's next fetch, or its end. */
static void
go_on(struct ent_judge *judge, struct ent_collector *collector, struct source *source)
{
	const bool enough = source->collected >= ENT_LIMIT_COLLECTED || source->wrong_count >= ENT_LIMIT_WRONG;
	char path[ENT_PULL_PATH_MAX] = "";
	struct ent_error err = { 0 };
	enum ent_status status = ENT_OK;
	size_t max_bytes;
	bool more;

	if (source->phase == PHASE_LOG)
		status = ent_access_next(source->copy, path, &max_bytes, &err);
	if (status == ENT_OK && path[0] != '\0')
		status = fetch(judge, collector, source, path, max_bytes, &err);
	else if (status == ENT_OK && !enough && source->phase == PHASE_RECORD && next_record(source))
		status = ask_record(judge, collector, source, &err);
	else if (status == ENT_OK && !enough && next_list(source))
		status = ask_list(judge, collector, source, &err);
	else if (status == ENT_OK) {
		if (enough && source->lists > 2 && next_record(source))
			source->scan = source->list; /* an older list is not done: go on there */
		/* To list what is not there costs its member nothing: it must not buy round after round. */
		more = enough || ent_access_behind(source->copy) || !source->scanned;
		end_round(collector, source, &err, more && !source->missing);
		return;
	}
	if (status != ENT_OK)
		end_round(collector, source, &err, false);
}

/* ---- answers ---- */

/* Since when it is known that our copy is all of the log. */
static enum ent_status
note_seen(struct ent_judge *judge, struct source *source, struct ent_error *err)
{
	const int64_t now = ent_judge_now(judge);
	const uint64_t size = ent_access_size(source->copy);
	char name[CURSOR_MAX];

	if (!ent_access_current(source->copy) || (size == source->seen_size && now >= source->seen_unix_s &&
	    now - source->seen_unix_s < SEEN_EVERY_S))
		return ENT_OK;
	ENT_TRY(ent_path_join(name, sizeof(name), err, "access.seen.%.*s", ENT_FMT(source->party->name)));
	ENT_TRY(ent_store_cursor_set(judge->store, name, now > 0 ? (uint64_t)now : 0, err));
	source->seen_unix_s = now;
	source->seen_size = size;
	return ENT_OK;
}

static enum ent_status
feed_log(struct ent_judge *judge, struct source *source, const struct ent_msg_fetched *fetched, struct ent_error *err)
{
	char path[ENT_PULL_PATH_MAX];
	size_t max_bytes;

	ENT_TRY(ent_access_feed(source->copy, (int)fetched->status, fetched->body, err));
	ENT_TRY(ent_access_next(source->copy, path, &max_bytes, err));
	return path[0] == '\0' ? note_seen(judge, source, err) : ENT_OK;
}

static enum ent_status
feed_list(struct ent_judge *judge, struct source *source, const struct ent_msg_fetched *fetched, struct ent_error *err)
{
	source->at = 0;
	source->phase = PHASE_RECORD;
	memset(source->want, 0, sizeof(source->want));
	if (fetched->status == 404)
		return ENT_OK; /* nothing for us in that range */
	if (fetched->status != 200)
		return ent_fail(err, ENT_E_UNREACHABLE, "HTTP status %llu for a list of records", (unsigned long long)fetched->status);
	return choose_records(judge, source, fetched->body, err);
}

/* Open and verify it. */
static enum ent_status
read_record(struct ent_judge *judge, const struct source *source, struct ent_received *out, struct ent_arena *arena, uint64_t index,
    struct ent_view jwe, struct ent_error *err)
{
	struct ent_msg ask = { .type = ENT_MSG_OPEN, .open.jwe = jwe };
	struct ent_access_doc entry;
	struct ent_msg answer;

	ENT_TRY(ent_access_entry(source->copy, &entry, arena, index, err));
	ENT_TRY(ent_channel_call(judge->keyholder, &ask, &answer, ENT_MSG_OPENED, arena, err));
	return ent_record_check(out, arena, answer.opened.payload, source->party->name, &entry, judge->self, err);
}

/* A wrong record costs its member a round; it is said, never kept, and left alone for a while. Ours are other troubles. */
static enum ent_status
feed_record(struct ent_judge *judge, struct ent_collector *collector, struct source *source, const struct ent_msg_fetched *fetched,
    struct ent_error *err)
{
	const uint64_t index = source->list * ENT_RECORDS_PER_LIST + source->at++;
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error wrong = { 0 };
	struct ent_received received;

	source->collected++;
	if (fetched->status != 200) { /* listed, and not there */
		put_off(collector, source, index);
		source->missing |= fetched->status == 404;
		return fetched->status == 404 ? ENT_OK : ent_fail(err, ENT_E_UNREACHABLE, "HTTP status %llu for a record",
		    (unsigned long long)fetched->status);
	}
	ENT_TRY(ent_arena_new(&arena, RECORD_ARENA_MAX, err));
	if (read_record(judge, source, &received, arena, index, fetched->body, &wrong) == ENT_OK)
		return ent_store_received_put(judge->store, &received, err);
	if (wrong.code == ENT_E_UNAVAILABLE || wrong.code == ENT_E_NO_MEMORY || wrong.code == ENT_E_IO)
		return ent_fail(err, wrong.code, "%s", wrong.text);
	say_wrong(source, index, &wrong);
	put_off(collector, source, index);
	source->wrong_count++;
	return ENT_OK;
}

static enum ent_status
feed(struct ent_judge *judge, struct ent_collector *collector, struct source *source, const struct ent_msg_fetched *fetched,
    struct ent_error *err)
{
	if (fetched->status == 0 && source->phase == PHASE_RECORD) /* too large, say: the others must not wait for it */
		put_off(collector, source, source->list * ENT_RECORDS_PER_LIST + source->at);
	if (fetched->status == 0)
		return ent_fail(err, ENT_E_UNREACHABLE, "%.*s: %.*s", ENT_FMT(source->party->node), ENT_FMT(fetched->problem));
	switch (source->phase) {
	case PHASE_LOG:
		return feed_log(judge, source, fetched, err);
	case PHASE_LIST:
		return feed_list(judge, source, fetched, err);
	case PHASE_RECORD:
		return feed_record(judge, collector, source, fetched, err);
	case PHASE_IDLE:
		break;
	}
	return ENT_OK;
}

void
ent_collector_fetched(struct ent_judge *judge, struct ent_collector *collector, const struct ent_msg_fetched *fetched)
{
	for (size_t i = 0; i < collector->count; i++) {
		struct source *source = &collector->sources[i];
		struct ent_error err = { 0 };

		if (source->phase == PHASE_IDLE || fetched->id != source->fetch_id)
			continue;
		if (feed(judge, collector, source, fetched, &err) == ENT_OK)
			go_on(judge, collector, source);
		else
			end_round(collector, source, &err, false);
		return;
	}
}

/* ---- rounds ---- */

static void
start_round(struct ent_judge *judge, struct ent_collector *collector, struct source *source)
{
	struct ent_error err = { 0 };

	if (source->copy == NULL && open_copy(judge, source, &err) != ENT_OK) {
		say(source, "access-copy-failed", &err);
		source->due_mono_ms = ent_clock_mono_ms() + REOPEN_MS;
		return;
	}
	if (ent_access_broken(source->copy) != NULL) {
		ent_error_set(&err, ENT_E_LOG_INCONSISTENT, "%s", ent_access_broken(source->copy));
		if (!source->failing)
			say(source, "log-inconsistent", &err); /* after a restart: still so, and nothing more is taken from it */
		source->failing = true;
		source->due_mono_ms = ent_clock_mono_ms() + REOPEN_MS;
		return;
	}
	source->lists = source->collected = source->wrong_count = 0;
	source->missing = false;
	source->phase = PHASE_LOG;
	ent_access_begin(source->copy);
	go_on(judge, collector, source);
}

void
ent_collector_tick(struct ent_judge *judge, struct ent_collector *collector)
{
	const int64_t now = ent_clock_mono_ms();
	size_t busy = 0;

	for (size_t i = 0; i < collector->count; i++)
		busy += collector->sources[i].phase != PHASE_IDLE;
	for (size_t i = 0; i < collector->count; i++) {
		struct source *source = &collector->sources[i];
		struct ent_error stalled = { 0 };

		if (source->phase == PHASE_IDLE && now >= source->due_mono_ms && busy < ENT_LIMIT_COLLECTING) {
			start_round(judge, collector, source);
			busy++;
		} else if (source->phase != PHASE_IDLE && now - source->fetch_mono_ms > STALLED_MS) {
			ent_error_set(&stalled, ENT_E_UNREACHABLE, "a fetch was never answered");
			end_round(collector, source, &stalled, false);
		}
	}
}

int64_t
ent_collector_wait_ms(const struct ent_collector *collector)
{
	const int64_t now = ent_clock_mono_ms();
	int64_t wait = 1000;
	size_t busy = 0;

	for (size_t i = 0; i < collector->count; i++)
		busy += collector->sources[i].phase != PHASE_IDLE;
	if (busy >= ENT_LIMIT_COLLECTING)
		return wait;
	for (size_t i = 0; i < collector->count; i++)
		if (collector->sources[i].phase == PHASE_IDLE && collector->sources[i].due_mono_ms - now < wait)
			wait = collector->sources[i].due_mono_ms - now;
	return wait > 0 ? wait : 0;
}
