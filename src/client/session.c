/* Calls to nodes: the access token, DPoP proofs, Connect JSON. */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "client/client.h"
#include "client/print.h"
#include "codec/base64.h"
#include "jose/dpop.h"
#include "net/address.h"

enum { SECRET_MAX = 1024, TOKEN_MARGIN_S = 20, TOKEN_LIFE_S = 60, TOKEN_LIFE_MAX_S = 86400, BUSY_TRIES = 20, BUSY_PAUSE_MS = 500 };

static enum ent_status
status_of(int http, struct ent_error *err, const char *url, const char *words)
{
	enum ent_status status;

	if (http == 401 || http == 403)
		status = ENT_E_DENIED;
	else if (http == 422)
		status = ENT_E_REFUSED;
	else if (http == 400 || http == 413)
		status = ENT_E_INPUT;
	else
		status = ENT_E_UNAVAILABLE; /* also 404 and redirects: what is asked for is always there on a node of ours */
	return ent_fail(err, status, "%s answered %d: %s", url, http, words);
}

/* The `message` (Connect) or `error_description`/`error` (OAuth, submit) of a JSON error, for people. */
static void
words_of(struct ent_view body, char *out, size_t out_size)
{
	json_t *json = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
	const char *names[] = { "message", "reason", "error_description", "error" };
	const char *words = NULL;

	for (size_t i = 0; json != NULL && words == NULL && i < ENT_COUNT(names); i++)
		words = ent_claim_string(json, names[i]);
	snprintf(out, out_size, "%s", words != NULL ? words : "no reason given");
	ent_print_clean(out, strlen(out));
	json_decref(json);
}

enum ent_status
ent_session_get(struct entente_profile *profile, const char *base, const char *path, size_t max_bytes,
    struct ent_fetch_answer *answer, struct ent_error *err)
{
	char url[2048];
	struct ent_fetch_request request = { .method = "GET", .url = url, .max_bytes = max_bytes,
		.timeout_ms = ENT_CLIENT_TIMEOUT_MS, .ca_file = profile->ca_file };

	ENT_TRY(ent_path_join(url, sizeof(url), err, "%s/%s", base, path));
	return ent_fetch(profile->fetcher, &request, answer, err);
}

static enum ent_status
token_endpoint(struct entente_profile *profile, char out[1024], struct ent_error *err)
{
	__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };
	json_t *json;
	enum ent_status status = ENT_OK;
	const char *issuer, *endpoint;

	ENT_TRY(ent_session_get(profile, profile->issuer, ".well-known/openid-configuration", 65536, &answer, err));
	if (answer.status != 200)
		return status_of(answer.status, err, profile->issuer, "no OpenID configuration");
	json = json_loadb((const char *)answer.body.data, answer.body.len, JSON_REJECT_DUPLICATES, NULL);
	issuer = ent_claim_string(json, "issuer");
	endpoint = ent_claim_string(json, "token_endpoint");
	if (issuer == NULL || strcmp(issuer, profile->issuer) != 0)
		status = ent_fail(err, ENT_E_UNAVAILABLE, "%s names another issuer in its configuration", profile->issuer);
	else if (endpoint == NULL)
		status = ent_fail(err, ENT_E_UNAVAILABLE, "%s names no token endpoint", profile->issuer);
	else
		status = ent_path_join(out, 1024, err, "%s", endpoint);
	json_decref(json);
	return status;
}

/* Secrets and tokens leave this machine over TLS only. (The charter's files may travel in clear: they are verified and public.) */
static enum ent_status
check_private(const char *url, struct ent_error *err)
{
	static const char tls[] = "https://";
	const char *authority = strstr(url, "://");
	size_t origin_len = authority != NULL ? (size_t)(authority - url) + 3 + strcspn(authority + 3, "/?#") : 0;
	struct ent_error bad = { 0 };
	struct ent_origin origin;

	if (strncmp(url, tls, sizeof(tls) - 1) == 0)
		return ENT_OK;
	if (ent_origin_parse(&origin, ent_view_from(url, origin_len), &bad) == ENT_OK && ent_origin_is_loopback(&origin))
		return ENT_OK;
	return ent_fail(err, ENT_E_CONFIG, "no secret is sent to %s: it is plain HTTP off this machine; use https://", url);
}

/* application/x-www-form-urlencoded of one value (RFC 6749 2.3.1 wants it inside Basic too). */
static enum ent_status
add_urlencoded(struct ent_buf *out, struct ent_view text, struct ent_error *err)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		    c == '.' || c == '_' || c == '~';

		if (plain)
			ENT_TRY(ent_buf_add_byte(out, c, err));
		else
			ENT_TRY(ent_buf_printf(out, err, "%%%02X", c));
	}
	return ENT_OK;
}

static enum ent_status
basic_header(struct entente_profile *profile, struct ent_buf *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) secret = ent_buf_with_max(SECRET_MAX);
	ENT_AUTO_FINI(ent_buf) pair = ent_buf_with_max(8 * SECRET_MAX);

	if (profile->client_id == NULL || profile->secret_path == NULL)
		return ent_fail(err, ENT_E_CONFIG, "the profile %s has no client_id and secret_file, so it cannot ask for a token",
		    profile->dir);
	ENT_TRY(ent_file_read_private(&secret, profile->secret_path, SECRET_MAX, err));
	while (secret.len > 0 && (secret.data[secret.len - 1] == '\n' || secret.data[secret.len - 1] == '\r'))
		secret.len--;
	ENT_TRY(add_urlencoded(&pair, ent_view_str(profile->client_id), err));
	ENT_TRY(ent_buf_add_byte(&pair, ':', err));
	ENT_TRY(add_urlencoded(&pair, ent_buf_view(&secret), err));
	ENT_TRY(ent_buf_add_str(out, "Authorization: Basic ", err));
	return ent_base64_encode(out, ENT_BASE64_STD, ent_buf_view(&pair), err);
}

static enum ent_status
keep_token(struct entente_profile *profile, struct ent_view body, int64_t now, struct ent_error *err)
{
	json_t *json = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
	const char *token = ent_claim_string(json, "access_token");
	const char *type = ent_claim_string(json, "token_type");
	int64_t life_s;
	enum ent_status status;

	/* RFC 6749 5.1 only recommends to say it. What is said is a number from outside. */
	if (!ent_claim_int(&life_s, json, "expires_in") || life_s <= 0)
		life_s = TOKEN_LIFE_S;
	if (life_s > TOKEN_LIFE_MAX_S)
		life_s = TOKEN_LIFE_MAX_S;
	if (token == NULL || type == NULL || strcasecmp(type, "DPoP") != 0) {
		json_decref(json);
		return ent_fail(err, ENT_E_UNAVAILABLE,
		    "%s gave no DPoP-bound token; other members' nodes accept no other kind", profile->issuer);
	}
	ent_buf_clear(&profile->token);
	status = ent_buf_add_str(&profile->token, token, err);
	profile->token_expires_unix_s = now + life_s;
	json_decref(json);
	return status;
}

static enum ent_status
ask_token(struct entente_profile *profile, const char *url, const char *nonce, struct ent_fetch_answer *answer, struct ent_error *err)
{
	static const char body[] = "grant_type=client_credentials";
	ENT_AUTO_FINI(ent_buf) basic = ent_buf_with_max(16384);
	ENT_AUTO_FINI(ent_buf) proof = ent_buf_with_max(8192);
	const char *headers[3] = { NULL, NULL, "Content-Type: application/x-www-form-urlencoded" };
	struct ent_fetch_request request = { .method = "POST", .url = url, .headers = headers, .header_count = 3,
		.body = ent_view_str(body), .max_bytes = 65536, .timeout_ms = ENT_CLIENT_TIMEOUT_MS, .ca_file = profile->ca_file };

	ENT_TRY(check_private(url, err));
	ENT_TRY(basic_header(profile, &basic, err));
	ENT_TRY(ent_buf_cstr(&basic, &headers[0], err));
	ENT_TRY(ent_buf_add_str(&proof, "DPoP: ", err));
	ENT_TRY(ent_dpop_make(&proof, profile->dpop_key, "POST", url, ENT_VIEW_NONE, ent_view_str(nonce), ent_clock_now(NULL), err));
	ENT_TRY(ent_buf_cstr(&proof, &headers[1], err));
	return ent_fetch(profile->fetcher, &request, answer, err);
}

/* A busy issuer asks for patience (429): a script of many commands is slowed down and not broken. */
static enum ent_status
ask_patiently(struct entente_profile *profile, const char *url, const char *nonce, struct ent_fetch_answer *answer, struct ent_error *err)
{
	const struct timespec pause = { BUSY_PAUSE_MS / 1000, BUSY_PAUSE_MS % 1000 * 1000000L };

	for (unsigned try = 1;; try++) {
		ENT_TRY(ask_token(profile, url, nonce, answer, err));
		if (answer->status != 429 || try == BUSY_TRIES)
			return ENT_OK;
		ent_fetch_answer_fini(answer);
		*answer = (struct ent_fetch_answer){ 0 };
		nanosleep(&pause, NULL);
	}
}

enum ent_status
ent_session_token(struct entente_profile *profile, struct ent_error *err)
{
	__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };
	int64_t now = ent_clock_now(NULL);
	char endpoint[1024];
	char words[300];

	if (profile->token.len > 0 && now < profile->token_expires_unix_s - TOKEN_MARGIN_S)
		return ENT_OK;
	if (profile->dpop_key == NULL)
		ENT_TRY(ent_key_generate(&profile->dpop_key, ENT_KEY_EC_P256, err));
	ENT_TRY(token_endpoint(profile, endpoint, err));
	ENT_TRY(ask_patiently(profile, endpoint, "", &answer, err));
	if (answer.status != 200 && answer.dpop_nonce[0] != '\0') {
		char nonce[sizeof(answer.dpop_nonce)];

		memcpy(nonce, answer.dpop_nonce, sizeof(nonce));
		ent_fetch_answer_fini(&answer);
		answer = (struct ent_fetch_answer){ 0 };
		ENT_TRY(ask_patiently(profile, endpoint, nonce, &answer, err));
	}
	if (answer.status == 200)
		return keep_token(profile, ent_buf_view(&answer.body), now, err);
	words_of(ent_buf_view(&answer.body), words, sizeof(words));
	/* Our proofs are well-formed: what can be wrong with one is its date. */
	if (answer.status == 400 && strcmp(words, "invalid_dpop_proof") == 0)
		return ent_fail(err, ENT_E_UNAVAILABLE, "%s refuses the proof (%s): this machine's clock or the node's is wrong",
		    endpoint, words);
	return status_of(answer.status, err, endpoint, words);
}

static enum ent_status
post_signed(struct entente_profile *profile, const char *url, struct ent_view body, const char *nonce, struct ent_fetch_answer *answer,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) authorization = ent_buf_with_max(ENT_LIMIT_TOKEN + 64);
	ENT_AUTO_FINI(ent_buf) proof = ent_buf_with_max(8192);
	const char *headers[4] = { NULL, NULL, "Content-Type: application/json", "Connect-Protocol-Version: 1" };
	struct ent_fetch_request request = { .method = "POST", .url = url, .headers = headers, .header_count = 4, .body = body,
		.max_bytes = ENT_LIMIT_ANSWER, .timeout_ms = ENT_CLIENT_TIMEOUT_MS, .ca_file = profile->ca_file };

	ENT_TRY(check_private(url, err));
	ENT_TRY(ent_buf_add_str(&authorization, "Authorization: DPoP ", err));
	ENT_TRY(ent_buf_add(&authorization, ent_buf_view(&profile->token), err));
	ENT_TRY(ent_buf_cstr(&authorization, &headers[0], err));
	ENT_TRY(ent_buf_add_str(&proof, "DPoP: ", err));
	ENT_TRY(ent_dpop_make(&proof, profile->dpop_key, "POST", url, ent_buf_view(&profile->token), ent_view_str(nonce),
	    ent_clock_now(NULL), err));
	ENT_TRY(ent_buf_cstr(&proof, &headers[1], err));
	return ent_fetch(profile->fetcher, &request, answer, err);
}

enum ent_status
ent_session_call(struct entente_profile *profile, const char *base, const char *path, struct ent_view body, struct ent_buf *body_out,
    struct ent_error *err)
{
	__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };
	char url[2048];
	char words[300];

	ENT_TRY(ent_session_token(profile, err));
	ENT_TRY(ent_path_join(url, sizeof(url), err, "%s%s", base, path));
	ENT_TRY(post_signed(profile, url, body, "", &answer, err));
	if (answer.status == 401 && answer.dpop_nonce[0] != '\0') {
		char nonce[sizeof(answer.dpop_nonce)];

		memcpy(nonce, answer.dpop_nonce, sizeof(nonce));
		ent_fetch_answer_fini(&answer);
		answer = (struct ent_fetch_answer){ 0 };
		ENT_TRY(post_signed(profile, url, body, nonce, &answer, err));
	}
	if (answer.status == 200)
		return ent_buf_add(body_out, ent_buf_view(&answer.body), err);
	words_of(ent_buf_view(&answer.body), words, sizeof(words));
	if (answer.status == 401)
		return ent_fail(err, ENT_E_DENIED,
		    "%s does not accept this token (401 %s): the charter must name the token's issuer, and the clock must be right", url,
		    words);
	return status_of(answer.status, err, url, words);
}
