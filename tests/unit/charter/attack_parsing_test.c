/*
 * Attacks by texts that could be read in two ways (charter section 11, Parsing), in signed notes: whoever signs them, officers included,
 * no reader takes them for the statement that they look like. docs_attack_test.c tries the texts alone, at every line.
 */
#include "attack_fixture.h"

/* Where the first of these is; it must be there. */
static size_t
place_of(struct ent_view text, const char *needle)
{
	const uint8_t *hit = memmem(text.data, text.len, needle, strlen(needle));

	assert_non_null(hit);
	return (size_t)(hit - text.data);
}

/* text with the bytes [at, at + drop) replaced. */
static void
splice(struct ent_buf *out, struct ent_view text, size_t at, size_t drop, struct ent_view with)
{
	struct ent_error err = { 0 };

	ent_buf_clear(out);
	assert_ok(ent_buf_add(out, ent_view_slice(text, 0, at), &err));
	assert_ok(ent_buf_add(out, with, &err));
	assert_ok(ent_buf_add(out, ent_view_slice(text, at + drop, text.len), &err));
}

static void
replace(struct ent_buf *out, struct ent_view text, const char *from, struct ent_view to)
{
	splice(out, text, place_of(text, from), strlen(from), to);
}

/* Where the n-th line from 0 begins; n beyond the last: the end. */
static size_t
line_at(struct ent_view text, size_t n)
{
	size_t at = 0;

	for (; n > 0 && at < text.len; n--)
		at = ent_view_find(text, '\n', at) + 1;
	return at;
}

static void
with_crlf(struct ent_buf *out, struct ent_view text)
{
	struct ent_error err = { 0 };

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\n')
			assert_ok(ent_buf_add_byte(out, '\r', &err));
		assert_ok(ent_buf_add_byte(out, text.data[i], &err));
	}
}

static void
with_bytes_at_a_line_end(struct ent_buf *out, struct ent_view text, struct ent_view bytes)
{
	splice(out, text, line_at(text, 2) - 1, 0, bytes);
}

static void
with_a_tab(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, place_of(text, " "), 1, ENT_LIT("\t"));
}

static void
with_two_spaces(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, line_at(text, 1) + place_of(ent_view_slice(text, line_at(text, 1), text.len), " "), 1, ENT_LIT("  "));
}

static void
with_a_trailing_space(struct ent_buf *out, struct ent_view text)
{
	with_bytes_at_a_line_end(out, text, ENT_LIT(" "));
}

static void
with_a_bom(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, 0, 0, ENT_LIT("\xef\xbb\xbf"));
}

static void
with_a_nul(struct ent_buf *out, struct ent_view text)
{
	with_bytes_at_a_line_end(out, text, ent_view_from("\0", 1));
}

static void
with_u_2028(struct ent_buf *out, struct ent_view text)
{
	with_bytes_at_a_line_end(out, text, ENT_LIT("\xe2\x80\xa8"));
}

/* U+2028 where a line ends: one line for us, two for others. */
static void
with_u_2028_for_lf(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, line_at(text, 2) - 1, 1, ENT_LIT("\xe2\x80\xa8"));
}

static void
with_an_overlong_lf(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, line_at(text, 2) - 1, 1, ENT_LIT("\xc0\x8a"));
}

static void
with_an_overlong_slash(struct ent_buf *out, struct ent_view text)
{
	replace(out, text, "charter/v1", ENT_LIT("charter\xc0\xafv1"));
}

static void
with_a_direction_mark(struct ent_buf *out, struct ent_view text)
{
	with_bytes_at_a_line_end(out, text, ENT_LIT("\xe2\x80\xae"));
}

static void
with_a_line_twice(struct ent_buf *out, struct ent_view text)
{
	size_t begin = line_at(text, 1), end = line_at(text, 2);

	splice(out, text, begin, 0, ent_view_slice(text, begin, end - begin));
}

static void
with_lines_exchanged(struct ent_buf *out, struct ent_view text)
{
	size_t first = line_at(text, 1), second = line_at(text, 2), end = line_at(text, 3);
	BUF without = ROOM;

	splice(&without, text, first, second - first, ENT_VIEW_NONE);
	splice(out, ent_buf_view(&without), first + end - second, 0, ent_view_slice(text, first, second - first));
}

static void
with_an_unknown_keyword(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, line_at(text, 2), 0, ENT_LIT("priority 1\n"));
}

static void
with_an_unknown_keyword_at_the_end(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, text.len, 0, ENT_LIT("comment en Hello\n"));
}

static void
with_the_next_version(struct ent_buf *out, struct ent_view text)
{
	replace(out, text, "charter/v1", ENT_LIT("charter/v2"));
}

static void
with_a_capital(struct ent_buf *out, struct ent_view text)
{
	replace(out, text, "\ncharter ", ENT_LIT("\nCharter "));
}

static void
with_the_last_newline_gone(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, text.len - 1, 1, ENT_VIEW_NONE);
}

static void
with_an_empty_line(struct ent_buf *out, struct ent_view text)
{
	splice(out, text, line_at(text, 2), 0, ENT_LIT("\n"));
}

static const struct form {
	const char *name;
	void (*make)(struct ent_buf *out, struct ent_view text);
} forms[] = {
	{ "CRLF", with_crlf },
	{ "a tab", with_a_tab },
	{ "two spaces", with_two_spaces },
	{ "a space at a line's end", with_a_trailing_space },
	{ "a byte order mark", with_a_bom },
	{ "NUL", with_a_nul },
	{ "U+2028", with_u_2028 },
	{ "U+2028 for LF", with_u_2028_for_lf },
	{ "an overlong LF", with_an_overlong_lf },
	{ "an overlong slash", with_an_overlong_slash },
	{ "a direction mark", with_a_direction_mark },
	{ "a line twice", with_a_line_twice },
	{ "two lines exchanged", with_lines_exchanged },
	{ "an unknown keyword", with_an_unknown_keyword },
	{ "an unknown keyword at the end", with_an_unknown_keyword_at_the_end },
	{ "charter/v2", with_the_next_version },
	{ "a capital", with_a_capital },
	{ "no last newline", with_the_last_newline_gone },
	{ "an empty line", with_an_empty_line },
};

/* ---- statements ---- */

static void
try_note(struct stage *attacked, struct stage *untouched, size_t by, struct ent_view note, const char *act, const char *form)
{
	char what[160];

	snprintf(what, sizeof(what), "%s: %s", act, form);
	assert_not_taken(attacked->charter, by, note, what);
	world_add(attacked->charter, by, note);
	world_add(untouched->charter, by, ENT_LIT("rubbish"));
	if (!all_alike(attacked->charter, untouched->charter, T0))
		fail_msg("%s: it had an effect", what);
}

/*
 * The deed's text below another one, with an empty line between: whoever looks for the first empty line reads another text than
 * whoever looks for the last. `first`: what the signatures are over.
 */
static void
two_texts_in_one(struct ent_buf *out, size_t by, struct ent_view text, bool first)
{
	static const struct ent_view harmless = ENT_LIT("charter/v1 note\nnothing to see\n");
	struct ent_view signed_text = first ? harmless : text;
	struct ent_error err = { 0 };
	BUF whole = ROOM;

	assert_ok(ent_buf_add(out, harmless, &err));
	assert_ok(ent_buf_add_byte(out, '\n', &err));
	add_good_signature(out, by, KEY_DOE, signed_text);
	add_good_signature(out, by, KEY_POE, signed_text);
	assert_ok(ent_buf_add_byte(out, '\n', &err));
	assert_ok(ent_buf_add(out, text, &err));
	assert_ok(ent_buf_add(&whole, ent_buf_view(out), &err));
	assert_ok(ent_buf_add_byte(out, '\n', &err));
	signed_text = first ? ent_buf_view(&whole) : text;
	add_good_signature(out, by, KEY_DOE, signed_text);
	add_good_signature(out, by, KEY_POE, signed_text);
}

/* The deed's own text with an empty line and fake signature lines in its middle, all of it signed. */
static void
fake_signatures_inside(struct ent_buf *out, size_t by, struct ent_view text)
{
	BUF fake = ROOM;
	BUF edited = ROOM;
	struct ent_error err = { 0 };

	assert_ok(ent_buf_add_byte(&fake, '\n', &err));
	add_good_signature(&fake, by, KEY_DOE, ent_view_slice(text, 0, line_at(text, 3)));
	add_good_signature(&fake, by, KEY_POE, ent_view_slice(text, 0, line_at(text, 3)));
	splice(&edited, text, line_at(text, 3), 0, ent_buf_view(&fake));
	sign_raw(out, ent_buf_view(&edited), by);
}

/* The good note made as long as wanted by lines of keys that nobody knows. */
static void
padded(struct ent_buf *out, struct ent_view note, size_t len)
{
	enum { LINE = 20000 };
	static const char head[] = DASH "nobody.example/x";
	struct ent_error err = { 0 };

	assert_ok(ent_buf_add(out, note, &err));
	for (int i = 0; out->len < len; i++) {
		size_t left = len - out->len, line = left > LINE + 500 ? LINE : left, name = sizeof(head) - 1 + 1 + 1 + 1, rest = line - name;

		assert_ok(ent_buf_add_str(out, head, &err));
		assert_ok(ent_buf_add_byte(out, (uint8_t)('a' + i), &err));
		for (; rest % 4 != 0; rest--)
			assert_ok(ent_buf_add_byte(out, 'n', &err));
		assert_ok(ent_buf_add_byte(out, ' ', &err));
		for (; rest > 0; rest--)
			assert_ok(ent_buf_add_byte(out, 'A', &err));
		assert_ok(ent_buf_add_byte(out, '\n', &err));
	}
	assert_int_equal(out->len, len);
}

static void
try_forms(struct stage *attacked, struct stage *untouched, const struct deed *deed, const struct ent_buf *good)
{
	struct ent_view text = text_of_note(good);

	for (size_t f = 0; f < ENT_COUNT(forms); f++) {
		BUF edited = ROOM;
		BUF note = ROOM;

		forms[f].make(&edited, text);
		sign_raw(&note, ent_buf_view(&edited), deed->by);
		try_note(attacked, untouched, deed->by, ent_buf_view(&note), deed->act, forms[f].name);
	}
	for (size_t first = 0; first < 2; first++) {
		BUF note = ROOM;

		two_texts_in_one(&note, deed->by, text, first == 0);
		try_note(attacked, untouched, deed->by, ent_buf_view(&note), deed->act, "two texts in one");
	}
	BUF fake = ROOM;
	BUF large = ROOM;
	fake_signatures_inside(&fake, deed->by, text);
	try_note(attacked, untouched, deed->by, ent_buf_view(&fake), deed->act, "signature lines within the text");
	padded(&large, ent_buf_view(good), ENT_NOTE_MAX + 1);
	try_note(attacked, untouched, deed->by, ent_buf_view(&large), deed->act, "65,536 bytes");
}

/* C-1 C-2 C-6: nothing of it counts, nobody is hindered in reading on, and the largest good note counts. */
static void
no_act_takes_effect_in_another_form_than_its_own(void **unused)
{
	(void)unused;
	for (size_t d = 0; d < ENT_COUNT(deeds); d++) {
		STAGE attacked = stage_set();
		STAGE untouched = stage_set();
		BUF note = ROOM;
		BUF large = ROOM;

		deed_note(&note, &attacked, &deeds[d]);
		try_forms(&attacked, &untouched, &deeds[d], &note);
		padded(&large, ent_buf_view(&note), ENT_NOTE_MAX);
		world_add(attacked.charter, deeds[d].by, ent_buf_view(&large));
		if (all_alike(attacked.charter, untouched.charter, T0))
			fail_msg("%s: the true note has no effect, so this test shows nothing", deeds[d].act);
		world_add(untouched.charter, deeds[d].by, ent_buf_view(&note));
		if (!all_alike(attacked.charter, untouched.charter, T0))
			fail_msg("%s: the true note has another effect after the attacks", deeds[d].act);
	}
}

/* C-7 */
static void
an_alive_in_another_form_is_none(void **unused)
{
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();

	(void)unused;
	for (size_t f = 0; f < ENT_COUNT(forms); f++) {
		struct ent_error err = { 0 };
		BUF alive = ROOM;
		BUF edited = ROOM;
		BUF note = ROOM;

		world_alive(&alive, attacked.charter, US, ent_charter_log_size(attacked.charter, ENT_LIT("us.example")), T0 + HOUR);
		forms[f].make(&edited, text_of_note(&alive));
		assert_ok(ent_buf_add(&note, ent_buf_view(&edited), &err));
		assert_ok(ent_buf_add_byte(&note, '\n', &err));
		add_good_signature(&note, US, KEY_LOG, ent_buf_view(&edited));
		world_add(attacked.charter, US, ent_buf_view(&note));
		world_add(untouched.charter, US, ENT_LIT("rubbish"));
		if (!all_alike(attacked.charter, untouched.charter, T0 + HOUR))
			fail_msg("alive with %s counts", forms[f].name);
	}
	world_be_alive(attacked.charter, US, T0 + HOUR);
	assert_false(all_alike(attacked.charter, untouched.charter, T0 + HOUR));
}

/* ---- proposals and the genesis ---- */

enum { KINDS = 5 };
static void
proposal_of(struct ent_buf *out, const struct stage *s, size_t kind)
{
	char id[ENT_HASH_BASE64_SIZE];
	struct ent_error err = { 0 };

	switch (kind) {
	case 0:
		(void)world_project(out, s->charter, &(struct world_project){ .name = "orbit" });
		return;
	case 1:
		(void)world_party(out, s->charter, &(struct world_party){ .party = KR });
		return;
	case 2:
		(void)world_admit(out, s->charter, &(struct world_admit){ .party = JP, .proposal = s->party, .project = "undersea" });
		return;
	case 3:
		(void)world_profile(out, s->charter, "posture-2", "Words");
		return;
	default:
		ent_hash_base64(id, ent_charter_id(s->charter));
		assert_ok(ent_buf_printf(out, &err, "charter/v1 proposal labels\ncharter %s\ntitle en Labels\npolicy %s\n", id, id));
	}
}

/* C-1 C-5: it is not kept, whatever of it could be read. */
static void
no_proposal_of_any_kind_is_kept_in_another_form_than_its_own(void **unused)
{
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	size_t known = ent_charter_proposal_count(attacked.charter);

	(void)unused;
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct ent_error err = { 0 };
		BUF text = ROOM;

		proposal_of(&text, &attacked, kind);
		for (size_t f = 0; f < ENT_COUNT(forms); f++) {
			BUF edited = ROOM;

			forms[f].make(&edited, ent_buf_view(&text));
			ent_error_clear(&err);
			if (ent_charter_add_proposal(attacked.charter, ent_buf_view(&edited), &err) == ENT_OK || err.text[0] == '\0')
				fail_msg("kind %zu with %s is taken", kind, forms[f].name);
		}
		BUF signed_text = ROOM;
		ent_error_clear(&err);
		sign_raw(&signed_text, ent_buf_view(&text), US); /* a note in place of a text */
		assert_int_not_equal(ent_charter_add_proposal(attacked.charter, ent_buf_view(&signed_text), &err), ENT_OK);
		assert_int_equal(ent_charter_proposal_count(attacked.charter), known);
		assert_true(all_alike(attacked.charter, untouched.charter, T0));
		ent_error_clear(&err);
		assert_ok(ent_charter_add_proposal(attacked.charter, ent_buf_view(&text), &err)); /* in its own form it is */
		ent_error_clear(&err);
		assert_ok(ent_charter_add_proposal(untouched.charter, ent_buf_view(&text), &err));
		known++;
	}
}

/* C-4 */
static void
a_genesis_in_another_form_founds_nothing(void **unused)
{
	BUF genesis = ROOM;

	(void)unused;
	world_genesis(&genesis, NULL);
	for (size_t f = 0; f < ENT_COUNT(forms); f++) {
		ENT_AUTO(ent_charter) charter = NULL;
		struct ent_error err = { 0 };
		struct ent_view text;
		BUF edited = ROOM;
		BUF note = ROOM;

		if (forms[f].make == with_a_capital) /* a genesis has no line `charter` */
			continue;
		forms[f].make(&edited, text_of_note(&genesis));
		text = ent_buf_view(&edited);
		sign_raw(&note, text, AU);
		for (size_t m = UK; m < MEMBERS; m++) {
			add_good_signature(&note, m, KEY_DOE, text);
			add_good_signature(&note, m, KEY_POE, text);
		}
		if (ent_charter_new(&charter, ent_buf_view(&note), &err) == ENT_OK)
			fail_msg("a genesis with %s founds a charter", forms[f].name);
		assert_null(charter);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_act_takes_effect_in_another_form_than_its_own),
		cmocka_unit_test(an_alive_in_another_form_is_none),
		cmocka_unit_test(no_proposal_of_any_kind_is_kept_in_another_form_than_its_own),
		cmocka_unit_test(a_genesis_in_another_form_founds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
