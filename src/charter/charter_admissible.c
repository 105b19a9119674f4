/*
 * Would a note be accepted as the next entry of this node's own log? Everything that derive would hold against it, and what
 * only submission asks (C-69, C-70): the node says why instead of keeping what has no effect.
 */
#include "charter/charter_act.h"

static const char NEW_TEXT[] = "write it again with a new `time`, and have that signed";

/* Now, or the log's newest `alive` if that is ahead: a log's times never decrease. */
static int64_t
effect_now(const struct reading *host, int64_t now_unix_s)
{
	int64_t newest_unix_s = ent_charter_reading_time(host);

	return newest_unix_s > now_unix_s ? newest_unix_s : now_unix_s;
}

/* ---- is it new? ---- */

/*
 * One that is known but does not stand is not in the way: whether it was resumed is asked below, and if its copies were
 * signed with stopped keys (C-62), one that is signed better counts.
 */
static enum ent_status
check_new_stop(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct stop *stop = ent_charter_tree_get(&j->author->stops, &j->doc->hash);
	const struct as_of when = { .now_unix_s = now_unix_s };

	if (stop == NULL || !ent_force_stands(charter, &when, stop))
		return ENT_OK;
	return ent_fail(err, ENT_E_EXISTS, "the stop is entry %s %llu already", charter->logs[stop->copies->host].short_name,
	    (unsigned long long)stop->copies->index);
}

static enum ent_status
check_new(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const char *log = charter->logs[j->host].short_name;
	const struct seen *seen;

	if (j->statement->act == ENT_ACT_STOP)
		return check_new_stop(charter, j, now_unix_s, err);
	seen = ent_charter_tree_get(&j->author->texts, &j->doc->hash);
	if (seen == NULL)
		return ENT_OK;
	if (seen->voided)
		return ent_fail(err, ENT_E_REFUSED, "the statement is entry %s %llu already, where it was void, and the first entry of a text "
		    "decides: %s", log, (unsigned long long)seen->index, NEW_TEXT);
	return ent_fail(err, ENT_E_EXISTS, "the statement is entry %s %llu already", log, (unsigned long long)seen->index);
}

/* ---- one reading's answer ---- */

static enum ent_status
check_officers_keys(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct as_of when = { .now_unix_s = now_unix_s };
	const struct deed deed = question_of(j);

	if (ent_force_signed(charter, &when, &deed))
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "the keys of officers who signed it are stopped, and without them %u are too few: "
	    "others must sign, or a quorum resumes those keys", j->needed);
}

/* Its officer withdrew it before it came: it would be void for ever (C-53), and its bearer is told so. No withdrawal touches a stop. */
static enum ent_status
check_not_withdrawn(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct as_of when = { .now_unix_s = now_unix_s };
	const struct deed deed = question_of(j);

	if (j->statement->act == ENT_ACT_STOP || ent_force_withdrawn(charter, &when, &deed) != INT64_MIN)
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "it was withdrawn before it was entered, so it is void for ever: %s", NEW_TEXT);
}

static enum ent_status
admit(const struct ent_charter *charter, struct judged *j, const struct ent_note *note, int64_t now_unix_s, struct ent_error *err)
{
	const struct act_row *row = ent_charter_act(j->statement->act);

	ENT_TRY(ent_charter_judge(j, charter, note, err));
	ENT_TRY(check_new(charter, j, now_unix_s, err));
	ENT_TRY(ent_charter_check(charter, j, err));
	ENT_TRY(check_officers_keys(charter, j, now_unix_s, err));
	ENT_TRY(check_not_withdrawn(charter, j, now_unix_s, err));
	return row->admit != NULL ? row->admit(charter, j, now_unix_s, err) : ENT_OK;
}

/*
 * A partner's statement is accepted if one of its party proposals would take it: which of them will hold the name is for
 * the members to say, and until one does its statements have no effect anyway (C-55).
 */
static enum ent_status
admit_any(const struct ent_charter *charter, struct judged *j, struct reading *const *readings, size_t count,
    const struct ent_note *note, int64_t now_unix_s, struct ent_error *err)
{
	enum ent_status status = ENT_E_REFUSED;

	for (size_t i = 0; i < count; i++) {
		j->author = readings[i];
		ent_error_clear(err);
		status = admit(charter, j, note, now_unix_s, err);
		if (status == ENT_OK || status == ENT_E_EXISTS || ent_charter_is_ours(status))
			break;
	}
	return status;
}

/* ---- whose statement, in whose log ---- */

static enum ent_status
admit_own(const struct ent_charter *charter, size_t self, struct judged *j, const struct ent_note *note, int64_t now_unix_s,
    struct ent_error *err)
{
	const struct party_log *log = &charter->logs[self];

	if (log->reading_count == 0)
		return ent_fail(err, ENT_E_REFUSED, "no proposal of party %.*s with this log's key is known here, so nobody knows its "
		    "officers: propose it first", ENT_FMT(log->name));
	j->effect_unix_s = effect_now(log->readings[0], now_unix_s);
	return admit_any(charter, j, log->readings, log->reading_count, note, now_unix_s, err);
}

/* A stop by a partner: each proposal of its name may know the officer. */
static enum ent_status
admit_partners_stop(const struct ent_charter *charter, struct judged *j, const struct ent_note *note, int64_t now_unix_s,
    struct ent_error *err)
{
	enum ent_status status = ENT_E_REFUSED;
	const struct group *group;
	struct ent_hash key;

	ent_charter_group_key(&key, ENT_PROPOSAL_PARTY, j->statement->by, ENT_VIEW_NONE);
	group = ent_charter_tree_get(&charter->group_tree, &key);
	if (group == NULL)
		return ent_fail(err, ENT_E_REFUSED, "%.*s is no member, and no proposal of such a party is known here",
		    ENT_FMT(j->statement->by));
	for (size_t i = 0; i < group->target_count; i++) {
		struct reading *const reading = group->targets[i]->reading;

		ent_error_clear(err);
		status = admit_any(charter, j, &reading, 1, note, now_unix_s, err);
		if (status == ENT_OK || status == ENT_E_EXISTS || ent_charter_is_ours(status))
			break;
	}
	return status;
}

static enum ent_status
admit_heard(const struct ent_charter *charter, size_t self, struct judged *j, const struct ent_note *note, int64_t now_unix_s,
    struct ent_error *err)
{
	size_t member = ent_charter_member_index(charter, j->statement->by);
	struct reading *reading;

	if (!ent_charter_act(j->statement->act)->any_log)
		return ent_fail(err, ENT_E_REFUSED, "this is a %s by %.*s, and only stops are taken from other parties: submit it to that "
		    "party's node", ent_act_name(j->statement->act), ENT_FMT(j->statement->by));
	if (charter->logs[self].partner)
		return ent_fail(err, ENT_E_REFUSED, "the log of %.*s, which is no member, holds its own statements only: submit this stop to a "
		    "member's node", ENT_FMT(charter->logs[self].name));
	j->effect_unix_s = effect_now(charter_member(charter, self), now_unix_s);
	if (member == SIZE_MAX)
		return admit_partners_stop(charter, j, note, now_unix_s, err);
	reading = charter_member(charter, member);
	return admit_any(charter, j, &reading, 1, note, now_unix_s, err);
}

static enum ent_status
judge_submitted(const struct ent_charter *charter, struct ent_view self, struct ent_view bytes, int64_t now_unix_s,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) scratch = NULL;
	size_t log = ent_charter_log_index(charter, self);
	struct ent_note note;
	struct ent_doc doc;
	struct judged j;

	ENT_TRY(ent_arena_new(&scratch, ENT_LIMIT_SCRATCH_BYTES, err));
	ENT_TRY(ent_note_parse(&note, scratch, bytes, err));
	ENT_TRY(ent_doc_parse(&doc, scratch, note.text, err));
	if (doc.kind != ENT_DOC_STATEMENT)
		return ent_fail(err, ENT_E_REFUSED,
		    "only statements are submitted; the node writes its `alive` entries itself");
	if (log == SIZE_MAX)
		return ent_fail(err, ENT_E_REFUSED, "%.*s has no statement log here: it is no member, and its own log is not followed yet",
		    ENT_FMT(self));
	if (ent_charter_act(doc.statement.act)->apply == NULL)
		return ent_fail(err, ENT_E_REFUSED, "this version does not act on a %s yet, so it is not accepted",
		    ent_act_name(doc.statement.act));
	j = (struct judged){ .doc = &doc, .statement = &doc.statement, .host = log, .index = charter->logs[log].size };
	if (ent_view_eq(doc.statement.by, self))
		return admit_own(charter, log, &j, &note, now_unix_s, err);
	return admit_heard(charter, log, &j, &note, now_unix_s, err);
}

enum ent_status
ent_charter_admissible(const struct ent_charter *charter, struct ent_view self, struct ent_view note, int64_t now_unix_s,
    struct ent_error *err)
{
	struct ent_error why = { 0 };
	enum ent_status status = judge_submitted(charter, self, note, now_unix_s, &why);

	if (status == ENT_OK)
		return ENT_OK;
	return ent_fail(err, ent_charter_is_ours(status) || status == ENT_E_EXISTS ? status : ENT_E_REFUSED, "%s", why.text);
}
