/* The loop of a process that does nothing but answer messages, one at a time: logger and keyholder. */
#ifndef ENT_NODE_SERVICE_H
#define ENT_NODE_SERVICE_H

#include "node/ipc.h"

/* Answer one request: fill *answer, everything it points to in the arena. A failure goes back as FAILED. */
typedef enum ent_status (*ent_answer_fn)(void *arg, struct ent_arena *arena, const struct ent_msg *request,
    struct ent_msg *answer, struct ent_error *err);

struct ent_service_row {
	enum ent_msg_type type;
	ent_answer_fn answer;
};

struct ent_service {
	enum ent_process self;
	enum ent_process peer;
	size_t arena_max; /* bytes of memory for one request */
	const struct ent_service_row *rows; /* what may be asked, up to ENT_MSG_NONE; anything else ends the process */
	int (*idle)(void *arg); /* may be NULL; called before each wait: how many ms to wait at most, <0 for ever */
	void *arg;
};

/*
 * Serve until the peer closes: 0; 1 after a message that breaks the table, or when an answer cannot be sent. Takes fd.
 * SIGINT and SIGTERM are ignored: such a process ends when its peer does, so that nobody who drains finds it gone.
 */
int ent_service_run(const struct ent_service *service, int fd);

/* No core dumps, and no debugger or sibling that reads this process's memory. */
void ent_service_harden(void);

#endif
