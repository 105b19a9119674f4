/*
 * POST /charter/submit: one note or proposal (contracts: Static paths). The signatures are the authorisation: a node appends
 * only what its own party's officers signed, and stops, whosever they are (C-50, C-69); it keeps a proposal only once an
 * officer announced it.
 */
#include <unistd.h>

#include "base/event.h"
#include "node/judge/judge.h"

enum { LOGGER_ARENA_MAX = 1 << 20 };

static void
log_submission(const struct ent_call *call, const char *what, const struct ent_hash *hash, const struct ent_error *why)
{
	char hex[ENT_HASH_HEX_SIZE];
	struct ent_event event;

	ent_hash_hex(hex, hash);
	ent_event_begin(&event, "submit");
	ent_event_view(&event, "request_id", call->http.request_id);
	ent_event_view(&event, "peer", call->http.peer);
	ent_event_str(&event, "what", what);
	ent_event_str(&event, "hash", hex);
	ent_event_str(&event, "result", why->code == ENT_OK ? "accepted" : why->code == ENT_E_EXISTS ? "known" : "refused");
	if (why->code != ENT_OK)
		ent_event_error(&event, why);
	ent_event_end(&event, STDERR_FILENO);
}

static bool
is_proposal(struct ent_view text)
{
	return ent_view_starts(text, ENT_LIT("charter/v1 proposal "));
}

/* ---- proposals ---- */

static enum ent_status
keep_proposal(struct ent_judge *judge, struct ent_call *call, const struct ent_hash *hash, struct ent_error *err)
{
	struct ent_charter *charter = ent_mirror_charter(judge->mirror);
	struct ent_view text = call->http.body;
	struct ent_doc doc;

	if (ent_charter_proposal(charter, hash) != NULL)
		return ENT_OK; /* harmless: it is named by its content */
	ENT_TRY(ent_doc_parse(&doc, call->arena, text, err));
	/* Nobody's officers should sign what this member's node could not hold them to. */
	if (doc.kind == ENT_DOC_PROPOSAL)
		ENT_TRY(ent_charter_enforced(&doc.proposal, err));
	if (!ent_charter_proposal_announced(charter, hash))
		return ent_fail(err, ENT_E_REFUSED, "no officer's `note proposal` of this hash stands in a log that this node knows: "
		    "submit the note first");
	ent_judge_forget_state(judge);
	return ent_mirror_keep_proposal(judge->mirror, text, err);
}

/* ---- statements ---- */

static enum ent_status
check_statement(struct ent_judge *judge, struct ent_call *call, struct ent_hash *hash, bool *stop, struct ent_error *err)
{
	struct ent_note note;
	struct ent_doc doc;

	ENT_TRY(ent_note_parse(&note, call->arena, call->http.body, err));
	ent_note_hash(hash, &note);
	ENT_TRY(ent_doc_parse(&doc, call->arena, note.text, err));
	*stop = doc.kind == ENT_DOC_STATEMENT && doc.statement.act == ENT_ACT_STOP;
	return ent_charter_admissible(ent_mirror_charter(judge->mirror), judge->self, call->http.body, ent_judge_now(judge), err);
}

static enum ent_status
append(struct ent_judge *judge, struct ent_view note, uint64_t *index, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_msg ask = { .type = ENT_MSG_APPEND, .append = { .log = 0, .entries = { &note, 1 } } };
	struct ent_msg answer;

	ENT_TRY(ent_arena_new(&arena, LOGGER_ARENA_MAX, err));
	ENT_TRY(ent_channel_call(judge->logger, &ask, &answer, ENT_MSG_APPENDED, arena, err));
	*index = answer.appended.first_index;
	ent_judge_forget_state(judge);
	return ent_mirror_reload_own(judge->mirror, err);
}

/*
 * A statement takes effect at the newest `alive` before it (C-10), so one is written first. A stop counts from its entry on,
 * whatever stands before it (C-51): no wrong clock keeps one out.
 */
static enum ent_status
take_statement(struct ent_judge *judge, struct ent_call *call, struct ent_hash *hash, uint64_t *index, bool *stop,
    struct ent_error *err)
{
	struct ent_error alive = { 0 };

	ENT_TRY(check_statement(judge, call, hash, stop, err));
	if (ent_views_alive(judge, &alive) != ENT_OK && !*stop)
		return ent_fail(err, alive.code, "%s", alive.text);
	return append(judge, call->http.body, index, err);
}

/* ---- the route ---- */

static void
answer_accepted(struct ent_judge *judge, struct ent_call *call, const struct ent_hash *hash, bool has_index, uint64_t index)
{
	char hex[ENT_HASH_HEX_SIZE];
	json_auto_t *body = NULL;

	ent_hash_hex(hex, hash);
	body = has_index ? json_pack("{s:I, s:s}", "index", (json_int_t)index, "hash", hex) : json_pack("{s:s}", "hash", hex);
	ent_answer_json(judge, call, 200, body);
}

/* A stop is carried by whoever can, so it may come by several ways: all is well, and the reason says where it stands. */
static void
answer_known(struct ent_judge *judge, struct ent_call *call, const struct ent_hash *hash, const struct ent_error *why)
{
	char hex[ENT_HASH_HEX_SIZE];
	json_auto_t *body = NULL;

	ent_hash_hex(hex, hash);
	body = json_pack("{s:s, s:s}", "hash", hex, "known", why->text);
	ent_answer_json(judge, call, 200, body);
}

static void
answer_refused(struct ent_judge *judge, struct ent_call *call, const struct ent_error *why)
{
	const struct ent_error_row *row = ent_status_row(why->code);
	json_auto_t *body = json_pack("{s:s, s:s}", "error", row->name, "reason",
	    row->audience == ENT_TO_ALL ? why->text : row->public_text);

	/* Nodes that cannot write answer 503; everything about the text itself is 422. */
	ent_answer_json(judge, call, row->http >= 500 ? (unsigned)row->http : 422, body);
}

enum ent_status
ent_submit(struct ent_judge *judge, struct ent_call *call, struct ent_error *err)
{
	bool proposal = is_proposal(call->http.body);
	struct ent_error why = { 0 };
	struct ent_hash hash;
	uint64_t index = 0;
	enum ent_status status;
	bool stop = false;

	(void)err;
	ent_sha256(&hash, call->http.body);
	if (call->http.body.len > ENT_LIMIT_SUBMIT)
		status = ent_fail(&why, ENT_E_LIMIT, "%zu bytes, limit %u", call->http.body.len, ENT_LIMIT_SUBMIT);
	else if (proposal)
		status = keep_proposal(judge, call, &hash, &why);
	else
		status = take_statement(judge, call, &hash, &index, &stop, &why);
	log_submission(call, proposal ? "proposal" : "statement", &hash, &why);
	if (status == ENT_OK)
		answer_accepted(judge, call, &hash, !proposal, index);
	else if (status == ENT_E_EXISTS && stop)
		answer_known(judge, call, &hash, &why);
	else
		answer_refused(judge, call, &why);
	return ENT_OK;
}
