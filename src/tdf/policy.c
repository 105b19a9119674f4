#include "tdf/policy.h"

#include <jansson.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "tdf/manifest.h"

static void
json_auto_decref(json_t **json)
{
	json_decref(*json);
}
#define AUTO_JSON __attribute__((cleanup(json_auto_decref))) json_t

#define malformed(err, ...) ent_fail((err), ENT_E_FORMAT, "the policy is malformed: " __VA_ARGS__)

/* RFC 4122, 36 characters. Digits in either case: writers differ, and the text is reported as it stands. */
static bool
is_uuid(struct ent_view text)
{
	if (text.len != 36)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')))
			return false;
	}
	return true;
}

static struct ent_view
view_of(const json_t *string)
{
	return ent_view_from(json_string_value(string), json_string_length(string));
}

/* One list of texts; member is the one of each object that holds the text, or NULL where the elements are texts themselves. */
struct list {
	const char *name;
	const char *member;
	size_t max;
};

static enum ent_status
read_list(struct ent_view **out, size_t *count, struct ent_arena *arena, const json_t *array, const struct list *list,
    struct ent_error *err)
{
	const size_t n = json_array_size(array);
	void *items;

	*out = NULL;
	*count = 0;
	if (array == NULL || json_is_null(array))
		return ENT_OK;
	if (!json_is_array(array))
		return malformed(err, "\"%s\" is not a list", list->name);
	if (n > list->max)
		return ent_fail(err, ENT_E_LIMIT, "\"%s\" of the policy has %zu entries, limit %zu", list->name, n, list->max);
	ENT_TRY(ent_arena_alloc(arena, &items, n, sizeof(**out), err));
	*out = items;
	for (; *count < n; (*count)++) {
		const json_t *text = json_array_get(array, *count);

		if (list->member != NULL)
			text = json_object_get(text, list->member);
		if (!json_is_string(text) || json_string_length(text) == 0 || !ent_tdf_text_is_one_line(view_of(text)))
			return malformed(err, "entry %zu of \"%s\" is not as it should be", *count, list->name);
		for (size_t k = 0; k < *count; k++)
			if (ent_view_eq((*out)[k], view_of(text)))
				return malformed(err, "\"%s\" names %.*s twice", list->name, ENT_FMT((*out)[k]));
		ENT_TRY(ent_arena_dup(arena, &(*out)[*count], view_of(text), err));
	}
	return ENT_OK;
}

/* A note: has is set whatever the member holds, so that something that is not a note is refused later, not overlooked. */
static enum ent_status
read_note(bool *has, struct ent_view *note, struct ent_arena *arena, const json_t *member, struct ent_error *err)
{
	*has = member != NULL;
	*note = ENT_VIEW_NONE;
	return json_is_string(member) ? ent_arena_dup(arena, note, view_of(member), err) : ENT_OK;
}

static enum ent_status
read_policy(struct ent_policy *out, struct ent_arena *arena, const json_t *top, struct ent_error *err)
{
	static const struct list attributes = { "dataAttributes", "attribute", ENT_LIMIT_ATTRIBUTES };
	static const struct list dissem = { "dissem", NULL, ENT_LIMIT_DISSEM };
	const json_t *uuid = json_object_get(top, "uuid");
	const json_t *body = json_object_get(top, "body");

	if (!json_is_object(top) || !json_is_object(body))
		return malformed(err, "no object with a \"body\"");
	if (!json_is_string(uuid) || !is_uuid(view_of(uuid)))
		return malformed(err, "\"uuid\" is not a UUID (RFC 4122)");
	ENT_TRY(ent_arena_dup(arena, &out->uuid, view_of(uuid), err));
	ENT_TRY(read_list(&out->attributes, &out->attribute_count, arena, json_object_get(body, attributes.name), &attributes, err));
	ENT_TRY(read_list(&out->dissem, &out->dissem_count, arena, json_object_get(body, dissem.name), &dissem, err));
	ENT_TRY(read_note(&out->has_seal, &out->seal_note, arena, json_object_get(top, "entente"), err));
	return read_note(&out->has_writer, &out->writer_note, arena, json_object_get(top, "ententeWriter"), err);
}

enum ent_status
ent_policy_parse(struct ent_policy *out, struct ent_arena *arena, struct ent_view base64, struct ent_error *err)
{
	AUTO_JSON *top = NULL;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_POLICY);
	struct ent_error unsaid = { 0 };
	json_error_t where;

	*out = (struct ent_policy){ 0 };
	if (base64.len > ENT_LIMIT_POLICY)
		return ent_fail(err, ENT_E_LIMIT, "a policy of %zu characters, limit %u", base64.len, ENT_LIMIT_POLICY);
	if (ent_base64_decode(&text, ENT_BASE64_STD, base64, &unsaid) != ENT_OK)
		return malformed(err, "it is not base64");
	/* jansson refuses bad UTF-8, trailing bytes, U+0000 and, told so, duplicate members. */
	top = json_loadb(text.len > 0 ? (const char *)text.data : "", text.len, JSON_REJECT_DUPLICATES, &where);
	if (top == NULL)
		return malformed(err, "byte %d of its JSON is not as it should be", where.position); /* jansson's text quotes the input */
	ENT_TRY(ent_arena_dup(arena, &out->base64, base64, err));
	return read_policy(out, arena, top, err);
}

static json_t *
string_of(struct ent_view text)
{
	return json_stringn((const char *)text.data, text.len); /* NULL if it is not UTF-8 */
}

/* The shape that Go writes: readers want "attribute" only, and some expect the other members to be there. */
static json_t *
attribute_object(struct ent_view fqn)
{
	return json_pack("{s:o, s:s, s:b, s:s, s:s}", "attribute", string_of(fqn), "displayName", "", "isDefault", 0, "pubKey", "",
	    "kasURL", "");
}

static json_t *
list_of(const struct ent_view *texts, size_t count, json_t *(*make)(struct ent_view))
{
	json_t *array = json_array();

	for (size_t i = 0; i < count && array != NULL; i++)
		if (json_array_append_new(array, make(texts[i])) != 0) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

/* What we would refuse to read is not written. */
static enum ent_status
check_own(struct ent_view base64, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_policy policy;
	struct ent_error own = { 0 };

	ENT_TRY(ent_arena_new(&arena, 4 * (size_t)ENT_LIMIT_POLICY, err));
	if (ent_policy_parse(&policy, arena, base64, &own) == ENT_OK)
		return ENT_OK;
	return ent_fail(err, own.code == ENT_E_FORMAT ? ENT_E_INPUT : own.code, "no policy can be made of this: %s", own.text);
}

/* An empty note is left out. */
static bool
set_note(json_t *top, const char *member, struct ent_view note)
{
	return note.len == 0 || json_object_set_new(top, member, string_of(note)) == 0;
}

enum ent_status
ent_policy_print(struct ent_buf *out_base64, const struct ent_policy *policy, struct ent_error *err)
{
	const size_t before = out_base64->len;
	AUTO_JSON *top = json_pack("{s:o, s:{s:o, s:o}}", "uuid", string_of(policy->uuid), "body", "dataAttributes",
	    list_of(policy->attributes, policy->attribute_count, attribute_object), "dissem",
	    list_of(policy->dissem, policy->dissem_count, string_of));
	enum ent_status status;
	char *text;

	if (top == NULL || !set_note(top, "entente", policy->seal_note) || !set_note(top, "ententeWriter", policy->writer_note))
		return ent_fail(err, ENT_E_INPUT, "no policy can be made of texts that are not UTF-8");
	text = json_dumps(top, JSON_COMPACT);
	if (text == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for a policy");
	status = ent_base64_encode(out_base64, ENT_BASE64_STD, ent_view_str(text), err);
	free(text);
	if (status == ENT_OK)
		status = check_own(ent_view_slice(ent_buf_view(out_base64), before, SIZE_MAX), err);
	if (status != ENT_OK)
		out_base64->len = before;
	return status;
}

enum ent_status
ent_policy_build(struct ent_buf *out_base64, struct ent_view uuid, const struct ent_view *attributes, size_t attribute_count,
    const struct ent_view *dissem, size_t dissem_count, struct ent_view seal_note, struct ent_error *err)
{
	/* Printing changes nothing in the lists. */
	struct ent_policy policy = { .uuid = uuid, .attributes = (struct ent_view *)(uintptr_t)attributes, .attribute_count = attribute_count,
		.dissem = (struct ent_view *)(uintptr_t)dissem, .dissem_count = dissem_count, .seal_note = seal_note };

	return ent_policy_print(out_base64, &policy, err);
}
