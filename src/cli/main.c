/* entente: the command line. One table of commands (commands.c) over the public API. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/cli.h"

enum entente_status
cli_open(struct cli_work *work, const struct cli_call *call)
{
	return entente_profile_open(&work->profile, call->text[OPT_PROFILE], &work->err);
}

int
cli_done(struct cli_work *work, enum entente_status status)
{
	const char *text = work->text;

	entente_profile_free(work->profile);
	if (text == NULL)
		return status == ENTENTE_OK ? 0 : cli_fail(&work->err);
	/* Folded for people only: a script reads lines as they are, or JSON. */
	if (isatty(STDOUT_FILENO) && text[0] != '{' && text[0] != '[')
		cli_fold(stdout, 0, CLI_COLUMNS, text);
	else
		fputs(text, stdout);
	entente_free(work->text);
	return (int)status; /* the text is the answer, also when the answer is no */
}

enum entente_format
cli_format(const struct cli_call *call)
{
	return call->given[OPT_JSON] ? ENTENTE_JSON : ENTENTE_WORDS;
}

struct entente_list
cli_list(const struct cli_call *call, enum cli_option option)
{
	return (struct entente_list){ call->words[option].items, call->words[option].count };
}

/* How many words of argv the command's name takes; 0 when they are not this command. */
static int
matches(const struct cli_command *command, int argc, char **argv)
{
	char name[64];
	int words = 0;

	snprintf(name, sizeof(name), "%s", command->name);
	for (char *save = NULL, *word = strtok_r(name, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save), words++)
		if (words >= argc || strcmp(argv[words], word) != 0)
			return 0;
	return words;
}

static bool
is_group(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < cli_command_count; i++)
		if (strncmp(cli_commands[i].name, word, len) == 0 && cli_commands[i].name[len] == ' ')
			return true;
	return false;
}

static int
no_command(int argc, char **argv)
{
	if (argc == 1 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		cli_help_all();
		return argc == 1 ? ENTENTE_USAGE : 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("entente %s\n", entente_version());
		return 0;
	}
	if (is_group(argv[1])) {
		cli_help_group(argv[1]);
		return argc > 2 && strcmp(argv[2], "--help") == 0 ? 0 : cli_usage(NULL, "\"entente %s\" needs one of these words", argv[1]);
	}
	return cli_usage(NULL, "\"%s\" is not a command; \"entente --help\" lists them", argv[1]);
}

static int
run(const struct cli_command *command, int words, int argc, char **argv)
{
	struct cli_call call = { .command = command };
	struct entente_error err = { 0 };
	int failed = cli_parse(&call, argc - words, argv + words);

	if (failed)
		return failed;
	if (call.given[OPT_HELP]) {
		cli_help_command(command);
		return 0;
	}
	if (entente_lock_secrets(&err) != ENTENTE_OK)
		return cli_fail(&err);
	return command->run(&call);
}

/*
 * A program may be started with 0, 1 or 2 closed. The next file that is opened would take the number, and messages would be
 * written into a lock file or a database. What stands there instead cannot be used the way it would be: that fails as before.
 */
static void
hold_standard_descriptors(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			_exit(ENTENTE_FAILED);
}

/* What was said must have arrived: a script that reads half an answer must not see success. */
static int
end(int exit_code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return exit_code;
	fprintf(stderr, "entente: cannot write to standard output\n");
	return exit_code != 0 ? exit_code : ENTENTE_FAILED;
}

int
main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };
	const struct cli_command *best = NULL;
	int best_words = 0;

	hold_standard_descriptors();
	setrlimit(RLIMIT_CORE, &no_core); /* a core file would hold keys */
	signal(SIGPIPE, SIG_IGN);         /* a closed pipe is an error that is reported, with the output removed */
	for (size_t i = 0; i < cli_command_count; i++) {
		int words = matches(&cli_commands[i], argc - 1, argv + 1);

		if (words > best_words) {
			best = &cli_commands[i];
			best_words = words;
		}
	}
	return end(best != NULL ? run(best, best_words, argc, argv) : no_command(argc, argv));
}
