/*
 * derive: (epoch, proposals, logs, now) -> what is in force, for whom, and why. A pure function (docs/charter-spec.md).
 *
 * struct ent_charter holds the verified inputs and only grows. ent_derive() computes a state at a time; equal inputs give
 * equal states. Nothing here reads a clock, a file or a socket.
 *
 * Charter and states are for one thread at a time: a state finishes parts of itself when it is asked.
 */
#ifndef ENT_CHARTER_DERIVE_H
#define ENT_CHARTER_DERIVE_H

#include "charter/custody.h"
#include "charter/docs.h"
#include "charter/reason.h"

#define ENT_SKEW_S 120                    /* clocks may differ by this much */
#define ENT_LIMIT_LOG_ENTRIES 1000000u     /* statements of one party */
#define ENT_LIMIT_PROPOSALS 10000u
#define ENT_LIMIT_PARTY_TEXTS 64u          /* party proposals of one name: each makes every entry of its log be verified once more (C-5, C-54) */
#define ENT_LIMIT_PARTNERS 64u             /* partners whose logs are followed */

struct ent_charter;
void ent_charter_free(struct ent_charter *charter);
ENT_DEFINE_AUTO(ent_charter)

/*
 * From the genesis note: epoch 1.1, no parent, signed by the quorum of every member. Lines of unknown keys are dropped, as
 * everywhere; a bad signature of a named officer refuses the note. Its text hash is the charter's name. ENT_E_SIGNATURE
 * names the members and who is missing.
 */
ENT_MUST_USE enum ent_status ent_charter_new(struct ent_charter **out, struct ent_view genesis_note, struct ent_error *err);
const struct ent_hash *ent_charter_id(const struct ent_charter *charter);
const struct ent_epoch *ent_charter_epoch(const struct ent_charter *charter); /* the epoch in force */
const struct ent_hash *ent_charter_epoch_hash(const struct ent_charter *charter);
uint64_t ent_charter_generation(const struct ent_charter *charter); /* grows with every accepted input */

/*
 * Who signed a genesis draft and who is missing, in words, one member a line (for `charter sign` and `charter verify`);
 * *complete when nobody is. Verifies signatures.
 */
ENT_MUST_USE enum ent_status ent_charter_signatures(const struct ent_epoch *epoch, const struct ent_note *note, struct ent_buf *words,
    bool *complete, struct ent_error *err);

/* Does this version act on everything that the proposal says? ENT_E_UNSUPPORTED names the kind or the line that it does not. */
ENT_MUST_USE enum ent_status ent_charter_enforced(const struct ent_proposal *proposal, struct ent_error *err);
/* A proposal's text. Parsed and checked against the epoch (charter, pillar, participants are members, pillar open for admit, ...). ENT_E_EXISTS when known (harmless). */
ENT_MUST_USE enum ent_status ent_charter_add_proposal(struct ent_charter *charter, struct ent_view text, struct ent_error *err);
const struct ent_doc *ent_charter_proposal(const struct ent_charter *charter, const struct ent_hash *hash); /* NULL: unknown */
size_t ent_charter_proposal_count(const struct ent_charter *charter);
const struct ent_doc *ent_charter_proposal_at(const struct ent_charter *charter, size_t i);

/*
 * Follow a partner's statement log under this log key (C-54, C-56): from now on ent_charter_add_entry() takes its entries.
 * Members need none. ENT_E_EXISTS: it is followed already, under this key; ENT_E_INPUT under another; ENT_E_LIMIT.
 */
ENT_MUST_USE enum ent_status ent_charter_follow(struct ent_charter *charter, struct ent_view partner, const struct ent_vkey *log_key,
    struct ent_error *err);
/* The logs here: those of the members in the epoch's order, then the partners' as they were followed. */
size_t ent_charter_log_count(const struct ent_charter *charter);
struct ent_view ent_charter_log_party(const struct ent_charter *charter, size_t i);

/*
 * The next entry (index must be the log's current length) of a party's statement log: the whole note, as logged, from a
 * log whose checkpoint was verified. Bad entries are kept as void: a member's own rubbish never stops the others from
 * reading on. ENT_OK also for a void entry; ENT_E_INPUT for a wrong index or a party that is not followed.
 */
ENT_MUST_USE enum ent_status ent_charter_add_entry(struct ent_charter *charter, struct ent_view party, uint64_t index,
    struct ent_view note, struct ent_error *err);
uint64_t ent_charter_log_size(const struct ent_charter *charter, struct ent_view party);

/* The root of a party's statement log at the size that was added (for views). */
void ent_charter_set_root(struct ent_charter *charter, struct ent_view party, const struct ent_hash *root);

/* A log caught lying (an inconsistent checkpoint): reliance on that party ends, and why. */
ENT_MUST_USE enum ent_status ent_charter_set_broken(struct ent_charter *charter, struct ent_view party, const char *why, struct ent_error *err);

/*
 * Would this note be accepted as the next entry of `self`'s log (the node's own party)? Its own statements, and stops of
 * others (C-69, C-70). Checks everything add_entry would check, the quorum included. ENT_E_REFUSED with the reason (422 at
 * charter/submit); ENT_E_EXISTS when that text counts already, naming the entry. A partner's statement needs its party
 * proposal to be known and its log to be followed here.
 */
ENT_MUST_USE enum ent_status ent_charter_admissible(const struct ent_charter *charter, struct ent_view self, struct ent_view note,
    int64_t now_unix_s, struct ent_error *err);

/*
 * What is held against a statement that stands in this party's log at that index: ENT_OK, or ENT_E_REFUSED in words. As far as
 * entries and signatures say (C-2, C-6, C-8 to C-14, C-52 to C-54, C-62); whether it has an effect now is for derive. officers:
 * who signed it ("doe, roe") is appended.
 */
ENT_MUST_USE enum ent_status ent_charter_verdict(const struct ent_charter *charter, struct ent_view party, uint64_t index,
    const struct ent_note *note, const struct ent_doc *statement, int64_t now_unix_s, struct ent_buf *officers, struct ent_error *err);

/* Hashes of proposals that notes or consents in the logs name and whose text is not here yet. Up to max. */
size_t ent_charter_wanted(const struct ent_charter *charter, struct ent_hash *out, size_t max);
/* Does an officer's `note proposal <hash>` of any party stand in a log here? (a node keeps a proposal only then) */
bool ent_charter_proposal_announced(const struct ent_charter *charter, const struct ent_hash *hash);

/* The view's text over what was added (appends), and the hash that it has. */
ENT_MUST_USE enum ent_status ent_charter_view(const struct ent_charter *charter, struct ent_buf *out, struct ent_hash *hash, struct ent_error *err);

/* ---- the state at a time ---- */

/* How a proposal stands (C-20). */
enum ent_force { ENT_FORCE_PROPOSED, ENT_FORCE_ACTIVE, ENT_FORCE_SUSPENDED, ENT_FORCE_LAPSED, ENT_FORCE_UNHEARD, ENT_FORCE_ENDED, ENT_FORCE_UNENFORCED };
const char *ent_force_name(enum ent_force force);

struct ent_consent_state {
	struct ent_view member;
	bool given;      /* a consent that is valid (dates, says, quorum) stands */
	bool counts;     /* given and its member is heard */
	uint64_t index;  /* log index of the newest such consent ... */
	int64_t since_unix_s; /* ... and when it took effect */
	int64_t until_unix_s;
	bool lapsed;     /* one was given and ran out */
	bool withdrawn;  /* one was given and was withdrawn; then until is when */
};

/* A proposal of any kind, and how it stands. */
struct ent_standing {
	const struct ent_doc *doc; /* the proposal */
	enum ent_force state;
	bool holds;                /* it has its name: enough consents stand, heard or not (C-18) */
	int64_t in_force_since_unix_s; /* effect time of the last needed consent; 0 if it never came into force */
	struct ent_hash replaced_by;   /* when state is ENDED because of a successor; else zero */
	struct ent_consent_state *consents; /* one per member of the epoch, in order */
	int64_t closes_unix_s; /* the earliest time at which this stops being in force if nothing more is heard */
};

struct ent_member_key {
	struct ent_view kid;
	enum ent_key_use use;
	enum ent_key_type type;      /* KAS keys */
	struct ent_view public_key;  /* SPKI, or 32 bytes of a seal key */
	struct ent_view signer_name; /* seal keys: <member>/seal/<kid> */
	const struct ent_vkey *vkey; /* seal keys: what verifies a seal; else NULL */
	uint64_t index;
	int64_t since_unix_s;
	int64_t retired_unix_s;   /* no new files from then on: retired, destroyed or withdrawn; INT64_MAX: not */
	bool destroyed;
	bool stopped;             /* a stop of it stands (C-66, C-67) */
};
struct ent_issuer_key {
	struct ent_view issuer;
	struct ent_view kid;
	enum ent_key_type type;
	struct ent_view spki;
	int64_t until_unix_s;
	uint64_t index;
};

/* A party: a member, or a partner whose proposal has held its name. */
struct ent_member_state {
	const struct ent_party *party;  /* the epoch's; of a partner: of the proposal that its name is about */
	bool partner;
	const struct ent_standing *standing; /* a partner's proposal; NULL: a member */
	bool log_key_stopped;    /* a stop of its statement-log key stands: not heard */
	bool access_key_stopped;
	bool withdrawn;          /* from membership, or from the charter */
	bool heard_any;
	int64_t alive_unix_s; /* newest `alive` that is not ahead of now + 120 s; 0 = never */
	uint64_t alive_index;
	uint64_t log_size;
	const char *broken;      /* NULL, or why nothing of this party counts */
	const char *unenforced;  /* NULL, or which valid statement this version cannot act on: everything is refused then */
	struct ent_member_key *keys; /* newest last */
	size_t key_count;
	struct ent_issuer_key *issuer_keys; /* not run out at now */
	size_t issuer_key_count;
};

struct ent_state; /* immutable; refers to the charter it came from, which must outlive it and not change meanwhile */
void ent_state_free(struct ent_state *state);
ENT_DEFINE_AUTO(ent_state)

ENT_MUST_USE enum ent_status ent_derive(struct ent_state **out, const struct ent_charter *charter, int64_t now_unix_s, struct ent_error *err);
/* As of an earlier time: entries that took effect after it are left out, narrowing ones too (C-51). */
ENT_MUST_USE enum ent_status ent_derive_as_of(struct ent_state **out, const struct ent_charter *charter, int64_t then_unix_s, struct ent_error *err);
/*
 * The same answer as ent_derive(), made from an earlier state of the same charter: only what changed since is computed
 * again. Takes *state (NULL: from scratch) and gives the new one; on failure *state is NULL. The charter may have grown
 * since *state was made; nothing else of *state may be used after it grew.
 */
ENT_MUST_USE enum ent_status ent_derive_next(struct ent_state **state, const struct ent_charter *charter, int64_t now_unix_s, struct ent_error *err);

int64_t ent_state_now(const struct ent_state *state);
const struct ent_charter *ent_state_charter(const struct ent_state *state);
int64_t ent_state_clock_floor(const struct ent_state *state); /* second-newest alive of all members minus 120 s; INT64_MIN if fewer than two */
size_t ent_state_member_count(const struct ent_state *state);
const struct ent_member_state *ent_state_member_at(const struct ent_state *state, size_t i);
const struct ent_member_state *ent_state_member(const struct ent_state *state, struct ent_view name); /* NULL: none */
size_t ent_state_partner_count(const struct ent_state *state); /* partners whose proposal has ever held its name, by name */
const struct ent_member_state *ent_state_partner_at(const struct ent_state *state, size_t i);
const struct ent_member_state *ent_state_party(const struct ent_state *state, struct ent_view name); /* member or partner; NULL: none */
/* The party that an issuer URL speaks for, byte for byte (C-42); NULL: nobody. */
const struct ent_member_state *ent_state_party_by_issuer(const struct ent_state *state, struct ent_view issuer);
const struct ent_issuer_key *ent_state_issuer_key(const struct ent_state *state, struct ent_view issuer, struct ent_view kid);
/* The member's newest KAS key of a type for new files (not retired, destroyed, stopped); a key by kid for old ones. NULL: none. */
const struct ent_member_key *ent_state_kas_key(const struct ent_state *state, struct ent_view member, enum ent_key_type type);
const struct ent_member_key *ent_state_key_by_kid(const struct ent_state *state, struct ent_view member, struct ent_view kid);
/* Every proposal of every kind, by kind, name and hash. */
size_t ent_state_standing_count(const struct ent_state *state);
const struct ent_standing *ent_state_standing_at(const struct ent_state *state, size_t i);
const struct ent_standing *ent_state_standing_by_hash(const struct ent_state *state, const struct ent_hash *hash);
/* What a party's name is about (C-23): the one that holds it, else the best candidate; NULL: no such proposal. */
const struct ent_standing *ent_state_party_proposal(const struct ent_state *state, struct ent_view party);
const struct ent_standing *ent_state_admission(const struct ent_state *state, struct ent_view party, struct ent_view project);
const struct ent_standing *ent_state_profile(const struct ent_state *state, struct ent_view profile);
size_t ent_state_project_count(const struct ent_state *state);
const struct ent_standing *ent_state_project_at(const struct ent_state *state, size_t i);
/* The project of that name in force, else the best candidate (unheard, lapsed, ended, proposed); NULL: no such proposal. */
const struct ent_standing *ent_state_project(const struct ent_state *state, struct ent_view name);
const struct ent_standing *ent_state_project_by_hash(const struct ent_state *state, const struct ent_hash *hash);
/*
 * Is `hash` what ent_state_project() finds under that name, or a proposal that was in force and that it replaced (through any
 * chain of `replaces`)? Whether it is in force now, ent_state_party_reasons() says.
 */
bool ent_state_project_lineage(const struct ent_state *state, struct ent_view name, const struct ent_hash *hash);

/* ---- who takes part (C-23, C-58, C-59) ---- */

enum ent_part {
	ENT_PART_NONE, ENT_PART_CONSULTED, ENT_PART_PROPOSED, ENT_PART_ACTIVE, ENT_PART_SUSPENDED, ENT_PART_LAPSED, ENT_PART_UNHEARD,
	ENT_PART_WITHDRAWN, ENT_PART_ENDED, ENT_PART_CLOSED, ENT_PART_UNENFORCED
};
#define ENT_PART_COUNT (ENT_PART_UNENFORCED + 1)
const char *ent_part_name(enum ent_part part);
struct ent_participation {
	enum ent_part state;
	bool partner;                        /* else a member, or nobody known */
	const struct ent_standing *project;  /* NULL: none known, here and below */
	const struct ent_standing *admit;    /* partners */
	const struct ent_standing *party;
	int64_t closes_unix_s;               /* active: when it closes if nothing more is heard */
};
ENT_MUST_USE enum ent_status ent_state_participation(const struct ent_state *state, struct ent_view party, struct ent_view project,
    struct ent_participation *out, struct ent_error *err);

/* A stop that stands (C-61). Views into the charter. */
struct ent_stop {
	struct ent_hash hash;
	enum ent_object object;
	struct ent_view by;         /* the party */
	const char *officers;       /* "roe, doe" */
	struct ent_view host;       /* in whose log it stands first */
	uint64_t index;
	int64_t effect_unix_s;      /* INT64_MIN: before any `alive` */
	struct ent_view party, project, person, file, key_name; /* as the object needs */
	struct ent_hash proposal;
	struct ent_title reason;
};
size_t ent_state_stop_count(const struct ent_state *state); /* all that stand, in order of place */
const struct ent_stop *ent_state_stop_at(const struct ent_state *state, size_t i);

/* Accreditations of a party that stand, heard or not; each with its member's name. */
struct ent_accreditation {
	struct ent_view member;
	struct ent_view party;
	struct ent_view profile;
	int64_t until_unix_s;
	uint64_t index;
	bool counts; /* its member is heard within rule admit's F */
};
size_t ent_state_accreditation_count(const struct ent_state *state);
const struct ent_accreditation *ent_state_accreditation_at(const struct ent_state *state, size_t i);

/* "au 42": how an entry of a party's statement log is cited. */
#define ENT_CITE_SIZE 96
void ent_state_cite(const struct ent_state *state, struct ent_view party, uint64_t index, char out[ENT_CITE_SIZE]);

/* F of a proposal (C-28, C-65), in seconds. */
int64_t ent_state_fresh_s(const struct ent_state *state, const struct ent_standing *proposal);

/* Node state: log broken, unenforced statements, clock floor. Adds reasons; blocks when this node may answer nothing. */
ENT_MUST_USE enum ent_status ent_state_node_reasons(const struct ent_state *state, struct ent_reasons *reasons, struct ent_error *err);
/* Is this person stopped (C-74)? Adds a reason for each stop that stands. */
ENT_MUST_USE enum ent_status ent_state_person_reasons(const struct ent_state *state, struct ent_view person, struct ent_reasons *reasons,
    struct ent_error *err);
/* Is this file stopped at `self`'s node? originator empty: not known, then only self's own stops count. */
ENT_MUST_USE enum ent_status ent_state_file_reasons(const struct ent_state *state, struct ent_view uuid, struct ent_view originator,
    struct ent_view self, struct ent_reasons *reasons, struct ent_error *err);
/* May something be released under this data key of this member (C-66)? A kid that is not published is none of its business. */
ENT_MUST_USE enum ent_status ent_state_key_reasons(const struct ent_state *state, struct ent_view member, struct ent_view kid,
    struct ent_reasons *reasons, struct ent_error *err);
/* May this member's node release and seal at all (C-72)? */
ENT_MUST_USE enum ent_status ent_state_self_reasons(const struct ent_state *state, struct ent_view self, struct ent_reasons *reasons,
    struct ent_error *err);
/*
 * May this party receive key shares in this project now? Adds every reason, the ok lines too. party_name need not be known.
 * This is `why PARTY PROJECT` and step "project in force for the party" of the decision: one function.
 */
ENT_MUST_USE enum ent_status ent_state_party_reasons(const struct ent_state *state, struct ent_view party_name, struct ent_view project,
    struct ent_reasons *reasons, struct ent_error *err);

#endif
