#include "charter/derive.h"

#include <stdlib.h>

#include "charter/derive_state.h"

void
ent_state_free(struct ent_state *state)
{
	if (state == NULL)
		return;
	ent_arena_free(state->arena);
	free(state);
}

const char *
ent_force_name(enum ent_force state)
{
	static const char *const names[] = { [ENT_FORCE_PROPOSED] = "proposed", [ENT_FORCE_ACTIVE] = "active",
		[ENT_FORCE_LAPSED] = "lapsed", [ENT_FORCE_UNHEARD] = "unheard", [ENT_FORCE_ENDED] = "ended",
		[ENT_FORCE_UNENFORCED] = "unenforced", [ENT_FORCE_SUSPENDED] = "suspended" };

	ENT_ASSERT((unsigned)state < ENT_COUNT(names));
	return names[state];
}

/* ---- members ---- */

/* The newest `alive` that is not ahead of the horizon: later ones are held back, and may count at a later time. */
static const struct alive_mark *
newest_alive(const struct member_log *log, int64_t horizon_unix_s)
{
	size_t low = 0, high = log->alive_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (log->alives[middle].time_unix_s <= horizon_unix_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &log->alives[low - 1] : NULL;
}

/* Did this party publish that key first, in this role? */
static bool
owns(const struct ent_state *state, size_t member, enum key_role role, const struct ent_hash *digest)
{
	const struct claim *claim = ent_charter_tree_get(&state->charter->claims, digest);

	return claim != NULL && claim->member == member && claim->role == role;
}

static enum ent_status
derive_keys(struct ent_state *state, size_t member, struct ent_error *err)
{
	const struct member_log *log = &state->charter->logs[member];
	struct ent_member_state *out = &state->members[member];
	void *room;

	ENT_TRY(ent_arena_alloc(state->arena, &room, log->key_count, sizeof(*out->keys), err));
	out->keys = room;
	for (size_t i = 0; i < log->key_count; i++)
		if (log->keys[i].key.since_unix_s <= horizon(state) && owns(state, member, log->keys[i].role,
		    &log->keys[i].digest))
			out->keys[out->key_count++] = log->keys[i].key;
	ENT_TRY(ent_arena_alloc(state->arena, &room, log->issuer_key_count, sizeof(*out->issuer_keys), err));
	out->issuer_keys = room;
	for (size_t i = 0; i < log->issuer_key_count; i++) {
		const struct published_issuer_key *k = &log->issuer_keys[i];

		if (k->effect_unix_s <= horizon(state) && k->key.until_unix_s > state->now_unix_s &&
		    owns(state, member, KEY_ROLE_ISSUER, &k->digest))
			out->issuer_keys[out->issuer_key_count++] = k->key;
	}
	return ENT_OK;
}

static enum ent_status
derive_member(struct ent_state *state, size_t member, struct ent_error *err)
{
	const struct member_log *log = &state->charter->logs[member];
	const struct alive_mark *alive = newest_alive(log, horizon(state));
	struct ent_member_state *out = &state->members[member];

	out->party = log->party;
	out->log_size = log->size;
	out->broken = log->broken;
	out->unenforced = log->unenforced;
	if (alive != NULL) {
		out->heard_any = true;
		out->alive_unix_s = alive->time_unix_s;
		out->alive_index = alive->index;
	}
	return log->broken == NULL ? derive_keys(state, member, err) : ENT_OK; /* nothing of a liar counts */
}

bool
ent_derive_heard(const struct ent_state *state, size_t member, int64_t fresh_s)
{
	const struct ent_member_state *m = &state->members[member];

	return m->broken == NULL && m->heard_any && m->alive_unix_s >= state->now_unix_s - fresh_s;
}

size_t
ent_derive_needed(const struct ent_state *state)
{
	const struct ent_rule *rule = &charter_epoch(state->charter)->rule_project;

	return rule->consents_all ? state->member_count : rule->consents;
}

enum ent_status
ent_derive(struct ent_state **out, const struct ent_charter *charter, int64_t now_unix_s, struct ent_error *err)
{
	ENT_AUTO(ent_state) state = calloc(1, sizeof(*state));
	void *room;

	if (state == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a state of the charter");
	ENT_TRY(ent_arena_new(&state->arena, ENT_LIMIT_STATE_BYTES, err));
	state->charter = charter;
	state->now_unix_s = now_unix_s;
	state->member_count = charter_epoch(charter)->member_count;
	ENT_TRY(ent_arena_alloc(state->arena, &room, state->member_count, sizeof(*state->members), err));
	state->members = room;
	for (size_t i = 0; i < state->member_count; i++)
		ENT_TRY(derive_member(state, i, err));
	ENT_TRY(ent_derive_projects(state, err));
	*out = ent_take(&state);
	return ENT_OK;
}

/* ---- questions ---- */

int64_t
ent_state_now(const struct ent_state *state)
{
	return state->now_unix_s;
}

const struct ent_charter *
ent_state_charter(const struct ent_state *state)
{
	return state->charter;
}

/* Held-back `alive` count here: that two members are ahead of this clock is what it is about. */
int64_t
ent_state_clock_floor(const struct ent_state *state)
{
	int64_t first = INT64_MIN, second = INT64_MIN;

	for (size_t i = 0; i < state->member_count; i++) {
		const struct member_log *log = &state->charter->logs[i];
		int64_t newest = log->alive_count > 0 ? log->alives[log->alive_count - 1].time_unix_s : INT64_MIN;

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
	return &state->members[i];
}

const struct ent_member_state *
ent_state_member(const struct ent_state *state, struct ent_view name)
{
	size_t member = ent_charter_member_index(state->charter, name);

	return member != SIZE_MAX ? &state->members[member] : NULL;
}

const struct ent_member_state *
ent_state_party_by_issuer(const struct ent_state *state, struct ent_view issuer)
{
	for (size_t i = 0; i < state->member_count; i++) {
		const struct ent_party *party = state->members[i].party;

		for (size_t k = 0; k < party->issuer_count; k++)
			if (ent_view_eq(party->issuers[k].url, issuer))
				return &state->members[i];
	}
	return NULL;
}

const struct ent_issuer_key *
ent_state_issuer_key(const struct ent_state *state, struct ent_view issuer, struct ent_view kid)
{
	const struct ent_member_state *member = ent_state_party_by_issuer(state, issuer);
	const struct ent_issuer_key *best = NULL;

	for (size_t i = 0; member != NULL && i < member->issuer_key_count; i++) {
		const struct ent_issuer_key *key = &member->issuer_keys[i];

		if (ent_view_eq(key->issuer, issuer) && ent_view_eq(key->kid, kid) &&
		    (best == NULL || key->until_unix_s >= best->until_unix_s))
			best = key;
	}
	return best;
}

const struct ent_member_key *
ent_state_kas_key(const struct ent_state *state, struct ent_view member, enum ent_key_type type)
{
	const struct ent_member_state *m = ent_state_member(state, member);

	for (size_t i = m != NULL ? m->key_count : 0; i > 0; i--)
		if (m->keys[i - 1].use == ENT_KEY_USE_KAS && m->keys[i - 1].type == type)
			return &m->keys[i - 1];
	return NULL;
}

const struct ent_member_key *
ent_state_key_by_kid(const struct ent_state *state, struct ent_view member, struct ent_view kid)
{
	const struct ent_member_state *m = ent_state_member(state, member);

	for (size_t i = m != NULL ? m->key_count : 0; i > 0; i--)
		if (ent_view_eq(m->keys[i - 1].kid, kid))
			return &m->keys[i - 1];
	return NULL;
}
