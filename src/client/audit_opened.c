/*
 * audit who-opened: each opening of a file, at every node that says something about it, from own records and from those that
 * other members disclosed; and how far one can see, so that nobody takes silence for proof.
 */
#include <stdlib.h>
#include <unistd.h>

#include "client/audit.h"
#include "tdf/policy.h"
#include "tdf/tdf.h"

#define ENT_LIMIT_OPENINGS 100000u /* answers of nodes about one file */

enum {
	TOGETHER_S = 300, /* answers about one opening are not further apart */
	ATTEMPT_S = 10,   /* nor are refusals of one attempt, which have no session key to know it by */
	LOOK_BACK = 64    /* openings under way at a time */
};

/* What one node says about one request. */
struct answer {
	struct ent_view node; /* the member's name */
	uint64_t index;
	struct ent_record_doc record;
	struct answer *next; /* of the same opening */
};

struct opened {
	struct ent_audit_home *audit;
	struct ent_log_dir *log;
	struct ent_audit_peer peers[ENT_LIMIT_MEMBERS];
	size_t peer_count;
	const char *file;
	struct answer *answers;
	size_t count, cap;
	struct answer *sealed; /* the own entry that sealed the file; NULL: not here */
	size_t unfit;          /* records that do not fit their entries */
};

static void
opened_fini(struct opened *o)
{
	for (size_t i = 0; i < o->peer_count; i++)
		ent_audit_peer_fini(&o->peers[i]);
}

/* ---- which file ---- */

static enum ent_status
find_file(struct opened *o, const char *what, struct ent_error *err)
{
	ENT_AUTO(ent_tdf) tdf = NULL;
	ENT_AUTO_FD fd = -1;
	struct ent_policy policy;

	o->file = what;
	if (ent_uuid_valid(ent_view_str(what)))
		return ENT_OK;
	/* Its policy stands in clear; whether its seal is good does not matter to who asks what became of it. */
	ENT_TRY(ent_input_open(&fd, what, err));
	if (ent_tdf_open(&tdf, fd, NULL, err) != ENT_OK ||
	    ent_policy_parse(&policy, o->audit->arena, ent_tdf_manifest(tdf)->policy_base64, err) != ENT_OK)
		return ent_error_context(err, "%s is neither a file's uuid nor a protected file", what);
	return ent_arena_strdup(o->audit->arena, &o->file, policy.uuid, err);
}

/* ---- collecting ---- */

static enum ent_status
add_answer(struct opened *o, struct ent_view node, uint64_t index, const struct ent_record_doc *record, struct ent_error *err)
{
	void *items = o->answers;
	struct answer *answer;

	if (o->count == ENT_LIMIT_OPENINGS)
		return ent_fail(err, ENT_E_LIMIT, "more than %u answers about this file", ENT_LIMIT_OPENINGS);
	ENT_TRY(ent_arena_push(o->audit->arena, &items, o->count, &o->cap, sizeof(*o->answers), err));
	o->answers = items;
	answer = &o->answers[o->count++];
	answer->next = NULL;
	answer->index = index;
	answer->record = *record;
	return ent_arena_dup(o->audit->arena, &answer->node, node, err);
}

static enum ent_status
take_own(void *arg, const struct ent_record *record, struct ent_error *err)
{
	struct opened *o = arg;
	struct ent_view own = ent_view_str(o->audit->home.party);
	struct ent_audit_seen seen;
	void *memory;

	if (record->index >= ent_log_dir_size(o->log))
		return ENT_OK; /* written before a crash and never logged */
	ENT_TRY(ent_audit_look_up(o->audit, o->log, o->audit->arena, record->index, &seen, err));
	if (seen.problem != NULL || !seen.has_record) {
		o->unfit++;
		return ENT_OK;
	}
	if (seen.record.result != ENT_RESULT_SEALED)
		return add_answer(o, own, record->index, &seen.record, err);
	ENT_TRY(ent_arena_alloc(o->audit->arena, &memory, 1, sizeof(*o->sealed), err));
	o->sealed = memory;
	*o->sealed = (struct answer){ own, record->index, seen.record, NULL };
	return ENT_OK;
}

static const struct ent_audit_peer *
peer_named(const struct opened *o, struct ent_view name)
{
	for (size_t i = 0; i < o->peer_count; i++)
		if (ent_view_eq(o->peers[i].party->name, name))
			return &o->peers[i];
	return NULL;
}

static enum ent_status
take_received(void *arg, const struct ent_received *received, struct ent_error *err)
{
	struct opened *o = arg;
	const struct ent_audit_peer *peer = peer_named(o, received->member);
	const char *problem = "no member of that name";
	struct ent_record_doc record;

	if (peer != NULL)
		ENT_TRY(ent_audit_check_received(peer, received, o->audit->arena, &record, &problem, err));
	if (problem == NULL)
		return add_answer(o, received->member, received->index, &record, err);
	o->unfit++;
	return ENT_OK;
}

static enum ent_status
open_peers(struct opened *o, struct ent_error *err)
{
	const struct ent_epoch *epoch;

	ENT_TRY(ent_audit_epoch(o->audit, &epoch, err));
	for (size_t i = 0; epoch != NULL && i < epoch->member_count; i++)
		if (!ent_view_eq_str(epoch->members[i].name, o->audit->home.party))
			ENT_TRY(ent_audit_peer_open(&o->peers[o->peer_count++], o->audit, &epoch->members[i], err));
	return ENT_OK;
}

static int
by_time(const void *a, const void *b)
{
	const struct answer *x = a, *y = b;

	if (x->record.time_unix_s != y->record.time_unix_s)
		return x->record.time_unix_s < y->record.time_unix_s ? -1 : 1;
	int c = ent_view_cmp(x->node, y->node);

	return c != 0 ? c : (x->index > y->index) - (x->index < y->index);
}

/* What belongs together, in order of time. */
struct opening {
	struct answer *first; /* by nodes' names: which of them was the quickest says nothing */
	int64_t time_unix_s;  /* of the earliest answer */
};

static bool
asked_already(const struct opening *opening, struct ent_view node)
{
	for (const struct answer *answer = opening->first; answer != NULL; answer = answer->next)
		if (ent_view_eq(answer->node, node))
			return true;
	return false;
}

static bool
has_session(const struct ent_record_doc *record)
{
	return record->full && record->has_session;
}

/*
 * Each node numbers requests by itself. Answers about one opening have its session key in common, which the requester makes
 * anew each time; who used one twice would not hide anything, as every answer is shown, but might blur which is which: so only
 * answers of about one time, as far as clocks may differ. A refusal may come before the session key is read: one of the same
 * person about the same file, at another node and within seconds, is shown as the same attempt.
 */
static bool
belongs(const struct opening *opening, const struct answer *answer)
{
	const struct ent_record_doc *a = &opening->first->record, *b = &answer->record;

	if (!ent_view_eq(a->person, b->person))
		return false;
	if (!ent_view_eq_str(a->request, "-") && ent_view_eq(a->request, b->request))
		return true;
	if (has_session(a) && has_session(b))
		return ent_hash_eq(&a->session, &b->session) && b->time_unix_s - opening->time_unix_s <= TOGETHER_S;
	return a->result == ENT_RESULT_REFUSED && b->result == ENT_RESULT_REFUSED && b->time_unix_s - opening->time_unix_s <= ATTEMPT_S &&
	    !asked_already(opening, answer->node);
}

static void
add_to(struct opening *opening, struct answer *answer)
{
	struct answer **at = &opening->first;

	if (opening->first == NULL)
		opening->time_unix_s = answer->record.time_unix_s;
	while (*at != NULL && ent_view_cmp((*at)->node, answer->node) <= 0)
		at = &(*at)->next;
	answer->next = *at;
	*at = answer;
}

/* Did a node that answered both answer `b` first? */
static bool
was_later(const struct opening *a, const struct opening *b)
{
	for (const struct answer *x = a->first; x != NULL; x = x->next)
		for (const struct answer *y = b->first; y != NULL; y = y->next)
			if (ent_view_eq(x->node, y->node))
				return x->index > y->index;
	return false;
}

/* Times are seconds of several clocks: what is of one second stands as a node that answered both has it in its log. */
static void
put_in_order(struct opening *openings, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t at = i; at > 0 && i - at < LOOK_BACK; at--) {
			struct opening moved = openings[at];

			if (openings[at - 1].time_unix_s != moved.time_unix_s ||
			    !was_later(&openings[at - 1], &moved))
				break;
			openings[at] = openings[at - 1];
			openings[at - 1] = moved;
		}
}

static enum ent_status
group(struct opened *o, struct opening **out, size_t *count, struct ent_error *err)
{
	void *items;

	if (o->count > 0)
		qsort(o->answers, o->count, sizeof(*o->answers), by_time);
	ENT_TRY(ent_arena_alloc(o->audit->arena, &items, o->count + 1, sizeof(**out), err));
	*out = items;
	*count = 0;
	for (size_t i = 0; i < o->count; i++) {
		size_t at = *count, looked = 0;

		while (at > 0 && looked < LOOK_BACK && !belongs(&(*out)[at - 1], &o->answers[i])) {
			at--;
			looked++;
		}
		add_to(at > 0 && looked < LOOK_BACK ? &(*out)[at - 1] : &(*out)[(*count)++], &o->answers[i]);
	}
	put_in_order(*out, *count);
	return ENT_OK;
}

/* The person's party: a short record names only the person. */
static struct ent_view
party_of(const struct opening *opening)
{
	struct ent_view sub, party;

	for (const struct answer *answer = opening->first; answer != NULL; answer = answer->next)
		if (answer->record.full)
			return answer->record.party;
	return ent_person_split(opening->first->record.person, &sub, &party, NULL) == ENT_OK ? party : ENT_LIT("-");
}

/* ---- words ---- */

/* The next reason that spoke against it, from the i-th on. */
static const struct ent_reason_line *
next_against(const struct ent_record_doc *record, size_t *i)
{
	while (*i < record->reason_count && !ent_audit_blocks(&record->reasons[*i]))
		(*i)++;
	return *i < record->reason_count ? &record->reasons[(*i)++] : NULL;
}

/* Did both nodes answer the same, for the same reasons? */
static bool
same_answer(const struct ent_record_doc *a, const struct ent_record_doc *b)
{
	const struct ent_reason_line *x, *y;
	size_t i = 0, k = 0;

	do {
		x = next_against(a, &i);
		y = next_against(b, &k);
	} while (x != NULL && y != NULL && ent_view_eq(x->code, y->code) && ent_view_eq(x->cite, y->cite));
	return a->result == b->result && x == NULL && y == NULL;
}

static bool
told_before(const struct opening *opening, const struct answer *answer)
{
	for (const struct answer *before = opening->first; before != answer; before = before->next)
		if (same_answer(&before->record, &answer->record))
			return true;
	return false;
}

/* "au.example released (entry 5), uk.example released (entry 4)", and what spoke against it. */
static enum ent_status
answer_words(struct ent_buf *out, const struct answer *answer, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(1u << 20);
	const struct ent_reason_line *reason;
	const char *text;
	size_t at = 0;

	for (const struct answer *a = answer; a != NULL; a = a->next)
		if (same_answer(&a->record, &answer->record))
			ENT_TRY(ent_buf_printf(&line, err, "%s%.*s %s (entry %llu)", a == answer ? "" : ", ", ENT_FMT(a->node),
			    ent_result_name(a->record.result), (unsigned long long)a->index));
	ENT_TRY(ent_buf_cstr(&line, &text, err));
	ENT_TRY(ent_buf_add_str(out, "  ", err));
	ENT_TRY(ent_audit_fold(out, 2, text, err));
	while ((reason = next_against(&answer->record, &at)) != NULL) {
		ENT_TRY(ent_buf_add_str(out, "    ", err));
		ENT_TRY(ent_audit_reason(out, 4, reason, err));
	}
	return ENT_OK;
}

static enum ent_status
opening_words(struct ent_buf *out, const struct opening *opening, struct ent_error *err)
{
	char time[ENT_TIME_TEXT_SIZE];

	ent_time_print(time, opening->time_unix_s);
	ENT_TRY(ent_buf_printf(out, err, "\n%s  %.*s  of %.*s\n", time, ENT_FMT(opening->first->record.person), ENT_FMT(party_of(opening))));
	for (const struct answer *answer = opening->first; answer != NULL; answer = answer->next)
		if (!told_before(opening, answer))
			ENT_TRY(answer_words(out, answer, err));
	return ENT_OK;
}

/* The time of the last entry of the copy; 0: it has none that says. */
static int64_t
last_time(const struct opened *o, const struct ent_audit_peer *peer)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_TLOG_ENTRY_MAX);
	const uint64_t size = peer->log != NULL ? ent_log_dir_size(peer->log) : 0;
	struct ent_error ignored = { 0 };
	struct ent_access_doc entry;
	struct ent_view kept;

	if (size == 0 || ent_log_dir_entry(peer->log, size - 1, &text, &ignored) != ENT_OK ||
	    ent_arena_dup(o->audit->arena, &kept, ent_buf_view(&text), &ignored) != ENT_OK ||
	    !ent_audit_parse_entry(&entry, o->audit->arena, size - 1, kept))
		return 0;
	return entry.time_unix_s;
}

static enum ent_status
peer_words(struct ent_buf *out, int width, const struct opened *o, const struct ent_audit_peer *peer, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(4096);
	const uint64_t size = peer->log != NULL ? ent_log_dir_size(peer->log) : 0;
	char last[ENT_TIME_TEXT_SIZE], seen[ENT_TIME_TEXT_SIZE];
	const char *text;

	ent_time_print(last, last_time(o, peer));
	ent_time_print(seen, peer->seen_unix_s);
	if (peer->broken != NULL)
		ENT_TRY(ent_buf_printf(&line, err, "IT CONTRADICTED ITSELF (%s), and nothing is taken from it since; ", peer->broken));
	if (size > 0)
		ENT_TRY(ent_buf_printf(&line, err, "followed to entry %llu of %s", (unsigned long long)(size - 1), last));
	else
		ENT_TRY(ent_buf_add_str(&line, "no entry of its access log is here", err));
	if (peer->seen_unix_s > 0)
		ENT_TRY(ent_buf_printf(&line, err, "; that was all of it when last asked, %s", seen));
	else
		ENT_TRY(ent_buf_add_str(&line, "; it was never seen whole", err));
	ENT_TRY(ent_buf_cstr(&line, &text, err));
	ENT_TRY(ent_buf_printf(out, err, "  %-*.*s  ", width, ENT_FMT(peer->party->name)));
	return ent_audit_fold(out, (size_t)width + 4, text, err);
}

static int
name_width(const struct opened *o)
{
	size_t width = strlen(o->audit->home.party);

	for (size_t i = 0; i < o->peer_count; i++)
		if (o->peers[i].party->name.len > width)
			width = o->peers[i].party->name.len;
	return width < 30 ? (int)width : 30;
}

static enum ent_status
head_words(struct ent_buf *out, const struct opened *o, struct ent_error *err)
{
	char time[ENT_TIME_TEXT_SIZE];

	ENT_TRY(ent_buf_printf(out, err, "file %s\n", o->file));
	if (o->sealed == NULL)
		return ent_audit_fold(out, 0, "It was not sealed at this node: only its originator is told of every opening.", err);
	ent_time_print(time, o->sealed->record.time_unix_s);
	return ent_buf_printf(out, err, "sealed %s by %.*s, entry %llu\n", time, ENT_FMT(o->sealed->record.person),
	    (unsigned long long)o->sealed->index);
}

static enum ent_status
opened_words(struct ent_buf *out, const struct opened *o, const struct opening *openings, size_t count, struct ent_error *err)
{
	const int width = name_width(o);

	ENT_TRY(head_words(out, o, err));
	for (size_t i = 0; i < count; i++)
		ENT_TRY(opening_words(out, &openings[i], err));
	if (count == 0)
		ENT_TRY(ent_buf_add_str(out, "\nNo opening is known here.\n", err));
	if (o->unfit > 0)
		ENT_TRY(ent_buf_printf(out, err, "\n%zu records do not fit their entries and are left out: run `entente audit verify`.\n",
		    o->unfit));
	ENT_TRY(ent_buf_add_str(out, "\nHow far the other members' access logs have been followed:\n", err));
	for (size_t i = 0; i < o->peer_count; i++)
		ENT_TRY(peer_words(out, width, o, &o->peers[i], err));
	return ent_audit_fold(out, 0, "What came later, and what a node has not disclosed, is not here.", err);
}

/* ---- JSON ---- */

static json_t *
opening_json(const struct opening *opening)
{
	const struct ent_record_doc *first = &opening->first->record;
	json_t *nodes = json_array();

	for (const struct answer *answer = opening->first; answer != NULL; answer = answer->next)
		json_array_append_new(nodes, json_pack("{s:o, s:I, s:o, s:o, s:s, s:s, s:o}", "node", ent_audit_text_json(answer->node), "entry",
		    (json_int_t)answer->index, "request", ent_audit_text_json(answer->record.request), "time",
		    ent_audit_time_json(answer->record.time_unix_s), "result", ent_result_name(answer->record.result), "kind",
		    answer->record.full ? "full" : "short", "reasons", ent_audit_reasons_json(&answer->record, true)));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "request", ent_audit_text_json(first->request), "time",
	    ent_audit_time_json(opening->time_unix_s), "person", ent_audit_text_json(first->person), "party",
	    ent_audit_text_json(party_of(opening)), "nodes", nodes);
}

static enum ent_status
opened_json(struct ent_buf *out, const struct opened *o, const struct opening *openings, size_t count, struct ent_error *err)
{
	json_auto_t *root = json_pack("{s:s, s:o, s:[], s:I, s:[]}", "file", o->file, "sealed", o->sealed != NULL ?
	    json_pack("{s:I, s:o, s:o}", "entry", (json_int_t)o->sealed->index, "time", ent_audit_time_json(o->sealed->record.time_unix_s),
	    "person", ent_audit_text_json(o->sealed->record.person)) : json_null(), "openings", "unfit", (json_int_t)o->unfit, "followed");
	char *text;
	enum ent_status status;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(json_object_get(root, "openings"), opening_json(&openings[i]));
	for (size_t i = 0; i < o->peer_count; i++) {
		const struct ent_audit_peer *peer = &o->peers[i];

		json_array_append_new(json_object_get(root, "followed"), json_pack("{s:o, s:I, s:o, s:o, s:s?}", "member",
		    ent_audit_text_json(peer->party->name), "entries", (json_int_t)(peer->log != NULL ? ent_log_dir_size(peer->log) : 0), "last",
		    ent_audit_time_json(last_time(o, peer)), "seen", ent_audit_time_json(peer->seen_unix_s), "broken", peer->broken));
	}
	text = json_dumps(root, JSON_COMPACT);
	status = text != NULL ? ent_buf_printf(out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	free(text);
	return status;
}

static enum ent_status
collect(struct opened *o, struct ent_error *err)
{
	const struct ent_view file = ent_view_str(o->file);

	ENT_TRY(open_peers(o, err));
	if (o->audit->store == NULL)
		return ENT_OK;
	ENT_TRY(ent_store_record_find(o->audit->store, ENT_STORE_BY_FILE, file, take_own, o, err));
	return ent_store_received_find(o->audit->store, ENT_STORE_BY_FILE, file, take_received, o, err);
}

static enum ent_status
who_opened(const char *home, const char *file, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(ent_audit_home_fini))) struct ent_audit_home audit = { 0 };
	ENT_AUTO(ent_log_dir) log = NULL;
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(256u << 20);
	__attribute__((cleanup(opened_fini))) struct opened o = { .audit = &audit };
	struct opening *openings;
	size_t count;

	ENT_TRY(ent_audit_home_open(&audit, home, err));
	ENT_TRY(find_file(&o, file, err));
	ENT_TRY(ent_log_dir_open_read(&log, audit.log_dir, &audit.key, err));
	o.log = log;
	ENT_TRY(collect(&o, err));
	ENT_TRY(group(&o, &openings, &count, err));
	ENT_TRY(format == ENTENTE_JSON ? opened_json(&out, &o, openings, count, err) : opened_words(&out, &o, openings, count, err));
	return ent_give_text(text, format, &out, err);
}

enum entente_status
entente_audit_who_opened(const char *home, const char *file, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, who_opened(home, file, format, text, ENT_PUBLIC_ERR));
}
