/* Statements of a party's officers: consent, note, withdraw, stop, resume, accredit. What a key command says is in charter_key.c. */
#include "client/charter_book.h"
#include "client/charter_desk.h"
#include "client/charter_words.h"

enum { CONSENT_LIFE_S = 365 * 86400 };

/* Every public function here has one shape: open a desk, fill one statement, finish. */
typedef enum ent_status (*fill_fn)(struct ent_desk *desk, const struct entente_statement *statement, struct ent_doc *doc, struct ent_error *err);

static enum ent_status
run(struct entente_profile *profile, const struct entente_statement *statement, const char *kind, fill_fn fill, enum entente_format format,
    char **report, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_desk) desk = { 0 };
	struct ent_doc doc;

	if (statement->what == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter %s needs to know what: \"entente charter %s --help\"", kind, kind);
	ENT_TRY(ent_desk_open(&desk, profile, statement->keys, statement->offline, err));
	ENT_TRY(fill(&desk, statement, &doc, err));
	ENT_TRY(ent_title_read(&doc.statement.reason, statement->reason, err));
	return ent_desk_finish(&desk, &doc, statement->output, kind, format, report, err);
}

/* ---- consent ---- */

/* How long a consent lasts: as far as the proposal goes; party and profile proposals go on, and no consent may (C-14). */
static enum ent_status
consent_until(const struct ent_desk *desk, const struct ent_proposal *p, const char *until, struct ent_statement *s, struct ent_error *err)
{
	bool dated = p->kind == ENT_PROPOSAL_PROJECT || p->kind == ENT_PROPOSAL_ADMIT;
	char end[ENT_TIME_TEXT_SIZE];

	s->until_unix_s = dated ? p->until_unix_s : s->time_unix_s + CONSENT_LIFE_S;
	if (until != NULL)
		ENT_TRY(ent_time_parse(&s->until_unix_s, ent_view_str(until), err));
	if (dated && s->until_unix_s > p->until_unix_s)
		return ent_fail(err, ENT_E_USAGE, "the consent would outlive its proposal, which ends %s", ent_words_time(end, p->until_unix_s));
	if (!desk->offline && s->until_unix_s <= s->time_unix_s)
		return ent_fail(err, ENT_E_USAGE, "the consent would end %s, which has passed", ent_words_time(end, s->until_unix_s));
	return ENT_OK;
}

/* C-70: a consent that could have no effect is not worth an officer's signature. */
static enum ent_status
consent_useful(const struct ent_desk *desk, const struct ent_proposal *p, struct ent_error *err)
{
	if (!desk->member)
		return ent_fail(err, ENT_E_USAGE, "%s is no member: only members consent", desk->profile->party);
	if (p->kind == ENT_PROPOSAL_LABELS)
		return ent_fail(err, ENT_E_UNSUPPORTED, "this version does not act on `labels`, so no consent to it is accepted");
	return p->kind == ENT_PROPOSAL_ADMIT ? ent_desk_pillar_open(desk, p->project, err) : ENT_OK;
}

static enum ent_status
fill_consent(struct ent_desk *desk, const struct entente_statement *statement, struct ent_doc *doc, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max((size_t)4 * ENT_NOTE_MAX);
	const struct ent_doc *proposal;

	ENT_TRY(ent_desk_proposal(desk, statement->what, &proposal, err));
	ENT_TRY(consent_useful(desk, &proposal->proposal, err));
	ent_desk_begin(desk, doc, ENT_ACT_CONSENT);
	doc->statement.has_target = true;
	doc->statement.target = proposal->hash;
	ENT_TRY(consent_until(desk, &proposal->proposal, statement->until, &doc->statement, err));
	ENT_TRY(ent_says_make(&says, proposal->text, err));
	return ent_arena_dup(desk->arena, &doc->statement.says, ent_buf_view(&says), err);
}

enum entente_status
entente_charter_consent(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run(profile, statement, "consent", fill_consent, format, report, ENT_PUBLIC_ERR));
}

/* ---- note ---- */

/* Words hold a space, a hash does not. */
static enum ent_status
fill_note(struct ent_desk *desk, const struct entente_statement *statement, struct ent_doc *doc, struct ent_error *err)
{
	const struct ent_doc *proposal;

	ent_desk_begin(desk, doc, ENT_ACT_NOTE);
	if (strchr(statement->what, ' ') != NULL)
		return ent_title_read(&doc->statement.note, statement->what, err);
	ENT_TRY(ent_desk_proposal(desk, statement->what, &proposal, err));
	doc->statement.has_target = true;
	doc->statement.target = proposal->hash;
	return ENT_OK;
}

enum entente_status
entente_charter_note(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run(profile, statement, "note", fill_note, format, report, ENT_PUBLIC_ERR));
}

/* ---- withdraw ---- */

static bool
can_be_withdrawn(enum ent_act act)
{
	return act == ENT_ACT_CONSENT || act == ENT_ACT_RESUME || act == ENT_ACT_ACCREDIT || act == ENT_ACT_KEY || act == ENT_ACT_ISSUER_KEY;
}

static enum ent_status
offer_own(struct ent_pick *pick, const struct ent_desk *desk, const struct ent_book *book, struct ent_error *err)
{
	for (size_t i = 0; i < book->count; i++) {
		const struct ent_book_entry *entry = &book->entries[i];
		ENT_AUTO_FINI(ent_buf) name = ent_buf_with_max(1024);

		if (!ent_view_eq(entry->log, desk->self->name) || !can_be_withdrawn(entry->act))
			continue;
		ENT_TRY(ent_buf_printf(&name, err, "%s, entry %llu", ent_act_name(entry->act), (unsigned long long)entry->index));
		ENT_TRY(ent_pick_offer(pick, &entry->hash, entry, ent_buf_view(&name), err));
	}
	return ENT_OK;
}

/* A hash in full names a statement that is not in the log yet, too: entered first, the withdrawal voids it for ever (C-53). */
static enum ent_status
withdraw_statement(struct ent_desk *desk, const char *digits, struct ent_statement *s, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_book) book = { 0 };
	ENT_AUTO_FINI(ent_pick) pick = { 0 };

	ENT_TRY(ent_pick_begin(&pick, digits, "statement", err));
	ENT_TRY(ent_book_read(&book, desk->profile, INT64_MIN, err));
	ENT_TRY(offer_own(&pick, desk, &book, err));
	s->object = ENT_OBJECT_STATEMENT;
	s->has_target = true;
	if (pick.fits == 0 && ent_hash_from_hex(&s->target, ent_view_str(digits), NULL) == ENT_OK) {
		if (ent_charter_proposal(desk->charter, &s->target) != NULL)
			return ent_fail(err, ENT_E_USAGE, "%s is a proposal: what is withdrawn is your consent to it, by the consent's hash", digits);
		return ent_buf_add_str(&desk->words, "  no such statement is in your log yet; entered first, this voids it for ever\n", err);
	}
	ENT_TRY(ent_pick_take(&pick, "a consent, resume, accreditation or key of your own log can be withdrawn", err));
	s->target = pick.hash;
	return ENT_OK;
}

static enum ent_status
fill_withdraw(struct ent_desk *desk, const struct entente_statement *statement, struct ent_doc *doc, struct ent_error *err)
{
	struct ent_statement *s = &doc->statement;

	ent_desk_begin(desk, doc, ENT_ACT_WITHDRAW);
	if (strcmp(statement->what, "project") == 0) {
		if (statement->target == NULL)
			return ent_fail(err, ENT_E_USAGE, "charter withdraw project needs the project's name");
		s->object = ENT_OBJECT_PROJECT;
		s->project = ent_view_str(statement->target);
		return ent_desk_know_project(desk, s->project, err);
	}
	if (statement->target != NULL)
		return ent_fail(err, ENT_E_USAGE, "charter withdraw %s: \"%s\" is one word too many", statement->what, statement->target);
	s->object = strcmp(statement->what, "membership") == 0 ? ENT_OBJECT_MEMBERSHIP : ENT_OBJECT_CHARTER;
	if (s->object == ENT_OBJECT_CHARTER && strcmp(statement->what, "charter") != 0)
		return withdraw_statement(desk, statement->what, s, err);
	if ((s->object == ENT_OBJECT_MEMBERSHIP) == desk->member)
		return ENT_OK;
	return ent_fail(err, ENT_E_USAGE, "%s is %s: it withdraws from %s", desk->profile->party, desk->member ? "a member" : "a partner",
	    desk->member ? "membership" : "the charter");
}

enum entente_status
entente_charter_withdraw(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run(profile, statement, "withdraw", fill_withdraw, format, report, ENT_PUBLIC_ERR));
}

/* ---- resume ---- */

/* Own stops that stand are offered; those of others only to say whose they are. */
static enum ent_status
offer_stops(struct ent_pick *pick, const struct ent_desk *desk, bool own, struct ent_error *err)
{
	for (size_t i = 0; i < ent_state_stop_count(desk->state); i++) {
		const struct ent_stop *stop = ent_state_stop_at(desk->state, i);
		ENT_AUTO_FINI(ent_buf) name = ent_buf_with_max(1024);
		char cite[ENT_CITE_SIZE];

		if (ent_view_eq(stop->by, desk->self->name) != own)
			continue;
		ent_state_cite(desk->state, stop->host, stop->index, cite);
		ENT_TRY(ent_buf_printf(&name, err, "%s, by %s", cite, stop->officers));
		ENT_TRY(ent_pick_offer(pick, &stop->hash, stop, ent_buf_view(&name), err));
	}
	return ENT_OK;
}

static enum ent_status
refuse_others(const struct ent_desk *desk, const char *digits, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_pick) others = { 0 };
	const struct ent_stop *stop;

	ENT_TRY(ent_pick_begin(&others, digits, "stop", err));
	ENT_TRY(offer_stops(&others, desk, false, err));
	if (others.fits == 0)
		return ENT_OK;
	stop = others.item;
	return ent_fail(err, ENT_E_REFUSED, "%s is a stop by %.*s: only its own officers can lift it", digits, ENT_FMT(stop->by));
}

/* A hash in full may name a stop that was not heard here: the resume voids it wherever it turns up (C-61). */
static enum ent_status
fill_resume(struct ent_desk *desk, const struct entente_statement *statement, struct ent_doc *doc, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_pick) pick = { 0 };

	ent_desk_begin(desk, doc, ENT_ACT_RESUME);
	doc->statement.has_target = true;
	ENT_TRY(ent_pick_begin(&pick, statement->what, "stop of your own", err));
	ENT_TRY(offer_stops(&pick, desk, true, err));
	if (pick.fits == 0) {
		ENT_TRY(refuse_others(desk, statement->what, err));
		if (ent_hash_from_hex(&doc->statement.target, ent_view_str(statement->what), NULL) == ENT_OK)
			return ent_buf_add_str(&desk->words, "  no such stop stands here; wherever it turns up, this lifts it\n", err);
	}
	ENT_TRY(ent_pick_take(&pick, "\"entente charter show\" lists the stops that stand", err));
	doc->statement.target = pick.hash;
	return ENT_OK;
}

enum entente_status
entente_charter_resume(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run(profile, statement, "resume", fill_resume, format, report, ENT_PUBLIC_ERR));
}

/* ---- accredit ---- */

static enum ent_status
fill_accredit(struct ent_desk *desk, const struct entente_statement *statement, struct ent_doc *doc, struct ent_error *err)
{
	struct ent_statement *s = &doc->statement;
	char last[ENT_TIME_TEXT_SIZE];

	if (statement->target == NULL || statement->until == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter accredit needs a party, a profile and --until: an accreditation ends");
	if (!desk->member)
		return ent_fail(err, ENT_E_USAGE, "%s is no member: only members accredit", desk->profile->party);
	ent_desk_begin(desk, doc, ENT_ACT_ACCREDIT);
	s->party = ent_view_str(statement->what);
	s->profile = ent_view_str(statement->target);
	ENT_TRY(ent_desk_know_party(desk, s->party, err));
	if (!ent_project_name_valid(s->profile))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is no profile's name: lower-case letters, digits and dashes", statement->target);
	ENT_TRY(ent_time_parse(&s->until_unix_s, ent_view_str(statement->until), err));
	if (s->until_unix_s > s->time_unix_s + desk->epoch->limit_accreditation.seconds)
		return ent_fail(err, ENT_E_REFUSED, "an accreditation lasts at most %.*s in this charter: until %s",
		    ENT_FMT(desk->epoch->limit_accreditation.text),
		    ent_words_time(last, s->time_unix_s + desk->epoch->limit_accreditation.seconds)); /* C-64 */
	if (!desk->offline && s->until_unix_s <= s->time_unix_s)
		return ent_fail(err, ENT_E_USAGE, "the accreditation would end %s, which has passed", statement->until);
	return ENT_OK;
}

enum entente_status
entente_charter_accredit(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run(profile, statement, "accredit", fill_accredit, format, report, ENT_PUBLIC_ERR));
}
