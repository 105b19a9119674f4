/* decrypt and cat: open, ask, combine, stream. Nothing stands under the final name before the last segment is verified. */
#include <stdio.h>

#include "client/client.h"
#include "client/open.h"
#include "client/print.h"
#include "decide/seal.h"
#include "tdf/tdf.h"

struct reading {
	struct ent_arena *arena;
	struct ent_state *state;
	struct ent_tdf *tdf;
	struct ent_policy policy;
	struct ent_seal seal;
	bool sealed;
	struct ent_opened opened;
};

static void
reading_fini(struct reading *r)
{
	ent_opened_fini(&r->opened);
	ent_tdf_free(r->tdf);
	ent_state_free(r->state);
	ent_arena_free(r->arena);
}

static bool
split_matches(const struct ent_custody_split *split, const struct ent_state *state, const struct ent_manifest *manifest)
{
	size_t found = 0;

	for (size_t i = 0; i < manifest->kao_count; i++) {
		const struct ent_kao *kao = &manifest->kaos[i];
		const struct ent_party *holder;
		bool named = false;

		if (!ent_view_eq_str(kao->sid, split->sid))
			continue;
		holder = ent_profile_member_of(state, kao->url);
		for (size_t m = 0; holder != NULL && m < split->member_count; m++)
			named = named || ent_view_eq(split->members[m], holder->name);
		if (!named)
			return false;
		found++;
	}
	return found > 0;
}

/*
 * The sealed custody says which splits there are and who holds them; a manifest that says otherwise was changed after sealing.
 * (A holder's object may be missing: then the file is only less available.)
 */
static enum ent_status
check_custody(struct reading *r, struct ent_error *err)
{
	const struct ent_manifest *manifest = ent_tdf_manifest(r->tdf);
	const struct ent_file_doc *file = &r->seal.doc.file;
	struct ent_custody custody;

	ENT_TRY(ent_custody_compile(&custody, r->arena, file->custody, file->originator, err));
	if (custody.split_count != file->split_count)
		return ent_fail(err, ENT_E_TAMPERED, "the seal lists %zu splits, its custody makes %zu", file->split_count, custody.split_count);
	for (size_t i = 0; i < custody.split_count; i++) {
		if (!ent_view_eq_str(file->splits[i].sid, custody.splits[i].sid))
			return ent_fail(err, ENT_E_TAMPERED, "the seal's splits are not those of its custody");
		if (!split_matches(&custody.splits[i], r->state, manifest))
			return ent_fail(err, ENT_E_TAMPERED,
			    "the key access objects of split %s are not with the members that the sealed custody names", custody.splits[i].sid);
	}
	for (size_t i = 0; i < manifest->kao_count; i++) {
		bool known = false;

		for (size_t s = 0; s < custody.split_count; s++)
			known = known || ent_view_eq_str(manifest->kaos[i].sid, custody.splits[s].sid);
		if (!known)
			return ent_fail(err, ENT_E_TAMPERED, "a key access object belongs to split \"%.*s\", which the seal does not know",
			    ENT_FMT(manifest->kaos[i].sid));
	}
	return ENT_OK;
}

static enum ent_status
check_policy(struct reading *r, struct ent_error *err)
{
	ENT_TRY(ent_policy_parse(&r->policy, r->arena, ent_tdf_manifest(r->tdf)->policy_base64, err));
	r->sealed = r->policy.has_seal || r->policy.has_writer;
	if (!r->sealed)
		return ENT_OK;
	if (ent_seal_open(&r->seal, r->arena, r->state, &r->policy, err) != ENT_OK)
		return ent_error_context(err, "the file's seal is not acceptable");
	return check_custody(r, err);
}

/* Assertions are not verified yet: a file that carries one is refused unless its reader says that this is all right. */
static enum ent_status
check_assertions(const struct reading *r, bool ignore, struct ent_error *err)
{
	size_t count = ent_tdf_manifest(r->tdf)->assertion_count;

	if (count == 0 || ignore)
		return ENT_OK;
	return ent_fail(err, ENT_E_UNSUPPORTED,
	    "the file carries %zu assertion(s), which this version cannot verify; --ignore-assertions opens it without them", count);
}

static enum ent_status
open_file(struct reading *r, struct entente_profile *profile, const struct entente_decrypt *options, int in_fd, struct ent_error *err)
{
	ENT_TRY(ent_arena_new(&r->arena, ENT_CLIENT_ARENA_MAX, err));
	ENT_TRY(ent_tdf_open(&r->tdf, in_fd, NULL, err));
	ENT_TRY(check_assertions(r, options->ignore_assertions != 0, err));
	ENT_TRY(ent_profile_sync(profile, err));
	ENT_TRY(ent_profile_derive(profile, &r->state, err));
	ENT_TRY(check_policy(r, err));
	ENT_TRY(ent_open_key(&r->opened, profile, r->arena, r->state, ent_tdf_manifest(r->tdf), r->sealed ? &r->seal.doc.file : NULL, err));
	return ent_tdf_unlock(r->tdf, r->opened.key, err);
}

static enum ent_status
write_plain(struct reading *r, const struct entente_decrypt *options, struct ent_error *err)
{
	__attribute__((cleanup(ent_output_fini))) struct ent_output out = { .fd = -1 };
	struct ent_tdf_read read = { .offset = options->offset, .len = options->length, .threads = options->threads,
		.progress = options->progress, .progress_arg = options->progress_arg };

	ENT_TRY(ent_output_open(&out, options->output, options->force != 0, err));
	read.out_fd = out.fd;
	ENT_TRY(ent_tdf_read(r->tdf, &read, err));
	return ent_output_commit(&out, err);
}

/* Under `originator any` a refusal elsewhere binds the nodes within the project's freshness (charter section 5, Release). */
static int64_t
stop_bound_s(const struct reading *r)
{
	const struct ent_standing *project = r->sealed ? ent_state_project(r->state, r->seal.doc.file.project) : NULL;

	return project != NULL ? ent_state_fresh_s(r->state, project) : 0;
}

static enum ent_status
describe(struct reading *r, const struct entente_decrypt *options, struct entente_decrypt_result *result, struct ent_error *err)
{
	uint64_t size = ent_tdf_plain_size(r->tdf);
	uint64_t left = options->offset < size ? size - options->offset : 0;
	const char *text;

	result->plain_bytes = options->length < left ? options->length : left;
	result->stop_bound_s = stop_bound_s(r);
	snprintf(result->uuid, sizeof(result->uuid), "%.*s", ENT_FMT(r->policy.uuid));
	ENT_TRY(ent_buf_cstr(&r->opened.with, &text, err));
	snprintf(result->opened_with, sizeof(result->opened_with), "%s", text);
	ENT_TRY(ent_buf_cstr(&r->opened.notes, &text, err));
	snprintf(result->notes, sizeof(result->notes), "%s", text);
	/* For people, so they may be cut, but not to half a character. */
	ent_print_clean_lines(result->opened_with, strlen(result->opened_with));
	ent_print_clean_lines(result->notes, strlen(result->notes));
	return ENT_OK;
}

static enum ent_status
decrypt(struct entente_profile *profile, const struct entente_decrypt *options, struct entente_decrypt_result *result, struct ent_error *err)
{
	__attribute__((cleanup(reading_fini))) struct reading r = {
		.opened = { .with = ent_buf_with_max(8192), .notes = ent_buf_with_max(65536) }
	};
	ENT_AUTO_FD in_fd = -1;

	ENT_TRY(ent_input_open(&in_fd, options->input, err));
	ENT_TRY(ent_output_check(options->output, options->force != 0, err));
	ENT_TRY(open_file(&r, profile, options, in_fd, err));
	ENT_TRY(write_plain(&r, options, err));
	*result = (struct entente_decrypt_result){ 0 };
	return describe(&r, options, result, err);
}

enum entente_status
entente_decrypt(struct entente_profile *profile, const struct entente_decrypt *options, struct entente_decrypt_result *result,
    struct entente_error *err)
{
	ENT_PUBLIC(err, decrypt(profile, options, result, ENT_PUBLIC_ERR));
}
