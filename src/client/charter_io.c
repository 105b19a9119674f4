#include "client/charter_io.h"

#include <stdlib.h>

#include "base/clock.h"
#include "jose/jws.h"

enum { SUBMIT_MAX = 65536, ANSWER_MAX = 16384 };

void
ent_officer_keys_fini(struct ent_officer_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		ent_signer_free(keys->signers[i]);
	keys->count = 0;
}

enum ent_status
ent_officer_keys_load(struct ent_officer_keys *out, struct entente_list paths, struct ent_error *err)
{
	if (paths.count > ENT_OFFICER_KEYS_MAX)
		return ent_fail(err, ENT_E_LIMIT, "%zu keys, limit %d", paths.count, ENT_OFFICER_KEYS_MAX);
	for (size_t i = 0; i < paths.count; i++) {
		ENT_TRY(ent_signer_load(&out->signers[out->count], paths.items[i], err));
		out->count++;
	}
	return ENT_OK;
}

static bool
is_officer(const struct ent_vkey *key, const struct ent_party *party)
{
	for (size_t i = 0; i < party->officer_count; i++)
		if (ent_view_eq(party->officers[i].line, key->line))
			return true;
	return false;
}

enum ent_status
ent_officer_keys_check(const struct ent_officer_keys *keys, struct entente_list paths, const struct ent_party *parties, size_t party_count,
    struct ent_error *err)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct ent_vkey *key = ent_signer_vkey(keys->signers[i]);
		bool known = false;

		for (size_t p = 0; p < party_count && !known; p++)
			known = is_officer(key, &parties[p]);
		if (!known)
			return ent_fail(err, ENT_E_INPUT, "%s is the key of %.*s, who is no officer of %.*s", paths.items[i], ENT_FMT(key->name),
			    ENT_FMT(party_count == 1 ? parties[0].name : ENT_LIT("a member in this text")));
	}
	return ENT_OK;
}

enum ent_status
ent_paper_read(struct ent_paper *out, struct ent_arena *arena, const char *path, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) file = ent_buf_with_max(ENT_LIMIT_EPOCH_TEXT + ENT_NOTE_MAX);

	*out = (struct ent_paper){ 0 };
	ENT_TRY(ent_file_read(&file, path, ENT_LIMIT_EPOCH_TEXT + ENT_NOTE_MAX, err));
	ENT_TRY(ent_arena_dup(arena, &out->bytes, ent_buf_view(&file), err));
	/* A text holds no empty line: the first one ends it and the signatures follow. */
	if (memmem(out->bytes.data, out->bytes.len, "\n\n", 2) != NULL) {
		if (ent_note_parse_max(&out->note, arena, out->bytes, ENT_NOTE_LONG_MAX, err) != ENT_OK)
			return ent_error_context(err, "%s", path);
	} else {
		out->note.text = out->bytes;
	}
	if (ent_doc_parse(&out->doc, arena, out->note.text, err) != ENT_OK)
		return ent_error_context(err, "%s", path);
	return ENT_OK;
}

/* What stands before a key line's second plus: a name holds none, but base64 may. */
struct ent_view
ent_key_reference(const struct ent_vkey *key)
{
	return ent_view_slice(key->line, 0, ent_view_find(key->line, '+', ent_view_find(key->line, '+', 0) + 1));
}

/* C-9 */
struct ent_need
ent_statement_need(const struct ent_statement *s, const struct ent_party *party)
{
	struct ent_need one = { .count = 1 }, quorum = { .count = party->quorum };

	if (s->act == ENT_ACT_NOTE || s->act == ENT_ACT_RETIRE || (s->act == ENT_ACT_WITHDRAW && s->object == ENT_OBJECT_STATEMENT))
		return one;
	if (s->act != ENT_ACT_STOP)
		return quorum;
	for (size_t i = 0; s->object == ENT_OBJECT_KEY && i < party->officer_count; i++)
		if (ent_view_eq(ent_key_reference(&party->officers[i]), s->key_name))
			quorum.without = &party->officers[i];
	return quorum.without != NULL ? quorum : one;
}

static enum ent_status
report_names(struct ent_buf *out, const struct ent_party *party, const bool *chosen, struct ent_error *err)
{
	for (size_t i = 0; i < party->officer_count; i++) {
		struct ent_view name = party->officers[i].name;

		if (chosen[i])
			ENT_TRY(ent_buf_printf(out, err, " %.*s", ENT_FMT(ent_view_slice(name, ent_view_rfind(name, '/') + 1, name.len))));
	}
	return ENT_OK;
}

/* Who has signed; while that is not enough, who may still. */
static enum ent_status
report_party(struct ent_buf *out, const struct ent_paper *paper, const struct ent_party *party, struct ent_need need, bool *complete,
    struct ent_error *err)
{
	bool good[ENT_LIMIT_OFFICERS] = { false }, others[ENT_LIMIT_OFFICERS];
	size_t count = 0;

	ENT_TRY(ent_note_verify(&paper->note, party->officers, party->officer_count, good, &count, err));
	for (size_t i = 0; i < party->officer_count; i++) {
		bool barred = need.without == &party->officers[i];

		count -= barred && good[i];
		good[i] = good[i] && !barred;
		others[i] = !good[i] && !barred;
	}
	ENT_TRY(ent_buf_printf(out, err, "%.*s: %zu of %u signatures", ENT_FMT(party->name), count, need.count));
	ENT_TRY(report_names(out, party, good, err));
	if (count < need.count) {
		*complete = false;
		ENT_TRY(ent_buf_printf(out, err, "; %zu more of", need.count - count));
		ENT_TRY(report_names(out, party, others, err));
	}
	return ent_buf_add_byte(out, '\n', err);
}

const struct ent_party *
ent_member_named(const struct ent_epoch *epoch, struct ent_view name)
{
	for (size_t i = 0; epoch != NULL && i < epoch->member_count; i++)
		if (ent_view_eq(epoch->members[i].name, name))
			return &epoch->members[i];
	return NULL;
}

enum ent_status
ent_charter_author(const struct ent_party **out, const struct ent_charter *charter, const struct ent_state *state, struct ent_view name,
    struct ent_error *err)
{
	ENT_AUTO(ent_state) own = NULL;
	const struct ent_standing *standing;

	*out = ent_member_named(ent_charter_epoch(charter), name);
	if (*out != NULL)
		return ENT_OK;
	if (state == NULL)
		ENT_TRY(ent_derive(&own, charter, ent_clock_now(NULL), err));
	standing = ent_state_party_proposal(state != NULL ? state : own, name);
	if (standing == NULL)
		return ent_fail(err, ENT_E_NOT_FOUND, "%.*s is neither a member nor named by a party proposal that is known here", ENT_FMT(name));
	*out = &standing->doc->proposal.party; /* the charter's, not the state's */
	return ENT_OK;
}

enum ent_status
ent_paper_report(struct ent_buf *out, const struct ent_paper *paper, const struct ent_charter *charter, bool *complete, struct ent_error *err)
{
	const struct ent_party *party;

	*complete = true;
	if (paper->doc.kind == ENT_DOC_EPOCH) {
		for (size_t i = 0; i < paper->doc.epoch.member_count; i++)
			ENT_TRY(report_party(out, paper, &paper->doc.epoch.members[i],
			    (struct ent_need){ .count = paper->doc.epoch.members[i].quorum }, complete, err));
		return ENT_OK;
	}
	if (paper->doc.kind != ENT_DOC_STATEMENT)
		return ent_fail(err, ENT_E_INPUT, "officers sign epochs and statements; this is another kind of text");
	ENT_TRY(ent_charter_author(&party, charter, NULL, paper->doc.statement.by, err));
	return report_party(out, paper, party, ent_statement_need(&paper->doc.statement, party), complete, err);
}

enum ent_status
ent_submit(struct entente_profile *profile, struct ent_view bytes, uint64_t *index, struct ent_error *err)
{
	__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };
	static const char *const headers[] = { "Content-Type: text/plain; charset=utf-8" };
	char url[2048];
	struct ent_fetch_request request = { .method = "POST", .url = url, .headers = headers, .header_count = 1, .body = bytes,
		.max_bytes = ANSWER_MAX, .timeout_ms = ENT_CLIENT_TIMEOUT_MS, .ca_file = profile->ca_file };
	json_t *json;
	const char *reason;
	int64_t found;

	if (bytes.len > SUBMIT_MAX)
		return ent_fail(err, ENT_E_LIMIT, "%zu bytes, a node takes %d", bytes.len, SUBMIT_MAX);
	ENT_TRY(ent_path_join(url, sizeof(url), err, "%s/charter/submit", profile->node));
	ENT_TRY(ent_fetch(profile->fetcher, &request, &answer, err));
	json = json_loadb((const char *)answer.body.data, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
	reason = ent_claim_string(json, "reason");
	*index = ent_claim_int(&found, json, "index") && found >= 0 ? (uint64_t)found : UINT64_MAX;
	if (answer.status != 200)
		ent_error_set(err, answer.status >= 500 ? ENT_E_UNAVAILABLE : ENT_E_REFUSED, "%s answered %d: %s", url, answer.status,
		    reason != NULL ? reason : "no reason given");
	json_decref(json);
	return answer.status == 200 ? ENT_OK : err->code;
}

static enum ent_status
say_json(struct ent_buf *out, const char *what, const struct ent_hash *hash, uint64_t index, const char *path, struct ent_view words,
    struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];
	json_t *root = json_object();
	char *text;
	enum ent_status status;

	ent_hash_hex(hex, hash);
	json_object_set_new(root, "done", json_string(what));
	json_object_set_new(root, "hash", json_string(hex));
	json_object_set_new(root, "index", index != UINT64_MAX ? json_integer((json_int_t)index) : json_null());
	json_object_set_new(root, "file", path != NULL ? json_string(path) : json_null());
	json_object_set_new(root, "words", json_stringn((const char *)words.data, words.len));
	text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	status = text != NULL ? ent_buf_printf(out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	free(text);
	return status;
}

enum ent_status
ent_say(char **out, enum entente_format format, const char *what, const struct ent_hash *hash, uint64_t index, const char *path,
    struct ent_view words, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 20);
	char hex[ENT_HASH_HEX_SIZE];

	if (format == ENTENTE_JSON) {
		ENT_TRY(say_json(&text, what, hash, index, path, words, err));
		return ent_give_text(out, format, &text, err);
	}
	ent_hash_hex(hex, hash);
	/* A hash is 64 characters: a long headline leaves it a line of its own. */
	ENT_TRY(ent_buf_printf(&text, err, "%s%s%s\n", what, strlen(what) > 14 ? "\n  " : " ", hex));
	ENT_TRY(ent_buf_add(&text, words, err));
	if (index != UINT64_MAX)
		ENT_TRY(ent_buf_printf(&text, err, "entered in the statement log at index %llu\n", (unsigned long long)index));
	if (path != NULL)
		ENT_TRY(ent_buf_printf(&text, err, "kept in %s\n", path));
	return ent_give_text(out, format, &text, err);
}

enum ent_status
ent_profile_look(struct entente_profile *profile, int offline, struct ent_state **state, struct ent_error *err)
{
	if (offline)
		ENT_TRY(ent_profile_mirror(profile, err));
	else
		ENT_TRY(ent_profile_sync(profile, err));
	return ent_profile_derive(profile, state, err);
}

enum ent_status
ent_give_json(struct ent_buf *out, json_t *root, struct ent_error *err)
{
	char *text = json_dumps(root, JSON_INDENT(2));
	enum ent_status status = text != NULL ? ent_buf_printf(out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");

	json_decref(root);
	free(text);
	return status;
}
