/* node status: is the home node up, and whom has it heard when. */
#include "client/charter_show.h"

static enum ent_status
status_words(struct ent_buf *out, struct entente_profile *profile, bool serving, const struct ent_state *state, struct ent_error *err)
{
	char alive[ENT_TIME_TEXT_SIZE];

	ENT_TRY(ent_buf_printf(out, err, "%s: %s\n", profile->node, serving ? "serving" : "not serving"));
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_member_state *m = ent_state_member_at(state, i);

		ENT_TRY(ent_buf_printf(out, err, "%.*s last heard %s\n", ENT_FMT(m->party->name), ent_words_time(alive, m->alive_unix_s)));
	}
	return ENT_OK;
}

static enum ent_status
status_json(struct ent_buf *out, struct entente_profile *profile, bool serving, const struct ent_state *state, struct ent_error *err)
{
	json_t *heard = json_array();
	json_t *root = json_object();

	for (size_t i = 0; i < ent_state_member_count(state); i++)
		json_array_append_new(heard, ent_show_party_json(ent_state_member_at(state, i)));
	json_object_set_new(root, "node", json_string(profile->node));
	json_object_set_new(root, "serving", json_boolean(serving));
	json_object_set_new(root, "members", heard);
	return ent_give_json(out, root, err);
}

static enum ent_status
node_status(struct entente_profile *profile, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };
	ENT_AUTO(ent_state) state = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(1u << 20);
	bool serving;

	ENT_TRY(ent_session_get(profile, profile->node, "healthz", 4096, &answer, err));
	serving = answer.status == 200;
	ENT_TRY(ent_profile_look(profile, 0, &state, err));
	if (format == ENTENTE_JSON)
		ENT_TRY(status_json(&out, profile, serving, state, err));
	else
		ENT_TRY(status_words(&out, profile, serving, state, err));
	ENT_TRY(ent_give_text(text, format, &out, err));
	return serving ? ENT_OK : ent_fail(err, ENT_E_UNAVAILABLE, "%s is not serving", profile->node);
}

enum entente_status
entente_node_status(struct entente_profile *profile, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, node_status(profile, format, text, ENT_PUBLIC_ERR));
}
