/* audit ...: over a node's home, for its operators. */
#include "cli/cli.h"

enum { TAIL_DEFAULT = 20 };

int
cmd_audit_tail(struct cli_call *call)
{
	struct cli_work work = { 0 };
	size_t count = call->given[OPT_COUNT] ? (size_t)call->number[OPT_COUNT] : TAIL_DEFAULT;

	return cli_done(&work, entente_audit_tail(call->text[OPT_HOME], count, cli_format(call), &work.text, &work.err));
}

int
cmd_audit_verify(struct cli_call *call)
{
	struct cli_work work = { 0 };

	return cli_done(&work, entente_audit_verify(call->text[OPT_HOME], cli_format(call), &work.text, &work.err));
}

int
cmd_audit_show(struct cli_call *call)
{
	struct cli_work work = { 0 };

	return cli_done(&work, entente_audit_show(call->text[OPT_HOME], call->text[OPT_FROM], call->operands[0], cli_format(call), &work.text,
	    &work.err));
}

int
cmd_audit_who_opened(struct cli_call *call)
{
	struct cli_work work = { 0 };

	return cli_done(&work, entente_audit_who_opened(call->text[OPT_HOME], call->operands[0], cli_format(call), &work.text, &work.err));
}
