/* Checkpoints: a text that is accepted prints as it was, and opens under the key of its log and no other. */
#include "tlog/tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_opens(struct ent_view text, struct ent_view origin)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO(ent_signer) log = NULL;
	ENT_AUTO(ent_signer) other = NULL;
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	const struct ent_signer *signers[1];
	struct ent_error err = { 0 };
	struct ent_checkpoint cp;

	ENT_ASSERT(ent_arena_new(&arena, (size_t)4 * ENT_NOTE_MAX, &err) == ENT_OK);
	ENT_ASSERT(ent_signer_generate(&log, origin, ENT_NOTE_TYPE_ED25519, &err) == ENT_OK);
	ENT_ASSERT(ent_signer_generate(&other, ENT_LIT("au.example/officer/doe"), ENT_NOTE_TYPE_ED25519, &err) == ENT_OK);
	signers[0] = log;
	if (ent_note_sign(&note, text, signers, 1, &err) != ENT_OK)
		return; /* a byte order mark */
	ENT_ASSERT(ent_checkpoint_open(&cp, arena, ent_buf_view(&note), ent_signer_vkey(log), &err) == ENT_OK);
	ENT_ASSERT(ent_checkpoint_open(&cp, arena, ent_buf_view(&note), ent_signer_vkey(other), &err) == ENT_E_SIGNATURE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_view text = ent_view_from(data, len);
	struct ent_error err = { 0 };
	struct ent_checkpoint cp;

	if (ent_checkpoint_parse(&cp, text, &err) != ENT_OK)
		return 0;
	ENT_ASSERT(ent_checkpoint_print(&out, &cp, &err) == ENT_OK);
	ENT_ASSERT(ent_view_eq(ent_buf_view(&out), text));
	check_opens(text, cp.origin);
	return 0;
}
