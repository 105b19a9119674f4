#include "tdf/zip.h"
#include "tdf/zip_format.h"

/* No clock in a file: 1980-01-01 00:00, the first date that MS-DOS knows. */
#define DOS_DATE 0x0021

/* Room for the largest manifest that goes with a payload below 2 GiB, and the directory. */
#define BEHIND_PAYLOAD ((10u << 20) + 4096)

struct pen {
	uint8_t *out;
	size_t len;
};

static void
put(struct pen *pen, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		pen->out[pen->len++] = (uint8_t)(value >> 8 * i);
}

static void
put_name(struct pen *pen, const char *name)
{
	size_t len = strlen(name);

	memcpy(pen->out + pen->len, name, len);
	pen->len += len;
}

bool
ent_zip_needs_64(uint64_t payload_size)
{
	return payload_size > (uint64_t)INT32_MAX - BEHIND_PAYLOAD;
}

static void
put_local(struct pen *pen, const char *name, unsigned flags, uint32_t crc, uint64_t size32, size_t extra_len)
{
	put(pen, 4, ZIP_SIG_LOCAL);
	put(pen, 2, ZIP_VERSION_64);
	put(pen, 2, flags);
	put(pen, 2, 0); /* stored */
	put(pen, 2, 0);
	put(pen, 2, DOS_DATE);
	put(pen, 4, crc);
	put(pen, 4, size32);
	put(pen, 4, size32);
	put(pen, 2, strlen(name));
	put(pen, 2, extra_len);
	put_name(pen, name);
}

size_t
ent_zip_payload_header(uint8_t *out, bool zip64)
{
	struct pen pen = { out, 0 };

	/* The extra field, with sizes not known yet, says that the descriptor is the 24-byte one (APPNOTE 4.3.9.2). */
	put_local(&pen, ENT_ZIP_PAYLOAD, ZIP_FLAG_DESCRIPTOR, 0, zip64 ? ZIP_MARK_32 : 0, zip64 ? 20 : 0);
	if (zip64) {
		put(&pen, 2, ZIP_EXTRA_64);
		put(&pen, 2, 16);
		put(&pen, 8, 0);
		put(&pen, 8, 0);
	}
	return pen.len;
}

size_t
ent_zip_payload_descriptor(uint8_t *out, const struct ent_zip_entry *payload, bool zip64)
{
	struct pen pen = { out, 0 };

	put(&pen, 4, ZIP_SIG_DESCRIPTOR);
	put(&pen, 4, payload->crc);
	put(&pen, zip64 ? 8 : 4, payload->size);
	put(&pen, zip64 ? 8 : 4, payload->size);
	return pen.len;
}

size_t
ent_zip_manifest_header(uint8_t *out, const struct ent_zip_entry *manifest)
{
	struct pen pen = { out, 0 };

	put_local(&pen, ENT_ZIP_MANIFEST, 0, manifest->crc, manifest->size, 0);
	return pen.len;
}

static void
put_central(struct pen *pen, const char *name, unsigned flags, const struct ent_zip_entry *entry, bool zip64)
{
	put(pen, 4, ZIP_SIG_CENTRAL);
	put(pen, 2, ZIP_VERSION_64);
	put(pen, 2, ZIP_VERSION_64);
	put(pen, 2, flags);
	put(pen, 2, 0);
	put(pen, 2, 0);
	put(pen, 2, DOS_DATE);
	put(pen, 4, entry->crc);
	put(pen, 4, zip64 ? ZIP_MARK_32 : entry->size);
	put(pen, 4, zip64 ? ZIP_MARK_32 : entry->size);
	put(pen, 2, strlen(name));
	put(pen, 2, zip64 ? 28 : 0);
	put(pen, 2, 0);  /* no comment */
	put(pen, 4, 0);  /* first disk, internal attributes */
	put(pen, 4, 0);  /* external attributes */
	put(pen, 4, zip64 ? ZIP_MARK_32 : entry->offset);
	put_name(pen, name);
	if (!zip64)
		return;
	put(pen, 2, ZIP_EXTRA_64);
	put(pen, 2, 24);
	put(pen, 8, entry->size);
	put(pen, 8, entry->size);
	put(pen, 8, entry->offset);
}

/* Go looks for ZIP64 only where the classic record's offset is FFFFFFFF, so all its fields say so. */
static void
put_end64(struct pen *pen, uint64_t directory_offset, uint64_t directory_len)
{
	put(pen, 4, ZIP_SIG_END64);
	put(pen, 8, ZIP_END64_REST);
	put(pen, 2, ZIP_VERSION_64);
	put(pen, 2, ZIP_VERSION_64);
	put(pen, 8, 0); /* disks */
	put(pen, 8, 2);
	put(pen, 8, 2);
	put(pen, 8, directory_len);
	put(pen, 8, directory_offset);
	put(pen, 4, ZIP_SIG_LOCATOR);
	put(pen, 4, 0);
	put(pen, 8, directory_offset + directory_len);
	put(pen, 4, 1);
}

size_t
ent_zip_tail(uint8_t *out, const struct ent_zip *zip, uint64_t tail_offset, bool zip64)
{
	struct pen pen = { out, 0 };
	uint64_t directory_len;

	put_central(&pen, ENT_ZIP_PAYLOAD, ZIP_FLAG_DESCRIPTOR, &zip->payload, zip64);
	put_central(&pen, ENT_ZIP_MANIFEST, 0, &zip->manifest, zip64);
	directory_len = pen.len;
	if (zip64)
		put_end64(&pen, tail_offset, directory_len);
	put(&pen, 4, ZIP_SIG_END);
	put(&pen, 4, 0); /* disks */
	put(&pen, 2, zip64 ? ZIP_MARK_16 : 2);
	put(&pen, 2, zip64 ? ZIP_MARK_16 : 2);
	put(&pen, 4, zip64 ? ZIP_MARK_32 : directory_len);
	put(&pen, 4, zip64 ? ZIP_MARK_32 : tail_offset);
	put(&pen, 2, 0);
	ENT_ASSERT(pen.len <= ENT_ZIP_PART_MAX);
	return pen.len;
}
