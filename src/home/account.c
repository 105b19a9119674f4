#include "home/account.h"

#include <argon2.h>

#include "codec/base64.h"
#include "crypto/secret.h"

/* OWASP's first choice for argon2id (contracts, "Tokens"). */
enum {
	MEMORY_KIB = 19456,
	PASSES = 2,
	LANES = 1,
	SALT_LEN = 16,
	HASH_LEN = 32,
	SECRET_LEN = 32
};
/* Parameters are never taken from a stored string: whoever could write there could make each login cost gigabytes. */
#define PREFIX "$argon2id$v=19$m=19456,t=2,p=1$"

bool
ent_account_name_valid(struct ent_view name)
{
	if (name.len == 0 || name.len > ENT_ACCOUNT_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] >= 0x7f || name.data[i] == '@')
			return false;
	return true;
}

enum ent_status
ent_account_secret_new(char out[ENT_ACCOUNT_SECRET_SIZE], struct ent_error *err)
{
	uint8_t bytes[SECRET_LEN];

	ENT_TRY(ent_random(bytes, sizeof(bytes), err));
	ent_base64_encode_to(out, ENT_BASE64_URL, ent_view_from(bytes, sizeof(bytes)));
	out[ENT_ACCOUNT_SECRET_SIZE - 1] = '\0';
	ent_wipe(bytes, sizeof(bytes));
	return ENT_OK;
}

static enum ent_status
check_secret(struct ent_view secret, struct ent_error *err)
{
	if (secret.len > ENT_ACCOUNT_SECRET_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a secret of %zu bytes, limit %d", secret.len, ENT_ACCOUNT_SECRET_MAX);
	return ENT_OK;
}

static enum ent_status
argon2_fail(int rc, struct ent_error *err)
{
	return ent_fail(err, rc == ARGON2_MEMORY_ALLOCATION_ERROR ? ENT_E_NO_MEMORY : ENT_E_CRYPTO, "argon2id: %s",
	    argon2_error_message(rc));
}

enum ent_status
ent_account_secret_hash(char out[ENT_ACCOUNT_HASH_SIZE], struct ent_view secret, struct ent_error *err)
{
	uint8_t salt[SALT_LEN];
	int rc;

	ENT_TRY(check_secret(secret, err));
	ENT_TRY(ent_random(salt, sizeof(salt), err));
	rc = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, secret.data, secret.len, salt, sizeof(salt), HASH_LEN, out,
	    ENT_ACCOUNT_HASH_SIZE);
	return rc == ARGON2_OK ? ENT_OK : argon2_fail(rc, err);
}

/* The work of a comparison, without one. */
static enum ent_status
waste(struct ent_view secret, struct ent_error *err)
{
	static const uint8_t salt[SALT_LEN] = "no such account";
	uint8_t hash[HASH_LEN];
	int rc = argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, secret.data, secret.len, salt, sizeof(salt), hash, sizeof(hash));

	ent_wipe(hash, sizeof(hash));
	if (rc != ARGON2_OK)
		return argon2_fail(rc, err);
	return ent_fail(err, ENT_E_UNAUTHENTICATED, "no account of that name");
}

enum ent_status
ent_account_secret_verify(const char *hash, struct ent_view secret, struct ent_error *err)
{
	int rc;

	ENT_TRY(check_secret(secret, err));
	if (hash == NULL)
		return waste(secret, err);
	if (!ent_view_starts(ent_view_str(hash), ENT_LIT(PREFIX)) || strlen(hash) >= ENT_ACCOUNT_HASH_SIZE)
		return ent_fail(err, ENT_E_CONFIG, "the account's secret is kept in an unknown form: remove and add the account");
	rc = argon2id_verify(hash, secret.data, secret.len); /* compares in constant time */
	if (rc == ARGON2_VERIFY_MISMATCH)
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "wrong secret");
	return rc == ARGON2_OK ? ENT_OK : argon2_fail(rc, err);
}
