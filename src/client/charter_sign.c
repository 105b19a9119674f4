/* charter sign, submit and verify. */
#include <stdio.h>

#include "client/charter_words.h"
#include "client/charter_io.h"

enum { PAPER_ARENA = 16 << 20 };

/* The whole file is text that an officer has read with any tool; its signatures stand behind it. */
static enum ent_status
add_signatures(struct ent_paper *paper, struct ent_arena *arena, const struct ent_officer_keys *keys, struct ent_buf *merged, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) fresh = ent_buf_with_max(ENT_LIMIT_EPOCH_TEXT + ENT_NOTE_MAX);
	struct ent_note note;

	ENT_TRY(ent_note_sign(&fresh, paper->note.text, (const struct ent_signer *const *)keys->signers, keys->count, err));
	ENT_TRY(ent_note_parse_max(&note, arena, ent_buf_view(&fresh), ENT_NOTE_LONG_MAX, err));
	if (paper->note.signature_count == 0)
		return ent_buf_add(merged, ent_buf_view(&fresh), err);
	return ent_note_merge(merged, &paper->note, &note, err);
}

/* NULL: the text is then shown and signed without a charter, as on an officer's machine that has no network. */
static const struct ent_charter *
charter_of(struct entente_profile *profile)
{
	struct ent_error none = { 0 };

	if (profile == NULL || ent_profile_mirror(profile, &none) != ENT_OK)
		return NULL;
	return ent_mirror_charter(profile->mirror);
}

/* Without a charter, by the names: an officer of X has keys <X>/officer/<name>. */
static enum ent_status
check_names(const struct ent_officer_keys *keys, struct entente_list paths, struct ent_view by, struct ent_error *err)
{
	for (size_t i = 0; i < keys->count; i++) {
		struct ent_view name = ent_signer_vkey(keys->signers[i])->name;

		if (!ent_view_starts(name, by) || !ent_view_starts(ent_view_slice(name, by.len, name.len), ENT_LIT("/officer/")))
			return ent_fail(err, ENT_E_INPUT, "%s is the key of %.*s, who is no officer of %.*s", paths.items[i], ENT_FMT(name),
			    ENT_FMT(by));
	}
	return ENT_OK;
}

/* A signature of anybody else would be refused by every node, much later. */
static enum ent_status
check_keys(const struct ent_officer_keys *keys, struct entente_list paths, const struct ent_doc *doc, const struct ent_charter *charter,
    struct ent_error *err)
{
	const struct ent_party *author;

	if (doc->kind == ENT_DOC_EPOCH)
		return ent_officer_keys_check(keys, paths, doc->epoch.members, doc->epoch.member_count, err);
	if (charter == NULL)
		return check_names(keys, paths, doc->statement.by, err);
	if (!ent_hash_eq(&doc->statement.charter, ent_charter_id(charter)))
		return ent_fail(err, ENT_E_INPUT, "the statement is of another charter than this profile's");
	ENT_TRY(ent_charter_author(&author, charter, NULL, doc->statement.by, err));
	return ent_officer_keys_check(keys, paths, author, 1, err);
}

static enum ent_status
sign(struct entente_profile *profile, const char *file, struct entente_list paths, enum entente_format format, char **report,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	__attribute__((cleanup(ent_officer_keys_fini))) struct ent_officer_keys keys = { 0 };
	ENT_AUTO_FINI(ent_buf) merged = ent_buf_with_max(ENT_LIMIT_EPOCH_TEXT + ENT_NOTE_MAX);
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(1 << 20);
	const struct ent_charter *charter = charter_of(profile);
	struct ent_paper paper, signed_paper;
	bool complete = false;

	if (file == NULL || paths.count == 0)
		return ent_fail(err, ENT_E_USAGE, "charter sign needs a file and at least one --key");
	ENT_TRY(ent_arena_new(&arena, PAPER_ARENA, err));
	ENT_TRY(ent_paper_read(&paper, arena, file, err));
	ENT_TRY(ent_doc_check(&paper.doc, err));
	if (paper.doc.kind != ENT_DOC_EPOCH && paper.doc.kind != ENT_DOC_STATEMENT)
		return ent_fail(err, ENT_E_INPUT, "%s is neither an epoch nor a statement: officers sign nothing else", file);
	ENT_TRY(ent_officer_keys_load(&keys, paths, err));
	ENT_TRY(check_keys(&keys, paths, &paper.doc, charter, err));
	ENT_TRY(add_signatures(&paper, arena, &keys, &merged, err));
	signed_paper = paper;
	ENT_TRY(ent_note_parse_max(&signed_paper.note, arena, ent_buf_view(&merged), ENT_NOTE_LONG_MAX, err));
	ENT_TRY(ent_words_paper(&words, &paper.doc, charter, err));
	if (paper.doc.kind == ENT_DOC_EPOCH || charter != NULL)
		ENT_TRY(ent_paper_report(&words, &signed_paper, charter, &complete, err));
	if (paper.doc.kind == ENT_DOC_STATEMENT)
		ENT_TRY(ent_buf_printf(&words, err, "%s:\n  entente charter submit %s\n", complete ? "to hand it over" : "once enough have signed", file));
	ENT_TRY(ent_file_replace(file, ent_buf_view(&merged), 0644, err));
	return ent_say(report, format, "signed", &paper.doc.hash, UINT64_MAX, file, ent_buf_view(&words), err);
}

enum entente_status
entente_charter_sign(struct entente_profile *profile, const char *file, struct entente_list keys, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, sign(profile, file, keys, format, report, ENT_PUBLIC_ERR));
}

/* A genesis is not sent to a node that runs: it is put into its home, by the operator, before the first start. */
static enum ent_status
install(const char *home, const struct ent_paper *paper, struct ent_error *err)
{
	char charter[ENT_PATH_MAX], peers[ENT_PATH_MAX], state[ENT_PATH_MAX], own[ENT_PATH_MAX];
	struct ent_mirror_place place = { .charter_dir = charter, .peers_dir = peers, .state_dir = state, .own_log_dir = own };

	ENT_TRY(ent_path_join(charter, sizeof(charter), err, "%s/charter", home));
	ENT_TRY(ent_path_join(peers, sizeof(peers), err, "%s/peers", home));
	ENT_TRY(ent_path_join(state, sizeof(state), err, "%s/state", home));
	ENT_TRY(ent_path_join(own, sizeof(own), err, "%s/log/statements", home));
	return ent_mirror_install(&place, paper->bytes, err);
}

static enum ent_status
submit(struct entente_profile *profile, const char *home, const char *file, enum entente_format format, char **report, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(1 << 20);
	struct ent_paper paper;
	uint64_t index = UINT64_MAX;
	bool epoch;

	if (file == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter submit needs a file");
	ENT_TRY(ent_arena_new(&arena, PAPER_ARENA, err));
	ENT_TRY(ent_paper_read(&paper, arena, file, err));
	epoch = paper.doc.kind == ENT_DOC_EPOCH;
	if (epoch && home == NULL)
		return ent_fail(err, ENT_E_USAGE, "%s is a genesis: it is installed into a node's home with --home", file);
	if (!epoch && profile == NULL)
		return ent_fail(err, ENT_E_USAGE, "%s goes to a running node: give --profile", file);
	if (epoch) {
		ENT_TRY(install(home, &paper, err));
	} else {
		ENT_TRY(ent_submit(profile, paper.bytes, &index, err));
		ENT_TRY(ent_words_paper(&words, &paper.doc, charter_of(profile), err));
	}
	return ent_say(report, format, epoch ? "installed the charter" : "submitted", &paper.doc.hash, index, NULL, ent_buf_view(&words), err);
}

enum entente_status
entente_charter_submit(struct entente_profile *profile, const char *home, const char *file, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, submit(profile, home, file, format, report, ENT_PUBLIC_ERR));
}

static enum ent_status
verify_file(const char *path, enum entente_format format, char **text, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO(ent_charter) charter = NULL;
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(1 << 20);
	struct ent_paper paper;
	bool complete;

	ENT_TRY(ent_arena_new(&arena, PAPER_ARENA, err));
	ENT_TRY(ent_paper_read(&paper, arena, path, err));
	ENT_TRY(ent_doc_check(&paper.doc, err));
	ENT_TRY(ent_words_paper(&words, &paper.doc, NULL, err));
	if (paper.doc.kind == ENT_DOC_EPOCH) {
		ENT_TRY(ent_charter_new(&charter, paper.bytes, err));
		ENT_TRY(ent_paper_report(&words, &paper, NULL, &complete, err));
	}
	return ent_say(text, format, paper.doc.kind == ENT_DOC_EPOCH ? "the charter is complete; its fingerprint is" : "well-formed; its hash is",
	    &paper.doc.hash, UINT64_MAX, NULL, ent_buf_view(&words), err);
}

static enum ent_status
verify_mirror(struct entente_profile *profile, enum entente_format format, char **text, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(1 << 20);
	const struct ent_charter *charter;

	if (profile == NULL)
		return ent_fail(err, ENT_E_USAGE, "charter verify needs a file, or a profile whose copy of the charter is to be verified");
	ENT_TRY(ent_profile_sync(profile, err));
	charter = ent_mirror_charter(profile->mirror);
	for (size_t i = 0; i < ent_charter_log_count(charter); i++) {
		struct ent_view name = ent_charter_log_party(charter, i);

		ENT_TRY(ent_buf_printf(&words, err, "%.*s: %llu entries, each under a signed checkpoint\n", ENT_FMT(name),
		    (unsigned long long)ent_charter_log_size(charter, name)));
	}
	return ent_say(text, format, "verified down to the genesis", ent_charter_id(charter), UINT64_MAX, NULL, ent_buf_view(&words), err);
}

enum entente_status
entente_charter_verify(struct entente_profile *profile, const char *path, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, path != NULL ? verify_file(path, format, text, ENT_PUBLIC_ERR) : verify_mirror(profile, format, text, ENT_PUBLIC_ERR));
}
