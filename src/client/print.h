/* Other people's words on our terminal: one line, nothing that steers a terminal or imitates our own lines. Not installed. */
#ifndef ENT_CLIENT_PRINT_H
#define ENT_CLIENT_PRINT_H

#include "base/arena.h"

/* Replace control characters, C1 controls, line and paragraph separators, direction marks and bad UTF-8 by '?', in place. */
void ent_print_clean(char *text, size_t len);

/* The same for each line of a text. */
void ent_print_clean_lines(char *text, size_t len);

/* A cleaned copy in the arena; "" when memory is short. */
const char *ent_print_text(struct ent_arena *arena, struct ent_view text);

#endif
