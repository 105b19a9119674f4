/* What derive.h promises beyond the first slice, until the rooms behind it are furnished: nobody takes part, nothing is stopped. */
#include "charter/derive_state.h"

#include <stdio.h>

enum ent_status
ent_charter_follow(struct ent_charter *charter, struct ent_view partner, const struct ent_vkey *log_key, struct ent_error *err)
{
	(void)charter;
	(void)log_key;
	return ent_fail(err, ENT_E_UNSUPPORTED, "the log of %.*s cannot be followed yet", ENT_FMT(partner));
}

size_t
ent_charter_log_count(const struct ent_charter *charter)
{
	return charter_epoch(charter)->member_count;
}

struct ent_view
ent_charter_log_party(const struct ent_charter *charter, size_t i)
{
	return charter_epoch(charter)->members[i].name;
}

enum ent_status
ent_derive_as_of(struct ent_state **out, const struct ent_charter *charter, int64_t then_unix_s, struct ent_error *err)
{
	return ent_derive(out, charter, then_unix_s, err);
}

enum ent_status
ent_derive_next(struct ent_state **state, const struct ent_charter *charter, int64_t now_unix_s, struct ent_error *err)
{
	ent_state_free(*state);
	*state = NULL;
	return ent_derive(state, charter, now_unix_s, err);
}

size_t
ent_state_partner_count(const struct ent_state *state)
{
	(void)state;
	return 0;
}

const struct ent_member_state *
ent_state_partner_at(const struct ent_state *state, size_t i)
{
	(void)state;
	(void)i;
	return NULL;
}

const struct ent_member_state *
ent_state_party(const struct ent_state *state, struct ent_view name)
{
	return ent_state_member(state, name);
}

size_t
ent_state_standing_count(const struct ent_state *state)
{
	return ent_state_project_count(state);
}

const struct ent_standing *
ent_state_standing_at(const struct ent_state *state, size_t i)
{
	return ent_state_project_at(state, i);
}

const struct ent_standing *
ent_state_standing_by_hash(const struct ent_state *state, const struct ent_hash *hash)
{
	return ent_state_project_by_hash(state, hash);
}

const struct ent_standing *
ent_state_party_proposal(const struct ent_state *state, struct ent_view party)
{
	(void)state;
	(void)party;
	return NULL;
}

const struct ent_standing *
ent_state_admission(const struct ent_state *state, struct ent_view party, struct ent_view project)
{
	(void)state;
	(void)party;
	(void)project;
	return NULL;
}

const struct ent_standing *
ent_state_profile(const struct ent_state *state, struct ent_view profile)
{
	(void)state;
	(void)profile;
	return NULL;
}

const char *
ent_part_name(enum ent_part part)
{
	(void)part;
	return "none";
}

enum ent_status
ent_state_participation(const struct ent_state *state, struct ent_view party, struct ent_view project, struct ent_participation *out,
    struct ent_error *err)
{
	(void)err;
	*out = (struct ent_participation){ .project = ent_state_project(state, project), .partner = ent_state_member(state, party) == NULL };
	return ENT_OK;
}

size_t
ent_state_stop_count(const struct ent_state *state)
{
	(void)state;
	return 0;
}

const struct ent_stop *
ent_state_stop_at(const struct ent_state *state, size_t i)
{
	(void)state;
	(void)i;
	return NULL;
}

size_t
ent_state_accreditation_count(const struct ent_state *state)
{
	(void)state;
	return 0;
}

const struct ent_accreditation *
ent_state_accreditation_at(const struct ent_state *state, size_t i)
{
	(void)state;
	(void)i;
	return NULL;
}

void
ent_state_cite(const struct ent_state *state, struct ent_view party, uint64_t index, char out[ENT_CITE_SIZE])
{
	(void)state;
	snprintf(out, ENT_CITE_SIZE, "%.*s %llu", ENT_FMT(party), (unsigned long long)index);
}

enum ent_status
ent_state_person_reasons(const struct ent_state *state, struct ent_view person, struct ent_reasons *reasons, struct ent_error *err)
{
	(void)state;
	(void)person;
	(void)reasons;
	(void)err;
	return ENT_OK;
}

enum ent_status
ent_state_file_reasons(const struct ent_state *state, struct ent_view uuid, struct ent_view originator, struct ent_view self,
    struct ent_reasons *reasons, struct ent_error *err)
{
	(void)uuid;
	(void)originator;
	return ent_state_person_reasons(state, self, reasons, err);
}

enum ent_status
ent_state_key_reasons(const struct ent_state *state, struct ent_view member, struct ent_view kid, struct ent_reasons *reasons,
    struct ent_error *err)
{
	(void)member;
	return ent_state_person_reasons(state, kid, reasons, err);
}

enum ent_status
ent_state_self_reasons(const struct ent_state *state, struct ent_view self, struct ent_reasons *reasons, struct ent_error *err)
{
	return ent_state_person_reasons(state, self, reasons, err);
}
