/*
 * What the two forms of `why` share: the state that the question is about, reasons, what is about to close, and how old the
 * copy of the charter is that answers. Nothing is decided here. Not installed.
 */
#ifndef ENT_CLIENT_WHY_H
#define ENT_CLIENT_WHY_H

#include "client/charter_io.h"

#define ENT_WHY_SOON_S (48 * 3600) /* what closes later than this is not worth a line */

enum ent_why_time {
	ENT_WHY_NOW,
	ENT_WHY_THEN,  /* as of an earlier time: what took effect later is left out (C-51) */
	ENT_WHY_AHEAD, /* at a later time, if nothing more is heard */
};

/* The newest sign of life that the copy holds of a member, whatever time is asked about. */
struct ent_why_known {
	struct ent_view member;
	int64_t alive_unix_s; /* 0: none */
};

struct ent_why_closing {
	int64_t at_unix_s;  /* 0: nothing closes soon */
	const char *unless; /* "uk.example is heard" */
};

struct ent_why {
	struct ent_arena *arena;
	struct ent_state *state;
	enum ent_why_time time;
	bool offline;
	struct ent_why_known *known;
	size_t known_count;
	bool has_view;
	struct ent_hash view; /* of the whole copy */

	struct ent_view party, project; /* project empty: not known */
	struct ent_participation part;
	struct ent_reasons reasons;
	struct ent_why_closing closing;
};

ENT_MUST_USE enum ent_status ent_why_open(struct ent_why *why, struct entente_profile *profile, const struct entente_question *question,
    struct ent_error *err);
/* The same over a charter that is there. */
ENT_MUST_USE enum ent_status ent_why_look(struct ent_why *why, const struct ent_charter *charter, const char *at, int64_t now_unix_s,
    struct ent_error *err);
void ent_why_fini(struct ent_why *why);

/* How the party takes part in the project, and when that ends. */
ENT_MUST_USE enum ent_status ent_why_part(struct ent_why *why, struct ent_view party, struct ent_view project, struct ent_error *err);
/* When the participation closes if nothing more is heard, and who or what would keep it open (C-29). */
ENT_MUST_USE enum ent_status ent_why_closing(struct ent_why *why, struct ent_error *err);

/* What PARTY PROJECT asks: node, party, project. */
ENT_MUST_USE enum ent_status ent_why_party(struct ent_why *why, struct ent_view party, struct ent_view project, struct ent_error *err);

/* "at 2026-11-21T09:00:00Z.\n": how a headline ends. */
ENT_MUST_USE enum ent_status ent_why_words_end(struct ent_buf *out, const struct ent_why *why, struct ent_error *err);
/* Below the headline: what blocks, what is provided, what is well, cures, what closes, by which copy. */
ENT_MUST_USE enum ent_status ent_why_words(struct ent_buf *out, const struct ent_why *why, struct ent_error *err);
/* "text (cite)\n" */
ENT_MUST_USE enum ent_status ent_why_words_reason(struct ent_buf *out, const struct ent_reason *reason, struct ent_error *err);
/* The same as members of an object. */
ENT_MUST_USE enum ent_status ent_why_json(json_t *root, const struct ent_why *why, struct ent_error *err);
json_t *ent_why_json_reasons(const struct ent_reasons *reasons);
json_t *ent_why_json_text(struct ent_view text); /* null when it is empty or not UTF-8 */

#endif
