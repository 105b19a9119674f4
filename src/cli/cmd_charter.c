/* charter ..., why. */
#include "cli/cli.h"

int
cmd_why(struct cli_call *call)
{
	struct entente_error err = { 0 };
	char *text = NULL;
	int exit_code;
	struct entente_profile *profile = cli_profile(call, &exit_code);
	enum entente_status status;

	if (profile == NULL)
		return exit_code;
	status = entente_why(profile, call->operands[0], call->operands[1], call->given[OPT_OFFLINE], cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
}

int
cmd_charter_init(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_charter_init init = { .home = call->text[OPT_HOME], .title = call->text[OPT_TITLE], .country = call->text[OPT_COUNTRY],
		.officers_dir = call->text[OPT_OFFICERS_DIR], .officers = { call->operands, call->operand_count },
		.quorum = (unsigned)call->number[OPT_QUORUM], .output = call->text[OPT_OUTPUT] };

	return cli_print(entente_charter_init(&init, &err), NULL, &err);
}

int
cmd_charter_found(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_charter_found found = { .host = call->text[OPT_HOST], .title = call->text[OPT_TITLE],
		.members = { call->operands, call->operand_count }, .pillars = cli_list(call, OPT_PILLAR),
		.rule_admit = call->text[OPT_RULE_ADMIT], .rule_project = call->text[OPT_RULE_PROJECT], .output = call->text[OPT_OUTPUT] };

	return cli_print(entente_charter_found(&found, &err), NULL, &err);
}

/* A profile where one is named; these commands also work without. */
static int
optional_profile(const struct cli_call *call, struct entente_profile **profile)
{
	int exit_code = 0;

	*profile = call->given[OPT_PROFILE] ? cli_profile(call, &exit_code) : NULL;
	return exit_code;
}

int
cmd_charter_sign(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_profile *profile;
	char *text = NULL;
	enum entente_status status;
	int failed = optional_profile(call, &profile);

	if (failed)
		return failed;
	status = entente_charter_sign(profile, call->operands[0], cli_list(call, OPT_KEY), cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
}

int
cmd_charter_submit(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_profile *profile = NULL;
	char *text = NULL;
	enum entente_status status;
	int exit_code;

	if (!call->given[OPT_HOME]) {
		profile = cli_profile(call, &exit_code);
		if (profile == NULL)
			return exit_code;
	}
	status = entente_charter_submit(profile, call->text[OPT_HOME], call->operands[0], cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
}

int
cmd_charter_propose(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_charter_propose propose = { .project = call->text[OPT_PROJECT], .title = call->text[OPT_TITLE],
		.participants = cli_list(call, OPT_PARTICIPANT), .custody = call->text[OPT_CUSTODY], .fresh = call->text[OPT_FRESH],
		.until = call->text[OPT_UNTIL], .replaces = call->text[OPT_REPLACES], .reason = call->text[OPT_REASON],
		.unsealed_members = call->given[OPT_UNSEALED_MEMBERS], .alone_allowed = call->given[OPT_ALONE_ALLOWED],
		.output = call->text[OPT_OUTPUT], .keys = cli_list(call, OPT_KEY) };
	struct entente_profile *profile;
	char *text = NULL;
	enum entente_status status;
	int exit_code;

	if (call->words[OPT_PILLAR].count > 1)
		return cli_usage(call->command, "a project belongs to one pillar");
	propose.pillar = call->words[OPT_PILLAR].count == 1 ? call->words[OPT_PILLAR].items[0] : NULL;
	profile = cli_profile(call, &exit_code);
	if (profile == NULL)
		return exit_code;
	status = entente_charter_propose(profile, &propose, cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
}

typedef enum entente_status (*statement_fn)(struct entente_profile *, const struct entente_statement *, enum entente_format, char **,
    struct entente_error *);

static int
statement(struct cli_call *call, const char *what, statement_fn make)
{
	struct entente_error err = { 0 };
	struct entente_statement it = { .what = what, .until = call->text[OPT_UNTIL], .reason = call->text[OPT_REASON],
		.output = call->text[OPT_OUTPUT], .keys = cli_list(call, OPT_KEY) };
	struct entente_profile *profile;
	char *text = NULL;
	enum entente_status status;
	int exit_code;

	profile = cli_profile(call, &exit_code);
	if (profile == NULL)
		return exit_code;
	status = make(profile, &it, cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
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
	struct entente_error err = { 0 };
	char *text = NULL;
	int exit_code;
	struct entente_profile *profile = cli_profile(call, &exit_code);
	enum entente_status status;

	if (profile == NULL)
		return exit_code;
	status = entente_charter_show(profile, call->given[OPT_OFFLINE], cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
}

int
cmd_charter_verify(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_profile *profile = NULL;
	char *text = NULL;
	enum entente_status status;
	int exit_code;

	if (call->operand_count == 0) {
		profile = cli_profile(call, &exit_code);
		if (profile == NULL)
			return exit_code;
	}
	status = entente_charter_verify(profile, call->operand_count > 0 ? call->operands[0] : NULL, cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
}
