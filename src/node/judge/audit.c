/*
 * The access log as the judge sees it: records (record/v1), the entries that commit to them (access/v1), one append for all
 * of a batch, the minute's summary of what could not be authenticated, and the limit on refusals (charter section 9).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/event.h"
#include "node/judge/judge.h"

#define ENT_LIMIT_REFUSALS_A_MINUTE 60u /* entries of one person */
#define ENT_LIMIT_REFUSED_PERSONS 1024u /* persons that are told apart within a minute */

enum {
	SUMMARY_S = 60,
	BATCH_ARENA_MAX = 64 << 20,
	RECORD_MAX = 65536,  /* bytes of a record: RELEASE's limit */
	ENTRY_MAX = 4096,
	WORD_MAX = 1024,     /* of the grammar */
	PERSON_MAX = 400,    /* <sub>@<party> */
};

/* The refusals of one person within the minute. */
struct refused {
	char person[PERSON_MAX];
	char party[PERSON_MAX];
	uint32_t entries;
	uint64_t more; /* over the limit: counted only */
};

struct ent_audit {
	uint64_t size; /* entries of the access log */
	struct ent_arena *arena;
	struct ent_audit_entry *entries[ENT_LIMIT_JUDGE_ENTRIES];
	size_t entry_count;
	struct ent_view checkpoint;
	uint64_t failures[ENT_REASON_COUNT];
	struct refused *refused; /* ENT_LIMIT_REFUSED_PERSONS + 1; the last is for everybody who found no room */
	size_t refused_count;
	int64_t minute_unix_s; /* when the counts began */
};

enum ent_status
ent_audit_new(struct ent_audit **out, struct ent_error *err)
{
	struct ent_audit *audit = calloc(1, sizeof(*audit));

	if (audit != NULL)
		audit->refused = calloc(ENT_LIMIT_REFUSED_PERSONS + 1, sizeof(*audit->refused));
	if (audit == NULL || audit->refused == NULL) {
		ent_audit_free(audit);
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the access log's book-keeping");
	}
	*out = audit;
	return ent_arena_new(&audit->arena, BATCH_ARENA_MAX, err);
}

void
ent_audit_free(struct ent_audit *audit)
{
	if (audit == NULL)
		return;
	ent_arena_free(audit->arena);
	free(audit->refused);
	free(audit);
}

enum ent_status
ent_audit_resume(struct ent_judge *judge, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_msg ask = { .type = ENT_MSG_LOG_HEAD, .log_head.log = 1 };
	struct ent_msg answer;

	ENT_TRY(ent_arena_new(&arena, ENT_IPC_ITEM_MAX, err));
	ENT_TRY(ent_channel_call(judge->logger, &ask, &answer, ENT_MSG_APPENDED, arena, err));
	judge->audit->size = answer.appended.size;
	return ENT_OK;
}

uint64_t
ent_audit_size(const struct ent_audit *audit)
{
	return audit->size;
}

bool
ent_audit_room(const struct ent_audit *audit, size_t entries)
{
	return audit->entry_count + entries <= ENT_LIMIT_JUDGE_ENTRIES;
}

void
ent_audit_clear(struct ent_audit *audit)
{
	struct ent_error err = { 0 };
	struct ent_arena *fresh = NULL;

	if (audit->entry_count == 0)
		return;
	audit->entry_count = 0;
	audit->checkpoint = ENT_VIEW_NONE;
	if (ent_arena_new(&fresh, BATCH_ARENA_MAX, &err) != ENT_OK)
		return; /* the old one goes on until its ceiling */
	ent_arena_free(audit->arena);
	audit->arena = fresh;
}

struct ent_view
ent_audit_checkpoint(const struct ent_audit *audit)
{
	return audit->checkpoint;
}

/* ---- refusals of one person ---- */

static struct refused *
refused_of(struct ent_audit *audit, struct ent_view person, struct ent_view party)
{
	struct refused *row;

	for (size_t i = 0; i < audit->refused_count; i++)
		if (ent_view_eq_str(person, audit->refused[i].person))
			return &audit->refused[i];
	if (audit->refused_count == ENT_LIMIT_REFUSED_PERSONS || person.len >= PERSON_MAX || party.len >= PERSON_MAX)
		return &audit->refused[ENT_LIMIT_REFUSED_PERSONS];
	row = &audit->refused[audit->refused_count++];
	snprintf(row->person, sizeof(row->person), "%.*s", ENT_FMT(person));
	snprintf(row->party, sizeof(row->party), "%.*s", ENT_FMT(party));
	return row;
}

static bool
over_the_limit(struct ent_audit *audit, const struct ent_record_doc *record)
{
	struct refused *row;

	if (record->result != ENT_RESULT_REFUSED || record->person.len == 0)
		return false;
	row = refused_of(audit, record->person, record->party);
	if (row->entries < ENT_LIMIT_REFUSALS_A_MINUTE) {
		row->entries++;
		return false;
	}
	row->more++;
	return true;
}

/* ---- records ---- */

static struct ent_view
or_dash(struct ent_view value)
{
	return value.len > 0 ? value : ENT_LIT("-");
}

static struct ent_view
none_if_dash(struct ent_view value)
{
	return ent_view_eq_str(value, "-") ? ENT_VIEW_NONE : value;
}

/* A word as the grammar wants it, out of something that a stranger may have chosen. */
static enum ent_status
as_word(struct ent_arena *arena, struct ent_view *out, struct ent_view text, struct ent_error *err)
{
	struct ent_view copy;
	uint8_t *bytes;

	ENT_TRY(ent_arena_dup(arena, &copy, ent_view_slice(or_dash(text), 0, WORD_MAX), err));
	bytes = (uint8_t *)(uintptr_t)copy.data; /* our own copy */
	for (size_t i = 0; i < copy.len; i++)
		if (bytes[i] <= ' ' || bytes[i] > '~')
			bytes[i] = '_';
	*out = copy;
	return ENT_OK;
}

enum ent_status
ent_audit_reasons(struct ent_record_doc *record, struct ent_arena *arena, const struct ent_reasons *reasons,
    struct ent_error *err)
{
	void *items;

	ENT_TRY(ent_arena_alloc(arena, &items, reasons->count + 1, sizeof(*record->reasons), err));
	record->reasons = items;
	record->reason_count = 0;
	for (size_t i = 0; i < reasons->count; i++) {
		struct ent_reason_line *line = &record->reasons[record->reason_count++];

		line->code = ent_view_str(ent_reason_row(reasons->items[i].code)->name);
		ENT_TRY(as_word(arena, &line->cite, ent_view_str(reasons->items[i].cite), err));
	}
	return ENT_OK;
}

void
ent_audit_event(const struct ent_call *call, const char *name, const struct ent_decision *decision, enum ent_result result)
{
	struct ent_event event;

	ent_event_begin(&event, name);
	ent_event_view(&event, "request_id", call->http.request_id);
	ent_event_view(&event, "person", decision->person);
	ent_event_view(&event, "project", decision->project);
	ent_event_view(&event, "file", decision->file);
	ent_event_str(&event, "result", ent_result_name(result));
	for (size_t i = 0; i < decision->reasons.count; i++) {
		const struct ent_reason *reason = &decision->reasons.items[i];

		if (ent_reason_row(reason->code)->blocks)
			ent_event_str(&event, ent_reason_row(reason->code)->name, reason->text);
	}
	ent_event_end(&event, STDERR_FILENO);
}

/* C-46, C-50: why its person was refused, as far as that is its own party's or its own file's matter; nothing about other members. */
bool
ent_audit_for_requester(enum ent_reason_code code)
{
	switch (code) {
	case ENT_R_PARTY_NOT_PARTICIPANT:
	case ENT_R_PARTNER_NONE:
	case ENT_R_PARTNER_CLOSED:
	case ENT_R_PARTNER_PROPOSED:
	case ENT_R_PARTNER_ENDED:
	case ENT_R_PARTNER_LAPSED:
	case ENT_R_PARTNER_LOG:
	case ENT_R_PARTY_WITHDRAWN:
	case ENT_R_STOPPED:
	case ENT_R_ACCREDITATION:
	case ENT_R_POLICY_MALFORMED:
	case ENT_R_POLICY_EMPTY:
	case ENT_R_SEAL_INVALID:
	case ENT_R_FILE_EXPIRED:
	case ENT_R_FILE_STOPPED:
	case ENT_R_FILE_TOO_OLD:
	case ENT_R_UNSEALED_PARTNER:
	case ENT_R_PERSON_STOPPED:
	case ENT_R_PERSON_PROJECT:
	case ENT_R_PERSON_CLEARANCE:
	case ENT_R_RELTO_COUNTRY:
	case ENT_R_RELTO_NATIONALITY:
	case ENT_R_DISSEM:
	case ENT_R_BINDING:
		return true;
	default:
		return false;
	}
}

static enum ent_status
shorten(struct ent_record_doc *out, const struct ent_record_doc *full, struct ent_arena *arena, struct ent_error *err)
{
	void *items;

	*out = (struct ent_record_doc){
		.request = full->request, .time_unix_s = full->time_unix_s, .result = full->result, .person = full->person,
		.file = full->file
	};
	ENT_TRY(ent_arena_alloc(arena, &items, full->reason_count + 1, sizeof(*out->reasons), err));
	out->reasons = items;
	for (size_t i = 0; i < full->reason_count; i++)
		if (ent_audit_for_requester(ent_reason_from_name(full->reasons[i].code)))
			out->reasons[out->reason_count++] = full->reasons[i];
	return ENT_OK;
}

static enum ent_status
print(struct ent_view *out, struct ent_arena *arena, const struct ent_doc *doc, size_t max, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(max);

	ENT_TRY(ent_doc_print(&text, doc, err));
	return ent_arena_dup(arena, out, ent_buf_view(&text), err);
}

/* What a stranger chose (names in a refused policy, say) must neither break the grammar nor keep a refusal out of the log. */
static enum ent_status
tidy(struct ent_record_doc *record, struct ent_arena *arena, struct ent_error *err)
{
	record->request = or_dash(record->request);
	record->party = or_dash(record->party);
	record->person = or_dash(record->person);
	record->project = ent_project_name_valid(record->project) ? record->project : ENT_LIT("-");
	record->originator = ent_name_valid(record->originator) ? record->originator : ENT_LIT("-");
	ENT_TRY(as_word(arena, &record->file, record->file, err));
	for (size_t i = 0; i < record->attribute_count; i++)
		ENT_TRY(as_word(arena, &record->attributes[i], record->attributes[i], err));
	ent_record_sort(record);
	return ENT_OK;
}

static void
commit_to(struct ent_hash *out, const uint8_t salt[32], struct ent_view text)
{
	struct ent_view parts[] = { ent_view_from(salt, 32), text };

	ent_sha256_parts(out, parts, ENT_COUNT(parts));
}

/* ---- entries ---- */

static enum ent_status
make_entry(struct ent_judge *judge, struct ent_audit_entry *entry, const struct ent_record_doc *record, struct ent_error *err)
{
	struct ent_arena *arena = judge->audit->arena;
	struct ent_doc full = { .kind = ENT_DOC_RECORD, .record = *record };
	struct ent_doc brief = { .kind = ENT_DOC_RECORD };
	struct ent_doc access = { .kind = ENT_DOC_ACCESS };

	full.record.full = true;
	full.record.time_unix_s = ent_judge_now(judge);
	full.record.software = ENT_LIT("ententd/" ENT_VERSION);
	ENT_TRY(tidy(&full.record, arena, err));
	ENT_TRY(shorten(&brief.record, &full.record, arena, err));
	ENT_TRY(print(&entry->full, arena, &full, RECORD_MAX, err));
	ENT_TRY(print(&entry->brief, arena, &brief, RECORD_MAX, err));
	ENT_TRY(ent_random(entry->full_salt, sizeof(entry->full_salt), err));
	ENT_TRY(ent_random(entry->brief_salt, sizeof(entry->brief_salt), err));
	access.access.index = entry->index;
	access.access.time_unix_s = full.record.time_unix_s;
	access.access.result = record->result;
	access.access.view = *ent_views_newest(judge->views);
	entry->request = none_if_dash(full.record.request);
	entry->file = none_if_dash(full.record.file);
	commit_to(&access.access.record, entry->full_salt, entry->full);
	commit_to(&access.access.short_record, entry->brief_salt, entry->brief);
	return print(&entry->text, arena, &access, ENTRY_MAX, err);
}

static enum ent_status
add_entry(struct ent_judge *judge, const struct ent_audit_entry **out, const struct ent_record_doc *record,
    struct ent_error *err)
{
	struct ent_audit *audit = judge->audit;
	struct ent_audit_entry *entry;
	void *memory;

	if (!ent_audit_room(audit, 1))
		return ent_fail(err, ENT_E_BUSY, "the batch holds %zu access entries", audit->entry_count);
	ENT_TRY(ent_arena_alloc(audit->arena, &memory, 1, sizeof(*entry), err));
	entry = memory;
	entry->index = audit->size + audit->entry_count;
	ENT_TRY(make_entry(judge, entry, record, err));
	audit->entries[audit->entry_count++] = entry;
	*out = entry;
	return ENT_OK;
}

enum ent_status
ent_audit_add(struct ent_judge *judge, const struct ent_audit_entry **out, const struct ent_record_doc *record,
    struct ent_error *err)
{
	*out = NULL;
	if (over_the_limit(judge->audit, record))
		return ENT_OK;
	return add_entry(judge, out, record, err);
}

enum ent_status
ent_audit_store(struct ent_judge *judge, struct ent_error *err)
{
	const struct ent_audit *audit = judge->audit;

	for (size_t i = 0; i < audit->entry_count; i++) {
		const struct ent_audit_entry *entry = audit->entries[i];
		struct ent_record record = {
			.index = entry->index,
			.full = entry->full,
			.full_salt = ent_view_from(entry->full_salt, sizeof(entry->full_salt)),
			.brief = entry->brief,
			.brief_salt = ent_view_from(entry->brief_salt, sizeof(entry->brief_salt)),
			.request = entry->request,
			.file = entry->file,
		};

		ENT_TRY(ent_store_record_put(judge->store, &record, err));
	}
	return ENT_OK;
}

static enum ent_status
take_proofs(struct ent_audit *audit, const struct ent_msg_appended *appended, struct ent_error *err)
{
	if (appended->first_index != audit->size || appended->proofs.count != audit->entry_count ||
	    appended->size != audit->size + audit->entry_count)
		return ent_fail(err, ENT_E_INTERNAL, "the logger appended at %llu (%zu proofs) where %llu was expected",
		    (unsigned long long)appended->first_index, appended->proofs.count, (unsigned long long)audit->size);
	for (size_t i = 0; i < audit->entry_count; i++)
		ENT_TRY(ent_arena_dup(audit->arena, &audit->entries[i]->proof, appended->proofs.items[i], err));
	ENT_TRY(ent_arena_dup(audit->arena, &audit->checkpoint, appended->checkpoint, err));
	for (size_t i = 0; i < audit->entry_count; i++)
		audit->entries[i]->logged = true;
	audit->size = appended->size;
	return ENT_OK;
}

static enum ent_status
append(struct ent_judge *judge, struct ent_error *err)
{
	struct ent_audit *audit = judge->audit;
	struct ent_view texts[ENT_LIMIT_JUDGE_ENTRIES];
	struct ent_msg ask = { .type = ENT_MSG_APPEND, .append = { .log = 1, .entries = { texts, audit->entry_count } } };
	struct ent_msg answer;

	for (size_t i = 0; i < audit->entry_count; i++)
		texts[i] = audit->entries[i]->text;
	ENT_TRY(ent_channel_call(judge->logger, &ask, &answer, ENT_MSG_APPENDED, audit->arena, err));
	return take_proofs(audit, &answer.appended, err);
}

enum ent_status
ent_audit_append(struct ent_judge *judge, struct ent_error *err)
{
	enum ent_status status;

	if (judge->audit->entry_count == 0)
		return ENT_OK;
	status = append(judge, err);
	/* Whatever went wrong, the log may have grown: ask. If that fails too, the next append is refused for its index. */
	if (status != ENT_OK)
		ENT_IGNORE(ent_audit_resume(judge, &(struct ent_error){ 0 }));
	return status;
}

/* ---- what could not be authenticated ---- */

void
ent_audit_count(struct ent_judge *judge, const struct ent_call *call, enum ent_reason_code code, const char *detail)
{
	struct ent_event event;

	judge->audit->failures[code]++;
	ent_event_begin(&event, "not-authenticated");
	ent_event_view(&event, "request_id", call->http.request_id);
	ent_event_view(&event, "path", ent_view_slice(call->http.path, 0, 256));
	ent_event_view(&event, "peer", call->http.peer);
	ent_event_str(&event, "reason", ent_reason_row(code)->name);
	ent_event_str(&event, "detail", detail);
	ent_event_end(&event, STDERR_FILENO);
}

static enum ent_status
count_line(struct ent_reason_line *line, struct ent_arena *arena, const char *code, uint64_t count, struct ent_error *err)
{
	const char *text;

	ENT_TRY(ent_arena_printf(arena, &text, err, "%llu", (unsigned long long)count));
	*line = (struct ent_reason_line){ ent_view_str(code), ent_view_str(text) };
	return ENT_OK;
}

static enum ent_status
add_summary(struct ent_judge *judge, struct ent_error *err)
{
	struct ent_audit *audit = judge->audit;
	struct ent_reason_line lines[ENT_REASON_COUNT];
	struct ent_record_doc record = { .result = ENT_RESULT_SUMMARY, .reasons = lines };
	const struct ent_audit_entry *entry;

	for (int code = 0; code < ENT_REASON_COUNT; code++)
		if (audit->failures[code] > 0)
			ENT_TRY(count_line(&lines[record.reason_count++], audit->arena,
			    ent_reason_row((enum ent_reason_code)code)->name, audit->failures[code], err));
	return record.reason_count > 0 ? add_entry(judge, &entry, &record, err) : ENT_OK;
}

/* "at most 60 a minute per person, then one with a count" */
static enum ent_status
add_more_refused(struct ent_judge *judge, const struct refused *row, struct ent_error *err)
{
	struct ent_reason_line line;
	struct ent_record_doc record = {
		.result = ENT_RESULT_REFUSED, .reasons = &line, .reason_count = 1, .person = ent_view_str(row->person),
		.party = ent_view_str(row->party)
	};
	const struct ent_audit_entry *entry;

	if (row->more == 0)
		return ENT_OK;
	ENT_TRY(count_line(&line, judge->audit->arena, "refused-more", row->more, err));
	return add_entry(judge, &entry, &record, err);
}

static enum ent_status
write_counts(struct ent_judge *judge, struct ent_error *err)
{
	struct ent_audit *audit = judge->audit;
	enum ent_status status;

	ENT_TRY(add_summary(judge, err));
	for (size_t i = 0; i < audit->refused_count; i++) {
		if (ent_audit_room(audit, 2))
			ENT_TRY(add_more_refused(judge, &audit->refused[i], err));
		else
			audit->refused[ENT_LIMIT_REFUSED_PERSONS].more += audit->refused[i].more;
	}
	ENT_TRY(add_more_refused(judge, &audit->refused[ENT_LIMIT_REFUSED_PERSONS], err));
	if (audit->entry_count == 0)
		return ENT_OK;
	ENT_TRY(ent_store_begin(judge->store, err));
	status = ent_audit_store(judge, err);
	if (status == ENT_OK)
		status = ent_store_commit(judge->store, err);
	else
		ent_store_rollback(judge->store);
	return status == ENT_OK ? ent_audit_append(judge, err) : status;
}

enum ent_status
ent_audit_flush(struct ent_judge *judge, bool due, struct ent_error *err)
{
	struct ent_audit *audit = judge->audit;
	int64_t now = ent_judge_now(judge);
	enum ent_status status;

	if (judge->mirror == NULL || (due && now >= audit->minute_unix_s && now - audit->minute_unix_s < SUMMARY_S))
		return ENT_OK;
	status = write_counts(judge, err);
	ent_audit_clear(audit);
	audit->minute_unix_s = now;
	if (status != ENT_OK)
		return status; /* the counts stay for the next minute's entry */
	memset(audit->failures, 0, sizeof(audit->failures));
	memset(audit->refused, 0, (ENT_LIMIT_REFUSED_PERSONS + 1) * sizeof(*audit->refused));
	audit->refused_count = 0;
	return ENT_OK;
}
