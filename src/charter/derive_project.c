/*
 * Projects in force. Two questions, kept apart:
 *
 * Which proposal has the name? That is history, and the same at every node with the same logs: the consents' times of effect
 * and their ends are replayed in order. The first proposal of a name with enough standing consents takes it; a second
 * one is void while it stands, unless it says `replaces <hash>` and so ends it. Being unheard does not lose the name:
 * else whoever silences a member could bring another proposal into force.
 *
 * Does it count now? Enough of the members whose consents stand must be heard within F.
 */
#include <stdlib.h>

#include "charter/derive_state.h"

enum { NOBODY = -1 };

/* At one time starts come first: a renewal that begins as the old consent ends leaves no gap. */
enum event_kind { EVENT_START, EVENT_END, EVENT_EXPIRE };
struct event {
	int64_t time_unix_s;
	enum event_kind kind;
	size_t member;
	uint64_t index; /* of the consent in the member's log */
	size_t row;     /* in the group */
};

/* All proposals of one name. */
struct group {
	const struct ent_state *state;
	struct project_row **rows;
	size_t row_count;
	struct event *events;
	size_t event_count;
	uint32_t *depth; /* row_count times member_count: consents of that member to that row that stand */
	ptrdiff_t holder;
};

static int
by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time_unix_s != y->time_unix_s)
		return x->time_unix_s < y->time_unix_s ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->member != y->member)
		return x->member < y->member ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

/* ---- the events of a group ---- */

/* A consent that may be looked at now: what takes effect beyond the horizon is held back. */
static bool
is_present(const struct ent_state *state, const struct consent *c)
{
	return c->valid && c->effect_unix_s <= horizon(state) && c->effect_unix_s < c->until_unix_s;
}

static const struct consent *
consents_of(const struct project_row *row, size_t member)
{
	return row->target->consents != NULL ? row->target->consents[member] : NULL;
}

static size_t
count_events(const struct group *group)
{
	size_t count = group->row_count;

	for (size_t r = 0; r < group->row_count; r++)
		for (size_t m = 0; m < group->state->member_count; m++)
			for (const struct consent *c = consents_of(group->rows[r], m); c != NULL; c = c->older)
				count += 2;
	return count;
}

static void
add_event(struct group *group, const struct event *event)
{
	group->events[group->event_count++] = *event;
}

static void
add_consent_events(struct group *group, size_t row, size_t member)
{
	for (const struct consent *c = consents_of(group->rows[row], member); c != NULL; c = c->older) {
		if (!is_present(group->state, c))
			continue;
		add_event(group, &(struct event){ c->effect_unix_s, EVENT_START, member, c->index, row });
		if (c->until_unix_s <= group->state->now_unix_s)
			add_event(group, &(struct event){ c->until_unix_s, EVENT_END, member, c->index, row });
	}
}

static enum ent_status
collect_events(struct group *group, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(group->state->arena, &room, count_events(group), sizeof(*group->events), err));
	group->events = room;
	ENT_TRY(ent_arena_alloc(group->state->arena, &room, group->row_count * group->state->member_count,
	    sizeof(*group->depth), err));
	group->depth = room;
	for (size_t r = 0; r < group->row_count; r++) {
		int64_t until_unix_s = group->rows[r]->target->doc->proposal.until_unix_s;

		for (size_t m = 0; m < group->state->member_count; m++)
			add_consent_events(group, r, m);
		if (until_unix_s <= group->state->now_unix_s)
			add_event(group, &(struct event){ until_unix_s, EVENT_EXPIRE, 0, 0, r });
	}
	qsort(group->events, group->event_count, sizeof(*group->events), by_time);
	return ENT_OK;
}

/* ---- the replay ---- */

static bool
replaces(const struct project_row *row, const struct project_row *other)
{
	const struct ent_proposal *p = &row->target->doc->proposal;

	return p->has_replaces && ent_hash_eq(&p->replaces, &other->target->hash);
}

/* The next to take the name: complete for the longest time, and allowed to follow the holder. */
static ptrdiff_t
next_holder(const struct group *group)
{
	ptrdiff_t best = NOBODY;

	for (size_t r = 0; r < group->row_count; r++) {
		const struct project_row *row = group->rows[r];

		if (row->complete_since == 0 || row->replaced || row->unready != NULL || (ptrdiff_t)r == group->holder)
			continue;
		if (group->holder != NOBODY && !replaces(row, group->rows[group->holder]))
			continue;
		if (best == NOBODY || row->complete_since < group->rows[best]->complete_since)
			best = (ptrdiff_t)r;
	}
	return best;
}

static void
settle(struct group *group, int64_t time_unix_s)
{
	ptrdiff_t next;

	if (group->holder != NOBODY && group->rows[group->holder]->complete_since == 0)
		group->holder = NOBODY;
	while ((next = next_holder(group)) != NOBODY) {
		struct project_row *taker = group->rows[next];

		for (size_t r = 0; r < group->row_count; r++) {
			if (!replaces(taker, group->rows[r]))
				continue;
			group->rows[r]->replaced = true;
			group->rows[r]->pub.replaced_by = taker->target->hash;
		}
		taker->pub.in_force_since_unix_s = time_unix_s;
		group->holder = next;
	}
}

/* Count one event; true if a proposal became complete or ceased to be. */
static bool
apply_event(struct group *group, const struct event *event, uint64_t number)
{
	struct project_row *row = group->rows[event->row];
	uint32_t *depth = &group->depth[event->row * group->state->member_count + event->member];
	bool was = row->complete_since != 0, is;

	switch (event->kind) {
	case EVENT_START:
		row->standing += (*depth)++ == 0;
		break;
	case EVENT_END:
		row->standing -= --(*depth) == 0;
		break;
	case EVENT_EXPIRE:
		row->expired = true;
		break;
	}
	is = row->standing >= ent_derive_needed(group->state) && !row->expired;
	if (is != was)
		row->complete_since = is ? number : 0;
	return is != was;
}

static enum ent_status
replay(struct group *group, struct ent_error *err)
{
	bool changed = false;

	ENT_TRY(collect_events(group, err));
	for (size_t i = 0; i < group->event_count; i++) {
		int64_t time_unix_s = group->events[i].time_unix_s;

		changed |= apply_event(group, &group->events[i], i + 1);
		if (i + 1 < group->event_count && group->events[i + 1].time_unix_s == time_unix_s)
			continue; /* what begins and ends in one second never stood: the name is given at its end */
		if (changed)
			settle(group, time_unix_s);
		changed = false;
	}
	if (group->holder != NOBODY)
		group->rows[group->holder]->holds = true;
	return ENT_OK;
}

/* ---- what stands now ---- */

static void
read_consents(const struct ent_state *state, const struct project_row *row, size_t member, int64_t fresh_s,
    struct ent_consent_state *out)
{
	int64_t past_unix_s = INT64_MIN;

	out->member = state->members[member].party->name;
	for (const struct consent *c = consents_of(row, member); c != NULL; c = c->older) {
		if (!is_present(state, c))
			continue;
		if (c->until_unix_s <= state->now_unix_s) {
			past_unix_s = c->until_unix_s > past_unix_s ? c->until_unix_s : past_unix_s;
			continue;
		}
		if (!out->given)
			out->index = c->index;
		out->given = true;
		if (c->until_unix_s > out->until_unix_s)
			out->until_unix_s = c->until_unix_s;
	}
	out->counts = out->given && ent_derive_heard(state, member, fresh_s);
	if (!out->given && past_unix_s != INT64_MIN) {
		out->lapsed = true;
		out->until_unix_s = past_unix_s;
	}
}

/* With one member fewer than needed it closes: so at the needed-th latest of the members' own ends. */
static int64_t
closing_time(const struct ent_state *state, const struct project_row *row, int64_t fresh_s)
{
	int64_t ends[ENT_LIMIT_MEMBERS], until_unix_s = row->target->doc->proposal.until_unix_s;
	size_t count = 0, needed = ent_derive_needed(state);

	for (size_t m = 0; m < state->member_count; m++) {
		const struct ent_consent_state *c = &row->pub.consents[m];
		int64_t end = state->members[m].alive_unix_s + fresh_s;
		size_t at = count;

		if (!c->counts)
			continue;
		end = c->until_unix_s < end ? c->until_unix_s : end;
		for (; at > 0 && ends[at - 1] < end; at--)
			ends[at] = ends[at - 1];
		ends[at] = end;
		count++;
	}
	if (needed == 0 || count < needed)
		return 0;
	return ends[needed - 1] < until_unix_s ? ends[needed - 1] : until_unix_s;
}

static enum ent_force
state_of(const struct ent_state *state, const struct project_row *row, size_t counting)
{
	if (row->target->unenforced != NULL)
		return ENT_FORCE_UNENFORCED;
	if (row->replaced || row->target->doc->proposal.until_unix_s <= state->now_unix_s)
		return ENT_FORCE_ENDED;
	if (row->holds)
		return counting >= ent_derive_needed(state) ? ENT_FORCE_ACTIVE : ENT_FORCE_UNHEARD;
	return row->pub.in_force_since_unix_s != 0 ? ENT_FORCE_LAPSED : ENT_FORCE_PROPOSED;
}

static enum ent_status
finish_row(const struct ent_state *state, struct project_row *row, struct ent_error *err)
{
	int64_t fresh_s = ent_state_fresh_s(state, &row->pub);
	size_t counting = 0;
	void *room;

	ENT_TRY(ent_arena_alloc(state->arena, &room, state->member_count, sizeof(*row->pub.consents), err));
	row->pub.consents = room;
	for (size_t m = 0; m < state->member_count; m++) {
		read_consents(state, row, m, fresh_s, &row->pub.consents[m]);
		counting += row->pub.consents[m].counts;
	}
	row->pub.state = state_of(state, row, counting);
	if (row->pub.state == ENT_FORCE_ACTIVE)
		row->pub.closes_unix_s = closing_time(state, row, fresh_s);
	return ENT_OK;
}

/* ---- all projects ---- */

/* Whoever consents: what it says it replaces must be known, and a proposal of the same project. */
static enum ent_status
find_unready(const struct ent_state *state, struct project_row *row, struct ent_error *err)
{
	const struct ent_proposal *p = &row->target->doc->proposal;
	const struct ent_doc *old = p->has_replaces ? ent_charter_proposal(state->charter, &p->replaces) : NULL;
	char hex[ENT_HASH_HEX_SIZE];

	if (!p->has_replaces)
		return ENT_OK;
	ent_hash_hex(hex, &p->replaces);
	if (old == NULL)
		return ent_arena_printf(state->arena, &row->unready, err,
		    "it replaces %.8s, whose text is not known here", hex);
	if (old->proposal.kind != ENT_PROPOSAL_PROJECT || !ent_view_eq(old->proposal.project, p->project))
		return ent_arena_printf(state->arena, &row->unready, err,
		    "it is void: it replaces %.8s, which is not a proposal of project %.*s",
		    hex, ENT_FMT(p->project));
	return ENT_OK;
}

static int
by_name(const void *a, const void *b)
{
	const struct project_row *x = *(struct project_row *const *)a, *y = *(struct project_row *const *)b;
	int order = ent_view_cmp(row_name(x), row_name(y));

	return order != 0 ? order : memcmp(&x->target->hash, &y->target->hash, sizeof(struct ent_hash));
}

static enum ent_status
collect_rows(struct ent_state *state, struct ent_error *err)
{
	const struct ent_charter *charter = state->charter;
	void *rows, *sorted;

	ENT_TRY(ent_arena_alloc(state->arena, &rows, charter->proposal_count, sizeof(*state->rows), err));
	ENT_TRY(ent_arena_alloc(state->arena, &sorted, charter->proposal_count, sizeof(*state->by_name), err));
	state->rows = rows;
	state->by_name = sorted;
	for (size_t i = 0; i < charter->proposal_count; i++) {
		struct project_row *row = &state->rows[state->project_count];

		if (charter->proposals[i]->doc->proposal.kind != ENT_PROPOSAL_PROJECT)
			continue;
		row->target = charter->proposals[i];
		row->pub.doc = charter->proposals[i]->doc;
		ENT_TRY(find_unready(state, row, err));
		state->by_name[state->project_count++] = row;
	}
	if (state->project_count > 0)
		qsort(state->by_name, state->project_count, sizeof(*state->by_name), by_name);
	return ENT_OK;
}

enum ent_status
ent_derive_projects(struct ent_state *state, struct ent_error *err)
{
	ENT_TRY(collect_rows(state, err));
	for (size_t first = 0, last; first < state->project_count; first = last) {
		struct group group = { .state = state, .rows = &state->by_name[first], .holder = NOBODY };

		for (last = first; last < state->project_count &&
		     ent_view_eq(row_name(state->by_name[last]), row_name(state->by_name[first]));)
			last++;
		group.row_count = last - first;
		ENT_TRY(replay(&group, err));
	}
	for (size_t i = 0; i < state->project_count; i++)
		ENT_TRY(finish_row(state, &state->rows[i], err));
	return ENT_OK;
}

/* ---- questions ---- */

int64_t
ent_state_fresh_s(const struct ent_state *state, const struct ent_standing *project)
{
	int64_t rule_s = charter_epoch(state->charter)->rule_project.fresh.seconds;
	int64_t own_s = project->doc->proposal.fresh.seconds;

	return own_s < rule_s ? own_s : rule_s;
}

size_t
ent_state_project_count(const struct ent_state *state)
{
	return state->project_count;
}

const struct ent_standing *
ent_state_project_at(const struct ent_state *state, size_t i)
{
	ENT_ASSERT(i < state->project_count);
	return &state->by_name[i]->pub;
}

const struct ent_standing *
ent_state_project_by_hash(const struct ent_state *state, const struct ent_hash *hash)
{
	size_t low = 0, high = state->project_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(&state->rows[middle].target->hash, hash, sizeof(*hash));

		if (order == 0)
			return &state->rows[middle].pub;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int
rank(const struct project_row *row)
{
	static const int ranks[] = { [ENT_FORCE_ACTIVE] = 1, [ENT_FORCE_UNHEARD] = 2, [ENT_FORCE_LAPSED] = 3,
		[ENT_FORCE_ENDED] = 4, [ENT_FORCE_PROPOSED] = 5, [ENT_FORCE_UNENFORCED] = 6 };

	return row->holds ? 0 : ranks[row->pub.state];
}

static bool
is_better(const struct project_row *a, const struct project_row *b)
{
	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	if (a->pub.in_force_since_unix_s != b->pub.in_force_since_unix_s)
		return a->pub.in_force_since_unix_s > b->pub.in_force_since_unix_s;
	return a->standing > b->standing;
}

const struct ent_standing *
ent_state_project(const struct ent_state *state, struct ent_view name)
{
	const struct project_row *best = NULL;
	size_t low = 0, high = state->project_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ent_view_cmp(row_name(state->by_name[middle]), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < state->project_count && ent_view_eq(row_name(state->by_name[low]), name); low++)
		if (best == NULL || is_better(state->by_name[low], best))
			best = state->by_name[low];
	return best != NULL ? &best->pub : NULL;
}

bool
ent_state_project_lineage(const struct ent_state *state, struct ent_view name, const struct ent_hash *hash)
{
	const struct ent_standing *project = ent_state_project(state, name);

	while (project != NULL && !ent_hash_eq(&project->doc->hash, hash)) {
		const struct ent_proposal *p = &project->doc->proposal;

		project = p->has_replaces ? ent_state_project_by_hash(state, &p->replaces) : NULL;
		/* What never came into force was never agreed to: nothing sealed under it is good. */
		if (project != NULL && (project->in_force_since_unix_s == 0 || !ent_view_eq(project->doc->proposal.project, name)))
			return false;
	}
	return project != NULL;
}
