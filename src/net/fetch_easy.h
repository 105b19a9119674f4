/* What the blocking and the event-driven fetchers share (inside src/net only). */
#ifndef ENT_NET_FETCH_EASY_H
#define ENT_NET_FETCH_EASY_H

#include <curl/curl.h>

#include "net/fetch.h"

#define ENT_FETCH_CONNECT_MS 5000

ENT_MUST_USE enum ent_status ent_fetch_start_library(struct ent_error *err);
ENT_MUST_USE bool ent_fetch_setup(CURL *easy, const char *url, int64_t timeout_ms, size_t max_bytes);
void ent_fetch_problem(char *out, size_t out_size, CURLcode code, const char *detail, bool too_large, size_t max_bytes);

#endif
