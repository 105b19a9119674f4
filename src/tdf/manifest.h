/* The manifest of a TDF (wire reference 1.3): what the reader needs of it, parsed as a stream, and written as a stream. */
#ifndef ENT_TDF_MANIFEST_H
#define ENT_TDF_MANIFEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "tdf/json_pull.h"

#define ENT_LIMIT_MANIFEST (10u << 20)         /* bytes of a manifest (Go and JavaScript readers' limit) */
#define ENT_LIMIT_MANIFEST_LARGE (128u << 20)  /* with `allow_large`: files written with --entente-only */
#define ENT_LIMIT_SEGMENTS 117357u             /* segments that fit in 10 MiB */
#define ENT_LIMIT_SEGMENTS_LARGE 1048576u
#define ENT_LIMIT_KAOS 40                      /* key access objects (custody compiler's limit too) */
#define ENT_LIMIT_POLICY (256u << 10)          /* characters of base64 policy */
#define ENT_LIMIT_ASSERTIONS 64

/* A key access object. Text views are unescaped JSON strings; empty when absent or null. */
struct ent_kao {
	struct ent_view type;               /* "ec-wrapped" */
	struct ent_view url;
	struct ent_view protocol;           /* "kas" */
	struct ent_view wrapped_key;        /* base64 text */
	struct ent_view binding_alg;        /* "HS256"; empty when absent */
	struct ent_view binding_hash;       /* base64 text; from an object or a bare string */
	struct ent_view encrypted_metadata; /* base64 text */
	struct ent_view kid;
	struct ent_view sid;
	struct ent_view schema_version;
	struct ent_view ephemeral_pem;
};

enum ent_segment_alg { ENT_SEGMENT_GMAC, ENT_SEGMENT_HS256 };

struct ent_manifest {
	struct ent_view schema_version; /* empty: legacy 4.2.2 */
	struct ent_view policy_base64;  /* verbatim: the bytes that are bound */
	struct ent_kao *kaos;
	size_t kao_count;
	struct ent_view mime_type;
	enum ent_segment_alg segment_alg;
	struct ent_view root_alg;        /* "HS256" only is accepted */
	struct ent_view root_sig;        /* base64 text */
	uint64_t segment_size_default;   /* plaintext bytes */
	uint64_t encrypted_segment_size_default;
	/* Per segment, decoded: hash_len bytes each in segment_hashes (16 for GMAC 4.3.0), sizes only when not all but the last are default. */
	uint32_t segment_count;
	uint32_t hash_len;
	uint8_t *segment_hashes;
	uint64_t *segment_sizes;           /* NULL: all default but the last, which is last_segment_size */
	uint64_t last_segment_size;
	struct ent_view assertions_json;   /* raw bytes of the assertions array; empty when there is none */
	size_t assertion_count;
};

struct ent_manifest_limits {
	bool allow_large;
};

/* Strict JSON (RFC 8259): duplicate members, bad UTF-8, trailing bytes refused; unknown members skipped; depth limited. */
ENT_MUST_USE enum ent_status ent_manifest_read(struct ent_manifest *out, struct ent_arena *arena, ent_read_fn read, void *arg,
    const struct ent_manifest_limits *limits, struct ent_error *err);

/* What reader and writer demand of key access objects: 1 to 40, protocol kas, one binding per split. ENT_E_FORMAT, ENT_E_LIMIT. */
ENT_MUST_USE enum ent_status ent_kaos_check(const struct ent_kao *kaos, size_t count, struct ent_error *err);

/* No control character (C0, DEL, C1 of UTF-8 text): texts of a file end up on terminals and in lines of logs and records. */
bool ent_tdf_text_is_one_line(struct ent_view text);

uint64_t ent_manifest_segment_size(const struct ent_manifest *m, uint32_t segment); /* plaintext bytes */

#endif
