#include "sync/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "sync/peer.h"

enum { ARENA_MAX = 4 << 20 };

void
ent_mirror_free(struct ent_mirror *mirror)
{
	if (mirror == NULL)
		return;
	ent_mirror_end_pulls(mirror); /* before the charter, whose keys the copies borrow */
	ent_charter_free(mirror->charter);
	ent_arena_free(mirror->arena);
	free(mirror);
}

struct ent_charter *
ent_mirror_charter(struct ent_mirror *mirror)
{
	return mirror->charter;
}

bool
ent_mirror_proposal_rejected(const struct ent_mirror *mirror, const struct ent_hash *hash)
{
	size_t count = mirror->rejected_count < ENT_LIMIT_REJECTED ? mirror->rejected_count : ENT_LIMIT_REJECTED;

	for (size_t i = 0; i < count; i++)
		if (ent_hash_eq(&mirror->rejected[i], hash))
			return true;
	return false;
}

void
ent_mirror_reject_proposal(struct ent_mirror *mirror, const struct ent_hash *hash)
{
	mirror->rejected[mirror->rejected_count++ % ENT_LIMIT_REJECTED] = *hash;
}

/* ---- the genesis ---- */

/* The identity of a note that is not verified yet: SHA-256 of its text. */
static enum ent_status
note_identity(struct ent_hash *out, struct ent_view note_bytes, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_note note;

	ENT_TRY(ent_arena_new(&arena, ARENA_MAX, err));
	ENT_TRY(ent_note_parse_max(&note, arena, note_bytes, ENT_NOTE_LONG_MAX, err));
	ent_note_hash(out, &note);
	return ENT_OK;
}

static enum ent_status
check_pinned(const struct ent_mirror_place *place, struct ent_view genesis_note, struct ent_error *err)
{
	char want[ENT_HASH_HEX_SIZE], have[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;

	if (place->pinned == NULL)
		return ENT_OK;
	ENT_TRY(note_identity(&hash, genesis_note, err));
	if (ent_hash_eq(&hash, place->pinned))
		return ENT_OK;
	ent_hash_hex(want, place->pinned);
	ent_hash_hex(have, &hash);
	return ent_fail(err, ENT_E_TAMPERED, "the genesis here is %.16s, but %.16s is pinned: compare the fingerprint with "
	    "the other members by telephone before trusting either", have, want);
}

static enum ent_status
read_genesis(struct ent_buf *out, const struct ent_mirror_place *place, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/epoch/1", place->charter_dir));
	ENT_TRY(ent_file_read(out, path, ENT_NOTE_LONG_MAX, err));
	return check_pinned(place, ent_buf_view(out), err);
}

static enum ent_status
check_folder_names(const struct ent_charter *charter, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(charter);

	for (size_t i = 0; i < epoch->member_count; i++)
		ENT_TRY(ent_mirror_check_name(epoch->members[i].name, err));
	return ENT_OK;
}

enum ent_status
ent_mirror_install(const struct ent_mirror_place *place, struct ent_view genesis_note, struct ent_error *err)
{
	ENT_AUTO(ent_charter) charter = NULL;
	char path[ENT_PATH_MAX];

	ENT_TRY(check_pinned(place, genesis_note, err));
	ENT_TRY(ent_charter_new(&charter, genesis_note, err));
	ENT_TRY(check_folder_names(charter, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/epoch", place->charter_dir));
	ENT_TRY(ent_dir_make(path, 0755, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/epoch/1", place->charter_dir));
	return ent_file_create(path, genesis_note, 0644, err);
}

/* ---- proposals ---- */

static enum ent_status
proposal_path(const struct ent_mirror *mirror, char out[ENT_PATH_MAX], const struct ent_hash *hash, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, hash);
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/proposal/%s", mirror->place.charter_dir, hex);
}

enum ent_status
ent_mirror_keep_proposal(struct ent_mirror *mirror, struct ent_view text, struct ent_error *err)
{
	struct ent_error own = { 0 };
	char path[ENT_PATH_MAX];
	struct ent_hash hash;
	enum ent_status status;

	ent_sha256(&hash, text);
	if (ent_charter_proposal(mirror->charter, &hash) != NULL)
		return ent_fail(err, ENT_E_EXISTS, "this proposal is known");
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/proposal", mirror->place.charter_dir));
	ENT_TRY(ent_dir_make(path, 0755, err));
	ENT_TRY(proposal_path(mirror, path, &hash, err));
	status = ent_file_create(path, text, 0644, &own);
	if (status != ENT_OK && status != ENT_E_EXISTS)
		return ent_fail(err, status, "%s", own.text);
	status = ent_charter_add_proposal(mirror->charter, text, err);
	if (status != ENT_OK)
		unlink(path); /* what the charter does not accept is not kept */
	return status;
}

static enum ent_status
load_proposal(struct ent_mirror *mirror, const struct ent_hash *name, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error own = { 0 };
	char path[ENT_PATH_MAX];
	struct ent_hash hash;
	enum ent_status status;

	ENT_TRY(proposal_path(mirror, path, name, err));
	ENT_TRY(ent_file_read(&text, path, ENT_NOTE_MAX, err));
	ent_sha256(&hash, ent_buf_view(&text));
	if (!ent_hash_eq(&hash, name))
		return ent_fail(err, ENT_E_TAMPERED, "%s does not hold the text of that hash: remove the file, and it will be fetched "
		    "again from another member", path);
	status = ent_charter_add_proposal(mirror->charter, ent_buf_view(&text), &own);
	if (status == ENT_E_NO_MEMORY)
		return ent_fail(err, status, "%s", own.text);
	if (status != ENT_OK)
		unlink(path); /* a crash came before it was taken back: see ent_mirror_keep_proposal */
	return ENT_OK;
}

static void
close_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

static enum ent_status
load_proposals(struct ent_mirror *mirror, struct ent_error *err)
{
	__attribute__((cleanup(close_dir))) DIR *dir = NULL;
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/proposal", mirror->place.charter_dir));
	dir = opendir(path);
	if (dir == NULL && errno == ENOENT)
		return ENT_OK;
	if (dir == NULL)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot list %s", path);
	for (const struct dirent *item = readdir(dir); item != NULL; item = readdir(dir)) {
		struct ent_hash name;

		/* Anything else in the folder is not ours: temporary files of a crash, for one. */
		if (ent_hash_from_hex(&name, ent_view_str(item->d_name), NULL) == ENT_OK)
			ENT_TRY(load_proposal(mirror, &name, err));
	}
	return ENT_OK;
}

static enum ent_status
keep_string(struct ent_arena *arena, const char **text, struct ent_error *err)
{
	return *text == NULL ? ENT_OK : ent_arena_strdup(arena, text, ent_view_str(*text), err);
}

static enum ent_status
keep_place(struct ent_mirror *mirror, const struct ent_mirror_place *place, struct ent_error *err)
{
	mirror->place = *place;
	mirror->place.pinned = NULL; /* was checked */
	if (place->own_log_key != NULL) {
		struct ent_view line;

		ENT_TRY(ent_arena_dup(mirror->arena, &line, place->own_log_key->line, err));
		ENT_TRY(ent_vkey_parse(&mirror->own_log_key, line, ENT_NOTE_TYPE_ED25519, err));
		mirror->place.own_log_key = &mirror->own_log_key;
	}
	ENT_TRY(keep_string(mirror->arena, &mirror->place.charter_dir, err));
	ENT_TRY(keep_string(mirror->arena, &mirror->place.peers_dir, err));
	ENT_TRY(keep_string(mirror->arena, &mirror->place.state_dir, err));
	ENT_TRY(keep_string(mirror->arena, &mirror->place.own_party, err));
	return keep_string(mirror->arena, &mirror->place.own_log_dir, err);
}

enum ent_status
ent_mirror_open(struct ent_mirror **out, const struct ent_mirror_place *place, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(ENT_NOTE_LONG_MAX);
	ENT_AUTO(ent_mirror) mirror = calloc(1, sizeof(*mirror));

	if (mirror == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a charter");
	ENT_TRY(ent_arena_new(&mirror->arena, ARENA_MAX, err));
	ENT_TRY(keep_place(mirror, place, err));
	ENT_TRY(read_genesis(&genesis, place, err));
	ENT_TRY(ent_charter_new(&mirror->charter, ent_buf_view(&genesis), err));
	ENT_TRY(check_folder_names(mirror->charter, err));
	ENT_TRY(load_proposals(mirror, err));
	ENT_TRY(ent_mirror_open_peers(mirror, err));
	*out = ent_take(&mirror);
	return ENT_OK;
}
