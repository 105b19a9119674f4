#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

/* memset that the optimiser may not drop: buffers may have held secrets. */
static void
wipe(void *p, size_t len)
{
	if (len > 0) {
		memset(p, 0, len);
		__asm__ __volatile__("" : : "r"(p) : "memory");
	}
}

void
ent_buf_fini(struct ent_buf *buf)
{
	wipe(buf->data, buf->cap); /* all of it: what was cleared or consumed may have been a secret too */
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

void
ent_buf_clear(struct ent_buf *buf)
{
	buf->len = 0;
}

/* Room for want bytes in all (and never more than max + 1 for a NUL). */
static enum ent_status
reserve(struct ent_buf *buf, size_t want, struct ent_error *err)
{
	size_t cap = buf->cap ? buf->cap : 64;
	uint8_t *moved;

	if (want <= buf->cap)
		return ENT_OK;
	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : cap * 2;
	/* Not realloc: it would leave a copy of the old bytes behind. */
	moved = malloc(cap);
	if (moved == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a buffer of %zu bytes", cap);
	if (buf->len > 0)
		memcpy(moved, buf->data, buf->len);
	wipe(buf->data, buf->cap);
	free(buf->data);
	buf->data = moved;
	buf->cap = cap;
	return ENT_OK;
}

enum ent_status
ent_buf_grow(struct ent_buf *buf, uint8_t **out, size_t len, struct ent_error *err)
{
	size_t total;

	if (!ent_add_size(&total, buf->len, len) || total > buf->max)
		return ent_fail(err, ENT_E_LIMIT, "a buffer would grow to %zu bytes and more, limit %zu", buf->len, buf->max);
	ENT_TRY(reserve(buf, total > 0 ? total : 1, err)); /* so that *out is a pointer, also to no bytes */
	*out = buf->data + buf->len;
	buf->len = total;
	return ENT_OK;
}

enum ent_status
ent_buf_add(struct ent_buf *buf, struct ent_view bytes, struct ent_error *err)
{
	uint8_t *room;

	if (bytes.len == 0)
		return ENT_OK;
	ENT_TRY(ent_buf_grow(buf, &room, bytes.len, err));
	memcpy(room, bytes.data, bytes.len);
	return ENT_OK;
}

enum ent_status
ent_buf_add_str(struct ent_buf *buf, const char *text, struct ent_error *err)
{
	return ent_buf_add(buf, ent_view_str(text), err);
}

enum ent_status
ent_buf_add_byte(struct ent_buf *buf, uint8_t byte, struct ent_error *err)
{
	return ent_buf_add(buf, ent_view_from(&byte, 1), err);
}

enum ent_status
ent_buf_printf(struct ent_buf *buf, struct ent_error *err, const char *fmt, ...)
{
	va_list args;
	int need;
	size_t at = buf->len;
	uint8_t *room;

	va_start(args, fmt);
	need = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (need < 0)
		return ent_fail(err, ENT_E_INTERNAL, "a format string failed");
	if ((size_t)need > buf->max || at > buf->max - (size_t)need)
		return ent_fail(err, ENT_E_LIMIT, "a buffer would grow beyond its limit of %zu bytes", buf->max);
	ENT_TRY(reserve(buf, at + (size_t)need + 1, err)); /* vsnprintf wants room for its NUL */
	ENT_TRY(ent_buf_grow(buf, &room, (size_t)need, err));
	va_start(args, fmt);
	vsnprintf((char *)room, (size_t)need + 1, fmt, args);
	va_end(args);
	return ENT_OK;
}

void
ent_buf_consume(struct ent_buf *buf, size_t n)
{
	ENT_ASSERT(n <= buf->len);
	if (n == 0)
		return;
	memmove(buf->data, buf->data + n, buf->len - n);
	buf->len -= n;
}

enum ent_status
ent_buf_cstr(struct ent_buf *buf, const char **out, struct ent_error *err)
{
	ENT_TRY(reserve(buf, buf->len + 1, err));
	buf->data[buf->len] = 0;
	*out = (const char *)buf->data;
	return ENT_OK;
}
