/*
 * Configuration: one flat YAML mapping of scalars, read through a schema table into a struct. Strict: unknown and duplicate
 * keys, anchors, aliases, tags, directives, nested values and a second document are errors with file:line:column.
 */
#ifndef ENT_CODEC_YAML_H
#define ENT_CODEC_YAML_H

#include "base/view.h"

#define ENT_LIMIT_YAML_BYTES 65536
#define ENT_LIMIT_YAML_VALUE 4096 /* bytes of one value */

enum ent_yaml_kind {
	ENT_YAML_TEXT,     /* char *, allocated: 1 to `max` bytes without control characters */
	ENT_YAML_BOOL,     /* bool: true or false, unquoted */
	ENT_YAML_WORD,     /* bool: false for words[0], true for words[1] */
	ENT_YAML_INT,      /* int64_t: decimal, min to max */
	ENT_YAML_DURATION  /* int64_t in milliseconds, min to max: an integer with ms, s, m, h or d, perhaps negative */
};

struct ent_yaml_field {
	const char *key;
	enum ent_yaml_kind kind;
	bool required;
	size_t offset; /* of the member in the struct */
	int64_t min;
	int64_t max;
	const char *words[2];
};

/*
 * Read text into the struct at `into`, which holds the defaults (TEXT members NULL or malloc'd). `name` is the file's, for
 * messages. ENT_E_CONFIG. On failure TEXT members that were set are freed by the struct's owner (ent_yaml_fini) as on success.
 */
ENT_MUST_USE enum ent_status ent_yaml_read(void *into, const struct ent_yaml_field *fields, size_t field_count,
    struct ent_view text, const char *name, struct ent_error *err);

/* Free the TEXT members. */
void ent_yaml_fini(void *into, const struct ent_yaml_field *fields, size_t field_count);

#endif
