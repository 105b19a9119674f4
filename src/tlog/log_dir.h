/*
 * A tile log on disk: <dir>/checkpoint, <dir>/tile/..., and a head file elsewhere that is compared and swapped.
 * The owner's log (with a signer) and a mirror of somebody else's (without) are the same folder layout and the same code.
 *
 * Durability: entries and tiles are written and synced, then the checkpoint is signed and kept in the head file, then the
 * published checkpoint is replaced. Before each signature the root is recomputed from the right-edge tiles as read back.
 * Full tiles are never rewritten. A log whose files are behind its head signs nothing (ENT_E_LOG_INCONSISTENT).
 */
#ifndef ENT_TLOG_LOG_DIR_H
#define ENT_TLOG_LOG_DIR_H

#include "tlog/tlog.h"

struct ent_log_dir;
void ent_log_dir_free(struct ent_log_dir *log);
ENT_DEFINE_AUTO(ent_log_dir)

/*
 * Open or create, for writing; one process at a time (ENT_E_BUSY). head_path: `state/head.<log>`, its folder must exist.
 * The log key's name is the origin; its type is Ed25519. Verifies head, checkpoint and right edge:
 *   head names more than the files hold, files without a head, or a published checkpoint newer than the head
 *                                                       -> ENT_E_LOG_INCONSISTENT: refill from the mirrors first
 *   files hold more than the head names (a crash)       -> what no checkpoint named is overwritten by the next append
 *   published checkpoint missing, older or torn         -> published again from the head
 */
ENT_MUST_USE enum ent_status ent_log_dir_open(struct ent_log_dir **out, const char *dir, const char *head_path,
    const struct ent_vkey *log_key, struct ent_error *err);

/*
 * Open for reading what is published, while its owner may be writing: no lock, no head, nothing is written.
 * The log stays as it was published at that moment. ENT_E_NOT_FOUND when nothing has been published.
 */
ENT_MUST_USE enum ent_status ent_log_dir_open_read(struct ent_log_dir **out, const char *dir, const struct ent_vkey *log_key,
    struct ent_error *err);

uint64_t ent_log_dir_size(const struct ent_log_dir *log);
void ent_log_dir_root(const struct ent_log_dir *log, struct ent_hash *out);
struct ent_view ent_log_dir_checkpoint(const struct ent_log_dir *log); /* the signed note; empty when size 0 and never signed. Borrowed until the next change. */

/*
 * Owner: append entries (all or none are in the next checkpoint), integrate, sign, publish. *first_index is the first one's.
 * One call is one set of syncs, however many entries. No entries: signs the empty log if nothing was ever signed.
 * When only publishing failed, the entries are in the log (ent_log_dir_size says so) and the next append publishes them.
 */
ENT_MUST_USE enum ent_status ent_log_dir_append(struct ent_log_dir *log, const struct ent_signer *signer,
    const struct ent_view *entries, size_t count, uint64_t *first_index, struct ent_error *err);

/*
 * Mirror: a newer signed checkpoint and the entries from our size on. The new root must follow from ours plus the entries
 * (that is the consistency proof). ENT_E_LOG_INCONSISTENT when not: nothing changes then. A smaller checkpoint is ignored
 * (ENT_OK); one of equal size and another root is ENT_E_LOG_INCONSISTENT. count must be the difference of the sizes.
 */
ENT_MUST_USE enum ent_status ent_log_dir_follow(struct ent_log_dir *log, struct ent_view checkpoint_note,
    const struct ent_view *entries, size_t count, struct ent_error *err);

/*
 * Mirror of a log that may be long: the same in parts, in memory that does not grow with it. Entries are taken one by one
 * from our size on; then a checkpoint that names exactly these settles them (ENT_E_LOG_INCONSISTENT if it does not). Before
 * that nothing counts. A failure, ent_log_dir_drop(), append, follow and a restart forget what was taken.
 */
ENT_MUST_USE enum ent_status ent_log_dir_take(struct ent_log_dir *log, struct ent_view entry, struct ent_error *err);
uint64_t ent_log_dir_taken(const struct ent_log_dir *log); /* our size, with what was taken */
ENT_MUST_USE enum ent_status ent_log_dir_settle(struct ent_log_dir *log, struct ent_view checkpoint_note, struct ent_error *err);
void ent_log_dir_drop(struct ent_log_dir *log);

/* The root of the first `size` entries, from our tiles: what a checkpoint of that size must name. ENT_E_NOT_FOUND beyond ours. */
ENT_MUST_USE enum ent_status ent_log_dir_root_at(const struct ent_log_dir *log, uint64_t size, struct ent_hash *out,
    struct ent_error *err);

/* Copy entry index into out (appended). ENT_E_NOT_FOUND beyond the size. */
ENT_MUST_USE enum ent_status ent_log_dir_entry(const struct ent_log_dir *log, uint64_t index, struct ent_buf *out, struct ent_error *err);
/*
 * Call fn for entries first..size-1 in order. The view is valid during the call; fn must not change the log. Each entry is
 * checked against its hash in the tree: ENT_E_LOG_INCONSISTENT if it is another one. fn's failure ends the walk.
 */
ENT_MUST_USE enum ent_status ent_log_dir_each(const struct ent_log_dir *log, uint64_t first, ent_tlog_entry_fn fn, void *arg, struct ent_error *err);
/* Inclusion proof of index in the tree of the current checkpoint, from tiles, and checked. ENT_E_NOT_FOUND beyond the size. */
ENT_MUST_USE enum ent_status ent_log_dir_prove(const struct ent_log_dir *log, uint64_t index, struct ent_tlog_proof *out, struct ent_error *err);

struct ent_log_fault {
	bool found;
	uint64_t index; /* first entry that is not what the tree says; UINT64_MAX if not attributable to one */
	char what[256];
};
/*
 * Recompute everything: every entry's leaf hash against level-0 tiles, all tiles, root against the checkpoint, signature.
 * A log that is not what its checkpoint says is ENT_E_LOG_INCONSISTENT, and fault names the entry; *size is what the
 * checkpoint claims, 0 if it cannot be read. Memory does not grow with the log.
 */
ENT_MUST_USE enum ent_status ent_log_dir_fsck(const char *dir, const struct ent_vkey *log_key, uint64_t *size,
    struct ent_log_fault *fault, struct ent_error *err);

#endif
