/* What the two halves of the HTTP parser share (inside src/net only). */
#ifndef ENT_NET_HTTP_HEAD_H
#define ENT_NET_HTTP_HEAD_H

#include "net/http.h"

/* return http_fail(http_status, 400, err, ENT_E_SYNTAX, "..."); */
#define http_fail(http_status, code, err, status, ...) (*(http_status) = (code), ent_fail((err), (status), __VA_ARGS__))

bool ent_http_is_token(struct ent_view text);        /* RFC 9110 5.6.2 */
bool ent_http_is_field_value(struct ent_view text);  /* RFC 9110 5.5: no control characters but tab */
bool ent_http_equal_fold(struct ent_view text, const char *lower);

/* method SP target SP version, without CRLF: sets method, path and query, and *authority in absolute-form. */
ENT_MUST_USE enum ent_status ent_http_parse_request_line(struct ent_http_request *out, struct ent_view *authority,
    bool *version_10, struct ent_arena *arena, struct ent_view line, int *http_status, struct ent_error *err);

#endif
