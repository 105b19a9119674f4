/* charter show in words: for an officer, on 80 columns. */
#include "client/charter_show.h"

enum { ENDS_ARENA = 16 << 20 };

/* A heading before the first line of a section, and only then. */
struct section {
	struct ent_buf *out;
	const char *heading;
	bool begun;
};

static enum ent_status
begin(struct section *section, struct ent_error *err)
{
	if (section->begun)
		return ENT_OK;
	section->begun = true;
	return ent_buf_printf(section->out, err, "%s\n", section->heading);
}

static struct ent_view
last_part(struct ent_view name)
{
	return ent_view_slice(name, ent_view_rfind(name, '/') + 1, name.len);
}

/* ---- members and partners ---- */

static enum ent_status
key_line(struct ent_buf *out, const struct ent_state *state, struct ent_view party, const struct ent_member_key *key, struct ent_error *err)
{
	char cite[ENT_CITE_SIZE], time[ENT_TIME_TEXT_SIZE];

	ent_state_cite(state, party, key->index, cite);
	ENT_TRY(ent_buf_printf(out, err, "    %s key %.*s (%s)", key->use == ENT_KEY_USE_KAS ? "data" : "seal", ENT_FMT(key->kid), cite));
	if (key->destroyed)
		ENT_TRY(ent_buf_add_str(out, ", DESTROYED", err));
	else if (key->retired_unix_s != INT64_MAX)
		ENT_TRY(ent_buf_printf(out, err, ", retired %s", ent_words_time(time, key->retired_unix_s)));
	return ent_buf_add_str(out, key->stopped ? ", STOPPED\n" : "\n", err);
}

static enum ent_status
key_lines(struct ent_buf *out, const struct ent_state *state, const struct ent_member_state *m, struct ent_error *err)
{
	char cite[ENT_CITE_SIZE], until[ENT_TIME_TEXT_SIZE];

	for (size_t i = 0; i < m->key_count; i++)
		ENT_TRY(key_line(out, state, m->party->name, &m->keys[i], err));
	for (size_t i = 0; i < m->issuer_key_count; i++) {
		const struct ent_issuer_key *key = &m->issuer_keys[i];

		ent_state_cite(state, m->party->name, key->index, cite);
		ENT_TRY(ent_buf_printf(out, err, "    token key %.*s until %s (%s)\n", ENT_FMT(key->kid),
		    ent_words_time(until, key->until_unix_s), cite));
	}
	return ENT_OK;
}

/* What keeps a party from being heard or from taking part at all. */
static enum ent_status
trouble_lines(struct ent_buf *out, const struct ent_member_state *m, struct ent_error *err)
{
	if (m->withdrawn)
		ENT_TRY(ent_buf_printf(out, err, "    WITHDRAWN from %s, for ever\n", m->partner ? "the charter" : "membership"));
	if (m->log_key_stopped)
		ENT_TRY(ent_buf_add_str(out, "    its statement-log key is STOPPED: it is not heard\n", err));
	if (m->access_key_stopped)
		ENT_TRY(ent_buf_add_str(out, "    its access-log key is STOPPED: its node releases nothing\n", err));
	if (m->broken != NULL)
		ENT_TRY(ent_buf_printf(out, err, "    BROKEN: %s\n", m->broken));
	return m->unenforced != NULL ? ent_buf_printf(out, err, "    NOT ENFORCED by this version: %s\n", m->unenforced) : ENT_OK;
}

static enum ent_status
party_lines(struct ent_buf *out, const struct ent_state *state, const struct ent_member_state *m, struct ent_error *err)
{
	const struct ent_party *p = m->party;
	char alive[ENT_TIME_TEXT_SIZE];

	ENT_TRY(ent_buf_printf(out, err, "  %.*s (%.*s)", ENT_FMT(p->name), ENT_FMT(p->country)));
	if (m->standing != NULL)
		ENT_TRY(ent_buf_printf(out, err, ": %s", ent_force_name(m->standing->state)));
	ENT_TRY(ent_buf_printf(out, err, "\n    last heard %s, %llu entries\n", ent_words_time(alive, m->alive_unix_s),
	    (unsigned long long)m->log_size));
	ENT_TRY(ent_words_quotes(out, 4, "title", p->titles, p->title_count, err));
	if (p->node.len > 0)
		ENT_TRY(ent_buf_printf(out, err, "    node %.*s\n", ENT_FMT(p->node)));
	if (p->sponsor.len > 0)
		ENT_TRY(ent_buf_printf(out, err, "    sponsor %.*s\n", ENT_FMT(p->sponsor)));
	ENT_TRY(ent_buf_printf(out, err, "    %u of %zu officers speak for it:", p->quorum, p->officer_count));
	for (size_t i = 0; i < p->officer_count; i++)
		ENT_TRY(ent_buf_printf(out, err, " %.*s", ENT_FMT(last_part(p->officers[i].name))));
	ENT_TRY(ent_buf_add_byte(out, '\n', err));
	ENT_TRY(key_lines(out, state, m, err));
	return trouble_lines(out, m, err);
}

static enum ent_status
parties(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	struct section members = { out, "members", false }, partners = { out, "partners", false };

	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		ENT_TRY(begin(&members, err));
		ENT_TRY(party_lines(out, state, ent_state_member_at(state, i), err));
	}
	for (size_t i = 0; i < ent_state_partner_count(state); i++) {
		ENT_TRY(begin(&partners, err));
		ENT_TRY(party_lines(out, state, ent_state_partner_at(state, i), err));
	}
	return ENT_OK;
}

/* ---- proposals ---- */

static enum ent_status
heading(struct ent_buf *out, const struct ent_standing *standing, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, &standing->doc->hash);
	ENT_TRY(ent_buf_add_str(out, "  ", err));
	ENT_TRY(ent_words_proposal(out, &standing->doc->proposal, err));
	return ent_buf_printf(out, err, " (" ENT_WORDS_HASH "): %s\n", hex, ent_force_name(standing->state));
}

static enum ent_status
titles(struct ent_buf *out, const struct ent_proposal *p, struct ent_error *err)
{
	if (p->kind == ENT_PROPOSAL_PARTY)
		ENT_TRY(ent_words_quotes(out, 4, "title", p->party.titles, p->party.title_count, err));
	ENT_TRY(ent_words_quotes(out, 4, "title", p->titles, p->title_count, err));
	return ent_words_quote(out, 4, "reason", &p->reason, err);
}

/* "    consents: au 10, uk 8 (not heard now)" */
static enum ent_status
consents(struct ent_buf *out, const struct ent_state *state, const struct ent_standing *standing, struct ent_error *err)
{
	bool first = true;

	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_consent_state *c = &standing->consents[i];
		char cite[ENT_CITE_SIZE];

		if (!c->given)
			continue;
		ent_state_cite(state, c->member, c->index, cite);
		ENT_TRY(ent_buf_printf(out, err, "%s%s%s", first ? "    consents: " : ", ", cite, c->counts ? "" : " (not heard now)"));
		first = false;
	}
	return first ? ENT_OK : ent_buf_add_byte(out, '\n', err);
}

static enum ent_status
lacking(struct ent_buf *out, const struct ent_state *state, const struct ent_standing *standing, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_state_charter(state));
	size_t needed = ent_show_needed(epoch, standing->doc->proposal.kind), given = 0;

	for (size_t i = 0; i < ent_state_member_count(state); i++)
		given += standing->consents[i].given;
	if (needed == 0)
		return ent_buf_add_str(out, "    this charter has no rule for its kind: never in force\n", err);
	if (given >= needed)
		return ent_buf_add_str(out, "    enough have consented; its day has not come, or its name is taken\n", err);
	ENT_TRY(needed == epoch->member_count ? ent_buf_add_str(out, "    yet to consent:", err) :
	    ent_buf_printf(out, err, "    yet to consent, %zu more of:", needed - given));
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_consent_state *c = &standing->consents[i];

		if (!c->given)
			ENT_TRY(ent_buf_printf(out, err, " %.*s%s", ENT_FMT(c->member), c->withdrawn ? " (withdrew)" : c->lapsed ? " (ran out)" : ""));
	}
	return ent_buf_add_byte(out, '\n', err);
}

static enum ent_status
part_line(struct ent_buf *out, const struct ent_state *state, struct ent_view party, struct ent_view project, struct ent_error *err)
{
	struct ent_participation part;

	ENT_TRY(ent_state_participation(state, party, project, &part, err));
	ENT_TRY(ent_buf_printf(out, err, "    %.*s: %s", ENT_FMT(party), ent_part_name(part.state)));
	if (part.admit != NULL && part.admit->doc->proposal.role_contributor)
		ENT_TRY(ent_buf_printf(out, err, ", contributor by %.*s", ENT_FMT(part.admit->doc->proposal.sponsor)));
	else if (part.admit != NULL)
		ENT_TRY(ent_buf_add_str(out, ", reader", err));
	return ent_buf_add_byte(out, '\n', err);
}

/* A project that its name is about: who takes part. */
static enum ent_status
project_lines(struct ent_buf *out, const struct ent_state *state, const struct ent_standing *standing, struct ent_error *err)
{
	const struct ent_proposal *p = &standing->doc->proposal;
	char until[ENT_TIME_TEXT_SIZE];

	ENT_TRY(heading(out, standing, err));
	ENT_TRY(titles(out, p, err));
	ENT_TRY(ent_buf_printf(out, err, "    until %s, pillar %.*s\n    custody %.*s\n", ent_words_time(until, p->until_unix_s),
	    ENT_FMT(p->pillar), ENT_FMT(p->custody)));
	ENT_TRY(consents(out, state, standing, err));
	for (size_t i = 0; i < p->participant_count; i++)
		ENT_TRY(part_line(out, state, p->participants[i], p->project, err));
	for (size_t i = 0; i < ent_state_partner_count(state); i++) {
		struct ent_view name = ent_state_partner_at(state, i)->party->name;

		if (ent_state_admission(state, name, p->project) != NULL)
			ENT_TRY(part_line(out, state, name, p->project, err));
	}
	return ENT_OK;
}

static enum ent_status
projects(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	struct section section = { out, "projects", false };

	for (size_t i = 0; i < ent_state_project_count(state); i++) {
		const struct ent_standing *s = ent_state_project_at(state, i);

		if (ent_show_is_pending(s) || s->state == ENT_FORCE_LAPSED || s->state == ENT_FORCE_ENDED)
			continue;
		ENT_TRY(begin(&section, err));
		ENT_TRY(project_lines(out, state, s, err));
	}
	return ENT_OK;
}

/* Parties, admissions and profiles that are in force, whatever keeps them from counting now. */
static enum ent_status
agreed(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	struct section section = { out, "admissions, parties and profiles", false };
	char until[ENT_TIME_TEXT_SIZE];

	for (size_t i = 0; i < ent_state_standing_count(state); i++) {
		const struct ent_standing *s = ent_state_standing_at(state, i);

		if (s->doc->proposal.kind == ENT_PROPOSAL_PROJECT || !s->holds)
			continue;
		ENT_TRY(begin(&section, err));
		ENT_TRY(heading(out, s, err));
		if (s->doc->proposal.kind == ENT_PROPOSAL_ADMIT)
			ENT_TRY(ent_buf_printf(out, err, "    until %s\n", ent_words_time(until, s->doc->proposal.until_unix_s)));
		ENT_TRY(titles(out, &s->doc->proposal, err));
		ENT_TRY(consents(out, state, s, err));
	}
	return ENT_OK;
}

static enum ent_status
pending(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	struct section section = { out, "pending", false };

	for (size_t i = 0; i < ent_state_standing_count(state); i++) {
		const struct ent_standing *s = ent_state_standing_at(state, i);

		if (!ent_show_is_pending(s))
			continue;
		ENT_TRY(begin(&section, err));
		ENT_TRY(heading(out, s, err));
		ENT_TRY(titles(out, &s->doc->proposal, err));
		ENT_TRY(consents(out, state, s, err));
		ENT_TRY(lacking(out, state, s, err));
	}
	return ENT_OK;
}

static enum ent_status
over(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	struct section section = { out, "no longer in force", false };
	char hex[ENT_HASH_HEX_SIZE];

	for (size_t i = 0; i < ent_state_standing_count(state); i++) {
		const struct ent_standing *s = ent_state_standing_at(state, i);
		const struct ent_hash none = { { 0 } };

		if (!ent_show_is_over(state, s))
			continue;
		ENT_TRY(begin(&section, err));
		ENT_TRY(heading(out, s, err));
		ent_hash_hex(hex, &s->replaced_by);
		if (!ent_hash_eq(&s->replaced_by, &none))
			ENT_TRY(ent_buf_printf(out, err, "    replaced by " ENT_WORDS_HASH "\n", hex));
		else if (s->state == ENT_FORCE_LAPSED)
			ENT_TRY(lacking(out, state, s, err));
	}
	return ENT_OK;
}

/* ---- stops, accreditations, ends ---- */

static enum ent_status
stop_lines(struct ent_buf *out, const struct ent_state *state, const struct ent_stop *stop, struct ent_error *err)
{
	const struct ent_statement statement = ent_show_stop(stop);
	const struct ent_member_state *by = ent_state_party(state, stop->by);
	char hex[ENT_HASH_HEX_SIZE], cite[ENT_CITE_SIZE], since[ENT_TIME_TEXT_SIZE];

	ent_hash_hex(hex, &stop->hash);
	ent_state_cite(state, stop->host, stop->index, cite);
	ENT_TRY(ent_buf_printf(out, err, "  " ENT_WORDS_HASH ": %.*s ", hex, ENT_FMT(stop->by)));
	ENT_TRY(ent_words_deed(out, &statement, ent_state_charter(state), err));
	ENT_TRY(ent_buf_printf(out, err, "\n    since %s, by %s (%s)\n",
	    stop->effect_unix_s == INT64_MIN ? "the beginning" : ent_words_time(since, stop->effect_unix_s), stop->officers, cite));
	ENT_TRY(ent_words_quote(out, 4, "reason", &stop->reason, err));
	if (by == NULL)
		return ENT_OK;
	return ent_buf_printf(out, err, "    lifted by %u officers of %.*s alone:\n      entente charter resume %.8s\n", by->party->quorum,
	    ENT_FMT(stop->by), hex);
}

static enum ent_status
stops(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	struct section section = { out, "stops that stand", false };

	for (size_t i = 0; i < ent_state_stop_count(state); i++) {
		ENT_TRY(begin(&section, err));
		ENT_TRY(stop_lines(out, state, ent_state_stop_at(state, i), err));
	}
	return ENT_OK;
}

static enum ent_status
accreditations(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	struct section section = { out, "accreditations", false };

	for (size_t i = 0; i < ent_state_accreditation_count(state); i++) {
		const struct ent_accreditation *a = ent_state_accreditation_at(state, i);
		char cite[ENT_CITE_SIZE], until[ENT_TIME_TEXT_SIZE];

		ent_state_cite(state, a->member, a->index, cite);
		ENT_TRY(begin(&section, err));
		ENT_TRY(ent_buf_printf(out, err, "  %.*s for %.*s by %.*s\n    until %s (%s)%s\n", ENT_FMT(a->party), ENT_FMT(a->profile),
		    ENT_FMT(a->member), ent_words_time(until, a->until_unix_s), cite, a->counts ? "" : ", not heard now"));
	}
	return ENT_OK;
}

static enum ent_status
soon(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct section section = { out, "within the next 7 days", false };
	struct ent_show_ends ends = { 0 };

	ENT_TRY(ent_arena_new(&arena, ENDS_ARENA, err));
	ends.arena = arena;
	ENT_TRY(ent_show_ends_collect(&ends, state, err));
	for (size_t i = 0; i < ends.count; i++) {
		char at[ENT_TIME_TEXT_SIZE];

		ENT_TRY(begin(&section, err));
		ENT_TRY(ent_buf_printf(out, err, "  %s\n    %s\n", ent_words_time(at, ends.items[i].at_unix_s), ends.items[i].what));
	}
	return ENT_OK;
}

static enum ent_status
head(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	const struct ent_charter *charter = ent_state_charter(state);
	const struct ent_epoch *epoch = ent_charter_epoch(charter);
	char hex[ENT_HASH_HEX_SIZE], now[ENT_TIME_TEXT_SIZE];

	ent_hash_hex(hex, ent_charter_id(charter));
	ENT_TRY(ent_buf_printf(out, err, "charter %s\nhost %.*s, epoch %u, at %s\n", hex, ENT_FMT(epoch->host), epoch->number,
	    ent_words_time(now, ent_state_now(state))));
	ENT_TRY(ent_words_quotes(out, 0, "title", epoch->titles, epoch->title_count, err));
	for (size_t i = 0; i < epoch->pillar_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "pillar %.*s: %s\n", ENT_FMT(epoch->pillars[i].name), epoch->pillars[i].open ? "open" : "closed"));
	return ENT_OK;
}

enum ent_status
ent_show_words(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	static enum ent_status (*const parts[])(struct ent_buf *, const struct ent_state *, struct ent_error *) = { head, parties, projects,
		agreed, pending, over, stops, accreditations, soon };

	for (size_t i = 0; i < ENT_COUNT(parts); i++)
		ENT_TRY(parts[i](out, state, err));
	return ENT_OK;
}
