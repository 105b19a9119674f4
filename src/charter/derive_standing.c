/* How a proposal stands now (C-20), when somebody asks: whose consents are given, who is heard, and until when. */
#include "charter/derive_state.h"

#include <stdio.h>

const char *
ent_force_name(enum ent_force force)
{
	static const char *const names[] = { [ENT_FORCE_PROPOSED] = "proposed", [ENT_FORCE_ACTIVE] = "active",
		[ENT_FORCE_SUSPENDED] = "suspended", [ENT_FORCE_LAPSED] = "lapsed", [ENT_FORCE_UNHEARD] = "unheard",
		[ENT_FORCE_ENDED] = "ended", [ENT_FORCE_UNENFORCED] = "unenforced" };

	ENT_ASSERT((unsigned)force < ENT_COUNT(names));
	return names[force];
}

/* ---- freshness ---- */

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* C-28, C-65 */
int64_t
ent_state_fresh_s(const struct ent_state *state, const struct ent_standing *proposal)
{
	const struct row *row = row_of(proposal), *project;
	const struct ent_rule *rule = ent_derive_rule(state, proposal_of(row)->kind);
	int64_t rule_s = rule != NULL ? rule->fresh.seconds : 0;

	if (proposal_of(row)->kind == ENT_PROPOSAL_PROJECT)
		return smaller(rule_s, proposal_of(row)->fresh.seconds);
	if (proposal_of(row)->kind != ENT_PROPOSAL_ADMIT)
		return rule_s;
	project = ent_derive_about(state, ent_derive_name(state, ENT_PROPOSAL_PROJECT, proposal_of(row)->project, ENT_VIEW_NONE));
	return project != NULL ? smaller(rule_s, ent_state_fresh_s(state, &project->pub)) : rule_s;
}

/* C-27 */
bool
ent_derive_heard(const struct ent_state *state, size_t member, int64_t fresh_s)
{
	const struct ent_member_state *m = &state->members[member].pub;

	return m->broken == NULL && !m->log_key_stopped && m->heard_any && m->alive_unix_s >= state->when.now_unix_s - fresh_s;
}

/* ---- consents ---- */

/* Of several the last to stand says how it ended: by itself, or withdrawn. */
static void
read_past_consents(const struct ent_state *state, const struct row *row, size_t member)
{
	struct ent_consent_state *out = &row->pub.consents[member];
	struct force force = force_of(state, NULL);
	int64_t past_unix_s = INT64_MIN, from_unix_s, until_unix_s;

	for (const struct consent *c = consents_of(row, member); c != NULL; c = c->older) {
		if (c->until_unix_s < past_unix_s || !ent_derive_consent_times(state, &force, member, c, &from_unix_s, &until_unix_s) ||
		    until_unix_s < past_unix_s)
			continue;
		out->withdrawn = until_unix_s < c->until_unix_s || (out->withdrawn && until_unix_s == past_unix_s);
		past_unix_s = until_unix_s;
	}
	if (past_unix_s == INT64_MIN)
		return;
	out->lapsed = !out->withdrawn;
	out->until_unix_s = past_unix_s;
}

/* Whether one was withdrawn is looked up only if it matters: there may be many, and most have ended or end before another. */
static void
read_consents(const struct ent_state *state, const struct row *row, size_t member, int64_t fresh_s)
{
	struct ent_consent_state *out = &row->pub.consents[member];
	struct force force = force_of(state, NULL);
	int64_t now_unix_s = state->when.now_unix_s, from_unix_s, until_unix_s;

	*out = (struct ent_consent_state){ .member = state->members[member].pub.party->name };
	for (const struct consent *c = consents_of(row, member); c != NULL; c = c->older) {
		if (c->until_unix_s <= (out->given ? out->until_unix_s : now_unix_s) ||
		    !ent_derive_consent_times(state, &force, member, c, &from_unix_s, &until_unix_s) || until_unix_s <= now_unix_s)
			continue;
		if (!out->given) {
			out->index = c->deed.index;
			out->since_unix_s = from_unix_s;
		}
		out->given = true;
		if (until_unix_s > out->until_unix_s)
			out->until_unix_s = until_unix_s;
	}
	out->counts = out->given && ent_derive_heard(state, member, fresh_s);
	if (!out->given)
		read_past_consents(state, row, member);
}

int64_t
ent_derive_nth_latest(int64_t *ends, size_t count, size_t needed)
{
	ENT_ASSERT(count <= ENT_LIMIT_MEMBERS);
	if (needed == 0)
		return ENT_NEVER;
	if (count < needed)
		return 0;
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && ends[k - 1] < ends[k]; k--) {
			int64_t end = ends[k];

			ends[k] = ends[k - 1];
			ends[k - 1] = end;
		}
	return ends[needed - 1];
}

/* With one member fewer than needed it closes: so at the needed-th latest of the members' own ends (C-29). */
static int64_t
closing_time(const struct ent_state *state, const struct row *row, int64_t fresh_s)
{
	int64_t ends[ENT_LIMIT_MEMBERS], closes_unix_s;
	size_t count = 0;

	for (size_t m = 0; m < state->member_count; m++) {
		const struct ent_consent_state *c = &row->pub.consents[m];

		if (c->counts)
			ends[count++] = smaller(c->until_unix_s, state->members[m].pub.alive_unix_s + fresh_s);
	}
	closes_unix_s = ent_derive_nth_latest(ends, count, ent_derive_needed(state, proposal_of(row)->kind));
	return has_until(proposal_of(row)->kind) ? smaller(closes_unix_s, proposal_of(row)->until_unix_s) : closes_unix_s;
}

/* ---- the state ---- */

/* Of the consents that it lacks one was withdrawn (C-20). */
static bool
lost_a_consent(const struct ent_state *state, const struct row *row)
{
	for (size_t m = 0; m < state->member_count; m++)
		if (row->pub.consents[m].withdrawn)
			return true;
	return false;
}

static enum ent_force
base_of(const struct ent_state *state, const struct row *row)
{
	const struct ent_proposal *p = proposal_of(row);

	if (row->target->unenforced != NULL || p->kind == ENT_PROPOSAL_LABELS)
		return ENT_FORCE_UNENFORCED;
	if (row->replaced || (has_until(p->kind) && p->until_unix_s <= state->when.now_unix_s))
		return ENT_FORCE_ENDED;
	if (row->took && !row->pub.holds && lost_a_consent(state, row))
		return ENT_FORCE_ENDED;
	if (row->pub.holds)
		return row->counting >= ent_derive_needed(state, p->kind) ? ENT_FORCE_ACTIVE : ENT_FORCE_UNHEARD;
	return row->took && !row->contradicted ? ENT_FORCE_LAPSED : ENT_FORCE_PROPOSED;
}

/* C-60 */
static bool
is_stopped(const struct ent_state *state, const struct row *row)
{
	char line[ENT_ACT_LINE_SIZE], hash[ENT_HASH_BASE64_SIZE];

	if (state->charter->stops_changed == 0)
		return false; /* nobody ever stopped anything */
	ent_hash_base64(hash, &row->target->hash);
	snprintf(line, sizeof(line), "stop proposal %s", hash);
	if (ent_derive_stopped(state, NULL, line))
		return true;
	if (proposal_of(row)->kind != ENT_PROPOSAL_PROJECT)
		return false;
	snprintf(line, sizeof(line), "stop project %.*s", ENT_FMT(proposal_of(row)->project));
	return ent_derive_stopped(state, NULL, line);
}

void
ent_derive_settle(const struct ent_state *state, struct row *row)
{
	enum ent_force base;
	int64_t fresh_s;

	if (row->settled == state->step)
		return;
	row->settled = state->step;
	/* What an admission's F hangs on is the project's, never the reverse: this ends. */
	fresh_s = ent_state_fresh_s(state, &row->pub);
	row->counting = 0;
	for (size_t m = 0; m < state->member_count; m++) {
		read_consents(state, row, m, fresh_s);
		row->counting += row->pub.consents[m].counts;
	}
	base = base_of(state, row);
	row->base = base;
	row->pub.state = base;
	if (base != ENT_FORCE_UNENFORCED && base != ENT_FORCE_ENDED && is_stopped(state, row))
		row->pub.state = ENT_FORCE_SUSPENDED;
	row->pub.closes_unix_s = row->pub.state == ENT_FORCE_ACTIVE ? closing_time(state, row, fresh_s) : 0;
}
