/* What the files of src/client share: the profile object, errors outward, calls to nodes. Not installed. */
#ifndef ENT_CLIENT_CLIENT_H
#define ENT_CLIENT_CLIENT_H

#include <entente/entente.h>

#include "base/file.h"
#include "crypto/key.h"
#include "net/fetch.h"
#include "sync/mirror.h"

#define ENT_CLIENT_TIMEOUT_MS 15000
#define ENT_CLIENT_ARENA_MAX (256u << 20) /* a client may hold a large manifest's objects and a whole charter */
#define ENT_LIMIT_TOKEN 16384             /* characters of an access token */
#define ENT_LIMIT_ANSWER (4u << 20)       /* bytes of a node's answer */

struct entente_profile {
	struct ent_arena *arena; /* strings below */
	const char *dir;
	const char *node;
	const char *issuer;
	const char *party;
	const char *client_id;   /* NULL: no account */
	const char *secret_path; /* NULL: none */
	const char *ca_file;     /* NULL: the system's */
	const char *cache_dir;
	struct ent_hash genesis;
	struct ent_fetcher *fetcher;
	struct ent_mirror *mirror; /* NULL until ent_profile_mirror */
	bool synced;               /* in this process */
	struct ent_hash view;      /* newest view of the home node, of the last sync */
	struct ent_key *dpop_key;  /* one per process */
	struct ent_buf token;      /* access token; empty: none yet */
	int64_t token_expires_unix_s;
};

/* Copy an internal error outward; the status is the row's exit code. Returns it. */
enum entente_status ent_outward(struct entente_error *out, const struct ent_error *err);

/* Run an internal function and report its error outward: the shape of every public function. */
#define ENT_PUBLIC(out, call)                                                                                          \
	do {                                                                                                           \
		struct ent_error ent_public_err_ = { 0 };                                                              \
		if ((call) != ENT_OK)                                                                                  \
			return ent_outward((out), &ent_public_err_);                                                   \
		return ENTENTE_OK;                                                                                     \
	} while (0)
#define ENT_PUBLIC_ERR (&ent_public_err_)

/* Load the mirror from the cache. ENT_E_UNAVAILABLE when there is none yet. */
ENT_MUST_USE enum ent_status ent_profile_mirror(struct entente_profile *profile, struct ent_error *err);
/* Load the mirror, of an empty cache the genesis too, and pull what is new through the home node (once per process). */
ENT_MUST_USE enum ent_status ent_profile_sync(struct entente_profile *profile, struct ent_error *err);
/* The mirror from the cache, and the newest view that its home node had (profile->view). Nothing is fetched. */
ENT_MUST_USE enum ent_status ent_profile_offline(struct entente_profile *profile, struct ent_error *err);
/* The newest view of a node: charter/head. */
ENT_MUST_USE enum ent_status ent_profile_head(struct entente_profile *profile, const char *node, struct ent_hash *view, struct ent_error *err);
/* The state now, over the mirror. *out is the caller's. */
ENT_MUST_USE enum ent_status ent_profile_derive(struct entente_profile *profile, struct ent_state **out, struct ent_error *err);

/* A DPoP-bound access token of the profile's issuer is in profile->token afterwards. */
ENT_MUST_USE enum ent_status ent_session_token(struct entente_profile *profile, struct ent_error *err);

/* GET <base>/<path>; *status as answered. ENT_E_UNREACHABLE without an answer. */
ENT_MUST_USE enum ent_status ent_session_get(struct entente_profile *profile, const char *base, const char *path, size_t max_bytes,
    struct ent_fetch_answer *answer, struct ent_error *err);

/* POST JSON to <base><path> with token and proof. Connect errors become ENT_E_*: 401/403 denied, 503 unavailable. body_out appended. */
ENT_MUST_USE enum ent_status ent_session_call(struct entente_profile *profile, const char *base, const char *path, struct ent_view body,
    struct ent_buf *body_out, struct ent_error *err);

/* An output that appears under its final name only when complete; "-" or NULL is standard output. */
struct ent_output {
	int fd;
	bool is_stdout;
	bool unnamed;              /* O_TMPFILE: nothing to remove when we die */
	bool force;
	const char *path;          /* final name */
	char tmp[ENT_PATH_MAX];    /* the name until then, "" for none */
};
/* May an output go here? For asking before the work; ent_output_open asks again. */
ENT_MUST_USE enum ent_status ent_output_check(const char *path, bool force, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_output_open(struct ent_output *out, const char *path, bool force, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_output_commit(struct ent_output *out, struct ent_error *err);
void ent_output_fini(struct ent_output *out); /* removes what was not committed */

/* Open an input; NULL or "-" is standard input. */
ENT_MUST_USE enum ent_status ent_input_open(int *fd, const char *path, struct ent_error *err);

/* The member whose node has this URL, byte for byte; NULL: nobody's. */
const struct ent_party *ent_profile_member_of(const struct ent_state *state, struct ent_view url);

/* Give a buffer's text away as the caller's heap string; words lose what steers a terminal. */
ENT_MUST_USE enum ent_status ent_give_text(char **out, enum entente_format format, struct ent_buf *buf, struct ent_error *err);

#endif
