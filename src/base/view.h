/* Borrowed bytes. A view never owns; it is valid as long as what it points into. */
#ifndef ENT_BASE_VIEW_H
#define ENT_BASE_VIEW_H

#include <string.h>

#include "base/status.h"

struct ent_view {
	const uint8_t *data; /* may be NULL only when len is 0 */
	size_t len;          /* bytes */
};

#define ENT_VIEW_NONE ((struct ent_view){ NULL, 0 })
/* A view of a string literal, without its NUL. */
#define ENT_LIT(literal) ((struct ent_view){ (const uint8_t *)("" literal), sizeof(literal) - 1 })
/* For printf("%.*s", ENT_FMT(view)): the view is at most INT_MAX long. */
#define ENT_FMT(view) (int)(view).len, (view).len ? (const char *)(view).data : ""

static inline struct ent_view
ent_view_from(const void *data, size_t len)
{
	return (struct ent_view){ (const uint8_t *)data, len };
}

static inline struct ent_view
ent_view_str(const char *text)
{
	return (struct ent_view){ (const uint8_t *)text, text ? strlen(text) : 0 };
}

/* Not constant time: never for secrets (crypto/secret.h has ent_secret_equal). */
static inline bool
ent_view_eq(struct ent_view a, struct ent_view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool
ent_view_eq_str(struct ent_view a, const char *text)
{
	return ent_view_eq(a, ent_view_str(text));
}

static inline bool
ent_view_starts(struct ent_view a, struct ent_view prefix)
{
	return prefix.len == 0 || (a.data != NULL && a.len >= prefix.len && memcmp(a.data, prefix.data, prefix.len) == 0);
}

/* Bytewise order, shorter first on a common prefix: <0, 0, >0. */
static inline int
ent_view_cmp(struct ent_view a, struct ent_view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.data, b.data, n) : 0;

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

/* The part of v from offset on, at most len bytes; clamped to v. */
static inline struct ent_view
ent_view_slice(struct ent_view v, size_t offset, size_t len)
{
	if (v.data == NULL)
		return ENT_VIEW_NONE; /* its length is 0: said for the analyzer too */
	if (offset > v.len)
		offset = v.len;
	if (len > v.len - offset)
		len = v.len - offset;
	return (struct ent_view){ v.data + offset, len };
}

/* Index of the first byte c at or after from; v.len if there is none. */
static inline size_t
ent_view_find(struct ent_view v, uint8_t c, size_t from)
{
	if (from >= v.len)
		return v.len;
	const uint8_t *hit = (const uint8_t *)memchr(v.data + from, c, v.len - from);

	return hit ? (size_t)(hit - v.data) : v.len;
}

/* Index of the last byte c; v.len if there is none. */
static inline size_t
ent_view_rfind(struct ent_view v, uint8_t c)
{
	for (size_t i = v.len; i > 0; i--)
		if (v.data[i - 1] == c)
			return i - 1;
	return v.len;
}

#endif
