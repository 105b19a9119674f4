/* inspect: what whoever has the file can see. No key, no token; with a profile the seal is verified against the charter. */
#include <jansson.h>

#include "client/client.h"
#include "client/print.h"
#include "codec/time.h"
#include "decide/seal.h"
#include "note/note.h"
#include "tdf/tdf.h"

struct look {
	struct ent_arena *arena;
	struct ent_state *state; /* NULL without a profile */
	struct ent_tdf *tdf;
	const struct ent_manifest *manifest;
	struct ent_policy policy;
	struct ent_error policy_error; /* code set: the policy is malformed */
	struct ent_seal seal;
	bool seal_readable;   /* the text was parsed */
	bool writer_readable; /* ... and the certificate's; nobody vouches for either while seal_error is set */
	struct ent_error seal_error; /* code set: why it was not verified */
};

static void
look_fini(struct look *look)
{
	ent_tdf_free(look->tdf);
	ent_state_free(look->state);
	ent_arena_free(look->arena);
}

/* What the notes say of themselves; for a file whose seal is not verified it is all that can be shown. */
static bool
read_note(struct look *look, struct ent_view bytes, enum ent_doc_kind kind, struct ent_doc *doc, struct ent_error *unread)
{
	struct ent_note note;

	if (ent_note_parse(&note, look->arena, bytes, unread) != ENT_OK || ent_doc_parse(doc, look->arena, note.text, unread) != ENT_OK)
		return false;
	if (doc->kind != kind)
		ent_error_set(unread, ENT_E_FORMAT, "it is another text");
	return doc->kind == kind;
}

static enum ent_status
look_at_seal(struct look *look)
{
	const struct ent_policy *policy = &look->policy;
	struct ent_error unread = { 0 };
	struct ent_seal opened;
	struct ent_doc writer;

	if (!policy->has_seal && !policy->has_writer)
		return ENT_OK;
	look->writer_readable = policy->has_writer && read_note(look, policy->writer_note, ENT_DOC_WRITER, &writer, &unread);
	if (look->writer_readable)
		look->seal.writer = writer.writer;
	if (policy->has_writer && !look->writer_readable)
		return ent_fail(&look->seal_error, ENT_E_FORMAT, "the writer's certificate cannot be read: %s", unread.text);
	look->seal_readable = read_note(look, policy->seal_note, ENT_DOC_FILE, &look->seal.doc, &unread);
	if (!look->seal_readable)
		return ent_fail(&look->seal_error, ENT_E_FORMAT, "the seal cannot be read: %s", unread.text);
	if (look->state == NULL)
		return ent_fail(&look->seal_error, ENT_E_UNAVAILABLE, "without a charter nothing says whose seal this is: give --profile");
	ENT_TRY(ent_seal_open(&opened, look->arena, look->state, policy, &look->seal_error));
	look->seal = opened;
	return ENT_OK;
}

static enum ent_status
look_into(struct look *look, struct entente_profile *profile, int fd, struct ent_error *err)
{
	ENT_TRY(ent_arena_new(&look->arena, ENT_CLIENT_ARENA_MAX, err));
	ENT_TRY(ent_tdf_open(&look->tdf, fd, NULL, err));
	look->manifest = ent_tdf_manifest(look->tdf);
	if (profile != NULL && ent_profile_mirror(profile, &look->seal_error) == ENT_OK)
		ENT_TRY(ent_profile_derive(profile, &look->state, err));
	ent_error_clear(&look->seal_error);
	if (ent_policy_parse(&look->policy, look->arena, look->manifest->policy_base64, &look->policy_error) == ENT_OK)
		ENT_IGNORE(look_at_seal(look)); /* its verdict is part of what is shown */
	return ENT_OK;
}

static enum ent_status
words_of_file(const struct ent_file_doc *file, struct ent_buf *out, struct ent_error *err)
{
	char created[ENT_TIME_TEXT_SIZE], until[ENT_TIME_TEXT_SIZE];
	char proposal[ENT_HASH_HEX_SIZE];

	ent_time_print(created, file->created_unix_s);
	ent_hash_hex(proposal, &file->proposal);
	ENT_TRY(ent_buf_printf(out, err, "originator  %.*s\nproject     %.*s (proposal %.16s)\ncustody     %.*s\ncreated     %s\n",
	    ENT_FMT(file->originator), ENT_FMT(file->project), proposal, ENT_FMT(file->custody), created));
	if (!file->has_until)
		return ENT_OK;
	ent_time_print(until, file->until_unix_s);
	return ent_buf_printf(out, err, "until       %s\n", until);
}

/* What the seal's key or writer being stopped means, only the nodes can say: they know who asks, and what is registered. */
static enum ent_status
words_of_stops(const struct look *look, struct ent_buf *out, struct ent_error *err)
{
	struct ent_reasons stops = { .arena = look->arena };

	if (look->seal.key->stopped)
		ENT_TRY(ent_buf_printf(out, err, "            its key %.*s is STOPPED: when it was sealed is not proven\n", ENT_FMT(look->seal.key->kid)));
	if (!look->seal.by_writer)
		return ENT_OK;
	ENT_TRY(ent_state_person_reasons(look->state, look->seal.writer.person, &stops, err));
	return ent_reasons_block(&stops) ? ent_buf_add_str(out, "            its writer is STOPPED: it opens for nobody\n", err) : ENT_OK;
}

static enum ent_status
words_of_seal(const struct look *look, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_writer_doc *writer = &look->seal.writer;
	char until[ENT_TIME_TEXT_SIZE];

	if (!look->policy.has_seal && !look->policy.has_writer)
		return ent_buf_add_str(out, "seal        none: originator and age are unknown\n", err);
	if (look->seal_readable)
		ENT_TRY(words_of_file(&look->seal.doc.file, out, err));
	if (look->writer_readable) {
		ent_time_print(until, writer->until_unix_s);
		ENT_TRY(ent_buf_printf(out, err, "sealed by   writer %s, certificate until %s\n", ent_print_text(look->arena, writer->person), until));
	}
	if (look->seal_error.code != ENT_OK)
		return ent_buf_printf(out, err, "seal        NOT verified: %s\n", look->seal_error.text);
	ENT_TRY(ent_buf_printf(out, err, "seal        verified: by %s%.*s's seal key in the charter\n",
	    look->seal.by_writer ? "a writer certified by " : "", ENT_FMT(look->seal.doc.file.originator)));
	return words_of_stops(look, out, err);
}

static enum ent_status
words(const struct look *look, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_manifest *m = look->manifest;

	ENT_TRY(ent_buf_printf(out, err, "format      TDF %s, %llu bytes in %u segments\n",
	    ent_print_text(look->arena, m->schema_version.len ? m->schema_version : ENT_LIT("4.2.2 (legacy)")),
	    (unsigned long long)ent_tdf_plain_size(look->tdf), m->segment_count));
	if (m->mime_type.len > 0)
		ENT_TRY(ent_buf_printf(out, err, "type        %s\n", ent_print_text(look->arena, m->mime_type)));
	if (look->policy_error.code != ENT_OK)
		ENT_TRY(ent_buf_printf(out, err, "policy      MALFORMED: %s\n", look->policy_error.text));
	else
		ENT_TRY(ent_buf_printf(out, err, "file        %.*s\n", ENT_FMT(look->policy.uuid)));
	ENT_TRY(words_of_seal(look, out, err));
	for (size_t i = 0; i < look->policy.attribute_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "attribute   %s\n", ent_print_text(look->arena, look->policy.attributes[i])));
	for (size_t i = 0; i < look->policy.dissem_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "only for    %s\n", ent_print_text(look->arena, look->policy.dissem[i])));
	for (size_t i = 0; i < m->kao_count; i++)
		ENT_TRY(ent_buf_printf(out, err, "share       split \"%s\" at %s (%s, key %s)\n", ent_print_text(look->arena, m->kaos[i].sid),
		    ent_print_text(look->arena, m->kaos[i].url), ent_print_text(look->arena, m->kaos[i].type),
		    ent_print_text(look->arena, m->kaos[i].kid)));
	if (m->assertion_count > 0)
		ENT_TRY(ent_buf_printf(out, err, "assertions  %zu, not verified\n", m->assertion_count));
	return ent_buf_add_str(out, "content     who wrote it is not proven; the rest is readable by whoever has the file\n", err);
}

static json_t *
text_of(struct ent_view view)
{
	return json_stringn((const char *)view.data, view.len); /* NULL when it is not UTF-8: the member is left out then */
}

static json_t *
list_of(const struct ent_view *items, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, text_of(items[i]));
	return list;
}

static void
set_time(json_t *object, const char *member, int64_t unix_s)
{
	char time[ENT_TIME_TEXT_SIZE];

	ent_time_print(time, unix_s);
	json_object_set_new(object, member, json_string(time));
}

static json_t *
json_of_writer(const struct look *look)
{
	const struct ent_writer_doc *writer = &look->seal.writer;
	json_t *out;

	if (!look->writer_readable)
		return json_null();
	out = json_object();
	json_object_set_new(out, "person", text_of(writer->person));
	json_object_set_new(out, "key", text_of(writer->key.line));
	set_time(out, "from", writer->from_unix_s);
	set_time(out, "until", writer->until_unix_s);
	return out;
}

static json_t *
json_of_seal(const struct look *look)
{
	const struct ent_file_doc *file = &look->seal.doc.file;
	const bool verified = look->seal_error.code == ENT_OK;
	char hex[ENT_HASH_HEX_SIZE];
	json_t *seal;

	if (!look->policy.has_seal && !look->policy.has_writer)
		return json_null();
	seal = json_object();
	json_object_set_new(seal, "verified", json_boolean(verified));
	if (!verified)
		json_object_set_new(seal, "problem", json_string(look->seal_error.text));
	else
		json_object_set_new(seal, "key_stopped", json_boolean(look->seal.key->stopped));
	json_object_set_new(seal, "writer", json_of_writer(look));
	if (!look->seal_readable)
		return seal;
	json_object_set_new(seal, "originator", text_of(file->originator));
	json_object_set_new(seal, "project", text_of(file->project));
	ent_hash_hex(hex, &file->proposal);
	json_object_set_new(seal, "proposal", json_string(hex));
	json_object_set_new(seal, "custody", text_of(file->custody));
	set_time(seal, "created", file->created_unix_s);
	if (file->has_until)
		set_time(seal, "until", file->until_unix_s);
	return seal;
}

static enum ent_status
as_json(const struct look *look, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_manifest *m = look->manifest;
	json_t *root = json_object();
	json_t *shares = json_array();
	enum ent_status status;
	char *text;

	for (size_t i = 0; i < m->kao_count; i++) {
		json_t *share = json_object();

		json_object_set_new(share, "sid", text_of(m->kaos[i].sid));
		json_object_set_new(share, "url", text_of(m->kaos[i].url));
		json_object_set_new(share, "type", text_of(m->kaos[i].type));
		json_object_set_new(share, "kid", text_of(m->kaos[i].kid));
		json_array_append_new(shares, share);
	}
	json_object_set_new(root, "schema_version", text_of(m->schema_version));
	json_object_set_new(root, "plain_bytes", json_integer((json_int_t)ent_tdf_plain_size(look->tdf)));
	json_object_set_new(root, "segments", json_integer(m->segment_count));
	json_object_set_new(root, "mime_type", text_of(m->mime_type));
	json_object_set_new(root, "policy_problem", look->policy_error.code ? json_string(look->policy_error.text) : json_null());
	json_object_set_new(root, "uuid", text_of(look->policy.uuid));
	json_object_set_new(root, "attributes", list_of(look->policy.attributes, look->policy.attribute_count));
	json_object_set_new(root, "dissem", list_of(look->policy.dissem, look->policy.dissem_count));
	json_object_set_new(root, "seal", json_of_seal(look));
	json_object_set_new(root, "shares", shares);
	json_object_set_new(root, "assertions", json_integer((json_int_t)m->assertion_count));
	text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	status = text != NULL ? ent_buf_printf(out, err, "%s\n", text) : ent_fail(err, ENT_E_NO_MEMORY, "no memory for JSON");
	free(text);
	return status;
}

static enum ent_status
inspect(struct entente_profile *profile, const char *input, enum entente_format format, char **text, struct ent_error *err)
{
	__attribute__((cleanup(look_fini))) struct look look = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4u << 20);
	ENT_AUTO_FD fd = -1;

	ENT_TRY(ent_input_open(&fd, input, err));
	ENT_TRY(look_into(&look, profile, fd, err));
	if (format == ENTENTE_JSON)
		ENT_TRY(as_json(&look, &out, err));
	else
		ENT_TRY(words(&look, &out, err));
	return ent_give_text(text, format, &out, err);
}

enum entente_status
entente_inspect(struct entente_profile *profile, const char *input, enum entente_format format, char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, inspect(profile, input, format, text, ENT_PUBLIC_ERR));
}
