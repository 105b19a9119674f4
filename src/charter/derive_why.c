/* The state in words. Every text is made from the state alone, in the epoch's order, so equal states give equal answers. */
#include "charter/derive_state.h"

#include <stdio.h>

#include "codec/time.h"

struct words {
	const struct ent_state *state;
	struct ent_reasons *reasons;
	const struct project_row *row;
	struct ent_view name; /* of the project */
	char id[9];           /* the proposal's first hex digits */
	struct ent_error *err;
};

struct cite {
	char text[96];
};

static struct cite
cite_entry(const struct ent_state *state, size_t member, uint64_t index)
{
	struct cite cite;

	snprintf(cite.text, sizeof(cite.text), "%.64s %llu", state->charter->logs[member].short_name,
	    (unsigned long long)index);
	return cite;
}

struct time_text {
	char text[ENT_TIME_TEXT_SIZE];
};

static struct time_text
at(int64_t unix_s)
{
	struct time_text t;

	ent_time_print(t.text, unix_s);
	return t;
}

static const struct project_row *
row_of(const struct ent_standing *project)
{
	return (const struct project_row *)(const void *)project;
}

/* ---- the node ---- */

static enum ent_status
member_faults(const struct ent_state *state, size_t member, struct ent_reasons *reasons, struct ent_error *err)
{
	const struct ent_member_state *m = &state->members[member];
	struct cite cite = cite_entry(state, member, state->charter->logs[member].unenforced_index);

	if (m->broken != NULL)
		ENT_TRY(ent_reasons_add(reasons, err, ENT_R_LOG_BROKEN, "-", "the members compare their logs and decide",
		    "the statement log of %.*s cannot be relied on: %s", ENT_FMT(m->party->name), m->broken));
	if (m->unenforced != NULL)
		ENT_TRY(ent_reasons_add(reasons, err, ENT_R_LOG_UNENFORCED, cite.text,
		    "a version of this software that acts on it",
		    "%s is valid and this version does not act on it, so it answers nothing", m->unenforced));
	return ENT_OK;
}

enum ent_status
ent_state_node_reasons(const struct ent_state *state, struct ent_reasons *reasons, struct ent_error *err)
{
	int64_t floor_unix_s = ent_state_clock_floor(state);

	for (size_t i = 0; i < state->member_count; i++)
		ENT_TRY(member_faults(state, i, reasons, err));
	if (floor_unix_s == INT64_MIN || state->now_unix_s >= floor_unix_s)
		return ENT_OK;
	return ent_reasons_add(reasons, err, ENT_R_CLOCK_BEHIND, "-", "set this node's clock",
	    "this node's clock says %s and is at least %lld s behind: two members were alive at %s or later, less %d s",
	    at(state->now_unix_s).text, (long long)(floor_unix_s - state->now_unix_s),
	    at(floor_unix_s + ENT_SKEW_S).text, ENT_SKEW_S);
}

/* ---- a project's members ---- */

static struct ent_view
fresh_text(const struct words *w)
{
	const struct ent_duration *rule = &charter_epoch(w->state->charter)->rule_project.fresh;
	const struct ent_duration *own = &w->row->target->doc->proposal.fresh;

	return own->seconds < rule->seconds ? own->text : rule->text;
}

/* "last alive 2026-11-20T10:00:00Z, limit 24h" */
static enum ent_status
add_unheard(const struct words *w, size_t member)
{
	const struct ent_member_state *m = &w->state->members[member];
	struct ent_view name = m->party->name, limit = fresh_text(w);
	struct cite cite = cite_entry(w->state, member, m->alive_index);
	char cure[160];

	snprintf(cure, sizeof(cure), "hear %.*s: an `alive` of the last %.*s", ENT_FMT(name), ENT_FMT(limit));
	if (m->broken != NULL)
		return ent_reasons_add(w->reasons, w->err, ENT_R_MEMBER_UNHEARD, "-", cure,
		    "%.*s must be heard, and its statement log cannot be relied on", ENT_FMT(name));
	if (!m->heard_any)
		return ent_reasons_add(w->reasons, w->err, ENT_R_MEMBER_UNHEARD, "-", cure,
		    "%.*s must be heard: never heard yet, limit %.*s",
		    ENT_FMT(name), ENT_FMT(limit));
	return ent_reasons_add(w->reasons, w->err, ENT_R_MEMBER_UNHEARD, cite.text, cure,
	    "%.*s must be heard: last alive %s, limit %.*s", ENT_FMT(name), at(m->alive_unix_s).text, ENT_FMT(limit));
}

/* What one member's consent lacks, or that it counts. */
static enum ent_status
add_consent(const struct words *w, size_t member)
{
	const struct ent_consent_state *c = &w->row->pub.consents[member];
	struct cite cite = cite_entry(w->state, member, c->index);
	char cure[160];

	snprintf(cure, sizeof(cure), "%.*s consent %s", ENT_FMT(c->member), w->id);
	if (c->counts)
		return ent_reasons_add(w->reasons, w->err, ENT_R_CONSENT, cite.text, "",
		    "%.*s consented to project %.*s (%s) until %s",
		    ENT_FMT(c->member), ENT_FMT(w->name), w->id, at(c->until_unix_s).text);
	if (c->given)
		return add_unheard(w, member);
	if (c->lapsed)
		return ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_LAPSED, "-", cure,
		    "%.*s's consent to project %.*s (%s) ran out %s",
		    ENT_FMT(c->member), ENT_FMT(w->name), w->id, at(c->until_unix_s).text);
	return ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_PROPOSED, "-", cure,
	    "%.*s has not consented to project %.*s (%s)",
	    ENT_FMT(c->member), ENT_FMT(w->name), w->id);
}

/* With a rule that any N members will do, nobody in particular is missing: one line says how many, and of whom. */
static enum ent_status
add_shortage(const struct words *w, size_t missing)
{
	const struct ent_standing *p = &w->row->pub;
	enum ent_reason_code code = p->state == ENT_FORCE_UNHEARD ? ENT_R_MEMBER_UNHEARD :
	    p->state == ENT_FORCE_LAPSED ? ENT_R_PROJECT_LAPSED : ENT_R_PROJECT_PROPOSED;
	ENT_AUTO_FINI(ent_buf) cure = ent_buf_with_max(64u << 10);
	const char *text, *separator = "";

	ENT_TRY(ent_buf_printf(&cure, w->err, "%zu of:", missing));
	for (size_t m = 0; m < w->state->member_count; m++) {
		const struct ent_consent_state *c = &p->consents[m];

		if (c->counts)
			continue;
		ENT_TRY(ent_buf_printf(&cure, w->err, "%s %.*s %s %s", separator, ENT_FMT(c->member),
		    c->given ? "be heard for" : "consent", w->id));
		separator = ";";
	}
	ENT_TRY(ent_buf_cstr(&cure, &text, w->err));
	return ent_reasons_add(w->reasons, w->err, code, "-", text,
	    "project %.*s (%s) needs the consents of %zu members, heard within %.*s: %zu missing", ENT_FMT(w->name),
	    w->id,
	    ent_derive_needed(w->state), ENT_FMT(fresh_text(w)), missing);
}

static enum ent_status
add_consents(const struct words *w)
{
	size_t needed = ent_derive_needed(w->state), counting = 0;
	bool all = needed == w->state->member_count;

	for (size_t m = 0; m < w->state->member_count; m++) {
		counting += w->row->pub.consents[m].counts;
		if (all || w->row->pub.consents[m].counts)
			ENT_TRY(add_consent(w, m));
	}
	return all || counting >= needed ? ENT_OK : add_shortage(w, needed - counting);
}

/* ---- the project ---- */

static enum ent_status
add_ended(const struct words *w)
{
	char successor[ENT_HASH_HEX_SIZE];

	ent_hash_hex(successor, &w->row->pub.replaced_by);
	if (w->row->replaced)
		return ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_ENDED, w->id, "a proposal that follows it",
		    "project %.*s (%s) ended: %.8s replaced it", ENT_FMT(w->name), w->id, successor);
	return ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_ENDED, w->id, "a new proposal of the project",
	    "project %.*s (%s) ended %s", ENT_FMT(w->name), w->id, at(w->row->target->doc->proposal.until_unix_s).text);
}

static enum ent_status
add_heard(const struct words *w)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(64u << 10);
	const char *text, *separator = "";

	for (size_t m = 0; m < w->state->member_count; m++) {
		const struct ent_member_state *member = &w->state->members[m];

		if (!w->row->pub.consents[m].counts)
			continue;
		ENT_TRY(ent_buf_printf(&line, w->err, "%s%.*s %s", separator, ENT_FMT(member->party->name),
		    at(member->alive_unix_s).text));
		separator = ", ";
	}
	ENT_TRY(ent_buf_cstr(&line, &text, w->err));
	return ent_reasons_add(w->reasons, w->err, ENT_R_HEARD, "-", "", "heard: %s; limit %.*s", text,
	    ENT_FMT(fresh_text(w)));
}

static enum ent_status
add_in_force(const struct words *w)
{
	const struct ent_standing *p = &w->row->pub;

	ENT_TRY(ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_IN_FORCE, w->id, "",
	    "project %.*s (%s) in force since %s until %s; it closes at %s unless more is heard", ENT_FMT(w->name), w->id,
	    at(p->in_force_since_unix_s).text, at(w->row->target->doc->proposal.until_unix_s).text,
	    at(p->closes_unix_s).text));
	return add_heard(w);
}

static enum ent_status
add_project(const struct words *w)
{
	switch (w->row->pub.state) {
	case ENT_FORCE_ENDED:
		return add_ended(w);
	case ENT_FORCE_UNENFORCED:
		return ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_UNENFORCED, w->id,
		    "a version of this software that enforces it",
		    "project %.*s (%s) says `%s`, which this version does not enforce, so it is never in force here",
		    ENT_FMT(w->name),
		    w->id, w->row->target->unenforced);
	case ENT_FORCE_ACTIVE:
		ENT_TRY(add_consents(w));
		return add_in_force(w);
	case ENT_FORCE_SUSPENDED:
	case ENT_FORCE_PROPOSED:
	case ENT_FORCE_LAPSED:
	case ENT_FORCE_UNHEARD:
		break;
	}
	if (w->row->unready != NULL)
		ENT_TRY(ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_PROPOSED, w->id,
		    "the text of what it replaces, or another proposal",
		    "project %.*s (%s) cannot come into force: %s", ENT_FMT(w->name), w->id, w->row->unready));
	return add_consents(w);
}

static bool
is_participant(const struct ent_proposal *p, struct ent_view party)
{
	for (size_t i = 0; i < p->participant_count; i++)
		if (ent_view_eq(p->participants[i], party))
			return true;
	return false;
}

static enum ent_status
add_participation(const struct words *w, struct ent_view party)
{
	char cure[160];

	if (is_participant(&w->row->target->doc->proposal, party))
		return ENT_OK;
	snprintf(cure, sizeof(cure), "a project proposal that names it and replaces %s", w->id);
	return ent_reasons_add(w->reasons, w->err, ENT_R_PARTY_NOT_PARTICIPANT, w->id, cure,
	    "%.*s takes no part in project %.*s (%s)%s", ENT_FMT(party), ENT_FMT(w->name), w->id,
	    ent_charter_member_index(w->state->charter, party) == SIZE_MAX ? "; it is not a member" : "");
}

enum ent_status
ent_state_party_reasons(const struct ent_state *state, struct ent_view party_name, struct ent_view project,
    struct ent_reasons *reasons, struct ent_error *err)
{
	const struct ent_standing *found = ent_state_project(state, project);
	struct words w = { .state = state, .reasons = reasons, .name = project, .err = err };
	char hex[ENT_HASH_HEX_SIZE];

	if (found == NULL)
		return ent_reasons_add(reasons, err, ENT_R_PROJECT_UNKNOWN, "-",
		    "a project proposal with the consents of the members",
		    "there is no proposal of a project %.*s here", ENT_FMT(project));
	w.row = row_of(found);
	ent_hash_hex(hex, &found->doc->hash);
	snprintf(w.id, sizeof(w.id), "%.8s", hex);
	ENT_TRY(add_project(&w));
	return add_participation(&w, party_name);
}
