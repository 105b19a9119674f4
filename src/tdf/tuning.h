/* Knobs of the writer that only tests turn: limits are reached with kilobytes instead of terabytes. */
#ifndef ENT_TDF_TUNING_H
#define ENT_TDF_TUNING_H

#include "tdf/tdf.h"

struct ent_tdf_tuning {
	uint32_t segment_size;   /* 0: by the input's size */
	uint64_t segments_max;   /* 0: by the kind of input */
};

ENT_MUST_USE enum ent_status ent_tdf_write_tuned(const struct ent_tdf_write *write, const struct ent_tdf_tuning *tuning,
    uint64_t *plain_bytes, struct ent_error *err);

#endif
