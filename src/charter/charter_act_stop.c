/*
 * stop and resume. A stop is read wherever it turns up, in its author's log or heard in a member's, and all copies of one
 * text are one stop: it has the earliest place (C-52). What it stops, and whether it stands, is for derive to say.
 */
#include "charter/charter_act.h"

#include "codec/time.h"

enum { STOP_AGAIN_DAYS = 7, DAY_S = 86400 };

/* ---- may this party stop that? ---- */

static bool
is_kid(struct ent_view key_name)
{
	return ent_view_find(key_name, '+', 0) == key_name.len;
}

static bool
is_own_key(const struct ent_party *party, struct ent_view key_name)
{
	/* A kid is a name in its author's log only: the stop of another party's kid stops nothing. */
	return is_kid(key_name) || ent_charter_officer(party, key_name) != SIZE_MAX || ent_act_names_key(&party->statements_log, key_name) ||
	    ent_act_names_key(&party->access_log, key_name) || ent_act_names_key(&party->witness, key_name);
}

/* A partner stops only for itself (C-60). */
static enum ent_status
check_partner(const struct ent_statement *s, struct ent_error *err)
{
	struct ent_view sub, party;

	switch (s->object) {
	case ENT_OBJECT_PARTNER:
	case ENT_OBJECT_PARTNER_IN_PROJECT:
		if (ent_view_eq(s->party, s->by))
			return ENT_OK;
		break;
	case ENT_OBJECT_PERSON:
		ENT_TRY(ent_person_split(s->person, &sub, &party, err));
		if (ent_view_eq(party, s->by))
			return ENT_OK;
		break;
	case ENT_OBJECT_KEY:
		return ENT_OK;
	default:
		break;
	}
	return ent_fail(err, ENT_E_REFUSED, "%.*s is a partner: it may stop itself, its own persons and its own keys, and ask a member "
	    "to stop the rest", ENT_FMT(s->by));
}

enum ent_status
ent_act_check_stop(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;

	(void)charter;
	if (!is_members(j->author))
		ENT_TRY(check_partner(s, err));
	if (s->object == ENT_OBJECT_KEY && !is_own_key(j->author->party, s->key_name))
		return ent_fail(err, ENT_E_REFUSED, "%.*s is no key of %.*s: a party stops only keys of its own", ENT_FMT(s->key_name),
		    ENT_FMT(s->by));
	return ENT_OK;
}

/* ---- the list of a view ---- */

/* The order of a view's lines is that of what is printed, and base64 has another one than the bytes. */
static int
compare_printed(const struct ent_hash *a, const struct ent_hash *b)
{
	char printed_a[ENT_HASH_BASE64_SIZE], printed_b[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(printed_a, a);
	ent_hash_base64(printed_b, b);
	return strcmp(printed_a, printed_b);
}

/* Only the first are kept: which those are does not depend on the order in which they came. */
static enum ent_status
list_for_views(struct ent_charter *charter, const struct ent_hash *hash, struct ent_error *err)
{
	size_t low = 0, high = charter->stop_count;
	void *room;

	if (charter->stops == NULL) {
		ENT_TRY(ent_arena_alloc(charter->arena, &room, ENT_LIMIT_VIEW_STOPS, sizeof(*charter->stops), err));
		charter->stops = room;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_printed(&charter->stops[middle], hash) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == ENT_LIMIT_VIEW_STOPS || (low < charter->stop_count && ent_hash_eq(&charter->stops[low], hash)))
		return ENT_OK;
	if (charter->stop_count == ENT_LIMIT_VIEW_STOPS)
		charter->stop_count--;
	memmove(&charter->stops[low + 1], &charter->stops[low], (charter->stop_count - low) * sizeof(*charter->stops));
	charter->stops[low] = *hash;
	charter->stop_count++;
	return ENT_OK;
}

/* ---- copies ---- */

/* Earliest first; the author's own log before others, so that what stands behind it there is behind it (C-52). */
static bool
copy_before(const struct reading *author, const struct stop_copy *a, const struct stop_copy *b)
{
	if (a->effect_unix_s != b->effect_unix_s)
		return a->effect_unix_s < b->effect_unix_s;
	if (a->host == b->host)
		return a->index < b->index;
	if (a->host == author->log || b->host == author->log)
		return a->host == author->log;
	return a->host < b->host;
}

/* Where the latest copy of that host hangs, and how many there are; NULL: none. */
static struct stop_copy **
latest_of_host(struct stop *stop, size_t host, size_t *count)
{
	struct stop_copy **latest = NULL;

	*count = 0;
	for (struct stop_copy **at = &stop->copies; *at != NULL; at = &(*at)->next)
		if ((*at)->host == host) {
			latest = at;
			(*count)++;
		}
	return latest;
}

/* The earliest are kept, whatever the order in which they come (C-16). */
static enum ent_status
add_copy(struct stop *stop, const struct judged *j, struct ent_arena *arena, struct ent_error *err)
{
	const struct stop_copy fresh = { .host = j->host, .index = j->index, .effect_unix_s = j->effect_unix_s, .signers = j->signers };
	struct stop_copy **at = &stop->copies, *copy;
	size_t count;
	struct stop_copy **latest = latest_of_host(stop, j->host, &count);
	void *room;

	if (count >= ENT_LIMIT_STOP_COPIES) {
		if (copy_before(j->author, *latest, &fresh))
			return ENT_OK;
		room = *latest;
		*latest = (*latest)->next;
	} else {
		ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*copy), err));
	}
	copy = room;
	*copy = fresh;
	while (*at != NULL && copy_before(j->author, *at, copy))
		at = &(*at)->next;
	copy->next = *at;
	*at = copy;
	stop->deed.index = stop->copies->index;
	stop->deed.effect_unix_s = stop->copies->effect_unix_s;
	stop->deed.signers = stop->copies->signers;
	return ENT_OK;
}

/* ---- taking in ---- */

/* What it stops, out of the note that is gone soon. */
static enum ent_status
fill_stop(struct stop *stop, const struct judged *j, struct ent_arena *arena, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;

	stop->deed = deed_of(j);
	stop->object = s->object;
	stop->proposal = s->target;
	ent_charter_target_key(&stop->target, s->act_line);
	ENT_TRY(ent_arena_dup(arena, &stop->party, s->party, err));
	ENT_TRY(ent_arena_dup(arena, &stop->project, s->project, err));
	ENT_TRY(ent_arena_dup(arena, &stop->person, s->person, err));
	ENT_TRY(ent_arena_dup(arena, &stop->file, s->file, err));
	ENT_TRY(ent_arena_dup(arena, &stop->key_name, s->key_name, err));
	ENT_TRY(ent_arena_dup(arena, &stop->reason.lang, s->reason.lang, err));
	return ent_arena_dup(arena, &stop->reason.text, s->reason.text, err);
}

/* Stops that every question about its author must ask: of its officers' keys and its logs' keys. */
static bool
is_about_author(const struct judged *j)
{
	const struct ent_party *party = j->author->party;
	const struct ent_statement *s = j->statement;

	return s->object == ENT_OBJECT_KEY && (ent_charter_officer(party, s->key_name) != SIZE_MAX ||
	    ent_act_names_key(&party->statements_log, s->key_name) || ent_act_names_key(&party->access_log, s->key_name));
}

static enum ent_status
push_officer_stop(struct reading *author, struct stop *stop, struct ent_error *err)
{
	void *items = author->officer_stops;

	ENT_TRY(ent_arena_push(author->arena, &items, author->officer_stop_count, &author->officer_stop_cap, sizeof(struct stop *), err));
	author->officer_stops = items;
	author->officer_stops[author->officer_stop_count++] = stop;
	return ENT_OK;
}

static enum ent_status
new_stop(struct stop **out, const struct judged *j, struct ent_arena *arena, struct ent_error *err)
{
	struct reading *author = j->author;
	void *room, *older;
	struct stop *stop;

	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*stop), err));
	stop = room;
	ENT_TRY(fill_stop(stop, j, arena, err));
	ENT_TRY(add_copy(stop, j, arena, err));
	ENT_TRY(ent_charter_tree_put(&author->stops, stop, err));
	ENT_TRY(ent_charter_list_push(&author->stop_targets, arena, &stop->target, stop, &older, err));
	stop->older = older;
	if (is_about_author(j))
		ENT_TRY(push_officer_stop(author, stop, err));
	*out = stop;
	return ENT_OK;
}

enum ent_status
ent_act_apply_stop(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct stop *stop = ent_charter_tree_get(&j->author->stops, &j->doc->hash);
	bool heard = j->host != j->author->log;
	/* Who lets others' stops into its log pays for them. */
	struct ent_arena *arena = heard ? charter->logs[j->host].arena : j->author->arena;

	if (stop == NULL)
		ENT_TRY(new_stop(&stop, j, arena, err));
	else
		ENT_TRY(add_copy(stop, j, arena, err));
	if (heard)
		ENT_TRY(list_for_views(charter, &stop->deed.hash, err));
	charter->stops_changed = charter->generation;
	if (stop->object == ENT_OBJECT_KEY)
		charter->keys_changed = charter->generation;
	if (is_about_author(j))
		mark_officers(charter, j->author);
	if (j->author->log != SIZE_MAX)
		charter->logs[j->author->log].changed = charter->generation;
	return ENT_OK;
}

/* ---- resume ---- */

enum ent_status
ent_act_apply_resume(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct ent_arena *arena = j->author->arena;
	struct resume *resume;
	void *room, *older;

	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*resume), err));
	resume = room;
	resume->deed = deed_of(j);
	resume->stop = j->statement->target;
	ENT_TRY(ent_charter_list_push(&j->author->resumes, arena, &resume->stop, resume, &older, err));
	resume->older = older;
	charter->stops_changed = charter->generation;
	charter->keys_changed = charter->generation;
	if (j->author->officer_stop_count > 0)
		mark_officers(charter, j->author);
	return ENT_OK;
}

/* ---- what is asked when a resume is submitted (C-70) ---- */

static const struct stop *
stop_of_another(const struct ent_charter *charter, const struct reading *self, const struct ent_hash *hash)
{
	size_t members = charter_epoch(charter)->member_count;

	for (size_t i = 0; i < members + charter->proposal_count; i++) {
		const struct reading *reading = i < members ? charter_member(charter, i) : charter->proposals[i - members]->reading;
		const struct stop *stop = reading != NULL ? ent_charter_tree_get(&reading->stops, hash) : NULL;

		if (stop != NULL && !ent_view_eq(reading->party->name, self->party->name))
			return stop;
	}
	return NULL;
}

enum ent_status
ent_act_admit_resume(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct ent_hash *hash = &j->statement->target;
	const struct stop *other;

	(void)now_unix_s;
	if (ent_charter_tree_get(&j->author->stops, hash) != NULL)
		return ENT_OK;
	other = stop_of_another(charter, j->author, hash);
	if (other != NULL)
		return ent_fail(err, ENT_E_REFUSED, "that stop is %.*s's: nobody else's resume lifts it, so ask them",
		    ENT_FMT(other->deed.log->party->name));
	if (ent_charter_tree_get(&j->author->texts, hash) != NULL)
		return ent_fail(err, ENT_E_REFUSED, "the statement that this resumes is no stop: name the hash of the stop's text");
	if (ent_charter_proposal(charter, hash) != NULL)
		return ent_fail(err, ENT_E_REFUSED, "this resumes a proposal: name the hash of the stop's text");
	return ENT_OK; /* a stop on its way: it is void wherever it turns up (C-61) */
}

/* ---- what is asked when a stop is submitted (C-69, C-70) ---- */

static uint32_t
signers_of(const struct stop *stop)
{
	uint32_t signers = 0;

	for (const struct stop_copy *c = stop->copies; c != NULL; c = c->next)
		signers |= c->signers;
	return signers;
}

/* Those whose keys were not stopped by now. */
static uint32_t
counting_signers(const struct ent_charter *charter, const struct as_of *when, const struct judged *j)
{
	struct deed deed = question_of(j);
	uint32_t counting = 0;

	deed.needed = 1;
	for (size_t i = 0; i < j->author->party->officer_count; i++) {
		deed.signers = j->signers & UINT32_C(1) << i;
		if (deed.signers != 0 && ent_force_signed(charter, when, &deed))
			counting |= deed.signers;
	}
	return counting;
}

/* A resume that counts now; of several the newest. */
static const struct resume *
counting_resume(const struct ent_charter *charter, const struct as_of *when, const struct reading *author, const struct ent_hash *stop)
{
	for (const struct resume *r = ent_charter_list_newest(&author->resumes, stop); r != NULL; r = r->older)
		if (is_there(when, r->deed.effect_unix_s) && ent_force_signed(charter, when, &r->deed) &&
		    ent_force_withdrawn(charter, when, &r->deed) > when->now_unix_s)
			return r;
	return NULL;
}

static enum ent_status
check_not_resumed(const struct ent_charter *charter, const struct as_of *when, const struct judged *j, struct ent_error *err)
{
	const struct resume *resume = counting_resume(charter, when, j->author, &j->doc->hash);

	if (resume == NULL)
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "this stop was resumed by entry %s %llu: to stop again, write a new one",
	    charter->logs[j->author->log].short_name, (unsigned long long)resume->deed.index);
}

/* One standing stop per officer and target (C-69). */
static enum ent_status
check_not_standing(const struct ent_charter *charter, const struct as_of *when, const struct judged *j, uint32_t signers,
    struct ent_error *err)
{
	const struct stop *standing = NULL;
	struct ent_hash target;

	ent_charter_target_key(&target, j->statement->act_line);
	for (const struct stop *s = ent_charter_list_newest(&j->author->stop_targets, &target); s != NULL && signers != 0; s = s->older)
		if ((signers_of(s) & signers) != 0 && ent_force_stands(charter, when, s)) {
			signers &= ~signers_of(s);
			standing = s;
		}
	if (signers != 0)
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "each officer that signed this has a stop of that target standing already, as by entry "
	    "%s %llu: one is enough", charter->logs[standing->copies->host].short_name, (unsigned long long)standing->deed.index);
}

/* Who stopped, resumed and stops again within a week does it with a second officer (C-69). */
static enum ent_status
check_not_again(const struct ent_charter *charter, const struct as_of *when, const struct judged *j, uint32_t signers,
    struct ent_error *err)
{
	char first[ENT_TIME_TEXT_SIZE];
	struct ent_hash target;

	if (__builtin_popcount(signers) >= 2)
		return ENT_OK;
	ent_charter_target_key(&target, j->statement->act_line);
	for (const struct stop *s = ent_charter_list_newest(&j->author->stop_targets, &target); s != NULL; s = s->older) {
		const struct resume *r = counting_resume(charter, when, j->author, &s->deed.hash);
		int64_t again_unix_s;

		if (r == NULL || (signers_of(s) & signers) == 0)
			continue;
		again_unix_s = r->deed.effect_unix_s + STOP_AGAIN_DAYS * (int64_t)DAY_S;
		if (when->now_unix_s >= again_unix_s)
			continue;
		ent_time_print(first, again_unix_s);
		return ent_fail(err, ENT_E_REFUSED, "this officer's stop of that target was resumed less than %d days ago, by entry "
		    "%s %llu: a second officer must sign, or wait until %s", STOP_AGAIN_DAYS,
		    charter->logs[j->author->log].short_name, (unsigned long long)r->deed.index, first);
	}
	return ENT_OK;
}

enum ent_status
ent_act_admit_stop(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	const struct as_of when = { .now_unix_s = now_unix_s };
	uint32_t signers = counting_signers(charter, &when, j);

	ENT_TRY(check_not_resumed(charter, &when, j, err));
	/* Of another party this node may know less than that party. */
	if (j->host == j->author->log && s->object == ENT_OBJECT_KEY && is_kid(s->key_name) &&
	    !ent_act_published(charter, j->author, s->key_name))
		return ent_fail(err, ENT_E_REFUSED, "%.*s never published a key %.*s: a party stops only keys of its own", ENT_FMT(s->by),
		    ENT_FMT(s->key_name));
	ENT_TRY(check_not_standing(charter, &when, j, signers, err));
	return check_not_again(charter, &when, j, signers, err);
}
