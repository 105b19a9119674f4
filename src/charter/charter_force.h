/*
 * What is of force in one party's log: signatures by keys that were not stopped (C-62), withdrawals (C-53), stops (C-61).
 * Inside of src/charter; callers with many questions make one `struct force` and keep its clocks.
 */
#ifndef ENT_CHARTER_CHARTER_FORCE_H
#define ENT_CHARTER_CHARTER_FORCE_H

#include "charter/charter_set.h"

/* The times at which an answer is the same: from is in it, until is not. */
struct span {
	int64_t from_unix_s, until_unix_s;
};
static inline struct span
span_always(void)
{
	return (struct span){ INT64_MIN, INT64_MAX };
}
static inline bool
span_holds(const struct span *span, int64_t now_unix_s)
{
	return span->from_unix_s <= now_unix_s && now_unix_s < span->until_unix_s;
}
/* Something changes when now comes to that time. */
static inline void
span_cut(struct span *span, int64_t now_unix_s, int64_t at_unix_s)
{
	if (at_unix_s <= now_unix_s)
		span->from_unix_s = at_unix_s > span->from_unix_s ? at_unix_s : span->from_unix_s;
	else
		span->until_unix_s = at_unix_s < span->until_unix_s ? at_unix_s : span->until_unix_s;
}
/* Something changes when the horizon comes to that time. */
static inline void
span_cut_horizon(struct span *span, int64_t now_unix_s, int64_t effect_unix_s)
{
	if (effect_unix_s >= INT64_MIN + ENT_SKEW_S)
		span_cut(span, now_unix_s, effect_unix_s - ENT_SKEW_S);
}
/* A time that is never later than now (C-51): until it is reached it is now, whenever that is. */
static inline void
span_cut_narrowing(struct span *span, int64_t now_unix_s, int64_t effect_unix_s)
{
	if (effect_unix_s > now_unix_s) {
		span->from_unix_s = now_unix_s;
		span->until_unix_s = now_unix_s + 1;
	} else {
		span_cut(span, now_unix_s, effect_unix_s);
	}
}
static inline void
span_meet(struct span *span, const struct span *other)
{
	span->from_unix_s = other->from_unix_s > span->from_unix_s ? other->from_unix_s : span->from_unix_s;
	span->until_unix_s = other->until_unix_s < span->until_unix_s ? other->until_unix_s : span->until_unix_s;
}

/* Where an entry stands, for "before" (C-52). */
struct place {
	int64_t effect_unix_s;
	size_t host; /* index of the log */
	uint64_t index;
};

/* When which officers' keys of one reading were stopped. */
struct key_clock;
void key_clock_free(struct key_clock *clock);
ENT_DEFINE_AUTO(key_clock)
/* A reading whose stops count, and whose resumes do that took effect before (C-55). */
struct clock_source {
	const struct reading *reading;
	int64_t until_unix_s;
};
/* For the first of them; the others are the party's other readings: a key's stop under one silences it under all (C-62). */
ENT_MUST_USE enum ent_status ent_force_clock(struct key_clock **out, const struct as_of *when, const struct clock_source *sources,
    size_t count, struct ent_error *err);
const struct span *ent_force_clock_span(const struct key_clock *clock);
const struct reading *ent_force_clock_reading(const struct key_clock *clock);

struct force {
	const struct ent_charter *charter;
	struct as_of when;
	struct key_clock **clocks; /* of the readings that have stops of officers' keys, sorted by the reading's address */
	size_t clock_count;
	struct span *span;         /* NULL, or cut at each time at which an answer may change */
};

/* As ent_force_signed(), _withdrawn(), _stands() with clocks at hand. */
bool ent_force_deed_signed(const struct force *force, const struct deed *deed);
/* The place from which a stop is there, signed; false: it is not. *signers: who signed it there and counts. */
bool ent_force_stop_place(const struct force *force, const struct stop *stop, struct place *place, uint32_t *signers);
/* By the withdrawals that name it, from the newest on. */
int64_t ent_force_withdrawn_by(const struct force *force, const struct withdrawal *newest, const struct deed *deed);
/* By the withdrawals in `reading`, which is of the deed's log. */
int64_t ent_force_withdrawn_in(const struct force *force, const struct reading *reading, const struct deed *deed);
/* A resume that is there and signed; whether it was withdrawn, and whether its reading counts, is the caller's question. */
static inline bool
resume_is_there(const struct force *force, const struct resume *resume)
{
	if (force->span != NULL)
		span_cut_horizon(force->span, force->when.now_unix_s, resume->deed.effect_unix_s);
	return is_there(&force->when, resume->deed.effect_unix_s) && ent_force_deed_signed(force, &resume->deed);
}
/* The effect of what narrows is never later than now (C-51). */
static inline int64_t
narrowing_time(const struct as_of *when, int64_t effect_unix_s)
{
	return effect_unix_s < when->now_unix_s ? effect_unix_s : when->now_unix_s;
}

#endif
