#include "note_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void
a_key_line_of_go_is_read(void **state)
{
	struct ent_vkey key = vkey_of(DOE_KEY);

	(void)state;
	assert_true(ent_view_eq_str(key.name, "au.example/officer/doe"));
	assert_true(ent_view_eq_str(key.line, DOE_KEY));
	assert_int_equal(key.id, 0x7143bec7);
	assert_int_equal(key.type, ENT_NOTE_TYPE_ED25519);
}

static void
a_wrong_key_line_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"+",
		"++",
		"doe",
		"doe+7143bec7",
		"doe+7143bec7+",
		"+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk",                        /* no name */
		"au.example/officer/dou+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk",  /* hash of another name */
		"au.example/officer/doe+7143bec8+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk",  /* another hash */
		"au.example/officer/doe+7143BEC7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk",  /* upper case */
		"au.example/officer/doe+143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk",   /* seven digits */
		"au.example/officer/doe+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZ",   /* cut */
		"au.example/officer/doe+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk ", /* trailing space */
		"au.example/officer/doe+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk\n",
		"au.example/officer/doe+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZkAA==",
		"au.example officer/doe+7143bec7+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk",
		"x+0ad4aa59+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* small order */
	};
	struct ent_vkey key;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_error err = { 0 };

		assert_int_equal(ent_vkey_parse(&key, ent_view_str(bad[i]), ENT_NOTE_TYPE_ED25519, &err), ENT_E_SYNTAX);
	}
}

static void
a_key_serves_only_the_role_of_its_type(void **state)
{
	ENT_AUTO(ent_signer) witness = NULL;
	struct ent_error err = { 0 };
	struct ent_vkey key;

	(void)state;
	assert_int_equal(ent_vkey_parse(&key, ENT_LIT(DOE_KEY), ENT_NOTE_TYPE_COSIGNATURE, &err), ENT_E_SYNTAX);
	ent_error_clear(&err);
	assert_ok(ent_signer_generate(&witness, ENT_LIT("au.example/witness"), ENT_NOTE_TYPE_COSIGNATURE, &err));
	assert_ok(ent_vkey_parse(&key, ent_signer_vkey(witness)->line, ENT_NOTE_TYPE_COSIGNATURE, &err));
	assert_int_equal(ent_vkey_parse(&key, ent_signer_vkey(witness)->line, ENT_NOTE_TYPE_ED25519, &err), ENT_E_SYNTAX);
	ent_error_clear(&err);
	assert_int_equal(ent_signer_generate(&witness, ENT_LIT("x"), 2, &err), ENT_E_UNSUPPORTED);
}

static void
a_wrong_secret_line_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		DOE_KEY,
		"PRIVATE+KEY+",
		"PRIVATE+KEY+doe",
		"PRIVATE+KEY+au.example/officer/doe+7143bec8+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
		"PRIVATE+KEY+au.example/officer/doe+7143bec7+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8h",
		"PRIVATE+KEY+au.example/officer/doe+7143bec7+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n",
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_signer *signer = NULL;
		struct ent_error err = { 0 };

		assert_int_equal(ent_signer_parse(&signer, ent_view_str(bad[i]), &err), ENT_E_SYNTAX);
		assert_null(signer);
		assert_null(strstr(err.text, "AQECAw")); /* no secret in an error */
	}
}

static void
names_have_at_most_255_bytes(void **state)
{
	char name[ENT_NOTE_NAME_MAX + 1];

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t len = ENT_NOTE_NAME_MAX; len <= ENT_NOTE_NAME_MAX + 1; len++) {
		ENT_AUTO(ent_signer) signer = NULL;
		struct ent_error err = { 0 };
		struct ent_vkey key;
		enum ent_status status =
		    ent_signer_generate(&signer, ent_view_from(name, len), ENT_NOTE_TYPE_ED25519, &err);

		assert_int_equal(status, len <= ENT_NOTE_NAME_MAX ? ENT_OK : ENT_E_INPUT);
		if (status == ENT_OK)
			assert_ok(ent_vkey_parse(&key, ent_signer_vkey(signer)->line, ENT_NOTE_TYPE_ED25519, &err));
	}
}

static void
a_saved_key_is_private_and_is_never_overwritten(void **state)
{
	ENT_AUTO(ent_signer) doe = signer_of(DOE_SECRET);
	ENT_AUTO(ent_signer) again = NULL;
	char dir[] = "/tmp/entente-key-XXXXXX";
	char path[64], text[200];
	struct ent_error err = { 0 };
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/doe.key", dir);
	assert_int_equal(ent_signer_load(&again, path, &err), ENT_E_NOT_FOUND);
	ent_error_clear(&err);
	assert_ok(ent_signer_save(doe, path, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, DOE_SECRET "\n");
	assert_int_equal(ent_signer_save(doe, path, &err), ENT_E_EXISTS);
	ent_error_clear(&err);
	assert_ok(ent_signer_load(&again, path, &err));
	assert_true(ent_view_eq_str(ent_signer_vkey(again)->line, DOE_KEY));
	unlink(path);
	rmdir(dir);
}

static void
a_key_file_that_others_may_read_is_refused(void **state)
{
	static const mode_t open_modes[] = { 0640, 0604, 0620, 0610, 0644 };
	ENT_AUTO(ent_signer) doe = signer_of(DOE_SECRET);
	char dir[] = "/tmp/entente-key-XXXXXX";
	char path[64];
	struct ent_error err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/doe.key", dir);
	assert_ok(ent_signer_save(doe, path, &err));
	for (size_t i = 0; i < ENT_COUNT(open_modes); i++) {
		struct ent_signer *again = NULL;

		assert_int_equal(chmod(path, open_modes[i]), 0);
		ent_error_clear(&err);
		assert_int_equal(ent_signer_load(&again, path, &err), ENT_E_CONFIG);
		assert_null(again);
	}
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_line_of_go_is_read),
		cmocka_unit_test(a_wrong_key_line_is_refused),
		cmocka_unit_test(a_key_serves_only_the_role_of_its_type),
		cmocka_unit_test(a_wrong_secret_line_is_refused),
		cmocka_unit_test(names_have_at_most_255_bytes),
		cmocka_unit_test(a_saved_key_is_private_and_is_never_overwritten),
		cmocka_unit_test(a_key_file_that_others_may_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
