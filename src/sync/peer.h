/* Inside of src/sync: what a pull needs of the mirror that it feeds. */
#ifndef ENT_SYNC_PEER_H
#define ENT_SYNC_PEER_H

#include "sync/mirror.h"

#define ENT_LIMIT_REJECTED 256 /* proposals that are remembered as not acceptable, so that nobody fetches them every round */

/* All members, all partners, and at a partner's own node itself. */
#define ENT_LIMIT_PEERS (ENT_LIMIT_MEMBERS + ENT_LIMIT_PARTNERS + 1)

/* One party and the copy of its statement log. */
struct ent_peer {
	struct ent_view name;            /* of the charter, as the key */
	const struct ent_vkey *log_key;
	struct ent_log_dir *log;         /* the copy; NULL for the own party, whose log the logger writes, and after ent_mirror_end_pulls */
	bool own;
	bool partner;
	bool broken;                     /* caught lying: nothing more is taken from it */
};

struct ent_mirror {
	struct ent_arena *arena;
	struct ent_mirror_place place; /* its strings are in the arena */
	struct ent_charter *charter;
	struct ent_vkey own_log_key; /* of a partner's own node */
	struct ent_peer *peers; /* one per member, in the epoch's order, then partners; room for ENT_LIMIT_PEERS, so that none ever moves */
	size_t peer_count;
	bool full; /* a partner found no room: it was said */
	struct ent_hash rejected[ENT_LIMIT_REJECTED]; /* a ring */
	size_t rejected_count;
};

/* peers.c */
ENT_MUST_USE enum ent_status ent_mirror_open_peers(struct ent_mirror *mirror, struct ent_error *err);
/* A party's name becomes a folder's: it must not lead out of its place. */
ENT_MUST_USE enum ent_status ent_mirror_check_name(struct ent_view name, struct ent_error *err);

struct ent_peer *ent_mirror_peer(struct ent_mirror *mirror, struct ent_view party); /* NULL: unknown */

/* The copy grew: read what the charter does not have yet into it. */
ENT_MUST_USE enum ent_status ent_mirror_catch_up(struct ent_mirror *mirror, struct ent_peer *peer, struct ent_error *err);

/*
 * The party's log contradicts itself: keep what shows it under <state>/evidence/<party>.statements/, durable, and tell the
 * charter. kept: our checkpoint; seen: the other one; tiles: the level-0 tiles that hold what `seen` commits to, may be empty.
 */
ENT_MUST_USE enum ent_status ent_mirror_break(struct ent_mirror *mirror, struct ent_peer *peer, struct ent_view kept,
    struct ent_view seen, struct ent_view tiles, const char *why, struct ent_error *err);

bool ent_mirror_proposal_rejected(const struct ent_mirror *mirror, const struct ent_hash *hash);
void ent_mirror_reject_proposal(struct ent_mirror *mirror, const struct ent_hash *hash);

#endif
