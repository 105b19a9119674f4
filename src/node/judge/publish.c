/*
 * What this node says about its own view: charter/view/<hex>, charter/head, charter/stop/<hex>, and `alive` entries (charter
 * sections 7 and 8).
 * Every decision cites a view, so a view is on disk before anything is decided on it.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "node/judge/judge.h"

#define ENT_ALIVE_MIN_S 60
#define ENT_ALIVE_MAX_S (6 * 3600)
#define ENT_ALIVE_PARTS 8 /* an alive every F/8 */

enum {
	VIEW_MAX = 65536,
	ALIVE_MAX = 1024,
	LOGGER_ARENA_MAX = 1 << 20,
	RETRY_S = 10,
	STOPS_LOOKED_AT = 1024, /* at a time: whether each has its file */
	STOPS_WRITTEN = 32      /* ... and so many that had none: each waits for the disk */
};

struct ent_views {
	bool any;
	uint64_t generation; /* of the charter, when the newest view was written */
	struct ent_hash newest;
	int64_t newest_since_unix_s;
	size_t stop_at;      /* of the state's list: the one whose file is looked for next */
	size_t stops_left;   /* to be looked at since the charter grew */
	bool alive_once;     /* written since this start */
	int64_t alive_due_unix_s;
};

enum ent_status
ent_views_new(struct ent_views **out, struct ent_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out != NULL ? ENT_OK : ent_fail(err, ENT_E_NO_MEMORY, "no memory for views");
}

void
ent_views_free(struct ent_views *views)
{
	free(views);
}

const struct ent_hash *
ent_views_newest(const struct ent_views *views)
{
	return &views->newest;
}

static enum ent_status
view_path(const struct ent_judge *judge, char out[ENT_PATH_MAX], const struct ent_hash *view, struct ent_error *err)
{
	char hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, view);
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/charter/view/%s", judge->config->home, hex);
}

static enum ent_status
write_view(struct ent_judge *judge, const struct ent_hash *hash, struct ent_view text, struct ent_error *err)
{
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/charter/view", judge->config->home));
	ENT_TRY(ent_dir_make(path, 0755, err));
	ENT_TRY(view_path(judge, path, hash, err));
	return ent_file_replace(path, text, 0644, err);
}

static enum ent_status
write_head(struct ent_judge *judge, const struct ent_charter *charter, const struct ent_hash *view, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(512);
	char epoch_hex[ENT_HASH_HEX_SIZE], view_hex[ENT_HASH_HEX_SIZE];
	char path[ENT_PATH_MAX];

	ent_hash_hex(epoch_hex, ent_charter_epoch_hash(charter));
	ent_hash_hex(view_hex, view);
	ENT_TRY(ent_buf_printf(&text, err, "epoch %u %s\nview %s\n", ent_charter_epoch(charter)->number, epoch_hex, view_hex));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/charter/head", judge->config->home));
	return ent_file_replace(path, ent_buf_view(&text), 0644, err);
}

/* Whoever must carry a stop to a node that is cut off finds the note by its name, whoever's log it stands in. */
static enum ent_status
write_stop(struct ent_judge *judge, const struct ent_stop *stop, bool *written, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(ENT_TLOG_ENTRY_MAX);
	char path[ENT_PATH_MAX], hex[ENT_HASH_HEX_SIZE];
	struct ent_error unreadable = { 0 };

	*written = false;
	ent_hash_hex(hex, &stop->hash);
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/charter/stop", judge->config->home));
	ENT_TRY(ent_dir_make(path, 0755, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/charter/stop/%s", judge->config->home, hex));
	if (ent_file_exists(path))
		return ENT_OK;
	if (ent_mirror_entry(judge->mirror, stop->host, stop->index, &note, &unreadable) != ENT_OK)
		return ENT_OK; /* it is in force all the same */
	*written = true;
	return ent_file_replace(path, ent_buf_view(&note), 0644, err);
}

/*
 * Some of those that are left, from where the last call ended and round the list. Any officer may fill its own log with stops
 * (a partner's with stops of its own persons): that must cost nobody's callers more than a moment, so the rest waits.
 */
static enum ent_status
write_stops(struct ent_judge *judge, const struct ent_state *state, struct ent_error *err)
{
	struct ent_views *views = judge->views;
	const size_t count = ent_state_stop_count(state);
	unsigned written = 0;
	bool new;

	if (views->stops_left > count)
		views->stops_left = count;
	for (unsigned i = 0; views->stops_left > 0 && i < STOPS_LOOKED_AT && written < STOPS_WRITTEN; i++) {
		if (views->stop_at >= count)
			views->stop_at = 0;
		ENT_TRY(write_stop(judge, ent_state_stop_at(state, views->stop_at), &new, err));
		views->stop_at++;
		views->stops_left--;
		written += new;
	}
	return ENT_OK;
}

static enum ent_status
write_more_stops(struct ent_judge *judge, struct ent_error *err)
{
	const struct ent_state *state;

	if (judge->views->stops_left == 0)
		return ENT_OK;
	ENT_TRY(ent_judge_state(judge, &state, err));
	return write_stops(judge, state, err);
}

enum ent_status
ent_views_publish(struct ent_judge *judge, struct ent_error *err)
{
	const struct ent_charter *charter = ent_mirror_charter(judge->mirror);
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(VIEW_MAX);
	struct ent_views *views = judge->views;
	const struct ent_state *state;
	uint64_t generation;
	struct ent_hash hash;

	/* Deriving may show whose logs are to be followed from now on: they belong to the view (C-34). */
	ENT_TRY(ent_judge_state(judge, &state, err));
	generation = ent_charter_generation(charter);
	if (views->any && views->generation == generation)
		return ENT_OK;
	ENT_TRY(ent_charter_view(charter, &text, &hash, err));
	views->stops_left = ent_state_stop_count(state);
	ENT_TRY(write_stops(judge, state, err));
	if (!views->any || !ent_hash_eq(&hash, &views->newest)) {
		ENT_TRY(write_view(judge, &hash, ent_buf_view(&text), err));
		ENT_TRY(write_head(judge, charter, &hash, err));
		views->newest = hash;
	}
	views->any = true;
	views->generation = generation;
	return ENT_OK;
}

/*
 * A view stops being the newest when the next one is written; what is known of older ones after a restart is when they
 * were written, which is earlier. Files are dated by the system's clock, without the demonstration's offset.
 */
int64_t
ent_views_age_s(const struct ent_judge *judge, const struct ent_hash *view)
{
	char path[ENT_PATH_MAX];
	struct stat st;
	int64_t age;

	if (judge->views->any && ent_hash_eq(view, &judge->views->newest))
		return 0;
	if (view_path(judge, path, view, NULL) != ENT_OK || stat(path, &st) != 0)
		return -1;
	age = ent_clock_now(NULL) - (int64_t)st.st_mtime;
	return age > 0 ? age : 0;
}

/* ---- alive ---- */

static int64_t
smallest_fresh_s(struct ent_judge *judge)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(judge->mirror));
	int64_t smallest = epoch->rule_project.fresh.seconds;
	const struct ent_state *state;
	struct ent_error ignored = { 0 };

	if (epoch->rule_admit.fresh.seconds < smallest)
		smallest = epoch->rule_admit.fresh.seconds;
	if (ent_judge_state(judge, &state, &ignored) != ENT_OK)
		return smallest;
	for (size_t i = 0; i < ent_state_project_count(state); i++) {
		const struct ent_standing *project = ent_state_project_at(state, i);
		int64_t fresh = ent_state_fresh_s(state, project);

		/* One that is not in force has no claim on us, or a stranger's proposal could set our pace. */
		if ((project->state == ENT_FORCE_ACTIVE || project->state == ENT_FORCE_UNHEARD) && fresh < smallest)
			smallest = fresh;
	}
	return smallest;
}

static int64_t
alive_interval_s(struct ent_judge *judge)
{
	int64_t interval = smallest_fresh_s(judge) / ENT_ALIVE_PARTS;

	if (interval < ENT_ALIVE_MIN_S)
		return ENT_ALIVE_MIN_S;
	return interval > ENT_ALIVE_MAX_S ? ENT_ALIVE_MAX_S : interval;
}

static enum ent_status
alive_text(struct ent_judge *judge, int64_t unix_s, struct ent_buf *out, struct ent_error *err)
{
	const struct ent_charter *charter = ent_mirror_charter(judge->mirror);
	struct ent_doc doc = { .kind = ENT_DOC_ALIVE };

	doc.alive.index = ent_charter_log_size(charter, judge->self);
	doc.alive.by = judge->self;
	doc.alive.charter = *ent_charter_id(charter);
	doc.alive.time_unix_s = unix_s;
	doc.alive.view = judge->views->newest;
	return ent_doc_print(out, &doc, err);
}

/*
 * C-7: times in a log never go back; an `alive` of a clock that did would be void. One that was set right by seconds says the
 * time of the one before: nobody takes offence at what lies within the skew. One that fell further back says nothing.
 */
static enum ent_status
alive_time(const struct ent_judge *judge, int64_t *unix_s, struct ent_error *err)
{
	int64_t last_unix_s;

	ENT_TRY(ent_mirror_own_alive(judge->mirror, &last_unix_s, err));
	*unix_s = last_unix_s > ent_judge_now(judge) ? last_unix_s : ent_judge_now(judge);
	if (*unix_s - ent_judge_now(judge) > ENT_SKEW_S)
		return ent_fail(err, ENT_E_UNAVAILABLE, "this node's clock is %lld s behind its own last `alive`: set the clock",
		    (long long)(last_unix_s - ent_judge_now(judge)));
	return ENT_OK;
}

enum ent_status
ent_views_alive(struct ent_judge *judge, struct ent_error *err)
{
	ENT_AUTO(ent_arena) arena = NULL;
	ENT_AUTO_FINI(ent_buf) text = ent_buf_with_max(ALIVE_MAX);
	struct ent_msg ask = { .type = ENT_MSG_ALIVE };
	struct ent_msg answer;
	int64_t unix_s;

	ENT_TRY(alive_time(judge, &unix_s, err));
	ENT_TRY(ent_views_publish(judge, err));
	ENT_TRY(alive_text(judge, unix_s, &text, err));
	ENT_TRY(ent_arena_new(&arena, LOGGER_ARENA_MAX, err));
	ask.alive.text = ent_buf_view(&text);
	ENT_TRY(ent_channel_call(judge->logger, &ask, &answer, ENT_MSG_APPENDED, arena, err));
	ent_judge_forget_state(judge);
	ENT_TRY(ent_mirror_reload_own(judge->mirror, err));
	judge->views->alive_once = true;
	judge->views->alive_due_unix_s = ent_judge_now(judge) + alive_interval_s(judge);
	return ENT_OK;
}

enum ent_status
ent_views_tick(struct ent_judge *judge, struct ent_error *err)
{
	struct ent_views *views = judge->views;
	int64_t now = ent_judge_now(judge);
	enum ent_status status;

	ENT_TRY(write_more_stops(judge, err));
	/* A shorter freshness may have come into force meanwhile; a clock that was set back must not silence us for long. */
	if (views->alive_once && now < views->alive_due_unix_s && views->alive_due_unix_s - now <= ENT_ALIVE_MAX_S &&
	    (views->any && views->generation == ent_charter_generation(ent_mirror_charter(judge->mirror))))
		return ENT_OK;
	if (views->alive_once && now + alive_interval_s(judge) < views->alive_due_unix_s)
		views->alive_due_unix_s = now + alive_interval_s(judge);
	if (views->alive_once && now < views->alive_due_unix_s)
		return ent_views_publish(judge, err);
	status = ent_views_alive(judge, err);
	if (status != ENT_OK) {
		views->alive_once = true; /* do not ask every round */
		views->alive_due_unix_s = now + RETRY_S;
		return status;
	}
	return ent_views_publish(judge, err);
}
