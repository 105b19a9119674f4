/* charter consent, withdraw, stop, resume, accredit, key, note: an officer's statements. What is final is said before it is done. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

typedef enum entente_status (*statement_fn)(struct entente_profile *, const struct entente_statement *, enum entente_format, char **,
    struct entente_error *);

static int
statement(struct cli_call *call, const char *what, const char *target, statement_fn make)
{
	struct cli_work work = { 0 };
	const struct entente_statement it = { .what = what, .target = target, .project = call->text[OPT_PROJECT], .until = call->text[OPT_UNTIL],
		.reason = call->text[OPT_REASON], .output = call->text[OPT_OUTPUT], .offline = call->given[OPT_OFFLINE],
		.keys = cli_list(call, OPT_KEY) };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = make(work.profile, &it, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

static const char *
second(const struct cli_call *call)
{
	return call->operand_count > 1 ? call->operands[1] : NULL;
}

/* Say what it means. Whoever sits at a terminal is asked; a script has decided. 0: go on. */
static int
final(const struct cli_call *call, const char *meaning, const char *which)
{
	char answer[64] = "";

	fprintf(stderr, "%s%s%s This cannot be taken back.\n", meaning, which != NULL ? which : "", which != NULL ? "." : "");
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return 0;
	fprintf(stderr, "Type yes to sign: ");
	if (fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0)
		return 0;
	return cli_usage(call->command, "nothing was signed");
}

int
cmd_charter_consent(struct cli_call *call)
{
	return statement(call, call->operands[0], NULL, entente_charter_consent);
}

int
cmd_charter_withdraw(struct cli_call *call)
{
	const char *what = call->operands[0];
	int stays = 0;

	if (strcmp(what, "project") == 0 && second(call) == NULL)
		return cli_usage(call->command, "which project?");
	if (strcmp(what, "project") != 0 && second(call) != NULL)
		return cli_usage(call->command, "\"%s\" is one word too many", second(call));
	if (strcmp(what, "project") == 0)
		stays = final(call, "Your party will take no part in this project, for ever: ", second(call));
	else if (strcmp(what, "membership") == 0)
		stays = final(call, "Your party will take part in nothing, and all its consents end, for ever.", NULL);
	else if (strcmp(what, "charter") == 0)
		stays = final(call, "Your party will take part in nothing, for ever.", NULL);
	return stays != 0 ? stays : statement(call, what, second(call), entente_charter_withdraw);
}

int
cmd_charter_stop(struct cli_call *call)
{
	return statement(call, call->operands[0], call->operands[1], entente_charter_stop);
}

int
cmd_charter_resume(struct cli_call *call)
{
	return statement(call, call->operands[0], NULL, entente_charter_resume);
}

int
cmd_charter_accredit(struct cli_call *call)
{
	return statement(call, call->operands[0], call->operands[1], entente_charter_accredit);
}

int
cmd_charter_key(struct cli_call *call)
{
	const char *what = call->operand_count > 0 ? call->operands[0] : NULL;
	bool retire = what != NULL && strcmp(what, "retire") == 0;
	int stays;

	if (what == NULL)
		return statement(call, call->text[OPT_HOME], NULL, entente_charter_key);
	if (!retire && strcmp(what, "destroy") != 0)
		return cli_usage(call->command, "\"%s\" is not done to a key: retire or destroy", what);
	if (second(call) == NULL)
		return cli_usage(call->command, "%s which key?", what);
	if (call->given[OPT_HOME])
		return cli_usage(call->command, "--home publishes keys; it does not go with %s", what);
	stays = final(call, retire ? "No new file will use this key; old ones open: " : "Nothing will be released under this key: ", second(call));
	return stays != 0 ? stays : statement(call, what, second(call), entente_charter_key);
}

int
cmd_charter_note(struct cli_call *call)
{
	return statement(call, call->operands[0], NULL, entente_charter_note);
}
