/* charter init and found: officers' keys, a member's or partner's lines, the genesis text. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/charter_io.h"
#include "home/config.h"

enum { MEMBER_FILE_MAX = 65536, NAME_MAX_LEN = 512 };

static const char default_rule[] = "consents all stops 1 fresh 48h";

enum ent_status
ent_home_read(struct ent_home *out, struct ent_arena *arena, const char *home, struct ent_error *err)
{
	ENT_AUTO(ent_node_config) config = NULL;
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/node.yaml", home));
	if (!ent_file_exists(path))
		return ent_fail(err, ENT_E_INPUT, "%s is no node's home; make one with \"entente node init\"", home);
	ENT_TRY(ent_node_config_load(&config, path, err));
	out->dir = home;
	ENT_TRY(ent_arena_strdup(arena, &out->party, ent_view_str(config->party), err));
	return ent_arena_strdup(arena, &out->url, ent_view_str(config->url), err);
}

enum ent_status
ent_home_vkey(const struct ent_home *home, const char *role, struct ent_arena *arena, uint8_t type, struct ent_vkey *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(2048);
	char path[ENT_PATH_MAX];
	struct ent_view line;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/%s.vkey", home->dir, role));
	ENT_TRY(ent_file_read(&text, path, 2048, err));
	ENT_TRY(ent_arena_dup(arena, &line, ent_buf_view(&text), err));
	if (line.len > 0 && line.data[line.len - 1] == '\n')
		line.len--;
	return ent_vkey_parse(out, line, type, err);
}

static enum ent_status
make_officer(const struct entente_charter_init *init, const char *party, const char *name, struct ent_buf *lines, struct ent_error *err)
{
	ENT_AUTO(ent_signer) signer = NULL;
	char full[NAME_MAX_LEN];
	char path[ENT_PATH_MAX];

	if (!ent_project_name_valid(ent_view_str(name)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not an officer's name (a-z, 0-9 and -)", name);
	ENT_TRY(ent_path_join(full, sizeof(full), err, "%s/officer/%s", party, name));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s.key", init->officers_dir, name));
	ENT_TRY(ent_signer_generate(&signer, ent_view_str(full), ENT_NOTE_TYPE_ED25519, err));
	ENT_TRY(ent_signer_save(signer, path, err));
	return ent_buf_printf(lines, err, "officer %.*s\n", ENT_FMT(ent_signer_vkey(signer)->line));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Repeated lines stand sorted in every text. */
static enum ent_status
sorted_names(struct entente_list list, struct ent_arena *arena, const char ***out, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(arena, &room, list.count, sizeof(char *), err));
	*out = room;
	memcpy(room, list.items, list.count * sizeof(char *));
	qsort(room, list.count, sizeof(char *), by_text);
	return ENT_OK;
}

/* A partner's node keeps no access log and cosigns nothing (C-76): its home has no such keys, and its lines do not name them. */
static enum ent_status
is_partner(const struct ent_home *home, bool *partner, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/access.vkey", home->dir));
	*partner = !ent_file_exists(path);
	return ENT_OK;
}

static enum ent_status
officer_lines(const struct entente_charter_init *init, const struct ent_home *home, struct ent_arena *arena, struct ent_buf *out,
    struct ent_error *err)
{
	const char **names;

	ENT_TRY(ent_buf_printf(out, err, "title %s\ncountry %s\n", init->title, init->country));
	ENT_TRY(sorted_names(init->officers, arena, &names, err));
	for (size_t i = 0; i < init->officers.count; i++)
		ENT_TRY(make_officer(init, home->party, names[i], out, err));
	return ent_buf_printf(out, err, "quorum %u\n", init->quorum);
}

/* The lines in the epoch's order, or the party proposal's: what is checked here is checked again as part of the whole text. */
static enum ent_status
party_lines(const struct entente_charter_init *init, const struct ent_home *home, struct ent_arena *arena, struct ent_buf *out,
    struct ent_error *err)
{
	struct ent_vkey statements, access, witness;
	bool partner;

	ENT_TRY(is_partner(home, &partner, err));
	ENT_TRY(ent_home_vkey(home, "statements", arena, ENT_NOTE_TYPE_ED25519, &statements, err));
	ENT_TRY(ent_buf_printf(out, err, "%s %s\n", partner ? "party" : "member", home->party));
	ENT_TRY(officer_lines(init, home, arena, out, err));
	ENT_TRY(ent_buf_printf(out, err, "log %.*s\n", ENT_FMT(statements.line)));
	if (!partner) {
		ENT_TRY(ent_home_vkey(home, "access", arena, ENT_NOTE_TYPE_ED25519, &access, err));
		ENT_TRY(ent_home_vkey(home, "witness", arena, ENT_NOTE_TYPE_COSIGNATURE, &witness, err));
		ENT_TRY(ent_buf_printf(out, err, "log %.*s\nwitness %.*s\n", ENT_FMT(access.line), ENT_FMT(witness.line)));
	}
	return ent_buf_printf(out, err, "node %s\nissuer %s\n", home->url, home->url);
}

static enum ent_status
charter_init(const struct entente_charter_init *init, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) lines = ent_buf_with_max(MEMBER_FILE_MAX);
	struct ent_home home;

	if (!init->home || !init->title || !init->country || !init->officers_dir || !init->output || init->officers.count == 0)
		return ent_fail(err, ENT_E_USAGE, "charter init needs --home, --title, --country, --officers-dir, -o and officers' names");
	if (init->quorum == 0 || init->quorum > init->officers.count || 2 * (size_t)init->quorum <= init->officers.count)
		return ent_fail(err, ENT_E_USAGE, "--quorum %u of %zu officers: it must be more than half of them and at most all", init->quorum,
		    init->officers.count);
	ENT_TRY(ent_arena_new(&arena, 1 << 20, err));
	ENT_TRY(ent_home_read(&home, arena, init->home, err));
	ENT_TRY(ent_dir_make(init->officers_dir, 0700, err));
	ENT_TRY(party_lines(init, &home, arena, &lines, err));
	return ent_file_create(init->output, ent_buf_view(&lines), 0644, err);
}

enum entente_status
entente_charter_init(const struct entente_charter_init *init, struct entente_error *err)
{
	ENT_PUBLIC(err, charter_init(init, ENT_PUBLIC_ERR));
}

struct member_text {
	struct ent_view text;
	struct ent_view name;
};

static int
by_name(const void *a, const void *b)
{
	const struct member_text *x = a, *y = b;

	return ent_view_cmp(x->name, y->name);
}

static enum ent_status
read_members(const struct entente_charter_found *found, struct ent_arena *arena, struct member_text **out, struct ent_error *err)
{
	void *room;
	struct member_text *members;

	ENT_TRY(ent_arena_alloc(arena, &room, found->members.count, sizeof(*members), err));
	members = room;
	for (size_t i = 0; i < found->members.count; i++) {
		ENT_AUTO_FINI(ent_buf) file = ent_buf_with_max(MEMBER_FILE_MAX);
		size_t end;

		ENT_TRY(ent_file_read(&file, found->members.items[i], MEMBER_FILE_MAX, err));
		ENT_TRY(ent_arena_dup(arena, &members[i].text, ent_buf_view(&file), err));
		end = ent_view_find(members[i].text, '\n', 0);
		if (!ent_view_starts(members[i].text, ENT_LIT("member ")))
			return ent_fail(err, ENT_E_INPUT, "%s does not begin with a `member` line; make it with \"entente charter init\"",
			    found->members.items[i]);
		members[i].name = ent_view_slice(members[i].text, 7, end - 7);
	}
	qsort(members, found->members.count, sizeof(*members), by_name);
	*out = members;
	return ENT_OK;
}

static enum ent_status
genesis_text(const struct entente_charter_found *found, const struct member_text *members, struct ent_buf *out, struct ent_error *err)
{
	char now[ENT_TIME_TEXT_SIZE];

	ent_time_print(now, ent_clock_now(NULL));
	ENT_TRY(ent_buf_printf(out, err, "charter/v1 epoch 1.1\ntime %s\nhost %s\ntitle %s\n", now, found->host, found->title));
	for (size_t i = 0; i < found->members.count; i++)
		ENT_TRY(ent_buf_add(out, members[i].text, err));
	for (size_t i = 0; i < found->pillars.count; i++)
		ENT_TRY(ent_buf_printf(out, err, "pillar %s\n", found->pillars.items[i]));
	ENT_TRY(ent_buf_printf(out, err, "rule admit %s\n", found->rule_admit ? found->rule_admit : default_rule));
	ENT_TRY(ent_buf_printf(out, err, "rule project %s\n", found->rule_project ? found->rule_project : default_rule));
	return ent_buf_add_str(out, "limit accreditation 365d\nlimit rotation-cooling 72h\nlimit reseat-notice 30d\n", err);
}

static enum ent_status
charter_found(const struct entente_charter_found *found, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_EPOCH_TEXT);
	struct member_text *members;
	struct ent_doc doc;

	if (!found->host || !found->title || !found->output || found->members.count == 0)
		return ent_fail(err, ENT_E_USAGE, "charter found needs --host, --title, -o and the members' files");
	ENT_TRY(ent_arena_new(&arena, 16u << 20, err));
	ENT_TRY(read_members(found, arena, &members, err));
	ENT_TRY(genesis_text(found, members, &text, err));
	ENT_TRY(ent_doc_parse(&doc, arena, ent_buf_view(&text), err));
	ENT_TRY(ent_doc_check(&doc, err));
	return ent_file_create(found->output, ent_buf_view(&text), 0644, err);
}

enum entente_status
entente_charter_found(const struct entente_charter_found *found, struct entente_error *err)
{
	ENT_PUBLIC(err, charter_found(found, ENT_PUBLIC_ERR));
}
