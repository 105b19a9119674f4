/* charter ... */
#include "cli/cli.h"

int
cmd_charter_init(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_charter_init init = { .home = call->text[OPT_HOME], .title = call->text[OPT_TITLE], .country = call->text[OPT_COUNTRY],
		.officers_dir = call->text[OPT_OFFICERS_DIR], .officers = { call->operands, call->operand_count },
		.quorum = (unsigned)call->number[OPT_QUORUM], .output = call->text[OPT_OUTPUT] };

	return cli_done(&work, entente_charter_init(&init, &work.err));
}

int
cmd_charter_found(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_charter_found found = { .host = call->text[OPT_HOST], .title = call->text[OPT_TITLE],
		.members = { call->operands, call->operand_count }, .pillars = cli_list(call, OPT_PILLAR),
		.rule_admit = call->text[OPT_RULE_ADMIT], .rule_project = call->text[OPT_RULE_PROJECT], .output = call->text[OPT_OUTPUT] };

	return cli_done(&work, entente_charter_found(&found, &work.err));
}

/* Signing works without a profile too; with one it says who is still missing. */
int
cmd_charter_sign(struct cli_call *call)
{
	struct cli_work work = { 0 };
	enum entente_status status = call->given[OPT_PROFILE] ? cli_open(&work, call) : ENTENTE_OK;

	if (status == ENTENTE_OK)
		status = entente_charter_sign(work.profile, call->operands[0], cli_list(call, OPT_KEY), cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

int
cmd_charter_submit(struct cli_call *call)
{
	struct cli_work work = { 0 };
	enum entente_status status = !call->given[OPT_HOME] ? cli_open(&work, call) : ENTENTE_OK;

	if (status == ENTENTE_OK)
		status = entente_charter_submit(work.profile, call->text[OPT_HOME], call->operands[0], cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

int
cmd_charter_propose(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_charter_propose propose = { .project = call->text[OPT_PROJECT], .title = call->text[OPT_TITLE],
		.participants = cli_list(call, OPT_PARTICIPANT), .custody = call->text[OPT_CUSTODY], .fresh = call->text[OPT_FRESH],
		.until = call->text[OPT_UNTIL], .replaces = call->text[OPT_REPLACES], .reason = call->text[OPT_REASON],
		.unsealed_members = call->given[OPT_UNSEALED_MEMBERS], .alone_allowed = call->given[OPT_ALONE_ALLOWED],
		.output = call->text[OPT_OUTPUT], .keys = cli_list(call, OPT_KEY) };
	enum entente_status status;

	if (call->words[OPT_PILLAR].count > 1)
		return cli_usage(call->command, "a project belongs to one pillar");
	propose.pillar = call->words[OPT_PILLAR].count == 1 ? call->words[OPT_PILLAR].items[0] : NULL;
	status = cli_open(&work, call);
	if (status == ENTENTE_OK)
		status = entente_charter_propose(work.profile, &propose, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

typedef enum entente_status (*statement_fn)(struct entente_profile *, const struct entente_statement *, enum entente_format, char **,
    struct entente_error *);

static int
statement(struct cli_call *call, const char *what, statement_fn make)
{
	struct cli_work work = { 0 };
	const struct entente_statement it = { .what = what, .until = call->text[OPT_UNTIL], .reason = call->text[OPT_REASON],
		.output = call->text[OPT_OUTPUT], .keys = cli_list(call, OPT_KEY) };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = make(work.profile, &it, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

int
cmd_charter_consent(struct cli_call *call)
{
	return statement(call, call->operands[0], entente_charter_consent);
}

int
cmd_charter_key(struct cli_call *call)
{
	return statement(call, call->text[OPT_HOME], entente_charter_key);
}

int
cmd_charter_note(struct cli_call *call)
{
	return statement(call, call->operands[0], entente_charter_note);
}

int
cmd_charter_show(struct cli_call *call)
{
	struct cli_work work = { 0 };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = entente_charter_show(work.profile, call->given[OPT_OFFLINE], cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

int
cmd_charter_verify(struct cli_call *call)
{
	struct cli_work work = { 0 };
	const char *path = call->operand_count > 0 ? call->operands[0] : NULL;
	enum entente_status status = path == NULL ? cli_open(&work, call) : ENTENTE_OK;

	if (status == ENTENTE_OK)
		status = entente_charter_verify(work.profile, path, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}
