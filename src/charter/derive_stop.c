/* Stops that stand (C-60, C-61) and accreditations (C-64): found by what they are about, and listed when somebody asks for all. */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#include "charter/derive_state.h"

/* ---- does it stand? ---- */

/* A counting resume by the party that made it, whatever set of its officers signed it. */
static bool
is_resumed(const struct ent_state *state, const struct force *force, const struct party *party, const struct ent_hash *stop)
{
	int64_t until_unix_s;

	for (size_t i = 0; i < ent_derive_reading_count(state, party); i++) {
		const struct reading *reading = ent_derive_reading(state, party, i, &until_unix_s);
		const struct resume *r = reading != NULL ? ent_charter_list_newest(&reading->resumes, stop) : NULL;

		for (; r != NULL; r = r->older)
			if (r->deed.effect_unix_s < until_unix_s && resume_is_there(force, r) &&
			    ent_derive_withdrawn(state, force, party, &r->deed) == INT64_MAX)
				return true;
	}
	return false;
}

/* Two readings of a partner's log may understand one stop: it is the first's. */
static bool
is_known_before(const struct stop_walk *walk, size_t reading_index, const struct stop *stop)
{
	struct place place;
	uint32_t signers;
	int64_t ignored;

	for (size_t i = 0; i < reading_index; i++) {
		const struct reading *reading = ent_derive_reading(walk->state, walk->party, i, &ignored);
		const struct stop *same = reading != NULL ? ent_charter_tree_get(&reading->stops, &stop->deed.hash) : NULL;

		if (same != NULL && ent_force_stop_place(&walk->force, same, &place, &signers))
			return true;
	}
	return false;
}

static bool
stands(struct stop_walk *walk, size_t reading_index, const struct stop *stop)
{
	return ent_force_stop_place(&walk->force, stop, &walk->place, &walk->signers) &&
	    !is_resumed(walk->state, &walk->force, walk->party, &stop->deed.hash) && !is_known_before(walk, reading_index, stop);
}

struct stop_walk
ent_derive_stops_of(const struct ent_state *state, struct span *span, const struct party *party, const struct ent_hash *target)
{
	return (struct stop_walk){ .state = state, .force = force_of(state, span), .party = party, .target = *target };
}

const struct stop *
ent_derive_next_stop(struct stop_walk *walk)
{
	int64_t ignored;

	for (;;) {
		const struct stop *stop = walk->next;

		if (stop != NULL) {
			walk->next = stop->older;
			if (stands(walk, walk->reading - 1, stop))
				return stop;
			continue;
		}
		if (walk->reading >= ent_derive_reading_count(walk->state, walk->party))
			return NULL;
		walk->in = ent_derive_reading(walk->state, walk->party, walk->reading++, &ignored);
		walk->next = walk->in != NULL ? ent_charter_list_newest(&walk->in->stop_targets, &walk->target) : NULL;
	}
}

bool
ent_derive_stopped_by(const struct ent_state *state, struct span *span, const struct party *party, const struct ent_hash *target)
{
	struct stop_walk walk = ent_derive_stops_of(state, span, party, target);

	return ent_derive_next_stop(&walk) != NULL;
}

bool
ent_derive_stopped(const struct ent_state *state, const struct party *also, const char *act_line)
{
	struct ent_hash target;

	if (state->charter->stops_changed == 0)
		return false; /* nobody ever stopped anything */
	ent_charter_target_key(&target, ent_view_str(act_line));
	for (size_t i = 0; i < state->member_count; i++)
		if (ent_derive_stopped_by(state, NULL, &state->members[i], &target))
			return true;
	return also != NULL && also->name != NULL && ent_derive_stopped_by(state, NULL, also, &target);
}

/* "roe, doe": the last part of each key's name. */
void
ent_derive_officers(char *out, size_t size, const struct reading *reading, uint32_t signers)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < reading->party->officer_count; i++) {
		struct ent_view name = reading->party->officers[i].name;
		size_t slash = ent_view_rfind(name, '/');
		int len;

		if ((signers & UINT32_C(1) << i) == 0)
			continue;
		name = slash < name.len ? ent_view_slice(name, slash + 1, name.len) : name;
		len = snprintf(&out[used], size - used, "%s%.*s", used > 0 ? ", " : "", ENT_FMT(name));
		if (len < 0 || (size_t)len >= size - used)
			return; /* as many as there is room for */
		used += (size_t)len;
	}
}

/* ---- the list of all ---- */

struct listing {
	struct ent_state *state;
	struct stop_walk walk;
	size_t reading;
	const struct reading *in;
	size_t cap;
	struct ent_error err;
	enum ent_status status;
};

static enum ent_status
list_stop(struct listing *l, const struct stop *stop)
{
	struct ent_state *state = l->state;
	char officers[ENT_ACT_LINE_SIZE];
	void *items = state->stops;
	struct ent_stop *out;

	if (!stands(&l->walk, l->reading, stop))
		return ENT_OK;
	ENT_TRY(ent_arena_push(state->list_arena, &items, state->stop_count, &l->cap, sizeof(*out), &l->err));
	state->stops = items;
	out = &state->stops[state->stop_count];
	ent_derive_officers(officers, sizeof(officers), l->in, l->walk.signers);
	*out = (struct ent_stop){ .hash = stop->deed.hash, .object = stop->object, .by = l->in->party->name,
		.host = state->charter->logs[l->walk.place.host].name, .index = l->walk.place.index,
		.effect_unix_s = l->walk.place.effect_unix_s, .party = stop->party, .project = stop->project, .person = stop->person,
		.file = stop->file, .key_name = stop->key_name, .proposal = stop->proposal, .reason = stop->reason };
	ENT_TRY(ent_arena_strdup(state->list_arena, &out->officers, ent_view_str(officers), &l->err));
	state->stop_count++;
	return ENT_OK;
}

static void
visit_stop(const void *node, VISIT which, void *closure)
{
	struct listing *l = closure;

	if ((which == postorder || which == leaf) && l->status == ENT_OK)
		l->status = list_stop(l, *(const struct stop *const *)node);
}

/* In order of place: members' logs before partners', each by name. */
static int
by_stop_place(const void *a, const void *b)
{
	const struct ent_stop *x = a, *y = b;
	int order = ent_view_cmp(x->host, y->host);

	if (order != 0)
		return order;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return memcmp(&x->hash, &y->hash, sizeof(x->hash));
}

static bool
new_list(struct ent_state *state)
{
	struct ent_error ignored = { 0 };

	return state->list_arena != NULL || ent_arena_new(&state->list_arena, ENT_LIMIT_STATE_BYTES, &ignored) == ENT_OK;
}

/* Without memory the list is empty: it is for people to read, and nothing is decided by it. */
static void
list_stops(struct ent_state *state)
{
	struct listing l = { .state = state, .status = ENT_OK };
	int64_t ignored;

	if (state->stops_listed == state->step)
		return;
	state->stops_listed = state->step;
	state->stops = NULL;
	state->stop_count = 0;
	if (!new_list(state))
		return;
	for (size_t p = 0; p < state->member_count + state->partner_count; p++) {
		const struct party *party = p < state->member_count ? &state->members[p] : state->partners[p - state->member_count];

		l.walk = ent_derive_stops_of(state, NULL, party, &(struct ent_hash){ { 0 } });
		for (l.reading = 0; l.reading < ent_derive_reading_count(state, party); l.reading++) {
			l.in = ent_derive_reading(state, party, l.reading, &ignored);
			if (l.in != NULL)
				twalk_r(l.in->stops, visit_stop, &l);
		}
	}
	if (l.status != ENT_OK)
		state->stop_count = 0;
	if (state->stop_count > 0)
		qsort(state->stops, state->stop_count, sizeof(*state->stops), by_stop_place);
}

static struct ent_state *
lists_of(const struct ent_state *state)
{
	return (struct ent_state *)(void *)state; /* a state finishes parts of itself when it is asked (derive.h) */
}

size_t
ent_state_stop_count(const struct ent_state *state)
{
	list_stops(lists_of(state));
	return state->stop_count;
}

const struct ent_stop *
ent_state_stop_at(const struct ent_state *state, size_t i)
{
	list_stops(lists_of(state));
	ENT_ASSERT(i < state->stop_count);
	return &state->stops[i];
}

/* ---- accreditations ---- */

/* When it stood, by now; false: it did not. */
static bool
accreditation_times(const struct ent_state *state, const struct force *force, size_t member, const struct accreditation *a, int64_t *until_unix_s)
{
	int64_t withdrawn_unix_s;

	if (!is_there(&state->when, a->deed.effect_unix_s) || !ent_force_deed_signed(force, &a->deed))
		return false;
	withdrawn_unix_s = ent_derive_withdrawn(state, force, &state->members[member], &a->deed);
	*until_unix_s = a->until_unix_s < withdrawn_unix_s ? a->until_unix_s : withdrawn_unix_s;
	return a->deed.effect_unix_s < *until_unix_s;
}

static const struct accreditation *
accreditations_of(const struct ent_state *state, size_t member, struct ent_view party, struct ent_view profile)
{
	struct ent_hash key;

	ent_charter_accredit_key(&key, party, profile);
	return ent_charter_list_newest(&charter_member(state->charter, member)->accreditations, &key);
}

/* The one that lasts longest of a list. */
static const struct accreditation *
longest(const struct ent_state *state, size_t member, const struct accreditation *a)
{
	struct force force = force_of(state, NULL);
	const struct accreditation *best = NULL;
	int64_t until_unix_s;

	/* Whether one was withdrawn is looked up only if it matters: a member may have said so every day for years. */
	for (; a != NULL; a = a->older)
		if (a->until_unix_s > state->when.now_unix_s && (best == NULL || a->until_unix_s > best->until_unix_s) &&
		    accreditation_times(state, &force, member, a, &until_unix_s) && until_unix_s > state->when.now_unix_s)
			best = a;
	return best;
}

const struct accreditation *
ent_derive_accredited(const struct ent_state *state, size_t member, struct ent_view party, struct ent_view profile)
{
	return longest(state, member, accreditations_of(state, member, party, profile));
}

const struct accreditation *
ent_derive_was_accredited(const struct ent_state *state, size_t member, struct ent_view party, struct ent_view profile, int64_t *ended_unix_s)
{
	struct force force = force_of(state, NULL);
	const struct accreditation *best = NULL;
	int64_t until_unix_s;

	*ended_unix_s = INT64_MIN;
	for (const struct accreditation *a = accreditations_of(state, member, party, profile); a != NULL; a = a->older)
		if (accreditation_times(state, &force, member, a, &until_unix_s) && until_unix_s <= state->when.now_unix_s &&
		    until_unix_s > *ended_unix_s) {
			best = a;
			*ended_unix_s = until_unix_s;
		}
	return best;
}

struct accreditation_listing {
	struct ent_state *state;
	size_t member, cap;
	struct ent_error err;
	enum ent_status status;
};

static enum ent_status
list_accreditation(struct accreditation_listing *l, const struct list_head *head)
{
	struct ent_state *state = l->state;
	const struct accreditation *a = longest(state, l->member, head->newest);
	void *items = state->accreditations;

	if (a == NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_push(state->list_arena, &items, state->accreditation_count, &l->cap, sizeof(*state->accreditations), &l->err));
	state->accreditations = items;
	state->accreditations[state->accreditation_count++] = (struct ent_accreditation){
		.member = state->members[l->member].pub.party->name, .party = a->party, .profile = a->profile,
		.until_unix_s = a->until_unix_s, .index = a->deed.index,
		.counts = ent_derive_heard(state, l->member, charter_epoch(state->charter)->rule_admit.fresh.seconds) };
	return ENT_OK;
}

static void
visit_accreditation(const void *node, VISIT which, void *closure)
{
	struct accreditation_listing *l = closure;

	if ((which == postorder || which == leaf) && l->status == ENT_OK)
		l->status = list_accreditation(l, *(const struct list_head *const *)node);
}

static int
by_party(const void *a, const void *b)
{
	const struct ent_accreditation *x = a, *y = b;
	int order = ent_view_cmp(x->party, y->party);

	order = order != 0 ? order : ent_view_cmp(x->profile, y->profile);
	return order != 0 ? order : ent_view_cmp(x->member, y->member);
}

static void
list_accreditations(struct ent_state *state)
{
	struct accreditation_listing l = { .state = state, .status = ENT_OK };

	if (state->accreditations_listed == state->step)
		return;
	state->accreditations_listed = state->step;
	state->accreditations = NULL;
	state->accreditation_count = 0;
	if (!new_list(state))
		return;
	for (l.member = 0; l.member < state->member_count; l.member++)
		twalk_r(charter_member(state->charter, l.member)->accreditations, visit_accreditation, &l);
	if (l.status != ENT_OK)
		state->accreditation_count = 0;
	if (state->accreditation_count > 0)
		qsort(state->accreditations, state->accreditation_count, sizeof(*state->accreditations), by_party);
}

size_t
ent_state_accreditation_count(const struct ent_state *state)
{
	list_accreditations(lists_of(state));
	return state->accreditation_count;
}

const struct ent_accreditation *
ent_state_accreditation_at(const struct ent_state *state, size_t i)
{
	list_accreditations(lists_of(state));
	ENT_ASSERT(i < state->accreditation_count);
	return &state->accreditations[i];
}
