/* Socket addresses and the origin form of URLs. No name is ever looked up here. */
#ifndef ENT_NET_ADDRESS_H
#define ENT_NET_ADDRESS_H

#include <sys/socket.h>

#include "base/view.h"

struct ent_address {
	struct sockaddr_storage storage;
	socklen_t len;
};

/* "127.0.0.1:8080" or "[::1]:8080". ENT_E_SYNTAX. */
ENT_MUST_USE enum ent_status ent_address_parse(struct ent_address *out, const char *text, struct ent_error *err);

/* 127.0.0.0/8, ::1, and sockets of the file system, which no network reaches. */
bool ent_address_is_loopback(const struct ent_address *address);

/* The numeric host without the port; "unix" for sockets of the file system. */
#define ENT_ADDRESS_TEXT_SIZE 64
void ent_address_print(char out[ENT_ADDRESS_TEXT_SIZE], const struct sockaddr *address);

/*
 * "http://host", "https://host:8443": scheme, lower-case host, port when it is not the scheme's; no path, no final slash, so that
 * there is one spelling (contracts: Names). host keeps the brackets of IPv6. ENT_E_SYNTAX.
 */
struct ent_origin {
	bool tls;
	struct ent_view host;
	unsigned port;
};
ENT_MUST_USE enum ent_status ent_origin_parse(struct ent_origin *out, struct ent_view url, struct ent_error *err);
/* localhost, or a numeric loopback address. */
bool ent_origin_is_loopback(const struct ent_origin *origin);

#endif
