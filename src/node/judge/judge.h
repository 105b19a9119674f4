/*
 * The judge: who is asking, may they, and what is written down about it. One thread, one loop over poll(2).
 *
 * What a request goes through (batch.c): route -> authenticate -> decide -> CHECK at the keyholder -> records and replay
 * values into the store, one transaction -> one APPEND to the access log -> RELEASE -> answer. Nothing about a decision
 * leaves before the entry that says so is in a signed checkpoint.
 *
 * Each file below owns its part of the state; the others see it through functions only.
 */
#ifndef ENT_NODE_JUDGE_JUDGE_H
#define ENT_NODE_JUDGE_JUDGE_H

#include <jansson.h>

#include "base/clock.h"
#include "crypto/key.h"
#include "decide/decide.h"
#include "jose/dpop.h"
#include "node/process.h"
#include "node/ipc.h"
#include "store/store.h"
#include "sync/mirror.h"


#define ENT_LIMIT_JUDGE_BATCH 64         /* requests that share one transaction and one append */
#define ENT_LIMIT_JUDGE_ENTRIES 256      /* access entries of a batch: APPEND's limit */
#define ENT_LIMIT_JUDGE_ARENA (48u << 20) /* memory of one request: 4 MiB of body, decoded twice, and what is made of it */
#define ENT_LIMIT_SUBMIT 65536u          /* bytes of a note or proposal */

#define ENT_TOKEN_SKEW_S 60        /* access and request tokens (wire reference 4.4) */
#define ENT_TOKEN_LIFE_MAX_S 3600  /* charter 5: tokens live at most 1 h */
#define ENT_DPOP_SKEW_S 300        /* distance of a proof's iat, both ways; shorter than the platform's hour */
#define ENT_REQUEST_TOKEN_AHEAD_MAX_S 14400 /* a request token is remembered until it ends, so its end is bounded */

struct ent_judge;
struct ent_views;   /* publish.c */
struct ent_audit;   /* audit.c */
struct ent_puller;  /* sync.c */
struct ent_issuing; /* issuer.c */
struct ent_records; /* records.c */

/* ---- one request ---- */

enum ent_route_access {
	ENT_ROUTE_PUBLIC,
	ENT_ROUTE_TOKEN, /* a valid access token; one that is bound needs its proof */
	ENT_ROUTE_BOUND  /* a sender-bound token with its proof, else 401 */
};

/* Calls that are slow, or change the charter, run by themselves between the batches; each kind has a queue of its own. */
enum ent_route_late { ENT_LATE_NOT, ENT_LATE_TOKEN, ENT_LATE_SUBMIT, ENT_LATE_KINDS };

struct ent_call;
typedef enum ent_status (*ent_route_fn)(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);

struct ent_route {
	const char *method;
	const char *path;
	const char *content_type; /* of the request's body; NULL: none is looked at */
	enum ent_route_access access;
	bool idempotent;     /* an RPC that may be asked by GET too */
	bool members_only;   /* not at a partner's node (C-76) */
	enum ent_route_late late;
	ent_route_fn begin;  /* answers, or leaves call->work and entries behind */
	ent_route_fn finish; /* after the append; NULL: begin answered */
};

/* Who asks, as far as it was verified. Arena memory of the call. */
struct ent_caller {
	bool known;
	struct ent_person person;
	const struct ent_member_state *party; /* the member or partner whose issuer made the token */
	struct ent_view token;
	struct ent_hash token_hash;
	struct ent_view dpop_spki;       /* the proof's key; empty for an unbound token */
	struct ent_pubkey *dpop_key;     /* owned */
};

struct ent_call {
	struct ent_arena *arena;
	struct ent_msg_http_request http; /* in the arena */
	const struct ent_route *route;
	struct ent_caller caller;
	bool answered;
	void *work; /* of the route, between begin and finish; arena memory */
};
void ent_call_free(struct ent_call *call);
ENT_DEFINE_AUTO(ent_call)
ENT_MUST_USE enum ent_status ent_call_new(struct ent_call **out, const struct ent_msg_http_request *http, struct ent_error *err);

/* ---- judge.c: what everybody needs ---- */

struct ent_judge {
	const struct ent_node_config *config;
	struct ent_clock clock;
	struct ent_view self; /* the own party's name */
	struct ent_channel *edge, *logger, *keyholder;
	struct ent_store *store;
	struct ent_mirror *mirror; /* NULL: no genesis in this home yet */
	struct ent_arena *keys_arena;
	struct ent_msg_keys_are keys; /* what the keyholder holds */
	struct ent_views *views;
	struct ent_audit *audit;
	struct ent_puller *puller;
	struct ent_issuing *issuing;
	struct ent_records *records; /* NULL until the charter is there, and at a partner's node */
	int64_t now_unix_s;      /* this round's time: one time for all that a batch decides */
	struct ent_state *state; /* of ent_judge_state alone: what it gave last, or what the next one is made from */
	bool state_good;
	uint64_t state_generation;
	int64_t expired_unix_s;  /* when one-time values were last cleared away */
};

/* A new round of the loop: read the clock. */
void ent_judge_tick(struct ent_judge *judge);
int64_t ent_judge_now(const struct ent_judge *judge);
/*
 * The derived state at this round's time. Valid until the charter changes or the round ends. Partners who take part from now
 * on are followed first, so the charter may grow here: at the first call of a round, which is before a view is cited.
 */
ENT_MUST_USE enum ent_status ent_judge_state(struct ent_judge *judge, const struct ent_state **out, struct ent_error *err);
/* Before anything changes the charter: a state refers to it. */
void ent_judge_forget_state(struct ent_judge *judge);
/* https://<host>: the audience of tokens at every node of the charter. In the arena. */
ENT_MUST_USE enum ent_status ent_judge_audience(struct ent_judge *judge, struct ent_arena *arena, const char **out, struct ent_error *err);
/* The issuer line of this node's own issuer; empty when its party's page (a partner's: a proposal of it) names none at this node's URL. */
struct ent_view ent_judge_own_issuer(const struct ent_judge *judge);
/* Keys that the keyholder holds: is kid one of its KAS keys? */
bool ent_judge_has_key(const struct ent_judge *judge, struct ent_view kid);
/* Open the charter if its genesis has come; ENT_OK either way. */
ENT_MUST_USE enum ent_status ent_judge_open_charter(struct ent_judge *judge, struct ent_error *err);

/* ---- answer.c: every answer of a call; the first one wins ---- */

void ent_answer_bytes(struct ent_judge *judge, struct ent_call *call, unsigned status, const char *content_type,
    struct ent_view body);
void ent_answer_json(struct ent_judge *judge, struct ent_call *call, unsigned status, const json_t *body);
/* A Connect error (wire reference 3.3): {"code","message"} with its HTTP status. extra: more members, may be NULL (borrowed). */
void ent_answer_connect(struct ent_judge *judge, struct ent_call *call, const char *code, const char *message, json_t *extra);
/* As above with one more header, "Name: value". */
void ent_answer_header(struct ent_judge *judge, struct ent_call *call, unsigned status, const char *header, const json_t *body);
/* What an error may say outside (errors.def), as a Connect error; the whole of it goes to the node's own log. */
void ent_answer_failure(struct ent_judge *judge, struct ent_call *call, const struct ent_error *why);
/* {request_id, reasons:[{code, text, cite, cure}], stop_bound?}: all of them to members, to partners theirs (C-50). A new reference, NULL without memory. */
json_t *ent_answer_reasons(const struct ent_call *call, const struct ent_decision *decision);

/* ---- route.c ---- */

/* Find the route and check method and content type. NULL: answered already. */
const struct ent_route *ent_route_find(struct ent_judge *judge, struct ent_call *call);
/* The body as a JSON object; *out is the caller's. Answers itself when it is not one: *out is NULL then. */
void ent_route_json(struct ent_judge *judge, struct ent_call *call, json_t **out);
/* A string member by its lowerCamel or its snake_case name; NULL when absent or null. */
const char *ent_route_string(const json_t *object, const char *camel, const char *snake);

/* ---- form.c ---- */

/* A field of a form that is looked for; *value starts with data NULL and stays so when it is absent. */
struct ent_form_field {
	const char *name;
	struct ent_view *value;
};
/* Other fields are ignored; a known one that is there twice, a NUL or a broken escape is ENT_E_SYNTAX. */
ENT_MUST_USE enum ent_status ent_form_parse(struct ent_arena *arena, const struct ent_form_field *fields, size_t count,
    struct ent_view form, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_form_decode(struct ent_arena *arena, struct ent_view *out, struct ent_view text, struct ent_error *err);

/* ---- connect.c ---- */

/* The protocol version that a POST names, if it names one. False: answered. */
bool ent_connect_post(struct ent_judge *judge, struct ent_call *call);
/* Put the message of a Connect GET where a POST has it: call->http.body. False: answered. */
bool ent_connect_get(struct ent_judge *judge, struct ent_call *call);

/* ---- auth.c ---- */

/* Fill call->caller. False: answered with 401 (or 503), counted and logged. */
bool ent_auth_call(struct ent_judge *judge, struct ent_call *call, bool need_bound);
/* In words how far the own clock is behind the other members'; NULL: it is not, as far as they can tell. */
ENT_MUST_USE enum ent_status ent_auth_clock_words(struct ent_judge *judge, struct ent_arena *arena, const char **out, struct ent_error *err);
/* A proof at the token endpoint. *jkt is "" when there is none. ENT_E_PROOF with the reason for the own log. */
ENT_MUST_USE enum ent_status ent_auth_token_proof(struct ent_judge *judge, struct ent_call *call, char jkt[ENT_JKT_SIZE], struct ent_error *err);
/*
 * A token that the caller's DPoP key signed for one use (request token, seal token): dates, signature, once per node.
 * ENT_E_SYNTAX: it cannot be parsed; ENT_E_SIGNATURE, ENT_E_UNAUTHENTICATED, ENT_E_EXISTS otherwise.
 */
ENT_MUST_USE enum ent_status ent_auth_request_token(struct ent_judge *judge, const struct ent_call *call, struct ent_jws *out,
    struct ent_view token, struct ent_error *err);
/* As above; on failure answers `unauthenticated` with the wire's words, counts it and logs the reason. */
bool ent_auth_request_token_or_answer(struct ent_judge *judge, struct ent_call *call, struct ent_jws *out, struct ent_view token);

/* ---- audit.c: records, entries, the batch's append ---- */

struct ent_audit_entry {
	uint64_t index;
	struct ent_view text;  /* access/v1 */
	struct ent_view full;  /* record/v1 full */
	struct ent_view brief; /* record/v1 short */
	struct ent_view request, file; /* of the record; empty where it has none */
	uint8_t full_salt[32];
	uint8_t brief_salt[32];
	bool logged;           /* it is in a signed checkpoint */
	struct ent_view proof; /* then: the hashes of its inclusion proof */
};

ENT_MUST_USE enum ent_status ent_audit_new(struct ent_audit **out, struct ent_error *err);
void ent_audit_free(struct ent_audit *audit);
/* Ask the logger how long the access log is. */
ENT_MUST_USE enum ent_status ent_audit_resume(struct ent_judge *judge, struct ent_error *err);
/* How many entries are in signed checkpoints, as far as is known. */
uint64_t ent_audit_size(const struct ent_audit *audit);
/* Room for that many more entries in this batch? */
bool ent_audit_room(const struct ent_audit *audit, size_t entries);
/*
 * Owe one entry. record: full, with everything but time and software; lists are sorted here. *out lives until the batch
 * ends; NULL when the person's refusals of this minute are over the limit: then only a count will be written.
 */
ENT_MUST_USE enum ent_status ent_audit_add(struct ent_judge *judge, const struct ent_audit_entry **out,
    const struct ent_record_doc *record, struct ent_error *err);
/* Put the records of the batch into the store (inside its transaction). */
ENT_MUST_USE enum ent_status ent_audit_store(struct ent_judge *judge, struct ent_error *err);
/* Append the batch's entries; afterwards each has its proof and ent_audit_checkpoint is what covers them. */
ENT_MUST_USE enum ent_status ent_audit_append(struct ent_judge *judge, struct ent_error *err);
struct ent_view ent_audit_checkpoint(const struct ent_audit *audit);
/* Forget the batch. */
void ent_audit_clear(struct ent_audit *audit);
/* Somebody could not be authenticated: counted for the minute's summary; request id and exact reason to the own log only. */
void ent_audit_count(struct ent_judge *judge, const struct ent_call *call, enum ent_reason_code code, const char *detail);
/* Write the minute's summary and what went over the limits. due: only if the minute is over. */
ENT_MUST_USE enum ent_status ent_audit_flush(struct ent_judge *judge, bool due, struct ent_error *err);
/* The reasons of a decision as record lines. */
ENT_MUST_USE enum ent_status ent_audit_reasons(struct ent_record_doc *record, struct ent_arena *arena,
    const struct ent_reasons *reasons, struct ent_error *err);
/* Does the requester's own organisation read this reason: in the short record, and a partner's caller in its answer (C-46, C-50)? */
bool ent_audit_for_requester(enum ent_reason_code code);
/* The decision as one line of the node's own log: who, about what, and everything that spoke against it. */
void ent_audit_event(const struct ent_call *call, const char *name, const struct ent_decision *decision, enum ent_result result);

/* ---- publish.c: views, charter/head, alive ---- */

ENT_MUST_USE enum ent_status ent_views_new(struct ent_views **out, struct ent_error *err);
void ent_views_free(struct ent_views *views);
/* Write the view, if what it is made of has changed. */
ENT_MUST_USE enum ent_status ent_views_publish(struct ent_judge *judge, struct ent_error *err);
const struct ent_hash *ent_views_newest(const struct ent_views *views);
/* How long ago that view was last the newest, in seconds; -1: not served here. */
int64_t ent_views_age_s(const struct ent_judge *judge, const struct ent_hash *view);
/* Append an `alive` to the own statement log. */
ENT_MUST_USE enum ent_status ent_views_alive(struct ent_judge *judge, struct ent_error *err);
/* ... if one is due. */
ENT_MUST_USE enum ent_status ent_views_tick(struct ent_judge *judge, struct ent_error *err);

/* ---- sync.c: pulling the other members and partners ---- */

ENT_MUST_USE enum ent_status ent_puller_new(struct ent_puller **out, struct ent_judge *judge, struct ent_error *err);
void ent_puller_free(struct ent_puller *puller);
void ent_puller_tick(struct ent_judge *judge);
void ent_puller_fetched(struct ent_judge *judge, const struct ent_msg_fetched *fetched);
/* Milliseconds until something is due. */
int64_t ent_puller_wait_ms(const struct ent_puller *puller);

/* ---- records.c: records to and from the other members, and their access logs (C-75) ---- */

#define ENT_RECORDS_FETCH_BIT ((uint64_t)1 << 63) /* in the ids of its fetches: the puller counts from 1 */

ENT_MUST_USE enum ent_status ent_records_new(struct ent_records **out, struct ent_judge *judge, struct ent_error *err);
void ent_records_free(struct ent_records *records);
/* Publish what is due, a bounded part of it; ask the other members for what is due. After everything else of a round. */
void ent_records_tick(struct ent_judge *judge);
void ent_records_fetched(struct ent_judge *judge, const struct ent_msg_fetched *fetched);
int64_t ent_records_wait_ms(const struct ent_judge *judge);

/* ---- issuer.c ---- */

ENT_MUST_USE enum ent_status ent_issuing_new(struct ent_issuing **out, struct ent_error *err);
void ent_issuing_free(struct ent_issuing *issuing);
/* {issuer, authorization_endpoint, token_endpoint, jwks_uri, ...}; a new reference. NULL: this node issues nothing. */
json_t *ent_issuer_discovery(const struct ent_judge *judge);

/* ---- the routes' handlers ---- */

enum ent_status ent_wellknown_rpc(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_wellknown_get(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_public_key(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_legacy_public_key(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_health(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_list_servers(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_rewrap_begin(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_rewrap_finish(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_seal_begin(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_certify_begin(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_seal_finish(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_issuer_openid(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_issuer_authorize(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_issuer_jwks(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_issuer_token(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);
enum ent_status ent_submit(struct ent_judge *judge, struct ent_call *call, struct ent_error *err);

/* ---- batch.c ---- */

struct ent_batch;
ENT_MUST_USE enum ent_status ent_batch_new(struct ent_batch **out, struct ent_error *err);
void ent_batch_free(struct ent_batch *batch);
ENT_DEFINE_AUTO(ent_batch)
bool ent_batch_full(const struct ent_batch *batch);
bool ent_batch_empty(const struct ent_batch *batch);
void ent_batch_add(struct ent_batch *batch, struct ent_call *call); /* takes the call; the batch is not full */
/* Answer what waits: everything but late calls in batches, of the late ones one. */
void ent_batch_run(struct ent_judge *judge, struct ent_batch *batch);

#endif
