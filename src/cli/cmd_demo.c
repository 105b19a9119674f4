/* demo: the whole story on this machine, every step a printed command that is really run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/demo.h"

/* Does au.example know by now of the last who opened? */
static bool
told(struct demo *demo, const void *sealed)
{
	struct entente_error err = { 0 };
	char *words = NULL;
	bool all;

	all = entente_audit_who_opened(demo_text("%s/au.example", demo->dir), demo_text("%s/%s", demo->dir, (const char *)sealed), ENTENTE_WORDS,
	    &words, &err) == ENTENTE_OK && strstr(words, "hana") != NULL;
	entente_free(words);
	return all;
}

static void
audit(struct demo *demo, const char *sealed)
{
	demo_say(demo, "Every node's access log is recomputed; refusals are entries too.",
	    "   Change one byte of it and the entry is named.");
	for (size_t i = 0; i < DEMO_MEMBERS; i++)
		DEMO(demo, 0, "audit", "verify", "--home", demo_members[i].party);
	DEMO(demo, 0, "audit", "tail", "-n", "4", "--home", "uk.example");
	demo_say(demo, "The originator learns who opened its file, wherever it was opened.", "");
	demo_wait(demo, "the other nodes' records did not reach the originator", told, sealed);
	DEMO(demo, 0, "audit", "who-opened", sealed, "--home", "au.example");
}

/* What is where, for programs: demo.json. Every value is one of ours and needs no escape. */
static bool
describe(const struct demo *demo, const char *genesis)
{
	FILE *out = fopen(demo_text("%s/demo.json", demo->dir), "we");

	if (out == NULL)
		return false;
	fprintf(out, "{\"charter\":\"%s\",\"host\":\"aukus.example\",\"project\":\"quantum\",\n \"nodes\":[", genesis);
	for (size_t i = 0; i < demo->node_count; i++)
		fprintf(out, "%s\n  {\"party\":\"%s\",\"url\":\"%s\",\"home\":\"%s\"}", i ? "," : "", demo->nodes[i].party, demo->nodes[i].url,
		    demo->nodes[i].party);
	fprintf(out, "],\n \"accounts\":[");
	for (size_t i = 0; i < 2 * DEMO_MEMBERS; i++) {
		const struct demo_member *m = &demo_members[i / 2];
		const char *name = i % 2 == 0 ? m->cleared : m->other;

		fprintf(out, "%s\n  {\"party\":\"%s\",\"client_id\":\"%s\",\"secret_file\":\"secrets/%s\",\"profile\":\"profiles/%s\",\"projects\":[%s]}",
		    i ? "," : "", m->party, name, name, name, i % 2 == 0 ? "\"quantum\"" : "");
	}
	fprintf(out, "]}\n");
	return fclose(out) == 0;
}

static void
serve(const struct demo *demo)
{
	char word[2 * DEMO_PATH_MAX];

	demo_word(word, sizeof(word), demo->dir);
	printf("\nThe nodes run until you interrupt this (Ctrl-C). In another terminal:\n\n   cd %s\n", word);
	demo_word(word, sizeof(word), demo->entente);
	printf("   export ENTENTE_PROFILE=profiles/alice\n   %s decrypt drawing.step.tdf -o drawing\n\n", word);
	for (size_t i = 0; i < demo->node_count; i++)
		printf("   %-16s %s\n", demo->nodes[i].party, demo->nodes[i].url);
	printf("\nPeople (client id; the secret is in secrets/<name>): the first of each is\ncleared for the project.\n\n");
	for (size_t i = 0; i < DEMO_MEMBERS; i++)
		printf("   %-16s %s, %s\n", demo_members[i].party, demo_members[i].cleared, demo_members[i].other);
	printf("\nTokens are at <node>/token; all of this for programs is in demo.json.\n");
	fflush(stdout);
	/* Not pause(2): a signal between the question and the call would be waited for once more. */
	while (!demo_interrupted())
		usleep(100000);
}

static void
story(struct demo *demo, const char *file, const char *sealed)
{
	const char *genesis = demo_found(demo);

	demo_add_people(demo, genesis);
	demo_protect(demo, file, sealed);
	demo_open_all(demo, file, sealed);
	demo_refuse(demo, sealed, genesis);
	demo_partner(demo, file, sealed, genesis);
	audit(demo, sealed);
	if (!demo->failed && !describe(demo, genesis)) {
		fprintf(stderr, "entente: cannot write %s/demo.json\n", demo->dir);
		demo->failed = true;
	}
}

int
cmd_demo(struct cli_call *call)
{
	struct demo demo;
	struct timespec start, end;
	char absolute[DEMO_PATH_MAX];
	const char *file = "drawing.step";
	int failed;

	if (call->operand_count > 0) {
		if (realpath(call->operands[0], absolute) == NULL) {
			fprintf(stderr, "entente: %s: %s\n", call->operands[0], strerror(errno));
			return ENTENTE_INPUT;
		}
		file = absolute;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	failed = demo_open(&demo, call->text[OPT_DIR]);
	if (failed)
		return failed;
	printf("Entente: three members found an alliance on this machine. Every line after $\nis a command that is really run, in %s.\n", demo.dir);
	story(&demo, file, "drawing.step.tdf");
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (!demo.failed && !demo_interrupted())
		printf("\nDone in %.1f s: founded, protected, opened, refused, admitted,\nstopped, resumed, lapsed, verified.\n",
		    (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	if (call->given[OPT_SERVE] && !demo.failed)
		serve(&demo);
	failed = demo.failed || (demo_interrupted() && !call->given[OPT_SERVE]);
	demo_close(&demo);
	demo_free_texts();
	return failed ? ENTENTE_FAILED : 0;
}
