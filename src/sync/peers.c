/*
 * The parties' statement logs in a mirror: the own one as the logger writes it, verified copies of the others'. Members' are
 * there from the start, partners' come when their proposals have held their names.
 */
#include <stdio.h>

#include "base/file.h"
#include "sync/peer.h"

enum { ALIVE_ARENA_MAX = 1 << 20 };

void
ent_mirror_end_pulls(struct ent_mirror *mirror)
{
	for (size_t i = 0; i < mirror->peer_count; i++) {
		ent_log_dir_free(mirror->peers[i].log);
		mirror->peers[i].log = NULL;
	}
}

static const struct ent_peer *
peer_of(const struct ent_mirror *mirror, struct ent_view party)
{
	for (size_t i = 0; i < mirror->peer_count; i++)
		if (ent_view_eq(mirror->peers[i].name, party))
			return &mirror->peers[i];
	return NULL;
}

struct ent_peer *
ent_mirror_peer(struct ent_mirror *mirror, struct ent_view party)
{
	const struct ent_peer *peer = peer_of(mirror, party);

	return peer != NULL ? &mirror->peers[peer - mirror->peers] : NULL;
}

bool
ent_mirror_follows(const struct ent_mirror *mirror, struct ent_view party)
{
	return peer_of(mirror, party) != NULL;
}

enum ent_status
ent_mirror_check_name(struct ent_view name, struct ent_error *err)
{
	if (name.len == 0 || name.len > 200 || name.data[0] == '.' || ent_view_find(name, '/', 0) != name.len)
		return ent_fail(err, ENT_E_INPUT, "the party name %.*s cannot be a folder's name: no '/', no leading '.', at most "
		    "200 bytes", ENT_FMT(ent_view_slice(name, 0, 64)));
	return ENT_OK;
}

struct entry_feed {
	struct ent_charter *charter;
	struct ent_view party;
};

static enum ent_status
feed_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	const struct entry_feed *feed = arg;

	return ent_charter_add_entry(feed->charter, feed->party, index, entry, err);
}

static enum ent_status
feed_log(struct ent_mirror *mirror, const struct ent_peer *peer, const struct ent_log_dir *log, struct ent_error *err)
{
	struct entry_feed feed = { mirror->charter, peer->name };
	uint64_t have = ent_charter_log_size(mirror->charter, feed.party);
	struct ent_hash root;

	if (ent_log_dir_size(log) < have)
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the log of %.*s has %llu entries on disk, but had %llu: restore it",
		    ENT_FMT(feed.party), (unsigned long long)ent_log_dir_size(log), (unsigned long long)have);
	ENT_TRY(ent_log_dir_each(log, have, feed_entry, &feed, err));
	ent_log_dir_root(log, &root);
	ent_charter_set_root(mirror->charter, feed.party, &root);
	return ENT_OK;
}

enum ent_status
ent_mirror_catch_up(struct ent_mirror *mirror, struct ent_peer *peer, struct ent_error *err)
{
	ENT_ASSERT(peer->log != NULL);
	return feed_log(mirror, peer, peer->log, err);
}

static enum ent_status
reload_own(struct ent_mirror *mirror, const struct ent_peer *peer, struct ent_error *err)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	struct ent_error own = { 0 };
	enum ent_status status;

	status = ent_log_dir_open_read(&log, mirror->place.own_log_dir, peer->log_key, &own);
	if (status == ENT_E_NOT_FOUND && ent_charter_log_size(mirror->charter, peer->name) == 0)
		return ENT_OK; /* a new node: nothing was ever signed */
	if (status != ENT_OK)
		return ent_fail(err, status, "the own statement log: %s", own.text);
	return feed_log(mirror, peer, log, err);
}

enum ent_status
ent_mirror_reload_own(struct ent_mirror *mirror, struct ent_error *err)
{
	for (size_t i = 0; i < mirror->peer_count; i++)
		if (mirror->peers[i].own)
			return reload_own(mirror, &mirror->peers[i], err);
	return ENT_OK;
}

static enum ent_status
open_copy(struct ent_mirror *mirror, struct ent_peer *peer, struct ent_error *err)
{
	char dir[ENT_PATH_MAX], head[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(dir, sizeof(dir), err, "%s/%.*s/statements", mirror->place.peers_dir, ENT_FMT(peer->name)));
	ENT_TRY(ent_path_join(head, sizeof(head), err, "%s/head.%.*s.statements", mirror->place.state_dir,
	    ENT_FMT(peer->name)));
	ENT_TRY(ent_dir_make(dir, 0755, err));
	ENT_TRY(ent_dir_make(mirror->place.state_dir, 0700, err));
	if (ent_log_dir_open(&peer->log, dir, head, peer->log_key, err) != ENT_OK)
		return ent_error_context(err, "the copy of %.*s's statement log", ENT_FMT(peer->name));
	return ENT_OK;
}

static enum ent_status
evidence_dir(const struct ent_mirror *mirror, const struct ent_peer *peer, char out[ENT_PATH_MAX], struct ent_error *err)
{
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/evidence/%.*s.statements", mirror->place.state_dir,
	    ENT_FMT(peer->name));
}

/* What was proven before a restart stays proven: only people end it, by removing the evidence. */
static enum ent_status
load_evidence(struct ent_mirror *mirror, struct ent_peer *peer, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) why = ent_buf_with_max(ENT_ERROR_TEXT_MAX);
	char dir[ENT_PATH_MAX], path[ENT_PATH_MAX];
	const char *text;

	ENT_TRY(evidence_dir(mirror, peer, dir, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/why", dir));
	if (!ent_file_exists(path))
		return ENT_OK;
	ENT_TRY(ent_file_read(&why, path, ENT_ERROR_TEXT_MAX, err));
	ENT_TRY(ent_buf_cstr(&why, &text, err));
	peer->broken = true;
	return ent_charter_set_broken(mirror->charter, peer->name, text, err);
}

static enum ent_status
replace_in(const char *dir, const char *name, struct ent_view bytes, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s", dir, name));
	return ent_file_replace(path, bytes, 0600, err);
}

enum ent_status
ent_mirror_break(struct ent_mirror *mirror, struct ent_peer *peer, struct ent_view kept, struct ent_view seen,
    struct ent_view tiles, const char *why, struct ent_error *err)
{
	char dir[ENT_PATH_MAX];

	/* Reliance ends first, in memory: a full disk must not keep a liar in good standing. */
	peer->broken = true;
	ENT_TRY(ent_charter_set_broken(mirror->charter, peer->name, why, err));
	ENT_TRY(evidence_dir(mirror, peer, dir, err));
	ENT_TRY(ent_dir_make(dir, 0700, err));
	ENT_TRY(replace_in(dir, "kept", kept, err));
	ENT_TRY(replace_in(dir, "seen", seen, err));
	if (tiles.len > 0)
		ENT_TRY(replace_in(dir, "leaves", tiles, err));
	return replace_in(dir, "why", ent_view_str(why), err);
}

static enum ent_status
open_peer(struct ent_mirror *mirror, struct ent_peer *peer, struct ent_error *err)
{
	if (peer->own)
		return reload_own(mirror, peer, err);
	ENT_TRY(open_copy(mirror, peer, err));
	ENT_TRY(feed_log(mirror, peer, peer->log, err));
	return load_evidence(mirror, peer, err);
}

static struct ent_peer *
add_peer(struct ent_mirror *mirror, struct ent_view name, const struct ent_vkey *log_key)
{
	struct ent_peer *peer = &mirror->peers[mirror->peer_count++];

	ENT_ASSERT(mirror->peer_count <= ENT_LIMIT_PEERS);
	*peer = (struct ent_peer){ .name = name, .log_key = log_key };
	peer->own = mirror->place.own_party != NULL && ent_view_eq_str(name, mirror->place.own_party);
	return peer;
}

/* C-34: a partner's own node follows its own log before anybody else does, perhaps before its party is proposed. */
static enum ent_status
open_own_partner(struct ent_mirror *mirror, struct ent_error *err)
{
	struct ent_view name = ent_view_str(mirror->place.own_party);
	struct ent_peer *peer;

	if (mirror->place.own_log_key == NULL)
		return ent_fail(err, ENT_E_CONFIG, "%s is no member of the charter in %s (a partner's node has \"role: issuer\" in node.yaml)",
		    mirror->place.own_party, mirror->place.charter_dir);
	ENT_TRY(ent_charter_follow(mirror->charter, name, &mirror->own_log_key, err));
	peer = add_peer(mirror, name, &mirror->own_log_key);
	peer->partner = true;
	return open_peer(mirror, peer, err);
}

enum ent_status
ent_mirror_open_peers(struct ent_mirror *mirror, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(mirror->charter);
	bool own_seen = mirror->place.own_party == NULL;
	void *items;

	ENT_TRY(ent_arena_alloc(mirror->arena, &items, ENT_LIMIT_PEERS, sizeof(*mirror->peers), err));
	mirror->peers = items;
	for (size_t i = 0; i < epoch->member_count; i++) {
		struct ent_peer *peer = add_peer(mirror, epoch->members[i].name, &epoch->members[i].statements_log);

		own_seen = own_seen || peer->own;
		ENT_TRY(open_peer(mirror, peer, err));
	}
	if (own_seen && mirror->place.own_party != NULL && mirror->place.own_log_key != NULL)
		return ent_fail(err, ENT_E_CONFIG, "%s is a member of the charter in %s, so its node is no mere issuer: remove \"role: issuer\" "
		    "from node.yaml", mirror->place.own_party, mirror->place.charter_dir);
	return own_seen ? ENT_OK : open_own_partner(mirror, err);
}

/* ---- partners ---- */

/* Its log is not read here, so what it says against itself is not heard: it is closed until people have looked. */
static enum ent_status
close_unreadable(struct ent_mirror *mirror, struct ent_peer *peer, const struct ent_error *why, struct ent_error *err)
{
	char text[ENT_ERROR_TEXT_MAX + 40];

	peer->broken = true;
	ent_log_dir_free(peer->log);
	peer->log = NULL;
	snprintf(text, sizeof(text), "its log cannot be read here: %s", why->text);
	ENT_TRY(ent_charter_set_broken(mirror->charter, peer->name, text, err));
	return ent_fail(err, why->code, "following %.*s: %s", ENT_FMT(peer->name), why->text);
}

enum ent_status
ent_mirror_follow(struct ent_mirror *mirror, const struct ent_party *partner, struct ent_error *err)
{
	struct ent_error own = { 0 };
	struct ent_peer *peer;
	enum ent_status status;

	if (ent_mirror_follows(mirror, partner->name))
		return ENT_OK; /* C-56: a name has one log */
	if (mirror->peer_count == ENT_LIMIT_PEERS)
		return ent_fail(err, ENT_E_LIMIT, "%.*s is one partner more than are followed", ENT_FMT(partner->name));
	ENT_TRY(ent_charter_follow(mirror->charter, partner->name, &partner->statements_log, err));
	peer = add_peer(mirror, partner->name, &partner->statements_log);
	peer->partner = true;
	status = ent_mirror_check_name(partner->name, &own);
	if (status == ENT_OK)
		status = open_peer(mirror, peer, &own);
	return status == ENT_OK ? ENT_OK : close_unreadable(mirror, peer, &own, err);
}

enum ent_status
ent_mirror_follow_partners(struct ent_mirror *mirror, const struct ent_state *state, bool *grown, struct ent_error *err)
{
	const uint64_t generation = ent_charter_generation(mirror->charter);
	const struct ent_party *fresh[ENT_LIMIT_PARTNERS + 1];
	struct ent_error own = { 0 }, first = { 0 };
	size_t count = 0;

	/* First whom, then follow: the state is of the past as soon as the charter grows. */
	for (size_t i = 0; i < ent_state_partner_count(state) && count < ENT_COUNT(fresh) && !mirror->full; i++) {
		const struct ent_party *party = ent_state_partner_at(state, i)->party;

		if (party->node.len > 0 && !ent_mirror_follows(mirror, party->name))
			fresh[count++] = party;
	}
	for (size_t i = 0; i < count && !mirror->full; i++) {
		own = (struct ent_error){ 0 };
		mirror->full = ent_mirror_follow(mirror, fresh[i], &own) == ENT_E_LIMIT && !ent_mirror_follows(mirror, fresh[i]->name);
		if (first.code == ENT_OK)
			first = own;
	}
	*grown = ent_charter_generation(mirror->charter) != generation;
	return first.code == ENT_OK ? ENT_OK : ent_fail(err, first.code, "%s", first.text);
}

/* ---- reading entries again ---- */

enum ent_status
ent_mirror_entry(const struct ent_mirror *mirror, struct ent_view party, uint64_t index, struct ent_buf *out, struct ent_error *err)
{
	ENT_AUTO(ent_log_dir) own = NULL;
	const struct ent_peer *peer = peer_of(mirror, party);

	if (peer == NULL || (!peer->own && peer->log == NULL))
		return ent_fail(err, ENT_E_NOT_FOUND, "the log of %.*s is not kept here", ENT_FMT(party));
	if (!peer->own)
		return ent_log_dir_entry(peer->log, index, out, err);
	ENT_TRY(ent_log_dir_open_read(&own, mirror->place.own_log_dir, peer->log_key, err));
	return ent_log_dir_entry(own, index, out, err);
}

static enum ent_status
alive_time(int64_t *unix_s, struct ent_view entry, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_note note;
	struct ent_doc doc;

	ENT_TRY(ent_arena_new(&arena, ALIVE_ARENA_MAX, err));
	ENT_TRY(ent_note_parse(&note, arena, entry, err));
	ENT_TRY(ent_doc_parse(&doc, arena, note.text, err));
	*unix_s = doc.alive.time_unix_s;
	return ENT_OK;
}

enum ent_status
ent_mirror_own_alive(const struct ent_mirror *mirror, int64_t *unix_s, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(ENT_TLOG_ENTRY_MAX);
	const struct ent_peer *peer = peer_of(mirror, ent_view_str(mirror->place.own_party));
	ENT_AUTO(ent_log_dir) log = NULL;
	enum ent_status status;

	*unix_s = INT64_MIN;
	ENT_ASSERT(peer != NULL);
	status = ent_log_dir_open_read(&log, mirror->place.own_log_dir, peer->log_key, err);
	if (status == ENT_E_NOT_FOUND) {
		ent_error_clear(err);
		return ENT_OK;
	}
	ENT_TRY(status);
	/* From the end: an `alive` stands before each statement, so hardly ever is a second one read. */
	for (uint64_t i = ent_log_dir_size(log); i > 0 && *unix_s == INT64_MIN; i--) {
		ent_buf_clear(&entry);
		ENT_TRY(ent_log_dir_entry(log, i - 1, &entry, err));
		if (ent_view_starts(ent_buf_view(&entry), ENT_LIT("charter/v1 alive ")))
			ENT_TRY(alive_time(unix_s, ent_buf_view(&entry), err));
	}
	return ENT_OK;
}
