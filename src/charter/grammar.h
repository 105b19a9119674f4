/*
 * The engine behind docs.h: a table of rows is the grammar of a kind of text, and the binding of its fields to a struct.
 * One table serves parse, print and `says`, so that the three cannot disagree.
 *
 * A row is a line: a keyword, then fields, one space between. Rows follow in this order; each field is bound by offset.
 * Lines of a row that may repeat are elements of an array, sorted bytewise as printed.
 */
#ifndef ENT_CHARTER_GRAMMAR_H
#define ENT_CHARTER_GRAMMAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "note/note.h"

enum ent_field_type {
	ENT_FIELD_END,
	/* one word, bound to a struct ent_view */
	ENT_FIELD_NAME,           /* a key's or log's name */
	ENT_FIELD_PARTY,          /* a name without a slash: a party, a host */
	ENT_FIELD_PARTY_OR_DASH,
	ENT_FIELD_PROJECT,        /* a project's or profile's name */
	ENT_FIELD_PROJECT_OR_DASH,
	ENT_FIELD_PERSON,
	ENT_FIELD_PERSON_OR_DASH,
	ENT_FIELD_UUID,           /* lower case */
	ENT_FIELD_COUNTRY,
	ENT_FIELD_NODE,           /* a URL without a final slash */
	ENT_FIELD_ISSUER,         /* a URL; a final slash is kept, since tokens are compared byte for byte */
	ENT_FIELD_KID,            /* e-, r- or s- and 16 hex digits */
	ENT_FIELD_KEY_REF,        /* a kid, or <name>+<8 hex digits> for a key that signs notes */
	ENT_FIELD_ISSUER_KID,
	ENT_FIELD_ALGORITHM,      /* ec:secp256r1, rsa:2048, ... */
	ENT_FIELD_ED25519,        /* the word ed25519 */
	ENT_FIELD_JWS_ALGORITHM,
	ENT_FIELD_SID,
	ENT_FIELD_CODE,           /* a reason's name */
	ENT_FIELD_WORD,           /* printable ASCII without space */
	/* the rest of the line, bound to a struct ent_view */
	ENT_FIELD_CUSTODY,
	ENT_FIELD_SAYS,
	ENT_FIELD_FREE_TEXT,
	/* one word, bound to what is named */
	ENT_FIELD_HASH,           /* struct ent_hash */
	ENT_FIELD_HASH_OR_DASH,   /* bool, struct ent_hash */
	ENT_FIELD_TIME,           /* int64_t */
	ENT_FIELD_DURATION,       /* struct ent_duration */
	ENT_FIELD_U32,
	ENT_FIELD_U64,
	ENT_FIELD_ONE,            /* uint32_t, always 1 in v1 */
	ENT_FIELD_ATTEMPT,        /* uint32_t, uint32_t: k.a */
	ENT_FIELD_VKEY,           /* struct ent_vkey, type 0x01 */
	ENT_FIELD_VKEY_WITNESS,   /* struct ent_vkey, type 0x04 */
	ENT_FIELD_VKEY_LINE,      /* struct ent_view: the line of an 0x01 key */
	ENT_FIELD_SPKI,           /* struct ent_view, decoded */
	ENT_FIELD_RAW_KEY,        /* struct ent_view, decoded, 32 bytes */
	ENT_FIELD_LITERAL,        /* nothing: the word itself */
	ENT_FIELD_CHOICE,         /* bool: "false-word|true-word" */
	ENT_FIELD_ENUM,           /* an enum: "first|second|..." */
	ENT_FIELD_ALL_OR_COUNT,   /* bool, uint32_t */
	/* the rest of the line */
	ENT_FIELD_ALL_OR_SINCE,   /* bool, int64_t: `all` or `since <time>` */
	ENT_FIELD_TITLE,          /* struct ent_title */
	ENT_FIELD_OPTIONAL_WORDS, /* bool: these words, or nothing */
	ENT_FIELD_TYPE_COUNT
};

struct ent_field {
	enum ent_field_type type;
	size_t offset;
	size_t second;     /* where two members hold it */
	const char *words; /* LITERAL, CHOICE, ENUM, OPTIONAL_WORDS */
};

enum ent_presence {
	ENT_REQUIRED,
	ENT_IF_FLAG, /* there when the bool at `presence_at` is set */
	ENT_IF_VIEW  /* there when the view at `presence_at` is not empty */
};

enum ent_order {
	ENT_SORTED,        /* lines strictly ascending, bytewise */
	ENT_SORTED_UNIQUE, /* ... and no two with the same first field */
	ENT_COUNTED        /* first field 1, 2, 3, ... */
};

struct ent_row_list {
	size_t items;    /* offset of the array's pointer; size == 0: not a list */
	size_t count;    /* offset of the size_t count */
	size_t size;     /* of an element */
	size_t min;
	size_t max;
	enum ent_order order;
};

#define ENT_ROW_FIELDS 8

struct ent_row {
	const char *keyword; /* NULL ends a table */
	struct ent_field fields[ENT_ROW_FIELDS];
	enum ent_presence presence;
	size_t presence_at;
	struct ent_row_list list;
	const struct ent_row *group;     /* list: each element is these lines, the first of which has this keyword */
	bool (*when)(const void *base);  /* the row exists only then; NULL: always */
	/* A line whose form depends on the struct (acts). keyword is "". */
	enum ent_status (*parse)(void *base, struct ent_arena *arena, struct ent_view line, struct ent_error *err);
	enum ent_status (*print)(struct ent_buf *out, const void *base, struct ent_error *err);
	bool unsaid;                     /* left out of `says` */
};

/* Parse all of text (strict, canonical, no repair) into the struct at base. Errors name the line. */
ENT_MUST_USE enum ent_status ent_grammar_parse(const struct ent_row *rows, void *base, struct ent_arena *arena,
    struct ent_view text, struct ent_error *err);
/* Append the text of the struct at base. ENT_E_INPUT when it has none. */
ENT_MUST_USE enum ent_status ent_grammar_print(const struct ent_row *rows, const void *base, struct ent_buf *out,
    struct ent_error *err);
/* Append the lines that may be said, each after "; ", keys and hashes shortened. */
ENT_MUST_USE enum ent_status ent_grammar_say(const struct ent_row *rows, const void *base, struct ent_buf *out,
    struct ent_error *err);

/* One line, without LF. */
ENT_MUST_USE enum ent_status ent_grammar_parse_line(const struct ent_row *row, void *base, struct ent_arena *arena,
    struct ent_view line, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_grammar_print_line(const struct ent_row *row, const void *base, struct ent_buf *out,
    struct ent_error *err);
/* Does the line have the row's keyword, its literal words where they belong, and as many words? */
bool ent_grammar_fits(const struct ent_row *row, struct ent_view line);
/* Does the line start with this keyword, at a word's end? */
bool ent_grammar_starts(struct ent_view line, const char *keyword);

/* Fields (grammar_fields.c). text is the word, or the rest of the line. */
ENT_MUST_USE enum ent_status ent_field_parse(const struct ent_field *field, void *base, struct ent_arena *arena,
    struct ent_view text, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_field_print(const struct ent_field *field, const void *base, struct ent_buf *out,
    struct ent_error *err);
bool ent_field_takes_rest(const struct ent_field *field);
bool ent_field_is_shortened(const struct ent_field *field); /* a key or a hash: `says` has 16 hex digits of its SHA-256 */
bool ent_field_is_absent(const struct ent_field *field, const void *base); /* optional words that are not there */

/* The types that are bound to a view: form, name for errors, and whether they take the rest of the line (grammar_words.c). */
bool ent_words_valid(enum ent_field_type type, struct ent_view text);
const char *ent_words_expected(enum ent_field_type type);
bool ent_words_take_rest(enum ent_field_type type);

/* Lexical forms (docs_text.c). */
#define ENT_TEXT_NOT_UTF8 UINT32_MAX
/* UTF-8 (RFC 3629) without code points of Cc, Cf, Zl, Zp, Co, Cn, Cs. *offender: the first bad one, or ENT_TEXT_NOT_UTF8. */
bool ent_text_printable(struct ent_view text, uint32_t *offender);
bool ent_party_name_valid(struct ent_view name); /* a name without a slash: it is also a folder's name */
bool ent_word_valid(struct ent_view word);       /* printable ASCII without space, not empty */

static inline void *
ent_at(void *base, size_t offset)
{
	return (uint8_t *)base + offset;
}
static inline const void *
ent_at_const(const void *base, size_t offset)
{
	return (const uint8_t *)base + offset;
}

#endif
