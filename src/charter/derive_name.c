/*
 * Which proposal has a name? That is history, and the same at every node with the same logs: the consents' times of effect and
 * their ends are replayed in order. The first proposal of a name with enough standing consents takes it; a second one is void
 * while it stands, unless it says `replaces <hash>` and so ends it. Being unheard or stopped does not lose the name: else
 * whoever silences a member could bring another proposal into force. Whether it counts now, derive_standing.c says.
 */
#include <stdlib.h>

#include "charter/derive_state.h"

/* At one time starts come first: a renewal that begins as the old consent ends leaves no gap. */
enum event_kind { EVENT_START, EVENT_FROM, EVENT_END, EVENT_EXPIRE };
struct event {
	int64_t time_unix_s;
	enum event_kind kind;
	uint32_t member;
	uint64_t index; /* of the consent in the member's log */
	struct row *row;
};

struct replay {
	struct ent_state *state;
	struct unit *unit;
	struct force force;
	size_t row_count;
	size_t event_count;
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
	return memcmp(&x->row->target->hash, &y->row->target->hash, sizeof(struct ent_hash));
}

/* ---- rules ---- */

const struct ent_rule *
ent_derive_rule(const struct ent_state *state, enum ent_proposal_kind kind)
{
	const struct ent_epoch *epoch = charter_epoch(state->charter);

	switch (kind) {
	case ENT_PROPOSAL_PROJECT:
		return &epoch->rule_project;
	case ENT_PROPOSAL_PARTY:
	case ENT_PROPOSAL_ADMIT:
		return &epoch->rule_admit;
	case ENT_PROPOSAL_PROFILE:
		return epoch->has_rule_profile ? &epoch->rule_profile : NULL;
	case ENT_PROPOSAL_LABELS:
		break;
	}
	return NULL;
}

size_t
ent_derive_needed(const struct ent_state *state, enum ent_proposal_kind kind)
{
	const struct ent_rule *rule = ent_derive_rule(state, kind);

	if (rule == NULL)
		return SIZE_MAX;
	return rule->consents_all ? state->member_count : rule->consents;
}

/* ---- the events of a unit ---- */

bool
ent_derive_consent_times(const struct ent_state *state, const struct force *force, size_t member, const struct consent *c,
    int64_t *from_unix_s, int64_t *until_unix_s)
{
	int64_t left_unix_s = state->members[member].left_unix_s, withdrawn_unix_s;

	if (!c->valid)
		return false;
	if (force->span != NULL)
		span_cut_horizon(force->span, state->when.now_unix_s, c->deed.effect_unix_s);
	if (!is_there(&state->when, c->deed.effect_unix_s) || !ent_force_deed_signed(force, &c->deed))
		return false;
	withdrawn_unix_s = ent_force_withdrawn_by(force, c->withdrawal, &c->deed);
	*from_unix_s = c->deed.effect_unix_s;
	*until_unix_s = c->until_unix_s < withdrawn_unix_s ? c->until_unix_s : withdrawn_unix_s;
	*until_unix_s = *until_unix_s < left_unix_s ? *until_unix_s : left_unix_s;
	return *from_unix_s < *until_unix_s;
}

static size_t
count_events(const struct replay *r)
{
	size_t count = 0;

	for (size_t n = 0; n < r->unit->name_count; n++)
		for (size_t i = 0; i < r->unit->names[n]->row_count; i++) {
			count += 2;
			for (size_t m = 0; m < r->state->member_count; m++)
				for (const struct consent *c = consents_of(r->unit->names[n]->rows[i], m); c != NULL; c = c->older)
					count += 2;
		}
	return count;
}

static void
add_event(struct replay *r, int64_t time_unix_s, enum event_kind kind, size_t member, uint64_t index, struct row *row)
{
	r->state->events[r->event_count++] = (struct event){ time_unix_s, kind, (uint32_t)member, index, row };
}

static void
add_row_events(struct replay *r, struct row *row)
{
	const struct ent_proposal *p = proposal_of(row);
	int64_t now_unix_s = r->state->when.now_unix_s, from_unix_s, until_unix_s;

	for (size_t m = 0; m < r->state->member_count; m++)
		for (const struct consent *c = consents_of(row, m); c != NULL; c = c->older) {
			if (!ent_derive_consent_times(r->state, &r->force, m, c, &from_unix_s, &until_unix_s))
				continue;
			add_event(r, from_unix_s, EVENT_START, m, c->deed.index, row);
			span_cut(r->force.span, now_unix_s, until_unix_s);
			if (until_unix_s <= now_unix_s)
				add_event(r, until_unix_s, EVENT_END, m, c->deed.index, row);
		}
	row->begun = p->kind != ENT_PROPOSAL_ADMIT;
	if (!row->begun) {
		span_cut(r->force.span, now_unix_s, p->from_unix_s);
		if (p->from_unix_s <= now_unix_s)
			add_event(r, p->from_unix_s, EVENT_FROM, 0, 0, row);
	}
	if (has_until(p->kind)) {
		span_cut(r->force.span, now_unix_s, p->until_unix_s);
		if (p->until_unix_s <= now_unix_s)
			add_event(r, p->until_unix_s, EVENT_EXPIRE, 0, 0, row);
	}
}

/* A row as if nothing had happened yet. */
static void
reset_row(struct replay *r, struct row *row)
{
	const struct ent_proposal *p = proposal_of(row);

	row->replaces = p->has_replaces ? ent_derive_row(r->state, &p->replaces) : NULL;
	if (row->replaces != NULL && row->replaces->name != row->name)
		row->replaces = NULL; /* of another name or kind (C-19) */
	row->pub.holds = row->took = row->replaced = row->contradicted = row->expired = false;
	row->pub.in_force_since_unix_s = 0;
	memset(&row->pub.replaced_by, 0, sizeof(row->pub.replaced_by));
	row->lost_to = NULL;
	row->lost_unix_s = ENT_NEVER;
	row->standing = 0;
	row->complete_since = 0;
	row->number = r->row_count++;
	row->settled = 0;
}

static enum ent_status
make_room(struct ent_state *state, size_t events, size_t depths, struct ent_error *err)
{
	void *room;

	if (events > state->event_cap) {
		room = reallocarray(state->events, events, sizeof(*state->events));
		if (room == NULL)
			return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %zu events of the charter", events);
		state->events = room;
		state->event_cap = events;
	}
	if (depths > state->depth_cap) {
		room = reallocarray(state->depth, depths, sizeof(*state->depth));
		if (room == NULL)
			return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %zu consents", depths);
		state->depth = room;
		state->depth_cap = depths;
	}
	if (depths > 0)
		memset(state->depth, 0, depths * sizeof(*state->depth));
	return ENT_OK;
}

static enum ent_status
begin(struct replay *r, struct ent_error *err)
{
	for (size_t n = 0; n < r->unit->name_count; n++) {
		struct name *name = r->unit->names[n];

		name->holder = NULL;
		name->reign_count = 0;
		name->log_key = NULL;
		name->asked = 0;
		for (size_t i = 0; i < name->row_count; i++)
			reset_row(r, name->rows[i]);
	}
	ENT_TRY(make_room(r->state, count_events(r), r->row_count * r->state->member_count, err));
	for (size_t n = 0; n < r->unit->name_count; n++)
		for (size_t i = 0; i < r->unit->names[n]->row_count; i++)
			add_row_events(r, r->unit->names[n]->rows[i]);
	if (r->event_count > 0)
		qsort(r->state->events, r->event_count, sizeof(*r->state->events), by_time);
	return ENT_OK;
}

/* ---- who takes a name ---- */

/* Another party's proposal with a key or an issuer of this one holds its name (C-57). */
static bool
is_contradicted(const struct unit *unit, const struct row *row)
{
	for (size_t n = 0; n < unit->name_count; n++)
		if (unit->names[n] != row->name && unit->names[n]->holder != NULL &&
		    ent_derive_contradicts(row, unit->names[n]->holder))
			return true;
	return false;
}

static bool
may_hold(const struct unit *unit, const struct row *row)
{
	const struct ent_proposal *p = proposal_of(row);
	const struct ent_vkey *log_key = row->name->log_key;

	if (row->complete_since == 0 || row->replaced || (p->has_replaces && row->replaces == NULL))
		return false;
	if (row->name->holder != NULL && (row == row->name->holder || row->replaces != row->name->holder))
		return false;
	if (p->kind != ENT_PROPOSAL_PARTY)
		return true;
	/* C-56: a partner's name has one log. */
	if (log_key != NULL && !ent_view_eq(log_key->line, p->party.statements_log.line))
		return false;
	return !is_contradicted(unit, row);
}

/* The next to take the name: complete for the longest time, and allowed to follow the holder. */
static struct row *
next_holder(const struct unit *unit, const struct name *name)
{
	struct row *best = NULL;

	for (size_t i = 0; i < name->row_count; i++)
		if (may_hold(unit, name->rows[i]) && (best == NULL || name->rows[i]->complete_since < best->complete_since))
			best = name->rows[i];
	return best;
}

static enum ent_status
take_name(struct row *taker, int64_t time_unix_s, struct ent_error *err)
{
	struct name *name = taker->name;
	struct row *before = name->holder;

	if (name->reign_count == name->reign_cap) {
		size_t cap = name->reign_cap > 0 ? name->reign_cap * 2 : 4;
		void *room = reallocarray(name->reigns, cap, sizeof(*name->reigns));

		if (room == NULL)
			return ent_fail(err, ENT_E_NO_MEMORY, "no memory for who held %.*s", ENT_FMT(name->group->name));
		name->reigns = room;
		name->reign_cap = cap;
	}
	if (before != NULL) {
		before->pub.holds = false;
		before->lost_to = taker;
		before->lost_unix_s = time_unix_s;
		name->reigns[name->reign_count - 1].until_unix_s = time_unix_s;
	}
	name->reigns[name->reign_count++] = (struct reign){ taker, time_unix_s, ENT_NEVER };
	if (taker->replaces != NULL) {
		taker->replaces->replaced = true;
		taker->replaces->pub.replaced_by = taker->target->hash;
	}
	if (proposal_of(taker)->kind == ENT_PROPOSAL_PARTY && name->log_key == NULL)
		name->log_key = &proposal_of(taker)->party.statements_log;
	taker->pub.holds = taker->took = true;
	taker->pub.in_force_since_unix_s = time_unix_s;
	name->holder = taker;
	return ENT_OK;
}

/* The end of a second: who ceased to be complete leaves, and names are taken one after another, the smaller hash first. */
static enum ent_status
settle(const struct unit *unit, int64_t time_unix_s, struct ent_error *err)
{
	for (size_t n = 0; n < unit->name_count; n++) {
		struct name *name = unit->names[n];

		if (name->holder == NULL || name->holder->complete_since != 0)
			continue;
		name->holder->pub.holds = false;
		name->holder = NULL;
		name->reigns[name->reign_count - 1].until_unix_s = time_unix_s;
	}
	for (;;) {
		struct row *first = NULL;

		for (size_t n = 0; n < unit->name_count; n++) {
			struct row *next = next_holder(unit, unit->names[n]);

			if (next != NULL && (first == NULL ||
			    memcmp(&next->target->hash, &first->target->hash, sizeof(struct ent_hash)) < 0))
				first = next;
		}
		if (first == NULL)
			return ENT_OK;
		ENT_TRY(take_name(first, time_unix_s, err));
	}
}

/* ---- the replay ---- */

/* Count one event; true if a proposal became complete or ceased to be. */
static bool
apply_event(const struct replay *r, const struct event *event, uint64_t number)
{
	struct row *row = event->row;
	uint32_t *depth = &r->state->depth[row->number * r->state->member_count + event->member];
	bool was = row->complete_since != 0, is;

	switch (event->kind) {
	case EVENT_START:
		row->standing += (*depth)++ == 0;
		break;
	case EVENT_FROM:
		row->begun = true;
		break;
	case EVENT_END:
		row->standing -= --(*depth) == 0;
		break;
	case EVENT_EXPIRE:
		row->expired = true;
		break;
	}
	is = row->standing >= ent_derive_needed(r->state, proposal_of(row)->kind) && row->begun && !row->expired;
	if (is != was)
		row->complete_since = is ? number : 0;
	return is != was;
}

static enum ent_status
run(struct replay *r, struct ent_error *err)
{
	const struct event *events = r->state->events;
	bool changed = false;

	for (size_t i = 0; i < r->event_count; i++) {
		int64_t time_unix_s = events[i].time_unix_s;

		changed |= apply_event(r, &events[i], i + 1);
		if (i + 1 < r->event_count && events[i + 1].time_unix_s == time_unix_s)
			continue; /* what begins and ends in one second never stood: the name is given at its end */
		if (changed)
			ENT_TRY(settle(r->unit, time_unix_s, err));
		changed = false;
	}
	for (size_t n = 0; r->unit->name_count > 1 && n < r->unit->name_count; n++)
		for (size_t i = 0; i < r->unit->names[n]->row_count; i++) {
			struct row *row = r->unit->names[n]->rows[i];

			row->contradicted = !row->pub.holds && is_contradicted(r->unit, row);
		}
	return ENT_OK;
}

enum ent_status
ent_derive_replay(struct ent_state *state, struct unit *unit, struct ent_error *err)
{
	struct replay r = { .state = state, .unit = unit, .force = force_of(state, &unit->span) };

	unit->span = span_always();
	ENT_TRY(begin(&r, err));
	ENT_TRY(run(&r, err));
	unit->generation = state->generation;
	return ENT_OK;
}
