/*
 * audit verify, over a node's home: the own log from nothing but its files and the log key's public line; and the copies of
 * the other members' logs with the records that came from there.
 */
#include <stdlib.h>

#include "client/audit.h"

/* Of another member's access log. */
struct copy {
	struct ent_audit_peer peer;
	uint64_t entries;
	uint64_t records;
};

struct verify {
	struct ent_audit_home *audit;
	struct copy copies[ENT_LIMIT_MEMBERS];
	size_t copy_count;
	uint64_t counts[ENT_RESULT_SUMMARY + 1];
	uint64_t with_record;
};

static enum ent_status
verify_entry(void *arg, uint64_t index, struct ent_view entry, struct ent_error *err)
{
	struct verify *verify = arg;
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_audit_seen seen;

	ENT_TRY(ent_arena_new(&arena, 4u << 20, err));
	ENT_TRY(ent_audit_look_at(verify->audit, arena, index, entry, &seen, err));
	if (seen.problem != NULL)
		return ent_fail(err, ENT_E_TAMPERED, "entry %llu of %s/access: %s", (unsigned long long)index, verify->audit->home.party,
		    seen.problem);
	verify->counts[seen.access.result]++;
	verify->with_record += seen.has_record;
	return ENT_OK;
}

/* One log on disk: the own one, or the copy of another member's. */
struct tree {
	struct ent_view party;
	const char *dir;
	const struct ent_vkey *key;
	uint64_t size;
};

static enum ent_status
verify_tree(struct tree *tree, struct ent_error *err)
{
	struct ent_log_fault fault = { 0 };
	struct ent_error found = { 0 };
	enum ent_status status = ent_log_dir_fsck(tree->dir, tree->key, &tree->size, &fault, &found);

	if (status == ENT_OK)
		return ENT_OK;
	if (!fault.found)
		return ent_fail(err, found.code, "%.*s/access: %s", ENT_FMT(tree->party), found.text);
	if (fault.index != UINT64_MAX)
		return ent_fail(err, ENT_E_TAMPERED, "%.*s/access was tampered with at entry %llu: %s", ENT_FMT(tree->party),
		    (unsigned long long)fault.index, fault.what);
	return ent_fail(err, ENT_E_TAMPERED, "%.*s/access was tampered with: %s", ENT_FMT(tree->party), fault.what);
}

static enum ent_status
head_path(const struct ent_audit_home *audit, const struct tree *tree, char out[ENT_PATH_MAX], struct ent_error *err)
{
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/state/head.%.*s.access", audit->home.dir, ENT_FMT(tree->party));
}

/* How many entries the head file says were signed: it stands apart from the log. 0 when this is not a node's whole home. */
static enum ent_status
read_head(struct ent_audit_home *audit, const struct tree *tree, uint64_t *size, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_checkpoint head;
	char path[ENT_PATH_MAX];

	*size = 0;
	ENT_TRY(head_path(audit, tree, path, err));
	if (!ent_file_exists(path))
		return ENT_OK;
	ENT_TRY(ent_file_read(&note, path, ENT_NOTE_MAX, err));
	if (ent_checkpoint_open(&head, audit->arena, ent_buf_view(&note), tree->key, err) != ENT_OK)
		return ent_error_context(err, "%s was tampered with", path);
	*size = head.size;
	return ENT_OK;
}

/*
 * A log that ends before its head was put back from an older copy. Between signing and publishing the head is ahead too, and
 * a crash may leave it so, but then the entries are on disk.
 */
static enum ent_status
check_head(const struct ent_audit_home *audit, const struct tree *tree, uint64_t head, uint64_t size, struct ent_error *err)
{
	char tile[ENT_TLOG_PATH_MAX], path[ENT_PATH_MAX];

	if (head <= size)
		return ENT_OK;
	ENT_TRY(ent_tlog_tile_path(tile, -1, (head - 1) / ENT_TLOG_TILE, (unsigned)(head % ENT_TLOG_TILE), err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s", tree->dir, tile));
	if (ent_file_exists(path))
		return ENT_OK;
	ENT_TRY(head_path(audit, tree, path, err));
	return ent_fail(err, ENT_E_TAMPERED, "%.*s/access has %llu entries, but %llu were signed (%s): the log was put back from an older "
	    "copy, and the entries since are missing", ENT_FMT(tree->party), (unsigned long long)size, (unsigned long long)head, path);
}

/* ---- the other members ---- */

static enum ent_status
verify_received(void *arg, const struct ent_received *received, struct ent_error *err)
{
	struct copy *copy = arg;
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_record_doc record;
	const char *problem;

	ENT_TRY(ent_arena_new(&arena, 4u << 20, err));
	ENT_TRY(ent_audit_check_received(&copy->peer, received, arena, &record, &problem, err));
	if (problem != NULL)
		return ent_fail(err, ENT_E_TAMPERED, "the record of entry %llu of %.*s/access: %s", (unsigned long long)received->index,
		    ENT_FMT(received->member), problem);
	copy->records++;
	return ENT_OK;
}

static enum ent_status
verify_copy(struct ent_audit_home *audit, struct copy *copy, const struct ent_party *party, struct ent_error *err)
{
	struct tree tree = { .party = party->name, .key = &party->access_log };
	uint64_t head;

	ENT_TRY(ent_path_join(copy->peer.dir, sizeof(copy->peer.dir), err, "%s/peers/%.*s/access", audit->home.dir, ENT_FMT(party->name)));
	tree.dir = copy->peer.dir;
	ENT_TRY(read_head(audit, &tree, &head, err));
	ENT_TRY(ent_audit_peer_open(&copy->peer, audit, party, err));
	if (copy->peer.log != NULL) {
		copy->entries = ent_log_dir_size(copy->peer.log);
		ENT_TRY(verify_tree(&tree, err));
	}
	ENT_TRY(check_head(audit, &tree, head, copy->entries, err));
	return audit->store != NULL ? ent_store_received_each(audit->store, party->name, verify_received, copy, err) : ENT_OK;
}

static enum ent_status
verify_copies(struct verify *verify, struct ent_error *err)
{
	const struct ent_epoch *epoch;

	ENT_TRY(ent_audit_epoch(verify->audit, &epoch, err));
	for (size_t i = 0; epoch != NULL && i < epoch->member_count; i++) {
		if (ent_view_eq_str(epoch->members[i].name, verify->audit->home.party))
			continue;
		if (verify_copy(verify->audit, &verify->copies[verify->copy_count++], &epoch->members[i], err) != ENT_OK)
			return ent_error_context(err, "the copy of %.*s's access log", ENT_FMT(epoch->members[i].name));
	}
	return ENT_OK;
}

/* ---- the report ---- */

static enum ent_status
report_copy(struct ent_buf *out, const struct copy *copy, struct ent_error *err)
{
	const struct ent_view name = copy->peer.party->name;

	if (copy->peer.broken != NULL)
		ENT_TRY(ent_buf_printf(out, err, "%.*s/access CONTRADICTED ITSELF: %s\n", ENT_FMT(name), copy->peer.broken));
	if (copy->peer.log == NULL)
		return ent_buf_printf(out, err, "%.*s/access: nothing was followed yet\n", ENT_FMT(name));
	return ent_buf_printf(out, err, "%.*s/access: copy of %llu entries verified; %llu records from there fit\n", ENT_FMT(name),
	    (unsigned long long)copy->entries, (unsigned long long)copy->records);
}

static enum ent_status
report_words(struct ent_buf *out, const struct verify *verify, uint64_t size, struct ent_error *err)
{
	const uint64_t *n = verify->counts;

	ENT_TRY(ent_buf_printf(out, err, "%s/access: %llu entries verified: %llu released, %llu refused, %llu sealed, %llu summaries; "
	    "%llu records fit\n", verify->audit->home.party, (unsigned long long)size, (unsigned long long)n[ENT_RESULT_RELEASED],
	    (unsigned long long)n[ENT_RESULT_REFUSED], (unsigned long long)n[ENT_RESULT_SEALED],
	    (unsigned long long)n[ENT_RESULT_SUMMARY], (unsigned long long)verify->with_record));
	for (size_t i = 0; i < verify->copy_count; i++)
		ENT_TRY(report_copy(out, &verify->copies[i], err));
	return ENT_OK;
}

static enum ent_status
report_json(struct ent_buf *out, const struct verify *verify, uint64_t size, struct ent_error *err)
{
	const uint64_t *n = verify->counts;
	json_auto_t *root = json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:[]}", "log", json_sprintf("%s/access", verify->audit->home.party),
	    "entries", (json_int_t)size, "released", (json_int_t)n[ENT_RESULT_RELEASED], "refused", (json_int_t)n[ENT_RESULT_REFUSED], "sealed",
	    (json_int_t)n[ENT_RESULT_SEALED], "summaries", (json_int_t)n[ENT_RESULT_SUMMARY], "records", (json_int_t)verify->with_record,
	    "copies");
	char *text;
	enum ent_status status;

	for (size_t i = 0; i < verify->copy_count; i++) {
		const struct copy *copy = &verify->copies[i];

		json_array_append_new(json_object_get(root, "copies"), json_pack("{s:o, s:I, s:I, s:s?}", "member",
		    ent_audit_text_json(copy->peer.party->name), "entries", (json_int_t)copy->entries, "records", (json_int_t)copy->records,
		    "broken", copy->peer.broken));
	}
	text = json_dumps(root, JSON_COMPACT);
	status = text != NULL ? ent_buf_printf(out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	free(text);
	return status;
}

/* A log that contradicted itself is for people to settle: it is reported, and no run is clean before. */
static enum ent_status
check_broken(const struct verify *verify, struct ent_error *err)
{
	for (size_t i = 0; i < verify->copy_count; i++)
		if (verify->copies[i].peer.broken != NULL)
			return ent_fail(err, ENT_E_LOG_INCONSISTENT, "%.*s/access contradicted itself", ENT_FMT(verify->copies[i].peer.party->name));
	return ENT_OK;
}

static void
verify_fini(struct verify *verify)
{
	for (size_t i = 0; i < verify->copy_count; i++)
		ent_audit_peer_fini(&verify->copies[i].peer);
}

static enum ent_status
audit_verify(const char *home, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(ent_audit_home_fini))) struct ent_audit_home audit = { 0 };
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(65536);
	__attribute__((cleanup(verify_fini))) struct verify verify = { .audit = &audit };
	struct tree tree = { .dir = audit.log_dir, .key = &audit.key };
	uint64_t head;

	ENT_TRY(ent_audit_home_open(&audit, home, err));
	tree.party = ent_view_str(audit.home.party);
	ENT_TRY(read_head(&audit, &tree, &head, err)); /* first, as the log may grow meanwhile */
	ENT_TRY(verify_tree(&tree, err));
	ENT_TRY(ent_log_dir_open_read(&log, audit.log_dir, &audit.key, err));
	ENT_TRY(check_head(&audit, &tree, head, ent_log_dir_size(log), err));
	ENT_TRY(ent_log_dir_each(log, 0, verify_entry, &verify, err));
	ENT_TRY(verify_copies(&verify, err));
	ENT_TRY(format == ENTENTE_JSON ? report_json(&out, &verify, tree.size, err) : report_words(&out, &verify, tree.size, err));
	ENT_TRY(ent_give_text(text, format, &out, err));
	return check_broken(&verify, err);
}

enum entente_status
entente_audit_verify(const char *home, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, audit_verify(home, format, text, ENT_PUBLIC_ERR));
}
