/* Who is asking: access token, DPoP proof, request token (contracts: Tokens; wire reference 2.7, 4.4). */
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "codec/base64.h"
#include "node/judge/judge.h"

#define ENT_LIMIT_CLAIM_LIST 64   /* values of `projects` and `nationality` */
#define ENT_LIMIT_SUB 128         /* contracts: Names */

enum { URL_MAX = 2048, KID_MAX = 128, ACCESS_TOKEN_MAX = 16384 /* of the CHECK message: a longer one would fail only there */ };

static const char invalid_proof[] = "WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"";
static const char unauthenticated[] = "unauthenticated";

/* A check that failed: its reason code, and the exact words in err. */
struct refusal {
	enum ent_reason_code code;
	struct ent_error err;
};

#define REFUSE(refusal, reason, ...)                                                                                   \
	do {                                                                                                           \
		(refusal)->code = (reason);                                                                            \
		ent_error_set(&(refusal)->err, ENT_E_UNAUTHENTICATED, __VA_ARGS__);                                    \
		return false;                                                                                          \
	} while (0)

/* ---- the Authorization header ---- */

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
take_scheme(struct ent_view *rest, const char *scheme)
{
	size_t len = strlen(scheme);

	if (rest->len <= len || rest->data[len] != ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		if (lower(rest->data[i]) != (uint8_t)scheme[i])
			return false;
	*rest = ent_view_slice(*rest, len + 1, rest->len);
	return true;
}

static bool
read_header(struct ent_call *call, bool *bearer, struct refusal *refusal)
{
	struct ent_view value;

	if (call->http.authorization.count != 1)
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "%zu Authorization headers", call->http.authorization.count);
	value = call->http.authorization.items[0];
	*bearer = take_scheme(&value, "bearer");
	if (!*bearer && !take_scheme(&value, "dpop"))
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "the Authorization scheme is neither DPoP nor Bearer");
	if (value.len == 0 || ent_view_find(value, ' ', 0) < value.len)
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "the Authorization header does not hold one token");
	if (value.len > ACCESS_TOKEN_MAX)
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "an access token of %zu characters, limit %d", value.len, ACCESS_TOKEN_MAX);
	call->caller.token = value;
	ent_sha256(&call->caller.token_hash, value);
	return true;
}

/* ---- claims ---- */

static bool
valid_sub(const char *sub)
{
	size_t len = 0;

	for (; sub[len] != '\0'; len++)
		if (sub[len] <= ' ' || sub[len] > '~' || len >= ENT_LIMIT_SUB)
			return false;
	return len > 0;
}

static bool
check_dates(const json_t *claims, int64_t now, int64_t life_max_s, const char **why)
{
	int64_t exp, iat, nbf;

	*why = NULL;
	if (!ent_claim_int(&exp, claims, "exp") || !ent_claim_int(&iat, claims, "iat") || exp < 0 || iat < 0)
		*why = "exp or iat is missing";
	else if (exp <= now - ENT_TOKEN_SKEW_S)
		*why = "it has run out";
	else if (iat > now + ENT_TOKEN_SKEW_S)
		*why = "iat is in the future: a clock is wrong";
	else if (json_object_get(claims, "nbf") != NULL && !ent_claim_int(&nbf, claims, "nbf"))
		*why = "nbf is no time";
	else if (json_object_get(claims, "nbf") != NULL && nbf > now + ENT_TOKEN_SKEW_S)
		*why = "it is not valid yet";
	else if (exp <= iat || exp - iat > life_max_s)
		*why = "it lives longer than is accepted";
	return *why == NULL;
}

static enum ent_status
keep_string(struct ent_arena *arena, struct ent_view *out, const char *text, struct ent_error *err)
{
	return text == NULL ? ENT_OK : ent_arena_dup(arena, out, ent_view_str(text), err);
}

/* *well_formed: the claim is there and is an array of strings. */
static enum ent_status
keep_list(struct ent_arena *arena, const json_t *claims, const char *name, struct ent_view **out, size_t *count,
    bool *well_formed, struct ent_error *err)
{
	const json_t *list = json_object_get(claims, name);
	void *items;

	*well_formed = false;
	*count = 0;
	if (!json_is_array(list) || json_array_size(list) > ENT_LIMIT_CLAIM_LIST)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(arena, &items, json_array_size(list) + 1, sizeof(**out), err));
	*out = items;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL)
			return ENT_OK;
		ENT_TRY(keep_string(arena, &(*out)[i], text, err));
	}
	*count = json_array_size(list);
	*well_formed = true;
	return ENT_OK;
}

static enum ent_status
keep_claims(struct ent_call *call, const json_t *claims, struct ent_error *err)
{
	struct ent_person *person = &call->caller.person;

	ENT_TRY(keep_string(call->arena, &person->issuer, ent_claim_string(claims, "iss"), err));
	ENT_TRY(keep_string(call->arena, &person->sub, ent_claim_string(claims, "sub"), err));
	ENT_TRY(keep_string(call->arena, &person->clearance, ent_claim_string(claims, "clearance"), err));
	ENT_TRY(keep_list(call->arena, claims, "projects", &person->projects, &person->project_count, &person->has_projects,
	    err));
	return keep_list(call->arena, claims, "nationality", &person->nationalities, &person->nationality_count,
	    &person->has_nationality, err);
}

/* ---- the access token ---- */

static bool
verify_signature(const struct ent_state *state, const struct ent_jws *jws, struct refusal *refusal)
{
	ENT_AUTO(ent_pubkey) pubkey = NULL;
	const char *iss = ent_claim_string(jws->claims, "iss");
	const char *kid = ent_claim_string(jws->header, "kid");
	const struct ent_issuer_key *key;

	if (iss == NULL || ent_state_party_by_issuer(state, ent_view_str(iss)) == NULL)
		REFUSE(refusal, ENT_R_ISSUER_UNKNOWN, "no party of the charter has the issuer %.200s", iss != NULL ? iss : "-");
	if (kid == NULL)
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "the token names no kid");
	key = ent_state_issuer_key(state, ent_view_str(iss), ent_view_str(kid));
	if (key == NULL)
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "the charter has no issuer-key %.128s of %.200s that is valid now", kid, iss);
	if (ent_pubkey_from_spki(&pubkey, key->spki, &refusal->err) != ENT_OK ||
	    ent_jws_verify(jws, pubkey, &refusal->err) != ENT_OK) {
		refusal->code = ENT_R_TOKEN_INVALID;
		return false;
	}
	return true;
}

static bool
verify_token(struct ent_judge *judge, const struct ent_state *state, const struct ent_call *call, const struct ent_jws *jws,
    struct refusal *refusal)
{
	const char *audience, *sub, *why;

	if (!verify_signature(state, jws, refusal))
		return false;
	refusal->code = ENT_R_TOKEN_INVALID;
	if (ent_judge_audience(judge, call->arena, &audience, &refusal->err) != ENT_OK)
		return false;
	if (!ent_claim_contains(jws->claims, "aud", audience))
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "the token is not for %s", audience);
	if (!check_dates(jws->claims, ent_state_now(state), ENT_TOKEN_LIFE_MAX_S, &why))
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "the token's dates: %s", why);
	sub = ent_claim_string(jws->claims, "sub");
	if (sub == NULL || !valid_sub(sub))
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "sub is not 1 to %d bytes of printable ASCII without space", ENT_LIMIT_SUB);
	return true;
}

/* ---- sender binding ---- */

static bool
valid_jkt(const char *jkt)
{
	return jkt != NULL && strlen(jkt) == ENT_JKT_SIZE - 1;
}

/*
 * own: the token is, or will be, of this node's own issuer. Some clients sign the path only (wire reference 2.7); for a token
 * that other members take as well, such a proof would let the first node that is asked repeat the request at the others.
 */
static enum ent_status
verify_proof(struct ent_judge *judge, const struct ent_call *call, struct ent_dpop_proof *proof, struct ent_view token, bool own,
    struct ent_error *err)
{
	char url[URL_MAX];
	const char *method;
	struct ent_dpop_expect expect = {
		.access_token = token, .path_only = own, .now_unix_s = ent_judge_now(judge), .skew_s = ENT_DPOP_SKEW_S
	};
	enum ent_status status;

	if (call->http.dpop.count != 1)
		return ent_fail(err, ENT_E_PROOF, "%zu DPoP headers where one is needed", call->http.dpop.count);
	status = ent_path_join(url, sizeof(url), err, "%s%.*s", judge->config->url, ENT_FMT(call->http.path));
	if (status == ENT_OK)
		status = ent_arena_strdup(call->arena, &method, call->http.method, err);
	if (status != ENT_OK)
		return status;
	expect.method = method;
	expect.url = url;
	return ent_dpop_verify(proof, call->arena, call->http.dpop.items[0], &expect, err);
}

/* A proof is good once. Kept until it would be refused for its age. */
static enum ent_status
proof_once(struct ent_judge *judge, const struct ent_dpop_proof *proof, struct ent_error *err)
{
	return ent_store_once(judge->store, 'p', ent_hash_view(&proof->jti_hash), proof->iat_unix_s + 2 * ENT_DPOP_SKEW_S, err);
}

static bool
bind_sender(struct ent_judge *judge, struct ent_call *call, const struct ent_jws *jws, const char *jkt, struct refusal *refusal)
{
	/* The token was verified: its issuer is known. */
	const bool own = ent_view_eq_str(ent_judge_own_issuer(judge), ent_claim_string(jws->claims, "iss"));
	struct ent_dpop_proof proof = { 0 };
	bool same;

	refusal->code = ENT_R_PROOF_INVALID;
	if (verify_proof(judge, call, &proof, call->caller.token, own, &refusal->err) != ENT_OK)
		return false;
	call->caller.dpop_key = ent_take(&proof.key);
	call->caller.dpop_spki = ent_pubkey_spki(call->caller.dpop_key);
	same = strcmp(proof.jkt, jkt) == 0;
	if (same && proof_once(judge, &proof, &refusal->err) != ENT_OK)
		refusal->code = ENT_R_PROOF_REPLAYED;
	else if (!same)
		ent_error_set(&refusal->err, ENT_E_PROOF, "the token is bound to another key than the proof's");
	ent_dpop_proof_fini(&proof);
	return refusal->err.code == ENT_OK;
}

static void
warn_bearer_scheme(const struct ent_call *call)
{
	struct ent_event event;

	ent_event_begin(&event, "bearer-scheme-with-bound-token");
	ent_event_str(&event, "level", "warn");
	ent_event_view(&event, "request_id", call->http.request_id);
	ent_event_end(&event, STDERR_FILENO);
}

static bool
check_binding(struct ent_judge *judge, struct ent_call *call, const struct ent_jws *jws, bool bearer, bool need_bound,
    struct refusal *refusal)
{
	const json_t *cnf = json_object_get(jws->claims, "cnf");
	const char *jkt = ent_claim_string(cnf, "jkt");

	if (cnf != NULL && !valid_jkt(jkt))
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "cnf is there, but holds no jkt");
	if (cnf == NULL && need_bound)
		REFUSE(refusal, ENT_R_TOKEN_BEARER, "a bearer token: a share leaves only for a sender-bound one");
	if (cnf == NULL && !bearer)
		REFUSE(refusal, ENT_R_TOKEN_INVALID, "the scheme is DPoP, but the token is not bound");
	if (cnf == NULL)
		return true;
	if (bearer)
		warn_bearer_scheme(call);
	return bind_sender(judge, call, jws, jkt, refusal);
}

static bool
authenticate(struct ent_judge *judge, struct ent_call *call, bool need_bound, struct refusal *refusal)
{
	const struct ent_state *state;
	struct ent_jws jws = { 0 };
	bool bearer, good;

	if (!read_header(call, &bearer, refusal))
		return false;
	refusal->code = ENT_R_TOKEN_INVALID;
	if (ent_judge_state(judge, &state, &refusal->err) != ENT_OK ||
	    ent_jws_parse(&jws, call->arena, call->caller.token, &refusal->err) != ENT_OK)
		return false;
	good = verify_token(judge, state, call, &jws, refusal) &&
	    check_binding(judge, call, &jws, bearer, need_bound, refusal) &&
	    keep_claims(call, jws.claims, &refusal->err) == ENT_OK;
	ent_jws_fini(&jws);
	if (good) {
		call->caller.party = ent_state_party_by_issuer(state, call->caller.person.issuer);
		call->caller.known = true;
	}
	return good;
}

enum ent_status
ent_auth_clock_words(struct ent_judge *judge, struct ent_arena *arena, const char **out, struct ent_error *err)
{
	struct ent_reasons reasons = { .arena = arena };
	const struct ent_state *state;

	*out = NULL;
	ENT_TRY(ent_judge_state(judge, &state, err));
	ENT_TRY(ent_state_node_reasons(state, &reasons, err));
	for (size_t i = 0; i < reasons.count; i++)
		if (reasons.items[i].code == ENT_R_CLOCK_BEHIND)
			*out = reasons.items[i].text;
	return ENT_OK;
}

/* True: answered. Whoever is refused for dates by a node with a wrong clock is told that the fault is the node's. */
static bool
answer_clock(struct ent_judge *judge, struct ent_call *call)
{
	struct ent_error err = { 0 };
	const char *words;

	if (ent_auth_clock_words(judge, call->arena, &words, &err) != ENT_OK)
		ent_answer_failure(judge, call, &err);
	else if (words != NULL)
		ent_answer_connect(judge, call, "unavailable", words, NULL);
	else
		return false;
	return true;
}

bool
ent_auth_call(struct ent_judge *judge, struct ent_call *call, bool need_bound)
{
	struct refusal refusal = { .code = ENT_R_TOKEN_INVALID };
	json_auto_t *body = NULL;
	const char *message = call->http.authorization.count == 0 ? "missing authorization header" : unauthenticated;
	bool proof;

	if (authenticate(judge, call, need_bound, &refusal))
		return true;
	if (ent_status_row(refusal.err.code)->http >= 500) { /* our fault, not the caller's */
		ent_answer_failure(judge, call, &refusal.err);
		return false;
	}
	ent_audit_count(judge, call, refusal.code, refusal.err.text);
	if (answer_clock(judge, call))
		return false;
	proof = refusal.code == ENT_R_PROOF_INVALID || refusal.code == ENT_R_PROOF_REPLAYED;
	body = json_pack("{s:s, s:s}", "code", "unauthenticated", "message", message);
	ent_answer_header(judge, call, 401, proof ? invalid_proof : "WWW-Authenticate: DPoP algs=\"ES256\"", body);
	return false;
}

enum ent_status
ent_auth_token_proof(struct ent_judge *judge, struct ent_call *call, char jkt[ENT_JKT_SIZE], struct ent_error *err)
{
	struct ent_dpop_proof proof = { 0 };
	enum ent_status status;

	jkt[0] = '\0';
	if (call->http.dpop.count == 0)
		return ENT_OK;
	status = verify_proof(judge, call, &proof, ENT_VIEW_NONE, true, err);
	if (status == ENT_OK)
		status = proof_once(judge, &proof, err);
	if (status == ENT_OK)
		memcpy(jkt, proof.jkt, ENT_JKT_SIZE);
	ent_dpop_proof_fini(&proof);
	return status;
}

/* ---- request tokens ---- */

static enum ent_status
check_request_token(struct ent_judge *judge, const struct ent_call *call, const struct ent_jws *jws, struct ent_error *err)
{
	int64_t now = ent_judge_now(judge);
	const struct ent_view once[] = { jws->signed_part, ent_view_slice(jws->signature, 0, jws->signature.len / 2) };
	struct ent_hash hash;
	const char *why;
	int64_t exp = 0;

	ENT_TRY(ent_jws_verify(jws, call->caller.dpop_key, err));
	if (!check_dates(jws->claims, now, INT64_MAX, &why))
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "the request token's dates: %s", why);
	if (!ent_claim_int(&exp, jws->claims, "exp") || exp > now + ENT_REQUEST_TOKEN_AHEAD_MAX_S)
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "the request token ends more than %d s from now",
		    ENT_REQUEST_TOKEN_AHEAD_MAX_S);
	/*
	 * A client may well sign the same words twice within a second, for two requests. But from the signature (r, s) anybody can
	 * make (r, n - s), which is as good (ECDSA): what tells two signatures apart is r.
	 */
	ent_sha256_parts(&hash, once, ENT_COUNT(once));
	return ent_store_once(judge->store, 'r', ent_hash_view(&hash), exp + ENT_TOKEN_SKEW_S + 1, err);
}

enum ent_status
ent_auth_request_token(struct ent_judge *judge, const struct ent_call *call, struct ent_jws *out, struct ent_view token,
    struct ent_error *err)
{
	enum ent_status status;

	if (call->caller.dpop_key == NULL)
		return ent_fail(err, ENT_E_UNAUTHENTICATED, "a request token without a proof");
	status = ent_jws_parse(out, call->arena, token, err);
	if (status != ENT_OK)
		return status == ENT_E_NO_MEMORY ? status : (err->code = ENT_E_SYNTAX);
	status = check_request_token(judge, call, out, err);
	if (status != ENT_OK)
		ent_jws_fini(out);
	return status;
}

bool
ent_auth_request_token_or_answer(struct ent_judge *judge, struct ent_call *call, struct ent_jws *out, struct ent_view token)
{
	struct ent_error err = { 0 };
	enum ent_status status = ent_auth_request_token(judge, call, out, token, &err);
	enum ent_reason_code code =
	    status == ENT_E_EXISTS ? ENT_R_REQUEST_TOKEN_REPLAYED : ENT_R_REQUEST_TOKEN_INVALID;

	if (status == ENT_OK)
		return true;
	if (status != ENT_E_SYNTAX && ent_status_row(status)->http >= 500) {
		ent_answer_failure(judge, call, &err);
		return false;
	}
	ent_audit_count(judge, call, code, err.text);
	if (!answer_clock(judge, call))
		ent_answer_connect(judge, call, "unauthenticated",
		    status == ENT_E_SYNTAX ? "could not parse token" : "unable to verify request token", NULL);
	return false;
}
