/*
 * The seal of a file (charter section 5), opened by the node that decides, by the node that seals and by the reader: one function.
 */
#ifndef ENT_DECIDE_SEAL_H
#define ENT_DECIDE_SEAL_H

#include "charter/derive.h"
#include "tdf/policy.h"

struct ent_seal {
	struct ent_doc doc;               /* charter/v1 file */
	const struct ent_member_key *key; /* the originator's seal key behind it; of the state. It may be stopped: C-67 says what then */
	bool by_writer;                   /* signed by a writer's key, which `key` has certified (C-71) */
	struct ent_writer_doc writer;     /* then: the certificate */
};

/*
 * Open the seal that a policy carries: a charter/v1 file text of this charter, signed by a published seal key of its originator
 * that was not retired when the file was made, or by the key of a writer whom such a key has certified and whose certificate
 * covers `created`; with the policy's uuid, and with attributes and dissem equal to the policy's as sets, byte for byte. Whether
 * the key or the writer is stopped, custody, projects and the dates of now are not asked here. ENT_E_FORMAT, ENT_E_SYNTAX,
 * ENT_E_SIGNATURE, ENT_E_TAMPERED.
 */
ENT_MUST_USE enum ent_status ent_seal_open(struct ent_seal *out, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_policy *policy, struct ent_error *err);

/*
 * Open a writer's certificate for a file made at that time: a charter/v1 writer note of this charter for a person of its
 * originator, signed by a published seal key of it that was not retired then; the time is within its dates.
 */
ENT_MUST_USE enum ent_status ent_writer_open(struct ent_writer_doc *out, const struct ent_member_key **key, struct ent_arena *arena,
    const struct ent_state *state, struct ent_view note, int64_t created_unix_s, struct ent_error *err);

#endif
