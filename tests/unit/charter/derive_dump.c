/*
 * What ent_derive() says of a folder, as JSON: the C side of tests/reference/run.py.
 *
 *	derive_dump < lines of "DIR ORDER TIME..."	a line of JSON for each time; @TIME: as of that time
 *
 * DIR holds genesis, proposals/<any name>, logs/<party>/<index> (whole notes), logs/<party>/broken, logs/<partner>/key (the key
 * under which a partner's log is followed) and ask: lines of "party <name>", "project <name>", "person <person>" and
 * "file <uuid> <originator> <self>". ORDER varies the order in which the logs and texts are added: equal inputs must give equal
 * states (P1). A genesis that is refused prints null.
 *
 * Each state is also made by ent_derive_next() from the one before it: where that differs, an error is printed instead.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "charter/derive.h"

enum {
	LINE_MAX_BYTES = 8192,
	NOTE_ROOM = 1 << 20,
	ASK_MAX = 64,
	/* bits of ORDER; the lowest two say whose log comes first */
	ORDER_IN_TURN = 4,       /* an entry of each log in turn */
	ORDER_LOGS_FIRST = 8,    /* the members' logs, then the proposals */
	ORDER_PARTNERS_FIRST = 16,
	ORDER_STEPS = 32         /* derive now and then while the charter grows */
};

#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, err.text);                                  \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

/* One charter that is being read, and the state that goes along with it. */
struct world {
	struct ent_charter *charter;
	const char *dir;
	unsigned order;
	int64_t first_unix_s;    /* the first time that is asked: what ORDER_STEPS derives for */
	struct ent_state *going; /* made by ent_derive_next() alone */
	struct ent_buf asks;     /* the text of ask */
	struct ent_view ask[ASK_MAX];
	size_t ask_count;
};

/* ---- reading a folder ---- */

/* false: there is no such file */
static bool
read_file(struct ent_buf *out, const char *path)
{
	struct ent_error err = { 0 };

	ent_buf_clear(out);
	return ent_file_read(out, path, NOTE_ROOM, &err) == ENT_OK;
}

static void
grow(struct world *w)
{
	if (w->order & ORDER_STEPS)
		MUST(ent_derive_next(&w->going, w->charter, w->first_unix_s, &err));
}

static void
add_proposals(struct world *w)
{
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(NOTE_ROOM);
	char path[ENT_PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	MUST(ent_path_join(path, sizeof(path), &err, "%s/proposals", w->dir));
	folder = opendir(path);
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		struct ent_error refused = { 0 };

		MUST(ent_path_join(path, sizeof(path), &err, "%s/proposals/%s", w->dir, entry->d_name));
		if (entry->d_name[0] != '.' && read_file(&bytes, path))
			ENT_IGNORE(ent_charter_add_proposal(w->charter, ent_buf_view(&bytes), &refused)); /* then it is not listed */
		grow(w);
	}
	if (folder != NULL)
		closedir(folder);
}

/* The next entry of a party's log; false at its end. */
static bool
add_entry(struct world *w, struct ent_view party, struct ent_buf *note)
{
	unsigned long long index = ent_charter_log_size(w->charter, party);
	char path[ENT_PATH_MAX];

	MUST(ent_path_join(path, sizeof(path), &err, "%s/logs/%.*s/%llu", w->dir, ENT_FMT(party), index));
	if (!read_file(note, path))
		return false;
	MUST(ent_charter_add_entry(w->charter, party, index, ent_buf_view(note), &err));
	if (index % 4 == 0)
		grow(w);
	return true;
}

static void
add_broken(struct world *w, struct ent_view party)
{
	char path[ENT_PATH_MAX];

	MUST(ent_path_join(path, sizeof(path), &err, "%s/logs/%.*s/broken", w->dir, ENT_FMT(party)));
	if (ent_file_exists(path))
		MUST(ent_charter_set_broken(w->charter, party, "said so", &err));
}

static void
add_logs(struct world *w)
{
	const struct ent_epoch *epoch = ent_charter_epoch(w->charter);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(NOTE_ROOM);
	bool more = true;

	while (more) { /* an entry of each in turn, or one log after the other */
		more = false;
		for (size_t i = 0; i < epoch->member_count; i++) {
			struct ent_view name = epoch->members[(i + w->order) % epoch->member_count].name;

			while (add_entry(w, name, &note)) {
				more = true;
				if (w->order & ORDER_IN_TURN)
					break;
			}
		}
	}
	for (size_t i = 0; i < epoch->member_count; i++)
		add_broken(w, epoch->members[i].name);
}

static void
add_partner(struct world *w, struct ent_view partner, struct ent_view key_line)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(NOTE_ROOM);
	struct ent_vkey key;

	MUST(ent_vkey_parse(&key, key_line, 1, &err));
	MUST(ent_charter_follow(w->charter, partner, &key, &err));
	while (add_entry(w, partner, &note))
		continue;
	add_broken(w, partner);
}

/* The logs of those who have a key file. */
static void
add_partners(struct world *w)
{
	ENT_AUTO_FINI(ent_buf) line = ent_buf_with_max(NOTE_ROOM);
	char path[ENT_PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	MUST(ent_path_join(path, sizeof(path), &err, "%s/logs", w->dir));
	folder = opendir(path);
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		MUST(ent_path_join(path, sizeof(path), &err, "%s/logs/%s/key", w->dir, entry->d_name));
		if (read_file(&line, path))
			add_partner(w, ent_view_str(entry->d_name), ent_buf_view(&line));
	}
	if (folder != NULL)
		closedir(folder);
}

static void
read_asks(struct world *w)
{
	char path[ENT_PATH_MAX];
	struct ent_view rest;

	MUST(ent_path_join(path, sizeof(path), &err, "%s/ask", w->dir));
	if (!read_file(&w->asks, path))
		return;
	rest = ent_buf_view(&w->asks);
	while (rest.len > 0 && w->ask_count < ASK_MAX) {
		size_t len = ent_view_find(rest, '\n', 0);

		w->ask[w->ask_count++] = ent_view_slice(rest, 0, len);
		rest = ent_view_slice(rest, len + 1, rest.len);
	}
}

/* ---- printing ---- */

/* The field of an asked line "<kind> <field> ...", the n-th behind the kind; empty when the line is of another kind. */
static struct ent_view
asked(struct ent_view line, const char *kind, size_t n)
{
	size_t end = ent_view_find(line, ' ', 0);

	if (!ent_view_eq_str(ent_view_slice(line, 0, end), kind))
		return ENT_VIEW_NONE;
	for (;;) {
		size_t start = end + 1;

		end = ent_view_find(line, ' ', start);
		if (n-- == 0)
			return ent_view_slice(line, start, end - start);
	}
}

static const char *
word(bool value)
{
	return value ? "true" : "false";
}

/* A comma before each item but the first. */
static void
separate(FILE *out, bool *first)
{
	fputs(*first ? "" : ",", out);
	*first = false;
}

static void
print_number(FILE *out, const char *name, bool known, int64_t value)
{
	if (known)
		fprintf(out, "\"%s\":%lld", name, (long long)value);
	else
		fprintf(out, "\"%s\":null", name);
}

static void
print_hash(FILE *out, const char *name, const struct ent_hash *hash)
{
	const struct ent_hash none = { 0 };
	char hex[ENT_HASH_HEX_SIZE];

	if (hash == NULL || ent_hash_eq(hash, &none)) {
		fprintf(out, "\"%s\":null", name);
		return;
	}
	ent_hash_hex(hex, hash);
	fprintf(out, "\"%s\":\"%s\"", name, hex);
}

static void
print_consent(FILE *out, const struct ent_consent_state *c)
{
	fprintf(out, "\"%.*s\":{\"given\":%s,\"counts\":%s,\"lapsed\":%s,\"withdrawn\":%s,", ENT_FMT(c->member), word(c->given), word(c->counts),
	    word(!c->given && c->lapsed), word(!c->given && c->withdrawn));
	print_number(out, "index", c->given, (int64_t)c->index);
	fputc(',', out);
	print_number(out, "until", c->given, c->until_unix_s);
	fputc('}', out);
}

/* A proposal's kind and its name: of an admission two words, of labels none. */
static void
print_name(FILE *out, const struct ent_proposal *p)
{
	static const char *const kinds[] = { [ENT_PROPOSAL_PROJECT] = "project", [ENT_PROPOSAL_PARTY] = "party", [ENT_PROPOSAL_ADMIT] = "admit",
		[ENT_PROPOSAL_LABELS] = "labels", [ENT_PROPOSAL_PROFILE] = "profile" };
	const struct ent_view names[] = { [ENT_PROPOSAL_PROJECT] = p->project, [ENT_PROPOSAL_PARTY] = p->party.name, [ENT_PROPOSAL_ADMIT] = p->admit_party,
		[ENT_PROPOSAL_LABELS] = ENT_VIEW_NONE, [ENT_PROPOSAL_PROFILE] = p->profile };
	bool admit = p->kind == ENT_PROPOSAL_ADMIT;

	fprintf(out, "\"kind\":\"%s\",\"name\":\"%.*s%s%.*s\"", kinds[p->kind], ENT_FMT(names[p->kind]), admit ? " " : "",
	    ENT_FMT(admit ? p->project : ENT_VIEW_NONE));
}

static void
print_standing(FILE *out, const struct ent_state *state, const struct ent_standing *p)
{
	enum ent_proposal_kind kind = p->doc->proposal.kind;
	bool fresh = kind != ENT_PROPOSAL_LABELS && (kind != ENT_PROPOSAL_PROFILE || ent_charter_epoch(ent_state_charter(state))->has_rule_profile);
	char hex[ENT_HASH_HEX_SIZE];
	bool first = true;

	ent_hash_hex(hex, &p->doc->hash);
	fprintf(out, "\"%s\":{", hex);
	print_name(out, &p->doc->proposal);
	fprintf(out, ",\"state\":\"%s\",\"holds\":%s,\"since\":%lld,\"closes\":%lld,", ent_force_name(p->state), word(p->holds),
	    (long long)p->in_force_since_unix_s, (long long)p->closes_unix_s);
	print_number(out, "fresh", fresh, fresh ? ent_state_fresh_s(state, p) : 0);
	if (kind == ENT_PROPOSAL_PROJECT)
		fprintf(out, ",\"lineage\":%s,", word(ent_state_project_lineage(state, p->doc->proposal.project, &p->doc->hash)));
	else
		fputs(",\"lineage\":null,", out);
	print_hash(out, "replaced_by", &p->replaced_by);
	fputs(",\"consents\":{", out);
	for (size_t m = 0; m < ent_state_member_count(state); m++) {
		separate(out, &first);
		print_consent(out, &p->consents[m]);
	}
	fputs("}}", out);
}

static void
print_keys(FILE *out, const struct ent_state *state, const struct ent_member_state *m)
{
	const struct ent_member_key *newest = ent_state_kas_key(state, m->party->name, ENT_KEY_EC_P256);
	bool first = true;

	fputs("\"keys\":{", out);
	for (size_t i = 0; i < m->key_count; i++) { /* of several entries of one key the one that is found by its kid */
		const struct ent_member_key *key = ent_state_key_by_kid(state, m->party->name, m->keys[i].kid);

		separate(out, &first);
		fprintf(out, "\"%.*s\":{\"index\":%llu,\"since\":%lld,", ENT_FMT(key->kid), (unsigned long long)key->index, (long long)key->since_unix_s);
		print_number(out, "retired", key->retired_unix_s != INT64_MAX, key->retired_unix_s);
		fprintf(out, ",\"destroyed\":%s,\"stopped\":%s}", word(key->destroyed), word(key->stopped));
	}
	if (newest != NULL)
		fprintf(out, "},\"new_files\":\"%.*s\",\"issuer_keys\":{", ENT_FMT(newest->kid));
	else
		fputs("},\"new_files\":null,\"issuer_keys\":{", out);
	first = true;
	for (size_t i = 0; i < m->issuer_key_count; i++) {
		const struct ent_issuer_key *key = ent_state_issuer_key(state, m->issuer_keys[i].issuer, m->issuer_keys[i].kid);

		separate(out, &first);
		fprintf(out, "\"%.*s %.*s\":%lld", ENT_FMT(key->issuer), ENT_FMT(key->kid), (long long)key->until_unix_s);
	}
	fputc('}', out);
}

static void
print_party(FILE *out, const struct ent_state *state, const struct ent_member_state *m)
{
	fprintf(out, "\"%.*s\":{\"size\":%llu,\"broken\":%s,\"frozen\":%s,", ENT_FMT(m->party->name), (unsigned long long)m->log_size,
	    word(m->broken != NULL), word(m->unenforced != NULL));
	fprintf(out, "\"log_key_stopped\":%s,\"access_key_stopped\":%s,\"withdrawn\":%s,", word(m->log_key_stopped), word(m->access_key_stopped),
	    word(m->withdrawn));
	print_number(out, "alive", m->heard_any, m->alive_unix_s);
	fputc(',', out);
	print_number(out, "alive_index", m->heard_any, (int64_t)m->alive_index);
	fputc(',', out);
	print_keys(out, state, m);
	fputc('}', out);
}

static void
print_part(FILE *out, const struct ent_state *state, struct ent_view party, struct ent_view project)
{
	struct ent_participation part;

	MUST(ent_state_participation(state, party, project, &part, &err));
	fprintf(out, "\"%.*s %.*s\":{\"state\":\"%s\",\"closes\":%lld,", ENT_FMT(party), ENT_FMT(project), ent_part_name(part.state),
	    (long long)(part.state == ENT_PART_ACTIVE ? part.closes_unix_s : 0));
	print_hash(out, "project", part.project != NULL ? &part.project->doc->hash : NULL);
	fputc(',', out);
	print_hash(out, "admit", part.admit != NULL ? &part.admit->doc->hash : NULL);
	fputc(',', out);
	print_hash(out, "party", part.party != NULL ? &part.party->doc->hash : NULL);
	fputc('}', out);
}

static void
print_stops(FILE *out, const struct ent_state *state)
{
	char hex[ENT_HASH_HEX_SIZE];
	bool first = true;

	for (size_t i = 0; i < ent_state_stop_count(state); i++) {
		const struct ent_stop *stop = ent_state_stop_at(state, i);

		separate(out, &first);
		ent_hash_hex(hex, &stop->hash);
		fprintf(out, "\"%s\":{\"by\":\"%.*s\",\"host\":\"%.*s\",\"index\":%llu,", hex, ENT_FMT(stop->by), ENT_FMT(stop->host),
		    (unsigned long long)stop->index);
		print_number(out, "effect", stop->effect_unix_s != INT64_MIN, stop->effect_unix_s);
		fprintf(out, ",\"of\":\"%.*s|%.*s|%.*s|%.*s|%.*s\",", ENT_FMT(stop->party), ENT_FMT(stop->project), ENT_FMT(stop->person), ENT_FMT(stop->file),
		    ENT_FMT(stop->key_name));
		print_hash(out, "proposal", &stop->proposal);
		fputc('}', out);
	}
}

static void
print_accreditations(FILE *out, const struct ent_state *state)
{
	bool first = true;

	for (size_t i = 0; i < ent_state_accreditation_count(state); i++) {
		const struct ent_accreditation *a = ent_state_accreditation_at(state, i);

		separate(out, &first);
		fprintf(out, "[\"%.*s\",\"%.*s\",\"%.*s\",%lld,%llu,%s]", ENT_FMT(a->member), ENT_FMT(a->party), ENT_FMT(a->profile),
		    (long long)a->until_unix_s, (unsigned long long)a->index, word(a->counts));
	}
}

/* ---- what is asked ---- */

/* Does nothing block: the node (party empty), or this party in this project? */
static bool
passes(const struct ent_state *state, struct ent_view party, struct ent_view project)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };

	MUST(ent_arena_new(&arena, NOTE_ROOM, &err));
	reasons.arena = arena;
	MUST(ent_state_node_reasons(state, &reasons, &err));
	if (party.len > 0)
		MUST(ent_state_party_reasons(state, party, project, &reasons, &err));
	return !ent_reasons_block(&reasons);
}

/* Is the person or the file of an asked line stopped? */
static bool
is_stopped(const struct ent_state *state, struct ent_view line)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_view person = asked(line, "person", 0);

	MUST(ent_arena_new(&arena, NOTE_ROOM, &err));
	reasons.arena = arena;
	if (person.len > 0)
		MUST(ent_state_person_reasons(state, person, &reasons, &err));
	else
		MUST(ent_state_file_reasons(state, asked(line, "file", 0), asked(line, "file", 1), asked(line, "file", 2), &reasons, &err));
	return ent_reasons_block(&reasons);
}

static void
print_parts(FILE *out, const struct ent_state *state, const struct world *w, bool may)
{
	bool first = true;

	for (size_t i = 0; i < w->ask_count; i++) {
		struct ent_view party = asked(w->ask[i], "party", 0);

		for (size_t j = 0; party.len > 0 && j < w->ask_count; j++) {
			struct ent_view project = asked(w->ask[j], "project", 0);

			if (project.len == 0 || (may && !passes(state, party, project)))
				continue;
			separate(out, &first);
			if (may)
				fprintf(out, "\"%.*s %.*s\"", ENT_FMT(party), ENT_FMT(project));
			else
				print_part(out, state, party, project);
		}
	}
}

static void
print_asked(FILE *out, const struct ent_state *state, const struct world *w)
{
	bool first = true;

	for (size_t i = 0; i < w->ask_count; i++) {
		if (asked(w->ask[i], "person", 0).len == 0 && asked(w->ask[i], "file", 0).len == 0)
			continue;
		separate(out, &first);
		fprintf(out, "\"%.*s\":%s", ENT_FMT(w->ask[i]), word(is_stopped(state, w->ask[i])));
	}
}

/* The state on one line; the caller's to free. */
static char *
print_state(const struct world *w, const struct ent_state *state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool first = true;

	fprintf(out, "{\"now\":%lld,", (long long)ent_state_now(state));
	print_number(out, "clock_floor", ent_state_clock_floor(state) != INT64_MIN, ent_state_clock_floor(state));
	fprintf(out, ",\"answers\":%s,\"proposals\":{", word(passes(state, ENT_VIEW_NONE, ENT_VIEW_NONE)));
	for (size_t i = 0; i < ent_state_standing_count(state); i++) {
		separate(out, &first);
		print_standing(out, state, ent_state_standing_at(state, i));
	}
	fputs("},\"members\":{", out);
	first = true;
	for (size_t m = 0; m < ent_state_member_count(state); m++) {
		separate(out, &first);
		print_party(out, state, ent_state_member_at(state, m));
	}
	fputs("},\"partners\":{", out);
	first = true;
	for (size_t m = 0; m < ent_state_partner_count(state); m++) {
		separate(out, &first);
		print_party(out, state, ent_state_partner_at(state, m));
	}
	fputs("},\"parts\":{", out);
	print_parts(out, state, w, false);
	fputs("},\"stops\":{", out);
	print_stops(out, state);
	fputs("},\"accreditations\":[", out);
	print_accreditations(out, state);
	fputs("],\"stopped\":{", out);
	print_asked(out, state, w);
	fputs("},\"may\":[", out);
	print_parts(out, state, w, true);
	fputs("]}", out);
	fclose(out);
	return text;
}

/* The state at an asked time; for the present also by ent_derive_next(). */
static void
answer_at(struct world *w, const char *time)
{
	bool as_of = time[0] == '@';
	int64_t at = strtoll(time + as_of, NULL, 10);
	ENT_AUTO(ent_state) state = NULL;
	char *text, *next = NULL;

	if (as_of)
		MUST(ent_derive_as_of(&state, w->charter, at, &err));
	else
		MUST(ent_derive(&state, w->charter, at, &err));
	text = print_state(w, state);
	if (!as_of) {
		MUST(ent_derive_next(&w->going, w->charter, at, &err));
		next = print_state(w, w->going);
	}
	if (next != NULL && strcmp(text, next) != 0)
		printf("{\"error\":\"ent_derive_next differs\",\"derive\":%s,\"next\":%s}\n", text, next);
	else
		printf("%s\n", text);
	free(text);
	free(next);
}

static void
read_world(struct world *w)
{
	read_asks(w);
	if (w->order & ORDER_PARTNERS_FIRST)
		add_partners(w);
	if (w->order & ORDER_LOGS_FIRST)
		add_logs(w);
	add_proposals(w);
	if (!(w->order & ORDER_LOGS_FIRST))
		add_logs(w);
	if (!(w->order & ORDER_PARTNERS_FIRST))
		add_partners(w);
}

static void
answer(char *line)
{
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(NOTE_ROOM);
	struct ent_error refused = { 0 };
	struct world w = { .asks = ent_buf_with_max(NOTE_ROOM) };
	char path[ENT_PATH_MAX], *rest = line, *time;
	char *order;

	w.dir = strsep(&rest, " ");
	order = strsep(&rest, " ");
	w.order = order != NULL ? (unsigned)strtoul(order, NULL, 10) : 0;
	w.first_unix_s = rest != NULL ? strtoll(rest + (rest[0] == '@'), NULL, 10) : 0;
	MUST(ent_path_join(path, sizeof(path), &err, "%s/genesis", w.dir));
	if (read_file(&genesis, path) && ent_charter_new(&w.charter, ent_buf_view(&genesis), &refused) == ENT_OK)
		read_world(&w);
	while ((time = strsep(&rest, " ")) != NULL) {
		if (w.charter == NULL)
			printf("null\n");
		else
			answer_at(&w, time);
	}
	ent_state_free(w.going);
	ent_charter_free(w.charter);
	ent_buf_fini(&w.asks);
}

int
main(void)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		answer(line);
	}
	return 0;
}
