#include "decide/fqn.h"

/* Cut text at the next separator: *head before it, text behind it. */
static bool
cut(struct ent_view *head, struct ent_view *text, struct ent_view separator)
{
	const uint8_t *hit = text->len ? memmem(text->data, text->len, separator.data, separator.len) : NULL;

	if (hit == NULL)
		return false;
	*head = ent_view_slice(*text, 0, (size_t)(hit - text->data));
	*text = ent_view_slice(*text, head->len + separator.len, text->len);
	return true;
}

static bool
is_plain(struct ent_view part)
{
	return part.len > 0 && ent_view_find(part, '/', 0) == part.len;
}

enum ent_status
ent_fqn_parse(struct ent_fqn *out, bool *valid, struct ent_arena *arena, struct ent_view text, struct ent_error *err)
{
	struct ent_view rest;
	void *room;
	uint8_t *lower;

	*valid = false;
	ENT_TRY(ent_arena_alloc(arena, &room, text.len, 1, err));
	lower = room;
	for (size_t i = 0; i < text.len; i++)
		lower[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (uint8_t)(text.data[i] + 32) : text.data[i];
	rest = ent_view_from(lower, text.len);
	if (!ent_view_starts(rest, ENT_LIT("https://")))
		return ENT_OK;
	rest = ent_view_slice(rest, 8, rest.len);
	if (!cut(&out->host, &rest, ENT_LIT("/attr/")) || !cut(&out->name, &rest, ENT_LIT("/value/")))
		return ENT_OK;
	out->value = rest;
	*valid = is_plain(out->host) && is_plain(out->name) && is_plain(out->value);
	return ENT_OK;
}
