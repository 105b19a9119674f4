/* May this person have this writer's certificate? (C-71) */
#include <stdio.h>

#include "decide/decide.h"
#include "decide/inquiry.h"

static enum ent_status
read_writer(struct inquiry *q, struct ent_view text, bool *readable)
{
	struct ent_error why = { 0 };
	struct ent_doc doc;
	enum ent_status status = ent_doc_parse(&doc, q->arena, text, &why);

	if (status == ENT_OK && doc.kind != ENT_DOC_WRITER)
		status = ent_fail(&why, ENT_E_REFUSED, "it is not a writer's certificate");
	if (status == ENT_OK)
		status = ent_doc_check(&doc, &why);
	if (status == ENT_E_NO_MEMORY || status == ENT_E_INTERNAL)
		return ent_fail(q->err, status, "%s", why.text);
	*readable = status == ENT_OK;
	if (!*readable)
		return say(q, ENT_R_SEAL_INVALID, "-", "", "the text cannot be certified: %s", why.text);
	q->out->by_writer = true;
	q->out->writer = doc.writer;
	q->out->originator = doc.writer.originator;
	return ENT_OK;
}

static bool
is_key_of_party(const struct ent_party *party, const uint8_t *key)
{
	const struct ent_vkey *own[] = { &party->statements_log, &party->access_log, &party->witness };

	for (size_t i = 0; i < party->officer_count; i++)
		if (memcmp(party->officers[i].key, key, ENT_ED25519_KEY_LEN) == 0)
			return true;
	for (size_t i = 0; i < ENT_COUNT(own); i++)
		if (own[i]->name.len > 0 && memcmp(own[i]->key, key, ENT_ED25519_KEY_LEN) == 0)
			return true;
	return false;
}

/* A key has one role: a writer's is no officer's, log's or seal key of anybody here. (Public keys, so no secret is compared.) */
static bool
is_known_key(const struct ent_state *state, const uint8_t *key)
{
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_member_state *member = ent_state_member_at(state, i);

		if (is_key_of_party(member->party, key))
			return true;
		for (size_t k = 0; k < member->key_count; k++)
			if (member->keys[k].use == ENT_KEY_USE_SEAL && memcmp(member->keys[k].vkey->key, key, ENT_ED25519_KEY_LEN) == 0)
				return true;
	}
	for (size_t i = 0; i < ent_state_partner_count(state); i++)
		if (is_key_of_party(ent_state_partner_at(state, i)->party, key))
			return true;
	return false;
}

static enum ent_status
ask_writer_key(struct inquiry *q)
{
	const struct ent_writer_doc *writer = &q->out->writer;
	char hex[ENT_HASH_HEX_SIZE], name[ENT_NOTE_NAME_MAX + 1];
	struct ent_hash hash;

	ent_sha256(&hash, ent_view_from(writer->key.key, ENT_ED25519_KEY_LEN));
	ent_hash_hex(hex, &hash);
	snprintf(name, sizeof(name), "%.*s/writer/%.16s", ENT_FMT(writer->originator), hex);
	if (!ent_view_eq_str(writer->key.name, name))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "", "the writer's key is named %.*s and must be named %s", ENT_FMT(writer->key.name),
		    name));
	if (is_known_key(q->state, writer->key.key))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "make a fresh key", "the writer's key has another role in this charter"));
	return ENT_OK;
}

static enum ent_status
ask_writer_text(struct inquiry *q)
{
	const struct ent_writer_doc *writer = &q->out->writer;
	int64_t now_unix_s = ent_state_now(q->state);

	if (!ent_view_eq(writer->originator, q->node->self))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "", "the originator is %.*s, and this node seals for %.*s", ENT_FMT(writer->originator),
		    ENT_FMT(q->node->self)));
	if (!ent_hash_eq(&writer->charter, ent_charter_id(ent_state_charter(q->state))))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "", "the text is of another charter"));
	if (!ent_view_eq(writer->person, q->out->person))
		ENT_TRY(say(q, ENT_R_SEAL_INVALID, "-", "", "the certificate is for %.*s, and %.*s asks for it", ENT_FMT(writer->person),
		    ENT_FMT(q->out->person)));
	/* A certificate from an earlier time would let its holder date files back. */
	if (writer->from_unix_s < now_unix_s - ENT_SKEW_S || writer->from_unix_s > now_unix_s + ENT_SKEW_S)
		ENT_TRY(say(q, ENT_R_SEAL_FUTURE, "-", "", "the certificate must begin now"));
	return ask_writer_key(q);
}

static enum ent_status
ask_all(struct inquiry *q, struct ent_view text)
{
	bool readable = false;

	ENT_TRY(ent_inquiry_node(q));
	if (q->state == NULL)
		return ENT_OK;
	ENT_TRY(ent_inquiry_party(q));
	if (q->party != NULL && !ent_view_eq(q->out->party, q->node->self))
		ENT_TRY(say(q, ENT_R_ISSUER_UNKNOWN, "-", "ask the node of your own party",
		    "this node certifies persons of %.*s only", ENT_FMT(q->node->self)));
	ENT_TRY(read_writer(q, text, &readable));
	if (readable)
		ENT_TRY(ask_writer_text(q));
	ENT_TRY(ent_inquiry_own_key(q));
	return ent_inquiry_person_stops(q);
}

enum ent_status
ent_decide_writer(struct ent_decision *out, struct ent_arena *arena, const struct ent_state *state, const struct ent_decide_node *node,
    const struct ent_person *person, struct ent_view writer_text, struct ent_error *err)
{
	struct inquiry q = { .out = out, .arena = arena, .state = state, .node = node, .person = person, .err = err };

	*out = (struct ent_decision){ .reasons = { .arena = arena } };
	ENT_TRY(ask_all(&q, writer_text));
	out->permit = !ent_reasons_block(&out->reasons);
	return ENT_OK;
}
