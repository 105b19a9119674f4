/*
 * bench-rss FILE COMMAND [ARGUMENT...]: run a command and write the largest resident set that it had, in KiB, into FILE.
 * Linux counts what a process held before exec too, so that a child of something large can only be measured through something small.
 * Exits as the command does.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_EXEC = 127 };

int
main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: bench-rss FILE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		perror(argv[2]);
		_exit(EXIT_EXEC);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("bench-rss");
		return 1;
	}
	out = fopen(argv[1], "we");
	if (out == NULL || fprintf(out, "%ld\n", usage.ru_maxrss) < 0 || fclose(out) != 0) {
		perror(argv[1]);
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
