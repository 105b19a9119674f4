/* What a policy says of its file: its attributes, and its seal or that it has none (charter section 5). */
#include <stdio.h>

#include "codec/time.h"
#include "decide/fqn.h"
#include "decide/inquiry.h"
#include "decide/seal.h"

bool
ent_inquiry_lists(const struct ent_view *items, size_t count, struct ent_view item)
{
	for (size_t i = 0; i < count; i++)
		if (ent_view_eq(items[i], item))
			return true;
	return false;
}

/* A text of a file in a reason: what is printable of it, and not too much. */
static struct ent_view
shown(struct ent_view text)
{
	size_t len = 0;

	while (len < text.len && len < 160 && text.data[len] > 0x20 && text.data[len] < 0x7f)
		len++;
	return ent_view_slice(text, 0, len);
}

/* ---- attributes ---- */

static bool
is_country(struct ent_view value)
{
	return value.len == 3 && value.data[0] >= 'a' && value.data[0] <= 'z' && value.data[1] >= 'a' && value.data[1] <= 'z' &&
	    value.data[2] >= 'a' && value.data[2] <= 'z';
}

static enum ent_status
sort_attribute(struct inquiry *q, struct ent_reasons *reasons, struct ent_view text)
{
	struct ent_view host = ent_charter_epoch(ent_state_charter(q->state))->host, as = shown(text);
	struct ent_fqn fqn;
	bool valid;

	ENT_TRY(ent_fqn_parse(&fqn, &valid, q->arena, text, q->err));
	if (!valid || !ent_view_eq(fqn.host, host))
		return ent_reasons_add(reasons, q->err, ENT_R_ATTRIBUTE_UNKNOWN, "-", "",
		    "attribute %.*s is not one of this charter's, whose names begin with https://%.*s/attr/",
		    ENT_FMT(as), ENT_FMT(host));
	if (ent_view_eq_str(fqn.name, "project") && ent_project_name_valid(fqn.value)) {
		q->project = fqn.value;
		q->project_count++;
		return ENT_OK;
	}
	if (ent_view_eq_str(fqn.name, "relto") && is_country(fqn.value)) {
		q->countries[q->country_count++] = fqn.value;
		return ENT_OK;
	}
	if (ent_view_eq_str(fqn.name, "classification") || ent_view_eq_str(fqn.name, "needtoknow"))
		return ent_reasons_add(reasons, q->err, ENT_R_ATTRIBUTE_UNKNOWN, "-",
		    "a version of this software that enforces it",
		    "attribute %.*s is not enforced by this version, so it opens for nobody", ENT_FMT(as));
	return ent_reasons_add(reasons, q->err, ENT_R_ATTRIBUTE_UNKNOWN, "-", "", "attribute %.*s is not known",
	    ENT_FMT(as));
}

enum ent_status
ent_inquiry_attributes(struct inquiry *q, struct ent_reasons *reasons, const struct ent_view *attributes, size_t count)
{
	void *room;

	ENT_TRY(ent_arena_alloc(q->arena, &room, count, sizeof(*q->countries), q->err));
	q->countries = room;
	for (size_t i = 0; i < count; i++)
		ENT_TRY(sort_attribute(q, reasons, attributes[i]));
	return ENT_OK;
}

/* ---- what a seal's text says ---- */

static enum ent_status
check_project_attribute(struct inquiry *q, struct ent_reasons *reasons, const struct ent_file_doc *seal)
{
	struct ent_view host = ent_charter_epoch(ent_state_charter(q->state))->host;
	const char *fqn;

	ENT_TRY(ent_arena_printf(q->arena, &fqn, q->err, "https://%.*s/attr/project/value/%.*s", ENT_FMT(host),
	    ENT_FMT(seal->project)));
	if (q->project_count == 1 && ent_inquiry_lists(seal->attributes, seal->attribute_count, ent_view_str(fqn)))
		return ENT_OK;
	return ent_reasons_add(reasons, q->err, ENT_R_SEAL_INVALID, "-", "",
	    "the attributes name %zu projects; the one they must name is %s",
	    q->project_count, fqn);
}

static bool
splits_fit(const struct ent_custody *custody, const struct ent_file_doc *seal)
{
	if (custody->split_count != seal->split_count)
		return false;
	for (size_t i = 0; i < seal->split_count; i++)
		if (!ent_view_eq_str(seal->splits[i].sid, custody->splits[i].sid))
			return false;
	return true;
}

static enum ent_status
check_custody(struct inquiry *q, struct ent_reasons *reasons, const struct ent_file_doc *seal,
    const struct ent_proposal *p)
{
	struct ent_error why = { 0 };
	enum ent_status status;

	if (!ent_view_eq(seal->custody, p->custody))
		return ent_reasons_add(reasons, q->err, ENT_R_SEAL_CUSTODY, "-", "",
		    "the sealed custody \"%.*s\" is not that of the project's proposal, \"%.*s\"",
		    ENT_FMT(seal->custody), ENT_FMT(p->custody));
	status = ent_custody_compile(&q->out->custody, q->arena, seal->custody, seal->originator, &why);
	if (status == ENT_E_NO_MEMORY || status == ENT_E_INTERNAL)
		return ent_fail(q->err, status, "%s", why.text);
	if (status != ENT_OK) {
		q->out->custody = (struct ent_custody){ 0 };
		return ent_reasons_add(reasons, q->err, ENT_R_SEAL_CUSTODY, "-", "",
		    "the sealed custody cannot be used: %s", why.text);
	}
	if (splits_fit(&q->out->custody, seal))
		return ENT_OK;
	return ent_reasons_add(reasons, q->err, ENT_R_SEAL_CUSTODY, "-", "",
	    "the seal lists %zu splits where the custody makes %zu",
	    seal->split_count, q->out->custody.split_count);
}

enum ent_status
ent_inquiry_seal_text(struct inquiry *q, struct ent_reasons *reasons, const struct ent_file_doc *seal,
    const struct ent_doc *proposal)
{
	ENT_TRY(check_project_attribute(q, reasons, seal));
	if (proposal == NULL)
		return ENT_OK; /* said by the caller */
	if (!ent_inquiry_lists(proposal->proposal.participants, proposal->proposal.participant_count, seal->originator))
		ENT_TRY(ent_reasons_add(reasons, q->err, ENT_R_SEAL_PROPOSAL, "-", "",
		    "the originator %.*s takes no part in the proposal that the seal names", ENT_FMT(seal->originator)));
	return check_custody(q, reasons, seal, &proposal->proposal);
}

/* ---- a sealed file ---- */

static bool
is_ours(enum ent_status status)
{
	return status == ENT_E_NO_MEMORY || status == ENT_E_INTERNAL || status == ENT_E_CRYPTO;
}

/* *trusted: the originator says so, of this very policy. */
static enum ent_status
open_seal(struct inquiry *q, struct ent_reasons *reasons, const struct ent_policy *policy, struct ent_seal *seal,
    bool *trusted)
{
	struct ent_error why = { 0 };
	enum ent_status status = ent_seal_open(seal, q->arena, q->state, policy, &why);

	*trusted = status == ENT_OK;
	if (*trusted)
		return ENT_OK;
	if (is_ours(status))
		return ent_fail(q->err, status, "%s", why.text);
	return ent_reasons_add(reasons, q->err, ENT_R_SEAL_INVALID, "-", "", "the file's seal is not believed: %s",
	    why.text);
}

static enum ent_status
check_seal_dates(struct inquiry *q, struct ent_reasons *reasons, const struct ent_file_doc *seal)
{
	char created[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE];
	int64_t now_unix_s = ent_state_now(q->state);

	ent_time_print(created, seal->created_unix_s);
	ent_time_print(until, seal->until_unix_s);
	if (seal->created_unix_s > now_unix_s + ENT_SKEW_S)
		ENT_TRY(ent_reasons_add(reasons, q->err, ENT_R_SEAL_FUTURE, "-", "",
		    "the file says that it was sealed %s, which is to come", created));
	if (seal->has_until && seal->until_unix_s <= now_unix_s)
		ENT_TRY(ent_reasons_add(reasons, q->err, ENT_R_FILE_EXPIRED, "-", "",
		    "the file was to be opened until %s", until));
	return ENT_OK;
}

static enum ent_status
check_proposal(struct inquiry *q, struct ent_reasons *reasons, const struct ent_file_doc *seal)
{
	char hex[ENT_HASH_HEX_SIZE], cite[9];

	if (ent_state_project_lineage(q->state, seal->project, &seal->proposal))
		return ENT_OK;
	ent_hash_hex(hex, &seal->proposal);
	snprintf(cite, sizeof(cite), "%.8s", hex);
	return ent_reasons_add(reasons, q->err, ENT_R_SEAL_PROPOSAL, cite, "",
	    "the seal names proposal %s, which is neither the one of project %.*s in force nor one that it replaced",
	    cite,
	    ENT_FMT(seal->project));
}

/* P5: a closed pillar has no partner, also when another proposal replaced what the file was sealed under. */
static enum ent_status
check_pillar(struct inquiry *q, struct ent_reasons *reasons, const struct ent_file_doc *seal)
{
	const struct ent_charter *charter = ent_state_charter(q->state);
	const struct ent_doc *proposal = ent_charter_proposal(charter, &seal->proposal);
	const struct ent_epoch *epoch = ent_charter_epoch(charter);
	char hex[ENT_HASH_HEX_SIZE], cite[9];

	if (!q->out->partner || proposal == NULL)
		return ENT_OK;
	for (size_t i = 0; i < epoch->pillar_count; i++)
		if (epoch->pillars[i].open && ent_view_eq(epoch->pillars[i].name, proposal->proposal.pillar))
			return ENT_OK;
	ent_hash_hex(hex, &seal->proposal);
	snprintf(cite, sizeof(cite), "%.8s", hex);
	return ent_reasons_add(reasons, q->err, ENT_R_PARTNER_CLOSED, cite, "",
	    "the file was sealed under proposal %s of pillar %.*s, which is closed to partners", cite, ENT_FMT(proposal->proposal.pillar));
}

static enum ent_status
add_sealed(struct inquiry *q, struct ent_reasons *reasons, const struct ent_seal *seal)
{
	const struct ent_file_doc *file = &seal->doc.file;
	char hex[ENT_HASH_HEX_SIZE], cite[9], created[ENT_TIME_TEXT_SIZE];

	ent_hash_hex(hex, &seal->doc.hash);
	snprintf(cite, sizeof(cite), "%.8s", hex);
	ent_time_print(created, file->created_unix_s);
	if (seal->by_writer)
		return ent_reasons_add(reasons, q->err, ENT_R_SEALED, cite, "", "sealed by writer %.*s of %.*s in project %.*s at %s",
		    ENT_FMT(seal->writer.person), ENT_FMT(file->originator), ENT_FMT(file->project), created);
	return ent_reasons_add(reasons, q->err, ENT_R_SEALED, cite, "", "sealed by %.*s in project %.*s at %s",
	    ENT_FMT(file->originator), ENT_FMT(file->project), created);
}

enum ent_status
ent_inquiry_sealed(struct inquiry *q, struct ent_reasons *reasons, const struct ent_policy *policy)
{
	const struct ent_file_doc *file = &q->out->seal;
	struct ent_seal seal;
	bool trusted;

	q->out->sealed = true;
	ENT_TRY(open_seal(q, reasons, policy, &seal, &trusted));
	if (!trusted) /* nothing of it is believed, so nothing of it is examined; whose file it is, is not known */
		return ent_inquiry_file_stops(q, reasons, policy->uuid);
	q->out->seal = seal.doc.file;
	q->out->by_writer = seal.by_writer;
	q->out->writer = seal.writer;
	q->out->originator = file->originator;
	q->out->project = file->project;
	ENT_TRY(ent_inquiry_attributes(q, reasons, policy->attributes, policy->attribute_count));
	ENT_TRY(check_proposal(q, reasons, file));
	ENT_TRY(check_pillar(q, reasons, file));
	ENT_TRY(ent_inquiry_seal_text(q, reasons, file, ent_charter_proposal(ent_state_charter(q->state), &file->proposal)));
	ENT_TRY(check_seal_dates(q, reasons, file));
	ENT_TRY(ent_inquiry_trust(q, reasons, &seal));
	return ent_reasons_block(reasons) ? ENT_OK : add_sealed(q, reasons, &seal);
}

/* ---- unsealed ---- */

/* Which project's it is, by its attributes alone; none: out->project stays empty. */
static enum ent_status
ask_unsealed_project(struct inquiry *q, struct ent_reasons *reasons, const struct ent_policy *policy)
{
	if (policy->attribute_count == 0)
		return ent_reasons_add(reasons, q->err, ENT_R_POLICY_EMPTY, "-",
		    "seal the file, or give it the attribute of its project",
		    "the file has no seal and no attributes: it opens for nobody");
	ENT_TRY(ent_inquiry_attributes(q, reasons, policy->attributes, policy->attribute_count));
	if (q->project_count != 1)
		return ent_reasons_add(reasons, q->err,
		    q->project_count == 0 ? ENT_R_POLICY_EMPTY : ENT_R_POLICY_MALFORMED, "-", "",
		    "the file has no seal and its attributes name %zu projects: exactly one is needed", q->project_count);
	q->out->project = q->project;
	return ENT_OK;
}

static enum ent_status
ask_unsealed_allowed(struct inquiry *q, struct ent_reasons *reasons)
{
	const struct ent_standing *project = q->out->project.len > 0 ? ent_state_project(q->state, q->out->project) : NULL;

	if (project == NULL || project->doc->proposal.unsealed_members)
		return ENT_OK; /* what else there is to say, the project's own reasons say */
	return ent_reasons_add(reasons, q->err, ENT_R_UNSEALED_CLOSED, "-",
	    "seal the file, or a proposal with `unsealed members`",
	    "project %.*s does not open files without a seal", ENT_FMT(q->out->project));
}

enum ent_status
ent_inquiry_unsealed(struct inquiry *q, struct ent_reasons *reasons, const struct ent_policy *policy)
{
	ENT_TRY(ask_unsealed_project(q, reasons, policy));
	ENT_TRY(ask_unsealed_allowed(q, reasons));
	ENT_TRY(ent_inquiry_file_stops(q, reasons, policy->uuid));
	if (q->out->partner)
		ENT_TRY(ent_reasons_add(reasons, q->err, ENT_R_UNSEALED_PARTNER, "-", "ask for the file with a seal",
		    "the file has no seal, and such files open for members only: %.*s is none", ENT_FMT(q->out->party)));
	if (q->out->project.len == 0 || ent_reasons_block(reasons))
		return ENT_OK;
	return ent_reasons_add(reasons, q->err, ENT_R_UNSEALED, "-", "",
	    "the file has no seal: its originator and age are not known");
}
