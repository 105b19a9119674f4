#include "base/check.h"
#include "note/text.h"
#include "tlog/text.h"

enum ent_status
ent_tlog_take_line(struct ent_view *line, struct ent_view *rest, struct ent_error *err)
{
	size_t end = ent_view_find(*rest, '\n', 0);

	if (end == rest->len)
		return ent_fail(err, ENT_E_SYNTAX, "a line is missing, or its newline");
	*line = ent_view_slice(*rest, 0, end);
	*rest = ent_view_slice(*rest, end + 1, rest->len);
	return ENT_OK;
}

enum ent_status
ent_tlog_parse_number(uint64_t *out, struct ent_view text, struct ent_error *err)
{
	uint64_t value = 0;

	if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
		return ent_fail(err, ENT_E_SYNTAX, "not a decimal number without leading zeroes");
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c < '0' || c > '9')
			return ent_fail(err, ENT_E_SYNTAX, "not a decimal number");
		if (!ent_mul_u64(&value, value, 10) || !ent_add_u64(&value, value, (uint64_t)(c - '0')) || value > INT64_MAX)
			return ent_fail(err, ENT_E_SYNTAX, "a number is larger than 2^63 - 1");
	}
	*out = value;
	return ENT_OK;
}

enum ent_status
ent_tlog_print_hash(struct ent_buf *out, const struct ent_hash *hash, struct ent_error *err)
{
	char base64[ENT_HASH_BASE64_SIZE];

	ent_hash_base64(base64, hash);
	return ent_buf_printf(out, err, "%s\n", base64);
}

enum ent_status
ent_checkpoint_parse(struct ent_checkpoint *out, struct ent_view text, struct ent_error *err)
{
	struct ent_view size, root, rest = text;
	struct ent_hash empty;

	ENT_TRY(ent_tlog_take_line(&out->origin, &rest, err));
	ENT_TRY(ent_tlog_take_line(&size, &rest, err));
	ENT_TRY(ent_tlog_take_line(&root, &rest, err));
	if (rest.len != 0)
		return ent_fail(err, ENT_E_SYNTAX, "a checkpoint with extension lines");
	if (!ent_note_name_valid(out->origin))
		return ent_fail(err, ENT_E_SYNTAX, "a checkpoint whose first line is not the name of a log");
	ENT_TRY(ent_tlog_parse_number(&out->size, size, err));
	ENT_TRY(ent_hash_from_base64(&out->root, root, err));
	ent_sha256(&empty, ENT_VIEW_NONE);
	if (out->size == 0 && !ent_hash_eq(&out->root, &empty))
		return ent_fail(err, ENT_E_SYNTAX, "a checkpoint of an empty log with the root of another");
	return ENT_OK;
}

enum ent_status
ent_checkpoint_print(struct ent_buf *out, const struct ent_checkpoint *cp, struct ent_error *err)
{
	if (!ent_note_name_valid(cp->origin) || cp->size > INT64_MAX)
		return ent_fail(err, ENT_E_INPUT, "a checkpoint needs the name of a log and a size below 2^63");
	ENT_TRY(ent_buf_printf(out, err, "%.*s\n%llu\n", ENT_FMT(cp->origin), (unsigned long long)cp->size));
	return ent_tlog_print_hash(out, &cp->root, err);
}

enum ent_status
ent_checkpoint_open(struct ent_checkpoint *out, struct ent_arena *arena, struct ent_view note,
    const struct ent_vkey *log_key, struct ent_error *err)
{
	struct ent_note parsed;

	ENT_TRY(ent_note_parse(&parsed, arena, note, err));
	ENT_TRY(ent_note_verify_one(&parsed, log_key, err));
	ENT_TRY(ent_checkpoint_parse(out, parsed.text, err));
	if (!ent_view_eq(out->origin, log_key->name))
		return ent_fail(err, ENT_E_SIGNATURE, "a checkpoint of the log %.*s, signed by the key of %.*s",
		    ENT_FMT(out->origin), ENT_FMT(log_key->name));
	return ENT_OK;
}
