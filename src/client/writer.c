/*
 * A writer's certificate (C-71): the home node certifies a key of this profile for some days, and encrypt works without the node
 * until then. writer.note names the key, writer-<its name>.key is it: a new certificate has a new key, and the note is replaced
 * last, so that a crash leaves the old pair or the new one.
 */
#include "client/writer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "codec/time.h"
#include "crypto/secret.h"
#include "decide/seal.h"
#include "jose/jws.h"

enum { DAYS_USUAL = 7, DAYS_MAX = 30, REQUEST_LIFE_S = 60, SEED_LEN = 32, KEY_NAME_LEN = 16 };

#define CURE "run `entente profile writer` while the node answers"

void
ent_writer_fini(struct ent_writer *writer)
{
	ent_buf_fini(&writer->note);
	ent_signer_free(writer->signer);
	writer->signer = NULL;
}

/* ---- asking the node ---- */

static enum ent_status
sign_request(struct entente_profile *profile, json_t *claims, struct ent_buf *token, struct ent_error *err)
{
	const int64_t now = ent_clock_now(NULL);
	json_auto_t *header = json_pack("{s:s}", "typ", "JWT");

	if (header == NULL || claims == NULL || json_object_set_new(claims, "iat", json_integer(now)) != 0 ||
	    json_object_set_new(claims, "exp", json_integer(now + REQUEST_LIFE_S)) != 0)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a request");
	ENT_TRY(ent_session_token(profile, err)); /* its key signs */
	return ent_jws_sign(token, header, claims, profile->dpop_key, err);
}

static enum ent_status
take_note(struct ent_view answer, const char *node, struct ent_buf *note, struct ent_error *err)
{
	json_auto_t *json = json_loadb((const char *)answer.data, answer.len, JSON_REJECT_DUPLICATES, NULL);
	const char *text = ent_claim_string(json, "note");

	return text != NULL ? ent_buf_add_str(note, text, err) : ent_fail(err, ENT_E_UNAVAILABLE, "%s answered without a note", node);
}

enum ent_status
ent_writer_ask(struct entente_profile *profile, const char *node, const char *method, const char *member, json_t *claims,
    struct ent_buf *note, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(ENT_JWS_MAX);
	ENT_AUTO_FINI(ent_buf) request = ent_buf_with_max(2 * ENT_JWS_MAX);
	ENT_AUTO_FINI(ent_buf) answer = ent_buf_with_max(ENT_LIMIT_ANSWER);
	json_auto_t *owned = claims;
	char path[128];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "/entente.v1.SealService/%s", method));
	ENT_TRY(sign_request(profile, owned, &token, err));
	ENT_TRY(ent_buf_printf(&request, err, "{\"%s\":\"", member));
	ENT_TRY(ent_buf_add(&request, ent_buf_view(&token), err));
	ENT_TRY(ent_buf_add_str(&request, "\"}", err));
	ENT_TRY(ent_session_call(profile, node, path, ent_buf_view(&request), &answer, err));
	return take_note(ent_buf_view(&answer), node, note, err);
}

/* ---- the profile's folder ---- */

static enum ent_status
note_path(const struct entente_profile *profile, char out[ENT_PATH_MAX], struct ent_error *err)
{
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/writer.note", profile->dir);
}

/* The key's own part of its name: 16 hexadecimal digits, so it is fit for a file's name. */
static enum ent_status
key_path(const struct entente_profile *profile, char out[ENT_PATH_MAX], struct ent_view key_name, struct ent_error *err)
{
	struct ent_view own = ent_view_slice(key_name, ent_view_rfind(key_name, '/') + 1, key_name.len);

	for (size_t i = 0; i < own.len; i++)
		if (ent_view_find(ENT_LIT("0123456789abcdef"), own.data[i], 0) == 16)
			own.len = 0;
	if (own.len != KEY_NAME_LEN)
		return ent_fail(err, ENT_E_CONFIG, "the certificate in %s is for a key that was not made there: " CURE, profile->dir);
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/writer-%.*s.key", profile->dir, ENT_FMT(own));
}

/* Not another's certificate, and not under another's key: this account asked for it. */
static enum ent_status
check_mine(const struct ent_writer *writer, const struct entente_profile *profile, struct ent_error *err)
{
	char me[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(me, sizeof(me), err, "%s@%s", profile->client_id != NULL ? profile->client_id : "", profile->party));
	if (!ent_view_eq_str(writer->doc.originator, profile->party) || !ent_view_eq_str(writer->doc.person, me))
		return ent_fail(err, ENT_E_CONFIG, "the writer's certificate is for %.*s and not for %s: " CURE, ENT_FMT(writer->doc.person), me);
	if (!ent_view_eq(ent_signer_vkey(writer->signer)->line, writer->doc.key.line))
		return ent_fail(err, ENT_E_CONFIG, "the writer's certificate is for another key than the one in %s: " CURE, profile->dir);
	return ENT_OK;
}

/* What the other nodes would say to files of this writer, said before one is made. */
static enum ent_status
check_stops(const struct ent_writer *writer, const struct ent_member_key *key, struct ent_arena *arena, const struct ent_state *state,
    struct ent_error *err)
{
	struct ent_reasons stops = { .arena = arena };

	if (key->stopped)
		return ent_fail(err, ENT_E_DENIED, "%.*s has stopped the seal key behind this writer's certificate", ENT_FMT(writer->doc.originator));
	ENT_TRY(ent_state_person_reasons(state, writer->doc.person, &stops, err));
	for (size_t i = 0; i < stops.count; i++)
		if (ent_reason_row(stops.items[i].code)->blocks)
			return ent_fail(err, ENT_E_DENIED, "the writer's certificate cannot be used: %s", stops.items[i].text);
	return ENT_OK;
}

static enum ent_status
check(struct ent_writer *writer, const struct entente_profile *profile, struct ent_arena *arena, const struct ent_state *state,
    int64_t created_unix_s, struct ent_error *err)
{
	const struct ent_member_key *key;
	struct ent_error why = { 0 };
	enum ent_status status = ent_writer_open(&writer->doc, &key, arena, state, ent_buf_view(&writer->note), created_unix_s, &why);

	if (status != ENT_OK)
		return ent_fail(err, status == ENT_E_NO_MEMORY ? status : ENT_E_CONFIG, "this writer's certificate cannot be used: %s; " CURE, why.text);
	ENT_TRY(check_mine(writer, profile, err));
	return check_stops(writer, key, arena, state, err);
}

static enum ent_status
read_note(struct ent_writer *writer, const struct entente_profile *profile, struct ent_error *err)
{
	struct ent_error why = { 0 };
	char path[ENT_PATH_MAX];
	enum ent_status status;

	ENT_TRY(note_path(profile, path, err));
	status = ent_file_read_private(&writer->note, path, ENT_NOTE_MAX, &why);
	if (status == ENT_E_NOT_FOUND)
		return ent_fail(err, ENT_E_CONFIG, "there is no writer's certificate in %s: " CURE, profile->dir);
	return status == ENT_OK ? ENT_OK : ent_fail(err, status, "%s", why.text);
}

/* Before it is verified, only to find the key: a note that lies leads to a key that does not fit it. */
static enum ent_status
load_key(struct ent_writer *writer, const struct entente_profile *profile, struct ent_arena *arena, struct ent_error *err)
{
	char path[ENT_PATH_MAX];
	struct ent_note note;
	struct ent_doc doc;

	if (ent_note_parse(&note, arena, ent_buf_view(&writer->note), err) != ENT_OK ||
	    ent_doc_parse(&doc, arena, note.text, err) != ENT_OK)
		return ent_error_context(err, "%s/writer.note", profile->dir);
	if (doc.kind != ENT_DOC_WRITER)
		return ent_fail(err, ENT_E_CONFIG, "%s/writer.note is no writer's certificate: " CURE, profile->dir);
	ENT_TRY(key_path(profile, path, doc.writer.key.name, err));
	return ent_signer_load(&writer->signer, path, err);
}

enum ent_status
ent_writer_load(struct ent_writer *out, const struct entente_profile *profile, struct ent_arena *arena, const struct ent_state *state,
    int64_t created_unix_s, struct ent_error *err)
{
	*out = (struct ent_writer){ .note = ent_buf_with_max(ENT_NOTE_MAX) };
	ENT_TRY(read_note(out, profile, err));
	ENT_TRY(load_key(out, profile, arena, err));
	return check(out, profile, arena, state, created_unix_s, err);
}

/* ---- a new certificate ---- */

/* A key names itself: <party>/writer/<the first 16 hexadecimal digits of the SHA-256 of its public half>. */
static enum ent_status
make_key(struct ent_signer **out, const struct entente_profile *profile, struct ent_error *err)
{
	ENT_AUTO(ent_secret) seed = NULL;
	ENT_AUTO(ent_signer) nameless = NULL;
	char name[ENT_NOTE_NAME_MAX + 1], hex[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;

	ENT_TRY(ent_secret_random(&seed, SEED_LEN, err));
	ENT_TRY(ent_signer_from_seed(&nameless, ent_view_str(profile->party), ENT_NOTE_TYPE_ED25519, ent_secret_view(seed), err));
	ent_sha256(&hash, ent_view_from(ent_signer_vkey(nameless)->key, ENT_ED25519_KEY_LEN));
	ent_hash_hex(hex, &hash);
	ENT_TRY(ent_path_join(name, sizeof(name), err, "%s/writer/%.*s", profile->party, KEY_NAME_LEN, hex));
	return ent_signer_from_seed(out, ent_view_str(name), ENT_NOTE_TYPE_ED25519, ent_secret_view(seed), err);
}

/* Where the key of the certificate lies that is to be replaced; "" when there is none, or nothing that could be read. */
static void
find_old_key(const struct entente_profile *profile, struct ent_arena *arena, char out[ENT_PATH_MAX])
{
	struct ent_writer old = { .note = ent_buf_with_max(ENT_NOTE_MAX) };
	struct ent_error unread = { 0 };
	struct ent_note note;
	struct ent_doc doc;

	out[0] = '\0';
	if (read_note(&old, profile, &unread) == ENT_OK && ent_note_parse(&note, arena, ent_buf_view(&old.note), &unread) == ENT_OK &&
	    ent_doc_parse(&doc, arena, note.text, &unread) == ENT_OK && doc.kind == ENT_DOC_WRITER &&
	    key_path(profile, out, doc.writer.key.name, &unread) != ENT_OK)
		out[0] = '\0';
	ent_writer_fini(&old);
}

/* The new key, the certificate that names it, and only then away with the old key: each file carries its own certificate. */
static enum ent_status
keep(const struct ent_writer *writer, const struct entente_profile *profile, struct ent_arena *arena, struct ent_error *err)
{
	char key[ENT_PATH_MAX], note[ENT_PATH_MAX], old_key[ENT_PATH_MAX];

	ENT_TRY(key_path(profile, key, writer->doc.key.name, err));
	ENT_TRY(note_path(profile, note, err));
	find_old_key(profile, arena, old_key);
	ENT_TRY(ent_signer_save(writer->signer, key, err));
	ENT_TRY(ent_file_replace(note, ent_buf_view(&writer->note), 0600, err));
	if (old_key[0] != '\0')
		(void)unlink(old_key); /* one that stays is a key without a certificate */
	return ENT_OK;
}

/* The node's answer is checked like anybody's, at the time from which it is good: our clock may be a little behind. */
static enum ent_status
check_answer(struct ent_writer *writer, const struct entente_profile *profile, struct ent_arena *arena, const struct ent_state *state,
    struct ent_error *err)
{
	const int64_t now = ent_clock_now(NULL);
	struct ent_note note;
	struct ent_doc doc;

	ENT_TRY(ent_note_parse(&note, arena, ent_buf_view(&writer->note), err));
	ENT_TRY(ent_doc_parse(&doc, arena, note.text, err));
	if (doc.kind != ENT_DOC_WRITER || doc.writer.from_unix_s > now + ENT_SKEW_S)
		return ent_fail(err, ENT_E_UNAVAILABLE, "%s gave another text than a writer's certificate from now on", profile->node);
	return check(writer, profile, arena, state, now < doc.writer.from_unix_s ? doc.writer.from_unix_s : now, err);
}

static enum ent_status
certify(struct ent_writer *writer, struct entente_profile *profile, struct ent_arena *arena, const struct ent_state *state, unsigned days,
    struct ent_error *err)
{
	struct ent_view line;

	if (ent_state_member(state, ent_view_str(profile->party)) == NULL)
		return ent_fail(err, ENT_E_DENIED, "writers' certificates are for persons of a member, and %s is none", profile->party);
	ENT_TRY(make_key(&writer->signer, profile, err));
	line = ent_signer_vkey(writer->signer)->line;
	if (ent_writer_ask(profile, profile->node, "Certify", "writerToken",
	    json_pack("{s:s%, s:I}", "key", (const char *)line.data, line.len, "days", (json_int_t)days), &writer->note, err) != ENT_OK)
		return ent_error_context(err, "%s's node gave no certificate", profile->party);
	ENT_TRY(check_answer(writer, profile, arena, state, err));
	return keep(writer, profile, arena, err);
}

static enum ent_status
as_json(const struct ent_writer *writer, const char *from, const char *until, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_writer_doc *doc = &writer->doc;
	json_auto_t *json = json_pack("{s:s%, s:s%, s:s, s:s}", "person", (const char *)doc->person.data, doc->person.len, "key",
	    (const char *)doc->key.line.data, doc->key.line.len, "from", from, "until", until);
	char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
	enum ent_status status = text != NULL ? ent_buf_printf(out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");

	free(text);
	return status;
}

static enum ent_status
describe(const struct ent_writer *writer, enum entente_format format, struct ent_buf *out, struct ent_error *err)
{
	char from[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE];

	ent_time_print(from, writer->doc.from_unix_s);
	ent_time_print(until, writer->doc.until_unix_s);
	if (format == ENTENTE_JSON)
		return as_json(writer, from, until, out, err);
	return ent_buf_printf(out, err, "writer's certificate for %.*s until %s\n  encrypt works without the node until then, and its files say so\n",
	    ENT_FMT(writer->doc.person), until);
}

static enum ent_status
get(struct entente_profile *profile, unsigned days, enum entente_format format, char **report, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO(ent_state) state = NULL;
	__attribute__((cleanup(ent_writer_fini))) struct ent_writer writer = { .note = ent_buf_with_max(ENT_NOTE_MAX) };
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(65536);

	if (days > DAYS_MAX)
		return ent_fail(err, ENT_E_USAGE, "a writer's certificate is good for at most %d days, not %u", DAYS_MAX, days);
	ENT_TRY(ent_arena_new(&arena, ENT_CLIENT_ARENA_MAX, err));
	ENT_TRY(ent_profile_sync(profile, err));
	ENT_TRY(ent_profile_derive(profile, &state, err));
	ENT_TRY(certify(&writer, profile, arena, state, days > 0 ? days : DAYS_USUAL, err));
	ENT_TRY(describe(&writer, format, &text, err));
	return ent_give_text(report, format, &text, err);
}

enum entente_status
entente_profile_writer(struct entente_profile *profile, unsigned days, enum entente_format format, char **report, struct entente_error *err)
{
	ENT_PUBLIC(err, get(profile, days, format, report, ENT_PUBLIC_ERR));
}
