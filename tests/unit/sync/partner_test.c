/* Partners' logs: followed from when their proposal has held its name, and never in the others' way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "source.h"

#define UNTIL (T0 + 200 * DAY)

struct fixture {
	char root[64];
	char charter_dir[96];
	char peers_dir[96];
	char state_dir[96];
	struct ent_mirror_place place;
	struct ent_mirror *mirror;
	struct source members[MEMBERS];
	struct source jp;
	struct ent_hash party; /* JP's proposal */
};

#define must(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK)                                                                                  \
			fail_msg("%s", err.text);                                                                      \
	} while (0)

static struct ent_charter *
charter(struct fixture *f)
{
	return ent_mirror_charter(f->mirror);
}

static struct ent_view
jp(void)
{
	return ent_view_str(world_members[JP]);
}

static void
open_again(struct fixture *f)
{
	ent_mirror_free(f->mirror);
	must(ent_mirror_open(&f->mirror, &f->place, &err));
}

static int
setup(void **state)
{
	static const char *const names[MEMBERS] = { "au", "uk", "us" };
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(ENT_NOTE_LONG_MAX);
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/entente-partner-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->charter_dir, sizeof(f->charter_dir), "%s/cache/charter", f->root);
	snprintf(f->peers_dir, sizeof(f->peers_dir), "%s/cache/peers", f->root);
	snprintf(f->state_dir, sizeof(f->state_dir), "%s/cache/state", f->root);
	f->place = (struct ent_mirror_place){ .charter_dir = f->charter_dir, .peers_dir = f->peers_dir, .state_dir = f->state_dir };
	world_genesis(&genesis, NULL);
	must(ent_mirror_install(&f->place, ent_buf_view(&genesis), &err));
	must(ent_mirror_open(&f->mirror, &f->place, &err));
	for (size_t m = 0; m < MEMBERS; m++)
		source_init(&f->members[m], f->root, names[m], m);
	source_init(&f->jp, f->root, "jp", JP);
	source_alive(&f->jp, charter(f), T0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	ent_mirror_free(f->mirror);
	for (size_t m = 0; m < MEMBERS; m++)
		source_fini(&f->members[m]);
	source_fini(&f->jp);
	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static enum ent_status
pull_from(struct fixture *f, const struct source *source, struct ent_view party)
{
	ENT_AUTO(ent_pull) pull = NULL;
	struct ent_error err = { 0 };
	char path[ENT_PULL_PATH_MAX];
	size_t max;

	ENT_TRY(ent_pull_new(&pull, f->mirror, party, "log/statements", &err));
	for (int steps = 0; steps < 100; steps++) {
		ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
		int status;

		ENT_TRY(ent_pull_next(pull, path, &max, &err));
		if (path[0] == '\0')
			return ENT_OK;
		status = source_get(source, path, &body);
		ENT_TRY(ent_pull_feed(pull, status, ent_buf_view(&body), &err));
	}
	fail_msg("a pull does not end");
	return ENT_OK;
}

/* The party is proposed, and these members consent, each in its own log. */
static void
propose(struct fixture *f, const struct world_party *page, size_t members)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);

	f->party = world_party(&text, charter(f), page);
	for (size_t m = 0; m < MEMBERS; m++) {
		ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);

		source_put_proposal(&f->members[m], ent_buf_view(&text));
		source_alive(&f->members[m], charter(f), T0);
		world_consent(&note, charter(f), m, ent_buf_view(&text), T0, UNTIL);
		if (m < members)
			source_add(&f->members[m], ent_buf_view(&note));
		assert_int_equal(pull_from(f, &f->members[m], ent_view_str(world_members[m])), ENT_OK);
	}
}

/* *grown: there was somebody new. */
static enum ent_status
follow(struct fixture *f, bool *grown)
{
	ENT_AUTO(ent_state) state = world_derive(charter(f), T0);
	struct ent_error err = { 0 };

	return ent_mirror_follow_partners(f->mirror, state, grown, &err);
}

static void
propose_and_follow(struct fixture *f)
{
	bool grown;

	propose(f, &(struct world_party){ .party = JP }, MEMBERS);
	assert_int_equal(follow(f, &grown), ENT_OK);
	assert_true(grown);
}

static uint64_t
size_here(struct fixture *f)
{
	return ent_charter_log_size(charter(f), jp());
}

static bool
view_names_jp(struct fixture *f)
{
	ENT_AUTO_FINI(ent_buf) view = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_hash hash;
	const char *text;

	must(ent_charter_view(charter(f), &view, &hash, &err));
	must(ent_buf_cstr(&view, &text, &err));
	return strstr(text, "log jp.example/statements ") != NULL;
}

/* Why JP is closed; NULL: it is not. And nobody else ever is. */
static bool
jp_is_broken(struct fixture *f)
{
	ENT_AUTO(ent_state) state = world_derive(charter(f), T0);
	const struct ent_member_state *partner = ent_state_party(state, jp());
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };

	must(ent_arena_new(&arena, 1 << 20, &err));
	reasons.arena = arena;
	must(ent_state_node_reasons(state, &reasons, &err));
	assert_false(ent_reasons_block(&reasons));
	for (size_t m = 0; m < MEMBERS; m++)
		assert_null(ent_state_member_at(state, m)->broken);
	assert_non_null(partner);
	return partner->broken != NULL;
}

/* C-34 */
static void
is_followed_once_its_proposal_has_held_its_name(void **state)
{
	struct fixture *f = *state;
	bool grown = true;

	propose(f, &(struct world_party){ .party = JP }, MEMBERS - 1);
	assert_int_equal(follow(f, &grown), ENT_OK);
	assert_false(grown);
	assert_false(ent_mirror_follows(f->mirror, jp()));
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_E_INPUT); /* nobody pulls a stranger's log */
	assert_false(view_names_jp(f));
}

/* C-34, C-54 */
static void
is_read_pulled_and_named_in_the_view(void **state)
{
	struct fixture *f = *state;
	bool grown = true;

	propose_and_follow(f);
	assert_int_equal(follow(f, &grown), ENT_OK);
	assert_false(grown); /* once */
	assert_int_equal(size_here(f), 0);
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_OK);
	assert_int_equal(size_here(f), 1);
	assert_true(view_names_jp(f));
	open_again(f); /* from disk alone */
	assert_int_equal(size_here(f), 0);
	assert_int_equal(follow(f, &grown), ENT_OK);
	assert_true(grown);
	assert_int_equal(size_here(f), 1);
	assert_true(view_names_jp(f));
	assert_false(jp_is_broken(f));
}

static void
say(struct source *source, const struct ent_charter *of, const char *act, unsigned signers)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);

	world_statement(&note, of, &(struct world_statement){ .by = source->member, .time_unix_s = T0, .act = act, .signers = signers });
	source_add(source, ent_buf_view(&note));
}

/* C-60: what it says against itself counts at everybody who follows it. */
static void
is_heard_when_it_stops_itself(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_state) before = NULL;
	ENT_AUTO(ent_state) after = NULL;
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(ENT_TLOG_ENTRY_MAX);
	const struct ent_stop *stop;

	propose_and_follow(f);
	before = world_derive(charter(f), T0);
	assert_int_equal(ent_state_stop_count(before), 0);
	say(&f->jp, charter(f), "stop partner jp.example", DOE);
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_OK);
	after = world_derive(charter(f), T0);
	assert_int_equal(ent_state_stop_count(after), 1);
	stop = ent_state_stop_at(after, 0);
	assert_true(ent_view_eq(stop->host, jp()));
	must(ent_mirror_entry(f->mirror, stop->host, stop->index, &entry, &err));
	assert_true(ent_view_starts(ent_buf_view(&entry), ENT_LIT("charter/v1 statement stop\nby jp.example\n")));
}

static void
assert_has_evidence(struct fixture *f)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/evidence/jp.example.statements/why", f->state_dir);
	assert_true(ent_file_exists(path));
}

/* C-32, C-56 */
static void
closes_itself_alone_when_its_log_contradicts_itself(void **state)
{
	struct fixture *f = *state;
	struct source other = { 0 };
	bool grown;

	propose_and_follow(f);
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_OK);
	source_init(&other, f->root, "jp2", JP);
	source_alive(&other, charter(f), T0 + 5);
	assert_int_equal(pull_from(f, &other, jp()), ENT_E_LOG_INCONSISTENT);
	assert_true(jp_is_broken(f));
	assert_has_evidence(f);
	assert_int_equal(pull_from(f, &f->members[UK], ent_view_str(world_members[UK])), ENT_OK);
	open_again(f); /* what was proven stays so */
	assert_int_equal(follow(f, &grown), ENT_OK);
	assert_true(jp_is_broken(f));
	source_alive(&f->jp, charter(f), T0 + 9);
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_OK); /* only texts are asked for */
	assert_int_equal(size_here(f), 1);
	source_fini(&other);
}

/* C-56: a log under another key is not this partner's, whatever its node serves. */
static void
is_not_read_under_another_log_key(void **state)
{
	struct fixture *f = *state;
	struct source kr = { 0 };

	propose_and_follow(f);
	source_init(&kr, f->root, "kr", KR);
	source_alive(&kr, charter(f), T0);
	assert_int_not_equal(pull_from(f, &kr, jp()), ENT_OK);
	assert_int_equal(size_here(f), 0);
	assert_false(jp_is_broken(f)); /* whoever stands between can serve rubbish */
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_OK);
	assert_int_equal(size_here(f), 1);
	source_fini(&kr);
}

/* What it would say against itself cannot be read: closed, and the members' logs go on. C-56 */
static void
closes_itself_alone_when_its_copy_cannot_be_read(void **state)
{
	struct fixture *f = *state;
	char path[256];
	bool grown;

	propose_and_follow(f);
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_OK);
	ent_mirror_free(ent_take(&f->mirror));
	snprintf(path, sizeof(path), "rm -r %s/jp.example/statements/tile", f->peers_dir);
	assert_int_equal(system(path), 0);
	must(ent_mirror_open(&f->mirror, &f->place, &err));
	assert_int_not_equal(follow(f, &grown), ENT_OK);
	assert_true(grown);
	assert_true(jp_is_broken(f));
	assert_int_equal(follow(f, &grown), ENT_OK); /* said once */
	assert_false(grown);
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_E_UNAVAILABLE);
	assert_int_equal(pull_from(f, &f->members[UK], ent_view_str(world_members[UK])), ENT_OK);
}

/* C-34, C-54: at the partner's own node its log is there first, the page that says who its officers are later. */
static void
reads_its_own_log_before_its_page_is_known(void **state)
{
	struct fixture *f = *state;
	char own[192];
	int64_t alive_unix_s;
	bool grown;

	say(&f->jp, charter(f), "stop partner jp.example", DOE);
	ent_mirror_free(ent_take(&f->mirror));
	snprintf(own, sizeof(own), "%s/log/statements", f->jp.dir);
	f->place.own_party = world_members[JP];
	f->place.own_log_dir = own;
	assert_int_equal(ent_mirror_open(&f->mirror, &f->place, &(struct ent_error){ 0 }), ENT_E_CONFIG); /* no member */
	f->place.own_log_key = ent_signer_vkey(world_keys(JP)->log);
	must(ent_mirror_open(&f->mirror, &f->place, &err));
	assert_int_equal(size_here(f), 2);
	assert_true(view_names_jp(f));
	must(ent_mirror_own_alive(f->mirror, &alive_unix_s, &err));
	assert_int_equal(alive_unix_s, T0);
	propose(f, &(struct world_party){ .party = JP }, MEMBERS);
	{
		ENT_AUTO(ent_state) now = world_derive(charter(f), T0);

		assert_int_equal(ent_state_stop_count(now), 1);
	}
	assert_int_equal(follow(f, &grown), ENT_OK);
	assert_false(grown);
	source_alive(&f->jp, charter(f), T0 + 60);
	must(ent_mirror_reload_own(f->mirror, &err));
	assert_int_equal(size_here(f), 3);
	must(ent_mirror_own_alive(f->mirror, &alive_unix_s, &err));
	assert_int_equal(alive_unix_s, T0 + 60);
	assert_int_equal(pull_from(f, &f->jp, jp()), ENT_E_INPUT); /* nobody pulls from itself */
}

static void
a_member_is_no_mere_issuer(void **state)
{
	struct fixture *f = *state;
	struct ent_mirror *mirror = NULL;
	struct ent_error err = { 0 };
	char own[192];

	ent_mirror_free(ent_take(&f->mirror));
	snprintf(own, sizeof(own), "%s/log/statements", f->members[AU].dir);
	f->place.own_party = world_members[AU];
	f->place.own_log_dir = own;
	f->place.own_log_key = ent_signer_vkey(world_keys(AU)->log);
	assert_int_equal(ent_mirror_open(&mirror, &f->place, &err), ENT_E_CONFIG);
	assert_non_null(strstr(err.text, "role: issuer"));
}

/* ENT_LIMIT_PARTNERS, and one more */
static void
only_so_many_are_followed(void **state)
{
	struct fixture *f = *state;
	struct ent_signer *keys[ENT_LIMIT_PARTNERS + 1];

	for (size_t i = 0; i < ENT_COUNT(keys); i++) {
		struct ent_error own = { 0 };
		struct ent_party party = { 0 };
		char name[64];

		snprintf(name, sizeof(name), "p%02zu.example/statements", i);
		must(ent_signer_generate(&keys[i], ent_view_str(name), ENT_NOTE_TYPE_ED25519, &err));
		party.statements_log = *ent_signer_vkey(keys[i]);
		party.name = ent_view_slice(party.statements_log.name, 0, strlen("p00.example"));
		assert_int_equal(ent_mirror_follow(f->mirror, &party, &own), i < ENT_LIMIT_PARTNERS ? ENT_OK : ENT_E_LIMIT);
	}
	ent_mirror_free(ent_take(&f->mirror));
	for (size_t i = 0; i < ENT_COUNT(keys); i++)
		ent_signer_free(keys[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_followed_once_its_proposal_has_held_its_name),
		TEST(is_read_pulled_and_named_in_the_view),
		TEST(is_heard_when_it_stops_itself),
		TEST(closes_itself_alone_when_its_log_contradicts_itself),
		TEST(is_not_read_under_another_log_key),
		TEST(closes_itself_alone_when_its_copy_cannot_be_read),
		TEST(reads_its_own_log_before_its_page_is_known),
		TEST(a_member_is_no_mere_issuer),
		TEST(only_so_many_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
