/*
 * One reading of one log: whose officers count, who of them signed, and whether a statement is of force as far as its own
 * log says. A member's log has one; a partner's has one for each party proposal of its name and log key (C-54).
 */
#include "charter/charter_act.h"

#include <search.h>

#include "codec/time.h"

enum ent_status
ent_charter_reading_new(struct reading **out, const struct ent_party *party, const struct target *proposal, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct reading *reading;
	void *room;

	ENT_ASSERT(party->officer_count <= ENT_LIMIT_OFFICERS);
	ENT_TRY(ent_arena_new(&arena, ENT_LIMIT_CHARTER_BYTES, err));
	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*reading), err));
	reading = room;
	reading->party = party;
	reading->proposal = proposal;
	reading->log = SIZE_MAX;
	reading->arena = ent_take(&arena);
	*out = reading;
	return ENT_OK;
}

static void
keep(void *item)
{
	(void)item; /* items live in arenas */
}

void
ent_charter_reading_free(struct reading *reading)
{
	if (reading == NULL)
		return;
	tdestroy(reading->texts, keep);
	tdestroy(reading->kids, keep);
	tdestroy(reading->key_claims, keep);
	tdestroy(reading->stops, keep);
	tdestroy(reading->stop_targets, keep);
	tdestroy(reading->resumes, keep);
	tdestroy(reading->withdrawals, keep);
	tdestroy(reading->accreditations, keep);
	tdestroy(reading->key_ends, keep);
	ent_arena_free(reading->arena); /* the reading itself is in it */
}

int64_t
ent_charter_reading_time(const struct reading *reading)
{
	return reading->alive_count > 0 ? reading->alives[reading->alive_count - 1].time_unix_s : ENT_ALWAYS;
}

bool
ent_charter_is_ours(enum ent_status status)
{
	return status == ENT_E_NO_MEMORY || status == ENT_E_INTERNAL || status == ENT_E_CRYPTO;
}

size_t
ent_charter_officer(const struct ent_party *party, struct ent_view key_name)
{
	for (size_t i = 0; i < party->officer_count; i++)
		if (ent_act_names_key(&party->officers[i], key_name))
			return i;
	return SIZE_MAX;
}

/* ---- signatures ---- */

/* Which officers signed it, but one. His line is of no key that may sign this text, so it is not looked at (C-2). */
static enum ent_status
find_signers(uint32_t *signers, const struct ent_party *author, size_t but, const struct ent_note *note, struct ent_error *err)
{
	size_t count = author->officer_count, split = but < count ? but : count, ignored;
	bool good[ENT_LIMIT_OFFICERS] = { false };

	ENT_TRY(ent_note_verify(note, author->officers, split, good, &ignored, err));
	if (split < count)
		ENT_TRY(ent_note_verify(note, &author->officers[split + 1], count - split - 1, &good[split + 1], &ignored, err));
	*signers = 0;
	for (size_t i = 0; i < count; i++)
		*signers |= (uint32_t)good[i] << i;
	return ENT_OK;
}

/* No officer has a say about his own key's stop (C-9). */
static size_t
who_may_not(const struct judged *j)
{
	if (j->statement->act != ENT_ACT_STOP || j->statement->object != ENT_OBJECT_KEY)
		return SIZE_MAX;
	return ent_charter_officer(j->author->party, j->statement->key_name);
}

static enum ent_status
check_address(const struct ent_charter *charter, const struct ent_statement *s, const struct act_row *row, struct ent_error *err)
{
	if (!ent_hash_eq(&s->charter, &charter->genesis.hash))
		return ent_fail(err, ENT_E_REFUSED, "the statement is of another charter");
	if (row->timeless)
		return ENT_OK;
	if (s->epoch != charter_epoch(charter)->number || !ent_hash_eq(&s->epoch_hash, &charter->genesis.hash))
		return ent_fail(err, ENT_E_REFUSED, "the statement names epoch %u by a hash that is not the epoch's here", s->epoch);
	return ENT_OK;
}

enum ent_status
ent_charter_judge(struct judged *j, const struct ent_charter *charter, const struct ent_note *note, struct ent_error *err)
{
	const struct act_row *row = ent_charter_act(j->statement->act);
	const struct ent_party *party = j->author->party;
	size_t but = who_may_not(j);
	uint32_t count;

	ENT_TRY(check_address(charter, j->statement, row, err));
	ENT_TRY(find_signers(&j->signers, party, but, note, err));
	j->needed = row->needed(party, j->statement);
	count = (uint32_t)__builtin_popcount(j->signers);
	if (count >= j->needed)
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "`%.*s` needs the signatures of %u officers of %.*s%s, it has %u",
	    ENT_FMT(ent_view_slice(j->statement->act_line, 0, 80)), j->needed, ENT_FMT(party->name),
	    but != SIZE_MAX ? " other than the one whose key it stops" : "", count);
}

/* ---- of force? ---- */

static enum ent_status
check_dates(const struct judged *j, struct ent_error *err)
{
	char first[ENT_TIME_TEXT_SIZE], last[ENT_TIME_TEXT_SIZE], effect[ENT_TIME_TEXT_SIZE];
	const struct ent_statement *s = j->statement;

	if (ent_charter_act(s->act)->timeless)
		return ENT_OK;
	if (j->effect_unix_s == ENT_ALWAYS)
		return ent_fail(err, ENT_E_REFUSED, "it stands before the log's first `alive`, so it has no time");
	if (j->effect_unix_s >= s->time_unix_s - ENT_SKEW_S && j->effect_unix_s <= s->not_after_unix_s)
		return ENT_OK;
	ent_time_print(first, s->time_unix_s);
	ent_time_print(last, s->not_after_unix_s);
	ent_time_print(effect, j->effect_unix_s);
	return ent_fail(err, ENT_E_REFUSED,
	    "the statement can take effect from %s to %s, and the time is %s: write it again with the dates that are meant", first,
	    last, effect);
}

enum ent_status
ent_charter_check(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct act_row *row = ent_charter_act(j->statement->act);

	ENT_TRY(ent_doc_check(j->doc, err));
	ENT_TRY(check_dates(j, err));
	return row->check != NULL ? row->check(charter, j, err) : ENT_OK;
}

/* ---- taking in ---- */

/* A valid statement that this version does not act on: narrowing must not be overlooked, so everything is refused (C-13). */
static enum ent_status
take_unenforced(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct reading *author = j->author;

	if (author->unenforced != NULL)
		return ENT_OK; /* the first is enough, and the earliest */
	ENT_TRY(ent_arena_printf(author->arena, &author->unenforced, err, "statement %s %llu, a %s by %.*s",
	    charter->logs[j->host].short_name, (unsigned long long)j->index, ent_act_name(j->statement->act),
	    ENT_FMT(j->statement->by)));
	author->unenforced_index = j->index;
	author->unenforced_effect_unix_s = j->effect_unix_s;
	charter->parts_changed = charter->generation;
	return ENT_OK;
}

/* The first sufficiently signed entry of a text decides, void or not (C-11). */
static enum ent_status
remember(const struct ent_charter *charter, const struct judged *j, bool voided, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	struct seen *seen;
	void *room;

	ENT_TRY(ent_arena_alloc(j->author->arena, &room, 1, sizeof(*seen), err));
	seen = room;
	seen->hash = j->doc->hash;
	seen->index = j->index;
	seen->act = s->act;
	seen->voided = voided;
	if (s->act == ENT_ACT_CONSENT && !voided)
		seen->consents = ent_charter_tree_get(&charter->targets, &s->target);
	return ent_charter_tree_put(&j->author->texts, seen, err);
}

enum ent_status
ent_charter_take(struct ent_charter *charter, struct judged *j, const struct ent_note *note, struct ent_error *err)
{
	const struct act_row *row = ent_charter_act(j->statement->act);
	struct ent_error why = { 0 };
	enum ent_status status;

	if (!row->timeless && ent_charter_tree_get(&j->author->texts, &j->doc->hash) != NULL)
		return ENT_OK;
	status = ent_charter_judge(j, charter, note, &why);
	if (ent_charter_is_ours(status))
		return ent_fail(err, status, "%s", why.text);
	if (status != ENT_OK)
		return ENT_OK; /* it counts as absent, and decides nothing */
	status = ent_charter_check(charter, j, &why);
	if (ent_charter_is_ours(status))
		return ent_fail(err, status, "%s", why.text);
	if (status == ENT_OK)
		ENT_TRY(row->apply != NULL ? row->apply(charter, j, err) : take_unenforced(charter, j, err));
	return row->timeless ? ENT_OK : remember(charter, j, status != ENT_OK, err);
}
