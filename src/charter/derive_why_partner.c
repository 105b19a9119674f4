/*
 * Why a party takes part in a project, or does not: all reasons, of the inquiry that the answer is made of too. Curing exactly
 * what is listed makes it active (P10).
 */
#include <stdio.h>
#include <stdlib.h>

#include "charter/derive_state.h"

#define ADD(w, ...) ENT_TRY(ent_reasons_add((w)->reasons, (w)->err, __VA_ARGS__))

/* ---- accreditations (C-64) ---- */

static enum ent_status
add_accredited(const struct words *w, const struct inquiry_part *q, size_t member, const struct accreditation *a)
{
	char profile[ENT_ACT_LINE_SIZE];

	ENT_TRY(ent_reasons_add(w->reasons, w->err, ENT_R_ACCREDITED, ent_why_cite(w->state, member, a->deed.index).text, "",
	    "%.*s accredited %.*s for %.*s until %s", ENT_FMT(w->state->members[member].pub.party->name), ENT_FMT(q->name),
	    ENT_FMT(a->profile), ent_why_time(a->until_unix_s).text));
	snprintf(profile, sizeof(profile), "%.*s", ENT_FMT(a->profile));
	return ent_reasons_about(w->reasons, w->err, profile, a->until_unix_s);
}

static enum ent_status
add_accreditation(const struct words *w, const struct inquiry_part *q, size_t member, struct ent_view profile)
{
	const struct accreditation *a = ent_derive_accredited(w->state, member, q->name, profile);
	const struct ent_duration *limit = &charter_epoch(w->state->charter)->rule_admit.fresh;
	struct ent_view name = w->state->members[member].pub.party->name;
	char cure[ENT_ACT_LINE_SIZE];
	int64_t ended_unix_s;

	if (a != NULL && !ent_derive_heard(w->state, member, limit->seconds))
		return ent_why_unheard(w, member, limit);
	if (a != NULL)
		return add_accredited(w, q, member, a);
	ENT_TRY(ent_why_mute(w, member)); /* an accreditation alone would not count */
	snprintf(cure, sizeof(cure), "%.*s accredit %.*s %.*s", ENT_FMT(name), ENT_FMT(q->name), ENT_FMT(profile));
	a = ent_derive_was_accredited(w->state, member, q->name, profile, &ended_unix_s);
	if (a == NULL)
		return ent_reasons_add(w->reasons, w->err, ENT_R_ACCREDITATION, "-", cure, "not accredited: %.*s for %.*s by %.*s",
		    ENT_FMT(q->name), ENT_FMT(profile), ENT_FMT(name));
	return ent_reasons_add(w->reasons, w->err, ENT_R_ACCREDITATION, ent_why_cite(w->state, member, a->deed.index).text, cure,
	    "lapsed: %.*s's accreditation %.*s ended %s, statement %s", ENT_FMT(name), ENT_FMT(profile), ent_why_time(ended_unix_s).text,
	    ent_why_cite(w->state, member, a->deed.index).text);
}

/* What never was has not lapsed. */
static const char *
shortage_word(const struct words *w, const struct inquiry_part *q, const struct need *need)
{
	int64_t ended_unix_s;

	if (need->standing >= need->from)
		return "unheard";
	for (size_t m = 0; m < w->state->member_count; m++)
		if (ent_derive_was_accredited(w->state, m, q->name, need->profile, &ended_unix_s) != NULL)
			return "lapsed";
	return "not accredited";
}

/* Any N members will do: one line says how many are missing, and of whom. */
static enum ent_status
add_need_shortage(const struct words *w, const struct inquiry_part *q, const struct need *need)
{
	int64_t fresh_s = charter_epoch(w->state->charter)->rule_admit.fresh.seconds;
	ENT_AUTO_FINI(ent_buf) cure = ent_buf_with_max(64u << 10);
	const char *text, *separator = "";

	ENT_TRY(ent_buf_printf(&cure, w->err, "%zu of:", need->from - need->counting));
	for (size_t i = 0; i < 2 * w->state->member_count; i++) {
		size_t m = i % w->state->member_count;
		struct ent_view name = w->state->members[m].pub.party->name;
		bool accredited = ent_derive_accredited(w->state, m, q->name, need->profile) != NULL, mute = ent_why_is_mute(w->state, m);
		const char *first = mute ? ", once its log can be relied on and its log key is not stopped," : "";

		/* Those who must first be able to be heard at all come last. */
		if ((accredited && ent_derive_heard(w->state, m, fresh_s)) || mute != (i >= w->state->member_count))
			continue;
		if (accredited)
			ENT_TRY(ent_buf_printf(&cure, w->err, "%s %.*s%s be heard for %.*s", separator, ENT_FMT(name), first,
			    ENT_FMT(need->profile)));
		else
			ENT_TRY(ent_buf_printf(&cure, w->err, "%s %.*s%s accredit %.*s %.*s", separator, ENT_FMT(name), first, ENT_FMT(q->name),
			    ENT_FMT(need->profile)));
		separator = ";";
	}
	ENT_TRY(ent_buf_cstr(&cure, &text, w->err));
	return ent_reasons_add(w->reasons, w->err, need->standing < need->from ? ENT_R_ACCREDITATION : ENT_R_MEMBER_UNHEARD, "-", text,
	    "%s: %.*s needs the accreditations of %zu member%s for %.*s, heard: %zu missing", shortage_word(w, q, need), ENT_FMT(q->name),
	    need->from, need->from == 1 ? "" : "s", ENT_FMT(need->profile), need->from - need->counting);
}

static enum ent_status
add_need(const struct words *w, const struct inquiry_part *q, const struct need *need)
{
	bool all = need->from >= w->state->member_count;
	const struct accreditation *a;

	for (size_t m = 0; m < w->state->member_count; m++) {
		a = ent_derive_accredited(w->state, m, q->name, need->profile);
		if (all || (a != NULL && ent_derive_heard(w->state, m, charter_epoch(w->state->charter)->rule_admit.fresh.seconds)))
			ENT_TRY(add_accreditation(w, q, m, need->profile));
	}
	if (need->from > w->state->member_count)
		ADD(w, ENT_R_ACCREDITATION, "-", "another proposal", "not accredited: %.*s from %zu members is required, and there are %zu",
		    ENT_FMT(need->profile), need->from, w->state->member_count);
	return all || need->counting >= need->from ? ENT_OK : add_need_shortage(w, q, need);
}

/* ---- withdrawn, stopped ---- */

static enum ent_status
add_leaving(const struct words *w, const struct inquiry_part *q)
{
	const struct leaving *l = q->left;
	struct cite_text cite;

	if (l == NULL)
		return ENT_OK;
	cite = ent_why_cite(w->state, l->deed.log->log, l->deed.index);
	return ent_reasons_add(w->reasons, w->err, ENT_R_PARTY_WITHDRAWN, cite.text, "",
	    "withdrawn: %.*s withdrew from %s%.*s %s, statement %s; that is final", ENT_FMT(q->name),
	    l->object == ENT_OBJECT_PROJECT ? "project " : l->object == ENT_OBJECT_CHARTER ? "the charter" : "membership",
	    ENT_FMT(l->object == ENT_OBJECT_PROJECT ? l->project : ENT_VIEW_NONE),
	    ent_why_time(narrowing_time(&w->state->when, l->deed.effect_unix_s)).text, cite.text);
}

static enum ent_status
add_party_stops(const struct words *w, const struct inquiry_part *q)
{
	struct stop_lines lines = { .code = ENT_R_STOPPED, .prefix = "suspended: " };
	char line[ENT_ACT_LINE_SIZE], what[ENT_ACT_LINE_SIZE];
	bool partner = q->party != NULL && q->party->name != NULL;

	if (!q->stopped)
		return ENT_OK;
	snprintf(line, sizeof(line), "stop partner %.*s", ENT_FMT(q->name));
	ENT_TRY(ent_why_stops(w, &lines, NULL, line, "it"));
	if (partner)
		ENT_TRY(ent_why_stops(w, &lines, q->party, line, "itself"));
	snprintf(line, sizeof(line), "stop partner %.*s project %.*s", ENT_FMT(q->name), ENT_FMT(q->project_name));
	snprintf(what, sizeof(what), "it in project %.*s", ENT_FMT(q->project_name));
	ENT_TRY(ent_why_stops(w, &lines, NULL, line, what));
	if (partner)
		ENT_TRY(ent_why_stops(w, &lines, q->party, line, what));
	return ent_why_more_stops(w, &lines);
}

/* ---- what only a partner is asked ---- */

/* C-56 */
static enum ent_status
add_log(const struct words *w, const struct inquiry_part *q)
{
	struct stop_lines lines = { .code = ENT_R_PARTNER_LOG, .prefix = "suspended: " };
	const struct ent_member_state *p;

	if (!q->log_closed)
		return ENT_OK;
	p = &q->party->pub;
	if (p->broken != NULL)
		ADD(w, ENT_R_PARTNER_LOG, "-", "the members compare their copies and decide",
		    "suspended: the statement log of %.*s cannot be relied on: %s", ENT_FMT(q->name), p->broken);
	if (p->unenforced != NULL)
		ADD(w, ENT_R_PARTNER_LOG, "-", "a version of this software that acts on it",
		    "suspended: %s is valid and this version does not act on it", p->unenforced);
	if (p->log_key_stopped)
		ENT_TRY(ent_why_stops_of(w, &lines, q->party, &q->party->log_key_target, "its statement-log key"));
	return ent_why_more_stops(w, &lines);
}

static enum ent_status
add_admission(const struct words *w, const struct inquiry_part *q)
{
	struct id_text id = ent_why_id(&q->admit->target->hash), named = ent_why_id(&proposal_of(q->admit)->admit_party_proposal);
	char cure[ENT_ACT_LINE_SIZE];

	if (q->closed)
		ADD(w, ENT_R_PARTNER_CLOSED, "epoch 1", "an epoch that opens the pillar",
		    "closed: pillar %.*s of project %.*s is closed to partners, whatever anyone signed", ENT_FMT(proposal_of(q->project)->pillar),
		    ENT_FMT(q->project_name));
	ENT_TRY(ent_why_proposal(w, q->admit));
	if (q->earlier_project)
		ADD(w, ENT_R_PARTNER_ENDED, id.text, "a new admission",
		    "ended: the admission of %.*s (%s) is of an earlier project %.*s: another proposal held the name since", ENT_FMT(q->name),
		    id.text, ENT_FMT(q->project_name));
	if (q->proposal == NULL) {
		snprintf(cure, sizeof(cure), "the text of party proposal %s", named.text);
		ADD(w, ENT_R_PARTNER_PROPOSED, id.text, cure, "proposed: there is no party proposal of %.*s here", ENT_FMT(q->name));
		return ENT_OK;
	}
	ENT_TRY(ent_why_proposal(w, q->proposal));
	if (!q->other_party)
		return ENT_OK;
	snprintf(cure, sizeof(cure), "an admission that names party proposal %s", ent_why_id(&q->proposal->target->hash).text);
	ADD(w, ENT_R_PARTNER_PROPOSED, id.text, cure, "proposed: the admission of %.*s (%s) names party proposal %s, and its name is about %s",
	    ENT_FMT(q->name), id.text, named.text, ent_why_id(&q->proposal->target->hash).text);
	return ENT_OK;
}

/* No admission of it to this project is known. */
static enum ent_status
add_stranger(const struct words *w, const struct inquiry_part *q)
{
	char project[ENT_ACT_LINE_SIZE], cure[ENT_ACT_LINE_SIZE];
	const char *cite = "-";
	struct id_text id;

	snprintf(project, sizeof(project), "project %.*s", ENT_FMT(q->project_name));
	if (q->project != NULL) {
		id = ent_why_id(&q->project->target->hash);
		cite = id.text;
		snprintf(project, sizeof(project), "project %.*s (%s)", ENT_FMT(q->project_name), id.text);
	}
	if (q->proposal != NULL) {
		ENT_TRY(ent_why_proposal(w, q->proposal));
		snprintf(cure, sizeof(cure), "an admission of %.*s to %.*s", ENT_FMT(q->name), ENT_FMT(q->project_name));
		ADD(w, ENT_R_PARTNER_PROPOSED, cite, cure, "proposed: no admission of %.*s to %s is known here", ENT_FMT(q->name), project);
		return ENT_OK;
	}
	snprintf(cure, sizeof(cure), "a party proposal of %.*s and its admission to %.*s, with the consents of the members", ENT_FMT(q->name),
	    ENT_FMT(q->project_name));
	ADD(w, ENT_R_PARTNER_NONE, cite, cure, "%.*s takes no part in %s; it is not a member%s", ENT_FMT(q->name), project,
	    q->consulted ? ", and was only consulted" : "");
	return ENT_OK;
}

/* ---- all of it ---- */

static enum ent_status
add_not_participant(const struct words *w, const struct inquiry_part *q)
{
	struct id_text id = ent_why_id(&q->project->target->hash);
	char cure[ENT_ACT_LINE_SIZE];

	snprintf(cure, sizeof(cure), "a project proposal that names it and replaces %s", id.text);
	ADD(w, ENT_R_PARTY_NOT_PARTICIPANT, id.text, cure, "%.*s takes no part in project %.*s (%s)", ENT_FMT(q->name),
	    ENT_FMT(q->project_name), id.text);
	return ENT_OK;
}

static enum ent_status
add_all(const struct words *w, const struct inquiry_part *q)
{
	if (q->project == NULL)
		ADD(w, ENT_R_PROJECT_UNKNOWN, "-", "a project proposal with the consents of the members",
		    "there is no proposal of a project %.*s here", ENT_FMT(q->project_name));
	else
		ENT_TRY(ent_why_proposal(w, q->project));
	if (q->member && !q->participant)
		return q->project != NULL ? add_not_participant(w, q) : ENT_OK;
	if (!q->member && q->admit == NULL)
		return add_stranger(w, q);
	if (!q->member)
		ENT_TRY(add_admission(w, q));
	ENT_TRY(add_leaving(w, q));
	ENT_TRY(add_party_stops(w, q));
	ENT_TRY(add_log(w, q));
	for (size_t i = 0; i < q->need_count; i++)
		ENT_TRY(add_need(w, q, &q->needs[i]));
	return ENT_OK;
}

enum ent_status
ent_state_party_reasons(const struct ent_state *state, struct ent_view party_name, struct ent_view project, struct ent_reasons *reasons,
    struct ent_error *err)
{
	const struct words w = { state, reasons, err };
	struct inquiry_part q;
	struct party ahead;
	void *room;

	ENT_TRY(ent_arena_alloc(reasons->arena, &room, ent_derive_needs_max(state, party_name, project), sizeof(struct need), err));
	ent_derive_ask(state, party_name, project, room, &q);
	ent_derive_ask_ahead(state, &q, &ahead);
	return add_all(&w, &q);
}
