/* A mirror of somebody else's log. */
#include "log_fixture.h"

enum { ENTRIES_MAX = 700 };

static char texts[ENTRIES_MAX][ENTRY_TEXT_MAX];
static struct ent_view entries[ENTRIES_MAX];

static int
make_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENTRIES_MAX; i++)
		entries[i] = entry_text(texts[i], i);
	return 0;
}

/* A mirror of home's log in its own folder. */
static struct home
mirror_of(const struct home *home)
{
	struct home mirror = *home;

	snprintf(mirror.dir, sizeof(mirror.dir), "%s/mirror", home->root);
	snprintf(mirror.head, sizeof(mirror.head), "%s/head.mirror", home->root);
	return mirror;
}

static struct ent_view
checkpoint_at(struct ent_log_dir *log, const struct home *home, uint64_t size, struct ent_buf *keep)
{
	struct ent_error err = { 0 };

	fill(log, home->signer, size, 300);
	ent_buf_clear(keep);
	assert_ok(ent_buf_add(keep, ent_log_dir_checkpoint(log), &err));
	return ent_buf_view(keep);
}

/* A signed checkpoint of any size and root. */
static void
sign_checkpoint(struct ent_buf *out, const struct ent_signer *signer, const char *origin, uint64_t size, uint8_t root)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1000);
	struct ent_checkpoint cp = { .origin = ent_view_str(origin), .size = size };
	struct ent_error err = { 0 };

	memset(cp.root.bytes, root, sizeof(cp.root.bytes));
	ent_buf_clear(out);
	assert_ok(ent_checkpoint_print(&text, &cp, &err));
	assert_ok(ent_note_sign(out, ent_buf_view(&text), &signer, 1, &err));
}

static void
assert_follow(struct ent_log_dir *log, struct ent_view note, const struct ent_view *more, size_t count, enum ent_status want)
{
	ENT_AUTO_FINI(ent_buf) before = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error err = { 0 };
	uint64_t size = ent_log_dir_size(log);

	assert_ok(ent_buf_add(&before, ent_log_dir_checkpoint(log), &err));
	assert_int_equal(ent_log_dir_follow(log, note, more, count, &err), want);
	if (want == ENT_OK)
		return;
	assert_int_equal(ent_log_dir_size(log), size);
	assert_true(ent_view_eq(ent_log_dir_checkpoint(log), ent_buf_view(&before)));
}

static void
a_mirror_follows_to_the_same_tree_and_stays_there_when_opened_again(void **state)
{
	static const uint64_t sizes[] = { 1, 5, 255, 256, 257, 600 };
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct home home, mirror;
	struct ent_log_fault fault;

	(void)state;
	home_init(&home);
	mirror = mirror_of(&home);
	struct ent_log_dir *log = home_open(&home);
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		struct ent_log_dir *copy = home_open(&mirror);
		uint64_t have = ent_log_dir_size(copy);

		assert_follow(copy, checkpoint_at(log, &home, sizes[i], &note), entries + have, (size_t)(sizes[i] - have), ENT_OK);
		check_whole_log(copy, sizes[i], 3);
		assert_true(ent_view_eq(ent_log_dir_checkpoint(copy), ent_log_dir_checkpoint(log)));
		assert_ok(fsck(&mirror, &fault));
		ent_log_dir_free(copy);
	}
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
an_older_checkpoint_is_ignored_and_the_same_one_changes_nothing(void **state)
{
	ENT_AUTO_FINI(ent_buf) old = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO_FINI(ent_buf) new = ent_buf_with_max(ENT_NOTE_MAX);
	struct home home, mirror;

	(void)state;
	home_init(&home);
	mirror = mirror_of(&home);
	struct ent_log_dir *log = home_open(&home), *copy = home_open(&mirror);
	checkpoint_at(log, &home, 10, &old);
	checkpoint_at(log, &home, 20, &new);
	assert_follow(copy, ent_buf_view(&new), entries, 20, ENT_OK);
	assert_follow(copy, ent_buf_view(&old), entries, 10, ENT_OK);
	assert_int_equal(ent_log_dir_size(copy), 20);
	assert_follow(copy, ent_buf_view(&new), NULL, 0, ENT_OK);
	check_whole_log(copy, 20, 1);
	ent_log_dir_free(copy);
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
another_root_for_a_size_that_we_hold_is_inconsistent(void **state)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct home home, mirror;

	(void)state;
	home_init(&home);
	mirror = mirror_of(&home);
	struct ent_log_dir *log = home_open(&home), *copy = home_open(&mirror);
	assert_follow(copy, checkpoint_at(log, &home, 20, &note), entries, 20, ENT_OK);
	sign_checkpoint(&note, home.signer, LOG_NAME, 20, 7);
	assert_follow(copy, ent_buf_view(&note), NULL, 0, ENT_E_LOG_INCONSISTENT);
	sign_checkpoint(&note, home.signer, LOG_NAME, 21, 7);
	assert_follow(copy, ent_buf_view(&note), entries + 20, 1, ENT_E_LOG_INCONSISTENT);
	check_whole_log(copy, 20, 1);
	ent_log_dir_free(copy);
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
changed_dropped_inserted_or_swapped_entries_do_not_follow(void **state)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_view wrong[30];
	struct home home, mirror;

	(void)state;
	home_init(&home);
	mirror = mirror_of(&home);
	struct ent_log_dir *log = home_open(&home), *copy = home_open(&mirror);
	assert_follow(copy, checkpoint_at(log, &home, 10, &note), entries, 10, ENT_OK);
	checkpoint_at(log, &home, 30, &note);
	memcpy(wrong, entries + 10, sizeof(struct ent_view) * 20);
	wrong[7] = ENT_LIT("edited");
	assert_follow(copy, ent_buf_view(&note), wrong, 20, ENT_E_LOG_INCONSISTENT);
	wrong[7] = entries[18];
	wrong[8] = entries[17];
	assert_follow(copy, ent_buf_view(&note), wrong, 20, ENT_E_LOG_INCONSISTENT);
	assert_follow(copy, ent_buf_view(&note), entries + 10, 19, ENT_E_INPUT);
	assert_follow(copy, ent_buf_view(&note), entries + 10, 21, ENT_E_INPUT);
	assert_follow(copy, ent_buf_view(&note), entries + 11, 20, ENT_E_LOG_INCONSISTENT);
	assert_follow(copy, ent_buf_view(&note), entries + 10, 20, ENT_OK);
	check_whole_log(copy, 30, 1);
	ent_log_dir_free(copy);
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
a_forked_log_does_not_follow(void **state)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct home home, mirror, fork;
	struct ent_error err = { 0 };
	uint64_t first;

	(void)state;
	home_init(&home);
	mirror = mirror_of(&home);
	fork = home;
	snprintf(fork.dir, sizeof(fork.dir), "%s/fork", home.root);
	snprintf(fork.head, sizeof(fork.head), "%s/head.fork", home.root);
	struct ent_log_dir *log = home_open(&home), *copy = home_open(&mirror), *other = home_open(&fork);
	assert_follow(copy, checkpoint_at(log, &home, 10, &note), entries, 10, ENT_OK);
	/* The same key signs a log that differs in entry 9 and is longer. */
	fill(other, home.signer, 9, 9);
	assert_ok(ent_log_dir_append(other, home.signer, &ENT_LIT("for other eyes"), 1, &first, &err));
	assert_follow(copy, ent_log_dir_checkpoint(other), NULL, 0, ENT_E_LOG_INCONSISTENT);
	fill(other, home.signer, 30, 30);
	assert_follow(copy, ent_log_dir_checkpoint(other), entries + 10, 20, ENT_E_LOG_INCONSISTENT);
	ent_log_dir_free(other);
	ent_log_dir_free(copy);
	ent_log_dir_free(log);
	home_fini(&home);
}

static void
a_checkpoint_under_another_key_or_of_another_log_is_refused(void **state)
{
	ENT_AUTO(ent_signer) officer = NULL;
	ENT_AUTO(ent_signer) namesake = NULL;
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct home home, mirror;
	struct ent_error err = { 0 };

	(void)state;
	home_init(&home);
	mirror = mirror_of(&home);
	assert_ok(ent_signer_generate(&officer, ENT_LIT("au.example/officer/doe"), ENT_NOTE_TYPE_ED25519, &err));
	assert_ok(ent_signer_generate(&namesake, ENT_LIT(LOG_NAME), ENT_NOTE_TYPE_ED25519, &err));
	struct ent_log_dir *copy = home_open(&mirror);
	sign_checkpoint(&note, officer, LOG_NAME, 1, 7);
	assert_follow(copy, ent_buf_view(&note), entries, 1, ENT_E_SIGNATURE);
	sign_checkpoint(&note, namesake, LOG_NAME, 1, 7);
	assert_follow(copy, ent_buf_view(&note), entries, 1, ENT_E_SIGNATURE);
	sign_checkpoint(&note, home.signer, "uk.example/access", 1, 7);
	assert_follow(copy, ent_buf_view(&note), entries, 1, ENT_E_SIGNATURE);
	assert_follow(copy, ENT_LIT("junk"), entries, 1, ENT_E_SYNTAX);
	sign_checkpoint(&note, home.signer, LOG_NAME, ENT_TLOG_SIZE_MAX + 1, 7);
	assert_follow(copy, ent_buf_view(&note), entries, 1, ENT_E_INPUT);
	ent_log_dir_free(copy);
	home_fini(&home);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mirror_follows_to_the_same_tree_and_stays_there_when_opened_again),
		cmocka_unit_test(an_older_checkpoint_is_ignored_and_the_same_one_changes_nothing),
		cmocka_unit_test(another_root_for_a_size_that_we_hold_is_inconsistent),
		cmocka_unit_test(changed_dropped_inserted_or_swapped_entries_do_not_follow),
		cmocka_unit_test(a_forked_log_does_not_follow),
		cmocka_unit_test(a_checkpoint_under_another_key_or_of_another_log_is_refused),
	};

	return cmocka_run_group_tests(tests, make_entries, NULL);
}
