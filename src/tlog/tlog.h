/*
 * Merkle tile logs: hashing and proofs of RFC 6962/9162, tile and entry-bundle layout of C2SP tlog-tiles,
 * checkpoints of C2SP tlog-checkpoint (no extension lines), receipts of tlog-proof.
 */
#ifndef ENT_TLOG_TLOG_H
#define ENT_TLOG_TLOG_H

#include "note/note.h"

#define ENT_TLOG_ENTRY_MAX 65535 /* bytes of an entry (16-bit length in bundles) */
#define ENT_TLOG_TILE 256        /* hashes in a full tile, entries in a full bundle */
#define ENT_TLOG_PROOF_MAX 64    /* hashes in a proof */
#define ENT_TLOG_SIZE_MAX ((uint64_t)1 << 40) /* entries of a log that is kept on disk */
#define ENT_TLOG_BUNDLE_MAX (ENT_TLOG_TILE * (2 + ENT_TLOG_ENTRY_MAX)) /* bytes of a bundle */

void ent_tlog_leaf_hash(struct ent_hash *out, struct ent_view entry);
void ent_tlog_node_hash(struct ent_hash *out, const struct ent_hash *left, const struct ent_hash *right);

struct ent_checkpoint {
	struct ent_view origin;
	uint64_t size; /* entries */
	struct ent_hash root;
};
/* The three lines of a checkpoint's text; strict, sizes up to 2^63 - 1. Views point into text. */
ENT_MUST_USE enum ent_status ent_checkpoint_parse(struct ent_checkpoint *out, struct ent_view text, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_checkpoint_print(struct ent_buf *out, const struct ent_checkpoint *cp, struct ent_error *err);
/* A signed checkpoint note under one log key whose name is the origin. */
ENT_MUST_USE enum ent_status ent_checkpoint_open(struct ent_checkpoint *out, struct ent_arena *arena, struct ent_view note,
    const struct ent_vkey *log_key, struct ent_error *err);

struct ent_tlog_proof {
	struct ent_hash hashes[ENT_TLOG_PROOF_MAX];
	size_t count;
};
/* RFC 9162 2.1.3.2 and 2.1.4.2. ENT_E_LOG_INCONSISTENT when it does not prove. */
ENT_MUST_USE enum ent_status ent_tlog_check_inclusion(const struct ent_tlog_proof *proof, uint64_t index,
    const struct ent_hash *leaf, uint64_t size, const struct ent_hash *root, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_tlog_check_consistency(const struct ent_tlog_proof *proof, uint64_t old_size,
    const struct ent_hash *old_root, uint64_t new_size, const struct ent_hash *new_root, struct ent_error *err);
/* A C2SP tlog-proof text: "c2sp.org/tlog-proof@v1", index, hashes, empty line, checkpoint note. */
ENT_MUST_USE enum ent_status ent_tlog_proof_print(struct ent_buf *out, uint64_t index, const struct ent_tlog_proof *proof,
    struct ent_view checkpoint_note, struct ent_error *err);
/* The reverse: exactly what print writes (no "extra" line). *checkpoint_note is a view of text, not verified yet. */
#define ENT_TLOG_PROOF_TEXT_MAX (ENT_NOTE_MAX + 4096)
ENT_MUST_USE enum ent_status ent_tlog_proof_parse(uint64_t *index, struct ent_tlog_proof *proof,
    struct ent_view *checkpoint_note, struct ent_view text, struct ent_error *err);

/* A frontier: the roots of the full subtrees of a tree, enough to append and to compute the root. */
struct ent_frontier {
	uint64_t size;
	struct ent_hash nodes[64]; /* nodes[l] is set when bit l of size is set */
};
void ent_frontier_add(struct ent_frontier *frontier, const struct ent_hash *leaf);
void ent_frontier_root(const struct ent_frontier *frontier, struct ent_hash *out); /* size 0: SHA-256 of nothing */

/*
 * Relative paths of tlog-tiles: "tile/0/x001/067", with ".p/<w>" for a partial of width w (1..255); width 0 or 256 is the
 * full tile; level -1 = "tile/entries/...".
 */
#define ENT_TLOG_PATH_MAX 64
ENT_MUST_USE enum ent_status ent_tlog_tile_path(char out[ENT_TLOG_PATH_MAX], int level, uint64_t n, unsigned width, struct ent_error *err);

/*
 * A consistency proof made of tiles, which every static log serves: which ones (each by its width in the tree of new_size), and
 * the roots of the first old_size entries and of all, from the hashes of these tiles, one tile after the other. Whoever gets
 * the new root of a signed checkpoint out of them has in old_root what that checkpoint says of the past.
 */
#define ENT_TLOG_CONSISTENCY_TILES 18 /* at most three of each level */
struct ent_tlog_tile_need {
	int level;
	uint64_t n;
	unsigned width;
};
size_t ent_tlog_consistency_tiles(struct ent_tlog_tile_need out[ENT_TLOG_CONSISTENCY_TILES], uint64_t old_size, uint64_t new_size);
ENT_MUST_USE enum ent_status ent_tlog_consistency_roots(struct ent_hash *old_root, struct ent_hash *new_root, uint64_t old_size,
    uint64_t new_size, struct ent_view tiles, struct ent_error *err);

/*
 * A bundle of entries: 16-bit big-endian length and bytes, each. Calls back for each entry; exactly `count` entries.
 */
typedef enum ent_status (*ent_tlog_entry_fn)(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_tlog_bundle_parse(struct ent_view bundle, uint64_t first_index, size_t count,
    ent_tlog_entry_fn fn, void *arg, struct ent_error *err);
/* How many entries a bundle holds (whole entries; ENT_E_SYNTAX for a cut one, more than 256). */
ENT_MUST_USE enum ent_status ent_tlog_bundle_count(size_t *out, struct ent_view bundle, struct ent_error *err);

#endif
