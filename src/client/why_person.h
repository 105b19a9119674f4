/* Whose claims `why FILE` reckons with. Not installed. */
#ifndef ENT_CLIENT_WHY_PERSON_H
#define ENT_CLIENT_WHY_PERSON_H

#include "client/client.h"
#include "decide/decide.h"

enum ent_why_claims { ENT_WHY_CLAIMS_UNKNOWN, ENT_WHY_CLAIMS_GIVEN, ENT_WHY_CLAIMS_TOKEN };

struct ent_why_person {
	struct ent_view id, party; /* <sub>@<party>, and its party */
	struct ent_person person;
	enum ent_why_claims source;
};

/*
 * question->as and question->claims; without claims those of the profile's own token, if the person is its account and the node may be
 * asked; else claims are unknown. The issuer is one of the party's, as the state knows it.
 */
ENT_MUST_USE enum ent_status ent_why_person(struct ent_why_person *out, struct ent_arena *arena, struct entente_profile *profile,
    const struct entente_question *question, const struct ent_state *state, struct ent_error *err);
/* "projects=quantum,sonar", "nationality=AUS", "clearance=nv1"; one text may hold several, with spaces between. */
ENT_MUST_USE enum ent_status ent_why_person_claims(struct ent_person *out, struct ent_arena *arena, struct entente_list claims,
    struct ent_error *err);

#endif
