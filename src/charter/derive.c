/*
 * A state, and how it goes from one step to the next: what an input since then or the time may have changed is computed
 * again, and nothing else. From scratch is the first step of all.
 */
#include "charter/derive.h"

#include <stdlib.h>

#include "charter/derive_state.h"

static void
free_clocks(struct ent_state *state)
{
	for (size_t i = 0; i < state->clock_count; i++)
		key_clock_free(state->clocks[i]);
	state->clock_count = 0;
}

void
ent_state_free(struct ent_state *state)
{
	if (state == NULL)
		return;
	free_clocks(state);
	free(state->clocks);
	ent_derive_rows_free(state);
	ent_arena_free(state->list_arena);
	ent_arena_free(state->key_arena);
	ent_arena_free(state->arena);
	free(state);
}

/* ---- officers' keys that are stopped ---- */

static enum ent_status
add_clock(struct ent_state *state, const struct clock_source *sources, size_t count, struct ent_error *err)
{
	if (state->clock_count == state->clock_cap) {
		size_t cap = state->clock_cap > 0 ? state->clock_cap * 2 : 8;
		void *room = reallocarray(state->clocks, cap, sizeof(*state->clocks));

		if (room == NULL)
			return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the stops of %zu parties", cap);
		state->clocks = room;
		state->clock_cap = cap;
	}
	ENT_TRY(ent_force_clock(&state->clocks[state->clock_count], &state->when, sources, count, err));
	span_meet(&state->span, ent_force_clock_span(state->clocks[state->clock_count++]));
	return ENT_OK;
}

static int
by_reading(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)ent_force_clock_reading(*(struct key_clock *const *)a);
	uintptr_t y = (uintptr_t)ent_force_clock_reading(*(struct key_clock *const *)b);

	return (x > y) - (x < y);
}

static void
sort_clocks(struct ent_state *state)
{
	if (state->clock_count > 0)
		qsort(state->clocks, state->clock_count, sizeof(*state->clocks), by_reading);
}

static enum ent_status
make_clocks(struct ent_state *state, struct ent_error *err)
{
	free_clocks(state);
	for (size_t i = 0; i < state->member_count; i++) {
		const struct clock_source source = { charter_member(state->charter, i), ENT_NEVER };

		if (source.reading->officer_stop_count > 0)
			ENT_TRY(add_clock(state, &source, 1, err));
	}
	sort_clocks(state);
	state->partner_clocks_stale = true;
	return ENT_OK;
}

/* A clock for each reading of that name: of its own stops, and of those of every proposal that ever held the name (C-62). */
static enum ent_status
add_name_clocks(struct ent_state *state, const struct name *name, struct clock_source *sources, struct ent_error *err)
{
	for (size_t i = 0; i < name->row_count; i++) {
		size_t count = 1, stops;

		sources[0] = (struct clock_source){ name->rows[i]->target->reading, ENT_NEVER };
		stops = sources[0].reading->officer_stop_count;
		for (size_t k = 0; k < name->row_count; k++) {
			if (k == i || !name->rows[k]->took)
				continue;
			sources[count++] = (struct clock_source){ name->rows[k]->target->reading, ENT_NEVER };
			stops += sources[count - 1].reading->officer_stop_count;
		}
		if (stops > 0)
			ENT_TRY(add_clock(state, sources, count, err));
	}
	return ENT_OK;
}

/* Nobody's consents hang on partners' officers: so theirs are made when it is known who holds and held which name. */
static enum ent_status
make_partner_clocks(struct ent_state *state, struct ent_error *err)
{
	size_t kept = 0;
	enum ent_status status = ENT_OK;

	if (!state->partner_clocks_stale)
		return ENT_OK;
	for (size_t i = 0; i < state->clock_count; i++)
		if (ent_force_clock_reading(state->clocks[i])->proposal == NULL)
			state->clocks[kept++] = state->clocks[i];
		else
			key_clock_free(state->clocks[i]);
	state->clock_count = kept;
	for (size_t i = 0; status == ENT_OK && i < state->name_count; i++) {
		const struct name *name = state->names[i];
		struct clock_source *sources;

		if (name == NULL || name->group->kind != ENT_PROPOSAL_PARTY || name->row_count == 0)
			continue;
		sources = calloc(name->row_count, sizeof(*sources));
		status = sources != NULL ? add_name_clocks(state, name, sources, err) :
		    ent_fail(err, ENT_E_NO_MEMORY, "no memory for %zu proposals of a party", name->row_count);
		free(sources);
	}
	sort_clocks(state);
	state->partner_clocks_stale = status != ENT_OK;
	return status;
}

/* ---- one step ---- */

/* What every name hangs on: whose keys are stopped, and who left. *all: all names must be replayed. */
static enum ent_status
step_base(struct ent_state *state, bool *all, struct ent_error *err)
{
	const struct ent_charter *charter = state->charter;
	bool left = !span_holds(&state->span, state->when.now_unix_s);

	*all = state->step == 0 || left || charter->upheaval > state->generation;
	/* A partner's officers matter to nobody's consents, so their stops need not be an upheaval. */
	if (!*all && (charter->stops_changed <= state->generation || charter->generation == state->generation) &&
	    charter->proposal_count == state->row_count)
		return ENT_OK;
	state->span = span_always();
	ENT_TRY(ent_derive_rows(state, err));
	ENT_TRY(make_clocks(state, err));
	ent_derive_left(state);
	return ENT_OK;
}

static bool
is_stale(const struct ent_state *state, const struct unit *unit)
{
	if (unit->generation == 0 || !span_holds(&unit->span, state->when.now_unix_s))
		return true;
	for (size_t i = 0; i < unit->name_count; i++)
		if (unit->names[i]->group->changed > unit->generation)
			return true;
	return false;
}

static enum ent_status
step_names(struct ent_state *state, bool all, struct ent_error *err)
{
	bool parties = all || state->party_units_stale;

	if (state->party_units_stale)
		ENT_TRY(ent_derive_party_units(state, err));
	for (size_t i = 0; i < state->name_count; i++) {
		struct unit *unit = &state->units[i];

		if (unit->only == NULL || unit->only->group->kind == ENT_PROPOSAL_PARTY)
			continue;
		unit->names = &unit->only; /* the array may have moved */
		if (all || is_stale(state, unit))
			ENT_TRY(ent_derive_replay(state, unit, err));
	}
	for (size_t i = 0; i < state->party_unit_count; i++) {
		struct unit *unit = &state->party_units[i];

		if (unit->name_count == 0 || (!all && !is_stale(state, unit)))
			continue;
		ENT_TRY(ent_derive_replay(state, unit, err));
		parties = true;
	}
	if (parties) {
		state->keys_made = 0;
		state->partner_clocks_stale = true;
	}
	return make_partner_clocks(state, err);
}

static enum ent_status
step_keys(struct ent_state *state, struct ent_error *err)
{
	if (state->keys_made != 0 && state->charter->keys_changed <= state->keys_made &&
	    span_holds(&state->key_span, state->when.now_unix_s))
		return ENT_OK;
	ent_arena_free(state->key_arena);
	state->key_arena = NULL;
	ENT_TRY(ent_arena_new(&state->key_arena, ENT_LIMIT_STATE_BYTES, err));
	state->key_span = span_always();
	ENT_TRY(ent_derive_partners(state, err));
	ENT_TRY(ent_derive_keys(state, err));
	state->keys_made = state->charter->generation;
	return ENT_OK;
}

static enum ent_status
step(struct ent_state *state, int64_t now_unix_s, struct ent_error *err)
{
	bool all;

	state->when.now_unix_s = now_unix_s;
	ent_arena_free(state->list_arena);
	state->list_arena = NULL;
	ENT_TRY(step_base(state, &all, err));
	state->step++; /* from here on nothing that was found before is believed */
	state->generation = state->charter->generation;
	ENT_TRY(step_names(state, all, err));
	ENT_TRY(step_keys(state, err));
	ent_derive_parties_now(state);
	return ENT_OK;
}

static enum ent_status
new_state(struct ent_state **out, const struct ent_charter *charter, bool past, struct ent_error *err)
{
	ENT_AUTO(ent_state) state = calloc(1, sizeof(*state));

	if (state == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a state of the charter");
	ENT_TRY(ent_arena_new(&state->arena, ENT_LIMIT_STATE_BYTES, err));
	state->charter = charter;
	state->when.past = past;
	ENT_TRY(ent_derive_members(state, err));
	*out = ent_take(&state);
	return ENT_OK;
}

static enum ent_status
derive(struct ent_state **out, const struct ent_charter *charter, int64_t now_unix_s, bool past, struct ent_error *err)
{
	ENT_AUTO(ent_state) state = NULL;

	ENT_TRY(new_state(&state, charter, past, err));
	ENT_TRY(step(state, now_unix_s, err));
	*out = ent_take(&state);
	return ENT_OK;
}

enum ent_status
ent_derive(struct ent_state **out, const struct ent_charter *charter, int64_t now_unix_s, struct ent_error *err)
{
	return derive(out, charter, now_unix_s, false, err);
}

enum ent_status
ent_derive_as_of(struct ent_state **out, const struct ent_charter *charter, int64_t then_unix_s, struct ent_error *err)
{
	return derive(out, charter, then_unix_s, true, err);
}

enum ent_status
ent_derive_next(struct ent_state **state, const struct ent_charter *charter, int64_t now_unix_s, struct ent_error *err)
{
	ENT_AUTO(ent_state) next = ent_take(state);

	if (next == NULL || next->charter != charter || next->when.past) {
		ent_state_free(ent_take(&next));
		return ent_derive(state, charter, now_unix_s, err);
	}
	ENT_TRY(step(next, now_unix_s, err));
	*state = ent_take(&next);
	return ENT_OK;
}

/* ---- questions ---- */

int64_t
ent_state_now(const struct ent_state *state)
{
	return state->when.now_unix_s;
}

const struct ent_charter *
ent_state_charter(const struct ent_state *state)
{
	return state->charter;
}
