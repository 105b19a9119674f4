/* Receipts: the text form of tlog-proof. */
#include "tlog/text.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"

enum ent_status
ent_tlog_proof_print(struct ent_buf *out, uint64_t index, const struct ent_tlog_proof *proof,
    struct ent_view checkpoint_note, struct ent_error *err)
{
	ENT_ASSERT(proof->count <= ENT_TLOG_PROOF_MAX);
	ENT_TRY(ent_buf_printf(out, err, FIRST_LINE "\nindex %llu\n", (unsigned long long)index));
	for (size_t i = 0; i < proof->count; i++)
		ENT_TRY(ent_tlog_print_hash(out, &proof->hashes[i], err));
	ENT_TRY(ent_buf_add_byte(out, '\n', err));
	return ent_buf_add(out, checkpoint_note, err);
}

static enum ent_status
parse_hashes(struct ent_tlog_proof *proof, struct ent_view *rest, struct ent_error *err)
{
	struct ent_view line;

	for (proof->count = 0;; proof->count++) {
		ENT_TRY(ent_tlog_take_line(&line, rest, err));
		if (line.len == 0)
			return ENT_OK;
		if (proof->count == ENT_TLOG_PROOF_MAX)
			return ent_fail(err, ENT_E_LIMIT, "a proof of more than %d hashes", ENT_TLOG_PROOF_MAX);
		ENT_TRY(ent_hash_from_base64(&proof->hashes[proof->count], line, err));
	}
}

enum ent_status
ent_tlog_proof_parse(uint64_t *index, struct ent_tlog_proof *proof, struct ent_view *checkpoint_note,
    struct ent_view text, struct ent_error *err)
{
	const struct ent_view keyword = ENT_LIT("index ");
	struct ent_view line, rest = text;

	if (text.len > ENT_TLOG_PROOF_TEXT_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a receipt of %zu bytes, limit %d", text.len, ENT_TLOG_PROOF_TEXT_MAX);
	ENT_TRY(ent_tlog_take_line(&line, &rest, err));
	if (!ent_view_eq(line, ENT_LIT(FIRST_LINE)))
		return ent_fail(err, ENT_E_SYNTAX, "not a receipt: its first line must be " FIRST_LINE);
	ENT_TRY(ent_tlog_take_line(&line, &rest, err));
	if (ent_view_starts(line, ENT_LIT("extra ")))
		return ent_fail(err, ENT_E_UNSUPPORTED, "a receipt with extra data, which nobody has signed");
	if (!ent_view_starts(line, keyword))
		return ent_fail(err, ENT_E_SYNTAX, "a receipt's second line must be its index");
	ENT_TRY(ent_tlog_parse_number(index, ent_view_slice(line, keyword.len, line.len), err));
	ENT_TRY(parse_hashes(proof, &rest, err));
	if (rest.len == 0)
		return ent_fail(err, ENT_E_SYNTAX, "a receipt without a checkpoint");
	*checkpoint_note = rest;
	return ENT_OK;
}
