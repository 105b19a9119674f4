/* The home of a node of the small world: keys, an account, and a charter with a project in force. */
#include <unistd.h>

#include "base/file.h"
#include "home/account.h"
#include "judge_fixture.h"
#include "store/store.h"
#include "tlog/log_dir.h"

#define TEXT_MAX (256u << 10)
#define PATH_MAX_ 512

#define must(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			print_error("%s:%d: %s\n", __FILE__, __LINE__, err.text);                                      \
			fail();                                                                                        \
		}                                                                                                      \
	} while (0)

static void
path_in(char out[PATH_MAX_], const struct node *node, const char *name)
{
	snprintf(out, PATH_MAX_, "%s/%s", node->home, name);
}

static void
make_folder(const struct node *node, const char *name)
{
	char path[PATH_MAX_];

	path_in(path, node, name);
	must(ent_dir_make(path, 0700, &err));
}

static void
save_signer(const struct node *node, const char *name, const struct ent_signer *signer)
{
	char path[PATH_MAX_], file[64];

	snprintf(file, sizeof(file), "keys/%s.key", name);
	path_in(path, node, file);
	must(ent_signer_save(signer, path, &err));
	snprintf(file, sizeof(file), "keys/%s.vkey", name);
	path_in(path, node, file);
	must(ent_file_create(path, ent_signer_vkey(signer)->line, 0644, &err));
}

static void
save_key(const struct node *node, const char *name, const struct ent_key *key)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(8192);
	char path[PATH_MAX_];

	must(ent_key_to_pkcs8_pem(key, &pem, &err));
	path_in(path, node, name);
	must(ent_file_create(path, ent_buf_view(&pem), 0600, &err));
}

static void
save_keys(const struct node *node)
{
	const struct world_keys *keys = world_keys(node->self);
	char kid[ENT_KID_SIZE], name[64];

	save_signer(node, "statements", keys->log);
	save_key(node, "keys/issuer.pem", keys->issuer);
	if (node->config.issuer_only)
		return;
	save_signer(node, "access", keys->access);
	save_signer(node, "seal", keys->seal);
	ent_pubkey_kid(kid, ent_key_public(keys->kas));
	snprintf(name, sizeof(name), "keys/data/%s.pem", kid);
	save_key(node, name, keys->kas);
}

/* ---- the charter ---- */

struct notes {
	struct ent_buf items[16];
	size_t count;
};

static struct ent_buf *
fresh(struct notes *notes)
{
	notes->items[notes->count] = ent_buf_with_max(TEXT_MAX);
	return &notes->items[notes->count];
}

/* The note that was just made: into the charter, and kept for the log on disk. */
static void
keep(struct node *node, struct notes *notes, size_t member)
{
	world_add(node->charter, member, ent_buf_view(&notes->items[notes->count]));
	notes->count++;
}

static void
add_alive(struct node *node, struct notes *notes, size_t member, int64_t time_unix_s)
{
	world_alive(fresh(notes), node->charter, member, notes->count, time_unix_s);
	keep(node, notes, member);
}

static void
add_act(struct node *node, struct notes *notes, size_t member, struct ent_buf *line)
{
	const char *act;

	must(ent_buf_cstr(line, &act, &err));
	world_statement(fresh(notes), node->charter,
	    &(struct world_statement){ .by = member, .time_unix_s = node_now(node) - HOUR, .act = act });
	keep(node, notes, member);
	ent_buf_clear(line);
}

static void
write_log(const struct node *node, size_t member, const struct notes *notes)
{
	const struct ent_signer *signer = world_keys(member)->log;
	ENT_AUTO(ent_log_dir) log = NULL;
	char dir[PATH_MAX_], head[PATH_MAX_];
	struct ent_view entries[16];
	uint64_t first;

	for (size_t i = 0; i < notes->count; i++)
		entries[i] = ent_buf_view(&notes->items[i]);
	if (member == node->self)
		path_in(dir, node, "log/statements");
	else
		snprintf(dir, sizeof(dir), "%s/peers/%s/statements", node->home, world_members[member]);
	snprintf(head, sizeof(head), "%s/state/head.%s.statements", node->home, world_members[member]);
	must(ent_dir_make(dir, 0755, &err));
	must(ent_log_dir_open(&log, dir, head, ent_signer_vkey(signer), &err));
	must(ent_log_dir_append(log, signer, entries, notes->count, &first, &err));
}

/* Proposals that every member consents to. */
struct agreed {
	struct ent_buf texts[3];
	size_t count;
};

static void
add_issuer_key(struct node *node, struct notes *notes, size_t party, int64_t until_unix_s)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(TEXT_MAX);
	char kid[ENT_KID_SIZE];

	ent_pubkey_kid(kid, ent_key_public(world_keys(party)->issuer));
	world_issuer_key_line(&line, world_issuers[party], kid, world_keys(party)->issuer, until_unix_s);
	add_act(node, notes, party, &line);
}

static void
close_log(struct node *node, size_t party, struct notes *notes)
{
	add_alive(node, notes, party, node_now(node) - 10);
	write_log(node, party, notes);
	for (size_t i = 0; i < notes->count; i++)
		ent_buf_fini(&notes->items[i]);
}

/* A partner's own: its issuer's key is all that its persons need. */
static void
make_partners_log(struct node *node, size_t partner)
{
	const int64_t then = node_now(node) - HOUR;
	struct notes notes = { .count = 0 };

	world_follow(node->charter, partner);
	add_alive(node, &notes, partner, then);
	add_issuer_key(node, &notes, partner, then + 90 * DAY);
	close_log(node, partner, &notes);
}

/* Keys published, consent given to everything, alive just now. */
static void
make_log(struct node *node, size_t member, const struct agreed *agreed)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(TEXT_MAX);
	const struct world_keys *keys = world_keys(member);
	int64_t then = node_now(node) - HOUR;
	struct notes notes = { .count = 0 };

	add_alive(node, &notes, member, then);
	world_key_line(&line, keys->kas);
	add_act(node, &notes, member, &line);
	world_seal_key_line(&line, keys->seal);
	add_act(node, &notes, member, &line);
	add_issuer_key(node, &notes, member, then + 90 * DAY);
	for (size_t i = 0; i < agreed->count; i++) {
		world_consent(fresh(&notes), node->charter, member, ent_buf_view(&agreed->texts[i]), then, then + 200 * DAY);
		keep(node, &notes, member);
	}
	close_log(node, member, &notes);
}

static void
save_proposal(struct node *node, const struct ent_hash *hash, struct ent_view text)
{
	char path[PATH_MAX_], hex[ENT_HASH_HEX_SIZE];

	must(ent_charter_add_proposal(node->charter, text, &err));
	make_folder(node, "charter/proposal");
	ent_hash_hex(hex, hash);
	snprintf(path, sizeof(path), "%s/charter/proposal/%s", node->home, hex);
	must(ent_file_create(path, text, 0644, &err));
}

static void
make_genesis(struct node *node)
{
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(TEXT_MAX);
	char path[PATH_MAX_];

	world_genesis(&genesis, NULL);
	must(ent_charter_new(&node->charter, ent_buf_view(&genesis), &err));
	node->genesis = *ent_charter_id(node->charter);
	make_folder(node, "charter/epoch");
	path_in(path, node, "charter/epoch/1");
	must(ent_file_create(path, ent_buf_view(&genesis), 0644, &err));
}

static void
agree(struct node *node, struct agreed *agreed, const struct ent_hash *hash)
{
	save_proposal(node, hash, ent_buf_view(&agreed->texts[agreed->count++]));
}

/* party: jp.example's page was agreed on; admit: and its admission, and it has a log of its own. */
static void
make_charter(struct node *node, bool party, const struct world_admit *admit)
{
	struct agreed agreed = { .texts = { ent_buf_with_max(TEXT_MAX), ent_buf_with_max(TEXT_MAX), ent_buf_with_max(TEXT_MAX) } };
	struct ent_hash hash;

	make_genesis(node);
	node->proposal = world_project(&agreed.texts[0], node->charter, NULL);
	agree(node, &agreed, &node->proposal);
	if (party) {
		node->party = world_party(&agreed.texts[1], node->charter, &(struct world_party){ .party = JP });
		agree(node, &agreed, &node->party);
	}
	if (admit != NULL) {
		struct world_admit of_jp = *admit;

		of_jp.party = JP;
		of_jp.proposal = node->party;
		hash = world_admit(&agreed.texts[2], node->charter, &of_jp);
		agree(node, &agreed, &hash);
		make_partners_log(node, JP);
	}
	for (size_t m = 0; m < MEMBERS; m++)
		make_log(node, m, &agreed);
	for (size_t i = 0; i < ENT_COUNT(agreed.texts); i++)
		ent_buf_fini(&agreed.texts[i]);
}

static void
make_account(const struct node *node)
{
	ENT_AUTO(ent_store) store = NULL;
	char hash[ENT_ACCOUNT_HASH_SIZE], path[PATH_MAX_];
	struct ent_account account = {
		.name = "alice", .secret_hash = hash, .projects = "quantum", .clearance = "", .nationality = "AUS", .created_unix_s = T0
	};

	must(ent_account_secret_hash(hash, ENT_LIT(SECRET), &err));
	path_in(path, node, "state/node.db");
	must(ent_store_open_sqlite(&store, path, &err));
	must(ent_store_account_add(store, &account, &err));
}

static void
init(struct node *node, size_t self)
{
	*node = (struct node){ .self = self };
	snprintf(node->home, sizeof(node->home), "/tmp/entente-judge-XXXXXX");
	assert_non_null(mkdtemp(node->home));
	/* The world's texts speak of 2026. */
	node->clock.offset_s = T0 + DAY - ent_clock_now(NULL);
	node->config = (struct ent_node_config){
		.home = strdup(node->home), .party = strdup(world_members[self]), .listen = strdup("127.0.0.1:1"),
		.url = strdup(world_issuers[self]), .sync_interval_ms = 200, .demonstration = true, .clock_offset_s = node->clock.offset_s,
		.issuer_only = self >= MEMBERS
	};
	make_folder(node, self >= MEMBERS ? "keys" : "keys/data");
	make_folder(node, "state");
	make_folder(node, "log");
	make_folder(node, "charter");
	save_keys(node);
	make_account(node);
}

void
node_init(struct node *node, bool genesis)
{
	init(node, AU);
	if (genesis)
		make_charter(node, false, NULL);
}

void
node_init_with_partner(struct node *node, size_t self, bool proposed)
{
	init(node, self);
	make_charter(node, proposed, NULL);
}

void
node_init_with_admission(struct node *node, const struct world_admit *admit)
{
	init(node, AU);
	make_charter(node, true, admit);
}

