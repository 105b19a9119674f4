/* Following a log in parts, and proofs of consistency made of tiles. */
#include "log_fixture.h"

enum { LEAVES = 66000, LEVELS = 3 };

/* ---- take and settle ---- */

static struct home
mirror_of(const struct home *home)
{
	struct home mirror = *home;

	snprintf(mirror.dir, sizeof(mirror.dir), "%s/mirror", home->root);
	snprintf(mirror.head, sizeof(mirror.head), "%s/head.mirror", home->root);
	return mirror;
}

static void
take_to(struct ent_log_dir *log, uint64_t size)
{
	char text[ENTRY_TEXT_MAX];
	struct ent_error err = { 0 };

	while (ent_log_dir_taken(log) < size)
		assert_ok(ent_log_dir_take(log, entry_text(text, ent_log_dir_taken(log)), &err));
}

static void
open_log(struct ent_log_dir **out, const struct home *home)
{
	struct ent_error err = { 0 };

	assert_ok(ent_log_dir_open(out, home->dir, home->head, home->key, &err));
}

static void
a_log_followed_in_parts_is_the_log(void **state)
{
	struct home home, copy;
	struct ent_log_dir *log, *mirror;
	struct ent_hash want, have;
	struct ent_error err = { 0 };
	const uint64_t sizes[] = { 1, 255, 256, 257, 600, 1030 };
	uint64_t size;

	(void)state;
	home_init(&home);
	copy = mirror_of(&home);
	open_log(&log, &home);
	open_log(&mirror, &copy);
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		fill(log, home.signer, sizes[i], 300);
		take_to(mirror, sizes[i]);
		assert_int_equal(ent_log_dir_size(mirror), i > 0 ? sizes[i - 1] : 0); /* nothing counts before it is settled */
		assert_ok(ent_log_dir_settle(mirror, ent_log_dir_checkpoint(log), &err));
		ent_log_dir_root(log, &want);
		ent_log_dir_root(mirror, &have);
		assert_true(ent_hash_eq(&want, &have));
	}
	ent_log_dir_free(mirror);
	open_log(&mirror, &copy);
	assert_int_equal(ent_log_dir_size(mirror), 1030);
	assert_ok(ent_log_dir_fsck(copy.dir, home.key, &size, &(struct ent_log_fault){ 0 }, &err));
	assert_int_equal(size, 1030);
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		struct ent_frontier frontier = { 0 };

		for (uint64_t k = 0; k < sizes[i]; k++) {
			char text[ENTRY_TEXT_MAX];
			struct ent_hash leaf;

			ent_tlog_leaf_hash(&leaf, entry_text(text, k));
			ent_frontier_add(&frontier, &leaf);
		}
		ent_frontier_root(&frontier, &want);
		assert_ok(ent_log_dir_root_at(mirror, sizes[i], &have, &err));
		assert_true(ent_hash_eq(&want, &have));
	}
	assert_int_equal(ent_log_dir_root_at(mirror, 1031, &have, &err), ENT_E_NOT_FOUND);
	ent_log_dir_free(mirror);
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
other_entries_than_the_checkpoint_s_change_nothing(void **state)
{
	struct home home, copy;
	struct ent_log_dir *log, *mirror;
	struct ent_error err = { 0 };

	(void)state;
	home_init(&home);
	copy = mirror_of(&home);
	open_log(&log, &home);
	open_log(&mirror, &copy);
	fill(log, home.signer, 300, 300);
	take_to(mirror, 300);
	assert_ok(ent_log_dir_settle(mirror, ent_log_dir_checkpoint(log), &err));
	fill(log, home.signer, 900, 300);
	take_to(mirror, 700);
	assert_ok(ent_log_dir_take(mirror, ENT_LIT("another entry"), &err));
	take_to(mirror, 900);
	assert_int_equal(ent_log_dir_settle(mirror, ent_log_dir_checkpoint(log), &err), ENT_E_LOG_INCONSISTENT);
	ent_error_clear(&err);
	assert_int_equal(ent_log_dir_size(mirror), 300);
	assert_int_equal(ent_log_dir_taken(mirror), 300); /* forgotten */
	take_to(mirror, 800);
	assert_int_equal(ent_log_dir_settle(mirror, ent_log_dir_checkpoint(log), &err), ENT_E_INPUT); /* too few */
	ent_error_clear(&err);
	take_to(mirror, 600);
	ent_log_dir_drop(mirror);
	/* What the failed tries left on disk is overwritten by what is right. */
	take_to(mirror, 900);
	assert_ok(ent_log_dir_settle(mirror, ent_log_dir_checkpoint(log), &err));
	ent_log_dir_free(mirror);
	open_log(&mirror, &copy);
	assert_int_equal(ent_log_dir_size(mirror), 900);
	ent_log_dir_free(mirror);
	ent_log_dir_free(log);
	home_fini(&home);
}

/* ---- proofs made of tiles ---- */

static struct ent_hash *levels[LEVELS];
static struct ent_hash *roots; /* of the first i leaves */

static void
hash_number(struct ent_hash *out, uint64_t n)
{
	ent_sha256(out, ent_view_from(&n, sizeof(n)));
}

static struct ent_hash
fold(const struct ent_hash *hashes)
{
	struct ent_frontier frontier = { 0 };
	struct ent_hash root;

	for (int i = 0; i < ENT_TLOG_TILE; i++)
		ent_frontier_add(&frontier, &hashes[i]);
	ent_frontier_root(&frontier, &root);
	return root;
}

static int
make_tree(void **state)
{
	struct ent_frontier frontier = { 0 };

	(void)state;
	for (int l = 0; l < LEVELS; l++)
		levels[l] = calloc((size_t)LEAVES >> (8 * l), sizeof(struct ent_hash));
	roots = calloc(LEAVES + 1, sizeof(*roots));
	ent_frontier_root(&frontier, &roots[0]);
	for (uint64_t i = 0; i < LEAVES; i++) {
		hash_number(&levels[0][i], i);
		ent_frontier_add(&frontier, &levels[0][i]);
		ent_frontier_root(&frontier, &roots[i + 1]);
	}
	for (int l = 1; l < LEVELS; l++)
		for (size_t i = 0; i < (size_t)LEAVES >> (8 * l); i++)
			levels[l][i] = fold(&levels[l - 1][i * ENT_TLOG_TILE]);
	return 0;
}

static int
free_tree(void **state)
{
	(void)state;
	for (int l = 0; l < LEVELS; l++)
		free(levels[l]);
	free(roots);
	return 0;
}

static void
prove(uint64_t old_size, uint64_t new_size, bool right)
{
	ENT_AUTO_FINI(ent_buf) tiles = ent_buf_with_max((size_t)1 << 20);
	struct ent_tlog_tile_need needs[ENT_TLOG_CONSISTENCY_TILES];
	size_t count = ent_tlog_consistency_tiles(needs, old_size, new_size);
	struct ent_hash old_root, new_root;
	struct ent_error err = { 0 };

	for (size_t i = 0; i < count; i++) {
		assert_true(needs[i].width >= 1 && needs[i].width <= ENT_TLOG_TILE);
		assert_true(needs[i].n * ENT_TLOG_TILE + needs[i].width <= new_size >> (8 * needs[i].level));
		assert_ok(ent_buf_add(&tiles, ent_view_from(&levels[needs[i].level][needs[i].n * ENT_TLOG_TILE],
		    needs[i].width * sizeof(struct ent_hash)), &err));
	}
	if (!right)
		tiles.data[0] ^= 1;
	assert_ok(ent_tlog_consistency_roots(&old_root, &new_root, old_size, new_size, ent_buf_view(&tiles), &err));
	assert_int_equal(ent_hash_eq(&old_root, &roots[old_size]) && ent_hash_eq(&new_root, &roots[new_size]), right);
	assert_int_equal(ent_tlog_consistency_roots(&old_root, &new_root, old_size, new_size,
	    ent_view_slice(ent_buf_view(&tiles), 1, SIZE_MAX), &err), ENT_E_INPUT);
}

static void
tiles_prove_what_an_older_tree_was(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 3, 7, 128, 255, 256, 257, 300, 511, 512, 513, 4096, 20000, 65535, 65536, 65537, 65900, LEAVES };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(sizes); i++)
		for (size_t k = i; k < ENT_COUNT(sizes); k++) {
			prove(sizes[i], sizes[k], true);
			prove(sizes[i], sizes[k], false);
		}
	for (uint64_t n = 1; n <= 40; n++)
		for (uint64_t m = 0; m <= n; m++)
			prove(m, n, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_followed_in_parts_is_the_log),
		cmocka_unit_test(other_entries_than_the_checkpoint_s_change_nothing),
		cmocka_unit_test_setup_teardown(tiles_prove_what_an_older_tree_was, make_tree, free_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
