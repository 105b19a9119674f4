#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void
ent_fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static enum ent_status
open_regular(int *fd, struct stat *st, const char *path, struct ent_error *err)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0 && errno == ENOENT)
		return ent_fail(err, ENT_E_NOT_FOUND, "%s does not exist", path);
	if (*fd < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot open %s", path);
	if (fstat(*fd, st) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot stat %s", path);
	return S_ISREG(st->st_mode) ? ENT_OK : ent_fail(err, ENT_E_INPUT, "%s is not a regular file", path);
}

/* To the end, through a chunk that the caller wipes. */
static enum ent_status
read_all(struct ent_buf *out, int fd, uint8_t *chunk, size_t chunk_size, const char *path, size_t max, struct ent_error *err)
{
	size_t got = 0;

	for (;;) {
		ssize_t n = read(fd, chunk, chunk_size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot read %s", path);
		if (n == 0)
			return ENT_OK;
		got += (size_t)n;
		if (got > max)
			return ent_fail(err, ENT_E_LIMIT, "%s is larger than %zu bytes", path, max);
		ENT_TRY(ent_buf_add(out, ent_view_from(chunk, (size_t)n), err));
	}
}

static enum ent_status
read_open(struct ent_buf *out, int fd, const char *path, size_t max, struct ent_error *err)
{
	uint8_t chunk[16384];
	enum ent_status status = read_all(out, fd, chunk, sizeof(chunk), path, max, err);

	explicit_bzero(chunk, sizeof(chunk)); /* key files come this way too */
	return status;
}

enum ent_status
ent_file_read(struct ent_buf *out, const char *path, size_t max, struct ent_error *err)
{
	ENT_AUTO_FD fd = -1;
	struct stat st;

	ENT_TRY(open_regular(&fd, &st, path, err));
	return read_open(out, fd, path, max, err);
}

enum ent_status
ent_file_read_private(struct ent_buf *out, const char *path, size_t max, struct ent_error *err)
{
	ENT_AUTO_FD fd = -1;
	struct stat st;

	ENT_TRY(open_regular(&fd, &st, path, err));
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return ent_fail(err, ENT_E_CONFIG, "%s holds a secret and is open to others (mode %03o): chmod 600 it, and replace the "
		    "secret if somebody may have read it", path, (unsigned)(st.st_mode & 0777));
	return read_open(out, fd, path, max, err);
}

enum ent_status
ent_fd_write(int fd, struct ent_view bytes, struct ent_error *err)
{
	size_t done = 0;

	while (done < bytes.len) {
		ssize_t n = write(fd, bytes.data + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot write");
		done += (size_t)n;
	}
	return ENT_OK;
}

enum ent_status
ent_fd_pread(int fd, void *into, size_t len, uint64_t offset, struct ent_error *err)
{
	uint8_t *at = into;

	while (len > 0) {
		ssize_t n = pread(fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot read at offset %llu", (unsigned long long)offset);
		if (n == 0)
			return ent_fail(err, ENT_E_FORMAT, "the file ends at offset %llu, %zu bytes too early",
			    (unsigned long long)offset, len);
		at += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return ENT_OK;
}

static enum ent_status
parent_of(char *out, size_t out_size, const char *path, struct ent_error *err)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ent_path_join(out, out_size, err, ".");
	if (slash == path)
		return ent_path_join(out, out_size, err, "/");
	return ent_path_join(out, out_size, err, "%.*s", (int)(slash - path), path);
}

enum ent_status
ent_dir_sync(const char *path, struct ent_error *err)
{
	ENT_AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot sync the folder %s", path);
	return ENT_OK;
}

static enum ent_status
write_temporary(char *tmp, size_t tmp_size, const char *path, struct ent_view bytes, mode_t mode, struct ent_error *err)
{
	ENT_TRY(ent_path_join(tmp, tmp_size, err, "%s.tmp-XXXXXX", path));
	ENT_AUTO_FD fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot create %s", tmp);
	if (fchmod(fd, mode) != 0)
		ent_error_set_errno(err, ENT_E_IO, errno, "cannot set the mode of %s", tmp);
	else if (ent_fd_write(fd, bytes, err) == ENT_OK && fsync(fd) != 0)
		ent_error_set_errno(err, ENT_E_IO, errno, "cannot sync %s", tmp);
	else if (err->code == ENT_OK)
		return ENT_OK;
	unlink(tmp);
	return err->code;
}

static enum ent_status
put(const char *path, struct ent_view bytes, mode_t mode, bool replace, struct ent_error *err)
{
	char tmp[ENT_PATH_MAX];
	char dir[ENT_PATH_MAX];
	struct ent_error own = { 0 };
	int failed;

	ENT_TRY(parent_of(dir, sizeof(dir), path, err));
	if (write_temporary(tmp, sizeof(tmp), path, bytes, mode, &own) != ENT_OK)
		return ent_fail(err, own.code, "%s", own.text);
	if (replace) {
		failed = rename(tmp, path) != 0 ? errno : 0;
	} else {
		failed = link(tmp, path) != 0 ? errno : 0;
		unlink(tmp);
	}
	if (failed != 0 && replace)
		unlink(tmp);
	if (failed == EEXIST)
		return ent_fail(err, ENT_E_EXISTS, "%s exists already", path);
	if (failed != 0)
		return ent_fail_errno(err, ENT_E_IO, failed, "cannot put %s in place", path);
	return ent_dir_sync(dir, err);
}

enum ent_status
ent_file_replace(const char *path, struct ent_view bytes, mode_t mode, struct ent_error *err)
{
	return put(path, bytes, mode, true, err);
}

enum ent_status
ent_file_create(const char *path, struct ent_view bytes, mode_t mode, struct ent_error *err)
{
	return put(path, bytes, mode, false, err);
}

enum ent_status
ent_dir_make(const char *path, mode_t mode, struct ent_error *err)
{
	char part[ENT_PATH_MAX];

	if (path[0] == '\0')
		return ent_fail(err, ENT_E_INPUT, "a folder without a name cannot be made");
	ENT_TRY(ent_path_join(part, sizeof(part), err, "%s", path));
	for (char *at = part + 1;; at++) {
		char keep = *at;

		if (keep != '/' && keep != '\0')
			continue;
		*at = '\0';
		if (mkdir(part, mode) != 0 && errno != EEXIST)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot make the folder %s", part);
		*at = keep;
		if (keep == '\0')
			return ENT_OK;
	}
}

bool
ent_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

enum ent_status
ent_path_join(char *out, size_t out_size, struct ent_error *err, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(out, out_size, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= out_size)
		return ent_fail(err, ENT_E_LIMIT, "a path or name is longer than %zu bytes", out_size - 1);
	return ENT_OK;
}
