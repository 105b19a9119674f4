/*
 * DPoP proofs. The input is three lines: an `htu`, then header and claims of a proof that is signed here, so that the
 * checks behind the signature are reached. A lone line is tried as a proof as it is.
 */
#include "codec/base64.h"
#include "jose/dpop.h"
#include "jose/htu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct ent_dpop_expect expect = { "POST", "https://node.example/kas", { (const uint8_t *)"token", 5 }, 1000000,
	60, true };

static struct ent_key *
signer(void)
{
	static const uint8_t scalar[32] = { [31] = 1 };
	static struct ent_key *key;

	if (key == NULL)
		ENT_ASSERT(ent_key_from_scalar(&key, ENT_KEY_EC_P256, ent_view_from(scalar, 32), NULL) == ENT_OK);
	return key;
}

/* Every refusal of what came from outside is ENT_E_PROOF with a reason; what is accepted is fresh and names its key. */
static void
check_proof(struct ent_view text)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_dpop_proof) proof = { 0 };
	struct ent_error err = { 0 };
	enum ent_status status;
	char jkt[ENT_JKT_SIZE];

	ENT_ASSERT(ent_arena_new(&arena, 1 << 20, NULL) == ENT_OK);
	status = ent_dpop_verify(&proof, arena, text, &expect, &err);
	if (status != ENT_OK) {
		ENT_ASSERT(status == ENT_E_PROOF && err.code == ENT_E_PROOF && err.text[0] != '\0' && proof.key == NULL);
		return;
	}
	ENT_ASSERT(proof.iat_unix_s >= expect.now_unix_s - expect.skew_s && proof.iat_unix_s <= expect.now_unix_s + expect.skew_s);
	ENT_ASSERT(ent_jwk_thumbprint(jkt, proof.key, NULL) == ENT_OK && strcmp(jkt, proof.jkt) == 0);
}

/* Matching is symmetric between absolute URLs, and a URL that matches anything matches itself. */
static void
check_htu(struct ent_view htu)
{
	struct ent_view url = ent_view_str(expect.url);

	if (htu.len == 0 || htu.data[0] == '/')
		return;
	ENT_ASSERT(ent_htu_matches(url, htu) == ent_htu_matches(htu, url));
	ENT_ASSERT(!ent_htu_matches(url, htu) || ent_htu_matches(htu, htu));
}

static void
check_signed(struct ent_view header, struct ent_view claims)
{
	ENT_AUTO_FINI(ent_buf) token = ent_buf_with_max(4 * (header.len + claims.len) + 256);
	ENT_AUTO_FINI(ent_buf) signature = ent_buf_with_max(64);

	ENT_ASSERT(ent_base64_encode(&token, ENT_BASE64_URL, header, NULL) == ENT_OK);
	ENT_ASSERT(ent_buf_add_byte(&token, '.', NULL) == ENT_OK);
	ENT_ASSERT(ent_base64_encode(&token, ENT_BASE64_URL, claims, NULL) == ENT_OK);
	ENT_ASSERT(ent_key_sign_jws(signer(), &signature, ent_buf_view(&token), NULL) == ENT_OK);
	ENT_ASSERT(ent_buf_add_byte(&token, '.', NULL) == ENT_OK);
	ENT_ASSERT(ent_base64_encode(&token, ENT_BASE64_URL, ent_buf_view(&signature), NULL) == ENT_OK);
	check_proof(ent_buf_view(&token));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ent_view input = ent_view_from(data, len);
	size_t first = ent_view_find(input, '\n', 0);
	size_t second = ent_view_find(input, '\n', first + 1);

	check_htu(ent_view_slice(input, 0, first));
	if (first == input.len)
		check_proof(input);
	else
		check_signed(ent_view_slice(input, first + 1, second - first - 1), ent_view_slice(input, second + 1, SIZE_MAX));
	return 0;
}
