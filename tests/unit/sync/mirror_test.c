/* A charter's place on disk: what is loaded, and what is refused. */
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
	char own_dir[96];
	struct ent_mirror_place place;
	struct ent_buf genesis;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->root, sizeof(f->root), "/tmp/entente-mirror-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->charter_dir, sizeof(f->charter_dir), "%s/charter", f->root);
	snprintf(f->peers_dir, sizeof(f->peers_dir), "%s/peers", f->root);
	snprintf(f->state_dir, sizeof(f->state_dir), "%s/state", f->root);
	snprintf(f->own_dir, sizeof(f->own_dir), "%s/au/log/statements", f->root);
	f->place = (struct ent_mirror_place){ .charter_dir = f->charter_dir, .peers_dir = f->peers_dir, .state_dir = f->state_dir };
	f->genesis = ent_buf_with_max(ENT_NOTE_LONG_MAX);
	world_genesis(&f->genesis, NULL);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	assert_int_equal(system(command), 0);
	ent_buf_fini(&f->genesis);
	free(f);
	return 0;
}

static enum ent_status
install(struct fixture *f)
{
	struct ent_error err = { 0 };

	return ent_mirror_install(&f->place, ent_buf_view(&f->genesis), &err);
}

static enum ent_status
try_open(struct fixture *f, struct ent_mirror **out)
{
	struct ent_error err = { 0 };

	*out = NULL;
	return ent_mirror_open(out, &f->place, &err);
}

static void
needs_a_genesis(void **state)
{
	struct ent_mirror *mirror;

	assert_int_equal(try_open(*state, &mirror), ENT_E_NOT_FOUND);
}

static void
takes_only_the_pinned_genesis(void **state)
{
	struct fixture *f = *state;
	struct ent_hash other = { { 1 } };
	ENT_AUTO(ent_mirror) mirror = NULL;

	f->place.pinned = &other;
	assert_int_equal(install(f), ENT_E_TAMPERED);
	f->place.pinned = NULL;
	assert_int_equal(install(f), ENT_OK);
	assert_int_equal(install(f), ENT_E_EXISTS);
	f->place.pinned = &other;
	assert_int_equal(try_open(f, &mirror), ENT_E_TAMPERED);
	f->place.pinned = NULL;
	assert_int_equal(try_open(f, &mirror), ENT_OK);
}

static void
refuses_a_genesis_that_lacks_signatures(void **state)
{
	struct fixture *f = *state;

	ent_buf_clear(&f->genesis);
	world_genesis(&f->genesis, &(struct world_rules){ .signers = DOE });
	assert_int_equal(install(f), ENT_E_SIGNATURE);
}

static void
reads_the_own_log_as_it_grows(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_mirror) mirror = NULL;
	struct ent_error err = { 0 };
	struct source au = { 0 };

	f->place.own_party = world_members[AU];
	f->place.own_log_dir = f->own_dir;
	assert_int_equal(install(f), ENT_OK);
	assert_int_equal(try_open(f, &mirror), ENT_OK); /* the logger has not written anything yet */
	source_init(&au, f->root, "au", AU);
	for (int i = 0; i < 3; i++) {
		source_alive(&au, ent_mirror_charter(mirror), T0 + i);
		assert_int_equal(ent_mirror_reload_own(mirror, &err), ENT_OK);
		assert_int_equal(ent_charter_log_size(ent_mirror_charter(mirror), ent_view_str(world_members[AU])), i + 1);
	}
	source_fini(&au);
}

static void
refuses_a_party_that_is_no_member(void **state)
{
	struct fixture *f = *state;
	struct ent_mirror *mirror;

	assert_int_equal(install(f), ENT_OK);
	f->place.own_party = "nobody.example";
	f->place.own_log_dir = f->own_dir;
	assert_int_equal(try_open(f, &mirror), ENT_E_CONFIG);
}

static void
refuses_a_proposal_file_that_holds_another_text(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO(ent_mirror) mirror = NULL;
	struct ent_mirror *again;
	struct ent_error err = { 0 };
	char path[256], hex[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;

	assert_int_equal(install(f), ENT_OK);
	assert_int_equal(try_open(f, &mirror), ENT_OK);
	hash = world_project(&text, ent_mirror_charter(mirror), NULL);
	assert_int_equal(ent_mirror_keep_proposal(mirror, ent_buf_view(&text), &err), ENT_OK);
	assert_int_equal(ent_mirror_keep_proposal(mirror, ent_buf_view(&text), &err), ENT_E_EXISTS);
	ent_mirror_free(ent_take(&mirror)); /* its logs are locked */
	ent_hash_hex(hex, &hash);
	snprintf(path, sizeof(path), "%s/proposal/%s", f->charter_dir, hex);
	text.data[text.len - 3] ^= 1;
	err = (struct ent_error){ 0 };
	assert_int_equal(ent_file_replace(path, ent_buf_view(&text), 0644, &err), ENT_OK);
	assert_int_equal(try_open(f, &again), ENT_E_TAMPERED);
}

static void
does_not_keep_what_the_charter_refuses(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO(ent_mirror) mirror = NULL;
	struct ent_error err = { 0 };
	char path[256], hex[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;

	assert_int_equal(install(f), ENT_OK);
	assert_int_equal(try_open(f, &mirror), ENT_OK);
	hash = world_project(&text, ent_mirror_charter(mirror), &(struct world_project){ .pillar = "nowhere" });
	assert_int_not_equal(ent_mirror_keep_proposal(mirror, ent_buf_view(&text), &err), ENT_OK);
	ent_hash_hex(hex, &hash);
	snprintf(path, sizeof(path), "%s/proposal/%s", f->charter_dir, hex);
	assert_false(ent_file_exists(path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(needs_a_genesis, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_only_the_pinned_genesis, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_genesis_that_lacks_signatures, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_the_own_log_as_it_grows, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_party_that_is_no_member, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_a_proposal_file_that_holds_another_text, setup, teardown),
		cmocka_unit_test_setup_teardown(does_not_keep_what_the_charter_refuses, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
