#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static void
usage_line(FILE *out, const struct cli_command *command)
{
	char line[256];

	snprintf(line, sizeof(line), "usage: entente %s%s%s%s\n", command->name, command->options[0] != OPT_COUNT_ ? " [options]" : "",
	    command->operands[0] ? " " : "", command->operands);
	cli_fold(out, 0, CLI_COLUMNS, line);
}

/* Two columns: a name, and words that are folded into their own. */
static void
two_columns(const char *left, int width, const char *words)
{
	size_t column = (size_t)width + 4, at = column;

	printf("  %-*s", width, left);
	if (strlen(left) > (size_t)width)
		printf("\n  %*s", width, "");
	printf("  ");
	for (const char *word = words; *word != '\0';) {
		size_t len = strcspn(word, " ");

		if (at > column && at + 1 + len > CLI_COLUMNS) {
			printf("\n%*s", (int)column, "");
			at = column;
		}
		at += (size_t)printf("%s%.*s", at > column ? " " : "", (int)len, word);
		word += len + strspn(word + len, " ");
	}
	putchar('\n');
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
		two_columns(left, 26, row->help);
	}
}

void
cli_help_group(const char *group)
{
	size_t len = strlen(group);

	for (size_t i = 0; i < cli_command_count; i++)
		if (strncmp(cli_commands[i].name, group, len) == 0 && cli_commands[i].name[len] == ' ')
			two_columns(cli_commands[i].name, 20, cli_commands[i].summary);
}

void
cli_help_all(void)
{
	printf("usage: entente COMMAND [options] ...\n\n"
	       "Protect files once and decide together, with no administrator above the\n"
	       "members, who may open them.\n\n");
	for (size_t i = 0; i < cli_command_count; i++)
		two_columns(cli_commands[i].name, 20, cli_commands[i].summary);
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
