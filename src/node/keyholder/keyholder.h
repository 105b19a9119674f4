/*
 * The keyholder: the only process with private keys, and the last one that can say no. Inside of the keyholder.
 *
 * It believes nothing that it is told about a request: it verifies the caller's own signature, takes session key, policy and
 * objects from what the caller signed, and lets a wrapped share or a seal out only against a record of exactly that in a
 * signed checkpoint of the access log (contracts, "Processes"). So a judge in wrong hands gets nothing out unlogged.
 */
#ifndef ENT_NODE_KEYHOLDER_KEYHOLDER_H
#define ENT_NODE_KEYHOLDER_KEYHOLDER_H

#include "base/clock.h"
#include "charter/docs.h"
#include "kas/rewrap.h"
#include "node/keyholder/held.h"
#include "node/keyholder/keyring.h"
#include "node/service.h"

/*
 * An answer has one session key of ours (wire reference 2.5), and a request of several policies takes a CHECK for each: what was
 * agreed for the last request token serves all of them.
 */
struct ent_agreement {
	struct ent_hash request;              /* SHA-256 of the request token */
	struct ent_secret *wk;                /* NULL: nothing was agreed */
	uint8_t session_public[ENT_SPKI_MAX]; /* our ephemeral key, SPKI */
	size_t session_public_len;
};

/*
 * The request that was verified last. Its policies come one CHECK after the other, each with the whole request: to verify and to
 * parse it every time would cost the square of its length, and one caller's large request would keep all others waiting.
 */
struct ent_verified {
	struct ent_hash message;  /* of access token, proof key and request token, as they came */
	int64_t ends_unix_s;      /* good up to then: the earlier end of the two tokens */
	struct ent_arena *arena;  /* NULL: nothing is kept */
	struct ent_rewrap_request request; /* in the arena */
};

struct ent_keyholder {
	const struct ent_node_config *config;
	struct ent_clock clock;
	struct ent_keyring keyring;
	struct ent_held_table held;
	struct ent_agreement agreement;
	struct ent_verified verified;
};
/* Wipe it. */
void ent_keyholder_forget_agreement(struct ent_keyholder *keyholder);
void ent_keyholder_forget_verified(struct ent_keyholder *keyholder);

/* One per message (messages.def); arg is the keyholder. */
enum ent_status ent_keyholder_keys(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err);
enum ent_status ent_keyholder_check(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err);
enum ent_status ent_keyholder_release(void *arg, struct ent_arena *arena, const struct ent_msg *request,
    struct ent_msg *answer, struct ent_error *err);
enum ent_status ent_keyholder_seal(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err);
enum ent_status ent_keyholder_token(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err);
enum ent_status ent_keyholder_open(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err);

/* What RELEASE and SEAL are shown. */
struct ent_evidence {
	struct ent_view entry;
	struct ent_view record;
	struct ent_view salt;
	struct ent_view proof;
	struct ent_view checkpoint;
};
/*
 * Is there an entry with this result, committing to this full record, in a checkpoint under this log key? *record is what it
 * says. ENT_E_REFUSED names the first link that does not hold.
 */
ENT_MUST_USE enum ent_status ent_evidence_check(struct ent_record_doc *record, struct ent_arena *arena,
    const struct ent_evidence *evidence, const struct ent_vkey *log_key, enum ent_result want, struct ent_error *err);

#endif
