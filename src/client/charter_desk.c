#include "client/charter_desk.h"

#include "base/clock.h"
#include "client/charter_words.h"

enum { NOT_AFTER_S = 14 * 86400, DIGITS_MIN = 8, DIGITS_MAX = 64, DESK_ARENA = 16 << 20, LIST_MAX = 512, WORDS_MAX = 1 << 20 };

void
ent_desk_fini(struct ent_desk *desk)
{
	ent_officer_keys_fini(&desk->keys);
	ent_buf_fini(&desk->words);
	ent_state_free(desk->state);
	ent_arena_free(desk->arena);
}

enum ent_status
ent_desk_open(struct ent_desk *desk, struct entente_profile *profile, struct entente_list keys, int offline, struct ent_error *err)
{
	struct ent_view name = ent_view_str(profile->party);

	*desk = (struct ent_desk){ .profile = profile, .offline = offline != 0, .words = ent_buf_with_max(WORDS_MAX) };
	if (keys.count == 0)
		return ent_fail(err, ENT_E_USAGE, "no officer's key is given: --key FILE, once for each officer who signs");
	ENT_TRY(ent_arena_new(&desk->arena, DESK_ARENA, err));
	ENT_TRY(ent_officer_keys_load(&desk->keys, keys, err));
	ENT_TRY(ent_profile_look(profile, offline, &desk->state, err));
	desk->charter = ent_mirror_charter(profile->mirror);
	desk->epoch = ent_charter_epoch(desk->charter);
	desk->member = ent_member_named(desk->epoch, name) != NULL;
	if (ent_charter_author(&desk->self, desk->charter, desk->state, name, err) != ENT_OK)
		return ent_error_context(err, "the profile %s", profile->dir);
	return ent_officer_keys_check(&desk->keys, keys, desk->self, 1, err);
}

void
ent_desk_begin(const struct ent_desk *desk, struct ent_doc *doc, enum ent_act act)
{
	struct ent_statement *s = &doc->statement;

	*doc = (struct ent_doc){ .kind = ENT_DOC_STATEMENT };
	s->act = act;
	s->by = ent_view_str(desk->profile->party);
	s->charter = *ent_charter_id(desk->charter);
	s->epoch = desk->epoch->number;
	s->epoch_hash = *ent_charter_epoch_hash(desk->charter);
	s->time_unix_s = ent_clock_now(NULL);
	s->has_not_after = act != ENT_ACT_STOP;
	s->not_after_unix_s = s->time_unix_s + NOT_AFTER_S;
}

enum ent_status
ent_title_read(struct ent_title *out, const char *text, struct ent_error *err)
{
	const char *space = text != NULL ? strchr(text, ' ') : NULL;

	if (text == NULL)
		return ENT_OK;
	if (space == NULL || space[1] == '\0')
		return ent_fail(err, ENT_E_USAGE, "\"%s\": a reason or title is a language and words, as in \"en Joint work package 4.\"", text);
	out->lang = ent_view_from(text, (size_t)(space - text));
	out->text = ent_view_str(space + 1);
	return ENT_OK;
}

/* Keep a statement for the next officer, or for later. */
static enum ent_status
keep(const struct ent_paper *paper, const char *output, const char *kind, char path[ENT_PATH_MAX], struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, &paper->doc.hash);
	if (output != NULL)
		ENT_TRY(ent_path_join(path, ENT_PATH_MAX, err, "%s", output));
	else
		ENT_TRY(ent_path_join(path, ENT_PATH_MAX, err, "%s-%.8s.note", kind, hex));
	return ent_file_create(path, paper->bytes, 0644, err);
}

/* Offline nobody refuses it: what this copy of the charter holds against it is said, and may be old. */
static enum ent_status
foretell(struct ent_desk *desk, struct ent_view note, struct ent_error *err)
{
	struct ent_error why = { 0 };

	if (ent_charter_admissible(desk->charter, desk->self->name, note, ent_clock_now(NULL), &why) == ENT_OK)
		return ENT_OK;
	return ent_buf_printf(&desk->words, err, "as far as this copy of the charter knows, a node would refuse it:\n  %s\n", why.text);
}

/* How to go on from a file. */
static enum ent_status
advise(struct ent_buf *out, const char *path, bool complete, struct ent_error *err)
{
	if (!complete)
		ENT_TRY(ent_buf_printf(out, err, "the next officer:\n  entente charter sign %s --key FILE\n", path));
	return ent_buf_printf(out, err, "%s:\n  entente charter submit %s\n", complete ? "to hand it over" : "then", path);
}

/* What nobody could ever enter is not signed. Whether its signatures are enough is said below. */
static enum ent_status
check_text(struct ent_paper *paper, const struct ent_desk *desk, const struct ent_doc *doc, struct ent_buf *note, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_view copy;

	ENT_TRY(ent_doc_print(&text, doc, err));
	ENT_TRY(ent_arena_dup(desk->arena, &copy, ent_buf_view(&text), err));
	ENT_TRY(ent_doc_parse(&paper->doc, desk->arena, copy, err));
	ENT_TRY(ent_doc_check(&paper->doc, err));
	return ent_note_sign(note, copy, (const struct ent_signer *const *)desk->keys.signers, desk->keys.count, err);
}

enum ent_status
ent_desk_finish(struct ent_desk *desk, const struct ent_doc *doc, const char *output, const char *kind, enum entente_format format, char **report,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_paper paper = { 0 };
	char path[ENT_PATH_MAX];
	uint64_t index = UINT64_MAX;
	bool complete;

	if (output != NULL && ent_file_exists(output))
		return ent_fail(err, ENT_E_EXISTS, "%s exists already", output); /* before anything is handed over */
	ENT_TRY(check_text(&paper, desk, doc, &note, err));
	paper.bytes = ent_buf_view(&note);
	ENT_TRY(ent_note_parse(&paper.note, desk->arena, paper.bytes, err));
	ENT_TRY(ent_words_paper(&desk->words, &paper.doc, desk->charter, err));
	ENT_TRY(ent_paper_report(&desk->words, &paper, desk->charter, &complete, err));
	if (complete && !desk->offline) {
		ENT_TRY(ent_submit(desk->profile, paper.bytes, &index, err));
		if (output != NULL)
			ENT_TRY(keep(&paper, output, kind, path, err));
		return ent_say(report, format, kind, &paper.doc.hash, index, output, ent_buf_view(&desk->words), err);
	}
	ENT_TRY(keep(&paper, output, kind, path, err));
	if (complete)
		ENT_TRY(foretell(desk, paper.bytes, err));
	ENT_TRY(advise(&desk->words, path, complete, err));
	return ent_say(report, format, kind, &paper.doc.hash, UINT64_MAX, path, ent_buf_view(&desk->words), err);
}

/* ---- hashes by their first digits ---- */

enum ent_status
ent_pick_begin(struct ent_pick *pick, const char *digits, const char *what, struct ent_error *err)
{
	size_t len = digits != NULL ? strlen(digits) : 0;

	*pick = (struct ent_pick){ .digits = digits, .what = what, .fit = ent_buf_with_max(LIST_MAX), .others = ent_buf_with_max(LIST_MAX) };
	if (len < DIGITS_MIN || len > DIGITS_MAX || strspn(digits, "0123456789abcdef") != len)
		return ent_fail(err, ENT_E_USAGE, "a %s is named by %d or more digits of its hash, in lower case; \"%s\" is none", what, DIGITS_MIN,
		    digits != NULL ? digits : "");
	return ENT_OK;
}

void
ent_pick_fini(struct ent_pick *pick)
{
	ent_buf_fini(&pick->fit);
	ent_buf_fini(&pick->others);
}

static enum ent_status
list(struct ent_buf *out, const char *hex, struct ent_view name, struct ent_error *err)
{
	return ent_buf_printf(out, err, "%s%.16s (%.*s)", out->len > 0 ? ", " : "", hex, ENT_FMT(ent_view_slice(name, 0, 64)));
}

enum ent_status
ent_pick_offer(struct ent_pick *pick, const struct ent_hash *hash, const void *item, struct ent_view name, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, hash);
	if (strncmp(hex, pick->digits, strlen(pick->digits)) != 0)
		return pick->other_count++ < ENT_PICK_LIST ? list(&pick->others, hex, name, err) : ENT_OK;
	if (pick->fits > 0 && ent_hash_eq(&pick->hash, hash))
		return ENT_OK; /* the same text in another place */
	if (pick->fits++ == 0) {
		pick->hash = *hash;
		pick->item = item;
	}
	return pick->fits <= ENT_PICK_LIST ? list(&pick->fit, hex, name, err) : ENT_OK;
}

enum ent_status
ent_pick_take(const struct ent_pick *pick, const char *advice, struct ent_error *err)
{
	if (pick->fits == 1)
		return ENT_OK;
	if (pick->fits > 1)
		return ent_fail(err, ENT_E_USAGE, "%s fits %zu of them, give more digits: %.*s%s", pick->digits, pick->fits,
		    ENT_FMT(ent_buf_view(&pick->fit)), pick->fits > ENT_PICK_LIST ? ", ..." : "");
	if (pick->other_count == 0)
		return ent_fail(err, ENT_E_NOT_FOUND, "no %s %s is known here: %s", pick->what, pick->digits, advice);
	return ent_fail(err, ENT_E_NOT_FOUND, "no %s %s is known here: %s; there are %.*s%s", pick->what, pick->digits, advice,
	    ENT_FMT(ent_buf_view(&pick->others)), pick->other_count > ENT_PICK_LIST ? ", ..." : "");
}

static enum ent_status
offer_proposals(struct ent_pick *pick, const struct ent_desk *desk, struct ent_error *err)
{
	for (size_t i = 0; i < ent_charter_proposal_count(desk->charter); i++) {
		const struct ent_doc *doc = ent_charter_proposal_at(desk->charter, i);
		ENT_AUTO_FINI(ent_buf) name = ent_buf_with_max(1024);

		ENT_TRY(ent_words_proposal(&name, &doc->proposal, err));
		ENT_TRY(ent_pick_offer(pick, &doc->hash, doc, ent_buf_view(&name), err));
	}
	return ENT_OK;
}

enum ent_status
ent_desk_proposal(const struct ent_desk *desk, const char *digits, const struct ent_doc **out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_pick) pick = { 0 };

	ENT_TRY(ent_pick_begin(&pick, digits, "proposal", err));
	ENT_TRY(offer_proposals(&pick, desk, err));
	ENT_TRY(ent_pick_take(&pick, "it was not proposed, or the node has not heard of it", err));
	*out = pick.item;
	return ENT_OK;
}

/* ---- names ---- */

static enum ent_status
add_name(struct ent_buf *out, struct ent_view name, struct ent_error *err)
{
	return out->len < LIST_MAX - 260 ? ent_buf_printf(out, err, "%s%.*s", out->len > 0 ? ", " : "", ENT_FMT(name)) : ENT_OK;
}

enum ent_status
ent_desk_know_party(const struct ent_desk *desk, struct ent_view name, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) names = ent_buf_with_max(LIST_MAX);

	if (!ent_name_valid(name))
		return ent_fail(err, ENT_E_USAGE, "\"%.*s\" is no party's name: lower-case letters, digits, dots and dashes", ENT_FMT(name));
	if (desk->offline || ent_member_named(desk->epoch, name) != NULL || ent_state_party_proposal(desk->state, name) != NULL)
		return ENT_OK;
	for (size_t i = 0; i < desk->epoch->member_count; i++)
		ENT_TRY(add_name(&names, desk->epoch->members[i].name, err));
	for (size_t i = 0; i < ent_charter_proposal_count(desk->charter); i++) {
		const struct ent_proposal *p = &ent_charter_proposal_at(desk->charter, i)->proposal;

		if (p->kind == ENT_PROPOSAL_PARTY)
			ENT_TRY(add_name(&names, p->party.name, err));
	}
	return ent_fail(err, ENT_E_NOT_FOUND, "no party %.*s is known here; known are: %.*s", ENT_FMT(name), ENT_FMT(ent_buf_view(&names)));
}

enum ent_status
ent_desk_know_project(const struct ent_desk *desk, struct ent_view name, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) names = ent_buf_with_max(LIST_MAX);

	if (!ent_project_name_valid(name))
		return ent_fail(err, ENT_E_USAGE, "\"%.*s\" is no project's name: lower-case letters, digits and dashes", ENT_FMT(name));
	if (desk->offline || ent_state_project(desk->state, name) != NULL)
		return ENT_OK;
	for (size_t i = 0; i < ent_state_project_count(desk->state); i++)
		ENT_TRY(add_name(&names, ent_state_project_at(desk->state, i)->doc->proposal.project, err));
	return ent_fail(err, ENT_E_NOT_FOUND, "no project %.*s is known here; known are: %.*s", ENT_FMT(name),
	    ENT_FMT(names.len > 0 ? ent_buf_view(&names) : ENT_LIT("none")));
}

enum ent_status
ent_desk_pillar_open(const struct ent_desk *desk, struct ent_view name, struct ent_error *err)
{
	const struct ent_standing *project = ent_state_project(desk->state, name);

	for (size_t i = 0; project != NULL && i < desk->epoch->pillar_count; i++) {
		const struct ent_pillar *pillar = &desk->epoch->pillars[i];

		if (ent_view_eq(pillar->name, project->doc->proposal.pillar) && !pillar->open)
			return ent_fail(err, ENT_E_REFUSED, "%.*s is in pillar %.*s, which is closed: nobody is admitted there, whoever signs",
			    ENT_FMT(name), ENT_FMT(pillar->name));
	}
	return ENT_OK;
}
