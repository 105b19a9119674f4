/* May this person have this text sealed here? (charter section 5, contracts "Sealing") */
#include <stdio.h>

#include "codec/time.h"
#include "decide/decide.h"
#include "decide/inquiry.h"

static enum ent_status
read_text(struct inquiry *q, struct ent_view text, bool *readable)
{
	struct ent_error why = { 0 };
	struct ent_doc doc;
	enum ent_status status = ent_doc_parse(&doc, q->arena, text, &why);

	if (status == ENT_OK && doc.kind != ENT_DOC_FILE)
		status = ent_fail(&why, ENT_E_REFUSED, "it is not the seal of a file");
	if (status == ENT_OK)
		status = ent_doc_check(&doc, &why);
	if (status == ENT_E_NO_MEMORY || status == ENT_E_INTERNAL)
		return ent_fail(q->err, status, "%s", why.text);
	*readable = status == ENT_OK;
	if (!*readable)
		return say(q, ENT_R_SEAL_INVALID, "-", "", "the text cannot be sealed: %s", why.text);
	q->out->sealed = true;
	q->out->seal = doc.file;
	q->out->file = doc.file.uuid;
	q->out->project = doc.file.project;
	q->out->originator = doc.file.originator;
	return ENT_OK;
}

/* ---- whose person, and with which key ---- */

/* A partner's person writes under its sponsor's name, where the project admits the partner as contributor (C-37). */
static enum ent_status
ask_contributor(struct inquiry *q)
{
	const struct ent_standing *admission = ent_inquiry_admission(q);
	const struct ent_proposal *p = admission != NULL ? &admission->doc->proposal : NULL;
	struct ent_view party = q->out->party, project = q->out->project;

	ENT_TRY(ent_state_party_reasons(q->state, party, project, &q->out->reasons, q->err));
	if (p == NULL)
		return ent_reasons_block(&q->out->reasons) ? ENT_OK : say(q, ENT_R_PARTY_NOT_PARTICIPANT, "-", "",
		    "%.*s is not admitted to %.*s", ENT_FMT(party), ENT_FMT(project));
	if (!p->role_contributor)
		return say(q, ENT_R_PARTY_NOT_PARTICIPANT, "-", "an admission with `role contributor`",
		    "%.*s reads in %.*s and does not write", ENT_FMT(party), ENT_FMT(project));
	if (!ent_view_eq(p->sponsor, q->node->self))
		return say(q, ENT_R_PARTY_NOT_PARTICIPANT, "-", "seal at the sponsor's node",
		    "the sponsor of %.*s in %.*s is %.*s, and this node seals for %.*s", ENT_FMT(party), ENT_FMT(project),
		    ENT_FMT(p->sponsor), ENT_FMT(q->node->self));
	return ENT_OK;
}

static enum ent_status
ask_party(struct inquiry *q)
{
	if (q->party == NULL || ent_view_eq(q->out->party, q->node->self))
		return ENT_OK;
	if (q->out->partner && q->out->project.len > 0)
		return ask_contributor(q);
	return say(q, ENT_R_ISSUER_UNKNOWN, "-", "seal at the node of your own party",
	    "this node seals for persons of %.*s only",
	    ENT_FMT(q->node->self));
}

/* What is signed with a key that is given up would be believed nowhere (C-67): say so before a file hangs on it. */
enum ent_status
ent_inquiry_own_key(struct inquiry *q)
{
	const struct ent_member_key *key;

	if (q->node->seal_kid.len == 0)
		return ENT_OK;
	key = ent_state_key_by_kid(q->state, q->node->self, q->node->seal_kid);
	if (key != NULL && key->use == ENT_KEY_USE_SEAL && !key->stopped && key->retired_unix_s > ent_state_now(q->state))
		return ENT_OK;
	return say(q, ENT_R_SEAL_KEY_STOPPED, "-", "publish a seal key, or resume this one",
	    "this node's seal key %.*s is %s: nobody would believe its seals", ENT_FMT(q->node->seal_kid),
	    key == NULL || key->use != ENT_KEY_USE_SEAL ? "not published" : key->stopped ? "stopped" : "given up");
}

/* ---- the text ---- */

/* Version 4 and variant 10 (RFC 9562 5.4): a file's name is nobody's choice. The grammar has seen to shape and lower case. */
static bool
is_random_uuid(struct ent_view uuid)
{
	return uuid.len == 36 && uuid.data[14] == '4' && ent_view_find(ENT_LIT("89ab"), uuid.data[19], 0) < 4;
}

static enum ent_status
ask_identity(struct inquiry *q)
{
	const struct ent_file_doc *seal = &q->out->seal;

	if (!ent_view_eq(seal->originator, q->node->self))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "", "the originator is %.*s, and this node seals for %.*s",
		    ENT_FMT(seal->originator),
		    ENT_FMT(q->node->self)));
	if (!ent_hash_eq(&seal->charter, ent_charter_id(ent_state_charter(q->state))))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "", "the text is of another charter"));
	if (!is_random_uuid(seal->uuid))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "make a new random uuid",
		    "the file's uuid is not a random one (version 4)"));
	return ENT_OK;
}

/* In force now, and no other: an older proposal of the lineage opens old files, it seals no new ones. */
static enum ent_status
ask_proposal(struct inquiry *q, const struct ent_doc **proposal)
{
	const struct ent_file_doc *seal = &q->out->seal;
	const struct ent_standing *project = ent_state_project(q->state, seal->project);
	char hex[ENT_HASH_HEX_SIZE];

	*proposal = NULL;
	if (project == NULL)
		return ENT_OK; /* the project's own reasons say so */
	if (!ent_hash_eq(&project->doc->hash, &seal->proposal)) {
		ent_hash_hex(hex, &project->doc->hash);
		return say(q, ENT_R_SEAL_PROPOSAL, "-", "seal under the proposal in force",
		    "the text names another proposal of project %.*s than %.8s, the one in force",
		    ENT_FMT(seal->project), hex);
	}
	*proposal = project->doc;
	return ENT_OK;
}

/* The writer's own country must be able to open what it writes. */
static enum ent_status
ask_releasability(struct inquiry *q)
{
	const struct ent_member_state *self = ent_state_member(q->state, q->node->self);
	char wanted[4] = "";

	if (q->country_count == 0 || self == NULL)
		return ENT_OK;
	for (size_t i = 0; i < 3 && self->party->country.len == 3; i++)
		wanted[i] = (char)(self->party->country.data[i] | 0x20);
	if (ent_inquiry_lists(q->countries, q->country_count, ent_view_str(wanted)))
		return ENT_OK;
	return say(q, ENT_R_RELTO_COUNTRY, "-", "add the originator's country",
	    "the releasability does not list %.*s, the originator's country",
	    ENT_FMT(self->party->country));
}

static enum ent_status
ask_dates(struct inquiry *q)
{
	const struct ent_file_doc *seal = &q->out->seal;
	int64_t now_unix_s = ent_state_now(q->state);
	char created[ENT_TIME_TEXT_SIZE], now[ENT_TIME_TEXT_SIZE];

	ent_time_print(created, seal->created_unix_s);
	ent_time_print(now, now_unix_s);
	if (seal->created_unix_s > now_unix_s + ENT_SKEW_S || seal->created_unix_s < now_unix_s - ENT_SKEW_S)
		ENT_TRY(say(q, ENT_R_SEAL_FUTURE, "-", "set the clock and seal again",
		    "`created` is %s and this node's clock says %s: they may differ by %d s", created, now, ENT_SKEW_S));
	if (seal->has_until && seal->until_unix_s <= now_unix_s)
		ENT_TRY(say(q, ENT_R_FILE_EXPIRED, "-", "a later `until`", "the file's `until` has passed already"));
	return ENT_OK;
}

/* Names that no caller can have would close the file for ever, without a word. */
static enum ent_status
ask_dissem(struct inquiry *q)
{
	const struct ent_file_doc *seal = &q->out->seal;

	for (size_t i = 0; i < seal->dissem_count; i++) {
		struct ent_error why = { 0 };
		struct ent_view sub, party;

		if (ent_person_split(seal->dissem[i], &sub, &party, &why) != ENT_OK)
			ENT_TRY(say(q, ENT_R_DISSEM, "-", "", "dissem entry %zu is not a person <sub>@<party>", i + 1));
	}
	return ENT_OK;
}

static enum ent_status
ask_text(struct inquiry *q, bool (*view_known)(void *arg, const struct ent_hash *view), void *arg)
{
	const struct ent_file_doc *seal = &q->out->seal;
	const struct ent_doc *proposal;

	ENT_TRY(ask_identity(q));
	ENT_TRY(ent_inquiry_attributes(q, &q->out->reasons, seal->attributes, seal->attribute_count));
	ENT_TRY(ask_proposal(q, &proposal));
	ENT_TRY(ent_inquiry_seal_text(q, &q->out->reasons, seal, proposal));
	ENT_TRY(ask_dates(q));
	if (!view_known(arg, &seal->view))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "take a view of this node",
		    "the text names a view that this node does not serve"));
	ENT_TRY(ask_releasability(q));
	return ask_dissem(q);
}

static enum ent_status
ask_all(struct inquiry *q, struct ent_view seal_text, bool (*view_known)(void *arg, const struct ent_hash *view),
    void *arg)
{
	const struct ent_standing *project;
	bool readable = false;

	ENT_TRY(ent_inquiry_node(q));
	if (q->state == NULL)
		return ENT_OK;
	ENT_TRY(ent_inquiry_party(q));
	/* Which project it is stands in the text, and who may write follows from the project. */
	ENT_TRY(read_text(q, seal_text, &readable));
	ENT_TRY(ask_party(q));
	if (!readable)
		return ENT_OK;
	project = ent_state_project(q->state, q->out->project);
	q->out->stop_bound_s = project != NULL ? ent_state_fresh_s(q->state, project) : 0;
	ENT_TRY(ent_state_party_reasons(q->state, q->node->self, q->out->project, &q->out->reasons, q->err));
	ENT_TRY(ask_text(q, view_known, arg));
	ENT_TRY(ent_inquiry_own_key(q));
	ENT_TRY(ent_inquiry_file_stops(q, &q->out->reasons, q->out->file));
	ENT_TRY(ent_inquiry_person_stops(q));
	return q->out->person.len > 0 ? ent_inquiry_person_project(q) : ENT_OK;
}

enum ent_status
ent_decide_seal(struct ent_decision *out, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_decide_node *node,
    const struct ent_person *person, struct ent_view seal_text, bool (*view_known)(void *arg,
    const struct ent_hash *view), void *arg,
    struct ent_error *err)
{
	struct inquiry q = { .out = out, .arena = arena, .state = state, .node = node, .person = person, .err = err };

	*out = (struct ent_decision){ .reasons = { .arena = arena } };
	ENT_TRY(ask_all(&q, seal_text, view_known, arg));
	out->permit = !ent_reasons_block(&out->reasons);
	return ENT_OK;
}
