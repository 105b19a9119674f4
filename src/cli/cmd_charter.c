/* charter ... */
#include <string.h>

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

/* "charter propose" alone proposes a project. */
static int
kind_of(const struct cli_call *call, struct entente_charter_propose *propose)
{
	static const struct {
		const char *word;
		enum entente_proposal kind;
		size_t operands;
	} kinds[] = { { "project", ENTENTE_PROPOSE_PROJECT, 1 }, { "party", ENTENTE_PROPOSE_PARTY, 2 }, { "admit", ENTENTE_PROPOSE_ADMIT, 1 },
		{ "profile", ENTENTE_PROPOSE_PROFILE, 2 } };

	if (call->operand_count == 0)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(call->operands[0], kinds[i].word) != 0)
			continue;
		if (call->operand_count != kinds[i].operands)
			return cli_usage(call->command, "\"charter propose %s\" takes %s", kinds[i].word,
			    kinds[i].operands == 1 ? "no other word" : "one more word");
		propose->kind = kinds[i].kind;
		propose->party_file = kinds[i].kind == ENTENTE_PROPOSE_PARTY ? call->operands[1] : NULL;
		propose->profile_name = kinds[i].kind == ENTENTE_PROPOSE_PROFILE ? call->operands[1] : NULL;
		return 0;
	}
	return cli_usage(call->command, "\"%s\" cannot be proposed: project, party, admit or profile", call->operands[0]);
}

int
cmd_charter_propose(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_charter_propose propose = { .party = call->text[OPT_PARTY], .role = call->text[OPT_PARTNER_ROLE], .sponsor = call->text[OPT_SPONSOR],
		.files = call->text[OPT_FILES], .from = call->text[OPT_FROM], .evidence_file = call->text[OPT_EVIDENCE],
		.requires = cli_list(call, OPT_REQUIRES), .project = call->text[OPT_PROJECT], .title = call->text[OPT_TITLE],
		.participants = cli_list(call, OPT_PARTICIPANT), .custody = call->text[OPT_CUSTODY], .fresh = call->text[OPT_FRESH],
		.until = call->text[OPT_UNTIL], .replaces = call->text[OPT_REPLACES], .reason = call->text[OPT_REASON],
		.unsealed_members = call->given[OPT_UNSEALED_MEMBERS], .alone_allowed = call->given[OPT_ALONE_ALLOWED],
		.output = call->text[OPT_OUTPUT], .keys = cli_list(call, OPT_KEY) };
	enum entente_status status;
	int failed = kind_of(call, &propose);

	if (failed)
		return failed;
	if (call->words[OPT_PILLAR].count > 1)
		return cli_usage(call->command, "a project belongs to one pillar");
	propose.pillar = call->words[OPT_PILLAR].count == 1 ? call->words[OPT_PILLAR].items[0] : NULL;
	status = cli_open(&work, call);
	if (status == ENTENTE_OK)
		status = entente_charter_propose(work.profile, &propose, cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
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

int
cmd_charter_history(struct cli_call *call)
{
	struct cli_work work = { 0 };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = entente_charter_history(work.profile, call->given[OPT_OFFLINE], call->text[OPT_SINCE], cli_format(call), &work.text,
		    &work.err);
	return cli_done(&work, status);
}
