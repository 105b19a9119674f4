/*
 * The parties' keys (C-24 to C-26, C-66, C-67). A key belongs to who published it first, in one role, whichever log was read
 * first: so all publications are sorted together before anybody's are listed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "charter/derive_state.h"

struct publication {
	struct ent_hash digest; /* of the key */
	const struct party *party;
	enum key_role role;
	int64_t effect_unix_s;
	uint64_t index;
};
struct registry {
	struct ent_state *state;
	struct force force;
	struct publication *items; /* sorted; of each key the first is its owner's */
	size_t count;
};

static struct ent_view
name_of(const struct party *party)
{
	return party->name != NULL ? party->name->group->name : party->pub.party->name;
}

static size_t
party_count(const struct ent_state *state)
{
	return state->member_count + state->partner_count;
}

static struct party *
party_at(const struct ent_state *state, size_t i)
{
	return i < state->member_count ? &state->members[i] : state->partners[i - state->member_count];
}

/* ---- who published what first ---- */

static int
by_precedence(const void *a, const void *b)
{
	const struct publication *x = a, *y = b;
	int order = memcmp(&x->digest, &y->digest, sizeof(x->digest));

	if (order != 0)
		return order;
	/* A partner with a slow clock must not void a member's key; a member that voids a partner's could stop it as well. */
	if ((x->party->name == NULL) != (y->party->name == NULL))
		return x->party->name == NULL ? -1 : 1;
	if (x->effect_unix_s != y->effect_unix_s)
		return x->effect_unix_s < y->effect_unix_s ? -1 : 1;
	order = ent_view_cmp(name_of(x->party), name_of(y->party));
	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* What is held back is here once the horizon comes to it. */
static bool
counts_now(const struct registry *r, const struct deed *deed)
{
	span_cut_horizon(r->force.span, r->state->when.now_unix_s, deed->effect_unix_s);
	return is_there(&r->state->when, deed->effect_unix_s) && ent_force_deed_signed(&r->force, deed);
}

static void
add_publication(struct registry *r, const struct party *party, enum key_role role, const struct ent_hash *digest, const struct deed *deed)
{
	if (counts_now(r, deed))
		r->items[r->count++] = (struct publication){ *digest, party, role, deed->effect_unix_s, deed->index };
}

/* Withdrawn or not, of a broken party or not; of a partner, whatever a proposal that ever held its name reads (C-25). */
static enum ent_status
collect(struct registry *r, struct ent_error *err)
{
	size_t room = 0;
	int64_t ignored;
	void *items;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t p = 0; p < party_count(r->state); p++) {
			const struct party *party = party_at(r->state, p);

			for (size_t i = 0; i < ent_derive_reading_count(r->state, party); i++) {
				const struct reading *reading = ent_derive_reading(r->state, party, i, &ignored);

				if (reading == NULL)
					continue;
				room += pass == 0 ? reading->key_count + reading->issuer_key_count : 0;
				for (size_t k = 0; pass == 1 && k < reading->key_count; k++)
					add_publication(r, party, reading->keys[k].role, &reading->keys[k].digest, &reading->keys[k].deed);
				for (size_t k = 0; pass == 1 && k < reading->issuer_key_count; k++)
					add_publication(r, party, KEY_ROLE_ISSUER, &reading->issuer_keys[k].digest,
					    &reading->issuer_keys[k].deed);
			}
		}
		if (pass == 1)
			continue;
		ENT_TRY(ent_arena_alloc(r->state->key_arena, &items, room, sizeof(*r->items), err));
		r->items = items;
	}
	if (r->count > 0)
		qsort(r->items, r->count, sizeof(*r->items), by_precedence);
	return ENT_OK;
}

static bool
owns(const struct registry *r, const struct party *party, enum key_role role, const struct ent_hash *digest)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&r->items[middle].digest, digest, sizeof(*digest)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->count && ent_hash_eq(&r->items[low].digest, digest) && r->items[low].party == party && r->items[low].role == role;
}

/* ---- data and seal keys ---- */

/* A key of a party proposal that holds its name is nobody's seal key (C-24). */
static bool
is_partners_key(const struct ent_state *state, const struct ent_member_key *key)
{
	for (size_t i = 0; i < state->partner_count; i++) {
		const struct row *holder = state->partners[i]->name->holder;

		if (holder != NULL && ent_charter_party_has_key(&proposal_of(holder)->party, key->public_key.data))
			return true;
	}
	return false;
}

/* retire and destroy by its owner, before or after it was published */
static void
read_ends(const struct registry *r, const struct party *party, struct ent_member_key *key)
{
	struct ent_hash kid;
	int64_t ignored;

	ent_sha256(&kid, key->kid);
	for (size_t i = 0; i < ent_derive_reading_count(r->state, party); i++) {
		const struct reading *reading = ent_derive_reading(r->state, party, i, &ignored);
		const struct key_end *end = reading != NULL ? ent_charter_list_newest(&reading->key_ends, &kid) : NULL;

		for (; end != NULL; end = end->older) {
			int64_t at_unix_s = narrowing_time(&r->state->when, end->deed.effect_unix_s);

			if (!is_there_narrowing(&r->state->when, end->deed.effect_unix_s) || !ent_force_deed_signed(&r->force, &end->deed))
				continue;
			span_cut_narrowing(r->force.span, r->state->when.now_unix_s, end->deed.effect_unix_s);
			key->destroyed |= end->destroyed;
			key->retired_unix_s = at_unix_s < key->retired_unix_s ? at_unix_s : key->retired_unix_s;
		}
	}
}

static bool
fill_key(const struct registry *r, const struct party *party, const struct published_key *p, struct ent_member_key *out)
{
	char line[ENT_ACT_LINE_SIZE];
	struct ent_hash target;
	int64_t withdrawn_unix_s;

	if (!counts_now(r, &p->deed) || !owns(r, party, p->role, &p->digest) ||
	    (p->role == KEY_ROLE_SEAL && is_partners_key(r->state, &p->key)))
		return false;
	withdrawn_unix_s = ent_derive_withdrawn(r->state, &r->force, party, &p->deed);
	if (withdrawn_unix_s <= p->deed.effect_unix_s)
		return false;
	*out = p->key;
	out->retired_unix_s = withdrawn_unix_s;
	out->destroyed = false;
	read_ends(r, party, out);
	snprintf(line, sizeof(line), "stop key %.*s", ENT_FMT(p->key.kid));
	ent_charter_target_key(&target, ent_view_str(line));
	out->stopped = ent_derive_stopped_by(r->state, r->force.span, party, &target);
	return true;
}

static int
by_index(const void *a, const void *b)
{
	const struct ent_member_key *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static int
by_issuer_index(const void *a, const void *b)
{
	const struct ent_issuer_key *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* An entry that two readings of a partner's log understand is one. */
static void
sort_keys(struct ent_member_state *out)
{
	size_t count = 0;

	if (out->key_count > 0)
		qsort(out->keys, out->key_count, sizeof(*out->keys), by_index);
	for (size_t i = 0; i < out->key_count; i++)
		if (count == 0 || out->keys[count - 1].index != out->keys[i].index)
			out->keys[count++] = out->keys[i];
	out->key_count = count;
	count = 0;
	if (out->issuer_key_count > 0)
		qsort(out->issuer_keys, out->issuer_key_count, sizeof(*out->issuer_keys), by_issuer_index);
	for (size_t i = 0; i < out->issuer_key_count; i++)
		if (count == 0 || out->issuer_keys[count - 1].index != out->issuer_keys[i].index)
			out->issuer_keys[count++] = out->issuer_keys[i];
	out->issuer_key_count = count;
}

/* ---- issuers' keys ---- */

/* The first entry decides what a kid is, in effect or not (C-26); of a partner, in any reading that ever counted. */
static bool
is_kids_key(const struct ent_state *state, const struct party *party, const struct published_issuer_key *p)
{
	const struct ent_view parts[] = { p->key.issuer, ENT_LIT("\n"), p->key.kid };
	const struct seen *first = NULL;
	struct ent_hash name;
	int64_t ignored;

	ent_sha256_parts(&name, parts, ENT_COUNT(parts));
	for (size_t i = 0; i < ent_derive_reading_count(state, party); i++) {
		const struct reading *reading = ent_derive_reading(state, party, i, &ignored);
		const struct seen *seen = reading != NULL ? ent_charter_tree_get(&reading->kids, &name) : NULL;

		if (seen != NULL && (first == NULL || seen->index < first->index))
			first = seen;
	}
	return first == NULL || ent_hash_eq(&first->digest, &p->digest);
}

/* A partner's issuer is one of the proposal that holds the name (C-24). */
static bool
is_issuer(const struct party *party, struct ent_view issuer)
{
	const struct ent_party *body = party->pub.party;

	if (party->name != NULL && party->name->holder == NULL)
		return false;
	if (party->name != NULL)
		body = &proposal_of(party->name->holder)->party;
	for (size_t i = 0; i < body->issuer_count; i++)
		if (ent_view_eq(body->issuers[i].url, issuer))
			return true;
	return false;
}

static bool
issuer_key_counts(const struct registry *r, const struct party *party, const struct published_issuer_key *p)
{
	if (!counts_now(r, &p->deed) || !owns(r, party, KEY_ROLE_ISSUER, &p->digest))
		return false;
	span_cut(r->force.span, r->state->when.now_unix_s, p->key.until_unix_s);
	return p->key.until_unix_s > r->state->when.now_unix_s && is_issuer(party, p->key.issuer) &&
	    is_kids_key(r->state, party, p) &&
	    ent_derive_withdrawn(r->state, &r->force, party, &p->deed) > r->state->when.now_unix_s;
}

/* ---- all keys of a party ---- */

static enum ent_status
make_room(struct ent_state *state, struct party *party, struct ent_error *err)
{
	size_t keys = 0, issuer_keys = 0;
	int64_t until_unix_s;
	void *room;

	for (size_t i = 0; i < ent_derive_reading_count(state, party); i++) {
		const struct reading *reading = ent_derive_reading(state, party, i, &until_unix_s);

		keys += reading != NULL ? reading->key_count : 0;
		issuer_keys += reading != NULL ? reading->issuer_key_count : 0;
	}
	party->pub.key_count = party->pub.issuer_key_count = 0;
	ENT_TRY(ent_arena_alloc(state->key_arena, &room, keys, sizeof(*party->pub.keys), err));
	party->pub.keys = room;
	ENT_TRY(ent_arena_alloc(state->key_arena, &room, issuer_keys, sizeof(*party->pub.issuer_keys), err));
	party->pub.issuer_keys = room;
	return ENT_OK;
}

static enum ent_status
list_keys(const struct registry *r, struct party *party, struct ent_error *err)
{
	struct ent_member_state *out = &party->pub;
	int64_t until_unix_s;

	ENT_TRY(make_room(r->state, party, err));
	if (party->log == SIZE_MAX || r->state->charter->logs[party->log].broken != NULL)
		return ENT_OK; /* nothing of a liar counts (C-32) */
	for (size_t i = 0; i < ent_derive_reading_count(r->state, party); i++) {
		const struct reading *reading = ent_derive_reading(r->state, party, i, &until_unix_s);

		for (size_t k = 0; reading != NULL && k < reading->key_count; k++)
			if (reading->keys[k].deed.effect_unix_s < until_unix_s &&
			    fill_key(r, party, &reading->keys[k], &out->keys[out->key_count]))
				out->key_count++;
		for (size_t k = 0; reading != NULL && k < reading->issuer_key_count; k++)
			if (reading->issuer_keys[k].deed.effect_unix_s < until_unix_s &&
			    issuer_key_counts(r, party, &reading->issuer_keys[k]))
				out->issuer_keys[out->issuer_key_count++] = reading->issuer_keys[k].key;
	}
	sort_keys(out);
	return ENT_OK;
}

enum ent_status
ent_derive_keys(struct ent_state *state, struct ent_error *err)
{
	struct registry r = { .state = state, .force = force_of(state, &state->key_span) };

	ENT_TRY(collect(&r, err));
	for (size_t i = 0; i < party_count(state); i++)
		ENT_TRY(list_keys(&r, party_at(state, i), err));
	return ENT_OK;
}

/* ---- questions ---- */

const struct ent_issuer_key *
ent_state_issuer_key(const struct ent_state *state, struct ent_view issuer, struct ent_view kid)
{
	const struct ent_member_state *party = ent_state_party_by_issuer(state, issuer);
	const struct ent_issuer_key *best = NULL;

	for (size_t i = 0; party != NULL && i < party->issuer_key_count; i++) {
		const struct ent_issuer_key *key = &party->issuer_keys[i];

		if (ent_view_eq(key->issuer, issuer) && ent_view_eq(key->kid, kid) &&
		    (best == NULL || key->until_unix_s >= best->until_unix_s))
			best = key;
	}
	return best;
}

const struct ent_member_key *
ent_state_kas_key(const struct ent_state *state, struct ent_view member, enum ent_key_type type)
{
	const struct ent_member_state *m = ent_state_party(state, member);

	for (size_t i = m != NULL ? m->key_count : 0; i > 0; i--) {
		const struct ent_member_key *key = &m->keys[i - 1];

		if (key->use == ENT_KEY_USE_KAS && key->type == type && key->retired_unix_s > state->when.now_unix_s && !key->stopped)
			return key;
	}
	return NULL;
}

/* Of one key published twice, and withdrawn once, the publication that stands. */
const struct ent_member_key *
ent_state_key_by_kid(const struct ent_state *state, struct ent_view member, struct ent_view kid)
{
	const struct ent_member_state *m = ent_state_party(state, member);
	const struct ent_member_key *best = NULL;

	for (size_t i = m != NULL ? m->key_count : 0; i > 0; i--)
		if (ent_view_eq(m->keys[i - 1].kid, kid) && (best == NULL || m->keys[i - 1].retired_unix_s > best->retired_unix_s))
			best = &m->keys[i - 1];
	return best;
}
