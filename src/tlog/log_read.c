/* Proofs and entries of an open log. */
#include "tlog/log_state.h"

/* One tile read from disk, kept for the next look at it. */
struct tile_slot {
	int level; /* -1: empty */
	uint64_t n;
	struct ent_hash hashes[ENT_TLOG_TILE];
};

/* Hashes of tile n of a level: our own edge, or from disk. */
static enum ent_status
get_tile(const struct ent_log_dir *log, int level, uint64_t n, struct tile_slot *slot, const struct ent_hash **out,
    struct ent_error *err)
{
	if (n == ent_log_level_count(level, ent_log_dir_size(log)) / ENT_TLOG_TILE) {
		*out = log->tree->edges[level].hashes;
		return ENT_OK;
	}
	if (slot->level != level || slot->n != n) {
		slot->level = -1;
		ENT_TRY(ent_log_disk_read_tile(log->dir, level, n, ENT_TLOG_TILE, slot->hashes, err));
		slot->level = level;
		slot->n = n;
	}
	*out = slot->hashes;
	return ENT_OK;
}

/* Root of the perfect subtree of 2^height entries that starts at first. */
static enum ent_status
subtree_root(const struct ent_log_dir *log, unsigned height, uint64_t first, struct tile_slot *slot, struct ent_hash *out,
    struct ent_error *err)
{
	int level = (int)(height / 8);
	uint64_t at = ent_log_level_count(level, first); /* index among the hashes of the level */
	const struct ent_hash *hashes;

	ENT_TRY(get_tile(log, level, at / ENT_TLOG_TILE, slot, &hashes, err));
	ent_log_fold(out, hashes + at % ENT_TLOG_TILE, 1u << height % 8);
	return ENT_OK;
}

/* RFC 6962 2.1, MTH(D[first:end]); first is a multiple of the largest power of two below end - first. */
static enum ent_status
range_root(const struct ent_log_dir *log, uint64_t first, uint64_t end, struct tile_slot *slot, struct ent_hash *out,
    struct ent_error *err)
{
	bool have = false;

	/* Perfect subtrees from the right, smallest first. */
	for (unsigned height = 0; end > first; height++) {
		struct ent_hash part;

		if (((end - first) >> height & 1) == 0)
			continue;
		end -= (uint64_t)1 << height;
		ENT_TRY(subtree_root(log, height, end, slot, &part, err));
		if (have)
			ent_tlog_node_hash(out, &part, out);
		else
			*out = part;
		have = true;
	}
	return ENT_OK;
}

/* RFC 6962 2.1.1, PATH(index, D[size]): from the root down, so the hashes come in the reverse order. */
static enum ent_status
path_down(const struct ent_log_dir *log, uint64_t index, struct tile_slot *slot, struct ent_tlog_proof *down,
    struct ent_error *err)
{
	uint64_t first = 0, end = ent_log_dir_size(log);

	down->count = 0;
	while (end - first > 1) {
		uint64_t half = (uint64_t)1 << (63 - __builtin_clzll(end - first - 1));
		struct ent_hash *sibling = &down->hashes[down->count++];

		if (index < first + half) {
			ENT_TRY(range_root(log, first + half, end, slot, sibling, err));
			end = first + half;
		} else {
			ENT_TRY(range_root(log, first, first + half, slot, sibling, err));
			first += half;
		}
	}
	return ENT_OK;
}

static enum ent_status
not_in_log(const struct ent_log_dir *log, uint64_t index, struct ent_error *err)
{
	return ent_fail(err, ENT_E_NOT_FOUND, "the log %.*s has %llu entries, there is no entry %llu", ENT_FMT(log->key.name),
	    (unsigned long long)ent_log_dir_size(log), (unsigned long long)index);
}

enum ent_status
ent_log_dir_prove(const struct ent_log_dir *log, uint64_t index, struct ent_tlog_proof *out, struct ent_error *err)
{
	struct tile_slot slot = { .level = -1 };
	struct ent_hash leaf, root;
	struct ent_tlog_proof down;

	if (index >= ent_log_dir_size(log))
		return not_in_log(log, index, err);
	ENT_TRY(path_down(log, index, &slot, &down, err));
	out->count = down.count;
	for (size_t i = 0; i < down.count; i++)
		out->hashes[i] = down.hashes[down.count - 1 - i];
	/* A flipped bit in a tile must be found here and not by whoever gets the receipt. */
	ENT_TRY(subtree_root(log, 0, index, &slot, &leaf, err));
	ent_log_dir_root(log, &root);
	return ent_tlog_check_inclusion(out, index, &leaf, ent_log_dir_size(log), &root, err);
}

enum ent_status
ent_log_dir_root_at(const struct ent_log_dir *log, uint64_t size, struct ent_hash *out, struct ent_error *err)
{
	const struct ent_frontier empty = { 0 };
	struct tile_slot slot = { .level = -1 };

	if (size > ent_log_dir_size(log))
		return ent_fail(err, ENT_E_NOT_FOUND, "the log %.*s has %llu entries here, not %llu", ENT_FMT(log->key.name),
		    (unsigned long long)ent_log_dir_size(log), (unsigned long long)size);
	ent_frontier_root(&empty, out);
	return range_root(log, 0, size, &slot, out, err);
}

struct walk {
	uint64_t first, end;
	const struct ent_hash *leaves; /* of the bundle's tile */
	ent_tlog_entry_fn fn;
	void *arg;
};

static enum ent_status
walk_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	const struct walk *w = arg;
	struct ent_hash leaf;

	if (index < w->first || index >= w->end)
		return ENT_OK;
	ent_tlog_leaf_hash(&leaf, entry);
	if (!ent_hash_eq(&leaf, &w->leaves[index % ENT_TLOG_TILE]))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "entry %llu is not the one that the tree holds",
		    (unsigned long long)index);
	return w->fn(w->arg, index, entry, err);
}

enum ent_status
ent_log_dir_walk(const struct ent_log_dir *log, uint64_t first, uint64_t end, ent_tlog_entry_fn fn, void *arg,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) read = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	struct tile_slot slot = { .level = -1 };
	struct walk w = { .first = first, .end = end, .fn = fn, .arg = arg };

	for (uint64_t n = first / ENT_TLOG_TILE; n * ENT_TLOG_TILE < end; n++) {
		bool last = n == ent_log_dir_size(log) / ENT_TLOG_TILE;
		const struct ent_buf *bundle = last ? &log->tree->bundle : &read;
		size_t width = last ? log->tree->edges[0].count : ENT_TLOG_TILE;

		ent_buf_clear(&read);
		if (!last)
			ENT_TRY(ent_log_disk_read(log->dir, ENT_LOG_BUNDLES, n, ENT_TLOG_TILE, &read, err));
		ENT_TRY(get_tile(log, 0, n, &slot, &w.leaves, err));
		ENT_TRY(ent_tlog_bundle_parse(ent_buf_view(bundle), n * ENT_TLOG_TILE, width, walk_entry, &w, err));
	}
	return ENT_OK;
}

static enum ent_status
copy_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	(void)index;
	return ent_buf_add(arg, entry, err);
}

enum ent_status
ent_log_dir_entry(const struct ent_log_dir *log, uint64_t index, struct ent_buf *out, struct ent_error *err)
{
	if (index >= ent_log_dir_size(log))
		return not_in_log(log, index, err);
	return ent_log_dir_walk(log, index, index + 1, copy_entry, out, err);
}

enum ent_status
ent_log_dir_each(const struct ent_log_dir *log, uint64_t first, ent_tlog_entry_fn fn, void *arg, struct ent_error *err)
{
	return ent_log_dir_walk(log, first, ent_log_dir_size(log), fn, arg, err);
}
