#include <stdio.h>
#include <stdlib.h>

#include "client/client.h"
#include "client/print.h"
#include "crypto/secret.h"

#ifndef ENTENTE_VERSION
#error "ENTENTE_VERSION comes from the build"
#endif

enum { SECRET_HEAP_BYTES = 1 << 20 };

const char *
entente_version(void)
{
	return ENTENTE_VERSION;
}

void
entente_free(char *text)
{
	free(text);
}

enum entente_status
ent_outward(struct entente_error *out, const struct ent_error *err)
{
	const struct ent_error_row *row = ent_status_row(err->code);

	if (out != NULL) {
		out->status = (enum entente_status)row->exit_code;
		snprintf(out->name, sizeof(out->name), "%s", row->name);
		snprintf(out->text, sizeof(out->text), "%s", err->text[0] ? err->text : row->public_text);
		ent_print_clean(out->text, strlen(out->text)); /* it may quote a node or a file */
	}
	return (enum entente_status)row->exit_code;
}

enum entente_status
entente_lock_secrets(struct entente_error *err)
{
	ENT_PUBLIC(err, ent_secret_heap_init(SECRET_HEAP_BYTES, ENT_PUBLIC_ERR));
}

enum ent_status
ent_give_text(char **out, enum entente_format format, struct ent_buf *buf, struct ent_error *err)
{
	const char *text;

	/* Here and nowhere else, so that no command forgets it: words quote files, texts and nodes. JSON escapes and is for programs. */
	if (format == ENTENTE_WORDS)
		ent_print_clean_lines((char *)buf->data, buf->len);
	ENT_TRY(ent_buf_cstr(buf, &text, err));
	*out = strdup(text);
	return *out != NULL ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for the answer");
}
