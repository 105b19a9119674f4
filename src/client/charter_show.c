/* charter show: derive, in words or as JSON. Nothing is decided here. */
#include "client/charter_show.h"

#include <stdlib.h>

enum { OUT_MAX = 16 << 20 };

/* ---- what both forms ask ---- */

bool
ent_show_is_pending(const struct ent_standing *standing)
{
	return standing->state == ENT_FORCE_PROPOSED;
}

bool
ent_show_is_over(const struct ent_state *state, const struct ent_standing *standing)
{
	const struct ent_proposal *p = &standing->doc->proposal;
	bool dated = p->kind == ENT_PROPOSAL_PROJECT || p->kind == ENT_PROPOSAL_ADMIT;

	if (standing->state == ENT_FORCE_ENDED)
		return !dated || p->until_unix_s > ent_state_now(state) - ENT_SHOW_LATELY_S;
	return standing->state == ENT_FORCE_LAPSED;
}

size_t
ent_show_needed(const struct ent_epoch *epoch, enum ent_proposal_kind kind)
{
	const struct ent_rule *rule = kind == ENT_PROPOSAL_PROJECT ? &epoch->rule_project :
	    kind == ENT_PROPOSAL_PROFILE ? &epoch->rule_profile : &epoch->rule_admit;

	if ((kind == ENT_PROPOSAL_PROFILE && !epoch->has_rule_profile) || kind == ENT_PROPOSAL_LABELS)
		return 0;
	return rule->consents_all ? epoch->member_count : rule->consents;
}

struct ent_statement
ent_show_stop(const struct ent_stop *stop)
{
	return (struct ent_statement){ .act = ENT_ACT_STOP, .by = stop->by, .object = stop->object, .party = stop->party,
		.project = stop->project, .person = stop->person, .file = stop->file, .key_name = stop->key_name,
		.has_target = stop->object == ENT_OBJECT_PROPOSAL, .target = stop->proposal };
}

/* ---- what ends soon ---- */

static enum ent_status
add_end(struct ent_show_ends *ends, const struct ent_state *state, int64_t at_unix_s, const struct ent_buf *what, struct ent_error *err)
{
	void *items = ends->items;
	struct ent_show_end *end;

	if (at_unix_s <= ent_state_now(state) || at_unix_s > ent_state_now(state) + ENT_SHOW_SOON_S)
		return ENT_OK;
	ENT_TRY(ent_arena_push(ends->arena, &items, ends->count, &ends->cap, sizeof(*end), err));
	ends->items = items;
	end = &ends->items[ends->count];
	end->at_unix_s = at_unix_s;
	ENT_TRY(ent_arena_strdup(ends->arena, &end->what, ent_buf_view(what), err));
	ends->count++;
	return ENT_OK;
}

/* Every proposal that is active closes within F if nothing more is heard: that is news only when half of F has gone by in silence. */
static bool
falls_silent(const struct ent_state *state, const struct ent_standing *standing)
{
	return standing->state == ENT_FORCE_ACTIVE && standing->closes_unix_s - ent_state_now(state) < ent_state_fresh_s(state, standing) / 2;
}

static enum ent_status
ends_of_standing(struct ent_show_ends *ends, const struct ent_state *state, const struct ent_standing *standing, struct ent_error *err)
{
	const struct ent_proposal *p = &standing->doc->proposal;
	ENT_AUTO_FINI(ent_buf) name = ent_buf_with_max(2048);
	ENT_AUTO_FINI(ent_buf) what = ent_buf_with_max(4096);

	if (!standing->holds)
		return ENT_OK;
	ENT_TRY(ent_words_proposal(&name, p, err));
	ENT_TRY(ent_buf_printf(&what, err, "%.*s ends", ENT_FMT(ent_buf_view(&name))));
	ENT_TRY(add_end(ends, state, p->until_unix_s, &what, err));
	ent_buf_clear(&what);
	ENT_TRY(ent_buf_printf(&what, err, "%.*s closes unless more is heard", ENT_FMT(ent_buf_view(&name))));
	if (falls_silent(state, standing))
		ENT_TRY(add_end(ends, state, standing->closes_unix_s, &what, err));
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_consent_state *c = &standing->consents[i];

		ent_buf_clear(&what);
		ENT_TRY(ent_buf_printf(&what, err, "the consent of %.*s to %.*s ends", ENT_FMT(c->member), ENT_FMT(ent_buf_view(&name))));
		if (c->given)
			ENT_TRY(add_end(ends, state, c->until_unix_s, &what, err));
	}
	return ENT_OK;
}

static enum ent_status
ends_of_party(struct ent_show_ends *ends, const struct ent_state *state, const struct ent_member_state *m, struct ent_error *err)
{
	for (size_t i = 0; i < m->issuer_key_count; i++) {
		ENT_AUTO_FINI(ent_buf) what = ent_buf_with_max(4096);

		ENT_TRY(ent_buf_printf(&what, err, "token key %.*s of %.*s ends", ENT_FMT(m->issuer_keys[i].kid), ENT_FMT(m->party->name)));
		ENT_TRY(add_end(ends, state, m->issuer_keys[i].until_unix_s, &what, err));
	}
	return ENT_OK;
}

static enum ent_status
ends_of_accreditation(struct ent_show_ends *ends, const struct ent_state *state, const struct ent_accreditation *a, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) what = ent_buf_with_max(4096);

	ENT_TRY(ent_buf_printf(&what, err, "the accreditation of %.*s for %.*s by %.*s ends", ENT_FMT(a->party), ENT_FMT(a->profile),
	    ENT_FMT(a->member)));
	return add_end(ends, state, a->until_unix_s, &what, err);
}

static int
by_end(const void *a, const void *b)
{
	const struct ent_show_end *x = a, *y = b;

	return x->at_unix_s != y->at_unix_s ? (x->at_unix_s > y->at_unix_s) - (x->at_unix_s < y->at_unix_s) : strcmp(x->what, y->what);
}

enum ent_status
ent_show_ends_collect(struct ent_show_ends *ends, const struct ent_state *state, struct ent_error *err)
{
	for (size_t i = 0; i < ent_state_standing_count(state); i++)
		ENT_TRY(ends_of_standing(ends, state, ent_state_standing_at(state, i), err));
	for (size_t i = 0; i < ent_state_member_count(state); i++)
		ENT_TRY(ends_of_party(ends, state, ent_state_member_at(state, i), err));
	for (size_t i = 0; i < ent_state_partner_count(state); i++)
		ENT_TRY(ends_of_party(ends, state, ent_state_partner_at(state, i), err));
	for (size_t i = 0; i < ent_state_accreditation_count(state); i++)
		ENT_TRY(ends_of_accreditation(ends, state, ent_state_accreditation_at(state, i), err));
	if (ends->count > 1)
		qsort(ends->items, ends->count, sizeof(*ends->items), by_end);
	return ENT_OK;
}

/* ---- the command ---- */

static enum ent_status
show(struct entente_profile *profile, int offline, enum entente_format format, char **text, struct ent_error *err)
{
	ENT_AUTO(ent_state) state = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(OUT_MAX);

	ENT_TRY(ent_profile_look(profile, offline, &state, err));
	ENT_TRY(format == ENTENTE_JSON ? ent_show_json(&out, state, err) : ent_show_words(&out, state, err));
	return ent_give_text(text, format, &out, err);
}

enum entente_status
entente_charter_show(struct entente_profile *profile, int offline, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, show(profile, offline, format, text, ENT_PUBLIC_ERR));
}
