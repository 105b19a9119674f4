/* charter history: every statement of every log in words, in order of time, with the place where it stands. */
#include <stdlib.h>

#include "client/charter_book.h"
#include "client/charter_words.h"

enum { SCRATCH_MAX = 8 << 20, OUT_MAX = 64 << 20 };

/* One run of the command. */
struct history {
	struct entente_profile *profile;
	const struct ent_charter *charter;
	struct ent_state *state; /* for citations */
	struct ent_book book;
	int64_t since_unix_s;
	json_t *list;            /* NULL: words */
	struct ent_buf out;
};

static void
history_fini(struct history *h)
{
	ent_buf_fini(&h->out);
	ent_book_fini(&h->book);
	ent_state_free(h->state);
	json_decref(h->list);
}

/* One entry while it is told. */
struct telling {
	const struct ent_book_entry *entry;
	struct ent_arena *arena;
	struct ent_note note;
	struct ent_doc doc;
	struct ent_error void_; /* code set: it has no effect, and why */
	struct ent_buf officers; /* "doe, poe" */
	struct ent_buf deed;
	char cite[ENT_CITE_SIZE];
	char time[ENT_TIME_TEXT_SIZE];
};

static void
telling_fini(struct telling *t)
{
	ent_buf_fini(&t->officers);
	ent_buf_fini(&t->deed);
	ent_arena_free(t->arena);
}

/* What is held against the entry; its text is the doc's from then on, if it is one. */
static enum ent_status
judge(struct telling *t, const struct history *h, struct ent_error *err)
{
	ENT_TRY(ent_note_parse(&t->note, t->arena, t->entry->bytes, err));
	ENT_TRY(ent_doc_parse(&t->doc, t->arena, t->note.text, err));
	if (t->doc.kind != ENT_DOC_STATEMENT)
		return ent_fail(err, ENT_E_REFUSED, "it is no statement");
	return ent_charter_verdict(h->charter, t->entry->log, t->entry->index, &t->note, &t->doc, ent_state_now(h->state), &t->officers, err);
}

/* ---- one entry ---- */

/* Which statement is meant, where it is a hash of one: " (au 42)". */
static enum ent_status
cite_target(struct telling *t, const struct history *h, struct ent_error *err)
{
	const struct ent_statement *s = &t->doc.statement;
	bool names = s->act == ENT_ACT_RESUME || (s->act == ENT_ACT_WITHDRAW && s->has_target);
	const struct ent_book_entry *e = names ? ent_book_find(&h->book, &s->target) : NULL;
	char cite[ENT_CITE_SIZE];

	if (e == NULL)
		return ENT_OK;
	ent_state_cite(h->state, e->log, e->index, cite);
	return ent_buf_printf(&t->deed, err, " (%s, a %s)", cite, ent_act_name(e->act));
}

static enum ent_status
begin_telling(struct telling *t, const struct history *h, const struct ent_book_entry *entry, struct ent_error *err)
{
	*t = (struct telling){ .entry = entry, .officers = ent_buf_with_max(4096), .deed = ent_buf_with_max(8192) };
	ENT_TRY(ent_arena_new(&t->arena, SCRATCH_MAX, err));
	ent_state_cite(h->state, entry->log, entry->index, t->cite);
	if (entry->time_unix_s != ENT_BOOK_TIMELESS)
		ent_time_print(t->time, entry->time_unix_s);
	ENT_IGNORE(judge(t, h, &t->void_)); /* its verdict is part of what is told */
	if (t->void_.code == ENT_E_NO_MEMORY)
		return ent_fail(err, ENT_E_NO_MEMORY, "%s", t->void_.text);
	if (!entry->readable)
		return ent_buf_add_str(&t->deed, "something that is no statement", err);
	if (!ent_view_eq(t->doc.statement.by, entry->log))
		ENT_TRY(ent_buf_printf(&t->deed, err, "heard: %.*s ", ENT_FMT(t->doc.statement.by)));
	ENT_TRY(ent_words_deed(&t->deed, &t->doc.statement, h->charter, err));
	return cite_target(t, h, err);
}

/* The announcement of a proposal tells what is proposed. */
static enum ent_status
tell_proposal(struct ent_buf *out, const struct telling *t, const struct history *h, struct ent_error *err)
{
	const struct ent_statement *s = &t->doc.statement;
	const struct ent_doc *proposal = s->act == ENT_ACT_NOTE && s->has_target ? ent_charter_proposal(h->charter, &s->target) : NULL;

	return proposal != NULL ? ent_words_whole_proposal(out, 4, proposal, err) : ENT_OK;
}

static enum ent_status
tell_words(struct history *h, const struct telling *t, struct ent_error *err)
{
	struct ent_buf *out = &h->out;

	ENT_TRY(ent_buf_printf(out, err, "%s  %s", t->time[0] != '\0' ? t->time : "before any time  ", t->cite));
	if (t->officers.len > 0)
		ENT_TRY(ent_buf_printf(out, err, "  by %.*s", ENT_FMT(ent_buf_view(&t->officers))));
	ENT_TRY(ent_buf_printf(out, err, "\n  %.*s\n", ENT_FMT(ent_buf_view(&t->deed))));
	if (t->entry->readable) {
		ENT_TRY(tell_proposal(out, t, h, err));
		ENT_TRY(ent_words_quote(out, 2, "text", &t->doc.statement.note, err));
		ENT_TRY(ent_words_quote(out, 2, "reason", &t->doc.statement.reason, err));
	}
	return t->void_.code != ENT_OK ? ent_buf_printf(out, err, "  VOID: %s\n", t->void_.text) : ENT_OK;
}

static json_t *
view_json(struct ent_view view)
{
	return json_stringn((const char *)view.data, view.len);
}

static json_t *
title_json(const struct ent_title *title)
{
	return title->text.len > 0 ? json_pack("{s:o, s:o}", "lang", view_json(title->lang), "text", view_json(title->text)) : json_null();
}

static enum ent_status
tell_json(struct history *h, const struct telling *t, struct ent_error *err)
{
	const struct ent_statement *s = &t->doc.statement;
	char hex[ENT_HASH_HEX_SIZE];
	json_t *item = json_object();

	ent_hash_hex(hex, &t->entry->hash);
	json_object_set_new(item, "time", t->time[0] != '\0' ? json_string(t->time) : json_null());
	json_object_set_new(item, "log", view_json(t->entry->log));
	json_object_set_new(item, "index", json_integer((json_int_t)t->entry->index));
	json_object_set_new(item, "cite", json_string(t->cite));
	json_object_set_new(item, "officers", view_json(ent_buf_view(&t->officers)));
	json_object_set_new(item, "words", view_json(ent_buf_view(&t->deed)));
	json_object_set_new(item, "void", t->void_.code != ENT_OK ? json_string(t->void_.text) : json_null());
	if (t->entry->readable) {
		json_object_set_new(item, "hash", json_string(hex));
		json_object_set_new(item, "by", view_json(s->by));
		json_object_set_new(item, "act", json_string(ent_act_name(s->act)));
		json_object_set_new(item, "line", view_json(s->act_line));
		json_object_set_new(item, "text", title_json(&s->note));
		json_object_set_new(item, "reason", title_json(&s->reason));
	}
	return json_array_append_new(h->list, item) == 0 ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
}

/* ---- all of them ---- */

static int
by_time(const void *a, const void *b)
{
	const struct ent_book_entry *x = *(const struct ent_book_entry *const *)a, *y = *(const struct ent_book_entry *const *)b;

	if (x->time_unix_s != y->time_unix_s)
		return x->time_unix_s < y->time_unix_s ? -1 : 1;
	return (x > y) - (x < y); /* log by log, in each by index */
}

static enum ent_status
tell_all(struct history *h, struct ent_error *err)
{
	const struct ent_book_entry **order;
	void *room;

	ENT_TRY(ent_arena_alloc(h->book.arena, &room, h->book.count, sizeof(*order), err));
	order = room;
	for (size_t i = 0; i < h->book.count; i++)
		order[i] = &h->book.entries[i];
	qsort(order, h->book.count, sizeof(*order), by_time);
	for (size_t i = 0; i < h->book.count; i++) {
		ENT_AUTO_FINI(telling) t = { 0 };

		if (order[i]->time_unix_s < h->since_unix_s)
			continue;
		ENT_TRY(begin_telling(&t, h, order[i], err));
		ENT_TRY(h->list != NULL ? tell_json(h, &t, err) : tell_words(h, &t, err));
	}
	return ENT_OK;
}

static enum ent_status
history(struct entente_profile *profile, int offline, const char *since, enum entente_format format, char **text, struct ent_error *err)
{
	ENT_AUTO_FINI(history) h = { .profile = profile, .since_unix_s = ENT_BOOK_TIMELESS, .out = ent_buf_with_max(OUT_MAX) };

	if (since != NULL && ent_time_parse(&h.since_unix_s, ent_view_str(since), NULL) != ENT_OK)
		return ent_fail(err, ENT_E_USAGE, "--since %s is no time: as 2026-11-21T09:00:00Z, in UTC", since);
	ENT_TRY(ent_profile_look(profile, offline, &h.state, err));
	h.charter = ent_mirror_charter(profile->mirror);
	ENT_TRY(ent_book_read(&h.book, profile, h.since_unix_s, err));
	if (format == ENTENTE_JSON)
		h.list = json_array();
	ENT_TRY(tell_all(&h, err));
	if (h.list != NULL)
		ENT_TRY(ent_give_json(&h.out, json_incref(h.list), err));
	else if (h.out.len == 0)
		ENT_TRY(ent_buf_printf(&h.out, err, "no statements%s%s\n", since != NULL ? " since " : "", since != NULL ? since : ""));
	return ent_give_text(text, format, &h.out, err);
}

enum entente_status
entente_charter_history(struct entente_profile *profile, int offline, const char *since, enum entente_format format, char **text,
    struct entente_error *err)
{
	ENT_PUBLIC(err, history(profile, offline, since, format, text, ENT_PUBLIC_ERR));
}
