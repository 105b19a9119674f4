#include "tdf/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void
ent_output_init(struct ent_output *out, int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);
	off_t base = lseek(fd, 0, SEEK_CUR);

	*out = (struct ent_output){ fd, false, 0 };
	if (base < 0 || flags < 0 || (flags & O_APPEND) || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	out->at_offsets = true;
	out->base = (uint64_t)base;
}

enum ent_status
ent_output_write(const struct ent_output *out, struct ent_view bytes, uint64_t position, struct ent_error *err)
{
	for (size_t done = 0; done < bytes.len;) {
		ssize_t n = out->at_offsets
		    ? pwrite(out->fd, bytes.data + done, bytes.len - done, (off_t)(out->base + position + done))
		    : write(out->fd, bytes.data + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot write the output");
		done += (size_t)n;
	}
	return ENT_OK;
}

enum ent_status
ent_output_end(const struct ent_output *out, uint64_t len, struct ent_error *err)
{
	if (out->at_offsets && lseek(out->fd, (off_t)(out->base + len), SEEK_SET) < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot move to the end of the output");
	return ENT_OK;
}

void
ent_pipe_guard_init(struct ent_pipe_guard *guard)
{
	sigset_t pipe_only, pending;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	guard->was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_only, &guard->before);
}

void
ent_pipe_guard_fini(struct ent_pipe_guard *guard)
{
	const struct timespec now = { 0, 0 };
	sigset_t pipe_only, pending;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	/* SIGPIPE of write(2) goes to the thread that wrote: what has come since then is ours. */
	if (!guard->was_pending && sigismember(&pending, SIGPIPE) == 1)
		while (sigtimedwait(&pipe_only, NULL, &now) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}
