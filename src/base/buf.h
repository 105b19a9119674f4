/* A growing buffer with a ceiling from birth. Its bytes may move at every append. */
#ifndef ENT_BASE_BUF_H
#define ENT_BASE_BUF_H

#include "base/view.h"

struct ent_buf {
	uint8_t *data;
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* ceiling of len: an append beyond it is ENT_E_LIMIT */
};

/* An empty buffer that may hold up to max bytes; nothing is allocated yet. */
static inline struct ent_buf
ent_buf_with_max(size_t max)
{
	return (struct ent_buf){ NULL, 0, 0, max };
}

/* Free the bytes. The buffer is empty and usable afterwards. The bytes are wiped first. */
void ent_buf_fini(struct ent_buf *buf);

/* Make len 0, keep the allocation. */
void ent_buf_clear(struct ent_buf *buf);

/* Append bytes. ENT_E_LIMIT beyond max, ENT_E_NO_MEMORY; on failure the buffer is unchanged. */
ENT_MUST_USE enum ent_status ent_buf_add(struct ent_buf *buf, struct ent_view bytes, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_buf_add_str(struct ent_buf *buf, const char *text, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_buf_add_byte(struct ent_buf *buf, uint8_t byte, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_buf_printf(struct ent_buf *buf, struct ent_error *err, const char *fmt, ...)
    ENT_PRINTF(3, 4);

/* Append len bytes for the caller to fill; *out points at them until the next append. */
ENT_MUST_USE enum ent_status ent_buf_grow(struct ent_buf *buf, uint8_t **out, size_t len, struct ent_error *err);

/* Drop the first n bytes (n <= len). */
void ent_buf_consume(struct ent_buf *buf, size_t n);

/* Make sure a NUL stands behind the last byte (not counted in len) and return the text. Fails only without memory. */
ENT_MUST_USE enum ent_status ent_buf_cstr(struct ent_buf *buf, const char **out, struct ent_error *err);

static inline struct ent_view
ent_buf_view(const struct ent_buf *buf)
{
	return (struct ent_view){ buf->data, buf->len };
}

#endif
