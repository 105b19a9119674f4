/* Writing a manifest (wire reference 1.3, spec 4.3.0) as a stream: nothing is kept but a small buffer. */
#ifndef ENT_TDF_MANIFEST_WRITE_H
#define ENT_TDF_MANIFEST_WRITE_H

#include "tdf/manifest.h"

typedef enum ent_status (*ent_write_fn)(void *arg, struct ent_view bytes, struct ent_error *err);

struct ent_manifest_text {
	struct ent_view policy_base64;
	const struct ent_kao *kaos;
	size_t kao_count;
	struct ent_view mime_type;
	struct ent_view root_sig;    /* base64 */
	uint64_t segment_size;       /* of all but the last */
	uint64_t last_segment_size;
	uint64_t segment_count;
	/* The 16 bytes of segment i: its GMAC hash. */
	const uint8_t *(*segment_hash)(const void *arg, uint64_t i);
	const void *segment_arg;
};

/* Members in the order of the reference; sizes are written for each segment, as Go and Java know no defaults. */
ENT_MUST_USE enum ent_status ent_manifest_write(const struct ent_manifest_text *text, ent_write_fn write, void *arg,
    struct ent_error *err);

/* How many bytes ent_manifest_write makes, and (crc not NULL) their CRC-32. */
ENT_MUST_USE enum ent_status ent_manifest_measure(const struct ent_manifest_text *text, uint64_t *len, uint32_t *crc,
    struct ent_error *err);

#endif
