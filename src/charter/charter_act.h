/* What the charter_act*.c share: the functions in the rows of the table of acts, and what they mark and fill alike. */
#ifndef ENT_CHARTER_CHARTER_ACT_H
#define ENT_CHARTER_CHARTER_ACT_H

#include "charter/charter_set.h"

#define ACT_CHECK(name)                                                                                                 \
	ENT_MUST_USE enum ent_status ent_act_check_##name(const struct ent_charter *charter, const struct judged *j,    \
	    struct ent_error *err)
#define ACT_APPLY(name)                                                                                                 \
	ENT_MUST_USE enum ent_status ent_act_apply_##name(struct ent_charter *charter, const struct judged *j,          \
	    struct ent_error *err)
#define ACT_ADMIT(name)                                                                                                 \
	ENT_MUST_USE enum ent_status ent_act_admit_##name(const struct ent_charter *charter, const struct judged *j,    \
	    int64_t now_unix_s, struct ent_error *err)

/* charter_act_key.c */
ACT_CHECK(key);
ACT_APPLY(key);
ACT_ADMIT(key);
ACT_CHECK(issuer_key);
ACT_APPLY(issuer_key);
ACT_ADMIT(issuer_key);
ACT_APPLY(key_end);
ACT_ADMIT(key_end);

/* charter_act_stop.c */
ACT_CHECK(stop);
ACT_APPLY(stop);
ACT_ADMIT(stop);
ACT_APPLY(resume);
ACT_ADMIT(resume);

/* Did this party publish that kid in its log, of force now or not? */
bool ent_act_published(const struct ent_charter *charter, const struct reading *author, struct ent_view kid);

/* Is this that key's name and id? */
static inline bool
ent_act_names_key(const struct ent_vkey *key, struct ent_view key_name)
{
	/* A key's line begins with both. */
	return key->name.len > 0 && ent_view_eq(key_name, ent_view_slice(key->line, 0, key->name.len + sizeof("+12345678") - 1));
}

static inline bool
is_members(const struct reading *reading)
{
	return reading->proposal == NULL;
}

static inline struct deed
deed_of(const struct judged *j)
{
	return (struct deed){ .hash = j->doc->hash, .log = j->author, .index = j->index, .effect_unix_s = j->effect_unix_s,
		.signers = j->signers, .needed = j->needed };
}

/*
 * For questions about what is submitted. Of another party's stop: later than all that its own log says by then.
 */
static inline struct deed
question_of(const struct judged *j)
{
	struct deed deed = deed_of(j);

	if (j->host != j->author->log)
		deed.index = UINT64_MAX;
	return deed;
}

/* Which keys signed may be another answer now: only a member's consents are at stake. */
static inline void
mark_officers(struct ent_charter *charter, const struct reading *author)
{
	if (is_members(author))
		charter->upheaval = charter->generation;
	charter->keys_changed = charter->generation;
	charter->stops_changed = charter->generation;
	charter->parts_changed = charter->generation;
}

#endif
