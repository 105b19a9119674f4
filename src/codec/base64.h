/* Base64 (RFC 4648), strict: no white space, no missing or extra padding, no stray bits; and lower-case hex. */
#ifndef ENT_CODEC_BASE64_H
#define ENT_CODEC_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

enum ent_base64 {
	ENT_BASE64_STD, /* standard alphabet, padded: manifests, documents, notes */
	ENT_BASE64_URL  /* url-safe alphabet, never padded: JOSE */
};

static inline size_t
ent_base64_encoded_len(enum ent_base64 kind, size_t len)
{
	return kind == ENT_BASE64_STD ? (len + 2) / 3 * 4 : len / 3 * 4 + (len % 3 ? len % 3 + 1 : 0);
}

/* Write ent_base64_encoded_len() characters to out, no NUL. */
void ent_base64_encode_to(char *out, enum ent_base64 kind, struct ent_view bytes);

ENT_MUST_USE enum ent_status ent_base64_encode(struct ent_buf *out, enum ent_base64 kind, struct ent_view bytes,
    struct ent_error *err);

/* Append the decoded bytes. ENT_E_SYNTAX for anything that encode would not have written. */
ENT_MUST_USE enum ent_status ent_base64_decode(struct ent_buf *out, enum ent_base64 kind, struct ent_view text,
    struct ent_error *err);

/* Decode exactly len bytes. */
ENT_MUST_USE enum ent_status ent_base64_decode_exact(uint8_t *out, size_t len, enum ent_base64 kind,
    struct ent_view text, struct ent_error *err);

/* In an arena. */
ENT_MUST_USE enum ent_status ent_base64_decode_arena(struct ent_arena *arena, struct ent_view *out,
    enum ent_base64 kind, struct ent_view text, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_base64_encode_arena(struct ent_arena *arena, struct ent_view *out,
    enum ent_base64 kind, struct ent_view bytes, struct ent_error *err);

/* 2 * bytes.len lower-case digits and a NUL to out. */
void ent_hex_encode_to(char *out, struct ent_view bytes);
/* Exactly len bytes from 2 * len lower-case digits. */
ENT_MUST_USE enum ent_status ent_hex_decode_exact(uint8_t *out, size_t len, struct ent_view text, struct ent_error *err);

#endif
