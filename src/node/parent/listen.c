/* The listening socket: handed over by whoever started us (sd_listen_fds(3)'s convention, without its library), or our own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "net/address.h"
#include "node/parent/parent.h"

enum { HANDED_OVER_FD = 3, BACKLOG = 1024 };

/* Is LISTEN_FDS meant for this process? *count then says how many there are. */
static bool
handed_over(long *count)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	char own[24];

	snprintf(own, sizeof(own), "%ld", (long)getpid());
	if (pid == NULL || fds == NULL || strcmp(pid, own) != 0)
		return false;
	*count = strtol(fds, NULL, 10);
	return true;
}

static enum ent_status
check_socket(int fd, struct ent_error *err)
{
	struct ent_address address = { .len = sizeof(address.storage) };
	int type = 0, listening = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || listening == 0 ||
	    getsockname(fd, (struct sockaddr *)&address.storage, &address.len) != 0)
		return ent_fail(err, ENT_E_CONFIG, "LISTEN_FDS: descriptor %d is not a listening stream socket", fd);
	if (!ent_address_is_loopback(&address))
		return ent_fail(err, ENT_E_CONFIG, "LISTEN_FDS: the socket is not on loopback, and this node speaks plain HTTP");
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "LISTEN_FDS: descriptor %d", fd);
	return ENT_OK;
}

static enum ent_status
bind_own(int *out, const struct ent_node_config *config, struct ent_error *err)
{
	struct ent_address address;
	const int one = 1;
	int fd;

	ENT_TRY(ent_address_parse(&address, config->listen, err));
	fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address.storage, address.len) == 0 && listen(fd, BACKLOG) == 0) {
		*out = fd;
		return ENT_OK;
	}
	ent_error_set_errno(err, ENT_E_CONFIG, errno, "cannot listen on %s", config->listen);
	ent_fd_close(fd);
	return ENT_E_CONFIG;
}

enum ent_status
ent_listen_open(int *out, const struct ent_node_config *config, struct ent_error *err)
{
	long count;

	if (!handed_over(&count))
		return bind_own(out, config, err);
	if (count != 1)
		return ent_fail(err, ENT_E_CONFIG, "LISTEN_FDS: %ld sockets were handed over, one is expected", count);
	ENT_TRY(check_socket(HANDED_OVER_FD, err));
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	*out = HANDED_OVER_FD;
	return ENT_OK;
}
