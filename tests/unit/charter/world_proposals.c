/* The texts of proposals in the small world. */
#include "world_must.h"

#include "codec/time.h"

static const char *
or(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

struct ent_hash
world_project(struct ent_buf *out, const struct ent_charter *charter, const struct world_project *project)
{
	static const struct world_project usual;
	char id[ENT_HASH_BASE64_SIZE], until[ENT_TIME_TEXT_SIZE], replaced[ENT_HASH_BASE64_SIZE];
	const struct world_project *p = project != NULL ? project : &usual;
	size_t start = out->len;
	struct ent_hash hash;

	ent_hash_base64(id, ent_charter_id(charter));
	ent_time_print(until, p->until_unix_s ? p->until_unix_s : T0 + 1000 * DAY);
	MUST(ent_buf_printf(out, &err, "charter/v1 proposal project\ncharter %s\nproject %s\npillar %s\ntitle en %s\n", id, or(p->name, "quantum"),
	    or(p->pillar, "ii"), or(p->title, "Data")));
	MUST(ent_buf_printf(out, &err, "%scustody %s\nfresh %s\n%soriginator %s\n%suntil %s\n",
	    or(p->participants, "participant au.example\nparticipant uk.example\nparticipant us.example\n"),
	    or(p->custody, "originator and 2 of au.example uk.example us.example"), or(p->fresh, "24h"), or(p->optional, ""),
	    or(p->originator, "any"), or(p->unsealed, "unsealed members\n"), until));
	if (p->replaces != NULL) {
		ent_hash_base64(replaced, p->replaces);
		MUST(ent_buf_printf(out, &err, "replaces %s\n", replaced));
	}
	ent_sha256(&hash, ent_view_slice(ent_buf_view(out), start, out->len - start));
	return hash;
}

static void
add_text(struct ent_charter *charter, const struct ent_buf *text)
{
	MUST(ent_charter_add_proposal(charter, ent_buf_view(text), &err));
}

struct ent_hash
world_add_project(struct ent_charter *charter, const struct world_project *project)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(TEXT_MAX);
	struct ent_hash hash = world_project(&text, charter, project);

	add_text(charter, &text);
	return hash;
}

/* "<kind>" and the line that names the charter. Where the text begins. */
static size_t
begin_proposal(struct ent_buf *out, const struct ent_charter *charter, const char *kind)
{
	char id[ENT_HASH_BASE64_SIZE];
	size_t start = out->len;

	ent_hash_base64(id, ent_charter_id(charter));
	MUST(ent_buf_printf(out, &err, "charter/v1 proposal %s\ncharter %s\n", kind, id));
	return start;
}

static struct ent_hash
end_proposal(struct ent_buf *out, size_t start, const struct ent_hash *replaces)
{
	char replaced[ENT_HASH_BASE64_SIZE];
	struct ent_hash hash;

	if (replaces != NULL) {
		ent_hash_base64(replaced, replaces);
		MUST(ent_buf_printf(out, &err, "replaces %s\n", replaced));
	}
	ent_sha256(&hash, ent_view_slice(ent_buf_view(out), start, out->len - start));
	return hash;
}

/* "<word> <text>" unless it is empty. */
static void
add_line(struct ent_buf *out, const char *word, const char *text)
{
	if (text != NULL && text[0] != '\0')
		MUST(ent_buf_printf(out, &err, "%s %s\n", word, text));
}

struct ent_hash
world_party(struct ent_buf *out, const struct ent_charter *charter, const struct world_party *p)
{
	const struct world_keys *officers = world_keys(p->officers_of ? p->officers_of : p->party);
	const struct world_keys *log = world_keys(p->log_of ? p->log_of : p->party);
	size_t start = begin_proposal(out, charter, "party");

	MUST(ent_buf_printf(out, &err, "party %s\ntitle en %s\ncountry %s\n", world_members[p->party], or(p->title, "Partner"),
	    world_countries[p->party]));
	for (size_t i = 0; i < OFFICERS; i++)
		MUST(ent_buf_printf(out, &err, "officer %.*s\n", ENT_FMT(world_line_of(officers->officers[i]))));
	MUST(ent_buf_printf(out, &err, "quorum %s\nlog %.*s\n", or(p->quorum, "2"), ENT_FMT(world_line_of(log->log))));
	add_line(out, "node", or(p->node, world_issuers[p->party]));
	add_line(out, "issuer", or(p->issuer, world_issuers[p->party]));
	add_line(out, "sponsor", p->sponsor);
	return end_proposal(out, start, p->replaces);
}

struct ent_hash
world_add_party(struct ent_charter *charter, const struct world_party *party)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(TEXT_MAX);
	struct ent_hash hash = world_party(&text, charter, party);

	add_text(charter, &text);
	return hash;
}

struct ent_hash
world_admit(struct ent_buf *out, const struct ent_charter *charter, const struct world_admit *a)
{
	char from[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE], proposal[ENT_HASH_BASE64_SIZE];
	size_t start = begin_proposal(out, charter, "admit");

	ent_time_print(from, a->from_unix_s ? a->from_unix_s : T0 - DAY);
	ent_time_print(until, a->until_unix_s ? a->until_unix_s : T0 + 900 * DAY);
	ent_hash_base64(proposal, &a->proposal);
	MUST(ent_buf_printf(out, &err, "party %s %s\nproject %s\nrole %s\n", world_members[a->party], proposal,
	    or(a->project, "quantum"), or(a->role, "reader")));
	add_line(out, "sponsor", a->sponsor);
	MUST(ent_buf_printf(out, &err, "files %s\nfrom %s\nuntil %s\n%s", or(a->files, "all"), from, until, or(a->requires, "")));
	return end_proposal(out, start, a->replaces);
}

struct ent_hash
world_add_admit(struct ent_charter *charter, const struct world_admit *admit)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(TEXT_MAX);
	struct ent_hash hash = world_admit(&text, charter, admit);

	add_text(charter, &text);
	return hash;
}

struct ent_hash
world_profile(struct ent_buf *out, const struct ent_charter *charter, const char *name, const char *title)
{
	char evidence[ENT_HASH_BASE64_SIZE];
	size_t start = begin_proposal(out, charter, "profile");

	ent_hash_base64(evidence, ent_charter_id(charter));
	MUST(ent_buf_printf(out, &err, "profile %s\ntitle en %s\nevidence %s\n", name, title, evidence));
	return end_proposal(out, start, NULL);
}

struct ent_hash
world_add_profile(struct ent_charter *charter, const char *name, const char *title)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(TEXT_MAX);
	struct ent_hash hash = world_profile(&text, charter, name, title);

	add_text(charter, &text);
	return hash;
}
