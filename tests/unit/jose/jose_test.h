/* What the tests of this folder share: cmocka, an arena and keys for each test, tokens of any header. */
#ifndef ENT_TESTS_JOSE_TEST_H
#define ENT_TESTS_JOSE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/base64.h"
#include "jose/jws.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

/* The error's code and that its text names the reason. */
static inline void
assert_refused(enum ent_status have, enum ent_status want, struct ent_error *err, const char *reason)
{
	if (have != want || err->code != want)
		fail_msg("status %s, not %s: %s", ent_status_row(have)->name, ent_status_row(want)->name, err->text);
	if (strstr(err->text, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err->text, reason);
	ent_error_clear(err);
}

struct fixture {
	struct ent_arena *arena;
	struct ent_key *key;
	struct ent_key *other;
};

static inline int
set_up(void **state)
{
	static struct fixture f;

	assert_ok(ent_arena_new(&f.arena, 8 << 20, NULL));
	assert_ok(ent_key_generate(&f.key, ENT_KEY_EC_P256, NULL));
	assert_ok(ent_key_generate(&f.other, ENT_KEY_EC_P256, NULL));
	*state = &f;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct fixture *f = *state;

	ent_arena_free(f->arena);
	ent_key_free(f->key);
	ent_key_free(f->other);
	return 0;
}

/* A compact JWS of exactly these texts, signed by key: what ent_jws_sign would never make. */
static inline struct ent_view
forge(struct fixture *f, struct ent_view header, struct ent_view payload, const struct ent_key *key)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(1 << 20);
	ENT_AUTO_FINI(ent_buf) signature = ent_buf_with_max(64);
	struct ent_view kept;

	assert_ok(ent_base64_encode(&token, ENT_BASE64_URL, header, NULL));
	assert_ok(ent_buf_add_byte(&token, '.', NULL));
	assert_ok(ent_base64_encode(&token, ENT_BASE64_URL, payload, NULL));
	assert_ok(ent_key_sign_jws(key, &signature, ent_buf_view(&token), NULL));
	assert_ok(ent_buf_add_byte(&token, '.', NULL));
	assert_ok(ent_base64_encode(&token, ENT_BASE64_URL, ent_buf_view(&signature), NULL));
	assert_ok(ent_arena_dup(f->arena, &kept, ent_buf_view(&token), NULL));
	return kept;
}

#endif
