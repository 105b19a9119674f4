/* Who takes part (C-23, C-58, C-59, C-64): everything about one party in one project is gathered once, for the answer and its words. */
#include <stdio.h>
#include <stdlib.h>

#include "charter/derive_state.h"

const char *
ent_part_name(enum ent_part part)
{
	static const char *const names[ENT_PART_COUNT] = { [ENT_PART_NONE] = "none", [ENT_PART_CONSULTED] = "consulted",
		[ENT_PART_PROPOSED] = "proposed", [ENT_PART_ACTIVE] = "active", [ENT_PART_SUSPENDED] = "suspended",
		[ENT_PART_LAPSED] = "lapsed", [ENT_PART_UNHEARD] = "unheard", [ENT_PART_WITHDRAWN] = "withdrawn",
		[ENT_PART_ENDED] = "ended", [ENT_PART_CLOSED] = "closed", [ENT_PART_UNENFORCED] = "unenforced" };

	ENT_ASSERT((unsigned)part < ENT_COUNT(names));
	return names[part];
}

/* ---- consulted (C-58) ---- */

static bool
is_name_byte(struct ent_view text, size_t i)
{
	uint8_t c = i < text.len ? text.data[i] : ' ';

	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '-';
}

/* With no character of a name on either side, but for the stop at a sentence's end. */
static bool
mentions(struct ent_view text, struct ent_view name)
{
	for (size_t at = 0; name.len > 0 && at + name.len <= text.len; at++) {
		size_t behind = at + name.len;

		if (memcmp(&text.data[at], name.data, name.len) != 0 || (at > 0 && is_name_byte(text, at - 1)))
			continue;
		if (!is_name_byte(text, behind) || (text.data[behind] == '.' && !is_name_byte(text, behind + 1)))
			return true;
	}
	return false;
}

static bool
is_consulted(const struct ent_state *state, struct ent_view name)
{
	struct force force = force_of(state, NULL);

	for (size_t i = 0; i < state->member_count; i++)
		for (const struct text_note *n = charter_member(state->charter, i)->notes; n != NULL; n = n->older)
			if (is_there(&state->when, n->deed.effect_unix_s) && mentions(n->note.text, name) &&
			    ent_force_deed_signed(&force, &n->deed))
				return true;
	return false;
}

/* ---- withdrawn, stopped ---- */

static bool
is_about(const struct leaving *l, struct ent_view project)
{
	return l->object != ENT_OBJECT_PROJECT || ent_view_eq(l->project, project);
}

/* The first of its statements that says so: leaving is for ever (C-63). */
static const struct leaving *
find_leaving(const struct ent_state *state, const struct party *party, struct ent_view project)
{
	struct force force = force_of(state, NULL);
	const struct leaving *first = NULL;
	int64_t ignored;

	for (size_t i = 0; party != NULL && i < ent_derive_reading_count(state, party); i++) {
		const struct reading *reading = ent_derive_reading(state, party, i, &ignored);

		for (const struct leaving *l = reading != NULL ? reading->leavings : NULL; l != NULL; l = l->older)
			if (is_about(l, project) && is_there_narrowing(&state->when, l->deed.effect_unix_s) &&
			    ent_force_deed_signed(&force, &l->deed) && (first == NULL || l->deed.index < first->deed.index))
				first = l;
	}
	return first;
}

static bool
is_stopped(const struct ent_state *state, const struct inquiry_part *q)
{
	char line[ENT_ACT_LINE_SIZE];

	snprintf(line, sizeof(line), "stop partner %.*s", ENT_FMT(q->name));
	if (ent_derive_stopped(state, q->party, line))
		return true;
	snprintf(line, sizeof(line), "stop partner %.*s project %.*s", ENT_FMT(q->name), ENT_FMT(q->project_name));
	return ent_derive_stopped(state, q->party, line);
}

/* ---- accreditations (C-64) ---- */

static size_t
requires_of(const struct row *row)
{
	return row != NULL ? proposal_of(row)->requires_count : 0;
}

size_t
ent_derive_needs_max(const struct ent_state *state, struct ent_view party, struct ent_view project)
{
	return requires_of(ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_PROJECT, project, ENT_VIEW_NONE))) +
	    requires_of(ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_ADMIT, party, project)));
}

/* Where two lines ask for one profile, the stricter is enough. */
static void
add_need(const struct ent_state *state, struct inquiry_part *q, const struct ent_requires *r)
{
	size_t from = r->from_all ? state->member_count : r->from, i = 0;

	while (i < q->need_count && !ent_view_eq(q->needs[i].profile, r->profile))
		i++;
	if (i == q->need_count)
		q->needs[q->need_count++] = (struct need){ .profile = r->profile };
	q->needs[i].from = from > q->needs[i].from ? from : q->needs[i].from;
}

static void
count_need(const struct ent_state *state, struct inquiry_part *q, struct need *need)
{
	int64_t fresh_s = charter_epoch(state->charter)->rule_admit.fresh.seconds;

	for (size_t m = 0; m < state->member_count; m++) {
		if (ent_derive_accredited(state, m, q->name, need->profile) == NULL)
			continue;
		need->standing++;
		need->counting += ent_derive_heard(state, m, fresh_s);
	}
	q->lacks |= need->standing < need->from;
	q->lacks_hearing |= need->counting < need->from;
}

static void
find_needs(const struct ent_state *state, struct inquiry_part *q)
{
	for (size_t i = 0; i < requires_of(q->project); i++)
		if (!q->member || proposal_of(q->project)->requires[i].for_all)
			add_need(state, q, &proposal_of(q->project)->requires[i]);
	for (size_t i = 0; i < requires_of(q->admit); i++)
		add_need(state, q, &proposal_of(q->admit)->requires[i]);
	for (size_t i = 0; i < q->need_count; i++)
		count_need(state, q, &q->needs[i]);
}

/* ---- gathering ---- */

static bool
is_participant(const struct ent_proposal *p, struct ent_view party)
{
	for (size_t i = 0; i < p->participant_count; i++)
		if (ent_view_eq(p->participants[i], party))
			return true;
	return false;
}

static bool
is_closed_pillar(const struct ent_state *state, struct ent_view name)
{
	const struct ent_epoch *epoch = charter_epoch(state->charter);

	for (size_t i = 0; i < epoch->pillar_count; i++)
		if (ent_view_eq(epoch->pillars[i].name, name))
			return !epoch->pillars[i].open;
	return true; /* cannot be: a proposal's pillar is one of the epoch's (C-5) */
}

/*
 * How old the oldest word for it is that counts now: one member that lets its consent end and gives it again must not carry
 * the others' over to a project that they did not speak of.
 */
static int64_t
oldest_consent_unix_s(const struct ent_state *state, const struct row *row)
{
	int64_t oldest_unix_s = INT64_MAX;

	for (size_t m = 0; m < state->member_count; m++) {
		const struct ent_consent_state *c = &row->pub.consents[m];

		if (c->given && c->since_unix_s < oldest_unix_s)
			oldest_unix_s = c->since_unix_s;
	}
	return oldest_unix_s != INT64_MAX ? oldest_unix_s : row->pub.in_force_since_unix_s;
}

/* Since the oldest of its consents, a proposal outside the project's lineage held the project's name (C-59). */
static bool
is_of_earlier_project(const struct ent_state *state, const struct row *admit, const struct row *project)
{
	int64_t since_unix_s;

	if (admit == NULL || project == NULL || !admit->took)
		return false;
	since_unix_s = oldest_consent_unix_s(state, admit);
	for (size_t i = 0; i < project->name->reign_count; i++) {
		const struct reign *r = &project->name->reigns[i];

		if (r->until_unix_s > since_unix_s && r->until_unix_s > r->from_unix_s &&
		    !ent_derive_descends(state, project, &r->row->target->hash))
			return true;
	}
	return false;
}

static void
ask_partner(const struct ent_state *state, struct inquiry_part *q)
{
	q->admit = ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_ADMIT, q->name, q->project_name));
	q->proposal = ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_PARTY, q->name, ENT_VIEW_NONE));
	if (q->admit == NULL) {
		q->consulted = q->proposal == NULL && is_consulted(state, q->name);
		return;
	}
	q->closed = q->project != NULL && is_closed_pillar(state, proposal_of(q->project)->pillar);
	q->earlier_project = is_of_earlier_project(state, q->admit, q->project);
	q->other_party = q->proposal != NULL && !ent_derive_descends(state, q->proposal, &proposal_of(q->admit)->admit_party_proposal);
}

/* What the party's own log says, and what the members' logs say of it. */
static void
ask_logs(const struct ent_state *state, struct inquiry_part *q)
{
	q->left = find_leaving(state, q->party, q->project_name);
	q->stopped = is_stopped(state, q);
	q->log_closed = !q->member && q->party != NULL && (q->party->pub.broken != NULL || q->party->pub.unenforced != NULL ||
	    q->party->pub.log_key_stopped);
}

void
ent_derive_ask_ahead(const struct ent_state *state, struct inquiry_part *q, struct party *ahead)
{
	if (q->member || q->admit == NULL || q->proposal == NULL || q->proposal->pub.holds)
		return;
	ent_derive_ahead(state, q->proposal, ahead);
	q->party = ahead;
	ask_logs(state, q);
}

void
ent_derive_ask(const struct ent_state *state, struct ent_view party, struct ent_view project, struct need *needs, struct inquiry_part *out)
{
	*out = (struct inquiry_part){ .name = party, .project_name = project, .needs = needs };
	out->party = ent_derive_party(state, party);
	out->member = out->party != NULL && out->party->name == NULL;
	out->project = ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_PROJECT, project, ENT_VIEW_NONE));
	if (out->member) {
		out->member_index = out->party->log;
		out->participant = out->project != NULL && is_participant(proposal_of(out->project), party);
		if (!out->participant)
			return;
	} else {
		ask_partner(state, out);
		if (out->admit == NULL)
			return;
	}
	ask_logs(state, out);
	find_needs(state, out);
}

/* ---- the answer ---- */

static bool
any_is(const struct inquiry_part *q, enum ent_force force)
{
	return (q->project != NULL && q->project->pub.state == force) || (q->admit != NULL && q->admit->pub.state == force) ||
	    (q->proposal != NULL && q->proposal->pub.state == force);
}

static bool
is_missing(const struct inquiry_part *q)
{
	return q->project == NULL || (!q->member && (q->admit == NULL || q->proposal == NULL)) || any_is(q, ENT_FORCE_PROPOSED);
}

enum ent_part
ent_derive_part(const struct inquiry_part *q)
{
	if (q->member && !q->participant)
		return ENT_PART_NONE;
	if (!q->member && q->admit == NULL)
		return q->proposal != NULL ? ENT_PART_PROPOSED : q->consulted ? ENT_PART_CONSULTED : ENT_PART_NONE;
	if (q->closed)
		return ENT_PART_CLOSED;
	if (any_is(q, ENT_FORCE_UNENFORCED))
		return ENT_PART_UNENFORCED;
	if (q->left != NULL)
		return ENT_PART_WITHDRAWN;
	if (any_is(q, ENT_FORCE_ENDED) || q->earlier_project)
		return ENT_PART_ENDED;
	if (any_is(q, ENT_FORCE_SUSPENDED) || q->stopped || q->log_closed)
		return ENT_PART_SUSPENDED;
	if (is_missing(q) || q->other_party)
		return ENT_PART_PROPOSED;
	if (any_is(q, ENT_FORCE_LAPSED) || q->lacks)
		return ENT_PART_LAPSED;
	return any_is(q, ENT_FORCE_UNHEARD) || q->lacks_hearing ? ENT_PART_UNHEARD : ENT_PART_ACTIVE;
}

static int64_t
need_closes(const struct ent_state *state, const struct inquiry_part *q, const struct need *need)
{
	int64_t fresh_s = charter_epoch(state->charter)->rule_admit.fresh.seconds, ends[ENT_LIMIT_MEMBERS];
	size_t count = 0;

	for (size_t m = 0; m < state->member_count; m++) {
		const struct accreditation *a = ent_derive_accredited(state, m, q->name, need->profile);
		int64_t alive_ends_unix_s = state->members[m].pub.alive_unix_s + fresh_s;

		if (a != NULL && ent_derive_heard(state, m, fresh_s))
			ends[count++] = a->until_unix_s < alive_ends_unix_s ? a->until_unix_s : alive_ends_unix_s;
	}
	return ent_derive_nth_latest(ends, count, need->from);
}

static int64_t
closing_time(const struct ent_state *state, const struct inquiry_part *q)
{
	const struct row *rows[] = { q->project, q->admit, q->proposal };
	int64_t closes_unix_s = ENT_NEVER;

	for (size_t i = 0; i < ENT_COUNT(rows); i++)
		if (rows[i] != NULL && rows[i]->pub.closes_unix_s < closes_unix_s)
			closes_unix_s = rows[i]->pub.closes_unix_s;
	for (size_t i = 0; i < q->need_count; i++) {
		int64_t end_unix_s = need_closes(state, q, &q->needs[i]);

		closes_unix_s = end_unix_s < closes_unix_s ? end_unix_s : closes_unix_s;
	}
	return closes_unix_s;
}

enum ent_status
ent_state_participation(const struct ent_state *state, struct ent_view party, struct ent_view project, struct ent_participation *out,
    struct ent_error *err)
{
	struct need *needs = calloc(ent_derive_needs_max(state, party, project) + 1, sizeof(*needs));
	struct inquiry_part q;

	if (needs == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for what %.*s needs", ENT_FMT(party));
	ent_derive_ask(state, party, project, needs, &q);
	*out = (struct ent_participation){ .state = ent_derive_part(&q), .partner = !q.member && (q.party != NULL || q.proposal != NULL) };
	out->project = q.project != NULL ? &q.project->pub : NULL;
	out->admit = q.admit != NULL ? &q.admit->pub : NULL;
	out->party = q.proposal != NULL ? &q.proposal->pub : NULL;
	out->closes_unix_s = out->state == ENT_PART_ACTIVE ? closing_time(state, &q) : 0;
	free(needs);
	return ENT_OK;
}
