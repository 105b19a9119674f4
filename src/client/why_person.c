#include "client/why_person.h"

#include "jose/jws.h"

enum { CLAIM_LIST_MAX = 256 };

/* ---- as given ---- */

static bool
country_valid(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 'A' || text.data[i] > 'Z')
			return false;
	return text.len == 3;
}

static enum ent_status
take_list(struct ent_arena *arena, struct ent_view value, bool (*valid)(struct ent_view), const char *what, struct ent_view **items,
    size_t *count, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(arena, &room, CLAIM_LIST_MAX, sizeof(**items), err));
	*items = room;
	for (size_t at = 0; at < value.len;) {
		size_t end = ent_view_find(value, ',', at);
		struct ent_view one = ent_view_slice(value, at, end - at);

		if (!valid(one))
			return ent_fail(err, ENT_E_USAGE, "\"%.*s\" in --claims is not a %s", ENT_FMT(one), what);
		if (*count == CLAIM_LIST_MAX)
			return ent_fail(err, ENT_E_USAGE, "--claims lists more than %d of one kind", CLAIM_LIST_MAX);
		(*items)[(*count)++] = one;
		at = end + 1;
	}
	return ENT_OK;
}

static enum ent_status
take_claim(struct ent_person *p, struct ent_arena *arena, struct ent_view claim, struct ent_error *err)
{
	size_t equals = ent_view_find(claim, '=', 0);
	struct ent_view name = ent_view_slice(claim, 0, equals), value = { 0 };
	bool *has = ent_view_eq_str(name, "projects") ? &p->has_projects : ent_view_eq_str(name, "nationality") ? &p->has_nationality : NULL;

	if (equals < claim.len)
		value = ent_view_slice(claim, equals + 1, claim.len - equals - 1);
	if (equals < claim.len && ent_view_eq_str(name, "clearance") && value.len > 0 && p->clearance.len == 0) {
		p->clearance = value;
		return ENT_OK;
	}
	if (equals >= claim.len || has == NULL || *has)
		return ent_fail(err, ENT_E_USAGE,
		    "\"%.*s\" is no claim, or stands twice: projects=quantum,sonar or nationality=AUS or clearance=WORD", ENT_FMT(claim));
	*has = true;
	if (has == &p->has_projects)
		return take_list(arena, value, ent_project_name_valid, "project's name", &p->projects, &p->project_count, err);
	return take_list(arena, value, country_valid, "country code such as AUS", &p->nationalities, &p->nationality_count, err);
}

enum ent_status
ent_why_person_claims(struct ent_person *out, struct ent_arena *arena, struct entente_list claims, struct ent_error *err)
{
	for (size_t i = 0; i < claims.count; i++) {
		struct ent_view text = ent_view_str(claims.items[i]);

		for (size_t at = 0; at <= text.len;) {
			size_t end = ent_view_find(text, ' ', at);

			if (end > at || text.len == 0)
				ENT_TRY(take_claim(out, arena, ent_view_slice(text, at, end - at), err));
			at = end + 1;
		}
	}
	return ENT_OK;
}

/* ---- of the profile's own token ---- */

static enum ent_status
token_list(struct ent_arena *arena, const json_t *list, struct ent_view **items, size_t *count, bool *well_formed, struct ent_error *err)
{
	void *room;

	if (!json_is_array(list) || json_array_size(list) > CLAIM_LIST_MAX)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(arena, &room, json_array_size(list) + 1, sizeof(**items), err));
	*items = room;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			return ENT_OK;
		ENT_TRY(ent_arena_dup(arena, &(*items)[i], ent_view_str(text), err));
	}
	*count = json_array_size(list);
	*well_formed = true;
	return ENT_OK;
}

/* Our own token, over TLS from our own issuer: it is read for what a node would find in it, and trusted by nobody. */
static enum ent_status
token_claims(struct ent_why_person *out, struct ent_arena *arena, struct entente_profile *profile, struct ent_error *err)
{
	__attribute__((cleanup(ent_jws_fini))) struct ent_jws jws = { 0 };
	struct ent_person *p = &out->person;
	const char *sub, *clearance;

	ENT_TRY(ent_session_token(profile, err));
	if (ent_jws_parse(&jws, arena, ent_buf_view(&profile->token), err) != ENT_OK)
		return ent_error_context(err, "the token of %s", profile->issuer);
	sub = ent_claim_string(jws.claims, "sub");
	if (sub == NULL || !ent_view_eq_str(p->sub, sub))
		return ENT_OK; /* the issuer calls the account by another name: these are somebody else's claims */
	clearance = ent_claim_string(jws.claims, "clearance");
	if (clearance != NULL)
		ENT_TRY(ent_arena_dup(arena, &p->clearance, ent_view_str(clearance), err));
	p->issuer = ent_view_str(profile->issuer);
	out->source = ENT_WHY_CLAIMS_TOKEN;
	ENT_TRY(token_list(arena, json_object_get(jws.claims, "projects"), &p->projects, &p->project_count, &p->has_projects, err));
	return token_list(arena, json_object_get(jws.claims, "nationality"), &p->nationalities, &p->nationality_count, &p->has_nationality, err);
}

enum ent_status
ent_why_person(struct ent_why_person *out, struct ent_arena *arena, struct entente_profile *profile,
    const struct entente_question *question, const struct ent_state *state, struct ent_error *err)
{
	const struct ent_member_state *party;
	struct ent_error bad = { 0 };
	bool own;

	if (question->as == NULL)
		return ent_fail(err, ENT_E_USAGE, "why FILE needs a person: --as alice@au.example");
	out->id = ent_view_str(question->as);
	if (ent_person_split(out->id, &out->person.sub, &out->party, &bad) != ENT_OK)
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not a person: write alice@au.example", question->as);
	party = ent_state_party(state, out->party);
	if (party != NULL && party->party->issuer_count > 0)
		out->person.issuer = party->party->issuers[0].url;
	own = profile->client_id != NULL && ent_view_eq_str(out->person.sub, profile->client_id) && ent_view_eq_str(out->party, profile->party);
	if (question->claims.count > 0) {
		out->source = ENT_WHY_CLAIMS_GIVEN;
		return ent_why_person_claims(&out->person, arena, question->claims, err);
	}
	if (own && !question->offline)
		ENT_TRY(token_claims(out, arena, profile, err));
	out->person.claims_unknown = out->source == ENT_WHY_CLAIMS_UNKNOWN;
	return ENT_OK;
}
