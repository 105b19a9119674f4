/* Following another member's access log: honest growth, and what must not be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "sync/access.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define MEMBER "uk.example"

/* Another member's node: a folder of files. */
struct served {
	char dir[160];
	struct ent_log_dir *log;
};

struct fixture {
	char root[64];
	char peers[96];
	char state[96];
	struct ent_signer *signer;
	struct served uk;
	struct ent_access *copy;
};

static void
serve(struct fixture *f, struct served *served, const char *name)
{
	char dir[200], head[200];
	struct ent_error err = { 0 };

	snprintf(served->dir, sizeof(served->dir), "%s/%s", f->root, name);
	snprintf(dir, sizeof(dir), "%s/log/access", served->dir);
	snprintf(head, sizeof(head), "%s/head", served->dir);
	assert_ok(ent_dir_make(dir, 0755, &err));
	assert_ok(ent_log_dir_open(&served->log, dir, head, ent_signer_vkey(f->signer), &err));
}

static void
open_copy(struct fixture *f)
{
	struct ent_error err = { 0 };

	if (ent_access_open(&f->copy, f->peers, f->state, ENT_LIT(MEMBER), ent_signer_vkey(f->signer), &err) != ENT_OK)
		fail_msg("%s", err.text);
}

static void
reopen(struct fixture *f)
{
	ent_access_free(f->copy);
	open_copy(f);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct ent_error err = { 0 };

	snprintf(f->root, sizeof(f->root), "/tmp/entente-access-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	snprintf(f->peers, sizeof(f->peers), "%s/home/peers", f->root);
	snprintf(f->state, sizeof(f->state), "%s/home/state", f->root);
	assert_ok(ent_signer_generate(&f->signer, ENT_LIT(MEMBER "/access"), ENT_NOTE_TYPE_ED25519, &err));
	serve(f, &f->uk, "uk");
	open_copy(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	ent_access_free(f->copy);
	ent_log_dir_free(f->uk.log);
	ent_signer_free(f->signer);
	snprintf(command, sizeof(command), "rm -rf %s", f->root);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

/* An access entry; variant makes another text of the same index. */
static struct ent_view
entry_text(struct ent_buf *out, uint64_t index, int variant)
{
	struct ent_doc doc = { .kind = ENT_DOC_ACCESS };
	struct ent_error err = { 0 };

	doc.access.index = index;
	doc.access.time_unix_s = 1700000000 + (int64_t)index;
	doc.access.result = variant == 0 ? ENT_RESULT_RELEASED : ENT_RESULT_REFUSED;
	ent_sha256(&doc.access.record, ent_view_from(&index, sizeof(index)));
	ent_sha256(&doc.access.short_record, ent_view_from(&variant, sizeof(variant)));
	ent_buf_clear(out);
	assert_ok(ent_doc_print(out, &doc, &err));
	return ent_buf_view(out);
}

static void
grow_with(struct fixture *f, struct served *served, uint64_t size, int variant)
{
	ENT_AUTO_FINI(ent_buf) all = ent_buf_with_max(64u << 20);
	struct ent_error err = { 0 };

	while (ent_log_dir_size(served->log) < size) {
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_view views[256];
		uint64_t first = ent_log_dir_size(served->log);
		size_t count = 0;

		assert_ok(ent_arena_new(&arena, 1 << 20, &err));
		for (; count < 256 && first + count < size; count++) {
			entry_text(&all, first + count, variant);
			assert_ok(ent_arena_dup(arena, &views[count], ent_buf_view(&all), &err));
		}
		assert_ok(ent_log_dir_append(served->log, f->signer, views, count, &first, &err));
	}
}

static void
grow(struct fixture *f, uint64_t size)
{
	grow_with(f, &f->uk, size, 0);
}

static int
get(const struct served *served, const char *path, struct ent_buf *body)
{
	char full[512];
	struct ent_error err = { 0 };

	snprintf(full, sizeof(full), "%s/%s", served->dir, path);
	return ent_file_read(body, full, ENT_TLOG_BUNDLE_MAX, &err) == ENT_OK ? 200 : 404;
}

/* What becomes of an answer on its way. */
typedef void (*tamper_fn)(const char *path, int *status, struct ent_buf *body);

static enum ent_status
round_with(struct fixture *f, const struct served *served, tamper_fn tamper, struct ent_error *err)
{
	ent_access_begin(f->copy);
	for (int steps = 0; steps < 1000; steps++) {
		ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(ENT_TLOG_BUNDLE_MAX);
		char path[ENT_PULL_PATH_MAX];
		size_t max;
		int status;

		ENT_TRY(ent_access_next(f->copy, path, &max, err));
		if (path[0] == '\0')
			return ENT_OK;
		status = get(served, path, &body);
		if (tamper != NULL)
			tamper(path, &status, &body);
		else
			assert_true(body.len <= max);
		ENT_TRY(ent_access_feed(f->copy, status, ent_buf_view(&body), err));
	}
	fail_msg("a round does not end");
	return ENT_OK;
}

static enum ent_status
follow(struct fixture *f)
{
	struct ent_error err = { 0 };
	enum ent_status status = round_with(f, &f->uk, NULL, &err);

	if (status != ENT_OK)
		print_error("%s\n", err.text);
	return status;
}

static bool
has_evidence(const struct fixture *f, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/evidence/" MEMBER ".access/%s", f->state, name);
	return ent_file_exists(path);
}

/* C-75 */
static void
a_log_that_grows_is_followed_and_its_entries_read(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_access_doc entry;
	struct ent_error err = { 0 };
	const uint64_t sizes[] = { 1, 2, 255, 256, 300, 1000 };

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		grow(f, sizes[i]);
		assert_ok(follow(f));
		assert_int_equal(ent_access_size(f->copy), sizes[i]);
		assert_true(ent_access_current(f->copy));
	}
	assert_ok(follow(f));
	reopen(f);
	assert_int_equal(ent_access_size(f->copy), 1000);
	assert_ok(ent_access_entry(f->copy, &entry, arena, 700, &err));
	assert_int_equal(entry.index, 700);
	assert_int_equal(entry.time_unix_s, 1700000700);
	assert_int_equal(ent_access_entry(f->copy, &entry, arena, 1000, &err), ENT_E_NOT_FOUND);
}

static void
nothing_published_yet_is_no_fault(void **state)
{
	struct fixture *f = *state;
	struct ent_error err = { 0 };

	assert_int_equal(round_with(f, &f->uk, NULL, &err), ENT_E_NOT_FOUND);
	assert_null(ent_access_broken(f->copy));
	assert_false(ent_access_current(f->copy));
}

static void
a_long_log_is_taken_in_rounds(void **state)
{
	struct fixture *f = *state;
	const uint64_t size = (uint64_t)ENT_LIMIT_ACCESS_BUNDLES * ENT_TLOG_TILE + 300;

	grow(f, size);
	assert_ok(follow(f));
	assert_true(ent_access_behind(f->copy));
	assert_false(ent_access_current(f->copy));
	assert_int_equal(ent_access_size(f->copy), 0);
	grow(f, size + 10); /* the target may move on meanwhile */
	assert_ok(follow(f));
	assert_false(ent_access_behind(f->copy));
	assert_true(ent_access_current(f->copy));
	assert_int_equal(ent_access_size(f->copy), size + 10);
	reopen(f);
	assert_int_equal(ent_access_size(f->copy), size + 10);
}

/* A log put back from an older copy, and then grown another way. */
static void
a_log_that_was_rolled_back_and_forked_is_broken(void **state)
{
	static const struct {
		uint64_t common, ours, theirs;
	} cases[] = { { 300, 700, 900 }, { 300, 700, 700 }, { 0, 1, 2 }, { 255, 256, 257 }, { 10, 700, 500 } };

	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		struct served other;
		struct fixture *f;
		struct ent_error err = { 0 };

		setup(state);
		f = *state;
		serve(f, &other, "other");
		grow_with(f, &other, cases[i].common, 0);
		grow_with(f, &other, cases[i].theirs, 1);
		grow(f, cases[i].ours);
		assert_ok(follow(f));
		assert_int_equal(round_with(f, &other, NULL, &err), ENT_E_LOG_INCONSISTENT);
		assert_non_null(ent_access_broken(f->copy));
		assert_true(has_evidence(f, "kept") && has_evidence(f, "seen") && has_evidence(f, "why"));
		assert_int_equal(has_evidence(f, "tiles"), cases[i].theirs > cases[i].ours);
		assert_int_equal(ent_access_size(f->copy), cases[i].ours);
		/* It stays so, after a restart and whatever it shows. */
		reopen(f);
		assert_non_null(ent_access_broken(f->copy));
		grow(f, 1000);
		assert_ok(follow(f)); /* nothing is even asked */
		assert_int_equal(ent_access_size(f->copy), cases[i].ours);
		ent_log_dir_free(other.log);
		teardown(state);
	}
}

/* An old checkpoint is no news and no lie; but it proves nothing either. */
static void
an_older_checkpoint_is_not_current(void **state)
{
	struct fixture *f = *state;
	struct served older;
	struct ent_error err = { 0 };

	serve(f, &older, "older");
	grow_with(f, &older, 300, 0);
	grow(f, 700);
	assert_ok(follow(f));
	assert_ok(round_with(f, &older, NULL, &err));
	assert_null(ent_access_broken(f->copy));
	assert_false(ent_access_current(f->copy));
	assert_int_equal(ent_access_size(f->copy), 700);
	ent_log_dir_free(older.log);
}

static void
flip_entry(const char *path, int *status, struct ent_buf *body)
{
	if (*status == 200 && strstr(path, "/entries/") != NULL)
		body->data[body->len - 3] ^= 1;
}

static void
flip_tiles(const char *path, int *status, struct ent_buf *body)
{
	flip_entry(path, status, body);
	if (*status == 200 && strstr(path, "/tile/0/") != NULL)
		body->data[body->len - 3] ^= 1;
}

static void
flip_checkpoint(const char *path, int *status, struct ent_buf *body)
{
	if (*status == 200 && strstr(path, "checkpoint") != NULL)
		body->data[20] ^= 1;
}

static void
cut_short(const char *path, int *status, struct ent_buf *body)
{
	if (*status == 200 && strstr(path, "/entries/") != NULL)
		body->len -= 1;
}

static void
cut_tiles(const char *path, int *status, struct ent_buf *body)
{
	flip_entry(path, status, body);
	if (*status == 200 && strstr(path, "/tile/0/") != NULL)
		body->len -= ENT_HASH_LEN;
}

static void
oversize_entry(const char *path, int *status, struct ent_buf *body)
{
	uint8_t big[2 + ENT_LIMIT_ACCESS_ENTRY + 1] = { (ENT_LIMIT_ACCESS_ENTRY + 1) >> 8, (ENT_LIMIT_ACCESS_ENTRY + 1) & 0xff };

	if (*status != 200 || strstr(path, "/entries/") == NULL)
		return;
	ent_buf_clear(body);
	for (int i = 0; i < ENT_TLOG_TILE; i++)
		assert_ok(ent_buf_add(body, ent_view_from(big, sizeof(big)), NULL));
}

static void
fail_server(const char *path, int *status, struct ent_buf *body)
{
	(void)path;
	(void)body;
	*status = 503;
}

/* What the log's signatures do not prove is only delay: nothing is taken, and nobody is blamed. */
static void
a_node_that_serves_rubbish_gets_nothing_in(void **state)
{
	static const struct {
		tamper_fn tamper;
		enum ent_status status;
	} cases[] = { { flip_entry, ENT_E_TAMPERED }, { flip_tiles, ENT_E_TAMPERED }, { flip_checkpoint, ENT_E_SIGNATURE },
		{ cut_short, ENT_E_SYNTAX }, { cut_tiles, ENT_E_SYNTAX }, { fail_server, ENT_E_UNREACHABLE } };
	struct fixture *f = *state;

	grow(f, 300);
	assert_ok(follow(f));
	grow(f, 900);
	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		struct ent_error err = { 0 };

		assert_int_equal(round_with(f, &f->uk, cases[i].tamper, &err), cases[i].status);
		assert_null(ent_access_broken(f->copy));
		assert_int_equal(ent_access_size(f->copy), 300);
		assert_false(ent_access_current(f->copy));
	}
	assert_ok(follow(f));
	assert_int_equal(ent_access_size(f->copy), 900);
}

static void
an_entry_too_long_to_be_one_is_not_written(void **state)
{
	struct fixture *f = *state;
	struct ent_error err = { 0 };

	grow(f, 256);
	assert_int_equal(round_with(f, &f->uk, oversize_entry, &err), ENT_E_SYNTAX);
	assert_non_null(strstr(err.text, "this is no access log"));
	assert_int_equal(ent_access_size(f->copy), 0);
	assert_ok(follow(f));
}

/* The first look has nothing to compare with: wrong entries are only wrong. */
static void
wrong_entries_at_first_sight_are_no_proof(void **state)
{
	struct fixture *f = *state;
	struct ent_error err = { 0 };

	grow(f, 400);
	assert_int_equal(round_with(f, &f->uk, flip_entry, &err), ENT_E_TAMPERED);
	assert_null(ent_access_broken(f->copy));
	assert_ok(follow(f));
}

static void
a_checkpoint_of_another_key_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ent_signer *other;
	struct ent_error err = { 0 };

	grow(f, 10);
	assert_ok(follow(f));
	assert_ok(ent_signer_generate(&other, ENT_LIT(MEMBER "/access"), ENT_NOTE_TYPE_ED25519, &err));
	ent_access_free(f->copy);
	f->copy = NULL;
	/* The copy was made under one key; under another it is not opened at all. */
	assert_int_not_equal(ent_access_open(&f->copy, f->peers, f->state, ENT_LIT(MEMBER), ent_signer_vkey(other), &err), ENT_OK);
	ent_signer_free(other);
}

static void
a_name_that_leads_out_of_its_place_is_refused(void **state)
{
	struct fixture *f = *state;
	const char *const names[] = { "", "../x", "a/b", ".", ".." };

	for (size_t i = 0; i < ENT_COUNT(names); i++) {
		struct ent_access *copy = NULL;
		struct ent_error err = { 0 };

		assert_int_equal(ent_access_open(&copy, f->peers, f->state, ent_view_str(names[i]), ent_signer_vkey(f->signer), &err),
		    ENT_E_INPUT);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_log_that_grows_is_followed_and_its_entries_read),
		TEST(nothing_published_yet_is_no_fault),
		TEST(a_long_log_is_taken_in_rounds),
		cmocka_unit_test(a_log_that_was_rolled_back_and_forked_is_broken),
		TEST(an_older_checkpoint_is_not_current),
		TEST(a_node_that_serves_rubbish_gets_nothing_in),
		TEST(an_entry_too_long_to_be_one_is_not_written),
		TEST(wrong_entries_at_first_sight_are_no_proof),
		TEST(a_checkpoint_of_another_key_is_refused),
		TEST(a_name_that_leads_out_of_its_place_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
