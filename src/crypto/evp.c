#include "crypto/evp.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <pthread.h>

static struct ent_evp evp;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

/* A context whose digest is chosen: choosing it by name again for every message would cost a look-up each. */
static EVP_MAC_CTX *
hmac_template(void)
{
	static const unsigned char any_key[32];
	char digest[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end() };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx != NULL && EVP_MAC_init(ctx, any_key, sizeof(any_key), params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static void
fetch(void)
{
	evp.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	evp.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	evp.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	evp.hmac_sha256 = hmac_template();
	evp.p256 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	if (evp.sha256 == NULL || evp.aes_256_gcm == NULL || evp.hkdf == NULL || evp.hmac_sha256 == NULL || evp.p256 == NULL)
		ent_assert_failed("OpenSSL offers SHA-256, AES-256-GCM, HKDF, HMAC and P-256", __FILE__, __LINE__);
}

const struct ent_evp *
ent_evp_get(void)
{
	ENT_ASSERT(pthread_once(&fetched, fetch) == 0);
	return &evp;
}

enum ent_status
ent_evp_fail(struct ent_error *err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
	enum ent_status status = code != 0 && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE ? ENT_E_NO_MEMORY : ENT_E_CRYPTO;

	ent_error_set(err, status, "%s failed: %s", what, reason != NULL ? reason : "OpenSSL gives no reason");
	ERR_clear_error();
	return status;
}

void
ent_evp_forget_errors(void)
{
	ERR_clear_error();
}
