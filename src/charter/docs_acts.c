/* The line of a statement that says what is done (charter sections 2 and 3; docs/charter-spec-grammar.md, Acts). */
#include "charter/docs_tables.h"

#define ST struct ent_statement
#define F(kind, member) ENT_F(kind, ST, member)
#define UNTIL ENT_WORD("until"), F(TIME, until_unix_s)

struct form {
	enum ent_act act;
	enum ent_object object;
	struct ent_row row;
};

/* Of one act the longer keyword stands first: the first form that fits a line is its form. */
static const struct form forms[] = {
	{ ENT_ACT_CONSENT, ENT_OBJECT_NONE, { "consent", { F(HASH, target), UNTIL } } },
	{ ENT_ACT_KEY, ENT_OBJECT_KAS_KEY,
	    { "key", { F(KID, kid), ENT_WORD("kas"), F(ALGORITHM, algorithm), F(SPKI, public_key) } } },
	{ ENT_ACT_KEY, ENT_OBJECT_SEAL_KEY,
	    { "key", { F(KID, kid), ENT_WORD("seal"), F(ED25519, algorithm), F(RAW_KEY, public_key) } } },
	{ ENT_ACT_ISSUER_KEY, ENT_OBJECT_NONE, { "issuer-key",
	    { F(ISSUER, issuer), F(ISSUER_KID, kid), F(JWS_ALGORITHM, algorithm), F(SPKI, public_key), UNTIL } } },
	{ ENT_ACT_NOTE, ENT_OBJECT_PROPOSAL, { "note proposal", { F(HASH, target) } } },
	{ ENT_ACT_NOTE, ENT_OBJECT_TEXT, { "note text", { F(TITLE, note) } } },
	{ ENT_ACT_WITHDRAW, ENT_OBJECT_PROJECT, { "withdraw project", { F(PROJECT, project) } } },
	{ ENT_ACT_WITHDRAW, ENT_OBJECT_MEMBERSHIP, { "withdraw membership", { { ENT_FIELD_END } } } },
	{ ENT_ACT_WITHDRAW, ENT_OBJECT_CHARTER, { "withdraw charter", { { ENT_FIELD_END } } } },
	{ ENT_ACT_WITHDRAW, ENT_OBJECT_STATEMENT, { "withdraw", { F(HASH, target) } } },
	{ ENT_ACT_STOP, ENT_OBJECT_PARTNER, { "stop partner", { F(PARTY, party) } } },
	{ ENT_ACT_STOP, ENT_OBJECT_PARTNER_IN_PROJECT,
	    { "stop partner", { F(PARTY, party), ENT_WORD("project"), F(PROJECT, project) } } },
	{ ENT_ACT_STOP, ENT_OBJECT_PROJECT, { "stop project", { F(PROJECT, project) } } },
	{ ENT_ACT_STOP, ENT_OBJECT_PROPOSAL, { "stop proposal", { F(HASH, target) } } },
	{ ENT_ACT_STOP, ENT_OBJECT_PERSON, { "stop person", { F(PERSON, person) } } },
	{ ENT_ACT_STOP, ENT_OBJECT_FILE, { "stop file", { F(UUID, file) } } },
	{ ENT_ACT_STOP, ENT_OBJECT_KEY, { "stop key", { F(KEY_REF, key_name) } } },
	{ ENT_ACT_RESUME, ENT_OBJECT_NONE, { "resume", { F(HASH, target) } } },
	{ ENT_ACT_ACCREDIT, ENT_OBJECT_NONE, { "accredit", { F(PARTY, party), F(PROJECT, profile), UNTIL } } },
	{ ENT_ACT_RETIRE, ENT_OBJECT_NONE, { "retire", { F(KID, kid) } } },
	{ ENT_ACT_DESTROY, ENT_OBJECT_NONE, { "destroy", { F(KID, kid) } } },
	{ ENT_ACT_ROTATE, ENT_OBJECT_OFFICER, { "rotate officer", { F(NAME, key_name), F(VKEY, new_key) } } },
	{ ENT_ACT_ROTATE, ENT_OBJECT_LOG, { "rotate log", { F(VKEY, new_key) } } },
	{ ENT_ACT_ROTATE, ENT_OBJECT_WITNESS, { "rotate witness", { F(VKEY_WITNESS, new_key) } } },
	{ ENT_ACT_ACCEPT, ENT_OBJECT_NONE, { "accept", { F(U32, target_epoch), F(HASH, target) } } },
	{ ENT_ACT_DECLINE, ENT_OBJECT_NONE, { "decline", { ENT_F2(ATTEMPT, ST, target_epoch, target_attempt) } } },
	{ ENT_ACT_HANDOVER, ENT_OBJECT_NONE, { "handover", { F(KID, kid), ENT_WORD("to"), F(PARTY, party) } } },
};

static const char *const names[ENT_ACT_COUNT] = {
	[ENT_ACT_CONSENT] = "consent",
	[ENT_ACT_KEY] = "key",
	[ENT_ACT_ISSUER_KEY] = "issuer-key",
	[ENT_ACT_NOTE] = "note",
	[ENT_ACT_WITHDRAW] = "withdraw",
	[ENT_ACT_STOP] = "stop",
	[ENT_ACT_RESUME] = "resume",
	[ENT_ACT_ACCREDIT] = "accredit",
	[ENT_ACT_RETIRE] = "retire",
	[ENT_ACT_DESTROY] = "destroy",
	[ENT_ACT_ROTATE] = "rotate",
	[ENT_ACT_ACCEPT] = "accept",
	[ENT_ACT_DECLINE] = "decline",
	[ENT_ACT_HANDOVER] = "handover",
};

const char *
ent_act_name(enum ent_act act)
{
	ENT_ASSERT((size_t)act < ENT_ACT_COUNT);
	return names[act];
}

static bool
has_target(const struct form *form)
{
	for (const struct ent_field *field = form->row.fields; field->type != ENT_FIELD_END; field++)
		if (field->type == ENT_FIELD_HASH)
			return true;
	return false;
}

/* Keys and notes say by other members which form they are, so that whoever fills a struct cannot contradict himself. */
static enum ent_object
object_of(const struct ent_statement *statement)
{
	if (statement->act == ENT_ACT_KEY)
		return statement->key_use == ENT_KEY_USE_SEAL ? ENT_OBJECT_SEAL_KEY : ENT_OBJECT_KAS_KEY;
	if (statement->act == ENT_ACT_NOTE)
		return statement->note.text.len > 0 ? ENT_OBJECT_TEXT : ENT_OBJECT_PROPOSAL;
	return statement->object;
}

enum ent_status
ent_act_parse(void *base, struct ent_arena *arena, struct ent_view line, struct ent_error *err)
{
	struct ent_statement *statement = base;

	for (size_t i = 0; i < ENT_COUNT(forms); i++) {
		const struct form *form = &forms[i];

		if (form->act != statement->act || !ent_grammar_fits(&form->row, line))
			continue;
		ENT_TRY(ent_grammar_parse_line(&form->row, base, arena, line, err));
		statement->object = form->object;
		statement->has_target = has_target(form);
		statement->key_use = form->object == ENT_OBJECT_SEAL_KEY ? ENT_KEY_USE_SEAL : ENT_KEY_USE_KAS;
		statement->act_line = line;
		statement->has_not_after = statement->act != ENT_ACT_STOP; /* the table has the line for all others */
		if (statement->act > ENT_ACT_NOTE)
			statement->words = line;
		return ENT_OK;
	}
	return ent_fail(err, ENT_E_SYNTAX, "expected the words of the act `%s`", ent_act_name(statement->act));
}

enum ent_status
ent_act_print(struct ent_buf *out, const void *base, struct ent_error *err)
{
	const struct ent_statement *statement = base;

	if (statement->has_not_after != (statement->act != ENT_ACT_STOP))
		return ent_fail(err, ENT_E_INPUT, "every statement but a stop has a not-after, and a stop has none");
	for (size_t i = 0; i < ENT_COUNT(forms); i++)
		if (forms[i].act == statement->act && forms[i].object == object_of(statement))
			return ent_grammar_print_line(&forms[i].row, base, out, err);
	return ent_fail(err, ENT_E_INPUT, "a statement whose object its act does not have");
}
