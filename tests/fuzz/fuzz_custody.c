#include "charter/custody.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The input is a rule, compiled for two originators. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct ent_view text = ent_view_from(data, len);
	const struct ent_view originators[] = { ENT_LIT("au.example"), ENT_LIT("zz") };
	struct ent_error checked = { 0 };
	const bool is_rule = ent_custody_check(text, &checked) == ENT_OK;

	for (size_t i = 0; i < ENT_COUNT(originators); i++) {
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_custody custody;
		struct ent_error err = { 0 };
		size_t objects = 0;

		if (ent_arena_new(&arena, 1u << 20, &err) != ENT_OK ||
		    ent_custody_compile(&custody, arena, text, originators[i], &err) != ENT_OK)
			continue;
		ENT_ASSERT(is_rule);
		ENT_ASSERT(custody.split_count > 0 && custody.members_needed >= 1 && custody.members_needed <= custody.split_count);
		for (size_t s = 0; s < custody.split_count; s++)
			objects += custody.splits[s].member_count;
		ENT_ASSERT(objects == custody.object_count && objects <= ENT_CUSTODY_OBJECTS_MAX);
	}
	return 0;
}
