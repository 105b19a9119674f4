/* What the tests of src/tdf share: files in memory, a key, key access objects, and hand-made ZIP archives of all writers. */
#ifndef TESTS_TDF_SUPPORT_H
#define TESTS_TDF_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "tdf/crc.h"
#include "tdf/tdf.h"
#include "tdf/tuning.h"
#include "tdf/zip.h"

#define assert_ok(call)                                                                                                \
	do {                                                                                                           \
		if ((call) != ENT_OK)                                                                                  \
			fail_msg("%s: %s", #call, err.text);                                                           \
	} while (0)
/* Fails, and with that status; the error is forgotten afterwards. */
#define assert_refused(call, want)                                                                                     \
	do {                                                                                                           \
		enum ent_status got_ = (call);                                                                         \
		if (got_ != (want))                                                                                    \
			fail_msg("%s: %s, not %s (%s)", #call, ent_status_row(got_)->name, ent_status_row(want)->name, err.text); \
		ent_error_clear(&err);                                                                                 \
	} while (0)

static inline struct ent_secret *
test_key(void)
{
	struct ent_secret *key = NULL;
	struct ent_error err = { 0 };
	uint8_t bytes[32];

	for (unsigned i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	assert_ok(ent_secret_copy(&key, ent_view_from(bytes, 32), &err));
	return key;
}

static inline int
memory_file(struct ent_view bytes)
{
	struct ent_error err = { 0 };
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_ok(ent_fd_write(fd, bytes, &err));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static inline struct ent_buf
file_bytes(int fd)
{
	struct ent_buf buf = ent_buf_with_max(64u << 20);
	struct ent_error err = { 0 };
	struct stat st;
	uint8_t *room;

	assert_int_equal(fstat(fd, &st), 0);
	if (st.st_size > 0) {
		assert_ok(ent_buf_grow(&buf, &room, (size_t)st.st_size, &err));
		assert_ok(ent_fd_pread(fd, room, (size_t)st.st_size, 0, &err));
	}
	return buf;
}

/* Bytes that no two segments share. */
static inline struct ent_buf
sample(size_t len)
{
	struct ent_buf buf = ent_buf_with_max(64u << 20);
	struct ent_error err = { 0 };
	uint8_t *room;
	uint32_t x = 1;

	assert_ok(ent_buf_grow(&buf, &room, len + 1, &err));
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		room[i] = (uint8_t)(x >> 24);
	}
	buf.len = len;
	return buf;
}

#define POLICY_B64                                                                                                     \
	"eyJ1dWlkIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwiYm9keSI6eyJkYXRhQXR0cmlidXRlcyI6W10sImRpc3NlbSI6W119fQ=="

static inline struct ent_kao
test_kao(const char *url, const char *sid)
{
	return (struct ent_kao){ .type = ENT_LIT("ec-wrapped"), .url = ent_view_str(url), .protocol = ENT_LIT("kas"),
		.wrapped_key = ENT_LIT("AAAA"), .binding_alg = ENT_LIT("HS256"), .binding_hash = ENT_LIT("MGE3YQ=="),
		.kid = ENT_LIT("e-0011223344556677"), .sid = ent_view_str(sid),
		.ephemeral_pem = ENT_LIT("-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n") };
}

static inline struct ent_tdf_write
request(const struct ent_secret *key, int in_fd, int out_fd)
{
	static struct ent_kao kaos[2];

	kaos[0] = test_kao("https://au.example", "1");
	kaos[1] = test_kao("https://uk.example", "1");
	return (struct ent_tdf_write){ .in_fd = in_fd, .out_fd = out_fd, .key = key, .policy_base64 = ENT_LIT(POLICY_B64),
		.kaos = kaos, .kao_count = 2, .threads = 3 };
}

/* Encrypt bytes in segments of that size into a file in memory. */
static inline int
encrypted(struct ent_view bytes, uint32_t segment)
{
	const struct ent_tdf_tuning tuning = { .segment_size = segment };
	ENT_AUTO(ent_secret) key = test_key();
	struct ent_error err = { 0 };
	int in = memory_file(bytes);
	int out = memory_file(ENT_VIEW_NONE);
	struct ent_tdf_write write = request(key, in, out);
	uint64_t plain;

	assert_ok(ent_tdf_write_tuned(&write, &tuning, &plain, &err));
	assert_int_equal(plain, bytes.len);
	close(in);
	return out;
}

/* All of it, or the first refusal. What was written is in *out. */
static inline enum ent_status
decrypt(struct ent_buf *out, int fd, uint64_t offset, uint64_t len, unsigned threads, struct ent_error *err)
{
	ENT_AUTO(ent_tdf) tdf = NULL;
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO_FD to = memory_file(ENT_VIEW_NONE);
	struct ent_tdf_read read = { .offset = offset, .len = len, .out_fd = to, .threads = threads };

	*out = ent_buf_with_max(64u << 20);
	ENT_TRY(ent_tdf_open(&tdf, fd, NULL, err));
	ENT_TRY(ent_tdf_unlock(tdf, key, err));
	ENT_TRY(ent_tdf_read(tdf, &read, err));
	*out = file_bytes(to);
	return ENT_OK;
}

static inline void
assert_same(struct ent_view a, struct ent_view b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.data, b.data, a.len);
}

/* How a writer makes its archive (wire reference 1.1). */
struct zip_style {
	const char *name;
	bool manifest_first;
	struct {
		unsigned local_flags, central_flags;
		unsigned local_sizes;   /* 0: true, 1: zero, 2: FFFFFFFF */
		unsigned local_extra;   /* bytes of data of the ZIP64 field: 0, 16, 24 */
		bool local_extra_zero;  /* sizes there are zero */
		unsigned descriptor;    /* 0, 16, 24 */
		unsigned central_extra; /* 0 or 24; sizes and offset are FFFFFFFF then */
	} entry[2];                 /* payload, manifest */
	unsigned version;
	bool end64;
};

static inline void
zip_put(struct ent_buf *out, unsigned bytes, uint64_t value)
{
	struct ent_error err = { 0 };

	for (unsigned i = 0; i < bytes; i++)
		assert_ok(ent_buf_add_byte(out, (uint8_t)(value >> 8 * i), &err));
}

static inline void
zip_add_local(struct ent_buf *out, const struct zip_style *style, int which, struct ent_view data, uint64_t *offset)
{
	const char *name = which == 0 ? ENT_ZIP_PAYLOAD : ENT_ZIP_MANIFEST;
	__auto_type e = &style->entry[which];
	const bool later = e->local_flags & 8;
	const uint32_t crc = ent_crc_add(0, data);
	const uint64_t size32 = e->local_sizes == 0 ? data.len : e->local_sizes == 1 ? 0 : 0xffffffffu;
	struct ent_error err = { 0 };

	*offset = out->len;
	zip_put(out, 4, 0x04034b50);
	zip_put(out, 2, style->version);
	zip_put(out, 2, e->local_flags);
	zip_put(out, 6, 0x5a210000);
	zip_put(out, 4, later ? 0 : crc);
	zip_put(out, 4, size32);
	zip_put(out, 4, size32);
	zip_put(out, 2, strlen(name));
	zip_put(out, 2, e->local_extra ? e->local_extra + 4 : 0);
	assert_ok(ent_buf_add_str(out, name, &err));
	if (e->local_extra) {
		zip_put(out, 2, 1);
		zip_put(out, 2, e->local_extra);
		for (unsigned i = 0; i < e->local_extra / 8; i++)
			zip_put(out, 8, i < 2 && !e->local_extra_zero ? data.len : 0);
	}
	assert_ok(ent_buf_add(out, data, &err));
	if (e->descriptor) {
		zip_put(out, 4, 0x08074b50);
		zip_put(out, 4, crc);
		zip_put(out, e->descriptor == 16 ? 4 : 8, data.len);
		zip_put(out, e->descriptor == 16 ? 4 : 8, data.len);
	}
}

static inline void
zip_add_central(struct ent_buf *out, const struct zip_style *style, int which, struct ent_view data, uint64_t offset)
{
	const char *name = which == 0 ? ENT_ZIP_PAYLOAD : ENT_ZIP_MANIFEST;
	__auto_type e = &style->entry[which];
	const bool marked = e->central_extra == 24;
	struct ent_error err = { 0 };

	zip_put(out, 4, 0x02014b50);
	zip_put(out, 2, 0x033f);
	zip_put(out, 2, style->version);
	zip_put(out, 2, e->central_flags);
	zip_put(out, 6, 0x5a210000);
	zip_put(out, 4, ent_crc_add(0, data));
	zip_put(out, 4, marked ? 0xffffffffu : data.len);
	zip_put(out, 4, marked ? 0xffffffffu : data.len);
	zip_put(out, 2, strlen(name));
	zip_put(out, 2, marked ? 28 : 0);
	zip_put(out, 6, 0);
	zip_put(out, 4, 0x81a40000);
	zip_put(out, 4, marked ? 0xffffffffu : offset);
	assert_ok(ent_buf_add_str(out, name, &err));
	if (!marked)
		return;
	zip_put(out, 2, 1);
	zip_put(out, 2, 24);
	zip_put(out, 8, data.len);
	zip_put(out, 8, data.len);
	zip_put(out, 8, offset);
}

static inline struct ent_buf
zip_build(const struct zip_style *style, struct ent_view payload, struct ent_view manifest)
{
	struct ent_buf out = ent_buf_with_max(64u << 20);
	const struct ent_view data[2] = { payload, manifest };
	uint64_t offset[2], directory, end;

	for (int i = 0; i < 2; i++) {
		int which = style->manifest_first ? 1 - i : i;

		zip_add_local(&out, style, which, data[which], &offset[which]);
	}
	directory = out.len;
	for (int i = 0; i < 2; i++) {
		int which = style->manifest_first ? 1 - i : i;

		zip_add_central(&out, style, which, data[which], offset[which]);
	}
	end = out.len;
	if (style->end64) {
		zip_put(&out, 4, 0x06064b50);
		zip_put(&out, 8, 44);
		zip_put(&out, 4, 0x002d002d);
		zip_put(&out, 8, 0);
		zip_put(&out, 8, 2);
		zip_put(&out, 8, 2);
		zip_put(&out, 8, end - directory);
		zip_put(&out, 8, directory);
		zip_put(&out, 4, 0x07064b50);
		zip_put(&out, 4, 0);
		zip_put(&out, 8, end);
		zip_put(&out, 4, 1);
	}
	zip_put(&out, 4, 0x06054b50);
	zip_put(&out, 4, 0);
	zip_put(&out, 2, style->end64 ? 0xffff : 2);
	zip_put(&out, 2, style->end64 ? 0xffff : 2);
	zip_put(&out, 4, style->end64 ? 0xffffffffu : end - directory);
	zip_put(&out, 4, style->end64 ? 0xffffffffu : directory);
	zip_put(&out, 2, 0);
	return out;
}

/* flags, central flags, local sizes, local extra, zero, descriptor, central extra; payload first, then manifest */
static const struct zip_style zip_styles[] = {
	{ "Go", false, { { 8, 8, 1, 0, false, 16, 0 }, { 0, 0, 0, 0, false, 0, 0 } }, 45, false },
	{ "Go with ZIP64", false, { { 8, 8, 2, 16, true, 24, 24 }, { 0, 0, 0, 0, false, 0, 24 } }, 45, true },
	{ "JavaScript", false, { { 0x808, 0x808, 2, 24, true, 24, 24 }, { 0x808, 0x808, 2, 24, true, 24, 24 } }, 20, true },
	{ "JavaScript, sizes known", false, { { 0x808, 0x808, 2, 24, false, 24, 24 }, { 0x808, 0x808, 2, 24, false, 24, 24 } }, 20, true },
	{ "Java", false, { { 0x808, 0x808, 2, 0, false, 24, 24 }, { 0, 0x800, 0, 0, false, 0, 0 } }, 45, true },
	{ "Python", false, { { 0, 0, 0, 0, false, 0, 0 }, { 0, 0, 0, 0, false, 0, 0 } }, 20, false },
	{ "Python, manifest first", true, { { 0, 0, 0, 0, false, 0, 0 }, { 0, 0, 0, 0, false, 0, 0 } }, 20, false },
	{ "Python with forced ZIP64", false, { { 0, 0, 2, 16, false, 0, 0 }, { 0, 0, 2, 16, false, 0, 0 } }, 45, false },
	{ "Python to a pipe", false, { { 8, 8, 1, 0, false, 16, 0 }, { 8, 8, 1, 0, false, 16, 0 } }, 20, false },
};

#endif
