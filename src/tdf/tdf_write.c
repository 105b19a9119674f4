#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "tdf/crc.h"
#include "tdf/lanes.h"
#include "tdf/manifest_write.h"
#include "tdf/output.h"
#include "tdf/tuning.h"
#include "tdf/zip.h"

#define GIB (UINT64_C(1) << 30)
#define MEDIUM_FROM (200 * GIB)        /* plaintext beyond this: ENT_SEGMENT_SIZE_MEDIUM (contracts: Files) */
#define LARGE_FROM (448 * GIB)         /* beyond this only our own reader can read */
#define SLOTS_A_BLOCK 4096
#define BLOCKS (ENT_LIMIT_SEGMENTS_LARGE / SLOTS_A_BLOCK)

/* All that is kept of a segment once it is written. */
struct slot {
	uint8_t tag[ENT_GCM_TAG_LEN];
	uint32_t crc;
};

struct input {
	int fd;
	bool is_file;  /* its size is known and it is read at offsets */
	uint64_t base; /* file offset of the first byte */
	uint64_t size;
	bool ended;    /* a pipe's end was seen */
};

struct writer {
	const struct ent_tdf_write *write;
	struct input in;
	struct ent_output out;
	uint32_t segment_size;
	uint64_t segments_max;
	uint64_t segments;   /* known from the start for a file, counted for a pipe */
	uint64_t plain_size;
	bool zip64;
	struct ent_zip zip;
	_Atomic uint64_t done_bytes;
	struct slot *blocks[BLOCKS];
};

static void
writer_fini(struct writer *w)
{
	for (size_t i = 0; i < BLOCKS; i++)
		free(w->blocks[i]);
}

static struct slot *
slot_of(const struct writer *w, uint64_t i)
{
	return &w->blocks[i / SLOTS_A_BLOCK][i % SLOTS_A_BLOCK];
}

static enum ent_status
reserve_slot(struct writer *w, uint64_t i, struct ent_error *err)
{
	struct slot **block = &w->blocks[i / SLOTS_A_BLOCK];

	if (*block == NULL)
		*block = calloc(SLOTS_A_BLOCK, sizeof(**block));
	return *block != NULL ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for %d segments", SLOTS_A_BLOCK);
}

static enum ent_status
too_large(const struct writer *w, struct ent_error *err)
{
	return ent_fail(err, ENT_E_LIMIT, "the input is too large: OpenTDF readers take %" PRIu64 " segments of %" PRIu32 " bytes; %s",
	    w->segments_max, w->segment_size, w->in.is_file || w->write->size_hint > LARGE_FROM
	    ? "--entente-only writes larger segments, which only Entente reads" : "write it to a file first, or give its size with --size-hint");
}

static void
open_input(struct input *in, int fd)
{
	struct stat st;
	off_t base = lseek(fd, 0, SEEK_CUR);

	*in = (struct input){ .fd = fd };
	/* Files of /proc have size 0 and content all the same: they are read like pipes. */
	if (base < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= base)
		return;
	in->is_file = true;
	in->base = (uint64_t)base;
	in->size = (uint64_t)(st.st_size - base);
}

static enum ent_status
choose_sizes(struct writer *w, const struct ent_tdf_tuning *tuning, struct ent_error *err)
{
	const uint64_t size = w->in.is_file ? w->in.size : w->write->size_hint;
	const bool large = size > LARGE_FROM && w->write->entente_only;

	w->segment_size = large ? ENT_SEGMENT_SIZE_LARGE : size > MEDIUM_FROM ? ENT_SEGMENT_SIZE_MEDIUM : ENT_SEGMENT_SIZE;
	w->segments_max = large ? ENT_LIMIT_SEGMENTS_LARGE : w->in.is_file ? ENT_LIMIT_SEGMENTS : ENT_SEGMENTS_PIPE;
	if (tuning->segment_size != 0)
		w->segment_size = tuning->segment_size;
	if (tuning->segments_max != 0)
		w->segments_max = tuning->segments_max;
	if ((size > LARGE_FROM && !large) || (size > 0 && (size - 1) / w->segment_size >= w->segments_max))
		return too_large(w, err);
	if (!w->in.is_file)
		return ENT_OK;
	w->plain_size = size;
	w->segments = (size - 1) / w->segment_size + 1;
	for (uint64_t i = 0; i < w->segments; i += SLOTS_A_BLOCK)
		ENT_TRY(reserve_slot(w, i, err));
	return ENT_OK;
}

static const uint8_t *
hash_of_slot(const void *arg, uint64_t i)
{
	return slot_of(arg, i)->tag;
}

static const uint8_t *
hash_of_nothing(const void *arg, uint64_t i)
{
	static const uint8_t zero[ENT_GCM_TAG_LEN];

	(void)arg;
	(void)i;
	return zero;
}

static struct ent_manifest_text
manifest_text(const struct writer *w, struct ent_view root_sig)
{
	const struct ent_tdf_write *write = w->write;

	return (struct ent_manifest_text){ .policy_base64 = write->policy_base64, .kaos = write->kaos, .kao_count = write->kao_count,
		.mime_type = write->mime_type != NULL ? ent_view_str(write->mime_type) : ENT_LIT("application/octet-stream"),
		.root_sig = root_sig, .segment_size = w->segment_size, .segment_count = 1, .segment_hash = hash_of_nothing };
}

static enum ent_status
append(void *arg, struct ent_view bytes, struct ent_error *err)
{
	return ent_buf_add(arg, bytes, err);
}

static enum ent_status
read_back(void *arg, uint8_t *into, size_t max, size_t *got, struct ent_error *err)
{
	struct ent_view *rest = arg;

	(void)err;
	*got = rest->len < max ? rest->len : max;
	if (*got > 0)
		memcpy(into, rest->data, *got);
	*rest = ent_view_slice(*rest, *got, SIZE_MAX);
	return ENT_OK;
}

/* Our own reader's opinion of the manifest to come, with one segment: whatever it refuses is not written. */
static enum ent_status
check_manifest(const struct ent_manifest_text *text, struct ent_error *err)
{
	const struct ent_manifest_limits limits = { false };
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(ENT_LIMIT_MANIFEST);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_manifest manifest;
	struct ent_error own = { 0 };
	struct ent_view rest;

	ENT_TRY(ent_manifest_write(text, append, &bytes, err));
	ENT_TRY(ent_arena_new(&arena, 2 * (size_t)ENT_LIMIT_MANIFEST, err));
	rest = ent_buf_view(&bytes);
	if (ent_manifest_read(&manifest, arena, read_back, &rest, &limits, &own) == ENT_OK)
		return ENT_OK;
	return ent_fail(err, own.code == ENT_E_FORMAT ? ENT_E_INPUT : own.code, "nobody could read the file: %s", own.text);
}

/* JavaScript's reader refuses two objects of one split at one URL (wire reference 1.8). */
static enum ent_status
check_kaos(const struct ent_tdf_write *write, struct ent_error *err)
{
	for (size_t i = 0; i < write->kao_count; i++)
		for (size_t k = 0; k < i; k++)
			if (ent_view_eq(write->kaos[i].sid, write->kaos[k].sid) && ent_view_eq(write->kaos[i].url, write->kaos[k].url))
				return ent_fail(err, ENT_E_INPUT, "split \"%.*s\" names %.*s twice", ENT_FMT(write->kaos[i].sid),
				    ENT_FMT(write->kaos[i].url));
	return ENT_OK;
}

/* Refuse before any work what no reader would take afterwards. */
static enum ent_status
check_request(struct writer *w, struct ent_error *err)
{
	static const char any_sig[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	struct ent_manifest_text text = manifest_text(w, ent_view_str(any_sig));
	const uint64_t max = w->segment_size > ENT_SEGMENT_SIZE_MEDIUM ? ENT_LIMIT_MANIFEST_LARGE : ENT_LIMIT_MANIFEST;
	uint64_t len;

	if (ent_secret_len(w->write->key) != ENT_GCM_KEY_LEN)
		return ent_fail(err, ENT_E_INPUT, "the payload key has %zu bytes, not %d", ent_secret_len(w->write->key), ENT_GCM_KEY_LEN);
	ENT_TRY(check_kaos(w->write, err));
	ENT_TRY(check_manifest(&text, err));
	if (w->segments > 1)
		text.segment_count = w->segments;
	text.last_segment_size = w->segment_size;
	ENT_TRY(ent_manifest_measure(&text, &len, NULL, err));
	if (len > max)
		return ent_fail(err, ENT_E_LIMIT, "the manifest would have %" PRIu64 " bytes, limit %" PRIu64, len, max);
	return ENT_OK;
}

static enum ent_status
start_lane(void *arg, struct ent_lane *lane, struct ent_error *err)
{
	struct writer *w = arg;
	struct ent_gcm *gcm = NULL;

	ENT_TRY(ent_gcm_new(&gcm, ent_secret_view(w->write->key), err));
	lane->own = gcm;
	return ENT_OK;
}

static void
stop_lane(void *arg, struct ent_lane *lane)
{
	(void)arg;
	ent_gcm_free(lane->own);
}

/* Read until the segment is full or the input ends. */
static enum ent_status
read_stream(struct input *in, uint8_t *into, size_t max, size_t *got, struct ent_error *err)
{
	*got = 0;
	while (*got < max && !in->ended) {
		ssize_t n = read(in->fd, into + *got, max - *got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot read the input");
		in->ended = n == 0;
		*got += (size_t)n;
	}
	return ENT_OK;
}

/* The plaintext stands behind the room for the IV, so that it is encrypted in place. */
static enum ent_status
load_stream(struct writer *w, struct ent_lane *lane, bool *end, struct ent_error *err)
{
	ENT_TRY(read_stream(&w->in, lane->buffer + ENT_GCM_IV_LEN, w->segment_size, &lane->len, err));
	*end = lane->len == 0 && lane->index > 0; /* empty input is one segment of 0 bytes */
	if (*end)
		return ENT_OK;
	if (lane->index >= w->segments_max)
		return too_large(w, err);
	ENT_TRY(reserve_slot(w, lane->index, err));
	w->segments = lane->index + 1;
	w->plain_size += lane->len;
	return ENT_OK;
}

static enum ent_status
load(void *arg, struct ent_lane *lane, bool *end, struct ent_error *err)
{
	struct writer *w = arg;
	const uint64_t at = lane->index * w->segment_size;
	struct ent_error own = { 0 };

	if (!w->in.is_file)
		return load_stream(w, lane, end, err);
	lane->len = w->plain_size - at < w->segment_size ? (size_t)(w->plain_size - at) : w->segment_size;
	switch (ent_fd_pread(w->in.fd, lane->buffer + ENT_GCM_IV_LEN, lane->len, w->in.base + at, &own)) {
	case ENT_OK: return ENT_OK;
	case ENT_E_FORMAT: return ent_fail(err, ENT_E_INPUT, "the input became shorter while it was read: %s", own.text);
	default: return ent_fail(err, own.code, "%s", own.text);
	}
}

static enum ent_status
seal(void *arg, struct ent_lane *lane, struct ent_error *err)
{
	struct writer *w = arg;
	struct slot *slot = slot_of(w, lane->index);
	struct ent_view plain = ent_view_from(lane->buffer + ENT_GCM_IV_LEN, lane->len);

	ENT_TRY(ent_gcm_seal(lane->own, lane->buffer, NULL, plain, err));
	memcpy(slot->tag, lane->buffer + ENT_GCM_IV_LEN + lane->len, ENT_GCM_TAG_LEN);
	slot->crc = ent_crc_add(0, ent_view_from(lane->buffer, lane->len + ENT_GCM_OVERHEAD));
	return ENT_OK;
}

static enum ent_status
store(void *arg, struct ent_lane *lane, struct ent_error *err)
{
	struct writer *w = arg;
	const uint64_t at = w->zip.payload.data_offset + lane->index * ((uint64_t)w->segment_size + ENT_GCM_OVERHEAD);

	ENT_TRY(ent_output_write(&w->out, ent_view_from(lane->buffer, lane->len + ENT_GCM_OVERHEAD), at, err));
	atomic_fetch_add(&w->done_bytes, lane->len);
	return ENT_OK;
}

static void
tick(void *arg)
{
	struct writer *w = arg;
	const struct ent_tdf_write *write = w->write;

	if (write->progress != NULL)
		write->progress(write->progress_arg, atomic_load(&w->done_bytes),
		    w->in.is_file ? w->plain_size : write->size_hint > 0 ? write->size_hint : UINT64_MAX);
}

static enum ent_status
write_segments(struct writer *w, struct ent_error *err)
{
	const bool one = w->in.is_file && w->segments == 1;
	const struct ent_lanes lanes = { .threads = w->write->threads,
		.buffer_len = (one ? (size_t)w->plain_size : w->segment_size) + ENT_GCM_OVERHEAD,
		.count = w->in.is_file ? w->segments : UINT64_MAX, .load_in_order = !w->in.is_file,
		.store_in_order = !w->out.at_offsets, .arg = w, .start = start_lane, .stop = stop_lane, .load = load, .work = seal,
		.store = store, .tick = tick };
	uint8_t more;
	ssize_t n;

	ENT_TRY(ent_lanes_run(&lanes, err));
	if (!w->in.is_file)
		return ENT_OK;
	n = pread(w->in.fd, &more, 1, (off_t)(w->in.base + w->in.size));
	if (n < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot read the input");
	return n == 0 ? ENT_OK : ent_fail(err, ENT_E_INPUT, "the input became longer while it was read");
}

/* HS256 over the tags of all segments (wire reference 1.6), and the payload's CRC and size. */
static enum ent_status
sum_up(struct writer *w, char root_sig[ENT_HASH_BASE64_SIZE], struct ent_error *err)
{
	const uint32_t shift = ent_crc_shift((uint64_t)w->segment_size + ENT_GCM_OVERHEAD);
	const uint64_t last_len = w->plain_size - (w->segments - 1) * w->segment_size + ENT_GCM_OVERHEAD;
	ENT_AUTO(ent_hmac) hmac = NULL;
	struct ent_hash root;
	uint32_t crc = 0;

	ENT_TRY(ent_hmac_new(&hmac, ent_secret_view(w->write->key), err));
	for (uint64_t i = 0; i < w->segments; i++) {
		const struct slot *slot = slot_of(w, i);
		bool last = i + 1 == w->segments;

		ent_hmac_add(hmac, ent_view_from(slot->tag, sizeof(slot->tag)));
		crc = ent_crc_combine(crc, slot->crc, last ? ent_crc_shift(last_len) : shift);
	}
	ent_hmac_finish(hmac, &root);
	ent_hash_base64(root_sig, &root);
	w->zip.payload.crc = crc;
	w->zip.payload.size = w->plain_size + w->segments * ENT_GCM_OVERHEAD;
	return ENT_OK;
}

/* The bytes behind the payload, one part after the other. */
struct tail {
	const struct writer *w;
	uint64_t at;
};

static enum ent_status
add_to_tail(void *arg, struct ent_view bytes, struct ent_error *err)
{
	struct tail *tail = arg;

	ENT_TRY(ent_output_write(&tail->w->out, bytes, tail->at, err));
	tail->at += bytes.len;
	return ENT_OK;
}

static enum ent_status
write_tail(struct writer *w, const char *root_sig, struct ent_error *err)
{
	struct ent_manifest_text text = manifest_text(w, ent_view_str(root_sig));
	struct ent_zip_entry *manifest = &w->zip.manifest;
	struct tail tail = { w, w->zip.payload.data_offset + w->zip.payload.size };
	uint8_t part[ENT_ZIP_PART_MAX];

	text.segment_count = w->segments;
	text.last_segment_size = w->plain_size - (w->segments - 1) * w->segment_size;
	text.segment_hash = hash_of_slot;
	text.segment_arg = w;
	ENT_TRY(add_to_tail(&tail, ent_view_from(part, ent_zip_payload_descriptor(part, &w->zip.payload, w->zip64)), err));
	/* The manifest is made twice, to have its length and CRC in front of it without keeping it. */
	ENT_TRY(ent_manifest_measure(&text, &manifest->size, &manifest->crc, err));
	if (w->segment_size <= ENT_SEGMENT_SIZE_MEDIUM && manifest->size > ENT_LIMIT_MANIFEST)
		return ent_fail(err, ENT_E_LIMIT, "the manifest would have %" PRIu64 " bytes, limit %u", manifest->size, ENT_LIMIT_MANIFEST);
	manifest->offset = tail.at;
	ENT_TRY(add_to_tail(&tail, ent_view_from(part, ent_zip_manifest_header(part, manifest)), err));
	ENT_TRY(ent_manifest_write(&text, add_to_tail, &tail, err));
	ENT_TRY(add_to_tail(&tail, ent_view_from(part, ent_zip_tail(part, &w->zip, tail.at, w->zip64)), err));
	return ent_output_end(&w->out, tail.at, err);
}

static enum ent_status
run_writer(struct writer *w, const struct ent_tdf_tuning *tuning, struct ent_error *err)
{
	char root_sig[ENT_HASH_BASE64_SIZE];
	uint8_t part[ENT_ZIP_PART_MAX];

	ENT_TRY(choose_sizes(w, tuning, err));
	ENT_TRY(check_request(w, err));
	/* A pipe may turn out longer than anybody thought, so it gets ZIP64, which every reader takes at any size. */
	w->zip64 = !w->in.is_file || ent_zip_needs_64(w->plain_size + w->segments * ENT_GCM_OVERHEAD);
	w->zip.payload.data_offset = ent_zip_payload_header(part, w->zip64);
	ENT_TRY(ent_output_write(&w->out, ent_view_from(part, (size_t)w->zip.payload.data_offset), 0, err));
	ENT_TRY(write_segments(w, err));
	ENT_TRY(sum_up(w, root_sig, err));
	ENT_TRY(write_tail(w, root_sig, err));
	tick(w);
	return ENT_OK;
}

enum ent_status
ent_tdf_write_tuned(const struct ent_tdf_write *write, const struct ent_tdf_tuning *tuning, uint64_t *plain_bytes,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_pipe_guard) guard;
	struct writer w = { .write = write };
	enum ent_status status;

	ent_pipe_guard_init(&guard);
	open_input(&w.in, write->in_fd);
	ent_output_init(&w.out, write->out_fd);
	status = run_writer(&w, tuning, err);
	writer_fini(&w);
	if (status == ENT_OK && plain_bytes != NULL)
		*plain_bytes = w.plain_size;
	return status;
}

enum ent_status
ent_tdf_write(const struct ent_tdf_write *write, uint64_t *plain_bytes, struct ent_error *err)
{
	const struct ent_tdf_tuning usual = { 0 };

	return ent_tdf_write_tuned(write, &usual, plain_bytes, err);
}
