/*
 * What the tests of attacks share: a charter with something for every act to change, notes that are signed by hand (so that they may
 * be wrong in one thing only), and a comparison of everything that a state says.
 *
 * An attack has failed when the state is the one that a line of rubbish in the same place would have left.
 */
#ifndef ENT_TESTS_ATTACK_FIXTURE_H
#define ENT_TESTS_ATTACK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/base64.h"
#include "codec/time.h"
#include "random_history.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define CHARTER ENT_AUTO(ent_charter) charter
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)
#define DASH "\xe2\x80\x94 "
#define UUID "4f5a9f0e-3c9b-4d3e-9a53-0d5f6f3a1b2c"

static inline const char *
text_of(struct ent_buf *buf)
{
	struct ent_error err = { 0 };
	const char *text;

	assert_ok(ent_buf_cstr(buf, &text, &err));
	return text;
}

/* ---- signatures by hand ---- */

enum key_place { KEY_DOE, KEY_POE, KEY_ROE, KEY_LOG, KEY_ACCESS, KEY_WITNESS, KEY_SEAL, KEYS_OF_A_PARTY = 9 };

/* The small world makes its keys from numbers in this order; the public key tells whether that still is so. */
static inline void
sign_as(uint8_t signature[ENT_ED25519_SIG_LEN], size_t party, enum key_place place, struct ent_view text)
{
	uint8_t seed[32] = { [31] = (uint8_t)(party * KEYS_OF_A_PARTY + place + 1) }, public_key[ENT_ED25519_KEY_LEN];
	const struct world_keys *k = world_keys(party);
	const struct ent_signer *const signers[] = { k->officers[0], k->officers[1], k->officers[2], k->log, k->access, k->witness, k->seal };
	ENT_AUTO(ent_ed25519) key = NULL;
	struct ent_error err = { 0 };

	assert_ok(ent_ed25519_from_seed(&key, ent_view_from(seed, sizeof(seed)), &err));
	assert_ok(ent_ed25519_public(key, public_key, &err));
	assert_memory_equal(public_key, ent_signer_vkey(signers[place])->key, sizeof(public_key));
	assert_ok(ent_ed25519_sign(key, signature, text, &err));
}

static inline const struct ent_vkey *
key_of(size_t party, enum key_place place)
{
	const struct world_keys *k = world_keys(party);
	const struct ent_signer *const signers[] = { k->officers[0], k->officers[1], k->officers[2], k->log, k->access, k->witness, k->seal };

	return ent_signer_vkey(signers[place]);
}

/* "— <name> <base64(id, signature)>" */
static inline void
add_signature(struct ent_buf *out, struct ent_view name, uint32_t id, const uint8_t signature[ENT_ED25519_SIG_LEN])
{
	uint8_t data[4 + ENT_ED25519_SIG_LEN] = { (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };
	struct ent_error err = { 0 };

	memcpy(data + 4, signature, ENT_ED25519_SIG_LEN);
	assert_ok(ent_buf_printf(out, &err, DASH "%.*s ", ENT_FMT(name)));
	assert_ok(ent_base64_encode(out, ENT_BASE64_STD, ent_view_from(data, sizeof(data)), &err));
	assert_ok(ent_buf_add_byte(out, '\n', &err));
}

/* A good signature over these bytes, whatever they are. */
static inline void
add_good_signature(struct ent_buf *out, size_t party, enum key_place place, struct ent_view text)
{
	uint8_t signature[ENT_ED25519_SIG_LEN];

	sign_as(signature, party, place, text);
	add_signature(out, key_of(party, place)->name, key_of(party, place)->id, signature);
}

/* Text, empty line, good signatures of doe and poe. */
static inline void
sign_raw(struct ent_buf *out, struct ent_view text, size_t party)
{
	struct ent_error err = { 0 };

	assert_ok(ent_buf_add(out, text, &err));
	assert_ok(ent_buf_add_byte(out, '\n', &err));
	add_good_signature(out, party, KEY_DOE, text);
	add_good_signature(out, party, KEY_POE, text);
}

/* A note's text. */
static inline struct ent_view
text_of_note(const struct ent_buf *note)
{
	const uint8_t *gap = memmem(note->data, note->len, "\n\n", 2);

	assert_non_null(gap);
	return ent_view_from(note->data, (size_t)(gap - note->data) + 1);
}

/* ---- the stage ---- */

struct stage {
	struct ent_charter *charter;
	struct ent_hash quantum, undersea, party, admission; /* undersea: us has yet to consent */
	struct ent_hash stop, accreditation;                 /* by us */
};

static inline void
stage_fini(struct stage *s)
{
	ent_charter_free(s->charter);
}
#define STAGE __attribute__((cleanup(stage_fini))) struct stage

static inline void
all_consent(struct ent_charter *charter, const struct ent_hash *proposal, int64_t time_unix_s)
{
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, proposal, time_unix_s, T0 + 100 * DAY);
}

static inline struct ent_hash
says_now(struct ent_charter *charter, size_t by, const char *act, unsigned signers, int64_t time_unix_s)
{
	world_be_alive(charter, by, time_unix_s);
	return world_say_in(charter, by, &(struct world_statement){ .by = by, .time_unix_s = time_unix_s, .act = act, .signers = signers });
}

/* "<word> <hash>" */
static inline struct ent_hash
says_about(struct ent_charter *charter, size_t by, const char *word, const struct ent_hash *hash, unsigned signers, int64_t time_unix_s)
{
	BUF line = ROOM;

	world_hash_line(&line, word, hash);
	return says_now(charter, by, text_of(&line), signers, time_unix_s);
}

/* quantum in force, Japan active in it, undersea one consent short; us has accredited, and stopped a person. */
static inline struct stage
stage_set(void)
{
	struct stage s = { .charter = world_charter(NULL) };

	s.quantum = world_in_force(s.charter, NULL);
	s.undersea = world_add_project(s.charter, &(struct world_project){ .name = "undersea" });
	world_give_consent(s.charter, AU, &s.undersea, T0, T0 + 100 * DAY);
	world_give_consent(s.charter, UK, &s.undersea, T0, T0 + 100 * DAY);
	s.party = world_add_party(s.charter, &(struct world_party){ .party = JP });
	all_consent(s.charter, &s.party, T0);
	s.admission = world_add_admit(s.charter, &(struct world_admit){ .party = JP, .proposal = s.party,
	    .requires = "requires posture-1 from 1\n" });
	all_consent(s.charter, &s.admission, T0);
	s.accreditation = says_now(s.charter, US, "accredit jp.example posture-1 until 2027-01-01T00:00:00Z", QUORUM, T0);
	s.stop = says_now(s.charter, US, "stop person mallory@uk.example", ROE, T0);
	world_follow(s.charter, JP);
	world_be_alive(s.charter, JP, T0);
	world_be_alive_all(s.charter, T0);
	return s;
}

/* ---- acts ---- */

enum { DEEDS = 27 };
struct deed {
	size_t by;
	bool one;        /* one officer is enough */
	const char *act; /* "": made from the stage */
};
/* Every act that this version takes in, each with an effect on the stage, and those that freeze (C-13). */
static const struct deed deeds[DEEDS] = {
	{ US, false, "consent" },
	{ US, true, "withdraw" }, /* of the accreditation */
	{ US, false, "withdraw project quantum" },
	{ US, false, "withdraw membership" },
	{ JP, false, "withdraw charter" },
	{ US, true, "stop partner jp.example" },
	{ US, true, "stop partner jp.example project quantum" },
	{ US, true, "stop project quantum" },
	{ US, true, "stop proposal" },
	{ US, true, "stop person alice@au.example" },
	{ US, true, "stop file " UUID },
	{ US, true, "stop key" },         /* its data key */
	{ US, false, "stop key officer" },/* roe's */
	{ JP, true, "stop partner jp.example" },
	{ US, false, "resume" },
	{ US, false, "accredit jp.example posture-2 until 2027-01-01T00:00:00Z" },
	{ US, false, "key kas" },
	{ US, false, "key seal" },
	{ US, false, "issuer-key" },
	{ US, true, "retire" },
	{ US, false, "destroy" },
	{ US, true, "note text en Talks with nz.example." },
	{ US, false, "decline 2.1" },
	{ US, false, "accept 2 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=" },
	{ US, false, "handover" },
	{ US, false, "rotate" },
	{ JP, false, "withdraw project quantum" },
};

static inline void
add_rotation(struct ent_buf *line)
{
	ENT_AUTO(ent_signer) next = NULL;
	struct ent_error err = { 0 };
	const uint8_t seed[32] = { 7 };

	assert_ok(ent_signer_from_seed(&next, ENT_LIT("us.example/statements"), ENT_NOTE_TYPE_ED25519, ent_view_from(seed, sizeof(seed)), &err));
	assert_ok(ent_buf_printf(line, &err, "rotate log %.*s", ENT_FMT(ent_signer_vkey(next)->line)));
}

static inline void
act_line(struct ent_buf *line, const struct stage *s, const char *act)
{
	char kid[ENT_KID_SIZE];
	struct ent_error err = { 0 };

	ent_pubkey_kid(kid, ent_key_public(world_keys(US)->kas));
	if (strcmp(act, "consent") == 0) {
		world_hash_line(line, "consent", &s->undersea);
		assert_ok(ent_buf_add_str(line, " until 2027-01-01T00:00:00Z", &err));
	} else if (strcmp(act, "withdraw") == 0) {
		world_hash_line(line, act, &s->accreditation);
	} else if (strcmp(act, "stop proposal") == 0) {
		world_hash_line(line, act, &s->admission);
	} else if (strcmp(act, "resume") == 0) {
		world_hash_line(line, act, &s->stop);
	} else if (strcmp(act, "stop key") == 0 || strcmp(act, "retire") == 0 || strcmp(act, "destroy") == 0) {
		assert_ok(ent_buf_printf(line, &err, "%s %s", act, kid));
	} else if (strcmp(act, "handover") == 0) {
		assert_ok(ent_buf_printf(line, &err, "handover %s to uk.example", kid));
	} else if (strcmp(act, "stop key officer") == 0) {
		world_stop_key_line(line, world_keys(US)->officers[2]);
	} else if (strcmp(act, "key kas") == 0) {
		world_key_line(line, world_keys(KR)->kas);
	} else if (strcmp(act, "key seal") == 0) {
		world_seal_key_line(line, world_keys(KR)->seal);
	} else if (strcmp(act, "issuer-key") == 0) {
		world_issuer_key_line(line, world_issuers[US], "k2", world_keys(KR)->issuer, T0 + 90 * DAY);
	} else if (strcmp(act, "rotate") == 0) {
		add_rotation(line);
	} else {
		assert_ok(ent_buf_add_str(line, act, &err));
	}
}

/* The deed's note, signed by doe and poe. */
static inline void
deed_note(struct ent_buf *out, const struct stage *s, const struct deed *deed)
{
	struct world_statement statement = { .by = deed->by, .time_unix_s = T0 };
	struct ent_error err = { 0 };
	BUF line = ROOM;
	BUF says = ROOM;

	act_line(&line, s, deed->act);
	statement.act = text_of(&line);
	if (strcmp(deed->act, "consent") == 0) {
		assert_ok(ent_says_make(&says, ent_charter_proposal(s->charter, &s->undersea)->text, &err));
		statement.says = text_of(&says);
	}
	world_statement(out, s->charter, &statement);
}

/* ---- everything that a state says ---- */

static inline void
all_that_is_so(struct ent_buf *out, const struct ent_charter *charter, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);

	ent_buf_clear(out);
	history_dump(out, state);
}

static inline bool
all_alike(const struct ent_charter *a, const struct ent_charter *b, int64_t now_unix_s)
{
	BUF one = ent_buf_with_max(1 << 20);
	BUF other = ent_buf_with_max(1 << 20);

	all_that_is_so(&one, a, now_unix_s);
	all_that_is_so(&other, b, now_unix_s);
	return ent_view_eq(ent_buf_view(&one), ent_buf_view(&other));
}

/* A node of that party does not take the note in: it says why, and holds nothing of it. */
static inline void
assert_not_taken(const struct ent_charter *charter, size_t self, struct ent_view note, const char *what)
{
	uint64_t generation = ent_charter_generation(charter);
	struct ent_error err = { 0 };
	enum ent_status status = ent_charter_admissible(charter, ent_view_str(world_members[self]), note, T0, &err);

	if (status == ENT_OK || err.text[0] == '\0')
		fail_msg("%s: status %d, `%s`", what, (int)status, err.text);
	assert_int_equal(ent_charter_generation(charter), generation);
}

#endif
