/* An officer's desk: one charter command at work, from the keys that are given to a statement that is submitted or kept. Not installed. */
#ifndef ENT_CLIENT_CHARTER_DESK_H
#define ENT_CLIENT_CHARTER_DESK_H

#include "client/charter_io.h"

struct ent_desk {
	struct entente_profile *profile;
	struct ent_arena *arena;
	struct ent_charter *charter;   /* the profile's copy, brought up to date unless offline */
	const struct ent_epoch *epoch;
	struct ent_state *state;       /* as of the beginning; not to be used once the charter grew */
	const struct ent_party *self;  /* for whom the profile speaks */
	bool member;                   /* else a partner */
	bool offline;                  /* nothing is asked and nothing submitted */
	struct ent_officer_keys keys;
	struct ent_buf words;          /* what the command will say */
};
void ent_desk_fini(struct ent_desk *desk);
ENT_MUST_USE enum ent_status ent_desk_open(struct ent_desk *desk, struct entente_profile *profile, struct entente_list keys, int offline,
    struct ent_error *err);

/* The lines that every statement begins with; a stop has no last day. */
void ent_desk_begin(const struct ent_desk *desk, struct ent_doc *doc, enum ent_act act);

/* "en Joint work package 4." NULL leaves *out as it is. ENT_E_USAGE without a language. */
ENT_MUST_USE enum ent_status ent_title_read(struct ent_title *out, const char *text, struct ent_error *err);

/*
 * Print, sign, and hand over when enough have signed and the desk is not offline; else keep it in `output` (NULL: a name made of
 * kind and hash) and say who may still sign and what to type then.
 */
ENT_MUST_USE enum ent_status ent_desk_finish(struct ent_desk *desk, const struct ent_doc *doc, const char *output, const char *kind,
    enum entente_format format, char **report, struct ent_error *err);

/*
 * One hash among those offered, by its first digits (8 or more). Offer all, then take: ENT_E_USAGE when the digits are none or
 * too few, or fit several (which it lists); ENT_E_NOT_FOUND when they fit none, naming `what` and listing up to a few of those offered.
 */
#define ENT_PICK_LIST 5
struct ent_pick {
	const char *digits;
	const char *what;      /* "proposal" */
	size_t fits;           /* how many different hashes fit */
	struct ent_hash hash;  /* the first that fits */
	const void *item;      /* its */
	struct ent_buf fit;    /* those that fit, listed */
	struct ent_buf others; /* some that do not */
	size_t other_count;
};
ENT_MUST_USE enum ent_status ent_pick_begin(struct ent_pick *pick, const char *digits, const char *what, struct ent_error *err);
void ent_pick_fini(struct ent_pick *pick);
ENT_MUST_USE enum ent_status ent_pick_offer(struct ent_pick *pick, const struct ent_hash *hash, const void *item, struct ent_view name,
    struct ent_error *err);
ENT_MUST_USE enum ent_status ent_pick_take(const struct ent_pick *pick, const char *advice, struct ent_error *err);

/* A proposal that is known here, by the first digits of its hash. */
ENT_MUST_USE enum ent_status ent_desk_proposal(const struct ent_desk *desk, const char *digits, const struct ent_doc **out, struct ent_error *err);

/* Is it a party, or a project, that this copy knows of? ENT_E_NOT_FOUND names those that it knows; offline the copy may be old: no failure. */
ENT_MUST_USE enum ent_status ent_desk_know_party(const struct ent_desk *desk, struct ent_view name, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_desk_know_project(const struct ent_desk *desk, struct ent_view name, struct ent_error *err);
/* Is the project's pillar open to partners? Else ENT_E_REFUSED: nobody is admitted there, whoever signs (C-59). ENT_OK for an unknown project. */
ENT_MUST_USE enum ent_status ent_desk_pillar_open(const struct ent_desk *desk, struct ent_view project, struct ent_error *err);

#endif
