#include "cli/demo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

enum { OUTPUT_MAX = 1 << 20, WAIT_MS = 10000, POLL_MS = 25, STOP_MS = 15000, COLUMNS_MAX = 78, LISTEN_FD = 3 };

static volatile sig_atomic_t interrupted;

static void
on_signal(int signum)
{
	(void)signum;
	interrupted = 1;
}

bool
demo_interrupted(void)
{
	return interrupted != 0;
}

static void
pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static bool
fail(struct demo *demo, const char *what, const char *detail)
{
	fflush(stdout);
	fprintf(stderr, "entente: the demonstration stops: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
	demo->failed = true;
	return false;
}

/* ---- the folder and the programs ---- */

static int
find_programs(struct demo *demo)
{
	ssize_t n = readlink("/proc/self/exe", demo->entente, sizeof(demo->entente) - 1);
	char *slash;

	if (n <= 0)
		return 1;
	demo->entente[n] = '\0';
	slash = strrchr(demo->entente, '/');
	if (slash == NULL || snprintf(demo->ententd, sizeof(demo->ententd), "%.*s/ententd", (int)(slash - demo->entente), demo->entente) >=
	    (int)sizeof(demo->ententd))
		return 1;
	if (access(demo->ententd, X_OK) == 0)
		return 0;
	fprintf(stderr, "entente: %s is not there; the demonstration needs ententd beside entente\n", demo->ententd);
	return 6;
}

static int
make_folder(struct demo *demo, const char *dir)
{
	const char *tmp = getenv("TMPDIR");

	if (dir == NULL) {
		snprintf(demo->dir, sizeof(demo->dir), "%s/entente-demo-XXXXXX", tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
		demo->remove_dir = mkdtemp(demo->dir) != NULL;
		if (demo->remove_dir)
			return 0;
		fprintf(stderr, "entente: cannot make a folder %s: %s\n", demo->dir, strerror(errno));
		return 1;
	}
	if (mkdir(dir, 0700) != 0 && (errno != EEXIST || rmdir(dir) != 0 || mkdir(dir, 0700) != 0)) {
		fprintf(stderr, "entente: --dir %s must be a folder that is empty or not there yet: %s\n", dir, strerror(errno));
		return 6;
	}
	if (realpath(dir, demo->dir) == NULL) {
		fprintf(stderr, "entente: cannot use %s: %s\n", dir, strerror(errno));
		return 6;
	}
	return 0;
}

int
demo_open(struct demo *demo, const char *dir)
{
	const struct sigaction action = { .sa_handler = on_signal };
	int failed;

	*demo = (struct demo){ 0 };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	demo->output = malloc(OUTPUT_MAX + 1);
	failed = demo->output == NULL ? 1 : find_programs(demo);
	return failed ? failed : make_folder(demo, dir);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
stop_nodes(struct demo *demo)
{
	for (size_t i = 0; i < demo->node_count; i++)
		if (demo->nodes[i].pid > 0)
			kill(demo->nodes[i].pid, SIGTERM);
	for (int waited = 0; waited < STOP_MS; waited += POLL_MS) {
		bool running = false;

		for (size_t i = 0; i < demo->node_count; i++) {
			struct demo_node *node = &demo->nodes[i];

			if (node->pid > 0 && waitpid(node->pid, NULL, WNOHANG) == node->pid)
				node->pid = 0;
			running = running || node->pid > 0;
		}
		if (!running)
			return;
		pause_ms(POLL_MS);
	}
	for (size_t i = 0; i < demo->node_count; i++)
		if (demo->nodes[i].pid > 0 && kill(demo->nodes[i].pid, SIGKILL) == 0)
			waitpid(demo->nodes[i].pid, NULL, 0); /* nobody writes into the folder while it is removed */
}

void
demo_close(struct demo *demo)
{
	stop_nodes(demo);
	for (size_t i = 0; i < demo->node_count; i++)
		if (demo->nodes[i].listen_fd >= 0)
			close(demo->nodes[i].listen_fd);
	if (demo->remove_dir)
		nftw(demo->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(demo->output);
	demo->output = NULL;
}

/* ---- what people see ---- */

void
demo_say(struct demo *demo, const char *headline, const char *words)
{
	if (demo->failed)
		return;
	printf("\n%u. %s\n", ++demo->steps, headline);
	if (words[0] != '\0')
		printf("%s\n", words);
	fflush(stdout);
}

/* As a shell takes it: as it is, in double quotes, or in single ones where double quotes would not hold it. */
size_t
demo_word(char *out, size_t out_size, const char *word)
{
	const bool plain = word[0] != '\0' && (strcmp(word, "&") == 0 || strpbrk(word, " \t\n\"'$\\`!*?;&|<>()[]{}#~") == NULL);
	const char *quote = plain ? "" : strpbrk(word, "\"$\\`!") == NULL ? "\"" : "'";
	size_t len = (size_t)snprintf(out, out_size, "%s", quote);

	for (const char *c = word; *c != '\0' && len + 6 < out_size; c++) {
		const bool end_quote = *c == '\'' && *quote == '\'';

		len += (size_t)snprintf(out + len, out_size - len, "%s%c", end_quote ? "'\\'" : "", (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
	}
	return len + (size_t)snprintf(out + len, out_size - len, "%s", quote);
}

/* The command as one could type it, folded with backslashes to fit 80 columns. */
static void
print_command(const char *program, const char *const *words)
{
	size_t column = (size_t)printf("   $ %s", program);

	for (size_t i = 0; words[i] != NULL; i++) {
		char word[2 * DEMO_PATH_MAX];
		size_t len = demo_word(word, sizeof(word), words[i]) + 1;

		if (column + len > COLUMNS_MAX - 2) {
			printf(" \\\n      ");
			column = 6;
		}
		printf(" %s", word);
		column += len;
	}
	printf("\n");
	fflush(stdout);
}

static void
print_output(const struct demo *demo)
{
	cli_fold(stdout, 5, CLI_COLUMNS, demo->output);
	fflush(stdout);
}

/* ---- children ---- */

static void
exec_entente(const struct demo *demo, const char *const *words, int out_fd)
{
	const char *argv[64] = { "entente" };
	size_t count = 1;

	for (size_t i = 0; words[i] != NULL && count < 63; i++)
		argv[count++] = words[i];
	if (chdir(demo->dir) != 0 || dup2(out_fd, STDOUT_FILENO) < 0 || dup2(out_fd, STDERR_FILENO) < 0)
		_exit(1);
	execv(demo->entente, (char *const *)argv);
	_exit(1);
}

static void
collect(struct demo *demo, int fd)
{
	demo->output_len = 0;
	for (;;) {
		ssize_t n = read(fd, demo->output + demo->output_len, OUTPUT_MAX - demo->output_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		demo->output_len += (size_t)n;
	}
	demo->output[demo->output_len] = '\0';
}

static int
run_child(struct demo *demo, const char *const *words)
{
	int pipe_fds[2];
	int status = 0;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		exec_entente(demo, words, pipe_fds[1]);
	close(pipe_fds[1]);
	if (pid > 0)
		collect(demo, pipe_fds[0]);
	close(pipe_fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool
demo_run(struct demo *demo, int exit_code, const char *const *words)
{
	int got;

	if (demo->failed || demo_interrupted())
		return false;
	print_command("entente", words);
	got = run_child(demo, words);
	print_output(demo);
	if (got != 0)
		printf("     (exit code %d)\n", got);
	return got == exit_code ? true : fail(demo, "the last command ended otherwise than it must", NULL);
}

bool
demo_quietly(struct demo *demo, const char *const *words)
{
	int got;

	if (demo->failed || demo_interrupted())
		return false;
	got = run_child(demo, words);
	if (got == 0)
		return true;
	print_command("entente", words);
	print_output(demo);
	return fail(demo, "the last command failed", NULL);
}

/* ---- nodes ---- */

struct demo_node *
demo_node(struct demo *demo, const char *party)
{
	for (size_t i = 0; i < demo->node_count; i++)
		if (strcmp(demo->nodes[i].party, party) == 0)
			return &demo->nodes[i];
	return NULL;
}

bool
demo_bind(struct demo *demo, const char *party)
{
	struct demo_node *node = &demo->nodes[demo->node_count];
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int one = 1;

	if (demo->failed)
		return false;
	*node = (struct demo_node){ .party = party, .listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	demo->node_count++;
	/* So that a folder kept with --dir can be served again at its ports without waiting for old connections to be forgotten. */
	if (node->listen_fd >= 0)
		setsockopt(node->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (node->listen_fd < 0 || bind(node->listen_fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(node->listen_fd, 128) != 0 || getsockname(node->listen_fd, (struct sockaddr *)&address, &len) != 0)
		return fail(demo, "no port can be had on 127.0.0.1", strerror(errno));
	snprintf(node->url, sizeof(node->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	return true;
}

/* The socket becomes descriptor 3, as systemd hands it over (sd_listen_fds(3)). */
static void
exec_node(const struct demo *demo, const struct demo_node *node)
{
	char config[256], log[256], pid[32];
	int log_fd;

	snprintf(config, sizeof(config), "%s/node.yaml", node->party);
	snprintf(log, sizeof(log), "%s/node.log", node->party);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (chdir(demo->dir) != 0)
		_exit(1);
	log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0)
		_exit(1);
	/* dup2 onto itself would leave close-on-exec set. */
	if (node->listen_fd == LISTEN_FD ? fcntl(LISTEN_FD, F_SETFD, 0) < 0 : dup2(node->listen_fd, LISTEN_FD) < 0)
		_exit(1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", pid, 1);
	execl(demo->ententd, "ententd", "--config", config, (char *)NULL);
	_exit(1);
}

bool
demo_start(struct demo *demo, const char *party)
{
	struct demo_node *node = demo_node(demo, party);
	char config[256];

	if (demo->failed || demo_interrupted())
		return false;
	snprintf(config, sizeof(config), "%s/node.yaml", party);
	print_command("ententd", (const char *const[]){ "--config", config, "&", NULL });
	node->pid = fork();
	if (node->pid == 0)
		exec_node(demo, node);
	return node->pid > 0 ? true : fail(demo, "a node cannot be started", strerror(errno));
}

bool
demo_wait(struct demo *demo, const char *what, bool (*ready)(struct demo *demo, const void *arg), const void *arg)
{
	for (int waited = 0; waited < WAIT_MS && !demo->failed && !demo_interrupted(); waited += POLL_MS) {
		if (ready(demo, arg))
			return true;
		pause_ms(POLL_MS);
	}
	return demo->failed || demo_interrupted() ? false : fail(demo, "ten seconds were not enough for this", what);
}
