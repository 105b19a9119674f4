/*
 * libentente: the public interface. Opaque types, no global state, C and C++.
 *
 * Functions return ENTENTE_OK or the exit code that the command line would use, and fill a struct entente_error that the
 * caller owns. Texts that a function gives back are the caller's: entente_free().
 */
#ifndef ENTENTE_ENTENTE_H
#define ENTENTE_ENTENTE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ENTENTE_API __attribute__((visibility("default")))
#else
#define ENTENTE_API
#endif

/* What went wrong, as classes that a script can act on. */
enum entente_status {
	ENTENTE_OK = 0,
	ENTENTE_FAILED = 1,      /* anything else: memory, input and output */
	ENTENTE_USAGE = 2,       /* the call itself makes no sense */
	ENTENTE_DENIED = 3,      /* a node, or the charter, says no */
	ENTENTE_TAMPERED = 4,    /* tampered with, or corrupt */
	ENTENTE_UNAVAILABLE = 5, /* a needed node cannot answer */
	ENTENTE_INPUT = 6        /* bad configuration or input */
};

struct entente_error {
	enum entente_status status;
	char name[32];  /* stable name of the error, lower-case with dashes */
	char text[640]; /* one line: what, where, why, what to do next */
};

/* Words for people, or one JSON document. */
enum entente_format { ENTENTE_WORDS, ENTENTE_JSON };

ENTENTE_API const char *entente_version(void);
ENTENTE_API void entente_free(char *text);

/* Once per program, before other calls and before threads start: locked memory for secrets. Optional for a library user. */
ENTENTE_API enum entente_status entente_lock_secrets(struct entente_error *err);

/* done and total in bytes; total is UINT64_MAX when unknown. */
typedef void (*entente_progress_fn)(void *arg, uint64_t done, uint64_t total);

/* ---- profiles: who I am, at which node, under which charter ---- */

struct entente_profile;
/* dir NULL: $ENTENTE_PROFILE, else ~/.config/entente/default. Nothing is fetched. */
ENTENTE_API enum entente_status entente_profile_open(struct entente_profile **out, const char *dir, struct entente_error *err);
ENTENTE_API void entente_profile_free(struct entente_profile *profile);

struct entente_profile_new {
	const char *dir;
	const char *node;        /* http://127.0.0.1:8080 */
	const char *party;       /* au.example */
	const char *genesis;     /* fingerprint, 64 hex digits: compare it with people before you type it */
	const char *client_id;   /* NULL: no account (an officer needs none) */
	const char *secret_file; /* copied into the profile with mode 0600 */
	const char *ca_file;     /* kept as an absolute path; NULL: the system's */
	const char *issuer;      /* NULL: the node is the issuer */
};
/* Make a profile folder; refuses an existing one. */
ENTENTE_API enum entente_status entente_profile_create(const struct entente_profile_new *profile, struct entente_error *err);

/* Fetch and verify what is new of the charter through the home node. */
ENTENTE_API enum entente_status entente_profile_sync(struct entente_profile *profile, struct entente_error *err);

/*
 * Get or renew the writer's certificate of this profile's account (docs/charter-spec.md, C-71): encrypt then works without
 * the node, for at most 30 days. days 0: 7. The key is made in the profile's folder and stays there, 0600.
 */
ENTENTE_API enum entente_status entente_profile_writer(struct entente_profile *profile, unsigned days, enum entente_format format,
    char **report, struct entente_error *err);

/* ---- files ---- */

struct entente_encrypt {
	const char *input;         /* path; NULL or "-": standard input */
	const char *output;        /* path; "-": standard output. Appears under this name only when complete. */
	const char *project;
	const char *const *rel;    /* --rel: ISO 3166-1 alpha-3 codes; the originator's country is added */
	size_t rel_count;
	const char *const *to;     /* --to: persons <sub>@<party>; none = everyone whom the project admits */
	size_t to_count;
	const char *until;         /* RFC 3339 UTC; NULL: no end */
	const char *mime_type;     /* NULL: application/octet-stream */
	uint64_t size_hint;        /* bytes, for pipes */
	int force;                 /* replace an existing output */
	int offline;               /* with the profile's writer's certificate, from the copy of the charter alone; else only when the node is silent */
	int entente_only;          /* segments of 64 MiB, which other readers refuse */
	unsigned threads;          /* 0: all cores */
	entente_progress_fn progress;
	void *progress_arg;
};
struct entente_encrypt_result {
	uint64_t plain_bytes;
	char uuid[40];
	char proposal[65];   /* hex: the project's proposal */
	size_t splits;
	size_t objects;
	char holders[512];   /* "1: uk.example or us.example; 2: au.example" */
	char rel[256];       /* the countries written, "" for none */
	int offline;         /* sealed with the writer's certificate, not by the node */
};
ENTENTE_API enum entente_status entente_encrypt(struct entente_profile *profile, const struct entente_encrypt *encrypt,
    struct entente_encrypt_result *result, struct entente_error *err);

struct entente_decrypt {
	const char *input;  /* path; NULL or "-": standard input */
	const char *output; /* path; NULL or "-": standard output */
	uint64_t offset;    /* plaintext bytes */
	uint64_t length;    /* UINT64_MAX: to the end */
	int force;
	int ignore_assertions;
	unsigned threads;
	entente_progress_fn progress;
	void *progress_arg;
};
struct entente_decrypt_result {
	uint64_t plain_bytes; /* written */
	char uuid[40];
	char opened_with[512]; /* "1: us.example; 2: au.example" */
	char notes[1024];      /* one per line: holders that could not answer though the file opened */
	int64_t stop_bound_s;  /* a member's refusal takes at most this long to bind every node; 0: not known (unsealed files) */
};
ENTENTE_API enum entente_status entente_decrypt(struct entente_profile *profile, const struct entente_decrypt *decrypt,
    struct entente_decrypt_result *result, struct entente_error *err);

/* What is in clear in a file; with a profile the seal is verified too (NULL: not verified, and it says so). No keys needed. */
ENTENTE_API enum entente_status entente_inspect(struct entente_profile *profile, const char *input, enum entente_format format,
    char **text, struct entente_error *err);

/* ---- the charter ---- */

struct entente_list {
	const char *const *items;
	size_t count;
};

/* Officers' keys and this member's part of a genesis (or of a party proposal), from a node's home. */
struct entente_charter_init {
	const char *home;               /* made by entente_node_init */
	const char *title;              /* "en Australia" */
	const char *country;            /* AUS */
	const char *officers_dir;       /* <name>.key files are made here, 0600 */
	struct entente_list officers;   /* doe roe poe */
	unsigned quorum;
	const char *output;             /* the member's lines */
};
ENTENTE_API enum entente_status entente_charter_init(const struct entente_charter_init *init, struct entente_error *err);

struct entente_charter_found {
	const char *host;             /* aukus.example */
	const char *title;            /* "en Trilateral technology sharing" */
	struct entente_list members;  /* files made by entente_charter_init */
	struct entente_list pillars;  /* "i closed" */
	const char *rule_admit;       /* NULL: "consents all stops 1 fresh 48h" */
	const char *rule_project;     /* NULL: same */
	const char *output;           /* the unsigned genesis */
};
ENTENTE_API enum entente_status entente_charter_found(const struct entente_charter_found *found, struct entente_error *err);

/* Add signatures to a text or note, in place. *report: who has signed and who is still missing. */
ENTENTE_API enum entente_status entente_charter_sign(struct entente_profile *profile, const char *file, struct entente_list keys,
    enum entente_format format, char **report, struct entente_error *err);

/* Hand over a signed note or a proposal to the profile's node; with home, install a genesis into a node's home instead. */
ENTENTE_API enum entente_status entente_charter_submit(struct entente_profile *profile, const char *home, const char *file,
    enum entente_format format, char **report, struct entente_error *err);

enum entente_proposal { ENTENTE_PROPOSE_PROJECT, ENTENTE_PROPOSE_PARTY, ENTENTE_PROPOSE_ADMIT, ENTENTE_PROPOSE_PROFILE };
struct entente_charter_propose {
	enum entente_proposal kind;
	/* party */
	const char *party_file; /* the party's lines, made by entente_charter_init in its own house */
	/* admit */
	const char *party;      /* whose party proposal is found by name: the one in force, else the only one pending */
	const char *role;       /* reader, contributor */
	const char *sponsor;    /* a contributor's; of a party without a node: who keeps its log */
	const char *files;      /* "all" or a time: since then */
	const char *from;       /* NULL: now */
	/* profile */
	const char *profile_name;
	const char *evidence_file; /* its SHA-256 goes into the text */
	/* project, admit */
	struct entente_list requires; /* "posture-2 from all", "posture-2 from 2 for all" */
	const char *project;
	const char *pillar;
	const char *title;
	struct entente_list participants;
	const char *custody;
	const char *fresh;
	const char *until;
	const char *replaces; /* hex; NULL: none */
	const char *reason;   /* "en text"; NULL: none */
	int unsealed_members;
	int alone_allowed;
	const char *output;   /* keep the text here too; NULL: no */
	struct entente_list keys; /* one officer's key: signs the note that announces it */
};
ENTENTE_API enum entente_status entente_charter_propose(struct entente_profile *profile, const struct entente_charter_propose *propose,
    enum entente_format format, char **report, struct entente_error *err);

/*
 * Statements. With enough keys they are submitted, else left in `output` (NULL: a name that is reported) and the report
 * names who is missing. Hashes are unique prefixes of 8 or more hexadecimal digits.
 */
struct entente_statement {
	const char *what;    /* as the function says */
	const char *target;  /* what `what` alone does not say */
	const char *project; /* stop partner: only in this project; NULL: in all */
	const char *until;   /* consent (NULL: as far as the proposal goes), accredit */
	const char *reason;  /* "en text"; NULL: none */
	const char *output;
	int offline;         /* write and sign only: nothing is asked and nothing submitted */
	struct entente_list keys;
};
/* what: the proposal */
ENTENTE_API enum entente_status entente_charter_consent(struct entente_profile *profile, const struct entente_statement *statement,
    enum entente_format format, char **report, struct entente_error *err);
/* what: path of a node's home, whose keys are published; or "retire", "destroy" with target a kid */
ENTENTE_API enum entente_status entente_charter_key(struct entente_profile *profile, const struct entente_statement *statement,
    enum entente_format format, char **report, struct entente_error *err);
/* what: "en words", or the hash of a proposal */
ENTENTE_API enum entente_status entente_charter_note(struct entente_profile *profile, const struct entente_statement *statement,
    enum entente_format format, char **report, struct entente_error *err);
/* what: a statement's hash; or "project" with target its name; "membership"; "charter" */
ENTENTE_API enum entente_status entente_charter_withdraw(struct entente_profile *profile, const struct entente_statement *statement,
    enum entente_format format, char **report, struct entente_error *err);
/* what: "partner", "project", "proposal", "person", "file" (target a uuid or a protected file's path), "key" (a kid, or an officer's
 * or log's key by a unique part of its name); target: which one */
ENTENTE_API enum entente_status entente_charter_stop(struct entente_profile *profile, const struct entente_statement *statement,
    enum entente_format format, char **report, struct entente_error *err);
/* what: the stop's hash */
ENTENTE_API enum entente_status entente_charter_resume(struct entente_profile *profile, const struct entente_statement *statement,
    enum entente_format format, char **report, struct entente_error *err);
/* what: the party; target: the posture profile */
ENTENTE_API enum entente_status entente_charter_accredit(struct entente_profile *profile, const struct entente_statement *statement,
    enum entente_format format, char **report, struct entente_error *err);

/* Members, partners, projects, pending proposals and who has yet to consent, stops. offline: only what the cache holds. */
ENTENTE_API enum entente_status entente_charter_show(struct entente_profile *profile, int offline, enum entente_format format, char **text,
    struct entente_error *err);
/* Verify a genesis file (path), or the whole mirror of a profile (path NULL). */
ENTENTE_API enum entente_status entente_charter_verify(struct entente_profile *profile, const char *path, enum entente_format format,
    char **text, struct entente_error *err);
/* Every statement of every log in words, in order of time. since NULL: from the beginning; else an RFC 3339 UTC time. */
ENTENTE_API enum entente_status entente_charter_history(struct entente_profile *profile, int offline, const char *since,
    enum entente_format format, char **text, struct entente_error *err);

/* A question about the present, or about an earlier time. */
struct entente_question {
	int offline;      /* only what the profile's copy of the charter holds */
	const char *at;   /* RFC 3339 UTC; NULL: now */
	const char *as;   /* why FILE: the person <sub>@<party> */
	struct entente_list claims; /* "projects=quantum,sonar", "nationality=AUS": instead of the person's own token */
};
/* May this party receive key shares in this project? ENTENTE_DENIED when not; the text is given in both cases. */
ENTENTE_API enum entente_status entente_why(struct entente_profile *profile, const char *party, const char *project,
    const struct entente_question *question, enum entente_format format, char **text, struct entente_error *err);
/*
 * May this person open this file? Claims are those of the profile's own token if the person is its account, else `claims`,
 * else the answer is conditional ("provided au.example vouches for alice in quantum"). ENTENTE_DENIED when not.
 */
ENTENTE_API enum entente_status entente_why_file(struct entente_profile *profile, const char *file, const struct entente_question *question,
    enum entente_format format, char **text, struct entente_error *err);

/* ---- the node's operator ---- */

struct entente_node_init {
	const char *home;
	const char *party;
	const char *url;
	const char *listen;    /* NULL: host and port of url */
	const char *sync_interval; /* "30s", "200ms"; NULL: 30s */
	const char *role;      /* "member"; "issuer": a partner's node (C-76); NULL: member */
	int demonstration;
};
ENTENTE_API enum entente_status entente_node_init(const struct entente_node_init *init, struct entente_error *err);

struct entente_account {
	const char *name;
	struct entente_list projects;
	const char *clearance;
	struct entente_list nationality;
	const char *secret_file; /* the new secret is written here, 0600 */
};
ENTENTE_API enum entente_status entente_account_add(const char *home, const struct entente_account *account, struct entente_error *err);
ENTENTE_API enum entente_status entente_account_list(const char *home, enum entente_format format, char **text, struct entente_error *err);
ENTENTE_API enum entente_status entente_account_remove(const char *home, const char *name, struct entente_error *err);

/* Is the node up, whom has it heard when. ENTENTE_UNAVAILABLE when it does not serve; the text is given too, if it answers at all. */
ENTENTE_API enum entente_status entente_node_status(struct entente_profile *profile, enum entente_format format, char **text, struct entente_error *err);

/* ---- the access log ---- */

/* The last `count` entries of a node's access log, with their records where the home still holds them. */
ENTENTE_API enum entente_status entente_audit_tail(const char *home, size_t count, enum entente_format format, char **text, struct entente_error *err);
/* Recompute the whole log of a home: entries, tiles, root, signature, records against their commitments. ENTENTE_TAMPERED names the entry. */
ENTENTE_API enum entente_status entente_audit_verify(const char *home, enum entente_format format, char **text, struct entente_error *err);

/* One record in full, own or received: what is an entry's index or a request id; from: the member in whose log it stands, NULL: the own. */
ENTENTE_API enum entente_status entente_audit_show(const char *home, const char *from, const char *what, enum entente_format format, char **text,
    struct entente_error *err);
/* Who opened a file of this member (its originator), and who was refused, at which nodes. file: a uuid, or a protected file's path. */
ENTENTE_API enum entente_status entente_audit_who_opened(const char *home, const char *file, enum entente_format format, char **text,
    struct entente_error *err);

#ifdef __cplusplus
}
#endif

#endif
