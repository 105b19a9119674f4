/* The processes of a node: their entries, and who starts them. */
#ifndef ENT_NODE_PROCESS_H
#define ENT_NODE_PROCESS_H

#include "home/config.h"

/* Each process's entry: returns the process's exit code. Channels and sockets are the process's own. */
int ent_edge_main(const struct ent_node_config *config, int listen_fd, int judge_fd);
int ent_judge_main(const struct ent_node_config *config, int edge_fd, int logger_fd, int keyholder_fd);
int ent_logger_main(const struct ent_node_config *config, int judge_fd);
int ent_keyholder_main(const struct ent_node_config *config, int judge_fd);
/* The parent: binds or takes the socket, starts the four, restarts all when one dies, drains on SIGTERM/SIGINT. */
int ent_parent_main(const struct ent_node_config *config);

#endif
