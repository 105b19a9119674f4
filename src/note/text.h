/* The alphabet of signed notes: strict UTF-8 without control characters, and what may be a key's name. */
#ifndef ENT_NOTE_TEXT_H
#define ENT_NOTE_TEXT_H

#include "base/view.h"

/* UTF-8 as of RFC 3629 (no overlong forms, no surrogates, nothing above U+10FFFF), no byte below 0x20 but LF. */
bool ent_note_text_valid(struct ent_view text);

/* A key name (signed-note, "Format"): not empty, at most ENT_NOTE_NAME_MAX bytes, no Unicode space, no '+', no control character. */
bool ent_note_name_valid(struct ent_view name);

#endif
