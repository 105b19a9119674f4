/* Who receives which record, how it is sealed, and what of another member's is believed (C-46, C-75). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/base64.h"
#include "jose/jwe.h"
#include "node/judge/records.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define UK ENT_LIT("uk.example")
#define AU ENT_LIT("au.example")
#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
#define TIME 1795000000

struct fixture {
	struct ent_arena *arena;
	struct ent_access_doc entry; /* number 7 of uk's log */
	struct ent_record record;
	struct ent_key *key;
};

static struct ent_view
text_of(struct fixture *f, const struct ent_record_doc *record)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65536);
	struct ent_doc doc = { .kind = ENT_DOC_RECORD, .record = *record };
	struct ent_error err = { 0 };
	struct ent_view out;

	if (ent_doc_print(&text, &doc, &err) != ENT_OK)
		fail_msg("%s", err.text);
	assert_ok(ent_arena_dup(f->arena, &out, ent_buf_view(&text), NULL));
	return out;
}

static void
commit_to(struct ent_hash *out, struct ent_view salt, struct ent_view text)
{
	const struct ent_view parts[] = { salt, text };

	ent_sha256_parts(out, parts, ENT_COUNT(parts));
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	static struct ent_reason_line reason = { { (const uint8_t *)"person-project", 14 }, { (const uint8_t *)"-", 1 } };
	struct ent_record_doc full = { .full = true, .request = ENT_LIT("r-1"), .time_unix_s = TIME, .result = ENT_RESULT_REFUSED,
		.party = AU, .person = ENT_LIT("eve@au.example"), .project = ENT_LIT("quantum"), .originator = AU, .file = ENT_LIT(UUID),
		.reasons = &reason, .reason_count = 1, .software = ENT_LIT("ententd \"x\"") };
	struct ent_record_doc brief = { .request = full.request, .time_unix_s = TIME, .result = full.result, .person = full.person,
		.file = full.file, .reasons = &reason, .reason_count = 1 };

	assert_ok(ent_arena_new(&f->arena, 16 << 20, NULL));
	assert_ok(ent_key_generate(&f->key, ENT_KEY_EC_P256, NULL));
	f->record = (struct ent_record){ .index = 7, .full = text_of(f, &full), .full_salt = ENT_LIT("0123456789abcdef0123456789abcdef"),
		.brief = text_of(f, &brief), .brief_salt = ENT_LIT("fedcba9876543210fedcba9876543210") };
	f->entry = (struct ent_access_doc){ .index = 7, .time_unix_s = TIME, .result = ENT_RESULT_REFUSED };
	commit_to(&f->entry.record, f->record.full_salt, f->record.full);
	commit_to(&f->entry.short_record, f->record.brief_salt, f->record.brief);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	ent_arena_free(f->arena);
	ent_key_free(f->key);
	free(f);
	return 0;
}

/* ---- who receives what ---- */

static void
the_originator_gets_the_full_record_and_the_requesters_party_the_short_one(void **state)
{
	static const struct {
		const char *originator, *party;
		enum ent_result result;
		const char *full, *brief; /* NULL: nobody */
	} cases[] = {
		{ "au.example", "uk.example", ENT_RESULT_RELEASED, "au.example", NULL }, /* uk is self */
		{ "au.example", "us.example", ENT_RESULT_RELEASED, "au.example", "us.example" },
		{ "au.example", "us.example", ENT_RESULT_REFUSED, "au.example", "us.example" },
		{ "au.example", "au.example", ENT_RESULT_RELEASED, "au.example", NULL },
		{ "uk.example", "us.example", ENT_RESULT_RELEASED, NULL, "us.example" },
		{ "uk.example", "uk.example", ENT_RESULT_SEALED, NULL, NULL },
		{ "-", "jp.example", ENT_RESULT_REFUSED, NULL, "jp.example" },
		{ "-", "-", ENT_RESULT_REFUSED, NULL, NULL },
		{ "au.example", "us.example", ENT_RESULT_SUMMARY, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(cases); i++) {
		struct ent_record_doc record = { .originator = ent_view_str(cases[i].originator), .party = ent_view_str(cases[i].party),
			.result = cases[i].result };
		struct ent_record_copy copies[ENT_RECORD_COPIES];
		size_t count = ent_record_recipients(copies, &record, UK), at = 0;

		assert_int_equal(count, (cases[i].full != NULL) + (cases[i].brief != NULL));
		if (cases[i].full != NULL) {
			assert_true(copies[at].full);
			assert_true(ent_view_eq_str(copies[at++].party, cases[i].full));
		}
		if (cases[i].brief != NULL) {
			assert_false(copies[at].full);
			assert_true(ent_view_eq_str(copies[at].party, cases[i].brief));
		}
	}
}

/* ---- sealed, opened, believed ---- */

static struct ent_view
payload_of(struct fixture *f, bool full)
{
	ENT_AUTO_FINI(ent_buf) sealed = ent_buf_with_max(ENT_JWE_MAX);
	ENT_AUTO_FINI(ent_buf) plain = ent_buf_with_max(ENT_JWE_PLAIN_MAX);
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	const struct ent_member_key to = { .kid = ENT_LIT("e-0011223344556677"), .public_key = ent_pubkey_spki(ent_key_public(f->key)) };
	struct ent_error err = { 0 };
	struct ent_view out;

	assert_ok(ent_record_seal(&sealed, UK, &f->record, full, &to, &err));
	assert_ok(ent_jwe_parse(&jwe, f->arena, ent_buf_view(&sealed), &err));
	assert_true(ent_view_eq_str(jwe.kid, "e-0011223344556677"));
	assert_ok(ent_jwe_open(&plain, &jwe, f->key, &err));
	assert_ok(ent_arena_dup(f->arena, &out, ent_buf_view(&plain), &err));
	return out;
}

static enum ent_status
check(struct fixture *f, struct ent_view payload, struct ent_view self, struct ent_received *out)
{
	struct ent_error err = { 0 };

	return ent_record_check(out, f->arena, payload, UK, &f->entry, self, &err);
}

static void
what_is_disclosed_honestly_is_believed(void **state)
{
	struct fixture *f = *state;
	struct ent_received got;

	assert_ok(check(f, payload_of(f, true), AU, &got));
	assert_true(got.full);
	assert_int_equal(got.index, 7);
	assert_true(ent_view_eq(got.member, UK));
	assert_true(ent_view_eq(got.text, f->record.full));
	assert_true(ent_view_eq(got.salt, f->record.full_salt));
	assert_true(ent_view_eq_str(got.request, "r-1"));
	assert_true(ent_view_eq_str(got.file, UUID));
	assert_ok(check(f, payload_of(f, false), AU, &got));
	assert_false(got.full);
	assert_true(ent_view_eq(got.text, f->record.brief));
}

/* The honest payload with one member changed: NULL value drops it. */
static struct ent_view
changed(struct fixture *f, const char *name, json_t *value)
{
	struct ent_view payload = payload_of(f, true), out;
	json_t *object = json_loadb((const char *)payload.data, payload.len, 0, NULL);
	char *text;

	if (value != NULL)
		json_object_set_new(object, name, value);
	else
		json_object_del(object, name);
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	assert_ok(ent_arena_dup(f->arena, &out, ent_view_str(text), NULL));
	free(text);
	return out;
}

static void
nothing_else_is_believed(void **state)
{
	struct fixture *f = *state;
	struct ent_received got;
	const char *const members[] = { "log", "index", "kind", "salt", "record" };
	struct ent_access_doc other = f->entry;

	for (size_t i = 0; i < ENT_COUNT(members); i++)
		assert_int_equal(check(f, changed(f, members[i], NULL), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, changed(f, "more", json_true()), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, ENT_LIT("[]"), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, ENT_LIT("{\"log\":1,\"log\":2}"), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, ENT_LIT(""), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, changed(f, "log", json_string("us.example/access")), AU, &got), ENT_E_REFUSED);
	assert_int_equal(check(f, changed(f, "log", json_string("uk.example/statements")), AU, &got), ENT_E_REFUSED);
	assert_int_equal(check(f, changed(f, "log", json_string("uk.example")), AU, &got), ENT_E_REFUSED);
	assert_int_equal(check(f, changed(f, "index", json_integer(8)), AU, &got), ENT_E_REFUSED);
	assert_int_equal(check(f, changed(f, "index", json_integer(-1)), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, changed(f, "kind", json_string("short")), AU, &got), ENT_E_REFUSED);
	assert_int_equal(check(f, changed(f, "kind", json_string("long")), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, changed(f, "salt", json_string("")), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, changed(f, "salt", json_string("AAAA")), AU, &got), ENT_E_SYNTAX);
	assert_int_equal(check(f, changed(f, "salt", json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")), AU, &got), ENT_E_REFUSED);
	assert_int_equal(check(f, changed(f, "record", json_string("record/v1 full\n")), AU, &got), ENT_E_REFUSED);
	/* Right, and of another entry. */
	other.record.bytes[0] ^= 1;
	f->entry = other;
	assert_int_equal(check(f, payload_of(f, true), AU, &got), ENT_E_REFUSED);
}

/* A record that its member disclosed to the wrong one is not taken: it is none of our business. */
static void
a_right_record_for_somebody_else_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ent_received got;

	assert_int_equal(check(f, payload_of(f, true), ENT_LIT("us.example"), &got), ENT_E_REFUSED);
	assert_int_equal(check(f, payload_of(f, false), ENT_LIT("us.example"), &got), ENT_E_REFUSED);
	assert_int_equal(check(f, payload_of(f, false), ENT_LIT("example"), &got), ENT_E_REFUSED);
}

/* What was committed to, and contradicts its entry. */
static void
a_record_of_another_time_or_result_than_its_entry_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ent_received got;

	f->entry.time_unix_s++;
	assert_int_equal(check(f, payload_of(f, true), AU, &got), ENT_E_REFUSED);
	f->entry.time_unix_s--;
	f->entry.result = ENT_RESULT_RELEASED;
	assert_int_equal(check(f, payload_of(f, true), AU, &got), ENT_E_REFUSED);
}

static void
a_committed_text_that_is_no_record_is_refused(void **state)
{
	struct fixture *f = *state;
	struct ent_received got;

	f->record.full = ENT_LIT("anything at all");
	commit_to(&f->entry.record, f->record.full_salt, f->record.full);
	assert_int_equal(check(f, payload_of(f, true), AU, &got), ENT_E_SYNTAX);
	/* A short record under the commitment of the full one. */
	f->record.full = f->record.brief;
	commit_to(&f->entry.record, f->record.full_salt, f->record.full);
	assert_int_equal(check(f, payload_of(f, true), AU, &got), ENT_E_REFUSED);
}

/* ---- lists ---- */

static void
a_list_is_read_as_it_was_written(void **state)
{
	static bool marks[ENT_RECORDS_PER_LIST], back[ENT_RECORDS_PER_LIST];
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_RECORDS_LIST);
	struct ent_error err = { 0 };

	(void)state;
	marks[0] = marks[17] = marks[ENT_RECORDS_PER_LIST - 1] = true;
	assert_ok(ent_record_list_print(&text, marks, 2, &err));
	assert_true(ent_view_eq_str(ent_buf_view(&text), "8192\n8209\n12287\n"));
	assert_ok(ent_record_list_parse(back, 2, ent_buf_view(&text), &err));
	assert_memory_equal(marks, back, sizeof(marks));
	assert_ok(ent_record_list_parse(back, 2, ENT_VIEW_NONE, &err));
	memset(marks, 1, sizeof(marks));
	ent_buf_clear(&text);
	assert_ok(ent_record_list_print(&text, marks, UINT64_MAX / ENT_RECORDS_PER_LIST - 1, &err)); /* the longest fits */
}

static void
a_list_of_anything_else_is_refused(void **state)
{
	static const char *const bad[] = { "0\n1\n1\n", "1\n0\n", "00\n", "01\n", "4096\n", "1", "\n", " 1\n", "-1\n", "1\r\n", "x\n",
		"99999999999999999999999\n", "1\n\n" };
	static bool marks[ENT_RECORDS_PER_LIST];

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		struct ent_error err = { 0 };

		assert_int_equal(ent_record_list_parse(marks, 0, ent_view_str(bad[i]), &err), ENT_E_SYNTAX);
	}
	assert_int_equal(ent_record_list_parse(marks, 1, ENT_LIT("4095\n"), &(struct ent_error){ 0 }), ENT_E_SYNTAX);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_originator_gets_the_full_record_and_the_requesters_party_the_short_one),
		TEST(what_is_disclosed_honestly_is_believed),
		TEST(nothing_else_is_believed),
		TEST(a_right_record_for_somebody_else_is_refused),
		TEST(a_record_of_another_time_or_result_than_its_entry_is_refused),
		TEST(a_committed_text_that_is_no_record_is_refused),
		cmocka_unit_test(a_list_is_read_as_it_was_written),
		cmocka_unit_test(a_list_of_anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
