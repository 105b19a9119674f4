/*
 * Attacks with consents (charter section 11): for every kind of proposal, all but us have consented, and what is tried in the place of its
 * consent must not bring the proposal into force, nor change anything else.
 */
#include "attack_fixture.h"

enum { PROJECT, PARTY, ADMISSION, PROFILE, PENDING_KINDS };

struct pending {
	struct ent_charter *charter;
	struct ent_hash hash;  /* awaits us's consent */
	struct ent_hash other; /* another one of its kind that awaits two */
};

static void
pending_fini(struct pending *p)
{
	ent_charter_free(p->charter);
}
#define PENDING __attribute__((cleanup(pending_fini))) struct pending

struct pair {
	struct pending both[2];
};
static void
pair_fini(struct pair *p)
{
	pending_fini(&p->both[0]);
	pending_fini(&p->both[1]);
}
#define PAIR __attribute__((cleanup(pair_fini))) struct pair

static struct pending
pending_set(int kind)
{
	struct pending p = { .charter = world_charter(&(struct world_rules){ .profile = "all" }) };
	struct ent_hash party = world_add_party(p.charter, &(struct world_party){ .party = JP });

	(void)world_in_force(p.charter, NULL);
	if (kind == PROJECT) {
		p.hash = world_add_project(p.charter, &(struct world_project){ .name = "undersea" });
		p.other = world_add_project(p.charter, &(struct world_project){ .name = "dark", .title = "Other" });
	} else if (kind == PARTY) {
		p.hash = party;
		p.other = world_add_party(p.charter, &(struct world_party){ .party = KR });
	} else if (kind == ADMISSION) {
		all_consent(p.charter, &party, T0);
		p.hash = world_add_admit(p.charter, &(struct world_admit){ .party = JP, .proposal = party });
		p.other = world_add_admit(p.charter, &(struct world_admit){ .party = JP, .proposal = party, .project = "undersea" });
	} else {
		p.hash = world_add_profile(p.charter, "posture-1", "Words");
		p.other = world_add_profile(p.charter, "posture-2", "Words");
	}
	world_give_consent(p.charter, AU, &p.hash, T0, T0 + 100 * DAY);
	world_give_consent(p.charter, UK, &p.hash, T0, T0 + 100 * DAY);
	world_be_alive_all(p.charter, T0);
	world_follow(p.charter, JP);
	world_be_alive(p.charter, JP, T0);
	return p;
}

static enum ent_force
force_of(const struct pending *p, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(p->charter, now_unix_s);

	return ent_state_standing_by_hash(state, &p->hash)->state;
}

static void
consent_line(char out[128], const struct ent_hash *hash, int64_t until_unix_s)
{
	char base64[ENT_HASH_BASE64_SIZE], until[ENT_TIME_TEXT_SIZE];

	ent_hash_base64(base64, hash);
	ent_time_print(until, until_unix_s);
	snprintf(out, 128, "consent %s until %s", base64, until);
}

static void
says_of(struct ent_buf *out, const struct pending *p, const struct ent_hash *hash)
{
	struct ent_error err = { 0 };

	assert_ok(ent_says_make(out, ent_charter_proposal(p->charter, hash)->text, &err));
}

/* ---- wrong in one thing ---- */

enum says { SAYS_IT, SAYS_THE_OTHER, SAYS_LESS, SAYS_MORE, SAYS_IN_CAPITALS };
struct wrong {
	const char *name;
	struct world_statement s; /* by US unless a row says otherwise */
	size_t host;              /* in whose log, from us on: 0 is us's, 1 is au's */
	int64_t until_after;      /* T0; 0: a day */
	bool names_the_other;
	enum says says;
};
static const struct ent_hash elsewhere = { { 5 } };
static const struct wrong wrongs[] = {
	{ .name = "one officer of two", .s = { .signers = ROE } },
	{ .name = "another member's officers", .s = { .signers_of = 1 } },
	{ .name = "the log key", .s = { .log_key = true } },
	{ .name = "another charter", .s = { .charter_id = &elsewhere } },
	{ .name = "an epoch that there is not", .s = { .epoch = 2 } },
	{ .name = "signed for later", .s = { .time_unix_s = T0 + 121 } },
	{ .name = "after its not-after", .s = { .time_unix_s = T0 - 8 * DAY } },
	{ .name = "a second after its not-after", .s = { .time_unix_s = T0 - 60, .not_after_unix_s = T0 - 1 } },
	{ .name = "good for more than 30 days", .s = { .not_after_unix_s = T0 + 30 * DAY + 1 } },
	{ .name = "run out as it was entered", .until_after = -1 },
	{ .name = "in au's log", .host = 1 },
	{ .name = "in uk's log", .host = 2 },
	{ .name = "the hash of another proposal", .names_the_other = true },
	{ .name = "says of another proposal", .says = SAYS_THE_OTHER },
	{ .name = "says that leaves out the end", .says = SAYS_LESS },
	{ .name = "says with a title", .says = SAYS_MORE },
	{ .name = "says in another letter", .says = SAYS_IN_CAPITALS },
	{ .name = "by a partner", .s = { .by = JP } },
};

static void
make_says(struct ent_buf *out, const struct pending *p, const struct wrong *w)
{
	struct ent_error err = { 0 };

	says_of(out, p, w->says == SAYS_THE_OTHER ? &p->other : &p->hash);
	if (w->says == SAYS_LESS)
		out->len = ent_view_rfind(ent_buf_view(out), ';');
	else if (w->says == SAYS_MORE)
		assert_ok(ent_buf_add_str(out, "; title en Data", &err));
	else if (w->says == SAYS_IN_CAPITALS)
		out->data[0] -= 'a' - 'A';
}

static void
make_wrong(struct ent_buf *out, const struct pending *p, const struct wrong *w)
{
	struct world_statement s = w->s;
	BUF says = ROOM;
	char act[128];

	consent_line(act, w->names_the_other ? &p->other : &p->hash, w->until_after ? T0 + w->until_after : T0 + DAY);
	make_says(&says, p, w);
	s.by = s.by ? s.by : US;
	s.time_unix_s = s.time_unix_s ? s.time_unix_s : T0;
	s.act = act;
	s.says = text_of(&says);
	world_statement(out, p->charter, &s);
}

static void
try_wrong(struct pending *attacked, struct pending *untouched, int kind, const struct wrong *w)
{
	size_t host = w->s.by == JP ? JP : (US + w->host) % MEMBERS;
	char what[100];
	BUF note = ROOM;

	snprintf(what, sizeof(what), "kind %d, %s", kind, w->name);
	make_wrong(&note, attacked, w);
	if (w->until_after == 0) /* a node takes what is over already: it is dated rightly */
		assert_not_taken(attacked->charter, host, ent_buf_view(&note), what);
	world_add(attacked->charter, host, ent_buf_view(&note));
	world_add(untouched->charter, host, ENT_LIT("rubbish"));
	if (force_of(attacked, T0) != ENT_FORCE_PROPOSED || !all_alike(attacked->charter, untouched->charter, T0))
		fail_msg("%s: it had an effect", what);
}

/* C-8 C-9 C-10 C-14 C-54 */
static void
nothing_in_the_place_of_a_consent_brings_any_kind_into_force(void **unused)
{
	(void)unused;
	for (int kind = 0; kind < PENDING_KINDS; kind++) {
		PENDING attacked = pending_set(kind);
		PENDING untouched = pending_set(kind);

		for (size_t i = 0; i < ENT_COUNT(wrongs); i++)
			try_wrong(&attacked, &untouched, kind, &wrongs[i]);
		world_give_consent(attacked.charter, US, &attacked.hash, T0, T0 + DAY);
		assert_int_equal(force_of(&attacked, T0), ENT_FORCE_ACTIVE); /* the right one does */
	}
}

/* C-14: a project's and an admission's end is in their text; a consent cannot be longer, by one second. */
static void
a_consent_a_second_longer_than_the_proposal_is_void(void **unused)
{
	static const int64_t ends[] = { [PROJECT] = T0 + 1000 * DAY, [ADMISSION] = T0 + 900 * DAY };
	static const int kinds[] = { PROJECT, ADMISSION };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(kinds); i++) {
		PENDING attacked = pending_set(kinds[i]);
		PENDING untouched = pending_set(kinds[i]);
		BUF note = ROOM;

		world_consent(&note, attacked.charter, US, ent_charter_proposal(attacked.charter, &attacked.hash)->text, T0, ends[kinds[i]] + 1);
		assert_not_taken(attacked.charter, US, ent_buf_view(&note), "longer than the proposal");
		world_add(attacked.charter, US, ent_buf_view(&note));
		world_add(untouched.charter, US, ENT_LIT("rubbish"));
		assert_true(all_alike(attacked.charter, untouched.charter, T0));
		world_give_consent(attacked.charter, US, &attacked.hash, T0, ends[kinds[i]]);
		assert_int_equal(force_of(&attacked, T0), ENT_FORCE_ACTIVE);
	}
}

/* ---- replays ---- */

/* The same words with the third officer's signature too: the same text. */
static void
consent_note(struct ent_buf *out, const struct pending *p, int64_t time_unix_s, int64_t until_unix_s, unsigned signers)
{
	BUF says = ROOM;
	char act[128];

	consent_line(act, &p->hash, until_unix_s);
	says_of(&says, p, &p->hash);
	world_statement(out, p->charter, &(struct world_statement){ .by = US, .time_unix_s = time_unix_s, .act = act, .says = text_of(&says),
	    .signers = signers });
}

/* In each log, as it was and with more signatures; nothing may follow. */
static void
replay(struct pending *attacked, struct pending *untouched, int64_t now_unix_s, int64_t until_unix_s)
{
	static const unsigned signers[] = { QUORUM, DOE | ROE, DOE | POE | ROE };

	for (size_t i = 0; i < ENT_COUNT(signers); i++) {
		struct ent_error err = { 0 };
		BUF note = ROOM;

		consent_note(&note, attacked, T0, until_unix_s, signers[i]);
		if (ent_charter_admissible(attacked->charter, ENT_LIT("us.example"), ent_buf_view(&note), now_unix_s, &err) == ENT_OK)
			fail_msg("replay %zu is taken", i);
		for (size_t m = 0; m < MEMBERS; m++) {
			world_add(attacked->charter, m, ent_buf_view(&note));
			world_add(untouched->charter, m, ENT_LIT("rubbish"));
		}
		if (!all_alike(attacked->charter, untouched->charter, now_unix_s))
			fail_msg("replay %zu had an effect", i);
	}
}

/* C-11 C-53: withdrawn by one officer, it stays withdrawn whatever copies of it turn up. */
static void
a_withdrawn_consent_does_not_come_back(void **unused)
{
	(void)unused;
	for (int kind = 0; kind < PENDING_KINDS; kind++) {
		PAIR pair = { { pending_set(kind), pending_set(kind) } };
		struct pending *both = pair.both;

		for (size_t i = 0; i < 2; i++) {
			struct ent_hash consent;
			BUF note = ROOM;

			consent_note(&note, &both[i], T0, T0 + 20 * DAY, QUORUM);
			consent = world_text_hash(ent_buf_view(&note));
			world_add(both[i].charter, US, ent_buf_view(&note));
			assert_int_equal(force_of(&both[i], T0), ENT_FORCE_ACTIVE);
			(void)says_about(both[i].charter, US, "withdraw", &consent, POE, T0 + HOUR);
			world_be_alive_all(both[i].charter, T0 + HOUR);
		}
		assert_int_equal(force_of(&both[0], T0 + HOUR), ENT_FORCE_ENDED);
		replay(&both[0], &both[1], T0 + HOUR, T0 + 20 * DAY);
		assert_int_equal(force_of(&both[0], T0 + HOUR), ENT_FORCE_ENDED);
	}
}

/* C-53: a consent was stolen before it was entered; its officer withdraws it by its hash, and it never counts. */
static void
a_consent_withdrawn_before_it_turned_up_never_counts(void **unused)
{
	PENDING attacked = pending_set(ADMISSION);
	PENDING untouched = pending_set(ADMISSION);
	struct ent_hash consent;
	BUF note = ROOM;

	(void)unused;
	consent_note(&note, &attacked, T0, T0 + 20 * DAY, QUORUM);
	consent = world_text_hash(ent_buf_view(&note));
	(void)says_about(attacked.charter, US, "withdraw", &consent, ROE, T0);
	(void)says_about(untouched.charter, US, "withdraw", &consent, ROE, T0);
	replay(&attacked, &untouched, T0, T0 + 20 * DAY);
	assert_int_equal(force_of(&attacked, T0), ENT_FORCE_PROPOSED);
}

/* C-11: it ran out; the same text again, within its not-after still, renews nothing. */
static void
a_consent_that_ran_out_is_not_renewed_by_its_copies(void **unused)
{
	PAIR pair = { { pending_set(PROJECT), pending_set(PROJECT) } };
	struct pending *both = pair.both;

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		BUF note = ROOM;

		consent_note(&note, &both[i], T0, T0 + HOUR, QUORUM);
		world_add(both[i].charter, US, ent_buf_view(&note));
		assert_int_equal(force_of(&both[i], T0), ENT_FORCE_ACTIVE);
		world_be_alive_all(both[i].charter, T0 + HOUR);
	}
	assert_int_equal(force_of(&both[0], T0 + HOUR), ENT_FORCE_LAPSED);
	replay(&both[0], &both[1], T0 + HOUR, T0 + HOUR);
}

/* ---- what comes into force by itself ---- */

/* C-17 C-63: who has not consented leaves; the others' consents are not all. */
static void
nothing_comes_into_force_because_a_dissenter_left(void **unused)
{
	(void)unused;
	for (int kind = 0; kind < PENDING_KINDS; kind++) {
		PENDING p = pending_set(kind);

		(void)says_now(p.charter, US, "withdraw membership", QUORUM, T0);
		assert_int_equal(force_of(&p, T0), ENT_FORCE_PROPOSED);
		world_be_alive_all(p.charter, T0 + HOUR);
		assert_int_equal(force_of(&p, T0 + HOUR), ENT_FORCE_PROPOSED);
		/* Nor by a consent that it gives then. */
		world_give_consent(p.charter, US, &p.hash, T0 + HOUR, T0 + DAY);
		assert_int_equal(force_of(&p, T0 + HOUR), ENT_FORCE_PROPOSED);
	}
}

/* C-18 C-20: a rival of the same name with weaker custody, and everybody's consent to the true one silenced, stopped or run out. */
static void
a_second_project_of_the_name_does_not_take_it_from_a_silenced_one(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash first = world_in_force(charter, NULL);
	struct ent_hash rival = world_add_project(charter, &(struct world_project){ .custody = "all of au.example uk.example" });

	(void)unused;
	world_give_consent(charter, AU, &rival, T0, T0 + 100 * DAY);
	world_give_consent(charter, UK, &rival, T0, T0 + 100 * DAY);
	for (int64_t now = T0; now <= T0 + 3 * DAY; now += 3 * DAY) {
		ENT_AUTO(ent_state) state = world_derive(charter, now);

		assert_int_equal(ent_state_project_by_hash(state, &first)->state, now == T0 ? ENT_FORCE_ACTIVE : ENT_FORCE_UNHEARD);
		assert_int_equal(ent_state_project_by_hash(state, &rival)->state, ENT_FORCE_PROPOSED);
		assert_false(ent_state_project_lineage(state, ENT_LIT("quantum"), &rival)); /* no seal under it is good */
	}
	world_be_alive_all(charter, T0 + 3 * DAY);
	(void)says_now(charter, UK, "stop project quantum", DOE, T0 + 3 * DAY);
	world_give_consent(charter, US, &rival, T0 + 3 * DAY, T0 + 100 * DAY); /* complete now, and the name is held */
	world_be_alive_all(charter, T0 + 3 * DAY);
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + 3 * DAY);
	assert_int_equal(ent_state_project_by_hash(state, &first)->state, ENT_FORCE_SUSPENDED);
	assert_true(ent_state_project_by_hash(state, &first)->holds);
	assert_false(ent_state_project_by_hash(state, &rival)->holds);
	assert_int_equal(ent_state_project_by_hash(state, &rival)->in_force_since_unix_s, 0);
	assert_true(ent_hash_eq(&ent_state_project(state, ENT_LIT("quantum"))->doc->hash, &first));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_in_the_place_of_a_consent_brings_any_kind_into_force),
		cmocka_unit_test(a_consent_a_second_longer_than_the_proposal_is_void),
		cmocka_unit_test(a_withdrawn_consent_does_not_come_back),
		cmocka_unit_test(a_consent_withdrawn_before_it_turned_up_never_counts),
		cmocka_unit_test(a_consent_that_ran_out_is_not_renewed_by_its_copies),
		cmocka_unit_test(nothing_comes_into_force_because_a_dissenter_left),
		cmocka_unit_test(a_second_project_of_the_name_does_not_take_it_from_a_silenced_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
