/* Static files of the node's home. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "node/edge/edge.h"

/* One folder or file of a path, never through a link. */
static int
open_part(int folder_fd, const char *name, bool last)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY | O_PATH);

	return openat(folder_fd, name, flags);
}

static int
open_parts(int folder_fd, char *path)
{
	int fd = -1;

	for (char *part = path, *slash; part != NULL; part = slash != NULL ? slash + 1 : NULL) {
		int next;

		slash = strchr(part, '/');
		if (slash != NULL)
			*slash = '\0';
		next = open_part(fd < 0 ? folder_fd : fd, part, slash == NULL);
		ent_fd_close(fd);
		if (next < 0)
			return -1;
		fd = next;
	}
	return fd;
}

int
ent_edge_open_below(int folder_fd, const char *path, uint64_t *len)
{
	char parts[ENT_STATIC_PATH_MAX];
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(parts))
		return -1;
	memcpy(parts, path, strlen(path) + 1);
	fd = open_parts(folder_fd, parts);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*len = (uint64_t)st.st_size;
		return fd;
	}
	ent_fd_close(fd);
	return -1;
}

void
ent_edge_serve_file(struct ent_edge *edge, struct ent_exchange *exchange, struct ent_view path)
{
	struct ent_http_answer answer = { .status = 200, .file_fd = -1 };
	char cache_control[96];
	struct ent_static_file file;
	struct ent_view header;

	if (ent_static_path(&file, path, edge->config->party))
		answer.file_fd = ent_edge_open_below(edge->home_fd, file.path, &answer.file_len);
	if (answer.file_fd < 0) {
		ent_server_refuse(exchange, 404, "there is no such file");
		return;
	}
	snprintf(cache_control, sizeof(cache_control), "Cache-Control: %s", file.cache_control);
	header = ent_view_str(cache_control);
	answer.content_type = file.content_type;
	answer.headers = &header;
	answer.header_count = 1;
	ent_server_answer(exchange, &answer);
}
