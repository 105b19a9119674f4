/*
 * What is about to close, and what would keep it open. derive says when (C-29); here is found which consents and accreditations end
 * in that second, each at the earlier of its `until` and its member's newest `alive` + F.
 */
#include "client/why.h"

#include <stdarg.h>
#include <stdio.h>

enum { CAUSE_MAX = 1024 }; /* two names and some words */

struct search {
	struct ent_why *why;
	int64_t closes_unix_s;
	struct ent_buf *unless;
	struct ent_error *err;
};

/* "at T" is over at T; a sign of life is too old only after F: the last second of hearing is the one before. */
static bool
ends_then(const struct search *s, int64_t last_unix_s)
{
	return last_unix_s == s->closes_unix_s || last_unix_s + 1 == s->closes_unix_s;
}

/* Each cause once: one member's silence may close a project and its partner's admission. */
static ENT_PRINTF(3, 4) enum ent_status
add(struct search *s, const char *joint, const char *fmt, ...)
{
	char cause[CAUSE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(cause, sizeof(cause), fmt, args);
	va_end(args);
	if (s->unless->len > 0 && memmem(s->unless->data, s->unless->len, cause, strlen(cause)) != NULL)
		return ENT_OK;
	if (s->unless->len > 0)
		ENT_TRY(ent_buf_add_str(s->unless, joint, s->err));
	return ent_buf_add_str(s->unless, cause, s->err);
}

static bool
by_all(const struct search *s, const struct ent_standing *standing)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_state_charter(s->why->state));
	enum ent_proposal_kind kind = standing->doc->proposal.kind;

	return kind == ENT_PROPOSAL_PROJECT ? epoch->rule_project.consents_all : epoch->rule_admit.consents_all;
}

static enum ent_status
ask_standing(struct search *s, const struct ent_standing *standing)
{
	const struct ent_state *state = s->why->state;
	int64_t fresh_s;
	char id[ENT_HASH_HEX_SIZE];

	if (standing == NULL || standing->closes_unix_s != s->closes_unix_s)
		return ENT_OK;
	ent_hash_hex(id, &standing->doc->hash);
	id[8] = '\0';
	if (standing->doc->proposal.kind != ENT_PROPOSAL_PARTY && standing->doc->proposal.until_unix_s == s->closes_unix_s)
		return add(s, " and ", "a proposal follows %s, which ends then", id);
	fresh_s = ent_state_fresh_s(state, standing);
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_consent_state *c = &standing->consents[i];
		const char *joint = by_all(s, standing) ? " and " : " or ";

		if (!c->counts)
			continue;
		if (c->until_unix_s == s->closes_unix_s)
			ENT_TRY(add(s, joint, "%.*s consents again to %s", ENT_FMT(c->member), id));
		else if (ends_then(s, ent_state_member_at(state, i)->alive_unix_s + fresh_s))
			ENT_TRY(add(s, joint, "%.*s is heard", ENT_FMT(c->member)));
	}
	return ENT_OK;
}

/* Accreditations of the party; of other members that take part only where the project asks for all. */
static enum ent_status
ask_accreditations(struct search *s)
{
	const struct ent_state *state = s->why->state;
	const struct ent_standing *limit = s->why->part.party != NULL ? s->why->part.party : s->why->part.project;
	int64_t fresh_s = limit != NULL ? ent_state_fresh_s(state, limit) : 0;

	for (size_t i = 0; i < ent_state_accreditation_count(state); i++) {
		const struct ent_accreditation *a = ent_state_accreditation_at(state, i);
		const struct ent_member_state *member = ent_state_member(state, a->member);

		if (!a->counts || member == NULL || !ent_view_eq(a->party, s->why->party))
			continue;
		if (a->until_unix_s == s->closes_unix_s)
			ENT_TRY(add(s, " and ", "%.*s accredits it again for %.*s", ENT_FMT(a->member), ENT_FMT(a->profile)));
		else if (ends_then(s, member->alive_unix_s + fresh_s))
			ENT_TRY(add(s, " and ", "%.*s is heard", ENT_FMT(a->member)));
	}
	return ENT_OK;
}

enum ent_status
ent_why_closing(struct ent_why *why, struct ent_error *err)
{
	const struct ent_participation *part = &why->part;
	ENT_AUTO_FINI(ent_buf) unless = ent_buf_with_max(64u << 10);
	struct search s = { .why = why, .closes_unix_s = part->closes_unix_s, .unless = &unless, .err = err };
	const char *text;

	why->closing = (struct ent_why_closing){ .unless = "" };
	if (part->state != ENT_PART_ACTIVE || part->closes_unix_s - ent_state_now(why->state) > ENT_WHY_SOON_S)
		return ENT_OK;
	ENT_TRY(ask_standing(&s, part->project));
	ENT_TRY(ask_standing(&s, part->admit));
	ENT_TRY(ask_standing(&s, part->party));
	ENT_TRY(ask_accreditations(&s));
	if (unless.len == 0)
		ENT_TRY(ent_buf_add_str(&unless, "more is heard", err));
	ENT_TRY(ent_buf_cstr(&unless, &text, err));
	why->closing.at_unix_s = part->closes_unix_s;
	return ent_arena_printf(why->arena, &why->closing.unless, err, "%s", text);
}
