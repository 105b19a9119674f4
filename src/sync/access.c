/*
 * One round: checkpoint -> entry bundles, each written as it comes -> settle. As with statement logs, a wrong answer is not
 * yet a lie of the log: it is marked as broken only on what its own signatures prove. Here the proof is a few tiles.
 */
#include "sync/access.h"

#include <stdlib.h>

#include "base/file.h"

#define PREFIX "log/access"

enum {
	HASH_TILE_MAX = ENT_TLOG_TILE * ENT_HASH_LEN,
	BUNDLE_MAX = ENT_TLOG_TILE * (2 + (int)ENT_LIMIT_ACCESS_ENTRY),
	CHECKPOINT_ARENA_MAX = 2 * ENT_NOTE_MAX,
	MEMBER_MAX = 253
};

enum step { STEP_CHECKPOINT, STEP_BUNDLE, STEP_FULL_BUNDLE, STEP_TILES, STEP_DONE };

struct ent_access {
	char member[MEMBER_MAX + 1];
	char evidence[ENT_PATH_MAX]; /* folder */
	const struct ent_vkey *key;
	struct ent_log_dir *log;
	char broken[ENT_ERROR_TEXT_MAX]; /* why; empty: it is not */
	enum step step;
	unsigned bundles;         /* fetched in this round */
	bool current, behind;
	struct ent_buf note;      /* the checkpoint as served, its signature verified */
	uint64_t size;            /* ... what it says */
	struct ent_hash root;
	struct ent_tlog_tile_need needs[ENT_TLOG_CONSISTENCY_TILES];
	size_t need_count;
	size_t need_at;
	struct ent_buf tiles;
};

void
ent_access_free(struct ent_access *access)
{
	if (access == NULL)
		return;
	ent_log_dir_free(access->log);
	ent_buf_fini(&access->note);
	ent_buf_fini(&access->tiles);
	free(access);
}

/* ---- the copy ---- */

/* What was proven before a restart stays proven: only people end it, by removing the evidence. */
static enum ent_status
load_evidence(struct ent_access *access, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) why = ent_buf_with_max(ENT_ERROR_TEXT_MAX);
	char path[ENT_PATH_MAX];
	const char *text;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/why", access->evidence));
	if (!ent_file_exists(path))
		return ENT_OK;
	ENT_TRY(ent_file_read(&why, path, ENT_ERROR_TEXT_MAX - 1, err));
	ENT_TRY(ent_buf_cstr(&why, &text, err));
	return ent_path_join(access->broken, sizeof(access->broken), err, "%s", text[0] != '\0' ? text : "not said");
}

static enum ent_status
open_copy(struct ent_access *access, const char *peers_dir, const char *state_dir, struct ent_error *err)
{
	char dir[ENT_PATH_MAX], head[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(dir, sizeof(dir), err, "%s/%s/access", peers_dir, access->member));
	ENT_TRY(ent_path_join(head, sizeof(head), err, "%s/head.%s.access", state_dir, access->member));
	ENT_TRY(ent_path_join(access->evidence, sizeof(access->evidence), err, "%s/evidence/%s.access", state_dir, access->member));
	ENT_TRY(ent_dir_make(dir, 0755, err));
	ENT_TRY(ent_dir_make(state_dir, 0700, err));
	if (ent_log_dir_open(&access->log, dir, head, access->key, err) != ENT_OK)
		return ent_error_context(err, "the copy of %s's access log", access->member);
	return load_evidence(access, err);
}

enum ent_status
ent_access_open(struct ent_access **out, const char *peers_dir, const char *state_dir, struct ent_view member,
    const struct ent_vkey *key, struct ent_error *err)
{
	ENT_AUTO(ent_access) access = calloc(1, sizeof(*access));

	if (access == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for the copy of an access log");
	access->note = ent_buf_with_max(ENT_NOTE_MAX);
	access->tiles = ent_buf_with_max((size_t)HASH_TILE_MAX * ENT_TLOG_CONSISTENCY_TILES);
	access->key = key;
	access->step = STEP_DONE;
	/* It becomes a folder's name: it must not lead out of its place. */
	if (member.len == 0 || member.data[0] == '.' || ent_view_find(member, '/', 0) != member.len)
		return ent_fail(err, ENT_E_INPUT, "the member name %.*s cannot be a folder's name", ENT_FMT(ent_view_slice(member, 0, 64)));
	ENT_TRY(ent_path_join(access->member, sizeof(access->member), err, "%.*s", ENT_FMT(member)));
	ENT_TRY(open_copy(access, peers_dir, state_dir, err));
	*out = ent_take(&access);
	return ENT_OK;
}

const char *
ent_access_broken(const struct ent_access *access)
{
	return access->broken[0] != '\0' ? access->broken : NULL;
}

uint64_t
ent_access_size(const struct ent_access *access)
{
	return ent_log_dir_size(access->log);
}

bool
ent_access_current(const struct ent_access *access)
{
	return access->current;
}

bool
ent_access_behind(const struct ent_access *access)
{
	return access->behind;
}

enum ent_status
ent_access_entry(const struct ent_access *access, struct ent_access_doc *out, struct ent_arena *arena, uint64_t index,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_TLOG_ENTRY_MAX);
	struct ent_view kept;
	struct ent_doc doc;

	ENT_TRY(ent_log_dir_entry(access->log, index, &text, err));
	ENT_TRY(ent_arena_dup(arena, &kept, ent_buf_view(&text), err));
	if (ent_doc_parse(&doc, arena, kept, err) != ENT_OK)
		return ent_error_context(err, "entry %llu of %s's access log", (unsigned long long)index, access->member);
	if (doc.kind != ENT_DOC_ACCESS || doc.access.index != index)
		return ent_fail(err, ENT_E_SYNTAX, "entry %llu of %s's access log is no access entry of that index",
		    (unsigned long long)index, access->member);
	*out = doc.access;
	return ENT_OK;
}

/* ---- which path next ---- */

void
ent_access_begin(struct ent_access *access)
{
	access->step = ent_access_broken(access) != NULL ? STEP_DONE : STEP_CHECKPOINT;
	access->bundles = 0;
	access->current = access->behind = false;
	ent_buf_clear(&access->note);
	ent_buf_clear(&access->tiles);
}

static uint64_t
next_bundle(const struct ent_access *access)
{
	return ent_log_dir_taken(access->log) / ENT_TLOG_TILE;
}

static unsigned
bundle_width(const struct ent_access *access)
{
	uint64_t left = access->size - next_bundle(access) * ENT_TLOG_TILE;

	return access->step == STEP_BUNDLE && left < ENT_TLOG_TILE ? (unsigned)left : ENT_TLOG_TILE;
}

static enum ent_status
tile_path(char path[ENT_PULL_PATH_MAX], int level, uint64_t n, unsigned width, struct ent_error *err)
{
	char tile[ENT_TLOG_PATH_MAX];

	ENT_TRY(ent_tlog_tile_path(tile, level, n, width, err));
	return ent_path_join(path, ENT_PULL_PATH_MAX, err, PREFIX "/%s", tile);
}

enum ent_status
ent_access_next(const struct ent_access *access, char path[ENT_PULL_PATH_MAX], size_t *max_bytes, struct ent_error *err)
{
	const struct ent_tlog_tile_need *need = &access->needs[access->need_at];

	path[0] = '\0';
	*max_bytes = ENT_NOTE_MAX;
	switch (access->step) {
	case STEP_CHECKPOINT:
		return ent_path_join(path, ENT_PULL_PATH_MAX, err, PREFIX "/checkpoint");
	case STEP_BUNDLE:
	case STEP_FULL_BUNDLE:
		*max_bytes = BUNDLE_MAX;
		return tile_path(path, -1, next_bundle(access), bundle_width(access), err);
	case STEP_TILES:
		*max_bytes = HASH_TILE_MAX;
		return tile_path(path, need->level, need->n, need->width, err);
	case STEP_DONE:
		break;
	}
	return ENT_OK;
}

/* ---- a log that lies ---- */

static enum ent_status
put_evidence(const struct ent_access *access, const char *name, struct ent_view bytes, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s", access->evidence, name));
	return ent_file_replace(path, bytes, 0600, err);
}

static enum ent_status
broken(struct ent_access *access, const char *why, struct ent_error *err)
{
	/* Reliance ends first, in memory: a full disk must not keep a liar in good standing. */
	ENT_TRY(ent_path_join(access->broken, sizeof(access->broken), err, "%s", why));
	ENT_TRY(ent_dir_make(access->evidence, 0700, err));
	ENT_TRY(put_evidence(access, "kept", ent_log_dir_checkpoint(access->log), err));
	ENT_TRY(put_evidence(access, "seen", ent_buf_view(&access->note), err));
	if (access->tiles.len > 0)
		ENT_TRY(put_evidence(access, "tiles", ent_buf_view(&access->tiles), err));
	ENT_TRY(put_evidence(access, "why", ent_view_str(why), err));
	return ent_fail(err, ENT_E_LOG_INCONSISTENT, "%s's access log: %s; both checkpoints are kept in %s, and nothing more is taken from "
	    "it until its people and yours have talked", access->member, why, access->evidence);
}

/* ---- the checkpoint ---- */

static enum ent_status
open_note(struct ent_access *access, struct ent_view body, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_checkpoint cp;

	ENT_TRY(ent_arena_new(&arena, CHECKPOINT_ARENA_MAX, err));
	ENT_TRY(ent_checkpoint_open(&cp, arena, body, access->key, err));
	if (cp.size > ENT_LIMIT_ACCESS_ENTRIES)
		return ent_fail(err, ENT_E_LIMIT, "the access log has %llu entries, limit %u", (unsigned long long)cp.size,
		    ENT_LIMIT_ACCESS_ENTRIES);
	access->size = cp.size;
	access->root = cp.root;
	return ent_buf_add(&access->note, body, err);
}

static enum ent_status
feed_checkpoint(struct ent_access *access, struct ent_view body, struct ent_error *err)
{
	uint64_t have = ent_log_dir_size(access->log);
	struct ent_hash ours;

	ENT_TRY(open_note(access, body, err));
	if (access->size > have) {
		if (access->size < ent_log_dir_taken(access->log))
			ent_log_dir_drop(access->log);
		access->step = STEP_BUNDLE;
		return ENT_OK;
	}
	/* No news, but what it signs must be the beginning of our copy. */
	ENT_TRY(ent_log_dir_root_at(access->log, access->size, &ours, err));
	if (!ent_hash_eq(&ours, &access->root))
		return broken(access, access->size == have ? "its key signed two checkpoints of one size with different roots" :
		    "its key signed an older checkpoint that is not the beginning of its log", err);
	access->current = access->size == have;
	access->step = STEP_DONE;
	return ENT_OK;
}

/* ---- entries ---- */

static enum ent_status
settle(struct ent_access *access, struct ent_error *err)
{
	uint64_t have = ent_log_dir_size(access->log);
	struct ent_error own = { 0 };
	enum ent_status status = ent_log_dir_settle(access->log, ent_buf_view(&access->note), &own);

	if (status == ENT_OK) {
		access->current = true;
		access->step = STEP_DONE;
		return ENT_OK;
	}
	if (status != ENT_E_LOG_INCONSISTENT)
		return ent_fail(err, status, "%s", own.text);
	if (have == 0)
		return ent_fail(err, ENT_E_TAMPERED, "the served entries are not the ones that the checkpoint signs: %s", own.text);
	access->need_count = ent_tlog_consistency_tiles(access->needs, have, access->size);
	access->need_at = 0;
	access->step = STEP_TILES; /* was it the log, or only this answer? */
	return ENT_OK;
}

static enum ent_status
take(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct ent_access *access = arg;

	if (index != ent_log_dir_taken(access->log) || index >= access->size)
		return ENT_OK; /* we have it, or the checkpoint does not cover it yet */
	if (entry.len > ENT_LIMIT_ACCESS_ENTRY)
		return ent_fail(err, ENT_E_SYNTAX, "entry %llu has %zu bytes, and no access entry has more than %u: this is no access log, "
		    "so nothing of it was taken", (unsigned long long)index, entry.len, ENT_LIMIT_ACCESS_ENTRY);
	return ent_log_dir_take(access->log, entry, err);
}

static enum ent_status
feed_bundle(struct ent_access *access, struct ent_view body, struct ent_error *err)
{
	ENT_TRY(ent_tlog_bundle_parse(body, next_bundle(access) * ENT_TLOG_TILE, bundle_width(access), take, access, err));
	if (ent_log_dir_taken(access->log) == access->size)
		return settle(access, err);
	access->step = STEP_BUNDLE;
	if (++access->bundles == ENT_LIMIT_ACCESS_BUNDLES) {
		access->behind = true; /* what was taken waits for the next round */
		access->step = STEP_DONE;
	}
	return ENT_OK;
}

/* As in a pull of statements: a partial bundle may be gone once the log has grown. */
static void
bundle_gone(struct ent_access *access)
{
	if (access->step == STEP_BUNDLE && bundle_width(access) < ENT_TLOG_TILE) {
		access->step = STEP_FULL_BUNDLE;
		return;
	}
	access->behind = true;
	access->step = STEP_DONE;
}

/* ---- the tiles of a tree that does not fit ours ---- */

static enum ent_status
judge_tiles(struct ent_access *access, struct ent_error *err)
{
	uint64_t have = ent_log_dir_size(access->log);
	struct ent_hash before, after, ours;

	ENT_TRY(ent_tlog_consistency_roots(&before, &after, have, access->size, ent_buf_view(&access->tiles), err));
	ent_log_dir_root(access->log, &ours);
	if (!ent_hash_eq(&after, &access->root))
		return ent_fail(err, ENT_E_TAMPERED, "the node serves tiles that are not those of its checkpoint: nothing was taken");
	if (ent_hash_eq(&before, &ours))
		return ent_fail(err, ENT_E_TAMPERED, "the node serves entries that are not those of its tiles: nothing was taken");
	return broken(access, "its key signed a checkpoint that does not contain what it signed before", err);
}

static enum ent_status
feed_tile(struct ent_access *access, struct ent_view body, struct ent_error *err)
{
	unsigned width = access->needs[access->need_at].width;

	if (body.len != (size_t)width * ENT_HASH_LEN)
		return ent_fail(err, ENT_E_SYNTAX, "a tile of %zu bytes where %u hashes were asked for", body.len, width);
	ENT_TRY(ent_buf_add(&access->tiles, body, err));
	return ++access->need_at == access->need_count ? judge_tiles(access, err) : ENT_OK;
}

/* ---- answers ---- */

static enum ent_status
feed_step(struct ent_access *access, int http_status, struct ent_view body, struct ent_error *err)
{
	const bool bundle = access->step == STEP_BUNDLE || access->step == STEP_FULL_BUNDLE;

	if (http_status == 0)
		return ent_fail(err, ENT_E_UNREACHABLE, "no answer");
	if (bundle && (http_status == 404 || http_status == 410)) {
		bundle_gone(access);
		return ENT_OK;
	}
	if (access->step == STEP_CHECKPOINT && http_status == 404)
		return ent_fail(err, ENT_E_NOT_FOUND, "no access log is published there yet");
	if (http_status != 200)
		return ent_fail(err, ENT_E_UNREACHABLE, "HTTP status %d", http_status);
	switch (access->step) {
	case STEP_CHECKPOINT:
		return feed_checkpoint(access, body, err);
	case STEP_BUNDLE:
	case STEP_FULL_BUNDLE:
		return feed_bundle(access, body, err);
	default:
		return feed_tile(access, body, err);
	}
}

enum ent_status
ent_access_feed(struct ent_access *access, int http_status, struct ent_view body, struct ent_error *err)
{
	if (access->step == STEP_DONE)
		return ent_fail(err, ENT_E_INPUT, "this round is done");
	if (feed_step(access, http_status, body, err) == ENT_OK)
		return ENT_OK;
	access->step = STEP_DONE;
	access->current = false;
	if (err->code != ENT_E_UNREACHABLE && err->code != ENT_E_NOT_FOUND)
		ent_log_dir_drop(access->log); /* what was taken in this round came from somebody who serves what cannot be */
	return ent_error_context(err, "following %s's access log", access->member);
}
