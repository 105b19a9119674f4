/* A node's home in a temporary folder, with fresh keys, and its processes as children that the test talks to as the judge. */
#ifndef ENT_TESTS_HOME_FIXTURE_H
#define ENT_TESTS_HOME_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "charter/docs.h"
#include "node/process.h"
#include "node/ipc.h"

#define assert_ok(call) assert_int_equal((call), ENT_OK)
#define PARTY "au.example"
#define NODE_URL "http://127.0.0.1:8080"

struct home {
	char dir[64];
	struct ent_node_config config;
	struct ent_key *data;
	struct ent_key *issuer;
	struct ent_signer *access; /* the private half: for tests that play the logger */
	struct ent_signer *seal;
};

struct process {
	pid_t pid;
	struct ent_channel *channel;
	int raw_fd; /* a duplicate, for frames that no channel would send */
};

static inline struct ent_signer *
home_signer(const struct home *home, const char *file, const char *name, bool with_vkey)
{
	struct ent_error err = { 0 };
	struct ent_signer *signer;
	char path[ENT_PATH_MAX];

	assert_ok(ent_signer_generate(&signer, ent_view_str(name), ENT_NOTE_TYPE_ED25519, &err));
	snprintf(path, sizeof(path), "%s/keys/%s.key", home->dir, file);
	assert_ok(ent_signer_save(signer, path, &err));
	snprintf(path, sizeof(path), "%s/keys/%s.vkey", home->dir, file);
	if (with_vkey)
		assert_ok(ent_file_create(path, ent_signer_vkey(signer)->line, 0644, &err));
	return signer;
}

static inline void
home_pem(const struct ent_key *key, const char *path)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(8192);
	struct ent_error err = { 0 };

	assert_ok(ent_key_to_pkcs8_pem(key, &pem, &err));
	assert_ok(ent_file_create(path, ent_buf_view(&pem), 0600, &err));
}

static inline void
home_seal_key(struct home *home, const char *party)
{
	static const uint8_t seed[32] = "the seal key of tests";
	ENT_AUTO(ent_ed25519) key = NULL;
	struct ent_error err = { 0 };
	uint8_t public_key[ENT_ED25519_KEY_LEN];
	char kid[ENT_SEAL_KID_SIZE], name[128], path[ENT_PATH_MAX];

	assert_ok(ent_ed25519_from_seed(&key, ent_view_from(seed, sizeof(seed)), &err));
	assert_ok(ent_ed25519_public(key, public_key, &err));
	ent_seal_kid(kid, public_key);
	snprintf(name, sizeof(name), "%s/seal/%s", party, kid);
	assert_ok(ent_signer_from_seed(&home->seal, ent_view_str(name), ENT_NOTE_TYPE_ED25519, ent_view_from(seed, sizeof(seed)), &err));
	snprintf(path, sizeof(path), "%s/keys/seal.key", home->dir);
	assert_ok(ent_signer_save(home->seal, path, &err));
}

static inline void
home_make(struct home *home)
{
	struct ent_error err = { 0 };
	char path[ENT_PATH_MAX], kid[ENT_KID_SIZE];

	memset(home, 0, sizeof(*home));
	snprintf(home->dir, sizeof(home->dir), "/tmp/ent-home-XXXXXX");
	assert_non_null(mkdtemp(home->dir));
	snprintf(path, sizeof(path), "%s/keys/data", home->dir);
	assert_ok(ent_dir_make(path, 0700, &err));
	ent_signer_free(home_signer(home, "statements", PARTY "/statements", true));
	home->access = home_signer(home, "access", PARTY "/access", true);
	home_seal_key(home, PARTY);
	assert_ok(ent_key_generate(&home->data, ENT_KEY_EC_P256, &err));
	assert_ok(ent_key_generate(&home->issuer, ENT_KEY_EC_P256, &err));
	ent_pubkey_kid(kid, ent_key_public(home->data));
	snprintf(path, sizeof(path), "%s/keys/data/%s.pem", home->dir, kid);
	home_pem(home->data, path);
	snprintf(path, sizeof(path), "%s/keys/issuer.pem", home->dir);
	home_pem(home->issuer, path);
	home->config = (struct ent_node_config){ .home = home->dir, .party = (char *)(uintptr_t)PARTY, .url = (char *)(uintptr_t)NODE_URL };
}

static inline void
home_remove(struct home *home)
{
	char command[128];

	ent_key_free(home->data);
	ent_key_free(home->issuer);
	ent_signer_free(home->access);
	ent_signer_free(home->seal);
	snprintf(command, sizeof(command), "rm -rf '%s'", home->dir);
	assert_int_equal(system(command), 0);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifdef SANITIZED
#include <sanitizer/lsan_interface.h>
#else
static inline int
__lsan_do_recoverable_leak_check(void)
{
	return 0;
}
#endif

typedef int (*process_main)(const struct ent_node_config *config, int judge_fd);

/* other: a process whose channel the child must not keep open, or that process would never see it close. */
static inline void
process_start(struct process *process, process_main main_fn, const struct home *home, enum ent_process peer,
    const struct process *other)
{
	struct ent_error err = { 0 };
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fflush(NULL);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0) {
		close(fds[0]);
		if (other != NULL) {
			close(ent_channel_fd(other->channel));
			close(other->raw_fd);
		}
		int code = main_fn(&home->config, fds[1]);

		/* Not exit(): its handlers are the test's. */
		_exit(__lsan_do_recoverable_leak_check() != 0 ? 99 : code);
	}
	close(fds[1]);
	process->raw_fd = dup(fds[0]);
	assert_ok(ent_channel_new(&process->channel, fds[0], ENT_PROCESS_JUDGE, peer, &err));
}

/* The exit code. */
static inline int
process_wait(struct process *process)
{
	int status;

	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline int
process_stop(struct process *process)
{
	ent_channel_free(process->channel);
	close(process->raw_fd);
	return process_wait(process);
}

static inline enum ent_status
process_call(struct process *process, const struct ent_msg *ask, struct ent_msg *answer, enum ent_msg_type want,
    struct ent_arena *arena, struct ent_error *err)
{
	return ent_channel_call(process->channel, ask, answer, want, arena, err);
}

/* The text of a document, in the arena. */
static inline struct ent_view
text_of(struct ent_arena *arena, const struct ent_doc *doc)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error err = { 0 };
	struct ent_view out;

	if (ent_doc_print(&text, doc, &err) != ENT_OK)
		fail_msg("cannot print: %s", err.text);
	assert_ok(ent_arena_dup(arena, &out, ent_buf_view(&text), &err));
	return out;
}

static inline struct ent_hash
hash_of(const char *text)
{
	struct ent_hash hash;

	ent_sha256(&hash, ent_view_str(text));
	return hash;
}

#endif
