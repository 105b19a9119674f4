/* The accounts of a node's own issuer. The command line writes the node's store; the running judge reads it at the next token. */
#include "home/account.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/charter_io.h"
#include "crypto/secret.h"
#include "store/store.h"

static enum ent_status
open_store(struct ent_store **out, const char *home, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_home checked;
	char path[ENT_PATH_MAX];

	if (home == NULL)
		return ent_fail(err, ENT_E_USAGE, "account commands need --home DIR: the node's home");
	ENT_TRY(ent_arena_new(&arena, 1 << 16, err));
	ENT_TRY(ent_home_read(&checked, arena, home, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/state/node.db", home));
	return ent_store_open_sqlite(out, path, err);
}

/* "a b c", sorted, as the store keeps lists. */
static enum ent_status
joined(struct ent_arena *arena, struct entente_list list, bool (*valid)(struct ent_view), const char *what, const char **out,
    struct ent_error *err)
{
	*out = "";
	for (size_t i = 0; i < list.count; i++) {
		if (!valid(ent_view_str(list.items[i])))
			return ent_fail(err, ENT_E_USAGE, "\"%s\" is not a %s", list.items[i], what);
		ENT_TRY(ent_arena_printf(arena, out, err, "%s%s%s", *out, i ? " " : "", list.items[i]));
	}
	return ENT_OK;
}

static bool
country_valid(struct ent_view code)
{
	for (size_t i = 0; i < code.len; i++)
		if (code.data[i] < 'A' || code.data[i] > 'Z')
			return false;
	return code.len == 3;
}

static enum ent_status
add(const char *home, const struct entente_account *account, struct ent_error *err)
{
	ENT_AUTO(ent_store) store = NULL;
	ENT_AUTO(ent_arena) arena = NULL;
	char secret[ENT_ACCOUNT_SECRET_SIZE];
	char hash[ENT_ACCOUNT_HASH_SIZE];
	struct ent_account row = { .name = account->name, .secret_hash = hash, .clearance = account->clearance ? account->clearance : "" };
	enum ent_status status;

	if (account->name == NULL || account->secret_file == NULL)
		return ent_fail(err, ENT_E_USAGE, "account add needs a name and --secret-file: where the new secret is written");
	if (!ent_account_name_valid(ent_view_str(account->name)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not an account's name: printable ASCII without space and @", account->name);
	if (account->clearance != NULL && !ent_account_name_valid(ent_view_str(account->clearance)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not a clearance: one word of printable ASCII", account->clearance);
	ENT_TRY(ent_arena_new(&arena, 1 << 20, err));
	ENT_TRY(joined(arena, account->projects, ent_project_name_valid, "project's name", &row.projects, err));
	ENT_TRY(joined(arena, account->nationality, country_valid, "country code such as AUS", &row.nationality, err));
	ENT_TRY(open_store(&store, home, err));
	ENT_TRY(ent_account_secret_new(secret, err));
	status = ent_account_secret_hash(hash, ent_view_str(secret), err);
	row.created_unix_s = ent_clock_now(NULL);
	/* The secret's file first: an account whose secret nobody has would be of no use. */
	if (status == ENT_OK)
		status = ent_file_create(account->secret_file, ent_view_str(secret), 0600, err);
	ent_wipe(secret, sizeof(secret));
	ENT_TRY(status);
	status = ent_store_account_add(store, &row, err);
	if (status != ENT_OK)
		remove(account->secret_file);
	return status;
}

enum entente_status
entente_account_add(const char *home, const struct entente_account *account, struct entente_error *err)
{
	ENT_PUBLIC(err, add(home, account, ENT_PUBLIC_ERR));
}

struct listing {
	struct ent_buf *out;
	enum entente_format format;
};

static enum ent_status
list_one(void *arg, const struct ent_account *account, struct ent_error *err)
{
	struct listing *listing = arg;
	json_t *item;
	char *text;
	enum ent_status status;

	if (listing->format == ENTENTE_WORDS)
		return ent_buf_printf(listing->out, err, "%s  projects: %s  clearance: %s  nationality: %s\n", account->name,
		    account->projects[0] ? account->projects : "none", account->clearance[0] ? account->clearance : "none",
		    account->nationality[0] ? account->nationality : "none");
	item = json_pack("{s:s, s:s, s:s, s:s}", "name", account->name, "projects", account->projects, "clearance", account->clearance,
	    "nationality", account->nationality);
	text = json_dumps(item, JSON_COMPACT);
	json_decref(item);
	status = text != NULL ? ent_buf_printf(listing->out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	free(text);
	return status;
}

static enum ent_status
list(const char *home, enum entente_format format, char **text, struct ent_error *err)
{
	ENT_AUTO(ent_store) store = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(64u << 20);
	struct listing listing = { .out = &out, .format = format };

	ENT_TRY(open_store(&store, home, err));
	ENT_TRY(ent_store_account_each(store, list_one, &listing, err));
	if (out.len == 0 && format == ENTENTE_WORDS)
		ENT_TRY(ent_buf_add_str(&out, "no accounts\n", err));
	return ent_give_text(text, format, &out, err);
}

enum entente_status
entente_account_list(const char *home, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, list(home, format, text, ENT_PUBLIC_ERR));
}

static enum ent_status
drop(const char *home, const char *name, struct ent_error *err)
{
	ENT_AUTO(ent_store) store = NULL;

	if (name == NULL)
		return ent_fail(err, ENT_E_USAGE, "account remove needs a name");
	ENT_TRY(open_store(&store, home, err));
	return ent_store_account_remove(store, ent_view_str(name), err);
}

enum entente_status
entente_account_remove(const char *home, const char *name, struct entente_error *err)
{
	ENT_PUBLIC(err, drop(home, name, ENT_PUBLIC_ERR));
}
