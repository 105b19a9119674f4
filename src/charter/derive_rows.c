/* The proposals of a state: a row each, and the names that they want. Rows stay where they are from step to step. */
#include <stdlib.h>

#include "charter/derive_state.h"

/* ---- room ---- */

/* Room for `need` elements in an array of malloc(). */
static enum ent_status
grow(void **items, size_t *cap, size_t need, size_t size, struct ent_error *err)
{
	size_t wide = *cap < 8 ? 8 : *cap;
	void *room;

	if (need <= *cap)
		return ENT_OK;
	while (wide < need)
		wide *= 2;
	room = reallocarray(*items, wide, size);
	if (room == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %zu items of a state of the charter", wide);
	*items = room;
	*cap = wide;
	return ENT_OK;
}

void
ent_derive_rows_free(struct ent_state *state)
{
	for (size_t i = 0; i < state->name_count; i++) {
		if (state->names[i] == NULL)
			continue;
		free(state->names[i]->rows);
		free(state->names[i]->reigns);
	}
	free(state->names);
	free(state->units);
	free(state->party_units);
	free(state->party_names);
	free(state->rows);
	free(state->sorted);
	free(state->events);
	free(state->depth);
}

/* ---- taking in ---- */

static int
by_sort(const struct row *x, const struct row *y)
{
	const struct group *a = x->target->group, *b = y->target->group;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = a == b ? 0 : ent_view_cmp(a->name, b->name);
	if (order == 0 && a != b)
		order = ent_view_cmp(a->project, b->project);
	return order != 0 ? order : memcmp(&x->target->hash, &y->target->hash, sizeof(struct ent_hash));
}

static int
by_sort_pointers(const void *a, const void *b)
{
	return by_sort(*(struct row *const *)a, *(struct row *const *)b);
}

static enum ent_status
new_name(struct ent_state *state, const struct group *group, struct ent_error *err)
{
	size_t cap = state->name_cap;
	void *room = state->names, *units = state->units;

	ENT_TRY(grow(&room, &cap, group->index + 1, sizeof(*state->names), err));
	state->names = room;
	ENT_TRY(grow(&units, &state->name_cap, group->index + 1, sizeof(*state->units), err));
	state->units = units;
	for (; state->name_count <= group->index; state->name_count++) {
		state->names[state->name_count] = NULL;
		state->units[state->name_count] = (struct unit){ 0 };
	}
	if (state->names[group->index] != NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(state->arena, &room, 1, sizeof(struct name), err));
	state->names[group->index] = room;
	state->names[group->index]->group = group;
	state->units[group->index].only = room;
	state->units[group->index].name_count = 1;
	return ENT_OK;
}

static enum ent_status
enlist(struct name *name, struct row *row, struct ent_error *err)
{
	size_t at = name->row_count;
	void *room = name->rows;

	ENT_TRY(grow(&room, &name->row_cap, name->row_count + 1, sizeof(*name->rows), err));
	name->rows = room;
	for (; at > 0 && memcmp(&name->rows[at - 1]->target->hash, &row->target->hash, sizeof(struct ent_hash)) > 0; at--)
		name->rows[at] = name->rows[at - 1];
	name->rows[at] = row;
	name->row_count++;
	return ENT_OK;
}

static enum ent_status
new_row(struct ent_state *state, struct row **out, const struct target *target, struct ent_error *err)
{
	struct row *row;
	void *room;

	ENT_TRY(new_name(state, target->group, err));
	ENT_TRY(ent_arena_alloc(state->arena, &room, 1, sizeof(*row), err));
	row = room;
	ENT_TRY(ent_arena_alloc(state->arena, &room, state->member_count, sizeof(*row->pub.consents), err));
	row->pub.consents = room;
	row->pub.doc = target->doc;
	row->target = target;
	row->name = state->names[target->group->index];
	ENT_TRY(enlist(row->name, row, err));
	state->project_count += target->group->kind == ENT_PROPOSAL_PROJECT;
	state->party_units_stale |= target->group->kind == ENT_PROPOSAL_PARTY;
	*out = row;
	return ENT_OK;
}

/* Few at a time are put where they belong; many are sorted together. */
static void
insert_sorted(struct ent_state *state, size_t old_count, struct row *const *fresh, size_t fresh_count)
{
	enum { FEW = 16 };

	for (size_t i = 0; i < fresh_count; i++) {
		size_t low = 0, high = old_count + i;

		while (fresh_count <= FEW && low < high) {
			size_t middle = low + (high - low) / 2;

			if (by_sort(state->sorted[middle], fresh[i]) < 0)
				low = middle + 1;
			else
				high = middle;
		}
		low = fresh_count <= FEW ? low : old_count + i;
		memmove(&state->sorted[low + 1], &state->sorted[low], (old_count + i - low) * sizeof(*state->sorted));
		state->sorted[low] = fresh[i];
	}
	if (fresh_count > FEW)
		qsort(state->sorted, old_count + fresh_count, sizeof(*state->sorted), by_sort_pointers);
}

static bool
was_said(const struct ent_state *state, const struct deed *deed)
{
	return is_there(&state->when, deed->effect_unix_s) && ent_force_signed(state->charter, &state->when, deed);
}

/* By a member's note, or a good consent. */
static bool
was_named(const struct ent_state *state, const struct target *target)
{
	for (const struct naming *n = target->namings; n != NULL; n = n->older)
		if (was_said(state, &n->deed))
			return true;
	for (size_t m = 0; target->consents != NULL && m < state->member_count; m++)
		for (const struct consent *c = target->consents[m]; c != NULL; c = c->older)
			if (c->valid && c->deed.effect_unix_s < c->until_unix_s && was_said(state, &c->deed))
				return true;
	return false;
}

/* The proposals that are known at the state's time, sorted by hash: a text has no date but that of who named it first (C-51). */
struct known {
	struct target *const *targets;
	size_t count;
};

static enum ent_status
find_known(struct ent_state *state, struct known *known, struct ent_error *err)
{
	const struct ent_charter *charter = state->charter;
	struct target **targets;
	void *room;

	*known = (struct known){ charter->proposals, charter->proposal_count };
	if (!state->when.past)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(state->arena, &room, charter->proposal_count, sizeof(struct target *), err));
	targets = room;
	*known = (struct known){ targets, 0 };
	for (size_t i = 0; i < charter->proposal_count; i++)
		if (was_named(state, charter->proposals[i]))
			targets[known->count++] = charter->proposals[i];
	return ENT_OK;
}

static enum ent_status
merge_rows(struct ent_state *state, const struct known *known, struct row **fresh, size_t fresh_count, struct ent_error *err)
{
	size_t old = 0, count = 0;

	/* Both are sorted by hash, and the charter only grows: what is not the next known one is new. */
	for (size_t i = 0; i < known->count && count < fresh_count; i++) {
		if (old < state->row_count && state->rows[old]->target == known->targets[i]) {
			old++;
			continue;
		}
		ENT_TRY(new_row(state, &fresh[count++], known->targets[i], err));
	}
	insert_sorted(state, state->row_count, fresh, fresh_count);
	for (size_t to = known->count, from = state->row_count, left = fresh_count; left > 0; to--) {
		if (from > 0 && state->rows[from - 1]->target == known->targets[to - 1])
			state->rows[to - 1] = state->rows[--from];
		else
			state->rows[to - 1] = fresh[--left];
	}
	state->row_count = known->count;
	return ENT_OK;
}

enum ent_status
ent_derive_rows(struct ent_state *state, struct ent_error *err)
{
	size_t count, cap = state->row_cap;
	struct row **fresh = NULL;
	void *room = state->rows, *sorted = state->sorted;
	enum ent_status status;
	struct known known;

	ENT_TRY(find_known(state, &known, err));
	count = known.count;
	if (count == state->row_count)
		return ENT_OK;
	ENT_TRY(grow(&room, &cap, count, sizeof(*state->rows), err));
	state->rows = room;
	ENT_TRY(grow(&sorted, &state->row_cap, count, sizeof(*state->sorted), err));
	state->sorted = sorted;
	fresh = calloc(count - state->row_count, sizeof(struct row *));
	if (fresh == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %zu new proposals", count - state->row_count);
	status = merge_rows(state, &known, fresh, count - state->row_count, err);
	free(fresh);
	return status;
}

/* ---- parties that repeat each other's keys or issuers (C-57) ---- */

/* The keys of a party's body, one by one; false: no more. A recovery key is kept as its line. */
static bool
key_at(const struct ent_party *party, size_t i, uint8_t key[ENT_ED25519_KEY_LEN])
{
	struct ent_error ignored = { 0 };
	struct ent_vkey recovery;

	if (i < party->officer_count) {
		memcpy(key, party->officers[i].key, ENT_ED25519_KEY_LEN);
		return true;
	}
	if (i == party->officer_count) {
		memcpy(key, party->statements_log.key, ENT_ED25519_KEY_LEN);
		return true;
	}
	if (i > party->officer_count + 1 || party->recovery_line.len == 0 ||
	    ent_vkey_parse(&recovery, party->recovery_line, ENT_NOTE_TYPE_ED25519, &ignored) != ENT_OK)
		return false;
	memcpy(key, recovery.key, ENT_ED25519_KEY_LEN);
	return true;
}

bool
ent_derive_contradicts(const struct row *a, const struct row *b)
{
	const struct ent_party *x = &proposal_of(a)->party, *y = &proposal_of(b)->party;
	uint8_t key[ENT_ED25519_KEY_LEN];

	for (size_t i = 0; key_at(x, i, key); i++)
		if (ent_charter_party_has_key(y, key))
			return true;
	for (size_t i = 0; i < x->issuer_count; i++)
		for (size_t k = 0; k < y->issuer_count; k++)
			if (ent_charter_same_issuer(x->issuers[i].url, y->issuers[k].url))
				return true;
	return false;
}

/* A key or issuer of a party, and the number of the name that has it. */
struct trait {
	struct ent_hash digest;
	size_t name;
};

static int
by_digest(const void *a, const void *b)
{
	return memcmp(&((const struct trait *)a)->digest, &((const struct trait *)b)->digest, sizeof(struct ent_hash));
}

static size_t
count_traits(const struct row *row)
{
	const struct ent_party *p = &proposal_of(row)->party;

	return p->officer_count + 2 + p->issuer_count;
}

static size_t
add_traits(struct trait *out, const struct row *row, size_t name)
{
	const struct ent_party *p = &proposal_of(row)->party;
	uint8_t key[ENT_ED25519_KEY_LEN];
	size_t count = 0;

	for (size_t i = 0; key_at(p, i, key); i++) {
		ent_sha256(&out[count].digest, ent_view_from(key, sizeof(key)));
		out[count++].name = name;
	}
	for (size_t i = 0; i < p->issuer_count; i++) {
		struct ent_view url = p->issuers[i].url;

		if (url.len > 0 && url.data[url.len - 1] == '/')
			url.len--;
		ent_sha256(&out[count].digest, url);
		out[count++].name = name;
	}
	return count;
}

static size_t
root_of(size_t *parent, size_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

/* Names that share a trait get one root. */
static enum ent_status
join_names(struct ent_state *state, size_t *parent, size_t count, struct ent_error *err)
{
	struct trait *traits;
	size_t room = 1, used = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < state->party_names[i]->row_count; k++)
			room += count_traits(state->party_names[i]->rows[k]);
	traits = calloc(room, sizeof(*traits));
	if (traits == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %zu keys of parties", room);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < state->party_names[i]->row_count; k++)
			used += add_traits(&traits[used], state->party_names[i]->rows[k], i);
	qsort(traits, used, sizeof(*traits), by_digest);
	for (size_t i = 1; i < used; i++)
		if (by_digest(&traits[i - 1], &traits[i]) == 0)
			parent[root_of(parent, traits[i].name)] = root_of(parent, traits[i - 1].name);
	free(traits);
	return ENT_OK;
}

static struct name **
list_party_names(const struct ent_state *state, size_t *count)
{
	struct name **names = calloc(state->name_count + 1, sizeof(struct name *));

	*count = 0;
	for (size_t i = 0; names != NULL && i < state->name_count; i++)
		if (state->names[i] != NULL && state->names[i]->group->kind == ENT_PROPOSAL_PARTY)
			names[(*count)++] = state->names[i];
	return names;
}

/* Names of one root stand together: a stable pass for each root would be slow, so they are counted first. */
static void
make_units(struct ent_state *state, size_t *parent, struct name *const *names, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		state->party_units[root_of(parent, i)].name_count++;
	for (size_t i = 0; i < count; i++) {
		state->party_units[i].names = &state->party_names[at];
		at += state->party_units[i].name_count;
		state->party_units[i].name_count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct unit *unit = &state->party_units[root_of(parent, i)];

		unit->names[unit->name_count++] = names[i];
	}
	state->party_unit_count = count;
}

enum ent_status
ent_derive_party_units(struct ent_state *state, struct ent_error *err)
{
	size_t count, *parent;
	struct name **names;
	enum ent_status status;

	free(state->party_units);
	free(state->party_names);
	state->party_unit_count = 0;
	state->party_names = list_party_names(state, &count);
	state->party_units = calloc(count + 1, sizeof(*state->party_units));
	names = list_party_names(state, &count);
	parent = calloc(count + 1, sizeof(*parent));
	if (state->party_names == NULL || state->party_units == NULL || names == NULL || parent == NULL) {
		free(names);
		free(parent);
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for %zu parties", count);
	}
	for (size_t i = 0; i < count; i++)
		parent[i] = i;
	status = join_names(state, parent, count, err);
	if (status == ENT_OK)
		make_units(state, parent, names, count);
	state->party_units_stale = status != ENT_OK;
	free(names);
	free(parent);
	return status;
}

/* ---- finding ---- */

struct row *
ent_derive_row(const struct ent_state *state, const struct ent_hash *hash)
{
	size_t low = 0, high = state->row_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(&state->rows[middle]->target->hash, hash, sizeof(*hash));

		if (order == 0)
			return state->rows[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct name *
ent_derive_name(const struct ent_state *state, enum ent_proposal_kind kind, struct ent_view name, struct ent_view project)
{
	const struct group *group;
	struct ent_hash key;

	ent_charter_group_key(&key, kind, name, project);
	group = ent_charter_tree_get(&state->charter->group_tree, &key);
	return group != NULL && group->index < state->name_count ? state->names[group->index] : NULL;
}

static int
rank(const struct row *row)
{
	static const int ranks[] = { [ENT_FORCE_ACTIVE] = 1, [ENT_FORCE_SUSPENDED] = 1, [ENT_FORCE_UNHEARD] = 2,
		[ENT_FORCE_LAPSED] = 3, [ENT_FORCE_ENDED] = 4, [ENT_FORCE_PROPOSED] = 5, [ENT_FORCE_UNENFORCED] = 6 };

	return row->pub.holds ? 0 : ranks[row->base];
}

static bool
is_better(const struct row *a, const struct row *b)
{
	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	if (a->pub.in_force_since_unix_s != b->pub.in_force_since_unix_s)
		return a->pub.in_force_since_unix_s > b->pub.in_force_since_unix_s;
	return a->standing > b->standing; /* else the smaller hash: rows are sorted by it */
}

struct row *
ent_derive_about(const struct ent_state *state, struct name *name)
{
	if (name == NULL || name->row_count == 0)
		return NULL;
	if (name->asked == state->step)
		return name->about;
	name->about = name->holder;
	for (size_t i = 0; name->holder == NULL && i < name->row_count; i++) {
		ent_derive_settle(state, name->rows[i]);
		if (name->about == NULL || is_better(name->rows[i], name->about))
			name->about = name->rows[i];
	}
	ent_derive_settle(state, name->about);
	name->asked = state->step;
	return name->about;
}

bool
ent_derive_descends(const struct ent_state *state, const struct row *row, const struct ent_hash *ancestor)
{
	(void)state;
	while (row != NULL && !ent_hash_eq(&row->target->hash, ancestor)) {
		row = row->replaces;
		/* What never came into force was never agreed to: nothing sealed under it is good. */
		if (row != NULL && !row->took)
			return false;
	}
	return row != NULL;
}

/* ---- questions ---- */

static const struct ent_standing *
settled(const struct ent_state *state, struct row *row)
{
	if (row == NULL)
		return NULL;
	ent_derive_settle(state, row);
	return &row->pub;
}

size_t
ent_state_standing_count(const struct ent_state *state)
{
	return state->row_count;
}

const struct ent_standing *
ent_state_standing_at(const struct ent_state *state, size_t i)
{
	ENT_ASSERT(i < state->row_count);
	return settled(state, state->sorted[i]);
}

const struct ent_standing *
ent_state_standing_by_hash(const struct ent_state *state, const struct ent_hash *hash)
{
	return settled(state, ent_derive_row(state, hash));
}

static const struct ent_standing *
about(const struct ent_state *state, enum ent_proposal_kind kind, struct ent_view name, struct ent_view project)
{
	return settled(state, ent_derive_about(state, ent_derive_name(state, kind, name, project)));
}

const struct ent_standing *
ent_state_party_proposal(const struct ent_state *state, struct ent_view party)
{
	return about(state, ENT_PROPOSAL_PARTY, party, ENT_VIEW_NONE);
}

const struct ent_standing *
ent_state_admission(const struct ent_state *state, struct ent_view party, struct ent_view project)
{
	return about(state, ENT_PROPOSAL_ADMIT, party, project);
}

const struct ent_standing *
ent_state_profile(const struct ent_state *state, struct ent_view profile)
{
	return about(state, ENT_PROPOSAL_PROFILE, profile, ENT_VIEW_NONE);
}

const struct ent_standing *
ent_state_project(const struct ent_state *state, struct ent_view name)
{
	return about(state, ENT_PROPOSAL_PROJECT, name, ENT_VIEW_NONE);
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
	return settled(state, state->sorted[i]);
}

const struct ent_standing *
ent_state_project_by_hash(const struct ent_state *state, const struct ent_hash *hash)
{
	struct row *row = ent_derive_row(state, hash);

	return row != NULL && row->target->group->kind == ENT_PROPOSAL_PROJECT ? settled(state, row) : NULL;
}

bool
ent_state_project_lineage(const struct ent_state *state, struct ent_view name, const struct ent_hash *hash)
{
	struct row *row = ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_PROJECT, name, ENT_VIEW_NONE));

	return row != NULL && ent_derive_descends(state, row, hash);
}
