/*
 * Sealed records on disk: log/records/<recipient>/<index>, and the lists that make pulling cheap. A group of them costs a few
 * syncs of the disk, however many files it has: the first sync of a file brings most of the others with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "node/judge/records.h"

enum { PARTY_MAX = 253 };

struct record_file {
	int fd; /* -1: it has its name */
	char party[PARTY_MAX + 1];
	uint64_t index;
};

struct ent_record_files {
	char dir[ENT_PATH_MAX]; /* <home>/log/records */
	struct record_file items[ENT_LIMIT_RECORD_FILES];
	size_t count;
};

enum ent_status
ent_record_files_new(struct ent_record_files **out, const char *home, struct ent_error *err)
{
	ENT_AUTO(ent_record_files) files = calloc(1, sizeof(*files));

	if (files == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for records");
	ENT_TRY(ent_path_join(files->dir, sizeof(files->dir), err, "%s/log/records", home));
	*out = ent_take(&files);
	return ENT_OK;
}

/* No name that is served: a reader never sees half a record. */
static enum ent_status
temporary_path(const struct ent_record_files *files, const struct record_file *file, char out[ENT_PATH_MAX], struct ent_error *err)
{
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/%s/.%llu.tmp", files->dir, file->party, (unsigned long long)file->index);
}

void
ent_record_files_free(struct ent_record_files *files)
{
	char path[ENT_PATH_MAX];

	for (size_t i = 0; files != NULL && i < files->count; i++) {
		if (files->items[i].fd < 0)
			continue;
		ent_fd_close(files->items[i].fd);
		if (temporary_path(files, &files->items[i], path, NULL) == ENT_OK)
			unlink(path);
	}
	free(files);
}

bool
ent_record_files_room(const struct ent_record_files *files, size_t count)
{
	return files->count + count <= ENT_LIMIT_RECORD_FILES;
}

/* The recipient's folder with its lists; what is new is synced, so that no file in it is lost with its folder. */
static enum ent_status
make_folder(const struct ent_record_files *files, const char *party, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s/list", files->dir, party));
	if (ent_file_exists(path))
		return ENT_OK;
	ENT_TRY(ent_dir_make(path, 0755, err));
	for (int i = 0; i < 3; i++) { /* <recipient>, records, log */
		char *slash = strrchr(path, '/');

		*slash = '\0';
		ENT_TRY(ent_dir_sync(path, err));
	}
	return ENT_OK;
}

enum ent_status
ent_record_files_add(struct ent_record_files *files, struct ent_view party, uint64_t index, struct ent_view sealed,
    struct ent_error *err)
{
	struct record_file *file = &files->items[files->count];
	char path[ENT_PATH_MAX];

	ENT_ASSERT(ent_record_files_room(files, 1));
	/* A party of the charter: the grammar lets its name be a folder's. */
	ENT_TRY(ent_path_join(file->party, sizeof(file->party), err, "%.*s", ENT_FMT(party)));
	file->index = index;
	ENT_TRY(make_folder(files, file->party, err));
	ENT_TRY(temporary_path(files, file, path, err));
	file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (file->fd < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot create %s", path);
	files->count++;
	return ent_fd_write(file->fd, sealed, err);
}

static enum ent_status
give_name(const struct ent_record_files *files, struct record_file *file, struct ent_error *err)
{
	char from[ENT_PATH_MAX], to[ENT_PATH_MAX];

	ENT_TRY(temporary_path(files, file, from, err));
	ENT_TRY(ent_path_join(to, sizeof(to), err, "%s/%s/%llu", files->dir, file->party, (unsigned long long)file->index));
	if (rename(from, to) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot put %s in place", to);
	ent_fd_close(file->fd);
	file->fd = -1;
	return ENT_OK;
}

/* Was an earlier file of the group of the same recipient (and, with lists, of the same list)? */
static bool
seen_before(const struct ent_record_files *files, size_t i, bool lists)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(files->items[k].party, files->items[i].party) == 0 &&
		    (!lists || files->items[k].index / ENT_RECORDS_PER_LIST == files->items[i].index / ENT_RECORDS_PER_LIST))
			return true;
	return false;
}

static enum ent_status
sync_folder(const struct ent_record_files *files, const char *party, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s", files->dir, party));
	return ent_dir_sync(path, err);
}

/* A list that cannot be read (somebody touched it) is made again from the files that are there. */
static void
rebuild(const struct ent_record_files *files, const char *party, uint64_t k, bool marks[ENT_RECORDS_PER_LIST])
{
	char path[ENT_PATH_MAX];

	for (size_t i = 0; i < ENT_RECORDS_PER_LIST; i++)
		marks[i] = ent_path_join(path, sizeof(path), NULL, "%s/%s/%llu", files->dir, party,
		    (unsigned long long)(k * ENT_RECORDS_PER_LIST + i)) == ENT_OK && ent_file_exists(path);
}

static enum ent_status
update_list(const struct ent_record_files *files, const char *party, uint64_t k, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ENT_LIMIT_RECORDS_LIST);
	bool marks[ENT_RECORDS_PER_LIST] = { false };
	struct ent_error bad = { 0 };
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/%s/list/%llu", files->dir, party, (unsigned long long)k));
	if (ent_file_exists(path) && (ent_file_read(&text, path, ENT_LIMIT_RECORDS_LIST, &bad) != ENT_OK ||
	    ent_record_list_parse(marks, k, ent_buf_view(&text), &bad) != ENT_OK)) {
		ent_event_failure("records-list-rebuilt", &bad);
		rebuild(files, party, k, marks);
	}
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].party, party) == 0 && files->items[i].index / ENT_RECORDS_PER_LIST == k)
			marks[files->items[i].index % ENT_RECORDS_PER_LIST] = true;
	ent_buf_clear(&text);
	ENT_TRY(ent_record_list_print(&text, marks, k, err));
	return ent_file_replace(path, ent_buf_view(&text), 0644, err);
}

enum ent_status
ent_record_files_commit(struct ent_record_files *files, struct ent_error *err)
{
	for (size_t i = 0; i < files->count; i++)
		if (fsync(files->items[i].fd) != 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot sync a record for %s", files->items[i].party);
	for (size_t i = 0; i < files->count; i++)
		ENT_TRY(give_name(files, &files->items[i], err));
	for (size_t i = 0; i < files->count; i++)
		if (!seen_before(files, i, false))
			ENT_TRY(sync_folder(files, files->items[i].party, err));
	for (size_t i = 0; i < files->count; i++)
		if (!seen_before(files, i, true))
			ENT_TRY(update_list(files, files->items[i].party, files->items[i].index / ENT_RECORDS_PER_LIST, err));
	return ENT_OK;
}
