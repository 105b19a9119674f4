/* Members and partners: who is heard, which readings of a partner's log count (C-55), and whom an issuer speaks for. */
#include <stdio.h>
#include <stdlib.h>

#include "charter/derive_state.h"

/* The newest `alive` that is not ahead of the horizon: later ones are held back, and may count at a later time (C-12). */
static const struct alive_mark *
newest_alive(const struct reading *reading, int64_t horizon_unix_s)
{
	size_t low = 0, high = reading->alive_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reading->alives[middle].time_unix_s <= horizon_unix_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &reading->alives[low - 1] : NULL;
}

/* ---- members ---- */

/* A key's line begins with its name and id, which are its key-ref. */
static void
key_target(struct ent_hash *out, const struct ent_vkey *key)
{
	struct ent_view ref = ent_view_slice(key->line, 0, key->name.len + sizeof("+12345678") - 1);
	char line[ENT_ACT_LINE_SIZE];

	snprintf(line, sizeof(line), "stop key %.*s", ENT_FMT(ref));
	ent_charter_target_key(out, ent_view_str(line));
}

enum ent_status
ent_derive_members(struct ent_state *state, struct ent_error *err)
{
	void *room;

	state->member_count = charter_epoch(state->charter)->member_count;
	ENT_TRY(ent_arena_alloc(state->arena, &room, state->member_count, sizeof(*state->members), err));
	state->members = room;
	for (size_t i = 0; i < state->member_count; i++) {
		struct party *party = &state->members[i];

		party->pub.party = &charter_epoch(state->charter)->members[i];
		party->log = i;
		party->left_unix_s = ENT_NEVER;
		key_target(&party->log_key_target, &party->pub.party->statements_log);
		key_target(&party->access_key_target, &party->pub.party->access_log);
	}
	return ENT_OK;
}

void
ent_derive_left(struct ent_state *state)
{
	struct force force = force_of(state, &state->span);

	for (size_t i = 0; i < state->member_count; i++) {
		struct party *party = &state->members[i];

		party->left_unix_s = ENT_NEVER;
		for (const struct leaving *l = charter_member(state->charter, i)->leavings; l != NULL; l = l->older) {
			int64_t at_unix_s = narrowing_time(&state->when, l->deed.effect_unix_s);

			if (l->object != ENT_OBJECT_MEMBERSHIP || !is_there_narrowing(&state->when, l->deed.effect_unix_s) ||
			    !ent_force_deed_signed(&force, &l->deed))
				continue;
			span_cut_narrowing(&state->span, state->when.now_unix_s, l->deed.effect_unix_s);
			party->left_unix_s = at_unix_s < party->left_unix_s ? at_unix_s : party->left_unix_s;
		}
	}
}

static const char *
unenforced(const struct ent_state *state, const struct reading *reading)
{
	if (reading->unenforced == NULL || !is_there_narrowing(&state->when, reading->unenforced_effect_unix_s))
		return NULL;
	return reading->unenforced;
}

/* What the log says by now; reading: any of it, for every reading has the same `alive`s. */
static void
read_log(const struct ent_state *state, struct party *party, const struct reading *reading)
{
	const struct party_log *log = &state->charter->logs[party->log];
	const struct alive_mark *alive = newest_alive(reading, horizon(state));
	struct ent_member_state *out = &party->pub;

	out->log_size = log->size;
	out->broken = log->broken;
	out->heard_any = alive != NULL;
	out->alive_unix_s = alive != NULL ? alive->time_unix_s : 0;
	out->alive_index = alive != NULL ? alive->index : 0;
}

void
ent_derive_parties_now(struct ent_state *state)
{
	for (size_t i = 0; i < state->member_count; i++) {
		const struct reading *reading = charter_member(state->charter, i);
		struct party *party = &state->members[i];
		bool any = reading->officer_stop_count > 0;

		read_log(state, party, reading);
		party->pub.unenforced = unenforced(state, reading);
		party->pub.log_key_stopped = any && ent_derive_stopped_by(state, NULL, party, &party->log_key_target);
		party->pub.access_key_stopped = any && ent_derive_stopped_by(state, NULL, party, &party->access_key_target);
		party->pub.withdrawn = party->left_unix_s <= state->when.now_unix_s;
	}
}

/* ---- whose words count ---- */

size_t
ent_derive_reading_count(const struct ent_state *state, const struct party *party)
{
	(void)state;
	return party->name != NULL ? party->name->row_count : 1;
}

/* It holds the name, or held it until one that holds it now replaced it, through any chain (C-55). */
int64_t
ent_derive_counts_until(const struct row *row)
{
	const struct row *later = row;

	if (row->pub.holds)
		return ENT_NEVER;
	while (later->lost_to != NULL) {
		later = later->lost_to;
		if (later->pub.holds)
			return row->lost_unix_s;
	}
	return INT64_MIN;
}

const struct reading *
ent_derive_reading(const struct ent_state *state, const struct party *party, size_t i, int64_t *until_unix_s)
{
	const struct row *row;

	*until_unix_s = ENT_NEVER;
	if (party->name == NULL)
		return charter_member(state->charter, party->log);
	row = party->name->rows[i];
	if (row == party->ahead)
		return row->target->reading;
	*until_unix_s = ent_derive_counts_until(row);
	return row->took ? row->target->reading : NULL;
}

int64_t
ent_derive_withdrawn(const struct ent_state *state, const struct force *force, const struct party *party, const struct deed *deed)
{
	int64_t ends_unix_s = INT64_MAX, ignored;

	for (size_t i = 0; i < ent_derive_reading_count(state, party); i++) {
		const struct reading *reading = ent_derive_reading(state, party, i, &ignored);
		int64_t end_unix_s = reading != NULL && reading->withdrawals != NULL ?
		    ent_force_withdrawn_in(force, reading, deed) : INT64_MAX;

		ends_unix_s = end_unix_s < ends_unix_s ? end_unix_s : ends_unix_s;
	}
	return ends_unix_s;
}

/* ---- partners ---- */

static bool
has_ever_held(const struct name *name)
{
	return name != NULL && name->group->kind == ENT_PROPOSAL_PARTY && name->reign_count > 0;
}

static int
by_name(const void *a, const void *b)
{
	return ent_view_cmp((*(struct party *const *)a)->name->group->name, (*(struct party *const *)b)->name->group->name);
}

enum ent_status
ent_derive_partners(struct ent_state *state, struct ent_error *err)
{
	size_t count = 0;
	void *room;

	for (size_t i = 0; i < state->name_count; i++)
		count += has_ever_held(state->names[i]);
	state->partner_count = 0;
	ENT_TRY(ent_arena_alloc(state->key_arena, &room, count, sizeof(*state->partners), err));
	state->partners = room;
	for (size_t i = 0; i < state->name_count; i++) {
		struct party *party;

		if (!has_ever_held(state->names[i]))
			continue;
		ENT_TRY(ent_arena_alloc(state->key_arena, &room, 1, sizeof(*party), err));
		party = room;
		party->name = state->names[i];
		party->log = ent_charter_log_index(state->charter, party->name->group->name);
		party->left_unix_s = ENT_NEVER;
		party->pub.partner = true;
		key_target(&party->log_key_target, party->name->log_key);
		state->partners[state->partner_count++] = party;
	}
	if (state->partner_count > 0)
		qsort(state->partners, state->partner_count, sizeof(*state->partners), by_name);
	return ENT_OK;
}

static bool
has_left(const struct ent_state *state, const struct party *party)
{
	struct force force = force_of(state, NULL);
	int64_t ignored;

	for (size_t i = 0; i < ent_derive_reading_count(state, party); i++) {
		const struct reading *reading = ent_derive_reading(state, party, i, &ignored);

		for (const struct leaving *l = reading != NULL ? reading->leavings : NULL; l != NULL; l = l->older)
			if (l->object == ENT_OBJECT_CHARTER && is_there_narrowing(&state->when, l->deed.effect_unix_s) &&
			    ent_force_deed_signed(&force, &l->deed))
				return true;
	}
	return false;
}

/* What members are told each step, a partner is told when somebody asks. */
static struct party *
finish(const struct ent_state *state, struct party *party)
{
	struct ent_member_state *out;
	const struct row *about;
	int64_t ignored;

	if (party == NULL || party->name == NULL || party->finished == state->step)
		return party;
	party->finished = state->step;
	about = party->ahead != NULL ? party->ahead : ent_derive_about(state, party->name);
	out = &party->pub;
	out->party = &proposal_of(about)->party;
	out->standing = &about->pub;
	out->unenforced = NULL;
	for (size_t i = 0; i < party->name->row_count; i++) {
		const struct reading *reading = ent_derive_reading(state, party, i, &ignored);

		if (reading == NULL)
			continue;
		if (party->log != SIZE_MAX && reading->log == party->log)
			read_log(state, party, reading);
		if (out->unenforced == NULL)
			out->unenforced = unenforced(state, reading);
	}
	if (party->log != SIZE_MAX) {
		out->broken = state->charter->logs[party->log].broken;
		out->log_size = state->charter->logs[party->log].size;
	}
	out->log_key_stopped = ent_derive_stopped_by(state, NULL, party, &party->log_key_target);
	out->withdrawn = has_left(state, party);
	return party;
}

void
ent_derive_ahead(const struct ent_state *state, const struct row *row, struct party *out)
{
	*out = (struct party){ .name = row->name, .log = ent_charter_log_index(state->charter, row->name->group->name),
		.left_unix_s = ENT_NEVER, .ahead = row };
	out->pub.partner = true;
	key_target(&out->log_key_target, &proposal_of(row)->party.statements_log);
	finish(state, out);
}

struct party *
ent_derive_party(const struct ent_state *state, struct ent_view name)
{
	size_t member = ent_charter_member_index(state->charter, name), low = 0, high = state->partner_count;

	if (member != SIZE_MAX)
		return &state->members[member];
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ent_view_cmp(state->partners[middle]->name->group->name, name);

		if (order == 0)
			return finish(state, state->partners[middle]);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* ---- questions ---- */

/* Held-back `alive`s count here: that two members are ahead of this clock is what it is about (C-31). */
int64_t
ent_state_clock_floor(const struct ent_state *state)
{
	int64_t first = INT64_MIN, second = INT64_MIN;

	for (size_t i = 0; i < state->member_count; i++) {
		const struct alive_mark *alive = newest_alive(charter_member(state->charter, i),
		    state->when.past ? horizon(state) : INT64_MAX);
		int64_t newest = alive != NULL ? alive->time_unix_s : INT64_MIN;

		if (newest > first) {
			second = first;
			first = newest;
		} else if (newest > second) {
			second = newest;
		}
	}
	return second != INT64_MIN ? second - ENT_SKEW_S : INT64_MIN;
}

size_t
ent_state_member_count(const struct ent_state *state)
{
	return state->member_count;
}

const struct ent_member_state *
ent_state_member_at(const struct ent_state *state, size_t i)
{
	ENT_ASSERT(i < state->member_count);
	return &state->members[i].pub;
}

const struct ent_member_state *
ent_state_member(const struct ent_state *state, struct ent_view name)
{
	size_t member = ent_charter_member_index(state->charter, name);

	return member != SIZE_MAX ? &state->members[member].pub : NULL;
}

size_t
ent_state_partner_count(const struct ent_state *state)
{
	return state->partner_count;
}

const struct ent_member_state *
ent_state_partner_at(const struct ent_state *state, size_t i)
{
	ENT_ASSERT(i < state->partner_count);
	return &finish(state, state->partners[i])->pub;
}

const struct ent_member_state *
ent_state_party(const struct ent_state *state, struct ent_view name)
{
	struct party *party = ent_derive_party(state, name);

	return party != NULL ? &party->pub : NULL;
}

static bool
has_issuer(const struct ent_party *party, struct ent_view issuer)
{
	for (size_t i = 0; i < party->issuer_count; i++)
		if (ent_view_eq(party->issuers[i].url, issuer))
			return true;
	return false;
}

/* The newest proposal of the name that held it and has this issuer; the one that holds it before all. */
static const struct row *
speaker(const struct name *name, struct ent_view issuer)
{
	const struct row *best = NULL;

	for (size_t i = 0; i < name->row_count; i++) {
		const struct row *row = name->rows[i];

		if (!row->took || !has_issuer(&proposal_of(row)->party, issuer))
			continue;
		if (best == NULL || row->pub.holds ||
		    (!best->pub.holds && row->pub.in_force_since_unix_s > best->pub.in_force_since_unix_s))
			best = row;
	}
	return best;
}

/* C-42: two partners may have had one issuer, one after the other. */
const struct ent_member_state *
ent_state_party_by_issuer(const struct ent_state *state, struct ent_view issuer)
{
	const struct row *best = NULL;
	struct party *found = NULL;

	for (size_t i = 0; i < state->member_count; i++)
		if (has_issuer(state->members[i].pub.party, issuer))
			return &state->members[i].pub;
	for (size_t i = 0; i < state->partner_count; i++) {
		const struct row *row = speaker(state->partners[i]->name, issuer);

		if (row == NULL || (best != NULL && (best->pub.holds ||
		    (!row->pub.holds && row->pub.in_force_since_unix_s <= best->pub.in_force_since_unix_s))))
			continue;
		best = row;
		found = state->partners[i];
	}
	return found != NULL ? &finish(state, found)->pub : NULL;
}
