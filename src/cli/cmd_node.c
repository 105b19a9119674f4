/* node ..., profile create, audit .... */
#include <stdio.h>

#include "cli/cli.h"

enum { TAIL_DEFAULT = 20 };

int
cmd_node_init(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_node_init init = { .home = call->text[OPT_HOME], .party = call->text[OPT_PARTY], .url = call->text[OPT_URL],
		.listen = call->text[OPT_LISTEN], .sync_interval = call->text[OPT_SYNC_INTERVAL], .demonstration = call->given[OPT_DEMONSTRATION] };

	return cli_print(entente_node_init(&init, &err), NULL, &err);
}

int
cmd_node_status(struct cli_call *call)
{
	struct entente_error err = { 0 };
	char *text = NULL;
	int exit_code;
	struct entente_profile *profile = cli_profile(call, &exit_code);
	enum entente_status status;

	if (profile == NULL)
		return exit_code;
	status = entente_node_status(profile, cli_format(call), &text, &err);
	entente_profile_free(profile);
	return cli_print(status, text, &err);
}

int
cmd_node_account_add(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_account account = { .name = call->operands[0], .projects = cli_list(call, OPT_PROJECTS),
		.clearance = call->text[OPT_CLEARANCE], .nationality = cli_list(call, OPT_NATIONALITY),
		.secret_file = call->text[OPT_SECRET_FILE] };

	return cli_print(entente_account_add(call->text[OPT_HOME], &account, &err), NULL, &err);
}

int
cmd_node_account_list(struct cli_call *call)
{
	struct entente_error err = { 0 };
	char *text = NULL;
	enum entente_status status = entente_account_list(call->text[OPT_HOME], cli_format(call), &text, &err);

	return cli_print(status, text, &err);
}

int
cmd_node_account_remove(struct cli_call *call)
{
	struct entente_error err = { 0 };

	return cli_print(entente_account_remove(call->text[OPT_HOME], call->operands[0], &err), NULL, &err);
}

int
cmd_profile_create(struct cli_call *call)
{
	struct entente_error err = { 0 };
	struct entente_profile_new new = { .dir = call->operands[0], .node = call->text[OPT_NODE], .party = call->text[OPT_PARTY],
		.genesis = call->text[OPT_GENESIS], .client_id = call->text[OPT_CLIENT_ID], .secret_file = call->text[OPT_SECRET_FILE],
		.issuer = call->text[OPT_ISSUER], .ca_file = call->text[OPT_CA_FILE] };

	return cli_print(entente_profile_create(&new, &err), NULL, &err);
}

int
cmd_audit_tail(struct cli_call *call)
{
	struct entente_error err = { 0 };
	size_t count = call->given[OPT_COUNT] ? (size_t)call->number[OPT_COUNT] : TAIL_DEFAULT;
	char *text = NULL;
	enum entente_status status = entente_audit_tail(call->text[OPT_HOME], count, cli_format(call), &text, &err);

	return cli_print(status, text, &err);
}

int
cmd_audit_verify(struct cli_call *call)
{
	struct entente_error err = { 0 };
	char *text = NULL;
	enum entente_status status = entente_audit_verify(call->text[OPT_HOME], cli_format(call), &text, &err);

	return cli_print(status, text, &err);
}
