/* Public keys as DER and as PEM: whatever ours accepts, OpenSSL's decoder reads as the same key, and it prints back. */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One encoding per key: what was read is what is kept, and what OpenSSL would have written. */
static void
check_against_openssl(const struct ent_pubkey *key, struct ent_view der)
{
	const uint8_t *at = der.data;
	EVP_PKEY *theirs = d2i_PUBKEY(NULL, &at, (long)der.len);
	uint8_t *again = NULL;
	int again_len = i2d_PUBKEY(theirs, &again);

	ENT_ASSERT(ent_view_eq(ent_pubkey_spki(key), der));
	ENT_ASSERT(theirs != NULL && at == der.data + der.len);
	ENT_ASSERT(again_len > 0 && ent_view_eq(ent_view_from(again, (size_t)again_len), der));
	OPENSSL_free(again);
	EVP_PKEY_free(theirs);
}

static void
check_pem(const struct ent_pubkey *key)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	ENT_AUTO(ent_pubkey) back = NULL;

	ENT_ASSERT(ent_pubkey_pem(key, &pem, NULL) == ENT_OK);
	ENT_ASSERT(ent_pubkey_from_pem(&back, ent_buf_view(&pem), NULL) == ENT_OK);
	ENT_ASSERT(ent_pubkey_eq(key, back));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ent_view input = ent_view_from(data, len);
	ENT_AUTO(ent_pubkey) from_der = NULL;
	ENT_AUTO(ent_pubkey) from_pem = NULL;

	if (ent_pubkey_from_spki(&from_der, input, NULL) == ENT_OK) {
		check_against_openssl(from_der, input);
		check_pem(from_der);
	}
	if (ent_pubkey_from_pem(&from_pem, input, NULL) == ENT_OK) {
		check_against_openssl(from_pem, ent_pubkey_spki(from_pem));
		check_pem(from_pem);
	}
	ENT_ASSERT(ERR_peek_error() == 0); /* nothing left behind for TLS code of the same thread */
	return 0;
}
