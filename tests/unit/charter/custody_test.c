#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "charter/custody.h"

/* The splits as text: "{uk us} {au}". */
static enum ent_status
compile(char *out, size_t out_size, struct ent_custody *custody, struct ent_arena **arena, const char *text, const char *originator,
    struct ent_error *err)
{
	size_t len = 0;

	ent_arena_free(*arena);
	*arena = NULL;
	out[0] = '\0';
	ENT_TRY(ent_arena_new(arena, 1 << 20, err));
	ENT_TRY(ent_custody_compile(custody, *arena, ent_view_str(text), ent_view_str(originator), err));
	for (size_t i = 0; i < custody->split_count; i++) {
		len += (size_t)snprintf(out + len, out_size - len, "%s{", i ? " " : "");
		for (size_t m = 0; m < custody->splits[i].member_count; m++)
			len += (size_t)snprintf(out + len, out_size - len, "%s%.*s", m ? " " : "", ENT_FMT(custody->splits[i].members[m]));
		len += (size_t)snprintf(out + len, out_size - len, "}");
	}
	return ENT_OK;
}

static void
rules_become_splits(void **state)
{
	static const struct { const char *rule, *originator, *splits; size_t objects, needed; } rows[] = {
		{ "originator and 2 of au uk us", "au", "{uk us} {au}", 3, 2 },
		{ "originator and 2 of au uk us", "jp", "{au uk} {au us} {uk us} {jp}", 7, 3 },
		{ "2 of au uk us", "au", "{au uk} {au us} {uk us}", 6, 2 },
		{ "originator", "au", "{au}", 1, 1 },
		{ "any of au uk us", "au", "{au uk us}", 3, 1 },
		{ "1 of au uk us", "au", "{au uk us}", 3, 1 },
		{ "all of au uk us", "uk", "{au} {us} {uk}", 3, 3 },
		{ "3 of au uk us", "au", "{uk} {us} {au}", 3, 3 },
		{ "uk and au", "au", "{uk} {au}", 2, 2 },
		{ "originator and originator", "au", "{au}", 1, 1 },
		{ "any of au uk and any of au us", "au", "{au uk} {au us}", 4, 1 },
		{ "any of au uk and any of au uk us", "au", "{au uk}", 2, 1 },
		{ "originator and any of au uk us", "au", "{au}", 1, 1 },
		{ "originator and any of au uk us", "uk", "{uk}", 1, 1 },
		{ "originator and any of au us", "uk", "{au us} {uk}", 3, 2 },
		{ "any of a b and any of c d and any of e f", "x", "{a b} {c d} {e f}", 6, 3 },
		{ "any of a b and any of a c and any of a d and any of b c d", "x", "{b c d} {a b} {a c} {a d}", 9, 2 },
		{ "3 of a b c d", "a", "{a b} {a c} {a d} {b c} {b d} {c d}", 12, 3 },
		{ "2 of a b c d", "x", "{a b c} {a b d} {a c d} {b c d}", 12, 2 },
		/* 12,870 subsets, all absorbed */
		{ "8 of a b c d e f g h i j k l m n o p and all of a b c d e f g h i j k l m n o p", "a",
		    "{b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p} {a}", 16, 16 },
	};
	ENT_AUTO(ent_arena) arena = NULL;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_error err = { 0 };
		struct ent_custody custody;
		char splits[1024];

		if (compile(splits, sizeof(splits), &custody, &arena, rows[i].rule, rows[i].originator, &err) != ENT_OK)
			fail_msg("%s: %s", rows[i].rule, err.text);
		assert_string_equal(splits, rows[i].splits);
		assert_int_equal(custody.object_count, rows[i].objects);
		assert_int_equal(custody.members_needed, rows[i].needed);
		assert_string_equal(custody.splits[0].sid, "1");
	}
}

static void
other_spellings_are_refused(void **state)
{
	static const char *const rules[] = { "", " ", "au ", " au", "au  and uk", "au and", "and au", "au and and uk", "au uk", "originator and",
		"0 of au uk", "3 of au uk", "02 of au uk us", "2 of us uk au", "2 of au au uk", "2 of", "any of", "all of and au", "of au", "some of au",
		"2 of originator au", "any of au originator", "Au", "au\tand uk", "au and uk\n", "a_b", "any au", "any of any", "2 au uk", "-1 of au uk",
		"4294967297 of au uk", "originator of au", "au, uk", "\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rules); i++) {
		struct ent_error err = { 0 };

		if (ent_custody_check(ent_view_str(rules[i]), &err) != ENT_E_SYNTAX)
			fail_msg("\"%s\": %s", rules[i], err.text);
	}
}

static void
explosions_are_refused_at_n_and_not_below(void **state)
{
	static const struct { const char *rule; enum ent_status status; } rows[] = {
		/* 16 + 16 + 8 objects, and one more */
		{ "any of a b c d e f g h i j k l m n o p and any of b c d e f g h i j k l m n o p q and any of r s t u v w x y", ENT_OK },
		{ "any of a b c d e f g h i j k l m n o p and any of b c d e f g h i j k l m n o p q and any of r s t u v w x y z", ENT_E_LIMIT },
		{ "8 of a b c d e f g h i j k l m n o p", ENT_E_LIMIT },
		{ "any of a b c d e f g h i j k l m n o p", ENT_OK },
		{ "any of a b c d e f g h i j k l m n o p q", ENT_E_LIMIT },
		{ "a and a and a and a and a and a and a and a and a and a and a and a and a and a and a and a", ENT_OK },
		{ "a and a and a and a and a and a and a and a and a and a and a and a and a and a and a and a and a", ENT_E_LIMIT },
	};
	ENT_AUTO(ent_arena) arena = NULL;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_error err = { 0 };
		struct ent_custody custody;
		char splits[1024];

		if (compile(splits, sizeof(splits), &custody, &arena, rows[i].rule, "zz", &err) != rows[i].status)
			fail_msg("%s: %s", rows[i].rule, err.text);
	}
}

/* What the words mean, straight from the text: is this set of members enough? Only for rules of the test below. */
static bool
rule_holds(const char *rule, const char *originator, const char *const *have, size_t have_count)
{
	char copy[256], *clause, *save = NULL;

	snprintf(copy, sizeof(copy), "%s", rule);
	/* clauses parted by " & " here, so that strtok does */
	for (clause = strtok_r(copy, "&", &save); clause != NULL; clause = strtok_r(NULL, "&", &save)) {
		char *words = NULL;
		char *word = strtok_r(clause, " ", &words);
		size_t want = 1, got = 0;

		if (strcmp(word, "originator") == 0) {
			for (size_t i = 0; i < have_count; i++)
				got += strcmp(have[i], originator) == 0;
		} else {
			want = strtoul(word, NULL, 10);
			strtok_r(NULL, " ", &words); /* of */
			while ((word = strtok_r(NULL, " ", &words)) != NULL)
				for (size_t i = 0; i < have_count; i++)
					got += strcmp(have[i], word) == 0;
		}
		if (got < want)
			return false;
	}
	return true;
}

/* Property: over all subsets of members, the compiled splits say what the words say, and members_needed is the least of them. */
static void
splits_mean_what_the_rule_says(void **state)
{
	static const char *const members[] = { "a", "b", "c", "d", "e" };
	static const struct { const char *text, *plain; } rules[] = {
		{ "originator and 2 of a b c", "originator&2 of a b c" }, { "3 of a b c d e", "3 of a b c d e" },
		{ "2 of a b c and 2 of c d e", "2 of a b c&2 of c d e" }, { "1 of a b and 3 of b c d e", "1 of a b&3 of b c d e" },
		{ "originator and 1 of a b and 2 of a b c d", "originator&1 of a b&2 of a b c d" }, { "4 of a b c d and 2 of d e", "4 of a b c d&2 of d e" },
	};
	ENT_AUTO(ent_arena) arena = NULL;

	(void)state;
	for (size_t r = 0; r < ENT_COUNT(rules); r++)
		for (size_t o = 0; o < ENT_COUNT(members); o++) {
			struct ent_error err = { 0 };
			struct ent_custody custody;
			char splits[1024];
			size_t least = SIZE_MAX;

			assert_int_equal(compile(splits, sizeof(splits), &custody, &arena, rules[r].text, members[o], &err), ENT_OK);
			for (unsigned set = 0; set < 32; set++) {
				const char *have[5];
				struct ent_view views[5];
				size_t count = 0;

				for (unsigned i = 0; i < 5; i++)
					if (set & 1u << i) {
						have[count] = members[i];
						views[count++] = ent_view_str(members[i]);
					}
				bool enough = rule_holds(rules[r].plain, members[o], have, count);
				assert_int_equal(ent_custody_satisfied(&custody, views, count), enough);
				if (enough && count < least)
					least = count;
			}
			assert_int_equal(custody.members_needed, least);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_become_splits),
		cmocka_unit_test(other_spellings_are_refused),
		cmocka_unit_test(explosions_are_refused_at_n_and_not_below),
		cmocka_unit_test(splits_mean_what_the_rule_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
