#include <inttypes.h>

#include "base/check.h"
#include "tdf/zip.h"
#include "tdf/zip_format.h"

/* An entry as the central directory tells it, and what its local header adds. */
struct entry {
	const char *name;
	struct ent_zip_entry *out;
	uint64_t end; /* first byte behind the data, and behind the descriptor once that is read */
	bool has_descriptor;
};

/* The ZIP64 extra field of a header, if there is one. */
struct extra64 {
	bool present;
	struct ent_view data;
};

struct directory {
	uint64_t offset;
	uint64_t len;
};

#define malformed(err, ...) ent_fail((err), ENT_E_FORMAT, "not a TDF file, or damaged: " __VA_ARGS__)

/* APPNOTE 4.5.1: id, length, data, over and over, to the last byte. */
static enum ent_status
read_extras(struct extra64 *out, struct ent_view extra, const char *name, struct ent_error *err)
{
	*out = (struct extra64){ 0 };
	while (extra.len >= 4) {
		uint16_t id = zip_u16(extra.data);
		size_t len = zip_u16(extra.data + 2);

		if (len > extra.len - 4)
			return malformed(err, "an extra field of %s runs over its header", name);
		if (id == ZIP_EXTRA_64 && out->present)
			return malformed(err, "%s has two ZIP64 fields", name);
		if (id == ZIP_EXTRA_64)
			*out = (struct extra64){ true, ent_view_slice(extra, 4, len) };
		extra = ent_view_slice(extra, 4 + len, SIZE_MAX);
	}
	return extra.len == 0 ? ENT_OK : malformed(err, "stray bytes in the extra fields of %s", name);
}

/*
 * Size, size, offset. APPNOTE 4.5.3 has only those that are marked FFFFFFFF in the header; Java and JavaScript always write all three.
 * Some write the compressed size first: as both must be equal here, the order does not matter.
 */
static enum ent_status
apply_extra64(uint64_t fields[3], const struct extra64 *extra, const char *name, struct ent_error *err)
{
	size_t marked = 0;
	const uint8_t *at = extra->data.data;
	bool all = extra->data.len == 24;

	for (size_t i = 0; i < 3; i++)
		marked += fields[i] == ZIP_MARK_32;
	if (!extra->present)
		return marked == 0 ? ENT_OK : malformed(err, "%s lacks its ZIP64 field", name);
	if (!all && extra->data.len != 8 * marked)
		return malformed(err, "the ZIP64 field of %s has %zu bytes", name, extra->data.len);
	for (size_t i = 0; i < 3; i++) {
		bool is_marked = fields[i] == ZIP_MARK_32;

		if (!all && !is_marked)
			continue;
		if (!is_marked && zip_u64(at) != fields[i])
			return malformed(err, "the ZIP64 field of %s contradicts its header", name);
		fields[i] = zip_u64(at);
		at += 8;
	}
	return ENT_OK;
}

/* What is the same in local and central headers, from version needed on: 4.4.3 to 4.4.5. */
static enum ent_status
check_features(const uint8_t *at, const char *name, struct ent_error *err)
{
	unsigned version = zip_u16(at);
	unsigned flags = zip_u16(at + 2);

	if (version > ZIP_VERSION_64)
		return malformed(err, "%s needs version %u of ZIP", name, version);
	if (flags & 1u)
		return malformed(err, "%s is encrypted by ZIP", name);
	if (flags & ~(ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_UTF8))
		return malformed(err, "%s has the ZIP flags %04x", name, flags);
	if (zip_u16(at + 4) != 0)
		return malformed(err, "%s is compressed (method %u)", name, (unsigned)zip_u16(at + 4));
	return ENT_OK;
}

static enum ent_status
entry_named(struct entry **out, struct entry entries[2], struct ent_view name, struct ent_error *err)
{
	for (size_t i = 0; i < 2; i++)
		if (ent_view_eq_str(name, entries[i].name)) {
			*out = &entries[i];
			return entries[i].out->size == UINT64_MAX ? ENT_OK : malformed(err, "two entries %s", entries[i].name);
		}
	return malformed(err, "an entry that is neither " ENT_ZIP_PAYLOAD " nor " ENT_ZIP_MANIFEST);
}

/* One header of the central directory (APPNOTE 4.3.12); *rest moves behind it. */
static enum ent_status
read_central(struct entry entries[2], struct ent_view *rest, struct ent_error *err)
{
	const uint8_t *at = rest->data;
	struct entry *entry = NULL;
	struct extra64 extra;
	size_t name_len, extra_len;

	if (rest->len < ZIP_CENTRAL_LEN || zip_u32(at) != ZIP_SIG_CENTRAL)
		return malformed(err, "the directory does not hold two entries");
	name_len = zip_u16(at + 28);
	extra_len = zip_u16(at + 30);
	if (name_len + extra_len > rest->len - ZIP_CENTRAL_LEN)
		return malformed(err, "a name runs over the directory");
	ENT_TRY(entry_named(&entry, entries, ent_view_slice(*rest, ZIP_CENTRAL_LEN, name_len), err));
	ENT_TRY(check_features(at + 6, entry->name, err));
	if (zip_u16(at + 32) != 0 || zip_u16(at + 34) != 0)
		return malformed(err, "%s has a comment or is on another disk", entry->name);
	uint64_t fields[3] = { zip_u32(at + 24), zip_u32(at + 20), zip_u32(at + 42) };
	ENT_TRY(read_extras(&extra, ent_view_slice(*rest, ZIP_CENTRAL_LEN + name_len, extra_len), entry->name, err));
	ENT_TRY(apply_extra64(fields, &extra, entry->name, err));
	if (fields[0] != fields[1] || fields[0] == UINT64_MAX)
		return malformed(err, "the two sizes of %s differ", entry->name);
	entry->out->crc = zip_u32(at + 16);
	entry->out->size = fields[0];
	entry->out->offset = fields[2];
	*rest = ent_view_slice(*rest, ZIP_CENTRAL_LEN + name_len + extra_len, SIZE_MAX);
	return ENT_OK;
}

/* The ZIP64 end record and its locator (4.3.14, 4.3.15); classic is the 22-byte record, which must not contradict. */
static enum ent_status
read_end64(struct directory *out, const struct ent_zip_source *source, const uint8_t *locator, struct ent_error *err)
{
	const uint8_t *classic = locator + ZIP_LOCATOR_LEN;
	const uint64_t record_at = zip_u64(locator + 8);
	const uint64_t locator_at = source->size - ZIP_END_LEN - ZIP_LOCATOR_LEN;
	uint8_t record[ZIP_END64_LEN];
	uint64_t end;

	if (zip_u32(locator + 4) != 0 || zip_u32(locator + 16) != 1)
		return malformed(err, "the ZIP64 locator names other disks");
	if (locator_at < ZIP_END64_LEN || record_at != locator_at - ZIP_END64_LEN)
		return malformed(err, "the ZIP64 end record is not in front of its locator");
	ENT_TRY(source->read_at(source->arg, record, sizeof(record), record_at, err));
	if (zip_u32(record) != ZIP_SIG_END64 || zip_u64(record + 4) != ZIP_END64_REST)
		return malformed(err, "no ZIP64 end record where its locator points");
	if (zip_u32(record + 16) != 0 || zip_u32(record + 20) != 0 || zip_u64(record + 24) != 2 || zip_u64(record + 32) != 2)
		return malformed(err, "the directory does not hold two entries");
	out->len = zip_u64(record + 40);
	out->offset = zip_u64(record + 48);
	if (!ent_add_u64(&end, out->offset, out->len) || end != record_at)
		return malformed(err, "the directory does not stand in front of the end record");
	for (size_t i = 8; i <= 10; i += 2)
		if (zip_u16(classic + i) != ZIP_MARK_16 && zip_u16(classic + i) != 2)
			return malformed(err, "the two end records differ in the number of entries");
	if ((zip_u32(classic + 12) != ZIP_MARK_32 && zip_u32(classic + 12) != out->len) ||
	    (zip_u32(classic + 16) != ZIP_MARK_32 && zip_u32(classic + 16) != out->offset))
		return malformed(err, "the two end records differ");
	return ENT_OK;
}

/* The end record is the very end: no writer of TDFs makes a comment, and Go's reader refuses one too. */
static enum ent_status
read_end(struct directory *out, const struct ent_zip_source *source, struct ent_error *err)
{
	uint8_t tail[ZIP_LOCATOR_LEN + ZIP_END_LEN] = { 0 };
	const uint8_t *end = tail + ZIP_LOCATOR_LEN;

	if (source->size < sizeof(tail))
		return malformed(err, "%" PRIu64 " bytes are too few", source->size);
	ENT_TRY(source->read_at(source->arg, tail, sizeof(tail), source->size - sizeof(tail), err));
	if (zip_u32(end) != ZIP_SIG_END || zip_u16(end + 20) != 0)
		return malformed(err, "it does not end with a ZIP end record (cut off, or something was appended)");
	if (zip_u16(end + 4) != 0 || zip_u16(end + 6) != 0)
		return malformed(err, "a ZIP of several disks");
	if (zip_u32(tail) == ZIP_SIG_LOCATOR)
		return read_end64(out, source, tail, err);
	out->len = zip_u32(end + 12);
	out->offset = zip_u32(end + 16);
	if (zip_u16(end + 8) != 2 || zip_u16(end + 10) != 2)
		return malformed(err, "the directory does not hold two entries");
	if (out->offset + out->len != source->size - ZIP_END_LEN)
		return malformed(err, "the directory does not stand in front of the end record");
	return ENT_OK;
}

/* Sizes and CRC of a local header: equal to the directory's, or not known yet where a descriptor follows (4.4.4, bit 3). */
static enum ent_status
check_local_sizes(const struct entry *entry, const uint8_t *at, const struct extra64 *extra, struct ent_error *err)
{
	const bool later = entry->has_descriptor;
	const uint32_t crc = zip_u32(at + 14);
	bool good = crc == entry->out->crc || (later && crc == 0);

	for (size_t i = 0; i < 2; i++) {
		uint64_t size = zip_u32(at + 18 + 4 * i);
		bool marked = size == ZIP_MARK_32;

		if (marked && extra->present && extra->data.len >= 16)
			size = zip_u64(extra->data.data + 8 * i);
		/* Java marks both sizes and writes no extra field. */
		good = good && (size == entry->out->size || (later && (size == 0 || (marked && !extra->present))));
	}
	if (extra->present && extra->data.len != 16 && extra->data.len != 24)
		good = false;
	return good ? ENT_OK : malformed(err, "the local header of %s contradicts the directory", entry->name);
}

/* The local header (4.3.7), which must say what the directory says. Sets where the data starts and ends. */
static enum ent_status
read_local(struct entry *entry, const struct ent_zip_source *source, uint64_t limit, struct ent_error *err)
{
	uint8_t at[ZIP_LOCAL_LEN + 16 + ENT_LIMIT_ZIP_EXTRA];
	const size_t name_len = strlen(entry->name);
	size_t extra_len, len;
	struct extra64 extra;

	if (limit < ZIP_LOCAL_LEN + name_len || entry->out->offset > limit - ZIP_LOCAL_LEN - name_len)
		return malformed(err, "%s starts at byte %" PRIu64 ", behind the data", entry->name, entry->out->offset);
	ENT_TRY(source->read_at(source->arg, at, ZIP_LOCAL_LEN, entry->out->offset, err));
	if (zip_u32(at) != ZIP_SIG_LOCAL || zip_u16(at + 26) != name_len)
		return malformed(err, "no local header of %s at byte %" PRIu64, entry->name, entry->out->offset);
	ENT_TRY(check_features(at + 4, entry->name, err));
	extra_len = zip_u16(at + 28);
	len = ZIP_LOCAL_LEN + name_len + extra_len;
	if (extra_len > ENT_LIMIT_ZIP_EXTRA || len > limit - entry->out->offset)
		return malformed(err, "%zu bytes of extra fields in the local header of %s", extra_len, entry->name);
	ENT_TRY(source->read_at(source->arg, at, len, entry->out->offset, err));
	if (zip_u16(at + 28) != extra_len || memcmp(at + ZIP_LOCAL_LEN, entry->name, name_len) != 0)
		return malformed(err, "no local header of %s at byte %" PRIu64, entry->name, entry->out->offset);
	ENT_TRY(read_extras(&extra, ent_view_from(at + ZIP_LOCAL_LEN + name_len, extra_len), entry->name, err));
	entry->has_descriptor = zip_u16(at + 6) & ZIP_FLAG_DESCRIPTOR;
	ENT_TRY(check_local_sizes(entry, at, &extra, err));
	entry->out->data_offset = entry->out->offset + len;
	if (entry->out->size > limit - entry->out->data_offset)
		return malformed(err, "%s is longer than the file", entry->name);
	entry->end = entry->out->data_offset + entry->out->size;
	return ENT_OK;
}

/* Behind the data: nothing, or a descriptor (4.3.9) of 16 or 24 bytes with its signature, as all writers do. next is what follows. */
static enum ent_status
read_descriptor(const struct entry *entry, const struct ent_zip_source *source, uint64_t next, struct ent_error *err)
{
	uint8_t at[ZIP_DESCRIPTOR64_LEN];
	uint64_t gap = next - entry->end;
	uint64_t a, b;

	if (next < entry->end)
		return malformed(err, "the entries overlap");
	if (gap == 0 && !entry->has_descriptor)
		return ENT_OK;
	if (!entry->has_descriptor || (gap != ZIP_DESCRIPTOR_LEN && gap != ZIP_DESCRIPTOR64_LEN))
		return malformed(err, "%" PRIu64 " bytes behind %s belong to nothing", gap, entry->name);
	ENT_TRY(source->read_at(source->arg, at, (size_t)gap, entry->end, err));
	a = gap == ZIP_DESCRIPTOR_LEN ? zip_u32(at + 8) : zip_u64(at + 8);
	b = gap == ZIP_DESCRIPTOR_LEN ? zip_u32(at + 12) : zip_u64(at + 16);
	if (zip_u32(at) != ZIP_SIG_DESCRIPTOR || zip_u32(at + 4) != entry->out->crc || a != entry->out->size || b != a)
		return malformed(err, "the data descriptor of %s contradicts the directory", entry->name);
	return ENT_OK;
}

static enum ent_status
read_directory(struct entry entries[2], const struct ent_zip_source *source, const struct directory *directory,
    struct ent_error *err)
{
	uint8_t bytes[ENT_LIMIT_ZIP_DIRECTORY];
	struct ent_view rest = ent_view_from(bytes, (size_t)directory->len);

	if (directory->len > sizeof(bytes))
		return malformed(err, "a directory of %" PRIu64 " bytes, limit %d", directory->len, ENT_LIMIT_ZIP_DIRECTORY);
	ENT_TRY(source->read_at(source->arg, bytes, rest.len, directory->offset, err));
	ENT_TRY(read_central(entries, &rest, err));
	ENT_TRY(read_central(entries, &rest, err));
	return rest.len == 0 ? ENT_OK : malformed(err, "the directory holds more than two entries");
}

enum ent_status
ent_zip_read(struct ent_zip *out, const struct ent_zip_source *source, struct ent_error *err)
{
	struct entry entries[2] = { { ENT_ZIP_PAYLOAD, &out->payload, 0, false }, { ENT_ZIP_MANIFEST, &out->manifest, 0, false } };
	struct directory directory;
	struct entry *first, *second;

	out->payload = out->manifest = (struct ent_zip_entry){ .size = UINT64_MAX }; /* not seen yet */
	ENT_TRY(read_end(&directory, source, err));
	ENT_TRY(read_directory(entries, source, &directory, err));
	for (size_t i = 0; i < 2; i++)
		ENT_TRY(read_local(&entries[i], source, directory.offset, err));
	/* Any order; but every byte of the file belongs to something. */
	first = out->payload.offset < out->manifest.offset ? &entries[0] : &entries[1];
	second = first == &entries[0] ? &entries[1] : &entries[0];
	if (first->out->offset != 0)
		return malformed(err, "%" PRIu64 " bytes in front of the first entry", first->out->offset);
	ENT_TRY(read_descriptor(first, source, second->out->offset, err));
	return read_descriptor(second, source, directory.offset, err);
}
