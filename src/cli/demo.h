/* The demonstration's stage: printed commands run as children, nodes started with their sockets, everything ended again. */
#ifndef ENT_CLI_DEMO_H
#define ENT_CLI_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DEMO_NODES_MAX 5
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

/* ---- demo_words.c ---- */

#define DEMO_MEMBERS 3
struct demo_member {
	const char *party, *title, *country;
	const char *cleared, *other; /* two people: one whom the member has cleared for the projects, one whom it has not */
};
extern const struct demo_member demo_members[DEMO_MEMBERS];
extern const char demo_until[]; /* when what is agreed ends */

/* Small texts for command lines: valid until demo_free_texts(). "" without memory. */
const char *demo_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void demo_free_texts(void);
const char *demo_officer(const char *party, const char *name); /* the key's file */
const char *demo_office(const char *party);                    /* the profile of the party's officers */
const char *demo_time(int64_t unix_s);
/* From the last command's output: the first 64 hexadecimal digits in a row; the 16 behind a word. "" if there are none. */
const char *demo_fingerprint(const struct demo *demo);
const char *demo_hash_after(const struct demo *demo, const char *word);

/* ---- demo_found.c: founding, nodes, keys, the first project; what needs everybody ---- */

/* Everything up to the project in force. The charter's fingerprint. */
const char *demo_found(struct demo *demo);
/* For demo_wait(): is the node of this party up (arg: its name); does the charter that a party sees hold a text; may a party. */
bool demo_mirror_ready(struct demo *demo, const void *party);
struct demo_seen {
	const char *party;
	const char *needle;
};
bool demo_shows(struct demo *demo, const void *seen);
struct demo_asked {
	const char *at; /* at whose node */
	const char *party, *project;
	bool no;        /* the answer waited for */
};
bool demo_may(struct demo *demo, const void *asked);
/* Until every member's node answers so. */
bool demo_wait_all(struct demo *demo, const char *what, const char *party, const char *project, bool no);
/* Every member consents, the first `shown` of them on the screen and the others in a word; between (may be NULL) is called before each. */
void demo_consent_all(struct demo *demo, const char *hash, size_t shown, void (*between)(struct demo *demo, size_t next));
const char *demo_propose_project(struct demo *demo, const char *name, const char *title, bool show);

/* ---- demo_files.c: people, protect, open, refuse ---- */

void demo_add_person(struct demo *demo, const char *party, const char *country, const char *name, const char *projects, const char *genesis,
    bool show);
void demo_add_people(struct demo *demo, const char *genesis);
void demo_protect(struct demo *demo, const char *file, const char *sealed);
void demo_open_as(struct demo *demo, const char *file, const char *sealed, const char *name);
void demo_open_all(struct demo *demo, const char *file, const char *sealed);
void demo_refuse(struct demo *demo, const char *sealed, const char *genesis);

/* ---- demo_partner.c: a partner is proposed, admitted, stopped, resumed, and lapses ---- */

void demo_partner(struct demo *demo, const char *file, const char *sealed, const char *genesis);

#endif
