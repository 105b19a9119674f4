/* The words of a command line: what is taken, and what is refused with a hint. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

/* commands.c names these; no command runs here. */
#define COMMAND(name)                                                                                                  \
	int name(struct cli_call *call)                                                                                \
	{                                                                                                              \
		(void)call;                                                                                            \
		return 0;                                                                                              \
	}
COMMAND(cmd_audit_show) COMMAND(cmd_audit_tail) COMMAND(cmd_audit_verify) COMMAND(cmd_audit_who_opened)
COMMAND(cmd_cat) COMMAND(cmd_charter_accredit)
COMMAND(cmd_charter_consent) COMMAND(cmd_charter_found) COMMAND(cmd_charter_history) COMMAND(cmd_charter_init)
COMMAND(cmd_charter_key) COMMAND(cmd_charter_note) COMMAND(cmd_charter_propose) COMMAND(cmd_charter_resume)
COMMAND(cmd_charter_show) COMMAND(cmd_charter_sign) COMMAND(cmd_charter_stop) COMMAND(cmd_charter_submit)
COMMAND(cmd_charter_verify) COMMAND(cmd_charter_withdraw) COMMAND(cmd_decrypt) COMMAND(cmd_demo)
COMMAND(cmd_encrypt) COMMAND(cmd_inspect) COMMAND(cmd_node_account_add) COMMAND(cmd_node_account_list)
COMMAND(cmd_node_account_remove) COMMAND(cmd_node_init) COMMAND(cmd_node_status) COMMAND(cmd_profile_create)
COMMAND(cmd_profile_writer) COMMAND(cmd_why)

const char *
entente_version(void)
{
	return "0";
}

#define WORDS_MAX 100

static char said[4096];
static char line[8192]; /* operands point into it */

/* Parse words separated by '|' as the words behind `command`; what is said goes into `said`. */
static int
parse(struct cli_call *call, const char *command, const char *words)
{
	char *argv[WORDS_MAX] = { line };
	int argc = 1, failed, saved = dup(STDERR_FILENO), pipe_fds[2];
	ssize_t n;

	*call = (struct cli_call){ 0 };
	for (size_t i = 0; i < cli_command_count; i++)
		if (strcmp(cli_commands[i].name, command) == 0)
			call->command = &cli_commands[i];
	assert_non_null(call->command);
	snprintf(line, sizeof(line), "%s|%s", command, words);
	for (char *bar = strchr(line, '|'); bar != NULL; bar = strchr(bar, '|')) {
		*bar++ = '\0';
		argv[argc++] = bar;
	}
	assert_int_equal(pipe(pipe_fds), 0);
	fflush(stderr);
	assert_int_equal(dup2(pipe_fds[1], STDERR_FILENO), STDERR_FILENO);
	failed = cli_parse(call, argc, argv);
	fflush(stderr);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(pipe_fds[1]);
	n = read(pipe_fds[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(pipe_fds[0]);
	close(saved);
	return failed;
}

static void
refused(const char *command, const char *words, const char *hint)
{
	struct cli_call call;

	assert_int_equal(parse(&call, command, words), ENTENTE_USAGE);
	if (strstr(said, hint) == NULL)
		fail_msg("\"%s\" is not said in: %s", hint, said);
}

static void
options_are_taken_in_any_order(void **state)
{
	struct cli_call call;

	(void)state;
	assert_int_equal(parse(&call, "encrypt", "in|--rel|AUS,GBR|-o|out|--project=quantum|--rel|USA|-fq|--threads|65535"), 0);
	assert_int_equal(call.operand_count, 1);
	assert_string_equal(call.operands[0], "in");
	assert_string_equal(call.text[OPT_OUTPUT], "out");
	assert_string_equal(call.text[OPT_PROJECT], "quantum");
	assert_int_equal(call.words[OPT_REL].count, 3);
	assert_string_equal(call.words[OPT_REL].items[1], "GBR");
	assert_true(call.given[OPT_FORCE] && call.given[OPT_QUIET] && !call.given[OPT_JSON]);
	assert_int_equal(call.number[OPT_THREADS], 65535);
}

static void
behind_two_dashes_stand_operands(void **state)
{
	struct cli_call call;

	(void)state;
	assert_int_equal(parse(&call, "decrypt", "--|--force"), 0);
	assert_string_equal(call.operands[0], "--force");
	assert_false(call.given[OPT_FORCE]);
}

static void
unknown_options_are_named(void **state)
{
	(void)state;
	refused("encrypt", "-zq", "-z is not");
	refused("encrypt", "-qz", "-z is not");
	refused("encrypt", "-\x1b", "-? is not");
	refused("encrypt", "--frob", "--frob is not");
	refused("encrypt", "--quiet=yes", "--quiet=yes is not");
	refused("encrypt", "--output", "--output needs a value");
}

static void
nothing_is_empty_or_given_twice(void **state)
{
	(void)state;
	refused("encrypt", "-o|", "--output has an empty value");
	refused("encrypt", "--rel|AUS,,GBR", "--rel has an empty value");
	refused("profile create", "", "DIR is empty");
	refused("encrypt", "-o|a|-o|b", "given twice");
	refused("encrypt", "--threads|1|--threads|2", "given twice");
}

static void
numbers_are_whole_and_fit(void **state)
{
	struct cli_call call;

	(void)state;
	refused("encrypt", "--threads|-1", "whole number");
	refused("encrypt", "--threads| 1", "whole number");
	refused("encrypt", "--threads|1k", "whole number");
	refused("encrypt", "--threads|65536", "at most 65535");
	/* As `unsigned` this would be a quorum of one. */
	refused("charter init", "--quorum|4294967297|doe", "at most 65535");
	refused("encrypt", "--size-hint|18446744073709551616", "whole number");
	assert_int_equal(parse(&call, "encrypt", "--size-hint|18446744073709551615"), 0);
	assert_true(call.number[OPT_SIZE_HINT] == UINT64_MAX);
}

static void
operands_are_counted(void **state)
{
	(void)state;
	refused("charter accredit", "au.example", "PARTY PROFILE is missing");
	refused("charter stop", "partner", "WHICH is missing");
	refused("charter withdraw", "project|quantum|sonar", "\"sonar\" is one word too many");
	refused("charter consent", "", "HASH is empty");
	refused("charter history", "all", "\"all\" is one word too many");
	refused("decrypt", "a|b", "\"b\" is one word too many");
}

static void
a_list_has_a_limit(void **state)
{
	char words[8 * (CLI_WORDS_MAX + 2)] = "--to";
	struct cli_call call;

	(void)state;
	for (int i = 0; i < CLI_WORDS_MAX; i++)
		strcat(words, i == 0 ? "|x" : ",x");
	assert_int_equal(parse(&call, "encrypt", words), 0);
	strcat(words, ",x");
	refused("encrypt", words, "more than 64 times");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_taken_in_any_order),
		cmocka_unit_test(behind_two_dashes_stand_operands),
		cmocka_unit_test(unknown_options_are_named),
		cmocka_unit_test(nothing_is_empty_or_given_twice),
		cmocka_unit_test(numbers_are_whole_and_fit),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(a_list_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
