/* Where a request goes. Pure: a method and a decoded path in, one answer out. */
#ifndef ENT_NODE_EDGE_ROUTE_H
#define ENT_NODE_EDGE_ROUTE_H

#include "base/view.h"

enum ent_edge_route {
	ENT_EDGE_ROUTE_HEALTH,  /* /healthz: the edge answers */
	ENT_EDGE_ROUTE_STATIC,  /* below /charter/, /log/, /mirror/: a file, if ent_static_path knows it */
	ENT_EDGE_ROUTE_JUDGE,   /* an RPC, the issuer's endpoints, charter/submit */
	ENT_EDGE_ROUTE_UNKNOWN  /* nothing is known by that name: 401 without a token, as the platform does; with one the judge answers */
};

struct ent_edge_target {
	enum ent_edge_route route;
	const char *allow; /* the methods that are served there, as an Allow header has them */
	size_t body_max;   /* bytes of a request's body */
};
void ent_edge_find_route(struct ent_edge_target *out, struct ent_view path);
/* Is method one of target->allow? */
bool ent_edge_allows(const struct ent_edge_target *target, struct ent_view method);

#define ENT_STATIC_PATH_MAX 512
struct ent_static_file {
	char path[ENT_STATIC_PATH_MAX]; /* below the node's home; never absolute, no "." or ".." */
	const char *content_type;
	const char *cache_control;
};
/*
 * Contracts, "Static paths". False for everything that is not one of them in its only spelling: no leading zeros, lower-case
 * hashes of 64 digits, tile paths as tlog-tiles writes them. own_party's mirror is its own log.
 */
bool ent_static_path(struct ent_static_file *out, struct ent_view path, const char *own_party);

#endif
