/* RFC 3339 times in UTC with whole seconds and Z, the only form in charter texts; and durations. */
#ifndef ENT_CODEC_TIME_H
#define ENT_CODEC_TIME_H

#include "base/view.h"

#define ENT_TIME_TEXT_SIZE 21 /* "2026-11-21T09:00:00Z" and a NUL */

/* Years 1970 to 9999; unix_s outside of that is clamped. Writes 20 characters and a NUL. */
void ent_time_print(char out[ENT_TIME_TEXT_SIZE], int64_t unix_s);

/* Exactly what ent_time_print writes: 20 characters, a date that exists, no leap second. Else ENT_E_SYNTAX. */
ENT_MUST_USE enum ent_status ent_time_parse(int64_t *out_unix_s, struct ent_view text, struct ent_error *err);

/* "[1-9][0-9]*[mhd]", at most 3650d, in seconds. */
ENT_MUST_USE enum ent_status ent_duration_parse(int64_t *out_s, struct ent_view text, struct ent_error *err);

#endif
