/*
 * A small world for tests of derive and decide: three members and two partners with three officers each (quorum 2), real
 * keys, logs in memory. Partners are unknown until a test proposes them.
 * Anything that cannot fail in a test ends the program.
 */
#ifndef ENT_TESTS_WORLD_H
#define ENT_TESTS_WORLD_H

#include "charter/derive.h"

enum { AU, UK, US, MEMBERS, JP = MEMBERS, KR, JP_TOO, PARTIES }; /* JP_TOO: other officers and keys of JP's name */
enum { OFFICERS = 3, DOE = 1, POE = 2, ROE = 4, QUORUM = DOE | POE };

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define T0 INT64_C(1795251600) /* 2026-11-21T09:00:00Z */

struct world_keys {
	struct ent_signer *officers[OFFICERS];
	struct ent_signer *log;
	struct ent_signer *access;
	struct ent_signer *witness;
	struct ent_signer *seal; /* named <member>/seal/<kid> */
	struct ent_key *kas;
	struct ent_key *issuer;
};
extern const char *const world_members[PARTIES]; /* and partners */
extern const char *const world_issuers[PARTIES];

/* Made once for the whole program. */
const struct world_keys *world_keys(size_t member);

struct world_rules {
	const char *consents; /* "all", "2"; NULL: all */
	const char *fresh;    /* NULL: 48h */
	unsigned signers;     /* officers of each member that sign the genesis; 0: QUORUM */
	const char *extra_issuer; /* a second issuer line of uk.example */
	const char *admit;    /* consents of rule admit: "all", "2"; NULL: all */
	const char *profile;  /* of rule profile; NULL: there is no such rule */
};

/* A founded charter. Free it with ent_charter_free(). NULL rules: the usual. */
struct ent_charter *world_charter(const struct world_rules *rules);
/* The genesis note alone (appended). */
void world_genesis(struct ent_buf *out, const struct world_rules *rules);

/* ---- proposals ---- */

struct world_project {
	const char *name;      /* quantum */
	const char *custody;   /* originator and 2 of all three */
	const char *fresh;     /* 24h */
	const char *optional;  /* lines between fresh and originator: requires, labels */
	const char *originator;/* any */
	const char *unsealed;  /* "unsealed members\n" or "" */
	const char *participants; /* lines; all three */
	int64_t until_unix_s;  /* T0 + 1000 d */
	const struct ent_hash *replaces;
	const char *pillar;    /* ii */
	const char *title;
};
/* The text (appended) and its hash. NULL members: as noted above. */
struct ent_hash world_project(struct ent_buf *out, const struct ent_charter *charter, const struct world_project *project);
/* Make, add, and tell its hash. */
struct ent_hash world_add_project(struct ent_charter *charter, const struct world_project *project);

struct world_party {
	size_t party;          /* JP or KR */
	const char *title;     /* NULL: Partner */
	size_t officers_of;    /* whose officers, if not 0: JP_TOO */
	size_t log_of;         /* whose log key, if not 0 */
	const char *issuer;    /* NULL: its own; "": none */
	const char *node;      /* NULL: its own; "": none */
	const char *sponsor;   /* NULL: none */
	const char *quorum;    /* NULL: 2 */
	const struct ent_hash *replaces;
};
struct ent_hash world_party(struct ent_buf *out, const struct ent_charter *charter, const struct world_party *party);
struct ent_hash world_add_party(struct ent_charter *charter, const struct world_party *party);

struct world_admit {
	size_t party;
	struct ent_hash proposal; /* of the party */
	const char *project;      /* NULL: quantum */
	const char *role;         /* NULL: reader */
	const char *sponsor;      /* NULL: none */
	const char *files;        /* NULL: all */
	int64_t from_unix_s;      /* 0: T0 - DAY */
	int64_t until_unix_s;     /* 0: T0 + 900 d */
	const char *requires;     /* lines */
	const struct ent_hash *replaces;
};
struct ent_hash world_admit(struct ent_buf *out, const struct ent_charter *charter, const struct world_admit *admit);
struct ent_hash world_add_admit(struct ent_charter *charter, const struct world_admit *admit);

struct ent_hash world_profile(struct ent_buf *out, const struct ent_charter *charter, const char *name, const char *title);
struct ent_hash world_add_profile(struct ent_charter *charter, const char *name, const char *title);

/* ---- entries: each makes a note (appended to out) ---- */

struct world_statement {
	size_t by;
	int64_t time_unix_s;
	int64_t not_after_unix_s; /* 0: time + 7 d; for a stop none */
	unsigned signers;         /* bits of the officers; 0: QUORUM */
	size_t signers_of;        /* offset of the member whose officers sign, from by: 0 is by itself; of a partner among all parties */
	const char *act;          /* the act line, without LF */
	const char *says;         /* NULL: none */
	uint32_t epoch;           /* 0: 1 */
	const struct ent_hash *charter_id; /* NULL: the charter's */
	const char *kind;         /* NULL: the act line's first word */
	bool log_key;             /* signed by the log key instead */
};
void world_alive(struct ent_buf *out, const struct ent_charter *charter, size_t member, uint64_t index, int64_t time_unix_s);
void world_statement(struct ent_buf *out, const struct ent_charter *charter, const struct world_statement *statement);
/* The act line and the says of a consent to that text. */
void world_consent(struct ent_buf *out, const struct ent_charter *charter, size_t member, struct ent_view proposal, int64_t time_unix_s,
    int64_t until_unix_s);

void world_key_line(struct ent_buf *out, const struct ent_key *key);
void world_seal_key_line(struct ent_buf *out, const struct ent_signer *seal);
void world_issuer_key_line(struct ent_buf *out, const char *issuer, const char *kid, const struct ent_key *key, int64_t until_unix_s);

/* "<word> <hash>": act lines about a hash; and the hash of a note's text. */
void world_hash_line(struct ent_buf *out, const char *word, const struct ent_hash *hash);
struct ent_hash world_text_hash(struct ent_view note);
/* "stop key <name>+<id>" */
void world_stop_key_line(struct ent_buf *out, const struct ent_signer *signer);

/* ---- the same, straight into the party's log ---- */

/* A partner's log is taken in from now on, under its own key. */
void world_follow(struct ent_charter *charter, size_t partner);
void world_add(struct ent_charter *charter, size_t member, struct ent_view note);
void world_be_alive(struct ent_charter *charter, size_t member, int64_t time_unix_s);
void world_be_alive_all(struct ent_charter *charter, int64_t time_unix_s);
void world_state_act(struct ent_charter *charter, const struct world_statement *statement); /* in the log of `by` */
/* In that party's log, whoever's it is; the hash of its text. */
struct ent_hash world_say_in(struct ent_charter *charter, size_t host, const struct world_statement *statement);
/* An alive at that time, then the consent. */
void world_give_consent(struct ent_charter *charter, size_t member, const struct ent_hash *proposal, int64_t time_unix_s, int64_t until_unix_s);
/* Alive, KAS key, seal key and issuer key of each member. */
void world_publish_keys(struct ent_charter *charter, int64_t time_unix_s);
/* Keys published, project proposed, all consented, all alive: in force from T0. Returns the proposal. */
struct ent_hash world_in_force(struct ent_charter *charter, const struct world_project *project);

struct ent_state *world_derive(const struct ent_charter *charter, int64_t now_unix_s);
/* Do the party's reasons hold this code? With text != NULL: and these words in text, cite or cure. */
bool world_has_reason(const struct ent_reasons *reasons, enum ent_reason_code code, const char *words);
/* Codes that any list asked by world_has_reason() or world_note_codes() held so far. */
extern bool world_codes_seen[ENT_REASON_COUNT];
void world_note_codes(const struct ent_reasons *reasons);

#endif
