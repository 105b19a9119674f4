#include "support.h"

static enum ent_status
read_memory(void *arg, uint8_t *into, size_t len, uint64_t offset, struct ent_error *err)
{
	const struct ent_buf *buf = arg;

	if (offset > buf->len || len > buf->len - offset)
		return ent_fail(err, ENT_E_FORMAT, "beyond the end");
	if (len > 0)
		memcpy(into, buf->data + offset, len);
	return ENT_OK;
}

static enum ent_status
read_zip(struct ent_zip *zip, struct ent_buf *buf, struct ent_error *err)
{
	struct ent_zip_source source = { read_memory, buf, buf->len };

	return ent_zip_read(zip, &source, err);
}

static const struct ent_view payload = ENT_LIT("twenty-eight bytes and more.");
static const struct ent_view manifest = ENT_LIT("{\"manifest\":true}");

static void
every_writers_variant_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENT_COUNT(zip_styles); i++) {
		struct ent_error err = { 0 };
		struct ent_zip zip;
		ENT_AUTO_FINI(ent_buf) file = zip_build(&zip_styles[i], payload, manifest);

		if (read_zip(&zip, &file, &err) != ENT_OK)
			fail_msg("%s: %s", zip_styles[i].name, err.text);
		assert_int_equal(zip.payload.size, payload.len);
		assert_int_equal(zip.manifest.size, manifest.len);
		assert_memory_equal(file.data + zip.payload.data_offset, payload.data, payload.len);
		assert_memory_equal(file.data + zip.manifest.data_offset, manifest.data, manifest.len);
		assert_int_equal(zip.manifest.crc, ent_crc_add(0, manifest));
	}
}

static void
an_empty_payload_is_read(void **state)
{
	struct ent_error err = { 0 };
	struct ent_zip zip;
	ENT_AUTO_FINI(ent_buf) file = zip_build(&zip_styles[2], ENT_VIEW_NONE, manifest);

	(void)state;
	assert_ok(read_zip(&zip, &file, &err));
	assert_int_equal(zip.payload.size, 0);
}

/* Our own writer's parts, put together. */
static struct ent_buf
write_own(bool zip64)
{
	struct ent_buf out = ent_buf_with_max(1 << 16);
	struct ent_error err = { 0 };
	struct ent_zip zip = { .payload = { .size = payload.len, .crc = ent_crc_add(0, payload) },
		.manifest = { .size = manifest.len, .crc = ent_crc_add(0, manifest) } };
	uint8_t part[ENT_ZIP_PART_MAX];

	assert_ok(ent_buf_add(&out, ent_view_from(part, ent_zip_payload_header(part, zip64)), &err));
	assert_ok(ent_buf_add(&out, payload, &err));
	assert_ok(ent_buf_add(&out, ent_view_from(part, ent_zip_payload_descriptor(part, &zip.payload, zip64)), &err));
	zip.manifest.offset = out.len;
	assert_ok(ent_buf_add(&out, ent_view_from(part, ent_zip_manifest_header(part, &zip.manifest)), &err));
	assert_ok(ent_buf_add(&out, manifest, &err));
	assert_ok(ent_buf_add(&out, ent_view_from(part, ent_zip_tail(part, &zip, out.len, zip64)), &err));
	return out;
}

static void
what_is_written_is_read(void **state)
{
	(void)state;
	for (int zip64 = 0; zip64 < 2; zip64++) {
		struct ent_error err = { 0 };
		struct ent_zip zip;
		ENT_AUTO_FINI(ent_buf) file = write_own(zip64);

		assert_ok(read_zip(&zip, &file, &err));
		assert_memory_equal(file.data + zip.payload.data_offset, payload.data, payload.len);
		assert_memory_equal(file.data + zip.manifest.data_offset, manifest.data, manifest.len);
		/* The profile that all readers take: 4.4.1 version, tail below 1,000 bytes, end record last. */
		assert_int_equal(file.data[4], 45);
		assert_memory_equal(file.data + file.len - 22, "PK\5\6", 4);
	}
}

static void
zip64_starts_where_java_needs_it(void **state)
{
	(void)state;
	assert_false(ent_zip_needs_64(1u << 30));
	assert_true(ent_zip_needs_64(UINT64_C(1) << 31));
	assert_true(ent_zip_needs_64((UINT64_C(1) << 31) - 1));
}

/* An edit of a good archive: bytes at offset, counted from the end where negative. */
struct edit {
	const char *what;
	size_t style;
	long at;
	uint8_t value;
};

static void
archives_that_no_writer_makes_are_refused(void **state)
{
	/* Go, small: local header 0, data at 39, descriptor 67, manifest header 83; directory: 134 bytes in front of the end record. */
	static const struct edit edits[] = {
		{ "first signature", 0, 0, 'X' },
		{ "encryption", 0, 6, 9 },
		{ "compression of the payload", 0, 8, 8 },
		{ "local name", 0, 30, '1' },
		{ "local size", 0, 18, 1 },
		{ "local CRC", 0, 14, 1 },
		{ "descriptor signature", 0, 67, 0 },
		{ "descriptor CRC", 0, 71, 0x55 },
		{ "descriptor size", 0, 75, 0x55 },
		{ "manifest size in its local header", 0, 83 + 18, 0x55 },
		{ "a comment that is announced", 0, -2, 1 },
		{ "another disk", 0, -18, 1 },
		{ "three entries", 0, -14, 3 },
		{ "one entry on this disk", 0, -12, 1 },
		{ "directory length", 0, -10, 1 },
		{ "directory offset", 0, -6, 1 },
		{ "method in the directory", 0, -22 - 116 + 10, 8 },
		{ "entry comment", 0, -22 - 116 + 32, 1 },
		{ "uncompressed size", 0, -22 - 116 + 24, 1 },
		{ "offset of the payload", 0, -22 - 116 + 42, 1 },
		{ "name in the directory", 0, -22 - 116 + 46, '1' },
		{ "ZIP64 record length", 2, -22 - 20 - 56 + 4, 45 },
		{ "ZIP64 entries", 2, -22 - 20 - 56 + 24, 3 },
		{ "ZIP64 directory offset", 2, -22 - 20 - 56 + 48, 0xff },
		{ "locator offset", 2, -22 - 20 + 8, 0xff },
		{ "locator disks", 2, -22 - 20 + 16, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(edits); i++) {
		struct ent_error err = { 0 };
		struct ent_zip zip;
		ENT_AUTO_FINI(ent_buf) file = zip_build(&zip_styles[edits[i].style], payload, manifest);
		size_t at = edits[i].at < 0 ? file.len - (size_t)-edits[i].at : (size_t)edits[i].at;

		if (file.data[at] == edits[i].value)
			fail_msg("%s: the edit changes nothing", edits[i].what);
		file.data[at] = edits[i].value;
		if (read_zip(&zip, &file, &err) != ENT_E_FORMAT)
			fail_msg("%s: not refused (%s)", edits[i].what, err.text);
	}
}

static void
bytes_that_belong_to_nothing_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENT_COUNT(zip_styles); i++) {
		ENT_AUTO_FINI(ent_buf) file = zip_build(&zip_styles[i], payload, manifest);
		ENT_AUTO_FINI(ent_buf) more = ent_buf_with_max(1 << 16);
		struct ent_error err = { 0 };
		struct ent_zip zip;

		assert_ok(ent_buf_add_byte(&more, 0, &err));
		assert_ok(ent_buf_add(&more, ent_buf_view(&file), &err));
		assert_refused(read_zip(&zip, &more, &err), ENT_E_FORMAT); /* in front */
		assert_ok(ent_buf_add_byte(&file, 0, &err));
		assert_refused(read_zip(&zip, &file, &err), ENT_E_FORMAT); /* behind */
		for (file.len -= 2; file.len > 0; file.len--) /* cut off anywhere */
			assert_refused(read_zip(&zip, &file, &err), ENT_E_FORMAT);
	}
}

static void
crc_of_parts_is_crc_of_the_whole(void **state)
{
	ENT_AUTO_FINI(ent_buf) bytes = sample(5000);
	struct ent_view all = ent_buf_view(&bytes);

	(void)state;
	assert_int_equal(ent_crc_add(0, ENT_LIT("123456789")), 0xcbf43926u);
	for (size_t cut = 0; cut <= 5000; cut += 617) {
		uint32_t a = ent_crc_add(0, ent_view_slice(all, 0, cut));
		uint32_t b = ent_crc_add(0, ent_view_slice(all, cut, SIZE_MAX));

		assert_int_equal(ent_crc_combine(a, b, ent_crc_shift(5000 - cut)), ent_crc_add(0, all));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_writers_variant_is_read),
		cmocka_unit_test(an_empty_payload_is_read),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(zip64_starts_where_java_needs_it),
		cmocka_unit_test(archives_that_no_writer_makes_are_refused),
		cmocka_unit_test(bytes_that_belong_to_nothing_are_refused),
		cmocka_unit_test(crc_of_parts_is_crc_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
