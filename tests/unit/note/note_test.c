#include "note_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static enum ent_status
parse_only(struct ent_view bytes)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_note note;
	enum ent_status status;

	assert_ok(ent_arena_new(&arena, 65536, &err));
	status = ent_note_parse(&note, arena, bytes, &err);
	assert_int_equal(status, err.code);
	return status;
}

static void
assert_refused(struct ent_view bytes, enum ent_status want)
{
	/* On the heap and without a NUL, so that the sanitizer sees a read behind the end. */
	uint8_t *copy = malloc(bytes.len ? bytes.len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes.data, bytes.len);
	assert_int_equal(parse_only(ent_view_from(copy, bytes.len)), want);
	free(copy);
}

static void
verify(struct ent_view bytes, const struct ent_vkey *keys, size_t key_count, enum ent_status want, size_t want_count,
    bool *good)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_note note;
	size_t count;

	assert_ok(ent_arena_new(&arena, 65536, &err));
	assert_ok(ent_note_parse(&note, arena, bytes, &err));
	assert_int_equal(ent_note_verify(&note, keys, key_count, good, &count, &err), want);
	if (want == ENT_OK)
		assert_int_equal(count, want_count);
}

static void
a_note_signed_by_go_is_read_and_verified(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_vkey keys[] = { vkey_of(POE_KEY), vkey_of(DOE_KEY) };
	struct ent_note note;
	struct ent_hash hash, want;
	bool good[2];
	size_t count;

	(void)state;
	assert_ok(ent_arena_new(&arena, 65536, &err));
	assert_ok(ent_note_parse(&note, arena, ENT_LIT(STOP_TEXT "\n" DOE_LINE UNKNOWN_LINE POE_LINE), &err));
	assert_true(ent_view_eq(note.text, ENT_LIT(STOP_TEXT)));
	assert_int_equal(note.signature_count, 3);
	assert_true(ent_view_eq_str(note.signatures[0].name, "au.example/officer/doe"));
	assert_int_equal(note.signatures[0].id, 0x7143bec7);
	assert_int_equal(note.signatures[0].bytes.len, 64);
	assert_ok(ent_note_verify(&note, keys, 2, good, &count, &err));
	assert_int_equal(count, 2);
	assert_true(good[0] && good[1]);
	assert_ok(ent_note_verify_one(&note, &keys[1], &err));
	ent_note_hash(&hash, &note);
	ent_sha256(&want, ENT_LIT(STOP_TEXT));
	assert_true(ent_hash_eq(&hash, &want));
}

static void
our_signatures_are_the_same_bytes_as_those_of_go(void **state)
{
	ENT_AUTO(ent_signer) doe = signer_of(DOE_SECRET);
	ENT_AUTO(ent_signer) poe = signer_of(POE_SECRET);
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);
	const struct ent_signer *both[] = { doe, poe };
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(ent_note_sign(&out, ENT_LIT(STOP_TEXT), both, 2, &err));
	assert_true(ent_view_eq(ent_buf_view(&out), ENT_LIT(STOP_TEXT "\n" DOE_LINE POE_LINE)));
}

static void
a_note_of_wrong_shape_is_refused(void **state)
{
	static const struct ent_view bad[] = {
		ENT_LIT(""),
		ENT_LIT("\n"),
		ENT_LIT("\n\n"),
		ENT_LIT(STOP_TEXT),
		ENT_LIT(STOP_TEXT "\n"),
		ENT_LIT(STOP_TEXT DOE_LINE),                      /* no empty line */
		ENT_LIT("\n" DOE_LINE),                           /* no text */
		ENT_LIT("\n\n" DOE_LINE),                         /* only an empty line as text */
		ENT_LIT("\n" STOP_TEXT "\n" DOE_LINE),            /* text starts with an empty line */
		ENT_LIT(STOP_TEXT "\n" DOE_LINE "\n"),            /* trailing empty line */
		ENT_LIT(STOP_TEXT "\n" DOE_LINE "more\n"),        /* trailing text */
		ENT_LIT(STOP_TEXT "\n\n" DOE_LINE),               /* two empty lines */
		ENT_LIT(STOP_TEXT "\n" UNKNOWN_LINE "by mallory\n\n" DOE_LINE), /* text with an empty line and a fake signature */
		ENT_LIT(STOP_TEXT "\n" DOE_LINE "\n" POE_LINE),   /* signatures in two groups */
		ENT_LIT(STOP_TEXT "\n" DASH "doe AAAAAAE="),      /* no newline at the end */
		ENT_LIT(STOP_TEXT "\n" DASH "doe\n"),             /* no signature */
		ENT_LIT(STOP_TEXT "\n" DASH "doe \n"),
		ENT_LIT(STOP_TEXT "\n" DASH " AAAAAAE=\n"),       /* no name */
		ENT_LIT(STOP_TEXT "\n" DASH "doe  AAAAAAE=\n"),   /* two spaces */
		ENT_LIT(STOP_TEXT "\n" DASH "doe AAAAAAE= \n"),   /* trailing space */
		ENT_LIT(STOP_TEXT "\n" DASH "do+e AAAAAAE=\n"),   /* plus in a name */
		ENT_LIT(STOP_TEXT "\n" DASH "do\xe2\x80\xa8""e AAAAAAE=\n"), /* U+2028 is a space */
		ENT_LIT(STOP_TEXT "\n" DASH "do\xc2\xa0""e AAAAAAE=\n"),     /* U+00A0 too */
		ENT_LIT(STOP_TEXT "\n" DASH "doe AAAAAA==\n"),    /* a key id and nothing */
		ENT_LIT(STOP_TEXT "\n" DASH "doe AAAAAAE\n"),     /* padding missing */
		ENT_LIT(STOP_TEXT "\n" DASH "doe AAAAAAF=\n"),    /* stray bits */
		ENT_LIT(STOP_TEXT "\n" DASH "doe AAAA-AE=\n"),    /* the other alphabet */
		ENT_LIT(STOP_TEXT "\n- doe AAAAAAE=\n"),          /* hyphen */
		ENT_LIT(STOP_TEXT "\n\xe2\x80\x93 doe AAAAAAE=\n"), /* en dash */
		ENT_LIT(STOP_TEXT "\n" DOE_LINE DOE_LINE),        /* one key twice */
		ENT_LIT("a\r\nb\r\n\r\n" DOE_LINE),               /* CRLF */
		ENT_LIT("a\r\n\n" DOE_LINE),
		ENT_LIT("a\tb\n\n" DOE_LINE),
		ENT_LIT("a\0b\n\n" DOE_LINE),
		ENT_LIT("\xef\xbb\xbf" STOP_TEXT "\n" DOE_LINE),  /* byte order mark */
		ENT_LIT("a\xff\n\n" DOE_LINE),
		ENT_LIT("a\xc0\x8a\n\n" DOE_LINE),                /* overlong LF */
		ENT_LIT("a\xe0\x80\x8a\n\n" DOE_LINE),
		ENT_LIT("a\xf0\x80\x80\x8a\n\n" DOE_LINE),
		ENT_LIT("a\xed\xa0\x80\n\n" DOE_LINE),            /* surrogate */
		ENT_LIT("a\xf4\x90\x80\x80\n\n" DOE_LINE),        /* above U+10FFFF */
		ENT_LIT("a\xf8\x88\x80\x80\x80\n\n" DOE_LINE),    /* five bytes */
		ENT_LIT("a\xe2\x80\n\n" DOE_LINE),                /* cut */
		ENT_LIT(STOP_TEXT "\n" DOE_LINE "\xe2"),
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		if (parse_only(bad[i]) != ENT_E_SYNTAX)
			print_error("case %zu\n", i);
		assert_refused(bad[i], ENT_E_SYNTAX);
	}
}

/* STOP_TEXT, an empty line and count lines of keys k0, k1 ... */
static void
many_lines(struct ent_buf *out, size_t count)
{
	struct ent_error err = { 0 };

	assert_ok(ent_buf_add_str(out, STOP_TEXT "\n", &err));
	for (size_t i = 0; i < count; i++)
		assert_ok(ent_buf_printf(out, &err, DASH "k%zu AAAAAAE=\n", i));
}

/* C-2 */
static void
sixty_four_signature_lines_are_the_limit(void **state)
{
	static const struct {
		size_t lines;
		enum ent_status want;
	} cases[] = { { 64, ENT_OK }, { 65, ENT_E_LIMIT }, { 3000, ENT_E_LIMIT } };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);

		many_lines(&out, cases[i].lines);
		assert_int_equal(parse_only(ent_buf_view(&out)), cases[i].want);
	}
}

static void
a_note_has_at_most_65535_bytes(void **state)
{
	static const char tail[] = "\n\n" DOE_LINE;
	uint8_t *bytes = malloc(ENT_NOTE_MAX + 1);

	(void)state;
	assert_non_null(bytes);
	for (size_t len = ENT_NOTE_MAX; len <= ENT_NOTE_MAX + 1; len++) {
		memset(bytes, 'a', len);
		memcpy(bytes + len - strlen(tail), tail, strlen(tail));
		assert_int_equal(parse_only(ent_view_from(bytes, len)), len <= ENT_NOTE_MAX ? ENT_OK : ENT_E_LIMIT);
	}
	free(bytes);
}

static void
a_changed_byte_anywhere_in_the_text_breaks_the_signature(void **state)
{
	char note[] = STOP_TEXT "\n" DOE_LINE;
	struct ent_vkey doe = vkey_of(DOE_KEY);
	bool good;

	(void)state;
	for (size_t i = 0; i < strlen("charter/v1 statement stop"); i++) {
		note[i] ^= 1;
		if (note[i] >= ' ')
			verify(ent_view_str(note), &doe, 1, ENT_E_SIGNATURE, 0, &good);
		note[i] ^= 1;
	}
	verify(ent_view_str(note), &doe, 1, ENT_OK, 1, &good);
}

/* C-2 */
static void
a_bad_signature_of_a_known_key_refuses_the_note_though_another_is_good(void **state)
{
	struct ent_vkey keys[] = { vkey_of(DOE_KEY), vkey_of(POE_KEY) };
	bool good[2];

	(void)state;
	/* poe's line with one bit changed, and one that is too short. */
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE DASH "uk.example/officer/poe "
	    "KbvkqiGnkwo/rOTtmDyBrQGiSGx8QFOhX85pmZQ1V5HXolWlLvJVSpgNzHOo9HNWrCzmDxYA6d+Llm3LmiJ0n3oOPwE=\n"),
	    keys, 2, ENT_E_SIGNATURE, 0, good);
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE DASH "uk.example/officer/poe KbvkqgE=\n"), keys, 2, ENT_E_SIGNATURE, 0, good);
	/* The key id of poe under another name is an unknown key. */
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE DASH "uk.example/officer/pou KbvkqgE=\n"), keys, 2, ENT_OK, 1, good);
	assert_true(good[0] && !good[1]);
}

static void
unknown_keys_are_ignored_and_sign_nothing(void **state)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_vkey poe = vkey_of(POE_KEY);
	struct ent_error err = { 0 };
	struct ent_note note;
	bool good;

	(void)state;
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE), &poe, 1, ENT_OK, 0, &good);
	assert_false(good);
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE), NULL, 0, ENT_OK, 0, NULL);
	assert_ok(ent_arena_new(&arena, 65536, &err));
	assert_ok(ent_note_parse(&note, arena, ENT_LIT(STOP_TEXT "\n" DOE_LINE), &err));
	assert_int_equal(ent_note_verify_one(&note, &poe, &err), ENT_E_SIGNATURE);
}

/* C-2 */
static void
one_public_key_under_two_names_counts_once(void **state)
{
	ENT_AUTO(ent_signer) doe = signer_of(DOE_SECRET);
	ENT_AUTO(ent_signer) roe = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error err = { 0 };
	struct ent_hash h;
	struct ent_view parts[] = { ENT_LIT("au.example/officer/roe\n\x01"), { ent_signer_vkey(doe)->key, 32 } };
	char line[200];
	bool good[2];

	(void)state;
	ent_sha256_parts(&h, parts, 2);
	snprintf(line, sizeof(line), "PRIVATE+KEY+au.example/officer/roe+%08x+AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
	    (unsigned)h.bytes[0] << 24 | (unsigned)h.bytes[1] << 16 | (unsigned)h.bytes[2] << 8 | h.bytes[3]);
	roe = signer_of(line);
	assert_ok(ent_note_sign(&out, ENT_LIT(STOP_TEXT), (const struct ent_signer *[]){ doe, roe }, 2, &err));
	struct ent_vkey keys[] = { *ent_signer_vkey(doe), *ent_signer_vkey(roe) };
	verify(ent_buf_view(&out), keys, 2, ENT_OK, 1, good);
	assert_true(good[0] && good[1]);
}

static void
a_key_id_collision_neither_forges_nor_hides_a_signature(void **state)
{
	/* 32 bits can be searched: pretend that somebody found a key with doe's name and id. */
	struct ent_vkey keys[] = { vkey_of(DOE_KEY), vkey_of(DOE_KEY) };
	struct ent_vkey other = vkey_of(POE_KEY);
	bool good[2];

	(void)state;
	memcpy(keys[0].key, other.key, sizeof(other.key));
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE), keys, 2, ENT_OK, 1, good);
	assert_true(!good[0] && good[1]);
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE), keys, 1, ENT_E_SIGNATURE, 0, good);
}

static void
a_witness_key_signs_no_notes(void **state)
{
	ENT_AUTO(ent_signer) witness = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error err = { 0 };
	struct ent_vkey key = vkey_of(DOE_KEY);
	bool good;

	(void)state;
	assert_ok(ent_signer_generate(&witness, ENT_LIT("au.example/witness"), ENT_NOTE_TYPE_COSIGNATURE, &err));
	assert_int_equal(ent_note_sign(&out, ENT_LIT(STOP_TEXT), (const struct ent_signer *[]){ witness }, 1, &err), ENT_E_INPUT);
	assert_int_equal(out.len, 0);
	key.type = ENT_NOTE_TYPE_COSIGNATURE;
	verify(ENT_LIT(STOP_TEXT "\n" DOE_LINE), &key, 1, ENT_E_INPUT, 0, &good);
}

static void
signing_refuses_what_parsing_would_refuse(void **state)
{
	static const struct ent_view bad[] = { ENT_LIT(""), ENT_LIT("\n"), ENT_LIT("a"), ENT_LIT("a\n\nb\n"), ENT_LIT("\na\n"),
		ENT_LIT("a\r\n"), ENT_LIT("\xff\n"), ENT_LIT("a\n\n") };
	ENT_AUTO(ent_signer) doe = signer_of(DOE_SECRET);
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);
	const struct ent_signer *twice[] = { doe, doe };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_error err = { 0 };

		assert_int_equal(ent_note_sign(&out, bad[i], twice, 1, &err), ENT_E_SYNTAX);
	}
	struct ent_error err = { 0 };
	assert_int_equal(ent_note_sign(&out, ENT_LIT("a\n"), twice, 2, &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_int_equal(ent_note_sign(&out, ENT_LIT("a\n"), twice, 0, &err), ENT_E_INPUT);
	assert_int_equal(out.len, 0);
}

static enum ent_status
merge(struct ent_buf *out, struct ent_view a, struct ent_view b)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_note na, nb;

	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	assert_ok(ent_note_parse(&na, arena, a, &err));
	assert_ok(ent_note_parse(&nb, arena, b, &err));
	return ent_note_merge(out, &na, &nb, &err);
}

static void
merging_is_the_union_of_the_signature_lines(void **state)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO_FINI(ent_buf) full = ent_buf_with_max(ENT_NOTE_MAX);

	(void)state;
	assert_ok(merge(&out, ENT_LIT(STOP_TEXT "\n" DOE_LINE), ENT_LIT(STOP_TEXT "\n" POE_LINE DOE_LINE)));
	assert_true(ent_view_eq(ent_buf_view(&out), ENT_LIT(STOP_TEXT "\n" DOE_LINE POE_LINE)));
	ent_buf_clear(&out);
	assert_int_equal(merge(&out, ENT_LIT(STOP_TEXT "\n" DOE_LINE), ENT_LIT("a\n\n" DOE_LINE)), ENT_E_INPUT);
	assert_int_equal(merge(&out, ENT_LIT("a\n\n" DASH "k AAAAAAE=\n"), ENT_LIT("a\n\n" DASH "k AAAAAAI=\n")), ENT_E_SIGNATURE);
	many_lines(&full, 64);
	assert_int_equal(merge(&out, ent_buf_view(&full), ENT_LIT(STOP_TEXT "\n" DOE_LINE)), ENT_E_LIMIT);
	assert_int_equal(out.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_note_signed_by_go_is_read_and_verified),
		cmocka_unit_test(our_signatures_are_the_same_bytes_as_those_of_go),
		cmocka_unit_test(a_note_of_wrong_shape_is_refused),
		cmocka_unit_test(sixty_four_signature_lines_are_the_limit),
		cmocka_unit_test(a_note_has_at_most_65535_bytes),
		cmocka_unit_test(a_changed_byte_anywhere_in_the_text_breaks_the_signature),
		cmocka_unit_test(a_bad_signature_of_a_known_key_refuses_the_note_though_another_is_good),
		cmocka_unit_test(unknown_keys_are_ignored_and_sign_nothing),
		cmocka_unit_test(one_public_key_under_two_names_counts_once),
		cmocka_unit_test(a_key_id_collision_neither_forges_nor_hides_a_signature),
		cmocka_unit_test(a_witness_key_signs_no_notes),
		cmocka_unit_test(signing_refuses_what_parsing_would_refuse),
		cmocka_unit_test(merging_is_the_union_of_the_signature_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
