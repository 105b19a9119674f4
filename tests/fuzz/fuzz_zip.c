#include "tdf/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static enum ent_status
read_memory(void *arg, uint8_t *into, size_t len, uint64_t offset, struct ent_error *err)
{
	const struct ent_view *bytes = arg;

	if (offset > bytes->len || len > bytes->len - offset)
		return ent_fail(err, ENT_E_FORMAT, "beyond the end");
	if (len > 0)
		memcpy(into, bytes->data + offset, len);
	return ENT_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ent_view bytes = ent_view_from(data, len);
	struct ent_zip_source source = { read_memory, &bytes, len };
	struct ent_error err = { 0 };
	struct ent_zip zip;

	if (ent_zip_read(&zip, &source, &err) != ENT_OK)
		return 0;
	/* What is found lies in the file, and apart. */
	ENT_ASSERT(zip.payload.data_offset <= len && zip.payload.size <= len - zip.payload.data_offset);
	ENT_ASSERT(zip.manifest.data_offset <= len && zip.manifest.size <= len - zip.manifest.data_offset);
	ENT_ASSERT(zip.payload.data_offset + zip.payload.size <= zip.manifest.offset ||
	    zip.manifest.data_offset + zip.manifest.size <= zip.payload.offset);
	return 0;
}
