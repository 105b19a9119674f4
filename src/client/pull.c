/*
 * The profile's mirror of the charter, pulled through the home node and verified down to the pinned genesis.
 * Commands of one profile may run at the same time: they take turns at its cache, and hold it only while they read or pull.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "client/client.h"

enum { HEAD_MAX = 1024, PULL_ROUNDS_MAX = 100000, TURN_WAIT_MS = 30000, TURN_POLL_MS = 20 };

struct place {
	char charter[ENT_PATH_MAX];
	char peers[ENT_PATH_MAX];
	char state[ENT_PATH_MAX];
	struct ent_mirror_place as;
};

static enum ent_status
place_of(const struct entente_profile *profile, struct place *place, struct ent_error *err)
{
	ENT_TRY(ent_path_join(place->charter, sizeof(place->charter), err, "%s/charter", profile->cache_dir));
	ENT_TRY(ent_path_join(place->peers, sizeof(place->peers), err, "%s/peers", profile->cache_dir));
	ENT_TRY(ent_path_join(place->state, sizeof(place->state), err, "%s/state", profile->cache_dir));
	place->as = (struct ent_mirror_place){ .charter_dir = place->charter, .peers_dir = place->peers,
		.state_dir = place->state, .pinned = &profile->genesis };
	return ENT_OK;
}

/* *fd holds the cache until it is closed. */
static enum ent_status
take_turn(const struct entente_profile *profile, int *fd, struct ent_error *err)
{
	const struct timespec poll = { 0, TURN_POLL_MS * 1000000L };
	const int64_t end_ms = ent_clock_mono_ms() + TURN_WAIT_MS;
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_dir_make(profile->cache_dir, 0700, err));
	ENT_TRY(ent_path_join(path, sizeof(path), err, "%s/lock", profile->cache_dir));
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return ent_fail_errno(err, ENT_E_IO, errno, "cannot open %s", path);
	while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return ent_fail_errno(err, ENT_E_IO, errno, "cannot lock %s", path);
		if (ent_clock_mono_ms() > end_ms)
			return ent_fail(err, ENT_E_BUSY, "another command has held %s for %d s; end it, or try again", path,
			    TURN_WAIT_MS / 1000);
		nanosleep(&poll, NULL);
	}
	return ENT_OK;
}

static enum ent_status
first_contact(struct entente_profile *profile, const struct ent_mirror_place *place, struct ent_error *err)
{
	__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };

	ENT_TRY(ent_dir_make(profile->cache_dir, 0700, err));
	ENT_TRY(ent_session_get(profile, profile->node, "charter/epoch/1", ENT_LIMIT_EPOCH_TEXT + ENT_NOTE_MAX, &answer, err));
	if (answer.status != 200)
		return ent_fail(err, ENT_E_UNAVAILABLE, "%s has no charter yet (it answered %d)", profile->node, answer.status);
	return ent_mirror_install(place, ent_buf_view(&answer.body), err);
}

/* Is there a party proposal of somebody whose log is not followed? In most charters there is none, and nothing need be derived. */
static bool
has_newcomers(const struct entente_profile *profile)
{
	const struct ent_charter *charter = ent_mirror_charter(profile->mirror);

	for (size_t i = 0; i < ent_charter_proposal_count(charter); i++) {
		const struct ent_proposal *proposal = &ent_charter_proposal_at(charter, i)->proposal;

		if (proposal->kind == ENT_PROPOSAL_PARTY && !ent_mirror_follows(profile->mirror, proposal->party.name))
			return true;
	}
	return false;
}

/* C-34. A copy of a partner's log that cannot be read closes that partner, and `why` says so: no reason to do nothing at all. */
static enum ent_status
follow_partners(struct entente_profile *profile, struct ent_error *err)
{
	ENT_AUTO(ent_state) state = NULL;
	struct ent_error own = { 0 };
	bool grown;

	if (!has_newcomers(profile))
		return ENT_OK;
	ENT_TRY(ent_profile_derive(profile, &state, err));
	if (ent_mirror_follow_partners(profile->mirror, state, &grown, &own) == ENT_E_NO_MEMORY)
		return ent_fail(err, own.code, "%s", own.text);
	return ENT_OK;
}

static enum ent_status
open_mirror(struct entente_profile *profile, bool online, struct ent_error *err)
{
	struct place place;
	struct ent_error first = { 0 };
	enum ent_status status;

	ENT_TRY(place_of(profile, &place, err));
	status = ent_mirror_open(&profile->mirror, &place.as, &first);
	if (status == ENT_OK)
		return ENT_OK;
	if (status != ENT_E_NOT_FOUND)
		return ent_fail(err, first.code, "%s", first.text);
	if (!online)
		return ent_fail(err, ENT_E_UNAVAILABLE, "the profile %s has no copy of the charter yet; run once without --offline",
		    profile->dir);
	ENT_TRY(first_contact(profile, &place.as, err));
	return ent_mirror_open(&profile->mirror, &place.as, err);
}

enum ent_status
ent_profile_mirror(struct entente_profile *profile, struct ent_error *err)
{
	ENT_AUTO_FD turn_fd = -1;

	if (profile->mirror != NULL)
		return ENT_OK;
	ENT_TRY(take_turn(profile, &turn_fd, err));
	ENT_TRY(open_mirror(profile, false, err));
	ENT_TRY(follow_partners(profile, err));
	ent_mirror_end_pulls(profile->mirror);
	return ENT_OK;
}

/* charter/head is a hint only: the view's hash goes into seals, and the node checks that it knows it. */
enum ent_status
ent_profile_head(struct entente_profile *profile, const char *node, struct ent_hash *view, struct ent_error *err)
{
	__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };
	struct ent_view body;

	ENT_TRY(ent_session_get(profile, node, "charter/head", HEAD_MAX, &answer, err));
	if (answer.status != 200)
		return ent_fail(err, ENT_E_UNAVAILABLE, "%s/charter/head answered %d", node, answer.status);
	body = ent_buf_view(&answer.body);
	for (size_t at = 0; at < body.len;) {
		size_t end = ent_view_find(body, '\n', at);
		struct ent_view line = ent_view_slice(body, at, end - at);

		if (ent_view_starts(line, ENT_LIT("view ")))
			return ent_hash_from_hex(view, ent_view_slice(line, 5, line.len), err);
		at = end + 1;
	}
	return ent_fail(err, ENT_E_UNAVAILABLE, "%s has published no view yet; try again in a moment", node);
}

static enum ent_status
pull_party(struct entente_profile *profile, struct ent_view party, struct ent_error *err)
{
	ENT_AUTO(ent_pull) pull = NULL;
	char prefix[ENT_PULL_PATH_MAX];
	char path[ENT_PULL_PATH_MAX];
	size_t max_bytes;

	if (ent_view_eq_str(party, profile->party))
		ENT_TRY(ent_path_join(prefix, sizeof(prefix), err, "log/statements"));
	else
		ENT_TRY(ent_path_join(prefix, sizeof(prefix), err, "mirror/%.*s/statements", ENT_FMT(party)));
	ENT_TRY(ent_pull_new(&pull, profile->mirror, party, prefix, err));
	for (unsigned round = 0; round < PULL_ROUNDS_MAX; round++) {
		__attribute__((cleanup(ent_fetch_answer_fini))) struct ent_fetch_answer answer = { 0 };

		ENT_TRY(ent_pull_next(pull, path, &max_bytes, err));
		if (path[0] == '\0')
			return ENT_OK;
		ENT_TRY(ent_session_get(profile, profile->node, path, max_bytes, &answer, err));
		ENT_TRY(ent_pull_feed(pull, answer.status, ent_buf_view(&answer.body), err));
	}
	return ent_fail(err, ENT_E_UNAVAILABLE, "%s never stops sending entries of %.*s", profile->node, ENT_FMT(party));
}

/* What is wrong with a partner's log, or with the home node's copy of it, concerns that partner only (C-56). */
static enum ent_status
pull_partners(struct entente_profile *profile, struct ent_error *err)
{
	const struct ent_charter *charter = ent_mirror_charter(profile->mirror);

	for (size_t i = ent_charter_epoch(charter)->member_count; i < ent_charter_log_count(charter); i++) {
		struct ent_error one = { 0 };

		ENT_IGNORE(pull_party(profile, ent_charter_log_party(charter, i), &one)); /* one has it */
		if (one.code == ENT_E_NO_MEMORY || one.code == ENT_E_IO)
			return ent_fail(err, one.code, "%s", one.text);
	}
	return ENT_OK;
}

static enum ent_status
pull_all(struct entente_profile *profile, struct ent_error *err)
{
	const struct ent_epoch *epoch = ent_charter_epoch(ent_mirror_charter(profile->mirror));

	ENT_TRY(ent_profile_head(profile, profile->node, &profile->view, err));
	for (size_t i = 0; i < epoch->member_count; i++) {
		struct ent_error one = { 0 };

		if (pull_party(profile, epoch->members[i].name, &one) == ENT_OK)
			continue;
		/* A member that the home node has not heard yet is a fact that derive states better; a lie or no answer is not. */
		if (one.code == ENT_E_NOT_FOUND || one.code == ENT_E_LOG_INCONSISTENT)
			continue;
		return ent_fail(err, one.code, "%s", one.text);
	}
	ENT_TRY(follow_partners(profile, err));
	return pull_partners(profile, err);
}

static enum ent_status
view_path(const struct entente_profile *profile, char out[ENT_PATH_MAX], struct ent_error *err)
{
	return ent_path_join(out, ENT_PATH_MAX, err, "%s/view", profile->cache_dir);
}

/* Seals that are made without the node name the newest view that it had (C-34). */
static enum ent_status
keep_view(const struct entente_profile *profile, struct ent_error *err)
{
	char path[ENT_PATH_MAX], hex[ENT_HASH_HEX_SIZE];

	ent_hash_hex(hex, &profile->view);
	ENT_TRY(view_path(profile, path, err));
	return ent_file_replace(path, ent_view_str(hex), 0600, err);
}

enum ent_status
ent_profile_offline(struct entente_profile *profile, struct ent_error *err)
{
	ENT_AUTO_FINI(ent_buf) hex = ent_buf_with_max(ENT_HASH_HEX_SIZE);
	char path[ENT_PATH_MAX];

	ENT_TRY(ent_profile_mirror(profile, err));
	ENT_TRY(view_path(profile, path, err));
	if (ent_file_read(&hex, path, ENT_HASH_HEX_SIZE, err) != ENT_OK || ent_hash_from_hex(&profile->view, ent_buf_view(&hex), err) != ENT_OK)
		return ent_error_context(err, "which view of the charter was the newest is not known; run once without --offline");
	return ENT_OK;
}

/* Whose node it was that did not answer: a URL tells people nothing. */
static enum ent_status
name_home(const struct entente_profile *profile, struct ent_error *err)
{
	return err->code == ENT_E_UNREACHABLE ? ent_error_context(err, "the home node, of %s", profile->party) : err->code;
}

enum ent_status
ent_profile_sync(struct entente_profile *profile, struct ent_error *err)
{
	ENT_AUTO_FD turn_fd = -1;

	if (profile->synced)
		return ENT_OK;
	ENT_TRY(take_turn(profile, &turn_fd, err));
	ent_mirror_free(profile->mirror); /* read offline before, and its pulls were ended */
	profile->mirror = NULL;
	if (open_mirror(profile, true, err) != ENT_OK)
		return name_home(profile, err);
	profile->synced = pull_all(profile, err) == ENT_OK && keep_view(profile, err) == ENT_OK;
	ent_mirror_end_pulls(profile->mirror);
	return profile->synced ? ENT_OK : name_home(profile, err);
}

enum ent_status
ent_profile_derive(struct entente_profile *profile, struct ent_state **out, struct ent_error *err)
{
	return ent_derive(out, ent_mirror_charter(profile->mirror), ent_clock_now(NULL), err);
}

enum entente_status
entente_profile_sync(struct entente_profile *profile, struct entente_error *err)
{
	ENT_PUBLIC(err, ent_profile_sync(profile, ENT_PUBLIC_ERR));
}

const struct ent_party *
ent_profile_member_of(const struct ent_state *state, struct ent_view url)
{
	for (size_t i = 0; i < ent_state_member_count(state); i++) {
		const struct ent_party *party = ent_state_member_at(state, i)->party;

		if (ent_view_eq(party->node, url))
			return party;
	}
	return NULL;
}
