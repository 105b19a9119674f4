#include "node/ipc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"

enum {
	LENGTH_LEN = 4,
	TYPE_LEN = 2,
	READ_STEP = 65536, /* memory grows with what arrives, not with what a header claims */
};
#define CALL_TIMEOUT_MS 10000
#define SEND_TIMEOUT_MS 10000

/* The table, as data. */

enum kind { KIND_U64, KIND_BYTES, KIND_LIST };

struct field {
	const char *name;
	enum kind kind;
	uint64_t limit;
	size_t offset; /* in the message's struct */
};

struct row {
	const char *name;
	enum ent_process from;
	enum ent_process to;
	const struct field *fields;
	size_t field_count;
};

/* One function per message, so that `self` can name its struct inside the field list. */
#define FIELD_(kind, name, limit) { #name, KIND_##kind, (limit), offsetof(self, name) },
#define ROW_FUNCTION_(id, name, from, to)                                                                              \
	static struct row row_of_##name(void)                                                                          \
	{                                                                                                              \
		typedef struct ent_msg_##name self;                                                                    \
		static const struct field fields[] = { ENT_FIELDS_##id(FIELD_) };                                      \
                                                                                                                       \
		return (struct row){ #id, ENT_PROCESS_##from, ENT_PROCESS_##to, fields, ENT_COUNT(fields) };           \
	}
ENT_MESSAGES(ROW_FUNCTION_)
#undef ROW_FUNCTION_
#undef FIELD_

typedef struct row (*row_fn)(void);
static const row_fn rows[ENT_MSG_COUNT] = {
#define ROW_(id, name, from, to) [ENT_MSG_##id] = row_of_##name,
	ENT_MESSAGES(ROW_)
#undef ROW_
};

static bool
find_row(struct row *out, unsigned type)
{
	if (type == ENT_MSG_NONE || type >= ENT_MSG_COUNT)
		return false;
	*out = rows[type]();
	return true;
}

const char *
ent_process_name(enum ent_process process)
{
	static const char *const names[] = {
		[ENT_PROCESS_PARENT] = "parent", [ENT_PROCESS_EDGE] = "edge",           [ENT_PROCESS_JUDGE] = "judge",
		[ENT_PROCESS_LOGGER] = "logger", [ENT_PROCESS_KEYHOLDER] = "keyholder", [ENT_PROCESS_ANY] = "any",
	};

	return (size_t)process < ENT_COUNT(names) ? names[process] : "?";
}

const char *
ent_msg_name(enum ent_msg_type type)
{
	struct row row;

	return find_row(&row, type) ? row.name : "NONE";
}

/* All members of the union start at the same address. */
static const void *
body_of(const struct ent_msg *msg)
{
	return &msg->http_request;
}

/* Encoding. */

static void
store_u32(uint8_t *out, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		out[i] = (uint8_t)v;
}

static enum ent_status
put_number(struct ent_buf *out, uint64_t v, size_t len, struct ent_error *err)
{
	uint8_t *room;

	ENT_TRY(ent_buf_grow(out, &room, len, err));
	for (size_t i = len; i > 0; i--, v >>= 8)
		room[i - 1] = (uint8_t)v;
	return ENT_OK;
}

static enum ent_status
put_bytes(struct ent_buf *out, struct ent_view bytes, struct ent_error *err)
{
	ENT_TRY(put_number(out, bytes.len, 4, err));
	return ent_buf_add(out, bytes, err);
}

static enum ent_status
over_limit(const struct row *row, const struct field *field, uint64_t value, struct ent_error *err)
{
	return ent_fail(err, ENT_E_LIMIT, "message %s: %s is %llu, limit %llu", row->name, field->name,
	    (unsigned long long)value, (unsigned long long)field->limit);
}

static enum ent_status
put_list(struct ent_buf *out, const struct row *row, const struct field *field, const struct ent_list *list,
    struct ent_error *err)
{
	if (list->count > field->limit)
		return over_limit(row, field, list->count, err);
	ENT_TRY(put_number(out, list->count, 4, err));
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].len > ENT_IPC_ITEM_MAX)
			return ent_fail(err, ENT_E_LIMIT, "message %s: an item of %s has %zu bytes, limit %u", row->name,
			    field->name, list->items[i].len, ENT_IPC_ITEM_MAX);
		ENT_TRY(put_bytes(out, list->items[i], err));
	}
	return ENT_OK;
}

static enum ent_status
put_field(struct ent_buf *out, const struct row *row, const struct field *field, const uint8_t *body,
    struct ent_error *err)
{
	const void *at = body + field->offset;
	uint64_t number;
	struct ent_view bytes;
	struct ent_list list;

	switch (field->kind) {
	case KIND_U64:
		memcpy(&number, at, sizeof(number));
		return number > field->limit ? over_limit(row, field, number, err) : put_number(out, number, 8, err);
	case KIND_BYTES:
		memcpy(&bytes, at, sizeof(bytes));
		return bytes.len > field->limit ? over_limit(row, field, bytes.len, err) : put_bytes(out, bytes, err);
	case KIND_LIST:
		memcpy(&list, at, sizeof(list));
		return put_list(out, row, field, &list, err);
	}
	return ent_fail(err, ENT_E_INTERNAL, "message %s: %s has no kind", row->name, field->name);
}

static enum ent_status
put_message(struct ent_buf *out, const struct ent_msg *msg, struct ent_error *err)
{
	const size_t start = out->len;
	struct row row;

	if (!find_row(&row, msg->type))
		return ent_fail(err, ENT_E_INTERNAL, "there is no message of type %u", (unsigned)msg->type);
	ENT_TRY(put_number(out, 0, LENGTH_LEN, err));
	ENT_TRY(put_number(out, msg->type, TYPE_LEN, err));
	for (size_t i = 0; i < row.field_count; i++)
		ENT_TRY(put_field(out, &row, &row.fields[i], body_of(msg), err));
	if (out->len - start - LENGTH_LEN > ENT_IPC_FRAME_MAX)
		return ent_fail(err, ENT_E_LIMIT, "message %s has %zu bytes, limit %u", row.name,
		    out->len - start - LENGTH_LEN, ENT_IPC_FRAME_MAX);
	store_u32(out->data + start, (uint32_t)(out->len - start - LENGTH_LEN));
	return ENT_OK;
}

enum ent_status
ent_msg_encode(struct ent_buf *out, const struct ent_msg *msg, struct ent_error *err)
{
	const size_t start = out->len;
	enum ent_status status = put_message(out, msg, err);

	if (status != ENT_OK)
		out->len = start;
	return status;
}

/* Decoding. */

static bool
take_number(struct ent_view *in, size_t len, uint64_t *out)
{
	if (in->len < len)
		return false;
	*out = 0;
	for (size_t i = 0; i < len; i++)
		*out = *out << 8 | in->data[i];
	*in = ent_view_slice(*in, len, in->len);
	return true;
}

static enum ent_status
cut_short(const struct row *row, const struct field *field, struct ent_error *err)
{
	return ent_fail(err, ENT_E_SYNTAX, "message %s ends within %s", row->name, field->name);
}

static enum ent_status
take_bytes(struct ent_view *in, const struct row *row, const struct field *field, uint64_t limit, struct ent_view *out,
    struct ent_error *err)
{
	uint64_t len;

	if (!take_number(in, 4, &len))
		return cut_short(row, field, err);
	if (len > limit)
		return over_limit(row, field, len, err);
	if (len > in->len)
		return cut_short(row, field, err);
	*out = ent_view_slice(*in, 0, (size_t)len);
	*in = ent_view_slice(*in, (size_t)len, in->len);
	return ENT_OK;
}

static enum ent_status
take_list(struct ent_view *in, const struct row *row, const struct field *field, struct ent_arena *arena,
    struct ent_list *out, struct ent_error *err)
{
	uint64_t count;
	void *items;

	if (!take_number(in, 4, &count))
		return cut_short(row, field, err);
	if (count > field->limit)
		return over_limit(row, field, count, err);
	if (count > in->len / 4) /* every item has a length: no memory for a count that cannot be */
		return cut_short(row, field, err);
	ENT_TRY(ent_arena_alloc(arena, &items, (size_t)count, sizeof(struct ent_view), err));
	out->items = items;
	out->count = (size_t)count;
	for (size_t i = 0; i < out->count; i++)
		ENT_TRY(take_bytes(in, row, field, ENT_IPC_ITEM_MAX, &out->items[i], err));
	return ENT_OK;
}

static enum ent_status
take_field(struct ent_view *in, const struct row *row, const struct field *field, struct ent_arena *arena, uint8_t *body,
    struct ent_error *err)
{
	void *at = body + field->offset;
	uint64_t number;
	struct ent_view bytes;
	struct ent_list list;

	switch (field->kind) {
	case KIND_U64:
		if (!take_number(in, 8, &number))
			return cut_short(row, field, err);
		if (number > field->limit)
			return over_limit(row, field, number, err);
		memcpy(at, &number, sizeof(number));
		return ENT_OK;
	case KIND_BYTES:
		ENT_TRY(take_bytes(in, row, field, field->limit, &bytes, err));
		memcpy(at, &bytes, sizeof(bytes));
		return ENT_OK;
	case KIND_LIST:
		ENT_TRY(take_list(in, row, field, arena, &list, err));
		memcpy(at, &list, sizeof(list));
		return ENT_OK;
	}
	return ent_fail(err, ENT_E_INTERNAL, "message %s: %s has no kind", row->name, field->name);
}

static bool
may_pass(enum ent_process declared, enum ent_process actual)
{
	return declared == ENT_PROCESS_ANY || declared == actual;
}

enum ent_status
ent_msg_decode(struct ent_msg *out, struct ent_arena *arena, struct ent_view frame, enum ent_process from,
    enum ent_process to, struct ent_error *err)
{
	uint64_t type;
	struct row row;

	if (frame.len > ENT_IPC_FRAME_MAX)
		return ent_fail(err, ENT_E_LIMIT, "a message of %zu bytes, limit %u", frame.len, ENT_IPC_FRAME_MAX);
	if (!take_number(&frame, TYPE_LEN, &type) || !find_row(&row, (unsigned)type))
		return ent_fail(err, ENT_E_SYNTAX, "a message of an unknown type");
	if (!may_pass(row.from, from) || !may_pass(row.to, to))
		return ent_fail(err, ENT_E_REFUSED, "message %s may not go from %s to %s", row.name, ent_process_name(from),
		    ent_process_name(to));
	memset(out, 0, sizeof(*out));
	out->type = (enum ent_msg_type)type;
	for (size_t i = 0; i < row.field_count; i++)
		ENT_TRY(take_field(&frame, &row, &row.fields[i], arena, (uint8_t *)&out->http_request, err));
	if (frame.len != 0)
		return ent_fail(err, ENT_E_SYNTAX, "%zu bytes behind message %s", frame.len, row.name);
	return ENT_OK;
}

/* The channel. It never reads beyond the current frame, so poll(2) on its descriptor always tells the truth. */

struct ent_channel {
	int fd;
	enum ent_process self;
	enum ent_process peer;
	struct ent_buf in; /* the length and what has arrived of one frame */
	bool taken;        /* the frame in `in` was handed out: the next receive drops it */
	bool broken;       /* a message was cut or an answer is outstanding: nothing said here can be trusted to match */
};

enum ent_status
ent_channel_new(struct ent_channel **out, int fd, enum ent_process self, enum ent_process peer, struct ent_error *err)
{
	struct ent_channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL) {
		ent_fd_close(fd);
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a channel to the %s", ent_process_name(peer));
	}
	channel->fd = fd;
	channel->self = self;
	channel->peer = peer;
	channel->in = ent_buf_with_max(LENGTH_LEN + ENT_IPC_FRAME_MAX);
	*out = channel;
	return ENT_OK;
}

void
ent_channel_free(struct ent_channel *channel)
{
	if (channel == NULL)
		return;
	ent_fd_close(channel->fd);
	ent_buf_fini(&channel->in);
	free(channel);
}

int
ent_channel_fd(const struct ent_channel *channel)
{
	return channel->fd;
}

static enum ent_status
is_usable(const struct ent_channel *channel, struct ent_error *err)
{
	if (channel->broken)
		return ent_fail(err, ENT_E_UNAVAILABLE, "the channel to the %s is broken; the node restarts it",
		    ent_process_name(channel->peer));
	return ENT_OK;
}

static enum ent_status
peer_gone(struct ent_channel *channel, struct ent_error *err)
{
	channel->broken = true;
	return ent_fail(err, ENT_E_UNAVAILABLE, "the %s is gone", ent_process_name(channel->peer));
}

/* Wait for events until deadline_ms (<0: for ever). *ready false: the time is over. */
static enum ent_status
wait_for(int fd, short events, int64_t deadline_ms, bool *ready, struct ent_error *err)
{
	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = events };
		int64_t left = deadline_ms < 0 ? -1 : deadline_ms - ent_clock_mono_ms();
		int n = poll(&pfd, 1, deadline_ms < 0 ? -1 : left > 0 ? (int)left : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot wait for another process of the node");
		*ready = n > 0;
		return ENT_OK;
	}
}

static enum ent_status
send_all(struct ent_channel *channel, struct ent_view bytes, struct ent_error *err)
{
	const int64_t deadline_ms = ent_clock_mono_ms() + SEND_TIMEOUT_MS;
	bool ready;

	while (bytes.len > 0) {
		ssize_t n = send(channel->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			return peer_gone(channel, err);
		if (n >= 0) {
			bytes = ent_view_slice(bytes, (size_t)n, bytes.len);
			continue;
		}
		ENT_TRY(wait_for(channel->fd, POLLOUT, deadline_ms, &ready, err));
		if (!ready) {
			channel->broken = true;
			return ent_fail(err, ENT_E_UNAVAILABLE, "the %s took nothing for %d s", ent_process_name(channel->peer),
			    SEND_TIMEOUT_MS / 1000);
		}
	}
	return ENT_OK;
}

enum ent_status
ent_channel_send(struct ent_channel *channel, const struct ent_msg *msg, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) frame = ent_buf_with_max(LENGTH_LEN + ENT_IPC_FRAME_MAX);

	ENT_TRY(is_usable(channel, err));
	ENT_TRY(ent_msg_encode(&frame, msg, err));
	return send_all(channel, ent_buf_view(&frame), err);
}

/* How many bytes the frame in `in` still lacks; its length must have been checked. 0: complete. */
static enum ent_status
bytes_missing(struct ent_channel *channel, size_t *out, struct ent_error *err)
{
	struct ent_view head = ent_buf_view(&channel->in);
	uint64_t len;

	*out = LENGTH_LEN - (head.len < LENGTH_LEN ? head.len : LENGTH_LEN);
	if (!take_number(&head, LENGTH_LEN, &len))
		return ENT_OK;
	if (len < TYPE_LEN || len > ENT_IPC_FRAME_MAX) {
		channel->broken = true;
		return ent_fail(err, ENT_E_SYNTAX, "a message of %llu bytes from the %s, limit %u", (unsigned long long)len,
		    ent_process_name(channel->peer), ENT_IPC_FRAME_MAX);
	}
	*out = (size_t)len - head.len;
	return ENT_OK;
}

/* Read some of the missing bytes. *end: the peer closed. *again: nothing there now. */
static enum ent_status
read_some(struct ent_channel *channel, size_t missing, bool *end, bool *again, struct ent_error *err)
{
	const size_t want = missing < READ_STEP ? missing : READ_STEP;
	uint8_t *room;
	ssize_t n;

	*end = *again = false;
	ENT_TRY(ent_buf_grow(&channel->in, &room, want, err));
	do
		n = recv(channel->fd, room, want, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	channel->in.len -= want - (n > 0 ? (size_t)n : 0);
	*end = n == 0 || (n < 0 && errno == ECONNRESET);
	*again = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
	if (n < 0 && !*end && !*again)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot read from the %s", ent_process_name(channel->peer));
	return ENT_OK;
}

/* Read until the frame is complete, the time is over (*got false) or the peer closed between frames (*closed). */
static enum ent_status
read_frame(struct ent_channel *channel, int64_t deadline_ms, bool *got, bool *closed, struct ent_error *err)
{
	size_t missing;
	bool end, again, ready;

	for (;;) {
		ENT_TRY(bytes_missing(channel, &missing, err));
		if (missing == 0) {
			*got = true;
			return ENT_OK;
		}
		ENT_TRY(read_some(channel, missing, &end, &again, err));
		if (end && channel->in.len > 0)
			return peer_gone(channel, err);
		*closed = end;
		if (end)
			return ENT_OK;
		if (!again)
			continue;
		ENT_TRY(wait_for(channel->fd, POLLIN, deadline_ms, &ready, err));
		if (!ready)
			return ENT_OK;
	}
}

enum ent_status
ent_channel_receive(struct ent_channel *channel, struct ent_msg *out, struct ent_arena *arena, int timeout_ms, bool *got,
    bool *closed, struct ent_error *err)
{
	const int64_t deadline_ms = timeout_ms < 0 ? -1 : ent_clock_mono_ms() + timeout_ms;
	enum ent_status status;

	*got = *closed = false;
	ENT_TRY(is_usable(channel, err));
	if (channel->taken)
		ent_buf_fini(&channel->in); /* wiped: messages hold tokens */
	channel->taken = false;
	ENT_TRY(read_frame(channel, deadline_ms, got, closed, err));
	if (!*got)
		return ENT_OK;
	channel->taken = true;
	status = ent_msg_decode(out, arena, ent_view_slice(ent_buf_view(&channel->in), LENGTH_LEN, SIZE_MAX), channel->peer,
	    channel->self, err);
	channel->broken = status != ENT_OK; /* a peer that breaks the table is not asked again */
	*got = status == ENT_OK;
	return status;
}

static enum ent_status
answer_failed(const struct ent_msg_failed *failed, struct ent_error *err)
{
	char name[65];
	enum ent_status status;

	snprintf(name, sizeof(name), "%.*s", ENT_FMT(failed->error));
	status = ent_status_from_name(name);
	if (status == ENT_OK || status == ENT_STATUS_COUNT)
		status = ENT_E_INTERNAL;
	return ent_fail(err, status, "%.*s", ENT_FMT(failed->text));
}

enum ent_status
ent_channel_call(struct ent_channel *channel, const struct ent_msg *request, struct ent_msg *answer,
    enum ent_msg_type want, struct ent_arena *arena, struct ent_error *err)
{
	bool got, closed;

	ENT_TRY(ent_channel_send(channel, request, err));
	ENT_TRY(ent_channel_receive(channel, answer, arena, CALL_TIMEOUT_MS, &got, &closed, err));
	if (closed)
		return peer_gone(channel, err);
	if (!got) {
		channel->broken = true; /* a late answer must not be taken for the next call's */
		return ent_fail(err, ENT_E_UNAVAILABLE, "the %s did not answer %s within %d s", ent_process_name(channel->peer),
		    ent_msg_name(request->type), CALL_TIMEOUT_MS / 1000);
	}
	if (answer->type == ENT_MSG_FAILED)
		return answer_failed(&answer->failed, err);
	if (answer->type != want) {
		channel->broken = true;
		return ent_fail(err, ENT_E_INTERNAL, "the %s answered %s with %s", ent_process_name(channel->peer),
		    ent_msg_name(request->type), ent_msg_name(answer->type));
	}
	return ENT_OK;
}

enum ent_status
ent_channel_fail(struct ent_channel *channel, const struct ent_error *why, struct ent_error *err)
{
	struct ent_msg msg = { .type = ENT_MSG_FAILED };

	msg.failed.error = ent_view_str(ent_status_row(why->code)->name);
	msg.failed.text = ent_view_str(why->text);
	return ent_channel_send(channel, &msg, err);
}
