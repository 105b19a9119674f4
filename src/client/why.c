/* why PARTY PROJECT: derive, in words or as JSON. Nothing is decided here. */
#include "client/charter_io.h"

static enum ent_status
why_words(struct ent_buf *out, const struct ent_state *state, const char *party, const char *project, const struct ent_reasons *reasons,
    struct ent_error *err)
{
	char now[ENT_TIME_TEXT_SIZE];
	bool cures = false;

	ent_time_print(now, ent_state_now(state));
	ENT_TRY(ent_buf_printf(out, err, "%s %s receive key shares in %s, at %s.\n", party, ent_reasons_block(reasons) ? "may NOT" : "may",
	    project, now));
	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];

		ENT_TRY(ent_buf_printf(out, err, "  %s %s", ent_reason_row(r->code)->blocks ? "-  " : "ok:", r->text));
		if (strcmp(r->cite, "-") != 0)
			ENT_TRY(ent_buf_printf(out, err, " (%s)", r->cite));
		ENT_TRY(ent_buf_add_byte(out, '\n', err));
	}
	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];

		if (!ent_reason_row(r->code)->blocks || r->cure[0] == '\0')
			continue;
		ENT_TRY(ent_buf_printf(out, err, "%s%s", cures ? "; " : "  would be cured by: ", r->cure));
		cures = true;
	}
	return cures ? ent_buf_add_byte(out, '\n', err) : ENT_OK;
}

static enum ent_status
why_json(struct ent_buf *out, const struct ent_state *state, const char *party, const char *project, const struct ent_reasons *reasons,
    struct ent_error *err)
{
	char now[ENT_TIME_TEXT_SIZE];
	json_t *root = json_object();
	json_t *list = json_array();

	ent_time_print(now, ent_state_now(state));
	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];
		json_t *item = json_object();

		json_object_set_new(item, "code", json_string(ent_reason_row(r->code)->name));
		json_object_set_new(item, "blocks", json_boolean(ent_reason_row(r->code)->blocks));
		json_object_set_new(item, "text", json_string(r->text));
		json_object_set_new(item, "cite", json_string(r->cite));
		json_object_set_new(item, "cure", json_string(r->cure));
		json_array_append_new(list, item);
	}
	json_object_set_new(root, "party", json_string(party));
	json_object_set_new(root, "project", json_string(project));
	json_object_set_new(root, "at", json_string(now));
	json_object_set_new(root, "may", json_boolean(!ent_reasons_block(reasons)));
	json_object_set_new(root, "reasons", list);
	return ent_give_json(out, root, err);
}

static enum ent_status
why(struct entente_profile *profile, const char *party, const char *project, int offline, enum entente_format format, char **text,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO(ent_state) state = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4u << 20);
	struct ent_reasons reasons = { 0 };

	if (party == NULL || project == NULL)
		return ent_fail(err, ENT_E_USAGE, "why needs a party and a project, as in: entente why jp.example quantum");
	if (!ent_name_valid(ent_view_str(party)) || !ent_project_name_valid(ent_view_str(project)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" or \"%s\" is not a name: lower-case letters, digits, dots and dashes", party, project);
	ENT_TRY(ent_arena_new(&arena, 16u << 20, err));
	ENT_TRY(ent_profile_look(profile, offline, &state, err));
	reasons.arena = arena;
	ENT_TRY(ent_state_node_reasons(state, &reasons, err));
	ENT_TRY(ent_state_party_reasons(state, ent_view_str(party), ent_view_str(project), &reasons, err));
	if (format == ENTENTE_JSON)
		ENT_TRY(why_json(&out, state, party, project, &reasons, err));
	else
		ENT_TRY(why_words(&out, state, party, project, &reasons, err));
	ENT_TRY(ent_give_text(text, format, &out, err));
	/* The answer no is an answer: the text is given, and the status says it to a script. */
	return ent_reasons_block(&reasons) ? ent_fail(err, ENT_E_DENIED, "%s may not receive key shares in %s", party, project) : ENT_OK;
}

enum entente_status
entente_why(struct entente_profile *profile, const char *party, const char *project, const struct entente_question *question,
    enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, why(profile, party, project, question->offline, format, text, ENT_PUBLIC_ERR));
}
