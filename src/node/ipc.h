/*
 * Messages between the node's processes: structs generated from messages.def, one encoder, one decoder, one channel.
 * Frame: 32-bit big-endian length of what follows, 16-bit type, then the fields in order; U64 = 8 bytes big-endian,
 * BYTES = 32-bit length and bytes, LIST = 32-bit count and that many BYTES. No trailing bytes.
 */
#ifndef ENT_NODE_IPC_H
#define ENT_NODE_IPC_H

#include "base/arena.h"
#include "base/buf.h"
#include "node/messages.def"

#define ENT_IPC_FRAME_MAX (40u << 20)
#define ENT_IPC_ITEM_MAX (1u << 20)

enum ent_process { ENT_PROCESS_PARENT, ENT_PROCESS_EDGE, ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER, ENT_PROCESS_KEYHOLDER, ENT_PROCESS_ANY };
const char *ent_process_name(enum ent_process process);

struct ent_list {
	struct ent_view *items;
	size_t count;
};

enum ent_msg_type {
	ENT_MSG_NONE = 0,
#define ENT_MSG_ENUM_(id, name, from, to) ENT_MSG_##id,
	ENT_MESSAGES(ENT_MSG_ENUM_)
#undef ENT_MSG_ENUM_
	ENT_MSG_COUNT
};

#define ENT_MSG_FIELD_U64_(name) uint64_t name;
#define ENT_MSG_FIELD_BYTES_(name) struct ent_view name;
#define ENT_MSG_FIELD_LIST_(name) struct ent_list name;
#define ENT_MSG_FIELD_(kind, name, limit) ENT_MSG_FIELD_##kind##_(name)
#define ENT_MSG_STRUCT_(id, name, from, to)                                                                            \
	struct ent_msg_##name {                                                                                        \
		ENT_FIELDS_##id(ENT_MSG_FIELD_)                                                                        \
	};
ENT_MESSAGES(ENT_MSG_STRUCT_)
#undef ENT_MSG_STRUCT_
#undef ENT_MSG_FIELD_
#undef ENT_MSG_FIELD_LIST_
#undef ENT_MSG_FIELD_BYTES_
#undef ENT_MSG_FIELD_U64_

/* Any message: type says which member is set. */
struct ent_msg {
	enum ent_msg_type type;
	union {
#define ENT_MSG_MEMBER_(id, name, from, to) struct ent_msg_##name name;
		ENT_MESSAGES(ENT_MSG_MEMBER_)
#undef ENT_MSG_MEMBER_
	};
};

const char *ent_msg_name(enum ent_msg_type type); /* "HTTP_REQUEST": for texts about messages */

/* Append the frame, or nothing. Limits of the table are checked on encoding too. */
ENT_MUST_USE enum ent_status ent_msg_encode(struct ent_buf *out, const struct ent_msg *msg, struct ent_error *err);
/*
 * frame = type and fields (without the length). Views point into frame, lists into the arena.
 * ENT_E_REFUSED when the table does not let this message go from `from` to `to`; ENT_E_SYNTAX, ENT_E_LIMIT.
 */
ENT_MUST_USE enum ent_status ent_msg_decode(struct ent_msg *out, struct ent_arena *arena, struct ent_view frame,
    enum ent_process from, enum ent_process to, struct ent_error *err);

/*
 * One end of a stream socket to another process, seen from `self`. It never reads beyond the frame it hands out, so poll(2) on
 * its descriptor tells whether a receive would find something. After a message that breaks the table, or a call that was not
 * answered in time, the channel is broken: every further use is ENT_E_UNAVAILABLE, and the process should end.
 */
struct ent_channel;
ENT_MUST_USE enum ent_status ent_channel_new(struct ent_channel **out, int fd, enum ent_process self,
    enum ent_process peer, struct ent_error *err); /* takes fd, also on failure */
void ent_channel_free(struct ent_channel *channel);
ENT_DEFINE_AUTO(ent_channel)
int ent_channel_fd(const struct ent_channel *channel);

/* Blocking send of one message (at most 10 s). ENT_E_UNAVAILABLE when the peer is gone. Never raises SIGPIPE. */
ENT_MUST_USE enum ent_status ent_channel_send(struct ent_channel *channel, const struct ent_msg *msg,
    struct ent_error *err);
/* Send FAILED with the row name and text of `why`. */
ENT_MUST_USE enum ent_status ent_channel_fail(struct ent_channel *channel, const struct ent_error *why,
    struct ent_error *err);
/*
 * Blocking receive with a timeout (<0: none). *got false: nothing came in time, or the peer closed between two messages
 * (*closed). Views live until the arena and the next receive. A peer that closes within a message is ENT_E_UNAVAILABLE.
 */
ENT_MUST_USE enum ent_status ent_channel_receive(struct ent_channel *channel, struct ent_msg *out,
    struct ent_arena *arena, int timeout_ms, bool *got, bool *closed, struct ent_error *err);
/* Send and wait for the answer, 10 s. A FAILED answer becomes its error. Any type but `want` is ENT_E_INTERNAL. */
ENT_MUST_USE enum ent_status ent_channel_call(struct ent_channel *channel, const struct ent_msg *request,
    struct ent_msg *answer, enum ent_msg_type want, struct ent_arena *arena, struct ent_error *err);

#endif
