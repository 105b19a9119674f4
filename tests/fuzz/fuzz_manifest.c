#include "tdf/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The first byte says how large the pieces are in which the rest comes. */
struct source {
	struct ent_view rest;
	size_t piece;
};

static enum ent_status
read_pieces(void *arg, uint8_t *into, size_t max, size_t *got, struct ent_error *err)
{
	struct source *source = arg;

	(void)err;
	*got = source->rest.len < source->piece ? source->rest.len : source->piece;
	*got = *got < max ? *got : max;
	if (*got > 0)
		memcpy(into, source->rest.data, *got);
	source->rest = ent_view_slice(source->rest, *got, SIZE_MAX);
	return ENT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct ent_manifest_limits limits = { false };
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_manifest m;

	if (len == 0 || ent_arena_new(&arena, 5 * len + (1u << 20), &err) != ENT_OK)
		return 0;
	struct source source = { ent_view_from(data + 1, len - 1), 1 + (size_t)data[0] * 16 };
	if (ent_manifest_read(&m, arena, read_pieces, &source, &limits, &err) != ENT_OK)
		return 0;
	ENT_ASSERT(m.kao_count > 0 && m.kao_count <= ENT_LIMIT_KAOS);
	ENT_ASSERT(m.encrypted_segment_size_default == m.segment_size_default + 28);
	for (uint32_t i = 0; i < m.segment_count; i++)
		ENT_ASSERT(ent_manifest_segment_size(&m, i) <= 64u << 20);
	return 0;
}
