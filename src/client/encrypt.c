/* encrypt: custody, shares, seal, then the file. What a reader would refuse is refused here, before a byte is written. */
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "charter/custody.h"
#include "client/client.h"
#include "client/writer.h"
#include "codec/base64.h"
#include "codec/time.h"
#include "crypto/wrap.h"
#include "decide/seal.h"
#include "tdf/policy.h"
#include "tdf/tdf.h"

enum { REL_MAX = 60, TO_MAX = ENT_LIMIT_DISSEM };

/* One encryption: everything between the options and the writer. */
struct job {
	struct entente_profile *profile;
	const struct entente_encrypt *options;
	struct ent_arena *arena;
	struct ent_state *state;
	bool offline;                /* sealed by the writer itself (C-71) */
	struct ent_writer writer;    /* then */
	const struct ent_standing *project;
	struct ent_view originator;  /* the member in whose name the file is made: the own party, or its sponsor */
	const char *seal_node;       /* the originator's */
	struct ent_custody custody;
	struct ent_secret **shares; /* one per split */
	struct ent_secret *key;     /* XOR of the shares */
	struct ent_kao *kaos;
	size_t kao_count;
	struct ent_view *attributes;
	size_t attribute_count;
	struct ent_view *dissem;
	size_t dissem_count;
	char uuid[ENT_UUID_TEXT_SIZE];
	struct ent_buf note;   /* the seal */
	struct ent_buf policy; /* base64 */
};

static void
job_fini(struct job *job)
{
	for (size_t i = 0; job->shares != NULL && i < job->custody.split_count; i++)
		ent_secret_free(job->shares[i]);
	ent_secret_free(job->key);
	ent_writer_fini(&job->writer);
	ent_state_free(job->state);
	ent_buf_fini(&job->note);
	ent_buf_fini(&job->policy);
	ent_arena_free(job->arena);
}

/* Refuse with the reasons of `why`: nothing may be written for a project that is not in force. */
static enum ent_status
refuse(const struct ent_reasons *reasons, const char *project, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) words = ent_buf_with_max(ENT_ERROR_TEXT_MAX * 4);
	const char *text;

	for (size_t i = 0; i < reasons->count; i++) {
		const struct ent_reason *r = &reasons->items[i];

		if (!ent_reason_row(r->code)->blocks)
			continue;
		ENT_TRY(ent_buf_printf(&words, err, "%s%s", words.len ? "; " : "", r->text));
		if (r->cure[0] != '\0')
			ENT_TRY(ent_buf_printf(&words, err, " (cure: %s)", r->cure));
	}
	ENT_TRY(ent_buf_cstr(&words, &text, err));
	return ent_fail(err, ent_reasons_outage(reasons) ? ENT_E_UNAVAILABLE : ENT_E_DENIED, "no file can be protected in %s now: %s",
	    project, text);
}

/* ---- with the node, or without it ---- */

/* A file's time: now, or a little later where the node that gave the certificate is a little ahead of us. */
static int64_t
created_unix_s(const struct job *job)
{
	const int64_t now = ent_clock_now(NULL), from = job->writer.doc.from_unix_s;

	return job->offline && now < from && from - now <= ENT_SKEW_S ? from : now;
}

static enum ent_status
load_writer(struct job *job, struct ent_error *err)
{
	const int64_t now = ent_clock_now(NULL);
	struct ent_error early = { 0 };

	if (ent_writer_load(&job->writer, job->profile, job->arena, job->state, now, &early) == ENT_OK)
		return ENT_OK;
	ent_writer_fini(&job->writer);
	/* The node that gave it may be ahead of us by what clocks may differ. */
	if (ent_writer_load(&job->writer, job->profile, job->arena, job->state, now + ENT_SKEW_S, err) == ENT_OK &&
	    job->writer.doc.from_unix_s > now)
		return ENT_OK;
	ent_error_clear(err);
	return ent_fail(err, early.code, "%s", early.text);
}

/* The cache was verified when it was pulled; what it says is derived at this machine's own time. */
static enum ent_status
go_offline(struct job *job, struct ent_error *err)
{
	ENT_TRY(ent_profile_offline(job->profile, err));
	ent_state_free(job->state);
	job->state = NULL;
	ENT_TRY(ent_profile_derive(job->profile, &job->state, err));
	job->offline = true;
	return load_writer(job, err);
}

/* The node is silent: with a certificate that is no harm. Without one, say what happened and what would have helped. */
static enum ent_status
do_without(struct job *job, const struct ent_error *silence, struct ent_error *err)
{
	struct ent_error why = { 0 };

	if (silence->code == ENT_E_UNREACHABLE && go_offline(job, &why) == ENT_OK)
		return ENT_OK;
	if (silence->code != ENT_E_UNREACHABLE || why.code == ENT_E_NO_MEMORY)
		return ent_fail(err, silence->code, "%s", silence->text);
	return ent_fail(err, silence->code, "%s; and it cannot be done without the node: %s", silence->text, why.text);
}

static enum ent_status
reach_home(struct job *job, struct ent_error *err)
{
	struct ent_error silence = { 0 };

	if (job->options->offline)
		return go_offline(job, err);
	if (ent_profile_sync(job->profile, &silence) == ENT_OK && ent_session_token(job->profile, &silence) == ENT_OK)
		return ent_profile_derive(job->profile, &job->state, err);
	return do_without(job, &silence, err);
}

/* ---- the project, and in whose name ---- */

/* A member's person writes in its member's name; a partner's in its sponsor's, whose node seals (C-37). */
static enum ent_status
find_originator(struct job *job, struct ent_error *err)
{
	struct ent_view party = ent_view_str(job->profile->party);
	const struct ent_standing *admission;
	const struct ent_member_state *sponsor;

	job->originator = party;
	job->seal_node = job->profile->node;
	if (ent_state_member(job->state, party) != NULL)
		return ENT_OK;
	admission = ent_state_admission(job->state, party, ent_view_str(job->options->project));
	if (admission == NULL || !admission->doc->proposal.role_contributor)
		return ent_fail(err, ENT_E_DENIED, "%s reads in %s and does not write there: its admission would have to say `role contributor`",
		    job->profile->party, job->options->project);
	sponsor = ent_state_member(job->state, admission->doc->proposal.sponsor);
	if (sponsor == NULL)
		return ent_fail(err, ENT_E_DENIED, "the sponsor of %s is no member", job->profile->party);
	job->originator = sponsor->party->name;
	ENT_TRY(ent_arena_strdup(job->arena, &job->seal_node, sponsor->party->node, err));
	/* A seal names a view that the node which seals serves. */
	return ent_profile_head(job->profile, job->seal_node, &job->profile->view, err);
}

static enum ent_status
find_project(struct job *job, struct ent_error *err)
{
	struct ent_reasons reasons = { .arena = job->arena };
	struct ent_view name = ent_view_str(job->options->project);

	ENT_TRY(ent_state_node_reasons(job->state, &reasons, err));
	ENT_TRY(ent_state_party_reasons(job->state, ent_view_str(job->profile->party), name, &reasons, err));
	job->project = ent_state_project(job->state, name);
	if (job->project == NULL || ent_reasons_block(&reasons))
		return refuse(&reasons, job->options->project, err);
	ENT_TRY(find_originator(job, err));
	return ent_custody_compile(&job->custody, job->arena, job->project->doc->proposal.custody, job->originator, err);
}

/* ---- shares and objects ---- */

static enum ent_status
make_shares(struct job *job, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(job->arena, &room, job->custody.split_count, sizeof(*job->shares), err));
	job->shares = room;
	ENT_TRY(ent_secret_new(&job->key, ENT_SHARE_LEN, err));
	for (size_t i = 0; i < job->custody.split_count; i++) {
		ENT_TRY(ent_secret_random(&job->shares[i], ENT_SHARE_LEN, err));
		ENT_TRY(ent_secret_xor(job->key, job->shares[i], err));
	}
	return ENT_OK;
}

static enum ent_status
wrap_for(struct job *job, struct ent_kao *kao, const struct ent_custody_split *split, struct ent_view member,
    const struct ent_secret *share, struct ent_error *err)
{
	const struct ent_member_key *published = ent_state_kas_key(job->state, member, ENT_KEY_EC_P256);
	const struct ent_member_state *holder = ent_state_member(job->state, member);
	ENT_AUTO(ent_pubkey) to = NULL;
	ENT_AUTO(ent_pubkey) ephemeral = NULL;
	ENT_AUTO_FINI(ent_buf) pem = ent_buf_with_max(ENT_SPKI_PEM_MAX);
	uint8_t blob[ENT_EC_WRAP_LEN];

	if (published == NULL || holder == NULL)
		return ent_fail(err, ENT_E_UNAVAILABLE,
		    "%.*s has published no key for shares: its officers run \"entente charter key\" first", ENT_FMT(member));
	ENT_TRY(ent_pubkey_from_spki(&to, published->public_key, err));
	ENT_TRY(ent_wrap_ec(blob, &ephemeral, to, share, err));
	ENT_TRY(ent_pubkey_pem(ephemeral, &pem, err));
	*kao = (struct ent_kao){ .type = ENT_LIT("ec-wrapped"), .url = holder->party->node, .protocol = ENT_LIT("kas"),
		.binding_alg = ENT_LIT("HS256"), .kid = published->kid, .sid = ent_view_str(split->sid),
		.schema_version = ENT_LIT("1.0") };
	ENT_TRY(ent_base64_encode_arena(job->arena, &kao->wrapped_key, ENT_BASE64_STD, ent_view_from(blob, sizeof(blob)), err));
	return ent_arena_dup(job->arena, &kao->ephemeral_pem, ent_buf_view(&pem), err);
}

static enum ent_status
wrap_all(struct job *job, struct ent_error *err)
{
	void *room;

	ENT_TRY(ent_arena_alloc(job->arena, &room, job->custody.object_count, sizeof(*job->kaos), err));
	job->kaos = room;
	for (size_t s = 0; s < job->custody.split_count; s++) {
		const struct ent_custody_split *split = &job->custody.splits[s];

		for (size_t m = 0; m < split->member_count; m++)
			ENT_TRY(wrap_for(job, &job->kaos[job->kao_count++], split, split->members[m], job->shares[s], err));
	}
	return ENT_OK;
}

/* The bindings need the policy, and the policy needs the seal: so they come last. */
static enum ent_status
bind_all(struct job *job, struct ent_error *err)
{
	size_t at = 0;

	for (size_t s = 0; s < job->custody.split_count; s++) {
		char hash[ENT_BINDING_SIZE];
		struct ent_view kept;

		ent_binding_make(hash, job->shares[s], ent_buf_view(&job->policy));
		ENT_TRY(ent_arena_dup(job->arena, &kept, ent_view_str(hash), err));
		for (size_t m = 0; m < job->custody.splits[s].member_count; m++)
			job->kaos[at++].binding_hash = kept;
	}
	return ENT_OK;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct ent_view *x = a, *y = b;

	return ent_view_cmp(*x, *y);
}

/* Sort and drop what occurs twice. */
static size_t
sort_unique(struct ent_view *items, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), by_bytes);
	for (size_t i = 1; i < count; i++)
		if (!ent_view_eq(items[i], items[kept]))
			items[++kept] = items[i];
	return kept + 1;
}

static enum ent_status
add_fqn(struct job *job, const char *attribute, const char *value, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_state_charter(job->state));
	const char *fqn;

	ENT_TRY(ent_arena_printf(job->arena, &fqn, err, "https://%.*s/attr/%s/value/%s", ENT_FMT(epoch->host), attribute, value));
	job->attributes[job->attribute_count++] = ent_view_str(fqn);
	return ENT_OK;
}

/* Three letters, as values of the attribute: lower case. */
static enum ent_status
country_value(char out[4], struct ent_view code, struct ent_error *err)
{
	if (code.len != 3)
		return ent_fail(err, ENT_E_USAGE, "\"%.*s\" is not a country code of three letters, as in --rel AUS,GBR,USA", ENT_FMT(code));
	for (size_t i = 0; i < 3; i++) {
		uint8_t c = code.data[i] | 0x20;

		if (c < 'a' || c > 'z')
			return ent_fail(err, ENT_E_USAGE, "\"%.*s\" is not a country code of three letters", ENT_FMT(code));
		out[i] = (char)c;
	}
	out[3] = '\0';
	return ENT_OK;
}

static enum ent_status
choose_attributes(struct job *job, struct ent_error *err)
{
	const struct entente_encrypt *options = job->options;
	const struct ent_member_state *originator = ent_state_member(job->state, job->originator);
	char value[4];
	void *room;

	if (options->rel_count > REL_MAX || options->to_count > TO_MAX)
		return ent_fail(err, ENT_E_LIMIT, "at most %d countries and %d persons", REL_MAX, TO_MAX);
	ENT_TRY(ent_arena_alloc(job->arena, &room, options->rel_count + 2, sizeof(struct ent_view), err));
	job->attributes = room;
	ENT_TRY(add_fqn(job, "project", options->project, err));
	for (size_t i = 0; i < options->rel_count; i++) {
		ENT_TRY(country_value(value, ent_view_str(options->rel[i]), err));
		ENT_TRY(add_fqn(job, "relto", value, err));
	}
	if (options->rel_count > 0 && originator != NULL) {
		ENT_TRY(country_value(value, originator->party->country, err));
		ENT_TRY(add_fqn(job, "relto", value, err));
	}
	job->attribute_count = sort_unique(job->attributes, job->attribute_count);
	ENT_TRY(ent_arena_alloc(job->arena, &room, options->to_count, sizeof(struct ent_view), err));
	job->dissem = room;
	for (size_t i = 0; i < options->to_count; i++) {
		struct ent_view sub, party;

		job->dissem[i] = ent_view_str(options->to[i]);
		ENT_TRY(ent_person_split(job->dissem[i], &sub, &party, err));
	}
	job->dissem_count = sort_unique(job->dissem, options->to_count);
	return ENT_OK;
}

static enum ent_status
seal_text(struct job *job, struct ent_buf *out, struct ent_error *err)
{
	struct ent_doc doc = { .kind = ENT_DOC_FILE };
	struct ent_file_doc *file = &doc.file;
	void *room;

	ENT_TRY(ent_arena_alloc(job->arena, &room, job->custody.split_count, sizeof(*file->splits), err));
	file->splits = room;
	file->split_count = job->custody.split_count;
	for (size_t i = 0; i < file->split_count; i++) {
		file->splits[i].sid = ent_view_str(job->custody.splits[i].sid);
		ent_split_hash(&file->splits[i].hash, job->shares[i]);
	}
	ENT_TRY(ent_uuid_random(job->uuid, err));
	file->charter = *ent_charter_id(ent_state_charter(job->state));
	file->uuid = ent_view_str(job->uuid);
	file->originator = job->originator;
	file->project = ent_view_str(job->options->project);
	file->proposal = job->project->doc->hash;
	file->custody = job->project->doc->proposal.custody;
	file->attributes = job->attributes;
	file->attribute_count = job->attribute_count;
	file->dissem = job->dissem;
	file->dissem_count = job->dissem_count;
	file->view = job->profile->view;
	file->created_unix_s = created_unix_s(job);
	file->has_until = job->options->until != NULL;
	if (file->has_until)
		ENT_TRY(ent_time_parse(&file->until_unix_s, ent_view_str(job->options->until), err));
	if (file->has_until && file->until_unix_s <= file->created_unix_s)
		return ent_fail(err, ENT_E_USAGE, "--until %s has passed already", job->options->until);
	return ent_doc_print(out, &doc, err);
}

/* ---- the seal ---- */

static enum ent_status
sign_as_writer(struct job *job, struct ent_view text, struct ent_error *err)
{
	const struct ent_signer *signer = job->writer.signer;

	return ent_note_sign(&job->note, text, &signer, 1, err);
}

static enum ent_status
ask_node(struct job *job, struct ent_view text, struct ent_error *err)
{
	struct ent_note note;

	if (ent_writer_ask(job->profile, job->seal_node, "Seal", "sealToken", json_pack("{s:s%}", "text", (const char *)text.data, text.len),
	    &job->note, err) != ENT_OK)
		return ent_error_context(err, "the node of %.*s did not seal the file", ENT_FMT(job->originator));
	ENT_TRY(ent_note_parse(&note, job->arena, ent_buf_view(&job->note), err));
	if (!ent_view_eq(note.text, text))
		return ent_fail(err, ENT_E_TAMPERED, "%s sealed another text than the one it was asked to", job->seal_node);
	return ENT_OK;
}

/* The node may fall silent between its tokens and its seal, too. */
static enum ent_status
seal(struct job *job, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_NOTE_MAX);
	struct ent_error silence = { 0 };

	if (!job->offline) {
		ENT_TRY(seal_text(job, &text, err));
		if (ask_node(job, ent_buf_view(&text), &silence) == ENT_OK)
			return ENT_OK;
		if (silence.code != ENT_E_UNREACHABLE)
			return ent_fail(err, silence.code, "%s", silence.text);
		job->offline = true;
		if (load_writer(job, &silence) != ENT_OK)
			return ent_fail(err, silence.code, "%s", silence.text);
		ent_buf_clear(&text);
		ent_buf_clear(&job->note);
	}
	ENT_TRY(seal_text(job, &text, err));
	return sign_as_writer(job, ent_buf_view(&text), err);
}

/* Whoever sealed it: what a reader's node would not believe is not written. */
static enum ent_status
check_seal(struct job *job, struct ent_error *err)
{
	struct ent_policy policy;
	struct ent_seal opened;

	ENT_TRY(ent_policy_parse(&policy, job->arena, ent_buf_view(&job->policy), err));
	if (ent_seal_open(&opened, job->arena, job->state, &policy, err) != ENT_OK)
		return ent_error_context(err, "the seal of this file would not be believed");
	if (opened.key->stopped)
		return ent_fail(err, ENT_E_DENIED, "%.*s has stopped the seal key %.*s: nobody would believe the file's seal",
		    ENT_FMT(job->originator), ENT_FMT(opened.key->kid));
	return ENT_OK;
}

static enum ent_status
make_policy(struct job *job, struct ent_error *err)
{
	struct ent_policy policy = { .uuid = ent_view_str(job->uuid), .attributes = job->attributes, .attribute_count = job->attribute_count,
		.dissem = job->dissem, .dissem_count = job->dissem_count, .seal_note = ent_buf_view(&job->note) };

	if (job->offline)
		policy.writer_note = ent_buf_view(&job->writer.note);
	ENT_TRY(ent_policy_print(&job->policy, &policy, err));
	return check_seal(job, err);
}

static enum ent_status
prepare(struct job *job, struct ent_error *err)
{
	if (!ent_project_name_valid(ent_view_str(job->options->project)))
		return ent_fail(err, ENT_E_USAGE, "\"%s\" is not a project's name (a-z, 0-9 and -)", job->options->project);
	ENT_TRY(ent_arena_new(&job->arena, ENT_CLIENT_ARENA_MAX, err));
	ENT_TRY(reach_home(job, err));
	ENT_TRY(find_project(job, err));
	ENT_TRY(choose_attributes(job, err));
	ENT_TRY(make_shares(job, err));
	ENT_TRY(wrap_all(job, err));
	ENT_TRY(seal(job, err));
	ENT_TRY(make_policy(job, err));
	return bind_all(job, err);
}

/* ---- the file ---- */

static enum ent_status
describe(const struct job *job, struct entente_encrypt_result *result, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) holders = ent_buf_with_max(8192);
	ENT_AUTO_FINI(ent_buf) rel = ent_buf_with_max(8192);
	const char *text;

	ENT_TRY(ent_path_join(result->uuid, sizeof(result->uuid), err, "%s", job->uuid));
	ent_hash_hex(result->proposal, &job->project->doc->hash);
	result->offline = job->offline;
	result->splits = job->custody.split_count;
	result->objects = job->custody.object_count;
	for (size_t s = 0; s < job->custody.split_count; s++) {
		const struct ent_custody_split *split = &job->custody.splits[s];

		ENT_TRY(ent_buf_printf(&holders, err, "%s%s: ", s ? "; " : "", split->sid));
		for (size_t m = 0; m < split->member_count; m++)
			ENT_TRY(ent_buf_printf(&holders, err, "%s%.*s", m ? " or " : "", ENT_FMT(split->members[m])));
	}
	for (size_t i = 0; i < job->attribute_count; i++) {
		struct ent_view fqn = job->attributes[i];
		size_t slash = ent_view_rfind(fqn, '/');

		if (memmem(fqn.data, fqn.len, "/attr/relto/value/", 18) != NULL)
			ENT_TRY(ent_buf_printf(&rel, err, "%s%.*s", rel.len ? "," : "", ENT_FMT(ent_view_slice(fqn, slash + 1, fqn.len))));
	}
	for (size_t i = 0; i < rel.len; i++)
		if (rel.data[i] >= 'a' && rel.data[i] <= 'z')
			rel.data[i] = (uint8_t)(rel.data[i] - 0x20);
	ENT_TRY(ent_buf_cstr(&rel, &text, err));
	snprintf(result->rel, sizeof(result->rel), "%s", text);
	ENT_TRY(ent_buf_cstr(&holders, &text, err));
	snprintf(result->holders, sizeof(result->holders), "%s", text); /* for people; a long list may be cut */
	return ENT_OK;
}

static enum ent_status
write_file(const struct job *job, int in_fd, uint64_t *plain_bytes, struct ent_error *err)
{
	const struct entente_encrypt *options = job->options;
	__attribute__((cleanup(ent_output_fini))) struct ent_output out = { .fd = -1 };
	struct ent_tdf_write write = { .in_fd = in_fd, .size_hint = options->size_hint, .entente_only = options->entente_only != 0,
		.key = job->key, .policy_base64 = ent_buf_view(&job->policy), .kaos = job->kaos, .kao_count = job->kao_count,
		.mime_type = options->mime_type, .threads = options->threads, .progress = options->progress,
		.progress_arg = options->progress_arg };

	ENT_TRY(ent_output_open(&out, options->output, options->force != 0, err));
	write.out_fd = out.fd;
	ENT_TRY(ent_tdf_write(&write, plain_bytes, err));
	return ent_output_commit(&out, err);
}

static enum ent_status
encrypt(struct entente_profile *profile, const struct entente_encrypt *options, struct entente_encrypt_result *result, struct ent_error *err)
{
	__attribute__((cleanup(job_fini))) struct job job = { .profile = profile, .options = options,
		.note = ent_buf_with_max(ENT_NOTE_MAX), .policy = ent_buf_with_max(ENT_LIMIT_POLICY) };
	ENT_AUTO_FD in_fd = -1;

	if (options->project == NULL)
		return ent_fail(err, ENT_E_USAGE, "no project is given: --project NAME says who may open the file");
	/* The cheap questions first: nobody seals a file whose input is not there. */
	ENT_TRY(ent_input_open(&in_fd, options->input, err));
	ENT_TRY(ent_output_check(options->output, options->force != 0, err));
	ENT_TRY(prepare(&job, err));
	*result = (struct entente_encrypt_result){ 0 };
	ENT_TRY(write_file(&job, in_fd, &result->plain_bytes, err));
	return describe(&job, result, err);
}

enum entente_status
entente_encrypt(struct entente_profile *profile, const struct entente_encrypt *options, struct entente_encrypt_result *result,
    struct entente_error *err)
{
	ENT_PUBLIC(err, encrypt(profile, options, result, ENT_PUBLIC_ERR));
}
