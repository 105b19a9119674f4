/* Stops in words: who stopped it, when, by which officer, in which statement and why, and whose resume lifts it. */
#include <stdio.h>

#include "charter/derive_state.h"

/* Room for a reason whose every byte is escaped. */
#define QUOTED_SIZE (2 * ENT_LIMIT_FREE_TEXT + 32)

/* Free text is quoted, and cannot end its quotes: what it says must not look like words of this program. */
static void
quote_reason(char out[QUOTED_SIZE], struct ent_view text)
{
	static const char before[] = ", reason \"";
	size_t len = sizeof(before) - 1;

	out[0] = '\0';
	if (text.len == 0 || text.len > ENT_LIMIT_FREE_TEXT)
		return;
	memcpy(out, before, len);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			out[len++] = '\\';
		out[len++] = (char)text.data[i];
	}
	out[len++] = '"';
	out[len] = '\0';
}

/* A stop that stands, and from where. */
struct standing_stop {
	const struct stop *stop;
	struct place place;
	uint32_t signers;
};

static enum ent_status
say_stop(const struct words *w, const struct stop_lines *lines, const struct standing_stop *s, const char *what)
{
	char officers[512], reason[QUOTED_SIZE], cure[ENT_ACT_LINE_SIZE], time[64];
	struct cite_text cite = ent_why_cite(w->state, s->place.host, s->place.index);
	struct ent_view by = s->stop->deed.log->party->name;

	ent_derive_officers(officers, sizeof(officers), s->stop->deed.log, s->signers);
	quote_reason(reason, s->stop->reason.text);
	if (s->place.effect_unix_s == ENT_ALWAYS)
		snprintf(time, sizeof(time), "before any `alive`");
	else
		snprintf(time, sizeof(time), "%s", ent_why_time(s->place.effect_unix_s).text);
	snprintf(cure, sizeof(cure), "%.*s resume %s", ENT_FMT(by), ent_why_id(&s->stop->deed.hash).text);
	return ent_reasons_add(w->reasons, w->err, lines->code, cite.text, cure, "%s%.*s stopped %s %s (%s %s), statement %s%s",
	    lines->prefix, ENT_FMT(by), what, time, __builtin_popcount(s->signers) == 1 ? "officer" : "officers", officers, cite.text,
	    reason);
}

static bool
is_earlier(const struct standing_stop *a, const struct standing_stop *b)
{
	if (a->place.effect_unix_s != b->place.effect_unix_s)
		return a->place.effect_unix_s < b->place.effect_unix_s;
	if (a->place.host != b->place.host)
		return a->place.host < b->place.host;
	return a->place.index < b->place.index;
}

/* The earliest, in their order: that in which they came here is another at every node. */
enum ent_status
ent_why_stops_of(const struct words *w, struct stop_lines *lines, const struct party *by, const struct ent_hash *target, const char *what)
{
	struct stop_walk walk = ent_derive_stops_of(w->state, NULL, by, target);
	struct standing_stop found[ENT_LIMIT_STOP_LINES], one;
	size_t count = 0, room = ENT_LIMIT_STOP_LINES - lines->shown;

	while ((one.stop = ent_derive_next_stop(&walk)) != NULL) {
		size_t at = count;

		one.place = walk.place;
		one.signers = walk.signers;
		while (at > 0 && is_earlier(&one, &found[at - 1]))
			at--;
		lines->more += count == room;
		if (at == room)
			continue;
		count -= count == room;
		memmove(&found[at + 1], &found[at], (count - at) * sizeof(found[0]));
		found[at] = one;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		ENT_TRY(say_stop(w, lines, &found[i], what));
	lines->shown += count;
	return ENT_OK;
}

enum ent_status
ent_why_stops(const struct words *w, struct stop_lines *lines, const struct party *by, const char *act_line, const char *what)
{
	struct ent_hash target;

	if (w->state->charter->stops_changed == 0)
		return ENT_OK; /* nobody ever stopped anything */
	ent_charter_target_key(&target, ent_view_str(act_line));
	if (by != NULL)
		return ent_why_stops_of(w, lines, by, &target, what);
	for (size_t i = 0; i < w->state->member_count; i++)
		ENT_TRY(ent_why_stops_of(w, lines, &w->state->members[i], &target, what));
	return ENT_OK;
}

enum ent_status
ent_why_more_stops(const struct words *w, const struct stop_lines *lines)
{
	if (lines->more == 0)
		return ENT_OK;
	return ent_reasons_add(w->reasons, w->err, lines->code, "-", "a resume of each by the party that made it",
	    "%sand %zu more stops of it stand", lines->prefix, lines->more);
}

/* ---- persons, files, keys ---- */

enum ent_status
ent_state_person_reasons(const struct ent_state *state, struct ent_view person, struct ent_reasons *reasons, struct ent_error *err)
{
	const struct words w = { state, reasons, err };
	struct stop_lines lines = { .code = ENT_R_PERSON_STOPPED, .prefix = "" };
	size_t at = ent_view_rfind(person, '@');
	char line[ENT_ACT_LINE_SIZE], what[ENT_ACT_LINE_SIZE];
	const struct party *own;

	if (at == person.len || person.len > ENT_ACT_LINE_SIZE / 2)
		return ENT_OK; /* no statement can name it */
	snprintf(line, sizeof(line), "stop person %.*s", ENT_FMT(person));
	snprintf(what, sizeof(what), "%.*s", ENT_FMT(person));
	ENT_TRY(ent_why_stops(&w, &lines, NULL, line, what));
	own = ent_derive_party(state, ent_view_slice(person, at + 1, person.len));
	if (own != NULL && own->name != NULL)
		ENT_TRY(ent_why_stops(&w, &lines, own, line, what));
	return ent_why_more_stops(&w, &lines);
}

enum ent_status
ent_state_file_reasons(const struct ent_state *state, struct ent_view uuid, struct ent_view originator, struct ent_view self,
    struct ent_reasons *reasons, struct ent_error *err)
{
	const struct words w = { state, reasons, err };
	struct stop_lines lines = { .code = ENT_R_FILE_STOPPED, .prefix = "" };
	const struct party *by[] = { ent_derive_party(state, originator), ent_derive_party(state, self) };
	char line[ENT_ACT_LINE_SIZE];

	if (uuid.len > ENT_ACT_LINE_SIZE / 2)
		return ENT_OK; /* no statement can name it */
	snprintf(line, sizeof(line), "stop file %.*s", ENT_FMT(uuid));
	for (size_t i = 0; i < ENT_COUNT(by); i++)
		if (by[i] != NULL && (i == 0 || by[i] != by[0]))
			ENT_TRY(ent_why_stops(&w, &lines, by[i], line, "the file"));
	return ent_why_more_stops(&w, &lines);
}

enum ent_status
ent_state_key_reasons(const struct ent_state *state, struct ent_view member, struct ent_view kid, struct ent_reasons *reasons,
    struct ent_error *err)
{
	const struct words w = { state, reasons, err };
	struct stop_lines lines = { .code = ENT_R_KEY_STOPPED, .prefix = "" };
	const struct ent_member_key *key = ent_state_key_by_kid(state, member, kid);
	char line[ENT_ACT_LINE_SIZE], what[128];

	if (key == NULL)
		return ENT_OK;
	if (key->destroyed)
		ENT_TRY(ent_reasons_add(reasons, err, ENT_R_KEY_STOPPED, "-", "",
		    "%.*s said that its data key %.*s is destroyed: nothing is released under it any more", ENT_FMT(member), ENT_FMT(kid)));
	snprintf(line, sizeof(line), "stop key %.*s", ENT_FMT(kid));
	snprintf(what, sizeof(what), "its data key %.*s", ENT_FMT(kid));
	ENT_TRY(ent_why_stops(&w, &lines, ent_derive_party(state, member), line, what));
	return ent_why_more_stops(&w, &lines);
}

enum ent_status
ent_state_self_reasons(const struct ent_state *state, struct ent_view self, struct ent_reasons *reasons, struct ent_error *err)
{
	const struct words w = { state, reasons, err };
	struct stop_lines lines = { .code = ENT_R_ACCESS_KEY_STOPPED, .prefix = "" };
	const struct party *party = ent_derive_party(state, self);

	if (party == NULL || !party->pub.access_key_stopped)
		return ENT_OK;
	ENT_TRY(ent_why_stops_of(&w, &lines, party, &party->access_key_target, "its access-log key: this node releases and seals nothing"));
	return ent_why_more_stops(&w, &lines);
}
