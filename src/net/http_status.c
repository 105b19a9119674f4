/* Status codes in words. The codes of the Connect protocol are those its error answers carry (wire reference 3.3). */
#include "net/http.h"

static const struct {
	int status;
	const char *reason;
	const char *code;
} rows[] = {
	{ 100, "Continue", "" },
	{ 200, "OK", "" },
	{ 204, "No Content", "" },
	{ 304, "Not Modified", "" },
	{ 400, "Bad Request", "invalid_argument" },
	{ 401, "Unauthorized", "unauthenticated" },
	{ 403, "Forbidden", "permission_denied" },
	{ 404, "Not Found", "not_found" },
	{ 405, "Method Not Allowed", "unimplemented" },
	{ 408, "Request Timeout", "deadline_exceeded" },
	{ 409, "Conflict", "already_exists" },
	{ 413, "Content Too Large", "resource_exhausted" },
	{ 414, "URI Too Long", "resource_exhausted" },
	{ 415, "Unsupported Media Type", "unimplemented" },
	{ 417, "Expectation Failed", "failed_precondition" },
	{ 422, "Unprocessable Content", "failed_precondition" },
	{ 429, "Too Many Requests", "resource_exhausted" },
	{ 431, "Request Header Fields Too Large", "resource_exhausted" },
	{ 499, "Client Closed Request", "canceled" },
	{ 500, "Internal Server Error", "internal" },
	{ 501, "Not Implemented", "unimplemented" },
	{ 503, "Service Unavailable", "unavailable" },
	{ 504, "Gateway Timeout", "deadline_exceeded" },
	{ 505, "HTTP Version Not Supported", "unimplemented" },
};

const char *
ent_http_reason(int status)
{
	for (size_t i = 0; i < ENT_COUNT(rows); i++)
		if (rows[i].status == status)
			return rows[i].reason;
	return "Status";
}

const char *
ent_http_code(int status)
{
	for (size_t i = 0; i < ENT_COUNT(rows); i++)
		if (rows[i].status == status && rows[i].code[0] != '\0')
			return rows[i].code;
	return status >= 500 ? "internal" : "unknown";
}

enum ent_status
ent_http_error_body(struct ent_buf *out, int status, const char *message, struct ent_error *err)
{
	ENT_TRY(ent_buf_printf(out, err, "{\"code\":\"%s\",\"message\":\"", ent_http_code(status)));
	for (const char *at = message; *at != '\0'; at++) {
		const unsigned char c = (unsigned char)*at;

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			ENT_TRY(ent_buf_printf(out, err, "\\u%04x", c));
		else
			ENT_TRY(ent_buf_add_byte(out, c, err));
	}
	return ent_buf_add_str(out, "\"}", err);
}
