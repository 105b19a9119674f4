/* Where a TDF or its plaintext goes: a regular file, written at offsets by many threads, or a pipe, in order. */
#ifndef ENT_TDF_OUTPUT_H
#define ENT_TDF_OUTPUT_H

#include <signal.h>

#include "base/view.h"

struct ent_output {
	int fd;
	bool at_offsets; /* ent_output_write_at may be used; not for pipes nor files opened with O_APPEND, which ignores offsets */
	uint64_t base;   /* file offset of position 0 */
};

void ent_output_init(struct ent_output *out, int fd);
/* Write all of bytes at position; on a pipe the position must be where the last write ended. */
ENT_MUST_USE enum ent_status ent_output_write(const struct ent_output *out, struct ent_view bytes, uint64_t position,
    struct ent_error *err);
/* Leave the file position behind len bytes, as if they had been written one after the other. */
ENT_MUST_USE enum ent_status ent_output_end(const struct ent_output *out, uint64_t len, struct ent_error *err);

/*
 * A reader that goes away is an error to report (EPIPE), not a signal to die of: SIGPIPE is held back in this thread, and in those
 * that it starts, until the end of the scope, and taken off when it is ours.
 */
struct ent_pipe_guard {
	sigset_t before;
	bool was_pending;
};
void ent_pipe_guard_init(struct ent_pipe_guard *guard);
void ent_pipe_guard_fini(struct ent_pipe_guard *guard);

#endif
