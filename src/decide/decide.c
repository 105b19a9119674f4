#include "decide/decide.h"

#include <stdio.h>

#include "decide/inquiry.h"

/* ---- node state ---- */

enum ent_status
ent_inquiry_node(struct inquiry *q)
{
	struct ent_view self = q->node->self;
	bool member;

	if (q->state == NULL)
		return say(q, ENT_R_NO_CHARTER, "-", "give this node its charter's genesis", "this node has no charter");
	member = ent_state_member(q->state, self) != NULL;
	if (self.len > 0 && !member)
		ENT_TRY(say(q, ENT_R_NO_CHARTER, "-", "",
		    "this node's member %.*s is not a member of the epoch in force", ENT_FMT(self)));
	ENT_TRY(ent_state_node_reasons(q->state, &q->out->reasons, q->err));
	return member ? ent_state_self_reasons(q->state, self, &q->out->reasons, q->err) : ENT_OK;
}

/* ---- who asks ---- */

/* A token speaks through its issuer (C-42); only where there is none is a party taken by its name. */
static enum ent_status
find_party(struct inquiry *q)
{
	struct ent_view name = q->person->party;

	if (name.len > 0) {
		q->party = ent_state_party(q->state, name);
		q->out->party = name;
		q->out->partner = ent_state_member(q->state, name) == NULL;
		return ENT_OK;
	}
	q->party = ent_state_party_by_issuer(q->state, q->person->issuer);
	if (q->party == NULL)
		return say(q, ENT_R_ISSUER_UNKNOWN, "-", "a token of an issuer that the charter names",
		    "the token's issuer speaks for no party of this charter");
	q->out->party = q->party->party->name;
	q->out->partner = q->party->partner;
	return ENT_OK;
}

enum ent_status
ent_inquiry_party(struct inquiry *q)
{
	struct ent_error why = { 0 };
	struct ent_view sub, party;
	const char *person;

	ENT_TRY(find_party(q));
	if (q->out->party.len == 0)
		return ENT_OK;
	ENT_TRY(ent_arena_printf(q->arena, &person, q->err, "%.*s@%.*s", ENT_FMT(q->person->sub),
	    ENT_FMT(q->out->party)));
	/* The text as it was cut together, so that a `sub` with a NUL in it is not taken for a shorter one. */
	if (strlen(person) != q->person->sub.len + 1 + q->out->party.len ||
	    ent_person_split(ent_view_str(person), &sub, &party, &why) != ENT_OK)
		return say(q, ENT_R_TOKEN_INVALID, "-", "",
		    "the token's `sub` is not 1 to 128 printable ASCII characters without space");
	q->out->person = ent_view_str(person);
	return ENT_OK;
}

enum ent_status
ent_inquiry_person_stops(struct inquiry *q)
{
	return q->out->person.len > 0 ? ent_state_person_reasons(q->state, q->out->person, &q->out->reasons, q->err) : ENT_OK;
}

/* ---- what the party has cleared its person for ---- */

enum ent_status
ent_inquiry_person_project(struct inquiry *q)
{
	struct ent_view party = q->out->party, project = q->out->project, person = q->out->person;
	char cure[384];

	snprintf(cure, sizeof(cure), "%.*s clears %.*s for %.*s", ENT_FMT(party), ENT_FMT(person), ENT_FMT(project));
	if (!q->person->has_projects && q->person->claims_unknown)
		return say(q, ENT_R_PROVIDED, "-", "", "provided %.*s vouches for %.*s in %.*s", ENT_FMT(party),
		    ENT_FMT(q->person->sub), ENT_FMT(project));
	if (!q->person->has_projects)
		return say(q, ENT_R_PERSON_PROJECT, "-", cure,
		    "the token of %.*s has no well-formed claim `projects`", ENT_FMT(person));
	if (!ent_inquiry_lists(q->person->projects, q->person->project_count, project))
		return say(q, ENT_R_PERSON_PROJECT, "-", cure, "%.*s has not cleared %.*s for project %.*s",
		    ENT_FMT(party), ENT_FMT(person),
		    ENT_FMT(project));
	return say(q, ENT_R_PERSON_OK, "-", "", "%.*s has cleared %.*s for project %.*s", ENT_FMT(party),
	    ENT_FMT(person), ENT_FMT(project));
}

/* Countries compare without regard to case: AUS in documents and claims, aus in attribute names. */
static bool
country_listed(const struct inquiry *q, struct ent_view country)
{
	for (size_t i = 0; i < q->country_count; i++) {
		bool same = country.len == q->countries[i].len;

		for (size_t k = 0; same && k < country.len; k++)
			same = (country.data[k] | 0x20) == q->countries[i].data[k];
		if (same)
			return true;
	}
	return false;
}

/* "AUS, GBR", as many as there is room for. */
static const char *
countries_text(const struct inquiry *q, char out[256])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < q->country_count && len + 6 < 256; i++) {
		len += (size_t)snprintf(out + len, 256 - len, "%s%.*s", i > 0 ? ", " : "", ENT_FMT(q->countries[i]));
		for (size_t k = len - q->countries[i].len; k < len; k++)
			out[k] = (char)(out[k] & ~0x20); /* letters only: ask_attribute has seen to that */
	}
	return out;
}

static enum ent_status
no_nationality(struct inquiry *q, bool every)
{
	char countries[256];

	if (q->person->claims_unknown && !q->person->has_nationality)
		return say(q, ENT_R_PROVIDED, "-", "", "provided %s nationality of %.*s is one of %s", every ? "every" : "a",
		    ENT_FMT(q->out->person), countries_text(q, countries));
	return say(q, ENT_R_RELTO_NATIONALITY, "-", "a token with the claim `nationality`",
	    "the file is released to some nationalities, and the token of %.*s has no well-formed claim `nationality`",
	    ENT_FMT(q->out->person));
}

static enum ent_status
ask_nationality(struct inquiry *q)
{
	bool every = q->node->nationality == ENT_NATIONALITY_EVERY;
	size_t listed = 0;

	if (!q->person->has_nationality || q->person->nationality_count == 0)
		return no_nationality(q, every);
	for (size_t i = 0; i < q->person->nationality_count; i++)
		listed += country_listed(q, q->person->nationalities[i]);
	if (every ? listed < q->person->nationality_count : listed == 0)
		return say(q, ENT_R_RELTO_NATIONALITY, "-", "", "the file is not released to %s nationality of %.*s",
		    every ? "every" : "any", ENT_FMT(q->out->person));
	if (q->party == NULL)
		return ENT_OK;
	return say(q, ENT_R_RELTO_OK, "-", "", "released to %.*s and to the nationality of %.*s",
	    ENT_FMT(q->party->party->country), ENT_FMT(q->out->person));
}

/* A partner's country is the one in its party proposal, which every member consented to. */
static enum ent_status
ask_relto(struct inquiry *q)
{
	if (q->country_count == 0)
		return ENT_OK;
	if (q->party == NULL)
		ENT_TRY(say(q, ENT_R_RELTO_COUNTRY, "-", "", "the file is released to some countries, and that of %.*s is not known",
		    ENT_FMT(q->out->party)));
	else if (!country_listed(q, q->party->party->country))
		ENT_TRY(say(q, ENT_R_RELTO_COUNTRY, "-", "", "the file is not released to %.*s, the country of %.*s",
		    ENT_FMT(q->party->party->country), ENT_FMT(q->out->party)));
	return ask_nationality(q);
}

static enum ent_status
ask_dissem(struct inquiry *q, const struct ent_policy *policy)
{
	if (policy->dissem_count == 0 || ent_inquiry_lists(policy->dissem, policy->dissem_count, q->out->person))
		return ENT_OK;
	return say(q, ENT_R_DISSEM, "-", "", "the file is for named persons, and %.*s is not one of them",
	    ENT_FMT(q->out->person));
}

static enum ent_status
ask_person(struct inquiry *q, const struct ent_policy *policy)
{
	if (q->out->person.len == 0)
		return ENT_OK; /* nobody to ask about: said before */
	ENT_TRY(ent_inquiry_person_stops(q));
	if (q->out->project.len > 0)
		ENT_TRY(ent_inquiry_person_project(q));
	ENT_TRY(ask_relto(q));
	return policy != NULL ? ask_dissem(q, policy) : ENT_OK;
}

/* ---- this node ---- */

bool
ent_decide_holds(const struct ent_custody *custody, struct ent_view member, struct ent_view sid)
{
	for (size_t i = 0; i < custody->split_count; i++)
		if (ent_view_eq_str(sid, custody->splits[i].sid))
			return ent_inquiry_lists(custody->splits[i].members, custody->splits[i].member_count, member);
	return false;
}

static enum ent_status
ask_holder(struct inquiry *q)
{
	const struct ent_custody *custody = &q->out->custody;

	if (q->node->self.len == 0 || custody->split_count == 0)
		return ENT_OK;
	for (size_t i = 0; i < custody->split_count; i++)
		if (ent_inquiry_lists(custody->splits[i].members, custody->splits[i].member_count, q->node->self))
			return ENT_OK;
	return say(q, ENT_R_NOT_A_HOLDER, "-", "ask the members that the custody names",
	    "the sealed custody gives %.*s no share of this file", ENT_FMT(q->node->self));
}

/* ---- the order of the questions ---- */

static enum ent_status
ask_file(struct inquiry *q, struct ent_reasons *file, const struct ent_policy *policy, const char *malformed)
{
	if (policy == NULL)
		return ent_reasons_add(file, q->err, ENT_R_POLICY_MALFORMED, "-", "", "%s",
		    malformed != NULL ? malformed : "there is no policy");
	q->out->file = policy->uuid;
	/* A seal that is there is never taken as none, whatever it holds. */
	return policy->has_seal || policy->has_writer ? ent_inquiry_sealed(q, file, policy) : ent_inquiry_unsealed(q,
	    file, policy);
}

static enum ent_status
ask_project(struct inquiry *q)
{
	const struct ent_standing *project = q->out->project.len > 0 ? ent_state_project(q->state, q->out->project) : NULL;

	if (project != NULL)
		q->out->stop_bound_s = ent_state_fresh_s(q->state, project);
	if (q->out->project.len == 0 || q->out->party.len == 0)
		return ENT_OK;
	return ent_state_party_reasons(q->state, q->out->party, q->out->project, &q->out->reasons, q->err);
}

static enum ent_status
append(struct inquiry *q, const struct ent_reasons *from)
{
	for (size_t i = 0; i < from->count; i++)
		ENT_TRY(say(q, from->items[i].code, from->items[i].cite, from->items[i].cure, "%s", from->items[i].text));
	return ENT_OK;
}

static enum ent_status
ask_all(struct inquiry *q, const struct ent_policy *policy, const char *malformed)
{
	struct ent_reasons file = { .arena = q->arena };

	ENT_TRY(ent_inquiry_node(q));
	if (q->state == NULL)
		return ENT_OK;
	ENT_TRY(ent_inquiry_party(q));
	/* Which project it is stands in the file: so the file is read first and its reasons are kept back. */
	ENT_TRY(ask_file(q, &file, policy, malformed));
	ENT_TRY(ask_project(q));
	ENT_TRY(append(q, &file));
	ENT_TRY(ask_person(q, policy));
	return ask_holder(q);
}

enum ent_status
ent_decide(struct ent_decision *out, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_decide_node *node,
    const struct ent_person *person, const struct ent_policy *policy, const char *malformed, struct ent_error *err)
{
	struct inquiry q = { .out = out, .arena = arena, .state = state, .node = node, .person = person, .err = err };

	*out = (struct ent_decision){ .reasons = { .arena = arena } };
	ENT_TRY(ask_all(&q, policy, malformed));
	out->permit = !ent_reasons_block(&out->reasons);
	return ENT_OK;
}
