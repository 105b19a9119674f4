/* The writer's certificate of a profile (C-71), and what the home node is asked to sign. Not installed. */
#ifndef ENT_CLIENT_WRITER_H
#define ENT_CLIENT_WRITER_H

#include <jansson.h>

#include "client/client.h"
#include "note/note.h"

struct ent_writer {
	struct ent_buf note;          /* the certificate */
	struct ent_writer_doc doc;    /* what it says; views into note */
	struct ent_signer *signer;    /* its key */
};
void ent_writer_fini(struct ent_writer *writer);

/*
 * The certificate in the profile's folder, for a file that is made at that time: of this charter, for this profile's person,
 * signed by a seal key that nothing speaks against, in date, with its key. Else an error that says what to do.
 */
ENT_MUST_USE enum ent_status ent_writer_load(struct ent_writer *out, const struct entente_profile *profile, struct ent_arena *arena,
    const struct ent_state *state, int64_t created_unix_s, struct ent_error *err);

/*
 * POST {<member>: JWS over claims, iat and exp} to a method of SealService, signed with the key that the access token is bound
 * to; the answer's note is added to note. Takes claims, which may be NULL for want of memory.
 */
ENT_MUST_USE enum ent_status ent_writer_ask(struct entente_profile *profile, const char *node, const char *method, const char *member,
    json_t *claims, struct ent_buf *note, struct ent_error *err);

#endif
