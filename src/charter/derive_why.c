/* The state in words. Every text is made from the state alone, in the epoch's order, so equal states give equal answers. */
#include <stdio.h>

#include "charter/derive_state.h"
#include "codec/time.h"

struct time_text
ent_why_time(int64_t unix_s)
{
	struct time_text t;

	ENT_ASSERT(sizeof(t.text) >= ENT_TIME_TEXT_SIZE);
	ent_time_print(t.text, unix_s);
	return t;
}

struct id_text
ent_why_id(const struct ent_hash *hash)
{
	char hex[ENT_HASH_HEX_SIZE];
	struct id_text id;

	ent_hash_hex(hex, hash);
	snprintf(id.text, sizeof(id.text), "%.8s", hex);
	return id;
}

struct cite_text
ent_why_cite(const struct ent_state *state, size_t log, uint64_t index)
{
	struct cite_text cite;

	ENT_ASSERT(log < state->charter->log_count);
	snprintf(cite.text, sizeof(cite.text), "%.64s %llu", state->charter->logs[log].short_name, (unsigned long long)index);
	return cite;
}

void
ent_state_cite(const struct ent_state *state, struct ent_view party, uint64_t index, char out[ENT_CITE_SIZE])
{
	size_t log = ent_charter_log_index(state->charter, party);

	if (log == SIZE_MAX)
		snprintf(out, ENT_CITE_SIZE, "%.64s %llu", "?", (unsigned long long)index);
	else
		snprintf(out, ENT_CITE_SIZE, "%s", ent_why_cite(state, log, index).text);
}

/* ---- the node ---- */

static enum ent_status
member_faults(const struct ent_state *state, size_t member, struct ent_reasons *reasons, struct ent_error *err)
{
	const struct ent_member_state *m = &state->members[member].pub;
	struct cite_text cite = ent_why_cite(state, member, charter_member(state->charter, member)->unenforced_index);

	if (m->broken != NULL)
		ENT_TRY(ent_reasons_add(reasons, err, ENT_R_LOG_BROKEN, "-", "the members compare their logs and decide",
		    "the statement log of %.*s cannot be relied on: %s", ENT_FMT(m->party->name), m->broken));
	if (m->unenforced != NULL)
		ENT_TRY(ent_reasons_add(reasons, err, ENT_R_LOG_UNENFORCED, cite.text, "a version of this software that acts on it",
		    "%s is valid and this version does not act on it, so it answers nothing", m->unenforced));
	return ENT_OK;
}

enum ent_status
ent_state_node_reasons(const struct ent_state *state, struct ent_reasons *reasons, struct ent_error *err)
{
	int64_t floor_unix_s = ent_state_clock_floor(state), now_unix_s = state->when.now_unix_s;

	for (size_t i = 0; i < state->member_count; i++)
		ENT_TRY(member_faults(state, i, reasons, err));
	if (floor_unix_s == INT64_MIN || now_unix_s >= floor_unix_s)
		return ENT_OK;
	return ent_reasons_add(reasons, err, ENT_R_CLOCK_BEHIND, "-", "set this node's clock",
	    "this node's clock says %s and is at least %lld s behind: two members were alive at %s or later, less %d s",
	    ent_why_time(now_unix_s).text, (long long)(floor_unix_s - now_unix_s), ent_why_time(floor_unix_s + ENT_SKEW_S).text,
	    ENT_SKEW_S);
}

/* ---- a proposal and its words ---- */

#define WHAT_SIZE 640
struct about {
	const struct words *w;
	const struct row *row;
	struct id_text id;
	char what[WHAT_SIZE]; /* "project quantum (3fa81234)" */
	enum ent_reason_code proposed, ended, lapsed, in_force;
};

static void
name_it(struct about *a)
{
	const struct ent_proposal *p = proposal_of(a->row);

	switch (p->kind) {
	case ENT_PROPOSAL_PROJECT:
		snprintf(a->what, sizeof(a->what), "project %.*s (%s)", ENT_FMT(p->project), a->id.text);
		break;
	case ENT_PROPOSAL_PARTY:
		snprintf(a->what, sizeof(a->what), "party %.*s (%s)", ENT_FMT(p->party.name), a->id.text);
		break;
	case ENT_PROPOSAL_ADMIT:
		snprintf(a->what, sizeof(a->what), "the admission of %.*s to %.*s (%s)", ENT_FMT(p->admit_party), ENT_FMT(p->project),
		    a->id.text);
		break;
	case ENT_PROPOSAL_LABELS:
		snprintf(a->what, sizeof(a->what), "labels (%s)", a->id.text);
		break;
	case ENT_PROPOSAL_PROFILE:
		snprintf(a->what, sizeof(a->what), "profile %.*s (%s)", ENT_FMT(p->profile), a->id.text);
		break;
	}
}

static struct about
about_of(const struct words *w, const struct row *row)
{
	bool project = proposal_of(row)->kind == ENT_PROPOSAL_PROJECT;
	struct about a = { .w = w, .row = row, .id = ent_why_id(&row->target->hash),
		.proposed = project ? ENT_R_PROJECT_PROPOSED : ENT_R_PARTNER_PROPOSED, .ended = project ? ENT_R_PROJECT_ENDED : ENT_R_PARTNER_ENDED,
		.lapsed = project ? ENT_R_PROJECT_LAPSED : ENT_R_PARTNER_LAPSED,
		.in_force = project ? ENT_R_PROJECT_IN_FORCE : ENT_R_PARTNER_IN_FORCE };

	name_it(&a);
	return a;
}

/* F in the words of the proposal or the rule: that of the smaller (C-28, C-65). */
const struct ent_duration *
ent_why_limit(const struct ent_state *state, const struct row *row)
{
	const struct ent_rule *rule = ent_derive_rule(state, proposal_of(row)->kind);
	const struct ent_duration *own = NULL;
	const struct row *project;

	ENT_ASSERT(rule != NULL); /* without one nobody consents */
	if (proposal_of(row)->kind == ENT_PROPOSAL_PROJECT) {
		own = &proposal_of(row)->fresh;
	} else if (proposal_of(row)->kind == ENT_PROPOSAL_ADMIT) {
		project = ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_PROJECT, proposal_of(row)->project, ENT_VIEW_NONE));
		own = project != NULL ? ent_why_limit(state, project) : NULL;
	}
	return own != NULL && own->seconds < rule->fresh.seconds ? own : &rule->fresh;
}

/* ---- whom one must hear ---- */

static bool
is_said(const struct ent_reasons *reasons, const char *text)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (strcmp(reasons->items[i].text, text) == 0)
			return true;
	return false;
}

static enum ent_status
say_unheard(const struct words *w, size_t member, const char *text, const struct ent_duration *limit, bool has_cite)
{
	const struct ent_member_state *m = &w->state->members[member].pub;
	char cure[ENT_ACT_LINE_SIZE];

	if (is_said(w->reasons, text))
		return ENT_OK;
	snprintf(cure, sizeof(cure), "hear %.*s: an `alive` of the last %.*s", ENT_FMT(m->party->name), ENT_FMT(limit->text));
	return ent_reasons_add(w->reasons, w->err, ENT_R_MEMBER_UNHEARD,
	    has_cite ? ent_why_cite(w->state, member, m->alive_index).text : "-", cure, "%s", text);
}

/* A stop of its log key is in the way of being heard, whatever it says (C-27). */
static enum ent_status
say_log_key(const struct words *w, size_t member)
{
	const struct party *party = &w->state->members[member];
	struct stop_lines lines = { .code = ENT_R_MEMBER_UNHEARD, .prefix = "unheard: " };
	size_t before = w->reasons->count;

	ENT_TRY(ent_why_stops_of(w, &lines, party, &party->log_key_target, "its statement-log key"));
	ENT_TRY(ent_why_more_stops(w, &lines));
	/* Said of another proposal already? */
	for (size_t i = 0; i < before && w->reasons->count > before; i++)
		if (strcmp(w->reasons->items[i].text, w->reasons->items[before].text) == 0)
			w->reasons->count = before;
	return ENT_OK;
}

bool
ent_why_is_mute(const struct ent_state *state, size_t member)
{
	return state->members[member].pub.broken != NULL || state->members[member].pub.log_key_stopped;
}

enum ent_status
ent_why_mute(const struct words *w, size_t member)
{
	const struct ent_member_state *m = &w->state->members[member].pub;
	char text[ENT_ACT_LINE_SIZE];

	if (m->log_key_stopped)
		ENT_TRY(say_log_key(w, member));
	if (m->broken == NULL)
		return ENT_OK;
	snprintf(text, sizeof(text), "%.*s must be heard, and its statement log cannot be relied on", ENT_FMT(m->party->name));
	if (is_said(w->reasons, text))
		return ENT_OK;
	return ent_reasons_add(w->reasons, w->err, ENT_R_MEMBER_UNHEARD, "-", "the members compare their logs and decide", "%s", text);
}

/* "last alive 2026-11-20T10:00:00Z, limit 24h" */
enum ent_status
ent_why_unheard(const struct words *w, size_t member, const struct ent_duration *limit)
{
	const struct ent_member_state *m = &w->state->members[member].pub;
	struct ent_view name = m->party->name;
	char text[ENT_ACT_LINE_SIZE];

	ENT_TRY(ent_why_mute(w, member));
	if (m->broken != NULL)
		return ENT_OK;
	if (!m->heard_any) {
		snprintf(text, sizeof(text), "%.*s must be heard: never heard yet, limit %.*s", ENT_FMT(name), ENT_FMT(limit->text));
		return say_unheard(w, member, text, limit, false);
	}
	if (m->alive_unix_s >= w->state->when.now_unix_s - limit->seconds)
		return ENT_OK;
	snprintf(text, sizeof(text), "%.*s must be heard: last alive %s, limit %.*s", ENT_FMT(name), ent_why_time(m->alive_unix_s).text,
	    ENT_FMT(limit->text));
	return say_unheard(w, member, text, limit, true);
}

/* ---- consents ---- */

/* Who left membership consents to nothing any more (C-63). */
static enum ent_status
add_left(const struct about *a, size_t member)
{
	char cure[ENT_ACT_LINE_SIZE];
	struct ent_view name = a->row->pub.consents[member].member;

	snprintf(cure, sizeof(cure), "an epoch without %.*s", ENT_FMT(name));
	return ent_reasons_add(a->w->reasons, a->w->err, a->row->base == ENT_FORCE_ENDED ? a->ended : a->proposed, "-", cure,
	    "%.*s withdrew from membership %s, so it gives no consent to %s", ENT_FMT(name),
	    ent_why_time(a->w->state->members[member].left_unix_s).text, a->what);
}

/* What one member's consent lacks, or that it counts. */
static enum ent_status
add_consent(const struct about *a, size_t member)
{
	const struct ent_consent_state *c = &a->row->pub.consents[member];
	const struct words *w = a->w;
	char cure[ENT_ACT_LINE_SIZE];

	snprintf(cure, sizeof(cure), "%.*s consent %s", ENT_FMT(c->member), a->id.text);
	if (c->counts) {
		ENT_TRY(ent_reasons_add(w->reasons, w->err, ENT_R_CONSENT, ent_why_cite(w->state, member, c->index).text, "",
		    "%.*s consented to %s until %s", ENT_FMT(c->member), a->what, ent_why_time(c->until_unix_s).text));
		return ent_reasons_about(w->reasons, w->err, a->what, c->until_unix_s);
	}
	if (c->given)
		return ent_why_unheard(w, member, ent_why_limit(w->state, a->row));
	if (w->state->members[member].pub.withdrawn)
		return add_left(a, member);
	ENT_TRY(ent_why_mute(w, member)); /* a consent alone would not count */
	if (c->withdrawn)
		return ent_reasons_add(w->reasons, w->err, a->row->base == ENT_FORCE_ENDED ? a->ended : a->proposed, "-", cure,
		    "%.*s withdrew its consent to %s %s", ENT_FMT(c->member), a->what, ent_why_time(c->until_unix_s).text);
	if (c->lapsed)
		return ent_reasons_add(w->reasons, w->err, a->lapsed, "-", cure, "%.*s's consent to %s ran out %s",
		    ENT_FMT(c->member), a->what, ent_why_time(c->until_unix_s).text);
	return ent_reasons_add(w->reasons, w->err, a->proposed, "-", cure, "%.*s has not consented to %s", ENT_FMT(c->member), a->what);
}

static enum ent_reason_code
shortage_code(const struct about *a)
{
	switch (a->row->base) {
	case ENT_FORCE_UNHEARD:
		return ENT_R_MEMBER_UNHEARD;
	case ENT_FORCE_LAPSED:
		return a->lapsed;
	case ENT_FORCE_ENDED:
		return a->ended;
	default:
		return a->proposed;
	}
}

/* With a rule that any N members will do, nobody in particular is missing: one line says how many, and of whom. */
static enum ent_status
add_shortage(const struct about *a, size_t needed, size_t missing)
{
	const struct words *w = a->w;
	ENT_AUTO_FINI(ent_buf) cure = ent_buf_with_max(64u << 10);
	const char *text, *separator = "";
	const struct ent_duration *limit = ent_why_limit(w->state, a->row);

	ENT_TRY(ent_buf_printf(&cure, w->err, "%zu of:", missing));
	for (size_t i = 0; i < 2 * w->state->member_count; i++) {
		size_t m = i % w->state->member_count;
		const struct ent_consent_state *c = &a->row->pub.consents[m];
		bool mute = ent_why_is_mute(w->state, m);

		/* Those who must first be able to be heard at all come last. */
		if (c->counts || w->state->members[m].pub.withdrawn || mute != (i >= w->state->member_count))
			continue;
		ENT_TRY(ent_buf_printf(&cure, w->err, "%s %.*s%s %s %s", separator, ENT_FMT(c->member),
		    mute ? ", once its log can be relied on and its log key is not stopped," : "", c->given ? "be heard for" : "consent",
		    a->id.text));
		separator = ";";
	}
	ENT_TRY(ent_buf_cstr(&cure, &text, w->err));
	return ent_reasons_add(w->reasons, w->err, shortage_code(a), "-", text,
	    "%s needs the consents of %zu members, heard within %.*s: %zu missing", a->what, needed, ENT_FMT(limit->text), missing);
}

static enum ent_status
add_consents(const struct about *a)
{
	size_t needed = ent_derive_needed(a->w->state, proposal_of(a->row)->kind), counting = 0;
	bool all = needed == a->w->state->member_count;

	for (size_t m = 0; m < a->w->state->member_count; m++) {
		counting += a->row->pub.consents[m].counts;
		if (all || a->row->pub.consents[m].counts)
			ENT_TRY(add_consent(a, m));
	}
	return all || counting >= needed || needed == SIZE_MAX ? ENT_OK : add_shortage(a, needed, needed - counting);
}

/* ---- the proposal ---- */

static enum ent_status
add_ended(const struct about *a)
{
	const struct ent_proposal *p = proposal_of(a->row);
	const struct words *w = a->w;

	if (a->row->replaced)
		return ent_reasons_add(w->reasons, w->err, a->ended, a->id.text, "a proposal that follows it", "%s ended: %s replaced it",
		    a->what, ent_why_id(&a->row->pub.replaced_by).text);
	if (has_until(p->kind) && p->until_unix_s <= w->state->when.now_unix_s)
		return ent_reasons_add(w->reasons, w->err, a->ended, a->id.text,
		    p->kind == ENT_PROPOSAL_PROJECT ? "a new proposal of the project" : "a new admission", "%s ended %s", a->what,
		    ent_why_time(p->until_unix_s).text);
	return add_consents(a); /* one was withdrawn, and may be given again (C-53) */
}

static enum ent_status
add_heard(const struct about *a)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(64u << 10);
	const char *text, *separator = "";
	const struct words *w = a->w;

	for (size_t m = 0; m < w->state->member_count; m++) {
		const struct ent_member_state *member = &w->state->members[m].pub;

		if (!a->row->pub.consents[m].counts)
			continue;
		ENT_TRY(ent_buf_printf(&line, w->err, "%s%.*s %s", separator, ENT_FMT(member->party->name),
		    ent_why_time(member->alive_unix_s).text));
		separator = ", ";
	}
	ENT_TRY(ent_buf_cstr(&line, &text, w->err));
	return ent_reasons_add(w->reasons, w->err, ENT_R_HEARD, "-", "", "heard: %s; limit %.*s", text,
	    ENT_FMT(ent_why_limit(w->state, a->row)->text));
}

static enum ent_status
add_in_force(const struct about *a)
{
	const struct ent_standing *p = &a->row->pub;
	const struct words *w = a->w;
	bool until = has_until(p->doc->proposal.kind);

	if (until)
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->in_force, a->id.text, "",
		    "%s in force since %s until %s; it closes at %s unless more is heard", a->what, ent_why_time(p->in_force_since_unix_s).text,
		    ent_why_time(p->doc->proposal.until_unix_s).text, ent_why_time(p->closes_unix_s).text));
	else
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->in_force, a->id.text, "",
		    "%s in force since %s; it closes at %s unless more is heard", a->what, ent_why_time(p->in_force_since_unix_s).text,
		    ent_why_time(p->closes_unix_s).text));
	ENT_TRY(ent_reasons_about(w->reasons, w->err, a->what, until ? p->doc->proposal.until_unix_s : INT64_MAX));
	return p->doc->proposal.kind == ENT_PROPOSAL_PROJECT ? add_heard(a) : ENT_OK;
}

/* Whoever consents: why it does not come into force all the same. */
static enum ent_status
add_obstacles(const struct about *a)
{
	const struct ent_proposal *p = proposal_of(a->row);
	const struct words *w = a->w;

	if (p->has_replaces && a->row->replaces == NULL && ent_derive_row(w->state, &p->replaces) == NULL)
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->proposed, a->id.text, "the text of what it replaces, or another proposal",
		    "%s cannot come into force: it replaces %s, whose text is not known here", a->what, ent_why_id(&p->replaces).text));
	else if (p->has_replaces && a->row->replaces == NULL)
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->proposed, a->id.text, "another proposal",
		    "%s cannot come into force: it is void: it replaces %s, which is not a proposal of %s %.*s", a->what,
		    ent_why_id(&p->replaces).text, p->kind == ENT_PROPOSAL_PROJECT ? "project" : "the name", ENT_FMT(a->row->name->group->name)));
	if (a->row->contradicted)
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->proposed, a->id.text, "another party proposal, with keys and issuers of its own",
		    "%s is void: another party that is in force has one of its keys or issuers", a->what));
	if (p->kind == ENT_PROPOSAL_PARTY && a->row->name->log_key != NULL &&
	    !ent_view_eq(a->row->name->log_key->line, p->party.statements_log.line))
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->proposed, a->id.text, "a party proposal with the log key that it had",
		    "%s cannot come into force: the log of %.*s has another key", a->what, ENT_FMT(p->party.name)));
	if (p->kind == ENT_PROPOSAL_ADMIT && p->from_unix_s > w->state->when.now_unix_s)
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->proposed, a->id.text, "to wait until then", "%s begins %s", a->what,
		    ent_why_time(p->from_unix_s).text));
	if (ent_derive_rule(w->state, p->kind) == NULL)
		ENT_TRY(ent_reasons_add(w->reasons, w->err, a->proposed, a->id.text, "an epoch with such a rule",
		    "%s cannot come into force: the epoch has no rule for it", a->what));
	return ENT_OK;
}

/* Also of what has ended: once a consent that was withdrawn is given again, they are in the way. */
static enum ent_status
add_stops(const struct about *a)
{
	struct stop_lines lines = { .code = ENT_R_STOPPED, .prefix = "suspended: " };
	char line[ENT_ACT_LINE_SIZE], hash[ENT_HASH_BASE64_SIZE];

	if (a->w->state->charter->stops_changed == 0)
		return ENT_OK; /* nobody ever stopped anything */
	ent_hash_base64(hash, &a->row->target->hash);
	snprintf(line, sizeof(line), "stop proposal %s", hash);
	ENT_TRY(ent_why_stops(a->w, &lines, NULL, line, a->what));
	if (proposal_of(a->row)->kind == ENT_PROPOSAL_PROJECT) {
		snprintf(line, sizeof(line), "stop project %.*s", ENT_FMT(proposal_of(a->row)->project));
		ENT_TRY(ent_why_stops(a->w, &lines, NULL, line, &line[sizeof("stop ") - 1]));
	}
	return ent_why_more_stops(a->w, &lines);
}

static enum ent_status
add_base(const struct about *a)
{
	const struct words *w = a->w;

	switch (a->row->base) {
	case ENT_FORCE_ENDED:
		return add_ended(a);
	case ENT_FORCE_UNENFORCED:
		return ent_reasons_add(w->reasons, w->err, ENT_R_PROJECT_UNENFORCED, a->id.text, "a version of this software that enforces it",
		    "%s says `%s`, which this version does not enforce, so it is never in force here", a->what,
		    a->row->target->unenforced != NULL ? a->row->target->unenforced : "labels");
	case ENT_FORCE_ACTIVE:
		ENT_TRY(add_consents(a));
		return a->row->pub.state == ENT_FORCE_ACTIVE ? add_in_force(a) : ENT_OK;
	case ENT_FORCE_SUSPENDED:
	case ENT_FORCE_PROPOSED:
	case ENT_FORCE_LAPSED:
	case ENT_FORCE_UNHEARD:
		break;
	}
	ENT_TRY(add_obstacles(a));
	return add_consents(a);
}

static size_t
count_blocking(const struct ent_reasons *reasons)
{
	size_t count = 0;

	for (size_t i = 0; i < reasons->count; i++)
		count += ent_reason_row(reasons->items[i].code)->blocks;
	return count;
}

enum ent_status
ent_why_proposal(const struct words *w, const struct row *row)
{
	struct about a = about_of(w, row);

	ENT_TRY(add_stops(&a));
	ENT_TRY(add_base(&a));
	/* Whatever is not active must block, also if there is a case that has no words of its own. */
	if (row->pub.state == ENT_FORCE_ACTIVE || count_blocking(w->reasons) > 0)
		return ENT_OK;
	return ent_reasons_add(w->reasons, w->err, a.proposed, a.id.text, "another proposal", "%s is %s: it does not hold its name", a.what,
	    ent_force_name(row->pub.state));
}
