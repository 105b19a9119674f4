/* why: two questions by one name. Which of them it is follows from the operands. */
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

/* A party or a project has no @ in it, a person always has. */
static bool
is_person(const char *word)
{
	return word != NULL && strchr(word, '@') != NULL;
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static int
ask_file(struct cli_call *call, const char *file, const char *person)
{
	struct cli_work work = { 0 };
	struct entente_question question = { .offline = call->given[OPT_OFFLINE], .at = call->text[OPT_AT], .as = person,
		.claims = cli_list(call, OPT_CLAIMS) };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = entente_why_file(work.profile, file, &question, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

static int
ask_party(struct cli_call *call, const char *party, const char *project)
{
	struct cli_work work = { 0 };
	struct entente_question question = { .offline = call->given[OPT_OFFLINE], .at = call->text[OPT_AT] };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = entente_why(work.profile, party, project, &question, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

int
cmd_why(struct cli_call *call)
{
	const char *first = call->operands[0], *second = call->operand_count > 1 ? call->operands[1] : NULL;
	const char *person = call->text[OPT_AS] != NULL ? call->text[OPT_AS] : second;

	if (call->given[OPT_AS] && second != NULL)
		return cli_usage(call->command, "--as goes with a file alone: entente why %s --as %s", first, call->text[OPT_AS]);
	if (is_person(person) && (call->given[OPT_AS] || is_file(first)))
		return ask_file(call, first, person);
	if (call->given[OPT_AS])
		return cli_usage(call->command, "\"%s\" is not a person: write alice@au.example", person);
	if (is_file(first))
		return cli_usage(call->command, "%s is a file: who is to open it? --as alice@au.example", first);
	if (second == NULL || is_person(second))
		return cli_usage(call->command, "there is no file %s; to ask about a party: entente why jp.example quantum", first);
	if (call->given[OPT_CLAIMS])
		return cli_usage(call->command, "--claims are a person's: they go with a file and --as PERSON");
	return ask_party(call, first, second);
}
