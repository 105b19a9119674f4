#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tlog/tlog.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

enum { TREES_MAX = 600, PAIRS_MAX = 70 };

static struct ent_hash leaves[TREES_MAX];

/* RFC 6962 2.1 word for word: as slow as it is plain. */
static struct ent_hash
naive_root(size_t first, size_t end)
{
	struct ent_hash left, right, out;
	size_t half = 1;

	if (end - first == 1)
		return leaves[first];
	while (half * 2 < end - first)
		half *= 2;
	left = naive_root(first, first + half);
	right = naive_root(first + half, end);
	ent_tlog_node_hash(&out, &left, &right);
	return out;
}

/* RFC 6962 2.1.1 */
static void
naive_path(struct ent_tlog_proof *out, size_t index, size_t first, size_t end)
{
	size_t half = 1;

	if (end - first == 1)
		return;
	while (half * 2 < end - first)
		half *= 2;
	if (index < first + half) {
		naive_path(out, index, first, first + half);
		out->hashes[out->count++] = naive_root(first + half, end);
	} else {
		naive_path(out, index, first + half, end);
		out->hashes[out->count++] = naive_root(first, first + half);
	}
}

/* RFC 6962 2.1.2, SUBPROOF; size counts from first. */
static void
naive_subproof(struct ent_tlog_proof *out, size_t size, size_t first, size_t end, bool whole)
{
	size_t half = 1;

	if (size == end - first) {
		if (!whole)
			out->hashes[out->count++] = naive_root(first, end);
		return;
	}
	while (half * 2 < end - first)
		half *= 2;
	if (size <= half) {
		naive_subproof(out, size, first, first + half, whole);
		out->hashes[out->count++] = naive_root(first + half, end);
	} else {
		naive_subproof(out, size - half, first + half, end, false);
		out->hashes[out->count++] = naive_root(first, first + half);
	}
}

static int
make_leaves(void **state)
{
	(void)state;
	for (size_t i = 0; i < TREES_MAX; i++) {
		const uint8_t entry[] = { (uint8_t)(i >> 8), (uint8_t)i };

		ent_tlog_leaf_hash(&leaves[i], ent_view_from(entry, i % 3)); /* lengths 0, 1 and 2 */
	}
	return 0;
}

static void
assert_hex(const struct ent_hash *hash, const char *want)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, hash);
	assert_string_equal(hex, want);
}

static void
hashes_are_those_of_rfc_6962(void **state)
{
	static const char *const entries[] = { "", "\x00", "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43",
		"\x50\x51\x52\x53\x54\x55\x56\x57", "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f" };
	static const size_t lens[] = { 0, 1, 1, 2, 2, 4, 8, 16 };
	/* Roots of the first n of these entries, from the reference implementation of RFC 6962's authors. */
	static const char *const roots[] = {
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	struct ent_frontier frontier = { 0 };
	struct ent_hash hash;

	(void)state;
	for (size_t n = 0; n < ENT_COUNT(roots); n++) {
		ent_frontier_root(&frontier, &hash);
		assert_hex(&hash, roots[n]);
		if (n == ENT_COUNT(entries))
			return;
		ent_tlog_leaf_hash(&hash, ent_view_from(entries[n], lens[n]));
		ent_frontier_add(&frontier, &hash);
	}
}

static void
a_frontier_has_the_root_of_the_plain_definition_at_every_size(void **state)
{
	struct ent_frontier frontier = { 0 };

	(void)state;
	for (size_t n = 0; n < TREES_MAX; n++) {
		struct ent_hash root, want;

		ent_frontier_add(&frontier, &leaves[n]);
		assert_int_equal(frontier.size, n + 1);
		ent_frontier_root(&frontier, &root);
		want = naive_root(0, n + 1);
		assert_true(ent_hash_eq(&root, &want));
	}
}

static bool
included(const struct ent_tlog_proof *proof, uint64_t index, const struct ent_hash *leaf, uint64_t size,
    const struct ent_hash *root)
{
	struct ent_error err = { 0 };
	enum ent_status status = ent_tlog_check_inclusion(proof, index, leaf, size, root, &err);

	assert_true(status == ENT_OK || status == ENT_E_LOG_INCONSISTENT);
	return status == ENT_OK;
}

/* One proof, and everything near it that must not pass. */
static void
check_inclusion_at(size_t index, size_t size)
{
	struct ent_tlog_proof proof = { .count = 0 };
	struct ent_hash root = naive_root(0, size);

	naive_path(&proof, index, 0, size);
	assert_true(included(&proof, index, &leaves[index], size, &root));
	assert_false(included(&proof, index, &root, size, &leaves[index]) && size > 1);
	assert_false(included(&proof, size, &leaves[index], size, &root));
	assert_false(included(&proof, index, &leaves[index], 0, &root));
	assert_false(size > 1 && included(&proof, index ^ 1, &leaves[index], size, &root));
	for (size_t i = 0; i < proof.count; i++) {
		proof.hashes[i].bytes[31] ^= 1;
		assert_false(included(&proof, index, &leaves[index], size, &root));
		proof.hashes[i].bytes[31] ^= 1;
	}
	proof.hashes[proof.count++] = root;
	assert_false(included(&proof, index, &leaves[index], size, &root));
	proof.count -= 2;
	assert_false(size > 1 && included(&proof, index, &leaves[index], size, &root));
}

static void
every_inclusion_proof_of_small_trees_checks_and_its_neighbours_do_not(void **state)
{
	(void)state;
	for (size_t size = 1; size <= PAIRS_MAX; size++)
		for (size_t index = 0; index < size; index++)
			check_inclusion_at(index, size);
}

static void
inclusion_proofs_of_larger_trees_check(void **state)
{
	static const size_t sizes[] = { 127, 128, 129, 255, 256, 257, 300, 511, 512, 513, 599, 600 };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(sizes); i++)
		for (size_t index = 0; index < sizes[i]; index += 1 + index % 17)
			check_inclusion_at(index, sizes[i]);
}

static bool
consistent(const struct ent_tlog_proof *proof, uint64_t a, const struct ent_hash *ra, uint64_t b, const struct ent_hash *rb)
{
	struct ent_error err = { 0 };
	enum ent_status status = ent_tlog_check_consistency(proof, a, ra, b, rb, &err);

	assert_true(status == ENT_OK || status == ENT_E_LOG_INCONSISTENT);
	return status == ENT_OK;
}

static void
check_consistency_at(size_t a, size_t b)
{
	struct ent_tlog_proof proof = { .count = 0 };
	struct ent_hash ra = naive_root(0, a), rb = naive_root(0, b);

	if (a < b)
		naive_subproof(&proof, a, 0, b, true);
	assert_true(consistent(&proof, a, &ra, b, &rb));
	assert_false(a != b && consistent(&proof, b, &rb, a, &ra));
	assert_false(a != b && consistent(&proof, a, &rb, b, &rb));
	assert_false(a != b && consistent(&proof, a, &ra, b, &ra));
	for (size_t i = 0; i < proof.count; i++) {
		proof.hashes[i].bytes[0] ^= 0x80;
		assert_false(consistent(&proof, a, &ra, b, &rb));
		proof.hashes[i].bytes[0] ^= 0x80;
	}
	proof.hashes[proof.count++] = ra;
	assert_false(consistent(&proof, a, &ra, b, &rb));
	proof.count = proof.count > 1 ? proof.count - 2 : 0;
	assert_false(a != b && consistent(&proof, a, &ra, b, &rb));
}

static void
every_consistency_proof_of_small_trees_checks_and_its_neighbours_do_not(void **state)
{
	(void)state;
	for (size_t b = 1; b <= PAIRS_MAX; b++)
		for (size_t a = 1; a <= b; a++)
			check_consistency_at(a, b);
}

static void
consistency_proofs_of_larger_trees_check(void **state)
{
	static const size_t sizes[] = { 128, 255, 256, 257, 511, 512, 600 };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(sizes); i++)
		for (size_t a = 1; a <= sizes[i]; a += 1 + a % 13)
			check_consistency_at(a, sizes[i]);
}

static void
every_tree_continues_the_empty_one_and_only_the_empty_one(void **state)
{
	struct ent_tlog_proof none = { .count = 0 };
	struct ent_hash root = naive_root(0, 5), empty;

	(void)state;
	ent_sha256(&empty, ENT_VIEW_NONE);
	assert_true(consistent(&none, 0, &empty, 5, &root));
	assert_true(consistent(&none, 0, &empty, 0, &empty));
	assert_false(consistent(&none, 0, &root, 5, &root));
	assert_false(consistent(&none, 5, &root, 5, &empty));
}

static void
proofs_of_absurd_sizes_end(void **state)
{
	struct ent_tlog_proof full = { .count = ENT_TLOG_PROOF_MAX };
	struct ent_tlog_proof over = { .count = ENT_TLOG_PROOF_MAX + 1 };

	(void)state;
	assert_false(included(&full, UINT64_MAX - 1, &leaves[0], UINT64_MAX, &leaves[1]));
	assert_false(included(&over, 0, &leaves[0], 2, &leaves[1]));
	assert_false(consistent(&full, UINT64_MAX - 1, &leaves[0], UINT64_MAX, &leaves[1]));
	assert_false(consistent(&full, (uint64_t)1 << 63, &leaves[0], UINT64_MAX, &leaves[1]));
	assert_false(consistent(&over, 1, &leaves[0], 2, &leaves[1]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_rfc_6962),
		cmocka_unit_test(a_frontier_has_the_root_of_the_plain_definition_at_every_size),
		cmocka_unit_test(every_inclusion_proof_of_small_trees_checks_and_its_neighbours_do_not),
		cmocka_unit_test(inclusion_proofs_of_larger_trees_check),
		cmocka_unit_test(every_consistency_proof_of_small_trees_checks_and_its_neighbours_do_not),
		cmocka_unit_test(consistency_proofs_of_larger_trees_check),
		cmocka_unit_test(every_tree_continues_the_empty_one_and_only_the_empty_one),
		cmocka_unit_test(proofs_of_absurd_sizes_end),
	};

	return cmocka_run_group_tests(tests, make_leaves, NULL);
}
