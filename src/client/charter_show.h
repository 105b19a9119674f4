/* charter show: what the words and the JSON are both made of. Not installed. */
#ifndef ENT_CLIENT_CHARTER_SHOW_H
#define ENT_CLIENT_CHARTER_SHOW_H

#include "client/charter_io.h"
#include "client/charter_words.h"

#define ENT_SHOW_SOON_S (7 * 86400)   /* "closes soon" */
#define ENT_SHOW_LATELY_S (30 * 86400) /* what ended longer ago is not worth an officer's eyes; JSON has it */

/* Something that ends, or closes unless more is heard, within ENT_SHOW_SOON_S. */
struct ent_show_end {
	int64_t at_unix_s;
	const char *what; /* "the consent of au.example to project quantum ends" */
};
struct ent_show_ends {
	struct ent_arena *arena;
	struct ent_show_end *items; /* soonest first */
	size_t count;
	size_t cap;
};
ENT_MUST_USE enum ent_status ent_show_ends_collect(struct ent_show_ends *ends, const struct ent_state *state, struct ent_error *err);

/* Does this proposal belong under "pending", "no longer in force" or neither? */
bool ent_show_is_pending(const struct ent_standing *standing);
bool ent_show_is_over(const struct ent_state *state, const struct ent_standing *standing);
/* How many of the epoch's members must consent to proposals of this kind; 0: its kind has no rule here, so it is never in force (C-17). */
size_t ent_show_needed(const struct ent_epoch *epoch, enum ent_proposal_kind kind);
/* A stop as the statement that it is, for ent_words_deed(). */
struct ent_statement ent_show_stop(const struct ent_stop *stop);

ENT_MUST_USE enum ent_status ent_show_words(struct ent_buf *out, const struct ent_state *state, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_show_json(struct ent_buf *out, const struct ent_state *state, struct ent_error *err);
json_t *ent_show_party_json(const struct ent_member_state *party);

#endif
