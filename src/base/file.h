/* Files: whole reads with a ceiling, writes that are complete or not there, durable appends. */
#ifndef ENT_BASE_FILE_H
#define ENT_BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"

/* Read a whole regular file, or ENT_E_LIMIT when it has more than max bytes, ENT_E_NOT_FOUND, ENT_E_IO. Adds to out. */
ENT_MUST_USE enum ent_status ent_file_read(struct ent_buf *out, const char *path, size_t max, struct ent_error *err);

/* As ent_file_read, but ENT_E_CONFIG when anybody but its owner may touch the file. The look and the bytes are of one open file. */
ENT_MUST_USE enum ent_status ent_file_read_private(struct ent_buf *out, const char *path, size_t max, struct ent_error *err);

/*
 * Write bytes under a temporary name in the same folder, fsync, rename to path, fsync the folder.
 * A reader sees the old file or the new one. mode as in open(2).
 */
ENT_MUST_USE enum ent_status ent_file_replace(const char *path, struct ent_view bytes, mode_t mode, struct ent_error *err);

/* As ent_file_replace, but ENT_E_EXISTS when path exists (link(2), so that two writers cannot both win). */
ENT_MUST_USE enum ent_status ent_file_create(const char *path, struct ent_view bytes, mode_t mode, struct ent_error *err);

/* All of bytes to fd; EINTR and short writes are handled. */
ENT_MUST_USE enum ent_status ent_fd_write(int fd, struct ent_view bytes, struct ent_error *err);

/* Read exactly len bytes at offset; a short file is ENT_E_FORMAT. */
ENT_MUST_USE enum ent_status ent_fd_pread(int fd, void *into, size_t len, uint64_t offset, struct ent_error *err);

/* mkdir -p with mode for the folders that are made. ENT_E_INPUT for "". */
ENT_MUST_USE enum ent_status ent_dir_make(const char *path, mode_t mode, struct ent_error *err);

/* fsync of the folder itself. */
ENT_MUST_USE enum ent_status ent_dir_sync(const char *path, struct ent_error *err);

bool ent_file_exists(const char *path);

/* "<dir>/<name>" into a fixed buffer; ENT_E_LIMIT when it does not fit. */
ENT_MUST_USE enum ent_status ent_path_join(char *out, size_t out_size, struct ent_error *err, const char *fmt, ...)
    ENT_PRINTF(4, 5);

#define ENT_PATH_MAX 4096

/* A file descriptor closed at scope end: ENT_AUTO_FD fd = -1; */
static inline void ent_fd_auto_close_(int *fd);
#define ENT_AUTO_FD __attribute__((cleanup(ent_fd_auto_close_))) int
void ent_fd_close(int fd); /* -1 is fine */
static inline void
ent_fd_auto_close_(int *fd)
{
	ent_fd_close(*fd);
}

#endif
