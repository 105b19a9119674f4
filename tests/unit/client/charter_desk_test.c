/* Officers' commands on a machine without a network: every text that they make is one that a node takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "client/charter_propose.h"

static char dir[] = "/tmp/entente-desk-XXXXXX";
static struct entente_profile *profile; /* au.example's officers */
static struct ent_hash project, party, admission;

static const char *
in_dir(const char *name)
{
	static char paths[1024][128]; /* none is used again while it is needed */
	static unsigned next;
	char *path = paths[next++ % ENT_COUNT(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

#define DOE (in_dir("au.example.officers/doe.key"))
#define ROE (in_dir("au.example.officers/roe.key"))

static void
done(enum entente_status status, const struct entente_error *err)
{
	if (status != ENTENTE_OK)
		fail_msg("%s", err->text);
}

/* A home and officers: a member's, or a partner's. */
static void
make_house(const char *name, const char *country, const char *role)
{
	static const char *const officers[] = { "doe", "roe" };
	char home[256], keys[256], lines[256], title[64];
	struct entente_error err = { 0 };
	struct entente_node_init node = { .home = home, .party = name, .url = NULL, .role = role, .demonstration = 1 };
	struct entente_charter_init init = { .home = home, .title = title, .country = country, .officers_dir = keys,
		.officers = { officers, 2 }, .quorum = 2, .output = lines };
	char url[64];

	snprintf(home, sizeof(home), "%s/%s", dir, name);
	snprintf(keys, sizeof(keys), "%s/%s.officers", dir, name);
	snprintf(lines, sizeof(lines), "%s/%s.lines", dir, name);
	snprintf(title, sizeof(title), "en %s", name);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", 10000 + name[0] * 256 + name[1]);
	node.url = url;
	done(entente_node_init(&node, &err), &err);
	done(entente_charter_init(&init, &err), &err);
}

static void
make_charter(char hex[ENT_HASH_HEX_SIZE])
{
	const char *const members[] = { strdup(in_dir("au.example.lines")), strdup(in_dir("uk.example.lines")) };
	static const char *const pillars[] = { "i closed", "ii open" };
	char genesis[256], keys[4][256];
	const char *const paths[] = { keys[0], keys[1], keys[2], keys[3] };
	struct entente_charter_found found = { .host = "test.example", .title = "en Test", .members = { members, 2 }, .pillars = { pillars, 2 },
		.output = genesis };
	struct entente_error err = { 0 };
	char *report = NULL;

	snprintf(genesis, sizeof(genesis), "%s/genesis", dir);
	for (int i = 0; i < 4; i++)
		snprintf(keys[i], sizeof(keys[i]), "%s/%s.officers/%s.key", dir, i < 2 ? "au.example" : "uk.example", i % 2 ? "roe" : "doe");
	done(entente_charter_found(&found, &err), &err);
	done(entente_charter_sign(NULL, genesis, (struct entente_list){ paths, 4 }, ENTENTE_WORDS, &report, &err), &err);
	assert_non_null(strstr(report, "epoch 1 of test.example"));
	assert_non_null(strstr(report, "au.example: 2 of 2 signatures"));
	assert_memory_equal(report, "signed ", 7);
	memcpy(hex, report + 7, 64);
	hex[64] = '\0';
	free(report);
	free((char *)(uintptr_t)members[0]);
	free((char *)(uintptr_t)members[1]);
}

/* What a sync would have brought. */
static void
fill_cache(const char *home)
{
	char charter[512], peers[512], state[512];
	struct ent_mirror_place place = { .charter_dir = charter, .peers_dir = peers, .state_dir = state };
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_LONG_MAX);
	struct ent_error err = { 0 };

	snprintf(charter, sizeof(charter), "%s/cache/charter", home);
	snprintf(peers, sizeof(peers), "%s/cache/peers", home);
	snprintf(state, sizeof(state), "%s/cache/state", home);
	assert_int_equal(ent_file_read(&note, in_dir("genesis"), ENT_NOTE_LONG_MAX, &err), ENT_OK);
	assert_int_equal(ent_mirror_install(&place, ent_buf_view(&note), &err), ENT_OK);
}

static void
make_profile(const char *hex)
{
	char home[256];
	struct entente_profile_new new = { .dir = home, .node = "http://127.0.0.1:1", .party = "au.example", .genesis = hex };
	struct entente_error err = { 0 };

	snprintf(home, sizeof(home), "%s/profile", dir);
	done(entente_profile_create(&new, &err), &err);
	fill_cache(home);
	done(entente_profile_open(&profile, home, &err), &err);
}

/* ---- proposals ---- */

/* The text for these options: what the command would sign and hand over. It is kept in the profile's copy, as if it had gone round. */
static enum ent_status
proposed(const struct entente_charter_propose *p, struct ent_hash *hash, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_desk) desk = { 0 };
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(1 << 16);
	const char *doe = DOE;
	struct ent_doc doc;

	ENT_TRY(ent_desk_open(&desk, profile, (struct entente_list){ &doe, 1 }, 1, err));
	ENT_TRY(ent_propose_text(&desk, p, &doc, err));
	ENT_TRY(ent_propose_effect(&words, desk.epoch, &doc, err));
	ENT_TRY(ent_mirror_keep_proposal(profile->mirror, doc.text, err));
	*hash = doc.hash;
	return ENT_OK;
}

static void
propose(const struct entente_charter_propose *p, struct ent_hash *hash)
{
	struct ent_error err = { 0 };

	if (proposed(p, hash, &err) != ENT_OK)
		fail_msg("%s", err.text);
}

static void
proposing_is_refused(const struct entente_charter_propose *p, const char *why)
{
	struct ent_error err = { 0 };
	struct ent_hash hash;

	assert_int_not_equal(proposed(p, &hash, &err), ENT_OK);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" is not said in: %s", why, err.text);
}

static const char *const two[] = { "uk.example", "au.example" };
#define PROJECT                                                                                                        \
	.kind = ENTENTE_PROPOSE_PROJECT, .project = "quantum", .title = "en Q", .participants = { two, 2 },   \
	.custody = "all of au.example uk.example", .until = "2037-12-31T00:00:00Z"
#define ADMIT                                                                                                          \
	.kind = ENTENTE_PROPOSE_ADMIT, .party = "jp.example", .project = "quantum",                                           \
	.until = "2037-12-31T00:00:00Z"

static void
every_kind_of_proposal_is_one_that_the_charter_takes(void **state)
{
	static const char *const requires[] = { "posture-2 from all", "posture-1 from 2 for all" };
	const char *lines = in_dir("jp.example.lines");
	const struct ent_doc *doc;

	(void)state;
	propose(&(struct entente_charter_propose){ PROJECT, .pillar = "ii", .requires = { requires, 2 } }, &project);
	propose(&(struct entente_charter_propose){ .kind = ENTENTE_PROPOSE_PARTY, .party_file = lines, .reason = "en Work." }, &party);
	propose(&(struct entente_charter_propose){ ADMIT, .role = "reader", .files = "all", .requires = { requires, 1 } }, &admission);
	doc = ent_charter_proposal(ent_mirror_charter(profile->mirror), &project);
	assert_int_equal(doc->proposal.requires_count, 2);
	assert_true(ent_view_eq_str(doc->proposal.requires[0].profile, "posture-1") && doc->proposal.requires[0].for_all);
	doc = ent_charter_proposal(ent_mirror_charter(profile->mirror), &admission);
	assert_true(ent_hash_eq(&doc->proposal.admit_party_proposal, &party));
}

/* Whether a new partner gets the old files is never a default. */
static void
what_could_never_be_in_force_is_refused_before_anybody_signs(void **state)
{
	static const char *const bad[] = { "posture-2 all" };
	static const char *const none[] = { "posture-2 from 0" };
	char hex[ENT_HASH_HEX_SIZE];
	struct ent_hash reactor;

	(void)state;
	proposing_is_refused(&(struct entente_charter_propose){ ADMIT, .role = "reader" }, "there is no default");
	proposing_is_refused(&(struct entente_charter_propose){ ADMIT, .role = "reader", .files = "since" }, "--files since is no time");
	proposing_is_refused(&(struct entente_charter_propose){ ADMIT, .files = "all", .role = "writer" }, "--role is reader");
	proposing_is_refused(&(struct entente_charter_propose){ ADMIT, .files = "all", .role = "contributor" }, "--sponsor");
	proposing_is_refused(&(struct entente_charter_propose){ ADMIT, .role = "reader", .files = "all", .requires = { bad, 1 } }, "--requires \"posture-2 all\"");
	proposing_is_refused(&(struct entente_charter_propose){ ADMIT, .role = "reader", .files = "all", .requires = { none, 1 } }, "--requires");
	proposing_is_refused(&(struct entente_charter_propose){ PROJECT, .pillar = "ii", .replaces = "00000000" }, "no proposal 00000000 is known here");
	ent_hash_hex(hex, &party);
	proposing_is_refused(&(struct entente_charter_propose){ PROJECT, .pillar = "ii", .replaces = hex }, "another kind or name");
	proposing_is_refused(&(struct entente_charter_propose){ .kind = ENTENTE_PROPOSE_PROFILE, .profile_name = "posture-2", .title = "en P",
		.evidence_file = DOE }, "no `rule profile`");
	proposing_is_refused(&(struct entente_charter_propose){ PROJECT, .pillar = "iii" }, "no pillar iii");
	propose(&(struct entente_charter_propose){ .kind = ENTENTE_PROPOSE_PROJECT, .project = "reactor", .pillar = "i", .title = "en R",
		.participants = { two, 2 }, .custody = "all of au.example uk.example", .until = "2037-12-31T00:00:00Z" }, &reactor);
	proposing_is_refused(&(struct entente_charter_propose){ .kind = ENTENTE_PROPOSE_ADMIT, .party = "jp.example", .project = "reactor",
		.role = "reader", .files = "all", .until = "2037-12-31T00:00:00Z" }, "pillar i, which is closed"); /* C-59 */
}

static void
a_party_has_no_lines_of_a_members_node(void **state)
{
	ENT_AUTO_FINI(ent_buf) lines = ent_buf_with_max(1 << 16);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 16);
	const struct ent_hash charter = { { 1 } };
	struct ent_error err = { 0 };
	const char *said;

	(void)state;
	assert_int_equal(ent_file_read(&lines, in_dir("uk.example.lines"), 1 << 16, &err), ENT_OK);
	assert_int_equal(ent_propose_party_text(&text, &charter, ent_buf_view(&lines), NULL, &err), ENT_OK);
	assert_int_equal(ent_buf_cstr(&text, &said, &err), ENT_OK);
	assert_non_null(strstr(said, "\nparty uk.example\n"));
	assert_non_null(strstr(said, "\nlog uk.example/statements+"));
	assert_null(strstr(said, "access"));
	assert_null(strstr(said, "witness"));
	assert_int_equal(ent_propose_party_text(&text, &charter, ENT_LIT("party a\nreason en Trust me.\n"), NULL, &err), ENT_E_INPUT);
	assert_non_null(strstr(err.text, "line 2"));
	ent_error_clear(&err);
	assert_int_equal(ent_propose_party_text(&text, &charter, ENT_LIT("title en A\n"), NULL, &err), ENT_E_INPUT);
}

/* ---- statements ---- */

typedef enum entente_status (*make_fn)(struct entente_profile *, const struct entente_statement *, enum entente_format, char **,
    struct entente_error *);

/* Made offline, the note stands in a file; a node would take it. */
static void
makes_what_a_node_takes(make_fn make, struct entente_statement statement, const char *words)
{
	const char *const keys[] = { DOE, ROE };
	const char *path = in_dir("statement.note");
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct entente_error said = { 0 };
	struct ent_error err = { 0 };
	char *report = NULL;

	unlink(path);
	statement.offline = 1;
	statement.output = path;
	statement.keys = (struct entente_list){ keys, 2 };
	done(make(profile, &statement, ENTENTE_WORDS, &report, &said), &said);
	if (strstr(report, words) == NULL || strstr(report, "entente charter submit ") == NULL)
		fail_msg("\"%s\" is not said in: %s", words, report);
	free(report);
	assert_int_equal(ent_file_read(&note, path, ENT_NOTE_MAX, &err), ENT_OK);
	if (ent_charter_admissible(ent_mirror_charter(profile->mirror), ENT_LIT("au.example"), ent_buf_view(&note), ent_clock_now(NULL), &err) !=
	    ENT_OK)
		fail_msg("%s: %s", words, err.text);
}

static void
is_refused(make_fn make, struct entente_statement statement, enum entente_status want, const char *why)
{
	const char *doe = DOE;
	struct entente_error err = { 0 };
	char *report = NULL;

	statement.offline = 1;
	statement.output = in_dir("refused.note");
	if (statement.keys.count == 0)
		statement.keys = (struct entente_list){ &doe, 1 };
	if (make(profile, &statement, ENTENTE_WORDS, &report, &err) == ENTENTE_OK)
		fail_msg("not refused: %s", why);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" is not said in: %s", why, err.text);
	assert_int_equal(err.status, want);
	assert_null(report);
	assert_int_not_equal(access(in_dir("refused.note"), F_OK), 0);
}

#define S (struct entente_statement)

/* Every statement that the commands make, with enough keys: submitted, it would be entered (C-9, C-60, C-69, C-70). */
static void
every_statement_is_one_that_a_node_takes(void **state)
{
	char hex[ENT_HASH_HEX_SIZE], zeros[65];

	(void)state;
	memset(zeros, '0', 64);
	zeros[64] = '\0';
	ent_hash_hex(hex, &project);
	makes_what_a_node_takes(entente_charter_note, S{ .what = "en We should consult." }, "text (en): \"We should consult.\"");
	makes_what_a_node_takes(entente_charter_note, S{ .what = hex }, "announces project quantum");
	makes_what_a_node_takes(entente_charter_consent, S{ .what = hex }, "consents to project quantum");
	makes_what_a_node_takes(entente_charter_consent, S{ .what = hex, .until = "2030-01-01T00:00:00Z" }, "until 2030-01-01T00:00:00Z");
	ent_hash_hex(hex, &party);
	makes_what_a_node_takes(entente_charter_consent, S{ .what = hex }, "consents to party jp.example");
	ent_hash_hex(hex, &admission);
	hex[8] = '\0';
	makes_what_a_node_takes(entente_charter_consent, S{ .what = hex, .reason = "en Yes." }, "admission of jp.example to quantum");
	makes_what_a_node_takes(entente_charter_stop, S{ .what = "partner", .target = "jp.example" }, "stops jp.example in every");
	makes_what_a_node_takes(entente_charter_stop, S{ .what = "partner", .target = "jp.example", .project = "quantum" }, "in project quantum");
	makes_what_a_node_takes(entente_charter_stop, S{ .what = "project", .target = "quantum", .reason = "en Incident." }, "\"Incident.\"");
	makes_what_a_node_takes(entente_charter_stop, S{ .what = "proposal", .target = hex }, "stops admission of jp.example");
	makes_what_a_node_takes(entente_charter_stop, S{ .what = "person", .target = "ann@jp.example" }, "stops person ann@jp.example");
	makes_what_a_node_takes(entente_charter_stop, S{ .what = "file", .target = "01234567-89ab-cdef-0123-456789abcdef" }, "stops file 0123");
	makes_what_a_node_takes(entente_charter_stop, S{ .what = "key", .target = "statements" }, "stops key au.example/statements+");
	makes_what_a_node_takes(entente_charter_resume, S{ .what = zeros }, "no such stop stands here");
	makes_what_a_node_takes(entente_charter_withdraw, S{ .what = zeros }, "no such statement is in your log yet");
	makes_what_a_node_takes(entente_charter_withdraw, S{ .what = "project", .target = "quantum" }, "cannot be taken back");
	makes_what_a_node_takes(entente_charter_withdraw, S{ .what = "membership" }, "cannot be taken back");
}

static void
what_cannot_work_is_refused_with_the_reason(void **state)
{
	const char *theirs = in_dir("uk.example.officers/doe.key");
	char hex[ENT_HASH_HEX_SIZE];

	(void)state;
	ent_hash_hex(hex, &project);
	is_refused(entente_charter_consent, S{ .what = "deadbeef" }, ENTENTE_INPUT, "no proposal deadbeef is known here");
	is_refused(entente_charter_consent, S{ .what = "dead" }, ENTENTE_USAGE, "8 or more digits");
	is_refused(entente_charter_consent, S{ .what = "DEADBEEF" }, ENTENTE_USAGE, "lower case");
	is_refused(entente_charter_consent, S{ .what = hex, .until = "2038-01-01T00:00:00Z" }, ENTENTE_USAGE, "outlive");
	is_refused(entente_charter_consent, S{ .what = hex, .keys = { &theirs, 1 } }, ENTENTE_INPUT, "no officer of au.example");
	is_refused(entente_charter_withdraw, S{ .what = hex }, ENTENTE_USAGE, "is a proposal");
	is_refused(entente_charter_withdraw, S{ .what = "charter" }, ENTENTE_USAGE, "au.example is a member: it withdraws from membership");
	is_refused(entente_charter_withdraw, S{ .what = "project" }, ENTENTE_USAGE, "project's name");
	is_refused(entente_charter_resume, S{ .what = "deadbeef" }, ENTENTE_INPUT, "no stop of your own deadbeef");
	is_refused(entente_charter_stop, S{ .what = "world", .target = "x" }, ENTENTE_USAGE, "\"world\" cannot be stopped");
	is_refused(entente_charter_stop, S{ .what = "person", .target = "ann" }, ENTENTE_USAGE, "no person");
	is_refused(entente_charter_stop, S{ .what = "partner", .target = "JP" }, ENTENTE_USAGE, "no party's name");
	is_refused(entente_charter_stop, S{ .what = "file", .target = "/nonexistent" }, ENTENTE_INPUT, "/nonexistent");
	is_refused(entente_charter_stop, S{ .what = "key", .target = "doe" }, ENTENTE_USAGE, "signed by the others");
	is_refused(entente_charter_stop, S{ .what = "key", .target = "officer" }, ENTENTE_USAGE, "part of 2 of au.example's own keys");
	is_refused(entente_charter_stop, S{ .what = "key", .target = "uk.example" }, ENTENTE_INPUT, "part of 0 of au.example's own keys");
	is_refused(entente_charter_stop, S{ .what = "project", .target = "q", .project = "q" }, ENTENTE_USAGE, "--project");
	is_refused(entente_charter_accredit, S{ .what = "jp.example", .target = "posture-2" }, ENTENTE_USAGE, "--until");
	is_refused(entente_charter_accredit, S{ .what = "jp.example", .target = "posture-2", .until = "2099-01-01T00:00:00Z" }, ENTENTE_DENIED,
	    "at most 365d");
	is_refused(entente_charter_key, S{ .what = NULL }, ENTENTE_USAGE, "--home");
	is_refused(entente_charter_key, S{ .what = "retire" }, ENTENTE_USAGE, "a kid");
	is_refused(entente_charter_note, S{ .what = "en " }, ENTENTE_USAGE, "a language and words");
}

/* Two officers, one after the other, by file; the second on a machine that has nothing but the file and his key. */
static void
an_unfinished_statement_names_who_may_sign(void **state)
{
	const char *doe = DOE, *roe = ROE, *theirs = in_dir("uk.example.officers/doe.key");
	struct entente_statement statement = { .what = "project", .target = "quantum", .offline = 1, .output = in_dir("first.note"),
		.keys = { &doe, 1 } };
	struct entente_error err = { 0 };
	char *report = NULL;

	(void)state;
	done(entente_charter_withdraw(profile, &statement, ENTENTE_WORDS, &report, &err), &err);
	assert_non_null(strstr(report, "au.example: 1 of 2 signatures doe; 1 more of roe\n"));
	assert_non_null(strstr(report, "entente charter sign "));
	free(report);
	report = NULL;
	assert_int_equal(entente_charter_sign(NULL, in_dir("first.note"), (struct entente_list){ &theirs, 1 }, ENTENTE_WORDS, &report, &err),
	    ENTENTE_INPUT);
	assert_non_null(strstr(err.text, "no officer of au.example"));
	done(entente_charter_sign(NULL, in_dir("first.note"), (struct entente_list){ &roe, 1 }, ENTENTE_WORDS, &report, &err), &err);
	assert_non_null(strstr(report, "au.example withdraws from project quantum, for ever\n"));
	assert_non_null(strstr(report, "This cannot be taken back."));
	free(report);
	report = NULL;
	done(entente_charter_sign(profile, in_dir("first.note"), (struct entente_list){ &roe, 1 }, ENTENTE_WORDS, &report, &err), &err);
	assert_non_null(strstr(report, "au.example: 2 of 2 signatures doe roe\n"));
	free(report);
}

static int
set_up(void **state)
{
	char hex[ENT_HASH_HEX_SIZE];

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	make_house("au.example", "AUS", NULL);
	make_house("uk.example", "GBR", NULL);
	make_house("jp.example", "JPN", "issuer");
	make_charter(hex);
	make_profile(hex);
	return 0;
}

static int
tear_down(void **state)
{
	char words[128];

	(void)state;
	entente_profile_free(profile);
	snprintf(words, sizeof(words), "rm -rf %s", dir);
	return system(words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_proposal_is_one_that_the_charter_takes),
		cmocka_unit_test(what_could_never_be_in_force_is_refused_before_anybody_signs),
		cmocka_unit_test(a_party_has_no_lines_of_a_members_node),
		cmocka_unit_test(every_statement_is_one_that_a_node_takes),
		cmocka_unit_test(what_cannot_work_is_refused_with_the_reason),
		cmocka_unit_test(an_unfinished_statement_names_who_may_sign),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
