#include "charter/reason.h"

#include <stdio.h>

static const struct ent_reason_row rows[ENT_REASON_COUNT] = {
#define ENT_REASON(id, name, blocks, outage) [ENT_R_##id] = { name, blocks, outage },
#include "charter/reasons.def"
#undef ENT_REASON
};

const struct ent_reason_row *
ent_reason_row(enum ent_reason_code code)
{
	ENT_ASSERT((unsigned)code < ENT_REASON_COUNT);
	return &rows[code];
}

enum ent_reason_code
ent_reason_from_name(struct ent_view name)
{
	for (size_t i = 0; i < ENT_REASON_COUNT; i++)
		if (ent_view_eq_str(name, rows[i].name))
			return (enum ent_reason_code)i;
	return ENT_REASON_COUNT;
}

static ENT_PRINTF(4, 0) enum ent_status
format(const char **out, struct ent_arena *arena, struct ent_error *err, const char *fmt, va_list args)
{
	va_list again;
	void *room;
	int need;

	va_copy(again, args);
	need = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (need < 0)
		return ent_fail(err, ENT_E_INTERNAL, "a format string failed");
	ENT_TRY(ent_arena_alloc(arena, &room, (size_t)need + 1, 1, err));
	vsnprintf(room, (size_t)need + 1, fmt, args);
	*out = room;
	return ENT_OK;
}

enum ent_status
ent_reasons_add(struct ent_reasons *reasons, struct ent_error *err, enum ent_reason_code code, const char *cite,
    const char *cure, const char *fmt, ...)
{
	struct ent_reason reason = { .code = code, .subject = "", .until_unix_s = INT64_MAX };
	enum ent_status status;
	void *items = reasons->items;
	va_list args;

	ENT_ASSERT((unsigned)code < ENT_REASON_COUNT);
	va_start(args, fmt);
	status = format(&reason.text, reasons->arena, err, fmt, args);
	va_end(args);
	ENT_TRY(status);
	ENT_TRY(ent_arena_strdup(reasons->arena, &reason.cite, ent_view_str(cite[0] != '\0' ? cite : "-"), err));
	ENT_TRY(ent_arena_strdup(reasons->arena, &reason.cure, ent_view_str(cure), err));
	ENT_TRY(ent_arena_push(reasons->arena, &items, reasons->count, &reasons->cap, sizeof(reason), err));
	reasons->items = items;
	reasons->items[reasons->count++] = reason;
	return ENT_OK;
}

enum ent_status
ent_reasons_about(struct ent_reasons *reasons, struct ent_error *err, const char *subject, int64_t until_unix_s)
{
	ENT_ASSERT(reasons->count > 0);
	reasons->items[reasons->count - 1].until_unix_s = until_unix_s;
	return ent_arena_strdup(reasons->arena, &reasons->items[reasons->count - 1].subject, ent_view_str(subject), err);
}

bool
ent_reasons_block(const struct ent_reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (rows[reasons->items[i].code].blocks)
			return true;
	return false;
}

bool
ent_reasons_outage(const struct ent_reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (rows[reasons->items[i].code].blocks && !rows[reasons->items[i].code].outage)
			return false;
	return ent_reasons_block(reasons);
}
