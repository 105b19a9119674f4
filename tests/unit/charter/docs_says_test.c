/* `says`: what an officer reads is what is signed (charter section 2). */
#include "docs_fixture.h"

static struct ent_view
says(struct ent_buf *out, struct ent_view text)
{
	struct ent_error err = { 0 };

	ent_buf_fini(out);
	*out = ent_buf_with_max(1 << 20);
	if (ent_says_make(out, text, &err) != ENT_OK)
		fail_msg("%s", err.text);
	return ent_buf_view(out);
}

static const char *const proposals[] = { "proposal-project", "proposal-project-full", "proposal-party",
	"proposal-party-sponsored", "proposal-admit", "proposal-admit-contributor", "proposal-labels", "proposal-profile" };

/* C-3 */
static void
says_is_what_a_second_implementation_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENT_COUNT(proposals); i++) {
		ENT_AUTO_FINI(ent_buf) text = { 0 };
		ENT_AUTO_FINI(ent_buf) expected = { 0 };
		ENT_AUTO_FINI(ent_buf) out = { 0 };
		struct ent_view want = load_vector(&expected, proposals[i], ".says");
		struct ent_view got = says(&out, load_vector(&text, proposals[i], ".txt"));

		if (!ent_view_eq(got, want))
			fail_msg("%s\n%.*s\n%.*s", proposals[i], ENT_FMT(got), ENT_FMT(want));
	}
}

static void
says_fits_into_the_statement_that_quotes_it(void **state)
{
	ENT_AUTO_FINI(ent_buf) text = { 0 };
	ENT_AUTO_FINI(ent_buf) proposal = { 0 };
	ENT_AUTO_FINI(ent_buf) out = { 0 };
	ENT_AUTO(ent_arena) arena = new_arena();
	struct ent_doc doc;

	(void)state;
	parse_ok(&doc, arena, load_vector(&text, "statement-consent-admit", ".txt"));
	assert_true(ent_view_eq(doc.statement.says, says(&out, load_vector(&proposal, "proposal-admit", ".txt"))));
}

static void
only_a_proposal_says_anything(void **state)
{
	ENT_AUTO_FINI(ent_buf) text = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(65535);
	struct ent_error err = { 0 };

	(void)state;
	assert_int_equal(ent_says_make(&out, load_vector(&text, "epoch-1", ".txt"), &err), ENT_E_INPUT);
	assert_int_equal(out.len, 0);
	err = (struct ent_error){ 0 };
	assert_int_equal(ent_says_make(&out, ENT_LIT("charter/v1 proposal project\n"), &err), ENT_E_SYNTAX);
}

/* ---- two proposals with equal says are equal up to titles and reason (and the charter, which the statement names itself) ---- */

static void
without_titles_and_reason(struct ent_buf *out, struct ent_view text)
{
	struct ent_error err = { 0 };
	size_t start;

	*out = ent_buf_with_max(1 << 20);
	for (size_t i = 0; i < line_count(text); i++) {
		struct ent_view line = line_of(text, i, &start);

		if (!ent_view_starts(line, ENT_LIT("title ")) && !ent_view_starts(line, ENT_LIT("reason ")) &&
		    !ent_view_starts(line, ENT_LIT("charter ")))
			assert_ok(ent_buf_add(out, line, &err));
	}
}

static void
random_hash(struct ent_hash *hash, uint64_t *seed)
{
	uint64_t few = below(seed, 3);

	ent_sha256(hash, ent_view_from(&few, sizeof(few)));
}

/* Small domains, so that two random proposals are often equal in all that is said. */
static void
vary_project(struct ent_proposal *p, uint64_t *seed)
{
	static const char *const names[] = { "quantum", "sonar" }, *const pillars[] = { "i", "ii" };
	static const char *const rules[] = { "originator and au.example", "all of au.example uk.example us.example" };
	static struct ent_title titles[2];
	static struct ent_requires requires[2];

	p->project = ent_view_str(names[below(seed, 2)]);
	p->pillar = ent_view_str(pillars[below(seed, 2)]);
	titles[0] = (struct ent_title){ ENT_LIT("en"), ent_view_str(below(seed, 2) ? "A" : "B; project sonar; role reader") };
	titles[1] = (struct ent_title){ ENT_LIT("fr"), ENT_LIT("C") };
	p->titles = titles;
	p->title_count = 1 + below(seed, 2);
	p->participant_count = 2 + below(seed, 2);
	p->custody = ent_view_str(rules[below(seed, 2)]);
	p->originator_last = below(seed, 2);
	p->unsealed_members = below(seed, 2);
	p->alone_allowed = below(seed, 2);
	p->has_labels = below(seed, 2);
	random_hash(&p->labels, seed);
	p->has_replaces = below(seed, 2);
	random_hash(&p->replaces, seed);
	for (size_t i = 0; i < 2; i++)
		requires[i] = (struct ent_requires){ ent_view_str(i ? "b" : "a"), below(seed, 2), 1, below(seed, 2) };
	p->requires = requires;
	p->requires_count = below(seed, 3);
	p->reason = (struct ent_title){ ENT_LIT("en"), ent_view_str(below(seed, 2) ? "x" : "y") };
}

static void
vary_admit(struct ent_proposal *p, uint64_t *seed)
{
	static const char *const parties[] = { "jp.example", "kr.example" };

	p->admit_party = ent_view_str(parties[below(seed, 2)]);
	random_hash(&p->admit_party_proposal, seed);
	p->role_contributor = below(seed, 2);
	p->sponsor = below(seed, 2) ? ENT_LIT("au.example") : ENT_VIEW_NONE;
	p->files_all = below(seed, 2);
	p->files_since_unix_s = (int64_t)below(seed, 2);
	p->from_unix_s = (int64_t)below(seed, 2);
	p->requires_count = below(seed, 2);
	p->reason.text = below(seed, 2) ? ENT_LIT("Other words.") : ENT_VIEW_NONE;
}

static void
random_proposal(struct ent_buf *out, const struct ent_doc *from, uint64_t *seed)
{
	struct ent_doc doc = *from;
	struct ent_error err = { 0 };

	if (doc.proposal.kind == ENT_PROPOSAL_PROJECT)
		vary_project(&doc.proposal, seed);
	else
		vary_admit(&doc.proposal, seed);
	random_hash(&doc.proposal.charter, seed);
	*out = ent_buf_with_max(65535);
	if (ent_doc_print(out, &doc, &err) != ENT_OK)
		fail_msg("%s", err.text);
}

/* A random pair; sometimes the second is the first with only what is unsaid changed. */
static bool
pair_agrees(const struct ent_doc *from, uint64_t *seed)
{
	ENT_AUTO_FINI(ent_buf) a = { 0 };
	ENT_AUTO_FINI(ent_buf) b = { 0 };
	ENT_AUTO_FINI(ent_buf) a_says = { 0 };
	ENT_AUTO_FINI(ent_buf) b_says = { 0 };
	ENT_AUTO_FINI(ent_buf) a_rest = { 0 };
	ENT_AUTO_FINI(ent_buf) b_rest = { 0 };
	uint64_t again = *seed;

	random_proposal(&a, from, seed);
	if (below(seed, 3) == 0)
		*seed = again;
	random_proposal(&b, from, seed);
	next_random(seed);
	without_titles_and_reason(&a_rest, ent_buf_view(&a));
	without_titles_and_reason(&b_rest, ent_buf_view(&b));
	bool said_equal = ent_view_eq(says(&a_says, ent_buf_view(&a)), says(&b_says, ent_buf_view(&b)));

	assert_int_equal(said_equal, ent_view_eq(ent_buf_view(&a_rest), ent_buf_view(&b_rest)));
	return said_equal;
}

/* C-3 */
static void
equal_says_means_equal_but_for_titles_and_reason(void **state)
{
	static const char *const names[] = { "proposal-project-full", "proposal-admit" };
	uint64_t seed = 20261121;
	size_t equal = 0;

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(names); i++) {
		ENT_AUTO_FINI(ent_buf) text = { 0 };
		ENT_AUTO(ent_arena) arena = new_arena();
		struct ent_doc doc;

		parse_ok(&doc, arena, load_vector(&text, names[i], ".txt"));
		for (int n = 0; n < 1500; n++)
			equal += pair_agrees(&doc, &seed);
	}
	assert_true(equal > 100 && equal < 2900);
}

static void
a_title_or_reason_changes_nothing_that_is_said(void **state)
{
	ENT_AUTO_FINI(ent_buf) text = { 0 };
	ENT_AUTO_FINI(ent_buf) edited = ent_buf_with_max(65535);
	ENT_AUTO_FINI(ent_buf) before = { 0 };
	ENT_AUTO_FINI(ent_buf) after = { 0 };
	struct ent_view proposal = load_vector(&text, "proposal-project-full", ".txt");

	(void)state;
	says(&before, proposal);
	says(&after, replaced(&edited, proposal, "title en Quantum", "title en unsealed members; until 2099. Quantum"));
	assert_true(ent_view_eq(ent_buf_view(&before), ent_buf_view(&after)));
	says(&after, replaced(&edited, proposal, "pillar ii", "pillar i"));
	assert_false(ent_view_eq(ent_buf_view(&before), ent_buf_view(&after)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_is_what_a_second_implementation_says),
		cmocka_unit_test(says_fits_into_the_statement_that_quotes_it),
		cmocka_unit_test(only_a_proposal_says_anything),
		cmocka_unit_test(equal_says_means_equal_but_for_titles_and_reason),
		cmocka_unit_test(a_title_or_reason_changes_nothing_that_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
