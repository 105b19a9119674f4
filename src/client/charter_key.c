/* charter key: publish what stands in a node's home; retire or destroy a key that is published. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/charter_desk.h"
#include "codec/base64.h"

enum { ISSUER_KEY_LIFE_S = 365 * 86400, PEM_MAX = 16384 };

/* ---- publish ---- */

/* One run of the command over all keys of a home: a statement each. */
struct publishing {
	struct ent_desk *desk;
	const struct entente_statement *statement;
	enum entente_format format;
	struct ent_home home;
	struct ent_buf all; /* the reports, or one array of answers */
};

static void
publishing_fini(struct publishing *p)
{
	ent_buf_fini(&p->all);
}

static enum ent_status
publish(struct publishing *p, struct ent_doc *doc, struct ent_error *err)
{
	char *one = NULL;
	enum ent_status status;

	ENT_TRY(ent_title_read(&doc->statement.reason, p->statement->reason, err));
	ent_buf_clear(&p->desk->words);
	status = ent_desk_finish(p->desk, doc, NULL, doc->statement.act == ENT_ACT_KEY ? "key" : "issuer-key", p->format, &one, err);
	if (status == ENT_OK && p->format == ENTENTE_JSON)
		status = ent_buf_add_byte(&p->all, p->all.len > 0 ? ',' : '[', err);
	if (status == ENT_OK)
		status = ent_buf_add_str(&p->all, one, err);
	free(one);
	return status;
}

static enum ent_status
load_public(const char *path, struct ent_pubkey **out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(PEM_MAX);
	ENT_AUTO(ent_key) key = NULL;

	ENT_TRY(ent_file_read_private(&pem, path, PEM_MAX, err));
	ENT_TRY(ent_key_from_pkcs8_pem(&key, ent_buf_view(&pem), err));
	return ent_pubkey_from_spki(out, ent_pubkey_spki(ent_key_public(key)), err);
}

static enum ent_status
publish_data_key(struct publishing *p, const char *path, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	char kid[ENT_KID_SIZE];
	struct ent_doc doc;

	ENT_TRY(load_public(path, &key, err));
	ent_pubkey_kid(kid, key);
	ent_desk_begin(p->desk, &doc, ENT_ACT_KEY);
	doc.statement.key_use = ENT_KEY_USE_KAS;
	doc.statement.kid = ent_view_str(kid);
	doc.statement.algorithm = ent_view_str(ent_key_type_row(ent_pubkey_type(key))->wire_name);
	doc.statement.public_key = ent_pubkey_spki(key);
	return publish(p, &doc, err);
}

static enum ent_status
publish_data_keys(struct publishing *p, struct ent_error *err)
{
	char dir[ENT_PATH_MAX], path[ENT_PATH_MAX];
	struct dirent **names = NULL;
	enum ent_status status = ENT_OK;
	int count;

	ENT_TRY(ent_path_join(dir, sizeof(dir), err, "%s/keys/data", p->home.dir));
	count = scandir(dir, &names, NULL, alphasort);
	if (count < 0)
		return ent_fail(err, ENT_E_INPUT, "%s cannot be read: is %s a node's home?", dir, p->home.dir);
	for (int i = 0; i < count; i++) {
		size_t len = strlen(names[i]->d_name);

		if (status == ENT_OK && len > 4 && strcmp(names[i]->d_name + len - 4, ".pem") == 0) {
			status = ent_path_join(path, sizeof(path), err, "%s/%s", dir, names[i]->d_name);
			if (status == ENT_OK)
				status = publish_data_key(p, path, err);
		}
		free(names[i]);
	}
	free(names);
	return status;
}

/* A partner's node seals nothing and has no such key (C-54, C-76). */
static enum ent_status
publish_seal_key(struct publishing *p, struct ent_error *err)
{
	ENT_AUTO(ent_signer) signer = NULL;
	char path[ENT_PATH_MAX];
	char kid[ENT_SEAL_KID_SIZE];
	struct ent_doc doc;

	if (!p->desk->member)
		return ENT_OK;
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/seal.key", p->home.dir));
	ENT_TRY(ent_signer_load(&signer, path, err));
	ent_seal_kid(kid, ent_signer_vkey(signer)->key);
	ent_desk_begin(p->desk, &doc, ENT_ACT_KEY);
	doc.statement.key_use = ENT_KEY_USE_SEAL;
	doc.statement.kid = ent_view_str(kid);
	doc.statement.algorithm = ENT_LIT("ed25519");
	doc.statement.public_key = ent_view_from(ent_signer_vkey(signer)->key, ENT_ED25519_KEY_LEN);
	return publish(p, &doc, err);
}

static enum ent_status
publish_issuer_key(struct publishing *p, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;
	char path[ENT_PATH_MAX];
	char kid[ENT_KID_SIZE];
	struct ent_doc doc;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/issuer.pem", p->home.dir));
	ENT_TRY(load_public(path, &key, err));
	ent_pubkey_kid(kid, key);
	ent_desk_begin(p->desk, &doc, ENT_ACT_ISSUER_KEY);
	doc.statement.issuer = ent_view_str(p->home.url);
	doc.statement.kid = ent_view_str(kid);
	doc.statement.algorithm = ent_view_str(ent_key_type_row(ent_pubkey_type(key))->jws_alg);
	doc.statement.public_key = ent_pubkey_spki(key);
	doc.statement.until_unix_s = doc.statement.time_unix_s + ISSUER_KEY_LIFE_S;
	return publish(p, &doc, err);
}

static enum ent_status
publish_home(struct ent_desk *desk, const struct entente_statement *statement, enum entente_format format, char **report, struct ent_error *err)
{
	ENT_AUTO_FINI(publishing) p = { .desk = desk, .statement = statement, .format = format, .all = ent_buf_with_max(4 << 20) };

	if (statement->output != NULL)
		return ent_fail(err, ENT_E_USAGE, "the keys of a home are a statement each: files get names of their own, and -o has no place here");
	ENT_TRY(ent_home_read(&p.home, desk->arena, statement->what, err));
	if (strcmp(p.home.party, desk->profile->party) != 0)
		return ent_fail(err, ENT_E_USAGE, "%s is the home of %s's node; this profile speaks for %s", statement->what, p.home.party,
		    desk->profile->party);
	ENT_TRY(publish_data_keys(&p, err));
	ENT_TRY(publish_seal_key(&p, err));
	ENT_TRY(publish_issuer_key(&p, err));
	if (format == ENTENTE_JSON)
		ENT_TRY(ent_buf_add_str(&p.all, "]\n", err));
	return ent_give_text(report, format, &p.all, err);
}

/* ---- retire, destroy ---- */

/* A kid that this party published. Offline the copy may be older than the key. */
static enum ent_status
check_own_kid(const struct ent_desk *desk, struct ent_view kid, struct ent_error *err)
{
	const struct ent_member_state *state = ent_state_party(desk->state, desk->self->name);
	ENT_AUTO_FINI(ent_buf) names = ent_buf_with_max(1 << 16);

	for (size_t i = 0; state != NULL && i < state->key_count; i++) {
		if (ent_view_eq(state->keys[i].kid, kid))
			return ENT_OK;
		ENT_TRY(ent_buf_printf(&names, err, "%s%.*s", names.len > 0 ? ", " : "", ENT_FMT(state->keys[i].kid)));
	}
	if (desk->offline)
		return ENT_OK;
	return ent_fail(err, ENT_E_NOT_FOUND, "%s has published no key %.*s; it has: %.*s", desk->profile->party, ENT_FMT(kid),
	    ENT_FMT(names.len > 0 ? ent_buf_view(&names) : ENT_LIT("none")));
}

static enum ent_status
end_key(struct ent_desk *desk, const struct entente_statement *statement, enum entente_format format, char **report, struct ent_error *err)
{
	bool destroy = strcmp(statement->what, "destroy") == 0;
	struct ent_doc doc;

	ent_desk_begin(desk, &doc, destroy ? ENT_ACT_DESTROY : ENT_ACT_RETIRE);
	doc.statement.kid = ent_view_str(statement->target);
	ENT_TRY(check_own_kid(desk, doc.statement.kid, err));
	ENT_TRY(ent_title_read(&doc.statement.reason, statement->reason, err));
	return ent_desk_finish(desk, &doc, statement->output, statement->what, format, report, err);
}

static enum ent_status
run(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_desk) desk = { 0 };
	bool ends = statement->what != NULL && (strcmp(statement->what, "retire") == 0 || strcmp(statement->what, "destroy") == 0);

	if (statement->what == NULL || ends != (statement->target != NULL))
		return ent_fail(err, ENT_E_USAGE, "charter key needs --home DIR, the node's home whose keys are published; or retire or destroy, and a kid");
	ENT_TRY(ent_desk_open(&desk, profile, statement->keys, statement->offline, err));
	return ends ? end_key(&desk, statement, format, report, err) : publish_home(&desk, statement, format, report, err);
}

enum entente_status
entente_charter_key(struct entente_profile *profile, const struct entente_statement *statement, enum entente_format format, char **report,
    struct entente_error *err)
{
	ENT_PUBLIC(err, run(profile, statement, format, report, ENT_PUBLIC_ERR));
}
