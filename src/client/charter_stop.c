/* charter stop: any one officer, at once. Speed matters here, and so does the right name: a stop of a mistyped one stops nobody. */
#include "client/charter_desk.h"
#include "decide/seal.h"
#include "tdf/tdf.h"

enum { UUID_LEN = 36 };

/* ---- targets ---- */

static enum ent_status
stop_partner(struct ent_desk *desk, const struct entente_statement *statement, struct ent_statement *s, struct ent_error *err)
{
	s->object = statement->project != NULL ? ENT_OBJECT_PARTNER_IN_PROJECT : ENT_OBJECT_PARTNER;
	s->party = ent_view_str(statement->target);
	ENT_TRY(ent_desk_know_party(desk, s->party, err));
	if (statement->project == NULL)
		return ENT_OK;
	s->project = ent_view_str(statement->project);
	return ent_desk_know_project(desk, s->project, err);
}

static enum ent_status
stop_project(struct ent_desk *desk, const struct entente_statement *statement, struct ent_statement *s, struct ent_error *err)
{
	s->object = ENT_OBJECT_PROJECT;
	s->project = ent_view_str(statement->target);
	return ent_desk_know_project(desk, s->project, err);
}

static enum ent_status
stop_proposal(struct ent_desk *desk, const struct entente_statement *statement, struct ent_statement *s, struct ent_error *err)
{
	const struct ent_doc *proposal;

	ENT_TRY(ent_desk_proposal(desk, statement->target, &proposal, err));
	s->object = ENT_OBJECT_PROPOSAL;
	s->has_target = true;
	s->target = proposal->hash;
	return ENT_OK;
}

static enum ent_status
stop_person(struct ent_desk *desk, const struct entente_statement *statement, struct ent_statement *s, struct ent_error *err)
{
	struct ent_view sub, party;

	s->object = ENT_OBJECT_PERSON;
	s->person = ent_view_str(statement->target);
	if (ent_person_split(s->person, &sub, &party, NULL) != ENT_OK)
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is no person: <name>@<party>, as alice@au.example", statement->target);
	return ent_desk_know_party(desk, party, err);
}

static bool
is_uuid(struct ent_view text)
{
	if (text.len != UUID_LEN)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	return true;
}

/* Which file a protected file is stands in its policy, in clear; whether it is believed does not matter to who stops it. */
static enum ent_status
uuid_of_file(struct ent_desk *desk, const char *path, struct ent_view *out, struct ent_error *err)
{
	ENT_AUTO(ent_tdf) tdf = NULL;
	ENT_AUTO_FD fd = -1;
	struct ent_policy policy;

	ENT_TRY(ent_input_open(&fd, path, err));
	if (ent_tdf_open(&tdf, fd, NULL, err) != ENT_OK ||
	    ent_policy_parse(&policy, desk->arena, ent_tdf_manifest(tdf)->policy_base64, err) != ENT_OK)
		return ent_error_context(err, "%s", path);
	return ent_arena_dup(desk->arena, out, policy.uuid, err);
}

static enum ent_status
stop_file(struct ent_desk *desk, const struct entente_statement *statement, struct ent_statement *s, struct ent_error *err)
{
	s->object = ENT_OBJECT_FILE;
	s->file = ent_view_str(statement->target);
	return is_uuid(s->file) ? ENT_OK : uuid_of_file(desk, statement->target, &s->file, err);
}

/* ---- keys: only one's own (C-62) ---- */

/* One of the own keys, by its reference or by a part of it that no other has. */
struct search {
	struct ent_view part;
	struct ent_view found;
	size_t fits;
	struct ent_buf names;
};

static enum ent_status
consider(struct search *search, struct ent_view reference, struct ent_error *err)
{
	if (reference.len == 0)
		return ENT_OK;
	ENT_TRY(ent_buf_printf(&search->names, err, "%s%.*s", search->names.len > 0 ? ", " : "", ENT_FMT(reference)));
	if (ent_view_eq(reference, search->part)) {
		search->found = reference;
		search->fits = 1;
		search->part = reference; /* the whole name: parts of others do not count any more */
		return ENT_OK;
	}
	if (ent_view_eq(search->found, search->part) || memmem(reference.data, reference.len, search->part.data, search->part.len) == NULL)
		return ENT_OK;
	search->found = reference;
	search->fits++;
	return ENT_OK;
}

static enum ent_status
consider_all(struct search *search, const struct ent_desk *desk, struct ent_error *err)
{
	const struct ent_member_state *state = ent_state_party(desk->state, desk->self->name);
	const struct ent_party *self = desk->self;

	for (size_t i = 0; i < self->officer_count; i++)
		ENT_TRY(consider(search, ent_key_reference(&self->officers[i]), err));
	ENT_TRY(consider(search, ent_key_reference(&self->statements_log), err));
	ENT_TRY(consider(search, ent_key_reference(&self->access_log), err));
	ENT_TRY(consider(search, ent_key_reference(&self->witness), err));
	for (size_t i = 0; state != NULL && i < state->key_count; i++)
		ENT_TRY(consider(search, state->keys[i].kid, err));
	return ENT_OK;
}

static void
search_fini(struct search *search)
{
	ent_buf_fini(&search->names);
}

static enum ent_status
stop_key(struct ent_desk *desk, const struct entente_statement *statement, struct ent_statement *s, struct ent_error *err)
{
	ENT_AUTO_FINI(search) search = { .part = ent_view_str(statement->target), .names = ent_buf_with_max(1 << 16) };
	struct ent_need need;

	ENT_TRY(consider_all(&search, desk, err));
	if (search.fits != 1)
		return ent_fail(err, search.fits == 0 ? ENT_E_NOT_FOUND : ENT_E_USAGE, "\"%s\" is part of %zu of %s's own keys, and only those can "
		    "be stopped: %.*s", statement->target, search.fits, desk->profile->party, ENT_FMT(ent_buf_view(&search.names)));
	s->object = ENT_OBJECT_KEY;
	s->key_name = search.found;
	need = ent_statement_need(s, desk->self);
	if (need.without == NULL)
		return ENT_OK;
	for (size_t i = 0; i < desk->keys.count; i++)
		if (ent_view_eq(ent_signer_vkey(desk->keys.signers[i])->line, need.without->line))
			return ent_fail(err, ENT_E_USAGE, "the stop of an officer's key is signed by the others: %.*s does not count here",
			    ENT_FMT(need.without->name));
	return ENT_OK;
}

/* ---- the command ---- */

static const struct {
	const char *what;
	enum ent_status (*fill)(struct ent_desk *, const struct entente_statement *, struct ent_statement *, struct ent_error *);
} targets[] = {
	{ "partner", stop_partner },
	{ "project", stop_project },
	{ "proposal", stop_proposal },
	{ "person", stop_person },
	{ "file", stop_file },
	{ "key", stop_key },
};

static enum ent_status
fill(struct ent_desk *desk, const struct entente_statement *statement, struct ent_statement *s, struct ent_error *err)
{
	for (size_t i = 0; i < ENT_COUNT(targets); i++)
		if (strcmp(statement->what, targets[i].what) == 0)
			return targets[i].fill(desk, statement, s, err);
	return ent_fail(err, ENT_E_USAGE, "\"%s\" cannot be stopped: partner, project, proposal, person, file or key", statement->what);
}

/* Who may stop what: C-60. A partner speaks for itself. */
static enum ent_status
may_stop(const struct ent_desk *desk, const struct ent_statement *s, struct ent_error *err)
{
	struct ent_view sub, party = s->party;

	if (desk->member || s->object == ENT_OBJECT_KEY)
		return ENT_OK;
	if (s->object == ENT_OBJECT_PERSON)
		ENT_TRY(ent_person_split(s->person, &sub, &party, err));
	if ((s->object == ENT_OBJECT_PARTNER || s->object == ENT_OBJECT_PARTNER_IN_PROJECT || s->object == ENT_OBJECT_PERSON) &&
	    ent_view_eq(party, desk->self->name))
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "%s is a partner: it stops itself, its own persons and its own keys, and nothing else",
	    desk->profile->party);
}

static enum ent_status
run(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_desk) desk = { 0 };
	struct ent_doc doc;

	if (statement->what == NULL || statement->target == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter stop needs to know what: partner, project, proposal, person, file or key, and which");
	if (statement->project != NULL && strcmp(statement->what, "partner") != 0)
		return ent_fail(err, ENT_E_USAGE, "--project goes with \"stop partner\"");
	ENT_TRY(ent_desk_open(&desk, profile, statement->keys, statement->offline, err));
	ent_desk_begin(&desk, &doc, ENT_ACT_STOP);
	ENT_TRY(fill(&desk, statement, &doc.statement, err));
	ENT_TRY(may_stop(&desk, &doc.statement, err));
	ENT_TRY(ent_title_read(&doc.statement.reason, statement->reason, err));
	return ent_desk_finish(&desk, &doc, statement->output, "stop", format, report, err);
}

enum entente_status
entente_charter_stop(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run(profile, statement, format, report, ENT_PUBLIC_ERR));
}
