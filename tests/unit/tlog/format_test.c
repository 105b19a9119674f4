/* Texts and files of a log: checkpoints, receipts, paths, bundles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tlog/tlog.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define ROOT "rrZuz+KFTnCk+6lO3CLt/uA1fHQgJpLW5kuEFSqWyUo="
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void
a_checkpoint_is_printed_as_it_was_parsed(void **state)
{
	static const struct ent_view good[] = {
		ENT_LIT("au.example/access\n20852163\n" ROOT "\n"),
		ENT_LIT("a\n1\n" ROOT "\n"),
		ENT_LIT("a\n0\n" EMPTY_ROOT "\n"),
		ENT_LIT("a\n9223372036854775807\n" ROOT "\n"),
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(good); i++) {
		ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(1000);
		struct ent_error err = { 0 };
		struct ent_checkpoint cp;

		assert_ok(ent_checkpoint_parse(&cp, good[i], &err));
		assert_ok(ent_checkpoint_print(&out, &cp, &err));
		assert_true(ent_view_eq(ent_buf_view(&out), good[i]));
	}
}

static void
a_wrong_checkpoint_is_refused(void **state)
{
	static const struct ent_view bad[] = {
		ENT_LIT(""),
		ENT_LIT("a\n"),
		ENT_LIT("a\n1\n"),
		ENT_LIT("a\n1\n" ROOT),                   /* no newline */
		ENT_LIT("a\n1\n" ROOT "\nextension\n"),
		ENT_LIT("a\n1\n" ROOT "\n\n"),
		ENT_LIT("\n1\n" ROOT "\n"),               /* no origin */
		ENT_LIT("a b\n1\n" ROOT "\n"),
		ENT_LIT("a+b\n1\n" ROOT "\n"),
		ENT_LIT("a\n01\n" ROOT "\n"),
		ENT_LIT("a\n00\n" EMPTY_ROOT "\n"),
		ENT_LIT("a\n+1\n" ROOT "\n"),
		ENT_LIT("a\n-1\n" ROOT "\n"),
		ENT_LIT("a\n 1\n" ROOT "\n"),
		ENT_LIT("a\n1 \n" ROOT "\n"),
		ENT_LIT("a\n0x1\n" ROOT "\n"),
		ENT_LIT("a\n\n" ROOT "\n"),
		ENT_LIT("a\n9223372036854775808\n" ROOT "\n"),  /* 2^63 */
		ENT_LIT("a\n18446744073709551617\n" ROOT "\n"), /* 2^64 + 1 */
		ENT_LIT("a\n1\nrrZuz+KFTnCk+6lO3CLt/uA1fHQgJpLW5kuEFSqWyU==\n"),
		ENT_LIT("a\n1\nrrZuz+KFTnCk+6lO3CLt/uA1fHQgJpLW5kuEFSqWyUp=\n"), /* stray bits */
		ENT_LIT("a\n1\n" ROOT " \n"),
		ENT_LIT("a\n0\n" ROOT "\n"),              /* empty, with the root of another */
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_error err = { 0 };
		struct ent_checkpoint cp;

		assert_int_equal(ent_checkpoint_parse(&cp, bad[i], &err), ENT_E_SYNTAX);
	}
}

/* Sign a checkpoint text and open it under key. */
static enum ent_status
open_signed(struct ent_view text, const struct ent_signer *signer, const struct ent_vkey *key)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_checkpoint cp;

	assert_ok(ent_note_sign(&note, text, &signer, 1, &err));
	assert_ok(ent_arena_new(&arena, 65536, &err));
	return ent_checkpoint_open(&cp, arena, ent_buf_view(&note), key, &err);
}

static void
a_checkpoint_opens_only_under_the_key_of_its_own_log(void **state)
{
	ENT_AUTO(ent_signer) log = NULL;
	ENT_AUTO(ent_signer) officer = NULL;
	ENT_AUTO(ent_signer) namesake = NULL;
	struct ent_error err = { 0 };
	struct ent_view text = ENT_LIT("au.example/access\n1\n" ROOT "\n");

	(void)state;
	assert_ok(ent_signer_generate(&log, ENT_LIT("au.example/access"), ENT_NOTE_TYPE_ED25519, &err));
	assert_ok(ent_signer_generate(&namesake, ENT_LIT("au.example/access"), ENT_NOTE_TYPE_ED25519, &err));
	assert_ok(ent_signer_generate(&officer, ENT_LIT("au.example/officer/doe"), ENT_NOTE_TYPE_ED25519, &err));
	assert_ok(open_signed(text, log, ent_signer_vkey(log)));
	assert_int_equal(open_signed(text, officer, ent_signer_vkey(log)), ENT_E_SIGNATURE);
	assert_int_equal(open_signed(text, namesake, ent_signer_vkey(log)), ENT_E_SIGNATURE);
	/* An officer's key over a checkpoint, offered as a log key: the origin is not its name. */
	assert_int_equal(open_signed(text, officer, ent_signer_vkey(officer)), ENT_E_SIGNATURE);
	/* The log's key over a statement. */
	assert_int_equal(open_signed(ENT_LIT("charter/v1 statement stop\nby au.example\n"), log, ent_signer_vkey(log)),
	    ENT_E_SYNTAX);
}

static void
a_receipt_is_printed_as_it_was_parsed(void **state)
{
	struct ent_view text = ENT_LIT("c2sp.org/tlog-proof@v1\nindex 73894\n" ROOT "\n" EMPTY_ROOT "\n\nthe checkpoint\n");
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(1000);
	struct ent_error err = { 0 };
	struct ent_tlog_proof proof;
	struct ent_view note;
	uint64_t index;

	(void)state;
	assert_ok(ent_tlog_proof_parse(&index, &proof, &note, text, &err));
	assert_int_equal(index, 73894);
	assert_int_equal(proof.count, 2);
	assert_true(ent_view_eq(note, ENT_LIT("the checkpoint\n")));
	assert_ok(ent_tlog_proof_print(&out, index, &proof, note, &err));
	assert_true(ent_view_eq(ent_buf_view(&out), text));
}

static void
a_wrong_receipt_is_refused(void **state)
{
	static const struct ent_view bad[] = {
		ENT_LIT(""),
		ENT_LIT("c2sp.org/tlog-proof@v2\nindex 0\n\nx\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\r\nindex 0\n\nx\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\nindex\n\nx\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\nindex 00\n\nx\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\nindex 0\nindex 0\n\nx\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\nindex 0\n" ROOT "\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\nindex 0\n\n"),
		ENT_LIT("c2sp.org/tlog-proof@v1\nindex 0\nrrZu\n\nx\n"),
	};
	ENT_AUTO_FINI(ent_buf) many = ent_buf_with_max(10000);
	struct ent_error err = { 0 };
	struct ent_tlog_proof proof;
	struct ent_view note;
	uint64_t index;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		ent_error_clear(&err);
		assert_int_equal(ent_tlog_proof_parse(&index, &proof, &note, bad[i], &err), ENT_E_SYNTAX);
	}
	ent_error_clear(&err);
	assert_int_equal(ent_tlog_proof_parse(&index, &proof, &note,
	    ENT_LIT("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\nx\n"), &err), ENT_E_UNSUPPORTED);
	ent_error_clear(&err);
	assert_ok(ent_buf_add_str(&many, "c2sp.org/tlog-proof@v1\nindex 0\n", &err));
	for (int i = 0; i < ENT_TLOG_PROOF_MAX + 1; i++)
		assert_ok(ent_buf_add_str(&many, ROOT "\n", &err));
	assert_int_equal(ent_tlog_proof_parse(&index, &proof, &note, ent_buf_view(&many), &err), ENT_E_LIMIT);
}

static void
tile_paths_are_those_of_tlog_tiles(void **state)
{
	static const struct {
		int level;
		uint64_t n;
		unsigned width;
		const char *want;
	} cases[] = {
		{ 0, 0, 256, "tile/0/000" },
		{ 0, 0, 0, "tile/0/000" },
		{ 0, 0, 1, "tile/0/000.p/1" },
		{ 2, 999, 255, "tile/2/999.p/255" },
		{ 0, 1067, 256, "tile/0/x001/067" },
		{ 1, 1234067, 7, "tile/1/x001/x234/067.p/7" },
		{ -1, 1000, 256, "tile/entries/x001/000" },
		{ -1, 5, 3, "tile/entries/005.p/3" },
		{ 63, UINT64_MAX, 255, "tile/63/x018/x446/x744/x073/x709/x551/615.p/255" },
		{ -1, UINT64_MAX, 255, "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255" },
	};
	char path[ENT_TLOG_PATH_MAX];
	struct ent_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		assert_ok(ent_tlog_tile_path(path, cases[i].level, cases[i].n, cases[i].width, &err));
		assert_string_equal(path, cases[i].want);
	}
	assert_int_equal(ent_tlog_tile_path(path, -2, 0, 1, &err), ENT_E_INPUT);
	assert_int_equal(ent_tlog_tile_path(path, 64, 0, 1, &err), ENT_E_INPUT);
	assert_int_equal(ent_tlog_tile_path(path, 0, 0, 257, &err), ENT_E_INPUT);
}

struct seen {
	size_t count;
	uint64_t last;
	size_t bytes;
	size_t stop_at;
};

static enum ent_status
see(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct seen *seen = arg;

	if (seen->stop_at != 0 && seen->count == seen->stop_at)
		return ent_fail(err, ENT_E_DENIED, "enough");
	seen->count++;
	seen->last = index;
	seen->bytes += entry.len;
	return ENT_OK;
}

static void
a_bundle_is_cut_into_its_entries(void **state)
{
	struct ent_view bundle = ENT_LIT("\0\3abc\0\0\0\1z");
	struct ent_error err = { 0 };
	struct seen seen = { 0 };
	size_t count;

	(void)state;
	assert_ok(ent_tlog_bundle_count(&count, bundle, &err));
	assert_int_equal(count, 3);
	assert_ok(ent_tlog_bundle_parse(bundle, 256, 3, see, &seen, &err));
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.last, 258);
	assert_int_equal(seen.bytes, 4);
	assert_int_equal(ent_tlog_bundle_parse(bundle, 0, 2, see, &seen, &err), ENT_E_SYNTAX);
	assert_int_equal(ent_tlog_bundle_parse(bundle, 0, 4, see, &seen, &err), ENT_E_SYNTAX);
	seen = (struct seen){ .stop_at = 1 };
	assert_int_equal(ent_tlog_bundle_parse(bundle, 0, 3, see, &seen, &err), ENT_E_DENIED);
	for (size_t cut = 1; cut < bundle.len; cut++)
		if (cut != 5 && cut != 7)
			assert_int_equal(ent_tlog_bundle_count(&count, ent_view_slice(bundle, 0, cut), &err), ENT_E_SYNTAX);
}

static void
a_bundle_has_at_most_256_entries(void **state)
{
	static const uint8_t zeroes[2 * 257];
	struct ent_error err = { 0 };
	size_t count;

	(void)state;
	assert_ok(ent_tlog_bundle_count(&count, ent_view_from(zeroes, 512), &err));
	assert_int_equal(count, 256);
	assert_int_equal(ent_tlog_bundle_count(&count, ent_view_from(zeroes, 514), &err), ENT_E_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_checkpoint_is_printed_as_it_was_parsed),
		cmocka_unit_test(a_wrong_checkpoint_is_refused),
		cmocka_unit_test(a_checkpoint_opens_only_under_the_key_of_its_own_log),
		cmocka_unit_test(a_receipt_is_printed_as_it_was_parsed),
		cmocka_unit_test(a_wrong_receipt_is_refused),
		cmocka_unit_test(tile_paths_are_those_of_tlog_tiles),
		cmocka_unit_test(a_bundle_is_cut_into_its_entries),
		cmocka_unit_test(a_bundle_has_at_most_256_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
