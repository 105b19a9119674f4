/* encrypt, decrypt, cat, inspect, profile writer. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const char *
input_of(const struct cli_call *call)
{
	return call->operand_count > 0 ? call->operands[0] : NULL;
}

/* Results go beside the data: to standard error when the data goes to standard output. */
static FILE *
talk(const char *output)
{
	return output == NULL || strcmp(output, "-") == 0 ? stderr : stdout;
}

static void
say_encrypted(const struct cli_call *call, const char *output, const struct entente_encrypt_result *r)
{
	FILE *out = talk(output);

	if (call->given[OPT_JSON]) {
		fprintf(out, "{\"uuid\":");
		cli_json_string(out, r->uuid);
		fprintf(out, ",\"plain_bytes\":%" PRIu64 ",\"project\":", r->plain_bytes);
		cli_json_string(out, call->text[OPT_PROJECT]);
		fprintf(out, ",\"proposal\":");
		cli_json_string(out, r->proposal);
		fprintf(out, ",\"splits\":%zu,\"objects\":%zu,\"holders\":", r->splits, r->objects);
		cli_json_string(out, r->holders);
		fprintf(out, ",\"rel\":");
		cli_json_string(out, r->rel);
		fprintf(out, ",\"offline\":%s}\n", r->offline ? "true" : "false");
		return;
	}
	fprintf(out, "protected %" PRIu64 " bytes as file %s\n", r->plain_bytes, r->uuid);
	fprintf(out, "  project %s (proposal %.16s)\n  shares held by %s\n", call->text[OPT_PROJECT], r->proposal, r->holders);
	if (r->rel[0] != '\0')
		fprintf(out, "  only for %s (the originator's country is always among them)\n", r->rel);
	if (r->offline)
		fprintf(out, "  sealed without the node, with this profile's writer's certificate\n");
}

int
cmd_encrypt(struct cli_call *call)
{
	struct cli_work work = { 0 };
	struct entente_encrypt_result result = { 0 };
	struct cli_progress progress;
	struct entente_encrypt encrypt = { .input = input_of(call), .output = call->text[OPT_OUTPUT], .project = call->text[OPT_PROJECT],
		.rel = call->words[OPT_REL].items, .rel_count = call->words[OPT_REL].count, .to = call->words[OPT_TO].items,
		.to_count = call->words[OPT_TO].count, .until = call->text[OPT_UNTIL], .mime_type = call->text[OPT_TYPE],
		.size_hint = call->number[OPT_SIZE_HINT], .force = call->given[OPT_FORCE], .offline = call->given[OPT_OFFLINE],
		.entente_only = call->given[OPT_ENTENTE_ONLY],
		.threads = (unsigned)call->number[OPT_THREADS], .progress = cli_progress_step, .progress_arg = &progress };
	enum entente_status status;
	int failed;

	if (encrypt.project == NULL)
		return cli_usage(call->command, "--project is missing: who may open the file follows from its project");
	if (encrypt.output == NULL)
		return cli_usage(call->command, "--output is missing; -o - writes to standard output");
	if (strcmp(encrypt.output, "-") == 0 && isatty(STDOUT_FILENO))
		return cli_usage(call->command, "standard output is a terminal; redirect it, or give -o FILE");
	status = cli_open(&work, call);
	cli_progress_start(&progress, call, "protecting");
	if (status == ENTENTE_OK)
		status = entente_encrypt(work.profile, &encrypt, &result, &work.err);
	cli_progress_end(&progress);
	failed = cli_done(&work, status);
	if (!failed && !call->given[OPT_QUIET])
		say_encrypted(call, encrypt.output, &result);
	return failed;
}

int
cmd_profile_writer(struct cli_call *call)
{
	struct cli_work work = { 0 };
	enum entente_status status = cli_open(&work, call);

	if (status == ENTENTE_OK)
		status = entente_profile_writer(work.profile, (unsigned)call->number[OPT_DAYS], cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}

static void
say_notes(const struct cli_call *call, const char *notes)
{
	if (call->given[OPT_QUIET])
		return;
	for (const char *line = notes; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		fprintf(stderr, "entente: note: %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static void
say_opened_words(FILE *out, const struct entente_decrypt_result *r)
{
	fprintf(out, "opened file %s, %" PRIu64 " bytes\n  with shares of %s\n", r->uuid, r->plain_bytes, r->opened_with);
	if (r->stop_bound_s > 0)
		fprintf(out, "  a member's refusal binds every node within %" PRId64 " h\n", (r->stop_bound_s + 3599) / 3600);
}

/* opened_with holds the manifest's sids: whoever made the file chose them. */
static void
say_opened_json(FILE *out, const struct entente_decrypt_result *r)
{
	fprintf(out, "{\"uuid\":");
	cli_json_string(out, r->uuid);
	fprintf(out, ",\"plain_bytes\":%" PRIu64 ",\"opened_with\":", r->plain_bytes);
	cli_json_string(out, r->opened_with);
	fprintf(out, ",\"stop_bound_s\":%" PRId64 "}\n", r->stop_bound_s);
}

static void
say_opened(const struct cli_call *call, const char *output, const struct entente_decrypt_result *r)
{
	FILE *out = talk(output);

	if (call->given[OPT_QUIET])
		return;
	if (call->given[OPT_JSON])
		say_opened_json(out, r);
	else if (out == stdout)
		say_opened_words(out, r);
}

static int
open_with(struct cli_call *call, const struct entente_decrypt *decrypt)
{
	struct cli_work work = { 0 };
	struct entente_decrypt_result result = { 0 };
	struct entente_decrypt with_progress = *decrypt;
	struct cli_progress progress;
	enum entente_status status = cli_open(&work, call);
	int failed;

	cli_progress_start(&progress, call, "opening");
	with_progress.progress = cli_progress_step;
	with_progress.progress_arg = &progress;
	if (status == ENTENTE_OK)
		status = entente_decrypt(work.profile, &with_progress, &result, &work.err);
	cli_progress_end(&progress);
	failed = cli_done(&work, status);
	if (failed)
		return failed;
	say_notes(call, result.notes);
	say_opened(call, decrypt->output, &result);
	return 0;
}

int
cmd_decrypt(struct cli_call *call)
{
	struct entente_decrypt decrypt = { .input = input_of(call), .output = call->text[OPT_OUTPUT], .length = UINT64_MAX,
		.force = call->given[OPT_FORCE], .ignore_assertions = call->given[OPT_IGNORE_ASSERTIONS],
		.threads = (unsigned)call->number[OPT_THREADS] };

	return open_with(call, &decrypt);
}

/* FIRST-LAST, both included, or FIRST- to the end. */
static bool
parse_range(const char *text, uint64_t *offset, uint64_t *length)
{
	char *end;
	uint64_t last;

	errno = 0;
	if (text[0] < '0' || text[0] > '9')
		return false;
	*offset = strtoull(text, &end, 10);
	if (errno != 0 || *end != '-')
		return false;
	text = end + 1;
	*length = UINT64_MAX;
	if (*text == '\0')
		return true;
	if (text[0] < '0' || text[0] > '9')
		return false;
	last = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || last < *offset || last - *offset == UINT64_MAX)
		return false;
	*length = last - *offset + 1;
	return true;
}

int
cmd_cat(struct cli_call *call)
{
	struct entente_decrypt decrypt = { .input = input_of(call), .output = "-", .length = UINT64_MAX,
		.ignore_assertions = call->given[OPT_IGNORE_ASSERTIONS] };

	if (call->given[OPT_RANGE] && !parse_range(call->text[OPT_RANGE], &decrypt.offset, &decrypt.length))
		return cli_usage(call->command, "--range wants FIRST-LAST in bytes, as 0-1023 or 4096-, not \"%s\"", call->text[OPT_RANGE]);
	return open_with(call, &decrypt);
}

/* A profile is a help here, not a need: without one the seal is shown and not verified. */
int
cmd_inspect(struct cli_call *call)
{
	struct cli_work work = { 0 };
	enum entente_status status = call->given[OPT_PROFILE] || getenv("ENTENTE_PROFILE") != NULL ? cli_open(&work, call) : ENTENTE_OK;

	if (status == ENTENTE_OK)
		status = entente_inspect(work.profile, input_of(call), cli_format(call), &work.text, &work.err);
	return cli_done(&work, status);
}
