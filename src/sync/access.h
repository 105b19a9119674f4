/*
 * Following another member's access log: a verified copy in <peers_dir>/<member>/access with its head in
 * <state_dir>/head.<member>.access. Unlike statement logs these may be long, so they are taken in parts, and nothing of them
 * goes into the charter: they are what records are checked against (C-75), and what says how far one can see.
 *
 * A state machine without sockets, as ent_pull: begin, then next and feed until next gives no path.
 */
#ifndef ENT_SYNC_ACCESS_H
#define ENT_SYNC_ACCESS_H

#include "charter/docs.h"
#include "sync/mirror.h"

#define ENT_LIMIT_ACCESS_ENTRY 320u         /* bytes; an access/v1 has a fixed form of some 230: what is longer is none */
#define ENT_LIMIT_ACCESS_ENTRIES 20000000u  /* of a log: with its tiles some 5 GB of disk, and never more than 7.1 GB */
#define ENT_LIMIT_ACCESS_BUNDLES 256u       /* fetched in one round: 65,536 entries */

struct ent_access;
void ent_access_free(struct ent_access *access);
ENT_DEFINE_AUTO(ent_access)

/* Open or create the copy. key: the member's access-log key of the epoch; it must outlive this. */
ENT_MUST_USE enum ent_status ent_access_open(struct ent_access **out, const char *peers_dir, const char *state_dir,
    struct ent_view member, const struct ent_vkey *key, struct ent_error *err);

/* NULL, or how the log contradicted itself: nothing is taken from it any more. */
const char *ent_access_broken(const struct ent_access *access);
uint64_t ent_access_size(const struct ent_access *access);
/* The last finished round saw the log's own checkpoint, and our copy is all of what that names. */
bool ent_access_current(const struct ent_access *access);
/* The last finished round left entries for the next one. */
bool ent_access_behind(const struct ent_access *access);

/* Entry index of the copy; *out's views are in the arena. ENT_E_NOT_FOUND beyond it; ENT_E_SYNTAX: no access entry of that index. */
ENT_MUST_USE enum ent_status ent_access_entry(const struct ent_access *access, struct ent_access_doc *out, struct ent_arena *arena,
    uint64_t index, struct ent_error *err);

/* One round. The paths are relative to the member's node, without leading slash; "" = done. */
void ent_access_begin(struct ent_access *access);
ENT_MUST_USE enum ent_status ent_access_next(const struct ent_access *access, char path[ENT_PULL_PATH_MAX], size_t *max_bytes,
    struct ent_error *err);
/*
 * The answer; http_status 0: none. ENT_E_LOG_INCONSISTENT: the log contradicts what it signed before; both checkpoints are kept
 * under <state_dir>/evidence/<member>.access. ENT_E_UNREACHABLE and ENT_E_NOT_FOUND: not there, or not now. Other errors: the
 * node serves what cannot be. Each ends the round.
 */
ENT_MUST_USE enum ent_status ent_access_feed(struct ent_access *access, int http_status, struct ent_view body, struct ent_error *err);

#endif
