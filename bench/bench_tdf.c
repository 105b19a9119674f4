/*
 * bench-tdf DIR MIB RUNS: our writer and reader against what the machine can do at best.
 *
 * The limit is a loop over the same segments with the same number of threads that does only what cannot be left out:
 * AES-256-GCM, CRC-32 and pwrite. It reads nothing (its bytes lie in the cache), claims segments by counting and knows no
 * manifest; the second limit of each direction also reads its input from a file, as whoever works on files must. Limits and ours
 * take turns, over files in DIR, which should be a tmpfs. The limit of decryption has a CRC too, which our reader leaves out: every
 * segment's tag is verified instead.
 *
 * One line a run: "<encrypt|decrypt> <limit s> <limit with reading s> <ours s>".
 */
#include <fcntl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "tdf/tdf.h"

enum { SEALED = ENT_SEGMENT_SIZE + 28, IV_LEN = 12, TAG_LEN = 16, THREADS_MAX = 64 };

#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		if (!(call)) {                                                                                         \
			fprintf(stderr, "bench-tdf: %s failed\n", #call);                                              \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

/* What one timed loop does; each thread takes the next segment until there is none. */
struct limit {
	const EVP_CIPHER *cipher;
	bool decrypt;
	int in_fd; /* -1: nothing is read */
	int out_fd;
	unsigned segments;
	atomic_uint next;
	atomic_uint crc; /* so that no compiler leaves the CRC out */
};

static const uint8_t key_bytes[32] = { 7 };

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
encrypt_segment(EVP_CIPHER_CTX *ctx, uint8_t *buffer)
{
	uint8_t none[TAG_LEN];
	int n;

	MUST(RAND_bytes(buffer, IV_LEN) == 1);
	MUST(EVP_EncryptInit_ex2(ctx, NULL, NULL, buffer, NULL) == 1);
	MUST(EVP_EncryptUpdate(ctx, buffer + IV_LEN, &n, buffer + IV_LEN, ENT_SEGMENT_SIZE) == 1);
	MUST(EVP_EncryptFinal_ex(ctx, none, &n) == 1);
	MUST(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, buffer + IV_LEN + ENT_SEGMENT_SIZE) == 1);
}

/* In place, as ours: so the tag fits the first time only, and the verdict is left alone. Its cost is the same. */
static void
decrypt_segment(EVP_CIPHER_CTX *ctx, uint8_t *buffer)
{
	uint8_t none[TAG_LEN];
	int n;

	MUST(EVP_DecryptInit_ex2(ctx, NULL, NULL, buffer, NULL) == 1);
	MUST(EVP_DecryptUpdate(ctx, buffer + IV_LEN, &n, buffer + IV_LEN, ENT_SEGMENT_SIZE) == 1);
	MUST(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, buffer + IV_LEN + ENT_SEGMENT_SIZE) == 1);
	(void)EVP_DecryptFinal_ex(ctx, none, &n);
}

static void
carry_segment(struct limit *limit, EVP_CIPHER_CTX *ctx, uint8_t *buffer, unsigned i)
{
	const size_t in_len = limit->decrypt ? SEALED : ENT_SEGMENT_SIZE;
	const size_t out_len = limit->decrypt ? ENT_SEGMENT_SIZE : SEALED;
	uint8_t *in = limit->decrypt ? buffer : buffer + IV_LEN;
	const uint8_t *out = limit->decrypt ? buffer + IV_LEN : buffer;

	if (limit->in_fd >= 0)
		MUST(pread(limit->in_fd, in, in_len, (off_t)i * (off_t)in_len) == (ssize_t)in_len);
	if (limit->decrypt) /* the CRC of a ZIP entry is over what stands in the file */
		atomic_fetch_xor(&limit->crc, libdeflate_crc32(0, buffer, SEALED));
	(limit->decrypt ? decrypt_segment : encrypt_segment)(ctx, buffer);
	if (!limit->decrypt)
		atomic_fetch_xor(&limit->crc, libdeflate_crc32(0, buffer, SEALED));
	MUST(pwrite(limit->out_fd, out, out_len, (off_t)i * (off_t)out_len) == (ssize_t)out_len);
}

static void *
limit_main(void *arg)
{
	struct limit *limit = arg;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *buffer = calloc(1, SEALED);
	unsigned i;

	MUST(ctx != NULL && buffer != NULL);
	MUST((limit->decrypt ? EVP_DecryptInit_ex2 : EVP_EncryptInit_ex2)(ctx, limit->cipher, key_bytes, NULL, NULL) == 1);
	while ((i = atomic_fetch_add(&limit->next, 1)) < limit->segments)
		carry_segment(limit, ctx, buffer, i);
	EVP_CIPHER_CTX_free(ctx);
	free(buffer);
	return NULL;
}

static double
time_limit(bool decrypt, int in_fd, int out_fd, unsigned segments, unsigned threads)
{
	struct limit limit = { .cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL), .decrypt = decrypt, .in_fd = in_fd,
		.out_fd = out_fd, .segments = segments };
	pthread_t others[THREADS_MAX];
	double start;

	MUST(limit.cipher != NULL && ftruncate(out_fd, 0) == 0);
	start = now_s();
	for (unsigned i = 1; i < threads; i++)
		MUST(pthread_create(&others[i], NULL, limit_main, &limit) == 0);
	limit_main(&limit);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(others[i], NULL);
	start = now_s() - start;
	EVP_CIPHER_free((EVP_CIPHER *)(uintptr_t)limit.cipher);
	return start;
}

static void
must_ok(enum ent_status status, const struct ent_error *err)
{
	if (status == ENT_OK)
		return;
	fprintf(stderr, "bench-tdf: %s\n", err->text);
	exit(1);
}

static double
time_write(const struct ent_secret *key, int in_fd, int out_fd, unsigned threads)
{
	struct ent_kao kao = { .type = ENT_LIT("ec-wrapped"), .url = ENT_LIT("https://au.example"), .protocol = ENT_LIT("kas"),
		.wrapped_key = ENT_LIT("AAAA"), .binding_alg = ENT_LIT("HS256"), .binding_hash = ENT_LIT("MGE3YQ=="),
		.kid = ENT_LIT("e-0011223344556677"), .sid = ENT_LIT("1"),
		.ephemeral_pem = ENT_LIT("-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n") };
	const struct ent_tdf_write write = { .in_fd = in_fd, .out_fd = out_fd, .key = key, .kaos = &kao, .kao_count = 1,
		.threads = threads, .policy_base64 = ENT_LIT("eyJ1dWlkIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"
		    "IiwiYm9keSI6eyJkYXRhQXR0cmlidXRlcyI6W10sImRpc3NlbSI6W119fQ==") };
	struct ent_error err = { 0 };
	double start;

	MUST(ftruncate(out_fd, 0) == 0 && lseek(out_fd, 0, SEEK_SET) == 0 && lseek(in_fd, 0, SEEK_SET) == 0);
	start = now_s();
	must_ok(ent_tdf_write(&write, NULL, &err), &err);
	return now_s() - start;
}

/* Opening and the root signature are part of it: nobody reads a file without them. */
static double
time_read(const struct ent_secret *key, int tdf_fd, int out_fd, unsigned threads)
{
	const struct ent_tdf_read read = { .len = UINT64_MAX, .out_fd = out_fd, .threads = threads };
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };
	double start;

	MUST(ftruncate(out_fd, 0) == 0 && lseek(out_fd, 0, SEEK_SET) == 0);
	start = now_s();
	must_ok(ent_tdf_open(&tdf, tdf_fd, NULL, &err), &err);
	must_ok(ent_tdf_unlock(tdf, key, &err), &err);
	must_ok(ent_tdf_read(tdf, &read, &err), &err);
	return now_s() - start;
}

/* A file that is gone when we are. */
static int
open_scratch(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		perror(dir);
	MUST(fd >= 0);
	return fd;
}

static int
make_input(const char *dir, unsigned segments)
{
	uint8_t *bytes = malloc(ENT_SEGMENT_SIZE);
	int fd = open_scratch(dir);

	MUST(bytes != NULL && RAND_bytes(bytes, ENT_SEGMENT_SIZE) == 1);
	for (unsigned i = 0; i < segments; i++)
		MUST(write(fd, bytes, ENT_SEGMENT_SIZE) == ENT_SEGMENT_SIZE);
	free(bytes);
	return fd;
}

struct files {
	struct ent_secret *key;
	unsigned segments;
	unsigned threads;
	int in_fd;
	int out_fd;
	int tdf_fd;
};

/* Each of the three comes first in its turn: what the one before left in the page allocator belongs to nobody. */
static void
run_once(const struct files *f, bool decrypt, unsigned turn)
{
	double s[3];

	for (unsigned i = 0; i < 3; i++) {
		const unsigned which = (turn + i) % 3;
		/* The bytes of our file serve as sealed segments: where they stand does not change the work. */
		const int in_fd = decrypt ? f->tdf_fd : f->in_fd;

		if (which < 2)
			s[which] = time_limit(decrypt, which == 0 ? -1 : in_fd, f->out_fd, f->segments, f->threads);
		else
			s[which] = (decrypt ? time_read : time_write)(f->key, in_fd, f->out_fd, f->threads);
	}
	printf("%s %.6f %.6f %.6f\n", decrypt ? "decrypt" : "encrypt", s[0], s[1], s[2]);
	fflush(stdout);
}

static void
run(const char *dir, unsigned segments, unsigned runs, unsigned threads)
{
	struct files files = { .segments = segments, .threads = threads, .in_fd = make_input(dir, segments),
		.out_fd = open_scratch(dir), .tdf_fd = open_scratch(dir) };
	struct ent_error err = { 0 };

	must_ok(ent_secret_copy(&files.key, ent_view_from(key_bytes, sizeof(key_bytes)), &err), &err);
	time_write(files.key, files.in_fd, files.tdf_fd, threads); /* warms up, and is what is read below */
	for (unsigned i = 0; i < runs; i++)
		for (int decrypt = 0; decrypt < 2; decrypt++)
			run_once(&files, decrypt, i);
	ent_secret_free(files.key);
	close(files.in_fd);
	close(files.out_fd);
	close(files.tdf_fd);
}

static unsigned
number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != '\0' || n < 1 || n > 65536) {
		fprintf(stderr, "bench-tdf: \"%s\" is not a number from 1 to 65536\n", text);
		exit(2);
	}
	return (unsigned)n;
}

int
main(int argc, char **argv)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (argc != 4) {
		fputs("usage: bench-tdf DIR MIB RUNS\n", stderr);
		return 2;
	}
	/* As many threads as the library takes by itself: the lanes' memory ends at ten segments. */
	cores = cores < 1 ? 1 : cores > 9 ? 9 : cores;
	run(argv[1], number(argv[2]) / 2, number(argv[3]), (unsigned)cores);
	return 0;
}
