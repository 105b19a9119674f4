/*
 * A charter on disk and in memory: the genesis, proposals and every party's statement log, verified as they are read.
 * The same code serves a node (own log in log/, the others' in peers/) and a client's cache (all in peers/).
 *
 * <charter_dir>/epoch/<k>, <charter_dir>/proposal/<hex>, <peers_dir>/<party>/statements/..., <state_dir>/head.<party>.statements
 *
 * Members' logs are here from the start. A partner's is followed once its party proposal has held its name (C-34): whoever
 * derives calls ent_mirror_follow_partners() with what came out. Nothing about a partner's log, its disk, its lies or its
 * silence, keeps the others from being read: it closes that partner only (C-56).
 */
#ifndef ENT_SYNC_MIRROR_H
#define ENT_SYNC_MIRROR_H

#include "charter/derive.h"
#include "tlog/log_dir.h"

struct ent_mirror_place {
	const char *charter_dir;
	const char *peers_dir;
	const char *state_dir;
	const char *own_party;   /* a node's own party: its log is read from own_log_dir, and never followed; NULL: a client */
	const char *own_log_dir; /* <home>/log/statements */
	const struct ent_vkey *own_log_key; /* a partner's own node: its log is followed under this key from the start; NULL: own_party is a member */
	const struct ent_hash *pinned; /* the genesis fingerprint that must be there; NULL: take what stands in epoch/1 */
};

struct ent_mirror;
void ent_mirror_free(struct ent_mirror *mirror);
ENT_DEFINE_AUTO(ent_mirror)

/* Load everything that is there. ENT_E_NOT_FOUND without a genesis; ENT_E_SIGNATURE / ENT_E_TAMPERED when it is not the pinned one. */
ENT_MUST_USE enum ent_status ent_mirror_open(struct ent_mirror **out, const struct ent_mirror_place *place, struct ent_error *err);

/* Install a genesis note into an empty place (a client's first contact, `charter submit` into a node's home); verified first. */
ENT_MUST_USE enum ent_status ent_mirror_install(const struct ent_mirror_place *place, struct ent_view genesis_note, struct ent_error *err);

/* Nothing more is pulled into this mirror: other processes may write the copies now. What was read stays. */
void ent_mirror_end_pulls(struct ent_mirror *mirror);

struct ent_charter *ent_mirror_charter(struct ent_mirror *mirror); /* borrowed */

/*
 * Follow the log of every partner of this state that has a node and is not followed yet; what is on disk is read at once.
 * *grown: the charter has, so the state is of the past. All are tried; the first failure is told (no memory, a copy that
 * cannot be read, ENT_LIMIT_PARTNERS): whoever could not be followed is closed, and not tried again.
 */
ENT_MUST_USE enum ent_status ent_mirror_follow_partners(struct ent_mirror *mirror, const struct ent_state *state, bool *grown,
    struct ent_error *err);
/* One of them. ENT_OK without effect when the party's log is here already. partner: as ent_state_partner_at() has it. */
ENT_MUST_USE enum ent_status ent_mirror_follow(struct ent_mirror *mirror, const struct ent_party *partner, struct ent_error *err);
bool ent_mirror_follows(const struct ent_mirror *mirror, struct ent_view party); /* members, the own party, followed partners */

/* The own log grew (the logger appended): read the new entries into the charter. */
ENT_MUST_USE enum ent_status ent_mirror_reload_own(struct ent_mirror *mirror, struct ent_error *err);

/* When the newest `alive` in the own log says that it was written; INT64_MIN: there is none. */
ENT_MUST_USE enum ent_status ent_mirror_own_alive(const struct ent_mirror *mirror, int64_t *unix_s, struct ent_error *err);
/* An entry of a party's statement log as it stands on disk (appended to out). */
ENT_MUST_USE enum ent_status ent_mirror_entry(const struct ent_mirror *mirror, struct ent_view party, uint64_t index, struct ent_buf *out,
    struct ent_error *err);

/* Keep a proposal's text (content-addressed, durable) and add it to the charter. ENT_E_EXISTS when known. */
ENT_MUST_USE enum ent_status ent_mirror_keep_proposal(struct ent_mirror *mirror, struct ent_view text, struct ent_error *err);

/*
 * One pull of one party's log and of proposals that are wanted, from a base URL: a state machine without sockets.
 *   ent_pull_next(): the next path to GET (relative to the base URL, no leading slash) and its size limit; "" = done.
 *   ent_pull_feed(): its answer. http_status 0 = no answer.
 * log_prefix: "log/statements" at the party's own node, "mirror/<party>/statements" at another.
 * A verified change is written to disk before the charter learns of it.
 */
#define ENT_PULL_PATH_MAX 320
struct ent_pull;
void ent_pull_free(struct ent_pull *pull);
ENT_DEFINE_AUTO(ent_pull)
ENT_MUST_USE enum ent_status ent_pull_new(struct ent_pull **out, struct ent_mirror *mirror, struct ent_view party, const char *log_prefix, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_pull_next(struct ent_pull *pull, char path[ENT_PULL_PATH_MAX], size_t *max_bytes, struct ent_error *err);
/* ENT_E_LOG_INCONSISTENT: the party's log contradicts what was seen (the charter is told: set_broken). Other errors end this pull only;
 * ENT_E_NOT_FOUND: no log is published there yet. */
ENT_MUST_USE enum ent_status ent_pull_feed(struct ent_pull *pull, int http_status, struct ent_view body, struct ent_error *err);

#endif
