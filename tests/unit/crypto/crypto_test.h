/* What the tests of this folder share: cmocka and hexadecimal constants. */
#ifndef ENT_TESTS_CRYPTO_TEST_H
#define ENT_TESTS_CRYPTO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/view.h"
#include "codec/base64.h"

/* A view of the bytes that hex says, in a rotating set of buffers. */
static inline struct ent_view
hex(const char *digits)
{
	static uint8_t buffers[8][512];
	static unsigned turn;
	uint8_t *to = buffers[turn++ % 8];
	size_t len = strlen(digits) / 2;

	assert_true(len <= sizeof(buffers[0]));
	assert_int_equal(ent_hex_decode_exact(to, len, ent_view_str(digits), NULL), ENT_OK);
	return ent_view_from(to, len);
}

static inline void
assert_view_equal(struct ent_view have, struct ent_view want)
{
	assert_int_equal(have.len, want.len);
	if (want.len > 0)
		assert_memory_equal(have.data, want.data, want.len);
}

#define assert_ok(call) assert_int_equal((call), ENT_OK)

/* The error's code and that its text names the reason. */
static inline void
assert_refused(enum ent_status have, enum ent_status want, struct ent_error *err, const char *reason)
{
	assert_int_equal(have, want);
	assert_int_equal(err->code, want);
	if (strstr(err->text, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err->text, reason);
	ent_error_clear(err);
}

#endif
