#include "jose/jwe.h"
#include "crypto/aead.h"
#include "jose_test.h"

#include <stdio.h>
#include <stdlib.h>

#define RECORD "{\"log\":\"uk.example/access\",\"index\":7}"
#define EPK "\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\","             \
            "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"}"
#define GOOD_HEADER "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"kid\":\"e-1\"," EPK "}"

static struct ent_key *
scalar(const char *d)
{
	uint8_t bytes[32];
	struct ent_key *key = NULL;

	assert_ok(ent_base64_decode_exact(bytes, sizeof(bytes), ENT_BASE64_URL, ent_view_str(d), NULL));
	assert_ok(ent_key_from_scalar(&key, ENT_KEY_EC_P256, ent_view_from(bytes, sizeof(bytes)), NULL));
	return key;
}

/* A JWE of exactly these parts, before base64. */
static struct ent_view
compose(struct fixture *f, const char *header, const char *key, size_t iv_len, size_t text_len, size_t tag_len)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(2 * ENT_JWE_MAX);
	const size_t lens[] = { iv_len, text_len, tag_len };
	uint8_t *zeroes = calloc(1, 2 * ENT_JWE_MAX);
	struct ent_view kept;

	assert_ok(ent_base64_encode(&out, ENT_BASE64_URL, ent_view_str(header), NULL));
	assert_ok(ent_buf_printf(&out, NULL, ".%s", key));
	for (size_t i = 0; i < ENT_COUNT(lens); i++) {
		assert_ok(ent_buf_add_byte(&out, '.', NULL));
		assert_ok(ent_base64_encode(&out, ENT_BASE64_URL, ent_view_from(zeroes, lens[i]), NULL));
	}
	free(zeroes);
	assert_ok(ent_arena_dup(f->arena, &kept, ent_buf_view(&out), NULL));
	return kept;
}

static void
refuse(struct fixture *f, struct ent_view compact, enum ent_status status, const char *reason)
{
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	struct ent_error err = { 0 };

	assert_refused(ent_jwe_parse(&jwe, f->arena, compact, &err), status, &err, reason);
	assert_null(jwe.ephemeral);
}

static struct ent_view
sealed(struct fixture *f, struct ent_view plain)
{
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(ENT_JWE_MAX);
	struct ent_view kept;

	assert_ok(ent_jwe_seal(&out, ent_key_public(f->key), ENT_LIT("e-0011223344556677"), plain, NULL));
	assert_ok(ent_arena_dup(f->arena, &kept, ent_buf_view(&out), NULL));
	return kept;
}

/* RFC 7518, appendix C */
static void
the_key_of_rfc_7518_appendix_c_is_derived(void **state)
{
	static const uint8_t want_z[] = { 158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163,
		218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196 };
	ENT_AUTO(ent_key) alice = scalar("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
	ENT_AUTO(ent_key) bob = scalar("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
	ENT_AUTO(ent_secret) z = NULL;
	uint8_t key[16], want[16];

	(void)state;
	assert_ok(ent_key_agree(&z, bob, ent_key_public(alice), NULL));
	assert_memory_equal(ent_secret_bytes(z), want_z, sizeof(want_z));
	ent_jwe_derive(key, sizeof(key), ENT_LIT("A128GCM"), ent_secret_view(z), ENT_LIT("Alice"), ENT_LIT("Bob"));
	assert_ok(ent_base64_decode_exact(want, sizeof(want), ENT_BASE64_URL, ENT_LIT("VqqN6vgjbSBcIijNcacQGg"), NULL));
	assert_memory_equal(key, want, sizeof(want));
}

static void
what_is_sealed_opens_with_its_key_only(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	ENT_AUTO_FINI(ent_buf) plain = ent_buf_with_max(1024);
	struct ent_error err = { 0 };

	assert_ok(ent_jwe_parse(&jwe, f->arena, sealed(f, ENT_LIT(RECORD)), NULL));
	assert_true(ent_view_eq_str(jwe.kid, "e-0011223344556677"));
	assert_ok(ent_jwe_open(&plain, &jwe, f->key, NULL));
	assert_true(ent_view_eq_str(ent_buf_view(&plain), RECORD));
	ent_buf_clear(&plain);
	assert_refused(ent_jwe_open(&plain, &jwe, f->other, &err), ENT_E_TAMPERED, &err, "tag");
	assert_int_equal(plain.len, 0);
}

static void
two_seals_of_one_text_have_nothing_in_common(void **state)
{
	struct fixture *f = *state;
	struct ent_view a = sealed(f, ENT_LIT(RECORD)), b = sealed(f, ENT_LIT(RECORD));
	ENT_AUTO_FINI(ent_jwe) first = { 0 };
	ENT_AUTO_FINI(ent_jwe) second = { 0 };

	assert_ok(ent_jwe_parse(&first, f->arena, a, NULL));
	assert_ok(ent_jwe_parse(&second, f->arena, b, NULL));
	assert_false(ent_pubkey_eq(first.ephemeral, second.ephemeral));
	assert_false(ent_view_eq(first.sealed, second.sealed));
}

/* Change each character in turn: it is no JWE any more, or it does not open. */
static void
a_changed_character_anywhere_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct ent_view good = sealed(f, ENT_LIT("x"));

	for (size_t i = 0; i < good.len; i++) {
		ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
		ENT_AUTO_FINI(ent_buf) plain = ent_buf_with_max(1024);
		ENT_AUTO(ent_arena) arena = NULL;
		char copy[2048];

		assert_ok(ent_arena_new(&arena, 65536, NULL));
		memcpy(copy, good.data, good.len);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		if (ent_jwe_parse(&jwe, arena, ent_view_from(copy, good.len), NULL) == ENT_OK)
			assert_int_equal(ent_jwe_open(&plain, &jwe, f->key, NULL), ENT_E_TAMPERED);
		assert_int_equal(plain.len, 0);
	}
}

/* The same shared secret through the KDF of shares gives another key: the keyholder's two uses never meet. */
static void
a_share_s_wrapping_is_no_jwe(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_key) once = scalar("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
	ENT_AUTO(ent_secret) z = NULL;
	uint8_t wk[32], cek[32], salt[32];
	struct ent_hash tdf;

	assert_ok(ent_key_agree(&z, once, ent_key_public(f->key), NULL));
	ent_sha256(&tdf, ENT_LIT("TDF"));
	memcpy(salt, tdf.bytes, sizeof(salt));
	assert_ok(ent_hkdf_sha256(wk, sizeof(wk), ent_view_from(salt, 32), ent_secret_view(z), ENT_VIEW_NONE, NULL));
	ent_jwe_derive(cek, sizeof(cek), ENT_LIT("A256GCM"), ent_secret_view(z), ENT_VIEW_NONE, ENT_VIEW_NONE);
	assert_memory_not_equal(wk, cek, sizeof(wk));
}

static void
party_information_is_part_of_the_key(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_key) bob = scalar("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
	ENT_AUTO(ent_key) alice = scalar("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
	const char *header = "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"apu\":\"QWxpY2U\",\"apv\":\"Qm9i\"," EPK "}";
	ENT_AUTO_FINI(ent_buf) compact = ent_buf_with_max(4096);
	ENT_AUTO_FINI(ent_buf) plain = ent_buf_with_max(4096);
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	ENT_AUTO(ent_secret) z = NULL;
	ENT_AUTO(ent_gcm) gcm = NULL;
	uint8_t cek[32], blob[3 + ENT_GCM_OVERHEAD];

	assert_ok(ent_key_agree(&z, alice, ent_key_public(bob), NULL));
	ent_jwe_derive(cek, sizeof(cek), ENT_LIT("A256GCM"), ent_secret_view(z), ENT_LIT("Alice"), ENT_LIT("Bob"));
	assert_ok(ent_gcm_new(&gcm, ent_view_from(cek, sizeof(cek)), NULL));
	assert_ok(ent_base64_encode(&compact, ENT_BASE64_URL, ent_view_str(header), NULL));
	assert_ok(ent_gcm_seal_with(gcm, blob, NULL, ent_buf_view(&compact), ENT_LIT("abc"), NULL));
	assert_ok(ent_buf_add_str(&compact, "..", NULL));
	assert_ok(ent_base64_encode(&compact, ENT_BASE64_URL, ent_view_from(blob, 12), NULL));
	assert_ok(ent_buf_add_byte(&compact, '.', NULL));
	assert_ok(ent_base64_encode(&compact, ENT_BASE64_URL, ent_view_from(blob + 12, 3), NULL));
	assert_ok(ent_buf_add_byte(&compact, '.', NULL));
	assert_ok(ent_base64_encode(&compact, ENT_BASE64_URL, ent_view_from(blob + 15, 16), NULL));
	assert_ok(ent_jwe_parse(&jwe, f->arena, ent_buf_view(&compact), NULL));
	assert_ok(ent_jwe_open(&plain, &jwe, bob, NULL));
	assert_true(ent_view_eq_str(ent_buf_view(&plain), "abc"));
}

static void
only_the_one_form_is_parsed(void **state)
{
	static const struct {
		const char *header;
		enum ent_status status;
		const char *reason;
	} bad[] = {
		{ "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\"," EPK "}", ENT_E_UNSUPPORTED, "`alg`" },
		{ "{\"alg\":\"dir\",\"enc\":\"A256GCM\"," EPK "}", ENT_E_UNSUPPORTED, "`alg`" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK "}", ENT_E_UNSUPPORTED, "`enc`" },
		{ "{\"enc\":\"A256GCM\"," EPK "}", ENT_E_UNSUPPORTED, "`alg`" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"," EPK "}", ENT_E_UNSUPPORTED, "`zip`" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"crit\":[\"x\"]," EPK "}", ENT_E_UNSUPPORTED, "`crit`" },
		{ "{\"alg\":\"ECDH-ES\",\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\"," EPK "}", ENT_E_SYNTAX, "twice" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\"}", ENT_E_SYNTAX, "`epk`" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"kid\":7," EPK "}", ENT_E_SYNTAX, "`kid`" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"kid\":\"a b\"," EPK "}", ENT_E_SYNTAX, "`kid`" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"apu\":[]," EPK "}", ENT_E_SYNTAX, "`apu`" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
		  "\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\"}}",
		    ENT_E_INPUT, "" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}}", ENT_E_UNSUPPORTED, "" },
		{ "[]", ENT_E_SYNTAX, "object" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ENT_COUNT(bad); i++)
		refuse(f, compose(f, bad[i].header, "", 12, 3, 16), bad[i].status, bad[i].reason);
	refuse(f, compose(f, GOOD_HEADER, "AA", 12, 3, 16), ENT_E_SYNTAX, "encrypted key");
	refuse(f, compose(f, GOOD_HEADER, "", 11, 3, 16), ENT_E_SYNTAX, "IV");
	refuse(f, compose(f, GOOD_HEADER, "", 13, 3, 16), ENT_E_SYNTAX, "IV");
	refuse(f, compose(f, GOOD_HEADER, "", 12, 3, 15), ENT_E_SYNTAX, "tag");
	refuse(f, compose(f, GOOD_HEADER, "", 12, 3, 17), ENT_E_SYNTAX, "tag");
	refuse(f, ENT_LIT("a.b.c.d"), ENT_E_SYNTAX, "five parts");
	refuse(f, ENT_LIT("a.b.c.d.e.f"), ENT_E_SYNTAX, "five parts");
	refuse(f, ENT_LIT(""), ENT_E_SYNTAX, "five parts");
}

static void
each_limit_holds_at_its_border(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO_FINI(ent_jwe) jwe = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(2 * ENT_JWE_MAX);
	uint8_t *plain = calloc(1, ENT_JWE_PLAIN_MAX + 1);
	struct ent_error err = { 0 };

	assert_ok(ent_jwe_seal(&out, ent_key_public(f->key), ENT_LIT("k"), ent_view_from(plain, ENT_JWE_PLAIN_MAX), NULL));
	assert_ok(ent_jwe_parse(&jwe, f->arena, ent_buf_view(&out), NULL));
	assert_refused(ent_jwe_seal(&out, ent_key_public(f->key), ENT_LIT("k"), ent_view_from(plain, ENT_JWE_PLAIN_MAX + 1), &err),
	    ENT_E_LIMIT, &err, "limit");
	refuse(f, compose(f, GOOD_HEADER, "", 12, ENT_JWE_PLAIN_MAX + 1, 16), ENT_E_LIMIT, "inside");
	refuse(f, compose(f, GOOD_HEADER, "", 12, ENT_JWE_MAX, 16), ENT_E_LIMIT, "characters");
	assert_refused(ent_jwe_seal(&out, ent_key_public(f->key), ENT_LIT(""), ENT_LIT("x"), &err), ENT_E_INPUT, &err, "kid");
	free(plain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_key_of_rfc_7518_appendix_c_is_derived, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_sealed_opens_with_its_key_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_seals_of_one_text_have_nothing_in_common, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_changed_character_anywhere_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_share_s_wrapping_is_no_jwe, set_up, tear_down),
		cmocka_unit_test_setup_teardown(party_information_is_part_of_the_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_the_one_form_is_parsed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_limit_holds_at_its_border, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
