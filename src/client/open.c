/* Getting a file's key: which holders are asked, in which order, and what their answers mean. */
#include "client/open.h"

#include <stdio.h>

#include "base/clock.h"
#include "client/print.h"
#include "codec/base64.h"
#include "crypto/wrap.h"
#include "jose/jws.h"
#include "kas/rewrap.h"

enum { REQUEST_LIFE_S = 60 };

enum outcome { NOT_ASKED, RELEASED, DENIED, TAMPERED, NO_ANSWER };

/* One key access object and what became of it. */
struct object {
	const struct ent_kao *kao;
	const struct ent_party *holder; /* NULL: its URL is nobody's node */
	enum outcome outcome;
	const char *words; /* why not, in the holder's words or ours */
};

struct opening {
	struct entente_profile *profile;
	struct ent_arena *arena;
	const struct ent_state *state;
	const struct ent_manifest *manifest;
	const struct ent_file_doc *seal; /* NULL: unsealed */
	struct object *objects;
	struct ent_key *session;
	struct ent_secret *shares[ENT_LIMIT_KAOS]; /* of the split that begins at object i; NULL: not there yet */
};

static void
opening_fini(struct opening *o)
{
	for (size_t i = 0; i < ENT_LIMIT_KAOS; i++)
		ent_secret_free(o->shares[i]);
	ent_key_free(o->session);
}

/* The first object of the same split: it stands for the split. */
static size_t
split_of(const struct opening *o, size_t object)
{
	for (size_t i = 0; i < object; i++)
		if (ent_view_eq(o->objects[i].kao->sid, o->objects[object].kao->sid))
			return i;
	return object;
}

static bool
has_share(const struct opening *o, size_t object)
{
	return o->shares[split_of(o, object)] != NULL;
}

static enum ent_status
find_holders(struct opening *o, struct ent_error *err)
{
	void *room;

	if (o->manifest->kao_count > ENT_LIMIT_KAOS)
		return ent_fail(err, ENT_E_LIMIT, "%zu key access objects, limit %d", o->manifest->kao_count, ENT_LIMIT_KAOS);
	ENT_TRY(ent_arena_alloc(o->arena, &room, o->manifest->kao_count, sizeof(*o->objects), err));
	o->objects = room;
	for (size_t i = 0; i < o->manifest->kao_count; i++) {
		struct object *object = &o->objects[i];

		object->kao = &o->manifest->kaos[i];
		object->holder = ent_profile_member_of(o->state, object->kao->url);
		object->words = "not asked";
		if (object->holder != NULL)
			continue;
		object->outcome = DENIED;
		ENT_TRY(ent_arena_printf(o->arena, &object->words, err,
		    "%s is not allowed: it is no member's node in this charter (allowlist)",
		    ent_print_text(o->arena, object->kao->url)));
	}
	return ENT_OK;
}

/* Does this node hold an object of a split that is still wanted, and may it be asked? */
static bool
wanted_from(const struct opening *o, size_t i, const struct ent_party *holder)
{
	return o->objects[i].holder == holder && o->objects[i].outcome == NOT_ASKED && !has_share(o, i);
}

/* Has everybody who holds this split said no? Then nobody else need be asked about the file. */
static bool
closed_for_good(const struct opening *o, size_t split)
{
	for (size_t i = split; i < o->manifest->kao_count; i++)
		if (split_of(o, i) == split && o->objects[i].outcome != DENIED && o->objects[i].outcome != TAMPERED)
			return false;
	return true;
}

/*
 * Whom to ask next: the home node where it can help (it is near), else the holder of the first split that is still wanted.
 * Nobody is asked for a share that is there already, or when the file cannot open any more: fewer entries, and fewer who
 * learn what is read.
 */
static const struct ent_party *
next_holder(const struct opening *o)
{
	const struct ent_party *first = NULL;
	const struct ent_party *home = NULL;

	for (size_t i = 0; i < o->manifest->kao_count; i++) {
		const struct ent_party *holder = o->objects[i].holder;

		if (split_of(o, i) == i && closed_for_good(o, i))
			return NULL;
		if (holder == NULL || !wanted_from(o, i, holder))
			continue;
		if (home == NULL && ent_view_eq_str(holder->name, o->profile->party))
			home = holder;
		if (first == NULL)
			first = holder;
	}
	return home != NULL ? home : first;
}

static enum ent_status
request_body(struct opening *o, const struct ent_party *holder, struct ent_buf *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	struct ent_rewrap_object objects[ENT_LIMIT_KAOS];
	struct ent_rewrap_policy policy = { .id = ENT_LIT("policy"), .body_base64 = o->manifest->policy_base64, .objects = objects };
	struct ent_rewrap_request request = { .policies = &policy, .policy_count = 1 };

	ENT_TRY(ent_pubkey_pem(ent_key_public(o->session), &pem, err));
	request.client_public_key = ent_buf_view(&pem);
	for (size_t i = 0; i < o->manifest->kao_count; i++) {
		const char *id;

		if (!wanted_from(o, i, holder))
			continue;
		ENT_TRY(ent_arena_printf(o->arena, &id, err, "kao-%zu", i));
		objects[policy.object_count++] = (struct ent_rewrap_object){ .id = ent_view_str(id), .present = true, .kao = *o->objects[i].kao };
	}
	return ent_rewrap_request_print(out, &request, err);
}

/* {"signedRequestToken": JWS over the body}, signed with the key that the access token is bound to. */
static enum ent_status
signed_request(struct opening *o, struct ent_view body, struct ent_buf *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(2 * ENT_LIMIT_REWRAP_BODY);
	int64_t now = ent_clock_now(NULL);
	json_t *header = json_pack("{s:s}", "typ", "JWT");
	json_t *claims = json_pack("{s:s%, s:I, s:I}", "requestBody", (const char *)body.data, body.len, "iat", (json_int_t)now, "exp",
	    (json_int_t)(now + REQUEST_LIFE_S));
	enum ent_status status = header != NULL && claims != NULL ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for a request");

	if (status == ENT_OK)
		status = ent_jws_sign(&token, header, claims, o->profile->dpop_key, err);
	json_decref(header);
	json_decref(claims);
	ENT_TRY(status);
	ENT_TRY(ent_buf_add_str(out, "{\"signedRequestToken\":\"", err));
	ENT_TRY(ent_buf_add(out, ent_buf_view(&token), err));
	return ent_buf_add_str(out, "\"}", err);
}

static void
set_outcome(struct opening *o, size_t i, enum outcome outcome, const char *words)
{
	o->objects[i].outcome = outcome;
	o->objects[i].words = ent_print_text(o->arena, ent_view_str(words));
}

/* What the node says to a member: the reasons in metadata["entente"], with their cures. */
static enum ent_status
words_of_refusal(struct opening *o, const struct ent_rewrap_result *result, const char **out, bool *outage, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(65536);
	json_t *json = json_loadb((const char *)result->metadata_json.data, result->metadata_json.len, JSON_REJECT_DUPLICATES, NULL);
	json_t *reasons = json_object_get(json, "reasons");
	enum ent_status status = ENT_OK;
	json_t *reason;
	size_t i;

	*outage = true;
	json_array_foreach(reasons, i, reason) {
		const char *text = ent_claim_string(reason, "text");
		const char *cure = ent_claim_string(reason, "cure");
		const char *name = ent_claim_string(reason, "code");
		enum ent_reason_code code = name != NULL ? ent_reason_from_name(ent_view_str(name)) : ENT_REASON_COUNT;

		if (text == NULL || status != ENT_OK || (code != ENT_REASON_COUNT && !ent_reason_row(code)->blocks))
			continue;
		*outage = *outage && code != ENT_REASON_COUNT && ent_reason_row(code)->outage;
		status = ent_buf_printf(&words, err, "%s%s", words.len ? "; " : "", text);
		if (status == ENT_OK && cure != NULL && cure[0] != '\0')
			status = ent_buf_printf(&words, err, " (cure: %s)", cure);
	}
	json_decref(json);
	ENT_TRY(status);
	if (words.len == 0) {
		/* A stock node, or a stranger's answer: the wire's text is all there is. */
		*outage = memmem(result->error.data, result->error.len, "code = Internal", 15) != NULL;
		ENT_TRY(ent_buf_add(&words, result->error, err));
	}
	return ent_arena_printf(o->arena, out, err, "%.*s", (int)words.len, (const char *)words.data);
}

static bool
same_split_hash(const struct opening *o, const struct ent_kao *kao, const struct ent_secret *share)
{
	struct ent_hash hash;

	if (o->seal == NULL)
		return true;
	ent_split_hash(&hash, share);
	for (size_t i = 0; i < o->seal->split_count; i++)
		if (ent_view_eq(o->seal->splits[i].sid, kao->sid))
			return ent_equal_ct(ent_hash_view(&hash), ent_hash_view(&o->seal->splits[i].hash));
	return false;
}

/* A share is believed only if it makes the policy binding and has the hash that the originator sealed: a wrong one names its holder. */
static void
take_share(struct opening *o, size_t i, const struct ent_rewrap_result *result, const struct ent_pubkey *ephemeral)
{
	ENT_AUTO(ent_secret) share = NULL;
	const struct ent_kao *kao = o->objects[i].kao;
	struct ent_error bad = { 0 };

	if (ephemeral == NULL || ent_unwrap_ec(&share, o->session, ephemeral, result->wrapped, &bad) != ENT_OK) {
		set_outcome(o, i, TAMPERED, "its node sent a share that does not unwrap");
		return;
	}
	if (ent_secret_len(share) != ENT_SHARE_LEN ||
	    ent_binding_check(share, o->manifest->policy_base64, kao->binding_hash, &bad) != ENT_OK || !same_split_hash(o, kao, share)) {
		set_outcome(o, i, TAMPERED, "its node sent a wrong share: it does not fit the policy binding and the seal");
		return;
	}
	o->objects[i].outcome = RELEASED;
	if (o->shares[split_of(o, i)] == NULL)
		o->shares[split_of(o, i)] = ent_take(&share);
}

static enum ent_status
take_result(struct opening *o, size_t i, const struct ent_rewrap_result *result, const struct ent_pubkey *ephemeral, struct ent_error *err)
{
	const char *words;
	bool outage;

	if (result->permit) {
		take_share(o, i, result, ephemeral);
		return ENT_OK;
	}
	ENT_TRY(words_of_refusal(o, result, &words, &outage, err));
	if (memmem(result->error.data, result->error.len, "desc = bad request", 18) != NULL)
		set_outcome(o, i, TAMPERED, "its node finds the file tampered with (bad request)");
	else
		set_outcome(o, i, outage ? NO_ANSWER : DENIED, words);
	return ENT_OK;
}

static const struct ent_rewrap_result *
result_for(const struct ent_rewrap_response *response, const char *id)
{
	for (size_t p = 0; p < response->policy_count; p++)
		for (size_t r = 0; r < response->policies[p].result_count; r++)
			if (ent_view_eq_str(response->policies[p].results[r].object_id, id))
				return &response->policies[p].results[r];
	return NULL;
}

static enum ent_status
take_answer(struct opening *o, const struct ent_party *holder, struct ent_view body, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) ephemeral = NULL;
	struct ent_rewrap_response response;
	struct ent_error bad = { 0 };
	bool readable = ent_rewrap_response_parse(&response, o->arena, body, &bad) == ENT_OK;

	if (readable && response.session_public_key.len > 0)
		ENT_IGNORE(ent_pubkey_from_pem(&ephemeral, response.session_public_key, &bad)); /* stays NULL: the share is refused below */
	for (size_t i = 0; i < o->manifest->kao_count; i++) {
		const struct ent_rewrap_result *result = NULL;
		char id[32];

		if (o->objects[i].holder != holder || o->objects[i].outcome != NOT_ASKED || has_share(o, i))
			continue;
		snprintf(id, sizeof(id), "kao-%zu", i);
		if (readable)
			result = result_for(&response, id);
		if (result == NULL)
			set_outcome(o, i, NO_ANSWER, "its node's answer makes no sense");
		else
			ENT_TRY(take_result(o, i, result, ephemeral, err));
	}
	return ENT_OK;
}

static void
fail_all(struct opening *o, const struct ent_party *holder, enum outcome outcome, const char *words)
{
	for (size_t i = 0; i < o->manifest->kao_count; i++)
		if (wanted_from(o, i, holder))
			set_outcome(o, i, outcome, words);
}

static enum ent_status
ask(struct opening *o, const struct ent_party *holder, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(ENT_LIMIT_REWRAP_BODY);
	ENT_AUTO_FINI(ent_buf) request = ent_buf_with_max(2 * ENT_LIMIT_REWRAP_BODY);
	ENT_AUTO_FINI(ent_buf) answer = ent_buf_with_max(ENT_LIMIT_ANSWER);
	struct ent_error one = { 0 };
	const char *base;

	ENT_TRY(request_body(o, holder, &body, err));
	ENT_TRY(signed_request(o, ent_buf_view(&body), &request, err));
	ENT_TRY(ent_arena_strdup(o->arena, &base, holder->node, err));
	if (ent_session_call(o->profile, base, "/kas.AccessService/Rewrap", ent_buf_view(&request), &answer, &one) == ENT_OK)
		return take_answer(o, holder, ent_buf_view(&answer), err);
	fail_all(o, holder, ent_status_row(one.code)->exit_code == ENT_EXIT_DENIED ? DENIED : NO_ANSWER, one.text);
	return ENT_OK;
}

/* What one object's holder said, unless another holder of the list so far said the same: then its name joins that one's. */
static bool
said_before(const struct opening *o, const bool *listed, size_t object)
{
	for (size_t i = 0; i < object; i++)
		if (listed[i] && strcmp(o->objects[i].words, o->objects[object].words) == 0)
			return true;
	return false;
}

/* Is this object's holder named already for these words? It may hold more than one split. */
static bool
named_before(const struct opening *o, const bool *listed, size_t object)
{
	for (size_t i = 0; i < object; i++)
		if (listed[i] && o->objects[i].holder == o->objects[object].holder && strcmp(o->objects[i].words, o->objects[object].words) == 0)
			return true;
	return false;
}

static enum ent_status
add_words(const struct opening *o, const bool *listed, size_t object, struct ent_buf *words, struct ent_error *err)
{
	bool first = true;

	ENT_TRY(ent_buf_add_str(words, words->len > 0 ? "; " : "", err));
	for (size_t i = object; i < o->manifest->kao_count; i++) {
		const struct ent_party *holder = o->objects[i].holder;

		if (!listed[i] || holder == NULL || strcmp(o->objects[i].words, o->objects[object].words) != 0 || named_before(o, listed, i))
			continue;
		ENT_TRY(ent_buf_printf(words, err, "%s%.*s", first ? "" : " and ", ENT_FMT(holder->name)));
		first = false;
	}
	return ent_buf_printf(words, err, "%s%s", first ? "" : ": ", o->objects[object].words);
}

/* An error has room for so much, and is read: what is longer ends at a word, and says where all of it is. */
static enum ent_status
shorten(struct ent_buf *words, struct ent_error *err)
{
	enum { SAID_MAX = 500 };

	if (words->len <= SAID_MAX)
		return ENT_OK;
	words->len = SAID_MAX;
	while (words->len > 0 && words->data[words->len - 1] != ' ')
		words->len--;
	return ent_buf_add_str(words, "... (all of it: `entente why FILE --as PERSON`)", err);
}

/* Why the file stays closed, from the outcomes of its objects: tampered before denied before unavailable. */
static enum ent_status
explain(struct opening *o, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(65536);
	bool listed[ENT_LIMIT_KAOS] = { false };
	bool denied = false, tampered = false;
	const char *text;

	for (size_t i = 0; i < o->manifest->kao_count; i++) {
		/* A split that somebody could not answer for may open later; one that everybody refused will not. */
		denied = denied || (split_of(o, i) == i && closed_for_good(o, i));
		tampered = tampered || o->objects[i].outcome == TAMPERED;
		listed[i] = !has_share(o, i) && o->objects[i].outcome != NOT_ASKED;
	}
	for (size_t i = 0; i < o->manifest->kao_count; i++)
		if (listed[i] && !said_before(o, listed, i))
			ENT_TRY(add_words(o, listed, i, &words, err));
	ENT_TRY(shorten(&words, err));
	ENT_TRY(ent_buf_cstr(&words, &text, err));
	if (tampered)
		return ent_fail(err, ENT_E_TAMPERED, "the file's key cannot be had: %s", text);
	if (denied)
		return ent_fail(err, ENT_E_DENIED, "unable to reconstruct split key: %s", text);
	return ent_fail(err, ENT_E_UNAVAILABLE, "a needed node cannot answer: %s", text);
}

static enum ent_status
combine(struct opening *o, struct ent_secret **key, struct ent_error *err)
{
	ENT_AUTO(ent_secret) sum = NULL;

	ENT_TRY(ent_secret_new(&sum, ENT_SHARE_LEN, err));
	for (size_t i = 0; i < o->manifest->kao_count; i++) {
		if (split_of(o, i) != i)
			continue;
		if (o->shares[i] == NULL)
			return explain(o, err);
		ENT_TRY(ent_secret_xor(sum, o->shares[i], err));
	}
	*key = ent_take(&sum);
	return ENT_OK;
}

static enum ent_status
report(const struct opening *o, struct ent_opened *opened, struct ent_error *err)
{
	for (size_t i = 0; i < o->manifest->kao_count; i++) {
		const struct object *object = &o->objects[i];
		const char *sid;

		sid = ent_print_text(o->arena, object->kao->sid);
		if (object->outcome == RELEASED)
			ENT_TRY(ent_buf_printf(&opened->with, err, "%s%s%s%.*s", opened->with.len ? "; " : "", sid, sid[0] ? ": " : "",
			    ENT_FMT(object->holder->name)));
		else if (object->outcome != NOT_ASKED)
			ENT_TRY(ent_buf_printf(&opened->notes, err, "opened without %.*s: %s\n",
			    ENT_FMT(object->holder != NULL ? object->holder->name : ENT_LIT("one holder")), object->words));
	}
	return ENT_OK;
}

enum ent_status
ent_open_key(struct ent_opened *opened, struct entente_profile *profile, struct ent_arena *arena, const struct ent_state *state,
    const struct ent_manifest *manifest, const struct ent_file_doc *seal, struct ent_error *err)
{
	__attribute__((cleanup(opening_fini))) struct opening o = { .profile = profile, .arena = arena, .state = state,
		.manifest = manifest, .seal = seal };
	const struct ent_party *holder;

	ENT_TRY(find_holders(&o, err));
	ENT_TRY(ent_key_generate(&o.session, ENT_KEY_EC_P256, err));
	ENT_TRY(ent_session_token(profile, err));
	while ((holder = next_holder(&o)) != NULL)
		ENT_TRY(ask(&o, holder, err));
	ENT_TRY(combine(&o, &opened->key, err));
	return report(&o, opened, err);
}

void
ent_opened_fini(struct ent_opened *opened)
{
	ent_secret_free(opened->key);
	opened->key = NULL;
	ent_buf_fini(&opened->with);
	ent_buf_fini(&opened->notes);
}
