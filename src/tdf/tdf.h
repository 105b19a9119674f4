/*
 * TDF files: the streaming writer and reader (wire reference 1.1 to 1.6), spec version 4.3.0.
 * Constant memory at any size; segment work on all cores; every segment verified before one of its bytes leaves.
 */
#ifndef ENT_TDF_TDF_H
#define ENT_TDF_TDF_H

#include "crypto/secret.h"
#include "tdf/manifest.h"

#define ENT_SEGMENT_SIZE 2097152u        /* plaintext bytes, up to 200 GiB */
#define ENT_SEGMENT_SIZE_MEDIUM 4128768u /* up to 448 GiB */
#define ENT_SEGMENT_SIZE_LARGE (64u << 20)
#define ENT_SEGMENTS_PIPE 117000u        /* a pipe ends with ENT_E_LIMIT here: no file */

/* Called from the calling thread now and then; return ENT_OK to go on. total is UINT64_MAX when unknown. */
typedef void (*ent_progress_fn)(void *arg, uint64_t done_bytes, uint64_t total_bytes);

struct ent_tdf_write {
	int in_fd;                 /* a file or a pipe: read to its end */
	int out_fd;                /* written from its current position on; may be a pipe */
	uint64_t size_hint;        /* plaintext bytes, 0 = unknown; a regular in_fd's size wins. Chooses the segment size. */
	bool entente_only;         /* allow 64 MiB segments */
	const struct ent_secret *key; /* payload key, 32 bytes: XOR of the shares */
	struct ent_view policy_base64;
	const struct ent_kao *kaos;
	size_t kao_count;
	const char *mime_type;     /* NULL: application/octet-stream */
	unsigned threads;          /* 0: all cores */
	ent_progress_fn progress;  /* may be NULL */
	void *progress_arg;
};
/* Write one TDF. On failure the output is incomplete: the caller removes it. *plain_bytes (may be NULL) = plaintext size. */
ENT_MUST_USE enum ent_status ent_tdf_write(const struct ent_tdf_write *write, uint64_t *plain_bytes, struct ent_error *err);

struct ent_tdf; /* an opened file */
void ent_tdf_free(struct ent_tdf *tdf);
ENT_DEFINE_AUTO(ent_tdf)
/*
 * Open for reading. fd is borrowed; when it is not seekable its bytes are first copied to an unlinked temporary file in tmp_dir
 * (NULL: TMPDIR or /tmp), for the manifest stands at the end. Every writer's ZIP variant is read (wire reference 1.1).
 * Structure is checked here: two entries, stored, sizes, offsets, segments against the payload's length, splits with equal binding hashes.
 * ENT_E_FORMAT for what is malformed, ENT_E_UNSUPPORTED for what this version does not read (4.2.2 files), ENT_E_LIMIT.
 */
ENT_MUST_USE enum ent_status ent_tdf_open(struct ent_tdf **out, int fd, const char *tmp_dir, struct ent_error *err);
const struct ent_manifest *ent_tdf_manifest(const struct ent_tdf *tdf); /* borrowed */
uint64_t ent_tdf_plain_size(const struct ent_tdf *tdf); /* bytes */

/* Check the root signature over the segment hashes with the payload key. ENT_E_TAMPERED "root signature ...". Must succeed before ent_tdf_read. */
ENT_MUST_USE enum ent_status ent_tdf_unlock(struct ent_tdf *tdf, const struct ent_secret *key, struct ent_error *err);

struct ent_tdf_read {
	uint64_t offset; /* plaintext range; clamped to the file */
	uint64_t len;    /* UINT64_MAX: to the end */
	int out_fd;      /* bytes are written in order; a regular file at offset_out may be written out of order by threads */
	unsigned threads;
	ent_progress_fn progress;
	void *progress_arg;
};
/* Decrypt a range. Every segment is verified (tag, and hash against the manifest) before its first byte is written. */
ENT_MUST_USE enum ent_status ent_tdf_read(struct ent_tdf *tdf, const struct ent_tdf_read *read, struct ent_error *err);

#endif
