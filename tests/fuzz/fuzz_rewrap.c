/* Rewrap bodies: what parses prints, and the print parses to the same print. */
#include <stdlib.h>

#include "kas/rewrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 64 << 20, TEXT_MAX = 16 << 20 };

typedef enum ent_status (*round_fn)(struct ent_buf *out, struct ent_arena *arena, struct ent_view text, struct ent_error *err);

static enum ent_status
request_round(struct ent_buf *out, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_rewrap_request request;

	ENT_TRY(ent_rewrap_request_parse(&request, arena, text, err));
	return ent_rewrap_request_print(out, &request, err);
}

static enum ent_status
response_round(struct ent_buf *out, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_rewrap_response response;

	ENT_TRY(ent_rewrap_response_parse(&response, arena, text, err));
	return ent_rewrap_response_print(out, &response, err);
}

static void
twice(round_fn round, struct ent_view text)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) once = ent_buf_with_max(TEXT_MAX);
	ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(TEXT_MAX);
	struct ent_error err = { 0 };

	if (ent_arena_new(&arena, ARENA_MAX, &err) != ENT_OK || round(&once, arena, text, &err) != ENT_OK)
		return;
	/* The print escapes nothing that the input did not, but may be longer than the input's limit: that is no finding. */
	if (round(&again, arena, ent_buf_view(&once), &err) == ENT_OK)
		ENT_ASSERT(ent_view_eq(ent_buf_view(&once), ent_buf_view(&again)));
	else
		ENT_ASSERT(err.code == ENT_E_LIMIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	twice(request_round, ent_view_from(data, size));
	twice(response_round, ent_view_from(data, size));
	return 0;
}
