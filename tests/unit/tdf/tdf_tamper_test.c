/* Files that somebody else made, or changed. */
#include "support.h"

#include "codec/base64.h"
#include "crypto/aead.h"
#include "crypto/hash.h"

enum { SEGMENT = 64 };

/* Acceptance: a flipped byte is refused, or does not matter. Every byte outside of the payload, some inside. */
static void
a_flipped_byte_never_changes_the_plaintext(void **state)
{
	ENT_AUTO_FINI(ent_buf) plain = sample(200000);
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), 65536);
	ENT_AUTO_FINI(ent_buf) file = file_bytes(fd);
	unsigned unharmed = 0;

	(void)state;
	for (size_t i = 0; i < file.len; i += i > 60 && i < 200000 ? 997 : 1) {
		struct ent_error err = { 0 };
		uint8_t flipped = (uint8_t)(file.data[i] ^ (1u << i % 8));
		struct ent_buf got = { 0 };

		assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
		if (decrypt(&got, fd, 0, UINT64_MAX, 1, &err) == ENT_OK) {
			assert_same(ent_buf_view(&got), ent_buf_view(&plain));
			unharmed++;
		}
		ent_buf_fini(&got);
		assert_int_equal(pwrite(fd, &file.data[i], 1, (off_t)i), 1);
	}
	assert_in_range(unharmed, 1, 60); /* dates, attributes, versions, CRC of the payload in both places */
}

static void
the_wrong_key_fails_at_the_root_signature(void **state)
{
	ENT_AUTO_FD fd = encrypted(ENT_LIT("secret"), 0);
	ENT_AUTO(ent_secret) wrong = NULL;
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_secret_random(&wrong, 32, &err));
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_int_equal(ent_tdf_unlock(tdf, wrong, &err), ENT_E_TAMPERED);
	assert_non_null(strstr(err.text, "root signature"));
	ent_error_clear(&err);
	struct ent_tdf_read read = { .len = UINT64_MAX, .out_fd = -1 };
	assert_refused(ent_tdf_read(tdf, &read, &err), ENT_E_INTERNAL);
}

static void
a_damaged_segment_is_named_and_nothing_of_it_leaves(void **state)
{
	ENT_AUTO_FINI(ent_buf) plain = sample(5 * SEGMENT);
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), SEGMENT);
	ENT_AUTO_FD out = memory_file(ENT_VIEW_NONE);
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(pwrite(fd, "~", 1, 39 + 2 * (SEGMENT + 28) + 20), 1); /* the third segment */
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_ok(ent_tdf_unlock(tdf, key, &err));
	struct ent_tdf_read read = { .len = UINT64_MAX, .out_fd = out, .threads = 1 };
	assert_int_equal(ent_tdf_read(tdf, &read, &err), ENT_E_TAMPERED);
	assert_non_null(strstr(err.text, "segment 3 of 5"));
	ent_error_clear(&err);
	ENT_AUTO_FINI(ent_buf) got = file_bytes(out);
	assert_same(ent_buf_view(&got), ent_view_slice(ent_buf_view(&plain), 0, 2 * SEGMENT));
	/* A range that does not touch it is fine. */
	read.offset = 3 * SEGMENT;
	assert_ok(ent_tdf_read(tdf, &read, &err));
}

static void
segments_that_change_places_are_refused(void **state)
{
	ENT_AUTO_FINI(ent_buf) plain = sample(4 * SEGMENT);
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), SEGMENT);
	ENT_AUTO_FINI(ent_buf) file = file_bytes(fd);
	struct ent_error err = { 0 };
	struct ent_buf got = { 0 };

	(void)state;
	assert_int_equal(pwrite(fd, file.data + 39, SEGMENT + 28, 39 + SEGMENT + 28), SEGMENT + 28);
	assert_int_equal(pwrite(fd, file.data + 39 + SEGMENT + 28, SEGMENT + 28, 39), SEGMENT + 28);
	assert_refused(decrypt(&got, fd, 0, UINT64_MAX, 1, &err), ENT_E_TAMPERED);
	ent_buf_fini(&got);
}

/* A file as other writers make it: HS256 segments of sizes that differ, with the defaults left out as JavaScript does. */
static struct ent_buf
foreign_file(const struct zip_style *style, struct ent_view plain, const size_t *sizes, size_t count, const char *alg)
{
	static const char kao[] = "{\"type\":\"wrapped\",\"url\":\"u\",\"protocol\":\"kas\",\"wrappedKey\":\"AAAA\",\"policyBinding\":\"AAAA\"}";
	ENT_AUTO_FINI(ent_buf) payload = ent_buf_with_max(1 << 20);
	ENT_AUTO_FINI(ent_buf) segments = ent_buf_with_max(1 << 20);
	ENT_AUTO_FINI(ent_buf) hashes = ent_buf_with_max(1 << 20);
	ENT_AUTO_FINI(ent_buf) manifest = ent_buf_with_max(1 << 20);
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO(ent_gcm) gcm = NULL;
	struct ent_error err = { 0 };
	char root_sig[ENT_HASH_BASE64_SIZE];
	struct ent_hash root;
	size_t at = 0;
	const bool gmac = strcmp(alg, "GMAC") == 0;

	assert_ok(ent_gcm_new(&gcm, ent_secret_view(key), &err));
	for (size_t i = 0; i < count; i++) {
		struct ent_hash hmac;
		char hash[ENT_HASH_BASE64_SIZE] = { 0 };
		uint8_t *sealed;

		assert_ok(ent_buf_grow(&payload, &sealed, sizes[i] + 28, &err));
		assert_ok(ent_gcm_seal(gcm, sealed, NULL, ent_view_slice(plain, at, sizes[i]), &err));
		at += sizes[i];
		ent_hmac_sha256(&hmac, ent_secret_view(key), ent_view_from(sealed, sizes[i] + 28));
		struct ent_view sig = gmac ? ent_view_from(sealed + sizes[i] + 12, 16) : ent_hash_view(&hmac);
		ent_base64_encode_to(hash, ENT_BASE64_STD, sig);
		assert_ok(ent_buf_add(&hashes, sig, &err));
		assert_ok(ent_buf_printf(&segments, &err, "%s{\"hash\":\"%s\"", i ? "," : "", hash));
		if (sizes[i] != 10)
			assert_ok(ent_buf_printf(&segments, &err, ",\"segmentSize\":%zu,\"encryptedSegmentSize\":%zu", sizes[i], sizes[i] + 28));
		assert_ok(ent_buf_add_str(&segments, "}", &err));
	}
	ent_hmac_sha256(&root, ent_secret_view(key), ent_buf_view(&hashes));
	ent_hash_base64(root_sig, &root);
	/* Defaults and algorithm behind the segments; unknown members here and there. */
	assert_ok(ent_buf_printf(&manifest, &err,
	    "{\"x\":[1,{\"y\":null}],\"payload\":{\"type\":\"reference\",\"url\":\"0.payload\",\"protocol\":\"zip\",\"isEncrypted\":true,"
	    "\"tdf_spec_version\":\"4.3.0\"},\"schemaVersion\":\"4.3.0\",\"encryptionInformation\":{\"type\":\"split\",\"policy\":\"" POLICY_B64
	    "\",\"keyAccess\":[%s],\"method\":{\"algorithm\":\"AES-256-GCM\",\"iv\":\"\"},\"integrityInformation\":{\"segments\":[%.*s],"
	    "\"segmentHashAlg\":\"%s\",\"encryptedSegmentSizeDefault\":38,\"segmentSizeDefault\":10,\"rootSignature\":{\"sig\":\"%s\","
	    "\"alg\":\"HS256\"}}},\"assertions\":null}", kao, ENT_FMT(ent_buf_view(&segments)), alg, root_sig));
	return zip_build(style, ent_buf_view(&payload), ent_buf_view(&manifest));
}

static void
files_of_other_writers_are_read(void **state)
{
	static const size_t sizes[][4] = { { 10, 10, 10, 7 }, { 10, 3, 0, 24 }, { 5, 5, 5, 5 }, { 10, 10, 10, 30 } };
	ENT_AUTO_FINI(ent_buf) plain = sample(100);

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(zip_styles); i++)
		for (size_t k = 0; k < 2 * ENT_COUNT(sizes); k++) {
			const size_t *s = sizes[k / 2];
			const size_t total = s[0] + s[1] + s[2] + s[3];
			ENT_AUTO_FINI(ent_buf) file = foreign_file(&zip_styles[i], ent_buf_view(&plain), s, 4, k % 2 ? "GMAC" : "HS256");
			ENT_AUTO_FD fd = memory_file(ent_buf_view(&file));
			struct ent_error err = { 0 };
			struct ent_buf got;

			assert_ok(decrypt(&got, fd, 0, UINT64_MAX, 2, &err));
			assert_same(ent_buf_view(&got), ent_view_slice(ent_buf_view(&plain), 0, total));
			ent_buf_fini(&got);
			for (size_t from = 0; i == 0 && from < total; from++) {
				assert_ok(decrypt(&got, fd, from, 4, 1, &err));
				assert_same(ent_buf_view(&got), ent_view_slice(ent_buf_view(&plain), from, total - from < 4 ? total - from : 4));
				ent_buf_fini(&got);
			}
		}
}

static void
javascripts_empty_payload_is_read(void **state)
{
	ENT_AUTO_FINI(ent_buf) file = foreign_file(&zip_styles[2], ENT_VIEW_NONE, NULL, 0, "GMAC");
	ENT_AUTO_FD fd = memory_file(ent_buf_view(&file));
	struct ent_error err = { 0 };
	struct ent_buf got;

	(void)state;
	assert_ok(decrypt(&got, fd, 0, UINT64_MAX, 2, &err));
	assert_int_equal(got.len, 0);
	ent_buf_fini(&got);
}

static void
an_hs256_segment_is_checked_as_a_whole(void **state)
{
	static const size_t sizes[] = { 10, 10 };
	ENT_AUTO_FINI(ent_buf) plain = sample(20);
	ENT_AUTO_FINI(ent_buf) file = foreign_file(&zip_styles[5], ent_buf_view(&plain), sizes, 2, "HS256");
	struct ent_error err = { 0 };
	struct ent_buf got = { 0 };

	(void)state;
	file.data[39 + 13] ^= 1;
	ENT_AUTO_FD fd = memory_file(ent_buf_view(&file));
	assert_int_equal(decrypt(&got, fd, 0, UINT64_MAX, 2, &err), ENT_E_TAMPERED);
	assert_non_null(strstr(err.text, "segment 1"));
	assert_non_null(strstr(err.text, "signature"));
	ent_buf_fini(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flipped_byte_never_changes_the_plaintext),
		cmocka_unit_test(the_wrong_key_fails_at_the_root_signature),
		cmocka_unit_test(a_damaged_segment_is_named_and_nothing_of_it_leaves),
		cmocka_unit_test(segments_that_change_places_are_refused),
		cmocka_unit_test(files_of_other_writers_are_read),
		cmocka_unit_test(javascripts_empty_payload_is_read),
		cmocka_unit_test(an_hs256_segment_is_checked_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
