/* The member's private keys, loaded once at start. Inside of the keyholder. */
#ifndef ENT_NODE_KEYHOLDER_KEYRING_H
#define ENT_NODE_KEYHOLDER_KEYRING_H

#include "crypto/key.h"
#include "node/process.h"
#include "note/note.h"

#define ENT_LIMIT_DATA_KEYS 64

struct ent_data_key {
	char kid[ENT_KID_SIZE];
	struct ent_key *key;
};

struct ent_keyring {
	struct ent_data_key data[ENT_LIMIT_DATA_KEYS]; /* sorted by kid */
	size_t data_count;
	struct ent_signer *seal;
	char seal_kid[ENT_SEAL_KID_SIZE];
	struct ent_key *issuer;
	char issuer_kid[ENT_KID_SIZE];
	char access_line[ENT_NOTE_KEY_LINE_MAX + 1];
	struct ent_vkey access_log; /* the public half only: whoever releases must not be able to sign that it was logged */
};
void ent_keyring_fini(struct ent_keyring *keyring);

/*
 * From <home>/keys: data/<kid>.pem, seal.key, issuer.pem, access.vkey; at a partner's node issuer.pem alone. A key whose name
 * is not its own, a file open to group or others, a key of another member: ENT_E_CONFIG.
 */
ENT_MUST_USE enum ent_status ent_keyring_load(struct ent_keyring *out, const struct ent_node_config *config,
    struct ent_error *err);

/* NULL when there is none. */
const struct ent_data_key *ent_keyring_find(const struct ent_keyring *keyring, struct ent_view kid);

#endif
