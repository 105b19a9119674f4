/*
 * The logger: the only writer of this member's two logs, and the only holder of their keys (contracts, "Processes"). At a
 * partner's node there is one, the statement log (C-76).
 * It does not judge what it is told. It makes sure that nothing is answered before it is durable under a signed checkpoint,
 * that an access entry carries its own index, and that only it makes an `alive`.
 */
#include "base/event.h"
#include "base/file.h"
#include "charter/docs.h"
#include "node/process.h"
#include "node/service.h"
#include "tlog/log_dir.h"

enum { STATEMENTS, ACCESS, LOG_COUNT };
enum { REQUEST_BYTES_MAX = 48 << 20 }; /* 256 entries of 64 KiB, taken apart one after the other */
enum { ENTRY_BYTES_MAX = 4 << 20 };    /* to parse one entry */

static const char *const log_names[LOG_COUNT] = { "statements", "access" };

struct log {
	const char *name;
	char path[ENT_PATH_MAX];
	char head_path[ENT_PATH_MAX];
	struct ent_signer *signer;
	struct ent_log_dir *dir; /* NULL after a failed write: reopened, and so verified, before the next */
};

struct logger {
	const struct ent_node_config *config;
	struct log logs[LOG_COUNT];
	size_t log_count;
};

static void
logger_fini(struct logger *logger)
{
	for (size_t i = 0; i < LOG_COUNT; i++) {
		ent_log_dir_free(logger->logs[i].dir);
		ent_signer_free(logger->logs[i].signer);
	}
}

static enum ent_status
open_dir(struct log *log, struct ent_error *err)
{
	uint64_t first;

	if (log->dir == NULL)
		ENT_TRY(ent_log_dir_open(&log->dir, log->path, log->head_path, ent_signer_vkey(log->signer), err));
	/* Even an empty log has a signed checkpoint: the witness of "nothing happened yet". */
	if (ent_log_dir_checkpoint(log->dir).len == 0)
		ENT_TRY(ent_log_dir_append(log->dir, log->signer, NULL, 0, &first, err));
	return ENT_OK;
}

static enum ent_status
check_origin(const struct log *log, const char *party, struct ent_error *err)
{
	struct ent_view name = ent_signer_vkey(log->signer)->name;
	char want[ENT_NOTE_NAME_MAX + 1];

	ENT_TRY(ent_path_join(want, sizeof(want), err, "%s/%s", party, log->name));
	if (!ent_view_eq_str(name, want))
		return ent_fail(err, ENT_E_CONFIG, "the key of the log %s is named %.*s: is it another node's?", want, ENT_FMT(name));
	return ENT_OK;
}

static enum ent_status
open_log(struct log *log, const char *name, const struct ent_node_config *config, struct ent_error *err)
{
	char key_path[ENT_PATH_MAX];

	log->name = name;
	ENT_TRY(ent_path_join(log->path, sizeof(log->path), err, "%s/log/%s", config->home, name));
	ENT_TRY(ent_path_join(log->head_path, sizeof(log->head_path), err, "%s/state/head.%s.%s", config->home, config->party,
	    name));
	ENT_TRY(ent_path_join(key_path, sizeof(key_path), err, "%s/keys/%s.key", config->home, name));
	ENT_TRY(ent_signer_load(&log->signer, key_path, err));
	ENT_TRY(check_origin(log, config->party, err));
	return open_dir(log, err);
}

/* Whatever went wrong with the disk: the caller must not release, and hears that it may try again. */
static enum ent_status
cannot_write(struct log *log, const struct ent_error *why, struct ent_error *err)
{
	ent_log_dir_free(ent_take(&log->dir));
	return ent_fail(err, ENT_E_UNAVAILABLE, "the %s log cannot be written, so nothing is released: %s", log->name, why->text);
}

static enum ent_status
usable(struct log *log, struct ent_error *err)
{
	struct ent_error why = { 0 };

	return open_dir(log, &why) == ENT_OK ? ENT_OK : cannot_write(log, &why, err);
}

static enum ent_status
find_log(struct logger *logger, uint64_t which, struct log **out, struct ent_error *err)
{
	if (which >= logger->log_count)
		return ent_fail(err, ENT_E_REFUSED, "a partner's node keeps no access log");
	*out = &logger->logs[which];
	return usable(*out, err);
}

static enum ent_status
check_access_entry(struct ent_view text, uint64_t index, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_doc doc;

	ENT_TRY(ent_arena_new(&arena, ENTRY_BYTES_MAX, err));
	ENT_TRY(ent_doc_parse(&doc, arena, text, err));
	if (doc.kind != ENT_DOC_ACCESS)
		return ent_fail(err, ENT_E_REFUSED, "only access/v1 texts stand in the access log");
	if (doc.access.index != index)
		return ent_fail(err, ENT_E_REFUSED, "an access entry for index %llu, but the next is %llu",
		    (unsigned long long)doc.access.index, (unsigned long long)index);
	return ENT_OK;
}

static enum ent_status
check_statement_entry(struct ent_view bytes, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_note note;

	ENT_TRY(ent_arena_new(&arena, ENTRY_BYTES_MAX, err));
	ENT_TRY(ent_note_parse(&note, arena, bytes, err));
	if (ent_view_starts(note.text, ENT_LIT("charter/v1 alive")))
		return ent_fail(err, ENT_E_REFUSED, "an alive is made by the logger only");
	return ENT_OK;
}

static enum ent_status
fill_proofs(struct ent_msg_appended *out, const struct log *log, struct ent_arena *arena, size_t count, struct ent_error *err)
{
	struct ent_tlog_proof proof;
	void *memory;

	ENT_TRY(ent_arena_alloc(arena, &memory, count, sizeof(struct ent_view), err));
	out->proofs.items = memory;
	out->proofs.count = count;
	for (size_t i = 0; i < count; i++) {
		ENT_TRY(ent_log_dir_prove(log->dir, out->first_index + i, &proof, err));
		ENT_TRY(ent_arena_dup(arena, &out->proofs.items[i],
		    ent_view_from(proof.hashes, proof.count * sizeof(proof.hashes[0])), err));
	}
	return ENT_OK;
}

static enum ent_status
fill_head(struct ent_msg *answer, const struct log *log, struct ent_arena *arena, uint64_t first, struct ent_error *err)
{
	answer->type = ENT_MSG_APPENDED;
	answer->appended.first_index = first;
	answer->appended.size = ent_log_dir_size(log->dir);
	return ent_arena_dup(arena, &answer->appended.checkpoint, ent_log_dir_checkpoint(log->dir), err);
}

static enum ent_status
append(struct log *log, struct ent_arena *arena, const struct ent_view *entries, size_t count, struct ent_msg *answer,
    struct ent_error *err)
{
	struct ent_error why = { 0 };
	uint64_t first;

	if (ent_log_dir_append(log->dir, log->signer, entries, count, &first, &why) != ENT_OK)
		return cannot_write(log, &why, err);
	ENT_TRY(fill_head(answer, log, arena, first, err));
	return fill_proofs(&answer->appended, log, arena, count, err);
}

static enum ent_status
answer_append(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer, struct ent_error *err)
{
	struct logger *logger = arg;
	const struct ent_list *entries = &request->append.entries;
	struct log *log;

	if (entries->count == 0)
		return ent_fail(err, ENT_E_INPUT, "no entries to append");
	ENT_TRY(find_log(logger, request->append.log, &log, err));
	for (size_t i = 0; i < entries->count; i++) {
		if (request->append.log == ACCESS)
			ENT_TRY(check_access_entry(entries->items[i], ent_log_dir_size(log->dir) + i, err));
		else
			ENT_TRY(check_statement_entry(entries->items[i], err));
	}
	return append(log, arena, entries->items, entries->count, answer, err);
}

static enum ent_status
check_alive(const struct logger *logger, struct ent_arena *arena, struct ent_view text, uint64_t next, struct ent_error *err)
{
	struct ent_doc doc;

	ENT_TRY(ent_doc_parse(&doc, arena, text, err));
	if (doc.kind != ENT_DOC_ALIVE)
		return ent_fail(err, ENT_E_REFUSED, "only an alive is signed by the statements log's key");
	if (!ent_view_eq_str(doc.alive.by, logger->config->party))
		return ent_fail(err, ENT_E_REFUSED, "an alive by %.*s in the log of %s", ENT_FMT(doc.alive.by), logger->config->party);
	if (doc.alive.index != next)
		return ent_fail(err, ENT_E_REFUSED, "an alive for index %llu, but the next is %llu",
		    (unsigned long long)doc.alive.index, (unsigned long long)next);
	return ENT_OK;
}

static enum ent_status
answer_alive(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);
	struct logger *logger = arg;
	struct log *log = &logger->logs[STATEMENTS];
	const struct ent_signer *signer = log->signer;
	struct ent_view entry;

	ENT_TRY(usable(log, err));
	ENT_TRY(check_alive(logger, arena, request->alive.text, ent_log_dir_size(log->dir), err));
	ENT_TRY(ent_note_sign(&note, request->alive.text, &signer, 1, err));
	entry = ent_buf_view(&note);
	return append(log, arena, &entry, 1, answer, err);
}

static enum ent_status
answer_head(void *arg, struct ent_arena *arena, const struct ent_msg *request, struct ent_msg *answer, struct ent_error *err)
{
	struct logger *logger = arg;
	struct log *log;

	ENT_TRY(find_log(logger, request->log_head.log, &log, err));
	return fill_head(answer, log, arena, ent_log_dir_size(log->dir), err);
}

static enum ent_status
start(struct logger *logger, struct ent_error *err)
{
	char state[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(state, sizeof(state), err, "%s/state", logger->config->home));
	ENT_TRY(ent_dir_make(state, 0700, err));
	logger->log_count = logger->config->issuer_only ? STATEMENTS + 1 : LOG_COUNT;
	for (size_t i = 0; i < logger->log_count; i++)
		ENT_TRY(open_log(&logger->logs[i], log_names[i], logger->config, err));
	return ENT_OK;
}

int
ent_logger_main(const struct ent_node_config *config, int judge_fd)
{
	static const struct ent_service_row rows[] = {
		{ ENT_MSG_APPEND, answer_append },
		{ ENT_MSG_ALIVE, answer_alive },
		{ ENT_MSG_LOG_HEAD, answer_head },
		{ ENT_MSG_NONE, NULL },
	};
	__attribute__((cleanup(logger_fini))) struct logger logger = { .config = config };
	const struct ent_service service = { ENT_PROCESS_LOGGER, ENT_PROCESS_JUDGE, REQUEST_BYTES_MAX, rows, NULL, &logger };
	struct ent_error err = { 0 };

	ent_event_process(ent_process_name(ENT_PROCESS_LOGGER));
	ent_service_harden();
	if (start(&logger, &err) == ENT_OK)
		return ent_service_run(&service, judge_fd);
	ent_event_failure("cannot-start", &err);
	ent_fd_close(judge_fd);
	return ENT_EXIT_OTHER;
}
