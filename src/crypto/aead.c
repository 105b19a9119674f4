#include "crypto/aead.h"

#include "crypto/evp.h"
#include "crypto/secret.h"

/* EVP counts in int. The largest segment is 64 MiB (contracts: Files), so nothing of ours is near. */
#define GCM_PLAIN_MAX ((size_t)1 << 30)

struct ent_gcm {
	EVP_CIPHER_CTX *ctx; /* holds the key; each message sets its IV and direction */
};

enum ent_status
ent_gcm_new(struct ent_gcm **out, struct ent_view key, struct ent_error *err)
{
	ENT_AUTO(ent_gcm) gcm = NULL;

	if (key.len != ENT_GCM_KEY_LEN)
		return ent_fail(err, ENT_E_INPUT, "an AES-256 key of %zu bytes", key.len);
	gcm = OPENSSL_zalloc(sizeof(*gcm));
	if (gcm != NULL)
		gcm->ctx = EVP_CIPHER_CTX_new();
	if (gcm == NULL || gcm->ctx == NULL ||
	    EVP_EncryptInit_ex2(gcm->ctx, ent_evp_get()->aes_256_gcm, key.data, NULL, NULL) != 1)
		return ent_evp_fail(err, "preparing AES-256-GCM");
	*out = ent_take(&gcm);
	return ENT_OK;
}

void
ent_gcm_free(struct ent_gcm *gcm)
{
	if (gcm == NULL)
		return;
	EVP_CIPHER_CTX_free(gcm->ctx);
	OPENSSL_free(gcm);
}

/* EVP does not say what it does with a NULL input of length 0, so an empty message is not passed on. */
static bool
encrypt(EVP_CIPHER_CTX *ctx, uint8_t *out, const uint8_t *iv, struct ent_view aad, struct ent_view plain)
{
	uint8_t none[ENT_GCM_TAG_LEN];
	int n = 0, m = 0;

	return EVP_EncryptInit_ex2(ctx, NULL, NULL, iv, NULL) == 1 &&
	    (aad.len == 0 || EVP_EncryptUpdate(ctx, NULL, &m, aad.data, (int)aad.len) == 1) &&
	    (plain.len == 0 || EVP_EncryptUpdate(ctx, out, &n, plain.data, (int)plain.len) == 1) &&
	    (size_t)n == plain.len && EVP_EncryptFinal_ex(ctx, none, &n) == 1 && n == 0 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, ENT_GCM_TAG_LEN, out + plain.len) == 1;
}

enum ent_status
ent_gcm_seal(struct ent_gcm *gcm, uint8_t *out, const uint8_t iv[ENT_GCM_IV_LEN], struct ent_view plain,
    struct ent_error *err)
{
	return ent_gcm_seal_with(gcm, out, iv, ENT_VIEW_NONE, plain, err);
}

enum ent_status
ent_gcm_open(struct ent_gcm *gcm, uint8_t *out, struct ent_view sealed, struct ent_error *err)
{
	return ent_gcm_open_with(gcm, out, ENT_VIEW_NONE, sealed, err);
}

enum ent_status
ent_gcm_seal_with(struct ent_gcm *gcm, uint8_t *out, const uint8_t iv[ENT_GCM_IV_LEN], struct ent_view aad,
    struct ent_view plain, struct ent_error *err)
{
	if (plain.len > GCM_PLAIN_MAX || aad.len > GCM_PLAIN_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a message of %zu bytes, limit %zu", plain.len, GCM_PLAIN_MAX);
	if (iv != NULL)
		memcpy(out, iv, ENT_GCM_IV_LEN);
	else
		ENT_TRY(ent_random(out, ENT_GCM_IV_LEN, err));
	if (!encrypt(gcm->ctx, out + ENT_GCM_IV_LEN, out, aad, plain))
		return ent_evp_fail(err, "AES-256-GCM");
	return ENT_OK;
}

enum ent_status
ent_gcm_open_with(struct ent_gcm *gcm, uint8_t *out, struct ent_view aad, struct ent_view sealed, struct ent_error *err)
{
	struct ent_view text, tag;
	uint8_t none[ENT_GCM_TAG_LEN];
	int n = 0, m = 0;

	if (sealed.len < ENT_GCM_OVERHEAD)
		return ent_fail(err, ENT_E_TAMPERED, "%zu encrypted bytes are too few: IV and tag are %d", sealed.len,
		    ENT_GCM_OVERHEAD);
	if (sealed.len > GCM_PLAIN_MAX || aad.len > GCM_PLAIN_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a message of %zu bytes, limit %zu", sealed.len, GCM_PLAIN_MAX);
	text = ent_view_slice(sealed, ENT_GCM_IV_LEN, sealed.len - ENT_GCM_OVERHEAD);
	tag = ent_view_slice(sealed, sealed.len - ENT_GCM_TAG_LEN, ENT_GCM_TAG_LEN);
	if (EVP_DecryptInit_ex2(gcm->ctx, NULL, NULL, sealed.data, NULL) != 1 ||
	    (aad.len > 0 && EVP_DecryptUpdate(gcm->ctx, NULL, &m, aad.data, (int)aad.len) != 1) ||
	    (text.len > 0 && EVP_DecryptUpdate(gcm->ctx, out, &n, text.data, (int)text.len) != 1) ||
	    EVP_CIPHER_CTX_ctrl(gcm->ctx, EVP_CTRL_AEAD_SET_TAG, ENT_GCM_TAG_LEN, (void *)(uintptr_t)tag.data) != 1) {
		ent_wipe(out, text.len);
		return ent_evp_fail(err, "AES-256-GCM");
	}
	if (EVP_DecryptFinal_ex(gcm->ctx, none, &n) == 1)
		return ENT_OK;
	ent_wipe(out, text.len); /* nobody may act on what is not authentic */
	ent_evp_forget_errors();
	return ent_fail(err, ENT_E_TAMPERED, "the authentication tag of %zu encrypted bytes does not match", sealed.len);
}
