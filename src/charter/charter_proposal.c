/* Proposals: what is checked when a text arrives, and what ties it to the statements that name it. */
#include "charter/charter_set.h"

/* ---- checks against the epoch, a row per kind; ent_doc_check() has seen to the rest ---- */

static enum ent_status
check_project(const struct ent_charter *charter, const struct ent_proposal *p, struct ent_error *err)
{
	const struct ent_epoch *epoch = charter_epoch(charter);
	bool pillar = false;

	for (size_t i = 0; i < epoch->pillar_count; i++)
		pillar |= ent_view_eq(epoch->pillars[i].name, p->pillar);
	if (!pillar)
		return ent_fail(err, ENT_E_REFUSED, "the epoch has no pillar %.*s", ENT_FMT(p->pillar));
	for (size_t i = 0; i < p->participant_count; i++)
		if (ent_charter_member_index(charter, p->participants[i]) == SIZE_MAX)
			return ent_fail(err, ENT_E_REFUSED,
			    "participant %.*s is not a member: others are admitted, project by project",
			    ENT_FMT(p->participants[i]));
	return ENT_OK;
}

static enum ent_status
check_party(const struct ent_charter *charter, const struct ent_proposal *p, struct ent_error *err)
{
	const struct ent_epoch *epoch = charter_epoch(charter);

	if (ent_charter_member_index(charter, p->party.name) != SIZE_MAX)
		return ent_fail(err, ENT_E_REFUSED, "%.*s is a member already", ENT_FMT(p->party.name));
	for (size_t i = 0; i < p->party.officer_count; i++)
		if (ent_charter_epoch_has_key(charter, p->party.officers[i].key))
			return ent_fail(err, ENT_E_REFUSED, "officer key %.*s is a key of the epoch",
			    ENT_FMT(p->party.officers[i].name));
	if (ent_charter_epoch_has_key(charter, p->party.statements_log.key))
		return ent_fail(err, ENT_E_REFUSED, "log key %.*s is a key of the epoch",
		    ENT_FMT(p->party.statements_log.name));
	for (size_t m = 0; m < epoch->member_count; m++)
		for (size_t i = 0; i < epoch->members[m].issuer_count; i++)
			for (size_t k = 0; k < p->party.issuer_count; k++)
				if (ent_view_eq(epoch->members[m].issuers[i].url, p->party.issuers[k].url))
					return ent_fail(err, ENT_E_REFUSED, "issuer %.*s belongs to %.*s",
					    ENT_FMT(p->party.issuers[k].url), ENT_FMT(epoch->members[m].name));
	return ENT_OK;
}

static enum ent_status
check_admit(const struct ent_charter *charter, const struct ent_proposal *p, struct ent_error *err)
{
	if (ent_charter_member_index(charter, p->admit_party) != SIZE_MAX)
		return ent_fail(err, ENT_E_REFUSED, "%.*s is a member: only other parties are admitted",
		    ENT_FMT(p->admit_party));
	return ENT_OK;
}

static enum ent_status (*const checks[])(const struct ent_charter *, const struct ent_proposal *, struct ent_error *) = {
	[ENT_PROPOSAL_PROJECT] = check_project,
	[ENT_PROPOSAL_PARTY] = check_party,
	[ENT_PROPOSAL_ADMIT] = check_admit,
	[ENT_PROPOSAL_LABELS] = NULL,
	[ENT_PROPOSAL_PROFILE] = NULL,
};

/* What of a project this version cannot hold it to: it is then never in force here, and refused by this name. */
static const char *
unenforced_line(const struct ent_proposal *p)
{
	if (p->requires_count > 0)
		return "requires";
	if (p->has_labels)
		return "labels";
	return p->originator_last ? "originator last" : NULL;
}

enum ent_status
ent_charter_enforced(const struct ent_proposal *proposal, struct ent_error *err)
{
	static const char *const kinds[] = { [ENT_PROPOSAL_PARTY] = "party", [ENT_PROPOSAL_ADMIT] = "admit",
		[ENT_PROPOSAL_LABELS] = "labels", [ENT_PROPOSAL_PROFILE] = "profile" };
	const char *line;

	if (proposal->kind != ENT_PROPOSAL_PROJECT)
		return ent_fail(err, ENT_E_UNSUPPORTED, "proposals of kind `%s` are not acted on by this version, so it takes none",
		    kinds[proposal->kind]);
	line = unenforced_line(proposal);
	if (line != NULL)
		return ent_fail(err, ENT_E_UNSUPPORTED, "the proposal says `%s`, which this version does not enforce yet, so it is refused", line);
	return ENT_OK;
}

/* ---- targets ---- */

static enum ent_status
new_target(struct target **out, struct ent_charter *charter, struct ent_arena *arena, const struct ent_hash *hash,
    struct ent_error *err)
{
	struct target *target;
	void *room;

	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*target), err));
	target = room;
	target->hash = *hash;
	ENT_TRY(ent_charter_tree_put(&charter->targets, target, err));
	*out = target;
	return ENT_OK;
}

enum ent_status
ent_charter_target(struct target **out, struct ent_charter *charter, struct member_log *log, const struct ent_hash *hash,
    struct ent_error *err)
{
	void *named = log->named;

	*out = ent_charter_tree_get(&charter->targets, hash);
	if (*out != NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_push(log->arena, &named, log->named_count, &log->named_cap, sizeof(struct target *), err));
	log->named = named;
	ENT_TRY(new_target(out, charter, log->arena, hash, err));
	log->named[log->named_count++] = *out;
	return ENT_OK;
}

bool
ent_charter_consent_matches(const struct target *target, const struct ent_hash *says, int64_t until_unix_s)
{
	const struct ent_proposal *p = &target->doc->proposal;
	bool dated = p->kind == ENT_PROPOSAL_PROJECT || p->kind == ENT_PROPOSAL_ADMIT;

	return ent_hash_eq(says, &target->says) && (!dated || until_unix_s <= p->until_unix_s);
}

/* ---- arrival of a text ---- */

static size_t
place_of(const struct ent_charter *charter, const struct ent_hash *hash)
{
	size_t low = 0, high = charter->proposal_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&charter->proposals[middle]->hash, hash, sizeof(*hash)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum ent_status
enlist(struct ent_charter *charter, struct target *target, struct ent_error *err)
{
	void *items = charter->proposals;
	size_t at = place_of(charter, &target->hash);

	ENT_TRY(ent_arena_push(charter->arena, &items, charter->proposal_count, &charter->proposal_cap,
	    sizeof(struct target *), err));
	charter->proposals = items;
	memmove(&charter->proposals[at + 1], &charter->proposals[at],
	    (charter->proposal_count - at) * sizeof(struct target *));
	charter->proposals[at] = target;
	charter->proposal_count++;
	return ENT_OK;
}

static enum ent_status
judge_proposal(const struct ent_charter *charter, struct ent_view text, struct ent_hash *hash, struct ent_error *err)
{
	ENT_AUTO(ent_arena) scratch = NULL;
	struct ent_doc doc;

	if (text.len > ENT_NOTE_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a proposal of %zu bytes, limit %d", text.len, ENT_NOTE_MAX);
	ENT_TRY(ent_arena_new(&scratch, ENT_LIMIT_SCRATCH_BYTES, err));
	ENT_TRY(ent_doc_parse(&doc, scratch, text, err));
	if (doc.kind != ENT_DOC_PROPOSAL)
		return ent_fail(err, ENT_E_REFUSED, "the text is not a proposal");
	if (!ent_hash_eq(&doc.proposal.charter, &charter->genesis.hash))
		return ent_fail(err, ENT_E_REFUSED, "the proposal is of another charter");
	*hash = doc.hash;
	ENT_TRY(ent_doc_check(&doc, err));
	return checks[doc.proposal.kind] != NULL ? checks[doc.proposal.kind](charter, &doc.proposal, err) : ENT_OK;
}

/* Settle the consents that were here before the text. */
static void
settle_consents(const struct ent_charter *charter, struct target *target)
{
	for (size_t i = 0; target->consents != NULL && i < charter_epoch(charter)->member_count; i++)
		for (struct consent *c = target->consents[i]; c != NULL; c = c->older)
			c->valid = ent_charter_consent_matches(target, &c->says, c->until_unix_s);
}

static enum ent_status
say(struct ent_hash *out, struct ent_view text, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max((size_t)4 * ENT_NOTE_MAX);

	ENT_TRY(ent_says_make(&says, text, err));
	ent_sha256(out, ent_buf_view(&says));
	return ENT_OK;
}

static enum ent_status
keep_proposal(struct ent_charter *charter, const struct ent_hash *hash, struct ent_view text, struct ent_error *err)
{
	struct target *target = ent_charter_tree_get(&charter->targets, hash);
	struct ent_hash says;
	struct ent_view copy;
	struct ent_doc *doc;
	void *room;

	ENT_TRY(say(&says, text, err));
	ENT_TRY(ent_arena_dup(charter->arena, &copy, text, err));
	ENT_TRY(ent_arena_alloc(charter->arena, &room, 1, sizeof(*doc), err));
	doc = room;
	ENT_TRY(ent_doc_parse(doc, charter->arena, copy, err));
	if (target == NULL)
		ENT_TRY(new_target(&target, charter, charter->arena, hash, err));
	ENT_TRY(enlist(charter, target, err));
	target->doc = doc;
	target->says = says;
	target->unenforced = doc->proposal.kind == ENT_PROPOSAL_PROJECT ? unenforced_line(&doc->proposal) : NULL;
	settle_consents(charter, target);
	charter->generation++;
	return ENT_OK;
}

enum ent_status
ent_charter_add_proposal(struct ent_charter *charter, struct ent_view text, struct ent_error *err)
{
	struct ent_hash hash;

	ENT_TRY(judge_proposal(charter, text, &hash, err));
	if (ent_charter_proposal(charter, &hash) != NULL)
		return ent_fail(err, ENT_E_EXISTS, "the proposal is known already");
	if (charter->proposal_count >= ENT_LIMIT_PROPOSALS)
		return ent_fail(err, ENT_E_LIMIT, "more than %u proposals", ENT_LIMIT_PROPOSALS);
	return keep_proposal(charter, &hash, text, err);
}

/* ---- questions ---- */

const struct ent_doc *
ent_charter_proposal(const struct ent_charter *charter, const struct ent_hash *hash)
{
	const struct target *target = ent_charter_tree_get(&charter->targets, hash);

	return target != NULL ? target->doc : NULL;
}

size_t
ent_charter_proposal_count(const struct ent_charter *charter)
{
	return charter->proposal_count;
}

const struct ent_doc *
ent_charter_proposal_at(const struct ent_charter *charter, size_t i)
{
	ENT_ASSERT(i < charter->proposal_count);
	return charter->proposals[i]->doc;
}

bool
ent_charter_proposal_announced(const struct ent_charter *charter, const struct ent_hash *hash)
{
	const struct target *target = ent_charter_tree_get(&charter->targets, hash);

	return target != NULL && target->announced;
}

static bool
listed(const struct ent_hash *list, size_t count, const struct ent_hash *hash)
{
	for (size_t i = 0; i < count; i++)
		if (ent_hash_eq(&list[i], hash))
			return true;
	return false;
}

/* What proposals say that they replace, and is not here. */
static size_t
wanted_by_proposals(const struct ent_charter *charter, struct ent_hash *out, size_t count, size_t max)
{
	for (size_t i = 0; i < charter->proposal_count && count < max; i++) {
		const struct ent_proposal *p = &charter->proposals[i]->doc->proposal;

		if (p->has_replaces && ent_charter_proposal(charter, &p->replaces) == NULL && !listed(out, count,
		    &p->replaces))
			out[count++] = p->replaces;
	}
	return count;
}

/* The newest that a log names and whose text is missing, below *at; NULL: no more. */
static const struct target *
next_missing(const struct member_log *log, size_t *at)
{
	while (*at > 0) {
		const struct target *target = log->named[--*at];

		if (target->doc == NULL)
			return target;
	}
	return NULL;
}

/* In turn from each log, the newest first: nobody can crowd out what the others name. */
size_t
ent_charter_wanted(const struct ent_charter *charter, struct ent_hash *out, size_t max)
{
	size_t at[ENT_LIMIT_MEMBERS], members = charter_epoch(charter)->member_count, count = 0;
	bool more = true;

	for (size_t i = 0; i < members; i++)
		at[i] = charter->logs[i].named_count;
	while (more && count < max) {
		more = false;
		for (size_t i = 0; i < members && count < max; i++) {
			const struct target *target = next_missing(&charter->logs[i], &at[i]);

			if (target == NULL)
				continue;
			out[count++] = target->hash;
			more = true;
		}
	}
	return wanted_by_proposals(charter, out, count, max);
}
