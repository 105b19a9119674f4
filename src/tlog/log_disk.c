#include "tlog/log_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_SUFFIX ".tmp" /* one writer, so one name is enough, and a crash leaves no pile of them */

/* What is in the file now, whatever we think we wrote. */
static enum ent_status
read_back(int fd, const char *path, struct ent_view bytes, struct ent_error *err)
{
	uint8_t chunk[8192];

	for (size_t at = 0; at < bytes.len; at += sizeof(chunk)) {
		struct ent_view want = ent_view_slice(bytes, at, sizeof(chunk));

		ENT_TRY(ent_fd_pread(fd, chunk, want.len, at, err));
		if (memcmp(chunk, want.data, want.len) != 0)
			return ent_fail(err, ENT_E_IO, "%s reads back other than it was written: check the disk", path);
	}
	return ENT_OK;
}

static enum ent_status
fill_temporary(const char *tmp, struct ent_view bytes, mode_t mode, bool durable, struct ent_error *err)
{
	ENT_AUTO_FD fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0 && errno == ENOENT)
		return ent_fail(err, ENT_E_NOT_FOUND, "cannot create %s: its folder does not exist", tmp);
	if (fd < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot create %s", tmp);
	ENT_TRY(ent_fd_write(fd, bytes, err));
	if (durable && fsync(fd) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot sync %s", tmp);
	return read_back(fd, tmp, bytes, err);
}

/* Whole under its name, or an error; the folder is not synced. */
static enum ent_status
put_file(const char *path, struct ent_view bytes, mode_t mode, bool durable, struct ent_error *err)
{
	char tmp[ENT_PATH_MAX];
	enum ent_status status;

	ENT_TRY(ent_path_join(tmp, sizeof(tmp), err, "%s" TEMPORARY_SUFFIX, path));
	status = fill_temporary(tmp, bytes, mode, durable, err);
	if (status != ENT_OK) {
		unlink(tmp); /* a full disk needs the room */
		return status;
	}
	if (rename(tmp, path) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot put %s in place", path);
	return ENT_OK;
}

/* Cut a path to its folder. False if it has none. */
static bool
cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return false;
	*slash = '\0';
	return true;
}

enum ent_status
ent_log_disk_sync_parent(const char *path, struct ent_error *err)
{
	char folder[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(folder, sizeof(folder), err, "%s", path));
	if (!cut_last(folder))
		return ent_dir_sync(path[0] == '/' ? "/" : ".", err);
	return ent_dir_sync(folder, err);
}

enum ent_status
ent_log_disk_replace(const char *path, struct ent_view bytes, mode_t mode, bool durable, struct ent_error *err)
{
	ENT_TRY(put_file(path, bytes, mode, durable, err));
	return durable ? ent_log_disk_sync_parent(path, err) : ENT_OK;
}

static enum ent_status
sync_folder(struct ent_log_disk *disk, int level, struct ent_error *err)
{
	char full[ENT_PATH_MAX];

	if (!disk->folders[level + 1].dirty)
		return ENT_OK;
	ENT_TRY(ent_path_join(full, sizeof(full), err, "%s/%s", disk->dir, disk->folders[level + 1].path));
	ENT_TRY(ent_dir_sync(full, err));
	disk->folders[level + 1].dirty = false;
	return ENT_OK;
}

/*
 * Make this the level's folder. Its ancestors are synced even if it was there: a process that died may have made it without.
 */
static enum ent_status
enter_folder(struct ent_log_disk *disk, int level, const char *folder, struct ent_error *err)
{
	char full[ENT_PATH_MAX];

	disk->folders[level + 1].dirty |= strcmp(disk->folders[level + 1].path, folder) == 0;
	if (strcmp(disk->folders[level + 1].path, folder) == 0)
		return ENT_OK;
	ENT_TRY(sync_folder(disk, level, err));
	ENT_TRY(ent_path_join(full, sizeof(full), err, "%s/%s", disk->dir, folder));
	ENT_TRY(ent_dir_make(full, 0755, err));
	while (strlen(full) > strlen(disk->dir) && cut_last(full))
		ENT_TRY(ent_dir_sync(full, err));
	ENT_TRY(ent_path_join(disk->folders[level + 1].path, ENT_TLOG_PATH_MAX, err, "%s", folder));
	disk->folders[level + 1].dirty = true;
	return ENT_OK;
}

enum ent_status
ent_log_disk_write(void *arg, int level, uint64_t n, unsigned width, struct ent_view bytes, struct ent_error *err)
{
	struct ent_log_disk *disk = arg;
	char path[ENT_TLOG_PATH_MAX], full[ENT_PATH_MAX];

	ENT_TRY(ent_tlog_tile_path(path, level, n, width, err));
	ENT_TRY(ent_path_join(full, sizeof(full), err, "%s/%s", disk->dir, path));
	cut_last(path);
	ENT_TRY(enter_folder(disk, level, path, err));
	return put_file(full, bytes, 0644, true, err);
}

enum ent_status
ent_log_disk_sync(struct ent_log_disk *disk, struct ent_error *err)
{
	for (int level = ENT_LOG_BUNDLES; level < ENT_LOG_LEVELS; level++)
		ENT_TRY(sync_folder(disk, level, err));
	return ENT_OK;
}

/* Bytes of the first width entries; SIZE_MAX if there are fewer. */
static size_t
bundle_prefix_len(struct ent_view bundle, unsigned width)
{
	size_t at = 0;

	for (unsigned i = 0; i < width; i++) {
		if (bundle.len - at < 2)
			return SIZE_MAX;
		at += 2 + ((size_t)bundle.data[at] << 8 | bundle.data[at + 1]);
		if (at > bundle.len)
			return SIZE_MAX;
	}
	return at;
}

static enum ent_status
read_one(const char *dir, int level, uint64_t n, unsigned file_width, unsigned width, struct ent_buf *out,
    struct ent_error *err)
{
	char path[ENT_TLOG_PATH_MAX], full[ENT_PATH_MAX];
	size_t before = out->len;
	struct ent_view got;
	size_t want, whole;

	ENT_TRY(ent_tlog_tile_path(path, level, n, file_width, err));
	ENT_TRY(ent_path_join(full, sizeof(full), err, "%s/%s", dir, path));
	ENT_TRY(ent_file_read(out, full, level < 0 ? ENT_TLOG_BUNDLE_MAX : ENT_TLOG_TILE * ENT_HASH_LEN, err));
	got = ent_view_slice(ent_buf_view(out), before, out->len);
	whole = level < 0 ? bundle_prefix_len(got, file_width) : (size_t)file_width * ENT_HASH_LEN;
	want = level < 0 ? bundle_prefix_len(got, width) : (size_t)width * ENT_HASH_LEN;
	if (got.len != whole)
		return ent_fail(err, ENT_E_FORMAT, "%s does not hold exactly %u %s", full, file_width, level < 0 ? "entries" : "hashes");
	out->len = before + want;
	return ENT_OK;
}

enum ent_status
ent_log_disk_read(const char *dir, int level, uint64_t n, unsigned width, struct ent_buf *out, struct ent_error *err)
{
	struct ent_error own = { 0 };
	enum ent_status status = read_one(dir, level, n, width, width, out, &own);

	if (status == ENT_E_NOT_FOUND && width < ENT_TLOG_TILE) {
		struct ent_error full_err = { 0 };

		/* When the full one is missing too, the partial one is what is missed. */
		if (read_one(dir, level, n, ENT_TLOG_TILE, width, out, &full_err) == ENT_OK)
			return ENT_OK;
		if (full_err.code != ENT_E_NOT_FOUND)
			return ent_fail(err, full_err.code, "%s", full_err.text);
	}
	return status == ENT_OK ? ENT_OK : ent_fail(err, status, "%s", own.text);
}

bool
ent_log_disk_blames_file(enum ent_status status)
{
	return status == ENT_E_NOT_FOUND || status == ENT_E_FORMAT || status == ENT_E_SYNTAX || status == ENT_E_LIMIT ||
	    status == ENT_E_INPUT; /* not a regular file */
}

enum ent_status
ent_log_disk_read_tile(const char *dir, int level, uint64_t n, unsigned width, struct ent_hash *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max((size_t)ENT_TLOG_TILE * ENT_HASH_LEN);

	ENT_TRY(ent_log_disk_read(dir, level, n, width, &bytes, err));
	memcpy(out, bytes.data, (size_t)width * ENT_HASH_LEN);
	return ENT_OK;
}

enum ent_status
ent_log_disk_root(const char *dir, uint64_t size, struct ent_hash *out, struct ent_error *err)
{
	struct ent_frontier frontier = { .size = size };
	struct ent_hash hashes[ENT_TLOG_TILE];

	for (int level = 0; level < ENT_LOG_LEVELS; level++) {
		uint64_t count = ent_log_level_count(level, size);
		unsigned width = (unsigned)(count % ENT_TLOG_TILE);

		if (width == 0)
			continue;
		ENT_TRY(ent_log_disk_read_tile(dir, level, count / ENT_TLOG_TILE, width, hashes, err));
		ent_log_frontier_from_edge(&frontier, level, hashes, width);
	}
	ent_frontier_root(&frontier, out);
	return ENT_OK;
}

static enum ent_status
check_leaf(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	const struct ent_log_tree *tree = arg;
	struct ent_hash leaf;

	ent_tlog_leaf_hash(&leaf, entry);
	if (!ent_hash_eq(&leaf, &tree->edges[0].hashes[index % ENT_TLOG_TILE]))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "entry %llu is not the one that the tree holds",
		    (unsigned long long)index);
	return ENT_OK;
}

enum ent_status
ent_log_disk_load(struct ent_log_tree *tree, const char *dir, uint64_t size, struct ent_error *err)
{
	uint64_t bundle = size / ENT_TLOG_TILE;
	unsigned width = (unsigned)(size % ENT_TLOG_TILE);

	if (size > ENT_TLOG_SIZE_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a log of %llu entries, limit 2^40", (unsigned long long)size);
	tree->frontier.size = size;
	for (int level = 0; level < ENT_LOG_LEVELS; level++) {
		struct ent_log_edge *edge = &tree->edges[level];
		uint64_t count = ent_log_level_count(level, size);

		edge->count = (unsigned)(count % ENT_TLOG_TILE);
		if (edge->count == 0)
			continue;
		ENT_TRY(ent_log_disk_read_tile(dir, level, count / ENT_TLOG_TILE, edge->count, edge->hashes, err));
		ent_log_frontier_from_edge(&tree->frontier, level, edge->hashes, edge->count);
	}
	ent_buf_clear(&tree->bundle);
	if (width == 0)
		return ENT_OK;
	ENT_TRY(ent_log_disk_read(dir, ENT_LOG_BUNDLES, bundle, width, &tree->bundle, err));
	return ent_tlog_bundle_parse(ent_buf_view(&tree->bundle), bundle * ENT_TLOG_TILE, width, check_leaf, tree, err);
}

static void
remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *at;

	if (folder == NULL)
		return;
	while ((at = readdir(folder)) != NULL)
		unlinkat(dirfd(folder), at->d_name, 0); /* "." and ".." are refused */
	closedir(folder);
	rmdir(path);
}

static void
prune_tile(const char *dir, int level, uint64_t n)
{
	char path[ENT_TLOG_PATH_MAX], full[ENT_PATH_MAX];

	/* Nothing depends on this room being freed, so nothing fails when it is not. */
	if (ent_tlog_tile_path(path, level, n, 0, NULL) == ENT_OK &&
	    ent_path_join(full, sizeof(full), NULL, "%s/%s.p", dir, path) == ENT_OK)
		remove_folder(full);
}

void
ent_log_disk_prune(const char *dir, uint64_t old_size, uint64_t new_size)
{
	for (int level = ENT_LOG_BUNDLES; level < ENT_LOG_LEVELS; level++) {
		uint64_t before = ent_log_level_count(level, old_size) / ENT_TLOG_TILE;
		uint64_t after = ent_log_level_count(level, new_size) / ENT_TLOG_TILE;

		if (after > before && before > 0)
			prune_tile(dir, level, before - 1);
		if (after > before + 1)
			prune_tile(dir, level, before);
	}
}
