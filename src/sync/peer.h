/* Inside of src/sync: what a pull needs of the mirror that it feeds. */
#ifndef ENT_SYNC_PEER_H
#define ENT_SYNC_PEER_H

#include "sync/mirror.h"

#define ENT_LIMIT_REJECTED 256 /* proposals that are remembered as not acceptable, so that nobody fetches them every round */

/* One party and the copy of its statement log. */
struct ent_peer {
	const struct ent_party *party; /* of the epoch */
	struct ent_log_dir *log;       /* the copy; NULL for the own party, whose log the logger writes, and after ent_mirror_end_pulls */
	bool own;
	bool broken;                   /* caught lying: nothing more is taken from it */
};

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
