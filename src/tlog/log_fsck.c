/* Is a log on disk what its checkpoint says? Everything is computed again from the entries. */
#include <stdio.h>

#include "tlog/log_dir.h"
#include "tlog/log_disk.h"

struct fsck {
	const char *dir;
	struct ent_log_tree *tree; /* as the entries read so far make it */
	struct ent_log_fault *fault;
};

/* Note the first fault. */
static enum ent_status
found(struct ent_log_fault *fault, uint64_t index, struct ent_error *err, const char *fmt, ...) ENT_PRINTF(4, 5);
static enum ent_status
found(struct ent_log_fault *fault, uint64_t index, struct ent_error *err, const char *fmt, ...)
{
	char text[sizeof(fault->what)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fault->found = true;
	fault->index = index;
	memcpy(fault->what, text, sizeof(text));
	return ent_fail(err, ENT_E_LOG_INCONSISTENT, "%s", text);
}

/* What a file that cannot be used means: a fault of the log, or a failure of ours. */
static enum ent_status
bad_file(struct fsck *fsck, uint64_t index, const struct ent_error *why, struct ent_error *err)
{
	if (ent_log_disk_blames_file(why->code))
		return found(fsck->fault, index, err, "from entry %llu on: %.180s", (unsigned long long)index, why->text);
	return ent_fail(err, why->code, "%s", why->text);
}

/* An ent_log_sink: the tile that the entries make, against the one on disk. */
static enum ent_status
compare_tile(void *arg, int level, uint64_t n, unsigned width, struct ent_view bytes, struct ent_error *err)
{
	struct fsck *fsck = arg;
	struct ent_hash on_disk[ENT_TLOG_TILE];
	struct ent_error own = { 0 };
	unsigned shift = level < 0 ? 0 : 8u * (unsigned)level;
	uint64_t first = n * ENT_TLOG_TILE << shift;

	if (level < 0)
		return ENT_OK; /* the bundle is where the entries come from */
	if (ent_log_disk_read_tile(fsck->dir, level, n, width, on_disk, &own) != ENT_OK)
		return bad_file(fsck, first, &own, err);
	for (unsigned i = 0; i < width; i++) {
		uint64_t index = (n * ENT_TLOG_TILE + i) << shift;

		if (memcmp(on_disk[i].bytes, bytes.data + (size_t)i * ENT_HASH_LEN, ENT_HASH_LEN) == 0)
			continue;
		if (level == 0)
			return found(fsck->fault, index, err, "entry %llu is not the one whose hash the tree holds",
			    (unsigned long long)index);
		return found(fsck->fault, index, err, "hash %u of tile %llu at level %d, over the entries from %llu on, is not "
		    "the one of the entries", i, (unsigned long long)n, level, (unsigned long long)index);
	}
	return ENT_OK;
}

static enum ent_status
add_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct fsck *fsck = arg;

	(void)index;
	return ent_log_tree_add(fsck->tree, entry, compare_tile, fsck, err);
}

/* Looks for the first entry of a bundle of wrong shape that is not what its tile says. */
struct search {
	struct ent_hash leaves[ENT_TLOG_TILE];
	uint64_t next;
};

static enum ent_status
compare_leaf(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct search *search = arg;
	struct ent_hash leaf;

	ent_tlog_leaf_hash(&leaf, entry);
	if (!ent_hash_eq(&leaf, &search->leaves[index % ENT_TLOG_TILE]))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "found");
	search->next = index + 1;
	return ENT_OK;
}

static uint64_t
first_wrong(const struct fsck *fsck, uint64_t first, unsigned width)
{
	ENT_AUTO_FINI(ent_buf) raw = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	struct search search = { .next = first };
	char path[ENT_TLOG_PATH_MAX], full[ENT_PATH_MAX];

	/* What cannot be read leaves the answer at the bundle's first entry. */
	if (ent_tlog_tile_path(path, ENT_LOG_BUNDLES, first / ENT_TLOG_TILE, width, NULL) == ENT_OK &&
	    ent_path_join(full, sizeof(full), NULL, "%s/%s", fsck->dir, path) == ENT_OK &&
	    ent_file_read(&raw, full, ENT_TLOG_BUNDLE_MAX, NULL) == ENT_OK &&
	    ent_log_disk_read_tile(fsck->dir, 0, first / ENT_TLOG_TILE, width, search.leaves, NULL) == ENT_OK)
		ENT_IGNORE(ent_tlog_bundle_parse(ent_buf_view(&raw), first, width, compare_leaf, &search, NULL));
	return search.next;
}

static enum ent_status
check_entries(struct fsck *fsck, uint64_t size, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) bundle = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);

	for (uint64_t first = 0; first < size; first += ENT_TLOG_TILE) {
		unsigned width = size - first < ENT_TLOG_TILE ? (unsigned)(size - first) : ENT_TLOG_TILE;
		struct ent_error own = { 0 };

		ent_buf_clear(&bundle);
		if (ent_log_disk_read(fsck->dir, ENT_LOG_BUNDLES, first / ENT_TLOG_TILE, width, &bundle, &own) != ENT_OK)
			return bad_file(fsck, own.code == ENT_E_FORMAT ? first_wrong(fsck, first, width) : first, &own, err);
		ENT_TRY(ent_tlog_bundle_parse(ent_buf_view(&bundle), first, width, add_entry, fsck, err));
	}
	return ent_log_tree_flush(fsck->tree, 0, compare_tile, fsck, err);
}

static enum ent_status
read_checkpoint(struct ent_checkpoint *out, struct ent_arena *arena, struct fsck *fsck, const struct ent_vkey *key,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error own = { 0 };
	struct ent_view kept;
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/checkpoint", fsck->dir));
	if (ent_file_read(&note, path, ENT_NOTE_MAX, &own) != ENT_OK)
		return bad_file(fsck, UINT64_MAX, &own, err);
	ENT_TRY(ent_arena_dup(arena, &kept, ent_buf_view(&note), err));
	if (ent_checkpoint_open(out, arena, kept, key, &own) == ENT_OK && out->size <= ENT_TLOG_SIZE_MAX)
		return ENT_OK;
	if (own.code == ENT_E_NO_MEMORY)
		return ent_fail(err, own.code, "%s", own.text);
	return found(fsck->fault, UINT64_MAX, err, "its checkpoint: %.200s", own.code ? own.text : "more than 2^40 entries");
}

enum ent_status
ent_log_dir_fsck(const char *dir, const struct ent_vkey *log_key, uint64_t *size, struct ent_log_fault *fault,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO(ent_log_tree) tree = NULL;
	struct fsck fsck = { .dir = dir, .fault = fault };
	struct ent_checkpoint cp;
	struct ent_hash root;

	*size = 0;
	*fault = (struct ent_log_fault){ .index = UINT64_MAX };
	ENT_TRY(ent_arena_new(&arena, 4 * (size_t)ENT_NOTE_MAX, err));
	ENT_TRY(ent_log_tree_new(&tree, err));
	fsck.tree = tree;
	ENT_TRY(read_checkpoint(&cp, arena, &fsck, log_key, err));
	*size = cp.size;
	ENT_TRY(check_entries(&fsck, cp.size, err));
	ent_frontier_root(&tree->frontier, &root);
	if (!ent_hash_eq(&root, &cp.root))
		return found(fault, UINT64_MAX, err, "entries and tiles agree, but the signed root of %llu entries is another: some of "
		    "them were replaced together with their tiles", (unsigned long long)cp.size);
	return ENT_OK;
}
