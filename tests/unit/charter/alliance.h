/* The small world with a partner: project quantum, party jp.example and its admission, all in force from T0. */
#ifndef ENT_TESTS_ALLIANCE_H
#define ENT_TESTS_ALLIANCE_H

#include "world.h"

struct alliance {
	struct ent_charter *charter;
	struct ent_hash project, party, admit;
};
/* requires: lines of the admission, or NULL. rules: NULL: the usual. */
struct alliance alliance_new(const struct world_rules *rules, const char *requires);
void alliance_free(struct alliance *a);
#define ALLIANCE __attribute__((cleanup(alliance_free))) struct alliance

/* Consents of all members for 200 days, or to the proposal's end. */
void alliance_consent(struct ent_charter *charter, const struct ent_hash *proposal, int64_t time_unix_s);
/* One officer, unless signers says otherwise, in its own log at its newest `alive`, or at time_unix_s with a new one. */
struct ent_hash alliance_say(struct ent_charter *charter, size_t by, unsigned signers, int64_t time_unix_s, const char *format, ...) ENT_PRINTF(5, 6);
/* The same in another's log, whose newest `alive` is what it is. */
struct ent_hash alliance_say_in(struct ent_charter *charter, size_t host, size_t by, unsigned signers, int64_t time_unix_s, const char *format, ...)
    ENT_PRINTF(6, 7);
struct ent_hash alliance_resume(struct ent_charter *charter, size_t by, const struct ent_hash *stop, int64_t time_unix_s);
struct ent_hash alliance_stop_key(struct ent_charter *charter, size_t host, size_t by, unsigned signers, const struct ent_signer *key,
    int64_t time_unix_s);

enum ent_part alliance_part(const struct ent_charter *charter, int64_t now_unix_s, const char *party, const char *project);
/* Among its reasons: this code with these words in text, cite or cure. */
bool alliance_why(const struct ent_charter *charter, int64_t now_unix_s, const char *party, const char *project, enum ent_reason_code code,
    const char *words);
enum ent_force alliance_force(const struct ent_charter *charter, int64_t now_unix_s, const struct ent_hash *proposal);
size_t alliance_stops(const struct ent_charter *charter, int64_t now_unix_s); /* that stand */

#endif
