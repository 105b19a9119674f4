/* TOKEN: access tokens of the node's own issuer, for accounts only and for five minutes (contracts, "Tokens"). */
#include "codec/base64.h"
#include "jose/jws.h"
#include "home/account.h"
#include "node/keyholder/keyholder.h"

enum {
	LIFE_S = 300,
	CLOCK_DISTANCE_S = 300,
	TOKEN_MAX = 16384,
	JKT_LEN = ENT_JKT_SIZE - 1,
	COUNTRY_LEN = 3,
};

static bool
is_word(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
			return false;
	return text.len > 0;
}

static bool
is_country(struct ent_view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 'A' || text.data[i] > 'Z')
			return false;
	return text.len == COUNTRY_LEN;
}

static bool
is_jkt(struct ent_view text)
{
	uint8_t hash[ENT_HASH_LEN];

	return text.len == JKT_LEN && ent_base64_decode_exact(hash, sizeof(hash), ENT_BASE64_URL, text, NULL) == ENT_OK;
}

static bool
all(const struct ent_list *list, bool (*valid)(struct ent_view))
{
	for (size_t i = 0; i < list->count; i++)
		if (!valid(list->items[i]))
			return false;
	return true;
}

static enum ent_status
check_asked(const struct ent_msg_token *msg, int64_t now_unix_s, struct ent_error *err)
{
	int64_t asked_unix_s = (int64_t)msg->now_unix_s; /* at most INT64_MAX: the table's limit */

	if (!ent_account_name_valid(msg->account))
		return ent_fail(err, ENT_E_INPUT, "a token is for an account: 1 to %d printable ASCII characters without space and @",
		    ENT_ACCOUNT_NAME_MAX);
	if (!is_word(msg->audience))
		return ent_fail(err, ENT_E_INPUT, "a token needs an audience of printable ASCII");
	if (msg->jkt.len > 0 && !is_jkt(msg->jkt))
		return ent_fail(err, ENT_E_INPUT, "the key's thumbprint is no url-safe base64 of 32 bytes");
	if (!all(&msg->projects, ent_project_name_valid))
		return ent_fail(err, ENT_E_INPUT, "a project is named by 1 to 63 characters a-z, 0-9 and dash");
	if (!all(&msg->nationality, is_country))
		return ent_fail(err, ENT_E_INPUT, "a nationality is three capital letters (ISO 3166-1 alpha-3)");
	if (msg->clearance.len > 0 && !is_word(msg->clearance))
		return ent_fail(err, ENT_E_INPUT, "a clearance is printable ASCII without space");
	if (asked_unix_s < now_unix_s - CLOCK_DISTANCE_S || asked_unix_s > now_unix_s + CLOCK_DISTANCE_S)
		return ent_fail(err, ENT_E_REFUSED, "a token was asked for at another time than the keyholder's clock shows");
	return ENT_OK;
}

/* Steals value. */
static enum ent_status
set(json_t *object, const char *key, json_t *value, struct ent_error *err)
{
	if (value == NULL || json_object_set_new(object, key, value) != 0)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a token");
	return ENT_OK;
}

static json_t *
string(struct ent_view text)
{
	return json_stringn((const char *)text.data, text.len);
}

static enum ent_status
set_list(json_t *object, const char *key, const struct ent_list *list, struct ent_error *err)
{
	json_t *array = json_array();

	ENT_TRY(set(object, key, array, err));
	for (size_t i = 0; i < list->count; i++)
		if (json_array_append_new(array, string(list->items[i])) != 0)
			return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a token");
	return ENT_OK;
}

static enum ent_status
set_identity(json_t *claims, struct ent_view account, struct ent_error *err)
{
	static const char *const names[] = { "sub", "azp", "client_id", "clientId" };

	for (size_t i = 0; i < ENT_COUNT(names); i++)
		ENT_TRY(set(claims, names[i], string(account), err));
	/* Keycloak's spelling, which stock servers look for (wire reference 4.5). */
	return set(claims, "preferred_username", json_sprintf("service-account-%.*s", ENT_FMT(account)), err);
}

static enum ent_status
set_claims(json_t *claims, const struct ent_msg_token *msg, const char *issuer, int64_t now_unix_s, struct ent_error *err)
{
	char jti[ENT_UUID_TEXT_SIZE];

	ENT_TRY(ent_uuid_random(jti, err));
	ENT_TRY(set(claims, "iss", json_string(issuer), err));
	ENT_TRY(set(claims, "aud", string(msg->audience), err));
	ENT_TRY(set_identity(claims, msg->account, err));
	ENT_TRY(set_list(claims, "projects", &msg->projects, err));
	if (msg->clearance.len > 0)
		ENT_TRY(set(claims, "clearance", string(msg->clearance), err));
	ENT_TRY(set_list(claims, "nationality", &msg->nationality, err));
	ENT_TRY(set(claims, "jti", json_string(jti), err));
	/* Our clock, not the judge's: a token never outlives LIFE_S from now. */
	ENT_TRY(set(claims, "iat", json_integer(now_unix_s), err));
	ENT_TRY(set(claims, "exp", json_integer(now_unix_s + LIFE_S), err));
	return msg->jkt.len > 0 ? set(claims, "cnf", json_pack("{s:o}", "jkt", string(msg->jkt)), err) : ENT_OK;
}

enum ent_status
ent_keyholder_token(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(TOKEN_MAX);
	struct ent_keyholder *keyholder = arg;
	int64_t now_unix_s = ent_clock_now(&keyholder->clock);
	json_auto_t *header = json_object();
	json_auto_t *claims = json_object();

	ENT_TRY(check_asked(&request->token, now_unix_s, err));
	ENT_TRY(set(header, "typ", json_string("JWT"), err));
	ENT_TRY(set(header, "kid", json_string(keyholder->keyring.issuer_kid), err));
	ENT_TRY(set_claims(claims, &request->token, keyholder->config->url, now_unix_s, err));
	ENT_TRY(ent_jws_sign(&token, header, claims, keyholder->keyring.issuer, err));
	answer->type = ENT_MSG_TOKEN_IS;
	return ent_arena_dup(arena, &answer->token_is.token, ent_buf_view(&token), err);
}
