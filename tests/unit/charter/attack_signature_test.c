/*
 * Attacks on signatures (charter section 11): every act, signed in each wrong way with real keys. A node does not take it in, and where
 * it stands in a log all the same it has no effect; the true note after it has.
 */
#include "attack_fixture.h"

static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	[31] = 0x10 };

/* S + L: the same point equation, another number. */
static void
make_not_canonical(uint8_t signature[ENT_ED25519_SIG_LEN])
{
	unsigned carry = 0;

	for (size_t i = 0; i < sizeof(order); i++) {
		carry += signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
}

static uint32_t
id_of(const char *name, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	const struct ent_view parts[] = { ent_view_str(name), ENT_LIT("\n\x01"), ent_view_from(key, ENT_ED25519_KEY_LEN) };
	struct ent_hash hash;

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	return (uint32_t)hash.bytes[0] << 24 | (uint32_t)hash.bytes[1] << 16 | (uint32_t)hash.bytes[2] << 8 | hash.bytes[3];
}

/* ---- the ways to sign wrongly: each appends the signature lines ---- */

static void
twice_the_same_officer(struct ent_buf *out, size_t by, struct ent_view text)
{
	add_good_signature(out, by, KEY_DOE, text);
	add_good_signature(out, by, KEY_DOE, text);
}

/* The second name is one that nobody has: with it the key would be two. */
static void
one_key_under_two_names(struct ent_buf *out, size_t by, struct ent_view text)
{
	uint8_t signature[ENT_ED25519_SIG_LEN];
	char name[64];

	snprintf(name, sizeof(name), "%s/officer/twin", world_members[by]);
	add_good_signature(out, by, KEY_DOE, text);
	sign_as(signature, by, KEY_DOE, text);
	add_signature(out, ent_view_str(name), id_of(name, key_of(by, KEY_DOE)->key), signature);
}

/* doe's signature again, under poe's name and poe's id. */
static void
one_key_under_a_colleagues_name_and_id(struct ent_buf *out, size_t by, struct ent_view text)
{
	uint8_t signature[ENT_ED25519_SIG_LEN];

	add_good_signature(out, by, KEY_DOE, text);
	sign_as(signature, by, KEY_DOE, text);
	add_signature(out, key_of(by, KEY_POE)->name, key_of(by, KEY_POE)->id, signature);
}

static void
one_officer(struct ent_buf *out, size_t by, struct ent_view text)
{
	add_good_signature(out, by, KEY_DOE, text);
}

static void
a_bad_one_among_two_good_ones(struct ent_buf *out, size_t by, struct ent_view text)
{
	uint8_t signature[ENT_ED25519_SIG_LEN];

	sign_as(signature, by, KEY_ROE, text);
	signature[3] ^= 1;
	add_signature(out, key_of(by, KEY_ROE)->name, key_of(by, KEY_ROE)->id, signature);
	add_good_signature(out, by, KEY_DOE, text);
	add_good_signature(out, by, KEY_POE, text);
}

static void
numbers_beyond_the_order(struct ent_buf *out, size_t by, struct ent_view text)
{
	static const enum key_place places[] = { KEY_DOE, KEY_POE };

	for (size_t i = 0; i < ENT_COUNT(places); i++) {
		uint8_t signature[ENT_ED25519_SIG_LEN];

		sign_as(signature, by, places[i], text);
		make_not_canonical(signature);
		add_signature(out, key_of(by, places[i])->name, key_of(by, places[i])->id, signature);
	}
}

/* R = the neutral point and S = 0: good under every key whose challenge vanishes, and for a careless verifier under a small one. */
static void
signatures_of_small_order(struct ent_buf *out, size_t by, struct ent_view text)
{
	const uint8_t signature[ENT_ED25519_SIG_LEN] = { 1 };

	(void)text;
	add_signature(out, key_of(by, KEY_DOE)->name, key_of(by, KEY_DOE)->id, signature);
	add_signature(out, key_of(by, KEY_POE)->name, key_of(by, KEY_POE)->id, signature);
}

static void
the_log_key(struct ent_buf *out, size_t by, struct ent_view text)
{
	add_good_signature(out, by, KEY_LOG, text);
}

static void
every_key_of_the_node(struct ent_buf *out, size_t by, struct ent_view text)
{
	add_good_signature(out, by, KEY_LOG, text);
	add_good_signature(out, by, KEY_ACCESS, text);
	add_good_signature(out, by, KEY_SEAL, text);
	add_good_signature(out, by, KEY_WITNESS, text);
}

/* The node's own keys under its officers' names, with the ids that these would have: nobody's keys. */
static void
the_log_key_under_officers_names(struct ent_buf *out, size_t by, struct ent_view text)
{
	static const enum key_place places[] = { KEY_DOE, KEY_POE };
	uint8_t signature[ENT_ED25519_SIG_LEN];

	sign_as(signature, by, KEY_LOG, text);
	for (size_t i = 0; i < ENT_COUNT(places); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", ENT_FMT(key_of(by, places[i])->name));
		add_signature(out, ent_view_str(name), id_of(name, key_of(by, KEY_LOG)->key), signature);
	}
}

static void
another_members_officers(struct ent_buf *out, size_t by, struct ent_view text)
{
	(void)by;
	add_good_signature(out, UK, KEY_DOE, text);
	add_good_signature(out, UK, KEY_POE, text);
	add_good_signature(out, UK, KEY_ROE, text);
}

/* Somebody found a key with the id of doe's, and one with the id of poe's: 32 bits can be searched. */
static void
strangers_with_officers_names_and_ids(struct ent_buf *out, size_t by, struct ent_view text)
{
	uint8_t signature[ENT_ED25519_SIG_LEN];

	sign_as(signature, KR, KEY_DOE, text);
	add_signature(out, key_of(by, KEY_DOE)->name, key_of(by, KEY_DOE)->id, signature);
	add_signature(out, key_of(by, KEY_POE)->name, key_of(by, KEY_POE)->id, signature);
}

static void
good_ones_over_another_text(struct ent_buf *out, size_t by, struct ent_view text)
{
	struct ent_view shorter = ent_view_slice(text, 0, text.len - 1);

	add_good_signature(out, by, KEY_DOE, shorter);
	add_good_signature(out, by, KEY_POE, shorter);
}

static void
unknown_lines(struct ent_buf *out, size_t count)
{
	struct ent_error err = { 0 };

	for (size_t i = 0; i < count; i++)
		assert_ok(ent_buf_printf(out, &err, DASH "us.example/officer/x%zu AAAAAAE=\n", i));
}

/* Both good ones are there, behind thousands that nobody knows. */
static void
thousands_of_unknown_lines(struct ent_buf *out, size_t by, struct ent_view text)
{
	unknown_lines(out, 1500);
	add_good_signature(out, by, KEY_DOE, text);
	add_good_signature(out, by, KEY_POE, text);
}

static void
sixty_five_lines(struct ent_buf *out, size_t by, struct ent_view text)
{
	unknown_lines(out, 63);
	add_good_signature(out, by, KEY_DOE, text);
	add_good_signature(out, by, KEY_POE, text);
}

static const struct way {
	const char *name;
	void (*sign)(struct ent_buf *out, size_t by, struct ent_view text);
	bool good_for_one; /* where one officer is enough, this is good */
} ways[] = {
	{ "one officer", one_officer, true },
	{ "one officer twice", twice_the_same_officer, false },
	{ "one key under two names", one_key_under_two_names, true },
	{ "one key under a colleague's name and id", one_key_under_a_colleagues_name_and_id, false },
	{ "a bad signature by a known key among two good ones", a_bad_one_among_two_good_ones, false },
	{ "S beyond the order", numbers_beyond_the_order, false },
	{ "signatures of small order", signatures_of_small_order, false },
	{ "the statement-log key", the_log_key, false },
	{ "every key of the node", every_key_of_the_node, false },
	{ "the log key under officers' names", the_log_key_under_officers_names, false },
	{ "another member's officers", another_members_officers, false },
	{ "strangers with officers' names and ids", strangers_with_officers_names_and_ids, false },
	{ "good signatures over another text", good_ones_over_another_text, false },
	{ "thousands of unknown lines", thousands_of_unknown_lines, false },
	{ "65 lines", sixty_five_lines, false },
};

/* ---- every act in each of these ways ---- */

static void
try_way(struct stage *attacked, struct stage *untouched, const struct deed *deed, const struct way *way, struct ent_view text)
{
	struct ent_error err = { 0 };
	char what[160];
	BUF note = ROOM;

	if (deed->one && way->good_for_one)
		return;
	/* Of the stop of its own key roe is not asked: its line is one of nobody's, good or bad (C-2, C-9). */
	if (strcmp(deed->act, "stop key officer") == 0 && way->sign == a_bad_one_among_two_good_ones)
		return;
	snprintf(what, sizeof(what), "%s: %s", deed->act, way->name);
	assert_ok(ent_buf_add(&note, text, &err));
	assert_ok(ent_buf_add_byte(&note, '\n', &err));
	way->sign(&note, deed->by, text);
	assert_not_taken(attacked->charter, deed->by, ent_buf_view(&note), what);
	world_add(attacked->charter, deed->by, ent_buf_view(&note));
	world_add(untouched->charter, deed->by, ENT_LIT("rubbish"));
	if (!all_alike(attacked->charter, untouched->charter, T0))
		fail_msg("%s: it had an effect", what);
}

/* C-2 C-6 C-9 C-11: nothing of it counts, and it does not keep the true note from counting. */
static void
no_act_takes_effect_by_wrong_signatures_and_none_is_hindered_by_them(void **unused)
{
	(void)unused;
	for (size_t d = 0; d < ENT_COUNT(deeds); d++) {
		STAGE attacked = stage_set();
		STAGE untouched = stage_set();
		BUF note = ROOM;

		deed_note(&note, &attacked, &deeds[d]);
		for (size_t w = 0; w < ENT_COUNT(ways); w++)
			try_way(&attacked, &untouched, &deeds[d], &ways[w], text_of_note(&note));
		world_add(attacked.charter, deeds[d].by, ent_buf_view(&note));
		if (all_alike(attacked.charter, untouched.charter, T0))
			fail_msg("%s: the true note has no effect, so this test shows nothing", deeds[d].act);
		world_add(untouched.charter, deeds[d].by, ent_buf_view(&note));
		if (!all_alike(attacked.charter, untouched.charter, T0))
			fail_msg("%s: the true note has another effect after the attacks", deeds[d].act);
	}
}

/* C-2: lines of keys that may not sign this are neither counted nor checked, up to the 64 that a note may have. */
static void
sixty_two_unknown_lines_and_a_colliding_id_change_nothing(void **unused)
{
	STAGE s = stage_set();
	STAGE plain = stage_set();
	const struct deed *consent = &deeds[0];
	const uint8_t wrong[ENT_ED25519_SIG_LEN] = { 9 };
	struct ent_error err = { 0 };
	BUF good = ROOM;
	BUF note = ROOM;
	struct ent_view text;

	(void)unused;
	deed_note(&good, &s, consent);
	text = text_of_note(&good);
	assert_ok(ent_buf_add(&note, text, &err));
	assert_ok(ent_buf_add_byte(&note, '\n', &err));
	unknown_lines(&note, 61);
	/* doe's id under a name that is not doe's: another key, so it is not looked at. */
	add_signature(&note, ENT_LIT("us.example/officer/dow"), key_of(US, KEY_DOE)->id, wrong);
	add_good_signature(&note, US, KEY_DOE, text);
	add_good_signature(&note, US, KEY_POE, text);
	assert_ok(ent_charter_admissible(s.charter, ENT_LIT("us.example"), ent_buf_view(&note), T0, &err));
	world_add(s.charter, US, ent_buf_view(&note));
	world_add(plain.charter, US, ent_buf_view(&good));
	assert_true(all_alike(s.charter, plain.charter, T0));
	ENT_AUTO(ent_state) state = world_derive(s.charter, T0);
	assert_int_equal(ent_state_project(state, ENT_LIT("undersea"))->state, ENT_FORCE_ACTIVE);
}

/* ---- single-role keys ---- */

/* C-6 C-9: what was signed as one kind of text is never taken for another. */
static void
a_checkpoint_or_seal_or_genesis_in_a_log_is_no_statement(void **unused)
{
	static const char *const texts[] = {
		"us.example/statements\n3\nkhNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n",
		"us.example/officer/doe\n3\nkhNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n",
		"charter/v1 statement stop\n3\nkhNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n",
		"access/v1 3\ntime 2026-11-21T09:00:00Z\nresult released\n",
	};
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	BUF genesis = ROOM;

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(texts); i++) {
		struct ent_error err = { 0 };
		struct ent_view text = ent_view_str(texts[i]);
		BUF note = ROOM;

		sign_raw(&note, text, US);
		add_good_signature(&note, US, KEY_LOG, text);
		assert_not_taken(attacked.charter, US, ent_buf_view(&note), texts[i]);
		world_add(attacked.charter, US, ent_buf_view(&note));
		world_add(untouched.charter, US, ENT_LIT("rubbish"));
		assert_true(err.code == ENT_OK);
	}
	world_genesis(&genesis, NULL);
	assert_not_taken(attacked.charter, US, ent_buf_view(&genesis), "the genesis");
	world_add(attacked.charter, US, ent_buf_view(&genesis));
	world_add(untouched.charter, US, ENT_LIT("rubbish"));
	assert_true(all_alike(attacked.charter, untouched.charter, T0));
}

/* C-7: all officers together are not the log key, and no other key of the node is. */
static void
no_other_key_signs_an_alive(void **unused)
{
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	static const enum key_place places[] = { KEY_DOE, KEY_POE, KEY_ROE, KEY_ACCESS, KEY_WITNESS, KEY_SEAL };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(places); i++) {
		struct ent_error err = { 0 };
		BUF alive = ROOM;
		BUF note = ROOM;

		world_alive(&alive, attacked.charter, US, ent_charter_log_size(attacked.charter, ENT_LIT("us.example")), T0 + HOUR);
		assert_ok(ent_buf_add(&note, text_of_note(&alive), &err));
		assert_ok(ent_buf_add_byte(&note, '\n', &err));
		for (size_t k = 0; k <= i; k++)
			add_good_signature(&note, US, places[k], text_of_note(&alive));
		world_add(attacked.charter, US, ent_buf_view(&note));
		world_add(untouched.charter, US, ENT_LIT("rubbish"));
	}
	assert_true(all_alike(attacked.charter, untouched.charter, T0 + HOUR));
	ENT_AUTO(ent_state) state = world_derive(attacked.charter, T0 + HOUR);
	assert_int_equal(ent_state_member(state, ENT_LIT("us.example"))->alive_unix_s, T0);
}

/* ---- pages with keys ---- */

/* The page of Japan with one thing replaced; it must not be kept. */
static void
assert_page_refused(const char *from, const char *to)
{
	CHARTER = world_charter(NULL);
	BUF text = ROOM;
	BUF edited = ROOM;
	struct ent_error err = { 0 };
	struct ent_view page;
	const uint8_t *hit;
	size_t at;

	(void)world_party(&text, charter, &(struct world_party){ .party = JP });
	page = ent_buf_view(&text);
	hit = memmem(page.data, page.len, from, strlen(from));
	assert_non_null(hit);
	at = (size_t)(hit - page.data);
	assert_ok(ent_buf_add(&edited, ent_view_slice(page, 0, at), &err));
	assert_ok(ent_buf_add_str(&edited, to, &err));
	assert_ok(ent_buf_add(&edited, ent_view_slice(page, at + strlen(from), page.len), &err));
	if (ent_charter_add_proposal(charter, ent_buf_view(&edited), &err) == ENT_OK || err.text[0] == '\0')
		fail_msg("taken: %s", to);
	assert_int_equal(ent_charter_proposal_count(charter), 0);
	ent_error_clear(&err);
	assert_ok(ent_charter_add_proposal(charter, page, &err)); /* the page as it was is good */
}

static void
key_line(char out[200], const char *name, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	uint8_t typed[1 + ENT_ED25519_KEY_LEN] = { 1 };
	char base64[64] = "";

	memcpy(typed + 1, key, ENT_ED25519_KEY_LEN);
	ent_base64_encode_to(base64, ENT_BASE64_STD, ent_view_from(typed, sizeof(typed)));
	snprintf(out, 200, "officer %s+%08x+%s\n", name, (unsigned)id_of(name, key), base64);
}

/* C-4 C-5 C-57: thresholds that are no majority, keys that are two officers, keys under which anything verifies. */
static void
a_partys_page_with_a_weak_threshold_or_key_is_not_kept(void **unused)
{
	static const uint8_t small[][ENT_ED25519_KEY_LEN] = {
		{ 1 }, /* the neutral point */
		{ 0 }, /* of order 4 */
		{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f }, /* of order 2 */
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3,
		    0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 }, /* of order 8 */
	};
	char line[200], with[400];

	(void)unused;
	assert_page_refused("quorum 2\n", "quorum 0\n");
	assert_page_refused("quorum 2\n", "quorum 1\n"); /* 2 * 1 <= 3 */
	assert_page_refused("quorum 2\n", "quorum 4\n");
	assert_page_refused("quorum 2\n", "quorum 4294967298\n");
	for (size_t i = 0; i < ENT_COUNT(small); i++) {
		key_line(line, "jp.example/officer/zoe", small[i]);
		snprintf(with, sizeof(with), "%squorum 2\n", line);
		assert_page_refused("quorum 2\n", with);
	}
	key_line(line, "jp.example/officer/zoe", key_of(JP, KEY_DOE)->key); /* doe again */
	snprintf(with, sizeof(with), "%squorum 3\n", line);
	assert_page_refused("quorum 2\n", with);
	key_line(line, "jp.example/officer/zoe", key_of(JP, KEY_LOG)->key); /* the log's key as an officer */
	snprintf(with, sizeof(with), "%squorum 3\n", line);
	assert_page_refused("quorum 2\n", with);
	key_line(line, "jp.example/officer/zoe", key_of(AU, KEY_ROE)->key); /* an officer of Australia, twice of this world */
	snprintf(with, sizeof(with), "%squorum 3\n", line);
	assert_page_refused("quorum 2\n", with);
	key_line(line, "au.example/officer/zoe", key_of(KR, KEY_DOE)->key); /* under a member's name */
	snprintf(with, sizeof(with), "%squorum 3\n", line);
	assert_page_refused("quorum 2\n", with);
}

/* C-24: a seal key under which anybody's seals would verify. */
static void
a_seal_key_of_small_order_is_not_published(void **unused)
{
	static const uint8_t neutral[ENT_ED25519_KEY_LEN] = { 1 };
	STAGE attacked = stage_set();
	STAGE untouched = stage_set();
	char kid[ENT_SEAL_KID_SIZE], base64[64] = "", act[160];
	BUF note = ROOM;

	(void)unused;
	ent_seal_kid(kid, neutral);
	ent_base64_encode_to(base64, ENT_BASE64_STD, ent_view_from(neutral, sizeof(neutral)));
	snprintf(act, sizeof(act), "key %s seal ed25519 %s", kid, base64);
	world_statement(&note, attacked.charter, &(struct world_statement){ .by = US, .time_unix_s = T0, .act = act });
	assert_not_taken(attacked.charter, US, ent_buf_view(&note), act);
	world_add(attacked.charter, US, ent_buf_view(&note));
	world_add(untouched.charter, US, ENT_LIT("rubbish"));
	assert_true(all_alike(attacked.charter, untouched.charter, T0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_act_takes_effect_by_wrong_signatures_and_none_is_hindered_by_them),
		cmocka_unit_test(sixty_two_unknown_lines_and_a_colliding_id_change_nothing),
		cmocka_unit_test(a_checkpoint_or_seal_or_genesis_in_a_log_is_no_statement),
		cmocka_unit_test(no_other_key_signs_an_alive),
		cmocka_unit_test(a_partys_page_with_a_weak_threshold_or_key_is_not_kept),
		cmocka_unit_test(a_seal_key_of_small_order_is_not_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
