/*
 * A member's node as a pull sees it: a folder of files, with ways to lie. Built on the small world of the charter's tests.
 * <root>/<name>/log/statements/..., <root>/<name>/charter/proposal/<hex>
 */
#ifndef ENT_TESTS_SOURCE_H
#define ENT_TESTS_SOURCE_H

#include "../charter/world.h"
#include "base/file.h"
#include "sync/mirror.h"
#include "tlog/log_dir.h"

#define SOURCE_PATH_MAX 512

struct source {
	char dir[128];
	size_t member;
	struct ent_log_dir *log;
};

/* A fresh folder <root>/<name> with an empty, signed log of that member. */
void source_init(struct source *source, const char *root, const char *name, size_t member);
void source_fini(struct source *source);
/* Append entries: an `alive` at that time, or any note. */
void source_alive(struct source *source, const struct ent_charter *charter, int64_t time_unix_s);
void source_add(struct source *source, struct ent_view note);
void source_put_proposal(const struct source *source, struct ent_view text);
/* The answer to GET <path>; 200 or 404. */
int source_get(const struct source *source, const char *path, struct ent_buf *body);

#endif
