#include "node/edge/route.h"

enum {
	BODY_RPC = (1 << 20) + 65536, /* a request token of 1 MiB and the JSON around it */
	BODY_SUBMIT = 65536,          /* contracts: charter/submit */
	BODY_TOKEN = 16384,
	BODY_NONE = 4096,             /* nobody reads it */
};

static bool
is_word(struct ent_view text, bool dots)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '_' &&
		    !(dots && c == '.'))
			return false;
	}
	return text.len > 0;
}

/* ^/[\w.]+\.[\w.]+/[\w]+$ (wire reference 3.1) */
static bool
is_rpc(struct ent_view path)
{
	const size_t slash = ent_view_find(path, '/', 1);
	struct ent_view service = ent_view_slice(path, 1, slash - 1);
	struct ent_view inner = ent_view_slice(service, 1, service.len > 2 ? service.len - 2 : 0);

	return is_word(service, true) && ent_view_find(inner, '.', 0) < inner.len &&
	    is_word(ent_view_slice(path, slash + 1, path.len), false);
}

struct row {
	struct ent_view path;
	bool prefix; /* everything below it */
	struct ent_edge_target target;
};

void
ent_edge_find_route(struct ent_edge_target *out, struct ent_view path)
{
	static const struct row rows[] = {
		{ ENT_LIT("/healthz"), false, { ENT_EDGE_ROUTE_HEALTH, "GET, HEAD", BODY_NONE } },
		{ ENT_LIT("/charter/submit"), false, { ENT_EDGE_ROUTE_JUDGE, "POST", BODY_SUBMIT } },
		{ ENT_LIT("/charter/"), true, { ENT_EDGE_ROUTE_STATIC, "GET, HEAD", BODY_NONE } },
		{ ENT_LIT("/log/"), true, { ENT_EDGE_ROUTE_STATIC, "GET, HEAD", BODY_NONE } },
		{ ENT_LIT("/mirror/"), true, { ENT_EDGE_ROUTE_STATIC, "GET, HEAD", BODY_NONE } },
		{ ENT_LIT("/token"), false, { ENT_EDGE_ROUTE_JUDGE, "POST", BODY_TOKEN } },
		{ ENT_LIT("/authorize"), false, { ENT_EDGE_ROUTE_JUDGE, "GET, HEAD", BODY_NONE } },
		{ ENT_LIT("/jwks"), false, { ENT_EDGE_ROUTE_JUDGE, "GET, HEAD", BODY_NONE } },
		{ ENT_LIT("/.well-known/"), true, { ENT_EDGE_ROUTE_JUDGE, "GET, HEAD", BODY_NONE } },
	};

	for (size_t i = 0; i < ENT_COUNT(rows); i++) {
		if (rows[i].prefix ? !ent_view_starts(path, rows[i].path) : !ent_view_eq(path, rows[i].path))
			continue;
		*out = rows[i].target;
		return;
	}
	*out = is_rpc(path) ? (struct ent_edge_target){ ENT_EDGE_ROUTE_JUDGE, "GET, POST", BODY_RPC }
	                    : (struct ent_edge_target){ ENT_EDGE_ROUTE_UNKNOWN, "GET, HEAD, POST", BODY_NONE };
}

bool
ent_edge_allows(const struct ent_edge_target *target, struct ent_view method)
{
	struct ent_view rest = ent_view_str(target->allow);

	while (rest.len > 0) {
		const size_t comma = ent_view_find(rest, ',', 0);

		if (ent_view_eq(ent_view_slice(rest, 0, comma), method))
			return true;
		rest = ent_view_slice(rest, comma + 2, rest.len);
	}
	return false;
}
