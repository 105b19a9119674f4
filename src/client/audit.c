/* audit tail and verify, over a node's home: the log is checked from nothing but its files and the log key's public line. */
#include <stdio.h>
#include <stdlib.h>

#include "charter/reason.h"
#include "client/charter_io.h"
#include "store/store.h"
#include "tlog/log_dir.h"

enum { ARENA_MAX = 256 << 20, TAIL_MAX = 100000 };

struct audit {
	struct ent_arena *arena;
	struct ent_home home;
	struct ent_vkey key;
	char log_dir[ENT_PATH_MAX];
	struct ent_store *store; /* NULL: no records here */
};

static void
audit_fini(struct audit *audit)
{
	ent_store_free(audit->store);
	ent_arena_free(audit->arena);
}

static enum ent_status
audit_open(struct audit *audit, const char *home, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	if (home == NULL)
		return ent_fail(err, ENT_E_USAGE, "audit needs --home DIR: the node's home whose log is looked at");
	ENT_TRY(ent_arena_new(&audit->arena, ARENA_MAX, err));
	ENT_TRY(ent_home_read(&audit->home, audit->arena, home, err));
	ENT_TRY(ent_home_vkey(&audit->home, "access", audit->arena, ENT_NOTE_TYPE_ED25519, &audit->key, err));
	ENT_TRY(ent_path_join(audit->log_dir, sizeof(audit->log_dir), err, "%s/log/access", home));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/state/node.db", home));
	return ent_file_exists(path) ? ent_store_open_sqlite(&audit->store, path, err) : ENT_OK;
}

/* One entry with what the store still holds of it. */
struct seen {
	struct ent_access_doc access;
	struct ent_record_doc record;
	bool has_record;
	const char *problem; /* NULL, or what does not fit */
};

static bool
commits(const struct ent_hash *commitment, struct ent_view salt, struct ent_view record)
{
	const struct ent_view parts[] = { salt, record };
	struct ent_hash hash;

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	return ent_hash_eq(&hash, commitment);
}

/* A record may be gone (erased on purpose): then the entry says nothing. One that is there must be the one that was logged. */
static enum ent_status
look_up_record(struct audit *audit, struct ent_arena *arena, uint64_t index, struct seen *seen, struct ent_error *err)
{
	struct ent_record record;
	struct ent_error none = { 0 };
	struct ent_doc doc;

	if (audit->store == NULL)
		return ENT_OK;
	if (ent_store_record_get(audit->store, &record, arena, index, &none) != ENT_OK)
		return none.code == ENT_E_NOT_FOUND ? ENT_OK : ent_fail(err, none.code, "%s", none.text);
	if (!commits(&seen->access.record, record.full_salt, record.full) ||
	    !commits(&seen->access.short_record, record.brief_salt, record.brief)) {
		seen->problem = "the record that is kept is not the one that was logged";
		return ENT_OK;
	}
	seen->has_record = ent_doc_parse(&doc, arena, record.full, &none) == ENT_OK && doc.kind == ENT_DOC_RECORD;
	if (seen->has_record)
		seen->record = doc.record;
	else
		seen->problem = "the record that is kept cannot be read";
	return ENT_OK;
}

static enum ent_status
look_at(struct audit *audit, struct ent_arena *arena, uint64_t index, struct ent_view entry, struct seen *seen, struct ent_error *err)
{
	struct ent_error bad = { 0 };
	struct ent_doc doc;

	*seen = (struct seen){ 0 };
	if (ent_doc_parse(&doc, arena, entry, &bad) != ENT_OK || doc.kind != ENT_DOC_ACCESS || doc.access.index != index) {
		seen->problem = "the entry is no access entry of this index";
		return ENT_OK;
	}
	seen->access = doc.access;
	return look_up_record(audit, arena, index, seen, err);
}

/* ---- tail ---- */

struct tail {
	struct audit *audit;
	enum entente_format format;
	struct ent_buf *out;
	bool any;
};

static enum ent_status
tail_words(struct ent_buf *out, uint64_t index, const struct seen *seen, struct ent_error *err)
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
			ENT_TRY(ent_buf_printf(out, err, "    %.*s %.*s\n", ENT_FMT(r->reasons[i].code), ENT_FMT(r->reasons[i].cite)));
	}
	return ENT_OK;
}

static enum ent_status
tail_json(struct ent_buf *out, uint64_t index, const struct seen *seen, struct ent_error *err)
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
	struct seen seen;

	ENT_TRY(ent_arena_new(&arena, 4u << 20, err));
	ENT_TRY(look_at(tail->audit, arena, index, entry, &seen, err));
	tail->any = true;
	return tail->format == ENTENTE_JSON ? tail_json(tail->out, index, &seen, err) : tail_words(tail->out, index, &seen, err);
}

static enum ent_status
audit_tail(const char *home, size_t count, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(audit_fini))) struct audit audit = { 0 };
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(256u << 20);
	struct tail tail = { .audit = &audit, .format = format, .out = &out };
	uint64_t size;

	if (count > TAIL_MAX)
		return ent_fail(err, ENT_E_USAGE, "at most %d entries at a time", TAIL_MAX);
	ENT_TRY(audit_open(&audit, home, err));
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

/* ---- verify ---- */

struct verify {
	struct audit *audit;
	uint64_t counts[ENT_RESULT_SUMMARY + 1];
	uint64_t with_record;
};

static enum ent_status
verify_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct verify *verify = arg;
	ENT_AUTO(ent_arena) arena = NULL;
	struct seen seen;

	ENT_TRY(ent_arena_new(&arena, 4u << 20, err));
	ENT_TRY(look_at(verify->audit, arena, index, entry, &seen, err));
	if (seen.problem != NULL)
		return ent_fail(err, ENT_E_TAMPERED, "entry %llu of %s/access: %s", (unsigned long long)index, verify->audit->home.party,
		    seen.problem);
	verify->counts[seen.access.result]++;
	verify->with_record += seen.has_record;
	return ENT_OK;
}

static enum ent_status
verify_tree(struct audit *audit, uint64_t *size, struct ent_error *err)
{
	struct ent_log_fault fault = { 0 };
	struct ent_error found = { 0 };
	enum ent_status status = ent_log_dir_fsck(audit->log_dir, &audit->key, size, &fault, &found);

	if (status == ENT_OK)
		return ENT_OK;
	if (!fault.found)
		return ent_fail(err, found.code, "%s/access: %s", audit->home.party, found.text);
	if (fault.index != UINT64_MAX)
		return ent_fail(err, ENT_E_TAMPERED, "%s/access was tampered with at entry %llu: %s", audit->home.party,
		    (unsigned long long)fault.index, fault.what);
	return ent_fail(err, ENT_E_TAMPERED, "%s/access was tampered with: %s", audit->home.party, fault.what);
}

/* How many entries the head file says were signed: it stands apart from the log. 0 when this is not a node's whole home. */
static enum ent_status
read_head(struct audit *audit, uint64_t *size, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_checkpoint head;
	char path[ENT_PATH_MAX];

	*size = 0;
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/state/head.%s.access", audit->home.dir, audit->home.party));
	if (!ent_file_exists(path))
		return ENT_OK;
	ENT_TRY(ent_file_read(&note, path, ENT_NOTE_MAX, err));
	if (ent_checkpoint_open(&head, audit->arena, ent_buf_view(&note), &audit->key, err) != ENT_OK)
		return ent_error_context(err, "%s was tampered with", path);
	*size = head.size;
	return ENT_OK;
}

/*
 * A log that ends before its head was put back from an older copy. Between signing and publishing the head is ahead too, and
 * a crash may leave it so, but then the entries are on disk.
 */
static enum ent_status
check_head(const struct audit *audit, uint64_t head, uint64_t size, struct ent_error *err)
{
	char tile[ENT_TLOG_PATH_MAX], path[ENT_PATH_MAX];

	if (head <= size)
		return ENT_OK;
	ENT_TRY(ent_tlog_tile_path(tile, -1, (head - 1) / ENT_TLOG_TILE, (unsigned)(head % ENT_TLOG_TILE), err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s", audit->log_dir, tile));
	if (ent_file_exists(path))
		return ENT_OK;
	return ent_fail(err, ENT_E_TAMPERED, "%s/access has %llu entries, but %llu were signed (%s/state/head.%s.access): the log was put "
	    "back from an older copy, and the entries since are missing", audit->home.party, (unsigned long long)size,
	    (unsigned long long)head, audit->home.dir, audit->home.party);
}

static enum ent_status
verify_report(const struct verify *verify, uint64_t size, enum entente_format format, struct ent_buf *out, struct ent_error *err)
{
	const uint64_t *n = verify->counts;
	const char *words = "%s/access: %llu entries verified: %llu released, %llu refused, %llu sealed, %llu summaries; %llu records fit\n";
	const char *json = "{\"log\":\"%s/access\",\"entries\":%llu,\"released\":%llu,\"refused\":%llu,\"sealed\":%llu,\"summaries\":%llu,"
			   "\"records\":%llu}\n";

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of the two above */
	return ent_buf_printf(out, err, format == ENTENTE_JSON ? json : words, verify->audit->home.party, (unsigned long long)size,
	    (unsigned long long)n[ENT_RESULT_RELEASED], (unsigned long long)n[ENT_RESULT_REFUSED], (unsigned long long)n[ENT_RESULT_SEALED],
	    (unsigned long long)n[ENT_RESULT_SUMMARY], (unsigned long long)verify->with_record);
#pragma GCC diagnostic pop
}

static enum ent_status
audit_verify(const char *home, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(audit_fini))) struct audit audit = { 0 };
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(65536);
	struct verify verify = { .audit = &audit };
	uint64_t size = 0, head;

	ENT_TRY(audit_open(&audit, home, err));
	ENT_TRY(read_head(&audit, &head, err)); /* first, as the log may grow meanwhile */
	ENT_TRY(verify_tree(&audit, &size, err));
	ENT_TRY(ent_log_dir_open_read(&log, audit.log_dir, &audit.key, err));
	ENT_TRY(check_head(&audit, head, ent_log_dir_size(log), err));
	ENT_TRY(ent_log_dir_each(log, 0, verify_entry, &verify, err));
	ENT_TRY(verify_report(&verify, size, format, &out, err));
	return ent_give_text(text, format, &out, err);
}

enum entente_status
entente_audit_verify(const char *home, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, audit_verify(home, format, text, ENT_PUBLIC_ERR));
}
