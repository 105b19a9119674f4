/* Secrets of the node's accounts: argon2id (RFC 9106), one parameter set, in its encoded form. */
#ifndef ENT_HOME_ACCOUNT_H
#define ENT_HOME_ACCOUNT_H

#include "base/view.h"

#define ENT_ACCOUNT_NAME_MAX 128
#define ENT_ACCOUNT_SECRET_MAX 1024   /* bytes of a secret that somebody presents */
#define ENT_ACCOUNT_SECRET_SIZE 44    /* a new secret: 32 random bytes as 43 characters of url-safe base64, and a NUL */
#define ENT_ACCOUNT_HASH_SIZE 128     /* the encoded form and its NUL; it needs 98 */

/* 1 to 128 bytes of printable ASCII without space and '@' (a person is <sub>@<party>). */
bool ent_account_name_valid(struct ent_view name);

/* A fresh secret: shown once, never kept. The caller wipes it. */
ENT_MUST_USE enum ent_status ent_account_secret_new(char out[ENT_ACCOUNT_SECRET_SIZE], struct ent_error *err);

/* What is kept of a secret, with a fresh salt. Takes 19 MiB and some 50 ms. */
ENT_MUST_USE enum ent_status ent_account_secret_hash(char out[ENT_ACCOUNT_HASH_SIZE], struct ent_view secret,
    struct ent_error *err);

/*
 * ENT_E_UNAUTHENTICATED when it is another secret, after the same work as for the right one; so too for hash NULL (no such
 * account), so that the time does not tell which names exist. ENT_E_CONFIG for a hash that this program did not make.
 */
ENT_MUST_USE enum ent_status ent_account_secret_verify(const char *hash, struct ent_view secret, struct ent_error *err);

#endif
