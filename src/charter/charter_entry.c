/*
 * Entries of statement logs. An entry that is not well formed, not signed by enough, out of date or otherwise wrong is
 * void: it takes its place in the log and nothing else, so that one member's rubbish never stops the others from reading on.
 */
#include "charter/charter_set.h"
#include "codec/time.h"

/* ---- signatures ---- */

/* Failures of ours, which say nothing about the entry. */
static bool
is_ours(enum ent_status status)
{
	return status == ENT_E_NO_MEMORY || status == ENT_E_INTERNAL || status == ENT_E_CRYPTO;
}

static enum ent_status
check_signatures(const struct ent_party *author, enum ent_act act, const struct ent_note *note, struct ent_error *err)
{
	size_t needed = ent_charter_act(act)->quorum ? author->quorum : 1, count = 0;
	bool good[ENT_LIMIT_OFFICERS] = { false };

	ENT_ASSERT(author->officer_count <= ENT_LIMIT_OFFICERS);
	ENT_TRY(ent_note_verify(note, author->officers, author->officer_count, good, &count, err));
	if (count < needed)
		return ent_fail(err, ENT_E_REFUSED, "a %s needs the signatures of %zu officers of %.*s, it has %zu",
		    ent_act_name(act), needed,
		    ENT_FMT(author->name), count);
	return ENT_OK;
}

/* ---- what a statement must say, whoever signed it ---- */

static enum ent_status
check_address(const struct ent_charter *charter, const struct ent_statement *s, const struct act_row *row,
    struct ent_error *err)
{
	if (!ent_hash_eq(&s->charter, &charter->genesis.hash))
		return ent_fail(err, ENT_E_REFUSED, "the statement is of another charter");
	if (row->timeless)
		return ENT_OK;
	if (s->epoch != charter_epoch(charter)->number || !ent_hash_eq(&s->epoch_hash, &charter->genesis.hash))
		return ent_fail(err, ENT_E_REFUSED,
		    "the statement names epoch %u by a hash that is not the epoch's here", s->epoch);
	return ENT_OK;
}

static enum ent_status
check_dates(const struct ent_statement *s, const struct act_row *row, int64_t effect_unix_s, struct ent_error *err)
{
	char first[ENT_TIME_TEXT_SIZE], last[ENT_TIME_TEXT_SIZE], effect[ENT_TIME_TEXT_SIZE];

	if (row->timeless)
		return ENT_OK;
	if (effect_unix_s >= s->time_unix_s - ENT_SKEW_S && effect_unix_s <= s->not_after_unix_s)
		return ENT_OK;
	ent_time_print(first, s->time_unix_s);
	ent_time_print(last, s->not_after_unix_s);
	ent_time_print(effect, effect_unix_s);
	return ent_fail(err, ENT_E_REFUSED, "the statement can take effect from %s to %s, and the time is %s", first,
	    last, effect);
}

/* What it says by itself, its dates and the act's own rules: is it of force? */
static enum ent_status
check_force(const struct ent_charter *charter, const struct member_log *log, const struct act_row *row,
    const struct judged *j, struct ent_error *err)
{
	ENT_TRY(ent_doc_check(j->doc, err));
	ENT_TRY(check_dates(j->statement, row, j->effect_unix_s, err));
	return row->check != NULL ? row->check(charter, log, j, err) : ENT_OK;
}

/* ---- taking in ---- */

static enum ent_status
note_stop(struct ent_charter *charter, const struct ent_hash *hash, struct ent_error *err)
{
	size_t at = charter->stop_count;
	void *room;

	if (charter->stops == NULL) {
		ENT_TRY(ent_arena_alloc(charter->arena, &room, ENT_LIMIT_VIEW_STOPS, sizeof(*charter->stops), err));
		charter->stops = room;
	}
	while (at > 0 && memcmp(&charter->stops[at - 1], hash, sizeof(*hash)) > 0)
		at--;
	if (at == ENT_LIMIT_VIEW_STOPS || (at > 0 && ent_hash_eq(&charter->stops[at - 1], hash)))
		return ENT_OK;
	if (charter->stop_count == ENT_LIMIT_VIEW_STOPS)
		charter->stop_count--;
	memmove(&charter->stops[at + 1], &charter->stops[at], (charter->stop_count - at) * sizeof(*charter->stops));
	charter->stops[at] = *hash;
	charter->stop_count++;
	return ENT_OK;
}

/* A valid statement that this version does not act on: narrowing must not be overlooked, so everything is refused. */
static enum ent_status
take_unenforced(struct ent_charter *charter, struct member_log *log, const struct judged *j, struct ent_error *err)
{
	if (j->statement->act == ENT_ACT_STOP)
		ENT_TRY(note_stop(charter, &j->doc->hash, err));
	if (log->unenforced != NULL)
		return ENT_OK;
	log->unenforced_index = j->index;
	return ent_arena_printf(log->arena, &log->unenforced, err, "statement %s %llu, a %s by %.*s", log->short_name,
	    (unsigned long long)j->index, ent_act_name(j->statement->act), ENT_FMT(j->statement->by));
}

/* The first sufficiently signed entry of a text is the one that counts, void or not. */
static enum ent_status
remember(struct member_log *log, const struct judged *j, struct ent_error *err)
{
	struct seen *seen;
	void *room;

	ENT_TRY(ent_arena_alloc(log->arena, &room, 1, sizeof(*seen), err));
	seen = room;
	seen->hash = j->doc->hash;
	seen->index = j->index;
	return ent_charter_tree_put(&log->texts, seen, err);
}

static enum ent_status
take_statement(struct ent_charter *charter, struct member_log *log, const struct act_row *row, const struct judged *j,
    bool void_, struct ent_error *err)
{
	if (!void_ && row->apply != NULL)
		ENT_TRY(row->apply(charter, log, j, err));
	else if (!void_)
		ENT_TRY(take_unenforced(charter, log, j, err));
	return remember(log, j, err);
}

static enum ent_status
take_alive(const struct ent_charter *charter, struct member_log *log, const struct ent_note *note,
    const struct ent_alive *alive,
    struct ent_error *err)
{
	struct ent_error why = { 0 };
	enum ent_status status;
	void *items = log->alives;

	if (alive->index != log->size || !ent_view_eq(alive->by, log->party->name) ||
	    !ent_hash_eq(&alive->charter, &charter->genesis.hash))
		return ENT_OK;
	if (log->alive_count > 0 && alive->time_unix_s < log->alives[log->alive_count - 1].time_unix_s)
		return ENT_OK; /* its times never decrease (charter section 7) */
	status = ent_note_verify_one(note, &log->party->statements_log, &why);
	if (status != ENT_OK)
		return is_ours(status) ? ent_fail(err, status, "%s", why.text) : ENT_OK;
	ENT_TRY(ent_arena_push(log->arena, &items, log->alive_count, &log->alive_cap, sizeof(*log->alives), err));
	log->alives = items;
	log->alives[log->alive_count++] = (struct alive_mark){ alive->time_unix_s, log->size };
	return ENT_OK;
}

/* Is the statement one of this log's author, or one that may stand in another's log, and signed by enough? */
static enum ent_status
judge_statement(struct judged *j, const struct ent_charter *charter, const struct member_log *log,
    const struct act_row *row,
    const struct ent_note *note, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;

	j->author = ent_charter_member_index(charter, s->by);
	if (j->author == SIZE_MAX)
		return ent_fail(err, ENT_E_REFUSED, "%.*s is not a member", ENT_FMT(s->by));
	if (&charter->logs[j->author] != log && !row->any_log)
		return ent_fail(err, ENT_E_REFUSED, "a %s by %.*s in the log of %.*s", ent_act_name(s->act),
		    ENT_FMT(s->by), ENT_FMT(log->party->name));
	ENT_TRY(check_address(charter, s, row, err));
	return check_signatures(charter->logs[j->author].party, s->act, note, err);
}

static enum ent_status
add_statement(struct ent_charter *charter, struct member_log *log, const struct ent_note *note, const struct ent_doc *doc,
    struct ent_error *err)
{
	const struct act_row *row = ent_charter_act(doc->statement.act);
	struct judged j = { .doc = doc, .statement = &doc->statement, .index = log->size };
	struct ent_error why = { 0 };
	enum ent_status status = judge_statement(&j, charter, log, row, note, &why);

	if (is_ours(status))
		return ent_fail(err, status, "%s", why.text);
	if (status != ENT_OK || ent_charter_tree_get(&log->texts, &doc->hash) != NULL)
		return ENT_OK;
	/* Entry 0 of a log is an alive: what stands before the first one has no time, so it is void for ever. */
	if (log->alive_count > 0)
		j.effect_unix_s = log->alives[log->alive_count - 1].time_unix_s;
	else if (!row->timeless)
		return take_statement(charter, log, row, &j, true, err);
	status = check_force(charter, log, row, &j, &why);
	if (is_ours(status))
		return ent_fail(err, status, "%s", why.text);
	return take_statement(charter, log, row, &j, status != ENT_OK, err);
}

static enum ent_status
add_note(struct ent_charter *charter, struct member_log *log, struct ent_view bytes, struct ent_error *err)
{
	ENT_AUTO(ent_arena) scratch = NULL;
	struct ent_error why = { 0 };
	struct ent_note note;
	struct ent_doc doc;
	enum ent_status status;

	ENT_TRY(ent_arena_new(&scratch, ENT_LIMIT_SCRATCH_BYTES, err));
	status = ent_note_parse(&note, scratch, bytes, &why);
	if (status == ENT_OK)
		status = ent_doc_parse(&doc, scratch, note.text, &why);
	if (is_ours(status))
		return ent_fail(err, status, "%s", why.text);
	if (status != ENT_OK)
		return ENT_OK;
	if (doc.kind == ENT_DOC_ALIVE)
		return take_alive(charter, log, &note, &doc.alive, err);
	return doc.kind == ENT_DOC_STATEMENT ? add_statement(charter, log, &note, &doc, err) : ENT_OK;
}

enum ent_status
ent_charter_add_entry(struct ent_charter *charter, struct ent_view party, uint64_t index, struct ent_view note,
    struct ent_error *err)
{
	size_t member = ent_charter_member_index(charter, party);
	struct member_log *log;

	if (member == SIZE_MAX)
		return ent_fail(err, ENT_E_INPUT, "%.*s is not a member: it has no statement log here", ENT_FMT(party));
	log = &charter->logs[member];
	if (index != log->size)
		return ent_fail(err, ENT_E_INPUT, "entry %llu of %s's statement log where %llu comes next",
		    (unsigned long long)index,
		    log->short_name, (unsigned long long)log->size);
	if (index >= ENT_LIMIT_LOG_ENTRIES)
		return ent_fail(err, ENT_E_LIMIT, "%s's statement log has more than %u entries", log->short_name,
		    ENT_LIMIT_LOG_ENTRIES);
	if (add_note(charter, log, note, err) != ENT_OK)
		return ent_error_context(err, "entry %llu of %s's statement log", (unsigned long long)index,
		    log->short_name);
	log->size++;
	charter->generation++;
	return ENT_OK;
}

/* ---- would it be accepted? ---- */

static enum ent_status
check_new(const struct member_log *log, const struct judged *j, struct ent_error *err)
{
	const struct seen *seen = ent_charter_tree_get(&log->texts, &j->doc->hash);

	if (seen != NULL)
		return ent_fail(err, ENT_E_EXISTS, "the statement is entry %s %llu already", log->short_name,
		    (unsigned long long)seen->index);
	return ENT_OK;
}

static enum ent_status
judge_submitted(const struct ent_charter *charter, struct ent_view bytes, int64_t now_unix_s, struct ent_error *err)
{
	ENT_AUTO(ent_arena) scratch = NULL;
	const struct member_log *log;
	const struct act_row *row;
	struct judged j = { .effect_unix_s = now_unix_s };
	struct ent_note note;
	struct ent_doc doc;
	size_t author;

	ENT_TRY(ent_arena_new(&scratch, ENT_LIMIT_SCRATCH_BYTES, err));
	ENT_TRY(ent_note_parse(&note, scratch, bytes, err));
	ENT_TRY(ent_doc_parse(&doc, scratch, note.text, err));
	if (doc.kind != ENT_DOC_STATEMENT)
		return ent_fail(err, ENT_E_REFUSED,
		    "only statements are submitted; the node writes its `alive` entries itself");
	row = ent_charter_act(doc.statement.act);
	author = ent_charter_member_index(charter, doc.statement.by);
	if (author == SIZE_MAX)
		return ent_fail(err, ENT_E_REFUSED, "%.*s is not a member", ENT_FMT(doc.statement.by));
	if (row->apply == NULL)
		return ent_fail(err, ENT_E_REFUSED, "this version does not act on a %s yet, so it is not accepted",
		    ent_act_name(doc.statement.act));
	log = &charter->logs[author];
	j.doc = &doc;
	j.statement = &doc.statement;
	j.index = log->size;
	ENT_TRY(judge_statement(&j, charter, log, row, &note, err));
	ENT_TRY(check_new(log, &j, err));
	ENT_TRY(check_force(charter, log, row, &j, err));
	return row->admit != NULL ? row->admit(charter, log, &j, err) : ENT_OK;
}

enum ent_status
ent_charter_admissible(const struct ent_charter *charter, struct ent_view self, struct ent_view note, int64_t now_unix_s,
    struct ent_error *err)
{
	struct ent_error why = { 0 };
	enum ent_status status = judge_submitted(charter, note, now_unix_s, &why);

	(void)self;
	if (status == ENT_OK)
		return ENT_OK;
	return ent_fail(err, is_ours(status) || status == ENT_E_EXISTS ? status : ENT_E_REFUSED, "%s", why.text);
}
