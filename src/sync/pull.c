/*
 * One pull: checkpoint -> entry bundles -> follow -> wanted proposals. What a peer can make us hold is bounded below.
 *
 * A wrong answer is not yet a lie of the log: whoever stands between two nodes can serve garbage. A party is only marked as
 * broken on what its own signatures prove: two checkpoints of one size with different roots; an older checkpoint that our
 * copy contradicts; or a newer one whose own tree, as proven by its leaf hashes, does not begin with what it signed before.
 */
#include <stdlib.h>

#include "base/file.h"
#include "sync/peer.h"

#define ENT_LIMIT_PULL_ENTRIES 1000000u      /* by which a log may have grown between two pulls */
#define ENT_LIMIT_PULL_BYTES (256u << 20)    /* of those entries */
#define ENT_LIMIT_PULL_PARTNER_BYTES (64u << 20) /* ... of a partner, who is trusted with less: decades of a quiet log */
#define ENT_LIMIT_PULL_PROPOSALS 64u         /* fetched in one pull */

enum {
	HASH_TILE_MAX = ENT_TLOG_TILE * ENT_HASH_LEN,
	PREFIX_MAX = 240,
	CHECKPOINT_ARENA_MAX = 2 * ENT_NOTE_MAX
};

enum pull_step { STEP_CHECKPOINT, STEP_BUNDLE, STEP_FULL_BUNDLE, STEP_LEAVES, STEP_PROPOSAL, STEP_DONE };

struct ent_pull {
	struct ent_mirror *mirror;
	struct ent_peer *peer;
	char prefix[PREFIX_MAX];
	enum pull_step step;
	struct ent_buf note;      /* the checkpoint as served, its signature verified */
	uint64_t size;            /* ... what it says */
	struct ent_hash root;
	struct ent_arena *arena;  /* of the entries */
	struct ent_view *entries; /* from our size on */
	size_t entry_count;
	size_t entry_cap;
	struct ent_buf leaves;    /* level-0 tiles, when our copy and the checkpoint do not fit together */
	struct ent_hash wanted[ENT_LIMIT_PULL_PROPOSALS];
	size_t wanted_count;
	size_t wanted_at;
};

void
ent_pull_free(struct ent_pull *pull)
{
	if (pull == NULL)
		return;
	ent_buf_fini(&pull->note);
	ent_buf_fini(&pull->leaves);
	ent_arena_free(pull->arena);
	free(pull);
}

/* The proposals that the logs name and nobody gave us yet; done when there are none. */
static void
start_proposals(struct ent_pull *pull)
{
	size_t count = ent_charter_wanted(ent_mirror_charter(pull->mirror), pull->wanted, ENT_LIMIT_PULL_PROPOSALS);

	pull->wanted_at = pull->wanted_count = 0;
	for (size_t i = 0; i < count; i++)
		if (!ent_mirror_proposal_rejected(pull->mirror, &pull->wanted[i]))
			pull->wanted[pull->wanted_count++] = pull->wanted[i];
	pull->step = pull->wanted_count > 0 ? STEP_PROPOSAL : STEP_DONE;
}

enum ent_status
ent_pull_new(struct ent_pull **out, struct ent_mirror *mirror, struct ent_view party, const char *log_prefix,
    struct ent_error *err)
{
	ENT_AUTO(ent_pull) pull = calloc(1, sizeof(*pull));
	struct ent_peer *peer = ent_mirror_peer(mirror, party);

	if (pull == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a pull");
	if (peer == NULL || peer->own)
		return ent_fail(err, ENT_E_INPUT, "%.*s is no other party whose log is followed here", ENT_FMT(party));
	if (peer->log == NULL && peer->partner)
		return ent_fail(err, ENT_E_UNAVAILABLE, "the copy of %.*s's log could not be opened, so nothing is added to it", ENT_FMT(party));
	ENT_ASSERT(peer->log != NULL); /* pulls were not ended */
	pull->mirror = mirror;
	pull->peer = peer;
	pull->note = ent_buf_with_max(ENT_NOTE_MAX);
	pull->leaves = ent_buf_with_max((size_t)ENT_HASH_LEN * (ENT_LIMIT_LOG_ENTRIES + ENT_LIMIT_PULL_ENTRIES));
	ENT_TRY(ent_path_join(pull->prefix, sizeof(pull->prefix), err, "%s", log_prefix));
	ENT_TRY(ent_arena_new(&pull->arena, peer->partner ? ENT_LIMIT_PULL_PARTNER_BYTES : ENT_LIMIT_PULL_BYTES, err));
	if (peer->broken)
		start_proposals(pull); /* nothing more is taken from its log, but its node may still have texts for us */
	*out = ent_take(&pull);
	return ENT_OK;
}

/* ---- which path next ---- */

static uint64_t
next_entry(const struct ent_pull *pull)
{
	return ent_log_dir_size(pull->peer->log) + pull->entry_count;
}

static unsigned
width_at(const struct ent_pull *pull, uint64_t n)
{
	uint64_t left = pull->size - n * ENT_TLOG_TILE;

	return left < ENT_TLOG_TILE ? (unsigned)left : ENT_TLOG_TILE;
}

static enum ent_status
tile_path(const struct ent_pull *pull, char path[ENT_PULL_PATH_MAX], int level, uint64_t n, unsigned width,
    struct ent_error *err)
{
	char tile[ENT_TLOG_PATH_MAX];

	ENT_TRY(ent_tlog_tile_path(tile, level, n, width, err));
	return ent_path_join(path, ENT_PULL_PATH_MAX, err, "%s/%s", pull->prefix, tile);
}

static uint64_t
next_leaf_tile(const struct ent_pull *pull)
{
	return pull->leaves.len / HASH_TILE_MAX;
}

enum ent_status
ent_pull_next(struct ent_pull *pull, char path[ENT_PULL_PATH_MAX], size_t *max_bytes, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];
	uint64_t bundle = next_entry(pull) / ENT_TLOG_TILE;

	path[0] = '\0';
	*max_bytes = ENT_NOTE_MAX;
	switch (pull->step) {
	case STEP_CHECKPOINT:
		return ent_path_join(path, ENT_PULL_PATH_MAX, err, "%s/checkpoint", pull->prefix);
	case STEP_BUNDLE:
		*max_bytes = ENT_TLOG_BUNDLE_MAX;
		return tile_path(pull, path, -1, bundle, width_at(pull, bundle), err);
	case STEP_FULL_BUNDLE:
		*max_bytes = ENT_TLOG_BUNDLE_MAX;
		return tile_path(pull, path, -1, bundle, ENT_TLOG_TILE, err);
	case STEP_LEAVES:
		*max_bytes = HASH_TILE_MAX;
		return tile_path(pull, path, 0, next_leaf_tile(pull), width_at(pull, next_leaf_tile(pull)), err);
	case STEP_PROPOSAL:
		ent_hash_hex(hex, &pull->wanted[pull->wanted_at]);
		return ent_path_join(path, ENT_PULL_PATH_MAX, err, "charter/proposal/%s", hex);
	case STEP_DONE:
		break;
	}
	return ENT_OK;
}

/* ---- the checkpoint ---- */

static enum ent_status
broken(struct ent_pull *pull, const char *why, struct ent_error *err)
{
	struct ent_view kept = ent_log_dir_checkpoint(pull->peer->log);

	ENT_TRY(ent_mirror_break(pull->mirror, pull->peer, kept, ent_buf_view(&pull->note), ent_buf_view(&pull->leaves), why,
	    err));
	return ent_fail(err, ENT_E_LOG_INCONSISTENT, "%.*s: %s; both checkpoints are kept as evidence, and nothing of it counts "
	    "until its people and yours have talked", ENT_FMT(pull->peer->name), why);
}

struct prefix_root {
	struct ent_frontier frontier;
	uint64_t size;
	struct ent_hash root;
};

static enum ent_status
add_to_prefix(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct prefix_root *prefix = arg;
	struct ent_hash leaf;

	(void)err;
	if (index >= prefix->size)
		return ENT_OK;
	ent_tlog_leaf_hash(&leaf, entry);
	ent_frontier_add(&prefix->frontier, &leaf);
	return ENT_OK;
}

/* An older checkpoint than ours is no news, but what it signs must be the beginning of our copy. */
static enum ent_status
check_older(struct ent_pull *pull, struct ent_error *err)
{
	struct prefix_root prefix = { .size = pull->size };

	ENT_TRY(ent_log_dir_each(pull->peer->log, 0, add_to_prefix, &prefix, err));
	ent_frontier_root(&prefix.frontier, &prefix.root);
	if (!ent_hash_eq(&prefix.root, &pull->root))
		return broken(pull, "its log key signed an older checkpoint that is not the beginning of its log", err);
	return ENT_OK;
}

static enum ent_status
feed_checkpoint(struct ent_pull *pull, struct ent_view body, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	uint64_t have = ent_log_dir_size(pull->peer->log);
	struct ent_checkpoint cp;
	struct ent_hash root;

	ENT_TRY(ent_arena_new(&arena, CHECKPOINT_ARENA_MAX, err));
	ENT_TRY(ent_checkpoint_open(&cp, arena, body, pull->peer->log_key, err));
	ENT_TRY(ent_buf_add(&pull->note, body, err));
	pull->size = cp.size;
	pull->root = cp.root;
	if (cp.size > ENT_LIMIT_LOG_ENTRIES || (cp.size > have && cp.size - have > ENT_LIMIT_PULL_ENTRIES))
		return ent_fail(err, ENT_E_LIMIT, "the log has %llu entries, limit %u", (unsigned long long)cp.size,
		    ENT_LIMIT_LOG_ENTRIES);
	if (cp.size > have) {
		pull->step = STEP_BUNDLE;
		return ENT_OK;
	}
	ent_log_dir_root(pull->peer->log, &root);
	if (cp.size < have)
		ENT_TRY(check_older(pull, err));
	else if (!ent_hash_eq(&root, &cp.root))
		return broken(pull, "its log key signed two checkpoints of one size with different roots", err);
	start_proposals(pull);
	return ENT_OK;
}

/* ---- entries ---- */

static enum ent_status
collect(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct ent_pull *pull = arg;
	void *items = pull->entries;

	if (index != next_entry(pull) || index >= pull->size)
		return ENT_OK; /* we have it, or the checkpoint does not cover it yet */
	ENT_TRY(ent_arena_push(pull->arena, &items, pull->entry_count, &pull->entry_cap, sizeof(*pull->entries), err));
	pull->entries = items;
	ENT_TRY(ent_arena_dup(pull->arena, &pull->entries[pull->entry_count], entry, err));
	pull->entry_count++;
	return ENT_OK;
}

/* The entries are all here: the copy takes them if they are what the checkpoint signs, and then the charter reads them. */
static enum ent_status
follow(struct ent_pull *pull, struct ent_error *err)
{
	struct ent_error own = { 0 };
	enum ent_status status;

	status = ent_log_dir_follow(pull->peer->log, ent_buf_view(&pull->note), pull->entries, pull->entry_count, &own);
	if (status == ENT_E_LOG_INCONSISTENT && ent_log_dir_size(pull->peer->log) > 0) {
		pull->step = STEP_LEAVES; /* was it the log, or only this answer? */
		return ENT_OK;
	}
	if (status == ENT_E_LOG_INCONSISTENT)
		return ent_fail(err, ENT_E_TAMPERED, "the served entries are not the ones that the checkpoint signs: %s", own.text);
	if (status != ENT_OK)
		return ent_fail(err, status, "%s", own.text);
	ENT_TRY(ent_mirror_catch_up(pull->mirror, pull->peer, err));
	start_proposals(pull);
	return ENT_OK;
}

static enum ent_status
feed_bundle(struct ent_pull *pull, unsigned width, struct ent_view body, struct ent_error *err)
{
	uint64_t bundle = next_entry(pull) / ENT_TLOG_TILE;
	uint64_t before = pull->entry_count;

	ENT_TRY(ent_tlog_bundle_parse(body, bundle * ENT_TLOG_TILE, width, collect, pull, err));
	ENT_ASSERT(pull->entry_count > before);
	if (next_entry(pull) == pull->size)
		return follow(pull, err);
	pull->step = STEP_BUNDLE;
	return ENT_OK;
}

/*
 * A partial bundle may be gone once the log has grown (tlog-tiles, "Partial Tiles"): then the full one has its entries, or
 * the next pull starts from a newer checkpoint.
 */
static enum ent_status
bundle_gone(struct ent_pull *pull)
{
	uint64_t bundle = next_entry(pull) / ENT_TLOG_TILE;

	if (pull->step == STEP_BUNDLE && width_at(pull, bundle) < ENT_TLOG_TILE)
		pull->step = STEP_FULL_BUNDLE;
	else
		pull->step = STEP_DONE;
	return ENT_OK;
}

/* ---- the leaves of a tree that does not fit ours ---- */

static void
roots_of_leaves(const struct ent_pull *pull, uint64_t have, struct ent_hash *prefix, struct ent_hash *whole)
{
	struct ent_frontier frontier = { 0 };
	struct ent_hash leaf;

	ent_frontier_root(&frontier, prefix);
	for (size_t at = 0; at < pull->leaves.len; at += ENT_HASH_LEN) {
		memcpy(leaf.bytes, pull->leaves.data + at, ENT_HASH_LEN);
		ent_frontier_add(&frontier, &leaf);
		if (frontier.size == have)
			ent_frontier_root(&frontier, prefix);
	}
	ent_frontier_root(&frontier, whole);
}

static enum ent_status
judge_leaves(struct ent_pull *pull, struct ent_error *err)
{
	struct ent_hash prefix, whole, ours;

	roots_of_leaves(pull, ent_log_dir_size(pull->peer->log), &prefix, &whole);
	ent_log_dir_root(pull->peer->log, &ours);
	if (!ent_hash_eq(&whole, &pull->root))
		return ent_fail(err, ENT_E_TAMPERED, "the node serves tiles that are not those of its checkpoint: nothing was taken");
	if (ent_hash_eq(&prefix, &ours))
		return ent_fail(err, ENT_E_TAMPERED, "the node serves entries that are not those of its tiles: nothing was taken");
	return broken(pull, "its log key signed a checkpoint that does not contain what it signed before", err);
}

static enum ent_status
feed_leaves(struct ent_pull *pull, struct ent_view body, struct ent_error *err)
{
	unsigned width = width_at(pull, next_leaf_tile(pull));

	if (body.len != (size_t)width * ENT_HASH_LEN)
		return ent_fail(err, ENT_E_SYNTAX, "a tile of %zu bytes where %u hashes were asked for", body.len, width);
	ENT_TRY(ent_buf_add(&pull->leaves, body, err));
	return pull->leaves.len / ENT_HASH_LEN == pull->size ? judge_leaves(pull, err) : ENT_OK;
}

/* ---- proposals ---- */

static enum ent_status
feed_proposal(struct ent_pull *pull, int http_status, struct ent_view body, struct ent_error *err)
{
	const struct ent_hash *want = &pull->wanted[pull->wanted_at++];
	struct ent_error own = { 0 };
	enum ent_status status;
	struct ent_hash hash;

	if (pull->wanted_at == pull->wanted_count)
		pull->step = STEP_DONE;
	if (http_status != 200)
		return ENT_OK; /* another node may have it */
	ent_sha256(&hash, body);
	if (!ent_hash_eq(&hash, want))
		return ent_fail(err, ENT_E_TAMPERED, "the node serves another text under a proposal's hash");
	status = ent_mirror_keep_proposal(pull->mirror, body, &own);
	if (status == ENT_E_NO_MEMORY || status == ENT_E_IO)
		return ent_fail(err, status, "%s", own.text);
	if (status != ENT_OK && status != ENT_E_EXISTS)
		ent_mirror_reject_proposal(pull->mirror, want);
	return ENT_OK;
}

static enum ent_status
feed_step(struct ent_pull *pull, int http_status, struct ent_view body, struct ent_error *err)
{
	bool bundle = pull->step == STEP_BUNDLE || pull->step == STEP_FULL_BUNDLE;

	if (http_status == 0)
		return ent_fail(err, ENT_E_UNREACHABLE, "no answer");
	if (pull->step == STEP_PROPOSAL)
		return feed_proposal(pull, http_status, body, err);
	if (bundle && (http_status == 404 || http_status == 410))
		return bundle_gone(pull);
	if (pull->step == STEP_CHECKPOINT && http_status == 404)
		return ent_fail(err, ENT_E_NOT_FOUND, "no log is published there yet"); /* nothing heard: derive says what follows */
	if (http_status != 200)
		return ent_fail(err, ENT_E_UNREACHABLE, "HTTP status %d", http_status);
	switch (pull->step) {
	case STEP_CHECKPOINT:
		return feed_checkpoint(pull, body, err);
	case STEP_BUNDLE:
		return feed_bundle(pull, width_at(pull, next_entry(pull) / ENT_TLOG_TILE), body, err);
	case STEP_FULL_BUNDLE:
		return feed_bundle(pull, ENT_TLOG_TILE, body, err);
	default:
		return feed_leaves(pull, body, err);
	}
}

enum ent_status
ent_pull_feed(struct ent_pull *pull, int http_status, struct ent_view body, struct ent_error *err)
{
	if (pull->step == STEP_DONE)
		return ent_fail(err, ENT_E_INPUT, "this pull is done");
	if (feed_step(pull, http_status, body, err) == ENT_OK)
		return ENT_OK;
	pull->step = STEP_DONE;
	return ent_error_context(err, "pulling from %.*s", ENT_FMT(pull->peer->name));
}
