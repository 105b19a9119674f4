/*
 * Random histories of a small charter, for properties: three members, two partners (one of them with a second set of
 * officers), every kind of proposal and every act, some of it late, badly signed, ahead of time or heard elsewhere.
 * The same seed gives the same history. An op may be left out: a property that fails is shrunk by that.
 */
#ifndef ENT_TESTS_RANDOM_HISTORY_H
#define ENT_TESTS_RANDOM_HISTORY_H

#include "world.h"

enum { OPS_MAX = 160 };
enum text_id {
	QUANTUM, UNDERSEA, DARK, LAST_WORD, JP_PARTY, KR_PARTY, JP_QUANTUM, JP_UNDERSEA, KR_QUANTUM, JP_DARK, JP_LAST_WORD,
	TAME_TEXTS,
	QUANTUM_NEXT = TAME_TEXTS, /* replaces QUANTUM */
	QUANTUM_RIVAL,             /* of the same name, replaces nothing */
	JP_PARTY_NEXT,             /* replaces JP_PARTY, with the officers of JP_TOO */
	KR_PARTY_COPY,             /* KR's name with JP's issuer: one of both is void (C-57) */
	JP_QUANTUM_NEXT,           /* replaces JP_QUANTUM, names JP_PARTY_NEXT */
	TEXT_COUNT
};

enum op_kind {
	OP_ALIVE, OP_RUBBISH, OP_CONSENT, OP_WITHDRAW, OP_STOP, OP_STOP_OFFICER, OP_STOP_LOG_KEY, OP_RESUME, OP_ACCREDIT, OP_KEY,
	OP_ISSUER_KEY, OP_END_KEY, OP_LEAVE_PROJECT, OP_LEAVE, OP_NOTE, OP_FREEZE, OP_KIND_COUNT
};
struct op {
	enum op_kind kind;
	size_t host;            /* in whose log */
	size_t by;              /* whose statement */
	int64_t now_unix_s;     /* when it is written */
	int64_t time_unix_s;    /* alive: what it says */
	size_t text;            /* consent: of texts */
	int64_t until_unix_s;   /* consent */
	struct ent_hash hash;   /* of its text; not of an alive */
	struct ent_hash target; /* withdraw, resume */
	bool well_signed;       /* by as many officers of its author as the act needs, no key stopped */
	struct ent_buf note;    /* of all but an alive, whose text holds its index */
	char words[96];         /* to be read when something fails */
};

struct history {
	uint64_t seed, rng;
	bool founding; /* while its begin is made */
	struct world_rules rules;
	bool tame; /* no `replaces`, no rivals, no false clocks, no stops of officers' keys: see C-33 */
	struct ent_charter *empty; /* the charter's name, for making texts */
	struct ent_buf texts[TEXT_COUNT];
	struct ent_hash hashes[TEXT_COUNT];
	size_t text_count;
	struct op ops[OPS_MAX];
	size_t op_count;
	int64_t end_unix_s;
};

uint64_t history_chance(uint64_t *rng, uint64_t n);
void history_make(struct history *h, uint64_t seed, bool tame);
void history_free(struct history *h);
#define HISTORY __attribute__((cleanup(history_free))) struct history
int64_t history_time(const struct history *h, uint64_t *rng); /* some time from its begin to a little behind its end */

/* left_out[i]: without op i; NULL: with all. */
struct ent_charter *history_begin(const struct history *h);
void history_add_texts(struct ent_charter *charter, const struct history *h);
void history_add_op(struct ent_charter *charter, const struct history *h, size_t i);
struct ent_charter *history_replay(const struct history *h, const bool *left_out);
/* Each log in its order, but the logs, and the texts between them, as chance will have it. */
struct ent_charter *history_replay_shuffled(const struct history *h, const bool *left_out, uint64_t *rng);
void history_print(const struct history *h, const bool *left_out);

/* Who is asked about what. */
struct asked {
	const char *party, *project;
};
enum { ASKED = 15 };
extern const struct asked history_asked[ASKED];

/* Everything that a state says, as text. */
void history_dump(struct ent_buf *out, const struct ent_state *state);

#endif
