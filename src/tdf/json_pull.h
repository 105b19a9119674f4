/*
 * A strict pull reader for JSON (RFC 8259) from a stream: a manifest of 117,000 segments is read in constant memory.
 * Why our own: docs/decisions/0001-manifest-reader.md.
 *
 * Refused: duplicate members, bad UTF-8, lone surrogates, U+0000, numbers of over 64 characters, bytes behind the value, depth over
 * ENT_LIMIT_JSON_DEPTH. Everything that is malformed is ENT_E_FORMAT with the byte's number. After a failure the reader is of no use.
 */
#ifndef ENT_TDF_JSON_PULL_H
#define ENT_TDF_JSON_PULL_H

#include "base/buf.h"

#define ENT_LIMIT_JSON_DEPTH 32
#define ENT_LIMIT_JSON_MEMBERS 256       /* of one object */
#define ENT_LIMIT_JSON_OPEN_MEMBERS 1024 /* of all objects that are open at a time */
#define ENT_LIMIT_JSON_NAME 1024         /* bytes of a member's name */

/*
 * A pull source of bytes: *got = 0 means the end. The reader needs a few KiB at a time, whatever the document's size.
 */
typedef enum ent_status (*ent_read_fn)(void *arg, uint8_t *into, size_t max, size_t *got, struct ent_error *err);

enum ent_json_type { ENT_JSON_OBJECT, ENT_JSON_ARRAY, ENT_JSON_STRING, ENT_JSON_NUMBER, ENT_JSON_BOOL, ENT_JSON_NULL };

struct ent_json;

/* ENT_E_LIMIT once more than max_bytes were read. */
ENT_MUST_USE enum ent_status ent_json_new(struct ent_json **out, ent_read_fn read, void *arg, uint64_t max_bytes,
    struct ent_error *err);
void ent_json_free(struct ent_json *json);
ENT_DEFINE_AUTO(ent_json)

/* What comes next, not consumed. */
ENT_MUST_USE enum ent_status ent_json_peek(struct ent_json *json, enum ent_json_type *out, struct ent_error *err);

/* Enter the object or array that comes next. Leave it by calling ent_json_member or ent_json_element until *more is false. */
ENT_MUST_USE enum ent_status ent_json_enter_object(struct ent_json *json, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_json_enter_array(struct ent_json *json, struct ent_error *err);
/* *more: a value comes next, under that name, which is valid until the next call. */
ENT_MUST_USE enum ent_status ent_json_member(struct ent_json *json, bool *more, struct ent_view *name, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_json_element(struct ent_json *json, bool *more, struct ent_error *err);

/* Append the unescaped string. ENT_E_LIMIT by out's ceiling. out NULL: check it, drop it. */
ENT_MUST_USE enum ent_status ent_json_string(struct ent_json *json, struct ent_buf *out, struct ent_error *err);
/* An integer without sign, fraction and exponent. */
ENT_MUST_USE enum ent_status ent_json_u64(struct ent_json *json, uint64_t *out, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_json_bool(struct ent_json *json, bool *out, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_json_null(struct ent_json *json, struct ent_error *err);

/* Any value, checked like every other. */
ENT_MUST_USE enum ent_status ent_json_skip(struct ent_json *json, struct ent_error *err);

/* Between the two calls the bytes that are consumed are also appended to raw. Call them between values. */
ENT_MUST_USE enum ent_status ent_json_capture(struct ent_json *json, struct ent_buf *raw, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_json_capture_end(struct ent_json *json, struct ent_error *err);

/* Nothing but white space is left. */
ENT_MUST_USE enum ent_status ent_json_end(struct ent_json *json, struct ent_error *err);

/* For messages: bytes consumed so far. */
uint64_t ent_json_offset(const struct ent_json *json);

#endif
