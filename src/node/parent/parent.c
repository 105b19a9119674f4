/* The parent starts the others, restarts all of them when one dies, and drains them when it is told to stop. Nothing else. */
#include "node/parent/parent.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "node/service.h"

enum { GRACE_MS = 500, STOP_LIMIT_MS = 20000, SAME_WISH_MS = 1000 };

static const struct ent_parent_pace usual_pace = { .window_ms = 60000, .backoff_ms = 100, .pause_ms = 30000 };

struct parent {
	const struct ent_node_config *config;
	const struct ent_parent_pace *pace;
	int listen_fd;
	struct ent_child children[ENT_PARENT_CHILDREN];
	sigset_t signals; /* blocked: they are waited for */
	int64_t restarts_ms[ENT_PARENT_RESTARTS];
	size_t restart_count; /* of all time */
};

static void
say(const char *name, const char *detail)
{
	struct ent_event event;

	ent_event_begin(&event, name);
	ent_event_str(&event, "detail", detail);
	ent_event_end(&event, STDERR_FILENO);
}

/* Children. */

static void
report_end(const struct ent_child *child)
{
	struct ent_event event;

	ent_event_begin(&event, "process-ended");
	ent_event_str(&event, "ended", ent_process_name(child->process));
	if (WIFSIGNALED(child->status))
		ent_event_int(&event, "signal", WTERMSIG(child->status));
	else
		ent_event_int(&event, "exit", WEXITSTATUS(child->status));
	ent_event_end(&event, STDERR_FILENO);
}

static void
reap(struct ent_child *child, int flags)
{
	pid_t got;

	if (child->pid == 0)
		return;
	do
		got = waitpid(child->pid, &child->status, flags);
	while (got < 0 && errno == EINTR);
	if (got == child->pid)
		child->pid = 0;
}

/* Collect those that have ended; how many are running still. */
static size_t
count_running(struct parent *parent, bool report)
{
	size_t running = 0;

	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++) {
		struct ent_child *child = &parent->children[i];
		const bool ran = child->pid != 0;

		reap(child, WNOHANG);
		if (ran && child->pid == 0 && report)
			report_end(child);
		running += child->pid != 0;
	}
	return running;
}

static void
kill_all(struct parent *parent)
{
	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++)
		if (parent->children[i].pid != 0)
			kill(parent->children[i].pid, SIGKILL);
	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++)
		reap(&parent->children[i], 0);
}

/* Wait for one of our signals until the deadline (<0: for ever). 0: the time is over. */
static int
next_signal(struct parent *parent, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = deadline_ms - ent_clock_mono_ms();
		struct timespec ts = { left > 0 ? left / 1000 : 0, left > 0 ? left % 1000 * 1000000 : 0 };
		int got = deadline_ms < 0 ? sigwaitinfo(&parent->signals, NULL) : sigtimedwait(&parent->signals, NULL, &ts);

		if (got > 0)
			return got;
		if (errno == EAGAIN)
			return 0;
	}
}

/* Running: true when told to stop, false when a child has ended. */
static bool
watch(struct parent *parent)
{
	for (;;)
		if (next_signal(parent, -1) != SIGCHLD)
			return true;
		else if (count_running(parent, true) < ENT_PARENT_CHILDREN)
			return false;
}

/* Stopping. */

static bool
ended_well(const struct ent_child *child)
{
	/* The edge may have been told to stop before it had a handler. */
	if (child->process == ENT_PROCESS_EDGE && WIFSIGNALED(child->status) && WTERMSIG(child->status) == SIGTERM)
		return true;
	return WIFEXITED(child->status) && WEXITSTATUS(child->status) == 0;
}

/* The edge drains and ends; the judge sees that, flushes and ends; logger and keyholder see that. */
static int
stop(struct parent *parent)
{
	const int64_t begun_ms = ent_clock_mono_ms();
	const int64_t deadline_ms = begun_ms + STOP_LIMIT_MS;
	bool well = true;

	say("stopping", "no further connections; requests that are under way are finished");
	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++)
		if (parent->children[i].process == ENT_PROCESS_EDGE && parent->children[i].pid != 0)
			kill(parent->children[i].pid, SIGTERM);
	while (count_running(parent, false) > 0) {
		const int got = next_signal(parent, deadline_ms);

		/* A terminal's or a supervisor's one wish often comes as two signals: to us, and to our group. */
		if (got == SIGCHLD || (got != 0 && ent_clock_mono_ms() - begun_ms < SAME_WISH_MS))
			continue;
		say("stop-forced", got == 0 ? "not all processes ended within 20 s" : "told to stop a second time");
		kill_all(parent);
	}
	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++) {
		if (ended_well(&parent->children[i]))
			continue;
		report_end(&parent->children[i]);
		well = false;
	}
	say("stopped", well ? "all processes ended in order" : "not all processes ended in order; see above");
	return well ? ENT_EXIT_DONE : ENT_EXIT_OTHER;
}

/* Restarting. */

/* Bad configuration, or a log that was tampered with: starting again would end alike. */
static int
fatal_exit(const struct parent *parent)
{
	for (size_t i = 0; i < ENT_PARENT_CHILDREN; i++) {
		const int status = parent->children[i].status;

		if (WIFEXITED(status) && (WEXITSTATUS(status) == ENT_EXIT_INPUT || WEXITSTATUS(status) == ENT_EXIT_TAMPERED))
			return WEXITSTATUS(status);
	}
	return 0;
}

/*
 * How long to wait before the next start. Never for ever: who can make a process crash at will would else need a minute to put
 * the node out of service until a person comes.
 */
static int64_t
next_wait(struct parent *parent)
{
	const int64_t now_ms = ent_clock_mono_ms();
	size_t recent = 0;

	for (size_t i = 0; i < ENT_PARENT_RESTARTS && i < parent->restart_count; i++)
		recent += now_ms - parent->restarts_ms[i] < parent->pace->window_ms;
	parent->restarts_ms[parent->restart_count++ % ENT_PARENT_RESTARTS] = now_ms;
	if (recent < ENT_PARENT_RESTARTS)
		return parent->pace->backoff_ms << recent;
	say("restart-delayed", "the processes end again and again: the next start waits; what they said above needs a person");
	return parent->pace->pause_ms;
}

/*
 * The end of one is seen by the others, which end by themselves: the judge writes what it has not logged yet, and each says in
 * its exit code whether it was the cause. Then whoever is left is killed. False: told to stop meanwhile.
 */
static bool
end_others(struct parent *parent)
{
	const int64_t until_ms = ent_clock_mono_ms() + GRACE_MS;
	int got = SIGCHLD;

	while (got == SIGCHLD && count_running(parent, true) > 0)
		got = next_signal(parent, until_ms);
	kill_all(parent);
	return got == SIGCHLD || got == 0;
}

/* True: start again. Else *exit_code is the parent's. */
static bool
recover(struct parent *parent, int *exit_code)
{
	int64_t until_ms;

	*exit_code = ENT_EXIT_DONE;
	if (!end_others(parent))
		return false;
	*exit_code = fatal_exit(parent);
	if (*exit_code != 0) {
		say("start-failed", "the node does not start like this; what the processes said above needs a person");
		return false;
	}
	until_ms = ent_clock_mono_ms() + next_wait(parent);
	for (int got; (got = next_signal(parent, until_ms)) != 0;)
		if (got != SIGCHLD)
			return false; /* told to stop, and nothing runs */
	say("restarting", "all processes are started again");
	return true;
}

static void
set_up_process(struct parent *parent)
{
	ent_event_process("parent");
	ent_service_harden();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	sigemptyset(&parent->signals);
	sigaddset(&parent->signals, SIGCHLD);
	sigaddset(&parent->signals, SIGTERM);
	sigaddset(&parent->signals, SIGINT);
	sigprocmask(SIG_BLOCK, &parent->signals, NULL);
	signal(SIGCHLD, SIG_DFL); /* if it was ignored when we were started, children could not be waited for */
}

static int
run(struct parent *parent)
{
	struct ent_error err = { 0 };
	int exit_code;

	do {
		if (ent_spawn_all(parent->children, parent->config, parent->listen_fd, &err) != ENT_OK) {
			kill_all(parent);
			ent_event_failure("start-failed", &err);
			return ent_status_row(err.code)->exit_code;
		}
		if (watch(parent))
			return stop(parent);
	} while (recover(parent, &exit_code));
	return exit_code;
}

int
ent_parent_run(const struct ent_node_config *config, const struct ent_parent_pace *pace)
{
	struct parent parent = { .config = config, .pace = pace };
	struct ent_error err = { 0 };
	int exit_code;

	set_up_process(&parent);
	if (ent_listen_open(&parent.listen_fd, config, &err) != ENT_OK) {
		ent_event_failure("start-failed", &err);
		return ent_status_row(err.code)->exit_code;
	}
	exit_code = run(&parent);
	ent_fd_close(parent.listen_fd);
	return exit_code;
}

int
ent_parent_main(const struct ent_node_config *config)
{
	return ent_parent_run(config, &usual_pace);
}
