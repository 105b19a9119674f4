/*
 * Whether a statement is of force: enough officers whose keys were not stopped (C-62), not withdrawn (C-53), and of a stop
 * whether it stands (C-61).
 *
 * A stop of an officer's key silences what that key signs later, other stops and resumes of officers' keys included. So these
 * are replayed once, in the order of C-52, into a clock that tells which keys were stopped at any place. Entries of one second
 * in different logs are not before one another: each log of that second is replayed from where the second began.
 *
 * A key that two proposals of a partner's name have in common is one key: its stop under either silences it under both.
 */
#include "charter/charter_force.h"

#include <stdlib.h>

enum node_kind { NODE_STOP, NODE_RESUME, NODE_WITHDRAWAL };

struct stop_life {
	size_t key;
	bool present;
	size_t resumes; /* that count */
};
struct resume_life {
	const struct ent_hash *text;
	size_t stop;
	bool active, withdrawn;
};

/* An entry that may change whose keys are stopped. */
struct node {
	struct place place;
	enum node_kind kind;
	const struct deed *deed;
	uint32_t signers;
	size_t source;       /* who reads it */
	size_t stop, resume; /* whose life it changes */
	bool did;            /* it changed it */
	bool good;           /* it was signed by enough */
	bool was_active;
};

/* Which keys are stopped behind that place, or that second. */
struct mark {
	struct place place;
	uint32_t stopped;
};

/* A reading whose stops and resumes are replayed, and which of the clock's keys its officers have. */
struct source {
	struct clock_source given;
	size_t keys[ENT_LIMIT_OFFICERS];
};

struct key_clock {
	struct ent_arena *arena;
	struct span span;
	struct source *sources; /* the first is the one that the clock is for */
	size_t source_count;
	const uint8_t **keys;   /* all officers' keys of the sources */
	size_t key_count;
	struct node *nodes;
	size_t node_count, node_cap;
	struct stop_life *stops;
	size_t stop_count, stop_cap;
	struct resume_life *resumes;
	size_t resume_count, resume_cap;
	struct mark *marks;   /* behind each entry that changed something, in order of place */
	size_t mark_count;
	struct mark *seconds; /* behind each second */
	size_t second_count;
	size_t *standing;     /* stops that stand, by key: while the clock is made */
};

void
key_clock_free(struct key_clock *clock)
{
	if (clock == NULL)
		return;
	ent_arena_free(clock->arena);
	free(clock);
}

const struct span *
ent_force_clock_span(const struct key_clock *clock)
{
	return &clock->span;
}

const struct reading *
ent_force_clock_reading(const struct key_clock *clock)
{
	return clock->sources[0].given.reading;
}

/* ---- which entries there are ---- */

static enum ent_status
add_node(struct key_clock *clock, const struct node *node, struct ent_error *err)
{
	void *items = clock->nodes;

	ENT_TRY(ent_arena_push(clock->arena, &items, clock->node_count, &clock->node_cap, sizeof(*node), err));
	clock->nodes = items;
	clock->nodes[clock->node_count++] = *node;
	return ENT_OK;
}

/* Of a partner, withdrawals and resumes reach over its readings, whichever officers of the name signed them (C-53). */
static enum ent_status
add_withdrawals(struct key_clock *clock, const struct as_of *when, size_t life, struct ent_error *err)
{
	for (size_t s = 0; s < clock->source_count; s++) {
		const struct reading *reading = clock->sources[s].given.reading;
		const struct withdrawal *w = ent_charter_list_newest(&reading->withdrawals, clock->resumes[life].text);

		for (; w != NULL; w = w->older)
			if (is_there_narrowing(when, w->deed.effect_unix_s))
				ENT_TRY(add_node(clock, &(struct node){ .kind = NODE_WITHDRAWAL, .deed = &w->deed, .source = s,
				    .signers = w->deed.signers, .resume = life, .stop = clock->resumes[life].stop,
				    .place = { w->deed.effect_unix_s, reading->log, w->deed.index } }, err));
	}
	return ENT_OK;
}

/* The life of that resume, behind `first`, where those of its stop begin: two readings may understand one text. */
static enum ent_status
find_resume(struct key_clock *clock, size_t *life, size_t first, const struct resume *r, size_t stop, const struct as_of *when,
    struct ent_error *err)
{
	void *items = clock->resumes;

	for (*life = first; clock->source_count > 1 && *life < clock->resume_count; (*life)++)
		if (ent_hash_eq(clock->resumes[*life].text, &r->deed.hash))
			return ENT_OK;
	*life = clock->resume_count;
	ENT_TRY(ent_arena_push(clock->arena, &items, clock->resume_count, &clock->resume_cap, sizeof(*clock->resumes), err));
	clock->resumes = items;
	clock->resumes[clock->resume_count++] = (struct resume_life){ .text = &r->deed.hash, .stop = stop };
	return add_withdrawals(clock, when, *life, err);
}

static enum ent_status
add_resumes(struct key_clock *clock, const struct as_of *when, const struct ent_hash *stop, size_t stop_life, struct ent_error *err)
{
	size_t first = clock->resume_count, life;

	for (size_t s = 0; s < clock->source_count; s++) {
		const struct clock_source *source = &clock->sources[s].given;
		const struct resume *r = ent_charter_list_newest(&source->reading->resumes, stop);

		for (; r != NULL; r = r->older) {
			span_cut_horizon(&clock->span, when->now_unix_s, r->deed.effect_unix_s);
			if (!is_there(when, r->deed.effect_unix_s) || r->deed.effect_unix_s >= source->until_unix_s)
				continue;
			ENT_TRY(find_resume(clock, &life, first, r, stop_life, when, err));
			ENT_TRY(add_node(clock, &(struct node){ .kind = NODE_RESUME, .deed = &r->deed, .source = s,
			    .signers = r->deed.signers, .resume = life, .stop = stop_life,
			    .place = { r->deed.effect_unix_s, source->reading->log, r->deed.index } }, err));
		}
	}
	return ENT_OK;
}

/* Which of the clock's keys this reading understands that stop to be of; SIZE_MAX: of none. */
static size_t
key_of(const struct source *source, const struct stop *stop)
{
	size_t officer = stop != NULL ? ent_charter_officer(source->given.reading->party, stop->key_name) : SIZE_MAX;

	return officer != SIZE_MAX ? source->keys[officer] : SIZE_MAX;
}

static enum ent_status
add_copies(struct key_clock *clock, const struct as_of *when, size_t source, const struct stop *stop, size_t life, struct ent_error *err)
{
	size_t officer = ent_charter_officer(clock->sources[source].given.reading->party, stop->key_name);

	for (const struct stop_copy *c = stop->copies; c != NULL; c = c->next)
		if (is_there_narrowing(when, c->effect_unix_s))
			ENT_TRY(add_node(clock, &(struct node){ .kind = NODE_STOP, .deed = &stop->deed, .source = source,
			    .signers = c->signers & ~(UINT32_C(1) << officer), .stop = life,
			    .place = { c->effect_unix_s, c->host, c->index } }, err));
	return ENT_OK;
}

/* One life for all readings that understand the stop so: it is begun with the first of them. */
static enum ent_status
add_stop(struct key_clock *clock, const struct as_of *when, size_t source, const struct stop *stop, struct ent_error *err)
{
	size_t key = key_of(&clock->sources[source], stop), life = clock->stop_count;
	void *items = clock->stops;

	if (key == SIZE_MAX)
		return ENT_OK; /* of the statement-log or the access-log key: those sign no statements */
	for (size_t s = 0; s < source; s++)
		if (key_of(&clock->sources[s], ent_charter_tree_get(&clock->sources[s].given.reading->stops, &stop->deed.hash)) == key)
			return ENT_OK;
	ENT_TRY(ent_arena_push(clock->arena, &items, clock->stop_count, &clock->stop_cap, sizeof(*clock->stops), err));
	clock->stops = items;
	clock->stops[clock->stop_count++] = (struct stop_life){ .key = key };
	for (size_t s = source; s < clock->source_count; s++) {
		const struct stop *same = ent_charter_tree_get(&clock->sources[s].given.reading->stops, &stop->deed.hash);

		if (key_of(&clock->sources[s], same) == key)
			ENT_TRY(add_copies(clock, when, s, same, life, err));
	}
	return add_resumes(clock, when, &stop->deed.hash, life, err);
}

/* ---- the replay ---- */

/* Of one second: the author's own log is like any other. */
static int
by_place(const struct place *a, const struct place *b)
{
	if (a->effect_unix_s != b->effect_unix_s)
		return a->effect_unix_s < b->effect_unix_s ? -1 : 1;
	if (a->host != b->host)
		return a->host < b->host ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static int
by_node_place(const void *a, const void *b)
{
	return by_place(&((const struct node *)a)->place, &((const struct node *)b)->place);
}

/* The stop begins or ceases to stand. */
static void
count_stop(struct key_clock *clock, const struct stop_life *stop, bool stands)
{
	clock->standing[stop->key] += stands ? 1 : (size_t)-1;
}

static void
change(struct key_clock *clock, struct node *node)
{
	struct stop_life *stop = &clock->stops[node->stop];
	struct resume_life *resume = node->kind != NODE_STOP ? &clock->resumes[node->resume] : NULL;
	bool stood = stop->present && stop->resumes == 0;

	node->did = resume == NULL ? !stop->present : !resume->withdrawn && (node->kind == NODE_WITHDRAWAL || !resume->active);
	if (!node->did)
		return;
	if (node->kind == NODE_STOP) {
		stop->present = true;
	} else if (node->kind == NODE_RESUME) {
		resume->active = true;
		stop->resumes++;
	} else {
		node->was_active = resume->active;
		resume->withdrawn = true;
		stop->resumes -= resume->active;
		resume->active = false;
	}
	if (stood != (stop->present && stop->resumes == 0))
		count_stop(clock, stop, !stood);
}

static void
change_back(struct key_clock *clock, struct node *node)
{
	struct stop_life *stop = &clock->stops[node->stop];
	bool stood = stop->present && stop->resumes == 0;

	if (!node->did)
		return;
	if (node->kind == NODE_STOP) {
		stop->present = false;
	} else if (node->kind == NODE_RESUME) {
		clock->resumes[node->resume].active = false;
		stop->resumes--;
	} else {
		clock->resumes[node->resume].withdrawn = false;
		clock->resumes[node->resume].active = node->was_active;
		stop->resumes += node->was_active;
	}
	if (stood != (stop->present && stop->resumes == 0))
		count_stop(clock, stop, !stood);
}

/* As the officers of that source. */
static uint32_t
stopped_now(const struct key_clock *clock, size_t source)
{
	const struct source *of = &clock->sources[source];
	uint32_t stopped = 0;

	for (size_t i = 0; i < of->given.reading->party->officer_count; i++)
		stopped |= clock->standing[of->keys[i]] > 0 ? UINT32_C(1) << i : 0;
	return stopped;
}

static bool
enough(uint32_t signers, uint32_t stopped, uint32_t needed)
{
	return (uint32_t)__builtin_popcount(signers & ~stopped) >= needed;
}

/* The entries of one log in one second: each is judged by what stood before it there. */
static void
replay_log(struct key_clock *clock, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct node *node = &clock->nodes[i];

		node->good = enough(node->signers, stopped_now(clock, node->source), node->deed->needed);
		if (!node->good)
			continue;
		change(clock, node);
		clock->marks[clock->mark_count++] = (struct mark){ node->place, stopped_now(clock, 0) };
	}
	for (size_t i = to; i > from; i--)
		if (clock->nodes[i - 1].good)
			change_back(clock, &clock->nodes[i - 1]);
}

static size_t
end_of(const struct key_clock *clock, size_t from, bool of_log)
{
	const struct place *first = &clock->nodes[from].place;
	size_t to = from;

	while (to < clock->node_count && clock->nodes[to].place.effect_unix_s == first->effect_unix_s &&
	    (!of_log || clock->nodes[to].place.host == first->host))
		to++;
	return to;
}

static void
replay(struct key_clock *clock)
{
	for (size_t from = 0, to; from < clock->node_count; from = to) {
		to = end_of(clock, from, false);
		for (size_t i = from, next; i < to; i = next) {
			next = end_of(clock, i, true);
			replay_log(clock, i, next);
		}
		for (size_t i = from; i < to; i++)
			if (clock->nodes[i].good)
				change(clock, &clock->nodes[i]);
		clock->seconds[clock->second_count++] = (struct mark){ clock->nodes[from].place, stopped_now(clock, 0) };
	}
}

static size_t
number_key(struct key_clock *clock, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	size_t i = 0;

	while (i < clock->key_count && memcmp(clock->keys[i], key, ENT_ED25519_KEY_LEN) != 0)
		i++;
	if (i == clock->key_count)
		clock->keys[clock->key_count++] = key;
	return i;
}

static enum ent_status
add_sources(struct key_clock *clock, const struct clock_source *sources, size_t count, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(clock->arena, &room, count, sizeof(*clock->sources), err));
	clock->sources = room;
	clock->source_count = count;
	ENT_TRY(ent_arena_alloc(clock->arena, &room, count * ENT_LIMIT_OFFICERS, sizeof(*clock->keys), err));
	clock->keys = room;
	ENT_TRY(ent_arena_alloc(clock->arena, &room, count * ENT_LIMIT_OFFICERS, sizeof(*clock->standing), err));
	clock->standing = room;
	for (size_t s = 0; s < count; s++) {
		const struct ent_party *party = sources[s].reading->party;

		clock->sources[s].given = sources[s];
		for (size_t i = 0; i < party->officer_count; i++)
			clock->sources[s].keys[i] = number_key(clock, party->officers[i].key);
	}
	return ENT_OK;
}

enum ent_status
ent_force_clock(struct key_clock **out, const struct as_of *when, const struct clock_source *sources, size_t count, struct ent_error *err)
{
	ENT_AUTO(key_clock) clock = calloc(1, sizeof(*clock));
	void *room;

	if (clock == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the stops of officers' keys");
	ENT_TRY(ent_arena_new(&clock->arena, ENT_LIMIT_STATE_BYTES, err));
	clock->span = span_always();
	ENT_TRY(add_sources(clock, sources, count, err));
	for (size_t s = 0; s < count; s++)
		for (size_t i = 0; i < sources[s].reading->officer_stop_count; i++)
			ENT_TRY(add_stop(clock, when, s, sources[s].reading->officer_stops[i], err));
	ENT_TRY(ent_arena_alloc(clock->arena, &room, clock->node_count, sizeof(*clock->marks), err));
	clock->marks = room;
	ENT_TRY(ent_arena_alloc(clock->arena, &room, clock->node_count, sizeof(*clock->seconds), err));
	clock->seconds = room;
	if (clock->node_count > 0)
		qsort(clock->nodes, clock->node_count, sizeof(*clock->nodes), by_node_place);
	replay(clock);
	*out = ent_take(&clock);
	return ENT_OK;
}

/* The officers whose keys were stopped before that place. */
static uint32_t
stopped_before(const struct key_clock *clock, const struct place *place)
{
	size_t low = 0, high = clock->mark_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_place(&clock->marks[middle].place, place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0 && clock->marks[low - 1].place.effect_unix_s == place->effect_unix_s &&
	    clock->marks[low - 1].place.host == place->host)
		return clock->marks[low - 1].stopped;
	for (low = 0, high = clock->second_count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (clock->seconds[middle].place.effect_unix_s < place->effect_unix_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? clock->seconds[low - 1].stopped : 0;
}

/* ---- questions ---- */

static const struct key_clock *
clock_of(const struct force *force, const struct reading *reading)
{
	size_t low = 0, high = force->clock_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)ent_force_clock_reading(force->clocks[middle]) < (uintptr_t)reading)
			low = middle + 1;
		else
			high = middle;
	}
	return low < force->clock_count && ent_force_clock_reading(force->clocks[low]) == reading ? force->clocks[low] : NULL;
}

static uint32_t
stopped_at(const struct force *force, const struct reading *reading, const struct place *place)
{
	const struct key_clock *clock = force->clock_count > 0 ? clock_of(force, reading) : NULL;

	return clock != NULL ? stopped_before(clock, place) : 0;
}

bool
ent_force_deed_signed(const struct force *force, const struct deed *deed)
{
	const struct place place = { deed->effect_unix_s, deed->log->log, deed->index };

	return enough(deed->signers, stopped_at(force, deed->log, &place), deed->needed);
}

/* A stop of an officer's key is counted without that officer (C-9). */
static uint32_t
may_sign(const struct stop *stop)
{
	size_t officer = stop->object == ENT_OBJECT_KEY ? ent_charter_officer(stop->deed.log->party, stop->key_name) : SIZE_MAX;

	return officer != SIZE_MAX ? ~(UINT32_C(1) << officer) : UINT32_MAX;
}

bool
ent_force_stop_place(const struct force *force, const struct stop *stop, struct place *place, uint32_t *signers)
{
	uint32_t may = may_sign(stop);

	for (const struct stop_copy *c = stop->copies; c != NULL; c = c->next) {
		*place = (struct place){ c->effect_unix_s, c->host, c->index };
		if (!is_there_narrowing(&force->when, c->effect_unix_s))
			continue;
		*signers = c->signers & may & ~stopped_at(force, stop->deed.log, place);
		if (enough(*signers, 0, stop->deed.needed))
			return true;
	}
	return false;
}

int64_t
ent_force_withdrawn_by(const struct force *force, const struct withdrawal *newest, const struct deed *deed)
{
	int64_t ends_unix_s = INT64_MAX;

	for (const struct withdrawal *w = newest; w != NULL; w = w->older) {
		int64_t at_unix_s = w->deed.index < deed->index ? INT64_MIN :
		    narrowing_time(&force->when, w->deed.effect_unix_s);

		if (!is_there_narrowing(&force->when, w->deed.effect_unix_s) || !ent_force_deed_signed(force, &w->deed))
			continue;
		if (force->span != NULL && w->deed.index >= deed->index)
			span_cut_narrowing(force->span, force->when.now_unix_s, w->deed.effect_unix_s);
		ends_unix_s = at_unix_s < ends_unix_s ? at_unix_s : ends_unix_s;
	}
	return ends_unix_s;
}

int64_t
ent_force_withdrawn_in(const struct force *force, const struct reading *reading, const struct deed *deed)
{
	return ent_force_withdrawn_by(force, ent_charter_list_newest(&reading->withdrawals, &deed->hash), deed);
}

/* ---- single questions, without clocks at hand ---- */

/* Without memory the answer is the one that opens nothing. */
static bool
single(struct force *force, struct key_clock **clock, const struct reading *reading)
{
	const struct clock_source source = { reading, INT64_MAX };
	struct ent_error ignored = { 0 };

	if (reading->officer_stop_count == 0)
		return true;
	if (ent_force_clock(clock, &force->when, &source, 1, &ignored) != ENT_OK)
		return false;
	force->clocks = clock;
	force->clock_count = 1;
	return true;
}

bool
ent_force_signed(const struct ent_charter *charter, const struct as_of *when, const struct deed *deed)
{
	struct force force = { .charter = charter, .when = *when };
	ENT_AUTO(key_clock) clock = NULL;
	const struct stop *stop = ent_charter_tree_get(&deed->log->stops, &deed->hash);
	struct place place;
	uint32_t signers;

	if (!single(&force, &clock, deed->log))
		return false;
	if (stop != NULL && &stop->deed == deed)
		return ent_force_stop_place(&force, stop, &place, &signers);
	return ent_force_deed_signed(&force, deed);
}

int64_t
ent_force_withdrawn(const struct ent_charter *charter, const struct as_of *when, const struct deed *deed)
{
	struct force force = { .charter = charter, .when = *when };
	ENT_AUTO(key_clock) clock = NULL;

	return single(&force, &clock, deed->log) ? ent_force_withdrawn_in(&force, deed->log, deed) : INT64_MIN;
}

bool
ent_force_stands(const struct ent_charter *charter, const struct as_of *when, const struct stop *stop)
{
	const struct resume *r = ent_charter_list_newest(&stop->deed.log->resumes, &stop->deed.hash);
	struct force force = { .charter = charter, .when = *when };
	ENT_AUTO(key_clock) clock = NULL;
	struct place place;
	uint32_t signers;

	if (!single(&force, &clock, stop->deed.log))
		return true;
	if (!ent_force_stop_place(&force, stop, &place, &signers))
		return false;
	for (; r != NULL; r = r->older)
		if (resume_is_there(&force, r) && ent_force_withdrawn_in(&force, stop->deed.log, &r->deed) == INT64_MAX)
			return false;
	return true;
}
