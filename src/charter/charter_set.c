#include "charter/charter_set.h"

#include <search.h>
#include <stdlib.h>

enum { LOGS_MAX = ENT_LIMIT_MEMBERS + ENT_LIMIT_PARTNERS };

/* ---- trees: balanced, so that chosen hashes cannot make them slow ---- */

static int
by_hash(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ent_hash));
}

void *
ent_charter_tree_get(void *const *tree, const struct ent_hash *hash)
{
	void *node = tfind(hash, tree, by_hash);

	return node != NULL ? *(void **)node : NULL;
}

enum ent_status
ent_charter_tree_put(void **tree, void *item, struct ent_error *err)
{
	if (tsearch(item, tree, by_hash) == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for one more item of the charter");
	return ENT_OK;
}

/* ---- lists in trees ---- */

void *
ent_charter_list_newest(void *const *tree, const struct ent_hash *key)
{
	const struct list_head *head = ent_charter_tree_get(tree, key);

	return head != NULL ? head->newest : NULL;
}

enum ent_status
ent_charter_list_push(void **tree, struct ent_arena *arena, const struct ent_hash *key, void *item, void **older,
    struct ent_error *err)
{
	struct list_head *head = ent_charter_tree_get(tree, key);
	void *room;

	if (head == NULL) {
		ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*head), err));
		head = room;
		head->key = *key;
		ENT_TRY(ent_charter_tree_put(tree, head, err));
	}
	*older = head->newest;
	head->newest = item;
	return ENT_OK;
}

void
ent_charter_target_key(struct ent_hash *out, struct ent_view act_line)
{
	ent_sha256(out, act_line);
}

/* A space is in neither name. */
void
ent_charter_accredit_key(struct ent_hash *out, struct ent_view party, struct ent_view profile)
{
	const struct ent_view parts[] = { party, ENT_LIT(" "), profile };

	ent_sha256_parts(out, parts, ENT_COUNT(parts));
}

void
ent_charter_group_key(struct ent_hash *out, enum ent_proposal_kind kind, struct ent_view name, struct ent_view project)
{
	static const char *const words[] = { [ENT_PROPOSAL_PROJECT] = "project ", [ENT_PROPOSAL_PARTY] = "party ",
		[ENT_PROPOSAL_ADMIT] = "admit ", [ENT_PROPOSAL_LABELS] = "labels ", [ENT_PROPOSAL_PROFILE] = "profile " };
	const struct ent_view parts[] = { ent_view_str(words[kind]), name, ENT_LIT(" "), project };

	ent_sha256_parts(out, parts, project.len > 0 ? 4 : 2);
}

/* ---- the end ---- */

static void
keep(void *item)
{
	(void)item; /* items live in arenas */
}

void
ent_charter_free(struct ent_charter *charter)
{
	if (charter == NULL)
		return;
	for (size_t i = 0; i < charter->proposal_count; i++)
		ent_charter_reading_free(charter->proposals[i]->reading);
	for (size_t i = 0; i < charter->log_count; i++) {
		if (!charter->logs[i].partner && charter->logs[i].reading_count > 0)
			ent_charter_reading_free(charter->logs[i].readings[0]);
		ent_arena_free(charter->logs[i].arena);
	}
	tdestroy(charter->heard, keep);
	tdestroy(charter->targets, keep);
	tdestroy(charter->group_tree, keep);
	ent_arena_free(charter->arena);
	free(charter);
}

/* ---- plain questions ---- */

const struct ent_hash *
ent_charter_id(const struct ent_charter *charter)
{
	return &charter->genesis.hash;
}

const struct ent_epoch *
ent_charter_epoch(const struct ent_charter *charter)
{
	return charter_epoch(charter);
}

const struct ent_hash *
ent_charter_epoch_hash(const struct ent_charter *charter)
{
	return &charter->genesis.hash;
}

uint64_t
ent_charter_generation(const struct ent_charter *charter)
{
	return charter->generation;
}

size_t
ent_charter_member_index(const struct ent_charter *charter, struct ent_view name)
{
	const struct ent_epoch *epoch = charter_epoch(charter);

	for (size_t i = 0; i < epoch->member_count; i++)
		if (ent_view_eq(epoch->members[i].name, name))
			return i;
	return SIZE_MAX;
}

/* The paper key's line was checked with the epoch. */
static bool
is_recovery_key(const struct ent_party *party, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	struct ent_error ignored = { 0 };
	struct ent_vkey recovery;

	return party->recovery_line.len > 0 &&
	    ent_vkey_parse(&recovery, party->recovery_line, ENT_NOTE_TYPE_ED25519, &ignored) == ENT_OK &&
	    memcmp(recovery.key, key, ENT_ED25519_KEY_LEN) == 0;
}

bool
ent_charter_party_has_key(const struct ent_party *party, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	for (size_t i = 0; i < party->officer_count; i++)
		if (memcmp(party->officers[i].key, key, ENT_ED25519_KEY_LEN) == 0)
			return true;
	return is_recovery_key(party, key) || memcmp(party->statements_log.key, key, ENT_ED25519_KEY_LEN) == 0 ||
	    (party->access_log.name.len > 0 && memcmp(party->access_log.key, key, ENT_ED25519_KEY_LEN) == 0) ||
	    (party->witness.name.len > 0 && memcmp(party->witness.key, key, ENT_ED25519_KEY_LEN) == 0);
}

bool
ent_charter_epoch_has_key(const struct ent_charter *charter, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	const struct ent_epoch *epoch = charter_epoch(charter);

	for (size_t i = 0; i < epoch->member_count; i++)
		if (ent_charter_party_has_key(&epoch->members[i], key))
			return true;
	return false;
}

static struct ent_view
without_final_slash(struct ent_view url)
{
	return url.len > 0 && url.data[url.len - 1] == '/' ? ent_view_slice(url, 0, url.len - 1) : url;
}

bool
ent_charter_same_issuer(struct ent_view a, struct ent_view b)
{
	return ent_view_eq(without_final_slash(a), without_final_slash(b));
}

/* ---- logs ---- */

size_t
ent_charter_log_index(const struct ent_charter *charter, struct ent_view name)
{
	for (size_t i = 0; i < charter->log_count; i++)
		if (ent_view_eq(charter->logs[i].name, name))
			return i;
	return SIZE_MAX;
}

size_t
ent_charter_log_count(const struct ent_charter *charter)
{
	return charter->log_count;
}

struct ent_view
ent_charter_log_party(const struct ent_charter *charter, size_t i)
{
	ENT_ASSERT(i < charter->log_count);
	return charter->logs[i].name;
}

uint64_t
ent_charter_log_size(const struct ent_charter *charter, struct ent_view party)
{
	size_t log = ent_charter_log_index(charter, party);

	return log != SIZE_MAX ? charter->logs[log].size : 0;
}

/* A log with nothing in it yet, behind those that are there. */
static enum ent_status
open_log(struct party_log **out, struct ent_charter *charter, struct ent_view name, const struct ent_vkey *log_key,
    struct ent_error *err)
{
	struct party_log *log = &charter->logs[charter->log_count];

	ENT_ASSERT(charter->log_count < LOGS_MAX);
	*log = (struct party_log){ .name = name, .log_key = *log_key };
	ent_sha256(&log->root, ENT_VIEW_NONE); /* RFC 6962 2.1: the root of an empty tree */
	ENT_TRY(ent_arena_new(&log->arena, ENT_LIMIT_CHARTER_BYTES, err));
	charter->log_count++;
	*out = log;
	return ENT_OK;
}

static enum ent_status
check_partner_log(const struct ent_charter *charter, struct ent_view partner, const struct ent_vkey *log_key,
    struct ent_error *err)
{
	struct ent_view role = ENT_LIT("/statements");

	if (ent_charter_member_index(charter, partner) != SIZE_MAX)
		return ent_fail(err, ENT_E_INPUT, "%.*s is a member: its log is here already", ENT_FMT(partner));
	if (log_key->type != ENT_NOTE_TYPE_ED25519 || log_key->name.len != partner.len + role.len ||
	    !ent_view_starts(log_key->name, partner) ||
	    !ent_view_eq(ent_view_slice(log_key->name, partner.len, log_key->name.len), role))
		return ent_fail(err, ENT_E_INPUT, "the statement log's key of %.*s is named %.*s/statements, not %.*s",
		    ENT_FMT(partner), ENT_FMT(partner), ENT_FMT(log_key->name));
	return ENT_OK;
}

/* The readings that are of this log: those of party proposals of its name that have its key. */
static enum ent_status
attach_readings(struct ent_charter *charter, size_t log, struct ent_error *err)
{
	const struct group *group;
	struct ent_hash key;

	ent_charter_group_key(&key, ENT_PROPOSAL_PARTY, charter->logs[log].name, ENT_VIEW_NONE);
	group = ent_charter_tree_get(&charter->group_tree, &key);
	for (size_t i = 0; group != NULL && i < group->target_count; i++)
		ENT_TRY(ent_charter_reading_attach(charter, group->targets[i]->reading, log, err));
	return ENT_OK;
}

static enum ent_status
open_partner_log(struct ent_charter *charter, struct ent_view partner, const struct ent_vkey *log_key, struct ent_error *err)
{
	struct ent_view line, name;
	struct party_log *log;
	struct ent_vkey key;

	ENT_TRY(ent_arena_dup(charter->arena, &name, partner, err));
	ENT_TRY(ent_arena_dup(charter->arena, &line, log_key->line, err));
	ENT_TRY(ent_vkey_parse(&key, line, ENT_NOTE_TYPE_ED25519, err));
	ENT_TRY(open_log(&log, charter, name, &key, err));
	log->partner = true;
	/* The whole name: which short ones are taken would depend on the order in which partners came. */
	ENT_TRY(ent_arena_strdup(charter->arena, &log->short_name, name, err));
	charter->generation++;
	log->changed = charter->generation;
	charter->keys_changed = charter->generation;
	charter->stops_changed = charter->generation;
	charter->parts_changed = charter->generation;
	return attach_readings(charter, charter->log_count - 1, err);
}

enum ent_status
ent_charter_follow(struct ent_charter *charter, struct ent_view partner, const struct ent_vkey *log_key, struct ent_error *err)
{
	size_t known = ent_charter_log_index(charter, partner);

	ENT_TRY(check_partner_log(charter, partner, log_key, err));
	if (known == SIZE_MAX && charter->log_count - charter_epoch(charter)->member_count >= ENT_LIMIT_PARTNERS)
		return ent_fail(err, ENT_E_LIMIT, "more than %u partners' logs are followed", ENT_LIMIT_PARTNERS);
	if (known == SIZE_MAX)
		return open_partner_log(charter, partner, log_key, err);
	if (!ent_view_eq(charter->logs[known].log_key.line, log_key->line))
		return ent_fail(err, ENT_E_INPUT, "the log of %.*s is followed here under another key: a party's name has one log",
		    ENT_FMT(partner));
	return ent_fail(err, ENT_E_EXISTS, "the log of %.*s is followed already", ENT_FMT(partner));
}

/* ---- the genesis ---- */

static enum ent_status
check_founders(const struct ent_epoch *epoch, const struct ent_note *note, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(64u << 10);
	bool complete;
	const char *text;

	ENT_TRY(ent_charter_signatures(epoch, note, &words, &complete, err));
	if (complete)
		return ENT_OK;
	ENT_TRY(ent_buf_cstr(&words, &text, err));
	return ent_fail(err, ENT_E_SIGNATURE, "the genesis is not founded yet: %s", text);
}

/* "au" of au.example, if no other member begins so; else the whole name. */
static enum ent_status
name_log(struct ent_charter *charter, size_t member, struct ent_error *err)
{
	const struct ent_epoch *epoch = charter_epoch(charter);
	struct ent_view name = epoch->members[member].name;
	struct ent_view label = ent_view_slice(name, 0, ent_view_find(name, '.', 0));

	for (size_t i = 0; i < epoch->member_count; i++) {
		struct ent_view other = epoch->members[i].name;

		if (i != member && ent_view_eq(ent_view_slice(other, 0, ent_view_find(other, '.', 0)), label))
			label = name;
	}
	return ent_arena_strdup(charter->arena, &charter->logs[member].short_name, label, err);
}

static enum ent_status
open_member_log(struct ent_charter *charter, size_t member, struct ent_error *err)
{
	const struct ent_party *party = &charter_epoch(charter)->members[member];
	struct reading *reading;
	struct party_log *log;
	enum ent_status status;

	ENT_TRY(open_log(&log, charter, party->name, &party->statements_log, err));
	ENT_TRY(name_log(charter, member, err));
	ENT_TRY(ent_charter_reading_new(&reading, party, NULL, err));
	status = ent_charter_reading_attach(charter, reading, member, err);
	if (status != ENT_OK)
		ent_charter_reading_free(reading);
	return status;
}

static enum ent_status
open_logs(struct ent_charter *charter, struct ent_error *err)
{
	void *logs;

	ENT_TRY(ent_arena_alloc(charter->arena, &logs, LOGS_MAX, sizeof(*charter->logs), err));
	charter->logs = logs;
	ENT_ASSERT(charter_epoch(charter)->member_count <= ENT_LIMIT_MEMBERS);
	for (size_t i = 0; i < charter_epoch(charter)->member_count; i++)
		ENT_TRY(open_member_log(charter, i, err));
	return ENT_OK;
}

enum ent_status
ent_charter_new(struct ent_charter **out, struct ent_view genesis_note, struct ent_error *err)
{
	ENT_AUTO(ent_charter) charter = calloc(1, sizeof(*charter));
	struct ent_view bytes;
	struct ent_note note;

	if (charter == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a charter");
	ENT_TRY(ent_arena_new(&charter->arena, ENT_LIMIT_CHARTER_BYTES, err));
	ENT_TRY(ent_arena_dup(charter->arena, &bytes, genesis_note, err));
	ENT_TRY(ent_note_parse_max(&note, charter->arena, bytes, ENT_NOTE_LONG_MAX, err));
	ENT_TRY(ent_doc_parse(&charter->genesis, charter->arena, note.text, err));
	if (charter->genesis.kind != ENT_DOC_EPOCH)
		return ent_fail(err, ENT_E_REFUSED, "not a genesis: the text is not an epoch");
	ENT_TRY(ent_doc_check(&charter->genesis, err));
	if (charter_epoch(charter)->number != 1)
		return ent_fail(err, ENT_E_REFUSED, "not a genesis: it is epoch %u, and a charter begins with 1.1",
		    charter_epoch(charter)->number);
	ENT_TRY(check_founders(charter_epoch(charter), &note, err));
	ENT_TRY(open_logs(charter, err));
	charter->generation = 1;
	*out = ent_take(&charter);
	return ENT_OK;
}

/* ---- who signed a genesis ---- */

static struct ent_view
officer_name(const struct ent_vkey *key)
{
	size_t slash = ent_view_rfind(key->name, '/');

	return slash < key->name.len ? ent_view_slice(key->name, slash + 1, key->name.len) : key->name;
}

static enum ent_status
name_officers(struct ent_buf *words, const struct ent_party *party, const bool *good, bool which, struct ent_error *err)
{
	const char *separator = " ";

	for (size_t i = 0; i < party->officer_count; i++) {
		if (good[i] != which)
			continue;
		ENT_TRY(ent_buf_printf(words, err, "%s%.*s", separator, ENT_FMT(officer_name(&party->officers[i]))));
		separator = ", ";
	}
	return ENT_OK;
}

static enum ent_status
member_signatures(const struct ent_party *party, const struct ent_note *note, struct ent_buf *words, bool *complete,
    struct ent_error *err)
{
	bool good[ENT_LIMIT_OFFICERS] = { false };
	size_t count = 0;

	ENT_ASSERT(party->officer_count <= ENT_LIMIT_OFFICERS);
	ENT_TRY(ent_note_verify(note, party->officers, party->officer_count, good, &count, err));
	ENT_TRY(ent_buf_printf(words, err, "%.*s: %zu of %u signatures", ENT_FMT(party->name), count, party->quorum));
	if (count > 0) {
		ENT_TRY(ent_buf_add_str(words, " by", err));
		ENT_TRY(name_officers(words, party, good, true, err));
	}
	if (count < party->quorum) {
		*complete = false;
		ENT_TRY(ent_buf_printf(words, err, "; missing %zu of", (size_t)party->quorum - count));
		ENT_TRY(name_officers(words, party, good, false, err));
	}
	return ent_buf_add_byte(words, '\n', err);
}

enum ent_status
ent_charter_signatures(const struct ent_epoch *epoch, const struct ent_note *note, struct ent_buf *words, bool *complete,
    struct ent_error *err)
{
	*complete = true;
	for (size_t i = 0; i < epoch->member_count; i++)
		ENT_TRY(member_signatures(&epoch->members[i], note, words, complete, err));
	return ENT_OK;
}

/* ---- roots, faults, the view ---- */

void
ent_charter_set_root(struct ent_charter *charter, struct ent_view party, const struct ent_hash *root)
{
	size_t log = ent_charter_log_index(charter, party);

	if (log == SIZE_MAX)
		return;
	charter->logs[log].root = *root;
	charter->logs[log].root_size = charter->logs[log].size;
	charter->generation++;
}

enum ent_status
ent_charter_set_broken(struct ent_charter *charter, struct ent_view party, const char *why, struct ent_error *err)
{
	size_t log = ent_charter_log_index(charter, party);

	if (log == SIZE_MAX)
		return ent_fail(err, ENT_E_INPUT, "%.*s has no statement log here: it is no member, and not followed",
		    ENT_FMT(party));
	if (charter->logs[log].broken != NULL)
		return ENT_OK; /* the first proof is the one that is kept */
	ENT_TRY(ent_arena_strdup(charter->arena, &charter->logs[log].broken, ent_view_str(why), err));
	charter->generation++;
	charter->logs[log].changed = charter->generation;
	charter->upheaval = charter->generation;
	charter->keys_changed = charter->generation;
	charter->stops_changed = charter->generation;
	charter->parts_changed = charter->generation;
	return ENT_OK;
}

static int
by_origin(const void *a, const void *b)
{
	return ent_view_cmp(((const struct ent_view_log *)a)->origin, ((const struct ent_view_log *)b)->origin);
}

enum ent_status
ent_charter_view(const struct ent_charter *charter, struct ent_buf *out, struct ent_hash *hash, struct ent_error *err)
{
	struct ent_view_log logs[LOGS_MAX];
	struct ent_doc doc = { .kind = ENT_DOC_VIEW };
	size_t start = out->len;

	for (size_t i = 0; i < charter->log_count; i++) {
		const struct party_log *log = &charter->logs[i];

		if (log->root_size != log->size)
			return ent_fail(err, ENT_E_INPUT,
			    "the root of %s's statement log is known at size %llu, not yet at %llu",
			    log->short_name, (unsigned long long)log->root_size, (unsigned long long)log->size);
		logs[i] = (struct ent_view_log){ log->log_key.name, log->size, log->root };
	}
	qsort(logs, charter->log_count, sizeof(logs[0]), by_origin);
	doc.view = (struct ent_view_doc){ .charter = charter->genesis.hash, .epoch = charter_epoch(charter)->number,
		.epoch_hash = charter->genesis.hash, .logs = logs, .log_count = charter->log_count,
		.stops = charter->stops, .stop_count = charter->stop_count };
	ENT_TRY(ent_doc_print(out, &doc, err));
	ent_sha256(hash, ent_view_slice(ent_buf_view(out), start, out->len - start));
	return ENT_OK;
}
