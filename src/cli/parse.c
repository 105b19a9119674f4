#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { LETTER_BASE = 256 }; /* getopt_long's values: LETTER_BASE + option */

static int
add_word(struct cli_call *call, enum cli_option option, const char *word)
{
	struct cli_words *words = &call->words[option];

	if (word[0] == '\0')
		return cli_usage(call->command, "--%s has an empty value", cli_options[option].name);
	if (words->count == CLI_WORDS_MAX)
		return cli_usage(call->command, "--%s is given more than %d times", cli_options[option].name, CLI_WORDS_MAX);
	words->items[words->count++] = word;
	return 0;
}

/* The pieces point into argv, whose commas become ends: argv is ours to write. */
static int
add_commas(struct cli_call *call, enum cli_option option, char *list)
{
	for (char *piece = list, *next; piece != NULL; piece = next) {
		char *comma = strchr(piece, ',');
		int failed;

		next = comma != NULL ? comma + 1 : NULL;
		if (comma != NULL)
			*comma = '\0';
		failed = add_word(call, option, piece);
		if (failed)
			return failed;
	}
	return 0;
}

static int
take(struct cli_call *call, enum cli_option option, char *value)
{
	const struct cli_option_row *row = &cli_options[option];
	bool again = call->given[option];
	char *end;

	call->given[option] = true;
	switch (row->kind) {
	case CLI_FLAG:
		return 0;
	case CLI_WORDS:
		return add_word(call, option, value);
	case CLI_COMMAS:
		return add_commas(call, option, value);
	case CLI_TEXT:
		if (value[0] == '\0') /* an unset variable of a script: "" would become a path below / */
			return cli_usage(call->command, "--%s has an empty value", row->name);
		call->text[option] = value;
		return again ? cli_usage(call->command, "--%s is given twice", row->name) : 0;
	case CLI_NUMBER:
	case CLI_SMALL:
		errno = 0;
		call->number[option] = strtoull(value, &end, 10);
		if (errno != 0 || value[0] < '0' || value[0] > '9' || *end != '\0')
			return cli_usage(call->command, "--%s wants a whole number, not \"%s\"", row->name, value);
		if (row->kind == CLI_SMALL && call->number[option] > CLI_SMALL_MAX)
			return cli_usage(call->command, "--%s is at most %d", row->name, CLI_SMALL_MAX);
		return again ? cli_usage(call->command, "--%s is given twice", row->name) : 0;
	}
	return 0;
}

/* getopt's table of one command. */
struct table {
	struct option longs[OPT_COUNT_ + 2];
	char letters[2 * OPT_COUNT_ + 4];
};

static void
add_row(struct table *table, size_t *count, size_t *letter, enum cli_option option)
{
	const struct cli_option_row *row = &cli_options[option];
	bool value = row->kind != CLI_FLAG;

	table->longs[(*count)++] = (struct option){ row->name, value ? required_argument : no_argument, NULL, LETTER_BASE + (int)option };
	if (row->letter == 0)
		return;
	table->letters[(*letter)++] = row->letter;
	if (value)
		table->letters[(*letter)++] = ':';
}

static void
build(struct table *table, const struct cli_command *command)
{
	size_t count = 0, letter = 0;

	memset(table, 0, sizeof(*table));
	table->letters[letter++] = ':'; /* tell a missing value from an unknown option, and print nothing */
	add_row(table, &count, &letter, OPT_HELP);
	for (size_t i = 0; command->options[i] != OPT_COUNT_; i++)
		add_row(table, &count, &letter, command->options[i]);
}

static enum cli_option
option_of(int value)
{
	if (value >= LETTER_BASE)
		return (enum cli_option)(value - LETTER_BASE);
	for (int i = 0; i < OPT_COUNT_; i++)
		if (cli_options[i].letter == value)
			return (enum cli_option)i;
	return OPT_COUNT_;
}

static int
check_operands(struct cli_call *call, int argc, char **argv)
{
	const struct cli_command *command = call->command;
	size_t count = (size_t)(argc - optind);

	if (count < command->operands_min)
		return cli_usage(command, "%s is missing", command->operands);
	if (count > command->operands_max)
		return cli_usage(command, "\"%s\" is one word too many", argv[optind + (int)command->operands_max]);
	for (size_t i = 0; i < count; i++)
		if (argv[optind + (int)i][0] == '\0')
			return cli_usage(command, "%s is empty", command->operands);
	for (size_t i = 0; i < count; i++)
		call->operands[call->operand_count++] = argv[optind + (int)i];
	return 0;
}

int
cli_parse(struct cli_call *call, int argc, char **argv)
{
	struct table table;
	int value;

	build(&table, call->command);
	optind = 0; /* glibc: start afresh, also in the middle of a cluster */
	opterr = 0;
	while ((value = getopt_long(argc, argv, table.letters, table.longs, NULL)) != -1) {
		int failed;

		if (value == ':')
			return cli_usage(call->command, "%s needs a value", argv[optind - 1]);
		if (value == '?' && optopt > 0 && optopt < LETTER_BASE)
			return cli_usage(call->command, "-%c is not an option of this command", isprint(optopt) ? optopt : '?');
		if (value == '?')
			return cli_usage(call->command, "%s is not an option of this command, or not enough of one", argv[optind - 1]);
		failed = take(call, option_of(value), optarg);
		if (failed)
			return failed;
	}
	if (call->given[OPT_HELP])
		return 0;
	return check_operands(call, argc, argv);
}
