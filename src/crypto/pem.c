#include "crypto/pem.h"

#include "codec/base64.h"

enum { PEM_LINE_LEN = 64 };

/* The next line without its end (LF or CRLF); *rest moves behind it. */
static struct ent_view
next_line(struct ent_view *rest)
{
	size_t end = ent_view_find(*rest, '\n', 0);
	struct ent_view line = ent_view_slice(*rest, 0, end);

	if (end < rest->len && line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	*rest = ent_view_slice(*rest, end < rest->len ? end + 1 : end, SIZE_MAX);
	return line;
}

/* Is line "-----<word> <label>-----"? */
static bool
is_boundary(struct ent_view line, struct ent_view word, const char *label)
{
	const struct ent_view dashes = ENT_LIT("-----");
	const size_t label_len = strlen(label);

	return line.len == 2 * dashes.len + word.len + label_len && ent_view_starts(line, dashes) &&
	    ent_view_starts(ent_view_slice(line, dashes.len, SIZE_MAX), word) &&
	    ent_view_eq(ent_view_slice(line, dashes.len + word.len, label_len), ent_view_str(label)) &&
	    ent_view_eq(ent_view_slice(line, line.len - dashes.len, dashes.len), dashes);
}

enum ent_status
ent_pem_decode(struct ent_buf *out, const char *label, struct ent_view pem, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(pem.len);
	struct ent_view line;

	if (!is_boundary(next_line(&pem), ENT_LIT("BEGIN "), label))
		return ent_fail(err, ENT_E_SYNTAX, "not a PEM block that begins with \"-----BEGIN %s-----\"", label);
	for (line = next_line(&pem); line.len > 0 && line.data[0] != '-'; line = next_line(&pem))
		ENT_TRY(ent_buf_add(&text, line, err));
	if (!is_boundary(line, ENT_LIT("END "), label))
		return ent_fail(err, ENT_E_SYNTAX, "a PEM block does not end with the line \"-----END %s-----\"", label);
	if (pem.len > 0)
		return ent_fail(err, ENT_E_SYNTAX, "%zu bytes stand behind the PEM block; only one \"%s\" block may be there",
		    pem.len, label);
	return ent_base64_decode(out, ENT_BASE64_STD, ent_buf_view(&text), err);
}

enum ent_status
ent_pem_encode(struct ent_buf *out, const char *label, struct ent_view der, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ent_base64_encoded_len(ENT_BASE64_STD, der.len));

	ENT_TRY(ent_base64_encode(&text, ENT_BASE64_STD, der, err));
	ENT_TRY(ent_buf_printf(out, err, "-----BEGIN %s-----\n", label));
	for (size_t at = 0; at < text.len; at += PEM_LINE_LEN) {
		ENT_TRY(ent_buf_add(out, ent_view_slice(ent_buf_view(&text), at, PEM_LINE_LEN), err));
		ENT_TRY(ent_buf_add_byte(out, '\n', err));
	}
	return ent_buf_printf(out, err, "-----END %s-----\n", label);
}
