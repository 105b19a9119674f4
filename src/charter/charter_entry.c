/*
 * Entries of statement logs. An entry that is not well formed, not signed by enough, out of date or otherwise wrong is
 * void: it takes its place in the log and nothing else, so that one member's rubbish never stops the others from reading on.
 *
 * What a partner's entries mean is for its party proposals to say, which may come later: its notes are kept as they are.
 */
#include "charter/charter_set.h"

/* ---- notes ---- */

/* A note whose text is of the grammar. *readable false: it is nothing, whoever reads it. */
static enum ent_status
parse(bool *readable, struct ent_note *note, struct ent_doc *doc, struct ent_arena *scratch, struct ent_view bytes,
    struct ent_error *err)
{
	struct ent_error why = { 0 };
	enum ent_status status = ent_note_parse(note, scratch, bytes, &why);

	if (status == ENT_OK)
		status = ent_doc_parse(doc, scratch, note->text, &why);
	*readable = status == ENT_OK;
	return ent_charter_is_ours(status) ? ent_fail(err, status, "%s", why.text) : ENT_OK;
}

/* ---- one reading of its own log ---- */

static enum ent_status
take_alive(const struct ent_charter *charter, struct reading *reading, uint64_t index, const struct ent_note *note,
    const struct ent_alive *alive, struct ent_error *err)
{
	struct ent_error why = { 0 };
	enum ent_status status;
	void *items = reading->alives;

	if (alive->index != index || !ent_view_eq(alive->by, reading->party->name) ||
	    !ent_hash_eq(&alive->charter, &charter->genesis.hash) || alive->time_unix_s < ent_charter_reading_time(reading))
		return ENT_OK; /* its times never decrease (C-7) */
	status = ent_note_verify_one(note, &reading->party->statements_log, &why);
	if (status != ENT_OK)
		return ent_charter_is_ours(status) ? ent_fail(err, status, "%s", why.text) : ENT_OK;
	ENT_TRY(ent_arena_push(reading->arena, &items, reading->alive_count, &reading->alive_cap, sizeof(*reading->alives), err));
	reading->alives = items;
	reading->alives[reading->alive_count++] = (struct alive_mark){ alive->time_unix_s, index };
	return ENT_OK;
}

static enum ent_status
read_own(struct ent_charter *charter, struct reading *reading, uint64_t index, const struct ent_note *note,
    const struct ent_doc *doc, struct ent_error *err)
{
	struct judged j = { .doc = doc, .statement = &doc->statement, .author = reading, .host = reading->log, .index = index,
		.effect_unix_s = ent_charter_reading_time(reading) };

	if (doc->kind == ENT_DOC_ALIVE)
		return take_alive(charter, reading, index, note, &doc->alive, err);
	return ent_charter_take(charter, &j, note, err);
}

/* ---- stops in another member's log ---- */

static enum ent_status
read_heard(struct ent_charter *charter, struct reading *author, const struct kept_note *kept, const struct ent_note *note,
    const struct ent_doc *doc, struct ent_error *err)
{
	struct judged j = { .doc = doc, .statement = &doc->statement, .author = author, .host = kept->host, .index = kept->index,
		.effect_unix_s = kept->effect_unix_s };

	return ent_charter_take(charter, &j, note, err);
}

static const struct group *
party_proposals(const struct ent_charter *charter, struct ent_view name)
{
	struct ent_hash key;

	ent_charter_group_key(&key, ENT_PROPOSAL_PARTY, name, ENT_VIEW_NONE);
	return ent_charter_tree_get(&charter->group_tree, &key);
}

static enum ent_status
keep_heard(struct ent_charter *charter, const struct kept_note *heard, struct ent_view by, struct ent_error *err)
{
	struct ent_arena *arena = charter->logs[heard->host].arena;
	struct kept_note *kept;
	struct ent_hash name;
	void *room, *older;

	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*kept), err));
	kept = room;
	*kept = *heard;
	ENT_TRY(ent_arena_dup(arena, &kept->bytes, heard->bytes, err));
	ent_sha256(&name, by);
	ENT_TRY(ent_charter_list_push(&charter->heard, arena, &name, kept, &older, err));
	kept->older = older;
	return ENT_OK;
}

/* A stop by another party than the log's own: a member's, or, for each proposal of that name, a partner's. */
static enum ent_status
hear(struct ent_charter *charter, const struct kept_note *heard, const struct ent_note *note, const struct ent_doc *doc,
    struct ent_error *err)
{
	struct ent_view by = doc->statement.by;
	size_t member = ent_charter_member_index(charter, by);
	const struct group *group;

	if (!ent_charter_act(doc->statement.act)->any_log || !ent_hash_eq(&doc->statement.charter, &charter->genesis.hash))
		return ENT_OK;
	if (member != SIZE_MAX)
		return read_heard(charter, charter_member(charter, member), heard, note, doc, err);
	ENT_TRY(keep_heard(charter, heard, by, err));
	group = party_proposals(charter, by);
	for (size_t i = 0; group != NULL && i < group->target_count; i++)
		ENT_TRY(read_heard(charter, group->targets[i]->reading, heard, note, doc, err));
	return ENT_OK;
}

/* ---- what is read again ---- */

static enum ent_status
read_again_own(struct ent_charter *charter, struct reading *reading, const struct kept_note *kept, struct ent_error *err)
{
	ENT_AUTO(ent_arena) scratch = NULL;
	struct ent_note note;
	struct ent_doc doc;
	bool readable;

	ENT_TRY(ent_arena_new(&scratch, ENT_LIMIT_SCRATCH_BYTES, err));
	ENT_TRY(parse(&readable, &note, &doc, scratch, kept->bytes, err));
	return readable ? read_own(charter, reading, kept->index, &note, &doc, err) : ENT_OK;
}

static enum ent_status
read_again_heard(struct ent_charter *charter, struct reading *author, const struct kept_note *kept, struct ent_error *err)
{
	ENT_AUTO(ent_arena) scratch = NULL;
	struct ent_note note;
	struct ent_doc doc;
	bool readable;

	ENT_TRY(ent_arena_new(&scratch, ENT_LIMIT_SCRATCH_BYTES, err));
	ENT_TRY(parse(&readable, &note, &doc, scratch, kept->bytes, err));
	return readable ? read_heard(charter, author, kept, &note, &doc, err) : ENT_OK;
}

enum ent_status
ent_charter_reading_attach(struct ent_charter *charter, struct reading *reading, size_t index, struct ent_error *err)
{
	struct party_log *log = &charter->logs[index];
	void *items = log->readings;

	if (!ent_view_eq(reading->party->statements_log.line, log->log_key.line))
		return ENT_OK; /* a party of that name with another log: it is not this one (C-56) */
	ENT_TRY(ent_arena_push(log->arena, &items, log->reading_count, &log->reading_cap, sizeof(*log->readings), err));
	log->readings = items;
	log->readings[log->reading_count++] = reading;
	reading->log = index;
	for (size_t i = 0; i < log->note_count; i++)
		ENT_TRY(read_again_own(charter, reading, &log->notes[i], err));
	return ENT_OK;
}

enum ent_status
ent_charter_read_again(struct ent_charter *charter, const struct target *party_proposal, struct ent_error *err)
{
	struct ent_view name = party_proposal->reading->party->name;
	size_t log = ent_charter_log_index(charter, name);
	struct ent_hash key;

	ent_sha256(&key, name);
	for (const struct kept_note *kept = ent_charter_list_newest(&charter->heard, &key); kept != NULL; kept = kept->older)
		ENT_TRY(read_again_heard(charter, party_proposal->reading, kept, err));
	return log != SIZE_MAX ? ent_charter_reading_attach(charter, party_proposal->reading, log, err) : ENT_OK;
}

/* ---- the next entry ---- */

static enum ent_status
keep_note(struct party_log *log, struct ent_view bytes, struct ent_error *err)
{
	struct kept_note kept = { .index = log->size };
	void *items = log->notes;

	ENT_TRY(ent_arena_dup(log->arena, &kept.bytes, bytes, err));
	ENT_TRY(ent_arena_push(log->arena, &items, log->note_count, &log->note_cap, sizeof(kept), err));
	log->notes = items;
	log->notes[log->note_count++] = kept;
	return ENT_OK;
}

static enum ent_status
add_note(struct ent_charter *charter, size_t index, struct ent_view bytes, struct ent_error *err)
{
	struct party_log *log = &charter->logs[index];
	ENT_AUTO(ent_arena) scratch = NULL;
	struct ent_note note;
	struct ent_doc doc;
	struct kept_note heard = { .bytes = bytes, .index = log->size, .host = index };
	bool readable;

	ENT_TRY(ent_arena_new(&scratch, ENT_LIMIT_SCRATCH_BYTES, err));
	ENT_TRY(parse(&readable, &note, &doc, scratch, bytes, err));
	if (!readable || (doc.kind != ENT_DOC_ALIVE && doc.kind != ENT_DOC_STATEMENT))
		return ENT_OK;
	if (!ent_view_eq(doc.kind == ENT_DOC_ALIVE ? doc.alive.by : doc.statement.by, log->name)) {
		if (doc.kind == ENT_DOC_ALIVE || log->partner)
			return ENT_OK; /* only a member's log may hold what others say, and only their stops (C-8) */
		heard.effect_unix_s = ent_charter_reading_time(log->readings[0]);
		return hear(charter, &heard, &note, &doc, err);
	}
	if (log->partner)
		ENT_TRY(keep_note(log, bytes, err));
	for (size_t i = 0; i < log->reading_count; i++)
		ENT_TRY(read_own(charter, log->readings[i], log->size, &note, &doc, err));
	return ENT_OK;
}

enum ent_status
ent_charter_add_entry(struct ent_charter *charter, struct ent_view party, uint64_t index, struct ent_view note,
    struct ent_error *err)
{
	size_t at = ent_charter_log_index(charter, party);
	struct party_log *log;

	if (at == SIZE_MAX)
		return ent_fail(err, ENT_E_INPUT, "%.*s has no statement log here: it is no member, and not followed", ENT_FMT(party));
	log = &charter->logs[at];
	if (index != log->size)
		return ent_fail(err, ENT_E_INPUT, "entry %llu of %s's statement log where %llu comes next",
		    (unsigned long long)index, log->short_name, (unsigned long long)log->size);
	if (index >= ENT_LIMIT_LOG_ENTRIES)
		return ent_fail(err, ENT_E_LIMIT, "%s's statement log has more than %u entries", log->short_name,
		    ENT_LIMIT_LOG_ENTRIES);
	charter->generation++; /* first: what the entry changes is marked with its number */
	log->changed = charter->generation;
	if (add_note(charter, at, note, err) != ENT_OK)
		return ent_error_context(err, "entry %llu of %s's statement log", (unsigned long long)index, log->short_name);
	log->size++;
	return ENT_OK;
}
