/* What the tests of net share. */
#ifndef NET_TEST_H
#define NET_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/view.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define assert_view(view, text)                                                                                        \
	do {                                                                                                           \
		struct ent_view view_ = (view);                                                                        \
		assert_int_equal(view_.len, strlen(text));                                                             \
		assert_memory_equal(view_.data, text, view_.len);                                                      \
	} while (0)

#endif
