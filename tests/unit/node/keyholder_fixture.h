/*
 * A judge, honest unless told otherwise: a caller's request, CHECK, record and entry, APPEND at a real logger, RELEASE at a
 * real keyholder. Tests change one thing at one of the steps.
 */
#ifndef ENT_TESTS_KEYHOLDER_FIXTURE_H
#define ENT_TESTS_KEYHOLDER_FIXTURE_H

#include "codec/base64.h"
#include "crypto/wrap.h"
#include "home_fixture.h"
#include "jose/jws.h"
#include "kas/rewrap.h"
#include "tdf/policy.h"
#include "tlog/tlog.h"

#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
#define OTHER_UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c9"
#define NOW_S 1795000000 /* in documents: no process compares it with its clock */
#define SHARES 2

struct scene {
	struct home home;
	struct process logger;
	struct process keyholder;
	struct ent_arena *arena;
	struct ent_error err;
	/* the caller */
	struct ent_key *dpop;
	struct ent_key *session;
	struct ent_view token;
	struct ent_view request_token;
	/* the file: two splits, both wrapped for this node */
	struct ent_secret *shares[SHARES];
	struct ent_view policy;
	struct ent_rewrap_object objects[SHARES];
	/* what the judge knows and says */
	struct ent_msg checked;
	struct ent_record_doc record;
	struct ent_share_line lines[SHARES + 1];
	enum ent_result entry_result;
	struct ent_view salt;
	struct ent_msg_release release;
};

static inline struct ent_view
keep(struct scene *s, struct ent_view bytes)
{
	struct ent_view out;

	assert_ok(ent_arena_dup(s->arena, &out, bytes, &s->err));
	return out;
}

static inline struct ent_view
keep_buf(struct scene *s, struct ent_buf *buf)
{
	struct ent_view out = keep(s, ent_buf_view(buf));

	ent_buf_fini(buf);
	return out;
}

/* ---- the caller ---- */

static inline struct ent_view
sign_claims(struct scene *s, const struct ent_key *key, json_t *claims)
{
	struct ent_buf token = ent_buf_with_max(ENT_JWS_MAX);
	json_t *header = json_object();

	assert_non_null(claims);
	assert_ok(ent_jws_sign(&token, header, claims, key, &s->err));
	json_decref(header);
	json_decref(claims);
	return keep_buf(s, &token);
}

static inline struct ent_view
access_token(struct scene *s, const struct ent_key *bound_to, int64_t ends_in_s)
{
	json_t *claims = json_pack("{s:s, s:s, s:I}", "iss", NODE_URL, "sub", "alice", "exp",
	    (json_int_t)(ent_clock_now(NULL) + ends_in_s));
	char jkt[ENT_JKT_SIZE];

	if (bound_to != NULL) {
		assert_ok(ent_jwk_thumbprint(jkt, ent_key_public(bound_to), &s->err));
		json_object_set_new(claims, "cnf", json_pack("{s:s}", "jkt", jkt));
	}
	return sign_claims(s, s->home.issuer, claims);
}

static inline struct ent_view
request_token(struct scene *s, const struct ent_key *signer, int64_t ends_in_s)
{
	struct ent_rewrap_policy policy = { ENT_LIT("policy"), s->policy, ENT_VIEW_NONE, s->objects, SHARES };
	struct ent_rewrap_request request = { .policies = &policy, .policy_count = 1 };
	struct ent_buf pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	struct ent_buf body = ent_buf_with_max(ENT_LIMIT_REWRAP_BODY);
	const char *text;
	json_t *claims;

	assert_ok(ent_pubkey_pem(ent_key_public(s->session), &pem, &s->err));
	request.client_public_key = ent_buf_view(&pem);
	assert_ok(ent_rewrap_request_print(&body, &request, &s->err));
	assert_ok(ent_buf_cstr(&body, &text, &s->err));
	claims = json_pack("{s:s, s:I}", "requestBody", text, "exp", (json_int_t)(ent_clock_now(NULL) + ends_in_s));
	ent_buf_fini(&pem);
	ent_buf_fini(&body);
	return sign_claims(s, signer, claims);
}

/* ---- the file ---- */

static inline struct ent_view
seal_text(struct scene *s, const char *originator, const char *uuid)
{
	struct ent_doc doc = { .kind = ENT_DOC_FILE };
	struct ent_split_line splits[SHARES];

	for (size_t i = 0; i < SHARES; i++) {
		splits[i].sid = i == 0 ? ENT_LIT("1") : ENT_LIT("2");
		ent_split_hash(&splits[i].hash, s->shares[i]);
	}
	doc.file.charter = hash_of("charter");
	doc.file.uuid = ent_view_str(uuid);
	doc.file.originator = ent_view_str(originator);
	doc.file.project = ENT_LIT("quantum");
	doc.file.proposal = hash_of("proposal");
	doc.file.custody = ENT_LIT("originator and 2 of au.example uk.example us.example");
	doc.file.splits = splits;
	doc.file.split_count = SHARES;
	doc.file.view = hash_of("view");
	doc.file.created_unix_s = NOW_S;
	return text_of(s->arena, &doc);
}

static inline struct ent_view
seal_note(struct scene *s, struct ent_view text)
{
	struct ent_buf note = ent_buf_with_max(ENT_NOTE_MAX);
	const struct ent_signer *signer = s->home.seal;

	assert_ok(ent_note_sign(&note, text, &signer, 1, &s->err));
	return keep_buf(s, &note);
}

/* note empty: an unsealed policy */
static inline void
set_policy(struct scene *s, const char *uuid, struct ent_view note)
{
	struct ent_buf policy = ent_buf_with_max(ENT_LIMIT_POLICY);

	assert_ok(ent_policy_build(&policy, ent_view_str(uuid), NULL, 0, NULL, 0, note, &s->err));
	s->policy = keep_buf(s, &policy);
}

static inline void
set_object(struct scene *s, size_t i)
{
	struct ent_kao *kao = &s->objects[i].kao;
	struct ent_buf pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	uint8_t blob[ENT_EC_WRAP_LEN];
	char binding[ENT_BINDING_SIZE], kid[ENT_KID_SIZE];
	ENT_AUTO(ent_pubkey) ephemeral = NULL;

	assert_ok(ent_wrap_ec(blob, &ephemeral, ent_key_public(s->home.data), s->shares[i], &s->err));
	assert_ok(ent_base64_encode_arena(s->arena, &kao->wrapped_key, ENT_BASE64_STD, ent_view_from(blob, sizeof(blob)), &s->err));
	assert_ok(ent_pubkey_pem(ephemeral, &pem, &s->err));
	ent_binding_make(binding, s->shares[i], s->policy);
	ent_pubkey_kid(kid, ent_key_public(s->home.data));
	kao->type = ENT_LIT("ec-wrapped");
	kao->url = ENT_LIT(NODE_URL);
	kao->protocol = ENT_LIT("kas");
	kao->binding_alg = ENT_LIT("HS256");
	kao->binding_hash = keep(s, ent_view_str(binding));
	kao->kid = keep(s, ent_view_str(kid));
	kao->sid = i == 0 ? ENT_LIT("1") : ENT_LIT("2");
	kao->ephemeral_pem = keep_buf(s, &pem);
	s->objects[i].present = true;
	s->objects[i].id = i == 0 ? ENT_LIT("kao-0") : ENT_LIT("kao-1");
}

/* A sealed file and an honest request for both of its shares. */
static inline void
honest_request(struct scene *s)
{
	set_policy(s, UUID, seal_note(s, seal_text(s, PARTY, UUID)));
	for (size_t i = 0; i < SHARES; i++)
		set_object(s, i);
	s->token = access_token(s, s->dpop, 300);
	s->request_token = request_token(s, s->dpop, 60);
}

/* ---- the judge ---- */

static inline struct ent_list
list_of(struct scene *s, const struct ent_view *items, size_t count)
{
	void *memory;

	assert_ok(ent_arena_alloc(s->arena, &memory, count, sizeof(*items), &s->err));
	if (count > 0)
		memcpy(memory, items, count * sizeof(*items));
	return (struct ent_list){ memory, count };
}

static inline struct ent_msg
check_message(struct scene *s)
{
	const struct ent_view indexes[] = { ENT_LIT("\0\0\0\0"), ENT_LIT("\0\0\0\1") };
	struct ent_msg ask = { .type = ENT_MSG_CHECK };

	ask.check.access_token = s->token;
	ask.check.dpop_key = ent_pubkey_spki(ent_key_public(s->dpop));
	ask.check.request_token = s->request_token;
	ask.check.objects = list_of(s, indexes, SHARES);
	return ask;
}

static inline enum ent_status
ask_keyholder(struct scene *s, const struct ent_msg *ask, struct ent_msg *answer, enum ent_msg_type want)
{
	ent_error_clear(&s->err);
	return process_call(&s->keyholder, ask, answer, want, s->arena, &s->err);
}

/* The answer stays in the scene: views of a channel end with the next message. */
static inline void
keep_checked(struct scene *s, const struct ent_msg_checked *checked)
{
	s->checked.checked = *checked;
	s->checked.checked.session_hash = keep(s, checked->session_hash);
	for (size_t i = 0; i < checked->results.count; i++)
		s->checked.checked.results.items[i] = keep(s, checked->results.items[i]);
}

static inline enum ent_status
send_check(struct scene *s)
{
	const struct ent_msg ask = check_message(s);
	struct ent_msg answer;

	ENT_TRY(ask_keyholder(s, &ask, &answer, ENT_MSG_CHECKED));
	keep_checked(s, &answer.checked);
	return ENT_OK;
}

static inline bool
is_bound(const struct scene *s, size_t i)
{
	struct ent_view result = s->checked.checked.results.items[i];

	return result.len == 1 + ENT_HASH_LEN && result.data[0] == 1;
}

/* The record of what was checked, as an honest judge writes it. */
static inline void
honest_record(struct scene *s)
{
	struct ent_record_doc *r = &s->record;

	*r = (struct ent_record_doc){ .full = true, .request = ENT_LIT("6ba7b811"), .time_unix_s = NOW_S,
		.result = ENT_RESULT_RELEASED, .party = ENT_LIT(PARTY), .person = ENT_LIT("alice@" PARTY),
		.project = ENT_LIT("quantum"), .originator = ENT_LIT(PARTY), .file = ENT_LIT(UUID), .has_policy = true,
		.has_token = true, .has_session = true, .shares = s->lines, .software = ENT_LIT("test/1") };
	ent_sha256(&r->policy, s->policy);
	ent_sha256(&r->token, s->token);
	ent_sha256(&r->session, ent_pubkey_spki(ent_key_public(s->session)));
	for (size_t i = 0; i < s->checked.checked.results.count; i++) {
		if (!is_bound(s, i))
			continue;
		s->lines[r->share_count].sid = s->objects[i].kao.sid.len > 0 ? s->objects[i].kao.sid : ENT_LIT("-");
		s->lines[r->share_count].kid = s->objects[i].kao.kid;
		memcpy(s->lines[r->share_count++].wrapped.bytes, s->checked.checked.results.items[i].data + 1, ENT_HASH_LEN);
	}
	s->entry_result = ENT_RESULT_RELEASED;
}

static inline struct ent_view
entry_text(struct scene *s, uint64_t index, const struct ent_hash *commitment)
{
	struct ent_doc doc = { .kind = ENT_DOC_ACCESS };

	doc.access = (struct ent_access_doc){ index, NOW_S, s->entry_result, hash_of("view"), *commitment, hash_of("short") };
	return text_of(s->arena, &doc);
}

static inline uint64_t
log_size(struct scene *s)
{
	const struct ent_msg ask = { .type = ENT_MSG_LOG_HEAD, .log_head = { 1 } };
	struct ent_msg answer;

	assert_ok(process_call(&s->logger, &ask, &answer, ENT_MSG_APPENDED, s->arena, &s->err));
	return answer.appended.size;
}

/* Record and entry into s->release, the entry under the next index; not in the log yet. */
static inline void
write_down(struct scene *s)
{
	const struct ent_doc doc = { .kind = ENT_DOC_RECORD, .record = s->record };
	struct ent_hash commitment;

	s->release = (struct ent_msg_release){ .handle = s->checked.checked.handle, .record = text_of(s->arena, &doc),
		.salt = s->salt };
	ent_sha256_parts(&commitment, (const struct ent_view[]){ s->release.salt, s->release.record }, 2);
	s->release.entry = entry_text(s, log_size(s), &commitment);
}

static inline void
append_entry(struct scene *s)
{
	struct ent_msg ask = { .type = ENT_MSG_APPEND, .append = { 1, { &s->release.entry, 1 } } };
	struct ent_msg answer;

	assert_ok(process_call(&s->logger, &ask, &answer, ENT_MSG_APPENDED, s->arena, &s->err));
	s->release.proof = keep(s, answer.appended.proofs.items[0]);
	s->release.checkpoint = keep(s, answer.appended.checkpoint);
}

static inline enum ent_status
send_release(struct scene *s, struct ent_msg *answer)
{
	const struct ent_msg ask = { .type = ENT_MSG_RELEASE, .release = s->release };

	return ask_keyholder(s, &ask, answer, ENT_MSG_RELEASED);
}

/* ---- the scene ---- */

static inline int
scene_setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	home_make(&s->home);
	assert_ok(ent_arena_new(&s->arena, 64 << 20, &s->err));
	assert_ok(ent_key_generate(&s->dpop, ENT_KEY_EC_P256, &s->err));
	assert_ok(ent_key_generate(&s->session, ENT_KEY_EC_P256, &s->err));
	for (size_t i = 0; i < SHARES; i++)
		assert_ok(ent_secret_random(&s->shares[i], ENT_SHARE_LEN, &s->err));
	s->salt = ENT_LIT("0123456789abcdef0123456789abcdef");
	honest_request(s);
	process_start(&s->logger, ent_logger_main, &s->home, ENT_PROCESS_LOGGER, NULL);
	process_start(&s->keyholder, ent_keyholder_main, &s->home, ENT_PROCESS_KEYHOLDER, &s->logger);
	*state = s;
	return 0;
}

static inline int
scene_teardown(void **state)
{
	struct scene *s = *state;

	if (s->keyholder.channel != NULL)
		assert_int_equal(process_stop(&s->keyholder), 0);
	assert_int_equal(process_stop(&s->logger), 0);
	home_remove(&s->home);
	ent_key_free(s->dpop);
	ent_key_free(s->session);
	for (size_t i = 0; i < SHARES; i++)
		ent_secret_free(s->shares[i]);
	ent_arena_free(s->arena);
	free(s);
	return 0;
}

#endif
