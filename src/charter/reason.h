/* Why something is, or is not, allowed: a code from the table, words, a citation and a cure. */
#ifndef ENT_CHARTER_REASON_H
#define ENT_CHARTER_REASON_H

#include "base/arena.h"

enum ent_reason_code {
#define ENT_REASON(id, name, blocks, outage) ENT_R_##id,
#include "charter/reasons.def"
#undef ENT_REASON
	ENT_REASON_COUNT
};

struct ent_reason_row {
	const char *name; /* in records and metadata: "person-project" */
	bool blocks;      /* false: it is an `ok:` line */
	bool outage;      /* the node cannot answer now (exit 5), rather than says no (exit 3) */
};
const struct ent_reason_row *ent_reason_row(enum ent_reason_code code);
enum ent_reason_code ent_reason_from_name(struct ent_view name); /* ENT_REASON_COUNT: unknown */

struct ent_reason {
	enum ent_reason_code code;
	const char *text; /* one sentence for people, free of secrets */
	const char *cite; /* "au 42", a hash prefix, "epoch 1"; "-" when there is none. No spaces become "_" in records: cite is one word there. */
	const char *cure; /* "" when there is none */
	const char *subject;  /* what several reasons may be about, so that words can join them: "project quantum (a65a3792)"; "" */
	int64_t until_unix_s; /* when what it says ends; INT64_MAX: it does not, or does not say */
};

/* All reasons, in the order of the decision. Lives in the arena. */
struct ent_reasons {
	struct ent_arena *arena;
	struct ent_reason *items;
	size_t count;
	size_t cap;
};
ENT_MUST_USE enum ent_status ent_reasons_add(struct ent_reasons *reasons, struct ent_error *err, enum ent_reason_code code,
    const char *cite, const char *cure, const char *fmt, ...) ENT_PRINTF(6, 7);
/* What the reason that was added last is about. */
ENT_MUST_USE enum ent_status ent_reasons_about(struct ent_reasons *reasons, struct ent_error *err, const char *subject, int64_t until_unix_s);
bool ent_reasons_block(const struct ent_reasons *reasons);  /* at least one blocks */
bool ent_reasons_outage(const struct ent_reasons *reasons); /* it blocks, and everything that blocks is an outage */

#endif
