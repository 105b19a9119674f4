/* The keyholder with a judge that lies: nothing leaves without a record of exactly that in a signed checkpoint. */
#include "keyholder_fixture.h"

static void
check_and_record(struct scene *s)
{
	assert_ok(send_check(s));
	assert_true(s->checked.checked.handle != 0);
	honest_record(s);
}

static void
assert_opens(struct scene *s, const struct ent_msg_released *released, size_t i, size_t share)
{
	ENT_AUTO(ent_pubkey) ephemeral = NULL;
	ENT_AUTO(ent_secret) opened = NULL;

	assert_ok(ent_pubkey_from_spki(&ephemeral, released->session_public, &s->err));
	assert_ok(ent_unwrap_ec(&opened, s->session, ephemeral, released->wrapped.items[i], &s->err));
	assert_true(ent_equal_ct(ent_secret_view(opened), ent_secret_view(s->shares[share])));
}

static void
an_honest_judge_gets_the_shares_wrapped_for_the_caller(void **state)
{
	struct scene *s = *state;
	struct ent_hash session;
	struct ent_msg answer;

	check_and_record(s);
	ent_sha256(&session, ent_pubkey_spki(ent_key_public(s->session)));
	assert_true(ent_view_eq(s->checked.checked.session_hash, ent_hash_view(&session)));
	write_down(s);
	append_entry(s);
	assert_ok(send_release(s, &answer));
	assert_int_equal(answer.released.wrapped.count, SHARES);
	for (size_t i = 0; i < SHARES; i++)
		assert_opens(s, &answer.released, i, i);
}

static void
an_unsealed_file_without_sid_is_released_too(void **state)
{
	struct scene *s = *state;
	struct ent_msg answer;

	set_policy(s, UUID, ENT_VIEW_NONE);
	set_object(s, 0);
	set_object(s, 1);
	s->objects[0].kao.sid = ENT_VIEW_NONE;
	s->request_token = request_token(s, s->dpop, 60);
	check_and_record(s);
	write_down(s);
	append_entry(s);
	assert_ok(send_release(s, &answer));
	assert_opens(s, &answer.released, 0, 0);
}

/*
 * One answer has one session key, and a request of several policies is checked policy by policy: all CHECKs come before the
 * first RELEASE. The third belongs to another request.
 */
static void
the_checks_of_one_request_share_a_session_key(void **state)
{
	struct scene *s = *state;
	struct ent_msg_release release[3];
	struct ent_view keys[ENT_COUNT(release)];
	struct ent_msg answer;

	for (size_t i = 0; i < ENT_COUNT(release); i++) {
		if (i == 2)
			s->request_token = request_token(s, s->dpop, 50);
		check_and_record(s);
		write_down(s);
		append_entry(s);
		release[i] = s->release;
	}
	for (size_t i = 0; i < ENT_COUNT(release); i++) {
		s->release = release[i];
		assert_ok(send_release(s, &answer));
		keys[i] = keep(s, answer.released.session_public);
		assert_opens(s, &answer.released, 0, 0);
	}
	assert_true(ent_view_eq(keys[0], keys[1]));
	assert_false(ent_view_eq(keys[0], keys[2]));
}

/* ---- lies in the record: it is logged, but it is not of this release ---- */

static void lie_token(struct scene *s) { s->record.token.bytes[0] ^= 1; }
static void lie_no_token(struct scene *s) { s->record.has_token = false; }
static void lie_policy(struct scene *s) { s->record.policy.bytes[31] ^= 1; }
static void lie_no_policy(struct scene *s) { s->record.has_policy = false; }
static void lie_session(struct scene *s) { s->record.session.bytes[7] ^= 1; }
static void lie_no_session(struct scene *s) { s->record.has_session = false; }
static void lie_file(struct scene *s) { s->record.file = ENT_LIT(OTHER_UUID); }
static void lie_no_file(struct scene *s) { s->record.file = ENT_LIT("-"); }
static void lie_share_hash(struct scene *s) { s->lines[0].wrapped.bytes[0] ^= 1; }
static void lie_share_sid(struct scene *s) { s->lines[1].sid = ENT_LIT("3"); }
static void lie_share_kid(struct scene *s) { s->lines[1].kid = ENT_LIT("e-0000000000000000"); }
static void lie_missing_share(struct scene *s) { s->record.share_count--; }
static void lie_no_share(struct scene *s) { s->record.share_count = 0; }
static void lie_one_share_twice(struct scene *s) { s->lines[1] = s->lines[0]; s->lines[1].sid = ENT_LIT("2"); }
static void lie_entry_refused(struct scene *s) { s->entry_result = ENT_RESULT_REFUSED; }
static void lie_record_refused(struct scene *s) { s->record.result = ENT_RESULT_REFUSED; }
static void lie_both_refused(struct scene *s) { lie_entry_refused(s); lie_record_refused(s); }
static void lie_both_sealed(struct scene *s) { s->entry_result = s->record.result = ENT_RESULT_SEALED; }
static void lie_short_record(struct scene *s) { s->record.full = false; }
static void lie_short_salt(struct scene *s) { s->salt.len = 31; }

static void
lie_extra_share(struct scene *s)
{
	s->lines[SHARES] = (struct ent_share_line){ ENT_LIT("3"), s->lines[0].kid, hash_of("another") };
	s->record.share_count++;
}

/* ---- lies about the log: the record is right, but it is not logged ---- */

static void
flip(struct scene *s, struct ent_view *bytes, size_t at)
{
	*bytes = keep(s, *bytes);
	((uint8_t *)(uintptr_t)bytes->data)[at] ^= 1;
}

static void lie_no_entry(struct scene *s) { s->release.entry = ENT_VIEW_NONE; }
static void lie_no_record(struct scene *s) { s->release.record = ENT_VIEW_NONE; }
static void lie_salt(struct scene *s) { s->release.salt = ENT_LIT("0123456789abcdef0123456789abcdeX"); }
static void lie_no_checkpoint(struct scene *s) { s->release.checkpoint = ENT_VIEW_NONE; }
static void lie_no_proof(struct scene *s) { s->release.proof = ENT_VIEW_NONE; }
static void lie_proof_bit(struct scene *s) { flip(s, &s->release.proof, 5); }
static void lie_proof_cut(struct scene *s) { s->release.proof.len -= 1; }
static void lie_checkpoint_bit(struct scene *s) { flip(s, &s->release.checkpoint, s->release.checkpoint.len - 20); }
static void lie_record_byte(struct scene *s) { flip(s, &s->release.record, s->release.record.len - 2); }

/* The salt's last byte moved to the record's front: the same bytes are hashed. */
static void
lie_salt_boundary(struct scene *s)
{
	struct ent_view joined[] = { ent_view_slice(s->release.salt, 31, 1), s->release.record };
	struct ent_buf text = ent_buf_with_max(ENT_NOTE_MAX);

	assert_ok(ent_buf_add(&text, joined[0], &s->err));
	assert_ok(ent_buf_add(&text, joined[1], &s->err));
	s->release.record = keep_buf(s, &text);
	s->release.salt.len = 31;
}

static void
lie_proof_longer(struct scene *s)
{
	struct ent_buf proof = ent_buf_with_max(4096);
	struct ent_hash more = hash_of("more");

	assert_ok(ent_buf_add(&proof, s->release.proof, &s->err));
	assert_ok(ent_buf_add(&proof, ent_hash_view(&more), &s->err));
	s->release.proof = keep_buf(s, &proof);
}

static void
lie_proof_one_byte_more(struct scene *s)
{
	struct ent_buf proof = ent_buf_with_max(4096);

	assert_ok(ent_buf_add(&proof, s->release.proof, &s->err));
	assert_ok(ent_buf_add_byte(&proof, 0, &s->err));
	s->release.proof = keep_buf(s, &proof);
}

/* An entry that commits to the record, for the index of one that is in the log. */
static void
lie_entry_of_another_index(struct scene *s)
{
	struct ent_hash commitment;

	ent_sha256_parts(&commitment, (const struct ent_view[]){ s->release.salt, s->release.record }, 2);
	s->release.entry = entry_text(s, 0, &commitment);
}

static void
lie_entry_that_was_never_appended(struct scene *s)
{
	struct ent_hash commitment;

	ent_sha256_parts(&commitment, (const struct ent_view[]){ s->release.salt, s->release.record }, 2);
	s->release.entry = entry_text(s, log_size(s), &commitment);
}

static void
checkpoint_of(struct scene *s, const struct ent_signer *signer)
{
	struct ent_buf text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_buf note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_checkpoint cp = { .origin = ENT_LIT(PARTY "/access"), .size = 1 };
	struct ent_hash commitment;

	/* A log of its own, with the one entry that it wants to have logged. */
	ent_sha256_parts(&commitment, (const struct ent_view[]){ s->release.salt, s->release.record }, 2);
	s->release.entry = entry_text(s, 0, &commitment);
	s->release.proof = ENT_VIEW_NONE;
	ent_tlog_leaf_hash(&cp.root, s->release.entry);
	assert_ok(ent_checkpoint_print(&text, &cp, &s->err));
	assert_ok(ent_note_sign(&note, ent_buf_view(&text), &signer, 1, &s->err));
	ent_buf_fini(&text);
	s->release.checkpoint = keep_buf(s, &note);
}

static void
lie_checkpoint_of_a_made_up_key(struct scene *s)
{
	ENT_AUTO(ent_signer) signer = NULL;

	assert_ok(ent_signer_generate(&signer, ENT_LIT(PARTY "/access"), ENT_NOTE_TYPE_ED25519, &s->err));
	checkpoint_of(s, signer);
}

static void
lie_checkpoint_under_the_seal_key(struct scene *s)
{
	checkpoint_of(s, s->home.seal);
}

/* ---- each lie by itself ---- */

struct lie {
	const char *name;
	void (*in_record)(struct scene *s);
	void (*in_release)(struct scene *s);
};

#define IN_RECORD(lie) { #lie, lie, NULL }
#define IN_RELEASE(lie) { #lie, NULL, lie }

static const struct lie lies[] = {
	IN_RECORD(lie_token), IN_RECORD(lie_no_token), IN_RECORD(lie_policy), IN_RECORD(lie_no_policy), IN_RECORD(lie_session),
	IN_RECORD(lie_no_session), IN_RECORD(lie_file), IN_RECORD(lie_no_file), IN_RECORD(lie_share_hash),
	IN_RECORD(lie_share_sid), IN_RECORD(lie_share_kid), IN_RECORD(lie_missing_share), IN_RECORD(lie_no_share),
	IN_RECORD(lie_one_share_twice), IN_RECORD(lie_extra_share), IN_RECORD(lie_entry_refused), IN_RECORD(lie_record_refused),
	IN_RECORD(lie_both_refused), IN_RECORD(lie_both_sealed), IN_RECORD(lie_short_record), IN_RECORD(lie_short_salt), IN_RELEASE(lie_no_entry),
	IN_RELEASE(lie_no_record), IN_RELEASE(lie_salt), IN_RELEASE(lie_salt_boundary), IN_RELEASE(lie_record_byte),
	IN_RELEASE(lie_no_checkpoint), IN_RELEASE(lie_checkpoint_bit), IN_RELEASE(lie_no_proof), IN_RELEASE(lie_proof_bit),
	IN_RELEASE(lie_proof_cut), IN_RELEASE(lie_proof_longer), IN_RELEASE(lie_proof_one_byte_more),
	IN_RELEASE(lie_entry_of_another_index),
	IN_RELEASE(lie_entry_that_was_never_appended), IN_RELEASE(lie_checkpoint_of_a_made_up_key),
	IN_RELEASE(lie_checkpoint_under_the_seal_key),
};

static void
try_lie(struct scene *s, const struct lie *lie)
{
	struct ent_msg_release told;
	struct ent_msg answer;
	enum ent_status status;

	check_and_record(s);
	s->salt.len = 32;
	if (lie->in_record != NULL)
		lie->in_record(s);
	write_down(s);
	append_entry(s);
	told = s->release;
	if (lie->in_release != NULL)
		lie->in_release(s);
	status = send_release(s, &answer);
	if (status != ENT_E_REFUSED)
		fail_msg("%s: status %d, %s", lie->name, status, s->err.text);
	/* And the handle is gone: the truth comes too late. */
	s->release = told;
	assert_int_equal(send_release(s, &answer), ENT_E_REFUSED);
	assert_non_null(strstr(s->err.text, "handle"));
}

/* C-46 C-48 C-49 */
static void
every_single_lie_of_the_judge_is_refused_and_ends_the_handle(void **state)
{
	struct scene *s = *state;

	/* Something is in the log before, so that proofs have hashes. */
	for (int i = 0; i < 3; i++) {
		check_and_record(s);
		write_down(s);
		append_entry(s);
	}
	for (size_t i = 0; i < ENT_COUNT(lies); i++)
		try_lie(s, &lies[i]);
}

/* The checkpoint is signed and of the log, but older than the entry. */
static void
a_checkpoint_from_before_the_entry_is_refused(void **state)
{
	struct scene *s = *state;
	struct ent_view before;
	struct ent_msg answer;

	check_and_record(s);
	write_down(s);
	append_entry(s);
	before = s->release.checkpoint;
	check_and_record(s);
	write_down(s);
	append_entry(s);
	s->release.checkpoint = before;
	assert_int_equal(send_release(s, &answer), ENT_E_REFUSED);
}

/* C-49 */
static void
a_handle_works_once(void **state)
{
	struct scene *s = *state;
	struct ent_msg answer;

	check_and_record(s);
	write_down(s);
	append_entry(s);
	assert_ok(send_release(s, &answer));
	assert_int_equal(send_release(s, &answer), ENT_E_REFUSED);
}

static void
the_evidence_of_one_check_does_not_release_another(void **state)
{
	struct scene *s = *state;
	struct ent_msg answer;
	uint64_t first;

	check_and_record(s);
	first = s->checked.checked.handle;
	check_and_record(s); /* the same request: the same token, policy and session, other wrapped keys */
	write_down(s);
	append_entry(s);
	s->release.handle = first;
	assert_int_equal(send_release(s, &answer), ENT_E_REFUSED);
	s->release.handle = s->checked.checked.handle;
	assert_ok(send_release(s, &answer));
}

static void
handles_cannot_be_guessed_from_their_neighbours(void **state)
{
	struct scene *s = *state;
	struct ent_msg answer;

	check_and_record(s);
	write_down(s);
	append_entry(s);
	for (uint64_t handle = s->checked.checked.handle, i = 0; i < 3; i++) {
		s->release.handle = i == 0 ? 0 : i == 1 ? handle + 1 : handle - 1;
		assert_int_equal(send_release(s, &answer), ENT_E_REFUSED);
	}
}

/* C-49 */
static void
a_handle_ends_after_five_seconds(void **state)
{
	struct scene *s = *state;
	struct ent_msg answer;

	check_and_record(s);
	write_down(s);
	append_entry(s);
	usleep(5100 * 1000);
	assert_int_equal(send_release(s, &answer), ENT_E_REFUSED);
}

/* Whoever takes over the judge cannot make the keyholder speak by breaking its table of messages either. */
static void
a_forged_frame_ends_the_keyholder_without_a_word(void **state)
{
	static const struct {
		uint8_t bytes[16];
		size_t len;
	} frames[] = {
		{ { 0, 0, 0, 10, 0, ENT_MSG_APPEND, 0, 0, 0, 0, 0, 0, 0, 0 }, 14 },  /* not for the keyholder */
		{ { 0, 0, 0, 10, 0, ENT_MSG_RELEASED, 0, 0, 0, 0, 0, 0, 0, 0 }, 14 }, /* its own answer */
		{ { 0, 0, 0, 2, 0xff, 0xff }, 6 },                                   /* no such message */
		{ { 0, 0, 0, 2, 0, ENT_MSG_RELEASE }, 6 },                           /* cut short */
		{ { 0, 0, 0, 11, 0, ENT_MSG_KEYS, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 15 }, /* too long */
		{ { 0xff, 0xff, 0xff, 0xff }, 4 },
		{ { 0, 0, 0, 0, 0, 0 }, 6 },
		{ { 0, 0, 0, 10, 0, ENT_MSG_FAILED, 0, 0, 0, 0, 0, 0, 0, 0 }, 14 }, /* well-formed, and no request */
	};
	struct scene *s = *state;

	assert_int_equal(process_stop(&s->keyholder), 0);
	for (size_t i = 0; i < ENT_COUNT(frames); i++) {
		char byte;

		process_start(&s->keyholder, ent_keyholder_main, &s->home, ENT_PROCESS_KEYHOLDER, &s->logger);
		check_and_record(s); /* there is something that it could leak */
		assert_int_equal(write(s->keyholder.raw_fd, frames[i].bytes, frames[i].len), frames[i].len);
		assert_true(read(s->keyholder.raw_fd, &byte, 1) <= 0); /* closed; reset, where it left bytes unread */
		assert_int_equal(process_stop(&s->keyholder), 1);
	}
	s->keyholder.channel = NULL;
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_honest_judge_gets_the_shares_wrapped_for_the_caller),
		TEST(an_unsealed_file_without_sid_is_released_too),
		TEST(the_checks_of_one_request_share_a_session_key),
		TEST(every_single_lie_of_the_judge_is_refused_and_ends_the_handle),
		TEST(a_checkpoint_from_before_the_entry_is_refused),
		TEST(a_handle_works_once),
		TEST(the_evidence_of_one_check_does_not_release_another),
		TEST(handles_cannot_be_guessed_from_their_neighbours),
		TEST(a_handle_ends_after_five_seconds),
		TEST(a_forged_frame_ends_the_keyholder_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
