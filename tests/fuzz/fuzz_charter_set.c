/*
 * Statement logs of a founded charter, fed with anything. The input is a list of steps: a byte that says what and for whom,
 * two bytes of length, and bytes: an entry as it is, or a text that is signed here by those who may, or a proposal; then
 * everything is derived at three times and told in words. Nothing of it may do more than be void.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "world.h"

enum { STEPS_MAX = 64 };

static void
entry(struct ent_charter *charter, size_t member, struct ent_view bytes)
{
	struct ent_view party = ent_view_str(world_members[member]);
	struct ent_error err = { 0 };

	if (ent_charter_add_entry(charter, party, ent_charter_log_size(charter, party), bytes, &err) != ENT_OK)
		abort(); /* a bad entry is void, never an error */
}

/* The text, signed by those of `by`: with the log's key, or by a quorum. */
static void
signed_entry(struct ent_charter *charter, size_t member, size_t by, bool by_log, struct ent_view text)
{
	const struct world_keys *keys = world_keys(by);
	const struct ent_signer *log = keys->log, *officers[] = { keys->officers[0], keys->officers[1] };
	ENT_AUTO_FINI(ent_buf) note = ent_buf_with_max(1 << 18);
	struct ent_error err = { 0 };

	if (ent_note_sign(&note, text, by_log ? &log : officers, by_log ? 1 : 2, &err) == ENT_OK)
		entry(charter, member, ent_buf_view(&note));
}

static void
step(struct ent_charter *charter, uint8_t what, struct ent_view bytes)
{
	size_t member = what % MEMBERS;
	struct ent_error err = { 0 };

	switch (what / MEMBERS % 9) {
	case 0:
		entry(charter, member, bytes);
		break;
	case 1:
		signed_entry(charter, member, member, true, bytes);
		break;
	case 2:
		signed_entry(charter, member, member, false, bytes);
		break;
	case 3:
		ENT_IGNORE(ent_charter_add_proposal(charter, bytes, &err)); /* most are refused */
		break;
	case 4:
		ENT_IGNORE(ent_charter_admissible(charter, ent_view_str(world_members[AU]), bytes, T0, &err)); /* most are refused */
		break;
	case 6:
		if (ent_charter_log_count(charter) == MEMBERS)
			world_follow(charter, JP);
		signed_entry(charter, JP, member == 0 ? JP : JP_TOO, false, bytes);
		break;
	case 7:
		if (ent_charter_log_count(charter) > MEMBERS)
			world_be_alive(charter, JP, T0 + (int64_t)bytes.len * HOUR);
		break;
	case 8:
		signed_entry(charter, member, JP, false, bytes); /* heard, if it is a stop */
		break;
	default:
		world_be_alive(charter, member, T0 + (int64_t)bytes.len * HOUR);
		break;
	}
}

static void
tell(const struct ent_charter *charter, int64_t now_unix_s)
{
	ENT_AUTO(ent_state) state = world_derive(charter, now_unix_s);
	ENT_AUTO(ent_arena) arena = NULL;
	struct ent_reasons reasons = { 0 };
	struct ent_error err = { 0 };

	if (ent_arena_new(&arena, (size_t)64 << 20, &err) != ENT_OK)
		abort();
	reasons.arena = arena;
	for (size_t i = 0; i < ent_state_project_count(state); i++) {
		const struct ent_standing *p = ent_state_project_at(state, i);

		reasons.count = 0;
		if (ent_state_party_reasons(state, ent_view_str(world_members[AU]), p->doc->proposal.project, &reasons, &err) != ENT_OK)
			abort();
		/* One of a name at most is in force, and then nothing blocks a participant. */
		if (p->state == ENT_FORCE_ACTIVE && ent_state_project(state, p->doc->proposal.project) != p)
			abort();
	}
	if (ent_state_node_reasons(state, &reasons, &err) != ENT_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ENT_AUTO(ent_charter) charter = world_charter(NULL);
	struct ent_view in = { data, size };
	struct ent_hash wanted[4];

	for (size_t steps = 0; in.len >= 3 && steps < STEPS_MAX; steps++) {
		size_t len = (size_t)in.data[1] << 8 | in.data[2];
		struct ent_view bytes = ent_view_slice(in, 3, len);

		step(charter, in.data[0], bytes);
		in = ent_view_slice(in, 3 + bytes.len, in.len);
	}
	(void)ent_charter_wanted(charter, wanted, 4);
	tell(charter, T0);
	tell(charter, T0 + DAY);
	tell(charter, T0 - 400 * DAY);
	return 0;
}
