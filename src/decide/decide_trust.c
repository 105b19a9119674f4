/* What speaks against a file whose seal is genuine: stopped keys, writers and files, and files older than a partner may have. */
#include <stdio.h>

#include "codec/time.h"
#include "decide/inquiry.h"

/* ---- the key behind the seal (C-67) ---- */

/* Where the stop of this key stands: "au 42"; "-" when it cannot be told. */
static void
cite_stop(const struct inquiry *q, struct ent_view owner, struct ent_view kid, char cite[ENT_CITE_SIZE])
{
	snprintf(cite, ENT_CITE_SIZE, "-");
	for (size_t i = 0; i < ent_state_stop_count(q->state); i++) {
		const struct ent_stop *stop = ent_state_stop_at(q->state, i);

		if (stop->object == ENT_OBJECT_KEY && ent_view_eq(stop->by, owner) && ent_view_eq(stop->key_name, kid)) {
			ent_state_cite(q->state, stop->host, stop->index, cite);
			return;
		}
	}
}

/* Has the custody the clause `originator`? Then nothing opens without its node, which looks into its register. */
static bool
needs_originator(struct ent_view custody)
{
	static const char separator[] = " and ";

	for (;;) {
		const uint8_t *hit = custody.len > 0 ? memmem(custody.data, custody.len, separator, sizeof(separator) - 1) : NULL;
		size_t len = hit != NULL ? (size_t)(hit - custody.data) : custody.len;

		if (ent_view_eq_str(ent_view_slice(custody, 0, len), "originator"))
			return true;
		if (hit == NULL)
			return false;
		custody = ent_view_slice(custody, len + sizeof(separator) - 1, custody.len);
	}
}

static bool
is_registered(const struct inquiry *q, const struct ent_seal *seal)
{
	return q->node->registered != NULL && q->node->registered(q->node->registered_arg, seal->doc.file.uuid, &seal->doc.hash);
}

/* NULL: it opens here although `created` proves nothing. */
static const char *
why_not_under_a_stopped_key(const struct inquiry *q, const struct ent_seal *seal)
{
	const struct ent_standing *admission = ent_inquiry_admission(q);

	if (admission != NULL && !admission->doc->proposal.files_all)
		return "its age is not proven, and the partner may open files from a date on only";
	if (q->node->self.len > 0 && ent_view_eq(q->node->self, seal->doc.file.originator))
		return is_registered(q, seal) ? NULL : "this file is not in the originator's register of what it sealed";
	return needs_originator(seal->doc.file.custody) ? NULL : "it could be opened without the originator's node, which knows what it sealed";
}

static enum ent_status
ask_seal_key(struct inquiry *q, struct ent_reasons *reasons, const struct ent_seal *seal)
{
	struct ent_view originator = seal->doc.file.originator;
	char cite[ENT_CITE_SIZE], cure[384];
	const char *why;

	if (!seal->key->stopped)
		return ENT_OK;
	cite_stop(q, originator, seal->key->kid, cite);
	snprintf(cure, sizeof(cure), "%.*s resumes its seal key", ENT_FMT(originator));
	why = why_not_under_a_stopped_key(q, seal);
	if (why != NULL)
		return ent_reasons_add(reasons, q->err, ENT_R_SEAL_KEY_STOPPED, cite, cure,
		    "%.*s has stopped the seal key %.*s of this file, so when it was sealed is not known: %s", ENT_FMT(originator),
		    ENT_FMT(seal->key->kid), why);
	if (q->node->self.len > 0)
		return ENT_OK;
	return ent_reasons_add(reasons, q->err, ENT_R_PROVIDED, cite, "",
	    "provided the file is in %.*s's register: it has stopped the seal key %.*s", ENT_FMT(originator), ENT_FMT(seal->key->kid));
}

/* ---- the writer (C-71) ---- */

static enum ent_status
ask_writer(struct inquiry *q, struct ent_reasons *reasons, const struct ent_seal *seal)
{
	struct ent_reasons stops = { .arena = q->arena };

	if (!seal->by_writer)
		return ENT_OK;
	ENT_TRY(ent_state_person_reasons(q->state, seal->writer.person, &stops, q->err));
	for (size_t i = 0; i < stops.count; i++)
		if (ent_reason_row(stops.items[i].code)->blocks)
			ENT_TRY(ent_reasons_add(reasons, q->err, ENT_R_WRITER_STOPPED, stops.items[i].cite, stops.items[i].cure,
			    "the file was sealed by a writer who is stopped: %s", stops.items[i].text));
	return ENT_OK;
}

/* ---- a partner's files (C-73) ---- */

const struct ent_standing *
ent_inquiry_admission(const struct inquiry *q)
{
	return q->out->partner && q->out->party.len > 0 && q->out->project.len > 0
	    ? ent_state_admission(q->state, q->out->party, q->out->project) : NULL;
}

static enum ent_status
ask_age(struct inquiry *q, struct ent_reasons *reasons, const struct ent_file_doc *file)
{
	const struct ent_standing *admission = ent_inquiry_admission(q);
	char created[ENT_TIME_TEXT_SIZE], since[ENT_TIME_TEXT_SIZE], hex[ENT_HASH_HEX_SIZE], cite[9];
	const struct ent_proposal *p;

	if (admission == NULL)
		return ENT_OK; /* a member; or the project's own reasons say that the partner is not admitted */
	p = &admission->doc->proposal;
	if (p->files_all || file->created_unix_s >= p->files_since_unix_s)
		return ENT_OK;
	ent_time_print(created, file->created_unix_s);
	ent_time_print(since, p->files_since_unix_s);
	ent_hash_hex(hex, &admission->doc->hash);
	snprintf(cite, sizeof(cite), "%.8s", hex);
	return ent_reasons_add(reasons, q->err, ENT_R_FILE_TOO_OLD, cite, "an admission with `files all`, or from an earlier date",
	    "the file was sealed %s, and %.*s may open files since %s", created, ENT_FMT(q->out->party), since);
}

/* ---- in the order of the questions ---- */

enum ent_status
ent_inquiry_file_stops(struct inquiry *q, struct ent_reasons *reasons, struct ent_view uuid)
{
	return ent_state_file_reasons(q->state, uuid, q->out->originator, q->node->self, reasons, q->err);
}

enum ent_status
ent_inquiry_trust(struct inquiry *q, struct ent_reasons *reasons, const struct ent_seal *seal)
{
	ENT_TRY(ask_seal_key(q, reasons, seal));
	ENT_TRY(ask_writer(q, reasons, seal));
	ENT_TRY(ent_inquiry_file_stops(q, reasons, seal->doc.file.uuid));
	return ask_age(q, reasons, &seal->doc.file);
}
