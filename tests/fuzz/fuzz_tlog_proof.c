/* Receipts: what is accepted prints as it was; proofs of any size end. */
#include "tlog/tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_proof(const struct ent_tlog_proof *proof, uint64_t index, const struct ent_hash *root)
{
	uint64_t size = index + 1 + root->bytes[0];
	struct ent_hash leaf = { { 0 } };

	/* A random proof can prove nothing; a proof of the one entry of a log is no hash and its root. */
	ENT_ASSERT(ent_tlog_check_inclusion(proof, index, &leaf, size, root, NULL) != ENT_OK || ent_hash_eq(&leaf, root));
	ENT_IGNORE(ent_tlog_check_consistency(proof, index, &leaf, size, root, NULL)); /* only that it ends */
	ENT_IGNORE(ent_tlog_check_consistency(proof, index / 2 + 1, &leaf, index, root, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_TLOG_PROOF_TEXT_MAX);
	struct ent_view note, text = ent_view_from(data, len);
	struct ent_tlog_proof proof;
	struct ent_error err = { 0 };
	struct ent_hash root;
	uint64_t index;

	if (ent_tlog_proof_parse(&index, &proof, &note, text, &err) != ENT_OK)
		return 0;
	ENT_ASSERT(ent_tlog_proof_print(&out, index, &proof, note, &err) == ENT_OK);
	ENT_ASSERT(ent_view_eq(ent_buf_view(&out), text));
	ent_sha256(&root, note);
	check_proof(&proof, index, &root);
	return 0;
}
