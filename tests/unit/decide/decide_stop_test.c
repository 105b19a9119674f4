/* Stops of keys, persons and files, and what a key that was given up still vouches for. */
#include "partner_fixture.h"

#define UNIT_UUID "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

/* ---- the register of a node ---- */

struct registered {
	const char *uuid;
	struct ent_hash text;
	size_t asked;
};

static bool
in_register(void *arg, struct ent_view uuid, const struct ent_hash *seal_text)
{
	struct registered *r = arg;

	r->asked++;
	return r->uuid != NULL && ent_view_eq_str(uuid, r->uuid) && ent_hash_eq(seal_text, &r->text);
}

static struct ent_hash
text_hash(const struct scene *s, const struct file *f)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	struct ent_hash hash;

	seal_text(&text, s, f);
	ent_sha256(&hash, ent_buf_view(&text));
	return hash;
}

static struct ent_decision
ask_with(const struct scene *s, const struct who *w, const struct file *f, const char *self, struct registered *r)
{
	static const struct who alice;
	struct ent_policy p = sealed_policy(s, f);
	struct ent_person person = person_of(s, w != NULL ? w : &alice);
	struct ent_decide_node node = { .self = ent_view_str(self), .registered = in_register, .registered_arg = r };
	struct ent_error err = { 0 };
	struct ent_decision out;

	assert_ok(ent_decide(&out, s->arena, s->state, &node, &person, &p, NULL, &err));
	world_note_codes(&out.reasons);
	return out;
}

/* ---- seal keys ---- */

/* "<word> <kid>" of a member's seal key. */
static const char *
about_seal_key(const struct scene *s, const char *word, size_t member)
{
	char kid[ENT_SEAL_KID_SIZE];
	struct ent_error err = { 0 };
	const char *line;

	ent_seal_kid(kid, ent_signer_vkey(world_keys(member)->seal)->key);
	assert_ok(ent_arena_printf(s->arena, &line, &err, "%s %s", word, kid));
	return line;
}

/* The thief of a seal key can sign whatever it likes; once the key is stopped, only what its node knows of opens. C-67 */
static void
under_a_stopped_seal_key_the_originator_opens_what_it_registered(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	const struct file genuine = { 0 }, forged = { .created_unix_s = T0 - 10 * DAY };
	struct registered r = { UUID, text_hash(&s, &genuine), 0 };
	struct ent_hash stopped;
	struct ent_decision d = ask_with(&s, NULL, &forged, "au.example", &r);

	(void)unused;
	assert_true(d.permit); /* while nobody has noticed */
	assert_int_equal(r.asked, 0);
	stopped = stop(&s, AU, about_seal_key(&s, "stop key", AU), T0);
	d = ask_with(&s, NULL, &genuine, "au.example", &r);
	assert_true(d.permit);
	d = ask_with(&s, NULL, &forged, "au.example", &r);
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, "not in the originator's register");
	assert_true(world_has_reason(&d.reasons, ENT_R_SEAL_KEY_STOPPED, "au "));
	d = ask_with(&s, NULL, &(struct file){ .uuid = UNIT_UUID, .policy_uuid = UNIT_UUID }, "au.example", &r);
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, NULL);
	d = ask_file(&s, NULL, &genuine, "au.example"); /* a node without a register has nothing in it */
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, NULL);
	d = ask_with(&s, NULL, &(struct file){ .originator = "uk.example", .signer = world_keys(UK)->seal }, "au.example", &r);
	assert_true(d.permit); /* another member's key is its own */
	resume(&s, AU, &stopped, T0 + HOUR);
	d = ask_with(&s, NULL, &forged, "au.example", &r);
	assert_true(d.permit);
}

/* C-67 */
static void
under_a_stopped_seal_key_others_open_what_needs_the_originator(void **unused)
{
	static const char two[] = "all of au.example uk.example us.example";
	SCENE s = scene_at(T0, NULL);
	SCENE weak = scene_at(T0, &(struct world_project){ .custody = two });
	static const char splits[] = "split 1 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\nsplit 2 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n"
	    "split 3 khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=\n";
	const struct file f = { .custody = two, .splits = splits };
	struct ent_decision d;

	(void)unused;
	(void)stop(&s, AU, about_seal_key(&s, "stop key", AU), T0);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "uk.example");
	assert_true(d.permit);
	d = ask_file(&weak, NULL, &f, "uk.example");
	assert_true(d.permit);
	(void)stop(&weak, AU, about_seal_key(&weak, "stop key", AU), T0);
	d = ask_file(&weak, NULL, &f, "uk.example"); /* needs au.example too, but the clause does not say `originator` */
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, "without the originator's node");
}

/* C-67 C-73 */
static void
under_a_stopped_seal_key_a_partner_with_a_date_opens_nothing(void **unused)
{
	SCENE since = scene_with_partner(&(struct world_admit){ .files = "since 2026-11-20T09:00:00Z" });
	SCENE all = scene_with_partner(NULL);
	struct registered r = { UUID, text_hash(&since, &(struct file){ 0 }), 0 };
	struct ent_decision d;

	(void)unused;
	(void)stop(&since, AU, about_seal_key(&since, "stop key", AU), T0);
	(void)stop(&all, AU, about_seal_key(&all, "stop key", AU), T0);
	d = ask_with(&since, &kenji, &(struct file){ 0 }, "au.example", &r); /* not even what is registered: its date is only claimed */
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, "from a date on only");
	d = ask_with(&since, &kenji, &(struct file){ 0 }, "uk.example", &r);
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, "from a date on only");
	d = ask_with(&since, NULL, &(struct file){ 0 }, "uk.example", &r);
	assert_true(d.permit);
	d = ask_with(&all, &kenji, &(struct file){ 0 }, "uk.example", &r);
	assert_true(d.permit);
	d = ask_with(&all, &kenji, &(struct file){ .created_unix_s = T0 - HOUR }, "au.example", &r);
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, "register");
}

/* Nobody sealed a writer's file at the node: under a stopped key the originator does not know it. C-67 C-71 */
static void
a_certificate_falls_with_the_key_behind_it(void **unused)
{
	static const struct certificate good;
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = ask_file(&s, NULL, &(struct file){ .writer = &good }, "au.example");

	(void)unused;
	assert_true(d.permit);
	(void)stop(&s, AU, about_seal_key(&s, "stop key", AU), T0);
	d = ask_file(&s, NULL, &(struct file){ .writer = &good }, "au.example");
	assert_only(&d, ENT_R_SEAL_KEY_STOPPED, NULL);
	d = ask_file(&s, NULL, &(struct file){ .writer = &good }, "uk.example");
	assert_true(d.permit); /* au.example's node has the last word */
}

/* C-67 */
static void
a_retired_or_destroyed_seal_key_makes_no_new_seals(void **unused)
{
	static const char *const words[] = { "retire", "destroy" };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(words); i++) {
		static const struct certificate good;
		SCENE s = scene_at(T0, NULL);
		struct ent_decision d;

		act(&s, AU, about_seal_key(&s, words[i], AU), T0 + HOUR);
		scene_again(&s, T0 + 2 * HOUR);
		d = ask_file(&s, NULL, &(struct file){ .created_unix_s = T0 }, "au.example");
		assert_true(d.permit);
		d = ask_file(&s, NULL, &(struct file){ .created_unix_s = T0 + HOUR + 120 }, "au.example");
		assert_true(d.permit);
		d = ask_file(&s, NULL, &(struct file){ .created_unix_s = T0 + HOUR + 121 }, "au.example");
		assert_only(&d, ENT_R_SEAL_INVALID, "given up its seal key");
		d = ask_file(&s, NULL, &(struct file){ .writer = &good, .created_unix_s = T0 + HOUR }, "au.example");
		assert_true(d.permit);
		d = ask_file(&s, NULL, &(struct file){ .writer = &good, .created_unix_s = T0 + HOUR + 121 }, "au.example");
		assert_only(&d, ENT_R_SEAL_INVALID, "given up its seal key");
	}
}

/* What is asked about a file elsewhere than at a node cannot know the register: it says so. C-67 */
static void
without_a_node_a_stopped_seal_key_is_a_condition(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d;

	(void)unused;
	(void)stop(&s, AU, about_seal_key(&s, "stop key", AU), T0);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "");
	assert_true(d.permit);
	assert_true(world_has_reason(&d.reasons, ENT_R_PROVIDED, "au.example's register"));
}

static bool
any_view(void *arg, const struct ent_hash *view)
{
	(void)arg;
	(void)view;
	return true;
}

/* C-67 C-37 */
static void
a_node_whose_seal_key_nobody_would_believe_seals_nothing(void **unused)
{
	char kid[ENT_SEAL_KID_SIZE];
	struct ent_error err = { 0 };

	(void)unused;
	ent_seal_kid(kid, ent_signer_vkey(world_keys(AU)->seal)->key);
	for (int round = 0; round < 4; round++) {
		SCENE s = scene_at(T0, NULL);
		ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
		struct ent_person person = person_of(&s, &(struct who){ 0 });
		struct ent_decide_node node = { .self = ENT_LIT("au.example"), .seal_kid = round == 1 ? ENT_LIT("s-0123456789abcdef") : ent_view_str(kid) };
		struct ent_decision d;

		if (round == 2)
			(void)stop(&s, AU, about_seal_key(&s, "stop key", AU), T0);
		if (round == 3)
			act(&s, AU, about_seal_key(&s, "retire", AU), T0);
		seal_text(&text, &s, &(struct file){ 0 });
		assert_ok(ent_decide_seal(&d, s.arena, s.state, &node, &person, ent_buf_view(&text), any_view, NULL, &err));
		if (round == 0)
			assert_true(d.permit);
		else
			assert_only(&d, ENT_R_SEAL_KEY_STOPPED, round == 1 ? "not published" : round == 2 ? "is stopped" : "given up");
	}
}

/* ---- the own access log's key ---- */

/* C-72 */
static void
a_node_whose_access_log_key_is_stopped_opens_and_seals_nothing(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(512);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	struct ent_person person = person_of(&s, &(struct who){ 0 });
	struct ent_decide_node node = { .self = ENT_LIT("au.example") };
	struct ent_error err = { 0 };
	struct ent_hash stopped;
	struct ent_decision d;
	const char *act_line;

	(void)unused;
	world_stop_key_line(&line, world_keys(AU)->access);
	assert_ok(ent_buf_cstr(&line, &act_line, &err));
	stopped = stop(&s, AU, act_line, T0);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_ACCESS_KEY_STOPPED, "au.example");
	assert_true(ent_reasons_outage(&d.reasons));
	d = ask_file(&s, NULL, &(struct file){ 0 }, "uk.example");
	assert_true(d.permit);
	seal_text(&text, &s, &(struct file){ 0 });
	assert_ok(ent_decide_seal(&d, s.arena, s.state, &node, &person, ent_buf_view(&text), any_view, NULL, &err));
	assert_only(&d, ENT_R_ACCESS_KEY_STOPPED, NULL);
	resume(&s, AU, &stopped, T0 + HOUR);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(d.permit);
}

/* ---- persons and files (C-74) ---- */

/* C-74 */
static void
a_stopped_person_is_refused_everywhere_until_the_stop_is_resumed(void **unused)
{
	SCENE s = scene_with_partner(NULL);
	struct ent_hash stopped = stop(&s, US, "stop person kenji@jp.example", T0);
	struct ent_decision d;

	(void)unused;
	for (size_t m = 0; m < MEMBERS; m++) {
		d = ask_file(&s, &kenji, &(struct file){ 0 }, world_members[m]);
		assert_only(&d, ENT_R_PERSON_STOPPED, "us.example");
	}
	d = ask_file(&s, &(struct who){ .issuer = kenji.issuer, .sub = "hanako" }, &(struct file){ 0 }, "au.example");
	assert_true(d.permit);
	d = ask_file(&s, &(struct who){ .sub = "kenji" }, &(struct file){ 0 }, "au.example"); /* kenji@au.example is another */
	assert_true(d.permit);
	resume(&s, US, &stopped, T0 + HOUR);
	d = ask_file(&s, &kenji, &(struct file){ 0 }, "au.example");
	assert_true(d.permit);
}

/* C-74 */
static void
a_file_stopped_by_its_originator_is_closed_everywhere_and_by_others_at_home(void **unused)
{
	static const char *const quantum[LIST_MAX] = { QUANTUM }, *const none[LIST_MAX] = { NULL };
	SCENE s = scene_with_partner(NULL);
	struct ent_policy unsealed = unsealed_policy(&s, quantum, none);
	struct ent_hash uks = stop(&s, UK, "stop file " UUID, T0);
	struct ent_decision d = ask_file(&s, NULL, &(struct file){ 0 }, "uk.example");

	(void)unused;
	assert_only(&d, ENT_R_FILE_STOPPED, "uk.example");
	d = ask_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(d.permit);
	d = ask(&s, NULL, &unsealed, "uk.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_FILE_STOPPED, "uk.example");
	d = ask(&s, NULL, &unsealed, "us.example", ENT_NATIONALITY_EVERY);
	assert_true(d.permit);
	resume(&s, UK, &uks, T0);
	(void)stop(&s, AU, "stop file " UUID, T0);
	for (size_t m = 0; m < MEMBERS; m++) {
		d = ask_file(&s, &kenji, &(struct file){ 0 }, world_members[m]);
		assert_only(&d, ENT_R_FILE_STOPPED, "au.example");
	}
	d = ask_file(&s, NULL, &(struct file){ .originator = "uk.example", .signer = world_keys(UK)->seal }, "us.example");
	assert_true(d.permit); /* another's file that bears the same uuid is not au.example's to stop elsewhere */
}

/* C-74: whose file it is, nobody knows, but the own stop counts. */
static void
a_seal_that_is_not_believed_does_not_hide_a_stopped_file(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d;

	(void)unused;
	(void)stop(&s, AU, "stop file " UUID, T0);
	d = ask_file(&s, NULL, &(struct file){ .signer = world_keys(US)->seal }, "au.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_SEAL_INVALID, NULL));
	assert_true(world_has_reason(&d.reasons, ENT_R_FILE_STOPPED, NULL));
}

/* Two stops of one thing are two reasons, each with its place; curing one is not enough. C-61 C-74 */
static void
each_stop_is_told(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_hash first = stop(&s, UK, "stop person alice@au.example", T0);
	struct ent_decision d;

	(void)unused;
	(void)stop(&s, US, "stop person alice@au.example", T0);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_PERSON_STOPPED, "uk.example"));
	assert_true(world_has_reason(&d.reasons, ENT_R_PERSON_STOPPED, "us.example"));
	resume(&s, UK, &first, T0 + HOUR);
	d = ask_file(&s, NULL, &(struct file){ 0 }, "au.example");
	assert_only(&d, ENT_R_PERSON_STOPPED, "us.example");
}

static void
each_of_these_reasons_was_given_by_a_test_above(void **unused)
{
	static const enum ent_reason_code codes[] = { ENT_R_ACCESS_KEY_STOPPED, ENT_R_SEAL_KEY_STOPPED, ENT_R_FILE_STOPPED, ENT_R_PERSON_STOPPED };

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(codes); i++)
		if (!world_codes_seen[codes[i]])
			fail_msg("no test made the decision say %s", ent_reason_row(codes[i])->name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(under_a_stopped_seal_key_the_originator_opens_what_it_registered),
		cmocka_unit_test(under_a_stopped_seal_key_others_open_what_needs_the_originator),
		cmocka_unit_test(under_a_stopped_seal_key_a_partner_with_a_date_opens_nothing),
		cmocka_unit_test(a_certificate_falls_with_the_key_behind_it),
		cmocka_unit_test(a_retired_or_destroyed_seal_key_makes_no_new_seals),
		cmocka_unit_test(without_a_node_a_stopped_seal_key_is_a_condition),
		cmocka_unit_test(a_node_whose_seal_key_nobody_would_believe_seals_nothing),
		cmocka_unit_test(a_node_whose_access_log_key_is_stopped_opens_and_seals_nothing),
		cmocka_unit_test(a_stopped_person_is_refused_everywhere_until_the_stop_is_resumed),
		cmocka_unit_test(a_file_stopped_by_its_originator_is_closed_everywhere_and_by_others_at_home),
		cmocka_unit_test(a_seal_that_is_not_believed_does_not_hide_a_stopped_file),
		cmocka_unit_test(each_stop_is_told),
		cmocka_unit_test(each_of_these_reasons_was_given_by_a_test_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
