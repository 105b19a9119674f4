/* The demonstration's first half: three members found a charter, start their nodes and agree on a project. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/demo.h"

/* ---- founding ---- */

static void
make_homes(struct demo *demo)
{
	demo_say(demo, "Each member makes its node's home, officers' keys and lines of the charter.",
	    "   Keys are made where they are used and never leave. Two officers of three\n   speak for a member. (The commands of au.example; the others do the same.)");
	for (size_t i = 0; i < DEMO_MEMBERS; i++) {
		const struct demo_member *m = &demo_members[i];
		const char *lines = demo_text("%s.member", m->party);
		const char *officers = demo_text("officers/%s", m->party);

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
	for (size_t i = 0; i < DEMO_MEMBERS; i++) {
		const char *p = demo_members[i].party;
		const char *const sign[] = { "charter", "sign", "genesis", "--key", demo_officer(p, "doe"), "--key", demo_officer(p, "roe"), NULL };

		if (i == 0)
			(void)demo_run(demo, 0, sign);
		else if (demo_quietly(demo, sign))
			printf("     (%s signs likewise)\n", p);
	}
	DEMO(demo, 0, "charter", "verify", "genesis");
}

bool
demo_mirror_ready(struct demo *demo, const void *party)
{
	struct entente_profile *profile = NULL;
	struct entente_error err = { 0 };
	bool ready;

	/* The API and not a printed command: waiting is no step of the story. */
	ready = entente_profile_open(&profile, demo_text("%s/%s", demo->dir, demo_office(party)), &err) == ENTENTE_OK &&
	    entente_profile_sync(profile, &err) == ENTENTE_OK;
	entente_profile_free(profile);
	return ready;
}

static void
start_nodes(struct demo *demo, const char *genesis)
{
	demo_say(demo, "Each operator installs the genesis, and the three nodes start.",
	    "   A node is five processes: parent, edge, judge, logger, keyholder.");
	for (size_t i = 0; i < DEMO_MEMBERS; i++) {
		const char *party = demo_members[i].party;
		const char *const install[] = { "charter", "submit", "genesis", "--home", party, NULL };
		const char *const profile[] = { "profile", "create", demo_office(party), "--node", demo->failed ? "" : demo_node(demo, party)->url,
			"--party", party, "--genesis", genesis, NULL };

		if (i == 0 ? !demo_run(demo, 0, install) : !demo_quietly(demo, install))
			return;
		if (!demo_start(demo, party) || !(i == 0 ? demo_run(demo, 0, profile) : demo_quietly(demo, profile)))
			return;
	}
	for (size_t i = 0; i < DEMO_MEMBERS; i++)
		demo_wait(demo, "a node did not begin to serve; its node.log says why", demo_mirror_ready, demo_members[i].party);
}

static void
publish_keys(struct demo *demo)
{
	demo_say(demo, "Officers publish their node's keys in the member's own signed log.",
	    "   Files are encrypted to these keys and tokens verified with them; no web\n   certificate authority and no other node can slip in another key.");
	for (size_t i = 0; i < DEMO_MEMBERS; i++) {
		const char *p = demo_members[i].party;
		const char *const key[] = { "charter", "key", "--home", p, "--key", demo_officer(p, "doe"), "--key", demo_officer(p, "roe"), "--profile",
			demo_office(p), NULL };

		if (i == 0 ? !demo_run(demo, 0, key) : !demo_quietly(demo, key))
			return;
	}
}

/* ---- the project ---- */

/* Does the member's node show this text in its charter? */
bool
demo_shows(struct demo *demo, const void *arg)
{
	const struct demo_seen *seen = arg;
	struct entente_profile *profile = NULL;
	struct entente_error err = { 0 };
	char *shown = NULL;
	bool found_it;

	found_it = entente_profile_open(&profile, demo_text("%s/%s", demo->dir, demo_office(seen->party)), &err) == ENTENTE_OK &&
	    entente_charter_show(profile, 0, ENTENTE_WORDS, &shown, &err) == ENTENTE_OK && strstr(shown, seen->needle) != NULL;
	entente_free(shown);
	entente_profile_free(profile);
	return found_it;
}

bool
demo_may(struct demo *demo, const void *arg)
{
	const struct demo_asked *asked = arg;
	struct entente_profile *profile = NULL;
	struct entente_error err = { 0 };
	char *why = NULL;
	enum entente_status status = ENTENTE_FAILED;

	if (entente_profile_open(&profile, demo_text("%s/%s", demo->dir, demo_office(asked->at)), &err) == ENTENTE_OK)
		status = entente_why(profile, asked->party, asked->project, &(struct entente_question){ 0 }, ENTENTE_WORDS, &why, &err);
	entente_free(why);
	entente_profile_free(profile);
	return status == (asked->no ? ENTENTE_DENIED : ENTENTE_OK);
}

bool
demo_wait_all(struct demo *demo, const char *what, const char *party, const char *project, bool no)
{
	for (size_t i = 0; i < DEMO_MEMBERS && !demo->failed; i++)
		demo_wait(demo, what, demo_may, &(struct demo_asked){ demo_members[i].party, party, project, no });
	return !demo->failed;
}

/* Every member needs the keys of all: the issuer's key is published last, so where it is seen the others are. */
static void
wait_for_keys(struct demo *demo)
{
	for (size_t i = 0; i < DEMO_MEMBERS; i++)
		for (size_t j = 0; j < DEMO_MEMBERS && !demo->failed; j++)
			demo_wait(demo, "a member's keys did not reach another", demo_shows,
			    &(struct demo_seen){ demo_members[i].party, demo_text("(%.2s 6)", demo_members[j].party) });
}

/* ---- what needs everybody ---- */

void
demo_consent_all(struct demo *demo, const char *hash, size_t shown, void (*between)(struct demo *demo, size_t next))
{
	for (size_t i = 0; i < DEMO_MEMBERS && !demo->failed; i++) {
		const char *p = demo_members[i].party;
		const char *const consent[] = { "charter", "consent", hash, "--key", demo_officer(p, "doe"), "--key", demo_officer(p, "poe"),
			"--profile", demo_office(p), NULL };

		if (between != NULL)
			between(demo, i);
		demo_wait(demo, "the proposal did not reach a member", demo_shows, &(struct demo_seen){ p, hash });
		if (i < shown)
			(void)demo_run(demo, 0, consent);
		else if (demo_quietly(demo, consent))
			printf("     (%s consents to %.8s%s)\n", p, hash, shown > 0 ? " likewise" : "");
	}
}

static void
before_the_third(struct demo *demo, size_t next)
{
	if (next != 2)
		return;
	demo_wait(demo, "two members' consents did not reach the second", demo_shows,
	    &(struct demo_seen){ "uk.example", "yet to consent: us.example" });
	DEMO(demo, 3, "why", "uk.example", "quantum", "--profile", demo_office("uk.example"));
}

const char *
demo_propose_project(struct demo *demo, const char *name, const char *title, bool show)
{
	const char *const propose[] = { "charter", "propose", "--project", name, "--pillar", "ii", "--title", title, "--participant",
		"au.example,uk.example,us.example", "--custody", "originator and 2 of au.example uk.example us.example", "--fresh", "24h",
		"--unsealed-members", "--until", demo_until, "--key", demo_officer("au.example", "doe"), "--profile", demo_office("au.example"), NULL };

	(void)(show ? demo_run(demo, 0, propose) : demo_quietly(demo, propose));
	return demo_hash_after(demo, "proposed ");
}

static void
propose(struct demo *demo)
{
	const char *hash;

	demo_say(demo, "au.example proposes a project; it does nothing until every member consents.",
	    "   The custody rule splits each file's key: no node can release it alone.");
	hash = demo_propose_project(demo, "quantum", "en Quantum sensing research data", true);
	demo_consent_all(demo, hash, 1, before_the_third);
	if (!demo_wait_all(demo, "the consents did not reach a member", "uk.example", "quantum", false))
		return;
	DEMO(demo, 0, "why", "uk.example", "quantum", "--profile", demo_office("uk.example"));
	DEMO(demo, 3, "why", "jp.example", "quantum", "--profile", demo_office("au.example"));
}

const char *
demo_found(struct demo *demo)
{
	const char *genesis;

	make_homes(demo);
	found(demo);
	genesis = demo_fingerprint(demo);
	start_nodes(demo, genesis);
	publish_keys(demo);
	wait_for_keys(demo);
	propose(demo);
	return genesis;
}
