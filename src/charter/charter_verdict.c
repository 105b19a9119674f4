/* What is held against an entry that stands in a log: for those who read the logs as a history. Derive itself asks other questions. */
#include "charter/charter_set.h"

/* The log's time at that place: the newest `alive` before it. */
static int64_t
time_at(const struct reading *reading, uint64_t index)
{
	size_t low = 0, high = reading->alive_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reading->alives[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? reading->alives[low - 1].time_unix_s : ENT_ALWAYS;
}

/* A text decides where it stands first (C-11); a stop may stand anywhere and counts from its earliest copy (C-52). */
static enum ent_status
check_first(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct seen *seen = ent_charter_tree_get(&j->author->texts, &j->doc->hash);

	if (j->statement->act == ENT_ACT_STOP || seen == NULL || seen->index == j->index)
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "it repeats %s %llu: the first entry of a text decides", charter->logs[j->host].short_name,
	    (unsigned long long)seen->index);
}

static enum ent_status
check_force(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct as_of when = { .now_unix_s = now_unix_s };
	const struct deed deed = { .hash = j->doc->hash, .log = j->author, .index = j->index, .effect_unix_s = j->effect_unix_s,
		.signers = j->signers, .needed = j->needed };

	if (j->statement->act == ENT_ACT_STOP) {
		const struct stop *stop = ent_charter_tree_get(&j->author->stops, &j->doc->hash);

		if (stop == NULL || ent_force_signed(charter, &when, &stop->deed))
			return ENT_OK;
	} else if (ent_force_signed(charter, &when, &deed)) {
		return ent_force_withdrawn(charter, &when, &deed) != ENT_ALWAYS ? ENT_OK :
		    ent_fail(err, ENT_E_REFUSED, "it was withdrawn before it was entered (C-53)");
	}
	return ent_fail(err, ENT_E_REFUSED, "the keys of officers who signed it were stopped, and without them %u are too few (C-62)", j->needed);
}

static enum ent_status
judge(struct judged *j, const struct ent_charter *charter, const struct ent_note *note, int64_t now_unix_s, struct ent_error *err)
{
	ENT_TRY(ent_charter_judge(j, charter, note, err));
	ENT_TRY(check_first(charter, j, err));
	ENT_TRY(ent_charter_check(charter, j, err));
	return check_force(charter, j, now_unix_s, err);
}

/* Of a partner's proposals, the one that takes it; if none does, what the last says. */
static enum ent_status
judge_any(struct judged *j, const struct ent_charter *charter, struct reading *const *readings, size_t count, const struct ent_note *note,
    int64_t now_unix_s, struct ent_error *err)
{
	enum ent_status status = ENT_E_REFUSED;

	for (size_t i = 0; i < count && status != ENT_OK; i++) {
		if (readings[i] == NULL)
			continue;
		j->author = readings[i];
		ent_error_clear(err);
		status = judge(j, charter, note, now_unix_s, err);
	}
	return status != ENT_OK && err != NULL && err->code == ENT_OK ?
	    ent_fail(err, ENT_E_REFUSED, "no party proposal says who the officers of %.*s are", ENT_FMT(j->statement->by)) : status;
}

/* Only a stop may stand in another's log (C-8): there it is heard. */
static enum ent_status
judge_heard(struct judged *j, const struct ent_charter *charter, const struct ent_note *note, int64_t now_unix_s, struct ent_error *err)
{
	size_t member = ent_charter_member_index(charter, j->statement->by);
	struct reading *readings[ENT_LIMIT_PARTNERS] = { NULL };
	const struct group *group;
	struct ent_hash key;
	size_t count = 0;

	if (j->statement->act != ENT_ACT_STOP || charter->logs[j->host].partner)
		return ent_fail(err, ENT_E_REFUSED, "it is a statement of %.*s, which has a log of its own", ENT_FMT(j->statement->by));
	if (member != SIZE_MAX)
		return judge_any(j, charter, charter->logs[member].readings, 1, note, now_unix_s, err);
	ent_charter_group_key(&key, ENT_PROPOSAL_PARTY, j->statement->by, ENT_VIEW_NONE);
	group = ent_charter_tree_get(&charter->group_tree, &key);
	for (size_t i = 0; group != NULL && i < group->target_count && count < ENT_COUNT(readings); i++)
		readings[count++] = group->targets[i]->reading;
	return judge_any(j, charter, readings, count, note, now_unix_s, err);
}

static enum ent_status
name_signers(const struct judged *j, struct ent_buf *officers, struct ent_error *err)
{
	for (size_t i = 0; j->author != NULL && i < j->author->party->officer_count; i++) {
		struct ent_view name = j->author->party->officers[i].name;

		if ((j->signers >> i & 1) != 0)
			ENT_TRY(ent_buf_printf(officers, err, "%s%.*s", officers->len > 0 ? ", " : "",
			    ENT_FMT(ent_view_slice(name, ent_view_rfind(name, '/') + 1, name.len))));
	}
	return ENT_OK;
}

enum ent_status
ent_charter_verdict(const struct ent_charter *charter, struct ent_view party, uint64_t index, const struct ent_note *note,
    const struct ent_doc *statement, int64_t now_unix_s, struct ent_buf *officers, struct ent_error *err)
{
	struct judged j = { .doc = statement, .statement = &statement->statement, .host = ent_charter_log_index(charter, party), .index = index };
	const struct party_log *log;
	struct ent_error why = { 0 };
	enum ent_status status;

	ENT_ASSERT(statement->kind == ENT_DOC_STATEMENT);
	if (j.host == SIZE_MAX || charter->logs[j.host].reading_count == 0)
		return ent_fail(err, ENT_E_REFUSED, "the log of %.*s is not followed here", ENT_FMT(party));
	log = &charter->logs[j.host];
	j.effect_unix_s = time_at(log->readings[0], index);
	if (ent_view_eq(j.statement->by, party))
		status = judge_any(&j, charter, log->readings, log->reading_count, note, now_unix_s, &why);
	else
		status = judge_heard(&j, charter, note, now_unix_s, &why);
	ENT_TRY(name_signers(&j, officers, err));
	return status == ENT_OK ? ENT_OK : ent_fail(err, status, "%s", why.text);
}
