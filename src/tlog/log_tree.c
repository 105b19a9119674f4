#include "tlog/log_tree.h"

#include <stdlib.h>

enum { TILE_BITS = 8 };

enum ent_status
ent_log_tree_new(struct ent_log_tree **out, struct ent_error *err)
{
	struct ent_log_tree *tree = calloc(1, sizeof(*tree));

	if (tree == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the edge of a log");
	tree->bundle = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	*out = tree;
	return ENT_OK;
}

void
ent_log_tree_free(struct ent_log_tree *tree)
{
	if (tree == NULL)
		return;
	ent_buf_fini(&tree->bundle);
	free(tree);
}

enum ent_status
ent_log_tree_copy(struct ent_log_tree *to, const struct ent_log_tree *from, struct ent_error *err)
{
	ent_buf_clear(&to->bundle);
	ENT_TRY(ent_buf_add(&to->bundle, ent_buf_view(&from->bundle), err));
	to->frontier = from->frontier;
	for (int level = 0; level < ENT_LOG_LEVELS; level++) {
		to->edges[level].count = from->edges[level].count;
		memcpy(to->edges[level].hashes, from->edges[level].hashes,
		    from->edges[level].count * sizeof(from->edges[level].hashes[0]));
	}
	return ENT_OK;
}

uint64_t
ent_log_level_count(int level, uint64_t size)
{
	return level <= 0 ? size : size >> (TILE_BITS * level);
}

void
ent_log_fold(struct ent_hash *out, const struct ent_hash *hashes, unsigned count)
{
	struct ent_hash work[ENT_TLOG_TILE / 2];

	ENT_ASSERT(count >= 1 && count <= ENT_TLOG_TILE && (count & (count - 1)) == 0);
	if (count == 1) {
		*out = hashes[0];
		return;
	}
	for (unsigned i = 0; i < count / 2; i++)
		ent_tlog_node_hash(&work[i], &hashes[2 * i], &hashes[2 * i + 1]);
	for (unsigned n = count / 4; n >= 1; n /= 2)
		for (unsigned i = 0; i < n; i++)
			ent_tlog_node_hash(&work[i], &work[2 * i], &work[2 * i + 1]);
	*out = work[0];
}

void
ent_log_frontier_from_edge(struct ent_frontier *frontier, int level, const struct ent_hash *hashes, unsigned count)
{
	unsigned at = 0;

	for (int bit = TILE_BITS - 1; bit >= 0; bit--) {
		unsigned width = 1u << bit;

		if ((count & width) == 0)
			continue;
		ent_log_fold(&frontier->nodes[TILE_BITS * level + bit], hashes + at, width);
		at += width;
	}
}

static struct ent_view
edge_bytes(const struct ent_log_edge *edge)
{
	return ent_view_from(edge->hashes, edge->count * sizeof(edge->hashes[0]));
}

/* Add a hash to a level; a tile that it fills goes out, and its root into the level above. */
static enum ent_status
add_hash(struct ent_log_tree *tree, struct ent_hash hash, ent_log_sink sink, void *arg, struct ent_error *err)
{
	for (int level = 0;; level++) {
		ENT_ASSERT(level < ENT_LOG_LEVELS);
		struct ent_log_edge *edge = &tree->edges[level];
		uint64_t n = (ent_log_level_count(level, tree->frontier.size) - 1) / ENT_TLOG_TILE;

		edge->hashes[edge->count++] = hash;
		if (edge->count < ENT_TLOG_TILE)
			return ENT_OK;
		ENT_TRY(sink(arg, level, n, ENT_TLOG_TILE, edge_bytes(edge), err));
		ent_log_fold(&hash, edge->hashes, ENT_TLOG_TILE);
		edge->count = 0;
	}
}

enum ent_status
ent_log_tree_add(struct ent_log_tree *tree, struct ent_view entry, ent_log_sink sink, void *arg, struct ent_error *err)
{
	const uint8_t len[] = { (uint8_t)(entry.len >> 8), (uint8_t)entry.len };
	struct ent_hash leaf;

	if (entry.len > ENT_TLOG_ENTRY_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a log entry of %zu bytes, limit %d", entry.len, ENT_TLOG_ENTRY_MAX);
	if (tree->frontier.size >= ENT_TLOG_SIZE_MAX)
		return ent_fail(err, ENT_E_LIMIT, "the log is full: it has 2^40 entries");
	ENT_TRY(ent_buf_add(&tree->bundle, ent_view_from(len, sizeof(len)), err));
	ENT_TRY(ent_buf_add(&tree->bundle, entry, err));
	ent_tlog_leaf_hash(&leaf, entry);
	ent_frontier_add(&tree->frontier, &leaf);
	if (tree->frontier.size % ENT_TLOG_TILE == 0) {
		ENT_TRY(sink(arg, ENT_LOG_BUNDLES, tree->frontier.size / ENT_TLOG_TILE - 1, ENT_TLOG_TILE,
		    ent_buf_view(&tree->bundle), err));
		ent_buf_clear(&tree->bundle);
	}
	return add_hash(tree, leaf, sink, arg, err);
}

enum ent_status
ent_log_tree_flush(const struct ent_log_tree *tree, uint64_t old_size, ent_log_sink sink, void *arg, struct ent_error *err)
{
	for (int level = ENT_LOG_BUNDLES; level < ENT_LOG_LEVELS; level++) {
		uint64_t count = ent_log_level_count(level, tree->frontier.size);
		unsigned width = (unsigned)(count % ENT_TLOG_TILE);

		if (width == 0 || count == ent_log_level_count(level, old_size))
			continue;
		ENT_TRY(sink(arg, level, count / ENT_TLOG_TILE, width,
		    level < 0 ? ent_buf_view(&tree->bundle) : edge_bytes(&tree->edges[level]), err));
	}
	return ENT_OK;
}
