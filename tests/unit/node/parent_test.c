/*
 * The real parent, which executes this very program for its children: they are fakes that say what they were given in
 * <home>/said and behave as <home>/mode says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "node/ipc.h"
#include "node/parent/parent.h"
#include "node/process.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

/* The children. */

static char home[128];

static void
say(const char *process, const char *what, int value)
{
	char path[256], line[128];
	int fd, n;

	snprintf(path, sizeof(path), "%s/said", home);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	n = snprintf(line, sizeof(line), "%s %s %d\n", process, what, value);
	if (write(fd, line, (size_t)n) != n)
		abort();
	close(fd);
}

static bool
mode_is(const char *mode)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(64);
	struct ent_error err = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/mode", home);
	return ent_file_read(&text, path, 64, &err) == ENT_OK && ent_view_eq_str(ent_buf_view(&text), mode);
}

/* The highest descriptor and the number of them, and what else a process may not have. */
static void
say_surroundings(const char *process)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0, highest = 0;

	while ((entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		count++;
		highest = fd > highest ? fd : highest;
	}
	closedir(dir);
	say(process, "fds", count);
	say(process, "highest", highest);
	say(process, "privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say(process, "handed", getenv("LISTEN_FDS") != NULL);
}

static struct ent_channel *
channel_on(int fd, enum ent_process self, enum ent_process peer)
{
	struct ent_error err = { 0 };
	struct ent_channel *channel;

	if (ent_channel_new(&channel, fd, self, peer, &err) != ENT_OK)
		abort();
	return channel;
}

/* Answer everything with an empty message of that type until the peer closes. */
static void
serve(struct ent_channel *channel, enum ent_msg_type type)
{
	struct ent_arena *arena;
	struct ent_error err = { 0 };
	struct ent_msg msg, reply = { .type = type };
	bool got, closed = false;

	if (ent_arena_new(&arena, 1 << 20, &err) != ENT_OK)
		abort();
	while (!closed) {
		if (ent_channel_receive(channel, &msg, arena, -1, &got, &closed, &err) != ENT_OK)
			exit(9);
		if (got && ent_channel_send(channel, &reply, &err) != ENT_OK)
			exit(9);
	}
	ent_arena_free(arena);
	ent_channel_free(channel);
}

static void
call(struct ent_channel *channel, enum ent_msg_type type, enum ent_msg_type want)
{
	struct ent_arena *arena;
	struct ent_error err = { 0 };
	struct ent_msg request = { .type = type }, answer;

	if (ent_arena_new(&arena, 1 << 20, &err) != ENT_OK || ent_channel_call(channel, &request, &answer, want, arena, &err) != ENT_OK)
		exit(8);
	ent_arena_free(arena);
}

static int
fake_edge(void)
{
	struct ent_channel *judge = channel_on(4, ENT_PROCESS_EDGE, ENT_PROCESS_JUDGE);
	int listening = 0, got;
	socklen_t len = sizeof(listening);
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	getsockopt(3, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
	say("edge", "listening", listening);
	call(judge, ENT_MSG_HTTP_REQUEST, ENT_MSG_HTTP_RESPONSE);
	say("edge", "up", (int)getpid());
	sigwait(&term, &got);
	say("edge", "drained", 0);
	ent_channel_free(judge);
	return 0;
}

static int
fake_judge(void)
{
	struct ent_channel *edge, *logger, *keyholder;

	if (mode_is("configuration") || mode_is("tampered")) {
		close(3); /* the edge sees that, and ends, before this process does */
		poll(NULL, 0, 100);
		return mode_is("tampered") ? ENT_EXIT_TAMPERED : ENT_EXIT_INPUT;
	}
	if (mode_is("crash"))
		abort();
	edge = channel_on(3, ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE);
	logger = channel_on(4, ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER);
	keyholder = channel_on(5, ENT_PROCESS_JUDGE, ENT_PROCESS_KEYHOLDER);
	call(logger, ENT_MSG_LOG_HEAD, ENT_MSG_APPENDED);
	call(keyholder, ENT_MSG_KEYS, ENT_MSG_KEYS_ARE);
	serve(edge, ENT_MSG_HTTP_RESPONSE);
	if (mode_is("stuck"))
		pause();
	say("judge", "flushed", 0);
	ent_channel_free(logger);
	ent_channel_free(keyholder);
	return mode_is("sour") ? 7 : 0;
}

static int
fake_process(const char *process, const char *config)
{
	snprintf(home, sizeof(home), "%.*s", (int)(strrchr(config, '/') - config), config);
	say(process, "pid", (int)getpid());
	say_surroundings(process);
	if (strcmp(process, "edge") == 0)
		return fake_edge();
	if (strcmp(process, "judge") == 0)
		return fake_judge();
	if (strcmp(process, "logger") == 0)
		serve(channel_on(3, ENT_PROCESS_LOGGER, ENT_PROCESS_JUDGE), ENT_MSG_APPENDED);
	else
		serve(channel_on(3, ENT_PROCESS_KEYHOLDER, ENT_PROCESS_JUDGE), ENT_MSG_KEYS_ARE);
	say(process, "ended", 0);
	return 0;
}

/* The test. */

enum { PAUSE_MS = 400 };
static const struct ent_parent_pace pace = { .window_ms = 60000, .backoff_ms = 10, .pause_ms = PAUSE_MS };

struct node {
	pid_t pid;
};

static int
make_home(void **state)
{
	snprintf(home, sizeof(home), "/tmp/ent-parent-XXXXXX");
	*state = calloc(1, sizeof(struct node));
	return mkdtemp(home) == NULL;
}

static int
drop_home(void **state)
{
	struct node *node = *state;
	char command[256];

	if (node->pid != 0) {
		kill(node->pid, SIGKILL);
		waitpid(node->pid, NULL, 0);
	}
	free(node);
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return system(command);
}

static void
set_mode(const char *mode)
{
	struct ent_error err = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/mode", home);
	assert_ok(ent_file_replace(path, ent_view_str(mode), 0600, &err));
}

static int
run_parent(const char *listen)
{
	struct ent_node_config config = { .home = home, .party = (char *)(uintptr_t)"au.example", .listen = (char *)(uintptr_t)listen,
	    .url = (char *)(uintptr_t)"http://127.0.0.1", .connections_max = 64 };
	char path[256];
	int null_fd = open("/dev/null", O_WRONLY);

	snprintf(path, sizeof(path), "%s/node.yaml", home);
	config.path = path;
	dup2(null_fd, STDERR_FILENO);
	return ent_parent_run(&config, &pace);
}

static void
start(struct node *node)
{
	node->pid = fork();
	if (node->pid == 0)
		_exit(run_parent("127.0.0.1:0"));
}

static int
end_of(struct node *node)
{
	int status = -1;

	waitpid(node->pid, &status, 0);
	node->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* How often "<line>" was said; *last is the number behind the last one. */
static int
count_said(const char *line, int *last)
{
	char path[256], text[256];
	FILE *file;
	int count = 0;

	snprintf(path, sizeof(path), "%s/said", home);
	file = fopen(path, "r");
	while (file != NULL && fgets(text, sizeof(text), file) != NULL) {
		if (strncmp(text, line, strlen(line)) != 0)
			continue;
		count++;
		if (last != NULL)
			*last = atoi(text + strlen(line));
	}
	if (file != NULL)
		fclose(file);
	return count;
}

static void
wait_said(const char *line, int times)
{
	const int64_t deadline_ms = ent_clock_mono_ms() + 10000;

	while (count_said(line, NULL) < times) {
		if (ent_clock_mono_ms() > deadline_ms)
			fail_msg("nobody said \"%s\" %d times", line, times);
		poll(NULL, 0, 10);
	}
}

static int
said(const char *line)
{
	int last = -1;

	assert_true(count_said(line, &last) > 0);
	return last;
}

static void
four_processes_get_their_channels_and_nothing_else(void **state)
{
	static const struct {
		const char *process;
		int fds;
	} rows[] = { { "edge", 5 }, { "judge", 6 }, { "logger", 4 }, { "keyholder", 4 } };
	struct node *node = *state;
	char line[64];

	start(node);
	wait_said("edge up", 1);
	assert_int_equal(said("edge listening"), 1);
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		snprintf(line, sizeof(line), "%s fds", rows[i].process);
		assert_int_equal(said(line), rows[i].fds); /* with 0, 1 and 2 */
		snprintf(line, sizeof(line), "%s highest", rows[i].process);
		assert_int_equal(said(line), rows[i].fds - 1);
		snprintf(line, sizeof(line), "%s privileges", rows[i].process);
		assert_int_equal(said(line), 1);
	}
}

static void
told_to_stop_all_end_in_order(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT };
	struct node *node = *state;

	for (int i = 0; i < 2; i++) {
		start(node);
		wait_said("edge up", i + 1);
		kill(node->pid, signals[i]);
		assert_int_equal(end_of(node), 0);
		assert_int_equal(count_said("edge drained", NULL), i + 1);
		assert_int_equal(count_said("judge flushed", NULL), i + 1);
		assert_int_equal(count_said("logger ended", NULL), i + 1);
		assert_int_equal(count_said("keyholder ended", NULL), i + 1);
	}
}

static void
signals_to_the_whole_group_end_it_in_order_too(void **state)
{
	struct node *node = *state;

	start(node);
	wait_said("edge up", 1);
	/* As a terminal does, and as a service manager: only the parent and the edge act on it. */
	kill(said("judge pid"), SIGINT);
	kill(said("edge pid"), SIGINT);
	kill(said("judge pid"), SIGTERM);
	kill(said("logger pid"), SIGTERM);
	kill(said("keyholder pid"), SIGTERM);
	poll(NULL, 0, 100);
	kill(node->pid, SIGTERM);
	assert_int_equal(end_of(node), 0);
	assert_int_equal(count_said("judge flushed", NULL), 1);
	assert_int_equal(count_said("judge pid", NULL), 1); /* nothing was restarted */
}

static void
a_dead_child_restarts_all(void **state)
{
	static const char *const victims[] = { "logger pid", "keyholder pid", "judge pid", "edge pid" };
	struct node *node = *state;

	set_mode("normal");
	start(node);
	for (int i = 0; i < 4; i++) {
		wait_said("edge up", i + 1);
		kill(said(victims[i]), SIGKILL);
	}
	wait_said("edge up", 5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(count_said(victims[i], NULL), 5);
	kill(node->pid, SIGTERM);
	assert_int_equal(end_of(node), 0);
}

/* A crash that somebody can repeat must not end the node's service for good. */
static void
a_node_that_crashes_again_and_again_goes_on_slowly(void **state)
{
	struct node *node = *state;
	int64_t since_ms;

	set_mode("crash");
	start(node);
	wait_said("judge pid", 1 + ENT_PARENT_RESTARTS);
	since_ms = ent_clock_mono_ms();
	wait_said("judge pid", 3 + ENT_PARENT_RESTARTS);
	assert_true(ent_clock_mono_ms() - since_ms > 2 * PAUSE_MS - 50);
	set_mode("normal");
	wait_said("edge up", 1);
}

static void
told_to_stop_during_a_pause_it_ends(void **state)
{
	struct node *node = *state;

	set_mode("crash");
	start(node);
	wait_said("logger ended", 1 + ENT_PARENT_RESTARTS); /* the judge has ended */
	poll(NULL, 0, PAUSE_MS / 4);
	kill(node->pid, SIGTERM);
	assert_int_equal(end_of(node), 0);
}

static void
bad_configuration_and_tampered_logs_are_not_tried_again(void **state)
{
	struct node *node = *state;

	for (int tampered = 0; tampered < 2; tampered++) {
		set_mode(tampered ? "tampered" : "configuration");
		start(node);
		assert_int_equal(end_of(node), tampered ? ENT_EXIT_TAMPERED : ENT_EXIT_INPUT);
		assert_int_equal(count_said("judge pid", NULL), 1 + tampered);
	}
}

static void
a_child_that_ends_badly_while_stopping_is_told(void **state)
{
	struct node *node = *state;

	set_mode("sour");
	start(node);
	wait_said("edge up", 1);
	kill(node->pid, SIGTERM);
	assert_int_equal(end_of(node), ENT_EXIT_OTHER);
}

static void
a_second_signal_ends_what_is_stuck(void **state)
{
	struct node *node = *state;

	set_mode("stuck");
	start(node);
	wait_said("edge up", 1);
	kill(node->pid, SIGTERM);
	wait_said("edge drained", 1);
	poll(NULL, 0, 1200); /* later than what counts as the same wish */
	kill(node->pid, SIGTERM);
	assert_int_equal(end_of(node), ENT_EXIT_OTHER);
}

static void
one_wish_may_come_as_two_signals(void **state)
{
	struct node *node = *state;

	start(node);
	wait_said("edge up", 1);
	kill(node->pid, SIGTERM);
	kill(node->pid, SIGINT);
	assert_int_equal(end_of(node), ENT_EXIT_DONE);
}

static void
a_dead_parent_ends_all(void **state)
{
	static const char *const children[] = { "logger pid", "keyholder pid", "judge pid", "edge pid" };
	struct node *node = *state;

	set_mode("stuck"); /* so that the end of a channel is not what ends them */
	start(node);
	wait_said("edge up", 1);
	kill(node->pid, SIGKILL);
	assert_int_equal(end_of(node), -SIGKILL);
	for (size_t i = 0; i < ENT_COUNT(children); i++) {
		const int pid = said(children[i]);

		for (int tries = 0; kill(pid, 0) == 0 && tries < 200; tries++) {
			char path[64], text[256] = "";
			FILE *file;

			/* They are nobody's to wait for here: a zombie has ended as well. */
			snprintf(path, sizeof(path), "/proc/%d/stat", pid);
			file = fopen(path, "r");
			if (file == NULL || fgets(text, sizeof(text), file) == NULL || strstr(text, ") Z ") != NULL)
				tries = 1000;
			if (file != NULL)
				fclose(file);
			if (tries == 199)
				fail_msg("%s %d lives on", children[i], pid);
			poll(NULL, 0, 10);
		}
	}
}

/* A listening socket, with the variables of a hand-over to this process. */
static int
hand_over(const char *address_text, int fd_wanted, pid_t to)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char pid[24];

	inet_pton(AF_INET, address_text, &address.sin_addr);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 8) != 0)
		return -1;
	if (fd != fd_wanted) {
		dup2(fd, fd_wanted);
		close(fd);
	}
	snprintf(pid, sizeof(pid), "%d", (int)to);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	return fd_wanted;
}

static void
start_handed(struct node *node, const char *address, bool to_me, const char *listen)
{
	node->pid = fork();
	if (node->pid != 0)
		return;
	if (hand_over(address, 3, to_me ? getpid() : getppid()) != 3)
		_exit(99);
	_exit(run_parent(listen));
}

static void
a_socket_is_taken_only_when_handed_to_us_and_on_loopback(void **state)
{
	struct node *node = *state;

	start_handed(node, "127.0.0.1", true, "not looked at");
	wait_said("edge up", 1);
	assert_int_equal(said("edge listening"), 1);
	assert_int_equal(said("edge handed"), 0); /* the variables go no further */
	assert_int_equal(said("edge fds"), 5);
	kill(node->pid, SIGTERM);
	assert_int_equal(end_of(node), 0);
	start_handed(node, "0.0.0.0", true, "127.0.0.1:0");
	assert_int_equal(end_of(node), ENT_EXIT_INPUT);
	start_handed(node, "0.0.0.0", false, "127.0.0.1:0"); /* somebody else's: we bind our own */
	wait_said("edge up", 2);
	kill(node->pid, SIGTERM);
	assert_int_equal(end_of(node), 0);
}

static void
an_address_in_use_is_bad_configuration(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	struct node *node = *state;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char listen_text[64];

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(listen_text, sizeof(listen_text), "127.0.0.1:%d", ntohs(address.sin_port));
	node->pid = fork();
	if (node->pid == 0)
		_exit(run_parent(listen_text));
	assert_int_equal(end_of(node), ENT_EXIT_INPUT);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, drop_home)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(four_processes_get_their_channels_and_nothing_else),
		TEST(told_to_stop_all_end_in_order),
		TEST(signals_to_the_whole_group_end_it_in_order_too),
		TEST(a_dead_child_restarts_all),
		TEST(a_node_that_crashes_again_and_again_goes_on_slowly),
		TEST(told_to_stop_during_a_pause_it_ends),
		TEST(bad_configuration_and_tampered_logs_are_not_tried_again),
		TEST(a_child_that_ends_badly_while_stopping_is_told),
		TEST(a_second_signal_ends_what_is_stuck),
		TEST(one_wish_may_come_as_two_signals),
		TEST(a_dead_parent_ends_all),
		TEST(a_socket_is_taken_only_when_handed_to_us_and_on_loopback),
		TEST(an_address_in_use_is_bad_configuration),
	};

	if (argc == 5 && strcmp(argv[1], "--process") == 0 && strcmp(argv[3], "--config") == 0)
		return fake_process(argv[2], argv[4]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
