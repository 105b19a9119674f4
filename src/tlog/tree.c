#include "tlog/tlog.h"

/* RFC 6962 2.1: the two kinds of hashes have different first bytes, so that no entry can pose as an inner node. */
static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

void
ent_tlog_leaf_hash(struct ent_hash *out, struct ent_view entry)
{
	struct ent_view parts[] = { { &leaf_prefix, 1 }, entry };

	ent_sha256_parts(out, parts, ENT_COUNT(parts));
}

void
ent_tlog_node_hash(struct ent_hash *out, const struct ent_hash *left, const struct ent_hash *right)
{
	uint8_t both[1 + 2 * ENT_HASH_LEN];

	both[0] = node_prefix;
	memcpy(both + 1, left->bytes, ENT_HASH_LEN);
	memcpy(both + 1 + ENT_HASH_LEN, right->bytes, ENT_HASH_LEN);
	ent_sha256(out, ent_view_from(both, sizeof(both)));
}

void
ent_frontier_add(struct ent_frontier *frontier, const struct ent_hash *leaf)
{
	struct ent_hash carry = *leaf;
	unsigned level = 0;

	ENT_ASSERT(frontier->size < UINT64_MAX);
	for (; frontier->size >> level & 1; level++)
		ent_tlog_node_hash(&carry, &frontier->nodes[level], &carry);
	frontier->nodes[level] = carry;
	frontier->size++;
}

void
ent_frontier_root(const struct ent_frontier *frontier, struct ent_hash *out)
{
	bool have = false;

	if (frontier->size == 0)
		ent_sha256(out, ENT_VIEW_NONE);
	for (unsigned level = 0; level < 64; level++) {
		if ((frontier->size >> level & 1) == 0)
			continue;
		if (have)
			ent_tlog_node_hash(out, &frontier->nodes[level], out);
		else
			*out = frontier->nodes[level];
		have = true;
	}
}

/* The walk of RFC 9162 2.1.3.2 and 2.1.4.2 from a node towards the root; last is the rightmost node of the level. */
struct climb {
	uint64_t node, last;
};

static void
climb_up(struct climb *at)
{
	at->node >>= 1;
	at->last >>= 1;
}

/* Is the next hash of the proof our left sibling? Then skip the levels on which we have no sibling at all. */
static bool
climb_sibling_is_left(struct climb *at)
{
	if ((at->node & 1) == 0 && at->node != at->last)
		return false;
	while ((at->node & 1) == 0 && at->node != 0)
		climb_up(at);
	return true;
}

enum ent_status
ent_tlog_check_inclusion(const struct ent_tlog_proof *proof, uint64_t index, const struct ent_hash *leaf, uint64_t size,
    const struct ent_hash *root, struct ent_error *err)
{
	struct climb at = { index, size - 1 };
	struct ent_hash h = *leaf;

	if (index >= size || proof->count > ENT_TLOG_PROOF_MAX)
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "entry %llu cannot be in a log of %llu entries",
		    (unsigned long long)index, (unsigned long long)size);
	for (size_t i = 0; i < proof->count; i++) {
		if (at.last == 0)
			return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the inclusion proof of entry %llu is too long",
			    (unsigned long long)index);
		if (climb_sibling_is_left(&at))
			ent_tlog_node_hash(&h, &proof->hashes[i], &h);
		else
			ent_tlog_node_hash(&h, &h, &proof->hashes[i]);
		climb_up(&at);
	}
	if (at.last != 0 || !ent_hash_eq(&h, root))
		return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the proof does not show entry %llu in the log of %llu entries",
		    (unsigned long long)index, (unsigned long long)size);
	return ENT_OK;
}

static enum ent_status
inconsistent(uint64_t old_size, uint64_t new_size, struct ent_error *err)
{
	return ent_fail(err, ENT_E_LOG_INCONSISTENT, "the log of %llu entries is not shown to continue that of %llu entries",
	    (unsigned long long)new_size, (unsigned long long)old_size);
}

/* Sizes that need no hash: the same tree, and the empty one, which every tree continues. */
static enum ent_status
check_trivial_consistency(const struct ent_tlog_proof *proof, uint64_t old_size, const struct ent_hash *old_root,
    uint64_t new_size, const struct ent_hash *new_root, struct ent_error *err)
{
	struct ent_hash empty;

	ent_sha256(&empty, ENT_VIEW_NONE);
	if (proof->count != 0 || old_size > new_size || (old_size == 0 && !ent_hash_eq(old_root, &empty)) ||
	    (old_size == new_size && !ent_hash_eq(old_root, new_root)))
		return inconsistent(old_size, new_size, err);
	return ENT_OK;
}

enum ent_status
ent_tlog_check_consistency(const struct ent_tlog_proof *proof, uint64_t old_size, const struct ent_hash *old_root,
    uint64_t new_size, const struct ent_hash *new_root, struct ent_error *err)
{
	struct climb at = { old_size - 1, new_size - 1 };
	struct ent_hash old_hash, new_hash;
	bool old_is_full = (old_size & (old_size - 1)) == 0; /* then its root is the first hash, and is left out */
	size_t i = old_is_full ? 0 : 1;

	if (old_size == 0 || old_size >= new_size)
		return check_trivial_consistency(proof, old_size, old_root, new_size, new_root, err);
	if (proof->count == 0 || proof->count > ENT_TLOG_PROOF_MAX)
		return inconsistent(old_size, new_size, err);
	while (at.node & 1)
		climb_up(&at);
	old_hash = new_hash = old_is_full ? *old_root : proof->hashes[0];
	for (; i < proof->count; i++) {
		if (at.last == 0)
			return inconsistent(old_size, new_size, err);
		if (climb_sibling_is_left(&at)) {
			ent_tlog_node_hash(&old_hash, &proof->hashes[i], &old_hash);
			ent_tlog_node_hash(&new_hash, &proof->hashes[i], &new_hash);
		} else {
			ent_tlog_node_hash(&new_hash, &new_hash, &proof->hashes[i]);
		}
		climb_up(&at);
	}
	if (at.last != 0 || !ent_hash_eq(&old_hash, old_root) || !ent_hash_eq(&new_hash, new_root))
		return inconsistent(old_size, new_size, err);
	return ENT_OK;
}
