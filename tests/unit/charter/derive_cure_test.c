/*
 * P10: `why` is complete. On random histories, doing exactly what the reasons list makes the party active; doing less does not.
 * The cures are read as people read them: "uk.example consent 3fa81234", "uk.example resume 9c41d0aa",
 * "us.example accredit jp.example posture-2", "hear us.example: ...", and "1 of: ...; ..." where any will do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/time.h"
#include "random_history.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
enum { HISTORIES = 40 };
#else
enum { HISTORIES = 400 };
#endif
enum { DEEDS_MAX = 64, WORD_MAX = 96, NOBODY = SIZE_MAX };

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define BUF ENT_AUTO_FINI(ent_buf)

enum verb { HEAR, CONSENT, RESUME, ACCREDIT };
struct deed {
	enum verb verb;
	size_t by;
	char object[WORD_MAX], more[WORD_MAX];
};
struct cures {
	struct deed deeds[DEEDS_MAX];
	size_t count;
	bool beyond; /* something that no statement cures */
	bool choice; /* "n of:": any will do, so less might too */
};

/* ---- reading what is listed ---- */

static size_t
party_of(const char *name)
{
	for (size_t i = 0; i < KR + 1; i++)
		if (strcmp(name, world_members[i]) == 0)
			return i;
	return NOBODY;
}

static void
add_deed(struct cures *cures, const struct deed *deed)
{
	for (size_t i = 0; i < cures->count; i++)
		if (cures->deeds[i].verb == deed->verb && cures->deeds[i].by == deed->by && strcmp(cures->deeds[i].object, deed->object) == 0 &&
		    strcmp(cures->deeds[i].more, deed->more) == 0)
			return; /* listed for several proposals: one deed */
	assert_true(cures->count < DEEDS_MAX);
	cures->deeds[cures->count++] = *deed;
}

static void
read_cure(struct cures *cures, const char *cure)
{
	struct deed deed = { 0 };
	char by[WORD_MAX] = "", verb[WORD_MAX] = "";

	if (sscanf(cure, "hear %95[^:]:", by) == 1)
		deed.verb = HEAR;
	else if (sscanf(cure, "%95s be heard for", by) == 1 && strstr(cure, " be heard for ") != NULL)
		deed.verb = HEAR;
	else if (sscanf(cure, "%95s %95s %95s %95s", by, verb, deed.object, deed.more) >= 3 && strcmp(verb, "consent") == 0)
		deed.verb = CONSENT;
	else if (strcmp(verb, "resume") == 0)
		deed.verb = RESUME;
	else if (strcmp(verb, "accredit") == 0)
		deed.verb = ACCREDIT;
	else
		by[0] = '\0';
	deed.by = party_of(by);
	if (deed.by == NOBODY)
		cures->beyond = true;
	else
		add_deed(cures, &deed);
}

/* "2 of: a; b; c": the first two. */
static void
read_choice(struct cures *cures, const char *cure)
{
	unsigned wanted = (unsigned)strtoul(cure, NULL, 10);
	char text[2048], *at, *save = NULL;

	cures->choice = true;
	snprintf(text, sizeof(text), "%s", strchr(cure, ':') + 1);
	for (at = strtok_r(text, ";", &save); at != NULL && wanted > 0; at = strtok_r(NULL, ";", &save), wanted--)
		read_cure(cures, at + strspn(at, " "));
	cures->beyond |= wanted > 0;
}

static void
read_cures(struct cures *cures, const struct ent_state *state, const struct asked *asked)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };
	struct ent_participation part;

	memset(cures, 0, sizeof(*cures));
	assert_ok(ent_arena_new(&arena, 1 << 22, &err));
	reasons.arena = arena;
	assert_ok(ent_state_party_reasons(state, ent_view_str(asked->party), ent_view_str(asked->project), &reasons, &err));
	assert_ok(ent_state_participation(state, ent_view_str(asked->party), ent_view_str(asked->project), &part, &err));
	assert_true(ent_reasons_block(&reasons) == (part.state != ENT_PART_ACTIVE));
	for (size_t i = 0; i < reasons.count; i++) {
		const struct ent_reason *r = &reasons.items[i];

		if (!ent_reason_row(r->code)->blocks)
			assert_string_equal(r->cure, "");
		else if (strstr(r->cure, " of: ") != NULL)
			read_choice(cures, r->cure);
		else
			read_cure(cures, r->cure);
	}
}

/* ---- doing it ---- */

static bool
find_text(const struct history *h, const char *prefix, size_t *text)
{
	for (*text = 0; *text < h->text_count; (*text)++) {
		char hex[ENT_HASH_HEX_SIZE];

		ent_hash_hex(hex, &h->hashes[*text]);
		if (strncmp(hex, prefix, 8) == 0)
			return true;
	}
	return false;
}

static void
resume(struct ent_charter *charter, const struct history *h, const struct deed *deed, int64_t now_unix_s)
{
	for (size_t i = 0; i < h->op_count; i++) {
		char hex[ENT_HASH_HEX_SIZE], base64[ENT_HASH_BASE64_SIZE], act[128];

		ent_hash_hex(hex, &h->ops[i].hash);
		if (h->ops[i].kind == OP_ALIVE || strncmp(hex, deed->object, 8) != 0)
			continue;
		ent_hash_base64(base64, &h->ops[i].hash);
		snprintf(act, sizeof(act), "resume %s", base64);
		world_state_act(charter, &(struct world_statement){ .by = deed->by, .time_unix_s = now_unix_s, .act = act });
		return;
	}
	fail_msg("there is no stop %s", deed->object);
}

static void
do_deed(struct ent_charter *charter, const struct history *h, const struct deed *deed, int64_t now_unix_s)
{
	char act[256], until[ENT_TIME_TEXT_SIZE];
	int64_t end_unix_s;
	size_t text;

	world_be_alive(charter, deed->by, now_unix_s);
	if (deed->verb == CONSENT) {
		assert_true(find_text(h, deed->object, &text));
		end_unix_s = ent_charter_proposal(charter, &h->hashes[text])->proposal.until_unix_s;
		world_give_consent(charter, deed->by, &h->hashes[text], now_unix_s,
		    end_unix_s != 0 && end_unix_s < now_unix_s + 60 ? end_unix_s : now_unix_s + 60);
	} else if (deed->verb == RESUME) {
		resume(charter, h, deed, now_unix_s);
	} else if (deed->verb == ACCREDIT) {
		ent_time_print(until, now_unix_s + HOUR);
		snprintf(act, sizeof(act), "accredit %s %s until %s", deed->object, deed->more, until);
		world_state_act(charter, &(struct world_statement){ .by = deed->by, .time_unix_s = now_unix_s, .act = act });
	}
}

/* The party's state after every deed but one. */
static enum ent_part
after(const struct history *h, const bool *left_out, const struct cures *cures, size_t except, const struct asked *asked, int64_t now_unix_s)
{
	ENT_AUTO(ent_charter) charter = history_replay(h, left_out);
	struct ent_participation part;
	struct ent_error err = { 0 };

	for (size_t i = 0; i < cures->count; i++)
		if (i != except)
			do_deed(charter, h, &cures->deeds[i], now_unix_s);
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	assert_ok(ent_state_participation(state, ent_view_str(asked->party), ent_view_str(asked->project), &part, &err));
	return part.state;
}

/* Whoever states anything is heard by it: to be heard is a deed of its own only for who states nothing else. */
static bool
is_implied(const struct cures *cures, size_t deed)
{
	for (size_t i = 0; cures->deeds[deed].verb == HEAR && i < cures->count; i++)
		if (i != deed && cures->deeds[i].by == cures->deeds[deed].by)
			return true;
	return false;
}

/* ---- the property ---- */

static size_t cured, cured_by_part[ENT_PART_COUNT];

static const char *
check_cures(const struct history *h, const bool *left_out, const struct asked *asked, const struct ent_state *state)
{
	static char wrong[512];
	struct ent_participation part;
	struct ent_error err = { 0 };
	struct cures cures;

	read_cures(&cures, state, asked);
	assert_ok(ent_state_participation(state, ent_view_str(asked->party), ent_view_str(asked->project), &part, &err));
	if (part.state == ENT_PART_ACTIVE || cures.beyond)
		return NULL;
	snprintf(wrong, sizeof(wrong), "%s in %s is %s at T0 %+lld, and ", asked->party, asked->project, ent_part_name(part.state),
	    (long long)(ent_state_now(state) - T0));
	if (cures.count == 0)
		return strcat(wrong, "nothing would cure it");
	if (after(h, left_out, &cures, SIZE_MAX, asked, ent_state_now(state)) != ENT_PART_ACTIVE)
		return strcat(wrong, "all that is listed does not cure it");
	for (size_t i = 0; !cures.choice && i < cures.count; i++) {
		if (is_implied(&cures, i) || after(h, left_out, &cures, i, asked, ent_state_now(state)) != ENT_PART_ACTIVE)
			continue;
		snprintf(&wrong[strlen(wrong)], 200, "it is cured without %s's %s", world_members[cures.deeds[i].by], cures.deeds[i].object);
		return wrong;
	}
	cured++;
	cured_by_part[part.state]++;
	return NULL;
}

/* At the end, when every party's newest `alive` is past: a deed now is the newest in its log. */
static const char *
holds(const struct history *h, const bool *left_out)
{
	uint64_t rng = h->seed;
	int64_t now_unix_s = h->end_unix_s + (int64_t)history_chance(&rng, history_chance(&rng, 3) == 0 ? 20 * HOUR : 3 * HOUR);
	ENT_AUTO(ent_charter) charter = history_replay(h, left_out);
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	const char *wrong = NULL;

	for (size_t i = 0; i < ASKED && wrong == NULL; i++)
		if (i < 2 || i > 4) /* what au is asked, uk is too */
			wrong = check_cures(h, left_out, &history_asked[i], state);
	return wrong;
}

static void
p10_curing_what_why_lists_and_nothing_less_makes_it_active(void **unused)
{
	(void)unused;
	for (uint64_t i = 0; i < HISTORIES; i++) {
		bool left_out[OPS_MAX] = { false };
		bool smaller = true;
		HISTORY h;

		history_make(&h, 10 * 1000003 + i, true);
		if (holds(&h, left_out) == NULL)
			continue;
		while (smaller) {
			smaller = false;
			for (size_t k = 0; k < h.op_count; k++) {
				if (left_out[k])
					continue;
				left_out[k] = true;
				if (holds(&h, left_out) == NULL)
					left_out[k] = false;
				else
					smaller = true;
			}
		}
		history_print(&h, left_out);
		fail_msg("%s", holds(&h, left_out));
	}
	for (size_t s = 0; s < ENT_PART_COUNT; s++)
		print_message("  %-10s cured %zu times\n", ent_part_name((enum ent_part)s), cured_by_part[s]);
	assert_true(cured >= HISTORIES);
	assert_true(cured_by_part[ENT_PART_SUSPENDED] > 0 && cured_by_part[ENT_PART_LAPSED] > 0 && cured_by_part[ENT_PART_UNHEARD] > 0 &&
	    cured_by_part[ENT_PART_PROPOSED] > 0 && cured_by_part[ENT_PART_ENDED] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(p10_curing_what_why_lists_and_nothing_less_makes_it_active) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
