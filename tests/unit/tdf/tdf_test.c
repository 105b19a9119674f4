#include "support.h"

#include <pthread.h>

enum { SEGMENT = 64 };

/* A thread that pours bytes into a pipe, or drains one: the other end of what is tested. */
struct plumber {
	int fd;
	struct ent_buf bytes;
	pthread_t thread;
};

static void *
pour(void *arg)
{
	struct plumber *p = arg;

	for (size_t done = 0; done < p->bytes.len;) {
		/* odd pieces, so that reads are short */
		size_t n = p->bytes.len - done < 777 ? p->bytes.len - done : 777;
		ssize_t wrote = write(p->fd, p->bytes.data + done, n);

		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	close(p->fd);
	return NULL;
}

static void *
drain(void *arg)
{
	struct plumber *p = arg;
	struct ent_error err = { 0 };
	uint8_t chunk[1000];
	ssize_t n;

	while ((n = read(p->fd, chunk, sizeof(chunk))) > 0)
		if (ent_buf_add(&p->bytes, ent_view_from(chunk, (size_t)n), &err) != ENT_OK)
			break;
	close(p->fd);
	return NULL;
}

static int
pipe_from(struct plumber *p, struct ent_view bytes)
{
	struct ent_error err = { 0 };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*p = (struct plumber){ .fd = ends[1], .bytes = ent_buf_with_max(64u << 20) };
	assert_ok(ent_buf_add(&p->bytes, bytes, &err));
	assert_int_equal(pthread_create(&p->thread, NULL, pour, p), 0);
	return ends[0];
}

static int
pipe_to(struct plumber *p)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*p = (struct plumber){ .fd = ends[0], .bytes = ent_buf_with_max(64u << 20) };
	assert_int_equal(pthread_create(&p->thread, NULL, drain, p), 0);
	return ends[1];
}

static void
sizes_around_a_segment_come_back(void **state)
{
	static const size_t sizes[] = { 0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 10 * SEGMENT + 7, 5000 * SEGMENT };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		struct ent_error err = { 0 };
		ENT_AUTO_FINI(ent_buf) plain = sample(sizes[i]);
		ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), SEGMENT);
		struct ent_buf back;

		assert_ok(decrypt(&back, fd, 0, UINT64_MAX, 0, &err));
		assert_same(ent_buf_view(&back), ent_buf_view(&plain));
		ent_buf_fini(&back);
	}
}

static void
an_empty_file_is_one_segment_of_no_bytes(void **state)
{
	ENT_AUTO_FD fd = encrypted(ENT_VIEW_NONE, 0);
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_int_equal(ent_tdf_manifest(tdf)->segment_count, 1);
	assert_int_equal(ent_tdf_plain_size(tdf), 0);
}

static void
the_default_segment_is_2_mib(void **state)
{
	ENT_AUTO_FINI(ent_buf) plain = sample(5000000);
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), 0);
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };
	struct ent_buf back;

	(void)state;
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_int_equal(ent_tdf_manifest(tdf)->segment_count, 3);
	assert_int_equal(ent_tdf_manifest(tdf)->segment_size_default, 2097152);
	assert_null(ent_tdf_manifest(tdf)->segment_sizes);
	assert_true(ent_view_eq_str(ent_tdf_manifest(tdf)->schema_version, "4.3.0"));
	assert_int_equal(ent_tdf_manifest(tdf)->kao_count, 2);
	assert_true(ent_view_eq_str(ent_tdf_manifest(tdf)->kaos[1].url, "https://uk.example"));
	assert_ok(decrypt(&back, fd, 0, UINT64_MAX, 2, &err));
	assert_same(ent_buf_view(&back), ent_buf_view(&plain));
	ent_buf_fini(&back);
}

/* Pipe in, pipe out, both ways, at several sizes. */
static void
pipes_carry_both_ways(void **state)
{
	static const size_t sizes[] = { 0, 1, SEGMENT, 3 * SEGMENT + 5, 2000 * SEGMENT };
	const struct ent_tdf_tuning tuning = { .segment_size = SEGMENT };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		ENT_AUTO(ent_secret) key = test_key();
		ENT_AUTO_FINI(ent_buf) plain = sample(sizes[i]);
		ENT_AUTO(ent_tdf) tdf = NULL;
		struct plumber in, out, again, back;
		struct ent_error err = { 0 };
		struct ent_tdf_write write = request(key, pipe_from(&in, ent_buf_view(&plain)), pipe_to(&out));

		assert_ok(ent_tdf_write_tuned(&write, &tuning, NULL, &err));
		close(write.in_fd);
		close(write.out_fd);
		pthread_join(in.thread, NULL);
		pthread_join(out.thread, NULL);

		int from = pipe_from(&again, ent_buf_view(&out.bytes));
		struct ent_tdf_read read = { .len = UINT64_MAX, .out_fd = pipe_to(&back), .threads = 3 };
		assert_ok(ent_tdf_open(&tdf, from, NULL, &err));
		close(from);
		assert_ok(ent_tdf_unlock(tdf, key, &err));
		assert_ok(ent_tdf_read(tdf, &read, &err));
		close(read.out_fd);
		pthread_join(again.thread, NULL);
		pthread_join(back.thread, NULL);
		assert_same(ent_buf_view(&back.bytes), ent_buf_view(&plain));
		ent_buf_fini(&in.bytes);
		ent_buf_fini(&out.bytes);
		ent_buf_fini(&again.bytes);
		ent_buf_fini(&back.bytes);
	}
}

static void
a_reader_that_goes_away_is_an_io_error(void **state)
{
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO_FINI(ent_buf) plain = sample(1 << 20);
	ENT_AUTO_FD in = memory_file(ent_buf_view(&plain));
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), 4096);
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	struct ent_tdf_write write = request(key, in, ends[1]);
	assert_refused(ent_tdf_write(&write, NULL, &err), ENT_E_IO);
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_ok(ent_tdf_unlock(tdf, key, &err));
	struct ent_tdf_read read = { .len = UINT64_MAX, .out_fd = ends[1], .threads = 3 };
	assert_refused(ent_tdf_read(tdf, &read, &err), ENT_E_IO);
	close(ends[1]);
}

static void
appending_output_stays_in_order(void **state)
{
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO_FINI(ent_buf) plain = sample(200 * SEGMENT);
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), SEGMENT);
	ENT_AUTO_FD out = memory_file(ENT_LIT("before:"));
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(fcntl(out, F_SETFL, O_APPEND), 0); /* pwrite(2) would append in any order */
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_ok(ent_tdf_unlock(tdf, key, &err));
	struct ent_tdf_read read = { .len = UINT64_MAX, .out_fd = out, .threads = 3 };
	assert_ok(ent_tdf_read(tdf, &read, &err));
	ENT_AUTO_FINI(ent_buf) got = file_bytes(out);
	assert_same(ent_view_slice(ent_buf_view(&got), 7, SIZE_MAX), ent_buf_view(&plain));
}

static void
output_goes_on_from_its_position(void **state)
{
	ENT_AUTO_FINI(ent_buf) plain = sample(10 * SEGMENT);
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), SEGMENT);
	ENT_AUTO_FD out = memory_file(ENT_LIT("abc"));
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO(ent_tdf) tdf = NULL;
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(lseek(out, 3, SEEK_SET), 3);
	assert_ok(ent_tdf_open(&tdf, fd, NULL, &err));
	assert_ok(ent_tdf_unlock(tdf, key, &err));
	struct ent_tdf_read read = { .offset = 5, .len = 300, .out_fd = out };
	assert_ok(ent_tdf_read(tdf, &read, &err));
	assert_int_equal(write(out, "xyz", 3), 3);
	ENT_AUTO_FINI(ent_buf) got = file_bytes(out);
	assert_int_equal(got.len, 306);
	assert_memory_equal(got.data, "abc", 3);
	assert_memory_equal(got.data + 3, plain.data + 5, 300);
	assert_memory_equal(got.data + 303, "xyz", 3);
}

static void
ranges_are_cut_to_the_file(void **state)
{
	static const struct { uint64_t offset, len; } ranges[] = { { 0, 0 }, { 0, 1 }, { SEGMENT - 1, 2 }, { SEGMENT, SEGMENT },
		{ 3, 5 * SEGMENT }, { 0, UINT64_MAX }, { 9 * SEGMENT, UINT64_MAX }, { 10 * SEGMENT + 6, 100 },
		{ 10 * SEGMENT + 7, 1 }, { UINT64_MAX, UINT64_MAX }, { 1u << 30, 5 } };
	ENT_AUTO_FINI(ent_buf) plain = sample(10 * SEGMENT + 7);
	ENT_AUTO_FD fd = encrypted(ent_buf_view(&plain), SEGMENT);

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(ranges); i++) {
		struct ent_error err = { 0 };
		struct ent_buf got;

		assert_ok(decrypt(&got, fd, ranges[i].offset, ranges[i].len, 2, &err));
		assert_same(ent_buf_view(&got), ent_view_slice(ent_buf_view(&plain),
		    ranges[i].offset > plain.len ? plain.len : (size_t)ranges[i].offset,
		    ranges[i].len > plain.len ? SIZE_MAX : (size_t)ranges[i].len));
		ent_buf_fini(&got);
	}
}

/* Called after the first segment: the input changes under the writer's hands. */
struct change {
	int fd;
	off_t size;
};

static void
change_input(void *arg, uint64_t done, uint64_t total)
{
	const struct change *change = arg;

	(void)done;
	(void)total;
	assert_int_equal(ftruncate(change->fd, change->size), 0);
}

static void
an_input_that_changes_is_an_error(void **state)
{
	static const off_t sizes[] = { 100 * SEGMENT - 1, 100 * SEGMENT + 1, 2 * SEGMENT };
	const struct ent_tdf_tuning tuning = { .segment_size = SEGMENT };
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO_FINI(ent_buf) plain = sample(100 * SEGMENT);

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		ENT_AUTO_FD in = memory_file(ent_buf_view(&plain));
		ENT_AUTO_FD out = memory_file(ENT_VIEW_NONE);
		struct change change = { in, sizes[i] };
		struct ent_error err = { 0 };
		struct ent_tdf_write write = request(key, in, out);

		write.threads = 1;
		write.progress = change_input;
		write.progress_arg = &change;
		assert_refused(ent_tdf_write_tuned(&write, &tuning, NULL, &err), ENT_E_INPUT);
	}
}

static void
segments_are_limited_at_n_and_not_below(void **state)
{
	const struct ent_tdf_tuning tuning = { .segment_size = SEGMENT, .segments_max = 5 };
	ENT_AUTO(ent_secret) key = test_key();

	(void)state;
	for (int from_pipe = 0; from_pipe < 2; from_pipe++)
		for (size_t extra = 0; extra < 2; extra++) {
			ENT_AUTO_FINI(ent_buf) plain = sample(5 * SEGMENT + extra);
			ENT_AUTO_FD out = memory_file(ENT_VIEW_NONE);
			struct plumber in = { 0 };
			struct ent_error err = { 0 };
			ENT_AUTO_FD from = from_pipe ? pipe_from(&in, ent_buf_view(&plain)) : memory_file(ent_buf_view(&plain));
			struct ent_tdf_write write = request(key, from, out);

			assert_refused(ent_tdf_write_tuned(&write, &tuning, NULL, &err), extra ? ENT_E_LIMIT : ENT_OK);
			if (from_pipe)
				pthread_join(in.thread, NULL);
			ent_buf_fini(&in.bytes);
		}
}

static void
sizes_choose_the_segments(void **state)
{
	static const struct { uint64_t hint; bool entente_only; uint64_t segment; enum ent_status status; } rows[] = {
		{ 0, false, 2097152, ENT_OK },
		{ UINT64_C(200) << 30, false, 2097152, ENT_OK },
		{ (UINT64_C(200) << 30) + 1, false, 4128768, ENT_OK },
		{ UINT64_C(448) << 30, false, 4128768, ENT_OK },
		{ UINT64_C(449) << 30, false, 4128768, ENT_E_LIMIT },
		{ (UINT64_C(448) << 30) + 1, true, 67108864, ENT_OK },
		{ UINT64_C(65) << 40, true, 0, ENT_E_LIMIT },
	};
	ENT_AUTO(ent_secret) key = test_key();

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ENT_AUTO_FD out = memory_file(ENT_VIEW_NONE);
		ENT_AUTO(ent_tdf) tdf = NULL;
		struct plumber in;
		struct ent_error err = { 0 };
		ENT_AUTO_FD from = pipe_from(&in, ENT_LIT("short after all"));
		struct ent_tdf_write write = request(key, from, out);

		write.size_hint = rows[i].hint;
		write.entente_only = rows[i].entente_only;
		assert_refused(ent_tdf_write(&write, NULL, &err), rows[i].status);
		pthread_join(in.thread, NULL);
		ent_buf_fini(&in.bytes);
		if (rows[i].status != ENT_OK)
			continue;
		assert_ok(ent_tdf_open(&tdf, out, NULL, &err));
		assert_int_equal(ent_tdf_manifest(tdf)->segment_size_default, rows[i].segment);
	}
}

static void
what_a_reader_would_refuse_is_not_written(void **state)
{
	ENT_AUTO(ent_secret) key = test_key();
	ENT_AUTO_FINI(ent_buf) long_policy = ent_buf_with_max(1u << 20);
	struct ent_error err = { 0 };
	struct ent_kao kaos[41];
	char urls[41][32];
	uint8_t *room;

	(void)state;
	for (size_t i = 0; i < 41; i++) {
		snprintf(urls[i], sizeof(urls[i]), "https://%zu.example", i);
		kaos[i] = test_kao(urls[i], "1");
	}
	for (int i = 0; i < 8; i++) {
		ENT_AUTO_FD in = memory_file(ENT_LIT("x"));
		ENT_AUTO_FD out = memory_file(ENT_VIEW_NONE);
		struct ent_tdf_write write = request(key, in, out);
		enum ent_status want = ENT_E_INPUT;

		write.kaos = kaos;
		write.kao_count = 40;
		switch (i) {
		case 0: want = ENT_OK; break;
		case 1: write.kao_count = 41; want = ENT_E_LIMIT; break;
		case 2: write.kao_count = 0; break;
		case 3: kaos[1].url = kaos[0].url; break; /* JavaScript refuses it */
		case 4:
			kaos[1].url = ent_view_str(urls[1]);
			kaos[1].binding_hash = ENT_LIT("AAAA");
			break;
		case 5:
			kaos[1].binding_hash = kaos[0].binding_hash;
			write.mime_type = "text/\xff";
			break;
		case 6:
			assert_ok(ent_buf_grow(&long_policy, &room, ENT_LIMIT_POLICY + 1, &err));
			memset(room, 'A', ENT_LIMIT_POLICY + 1);
			write.policy_base64 = ent_buf_view(&long_policy);
			want = ENT_E_LIMIT;
			break;
		default:
			write.policy_base64 = ent_view_slice(ent_buf_view(&long_policy), 0, ENT_LIMIT_POLICY);
			want = ENT_OK;
		}
		if (ent_tdf_write(&write, NULL, &err) != want)
			fail_msg("case %d: %s", i, err.text);
		ent_error_clear(&err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_around_a_segment_come_back),
		cmocka_unit_test(an_empty_file_is_one_segment_of_no_bytes),
		cmocka_unit_test(the_default_segment_is_2_mib),
		cmocka_unit_test(pipes_carry_both_ways),
		cmocka_unit_test(a_reader_that_goes_away_is_an_io_error),
		cmocka_unit_test(appending_output_stays_in_order),
		cmocka_unit_test(output_goes_on_from_its_position),
		cmocka_unit_test(ranges_are_cut_to_the_file),
		cmocka_unit_test(an_input_that_changes_is_an_error),
		cmocka_unit_test(segments_are_limited_at_n_and_not_below),
		cmocka_unit_test(sizes_choose_the_segments),
		cmocka_unit_test(what_a_reader_would_refuse_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
