#include "tlog/log_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { ARENA_MAX = 2 * ENT_NOTE_MAX }; /* for the parts of one checkpoint note */

void
ent_log_dir_free(struct ent_log_dir *log)
{
	if (log == NULL)
		return;
	ent_log_tree_free(log->tree);
	ent_log_tree_free(log->next);
	ent_buf_fini(&log->note);
	ent_fd_close(log->lock_fd); /* and with it the lock */
	free(log);
}

static enum ent_status
new_log(struct ent_log_dir **out, const char *dir, const struct ent_vkey *key, struct ent_error *err)
{
	ENT_AUTO(ent_log_dir) log = calloc(1, sizeof(*log));

	if (log == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a log");
	log->lock_fd = -1;
	log->note = ent_buf_with_max(ENT_NOTE_MAX);
	log->key = *key;
	ENT_TRY(ent_path_join(log->dir, sizeof(log->dir), err, "%s", dir));
	ENT_TRY(ent_path_join(log->key_line, sizeof(log->key_line), err, "%.*s", ENT_FMT(key->line)));
	log->key.line = ent_view_str(log->key_line);
	log->key.name = ent_view_slice(log->key.line, 0, key->name.len);
	ENT_TRY(ent_log_tree_new(&log->tree, err));
	*out = ent_take(&log);
	return ENT_OK;
}

/* Size and root of a checkpoint note of this log. */
static enum ent_status
open_checkpoint(const struct ent_log_dir *log, struct ent_view note, uint64_t *size, struct ent_hash *root,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_checkpoint cp;

	ENT_TRY(ent_arena_new(&arena, ARENA_MAX, err));
	ENT_TRY(ent_checkpoint_open(&cp, arena, note, &log->key, err));
	*size = cp.size;
	*root = cp.root;
	return ENT_OK;
}

/* The file's bytes; an empty buffer when there is none. */
static enum ent_status
read_if_there(struct ent_buf *out, const char *path, struct ent_error *err)
{
	struct ent_error own = { 0 };
	enum ent_status status = ent_file_read(out, path, ENT_NOTE_MAX, &own);

	if (status == ENT_OK || status == ENT_E_NOT_FOUND)
		return ENT_OK;
	return ent_fail(err, status, "%s", own.text);
}

static enum ent_status
checkpoint_path(const struct ent_log_dir *log, char out[ENT_PATH_MAX], struct ent_error *err)
{
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/checkpoint", log->dir);
}

/* Not durable: the head file is, and open publishes from it. */
static enum ent_status
publish(const struct ent_log_dir *log, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(checkpoint_path(log, path, err));
	return ent_log_disk_replace(path, ent_buf_view(&log->note), 0644, false, err);
}

static enum ent_status
files_behind(const struct ent_log_dir *log, uint64_t size, const char *why, struct ent_error *err)
{
	return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the log in %s is not the one of %llu entries that its last signed "
	    "checkpoint names (%s): it signs nothing; restore its files from a mirror", log->dir, (unsigned long long)size, why);
}

/* The newest full tile of each level is below a hash that the root covers, so it must fold to it. */
static enum ent_status
check_last_full_tiles(const struct ent_log_dir *log, uint64_t size, struct ent_error *err)
{
	struct ent_hash hashes[ENT_TLOG_TILE], above[ENT_TLOG_TILE], root;

	for (int level = 0; level + 1 < ENT_LOG_LEVELS; level++) {
		uint64_t full = ent_log_level_count(level + 1, size);
		unsigned at = (unsigned)((full - 1) % ENT_TLOG_TILE);

		if (full == 0)
			return ENT_OK;
		ENT_TRY(ent_log_disk_read_tile(log->dir, level, full - 1, ENT_TLOG_TILE, hashes, err));
		ENT_TRY(ent_log_disk_read_tile(log->dir, level + 1, (full - 1) / ENT_TLOG_TILE, at + 1, above, err));
		ent_log_fold(&root, hashes, ENT_TLOG_TILE);
		if (!ent_hash_eq(&root, &above[at]))
			return ent_fail(err, ENT_E_LOG_INCONSISTENT, "tile %llu of level %d does not match the level above",
			    (unsigned long long)(full - 1), level);
	}
	return ENT_OK;
}

static enum ent_status
ignore_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	(void)arg;
	(void)index;
	(void)entry;
	(void)err;
	return ENT_OK;
}

static enum ent_status
load_and_check(struct ent_log_dir *log, uint64_t size, const struct ent_hash *want, struct ent_error *err)
{
	uint64_t full = size / ENT_TLOG_TILE * ENT_TLOG_TILE;
	struct ent_hash root;

	ENT_TRY(ent_log_disk_load(log->tree, log->dir, size, err));
	ent_frontier_root(&log->tree->frontier, &root);
	if (!ent_hash_eq(&root, want))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the root of its tiles is another");
	ENT_TRY(check_last_full_tiles(log, size, err));
	return full == 0 ? ENT_OK : ent_log_dir_walk(log, full - 1, full, ignore_entry, NULL, err);
}

/* Load the tree that log->note names. */
static enum ent_status
load(struct ent_log_dir *log, struct ent_error *err)
{
	struct ent_error own = { 0 };
	struct ent_hash root;
	uint64_t size;
	enum ent_status status;

	if (open_checkpoint(log, ent_buf_view(&log->note), &size, &root, err) != ENT_OK)
		return ent_error_context(err, "the checkpoint of the log in %s", log->dir);
	status = load_and_check(log, size, &root, &own);
	if (ent_log_disk_blames_file(status) || status == ENT_E_LOG_INCONSISTENT)
		return files_behind(log, size, own.text, err);
	return status == ENT_OK ? ENT_OK : ent_fail(err, status, "%s", own.text);
}

/* A published checkpoint that is newer than the head says that the head was rolled back: signing on would fork the log. */
static enum ent_status
check_published(const struct ent_log_dir *log, struct ent_view published, struct ent_error *err)
{
	struct ent_error ignored = { 0 };
	struct ent_hash root, ours;
	uint64_t size;

	if (log->note.len == 0)
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "%s has a checkpoint, but the head file %s is missing: the log signs "
		    "nothing; restore the head file or refill the log from a mirror", log->dir, log->head_path);
	if (open_checkpoint(log, published, &size, &root, &ignored) != ENT_OK)
		return ignored.code == ENT_E_NO_MEMORY ? ent_fail(err, ignored.code, "%s", ignored.text) : ENT_OK; /* torn */
	ent_log_dir_root(log, &ours);
	if (size > ent_log_dir_size(log) || (size == ent_log_dir_size(log) && !ent_hash_eq(&root, &ours)))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "%s has published a checkpoint of %llu entries, but the head file %s "
		    "names another of %llu: it was restored from a copy; the log signs nothing", log->dir,
		    (unsigned long long)size, log->head_path, (unsigned long long)ent_log_dir_size(log));
	return ENT_OK;
}

static enum ent_status
lock(struct ent_log_dir *log, struct ent_error *err)
{
	ENT_TRY(ent_dir_make(log->dir, 0755, err));
	ENT_TRY(ent_log_disk_sync_parent(log->dir, err));
	log->lock_fd = open(log->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log->lock_fd < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot open the folder %s", log->dir);
	if (flock(log->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return ENT_OK;
	if (errno == EWOULDBLOCK)
		return ent_fail(err, ENT_E_BUSY, "another process writes the log in %s", log->dir);
	return ent_fail_errno(err, ENT_E_IO, errno, "cannot lock the folder %s", log->dir);
}

enum ent_status
ent_log_dir_open(struct ent_log_dir **out, const char *dir, const char *head_path, const struct ent_vkey *log_key,
    struct ent_error *err)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) published = ent_buf_with_max(ENT_NOTE_MAX);
	char path[ENT_PATH_MAX];

	ENT_TRY(new_log(&log, dir, log_key, err));
	ENT_TRY(ent_path_join(log->head_path, sizeof(log->head_path), err, "%s", head_path));
	ENT_TRY(ent_log_tree_new(&log->next, err));
	ENT_TRY(lock(log, err));
	ENT_TRY(read_if_there(&log->note, log->head_path, err));
	if (log->note.len > 0)
		ENT_TRY(load(log, err));
	ENT_TRY(checkpoint_path(log, path, err));
	ENT_TRY(read_if_there(&published, path, err));
	if (published.len > 0)
		ENT_TRY(check_published(log, ent_buf_view(&published), err));
	if (!ent_view_eq(ent_buf_view(&published), ent_buf_view(&log->note)))
		ENT_TRY(publish(log, err));
	*out = ent_take(&log);
	return ENT_OK;
}

enum ent_status
ent_log_dir_open_read(struct ent_log_dir **out, const char *dir, const struct ent_vkey *log_key, struct ent_error *err)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	char path[ENT_PATH_MAX];

	ENT_TRY(new_log(&log, dir, log_key, err));
	ENT_TRY(checkpoint_path(log, path, err));
	ENT_TRY(ent_file_read(&log->note, path, ENT_NOTE_MAX, err));
	ENT_TRY(load(log, err));
	*out = ent_take(&log);
	return ENT_OK;
}

uint64_t
ent_log_dir_size(const struct ent_log_dir *log)
{
	return log->tree->frontier.size;
}

void
ent_log_dir_root(const struct ent_log_dir *log, struct ent_hash *out)
{
	ent_frontier_root(&log->tree->frontier, out);
}

struct ent_view
ent_log_dir_checkpoint(const struct ent_log_dir *log)
{
	return ent_buf_view(&log->note);
}

static enum ent_status
check_room(const struct ent_log_dir *log, const struct ent_view *entries, size_t count, struct ent_error *err)
{
	if (log->lock_fd < 0)
		return ent_fail(err, ENT_E_INPUT, "the log in %s was opened for reading", log->dir);
	if (count > ENT_TLOG_SIZE_MAX - ent_log_dir_size(log))
		return ent_fail(err, ENT_E_LIMIT, "the log in %s would have more than 2^40 entries", log->dir);
	for (size_t i = 0; i < count; i++)
		if (entries[i].len > ENT_TLOG_ENTRY_MAX)
			return ent_fail(err, ENT_E_LIMIT, "a log entry of %zu bytes, limit %d", entries[i].len, ENT_TLOG_ENTRY_MAX);
	return ENT_OK;
}

static enum ent_status
write_next(struct ent_log_dir *log, const struct ent_view *entries, size_t count, struct ent_error *err)
{
	ENT_TRY(ent_log_tree_copy(log->next, log->tree, err));
	for (size_t i = 0; i < count; i++)
		ENT_TRY(ent_log_tree_add(log->next, entries[i], ent_log_disk_write, &log->disk, err));
	ENT_TRY(ent_log_tree_flush(log->next, ent_log_dir_size(log), ent_log_disk_write, &log->disk, err));
	return ent_log_disk_sync(&log->disk, err);
}

static enum ent_status
check_on_disk(const struct ent_log_dir *log, struct ent_error *err)
{
	struct ent_hash root, on_disk;

	ent_frontier_root(&log->next->frontier, &root);
	ENT_TRY(ent_log_disk_root(log->dir, log->next->frontier.size, &on_disk, err));
	if (!ent_hash_eq(&root, &on_disk))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the tiles in %s read back other than they were written: nothing is "
		    "signed; check disk and memory", log->dir);
	return ENT_OK;
}

/* Build log->next from log->tree and the entries, on disk too, and prove to ourselves that the disk has it. */
static enum ent_status
integrate(struct ent_log_dir *log, const struct ent_view *entries, size_t count, struct ent_error *err)
{
	enum ent_status status;

	ENT_TRY(check_room(log, entries, count, err));
	log->taking = false;
	log->disk.dir = log->dir;
	status = write_next(log, entries, count, err);
	if (status != ENT_OK) {
		memset(&log->disk, 0, sizeof(log->disk)); /* what was synced and what was not is not known any more */
		return status;
	}
	return check_on_disk(log, err);
}

/* The head on disk must be the one that we remember: somebody who restored it, or a second owner, must not be overwritten. */
static enum ent_status
swap_head(const struct ent_log_dir *log, struct ent_view note, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) head = ent_buf_with_max(ENT_NOTE_MAX);

	ENT_TRY(read_if_there(&head, log->head_path, err));
	if (!ent_view_eq(ent_buf_view(&head), ent_buf_view(&log->note)))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the head file %s was changed behind this process: it signs nothing "
		    "more; find out who did it, then restart", log->head_path);
	return ent_log_disk_replace(log->head_path, note, 0600, true, err);
}

/* log->next, which is on disk, becomes the log; note is its checkpoint, moved from. */
static enum ent_status
commit(struct ent_log_dir *log, struct ent_buf *note, struct ent_error *err)
{
	struct ent_log_tree *old = log->tree;
	struct ent_buf old_note = log->note;

	ENT_TRY(swap_head(log, ent_buf_view(note), err));
	log->tree = log->next;
	log->next = old;
	log->note = *note;
	*note = old_note;
	if (publish(log, err) != ENT_OK)
		return ent_error_context(err, "the log is at %llu entries, but that is not published",
		    (unsigned long long)ent_log_dir_size(log));
	ent_log_disk_prune(log->dir, old->frontier.size, ent_log_dir_size(log));
	return ENT_OK;
}

static enum ent_status
check_signer(const struct ent_log_dir *log, const struct ent_signer *signer, struct ent_error *err)
{
	const struct ent_vkey *vkey = ent_signer_vkey(signer);

	if (!ent_view_eq(vkey->line, log->key.line))
		return ent_fail(err, ENT_E_INPUT, "the key %.*s does not sign the log %.*s", ENT_FMT(vkey->line),
		    ENT_FMT(log->key.line));
	return ENT_OK;
}

static enum ent_status
sign_next(const struct ent_log_dir *log, const struct ent_signer *signer, struct ent_buf *note, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_checkpoint cp = { .origin = log->key.name, .size = log->next->frontier.size };

	ent_frontier_root(&log->next->frontier, &cp.root);
	ENT_TRY(ent_checkpoint_print(&text, &cp, err));
	return ent_note_sign(note, ent_buf_view(&text), &signer, 1, err);
}

enum ent_status
ent_log_dir_append(struct ent_log_dir *log, const struct ent_signer *signer, const struct ent_view *entries, size_t count,
    uint64_t *first_index, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);

	*first_index = ent_log_dir_size(log);
	if (count == 0 && log->note.len > 0)
		return ENT_OK;
	ENT_TRY(check_signer(log, signer, err));
	ENT_TRY(integrate(log, entries, count, err));
	ENT_TRY(sign_next(log, signer, &note, err));
	return commit(log, &note, err);
}

/* The root that our tree has after these entries, before anything is written. */
static void
root_after(const struct ent_log_dir *log, const struct ent_view *entries, size_t count, struct ent_hash *out)
{
	struct ent_frontier frontier = log->tree->frontier;
	struct ent_hash leaf;

	for (size_t i = 0; i < count; i++) {
		ent_tlog_leaf_hash(&leaf, entries[i]);
		ent_frontier_add(&frontier, &leaf);
	}
	ent_frontier_root(&frontier, out);
}

static enum ent_status
check_continues(const struct ent_log_dir *log, uint64_t size, const struct ent_hash *root, const struct ent_view *entries,
    size_t count, struct ent_error *err)
{
	uint64_t ours = ent_log_dir_size(log);
	struct ent_hash reached;

	if (size > ours && count != size - ours)
		return ent_fail(err, ENT_E_INPUT, "a checkpoint of %llu entries needs %llu more, %zu were given",
		    (unsigned long long)size, (unsigned long long)(size - ours), count);
	root_after(log, entries, size > ours ? count : 0, &reached);
	if (!ent_hash_eq(&reached, root))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the checkpoint of %.*s with %llu entries does not continue the %llu "
		    "that we hold: keep both checkpoints, they are the evidence", ENT_FMT(log->key.name),
		    (unsigned long long)size, (unsigned long long)ours);
	return ENT_OK;
}

enum ent_status
ent_log_dir_follow(struct ent_log_dir *log, struct ent_view checkpoint_note, const struct ent_view *entries, size_t count,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_hash root;
	uint64_t size;

	ENT_TRY(open_checkpoint(log, checkpoint_note, &size, &root, err));
	if (size < ent_log_dir_size(log))
		return ENT_OK;
	ENT_TRY(check_continues(log, size, &root, entries, count, err));
	if (size == ent_log_dir_size(log) && log->note.len > 0)
		return ENT_OK;
	ENT_TRY(ent_buf_add(&note, checkpoint_note, err));
	ENT_TRY(integrate(log, entries, count, err));
	return commit(log, &note, err);
}

/* ---- following in parts ---- */

static enum ent_status
start_taking(struct ent_log_dir *log, struct ent_error *err)
{
	if (log->taking)
		return ENT_OK;
	ENT_TRY(ent_log_tree_copy(log->next, log->tree, err));
	log->disk.dir = log->dir;
	log->taking = true;
	return ENT_OK;
}

void
ent_log_dir_drop(struct ent_log_dir *log)
{
	log->taking = false; /* what full tiles it left on disk, no checkpoint names: the next ones overwrite them */
}

enum ent_status
ent_log_dir_take(struct ent_log_dir *log, struct ent_view entry, struct ent_error *err)
{
	enum ent_status status;

	ENT_TRY(check_room(log, &entry, 1, err));
	ENT_TRY(start_taking(log, err));
	status = ent_log_tree_add(log->next, entry, ent_log_disk_write, &log->disk, err);
	if (status != ENT_OK) {
		ent_log_dir_drop(log);
		memset(&log->disk, 0, sizeof(log->disk));
	}
	return status;
}

uint64_t
ent_log_dir_taken(const struct ent_log_dir *log)
{
	return log->taking ? log->next->frontier.size : ent_log_dir_size(log);
}

static enum ent_status
settle(struct ent_log_dir *log, struct ent_view checkpoint_note, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_hash root, reached;
	uint64_t size;

	ENT_TRY(open_checkpoint(log, checkpoint_note, &size, &root, err));
	if (size != log->next->frontier.size)
		return ent_fail(err, ENT_E_INPUT, "a checkpoint of %llu entries, %llu were taken", (unsigned long long)size,
		    (unsigned long long)log->next->frontier.size);
	ent_frontier_root(&log->next->frontier, &reached);
	if (!ent_hash_eq(&reached, &root))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the checkpoint of %.*s with %llu entries does not continue the %llu "
		    "that we hold with the entries that were served", ENT_FMT(log->key.name), (unsigned long long)size,
		    (unsigned long long)ent_log_dir_size(log));
	ENT_TRY(ent_buf_add(&note, checkpoint_note, err));
	ENT_TRY(ent_log_tree_flush(log->next, ent_log_dir_size(log), ent_log_disk_write, &log->disk, err));
	ENT_TRY(ent_log_disk_sync(&log->disk, err));
	ENT_TRY(check_on_disk(log, err));
	return commit(log, &note, err);
}

enum ent_status
ent_log_dir_settle(struct ent_log_dir *log, struct ent_view checkpoint_note, struct ent_error *err)
{
	enum ent_status status = start_taking(log, err);

	if (status == ENT_OK)
		status = settle(log, checkpoint_note, err);
	ent_log_dir_drop(log);
	if (status != ENT_OK)
		memset(&log->disk, 0, sizeof(log->disk));
	return status;
}
