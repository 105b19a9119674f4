/* The judge's start, its loop, and what all its parts need. */
#include "node/judge/judge.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "node/service.h"

enum {
	EXIT_ORDERLY = 0,
	EXIT_BROKEN = 1,
	KEYS_ARENA_MAX = 1 << 20,
	AUDIENCE_MAX = 512,
	EXPIRE_ROWS = 10000,
	EXPIRE_EVERY_S = 60,
	GENESIS_CHECK_MS = 1000
};

/* ---- what everybody needs ---- */

void
ent_judge_tick(struct ent_judge *judge)
{
	judge->now_unix_s = ent_clock_now(&judge->clock);
}

int64_t
ent_judge_now(const struct ent_judge *judge)
{
	return judge->now_unix_s;
}

void
ent_judge_forget_state(struct ent_judge *judge)
{
	judge->state_good = false;
}

/* A partner whose log cannot be followed is closed by that, and nobody else (C-56): said once, and no failure of ours. */
static bool
follow_partners(struct ent_judge *judge)
{
	struct ent_error err = { 0 };
	bool grown;

	if (ent_mirror_follow_partners(judge->mirror, judge->state, &grown, &err) != ENT_OK)
		ent_event_failure("partner-not-followed", &err);
	return grown;
}

/*
 * A new entry costs little, because the older state is only finished (ent_derive_next). That one is given to nobody: between
 * a change of the charter and the next call here nothing of it is used.
 */
enum ent_status
ent_judge_state(struct ent_judge *judge, const struct ent_state **out, struct ent_error *err)
{
	const struct ent_charter *charter = ent_mirror_charter(judge->mirror);
	bool grown = false;

	do {
		const uint64_t generation = ent_charter_generation(charter);

		if (judge->state_good && !grown && judge->state_generation == generation &&
		    ent_state_now(judge->state) == judge->now_unix_s)
			break;
		judge->state_good = false;
		ENT_TRY(ent_derive_next(&judge->state, charter, judge->now_unix_s, err));
		judge->state_generation = generation;
		judge->state_good = true;
		grown = follow_partners(judge); /* they change what follows: derive again */
	} while (grown);
	*out = judge->state;
	return ENT_OK;
}

enum ent_status
ent_judge_audience(struct ent_judge *judge, struct ent_arena *arena, const char **out, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(judge->mirror));

	return ent_arena_printf(arena, out, err, "https://%.*s", ENT_FMT(epoch->host));
}

/* The party's issuer line that is this node; empty: none is. */
static struct ent_view
issuer_here(const struct ent_judge *judge, const struct ent_party *party)
{
	if (!ent_view_eq(party->name, judge->self))
		return ENT_VIEW_NONE;
	for (size_t k = 0; k < party->issuer_count; k++)
		if (ent_view_eq_str(party->issuers[k].url, judge->config->url))
			return party->issuers[k].url;
	return ENT_VIEW_NONE;
}

/* A partner has no page in the epoch but proposals, pending ones too: one that names this node speaks of it (C-76). */
static struct ent_view
proposed_issuer(const struct ent_judge *judge)
{
	const struct ent_charter *charter = ent_mirror_charter(judge->mirror);
	struct ent_view issuer = ENT_VIEW_NONE;

	for (size_t i = 0; i < ent_charter_proposal_count(charter) && issuer.len == 0; i++) {
		const struct ent_proposal *proposal = &ent_charter_proposal_at(charter, i)->proposal;

		if (proposal->kind == ENT_PROPOSAL_PARTY && ent_view_eq_str(proposal->party.node, judge->config->url))
			issuer = issuer_here(judge, &proposal->party);
	}
	return issuer;
}

struct ent_view
ent_judge_own_issuer(const struct ent_judge *judge)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(judge->mirror));
	struct ent_view issuer = ENT_VIEW_NONE;

	if (judge->config->issuer_only)
		return proposed_issuer(judge);
	for (size_t i = 0; i < epoch->member_count && issuer.len == 0; i++)
		issuer = issuer_here(judge, &epoch->members[i]);
	return issuer;
}

bool
ent_judge_has_key(const struct ent_judge *judge, struct ent_view kid)
{
	for (size_t i = 0; i < judge->keys.kas_kids.count; i++)
		if (ent_view_eq(judge->keys.kas_kids.items[i], kid))
			return true;
	return false;
}

/* ---- start ---- */

static enum ent_status
learn_keys(struct ent_judge *judge, struct ent_error *err)
{
	struct ent_msg ask = { .type = ENT_MSG_KEYS };
	struct ent_msg answer;
	const struct ent_msg_keys_are *in = &answer.keys_are;
	struct ent_list *kids = &judge->keys.kas_kids;
	void *items;

	ENT_TRY(ent_arena_new(&judge->keys_arena, KEYS_ARENA_MAX, err));
	ENT_TRY(ent_channel_call(judge->keyholder, &ask, &answer, ENT_MSG_KEYS_ARE, judge->keys_arena, err));
	ENT_TRY(ent_arena_alloc(judge->keys_arena, &items, in->kas_kids.count + 1, sizeof(*kids->items), err));
	kids->items = items;
	for (kids->count = 0; kids->count < in->kas_kids.count; kids->count++)
		ENT_TRY(ent_arena_dup(judge->keys_arena, &kids->items[kids->count], in->kas_kids.items[kids->count], err));
	ENT_TRY(ent_arena_dup(judge->keys_arena, &judge->keys.seal_kid, in->seal_kid, err));
	ENT_TRY(ent_arena_dup(judge->keys_arena, &judge->keys.issuer_kid, in->issuer_kid, err));
	return ent_arena_dup(judge->keys_arena, &judge->keys.issuer_spki, in->issuer_spki, err);
}

/* The log key of this party, as the home has it: at a partner's node no text that was agreed on names it yet. */
static enum ent_status
read_log_key(const struct ent_judge *judge, struct ent_buf *line, struct ent_vkey *key, struct ent_error *err)
{
	char path[ENT_PATH_MAX];
	struct ent_view text;

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/keys/statements.vkey", judge->config->home));
	ENT_TRY(ent_file_read(line, path, ENT_NOTE_KEY_LINE_MAX + 1, err));
	text = ent_buf_view(line);
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	return ent_vkey_parse(key, text, ENT_NOTE_TYPE_ED25519, err) == ENT_OK ? ENT_OK : ent_error_context(err, "%s", path);
}

static enum ent_status
open_mirror(struct ent_judge *judge, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) key_line = ent_buf_with_max(ENT_NOTE_KEY_LINE_MAX + 1);
	struct ent_vkey log_key;
	char charter[ENT_PATH_MAX], peers[ENT_PATH_MAX], state[ENT_PATH_MAX], own[ENT_PATH_MAX];
	struct ent_mirror_place place = {
		.charter_dir = charter, .peers_dir = peers, .state_dir = state, .own_log_dir = own, .own_party = judge->config->party
	};
	const char *home = judge->config->home;

	ENT_TRY(ent_path_join(charter, sizeof(charter), err, "%s/charter", home));
	ENT_TRY(ent_path_join(peers, sizeof(peers), err, "%s/peers", home));
	ENT_TRY(ent_path_join(state, sizeof(state), err, "%s/state", home));
	ENT_TRY(ent_path_join(own, sizeof(own), err, "%s/log/statements", home));
	if (judge->config->issuer_only) {
		ENT_TRY(read_log_key(judge, &key_line, &log_key, err));
		place.own_log_key = &log_key;
	}
	return ent_mirror_open(&judge->mirror, &place, err);
}

/* A node and its party's page in the epoch must speak of the same place, or nobody's files would ever fit. */
static enum ent_status
check_node_line(struct ent_judge *judge, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(judge->mirror));

	for (size_t i = 0; i < epoch->member_count; i++)
		if (ent_view_eq(epoch->members[i].name, judge->self) &&
		    !ent_view_eq_str(epoch->members[i].node, judge->config->url))
			return ent_fail(err, ENT_E_CONFIG, "node.yaml says url %s, but the charter's node line of %s is %.*s",
			    judge->config->url, judge->config->party, ENT_FMT(epoch->members[i].node));
	return ENT_OK;
}

/* A partner's node keeps no access log (C-76). */
static enum ent_status
wait_for_logger(struct ent_judge *judge, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_msg ask = { .type = ENT_MSG_LOG_HEAD };
	struct ent_msg answer;

	if (!judge->config->issuer_only)
		return ent_audit_resume(judge, err);
	ENT_TRY(ent_arena_new(&arena, ENT_IPC_ITEM_MAX, err));
	return ent_channel_call(judge->logger, &ask, &answer, ENT_MSG_APPENDED, arena, err);
}

static bool
has_genesis(const struct ent_judge *judge)
{
	char path[ENT_PATH_MAX];

	return ent_path_join(path, sizeof(path), NULL, "%s/charter/epoch/1", judge->config->home) == ENT_OK &&
	    ent_file_exists(path);
}

enum ent_status
ent_judge_open_charter(struct ent_judge *judge, struct ent_error *err)
{
	struct ent_event event;
	char hex[ENT_HASH_HEX_SIZE];

	if (judge->mirror != NULL || !has_genesis(judge))
		return ENT_OK;
	/* The logger answers only once it has put its files in order: read them afterwards. */
	ENT_TRY(wait_for_logger(judge, err));
	ENT_TRY(open_mirror(judge, err));
	ENT_TRY(check_node_line(judge, err));
	ENT_TRY(ent_puller_new(&judge->puller, judge, err));
	if (!judge->config->issuer_only)
		ENT_TRY(ent_records_new(&judge->records, judge, err));
	ENT_TRY(ent_views_publish(judge, err));
	ent_hash_hex(hex, ent_charter_id(ent_mirror_charter(judge->mirror)));
	ent_event_begin(&event, "charter-open");
	ent_event_str(&event, "charter", hex);
	ent_event_str(&event, "role", judge->config->issuer_only ? "issuer" : "member");
	ent_event_end(&event, STDERR_FILENO);
	return ENT_OK;
}

static void
judge_fini(struct ent_judge *judge)
{
	ent_state_free(judge->state); /* refers to the charter */
	ent_records_free(judge->records);
	ent_puller_free(judge->puller); /* its pulls borrow the mirror */
	ent_mirror_free(judge->mirror);
	ent_store_free(judge->store);
	ent_views_free(judge->views);
	ent_audit_free(judge->audit);
	ent_issuing_free(judge->issuing);
	ent_arena_free(judge->keys_arena);
	ent_channel_free(judge->edge);
	ent_channel_free(judge->logger);
	ent_channel_free(judge->keyholder);
}

static enum ent_status
judge_init(struct ent_judge *judge, const struct ent_node_config *config, int edge_fd, int logger_fd, int keyholder_fd,
    struct ent_error *err)
{
	char path[ENT_PATH_MAX];
	enum ent_status edge, logger, keyholder;

	judge->config = config;
	judge->clock.offset_s = config->demonstration ? config->clock_offset_s : 0;
	judge->self = ent_view_str(config->party);
	/* All three first: a failed one must not leave the others' descriptors open. */
	edge = ent_channel_new(&judge->edge, edge_fd, ENT_PROCESS_JUDGE, ENT_PROCESS_EDGE, err);
	logger = ent_channel_new(&judge->logger, logger_fd, ENT_PROCESS_JUDGE, ENT_PROCESS_LOGGER, err);
	keyholder = ent_channel_new(&judge->keyholder, keyholder_fd, ENT_PROCESS_JUDGE, ENT_PROCESS_KEYHOLDER, err);
	if (edge != ENT_OK || logger != ENT_OK || keyholder != ENT_OK)
		return err->code;
	ent_judge_tick(judge);
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/state", config->home));
	ENT_TRY(ent_dir_make(path, 0700, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/state/node.db", config->home));
	ENT_TRY(ent_store_open_sqlite(&judge->store, path, err));
	ENT_TRY(ent_views_new(&judge->views, err));
	ENT_TRY(ent_audit_new(&judge->audit, err));
	ENT_TRY(ent_issuing_new(&judge->issuing, err));
	ENT_TRY(learn_keys(judge, err));
	return ent_judge_open_charter(judge, err);
}

/* ---- the loop ---- */

static enum ent_status
receive_one(struct ent_judge *judge, struct ent_batch *batch, bool *got, bool *closed, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_call *call = NULL;
	struct ent_msg msg;

	ENT_TRY(ent_arena_new(&arena, ENT_IPC_ITEM_MAX, err));
	ENT_TRY(ent_channel_receive(judge->edge, &msg, arena, 0, got, closed, err));
	if (!*got)
		return ENT_OK;
	if (msg.type == ENT_MSG_FETCHED && (msg.fetched.id & ENT_RECORDS_FETCH_BIT) != 0) {
		ent_records_fetched(judge, &msg.fetched);
		return ENT_OK;
	}
	if (msg.type == ENT_MSG_FETCHED && judge->puller != NULL) {
		ent_puller_fetched(judge, &msg.fetched);
		return ENT_OK;
	}
	if (msg.type != ENT_MSG_HTTP_REQUEST)
		return ENT_OK;
	ENT_TRY(ent_call_new(&call, &msg.http_request, err));
	ent_batch_add(batch, call);
	return ENT_OK;
}

/* Everything that has come, up to a batch. The charter changes here, and not while a batch is decided. */
static void
receive_all(struct ent_judge *judge, struct ent_batch *batch, bool *closed, struct ent_error *err)
{
	bool got = true;

	while (got && !*closed && err->code == ENT_OK && !ent_batch_full(batch))
		if (receive_one(judge, batch, &got, closed, err) == ENT_E_UNAVAILABLE) {
			/* The edge went while it was being written to: it has drained, as if it had closed between messages. */
			ent_error_clear(err);
			*closed = true;
		}
}

static void
report(const char *what, enum ent_status status, const struct ent_error *err)
{
	if (status != ENT_OK)
		ent_event_failure(what, err);
}

/* What is due by the clock. Failures are said and tried again: none of them lets anything be released. */
static void
do_timers(struct ent_judge *judge)
{
	struct ent_error charter = { 0 }, views = { 0 }, summary = { 0 }, once = { 0 };

	if (judge->mirror == NULL) {
		report("charter-not-opened", ent_judge_open_charter(judge, &charter), &charter);
		return;
	}
	report("alive-failed", ent_views_tick(judge, &views), &views);
	ent_puller_tick(judge);
	if (!judge->config->issuer_only)
		report("summary-failed", ent_audit_flush(judge, true, &summary), &summary);
	if (judge->now_unix_s - judge->expired_unix_s >= EXPIRE_EVERY_S || judge->now_unix_s < judge->expired_unix_s) {
		report("store-failed", ent_store_once_expire(judge->store, judge->now_unix_s, EXPIRE_ROWS, &once), &once);
		judge->expired_unix_s = judge->now_unix_s;
	}
	ent_records_tick(judge);
}

/* True: logger or keyholder is gone. The parent restarts all (contracts: a dead child). */
static bool
lost_a_sibling(const struct pollfd fds[3])
{
	return ((fds[1].revents | fds[2].revents) & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

static int64_t
wait_ms(const struct ent_judge *judge, const struct ent_batch *batch)
{
	int64_t pulls, records;

	if (!ent_batch_empty(batch))
		return 0;
	if (judge->puller == NULL)
		return GENESIS_CHECK_MS;
	pulls = ent_puller_wait_ms(judge->puller);
	records = ent_records_wait_ms(judge);
	return pulls < records ? pulls : records;
}

static int
run(struct ent_judge *judge, struct ent_batch *batch)
{
	struct pollfd fds[3] = {
		{ ent_channel_fd(judge->edge), POLLIN, 0 }, { ent_channel_fd(judge->logger), 0, 0 },
		{ ent_channel_fd(judge->keyholder), 0, 0 }
	};
	struct ent_error err = { 0 }, summary = { 0 };
	int64_t timers_mono_ms = 0;
	bool closed = false;

	while (!closed && err.code == ENT_OK) {
		int ready = poll(fds, 3, (int)wait_ms(judge, batch));

		ent_judge_tick(judge);
		if (ready < 0 && errno != EINTR)
			ent_error_set_errno(&err, ENT_E_IO, errno, "poll");
		else if (ready > 0 && lost_a_sibling(fds))
			ent_error_set(&err, ENT_E_UNAVAILABLE, "the logger or the keyholder is gone");
		else
			receive_all(judge, batch, &closed, &err);
		if (err.code != ENT_OK)
			continue;
		if (ent_batch_empty(batch) || ent_clock_mono_ms() - timers_mono_ms > GENESIS_CHECK_MS / 2) {
			do_timers(judge);
			timers_mono_ms = ent_clock_mono_ms();
		}
		ent_batch_run(judge, batch);
	}
	report("judge-ends", err.code, &err);
	if (!judge->config->issuer_only)
		report("summary-failed", ent_audit_flush(judge, false, &summary), &summary);
	return err.code == ENT_OK && summary.code == ENT_OK ? EXIT_ORDERLY : EXIT_BROKEN;
}

int
ent_judge_main(const struct ent_node_config *config, int edge_fd, int logger_fd, int keyholder_fd)
{
	struct ent_judge judge = { 0 };
	struct ent_error err = { 0 };
	int code = EXIT_BROKEN;

	ent_event_process("judge");
	ent_service_harden();
	/* The parent drains the edge first; this process ends when the edge has. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (judge_init(&judge, config, edge_fd, logger_fd, keyholder_fd, &err) != ENT_OK) {
		ent_event_failure("judge-not-started", &err);
	} else {
		ENT_AUTO(ent_batch) batch = NULL;

		if (ent_batch_new(&batch, &err) == ENT_OK)
			code = run(&judge, batch);
	}
	judge_fini(&judge);
	return code;
}
