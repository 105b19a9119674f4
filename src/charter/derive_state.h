/*
 * Inside of struct ent_state. Only derive*.c include this.
 *
 * A state lives on from step to step (ent_derive_next). What costs most, who holds which name, is kept with the span of times
 * at which it stays the same, and replayed when an input of it arrived or the span is left. How a single proposal stands is
 * found when it is asked: it needs no memory of its own, so that questions cannot fail.
 */
#ifndef ENT_CHARTER_DERIVE_STATE_H
#define ENT_CHARTER_DERIVE_STATE_H

#include "charter/charter_force.h"

#define ENT_NEVER INT64_MAX

/* A proposal. */
struct row {
	struct ent_standing pub; /* first: a row is found from what callers hold */
	const struct target *target;
	struct name *name;
	struct row *replaces;     /* of the same name; NULL: none, or its text is not here */
	/* What the replay gave: */
	bool took;                /* it held its name once */
	bool replaced;
	bool contradicted;        /* another party's proposal with its key or issuer holds that name (C-57) */
	struct row *lost_to;      /* NULL, or which took the name from it while it held it, and when */
	int64_t lost_unix_s;
	size_t standing;          /* members with a consent that stands */
	/* While it runs: */
	bool expired, begun;
	uint64_t complete_since;  /* number of the event that made it complete; 0: it is not */
	size_t number;            /* in the replay */
	/* Found when asked, good in one step: */
	uint64_t settled;
	enum ent_force base;      /* what it would be if it were not stopped */
	size_t counting;          /* members whose consents count */
};

/* Who held a name, and when; until ENT_NEVER: it does. */
struct reign {
	struct row *row;
	int64_t from_unix_s, until_unix_s;
};

/* All proposals of one name. */
struct name {
	const struct group *group;
	struct row **rows;         /* sorted by hash */
	size_t row_count, row_cap;
	struct row *holder;
	struct reign *reigns;      /* in order of time */
	size_t reign_count, reign_cap;
	const struct ent_vkey *log_key; /* of a party: of the first that held it (C-56) */
	uint64_t asked;            /* the step in which `about` was found */
	struct row *about;
};

/* Names that are replayed together: one, or parties that might repeat each other's keys. */
struct unit {
	struct span span;
	uint64_t generation;       /* the charter's when it was replayed; 0: never */
	struct name **names;
	size_t name_count;
	struct name *only;         /* where names points, if it is one */
};

struct event;

/* A member, or a partner whose proposal has held its name. */
struct party {
	struct ent_member_state pub; /* first */
	size_t log;                  /* index in charter->logs; SIZE_MAX: not followed */
	struct name *name;           /* of a partner; NULL: a member */
	int64_t left_unix_s;         /* a member's withdrawal from membership; ENT_NEVER: none */
	struct ent_hash log_key_target, access_key_target; /* which stops are of its own keys */
	uint64_t finished;           /* a partner: the step in which pub was */
	const struct row *ahead;     /* NULL, or a proposal that is taken as if it held the name: see ent_derive_ahead() */
};

struct ent_state {
	struct ent_arena *arena;     /* rows and names: what lives as long as the state */
	const struct ent_charter *charter;
	struct as_of when;
	uint64_t generation;         /* the charter's at this step */
	uint64_t step;
	struct span span;            /* of what every unit depends on */
	struct key_clock **clocks;
	size_t clock_count, clock_cap;
	bool partner_clocks_stale;   /* of members they are made with the span, of partners when it is known who held which name */
	struct row **rows;           /* sorted by hash */
	struct row **sorted;         /* by kind, name, hash */
	size_t row_count, row_cap;
	size_t project_count;        /* the first of sorted */
	struct name **names;         /* by the index of the charter's group */
	struct unit *units;          /* the same, but of parties */
	size_t name_count, name_cap;
	struct unit *party_units;
	struct name **party_names;   /* what these point to */
	size_t party_unit_count;
	bool party_units_stale;
	struct event *events;        /* room for a replay */
	size_t event_cap;
	uint32_t *depth;
	size_t depth_cap;
	struct party *members;       /* in the epoch's order */
	size_t member_count;
	/* Partners and keys, made anew when something about them changed: */
	struct ent_arena *key_arena;
	uint64_t keys_made;          /* the charter's generation then; 0: never */
	struct span key_span;
	struct party **partners;     /* by name */
	size_t partner_count;
	/* Lists that are made when they are asked for: */
	struct ent_arena *list_arena;
	uint64_t stops_listed, accreditations_listed; /* the steps */
	struct ent_stop *stops;
	size_t stop_count;
	struct ent_accreditation *accreditations;
	size_t accreditation_count;
};

/* The latest time of which this node may hear now: clocks may differ by 120 s. */
static inline int64_t
horizon(const struct ent_state *state)
{
	return as_of_horizon(&state->when);
}

static inline struct row *
row_of(const struct ent_standing *standing)
{
	return (struct row *)(void *)standing; /* its first member */
}

static inline const struct ent_proposal *
proposal_of(const struct row *row)
{
	return &row->target->doc->proposal;
}

/* Questions to the logs at the state's time; span: NULL, or what to cut. */
static inline struct force
force_of(const struct ent_state *state, struct span *span)
{
	return (struct force){ state->charter, state->when, state->clocks, state->clock_count, span };
}

/* ---- derive_rows.c: the proposals and their names ---- */

ENT_MUST_USE enum ent_status ent_derive_rows(struct ent_state *state, struct ent_error *err);
void ent_derive_rows_free(struct ent_state *state);
struct row *ent_derive_row(const struct ent_state *state, const struct ent_hash *hash);
struct name *ent_derive_name(const struct ent_state *state, enum ent_proposal_kind kind, struct ent_view name, struct ent_view project);
/* What the name is about (C-23), settled; NULL: no such proposal. */
struct row *ent_derive_about(const struct ent_state *state, struct name *name);
/* Is `ancestor` the row, or one that was in force and that it replaced, through any chain (C-21)? */
bool ent_derive_descends(const struct ent_state *state, const struct row *row, const struct ent_hash *ancestor);
/* Does one repeat a key or an issuer of the other (C-57)? */
bool ent_derive_contradicts(const struct row *a, const struct row *b);
ENT_MUST_USE enum ent_status ent_derive_party_units(struct ent_state *state, struct ent_error *err);

/* ---- derive_name.c: who holds a name ---- */

/* The rule of a kind of proposal (C-17); NULL: there is none, and it never comes into force. */
const struct ent_rule *ent_derive_rule(const struct ent_state *state, enum ent_proposal_kind kind);
size_t ent_derive_needed(const struct ent_state *state, enum ent_proposal_kind kind); /* SIZE_MAX without a rule */
/* When this consent stands: false if it does not by now. */
bool ent_derive_consent_times(const struct ent_state *state, const struct force *force, size_t member, const struct consent *consent,
    int64_t *from_unix_s, int64_t *until_unix_s);
static inline const struct consent *
consents_of(const struct row *row, size_t member)
{
	return row->target->consents != NULL ? row->target->consents[member] : NULL;
}
static inline bool
has_until(enum ent_proposal_kind kind)
{
	return kind == ENT_PROPOSAL_PROJECT || kind == ENT_PROPOSAL_ADMIT;
}
ENT_MUST_USE enum ent_status ent_derive_replay(struct ent_state *state, struct unit *unit, struct ent_error *err);

/* ---- derive_standing.c: how a proposal stands ---- */

void ent_derive_settle(const struct ent_state *state, struct row *row);
bool ent_derive_heard(const struct ent_state *state, size_t member, int64_t fresh_s);
/* The time at which the last of `needed` ends; ends are the first `count` of at most ENT_LIMIT_MEMBERS. Reorders. */
int64_t ent_derive_nth_latest(int64_t *ends, size_t count, size_t needed);

/* ---- derive_party.c: members, partners, and whose words count ---- */

ENT_MUST_USE enum ent_status ent_derive_members(struct ent_state *state, struct ent_error *err);
void ent_derive_parties_now(struct ent_state *state); /* what each step tells anew: alive, log, stops of its keys */
ENT_MUST_USE enum ent_status ent_derive_partners(struct ent_state *state, struct ent_error *err);
void ent_derive_left(struct ent_state *state);        /* members' withdrawals from membership */
/* The readings of a party: one of a member, one for each proposal of a partner's name. */
size_t ent_derive_reading_count(const struct ent_state *state, const struct party *party);
/* NULL: it never counts. Else *until_unix_s: for all but narrowing, what took effect before it (C-55). */
const struct reading *ent_derive_reading(const struct ent_state *state, const struct party *party, size_t i, int64_t *until_unix_s);
/* Of a proposal's reading: for all but narrowing, what took effect before it; INT64_MIN: nothing (C-55). */
int64_t ent_derive_counts_until(const struct row *row);
/* The partner as it will be once this proposal holds its name: what its own log says of it then. */
void ent_derive_ahead(const struct ent_state *state, const struct row *row, struct party *out);
struct party *ent_derive_party(const struct ent_state *state, struct ent_view name); /* member or partner; NULL: none */
/* When a deed of a party ends by withdrawal, in any of its readings. */
int64_t ent_derive_withdrawn(const struct ent_state *state, const struct force *force, const struct party *party, const struct deed *deed);

/* ---- derive_keys.c ---- */

ENT_MUST_USE enum ent_status ent_derive_keys(struct ent_state *state, struct ent_error *err);

/* ---- derive_stop.c: stops that stand, accreditations ---- */

/* Goes through the stops of one party with that target that stand, the newest first. */
struct stop_walk {
	const struct ent_state *state;
	struct force force;
	const struct party *party;
	struct ent_hash target;
	size_t reading;
	const struct reading *in;
	const struct stop *next;
	/* of the stop that was found: */
	struct place place;
	uint32_t signers;
};
struct stop_walk ent_derive_stops_of(const struct ent_state *state, struct span *span, const struct party *party, const struct ent_hash *target);
const struct stop *ent_derive_next_stop(struct stop_walk *walk);
/* Does a stop with this act line stand: by any member, and by `also` (NULL: nobody)? */
bool ent_derive_stopped(const struct ent_state *state, const struct party *also, const char *act_line);
/* The same of one party alone, by target. */
bool ent_derive_stopped_by(const struct ent_state *state, struct span *span, const struct party *party, const struct ent_hash *target);
/* "stop <words>": its target. */
#define ENT_ACT_LINE_SIZE 1024
void ent_derive_officers(char *out, size_t size, const struct reading *reading, uint32_t signers);

/* One member's word for a party and a profile: the one that lasts longest; NULL: none stands. */
const struct accreditation *ent_derive_accredited(const struct ent_state *state, size_t member, struct ent_view party, struct ent_view profile);
/* The newest that did stand and ran out or was withdrawn, and when; NULL: none. */
const struct accreditation *ent_derive_was_accredited(const struct ent_state *state, size_t member, struct ent_view party,
    struct ent_view profile, int64_t *ended_unix_s);

/* ---- derive_part.c: who takes part ---- */

/* Profile P from so many members. */
struct need {
	struct ent_view profile;
	size_t from;
	size_t counting, standing; /* members whose accreditations count; stand, heard or not */
};

/* All that is asked about one party in one project: both the answer and its words are made of this. */
struct inquiry_part {
	struct ent_view name, project_name;
	struct party *party;       /* NULL: neither a member, nor a partner whose proposal has held its name */
	bool member;
	size_t member_index;
	struct row *project, *admit, *proposal; /* what the names are about; NULL: none */
	bool participant;          /* a member: of the project */
	bool consulted;
	bool closed;               /* the pillar */
	bool earlier_project;      /* the admission is of an earlier project of the name */
	bool other_party;          /* the admission names another party proposal */
	const struct leaving *left;/* NULL, or the withdrawal */
	bool stopped;              /* by a stop of the party */
	bool log_closed;           /* C-56 */
	struct need *needs;        /* room: see ent_derive_needs_max() */
	size_t need_count;
	bool lacks, lacks_hearing; /* accreditations; only that members are heard */
};
size_t ent_derive_needs_max(const struct ent_state *state, struct ent_view party, struct ent_view project);
/* Fill it all in; needs has room for ent_derive_needs_max(). */
void ent_derive_ask(const struct ent_state *state, struct ent_view party, struct ent_view project, struct need *needs, struct inquiry_part *out);
/* The same with the party as it will be: why must say what will be in the way next. */
void ent_derive_ask_ahead(const struct ent_state *state, struct inquiry_part *q, struct party *ahead);
enum ent_part ent_derive_part(const struct inquiry_part *q);

/* ---- words: derive_why*.c ---- */

struct words {
	const struct ent_state *state;
	struct ent_reasons *reasons;
	struct ent_error *err;
};
struct time_text {
	char text[32];
};
struct time_text ent_why_time(int64_t unix_s);
struct cite_text {
	char text[ENT_CITE_SIZE];
};
struct cite_text ent_why_cite(const struct ent_state *state, size_t log, uint64_t index);
struct id_text {
	char text[9]; /* the first 8 hex digits */
};
struct id_text ent_why_id(const struct ent_hash *hash);
/* Everything that a proposal lacks, or that it is in force: its stops, its consents. */
ENT_MUST_USE enum ent_status ent_why_proposal(const struct words *w, const struct row *row);
/* A member that must be heard within `limit` and is not, with its cures: once, if it is said already. */
ENT_MUST_USE enum ent_status ent_why_unheard(const struct words *w, size_t member, const struct ent_duration *limit);
/* Why nothing that it writes would make it heard: its log is broken, or its log key stopped. Once, if it is said already. */
bool ent_why_is_mute(const struct ent_state *state, size_t member);
ENT_MUST_USE enum ent_status ent_why_mute(const struct words *w, size_t member);
/* The smaller F, as it is written. */
const struct ent_duration *ent_why_limit(const struct ent_state *state, const struct row *row);

/* A line for each stop with one of several act lines, at most ENT_LIMIT_STOP_LINES, then how many more there are. */
#define ENT_LIMIT_STOP_LINES 64
struct stop_lines {
	enum ent_reason_code code;
	const char *prefix; /* "suspended: " */
	size_t shown, more;
};
/* what: "it", "project quantum"; by: NULL: every member. */
ENT_MUST_USE enum ent_status ent_why_stops(const struct words *w, struct stop_lines *lines, const struct party *by, const char *act_line,
    const char *what);
ENT_MUST_USE enum ent_status ent_why_stops_of(const struct words *w, struct stop_lines *lines, const struct party *by,
    const struct ent_hash *target, const char *what);
ENT_MUST_USE enum ent_status ent_why_more_stops(const struct words *w, const struct stop_lines *lines);

#endif
