/* charter propose: make a proposal's text, show what it would do and who must consent, announce it with a note, hand it over. */
#include "client/charter_propose.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/charter_words.h"

/* ---- options to fields ---- */

static enum ent_status
read_time(int64_t *out, const char *option, const char *text, struct ent_error *err)
{
	if (ent_time_parse(out, ent_view_str(text), NULL) == ENT_OK)
		return ENT_OK;
	return ent_fail(err, ENT_E_USAGE, "%s %s is no time: as 2027-12-01T00:00:00Z, in UTC", option, text);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct ent_view *x = a, *y = b;

	return ent_view_cmp(*x, *y);
}

/* Repeated lines stand sorted in every text. */
static enum ent_status
sorted(struct ent_desk *desk, struct entente_list list, struct ent_view **out, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(desk->arena, &room, list.count, sizeof(struct ent_view), err));
	*out = room;
	for (size_t i = 0; i < list.count; i++)
		(*out)[i] = ent_view_str(list.items[i]);
	qsort(room, list.count, sizeof(struct ent_view), by_bytes);
	return ENT_OK;
}

static struct ent_view
next_word(struct ent_view *rest)
{
	size_t end = ent_view_find(*rest, ' ', 0);
	struct ent_view word = ent_view_slice(*rest, 0, end);

	*rest = ent_view_slice(*rest, end + 1, rest->len);
	return word;
}

/* "posture-2 from all", "posture-2 from 2 for all" */
static enum ent_status
read_requires_line(struct ent_requires *out, struct ent_view text, struct ent_error *err)
{
	struct ent_view rest = text, from, count;
	char digits[8] = "";
	char *end;

	out->profile = next_word(&rest);
	from = next_word(&rest);
	count = next_word(&rest);
	out->from_all = ent_view_eq_str(count, "all");
	memcpy(digits, count.len > 0 ? count.data : (const uint8_t *)"", count.len < sizeof(digits) ? count.len : 0);
	out->from = (uint32_t)strtoul(digits, &end, 10);
	out->for_all = ent_view_eq_str(rest, "for all");
	if (ent_project_name_valid(out->profile) && ent_view_eq_str(from, "from") &&
	    (out->from_all || (out->from > 0 && *end == '\0')) && (out->for_all || rest.len == 0))
		return ENT_OK;
	return ent_fail(err, ENT_E_USAGE, "--requires \"%.*s\": as \"posture-2 from all\", \"posture-2 from 2\" or \"posture-2 from all for all\"",
	    ENT_FMT(text));
}

static enum ent_status
read_requires(struct ent_desk *desk, const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	struct ent_view *lines;
	void *room;

	ENT_TRY(sorted(desk, p->requires, &lines, err));
	ENT_TRY(ent_arena_alloc(desk->arena, &room, p->requires.count, sizeof(*q->requires), err));
	q->requires = room;
	for (size_t i = 0; i < p->requires.count; i++)
		ENT_TRY(read_requires_line(&q->requires[i], lines[i], err));
	q->requires_count = p->requires.count;
	return ENT_OK;
}

static enum ent_status
one_title(struct ent_desk *desk, const char *text, struct ent_proposal *q, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(desk->arena, &room, 1, sizeof(*q->titles), err));
	q->titles = room;
	q->title_count = 1;
	return ent_title_read(q->titles, text, err);
}

/* ---- a function per kind ---- */

static enum ent_status
fill_project(struct ent_desk *desk, const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	if (!p->project || !p->pillar || !p->title || !p->custody || !p->until || p->participants.count == 0)
		return ent_fail(err, ENT_E_USAGE, "charter propose project needs --project, --pillar, --title, --participant, --custody and --until");
	q->project = ent_view_str(p->project);
	q->pillar = ent_view_str(p->pillar);
	ENT_TRY(one_title(desk, p->title, q, err));
	ENT_TRY(sorted(desk, p->participants, &q->participants, err));
	q->participant_count = p->participants.count;
	q->custody = ent_view_str(p->custody);
	q->fresh.text = ent_view_str(p->fresh != NULL ? p->fresh : "24h");
	ENT_TRY(ent_duration_parse(&q->fresh.seconds, q->fresh.text, err));
	ENT_TRY(read_requires(desk, p, q, err));
	q->unsealed_members = p->unsealed_members != 0;
	q->alone_allowed = p->alone_allowed != 0;
	return read_time(&q->until_unix_s, "--until", p->until, err);
}

static enum ent_status
check_party_name(const struct ent_desk *desk, struct ent_view name, struct ent_error *err)
{
	size_t pending = 0;

	ENT_TRY(ent_desk_know_party(desk, name, err));
	for (size_t i = 0; i < ent_charter_proposal_count(desk->charter); i++) {
		const struct ent_proposal *p = &ent_charter_proposal_at(desk->charter, i)->proposal;

		pending += p->kind == ENT_PROPOSAL_PARTY && ent_view_eq(p->party.name, name);
	}
	if (pending > 1 && !ent_state_party_proposal(desk->state, name)->holds)
		return ent_fail(err, ENT_E_REFUSED, "%zu party proposals of %.*s are known and none is in force: bring one into force first", pending,
		    ENT_FMT(name));
	return ENT_OK;
}

/* Whether a new partner gets the old files stands in the text that everybody consents to, and is never a default (charter section 2). */
static enum ent_status
fill_files(const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	if (p->files == NULL)
		return ent_fail(err, ENT_E_USAGE, "does the partner get the files that are there already? --files all: yes; --files TIME: those "
		    "sealed since then; there is no default");
	q->files_all = strcmp(p->files, "all") == 0;
	return q->files_all ? ENT_OK : read_time(&q->files_since_unix_s, "--files", p->files, err);
}

static enum ent_status
fill_role(const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	q->role_contributor = p->role != NULL && strcmp(p->role, "contributor") == 0;
	if (p->role == NULL || (!q->role_contributor && strcmp(p->role, "reader") != 0))
		return ent_fail(err, ENT_E_USAGE, "--role is reader, or contributor: then --sponsor names the member that seals its files");
	if (q->role_contributor && p->sponsor == NULL)
		return ent_fail(err, ENT_E_USAGE, "a contributor needs --sponsor: the member that seals its files");
	q->sponsor = ent_view_str(p->sponsor);
	return ENT_OK;
}

static enum ent_status
fill_admit(struct ent_desk *desk, const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	const struct ent_standing *party;

	if (!p->party || !p->project || !p->until)
		return ent_fail(err, ENT_E_USAGE, "charter propose admit needs --party, --project, --role, --files and --until");
	q->admit_party = ent_view_str(p->party);
	q->project = ent_view_str(p->project);
	ENT_TRY(check_party_name(desk, q->admit_party, err));
	party = ent_state_party_proposal(desk->state, q->admit_party);
	if (party == NULL)
		return ent_fail(err, ENT_E_REFUSED, "%s is a member: only other parties are admitted", p->party);
	q->admit_party_proposal = party->doc->hash;
	ENT_TRY(ent_desk_know_project(desk, q->project, err));
	ENT_TRY(ent_desk_pillar_open(desk, q->project, err));
	ENT_TRY(fill_role(p, q, err));
	ENT_TRY(fill_files(p, q, err));
	q->from_unix_s = ent_clock_now(NULL);
	if (p->from != NULL)
		ENT_TRY(read_time(&q->from_unix_s, "--from", p->from, err));
	ENT_TRY(read_requires(desk, p, q, err));
	return read_time(&q->until_unix_s, "--until", p->until, err);
}

static enum ent_status
fill_profile(struct ent_desk *desk, const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) evidence = ent_buf_with_max(ENT_PROPOSE_EVIDENCE_MAX);

	if (!p->profile_name || !p->title || !p->evidence_file)
		return ent_fail(err, ENT_E_USAGE, "charter propose profile needs the profile's name, --title and --evidence");
	if (!desk->epoch->has_rule_profile)
		return ent_fail(err, ENT_E_REFUSED, "this charter has no `rule profile`: no profile proposal is ever in force, and a profile is a "
		    "name that members accredit for"); /* C-17, C-64 */
	q->profile = ent_view_str(p->profile_name);
	ENT_TRY(one_title(desk, p->title, q, err));
	ENT_TRY(ent_file_read(&evidence, p->evidence_file, ENT_PROPOSE_EVIDENCE_MAX, err));
	ent_sha256(&q->evidence, ent_buf_view(&evidence));
	return ENT_OK;
}

/* ---- party: the lines that charter init made in the party's own house ---- */

/* What a member has and a partner does not: its node's access log and witness key. */
static bool
left_out(struct ent_view line, struct ent_view name)
{
	struct ent_view rest = line;
	struct ent_view word = next_word(&rest);

	if (ent_view_eq_str(word, "witness") || ent_view_eq_str(word, "recovery"))
		return true;
	return ent_view_eq_str(word, "log") && ent_view_starts(rest, name) &&
	    ent_view_starts(ent_view_slice(rest, name.len, rest.len), ENT_LIT("/access+"));
}

static bool
is_party_line(struct ent_view word)
{
	static const char *const words[] = { "title", "country", "officer", "quorum", "log", "node", "issuer" };

	for (size_t i = 0; i < ENT_COUNT(words); i++)
		if (ent_view_eq_str(word, words[i]))
			return true;
	return false;
}

enum ent_status
ent_propose_party_text(struct ent_buf *out, const struct ent_hash *charter, struct ent_view lines, const char *sponsor, struct ent_error *err)
{
	char id[ENT_HASH_BASE64_SIZE];
	struct ent_view name = ENT_VIEW_NONE;

	ent_hash_base64(id, charter);
	ENT_TRY(ent_buf_printf(out, err, "charter/v1 proposal party\ncharter %s\n", id));
	for (size_t at = 0, number = 1; at < lines.len; number++) {
		size_t end = ent_view_find(lines, '\n', at);
		struct ent_view line = ent_view_slice(lines, at, end - at), rest = line;
		struct ent_view word = next_word(&rest);

		at = end + 1;
		if (number == 1 && (ent_view_eq_str(word, "member") || ent_view_eq_str(word, "party"))) {
			name = rest;
			ENT_TRY(ent_buf_printf(out, err, "party %.*s\n", ENT_FMT(name)));
			continue;
		}
		if (number == 1 || (!is_party_line(word) && !left_out(line, name)))
			return ent_fail(err, ENT_E_INPUT, "line %zu is not one of a party's; \"entente charter init\" makes them in the party's own "
			    "house", number);
		if (!left_out(line, name))
			ENT_TRY(ent_buf_printf(out, err, "%.*s\n", ENT_FMT(line)));
	}
	return sponsor != NULL ? ent_buf_printf(out, err, "sponsor %s\n", sponsor) : ENT_OK;
}

static enum ent_status
fill_party(struct ent_desk *desk, const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) lines = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_view copy;
	struct ent_doc doc;

	if (p->party_file == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter propose party needs the file with the party's lines, made by \"entente charter init\"");
	ENT_TRY(ent_file_read(&lines, p->party_file, ENT_NOTE_MAX, err));
	if (ent_propose_party_text(&text, ent_charter_id(desk->charter), ent_buf_view(&lines), p->sponsor, err) != ENT_OK)
		return ent_error_context(err, "%s", p->party_file);
	ENT_TRY(ent_arena_dup(desk->arena, &copy, ent_buf_view(&text), err));
	if (ent_doc_parse(&doc, desk->arena, copy, err) != ENT_OK)
		return ent_error_context(err, "the party proposal from %s", p->party_file);
	q->party = doc.proposal.party;
	return ENT_OK;
}

/* ---- the name ---- */

/* What the name of this proposal is about now; NULL: nothing. */
static const struct ent_standing *
holder(const struct ent_state *state, const struct ent_proposal *q)
{
	switch (q->kind) {
	case ENT_PROPOSAL_PROJECT:
		return ent_state_project(state, q->project);
	case ENT_PROPOSAL_PARTY:
		return ent_state_party_proposal(state, q->party.name);
	case ENT_PROPOSAL_ADMIT:
		return ent_state_admission(state, q->admit_party, q->project);
	case ENT_PROPOSAL_PROFILE:
		return ent_state_profile(state, q->profile);
	case ENT_PROPOSAL_LABELS:
		break;
	}
	return NULL;
}

static bool
same_name(const struct ent_proposal *a, const struct ent_proposal *b)
{
	return a->kind == b->kind && ent_view_eq(a->project, b->project) && ent_view_eq(a->party.name, b->party.name) &&
	    ent_view_eq(a->admit_party, b->admit_party) && ent_view_eq(a->profile, b->profile);
}

/* C-18, C-19: what could never come into force as things are is told before anybody signs. */
static enum ent_status
check_name(struct ent_desk *desk, const struct entente_charter_propose *p, struct ent_proposal *q, struct ent_error *err)
{
	const struct ent_standing *now = holder(desk->state, q);
	const struct ent_doc *old;
	char hex[ENT_HASH_HEX_SIZE];

	q->has_replaces = p->replaces != NULL;
	if (q->has_replaces) {
		ENT_TRY(ent_desk_proposal(desk, p->replaces, &old, err));
		q->replaces = old->hash;
		return same_name(&old->proposal, q) ? ENT_OK :
		    ent_fail(err, ENT_E_REFUSED, "%s is of another kind or name: only its successor replaces a proposal", p->replaces);
	}
	if (now == NULL || !now->holds)
		return ENT_OK;
	ent_hash_hex(hex, &now->doc->hash);
	return ent_fail(err, ENT_E_REFUSED, "proposal " ENT_WORDS_HASH " holds this name, and another has no effect beside it: say --replaces %.8s "
	    "to take its place", hex, hex);
}

/* ---- the text ---- */

static const struct {
	enum ent_proposal_kind kind;
	enum ent_status (*fill)(struct ent_desk *, const struct entente_charter_propose *, struct ent_proposal *, struct ent_error *);
} kinds[] = {
	[ENTENTE_PROPOSE_PROJECT] = { ENT_PROPOSAL_PROJECT, fill_project },
	[ENTENTE_PROPOSE_PARTY] = { ENT_PROPOSAL_PARTY, fill_party },
	[ENTENTE_PROPOSE_ADMIT] = { ENT_PROPOSAL_ADMIT, fill_admit },
	[ENTENTE_PROPOSE_PROFILE] = { ENT_PROPOSAL_PROFILE, fill_profile },
};

enum ent_status
ent_propose_text(struct ent_desk *desk, const struct entente_charter_propose *p, struct ent_doc *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_doc doc = { .kind = ENT_DOC_PROPOSAL };
	struct ent_view copy;

	if ((size_t)p->kind >= ENT_COUNT(kinds))
		return ent_fail(err, ENT_E_USAGE, "a project, a party, an admission or a profile can be proposed");
	doc.proposal.kind = kinds[p->kind].kind;
	doc.proposal.charter = *ent_charter_id(desk->charter);
	ENT_TRY(kinds[p->kind].fill(desk, p, &doc.proposal, err));
	ENT_TRY(check_name(desk, p, &doc.proposal, err));
	ENT_TRY(ent_title_read(&doc.proposal.reason, p->reason, err));
	ENT_TRY(ent_doc_print(&text, &doc, err));
	ENT_TRY(ent_arena_dup(desk->arena, &copy, ent_buf_view(&text), err));
	ENT_TRY(ent_doc_parse(out, desk->arena, copy, err));
	return ent_doc_check(out, err);
}

/* ---- what it would do ---- */

static enum ent_status
who_consents(struct ent_buf *out, const struct ent_epoch *epoch, const struct ent_rule *rule, struct ent_error *err)
{
	if (rule->consents_all)
		ENT_TRY(ent_buf_printf(out, err, "in force once each of these consents:"));
	else
		ENT_TRY(ent_buf_printf(out, err, "in force once %u of these consent:", rule->consents));
	for (size_t i = 0; i < epoch->member_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "\n  %.*s", ENT_FMT(epoch->members[i].name)));
	return ent_buf_add_byte(out, '\n', err);
}

static enum ent_status
admit_effect(struct ent_buf *out, const struct ent_proposal *q, struct ent_error *err)
{
	char since[ENT_TIME_TEXT_SIZE], from[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE];

	ENT_TRY(ent_buf_printf(out, err, "then %.*s takes part in %.*s\n  from %s until %s\n", ENT_FMT(q->admit_party), ENT_FMT(q->project),
	    ent_words_time(from, q->from_unix_s), ent_words_time(until, q->until_unix_s)));
	if (q->files_all)
		ENT_TRY(ent_buf_add_str(out, "  its persons may open all sealed files of it, old ones too\n", err));
	else
		ENT_TRY(ent_buf_printf(out, err, "  its persons may open files of it that were sealed since\n  %s, and no older ones\n",
		    ent_words_time(since, q->files_since_unix_s)));
	if (q->role_contributor)
		ENT_TRY(ent_buf_printf(out, err, "  and write files, which %.*s seals\n", ENT_FMT(q->sponsor)));
	for (size_t i = 0; i < q->requires_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "  only while it is accredited for %.*s\n", ENT_FMT(q->requires[i].profile)));
	return ENT_OK;
}

enum ent_status
ent_propose_effect(struct ent_buf *out, const struct ent_epoch *epoch, const struct ent_doc *doc, struct ent_error *err)
{
	const struct ent_proposal *q = &doc->proposal;
	const struct ent_rule *rule = q->kind == ENT_PROPOSAL_PROJECT ? &epoch->rule_project :
	    q->kind == ENT_PROPOSAL_PROFILE ? &epoch->rule_profile : &epoch->rule_admit;
	char hex[ENT_HASH_HEX_SIZE];

	ENT_TRY(who_consents(out, epoch, rule, err));
	if (q->kind == ENT_PROPOSAL_ADMIT)
		ENT_TRY(admit_effect(out, q, err));
	if (q->kind == ENT_PROPOSAL_PROJECT)
		ENT_TRY(ent_buf_printf(out, err, "then its participants may write and open files of %.*s\n", ENT_FMT(q->project)));
	if (q->kind == ENT_PROPOSAL_PARTY)
		ENT_TRY(ent_buf_printf(out, err, "then %.*s is known by these keys; that alone opens nothing to it\n", ENT_FMT(q->party.name)));
	if (q->kind == ENT_PROPOSAL_PROFILE)
		ENT_TRY(ent_buf_printf(out, err, "then %.*s means these words and this form of evidence\n", ENT_FMT(q->profile)));
	if (!q->has_replaces)
		return ENT_OK;
	ent_hash_hex(hex, &q->replaces);
	return ent_buf_printf(out, err, "and proposal " ENT_WORDS_HASH ", which it replaces, ends for ever\n", hex);
}

/* ---- the command ---- */

/* A node keeps a proposal only once an officer's note names it: the note goes first (C-50). */
static enum ent_status
announce(struct ent_desk *desk, const struct ent_hash *proposal, enum entente_format format, struct ent_error *err)
{
	struct ent_doc doc;
	char *said = NULL;
	enum ent_status status;

	ent_desk_begin(desk, &doc, ENT_ACT_NOTE);
	doc.statement.has_target = true;
	doc.statement.target = *proposal;
	status = ent_desk_finish(desk, &doc, NULL, "note", format, &said, err);
	free(said);
	ent_buf_clear(&desk->words);
	return status;
}

static enum ent_status
propose(struct entente_profile *profile, const struct entente_charter_propose *p, enum entente_format format, char **report, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_desk) desk = { 0 };
	struct ent_doc doc;
	char hex[ENT_HASH_HEX_SIZE];
	uint64_t index;

	ENT_TRY(ent_desk_open(&desk, profile, p->keys, 0, err));
	ENT_TRY(ent_propose_text(&desk, p, &doc, err));
	/* Refuse here what every node would refuse: the same functions, before anything is signed. */
	ENT_TRY(ent_charter_enforced(&doc.proposal, err));
	ENT_TRY(ent_charter_add_proposal(desk.charter, doc.text, err));
	if (p->output != NULL)
		ENT_TRY(ent_file_create(p->output, doc.text, 0644, err));
	ENT_TRY(announce(&desk, &doc.hash, format, err));
	ENT_TRY(ent_submit(profile, doc.text, &index, err));
	ENT_TRY(ent_words_whole_proposal(&desk.words, 2, &doc, err));
	ENT_TRY(ent_propose_effect(&desk.words, desk.epoch, &doc, err));
	ent_hash_hex(hex, &doc.hash);
	ENT_TRY(ent_buf_printf(&desk.words, err, "consent with:\n  entente charter consent " ENT_WORDS_HASH " --key FILE\n", hex));
	return ent_say(report, format, "proposed", &doc.hash, UINT64_MAX, p->output, ent_buf_view(&desk.words), err);
}

enum entente_status
entente_charter_propose(struct entente_profile *profile, const struct entente_charter_propose *p, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, propose(profile, p, format, report, ENT_PUBLIC_ERR));
}
