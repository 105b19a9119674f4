#include "source.h"

#include <stdio.h>
#include <stdlib.h>

#define MUST(call)                                                                                                     \
	do {                                                                                                           \
		struct ent_error err = { 0 };                                                                          \
		if ((call) != ENT_OK) {                                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, err.text);                                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

void
source_init(struct source *source, const char *root, const char *name, size_t member)
{
	char dir[SOURCE_PATH_MAX], head[SOURCE_PATH_MAX];
	const struct ent_signer *signer = world_keys(member)->log;
	uint64_t first;

	source->member = member;
	snprintf(source->dir, sizeof(source->dir), "%s/%s", root, name);
	snprintf(dir, sizeof(dir), "%s/log/statements", source->dir);
	snprintf(head, sizeof(head), "%s/head", source->dir);
	MUST(ent_dir_make(dir, 0755, &err));
	MUST(ent_log_dir_open(&source->log, dir, head, ent_signer_vkey(signer), &err));
	MUST(ent_log_dir_append(source->log, signer, NULL, 0, &first, &err));
}

void
source_fini(struct source *source)
{
	ent_log_dir_free(source->log);
}

void
source_add(struct source *source, struct ent_view note)
{
	uint64_t first;

	MUST(ent_log_dir_append(source->log, world_keys(source->member)->log, &note, 1, &first, &err));
}

void
source_alive(struct source *source, const struct ent_charter *charter, int64_t time_unix_s)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_NOTE_MAX);

	world_alive(&note, charter, source->member, ent_log_dir_size(source->log), time_unix_s);
	source_add(source, ent_buf_view(&note));
}

void
source_put_proposal(const struct source *source, struct ent_view text)
{
	char path[SOURCE_PATH_MAX], hex[ENT_HASH_HEX_SIZE];
	struct ent_hash hash;

	ent_sha256(&hash, text);
	ent_hash_hex(hex, &hash);
	snprintf(path, sizeof(path), "%s/charter/proposal", source->dir);
	MUST(ent_dir_make(path, 0755, &err));
	snprintf(path, sizeof(path), "%s/charter/proposal/%s", source->dir, hex);
	MUST(ent_file_replace(path, text, 0644, &err));
}

int
source_get(const struct source *source, const char *path, struct ent_buf *body)
{
	char full[SOURCE_PATH_MAX];
	struct ent_error err = { 0 };

	snprintf(full, sizeof(full), "%s/%s", source->dir, path);
	return ent_file_read(body, full, ENT_TLOG_BUNDLE_MAX, &err) == ENT_OK ? 200 : 404;
}
