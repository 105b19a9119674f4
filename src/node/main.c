/* ententd: the parent, or, when the parent says so, one of the other processes. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/process.h"
#include "node/ipc.h"

struct options {
	const char *config;
	const char *process; /* set by the parent only */
	bool help;
	bool version;
};

static const char usage[] = "usage: ententd --config node.yaml\n";

static const char help[] =
    "ententd runs a node of Entente: it keeps a member's keys, decides who may open files, and logs every answer.\n"
    "\n"
    "  --config FILE   the node's configuration; its folder is the node's home\n"
    "  --help          this text\n"
    "  --version       the version\n"
    "\n"
    "It stays in the foreground and writes one JSON line per event to standard error. SIGTERM or SIGINT: finish what is\n"
    "under way and end. A listening socket may be handed over as systemd does (LISTEN_FDS).\n"
    "Exit codes: 0 ended in order, 2 usage, 4 a log was tampered with, 6 bad configuration, 1 anything else.\n";

static bool
parse_options(struct options *out, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "process", required_argument, NULL, 'p' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 'c':
			out->config = optarg;
			break;
		case 'h':
			out->help = true;
			break;
		case 'p':
			out->process = optarg;
			break;
		case 'v':
			out->version = true;
			break;
		default:
			return false; /* getopt_long has said why */
		}
	}
	return optind == argc;
}

/* The numbers of the descriptors are those of node/parent/spawn.c. */
static int
run_process(const struct ent_node_config *config, const char *name)
{
	if (strcmp(name, ent_process_name(ENT_PROCESS_EDGE)) == 0)
		return ent_edge_main(config, 3, 4);
	if (strcmp(name, ent_process_name(ENT_PROCESS_JUDGE)) == 0)
		return ent_judge_main(config, 3, 4, 5);
	if (strcmp(name, ent_process_name(ENT_PROCESS_LOGGER)) == 0)
		return ent_logger_main(config, 3);
	if (strcmp(name, ent_process_name(ENT_PROCESS_KEYHOLDER)) == 0)
		return ent_keyholder_main(config, 3);
	fprintf(stderr, "ententd: there is no process \"%s\"\n", name);
	return ENT_EXIT_USAGE;
}

/* Nothing that is opened later may become standard output or standard error by chance. */
static void
fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int
main(int argc, char **argv)
{
	ENT_AUTO(ent_node_config) config = NULL;
	struct options options = { 0 };
	struct ent_error err = { 0 };

	fill_standard_fds();
	if (!parse_options(&options, argc, argv)) {
		fputs(usage, stderr);
		return ENT_EXIT_USAGE;
	}
	if (options.help || options.version) {
		if (options.help)
			printf("%s\n%s", usage, help);
		else
			puts("ententd " ENT_VERSION);
		return fflush(stdout) == 0 ? ENT_EXIT_DONE : ENT_EXIT_OTHER;
	}
	if (options.config == NULL) {
		fprintf(stderr, "ententd: --config is missing\n%s", usage);
		return ENT_EXIT_USAGE;
	}
	if (ent_node_config_load(&config, options.config, &err) != ENT_OK) {
		fprintf(stderr, "ententd: %s\n", err.text);
		return ent_status_row(err.code)->exit_code;
	}
	return options.process != NULL ? run_process(config, options.process) : ent_parent_main(config);
}
