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

/* "charter propose" alone proposes a project. A party's file is given as a word or as an option. */
static int
kind_of(const struct cli_call *call, struct entente_charter_propose *propose)
{
	static const struct {
		const char *word;
		enum entente_proposal kind;
		const char *missing; /* what the second word is; NULL: there is none */
	} kinds[] = { { "project", ENTENTE_PROPOSE_PROJECT, NULL }, { "party", ENTENTE_PROPOSE_PARTY, "the file with the party's lines" },
		{ "admit", ENTENTE_PROPOSE_ADMIT, NULL }, { "profile", ENTENTE_PROPOSE_PROFILE, "the profile's name" } };
	const char *word = call->operand_count > 0 ? call->operands[0] : "project";
	const char *which = call->operand_count > 1 ? call->operands[1] : call->text[OPT_PARTY_FILE];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].word) != 0)
			continue;
		propose->kind = kinds[i].kind;
		if (call->given[OPT_PARTY_FILE] && (propose->kind != ENTENTE_PROPOSE_PARTY || call->operand_count > 1))
			return cli_usage(call->command, "--party-file has no place here");
		if (kinds[i].missing == NULL && which != NULL)
			return cli_usage(call->command, "\"%s\" is one word too many", which);
		if (kinds[i].missing != NULL && which == NULL)
			return cli_usage(call->command, "%s is missing", kinds[i].missing);
		propose->party_file = propose->kind == ENTENTE_PROPOSE_PARTY ? which : NULL;
		propose->profile_name = propose->kind == ENTENTE_PROPOSE_PROFILE ? which : NULL;
		return 0;
	}
	return cli_usage(call->command, "\"%s\" cannot be proposed: project, party, admit or profile", word);
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
