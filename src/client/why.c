/* why PARTY PROJECT: derive as of a time, in words or as JSON. */
#include "client/why.h"

#include "base/clock.h"

enum { WHY_ARENA_MAX = 64 << 20 };

void
ent_why_fini(struct ent_why *why)
{
	ent_state_free(why->state);
	ent_arena_free(why->arena);
}

/* How far the copy reaches, and its view: an old copy must not pass for the truth, whatever date is asked about. */
static enum ent_status
know(struct ent_why *why, const struct ent_charter *charter, int64_t now_unix_s, struct ent_error *err)
{
	ENT_AUTO(ent_state) present = NULL;
	ENT_AUTO_FINI(ent_buf) view = ent_buf_with_max(4u << 20);
	struct ent_error none = { 0 };
	void *room;

	ENT_TRY(ent_derive(&present, charter, now_unix_s, err));
	ENT_TRY(ent_arena_alloc(why->arena, &room, ent_state_member_count(present) + 1, sizeof(*why->known), err));
	why->known = room;
	for (; why->known_count < ent_state_member_count(present); why->known_count++) {
		const struct ent_member_state *m = ent_state_member_at(present, why->known_count);

		why->known[why->known_count] = (struct ent_why_known){ m->party->name, m->heard_any ? m->alive_unix_s : 0 };
	}
	/* Of a copy that was not read to the end of every log there is no view, and there is an answer all the same. */
	why->has_view = ent_charter_view(charter, &view, &why->view, &none) == ENT_OK;
	if (why->time == ENT_WHY_NOW)
		why->state = ent_take(&present);
	return ENT_OK;
}

enum ent_status
ent_why_look(struct ent_why *why, const struct ent_charter *charter, const char *at, int64_t now_unix_s, struct ent_error *err)
{
	int64_t at_unix_s = now_unix_s;
	struct ent_error bad = { 0 };

	if (at != NULL && ent_time_parse(&at_unix_s, ent_view_str(at), &bad) != ENT_OK)
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not a time: write it in UTC, as 2026-11-21T09:00:00Z", at);
	why->time = at == NULL ? ENT_WHY_NOW : at_unix_s <= now_unix_s ? ENT_WHY_THEN : ENT_WHY_AHEAD;
	ENT_TRY(ent_arena_new(&why->arena, WHY_ARENA_MAX, err));
	why->reasons.arena = why->arena;
	ENT_TRY(know(why, charter, now_unix_s, err));
	if (why->time == ENT_WHY_THEN)
		ENT_TRY(ent_derive_as_of(&why->state, charter, at_unix_s, err));
	/* Ahead of us nothing is left out: what is known today is all that anybody can say about that time. */
	if (why->time == ENT_WHY_AHEAD)
		ENT_TRY(ent_derive(&why->state, charter, at_unix_s, err));
	return ENT_OK;
}

enum ent_status
ent_why_open(struct ent_why *why, struct entente_profile *profile, const struct entente_question *question, struct ent_error *err)
{
	why->offline = question->offline != 0;
	if (why->offline)
		ENT_TRY(ent_profile_mirror(profile, err));
	else
		ENT_TRY(ent_profile_sync(profile, err));
	return ent_why_look(why, ent_mirror_charter(profile->mirror), question->at, ent_clock_now(NULL), err);
}

enum ent_status
ent_why_part(struct ent_why *why, struct ent_view party, struct ent_view project, struct ent_error *err)
{
	why->party = party;
	why->project = project;
	if (project.len == 0)
		return ENT_OK;
	ENT_TRY(ent_state_participation(why->state, party, project, &why->part, err));
	return ent_why_closing(why, err);
}

enum ent_status
ent_why_party(struct ent_why *why, struct ent_view party, struct ent_view project, struct ent_error *err)
{
	ENT_TRY(ent_state_node_reasons(why->state, &why->reasons, err));
	ENT_TRY(ent_state_party_reasons(why->state, party, project, &why->reasons, err));
	return ent_why_part(why, party, project, err);
}

static enum ent_status
words(struct ent_buf *out, const struct ent_why *why, struct ent_error *err)
{
	ENT_TRY(ent_buf_printf(out, err, "%.*s %s receive key shares in %.*s, ", ENT_FMT(why->party),
	    ent_reasons_block(&why->reasons) ? "may NOT" : "may", ENT_FMT(why->project)));
	ENT_TRY(ent_why_words_end(out, why, err));
	return ent_why_words(out, why, err);
}

static enum ent_status
as_json(struct ent_buf *out, const struct ent_why *why, struct ent_error *err)
{
	json_t *root = json_object();
	enum ent_status status = ent_why_json(root, why, err);

	if (status == ENT_OK)
		return ent_give_json(out, root, err);
	json_decref(root);
	return status;
}

static enum ent_status
why(struct entente_profile *profile, const char *party, const char *project, const struct entente_question *question,
    enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(ent_why_fini))) struct ent_why why = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4u << 20);

	if (party == NULL || project == NULL)
		return ent_fail(err, ENT_E_USAGE, "why needs a party and a project, as in: entente why jp.example quantum");
	if (!ent_name_valid(ent_view_str(party)) || !ent_project_name_valid(ent_view_str(project)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" or \"%s\" is not a name: lower-case letters, digits, dots and dashes", party, project);
	ENT_TRY(ent_why_open(&why, profile, question, err));
	ENT_TRY(ent_why_party(&why, ent_view_str(party), ent_view_str(project), err));
	if (format == ENTENTE_JSON)
		ENT_TRY(as_json(&out, &why, err));
	else
		ENT_TRY(words(&out, &why, err));
	ENT_TRY(ent_give_text(text, format, &out, err));
	/* The answer no is an answer: the text is given, and the status says it to a script. */
	return ent_reasons_block(&why.reasons) ? ent_fail(err, ENT_E_DENIED, "%s may not receive key shares in %s", party, project) : ENT_OK;
}

enum entente_status
entente_why(struct entente_profile *profile, const char *party, const char *project, const struct entente_question *question,
    enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, why(profile, party, project, question, format, text, ENT_PUBLIC_ERR));
}
