/* charter show: derive, in words or as JSON. Nothing is decided here. */
#include "client/charter_io.h"
#include "codec/time.h"

static const char *
time_text(char out[ENT_TIME_TEXT_SIZE], int64_t unix_s)
{
	if (unix_s <= 0)
		return "never";
	ent_time_print(out, unix_s);
	return out;
}

/* ---- show ---- */

static enum ent_status
show_member(struct ent_buf *out, const struct ent_member_state *m, struct ent_error *err)
{
	char alive[ENT_TIME_TEXT_SIZE];
	const struct ent_party *p = m->party;

	ENT_TRY(ent_buf_printf(out, err, "member %.*s (%.*s): %zu officers, quorum %u; node %.*s\n", ENT_FMT(p->name), ENT_FMT(p->country),
	    p->officer_count, p->quorum, ENT_FMT(p->node)));
	ENT_TRY(ent_buf_printf(out, err, "  last alive %s, %llu statements\n", time_text(alive, m->alive_unix_s),
	    (unsigned long long)m->log_size));
	for (size_t i = 0; i < m->key_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "  %s key %.*s (statement %llu)\n", m->keys[i].use == ENT_KEY_USE_KAS ? "share" : "seal ",
		    ENT_FMT(m->keys[i].kid), (unsigned long long)m->keys[i].index));
	for (size_t i = 0; i < m->issuer_key_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "  token key %.*s of %.*s until %s (statement %llu)\n", ENT_FMT(m->issuer_keys[i].kid),
		    ENT_FMT(m->issuer_keys[i].issuer), time_text(alive, m->issuer_keys[i].until_unix_s),
		    (unsigned long long)m->issuer_keys[i].index));
	if (m->broken != NULL)
		ENT_TRY(ent_buf_printf(out, err, "  BROKEN: %s\n", m->broken));
	return m->unenforced != NULL ? ent_buf_printf(out, err, "  NOT ENFORCED by this version: %s\n", m->unenforced) : ENT_OK;
}

static enum ent_status
show_project(struct ent_buf *out, const struct ent_standing *project, struct ent_error *err)
{
	const struct ent_proposal *p = &project->doc->proposal;
	char hex[ENT_HASH_HEX_SIZE];
	char time[ENT_TIME_TEXT_SIZE];

	ent_hash_hex(hex, &project->doc->hash);
	ENT_TRY(ent_buf_printf(out, err, "project %.*s (%.16s): %s\n  until %s, pillar %.*s, custody %.*s\n", ENT_FMT(p->project), hex,
	    ent_force_name(project->state), time_text(time, p->until_unix_s), ENT_FMT(p->pillar), ENT_FMT(p->custody)));
	if (p->title_count == 0)
		return ENT_OK;
	return ent_buf_printf(out, err, "  title (%.*s): \"%.*s\"\n", ENT_FMT(p->titles[0].lang), ENT_FMT(p->titles[0].text));
}

static enum ent_status
show_consents(struct ent_buf *out, const struct ent_state *state, const struct ent_standing *project, struct ent_error *err)
{
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_consent_state *c = &project->consents[i];

		if (c->given)
			ENT_TRY(ent_buf_printf(out, err, "  consent of %.*s: statement %llu%s\n", ENT_FMT(c->member), (unsigned long long)c->index,
			    c->counts ? "" : ", does not count now: not heard"));
		else
			ENT_TRY(ent_buf_printf(out, err, "  consent of %.*s: %s\n", ENT_FMT(c->member), c->lapsed ? "ran out" : "not given yet"));
	}
	return ENT_OK;
}

static enum ent_status
show_words(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	const struct ent_charter *charter = ent_state_charter(state);
	const struct ent_epoch *epoch = ent_charter_epoch(charter);
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, ent_charter_id(charter));
	ENT_TRY(ent_buf_printf(out, err, "charter %s\nhost %.*s, epoch %u\n", hex, ENT_FMT(epoch->host), epoch->number));
	if (epoch->title_count > 0)
		ENT_TRY(ent_buf_printf(out, err, "title (%.*s): \"%.*s\"\n", ENT_FMT(epoch->titles[0].lang), ENT_FMT(epoch->titles[0].text)));
	for (size_t i = 0; i < epoch->pillar_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "pillar %.*s: %s\n", ENT_FMT(epoch->pillars[i].name), epoch->pillars[i].open ? "open" : "closed"));
	for (size_t i = 0; i < ent_state_member_count(state); i++)
		ENT_TRY(show_member(out, ent_state_member_at(state, i), err));
	for (size_t i = 0; i < ent_state_project_count(state); i++) {
		ENT_TRY(show_project(out, ent_state_project_at(state, i), err));
		ENT_TRY(show_consents(out, state, ent_state_project_at(state, i), err));
	}
	return ENT_OK;
}

static json_t *
text_of(struct ent_view view)
{
	return json_stringn((const char *)view.data, view.len);
}

static json_t *
member_json(const struct ent_member_state *m)
{
	char alive[ENT_TIME_TEXT_SIZE];
	json_t *item = json_object();
	json_t *keys = json_array();

	for (size_t i = 0; i < m->key_count; i++)
		json_array_append_new(keys, json_pack("{s:o, s:s, s:I}", "kid", text_of(m->keys[i].kid), "use",
		    m->keys[i].use == ENT_KEY_USE_KAS ? "kas" : "seal", "index", (json_int_t)m->keys[i].index));
	json_object_set_new(item, "name", text_of(m->party->name));
	json_object_set_new(item, "country", text_of(m->party->country));
	json_object_set_new(item, "node", text_of(m->party->node));
	json_object_set_new(item, "quorum", json_integer(m->party->quorum));
	json_object_set_new(item, "alive", m->alive_unix_s > 0 ? json_string(time_text(alive, m->alive_unix_s)) : json_null());
	json_object_set_new(item, "statements", json_integer((json_int_t)m->log_size));
	json_object_set_new(item, "keys", keys);
	json_object_set_new(item, "broken", m->broken != NULL ? json_string(m->broken) : json_null());
	return item;
}

static json_t *
project_json(const struct ent_state *state, const struct ent_standing *project)
{
	char hex[ENT_HASH_HEX_SIZE];
	char time[ENT_TIME_TEXT_SIZE];
	json_t *item = json_object();
	json_t *consents = json_array();

	ent_hash_hex(hex, &project->doc->hash);
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_consent_state *c = &project->consents[i];

		json_array_append_new(consents, json_pack("{s:o, s:b, s:b, s:I}", "member", text_of(c->member), "given", c->given, "counts",
		    c->counts, "index", (json_int_t)c->index));
	}
	json_object_set_new(item, "project", text_of(project->doc->proposal.project));
	json_object_set_new(item, "proposal", json_string(hex));
	json_object_set_new(item, "state", json_string(ent_force_name(project->state)));
	json_object_set_new(item, "until", json_string(time_text(time, project->doc->proposal.until_unix_s)));
	json_object_set_new(item, "custody", text_of(project->doc->proposal.custody));
	json_object_set_new(item, "consents", consents);
	return item;
}

static enum ent_status
show_json(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	const struct ent_charter *charter = ent_state_charter(state);
	const struct ent_epoch *epoch = ent_charter_epoch(charter);
	char hex[ENT_HASH_HEX_SIZE];
	json_t *root = json_object();
	json_t *members = json_array();
	json_t *projects = json_array();

	ent_hash_hex(hex, ent_charter_id(charter));
	for (size_t i = 0; i < ent_state_member_count(state); i++)
		json_array_append_new(members, member_json(ent_state_member_at(state, i)));
	for (size_t i = 0; i < ent_state_project_count(state); i++)
		json_array_append_new(projects, project_json(state, ent_state_project_at(state, i)));
	json_object_set_new(root, "charter", json_string(hex));
	json_object_set_new(root, "host", text_of(epoch->host));
	json_object_set_new(root, "epoch", json_integer(epoch->number));
	json_object_set_new(root, "members", members);
	json_object_set_new(root, "projects", projects);
	return ent_give_json(out, root, err);
}

static enum ent_status
show(struct entente_profile *profile, int offline, enum entente_format format, char **text, struct ent_error *err)
{
	ENT_AUTO(ent_state) state = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(16u << 20);

	ENT_TRY(ent_profile_look(profile, offline, &state, err));
	if (format == ENTENTE_JSON)
		ENT_TRY(show_json(&out, state, err));
	else
		ENT_TRY(show_words(&out, state, err));
	return ent_give_text(text, format, &out, err);
}

enum entente_status
entente_charter_show(struct entente_profile *profile, int offline, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, show(profile, offline, format, text, ENT_PUBLIC_ERR));
}

/* ---- node status ---- */

static enum ent_status
status_words(struct ent_buf *out, struct entente_profile *profile, bool serving, const struct ent_state *state, struct ent_error *err)
{
	char alive[ENT_TIME_TEXT_SIZE];

	ENT_TRY(ent_buf_printf(out, err, "%s: %s\n", profile->node, serving ? "serving" : "not serving"));
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_member_state *m = ent_state_member_at(state, i);

		ENT_TRY(ent_buf_printf(out, err, "%.*s last heard %s\n", ENT_FMT(m->party->name), time_text(alive, m->alive_unix_s)));
	}
	return ENT_OK;
}

static enum ent_status
status_json(struct ent_buf *out, struct entente_profile *profile, bool serving, const struct ent_state *state, struct ent_error *err)
{
	json_t *heard = json_array();
	json_t *root = json_object();

	for (size_t i = 0; i < ent_state_member_count(state); i++)
		json_array_append_new(heard, member_json(ent_state_member_at(state, i)));
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
