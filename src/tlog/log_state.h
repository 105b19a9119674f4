/* Inside of src/tlog: an open log. log_dir.c changes it, log_read.c reads it. */
#ifndef ENT_TLOG_LOG_STATE_H
#define ENT_TLOG_LOG_STATE_H

#include "tlog/log_dir.h"
#include "tlog/log_disk.h"

struct ent_log_dir {
	char dir[ENT_PATH_MAX];
	char head_path[ENT_PATH_MAX]; /* empty: opened for reading */
	struct ent_vkey key;          /* its views point into key_line */
	char key_line[ENT_NOTE_KEY_LINE_MAX + 1];
	struct ent_log_tree *tree;
	struct ent_log_tree *next; /* room for the tree of an append under way */
	bool taking;               /* next holds what was taken so far (ent_log_dir_take) */
	struct ent_log_disk disk;  /* which folders are known to be there for good */
	struct ent_buf note;       /* the signed checkpoint of tree, as in the head file; empty if never signed */
	int lock_fd;               /* the folder itself, locked; -1: opened for reading */
};

/* Entries first to end - 1 in order, each checked against its hash. */
ENT_MUST_USE enum ent_status ent_log_dir_walk(const struct ent_log_dir *log, uint64_t first, uint64_t end,
    ent_tlog_entry_fn fn, void *arg, struct ent_error *err);

#endif
