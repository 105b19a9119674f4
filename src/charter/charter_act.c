/* What this version does with each act of a statement: a row per act. */
#include "charter/charter_set.h"

#include "codec/base64.h"

/* ---- consent ---- */

static enum ent_status
check_consent(const struct ent_charter *charter, const struct member_log *log, const struct judged *j,
    struct ent_error *err)
{
	const struct target *target = ent_charter_tree_get(&charter->targets, &j->statement->target);
	struct ent_hash says;

	(void)log;
	if (target == NULL || target->doc == NULL)
		return ENT_OK; /* settled when the text arrives */
	ent_sha256(&says, j->statement->says);
	if (ent_charter_consent_matches(target, &says, j->statement->until_unix_s))
		return ENT_OK;
	if (!ent_hash_eq(&says, &target->says))
		return ent_fail(err, ENT_E_REFUSED,
		    "`says` is not what the proposal says: the officers read another text");
	return ent_fail(err, ENT_E_REFUSED, "the consent lasts longer than the proposal");
}

static enum ent_status
apply_consent(struct ent_charter *charter, struct member_log *log, const struct judged *j, struct ent_error *err)
{
	struct target *target;
	struct consent *consent;
	void *room;

	ENT_TRY(ent_charter_target(&target, charter, log, &j->statement->target, err));
	if (target->consents == NULL) {
		ENT_TRY(ent_arena_alloc(log->arena, &room, charter_epoch(charter)->member_count,
		    sizeof(*target->consents), err));
		target->consents = room;
	}
	ENT_TRY(ent_arena_alloc(log->arena, &room, 1, sizeof(*consent), err));
	consent = room;
	consent->older = target->consents[j->author];
	consent->index = j->index;
	consent->effect_unix_s = j->effect_unix_s;
	consent->until_unix_s = j->statement->until_unix_s;
	ent_sha256(&consent->says, j->statement->says);
	consent->valid = target->doc != NULL && ent_charter_consent_matches(target, &consent->says,
	    consent->until_unix_s);
	target->consents[j->author] = consent;
	return ENT_OK;
}

static enum ent_status
admit_consent(const struct ent_charter *charter, const struct member_log *log, const struct judged *j,
    struct ent_error *err)
{
	static const char *const kinds[] = { [ENT_PROPOSAL_PROJECT] = "project", [ENT_PROPOSAL_PARTY] = "party",
		[ENT_PROPOSAL_ADMIT] = "admit", [ENT_PROPOSAL_LABELS] = "labels", [ENT_PROPOSAL_PROFILE] = "profile" };
	const struct target *target = ent_charter_tree_get(&charter->targets, &j->statement->target);
	const struct ent_proposal *p;

	(void)log;
	if (target == NULL || target->doc == NULL)
		return ent_fail(err, ENT_E_REFUSED,
		    "the proposal that is consented to is not known here: submit its text first");
	p = &target->doc->proposal;
	if (p->kind != ENT_PROPOSAL_PROJECT)
		return ent_fail(err, ENT_E_REFUSED,
		    "this version does not act on proposals of kind `%s` yet, so no consent to one is accepted",
		    kinds[p->kind]);
	if (target->unenforced != NULL)
		return ent_fail(err, ENT_E_REFUSED,
		    "the proposal says `%s`, which this version does not enforce yet", target->unenforced);
	if (j->statement->until_unix_s <= j->effect_unix_s)
		return ent_fail(err, ENT_E_REFUSED, "the consent has run out already");
	return ENT_OK;
}

/* ---- keys ---- */

/* The key's type, by what it is and by what the statement calls it. */
static enum ent_status
check_spki(struct ent_view spki, enum ent_key_type named, struct ent_error *err)
{
	ENT_AUTO(ent_pubkey) key = NULL;

	ENT_TRY(ent_pubkey_from_spki(&key, spki, err));
	if (ent_pubkey_type(key) != named)
		return ent_fail(err, ENT_E_REFUSED, "the key is not of the algorithm that the statement names");
	return ENT_OK;
}

static enum ent_status
check_key(const struct ent_charter *charter, const struct member_log *log, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	enum ent_key_type type;

	(void)log;
	if (s->key_use == ENT_KEY_USE_SEAL && ent_charter_epoch_has_key(charter, s->public_key.data))
		return ent_fail(err, ENT_E_REFUSED, "seal key %.*s is a key of the epoch: each key has one role",
		    ENT_FMT(s->kid));
	if (s->key_use == ENT_KEY_USE_SEAL)
		return ENT_OK;
	ENT_TRY(ent_key_type_from_wire(&type, s->algorithm, err));
	return check_spki(s->public_key, type, err);
}

static bool
claims_before(const struct claim *a, const struct claim *b)
{
	if (a->effect_unix_s != b->effect_unix_s)
		return a->effect_unix_s < b->effect_unix_s;
	return a->member != b->member ? a->member < b->member : a->index < b->index;
}

/* Whichever order the logs are read in, the earliest publication of a key ends up with it. */
static enum ent_status
claim_key(struct ent_charter *charter, struct member_log *log, const struct claim *claim, struct ent_error *err)
{
	struct claim *known = ent_charter_tree_get(&charter->claims, &claim->digest);
	void *room;

	if (known != NULL) {
		if (claims_before(claim, known))
			*known = *claim;
		return ENT_OK;
	}
	ENT_TRY(ent_arena_alloc(log->arena, &room, 1, sizeof(*known), err));
	known = room;
	*known = *claim;
	return ent_charter_tree_put(&charter->claims, known, err);
}

/* A signed-note verifier key of type 0x01: name, hash of name and key, key (C2SP signed-note). */
static enum ent_status
seal_vkey(struct ent_member_key *key, struct ent_arena *arena, struct ent_error *err)
{
	uint8_t typed[1 + ENT_ED25519_KEY_LEN] = { ENT_NOTE_TYPE_ED25519 };
	const struct ent_view parts[] = { key->signer_name, ENT_LIT("\n"), { typed, sizeof(typed) } };
	struct ent_view encoded;
	struct ent_vkey *vkey;
	struct ent_hash hash;
	const char *line;
	char id[9];
	void *room;

	memcpy(&typed[1], key->public_key.data, ENT_ED25519_KEY_LEN);
	ent_sha256_parts(&hash, parts, ENT_COUNT(parts));
	ent_hex_encode_to(id, ent_view_slice(ent_hash_view(&hash), 0, 4));
	ENT_TRY(ent_base64_encode_arena(arena, &encoded, ENT_BASE64_STD, (struct ent_view){ typed, sizeof(typed) }, err));
	ENT_TRY(ent_arena_printf(arena, &line, err, "%.*s+%s+%.*s", ENT_FMT(key->signer_name), id, ENT_FMT(encoded)));
	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*vkey), err));
	vkey = room;
	ENT_TRY(ent_vkey_parse(vkey, ent_view_str(line), ENT_NOTE_TYPE_ED25519, err));
	key->vkey = vkey;
	return ENT_OK;
}

static enum ent_status
fill_key(struct ent_member_key *key, struct member_log *log, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	const char *name;

	ENT_TRY(ent_arena_dup(log->arena, &key->kid, s->kid, err));
	ENT_TRY(ent_arena_dup(log->arena, &key->public_key, s->public_key, err));
	key->use = s->key_use;
	key->index = j->index;
	key->since_unix_s = j->effect_unix_s;
	key->retired_unix_s = INT64_MAX;
	if (s->key_use == ENT_KEY_USE_KAS)
		return ent_key_type_from_wire(&key->type, s->algorithm, err);
	ENT_TRY(ent_arena_printf(log->arena, &name, err, "%.*s/seal/%.*s", ENT_FMT(log->party->name), ENT_FMT(s->kid)));
	key->signer_name = ent_view_str(name);
	return seal_vkey(key, log->arena, err);
}

static struct claim
claim_of(const struct judged *j)
{
	const struct ent_statement *s = j->statement;
	struct claim claim = { .member = j->author, .effect_unix_s = j->effect_unix_s, .index = j->index };

	ent_sha256(&claim.digest, s->public_key);
	claim.role = s->act == ENT_ACT_ISSUER_KEY ? KEY_ROLE_ISSUER :
	    s->key_use == ENT_KEY_USE_SEAL ? KEY_ROLE_SEAL : KEY_ROLE_KAS;
	return claim;
}

static enum ent_status
apply_key(struct ent_charter *charter, struct member_log *log, const struct judged *j, struct ent_error *err)
{
	struct claim claim = claim_of(j);
	struct published_key published = { .role = claim.role, .digest = claim.digest };
	void *items = log->keys;

	ENT_TRY(fill_key(&published.key, log, j, err));
	ENT_TRY(ent_arena_push(log->arena, &items, log->key_count, &log->key_cap, sizeof(published), err));
	log->keys = items;
	ENT_TRY(claim_key(charter, log, &claim, err));
	log->keys[log->key_count++] = published;
	return ENT_OK;
}

/* Published by somebody else, or in another role, before? */
static enum ent_status
admit_key(const struct ent_charter *charter, const struct member_log *log, const struct judged *j, struct ent_error *err)
{
	struct claim claim = claim_of(j);
	const struct claim *known = ent_charter_tree_get(&charter->claims, &claim.digest);

	(void)log;
	if (known == NULL || (known->member == claim.member && known->role == claim.role))
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED,
	    "the key was published before, by %s %llu: each key has one party and one role",
	    charter->logs[known->member].short_name, (unsigned long long)known->index);
}

/* ---- issuers' keys ---- */

static const struct ent_issuer *
own_issuer(const struct member_log *log, struct ent_view url)
{
	for (size_t i = 0; i < log->party->issuer_count; i++)
		if (ent_view_eq(log->party->issuers[i].url, url))
			return &log->party->issuers[i];
	return NULL;
}

/* The issuer and its kid as one name; a line feed is in neither. */
static void
name_kid(struct ent_hash *out, const struct ent_statement *s)
{
	const struct ent_view parts[] = { s->issuer, ENT_LIT("\n"), s->kid };

	ent_sha256_parts(out, parts, ENT_COUNT(parts));
}

static enum ent_status
check_issuer_key(const struct ent_charter *charter, const struct member_log *log, const struct judged *j,
    struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	const struct seen *seen;
	struct ent_hash name, digest;
	enum ent_key_type type;

	(void)charter;
	if (own_issuer(log, s->issuer) == NULL)
		return ent_fail(err, ENT_E_REFUSED, "%.*s has no issuer %.*s in the epoch", ENT_FMT(s->by),
		    ENT_FMT(s->issuer));
	ENT_TRY(ent_key_type_from_jws(&type, s->algorithm, err));
	ENT_TRY(check_spki(s->public_key, type, err));
	name_kid(&name, s);
	ent_sha256(&digest, s->public_key);
	seen = ent_charter_tree_get(&log->kids, &name);
	if (seen != NULL && !ent_hash_eq(&seen->digest, &digest))
		return ent_fail(err, ENT_E_REFUSED, "kid %.*s is another key since %s %llu", ENT_FMT(s->kid),
		    log->short_name,
		    (unsigned long long)seen->index);
	return ENT_OK;
}

static enum ent_status
name_issuer_key(struct member_log *log, const struct judged *j, const struct ent_hash *digest, struct ent_error *err)
{
	struct ent_hash name;
	struct seen *seen;
	void *room;

	name_kid(&name, j->statement);
	if (ent_charter_tree_get(&log->kids, &name) != NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(log->arena, &room, 1, sizeof(*seen), err));
	seen = room;
	*seen = (struct seen){ name, j->index, *digest };
	return ent_charter_tree_put(&log->kids, seen, err);
}

static enum ent_status
apply_issuer_key(struct ent_charter *charter, struct member_log *log, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	struct claim claim = claim_of(j);
	struct published_issuer_key published = { .effect_unix_s = j->effect_unix_s, .digest = claim.digest };
	void *items = log->issuer_keys;

	published.key.issuer = own_issuer(log, s->issuer)->url;
	published.key.until_unix_s = s->until_unix_s;
	published.key.index = j->index;
	ENT_TRY(ent_key_type_from_jws(&published.key.type, s->algorithm, err));
	ENT_TRY(ent_arena_dup(log->arena, &published.key.kid, s->kid, err));
	ENT_TRY(ent_arena_dup(log->arena, &published.key.spki, s->public_key, err));
	ENT_TRY(ent_arena_push(log->arena, &items, log->issuer_key_count, &log->issuer_key_cap, sizeof(published), err));
	log->issuer_keys = items;
	ENT_TRY(name_issuer_key(log, j, &claim.digest, err));
	ENT_TRY(claim_key(charter, log, &claim, err));
	log->issuer_keys[log->issuer_key_count++] = published;
	return ENT_OK;
}

static enum ent_status
admit_issuer_key(const struct ent_charter *charter, const struct member_log *log, const struct judged *j,
    struct ent_error *err)
{
	if (j->statement->until_unix_s <= j->effect_unix_s)
		return ent_fail(err, ENT_E_REFUSED, "the key has run out already");
	return admit_key(charter, log, j, err);
}

/* ---- notes ---- */

static enum ent_status
apply_note(struct ent_charter *charter, struct member_log *log, const struct judged *j, struct ent_error *err)
{
	struct target *target;

	if (!j->statement->has_target)
		return ENT_OK; /* a text: recorded, and that is all */
	ENT_TRY(ent_charter_target(&target, charter, log, &j->statement->target, err));
	target->announced = true;
	return ENT_OK;
}

/*
 * Who must sign: charter section 3. Where it depends on the target (a withdrawal of a consent takes one officer, of a
 * membership a quorum) the row says the fewest, because an act that is not understood must never be overlooked.
 */
static const struct act_row rows[ENT_ACT_COUNT] = {
	[ENT_ACT_CONSENT] = { .quorum = true, .check = check_consent, .apply = apply_consent, .admit = admit_consent },
	[ENT_ACT_KEY] = { .quorum = true, .check = check_key, .apply = apply_key, .admit = admit_key },
	[ENT_ACT_ISSUER_KEY] = { .quorum = true, .check = check_issuer_key, .apply = apply_issuer_key,
	    .admit = admit_issuer_key },
	[ENT_ACT_NOTE] = { .apply = apply_note },
	[ENT_ACT_WITHDRAW] = { .quorum = false },
	[ENT_ACT_STOP] = { .any_log = true, .timeless = true },
	[ENT_ACT_RESUME] = { .quorum = true },
	[ENT_ACT_ACCREDIT] = { .quorum = true },
	[ENT_ACT_RETIRE] = { .quorum = false },
	[ENT_ACT_DESTROY] = { .quorum = false },
	[ENT_ACT_ROTATE] = { .quorum = true },
	[ENT_ACT_ACCEPT] = { .quorum = true },
	[ENT_ACT_DECLINE] = { .quorum = true },
	[ENT_ACT_HANDOVER] = { .quorum = true },
};

const struct act_row *
ent_charter_act(enum ent_act act)
{
	ENT_ASSERT((unsigned)act < ENT_ACT_COUNT);
	return &rows[act];
}
