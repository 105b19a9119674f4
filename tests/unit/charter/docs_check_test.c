/* What a well-formed text may still not say (charter section 11, Signatures; and the rules of sections 2, 3 and 5). */
#include "docs_fixture.h"

/* ent_doc_check of a vector with `from` replaced by `to` (NULL: as it is). The text must parse. */
static enum ent_status
check_edited(const char *name, const char *from, const char *to, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	ENT_AUTO_FINI(ent_buf) scratch = ent_buf_with_max(1 << 20);
	ENT_AUTO(ent_arena) arena = new_arena();
	struct ent_view text = load_vector(&file, name, ".txt");
	struct ent_doc doc;

	parse_ok(&doc, arena, from ? replaced(&scratch, text, from, to) : text);
	return ent_doc_check(&doc, err);
}

static void
what_contradicts_itself_is_refused(void **state)
{
	static const struct {
		const char *name, *from, *to, *words;
	} rows[] = {
		/* thresholds */
		{ "epoch-1", "quorum 2", "quorum 0", "quorum 0 of 3" },
		{ "epoch-1", "quorum 2", "quorum 1", "more than half" },
		{ "epoch-1", "quorum 2", "quorum 4", "at most all" },
		{ "proposal-party", "quorum 1", "quorum 0", "quorum 0 of 1" },
		{ "proposal-party", "quorum 1", "quorum 2", "quorum 2 of 1" },
		{ "proposal-party-sponsored", "quorum 2", "quorum 1", "quorum 1 of 2" },
		{ "epoch-3", "project consents 2", "project consents 0", "0 consents" },
		{ "epoch-3", "project consents 2", "project consents 4", "4 consents" },
		{ "epoch-3", "profile consents 3", "profile consents 4", "rule profile" },
		/* numbers */
		{ "epoch-1", "epoch 1.1", "epoch 1.2", "1.1" },
		{ "epoch-1", "epoch 1.1", "epoch 2.1", "parent" },
		{ "epoch-1", "epoch 1.1", "epoch 0.1", "from 1" },
		{ "epoch-3", "epoch 3.1", "epoch 3.0", "from 1" },
		{ "epoch-3", "epoch 3.1", "epoch 1.1", "no `parent`" },
		{ "epoch-3", "former nz.example", "former uk.example", "former member" },
		/* one issuer, one party */
		{ "epoch-1", "issuer https://node.uk.example", "issuer https://node.au.example", "one party" },
		{ "epoch-1", "issuer https://node.uk.example", "issuer https://node.au.example/", "one party" },
		{ "epoch-3", "issuer https://sso.us.example/realms/a web", "issuer https://node.us.example/ web",
		    "one party" },
		/* projects */
		{ "proposal-project", "participant au.example\n", "", "not a participant" },
		{ "proposal-project", "originator and 2 of au.example uk.example us.example", "originator", "alone" },
		{ "proposal-project", "originator and 2 of au.example uk.example us.example",
		    "any of au.example uk.example", "alone" },
		{ "proposal-project", "2 of au.example uk.example us.example", "2 of au.example uk.example zz.example",
		    "zz.example" },
		{ "proposal-project", "originator and 2 of au.example uk.example us.example",
		    "au.example and uk.example and any of au.example zz.example", "zz.example" },
		{ "proposal-project", "custody originator and 2 of au.example", "custody 2 of uk.example au.example",
		    "" },
		{ "proposal-project", "custody originator and 2 of", "custody originator or 2 of", "" },
		{ "proposal-project-full", "posture-1 from 2", "posture-1 from 0", "nobody" },
		/* parties and admissions */
		{ "proposal-party", "node https://node.jp.example\n", "", "sponsor" },
		{ "proposal-party-sponsored", "sponsor au.example", "sponsor kr.example", "own sponsor" },
		{ "proposal-admit", "until 2027-12-01", "until 2026-12-01", "ends before" },
		{ "proposal-admit-contributor", "sponsor au.example\n", "", "sponsor" },
		/* statements */
		{ "statement-retire", "not-after 2026-12-05", "not-after 2026-11-20", "not-after" },
		{ "statement-retire", "not-after 2026-12-05", "not-after 2026-12-25", "30 days" },
		{ "statement-retire", "epoch 3 ", "epoch 0 ", "from 1" },
		{ "statement-key-kas", "key e-", "key r-", "kid" },
		{ "statement-key-kas", "ec:secp256r1", "rsa:2048", "kid" },
		{ "statement-key-kas", " kas ec:secp256r1 MF", " kas ec:secp256r1 MG", "kid" },
		{ "statement-key-seal", "key s-", "key e-", "kid" },
		/* the rest */
		{ "view", "log au.example/statements", "log au.example/access", "statement logs" },
		{ "view", "log au.example/statements", "log au.example", "statement logs" },
		{ "view", "log au.example/statements", "log au.example/x/statements", "statement logs" },
		{ "file", "until 2036-01-01", "until 2026-01-01", "until" },
		{ "file", "custody originator and", "custody originator or", "" },
		{ "writer", "until 2026-12-21T00:00:00Z", "until 2026-12-21T00:00:01Z", "30 days" },
		{ "writer", "until 2026-12-21", "until 2026-11-21", "30 days" },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_error err = { 0 };
		enum ent_status status = check_edited(rows[i].name, rows[i].from, rows[i].to, &err);

		if (status == ENT_OK || strstr(err.text, rows[i].words) == NULL)
			fail_msg("%s, `%s` for `%s`: %s", rows[i].name, rows[i].to, rows[i].from, status == ENT_OK
			    ? "taken" : err.text);
	}
}

static void
what_is_only_unusual_is_taken(void **state)
{
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
		{ "epoch-1", "quorum 2", "quorum 3" },
		{ "epoch-3", "project consents 2", "project consents 1" },
		{ "epoch-3", "epoch 3.1", "epoch 3.7" },
		{ "epoch-1", "issuer https://node.uk.example", "issuer https://login.uk.example/tenant/v2.0/" },
		{ "proposal-project", "custody originator and 2 of au.example uk.example us.example",
		    "custody all of au.example uk.example us.example" },
		{ "proposal-project-full", "originator and 2 of au.example uk.example us.example",
		    "any of au.example uk.example" },
		{ "statement-retire", "not-after 2026-12-05T00:00:00Z", "not-after 2026-12-21T09:05:00Z" },
		{ "proposal-admit", "role reader\n", "role reader\nsponsor uk.example\n" },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_error err = { 0 };

		if (check_edited(rows[i].name, rows[i].from, rows[i].to, &err) != ENT_OK)
			fail_msg("%s, `%s`: %s", rows[i].name, rows[i].to, err.text);
	}
}

/* ---- keys ---- */

enum role { OFFICER, STATEMENTS, ACCESS, WITNESS, RECOVERY };

static void
place(struct ent_party *party, enum role role, const struct ent_vkey *key)
{
	switch (role) {
	case OFFICER:
		party->officers[0] = *key;
		return;
	case STATEMENTS:
		party->statements_log = *key;
		return;
	case ACCESS:
		party->access_log = *key;
		return;
	case WITNESS:
		party->witness = *key;
		return;
	case RECOVERY:
		party->recovery_line = key->line;
	}
}

static const char *const role_names[] = { "officer/aaa", "statements", "access", "witness", "recovery" };

/* A key line of the party's role with the bytes of another key: what ent_vkey_parse would give for such a line. */
static struct ent_vkey
key_as(struct ent_arena *arena, const char *party, enum role role, const uint8_t bytes[ENT_ED25519_KEY_LEN])
{
	char name[100];
	struct ent_vkey key;

	snprintf(name, sizeof(name), "%s/%s", party, role_names[role]);
	key = fresh_key(arena, name, role == WITNESS ? ENT_NOTE_TYPE_COSIGNATURE : ENT_NOTE_TYPE_ED25519);
	memcpy(key.key, bytes, ENT_ED25519_KEY_LEN);
	return key;
}

/* recovery is a line in the struct: it can be the other of a pair, not the copy. */
static void
one_key_has_one_name_and_one_role_in_an_epoch(void **state)
{
	(void)state;
	for (size_t from = 0; from < 2; from++) {
		for (enum role role = OFFICER; role < RECOVERY; role++) {
			for (enum role other = OFFICER; other <= RECOVERY; other++) {
				ENT_AUTO_FINI(ent_buf) file = { 0 };
				ENT_AUTO(ent_arena) arena = new_arena();
				struct ent_error err = { 0 };
				struct ent_doc doc;

				if (from == 0 && role == other)
					continue;
				parse_ok(&doc, arena, load_vector(&file, "epoch-1", ".txt"));
				struct ent_party *members = doc.epoch.members;
				const char *other_name = from == 0 ? "au.example" : "uk.example";
				char name[100];

				snprintf(name, sizeof(name), "%s/%s", other_name, role_names[other]);
				struct ent_vkey original = fresh_key(arena, name, other == WITNESS
				    ? ENT_NOTE_TYPE_COSIGNATURE : ENT_NOTE_TYPE_ED25519);
				struct ent_vkey copy = key_as(arena, "au.example", role, original.key);

				place(&members[from], other, &original);
				assert_ok(ent_doc_check(&doc, &err));
				place(&members[0], role, &copy);
				assert_int_equal(ent_doc_check(&doc, &err), ENT_E_INPUT);
				assert_non_null(strstr(err.text, "one public key"));
			}
		}
	}
}

static void
a_key_is_named_after_its_party_and_role(void **state)
{
	static const struct {
		enum role role;
		const char *name;
	} rows[] = {
		{ OFFICER, "uk.example/officer/aaa" },
		{ OFFICER, "au.example/officer" },
		{ OFFICER, "au.example/aaa" },
		{ STATEMENTS, "au.example/access" },
		{ STATEMENTS, "au.example/officer/aaa" },
		{ ACCESS, "au.example/statements" },
		{ ACCESS, "au.example.org/access" },
		{ WITNESS, "uk.example/witness" },
		{ RECOVERY, "uk.example/recovery" },
	};

	(void)state;
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		ENT_AUTO_FINI(ent_buf) file = { 0 };
		ENT_AUTO(ent_arena) arena = new_arena();
		struct ent_error err = { 0 };
		struct ent_doc doc;

		parse_ok(&doc, arena, load_vector(&file, "epoch-1", ".txt"));
		struct ent_vkey key = fresh_key(arena, rows[i].name, rows[i].role == WITNESS
		    ? ENT_NOTE_TYPE_COSIGNATURE : ENT_NOTE_TYPE_ED25519);

		place(&doc.epoch.members[0], rows[i].role, &key);
		assert_int_equal(ent_doc_check(&doc, &err), ENT_E_INPUT);
	}
}

static void
one_officer_with_two_keys_is_refused(void **state)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	ENT_AUTO(ent_arena) arena = new_arena();
	struct ent_error err = { 0 };
	struct ent_doc doc;

	(void)state;
	parse_ok(&doc, arena, load_vector(&file, "epoch-1", ".txt"));
	doc.epoch.members[0].officers[1] = fresh_key(arena, "au.example/officer/doe", ENT_NOTE_TYPE_ED25519);
	assert_int_equal(ent_doc_check(&doc, &err), ENT_E_INPUT);
	assert_non_null(strstr(err.text, "twice"));
}

/* A whole alliance of n members, printed and read again. */
static enum ent_status
members_parse(size_t n, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) file = { 0 };
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 20);
	ENT_AUTO(ent_arena) arena = new_arena();
	struct ent_view genesis = load_vector(&file, "epoch-1", ".txt");
	size_t head = find(genesis, "member "), tail = find(genesis, "pillar ");

	assert_ok(ent_buf_add(&text, ent_view_slice(genesis, 0, head), err));
	for (size_t i = 0; i < n; i++) {
		char party[32], names[4][64];
		static const char *const roles[] = { "officer/aaa", "statements", "access", "witness" };

		snprintf(party, sizeof(party), "m%02zu.example", i);
		for (size_t r = 0; r < 4; r++)
			snprintf(names[r], sizeof(names[r]), "%s/%s", party, roles[r]);
		assert_ok(ent_buf_printf(&text, err, "member %s\ntitle en M\ncountry AUS\nofficer %.*s\nquorum 1\n",
		    party, ENT_FMT(fresh_key(arena, names[0], 1).line)));
		assert_ok(ent_buf_printf(&text, err,
		    "log %.*s\nlog %.*s\nwitness %.*s\nnode https://%s\nissuer https://%s\n",
		    ENT_FMT(fresh_key(arena, names[1], 1).line), ENT_FMT(fresh_key(arena, names[2], 1).line),
		    ENT_FMT(fresh_key(arena, names[3], 4).line), party, party));
	}
	assert_ok(ent_buf_add(&text, ent_view_slice(genesis, tail, genesis.len), err));
	struct ent_doc doc;

	ENT_TRY(ent_doc_parse(&doc, arena, ent_buf_view(&text), err));
	return ent_doc_check(&doc, err);
}

static void
an_alliance_has_32_members_and_not_one_more(void **state)
{
	struct ent_error err = { 0 };

	(void)state;
	assert_ok(members_parse(1, &err));
	assert_ok(members_parse(ENT_LIMIT_MEMBERS, &err));
	assert_int_equal(members_parse(ENT_LIMIT_MEMBERS + 1, &err), ENT_E_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_contradicts_itself_is_refused),
		cmocka_unit_test(what_is_only_unusual_is_taken),
		cmocka_unit_test(one_key_has_one_name_and_one_role_in_an_epoch),
		cmocka_unit_test(a_key_is_named_after_its_party_and_role),
		cmocka_unit_test(one_officer_with_two_keys_is_refused),
		cmocka_unit_test(an_alliance_has_32_members_and_not_one_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
