/* Files that were sealed away from the node, and who may have the certificate for that (C-71). */
#include "codec/base64.h"
#include "partner_fixture.h"

static struct ent_decision
open_file(const struct scene *s, const struct file *f)
{
	struct ent_policy p = sealed_policy(s, f);

	return ask(s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
}

/* ---- opening ---- */

/* C-71 */
static void
a_file_of_a_certified_writer_opens_and_says_so(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = open_file(&s, &(struct file){ .writer = &(struct certificate){ 0 } });

	(void)unused;
	assert_true(d.permit);
	assert_true(d.by_writer);
	assert_true(ent_view_eq_str(d.writer.person, "alice@au.example"));
	assert_true(ent_view_eq_str(d.originator, "au.example"));
	assert_true(world_has_reason(&d.reasons, ENT_R_SEALED, "by writer alice@au.example of au.example"));
	d = open_file(&s, &(struct file){ 0 });
	assert_true(d.permit);
	assert_false(d.by_writer);
}

/* A certificate is from a time on and until a time, to the second: nobody dates a file back before it. C-71 */
static void
a_writer_seals_within_its_certificates_dates_only(void **unused)
{
	const struct certificate week = { .from_unix_s = T0 - 2 * DAY, .until_unix_s = T0 - DAY };
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = open_file(&s, &(struct file){ .writer = &week, .created_unix_s = week.from_unix_s });

	(void)unused;
	assert_true(d.permit); /* made in time, and opened after the certificate has run out */
	d = open_file(&s, &(struct file){ .writer = &week, .created_unix_s = week.until_unix_s - 1 });
	assert_true(d.permit);
	d = open_file(&s, &(struct file){ .writer = &week, .created_unix_s = week.from_unix_s - 1 });
	assert_only(&d, ENT_R_SEAL_INVALID, "good from 2026-11-19T09:00:00Z until 2026-11-20T09:00:00Z, and not at 2026-11-19T08:59:59Z");
	d = open_file(&s, &(struct file){ .writer = &week, .created_unix_s = week.until_unix_s });
	assert_only(&d, ENT_R_SEAL_INVALID, "and not at 2026-11-20T09:00:00Z");
	d = open_file(&s, &(struct file){ .writer = &(struct certificate){ 0 }, .created_unix_s = T0 + 121 });
	assert_only(&d, ENT_R_SEAL_FUTURE, NULL);
}

/* C-71 C-35 */
static void
each_way_a_certificate_can_be_wrong_is_refused(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	ENT_AUTO(ent_signer) another = NULL;
	ENT_AUTO(ent_signer) elsewhere = NULL;
	struct ent_error err = { 0 };

	(void)unused;
	assert_ok(ent_signer_generate(&another, ENT_LIT("au.example/writer/another"), ENT_NOTE_TYPE_ED25519, &err));
	assert_ok(ent_signer_generate(&elsewhere, ENT_LIT("uk.example/writer/another"), ENT_NOTE_TYPE_ED25519, &err));
	const struct {
		struct certificate c;
		struct file f;
		const char *words;
	} rows[] = {
		{ { .signer = world_keys(UK)->seal }, { 0 }, "not signed by a seal key that au.example has published" },
		{ { .signer = world_keys(AU)->officers[0] }, { 0 }, "not signed by a seal key" },
		{ { .signer = world_keys(AU)->log }, { 0 }, "not signed by a seal key" },
		{ { .signer = writer_key() }, { 0 }, "not signed by a seal key" }, /* it certifies itself */
		{ { .charter = "khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=" }, { 0 }, "another charter" },
		{ { .originator = "uk.example", .person = "bob@uk.example", .key = elsewhere, .signer = world_keys(UK)->seal }, { 0 },
		    "the seal says au.example" },
		{ { .originator = "nz.example", .key = elsewhere }, { 0 }, "named nz.example/writer" },
		{ { .person = "bob@uk.example" }, { 0 }, "no person of au.example" },
		{ { .person = "alice@au.example@uk.example" }, { 0 }, "no person of au.example" },
		{ { .key = another }, { 0 }, "not by the writer whose certificate it carries" },
		{ { .key = elsewhere }, { 0 }, "named au.example/writer" },
		{ { 0 }, { .signer = another }, "not by the writer" },
		{ { 0 }, { .signer = world_keys(AU)->seal }, "not by the writer" }, /* with a certificate beside it the seal is the writer's */
		{ { .from_unix_s = T0 - HOUR, .until_unix_s = T0 - HOUR + 30 * DAY + 1 }, { 0 }, "at most 30 days" },
		{ { .from_unix_s = T0 - HOUR, .until_unix_s = T0 - HOUR }, { 0 }, "more than nothing" },
		{ { .text = "charter/v1 file\n" }, { 0 }, "not believed" },
		{ { .text = "rubbish\n" }, { 0 }, "not believed" },
	};
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct file f = rows[i].f;
		struct ent_decision d;

		f.writer = &rows[i].c;
		d = open_file(&s, &f);
		assert_only(&d, ENT_R_SEAL_INVALID, rows[i].words);
		assert_int_equal(d.originator.len, 0);
	}
}

/* C-35 */
static void
a_certificate_that_is_there_is_never_taken_as_none(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_policy p = sealed_policy(&s, &(struct file){ 0 });
	struct ent_decision d;

	(void)unused;
	p.has_writer = true; /* empty, beside a seal that is good by itself */
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_SEAL_INVALID, "not believed");
	p.writer_note = certificate_note(&s, &(struct certificate){ 0 });
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_SEAL_INVALID, "not by the writer");
	p.writer_note = p.seal_note;
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_SEAL_INVALID, "another text than a writer's certificate");
}

static void
a_writers_seal_is_bound_to_its_policy_like_a_nodes(void **unused)
{
	static const struct certificate good;
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = open_file(&s, &(struct file){ .writer = &good, .policy_uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8" });

	(void)unused;
	assert_only(&d, ENT_R_SEAL_INVALID, "the policy says 6ba7b810");
	d = open_file(&s, &(struct file){ .writer = &good, .policy_attributes = { QUANTUM, FQN "relto/value/aus" } });
	assert_only(&d, ENT_R_SEAL_INVALID, "attributes");
	d = open_file(&s, &(struct file){ .writer = &good, .custody = "2 of au.example uk.example us.example" });
	assert_only(&d, ENT_R_SEAL_CUSTODY, NULL);
}

/* C-71 C-74 */
static void
a_stopped_writers_files_open_for_nobody(void **unused)
{
	static const struct certificate alices, bobs = { .person = "bob@au.example" };
	SCENE s = scene_at(T0, NULL);
	struct ent_policy p;
	struct ent_decision d;

	(void)unused;
	(void)stop(&s, US, "stop person alice@au.example", T0);
	p = sealed_policy(&s, &(struct file){ .writer = &alices });
	d = ask(&s, &(struct who){ .sub = "zoe" }, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_WRITER_STOPPED, "alice@au.example");
	d = ask(&s, &(struct who){ .issuer = world_issuers[UK], .sub = "bob" }, &p, "us.example", ENT_NATIONALITY_EVERY);
	assert_only(&d, ENT_R_WRITER_STOPPED, "alice@au.example");
	d = ask(&s, NULL, &p, "au.example", ENT_NATIONALITY_EVERY); /* both: she asks for her own file */
	assert_true(world_has_reason(&d.reasons, ENT_R_WRITER_STOPPED, NULL));
	assert_true(world_has_reason(&d.reasons, ENT_R_PERSON_STOPPED, NULL));
	p = sealed_policy(&s, &(struct file){ .writer = &bobs });
	d = ask(&s, &(struct who){ .sub = "zoe" }, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_true(d.permit);
	p = sealed_policy(&s, &(struct file){ 0 }); /* what the node itself sealed for her stays */
	d = ask(&s, &(struct who){ .sub = "zoe" }, &p, "au.example", ENT_NATIONALITY_EVERY);
	assert_true(d.permit);
}

/* ---- who may have one ---- */

static struct ent_decision
ask_certificate(const struct scene *s, const struct who *w, const struct certificate *c, const char *self)
{
	static const struct who alice;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(1 << 17);
	struct ent_person person = person_of(s, w != NULL ? w : &alice);
	struct ent_decide_node node = { .self = ent_view_str(self) };
	struct ent_decision out;
	struct ent_error err = { 0 };
	struct certificate now = *c;
	struct ent_view copy;

	if (now.from_unix_s == 0)
		now.from_unix_s = ent_state_now(s->state);
	if (now.until_unix_s == 0)
		now.until_unix_s = now.from_unix_s + 7 * DAY;
	certificate_text(&text, s, &now);
	assert_ok(ent_arena_dup(s->arena, &copy, ent_buf_view(&text), &err));
	assert_ok(ent_decide_writer(&out, s->arena, s->state, &node, &person, copy, &err));
	assert_true(out.permit == !ent_reasons_block(&out.reasons));
	return out;
}

/* C-71 */
static void
an_own_person_gets_a_certificate_from_now_on_for_thirty_days_at_most(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d = ask_certificate(&s, NULL, &(struct certificate){ .until_unix_s = T0 + 30 * DAY }, "au.example");

	(void)unused;
	assert_true(d.permit);
	assert_true(ent_view_eq_str(d.writer.person, "alice@au.example"));
	assert_true(ent_view_eq_str(d.person, "alice@au.example"));
	assert_true(ent_view_eq_str(d.originator, "au.example"));
}

/* C-71 */
static void
nobody_else_gets_one_and_for_nothing_else(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	ENT_AUTO(ent_signer) another = NULL;
	struct ent_error err = { 0 };

	(void)unused;
	assert_ok(ent_signer_generate(&another, ENT_LIT("au.example/writer/0123456789abcdef"), ENT_NOTE_TYPE_ED25519, &err));
	const struct {
		struct who w;
		struct certificate c;
		enum ent_reason_code code;
		const char *words;
	} rows[] = {
		{ { .issuer = "https://node.uk.example", .sub = "bob" }, { .person = "bob@uk.example" }, ENT_R_ISSUER_UNKNOWN, "persons of au.example only" },
		{ { .issuer = "https://evil.example" }, { 0 }, ENT_R_ISSUER_UNKNOWN, "no party" },
		{ { .sub = "zoe" }, { 0 }, ENT_R_SEAL_INVALID, "is for alice@au.example, and zoe@au.example asks" },
		{ { 0 }, { .until_unix_s = T0 + 30 * DAY + 1 }, ENT_R_SEAL_INVALID, "30 days" },
		{ { 0 }, { .from_unix_s = T0 - 121 }, ENT_R_SEAL_FUTURE, "begin now" }, /* it would date files back */
		{ { 0 }, { .from_unix_s = T0 + 121 }, ENT_R_SEAL_FUTURE, "begin now" },
		{ { 0 }, { .key = another }, ENT_R_SEAL_INVALID, "must be named au.example/writer/" },
		{ { 0 }, { .charter = "khNMP843gxOnHtc/iXJBrkJb7ge5+pT/HeHIe5iTxRg=" }, ENT_R_SEAL_INVALID, "another charter" },
		{ { 0 }, { .text = "charter/v1 file\n" }, ENT_R_SEAL_INVALID, "cannot be certified" },
		{ { 0 }, { .text = "\n" }, ENT_R_SEAL_INVALID, "cannot be certified" },
	};
	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		struct ent_decision d = ask_certificate(&s, &rows[i].w, &rows[i].c, "au.example");

		if (rows[i].code == ENT_R_ISSUER_UNKNOWN)
			assert_true(world_has_reason(&d.reasons, rows[i].code, rows[i].words));
		else
			assert_only(&d, rows[i].code, rows[i].words);
		assert_false(d.permit);
	}
}

/* <name>+<8 hex digits>+<base64 of type and key> (C2SP signed-note): another name for a public key. */
static void
vkey_line(struct ent_buf *out, const char *name, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	uint8_t typed[1 + ENT_ED25519_KEY_LEN] = { ENT_NOTE_TYPE_ED25519 };
	const struct ent_view parts[] = { ent_view_str(name), ENT_LIT("\n"), ent_view_from(typed, sizeof(typed)) };
	struct ent_error err = { 0 };
	struct ent_hash hash;

	memcpy(typed + 1, key, ENT_ED25519_KEY_LEN);
	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	assert_ok(ent_buf_printf(out, &err, "%s+%02x%02x%02x%02x+", name, hash.bytes[0], hash.bytes[1], hash.bytes[2], hash.bytes[3]));
	assert_ok(ent_base64_encode(out, ENT_BASE64_STD, parts[2], &err));
}

/* The certificate's key is nobody's who signs other things: an officer cannot be made a writer unawares. */
static void
a_key_with_another_role_is_not_certified(void **unused)
{
	const struct ent_signer *const known[] = { world_keys(AU)->officers[1], world_keys(UK)->officers[0], world_keys(AU)->log,
		world_keys(US)->access, world_keys(AU)->seal, world_keys(UK)->seal };
	SCENE s = scene_at(T0, NULL);

	(void)unused;
	for (size_t i = 0; i < ENT_COUNT(known); i++) {
		char hex[ENT_HASH_HEX_SIZE], text[1024], id[ENT_HASH_BASE64_SIZE], name[64];
		struct ent_vkey vkey = *ent_signer_vkey(known[i]);
		ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(512);
		struct ent_hash hash;
		struct ent_decision d;

		ent_sha256(&hash, ent_view_from(vkey.key, ENT_ED25519_KEY_LEN));
		ent_hash_hex(hex, &hash);
		snprintf(name, sizeof(name), "au.example/writer/%.16s", hex);
		vkey_line(&line, name, vkey.key);
		ent_hash_base64(id, ent_charter_id(s.charter));
		snprintf(text, sizeof(text), "charter/v1 writer\ncharter %s\noriginator au.example\nperson alice@au.example\nkey %.*s\n"
		    "from 2026-11-21T09:00:00Z\nuntil 2026-11-22T09:00:00Z\n", id, (int)line.len, (const char *)line.data);
		d = ask_certificate(&s, NULL, &(struct certificate){ .text = text }, "au.example");
		assert_only(&d, ENT_R_SEAL_INVALID, "another role");
	}
}

/* C-71 C-74 C-72 */
static void
a_stopped_person_and_a_node_that_must_be_silent_get_and_give_none(void **unused)
{
	SCENE s = scene_at(T0, NULL);
	struct ent_decision d;

	(void)unused;
	scene_again(&s, T0 - HOUR);
	d = ask_certificate(&s, NULL, &(struct certificate){ 0 }, "au.example");
	assert_only(&d, ENT_R_CLOCK_BEHIND, NULL);
	scene_again(&s, T0);
	d = ask_certificate(&s, NULL, &(struct certificate){ 0 }, "nz.example");
	assert_true(world_has_reason(&d.reasons, ENT_R_NO_CHARTER, "nz.example"));
	(void)stop(&s, UK, "stop person alice@au.example", T0);
	d = ask_certificate(&s, NULL, &(struct certificate){ 0 }, "au.example");
	assert_only(&d, ENT_R_PERSON_STOPPED, "alice@au.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_a_certified_writer_opens_and_says_so),
		cmocka_unit_test(a_writer_seals_within_its_certificates_dates_only),
		cmocka_unit_test(each_way_a_certificate_can_be_wrong_is_refused),
		cmocka_unit_test(a_certificate_that_is_there_is_never_taken_as_none),
		cmocka_unit_test(a_writers_seal_is_bound_to_its_policy_like_a_nodes),
		cmocka_unit_test(a_stopped_writers_files_open_for_nobody),
		cmocka_unit_test(an_own_person_gets_a_certificate_from_now_on_for_thirty_days_at_most),
		cmocka_unit_test(nobody_else_gets_one_and_for_nothing_else),
		cmocka_unit_test(a_key_with_another_role_is_not_certified),
		cmocka_unit_test(a_stopped_person_and_a_node_that_must_be_silent_get_and_give_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
