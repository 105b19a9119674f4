#include "client/charter_book.h"

#include "tlog/log_dir.h"

void
ent_book_fini(struct ent_book *book)
{
	ent_arena_free(book->arena);
}

/* One log while it is read. */
struct reader {
	struct ent_book *book;
	struct ent_view log;
	const struct ent_vkey *key;
	int64_t since_unix_s;
	int64_t alive_unix_s; /* the newest that counts */
};

/* C-7: in its own log, at its own index, signed by the log's key, and not before the one before it. */
static void
take_alive(struct reader *reader, const struct ent_note *note, const struct ent_alive *alive, uint64_t index)
{
	struct ent_error none = { 0 };

	if (ent_view_eq(alive->by, reader->log) && alive->index == index && alive->time_unix_s >= reader->alive_unix_s &&
	    ent_note_verify_one(note, reader->key, &none) == ENT_OK)
		reader->alive_unix_s = alive->time_unix_s;
}

static enum ent_status
add(struct reader *reader, const struct ent_book_entry *entry, struct ent_view bytes, struct ent_error *err)
{
	struct ent_book *book = reader->book;
	void *items = book->entries;
	struct ent_book_entry *kept;

	ENT_TRY(ent_arena_push(book->arena, &items, book->count, &book->cap, sizeof(*kept), err));
	book->entries = items;
	kept = &book->entries[book->count];
	*kept = *entry;
	if (entry->time_unix_s >= reader->since_unix_s)
		ENT_TRY(ent_arena_dup(book->arena, &kept->bytes, bytes, err));
	book->count++;
	return ENT_OK;
}

static enum ent_status
take_entry(void *arg, uint64_t index, struct ent_view bytes, struct ent_error *err)
{
	ENT_AUTO(ent_arena) scratch = NULL;
	struct reader *reader = arg;
	struct ent_book_entry entry = { .log = reader->log, .index = index, .time_unix_s = reader->alive_unix_s };
	struct ent_error why = { 0 };
	struct ent_note note;
	struct ent_doc doc;

	ENT_TRY(ent_arena_new(&scratch, 8u << 20, err));
	if (ent_note_parse(&note, scratch, bytes, &why) == ENT_OK && ent_doc_parse(&doc, scratch, note.text, &why) == ENT_OK) {
		if (doc.kind == ENT_DOC_ALIVE) {
			take_alive(reader, &note, &doc.alive, index);
			return ENT_OK;
		}
		entry.readable = doc.kind == ENT_DOC_STATEMENT;
		entry.hash = doc.hash;
	}
	if (entry.readable)
		entry.act = doc.statement.act;
	return add(reader, &entry, bytes, err);
}

/* A log that was never heard of has no copy: nothing to read. */
static enum ent_status
read_log(struct ent_book *book, const struct entente_profile *profile, const struct ent_party *party, int64_t since_unix_s, bool *fits,
    struct ent_error *err)
{
	ENT_AUTO(ent_log_dir) log = NULL;
	struct reader reader = { book, party->name, &party->statements_log, since_unix_s, ENT_BOOK_TIMELESS };
	struct ent_error none = { 0 };
	char dir[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(dir, sizeof(dir), err, "%s/peers/%.*s/statements", profile->cache_dir, ENT_FMT(party->name)));
	*fits = ent_log_dir_open_read(&log, dir, &party->statements_log, &none) == ENT_OK;
	if (*fits)
		return ent_log_dir_each(log, 0, take_entry, &reader, err);
	return none.code == ENT_E_NOT_FOUND || none.code == ENT_E_SIGNATURE ? ENT_OK : ent_fail(err, none.code, "%s", none.text);
}

/* A partner's log has the key of the first of its proposals to hold the name (C-56): the one that the copy is signed with. */
static enum ent_status
read_partner(struct ent_book *book, const struct entente_profile *profile, const struct ent_charter *charter, struct ent_view name,
    int64_t since_unix_s, struct ent_error *err)
{
	bool fits = false;

	for (size_t i = 0; i < ent_charter_proposal_count(charter) && !fits; i++) {
		const struct ent_proposal *p = &ent_charter_proposal_at(charter, i)->proposal;

		if (p->kind == ENT_PROPOSAL_PARTY && ent_view_eq(p->party.name, name))
			ENT_TRY(read_log(book, profile, &p->party, since_unix_s, &fits, err));
	}
	return ENT_OK;
}

static int
by_text(const void *a, const void *b, void *entries)
{
	const struct ent_book_entry *x = (const struct ent_book_entry *)entries + *(const size_t *)a;
	const struct ent_book_entry *y = (const struct ent_book_entry *)entries + *(const size_t *)b;
	int order = memcmp(&x->hash, &y->hash, sizeof(x->hash));

	return order != 0 ? order : (x > y) - (x < y);
}

static enum ent_status
sort_by_text(struct ent_book *book, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(book->arena, &room, book->count, sizeof(*book->by_text), err));
	book->by_text = room;
	for (size_t i = 0; i < book->count; i++)
		book->by_text[i] = i;
	if (book->count > 1)
		qsort_r(book->by_text, book->count, sizeof(*book->by_text), by_text, book->entries);
	return ENT_OK;
}

const struct ent_book_entry *
ent_book_find(const struct ent_book *book, const struct ent_hash *hash)
{
	size_t low = 0, high = book->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&book->entries[book->by_text[middle]].hash, hash, sizeof(*hash)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < book->count && ent_hash_eq(&book->entries[book->by_text[low]].hash, hash); low++)
		if (book->entries[book->by_text[low]].readable)
			return &book->entries[book->by_text[low]];
	return NULL;
}

enum ent_status
ent_book_read(struct ent_book *book, struct entente_profile *profile, int64_t since_unix_s, struct ent_error *err)
{
	const struct ent_charter *charter = ent_mirror_charter(profile->mirror);
	const struct ent_epoch *epoch = ent_charter_epoch(charter);
	bool fits;

	*book = (struct ent_book){ 0 };
	ENT_TRY(ent_arena_new(&book->arena, ENT_CLIENT_ARENA_MAX, err));
	for (size_t i = 0; i < epoch->member_count; i++)
		ENT_TRY(read_log(book, profile, &epoch->members[i], since_unix_s, &fits, err));
	for (size_t i = epoch->member_count; i < ent_charter_log_count(charter); i++)
		ENT_TRY(read_partner(book, profile, charter, ent_charter_log_party(charter, i), since_unix_s, err));
	return sort_by_text(book, err);
}
