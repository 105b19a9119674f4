/* PEM (RFC 7468): exactly one block, nothing around it. Internal to src/crypto. */
#ifndef ENT_CRYPTO_PEM_H
#define ENT_CRYPTO_PEM_H

#include "base/buf.h"

#define ENT_PEM_PUBLIC "PUBLIC KEY"
#define ENT_PEM_PRIVATE "PRIVATE KEY"

/* Append the DER of a block. Lines end in LF or CRLF, the last may have no end; any line length, no empty lines. */
ENT_MUST_USE enum ent_status ent_pem_decode(struct ent_buf *out, const char *label, struct ent_view pem,
    struct ent_error *err);

/* Append a block with lines of 64 characters and LF. */
ENT_MUST_USE enum ent_status ent_pem_encode(struct ent_buf *out, const char *label, struct ent_view der,
    struct ent_error *err);

#endif
