/*
 * What the folder shares of OpenSSL: algorithms fetched once a process, errors, scope cleanup. Internal to src/crypto.
 *
 * Fetching by name costs more than the operation itself, so every algorithm is fetched once (pthread_once) and only
 * read afterwards; contexts are made per operation, which costs 50 ns and shares nothing between threads.
 */
#ifndef ENT_CRYPTO_EVP_H
#define ENT_CRYPTO_EVP_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/view.h"

struct ent_evp {
	EVP_MD *sha256;
	EVP_CIPHER *aes_256_gcm;
	EVP_KDF *hkdf;
	EVP_MAC_CTX *hmac_sha256; /* to be duplicated: its digest is chosen already */
	EVP_PKEY *p256;           /* some P-256 key: copied for its parameters only */
};

/* The process's algorithms. Aborts where the installed OpenSSL lacks one: nothing of ours works without them. */
const struct ent_evp *ent_evp_get(void);

/* ENT_E_CRYPTO (ENT_E_NO_MEMORY where that was it) with OpenSSL's reason; empties this thread's OpenSSL error queue. */
enum ent_status ent_evp_fail(struct ent_error *err, const char *what);

/* Forget what OpenSSL queued about an expected failure: TLS code of the same thread must not find it. */
void ent_evp_forget_errors(void);

#define ENT_EVP_AUTO(type) __attribute__((cleanup(type##_ent_auto_))) type *
#define ENT_EVP_DEFINE_AUTO(type, release)                                                                             \
	static inline void type##_ent_auto_(type **p)                                                                  \
	{                                                                                                              \
		release(*p);                                                                                           \
	}
ENT_EVP_DEFINE_AUTO(BIGNUM, BN_clear_free)
ENT_EVP_DEFINE_AUTO(BN_CTX, BN_CTX_free)
ENT_EVP_DEFINE_AUTO(ECDSA_SIG, ECDSA_SIG_free)
ENT_EVP_DEFINE_AUTO(EC_GROUP, EC_GROUP_free)
ENT_EVP_DEFINE_AUTO(EC_POINT, EC_POINT_clear_free)
ENT_EVP_DEFINE_AUTO(EVP_KDF_CTX, EVP_KDF_CTX_free)
ENT_EVP_DEFINE_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)
ENT_EVP_DEFINE_AUTO(EVP_PKEY, EVP_PKEY_free)
ENT_EVP_DEFINE_AUTO(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
ENT_EVP_DEFINE_AUTO(OSSL_PARAM, OSSL_PARAM_free)
ENT_EVP_DEFINE_AUTO(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
ENT_EVP_DEFINE_AUTO(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)

#endif
