/* An answer of `why` in words and as JSON: first what keeps it closed, then what is well, cures, and what is about to close. */
#include "client/why.h"

/* The state that a reason speaks of, where its text does not begin with the word (C-59). ENT_PART_COUNT: the participation's own. */
static const struct {
	enum ent_reason_code code;
	enum ent_part part;
} part_of_reason[] = {
	{ ENT_R_MEMBER_UNHEARD, ENT_PART_UNHEARD },
	{ ENT_R_PROJECT_UNKNOWN, ENT_PART_COUNT },
	{ ENT_R_PROJECT_PROPOSED, ENT_PART_PROPOSED },
	{ ENT_R_PROJECT_ENDED, ENT_PART_ENDED },
	{ ENT_R_PROJECT_LAPSED, ENT_PART_LAPSED },
	{ ENT_R_PROJECT_UNENFORCED, ENT_PART_UNENFORCED },
	{ ENT_R_PARTY_NOT_PARTICIPANT, ENT_PART_NONE },
	{ ENT_R_PARTNER_NONE, ENT_PART_COUNT },
	{ ENT_R_PARTNER_CLOSED, ENT_PART_CLOSED },
	{ ENT_R_PARTNER_PROPOSED, ENT_PART_PROPOSED },
	{ ENT_R_PARTNER_ENDED, ENT_PART_ENDED },
	{ ENT_R_PARTNER_LAPSED, ENT_PART_LAPSED },
	{ ENT_R_PARTNER_LOG, ENT_PART_SUSPENDED },
	{ ENT_R_PARTY_WITHDRAWN, ENT_PART_WITHDRAWN },
	{ ENT_R_STOPPED, ENT_PART_SUSPENDED },
	{ ENT_R_ACCREDITATION, ENT_PART_LAPSED },
};

/* "suspended: uk.example stopped it ..."; ENT_PART_COUNT: another beginning. */
static enum ent_part
first_word(const char *text)
{
	for (int part = 0; part < ENT_PART_COUNT; part++) {
		const char *name = ent_part_name((enum ent_part)part);
		size_t len = strlen(name);

		if (strncmp(text, name, len) == 0 && text[len] == ':')
			return (enum ent_part)part;
	}
	return ENT_PART_COUNT;
}

/* ENT_PART_COUNT: it says nothing about the participation, as a person's nationality. */
static enum ent_part
part_of(const struct ent_why *why, const struct ent_reason *reason)
{
	enum ent_part said = first_word(reason->text);

	if (said != ENT_PART_COUNT)
		return said;
	for (size_t i = 0; i < ENT_COUNT(part_of_reason); i++)
		if (part_of_reason[i].code == reason->code)
			return part_of_reason[i].part != ENT_PART_COUNT ? part_of_reason[i].part : why->part.state;
	return ENT_PART_COUNT;
}

static bool
blocks(const struct ent_reason *reason)
{
	return ent_reason_row(reason->code)->blocks;
}

enum ent_status
ent_why_words_reason(struct ent_buf *out, const struct ent_reason *reason, struct ent_error *err)
{
	ENT_TRY(ent_buf_add_str(out, reason->text, err));
	if (strcmp(reason->cite, "-") != 0 && strstr(reason->text, reason->cite) == NULL)
		ENT_TRY(ent_buf_printf(out, err, " (%s)", reason->cite));
	return ent_buf_add_byte(out, '\n', err);
}

static enum ent_status
blocking_line(struct ent_buf *out, const struct ent_why *why, const struct ent_reason *reason, struct ent_error *err)
{
	enum ent_part part = part_of(why, reason);

	ENT_TRY(ent_buf_add_str(out, "  - ", err));
	/* What lacks an accreditation may have had it before or not: its text says which. */
	if (part != ENT_PART_COUNT && part != ENT_PART_ACTIVE && first_word(reason->text) == ENT_PART_COUNT &&
	    reason->code != ENT_R_ACCREDITATION)
		ENT_TRY(ent_buf_printf(out, err, "%s: ", ent_part_name(part)));
	return ent_why_words_reason(out, reason, err);
}

/* The reasons that give the participation its state come first: the word that people look for. */
static enum ent_status
blocking_lines(struct ent_buf *out, const struct ent_why *why, struct ent_error *err)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < why->reasons.count; i++) {
			const struct ent_reason *r = &why->reasons.items[i];
			bool first = why->part.state != ENT_PART_ACTIVE && part_of(why, r) == why->part.state;

			if (blocks(r) && first == (pass == 0))
				ENT_TRY(blocking_line(out, why, r, err));
		}
	return ENT_OK;
}

/* ---- what is well: one line for each thing, whoever said so ---- */

static bool
same_subject(const struct ent_reason *a, const struct ent_reason *b)
{
	return !blocks(b) && (a->code == ENT_R_ACCREDITED) == (b->code == ENT_R_ACCREDITED) && strcmp(a->subject, b->subject) == 0;
}

static bool
joined_before(const struct ent_reasons *reasons, size_t at)
{
	for (size_t i = 0; i < at && reasons->items[at].subject[0] != '\0'; i++)
		if (same_subject(&reasons->items[at], &reasons->items[i]))
			return true;
	return false;
}

/* "au 10, uk 8, us 8": where those statements stand. */
static enum ent_status
cites_words(struct ent_buf *out, const struct ent_reasons *reasons, const struct ent_reason *about, struct ent_error *err)
{
	bool first = true;

	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];

		if (!same_subject(about, r) || (r->code != ENT_R_CONSENT && r->code != ENT_R_ACCREDITED))
			continue;
		ENT_TRY(ent_buf_printf(out, err, "%s%s", first ? "" : ", ", r->cite));
		first = false;
	}
	return ENT_OK;
}

static const struct ent_reason *
in_force_of(const struct ent_reasons *reasons, const struct ent_reason *about)
{
	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];

		if (same_subject(about, r) && (r->code == ENT_R_PROJECT_IN_FORCE || r->code == ENT_R_PARTNER_IN_FORCE))
			return r;
	}
	return NULL;
}

static int64_t
first_end(const struct ent_reasons *reasons, const struct ent_reason *about)
{
	int64_t end_unix_s = INT64_MAX;

	for (size_t i = 0; i < reasons->count; i++)
		if (same_subject(about, &reasons->items[i]) && reasons->items[i].until_unix_s < end_unix_s)
			end_unix_s = reasons->items[i].until_unix_s;
	return end_unix_s;
}

/* "project quantum (a65a3792) in force until 2029-12-31T00:00:00Z: consents au 10, uk 8, us 8" */
static enum ent_status
force_words(struct ent_buf *out, const struct ent_reasons *reasons, const struct ent_reason *force, struct ent_error *err)
{
	int64_t end_unix_s = first_end(reasons, force);
	char until[ENT_TIME_TEXT_SIZE];

	ENT_TRY(ent_buf_printf(out, err, "%s in force", force->subject));
	if (force->until_unix_s != INT64_MAX) {
		ent_time_print(until, force->until_unix_s);
		ENT_TRY(ent_buf_printf(out, err, " until %s", until));
	}
	ENT_TRY(ent_buf_add_str(out, ": consents ", err));
	ENT_TRY(cites_words(out, reasons, force, err));
	if (end_unix_s == force->until_unix_s)
		return ENT_OK;
	ent_time_print(until, end_unix_s);
	return ent_buf_printf(out, err, ", the first until %s", until);
}

static enum ent_status
joined_line(struct ent_buf *out, const struct ent_reasons *reasons, const struct ent_reason *about, struct ent_error *err)
{
	const struct ent_reason *force = in_force_of(reasons, about);
	char until[ENT_TIME_TEXT_SIZE];

	if (force != NULL) {
		ENT_TRY(force_words(out, reasons, force, err));
		return ent_buf_add_byte(out, '\n', err);
	}
	if (about->code == ENT_R_ACCREDITED) {
		ent_time_print(until, first_end(reasons, about));
		ENT_TRY(ent_buf_printf(out, err, "accredited for %s until %s by ", about->subject, until));
	} else {
		ENT_TRY(ent_buf_printf(out, err, "consents to %s: ", about->subject));
	}
	ENT_TRY(cites_words(out, reasons, about, err));
	return ent_buf_add_byte(out, '\n', err);
}

static enum ent_status
well_lines(struct ent_buf *out, const struct ent_why *why, bool provided, struct ent_error *err)
{
	for (size_t i = 0; i < why->reasons.count; i++) {
		const struct ent_reason *r = &why->reasons.items[i];

		if (blocks(r) || (r->code == ENT_R_PROVIDED) != provided || joined_before(&why->reasons, i))
			continue;
		ENT_TRY(ent_buf_add_str(out, provided ? "  " : "  ok: ", err));
		if (r->subject[0] != '\0')
			ENT_TRY(joined_line(out, &why->reasons, r, err));
		else
			ENT_TRY(ent_why_words_reason(out, r, err));
	}
	return ENT_OK;
}

/* Has an earlier reason the same cure? Two lines may be cured by one act. */
static bool
cured_before(const struct ent_reasons *reasons, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (blocks(&reasons->items[i]) && strcmp(reasons->items[i].cure, reasons->items[at].cure) == 0)
			return true;
	return false;
}

static enum ent_status
cure_line(struct ent_buf *out, const struct ent_reasons *reasons, struct ent_error *err)
{
	bool cures = false;

	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];

		if (!blocks(r) || r->cure[0] == '\0' || cured_before(reasons, i))
			continue;
		ENT_TRY(ent_buf_printf(out, err, "%s%s", cures ? "; " : "  would be cured by: ", r->cure));
		cures = true;
	}
	return cures ? ent_buf_add_byte(out, '\n', err) : ENT_OK;
}

static enum ent_status
known_line(struct ent_buf *out, const struct ent_why *why, struct ent_error *err)
{
	char time[ENT_TIME_TEXT_SIZE];
	const char *begin = why->time == ENT_WHY_THEN ? "as of then, by a copy of the charter that reaches" :
	    why->time == ENT_WHY_AHEAD ? "if nothing more is heard until then; this copy of the charter reaches" :
	    "by the copy of the charter in the profile, which reaches";

	if (why->time == ENT_WHY_NOW && !why->offline)
		return ENT_OK;
	ENT_TRY(ent_buf_printf(out, err, "  %s:", begin));
	for (size_t i = 0; i < why->known_count; i++) {
		const struct ent_why_known *k = &why->known[i];

		ent_time_print(time, k->alive_unix_s);
		ENT_TRY(ent_buf_printf(out, err, "%s %.*s %s", i ? "," : "", ENT_FMT(k->member), k->alive_unix_s > 0 ? time : "never heard"));
	}
	return ent_buf_add_byte(out, '\n', err);
}

/* Whose later words about the time in question this copy may lack. */
static enum ent_status
gap_line(struct ent_buf *out, const struct ent_why *why, struct ent_error *err)
{
	size_t count = 0;

	for (size_t i = 0; why->time == ENT_WHY_THEN && i < why->known_count; i++)
		if (why->known[i].alive_unix_s < ent_state_now(why->state))
			ENT_TRY(ent_buf_printf(out, err, "%s%.*s", count++ ? ", " : "  it ends before that time for: ", ENT_FMT(why->known[i].member)));
	return count ? ent_buf_add_str(out, "; what they said later is not in it\n", err) : ENT_OK;
}

enum ent_status
ent_why_words_end(struct ent_buf *out, const struct ent_why *why, struct ent_error *err)
{
	char time[ENT_TIME_TEXT_SIZE];

	ent_time_print(time, ent_state_now(why->state));
	return ent_buf_printf(out, err, "at %s.\n", time);
}

enum ent_status
ent_why_words(struct ent_buf *out, const struct ent_why *why, struct ent_error *err)
{
	char time[ENT_TIME_TEXT_SIZE];

	ENT_TRY(blocking_lines(out, why, err));
	ENT_TRY(well_lines(out, why, true, err));
	ENT_TRY(well_lines(out, why, false, err));
	ENT_TRY(cure_line(out, &why->reasons, err));
	if (why->closing.at_unix_s != 0) {
		ent_time_print(time, why->closing.at_unix_s);
		ENT_TRY(ent_buf_printf(out, err, "  closes at %s unless %s\n", time, why->closing.unless));
	}
	ENT_TRY(known_line(out, why, err));
	return gap_line(out, why, err);
}

/* ---- JSON ---- */

json_t *
ent_why_json_text(struct ent_view text)
{
	json_t *out = text.len > 0 ? json_stringn((const char *)text.data, text.len) : NULL;

	return out != NULL ? out : json_null();
}

json_t *
ent_why_json_reasons(const struct ent_reasons *reasons)
{
	json_t *list = json_array();

	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];
		json_t *item = json_object();

		json_object_set_new(item, "code", json_string(ent_reason_row(r->code)->name));
		json_object_set_new(item, "blocks", json_boolean(blocks(r)));
		json_object_set_new(item, "text", json_string(r->text));
		json_object_set_new(item, "cite", json_string(r->cite));
		json_object_set_new(item, "cure", json_string(r->cure));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *
time_json(int64_t unix_s)
{
	char time[ENT_TIME_TEXT_SIZE];

	if (unix_s <= 0)
		return json_null();
	ent_time_print(time, unix_s);
	return json_string(time);
}

static json_t *
known_json(const struct ent_why *why)
{
	json_t *list = json_array();

	for (size_t i = 0; i < why->known_count; i++) {
		json_t *item = json_object();

		json_object_set_new(item, "member", ent_why_json_text(why->known[i].member));
		json_object_set_new(item, "alive", time_json(why->known[i].alive_unix_s));
		json_array_append_new(list, item);
	}
	return list;
}

enum ent_status
ent_why_json(json_t *root, const struct ent_why *why, struct ent_error *err)
{
	static const char *const times[] = { [ENT_WHY_NOW] = "now", [ENT_WHY_THEN] = "then", [ENT_WHY_AHEAD] = "ahead" };
	char hex[ENT_HASH_HEX_SIZE];
	json_t *closes = json_null(), *copy = json_object();

	if (why->closing.at_unix_s != 0) {
		closes = json_object();
		json_object_set_new(closes, "at", time_json(why->closing.at_unix_s));
		json_object_set_new(closes, "unless", json_string(why->closing.unless));
	}
	ent_hash_hex(hex, &why->view);
	json_object_set_new(copy, "view", why->has_view ? json_string(hex) : json_null());
	json_object_set_new(copy, "offline", json_boolean(why->offline));
	json_object_set_new(copy, "heard", known_json(why));
	json_object_set_new(root, "party", ent_why_json_text(why->party));
	json_object_set_new(root, "project", ent_why_json_text(why->project));
	json_object_set_new(root, "at", time_json(ent_state_now(why->state)));
	json_object_set_new(root, "as_of", json_string(times[why->time]));
	json_object_set_new(root, "may", json_boolean(!ent_reasons_block(&why->reasons)));
	json_object_set_new(root, "state", json_string(ent_part_name(why->part.state)));
	json_object_set_new(root, "reasons", ent_why_json_reasons(&why->reasons));
	json_object_set_new(root, "closes", closes);
	json_object_set_new(root, "copy", copy);
	return json_object_size(root) >= 9 ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
}
