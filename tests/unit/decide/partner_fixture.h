/* A scene with a partner: Japan, admitted to quantum from T0 on; and what is said about it. */
#ifndef ENT_TESTS_PARTNER_FIXTURE_H
#define ENT_TESTS_PARTNER_FIXTURE_H

#include "file_fixture.h"

static const struct who kenji = { .issuer = "https://node.jp.example", .sub = "kenji" };

static inline void
consent_all(struct scene *s, const struct ent_hash *proposal, int64_t time_unix_s)
{
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(s->charter, m, proposal, time_unix_s, T0 + 100 * DAY);
}

/* how: the admission; NULL: as reader, all files. */
static inline struct scene
scene_with_partner(const struct world_admit *how)
{
	struct scene s = scene_at(T0, NULL);
	struct world_admit admit = how != NULL ? *how : (struct world_admit){ 0 };
	struct ent_hash hash = world_add_party(s.charter, &(struct world_party){ .party = JP });

	consent_all(&s, &hash, T0);
	admit.party = JP;
	admit.proposal = hash;
	hash = world_add_admit(s.charter, &admit);
	consent_all(&s, &hash, T0);
	scene_again(&s, T0);
	return s;
}

static inline struct ent_decision
ask_file(const struct scene *s, const struct who *w, const struct file *f, const char *self)
{
	struct ent_policy p = sealed_policy(s, f);

	return ask(s, w, &p, self, ENT_NATIONALITY_EVERY);
}

/* One officer's stop, in its own party's log; the hash of its text. */
static inline struct ent_hash
stop(struct scene *s, size_t by, const char *act, int64_t time_unix_s)
{
	struct ent_hash hash = world_say_in(s->charter, by, &(struct world_statement){ .by = by, .time_unix_s = time_unix_s, .act = act,
	    .signers = DOE });

	scene_again(s, time_unix_s);
	return hash;
}

static inline void
resume(struct scene *s, size_t by, const struct ent_hash *stopped, int64_t time_unix_s)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(256);
	struct ent_error err = { 0 };
	const char *act;

	world_hash_line(&line, "resume", stopped);
	assert_ok(ent_buf_cstr(&line, &act, &err));
	world_be_alive(s->charter, by, time_unix_s);
	world_state_act(s->charter, &(struct world_statement){ .by = by, .time_unix_s = time_unix_s, .act = act });
	scene_again(s, time_unix_s);
}

/* The quorum's act, after an alive of that time. */
static inline void
act(struct scene *s, size_t by, const char *line, int64_t time_unix_s)
{
	world_be_alive(s->charter, by, time_unix_s);
	world_state_act(s->charter, &(struct world_statement){ .by = by, .time_unix_s = time_unix_s, .act = line });
	scene_again(s, time_unix_s);
}

#endif
