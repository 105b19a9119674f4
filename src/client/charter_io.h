/* What the charter commands share: homes, officers' keys, texts and notes on disk, submitting. Not installed. */
#ifndef ENT_CLIENT_CHARTER_IO_H
#define ENT_CLIENT_CHARTER_IO_H

#include <jansson.h>

#include "client/client.h"
#include "codec/time.h"

/* A node's home, as far as its operator's commands read it. */
struct ent_home {
	const char *dir;
	const char *party;
	const char *url;
};
ENT_MUST_USE enum ent_status ent_home_read(struct ent_home *out, struct ent_arena *arena, const char *home, struct ent_error *err);
/* <home>/keys/<role>.vkey */
ENT_MUST_USE enum ent_status ent_home_vkey(const struct ent_home *home, const char *role, struct ent_arena *arena, uint8_t type,
    struct ent_vkey *out, struct ent_error *err);

#define ENT_OFFICER_KEYS_MAX 32
struct ent_officer_keys {
	struct ent_signer *signers[ENT_OFFICER_KEYS_MAX];
	size_t count;
};
ENT_MUST_USE enum ent_status ent_officer_keys_load(struct ent_officer_keys *out, struct entente_list paths, struct ent_error *err);
void ent_officer_keys_fini(struct ent_officer_keys *keys);
/* Each key is an officer's of one of these parties; a signature of anybody else would be refused by every node, much later. */
ENT_MUST_USE enum ent_status ent_officer_keys_check(const struct ent_officer_keys *keys, struct entente_list paths,
    const struct ent_party *parties, size_t party_count, struct ent_error *err);

/* NULL: no member of that name. */
const struct ent_party *ent_member_named(const struct ent_epoch *epoch, struct ent_view name);

/* A file that holds a bare text or a signed note; bytes live in the arena, note.signature_count 0 for a bare text. */
struct ent_paper {
	struct ent_view bytes;
	struct ent_note note;
	struct ent_doc doc;
};
ENT_MUST_USE enum ent_status ent_paper_read(struct ent_paper *out, struct ent_arena *arena, const char *path, struct ent_error *err);

/* How many officers must sign a statement of this party, and whose key is not counted: a stop of an officer's key is decided without it (C-9). */
struct ent_need {
	uint32_t count;
	const struct ent_vkey *without; /* NULL: everybody's counts */
};
struct ent_need ent_statement_need(const struct ent_statement *statement, const struct ent_party *party);

/* `<name>+<8 hex>`: how texts refer to a key that signs notes. */
struct ent_view ent_key_reference(const struct ent_vkey *key);

/*
 * Whose officers speak under that name: a member, or a partner as its party proposal says. state: of this charter now; NULL: it is
 * derived if need be. ENT_E_NOT_FOUND. *out is the charter's.
 */
ENT_MUST_USE enum ent_status ent_charter_author(const struct ent_party **out, const struct ent_charter *charter, const struct ent_state *state,
    struct ent_view name, struct ent_error *err);

/* A line for each party that signs this text (a statement's, or every member of an epoch): who has, and who may still. charter: for statements. */
ENT_MUST_USE enum ent_status ent_paper_report(struct ent_buf *out, const struct ent_paper *paper, const struct ent_charter *charter,
    bool *complete, struct ent_error *err);

/* POST to <node>/charter/submit. *index = the entry's, UINT64_MAX for a proposal. ENT_E_REFUSED with the node's reason. */
ENT_MUST_USE enum ent_status ent_submit(struct entente_profile *profile, struct ent_view bytes, uint64_t *index, struct ent_error *err);

/* What a command that changed something says: what was done, the hash, words, and where it went. */
ENT_MUST_USE enum ent_status ent_say(char **out, enum entente_format format, const char *what, const struct ent_hash *hash, uint64_t index,
    const char *path, struct ent_view words, struct ent_error *err);

/* The state now: over what the cache holds, or after asking the home node what is new. */
ENT_MUST_USE enum ent_status ent_profile_look(struct entente_profile *profile, int offline, struct ent_state **state, struct ent_error *err);

/* Print an object, indented; takes the reference. */
ENT_MUST_USE enum ent_status ent_give_json(struct ent_buf *out, json_t *root, struct ent_error *err);

#endif
