/* A node's home as the audit commands see it: read only, from its files alone. */
#include "client/audit.h"

enum { ARENA_MAX = 512 << 20 };

void
ent_audit_home_fini(struct ent_audit_home *audit)
{
	ent_charter_free(audit->charter);
	ent_store_free(audit->store);
	ent_arena_free(audit->arena);
}

enum ent_status
ent_audit_home_open(struct ent_audit_home *audit, const char *home, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	if (home == NULL)
		return ent_fail(err, ENT_E_USAGE, "audit needs --home DIR: the node's home whose log is looked at");
	ENT_TRY(ent_arena_new(&audit->arena, ARENA_MAX, err));
	ENT_TRY(ent_home_read(&audit->home, audit->arena, home, err));
	ENT_TRY(ent_home_vkey(&audit->home, "access", audit->arena, ENT_NOTE_TYPE_ED25519, &audit->key, err));
	ENT_TRY(ent_path_join(audit->log_dir, sizeof(audit->log_dir), err, "%s/log/access", home));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/state/node.db", home));
	return ent_file_exists(path) ? ent_store_open_sqlite(&audit->store, path, err) : ENT_OK;
}

enum ent_status
ent_audit_epoch(struct ent_audit_home *audit, const struct ent_epoch **out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(ENT_NOTE_LONG_MAX);
	char path[ENT_PATH_MAX];

	*out = NULL;
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/charter/epoch/1", audit->home.dir));
	if (audit->charter == NULL && !ent_file_exists(path))
		return ENT_OK;
	if (audit->charter == NULL) {
		ENT_TRY(ent_file_read(&genesis, path, ENT_NOTE_LONG_MAX, err));
		ENT_TRY(ent_charter_new(&audit->charter, ent_buf_view(&genesis), err));
	}
	*out = ent_charter_epoch(audit->charter);
	return ENT_OK;
}

/* ---- own entries ---- */

bool
ent_audit_commits(const struct ent_hash *commitment, struct ent_view salt, struct ent_view record)
{
	const struct ent_view parts[] = { salt, record };
	struct ent_hash hash;

	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	return ent_hash_eq(&hash, commitment);
}

bool
ent_audit_parse_entry(struct ent_access_doc *out, struct ent_arena *arena, uint64_t index, struct ent_view text)
{
	struct ent_error bad = { 0 };
	struct ent_doc doc;

	if (ent_doc_parse(&doc, arena, text, &bad) != ENT_OK || doc.kind != ENT_DOC_ACCESS || doc.access.index != index)
		return false;
	*out = doc.access;
	return true;
}

/* A record may be gone (erased on purpose): then the entry says nothing. One that is there must be the one that was logged. */
static enum ent_status
look_up_record(struct ent_audit_home *audit, struct ent_arena *arena, uint64_t index, struct ent_audit_seen *seen, struct ent_error *err)
{
	struct ent_record record;
	struct ent_error none = { 0 };
	struct ent_doc doc;

	if (audit->store == NULL)
		return ENT_OK;
	if (ent_store_record_get(audit->store, &record, arena, index, &none) != ENT_OK)
		return none.code == ENT_E_NOT_FOUND ? ENT_OK : ent_fail(err, none.code, "%s", none.text);
	if (!ent_audit_commits(&seen->access.record, record.full_salt, record.full) ||
	    !ent_audit_commits(&seen->access.short_record, record.brief_salt, record.brief)) {
		seen->problem = "the record that is kept is not the one that was logged";
		return ENT_OK;
	}
	seen->text = record.full;
	seen->has_record = ent_doc_parse(&doc, arena, record.full, &none) == ENT_OK && doc.kind == ENT_DOC_RECORD;
	if (seen->has_record)
		seen->record = doc.record;
	else
		seen->problem = "the record that is kept cannot be read";
	return ENT_OK;
}

enum ent_status
ent_audit_look_at(struct ent_audit_home *audit, struct ent_arena *arena, uint64_t index, struct ent_view entry,
    struct ent_audit_seen *seen, struct ent_error *err)
{
	*seen = (struct ent_audit_seen){ 0 };
	if (!ent_audit_parse_entry(&seen->access, arena, index, entry)) {
		seen->problem = "the entry is no access entry of this index";
		return ENT_OK;
	}
	return look_up_record(audit, arena, index, seen, err);
}

/* An entry of a log in the arena. */
static enum ent_status
read_entry(const struct ent_log_dir *log, struct ent_arena *arena, uint64_t index, struct ent_view *out, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_TLOG_ENTRY_MAX);

	ENT_TRY(ent_log_dir_entry(log, index, &text, err));
	return ent_arena_dup(arena, out, ent_buf_view(&text), err);
}

enum ent_status
ent_audit_look_up(struct ent_audit_home *audit, const struct ent_log_dir *log, struct ent_arena *arena, uint64_t index,
    struct ent_audit_seen *seen, struct ent_error *err)
{
	struct ent_view entry;

	ENT_TRY(read_entry(log, arena, index, &entry, err));
	return ent_audit_look_at(audit, arena, index, entry, seen, err);
}

/* ---- the other members ---- */

void
ent_audit_peer_fini(struct ent_audit_peer *peer)
{
	ent_log_dir_free(peer->log);
}

static enum ent_status
read_evidence(struct ent_audit_peer *peer, struct ent_audit_home *audit, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) why = ent_buf_with_max(ENT_ERROR_TEXT_MAX);
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/state/evidence/%.*s.access/why", audit->home.dir, ENT_FMT(peer->party->name)));
	if (!ent_file_exists(path))
		return ENT_OK;
	ENT_TRY(ent_file_read(&why, path, ENT_ERROR_TEXT_MAX, err));
	return ent_arena_strdup(audit->arena, &peer->broken, ent_buf_view(&why), err);
}

static enum ent_status
read_seen(struct ent_audit_peer *peer, struct ent_audit_home *audit, struct ent_error *err)
{
	char name[300];
	uint64_t seen;

	if (audit->store == NULL)
		return ENT_OK;
	ENT_TRY(ent_path_join(name, sizeof(name), err, "access.seen.%.*s", ENT_FMT(peer->party->name)));
	ENT_TRY(ent_store_cursor_get(audit->store, &seen, name, err));
	peer->seen_unix_s = (int64_t)seen;
	return ENT_OK;
}

enum ent_status
ent_audit_peer_open(struct ent_audit_peer *peer, struct ent_audit_home *audit, const struct ent_party *party, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	*peer = (struct ent_audit_peer){ .party = party };
	ENT_TRY(ent_path_join(peer->dir, sizeof(peer->dir), err, "%s/peers/%.*s/access", audit->home.dir, ENT_FMT(party->name)));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/checkpoint", peer->dir));
	ENT_TRY(read_evidence(peer, audit, err));
	ENT_TRY(read_seen(peer, audit, err));
	return ent_file_exists(path) ? ent_log_dir_open_read(&peer->log, peer->dir, &party->access_log, err) : ENT_OK;
}

enum ent_status
ent_audit_check_received(const struct ent_audit_peer *peer, const struct ent_received *received, struct ent_arena *arena,
    struct ent_record_doc *record, const char **problem, struct ent_error *err)
{
	struct ent_access_doc entry;
	struct ent_error bad = { 0 };
	struct ent_view text;
	struct ent_doc doc;

	*problem = NULL;
	if (peer->log == NULL || received->index >= ent_log_dir_size(peer->log)) {
		*problem = "its entry is not in the copy of that member's access log";
		return ENT_OK;
	}
	ENT_TRY(read_entry(peer->log, arena, received->index, &text, err));
	if (!ent_audit_parse_entry(&entry, arena, received->index, text))
		*problem = "its entry is no access entry of this index";
	else if (!ent_audit_commits(received->full ? &entry.record : &entry.short_record, received->salt, received->text))
		*problem = "the record is not the one that the entry commits to";
	if (*problem != NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_dup(arena, &text, received->text, err));
	if (ent_doc_parse(&doc, arena, text, &bad) != ENT_OK || doc.kind != ENT_DOC_RECORD)
		*problem = "the record cannot be read";
	else
		*record = doc.record;
	return ENT_OK;
}
