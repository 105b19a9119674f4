/* Inside of src/tlog: lines of checkpoints and proofs. */
#ifndef ENT_TLOG_TEXT_H
#define ENT_TLOG_TEXT_H

#include "tlog/tlog.h"

/* Take the next line, without its LF, off the front of *rest. ENT_E_SYNTAX when there is no LF. */
ENT_MUST_USE enum ent_status ent_tlog_take_line(struct ent_view *line, struct ent_view *rest, struct ent_error *err);

/* Decimal without leading zeroes, up to 2^63 - 1. */
ENT_MUST_USE enum ent_status ent_tlog_parse_number(uint64_t *out, struct ent_view text, struct ent_error *err);

/* The base64 of a hash and LF. */
ENT_MUST_USE enum ent_status ent_tlog_print_hash(struct ent_buf *out, const struct ent_hash *hash, struct ent_error *err);

#endif
