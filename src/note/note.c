#include "note/note.h"

#include "codec/base64.h"
#include "note/key.h"
#include "note/text.h"

#define EM_DASH_SPACE "\xE2\x80\x94 "
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

enum {
	ID_LEN = 4,
	SIG_DATA_LEN = ID_LEN + ENT_ED25519_SIG_LEN, /* key id || signature */
};

/* text: not empty, ends in LF, no empty line: so the first empty line of a note is its only one, wherever one looks from. */
static enum ent_status
check_text(struct ent_view text, struct ent_error *err)
{
	if (text.len == 0 || text.data[text.len - 1] != '\n')
		return ent_fail(err, ENT_E_SYNTAX, "the text of a note must end in a newline");
	if (!ent_note_text_valid(text))
		return ent_fail(err, ENT_E_SYNTAX, "the text of a note must be UTF-8 without control characters but newline");
	if (ent_view_starts(text, ENT_LIT(BYTE_ORDER_MARK)))
		return ent_fail(err, ENT_E_SYNTAX, "the text of a note must not start with a byte order mark");
	if (text.data[0] == '\n' || memmem(text.data, text.len, "\n\n", 2) != NULL)
		return ent_fail(err, ENT_E_SYNTAX, "the text of a note must not hold an empty line");
	return ENT_OK;
}

static bool
same_key(const struct ent_note_signature *a, const struct ent_note_signature *b)
{
	return a->id == b->id && ent_view_eq(a->name, b->name);
}

/* "— name base64(id || signature)" */
static enum ent_status
parse_signature(struct ent_note_signature *out, struct ent_arena *arena, struct ent_view line, struct ent_error *err)
{
	struct ent_view rest = ent_view_slice(line, sizeof(EM_DASH_SPACE) - 1, line.len);
	size_t space = ent_view_find(rest, ' ', 0);
	struct ent_view raw;

	if (!ent_view_starts(line, ENT_LIT(EM_DASH_SPACE)) || space >= rest.len)
		return ent_fail(err, ENT_E_SYNTAX, "a signature line must be an em dash, a name and base64, with one space each");
	out->line = line;
	out->name = ent_view_slice(rest, 0, space);
	if (!ent_note_name_valid(out->name))
		return ent_fail(err, ENT_E_SYNTAX, "a signature line must name its key");
	ENT_TRY(ent_base64_decode_arena(arena, &raw, ENT_BASE64_STD, ent_view_slice(rest, space + 1, rest.len), err));
	if (raw.len <= ID_LEN)
		return ent_fail(err, ENT_E_SYNTAX, "a signature line of %.*s has no signature", ENT_FMT(out->name));
	out->id = (uint32_t)raw.data[0] << 24 | (uint32_t)raw.data[1] << 16 | (uint32_t)raw.data[2] << 8 | raw.data[3];
	out->bytes = ent_view_slice(raw, ID_LEN, raw.len);
	return ENT_OK;
}

static enum ent_status
add_signature(struct ent_note *note, struct ent_arena *arena, struct ent_view line, size_t *cap, struct ent_error *err)
{
	void *items = note->signatures;
	struct ent_note_signature *sig;

	if (note->signature_count == ENT_NOTE_SIGNATURES)
		return ent_fail(err, ENT_E_LIMIT, "a note with more than %d signature lines", ENT_NOTE_SIGNATURES);
	ENT_TRY(ent_arena_push(arena, &items, note->signature_count, cap, sizeof(*note->signatures), err));
	note->signatures = items;
	sig = &note->signatures[note->signature_count];
	ENT_TRY(parse_signature(sig, arena, line, err));
	for (size_t i = 0; i < note->signature_count; i++)
		if (same_key(&note->signatures[i], sig))
			return ent_fail(err, ENT_E_SYNTAX, "two signature lines by one key, %.*s", ENT_FMT(sig->name));
	note->signature_count++;
	return ENT_OK;
}

enum ent_status
ent_note_parse_max(struct ent_note *out, struct ent_arena *arena, struct ent_view bytes, size_t max, struct ent_error *err)
{
	struct ent_note note = { 0 };
	const uint8_t *empty;
	size_t cap = 0;

	if (bytes.len > max)
		return ent_fail(err, ENT_E_LIMIT, "a note of %zu bytes, limit %zu", bytes.len, max);
	if (!ent_note_text_valid(bytes))
		return ent_fail(err, ENT_E_SYNTAX, "a note must be UTF-8 without control characters but newline");
	empty = bytes.len ? memmem(bytes.data, bytes.len, "\n\n", 2) : NULL;
	if (empty == NULL)
		return ent_fail(err, ENT_E_SYNTAX, "a note must have an empty line before its signatures");
	note.text = ent_view_slice(bytes, 0, (size_t)(empty - bytes.data) + 1);
	ENT_TRY(check_text(note.text, err));
	for (size_t at = note.text.len + 1; at < bytes.len;) {
		size_t end = ent_view_find(bytes, '\n', at);

		if (end == bytes.len)
			return ent_fail(err, ENT_E_SYNTAX, "a note must end in a newline");
		ENT_TRY(add_signature(&note, arena, ent_view_slice(bytes, at, end - at), &cap, err));
		at = end + 1;
	}
	if (note.signature_count == 0)
		return ent_fail(err, ENT_E_SYNTAX, "a note without a signature line");
	*out = note;
	return ENT_OK;
}

enum ent_status
ent_note_parse(struct ent_note *out, struct ent_arena *arena, struct ent_view bytes, struct ent_error *err)
{
	return ent_note_parse_max(out, arena, bytes, ENT_NOTE_MAX, err);
}

/* ENT_OK: good; ENT_E_SIGNATURE: bad; anything else: we could not find out. */
static enum ent_status
verify_line(const struct ent_note *note, const struct ent_note_signature *sig, const struct ent_vkey *key,
    struct ent_error *err)
{
	if (sig->bytes.len != ENT_ED25519_SIG_LEN)
		return ent_fail(err, ENT_E_SIGNATURE, "a signature of %zu bytes", sig->bytes.len);
	return ent_ed25519_verify(key->key, sig->bytes.data, note->text, err);
}

/*
 * One signature line against every key of its name and id. Two such keys can be made on purpose (an id has 32 bits), so
 * each is tried; the line is bad when it is the signature of none of them.
 */
static enum ent_status
verify_signature(const struct ent_note *note, const struct ent_note_signature *sig, const struct ent_vkey *keys,
    size_t key_count, bool *good, struct ent_error *err)
{
	bool known = false;
	bool verified = false;

	for (size_t i = 0; i < key_count; i++) {
		struct ent_error own = { 0 };
		enum ent_status status;

		if (keys[i].id != sig->id || !ent_view_eq(keys[i].name, sig->name))
			continue;
		known = true;
		status = verify_line(note, sig, &keys[i], &own);
		if (status != ENT_OK && status != ENT_E_SIGNATURE)
			return ent_fail(err, status, "%s", own.text);
		if (status == ENT_OK)
			good[i] = verified = true;
	}
	if (known && !verified)
		return ent_fail(err, ENT_E_SIGNATURE, "the signature of %.*s does not verify: the note was changed, or is not its",
		    ENT_FMT(sig->name));
	return ENT_OK;
}

static bool
counted_before(const struct ent_vkey *keys, const bool *good, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (good[j] && memcmp(keys[j].key, keys[i].key, ENT_ED25519_KEY_LEN) == 0)
			return true;
	return false;
}

enum ent_status
ent_note_verify(const struct ent_note *note, const struct ent_vkey *keys, size_t key_count, bool *good, size_t *count,
    struct ent_error *err)
{
	*count = 0;
	for (size_t i = 0; i < key_count; i++) {
		good[i] = false;
		if (keys[i].type != ENT_NOTE_TYPE_ED25519)
			return ent_fail(err, ENT_E_INPUT, "key %.*s is of type 0x%02x: it signs no notes", ENT_FMT(keys[i].name),
			    keys[i].type);
	}
	for (size_t i = 0; i < note->signature_count; i++)
		ENT_TRY(verify_signature(note, &note->signatures[i], keys, key_count, good, err));
	for (size_t i = 0; i < key_count; i++)
		*count += good[i] && !counted_before(keys, good, i);
	return ENT_OK;
}

enum ent_status
ent_note_verify_one(const struct ent_note *note, const struct ent_vkey *key, struct ent_error *err)
{
	size_t count;
	bool good;

	ENT_TRY(ent_note_verify(note, key, 1, &good, &count, err));
	if (!good)
		return ent_fail(err, ENT_E_SIGNATURE, "not signed by %.*s+%08x", ENT_FMT(key->name), (unsigned)key->id);
	return ENT_OK;
}

static enum ent_status
sign_line(struct ent_buf *out, struct ent_view text, const struct ent_signer *signer, struct ent_error *err)
{
	const struct ent_vkey *vkey = ent_signer_vkey(signer);
	uint8_t data[SIG_DATA_LEN] = { (uint8_t)(vkey->id >> 24), (uint8_t)(vkey->id >> 16), (uint8_t)(vkey->id >> 8),
		(uint8_t)vkey->id };

	if (vkey->type != ENT_NOTE_TYPE_ED25519)
		return ent_fail(err, ENT_E_INPUT, "key %.*s is of type 0x%02x: it signs no notes", ENT_FMT(vkey->name), vkey->type);
	ENT_TRY(ent_signer_sign(signer, data + ID_LEN, text, err));
	ENT_TRY(ent_buf_printf(out, err, EM_DASH_SPACE "%.*s ", ENT_FMT(vkey->name)));
	ENT_TRY(ent_base64_encode(out, ENT_BASE64_STD, ent_view_from(data, sizeof(data)), err));
	return ent_buf_add_byte(out, '\n', err);
}

static enum ent_status
sign_all(struct ent_buf *out, struct ent_view text, const struct ent_signer *const *signers, size_t signer_count,
    struct ent_error *err)
{
	ENT_TRY(ent_buf_add(out, text, err));
	ENT_TRY(ent_buf_add_byte(out, '\n', err));
	for (size_t i = 0; i < signer_count; i++) {
		for (size_t j = 0; j < i; j++)
			if (ent_view_eq(ent_signer_vkey(signers[i])->line, ent_signer_vkey(signers[j])->line))
				return ent_fail(err, ENT_E_INPUT, "key %.*s would sign twice",
				    ENT_FMT(ent_signer_vkey(signers[i])->name));
		ENT_TRY(sign_line(out, text, signers[i], err));
	}
	return ENT_OK;
}

enum ent_status
ent_note_sign(struct ent_buf *out, struct ent_view text, const struct ent_signer *const *signers, size_t signer_count,
    struct ent_error *err)
{
	size_t before = out->len;
	enum ent_status status;

	if (signer_count == 0 || signer_count > ENT_NOTE_SIGNATURES)
		return ent_fail(err, ENT_E_INPUT, "a note must have 1 to %d signatures, not %zu", ENT_NOTE_SIGNATURES, signer_count);
	ENT_TRY(check_text(text, err));
	status = sign_all(out, text, signers, signer_count, err);
	if (status != ENT_OK)
		out->len = before;
	return status;
}

static const struct ent_note_signature *
find_signature(const struct ent_note *note, const struct ent_note_signature *like)
{
	for (size_t i = 0; i < note->signature_count; i++)
		if (same_key(&note->signatures[i], like))
			return &note->signatures[i];
	return NULL;
}

static enum ent_status
add_line(struct ent_buf *out, const struct ent_note_signature *sig, struct ent_error *err)
{
	ENT_TRY(ent_buf_add(out, sig->line, err));
	return ent_buf_add_byte(out, '\n', err);
}

static enum ent_status
merge(struct ent_buf *out, const struct ent_note *a, const struct ent_note *b, struct ent_error *err)
{
	size_t count = a->signature_count;

	ENT_TRY(ent_buf_add(out, a->text, err));
	ENT_TRY(ent_buf_add_byte(out, '\n', err));
	for (size_t i = 0; i < a->signature_count; i++)
		ENT_TRY(add_line(out, &a->signatures[i], err));
	for (size_t i = 0; i < b->signature_count; i++) {
		const struct ent_note_signature *theirs = &b->signatures[i];
		const struct ent_note_signature *ours = find_signature(a, theirs);

		if (ours != NULL && !ent_view_eq(ours->bytes, theirs->bytes))
			return ent_fail(err, ENT_E_SIGNATURE, "two different signatures of %.*s on one text: one of them is bad",
			    ENT_FMT(theirs->name));
		if (ours != NULL)
			continue;
		if (++count > ENT_NOTE_SIGNATURES)
			return ent_fail(err, ENT_E_LIMIT, "merged, the note has more than %d signature lines", ENT_NOTE_SIGNATURES);
		ENT_TRY(add_line(out, theirs, err));
	}
	return ENT_OK;
}

enum ent_status
ent_note_merge(struct ent_buf *out, const struct ent_note *a, const struct ent_note *b, struct ent_error *err)
{
	size_t before = out->len;
	enum ent_status status;

	if (!ent_view_eq(a->text, b->text))
		return ent_fail(err, ENT_E_INPUT, "the two notes have different texts, so their signatures cannot be put together");
	status = merge(out, a, b, err);
	if (status != ENT_OK)
		out->len = before;
	return status;
}

void
ent_note_hash(struct ent_hash *out, const struct ent_note *note)
{
	ent_sha256(out, note->text);
}
