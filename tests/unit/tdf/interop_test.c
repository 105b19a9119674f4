/* Files of ours, read by the independent reader in Python, which was written from the wire reference alone. */
#include "support.h"

#include "codec/base64.h"
#include "crypto/wrap.h"

#define READER TESTS_DIR "/interop/reader/tdf_reader.py"

enum { HOLDERS = 3 };

/* {0 or 1} AND {2}: two splits, three key access objects, each wrapped to its holder's key. */
struct file {
	char dir[64];
	struct ent_key *keys[HOLDERS];
	char kids[HOLDERS][ENT_KID_SIZE];
	struct ent_secret *payload_key;
	struct ent_arena *arena;
	struct ent_kao kaos[HOLDERS];
};

static void
put_file(const struct file *f, const char *name, struct ent_view bytes)
{
	struct ent_error err = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	assert_ok(ent_file_replace(path, bytes, 0600, &err));
}

static void
make_object(struct file *f, int i, const char *sid, const struct ent_secret *share)
{
	static const char *const urls[] = { "https://au.example", "https://uk.example", "https://us.example" };
	ENT_AUTO(ent_pubkey) ephemeral = NULL;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(4096);
	ENT_AUTO_FINI(ent_buf) private_pem = ent_buf_with_max(4096);
	struct ent_error err = { 0 };
	uint8_t blob[ENT_EC_WRAP_LEN];
	char binding[ENT_BINDING_SIZE], name[16];

	assert_ok(ent_key_generate(&f->keys[i], ENT_KEY_EC_P256, &err));
	ent_pubkey_kid(f->kids[i], ent_key_public(f->keys[i]));
	assert_ok(ent_wrap_ec(blob, &ephemeral, ent_key_public(f->keys[i]), share, &err));
	assert_ok(ent_pubkey_pem(ephemeral, &pem, &err));
	ent_binding_make(binding, share, ENT_LIT(POLICY_B64));
	f->kaos[i] = test_kao(urls[i], sid);
	f->kaos[i].kid = ent_view_str(f->kids[i]);
	assert_ok(ent_arena_dup(f->arena, &f->kaos[i].ephemeral_pem, ent_buf_view(&pem), &err));
	assert_ok(ent_arena_dup(f->arena, &f->kaos[i].binding_hash, ent_view_str(binding), &err));
	assert_ok(ent_base64_encode_arena(f->arena, &f->kaos[i].wrapped_key, ENT_BASE64_STD, ent_view_from(blob, sizeof(blob)), &err));
	assert_ok(ent_key_to_pkcs8_pem(f->keys[i], &private_pem, &err));
	snprintf(name, sizeof(name), "%d.pem", i);
	put_file(f, name, ent_buf_view(&private_pem));
}

static void
file_init(struct file *f)
{
	ENT_AUTO(ent_secret) second = NULL;
	struct ent_error err = { 0 };

	*f = (struct file){ 0 };
	snprintf(f->dir, sizeof(f->dir), "/tmp/entente-interop-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_ok(ent_arena_new(&f->arena, 1 << 20, &err));
	assert_ok(ent_secret_random(&f->payload_key, 32, &err));
	assert_ok(ent_secret_random(&second, 32, &err));
	make_object(f, 0, "1", f->payload_key);
	make_object(f, 1, "1", f->payload_key);
	/* one share for both objects of the first split */
	make_object(f, 2, "2", second);
	assert_ok(ent_secret_xor(f->payload_key, second, &err));
}

static void
file_fini(struct file *f)
{
	static const char *const names[] = { "0.pem", "1.pem", "2.pem", "tdf", "out" };
	char path[128];

	for (size_t i = 0; i < ENT_COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	rmdir(f->dir);
	for (int i = 0; i < HOLDERS; i++)
		ent_key_free(f->keys[i]);
	ent_secret_free(f->payload_key);
	ent_arena_free(f->arena);
}

static void
write_tdf(const struct file *f, struct ent_view plain, uint32_t segment)
{
	const struct ent_tdf_tuning tuning = { .segment_size = segment };
	struct ent_error err = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/tdf", f->dir);
	ENT_AUTO_FD in = memory_file(plain);
	ENT_AUTO_FD out = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	struct ent_tdf_write write = { .in_fd = in, .out_fd = out, .key = f->payload_key, .policy_base64 = ENT_LIT(POLICY_B64),
		.kaos = f->kaos, .kao_count = HOLDERS };
	assert_ok(ent_tdf_write_tuned(&write, &tuning, NULL, &err));
}

/* Run the reader with the keys of these holders; its exit code. By kid for one, by URL for the others. */
static int
run_reader(const struct file *f, const int *holders, size_t count)
{
	char command[1024];
	size_t len = (size_t)snprintf(command, sizeof(command), "/usr/bin/python3 -B %s", READER);

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(command + len, sizeof(command) - len, " --key %.*s=%s/%d.pem",
		    ENT_FMT(i ? f->kaos[holders[i]].url : f->kaos[holders[i]].kid), f->dir, holders[i]);
	snprintf(command + len, sizeof(command) - len, " %s/tdf %s/out 2>/dev/null", f->dir, f->dir);
	return system(command);
}

static void
skip_without_python(void)
{
	if (system("/usr/bin/python3 -c 'import cryptography' 2>/dev/null") != 0) {
		print_message("python3-cryptography is not installed: the independent reader does not run\n");
		skip();
	}
}

static void
files_are_read_by_the_independent_reader(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 4097, 100000 };
	static const int pairs[][2] = { { 0, 2 }, { 1, 2 } };
	struct file f;

	(void)state;
	skip_without_python();
	file_init(&f);
	for (size_t i = 0; i < ENT_COUNT(sizes); i++) {
		ENT_AUTO_FINI(ent_buf) plain = sample(sizes[i]);
		ENT_AUTO_FINI(ent_buf) got = ent_buf_with_max(1 << 20);
		struct ent_error err = { 0 };
		char path[128];

		write_tdf(&f, ent_buf_view(&plain), 4096);
		assert_int_equal(run_reader(&f, pairs[i % 2], 2), 0);
		snprintf(path, sizeof(path), "%s/out", f.dir);
		assert_ok(ent_file_read(&got, path, 1 << 20, &err));
		assert_true(ent_view_eq(ent_buf_view(&got), ent_buf_view(&plain)));
	}
	file_fini(&f);
}

static void
holders_of_one_split_only_open_nothing(void **state)
{
	static const int both_of_one[] = { 0, 1 };
	struct file f;

	(void)state;
	skip_without_python();
	file_init(&f);
	write_tdf(&f, ENT_LIT("not for you"), 0);
	assert_int_not_equal(run_reader(&f, both_of_one, 2), 0);
	file_fini(&f);
}

static void
appendix_a_holds_for_the_independent_reader(void **state)
{
	(void)state;
	skip_without_python();
	assert_int_equal(system("cd " TESTS_DIR "/interop/reader && /usr/bin/python3 -B test_appendix_a.py 2>/dev/null"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appendix_a_holds_for_the_independent_reader),
		cmocka_unit_test(files_are_read_by_the_independent_reader),
		cmocka_unit_test(holders_of_one_split_only_open_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
