/* The public-key operations that no rewrap can do without, by OpenSSL's EVP alone. */
#ifndef BENCH_OPS_H
#define BENCH_OPS_H

#include <stddef.h>

/* Three ES256 verifications (access token, DPoP proof, request token), two P-256 agreements (share, session), a key, a signature. */
enum bench_op {
	BENCH_VERIFY_TOKEN,
	BENCH_VERIFY_PROOF,
	BENCH_VERIFY_REQUEST,
	BENCH_AGREE_SHARE,
	BENCH_AGREE_SESSION,
	BENCH_KEYGEN,
	BENCH_ED25519,
	BENCH_OPS
};

/* CPU seconds of each; message_lens: of what the three verify. */
void bench_ops_measure(double out_s[BENCH_OPS], const size_t message_lens[3]);

#endif
