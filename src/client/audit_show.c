/* audit show: one record, or all of a request, own and received, with every reason in words. */
#include <stdlib.h>

#include "client/audit.h"

struct show {
	struct ent_audit_home *audit;
	struct ent_log_dir *log;
	const struct ent_epoch *epoch; /* NULL: no charter here */
	struct ent_view from;          /* empty: of every member */
	enum entente_format format;
	struct ent_buf *out;
	json_t *items;
	size_t count;
};

/* A record that was verified against its entry. */
struct shown {
	struct ent_view log_of; /* the member in whose log it stands */
	uint64_t index;
	const struct ent_record_doc *record;
	struct ent_view text;
};

/* ---- output ---- */

static enum ent_status
row(struct ent_buf *out, const char *name, struct ent_view value, struct ent_error *err)
{
	return ent_buf_printf(out, err, "  %-11s %.*s\n", name, ENT_FMT(value));
}

static enum ent_status
hash_row(struct ent_buf *out, const char *name, bool has, const struct ent_hash *hash, struct ent_error *err)
{
	char text[ENT_HASH_BASE64_SIZE] = "-";

	if (has)
		ent_hash_base64(text, hash);
	return row(out, name, ent_view_str(text), err);
}

static enum ent_status
full_rows(struct ent_buf *out, const struct ent_record_doc *r, struct ent_error *err)
{
	ENT_TRY(row(out, "party", r->party, err));
	ENT_TRY(row(out, "project", r->project, err));
	ENT_TRY(row(out, "originator", r->originator, err));
	ENT_TRY(hash_row(out, "policy", r->has_policy, &r->policy, err));
	ENT_TRY(hash_row(out, "token", r->has_token, &r->token, err));
	ENT_TRY(hash_row(out, "session", r->has_session, &r->session, err));
	for (size_t i = 0; i < r->share_count; i++) {
		char wrapped[ENT_HASH_BASE64_SIZE];

		ent_hash_base64(wrapped, &r->shares[i].wrapped);
		ENT_TRY(ent_buf_printf(out, err, "  share       split %.*s under %.*s\n              %s\n", ENT_FMT(r->shares[i].sid),
		    ENT_FMT(r->shares[i].kid), wrapped));
	}
	for (size_t i = 0; i < r->attribute_count; i++)
		ENT_TRY(row(out, "attribute", r->attributes[i], err));
	return row(out, "software", r->software, err);
}

static enum ent_status
show_words(struct ent_buf *out, const struct shown *shown, struct ent_error *err)
{
	const struct ent_record_doc *r = shown->record;
	char time[ENT_TIME_TEXT_SIZE];

	ent_time_print(time, r->time_unix_s);
	ENT_TRY(ent_buf_printf(out, err, "%.*s/access %llu  %s  %s\n", ENT_FMT(shown->log_of), (unsigned long long)shown->index, time,
	    ent_result_name(r->result)));
	ENT_TRY(row(out, "record", r->full ? ENT_LIT("full; it is what the entry commits to") : ENT_LIT("short; it is what the entry commits to"),
	    err));
	ENT_TRY(row(out, "request", r->request, err));
	ENT_TRY(row(out, "person", r->person, err));
	ENT_TRY(row(out, "file", r->file, err));
	if (r->full)
		ENT_TRY(full_rows(out, r, err));
	for (size_t i = 0; i < r->reason_count; i++) {
		ENT_TRY(ent_buf_printf(out, err, "  %-11s ", ent_audit_blocks(&r->reasons[i]) ? "AGAINST" : "for"));
		ENT_TRY(ent_audit_reason(out, 14, &r->reasons[i], err));
	}
	return ENT_OK;
}

static json_t *
hash_json(bool has, const struct ent_hash *hash)
{
	char text[ENT_HASH_BASE64_SIZE] = "";

	if (has)
		ent_hash_base64(text, hash);
	return has ? json_string(text) : json_null();
}

static void
full_json(json_t *item, const struct ent_record_doc *r)
{
	json_t *shares = json_array(), *attributes = json_array();

	json_object_set_new(item, "party", ent_audit_text_json(r->party));
	json_object_set_new(item, "project", ent_audit_text_json(r->project));
	json_object_set_new(item, "originator", ent_audit_text_json(r->originator));
	json_object_set_new(item, "policy", hash_json(r->has_policy, &r->policy));
	json_object_set_new(item, "token", hash_json(r->has_token, &r->token));
	json_object_set_new(item, "session", hash_json(r->has_session, &r->session));
	for (size_t i = 0; i < r->share_count; i++)
		json_array_append_new(shares, json_pack("{s:o, s:o, s:o}", "sid", ent_audit_text_json(r->shares[i].sid), "kid",
		    ent_audit_text_json(r->shares[i].kid), "wrapped", hash_json(true, &r->shares[i].wrapped)));
	for (size_t i = 0; i < r->attribute_count; i++)
		json_array_append_new(attributes, ent_audit_text_json(r->attributes[i]));
	json_object_set_new(item, "shares", shares);
	json_object_set_new(item, "attributes", attributes);
	json_object_set_new(item, "software", ent_audit_text_json(r->software));
}

static void
show_json(json_t *items, const struct shown *shown)
{
	const struct ent_record_doc *r = shown->record;
	json_t *item = json_pack("{s:o, s:I, s:s, s:o, s:s, s:o, s:o, s:o}", "log",
	    json_sprintf("%.*s/access", ENT_FMT(shown->log_of)), "index", (json_int_t)shown->index, "kind", r->full ? "full" : "short", "time",
	    ent_audit_time_json(r->time_unix_s), "result", ent_result_name(r->result), "request", ent_audit_text_json(r->request), "person",
	    ent_audit_text_json(r->person), "file", ent_audit_text_json(r->file));

	if (r->full)
		full_json(item, r);
	json_object_set_new(item, "reasons", ent_audit_reasons_json(r, false));
	json_object_set_new(item, "record", ent_audit_text_json(shown->text));
	json_array_append_new(items, item);
}

static enum ent_status
show_one(struct show *show, const struct shown *shown, struct ent_error *err)
{
	if (show->count++ > 0 && show->format == ENTENTE_WORDS)
		ENT_TRY(ent_buf_add_byte(show->out, '\n', err));
	if (show->format == ENTENTE_WORDS)
		return show_words(show->out, shown, err);
	show_json(show->items, shown);
	return ENT_OK;
}

/* ---- own records ---- */

static bool
is_own(const struct show *show)
{
	return show->from.len == 0 || ent_view_eq_str(show->from, show->audit->home.party);
}

static enum ent_status
show_own(struct show *show, uint64_t index, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_view own = ent_view_str(show->audit->home.party);
	struct ent_audit_seen seen;
	struct shown shown = { .log_of = own, .index = index, .record = &seen.record };

	ENT_TRY(ent_arena_new(&arena, 4u << 20, err));
	ENT_TRY(ent_audit_look_up(show->audit, show->log, arena, index, &seen, err));
	if (seen.problem != NULL)
		return ent_fail(err, ENT_E_TAMPERED, "entry %llu of %s/access: %s", (unsigned long long)index, show->audit->home.party,
		    seen.problem);
	if (!seen.has_record)
		return ent_fail(err, ENT_E_NOT_FOUND, "the record of entry %llu is not here: it was erased, or the store was put back from an "
		    "older copy", (unsigned long long)index);
	shown.text = seen.text;
	return show_one(show, &shown, err);
}

static enum ent_status
show_own_of_request(void *arg, const struct ent_record *record, struct ent_error *err)
{
	struct show *show = arg;

	/* Written before a crash and never logged: not a record of anything. */
	return record->index < ent_log_dir_size(show->log) ? show_own(show, record->index, err) : ENT_OK;
}

/* ---- received records ---- */

static enum ent_status
show_received(void *arg, const struct ent_received *received, struct ent_error *err)
{
	struct show *show = arg;
	ENT_AUTO(ent_arena) arena = NULL;
	__attribute__((cleanup(ent_audit_peer_fini))) struct ent_audit_peer peer = { 0 };
	struct shown shown = { .log_of = received->member, .index = received->index, .text = received->text };
	struct ent_record_doc record;
	const struct ent_party *party;
	const char *problem;

	if (show->from.len > 0 && !ent_view_eq(show->from, received->member))
		return ENT_OK;
	party = show->epoch != NULL ? ent_member_named(show->epoch, received->member) : NULL;
	if (party == NULL)
		return ent_fail(err, ENT_E_INPUT, "%.*s is no member of the charter in this home", ENT_FMT(received->member));
	ENT_TRY(ent_arena_new(&arena, 4u << 20, err));
	ENT_TRY(ent_audit_peer_open(&peer, show->audit, party, err));
	ENT_TRY(ent_audit_check_received(&peer, received, arena, &record, &problem, err));
	if (problem != NULL)
		return ent_fail(err, ENT_E_TAMPERED, "the record of entry %llu of %.*s/access: %s", (unsigned long long)received->index,
		    ENT_FMT(received->member), problem);
	shown.record = &record;
	return show_one(show, &shown, err);
}

static enum ent_status
show_received_entry(struct show *show, uint64_t index, struct ent_error *err)
{
	struct ent_received received;

	if (show->audit->store == NULL ||
	    ent_store_received_get(show->audit->store, &received, show->audit->arena, show->from, index, err) == ENT_E_NOT_FOUND) {
		ent_error_clear(err);
		return ent_fail(err, ENT_E_NOT_FOUND, "no record of entry %llu of %.*s/access is here: it was not for %s, or it has not come "
		    "yet", (unsigned long long)index, ENT_FMT(show->from), show->audit->home.party);
	}
	return err->code != ENT_OK ? err->code : show_received(show, &received, err);
}

/* ---- what was asked ---- */

static bool
parse_index(uint64_t *out, const char *text)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 18)
		return false;
	*out = strtoull(text, &end, 10);
	return *end == '\0';
}

static enum ent_status
show_request(struct show *show, const char *request, struct ent_error *err)
{
	struct ent_view value = ent_view_str(request);

	if (show->audit->store != NULL && is_own(show))
		ENT_TRY(ent_store_record_find(show->audit->store, ENT_STORE_BY_REQUEST, value, show_own_of_request, show, err));
	if (show->audit->store != NULL)
		ENT_TRY(ent_store_received_find(show->audit->store, ENT_STORE_BY_REQUEST, value, show_received, show, err));
	if (show->count == 0)
		return ent_fail(err, ENT_E_NOT_FOUND, "no record of a request \"%s\" is here: give an entry's index or a request's id, as "
		    "`entente audit tail --json` names them", request);
	return ENT_OK;
}

static enum ent_status
show_what(struct show *show, const char *what, struct ent_error *err)
{
	uint64_t index;

	if (!parse_index(&index, what))
		return show_request(show, what, err);
	return is_own(show) ? show_own(show, index, err) : show_received_entry(show, index, err);
}

static enum ent_status
give(struct show *show, char **text, struct ent_error *err)
{
	char *json;
	enum ent_status status;

	if (show->format == ENTENTE_JSON) {
		json = json_dumps(show->items, JSON_COMPACT);
		status = json != NULL ? ent_buf_printf(show->out, err, "%s\n", json) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
		free(json);
		ENT_TRY(status);
	}
	return ent_give_text(text, show->format, show->out, err);
}

static enum ent_status
audit_show(const char *home, const char *from, const char *what, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(ent_audit_home_fini))) struct ent_audit_home audit = { 0 };
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(64u << 20);
	json_auto_t *items = json_array();
	struct show show = { .audit = &audit, .from = ent_view_str(from), .format = format, .out = &out, .items = items };

	ENT_TRY(ent_audit_home_open(&audit, home, err));
	ENT_TRY(ent_log_dir_open_read(&log, audit.log_dir, &audit.key, err));
	ENT_TRY(ent_audit_epoch(&audit, &show.epoch, err));
	if (!is_own(&show) && (show.epoch == NULL || ent_member_named(show.epoch, show.from) == NULL))
		return ent_fail(err, ENT_E_USAGE, "%s is no member of the charter in %s", from, home);
	show.log = log;
	ENT_TRY(show_what(&show, what, err));
	return give(&show, text, err);
}

enum entente_status
entente_audit_show(const char *home, const char *from, const char *what, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, audit_show(home, from, what, format, text, ENT_PUBLIC_ERR));
}
