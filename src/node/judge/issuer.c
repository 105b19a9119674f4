/*
 * The node as its own issuer: discovery, JWKS, and the token endpoint for client credentials (RFC 6749 4.4, RFC 9449 5).
 * Secrets are argon2id: one check at a time, as late calls, so that guessing costs the guesser and not the others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "codec/base64.h"
#include "crypto/secret.h"
#include "home/account.h"
#include "net/address.h"
#include "node/judge/judge.h"

#define ENT_TOKEN_LIFE_S 300
#define ENT_LIMIT_FORM 16384       /* bytes of a token request */
#define ENT_TOKEN_RATE_A_S 10      /* checks of a secret a second, for one address ... */
#define ENT_TOKEN_BURST 40         /* ... and how many may come at once */
#define ENT_TOKEN_WRONG_COST 4     /* a wrong secret counts as so many */
#define ENT_LIMIT_TOKEN_PEERS 256  /* addresses that are told apart */

enum { URL_MAX = 2048, KEYHOLDER_ARENA_MAX = 1 << 20, NAMES_MAX = 64 };

/* The form's fields that we know. data NULL: absent. */
struct token_form {
	struct ent_view grant_type;
	struct ent_view client_id;
	struct ent_view client_secret;
};

/*
 * One address's checks. There is none for all callers together: whoever emptied that would keep everybody from opening files.
 * Only what costs a check of a secret is taken, so that nobody is slowed down by rubbish of others behind the same address.
 */
struct bucket {
	char peer[ENT_ADDRESS_TEXT_SIZE];
	int64_t tokens_milli;
	int64_t filled_mono_ms; /* 0: nobody's yet */
};

struct ent_issuing {
	struct bucket buckets[ENT_LIMIT_TOKEN_PEERS];
};

enum ent_status
ent_issuing_new(struct ent_issuing **out, struct ent_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for the issuer");
}

void
ent_issuing_free(struct ent_issuing *issuing)
{
	free(issuing);
}

/* The address's own, or the one that was not used for the longest time, full again. */
static struct bucket *
bucket_of(struct ent_issuing *issuing, struct ent_view peer)
{
	struct bucket *oldest = &issuing->buckets[0];

	for (size_t i = 0; i < ENT_LIMIT_TOKEN_PEERS; i++) {
		struct bucket *bucket = &issuing->buckets[i];

		if (bucket->filled_mono_ms != 0 && ent_view_eq_str(peer, bucket->peer))
			return bucket;
		if (bucket->filled_mono_ms < oldest->filled_mono_ms)
			oldest = bucket;
	}
	snprintf(oldest->peer, sizeof(oldest->peer), "%.*s", ENT_FMT(peer));
	oldest->tokens_milli = ENT_TOKEN_BURST * 1000;
	oldest->filled_mono_ms = ent_clock_mono_ms();
	return oldest;
}

static bool
take_from_bucket(struct bucket *bucket)
{
	int64_t now = ent_clock_mono_ms();

	bucket->tokens_milli += (now - bucket->filled_mono_ms) * ENT_TOKEN_RATE_A_S;
	if (bucket->tokens_milli > ENT_TOKEN_BURST * 1000)
		bucket->tokens_milli = ENT_TOKEN_BURST * 1000;
	bucket->filled_mono_ms = now;
	if (bucket->tokens_milli < 1000)
		return false;
	bucket->tokens_milli -= 1000;
	return true;
}

/* ---- discovery ---- */

static json_t *
node_url(const struct ent_judge *judge, const char *path)
{
	char url[URL_MAX];

	return ent_path_join(url, sizeof(url), NULL, "%s%s", judge->config->url, path) == ENT_OK ? json_string(url) : NULL;
}

json_t *
ent_issuer_discovery(const struct ent_judge *judge)
{
	struct ent_view issuer = ent_judge_own_issuer(judge);

	if (issuer.len == 0)
		return NULL;
	return json_pack("{s:s%, s:o, s:o, s:o, s:[s], s:[s,s], s:[s], s:[], s:[s], s:[s], s:b}", "issuer",
	    (const char *)issuer.data, issuer.len, "authorization_endpoint", node_url(judge, "/authorize"), "token_endpoint",
	    node_url(judge, "/token"), "jwks_uri", node_url(judge, "/jwks"), "grant_types_supported", "client_credentials",
	    "token_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post",
	    "dpop_signing_alg_values_supported", "ES256", "response_types_supported", "subject_types_supported", "public",
	    "id_token_signing_alg_values_supported", "ES256", "require_request_uri_registration", 0);
}

static enum ent_status
fail_elsewhere(const struct ent_judge *judge, struct ent_error *err)
{
	return ent_fail(err, ENT_E_NOT_FOUND, "this node issues no tokens: %s", judge->config->issuer_only ?
	    "no proposal of its party that names it is known here yet" : "its party's issuer is elsewhere");
}

enum ent_status
ent_issuer_openid(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	json_auto_t *body = ent_issuer_discovery(judge);

	if (body == NULL)
		return fail_elsewhere(judge, err);
	ent_answer_json(judge, call, 200, body);
	return ENT_OK;
}

/*
 * Clients will not start without an authorization endpoint (wire reference 4.1), and RFC 8414 2 asks for one. Nobody logs in
 * here: no response type is supported, and without a registered redirect URI the answer stays here (RFC 6749 4.1.2.1).
 */
enum ent_status
ent_issuer_authorize(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	json_auto_t *body = json_pack("{s:s}", "error", "unsupported_response_type");

	(void)err;
	ent_answer_json(judge, call, 400, body);
	return ENT_OK;
}

enum ent_status
ent_issuer_jwks(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	json_auto_t *jwk = NULL;
	json_auto_t *body = NULL;
	json_t *more;

	ENT_TRY(ent_pubkey_from_spki(&key, judge->keys.issuer_spki, err));
	ENT_TRY(ent_jwk_make(&jwk, key, err));
	more = json_pack("{s:s%, s:s, s:s}", "kid", (const char *)judge->keys.issuer_kid.data, judge->keys.issuer_kid.len,
	    "alg", ent_key_type_row(ent_pubkey_type(key))->jws_alg, "use", "sig");
	if (more == NULL || json_object_update(jwk, more) != 0) {
		json_decref(more);
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a key set");
	}
	json_decref(more);
	body = json_pack("{s:[O]}", "keys", jwk);
	ent_answer_json(judge, call, 200, body);
	return ENT_OK;
}

/* ---- the request ---- */

/* scope and the like: unknown parameters are ignored (RFC 6749 3.2). */
static enum ent_status
form_parse(struct ent_arena *arena, struct token_form *form, struct ent_view body, struct ent_error *err)
{
	const struct ent_form_field fields[] = {
		{ "grant_type", &form->grant_type }, { "client_id", &form->client_id }, { "client_secret", &form->client_secret }
	};

	if (body.len > ENT_LIMIT_FORM)
		return ent_fail(err, ENT_E_LIMIT, "a form of %zu bytes, limit %d", body.len, ENT_LIMIT_FORM);
	return ent_form_parse(arena, fields, ENT_COUNT(fields), body, err);
}

/* Basic: base64 of <id>:<secret>, each form-urlencoded (RFC 6749 2.3.1). */
static enum ent_status
basic_parse(struct ent_call *call, struct token_form *form, struct ent_error *err)
{
	struct ent_view value, text;
	size_t colon;

	if (call->http.authorization.count == 0)
		return ENT_OK;
	value = call->http.authorization.items[0];
	if (call->http.authorization.count > 1 || value.len < 6 || strncasecmp((const char *)value.data, "basic ", 6) != 0)
		return ent_fail(err, ENT_E_SYNTAX, "the Authorization header is not one of Basic");
	if (form->client_secret.data != NULL)
		return ent_fail(err, ENT_E_SYNTAX, "two ways of client authentication in one request");
	ENT_TRY(ent_base64_decode_arena(call->arena, &text, ENT_BASE64_STD, ent_view_slice(value, 6, value.len), err));
	colon = ent_view_find(text, ':', 0);
	if (colon == text.len)
		return ent_fail(err, ENT_E_SYNTAX, "no colon in the Basic credentials");
	struct ent_view id;

	ENT_TRY(ent_form_decode(call->arena, &id, ent_view_slice(text, 0, colon), err));
	ENT_TRY(ent_form_decode(call->arena, &form->client_secret, ent_view_slice(text, colon + 1, text.len), err));
	if (form->client_id.data != NULL && !ent_view_eq(form->client_id, id))
		return ent_fail(err, ENT_E_SYNTAX, "client_id and Basic name two clients");
	form->client_id = id;
	return ENT_OK;
}

/* ---- answers ---- */

static void
answer_error(struct ent_judge *judge, struct ent_call *call, unsigned status, const char *code, const char *detail)
{
	json_auto_t *body = json_pack("{s:s}", "error", code);
	bool basic = status == 401 && call->http.authorization.count > 0;
	struct ent_event event;

	ent_event_begin(&event, "token-refused");
	ent_event_view(&event, "request_id", call->http.request_id);
	ent_event_view(&event, "peer", call->http.peer);
	ent_event_str(&event, "error", code);
	ent_event_str(&event, "detail", detail);
	ent_event_end(&event, STDERR_FILENO);
	ent_answer_header(judge, call, status, basic ? "WWW-Authenticate: Basic realm=\"entente\"" : "Pragma: no-cache", body);
}

/* Guessed secrets and bad proofs stand in the access log's summary, as other callers do who are not who they say. */
static void
answer_stranger(struct ent_judge *judge, struct ent_call *call, enum ent_reason_code code, const char *detail)
{
	const bool client = code == ENT_R_CLIENT_INVALID;

	ent_audit_count(judge, call, code, detail);
	answer_error(judge, call, client ? 401 : 400, client ? "invalid_client" : "invalid_dpop_proof", detail);
}

/* A token dated by a wrong clock is good nowhere. *done: answered so. */
static enum ent_status
refuse_wrong_clock(struct ent_judge *judge, struct ent_call *call, bool *done, struct ent_error *err)
{
	json_auto_t *body = NULL;
	const char *words;

	ENT_TRY(ent_auth_clock_words(judge, call->arena, &words, err));
	*done = words != NULL;
	if (words == NULL)
		return ENT_OK;
	body = json_pack("{s:s, s:s}", "error", "temporarily_unavailable", "error_description", words);
	ent_answer_json(judge, call, 503, body);
	return ENT_OK;
}

/* The account, if the secret is right. An unknown name costs as much time as a wrong secret. */
static enum ent_status
check_client(struct ent_judge *judge, struct ent_call *call, const struct token_form *form, struct ent_account *account,
    struct ent_error *err)
{
	struct ent_error own = { 0 };
	enum ent_status found;

	if (form->client_secret.len > ENT_ACCOUNT_SECRET_MAX)
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "a secret of %zu bytes", form->client_secret.len);
	found = ent_store_account_get(judge->store, account, call->arena, form->client_id, &own);
	if (found != ENT_OK && found != ENT_E_NOT_FOUND)
		return ent_fail(err, found, "%s", own.text);
	return ent_account_secret_verify(found == ENT_OK ? account->secret_hash : NULL, form->client_secret, err);
}

static void
split_words(struct ent_list *out, struct ent_view items[NAMES_MAX], size_t max, const char *text)
{
	struct ent_view all = ent_view_str(text);

	*out = (struct ent_list){ items, 0 };
	for (size_t start = 0; start < all.len && out->count < max;) {
		size_t end = ent_view_find(all, ' ', start);

		if (end > start)
			items[out->count++] = ent_view_slice(all, start, end - start);
		start = end + 1;
	}
}

static enum ent_status
issue(struct ent_judge *judge, struct ent_call *call, const struct ent_account *account, const char *jkt,
    struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_view projects[NAMES_MAX], nationality[NAMES_MAX];
	struct ent_msg ask = { .type = ENT_MSG_TOKEN };
	struct ent_msg answer;
	json_auto_t *body = NULL;
	const char *audience;

	ENT_TRY(ent_judge_audience(judge, call->arena, &audience, err));
	ask.token = (struct ent_msg_token){
		.account = ent_view_str(account->name), .audience = ent_view_str(audience), .jkt = ent_view_str(jkt),
		.clearance = ent_view_str(account->clearance), .now_unix_s = (uint64_t)ent_judge_now(judge)
	};
	split_words(&ask.token.projects, projects, NAMES_MAX, account->projects);
	split_words(&ask.token.nationality, nationality, 16, account->nationality);
	ENT_TRY(ent_arena_new(&arena, KEYHOLDER_ARENA_MAX, err));
	ENT_TRY(ent_channel_call(judge->keyholder, &ask, &answer, ENT_MSG_TOKEN_IS, arena, err));
	body = json_pack("{s:s%, s:s, s:i}", "access_token", (const char *)answer.token_is.token.data,
	    answer.token_is.token.len, "token_type", jkt[0] != '\0' ? "DPoP" : "Bearer", "expires_in", ENT_TOKEN_LIFE_S);
	ent_answer_header(judge, call, 200, "Pragma: no-cache", body);
	return ENT_OK;
}

static enum ent_status
grant(struct ent_judge *judge, struct ent_call *call, const struct token_form *form, struct ent_error *err)
{
	struct ent_account account = { 0 };
	struct ent_error why = { 0 };
	struct bucket *bucket = bucket_of(judge->issuing, call->http.peer);
	char jkt[ENT_JKT_SIZE];
	bool done;

	if (!take_from_bucket(bucket)) {
		answer_error(judge, call, 429, "temporarily_unavailable", "more token requests of one address than this node answers");
		return ENT_OK;
	}
	ENT_TRY(refuse_wrong_clock(judge, call, &done, err));
	if (done)
		return ENT_OK;
	if (ent_auth_token_proof(judge, call, jkt, &why) != ENT_OK) {
		if (ent_status_row(why.code)->http >= 500)
			return ent_fail(err, why.code, "%s", why.text);
		answer_stranger(judge, call, why.code == ENT_E_EXISTS ? ENT_R_PROOF_REPLAYED : ENT_R_PROOF_INVALID, why.text);
		return ENT_OK;
	}
	if (check_client(judge, call, form, &account, &why) != ENT_OK) {
		if (why.code != ENT_E_UNAUTHENTICATED)
			return ent_fail(err, why.code, "%s", why.text);
		bucket->tokens_milli -= (ENT_TOKEN_WRONG_COST - 1) * 1000;
		answer_stranger(judge, call, ENT_R_CLIENT_INVALID, why.text);
		return ENT_OK;
	}
	return issue(judge, call, &account, jkt, err);
}

enum ent_status
ent_issuer_token(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	struct token_form form = { 0 };
	struct ent_error why = { 0 };

	if (ent_judge_own_issuer(judge).len == 0)
		return fail_elsewhere(judge, err);
	if (form_parse(call->arena, &form, call->http.body, &why) != ENT_OK || basic_parse(call, &form, &why) != ENT_OK)
		answer_error(judge, call, 400, "invalid_request", why.text);
	else if (form.grant_type.data == NULL)
		answer_error(judge, call, 400, "invalid_request", "no grant_type");
	else if (!ent_view_eq_str(form.grant_type, "client_credentials"))
		answer_error(judge, call, 400, "unsupported_grant_type", "only client_credentials");
	else if (form.client_id.data == NULL || form.client_secret.data == NULL)
		answer_stranger(judge, call, ENT_R_CLIENT_INVALID, "no client authentication");
	else
		return grant(judge, call, &form, err);
	return ENT_OK;
}
