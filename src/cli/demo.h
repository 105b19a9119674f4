/* The demonstration's stage: printed commands run as children, nodes started with their sockets, everything ended again. */
#ifndef ENT_CLI_DEMO_H
#define ENT_CLI_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DEMO_NODES_MAX 4
#define DEMO_PATH_MAX 4096

struct demo_node {
	const char *party;
	char url[64];
	int listen_fd; /* bound before the node's home is made, handed over at start */
	pid_t pid;     /* 0: not running */
};

struct demo {
	char dir[DEMO_PATH_MAX];  /* everything stands below it, and the commands run in it */
	bool remove_dir;
	char entente[DEMO_PATH_MAX];
	char ententd[DEMO_PATH_MAX];
	struct demo_node nodes[DEMO_NODES_MAX];
	size_t node_count;
	char *output;      /* of the last command: standard output and error, NUL-terminated */
	size_t output_len;
	bool failed;       /* a step did not end as it must: everything after it is skipped */
	unsigned steps;
};

/* Find the programs, make the folder. 0 or an exit code after having said why. */
int demo_open(struct demo *demo, const char *dir);
/* Stop the nodes, wait for them, remove the folder if it is ours. */
void demo_close(struct demo *demo);

/* A word as one types it into a shell; its length as printed. */
size_t demo_word(char *out, size_t out_size, const char *word);
/* A headline and what happens, for people. */
void demo_say(struct demo *demo, const char *headline, const char *words);

/*
 * Print and run `entente <words>` in the folder, show its output indented, and require this exit code.
 * words ends with NULL. false when it ended otherwise (said; demo->failed is set).
 */
bool demo_run(struct demo *demo, int exit_code, const char *const *words);
#define DEMO(demo, exit_code, ...) demo_run((demo), (exit_code), (const char *const[]){ __VA_ARGS__, NULL })
/* As demo_run without showing: what every member does alike is shown once. */
bool demo_quietly(struct demo *demo, const char *const *words);
#define DEMO_QUIETLY(demo, ...) demo_quietly((demo), (const char *const[]){ __VA_ARGS__, NULL })

/* A listening socket on 127.0.0.1, any free port; the node's URL follows from it. */
bool demo_bind(struct demo *demo, const char *party);
struct demo_node *demo_node(struct demo *demo, const char *party);
/* Print and start `ententd --config <party>/node.yaml` with its socket; its log goes to <party>/node.log. */
bool demo_start(struct demo *demo, const char *party);

/* Try `ready` until it is true, at most ten seconds. */
bool demo_wait(struct demo *demo, const char *what, bool (*ready)(struct demo *demo, const void *arg), const void *arg);

/* Set by SIGINT and SIGTERM. */
bool demo_interrupted(void);

#endif
