/* Inside of the decision: one question on its way through the steps. Only decide*.c include this. */
#ifndef ENT_DECIDE_INQUIRY_H
#define ENT_DECIDE_INQUIRY_H

#include "decide/decide.h"
#include "decide/seal.h"

struct inquiry {
	struct ent_decision *out;
	struct ent_arena *arena;
	const struct ent_state *state;
	const struct ent_decide_node *node;
	const struct ent_person *person;
	const struct ent_member_state *party; /* NULL: the issuer speaks for nobody, or nobody knows the party */
	struct ent_error *err;
	/* What the attributes mean. */
	struct ent_view *countries;           /* relto values, lower case */
	size_t country_count;
	size_t project_count;                 /* attributes that name a project */
	struct ent_view project;              /* the last of them */
};

/* Add a reason to the decision. */
#define say(q, code, cite, cure, ...) ent_reasons_add(&(q)->out->reasons, (q)->err, (code), (cite), (cure), __VA_ARGS__)

/* Sort attributes into project, relto and what cannot be enforced; the last kind are reasons, added to reasons. */
ENT_MUST_USE enum ent_status ent_inquiry_attributes(struct inquiry *q, struct ent_reasons *reasons,
    const struct ent_view *attributes,
    size_t count);

/* May this node answer at all? */
ENT_MUST_USE enum ent_status ent_inquiry_node(struct inquiry *q);
/* Who asks: party by issuer, `<sub>@<party>`. */
ENT_MUST_USE enum ent_status ent_inquiry_party(struct inquiry *q);
ENT_MUST_USE enum ent_status ent_inquiry_person_stops(struct inquiry *q);
/* Would anybody believe what this node's seal key signs now? */
ENT_MUST_USE enum ent_status ent_inquiry_own_key(struct inquiry *q);
ENT_MUST_USE enum ent_status ent_inquiry_person_project(struct inquiry *q);

/* The files rule for what the policy says; the reasons are kept apart, because the project's own come first. */
ENT_MUST_USE enum ent_status ent_inquiry_sealed(struct inquiry *q, struct ent_reasons *reasons,
    const struct ent_policy *policy);
ENT_MUST_USE enum ent_status ent_inquiry_unsealed(struct inquiry *q, struct ent_reasons *reasons,
    const struct ent_policy *policy);

/* A seal that is genuine: its key, its writer, stops of the file, its age. */
ENT_MUST_USE enum ent_status ent_inquiry_trust(struct inquiry *q, struct ent_reasons *reasons, const struct ent_seal *seal);
ENT_MUST_USE enum ent_status ent_inquiry_file_stops(struct inquiry *q, struct ent_reasons *reasons, struct ent_view uuid);
/* The admission of the asking partner to the file's project; NULL: there is none, or a member asks. */
const struct ent_standing *ent_inquiry_admission(const struct inquiry *q);

/* What a seal's text says against the charter, whoever signed it: charter, originator, project attribute, custody, dates. */
ENT_MUST_USE enum ent_status ent_inquiry_seal_text(struct inquiry *q, struct ent_reasons *reasons,
    const struct ent_file_doc *seal,
    const struct ent_doc *proposal);

bool ent_inquiry_lists(const struct ent_view *items, size_t count, struct ent_view item);

#endif
