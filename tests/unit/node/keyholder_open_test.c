/* OPEN: records sealed to this member, and what is not (C-75). */
#include "keyholder_fixture.h"

#include "jose/jwe.h"

static enum ent_status
send_open(struct scene *s, struct ent_view jwe, struct ent_msg *answer)
{
	struct ent_msg ask = { .type = ENT_MSG_OPEN, .open.jwe = jwe };

	return process_call(&s->keyholder, &ask, answer, ENT_MSG_OPENED, s->arena, &s->err);
}

static struct ent_view
seal_to(struct scene *s, const struct ent_key *key, const char *kid, struct ent_view plain)
{
	struct ent_buf jwe = ent_buf_with_max(ENT_JWE_MAX);

	assert_ok(ent_jwe_seal(&jwe, ent_key_public(key), ent_view_str(kid), plain, &s->err));
	return keep_buf(s, &jwe);
}

static void
refused(struct scene *s, struct ent_view jwe, enum ent_status status)
{
	struct ent_msg answer;

	assert_int_equal(send_open(s, jwe, &answer), status);
	ent_error_clear(&s->err);
}

/* C-75 */
static void
a_record_sealed_to_a_data_key_is_opened_and_nothing_else(void **state)
{
	struct scene *s = *state;
	ENT_AUTO(ent_key) other = NULL;
	char kid[ENT_KID_SIZE], other_kid[ENT_KID_SIZE];
	struct ent_view good;
	struct ent_msg answer;
	char cut[4096];

	assert_ok(ent_key_generate(&other, ENT_KEY_EC_P256, &s->err));
	ent_pubkey_kid(kid, ent_key_public(s->home.data));
	ent_pubkey_kid(other_kid, ent_key_public(other));
	good = seal_to(s, s->home.data, kid, ENT_LIT("{\"a record\":1}"));
	assert_ok(send_open(s, good, &answer));
	assert_true(ent_view_eq_str(answer.opened.payload, "{\"a record\":1}"));
	refused(s, seal_to(s, other, other_kid, ENT_LIT("x")), ENT_E_NOT_FOUND); /* another's */
	refused(s, seal_to(s, other, kid, ENT_LIT("x")), ENT_E_TAMPERED);        /* another's under our name */
	refused(s, ENT_LIT("a.b.c"), ENT_E_SYNTAX);
	memcpy(cut, good.data, good.len);
	cut[good.len - 3] = cut[good.len - 3] == 'A' ? 'B' : 'A';
	refused(s, ent_view_from(cut, good.len), ENT_E_TAMPERED);
	assert_ok(send_open(s, good, &answer)); /* it goes on */
}

/* A share that is wrapped to the same key does not come out as a record, whatever is written around it. */
static void
a_wrapped_share_is_no_record(void **state)
{
	struct scene *s = *state;
	ENT_AUTO(ent_pubkey) ephemeral = NULL;
	ENT_AUTO_FINI(ent_buf) jwe = ent_buf_with_max(ENT_JWE_MAX);
	char kid[ENT_KID_SIZE];
	uint8_t blob[ENT_EC_WRAP_LEN];
	json_t *epk = NULL, *header;
	char *text;

	ent_pubkey_kid(kid, ent_key_public(s->home.data));
	assert_ok(ent_wrap_ec(blob, &ephemeral, ent_key_public(s->home.data), s->shares[0], &s->err));
	assert_ok(ent_jwk_make(&epk, ephemeral, &s->err));
	header = json_pack("{s:s, s:s, s:s, s:o}", "alg", "ECDH-ES", "enc", "A256GCM", "kid", kid, "epk", epk);
	text = json_dumps(header, JSON_COMPACT);
	json_decref(header);
	assert_ok(ent_base64_encode(&jwe, ENT_BASE64_URL, ent_view_str(text), &s->err));
	free(text);
	assert_ok(ent_buf_add_str(&jwe, "..", &s->err));
	assert_ok(ent_base64_encode(&jwe, ENT_BASE64_URL, ent_view_from(blob, 12), &s->err));
	assert_ok(ent_buf_add_byte(&jwe, '.', &s->err));
	assert_ok(ent_base64_encode(&jwe, ENT_BASE64_URL, ent_view_from(blob + 12, 32), &s->err));
	assert_ok(ent_buf_add_byte(&jwe, '.', &s->err));
	assert_ok(ent_base64_encode(&jwe, ENT_BASE64_URL, ent_view_from(blob + 44, 16), &s->err));
	refused(s, ent_buf_view(&jwe), ENT_E_TAMPERED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_sealed_to_a_data_key_is_opened_and_nothing_else, scene_setup, scene_teardown),
		cmocka_unit_test_setup_teardown(a_wrapped_share_is_no_record, scene_setup, scene_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
