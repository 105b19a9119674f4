/* What a document must satisfy by itself, beyond its grammar (charter sections 2, 3 and 11 "Signatures"). */
#include <inttypes.h>

#include "charter/custody.h"
#include "charter/docs.h"
#include "charter/grammar.h"

enum { CUSTODY_ARENA_MAX = 4 << 20, WRITER_DAYS_MAX = 30, NOT_AFTER_DAYS_MAX = 30, DAY_S = 86400 };

/* Is name "<party>/<role>", or, with more, "<party>/<role>/<anything>"? */
static bool
is_role_of(struct ent_view name, struct ent_view party, const char *role, bool more)
{
	struct ent_view rest;

	if (!ent_view_starts(name, party) || name.len == party.len || name.data[party.len] != '/')
		return false;
	rest = ent_view_slice(name, party.len + 1, name.len);
	if (!more)
		return ent_view_eq_str(rest, role);
	return ent_view_starts(rest, ent_view_str(role)) && rest.len > strlen(role) + 1 && rest.data[strlen(role)] == '/';
}

/* ---- parties ---- */

static enum ent_status
check_officers(const struct ent_party *party, struct ent_error *err)
{
	for (size_t i = 0; i < party->officer_count; i++) {
		struct ent_view name = party->officers[i].name;

		if (!is_role_of(name, party->name, "officer", true))
			return ent_fail(err, ENT_E_INPUT, "%.*s: officer `%.*s` is not named %.*s/officer/<name>",
			    ENT_FMT(party->name), ENT_FMT(name), ENT_FMT(party->name));
		/* Sorted lines: equal names are neighbours. Two keys of one name would be one person with two votes. */
		if (i > 0 && ent_view_eq(name, party->officers[i - 1].name))
			return ent_fail(err, ENT_E_INPUT, "%.*s: officer `%.*s` twice", ENT_FMT(party->name),
			    ENT_FMT(name));
	}
	if (party->quorum < 1 || party->quorum > party->officer_count ||
	    2 * (uint64_t)party->quorum <= party->officer_count)
		return ent_fail(err, ENT_E_INPUT,
		    "%.*s: quorum %" PRIu32 " of %zu officers; it must be more than half of them, and at most all",
		    ENT_FMT(party->name), party->quorum, party->officer_count);
	return ENT_OK;
}

static enum ent_status
check_role(const struct ent_party *party, const struct ent_vkey *key, const char *role, struct ent_error *err)
{
	if (!is_role_of(key->name, party->name, role, false))
		return ent_fail(err, ENT_E_INPUT, "%.*s: the key `%.*s` must be named %.*s/%s", ENT_FMT(party->name),
		    ENT_FMT(key->name), ENT_FMT(party->name), role);
	return ENT_OK;
}

static enum ent_status
check_party(const struct ent_party *party, struct ent_error *err)
{
	struct ent_vkey recovery;

	ENT_TRY(check_officers(party, err));
	ENT_TRY(check_role(party, &party->statements_log, "statements", err));
	if (party->access_log.name.len > 0)
		ENT_TRY(check_role(party, &party->access_log, "access", err));
	if (party->witness.name.len > 0)
		ENT_TRY(check_role(party, &party->witness, "witness", err));
	if (party->recovery_line.len > 0) {
		ENT_TRY(ent_vkey_parse(&recovery, party->recovery_line, ENT_NOTE_TYPE_ED25519, err));
		ENT_TRY(check_role(party, &recovery, "recovery", err));
	}
	return ENT_OK;
}

/* ---- one key once, one issuer once ---- */

enum { KEYS_PER_PARTY = ENT_LIMIT_OFFICERS + 4 };

/* All keys of a party into keys (room for KEYS_PER_PARTY); how many. */
static enum ent_status
collect_keys(struct ent_vkey *keys, size_t *count, const struct ent_party *party, struct ent_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < party->officer_count && i < ENT_LIMIT_OFFICERS; i++)
		keys[n++] = party->officers[i];
	keys[n++] = party->statements_log;
	if (party->access_log.name.len > 0)
		keys[n++] = party->access_log;
	if (party->witness.name.len > 0)
		keys[n++] = party->witness;
	if (party->recovery_line.len > 0)
		ENT_TRY(ent_vkey_parse(&keys[n++], party->recovery_line, ENT_NOTE_TYPE_ED25519, err));
	*count = n;
	return ENT_OK;
}

static enum ent_status
check_keys_differ(const struct ent_vkey *a, size_t a_count, const struct ent_vkey *b, size_t b_count,
    struct ent_error *err)
{
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = a == b ? i + 1 : 0; j < b_count; j++)
			if (memcmp(a[i].key, b[j].key, sizeof(a[i].key)) == 0)
				return ent_fail(err, ENT_E_INPUT,
				    "one public key as `%.*s` and as `%.*s`: a key has one name and one role",
				    ENT_FMT(a[i].name), ENT_FMT(b[j].name));
	return ENT_OK;
}

static struct ent_view
without_final_slash(struct ent_view url)
{
	return url.len > 0 && url.data[url.len - 1] == '/' ? ent_view_slice(url, 0, url.len - 1) : url;
}

/* Byte for byte is what tokens are compared by; a final slash more must not make a second party of one issuer. */
static enum ent_status
check_issuers_differ(const struct ent_party *a, const struct ent_party *b, struct ent_error *err)
{
	for (size_t i = 0; i < a->issuer_count; i++)
		for (size_t j = a == b ? i + 1 : 0; j < b->issuer_count; j++)
			if (ent_view_eq(without_final_slash(a->issuers[i].url), without_final_slash(b->issuers[j].url)))
				return ent_fail(err, ENT_E_INPUT,
				    "issuer %.*s of %.*s and again of %.*s: an issuer belongs to one party, once",
				    ENT_FMT(a->issuers[i].url), ENT_FMT(a->name), ENT_FMT(b->name));
	return ENT_OK;
}

static enum ent_status
check_parties_differ(const struct ent_party *a, const struct ent_party *b, struct ent_error *err)
{
	struct ent_vkey a_keys[KEYS_PER_PARTY], b_keys[KEYS_PER_PARTY];
	size_t a_count, b_count;

	ENT_TRY(check_issuers_differ(a, b, err));
	ENT_TRY(collect_keys(a_keys, &a_count, a, err));
	if (a == b)
		return check_keys_differ(a_keys, a_count, a_keys, a_count, err);
	ENT_TRY(collect_keys(b_keys, &b_count, b, err));
	return check_keys_differ(a_keys, a_count, b_keys, b_count, err);
}

/* ---- epochs ---- */

static enum ent_status
check_number(const struct ent_epoch *epoch, struct ent_error *err)
{
	if (epoch->number < 1 || epoch->attempt < 1)
		return ent_fail(err, ENT_E_INPUT, "epochs and attempts are numbered from 1");
	if (epoch->number > 1)
		return epoch->has_parent ? ENT_OK : ent_fail(err, ENT_E_INPUT, "epoch %" PRIu32 " has no `parent`",
		    epoch->number);
	if (epoch->attempt != 1 || epoch->has_parent)
		return ent_fail(err, ENT_E_INPUT, "the first epoch is 1.1 and has no `parent`");
	if (epoch->carry_count > 0 || epoch->lift_count > 0 || epoch->former_count > 0)
		return ent_fail(err, ENT_E_INPUT, "the first epoch has nothing to carry or lift, and no former member");
	return ENT_OK;
}

static enum ent_status
check_rule(const char *name, const struct ent_rule *rule, size_t member_count, struct ent_error *err)
{
	if (!rule->consents_all && (rule->consents < 1 || rule->consents > member_count))
		return ent_fail(err, ENT_E_INPUT, "rule %s: %" PRIu32 " consents of %zu members", name, rule->consents,
		    member_count);
	return ENT_OK;
}

static enum ent_status
check_former(const struct ent_epoch *epoch, struct ent_error *err)
{
	for (size_t i = 0; i < epoch->former_count; i++)
		for (size_t j = 0; j < epoch->member_count; j++)
			if (ent_view_eq(epoch->former[i], epoch->members[j].name))
				return ent_fail(err, ENT_E_INPUT, "%.*s is a member and a former member",
				    ENT_FMT(epoch->former[i]));
	return ENT_OK;
}

static enum ent_status
check_epoch(const struct ent_epoch *epoch, struct ent_error *err)
{
	ENT_TRY(check_number(epoch, err));
	for (size_t i = 0; i < epoch->member_count; i++)
		ENT_TRY(check_party(&epoch->members[i], err));
	for (size_t i = 0; i < epoch->member_count; i++)
		for (size_t j = i; j < epoch->member_count; j++)
			ENT_TRY(check_parties_differ(&epoch->members[i], &epoch->members[j], err));
	ENT_TRY(check_former(epoch, err));
	ENT_TRY(check_rule("admit", &epoch->rule_admit, epoch->member_count, err));
	ENT_TRY(check_rule("project", &epoch->rule_project, epoch->member_count, err));
	if (epoch->has_rule_labels)
		ENT_TRY(check_rule("labels", &epoch->rule_labels, epoch->member_count, err));
	return epoch->has_rule_profile ? check_rule("profile", &epoch->rule_profile, epoch->member_count, err) : ENT_OK;
}

/* ---- proposals ---- */

static bool
contains(const struct ent_view *items, size_t count, struct ent_view wanted)
{
	for (size_t i = 0; i < count; i++)
		if (ent_view_eq(items[i], wanted))
			return true;
	return false;
}

/* The k of a clause "k of a b c": digits, and " of " behind them. */
static bool
is_threshold(struct ent_view text, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return ent_view_starts(ent_view_slice(text, end, text.len), ENT_LIT(" of "));
}

/* Every member that the rule names takes part; absorption must not hide one that does not. */
static enum ent_status
check_custody_names(const struct ent_proposal *project, struct ent_error *err)
{
	static const char *const keywords[] = { "originator", "and", "of", "any", "all" };
	struct ent_view text = project->custody;

	for (size_t start = 0, end; start < text.len; start = end + 1) {
		struct ent_view word;
		bool known;

		end = ent_view_find(text, ' ', start);
		word = ent_view_slice(text, start, end - start);
		known = is_threshold(text, start, end) ||
		    contains(project->participants, project->participant_count, word);
		for (size_t i = 0; i < ENT_COUNT(keywords); i++)
			known = known || ent_view_eq_str(word, keywords[i]);
		if (!known)
			return ent_fail(err, ENT_E_INPUT, "custody names %.*s, which is not a participant",
			    ENT_FMT(word));
	}
	return ENT_OK;
}

/* The rule must compile for each participant as the originator, and need two members unless the project says otherwise. */
static enum ent_status
check_custody(const struct ent_proposal *project, struct ent_error *err)
{
	ENT_TRY(ent_custody_check(project->custody, err));
	ENT_TRY(check_custody_names(project, err));
	for (size_t i = 0; i < project->participant_count; i++) {
		ENT_AUTO(ent_arena) arena = NULL;
		struct ent_custody custody;

		ENT_TRY(ent_arena_new(&arena, CUSTODY_ARENA_MAX, err));
		ENT_TRY(ent_custody_compile(&custody, arena, project->custody, project->participants[i], err));
		if (custody.members_needed < 2 && !project->alone_allowed)
			return ent_fail(err, ENT_E_INPUT,
			    "custody lets one member alone open a file of %.*s; say `alone allowed` if that is meant",
			    ENT_FMT(project->participants[i]));
	}
	return ENT_OK;
}

static enum ent_status
check_requires(const struct ent_proposal *proposal, struct ent_error *err)
{
	for (size_t i = 0; i < proposal->requires_count; i++)
		if (!proposal->requires[i].from_all && proposal->requires[i].from < 1)
			return ent_fail(err, ENT_E_INPUT, "requires %.*s from nobody",
			    ENT_FMT(proposal->requires[i].profile));
	return ENT_OK;
}

static enum ent_status
check_party_proposal(const struct ent_party *party, struct ent_error *err)
{
	ENT_TRY(check_party(party, err));
	ENT_TRY(check_parties_differ(party, party, err));
	if (party->node.len == 0 && party->sponsor.len == 0)
		return ent_fail(err, ENT_E_INPUT,
		    "%.*s has neither a node nor a sponsor at whose node its log is kept", ENT_FMT(party->name));
	if (ent_view_eq(party->sponsor, party->name))
		return ent_fail(err, ENT_E_INPUT, "%.*s is its own sponsor", ENT_FMT(party->name));
	return ENT_OK;
}

static enum ent_status
check_admit(const struct ent_proposal *admit, struct ent_error *err)
{
	if (admit->until_unix_s <= admit->from_unix_s)
		return ent_fail(err, ENT_E_INPUT, "the admission ends before it begins");
	if (admit->role_contributor && admit->sponsor.len == 0)
		return ent_fail(err, ENT_E_INPUT, "a contributor needs the `sponsor` that seals its files");
	return ENT_OK;
}

static enum ent_status
check_proposal(const struct ent_proposal *proposal, struct ent_error *err)
{
	ENT_TRY(check_requires(proposal, err));
	if (proposal->kind == ENT_PROPOSAL_PROJECT)
		return check_custody(proposal, err);
	if (proposal->kind == ENT_PROPOSAL_PARTY)
		return check_party_proposal(&proposal->party, err);
	return proposal->kind == ENT_PROPOSAL_ADMIT ? check_admit(proposal, err) : ENT_OK;
}

/* ---- statements and the rest ---- */

/* kid = e-, r- or s- and the first 16 hex digits of SHA-256(SPKI) (contracts, Names). */
static enum ent_status
check_kid(const struct ent_statement *statement, struct ent_error *err)
{
	/* SubjectPublicKeyInfo of Ed25519 (RFC 8410, 4): this and the 32 bytes. */
	static const uint8_t prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
	bool seal = statement->key_use == ENT_KEY_USE_SEAL;
	struct ent_view parts[] = { { prefix, seal ? sizeof(prefix) : 0 }, statement->public_key };
	char letter = seal ? 's' : ent_view_starts(statement->algorithm, ENT_LIT("rsa:")) ? 'r' : 'e';
	char hex[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	ent_hash_hex(hex, &hash);
	if (statement->kid.len != 18 || statement->kid.data[0] != letter || memcmp(statement->kid.data + 2, hex, 16) != 0)
		return ent_fail(err, ENT_E_INPUT, "the kid of this key is %c-%.16s, not %.*s", letter, hex,
		    ENT_FMT(statement->kid));
	if (seal && !ent_ed25519_key_valid(statement->public_key.data))
		return ent_fail(err, ENT_E_INPUT, "the seal key is not an acceptable Ed25519 key");
	return ENT_OK;
}

static enum ent_status
check_statement(const struct ent_statement *statement, struct ent_error *err)
{
	int64_t latest = statement->time_unix_s + NOT_AFTER_DAYS_MAX * DAY_S;

	if (statement->has_not_after && (statement->not_after_unix_s < statement->time_unix_s ||
	    statement->not_after_unix_s > latest))
		return ent_fail(err, ENT_E_INPUT, "not-after must lie between time and %d days after it",
		    NOT_AFTER_DAYS_MAX);
	if (statement->epoch < 1)
		return ent_fail(err, ENT_E_INPUT, "epochs are numbered from 1");
	return statement->act == ENT_ACT_KEY ? check_kid(statement, err) : ENT_OK;
}

static enum ent_status
check_view(const struct ent_view_doc *view, struct ent_error *err)
{
	for (size_t i = 0; i < view->log_count; i++) {
		struct ent_view origin = view->logs[i].origin;
		size_t slash = ent_view_rfind(origin, '/');

		if (slash == origin.len || !ent_party_name_valid(ent_view_slice(origin, 0, slash)) ||
		    !ent_view_eq_str(ent_view_slice(origin, slash + 1, origin.len), "statements"))
			return ent_fail(err, ENT_E_INPUT, "a view lists statement logs, and %.*s is none",
			    ENT_FMT(origin));
	}
	return ENT_OK;
}

static enum ent_status
check_file(const struct ent_file_doc *file, struct ent_error *err)
{
	if (file->has_until && file->until_unix_s <= file->created_unix_s)
		return ent_fail(err, ENT_E_INPUT, "the file's `until` is not after its `created`");
	return ent_custody_check(file->custody, err);
}

static enum ent_status
check_writer(const struct ent_writer_doc *writer, struct ent_error *err)
{
	int64_t length = writer->until_unix_s - writer->from_unix_s;

	if (length <= 0 || length > WRITER_DAYS_MAX * DAY_S)
		return ent_fail(err, ENT_E_INPUT, "a writer's key is good for more than nothing and at most %d days",
		    WRITER_DAYS_MAX);
	if (!is_role_of(writer->key.name, writer->originator, "writer", true))
		return ent_fail(err, ENT_E_INPUT, "a writer's key is named %.*s/writer/<name>",
		    ENT_FMT(writer->originator));
	return ENT_OK;
}

enum ent_status
ent_doc_check(const struct ent_doc *doc, struct ent_error *err)
{
	switch (doc->kind) {
	case ENT_DOC_EPOCH:
		return check_epoch(&doc->epoch, err);
	case ENT_DOC_PROPOSAL:
		return check_proposal(&doc->proposal, err);
	case ENT_DOC_STATEMENT:
		return check_statement(&doc->statement, err);
	case ENT_DOC_VIEW:
		return check_view(&doc->view, err);
	case ENT_DOC_FILE:
		return check_file(&doc->file, err);
	case ENT_DOC_WRITER:
		return check_writer(&doc->writer, err);
	case ENT_DOC_ALIVE:
	case ENT_DOC_ACCESS:
	case ENT_DOC_RECORD:
		return ENT_OK;
	}
	return ent_fail(err, ENT_E_INPUT, "a document of no known kind");
}
