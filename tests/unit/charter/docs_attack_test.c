/* Texts made to be read in two ways (charter section 11, Parsing): each is refused. */
#include "docs_fixture.h"

#define SCRATCH ENT_AUTO_FINI(ent_buf) scratch = ent_buf_with_max(2 << 20)

/* Every place where a line ends, and the start and end of the text, gets the bytes. */
static void
insert_at_line_ends(struct ent_view text, struct ent_view bytes)
{
	SCRATCH;

	splice(&scratch, text, 0, 0, bytes);
	assert_refused(ent_buf_view(&scratch));
	for (size_t at = 0; at < text.len; at++) {
		if (text.data[at] != '\n')
			continue;
		splice(&scratch, text, at, 0, bytes);
		assert_refused(ent_buf_view(&scratch));
	}
	splice(&scratch, text, text.len, 0, bytes);
	assert_refused(ent_buf_view(&scratch));
}

static void
with_stray_characters(const char *name, const char *hash, struct ent_view text)
{
	static const char *const strays[] = {
		"\r", "\t", " ", "\n", "\v", "\f", "\x7f", "\x1b[2K", /* white space and controls */
		"\xef\xbb\xbf",                                       /* BOM */
		"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",           /* NEL, U+2028, U+2029 */
		"\xe2\x80\x8b", "\xe2\x80\xae", "\xe2\x81\xa6", "\xd8\x9c", "\xc2\xad", /* zero width, directions, soft hyphen */
		"\xc0\x8a", "\xe0\x80\x8a", "\xf0\x80\x80\x8a", "\xc1\xbf", /* overlong */
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\x80", "\xe2\x80", /* surrogate, beyond, no UTF-8 */
		"\xee\x80\x80", "\xcd\xb8", "\xf3\xa0\x81\x81", "\xef\xbf\xbf" /* private, unassigned, tag, noncharacter */
	};

	(void)name;
	(void)hash;
	for (size_t i = 0; i < ENT_COUNT(strays); i++)
		insert_at_line_ends(text, ent_view_str(strays[i]));
	insert_at_line_ends(text, ent_view_from("\0", 1));
}

static void
no_stray_character_is_taken_at_any_line_end(void **state)
{
	(void)state;
	for_each_vector(with_stray_characters);
}

static void
with_crlf(const char *name, const char *hash, struct ent_view text)
{
	SCRATCH;
	struct ent_error err = { 0 };

	(void)name;
	(void)hash;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\n')
			assert_ok(ent_buf_add_byte(&scratch, '\r', &err));
		assert_ok(ent_buf_add_byte(&scratch, text.data[i], &err));
	}
	assert_refused(ent_buf_view(&scratch));
	assert_refused(ent_view_slice(text, 0, text.len - 1)); /* no newline at the end */
}

static void
crlf_and_a_missing_last_newline_are_refused(void **state)
{
	(void)state;
	for_each_vector(with_crlf);
}

static void
with_lines_moved(const char *name, const char *hash, struct ent_view text)
{
	size_t count = line_count(text);
	ENT_AUTO_FINI(ent_buf) swapped = ent_buf_with_max(2 << 20);
	SCRATCH;

	(void)hash;
	for (size_t i = 0; i < count; i++) {
		size_t start, next_start;
		struct ent_view line = line_of(text, i, &start);

		splice(&scratch, text, start, 0, line); /* twice */
		assert_refused(ent_buf_view(&scratch));
		splice(&scratch, text, start, 0, ENT_LIT("zzz unknown\n"));
		assert_refused(ent_buf_view(&scratch));
		splice(&scratch, text, start, 0, ENT_LIT("\n\xe2\x80\x94 au.example/officer/doe AAAAAA==\n"));
		assert_refused(ent_buf_view(&scratch));
		if (i + 1 == count)
			continue;
		struct ent_view next = line_of(text, i + 1, &next_start);
		/* Two lines of one form in a row have no order of the grammar's: roles are for ent_doc_check. */
		bool alike = (ent_view_starts(line, ENT_LIT("log ")) && ent_view_starts(next, ENT_LIT("log ")) &&
		    strncmp(name, "epoch", 5) == 0) ||
		    (ent_view_starts(line, ENT_LIT("record ")) && ent_view_starts(next, ENT_LIT("record ")));

		if (alike)
			continue;
		splice(&scratch, text, start, line.len + next.len, next);
		splice(&swapped, ent_buf_view(&scratch), start + next.len, 0, line);
		assert_refused(ent_buf_view(&swapped));
	}
}

static void
a_line_twice_unknown_or_out_of_order_is_refused(void **state)
{
	(void)state;
	for_each_vector(with_lines_moved);
}

/* C-1 */
static void
a_note_is_not_taken_for_its_text(void **state)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	struct ent_view text = load_vector(&file, "proposal-admit", ".txt");
	SCRATCH;

	(void)state;
	splice(&scratch, text, text.len, 0, ENT_LIT("\n\xe2\x80\x94 au.example/officer/doe AAAAAA==\n"));
	assert_refused(ent_buf_view(&scratch));
	splice(&scratch, text, text.len, 0, ENT_LIT("\xe2\x80\x94 au.example/officer/doe AAAAAA==\n"));
	assert_refused(ent_buf_view(&scratch));
	assert_refused(ENT_VIEW_NONE);
	assert_refused(ENT_LIT("\n"));
}

/* from -> to in a vector: each of these is another spelling of what the vector says, or nothing at all. */
static void
another_spelling_of_a_field_is_refused(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{ "epoch-1", "charter/v1 epoch 1.1", "charter/v1 epoch 01.1" },
		{ "epoch-1", "charter/v1 epoch 1.1", "charter/v2 epoch 1.1" },
		{ "epoch-1", "charter/v1 epoch 1.1", "charter/v1  epoch 1.1" },
		{ "epoch-1", "charter/v1 epoch 1.1", "Charter/v1 epoch 1.1" },
		{ "epoch-1", "charter/v1 epoch 1.1", "charter/v1 epoch 1" },
		{ "epoch-1", "epoch 1.1", "epoch 4294967296.1" },
		{ "epoch-1", "quorum 2", "quorum 02" },
		{ "epoch-1", "quorum 2", "quorum +2" },
		{ "epoch-1", "quorum 2", "quorum 2 " },
		{ "epoch-1", "quorum 2", "quorum  2" },
		{ "epoch-1", "quorum 2", "quorum\xc2\xa0" "2" },
		{ "epoch-1", "09:00:00Z", "09:00:00+00:00" },
		{ "epoch-1", "09:00:00Z", "09:00:00z" },
		{ "epoch-1", "09:00:00Z", "09:00:60Z" },
		{ "epoch-1", "2026-11-01", "2026-02-30" },
		{ "epoch-1", "host aukus.example", "host Aukus.example" },
		{ "epoch-1", "host aukus.example", "host aukus.example." },
		{ "epoch-1", "host aukus.example", "host xn--auks-0ra.example" },
		{ "epoch-1", "host aukus.example", "host aukus.example/x" },
		{ "epoch-1", "member au.example", "member \xd0\xb0u.example" }, /* a Cyrillic letter */
		{ "epoch-1", "country AUS", "country aus" },
		{ "epoch-1", "country AUS", "country AU" },
		{ "epoch-1", "https://node.au.example", "https://node.au.example/" },
		{ "epoch-1", "https://node.au.example", "https://NODE.au.example" },
		{ "epoch-1", "https://node.au.example", "https://user@node.au.example" },
		{ "epoch-1", "stops 1", "stops 2" },
		{ "epoch-1", "stops 1", "stops 01" },
		{ "epoch-1", "fresh 48h", "fresh 048h" },
		{ "epoch-1", "fresh 48h", "fresh 48H" },
		{ "epoch-1", "pillar i closed", "pillar i Closed" },
		{ "epoch-1", "title en", "title e" },
		{ "epoch-1", "title en", "title en_GB" },
		{ "epoch-1", "title en ", "title en  " },
		{ "epoch-1", "title en Australia", "title en Australia\ntitle en Oceania" },
		{ "epoch-1", "limit accreditation 365d\n", "" },
		{ "proposal-project", "pillar ii", "pillar ii closed" },
		{ "proposal-project", "originator any", "originator" },
		{ "proposal-project", "unsealed members", "unsealed  members" },
		{ "proposal-project", "custody originator and", "custody originator  and" },
		{ "proposal-project", "project quantum", "project -quantum" },
		{ "proposal-project-full", "from 2 for all", "from 2 for  all" },
		{ "proposal-project-full", "from 2 for all", "from 2 for all " },
		{ "proposal-project-full", "from 2 for all", "from 2 for" },
		{ "proposal-admit", "files since", "files  since" },
		{ "proposal-admit", "files since 2026-12-01T00:00:00Z", "files since" },
		{ "proposal-admit", "role reader", "role Reader" },
		{ "statement-consent-admit", "statement consent", "statement note" },
		{ "statement-consent-admit", "says admit", "says  admit" },
		{ "statement-consent-admit", "says admit", "says \xe2\x80\x9c" "admit" },
		{ "statement-stop-partner", "time 2026-11-21T09:05:00Z\n",
		    "time 2026-11-21T09:05:00Z\nnot-after 2026-12-05T00:00:00Z\n" },
		{ "statement-retire", "not-after 2026-12-05T00:00:00Z\n", "" },
		{ "statement-retire", "retire e-", "retire E-" },
		{ "statement-retire", "retire e-", "retire x-" },
		{ "statement-retire", "statement retire", "statement forge" },
		{ "statement-note-text", "note text en", "says x\nnote text en" },
		{ "statement-stop-file", "4f5a9f0e", "4F5A9F0E" },
		{ "statement-decline", "decline 4.2", "decline 4" },
		{ "statement-withdraw-membership", "withdraw membership", "withdraw membership " },
		{ "statement-withdraw-membership", "withdraw membership", "withdraw members" },
		{ "alive", "alive 42", "alive 18446744073709551616" },
		{ "alive", "alive 42", "alive -1" },
		{ "file", "split 1", "split 2" },
		{ "file", "split 2", "split 3" },
		{ "file", "split 2", "split 02" },
		{ "record-full", "result released", "result approved" },
		{ "record-full", "person bob@uk.example", "person bob" },
		{ "record-short", "record/v1 short", "record/v1 full" },
		{ "access", "access/v1 1093", "access/v1 01093" },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ENT_AUTO_FINI(ent_buf) file = { 0 };
		SCRATCH;

		assert_refused(replaced(&scratch, load_vector(&file, rows[i].name, ".txt"), rows[i].from, rows[i].to));
	}
}

static void
base64_and_key_lines_have_one_spelling(void **state)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	struct ent_view text = load_vector(&file, "proposal-party", ".txt");
	size_t hash_end = find(text, "\nparty ") - 1, key = find(text, "officer jp.example/officer/abe+") + 31;
	SCRATCH;

	(void)state;
	assert_int_equal(text.data[hash_end], '=');
	splice(&scratch, text, hash_end, 1, ENT_VIEW_NONE);
	assert_refused(ent_buf_view(&scratch));
	/* The last letter before the padding has two bits that encode nothing: set one. */
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *letter = strchr(alphabet, text.data[hash_end - 1]);

	splice(&scratch, text, hash_end - 1, 1, ent_view_from(&alphabet[(letter - alphabet) | 1], 1));
	assert_refused(ent_buf_view(&scratch));
	/* A key line whose id is not of its name and key, and an upper-case id. */
	splice(&scratch, text, key, 8, ENT_LIT("00000000"));
	assert_refused(ent_buf_view(&scratch));
	splice(&scratch, text, find(text, "abe"), 3, ENT_LIT("abf"));
	assert_refused(ent_buf_view(&scratch));
}

/* ---- mutations ---- */

static const char *const tokens[] = { " ", "\n", "0", "1", "all", "-", "until", "title en x\n", "lift", "Z", "=", "/",
    "2 of", " web", " for all" };
static size_t refused_count, accepted_count;

static void
mutate(struct ent_buf *out, struct ent_view text, uint64_t *seed)
{
	size_t at = below(seed, text.len), line = below(seed, line_count(text)), start, other;
	uint8_t byte = (uint8_t)next_random(seed);

	switch (below(seed, 5)) {
	case 0: /* another byte */
		splice(out, text, at, 1, ent_view_from(&byte, 1));
		return;
	case 1: /* less */
		splice(out, text, at, 1 + below(seed, 4), ENT_VIEW_NONE);
		return;
	case 2: /* a line from elsewhere */
		line_of(text, line, &start);
		splice(out, text, start, 0, line_of(text, below(seed, line_count(text)), &other));
		return;
	case 3: /* a line less */
		other = line_of(text, line, &start).len;
		splice(out, text, start, other, ENT_VIEW_NONE);
		return;
	default:
		splice(out, text, at, below(seed, 3), ent_view_str(tokens[below(seed, ENT_COUNT(tokens))]));
	}
}

static void
with_mutations(const char *name, const char *hash, struct ent_view text)
{
	uint64_t seed = 88172645463325252ULL ^ (uint64_t)text.len;
	SCRATCH;

	(void)hash;
	for (int i = 0; i < 400; i++) {
		ENT_AUTO(ent_arena) arena = new_arena();
		ENT_AUTO_FINI(ent_buf) again = ent_buf_with_max(1 << 20);
		struct ent_error err = { 0 };
		struct ent_doc doc;

		mutate(&scratch, text, &seed);
		if (ent_doc_parse(&doc, arena, ent_buf_view(&scratch), &err) != ENT_OK) {
			assert_true(err.code == ENT_E_SYNTAX || err.code == ENT_E_LIMIT);
			refused_count++;
			continue;
		}
		accepted_count++;
		assert_ok(ent_doc_print(&again, &doc, &err));
		if (!ent_view_eq(ent_buf_view(&again), ent_buf_view(&scratch)))
			fail_msg("%s, mutation %d: parsed, but prints differently", name, i);
	}
}

/* C-1 */
static void
a_mutated_text_is_refused_or_prints_back_to_itself(void **state)
{
	(void)state;
	for_each_vector(with_mutations);
	/* Both ways were taken often enough to mean something. */
	assert_true(refused_count > 5000);
	assert_true(accepted_count > 500);
}

/* ---- limits ---- */

static void
a_text_of_65535_bytes_is_read_and_one_more_is_not(void **state)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	struct ent_view text = load_vector(&file, "proposal-project", ".txt");
	size_t at = find(text, "\nfresh ");
	struct ent_error err = { 0 };
	SCRATCH;

	(void)state;
	splice(&scratch, text, 0, 0, ENT_VIEW_NONE);
	for (size_t extra = 0; extra < 2; extra++) {
		ENT_AUTO_FINI(ent_buf) filler = ent_buf_with_max(1 << 20);

		while (filler.len < ENT_NOTE_MAX - text.len + extra)
			assert_ok(ent_buf_add_str(&filler, filler.len + 1 == ENT_NOTE_MAX - text.len + extra ||
			    filler.len % 9 ? "x" : " ", &err));
		splice(&scratch, text, at, 0, ent_buf_view(&filler));
		assert_int_equal(scratch.len, ENT_NOTE_MAX + extra);
		if (extra == 0)
			assert_ok(try_parse(ent_buf_view(&scratch), &err));
		else
			assert_int_equal(try_parse(ent_buf_view(&scratch), &err), ENT_E_LIMIT);
	}
}

static void
a_title_has_400_bytes_and_not_one_more(void **state)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	struct ent_view text = load_vector(&file, "proposal-project", ".txt");
	char title[ENT_LIMIT_FREE_TEXT + 2];
	struct ent_error err = { 0 };
	SCRATCH;

	(void)state;
	memset(title, 'x', sizeof(title));
	title[ENT_LIMIT_FREE_TEXT] = '\0';
	assert_ok(try_parse(replaced(&scratch, text, "Quantum sensing research data", title), &err));
	title[ENT_LIMIT_FREE_TEXT] = 'x';
	title[ENT_LIMIT_FREE_TEXT + 1] = '\0';
	assert_refused(replaced(&scratch, text, "Quantum sensing research data", title));
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* An epoch with as many `lift` lines as it takes to have n lines. */
static void
epoch_of_lines(struct ent_buf *out, size_t n)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	ENT_AUTO_FINI(ent_buf) lifts = ent_buf_with_max(1 << 20);
	struct ent_view text = load_vector(&file, "epoch-3", ".txt");
	size_t count = n - (line_count(text) - 1), at = find(text, "lift ");
	char(*lines)[ENT_HASH_BASE64_SIZE] = calloc(count, sizeof(*lines));
	struct ent_error err = { 0 };

	assert_non_null(lines);
	for (size_t i = 0; i < count; i++) {
		struct ent_hash hash;

		ent_sha256(&hash, ent_view_from(&i, sizeof(i)));
		ent_hash_base64(lines[i], &hash);
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		assert_ok(ent_buf_printf(&lifts, &err, "lift %s\n", lines[i]));
	free(lines);
	splice(out, text, at, text.len - at, ent_buf_view(&lifts));
}

static void
an_epoch_has_4096_lines_and_not_one_more(void **state)
{
	struct ent_error err = { 0 };
	SCRATCH;

	(void)state;
	epoch_of_lines(&scratch, ENT_LIMIT_LINES);
	assert_int_equal(line_count(ent_buf_view(&scratch)), ENT_LIMIT_LINES);
	assert_ok(try_parse(ent_buf_view(&scratch), &err));
	epoch_of_lines(&scratch, ENT_LIMIT_LINES + 1);
	assert_int_equal(try_parse(ent_buf_view(&scratch), &err), ENT_E_LIMIT);
}

/* The party proposal with n officers; false when it cannot be printed. */
static bool
officers_print(size_t n)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO(ent_arena) arena = new_arena();
	struct ent_vkey officers[ENT_LIMIT_OFFICERS + 1];
	struct ent_error err = { 0 };
	struct ent_doc doc;

	parse_ok(&doc, arena, load_vector(&file, "proposal-party", ".txt"));
	for (size_t i = 0; i < n; i++) {
		char name[64];

		snprintf(name, sizeof(name), "jp.example/officer/o%02zu", i);
		officers[i] = fresh_key(arena, name, ENT_NOTE_TYPE_ED25519);
	}
	doc.proposal.party.officers = officers;
	doc.proposal.party.officer_count = n;
	doc.proposal.party.quorum = (uint32_t)n;
	if (ent_doc_print(&out, &doc, &err) != ENT_OK)
		return false;
	assert_ok(try_parse(ent_buf_view(&out), &err));
	return true;
}

static void
a_party_has_32_officers_and_not_one_more(void **state)
{
	(void)state;
	assert_true(officers_print(ENT_LIMIT_OFFICERS));
	assert_false(officers_print(ENT_LIMIT_OFFICERS + 1));
}

static void
an_error_names_the_line_and_what_was_expected(void **state)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	struct ent_view text = load_vector(&file, "proposal-project", ".txt");
	struct ent_error err = { 0 };
	SCRATCH;

	(void)state;
	assert_int_equal(try_parse(replaced(&scratch, text, "fresh 24h", "fresh 24"), &err), ENT_E_SYNTAX);
	assert_non_null(strstr(err.text, "line 10, fresh"));
	err = (struct ent_error){ 0 };
	assert_int_equal(try_parse(replaced(&scratch, text, "pillar ii\n", "p\xc3\xa4illar ii\n"), &err), ENT_E_SYNTAX);
	assert_non_null(strstr(err.text, "line 4: expected `pillar`, found `p`"));
	err = (struct ent_error){ 0 };
	assert_int_equal(try_parse(replaced(&scratch, text, "pillar ii\n", "pillar\xe2\x80\xa8 ii\n"), &err),
	    ENT_E_SYNTAX);
	assert_non_null(strstr(err.text, "line 4 holds U+2028"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_stray_character_is_taken_at_any_line_end),
		cmocka_unit_test(crlf_and_a_missing_last_newline_are_refused),
		cmocka_unit_test(a_line_twice_unknown_or_out_of_order_is_refused),
		cmocka_unit_test(a_note_is_not_taken_for_its_text),
		cmocka_unit_test(another_spelling_of_a_field_is_refused),
		cmocka_unit_test(base64_and_key_lines_have_one_spelling),
		cmocka_unit_test(a_mutated_text_is_refused_or_prints_back_to_itself),
		cmocka_unit_test(a_text_of_65535_bytes_is_read_and_one_more_is_not),
		cmocka_unit_test(a_title_has_400_bytes_and_not_one_more),
		cmocka_unit_test(an_epoch_has_4096_lines_and_not_one_more),
		cmocka_unit_test(a_party_has_32_officers_and_not_one_more),
		cmocka_unit_test(an_error_names_the_line_and_what_was_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
