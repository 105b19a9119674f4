#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/base64.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "tdf/crc.h"
#include "tdf/lanes.h"
#include "tdf/output.h"
#include "tdf/tdf.h"
#include "tdf/zip.h"

enum { COPY_LEN = 1 << 17 };

struct ent_tdf {
	int fd;       /* borrowed, or own_fd */
	int own_fd;   /* unlinked copy of a pipe, or -1 */
	struct ent_arena *arena;
	struct ent_zip zip;
	struct ent_manifest manifest;
	uint64_t plain_size;
	uint64_t *starts; /* plaintext offset of each segment where they differ in size; NULL: a multiplication tells */
	struct ent_secret *key; /* once unlocked */
};

void
ent_tdf_free(struct ent_tdf *tdf)
{
	if (tdf == NULL)
		return;
	ent_fd_close(tdf->own_fd);
	ent_arena_free(tdf->arena);
	ent_secret_free(tdf->key);
	free(tdf);
}

const struct ent_manifest *
ent_tdf_manifest(const struct ent_tdf *tdf)
{
	return &tdf->manifest;
}

uint64_t
ent_tdf_plain_size(const struct ent_tdf *tdf)
{
	return tdf->plain_size;
}

/* A file that is gone when it is closed: O_TMPFILE, or where the file system lacks it, a name that is removed at once. */
static enum ent_status
open_temporary(int *out, const char *dir, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	if (dir == NULL)
		dir = getenv("TMPDIR");
	if (dir == NULL || dir[0] == '\0')
		dir = "/tmp";
	*out = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*out >= 0)
		return ENT_OK;
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/entente-XXXXXX", dir));
	*out = mkostemp(path, O_CLOEXEC);
	if (*out < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot create a temporary file in %s", dir);
	unlink(path);
	return ENT_OK;
}

/* Only what is encrypted anyway reaches the disk. */
static enum ent_status
copy_to_temporary(struct ent_tdf *tdf, int fd, const char *dir, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(COPY_LEN);
	uint8_t *room;

	ENT_TRY(ent_buf_grow(&buf, &room, COPY_LEN, err));
	ENT_TRY(open_temporary(&tdf->own_fd, dir, err));
	for (;;) {
		ssize_t n = read(fd, room, COPY_LEN);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot read the input");
		if (n == 0)
			break;
		if (ent_fd_write(tdf->own_fd, ent_view_from(room, (size_t)n), err) != ENT_OK)
			return ent_error_context(err, "a pipe is copied to a temporary file first, as a TDF's manifest stands at its end");
	}
	tdf->fd = tdf->own_fd;
	return ENT_OK;
}

/* The size of a regular file or block device; the position of fd stays where it is. */
static enum ent_status
size_of(uint64_t *out, int fd, struct ent_error *err)
{
	struct stat st;
	off_t here, end;

	if (fstat(fd, &st) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot stat the input");
	if (S_ISDIR(st.st_mode))
		return ent_fail(err, ENT_E_INPUT, "the input is a folder, not a TDF file");
	if (S_ISREG(st.st_mode)) {
		*out = (uint64_t)st.st_size;
		return ENT_OK;
	}
	here = lseek(fd, 0, SEEK_CUR);
	end = lseek(fd, 0, SEEK_END);
	if (here < 0 || end < 0 || lseek(fd, here, SEEK_SET) < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot find the end of the input");
	*out = (uint64_t)end;
	return ENT_OK;
}

static enum ent_status
read_at(void *arg, uint8_t *into, size_t len, uint64_t offset, struct ent_error *err)
{
	return ent_fd_pread(((struct ent_tdf *)arg)->fd, into, len, offset, err);
}

/* The manifest's bytes in order, with their CRC. */
struct manifest_source {
	const struct ent_tdf *tdf;
	uint64_t done;
	uint32_t crc;
};

static enum ent_status
read_manifest_bytes(void *arg, uint8_t *into, size_t max, size_t *got, struct ent_error *err)
{
	struct manifest_source *source = arg;
	const struct ent_zip_entry *entry = &source->tdf->zip.manifest;
	uint64_t left = entry->size - source->done;

	*got = left < max ? (size_t)left : max;
	ENT_TRY(ent_fd_pread(source->tdf->fd, into, *got, entry->data_offset + source->done, err));
	source->crc = ent_crc_add(source->crc, ent_view_from(into, *got));
	source->done += *got;
	return ENT_OK;
}

static enum ent_status
read_manifest(struct ent_tdf *tdf, struct ent_error *err)
{
	const uint64_t size = tdf->zip.manifest.size;
	const struct ent_manifest_limits limits = { .allow_large = true };
	struct manifest_source source = { .tdf = tdf };
	const struct ent_manifest *m = &tdf->manifest;

	if (size > ENT_LIMIT_MANIFEST_LARGE)
		return ent_fail(err, ENT_E_LIMIT, "a manifest of %" PRIu64 " bytes, limit %u", size, ENT_LIMIT_MANIFEST_LARGE);
	/* Hashes and sizes double as they grow; nothing in a manifest takes more than five times its text. */
	ENT_TRY(ent_arena_new(&tdf->arena, 5 * (size_t)size + (1u << 20), err));
	ENT_TRY(ent_manifest_read(&tdf->manifest, tdf->arena, read_manifest_bytes, &source, &limits, err));
	if (source.crc != tdf->zip.manifest.crc)
		return ent_fail(err, ENT_E_FORMAT, "the manifest's checksum is wrong: the file is damaged or was tampered with");
	/* Only files of --entente-only, with segments that others do not read, may have a manifest that others do not read. */
	if (size > ENT_LIMIT_MANIFEST && m->segment_size_default <= ENT_SEGMENT_SIZE_MEDIUM)
		return ent_fail(err, ENT_E_LIMIT, "a manifest of %" PRIu64 " bytes, limit %u", size, ENT_LIMIT_MANIFEST);
	if (m->schema_version.len == 0)
		return ent_fail(err, ENT_E_UNSUPPORTED,
		    "a file of specification 4.2.2 or before (no schemaVersion): this version reads 4.3.0; write it anew with a current tool");
	if (!ent_view_starts(m->schema_version, ENT_LIT("4.3.")))
		return ent_fail(err, ENT_E_UNSUPPORTED, "a file of specification %.*s: this version reads 4.3.0", ENT_FMT(m->schema_version));
	return ENT_OK;
}

/* All segments together are the payload, to the byte. */
static enum ent_status
check_segments(struct ent_tdf *tdf, struct ent_error *err)
{
	const struct ent_manifest *m = &tdf->manifest;
	void *starts = NULL;
	uint64_t sealed;

	if (m->segment_sizes != NULL)
		ENT_TRY(ent_arena_alloc(tdf->arena, &starts, m->segment_count, sizeof(*tdf->starts), err));
	tdf->starts = starts;
	for (uint32_t i = 0; i < m->segment_count; i++) {
		if (tdf->starts != NULL)
			tdf->starts[i] = tdf->plain_size;
		tdf->plain_size += ent_manifest_segment_size(m, i); /* at most 2^20 times 2^26 */
	}
	sealed = tdf->plain_size + (uint64_t)m->segment_count * ENT_GCM_OVERHEAD;
	if (sealed != tdf->zip.payload.size)
		return ent_fail(err, ENT_E_FORMAT, "integrity check of the segment sizes failed: they sum up to %" PRIu64
		    " bytes and the payload has %" PRIu64 ": the file was tampered with or is damaged", sealed, tdf->zip.payload.size);
	return ENT_OK;
}

enum ent_status
ent_tdf_open(struct ent_tdf **out, int fd, const char *tmp_dir, struct ent_error *err)
{
	ENT_AUTO(ent_tdf) tdf = calloc(1, sizeof(*tdf));
	struct ent_zip_source source = { .read_at = read_at };

	if (tdf == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory to open a file");
	tdf->fd = fd;
	tdf->own_fd = -1;
	if (lseek(fd, 0, SEEK_CUR) < 0 && errno == ESPIPE)
		ENT_TRY(copy_to_temporary(tdf, fd, tmp_dir, err));
	source.arg = tdf;
	ENT_TRY(size_of(&source.size, tdf->fd, err));
	ENT_TRY(ent_zip_read(&tdf->zip, &source, err));
	ENT_TRY(read_manifest(tdf, err));
	ENT_TRY(check_segments(tdf, err));
	*out = ent_take(&tdf);
	return ENT_OK;
}

enum ent_status
ent_tdf_unlock(struct ent_tdf *tdf, const struct ent_secret *key, struct ent_error *err)
{
	const struct ent_manifest *m = &tdf->manifest;
	struct ent_hash claimed, computed;
	struct ent_error unsaid = { 0 };

	if (ent_secret_len(key) != ENT_GCM_KEY_LEN)
		return ent_fail(err, ENT_E_TAMPERED, "the payload key has %zu bytes, not %d", ent_secret_len(key), ENT_GCM_KEY_LEN);
	ent_hmac_sha256(&computed, ent_secret_view(key), ent_view_from(m->segment_hashes, (size_t)m->segment_count * m->hash_len));
	if (ent_hash_from_base64(&claimed, m->root_sig, &unsaid) != ENT_OK ||
	    !ent_equal_ct(ent_hash_view(&claimed), ent_hash_view(&computed)))
		return ent_fail(err, ENT_E_TAMPERED,
		    "the root signature does not match: the segments or their signatures were tampered with, or the key is another file's");
	ent_secret_free(tdf->key);
	tdf->key = NULL;
	return ent_secret_copy(&tdf->key, ent_secret_view(key), err);
}

/* One call of ent_tdf_read. */
struct reading {
	struct ent_tdf *tdf;
	const struct ent_tdf_read *read;
	struct ent_output out;
	uint64_t from; /* plaintext range, clamped */
	uint64_t to;
	uint32_t first; /* segment that holds from */
	_Atomic uint64_t done_bytes;
};

static uint64_t
start_of(const struct ent_tdf *tdf, uint32_t segment)
{
	return tdf->starts != NULL ? tdf->starts[segment] : segment * tdf->manifest.segment_size_default;
}

/* The segment that holds a byte of the file: the last one that starts at or before it. */
static uint32_t
segment_at(const struct ent_tdf *tdf, uint64_t offset)
{
	uint32_t low = 0, high = tdf->manifest.segment_count;

	if (tdf->starts == NULL) { /* the last one may be longer than the others */
		uint64_t guess = offset / tdf->manifest.segment_size_default;

		return guess < high ? (uint32_t)guess : high - 1;
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (tdf->starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static enum ent_status
start_lane(void *arg, struct ent_lane *lane, struct ent_error *err)
{
	struct reading *r = arg;
	struct ent_gcm *gcm = NULL;

	ENT_TRY(ent_gcm_new(&gcm, ent_secret_view(r->tdf->key), err));
	lane->own = gcm;
	return ENT_OK;
}

static void
stop_lane(void *arg, struct ent_lane *lane)
{
	(void)arg;
	ent_gcm_free(lane->own);
}

static enum ent_status
load(void *arg, struct ent_lane *lane, bool *end, struct ent_error *err)
{
	const struct reading *r = arg;
	const struct ent_tdf *tdf = r->tdf;
	const uint32_t segment = r->first + (uint32_t)lane->index;
	const uint64_t at = tdf->zip.payload.data_offset + start_of(tdf, segment) + (uint64_t)segment * ENT_GCM_OVERHEAD;

	(void)end;
	lane->len = (size_t)ent_manifest_segment_size(&tdf->manifest, segment);
	return ent_fd_pread(tdf->fd, lane->buffer, lane->len + ENT_GCM_OVERHEAD, at, err);
}

/* The segment's signature is its tag (GMAC) or an HMAC of all of it (HS256); it must be the one that the root signature covers. */
static enum ent_status
check_hash(const struct ent_tdf *tdf, uint32_t segment, struct ent_view sealed, struct ent_error *err)
{
	const struct ent_manifest *m = &tdf->manifest;
	struct ent_view listed = ent_view_from(m->segment_hashes + (size_t)segment * m->hash_len, m->hash_len);
	struct ent_view found = ent_view_slice(sealed, sealed.len - ENT_GCM_TAG_LEN, ENT_GCM_TAG_LEN);
	struct ent_hash hmac;

	if (m->segment_alg == ENT_SEGMENT_HS256) {
		ent_hmac_sha256(&hmac, ent_secret_view(tdf->key), sealed);
		found = ent_hash_view(&hmac);
	}
	if (ent_equal_ct(listed, found))
		return ENT_OK;
	return ent_fail(err, ENT_E_TAMPERED, "segment %" PRIu32 " of %" PRIu32
	    ": its signature does not match, so the payload was tampered with or is damaged", segment + 1, m->segment_count);
}

static enum ent_status
open_segment(void *arg, struct ent_lane *lane, struct ent_error *err)
{
	const struct reading *r = arg;
	const uint32_t segment = r->first + (uint32_t)lane->index;
	struct ent_view sealed = ent_view_from(lane->buffer, lane->len + ENT_GCM_OVERHEAD);

	ENT_TRY(check_hash(r->tdf, segment, sealed, err));
	/* In place: the plaintext takes the place of the ciphertext. */
	if (ent_gcm_open(lane->own, lane->buffer + ENT_GCM_IV_LEN, sealed, err) == ENT_OK)
		return ENT_OK;
	return ent_error_context(err, "segment %" PRIu32 " of %" PRIu32 " was tampered with or is damaged", segment + 1,
	    r->tdf->manifest.segment_count);
}

static enum ent_status
store(void *arg, struct ent_lane *lane, struct ent_error *err)
{
	struct reading *r = arg;
	const uint64_t start = start_of(r->tdf, r->first + (uint32_t)lane->index);
	const uint64_t from = start > r->from ? start : r->from;
	const uint64_t to = start + lane->len < r->to ? start + lane->len : r->to;

	if (from >= to)
		return ENT_OK;
	ENT_TRY(ent_output_write(&r->out, ent_view_from(lane->buffer + ENT_GCM_IV_LEN + (from - start), (size_t)(to - from)),
	    from - r->from, err));
	atomic_fetch_add(&r->done_bytes, to - from);
	return ENT_OK;
}

static void
tick(void *arg)
{
	struct reading *r = arg;

	if (r->read->progress != NULL)
		r->read->progress(r->read->progress_arg, atomic_load(&r->done_bytes), r->to - r->from);
}

static size_t
largest_segment(const struct reading *r, uint32_t count)
{
	uint64_t largest = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t size = ent_manifest_segment_size(&r->tdf->manifest, r->first + i);

		largest = size > largest ? size : largest;
	}
	return (size_t)largest;
}

static enum ent_status
read_range(struct reading *r, struct ent_error *err)
{
	const struct ent_manifest *m = &r->tdf->manifest;
	uint32_t count = m->segment_count; /* of an empty file too: its one segment is verified */
	struct ent_lanes lanes = { .threads = r->read->threads, .store_in_order = !r->out.at_offsets, .arg = r, .start = start_lane,
		.stop = stop_lane, .load = load, .work = open_segment, .store = store, .tick = tick };

	if (r->tdf->plain_size > 0) {
		r->first = segment_at(r->tdf, r->from);
		count = segment_at(r->tdf, r->to - 1) - r->first + 1;
	}
	lanes.count = count;
	lanes.buffer_len = largest_segment(r, count) + ENT_GCM_OVERHEAD;
	if (count > 0)
		ENT_TRY(ent_lanes_run(&lanes, err));
	return ent_output_end(&r->out, r->to - r->from, err);
}

enum ent_status
ent_tdf_read(struct ent_tdf *tdf, const struct ent_tdf_read *read, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_pipe_guard) guard;
	struct reading r = { .tdf = tdf, .read = read };
	const uint64_t size = tdf->plain_size;

	ent_pipe_guard_init(&guard);
	if (tdf->key == NULL)
		return ent_fail(err, ENT_E_INTERNAL, "a file is read before its root signature was checked");
	ent_output_init(&r.out, read->out_fd);
	r.from = read->offset < size ? read->offset : size;
	r.to = read->len < size - r.from ? r.from + read->len : size;
	if (r.from == r.to && size > 0)
		return ENT_OK; /* nothing of the file is asked for */
	return read_range(&r, err);
}
