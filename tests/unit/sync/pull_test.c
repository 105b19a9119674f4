/* Pulling a member's log: honest growth, and what must not be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "source.h"

struct fixture {
	char root[64];
	char charter_dir[96];
	char peers_dir[96];
	char state_dir[96];
	struct ent_mirror *mirror;
	struct source uk;
};

static void
open_mirror(struct fixture *f)
{
	struct ent_mirror_place place = { .charter_dir = f->charter_dir, .peers_dir = f->peers_dir, .state_dir = f->state_dir };
	struct ent_error err = { 0 };
	enum ent_status status = ent_mirror_open(&f->mirror, &place, &err);

	if (status != ENT_OK)
		print_error("%s\n", err.text);
	assert_int_equal(status, ENT_OK);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(ENT_NOTE_LONG_MAX);
	struct ent_mirror_place place = { 0 };
	struct ent_error err = { 0 };

	snprintf(f->root, sizeof(f->root), "/tmp/entente-sync-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->charter_dir, sizeof(f->charter_dir), "%s/cache/charter", f->root);
	snprintf(f->peers_dir, sizeof(f->peers_dir), "%s/cache/peers", f->root);
	snprintf(f->state_dir, sizeof(f->state_dir), "%s/cache/state", f->root);
	place = (struct ent_mirror_place){ .charter_dir = f->charter_dir, .peers_dir = f->peers_dir, .state_dir = f->state_dir };
	world_genesis(&genesis, NULL);
	assert_int_equal(ent_mirror_install(&place, ent_buf_view(&genesis), &err), ENT_OK);
	open_mirror(f);
	source_init(&f->uk, f->root, "uk", UK);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	ent_mirror_free(f->mirror);
	source_fini(&f->uk);
	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static const struct ent_charter *
charter(struct fixture *f)
{
	return ent_mirror_charter(f->mirror);
}

static uint64_t
size_here(struct fixture *f)
{
	return ent_charter_log_size(charter(f), ent_view_str(world_members[UK]));
}

/* What becomes of an answer on its way; false: as served. */
typedef bool (*tamper_fn)(const char *path, int *status, struct ent_buf *body);

static enum ent_status
pull_with(struct fixture *f, const struct source *source, tamper_fn tamper, struct ent_error *err)
{
	ENT_AUTO(ent_pull) pull = NULL;
	char path[ENT_PULL_PATH_MAX];
	size_t max;

	ENT_TRY(ent_pull_new(&pull, f->mirror, ent_view_str(world_members[UK]), "log/statements", err));
	for (int steps = 0; steps < 100; steps++) {
		ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
		int status;

		ENT_TRY(ent_pull_next(pull, path, &max, err));
		if (path[0] == '\0')
			return ENT_OK;
		status = source_get(source, path, &body);
		assert_true(body.len <= max);
		if (tamper != NULL)
			tamper(path, &status, &body);
		ENT_TRY(ent_pull_feed(pull, status, ent_buf_view(&body), err));
	}
	fail_msg("a pull does not end");
	return ENT_OK;
}

static enum ent_status
pull(struct fixture *f, const struct source *source)
{
	struct ent_error err = { 0 };

	return pull_with(f, source, NULL, &err);
}

static void
grow(struct fixture *f, struct source *source, size_t count)
{
	for (size_t i = 0; i < count; i++)
		source_alive(source, charter(f), T0 + (int64_t)ent_log_dir_size(source->log));
}

static bool
is_broken(struct fixture *f)
{
	ENT_AUTO(ent_state) state = world_derive(charter(f), T0);

	return ent_state_member(state, ent_view_str(world_members[UK]))->broken != NULL;
}

static bool
has_evidence(struct fixture *f, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/evidence/uk.example.statements/%s", f->state_dir, name);
	return ent_file_exists(path);
}

static void
follows_an_honest_log_and_keeps_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pull(f, &f->uk), ENT_OK); /* an empty, signed log */
	grow(f, &f->uk, 3);
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	assert_int_equal(size_here(f), 3);
	grow(f, &f->uk, 300); /* over a bundle's border */
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	assert_int_equal(size_here(f), 303);
	assert_int_equal(pull(f, &f->uk), ENT_OK); /* nothing new */
	ent_mirror_free(f->mirror);
	f->mirror = NULL;
	open_mirror(f);
	assert_int_equal(size_here(f), 303);
	assert_false(is_broken(f));
}

static void
ignores_an_older_checkpoint_of_the_same_log(void **state)
{
	struct fixture *f = *state;
	char copy[256];

	grow(f, &f->uk, 4);
	snprintf(copy, sizeof(copy), "cp -r %s %s/older", f->uk.dir, f->root);
	assert_int_equal(system(copy), 0);
	grow(f, &f->uk, 4);
	assert_int_equal(pull(f, &f->uk), ENT_OK);

	struct source older = f->uk;

	snprintf(older.dir, sizeof(older.dir), "%s/older", f->root);
	assert_int_equal(pull(f, &older), ENT_OK);
	assert_int_equal(size_here(f), 8);
	assert_false(is_broken(f));
}

/* Another log under the same key: shared entries at the start, then others. */
static void
fork_of(struct fixture *f, struct source *other, size_t shared, size_t own)
{
	source_init(other, f->root, "fork", UK);
	for (size_t i = 0; i < shared; i++)
		grow(f, other, 1);
	for (size_t i = 0; i < own; i++)
		source_alive(other, charter(f), T0 + DAY + (int64_t)i);
}

static void
ends_reliance(void **state, size_t before, size_t shared, size_t own)
{
	struct fixture *f = *state;
	struct source other = { 0 };

	grow(f, &f->uk, before);
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	fork_of(f, &other, shared, own);
	assert_int_equal(pull(f, &other), ENT_E_LOG_INCONSISTENT);
	source_fini(&other);
	assert_true(is_broken(f));
	assert_true(has_evidence(f, "kept"));
	assert_true(has_evidence(f, "seen"));
	assert_int_equal(size_here(f), before);
	ent_mirror_free(f->mirror);
	f->mirror = NULL;
	open_mirror(f); /* a restart does not make a liar honest */
	assert_true(is_broken(f));
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	assert_true(is_broken(f));
}

/* C-32 */
static void
ends_reliance_on_two_checkpoints_of_one_size(void **state)
{
	ends_reliance(state, 5, 3, 2);
}

/* C-32 */
static void
ends_reliance_on_a_longer_fork(void **state)
{
	ends_reliance(state, 5, 3, 9);
	assert_true(has_evidence(*state, "leaves"));
}

static void
ends_reliance_on_a_longer_fork_over_tiles(void **state)
{
	ends_reliance(state, 300, 10, 400);
}

static void
ends_reliance_on_a_shorter_fork(void **state)
{
	ends_reliance(state, 8, 3, 2);
}

static bool
cut_bundle(const char *path, int *status, struct ent_buf *body)
{
	(void)status;
	if (strstr(path, "tile/entries") == NULL)
		return false;
	body->len -= 7;
	return true;
}

static bool
flip_entry(const char *path, int *status, struct ent_buf *body)
{
	(void)status;
	if (strstr(path, "tile/entries") == NULL)
		return false;
	body->data[body->len / 2] ^= 1;
	return true;
}

static bool
flip_everything_but_the_checkpoint(const char *path, int *status, struct ent_buf *body)
{
	(void)status;
	if (strstr(path, "checkpoint") != NULL || body->len == 0)
		return false;
	body->data[body->len / 2] ^= 1;
	return true;
}

static bool
flip_checkpoint(const char *path, int *status, struct ent_buf *body)
{
	(void)status;
	if (strstr(path, "checkpoint") == NULL)
		return false;
	body->data[body->len / 2] ^= 1;
	return true;
}

static bool
no_answer(const char *path, int *status, struct ent_buf *body)
{
	(void)path;
	*status = 0;
	ent_buf_clear(body);
	return true;
}

/* Whoever stands in between can stop a pull, but neither change the copy nor make the log look broken. */
/* C-32 */
static void
is_only_delayed_by_a_tampered_answer(void **state)
{
	static const tamper_fn ways[] = { cut_bundle, flip_entry, flip_everything_but_the_checkpoint, flip_checkpoint, no_answer };
	struct fixture *f = *state;

	for (size_t round = 0; round < 2; round++) { /* from an empty copy, and from one that has entries */
		grow(f, &f->uk, 5);
		for (size_t i = 0; i < ENT_COUNT(ways); i++) {
			struct ent_error err = { 0 };
			uint64_t before = size_here(f);

			assert_int_not_equal(pull_with(f, &f->uk, ways[i], &err), ENT_OK);
			assert_int_not_equal(err.code, ENT_E_LOG_INCONSISTENT);
			assert_int_equal(size_here(f), before);
			assert_false(is_broken(f));
		}
		assert_int_equal(pull(f, &f->uk), ENT_OK);
		assert_int_equal(size_here(f), 5 * (round + 1));
	}
}

static bool
nothing_published(const char *path, int *status, struct ent_buf *body)
{
	(void)path;
	*status = 404;
	ent_buf_clear(body);
	return true;
}

/* A member that was not heard yet, and not a node that cannot answer. */
static void
tells_a_log_that_is_not_published_from_a_failure(void **state)
{
	struct fixture *f = *state;
	struct ent_error err = { 0 };

	assert_int_equal(pull_with(f, &f->uk, nothing_published, &err), ENT_E_NOT_FOUND);
	assert_false(is_broken(f));
	grow(f, &f->uk, 2);
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	assert_int_equal(size_here(f), 2);
}

static bool
forget_partial_bundles(const char *path, int *status, struct ent_buf *body)
{
	if (strstr(path, "tile/entries") == NULL || strstr(path, ".p/") == NULL)
		return false;
	*status = 404;
	ent_buf_clear(body);
	return true;
}

static void
waits_for_the_next_round_when_a_partial_bundle_is_gone(void **state)
{
	struct fixture *f = *state;
	struct ent_error err = { 0 };

	grow(f, &f->uk, 5);
	assert_int_equal(pull_with(f, &f->uk, forget_partial_bundles, &err), ENT_OK);
	assert_int_equal(size_here(f), 0);
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	assert_int_equal(size_here(f), 5);
}

/* The log grew to a full bundle between checkpoint and bundle: the full one has what the checkpoint covers. */
static void
takes_the_full_bundle_when_the_log_grew_meanwhile(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_pull) pulling = NULL;
	ENT_AUTO_FINI(ent_buf) checkpoint = ent_buf_with_max(ENT_NOTE_MAX);
	char path[ENT_PULL_PATH_MAX];
	struct ent_error err = { 0 };
	size_t max;

	grow(f, &f->uk, 250);
	assert_int_equal(ent_pull_new(&pulling, f->mirror, ent_view_str(world_members[UK]), "log/statements", &err), ENT_OK);
	assert_int_equal(ent_pull_next(pulling, path, &max, &err), ENT_OK);
	assert_int_equal(source_get(&f->uk, path, &checkpoint), 200);
	assert_int_equal(ent_pull_feed(pulling, 200, ent_buf_view(&checkpoint), &err), ENT_OK);
	grow(f, &f->uk, 10);
	assert_int_equal(ent_pull_next(pulling, path, &max, &err), ENT_OK);
	assert_non_null(strstr(path, ".p/250"));
	assert_int_equal(ent_pull_feed(pulling, 404, ENT_VIEW_NONE, &err), ENT_OK);
	for (;;) {
		ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);

		assert_int_equal(ent_pull_next(pulling, path, &max, &err), ENT_OK);
		if (path[0] == '\0')
			break;
		int status = source_get(&f->uk, path, &body);

		assert_int_equal(ent_pull_feed(pulling, status, ent_buf_view(&body), &err), ENT_OK);
	}
	assert_int_equal(size_here(f), 250);
}

static void
announce(struct fixture *f, struct ent_view text)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	char act[128], hash[ENT_HASH_BASE64_SIZE];
	struct ent_hash id;

	ent_sha256(&id, text);
	ent_hash_base64(hash, &id);
	snprintf(act, sizeof(act), "note proposal %s", hash);
	world_statement(&note, charter(f), &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = act, .signers = DOE });
	source_add(&f->uk, ent_buf_view(&note));
}

static bool
another_text(const char *path, int *status, struct ent_buf *body)
{
	(void)status;
	if (strstr(path, "charter/proposal") == NULL)
		return false;
	body->data[body->len / 2] ^= 1;
	return true;
}

static void
fetches_an_announced_proposal_and_keeps_it(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error err = { 0 };
	struct ent_hash hash = world_project(&text, charter(f), NULL);

	source_put_proposal(&f->uk, ent_buf_view(&text));
	grow(f, &f->uk, 1);
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	assert_null(ent_charter_proposal(charter(f), &hash)); /* nobody announced it */
	announce(f, ent_buf_view(&text));
	assert_int_equal(pull_with(f, &f->uk, another_text, &err), ENT_E_TAMPERED);
	assert_null(ent_charter_proposal(charter(f), &hash));
	assert_int_equal(pull(f, &f->uk), ENT_OK);
	assert_non_null(ent_charter_proposal(charter(f), &hash));
	ent_mirror_free(f->mirror);
	f->mirror = NULL;
	open_mirror(f);
	assert_non_null(ent_charter_proposal(charter(f), &hash));
}

static void
does_not_pull_from_a_stranger(void **state)
{
	struct fixture *f = *state;
	struct ent_error err = { 0 };
	struct ent_pull *pulling = NULL;

	assert_int_equal(ent_pull_new(&pulling, f->mirror, ENT_LIT("nobody.example"), "log/statements", &err), ENT_E_INPUT);
	assert_null(pulling);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(follows_an_honest_log_and_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(ignores_an_older_checkpoint_of_the_same_log, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_reliance_on_two_checkpoints_of_one_size, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_reliance_on_a_longer_fork, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_reliance_on_a_longer_fork_over_tiles, setup, teardown),
		cmocka_unit_test_setup_teardown(ends_reliance_on_a_shorter_fork, setup, teardown),
		cmocka_unit_test_setup_teardown(is_only_delayed_by_a_tampered_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_a_log_that_is_not_published_from_a_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_for_the_next_round_when_a_partial_bundle_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_the_full_bundle_when_the_log_grew_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(fetches_an_announced_proposal_and_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(does_not_pull_from_a_stranger, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
