/*
 * What ent_derive() says of a folder, as JSON: the C side of tests/reference/run.py.
 *
 *	derive_dump < lines of "DIR ORDER TIME..."	a line of JSON for each time
 *
 * DIR holds genesis, proposals/<any name>, logs/<member>/<index> (whole notes), logs/<member>/broken. ORDER varies the order in which the
 * logs and texts are added: equal inputs must give equal states (P1). A genesis that is refused prints null.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "charter/derive.h"

enum { LINE_MAX_BYTES = 8192, NOTE_ROOM = 1 << 20 };

#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, err.text);                                  \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

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
add_proposals(struct ent_charter *charter, const char *dir)
{
	ENT_AUTO_FINI(ent_buf) bytes = ent_buf_with_max(NOTE_ROOM);
	char path[ENT_PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	MUST(ent_path_join(path, sizeof(path), &err, "%s/proposals", dir));
	folder = opendir(path);
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		struct ent_error refused = { 0 };

		MUST(ent_path_join(path, sizeof(path), &err, "%s/proposals/%s", dir, entry->d_name));
		if (entry->d_name[0] != '.' && read_file(&bytes, path))
			ENT_IGNORE(ent_charter_add_proposal(charter, ent_buf_view(&bytes), &refused)); /* then it is not listed */
	}
	if (folder != NULL)
		closedir(folder);
}

/* The next entry of a member's log; false at its end. */
static bool
add_entry(struct ent_charter *charter, const char *dir, struct ent_view member, struct ent_buf *note)
{
	unsigned long long index = ent_charter_log_size(charter, member);
	char path[ENT_PATH_MAX];

	MUST(ent_path_join(path, sizeof(path), &err, "%s/logs/%.*s/%llu", dir, ENT_FMT(member), index));
	if (!read_file(note, path))
		return false;
	MUST(ent_charter_add_entry(charter, member, index, ent_buf_view(note), &err));
	return true;
}

static void
add_logs(struct ent_charter *charter, const char *dir, unsigned order)
{
	const struct ent_epoch *epoch = ent_charter_epoch(charter);
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(NOTE_ROOM);
	char path[ENT_PATH_MAX];
	bool more = true;

	while (more) { /* an entry of each in turn, or one log after the other */
		more = false;
		for (size_t i = 0; i < epoch->member_count; i++) {
			struct ent_view name = epoch->members[(i + order) % epoch->member_count].name;

			while (add_entry(charter, dir, name, &note)) {
				more = true;
				if (order & 4)
					break;
			}
		}
	}
	for (size_t i = 0; i < epoch->member_count; i++) {
		MUST(ent_path_join(path, sizeof(path), &err, "%s/logs/%.*s/broken", dir, ENT_FMT(epoch->members[i].name)));
		if (ent_file_exists(path))
			MUST(ent_charter_set_broken(charter, epoch->members[i].name, "said so", &err));
	}
}

/* ---- printing ---- */

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

static const char *
word(bool value)
{
	return value ? "true" : "false";
}

static void
print_consent(const struct ent_consent_state *c)
{
	printf("\"%.*s\":{\"given\":%s,\"counts\":%s,\"lapsed\":%s,", ENT_FMT(c->member), word(c->given), word(c->counts), word(c->lapsed));
	if (c->given)
		printf("\"index\":%llu,\"until\":%lld}", (unsigned long long)c->index, (long long)c->until_unix_s);
	else
		printf("\"index\":null,\"until\":null}");
}

static void
print_project(const struct ent_state *state, const struct ent_standing *p)
{
	char hex[ENT_HASH_HEX_SIZE], by[ENT_HASH_HEX_SIZE];
	const struct ent_hash none = { 0 };

	ent_hash_hex(hex, &p->doc->hash);
	ent_hash_hex(by, &p->replaced_by);
	printf("\"%s\":{\"name\":\"%.*s\",\"state\":\"%s\",\"since\":%lld,\"closes\":%lld,\"lineage\":%s,", hex, ENT_FMT(p->doc->proposal.project),
	    ent_force_name(p->state), (long long)p->in_force_since_unix_s, (long long)p->closes_unix_s,
	    word(ent_state_project_lineage(state, p->doc->proposal.project, &p->doc->hash)));
	if (ent_hash_eq(&p->replaced_by, &none))
		printf("\"replaced_by\":null,\"consents\":{");
	else
		printf("\"replaced_by\":\"%s\",\"consents\":{", by);
	for (size_t m = 0; m < ent_state_member_count(state); m++) {
		fputs(m > 0 ? "," : "", stdout);
		print_consent(&p->consents[m]);
	}
	printf("}}");
}

static void
print_member(const struct ent_state *state, const struct ent_member_state *m)
{
	printf("\"%.*s\":{\"size\":%llu,\"broken\":%s,\"frozen\":%s,", ENT_FMT(m->party->name), (unsigned long long)m->log_size, word(m->broken != NULL),
	    word(m->unenforced != NULL));
	if (m->heard_any)
		printf("\"alive\":%lld,\"alive_index\":%llu", (long long)m->alive_unix_s, (unsigned long long)m->alive_index);
	else
		printf("\"alive\":null,\"alive_index\":null");
	printf(",\"keys\":{");
	for (size_t i = 0; i < m->key_count; i++)
		printf("%s\"%.*s\":[%llu,%lld]", i > 0 ? "," : "", ENT_FMT(m->keys[i].kid), (unsigned long long)m->keys[i].index,
		    (long long)m->keys[i].since_unix_s);
	printf("},\"issuer_keys\":{");
	for (size_t i = 0; i < m->issuer_key_count; i++) { /* of several entries of one key the one that counts */
		const struct ent_issuer_key *key = ent_state_issuer_key(state, m->issuer_keys[i].issuer, m->issuer_keys[i].kid);

		printf("%s\"%.*s %.*s\":%lld", i > 0 ? "," : "", ENT_FMT(key->issuer), ENT_FMT(key->kid), (long long)key->until_unix_s);
	}
	printf("}}");
}

static void
print_may(const struct ent_state *state)
{
	bool first = true;

	for (size_t m = 0; m < ent_state_member_count(state); m++) {
		struct ent_view party = ent_state_member_at(state, m)->party->name;

		for (size_t i = 0; i < ent_state_project_count(state); i++) {
			struct ent_view name = ent_state_project_at(state, i)->doc->proposal.project;

			/* a name has several proposals: say it once */
			if (ent_state_project(state, name) != ent_state_project_at(state, i) || !passes(state, party, name))
				continue;
			printf("%s\"%.*s %.*s\"", first ? "" : ",", ENT_FMT(party), ENT_FMT(name));
			first = false;
		}
	}
}

static void
print_state(const struct ent_charter *charter, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = NULL;
	char hex[ENT_HASH_HEX_SIZE];

	MUST(ent_derive(&state, charter, now_unix_s, &err));
	printf("{\"now\":%lld,\"clock_floor\":", (long long)now_unix_s);
	if (ent_state_clock_floor(state) == INT64_MIN)
		printf("null");
	else
		printf("%lld", (long long)ent_state_clock_floor(state));
	printf(",\"answers\":%s,\"proposals\":[", word(passes(state, ENT_VIEW_NONE, ENT_VIEW_NONE)));
	for (size_t i = 0; i < ent_charter_proposal_count(charter); i++) {
		ent_hash_hex(hex, &ent_charter_proposal_at(charter, i)->hash);
		printf("%s\"%s\"", i > 0 ? "," : "", hex);
	}
	printf("],\"projects\":{");
	for (size_t i = 0; i < ent_state_project_count(state); i++) {
		fputs(i > 0 ? "," : "", stdout);
		print_project(state, ent_state_project_at(state, i));
	}
	printf("},\"members\":{");
	for (size_t m = 0; m < ent_state_member_count(state); m++) {
		fputs(m > 0 ? "," : "", stdout);
		print_member(state, ent_state_member_at(state, m));
	}
	printf("},\"may\":[");
	print_may(state);
	printf("]}\n");
}

static void
answer(char *line)
{
	ENT_AUTO_FINI(ent_buf) genesis = ent_buf_with_max(NOTE_ROOM);
	ENT_AUTO(ent_charter) charter = NULL;
	struct ent_error refused = { 0 };
	char path[ENT_PATH_MAX], *rest = line, *dir = strsep(&rest, " "), *time = strsep(&rest, " ");
	unsigned order = time != NULL ? (unsigned)strtoul(time, NULL, 10) : 0;

	MUST(ent_path_join(path, sizeof(path), &err, "%s/genesis", dir));
	if (read_file(&genesis, path) && ent_charter_new(&charter, ent_buf_view(&genesis), &refused) == ENT_OK) {
		if (order & 8)
			add_logs(charter, dir, order);
		add_proposals(charter, dir);
		if (!(order & 8))
			add_logs(charter, dir, order);
	}
	while ((time = strsep(&rest, " ")) != NULL) {
		if (charter == NULL)
			printf("null\n");
		else
			print_state(charter, strtoll(time, NULL, 10));
	}
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
