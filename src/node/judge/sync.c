/*
 * Pulling the other parties' statement logs through the edge: one pull per party, one fetch at a time each. Partners are pulled
 * like members, but only so many at once and only so long each: however many of them do not answer, or answer slowly or
 * without end, the members' logs are heard as before.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "node/judge/judge.h"

#define PREFIX "log/statements"
#define ENT_PULL_JITTER_PERCENT 10
#define ENT_PULL_STALLED_MS 90000 /* the edge has its own time limits: this is for an edge that forgot */
#define ENT_LIMIT_PARTNER_PULLS 16 /* under way at once: with the members' fewer than ENT_LIMIT_FETCHES */
#define ENT_PULL_PARTNER_MS 900000 /* of one pull of a partner */

enum { URL_MAX = 2048 };

struct puller_peer {
	struct ent_view name;
	struct ent_view node;   /* URL; a partner's may change */
	bool partner;
	struct ent_pull *pull;  /* NULL: between rounds */
	int64_t began_mono_ms;
	uint64_t fetch_id;      /* 0: nothing is under way */
	int64_t fetch_mono_ms;
	int64_t due_mono_ms;
	bool failing;           /* events only when this changes */
};

struct ent_puller {
	struct puller_peer *peers; /* members, then partners as they were followed; room for all that can be */
	size_t count, max;
	uint64_t last_id;
	int64_t interval_ms;
};

enum ent_status
ent_puller_new(struct ent_puller **out, struct ent_judge *judge, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(judge->mirror));
	struct ent_puller *puller = calloc(1, sizeof(*puller));

	if (puller != NULL) {
		puller->max = epoch->member_count + ENT_LIMIT_PARTNERS;
		puller->peers = calloc(puller->max, sizeof(*puller->peers));
	}
	if (puller == NULL || puller->peers == NULL) {
		free(puller);
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for pulls");
	}
	puller->interval_ms = judge->config->sync_interval_ms;
	for (size_t i = 0; i < epoch->member_count; i++)
		if (!ent_view_eq(epoch->members[i].name, judge->self) && epoch->members[i].node.len > 0)
			puller->peers[puller->count++] = (struct puller_peer){ .name = epoch->members[i].name, .node = epoch->members[i].node };
	*out = puller;
	return ENT_OK;
}

void
ent_puller_free(struct ent_puller *puller)
{
	if (puller == NULL)
		return;
	for (size_t i = 0; i < puller->count; i++)
		ent_pull_free(puller->peers[i].pull);
	free(puller->peers);
	free(puller);
}

/* The interval, give or take a tenth: nodes that were started together must not knock together for ever. */
static int64_t
next_interval_ms(const struct ent_puller *puller)
{
	uint32_t random = 0;
	int64_t span = puller->interval_ms * 2 * ENT_PULL_JITTER_PERCENT / 100;

	ENT_IGNORE(ent_random(&random, sizeof(random), &(struct ent_error){ 0 })); /* jitter only */
	return puller->interval_ms - span / 2 + (span > 0 ? (int64_t)random % (span + 1) : 0);
}

static void
report(struct puller_peer *peer, const struct ent_error *why)
{
	bool failing = why->code != ENT_OK;
	struct ent_event event;

	if (failing == peer->failing && why->code != ENT_E_LOG_INCONSISTENT)
		return;
	peer->failing = failing;
	ent_event_begin(&event, why->code == ENT_E_LOG_INCONSISTENT ? "log-inconsistent" : failing ? "peer-failing" : "peer-heard");
	ent_event_view(&event, "party", peer->name);
	if (failing)
		ent_event_error(&event, why);
	ent_event_end(&event, STDERR_FILENO);
}

/* ---- whom ---- */

static struct puller_peer *
find_peer(struct ent_puller *puller, struct ent_view name)
{
	for (size_t i = 0; i < puller->count; i++)
		if (ent_view_eq(puller->peers[i].name, name))
			return &puller->peers[i];
	return NULL;
}

/* Partners whose log is followed by now, and where they are today. */
static void
learn_partners(struct ent_judge *judge)
{
	struct ent_puller *puller = judge->puller;
	const struct ent_state *state;
	struct ent_error err = { 0 };

	if (ent_judge_state(judge, &state, &err) != ENT_OK) {
		ent_event_failure("derive-failed", &err);
		return;
	}
	for (size_t i = 0; i < ent_state_partner_count(state); i++) {
		const struct ent_party *party = ent_state_partner_at(state, i)->party;
		struct puller_peer *peer = find_peer(puller, party->name);

		if (ent_view_eq(party->name, judge->self) || !ent_mirror_follows(judge->mirror, party->name))
			continue;
		if (peer == NULL && puller->count < puller->max) {
			peer = &puller->peers[puller->count++];
			*peer = (struct puller_peer){ .name = party->name, .partner = true };
		}
		if (peer != NULL && peer->partner && peer->pull == NULL)
			peer->node = party->node;
	}
}

static bool
may_begin(const struct ent_puller *puller, const struct puller_peer *peer)
{
	size_t partners = 0;

	if (peer->pull != NULL || peer->node.len == 0)
		return false;
	for (size_t i = 0; i < puller->count && peer->partner; i++)
		partners += puller->peers[i].partner && puller->peers[i].pull != NULL;
	return partners < ENT_LIMIT_PARTNER_PULLS;
}

/* ---- rounds ---- */

static void
end_round(struct ent_judge *judge, struct puller_peer *peer, const struct ent_error *why)
{
	ent_pull_free(peer->pull);
	peer->pull = NULL;
	peer->fetch_id = 0;
	peer->due_mono_ms = ent_clock_mono_ms() + next_interval_ms(judge->puller);
	report(peer, why);
}

/* Ask for the pull's next file. *done: there is none. */
static enum ent_status
fetch_next(struct ent_judge *judge, struct puller_peer *peer, bool *done, struct ent_error *err)
{
	char path[ENT_PULL_PATH_MAX], url[URL_MAX];
	struct ent_msg msg = { .type = ENT_MSG_FETCH };
	size_t max_bytes;

	ENT_TRY(ent_pull_next(peer->pull, path, &max_bytes, err));
	*done = path[0] == '\0';
	if (*done)
		return ENT_OK;
	ENT_TRY(ent_path_join(url, sizeof(url), err, "%.*s/%s", ENT_FMT(peer->node), path));
	peer->fetch_id = ++judge->puller->last_id;
	peer->fetch_mono_ms = ent_clock_mono_ms();
	msg.fetch = (struct ent_msg_fetch){ .id = peer->fetch_id, .url = ent_view_str(url), .max_bytes = max_bytes };
	return ent_channel_send(judge->edge, &msg, err);
}

static void
go_on(struct ent_judge *judge, struct puller_peer *peer)
{
	struct ent_error err = { 0 };
	bool done = false;

	if (fetch_next(judge, peer, &done, &err) != ENT_OK || done)
		end_round(judge, peer, &err);
}

static void
start_round(struct ent_judge *judge, struct puller_peer *peer)
{
	struct ent_error err = { 0 };

	peer->began_mono_ms = ent_clock_mono_ms();
	if (ent_pull_new(&peer->pull, judge->mirror, peer->name, PREFIX, &err) != ENT_OK)
		end_round(judge, peer, &err);
	else
		go_on(judge, peer);
}

void
ent_puller_tick(struct ent_judge *judge)
{
	struct ent_puller *puller = judge->puller;
	int64_t now = ent_clock_mono_ms();

	learn_partners(judge);
	for (size_t i = 0; i < puller->count; i++) {
		struct puller_peer *peer = &puller->peers[i];
		struct ent_error late = { 0 };

		if (may_begin(puller, peer) && now >= peer->due_mono_ms)
			start_round(judge, peer);
		else if (peer->pull != NULL && now - peer->fetch_mono_ms > ENT_PULL_STALLED_MS)
			ent_error_set(&late, ENT_E_UNREACHABLE, "a fetch was never answered");
		else if (peer->pull != NULL && peer->partner && now - peer->began_mono_ms > ENT_PULL_PARTNER_MS)
			ent_error_set(&late, ENT_E_UNREACHABLE, "its log did not come within %d s", ENT_PULL_PARTNER_MS / 1000);
		if (late.code != ENT_OK)
			end_round(judge, peer, &late);
	}
}

void
ent_puller_fetched(struct ent_judge *judge, const struct ent_msg_fetched *fetched)
{
	struct ent_puller *puller = judge->puller;
	struct ent_error err = { 0 };

	for (size_t i = 0; i < puller->count; i++) {
		struct puller_peer *peer = &puller->peers[i];

		if (peer->pull == NULL || fetched->id != peer->fetch_id)
			continue;
		ent_judge_forget_state(judge); /* the charter may grow now */
		if (fetched->status == 0)
			ent_error_set(&err, ENT_E_UNREACHABLE, "%.*s: %.*s", ENT_FMT(peer->node), ENT_FMT(fetched->problem));
		else
			ENT_IGNORE(ent_pull_feed(peer->pull, (int)fetched->status, fetched->body, &err)); /* err has it */
		if (err.code != ENT_OK)
			end_round(judge, peer, &err);
		else
			go_on(judge, peer);
		return;
	}
}

int64_t
ent_puller_wait_ms(const struct ent_puller *puller)
{
	int64_t now = ent_clock_mono_ms();
	int64_t wait = 1000;

	for (size_t i = 0; i < puller->count; i++)
		if (may_begin(puller, &puller->peers[i]) && puller->peers[i].due_mono_ms - now < wait)
			wait = puller->peers[i].due_mono_ms - now;
	return wait > 0 ? wait : 0;
}
