#include "home_fixture.h"


#include "tlog/log_dir.h"

enum { ARENA_MAX = 8 << 20, STATEMENTS = 0, ACCESS = 1 };

struct fixture {
	struct home home;
	struct process logger;
	struct ent_arena *arena;
	struct ent_error err;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	home_make(&f->home);
	assert_ok(ent_arena_new(&f->arena, ARENA_MAX, &f->err));
	process_start(&f->logger, ent_logger_main, &f->home, ENT_PROCESS_LOGGER, NULL);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	home_remove(&f->home);
	ent_arena_free(f->arena);
	free(f);
	return 0;
}

static void
stop(struct fixture *f)
{
	assert_int_equal(process_stop(&f->logger), 0);
}

static struct ent_view
access_text(struct fixture *f, uint64_t index)
{
	struct ent_doc doc = { .kind = ENT_DOC_ACCESS };

	doc.access.index = index;
	doc.access.time_unix_s = 1795000000;
	doc.access.result = ENT_RESULT_REFUSED;
	doc.access.view = hash_of("view");
	doc.access.record = hash_of("full");
	doc.access.short_record = hash_of("short");
	return text_of(f->arena, &doc);
}

static struct ent_view
alive_text(struct fixture *f, const char *by, uint64_t index)
{
	struct ent_doc doc = { .kind = ENT_DOC_ALIVE };

	doc.alive.index = index;
	doc.alive.by = ent_view_str(by);
	doc.alive.charter = hash_of("charter");
	doc.alive.time_unix_s = 1795000000;
	doc.alive.view = hash_of("view");
	return text_of(f->arena, &doc);
}

static enum ent_status
append(struct fixture *f, uint64_t log, struct ent_view *entries, size_t count, struct ent_msg *answer)
{
	const struct ent_msg ask = { .type = ENT_MSG_APPEND, .append = { log, { entries, count } } };

	ent_error_clear(&f->err);
	return process_call(&f->logger, &ask, answer, ENT_MSG_APPENDED, f->arena, &f->err);
}

static enum ent_status
append_one(struct fixture *f, uint64_t log, struct ent_view entry, struct ent_msg *answer)
{
	return append(f, log, &entry, 1, answer);
}

static enum ent_status
alive(struct fixture *f, struct ent_view text, struct ent_msg *answer)
{
	const struct ent_msg ask = { .type = ENT_MSG_ALIVE, .alive = { text } };

	ent_error_clear(&f->err);
	return process_call(&f->logger, &ask, answer, ENT_MSG_APPENDED, f->arena, &f->err);
}

static uint64_t
head(struct fixture *f, uint64_t log)
{
	const struct ent_msg ask = { .type = ENT_MSG_LOG_HEAD, .log_head = { log } };
	struct ent_msg answer;

	assert_ok(process_call(&f->logger, &ask, &answer, ENT_MSG_APPENDED, f->arena, &f->err));
	assert_int_equal(answer.appended.first_index, answer.appended.size);
	assert_int_equal(answer.appended.proofs.count, 0);
	assert_true(answer.appended.checkpoint.len > 0); /* an empty log has one too */
	return answer.appended.size;
}

static void
assert_proven(struct fixture *f, const struct ent_msg_appended *appended, size_t i, struct ent_view entry)
{
	struct ent_tlog_proof proof;
	struct ent_checkpoint cp;
	struct ent_hash leaf;

	assert_ok(ent_checkpoint_open(&cp, f->arena, appended->checkpoint, ent_signer_vkey(f->home.access), &f->err));
	assert_int_equal(cp.size, appended->size);
	proof.count = appended->proofs.items[i].len / ENT_HASH_LEN;
	if (proof.count > 0)
		memcpy(proof.hashes, appended->proofs.items[i].data, appended->proofs.items[i].len);
	ent_tlog_leaf_hash(&leaf, entry);
	assert_ok(ent_tlog_check_inclusion(&proof, appended->first_index + i, &leaf, cp.size, &cp.root, &f->err));
}

static void
entries_are_answered_with_a_checkpoint_and_a_proof_each(void **state)
{
	struct fixture *f = *state;
	struct ent_view entries[5];
	struct ent_msg answer;

	assert_int_equal(head(f, ACCESS), 0);
	for (uint64_t i = 0; i < 5; i++)
		entries[i] = access_text(f, i);
	assert_ok(append(f, ACCESS, entries, 2, &answer));
	assert_int_equal(answer.appended.first_index, 0);
	assert_ok(append(f, ACCESS, entries + 2, 3, &answer));
	assert_int_equal(answer.appended.first_index, 2);
	assert_int_equal(answer.appended.size, 5);
	assert_int_equal(answer.appended.proofs.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_proven(f, &answer.appended, i, entries[i + 2]);
	assert_int_equal(head(f, ACCESS), 5);
	assert_int_equal(head(f, STATEMENTS), 0);
	stop(f);
}

static void
an_access_entry_with_another_index_refuses_the_whole_append(void **state)
{
	struct fixture *f = *state;
	struct ent_view entries[] = { access_text(f, 0), access_text(f, 2) };
	struct ent_msg answer;

	assert_int_equal(append(f, ACCESS, entries, 2, &answer), ENT_E_REFUSED);
	assert_int_equal(append_one(f, ACCESS, access_text(f, 1), &answer), ENT_E_REFUSED);
	assert_int_equal(head(f, ACCESS), 0);
	assert_ok(append_one(f, ACCESS, access_text(f, 0), &answer));
	stop(f);
}

static void
only_access_texts_stand_in_the_access_log(void **state)
{
	struct fixture *f = *state;
	struct ent_msg answer;

	assert_int_equal(append_one(f, ACCESS, ENT_LIT("anything\n"), &answer), ENT_E_SYNTAX);
	assert_int_equal(append_one(f, ACCESS, alive_text(f, PARTY, 0), &answer), ENT_E_REFUSED);
	assert_int_equal(append(f, ACCESS, NULL, 0, &answer), ENT_E_INPUT);
	assert_int_equal(head(f, ACCESS), 0);
	stop(f);
}

static void
an_alive_is_signed_by_the_log_key_and_stands_in_the_log(void **state)
{
	struct fixture *f = *state;
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) entry = ent_buf_with_max(ENT_NOTE_MAX);
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(ENT_NOTE_KEY_LINE_MAX);
	struct ent_view text = alive_text(f, PARTY, 0);
	struct ent_msg answer;
	struct ent_note note;
	struct ent_vkey key;
	char path[ENT_PATH_MAX];

	assert_ok(alive(f, text, &answer));
	assert_int_equal(answer.appended.first_index, 0);
	stop(f);
	snprintf(path, sizeof(path), "%s/keys/statements.vkey", f->home.dir);
	assert_ok(ent_file_read(&line, path, ENT_NOTE_KEY_LINE_MAX, &f->err));
	assert_ok(ent_vkey_parse(&key, ent_buf_view(&line), ENT_NOTE_TYPE_ED25519, &f->err));
	snprintf(path, sizeof(path), "%s/log/statements", f->home.dir);
	assert_ok(ent_log_dir_open_read(&log, path, &key, &f->err));
	assert_ok(ent_log_dir_entry(log, 0, &entry, &f->err));
	assert_ok(ent_note_parse(&note, f->arena, ent_buf_view(&entry), &f->err));
	assert_true(ent_view_eq(note.text, text));
	assert_ok(ent_note_verify_one(&note, &key, &f->err));
}

static void
an_alive_of_another_party_or_index_or_kind_is_not_signed(void **state)
{
	struct fixture *f = *state;
	struct ent_msg answer;

	assert_int_equal(alive(f, alive_text(f, "uk.example", 0), &answer), ENT_E_REFUSED);
	assert_int_equal(alive(f, alive_text(f, PARTY, 1), &answer), ENT_E_REFUSED);
	assert_int_equal(alive(f, access_text(f, 0), &answer), ENT_E_REFUSED);
	assert_int_equal(alive(f, ENT_LIT("no text"), &answer), ENT_E_SYNTAX);
	assert_int_equal(head(f, STATEMENTS), 0);
	stop(f);
}

static struct ent_view
signed_note(struct fixture *f, struct ent_view text)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	const struct ent_signer *signer = f->home.seal;
	struct ent_view out;

	assert_ok(ent_note_sign(&note, text, &signer, 1, &f->err));
	assert_ok(ent_arena_dup(f->arena, &out, ent_buf_view(&note), &f->err));
	return out;
}

static void
statements_are_whole_notes_and_an_alive_is_made_by_the_logger_only(void **state)
{
	struct fixture *f = *state;
	struct ent_msg answer;

	assert_ok(append_one(f, STATEMENTS, signed_note(f, ENT_LIT("charter/v1 statement note\n")), &answer));
	assert_int_equal(append_one(f, STATEMENTS, ENT_LIT("charter/v1 statement note\n"), &answer), ENT_E_SYNTAX);
	assert_int_equal(append_one(f, STATEMENTS, signed_note(f, alive_text(f, PARTY, 1)), &answer), ENT_E_REFUSED);
	assert_int_equal(head(f, STATEMENTS), 1);
	stop(f);
}

static void
a_log_goes_on_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct ent_msg answer;

	assert_ok(append_one(f, ACCESS, access_text(f, 0), &answer));
	stop(f);
	process_start(&f->logger, ent_logger_main, &f->home, ENT_PROCESS_LOGGER, NULL);
	assert_int_equal(head(f, ACCESS), 1);
	assert_ok(append_one(f, ACCESS, access_text(f, 1), &answer));
	stop(f);
}

/* A file where the log wants a folder stands for a disk that takes no more. */
static void
when_the_log_cannot_be_written_the_answer_says_so_and_the_next_try_succeeds(void **state)
{
	struct fixture *f = *state;
	struct ent_msg answer;
	char tiles[ENT_PATH_MAX], aside[ENT_PATH_MAX];
	struct ent_view entries[] = { access_text(f, 1), access_text(f, 2) };

	assert_ok(append_one(f, ACCESS, access_text(f, 0), &answer));
	snprintf(tiles, sizeof(tiles), "%s/log/access/tile", f->home.dir);
	snprintf(aside, sizeof(aside), "%s/aside", f->home.dir);
	assert_int_equal(rename(tiles, aside), 0);
	assert_ok(ent_file_create(tiles, ENT_LIT("x"), 0600, &f->err));
	assert_int_equal(append(f, ACCESS, entries, 2, &answer), ENT_E_UNAVAILABLE);
	assert_non_null(strstr(f->err.text, "the access log cannot be written"));
	assert_int_equal(append(f, ACCESS, entries, 2, &answer), ENT_E_UNAVAILABLE);
	assert_int_equal(unlink(tiles), 0);
	assert_int_equal(rename(aside, tiles), 0);
	assert_int_equal(head(f, ACCESS), 1);
	assert_ok(append(f, ACCESS, entries, 2, &answer));
	assert_int_equal(answer.appended.first_index, 1);
	assert_proven(f, &answer.appended, 1, entries[1]);
	stop(f);
}

static void
a_message_that_is_not_for_the_logger_ends_it(void **state)
{
	static const uint8_t frame[] = { 0, 0, 0, 10, 0, ENT_MSG_KEYS, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct fixture *f = *state;
	char byte;

	assert_int_equal(write(f->logger.raw_fd, frame, sizeof(frame)), sizeof(frame));
	assert_int_equal(read(f->logger.raw_fd, &byte, 1), 0); /* closed, and nothing said */
	assert_int_equal(process_stop(&f->logger), 1);
}

static void
the_key_of_another_party_does_not_start(void **state)
{
	struct fixture *f = *state;

	stop(f);
	f->home.config.party = (char *)(uintptr_t)"uk.example";
	process_start(&f->logger, ent_logger_main, &f->home, ENT_PROCESS_LOGGER, NULL);
	assert_int_equal(process_stop(&f->logger), 1);
}

/* C-76 */
static void
a_partners_node_has_a_statement_log_and_no_other(void **state)
{
	struct fixture *f = *state;
	const struct ent_msg head = { .type = ENT_MSG_LOG_HEAD, .log_head = { ACCESS } };
	char path[ENT_PATH_MAX];
	struct ent_msg answer;

	stop(f);
	snprintf(path, sizeof(path), "rm -rf %s/log %s/state %s/keys/access.*", f->home.dir, f->home.dir, f->home.dir);
	assert_int_equal(system(path), 0);
	f->home.config.issuer_only = true;
	process_start(&f->logger, ent_logger_main, &f->home, ENT_PROCESS_LOGGER, NULL);
	assert_ok(alive(f, alive_text(f, PARTY, 0), &answer));
	assert_int_equal(append_one(f, ACCESS, access_text(f, 0), &answer), ENT_E_REFUSED);
	assert_non_null(strstr(f->err.text, "no access log"));
	assert_int_equal(process_call(&f->logger, &head, &answer, ENT_MSG_APPENDED, f->arena, &f->err), ENT_E_REFUSED);
	snprintf(path, sizeof(path), "%s/log/access", f->home.dir);
	assert_false(ent_file_exists(path));
	stop(f);
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(entries_are_answered_with_a_checkpoint_and_a_proof_each),
		TEST(an_access_entry_with_another_index_refuses_the_whole_append),
		TEST(only_access_texts_stand_in_the_access_log),
		TEST(an_alive_is_signed_by_the_log_key_and_stands_in_the_log),
		TEST(an_alive_of_another_party_or_index_or_kind_is_not_signed),
		TEST(statements_are_whole_notes_and_an_alive_is_made_by_the_logger_only),
		TEST(a_log_goes_on_after_a_restart),
		TEST(when_the_log_cannot_be_written_the_answer_says_so_and_the_next_try_succeeds),
		TEST(a_message_that_is_not_for_the_logger_ends_it),
		TEST(the_key_of_another_party_does_not_start),
		TEST(a_partners_node_has_a_statement_log_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
