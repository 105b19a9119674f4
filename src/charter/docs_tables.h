/* The grammar of each kind of text, as rows (docs_tables.c, docs_acts.c). Shared by the docs files only. */
#ifndef ENT_CHARTER_DOCS_TABLES_H
#define ENT_CHARTER_DOCS_TABLES_H

#include "charter/docs.h"
#include "charter/grammar.h"

struct ent_doc_table {
	const char *header;  /* the first line starts with these words */
	const char *said_as; /* proposals: the kind in `says` */
	enum ent_doc_kind kind;
	enum ent_proposal_kind proposal; /* when kind says so */
	const struct ent_row *rows;
	size_t offset;       /* of the bound struct in struct ent_doc */
	size_t text_max;
};

/* NULL: no kind of text starts like this. */
const struct ent_doc_table *ent_doc_table_for_line(struct ent_view first_line);
/* NULL: no such kind. */
const struct ent_doc_table *ent_doc_table_for_doc(const struct ent_doc *doc);

/* A row's field, bound to a member: F(HASH, struct ent_alive, charter). */
#define ENT_F(kind, type, member) { ENT_FIELD_##kind, offsetof(type, member), 0, NULL }
#define ENT_F2(kind, type, first, then) { ENT_FIELD_##kind, offsetof(type, first), offsetof(type, then), NULL }
#define ENT_FW(kind, type, member, list) { ENT_FIELD_##kind, offsetof(type, member), 0, list }
#define ENT_WORD(word) { ENT_FIELD_LITERAL, 0, 0, word }

/* The names of acts, in the order of enum ent_act, as one choice. */
#define ENT_ACT_NAMES                                                                                                  \
	"consent|key|issuer-key|note|withdraw|stop|resume|accredit|retire|destroy|rotate|accept|decline|handover"

/* The line of an act (docs_acts.c), for a row of the statement's table. base is a struct ent_statement whose act is set. */
ENT_MUST_USE enum ent_status ent_act_parse(void *base, struct ent_arena *arena, struct ent_view line, struct ent_error *err);
ENT_MUST_USE enum ent_status ent_act_print(struct ent_buf *out, const void *base, struct ent_error *err);

#endif
