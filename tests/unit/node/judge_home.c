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

/* Keys published, consent given, alive just now. party: of a partner that all agreed on; may be empty. */
static void
make_log(struct node *node, size_t member, struct ent_view proposal, struct ent_view party)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(TEXT_MAX);
	const struct world_keys *keys = world_keys(member);
	int64_t then = node_now(node) - HOUR;
	struct notes notes = { .count = 0 };
	char kid[ENT_KID_SIZE];

	add_alive(node, &notes, member, then);
	world_key_line(&line, keys->kas);
	add_act(node, &notes, member, &line);
	world_seal_key_line(&line, keys->seal);
	add_act(node, &notes, member, &line);
	ent_pubkey_kid(kid, ent_key_public(keys->issuer));
	world_issuer_key_line(&line, world_issuers[member], kid, keys->issuer, then + 90 * DAY);
	add_act(node, &notes, member, &line);
	world_consent(fresh(&notes), node->charter, member, proposal, then, then + 200 * DAY);
	keep(node, &notes, member);
	if (party.len > 0) {
		world_consent(fresh(&notes), node->charter, member, party, then, then + 200 * DAY);
		keep(node, &notes, member);
	}
	add_alive(node, &notes, member, node_now(node) - 10);
	write_log(node, member, &notes);
	for (size_t i = 0; i < notes.count; i++)
		ent_buf_fini(&notes.items[i]);
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
make_charter(struct node *node, bool partner)
{
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(TEXT_MAX);
	ENT_AUTO_FINI(ent_buf) proposal = ent_buf_with_max(TEXT_MAX);
	ENT_AUTO_FINI(ent_buf) party = ent_buf_with_max(TEXT_MAX);
	char path[PATH_MAX_];

	world_genesis(&genesis, NULL);
	must(ent_charter_new(&node->charter, ent_buf_view(&genesis), &err));
	node->genesis = *ent_charter_id(node->charter);
	make_folder(node, "charter/epoch");
	path_in(path, node, "charter/epoch/1");
	must(ent_file_create(path, ent_buf_view(&genesis), 0644, &err));
	node->proposal = world_project(&proposal, node->charter, NULL);
	save_proposal(node, &node->proposal, ent_buf_view(&proposal));
	if (partner) {
		node->party = world_party(&party, node->charter, &(struct world_party){ .party = JP });
		save_proposal(node, &node->party, ent_buf_view(&party));
	}
	for (size_t m = 0; m < MEMBERS; m++)
		make_log(node, m, ent_buf_view(&proposal), ent_buf_view(&party));
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
		make_charter(node, false);
}

void
node_init_with_partner(struct node *node, size_t self, bool proposed)
{
	init(node, self);
	make_charter(node, proposed);
}

