/* What tests of the decision share: a sealed file, a person, and the question. */
#ifndef ENT_TESTS_FILE_FIXTURE_H
#define ENT_TESTS_FILE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/time.h"
#include "decide/decide.h"
#include "world.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define FQN "https://aukus.example/attr/"
#define UUID "4f5a9f0e-3c9b-4d3e-9a53-0d5f6f3a1b2c"
#define QUANTUM FQN "project/value/quantum"
#define LIST_MAX 8

/* Everything in force, one project "quantum" of all three. */
struct scene {
	struct ent_charter *charter;
	struct ent_hash project;
	struct ent_state *state;
	struct ent_arena *arena;
};

static inline void
scene_fini(struct scene *s)
{
	ent_state_free(s->state);
	ent_charter_free(s->charter);
	ent_arena_free(s->arena);
}
#define SCENE __attribute__((cleanup(scene_fini))) struct scene

static inline struct scene
scene_at(int64_t now_unix_s, const struct world_project *project)
{
	struct scene s = { .charter = world_charter(NULL) };
	struct ent_error err = { 0 };

	assert_ok(ent_arena_new(&s.arena, (size_t)64 << 20, &err));
	s.project = world_in_force(s.charter, project);
	s.state = world_derive(s.charter, now_unix_s);
	return s;
}

static inline void
scene_again(struct scene *s, int64_t now_unix_s)
{
	ent_state_free(s->state);
	s->state = world_derive(s->charter, now_unix_s);
}

/* A writer's certificate. NULL or 0: the usual, which is alice's of Australia from an hour before T0, for a week. */
struct certificate {
	const char *originator, *person, *charter;
	const struct ent_signer *key;   /* whose public half is certified */
	const struct ent_signer *signer;
	int64_t from_unix_s, until_unix_s;
	const char *text; /* instead of all that */
};

/* NULL or 0: the usual. Lists end with NULL. */
struct file {
	const char *originator, *uuid, *project, *custody, *splits;
	const struct ent_hash *proposal, *charter_id;
	const char *attributes[LIST_MAX]; /* sorted */
	const char *dissem[LIST_MAX];
	int64_t created_unix_s, until_unix_s;
	const struct ent_signer *signer;
	const char *extra; /* a line more at the end */
	/* What the policy says where that differs from the seal. */
	const char *policy_uuid;
	const char *policy_attributes[LIST_MAX];
	const char *policy_dissem[LIST_MAX];
	const struct certificate *writer; /* sealed by a writer; signer NULL: its key */
};

static inline const char *
or(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

static inline void
add_lines(struct ent_buf *out, const char *keyword, const char *const *items)
{
	struct ent_error err = { 0 };

	for (size_t i = 0; i < LIST_MAX && items[i] != NULL; i++)
		assert_ok(ent_buf_printf(out, &err, "%s %s\n", keyword, items[i]));
}

static const char *const usual_attributes[LIST_MAX] = { QUANTUM };

static inline void
seal_text(struct ent_buf *out, const struct scene *s, const struct file *f)
{
	char id[ENT_HASH_BASE64_SIZE], proposal[ENT_HASH_BASE64_SIZE], created[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE];
	struct ent_error err = { 0 };

	ent_hash_base64(id, f->charter_id ? f->charter_id : ent_charter_id(s->charter));
	ent_hash_base64(proposal, f->proposal ? f->proposal : &s->project);
	ent_time_print(created, f->created_unix_s ? f->created_unix_s : T0);
	ent_time_print(until, f->until_unix_s);
	assert_ok(ent_buf_printf(out, &err, "charter/v1 file\ncharter %s\nfile %s\noriginator %s\nproject %s %s\ncustody %s\n", id,
	    or(f->uuid, UUID), or(f->originator, "au.example"), or(f->project, "quantum"), proposal,
	    or(f->custody, "originator and 2 of au.example uk.example us.example")));
	if (f->splits != NULL)
		assert_ok(ent_buf_add_str(out, f->splits, &err));
	else
		assert_ok(ent_buf_printf(out, &err, "split 1 %s\nsplit 2 %s\n", id, id));
	add_lines(out, "attribute", f->attributes[0] != NULL ? f->attributes : usual_attributes);
	add_lines(out, "dissem", f->dissem);
	assert_ok(ent_buf_printf(out, &err, "view %s\ncreated %s\n", id, created));
	if (f->until_unix_s)
		assert_ok(ent_buf_printf(out, &err, "until %s\n", until));
	if (f->extra != NULL)
		assert_ok(ent_buf_add_str(out, f->extra, &err));
}

static inline size_t
to_views(const struct scene *s, struct ent_view **out, const char *const *items)
{
	struct ent_error err = { 0 };
	size_t count = 0;
	void *room;

	assert_ok(ent_arena_alloc(s->arena, &room, LIST_MAX, sizeof(**out), &err));
	*out = room;
	for (; count < LIST_MAX && items[count] != NULL; count++)
		(*out)[count] = ent_view_str(items[count]);
	return count;
}

/* The key of a writer of Australia; made once for the whole program. */
static inline const struct ent_signer *
writer_key(void)
{
	static struct ent_signer *signer;
	struct ent_error err = { 0 };
	char name[ENT_NOTE_NAME_MAX + 1], hex[ENT_HASH_HEX_SIZE];
	const struct ent_view seed = ENT_LIT("the seed of a writer of au.exampl");
	ENT_AUTO(ent_signer) nameless = NULL;
	struct ent_hash hash;

	if (signer != NULL)
		return signer;
	assert_ok(ent_signer_from_seed(&nameless, ENT_LIT("x"), ENT_NOTE_TYPE_ED25519, ent_view_slice(seed, 0, 32), &err));
	ent_sha256(&hash, ent_view_from(ent_signer_vkey(nameless)->key, ENT_ED25519_KEY_LEN));
	ent_hash_hex(hex, &hash);
	snprintf(name, sizeof(name), "au.example/writer/%.16s", hex);
	assert_ok(ent_signer_from_seed(&signer, ent_view_str(name), ENT_NOTE_TYPE_ED25519, ent_view_slice(seed, 0, 32), &err));
	return signer;
}

static inline void
certificate_text(struct ent_buf *out, const struct scene *s, const struct certificate *c)
{
	char id[ENT_HASH_BASE64_SIZE], from[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE];
	const struct ent_vkey *key = ent_signer_vkey(c->key ? c->key : writer_key());
	struct ent_error err = { 0 };

	if (c->text != NULL) {
		assert_ok(ent_buf_add_str(out, c->text, &err));
		return;
	}
	ent_hash_base64(id, ent_charter_id(s->charter));
	ent_time_print(from, c->from_unix_s ? c->from_unix_s : T0 - HOUR);
	ent_time_print(until, c->until_unix_s ? c->until_unix_s : T0 + 7 * DAY);
	assert_ok(ent_buf_printf(out, &err, "charter/v1 writer\ncharter %s\noriginator %s\nperson %s\nkey %.*s\nfrom %s\nuntil %s\n",
	    or(c->charter, id), or(c->originator, "au.example"), or(c->person, "alice@au.example"), ENT_FMT(key->line), from, until));
}

static inline struct ent_view
certificate_note(const struct scene *s, const struct certificate *c)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 17);
	const struct ent_signer *signer = c->signer ? c->signer : world_keys(AU)->seal;
	struct ent_error err = { 0 };
	struct ent_view kept;

	certificate_text(&text, s, c);
	assert_ok(ent_note_sign(&note, ent_buf_view(&text), &signer, 1, &err));
	assert_ok(ent_arena_dup(s->arena, &kept, ent_buf_view(&note), &err));
	return kept;
}

static inline struct ent_policy
sealed_policy(const struct scene *s, const struct file *f)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 17);
	const struct ent_signer *signer = f->signer ? f->signer : f->writer ? writer_key() : world_keys(AU)->seal;
	struct ent_policy p = { .uuid = ent_view_str(or(f->policy_uuid, UUID)), .has_seal = true, .has_writer = f->writer != NULL };
	struct ent_error err = { 0 };

	seal_text(&text, s, f);
	assert_ok(ent_note_sign(&note, ent_buf_view(&text), &signer, 1, &err));
	assert_ok(ent_arena_dup(s->arena, &p.seal_note, ent_buf_view(&note), &err));
	if (f->writer != NULL)
		p.writer_note = certificate_note(s, f->writer);
	p.attribute_count = to_views(s, &p.attributes,
	    f->policy_attributes[0] ? f->policy_attributes : f->attributes[0] ? f->attributes : usual_attributes);
	p.dissem_count = to_views(s, &p.dissem, f->policy_dissem[0] ? f->policy_dissem : f->dissem);
	return p;
}

static inline struct ent_policy
unsealed_policy(const struct scene *s, const char *const *attributes, const char *const *dissem)
{
	struct ent_policy p = { .uuid = ent_view_str(UUID) };

	p.attribute_count = to_views(s, &p.attributes, attributes);
	p.dissem_count = to_views(s, &p.dissem, dissem);
	return p;
}

/* Alice of Australia, cleared for quantum. */
struct who {
	const char *issuer, *sub;
	const char *projects[LIST_MAX];
	bool no_projects;
	const char *nationality[LIST_MAX];
};

static inline struct ent_person
person_of(const struct scene *s, const struct who *w)
{
	static const char *const quantum[LIST_MAX] = { "quantum" };
	struct ent_person p = { .issuer = ent_view_str(or(w->issuer, world_issuers[AU])), .sub = ent_view_str(or(w->sub, "alice")),
		.has_projects = !w->no_projects };

	p.project_count = w->no_projects ? 0 : to_views(s, &p.projects, w->projects[0] ? w->projects : quantum);
	p.nationality_count = to_views(s, &p.nationalities, w->nationality);
	p.has_nationality = p.nationality_count > 0;
	return p;
}

static inline struct ent_decision
ask(const struct scene *s, const struct who *w, const struct ent_policy *policy, const char *self, enum ent_nationality_rule rule)
{
	static const struct who alice;
	struct ent_person person = person_of(s, w != NULL ? w : &alice);
	struct ent_decide_node node = { .self = ent_view_str(self), .nationality = rule };
	struct ent_decision out;
	struct ent_error err = { 0 };

	assert_ok(ent_decide(&out, s->arena, s->state, &node, &person, policy, policy == NULL ? "it is no JSON" : NULL, &err));
	assert_true(out.permit == !ent_reasons_block(&out.reasons));
	world_note_codes(&out.reasons);
	return out;
}

/* The one reason that refuses. */
static inline void
assert_only(const struct ent_decision *d, enum ent_reason_code code, const char *words)
{
	assert_false(d->permit);
	if (!world_has_reason(&d->reasons, code, words)) {
		for (size_t i = 0; i < d->reasons.count; i++)
			print_error("%s: %s\n", ent_reason_row(d->reasons.items[i].code)->name, d->reasons.items[i].text);
		fail_msg("none is %s with \"%s\"", ent_reason_row(code)->name, words != NULL ? words : "any words");
	}
	for (size_t i = 0; i < d->reasons.count; i++)
		if (ent_reason_row(d->reasons.items[i].code)->blocks && d->reasons.items[i].code != code)
			fail_msg("also %s: %s", ent_reason_row(d->reasons.items[i].code)->name, d->reasons.items[i].text);
}

#endif
