/* charter show as one JSON document. */
#include "client/charter_show.h"

enum { ENDS_ARENA = 16 << 20 };

static json_t *
view_json(struct ent_view view)
{
	return view.len > 0 ? json_stringn((const char *)view.data, view.len) : json_null();
}

static json_t *
time_json(int64_t unix_s)
{
	char time[ENT_TIME_TEXT_SIZE];

	return unix_s > 0 && unix_s != INT64_MAX ? json_string(ent_words_time(time, unix_s)) : json_null();
}

static json_t *
hash_json(const struct ent_hash *hash)
{
	const struct ent_hash none = { { 0 } };
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, hash);
	return ent_hash_eq(hash, &none) ? json_null() : json_string(hex);
}

static json_t *
cite_json(const struct ent_state *state, struct ent_view party, uint64_t index)
{
	char cite[ENT_CITE_SIZE];

	ent_state_cite(state, party, index, cite);
	return json_string(cite);
}

static json_t *
titles_json(const struct ent_title *titles, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (titles[i].text.len > 0)
			json_array_append_new(list, json_pack("{s:o, s:o}", "lang", view_json(titles[i].lang), "text", view_json(titles[i].text)));
	return list;
}

static json_t *
key_json(const struct ent_member_key *key)
{
	return json_pack("{s:o, s:s, s:I, s:o, s:o, s:b, s:b}", "kid", view_json(key->kid), "use", key->use == ENT_KEY_USE_KAS ? "kas" : "seal",
	    "index", (json_int_t)key->index, "since", time_json(key->since_unix_s), "retired", time_json(key->retired_unix_s), "destroyed",
	    key->destroyed, "stopped", key->stopped);
}

json_t *
ent_show_party_json(const struct ent_member_state *m)
{
	json_t *item = json_object(), *keys = json_array(), *issuer_keys = json_array(), *officers = json_array();

	for (size_t i = 0; i < m->key_count; i++)
		json_array_append_new(keys, key_json(&m->keys[i]));
	for (size_t i = 0; i < m->issuer_key_count; i++)
		json_array_append_new(issuer_keys, json_pack("{s:o, s:o, s:I, s:o}", "kid", view_json(m->issuer_keys[i].kid), "issuer",
		    view_json(m->issuer_keys[i].issuer), "index", (json_int_t)m->issuer_keys[i].index, "until",
		    time_json(m->issuer_keys[i].until_unix_s)));
	for (size_t i = 0; i < m->party->officer_count; i++)
		json_array_append_new(officers, view_json(m->party->officers[i].name));
	json_object_set_new(item, "name", view_json(m->party->name));
	json_object_set_new(item, "titles", titles_json(m->party->titles, m->party->title_count));
	json_object_set_new(item, "country", view_json(m->party->country));
	json_object_set_new(item, "node", view_json(m->party->node));
	json_object_set_new(item, "sponsor", view_json(m->party->sponsor));
	json_object_set_new(item, "officers", officers);
	json_object_set_new(item, "quorum", json_integer(m->party->quorum));
	json_object_set_new(item, "state", m->standing != NULL ? json_string(ent_force_name(m->standing->state)) : json_string("member"));
	json_object_set_new(item, "alive", time_json(m->alive_unix_s));
	json_object_set_new(item, "statements", json_integer((json_int_t)m->log_size));
	json_object_set_new(item, "keys", keys);
	json_object_set_new(item, "issuer_keys", issuer_keys);
	json_object_set_new(item, "withdrawn", json_boolean(m->withdrawn));
	json_object_set_new(item, "log_key_stopped", json_boolean(m->log_key_stopped));
	json_object_set_new(item, "access_key_stopped", json_boolean(m->access_key_stopped));
	json_object_set_new(item, "broken", m->broken != NULL ? json_string(m->broken) : json_null());
	json_object_set_new(item, "unenforced", m->unenforced != NULL ? json_string(m->unenforced) : json_null());
	return item;
}

/* ---- proposals ---- */

static json_t *
consents_json(const struct ent_state *state, const struct ent_standing *standing)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_consent_state *c = &standing->consents[i];

		json_array_append_new(list, json_pack("{s:o, s:b, s:b, s:I, s:o, s:b, s:b}", "member", view_json(c->member), "given", c->given,
		    "counts", c->counts, "index", (json_int_t)c->index, "until", time_json(c->until_unix_s), "lapsed", c->lapsed, "withdrawn",
		    c->withdrawn));
	}
	return list;
}

static enum ent_status
standing_json(json_t *item, const struct ent_state *state, const struct ent_standing *s, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_state_charter(state));
	const struct ent_proposal *p = &s->doc->proposal;
	ENT_AUTO_FINI(ent_buf) name = ent_buf_with_max(2048);
	bool party = p->kind == ENT_PROPOSAL_PARTY;

	ENT_TRY(ent_words_proposal(&name, p, err));
	json_object_set_new(item, "proposal", hash_json(&s->doc->hash));
	json_object_set_new(item, "name", view_json(ent_buf_view(&name)));
	json_object_set_new(item, "state", json_string(ent_force_name(s->state)));
	json_object_set_new(item, "titles", party ? titles_json(p->party.titles, p->party.title_count) : titles_json(p->titles, p->title_count));
	json_object_set_new(item, "reason", titles_json(&p->reason, 1));
	json_object_set_new(item, "holds", json_boolean(s->holds));
	json_object_set_new(item, "since", time_json(s->in_force_since_unix_s));
	json_object_set_new(item, "until", time_json(p->until_unix_s));
	json_object_set_new(item, "closes", s->state == ENT_FORCE_ACTIVE ? time_json(s->closes_unix_s) : json_null());
	json_object_set_new(item, "replaces", p->has_replaces ? hash_json(&p->replaces) : json_null());
	json_object_set_new(item, "replaced_by", hash_json(&s->replaced_by));
	json_object_set_new(item, "consents_needed", json_integer((json_int_t)ent_show_needed(epoch, p->kind)));
	json_object_set_new(item, "consents", consents_json(state, s));
	return ENT_OK;
}

static enum ent_status
part_json(json_t *list, const struct ent_state *state, struct ent_view party, struct ent_view project, struct ent_error *err)
{
	struct ent_participation part;

	ENT_TRY(ent_state_participation(state, party, project, &part, err));
	json_array_append_new(list, json_pack("{s:o, s:s, s:b, s:o, s:o}", "party", view_json(party), "state", ent_part_name(part.state),
	    "partner", part.partner, "admission", part.admit != NULL ? hash_json(&part.admit->doc->hash) : json_null(), "closes",
	    part.state == ENT_PART_ACTIVE ? time_json(part.closes_unix_s) : json_null()));
	return ENT_OK;
}

static enum ent_status
project_json(json_t *item, const struct ent_state *state, const struct ent_standing *s, struct ent_error *err)
{
	const struct ent_proposal *p = &s->doc->proposal;
	json_t *parts = json_array();

	json_object_set_new(item, "parties", parts);
	json_object_set_new(item, "project", view_json(p->project));
	json_object_set_new(item, "pillar", view_json(p->pillar));
	json_object_set_new(item, "custody", view_json(p->custody));
	for (size_t i = 0; i < p->participant_count; i++)
		ENT_TRY(part_json(parts, state, p->participants[i], p->project, err));
	for (size_t i = 0; i < ent_state_partner_count(state); i++) {
		struct ent_view name = ent_state_partner_at(state, i)->party->name;

		if (ent_state_admission(state, name, p->project) != NULL)
			ENT_TRY(part_json(parts, state, name, p->project, err));
	}
	return standing_json(item, state, s, err);
}

static enum ent_status
proposals_json(json_t *root, const struct ent_state *state, struct ent_error *err)
{
	json_t *projects = json_array(), *others = json_array();

	json_object_set_new(root, "projects", projects);
	json_object_set_new(root, "proposals", others);
	for (size_t i = 0; i < ent_state_standing_count(state); i++) {
		const struct ent_standing *s = ent_state_standing_at(state, i);
		bool project = s->doc->proposal.kind == ENT_PROPOSAL_PROJECT;
		json_t *item = json_object();

		json_array_append_new(project ? projects : others, item);
		ENT_TRY(project ? project_json(item, state, s, err) : standing_json(item, state, s, err));
	}
	return ENT_OK;
}

/* ---- stops, accreditations, ends ---- */

static enum ent_status
stops_json(json_t *root, const struct ent_state *state, struct ent_error *err)
{
	json_t *list = json_array();

	json_object_set_new(root, "stops", list);
	for (size_t i = 0; i < ent_state_stop_count(state); i++) {
		const struct ent_stop *stop = ent_state_stop_at(state, i);
		const struct ent_statement statement = ent_show_stop(stop);
		ENT_AUTO_FINI(ent_buf) deed = ent_buf_with_max(8192);

		ENT_TRY(ent_words_deed(&deed, &statement, ent_state_charter(state), err));
		json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "hash", hash_json(&stop->hash), "by",
		    view_json(stop->by), "officers", stop->officers, "words", view_json(ent_buf_view(&deed)), "since",
		    time_json(stop->effect_unix_s), "cite", cite_json(state, stop->host, stop->index), "reason", titles_json(&stop->reason, 1)));
	}
	return ENT_OK;
}

static void
accreditations_json(json_t *root, const struct ent_state *state)
{
	json_t *list = json_array();

	json_object_set_new(root, "accreditations", list);
	for (size_t i = 0; i < ent_state_accreditation_count(state); i++) {
		const struct ent_accreditation *a = ent_state_accreditation_at(state, i);

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "party", view_json(a->party), "profile",
		    view_json(a->profile), "member", view_json(a->member), "until", time_json(a->until_unix_s), "cite",
		    cite_json(state, a->member, a->index), "counts", a->counts));
	}
}

static enum ent_status
soon_json(json_t *root, const struct ent_state *state, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_show_ends ends = { 0 };
	json_t *list = json_array();

	json_object_set_new(root, "soon", list);
	ENT_TRY(ent_arena_new(&arena, ENDS_ARENA, err));
	ends.arena = arena;
	ENT_TRY(ent_show_ends_collect(&ends, state, err));
	for (size_t i = 0; i < ends.count; i++)
		json_array_append_new(list, json_pack("{s:o, s:s}", "at", time_json(ends.items[i].at_unix_s), "what", ends.items[i].what));
	return ENT_OK;
}

static enum ent_status
fill(json_t *root, const struct ent_state *state, struct ent_error *err)
{
	const struct ent_charter *charter = ent_state_charter(state);
	const struct ent_epoch *epoch = ent_charter_epoch(charter);
	json_t *members = json_array(), *partners = json_array(), *pillars = json_array();

	json_object_set_new(root, "charter", hash_json(ent_charter_id(charter)));
	json_object_set_new(root, "host", view_json(epoch->host));
	json_object_set_new(root, "titles", titles_json(epoch->titles, epoch->title_count));
	json_object_set_new(root, "epoch", json_integer(epoch->number));
	json_object_set_new(root, "at", time_json(ent_state_now(state)));
	json_object_set_new(root, "pillars", pillars);
	json_object_set_new(root, "members", members);
	json_object_set_new(root, "partners", partners);
	for (size_t i = 0; i < epoch->pillar_count; i++)
		json_array_append_new(pillars, json_pack("{s:o, s:b}", "name", view_json(epoch->pillars[i].name), "open", epoch->pillars[i].open));
	for (size_t i = 0; i < ent_state_member_count(state); i++)
		json_array_append_new(members, ent_show_party_json(ent_state_member_at(state, i)));
	for (size_t i = 0; i < ent_state_partner_count(state); i++)
		json_array_append_new(partners, ent_show_party_json(ent_state_partner_at(state, i)));
	ENT_TRY(proposals_json(root, state, err));
	ENT_TRY(stops_json(root, state, err));
	accreditations_json(root, state);
	return soon_json(root, state, err);
}

enum ent_status
ent_show_json(struct ent_buf *out, const struct ent_state *state, struct ent_error *err)
{
	json_t *root = json_object();
	enum ent_status status = fill(root, state, err);

	if (status == ENT_OK)
		return ent_give_json(out, root, err); /* takes it */
	json_decref(root);
	return status;
}
