/* Every entry of the statement logs in the profile's verified copy, as it stands there. Not installed. */
#ifndef ENT_CLIENT_CHARTER_BOOK_H
#define ENT_CLIENT_CHARTER_BOOK_H

#include "client/charter_io.h"
#include "client/charter_words.h"

#define ENT_BOOK_TIMELESS INT64_MIN /* before the first `alive` of its log */

/* A statement, or rubbish that somebody logged; never an `alive`. */
struct ent_book_entry {
	struct ent_view log;       /* in whose log: the charter's */
	uint64_t index;
	int64_t time_unix_s;       /* of the newest `alive` before it that counts (C-7, C-10) */
	bool readable;             /* a note of a statement; else the text is not known to be anything */
	enum ent_act act;
	struct ent_hash hash;
	struct ent_view bytes;     /* the note; empty for entries before `since` */
};

struct ent_book {
	struct ent_arena *arena;
	struct ent_book_entry *entries; /* log by log, in each by index */
	size_t count;
	size_t cap;
	size_t *by_text;                /* places, by hash and then by place */
};
void ent_book_fini(struct ent_book *book);
/* The profile's mirror must be there. Bytes are kept of what took effect at `since` or later; INT64_MIN: of everything. */
ENT_MUST_USE enum ent_status ent_book_read(struct ent_book *book, struct entente_profile *profile, int64_t since_unix_s, struct ent_error *err);
/* The first statement of that hash in the book; NULL: none. */
const struct ent_book_entry *ent_book_find(const struct ent_book *book, const struct ent_hash *hash);

#endif
