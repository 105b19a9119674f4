#include "store_contract.h"

enum { ARENA_MAX = 1 << 20 };

#define UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
#define HASH_A "0123456789abcdef0123456789abcdef"
#define HASH_B "fedcba9876543210fedcba9876543210"

static const struct ent_store_kind *kind;

struct fixture {
	struct ent_store *store;
	struct ent_arena *arena;
	struct ent_error err;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->store = kind->open(true);
	assert_ok(ent_arena_new(&f->arena, ARENA_MAX, &f->err));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	ent_store_free(f->store);
	ent_arena_free(f->arena);
	free(f);
	kind->remove();
	return 0;
}

static void
reopen(struct fixture *f)
{
	ent_store_free(f->store);
	f->store = kind->open(false);
}

static const struct ent_account alice = { "alice", "$argon2id$hash", "fusion quantum", "SECRET", "AUS GBR", 1700000000 };
static const struct ent_account bob = { "bob", "$argon2id$other", "", "", "", 1700000001 };

static void
assert_view(struct ent_view view, const char *text)
{
	assert_int_equal(view.len, strlen(text));
	assert_memory_equal(view.data, text, view.len);
}

static void
an_account_is_found_as_it_was_added_also_after_reopening(void **state)
{
	struct fixture *f = *state;
	struct ent_account got;

	assert_ok(ent_store_account_add(f->store, &alice, &f->err));
	reopen(f);
	assert_ok(ent_store_account_get(f->store, &got, f->arena, ENT_LIT("alice"), &f->err));
	assert_string_equal(got.name, alice.name);
	assert_string_equal(got.secret_hash, alice.secret_hash);
	assert_string_equal(got.projects, alice.projects);
	assert_string_equal(got.clearance, alice.clearance);
	assert_string_equal(got.nationality, alice.nationality);
	assert_int_equal(got.created_unix_s, alice.created_unix_s);
}

static void
a_second_account_of_one_name_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_ok(ent_store_account_add(f->store, &alice, &f->err));
	assert_int_equal(ent_store_account_add(f->store, &alice, &f->err), ENT_E_EXISTS);
}

static void
an_account_is_found_by_its_exact_name_only(void **state)
{
	static const char *const others[] = { "Alice", "alic", "alice ", "alic%", "ali_e", "alice'--" };
	struct fixture *f = *state;
	struct ent_account got;

	assert_ok(ent_store_account_add(f->store, &alice, &f->err));
	for (size_t i = 0; i < ENT_COUNT(others); i++) {
		struct ent_error err = { 0 };

		assert_int_equal(ent_store_account_get(f->store, &got, f->arena, ent_view_str(others[i]), &err), ENT_E_NOT_FOUND);
	}
	assert_int_equal(ent_store_account_get(f->store, &got, f->arena, ent_view_from("alice\0x", 7), &f->err), ENT_E_NOT_FOUND);
}

static void
account_names_are_limited(void **state)
{
	struct fixture *f = *state;
	char name[ENT_STORE_ACCOUNT_NAME_MAX + 2];
	struct ent_account account = alice;

	memset(name, 'a', sizeof(name));
	account.name = name;
	name[ENT_STORE_ACCOUNT_NAME_MAX + 1] = '\0';
	assert_int_equal(ent_store_account_add(f->store, &account, &f->err), ENT_E_INPUT);
	name[ENT_STORE_ACCOUNT_NAME_MAX] = '\0';
	assert_ok(ent_store_account_add(f->store, &account, &f->err));
	account.name = "";
	assert_int_equal(ent_store_account_add(f->store, &account, &f->err), ENT_E_INPUT);
}

static void
a_removed_account_is_gone(void **state)
{
	struct fixture *f = *state;
	struct ent_account got;

	assert_ok(ent_store_account_add(f->store, &alice, &f->err));
	assert_ok(ent_store_account_remove(f->store, ENT_LIT("alice"), &f->err));
	assert_int_equal(ent_store_account_get(f->store, &got, f->arena, ENT_LIT("alice"), &f->err), ENT_E_NOT_FOUND);
	assert_int_equal(ent_store_account_remove(f->store, ENT_LIT("alice"), &f->err), ENT_E_NOT_FOUND);
}

struct seen {
	char names[64];
	int stop_after;
};

static enum ent_status
see(void *arg, const struct ent_account *account, struct ent_error *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->names);

	snprintf(seen->names + used, sizeof(seen->names) - used, "%s ", account->name);
	if (--seen->stop_after == 0)
		return ent_fail(err, ENT_E_REFUSED, "enough");
	return ENT_OK;
}

static void
accounts_are_listed_by_name_and_a_callback_can_stop(void **state)
{
	struct fixture *f = *state;
	struct seen all = { .stop_after = -1 };
	struct seen one = { .stop_after = 1 };

	assert_ok(ent_store_account_add(f->store, &bob, &f->err));
	assert_ok(ent_store_account_add(f->store, &alice, &f->err));
	assert_ok(ent_store_account_each(f->store, see, &all, &f->err));
	assert_string_equal(all.names, "alice bob ");
	assert_int_equal(ent_store_account_each(f->store, see, &one, &f->err), ENT_E_REFUSED);
	assert_string_equal(one.names, "alice ");
	assert_ok(ent_store_account_remove(f->store, ENT_LIT("bob"), &f->err)); /* nothing is left locked */
}

static void
a_uuid_is_sealed_once(void **state)
{
	struct fixture *f = *state;
	uint8_t hash[32];

	assert_int_equal(ent_store_file_get(f->store, ENT_LIT(UUID), hash, &f->err), ENT_E_NOT_FOUND);
	assert_ok(ent_store_file_add(f->store, ENT_LIT(UUID), ENT_LIT(HASH_A), 1, &f->err));
	assert_int_equal(ent_store_file_add(f->store, ENT_LIT(UUID), ENT_LIT(HASH_A), 1, &f->err), ENT_E_EXISTS);
	assert_int_equal(ent_store_file_add(f->store, ENT_LIT(UUID), ENT_LIT(HASH_B), 1, &f->err), ENT_E_EXISTS);
	reopen(f);
	assert_ok(ent_store_file_get(f->store, ENT_LIT(UUID), hash, &f->err));
	assert_memory_equal(hash, HASH_A, 32);
}

static void
values_of_a_wrong_length_are_refused(void **state)
{
	struct fixture *f = *state;
	struct ent_record record = { 0, ENT_LIT("f"), ENT_LIT(HASH_A), ENT_LIT("b"), ENT_LIT(HASH_B) };
	struct ent_record other = record;

	assert_int_equal(ent_store_file_add(f->store, ENT_LIT("6ba7"), ENT_LIT(HASH_A), 1, &f->err), ENT_E_INPUT);
	assert_int_equal(ent_store_file_add(f->store, ENT_LIT(UUID), ENT_LIT("short"), 1, &f->err), ENT_E_INPUT);
	assert_int_equal(ent_store_once(f->store, 'p', ENT_LIT("short"), 1, &f->err), ENT_E_INPUT);
	record.full_salt = ENT_LIT("short");
	assert_int_equal(ent_store_record_put(f->store, &record, &f->err), ENT_E_INPUT);
	other.brief_salt = ENT_VIEW_NONE;
	assert_int_equal(ent_store_record_put(f->store, &other, &f->err), ENT_E_INPUT);
}

static void
a_record_is_read_as_it_was_written_and_replaced(void **state)
{
	struct fixture *f = *state;
	struct ent_record record = { 7, ENT_LIT("full\0text"), ENT_LIT(HASH_A), ENT_LIT("short"), ENT_LIT(HASH_B) };
	struct ent_record got;

	assert_ok(ent_store_record_put(f->store, &record, &f->err));
	record.brief = ENT_VIEW_NONE;
	assert_ok(ent_store_record_put(f->store, &record, &f->err));
	reopen(f);
	assert_ok(ent_store_record_get(f->store, &got, f->arena, 7, &f->err));
	assert_int_equal(got.index, 7);
	assert_int_equal(got.full.len, 9);
	assert_memory_equal(got.full.data, "full\0text", 9);
	assert_view(got.full_salt, HASH_A);
	assert_int_equal(got.brief.len, 0);
	assert_view(got.brief_salt, HASH_B);
	assert_int_equal(ent_store_record_get(f->store, &got, f->arena, 8, &f->err), ENT_E_NOT_FOUND);
}

static void
indexes_reach_to_the_largest_that_a_log_can_have(void **state)
{
	struct fixture *f = *state;
	struct ent_record record = { INT64_MAX, ENT_LIT("f"), ENT_LIT(HASH_A), ENT_LIT("b"), ENT_LIT(HASH_B) };
	struct ent_record got;

	assert_ok(ent_store_record_put(f->store, &record, &f->err));
	assert_ok(ent_store_record_get(f->store, &got, f->arena, INT64_MAX, &f->err));
	record.index++;
	assert_int_equal(ent_store_record_put(f->store, &record, &f->err), ENT_E_INPUT);
	assert_int_equal(ent_store_record_get(f->store, &got, f->arena, UINT64_MAX, &f->err), ENT_E_NOT_FOUND);
}

static void
a_one_time_value_is_taken_once_per_kind(void **state)
{
	struct fixture *f = *state;

	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 100, &f->err));
	assert_int_equal(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 200, &f->err), ENT_E_EXISTS);
	reopen(f);
	assert_int_equal(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 200, &f->err), ENT_E_EXISTS);
	assert_ok(ent_store_once(f->store, 'r', ENT_LIT(HASH_A), 100, &f->err));
	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_B), 100, &f->err));
}

static void
expired_one_time_values_are_forgotten_oldest_first(void **state)
{
	struct fixture *f = *state;

	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_B), 100, &f->err));
	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 99, &f->err));
	assert_ok(ent_store_once_expire(f->store, 99, 10, &f->err));
	assert_int_equal(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 99, &f->err), ENT_E_EXISTS);
	assert_ok(ent_store_once_expire(f->store, 200, 1, &f->err));
	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 300, &f->err));
	assert_int_equal(ent_store_once(f->store, 'p', ENT_LIT(HASH_B), 100, &f->err), ENT_E_EXISTS);
}

static void
a_rollback_undoes_all_of_a_transaction(void **state)
{
	struct fixture *f = *state;
	uint8_t hash[32];

	assert_ok(ent_store_begin(f->store, &f->err));
	assert_ok(ent_store_file_add(f->store, ENT_LIT(UUID), ENT_LIT(HASH_A), 1, &f->err));
	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 100, &f->err));
	ent_store_rollback(f->store);
	ent_store_rollback(f->store); /* without a transaction: nothing */
	assert_int_equal(ent_store_file_get(f->store, ENT_LIT(UUID), hash, &f->err), ENT_E_NOT_FOUND);
	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 100, &f->err));
}

static void
what_was_not_committed_is_gone_after_reopening(void **state)
{
	struct fixture *f = *state;
	uint8_t hash[32];

	assert_ok(ent_store_begin(f->store, &f->err));
	assert_ok(ent_store_file_add(f->store, ENT_LIT(UUID), ENT_LIT(HASH_A), 1, &f->err));
	reopen(f);
	assert_int_equal(ent_store_file_get(f->store, ENT_LIT(UUID), hash, &f->err), ENT_E_NOT_FOUND);
}

static void
a_refused_value_does_not_end_a_transaction(void **state)
{
	struct fixture *f = *state;
	uint8_t hash[32];

	assert_ok(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 100, &f->err));
	assert_ok(ent_store_begin(f->store, &f->err));
	assert_int_equal(ent_store_once(f->store, 'p', ENT_LIT(HASH_A), 100, &f->err), ENT_E_EXISTS);
	assert_ok(ent_store_file_add(f->store, ENT_LIT(UUID), ENT_LIT(HASH_A), 1, &f->err));
	assert_ok(ent_store_commit(f->store, &f->err));
	assert_ok(ent_store_file_get(f->store, ENT_LIT(UUID), hash, &f->err));
}

/* ---- looking up records, received ones, what is owed ---- */

struct found {
	uint64_t indexes[8];
	char members[8];
	size_t count;
};

static enum ent_status
note_record(void *arg, const struct ent_record *record, struct ent_error *err)
{
	struct found *found = arg;

	(void)err;
	assert_true(found->count < ENT_COUNT(found->indexes));
	found->indexes[found->count++] = record->index;
	return ENT_OK;
}

static enum ent_status
note_received(void *arg, const struct ent_received *received, struct ent_error *err)
{
	struct found *found = arg;

	(void)err;
	assert_true(found->count < ENT_COUNT(found->indexes));
	found->members[found->count] = (char)received->member.data[0];
	found->indexes[found->count++] = received->index;
	return ENT_OK;
}

static void
put_record(struct fixture *f, uint64_t index, const char *request, const char *file)
{
	const struct ent_record record = { index, ENT_LIT("f"), ENT_LIT(HASH_A), ENT_LIT("b"), ENT_LIT(HASH_B), ent_view_str(request),
		ent_view_str(file) };

	assert_ok(ent_store_record_put(f->store, &record, &f->err));
}

static void
records_are_found_by_request_and_by_file(void **state)
{
	struct fixture *f = *state;
	struct found found = { 0 };

	put_record(f, 3, "r-2", UUID);
	put_record(f, 1, "r-1", UUID);
	put_record(f, 2, "r-1", "other");
	put_record(f, 4, "", "");
	assert_ok(ent_store_record_find(f->store, ENT_STORE_BY_FILE, ENT_LIT(UUID), note_record, &found, &f->err));
	assert_int_equal(found.count, 2);
	assert_int_equal(found.indexes[0], 1);
	assert_int_equal(found.indexes[1], 3);
	found.count = 0;
	assert_ok(ent_store_record_find(f->store, ENT_STORE_BY_REQUEST, ENT_LIT("r-1"), note_record, &found, &f->err));
	assert_int_equal(found.count, 2);
	found.count = 0;
	assert_ok(ent_store_record_find(f->store, ENT_STORE_BY_FILE, ENT_VIEW_NONE, note_record, &found, &f->err));
	assert_int_equal(found.count, 0);
}

static struct ent_received
received_of(const char *member, uint64_t index)
{
	return (struct ent_received){ ent_view_str(member), index, true, ENT_LIT("r-1"), ENT_LIT(UUID), ENT_LIT("record"), ENT_LIT(HASH_A) };
}

static void
a_received_record_is_kept_once_and_read_back(void **state)
{
	struct fixture *f = *state;
	struct ent_received one = received_of("uk.example", 7), got;
	struct found found = { 0 };

	assert_ok(ent_store_received_put(f->store, &one, &f->err));
	assert_int_equal(ent_store_received_put(f->store, &one, &f->err), ENT_E_EXISTS);
	reopen(f);
	ent_error_clear(&f->err);
	assert_ok(ent_store_received_get(f->store, &got, f->arena, ENT_LIT("uk.example"), 7, &f->err));
	assert_view(got.member, "uk.example");
	assert_true(got.full);
	assert_view(got.request, "r-1");
	assert_view(got.file, UUID);
	assert_view(got.text, "record");
	assert_view(got.salt, HASH_A);
	assert_int_equal(ent_store_received_get(f->store, &got, f->arena, ENT_LIT("us.example"), 7, &f->err), ENT_E_NOT_FOUND);
	ent_error_clear(&f->err);
	one = received_of("a.example", 9);
	assert_ok(ent_store_received_put(f->store, &one, &f->err));
	one = received_of("uk.example", 5);
	assert_ok(ent_store_received_put(f->store, &one, &f->err));
	assert_ok(ent_store_received_find(f->store, ENT_STORE_BY_FILE, ENT_LIT(UUID), note_received, &found, &f->err));
	assert_int_equal(found.count, 3);
	assert_memory_equal(found.members, "auu", 3);
	assert_int_equal(found.indexes[1], 5);
	found.count = 0;
	assert_ok(ent_store_received_each(f->store, ENT_LIT("uk.example"), note_received, &found, &f->err));
	assert_int_equal(found.count, 2);
	one.salt = ENT_LIT("short");
	assert_int_equal(ent_store_received_put(f->store, &one, &f->err), ENT_E_INPUT);
}

static void
which_of_a_range_were_received_is_told(void **state)
{
	struct fixture *f = *state;
	const uint64_t indexes[] = { 9, 10, 12, 14 };
	bool have[4];

	for (size_t i = 0; i < ENT_COUNT(indexes); i++) {
		struct ent_received one = received_of("uk.example", indexes[i]);

		assert_ok(ent_store_received_put(f->store, &one, &f->err));
	}
	assert_ok(ent_store_received_have(f->store, have, 4, ENT_LIT("uk.example"), 10, &f->err));
	assert_true(have[0] && !have[1] && have[2] && !have[3]);
	assert_ok(ent_store_received_have(f->store, have, 4, ENT_LIT("us.example"), 10, &f->err));
	assert_false(have[0] || have[1] || have[2] || have[3]);
}

static void
cursors_start_at_nought_and_survive(void **state)
{
	struct fixture *f = *state;
	uint64_t value = 1;

	assert_ok(ent_store_cursor_get(f->store, &value, "published", &f->err));
	assert_int_equal(value, 0);
	assert_ok(ent_store_cursor_set(f->store, "published", 7, &f->err));
	assert_ok(ent_store_cursor_set(f->store, "published", INT64_MAX, &f->err));
	reopen(f);
	assert_ok(ent_store_cursor_get(f->store, &value, "published", &f->err));
	assert_int_equal(value, INT64_MAX);
	assert_int_equal(ent_store_cursor_set(f->store, "published", UINT64_MAX, &f->err), ENT_E_INPUT);
}

static void
what_is_owed_is_listed_until_it_is_removed(void **state)
{
	struct fixture *f = *state;
	uint64_t list[2];
	size_t count;

	for (uint64_t i = 0; i < 3; i++)
		assert_ok(ent_store_owed_add(f->store, ENT_LIT("uk.example"), 2 - i, &f->err));
	assert_ok(ent_store_owed_add(f->store, ENT_LIT("uk.example"), 1, &f->err));
	assert_ok(ent_store_owed_list(f->store, list, 2, &count, ENT_LIT("uk.example"), &f->err));
	assert_int_equal(count, 2);
	assert_int_equal(list[0], 0);
	assert_int_equal(list[1], 1);
	assert_ok(ent_store_owed_remove(f->store, ENT_LIT("uk.example"), 0, &f->err));
	assert_ok(ent_store_owed_remove(f->store, ENT_LIT("uk.example"), 1, &f->err));
	assert_ok(ent_store_owed_list(f->store, list, 2, &count, ENT_LIT("uk.example"), &f->err));
	assert_int_equal(count, 1);
	assert_ok(ent_store_owed_list(f->store, list, 2, &count, ENT_LIT("us.example"), &f->err));
	assert_int_equal(count, 0);
}

int
ent_store_contract_run(const struct ent_store_kind *which)
{
#define CONTRACT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CONTRACT(an_account_is_found_as_it_was_added_also_after_reopening),
		CONTRACT(a_second_account_of_one_name_is_refused),
		CONTRACT(an_account_is_found_by_its_exact_name_only),
		CONTRACT(account_names_are_limited),
		CONTRACT(a_removed_account_is_gone),
		CONTRACT(accounts_are_listed_by_name_and_a_callback_can_stop),
		CONTRACT(a_uuid_is_sealed_once),
		CONTRACT(values_of_a_wrong_length_are_refused),
		CONTRACT(a_record_is_read_as_it_was_written_and_replaced),
		CONTRACT(records_are_found_by_request_and_by_file),
		CONTRACT(a_received_record_is_kept_once_and_read_back),
		CONTRACT(which_of_a_range_were_received_is_told),
		CONTRACT(cursors_start_at_nought_and_survive),
		CONTRACT(what_is_owed_is_listed_until_it_is_removed),
		CONTRACT(indexes_reach_to_the_largest_that_a_log_can_have),
		CONTRACT(a_one_time_value_is_taken_once_per_kind),
		CONTRACT(expired_one_time_values_are_forgotten_oldest_first),
		CONTRACT(a_rollback_undoes_all_of_a_transaction),
		CONTRACT(what_was_not_committed_is_gone_after_reopening),
		CONTRACT(a_refused_value_does_not_end_a_transaction),
	};

	kind = which;
	return cmocka_run_group_tests_name(which->name, tests, NULL, NULL);
}
