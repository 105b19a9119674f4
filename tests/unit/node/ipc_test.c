#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "node/ipc.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

static struct ent_arena *arena;

static int
make_arena(void **state)
{
	struct ent_error err = { 0 };

	(void)state;
	return ent_arena_new(&arena, 1 << 20, &err);
}

static int
drop_arena(void **state)
{
	(void)state;
	ent_arena_free(arena);
	return 0;
}

/* Decode a frame (without its length) from the heap, so that the sanitizer sees a read behind its end. */
static enum ent_status
decode(struct ent_msg *out, struct ent_view frame, enum ent_process from, enum ent_process to)
{
	static uint8_t *copy; /* of the last call: the message points into it */
	struct ent_error err = { 0 };

	free(copy);
	copy = NULL;
	if (frame.len > 0) {
		copy = malloc(frame.len);
		assert_non_null(copy);
		memcpy(copy, frame.data, frame.len);
	}
	if (out == NULL)
		return ENT_OK; /* only to free the copy */
	return ent_msg_decode(out, arena, ent_view_from(copy, frame.len), from, to, &err);
}

static struct ent_msg
example(struct ent_view items[2])
{
	struct ent_msg msg = { .type = ENT_MSG_HTTP_RESPONSE };

	items[0] = ENT_LIT("A: b");
	items[1] = ENT_VIEW_NONE;
	msg.http_response.exchange = 0x0102030405060708;
	msg.http_response.status = 200;
	msg.http_response.content_type = ENT_LIT("text/plain");
	msg.http_response.headers = (struct ent_list){ items, 2 };
	msg.http_response.body = ENT_LIT("body");
	return msg;
}

static struct ent_view
encode(struct ent_buf *buf, const struct ent_msg *msg)
{
	struct ent_error err = { 0 };

	assert_ok(ent_msg_encode(buf, msg, &err));
	return ent_view_slice(ent_buf_view(buf), 4, SIZE_MAX);
}

static void
a_frame_has_the_bytes_that_the_header_promises(void **state)
{
	static const uint8_t want[] = { 0, 0, 0, 14, 0, ENT_MSG_FAILED, 0, 0, 0, 2, 'i', 'o', 0, 0, 0, 2, 'h', 'i' };
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(100);
	struct ent_msg msg = { .type = ENT_MSG_FAILED };

	(void)state;
	msg.failed.error = ENT_LIT("io");
	msg.failed.text = ENT_LIT("hi");
	encode(&buf, &msg);
	assert_int_equal(buf.len, sizeof(want));
	assert_memory_equal(buf.data, want, sizeof(want));
}

static void
what_is_encoded_is_decoded(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
	struct ent_view items[2];
	struct ent_msg msg = example(items), got;

	(void)state;
	assert_ok(decode(&got, encode(&buf, &msg), ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE));
	assert_int_equal(got.type, ENT_MSG_HTTP_RESPONSE);
	assert_int_equal(got.http_response.exchange, 0x0102030405060708);
	assert_int_equal(got.http_response.status, 200);
	assert_true(ent_view_eq(got.http_response.content_type, ENT_LIT("text/plain")));
	assert_int_equal(got.http_response.headers.count, 2);
	assert_true(ent_view_eq(got.http_response.headers.items[0], ENT_LIT("A: b")));
	assert_int_equal(got.http_response.headers.items[1].len, 0);
	assert_true(ent_view_eq(got.http_response.body, ENT_LIT("body")));
}

static void
every_message_goes_its_own_way_only(void **state)
{
	(void)state;
	for (int type = ENT_MSG_NONE + 1; type < ENT_MSG_COUNT; type++) {
		ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
		struct ent_msg msg = { .type = (enum ent_msg_type)type }, got;
		struct ent_view frame = encode(&buf, &msg);
		int ways = 0;

		for (int from = ENT_PROCESS_PARENT; from < ENT_PROCESS_ANY; from++)
			for (int to = ENT_PROCESS_PARENT; to < ENT_PROCESS_ANY; to++) {
				enum ent_status status = decode(&got, frame, (enum ent_process)from, (enum ent_process)to);

				assert_true(status == ENT_OK || status == ENT_E_REFUSED);
				ways += status == ENT_OK;
			}
		assert_int_equal(ways, type == ENT_MSG_FAILED ? 25 : 1);
		assert_string_not_equal(ent_msg_name((enum ent_msg_type)type), "NONE");
	}
	assert_string_equal(ent_process_name(ENT_PROCESS_KEYHOLDER), "keyholder");
}

static void
unknown_types_are_refused(void **state)
{
	static const uint16_t types[] = { ENT_MSG_NONE, ENT_MSG_COUNT, 0x100, 0xffff };
	struct ent_msg got;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(types); i++) {
		const uint8_t frame[2] = { (uint8_t)(types[i] >> 8), (uint8_t)types[i] };

		assert_int_equal(decode(&got, ent_view_from(frame, 2), ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE), ENT_E_SYNTAX);
	}
	assert_int_equal(decode(&got, ENT_VIEW_NONE, ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE), ENT_E_SYNTAX);
	assert_int_equal(decode(&got, ENT_LIT("\0"), ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE), ENT_E_SYNTAX);
}

static void
cut_frames_and_trailing_bytes_are_refused(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
	struct ent_error err = { 0 };
	struct ent_view items[2];
	struct ent_msg msg = example(items), got;
	struct ent_view frame = encode(&buf, &msg);

	(void)state;
	for (size_t len = 0; len < frame.len; len++)
		assert_int_equal(decode(&got, ent_view_slice(frame, 0, len), ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE), ENT_E_SYNTAX);
	assert_ok(ent_buf_add_byte(&buf, 0, &err));
	assert_int_equal(decode(&got, ent_view_slice(ent_buf_view(&buf), 4, SIZE_MAX), ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE),
	    ENT_E_SYNTAX);
}

static void
limits_hold_at_n_and_break_at_n_plus_one_both_ways(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1 << 20);
	static uint8_t bytes[129];
	struct ent_view items[9] = { 0 };
	struct ent_error err = { 0 };
	struct ent_msg msg = { .type = ENT_MSG_HTTP_RESPONSE }, got;

	(void)state;
	msg.http_response.status = 599;
	msg.http_response.content_type = ent_view_from(bytes, 128);
	msg.http_response.headers = (struct ent_list){ items, 8 };
	assert_ok(decode(&got, encode(&buf, &msg), ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE));
	buf.data[4 + 2 + 8 + 7]++; /* status 600 */
	assert_int_equal(decode(&got, ent_view_slice(ent_buf_view(&buf), 4, SIZE_MAX), ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE), ENT_E_LIMIT);
	ent_buf_clear(&buf);
	msg.http_response.status = 600;
	assert_int_equal(ent_msg_encode(&buf, &msg, &err), ENT_E_LIMIT);
	msg.http_response.status = 200;
	msg.http_response.content_type.len = 129;
	assert_int_equal(ent_msg_encode(&buf, &msg, &err), ENT_E_LIMIT);
	msg.http_response.content_type.len = 0;
	msg.http_response.headers.count = 9;
	assert_int_equal(ent_msg_encode(&buf, &msg, &err), ENT_E_LIMIT);
	assert_int_equal(buf.len, 0); /* a failure appends nothing */
}

static void
items_and_frames_have_limits(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max((size_t)64 << 20);
	uint8_t *big = calloc(1, ENT_IPC_ITEM_MAX + 1);
	struct ent_view items[64];
	struct ent_error err = { 0 };
	struct ent_msg msg = { .type = ENT_MSG_APPEND };

	(void)state;
	for (size_t i = 0; i < 64; i++)
		items[i] = ent_view_from(big, ENT_IPC_ITEM_MAX);
	msg.append.entries = (struct ent_list){ items, 39 };
	assert_ok(ent_msg_encode(&buf, &msg, &err));
	msg.append.entries.count = 64;
	assert_int_equal(ent_msg_encode(&buf, &msg, &err), ENT_E_LIMIT);
	msg.append.entries.count = 1;
	items[0].len++;
	assert_int_equal(ent_msg_encode(&buf, &msg, &err), ENT_E_LIMIT);
	free(big);
}

static void
a_claimed_count_costs_no_memory(void **state)
{
	/* APPEND with 256 entries claimed and none there; with a count that overflows; with a length beyond the frame. */
	static const uint8_t frames[][14] = {
		{ 0, ENT_MSG_APPEND, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0 },
		{ 0, ENT_MSG_APPEND, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
	};
	struct ent_msg got;

	(void)state;
	assert_int_equal(decode(&got, ent_view_from(frames[0], 14), ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER), ENT_E_SYNTAX);
	assert_int_equal(decode(&got, ent_view_from(frames[1], 14), ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER), ENT_E_LIMIT);
}

/* The channel. */

static struct ent_channel *
channel_on(int fd, enum ent_process self, enum ent_process peer)
{
	struct ent_error err = { 0 };
	struct ent_channel *channel;

	assert_ok(ent_channel_new(&channel, fd, self, peer, &err));
	return channel;
}

/* A judge's channel to the logger, and the other end as a plain socket. */
static struct ent_channel *
judge_and(int *other)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	*other = ends[1];
	return channel_on(ends[0], ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER);
}

static void
send_appended(int fd, uint64_t size)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
	struct ent_msg msg = { .type = ENT_MSG_APPENDED };

	msg.appended.size = size;
	encode(&buf, &msg);
	assert_int_equal(write(fd, buf.data, buf.len), buf.len);
}

static void
messages_arrive_in_order_however_they_are_cut(void **state)
{
	ENT_AUTO_FINI(ent_buf) buf = ent_buf_with_max(1000);
	int fd;
	ENT_AUTO(ent_channel) channel = judge_and(&fd);
	struct ent_error err = { 0 };
	struct ent_msg msg = { .type = ENT_MSG_APPENDED }, got;
	bool have, closed;
	uint64_t next = 1;

	(void)state;
	for (msg.appended.size = 1; msg.appended.size <= 3; msg.appended.size++)
		encode(&buf, &msg);
	for (size_t i = 0; i < buf.len; i++) {
		assert_int_equal(write(fd, buf.data + i, 1), 1);
		assert_ok(ent_channel_receive(channel, &got, arena, 0, &have, &closed, &err));
		assert_false(closed);
		if (have)
			assert_int_equal(got.appended.size, next++);
	}
	assert_int_equal(next, 4);
	send_appended(fd, 4);
	send_appended(fd, 5);
	assert_ok(ent_channel_receive(channel, &got, arena, -1, &have, &closed, &err));
	assert_int_equal(got.appended.size, 4);
	assert_ok(ent_channel_receive(channel, &got, arena, -1, &have, &closed, &err));
	assert_int_equal(got.appended.size, 5);
	close(fd);
	assert_ok(ent_channel_receive(channel, &got, arena, -1, &have, &closed, &err));
	assert_true(closed && !have);
}

static void
waiting_ends_in_time(void **state)
{
	int fd;
	ENT_AUTO(ent_channel) channel = judge_and(&fd);
	struct ent_error err = { 0 };
	struct ent_msg got;
	bool have, closed;
	const int64_t start_ms = ent_clock_mono_ms();

	(void)state;
	assert_ok(ent_channel_receive(channel, &got, arena, 50, &have, &closed, &err));
	assert_false(have || closed);
	assert_true(ent_clock_mono_ms() - start_ms >= 49);
	close(fd);
}

static void
a_message_that_breaks_the_table_breaks_the_channel(void **state)
{
	static const char *const frames[] = {
		"\0\0\0\x01\0",             /* shorter than a type */
		"\x02\x80\0\x01\0\x01",     /* one byte over the limit of frames */
		"\xff\xff\xff\xff\0\x01",
		"\0\0\0\x02\0\x09",         /* KEYS from the logger */
		"\0\0\0\x02\x7f\xff",
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(frames); i++) {
		int fd;
		ENT_AUTO(ent_channel) channel = judge_and(&fd);
		struct ent_error err = { 0 };
		struct ent_msg got;
		bool have, closed;

		assert_int_equal(write(fd, frames[i], i == 0 ? 5 : 6), i == 0 ? 5 : 6);
		assert_int_not_equal(ent_channel_receive(channel, &got, arena, 100, &have, &closed, &err), ENT_OK);
		ent_error_clear(&err);
		send_appended(fd, 1);
		assert_int_equal(ent_channel_receive(channel, &got, arena, 100, &have, &closed, &err), ENT_E_UNAVAILABLE);
		close(fd);
	}
}

static void
a_peer_that_dies_within_a_message_is_no_orderly_end(void **state)
{
	int fd;
	ENT_AUTO(ent_channel) channel = judge_and(&fd);
	struct ent_error err = { 0 };
	struct ent_msg got;
	bool have, closed;

	(void)state;
	assert_int_equal(write(fd, "\0\0\0\x10\0", 5), 5);
	close(fd);
	assert_int_equal(ent_channel_receive(channel, &got, arena, -1, &have, &closed, &err), ENT_E_UNAVAILABLE);
}

static void
sending_to_a_dead_peer_is_an_error_and_no_signal(void **state)
{
	int fd;
	ENT_AUTO(ent_channel) channel = judge_and(&fd);
	struct ent_msg msg = { .type = ENT_MSG_LOG_HEAD };
	struct ent_error err = { 0 };

	(void)state;
	close(fd);
	assert_int_equal(ent_channel_send(channel, &msg, &err), ENT_E_UNAVAILABLE);
}

/* A logger of the test's: answers `answers` requests with a message, or not at all. */
struct fake {
	struct ent_channel *channel;
	struct ent_msg answer;
	bool gone;
};

static void *
play_logger(void *arg)
{
	struct fake *fake = arg;
	ENT_AUTO(ent_arena) own = NULL;
	struct ent_error err = { 0 };
	struct ent_msg got;
	bool have, closed;

	assert_ok(ent_arena_new(&own, 1 << 16, &err));
	assert_ok(ent_channel_receive(fake->channel, &got, own, -1, &have, &closed, &err));
	if (!fake->gone)
		assert_ok(ent_channel_send(fake->channel, &fake->answer, &err));
	ent_channel_free(fake->channel);
	return NULL;
}

static enum ent_status
call(struct fake *fake, struct ent_msg *got, struct ent_error *err)
{
	int fd;
	ENT_AUTO(ent_channel) channel = judge_and(&fd);
	struct ent_msg request = { .type = ENT_MSG_LOG_HEAD };
	enum ent_status status;
	pthread_t thread;

	fake->channel = channel_on(fd, ENT_PROCESS_LOGGER, ENT_PROCESS_JUDGE);
	assert_int_equal(pthread_create(&thread, NULL, play_logger, fake), 0);
	status = ent_channel_call(channel, &request, got, ENT_MSG_APPENDED, arena, err);
	pthread_join(thread, NULL);
	return status;
}

static void
a_call_has_one_answer(void **state)
{
	struct fake fake = { .answer = { .type = ENT_MSG_APPENDED } };
	struct ent_error err = { 0 };
	struct ent_msg got;

	(void)state;
	fake.answer.appended.size = 7;
	assert_ok(call(&fake, &got, &err));
	assert_int_equal(got.appended.size, 7);
	fake.answer = (struct ent_msg){ .type = ENT_MSG_FAILED };
	fake.answer.failed.error = ENT_LIT("log-inconsistent");
	fake.answer.failed.text = ENT_LIT("the log is behind its head");
	assert_int_equal(call(&fake, &got, &err), ENT_E_LOG_INCONSISTENT);
	assert_string_equal(err.text, "the log is behind its head");
	ent_error_clear(&err);
	fake.answer.failed.error = ENT_LIT("ok"); /* not a failure's name */
	assert_int_equal(call(&fake, &got, &err), ENT_E_INTERNAL);
	ent_error_clear(&err);
	fake.gone = true;
	assert_int_equal(call(&fake, &got, &err), ENT_E_UNAVAILABLE);
}

static void
large_messages_pass_while_the_other_side_reads(void **state)
{
	static uint8_t bytes[ENT_IPC_ITEM_MAX];
	struct ent_view items[8];
	int ends[2];
	struct ent_msg msg = { .type = ENT_MSG_APPEND }, got;
	struct ent_error err = { 0 };
	bool have, closed;
	pid_t pid;
	int last;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < 8; i++)
		items[i] = ent_view_from(bytes, sizeof(bytes));
	msg.append.entries = (struct ent_list){ items, 8 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid = fork();
	if (pid == 0) {
		ENT_AUTO(ent_channel) judge = channel_on(ends[0], ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER);

		close(ends[1]);
		_exit(ent_channel_send(judge, &msg, &err) == ENT_OK ? 0 : 1);
	}
	close(ends[0]);
	ENT_AUTO(ent_channel) logger = channel_on(ends[1], ENT_PROCESS_LOGGER, ENT_PROCESS_JUDGE);
	assert_ok(ent_channel_receive(logger, &got, arena, 5000, &have, &closed, &err));
	assert_true(have);
	assert_int_equal(got.append.entries.count, 8);
	last = got.append.entries.items[7].data[sizeof(bytes) - 1];
	assert_int_equal(last, 'x');
	assert_ok(ent_channel_receive(logger, &got, arena, 5000, &have, &closed, &err));
	assert_true(closed);
	decode(NULL, ENT_VIEW_NONE, ENT_PROCESS_ANY, ENT_PROCESS_ANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_has_the_bytes_that_the_header_promises),
		cmocka_unit_test(what_is_encoded_is_decoded),
		cmocka_unit_test(every_message_goes_its_own_way_only),
		cmocka_unit_test(unknown_types_are_refused),
		cmocka_unit_test(cut_frames_and_trailing_bytes_are_refused),
		cmocka_unit_test(limits_hold_at_n_and_break_at_n_plus_one_both_ways),
		cmocka_unit_test(items_and_frames_have_limits),
		cmocka_unit_test(a_claimed_count_costs_no_memory),
		cmocka_unit_test(messages_arrive_in_order_however_they_are_cut),
		cmocka_unit_test(waiting_ends_in_time),
		cmocka_unit_test(a_message_that_breaks_the_table_breaks_the_channel),
		cmocka_unit_test(a_peer_that_dies_within_a_message_is_no_orderly_end),
		cmocka_unit_test(sending_to_a_dead_peer_is_an_error_and_no_signal),
		cmocka_unit_test(a_call_has_one_answer),
		cmocka_unit_test(large_messages_pass_while_the_other_side_reads),
	};

	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
