#include "tdf/manifest.h"

#include <inttypes.h>

#include "codec/base64.h"
#include "tdf/tdf.h"

/* Limits of single members, in bytes of the unescaped string. */
enum {
	TEXT_MAX = 256,              /* names, ids, algorithms, versions */
	URL_MAX = 2048,
	PEM_MAX = 8192,              /* the largest key agreement of the wire is below 4 KiB */
	WRAPPED_KEY_MAX = 16384,     /* mlkem:1024 needs 2,184 */
	METADATA_MAX = 65536,
	ASSERTIONS_MAX = 1 << 20,
	HASH_MAX = 64,               /* HS256 of 4.2.2: hexadecimal */
	OVERHEAD = 28                /* IV and tag of a segment */
};

/* Plain and encrypted size of one segment; UINT64_MAX where the member is missing and the default counts. */
#define SIZE_DEFAULT UINT64_MAX

struct segment {
	uint8_t hash[HASH_MAX];
	size_t hash_len;
	uint64_t size;
	uint64_t encrypted_size;
};

/*
 * All segments but the last are of one size in every file that is written today, so sizes are kept as (first ones, last one) and
 * spelled out only once that fails. The defaults may stand behind the segments: SIZE_DEFAULT is resolved at the end.
 */
struct sizes {
	uint64_t common; /* of all but the last; meaningful from two segments on */
	uint64_t last;
	uint64_t *each; /* NULL: as above */
	size_t cap;
	uint64_t must_be_default; /* 0, or the size that a half-given pair of sizes implies for the default */
};

struct reader {
	struct ent_json *json;
	struct ent_manifest *m;
	struct ent_arena *arena;
	const struct ent_manifest_limits *limits;
	struct ent_buf scratch;
	struct sizes sizes;
	size_t kao_cap;
	size_t hash_cap;
};

struct member;
typedef enum ent_status (*member_fn)(struct reader *r, const struct member *self, void *target, struct ent_error *err);

/* One row per member that means something to us; all others are checked and skipped. */
struct member {
	const char *name;
	member_fn read;
	bool required;
	size_t offset;      /* of the value in target */
	size_t max;         /* bytes of a string */
	const char *expect; /* the only string allowed */
	bool many_lines;    /* PEM */
};

#define VALUE(json, must, function) { .name = json, .read = function, .required = must }
#define TEXT(json, must, type, field, bytes)                                                                           \
	{ .name = json, .read = read_text, .required = must, .offset = offsetof(struct type, field), .max = bytes }
#define LINES(json, must, type, field, bytes)                                                                          \
	{ .name = json, .read = read_text, .required = must, .offset = offsetof(struct type, field), .max = bytes, .many_lines = true }
#define NUMBER(json, must, type, field)                                                                                \
	{ .name = json, .read = read_number, .required = must, .offset = offsetof(struct type, field) }
#define CONSTANT(json, text) { .name = json, .read = read_expected, .required = true, .expect = text }

#define malformed(err, ...) ent_fail((err), ENT_E_FORMAT, "the manifest is malformed: " __VA_ARGS__)

static enum ent_status
read_object(struct reader *r, const char *what, const struct member *members, size_t count, void *target, struct ent_error *err)
{
	uint32_t seen = 0;
	struct ent_view name;
	bool more;

	ENT_TRY(ent_json_enter_object(r->json, err));
	for (;;) {
		size_t i = 0;

		ENT_TRY(ent_json_member(r->json, &more, &name, err));
		if (!more)
			break;
		while (i < count && !ent_view_eq_str(name, members[i].name))
			i++;
		if (i == count) {
			ENT_TRY(ent_json_skip(r->json, err));
			continue;
		}
		seen |= 1u << i;
		ENT_TRY(members[i].read(r, &members[i], target, err));
	}
	for (size_t i = 0; i < count; i++)
		if (members[i].required && !(seen & 1u << i))
			return malformed(err, "%s has no \"%s\"", what, members[i].name);
	return ENT_OK;
}

bool
ent_tdf_text_is_one_line(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < text.len && text.data[i + 1] < 0xa0))
			return false;
	}
	return true;
}

/* A string or null into the reader's scratch buffer. */
static enum ent_status
read_scratch(struct reader *r, const struct member *self, size_t max, struct ent_error *err)
{
	enum ent_json_type type;

	ent_buf_clear(&r->scratch);
	ENT_TRY(ent_json_peek(r->json, &type, err));
	if (type == ENT_JSON_NULL && !self->required)
		return ent_json_null(r->json, err);
	if (type != ENT_JSON_STRING)
		return malformed(err, "\"%s\" is not a string", self->name);
	r->scratch.max = max;
	if (ent_json_string(r->json, &r->scratch, err) != ENT_OK)
		return ent_error_context(err, "\"%s\" of the manifest", self->name);
	if (!self->many_lines && !ent_tdf_text_is_one_line(ent_buf_view(&r->scratch)))
		return malformed(err, "a control character in \"%s\"", self->name);
	return ENT_OK;
}

static enum ent_status
read_text(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	struct ent_view *out = (void *)((uint8_t *)target + self->offset);

	ENT_TRY(read_scratch(r, self, self->max, err));
	if (r->scratch.len == 0)
		return self->required ? malformed(err, "\"%s\" is empty", self->name) : ENT_OK;
	return ent_arena_dup(r->arena, out, ent_buf_view(&r->scratch), err);
}

static enum ent_status
read_expected(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	(void)target;
	ENT_TRY(read_scratch(r, self, TEXT_MAX, err));
	if (!ent_view_eq_str(ent_buf_view(&r->scratch), self->expect))
		return malformed(err, "\"%s\" is \"%.*s\", not \"%s\"", self->name, ENT_FMT(ent_buf_view(&r->scratch)), self->expect);
	return ENT_OK;
}

static enum ent_status
read_number(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	if (ent_json_u64(r->json, (void *)((uint8_t *)target + self->offset), err) == ENT_OK)
		return ENT_OK;
	return ent_error_context(err, "\"%s\" of the manifest", self->name);
}

static enum ent_status
read_encrypted_flag(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	bool encrypted;

	(void)target;
	ENT_TRY(ent_json_bool(r->json, &encrypted, err));
	return encrypted ? ENT_OK : malformed(err, "\"%s\" is false", self->name);
}

/* policyBinding: {"alg", "hash"}, or in old files the hash alone (wire reference 1.3). */
static enum ent_status
read_binding(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	static const struct member members[] = {
		TEXT("alg", false, ent_kao, binding_alg, TEXT_MAX),
		TEXT("hash", true, ent_kao, binding_hash, TEXT_MAX),
	};
	static const struct member bare = TEXT("policyBinding", true, ent_kao, binding_hash, TEXT_MAX);
	enum ent_json_type type;

	ENT_TRY(ent_json_peek(r->json, &type, err));
	if (type == ENT_JSON_STRING)
		return read_text(r, &bare, target, err);
	return read_object(r, self->name, members, ENT_COUNT(members), target, err);
}

static enum ent_status
read_kao(struct reader *r, struct ent_kao *kao, struct ent_error *err)
{
	static const struct member members[] = {
		TEXT("type", true, ent_kao, type, TEXT_MAX),
		TEXT("url", true, ent_kao, url, URL_MAX),
		TEXT("protocol", true, ent_kao, protocol, TEXT_MAX),
		TEXT("wrappedKey", true, ent_kao, wrapped_key, WRAPPED_KEY_MAX),
		VALUE("policyBinding", true, read_binding),
		TEXT("encryptedMetadata", false, ent_kao, encrypted_metadata, METADATA_MAX),
		TEXT("kid", false, ent_kao, kid, TEXT_MAX),
		TEXT("sid", false, ent_kao, sid, TEXT_MAX),
		TEXT("schemaVersion", false, ent_kao, schema_version, TEXT_MAX),
		LINES("ephemeralPublicKey", false, ent_kao, ephemeral_pem, PEM_MAX),
	};

	return read_object(r, "a key access object", members, ENT_COUNT(members), kao, err);
}

static enum ent_status
read_kaos(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	struct ent_manifest *m = r->m;
	void *items = NULL;
	bool more;

	(void)self;
	(void)target;
	ENT_TRY(ent_json_enter_array(r->json, err));
	for (;;) {
		ENT_TRY(ent_json_element(r->json, &more, err));
		if (!more)
			return ENT_OK;
		if (m->kao_count == ENT_LIMIT_KAOS)
			return ent_fail(err, ENT_E_LIMIT, "the manifest has more than %d key access objects", ENT_LIMIT_KAOS);
		ENT_TRY(ent_arena_push(r->arena, &items, m->kao_count, &r->kao_cap, sizeof(*m->kaos), err));
		m->kaos = items;
		ENT_TRY(read_kao(r, &m->kaos[m->kao_count], err));
		m->kao_count++;
	}
}

static enum ent_status
read_hash(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	struct segment *segment = target;
	struct ent_view text;
	struct ent_error unsaid = { 0 };

	ENT_TRY(read_scratch(r, self, TEXT_MAX, err));
	text = ent_buf_view(&r->scratch);
	segment->hash_len = text.len / 4 * 3;
	for (size_t pad = 1; pad <= 2 && pad <= text.len && text.data[text.len - pad] == '='; pad++)
		segment->hash_len--;
	if (segment->hash_len > HASH_MAX ||
	    ent_base64_decode_exact(segment->hash, segment->hash_len, ENT_BASE64_STD, text, &unsaid) != ENT_OK)
		return malformed(err, "the hash of segment %" PRIu32 " is not base64 of at most %d bytes", r->m->segment_count, HASH_MAX);
	return ENT_OK;
}

static enum ent_status
check_size_pair(struct reader *r, const struct segment *segment, struct ent_error *err)
{
	const uint64_t size = segment->size;
	const uint64_t encrypted = segment->encrypted_size;
	uint64_t implied = 0;

	if ((size != SIZE_DEFAULT && size > ENT_SEGMENT_SIZE_LARGE) ||
	    (encrypted != SIZE_DEFAULT && encrypted > ENT_SEGMENT_SIZE_LARGE + OVERHEAD))
		return ent_fail(err, ENT_E_LIMIT, "segment %" PRIu32 " has more than %u bytes", r->m->segment_count, ENT_SEGMENT_SIZE_LARGE);
	if (size == SIZE_DEFAULT && encrypted == SIZE_DEFAULT)
		return ENT_OK;
	if (size != SIZE_DEFAULT && encrypted != SIZE_DEFAULT) {
		if (encrypted == size + OVERHEAD)
			return ENT_OK;
		return malformed(err, "integrity check of the segment sizes failed: segment %" PRIu32 " has %" PRIu64
		    " bytes and %" PRIu64 " encrypted; the file was tampered with or is damaged", r->m->segment_count, size, encrypted);
	}
	/* One of the two is left to the default, so the other must be the default's too. */
	if (encrypted != SIZE_DEFAULT && encrypted < OVERHEAD)
		return malformed(err, "segment %" PRIu32 " has %" PRIu64 " encrypted bytes", r->m->segment_count, encrypted);
	implied = size != SIZE_DEFAULT ? size : encrypted - OVERHEAD;
	if (implied == 0 || (r->sizes.must_be_default != 0 && r->sizes.must_be_default != implied))
		return malformed(err, "segment %" PRIu32 " gives one of its two sizes, and not the default", r->m->segment_count);
	r->sizes.must_be_default = implied;
	return ENT_OK;
}

/* Spell the sizes out: the count segments read so far are not all but the last of one size. */
static enum ent_status
spell_out(struct reader *r, uint32_t count, uint32_t room, struct ent_error *err)
{
	struct sizes *sizes = &r->sizes;
	void *items;

	ENT_TRY(ent_arena_alloc(r->arena, &items, room, sizeof(*sizes->each), err));
	sizes->each = items;
	sizes->cap = room;
	for (uint32_t i = 0; i < count; i++)
		sizes->each[i] = i + 1 < count ? sizes->common : sizes->last;
	return ENT_OK;
}

static enum ent_status
add_size(struct reader *r, uint64_t size, struct ent_error *err)
{
	struct sizes *sizes = &r->sizes;
	const uint32_t count = r->m->segment_count;
	void *items;

	if (sizes->each == NULL && count >= 2 && sizes->last != sizes->common)
		ENT_TRY(spell_out(r, count, count + 64, err));
	if (sizes->each == NULL) {
		if (count > 0)
			sizes->common = sizes->last;
		sizes->last = size;
		return ENT_OK;
	}
	items = sizes->each;
	ENT_TRY(ent_arena_push(r->arena, &items, count, &sizes->cap, sizeof(*sizes->each), err));
	sizes->each = items;
	sizes->each[count] = size;
	return ENT_OK;
}

static enum ent_status
add_segment(struct reader *r, const struct segment *segment, struct ent_error *err)
{
	struct ent_manifest *m = r->m;
	const uint32_t limit = r->limits->allow_large ? ENT_LIMIT_SEGMENTS_LARGE : ENT_LIMIT_SEGMENTS;
	void *items = m->segment_hashes;

	if (m->segment_count == limit)
		return ent_fail(err, ENT_E_LIMIT, "the manifest has more than %" PRIu32 " segments", limit);
	if (m->segment_count == 0)
		m->hash_len = (uint32_t)segment->hash_len;
	if (segment->hash_len == 0 || segment->hash_len != m->hash_len)
		return malformed(err, "the hash of segment %" PRIu32 " has %zu bytes", m->segment_count, segment->hash_len);
	ENT_TRY(check_size_pair(r, segment, err));
	ENT_TRY(ent_arena_push(r->arena, &items, m->segment_count, &r->hash_cap, m->hash_len, err));
	m->segment_hashes = items;
	memcpy(m->segment_hashes + (size_t)m->segment_count * m->hash_len, segment->hash, m->hash_len);
	ENT_TRY(add_size(r, segment->size, err)); /* where it is missing, the default: check_size_pair */
	m->segment_count++;
	return ENT_OK;
}

static enum ent_status
read_segments(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	static const struct member members[] = {
		VALUE("hash", true, read_hash),
		NUMBER("segmentSize", false, segment, size),
		NUMBER("encryptedSegmentSize", false, segment, encrypted_size),
	};
	bool more;

	(void)self;
	(void)target;
	ENT_TRY(ent_json_enter_array(r->json, err));
	for (;;) {
		struct segment segment = { .size = SIZE_DEFAULT, .encrypted_size = SIZE_DEFAULT };

		ENT_TRY(ent_json_element(r->json, &more, err));
		if (!more)
			return ENT_OK;
		ENT_TRY(read_object(r, "a segment", members, ENT_COUNT(members), &segment, err));
		ENT_TRY(add_segment(r, &segment, err));
	}
}

static enum ent_status
read_root(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	static const struct member members[] = {
		TEXT("alg", true, ent_manifest, root_alg, TEXT_MAX),
		TEXT("sig", true, ent_manifest, root_sig, TEXT_MAX),
	};

	return read_object(r, self->name, members, ENT_COUNT(members), target, err);
}

static enum ent_status
read_segment_alg(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	struct ent_manifest *m = target;
	struct ent_view name;

	ENT_TRY(read_scratch(r, self, TEXT_MAX, err));
	name = ent_buf_view(&r->scratch);
	m->segment_alg = ent_view_eq_str(name, "HS256") ? ENT_SEGMENT_HS256 : ENT_SEGMENT_GMAC;
	if (m->segment_alg == ENT_SEGMENT_GMAC && !ent_view_eq_str(name, "GMAC"))
		return ent_fail(err, ENT_E_UNSUPPORTED, "segments hashed with %.*s: this version reads GMAC and HS256", ENT_FMT(name));
	return ENT_OK;
}

static enum ent_status
read_integrity(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	static const struct member members[] = {
		VALUE("rootSignature", true, read_root),
		VALUE("segmentHashAlg", true, read_segment_alg),
		NUMBER("segmentSizeDefault", true, ent_manifest, segment_size_default),
		NUMBER("encryptedSegmentSizeDefault", true, ent_manifest, encrypted_segment_size_default),
		VALUE("segments", true, read_segments),
	};

	return read_object(r, self->name, members, ENT_COUNT(members), target, err);
}

static enum ent_status
read_method(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	static const struct member members[] = { CONSTANT("algorithm", "AES-256-GCM") };

	return read_object(r, self->name, members, ENT_COUNT(members), target, err);
}

static enum ent_status
read_encryption(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	static const struct member members[] = {
		CONSTANT("type", "split"),
		TEXT("policy", true, ent_manifest, policy_base64, ENT_LIMIT_POLICY),
		VALUE("keyAccess", true, read_kaos),
		VALUE("method", true, read_method),
		VALUE("integrityInformation", true, read_integrity),
	};

	return read_object(r, self->name, members, ENT_COUNT(members), target, err);
}

static enum ent_status
read_payload(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	static const struct member members[] = {
		CONSTANT("type", "reference"),
		CONSTANT("url", "0.payload"),
		CONSTANT("protocol", "zip"),
		TEXT("mimeType", false, ent_manifest, mime_type, TEXT_MAX),
		VALUE("isEncrypted", true, read_encrypted_flag),
	};

	return read_object(r, self->name, members, ENT_COUNT(members), target, err);
}

/* The array as it stands, for whoever verifies assertions; here only counted. */
static enum ent_status
read_assertion_array(struct reader *r, struct ent_error *err)
{
	bool more;

	ENT_TRY(ent_json_enter_array(r->json, err));
	for (;;) {
		ENT_TRY(ent_json_element(r->json, &more, err));
		if (!more)
			return ENT_OK;
		if (r->m->assertion_count == ENT_LIMIT_ASSERTIONS)
			return ent_fail(err, ENT_E_LIMIT, "the manifest has more than %d assertions", ENT_LIMIT_ASSERTIONS);
		ENT_TRY(ent_json_skip(r->json, err));
		r->m->assertion_count++;
	}
}

static enum ent_status
read_assertions(struct reader *r, const struct member *self, void *target, struct ent_error *err)
{
	struct ent_manifest *m = target;
	enum ent_json_type type;

	(void)self;
	ENT_TRY(ent_json_peek(r->json, &type, err));
	if (type == ENT_JSON_NULL)
		return ent_json_null(r->json, err);
	ent_buf_clear(&r->scratch);
	r->scratch.max = ASSERTIONS_MAX;
	ENT_TRY(ent_json_capture(r->json, &r->scratch, err));
	ENT_TRY(read_assertion_array(r, err));
	ENT_TRY(ent_json_capture_end(r->json, err));
	return m->assertion_count > 0 ? ent_arena_dup(r->arena, &m->assertions_json, ent_buf_view(&r->scratch), err) : ENT_OK;
}

static enum ent_status
read_top(struct reader *r, struct ent_error *err)
{
	static const struct member members[] = {
		VALUE("encryptionInformation", true, read_encryption),
		VALUE("payload", true, read_payload),
		VALUE("assertions", false, read_assertions),
		TEXT("schemaVersion", false, ent_manifest, schema_version, TEXT_MAX),
	};

	ENT_TRY(read_object(r, "the manifest", members, ENT_COUNT(members), r->m, err));
	return ent_json_end(r->json, err);
}

/* Turn what was kept while reading into the sizes that ent_manifest declares. */
static enum ent_status
resolve_sizes(struct reader *r, struct ent_error *err)
{
	struct ent_manifest *m = r->m;
	struct sizes *sizes = &r->sizes;
	const uint64_t usual = m->segment_size_default;
	const uint32_t count = m->segment_count;

	if (sizes->must_be_default != 0 && sizes->must_be_default != usual)
		return malformed(err, "a segment gives one of its two sizes, and not the default");
	if (sizes->common == SIZE_DEFAULT)
		sizes->common = usual;
	if (sizes->last == SIZE_DEFAULT)
		sizes->last = usual;
	if (sizes->each == NULL && count >= 2 && sizes->common != usual)
		ENT_TRY(spell_out(r, count, count, err));
	if (sizes->each == NULL) {
		m->last_segment_size = count > 0 ? sizes->last : 0;
		return ENT_OK;
	}
	for (uint32_t i = 0; i < count; i++)
		if (sizes->each[i] == SIZE_DEFAULT)
			sizes->each[i] = usual;
	m->segment_sizes = sizes->each;
	m->last_segment_size = sizes->each[count - 1];
	return ENT_OK;
}

static enum ent_status
check_integrity(struct reader *r, struct ent_error *err)
{
	struct ent_manifest *m = r->m;
	uint32_t hash_len = m->segment_alg == ENT_SEGMENT_GMAC ? 16 : 32;

	if (!ent_view_eq_str(m->root_alg, "HS256"))
		return malformed(err, "its root signature is %.*s, which proves nothing (tampered with?); only HS256 is read", ENT_FMT(m->root_alg));
	if (m->segment_size_default == 0 || m->segment_size_default > ENT_SEGMENT_SIZE_LARGE)
		return ent_fail(err, ENT_E_LIMIT, "the manifest has segments of %" PRIu64 " bytes, limits 1 and %u",
		    m->segment_size_default, ENT_SEGMENT_SIZE_LARGE);
	if (m->encrypted_segment_size_default != m->segment_size_default + OVERHEAD)
		return malformed(err, "integrity check of the segment sizes failed: %" PRIu64 " bytes and %" PRIu64
		    " encrypted; the file was tampered with or is damaged", m->segment_size_default, m->encrypted_segment_size_default);
	if (m->schema_version.len == 0)
		hash_len *= 2; /* 4.2.2 and before: hexadecimal (wire reference 1.6) */
	if (m->segment_count == 0)
		m->hash_len = hash_len;
	if (m->hash_len != hash_len)
		return malformed(err, "segment hashes of %" PRIu32 " bytes, not %" PRIu32, m->hash_len, hash_len);
	return resolve_sizes(r, err);
}

enum ent_status
ent_kaos_check(const struct ent_kao *kaos, size_t count, struct ent_error *err)
{
	if (count == 0)
		return malformed(err, "no key access object");
	if (count > ENT_LIMIT_KAOS)
		return ent_fail(err, ENT_E_LIMIT, "%zu key access objects, limit %d", count, ENT_LIMIT_KAOS);
	for (size_t i = 0; i < count; i++) {
		if (!ent_view_eq_str(kaos[i].protocol, "kas"))
			return malformed(err, "key access object %zu has the protocol \"%.*s\"", i, ENT_FMT(kaos[i].protocol));
		if (kaos[i].binding_alg.len > 0 && !ent_view_eq_str(kaos[i].binding_alg, "HS256"))
			return ent_fail(err, ENT_E_UNSUPPORTED, "key access object %zu binds its policy with %.*s: only HS256 is known",
			    i, ENT_FMT(kaos[i].binding_alg));
		/* Objects of one split wrap one share, so one binding (charter 5). Otherwise a holder could be blamed for the writer's fault. */
		for (size_t k = 0; k < i; k++)
			if (ent_view_eq(kaos[k].sid, kaos[i].sid) && !ent_view_eq(kaos[k].binding_hash, kaos[i].binding_hash))
				return malformed(err, "the key access objects of split \"%.*s\" bind different policies or shares",
				    ENT_FMT(kaos[i].sid));
	}
	return ENT_OK;
}

enum ent_status
ent_manifest_read(struct ent_manifest *out, struct ent_arena *arena, ent_read_fn read, void *arg,
    const struct ent_manifest_limits *limits, struct ent_error *err)
{
	struct reader r = { .m = out, .arena = arena, .limits = limits };
	ENT_AUTO(ent_json) json = NULL;
	enum ent_status status;

	*out = (struct ent_manifest){ 0 };
	ENT_TRY(ent_json_new(&json, read, arg, limits->allow_large ? ENT_LIMIT_MANIFEST_LARGE : ENT_LIMIT_MANIFEST, err));
	r.json = json;
	status = read_top(&r, err);
	ent_buf_fini(&r.scratch);
	if (status != ENT_OK)
		return status;
	ENT_TRY(check_integrity(&r, err));
	return ent_kaos_check(out->kaos, out->kao_count, err);
}

uint64_t
ent_manifest_segment_size(const struct ent_manifest *m, uint32_t segment)
{
	ENT_ASSERT(segment < m->segment_count);
	if (m->segment_sizes != NULL)
		return m->segment_sizes[segment];
	return segment + 1 < m->segment_count ? m->segment_size_default : m->last_segment_size;
}
