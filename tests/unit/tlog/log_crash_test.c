/* A writer that is killed at any moment: what it said was in the log is there, and the log goes on. */
#include "log_fixture.h"

#include <signal.h>
#include <sys/wait.h>

enum { ROUNDS = 60, ENTRIES_MAX = 200000, BATCH_MAX = 40 };

/* The hash of each entry that was once in a signed tree: it must stay what it is. */
static struct ent_hash *kept;
static uint64_t kept_count;

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Append batches of random size until killed; report each size that append returned. Entries differ by round. */
static void
write_until_killed(const struct home *home, unsigned round, int report)
{
	static char texts[BATCH_MAX][ENTRY_TEXT_MAX];
	struct ent_view entries[BATCH_MAX];
	struct ent_error err = { 0 };
	struct ent_log_dir *log;
	uint32_t seed = round * 7919u + 1;

	if (ent_log_dir_open(&log, home->dir, home->head, home->key, &err) != ENT_OK)
		_exit(1);
	for (;;) {
		size_t count = 1 + next_random(&seed) % BATCH_MAX;
		uint64_t first, size;

		for (size_t i = 0; i < count; i++) {
			snprintf(texts[i], ENTRY_TEXT_MAX, "round %u, entry %llu", round,
			    (unsigned long long)(ent_log_dir_size(log) + i));
			entries[i] = ent_view_str(texts[i]);
		}
		if (ent_log_dir_append(log, home->signer, entries, count, &first, &err) != ENT_OK)
			_exit(2);
		size = ent_log_dir_size(log);
		if (write(report, &size, sizeof(size)) != sizeof(size))
			_exit(3);
	}
}

static enum ent_status
check_kept(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct ent_hash leaf;

	(void)arg;
	(void)err;
	assert_true(index < ENTRIES_MAX);
	ent_tlog_leaf_hash(&leaf, entry);
	if (index < kept_count)
		assert_true(ent_hash_eq(&leaf, &kept[index]));
	kept[index] = leaf;
	return ENT_OK;
}

/* One life and death of a writer; returns the last size that it reported. */
static uint64_t
one_life(const struct home *home, unsigned round, useconds_t life_us)
{
	uint64_t size, last = 0;
	int pipe_fds[2], status;
	pid_t child;

	assert_int_equal(pipe(pipe_fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipe_fds[0]);
		write_until_killed(home, round, pipe_fds[1]);
	}
	close(pipe_fds[1]);
	/* Every other life begins to count with its first append: on a busy machine too, the rounds get somewhere. */
	if (round % 2 == 0)
		assert_int_equal(read(pipe_fds[0], &last, sizeof(last)), sizeof(last));
	usleep(life_us);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status)); /* not one of its own exits */
	while (read(pipe_fds[0], &size, sizeof(size)) == (ssize_t)sizeof(size))
		last = size;
	close(pipe_fds[0]);
	return last;
}

static void
a_killed_writer_loses_nothing_that_it_reported(void **state)
{
	struct home home;
	uint32_t seed = 42;

	(void)state;
	kept = calloc(ENTRIES_MAX, sizeof(*kept));
	assert_non_null(kept);
	home_init(&home);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t reported = one_life(&home, round, 2000 + next_random(&seed) % 25000);
		struct ent_error err = { 0 };
		struct ent_log_fault fault;
		struct ent_log_dir *log = home_open(&home);

		assert_true(ent_log_dir_size(log) >= reported);
		assert_true(ent_log_dir_size(log) >= kept_count);
		assert_ok(ent_log_dir_each(log, 0, check_kept, NULL, &err));
		kept_count = ent_log_dir_size(log);
		ent_log_dir_free(log);
		if (kept_count > 0)
			assert_ok(fsck(&home, &fault));
	}
	assert_true(kept_count >= ROUNDS / 2); /* they did get somewhere */
	home_fini(&home);
	free(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_writer_loses_nothing_that_it_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
