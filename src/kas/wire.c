/* Error texts that clients match textually (wire reference 2.5): the text of a Connect error joined with a gRPC status. */
#include "kas/rewrap.h"

#define INVALID "invalid_argument: request error\nrpc error: code = InvalidArgument desc = "

const char ent_wire_bad_request[] = INVALID "bad request";
const char ent_wire_forbidden[] = "permission_denied: request error\nrpc error: code = PermissionDenied desc = forbidden";
const char ent_wire_unavailable[] =
    "internal: internal error\nrpc error: code = Internal desc = internal: auth-service-unavailable";

enum ent_status
ent_wire_invalid(struct ent_buf *out, const char *text, struct ent_error *err)
{
	return ent_buf_printf(out, err, INVALID "%s", text);
}
