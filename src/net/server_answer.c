/* Answers: the head, the body or the file, and the report. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/http_head.h"
#include "net/server_conn.h"

enum { HEAD_MAX = 131072, REFUSAL_MAX = 4096 };

void
ent_conn_report(struct ent_conn *conn, int status)
{
	const struct ent_server *server = conn->server;
	struct ent_server_report report = {
		.tag = conn->exchange.tag,
		.method = conn->request.method,
		.path = conn->request.path,
		.peer = ent_view_str(conn->peer),
		.status = status,
		.ms = ent_clock_mono_ms() - conn->start_ms,
	};

	conn->exchange.open = false;
	if (server->hooks.finished != NULL)
		server->hooks.finished(server->arg, &report);
}

/* RFC 9110, 5.6.7; made once a second. The names are the protocol's, whatever the locale. */
static const char *
date_text(struct ent_server *server)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	const time_t now = time(NULL);
	struct tm tm;

	if (server->date_unix_s != (int64_t)now && gmtime_r(&now, &tm) != NULL) {
		server->date_unix_s = (int64_t)now;
		snprintf(server->date, sizeof(server->date), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday % 7],
		    tm.tm_mday % 100, months[tm.tm_mon % 12], (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100,
		    tm.tm_sec % 100);
	}
	return server->date;
}

/* Is this a header that the handler may set? Framing is the server's alone. */
static bool
may_send(struct ent_view line, bool *cache_control)
{
	static const char *const own[] = { "content-length", "transfer-encoding", "connection", "date", "content-type" };
	struct ent_view name = ent_view_slice(line, 0, ent_view_find(line, ':', 0));

	if (!ent_http_is_header_line(line))
		return false;
	for (size_t i = 0; i < ENT_COUNT(own); i++)
		if (ent_http_equal_fold(name, own[i]))
			return false;
	*cache_control = *cache_control || ent_http_equal_fold(name, "cache-control");
	return true;
}

static enum ent_status
print_head(struct ent_buf *out, struct ent_conn *conn, const struct ent_http_answer *answer, uint64_t body_len, struct ent_error *err)
{
	bool cache_control = false;

	ENT_TRY(ent_buf_printf(out, err, "HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status, ent_http_reason(answer->status),
	    date_text(conn->server)));
	if (answer->content_type != NULL && ent_http_is_field_value(ent_view_str(answer->content_type)))
		ENT_TRY(ent_buf_printf(out, err, "Content-Type: %s\r\n", answer->content_type));
	/* RFC 9110, 8.6: not in answers that have no body by definition. */
	if (answer->status >= 200 && answer->status != 204 && answer->status != 304)
		ENT_TRY(ent_buf_printf(out, err, "Content-Length: %llu\r\n", (unsigned long long)body_len));
	for (size_t i = 0; i < answer->header_count; i++)
		if (may_send(answer->headers[i], &cache_control))
			ENT_TRY(ent_buf_printf(out, err, "%.*s\r\n", ENT_FMT(answer->headers[i])));
	if (!cache_control)
		ENT_TRY(ent_buf_add_str(out, "Cache-Control: no-store\r\n", err));
	if (conn->close)
		ENT_TRY(ent_buf_add_str(out, "Connection: close\r\n", err));
	return ent_buf_add_str(out, "X-Content-Type-Options: nosniff\r\n\r\n", err);
}

/* Hand the bytes to the connection. *fd is taken when it was used. */
static bool
put_body(struct evbuffer *output, struct ent_view body, int *fd, uint64_t file_len)
{
	int taken = *fd;

	if (taken < 0)
		return body.len == 0 || evbuffer_add(output, body.data, body.len) == 0;
	if (file_len == 0)
		return true;
	*fd = -1;
	if (evbuffer_add_file(output, taken, 0, (ev_off_t)file_len) == 0)
		return true;
	*fd = taken;
	return false;
}

static void
send_answer(struct ent_conn *conn, const struct ent_http_answer *answer)
{
	const uint64_t body_len = answer->file_fd >= 0 ? answer->file_len : answer->body.len;
	const bool head_only = ent_view_eq_str(conn->request.method, "HEAD") || answer->status == 204 || answer->status == 304;
	struct evbuffer *output = bufferevent_get_output(conn->bev);
	ENT_AUTO_FINI(ent_buf) head = ent_buf_with_max(HEAD_MAX);
	ENT_AUTO_FD fd = answer->file_fd;
	struct ent_error err = { 0 };

	conn->close = conn->close || answer->close || !conn->request.keep_alive || conn->server->draining;
	ent_conn_report(conn, answer->status);
	conn->phase = ENT_CONN_WRITE; /* never from IDLE or LINGER, which are on a list */
	ent_conn_set_timer(conn, conn->server->limits.body_timeout_ms + (int64_t)(body_len / ENT_SERVER_RATE_MIN) * 1000);
	/* Without memory for an answer the connection ends: the timer finds nothing written. */
	if (print_head(&head, conn, answer, body_len, &err) != ENT_OK || evbuffer_add(output, head.data, head.len) != 0)
		return;
	if (!head_only && !put_body(output, answer->body, &fd, answer->file_len))
		ent_conn_set_timer(conn, 0);
}

void
ent_conn_refuse(struct ent_conn *conn, int status, const char *message)
{
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(REFUSAL_MAX);
	struct ent_http_answer answer = { .status = status, .content_type = "application/json", .file_fd = -1, .close = true };
	struct ent_error err = { 0 };

	bufferevent_disable(conn->bev, EV_READ);
	ent_conn_release_body(conn); /* now, not when the connection has lingered: others wait for the room */
	if (ent_http_error_body(&body, status, message, &err) == ENT_OK)
		answer.body = ent_buf_view(&body);
	send_answer(conn, &answer);
}

void
ent_server_answer(struct ent_exchange *exchange, const struct ent_http_answer *answer)
{
	ENT_ASSERT(exchange->open);
	send_answer(exchange->conn, answer);
}

void
ent_server_refuse(struct ent_exchange *exchange, int status, const char *message)
{
	ENT_AUTO_FINI(ent_buf) body = ent_buf_with_max(REFUSAL_MAX);
	struct ent_http_answer answer = { .status = status, .content_type = "application/json", .file_fd = -1 };
	struct ent_error err = { 0 };

	if (ent_http_error_body(&body, status, message, &err) == ENT_OK)
		answer.body = ent_buf_view(&body);
	ent_server_answer(exchange, &answer);
}

uint64_t
ent_exchange_id(const struct ent_exchange *exchange)
{
	return exchange->id;
}

struct ent_exchange *
ent_server_exchange(struct ent_server *server, uint64_t id)
{
	const size_t slot = (size_t)(id & 0xffff);
	struct ent_conn *conn = slot < server->slot_count ? server->slots[slot] : NULL;

	return conn != NULL && conn->exchange.open && conn->exchange.id == id ? &conn->exchange : NULL;
}

void
ent_exchange_set_tag(struct ent_exchange *exchange, const char *tag)
{
	snprintf(exchange->tag, sizeof(exchange->tag), "%s", tag);
}

const char *
ent_exchange_tag(const struct ent_exchange *exchange)
{
	return exchange->tag;
}
