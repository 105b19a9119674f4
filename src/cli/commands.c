/* The table of commands. To add one: a row here, a function in cmd_<verb>.c, a line in cli.h. */
#include "cli/cli.h"

#define END OPT_COUNT_

const struct cli_option_row cli_options[OPT_COUNT_] = {
#define OPTION(id, name, letter, kind, argument, help) { name, letter, CLI_##kind, argument, help },
#include "cli/options.def"
#undef OPTION
};

const struct cli_command cli_commands[] = {
	{ "encrypt", "[FILE]", 0, 1, "protect a file for a project", cmd_encrypt,
	    { OPT_PROJECT, OPT_OUTPUT, OPT_REL, OPT_TO, OPT_UNTIL, OPT_TYPE, OPT_SIZE_HINT, OPT_ENTENTE_ONLY, OPT_FORCE, OPT_THREADS,
		OPT_OFFLINE, OPT_PROFILE, OPT_QUIET, OPT_JSON, END } },
	{ "decrypt", "[FILE]", 0, 1, "open a protected file", cmd_decrypt,
	    { OPT_OUTPUT, OPT_FORCE, OPT_IGNORE_ASSERTIONS, OPT_THREADS, OPT_PROFILE, OPT_QUIET, OPT_JSON, END } },
	{ "cat", "[FILE]", 0, 1, "write a part of a protected file to standard output", cmd_cat,
	    { OPT_RANGE, OPT_IGNORE_ASSERTIONS, OPT_PROFILE, OPT_QUIET, END } },
	{ "inspect", "[FILE]", 0, 1, "show what is in clear in a protected file", cmd_inspect, { OPT_JSON, OPT_PROFILE, END } },
	{ "why", "PARTY PROJECT | FILE", 1, 2, "may this party receive key shares, or this person open this file, and why", cmd_why,
	    { OPT_AT, OPT_AS, OPT_CLAIMS, OPT_OFFLINE, OPT_JSON, OPT_PROFILE, END } },
	{ "charter init", "OFFICER...", 1, 32, "make officers' keys and a party's lines", cmd_charter_init,
	    { OPT_HOME, OPT_TITLE, OPT_COUNTRY, OPT_OFFICERS_DIR, OPT_QUORUM, OPT_OUTPUT, END } },
	{ "charter found", "MEMBER-FILE...", 1, 32, "write the genesis of a new charter", cmd_charter_found,
	    { OPT_HOST, OPT_TITLE, OPT_PILLAR, OPT_RULE_ADMIT, OPT_RULE_PROJECT, OPT_OUTPUT, END } },
	{ "charter propose", "[project | party FILE | admit | profile NAME]", 0, 2, "propose a project, a party, an admission or a profile",
	    cmd_charter_propose,
	    { OPT_PROJECT, OPT_PILLAR, OPT_TITLE, OPT_PARTICIPANT, OPT_CUSTODY, OPT_FRESH, OPT_PARTY_FILE, OPT_PARTY, OPT_PARTNER_ROLE, OPT_SPONSOR,
		OPT_FILES, OPT_FROM, OPT_UNTIL, OPT_REQUIRES, OPT_EVIDENCE, OPT_REPLACES, OPT_REASON, OPT_UNSEALED_MEMBERS, OPT_ALONE_ALLOWED,
		OPT_KEY, OPT_OUTPUT, OPT_PROFILE, OPT_JSON, END } },
	{ "charter sign", "FILE", 1, 1, "add an officer's signature to a text", cmd_charter_sign, { OPT_KEY, OPT_PROFILE, OPT_JSON, END } },
	{ "charter submit", "FILE", 1, 1, "hand a note to the node, or a genesis to a node's home", cmd_charter_submit,
	    { OPT_HOME, OPT_PROFILE, OPT_JSON, END } },
	{ "charter consent", "HASH", 1, 1, "consent to a proposal", cmd_charter_consent,
	    { OPT_UNTIL, OPT_REASON, OPT_KEY, OPT_OUTPUT, OPT_OFFLINE, OPT_PROFILE, OPT_JSON, END } },
	{ "charter withdraw", "HASH | project NAME | membership | charter", 1, 2, "take a statement back, or leave for ever",
	    cmd_charter_withdraw, { OPT_REASON, OPT_KEY, OPT_OUTPUT, OPT_OFFLINE, OPT_PROFILE, OPT_JSON, END } },
	{ "charter stop", "partner|project|proposal|person|file|key WHICH", 2, 2, "stop at once; one officer is enough", cmd_charter_stop,
	    { OPT_PROJECT, OPT_REASON, OPT_KEY, OPT_OUTPUT, OPT_OFFLINE, OPT_PROFILE, OPT_JSON, END } },
	{ "charter resume", "HASH", 1, 1, "lift a stop of one's own party", cmd_charter_resume,
	    { OPT_REASON, OPT_KEY, OPT_OUTPUT, OPT_OFFLINE, OPT_PROFILE, OPT_JSON, END } },
	{ "charter accredit", "PARTY PROFILE", 2, 2, "accredit a party for a profile, for a time", cmd_charter_accredit,
	    { OPT_UNTIL, OPT_REASON, OPT_KEY, OPT_OUTPUT, OPT_OFFLINE, OPT_PROFILE, OPT_JSON, END } },
	{ "charter key", "[retire KID | destroy KID]", 0, 2, "publish the keys of a node's home; retire or destroy one", cmd_charter_key,
	    { OPT_HOME, OPT_KEY, OPT_REASON, OPT_OUTPUT, OPT_OFFLINE, OPT_PROFILE, OPT_JSON, END } },
	{ "charter note", "\"en WORDS\" | HASH", 1, 1, "put words on record, or announce a proposal", cmd_charter_note,
	    { OPT_REASON, OPT_KEY, OPT_OUTPUT, OPT_OFFLINE, OPT_PROFILE, OPT_JSON, END } },
	{ "charter show", "", 0, 0, "members, partners, projects, what is pending, stops", cmd_charter_show,
	    { OPT_JSON, OPT_OFFLINE, OPT_PROFILE, END } },
	{ "charter history", "", 0, 0, "every statement of every log, in words", cmd_charter_history,
	    { OPT_SINCE, OPT_JSON, OPT_OFFLINE, OPT_PROFILE, END } },
	{ "charter verify", "[FILE]", 0, 1, "verify a genesis, or this profile's copy of the charter", cmd_charter_verify,
	    { OPT_JSON, OPT_PROFILE, END } },
	{ "audit tail", "", 0, 0, "the last entries of a node's access log", cmd_audit_tail, { OPT_HOME, OPT_COUNT, OPT_JSON, END } },
	{ "audit verify", "", 0, 0, "recompute a node's access log", cmd_audit_verify, { OPT_HOME, OPT_JSON, END } },
	{ "node init", "", 0, 0, "make a node's home with fresh keys", cmd_node_init,
	    { OPT_HOME, OPT_PARTY, OPT_URL, OPT_LISTEN, OPT_ROLE, OPT_SYNC_INTERVAL, OPT_DEMONSTRATION, END } },
	{ "node status", "", 0, 0, "is the node up, whom has it heard", cmd_node_status, { OPT_JSON, OPT_PROFILE, END } },
	{ "node account add", "NAME", 1, 1, "add an account to the node's issuer", cmd_node_account_add,
	    { OPT_HOME, OPT_PROJECTS, OPT_CLEARANCE, OPT_NATIONALITY, OPT_SECRET_FILE, END } },
	{ "node account list", "", 0, 0, "list the accounts", cmd_node_account_list, { OPT_HOME, OPT_JSON, END } },
	{ "node account remove", "NAME", 1, 1, "remove an account", cmd_node_account_remove, { OPT_HOME, END } },
	{ "profile create", "DIR", 1, 1, "make a client profile", cmd_profile_create,
	    { OPT_NODE, OPT_PARTY, OPT_GENESIS, OPT_CLIENT_ID, OPT_SECRET_FILE, OPT_ISSUER, OPT_CA_FILE, END } },
	{ "profile writer", "", 0, 0, "a certificate to protect files while the node is away", cmd_profile_writer,
	    { OPT_DAYS, OPT_JSON, OPT_PROFILE, END } },
	{ "demo", "[FILE]", 0, 1, "found an alliance of three on this machine and show everything", cmd_demo,
	    { OPT_DIR, OPT_SERVE, OPT_QUIET, END } },
};

const size_t cli_command_count = sizeof(cli_commands) / sizeof(cli_commands[0]);
