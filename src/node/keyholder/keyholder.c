#include "node/keyholder/keyholder.h"

#include "base/event.h"
#include "base/file.h"

enum {
	SECRET_HEAP_BYTES = 1 << 20,
	/* One request token of 1 MiB in its stages: token, payload, JSON, body, policy. */
	REQUEST_BYTES_MAX = 16 << 20,
};

enum ent_status
ent_keyholder_keys(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer,
    struct ent_error *err)
{
	const struct ent_keyholder *keyholder = arg;
	const struct ent_keyring *keyring = &keyholder->keyring;
	struct ent_msg_keys_are *out = &answer->keys_are;
	void *kids, *spkis;

	(void)request;
	ENT_TRY(ent_arena_alloc(arena, &kids, keyring->data_count, sizeof(struct ent_view), err));
	ENT_TRY(ent_arena_alloc(arena, &spkis, keyring->data_count, sizeof(struct ent_view), err));
	answer->type = ENT_MSG_KEYS_ARE;
	out->kas_kids = (struct ent_list){ kids, keyring->data_count };
	out->kas_spkis = (struct ent_list){ spkis, keyring->data_count };
	for (size_t i = 0; i < keyring->data_count; i++) {
		out->kas_kids.items[i] = ent_view_str(keyring->data[i].kid);
		out->kas_spkis.items[i] = ent_pubkey_spki(ent_key_public(keyring->data[i].key));
	}
	if (keyring->seal != NULL) {
		out->seal_kid = ent_view_str(keyring->seal_kid);
		out->seal_public = ent_view_from(ent_signer_vkey(keyring->seal)->key, ENT_ED25519_KEY_LEN);
	}
	out->issuer_kid = ent_view_str(keyring->issuer_kid);
	out->issuer_spki = ent_pubkey_spki(ent_key_public(keyring->issuer));
	return ENT_OK;
}

void
ent_keyholder_forget_agreement(struct ent_keyholder *keyholder)
{
	ent_secret_free(keyholder->agreement.wk);
	keyholder->agreement = (struct ent_agreement){ 0 };
}

void
ent_keyholder_forget_verified(struct ent_keyholder *keyholder)
{
	ent_arena_free(keyholder->verified.arena);
	keyholder->verified = (struct ent_verified){ 0 };
}

/* An answer that nobody fetched is wiped when its time is over, not when the next message comes; and its key with the last. */
static int
idle(void *arg)
{
	struct ent_keyholder *keyholder = arg;
	int wait_ms = ent_held_expire(&keyholder->held, ent_clock_mono_ms());

	if (wait_ms < 0)
		ent_keyholder_forget_agreement(keyholder);
	return wait_ms;
}

static void
keyholder_fini(struct ent_keyholder *keyholder)
{
	ent_keyholder_forget_agreement(keyholder);
	ent_keyholder_forget_verified(keyholder);
	ent_held_table_fini(&keyholder->held);
	ent_keyring_fini(&keyholder->keyring);
}

static enum ent_status
start(struct ent_keyholder *keyholder, struct ent_error *err)
{
	struct ent_error locked = { 0 };

	/* Where memory cannot be locked (a low `ulimit -l`), keys are wiped after use but may be swapped: said, not fatal. */
	if (ent_secret_heap_init(SECRET_HEAP_BYTES, &locked) != ENT_OK)
		ent_event_failure("memory-not-locked", &locked);
	return ent_keyring_load(&keyholder->keyring, keyholder->config, err);
}

int
ent_keyholder_main(const struct ent_node_config *config, int judge_fd)
{
	/* A partner's node has no share to check and nothing to seal: who asks for it there ends the process (C-76). */
	static const struct ent_service_row issuer_rows[] = {
		{ ENT_MSG_KEYS, ent_keyholder_keys },
		{ ENT_MSG_TOKEN, ent_keyholder_token },
		{ ENT_MSG_NONE, NULL },
	};
	static const struct ent_service_row rows[] = {
		{ ENT_MSG_KEYS, ent_keyholder_keys },
		{ ENT_MSG_CHECK, ent_keyholder_check },
		{ ENT_MSG_RELEASE, ent_keyholder_release },
		{ ENT_MSG_SEAL, ent_keyholder_seal },
		{ ENT_MSG_TOKEN, ent_keyholder_token },
		{ ENT_MSG_OPEN, ent_keyholder_open },
		{ ENT_MSG_NONE, NULL },
	};
	__attribute__((cleanup(keyholder_fini))) struct ent_keyholder keyholder = { .config = config };
	const struct ent_service service = { ENT_PROCESS_KEYHOLDER, ENT_PROCESS_JUDGE, REQUEST_BYTES_MAX,
		config->issuer_only ? issuer_rows : rows, idle, &keyholder };
	struct ent_error err = { 0 };

	ent_event_process(ent_process_name(ENT_PROCESS_KEYHOLDER));
	ent_service_harden();
	keyholder.clock.offset_s = config->demonstration ? config->clock_offset_s : 0;
	if (start(&keyholder, &err) == ENT_OK)
		return ent_service_run(&service, judge_fd);
	ent_event_failure("cannot-start", &err);
	ent_fd_close(judge_fd);
	return ENT_EXIT_OTHER;
}
