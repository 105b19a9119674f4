#include "alliance.h"

#include <stdarg.h>

#include "world_must.h"

enum { LINE_SIZE = 1024 };

struct alliance
alliance_new(const struct world_rules *rules, const char *requires)
{
	struct alliance a = { .charter = world_charter(rules) };

	a.project = world_in_force(a.charter, NULL);
	a.party = world_add_party(a.charter, &(struct world_party){ .party = JP });
	a.admit = world_add_admit(a.charter, &(struct world_admit){ .party = JP, .proposal = a.party, .requires = requires });
	world_follow(a.charter, JP);
	world_be_alive(a.charter, JP, T0);
	alliance_consent(a.charter, &a.party, T0);
	alliance_consent(a.charter, &a.admit, T0);
	return a;
}

void
alliance_free(struct alliance *a)
{
	ent_charter_free(a->charter);
}

void
alliance_consent(struct ent_charter *charter, const struct ent_hash *proposal, int64_t time_unix_s)
{
	const struct ent_proposal *p = &ent_charter_proposal(charter, proposal)->proposal;
	int64_t until_unix_s = time_unix_s + 200 * DAY;

	if (p->until_unix_s != 0 && p->until_unix_s < until_unix_s)
		until_unix_s = p->until_unix_s;
	for (size_t m = 0; m < MEMBERS; m++)
		world_give_consent(charter, m, proposal, time_unix_s, until_unix_s);
}

static struct ent_hash
say(struct ent_charter *charter, size_t host, size_t by, unsigned signers, int64_t time_unix_s, const char *line)
{
	if (host == by)
		world_be_alive(charter, by, time_unix_s);
	return world_say_in(charter, host, &(struct world_statement){ .by = by, .time_unix_s = time_unix_s, .act = line,
	    .signers = signers ? signers : ROE });
}

struct ent_hash
alliance_say(struct ent_charter *charter, size_t by, unsigned signers, int64_t time_unix_s, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return say(charter, by, by, signers, time_unix_s, line);
}

struct ent_hash
alliance_say_in(struct ent_charter *charter, size_t host, size_t by, unsigned signers, int64_t time_unix_s, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return say(charter, host, by, signers, time_unix_s, line);
}

struct ent_hash
alliance_resume(struct ent_charter *charter, size_t by, const struct ent_hash *stop, int64_t time_unix_s)
{
	char hash[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(hash, stop);
	return alliance_say(charter, by, QUORUM, time_unix_s, "resume %s", hash);
}

struct ent_hash
alliance_stop_key(struct ent_charter *charter, size_t host, size_t by, unsigned signers, const struct ent_signer *key, int64_t time_unix_s)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(TEXT_MAX);
	const char *text;

	world_stop_key_line(&line, key);
	MUST(ent_buf_cstr(&line, &text, &err));
	return say(charter, host, by, signers, time_unix_s, text);
}

enum ent_part
alliance_part(const struct ent_charter *charter, int64_t now_unix_s, const char *party, const char *project)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	struct ent_participation part;

	MUST(ent_state_participation(state, ent_view_str(party), ent_view_str(project), &part, &err));
	return part.state;
}

bool
alliance_why(const struct ent_charter *charter, int64_t now_unix_s, const char *party, const char *project, enum ent_reason_code code,
    const char *words)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };

	MUST(ent_arena_new(&arena, 1 << 24, &err));
	reasons.arena = arena;
	MUST(ent_state_party_reasons(state, ent_view_str(party), ent_view_str(project), &reasons, &err));
	return world_has_reason(&reasons, code, words);
}

enum ent_force
alliance_force(const struct ent_charter *charter, int64_t now_unix_s, const struct ent_hash *proposal)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);

	return ent_state_standing_by_hash(state, proposal)->state;
}

size_t
alliance_stops(const struct ent_charter *charter, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);

	return ent_state_stop_count(state);
}
