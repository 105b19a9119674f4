/*
 * C2SP signed notes (signed-note v1.0.0) with Ed25519 (type 0x01), and the key lines of Go's note package.
 * A note is: text (ends in LF), an empty line, signature lines "— <name> <base64(keyID || signature)>".
 */
#ifndef ENT_NOTE_NOTE_H
#define ENT_NOTE_NOTE_H

#include "base/arena.h"
#include "crypto/key.h"

#define ENT_NOTE_MAX 65535       /* bytes of a note */
#define ENT_NOTE_LONG_MAX 262144 /* bytes of an epoch: the one kind of note that may be longer */
#define ENT_NOTE_SIGNATURES 64   /* signature lines */
#define ENT_NOTE_NAME_MAX 255    /* bytes of a key's name */
#define ENT_NOTE_KEY_LINE_MAX (ENT_NOTE_NAME_MAX + 80) /* bytes of a key line, public or private */
#define ENT_NOTE_TYPE_ED25519 0x01
#define ENT_NOTE_TYPE_COSIGNATURE 0x04

/* A verifier key line: name+hash+base64(type || key). */
struct ent_vkey {
	struct ent_view name; /* e.g. au.example/officer/doe */
	struct ent_view line; /* the whole line, canonical */
	uint32_t id;          /* first 4 bytes of SHA-256(name LF type key), big-endian */
	uint8_t type;
	uint8_t key[ENT_ED25519_KEY_LEN];
};
/* Views point into line. ENT_E_SYNTAX when the hash does not match, the type is not want_type, or the key is not a valid point. */
ENT_MUST_USE enum ent_status ent_vkey_parse(struct ent_vkey *out, struct ent_view line, uint8_t want_type, struct ent_error *err);

/* A signer: "PRIVATE+KEY+<name>+<hash>+<base64(type || seed)>". */
struct ent_signer;
void ent_signer_free(struct ent_signer *signer);
ENT_DEFINE_AUTO(ent_signer)
ENT_MUST_USE enum ent_status ent_signer_generate(struct ent_signer **out, struct ent_view name, uint8_t type, struct ent_error *err);
/* The line alone, without LF. */
/* seed: 32 bytes; copied. */
ENT_MUST_USE enum ent_status ent_signer_from_seed(struct ent_signer **out, struct ent_view name, uint8_t type, struct ent_view seed,
    struct ent_error *err);
ENT_MUST_USE enum ent_status ent_signer_parse(struct ent_signer **out, struct ent_view line, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_signer_load(struct ent_signer **out, const char *path, struct ent_error *err); /* refuses a file open to group or others */
ENT_MUST_USE enum ent_status ent_signer_save(const struct ent_signer *signer, const char *path, struct ent_error *err); /* 0600, never overwrites */
const struct ent_vkey *ent_signer_vkey(const struct ent_signer *signer); /* borrowed */

struct ent_note_signature {
	struct ent_view name;
	uint32_t id;
	struct ent_view bytes; /* after the key id; 64 for Ed25519 */
	struct ent_view line;  /* the whole line without LF */
};

struct ent_note {
	struct ent_view text; /* up to and including the LF before the empty line */
	struct ent_note_signature *signatures;
	size_t signature_count;
};

/*
 * Strict: UTF-8, LF, no byte order mark, text without an empty line, 1 to 64 signature lines, no trailing bytes, at most
 * ENT_NOTE_MAX bytes. Two lines of one name and key id refuse the note. Views point into bytes.
 */
ENT_MUST_USE enum ent_status ent_note_parse(struct ent_note *out, struct ent_arena *arena, struct ent_view bytes, struct ent_error *err);
/* As above with another limit: ENT_NOTE_LONG_MAX for epochs. */
ENT_MUST_USE enum ent_status ent_note_parse_max(struct ent_note *out, struct ent_arena *arena, struct ent_view bytes,
    size_t max, struct ent_error *err);

/*
 * Which of keys (type Ed25519) signed this note? good[i] is set for each key with a valid signature; unknown lines are
 * ignored; a bad signature by a known key (same name and id) refuses the note: ENT_E_SIGNATURE.
 * *count = number of different public keys among those set: one key under two names counts once. It may be 0.
 */
ENT_MUST_USE enum ent_status ent_note_verify(const struct ent_note *note, const struct ent_vkey *keys, size_t key_count,
    bool *good, size_t *count, struct ent_error *err);

/* As above with one key that must have signed. */
ENT_MUST_USE enum ent_status ent_note_verify_one(const struct ent_note *note, const struct ent_vkey *key, struct ent_error *err);

/*
 * Append text, an empty line and one signature line per signer. text must end in LF and hold no empty line.
 * A witness key (type 0x04) signs no notes: ENT_E_INPUT. On failure out is as before.
 */
ENT_MUST_USE enum ent_status ent_note_sign(struct ent_buf *out, struct ent_view text, const struct ent_signer *const *signers,
    size_t signer_count, struct ent_error *err);

/*
 * Append the union of the signature lines of two notes of one text (ENT_E_INPUT if the texts differ; ENT_E_SIGNATURE if
 * they hold different signatures of one key: one of them is bad, so verify both first).
 */
ENT_MUST_USE enum ent_status ent_note_merge(struct ent_buf *out, const struct ent_note *a, const struct ent_note *b, struct ent_error *err);

/* SHA-256 of the text: the identity of a document. */
void ent_note_hash(struct ent_hash *out, const struct ent_note *note);

#endif
