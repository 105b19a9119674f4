/* The parent's parts (inside src/node/parent only). */
#ifndef ENT_NODE_PARENT_PARENT_H
#define ENT_NODE_PARENT_PARENT_H

#include <stdint.h>
#include <sys/types.h>

#include "node/process.h"
#include "node/ipc.h"

#define ENT_PARENT_CHILDREN 4
#define ENT_PARENT_FD_FIRST 3 /* a child finds its socket and its channels from here on, in the order of its main's parameters */

struct ent_child {
	enum ent_process process;
	pid_t pid;  /* 0: not running */
	int status; /* of waitpid, when it has ended */
};

/* Restarts: the first ones within a window follow soon, at twice the time each; further ones wait for a pause. */
#define ENT_PARENT_RESTARTS 5
struct ent_parent_pace {
	int64_t window_ms;
	int64_t backoff_ms;
	int64_t pause_ms;
};
/* parent.c: ent_parent_main at another pace. */
int ent_parent_run(const struct ent_node_config *config, const struct ent_parent_pace *pace);

/* listen.c: the socket that was handed over (LISTEN_FDS), or a new one at config->listen. */
ENT_MUST_USE enum ent_status ent_listen_open(int *out, const struct ent_node_config *config, struct ent_error *err);

/* spawn.c: start all four with new channels between them. On failure those that were started are running still. */
ENT_MUST_USE enum ent_status ent_spawn_all(struct ent_child children[ENT_PARENT_CHILDREN], const struct ent_node_config *config,
    int listen_fd, struct ent_error *err);

#endif
