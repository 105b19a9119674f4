/* audit tail, over a node's home. */
#include <stdlib.h>

#include "client/audit.h"

enum { TAIL_MAX = 100000 };

struct tail {
	struct ent_audit_home *audit;
	enum entente_format format;
	struct ent_buf *out;
	bool any;
};

static enum ent_status
tail_reason(struct ent_buf *out, const struct ent_reason_line *reason, struct ent_error *err)
{
	ENT_TRY(ent_buf_add_str(out, "    ", err));
	return ent_audit_reason(out, 4, reason, err);
}

static enum ent_status
tail_words(struct ent_buf *out, uint64_t index, const struct ent_audit_seen *seen, struct ent_error *err)
{
	const struct ent_record_doc *r = &seen->record;
	char time[ENT_TIME_TEXT_SIZE];

	if (seen->problem != NULL)
		return ent_buf_printf(out, err, "%llu  BAD: %s\n", (unsigned long long)index, seen->problem);
	ent_time_print(time, seen->access.time_unix_s);
	ENT_TRY(ent_buf_printf(out, err, "%llu  %s  %s", (unsigned long long)index, time, ent_result_name(seen->access.result)));
	if (!seen->has_record)
		return ent_buf_add_str(out, "  (its record is not here)\n", err);
	ENT_TRY(ent_buf_printf(out, err, "  %.*s\n    project %.*s, file %.*s\n", ENT_FMT(r->person), ENT_FMT(r->project), ENT_FMT(r->file)));
	for (size_t i = 0; i < r->reason_count; i++) {
		enum ent_reason_code code = ent_reason_from_name(r->reasons[i].code);

		/* What spoke for it is in --json; people look for what spoke against it. */
		if (code == ENT_REASON_COUNT || ent_reason_row(code)->blocks)
			ENT_TRY(tail_reason(out, &r->reasons[i], err));
	}
	return ENT_OK;
}

static enum ent_status
tail_json(struct ent_buf *out, uint64_t index, const struct ent_audit_seen *seen, struct ent_error *err)
{
	const struct ent_record_doc *r = &seen->record;
	char time[ENT_TIME_TEXT_SIZE];
	json_t *item = json_object();
	json_t *reasons = json_array();
	char *text;
	enum ent_status status;

	ent_time_print(time, seen->access.time_unix_s);
	json_object_set_new(item, "index", json_integer((json_int_t)index));
	json_object_set_new(item, "problem", seen->problem != NULL ? json_string(seen->problem) : json_null());
	json_object_set_new(item, "time", json_string(time));
	json_object_set_new(item, "result", json_string(ent_result_name(seen->access.result)));
	json_object_set_new(item, "record", json_boolean(seen->has_record));
	for (size_t i = 0; i < r->reason_count; i++)
		json_array_append_new(reasons, json_pack("{s:s%, s:s%}", "code", r->reasons[i].code.data, r->reasons[i].code.len, "cite",
		    r->reasons[i].cite.data, r->reasons[i].cite.len));
	if (seen->has_record) {
		json_object_set_new(item, "request", json_stringn((const char *)r->request.data, r->request.len));
		json_object_set_new(item, "party", json_stringn((const char *)r->party.data, r->party.len));
		json_object_set_new(item, "person", json_stringn((const char *)r->person.data, r->person.len));
		json_object_set_new(item, "project", json_stringn((const char *)r->project.data, r->project.len));
		json_object_set_new(item, "originator", json_stringn((const char *)r->originator.data, r->originator.len));
		json_object_set_new(item, "file", json_stringn((const char *)r->file.data, r->file.len));
	}
	json_object_set_new(item, "reasons", reasons);
	text = json_dumps(item, JSON_COMPACT);
	json_decref(item);
	status = text != NULL ? ent_buf_printf(out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	free(text);
	return status;
}

static enum ent_status
tail_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct tail *tail = arg;
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_audit_seen seen;

	ENT_TRY(ent_arena_new(&arena, 4u << 20, err));
	ENT_TRY(ent_audit_look_at(tail->audit, arena, index, entry, &seen, err));
	tail->any = true;
	return tail->format == ENTENTE_JSON ? tail_json(tail->out, index, &seen, err) : tail_words(tail->out, index, &seen, err);
}

static enum ent_status
audit_tail(const char *home, size_t count, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(ent_audit_home_fini))) struct ent_audit_home audit = { 0 };
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(256u << 20);
	struct tail tail = { .audit = &audit, .format = format, .out = &out };
	uint64_t size;

	if (count > TAIL_MAX)
		return ent_fail(err, ENT_E_USAGE, "at most %d entries at a time", TAIL_MAX);
	ENT_TRY(ent_audit_home_open(&audit, home, err));
	ENT_TRY(ent_log_dir_open_read(&log, audit.log_dir, &audit.key, err));
	size = ent_log_dir_size(log);
	ENT_TRY(ent_log_dir_each(log, size > count ? size - count : 0, tail_entry, &tail, err));
	if (!tail.any && format == ENTENTE_WORDS)
		ENT_TRY(ent_buf_add_str(&out, "the access log is empty\n", err));
	return ent_give_text(text, format, &out, err);
}

enum entente_status
entente_audit_tail(const char *home, size_t count, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, audit_tail(home, count, format, text, ENT_PUBLIC_ERR));
}
