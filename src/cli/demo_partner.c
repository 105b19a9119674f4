/* The demonstration's second half: a partner is proposed, admitted, kept to what was agreed, stopped, resumed, and lapses. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/demo.h"

#define JP "jp.example"

enum { LAPSE_S = 6, DAY_S = 86400 };

/* ---- the partner's own house ---- */

static void
make_house(struct demo *demo, const char *genesis)
{
	const char *url;

	demo_say(demo, "Japan asks to join one project. It makes its own node, officers and accounts.",
	    "   A partner's node keeps its statements and gives its people tokens; it holds\n   no shares.");
	if (!demo_bind(demo, JP))
		return;
	url = demo_node(demo, JP)->url;
	DEMO(demo, 0, "node", "init", "--home", JP, "--party", JP, "--role", "issuer", "--url", url, "--sync-interval", "200ms", "--demonstration");
	DEMO_QUIETLY(demo, "charter", "init", "--home", JP, "--title", "en Japan", "--country", "JPN", "--officers-dir",
	    demo_text("officers/%s", JP), "--quorum", "2", "-o", JP ".party", "abe", "ito", "ono");
	DEMO_QUIETLY(demo, "charter", "submit", "genesis", "--home", JP);
	demo_start(demo, JP);
	DEMO_QUIETLY(demo, "profile", "create", demo_office(JP), "--node", url, "--party", JP, "--genesis", genesis);
	demo_wait(demo, "the partner's node did not begin to serve; its node.log says why", demo_mirror_ready, JP);
	demo_add_person(demo, JP, "JPN", "hana", "quantum,acoustics", genesis, false);
}

/* ---- party, admission, consents ---- */

static const char *
propose_party(struct demo *demo)
{
	demo_say(demo, "au.example proposes the party, and its admission to one project.",
	    "   Whether a newcomer gets the old files stands in the text that all sign.");
	DEMO(demo, 0, "charter", "propose", "party", JP ".party", "--key", demo_officer("au.example", "doe"), "--profile",
	    demo_office("au.example"));
	return demo_hash_after(demo, "proposed ");
}

static const char *
propose_admission(struct demo *demo, const char *project, const char *files, const char *requires, bool show)
{
	const char *const propose[] = { "charter", "propose", "admit", "--party", JP, "--project", project, "--role", "reader", "--files", files,
		"--until", demo_until, "--requires", requires, "--key", demo_officer("au.example", "doe"), "--profile",
		demo_office("au.example"), NULL };

	(void)(show ? demo_run(demo, 0, propose) : demo_quietly(demo, propose));
	return demo_hash_after(demo, "proposed ");
}

/* Two have consented: what the third member's silence means, and its word on record. */
static void
before_the_third(struct demo *demo, size_t next)
{
	if (next != 2)
		return;
	DEMO(demo, 0, "charter", "note", "en Consulting the national authority; consent to follow.", "--key",
	    demo_officer("us.example", "doe"), "--profile", demo_office("us.example"));
	demo_wait(demo, "two members' consents did not reach the third", demo_shows,
	    &(struct demo_seen){ "us.example", "yet to consent: us.example" });
	DEMO(demo, 3, "why", JP, "quantum", "--profile", demo_office("us.example"));
}

static void
accredit(struct demo *demo, const char *party, const char *profile, const char *until, bool show)
{
	const char *const words[] = { "charter", "accredit", JP, profile, "--until", until, "--key", demo_officer(party, "doe"), "--key",
		demo_officer(party, "poe"), "--profile", demo_office(party), NULL };

	if (show)
		(void)demo_run(demo, 0, words);
	else if (demo_quietly(demo, words))
		printf("     (%s accredits it for %s)\n", party, profile);
}

static void
publish_tokens_key(struct demo *demo)
{
	DEMO_QUIETLY(demo, "charter", "key", "--home", JP, "--key", demo_officer(JP, "abe"), "--key", demo_officer(JP, "ito"), "--profile",
	    demo_office(JP));
}

static void
admit(struct demo *demo)
{
	const char *party = propose_party(demo);
	const char *admission;
	const char *year = demo_time(time(NULL) + (time_t)300 * DAY_S);

	demo_wait(demo, "the party proposal did not reach a member", demo_shows, &(struct demo_seen){ "au.example", party });
	admission = propose_admission(demo, "quantum", "all", "posture-2 from all", true);
	demo_consent_all(demo, party, 0, NULL);
	demo_consent_all(demo, admission, 1, before_the_third);
	demo_say(demo, "Each member by itself accredits the newcomer's cyber security, with an end.", "");
	for (size_t i = 0; i < DEMO_MEMBERS; i++)
		accredit(demo, demo_members[i].party, "posture-2", year, i == 0);
	publish_tokens_key(demo);
	demo_wait_all(demo, "the admission did not reach a member", JP, "quantum", false);
	DEMO(demo, 0, "why", JP, "quantum", "--profile", demo_office("au.example"));
}

/* ---- what is open, and what stays closed ---- */

static void
side_steps(struct demo *demo)
{
	const char *tomorrow = demo_time((time(NULL) / DAY_S + 1) * DAY_S);
	const char *year = demo_time(time(NULL) + (time_t)300 * DAY_S);
	FILE *out = demo->failed ? NULL : fopen(demo_text("%s/minutes.txt", demo->dir), "we");

	demo_say(demo, "Two side steps stay closed.",
	    "   A file released to three countries only, and an older file of a project\n   whose admission says `files since`.");
	if (out != NULL)
		fprintf(out, "Minutes of a meeting, made for this demonstration.\n");
	demo->failed = demo->failed || out == NULL || fclose(out) != 0;
	demo_consent_all(demo, demo_propose_project(demo, "acoustics", "en Underwater acoustics", false), 0, NULL);
	demo_wait_all(demo, "the second project did not reach a member", "au.example", "acoustics", false);
	DEMO(demo, 0, "encrypt", "minutes.txt", "--project", "quantum", "--rel", "AUS,GBR,USA", "-o", "minutes-rel.tdf", "--profile",
	    "profiles/alice");
	DEMO(demo, 0, "encrypt", "minutes.txt", "--project", "acoustics", "-o", "minutes-old.tdf", "--profile", "profiles/alice");
	demo_consent_all(demo, propose_admission(demo, "acoustics", tomorrow, "posture-3 from all", false), 0, NULL);
	for (size_t i = 0; i < 2; i++)
		accredit(demo, demo_members[i].party, "posture-3", year, false);
	DEMO(demo, 3, "decrypt", "minutes-rel.tdf", "-o", "stolen", "--profile", "profiles/hana");
	DEMO(demo, 3, "decrypt", "minutes-old.tdf", "-o", "stolen", "--profile", "profiles/hana");
}

/* ---- stop, cure, lapse ---- */

static void
stop_and_resume(struct demo *demo, const char *sealed)
{
	const char *stop;

	demo_say(demo, "One officer of one member stops the partner. That takes nobody's leave.", "");
	DEMO(demo, 0, "charter", "stop", "partner", JP, "--reason", "en Incident 12, under investigation", "--key",
	    demo_officer("uk.example", "roe"), "--profile", demo_office("uk.example"));
	stop = demo_hash_after(demo, "stop ");
	demo_wait_all(demo, "the stop did not reach a member", JP, "quantum", true);
	DEMO(demo, 3, "decrypt", sealed, "-o", "stolen", "--profile", "profiles/hana");
	DEMO(demo, 3, "why", JP, "quantum", "--profile", demo_office("au.example"));
	demo_say(demo, "What the answer names as the cure: the officers of uk.example resume.", "   Two of them, and only they: nobody else can lift their stop.");
	DEMO(demo, 0, "charter", "resume", stop, "--key", demo_officer("uk.example", "doe"), "--key", demo_officer("uk.example", "poe"),
	    "--profile", demo_office("uk.example"));
	demo_wait_all(demo, "the resumption did not reach a member", JP, "quantum", false);
	DEMO(demo, 0, "cat", "--range", "0-52", "--quiet", sealed, "--profile", "profiles/hana");
}

static void
lapse(struct demo *demo)
{
	demo_say(demo, "An accreditation with a near end: nobody has to remember to take it back.", "");
	accredit(demo, "us.example", "posture-3", demo_time(time(NULL) + LAPSE_S), true);
	demo_wait(demo, "the accreditation did not reach au.example", demo_may,
	    &(struct demo_asked){ "au.example", JP, "acoustics", false });
	DEMO(demo, 0, "why", JP, "acoustics", "--profile", demo_office("au.example"));
	demo_wait(demo, "the accreditation did not end", demo_may, &(struct demo_asked){ "au.example", JP, "acoustics", true });
	DEMO(demo, 3, "why", JP, "acoustics", "--profile", demo_office("au.example"));
}

void
demo_partner(struct demo *demo, const char *file, const char *sealed, const char *genesis)
{
	make_house(demo, genesis);
	admit(demo);
	demo_say(demo, "Hana, of the newcomer, opens the very file that was protected before.",
	    "   Nothing was encrypted again; the nodes now decide otherwise.");
	demo_open_as(demo, file, sealed, "hana");
	side_steps(demo);
	stop_and_resume(demo, sealed);
	lapse(demo);
}
