/* Inside of src/kas: proto3 JSON members out of a jansson tree, copied into an arena. */
#ifndef ENT_KAS_JSON_H
#define ENT_KAS_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"

#define ENT_LIMIT_KAS_JSON_DEPTH 32

/* One JSON object, nothing behind it, no duplicate members, bounded depth. *out is the caller's (json_decref). */
ENT_MUST_USE enum ent_status ent_kas_json_load(json_t **out, struct ent_view text, size_t max, struct ent_error *err);

/* The member under its lowerCamelCase or its original name; NULL when absent or null. Both at once are ENT_E_SYNTAX. */
ENT_MUST_USE enum ent_status ent_kas_json_member(const json_t **out, const json_t *object, const char *camel,
    const char *snake, struct ent_error *err);

/* A member of that type; absent or null: empty view, NULL. Another type is ENT_E_SYNTAX. */
ENT_MUST_USE enum ent_status ent_kas_json_string(struct ent_view *out, struct ent_arena *arena, const json_t *object,
    const char *camel, const char *snake, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_kas_json_object(const json_t **out, const json_t *object, const char *camel,
    const char *snake, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_kas_json_array(const json_t **out, const json_t *object, const char *camel,
    const char *snake, struct ent_error *err);

/* A `bytes` member: either alphabet, padded or not; as canonical text of the standard alphabet. */
ENT_MUST_USE enum ent_status ent_kas_json_base64(struct ent_view *out, struct ent_arena *arena, const json_t *object,
    const char *camel, const char *snake, struct ent_error *err);

/* Steals value. NULL value: no memory, or text that is not UTF-8. */
ENT_MUST_USE enum ent_status ent_kas_json_set(json_t *object, const char *key, json_t *value, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_kas_json_append(json_t *array, json_t *value, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_kas_json_set_view(json_t *object, const char *key, struct ent_view text, struct ent_error *err);

/* Append the compact text of value. */
ENT_MUST_USE enum ent_status ent_kas_json_dump(struct ent_buf *out, const json_t *value, struct ent_error *err);

#endif
