/* Inside of the judge: what the records_*.c files share. */
#ifndef ENT_NODE_JUDGE_RECORDS_H
#define ENT_NODE_JUDGE_RECORDS_H

#include "node/judge/judge.h"
#include "sync/access.h"

#define ENT_RECORDS_PER_LIST 4096u /* indexes that log/records/<recipient>/list/<k> may hold: 4096 k to 4096 k + 4095 */
#define ENT_LIMIT_RECORDS_LIST (ENT_RECORDS_PER_LIST * 21u) /* bytes of such a list */

/* ---- records_list.c: the list's text: indexes in decimal, one a line, ascending ---- */

/* marks[i]: index 4096 k + i is there. ENT_E_SYNTAX for what print would not have written. */
ENT_MUST_USE enum ent_status ent_record_list_parse(bool marks[ENT_RECORDS_PER_LIST], uint64_t k, struct ent_view text, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_record_list_print(struct ent_buf *out, const bool marks[ENT_RECORDS_PER_LIST], uint64_t k, struct ent_error *err);

/* ---- records_files.c: sealed records on disk, several at once ---- */

#define ENT_LIMIT_RECORD_FILES 64 /* of one group */
struct ent_record_files;
ENT_MUST_USE enum ent_status ent_record_files_new(struct ent_record_files **out, const char *home, struct ent_error *err);
/* What was not committed is removed. */
void ent_record_files_free(struct ent_record_files *files);
ENT_DEFINE_AUTO(ent_record_files)
bool ent_record_files_room(const struct ent_record_files *files, size_t count);
/* Write one, not yet under its name. */
ENT_MUST_USE enum ent_status ent_record_files_add(struct ent_record_files *files, struct ent_view party, uint64_t index,
    struct ent_view sealed, struct ent_error *err);
/* Sync all, then give them their names, then list them: a list names nothing that is not there. Durable when it returns. */
ENT_MUST_USE enum ent_status ent_record_files_commit(struct ent_record_files *files, struct ent_error *err);

/* ---- records_seal.c: what goes to whom ---- */

struct ent_record_copy {
	struct ent_view party;
	bool full; /* else the short one */
};
#define ENT_RECORD_COPIES 2
/* Who receives something of this full record of self's log (C-75): none, one or two. */
size_t ent_record_recipients(struct ent_record_copy out[ENT_RECORD_COPIES], const struct ent_record_doc *record, struct ent_view self);
/* {"log", "index", "kind", "salt", "record"}, sealed to that key. Appends a compact JWE. */
ENT_MUST_USE enum ent_status ent_record_seal(struct ent_buf *out, struct ent_view self, const struct ent_record *record, bool full,
    const struct ent_member_key *to, struct ent_error *err);

/* ---- records_check.c: what another member disclosed ---- */

/*
 * Is this payload the record that entry `index` of member's access log commits to, and is it for self (C-75)? *out's views are in
 * the arena or the payload. ENT_E_REFUSED and others say why not.
 */
ENT_MUST_USE enum ent_status ent_record_check(struct ent_received *out, struct ent_arena *arena, struct ent_view payload,
    struct ent_view member, const struct ent_access_doc *entry, struct ent_view self, struct ent_error *err);

/* ---- records_publish.c ---- */

struct ent_publisher {
	bool loaded;         /* the cursor was read from the store */
	uint64_t next;       /* entries before it are published, or owed */
	int64_t due_mono_ms;
	int64_t owed_mono_ms; /* when what is owed is looked at again */
	unsigned failures;   /* in a row */
};
void ent_publisher_tick(struct ent_judge *judge, struct ent_publisher *publisher);
int64_t ent_publisher_wait_ms(const struct ent_judge *judge, const struct ent_publisher *publisher);

/* ---- records_pull.c ---- */

struct ent_collector;
ENT_MUST_USE enum ent_status ent_collector_new(struct ent_collector **out, struct ent_judge *judge, struct ent_error *err);
void ent_collector_free(struct ent_collector *collector);
void ent_collector_tick(struct ent_judge *judge, struct ent_collector *collector);
void ent_collector_fetched(struct ent_judge *judge, struct ent_collector *collector, const struct ent_msg_fetched *fetched);
int64_t ent_collector_wait_ms(const struct ent_collector *collector);

#endif
