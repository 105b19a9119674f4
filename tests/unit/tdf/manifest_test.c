#include "support.h"

#include "tdf/manifest_write.h"

static enum ent_status
read_view(void *arg, uint8_t *into, size_t max, size_t *got, struct ent_error *err)
{
	struct ent_view *rest = arg;

	(void)err;
	*got = rest->len < max ? rest->len : max;
	if (*got > 0)
		memcpy(into, rest->data, *got);
	*rest = ent_view_slice(*rest, *got, SIZE_MAX);
	return ENT_OK;
}

/* An endless run of spaces behind a text: a manifest of any size in no memory. */
struct padded {
	struct ent_view text;
	uint64_t spaces;
};

static enum ent_status
read_padded(void *arg, uint8_t *into, size_t max, size_t *got, struct ent_error *err)
{
	struct padded *p = arg;

	if (p->text.len > 0)
		return read_view(&p->text, into, max, got, err);
	*got = p->spaces < max ? (size_t)p->spaces : max;
	memset(into, ' ', *got);
	p->spaces -= *got;
	return ENT_OK;
}

static enum ent_status
append(void *arg, struct ent_view bytes, struct ent_error *err)
{
	return ent_buf_add(arg, bytes, err);
}

static const uint8_t *
some_hash(const void *arg, uint64_t i)
{
	static uint8_t hash[16];

	(void)arg;
	hash[0] = (uint8_t)i;
	return hash;
}

static struct ent_manifest_text
text_of(const struct ent_kao *kaos, size_t count, uint64_t segments)
{
	return (struct ent_manifest_text){ .policy_base64 = ENT_LIT(POLICY_B64), .kaos = kaos, .kao_count = count,
		.mime_type = ENT_LIT("text/plain; x=\"\\\""), .root_sig = ENT_LIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
		.segment_size = 2097152, .last_segment_size = 5, .segment_count = segments, .segment_hash = some_hash };
}

static enum ent_status
read_text(struct ent_manifest *m, struct ent_arena **arena, struct ent_view text, bool large, struct ent_error *err)
{
	const struct ent_manifest_limits limits = { large };

	ent_arena_free(*arena);
	*arena = NULL;
	ENT_TRY(ent_arena_new(arena, 1u << 28, err));
	return ent_manifest_read(m, *arena, read_view, &text, &limits, err);
}

static void
what_is_written_is_read(void **state)
{
	struct ent_kao kaos[2] = { test_kao("https://au.example", "1"), test_kao("https://uk.example/", "2") };
	struct ent_manifest_text text = text_of(kaos, 2, 3);
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(1 << 20);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_manifest m;
	uint64_t len;
	uint32_t crc;

	(void)state;
	kaos[1].encrypted_metadata = ENT_LIT("e30=");
	assert_ok(ent_manifest_write(&text, append, &bytes, &err));
	assert_ok(ent_manifest_measure(&text, &len, &crc, &err));
	assert_int_equal(len, bytes.len);
	assert_int_equal(crc, ent_crc_add(0, ent_buf_view(&bytes)));
	assert_ok(read_text(&m, &arena, ent_buf_view(&bytes), false, &err));
	assert_true(ent_view_eq_str(m.policy_base64, POLICY_B64));
	assert_true(ent_view_eq(m.mime_type, text.mime_type));
	assert_int_equal(m.kao_count, 2);
	assert_true(ent_view_eq(m.kaos[0].ephemeral_pem, kaos[0].ephemeral_pem));
	assert_true(ent_view_eq_str(m.kaos[1].encrypted_metadata, "e30="));
	assert_true(ent_view_eq_str(m.kaos[1].sid, "2"));
	assert_true(ent_view_eq_str(m.kaos[1].schema_version, "1.0"));
	assert_int_equal(m.segment_count, 3);
	assert_int_equal(m.hash_len, 16);
	assert_int_equal(m.segment_hashes[32], 2);
	assert_int_equal(ent_manifest_segment_size(&m, 1), 2097152);
	assert_int_equal(ent_manifest_segment_size(&m, 2), 5);
}

/* A good manifest in which one piece of text is replaced by another. */
struct edit {
	const char *from;
	const char *to;
	enum ent_status status;
};

#define GOOD_TEXT                                                                                                           \
	"{\"encryptionInformation\":{\"type\":\"split\",\"policy\":\"e30=\",\"keyAccess\":[{\"type\":\"ec-wrapped\",\"url\":\"https://a\",\"protocol\":\"kas\","   \
	"\"wrappedKey\":\"AAAA\",\"policyBinding\":{\"alg\":\"HS256\",\"hash\":\"aa\"},\"kid\":\"k\",\"sid\":\"1\"},{\"type\":\"wrapped\",\"url\":\"https://b\","      \
	"\"protocol\":\"kas\",\"wrappedKey\":\"BBBB\",\"policyBinding\":\"aa\",\"kid\":null,\"sid\":\"1\"}],\"method\":{\"algorithm\":\"AES-256-GCM\"},"         \
	"\"integrityInformation\":{\"rootSignature\":{\"alg\":\"HS256\",\"sig\":\"xx\"},\"segmentHashAlg\":\"GMAC\",\"segmentSizeDefault\":10,"                    \
	"\"encryptedSegmentSizeDefault\":38,\"segments\":[{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAA==\"},{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"segmentSize\":3,"     \
	"\"encryptedSegmentSize\":31}]}},\"payload\":{\"type\":\"reference\",\"url\":\"0.payload\",\"protocol\":\"zip\",\"mimeType\":\"a/b\",\"isEncrypted\":true},"\
	"\"schemaVersion\":\"4.3.0\"}"

static const char good[] = GOOD_TEXT;

static const struct edit edits[] = {
	{ "", "", ENT_OK },
	{ "\"type\":\"split\"", "\"type\":\"remote\"", ENT_E_FORMAT },
	{ "\"type\":\"split\",", "", ENT_E_FORMAT },
	{ "\"policy\":\"e30=\"", "\"policy\":\"\"", ENT_E_FORMAT },
	{ "\"policy\":\"e30=\"", "\"policy\":null", ENT_E_FORMAT },
	{ "\"policy\":\"e30=\"", "\"policy\":{}", ENT_E_FORMAT },
	{ "\"policy\":\"e30=\"", "\"policy\":\"e30=\",\"policy\":\"e30=\"", ENT_E_FORMAT },
	{ "\"policy\":\"e30=\"", "\"Policy\":\"e30=\"", ENT_E_FORMAT },
	{ "\"AES-256-GCM\"", "\"AES-128-GCM\"", ENT_E_FORMAT },
	{ "\"alg\":\"HS256\",\"sig\"", "\"alg\":\"GMAC\",\"sig\"", ENT_E_FORMAT },
	{ "\"alg\":\"HS256\",\"sig\"", "\"alg\":\"hs256\",\"sig\"", ENT_E_FORMAT },
	{ "\"segmentHashAlg\":\"GMAC\"", "\"segmentHashAlg\":\"HS256\"", ENT_E_FORMAT }, /* hashes of 16 bytes */
	{ "\"segmentHashAlg\":\"GMAC\"", "\"segmentHashAlg\":\"none\"", ENT_E_UNSUPPORTED },
	{ "\"segmentHashAlg\":\"GMAC\",", "", ENT_E_FORMAT },
	{ "\"segmentSizeDefault\":10", "\"segmentSizeDefault\":11", ENT_E_FORMAT },
	{ "\"segmentSizeDefault\":10", "\"segmentSizeDefault\":10.0", ENT_E_FORMAT },
	{ "\"segmentSizeDefault\":10", "\"segmentSizeDefault\":-10", ENT_E_FORMAT },
	{ "\"segmentSizeDefault\":10", "\"segmentSizeDefault\":\"10\"", ENT_E_FORMAT },
	{ "\"segmentSizeDefault\":10,\"encryptedSegmentSizeDefault\":38", "\"segmentSizeDefault\":0,\"encryptedSegmentSizeDefault\":28", ENT_E_LIMIT },
	{ "\"segmentSizeDefault\":10,\"encryptedSegmentSizeDefault\":38", "\"segmentSizeDefault\":67108864,\"encryptedSegmentSizeDefault\":67108892", ENT_OK },
	{ "\"segmentSizeDefault\":10,\"encryptedSegmentSizeDefault\":38", "\"segmentSizeDefault\":67108865,\"encryptedSegmentSizeDefault\":67108893", ENT_E_LIMIT },
	{ "\"segmentSizeDefault\":10,\"encryptedSegmentSizeDefault\":38", "\"segmentSizeDefault\":18446744073709551615,\"encryptedSegmentSizeDefault\":27", ENT_E_LIMIT },
	{ "\"encryptedSegmentSize\":31", "\"encryptedSegmentSize\":32", ENT_E_FORMAT },
	{ "\"segmentSize\":3,", "", ENT_E_FORMAT },
	{ ",\"encryptedSegmentSize\":31", "", ENT_E_FORMAT },
	{ "\"segmentSize\":3,\"encryptedSegmentSize\":31", "\"segmentSize\":10", ENT_OK }, /* the default, said once */
	{ "\"segmentSize\":3,\"encryptedSegmentSize\":31", "\"encryptedSegmentSize\":38", ENT_OK },
	{ "\"segmentSize\":3,\"encryptedSegmentSize\":31", "\"segmentSize\":67108865,\"encryptedSegmentSize\":67108893", ENT_E_LIMIT },
	{ "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAA==\"}", "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAA=\"}", ENT_E_FORMAT },
	{ "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAA==\"}", "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAB==\"}", ENT_E_FORMAT },
	{ "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAA==\"}", "{\"hash\":\"\"}", ENT_E_FORMAT },
	{ "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAA==\"}", "{}", ENT_E_FORMAT },
	{ "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAA==\"}", "null", ENT_E_FORMAT },
	{ "\"url\":\"0.payload\"", "\"url\":\"../0.payload\"", ENT_E_FORMAT },
	{ "\"isEncrypted\":true", "\"isEncrypted\":false", ENT_E_FORMAT },
	{ "\"mimeType\":\"a/b\"", "\"mimeType\":null", ENT_OK },
	{ ",\"schemaVersion\":\"4.3.0\"", "", ENT_E_FORMAT }, /* legacy, and hashes are not hexadecimal */
	{ "\"schemaVersion\":\"4.3.0\"", "\"schemaVersion\":\"4.3.0\",\"new\":{\"a\":[1,2,{\"b\":null}]}", ENT_OK },
	{ "\"schemaVersion\":\"4.3.0\"}", "\"schemaVersion\":\"4.3.0\"} x", ENT_E_FORMAT },
	{ "\"protocol\":\"kas\"", "\"protocol\":\"http\"", ENT_E_FORMAT },
	{ "\"hash\":\"aa\"", "\"hash\":\"ab\"", ENT_E_FORMAT }, /* two bindings in split 1 */
	{ "\"alg\":\"HS256\",\"hash\"", "\"alg\":\"none\",\"hash\"", ENT_E_UNSUPPORTED },
	{ "\"wrappedKey\":\"AAAA\",", "", ENT_E_FORMAT },
	{ "\"kid\":\"k\"", "\"kid\":\"k\\u001b[2J\"", ENT_E_FORMAT },
	{ "\"kid\":\"k\"", "\"kid\":\"k\\u009b2J\"", ENT_E_FORMAT },
	{ "\"kid\":\"k\"", "\"kid\":\"k\\u00e9\"", ENT_OK },
	{ "\"keyAccess\":[", "\"keyAccess\":[],\"x\":[", ENT_E_FORMAT },
};

static void
edited_manifests_are_judged(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(edits); i++) {
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 16);
		const char *at = strstr(good, edits[i].from);
		struct ent_error err = { 0 };
		struct ent_manifest m;
		enum ent_status status;

		assert_non_null(at);
		size_t before = (size_t)(at - good);
		assert_ok(ent_buf_printf(&text, &err, "%.*s%s%s", (int)before, good, edits[i].to, at + strlen(edits[i].from)));
		status = read_text(&m, &arena, ent_buf_view(&text), false, &err);
		if (status != edits[i].status)
			fail_msg("%s -> %s: %s (%s)", edits[i].from, edits[i].to, ent_status_row(status)->name, err.text);
	}
}

static void
assertions_are_kept_as_they_stand(void **state)
{
	static const char *const array = "[ {\"id\":\"a1\"} ,{\"id\" : \"a2\"}]";
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 16);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_manifest m;

	(void)state;
	assert_ok(ent_buf_printf(&text, &err, "{\"assertions\":  %s,%s", array, &good[1]));
	assert_ok(read_text(&m, &arena, ent_buf_view(&text), false, &err));
	assert_true(ent_view_eq_str(m.assertions_json, array));
	assert_int_equal(m.assertion_count, 2);
}

static void
lists_are_limited_at_n_and_not_below(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_kao kaos[ENT_LIMIT_KAOS + 1];

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(kaos); i++)
		kaos[i] = test_kao("https://au.example", "1");
	for (size_t over = 0; over < 2; over++) {
		struct ent_manifest_text text = text_of(kaos, ENT_LIMIT_KAOS + over, 1);
		ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(1 << 20);
		ENT_AUTO_FINI(ent_buf) with = ent_buf_with_max(1 << 20);
		struct ent_error err = { 0 };
		struct ent_manifest m;

		assert_ok(ent_manifest_write(&text, append, &bytes, &err));
		assert_refused(read_text(&m, &arena, ent_buf_view(&bytes), false, &err), over ? ENT_E_LIMIT : ENT_OK);
		assert_ok(ent_buf_add_str(&with, "{\"assertions\":[0", &err));
		for (size_t i = 1; i < ENT_LIMIT_ASSERTIONS + over; i++)
			assert_ok(ent_buf_add_str(&with, ",0", &err));
		assert_ok(ent_buf_printf(&with, &err, "],%s", &good[1]));
		assert_refused(read_text(&m, &arena, ent_buf_view(&with), false, &err), over ? ENT_E_LIMIT : ENT_OK);
	}
}

static void
the_policy_is_limited_at_n_and_not_below(void **state)
{
	ENT_AUTO_FINI(ent_buf) policy = sample(ENT_LIMIT_POLICY + 1);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_kao kao = test_kao("https://au.example", "1");

	(void)state;
	memset(policy.data, 'A', policy.len);
	for (size_t over = 0; over < 2; over++) {
		struct ent_manifest_text text = text_of(&kao, 1, 1);
		ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(1 << 20);
		struct ent_error err = { 0 };
		struct ent_manifest m;

		text.policy_base64 = ent_view_slice(ent_buf_view(&policy), 0, ENT_LIMIT_POLICY + over);
		assert_ok(ent_manifest_write(&text, append, &bytes, &err));
		assert_refused(read_text(&m, &arena, ent_buf_view(&bytes), false, &err), over ? ENT_E_LIMIT : ENT_OK);
	}
}

static void
segments_are_limited_at_n_and_not_below(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_kao kao = test_kao("https://au.example", "1");

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		struct ent_manifest_text text = text_of(&kao, 1, ENT_LIMIT_SEGMENTS + over);
		ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(32u << 20);
		struct ent_error err = { 0 };
		struct ent_manifest m;

		/* small numbers, as 117,358 segments with large ones would pass the limit of bytes first */
		text.segment_size = 9;
		assert_ok(ent_manifest_write(&text, append, &bytes, &err));
		assert_true(bytes.len < ENT_LIMIT_MANIFEST);
		assert_refused(read_text(&m, &arena, ent_buf_view(&bytes), false, &err), over ? ENT_E_LIMIT : ENT_OK);
		assert_ok(read_text(&m, &arena, ent_buf_view(&bytes), true, &err));
		assert_int_equal(m.segment_count, ENT_LIMIT_SEGMENTS + over);
		assert_null(m.segment_sizes);
	}
}

static void
bytes_are_limited_at_n_and_not_below(void **state)
{
	(void)state;
	for (uint64_t over = 0; over < 4; over++) {
		const uint64_t max = over < 2 ? ENT_LIMIT_MANIFEST : ENT_LIMIT_MANIFEST_LARGE;
		struct padded source = { ENT_LIT(GOOD_TEXT), max - strlen(good) + over % 2 };
		const struct ent_manifest_limits limits = { over >= 2 };
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_error err = { 0 };
		struct ent_manifest m;

		assert_ok(ent_arena_new(&arena, 1 << 20, &err));
		assert_refused(ent_manifest_read(&m, arena, read_padded, &source, &limits, &err), over % 2 ? ENT_E_LIMIT : ENT_OK);
	}
}

/* Property: whatever is done to a manifest, reading it ends with a status, and what is read keeps its promises. */
static void
random_mutations_never_break_the_promises(void **state)
{
	struct ent_view whole = ENT_LIT(GOOD_TEXT);
	uint32_t x = 12345;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t text[2048];
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_error err = { 0 };
		struct ent_manifest m;
		size_t len = whole.len;

		memcpy(text, whole.data, whole.len);
		for (int n = 0; n < 1 + round % 3; n++) {
			x = x * 1664525u + 1013904223u;
			size_t at = (x >> 8) % len, from = (x >> 4) % len;

			switch (x >> 28 & 3) {
			case 0: text[at] ^= (uint8_t)(1u << (x >> 20 & 7)); break;
			case 1: text[at] = text[from]; break;
			case 2: /* a piece goes */
				memmove(text + at, text + at + (len - at < 9 ? len - at : 9), len - at - (len - at < 9 ? len - at : 9));
				len -= len - at < 9 ? len - at : 9;
				break;
			default: /* a piece comes */
				memmove(text + at + 7, text + at, len - at);
				len += 7;
			}
		}
		if (read_text(&m, &arena, ent_view_from(text, len), false, &err) != ENT_OK)
			continue;
		assert_in_range(m.kao_count, 1, ENT_LIMIT_KAOS);
		assert_true(m.policy_base64.len > 0);
		assert_int_equal(m.encrypted_segment_size_default, m.segment_size_default + 28);
		for (uint32_t i = 0; i < m.segment_count; i++)
			assert_true(ent_manifest_segment_size(&m, i) <= ENT_SEGMENT_SIZE_LARGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(edited_manifests_are_judged),
		cmocka_unit_test(assertions_are_kept_as_they_stand),
		cmocka_unit_test(lists_are_limited_at_n_and_not_below),
		cmocka_unit_test(the_policy_is_limited_at_n_and_not_below),
		cmocka_unit_test(segments_are_limited_at_n_and_not_below),
		cmocka_unit_test(bytes_are_limited_at_n_and_not_below),
		cmocka_unit_test(random_mutations_never_break_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
