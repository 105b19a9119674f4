/*
 * Keys are ready and algorithms fetched before the clock starts, the peer's point is not checked a second time, and the best of
 * several rounds counts: this is what OpenSSL takes at least.
 */
#include "bench_ops.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, REPEATS = 100, MESSAGE_MAX = 1 << 16, SIGNATURE_MAX = 128 };

#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		if (!(call)) {                                                                                         \
			fprintf(stderr, "bench: %s failed\n", #call);                                                  \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

struct op {
	EVP_MD *sha256;
	EVP_PKEY *key;
	EVP_PKEY *peer;
	unsigned char message[MESSAGE_MAX];
	size_t message_len;
	unsigned char signature[SIGNATURE_MAX];
	size_t signature_len;
};

static void
sign(struct op *op, const char *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	op->signature_len = SIGNATURE_MAX;
	MUST(ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, op->key, NULL) == 1);
	MUST(EVP_DigestSign(ctx, op->signature, &op->signature_len, op->message, op->message_len) == 1);
	EVP_MD_CTX_free(ctx);
}

/* Hashing and verifying apart: EVP_DigestVerify would fetch the digest each time. */
static void
verify(struct op *op)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, op->key, NULL);
	unsigned char hash[32];
	unsigned len = sizeof(hash);

	MUST(EVP_Digest(op->message, op->message_len, hash, &len, op->sha256, NULL) == 1);
	MUST(ctx != NULL && EVP_PKEY_verify_init(ctx) == 1);
	MUST(EVP_PKEY_verify(ctx, op->signature, op->signature_len, hash, len) == 1);
	EVP_PKEY_CTX_free(ctx);
}

static void
agree(struct op *op)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, op->key, NULL);
	unsigned char secret[32];
	size_t len = sizeof(secret);

	MUST(ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer_ex(ctx, op->peer, 0) == 1);
	MUST(EVP_PKEY_derive(ctx, secret, &len) == 1 && len == sizeof(secret));
	EVP_PKEY_CTX_free(ctx);
}

static void
keygen(struct op *op)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, op->key, NULL);
	EVP_PKEY *key = NULL;

	MUST(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &key) == 1);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(ctx);
}

static void
sign_ed25519(struct op *op)
{
	sign(op, NULL);
}

static double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
best_of(void (*run)(struct op *op), struct op *op)
{
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		double start = cpu_s();

		for (int i = 0; i < REPEATS; i++)
			run(op);
		start = (cpu_s() - start) / REPEATS;
		best = start < best ? start : best;
	}
	return best;
}

void
bench_ops_measure(double out_s[BENCH_OPS], const size_t message_lens[3])
{
	struct op *op = calloc(1, sizeof(*op));

	MUST(op != NULL);
	op->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	op->key = EVP_EC_gen("P-256");
	op->peer = EVP_EC_gen("P-256");
	MUST(op->sha256 != NULL && op->key != NULL && op->peer != NULL);
	for (int i = 0; i < 3; i++) {
		MUST(message_lens[i] <= MESSAGE_MAX);
		op->message_len = message_lens[i];
		sign(op, "SHA256");
		out_s[BENCH_VERIFY_TOKEN + i] = best_of(verify, op);
	}
	out_s[BENCH_AGREE_SHARE] = best_of(agree, op);
	out_s[BENCH_AGREE_SESSION] = best_of(agree, op);
	out_s[BENCH_KEYGEN] = best_of(keygen, op);
	EVP_PKEY_free(op->key);
	op->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	MUST(op->key != NULL);
	op->message_len = 200; /* a checkpoint */
	out_s[BENCH_ED25519] = best_of(sign_ed25519, op);
	EVP_PKEY_free(op->key);
	EVP_PKEY_free(op->peer);
	EVP_MD_free(op->sha256);
	free(op);
}
