/* Inside of src/tlog: the files of a log, written so that after a power failure each is whole or not there. */
#ifndef ENT_TLOG_LOG_DISK_H
#define ENT_TLOG_LOG_DISK_H

#include "base/file.h"
#include "tlog/log_tree.h"

/*
 * Where files are being written: for each level the folder of the last file, and whether it is still to be synced.
 * Kept from one append to the next, so that a folder's ancestors are synced once; cleared after any failure.
 */
struct ent_log_disk {
	const char *dir; /* borrowed */
	struct {
		char path[ENT_TLOG_PATH_MAX]; /* relative; empty before the first */
		bool dirty;
	} folders[ENT_LOG_LEVELS + 1];
};

/* An ent_log_sink: write a tile or bundle (temporary, sync, read back and compare, rename). arg is a struct ent_log_disk. */
ENT_MUST_USE enum ent_status ent_log_disk_write(void *arg, int level, uint64_t n, unsigned width, struct ent_view bytes,
    struct ent_error *err);
/* Sync the folders of what was written. */
ENT_MUST_USE enum ent_status ent_log_disk_sync(struct ent_log_disk *disk, struct ent_error *err);
/* Sync the folder that path is in. */
ENT_MUST_USE enum ent_status ent_log_disk_sync_parent(const char *path, struct ent_error *err);
/* Replace a small file by way of "<path>.tmp"; durable: it and its folder are synced. */
ENT_MUST_USE enum ent_status ent_log_disk_replace(const char *path, struct ent_view bytes, mode_t mode, bool durable,
    struct ent_error *err);

/*
 * Append the first width hashes of tile n (or entries of bundle n) to out. A partial that is gone is taken from the full
 * file, as tlog-tiles lets a log drop partials then. ENT_E_NOT_FOUND, ENT_E_FORMAT for a file of the wrong shape.
 */
ENT_MUST_USE enum ent_status ent_log_disk_read(const char *dir, int level, uint64_t n, unsigned width, struct ent_buf *out,
    struct ent_error *err);
/* Does this status of a read say that the file is missing or of the wrong shape, and not that reading failed? */
bool ent_log_disk_blames_file(enum ent_status status);
ENT_MUST_USE enum ent_status ent_log_disk_read_tile(const char *dir, int level, uint64_t n, unsigned width,
    struct ent_hash *out, struct ent_error *err);

/* The root of the tree of that size, from its right-edge tiles on disk. */
ENT_MUST_USE enum ent_status ent_log_disk_root(const char *dir, uint64_t size, struct ent_hash *out, struct ent_error *err);
/* The right edge of the tree of that size, last bundle included; every entry of it is checked against its hash. */
ENT_MUST_USE enum ent_status ent_log_disk_load(struct ent_log_tree *tree, const char *dir, uint64_t size, struct ent_error *err);

/*
 * Drop the partial files of tiles that are full, but for the last full one of each level, whose partials somebody with the
 * checkpoint before may just be fetching. Without this 255 copies of each bundle would stay for ever.
 */
void ent_log_disk_prune(const char *dir, uint64_t old_size, uint64_t new_size);

#endif
