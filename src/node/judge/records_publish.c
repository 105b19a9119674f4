/*
 * Publishing records: after their entry is in a signed checkpoint and what it releases has gone out, from the store. Nobody waits
 * for it: a few entries at a time between batches, and what a crash leaves unpublished is published at the next start. The
 * cursor moves only when the files are durable.
 */
#include <unistd.h>

#include "base/event.h"
#include "node/judge/records.h"

enum {
	GROUP_ENTRIES = 32,      /* published at a time: two files each at most */
	GAP_MS = 50,             /* between two groups: requests come first */
	RETRY_MS = 1000,         /* after a failure, doubled up to */
	RETRY_MAX_MS = 60000,
	OWED_MS = 10000,
	ENTRY_ARENA_MAX = 4 << 20,
	SEALED_MAX = 256 << 10
};

#define CURSOR "records.published"

struct group {
	struct ent_judge *judge;
	const struct ent_state *state;
	struct ent_record_files *files;
};

static enum ent_status
load_cursor(struct ent_judge *judge, struct ent_publisher *publisher, struct ent_error *err)
{
	if (publisher->loaded)
		return ENT_OK;
	ENT_TRY(ent_store_cursor_get(judge->store, &publisher->next, CURSOR, err));
	publisher->loaded = true;
	return ENT_OK;
}

static void
say_missing(uint64_t index, const char *why)
{
	struct ent_event event;

	ent_event_begin(&event, "record-not-published");
	ent_event_int(&event, "entry", (int64_t)index);
	ent_event_str(&event, "detail", why);
	ent_event_end(&event, STDERR_FILENO);
}

/* Seal one copy. *owed: its recipient is a member that has published no key yet. A partner without a key receives nothing. */
static enum ent_status
publish_copy(const struct group *group, const struct ent_record *record, const struct ent_record_copy *copy, bool *owed,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) sealed = ent_buf_with_max(SEALED_MAX);
	const struct ent_member_key *key = ent_state_kas_key(group->state, copy->party, ENT_KEY_EC_P256);

	*owed = key == NULL && ent_state_member(group->state, copy->party) != NULL;
	if (key == NULL)
		return ENT_OK;
	ENT_TRY(ent_record_seal(&sealed, group->judge->self, record, copy->full, key, err));
	return ent_record_files_add(group->files, copy->party, record->index, ent_buf_view(&sealed), err);
}

/* The record of an entry, and who receives something of it; none when it is not here any more. */
static enum ent_status
read_record(struct ent_judge *judge, struct ent_record *record, struct ent_record_copy copies[ENT_RECORD_COPIES], size_t *count,
    struct ent_arena *arena, uint64_t index, struct ent_error *err)
{
	struct ent_error own = { 0 };
	enum ent_status status = ent_store_record_get(judge->store, record, arena, index, &own);
	struct ent_doc doc;

	*count = 0;
	if (status == ENT_E_NOT_FOUND) {
		say_missing(index, "its record is not in the store: erased, or the store was put back from an older copy");
		return ENT_OK;
	}
	if (status != ENT_OK)
		return ent_fail(err, status, "%s", own.text);
	if (ent_doc_parse(&doc, arena, record->full, &own) != ENT_OK || doc.kind != ENT_DOC_RECORD) {
		say_missing(index, "its record in the store cannot be read");
		return ENT_OK;
	}
	*count = ent_record_recipients(copies, &doc.record, judge->self);
	return ENT_OK;
}

static enum ent_status
publish_entry(const struct group *group, uint64_t index, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_record_copy copies[ENT_RECORD_COPIES];
	struct ent_record record;
	size_t count;
	bool owed;

	ENT_TRY(ent_arena_new(&arena, ENTRY_ARENA_MAX, err));
	ENT_TRY(read_record(group->judge, &record, copies, &count, arena, index, err));
	for (size_t i = 0; i < count; i++) {
		ENT_TRY(publish_copy(group, &record, &copies[i], &owed, err));
		if (owed)
			ENT_TRY(ent_store_owed_add(group->judge->store, copies[i].party, index, err));
	}
	return ENT_OK;
}

/* The next entries, within a transaction. */
static enum ent_status
publish_entries(const struct group *group, uint64_t first, uint64_t end, struct ent_error *err)
{
	for (uint64_t index = first; index < end; index++)
		ENT_TRY(publish_entry(group, index, err));
	ENT_TRY(ent_record_files_commit(group->files, err));
	return ent_store_cursor_set(group->judge->store, CURSOR, end, err);
}

/* One that was owed to this member: its copy of that entry, and no other's. */
static enum ent_status
publish_owed_entry(const struct group *group, struct ent_view member, uint64_t index, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_record_copy copies[ENT_RECORD_COPIES];
	struct ent_record record;
	bool owed = false;
	size_t count;

	ENT_TRY(ent_arena_new(&arena, ENTRY_ARENA_MAX, err));
	ENT_TRY(read_record(group->judge, &record, copies, &count, arena, index, err));
	for (size_t i = 0; i < count; i++)
		if (ent_view_eq(copies[i].party, member))
			ENT_TRY(publish_copy(group, &record, &copies[i], &owed, err));
	return owed ? ENT_OK : ent_store_owed_remove(group->judge->store, member, index, err);
}

static enum ent_status
publish_owed(const struct group *group, struct ent_error *err)
{
	for (size_t i = 0; i < ent_state_member_count(group->state); i++) {
		struct ent_view member = ent_state_member_at(group->state, i)->party->name;
		uint64_t indexes[GROUP_ENTRIES];
		size_t count;

		if (ent_state_kas_key(group->state, member, ENT_KEY_EC_P256) == NULL)
			continue;
		ENT_TRY(ent_store_owed_list(group->judge->store, indexes, GROUP_ENTRIES, &count, member, err));
		for (size_t k = 0; k < count && ent_record_files_room(group->files, 1); k++)
			ENT_TRY(publish_owed_entry(group, member, indexes[k], err));
	}
	return ent_record_files_commit(group->files, err);
}

/* first == end: what is owed. */
static enum ent_status
publish_group(struct ent_judge *judge, uint64_t first, uint64_t end, struct ent_error *err)
{
	ENT_AUTO(ent_record_files) files = NULL;
	struct group group = { .judge = judge };
	enum ent_status status;

	ENT_TRY(ent_judge_state(judge, &group.state, err));
	ENT_TRY(ent_record_files_new(&files, judge->config->home, err));
	group.files = files;
	ENT_TRY(ent_store_begin(judge->store, err));
	status = first < end ? publish_entries(&group, first, end, err) : publish_owed(&group, err);
	if (status == ENT_OK)
		return ent_store_commit(judge->store, err);
	ent_store_rollback(judge->store);
	return status;
}

static enum ent_status
publish_next(struct ent_judge *judge, struct ent_publisher *publisher, struct ent_error *err)
{
	const uint64_t size = ent_audit_size(judge->audit);
	const uint64_t end = size - publisher->next > GROUP_ENTRIES ? publisher->next + GROUP_ENTRIES : size;

	ENT_TRY(publish_group(judge, publisher->next, end, err));
	publisher->next = end;
	return ENT_OK;
}

static enum ent_status
work(struct ent_judge *judge, struct ent_publisher *publisher, int64_t now, struct ent_error *err)
{
	ENT_TRY(load_cursor(judge, publisher, err));
	if (publisher->next > ent_audit_size(judge->audit)) /* the store is of a longer log than this one */
		publisher->next = ent_audit_size(judge->audit);
	if (publisher->next < ent_audit_size(judge->audit))
		return publish_next(judge, publisher, err);
	if (now < publisher->owed_mono_ms)
		return ENT_OK;
	publisher->owed_mono_ms = now + OWED_MS;
	return publish_group(judge, 0, 0, err);
}

static int64_t
retry_ms(unsigned failures)
{
	const int64_t wait = (int64_t)RETRY_MS << (failures < 8 ? failures : 8);

	return wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS;
}

void
ent_publisher_tick(struct ent_judge *judge, struct ent_publisher *publisher)
{
	const int64_t now = ent_clock_mono_ms();
	struct ent_error err = { 0 };

	if (now < publisher->due_mono_ms)
		return;
	if (work(judge, publisher, now, &err) == ENT_OK) {
		publisher->failures = 0;
		publisher->due_mono_ms = ent_clock_mono_ms() + GAP_MS;
		return;
	}
	if (publisher->failures == 0)
		ent_event_failure("records-not-published", &err); /* said once; they stay in the store and are tried again */
	publisher->due_mono_ms = ent_clock_mono_ms() + retry_ms(publisher->failures++);
}

int64_t
ent_publisher_wait_ms(const struct ent_judge *judge, const struct ent_publisher *publisher)
{
	const int64_t now = ent_clock_mono_ms();
	const bool idle = publisher->loaded && publisher->next == ent_audit_size(judge->audit);
	int64_t wait = (idle ? publisher->owed_mono_ms : publisher->due_mono_ms) - now;

	if (publisher->due_mono_ms - now > wait)
		wait = publisher->due_mono_ms - now;
	return wait > 0 ? wait : 0;
}
