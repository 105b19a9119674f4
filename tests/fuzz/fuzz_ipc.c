/* Messages: what decodes encodes to the same bytes, and obeys the table's directions. The first byte chooses the two processes. */
#include "node/ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(4 + ENT_IPC_FRAME_MAX);
	struct ent_view frame = ent_view_from(data, len);
	struct ent_error err = { 0 };
	struct ent_msg msg;
	enum ent_process from, to;

	if (len == 0 || ent_arena_new(&arena, 1 << 20, &err) != ENT_OK)
		return 0;
	from = (enum ent_process)(data[0] % ENT_PROCESS_ANY);
	to = (enum ent_process)(data[0] / ENT_PROCESS_ANY % ENT_PROCESS_ANY);
	frame = ent_view_slice(frame, 1, len);
	if (ent_msg_decode(&msg, arena, frame, from, to, &err) != ENT_OK) {
		ENT_ASSERT(err.code != ENT_E_INTERNAL && err.text[0] != '\0');
		return 0;
	}
	ENT_ASSERT(msg.type > ENT_MSG_NONE && msg.type < ENT_MSG_COUNT);
	ENT_ASSERT(ent_msg_encode(&again, &msg, &err) == ENT_OK);
	ENT_ASSERT(ent_view_eq(ent_view_slice(ent_buf_view(&again), 4, again.len), frame));
	return 0;
}
