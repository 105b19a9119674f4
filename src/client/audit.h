/* What the audit commands share: a node's home, its access log and records, and the copies of the other members'. Not installed. */
#ifndef ENT_CLIENT_AUDIT_H
#define ENT_CLIENT_AUDIT_H

#include "charter/reason.h"
#include "client/charter_io.h"
#include "store/store.h"
#include "tlog/log_dir.h"

#define ENT_AUDIT_COLUMNS 74 /* so that it can stand five columns in, as in the demonstration */

struct ent_audit_home {
	struct ent_arena *arena;
	struct ent_home home;
	struct ent_vkey key;
	char log_dir[ENT_PATH_MAX];
	struct ent_store *store;     /* NULL: no records here */
	struct ent_charter *charter; /* NULL until ent_audit_epoch */
};
ENT_MUST_USE enum ent_status ent_audit_home_open(struct ent_audit_home *audit, const char *home, struct ent_error *err);
void ent_audit_home_fini(struct ent_audit_home *audit);
/* The home's epoch, for the other members' keys; NULL when there is no charter in it yet. */
ENT_MUST_USE enum ent_status ent_audit_epoch(struct ent_audit_home *audit, const struct ent_epoch **out, struct ent_error *err);

/* One entry of the own log with what the store still holds of it. */
struct ent_audit_seen {
	struct ent_access_doc access;
	struct ent_record_doc record; /* the full one */
	struct ent_view text;         /* of it */
	bool has_record;
	const char *problem; /* NULL, or what does not fit */
};
ENT_MUST_USE enum ent_status ent_audit_look_at(struct ent_audit_home *audit, struct ent_arena *arena, uint64_t index, struct ent_view entry,
    struct ent_audit_seen *seen, struct ent_error *err);
/* As above, of entry `index` of the open log. */
ENT_MUST_USE enum ent_status ent_audit_look_up(struct ent_audit_home *audit, const struct ent_log_dir *log, struct ent_arena *arena,
    uint64_t index, struct ent_audit_seen *seen, struct ent_error *err);
bool ent_audit_commits(const struct ent_hash *commitment, struct ent_view salt, struct ent_view record);
/* The access entry in a text of the log. False: it is none of that index. */
bool ent_audit_parse_entry(struct ent_access_doc *out, struct ent_arena *arena, uint64_t index, struct ent_view text);

/* Another member's access log, as far as this home has followed it. */
struct ent_audit_peer {
	const struct ent_party *party;
	char dir[ENT_PATH_MAX];
	struct ent_log_dir *log;      /* NULL: nothing was followed yet */
	const char *broken;           /* NULL, or how the log contradicted itself */
	int64_t seen_unix_s;          /* when the copy was last known to be all of the log; 0: never */
};
ENT_MUST_USE enum ent_status ent_audit_peer_open(struct ent_audit_peer *peer, struct ent_audit_home *audit, const struct ent_party *party,
    struct ent_error *err);
void ent_audit_peer_fini(struct ent_audit_peer *peer);
/*
 * Does a received record fit the entry of the copy? *problem: NULL, or what does not fit; then *record is what it says, in the
 * arena.
 */
ENT_MUST_USE enum ent_status ent_audit_check_received(const struct ent_audit_peer *peer, const struct ent_received *received,
    struct ent_arena *arena, struct ent_record_doc *record, const char **problem, struct ent_error *err);

/* A reason of a record in words, "" for a code that this version does not know. */
const char *ent_audit_words(struct ent_view code);
/* text, folded at spaces, each line behind indent spaces; with a line end. The first line's indent stands already. */
ENT_MUST_USE enum ent_status ent_audit_fold(struct ent_buf *out, size_t indent, const char *text, struct ent_error *err);
/* A reason: words, code and citation, folded. */
ENT_MUST_USE enum ent_status ent_audit_reason(struct ent_buf *out, size_t indent, const struct ent_reason_line *reason, struct ent_error *err);
/* Did it speak against? Unknown codes did. */
bool ent_audit_blocks(const struct ent_reason_line *reason);
/* [{"code", "cite", "text"}]; a new reference */
json_t *ent_audit_reasons_json(const struct ent_record_doc *record, bool blocking_only);
json_t *ent_audit_text_json(struct ent_view text);
json_t *ent_audit_time_json(int64_t unix_s); /* null for 0 */

#endif
