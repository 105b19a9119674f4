/*
 * One node of the small world (au.example) without an edge: the real judge, logger and keyholder as processes, and the test
 * in the edge's place. The charter, the members' logs and a project in force are there from the start.
 */
#ifndef ENT_TESTS_JUDGE_FIXTURE_H
#define ENT_TESTS_JUDGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>
#include <sys/types.h>

#include "../charter/world.h"
#include "base/clock.h"
#include "node/process.h"
#include "node/ipc.h"

#define NODE_URL "https://node.au.example"
#define AUDIENCE "https://aukus.example"
#define SECRET "correct horse battery staple"

struct node {
	char home[64];
	struct ent_node_config config;
	struct ent_clock clock;
	struct ent_channel *edge;
	pid_t judge, logger, keyholder;
	uint64_t exchange;
	struct ent_hash genesis;
	struct ent_hash proposal;
	struct ent_hash party;       /* jp.example's page, if there is one */
	size_t self;                 /* whose node it is: AU, unless said otherwise */
	struct ent_charter *charter; /* what the node starts with */
};
/* With genesis == false the home has keys, but no charter. */
void node_init(struct node *node, bool genesis);
/* self: a member, or JP at its own node, which holds no shares. proposed: all members have agreed on jp.example's page. */
void node_init_with_partner(struct node *node, size_t self, bool proposed);
void node_start(struct node *node);
/* Close the edge's end and wait: the judge must end in order, without a leak. */
void node_stop(struct node *node);
void node_fini(struct node *node);
int64_t node_now(const struct node *node);

struct ask {
	const char *method; /* NULL: POST */
	const char *path;
	const char *query;
	const char *content_type; /* NULL: application/json */
	const char *authorization[2];
	const char *dpop[2];
	const char *connect;      /* Connect-Protocol-Version */
	const char *peer;         /* NULL: 127.0.0.1 */
	const char *context;      /* X-Rewrap-Additional-Context */
	const char *body;
};
struct reply {
	int status;
	char *body;
	json_t *json;    /* NULL: the body is none */
	char *headers;   /* each on a line */
	char *content_type;
};
void reply_fini(struct reply *reply);
/* The next answer, whosever it is. */
struct reply node_next(struct node *node, uint64_t *exchange);
uint64_t node_send(struct node *node, const struct ask *ask);   /* the exchange */
struct reply node_receive(struct node *node, uint64_t exchange); /* answers of others are an error */
struct reply node_ask(struct node *node, const struct ask *ask);

/* A person with a token, made by a member's issuer key, bound to its own key. */
struct person {
	struct ent_key *key;
	char *token;
};
struct person_claims {
	size_t party;
	const char *issuer;   /* NULL: of the party */
	const char *kid;      /* NULL: the published one */
	const char *sub;      /* NULL: alice */
	const char *project;  /* NULL: quantum; "": none */
	const char *audience; /* NULL: AUDIENCE */
	int64_t age_s;        /* iat lies this far back */
	int64_t life_s;       /* 0: 300 */
	bool bearer;
};
struct person person_make(const struct node *node, const struct person_claims *claims);
void person_fini(struct person *person);
/* "DPoP <token>" and a proof for one request. The caller frees both. */
char *person_authorization(const struct person *person, const char *scheme);
char *person_proof(const struct node *node, const struct person *person, const char *method, const char *path, bool with_token);
/* A JWS over {"<claim>": text, iat, exp} by that key. The caller frees it. */
char *signed_claim(const struct node *node, const struct ent_key *key, const char *claim, const char *text, int64_t life_s);
/* POST with authorization, proof and that body. */
struct reply person_ask(struct node *node, const struct person *person, const char *path, const char *body);

/* The newest view's hash, as charter/head says. */
struct ent_hash node_view(const struct node *node);
/* Entries of the access log and the result word of one; the records of one. */
uint64_t access_size(const struct node *node);
void access_entry(const struct node *node, uint64_t index, struct ent_buf *out);
void access_record(const struct node *node, uint64_t index, struct ent_buf *full);
/* Every entry against its record, the whole log against its checkpoint. */
void access_verify(const struct node *node);

#endif
