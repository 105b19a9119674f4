#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ent_error_row rows[ENT_STATUS_COUNT] = {
	[ENT_OK] = { "ok", 200, ENT_EXIT_DONE, ENT_TO_ALL, "ok" },
#define ENT_ERROR(id, name, http, exit_code, audience, public_text)                                                    \
	[ENT_E_##id] = { name, http, exit_code, audience, public_text },
#include "base/errors.def"
#undef ENT_ERROR
};

const struct ent_error_row *
ent_status_row(enum ent_status status)
{
	ENT_ASSERT((unsigned)status < ENT_STATUS_COUNT);
	return &rows[status];
}

enum ent_status
ent_status_from_name(const char *name)
{
	for (size_t i = 0; i < ENT_STATUS_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return (enum ent_status)i;
	return ENT_STATUS_COUNT;
}

void
ent_error_set(struct ent_error *err, enum ent_status status, const char *fmt, ...)
{
	va_list args;

	if (err == NULL || err->code != ENT_OK)
		return;
	err->code = status;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
}

void
ent_error_set_errno(struct ent_error *err, enum ent_status status, int errnum, const char *fmt, ...)
{
	va_list args;
	size_t used;

	if (err == NULL || err->code != ENT_OK)
		return;
	err->code = status;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(errnum));
}

enum ent_status
ent_error_context(struct ent_error *err, const char *fmt, ...)
{
	char old[ENT_ERROR_TEXT_MAX];
	va_list args;
	size_t used;

	if (err == NULL)
		return ENT_E_INTERNAL;
	memcpy(old, err->text, sizeof(old));
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", old);
	return err->code;
}

void
ent_error_clear(struct ent_error *err)
{
	err->code = ENT_OK;
	err->text[0] = '\0';
}

void
ent_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: internal error: %s\n", file, line, condition);
	abort();
}
