/* The forms of fields that are bound to the text as it stands. */
#include "charter/grammar.h"

#include "charter/docs.h"

enum { WORD_MAX = 1024, KID_HEX = 16, ISSUER_KID_MAX = 128, ALGORITHM_MAX = 32, CODE_MAX = 64, SID_MAX = 64, UUID_LEN = 36 };

static bool
only(struct ent_view text, size_t max, bool (*allowed)(uint8_t c))
{
	if (text.len == 0 || text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!allowed(text.data[i]))
			return false;
	return true;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower_hex(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool
is_alphanumeric(uint8_t c)
{
	return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool
is_kid_character(uint8_t c)
{
	return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
}

static bool
is_code_character(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
}

static bool
is_algorithm_character(uint8_t c)
{
	return is_code_character(c) || c == ':';
}

static bool
is_dash(struct ent_view word)
{
	return ent_view_eq_str(word, "-");
}

static bool
party_or_dash(struct ent_view word)
{
	return is_dash(word) || ent_party_name_valid(word);
}

static bool
project_or_dash(struct ent_view word)
{
	return is_dash(word) || ent_project_name_valid(word);
}

static bool
person(struct ent_view word)
{
	struct ent_view sub, party;

	return ent_person_split(word, &sub, &party, NULL) == ENT_OK;
}

static bool
person_or_dash(struct ent_view word)
{
	return is_dash(word) || person(word);
}

static bool
uuid(struct ent_view word)
{
	if (word.len != UUID_LEN)
		return false;
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? word.data[i] != '-' : !is_lower_hex(word.data[i]))
			return false;
	}
	return true;
}

static bool
country(struct ent_view word)
{
	return word.len == 3 && only(word, 3, is_upper);
}

static bool
issuer(struct ent_view word)
{
	if (word.len > 0 && word.data[word.len - 1] == '/')
		word.len--;
	return ent_url_valid(word);
}

static bool
kid(struct ent_view word)
{
	if (word.len != 2 + KID_HEX || word.data[1] != '-' || memchr("ers", word.data[0], 3) == NULL)
		return false;
	return only(ent_view_slice(word, 2, KID_HEX), KID_HEX, is_lower_hex);
}

static bool
key_ref(struct ent_view word)
{
	size_t plus = ent_view_find(word, '+', 0);

	if (plus == word.len)
		return kid(word);
	return word.len - plus == 1 + 8 && ent_name_valid(ent_view_slice(word, 0, plus)) &&
	    only(ent_view_slice(word, plus + 1, 8), 8, is_lower_hex);
}

static bool
issuer_kid(struct ent_view word)
{
	return only(word, ISSUER_KID_MAX, is_kid_character);
}

static bool
algorithm(struct ent_view word)
{
	return only(word, ALGORITHM_MAX, is_algorithm_character);
}

static bool
ed25519(struct ent_view word)
{
	return ent_view_eq_str(word, "ed25519");
}

static bool
jws_algorithm(struct ent_view word)
{
	return only(word, ALGORITHM_MAX, is_kid_character);
}

static bool
sid(struct ent_view word)
{
	return word.len <= SID_MAX && ent_word_valid(word);
}

static bool
code(struct ent_view word)
{
	return only(word, CODE_MAX, is_code_character);
}

static bool
any_word(struct ent_view word)
{
	return word.len <= WORD_MAX && ent_word_valid(word);
}

/* Printable ASCII words with one space between: what a line of fields looks like. */
static bool
words(struct ent_view text)
{
	for (size_t start = 0; start <= text.len;) {
		size_t end = ent_view_find(text, ' ', start);

		if (!ent_word_valid(ent_view_slice(text, start, end - start)))
			return false;
		start = end + 1;
	}
	return true;
}

static const struct {
	const char *expected; /* for errors */
	bool (*valid)(struct ent_view text);
	bool rest;
} forms[ENT_FIELD_TYPE_COUNT] = {
	[ENT_FIELD_NAME] = { "a name of a-z, 0-9, dot, slash and dash", ent_name_valid, false },
	[ENT_FIELD_PARTY] = { "a name of a-z, 0-9, dot and dash", ent_party_name_valid, false },
	[ENT_FIELD_PARTY_OR_DASH] = { "a party's name, or -", party_or_dash, false },
	[ENT_FIELD_PROJECT] = { "a name of 1 to 63 characters a-z, 0-9 and dash", ent_project_name_valid, false },
	[ENT_FIELD_PROJECT_OR_DASH] = { "a project's name, or -", project_or_dash, false },
	[ENT_FIELD_PERSON] = { "a person, <sub>@<party>", person, false },
	[ENT_FIELD_PERSON_OR_DASH] = { "a person, <sub>@<party>, or -", person_or_dash, false },
	[ENT_FIELD_UUID] = { "a UUID in lower case", uuid, false },
	[ENT_FIELD_COUNTRY] = { "a country of three capital letters (ISO 3166-1 alpha-3)", country, false },
	[ENT_FIELD_NODE] = { "a URL http(s)://host[:port][/path] without a final slash", ent_url_valid, false },
	[ENT_FIELD_ISSUER] = { "a URL http(s)://host[:port][/path]", issuer, false },
	[ENT_FIELD_KID] = { "a kid: e-, r- or s- and 16 lower-case hex digits", kid, false },
	[ENT_FIELD_KEY_REF] = { "a kid, or <key name>+<8 hex digits>", key_ref, false },
	[ENT_FIELD_ISSUER_KID] = { "a kid of 1 to 128 characters A-Z, a-z, 0-9, dot, dash, underscore", issuer_kid, false },
	[ENT_FIELD_ALGORITHM] = { "a key algorithm such as ec:secp256r1", algorithm, false },
	[ENT_FIELD_ED25519] = { "the word ed25519", ed25519, false },
	[ENT_FIELD_JWS_ALGORITHM] = { "a JWS algorithm such as ES256", jws_algorithm, false },
	[ENT_FIELD_SID] = { "a sid of at most 64 characters", sid, false },
	[ENT_FIELD_CODE] = { "a reason's name", code, false },
	[ENT_FIELD_WORD] = { "1 to 1024 characters of printable ASCII without space", any_word, false },
	[ENT_FIELD_CUSTODY] = { "words of a custody rule with one space between", words, true },
	[ENT_FIELD_SAYS] = { "printable ASCII words with one space between", words, true },
	[ENT_FIELD_FREE_TEXT] = { "1 to 400 bytes of printable text", ent_free_text_valid, true },
};

const char *
ent_words_expected(enum ent_field_type type)
{
	return forms[type].expected;
}

bool
ent_words_valid(enum ent_field_type type, struct ent_view text)
{
	return forms[type].valid(text);
}

bool
ent_words_take_rest(enum ent_field_type type)
{
	return forms[type].rest;
}
