/* demo: the whole story on this machine, every step a printed command that is really run. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/demo.h"

enum { FILE_MIB = 256, MEMBERS = 3 };

static const struct member {
	const char *party, *title, *country;
	const char *cleared, *other; /* two people: one whom the member has cleared for quantum, one whom it has not */
} members[MEMBERS] = {
	{ "au.example", "en Australia", "AUS", "alice", "adam" },
	{ "uk.example", "en United Kingdom", "GBR", "bob", "beth" },
	{ "us.example", "en United States", "USA", "carol", "carl" },
};

static const char until[] = "2029-12-31T00:00:00Z";

/* Small texts for command lines: valid until the story is over. */
struct kept_text {
	struct kept_text *next;
	char text[];
};
static struct kept_text *kept_texts;

__attribute__((format(printf, 1, 2))) static const char *
text(const char *fmt, ...)
{
	struct kept_text *kept;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	kept = n < 0 ? NULL : malloc(sizeof(*kept) + (size_t)n + 1);
	if (kept == NULL)
		return "";
	va_start(args, fmt);
	vsnprintf(kept->text, (size_t)n + 1, fmt, args);
	va_end(args);
	kept->next = kept_texts;
	kept_texts = kept;
	return kept->text;
}

static void
free_texts(void)
{
	for (struct kept_text *next; kept_texts != NULL; kept_texts = next) {
		next = kept_texts->next;
		free(kept_texts);
	}
}

static const char *
officer(const char *party, const char *name)
{
	return text("officers/%s/%s.key", party, name);
}

static const char *
office(const char *party)
{
	return text("profiles/office@%s", party);
}

/* ---- founding ---- */

static void
make_homes(struct demo *demo)
{
	demo_say(demo, "Each member makes its node's home, officers' keys and lines of the charter.",
	    "   Keys are made where they are used and never leave. Two officers of three\n   speak for a member. (The commands of au.example; the others do the same.)");
	for (size_t i = 0; i < MEMBERS; i++) {
		const struct member *m = &members[i];
		const char *lines = text("%s.member", m->party);
		const char *officers = text("officers/%s", m->party);

		if (!demo_bind(demo, m->party))
			return;
		const char *const init[] = { "node", "init", "--home", m->party, "--party", m->party, "--url", demo_node(demo, m->party)->url,
			"--sync-interval", "200ms", "--demonstration", NULL };
		const char *const draft[] = { "charter", "init", "--home", m->party, "--title", m->title, "--country", m->country,
			"--officers-dir", officers, "--quorum", "2", "-o", lines, "doe", "poe", "roe", NULL };

		if (i == 0 ? !demo_run(demo, 0, init) || !demo_run(demo, 0, draft) : !demo_quietly(demo, init) || !demo_quietly(demo, draft))
			return;
	}
}

static void
found(struct demo *demo)
{
	demo_say(demo, "They write one page of text, the genesis, and two officers of each sign it.",
	    "   Its hash is the charter's name. Nobody stands above it.");
	DEMO(demo, 0, "charter", "found", "--host", "aukus.example", "--title", "en Trilateral technology sharing (demonstration)", "--pillar",
	    "i closed", "--pillar", "ii open", "-o", "genesis", "au.example.member", "uk.example.member", "us.example.member");
	for (size_t i = 0; i < MEMBERS; i++)
		DEMO(demo, 0, "charter", "sign", "genesis", "--key", officer(members[i].party, "doe"), "--key", officer(members[i].party, "roe"));
	DEMO(demo, 0, "charter", "verify", "genesis");
}

/* The fingerprint, as `charter verify` printed it: the first 64 hexadecimal digits in a row. */
static const char *
fingerprint(const struct demo *demo)
{
	static const char digits[] = "0123456789abcdef";

	for (const char *at = demo->output; !demo->failed && *at != '\0'; at++) {
		size_t len = strspn(at, digits);

		if (len == 64)
			return text("%.64s", at);
	}
	return "";
}

static bool
mirror_ready(struct demo *demo, const void *party)
{
	struct entente_profile *profile = NULL;
	struct entente_error err = { 0 };
	bool ready;

	/* The API and not a printed command: waiting is no step of the story. */
	ready = entente_profile_open(&profile, text("%s/%s", demo->dir, office(party)), &err) == ENTENTE_OK &&
	    entente_profile_sync(profile, &err) == ENTENTE_OK;
	entente_profile_free(profile);
	return ready;
}

static void
start_nodes(struct demo *demo, const char *genesis)
{
	demo_say(demo, "Each operator installs the genesis, and the three nodes start.",
	    "   A node is five processes: parent, edge, judge, logger, keyholder.");
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *party = members[i].party;
		const char *const install[] = { "charter", "submit", "genesis", "--home", party, NULL };
		const char *const profile[] = { "profile", "create", office(party), "--node", demo->failed ? "" : demo_node(demo, party)->url,
			"--party", party, "--genesis", genesis, NULL };

		if (i == 0 ? !demo_run(demo, 0, install) : !demo_quietly(demo, install))
			return;
		if (!demo_start(demo, party) || !(i == 0 ? demo_run(demo, 0, profile) : demo_quietly(demo, profile)))
			return;
	}
	for (size_t i = 0; i < MEMBERS; i++)
		demo_wait(demo, "a node did not begin to serve; its node.log says why", mirror_ready, members[i].party);
}

static void
publish_keys(struct demo *demo)
{
	demo_say(demo, "Officers publish their node's keys in the member's own signed log.",
	    "   Files are encrypted to these keys and tokens verified with them; no web\n   certificate authority and no other node can slip in another key.");
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *p = members[i].party;
		const char *const key[] = { "charter", "key", "--home", p, "--key", officer(p, "doe"), "--key", officer(p, "roe"), "--profile",
			office(p), NULL };

		if (i == 0 ? !demo_run(demo, 0, key) : !demo_quietly(demo, key))
			return;
	}
}

/* ---- the project ---- */

struct seen {
	const char *party;
	const char *needle;
};

/* Does the member's node show this text in its charter? */
static bool
shows(struct demo *demo, const void *arg)
{
	const struct seen *seen = arg;
	struct entente_profile *profile = NULL;
	struct entente_error err = { 0 };
	char *shown = NULL;
	bool found_it;

	found_it = entente_profile_open(&profile, text("%s/%s", demo->dir, office(seen->party)), &err) == ENTENTE_OK &&
	    entente_charter_show(profile, 0, ENTENTE_WORDS, &shown, &err) == ENTENTE_OK && strstr(shown, seen->needle) != NULL;
	entente_free(shown);
	entente_profile_free(profile);
	return found_it;
}

static bool
may(struct demo *demo, const void *party)
{
	struct entente_profile *profile = NULL;
	struct entente_error err = { 0 };
	char *why = NULL;
	bool yes;

	yes = entente_profile_open(&profile, text("%s/%s", demo->dir, office(party)), &err) == ENTENTE_OK &&
	    entente_why(profile, party, "quantum", &(struct entente_question){ 0 }, ENTENTE_WORDS, &why, &err) == ENTENTE_OK;
	entente_free(why);
	entente_profile_free(profile);
	return yes;
}

/* Every member needs the keys of all: the issuer's key is published last, so where it is seen the others are. */
static void
wait_for_keys(struct demo *demo)
{
	for (size_t i = 0; i < MEMBERS; i++)
		for (size_t j = 0; j < MEMBERS && !demo->failed; j++)
			demo_wait(demo, "a member's keys did not reach another", shows,
			    &(struct seen){ members[i].party, text("of %s until", demo_node(demo, members[j].party)->url) });
}

static const char *
proposed_hash(const struct demo *demo)
{
	const char *at = strstr(demo->output, "proposed ");

	return demo->failed || at == NULL ? "" : text("%.16s", at + strlen("proposed "));
}

static void
propose(struct demo *demo)
{
	const char *hash;

	demo_say(demo, "au.example proposes a project; it does nothing until every member consents.",
	    "   The custody rule splits each file's key: no node can release it alone.");
	DEMO(demo, 0, "charter", "propose", "--project", "quantum", "--pillar", "ii", "--title", "en Quantum sensing research data",
	    "--participant", "au.example,uk.example,us.example", "--custody", "originator and 2 of au.example uk.example us.example", "--fresh",
	    "24h", "--unsealed-members", "--until", until, "--key", officer("au.example", "doe"), "--profile", office("au.example"));
	hash = proposed_hash(demo);
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *p = members[i].party;

		demo_wait(demo, "the proposal did not reach a member", shows, &(struct seen){ p, hash });
		DEMO(demo, 0, "charter", "consent", hash, "--key", officer(p, "doe"), "--key", officer(p, "poe"), "--profile", office(p));
		if (i != 1)
			continue;
		demo_wait(demo, "the first consent did not reach the second member", shows,
		    &(struct seen){ p, "consent of au.example: statement" });
		DEMO(demo, 3, "why", "uk.example", "quantum", "--profile", office("uk.example"));
	}
	for (size_t i = 0; i < MEMBERS; i++)
		demo_wait(demo, "the consents did not reach a member", may, members[i].party);
	DEMO(demo, 0, "why", "uk.example", "quantum", "--profile", office("uk.example"));
	DEMO(demo, 3, "why", "jp.example", "quantum", "--profile", office("au.example"));
}

/* ---- people and files ---- */

static void
add_person(struct demo *demo, const struct member *m, const char *name, const char *projects, const char *genesis, bool show)
{
	const char *secret = text("secrets/%s", name);
	const char *url = demo->failed ? "" : demo_node(demo, m->party)->url;
	const char *const cleared[] = { "node", "account", "add", name, "--home", m->party, "--nationality", m->country, "--secret-file", secret,
		projects != NULL ? "--projects" : NULL, projects, NULL };
	const char *const profile[] = { "profile", "create", text("profiles/%s", name), "--node", url, "--party", m->party, "--genesis", genesis,
		"--client-id", name, "--secret-file", secret, NULL };

	if (show ? demo_run(demo, 0, cleared) : demo_quietly(demo, cleared))
		(void)(show ? demo_run(demo, 0, profile) : demo_quietly(demo, profile));
}

static void
add_people(struct demo *demo, const char *genesis)
{
	demo_say(demo, "Each member clears its own people; here two each, one for the project.",
	    "   A member's word about its people and the charter's word about members must\n   both hold.");
	if (!demo->failed && mkdir(text("%s/secrets", demo->dir), 0700) != 0)
		demo->failed = true;
	for (size_t i = 0; i < MEMBERS; i++) {
		add_person(demo, &members[i], members[i].cleared, "quantum", genesis, i == 0);
		add_person(demo, &members[i], members[i].other, NULL, genesis, false);
	}
}

/* What the range read shows. */
static const char file_head[] = "ISO-10303-21; a drawing, made for this demonstration\n";

/* Bytes that do not compress and are the same every time (xorshift64). */
static bool
make_file(struct demo *demo)
{
	const char *path = text("%s/drawing.step", demo->dir);
	uint64_t *block = malloc(1 << 20);
	uint64_t x = 0x9e3779b97f4a7c15;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = block != NULL && fd >= 0;

	for (int mib = 0; ok && mib < FILE_MIB; mib++) {
		for (size_t i = 0; i < (1 << 20) / sizeof(*block); i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			block[i] = x;
		}
		if (mib == 0)
			memcpy(block, file_head, sizeof(file_head) - 1);
		errno = ENOSPC; /* what a short write means */
		ok = write(fd, block, 1 << 20) == 1 << 20;
	}
	if (fd >= 0)
		close(fd);
	free(block);
	if (!ok)
		fprintf(stderr, "entente: cannot write %d MiB to %s: %s\n", FILE_MIB, path, strerror(errno));
	demo->failed = demo->failed || !ok;
	return ok;
}

static bool
same_bytes(const char *a, const char *b)
{
	static unsigned char x[1 << 16], y[1 << 16];
	FILE *fa = fopen(a, "re"), *fb = fopen(b, "re");
	bool same = fa != NULL && fb != NULL;
	size_t n;

	while (same) {
		n = fread(x, 1, sizeof(x), fa);
		same = fread(y, 1, sizeof(y), fb) == n && memcmp(x, y, n) == 0;
		if (n == 0)
			break;
	}
	if (fa != NULL)
		fclose(fa);
	if (fb != NULL)
		fclose(fb);
	return same;
}

static void
open_as(struct demo *demo, const char *file, const char *sealed, const char *name)
{
	const char *output = text("opened-by-%s", name);

	DEMO(demo, 0, "decrypt", sealed, "-o", output, "--profile", text("profiles/%s", name));
	if (demo->failed)
		return;
	if (!same_bytes(file[0] == '/' ? file : text("%s/%s", demo->dir, file), text("%s/%s", demo->dir, output))) {
		fprintf(stderr, "entente: %s opened other bytes than were protected\n", name);
		demo->failed = true;
		return;
	}
	printf("     (byte for byte the file that was protected)\n");
	unlink(text("%s/%s", demo->dir, output));
}

static void
protect(struct demo *demo, const char *file, const char *sealed)
{
	demo_say(demo, "Alice protects a file once. It may travel by any channel.",
	    file[0] == '/' ? "" : "   (drawing.step: 256 MiB of generated bytes)");
	if (file[0] != '/' && !demo->failed && !make_file(demo))
		return;
	DEMO(demo, 0, "encrypt", file, "--project", "quantum", "-o", sealed, "--profile", "profiles/alice");
	DEMO(demo, 0, "inspect", sealed, "--profile", "profiles/alice");
}

static void
open_all(struct demo *demo, const char *file, const char *sealed)
{
	demo_say(demo, "Each member's cleared person opens it, asking the nodes for their shares.",
	    "   Every node decides for itself, logs, and only then releases its share.");
	for (size_t i = 0; i < MEMBERS; i++)
		open_as(demo, file, sealed, members[i].cleared);
	DEMO(demo, 0, "cat", "--range", "0-52", "--quiet", sealed, "--profile", "profiles/bob");
}

/* ---- those who may not ---- */

/* Somebody with a real node and a real issuer of his own, whom no epoch of the alliance names. */
static void
make_outsider(struct demo *demo, const char *genesis)
{
	const char *party = "mallory.example";
	const char *url;

	if (!demo_bind(demo, party))
		return;
	url = demo_node(demo, party)->url;
	DEMO_QUIETLY(demo, "node", "init", "--home", party, "--party", party, "--url", url, "--sync-interval", "200ms", "--demonstration");
	DEMO_QUIETLY(demo, "charter", "init", "--home", party, "--title", "en Mallory", "--country", "ZZZ", "--officers-dir",
	    text("officers/%s", party), "--quorum", "1", "-o", "mallory.member", "mallory");
	DEMO_QUIETLY(demo, "charter", "found", "--host", "aukus.example", "--title", "en Another charter of the same name", "--pillar", "ii open",
	    "-o", "mallory.genesis", "mallory.member");
	DEMO_QUIETLY(demo, "charter", "sign", "mallory.genesis", "--key", officer(party, "mallory"));
	DEMO_QUIETLY(demo, "charter", "submit", "mallory.genesis", "--home", party);
	DEMO_QUIETLY(demo, "node", "account", "add", "mallory", "--home", party, "--projects", "quantum", "--nationality", "AUS",
	    "--secret-file", "secrets/mallory");
	DEMO_QUIETLY(demo, "profile", "create", "profiles/mallory", "--node", demo->failed ? "" : demo_node(demo, "au.example")->url, "--party",
	    "au.example", "--genesis", genesis, "--client-id", "mallory", "--secret-file", "secrets/mallory", "--issuer", url);
	DEMO_QUIETLY(demo, "charter", "verify", "mallory.genesis");
	DEMO_QUIETLY(demo, "profile", "create", office(party), "--node", url, "--party", party, "--genesis", fingerprint(demo));
	demo_start(demo, party);
	demo_wait(demo, "the outsider's node did not begin to serve", mirror_ready, party);
}

static void
refuse(struct demo *demo, const char *sealed, const char *genesis)
{
	demo_say(demo, "A person whom her member has not cleared is refused, and told why.", "");
	DEMO(demo, 3, "decrypt", sealed, "-o", "stolen", "--profile", "profiles/beth");
	demo_say(demo, "An outsider with a valid token of an issuer that no member named is refused.",
	    "   He runs the same software, with a charter of the same host name.");
	make_outsider(demo, genesis);
	DEMO(demo, 3, "decrypt", sealed, "-o", "stolen", "--profile", "profiles/mallory");
	if (!demo->failed && access(text("%s/stolen", demo->dir), F_OK) == 0) {
		fprintf(stderr, "entente: a refused decryption left a file\n");
		demo->failed = true;
	}
}

static void
audit(struct demo *demo)
{
	demo_say(demo, "Every node's access log is recomputed; refusals are entries too.",
	    "   Change one byte of it and the entry is named.");
	for (size_t i = 0; i < MEMBERS; i++)
		DEMO(demo, 0, "audit", "verify", "--home", members[i].party);
	DEMO(demo, 0, "audit", "tail", "-n", "4", "--home", "uk.example");
}

/* What is where, for programs: demo.json. Every value is one of ours and needs no escape. */
static bool
describe(const struct demo *demo, const char *genesis)
{
	FILE *out = fopen(text("%s/demo.json", demo->dir), "we");

	if (out == NULL)
		return false;
	fprintf(out, "{\"charter\":\"%s\",\"host\":\"aukus.example\",\"project\":\"quantum\",\n \"nodes\":[", genesis);
	for (size_t i = 0; i < demo->node_count; i++)
		fprintf(out, "%s\n  {\"party\":\"%s\",\"url\":\"%s\",\"home\":\"%s\"}", i ? "," : "", demo->nodes[i].party, demo->nodes[i].url,
		    demo->nodes[i].party);
	fprintf(out, "],\n \"accounts\":[");
	for (size_t i = 0; i < 2 * MEMBERS; i++) {
		const struct member *m = &members[i / 2];
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
	for (size_t i = 0; i < MEMBERS; i++)
		printf("   %-16s %s, %s\n", members[i].party, members[i].cleared, members[i].other);
	printf("\nTokens are at <node>/token; all of this for programs is in demo.json.\n");
	fflush(stdout);
	/* Not pause(2): a signal between the question and the call would be waited for once more. */
	while (!demo_interrupted())
		usleep(100000);
}

static void
story(struct demo *demo, const char *file, const char *sealed)
{
	const char *genesis;

	make_homes(demo);
	found(demo);
	genesis = fingerprint(demo);
	start_nodes(demo, genesis);
	publish_keys(demo);
	wait_for_keys(demo);
	propose(demo);
	add_people(demo, genesis);
	protect(demo, file, sealed);
	open_all(demo, file, sealed);
	refuse(demo, sealed, genesis);
	audit(demo);
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
		printf("\nDone in %.1f s: founded, protected, opened, refused, verified.\n",
		    (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	if (call->given[OPT_SERVE] && !demo.failed)
		serve(&demo);
	failed = demo.failed || (demo_interrupted() && !call->given[OPT_SERVE]);
	demo_close(&demo);
	free_texts();
	return failed ? ENTENTE_FAILED : 0;
}
