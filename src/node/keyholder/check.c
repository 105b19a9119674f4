/*
 * CHECK: what the caller signed -> shares, unwrapped, verified and wrapped for the caller, kept until their release.
 * In this order, so that a request that anybody can make costs no private-key operation: sender, request, form of each
 * object; then, object by object: unwrap, binding, split hash, wrap.
 */
#include "base/event.h"
#include "codec/base64.h"
#include "jose/jws.h"
#include "kas/rewrap.h"
#include "node/keyholder/keyholder.h"
#include "tdf/policy.h"

enum {
	INDEX_LEN = 4,
	SKEW_S = 60, /* of the tokens' ends (wire reference 2.3, 4.4) */
	WIRE_TEXT_MAX = 256,
	REQUEST_MEMORY = 8 << 20, /* of a parsed request: the body of 1 MiB in its strings, twice where they are base64 */
};

/* Texts behind "desc = " (wire reference 2.5). The first says no more, so that tampering learns nothing. */
#define BAD_REQUEST "bad request"

/* One object that was asked for. */
struct object {
	const struct ent_kao *kao;
	const struct ent_data_key *key;
	struct ent_pubkey *ephemeral;
	struct ent_view blob;
	const struct ent_hash *split; /* what the seal lists; NULL for an unsealed policy */
	const char *wrong;            /* NULL: nothing, so far */
	const struct ent_held_share *held; /* when bound */
};

struct check {
	struct ent_keyholder *keyholder;
	struct ent_arena *arena;
	const struct ent_rewrap_request *request; /* the keyholder's, verified */
	const struct ent_rewrap_policy *policy;
	struct ent_pubkey *session;   /* the caller's */
	struct ent_policy parsed;
	const struct ent_file_doc *seal; /* NULL: unsealed */
	bool policy_bad;
	struct object objects[ENT_HELD_SHARES_MAX];
	size_t object_count;
	struct ent_hash request_hash; /* of the request token */
	struct ent_held *held;
};

static void
check_fini(struct check *check)
{
	for (size_t i = 0; i < check->object_count; i++)
		ent_pubkey_free(check->objects[i].ephemeral);
	ent_pubkey_free(check->session);
	ent_held_free(check->held);
}

/* ---- the sender ---- */

/* *ends_unix_s: at most until then. */
static enum ent_status
check_not_over(const struct ent_keyholder *keyholder, const json_t *claims, const char *what, int64_t *ends_unix_s,
    struct ent_error *err)
{
	int64_t exp;

	if (!ent_claim_int(&exp, claims, "exp"))
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "the %s has no end (exp)", what);
	if (exp < ent_clock_now(&keyholder->clock) - SKEW_S)
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "the %s is over", what);
	if (exp < *ends_unix_s)
		*ends_unix_s = exp;
	return ENT_OK;
}

/* A bearer token has no cnf: nobody could say which request its holder made, so nothing is unwrapped for it (RFC 9449). */
static enum ent_status
check_bound(struct check *check, struct ent_view access_token, const struct ent_pubkey *dpop_key, int64_t *ends_unix_s,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_jws) token = { 0 };
	char thumbprint[ENT_JKT_SIZE];
	const char *jkt;

	ENT_TRY(ent_jws_parse(&token, check->arena, access_token, err));
	jkt = ent_claim_string(json_object_get(token.claims, "cnf"), "jkt");
	if (jkt == NULL)
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "the access token is not bound to a key (no cnf.jkt)");
	ENT_TRY(ent_jwk_thumbprint(thumbprint, dpop_key, err));
	if (strcmp(jkt, thumbprint) != 0)
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "the access token is bound to another key than the proof's");
	return check_not_over(check->keyholder, token.claims, "access token", ends_unix_s, err);
}

/* The request goes into an arena of its own: it outlives this message. */
static enum ent_status
open_request(struct check *check, struct ent_verified *verified, struct ent_view request_token, const struct ent_pubkey *dpop_key,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_jws) token = { 0 };
	const json_t *body;

	ENT_TRY(ent_jws_parse(&token, check->arena, request_token, err));
	if (ent_jws_verify(&token, dpop_key, err) != ENT_OK)
		return ent_error_context(err, "the request token is not signed by the access token's key");
	ENT_TRY(check_not_over(check->keyholder, token.claims, "request token", &verified->ends_unix_s, err));
	body = json_object_get(token.claims, "requestBody");
	if (!json_is_string(body))
		return ent_fail(err, ENT_E_SYNTAX, "the request token has no requestBody");
	return ent_rewrap_request_parse(&verified->request, verified->arena,
	    ent_view_from(json_string_value(body), json_string_length(body)), err);
}

static enum ent_status
verify_sender(struct check *check, struct ent_verified *verified, const struct ent_msg_check *msg, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) dpop_key = NULL;

	verified->ends_unix_s = INT64_MAX;
	ENT_TRY(ent_pubkey_from_spki(&dpop_key, msg->dpop_key, err));
	ENT_TRY(check_bound(check, msg->access_token, dpop_key, &verified->ends_unix_s, err));
	return open_request(check, verified, msg->request_token, dpop_key, err);
}

/* All that verify_sender looks at, each by its own hash, so that nothing can be moved from one to the next. */
static void
hash_message(struct ent_hash *out, const struct ent_msg_check *msg)
{
	struct ent_hash parts[3];

	ent_sha256(&parts[0], msg->access_token);
	ent_sha256(&parts[1], msg->dpop_key);
	ent_sha256(&parts[2], msg->request_token);
	ent_sha256(out, ent_view_from(parts, sizeof(parts)));
}

/* Byte for byte what was verified for the last message is not verified again, only whether it is over by now. */
static enum ent_status
check_sender(struct check *check, const struct ent_msg_check *msg, struct ent_error *err)
{
	struct ent_keyholder *keyholder = check->keyholder;
	struct ent_verified *verified = &keyholder->verified;
	struct ent_hash message;
	enum ent_status status;

	hash_message(&message, msg);
	if (verified->arena == NULL || !ent_hash_eq(&verified->message, &message) ||
	    verified->ends_unix_s < ent_clock_now(&keyholder->clock) - SKEW_S) {
		ent_keyholder_forget_verified(keyholder);
		ENT_TRY(ent_arena_new(&verified->arena, REQUEST_MEMORY, err));
		status = verify_sender(check, verified, msg, err);
		if (status != ENT_OK) {
			ent_keyholder_forget_verified(keyholder);
			return status;
		}
		verified->message = message;
	}
	check->request = &verified->request;
	return ENT_OK;
}

/* ---- the request, without any private key ---- */

static uint32_t
read_index(struct ent_view bytes)
{
	return (uint32_t)bytes.data[0] << 24 | (uint32_t)bytes.data[1] << 16 | (uint32_t)bytes.data[2] << 8 | bytes.data[3];
}

static enum ent_status
select_objects(struct check *check, const struct ent_msg_check *msg, struct ent_error *err)
{
	if (msg->policy >= check->request->policy_count)
		return ent_fail(err, ENT_E_INPUT, "the request has no policy %llu", (unsigned long long)msg->policy);
	check->policy = &check->request->policies[msg->policy];
	if (msg->objects.count == 0)
		return ent_fail(err, ENT_E_INPUT, "no objects to check");
	ENT_ASSERT(msg->objects.count <= ENT_HELD_SHARES_MAX); /* the message table's limit */
	for (size_t i = 0; i < msg->objects.count; i++) {
		struct ent_view index = msg->objects.items[i];
		const struct ent_rewrap_object *object;

		if (index.len != INDEX_LEN || read_index(index) >= check->policy->object_count)
			return ent_fail(err, ENT_E_INPUT, "the policy has no such key access object");
		object = &check->policy->objects[read_index(index)];
		check->objects[check->object_count++].kao = object->present ? &object->kao : NULL;
		for (size_t j = 0; j < i; j++)
			if (ent_view_eq(index, msg->objects.items[j]))
				return ent_fail(err, ENT_E_INPUT, "a key access object was asked for twice");
	}
	return ENT_OK;
}

static enum ent_status
import_session(struct check *check, struct ent_error *err)
{
	if (ent_pubkey_from_pem(&check->session, check->request->client_public_key, err) != ENT_OK)
		return ent_error_context(err, "the session key (clientPublicKey)");
	return ENT_OK;
}

/* The seal's text; whether its signer may seal, and whether it holds, is the judge's business and not decided here. */
static enum ent_status
parse_seal(struct check *check, struct ent_error *err)
{
	struct ent_note note;
	struct ent_doc doc;
	void *memory;

	ENT_TRY(ent_note_parse(&note, check->arena, check->parsed.seal_note, err));
	ENT_TRY(ent_doc_parse(&doc, check->arena, note.text, err));
	if (doc.kind != ENT_DOC_FILE)
		return ent_fail(err, ENT_E_FORMAT, "the policy's seal is no charter/v1 file text");
	if (!ent_view_eq(doc.file.uuid, check->parsed.uuid))
		return ent_fail(err, ENT_E_FORMAT, "the policy's seal is of another file");
	ENT_TRY(ent_arena_alloc(check->arena, &memory, 1, sizeof(doc.file), err));
	memcpy(memory, &doc.file, sizeof(doc.file));
	check->seal = memory;
	return ENT_OK;
}

static enum ent_status
parse_policy(struct check *check, struct ent_error *err)
{
	ENT_TRY(ent_policy_parse(&check->parsed, check->arena, check->policy->body_base64, err));
	if (check->parsed.uuid.len > ENT_HELD_FILE_MAX)
		return ent_fail(err, ENT_E_FORMAT, "the policy's uuid has %zu characters", check->parsed.uuid.len);
	return check->parsed.has_seal || check->parsed.has_writer ? parse_seal(check, err) : ENT_OK;
}

/* A policy that cannot be read makes every object a bad request, and is no failure of the call. */
static enum ent_status
read_policy(struct check *check, struct ent_error *err)
{
	struct ent_error why = { 0 };

	if (parse_policy(check, &why) == ENT_OK)
		return ENT_OK;
	if (why.code == ENT_E_NO_MEMORY)
		return ent_fail(err, why.code, "%s", why.text);
	ent_event_failure("policy-unreadable", &why);
	check->policy_bad = true;
	return ENT_OK;
}

static const struct ent_hash *
find_split(const struct ent_file_doc *seal, struct ent_view sid)
{
	for (size_t i = 0; i < seal->split_count; i++)
		if (ent_view_eq(seal->splits[i].sid, sid))
			return &seal->splits[i].hash;
	return NULL;
}

/* What a record can name. */
static bool
is_record_word(struct ent_view sid)
{
	for (size_t i = 0; i < sid.len; i++)
		if (sid.data[i] <= ' ' || sid.data[i] >= 0x7f)
			return false;
	return sid.len <= ENT_HELD_SID_MAX;
}

static const char *
import_ephemeral(struct object *object)
{
	struct ent_error why = { 0 };

	if (ent_pubkey_from_pem(&object->ephemeral, object->kao->ephemeral_pem, &why) == ENT_OK)
		return NULL;
	return why.code == ENT_E_UNSUPPORTED ? "ephemeral key is not EC" : "invalid ephemeral public key PEM";
}

/* What is wrong with an object as it stands; NULL: nothing that shows without its share. */
static const char *
examine(const struct check *check, struct object *object)
{
	const struct ent_kao *kao = object->kao;
	const struct ent_key_type_row *row;
	const char *wrong;

	if (check->policy_bad)
		return BAD_REQUEST;
	if (kao == NULL)
		return "key access object is nil";
	if (kao->wrapped_key.len == 0)
		return "wrapped key is empty";
	if (!ent_view_eq_str(kao->type, "ec-wrapped"))
		return "unsupported key type";
	object->key = ent_keyring_find(&check->keyholder->keyring, kao->kid);
	if (object->key == NULL || !is_record_word(kao->sid))
		return BAD_REQUEST;
	row = ent_key_type_row(ent_pubkey_type(ent_key_public(object->key->key)));
	if (row->jwk_crv == NULL)
		return "unsupported key type";
	wrong = import_ephemeral(object);
	if (wrong != NULL)
		return wrong;
	if (kao->binding_hash.len == 0)
		return "missing policy binding";
	if (kao->binding_alg.len > 0 && !ent_view_eq_str(kao->binding_alg, "HS256"))
		return BAD_REQUEST;
	if (check->seal != NULL && (object->split = find_split(check->seal, kao->sid)) == NULL)
		return BAD_REQUEST;
	return object->blob.len == ENT_EC_WRAP_LEN ? NULL : BAD_REQUEST;
}

static enum ent_status
examine_all(struct check *check, struct ent_error *err)
{
	for (size_t i = 0; i < check->object_count; i++) {
		struct object *object = &check->objects[i];

		/* Canonical already: the request's parser has seen to that. */
		if (object->kao != NULL && object->kao->wrapped_key.len > 0)
			ENT_TRY(ent_base64_decode_arena(check->arena, &object->blob, ENT_BASE64_STD, object->kao->wrapped_key, err));
		object->wrong = examine(check, object);
	}
	return ENT_OK;
}

/* ---- with private keys ---- */

static enum ent_status
agree(struct check *check, struct ent_error *err)
{
	struct ent_agreement *agreement = &check->keyholder->agreement;
	ENT_AUTO(ent_key) ephemeral = NULL;
	struct ent_view spki;

	ent_keyholder_forget_agreement(check->keyholder);
	ENT_TRY(ent_key_generate(&ephemeral, ent_pubkey_type(check->session), err));
	ENT_TRY(ent_wrap_agree(&agreement->wk, ephemeral, check->session, err));
	spki = ent_pubkey_spki(ent_key_public(ephemeral));
	memcpy(agreement->session_public, spki.data, spki.len);
	agreement->session_public_len = spki.len;
	agreement->request = check->request_hash;
	return ENT_OK;
}

/* The shares of an answer are all wrapped under one ephemeral key (wire reference 2.4), made for the first of them. */
static enum ent_status
agree_session(struct check *check, struct ent_error *err)
{
	const struct ent_agreement *agreement = &check->keyholder->agreement;

	if (agreement->wk == NULL || !ent_hash_eq(&agreement->request, &check->request_hash))
		ENT_TRY(agree(check, err));
	memcpy(check->held->session_public, agreement->session_public, agreement->session_public_len);
	check->held->session_public_len = agreement->session_public_len;
	return ENT_OK;
}

static enum ent_status
open_share(struct ent_secret **share, const struct check *check, const struct object *object, struct ent_error *err)
{
	struct ent_hash split;

	ENT_TRY(ent_unwrap_ec(share, object->key->key, object->ephemeral, object->blob, err));
	ENT_TRY(ent_binding_check(*share, check->policy->body_base64, object->kao->binding_hash, err));
	if (object->split == NULL)
		return ENT_OK;
	ent_split_hash(&split, *share);
	if (!ent_equal_ct(ent_hash_view(&split), ent_hash_view(object->split)))
		return ent_fail(err, ENT_E_TAMPERED, "the share of split %.*s is not the one that was sealed", ENT_FMT(object->kao->sid));
	return ENT_OK;
}

static enum ent_status
keep_share(struct check *check, struct object *object, const struct ent_secret *share, struct ent_error *err)
{
	struct ent_held_share *held = &check->held->shares[check->held->share_count];
	struct ent_view sid = object->kao->sid.len > 0 ? object->kao->sid : ENT_LIT("-");

	ENT_TRY(agree_session(check, err));
	ENT_TRY(ent_wrap_share(held->wrapped, check->keyholder->agreement.wk, NULL, share, err));
	ent_sha256(&held->wrapped_hash, ent_view_from(held->wrapped, sizeof(held->wrapped)));
	memcpy(held->sid, sid.data, sid.len);
	memcpy(held->kid, object->key->kid, sizeof(held->kid));
	check->held->share_count++;
	object->held = held;
	return ENT_OK;
}

static enum ent_status
bind_object(struct check *check, struct object *object, struct ent_error *err)
{
	ENT_AUTO(ent_secret) share = NULL;
	struct ent_error why = { 0 };

	switch (open_share(&share, check, object, &why)) {
	case ENT_OK:
		return keep_share(check, object, share, err);
	case ENT_E_TAMPERED:
		object->wrong = BAD_REQUEST;
		ent_event_failure("not-bound", &why);
		return ENT_OK;
	default:
		return ent_fail(err, why.code, "%s", why.text);
	}
}

static enum ent_status
bind_all(struct check *check, struct ent_error *err)
{
	ENT_TRY(ent_held_new(&check->held, err));
	for (size_t i = 0; i < check->object_count; i++)
		if (check->objects[i].wrong == NULL)
			ENT_TRY(bind_object(check, &check->objects[i], err));
	return ENT_OK;
}

/* ---- the answer ---- */

/* 1 and the hash of the wrapped key, or 0 and the wire's text. */
static enum ent_status
print_result(struct ent_view *out, const struct check *check, const struct object *object, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(WIRE_TEXT_MAX);

	ENT_TRY(ent_buf_add_byte(&text, object->wrong == NULL, err));
	if (object->wrong == NULL)
		ENT_TRY(ent_buf_add(&text, ent_hash_view(&object->held->wrapped_hash), err));
	else
		ENT_TRY(ent_wire_invalid(&text, object->wrong, err));
	return ent_arena_dup(check->arena, out, ent_buf_view(&text), err);
}

static enum ent_status
print_answer(struct ent_msg_checked *out, const struct check *check, const struct ent_hash *session, struct ent_error *err)
{
	void *memory;

	ENT_TRY(ent_arena_dup(check->arena, &out->session_hash, ent_hash_view(session), err));
	ENT_TRY(ent_arena_alloc(check->arena, &memory, check->object_count, sizeof(struct ent_view), err));
	out->results.items = memory;
	out->results.count = check->object_count;
	for (size_t i = 0; i < check->object_count; i++)
		ENT_TRY(print_result(&out->results.items[i], check, &check->objects[i], err));
	return ENT_OK;
}

/* Everything that a record must name, so that a release can be compared with it. */
static void
describe(const struct check *check, const struct ent_msg_check *msg, const struct ent_hash *session)
{
	struct ent_held *held = check->held;

	held->session = *session;
	ent_sha256(&held->token, msg->access_token);
	ent_sha256(&held->policy, check->policy->body_base64);
	memcpy(held->file, check->parsed.uuid.data, check->parsed.uuid.len);
}

enum ent_status
ent_keyholder_check(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err)
{
	struct ent_keyholder *keyholder = arg;
	__attribute__((cleanup(check_fini))) struct check check = { .keyholder = keyholder, .arena = arena };
	struct ent_hash session;

	ent_sha256(&check.request_hash, request->check.request_token);
	ENT_TRY(check_sender(&check, &request->check, err));
	ENT_TRY(select_objects(&check, &request->check, err));
	ENT_TRY(import_session(&check, err));
	ENT_TRY(read_policy(&check, err));
	ENT_TRY(examine_all(&check, err));
	ENT_TRY(bind_all(&check, err));
	ent_sha256(&session, ent_pubkey_spki(check.session));
	answer->type = ENT_MSG_CHECKED;
	ENT_TRY(print_answer(&answer->checked, &check, &session, err));
	if (check.held->share_count == 0)
		return ENT_OK;
	describe(&check, &request->check, &session);
	return ent_held_keep(&keyholder->held, &check.held, ent_clock_mono_ms(), &answer->checked.handle, err);
}
