/* node.yaml of a node's home (contracts: Homes), read through one schema table. Unknown or duplicate keys are errors with line and column. */
#ifndef ENT_HOME_CONFIG_H
#define ENT_HOME_CONFIG_H

#include "base/status.h"

/* Members are named as the settings; durations are written as 200ms, 30s, 5m, 2h, 1d. party, listen and url are required. */
struct ent_node_config {
	char *path;           /* node.yaml itself, absolute */
	char *home;           /* folder of node.yaml, absolute */
	char *party;          /* party: au.example */
	char *listen;         /* listen: 127.0.0.1:8080; ignored when a socket is handed over (LISTEN_FDS) */
	char *url;            /* url: http://127.0.0.1:8080, the party's node line */
	bool issuer_only;     /* role: member, or issuer: a partner's node, without access log, shares and seals (C-76) */
	int64_t sync_interval_ms; /* sync_interval: 30s */
	bool demonstration;       /* demonstration: false */
	int64_t clock_offset_s;   /* clock_offset: -90s, only with demonstration: true */
	bool nationality_any;     /* nationality: every, or any */
	int64_t connections_max;  /* connections_max: 4096 */
};
void ent_node_config_free(struct ent_node_config *config);
ENT_DEFINE_AUTO(ent_node_config)
/* path of node.yaml. ENT_E_CONFIG with file:line:column. Plain HTTP off loopback (`listen`, `url`) is refused,
 * and so are keys made for a demonstration (keys/demonstration is there) without demonstration: true. */
ENT_MUST_USE enum ent_status ent_node_config_load(struct ent_node_config **out, const char *path, struct ent_error *err);

#endif
