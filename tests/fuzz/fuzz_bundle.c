/* Entry bundles: counted and cut alike, and nothing is left over. */
#include "tlog/tlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
	const uint8_t *next; /* where the next entry's length must stand */
	size_t count;
};

static enum ent_status
see(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct seen *seen = arg;

	(void)err;
	ENT_ASSERT(index == 256 + seen->count);
	ENT_ASSERT(entry.data == seen->next + 2 && entry.len <= ENT_TLOG_ENTRY_MAX);
	seen->next = entry.data + entry.len;
	seen->count++;
	return ENT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ent_view bundle = ent_view_from(data, len);
	struct seen seen = { .next = data };
	struct ent_error err = { 0 };
	size_t count;

	if (ent_tlog_bundle_count(&count, bundle, &err) != ENT_OK) {
		/* The first byte of a bad one is as good a count as any. */
		ENT_ASSERT(ent_tlog_bundle_parse(bundle, 256, data[0], see, &seen, &err) != ENT_OK);
		return 0;
	}
	ENT_ASSERT(ent_tlog_bundle_parse(bundle, 256, count, see, &seen, &err) == ENT_OK);
	ENT_ASSERT(seen.count == count && seen.next == data + len);
	seen = (struct seen){ .next = data };
	ENT_ASSERT(ent_tlog_bundle_parse(bundle, 256, count + 1, see, &seen, &err) == ENT_E_SYNTAX);
	return 0;
}
