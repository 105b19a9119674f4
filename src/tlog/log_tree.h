/* Inside of src/tlog: the right edge of a tree in memory: what is needed to append, and nothing else. */
#ifndef ENT_TLOG_LOG_TREE_H
#define ENT_TLOG_LOG_TREE_H

#include "tlog/tlog.h"

enum {
	ENT_LOG_LEVELS = 6,  /* of tiles for ENT_TLOG_SIZE_MAX entries */
	ENT_LOG_BUNDLES = -1 /* the "level" of entry bundles */
};

/* The hashes of the last, not yet full tile of a level. */
struct ent_log_edge {
	unsigned count;
	struct ent_hash hashes[ENT_TLOG_TILE];
};

struct ent_log_tree {
	struct ent_frontier frontier; /* frontier.size is the tree's */
	struct ent_log_edge edges[ENT_LOG_LEVELS];
	struct ent_buf bundle; /* the last, not yet full bundle */
};

/* Takes each tile and bundle (level ENT_LOG_BUNDLES) that adding entries completes; width 256, or less from ent_log_tree_flush. */
typedef enum ent_status (*ent_log_sink)(void *arg, int level, uint64_t n, unsigned width, struct ent_view bytes,
    struct ent_error *err);

ENT_MUST_USE enum ent_status ent_log_tree_new(struct ent_log_tree **out, struct ent_error *err);
void ent_log_tree_free(struct ent_log_tree *tree);
ENT_DEFINE_AUTO(ent_log_tree)
ENT_MUST_USE enum ent_status ent_log_tree_copy(struct ent_log_tree *to, const struct ent_log_tree *from, struct ent_error *err);

/* How many hashes (or entries, for level ENT_LOG_BUNDLES) a level has, in a tree of that size. */
uint64_t ent_log_level_count(int level, uint64_t size);

/* Add one entry; full bundles and tiles go to sink. Whoever gets an error throws the tree away. */
ENT_MUST_USE enum ent_status ent_log_tree_add(struct ent_log_tree *tree, struct ent_view entry, ent_log_sink sink, void *arg,
    struct ent_error *err);
/* The partial bundle and tiles that differ from those of a tree of old_size go to sink. */
ENT_MUST_USE enum ent_status ent_log_tree_flush(const struct ent_log_tree *tree, uint64_t old_size, ent_log_sink sink,
    void *arg, struct ent_error *err);

/* The root of the perfect tree over count hashes, a power of two up to 256. */
void ent_log_fold(struct ent_hash *out, const struct ent_hash *hashes, unsigned count);
/* Set the frontier's nodes of a level from its last, not yet full tile. */
void ent_log_frontier_from_edge(struct ent_frontier *frontier, int level, const struct ent_hash *hashes, unsigned count);

#endif
