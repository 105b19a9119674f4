#include "codec/base64.h"
#include "tdf/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The input is the JSON, so that mutations reach it; base64 has its own tests. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	ENT_AUTO_FINI(ent_buf) base64 = ent_buf_with_max(1u << 20);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_policy policy;

	if (ent_arena_new(&arena, 4u << 20, &err) != ENT_OK ||
	    ent_base64_encode(&base64, ENT_BASE64_STD, ent_view_from(data, len), &err) != ENT_OK ||
	    ent_policy_parse(&policy, arena, ent_buf_view(&base64), &err) != ENT_OK)
		return 0;
	ENT_ASSERT(policy.uuid.len == 36);
	ENT_ASSERT(policy.attribute_count <= ENT_LIMIT_ATTRIBUTES && policy.dissem_count <= ENT_LIMIT_DISSEM);
	return 0;
}
