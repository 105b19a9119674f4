/* JSON of tokens: jansson, strictly, with limits. Internal to src/jose. */
#ifndef ENT_JOSE_TOKEN_JSON_H
#define ENT_JOSE_TOKEN_JSON_H

#include <jansson.h>

#include "base/buf.h"

/* Levels of arrays and objects. Tokens of known issuers have four; jansson alone would recurse to 2,048. */
#define ENT_TOKEN_JSON_DEPTH_MAX 16

/* One JSON object: no duplicate members, no NUL in strings, valid UTF-8, nothing behind it. *out is a new reference. */
ENT_MUST_USE enum ent_status ent_token_json_parse(json_t **out, const char *what, struct ent_view text,
    struct ent_error *err);

/* Append without white space, members in the order of the object. */
ENT_MUST_USE enum ent_status ent_token_json_encode(struct ent_buf *out, const json_t *value, struct ent_error *err);

/* json_t *x released at scope end: ENT_AUTO_JSON x = NULL; */
static inline void
ent_token_json_auto_free_(json_t **value)
{
	json_decref(*value);
}
#define ENT_AUTO_JSON __attribute__((cleanup(ent_token_json_auto_free_))) json_t *

#endif
