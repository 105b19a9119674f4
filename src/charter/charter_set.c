#include "charter/charter_set.h"

#include <search.h>
#include <stdlib.h>

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
	for (size_t i = 0; charter->logs != NULL && i < charter_epoch(charter)->member_count; i++) {
		tdestroy(charter->logs[i].texts, keep);
		tdestroy(charter->logs[i].kids, keep);
		ent_arena_free(charter->logs[i].arena);
	}
	tdestroy(charter->targets, keep);
	tdestroy(charter->claims, keep);
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
ent_charter_epoch_has_key(const struct ent_charter *charter, const uint8_t key[ENT_ED25519_KEY_LEN])
{
	const struct ent_epoch *epoch = charter_epoch(charter);

	for (size_t i = 0; i < epoch->member_count; i++) {
		const struct ent_party *party = &epoch->members[i];

		for (size_t k = 0; k < party->officer_count; k++)
			if (memcmp(party->officers[k].key, key, ENT_ED25519_KEY_LEN) == 0)
				return true;
		if (is_recovery_key(party, key) || memcmp(party->statements_log.key, key, ENT_ED25519_KEY_LEN) == 0 ||
		    (party->access_log.name.len > 0 && memcmp(party->access_log.key, key, ENT_ED25519_KEY_LEN) == 0) ||
		    (party->witness.name.len > 0 && memcmp(party->witness.key, key, ENT_ED25519_KEY_LEN) == 0))
			return true;
	}
	return false;
}

uint64_t
ent_charter_log_size(const struct ent_charter *charter, struct ent_view party)
{
	size_t member = ent_charter_member_index(charter, party);

	return member != SIZE_MAX ? charter->logs[member].size : 0;
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
open_logs(struct ent_charter *charter, struct ent_error *err)
{
	const struct ent_epoch *epoch = charter_epoch(charter);
	void *logs;

	ENT_TRY(ent_arena_alloc(charter->arena, &logs, epoch->member_count, sizeof(*charter->logs), err));
	charter->logs = logs;
	for (size_t i = 0; i < epoch->member_count; i++) {
		charter->logs[i].party = &epoch->members[i];
		ent_sha256(&charter->logs[i].root, ENT_VIEW_NONE); /* RFC 6962 2.1: the root of an empty tree */
		ENT_TRY(ent_arena_new(&charter->logs[i].arena, ENT_LIMIT_CHARTER_BYTES, err));
		ENT_TRY(name_log(charter, i, err));
	}
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
	size_t member = ent_charter_member_index(charter, party);

	if (member == SIZE_MAX)
		return;
	charter->logs[member].root = *root;
	charter->logs[member].root_size = charter->logs[member].size;
	charter->generation++;
}

enum ent_status
ent_charter_set_broken(struct ent_charter *charter, struct ent_view party, const char *why, struct ent_error *err)
{
	size_t member = ent_charter_member_index(charter, party);

	if (member == SIZE_MAX)
		return ent_fail(err, ENT_E_INPUT, "%.*s is not a member", ENT_FMT(party));
	if (charter->logs[member].broken != NULL)
		return ENT_OK; /* the first proof is the one that is kept */
	ENT_TRY(ent_arena_strdup(charter->arena, &charter->logs[member].broken, ent_view_str(why), err));
	charter->generation++;
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
	const struct ent_epoch *epoch = charter_epoch(charter);
	struct ent_view_log logs[ENT_LIMIT_MEMBERS];
	struct ent_doc doc = { .kind = ENT_DOC_VIEW };
	size_t start = out->len;

	ENT_ASSERT(epoch->member_count <= ENT_LIMIT_MEMBERS);
	for (size_t i = 0; i < epoch->member_count; i++) {
		const struct member_log *log = &charter->logs[i];

		if (log->root_size != log->size)
			return ent_fail(err, ENT_E_INPUT,
			    "the root of %s's statement log is known at size %llu, not yet at %llu",
			    log->short_name, (unsigned long long)log->root_size, (unsigned long long)log->size);
		logs[i] = (struct ent_view_log){ log->party->statements_log.name, log->size, log->root };
	}
	qsort(logs, epoch->member_count, sizeof(logs[0]), by_origin);
	doc.view = (struct ent_view_doc){ .charter = charter->genesis.hash, .epoch = epoch->number,
		.epoch_hash = charter->genesis.hash, .logs = logs, .log_count = epoch->member_count,
		.stops = charter->stops, .stop_count = charter->stop_count };
	ENT_TRY(ent_doc_print(out, &doc, err));
	ent_sha256(hash, ent_view_slice(ent_buf_view(out), start, out->len - start));
	return ENT_OK;
}
