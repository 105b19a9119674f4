/* The charter's texts in words, for officers: what a statement does, what an epoch says, other people's text in quotes. Not installed. */
#ifndef ENT_CLIENT_CHARTER_WORDS_H
#define ENT_CLIENT_CHARTER_WORDS_H

#include "charter/derive.h"
#include "codec/time.h"

#define ENT_WORDS_COLUMNS 79
#define ENT_WORDS_HASH "%.16s" /* of a hash's 64 digits, as people read it */

/* When: "2026-11-21T09:00:00Z", "never" for 0 and less, "for ever" for INT64_MAX. */
const char *ent_words_time(char out[ENT_TIME_TEXT_SIZE], int64_t unix_s);

/*
 * Other people's words: "<label> (<lang>): "..."" on one line, or with a bar in front of every line where they are long. They
 * are folded here and nowhere else, so that no part of them ever begins a line: nobody's words can look like ours. A title
 * without text adds nothing.
 */
ENT_MUST_USE enum ent_status ent_words_quote(struct ent_buf *out, size_t indent, const char *label, const struct ent_title *title,
    struct ent_error *err);
ENT_MUST_USE enum ent_status ent_words_quotes(struct ent_buf *out, size_t indent, const char *label, const struct ent_title *titles,
    size_t count, struct ent_error *err);

/* "project quantum", "admission of jp.example to quantum". No line end. */
ENT_MUST_USE enum ent_status ent_words_proposal(struct ent_buf *out, const struct ent_proposal *proposal, struct ent_error *err);

/* What the statement does, in the third person: "consents to project quantum (1f2e...) until ...". No line end. charter may be NULL. */
ENT_MUST_USE enum ent_status ent_words_deed(struct ent_buf *out, const struct ent_statement *statement, const struct ent_charter *charter,
    struct ent_error *err);
/* What cannot be taken back about it, as a sentence; NULL: it can. */
const char *ent_words_final(const struct ent_statement *statement);

/* The clauses of a proposal's `says`, one a line, and its titles and reason in quotes. */
ENT_MUST_USE enum ent_status ent_words_says(struct ent_buf *out, size_t indent, struct ent_view says, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_words_whole_proposal(struct ent_buf *out, size_t indent, const struct ent_doc *proposal, struct ent_error *err);

/* All that an officer who signs this epoch or statement should have read. charter may be NULL: proposals are then known by hash only. */
ENT_MUST_USE enum ent_status ent_words_paper(struct ent_buf *out, const struct ent_doc *doc, const struct ent_charter *charter,
    struct ent_error *err);

#endif
