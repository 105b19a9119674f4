/* The policy object (wire reference 1.4) with the members `entente` and `ententeWriter` of charter section 5. */
#ifndef ENT_TDF_POLICY_H
#define ENT_TDF_POLICY_H

#include "base/arena.h"
#include "base/buf.h"

#define ENT_LIMIT_ATTRIBUTES 64
#define ENT_LIMIT_DISSEM 256

struct ent_policy {
	struct ent_view base64;       /* as received: the bytes that are bound */
	struct ent_view uuid;
	struct ent_view *attributes;  /* FQNs as written */
	size_t attribute_count;
	struct ent_view *dissem;
	size_t dissem_count;
	bool has_seal;                /* a member `entente` is there, whatever it holds */
	struct ent_view seal_note;    /* decoded string of `entente` */
	bool has_writer;              /* a member `ententeWriter` is there */
	struct ent_view writer_note;
};

/* Decode and parse; null lists = empty; duplicates in a list, a bad uuid, a wrong type: ENT_E_FORMAT. Unknown members ignored. */
ENT_MUST_USE enum ent_status ent_policy_parse(struct ent_policy *out, struct ent_arena *arena, struct ent_view base64, struct ent_error *err);

/* Print the base64 policy text (appended): uuid, lists, and the notes that are not empty; base64 and has_* are not looked at. */
ENT_MUST_USE enum ent_status ent_policy_print(struct ent_buf *out_base64, const struct ent_policy *policy, struct ent_error *err);

/* The same without a writer's certificate. seal_note may be empty. */
ENT_MUST_USE enum ent_status ent_policy_build(struct ent_buf *out_base64, struct ent_view uuid, const struct ent_view *attributes,
    size_t attribute_count, const struct ent_view *dissem, size_t dissem_count, struct ent_view seal_note, struct ent_error *err);

#endif
