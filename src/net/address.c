#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

enum { HOST_MAX = 253 };

/* "1" to "65535" (or "0" where a free port may be asked for), no leading zeros. */
static bool
parse_port(unsigned *out, struct ent_view text)
{
	unsigned value = 0;

	if (text.len == 0 || text.len > 5 || (text.data[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text.data[i] - '0');
	}
	*out = value;
	return value <= 65535;
}

/* A numeric host, IPv6 in brackets. */
static bool
parse_host(struct ent_address *out, struct ent_view host, unsigned port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&out->storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&out->storage;
	const bool brackets = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
	char text[INET6_ADDRSTRLEN];

	if (brackets)
		host = ent_view_slice(host, 1, host.len - 2);
	if (host.len == 0 || host.len >= sizeof(text))
		return false;
	memcpy(text, host.data, host.len);
	text[host.len] = '\0';
	memset(out, 0, sizeof(*out));
	if (brackets) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		out->len = sizeof(*v6);
		return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	out->len = sizeof(*v4);
	return inet_pton(AF_INET, text, &v4->sin_addr) == 1;
}

enum ent_status
ent_address_parse(struct ent_address *out, const char *text, struct ent_error *err)
{
	struct ent_view all = ent_view_str(text);
	size_t colon = ent_view_rfind(all, ':');
	unsigned port;

	if (colon == all.len || !parse_port(&port, ent_view_slice(all, colon + 1, all.len)) ||
	    !parse_host(out, ent_view_slice(all, 0, colon), port))
		return ent_fail(err, ENT_E_SYNTAX, "\"%s\" is not an address of the form 127.0.0.1:8080 or [::1]:8080", text);
	return ENT_OK;
}

bool
ent_address_is_loopback(const struct ent_address *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&address->storage;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&address->storage;

	switch (address->storage.ss_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	default:
		return false;
	}
}

void
ent_address_print(char out[ENT_ADDRESS_TEXT_SIZE], const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
	const char *text = NULL;

	if (address != NULL && address->sa_family == AF_INET)
		text = inet_ntop(AF_INET, &v4->sin_addr, out, ENT_ADDRESS_TEXT_SIZE);
	else if (address != NULL && address->sa_family == AF_INET6)
		text = inet_ntop(AF_INET6, &v6->sin6_addr, out, ENT_ADDRESS_TEXT_SIZE);
	if (text == NULL)
		snprintf(out, ENT_ADDRESS_TEXT_SIZE, "%s", address != NULL && address->sa_family == AF_UNIX ? "unix" : "-");
}

/* Lower-case names and numeric hosts only: what a certificate and a charter line would say alike. */
static bool
is_host(struct ent_view host)
{
	struct ent_address address;

	if (host.len == 0 || host.len > HOST_MAX)
		return false;
	if (host.data[0] == '[')
		return parse_host(&address, host, 0);
	for (size_t i = 0; i < host.len; i++) {
		const uint8_t c = host.data[i];
		const bool dot = c == '.' && i > 0 && i + 1 < host.len && host.data[i - 1] != '.';

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && !dot)
			return false;
	}
	return true;
}

enum ent_status
ent_origin_parse(struct ent_origin *out, struct ent_view url, struct ent_error *err)
{
	const bool tls = ent_view_starts(url, ENT_LIT("https://"));
	struct ent_view rest;
	size_t colon;
	bool good = tls || ent_view_starts(url, ENT_LIT("http://"));

	rest = ent_view_slice(url, tls ? 8 : 7, url.len);
	colon = ent_view_rfind(rest, ':');
	if (ent_view_find(rest, ']', 0) != rest.len && colon < ent_view_find(rest, ']', 0))
		colon = rest.len; /* the colons of an IPv6 host without a port */
	out->tls = tls;
	out->port = tls ? 443 : 80;
	out->host = ent_view_slice(rest, 0, colon);
	if (colon < rest.len)
		good = good && parse_port(&out->port, ent_view_slice(rest, colon + 1, rest.len)) && out->port != 0 &&
		    out->port != (tls ? 443u : 80u);
	if (!good || !is_host(out->host))
		return ent_fail(err, ENT_E_SYNTAX, "\"%.*s\" is not a URL of the form https://node.example or "
		    "http://127.0.0.1:8080 (lower case, no path, no final slash, no default port)", ENT_FMT(url));
	return ENT_OK;
}

bool
ent_origin_is_loopback(const struct ent_origin *origin)
{
	struct ent_address address;

	return ent_view_eq_str(origin->host, "localhost") ||
	    (parse_host(&address, origin->host, 0) && ent_address_is_loopback(&address));
}
