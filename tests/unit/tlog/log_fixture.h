/* A log in a temporary folder, and short ways to fill, damage and compare it. */
#ifndef ENT_TESTS_LOG_FIXTURE_H
#define ENT_TESTS_LOG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "tlog/log_dir.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define LOG_NAME "au.example/access"

struct home {
	char root[64];
	char dir[96];  /* of the log */
	char head[96]; /* file */
	struct ent_signer *signer;
	const struct ent_vkey *key;
};

static inline void
home_init(struct home *home)
{
	struct ent_error err = { 0 };

	snprintf(home->root, sizeof(home->root), "/tmp/entente-log-XXXXXX");
	assert_non_null(mkdtemp(home->root));
	snprintf(home->dir, sizeof(home->dir), "%s/log", home->root);
	snprintf(home->head, sizeof(home->head), "%s/head.access", home->root);
	assert_ok(ent_signer_generate(&home->signer, ENT_LIT(LOG_NAME), ENT_NOTE_TYPE_ED25519, &err));
	home->key = ent_signer_vkey(home->signer);
}

static inline void
run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline void
run(const char *fmt, ...)
{
	char command[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static inline void
home_fini(struct home *home)
{
	ent_signer_free(home->signer);
	run("rm -rf %s", home->root);
}

static inline struct ent_log_dir *
home_open(const struct home *home)
{
	struct ent_error err = { 0 };
	struct ent_log_dir *log = NULL;
	enum ent_status status = ent_log_dir_open(&log, home->dir, home->head, home->key, &err);

	if (status != ENT_OK)
		print_error("%s\n", err.text);
	assert_int_equal(status, ENT_OK);
	return log;
}

/* The status of opening a log that may be bad. */
static inline enum ent_status
home_try(const struct home *home)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	struct ent_error err = { 0 };
	enum ent_status status = ent_log_dir_open(&log, home->dir, home->head, home->key, &err);

	assert_int_equal(status, err.code);
	return status;
}

#define ENTRY_TEXT_MAX 64
static inline struct ent_view
entry_text(char out[ENTRY_TEXT_MAX], uint64_t index)
{
	snprintf(out, ENTRY_TEXT_MAX, "access/v1 %llu %.*s", (unsigned long long)index, (int)(index % 23),
	    "......................");
	return ent_view_str(out);
}

/* Append entries until the log has size of them, at most batch in one call. */
static inline void
fill(struct ent_log_dir *log, const struct ent_signer *signer, uint64_t size, size_t batch)
{
	char(*texts)[ENTRY_TEXT_MAX] = calloc(batch, sizeof(*texts));
	struct ent_view *entries = calloc(batch, sizeof(*entries));
	struct ent_error err = { 0 };

	assert_non_null(texts);
	assert_non_null(entries);
	while (ent_log_dir_size(log) < size) {
		uint64_t first = ent_log_dir_size(log), got;
		size_t count = size - first < batch ? (size_t)(size - first) : batch;

		for (size_t i = 0; i < count; i++)
			entries[i] = entry_text(texts[i], first + i);
		assert_ok(ent_log_dir_append(log, signer, entries, count, &got, &err));
		assert_int_equal(got, first);
		assert_int_equal(ent_log_dir_size(log), first + count);
	}
	free(texts);
	free(entries);
}

static inline enum ent_status
expect_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	uint64_t *next = arg;
	char text[ENTRY_TEXT_MAX];

	(void)err;
	assert_int_equal(index, *next);
	assert_true(ent_view_eq(entry, entry_text(text, index)));
	(*next)++;
	return ENT_OK;
}

/* Every entry is the one that fill wrote, and is proven. */
static inline void
check_whole_log(const struct ent_log_dir *log, uint64_t size, uint64_t prove_step)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_hash root, leaf;
	struct ent_tlog_proof proof;
	char text[ENTRY_TEXT_MAX];
	uint64_t next = 0;

	assert_ok(ent_arena_new(&arena, 65536, &err));
	assert_int_equal(ent_log_dir_size(log), size);
	assert_ok(ent_log_dir_each(log, 0, expect_entry, &next, &err));
	assert_int_equal(next, size);
	ent_log_dir_root(log, &root);
	for (uint64_t i = 0; i < size; i += prove_step) {
		ent_tlog_leaf_hash(&leaf, entry_text(text, i));
		assert_ok(ent_log_dir_prove(log, i, &proof, &err));
		assert_ok(ent_tlog_check_inclusion(&proof, i, &leaf, size, &root, &err));
	}
}

static inline enum ent_status
fsck(const struct home *home, struct ent_log_fault *fault)
{
	struct ent_error err = { 0 };
	uint64_t size;
	enum ent_status status = ent_log_dir_fsck(home->dir, home->key, &size, fault, &err);

	assert_int_equal(fault->found, status == ENT_E_LOG_INCONSISTENT);
	return status;
}

#endif
