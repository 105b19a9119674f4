#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "home/account.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)

static void
a_secret_verifies_and_another_does_not(void **state)
{
	char secret[ENT_ACCOUNT_SECRET_SIZE], other[ENT_ACCOUNT_SECRET_SIZE], hash[ENT_ACCOUNT_HASH_SIZE];
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_account_secret_new(secret, &err));
	assert_ok(ent_account_secret_new(other, &err));
	assert_int_equal(strlen(secret), ENT_ACCOUNT_SECRET_SIZE - 1);
	assert_string_not_equal(secret, other);
	assert_ok(ent_account_secret_hash(hash, ent_view_str(secret), &err));
	assert_ok(ent_account_secret_verify(hash, ent_view_str(secret), &err));
	assert_int_equal(ent_account_secret_verify(hash, ent_view_str(other), &err), ENT_E_UNAUTHENTICATED);
	assert_int_equal(ent_account_secret_verify(hash, ENT_VIEW_NONE, &err), ENT_E_UNAUTHENTICATED);
}

static void
the_kept_form_says_argon2id_with_our_parameters_and_a_fresh_salt(void **state)
{
	char one[ENT_ACCOUNT_HASH_SIZE], two[ENT_ACCOUNT_HASH_SIZE];
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_account_secret_hash(one, ENT_LIT("secret"), &err));
	assert_ok(ent_account_secret_hash(two, ENT_LIT("secret"), &err));
	assert_memory_equal(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
	assert_string_not_equal(one, two);
}

/* "password" and "saltsaltsaltsalt", by Python's cryptography 48. */
#define KNOWN_HASH "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$T95q7S205tf9WI4HhYOZDIQmMMAbntacGXTIku0gXT8"

static void
a_hash_of_another_implementation_verifies(void **state)
{
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_account_secret_verify(KNOWN_HASH, ENT_LIT("password"), &err));
	assert_int_equal(ent_account_secret_verify(KNOWN_HASH, ENT_LIT("passwore"), &err), ENT_E_UNAUTHENTICATED);
}

static void
an_unknown_account_is_refused_like_a_wrong_secret(void **state)
{
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(ent_account_secret_verify(NULL, ENT_LIT("secret"), &err), ENT_E_UNAUTHENTICATED);
}

/* Else whoever writes to the store could make each login cost gigabytes, or nothing. */
static void
parameters_are_never_taken_from_the_store(void **state)
{
	static const char *const bad[] = {
		"", "secret", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_error err = { 0 };

		assert_int_equal(ent_account_secret_verify(bad[i], ENT_LIT("secret"), &err), ENT_E_CONFIG);
	}
}

static void
presented_secrets_are_limited(void **state)
{
	char secret[ENT_ACCOUNT_SECRET_MAX + 1];
	struct ent_error err = { 0 };

	(void)state;
	memset(secret, 'x', sizeof(secret));
	assert_int_equal(ent_account_secret_verify(NULL, ent_view_from(secret, ENT_ACCOUNT_SECRET_MAX + 1), &err), ENT_E_LIMIT);
	ent_error_clear(&err);
	assert_int_equal(ent_account_secret_verify(NULL, ent_view_from(secret, ENT_ACCOUNT_SECRET_MAX), &err), ENT_E_UNAUTHENTICATED);
}

static void
names_are_printable_ascii_without_space_and_at(void **state)
{
	char longest[ENT_ACCOUNT_NAME_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_true(ent_account_name_valid(ENT_LIT("alice")));
	assert_true(ent_account_name_valid(ENT_LIT("!~")));
	assert_true(ent_account_name_valid(ent_view_from(longest, ENT_ACCOUNT_NAME_MAX)));
	assert_false(ent_account_name_valid(ent_view_from(longest, ENT_ACCOUNT_NAME_MAX + 1)));
	assert_false(ent_account_name_valid(ENT_VIEW_NONE));
	assert_false(ent_account_name_valid(ENT_LIT("a b")));
	assert_false(ent_account_name_valid(ENT_LIT("a@b")));
	assert_false(ent_account_name_valid(ENT_LIT("a\tb")));
	assert_false(ent_account_name_valid(ENT_LIT("a\x7f")));
	assert_false(ent_account_name_valid(ENT_LIT("\xc3\xa4")));
	assert_false(ent_account_name_valid(ENT_LIT("a\0b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_verifies_and_another_does_not),
		cmocka_unit_test(the_kept_form_says_argon2id_with_our_parameters_and_a_fresh_salt),
		cmocka_unit_test(a_hash_of_another_implementation_verifies),
		cmocka_unit_test(an_unknown_account_is_refused_like_a_wrong_secret),
		cmocka_unit_test(parameters_are_never_taken_from_the_store),
		cmocka_unit_test(presented_secrets_are_limited),
		cmocka_unit_test(names_are_printable_ascii_without_space_and_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
