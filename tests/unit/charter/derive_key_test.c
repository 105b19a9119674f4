/* Attacks on published keys (charter section 11): another's key, another role, another name, another key under the same name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define CHARTER ENT_AUTO(ent_charter) charter
#define BUF ENT_AUTO_FINI(ent_buf)
#define ROOM ent_buf_with_max(1 << 18)

static void
publish(struct ent_charter *charter, size_t by, struct ent_buf *line)
{
	struct ent_error err = { 0 };
	const char *act;

	assert_ok(ent_buf_cstr(line, &act, &err));
	world_be_alive(charter, by, T0);
	world_state_act(charter, &(struct world_statement){ .by = by, .time_unix_s = T0, .act = act });
	ent_buf_clear(line);
}

static size_t
key_count(const struct ent_charter *charter, size_t member)
{
	ENT_AUTO(ent_state) state = world_derive(charter, T0);
	const struct ent_member_state *m = ent_state_member_at(state, member);

	return m->key_count + m->issuer_key_count;
}

/* C-24 */
static void
a_kid_that_is_not_the_keys_own_is_void(void **unused)
{
	CHARTER = world_charter(NULL);
	BUF line = ROOM;

	(void)unused;
	world_key_line(&line, world_keys(UK)->kas);
	line.data[6] = line.data[6] == '0' ? '1' : '0';
	publish(charter, UK, &line);
	world_seal_key_line(&line, world_keys(UK)->seal);
	line.data[6] = line.data[6] == '0' ? '1' : '0';
	publish(charter, UK, &line);
	assert_int_equal(key_count(charter, UK), 0);
}

static void
a_key_of_the_epoch_cannot_be_a_seal_key(void **unused)
{
	CHARTER = world_charter(NULL);
	const struct ent_signer *keys[] = { world_keys(UK)->officers[1], world_keys(AU)->log, world_keys(US)->witness, world_keys(UK)->access };
	BUF line = ROOM;

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(keys); i++) {
		world_seal_key_line(&line, keys[i]);
		publish(charter, UK, &line);
	}
	assert_int_equal(key_count(charter, UK), 0);
}

/* Whichever log is read first, the key stays with the party that published it first. C-25 */
static void
a_key_published_again_by_another_party_is_void(void **unused)
{
	(void)unused;
	for (int first = 0; first < 2; first++) {
		CHARTER = world_charter(NULL);
		BUF line = ROOM;
		BUF earlier = ROOM;
		BUF later = ROOM;
		struct ent_error err = { 0 };
		const char *act;

		world_be_alive(charter, AU, T0 - HOUR);
		world_be_alive(charter, UK, T0);
		world_key_line(&line, world_keys(AU)->kas);
		assert_ok(ent_buf_cstr(&line, &act, &err));
		world_statement(&earlier, charter, &(struct world_statement){ .by = AU, .time_unix_s = T0 - HOUR, .act = act });
		world_statement(&later, charter, &(struct world_statement){ .by = UK, .time_unix_s = T0, .act = act });
		world_add(charter, first == 0 ? AU : UK, ent_buf_view(first == 0 ? &earlier : &later));
		if (first == 0) {
			assert_int_equal(ent_charter_admissible(charter, ent_view_str(world_members[UK]), ent_buf_view(&later), T0, &err), ENT_E_REFUSED);
			assert_non_null(strstr(err.text, "au 1"));
		}
		world_add(charter, first == 0 ? UK : AU, ent_buf_view(first == 0 ? &later : &earlier));
		assert_int_equal(key_count(charter, AU), 1);
		assert_int_equal(key_count(charter, UK), 0);
	}
}

/* C-25: at equal times the party's name decides, whichever log was read first. */
static void
of_two_publications_in_one_second_the_first_name_has_it(void **unused)
{
	(void)unused;
	for (int first = 0; first < 2; first++) {
		CHARTER = world_charter(NULL);
		BUF line = ROOM;

		for (int i = 0; i < 2; i++) {
			world_key_line(&line, world_keys(US)->kas);
			publish(charter, i == first ? UK : AU, &line);
		}
		assert_int_equal(key_count(charter, AU), 1);
		assert_int_equal(key_count(charter, UK), 0);
	}
}

static void
a_data_key_cannot_also_be_an_issuers_key(void **unused)
{
	CHARTER = world_charter(NULL);
	BUF line = ROOM;

	(void)unused;
	world_key_line(&line, world_keys(UK)->kas);
	publish(charter, UK, &line);
	world_issuer_key_line(&line, world_issuers[UK], "k", world_keys(UK)->kas, T0 + DAY);
	publish(charter, UK, &line);
	assert_int_equal(key_count(charter, UK), 1);
}

/* C-24 C-26 */
static void
an_issuer_key_for_anothers_issuer_or_under_a_used_kid_is_void(void **unused)
{
	CHARTER = world_charter(&(struct world_rules){ .extra_issuer = "https://sso.uk.example/realms/a" });
	BUF line = ROOM;

	(void)unused;
	world_issuer_key_line(&line, world_issuers[AU], "k", world_keys(UK)->issuer, T0 + DAY);
	publish(charter, UK, &line);
	world_issuer_key_line(&line, "https://elsewhere.example", "k", world_keys(UK)->issuer, T0 + DAY);
	publish(charter, UK, &line);
	assert_int_equal(key_count(charter, UK), 0);
	world_issuer_key_line(&line, world_issuers[UK], "k", world_keys(UK)->issuer, T0 + DAY);
	publish(charter, UK, &line);
	world_issuer_key_line(&line, world_issuers[UK], "k", world_keys(US)->issuer, T0 + DAY); /* another key under the same kid */
	publish(charter, UK, &line);
	assert_int_equal(key_count(charter, UK), 1);
	world_issuer_key_line(&line, "https://sso.uk.example/realms/a", "k", world_keys(UK)->issuer, T0 + DAY); /* another issuer's kid is its own */
	publish(charter, UK, &line);
	world_issuer_key_line(&line, world_issuers[UK], "k", world_keys(UK)->issuer, T0 + 9 * DAY); /* prolonged */
	publish(charter, UK, &line);
	ENT_AUTO(ent_state) state = world_derive(charter, T0 + 2 * DAY);
	const struct ent_issuer_key *key = ent_state_issuer_key(state, ent_view_str(world_issuers[UK]), ENT_LIT("k"));
	assert_non_null(key);
	assert_int_equal(key->until_unix_s, T0 + 9 * DAY);
	assert_true(ent_view_eq(key->spki, ent_pubkey_spki(ent_key_public(world_keys(UK)->issuer))));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kid_that_is_not_the_keys_own_is_void),
		cmocka_unit_test(a_key_of_the_epoch_cannot_be_a_seal_key),
		cmocka_unit_test(a_key_published_again_by_another_party_is_void),
		cmocka_unit_test(of_two_publications_in_one_second_the_first_name_has_it),
		cmocka_unit_test(a_data_key_cannot_also_be_an_issuers_key),
		cmocka_unit_test(an_issuer_key_for_anothers_issuer_or_under_a_used_kid_is_void),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
