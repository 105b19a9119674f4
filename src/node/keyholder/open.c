/*
 * OPEN: a record that another member sealed to us (C-75). The judge may read what is inside; the key stays here. It is no way
 * to a share: shares are wrapped under another derivation of the shared secret (src/jose/jwe.h), and no share is a JWE.
 */
#include "jose/jwe.h"
#include "node/keyholder/keyholder.h"

enum ent_status
ent_keyholder_open(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer, struct ent_error *err)
{
	const struct ent_keyholder *keyholder = arg;
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	ENT_AUTO_FINI(ent_buf) plain = ent_buf_with_max(ENT_JWE_PLAIN_MAX);
	const struct ent_data_key *key;

	ENT_TRY(ent_jwe_parse(&jwe, arena, request->open.jwe, err));
	key = ent_keyring_find(&keyholder->keyring, jwe.kid);
	if (key == NULL)
		return ent_fail(err, ENT_E_NOT_FOUND, "it is sealed to the key %.*s, which is not here", ENT_FMT(jwe.kid));
	ENT_TRY(ent_jwe_open(&plain, &jwe, key->key, err));
	answer->type = ENT_MSG_OPENED;
	return ent_arena_dup(arena, &answer->opened.payload, ent_buf_view(&plain), err);
}
