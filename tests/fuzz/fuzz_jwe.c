/*
 * Compact JWE. The input is tried as a JWE, as it is, and its first line as the header of one, because a mutation of base64
 * seldom becomes other JSON. What parses and opens was sealed to our key: only the seed can be.
 */
#include "codec/base64.h"
#include "jose/jwe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct ent_key *
recipient(void)
{
	static const uint8_t scalar[32] = { [31] = 1 };
	static struct ent_key *key;

	if (key == NULL)
		ENT_ASSERT(ent_key_from_scalar(&key, ENT_KEY_EC_P256, ent_view_from(scalar, 32), NULL) == ENT_OK);
	return key;
}

static void
check(struct ent_view compact)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	ENT_AUTO_FINI(ent_buf) plain = ent_buf_with_max(ENT_JWE_PLAIN_MAX);

	ENT_ASSERT(ent_arena_new(&arena, 8 << 20, NULL) == ENT_OK);
	if (ent_jwe_parse(&jwe, arena, compact, NULL) != ENT_OK)
		return;
	ENT_ASSERT(jwe.ephemeral != NULL && compact.len <= ENT_JWE_MAX && ent_view_starts(compact, jwe.protected_part));
	if (ent_jwe_open(&plain, &jwe, recipient(), NULL) != ENT_OK)
		ENT_ASSERT(plain.len == 0);
}

/* What we seal is opened again, byte for byte. */
static void
check_round_trip(struct ent_view text)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	ENT_AUTO_FINI(ent_buf) compact = ent_buf_with_max(ENT_JWE_MAX);
	ENT_AUTO_FINI(ent_buf) plain = ent_buf_with_max(ENT_JWE_PLAIN_MAX);

	ENT_ASSERT(ent_arena_new(&arena, 8 << 20, NULL) == ENT_OK);
	if (ent_jwe_seal(&compact, ent_key_public(recipient()), ENT_LIT("e-1"), text, NULL) != ENT_OK)
		return;
	ENT_ASSERT(ent_jwe_parse(&jwe, arena, ent_buf_view(&compact), NULL) == ENT_OK);
	ENT_ASSERT(ent_jwe_open(&plain, &jwe, recipient(), NULL) == ENT_OK && ent_view_eq(ent_buf_view(&plain), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ent_view input = ent_view_from(data, len);
	size_t line = ent_view_find(input, '\n', 0);
	ENT_AUTO_FINI(ent_buf) compact = ent_buf_with_max(4 * len + 128);

	check(input);
	ENT_ASSERT(ent_base64_encode(&compact, ENT_BASE64_URL, ent_view_slice(input, 0, line), NULL) == ENT_OK);
	ENT_ASSERT(ent_buf_add_str(&compact, "..AAAAAAAAAAAAAAAA.", NULL) == ENT_OK);
	ENT_ASSERT(ent_base64_encode(&compact, ENT_BASE64_URL, ent_view_slice(input, line + 1, SIZE_MAX), NULL) == ENT_OK);
	ENT_ASSERT(ent_buf_add_str(&compact, ".AAAAAAAAAAAAAAAAAAAAAA", NULL) == ENT_OK);
	check(ent_buf_view(&compact));
	check_round_trip(input);
	return 0;
}
