/* Partners' logs and proposals as they arrive: whatever comes first, the same is known in the end (P1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <search.h>

#include "charter/charter_set.h"
#include "world.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define CHARTER ENT_AUTO(ent_charter) charter
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const char *
text_of(struct ent_buf *buf)
{
	struct ent_error err = { 0 };
	const char *text;

	assert_ok(ent_buf_cstr(buf, &text, &err));
	return text;
}

/* ---- all that is known, in words that do not depend on how it came ---- */

static struct ent_buf *told;
static const struct ent_charter *told_of;

#define SAY(...) assert_ok(ent_buf_printf(told, &(struct ent_error){ 0 }, __VA_ARGS__))

static void
say_deed(const struct deed *d)
{
	char hash[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(hash, &d->hash);
	SAY(" %.8s@%llu/%lld by %x of %u", hash, (unsigned long long)d->index, (long long)d->effect_unix_s, d->signers, d->needed);
}

static void
say_stop(const void *node, VISIT visit, int depth)
{
	const struct stop *stop = *(struct stop *const *)node;

	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	SAY("  stop");
	say_deed(&stop->deed);
	for (const struct stop_copy *c = stop->copies; c != NULL; c = c->next)
		SAY(" [%.*s %llu/%lld by %x]", ENT_FMT(told_of->logs[c->host].name), (unsigned long long)c->index,
		    (long long)c->effect_unix_s, c->signers);
	SAY("\n");
}

static void
say_text(const void *node, VISIT visit, int depth)
{
	const struct seen *seen = *(struct seen *const *)node;
	char hash[ENT_HASH_BASE64_SIZE];

	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	ent_hash_base64(hash, &seen->hash);
	SAY("  text %.8s %llu %s%s\n", hash, (unsigned long long)seen->index, ent_act_name(seen->act), seen->voided ? " void" : "");
}

static void
say_reading(const struct reading *r)
{
	SAY(" %.*s in %.*s alive %zu keys %zu+%zu officers %zu frozen %s\n", ENT_FMT(r->party->name),
	    ENT_FMT(r->log != SIZE_MAX ? told_of->logs[r->log].name : ENT_LIT("-")), r->alive_count, r->key_count,
	    r->issuer_key_count, r->officer_stop_count, r->unenforced != NULL ? r->unenforced : "no");
	for (size_t i = 0; i < r->key_count; i++)
		say_deed(&r->keys[i].deed);
	for (const struct leaving *l = r->leavings; l != NULL; l = l->older)
		say_deed(&l->deed);
	for (const struct text_note *n = r->notes; n != NULL; n = n->older)
		say_deed(&n->deed);
	SAY("\n");
	twalk(r->texts, say_text);
	twalk(r->stops, say_stop);
}

static void
tell(struct ent_buf *out, const struct ent_charter *charter)
{
	told = out;
	told_of = charter;
	for (size_t m = 0; m < MEMBERS; m++)
		say_reading(charter_member(charter, m));
	for (size_t i = 0; i < charter->proposal_count; i++) {
		const struct target *t = charter->proposals[i];

		SAY("proposal %zu of %zu\n", i, t->group->target_count);
		for (size_t m = 0; t->consents != NULL && m < MEMBERS; m++)
			for (const struct consent *c = t->consents[m]; c != NULL; c = c->older) {
				SAY("  consent %d", c->valid);
				say_deed(&c->deed);
				SAY("\n");
			}
		if (t->reading != NULL)
			say_reading(t->reading);
	}
	for (size_t i = 0; i < charter->stop_count; i++) {
		char hash[ENT_HASH_BASE64_SIZE];

		ent_hash_base64(hash, &charter->stops[i]);
		SAY("heard %.8s\n", hash);
	}
}

/* ---- a history, and its inputs ---- */

enum { LOGS = MEMBERS + 1, ENTRIES = 16, TEXTS = 6 };

struct history {
	struct ent_buf entries[LOGS][ENTRIES]; /* of AU, UK, US, JP */
	size_t count[LOGS];
	struct ent_buf texts[TEXTS];
	size_t text_count;
};

static struct ent_buf *
next_entry(struct history *h, size_t log)
{
	struct ent_buf *entry = &h->entries[log][h->count[log]++];

	assert_true(h->count[log] <= ENTRIES);
	*entry = ROOM;
	return entry;
}

static void
add_alive(struct history *h, const struct ent_charter *charter, size_t log, int64_t time_unix_s)
{
	size_t index = h->count[log];

	world_alive(next_entry(h, log), charter, log, index, time_unix_s);
}

static void
add_statement(struct history *h, const struct ent_charter *charter, size_t log, struct world_statement s)
{
	s.time_unix_s = s.time_unix_s ? s.time_unix_s : T0;
	world_statement(next_entry(h, log), charter, &s);
}

static struct ent_buf *
next_text(struct history *h)
{
	struct ent_buf *text = &h->texts[h->text_count++];

	assert_true(h->text_count <= TEXTS);
	*text = ROOM;
	return text;
}

/*
 * Three proposals of jp.example: its own, one of its log with other officers, and one with another log. Its log has what
 * either's officers sign; stops by both are heard in AU's and UK's logs, one of them in all three.
 */
static void
make_history(struct history *h, const struct ent_charter *charter)
{
	size_t too = JP_TOO - JP;
	struct ent_hash party;
	BUF key = ROOM;
	BUF officer = ROOM;

	party = world_party(next_text(h), charter, &(struct world_party){ .party = JP });
	world_party(next_text(h), charter, &(struct world_party){ .party = JP, .officers_of = JP_TOO, .title = "Others" });
	world_party(next_text(h), charter, &(struct world_party){ .party = JP, .officers_of = JP_TOO, .log_of = JP_TOO });
	world_admit(next_text(h), charter, &(struct world_admit){ .party = JP, .proposal = party });
	world_project(next_text(h), charter, NULL);
	for (size_t m = 0; m < LOGS; m++)
		add_alive(h, charter, m, T0 + (int64_t)m * 60);
	world_consent(next_entry(h, AU), charter, AU, ent_buf_view(&h->texts[0]), T0, T0 + DAY);
	world_consent(next_entry(h, UK), charter, UK, ent_buf_view(&h->texts[3]), T0, T0 + DAY);
	world_consent(next_entry(h, UK), charter, UK, ent_buf_view(&h->texts[4]), T0, T0 + 2000 * DAY); /* too long */
	world_key_line(&key, world_keys(JP)->kas);
	add_statement(h, charter, JP, (struct world_statement){ .by = JP, .act = text_of(&key) });
	add_statement(h, charter, JP, (struct world_statement){ .by = JP, .act = text_of(&key), .time_unix_s = T0 + 1, .signers_of = too });
	add_statement(h, charter, JP, (struct world_statement){ .by = JP, .act = "withdraw project quantum", .signers_of = too });
	add_statement(h, charter, JP, (struct world_statement){ .by = JP, .act = "withdraw project quantum" });
	add_statement(h, charter, JP, (struct world_statement){ .by = JP, .act = "decline 2.1", .signers_of = too });
	add_statement(h, charter, JP, (struct world_statement){ .by = JP, .act = "stop partner jp.example", .signers = DOE });
	add_statement(h, charter, JP, (struct world_statement){ .by = UK, .act = "stop partner jp.example", .signers = DOE });
	add_alive(h, charter, JP, T0 + HOUR);
	add_statement(h, charter, JP, (struct world_statement){ .by = JP, .act = "note text en Again", .signers = POE });
	add_statement(h, charter, AU, (struct world_statement){ .by = JP, .act = "stop partner jp.example", .signers = DOE });
	add_statement(h, charter, AU, (struct world_statement){ .by = JP, .act = "stop person eve@jp.example", .signers_of = too });
	add_statement(h, charter, AU, (struct world_statement){ .by = JP, .act = "stop project quantum" });
	add_statement(h, charter, UK, (struct world_statement){ .by = JP, .act = "stop partner jp.example", .signers = ROE });
	world_stop_key_line(&officer, world_keys(JP_TOO)->officers[2]);
	add_statement(h, charter, UK, (struct world_statement){ .by = JP, .act = text_of(&officer), .signers_of = too });
	add_statement(h, charter, UK, (struct world_statement){ .by = US, .act = "stop project quantum", .signers = DOE });
	add_statement(h, charter, US, (struct world_statement){ .by = US, .act = "stop project quantum", .signers = DOE });
}

static void
free_history(struct history *h)
{
	for (size_t m = 0; m < LOGS; m++)
		for (size_t i = 0; i < h->count[m]; i++)
			ent_buf_fini(&h->entries[m][i]);
	for (size_t i = 0; i < h->text_count; i++)
		ent_buf_fini(&h->texts[i]);
}

static uint32_t state = 1;

static size_t
chance(size_t n)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 16) % n;
}

/* Every input once, in any order in which a log's entries follow one another and a log is followed before them. */
static void
feed(struct ent_charter *charter, const struct history *h)
{
	size_t at[LOGS] = { 0 }, left = h->text_count + 1;
	bool texts[TEXTS] = { false }, followed = false;
	struct ent_error err = { 0 };

	for (size_t m = 0; m < LOGS; m++)
		left += h->count[m];
	while (left > 0) {
		size_t what = chance(LOGS + TEXTS + 1);

		if (what < LOGS && at[what] < h->count[what] && (what != JP || followed))
			world_add(charter, what, ent_buf_view(&h->entries[what][at[what]++]));
		else if (what >= LOGS && what < LOGS + h->text_count && !texts[what - LOGS]) {
			texts[what - LOGS] = true;
			assert_ok(ent_charter_add_proposal(charter, ent_buf_view(&h->texts[what - LOGS]), &err));
		} else if (what == LOGS + TEXTS && !followed) {
			followed = true;
			world_follow(charter, JP);
		} else
			continue;
		left--;
	}
}

/* C-16, C-54 */
static void
the_order_of_arrival_changes_nothing(void **unused)
{
	struct history h = { 0 };
	CHARTER = world_charter(NULL);
	BUF first = ROOM;

	(void)unused;
	make_history(&h, charter);
	feed(charter, &h);
	tell(&first, charter);
	for (size_t i = 0; i < 200; i++) {
		ENT_AUTO(ent_charter) other = world_charter(NULL);
		BUF words = ROOM;

		feed(other, &h);
		tell(&words, other);
		assert_string_equal(text_of(&words), text_of(&first));
	}
	free_history(&h);
}

/* What the words above must hold, so that they are not equal for being empty. C-54 */
static void
each_proposal_reads_its_partners_log_with_its_own_officers(void **unused)
{
	struct history h = { 0 };
	CHARTER = world_charter(NULL);
	const struct reading *r[3];

	(void)unused;
	make_history(&h, charter);
	feed(charter, &h);
	for (size_t i = 0; i < 3; i++) {
		struct ent_hash hash;

		ent_sha256(&hash, ent_buf_view(&h.texts[i]));
		r[i] = ((const struct target *)ent_charter_tree_get(&charter->targets, &hash))->reading;
	}
	assert_int_equal(charter->logs[JP].reading_count, 2);
	assert_int_equal(r[0]->alive_count, 2);
	assert_int_equal(r[0]->key_count, 1);
	assert_int_equal(r[0]->keys[0].deed.index, 1);
	assert_int_equal(r[0]->leavings->deed.index, 4);
	assert_null(r[0]->unenforced);
	assert_non_null(r[0]->notes);
	assert_int_equal(r[0]->officer_stop_count, 0);
	assert_int_equal(r[1]->key_count, 1);
	assert_int_equal(r[1]->keys[0].deed.index, 2);
	assert_int_equal(r[1]->leavings->deed.index, 3);
	assert_non_null(r[1]->unenforced);
	assert_int_equal(r[1]->officer_stop_count, 1);
	/* Another log: only what is heard. */
	assert_int_equal(r[2]->log, SIZE_MAX);
	assert_int_equal(r[2]->alive_count, 0);
	assert_int_equal(r[2]->key_count, 0);
	assert_int_equal(r[2]->officer_stop_count, 1);
	/* By JP's officers one, in three logs; by the others, person and key, for two proposals; by US one. */
	assert_int_equal(charter->stop_count, 4);
	free_history(&h);
}

/* ---- following ---- */

/* C-56 */
static void
a_partners_name_has_one_log(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct ent_vkey *jp = ent_signer_vkey(world_keys(JP)->log), *access = ent_signer_vkey(world_keys(JP)->access);
	struct ent_error err = { 0 };
	struct ent_vkey other;
	ENT_AUTO(ent_signer) signer = NULL;

	(void)unused;
	assert_int_equal(ent_charter_follow(charter, ENT_LIT("uk.example"), ent_signer_vkey(world_keys(UK)->log), &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_int_equal(ent_charter_follow(charter, ENT_LIT("jp.example"), access, &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_int_equal(ent_charter_add_entry(charter, ENT_LIT("jp.example"), 0, ENT_LIT("x"), &err), ENT_E_INPUT);
	ent_error_clear(&err);
	assert_ok(ent_charter_follow(charter, ENT_LIT("jp.example"), jp, &err));
	assert_int_equal(ent_charter_follow(charter, ENT_LIT("jp.example"), jp, &err), ENT_E_EXISTS);
	ent_error_clear(&err);
	assert_ok(ent_signer_generate(&signer, ENT_LIT("jp.example/statements"), ENT_NOTE_TYPE_ED25519, &err));
	other = *ent_signer_vkey(signer);
	assert_int_equal(ent_charter_follow(charter, ENT_LIT("jp.example"), &other, &err), ENT_E_INPUT);
	assert_int_equal(ent_charter_log_count(charter), MEMBERS + 1);
	assert_true(ent_view_eq_str(ent_charter_log_party(charter, MEMBERS), "jp.example"));
}

static void
only_so_many_partners_are_followed(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_error err = { 0 };

	(void)unused;
	for (size_t i = 0; i <= ENT_LIMIT_PARTNERS; i++) {
		ENT_AUTO(ent_signer) signer = NULL;
		char party[32], name[64];

		snprintf(party, sizeof(party), "p%zu.example", i);
		snprintf(name, sizeof(name), "%s/statements", party);
		assert_ok(ent_signer_generate(&signer, ent_view_str(name), ENT_NOTE_TYPE_ED25519, &err));
		assert_int_equal(ent_charter_follow(charter, ent_view_str(party), ent_signer_vkey(signer), &err),
		    i < ENT_LIMIT_PARTNERS ? ENT_OK : ENT_E_LIMIT);
	}
}

/* C-7: an alive counts at its index only, also when the party proposal comes after it. */
static void
a_partners_alives_are_read_at_their_places(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash hash;
	BUF note = ROOM;
	const struct target *target;

	(void)unused;
	world_follow(charter, JP);
	world_add(charter, JP, ENT_LIT("rubbish"));
	world_be_alive(charter, JP, T0);
	world_alive(&note, charter, JP, 7, T0 + 1);
	world_add(charter, JP, ent_buf_view(&note));
	world_be_alive(charter, JP, T0 - 1);
	world_be_alive(charter, JP, T0 + 2);
	hash = world_add_party(charter, &(struct world_party){ .party = JP });
	target = ent_charter_tree_get(&charter->targets, &hash);
	assert_int_equal(target->reading->alive_count, 2);
	assert_int_equal(target->reading->alives[0].index, 1);
	assert_int_equal(target->reading->alives[1].index, 4);
	assert_int_equal(ent_charter_log_size(charter, ENT_LIT("jp.example")), 5);
}

/* ---- the view ---- */

/* C-34 */
static void
a_view_lists_partners_logs_and_stops_heard(void **unused)
{
	CHARTER = world_charter(NULL);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_error err = { 0 };
	struct ent_hash hash, root = { { 7 } }, stop;
	BUF text = ROOM;
	struct ent_doc doc;

	(void)unused;
	world_follow(charter, JP);
	stop = world_say_in(charter, AU, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = "stop project quantum" });
	ent_charter_set_root(charter, ENT_LIT("au.example"), &root);
	world_add(charter, JP, ENT_LIT("rubbish"));
	assert_int_equal(ent_charter_view(charter, &text, &hash, &err), ENT_E_INPUT);
	ent_error_clear(&err);
	ent_charter_set_root(charter, ENT_LIT("jp.example"), &root);
	assert_ok(ent_charter_view(charter, &text, &hash, &err));
	assert_ok(ent_arena_new(&arena, 1 << 20, &err));
	assert_ok(ent_doc_parse(&doc, arena, ent_buf_view(&text), &err));
	assert_ok(ent_doc_check(&doc, &err));
	assert_int_equal(doc.view.log_count, MEMBERS + 1);
	assert_true(ent_view_eq_str(doc.view.logs[1].origin, "jp.example/statements"));
	assert_int_equal(doc.view.logs[1].size, 1);
	assert_int_equal(doc.view.stop_count, 1);
	assert_true(ent_hash_eq(&doc.view.stops[0], &stop));
}

static void
the_first_proof_against_a_log_is_kept(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_error err = { 0 };

	(void)unused;
	assert_int_equal(ent_charter_set_broken(charter, ENT_LIT("jp.example"), "a", &err), ENT_E_INPUT);
	ent_error_clear(&err);
	world_follow(charter, JP);
	assert_ok(ent_charter_set_broken(charter, ENT_LIT("jp.example"), "a", &err));
	assert_ok(ent_charter_set_broken(charter, ENT_LIT("jp.example"), "b", &err));
	assert_string_equal(charter->logs[JP].broken, "a");
}

/* ---- proposals ---- */

static enum ent_status
add(struct ent_charter *charter, const struct ent_buf *text, struct ent_error *err)
{
	ent_error_clear(err);
	return ent_charter_add_proposal(charter, ent_buf_view(text), err);
}

/* C-5 */
static void
a_party_proposal_repeats_nothing_of_a_member(void **unused)
{
	CHARTER = world_charter(&(struct world_rules){ .extra_issuer = "https://old.uk.example/" });
	struct ent_error err = { 0 };
	BUF issuer = ROOM;
	BUF slash = ROOM;
	BUF officers = ROOM;
	BUF good = ROOM;

	(void)unused;
	world_party(&issuer, charter, &(struct world_party){ .party = JP, .issuer = "https://node.uk.example" });
	assert_int_equal(add(charter, &issuer, &err), ENT_E_REFUSED);
	world_party(&slash, charter, &(struct world_party){ .party = JP, .issuer = "https://old.uk.example" });
	assert_int_equal(add(charter, &slash, &err), ENT_E_REFUSED);
	assert_non_null(strstr(err.text, "belongs to uk.example"));
	world_party(&officers, charter, &(struct world_party){ .party = AU });
	assert_int_equal(add(charter, &officers, &err), ENT_E_REFUSED);
	world_party(&good, charter, &(struct world_party){ .party = JP });
	assert_ok(add(charter, &good, &err));
	assert_int_equal(add(charter, &good, &err), ENT_E_EXISTS);
}

/* C-5, C-59: a closed pillar is derive's to say, because the project may come later. */
static void
an_admission_is_of_others_than_members(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_error err = { 0 };
	struct ent_hash party = { { 1 } };
	BUF member = ROOM;
	BUF closed = ROOM;

	(void)unused;
	world_admit(&member, charter, &(struct world_admit){ .party = US, .proposal = party });
	assert_int_equal(add(charter, &member, &err), ENT_E_REFUSED);
	world_add_project(charter, &(struct world_project){ .pillar = "i" });
	world_admit(&closed, charter, &(struct world_admit){ .party = JP, .proposal = party });
	assert_ok(add(charter, &closed, &err));
}

/* C-22 */
static void
what_is_not_enforced_is_named(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_error err = { 0 };
	struct ent_hash nodeless = world_add_party(charter, &(struct world_party){ .party = JP, .node = "", .sponsor = "uk.example" });
	struct ent_hash requires = world_add_project(charter, &(struct world_project){ .optional = "requires base from 2\n" });
	struct ent_hash last = world_add_project(charter, &(struct world_project){ .originator = "last" });

	(void)unused;
	assert_int_equal(ent_charter_enforced(&ent_charter_proposal(charter, &nodeless)->proposal, &err), ENT_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "a party without a node of its own"));
	ent_error_clear(&err);
	assert_ok(ent_charter_enforced(&ent_charter_proposal(charter, &requires)->proposal, &err));
	assert_int_equal(ent_charter_enforced(&ent_charter_proposal(charter, &last)->proposal, &err), ENT_E_UNSUPPORTED);
	assert_string_equal(((const struct target *)ent_charter_tree_get(&charter->targets, &last))->unenforced, "originator last");
}

/* C-18 */
static void
proposals_of_one_name_are_one_group(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash party = world_add_party(charter, &(struct world_party){ .party = JP }), key;
	const struct group *group;

	(void)unused;
	world_add_party(charter, &(struct world_party){ .party = JP, .title = "Again", .replaces = &party });
	world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party });
	world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party, .project = "radar" });
	world_add_profile(charter, "quantum", "A profile of a project's name");
	world_add_project(charter, NULL);
	assert_int_equal(charter->group_count, 5);
	ent_charter_group_key(&key, ENT_PROPOSAL_PARTY, ENT_LIT("jp.example"), ENT_VIEW_NONE);
	group = ent_charter_tree_get(&charter->group_tree, &key);
	assert_int_equal(group->target_count, 2);
	assert_true(memcmp(&group->targets[0]->hash, &group->targets[1]->hash, sizeof(struct ent_hash)) < 0);
	ent_charter_group_key(&key, ENT_PROPOSAL_ADMIT, ENT_LIT("jp.example"), ENT_LIT("radar"));
	group = ent_charter_tree_get(&charter->group_tree, &key);
	assert_int_equal(group->target_count, 1);
	assert_true(ent_view_eq_str(group->project, "radar"));
	for (size_t i = 0; i < charter->group_count; i++)
		assert_int_equal(charter->groups[i]->index, i);
}

/* C-5: each would make every entry of the partner's log be verified once more. */
static void
only_so_many_party_proposals_of_one_name_are_kept(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_error err = { 0 };
	char title[32];
	BUF text = ROOM;

	(void)unused;
	for (unsigned i = 0; i < ENT_LIMIT_PARTY_TEXTS; i++) {
		snprintf(title, sizeof(title), "Partner %u", i);
		world_add_party(charter, &(struct world_party){ .party = JP, .title = title });
	}
	world_party(&text, charter, &(struct world_party){ .party = JP, .title = title });
	assert_int_equal(ent_charter_add_proposal(charter, ent_buf_view(&text), &err), ENT_E_EXISTS);
	ent_error_clear(&err);
	ent_buf_clear(&text);
	world_party(&text, charter, &(struct world_party){ .party = JP, .title = "One more" });
	assert_int_equal(ent_charter_add_proposal(charter, ent_buf_view(&text), &err), ENT_E_LIMIT);
	assert_non_null(strstr(err.text, "under another name"));
	assert_int_equal(ent_charter_proposal_count(charter), ENT_LIMIT_PARTY_TEXTS);
	world_add_party(charter, &(struct world_party){ .party = KR }); /* another name has its own */
	world_add_admit(charter, &(struct world_admit){ .party = JP });
}

/* What must be fetched: what logs name, what is replaced, and the party that is admitted. */
static void
what_others_name_is_wanted(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash party = { { 1 } }, replaced = { { 2 } }, wanted[4];

	(void)unused;
	world_follow(charter, JP);
	world_be_alive(charter, JP, T0);
	world_state_act(charter, &(struct world_statement){ .by = JP, .time_unix_s = T0, .act = "note proposal " HASH });
	assert_int_equal(ent_charter_wanted(charter, wanted, 4), 0); /* nobody knows its officers */
	world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party, .replaces = &replaced });
	assert_int_equal(ent_charter_wanted(charter, wanted, 4), 2);
	assert_true(ent_hash_eq(&wanted[0], &replaced));
	assert_true(ent_hash_eq(&wanted[1], &party));
	assert_int_equal(ent_charter_wanted(charter, wanted, 1), 1);
	world_add_party(charter, &(struct world_party){ .party = JP });
	assert_int_equal(ent_charter_wanted(charter, wanted, 4), 3);
	assert_true(ent_charter_proposal_announced(charter, &wanted[1])); /* a quarter is for what proposals name, first */
}

/* Names of texts that nobody has do not keep out what proposals stand on; and nothing is fetched twice. */
static void
a_log_full_of_names_does_not_crowd_out_what_is_replaced(void **unused)
{
	CHARTER = world_charter(NULL);
	struct ent_hash party = { { 1 } }, replaced = { { 2 } }, named, wanted[8];
	char act[128], hash[ENT_HASH_BASE64_SIZE];

	(void)unused;
	for (uint8_t i = 0; i < 9; i++) {
		named = i == 8 ? replaced : (struct ent_hash){ { 9, i } };
		ent_hash_base64(hash, &named);
		snprintf(act, sizeof(act), "note proposal %s", hash);
		world_be_alive(charter, AU, T0);
		world_state_act(charter, &(struct world_statement){ .by = AU, .time_unix_s = T0, .act = act, .signers = ROE });
	}
	world_add_admit(charter, &(struct world_admit){ .party = JP, .proposal = party, .replaces = &replaced });
	assert_int_equal(ent_charter_wanted(charter, wanted, 8), 8);
	assert_true(ent_hash_eq(&wanted[0], &replaced)); /* au's newest, too */
	assert_true(ent_hash_eq(&wanted[1], &party));
	for (size_t i = 2; i < 8; i++)
		assert_int_equal(wanted[i].bytes[0], 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_arrival_changes_nothing),
		cmocka_unit_test(each_proposal_reads_its_partners_log_with_its_own_officers),
		cmocka_unit_test(a_partners_name_has_one_log),
		cmocka_unit_test(only_so_many_partners_are_followed),
		cmocka_unit_test(a_partners_alives_are_read_at_their_places),
		cmocka_unit_test(a_view_lists_partners_logs_and_stops_heard),
		cmocka_unit_test(the_first_proof_against_a_log_is_kept),
		cmocka_unit_test(a_party_proposal_repeats_nothing_of_a_member),
		cmocka_unit_test(an_admission_is_of_others_than_members),
		cmocka_unit_test(what_is_not_enforced_is_named),
		cmocka_unit_test(proposals_of_one_name_are_one_group),
		cmocka_unit_test(only_so_many_party_proposals_of_one_name_are_kept),
		cmocka_unit_test(what_others_name_is_wanted),
		cmocka_unit_test(a_log_full_of_names_does_not_crowd_out_what_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
