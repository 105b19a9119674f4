/*
 * What CHECK has wrapped and nobody has got yet: kept under a one-time handle for a few seconds. Inside of the keyholder.
 * Only RELEASE takes an answer out, once; whatever else becomes of it, it is wiped.
 */
#ifndef ENT_NODE_KEYHOLDER_HELD_H
#define ENT_NODE_KEYHOLDER_HELD_H

#include "crypto/wrap.h"

#define ENT_HELD_LIFETIME_MS 5000
#define ENT_HELD_MAX 1024
#define ENT_HELD_SHARES_MAX 40
#define ENT_HELD_SID_MAX 64  /* as in records (docs, "sid") */
#define ENT_HELD_FILE_MAX 36 /* a UUID */

struct ent_held_share {
	char sid[ENT_HELD_SID_MAX + 1]; /* as records spell it: "-" when the file has none */
	char kid[ENT_KID_SIZE];
	struct ent_hash wrapped_hash;
	uint8_t wrapped[ENT_EC_WRAP_LEN];
};

struct ent_held {
	uint64_t handle;
	int64_t expires_mono_ms;
	struct ent_hash token;   /* SHA-256 of the access token */
	struct ent_hash policy;  /* SHA-256 of the base64 policy */
	struct ent_hash session; /* SHA-256 of the caller's session key, SPKI */
	char file[ENT_HELD_FILE_MAX + 1];
	uint8_t session_public[ENT_SPKI_MAX]; /* our ephemeral key of this answer, SPKI */
	size_t session_public_len;
	struct ent_held_share shares[ENT_HELD_SHARES_MAX];
	size_t share_count;
};
ENT_MUST_USE enum ent_status ent_held_new(struct ent_held **out, struct ent_error *err);
void ent_held_free(struct ent_held *held); /* wipes */
ENT_DEFINE_AUTO(ent_held)

struct ent_held_table {
	struct ent_held *items[ENT_HELD_MAX]; /* oldest first */
	size_t count;
};
void ent_held_table_fini(struct ent_held_table *table);

/* Keep held, which is moved from, under a fresh handle; the oldest makes room. */
ENT_MUST_USE enum ent_status ent_held_keep(struct ent_held_table *table, struct ent_held **held, int64_t now_mono_ms,
    uint64_t *handle, struct ent_error *err);

/* Move an answer out. ENT_E_REFUSED when there is none of that handle, or none any more. */
ENT_MUST_USE enum ent_status ent_held_take(struct ent_held_table *table, struct ent_held **out, uint64_t handle,
    int64_t now_mono_ms, struct ent_error *err);

/* Wipe what is over. How many ms until the next one is; -1: nothing is kept. */
int ent_held_expire(struct ent_held_table *table, int64_t now_mono_ms);

#endif
