/*
 * Two roots from few tiles: that of the first old_size entries and that of all new_size, each made of the same hashes. When the
 * second is what a checkpoint signs, the first is what that checkpoint says of the past (RFC 9162 2.1.4, with tiles as proof).
 */
#include "tlog/log_tree.h"

enum { TILE_BITS = 8 };

/* A perfect subtree: 2^height entries from first on, which is a multiple of that. */
typedef void (*subtree_fn)(void *arg, unsigned height, uint64_t first);

/* The largest perfect subtrees that cover entries first to end - 1, from the left. */
static void
cover(uint64_t first, uint64_t end, subtree_fn fn, void *arg)
{
	while (first < end) {
		unsigned height = (unsigned)(63 - __builtin_clzll(end - first));

		if (first > 0 && (unsigned)__builtin_ctzll(first) < height)
			height = (unsigned)__builtin_ctzll(first);
		fn(arg, height, first);
		first += (uint64_t)1 << height;
	}
}

static int
level_of(unsigned height)
{
	return (int)(height / TILE_BITS);
}

struct needs {
	struct ent_tlog_tile_need *items;
	size_t count;
	uint64_t size;
};

static size_t
find_need(const struct needs *needs, int level, uint64_t n)
{
	size_t i = 0;

	while (i < needs->count && (needs->items[i].level != level || needs->items[i].n != n))
		i++;
	return i;
}

static void
add_need(void *arg, unsigned height, uint64_t first)
{
	struct needs *needs = arg;
	int level = level_of(height);
	uint64_t n = ent_log_level_count(level, first) / ENT_TLOG_TILE;
	uint64_t left = ent_log_level_count(level, needs->size) - n * ENT_TLOG_TILE;

	if (find_need(needs, level, n) < needs->count)
		return;
	ENT_ASSERT(needs->count < ENT_TLOG_CONSISTENCY_TILES);
	needs->items[needs->count++] = (struct ent_tlog_tile_need){ level, n,
		left < ENT_TLOG_TILE ? (unsigned)left : ENT_TLOG_TILE };
}

size_t
ent_tlog_consistency_tiles(struct ent_tlog_tile_need out[ENT_TLOG_CONSISTENCY_TILES], uint64_t old_size, uint64_t new_size)
{
	struct needs needs = { .items = out, .size = new_size };

	ENT_ASSERT(old_size <= new_size && new_size <= ENT_TLOG_SIZE_MAX);
	cover(0, old_size, add_need, &needs);
	cover(old_size, new_size, add_need, &needs);
	return needs.count;
}

struct growth {
	const struct needs *needs;
	const struct ent_hash *tiles; /* of all needs, each by its width */
	struct ent_frontier frontier;
};

static const struct ent_hash *
hashes_of(const struct growth *growth, size_t need)
{
	const struct ent_hash *at = growth->tiles;

	for (size_t i = 0; i < need; i++)
		at += growth->needs->items[i].width;
	return at;
}

/* Put the subtree's root into the frontier, as adding its entries would have. */
static void
add_subtree(void *arg, unsigned height, uint64_t first)
{
	struct growth *growth = arg;
	int level = level_of(height);
	uint64_t at = ent_log_level_count(level, first);
	size_t need = find_need(growth->needs, level, at / ENT_TLOG_TILE);
	struct ent_hash hash;
	unsigned bit = height;

	ent_log_fold(&hash, hashes_of(growth, need) + at % ENT_TLOG_TILE, 1u << height % TILE_BITS);
	for (; (growth->frontier.size >> bit & 1) != 0; bit++)
		ent_tlog_node_hash(&hash, &growth->frontier.nodes[bit], &hash);
	growth->frontier.nodes[bit] = hash;
	growth->frontier.size += (uint64_t)1 << height;
}

enum ent_status
ent_tlog_consistency_roots(struct ent_hash *old_root, struct ent_hash *new_root, uint64_t old_size, uint64_t new_size,
    struct ent_view tiles, struct ent_error *err)
{
	struct ent_tlog_tile_need items[ENT_TLOG_CONSISTENCY_TILES];
	struct needs needs = { .items = items, .size = new_size };
	struct growth growth = { .needs = &needs, .tiles = (const struct ent_hash *)(const void *)tiles.data };
	size_t hashes = 0;

	needs.count = ent_tlog_consistency_tiles(items, old_size, new_size);
	for (size_t i = 0; i < needs.count; i++)
		hashes += items[i].width;
	if (tiles.len != hashes * ENT_HASH_LEN)
		return ent_fail(err, ENT_E_INPUT, "%zu bytes of tiles where %zu hashes are needed", tiles.len, hashes);
	cover(0, old_size, add_subtree, &growth);
	ent_frontier_root(&growth.frontier, old_root);
	cover(old_size, new_size, add_subtree, &growth);
	ent_frontier_root(&growth.frontier, new_root);
	return ENT_OK;
}
