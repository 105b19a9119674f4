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
check_issuers(const struct ent_party *member, const struct ent_party *party, struct ent_error *err)
{
	for (size_t i = 0; i < member->issuer_count; i++)
		for (size_t k = 0; k < party->issuer_count; k++)
			if (ent_charter_same_issuer(member->issuers[i].url, party->issuers[k].url))
				return ent_fail(err, ENT_E_REFUSED, "issuer %.*s belongs to %.*s",
				    ENT_FMT(party->issuers[k].url), ENT_FMT(member->name));
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
		ENT_TRY(check_issuers(&epoch->members[m], &p->party, err));
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

/* What of a proposal this version cannot hold anyone to: it is then never in force here, and refused by this name (C-22). */
static const char *
unenforced_line(const struct ent_proposal *p)
{
	switch (p->kind) {
	case ENT_PROPOSAL_LABELS:
		return "labels";
	case ENT_PROPOSAL_PARTY:
		return p->party.node.len == 0 ? "a party without a node of its own" : NULL;
	case ENT_PROPOSAL_PROJECT:
		return p->has_labels ? "labels" : p->originator_last ? "originator last" : NULL;
	case ENT_PROPOSAL_ADMIT:
	case ENT_PROPOSAL_PROFILE:
		return NULL;
	}
	return NULL;
}

enum ent_status
ent_charter_enforced(const struct ent_proposal *proposal, struct ent_error *err)
{
	const char *line = unenforced_line(proposal);

	if (line == NULL)
		return ENT_OK;
	if (proposal->kind == ENT_PROPOSAL_LABELS)
		return ent_fail(err, ENT_E_UNSUPPORTED, "proposals of kind `labels` are not acted on by this version, so it takes none");
	if (proposal->kind == ENT_PROPOSAL_PARTY)
		return ent_fail(err, ENT_E_UNSUPPORTED,
		    "%.*s is %s: this version follows a party's statement log at its own node only, so it is refused",
		    ENT_FMT(proposal->party.name), line);
	return ent_fail(err, ENT_E_UNSUPPORTED, "the proposal says `%s`, which this version does not enforce yet, so it is refused", line);
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
ent_charter_target(struct target **out, struct ent_charter *charter, struct party_log *log, const struct ent_hash *hash,
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

	return p->kind != ENT_PROPOSAL_LABELS && ent_hash_eq(says, &target->says) && (!dated || until_unix_s <= p->until_unix_s);
}

/* ---- lists sorted by hash ---- */

static size_t
place_of(struct target *const *list, size_t count, const struct ent_hash *hash)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&list[middle]->hash, hash, sizeof(*hash)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* There is room for one more. */
static void
insert(struct target **list, size_t *count, struct target *target)
{
	size_t at = place_of(list, *count, &target->hash);

	memmove(&list[at + 1], &list[at], (*count - at) * sizeof(struct target *));
	list[at] = target;
	(*count)++;
}

/* ---- groups: those that want one name ---- */

/* What the proposal is named by (C-18). A `labels` proposal has no name: each is alone. */
static void
name_of(struct ent_view *name, struct ent_view *project, const struct ent_doc *doc)
{
	const struct ent_proposal *p = &doc->proposal;

	*project = p->kind == ENT_PROPOSAL_ADMIT ? p->project : ENT_VIEW_NONE;
	switch (p->kind) {
	case ENT_PROPOSAL_PROJECT:
		*name = p->project;
		return;
	case ENT_PROPOSAL_PARTY:
		*name = p->party.name;
		return;
	case ENT_PROPOSAL_ADMIT:
		*name = p->admit_party;
		return;
	case ENT_PROPOSAL_PROFILE:
		*name = p->profile;
		return;
	case ENT_PROPOSAL_LABELS:
		*name = ent_hash_view(&doc->hash);
		return;
	}
}

static enum ent_status
find_group(struct group **out, struct ent_charter *charter, const struct ent_doc *doc, struct ent_error *err)
{
	struct ent_view name = ENT_VIEW_NONE, project = ENT_VIEW_NONE;
	void *items = charter->groups, *room;
	struct ent_hash key;
	struct group *group;

	name_of(&name, &project, doc);
	ent_charter_group_key(&key, doc->proposal.kind, name, project);
	*out = ent_charter_tree_get(&charter->group_tree, &key);
	if (*out != NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_push(charter->arena, &items, charter->group_count, &charter->group_cap, sizeof(struct group *), err));
	charter->groups = items;
	ENT_TRY(ent_arena_alloc(charter->arena, &room, 1, sizeof(*group), err));
	group = room;
	*group = (struct group){ .key = key, .kind = doc->proposal.kind, .name = name, .project = project, .index = charter->group_count };
	ENT_TRY(ent_charter_tree_put(&charter->group_tree, group, err));
	charter->groups[charter->group_count++] = group;
	*out = group;
	return ENT_OK;
}

/* ---- arrival of a text ---- */

/* Into the charter's list and its group's: all that can fail is done before either is changed. */
static enum ent_status
enlist(struct ent_charter *charter, struct target *target, struct group *group, struct ent_error *err)
{
	void *all = charter->proposals, *some = group->targets;

	ENT_TRY(ent_arena_push(charter->arena, &all, charter->proposal_count, &charter->proposal_cap, sizeof(struct target *), err));
	charter->proposals = all;
	ENT_TRY(ent_arena_push(charter->arena, &some, group->target_count, &group->target_cap, sizeof(struct target *), err));
	group->targets = some;
	insert(charter->proposals, &charter->proposal_count, target);
	insert(group->targets, &group->target_count, target);
	return ENT_OK;
}

/* Anybody's officer can announce one: what a node keeps for them is bounded, and so is what each new entry of a log costs (C-5). */
static enum ent_status
check_room(const struct ent_charter *charter, const struct ent_proposal *p, struct ent_error *err)
{
	const struct group *group;
	struct ent_hash key;

	if (charter->proposal_count >= ENT_LIMIT_PROPOSALS)
		return ent_fail(err, ENT_E_LIMIT, "%zu proposals are kept here, and no more are: act on one of those", charter->proposal_count);
	if (p->kind != ENT_PROPOSAL_PARTY)
		return ENT_OK;
	ent_charter_group_key(&key, p->kind, p->party.name, ENT_VIEW_NONE);
	group = ent_charter_tree_get(&charter->group_tree, &key);
	if (group != NULL && group->target_count >= ENT_LIMIT_PARTY_TEXTS)
		return ent_fail(err, ENT_E_LIMIT, "%zu party proposals of the name %.*s are kept here, and no more of one name are: "
		    "consent to one of those, or propose the party under another name", group->target_count, ENT_FMT(p->party.name));
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
	if (checks[doc.proposal.kind] != NULL)
		ENT_TRY(checks[doc.proposal.kind](charter, &doc.proposal, err));
	if (ent_charter_proposal(charter, hash) != NULL)
		return ent_fail(err, ENT_E_EXISTS, "the proposal is known already");
	return check_room(charter, &doc.proposal, err);
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
parse_copy(const struct ent_doc **out, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_view copy;
	struct ent_doc *doc;
	void *room;

	ENT_TRY(ent_arena_dup(arena, &copy, text, err));
	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*doc), err));
	doc = room;
	ENT_TRY(ent_doc_parse(doc, arena, copy, err));
	*out = doc;
	return ENT_OK;
}

/* The text is here from now on. Its reading, if it has one, is kept by it. */
static void
settle(struct ent_charter *charter, struct target *target, const struct ent_doc *doc, struct group *group, const struct ent_hash *says)
{
	charter->generation++; /* first: what the text changes is marked with its number */
	target->doc = doc;
	target->says = *says;
	target->unenforced = unenforced_line(&doc->proposal);
	target->group = group;
	group->changed = charter->generation;
	settle_consents(charter, target);
}

static enum ent_status
read_party(struct ent_charter *charter, struct target *target, struct ent_error *err)
{
	charter->keys_changed = charter->generation;
	charter->stops_changed = charter->generation;
	charter->parts_changed = charter->generation;
	return ent_charter_read_again(charter, target, err);
}

static enum ent_status
keep_proposal(struct ent_charter *charter, const struct ent_hash *hash, struct ent_view text, struct ent_error *err)
{
	struct target *target = ent_charter_tree_get(&charter->targets, hash);
	struct reading *reading = NULL;
	const struct ent_doc *doc;
	struct ent_hash says;
	struct group *group;
	enum ent_status status;

	ENT_TRY(say(&says, text, err));
	ENT_TRY(parse_copy(&doc, charter->arena, text, err));
	if (target == NULL)
		ENT_TRY(new_target(&target, charter, charter->arena, hash, err));
	ENT_TRY(find_group(&group, charter, doc, err));
	if (doc->proposal.kind == ENT_PROPOSAL_PARTY)
		ENT_TRY(ent_charter_reading_new(&reading, &doc->proposal.party, target, err));
	status = enlist(charter, target, group, err);
	if (status != ENT_OK) {
		ent_charter_reading_free(reading);
		return status;
	}
	target->reading = reading;
	settle(charter, target, doc, group, &says);
	return reading != NULL ? read_party(charter, target, err) : ENT_OK;
}

enum ent_status
ent_charter_add_proposal(struct ent_charter *charter, struct ent_view text, struct ent_error *err)
{
	struct ent_hash hash;

	ENT_TRY(judge_proposal(charter, text, &hash, err));
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

static size_t
want(const struct ent_charter *charter, struct ent_hash *out, size_t count, size_t max, const struct ent_hash *hash)
{
	if (count < max && ent_charter_proposal(charter, hash) == NULL && !listed(out, count, hash))
		out[count++] = *hash;
	return count;
}

/*
 * What proposals say that they replace or stand on, and is not here. Not from the same one each time: who announces proposals
 * that replace what nobody has must not stand before all others for good.
 */
static size_t
wanted_by_proposals(const struct ent_charter *charter, struct ent_hash *out, size_t count, size_t max)
{
	for (size_t i = 0; i < charter->proposal_count && count < max; i++) {
		const size_t at = (charter->generation + i) % charter->proposal_count;
		const struct ent_proposal *p = &charter->proposals[at]->doc->proposal;

		if (p->has_replaces)
			count = want(charter, out, count, max, &p->replaces);
		if (p->kind == ENT_PROPOSAL_ADMIT)
			count = want(charter, out, count, max, &p->admit_party_proposal);
	}
	return count;
}

/* The newest that a log names and whose text is missing, below *at; NULL: no more. */
static const struct target *
next_missing(const struct party_log *log, size_t *at)
{
	while (*at > 0) {
		const struct target *target = log->named[--*at];

		if (target->doc == NULL)
			return target;
	}
	return NULL;
}

/* In turn from each log, the newest first: nobody can crowd out what the others name. */
static size_t
wanted_by_logs(const struct ent_charter *charter, struct ent_hash *out, size_t count, size_t max)
{
	size_t at[ENT_LIMIT_MEMBERS + ENT_LIMIT_PARTNERS], logs = charter->log_count;
	bool more = true;

	for (size_t i = 0; i < logs; i++)
		at[i] = charter->logs[i].named_count;
	while (more && count < max) {
		more = false;
		for (size_t i = 0; i < logs && count < max; i++) {
			const struct target *target = next_missing(&charter->logs[i], &at[i]);

			if (target == NULL)
				continue;
			count = want(charter, out, count, max, &target->hash);
			more = true;
		}
	}
	return count;
}

/* A quarter is the proposals' own, first: a log that names texts that nobody serves would fill all places for ever. */
size_t
ent_charter_wanted(const struct ent_charter *charter, struct ent_hash *out, size_t max)
{
	size_t count = wanted_by_proposals(charter, out, 0, max / 4);

	count = wanted_by_logs(charter, out, count, max);
	return wanted_by_proposals(charter, out, count, max);
}
