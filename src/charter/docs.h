/*
 * The charter's texts (charter section 2, contracts "Grammar"): strict parse, exact print. Pure.
 *
 * One grammar, in a table: fixed line order per kind, one space between fields, a text is valid if and only if
 * ent_doc_print(ent_doc_parse(text)) == text byte for byte. Everything points into the text or the arena.
 * The parsers know the whole grammar; what this version does not enforce is refused by name by whoever would act on it.
 */
#ifndef ENT_CHARTER_DOCS_H
#define ENT_CHARTER_DOCS_H

#include "base/arena.h"
#include "note/note.h"

#define ENT_LIMIT_EPOCH_TEXT (256u << 10)
#define ENT_LIMIT_FREE_TEXT 400  /* bytes of a title's or reason's text */
#define ENT_LIMIT_MEMBERS 32
#define ENT_LIMIT_OFFICERS 32    /* per party */
#define ENT_LIMIT_LINES 4096     /* lines of one text */

enum ent_doc_kind {
	ENT_DOC_EPOCH,
	ENT_DOC_PROPOSAL,
	ENT_DOC_STATEMENT,
	ENT_DOC_ALIVE,
	ENT_DOC_VIEW,
	ENT_DOC_FILE,   /* the seal of a file */
	ENT_DOC_WRITER, /* a writer's certificate */
	ENT_DOC_ACCESS, /* access/v1: an entry of an access log */
	ENT_DOC_RECORD  /* record/v1: what an entry commits to */
};

struct ent_title {
	struct ent_view lang; /* BCP 47 */
	struct ent_view text; /* UTF-8, checked: no control, format, separator, private or unassigned characters */
};

struct ent_duration {
	struct ent_view text; /* kept as written */
	int64_t seconds;
};

struct ent_issuer {
	struct ent_view url;
	bool web; /* keys may be fetched from the issuer's web site */
};

/* A member of an epoch; also the body of a `party` proposal (then access_log and witness are empty). */
struct ent_party {
	struct ent_view name;
	struct ent_title *titles;
	size_t title_count;
	struct ent_view country; /* ISO 3166-1 alpha-3 */
	struct ent_vkey *officers;
	size_t officer_count;
	uint32_t quorum;
	struct ent_vkey statements_log;
	struct ent_vkey access_log; /* name.len 0: none */
	struct ent_vkey witness;    /* name.len 0: none */
	struct ent_view node;       /* URL without a final slash; empty: none */
	struct ent_issuer *issuers;
	size_t issuer_count;
	struct ent_view recovery_line; /* empty: none */
	struct ent_view sponsor;       /* party proposals only */
};

struct ent_rule {
	bool consents_all;
	uint32_t consents; /* when not all */
	uint32_t stops;
	struct ent_duration fresh;
};

struct ent_pillar {
	struct ent_view name;
	bool open;
};

struct ent_carry {
	struct ent_hash proposal;
	int64_t until_unix_s;
};

struct ent_epoch {
	uint32_t number;
	uint32_t attempt;
	bool has_parent;
	struct ent_hash parent;
	int64_t time_unix_s;
	struct ent_view host;
	struct ent_title *titles;
	size_t title_count;
	struct ent_party *members; /* sorted by name */
	size_t member_count;
	struct ent_view *former;
	size_t former_count;
	struct ent_pillar *pillars;
	size_t pillar_count;
	struct ent_rule rule_admit;
	struct ent_rule rule_project;
	bool has_rule_labels;
	struct ent_rule rule_labels;
	bool has_rule_profile;
	struct ent_rule rule_profile;
	bool bearer_home;
	struct ent_duration limit_accreditation;
	struct ent_duration limit_rotation_cooling;
	struct ent_duration limit_reseat_notice;
	struct ent_carry *carries;
	size_t carry_count;
	struct ent_hash *lifts;
	size_t lift_count;
};

enum ent_proposal_kind { ENT_PROPOSAL_PROJECT, ENT_PROPOSAL_PARTY, ENT_PROPOSAL_ADMIT, ENT_PROPOSAL_LABELS, ENT_PROPOSAL_PROFILE };

struct ent_requires {
	struct ent_view profile;
	bool from_all;
	uint32_t from; /* when not all */
	bool for_all;  /* participants too */
};

struct ent_proposal {
	enum ent_proposal_kind kind;
	struct ent_hash charter;
	bool has_replaces;
	struct ent_hash replaces;
	struct ent_title reason; /* text.len 0: none */
	struct ent_requires *requires;
	size_t requires_count;
	int64_t until_unix_s; /* project, admit */
	/* project */
	struct ent_view project; /* project and admit */
	struct ent_view pillar;
	struct ent_title *titles;
	size_t title_count;
	struct ent_view *participants; /* sorted */
	size_t participant_count;
	struct ent_view custody; /* the text behind the keyword */
	struct ent_duration fresh;
	bool has_labels;
	struct ent_hash labels;  /* project: of the `labels` proposal; labels: of the label policy file */
	bool originator_last; /* `originator last`; else any */
	bool unsealed_members;
	bool alone_allowed;
	/* party */
	struct ent_party party;
	/* admit */
	struct ent_view admit_party;
	struct ent_hash admit_party_proposal;
	bool role_contributor; /* else reader */
	struct ent_view sponsor;
	bool files_all;        /* else files since */
	int64_t files_since_unix_s;
	int64_t from_unix_s;
	/* profile (a posture in words: its titles) */
	struct ent_view profile;
	struct ent_hash evidence; /* of its evidence form */
};

enum ent_act {
	ENT_ACT_CONSENT,
	ENT_ACT_KEY,
	ENT_ACT_ISSUER_KEY,
	ENT_ACT_NOTE,
	ENT_ACT_WITHDRAW,
	ENT_ACT_STOP,
	ENT_ACT_RESUME,
	ENT_ACT_ACCREDIT,
	ENT_ACT_RETIRE,
	ENT_ACT_DESTROY,
	ENT_ACT_ROTATE,
	ENT_ACT_ACCEPT,
	ENT_ACT_DECLINE,
	ENT_ACT_HANDOVER,
	ENT_ACT_COUNT
};

enum ent_key_use { ENT_KEY_USE_KAS, ENT_KEY_USE_SEAL };

/* What an act is about, where its keyword alone does not say. Set it to print one of these; key and note follow from other members. */
enum ent_object {
	ENT_OBJECT_NONE,
	ENT_OBJECT_KAS_KEY,    /* key: as key_use says */
	ENT_OBJECT_SEAL_KEY,
	ENT_OBJECT_PROPOSAL,   /* note, stop */
	ENT_OBJECT_TEXT,       /* note: when note.text is there */
	ENT_OBJECT_STATEMENT,  /* withdraw */
	ENT_OBJECT_PROJECT,    /* withdraw, stop */
	ENT_OBJECT_MEMBERSHIP, /* withdraw: of a member */
	ENT_OBJECT_CHARTER,    /* withdraw: of a partner */
	ENT_OBJECT_PARTNER,    /* stop */
	ENT_OBJECT_PARTNER_IN_PROJECT,
	ENT_OBJECT_PERSON,
	ENT_OBJECT_FILE,
	ENT_OBJECT_KEY,
	ENT_OBJECT_OFFICER,    /* rotate */
	ENT_OBJECT_LOG,
	ENT_OBJECT_WITNESS
};

struct ent_statement {
	enum ent_act act;
	struct ent_view by;
	struct ent_hash charter;
	uint32_t epoch;
	struct ent_hash epoch_hash;
	int64_t time_unix_s;
	bool has_not_after; /* always but in a stop */
	int64_t not_after_unix_s;
	struct ent_title reason;
	struct ent_view act_line; /* the whole act line */
	enum ent_object object;
	/* consent, note proposal, stop proposal, resume, withdraw of a statement, accept: a hash */
	bool has_target;
	struct ent_hash target;
	int64_t until_unix_s; /* consent, issuer-key, accredit */
	struct ent_view says; /* consent: the text behind the keyword */
	/* key, issuer-key, retire, destroy, handover */
	enum ent_key_use key_use;
	struct ent_view kid;
	struct ent_view algorithm;  /* "ec:secp256r1", "ed25519", "ES256" */
	struct ent_view public_key; /* decoded: SPKI, or 32 bytes for seal keys */
	struct ent_view issuer;
	/* note text */
	struct ent_title note; /* text.len 0: a `note proposal` */
	/* the acts that this version does not act on yet: the whole act line, and its fields */
	struct ent_view words;
	struct ent_view party;    /* stop partner, accredit, handover */
	struct ent_view project;  /* stop, withdraw */
	struct ent_view person;   /* stop person */
	struct ent_view file;     /* stop file */
	struct ent_view profile;  /* accredit */
	struct ent_view key_name; /* stop key: a kid or <name>+<key id>; rotate officer: the old officer's name */
	struct ent_vkey new_key;  /* rotate */
	uint32_t target_epoch;    /* accept, decline */
	uint32_t target_attempt;  /* decline */
};

struct ent_alive {
	uint64_t index;
	struct ent_view by;
	struct ent_hash charter;
	int64_t time_unix_s;
	struct ent_hash view;
};

struct ent_view_log {
	struct ent_view origin;
	uint64_t size;
	struct ent_hash root;
};
struct ent_view_doc {
	struct ent_hash charter;
	uint32_t epoch;
	struct ent_hash epoch_hash;
	struct ent_view_log *logs; /* sorted by origin */
	size_t log_count;
	struct ent_hash *stops;
	size_t stop_count;
};

struct ent_split_line {
	struct ent_view sid;
	struct ent_hash hash;
};
struct ent_file_doc {
	struct ent_hash charter;
	struct ent_view uuid;
	struct ent_view originator;
	struct ent_view project;
	struct ent_hash proposal;
	struct ent_view custody;
	struct ent_split_line *splits; /* in custody order: 1, 2, ... */
	size_t split_count;
	struct ent_view *attributes; /* sorted bytewise, no duplicates */
	size_t attribute_count;
	struct ent_view *dissem; /* sorted bytewise, no duplicates */
	size_t dissem_count;
	struct ent_hash view;
	int64_t created_unix_s;
	bool has_until;
	int64_t until_unix_s;
};

struct ent_writer_doc {
	struct ent_hash charter;
	struct ent_view originator;
	struct ent_view person;
	struct ent_vkey key;
	int64_t from_unix_s;
	int64_t until_unix_s;
};

enum ent_result { ENT_RESULT_RELEASED, ENT_RESULT_REFUSED, ENT_RESULT_SEALED, ENT_RESULT_SUMMARY };
const char *ent_result_name(enum ent_result result);

struct ent_access_doc {
	uint64_t index;
	int64_t time_unix_s;
	enum ent_result result;
	struct ent_hash view;
	struct ent_hash record;       /* SHA-256(salt || full record) */
	struct ent_hash short_record; /* SHA-256(salt || short record) */
};

struct ent_share_line {
	struct ent_view sid; /* "-" when the file has none */
	struct ent_view kid;
	struct ent_hash wrapped; /* SHA-256 of the wrapped key that was handed out */
};
struct ent_reason_line {
	struct ent_view code;
	struct ent_view cite; /* "-" when there is none */
};
struct ent_record_doc {
	bool full; /* else short: only request, time, result, person, file, reasons */
	struct ent_view request;
	int64_t time_unix_s;
	enum ent_result result;
	struct ent_view party; /* "-" for unknown, here and below */
	struct ent_view person;
	struct ent_view project;
	struct ent_view originator;
	struct ent_view file;
	bool has_policy; /* a "-" is printed for an absent hash */
	struct ent_hash policy; /* SHA-256 of the base64 policy; of the seal's text when the result is sealed */
	bool has_token;
	struct ent_hash token;
	bool has_session;
	struct ent_hash session;
	struct ent_share_line *shares;
	size_t share_count;
	struct ent_view *attributes;
	size_t attribute_count;
	struct ent_reason_line *reasons;
	size_t reason_count;
	struct ent_view software;
};

struct ent_doc {
	enum ent_doc_kind kind;
	struct ent_hash hash; /* SHA-256 of the text */
	struct ent_view text; /* the text that was parsed, borrowed */
	union {
		struct ent_epoch epoch;
		struct ent_proposal proposal;
		struct ent_statement statement;
		struct ent_alive alive;
		struct ent_view_doc view;
		struct ent_file_doc file;
		struct ent_writer_doc writer;
		struct ent_access_doc access;
		struct ent_record_doc record;
	};
};

/* Parse the text of any kind. ENT_E_SYNTAX names the line number and what was expected; ENT_E_LIMIT. Checks the print identity itself. */
ENT_MUST_USE enum ent_status ent_doc_parse(struct ent_doc *out, struct ent_arena *arena, struct ent_view text, struct ent_error *err);

/* Print (append) the one text that parses to this document. ENT_E_INPUT when a field cannot be printed (a name with a space). */
ENT_MUST_USE enum ent_status ent_doc_print(struct ent_buf *out, const struct ent_doc *doc, struct ent_error *err);

/*
 * Internal consistency that needs no other document: epoch thresholds (1 <= quorum <= officers, 2q > officers), one key once,
 * one issuer once, sorted members, known pillars; project: participants sorted, custody grammar and members, names.
 * ENT_E_INPUT.
 */
ENT_MUST_USE enum ent_status ent_doc_check(const struct ent_doc *doc, struct ent_error *err);

/* The keyword of an act: "consent", "issuer-key", ... */
const char *ent_act_name(enum ent_act act);

/* Put shares, attributes and reasons of a record into the order in which the grammar prints them, and drop repetitions. */
void ent_record_sort(struct ent_record_doc *record);

/* The `says` value for a consent to this proposal: kind and every line after `charter` but titles and reason, keys and hashes shortened. Appends. */
ENT_MUST_USE enum ent_status ent_says_make(struct ent_buf *out, struct ent_view proposal_text, struct ent_error *err);

/* Names: [a-z0-9./-]+, no label starting xn--; a project or profile: [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?; a person: <sub>@<party>. */
bool ent_name_valid(struct ent_view name);
bool ent_project_name_valid(struct ent_view name);
/* Split at the last @; sub is 1 to 128 bytes of printable ASCII without space. */
ENT_MUST_USE enum ent_status ent_person_split(struct ent_view person, struct ent_view *sub, struct ent_view *party, struct ent_error *err);
bool ent_free_text_valid(struct ent_view text); /* at most ENT_LIMIT_FREE_TEXT bytes of printable UTF-8 */
bool ent_url_valid(struct ent_view url);        /* http(s)://host[:port][/path], no final slash, no query, no user, lower-case host */

#endif
