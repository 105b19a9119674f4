/*
 * Inside of struct ent_charter: the verified inputs of derive, kept typed. Only the charter_*.c and derive*.c files include this.
 *
 * A log is kept as one *reading* for a member, and as one for each party proposal of a partner (C-54): what a reading holds
 * depends on that log and those officers alone, and is settled when the entry is added: signatures of at least one
 * officer's key that are good, dates, first entry of a text. What depends on other inputs or on the time waits for derive:
 * whether an officer's key was stopped when it signed (C-62), what was withdrawn (C-53), whether a partner's reading
 * counts (C-55), which publication of a key is the first (C-25). So the order in which inputs arrive cannot matter (P1).
 */
#ifndef ENT_CHARTER_CHARTER_SET_H
#define ENT_CHARTER_CHARTER_SET_H

#include "charter/derive.h"

/* Bytes of one arena: one for the epoch and the proposals, one per reading, so that a member who floods hurts itself only. */
#define ENT_LIMIT_CHARTER_BYTES ((size_t)256 << 20)
#define ENT_LIMIT_SCRATCH_BYTES ((size_t)8 << 20) /* to parse one note */
#define ENT_LIMIT_STATE_BYTES ((size_t)512 << 20)

/*
 * Stops that a view names: the first as they are printed, so that a flood by one officer cannot make views too long to be read. At 50
 * bytes they leave room for the longest lines of 32 members' and 64 partners' logs (335 bytes each) in a text of 65,535.
 */
#define ENT_LIMIT_VIEW_STOPS 512

/* Entries of one stop that are kept of one host's log: more say nothing new, and only the host can have put them there. */
#define ENT_LIMIT_STOP_COPIES 16

#define ENT_ALWAYS INT64_MIN /* the effect of a stop before any `alive` */

struct alive_mark {
	int64_t time_unix_s;
	uint64_t index;
};

/*
 * A statement that is of force as far as its own log says: the first entry of its text with enough good signatures, in its
 * dates. The first member of everything below. Lists run from the newest to the oldest of one log.
 */
struct deed {
	struct ent_hash hash;  /* of the text: key of trees, stays first */
	struct reading *log;   /* whose statement: its author's reading */
	uint64_t index;        /* in its author's log; of a heard stop: in its first copy's */
	int64_t effect_unix_s;
	uint32_t signers;      /* bit i: officer i of the author signed it well */
	uint32_t needed;       /* how many must have; a stop of an officer's key is also counted without that officer */
};

struct consent {
	struct deed deed;
	struct consent *older; /* of the same member to the same proposal */
	int64_t until_unix_s;
	struct ent_hash says;  /* SHA-256 of what the officers read: the proposal may arrive later */
	bool valid;            /* the proposal is here, says the same, and lasts as long (C-14) */
	const struct withdrawal *withdrawal; /* the newest that names it, so that nobody need look for one; NULL: none does */
};

/*
 * Where a stop was found: in its author's log, or heard in a member's. Copies of one text may be signed by different
 * officers, and one whose officers' keys were stopped when it turned up must not hide another (C-62): the stop stands from
 * the earliest copy that is signed.
 */
struct stop_copy {
	struct stop_copy *next;
	size_t host;           /* index of the host's log: charter->logs */
	uint64_t index;
	int64_t effect_unix_s; /* ENT_ALWAYS before any `alive` */
	uint32_t signers;      /* of this copy; as in struct deed */
};
struct stop {
	struct deed deed;       /* index, effect and signers are those of the earliest copy (C-52) */
	struct ent_hash target; /* SHA-256 of its act line: which stops are of the same target */
	struct stop *older;     /* of the same target, in the same reading */
	struct stop_copy *copies; /* the earliest first; at equal times the author's own log, then the hosts in their order */
	enum ent_object object;
	struct ent_view party, project, person, file, key_name;
	struct ent_hash proposal;
	struct ent_title reason;
};

struct resume {
	struct deed deed;
	struct ent_hash stop;
	struct resume *older; /* of the same stop */
};
struct withdrawal {
	struct deed deed;
	struct ent_hash statement;
	struct withdrawal *older; /* of the same statement */
};
/* A final one: of a project, of membership, of the charter. */
struct leaving {
	struct deed deed;
	struct leaving *older;
	enum ent_object object;
	struct ent_view project;
};
struct accreditation {
	struct deed deed;
	struct accreditation *older; /* of the same party and profile */
	struct ent_view party, profile;
	int64_t until_unix_s;
};
/* retire, destroy */
struct key_end {
	struct deed deed;
	struct key_end *older; /* of the same kid */
	struct ent_view kid;
	bool destroyed;
};
struct text_note {
	struct deed deed;
	struct text_note *older;
	struct ent_title note;
};

/* A member's `note proposal`. */
struct naming {
	struct deed deed;
	struct naming *older; /* of the same proposal */
};

/* One public key in one role belongs to the party that published it first (C-25). */
enum key_role { KEY_ROLE_KAS, KEY_ROLE_SEAL, KEY_ROLE_ISSUER };
struct published_key {
	struct deed deed;
	struct ent_member_key key; /* since_unix_s is the effect time */
	enum key_role role;
	struct ent_hash digest;    /* SHA-256 of the key */
};
struct published_issuer_key {
	struct deed deed;
	struct ent_issuer_key key;
	struct ent_hash digest;
};

/* A text that was decided, or an issuer's kid: hash to whatever stands for it. */
struct seen {
	struct ent_hash hash; /* key of the tree: stays first */
	uint64_t index;
	struct ent_hash digest;  /* kids */
	struct target *consents; /* texts: what it is a consent to; NULL: it is none */
	enum ent_act act;        /* texts */
	bool voided;             /* texts: decided, and void for ever (C-11) */
};

/* A tree from a hash to the newest of a list: stops by target, resumes by stop, withdrawals by statement, ... */
struct list_head {
	struct ent_hash key; /* of the tree: stays first */
	void *newest;        /* struct stop, struct resume, ...: as the tree says */
};

/* What one party's officers say in one log. */
struct reading {
	const struct ent_party *party;     /* the epoch's, or the party proposal's */
	const struct target *proposal;     /* NULL: a member's */
	size_t log;                        /* index in charter->logs; SIZE_MAX: a partner's that is not followed under its log key */
	struct ent_arena *arena;
	struct alive_mark *alives;         /* times never decrease */
	size_t alive_count, alive_cap;
	void *texts;      /* tree of struct seen: statements but stops that were decided, by text */
	void *kids;       /* tree of struct seen: issuer and kid to its key */
	struct published_key *keys;
	size_t key_count, key_cap;
	struct published_issuer_key *issuer_keys;
	size_t issuer_key_count, issuer_key_cap;
	void *key_claims; /* tree of struct claim: the first publication of each key in this reading */
	void *stops;         /* tree of struct stop by hash */
	void *stop_targets;  /* tree of struct list_head: target to struct stop */
	struct stop **officer_stops; /* of own officers' keys, and of the statement-log and access-log key: any order */
	size_t officer_stop_count, officer_stop_cap;
	void *resumes;       /* tree of struct list_head: hash of a stop to struct resume */
	void *withdrawals;   /* tree of struct list_head: hash of a statement to struct withdrawal */
	void *accreditations;/* tree of struct list_head: SHA-256("<party> <profile>") to struct accreditation */
	void *key_ends;      /* tree of struct list_head: SHA-256(kid) to struct key_end */
	struct leaving *leavings;
	struct text_note *notes;
	const char *unenforced; /* NULL, or which statement this version does not act on */
	uint64_t unenforced_index;
	int64_t unenforced_effect_unix_s;
};

/* Who published a key first in this reading. */
struct claim {
	struct ent_hash digest; /* key of the tree: stays first */
	enum key_role role;
	int64_t effect_unix_s;
	uint64_t index;
};

/* A note that must be read again when a party proposal arrives: an entry of a partner's log, or a stop by a partner that was heard. */
struct kept_note {
	struct ent_view bytes;
	uint64_t index;
	int64_t effect_unix_s;   /* of a heard stop: in its host's log */
	size_t host;             /* of a heard stop */
	struct kept_note *older; /* of a heard stop: by the same party */
};

struct party_log {
	struct ent_view name;
	const char *short_name;    /* "au" where that is unique among the members, for citations: au 42 */
	struct ent_vkey log_key;
	bool partner;
	uint64_t size;
	struct ent_hash root;
	uint64_t root_size;
	const char *broken;
	struct reading **readings; /* a member: one; a partner: one for each party proposal known */
	size_t reading_count, reading_cap;
	struct ent_arena *arena;   /* what is below, and the stops by others than members that are heard here */
	struct kept_note *notes;   /* a partner: all its entries that are well formed */
	size_t note_count, note_cap;
	struct target **named;     /* proposals that this log was the first to name */
	size_t named_count, named_cap;
	uint64_t changed;          /* the charter's generation when an entry was last added */
};

/* A proposal by its hash: its text, once here, and what the logs say of it. */
struct target {
	struct ent_hash hash; /* key of the tree: stays first */
	const struct ent_doc *doc;
	struct ent_hash says;
	const char *unenforced;     /* NULL, or the line of it that this version does not enforce */
	bool announced;             /* an officer's `note proposal` stands */
	struct naming *namings;     /* the members' notes of it: as of an earlier time it is not known (C-51) */
	struct consent **consents;  /* newest of each member; NULL: no consent at all */
	struct group *group;        /* set with doc */
	struct reading *reading;    /* set with the doc of a party proposal */
};

/* All proposals that want one name (C-18). */
struct group {
	struct ent_hash key;  /* SHA-256("<kind word> <name>[ <project>]"): key of the tree, stays first */
	enum ent_proposal_kind kind;
	struct ent_view name;    /* project, party or profile; labels: the hash's bytes: each is alone */
	struct ent_view project; /* admit */
	struct target **targets; /* whose text is here, sorted by hash */
	size_t target_count, target_cap;
	uint64_t changed;        /* the charter's generation when a text, or a consent or withdrawal of one, of these was last added */
	size_t index;            /* in charter->groups */
};

struct ent_charter {
	struct ent_arena *arena;
	struct ent_doc genesis;
	struct party_log *logs;  /* the members' in the epoch's order, then the partners'; room for ENT_LIMIT_MEMBERS + ENT_LIMIT_PARTNERS */
	size_t log_count;
	void *heard;             /* tree of struct list_head: SHA-256(name) to struct kept_note: stops by others than members */
	void *targets;           /* tree of struct target */
	struct target **proposals; /* those whose text is here, sorted by hash */
	size_t proposal_count, proposal_cap;
	void *group_tree;        /* tree of struct group */
	struct group **groups;   /* as they came */
	size_t group_count, group_cap;
	struct ent_hash *stops;  /* heard, sorted as printed, room for ENT_LIMIT_VIEW_STOPS */
	size_t stop_count;
	uint64_t generation;
	uint64_t upheaval;       /* generation of the last input that may change any consent: an officer's key stopped or resumed, a
				    withdrawal from membership, a log broken, a resume or withdrawal in a log with such a stop */
	uint64_t keys_changed;   /* generation of the last input about keys: key, issuer-key, their withdrawals, ends, stops, resumes */
	uint64_t stops_changed;  /* generation of the last stop, resume, or withdrawal of any statement */
	uint64_t parts_changed;  /* generation of the last accreditation, leaving or note text */
};

static inline const struct ent_epoch *
charter_epoch(const struct ent_charter *charter)
{
	return &charter->genesis.epoch;
}

/* A member's only reading. */
static inline struct reading *
charter_member(const struct ent_charter *charter, size_t member)
{
	return charter->logs[member].readings[0];
}

/* Trees of structs that begin with their hash. get: NULL if there is none; put: the item must stay where it is. */
void *ent_charter_tree_get(void *const *tree, const struct ent_hash *hash);
ENT_MUST_USE enum ent_status ent_charter_tree_put(void **tree, void *item, struct ent_error *err);
/* The newest of the list under that key; NULL: none. */
void *ent_charter_list_newest(void *const *tree, const struct ent_hash *key);
/* Make `item` the newest under that key; *older is what it was before. */
ENT_MUST_USE enum ent_status ent_charter_list_push(void **tree, struct ent_arena *arena, const struct ent_hash *key, void *item,
    void **older, struct ent_error *err);

/* Keys of the trees above. */
void ent_charter_target_key(struct ent_hash *out, struct ent_view act_line);             /* stops: of one target */
void ent_charter_accredit_key(struct ent_hash *out, struct ent_view party, struct ent_view profile);
void ent_charter_group_key(struct ent_hash *out, enum ent_proposal_kind kind, struct ent_view name, struct ent_view project);

/* The index of a member by name; SIZE_MAX if there is none. Of a log: members, then partners that are followed. */
size_t ent_charter_member_index(const struct ent_charter *charter, struct ent_view name);
size_t ent_charter_log_index(const struct ent_charter *charter, struct ent_view name);

/* The target of that hash, made if it is new, in the name of this log. */
ENT_MUST_USE enum ent_status ent_charter_target(struct target **out, struct ent_charter *charter, struct party_log *log,
    const struct ent_hash *hash, struct ent_error *err);

/* Does this consent say what this proposal says? Both must be here. */
bool ent_charter_consent_matches(const struct target *target, const struct ent_hash *says, int64_t until_unix_s);

/* Is it a key of the epoch (officer, log, witness)? Of a party proposal's body? */
bool ent_charter_epoch_has_key(const struct ent_charter *charter, const uint8_t key[ENT_ED25519_KEY_LEN]);
bool ent_charter_party_has_key(const struct ent_party *party, const uint8_t key[ENT_ED25519_KEY_LEN]);
/* Two issuers that differ in a final slash are one. */
bool ent_charter_same_issuer(struct ent_view a, struct ent_view b);

/* The party proposal arrived: a reading of the partner's log for it, if that is followed, and of stops that were heard. */
ENT_MUST_USE enum ent_status ent_charter_read_again(struct ent_charter *charter, const struct target *party_proposal, struct ent_error *err);

/* ---- readings (charter_reading.c) ---- */

/* A new one, empty; NULL proposal: a member's. */
ENT_MUST_USE enum ent_status ent_charter_reading_new(struct reading **out, const struct ent_party *party, const struct target *proposal,
    struct ent_error *err);
void ent_charter_reading_free(struct reading *reading); /* NULL is fine */
/* It belongs to that log from now on, if that has its log key; what is there is read. */
ENT_MUST_USE enum ent_status ent_charter_reading_attach(struct ent_charter *charter, struct reading *reading, size_t log, struct ent_error *err);
/* When an entry would take effect that is added to its log now; ENT_ALWAYS: there is no `alive` yet. */
int64_t ent_charter_reading_time(const struct reading *reading);
/* Failures of ours, which say nothing about what was read. */
bool ent_charter_is_ours(enum ent_status status);

/* A statement whose note is parsed and whose author is known. */
struct judged {
	const struct ent_doc *doc;
	const struct ent_statement *statement; /* the doc's */
	struct reading *author;
	size_t host;                 /* the log in which it stands: the author's, or another member's (a stop) */
	uint64_t index;              /* where it is, or will be */
	int64_t effect_unix_s;
	uint32_t signers;
	uint32_t needed;
};

/*
 * What this version does with an act. needed: how many officers must sign; check: void or not (pure); apply: take it in.
 * check and apply NULL: not acted on, so that a valid one closes what its author can close (C-13).
 */
struct act_row {
	bool any_log;    /* may stand in another party's log (a stop) */
	bool timeless;   /* needs neither an epoch that is known nor dates (a stop) */
	uint32_t (*needed)(const struct ent_party *author, const struct ent_statement *statement);
	enum ent_status (*check)(const struct ent_charter *charter, const struct judged *j, struct ent_error *err);
	enum ent_status (*apply)(struct ent_charter *charter, const struct judged *j, struct ent_error *err);
	/* What is asked on top when it is submitted here: what other logs and proposals say by now. NULL: nothing. */
	enum ent_status (*admit)(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err);
};
const struct act_row *ent_charter_act(enum ent_act act);

/* Is it addressed to this charter and signed by enough? Sets signers and needed. Not whether those keys were stopped (C-62). */
ENT_MUST_USE enum ent_status ent_charter_judge(struct judged *j, const struct ent_charter *charter, const struct ent_note *note,
    struct ent_error *err);
/* Is it of force: by itself, by its dates, by its act's own rules? */
ENT_MUST_USE enum ent_status ent_charter_check(const struct ent_charter *charter, const struct judged *j, struct ent_error *err);
/* Take in a statement (author, host, index and effect set): void ones have no effect; only failures of ours are errors. */
ENT_MUST_USE enum ent_status ent_charter_take(struct ent_charter *charter, struct judged *j, const struct ent_note *note, struct ent_error *err);

/* The officer of that party whose key `<name>+<id>` is; SIZE_MAX: none. */
size_t ent_charter_officer(const struct ent_party *party, struct ent_view key_name);

/*
 * Of force now, as a pure question over what is here (charter_force.c). For both derive and what is submitted.
 * A time: what took effect later is not there; narrowing is, unless `past` (C-51).
 */
struct as_of {
	int64_t now_unix_s;
	bool past;
};
static inline int64_t
as_of_horizon(const struct as_of *when)
{
	return when->now_unix_s + ENT_SKEW_S;
}
/* Is a widening statement's effect there? Is a narrowing one's? */
static inline bool
is_there(const struct as_of *when, int64_t effect_unix_s)
{
	return effect_unix_s <= as_of_horizon(when);
}
static inline bool
is_there_narrowing(const struct as_of *when, int64_t effect_unix_s)
{
	return !when->past || effect_unix_s <= as_of_horizon(when);
}

/* Enough signatures by keys that were not stopped before it (C-62)? */
bool ent_force_signed(const struct ent_charter *charter, const struct as_of *when, const struct deed *deed);
/* When a consent, resume, accreditation, key or issuer key ends by withdrawal (C-53): INT64_MAX never, INT64_MIN from the beginning. */
int64_t ent_force_withdrawn(const struct ent_charter *charter, const struct as_of *when, const struct deed *deed);
/* Does the stop stand: there, signed, not resumed by its own party (C-61)? Whether its reading counts (C-55) is the caller's question. */
bool ent_force_stands(const struct ent_charter *charter, const struct as_of *when, const struct stop *stop);

#endif
