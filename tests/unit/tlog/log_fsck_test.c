/* A log of three tile levels, damaged in every way, one at a time. */
#include "log_fixture.h"

enum { SIZE = 65536 + 300 };

static struct home home;

static int
make_log(void **state)
{
	struct ent_log_dir *log;

	(void)state;
	home_init(&home);
	log = home_open(&home);
	fill(log, home.signer, SIZE, 20000);
	ent_log_dir_free(log);
	return 0;
}

static int
drop_log(void **state)
{
	(void)state;
	home_fini(&home);
	return 0;
}

static void
read_file(const char *path, struct ent_buf *out)
{
	struct ent_error err = { 0 };
	char full[ENT_PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", home.dir, path);
	assert_ok(ent_file_read(out, full, ENT_TLOG_BUNDLE_MAX, &err));
}

static void
write_file(const char *path, struct ent_view bytes)
{
	struct ent_error err = { 0 };
	char full[ENT_PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", home.dir, path);
	assert_ok(ent_file_replace(full, bytes, 0644, &err));
}

/* With these bytes in place of the file's, fsck must name the entry; then put the file right. */
static void
assert_fault(const char *path, struct ent_view bytes, uint64_t want)
{
	ENT_AUTO_FINI(ent_buf) good = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	struct ent_log_fault fault;

	read_file(path, &good);
	write_file(path, bytes);
	assert_int_equal(fsck(&home, &fault), ENT_E_LOG_INCONSISTENT);
	assert_true(fault.found);
	if (fault.index != want)
		print_error("%s: %s\n", path, fault.what);
	assert_true(fault.index == want);
	assert_true(strlen(fault.what) > 0);
	write_file(path, ent_buf_view(&good));
}

static void
assert_flip_is_found(const char *path, size_t at, uint8_t bit, uint64_t want)
{
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);

	read_file(path, &bytes);
	assert_true(at < bytes.len);
	bytes.data[at] ^= bit;
	assert_fault(path, ent_buf_view(&bytes), want);
}

static void
a_good_log_has_no_fault(void **state)
{
	struct ent_log_fault fault;
	struct ent_error err = { 0 };
	uint64_t size;

	(void)state;
	assert_ok(ent_log_dir_fsck(home.dir, home.key, &size, &fault, &err));
	assert_int_equal(size, SIZE);
	assert_false(fault.found);
}

static void
proofs_over_three_levels_check(void **state)
{
	ENT_AUTO(ent_log_dir) log = home_open(&home);

	(void)state;
	check_whole_log(log, SIZE, 911);
}

static void
a_flipped_bit_in_each_tile_level_is_found(void **state)
{
	(void)state;
	assert_flip_is_found("tile/0/000", 0, 0x80, 0);
	assert_flip_is_found("tile/0/003", 32 * 17 + 31, 0x01, 3 * 256 + 17);
	assert_flip_is_found("tile/0/257.p/44", 32 * 43, 0x10, 257 * 256 + 43);
	assert_flip_is_found("tile/1/000", 32 * 5, 0x10, 5 * 256);
	assert_flip_is_found("tile/1/001.p/1", 3, 0x10, 65536);
	assert_flip_is_found("tile/2/000.p/1", 3, 0x10, 0);
}

static void
a_flipped_bit_in_an_entry_is_found(void **state)
{
	(void)state;
	assert_flip_is_found("tile/entries/000", 5, 0x01, 0);
	assert_flip_is_found("tile/entries/257.p/44", 5, 0x40, 257 * 256);
	/* In a length: everything after it is read wrongly, so the entry itself is the first that is wrong. */
	assert_flip_is_found("tile/entries/100", 1, 0x01, 100 * 256);
	assert_flip_is_found("tile/entries/100", 0, 0x80, 100 * 256);
}

/* Where entry i of a bundle starts, its length included. */
static size_t
offset_of(struct ent_view bundle, size_t i)
{
	size_t at = 0;

	while (i-- > 0)
		at += 2 + ((size_t)bundle.data[at] << 8 | bundle.data[at + 1]);
	return at;
}

static void
edited_swapped_removed_inserted_and_cut_entries_are_found(void **state)
{
	ENT_AUTO_FINI(ent_buf) good = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	ENT_AUTO_FINI(ent_buf) bad = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	const char *path = "tile/entries/004";
	struct ent_error err = { 0 };
	struct ent_view v, e9, e10, before, after;

	(void)state;
	read_file(path, &good);
	v = ent_buf_view(&good);
	before = ent_view_slice(v, 0, offset_of(v, 9));
	e9 = ent_view_slice(v, offset_of(v, 9), offset_of(v, 10) - offset_of(v, 9));
	e10 = ent_view_slice(v, offset_of(v, 10), offset_of(v, 11) - offset_of(v, 10));
	after = ent_view_slice(v, offset_of(v, 11), v.len);
	const struct ent_view damage[][4] = {
		{ before, e10, e9, after },                  /* swapped */
		{ before, ENT_LIT("\0\2hi"), e10, after },   /* edited */
		{ before, e10, after, ENT_LIT("") },         /* removed */
		{ before, e10, after, ENT_LIT("\0\0") },     /* removed, and one added at the end */
		{ before, ENT_LIT("\0\0"), e10, after },     /* an empty one in place of it */
	};
	for (size_t i = 0; i < ENT_COUNT(damage); i++) {
		ent_buf_clear(&bad);
		for (size_t j = 0; j < 4; j++)
			assert_ok(ent_buf_add(&bad, damage[i][j], &err));
		assert_fault(path, ent_buf_view(&bad), 4 * 256 + 9);
	}
	assert_fault(path, ent_view_slice(v, 0, v.len - 1), 4 * 256 + 255);
	assert_fault(path, ENT_VIEW_NONE, 4 * 256);
	ent_buf_clear(&bad);
	assert_ok(ent_buf_add(&bad, v, &err));
	assert_ok(ent_buf_add(&bad, ENT_LIT("\0\0"), &err));
	assert_fault(path, ent_buf_view(&bad), 5 * 256); /* one too many */
}

static void
an_entry_edited_together_with_its_tile_is_found_by_what_is_above(void **state)
{
	ENT_AUTO_FINI(ent_buf) bundle = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	ENT_AUTO_FINI(ent_buf) tile = ent_buf_with_max(8192);
	ENT_AUTO_FINI(ent_buf) good = ent_buf_with_max(8192);
	struct ent_hash leaf;

	(void)state;
	/* In a full tile: the level above disagrees. In the last, partial one: only the signed root does. */
	static const struct {
		const char *bundle, *tile;
		uint64_t want;
	} cases[] = { { "tile/entries/002", "tile/0/002", 512 },
		{ "tile/entries/257.p/44", "tile/0/257.p/44", UINT64_MAX } };
	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		ent_buf_clear(&bundle);
		ent_buf_clear(&tile);
		ent_buf_clear(&good);
		read_file(cases[i].bundle, &bundle);
		read_file(cases[i].tile, &tile);
		read_file(cases[i].tile, &good);
		bundle.data[2] ^= 1;
		ent_tlog_leaf_hash(&leaf, ent_view_slice(ent_buf_view(&bundle), 2, bundle.data[1]));
		memcpy(tile.data, leaf.bytes, sizeof(leaf.bytes));
		write_file(cases[i].tile, ent_buf_view(&tile));
		assert_fault(cases[i].bundle, ent_buf_view(&bundle), cases[i].want);
		write_file(cases[i].tile, ent_buf_view(&good));
	}
}

static void
missing_files_are_named(void **state)
{
	static const struct {
		const char *path;
		uint64_t want;
	} cases[] = { { "tile/entries/009", 9 * 256 }, { "tile/0/009", 9 * 256 }, { "tile/1/000", 0 },
		{ "tile/2/000.p/1", 0 }, { "checkpoint", UINT64_MAX } };
	struct ent_log_fault fault;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		run("mv %s/%s %s/away", home.dir, cases[i].path, home.root);
		assert_int_equal(fsck(&home, &fault), ENT_E_LOG_INCONSISTENT);
		assert_true(fault.index == cases[i].want);
		run("mv %s/away %s/%s", home.root, home.dir, cases[i].path);
	}
}

static void
a_checkpoint_that_is_not_the_logs_is_a_fault(void **state)
{
	ENT_AUTO(ent_signer) officer = NULL;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1000);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1000);
	struct ent_error err = { 0 };
	struct ent_checkpoint cp = { .origin = ENT_LIT(LOG_NAME), .size = 100 };

	(void)state;
	assert_flip_is_found("checkpoint", 3, 0x01, UINT64_MAX);
	assert_ok(ent_signer_generate(&officer, ENT_LIT("au.example/officer/doe"), ENT_NOTE_TYPE_ED25519, &err));
	assert_ok(ent_checkpoint_print(&text, &cp, &err));
	assert_ok(ent_note_sign(&note, ent_buf_view(&text), (const struct ent_signer *[]){ officer }, 1, &err));
	assert_fault("checkpoint", ent_buf_view(&note), UINT64_MAX);
	/* The right key, and a truncated log. */
	ent_buf_clear(&note);
	assert_ok(ent_note_sign(&note, ent_buf_view(&text), (const struct ent_signer *[]){ home.signer }, 1, &err));
	assert_fault("checkpoint", ent_buf_view(&note), UINT64_MAX);
	/* The right key, and more entries than the files have. */
	ent_buf_clear(&text);
	ent_buf_clear(&note);
	cp.size = SIZE + 1;
	assert_ok(ent_checkpoint_print(&text, &cp, &err));
	assert_ok(ent_note_sign(&note, ent_buf_view(&text), (const struct ent_signer *[]){ home.signer }, 1, &err));
	assert_fault("checkpoint", ent_buf_view(&note), 257 * 256);
}

static void
reading_a_changed_entry_or_proving_from_a_changed_tile_fails(void **state)
{
	ENT_AUTO(ent_log_dir) log = home_open(&home);
	ENT_AUTO_FINI(ent_buf) got = ent_buf_with_max(1000);
	ENT_AUTO_FINI(ent_buf) bundle = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
	ENT_AUTO_FINI(ent_buf) tile = ent_buf_with_max(8192);
	struct ent_error err = { 0 };
	struct ent_tlog_proof proof;

	(void)state;
	read_file("tile/entries/002", &bundle);
	read_file("tile/0/002", &tile);
	bundle.data[5] ^= 1;
	write_file("tile/entries/002", ent_buf_view(&bundle));
	assert_int_equal(ent_log_dir_entry(log, 512, &got, &err), ENT_E_LOG_INCONSISTENT);
	ent_error_clear(&err);
	assert_ok(ent_log_dir_entry(log, 513, &got, &err));
	bundle.data[5] ^= 1;
	write_file("tile/entries/002", ent_buf_view(&bundle));
	tile.data[0] ^= 1;
	write_file("tile/0/002", ent_buf_view(&tile));
	assert_int_equal(ent_log_dir_prove(log, 700, &proof, &err), ENT_E_LOG_INCONSISTENT);
	tile.data[0] ^= 1;
	write_file("tile/0/002", ent_buf_view(&tile));
	ent_error_clear(&err);
	assert_ok(ent_log_dir_prove(log, 700, &proof, &err));
	assert_int_equal(ent_log_dir_prove(log, SIZE, &proof, &err), ENT_E_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_log_has_no_fault),
		cmocka_unit_test(proofs_over_three_levels_check),
		cmocka_unit_test(a_flipped_bit_in_each_tile_level_is_found),
		cmocka_unit_test(a_flipped_bit_in_an_entry_is_found),
		cmocka_unit_test(edited_swapped_removed_inserted_and_cut_entries_are_found),
		cmocka_unit_test(an_entry_edited_together_with_its_tile_is_found_by_what_is_above),
		cmocka_unit_test(missing_files_are_named),
		cmocka_unit_test(a_checkpoint_that_is_not_the_logs_is_a_fault),
		cmocka_unit_test(reading_a_changed_entry_or_proving_from_a_changed_tile_fails),
		cmocka_unit_test(a_good_log_has_no_fault),
	};

	return cmocka_run_group_tests(tests, make_log, drop_log);
}
