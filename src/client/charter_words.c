#include "client/charter_words.h"

#include <stdio.h>

const char *
ent_words_time(char out[ENT_TIME_TEXT_SIZE], int64_t unix_s)
{
	if (unix_s <= 0)
		return "never";
	if (unix_s == INT64_MAX)
		return "for ever";
	ent_time_print(out, unix_s);
	return out;
}

/* ---- other people's words ---- */

/* Columns of the character that begins here, and its bytes. What is wide is taken for wide from U+1100 on: too early rather than too late. */
static size_t
character(struct ent_view text, size_t at, size_t *columns)
{
	uint8_t lead = text.data[at];
	size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	*columns = lead < 0xe1 || (lead == 0xe1 && at + 1 < text.len && text.data[at + 1] < 0x84) ? 1 : 2;
	return len < text.len - at ? len : text.len - at;
}

static size_t
columns_of(struct ent_view text)
{
	size_t sum = 0;

	for (size_t at = 0, columns; at < text.len; sum += columns)
		at += character(text, at, &columns);
	return sum;
}

/* How many bytes of the text fit into so many columns: up to a space if there is one, at least one character. */
static size_t
fitting(struct ent_view text, size_t room)
{
	size_t at = 0, used = 0, space = 0, columns;

	while (at < text.len) {
		size_t len = character(text, at, &columns);

		if (used + columns > room && at > 0)
			return space > 0 ? space : at;
		if (text.data[at] == ' ')
			space = at + 1;
		used += columns;
		at += len;
	}
	return text.len;
}

enum ent_status
ent_words_quote(struct ent_buf *out, size_t indent, const char *label, const struct ent_title *title, struct ent_error *err)
{
	size_t head = indent + strlen(label) + title->lang.len + 7; /* ` (`, `): `, and the quotes */
	bool first = true;

	if (title->text.len == 0)
		return ENT_OK;
	ENT_TRY(ent_buf_printf(out, err, "%*s%s (%.*s):", (int)indent, "", label, ENT_FMT(title->lang)));
	if (head + columns_of(title->text) <= ENT_WORDS_COLUMNS)
		return ent_buf_printf(out, err, " \"%.*s\"\n", ENT_FMT(title->text));
	ENT_TRY(ent_buf_add_byte(out, '\n', err));
	for (struct ent_view rest = title->text; rest.len > 0; first = false) {
		size_t len = fitting(rest, ENT_WORDS_COLUMNS - indent - 6);
		bool last = len == rest.len;
		size_t shown = !last && rest.data[len - 1] == ' ' ? len - 1 : len;

		ENT_TRY(ent_buf_printf(out, err, "%*s  | %s%.*s%s\n", (int)indent, "", first ? "\"" : " ",
		    ENT_FMT(ent_view_slice(rest, 0, shown)), last ? "\"" : ""));
		rest = ent_view_slice(rest, len, rest.len);
	}
	return ENT_OK;
}

enum ent_status
ent_words_quotes(struct ent_buf *out, size_t indent, const char *label, const struct ent_title *titles, size_t count, struct ent_error *err)
{
	for (size_t i = 0; i < count; i++)
		ENT_TRY(ent_words_quote(out, indent, label, &titles[i], err));
	return ENT_OK;
}

/* ---- proposals ---- */

enum ent_status
ent_words_proposal(struct ent_buf *out, const struct ent_proposal *p, struct ent_error *err)
{
	switch (p->kind) {
	case ENT_PROPOSAL_PROJECT:
		return ent_buf_printf(out, err, "project %.*s", ENT_FMT(p->project));
	case ENT_PROPOSAL_PARTY:
		return ent_buf_printf(out, err, "party %.*s", ENT_FMT(p->party.name));
	case ENT_PROPOSAL_ADMIT:
		return ent_buf_printf(out, err, "admission of %.*s to %.*s", ENT_FMT(p->admit_party), ENT_FMT(p->project));
	case ENT_PROPOSAL_PROFILE:
		return ent_buf_printf(out, err, "profile %.*s", ENT_FMT(p->profile));
	case ENT_PROPOSAL_LABELS:
		break;
	}
	return ent_buf_add_str(out, "labels", err);
}

static enum ent_status
named_proposal(struct ent_buf *out, const struct ent_hash *hash, const struct ent_charter *charter, struct ent_error *err)
{
	const struct ent_doc *doc = charter != NULL ? ent_charter_proposal(charter, hash) : NULL;
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, hash);
	if (doc != NULL)
		ENT_TRY(ent_words_proposal(out, &doc->proposal, err));
	else
		ENT_TRY(ent_buf_add_str(out, "a proposal that is not known here", err));
	return ent_buf_printf(out, err, " (" ENT_WORDS_HASH ")", hex);
}

enum ent_status
ent_words_says(struct ent_buf *out, size_t indent, struct ent_view says, struct ent_error *err)
{
	for (size_t at = 0; at < says.len;) {
		size_t end = ent_view_find(says, ';', at);

		ENT_TRY(ent_buf_printf(out, err, "%*s%.*s\n", (int)indent, "", ENT_FMT(ent_view_slice(says, at, end - at))));
		at = end + 2; /* "; " */
	}
	return ENT_OK;
}

/* In a `says` hashes are shortened in a way of its own (C-3): other proposals that it names are named here as everywhere else. */
static enum ent_status
name_others(struct ent_buf *out, size_t indent, const struct ent_proposal *p, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, &p->admit_party_proposal);
	if (p->kind == ENT_PROPOSAL_ADMIT)
		ENT_TRY(ent_buf_printf(out, err, "%*s(the party is that of proposal " ENT_WORDS_HASH ")\n", (int)indent, "", hex));
	ent_hash_hex(hex, &p->replaces);
	return p->has_replaces ? ent_buf_printf(out, err, "%*s(what it replaces is proposal " ENT_WORDS_HASH ")\n", (int)indent, "", hex) : ENT_OK;
}

enum ent_status
ent_words_whole_proposal(struct ent_buf *out, size_t indent, const struct ent_doc *doc, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max((size_t)4 * ENT_NOTE_MAX);
	const struct ent_proposal *p = &doc->proposal;

	ENT_TRY(ent_says_make(&says, doc->text, err));
	ENT_TRY(ent_words_says(out, indent, ent_buf_view(&says), err));
	ENT_TRY(name_others(out, indent, p, err));
	if (p->kind == ENT_PROPOSAL_PARTY)
		ENT_TRY(ent_words_quotes(out, indent, "title", p->party.titles, p->party.title_count, err));
	ENT_TRY(ent_words_quotes(out, indent, "title", p->titles, p->title_count, err));
	return ent_words_quote(out, indent, "reason", &p->reason, err);
}

/* ---- statements ---- */

static enum ent_status
stop_words(struct ent_buf *out, const struct ent_statement *s, const struct ent_charter *charter, struct ent_error *err)
{
	switch (s->object) {
	case ENT_OBJECT_PARTNER:
		return ent_buf_printf(out, err, "stops %.*s in every project", ENT_FMT(s->party));
	case ENT_OBJECT_PARTNER_IN_PROJECT:
		return ent_buf_printf(out, err, "stops %.*s in project %.*s", ENT_FMT(s->party), ENT_FMT(s->project));
	case ENT_OBJECT_PROJECT:
		return ent_buf_printf(out, err, "stops project %.*s", ENT_FMT(s->project));
	case ENT_OBJECT_PERSON:
		return ent_buf_printf(out, err, "stops person %.*s", ENT_FMT(s->person));
	case ENT_OBJECT_FILE:
		return ent_buf_printf(out, err, "stops file %.*s", ENT_FMT(s->file));
	case ENT_OBJECT_KEY:
		return ent_buf_printf(out, err, "stops key %.*s", ENT_FMT(s->key_name));
	default:
		ENT_TRY(ent_buf_add_str(out, "stops ", err));
		return named_proposal(out, &s->target, charter, err);
	}
}

static enum ent_status
withdraw_words(struct ent_buf *out, const struct ent_statement *s, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	switch (s->object) {
	case ENT_OBJECT_PROJECT:
		return ent_buf_printf(out, err, "withdraws from project %.*s, for ever", ENT_FMT(s->project));
	case ENT_OBJECT_MEMBERSHIP:
		return ent_buf_add_str(out, "withdraws from membership, for ever", err);
	case ENT_OBJECT_CHARTER:
		return ent_buf_add_str(out, "withdraws from the charter, for ever", err);
	default:
		ent_hash_hex(hex, &s->target);
		return ent_buf_printf(out, err, "withdraws its statement " ENT_WORDS_HASH, hex);
	}
}

static enum ent_status
key_words(struct ent_buf *out, const struct ent_statement *s, struct ent_error *err)
{
	return ent_buf_printf(out, err, "publishes %s key %.*s (%.*s)", s->key_use == ENT_KEY_USE_SEAL ? "seal" : "data", ENT_FMT(s->kid),
	    ENT_FMT(s->algorithm));
}

static enum ent_status
note_words(struct ent_buf *out, const struct ent_statement *s, const struct ent_charter *charter, struct ent_error *err)
{
	if (!s->has_target)
		return ent_buf_add_str(out, "puts words on record", err);
	ENT_TRY(ent_buf_add_str(out, "announces ", err));
	return named_proposal(out, &s->target, charter, err);
}

enum ent_status
ent_words_deed(struct ent_buf *out, const struct ent_statement *s, const struct ent_charter *charter, struct ent_error *err)
{
	char time[ENT_TIME_TEXT_SIZE], hex[ENT_HASH_HEX_SIZE];

	ent_words_time(time, s->until_unix_s);
	ent_hash_hex(hex, &s->target);
	switch (s->act) {
	case ENT_ACT_CONSENT:
		ENT_TRY(ent_buf_add_str(out, "consents to ", err));
		ENT_TRY(named_proposal(out, &s->target, charter, err));
		return ent_buf_printf(out, err, " until %s", time);
	case ENT_ACT_KEY:
		return key_words(out, s, err);
	case ENT_ACT_ISSUER_KEY:
		return ent_buf_printf(out, err, "publishes token key %.*s of %.*s until %s", ENT_FMT(s->kid), ENT_FMT(s->issuer), time);
	case ENT_ACT_NOTE:
		return note_words(out, s, charter, err);
	case ENT_ACT_WITHDRAW:
		return withdraw_words(out, s, err);
	case ENT_ACT_STOP:
		return stop_words(out, s, charter, err);
	case ENT_ACT_RESUME:
		return ent_buf_printf(out, err, "lifts its stop " ENT_WORDS_HASH, hex);
	case ENT_ACT_ACCREDIT:
		return ent_buf_printf(out, err, "accredits %.*s for %.*s until %s", ENT_FMT(s->party), ENT_FMT(s->profile), time);
	case ENT_ACT_RETIRE:
		return ent_buf_printf(out, err, "retires key %.*s, for ever", ENT_FMT(s->kid));
	case ENT_ACT_DESTROY:
		return ent_buf_printf(out, err, "destroys key %.*s, for ever", ENT_FMT(s->kid));
	default:
		return ent_buf_printf(out, err, "makes a `%s`, which this version does not act on", ent_act_name(s->act));
	}
}

const char *
ent_words_final(const struct ent_statement *s)
{
	if (s->act == ENT_ACT_RETIRE)
		return "No new file uses this key; old ones open. This cannot be taken back.";
	if (s->act == ENT_ACT_DESTROY)
		return "Nothing is released under this key, for ever. This cannot be taken back.";
	if (s->act != ENT_ACT_WITHDRAW)
		return NULL;
	if (s->object == ENT_OBJECT_PROJECT)
		return "It takes no part in this project, for ever. This cannot be taken back.";
	if (s->object == ENT_OBJECT_MEMBERSHIP)
		return "It takes part in nothing and all its consents end. This cannot be taken back.";
	return s->object == ENT_OBJECT_CHARTER ? "It takes part in nothing, for ever. This cannot be taken back." : NULL;
}

/*
 * A consent's clauses, where its proposal is here, are the proposal's: they are equal, or the consent is void and is shown so. Where
 * it is not here, they are other people's words.
 */
static enum ent_status
consent_words(struct ent_buf *out, const struct ent_statement *s, const struct ent_charter *charter, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max((size_t)4 * ENT_NOTE_MAX);
	const struct ent_doc *doc = charter != NULL ? ent_charter_proposal(charter, &s->target) : NULL;

	if (doc != NULL) {
		ENT_TRY(ent_says_make(&says, doc->text, err));
		ENT_TRY(ent_words_whole_proposal(out, 4, doc, err));
		if (ent_view_eq(ent_buf_view(&says), s->says))
			return ENT_OK;
		ENT_TRY(ent_buf_add_str(out, "  BUT the consent says something else than this proposal, and is void:\n", err));
	}
	for (size_t at = 0; at < s->says.len;) {
		size_t end = ent_view_find(s->says, ';', at);

		ENT_TRY(ent_buf_printf(out, err, "    | %.*s\n", ENT_FMT(ent_view_slice(s->says, at, end - at))));
		at = end + 2; /* "; " */
	}
	return ENT_OK;
}

static enum ent_status
statement_words(struct ent_buf *out, const struct ent_statement *s, const struct ent_charter *charter, struct ent_error *err)
{
	char made[ENT_TIME_TEXT_SIZE], last[ENT_TIME_TEXT_SIZE];
	const char *final = ent_words_final(s);

	ENT_TRY(ent_buf_printf(out, err, "  %.*s ", ENT_FMT(s->by)));
	ENT_TRY(ent_words_deed(out, s, charter, err));
	ENT_TRY(ent_buf_printf(out, err, "\n  written %s", ent_words_time(made, s->time_unix_s)));
	if (s->has_not_after)
		ENT_TRY(ent_buf_printf(out, err, ", to be entered by %s", ent_words_time(last, s->not_after_unix_s)));
	ENT_TRY(ent_buf_add_byte(out, '\n', err));
	if (s->act == ENT_ACT_CONSENT)
		ENT_TRY(consent_words(out, s, charter, err));
	ENT_TRY(ent_words_quote(out, 2, "text", &s->note, err));
	ENT_TRY(ent_words_quote(out, 2, "reason", &s->reason, err));
	return final != NULL ? ent_buf_printf(out, err, "  %s\n", final) : ENT_OK;
}

/* ---- epochs ---- */

static enum ent_status
rule_words(struct ent_buf *out, const char *kind, const struct ent_rule *rule, struct ent_error *err)
{
	ENT_TRY(ent_buf_printf(out, err, "  %s: consents of ", kind));
	ENT_TRY(rule->consents_all ? ent_buf_add_str(out, "all members", err) : ent_buf_printf(out, err, "%u members", rule->consents));
	return ent_buf_printf(out, err, ", silence is borne for %.*s\n", ENT_FMT(rule->fresh.text));
}

static enum ent_status
epoch_words(struct ent_buf *out, const struct ent_epoch *epoch, struct ent_error *err)
{
	ENT_TRY(ent_buf_printf(out, err, "  epoch %u of %.*s\n", epoch->number, ENT_FMT(epoch->host)));
	ENT_TRY(ent_words_quotes(out, 2, "title", epoch->titles, epoch->title_count, err));
	for (size_t i = 0; i < epoch->member_count; i++) {
		const struct ent_party *m = &epoch->members[i];

		ENT_TRY(ent_buf_printf(out, err, "  member %.*s (%.*s): %u of %zu officers speak for it\n", ENT_FMT(m->name),
		    ENT_FMT(m->country), m->quorum, m->officer_count));
		ENT_TRY(ent_words_quotes(out, 4, "title", m->titles, m->title_count, err));
	}
	for (size_t i = 0; i < epoch->pillar_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "  pillar %.*s: %s to partners\n", ENT_FMT(epoch->pillars[i].name),
		    epoch->pillars[i].open ? "open" : "closed"));
	ENT_TRY(rule_words(out, "admissions and parties", &epoch->rule_admit, err));
	ENT_TRY(rule_words(out, "projects", &epoch->rule_project, err));
	return epoch->has_rule_profile ? rule_words(out, "profiles", &epoch->rule_profile, err) : ENT_OK;
}

enum ent_status
ent_words_paper(struct ent_buf *out, const struct ent_doc *doc, const struct ent_charter *charter, struct ent_error *err)
{
	if (doc->kind == ENT_DOC_STATEMENT)
		return statement_words(out, &doc->statement, charter, err);
	if (doc->kind == ENT_DOC_PROPOSAL)
		return ent_words_whole_proposal(out, 2, doc, err);
	return doc->kind == ENT_DOC_EPOCH ? epoch_words(out, &doc->epoch, err) : ENT_OK;
}
