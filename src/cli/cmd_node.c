/* node ..., profile create. */
#include <stdio.h>

#include "cli/cli.h"

int
cmd_node_init(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_node_init init = { .home = call->text[OPT_HOME], .party = call->text[OPT_PARTY], .url = call->text[OPT_URL],
		.listen = call->text[OPT_LISTEN], .sync_interval = call->text[OPT_SYNC_INTERVAL], .role = call->text[OPT_ROLE],
		.demonstration = call->given[OPT_DEMONSTRATION] };

	return cli_done(&work, entente_node_init(&init, &work.err));
}

int
cmd_node_status(struct cli_call *call)
{
	struct cli_work work = { 0 };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = entente_node_status(work.profile, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

int
cmd_node_account_add(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_account account = { .name = call->operands[0], .projects = cli_list(call, OPT_PROJECTS),
		.clearance = call->text[OPT_CLEARANCE], .nationality = cli_list(call, OPT_NATIONALITY),
		.secret_file = call->text[OPT_SECRET_FILE] };

	return cli_done(&work, entente_account_add(call->text[OPT_HOME], &account, &work.err));
}

int
cmd_node_account_list(struct cli_call *call)
{
	struct cli_work work = { 0 };

	return cli_done(&work, entente_account_list(call->text[OPT_HOME], cli_format(call), &work.text, &work.err));
}

int
cmd_node_account_remove(struct cli_call *call)
{
	struct cli_work work = { 0 };

	return cli_done(&work, entente_account_remove(call->text[OPT_HOME], call->operands[0], &work.err));
}

int
cmd_profile_create(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_profile_new new = { .dir = call->operands[0], .node = call->text[OPT_NODE], .party = call->text[OPT_PARTY],
		.genesis = call->text[OPT_GENESIS], .client_id = call->text[OPT_CLIENT_ID], .secret_file = call->text[OPT_SECRET_FILE],
		.issuer = call->text[OPT_ISSUER], .ca_file = call->text[OPT_CA_FILE] };

	return cli_done(&work, entente_profile_create(&new, &work.err));
}
