/* Statements: consent, key, note; and propose, which announces a text with a note. Written, signed, and submitted when the quorum is there. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/charter_io.h"
#include "codec/base64.h"
#include "codec/time.h"

enum { NOT_AFTER_S = 14 * 86400, ISSUER_KEY_LIFE_S = 365 * 86400, HASH_PREFIX_MIN = 8, PEM_MAX = 16384 };

/* One command at work. */
struct desk {
	struct entente_profile *profile;
	struct ent_arena *arena;
	struct ent_charter *charter;
	const struct ent_epoch *epoch;
	struct ent_officer_keys keys;
	struct ent_buf words;
};

static void
desk_fini(struct desk *desk)
{
	ent_officer_keys_fini(&desk->keys);
	ent_buf_fini(&desk->words);
	ent_arena_free(desk->arena);
}

static enum ent_status
desk_open(struct desk *desk, struct entente_profile *profile, struct entente_list keys, struct ent_error *err)
{
	const struct ent_party *self;

	*desk = (struct desk){ .profile = profile, .words = ent_buf_with_max(1 << 20) };
	if (keys.count == 0)
		return ent_fail(err, ENT_E_USAGE, "no officer's key is given: --key FILE, once for each officer who signs");
	ENT_TRY(ent_arena_new(&desk->arena, 16u << 20, err));
	ENT_TRY(ent_officer_keys_load(&desk->keys, keys, err));
	ENT_TRY(ent_profile_sync(profile, err));
	desk->charter = ent_mirror_charter(profile->mirror);
	desk->epoch = ent_charter_epoch(desk->charter);
	self = ent_member_named(desk->epoch, ent_view_str(profile->party));
	if (self == NULL)
		return ent_fail(err, ENT_E_CONFIG, "%s, for which the profile %s speaks, is no member of this charter", profile->party, profile->dir);
	return ent_officer_keys_check(&desk->keys, keys, self, 1, err);
}

/* The lines that every statement begins with. */
static void
begin(const struct desk *desk, struct ent_doc *doc, enum ent_act act)
{
	struct ent_statement *s = &doc->statement;

	*doc = (struct ent_doc){ .kind = ENT_DOC_STATEMENT };
	s->act = act;
	s->by = ent_view_str(desk->profile->party);
	s->charter = *ent_charter_id(desk->charter);
	s->epoch = desk->epoch->number;
	s->epoch_hash = *ent_charter_epoch_hash(desk->charter);
	s->time_unix_s = ent_clock_now(NULL);
	s->has_not_after = true;
	s->not_after_unix_s = s->time_unix_s + NOT_AFTER_S;
}

static enum ent_status
set_reason(struct ent_title *out, const char *text, struct ent_error *err)
{
	const char *space = text != NULL ? strchr(text, ' ') : NULL;

	if (text == NULL)
		return ENT_OK;
	if (space == NULL)
		return ent_fail(err, ENT_E_USAGE, "\"%s\": a reason or title is a language and words, as in \"en Joint work package 4.\"", text);
	out->lang = ent_view_from(text, (size_t)(space - text));
	out->text = ent_view_str(space + 1);
	return ENT_OK;
}

/* Keep an unfinished statement for the next officer. */
static enum ent_status
keep(const struct ent_paper *paper, const char *output, const char *kind, char path[ENT_PATH_MAX], struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, &paper->doc.hash);
	if (output != NULL)
		ENT_TRY(ent_path_join(path, ENT_PATH_MAX, err, "%s", output));
	else
		ENT_TRY(ent_path_join(path, ENT_PATH_MAX, err, "%s-%.8s.note", kind, hex));
	return ent_file_create(path, paper->bytes, 0644, err);
}

/* Print, sign, and hand over when complete; else leave a file and name who is missing. */
static enum ent_status
finish(struct desk *desk, const struct ent_doc *doc, const char *output, const char *kind, enum entente_format format, char **report,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_paper paper;
	char path[ENT_PATH_MAX];
	uint64_t index = UINT64_MAX;
	bool complete;

	ENT_TRY(ent_doc_print(&text, doc, err));
	ENT_TRY(ent_note_sign(&note, ent_buf_view(&text), (const struct ent_signer *const *)desk->keys.signers, desk->keys.count, err));
	paper.bytes = ent_buf_view(&note);
	ENT_TRY(ent_note_parse(&paper.note, desk->arena, paper.bytes, err));
	ENT_TRY(ent_doc_parse(&paper.doc, desk->arena, paper.note.text, err));
	ENT_TRY(ent_paper_report(&desk->words, &paper, desk->epoch, &complete, err));
	if (complete) {
		ENT_TRY(ent_submit(desk->profile, paper.bytes, &index, err));
		return ent_say(report, format, kind, &paper.doc.hash, index, NULL, ent_buf_view(&desk->words), err);
	}
	ENT_TRY(keep(&paper, output, kind, path, err));
	ENT_TRY(ent_buf_printf(&desk->words, err, "the next officer runs: entente charter sign %s --key FILE, then: entente charter submit %s\n",
	    path, path));
	return ent_say(report, format, kind, &paper.doc.hash, UINT64_MAX, path, ent_buf_view(&desk->words), err);
}

/* A proposal by the first digits of its hash, as the terminal shows it. */
static enum ent_status
find_proposal(const struct desk *desk, const char *prefix, const struct ent_doc **out, struct ent_error *err)
{
	size_t len = prefix != NULL ? strlen(prefix) : 0;

	*out = NULL;
	if (len < HASH_PREFIX_MIN || len > 64)
		return ent_fail(err, ENT_E_USAGE, "a proposal is named by at least %d digits of its hash", HASH_PREFIX_MIN);
	for (size_t i = 0; i < ent_charter_proposal_count(desk->charter); i++) {
		const struct ent_doc *doc = ent_charter_proposal_at(desk->charter, i);
		char hex[ENT_HASH_HEX_SIZE];

		ent_hash_hex(hex, &doc->hash);
		if (strncmp(hex, prefix, len) != 0)
			continue;
		if (*out != NULL)
			return ent_fail(err, ENT_E_USAGE, "%s fits more than one proposal: give more digits", prefix);
		*out = doc;
	}
	if (*out == NULL)
		return ent_fail(err, ENT_E_NOT_FOUND, "no proposal %s is known here; was it proposed, and has the node heard of it?", prefix);
	return ENT_OK;
}

/* What the signature consents to, a clause a line: "a; b; c". */
static enum ent_status
says_words(struct ent_buf *out, struct ent_view says, struct ent_error *err)
{
	for (size_t at = 0; at < says.len;) {
		size_t end = ent_view_find(says, ';', at);

		ENT_TRY(ent_buf_printf(out, err, "  %.*s\n", ENT_FMT(ent_view_slice(says, at, end - at))));
		at = end + 2; /* "; " */
	}
	return ENT_OK;
}

static enum ent_status
consent(struct desk *desk, const struct entente_statement *statement, enum entente_format format, char **report, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max(ENT_NOTE_MAX);
	const struct ent_doc *proposal;
	struct ent_doc doc;

	ENT_TRY(find_proposal(desk, statement->what, &proposal, err));
	begin(desk, &doc, ENT_ACT_CONSENT);
	doc.statement.has_target = true;
	doc.statement.target = proposal->hash;
	doc.statement.until_unix_s = proposal->proposal.until_unix_s;
	if (statement->until != NULL)
		ENT_TRY(ent_time_parse(&doc.statement.until_unix_s, ent_view_str(statement->until), err));
	if (doc.statement.until_unix_s > proposal->proposal.until_unix_s)
		return ent_fail(err, ENT_E_USAGE, "the consent would outlive its proposal");
	ENT_TRY(ent_says_make(&says, proposal->text, err));
	doc.statement.says = ent_buf_view(&says);
	ENT_TRY(set_reason(&doc.statement.reason, statement->reason, err));
	ENT_TRY(says_words(&desk->words, ent_buf_view(&says), err));
	return finish(desk, &doc, statement->output, "consent", format, report, err);
}

static enum ent_status
run_consent(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct ent_error *err)
{
	__attribute__((cleanup(desk_fini))) struct desk desk = { 0 };

	ENT_TRY(desk_open(&desk, profile, statement->keys, err));
	return consent(&desk, statement, format, report, err);
}

enum entente_status
entente_charter_consent(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run_consent(profile, statement, format, report, ENT_PUBLIC_ERR));
}

static enum ent_status
note_statement(struct desk *desk, const struct ent_hash *proposal, const char *text, const struct entente_statement *statement,
    enum entente_format format, char **report, struct ent_error *err)
{
	struct ent_doc doc;

	begin(desk, &doc, ENT_ACT_NOTE);
	if (proposal != NULL) {
		doc.statement.has_target = true;
		doc.statement.target = *proposal;
	} else {
		ENT_TRY(set_reason(&doc.statement.note, text, err));
	}
	ENT_TRY(set_reason(&doc.statement.reason, statement->reason, err));
	return finish(desk, &doc, statement->output, "note", format, report, err);
}

static enum ent_status
run_note(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct ent_error *err)
{
	__attribute__((cleanup(desk_fini))) struct desk desk = { 0 };

	if (statement->what == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter note needs words, as in \"en We should consult on this.\"");
	ENT_TRY(desk_open(&desk, profile, statement->keys, err));
	return note_statement(&desk, NULL, statement->what, statement, format, report, err);
}

enum entente_status
entente_charter_note(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run_note(profile, statement, format, report, ENT_PUBLIC_ERR));
}

/* ---- key: publish what stands in a node's home ---- */

static enum ent_status
publish(struct desk *desk, struct ent_doc *doc, const struct entente_statement *statement, enum entente_format format, struct ent_buf *all,
    struct ent_error *err)
{
	char *one = NULL;
	enum ent_status status;

	ENT_TRY(set_reason(&doc->statement.reason, statement->reason, err));
	ent_buf_clear(&desk->words);
	ENT_TRY(ent_buf_printf(&desk->words, err, "key %.*s\n", ENT_FMT(doc->statement.kid)));
	status = finish(desk, doc, NULL, doc->statement.act == ENT_ACT_KEY ? "key" : "issuer-key", format, &one, err);
	if (status == ENT_OK && format == ENTENTE_JSON)
		status = ent_buf_add_byte(all, all->len > 0 ? ',' : '[', err); /* one array of answers */
	if (status == ENT_OK)
		status = ent_buf_add_str(all, one, err);
	free(one);
	return status;
}

static enum ent_status
load_public(const char *path, struct ent_pubkey **out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(PEM_MAX);
	ENT_AUTO(ent_key) key = NULL;

	ENT_TRY(ent_file_read_private(&pem, path, PEM_MAX, err));
	ENT_TRY(ent_key_from_pkcs8_pem(&key, ent_buf_view(&pem), err));
	return ent_pubkey_from_spki(out, ent_pubkey_spki(ent_key_public(key)), err);
}

static enum ent_status
publish_data_key(struct desk *desk, const char *path, const struct entente_statement *statement, enum entente_format format, struct ent_buf *all,
    struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	char kid[ENT_KID_SIZE];
	struct ent_doc doc;

	ENT_TRY(load_public(path, &key, err));
	ent_pubkey_kid(kid, key);
	begin(desk, &doc, ENT_ACT_KEY);
	doc.statement.key_use = ENT_KEY_USE_KAS;
	doc.statement.kid = ent_view_str(kid);
	doc.statement.algorithm = ent_view_str(ent_key_type_row(ent_pubkey_type(key))->wire_name);
	doc.statement.public_key = ent_pubkey_spki(key);
	return publish(desk, &doc, statement, format, all, err);
}

static enum ent_status
publish_data_keys(struct desk *desk, const char *home, const struct entente_statement *statement, enum entente_format format,
    struct ent_buf *all, struct ent_error *err)
{
	char dir[ENT_PATH_MAX], path[ENT_PATH_MAX];
	struct dirent **names = NULL;
	enum ent_status status = ENT_OK;
	int count;

	ENT_TRY(ent_path_join(dir, sizeof(dir), err, "%s/keys/data", home));
	count = scandir(dir, &names, NULL, alphasort);
	if (count < 0)
		return ent_fail(err, ENT_E_INPUT, "%s cannot be read: is %s a node's home?", dir, home);
	for (int i = 0; i < count; i++) {
		size_t len = strlen(names[i]->d_name);

		if (status == ENT_OK && len > 4 && strcmp(names[i]->d_name + len - 4, ".pem") == 0) {
			status = ent_path_join(path, sizeof(path), err, "%s/%s", dir, names[i]->d_name);
			if (status == ENT_OK)
				status = publish_data_key(desk, path, statement, format, all, err);
		}
		free(names[i]);
	}
	free(names);
	return status;
}

static enum ent_status
publish_seal_key(struct desk *desk, const char *home, const struct entente_statement *statement, enum entente_format format,
    struct ent_buf *all, struct ent_error *err)
{
	ENT_AUTO(ent_signer) signer = NULL;
	char path[ENT_PATH_MAX];
	char kid[ENT_SEAL_KID_SIZE];
	struct ent_doc doc;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/seal.key", home));
	ENT_TRY(ent_signer_load(&signer, path, err));
	ent_seal_kid(kid, ent_signer_vkey(signer)->key);
	begin(desk, &doc, ENT_ACT_KEY);
	doc.statement.key_use = ENT_KEY_USE_SEAL;
	doc.statement.kid = ent_view_str(kid);
	doc.statement.algorithm = ENT_LIT("ed25519");
	doc.statement.public_key = ent_view_from(ent_signer_vkey(signer)->key, ENT_ED25519_KEY_LEN);
	return publish(desk, &doc, statement, format, all, err);
}

static enum ent_status
publish_issuer_key(struct desk *desk, const struct ent_home *home, const struct entente_statement *statement, enum entente_format format,
    struct ent_buf *all, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	char path[ENT_PATH_MAX];
	char kid[ENT_KID_SIZE];
	struct ent_doc doc;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/issuer.pem", home->dir));
	ENT_TRY(load_public(path, &key, err));
	ent_pubkey_kid(kid, key);
	begin(desk, &doc, ENT_ACT_ISSUER_KEY);
	doc.statement.issuer = ent_view_str(home->url);
	doc.statement.kid = ent_view_str(kid);
	doc.statement.algorithm = ent_view_str(ent_key_type_row(ent_pubkey_type(key))->jws_alg);
	doc.statement.public_key = ent_pubkey_spki(key);
	doc.statement.until_unix_s = doc.statement.time_unix_s + ISSUER_KEY_LIFE_S;
	return publish(desk, &doc, statement, format, all, err);
}

static enum ent_status
run_key(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct ent_error *err)
{
	__attribute__((cleanup(desk_fini))) struct desk desk = { 0 };
	ENT_AUTO_FINI(ent_buf) all = ent_buf_with_max(4 << 20);
	struct ent_home home;

	if (statement->what == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter key needs --home DIR: the node's home whose keys are published");
	ENT_TRY(desk_open(&desk, profile, statement->keys, err));
	ENT_TRY(ent_home_read(&home, desk.arena, statement->what, err));
	if (strcmp(home.party, profile->party) != 0)
		return ent_fail(err, ENT_E_USAGE, "%s is the home of %s's node; this profile speaks for %s", statement->what, home.party,
		    profile->party);
	ENT_TRY(publish_data_keys(&desk, home.dir, statement, format, &all, err));
	ENT_TRY(publish_seal_key(&desk, home.dir, statement, format, &all, err));
	ENT_TRY(publish_issuer_key(&desk, &home, statement, format, &all, err));
	if (format == ENTENTE_JSON)
		ENT_TRY(ent_buf_add_str(&all, "]\n", err));
	return ent_give_text(report, format, &all, err);
}

enum entente_status
entente_charter_key(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run_key(profile, statement, format, report, ENT_PUBLIC_ERR));
}

/* ---- propose ---- */

static int
by_bytes(const void *a, const void *b)
{
	const struct ent_view *x = a, *y = b;

	return ent_view_cmp(*x, *y);
}

static enum ent_status
proposal_text(struct desk *desk, const struct entente_charter_propose *p, struct ent_buf *out, struct ent_error *err)
{
	struct ent_doc doc = { .kind = ENT_DOC_PROPOSAL };
	struct ent_proposal *q = &doc.proposal;
	struct ent_title title = { 0 };
	void *room;

	q->kind = ENT_PROPOSAL_PROJECT;
	q->charter = *ent_charter_id(desk->charter);
	q->project = ent_view_str(p->project);
	q->pillar = ent_view_str(p->pillar);
	ENT_TRY(set_reason(&title, p->title, err));
	q->titles = &title;
	q->title_count = 1;
	ENT_TRY(ent_arena_alloc(desk->arena, &room, p->participants.count, sizeof(struct ent_view), err));
	q->participants = room;
	q->participant_count = p->participants.count;
	for (size_t i = 0; i < p->participants.count; i++)
		q->participants[i] = ent_view_str(p->participants.items[i]);
	qsort(q->participants, q->participant_count, sizeof(struct ent_view), by_bytes);
	q->custody = ent_view_str(p->custody);
	q->fresh.text = ent_view_str(p->fresh != NULL ? p->fresh : "24h");
	ENT_TRY(ent_duration_parse(&q->fresh.seconds, q->fresh.text, err));
	q->unsealed_members = p->unsealed_members != 0;
	q->alone_allowed = p->alone_allowed != 0;
	ENT_TRY(ent_time_parse(&q->until_unix_s, ent_view_str(p->until), err));
	q->has_replaces = p->replaces != NULL;
	if (q->has_replaces)
		ENT_TRY(ent_hash_from_hex(&q->replaces, ent_view_str(p->replaces), err));
	ENT_TRY(set_reason(&q->reason, p->reason, err));
	return ent_doc_print(out, &doc, err);
}

static enum ent_status
propose(struct entente_profile *profile, const struct entente_charter_propose *p, enum entente_format format, char **report, struct ent_error *err)
{
	__attribute__((cleanup(desk_fini))) struct desk desk = { 0 };
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO_FINI(ent_buf) says = ent_buf_with_max(ENT_NOTE_MAX);
	struct entente_statement announce = { 0 };
	struct ent_doc doc;
	char *note = NULL;
	uint64_t index;

	if (!p->project || !p->pillar || !p->title || !p->custody || !p->until || p->participants.count == 0)
		return ent_fail(err, ENT_E_USAGE, "charter propose needs --project, --pillar, --title, --participant, --custody and --until");
	ENT_TRY(desk_open(&desk, profile, p->keys, err));
	ENT_TRY(proposal_text(&desk, p, &text, err));
	ENT_TRY(ent_doc_parse(&doc, desk.arena, ent_buf_view(&text), err));
	ENT_TRY(ent_doc_check(&doc, err));
	/* Refuse here what every node would refuse: the same function, before anything is signed. */
	ENT_TRY(ent_charter_add_proposal(desk.charter, ent_buf_view(&text), err));
	if (p->output != NULL)
		ENT_TRY(ent_file_create(p->output, ent_buf_view(&text), 0644, err));
	/* A node keeps a proposal only once an officer's note names it: the note goes first. */
	ENT_TRY(note_statement(&desk, &doc.hash, NULL, &announce, format, &note, err));
	free(note);
	ENT_TRY(ent_submit(profile, ent_buf_view(&text), &index, err));
	ent_buf_clear(&desk.words);
	ENT_TRY(ent_says_make(&says, ent_buf_view(&text), err));
	ENT_TRY(says_words(&desk.words, ent_buf_view(&says), err));
	return ent_say(report, format, "proposed", &doc.hash, UINT64_MAX, p->output, ent_buf_view(&desk.words), err);
}

enum entente_status
entente_charter_propose(struct entente_profile *profile, const struct entente_charter_propose *p, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, propose(profile, p, format, report, ENT_PUBLIC_ERR));
}
