/*
 * The grammar of the charter's texts (charter section 2, contracts "Grammar of the charter's texts"), one table a kind.
 * docs/charter-spec-grammar.md says the same in prose; the tests hold examples of every row.
 */
#include "charter/docs_tables.h"

/* FIELD_ENUM writes an unsigned. */
_Static_assert(sizeof(enum ent_act) == sizeof(unsigned), "enums are bound as unsigned");
_Static_assert(sizeof(enum ent_result) == sizeof(unsigned), "enums are bound as unsigned");

enum {
	TITLES_MAX = 64,
	ISSUERS_MAX = 16,
	PILLARS_MAX = 64,
	REQUIRES_MAX = 16,
	SPLITS_MAX = 40,
	ATTRIBUTES_MAX = 256,
	DISSEM_MAX = 256,
	LOGS_MAX = 256,
	SHARES_MAX = 64,
	REASONS_MAX = 256
};

#define FIELDS(...) .fields = { __VA_ARGS__ }
#define IF_FLAG(type, member) .presence = ENT_IF_FLAG, .presence_at = offsetof(type, member)
#define IF_VIEW(type, member) .presence = ENT_IF_VIEW, .presence_at = offsetof(type, member)
/* An array of element: items, their count, at least min, at most max. */
#define LIST(type, items, count, element, min, max, order)                                                             \
	.list = { offsetof(type, items), offsetof(type, count), sizeof(element), min, max, order }
/* An element that is one field and nothing else. */
#define ITSELF(kind) { ENT_FIELD_##kind, 0, 0, NULL }
#define TITLES(type, items, count)                                                                                     \
	{ "title", FIELDS(ITSELF(TITLE)), LIST(type, items, count, struct ent_title, 1, TITLES_MAX, ENT_SORTED_UNIQUE), .unsaid = true }
#define CHARTER(type) { "charter", FIELDS(ENT_F(HASH, type, charter)), .unsaid = true }
#define END { NULL }

/* ---- epoch ---- */

#define EP struct ent_epoch
#define PA struct ent_party
#define RULE(keyword, member)                                                                                          \
	keyword, FIELDS(ENT_WORD("consents"), ENT_F2(ALL_OR_COUNT, EP, member.consents_all, member.consents), ENT_WORD("stops"), \
	    ENT_F(ONE, EP, member.stops), ENT_WORD("fresh"), ENT_F(DURATION, EP, member.fresh))
#define OFFICERS(type, items, count)                                                                                   \
	{ "officer", FIELDS(ITSELF(VKEY)), LIST(type, items, count, struct ent_vkey, 1, ENT_LIMIT_OFFICERS, ENT_SORTED) }
#define ISSUERS(type, items, count, min)                                                                               \
	{ "issuer", FIELDS(ENT_F(ISSUER, struct ent_issuer, url), ENT_FW(OPTIONAL_WORDS, struct ent_issuer, web, "web")),       \
	    LIST(type, items, count, struct ent_issuer, min, ISSUERS_MAX, ENT_SORTED_UNIQUE) }

static const struct ent_row member_rows[] = {
	{ "member", FIELDS(ENT_F(PARTY, PA, name)) },
	TITLES(PA, titles, title_count),
	{ "country", FIELDS(ENT_F(COUNTRY, PA, country)) },
	OFFICERS(PA, officers, officer_count),
	{ "quorum", FIELDS(ENT_F(U32, PA, quorum)) },
	{ "log", FIELDS(ENT_F(VKEY, PA, statements_log)) },
	{ "log", FIELDS(ENT_F(VKEY, PA, access_log)) },
	{ "witness", FIELDS(ENT_F(VKEY_WITNESS, PA, witness)) },
	{ "node", FIELDS(ENT_F(NODE, PA, node)) },
	ISSUERS(PA, issuers, issuer_count, 1),
	{ "recovery", FIELDS(ENT_F(VKEY_LINE, PA, recovery_line)), IF_VIEW(PA, recovery_line) },
	END,
};

static const struct ent_row epoch_rows[] = {
	{ "charter/v1 epoch", FIELDS(ENT_F2(ATTEMPT, EP, number, attempt)) },
	{ "parent", FIELDS(ENT_F(HASH, EP, parent)), IF_FLAG(EP, has_parent) },
	{ "time", FIELDS(ENT_F(TIME, EP, time_unix_s)) },
	{ "host", FIELDS(ENT_F(PARTY, EP, host)) },
	TITLES(EP, titles, title_count),
	{ "member", LIST(EP, members, member_count, PA, 1, ENT_LIMIT_MEMBERS, ENT_SORTED), .group = member_rows },
	{ "former", FIELDS(ITSELF(PARTY)), LIST(EP, former, former_count, struct ent_view, 0, ENT_LIMIT_LINES, ENT_SORTED) },
	{ "pillar", FIELDS(ENT_F(NAME, struct ent_pillar, name), ENT_FW(CHOICE, struct ent_pillar, open, "closed|open")),
	    LIST(EP, pillars, pillar_count, struct ent_pillar, 0, PILLARS_MAX, ENT_SORTED_UNIQUE) },
	{ RULE("rule admit", rule_admit) },
	{ RULE("rule project", rule_project) },
	{ RULE("rule labels", rule_labels), IF_FLAG(EP, has_rule_labels) },
	{ RULE("rule profile", rule_profile), IF_FLAG(EP, has_rule_profile) },
	{ "rule bearer home", IF_FLAG(EP, bearer_home) },
	{ "limit accreditation", FIELDS(ENT_F(DURATION, EP, limit_accreditation)) },
	{ "limit rotation-cooling", FIELDS(ENT_F(DURATION, EP, limit_rotation_cooling)) },
	{ "limit reseat-notice", FIELDS(ENT_F(DURATION, EP, limit_reseat_notice)) },
	{ "carry", FIELDS(ENT_F(HASH, struct ent_carry, proposal), ENT_WORD("until"), ENT_F(TIME, struct ent_carry, until_unix_s)),
	    LIST(EP, carries, carry_count, struct ent_carry, 0, ENT_LIMIT_LINES, ENT_SORTED_UNIQUE) },
	{ "lift", FIELDS(ITSELF(HASH)), LIST(EP, lifts, lift_count, struct ent_hash, 0, ENT_LIMIT_LINES, ENT_SORTED) },
	END,
};

/* ---- proposals ---- */

#define PR struct ent_proposal
#define REQUIRES                                                                                                       \
	{ "requires", FIELDS(ENT_F(PROJECT, struct ent_requires, profile), ENT_WORD("from"),                                   \
	    ENT_F2(ALL_OR_COUNT, struct ent_requires, from_all, from), ENT_FW(OPTIONAL_WORDS, struct ent_requires, for_all, "for all")), \
	    LIST(PR, requires, requires_count, struct ent_requires, 0, REQUIRES_MAX, ENT_SORTED) }
#define REPLACES { "replaces", FIELDS(ENT_F(HASH, PR, replaces)), IF_FLAG(PR, has_replaces) }
#define REASON(type) { "reason", FIELDS(ENT_F(TITLE, type, reason)), IF_VIEW(type, reason.text), .unsaid = true }
/* The header's words were read to choose the table. It is not said: `says` begins with the kind. */
#define HEADER(words) { words, .unsaid = true }

static const struct ent_row project_rows[] = {
	HEADER("charter/v1 proposal project"),
	CHARTER(PR),
	{ "project", FIELDS(ENT_F(PROJECT, PR, project)) },
	{ "pillar", FIELDS(ENT_F(NAME, PR, pillar)) },
	TITLES(PR, titles, title_count),
	{ "participant", FIELDS(ITSELF(PARTY)),
	    LIST(PR, participants, participant_count, struct ent_view, 1, ENT_LIMIT_MEMBERS, ENT_SORTED) },
	{ "custody", FIELDS(ENT_F(CUSTODY, PR, custody)) },
	{ "fresh", FIELDS(ENT_F(DURATION, PR, fresh)) },
	REQUIRES,
	{ "labels", FIELDS(ENT_F(HASH, PR, labels)), IF_FLAG(PR, has_labels) },
	{ "originator", FIELDS(ENT_FW(CHOICE, PR, originator_last, "any|last")) },
	{ "unsealed members", IF_FLAG(PR, unsealed_members) },
	{ "alone allowed", IF_FLAG(PR, alone_allowed) },
	{ "until", FIELDS(ENT_F(TIME, PR, until_unix_s)) },
	REPLACES,
	REASON(PR),
	END,
};

/* What these lines say lies in `party` of the proposal. */
static const struct ent_row party_rows[] = {
	HEADER("charter/v1 proposal party"),
	CHARTER(PR),
	{ "party", FIELDS(ENT_F(PARTY, PR, party.name)) },
	TITLES(PR, party.titles, party.title_count),
	{ "country", FIELDS(ENT_F(COUNTRY, PR, party.country)) },
	OFFICERS(PR, party.officers, party.officer_count),
	{ "quorum", FIELDS(ENT_F(U32, PR, party.quorum)) },
	{ "log", FIELDS(ENT_F(VKEY, PR, party.statements_log)) },
	{ "node", FIELDS(ENT_F(NODE, PR, party.node)), IF_VIEW(PR, party.node) },
	ISSUERS(PR, party.issuers, party.issuer_count, 0),
	{ "sponsor", FIELDS(ENT_F(PARTY, PR, party.sponsor)), IF_VIEW(PR, party.sponsor) },
	REPLACES,
	REASON(PR),
	END,
};

static const struct ent_row admit_rows[] = {
	HEADER("charter/v1 proposal admit"),
	CHARTER(PR),
	{ "party", FIELDS(ENT_F(PARTY, PR, admit_party), ENT_F(HASH, PR, admit_party_proposal)) },
	{ "project", FIELDS(ENT_F(PROJECT, PR, project)) },
	{ "role", FIELDS(ENT_FW(CHOICE, PR, role_contributor, "reader|contributor")) },
	{ "sponsor", FIELDS(ENT_F(PARTY, PR, sponsor)), IF_VIEW(PR, sponsor) },
	{ "files", FIELDS(ENT_F2(ALL_OR_SINCE, PR, files_all, files_since_unix_s)) },
	{ "from", FIELDS(ENT_F(TIME, PR, from_unix_s)) },
	{ "until", FIELDS(ENT_F(TIME, PR, until_unix_s)) },
	REQUIRES,
	REPLACES,
	REASON(PR),
	END,
};

static const struct ent_row labels_rows[] = {
	HEADER("charter/v1 proposal labels"),
	CHARTER(PR),
	TITLES(PR, titles, title_count),
	{ "policy", FIELDS(ENT_F(HASH, PR, labels)) },
	REPLACES,
	REASON(PR),
	END,
};

static const struct ent_row profile_rows[] = {
	HEADER("charter/v1 proposal profile"),
	CHARTER(PR),
	{ "profile", FIELDS(ENT_F(PROJECT, PR, profile)) },
	TITLES(PR, titles, title_count),
	{ "evidence", FIELDS(ENT_F(HASH, PR, evidence)) },
	REPLACES,
	REASON(PR),
	END,
};

/* ---- statements and alive ---- */

#define ST struct ent_statement

static bool
is_not_stop(const void *base)
{
	return ((const ST *)base)->act != ENT_ACT_STOP;
}

static bool
is_consent(const void *base)
{
	return ((const ST *)base)->act == ENT_ACT_CONSENT;
}

static const struct ent_row statement_rows[] = {
	{ "charter/v1 statement", FIELDS(ENT_FW(ENUM, ST, act, ENT_ACT_NAMES)) },
	{ "by", FIELDS(ENT_F(PARTY, ST, by)) },
	CHARTER(ST),
	{ "epoch", FIELDS(ENT_F(U32, ST, epoch), ENT_F(HASH, ST, epoch_hash)) },
	{ "time", FIELDS(ENT_F(TIME, ST, time_unix_s)) },
	{ "not-after", FIELDS(ENT_F(TIME, ST, not_after_unix_s)), .when = is_not_stop },
	{ "", .parse = ent_act_parse, .print = ent_act_print },
	{ "says", FIELDS(ENT_F(SAYS, ST, says)), .when = is_consent },
	REASON(ST),
	END,
};

static const struct ent_row alive_rows[] = {
	{ "charter/v1 alive", FIELDS(ENT_F(U64, struct ent_alive, index)) },
	{ "by", FIELDS(ENT_F(PARTY, struct ent_alive, by)) },
	CHARTER(struct ent_alive),
	{ "time", FIELDS(ENT_F(TIME, struct ent_alive, time_unix_s)) },
	{ "view", FIELDS(ENT_F(HASH, struct ent_alive, view)) },
	END,
};

#define VI struct ent_view_doc
#define LO struct ent_view_log

static const struct ent_row view_rows[] = {
	{ "charter/v1 view" },
	CHARTER(VI),
	{ "epoch", FIELDS(ENT_F(U32, VI, epoch), ENT_F(HASH, VI, epoch_hash)) },
	{ "log", FIELDS(ENT_F(NAME, LO, origin), ENT_F(U64, LO, size), ENT_F(HASH, LO, root)),
	    LIST(VI, logs, log_count, LO, 1, LOGS_MAX, ENT_SORTED_UNIQUE) },
	{ "stop", FIELDS(ITSELF(HASH)), LIST(VI, stops, stop_count, struct ent_hash, 0, ENT_LIMIT_LINES, ENT_SORTED) },
	END,
};

/* ---- files ---- */

#define FI struct ent_file_doc
#define SP struct ent_split_line

static const struct ent_row file_rows[] = {
	{ "charter/v1 file" },
	CHARTER(FI),
	{ "file", FIELDS(ENT_F(UUID, FI, uuid)) },
	{ "originator", FIELDS(ENT_F(PARTY, FI, originator)) },
	{ "project", FIELDS(ENT_F(PROJECT, FI, project), ENT_F(HASH, FI, proposal)) },
	{ "custody", FIELDS(ENT_F(CUSTODY, FI, custody)) },
	{ "split", FIELDS(ENT_F(SID, SP, sid), ENT_F(HASH, SP, hash)), LIST(FI, splits, split_count, SP, 1, SPLITS_MAX, ENT_COUNTED) },
	{ "attribute", FIELDS(ITSELF(WORD)), LIST(FI, attributes, attribute_count, struct ent_view, 0, ATTRIBUTES_MAX, ENT_SORTED) },
	{ "dissem", FIELDS(ITSELF(WORD)), LIST(FI, dissem, dissem_count, struct ent_view, 0, DISSEM_MAX, ENT_SORTED) },
	{ "view", FIELDS(ENT_F(HASH, FI, view)) },
	{ "created", FIELDS(ENT_F(TIME, FI, created_unix_s)) },
	{ "until", FIELDS(ENT_F(TIME, FI, until_unix_s)), IF_FLAG(FI, has_until) },
	END,
};

#define WR struct ent_writer_doc

static const struct ent_row writer_rows[] = {
	{ "charter/v1 writer" },
	CHARTER(WR),
	{ "originator", FIELDS(ENT_F(PARTY, WR, originator)) },
	{ "person", FIELDS(ENT_F(PERSON, WR, person)) },
	{ "key", FIELDS(ENT_F(VKEY, WR, key)) },
	{ "from", FIELDS(ENT_F(TIME, WR, from_unix_s)) },
	{ "until", FIELDS(ENT_F(TIME, WR, until_unix_s)) },
	END,
};

/* ---- access logs and records ---- */

#define AC struct ent_access_doc
#define RE struct ent_record_doc
#define RESULTS "released|refused|sealed|summary" /* in the order of enum ent_result */

static const struct ent_row access_rows[] = {
	{ "access/v1", FIELDS(ENT_F(U64, AC, index)) },
	{ "time", FIELDS(ENT_F(TIME, AC, time_unix_s)) },
	{ "result", FIELDS(ENT_FW(ENUM, AC, result, RESULTS)) },
	{ "view", FIELDS(ENT_F(HASH, AC, view)) },
	{ "record", FIELDS(ENT_F(HASH, AC, record)) },
	{ "record", FIELDS(ENT_F(HASH, AC, short_record)) },
	END,
};

static bool
is_full(const void *base)
{
	return ((const RE *)base)->full;
}

static const struct ent_row record_rows[] = {
	{ "record/v1", FIELDS(ENT_FW(CHOICE, RE, full, "short|full")) },
	{ "request", FIELDS(ENT_F(WORD, RE, request)) },
	{ "time", FIELDS(ENT_F(TIME, RE, time_unix_s)) },
	{ "result", FIELDS(ENT_FW(ENUM, RE, result, RESULTS)) },
	{ "party", FIELDS(ENT_F(PARTY_OR_DASH, RE, party)), .when = is_full },
	{ "person", FIELDS(ENT_F(PERSON_OR_DASH, RE, person)) },
	{ "project", FIELDS(ENT_F(PROJECT_OR_DASH, RE, project)), .when = is_full },
	{ "originator", FIELDS(ENT_F(PARTY_OR_DASH, RE, originator)), .when = is_full },
	{ "file", FIELDS(ENT_F(WORD, RE, file)) },
	{ "policy", FIELDS(ENT_F2(HASH_OR_DASH, RE, has_policy, policy)), .when = is_full },
	{ "token", FIELDS(ENT_F2(HASH_OR_DASH, RE, has_token, token)), .when = is_full },
	{ "session", FIELDS(ENT_F2(HASH_OR_DASH, RE, has_session, session)), .when = is_full },
	{ "share", FIELDS(ENT_F(SID, struct ent_share_line, sid), ENT_F(WORD, struct ent_share_line, kid),
	    ENT_F(HASH, struct ent_share_line, wrapped)),
	    LIST(RE, shares, share_count, struct ent_share_line, 0, SHARES_MAX, ENT_SORTED), .when = is_full },
	{ "attribute", FIELDS(ITSELF(WORD)), LIST(RE, attributes, attribute_count, struct ent_view, 0, ATTRIBUTES_MAX, ENT_SORTED),
	    .when = is_full },
	{ "reason", FIELDS(ENT_F(CODE, struct ent_reason_line, code), ENT_F(WORD, struct ent_reason_line, cite)),
	    LIST(RE, reasons, reason_count, struct ent_reason_line, 0, REASONS_MAX, ENT_SORTED) },
	{ "software", FIELDS(ENT_F(FREE_TEXT, RE, software)), .when = is_full },
	END,
};

/* ---- the kinds ---- */

#define TABLE(header, kind, rows, member) { header, NULL, kind, 0, rows, offsetof(struct ent_doc, member), ENT_NOTE_MAX }
#define PROPOSAL(name, kind, rows)                                                                                     \
	{ "charter/v1 proposal " name, name, ENT_DOC_PROPOSAL, kind, rows, offsetof(struct ent_doc, proposal), ENT_NOTE_MAX }

static const struct ent_doc_table tables[] = {
	{ "charter/v1 epoch", NULL, ENT_DOC_EPOCH, 0, epoch_rows, offsetof(struct ent_doc, epoch), ENT_LIMIT_EPOCH_TEXT },
	PROPOSAL("project", ENT_PROPOSAL_PROJECT, project_rows),
	PROPOSAL("party", ENT_PROPOSAL_PARTY, party_rows),
	PROPOSAL("admit", ENT_PROPOSAL_ADMIT, admit_rows),
	PROPOSAL("labels", ENT_PROPOSAL_LABELS, labels_rows),
	PROPOSAL("profile", ENT_PROPOSAL_PROFILE, profile_rows),
	TABLE("charter/v1 statement", ENT_DOC_STATEMENT, statement_rows, statement),
	TABLE("charter/v1 alive", ENT_DOC_ALIVE, alive_rows, alive),
	TABLE("charter/v1 view", ENT_DOC_VIEW, view_rows, view),
	TABLE("charter/v1 file", ENT_DOC_FILE, file_rows, file),
	TABLE("charter/v1 writer", ENT_DOC_WRITER, writer_rows, writer),
	TABLE("access/v1", ENT_DOC_ACCESS, access_rows, access),
	TABLE("record/v1", ENT_DOC_RECORD, record_rows, record),
};

const struct ent_doc_table *
ent_doc_table_for_line(struct ent_view first_line)
{
	for (size_t i = 0; i < ENT_COUNT(tables); i++)
		if (ent_grammar_starts(first_line, tables[i].header))
			return &tables[i];
	return NULL;
}

const struct ent_doc_table *
ent_doc_table_for_doc(const struct ent_doc *doc)
{
	for (size_t i = 0; i < ENT_COUNT(tables); i++)
		if (tables[i].kind == doc->kind && (doc->kind != ENT_DOC_PROPOSAL || tables[i].proposal == doc->proposal.kind))
			return &tables[i];
	return NULL;
}
