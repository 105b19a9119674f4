#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "client/client.h"

enum { NAMES_MAX = 100 };

static bool
is_standard(const char *path)
{
	return path == NULL || strcmp(path, "-") == 0;
}

enum ent_status
ent_input_open(int *fd, const char *path, struct ent_error *err)
{
	struct stat st;

	if (is_standard(path)) {
		*fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return *fd >= 0 ? ENT_OK : ent_fail_errno(err, ENT_E_IO, errno, "cannot read standard input");
	}
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd < 0)
		return ent_fail_errno(err, ENT_E_INPUT, errno, "cannot open %s", path);
	if (fstat(*fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		ent_fd_close(*fd);
		*fd = -1;
		return ent_fail(err, ENT_E_INPUT, "%s is a folder; give a file, or pack the folder with tar first", path);
	}
	return ENT_OK;
}

static enum ent_status
folder_of(char out[ENT_PATH_MAX], const char *path, struct ent_error *err)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ent_path_join(out, ENT_PATH_MAX, err, ".");
	return ent_path_join(out, ENT_PATH_MAX, err, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

enum ent_status
ent_output_check(const char *path, bool force, struct ent_error *err)
{
	struct stat st;

	if (is_standard(path))
		return ENT_OK;
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? ENT_OK : ent_fail_errno(err, ENT_E_IO, errno, "cannot write %s", path);
	/* Also by --force: rename(2) would put a file where /dev/null is, or the link and not what it points to. */
	if (!S_ISREG(st.st_mode))
		return ent_fail(err, ENT_E_EXISTS, "%s is %s, and only a regular file is replaced; give - to write to standard output", path,
		    S_ISDIR(st.st_mode) ? "a folder" : S_ISLNK(st.st_mode) ? "a symbolic link" : "no file");
	return force ? ENT_OK : ent_fail(err, ENT_E_EXISTS, "%s exists already; give --force to replace it", path);
}

/* A name beside the final one that is nobody's: the `try`th. */
static enum ent_status
partial_name(struct ent_output *out, unsigned try, struct ent_error *err)
{
	return ent_path_join(out->tmp, sizeof(out->tmp), err, "%s.partial-%d-%u", out->path, (int)getpid(), try);
}

static enum ent_status
open_named(struct ent_output *out, struct ent_error *err)
{
	for (unsigned try = 0; try < NAMES_MAX; try++) {
		ENT_TRY(partial_name(out, try, err));
		out->fd = open(out->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (out->fd >= 0)
			return ENT_OK;
		if (errno != EEXIST)
			break;
	}
	out->tmp[0] = '\0'; /* not ours to remove */
	return ent_fail_errno(err, ENT_E_IO, errno, "cannot write beside %s", out->path);
}

enum ent_status
ent_output_open(struct ent_output *out, const char *path, bool force, struct ent_error *err)
{
	char dir[ENT_PATH_MAX];

	*out = (struct ent_output){ .fd = -1, .path = path, .force = force, .is_stdout = is_standard(path) };
	if (out->is_stdout) {
		out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		return out->fd >= 0 ? ENT_OK : ent_fail_errno(err, ENT_E_IO, errno, "cannot write to standard output");
	}
	ENT_TRY(ent_output_check(path, force, err));
	ENT_TRY(folder_of(dir, path, err));
	/* An unnamed file vanishes with the process, whatever ends it; not every file system has them. */
	out->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	out->unnamed = out->fd >= 0;
	return out->unnamed ? ENT_OK : open_named(out, err);
}

static int
link_unnamed(const struct ent_output *out, const char *path)
{
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", out->fd);
	return linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

/* Give the unnamed file a temporary name, so that rename(2) can replace an existing file in one step. */
static enum ent_status
name_temporarily(struct ent_output *out, struct ent_error *err)
{
	for (unsigned try = 0; try < NAMES_MAX; try++) {
		ENT_TRY(partial_name(out, try, err));
		if (link_unnamed(out, out->tmp) == 0)
			return ENT_OK;
		if (errno != EEXIST)
			break;
	}
	out->tmp[0] = '\0';
	return ent_fail_errno(err, ENT_E_IO, errno, "cannot name the complete output beside %s", out->path);
}

/* 0 or errno. What keeps its temporary name loses it in ent_output_fini. */
static int
put_in_place(struct ent_output *out)
{
	if (out->tmp[0] == '\0')
		return link_unnamed(out, out->path) == 0 ? 0 : errno;
	if (renameat2(AT_FDCWD, out->tmp, AT_FDCWD, out->path, out->force ? 0 : RENAME_NOREPLACE) == 0) {
		out->tmp[0] = '\0';
		return 0;
	}
	/* RENAME_NOREPLACE needs the file system's help; those that cannot give it have hard links. */
	if (out->force || errno != EINVAL)
		return errno;
	return link(out->tmp, out->path) == 0 ? 0 : errno;
}

enum ent_status
ent_output_commit(struct ent_output *out, struct ent_error *err)
{
	char dir[ENT_PATH_MAX];
	int failed;

	if (out->is_stdout)
		return ENT_OK;
	if (fsync(out->fd) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot sync %s", out->path);
	if (out->unnamed && out->force)
		ENT_TRY(name_temporarily(out, err));
	failed = put_in_place(out);
	if (failed == EEXIST)
		return ent_fail(err, ENT_E_EXISTS, "%s appeared meanwhile; give --force to replace it", out->path);
	if (failed != 0)
		return ent_fail_errno(err, ENT_E_IO, failed, "cannot put %s in place", out->path);
	ENT_TRY(folder_of(dir, out->path, err));
	return ent_dir_sync(dir, err);
}

void
ent_output_fini(struct ent_output *out)
{
	ent_fd_close(out->fd);
	out->fd = -1;
	if (out->tmp[0] != '\0')
		unlink(out->tmp);
	out->tmp[0] = '\0';
}
