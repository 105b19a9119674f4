/* CHECK: what the keyholder verifies by itself before it unwraps, and when it has unwrapped. */
#include <unistd.h>

#include "keyholder_fixture.h"

#define WIRE(text) "invalid_argument: request error\nrpc error: code = InvalidArgument desc = " text
#define BAD WIRE("bad request")

static const char *
text_of_result(struct scene *s, size_t i)
{
	struct ent_view result = s->checked.checked.results.items[i];
	const char *text;

	assert_true(result.len > 1 && result.data[0] == 0);
	assert_ok(ent_arena_strdup(s->arena, &text, ent_view_slice(result, 1, result.len), &s->err));
	return text;
}

/* Ask again for both objects; the first must be refused with this text, the second be bound. */
static void
assert_first_refused(struct scene *s, const char *text)
{
	s->request_token = request_token(s, s->dpop, 60);
	assert_ok(send_check(s));
	assert_string_equal(text_of_result(s, 0), text);
	assert_true(is_bound(s, 1));
	assert_true(s->checked.checked.handle != 0);
}

static void
flip_base64(struct scene *s, struct ent_view *text, size_t at)
{
	struct ent_buf bytes = ent_buf_with_max(4096);

	assert_ok(ent_base64_decode(&bytes, ENT_BASE64_STD, *text, &s->err));
	bytes.data[at] ^= 1;
	assert_ok(ent_base64_encode_arena(s->arena, text, ENT_BASE64_STD, ent_buf_view(&bytes), &s->err));
	ent_buf_fini(&bytes);
}

/* ---- the sender ---- */

/* C-41 C-49 */
static void
a_bearer_token_gets_nothing(void **state)
{
	struct scene *s = *state;

	s->token = access_token(s, NULL, 300);
	assert_int_equal(send_check(s), ENT_E_UNAUTHENTICATED);
	assert_non_null(strstr(s->err.text, "cnf.jkt"));
}

static void
a_token_bound_to_another_key_gets_nothing(void **state)
{
	struct scene *s = *state;

	s->token = access_token(s, s->session, 300);
	assert_int_equal(send_check(s), ENT_E_UNAUTHENTICATED);
}

static void
a_request_token_signed_by_another_key_gets_nothing(void **state)
{
	struct scene *s = *state;

	s->request_token = request_token(s, s->session, 60);
	assert_int_equal(send_check(s), ENT_E_SIGNATURE);
}

/* A compromised judge that names the key it has signed with: it is not the token's. */
static void
a_proof_key_of_the_judges_own_gets_nothing(void **state)
{
	struct scene *s = *state;
	struct ent_msg ask = check_message(s);
	struct ent_msg answer;

	ask.check.request_token = request_token(s, s->session, 60);
	ask.check.dpop_key = ent_pubkey_spki(ent_key_public(s->session));
	assert_int_equal(ask_keyholder(s, &ask, &answer, ENT_MSG_CHECKED), ENT_E_UNAUTHENTICATED);
}

static void
tokens_that_are_over_get_nothing(void **state)
{
	struct scene *s = *state;

	s->token = access_token(s, s->dpop, -3600);
	assert_int_equal(send_check(s), ENT_E_UNAUTHENTICATED);
	s->token = access_token(s, s->dpop, 300);
	s->request_token = request_token(s, s->dpop, -3600);
	assert_int_equal(send_check(s), ENT_E_UNAUTHENTICATED);
}

static void
a_session_key_changed_by_the_judge_breaks_the_signature(void **state)
{
	struct scene *s = *state;
	struct ent_buf token = ent_buf_with_max(ENT_JWS_MAX);
	struct ent_view genuine = s->request_token;
	size_t first = ent_view_find(genuine, '.', 0), second = ent_view_find(genuine, '.', first + 1);
	struct ent_view forged;
	ENT_AUTO(ent_key) mine = NULL;

	/* The judge's own session key in the payload, the caller's signature behind it. */
	assert_ok(ent_key_generate(&mine, ENT_KEY_EC_P256, &s->err));
	ent_key_free(s->session);
	s->session = ent_take(&mine);
	forged = request_token(s, s->dpop, 60);
	assert_ok(ent_buf_add(&token, ent_view_slice(forged, 0, ent_view_find(forged, '.', ent_view_find(forged, '.', 0) + 1)), &s->err));
	assert_ok(ent_buf_add(&token, ent_view_slice(genuine, second, genuine.len), &s->err));
	s->request_token = keep_buf(s, &token);
	assert_int_equal(send_check(s), ENT_E_SIGNATURE);
}

/* ---- which objects ---- */

static enum ent_status
check_indexes(struct scene *s, uint64_t policy, const struct ent_view *indexes, size_t count)
{
	struct ent_msg ask = check_message(s);
	struct ent_msg answer;

	ask.check.policy = policy;
	ask.check.objects = list_of(s, indexes, count);
	return ask_keyholder(s, &ask, &answer, ENT_MSG_CHECKED);
}

static void
objects_that_the_request_does_not_have_are_refused(void **state)
{
	const struct ent_view good = ENT_LIT("\0\0\0\0"), beyond = ENT_LIT("\0\0\0\2"), far = ENT_LIT("\xff\xff\xff\xff");
	const struct ent_view short_one = ENT_LIT("\0\0\0"), long_one = ENT_LIT("\0\0\0\0\0");
	struct scene *s = *state;

	assert_ok(check_indexes(s, 0, &good, 1));
	assert_int_equal(check_indexes(s, 1, &good, 1), ENT_E_INPUT);
	assert_int_equal(check_indexes(s, 0, &beyond, 1), ENT_E_INPUT);
	assert_int_equal(check_indexes(s, 0, &far, 1), ENT_E_INPUT);
	assert_int_equal(check_indexes(s, 0, &short_one, 1), ENT_E_INPUT);
	assert_int_equal(check_indexes(s, 0, &long_one, 1), ENT_E_INPUT);
	assert_int_equal(check_indexes(s, 0, NULL, 0), ENT_E_INPUT);
	assert_int_equal(check_indexes(s, 0, (const struct ent_view[]){ good, good }, 2), ENT_E_INPUT);
}

/* ---- objects that are wrong as they stand ---- */

static void
each_malformed_object_is_refused_with_the_text_of_the_wire(void **state)
{
	struct scene *s = *state;
	struct ent_rewrap_object good = s->objects[0];
	struct ent_kao *kao = &s->objects[0].kao;

	s->objects[0].present = false;
	assert_first_refused(s, WIRE("key access object is nil"));
	s->objects[0] = good;
	kao->wrapped_key = ENT_VIEW_NONE;
	assert_first_refused(s, WIRE("wrapped key is empty"));
	*kao = good.kao;
	kao->type = ENT_LIT("wrapped");
	assert_first_refused(s, WIRE("unsupported key type"));
	*kao = good.kao;
	kao->kid = ENT_LIT("e-0000000000000000");
	assert_first_refused(s, BAD);
	kao->kid = ENT_VIEW_NONE;
	assert_first_refused(s, BAD);
	*kao = good.kao;
	kao->ephemeral_pem = ENT_LIT("no PEM");
	assert_first_refused(s, WIRE("invalid ephemeral public key PEM"));
	kao->ephemeral_pem = ENT_VIEW_NONE;
	assert_first_refused(s, WIRE("invalid ephemeral public key PEM"));
	*kao = good.kao;
	kao->binding_hash = ENT_VIEW_NONE;
	assert_first_refused(s, WIRE("missing policy binding"));
	*kao = good.kao;
	kao->binding_alg = ENT_LIT("none");
	assert_first_refused(s, BAD);
	*kao = good.kao;
	kao->wrapped_key = ENT_LIT("AAAA");
	assert_first_refused(s, BAD);
	*kao = good.kao;
	kao->sid = ENT_LIT("7"); /* not in the seal */
	assert_first_refused(s, BAD);
	kao->sid = ENT_LIT("2"); /* in the seal, with another share's hash */
	assert_first_refused(s, BAD);
	kao->sid = ENT_VIEW_NONE;
	assert_first_refused(s, BAD);
}

/* An unsealed file may have any sid, but not one that would forge lines of a record, or that none could hold. */
static void
a_sid_that_no_record_can_name_is_refused(void **state)
{
	static const char *const bad[] = { "1\nresult released", "1 2", "\x7f", "\xc3\xa4",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" /* 65 */ };
	struct scene *s = *state;

	set_policy(s, UUID, ENT_VIEW_NONE);
	set_object(s, 0);
	set_object(s, 1);
	for (size_t i = 0; i < ENT_COUNT(bad); i++) {
		s->objects[0].kao.sid = ent_view_str(bad[i]);
		assert_first_refused(s, BAD);
	}
	s->objects[0].kao.sid = ent_view_str(bad[4] + 1); /* 64 */
	s->request_token = request_token(s, s->dpop, 60);
	assert_ok(send_check(s));
	assert_true(is_bound(s, 0));
}

/* ---- tampering that shows only with the share ---- */

static void
a_flipped_bit_in_wrapped_key_binding_or_ephemeral_key_is_a_bad_request(void **state)
{
	struct scene *s = *state;
	struct ent_kao good = s->objects[0].kao;
	struct ent_kao *kao = &s->objects[0].kao;

	for (size_t at = 0; at < ENT_EC_WRAP_LEN; at += 7) {
		flip_base64(s, &kao->wrapped_key, at);
		assert_first_refused(s, BAD);
		*kao = good;
	}
	flip_base64(s, &kao->binding_hash, 63);
	assert_first_refused(s, BAD);
	*kao = good;
	kao->ephemeral_pem = s->objects[1].kao.ephemeral_pem;
	assert_first_refused(s, BAD);
}

static void
another_policy_breaks_the_binding(void **state)
{
	struct scene *s = *state;

	set_policy(s, UUID, ENT_VIEW_NONE); /* the seal taken off: the shares are bound to the sealed one */
	s->request_token = request_token(s, s->dpop, 60);
	assert_ok(send_check(s));
	assert_string_equal(text_of_result(s, 0), BAD);
	assert_string_equal(text_of_result(s, 1), BAD);
	assert_int_equal(s->checked.checked.handle, 0);
}

/* A reader who knows all shares of a file makes a new one of them: bound, but not what was sealed. */
static void
shares_that_are_not_the_sealed_ones_are_refused_though_they_are_bound(void **state)
{
	struct scene *s = *state;

	ent_secret_free(s->shares[0]); /* its hash stays in the seal */
	assert_ok(ent_secret_random(&s->shares[0], ENT_SHARE_LEN, &s->err));
	set_object(s, 0);
	assert_first_refused(s, BAD);
}

static void
a_policy_that_cannot_be_read_makes_every_object_a_bad_request(void **state)
{
	struct ent_view seal_of_another_file, policies[4];
	struct scene *s = *state;

	seal_of_another_file = seal_note(s, seal_text(s, PARTY, OTHER_UUID));
	set_policy(s, UUID, seal_of_another_file);
	policies[0] = s->policy;
	set_policy(s, UUID, ENT_LIT("no note"));
	policies[1] = s->policy;
	policies[2] = ENT_LIT("!");
	policies[3] = ENT_LIT("e30=");
	for (size_t i = 0; i < ENT_COUNT(policies); i++) {
		s->policy = policies[i];
		set_object(s, 0);
		set_object(s, 1);
		s->request_token = request_token(s, s->dpop, 60);
		assert_ok(send_check(s));
		assert_string_equal(text_of_result(s, 0), BAD);
		assert_string_equal(text_of_result(s, 1), BAD);
		assert_int_equal(s->checked.checked.handle, 0);
		assert_int_equal(s->checked.checked.session_hash.len, ENT_HASH_LEN);
	}
}

/* Only what was bound is kept, so only that is released. */
static void
of_two_objects_the_bound_one_is_released(void **state)
{
	struct scene *s = *state;
	struct ent_msg answer;

	s->objects[0].kao.wrapped_key = s->objects[1].kao.wrapped_key;
	s->request_token = request_token(s, s->dpop, 60);
	assert_ok(send_check(s));
	assert_false(is_bound(s, 0));
	honest_record(s);
	assert_int_equal(s->record.share_count, 1);
	write_down(s);
	append_entry(s);
	assert_ok(send_release(s, &answer));
	assert_int_equal(answer.released.wrapped.count, 1);
}

/* ---- the same request again ---- */

static struct ent_view
release_session_key(struct scene *s)
{
	struct ent_msg answer;

	honest_record(s);
	write_down(s);
	append_entry(s);
	assert_ok(send_release(s, &answer));
	return keep(s, answer.released.session_public);
}

/* As for two policies of one request: both answers are wrapped under one key of ours (wire reference 2.5). */
static void
checks_of_one_request_share_one_session_key_and_those_of_another_do_not(void **state)
{
	struct scene *s = *state;
	struct ent_msg second;
	struct ent_view one, two, other;

	assert_ok(send_check(s));
	one = release_session_key(s);
	assert_ok(send_check(s));
	second = s->checked;
	assert_ok(send_check(s));
	assert_true(second.checked.handle != s->checked.checked.handle);
	two = release_session_key(s);
	s->checked = second;
	assert_true(ent_view_eq(release_session_key(s), two));
	s->request_token = request_token(s, s->dpop, 60);
	assert_ok(send_check(s));
	other = release_session_key(s);
	assert_false(ent_view_eq(one, other));
	assert_false(ent_view_eq(two, other));
}

/* What was verified once is taken as verified for exactly the same bytes, and for nothing that shares a part with them. */
static void
a_verified_request_vouches_for_no_other_token_key_or_request(void **state)
{
	struct scene *s = *state;
	struct ent_view token = s->token;
	struct ent_msg ask, answer;

	assert_ok(send_check(s));
	s->token = access_token(s, NULL, 300);
	assert_int_equal(send_check(s), ENT_E_UNAUTHENTICATED);
	s->token = token;
	assert_ok(send_check(s));
	ask = check_message(s);
	ask.check.dpop_key = ent_pubkey_spki(ent_key_public(s->session));
	assert_int_equal(ask_keyholder(s, &ask, &answer, ENT_MSG_CHECKED), ENT_E_UNAUTHENTICATED);
	assert_ok(send_check(s));
	s->request_token = request_token(s, s->session, 60);
	assert_int_equal(send_check(s), ENT_E_SIGNATURE);
}

static void
a_verified_request_ends_with_its_tokens(void **state)
{
	struct scene *s = *state;

	s->request_token = request_token(s, s->dpop, -58); /* 60 s of clocks that differ are allowed */
	assert_ok(send_check(s));
	sleep(3);
	assert_int_equal(send_check(s), ENT_E_UNAUTHENTICATED);
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_bearer_token_gets_nothing),
		TEST(a_token_bound_to_another_key_gets_nothing),
		TEST(a_request_token_signed_by_another_key_gets_nothing),
		TEST(a_proof_key_of_the_judges_own_gets_nothing),
		TEST(tokens_that_are_over_get_nothing),
		TEST(a_session_key_changed_by_the_judge_breaks_the_signature),
		TEST(objects_that_the_request_does_not_have_are_refused),
		TEST(each_malformed_object_is_refused_with_the_text_of_the_wire),
		TEST(a_sid_that_no_record_can_name_is_refused),
		TEST(a_flipped_bit_in_wrapped_key_binding_or_ephemeral_key_is_a_bad_request),
		TEST(another_policy_breaks_the_binding),
		TEST(shares_that_are_not_the_sealed_ones_are_refused_though_they_are_bound),
		TEST(a_policy_that_cannot_be_read_makes_every_object_a_bad_request),
		TEST(of_two_objects_the_bound_one_is_released),
		TEST(checks_of_one_request_share_one_session_key_and_those_of_another_do_not),
		TEST(a_verified_request_vouches_for_no_other_token_key_or_request),
		TEST(a_verified_request_ends_with_its_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
