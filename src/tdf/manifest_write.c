#include "tdf/manifest_write.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/base64.h"
#include "tdf/crc.h"

enum { ROOM = 16384, HASH_LEN = 16, OVERHEAD = 28 };

/* The first failure stops all output; it is asked for once, at the end. */
struct pen {
	ent_write_fn write;
	void *arg;
	struct ent_error *err;
	enum ent_status status;
	size_t len;
	char room[ROOM];
};

static void
flush(struct pen *pen)
{
	if (pen->status == ENT_OK && pen->len > 0)
		pen->status = pen->write(pen->arg, ent_view_from(pen->room, pen->len), pen->err);
	pen->len = 0;
}

static void
put(struct pen *pen, struct ent_view text)
{
	while (text.len > 0) {
		size_t n = text.len < ROOM - pen->len ? text.len : ROOM - pen->len;

		memcpy(pen->room + pen->len, text.data, n);
		pen->len += n;
		text = ent_view_slice(text, n, SIZE_MAX);
		if (pen->len == ROOM)
			flush(pen);
	}
}

static void
put_literal(struct pen *pen, const char *text)
{
	put(pen, ent_view_str(text));
}

static void
put_number(struct pen *pen, uint64_t value)
{
	char text[24];

	put(pen, ent_view_from(text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, value)));
}

/* A JSON string (RFC 8259 section 7): only what must be escaped is. */
static void
put_string(struct pen *pen, struct ent_view text)
{
	char escape[8];
	size_t from = 0;

	put_literal(pen, "\"");
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		put(pen, ent_view_slice(text, from, i - from));
		if (c == '\n')
			put_literal(pen, "\\n");
		else if (c == '"' || c == '\\')
			put(pen, ent_view_from(escape, (size_t)snprintf(escape, sizeof(escape), "\\%c", c)));
		else
			put(pen, ent_view_from(escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c)));
		from = i + 1;
	}
	put(pen, ent_view_slice(text, from, SIZE_MAX));
	put_literal(pen, "\"");
}

static void
put_member(struct pen *pen, const char *name, struct ent_view text)
{
	put_literal(pen, "\"");
	put_literal(pen, name);
	put_literal(pen, "\":");
	put_string(pen, text);
}

static void
put_optional(struct pen *pen, const char *name, struct ent_view text)
{
	if (text.len == 0)
		return;
	put_literal(pen, ",");
	put_member(pen, name, text);
}

static void
put_kao(struct pen *pen, const struct ent_kao *kao)
{
	put_literal(pen, "{");
	put_member(pen, "type", kao->type);
	put_literal(pen, ",");
	put_member(pen, "url", kao->url);
	put_literal(pen, ",");
	put_member(pen, "protocol", kao->protocol);
	put_literal(pen, ",");
	put_member(pen, "wrappedKey", kao->wrapped_key);
	put_literal(pen, ",\"policyBinding\":{");
	put_member(pen, "alg", kao->binding_alg.len > 0 ? kao->binding_alg : ENT_LIT("HS256"));
	put_literal(pen, ",");
	put_member(pen, "hash", kao->binding_hash);
	put_literal(pen, "}");
	put_optional(pen, "encryptedMetadata", kao->encrypted_metadata);
	put_optional(pen, "kid", kao->kid);
	put_optional(pen, "sid", kao->sid);
	put_literal(pen, ",");
	put_member(pen, "schemaVersion", kao->schema_version.len > 0 ? kao->schema_version : ENT_LIT("1.0"));
	put_optional(pen, "ephemeralPublicKey", kao->ephemeral_pem);
	put_literal(pen, "}");
}

static void
put_segment(struct pen *pen, const uint8_t *hash, uint64_t size)
{
	char base64[24];

	put_literal(pen, "{\"hash\":\"");
	ent_base64_encode_to(base64, ENT_BASE64_STD, ent_view_from(hash, HASH_LEN));
	put(pen, ent_view_from(base64, ent_base64_encoded_len(ENT_BASE64_STD, HASH_LEN)));
	put_literal(pen, "\",\"segmentSize\":");
	put_number(pen, size);
	put_literal(pen, ",\"encryptedSegmentSize\":");
	put_number(pen, size + OVERHEAD);
	put_literal(pen, "}");
}

static void
put_integrity(struct pen *pen, const struct ent_manifest_text *text)
{
	put_literal(pen, "\"integrityInformation\":{\"rootSignature\":{\"alg\":\"HS256\",");
	put_member(pen, "sig", text->root_sig);
	put_literal(pen, "},\"segmentHashAlg\":\"GMAC\",\"segmentSizeDefault\":");
	put_number(pen, text->segment_size);
	put_literal(pen, ",\"encryptedSegmentSizeDefault\":");
	put_number(pen, text->segment_size + OVERHEAD);
	put_literal(pen, ",\"segments\":[");
	for (uint64_t i = 0; i < text->segment_count && pen->status == ENT_OK; i++) {
		bool last = i + 1 == text->segment_count;

		put_segment(pen, text->segment_hash(text->segment_arg, i), last ? text->last_segment_size : text->segment_size);
		put_literal(pen, last ? "]" : ",");
	}
	put_literal(pen, "}");
}

enum ent_status
ent_manifest_write(const struct ent_manifest_text *text, ent_write_fn write, void *arg, struct ent_error *err)
{
	struct pen pen = { .write = write, .arg = arg, .err = err, .status = ENT_OK };

	ENT_ASSERT(text->segment_count > 0);
	put_literal(&pen, "{\"encryptionInformation\":{\"type\":\"split\",");
	put_member(&pen, "policy", text->policy_base64);
	put_literal(&pen, ",\"keyAccess\":[");
	for (size_t i = 0; i < text->kao_count; i++) {
		put_literal(&pen, i > 0 ? "," : "");
		put_kao(&pen, &text->kaos[i]);
	}
	put_literal(&pen, "],\"method\":{\"algorithm\":\"AES-256-GCM\",\"iv\":\"\",\"isStreamable\":true},");
	put_integrity(&pen, text);
	put_literal(&pen, "},\"payload\":{\"type\":\"reference\",\"url\":\"0.payload\",\"protocol\":\"zip\",");
	put_member(&pen, "mimeType", text->mime_type);
	put_literal(&pen, ",\"isEncrypted\":true},\"schemaVersion\":\"4.3.0\"}");
	flush(&pen);
	return pen.status;
}

struct measure {
	uint64_t len;
	uint32_t crc;
};

static enum ent_status
add_to_measure(void *arg, struct ent_view bytes, struct ent_error *err)
{
	struct measure *measure = arg;

	(void)err;
	measure->len += bytes.len;
	measure->crc = ent_crc_add(measure->crc, bytes);
	return ENT_OK;
}

enum ent_status
ent_manifest_measure(const struct ent_manifest_text *text, uint64_t *len, uint32_t *crc, struct ent_error *err)
{
	struct measure measure = { 0, 0 };

	ENT_TRY(ent_manifest_write(text, add_to_measure, &measure, err));
	*len = measure.len;
	if (crc != NULL)
		*crc = measure.crc;
	return ENT_OK;
}
