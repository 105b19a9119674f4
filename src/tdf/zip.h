/*
 * The ZIP container of a TDF: two stored entries, 0.payload and 0.manifest.json (wire reference 1.1, APPNOTE.TXT 6.3.9).
 * The reader takes every known writer's variant and accounts for every byte of the file; the writer writes what every known reader takes.
 */
#ifndef ENT_TDF_ZIP_H
#define ENT_TDF_ZIP_H

#include "base/view.h"

#define ENT_ZIP_PAYLOAD "0.payload"
#define ENT_ZIP_MANIFEST "0.manifest.json"

#define ENT_LIMIT_ZIP_DIRECTORY 4096 /* bytes of the central directory; writers need 134 to 190, and JavaScript reads 1,000 */
#define ENT_LIMIT_ZIP_EXTRA 512      /* bytes of a local header's extra fields; writers need 0 to 28 */

struct ent_zip_entry {
	uint64_t offset;      /* of the local header */
	uint64_t data_offset; /* of the first byte of data */
	uint64_t size;        /* bytes of data, stored */
	uint32_t crc;
};

struct ent_zip {
	struct ent_zip_entry payload;
	struct ent_zip_entry manifest;
};

/* Where the bytes of the archive are: read exactly len bytes at offset, or fail. */
struct ent_zip_source {
	enum ent_status (*read_at)(void *arg, uint8_t *into, size_t len, uint64_t offset, struct ent_error *err);
	void *arg;
	uint64_t size; /* bytes of the whole file */
};

/*
 * Find both entries. ENT_E_FORMAT for whatever a TDF writer never makes: other or more entries, compression, encryption,
 * a local header that contradicts the directory, overlaps, gaps, comments, bytes before or behind. Checksums are the caller's.
 */
ENT_MUST_USE enum ent_status ent_zip_read(struct ent_zip *out, const struct ent_zip_source *source, struct ent_error *err);

#define ENT_ZIP_PART_MAX 512 /* no part written below is longer */

/* Does a payload of that many bytes need ZIP64? Java reads 32-bit fields as signed, and the directory stands behind the manifest. */
bool ent_zip_needs_64(uint64_t payload_size);

/* Each writes one part to out (ENT_ZIP_PART_MAX bytes) and returns its length. Order: header, data, descriptor, header, data, tail. */
size_t ent_zip_payload_header(uint8_t *out, bool zip64);
size_t ent_zip_payload_descriptor(uint8_t *out, const struct ent_zip_entry *payload, bool zip64);
size_t ent_zip_manifest_header(uint8_t *out, const struct ent_zip_entry *manifest);
/* Central directory and end records; they stand at tail_offset. */
size_t ent_zip_tail(uint8_t *out, const struct ent_zip *zip, uint64_t tail_offset, bool zip64);

#endif
