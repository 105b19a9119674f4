/*
 * Inside of struct ent_charter: the verified inputs of derive, kept typed. Only the charter_*.c and derive*.c files include this.
 *
 * Everything that depends on one log alone (signatures, dates, first entry of a text) is settled when the entry is added;
 * what depends on several inputs (a consent and its proposal, one key claimed by two) is settled so that the order in
 * which the inputs arrived cannot matter: equal views, equal states (P1). What depends on the time waits for ent_derive().
 */
#ifndef ENT_CHARTER_CHARTER_SET_H
#define ENT_CHARTER_CHARTER_SET_H

#include "charter/derive.h"

/* Bytes of one arena: one for the epoch and the proposals, one per log, so that a member who floods hurts itself only. */
#define ENT_LIMIT_CHARTER_BYTES ((size_t)256 << 20)
#define ENT_LIMIT_SCRATCH_BYTES ((size_t)8 << 20) /* to parse one note */
#define ENT_LIMIT_STATE_BYTES ((size_t)512 << 20)

/* Stops that a view names: the smallest hashes, so that a flood by one officer cannot make views too long to be read. */
#define ENT_LIMIT_VIEW_STOPS 1024

struct alive_mark {
	int64_t time_unix_s;
	uint64_t index;
};

/* A consent that is well signed and in date. */
struct consent {
	struct consent *older; /* of the same member to the same proposal */
	uint64_t index;
	int64_t effect_unix_s;
	int64_t until_unix_s;
	struct ent_hash says; /* SHA-256 of what the officers read: the proposal may arrive later */
	bool valid;           /* the proposal is here, says the same, and lasts as long */
};

/* A proposal by its hash: its text, once here, and what the logs say of it. */
struct target {
	struct ent_hash hash; /* key of the tree: stays first */
	const struct ent_doc *doc;
	struct ent_hash says;
	const char *unenforced;     /* NULL, or the line of it that this version does not enforce */
	bool announced;             /* an officer's `note proposal` stands */
	struct consent **consents;  /* newest of each member; NULL: no consent at all */
};

/* One public key in one role belongs to the party that published it first. */
enum key_role { KEY_ROLE_KAS, KEY_ROLE_SEAL, KEY_ROLE_ISSUER };
struct claim {
	struct ent_hash digest; /* key of the tree: stays first */
	size_t member;
	enum key_role role;
	int64_t effect_unix_s;
	uint64_t index;
};

struct published_key {
	struct ent_member_key key; /* since_unix_s is the effect time */
	enum key_role role;
	struct ent_hash digest;
};
struct published_issuer_key {
	struct ent_issuer_key key;
	int64_t effect_unix_s;
	struct ent_hash digest;
};

/* A text that took effect, or an issuer's kid: hash to whatever stands for it. */
struct seen {
	struct ent_hash hash; /* key of the tree: stays first */
	uint64_t index;
	struct ent_hash digest;
};

struct member_log {
	const struct ent_party *party;
	const char *short_name; /* "au" where that is unique, for citations: au 42 */
	struct ent_arena *arena;
	uint64_t size;
	struct alive_mark *alives; /* times never decrease */
	size_t alive_count, alive_cap;
	void *texts; /* tree of struct seen: statements that took effect, by text */
	void *kids;  /* tree of struct seen: issuer and kid to its key */
	struct published_key *keys;
	size_t key_count, key_cap;
	struct published_issuer_key *issuer_keys;
	size_t issuer_key_count, issuer_key_cap;
	struct target **named; /* proposals that this log was the first to name */
	size_t named_count, named_cap;
	struct ent_hash root;
	uint64_t root_size;
	const char *broken;
	const char *unenforced;
	uint64_t unenforced_index;
};

struct ent_charter {
	struct ent_arena *arena;
	struct ent_doc genesis;
	struct member_log *logs; /* in the order of the epoch's members */
	void *targets;           /* tree of struct target */
	void *claims;            /* tree of struct claim */
	struct target **proposals; /* those whose text is here, sorted by hash */
	size_t proposal_count, proposal_cap;
	struct ent_hash *stops;  /* heard, sorted, room for ENT_LIMIT_VIEW_STOPS */
	size_t stop_count;
	uint64_t generation;
};

static inline const struct ent_epoch *
charter_epoch(const struct ent_charter *charter)
{
	return &charter->genesis.epoch;
}

/* Trees of structs that begin with their hash. get: NULL if there is none; put: the item must stay where it is. */
void *ent_charter_tree_get(void *const *tree, const struct ent_hash *hash);
ENT_MUST_USE enum ent_status ent_charter_tree_put(void **tree, void *item, struct ent_error *err);

/* The index of a member by name; SIZE_MAX if there is none. */
size_t ent_charter_member_index(const struct ent_charter *charter, struct ent_view name);

/* The target of that hash, made in this log's arena if it is new. */
ENT_MUST_USE enum ent_status ent_charter_target(struct target **out, struct ent_charter *charter, struct member_log *log,
    const struct ent_hash *hash, struct ent_error *err);

/* Does this consent say what this proposal says? Both must be here. */
bool ent_charter_consent_matches(const struct target *target, const struct ent_hash *says, int64_t until_unix_s);

/* Is it a key of the epoch (officer, log, witness)? */
bool ent_charter_epoch_has_key(const struct ent_charter *charter, const uint8_t key[ENT_ED25519_KEY_LEN]);

/* A statement whose note is parsed and whose author is a member. */
struct judged {
	const struct ent_doc *doc;
	const struct ent_statement *statement; /* the doc's */
	size_t author;               /* member index */
	uint64_t index;              /* where it is, or will be */
	int64_t effect_unix_s;
};

/*
 * What this version does with an act. check: void or not (pure); apply: take it in. Both NULL: not acted on, so that a valid
 * one makes everything be refused (LOG_UNENFORCED). To act on a kind, give its row the two functions.
 */
struct act_row {
	bool quorum;     /* else any one officer will do */
	bool any_log;    /* may stand in another party's log (a stop) */
	bool timeless;   /* needs neither an epoch that is known nor dates (a stop) */
	enum ent_status (*check)(const struct ent_charter *charter, const struct member_log *log, const struct judged *j,
	    struct ent_error *err);
	enum ent_status (*apply)(struct ent_charter *charter, struct member_log *log, const struct judged *j,
	    struct ent_error *err);
	/* What is asked on top when it is submitted here: what other logs and proposals say by now. NULL: nothing. */
	enum ent_status (*admit)(const struct ent_charter *charter, const struct member_log *log, const struct judged *j,
	    struct ent_error *err);
};
const struct act_row *ent_charter_act(enum ent_act act);

#endif
