#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static void
usage_line(FILE *out, const struct cli_command *command)
{
	fprintf(out, "usage: entente %s%s%s%s\n", command->name, command->options[0] != OPT_COUNT_ ? " [options]" : "",
	    command->operands[0] ? " " : "", command->operands);
}

void
cli_help_command(const struct cli_command *command)
{
	usage_line(stdout, command);
	printf("\n%s\n\n", command->summary);
	for (size_t i = 0; command->options[i] != OPT_COUNT_; i++) {
		const struct cli_option_row *row = &cli_options[command->options[i]];
		char left[64];

		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", row->letter ? '-' : ' ', row->letter ? row->letter : ' ', row->letter ? ", " : "  ",
		    row->name, row->argument ? " " : "", row->argument ? row->argument : "");
		if (strlen(left) > 26)
			printf("  %s\n  %26s  %s\n", left, "", row->help);
		else
			printf("  %-26s  %s\n", left, row->help);
	}
}

void
cli_help_group(const char *group)
{
	size_t len = strlen(group);

	for (size_t i = 0; i < cli_command_count; i++)
		if (strncmp(cli_commands[i].name, group, len) == 0 && cli_commands[i].name[len] == ' ')
			printf("  %-20s  %s\n", cli_commands[i].name, cli_commands[i].summary);
}

void
cli_help_all(void)
{
	printf("usage: entente COMMAND [options] ...\n\n"
	       "Protect files once and decide together, with no administrator above the\n"
	       "members, who may open them.\n\n");
	for (size_t i = 0; i < cli_command_count; i++)
		printf("  %-20s  %s\n", cli_commands[i].name, cli_commands[i].summary);
	printf("\n\"entente COMMAND --help\" tells a command's options. Exit codes: 0 done,\n"
	       "2 usage, 3 denied, 4 tampered or corrupt, 5 a needed node cannot answer,\n"
	       "6 bad configuration or input, 1 anything else.\n");
}

int
cli_usage(const struct cli_command *command, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "entente: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	if (command != NULL) {
		usage_line(stderr, command);
		fprintf(stderr, "\"entente %s --help\" tells more.\n", command->name);
	}
	return ENTENTE_USAGE;
}

static const char *
class_of(enum entente_status status)
{
	switch (status) {
	case ENTENTE_DENIED:
		return "denied";
	case ENTENTE_TAMPERED:
		return "tampered or corrupt";
	case ENTENTE_UNAVAILABLE:
		return "cannot be done now";
	default:
		return NULL;
	}
}

int
cli_fail(const struct entente_error *err)
{
	const char *class = class_of(err->status);
	char line[sizeof(err->text) + 64];

	snprintf(line, sizeof(line), "entente: %s%s%s\n", class != NULL ? class : "", class != NULL ? ": " : "", err->text);
	if (isatty(STDERR_FILENO))
		cli_fold(stderr, 0, CLI_COLUMNS, line);
	else
		fputs(line, stderr);
	return (int)err->status;
}
