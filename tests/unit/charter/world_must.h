/* What world.c and world_proposals.c share. */
#ifndef ENT_TESTS_WORLD_MUST_H
#define ENT_TESTS_WORLD_MUST_H

#include <stdio.h>
#include <stdlib.h>

#include "world.h"

#define TEXT_MAX (256u << 10)
#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, err.text);                                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

extern const char *const world_countries[PARTIES];

static inline struct ent_view
world_line_of(const struct ent_signer *signer)
{
	return ent_signer_vkey(signer)->line;
}

#endif
