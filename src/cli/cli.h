/* The command line's own vocabulary: options, commands, what a command gets. Only the public API below this. */
#ifndef ENT_CLI_CLI_H
#define ENT_CLI_CLI_H

#include <entente/entente.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER, CLI_SMALL, CLI_WORDS, CLI_COMMAS };

#define CLI_SMALL_MAX 65535

enum cli_option {
#define OPTION(id, name, letter, kind, argument, help) OPT_##id,
#include "cli/options.def"
#undef OPTION
	OPT_COUNT_ /* how many there are; also ends a command's list */
};

struct cli_option_row {
	const char *name;
	char letter; /* 0: none */
	enum cli_kind kind;
	const char *argument; /* NULL for a flag */
	const char *help;
};
extern const struct cli_option_row cli_options[OPT_COUNT_];

#define CLI_WORDS_MAX 64

struct cli_words {
	const char *items[CLI_WORDS_MAX];
	size_t count;
};

/* One call: the options that were given and the operands. */
struct cli_call {
	const struct cli_command *command;
	bool given[OPT_COUNT_];
	const char *text[OPT_COUNT_];
	uint64_t number[OPT_COUNT_];
	struct cli_words words[OPT_COUNT_];
	const char *operands[CLI_WORDS_MAX];
	size_t operand_count;
};

struct cli_command {
	const char *name;     /* "charter consent" */
	const char *operands; /* "HASH"; "" for none */
	size_t operands_min;
	size_t operands_max;
	const char *summary;  /* one line */
	int (*run)(struct cli_call *call);
	enum cli_option options[24]; /* ended by OPT_COUNT_ */
};
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* Parse the words behind the command's name. 0, or the exit code after having said why. */
int cli_parse(struct cli_call *call, int argc, char **argv);

void cli_help_all(void);
void cli_help_group(const char *group);
void cli_help_command(const struct cli_command *command);

/* Say what went wrong on standard error, and what it means for a script. Returns the exit code. */
int cli_fail(const struct entente_error *err);
int cli_usage(const struct cli_command *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What stands around a call of the API. Every command has one shape: open a profile if it needs one, call, done. */
struct cli_work {
	struct entente_profile *profile; /* NULL: none */
	char *text;                      /* what the API gives to print; NULL: nothing */
	struct entente_error err;
};
/* Open the profile of --profile. What went wrong is said by cli_done. */
enum entente_status cli_open(struct cli_work *work, const struct cli_call *call);
/* Print the text, or say why there is none; free everything; return the exit code. */
int cli_done(struct cli_work *work, enum entente_status status);

enum entente_format cli_format(const struct cli_call *call);
struct entente_list cli_list(const struct cli_call *call, enum cli_option option);

/* Print text with each line folded at spaces to fit `columns`, margin spaces in front; control characters become dots. */
void cli_fold(FILE *out, size_t margin, size_t columns, const char *text);
#define CLI_COLUMNS 79

/* Print text as a JSON string (RFC 8259, 7). It is UTF-8: the API gives nothing else. */
void cli_json_string(FILE *out, const char *text);

/* Progress on a terminal, nothing in a pipe. */
struct cli_progress {
	const char *what;
	bool on;
	bool shown;
	int64_t started_ms;
	int64_t last_ms;
};
void cli_progress_start(struct cli_progress *progress, const struct cli_call *call, const char *what);
void cli_progress_step(void *progress, uint64_t done, uint64_t total);
void cli_progress_end(struct cli_progress *progress);

int cmd_encrypt(struct cli_call *call);
int cmd_decrypt(struct cli_call *call);
int cmd_cat(struct cli_call *call);
int cmd_inspect(struct cli_call *call);
int cmd_why(struct cli_call *call);
int cmd_charter_init(struct cli_call *call);
int cmd_charter_found(struct cli_call *call);
int cmd_charter_sign(struct cli_call *call);
int cmd_charter_submit(struct cli_call *call);
int cmd_charter_propose(struct cli_call *call);
int cmd_charter_consent(struct cli_call *call);
int cmd_charter_key(struct cli_call *call);
int cmd_charter_note(struct cli_call *call);
int cmd_charter_withdraw(struct cli_call *call);
int cmd_charter_stop(struct cli_call *call);
int cmd_charter_resume(struct cli_call *call);
int cmd_charter_accredit(struct cli_call *call);
int cmd_charter_show(struct cli_call *call);
int cmd_charter_history(struct cli_call *call);
int cmd_charter_verify(struct cli_call *call);
int cmd_audit_tail(struct cli_call *call);
int cmd_audit_verify(struct cli_call *call);
int cmd_audit_show(struct cli_call *call);
int cmd_audit_who_opened(struct cli_call *call);
int cmd_node_init(struct cli_call *call);
int cmd_node_status(struct cli_call *call);
int cmd_node_account_add(struct cli_call *call);
int cmd_node_account_list(struct cli_call *call);
int cmd_node_account_remove(struct cli_call *call);
int cmd_profile_create(struct cli_call *call);
int cmd_profile_writer(struct cli_call *call);
int cmd_demo(struct cli_call *call);

#endif
