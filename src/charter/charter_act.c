/*
 * What this version does with each act of a statement: a row per act. Here are those about proposals, parties and words;
 * keys and stops have files of their own.
 */
#include "charter/charter_act.h"

/* ---- who must sign (C-9) ---- */

static uint32_t
one(const struct ent_party *author, const struct ent_statement *s)
{
	(void)author;
	(void)s;
	return 1;
}

static uint32_t
quorum(const struct ent_party *author, const struct ent_statement *s)
{
	(void)s;
	return author->quorum;
}

/* Taking back a statement takes one; leaving takes all that joining took. */
static uint32_t
to_withdraw(const struct ent_party *author, const struct ent_statement *s)
{
	return s->object == ENT_OBJECT_STATEMENT ? 1 : author->quorum;
}

/* Any one officer stops, but no one officer another. */
static uint32_t
to_stop(const struct ent_party *author, const struct ent_statement *s)
{
	bool officer = s->object == ENT_OBJECT_KEY && ent_charter_officer(author, s->key_name) != SIZE_MAX;

	return officer ? author->quorum : 1;
}

/* ---- consent ---- */

static enum ent_status
check_consent(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	(void)charter;
	/* What it says is compared when derive has the proposal, so that the order of arrival does not matter (C-16). */
	if (!is_members(j->author))
		return ent_fail(err, ENT_E_REFUSED, "%.*s is a partner: only members consent", ENT_FMT(j->statement->by));
	return ENT_OK;
}

static enum ent_status
new_consent(struct consent **out, const struct target *target, const struct judged *j, struct ent_error *err)
{
	struct consent *consent;
	void *room;

	ENT_TRY(ent_arena_alloc(j->author->arena, &room, 1, sizeof(*consent), err));
	consent = room;
	consent->deed = deed_of(j);
	consent->until_unix_s = j->statement->until_unix_s;
	ent_sha256(&consent->says, j->statement->says);
	consent->valid = target->doc != NULL && ent_charter_consent_matches(target, &consent->says, consent->until_unix_s);
	consent->withdrawal = ent_charter_list_newest(&j->author->withdrawals, &consent->deed.hash);
	*out = consent;
	return ENT_OK;
}

static enum ent_status
apply_consent(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	size_t member = j->author->log; /* members' logs stand first, in the epoch's order */
	struct consent *consent;
	struct target *target;
	void *room;

	ENT_TRY(ent_charter_target(&target, charter, &charter->logs[member], &j->statement->target, err));
	if (target->consents == NULL) {
		ENT_TRY(ent_arena_alloc(j->author->arena, &room, charter_epoch(charter)->member_count, sizeof(struct consent *), err));
		target->consents = room;
	}
	ENT_TRY(new_consent(&consent, target, j, err));
	consent->older = target->consents[member];
	target->consents[member] = consent;
	if (target->group != NULL)
		target->group->changed = charter->generation;
	return ENT_OK;
}

/* Is every project of that name that is known in a pillar that no partner enters? */
static bool
is_closed(const struct ent_charter *charter, struct ent_view project)
{
	const struct ent_epoch *epoch = charter_epoch(charter);
	const struct group *group;
	struct ent_hash key;
	size_t open = 0;

	ent_charter_group_key(&key, ENT_PROPOSAL_PROJECT, project, ENT_VIEW_NONE);
	group = ent_charter_tree_get(&charter->group_tree, &key);
	for (size_t i = 0; group != NULL && i < group->target_count; i++)
		for (size_t k = 0; k < epoch->pillar_count; k++)
			open += epoch->pillars[k].open && ent_view_eq(epoch->pillars[k].name, group->targets[i]->doc->proposal.pillar);
	return group != NULL && open == 0;
}

static enum ent_status
admit_consent_to(const struct ent_charter *charter, const struct target *target, struct ent_error *err)
{
	const struct ent_proposal *p = &target->doc->proposal;

	if (ent_charter_enforced(p, err) != ENT_OK)
		return ent_error_context(err, "no consent to it is accepted here");
	if (p->kind == ENT_PROPOSAL_PROFILE && !charter_epoch(charter)->has_rule_profile)
		return ent_fail(err, ENT_E_REFUSED, "the epoch has no `rule profile`: a profile is a name here, and consents to one do nothing");
	if (p->kind == ENT_PROPOSAL_ADMIT && is_closed(charter, p->project))
		return ent_fail(err, ENT_E_REFUSED, "project %.*s is in a closed pillar: nobody is admitted to it, whatever is signed",
		    ENT_FMT(p->project));
	return ENT_OK;
}

static enum ent_status
admit_consent(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct target *target = ent_charter_tree_get(&charter->targets, &j->statement->target);
	struct ent_hash says;

	(void)now_unix_s;
	if (target == NULL || target->doc == NULL)
		return ent_fail(err, ENT_E_REFUSED,
		    "the proposal that is consented to is not known here: submit its text first");
	ENT_TRY(admit_consent_to(charter, target, err));
	ent_sha256(&says, j->statement->says);
	if (!ent_hash_eq(&says, &target->says))
		return ent_fail(err, ENT_E_REFUSED, "`says` is not what the proposal says: the officers read another text");
	if (!ent_charter_consent_matches(target, &says, j->statement->until_unix_s))
		return ent_fail(err, ENT_E_REFUSED, "the consent lasts longer than the proposal");
	if (j->statement->until_unix_s <= j->effect_unix_s)
		return ent_fail(err, ENT_E_REFUSED, "the consent has run out already");
	return ENT_OK;
}

/* ---- withdraw ---- */

/* Members leave the charter by leaving membership, and only they have that to leave (C-54). */
static enum ent_status
check_withdraw(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;

	(void)charter;
	if (s->object == ENT_OBJECT_MEMBERSHIP && !is_members(j->author))
		return ent_fail(err, ENT_E_REFUSED, "%.*s is no member: a partner leaves by `withdraw charter`", ENT_FMT(s->by));
	if (s->object == ENT_OBJECT_CHARTER && is_members(j->author))
		return ent_fail(err, ENT_E_REFUSED, "%.*s is a member: a member leaves by `withdraw membership`", ENT_FMT(s->by));
	return ENT_OK;
}

static enum ent_status
apply_leaving(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct reading *author = j->author;
	struct leaving *leaving;
	void *room;

	ENT_TRY(ent_arena_alloc(author->arena, &room, 1, sizeof(*leaving), err));
	leaving = room;
	leaving->deed = deed_of(j);
	leaving->object = j->statement->object;
	ENT_TRY(ent_arena_dup(author->arena, &leaving->project, j->statement->project, err));
	leaving->older = author->leavings;
	author->leavings = leaving;
	charter->parts_changed = charter->generation;
	if (leaving->object == ENT_OBJECT_MEMBERSHIP)
		charter->upheaval = charter->generation;
	return ENT_OK;
}

static void
name_consent(const struct target *target, size_t member, const struct withdrawal *withdrawal)
{
	for (struct consent *c = target->consents != NULL ? target->consents[member] : NULL; c != NULL; c = c->older)
		if (ent_hash_eq(&c->deed.hash, &withdrawal->statement))
			c->withdrawal = withdrawal;
}

static enum ent_status
apply_withdraw(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct reading *author = j->author;
	struct withdrawal *withdrawal;
	const struct seen *seen;
	void *room, *older;

	if (j->statement->object != ENT_OBJECT_STATEMENT)
		return apply_leaving(charter, j, err);
	ENT_TRY(ent_arena_alloc(author->arena, &room, 1, sizeof(*withdrawal), err));
	withdrawal = room;
	withdrawal->deed = deed_of(j);
	withdrawal->statement = j->statement->target;
	ENT_TRY(ent_charter_list_push(&author->withdrawals, author->arena, &withdrawal->statement, withdrawal, &older, err));
	withdrawal->older = older;
	charter->stops_changed = charter->generation;
	charter->keys_changed = charter->generation;
	charter->parts_changed = charter->generation;
	if (author->officer_stop_count > 0)
		mark_officers(charter, author); /* it may be a resume that is taken back */
	seen = ent_charter_tree_get(&author->texts, &withdrawal->statement);
	if (seen != NULL && seen->consents != NULL && is_members(author))
		name_consent(seen->consents, author->log, withdrawal);
	if (seen != NULL && seen->consents != NULL && seen->consents->group != NULL)
		seen->consents->group->changed = charter->generation;
	return ENT_OK;
}

static bool
can_be_withdrawn(enum ent_act act)
{
	return act == ENT_ACT_CONSENT || act == ENT_ACT_RESUME || act == ENT_ACT_ACCREDIT || act == ENT_ACT_KEY || act == ENT_ACT_ISSUER_KEY;
}

/* The log of the party, another than this, whose text that is; NULL: none. */
static const struct party_log *
log_of_another(const struct ent_charter *charter, const struct reading *self, const struct ent_hash *text)
{
	for (size_t i = 0; i < charter->log_count; i++)
		for (size_t r = 0; i != self->log && r < charter->logs[i].reading_count; r++) {
			const struct reading *other = charter->logs[i].readings[r];

			if (ent_charter_tree_get(&other->texts, text) != NULL || ent_charter_tree_get(&other->stops, text) != NULL)
				return &charter->logs[i];
		}
	return NULL;
}

/* A statement that is not known here may be withdrawn before it is submitted: it never counts then (C-53). */
static enum ent_status
admit_withdraw(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct ent_hash *hash = &j->statement->target;
	const struct party_log *other;
	const struct seen *seen;

	(void)now_unix_s;
	if (j->statement->object != ENT_OBJECT_STATEMENT)
		return ENT_OK;
	if (ent_charter_tree_get(&j->author->stops, hash) != NULL)
		return ent_fail(err, ENT_E_REFUSED, "a stop is not withdrawn: it ends by a `resume` of its hash, signed by the quorum");
	seen = ent_charter_tree_get(&j->author->texts, hash);
	if (seen != NULL && !can_be_withdrawn(seen->act))
		return ent_fail(err, ENT_E_REFUSED, "a %s cannot be withdrawn: only consents, resumes, accreditations and published keys can",
		    ent_act_name(seen->act));
	if (seen != NULL)
		return ENT_OK;
	other = log_of_another(charter, j->author, hash);
	if (other != NULL)
		return ent_fail(err, ENT_E_REFUSED, "the statement is in the log of %.*s: only its own party can withdraw it",
		    ENT_FMT(other->name));
	if (ent_charter_proposal(charter, hash) != NULL)
		return ent_fail(err, ENT_E_REFUSED, "this withdraws a proposal: name the hash of the consent to it");
	return ENT_OK;
}

/* ---- accredit ---- */

static enum ent_status
check_accredit(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	const struct ent_duration *limit = &charter_epoch(charter)->limit_accreditation;

	if (!is_members(j->author))
		return ent_fail(err, ENT_E_REFUSED, "%.*s is a partner: only members accredit", ENT_FMT(s->by));
	if (s->until_unix_s > s->time_unix_s + limit->seconds)
		return ent_fail(err, ENT_E_REFUSED, "the accreditation lasts longer than the epoch's limit, %.*s from its `time`",
		    ENT_FMT(limit->text));
	return ENT_OK;
}

static enum ent_status
apply_accredit(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct ent_arena *arena = j->author->arena;
	struct accreditation *a;
	struct ent_hash key;
	void *room, *older;

	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*a), err));
	a = room;
	a->deed = deed_of(j);
	a->until_unix_s = j->statement->until_unix_s;
	ENT_TRY(ent_arena_dup(arena, &a->party, j->statement->party, err));
	ENT_TRY(ent_arena_dup(arena, &a->profile, j->statement->profile, err));
	ent_charter_accredit_key(&key, a->party, a->profile);
	ENT_TRY(ent_charter_list_push(&j->author->accreditations, arena, &key, a, &older, err));
	a->older = older;
	charter->parts_changed = charter->generation;
	return ENT_OK;
}

static enum ent_status
admit_accredit(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	(void)charter;
	(void)now_unix_s;
	if (j->statement->until_unix_s <= j->effect_unix_s)
		return ent_fail(err, ENT_E_REFUSED, "the accreditation has run out already");
	return ENT_OK;
}

/* ---- notes ---- */

static enum ent_status
apply_words(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct reading *author = j->author;
	struct text_note *note;
	void *room;

	ENT_TRY(ent_arena_alloc(author->arena, &room, 1, sizeof(*note), err));
	note = room;
	note->deed = deed_of(j);
	ENT_TRY(ent_arena_dup(author->arena, &note->note.lang, j->statement->note.lang, err));
	ENT_TRY(ent_arena_dup(author->arena, &note->note.text, j->statement->note.text, err));
	note->older = author->notes;
	author->notes = note;
	charter->parts_changed = charter->generation;
	return ENT_OK;
}

static enum ent_status
name_target(struct target *target, const struct judged *j, struct ent_error *err)
{
	struct naming *naming;
	void *room;

	ENT_TRY(ent_arena_alloc(j->author->arena, &room, 1, sizeof(*naming), err));
	naming = room;
	naming->deed = deed_of(j);
	naming->older = target->namings;
	target->namings = naming;
	return ENT_OK;
}

static enum ent_status
apply_note(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct target *target;

	if (!j->statement->has_target)
		return apply_words(charter, j, err);
	ENT_TRY(ent_charter_target(&target, charter, &charter->logs[j->author->log], &j->statement->target, err));
	target->announced = true;
	return j->author->proposal == NULL ? name_target(target, j, err) : ENT_OK;
}

/* ---- the table ---- */

static const struct act_row rows[ENT_ACT_COUNT] = {
	[ENT_ACT_CONSENT] = { .needed = quorum, .check = check_consent, .apply = apply_consent, .admit = admit_consent },
	[ENT_ACT_KEY] = { .needed = quorum, .check = ent_act_check_key, .apply = ent_act_apply_key, .admit = ent_act_admit_key },
	[ENT_ACT_ISSUER_KEY] = { .needed = quorum, .check = ent_act_check_issuer_key, .apply = ent_act_apply_issuer_key,
	    .admit = ent_act_admit_issuer_key },
	[ENT_ACT_NOTE] = { .needed = one, .apply = apply_note },
	[ENT_ACT_WITHDRAW] = { .needed = to_withdraw, .check = check_withdraw, .apply = apply_withdraw, .admit = admit_withdraw },
	[ENT_ACT_STOP] = { .needed = to_stop, .any_log = true, .timeless = true, .check = ent_act_check_stop,
	    .apply = ent_act_apply_stop, .admit = ent_act_admit_stop },
	[ENT_ACT_RESUME] = { .needed = quorum, .apply = ent_act_apply_resume, .admit = ent_act_admit_resume },
	[ENT_ACT_ACCREDIT] = { .needed = quorum, .check = check_accredit, .apply = apply_accredit, .admit = admit_accredit },
	[ENT_ACT_RETIRE] = { .needed = one, .apply = ent_act_apply_key_end, .admit = ent_act_admit_key_end },
	[ENT_ACT_DESTROY] = { .needed = quorum, .apply = ent_act_apply_key_end, .admit = ent_act_admit_key_end },
	[ENT_ACT_ROTATE] = { .needed = quorum },
	[ENT_ACT_ACCEPT] = { .needed = quorum },
	[ENT_ACT_DECLINE] = { .needed = quorum },
	[ENT_ACT_HANDOVER] = { .needed = quorum },
};

const struct act_row *
ent_charter_act(enum ent_act act)
{
	ENT_ASSERT((unsigned)act < ENT_ACT_COUNT);
	return &rows[act];
}
