/* why FILE --as PERSON: decide as every node would, with the file's policy, and say whose nodes would have to answer. */
#include "client/why.h"

#include <unistd.h>

#include "client/print.h"
#include "client/why_person.h"
#include "tdf/tdf.h"

struct holder {
	const struct ent_kao *kao;
	const struct ent_party *member; /* NULL: no member's node has this URL */
	struct ent_reasons reasons;     /* why this node would release nothing of this file, whoever asks */
};

struct asking {
	struct ent_why why;
	struct ent_why_person who;
	struct ent_tdf *tdf;
	const struct ent_manifest *manifest;
	struct ent_policy policy;
	struct ent_decision decision;
	struct holder *holders; /* by split, in the order in which the splits stand in the file */
	size_t holder_count;
};

static void
asking_fini(struct asking *a)
{
	ent_tdf_free(a->tdf);
	ent_why_fini(&a->why);
}

/* ---- whose nodes hold the shares ---- */

/* May this node release anything under this key of this file (C-66, C-72, C-74)? */
static enum ent_status
ask_holder(struct asking *a, struct holder *holder, struct ent_error *err)
{
	const struct ent_decision *d = &a->decision;
	struct ent_view url = holder->kao->url, sid = holder->kao->sid;

	holder->reasons.arena = a->why.arena;
	holder->member = ent_profile_member_of(a->why.state, url);
	if (holder->member == NULL)
		return ent_reasons_add(&holder->reasons, err, ENT_R_NOT_A_HOLDER, "-", "", "%s is no member's node",
		    ent_print_text(a->why.arena, url));
	if (d->custody.split_count > 0 && !ent_decide_holds(&d->custody, holder->member->name, sid))
		return ent_reasons_add(&holder->reasons, err, ENT_R_NOT_A_HOLDER, "-", "", "the sealed custody gives %.*s no such share",
		    ENT_FMT(holder->member->name));
	ENT_TRY(ent_state_self_reasons(a->why.state, holder->member->name, &holder->reasons, err));
	ENT_TRY(ent_state_file_reasons(a->why.state, d->file, d->originator, holder->member->name, &holder->reasons, err));
	return ent_state_key_reasons(a->why.state, holder->member->name, holder->kao->kid, &holder->reasons, err);
}

static bool
seen_before(const struct ent_manifest *m, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (ent_view_eq(m->kaos[i].sid, m->kaos[at].sid))
			return true;
	return false;
}

static enum ent_status
find_holders(struct asking *a, struct ent_error *err)
{
	const struct ent_manifest *m = a->manifest;
	void *room;

	ENT_TRY(ent_arena_alloc(a->why.arena, &room, m->kao_count + 1, sizeof(*a->holders), err));
	a->holders = room;
	for (size_t i = 0; i < m->kao_count; i++)
		for (size_t k = i; k < m->kao_count && !seen_before(m, i); k++) {
			if (!ent_view_eq(m->kaos[k].sid, m->kaos[i].sid))
				continue;
			a->holders[a->holder_count] = (struct holder){ .kao = &m->kaos[k] };
			ENT_TRY(ask_holder(a, &a->holders[a->holder_count], err));
			a->holder_count++;
		}
	return ENT_OK;
}

/* One past the holders of the split that begins at `begin`; *able: at least one of them can release it. */
static size_t
split_end(const struct asking *a, size_t begin, bool *able)
{
	size_t end = begin;

	*able = false;
	for (; end < a->holder_count && ent_view_eq(a->holders[end].kao->sid, a->holders[begin].kao->sid); end++)
		*able |= !ent_reasons_block(&a->holders[end].reasons);
	return end;
}

/* A share that no node can release keeps the file closed: its holders' reasons are the answer's. */
static enum ent_status
add_closed_splits(struct asking *a, struct ent_error *err)
{
	bool able;

	for (size_t begin = 0, end; begin < a->holder_count; begin = end) {
		end = split_end(a, begin, &able);
		for (size_t i = begin; i < end && !able; i++)
			for (size_t k = 0; k < a->holders[i].reasons.count; k++) {
				const struct ent_reason *r = &a->holders[i].reasons.items[k];

				ENT_TRY(ent_reasons_add(&a->why.reasons, err, r->code, r->cite, r->cure, "%s", r->text));
			}
	}
	return ENT_OK;
}

/* ---- the question ---- */

static enum ent_status
read_file(struct asking *a, const char *file, struct ent_error *err)
{
	int fd;

	ENT_TRY(ent_input_open(&fd, file, err));
	if (ent_tdf_open(&a->tdf, fd, NULL, err) != ENT_OK) {
		close(fd);
		return ent_error_context(err, "%s", file);
	}
	a->manifest = ent_tdf_manifest(a->tdf);
	close(fd); /* what is asked for stands in the manifest */
	return ENT_OK;
}

static enum ent_status
ask(struct asking *a, struct entente_profile *profile, const char *file, const struct entente_question *question, struct ent_error *err)
{
	static const struct ent_decide_node nobody = { 0 };
	struct ent_error malformed = { 0 };
	bool readable;

	ENT_TRY(read_file(a, file, err));
	ENT_TRY(ent_why_open(&a->why, profile, question, err));
	ENT_TRY(ent_why_person(&a->who, a->why.arena, profile, question, a->why.state, err));
	readable = ent_policy_parse(&a->policy, a->why.arena, a->manifest->policy_base64, &malformed) == ENT_OK;
	ENT_TRY(ent_decide(&a->decision, a->why.arena, a->why.state, &nobody, &a->who.person, readable ? &a->policy : NULL, malformed.text, err));
	a->why.reasons = a->decision.reasons;
	/* Nobody speaks for this party yet, so the decision ended at its token; what it would need, derive says all the same. */
	if (a->decision.party.len == 0 && a->decision.project.len > 0)
		ENT_TRY(ent_state_party_reasons(a->why.state, a->who.party, a->decision.project, &a->why.reasons, err));
	ENT_TRY(ent_why_part(&a->why, a->who.party, a->decision.project, err));
	ENT_TRY(find_holders(a, err));
	return add_closed_splits(a, err);
}

static bool
conditional(const struct ent_reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (reasons->items[i].code == ENT_R_PROVIDED)
			return true;
	return false;
}

/* ---- words ---- */

static enum ent_status
holder_words(struct ent_buf *out, struct asking *a, const struct holder *holder, struct ent_error *err)
{
	if (holder->member != NULL)
		return ent_buf_printf(out, err, "%.*s", ENT_FMT(holder->member->name));
	return ent_buf_printf(out, err, "%s", ent_print_text(a->why.arena, holder->kao->url));
}

static enum ent_status
share_words(struct ent_buf *out, struct asking *a, struct ent_error *err)
{
	bool able;

	for (size_t begin = 0, end; begin < a->holder_count; begin = end) {
		struct ent_view sid = a->holders[begin].kao->sid;

		end = split_end(a, begin, &able);
		ENT_TRY(ent_buf_printf(out, err, "  share %s from ", sid.len > 0 ? ent_print_text(a->why.arena, sid) : "of the whole key"));
		for (size_t i = begin; i < end; i++) {
			ENT_TRY(ent_buf_add_str(out, i == begin ? "" : i + 1 == end ? " or " : ", ", err));
			ENT_TRY(holder_words(out, a, &a->holders[i], err));
		}
		ENT_TRY(ent_buf_add_byte(out, '\n', err));
		for (size_t i = begin; i < end && able; i++)
			for (size_t k = 0; k < a->holders[i].reasons.count; k++) {
				ENT_TRY(ent_buf_add_str(out, "    not from ", err));
				ENT_TRY(holder_words(out, a, &a->holders[i], err));
				ENT_TRY(ent_buf_add_str(out, ": ", err));
				ENT_TRY(ent_why_words_reason(out, &a->holders[i].reasons.items[k], err));
			}
	}
	return ENT_OK;
}

static const char *
may_words(const struct asking *a)
{
	return ent_reasons_block(&a->why.reasons) ? "may NOT" : conditional(&a->why.reasons) ? "may, on a condition," : "may";
}

static enum ent_status
words(struct ent_buf *out, struct asking *a, const char *file, struct ent_error *err)
{
	static const char *const sources[] = {
		[ENT_WHY_CLAIMS_UNKNOWN] = "not known: --claims projects=NAME,... says them",
		[ENT_WHY_CLAIMS_GIVEN] = "as given",
		[ENT_WHY_CLAIMS_TOKEN] = "of the person's own token, now",
	};

	ENT_TRY(ent_buf_printf(out, err, "%.*s %s open %s, ", ENT_FMT(a->who.id), may_words(a),
	    ent_print_text(a->why.arena, ent_view_str(file))));
	ENT_TRY(ent_why_words_end(out, &a->why, err));
	ENT_TRY(ent_why_words(out, &a->why, err));
	ENT_TRY(share_words(out, a, err));
	return ent_buf_printf(out, err, "  claims: %s\n", sources[a->who.source]);
}

/* ---- JSON ---- */

static json_t *
shares_json(struct asking *a)
{
	json_t *list = json_array();
	bool able;

	for (size_t begin = 0, end; begin < a->holder_count; begin = end) {
		json_t *split = json_object(), *holders = json_array();

		end = split_end(a, begin, &able);
		for (size_t i = begin; i < end; i++) {
			const struct holder *h = &a->holders[i];
			json_t *item = json_object();

			json_object_set_new(item, "member", ent_why_json_text(h->member != NULL ? h->member->name : ENT_VIEW_NONE));
			json_object_set_new(item, "url", ent_why_json_text(h->kao->url));
			json_object_set_new(item, "kid", ent_why_json_text(h->kao->kid));
			json_object_set_new(item, "able", json_boolean(!ent_reasons_block(&h->reasons)));
			json_object_set_new(item, "reasons", ent_why_json_reasons(&h->reasons));
			json_array_append_new(holders, item);
		}
		json_object_set_new(split, "sid", ent_why_json_text(a->holders[begin].kao->sid));
		json_object_set_new(split, "able", json_boolean(able));
		json_object_set_new(split, "holders", holders);
		json_array_append_new(list, split);
	}
	return list;
}

static enum ent_status
as_json(struct ent_buf *out, struct asking *a, const char *file, struct ent_error *err)
{
	static const char *const sources[] = {
		[ENT_WHY_CLAIMS_UNKNOWN] = "unknown", [ENT_WHY_CLAIMS_GIVEN] = "given", [ENT_WHY_CLAIMS_TOKEN] = "token"
	};
	json_t *root = json_object();
	enum ent_status status;

	json_object_set_new(root, "file", json_string(ent_print_text(a->why.arena, ent_view_str(file))));
	json_object_set_new(root, "uuid", ent_why_json_text(a->decision.file));
	json_object_set_new(root, "person", ent_why_json_text(a->who.id));
	json_object_set_new(root, "originator", ent_why_json_text(a->decision.originator));
	json_object_set_new(root, "sealed", json_boolean(a->decision.sealed));
	json_object_set_new(root, "claims", json_string(sources[a->who.source]));
	json_object_set_new(root, "conditional", json_boolean(!ent_reasons_block(&a->why.reasons) && conditional(&a->why.reasons)));
	json_object_set_new(root, "shares", shares_json(a));
	status = ent_why_json(root, &a->why, err);
	if (status == ENT_OK)
		return ent_give_json(out, root, err);
	json_decref(root);
	return status;
}

static enum ent_status
why_file(struct entente_profile *profile, const char *file, const struct entente_question *question, enum entente_format format,
    char **text, struct ent_error *err)
{
	__attribute__((cleanup(asking_fini))) struct asking a = { 0 };
	ENT_AUTO_FINI(ent_buf) out = ent_buf_with_max(4u << 20);

	if (file == NULL)
		return ent_fail(err, ENT_E_USAGE, "why needs a file, as in: entente why drawing.tdf --as alice@au.example");
	ENT_TRY(ask(&a, profile, file, question, err));
	if (format == ENTENTE_JSON)
		ENT_TRY(as_json(&out, &a, file, err));
	else
		ENT_TRY(words(&out, &a, file, err));
	ENT_TRY(ent_give_text(text, format, &out, err));
	return ent_reasons_block(&a.why.reasons) ? ent_fail(err, ENT_E_DENIED, "%s may not open %s", question->as, file) : ENT_OK;
}

enum entente_status
entente_why_file(struct entente_profile *profile, const char *file, const struct entente_question *question, enum entente_format format,
    char **text, struct entente_error *err)
{
	ENT_PUBLIC(err, why_file(profile, file, question, format, text, ENT_PUBLIC_ERR));
}
