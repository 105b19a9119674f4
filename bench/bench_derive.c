/*
 * bench-derive RUNS: what follows from a large charter, and what it costs. Three members, two partners, 1,000 proposals and 100,000
 * statements of mixed acts over 300 days, as nodes write them: an `alive` before each (C-30), every entry with real signatures, so
 * that reading them is measured too. Signing is not.
 *
 * Prints "<name> <value>..." lines: entries, read_s, charter_kib, state_kib, and a value each run of derive_s, step_us, ask_us.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "codec/time.h"
#include "world.h"

enum { STATEMENTS = 100000, PROFILES = 10, PARTY_TEXTS = 3, PROJECTS = 600, LINEAGE = 3, STEPS = 200, KEPT = 4096, ACT_MAX = 512,
	RUNS_MAX = 100 };
enum { PROPOSALS = 1000, ADMITS = PROPOSALS - PROFILES - 2 * PARTY_TEXTS - PROJECTS };
#define SPAN_S (300 * DAY)

#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			fprintf(stderr, "bench-derive: %s:%d: %s\n", __FILE__, __LINE__, err.text);                    \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

/* Statements that a member may end later. */
struct kept {
	struct ent_hash items[KEPT];
	size_t count;
};

struct bench {
	struct ent_charter *charter;
	uint64_t random;
	double read_s;
	struct ent_hash proposals[PROPOSALS]; /* projects, then admissions, then the rest */
	size_t proposal_count;
	struct kept stops[PARTIES], consents[PARTIES];
};

static double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long
rss_kib(void)
{
	long pages = 0, skipped;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL || fscanf(file, "%ld %ld", &skipped, &pages) != 2) {
		perror("/proc/self/statm");
		exit(1);
	}
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The same charter in every run (xorshift64). */
static size_t
chance(struct bench *b, size_t below)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (size_t)(b->random % below);
}

/* ---- proposals ---- */

static void
name_of(char out[32], size_t project)
{
	snprintf(out, 32, "p%zu", project / LINEAGE);
}

static struct ent_hash
add_project(struct bench *b, size_t i)
{
	char name[32];
	struct world_project project = { .name = name, .until_unix_s = T0 + (100 + (int64_t)chance(b, 900)) * DAY,
		.optional = i % 4 == 3 ? "requires posture-1 from 2\n" : NULL };

	name_of(name, i);
	/* Three proposals of each name, of which each ends the one before. */
	project.replaces = i % LINEAGE ? &b->proposals[i - 1] : NULL;
	return world_add_project(b->charter, &project);
}

static struct ent_hash
add_admit(struct bench *b, size_t i, const struct ent_hash parties[2])
{
	char name[32];
	size_t which = i % 2;
	struct world_admit admit = { .party = which ? KR : JP, .proposal = parties[which], .project = name,
		.until_unix_s = T0 + (50 + (int64_t)chance(b, 800)) * DAY, .requires = i % 3 ? NULL : "requires posture-2 from 2\n" };

	name_of(name, i * LINEAGE % PROJECTS);
	return world_add_admit(b->charter, &admit);
}

static void
add_proposals(struct bench *b)
{
	struct ent_hash parties[2][PARTY_TEXTS], newest[2];
	char name[32];

	for (size_t i = 0; i < PROJECTS; i++)
		b->proposals[b->proposal_count++] = add_project(b, i);
	for (size_t which = 0; which < 2; which++)
		for (size_t i = 0; i < PARTY_TEXTS; i++) {
			snprintf(name, sizeof(name), "Text %zu", i);
			parties[which][i] = world_add_party(b->charter, &(struct world_party){ .party = which ? KR : JP, .title = name,
			    .replaces = i ? &parties[which][i - 1] : NULL });
			newest[which] = parties[which][i];
		}
	for (size_t i = 0; i < ADMITS; i++)
		b->proposals[b->proposal_count++] = add_admit(b, i, newest);
	for (size_t which = 0; which < 2; which++)
		for (size_t i = 0; i < PARTY_TEXTS; i++)
			b->proposals[b->proposal_count++] = parties[which][i];
	for (size_t i = 0; i < PROFILES; i++) {
		snprintf(name, sizeof(name), "posture-%zu", i);
		b->proposals[b->proposal_count++] = world_add_profile(b->charter, name, "What it takes");
	}
}

/* ---- statements ---- */

static void
add_entry(struct bench *b, size_t party, struct ent_view note)
{
	struct ent_view name = ent_view_str(world_members[party]);
	uint64_t index = ent_charter_log_size(b->charter, name);
	double begin = cpu_s();

	MUST(ent_charter_add_entry(b->charter, name, index, note, &err));
	b->read_s += cpu_s() - begin;
}

static void
add_alive(struct bench *b, size_t party, int64_t now)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);

	world_alive(&note, b->charter, party, ent_charter_log_size(b->charter, ent_view_str(world_members[party])), now);
	add_entry(b, party, ent_buf_view(&note));
}

static void
keep(struct bench *b, struct kept *kept, struct ent_view note)
{
	struct ent_hash hash = world_text_hash(note);

	kept->items[kept->count < KEPT ? kept->count++ : chance(b, KEPT)] = hash;
}

/* "<word> <hash>" of one of these, which is forgotten; without any, words. */
static void
about_kept(struct bench *b, struct kept *kept, const char *word, char act[ACT_MAX])
{
	char base64[ENT_HASH_BASE64_SIZE];
	size_t which;

	if (kept->count == 0) {
		snprintf(act, ACT_MAX, "note text en There is nothing to %s yet.", word);
		return;
	}
	which = chance(b, kept->count);
	ent_hash_base64(base64, &kept->items[which]);
	snprintf(act, ACT_MAX, "%s %s", word, base64);
	kept->items[which] = kept->items[--kept->count];
}

/* Of a hundred stops: 48 of persons, 48 of files, 2 of a partner in a project, one of a project, one of a partner. */
static void
stop_line(struct bench *b, char act[ACT_MAX])
{
	const char *partner = world_members[chance(b, 2) ? JP : KR];
	size_t dice = chance(b, 100);
	char name[32];

	name_of(name, chance(b, PROJECTS));
	if (dice < 48)
		snprintf(act, ACT_MAX, "stop person p%zu@%s", chance(b, 500), partner);
	else if (dice < 96)
		snprintf(act, ACT_MAX, "stop file %08zx-0000-4000-8000-000000000000", chance(b, 5000));
	else if (dice < 98)
		snprintf(act, ACT_MAX, "stop partner %s project %s", partner, name);
	else if (dice < 99)
		snprintf(act, ACT_MAX, "stop project %s", name);
	else
		snprintf(act, ACT_MAX, "stop partner %s", partner);
}

static void
add_consent(struct bench *b, size_t party, size_t which, int64_t now)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	const struct ent_doc *proposal = ent_charter_proposal(b->charter, &b->proposals[which]);
	int64_t until = now + (1 + (int64_t)chance(b, 400)) * DAY, end = proposal->proposal.until_unix_s;

	if (proposal->proposal.kind != ENT_PROPOSAL_PARTY && proposal->proposal.kind != ENT_PROPOSAL_PROFILE && until > end)
		until = end;
	world_consent(&note, b->charter, party, proposal->text, now, until);
	add_entry(b, party, ent_buf_view(&note));
	keep(b, &b->consents[party], ent_buf_view(&note));
}

static void
add_act(struct bench *b, size_t party, const char *act, int64_t now)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);

	world_statement(&note, b->charter, &(struct world_statement){ .by = party, .time_unix_s = now, .act = act });
	add_entry(b, party, ent_buf_view(&note));
	if (strncmp(act, "stop ", 5) == 0)
		keep(b, &b->stops[party], ent_buf_view(&note));
}

/* Of a hundred statements: 50 consents, 10 withdrawals, 10 stops, 9 resumes, 11 accreditations, 10 notes. */
static void
add_statement(struct bench *b, size_t party, int64_t now)
{
	char act[ACT_MAX], until[ENT_TIME_TEXT_SIZE];
	size_t dice = chance(b, 100);

	add_alive(b, party, now);
	ent_time_print(until, now + (1 + (int64_t)chance(b, 364)) * DAY);
	if (dice < 50) {
		add_consent(b, party, chance(b, PROPOSALS), now);
		return;
	}
	if (dice < 60)
		about_kept(b, &b->consents[party], "withdraw", act);
	else if (dice < 70)
		stop_line(b, act);
	else if (dice < 79)
		about_kept(b, &b->stops[party], "resume", act);
	else if (dice < 90)
		snprintf(act, sizeof(act), "accredit %s posture-%zu until %s", world_members[chance(b, 2) ? JP : KR], chance(b, PROFILES), until);
	else
		snprintf(act, sizeof(act), "note text en We have met %zu times about %s.", chance(b, 1000), world_members[JP]);
	add_act(b, party, act, now);
}

static void
build(struct bench *b)
{
	b->charter = world_charter(NULL);
	add_proposals(b);
	world_publish_keys(b->charter, T0 - HOUR);
	world_follow(b->charter, JP);
	world_follow(b->charter, KR);
	for (size_t i = 0; i < STATEMENTS; i++) {
		int64_t now = T0 + (int64_t)i * SPAN_S / STATEMENTS;

		add_statement(b, i % MEMBERS, now);
		if (isatty(STDERR_FILENO) && i % 1000 == 0)
			fprintf(stderr, "\r\033[Ksigning and reading statements: %zu of %d", i, STATEMENTS);
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* ---- what is measured ---- */

/* How the partner takes part in a project: what a node asks at each request. */
static void
ask(const struct ent_state *state)
{
	struct ent_participation part;

	MUST(ent_state_participation(state, ent_view_str(world_members[JP]), ENT_LIT("p0"), &part, &err));
	if (ent_part_name(part.state) == NULL)
		abort();
}

/* A state finishes parts of itself when it is asked: how the proposal stands belongs to a step. */
static void
settle(const struct bench *b, const struct ent_state *state, size_t which)
{
	if (ent_state_standing_by_hash(state, &b->proposals[which]) == NULL)
		abort();
}

static double
derive_once(const struct bench *b, int64_t now)
{
	double begin = cpu_s(), end;
	struct ent_state *state;

	MUST(ent_derive(&state, b->charter, now, &err));
	ask(state);
	end = cpu_s();
	ent_state_free(state);
	return end - begin;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *values, size_t count)
{
	qsort(values, count, sizeof(values[0]), by_value);
	return values[count / 2];
}

/* One more consent, the state that follows, and an answer from it: the medians, in microseconds. */
static void
steps(struct bench *b, struct ent_state **state, int64_t *now, double *step_us, double *ask_us)
{
	double took[STEPS], asked[STEPS];

	for (size_t i = 0; i < STEPS; i++) {
		size_t party = i % MEMBERS, which = chance(b, PROPOSALS);
		double begin, middle;

		*now += 10;
		add_alive(b, party, *now);
		add_consent(b, party, which, *now);
		begin = cpu_s();
		MUST(ent_derive_next(state, b->charter, *now, &err));
		settle(b, *state, which);
		middle = cpu_s();
		ask(*state);
		took[i] = 1e6 * (middle - begin);
		asked[i] = 1e6 * (cpu_s() - middle);
	}
	*step_us = median(took, STEPS);
	*ask_us = median(asked, STEPS);
}

int
main(int argc, char **argv)
{
	static struct bench b = { .random = 88172645463325252u };
	long runs = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	double step_us[RUNS_MAX], ask_us[RUNS_MAX];
	int64_t now = T0 + SPAN_S;
	struct ent_state *state = NULL;
	long before = rss_kib(), after;
	uint64_t entries = 0;

	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: bench-derive RUNS, at most %d\n", RUNS_MAX);
		return 2;
	}
	build(&b);
	after = rss_kib();
	for (size_t m = 0; m < MEMBERS; m++)
		entries += ent_charter_log_size(b.charter, ent_view_str(world_members[m]));
	printf("entries %llu\nread_s %.6f\ncharter_kib %ld\n", (unsigned long long)entries, b.read_s, after - before);
	MUST(ent_derive_next(&state, b.charter, now, &err));
	ask(state);
	printf("state_kib %ld\nderive_s", rss_kib() - after);
	for (long i = 0; i < runs; i++)
		printf(" %.6f", derive_once(&b, now));
	for (long i = 0; i < runs; i++)
		steps(&b, &state, &now, &step_us[i], &ask_us[i]);
	printf("\nstep_us");
	for (long i = 0; i < runs; i++)
		printf(" %.3f", step_us[i]);
	printf("\nask_us");
	for (long i = 0; i < runs; i++)
		printf(" %.3f", ask_us[i]);
	printf("\n");
	ent_state_free(state);
	ent_charter_free(b.charter);
	return 0;
}
