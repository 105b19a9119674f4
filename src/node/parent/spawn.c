/*
 * Starting the processes. Each is this program executed anew, so that it shares no memory layout, no heap and no descriptor with
 * another one: it gets its channels, and the edge the listening socket, and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "node/parent/parent.h"

enum { LINK_COUNT = 3, FDS_MAX = 4, FD_ASIDE = 64, EXIT_EXEC = 127 };

/* Who talks to whom: the order sets the numbers of a process's descriptors. */
static const enum ent_process links[LINK_COUNT][2] = {
	{ ENT_PROCESS_EDGE, ENT_PROCESS_JUDGE },
	{ ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER },
	{ ENT_PROCESS_JUDGE, ENT_PROCESS_KEYHOLDER },
};

struct ends {
	int fds[LINK_COUNT][2];
};

static void
close_ends(struct ends *ends)
{
	for (size_t i = 0; i < LINK_COUNT; i++)
		for (size_t side = 0; side < 2; side++)
			ent_fd_close(ends->fds[i][side]);
}

static enum ent_status
open_ends(struct ends *ends, struct ent_error *err)
{
	memset(ends, 0xff, sizeof(*ends)); /* -1 */
	for (size_t i = 0; i < LINK_COUNT; i++)
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends->fds[i]) != 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot make a channel between the node's processes");
	return ENT_OK;
}

/* The descriptors of a process, in order. */
static size_t
fds_of(int out[FDS_MAX], enum ent_process process, const struct ends *ends, int listen_fd)
{
	size_t count = 0;

	if (process == ENT_PROCESS_EDGE)
		out[count++] = listen_fd;
	for (size_t i = 0; i < LINK_COUNT; i++)
		for (size_t side = 0; side < 2; side++)
			if (links[i][side] == process)
				out[count++] = ends->fds[i][side];
	return count;
}

/* Put them at ENT_PARENT_FD_FIRST and up, and close everything else. */
static bool
place_fds(const int *fds, size_t count)
{
	int aside[FDS_MAX];

	for (size_t i = 0; i < count; i++) {
		aside[i] = fcntl(fds[i], F_DUPFD, FD_ASIDE); /* out of the way of the numbers to be filled */
		if (aside[i] < 0)
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (dup2(aside[i], ENT_PARENT_FD_FIRST + (int)i) < 0)
			return false;
	return close_range(ENT_PARENT_FD_FIRST + (unsigned)count, ~0u, 0) == 0;
}

/* An interrupt from a terminal goes to all processes of the group; how the node ends is the parent's decision. */
static void
set_signals(enum ent_process process)
{
	sigset_t none;

	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, process == ENT_PROCESS_EDGE ? SIG_DFL : SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn))
run_child(enum ent_process process, const struct ent_node_config *config, const int *fds, size_t fd_count, pid_t parent)
{
	const char *const args[] = { "ententd", "--process", ent_process_name(process), "--config", config->path, NULL };

	/* A dead parent ends all; if it died before this call, it is not our parent any more. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(EXIT_EXEC);
	set_signals(process);
	if (place_fds(fds, fd_count))
		execv("/proc/self/exe", (char *const *)(uintptr_t)args);
	_exit(EXIT_EXEC);
}

static enum ent_status
spawn(struct ent_child *child, const struct ent_node_config *config, const struct ends *ends, int listen_fd, struct ent_error *err)
{
	const pid_t parent = getpid();
	int fds[FDS_MAX];
	const size_t count = fds_of(fds, child->process, ends, listen_fd);
	const pid_t pid = fork();

	if (pid < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot start the %s", ent_process_name(child->process));
	if (pid == 0)
		run_child(child->process, config, fds, count, parent);
	child->pid = pid;
	child->status = 0;
	return ENT_OK;
}

enum ent_status
ent_spawn_all(struct ent_child children[ENT_PARENT_CHILDREN], const struct ent_node_config *config, int listen_fd,
    struct ent_error *err)
{
	/* The edge last: when it answers, the others have been started. */
	static const enum ent_process order[ENT_PARENT_CHILDREN] = {
		ENT_PROCESS_KEYHOLDER, ENT_PROCESS_LOGGER, ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE,
	};
	__attribute__((cleanup(close_ends))) struct ends ends;

	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++)
		children[i] = (struct ent_child){ .process = order[i] };
	ENT_TRY(open_ends(&ends, err));
	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++)
		ENT_TRY(spawn(&children[i], config, &ends, listen_fd, err));
	return ENT_OK;
}
