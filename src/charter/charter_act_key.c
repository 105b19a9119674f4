/* Public keys that a party publishes, and their ends: key, issuer-key, retire, destroy. */
#include "charter/charter_act.h"

#include "codec/base64.h"

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

enum ent_status
ent_act_check_key(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	enum ent_key_type type;

	if (s->key_use == ENT_KEY_USE_SEAL && !is_members(j->author))
		return ent_fail(err, ENT_E_REFUSED, "%.*s is a partner: it seals nothing, its sponsor does", ENT_FMT(s->by));
	if (s->key_use == ENT_KEY_USE_SEAL && ent_charter_epoch_has_key(charter, s->public_key.data))
		return ent_fail(err, ENT_E_REFUSED, "seal key %.*s is a key of the epoch: each key has one role", ENT_FMT(s->kid));
	if (s->key_use == ENT_KEY_USE_SEAL)
		return ENT_OK;
	ENT_TRY(ent_key_type_from_wire(&type, s->algorithm, err));
	return check_spki(s->public_key, type, err);
}

/* Which party published a key first is for derive to say; here, what was this party's first publication of it (C-25). */
static enum ent_status
claim_key(const struct judged *j, enum key_role role, const struct ent_hash *digest, struct ent_error *err)
{
	struct reading *author = j->author;
	struct claim *claim;
	void *room;

	if (ent_charter_tree_get(&author->key_claims, digest) != NULL)
		return ENT_OK; /* a log's times never decrease: the first is the earliest */
	ENT_TRY(ent_arena_alloc(author->arena, &room, 1, sizeof(*claim), err));
	claim = room;
	*claim = (struct claim){ .digest = *digest, .role = role, .effect_unix_s = j->effect_unix_s, .index = j->index };
	return ent_charter_tree_put(&author->key_claims, claim, err);
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
fill_key(struct ent_member_key *key, const struct judged *j, struct ent_error *err)
{
	struct ent_arena *arena = j->author->arena;
	const struct ent_statement *s = j->statement;
	const char *name;

	ENT_TRY(ent_arena_dup(arena, &key->kid, s->kid, err));
	ENT_TRY(ent_arena_dup(arena, &key->public_key, s->public_key, err));
	key->use = s->key_use;
	key->index = j->index;
	key->since_unix_s = j->effect_unix_s;
	key->retired_unix_s = INT64_MAX;
	if (s->key_use == ENT_KEY_USE_KAS)
		return ent_key_type_from_wire(&key->type, s->algorithm, err);
	ENT_TRY(ent_arena_printf(arena, &name, err, "%.*s/seal/%.*s", ENT_FMT(s->by), ENT_FMT(s->kid)));
	key->signer_name = ent_view_str(name);
	return seal_vkey(key, arena, err);
}

static enum key_role
role_of(const struct ent_statement *s)
{
	if (s->act == ENT_ACT_ISSUER_KEY)
		return KEY_ROLE_ISSUER;
	return s->key_use == ENT_KEY_USE_SEAL ? KEY_ROLE_SEAL : KEY_ROLE_KAS;
}

enum ent_status
ent_act_apply_key(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct published_key published = { .deed = deed_of(j), .role = role_of(j->statement) };
	struct reading *author = j->author;
	void *items = author->keys;

	ent_sha256(&published.digest, j->statement->public_key);
	ENT_TRY(fill_key(&published.key, j, err));
	ENT_TRY(ent_arena_push(author->arena, &items, author->key_count, &author->key_cap, sizeof(published), err));
	author->keys = items;
	ENT_TRY(claim_key(j, published.role, &published.digest, err));
	author->keys[author->key_count++] = published;
	charter->keys_changed = charter->generation;
	return ENT_OK;
}

/* Published by somebody else, or in another role, before? */
enum ent_status
ent_act_admit_key(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	struct ent_hash digest;

	(void)now_unix_s;
	ent_sha256(&digest, j->statement->public_key);
	for (size_t i = 0; i < charter->log_count; i++) {
		const struct party_log *log = &charter->logs[i];

		for (size_t r = 0; r < log->reading_count; r++) {
			const struct claim *claim = ent_charter_tree_get(&log->readings[r]->key_claims, &digest);

			if (claim == NULL || (ent_view_eq(log->name, j->statement->by) && claim->role == role_of(j->statement)))
				continue;
			return ent_fail(err, ENT_E_REFUSED,
			    "the key was published before, by %s %llu: each key has one party and one role, so make another",
			    log->short_name, (unsigned long long)claim->index);
		}
	}
	return ENT_OK;
}

/* ---- issuers' keys ---- */

static const struct ent_issuer *
own_issuer(const struct ent_party *party, struct ent_view url)
{
	for (size_t i = 0; i < party->issuer_count; i++)
		if (ent_view_eq(party->issuers[i].url, url))
			return &party->issuers[i];
	return NULL;
}

/* The issuer and its kid as one name; a line feed is in neither. */
static void
name_kid(struct ent_hash *out, const struct ent_statement *s)
{
	const struct ent_view parts[] = { s->issuer, ENT_LIT("\n"), s->kid };

	ent_sha256_parts(out, parts, ENT_COUNT(parts));
}

enum ent_status
ent_act_check_issuer_key(const struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	const struct seen *seen;
	struct ent_hash name, digest;
	enum ent_key_type type;

	if (own_issuer(j->author->party, s->issuer) == NULL)
		return ent_fail(err, ENT_E_REFUSED, "%.*s is no issuer of %.*s, by its line in the %s", ENT_FMT(s->issuer),
		    ENT_FMT(s->by), is_members(j->author) ? "epoch" : "party proposal");
	ENT_TRY(ent_key_type_from_jws(&type, s->algorithm, err));
	ENT_TRY(check_spki(s->public_key, type, err));
	name_kid(&name, s);
	ent_sha256(&digest, s->public_key);
	seen = ent_charter_tree_get(&j->author->kids, &name);
	if (seen != NULL && !ent_hash_eq(&seen->digest, &digest))
		return ent_fail(err, ENT_E_REFUSED, "kid %.*s is another key since %s %llu: give this key a kid of its own",
		    ENT_FMT(s->kid), charter->logs[j->host].short_name, (unsigned long long)seen->index);
	return ENT_OK;
}

static enum ent_status
name_issuer_key(const struct judged *j, const struct ent_hash *digest, struct ent_error *err)
{
	struct ent_hash name;
	struct seen *seen;
	void *room;

	name_kid(&name, j->statement);
	if (ent_charter_tree_get(&j->author->kids, &name) != NULL)
		return ENT_OK;
	ENT_TRY(ent_arena_alloc(j->author->arena, &room, 1, sizeof(*seen), err));
	seen = room;
	*seen = (struct seen){ .hash = name, .index = j->index, .digest = *digest };
	return ent_charter_tree_put(&j->author->kids, seen, err);
}

enum ent_status
ent_act_apply_issuer_key(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	const struct ent_statement *s = j->statement;
	struct published_issuer_key published = { .deed = deed_of(j) };
	struct reading *author = j->author;
	void *items = author->issuer_keys;

	ent_sha256(&published.digest, s->public_key);
	published.key.issuer = own_issuer(author->party, s->issuer)->url;
	published.key.until_unix_s = s->until_unix_s;
	published.key.index = j->index;
	ENT_TRY(ent_key_type_from_jws(&published.key.type, s->algorithm, err));
	ENT_TRY(ent_arena_dup(author->arena, &published.key.kid, s->kid, err));
	ENT_TRY(ent_arena_dup(author->arena, &published.key.spki, s->public_key, err));
	ENT_TRY(ent_arena_push(author->arena, &items, author->issuer_key_count, &author->issuer_key_cap, sizeof(published), err));
	author->issuer_keys = items;
	ENT_TRY(name_issuer_key(j, &published.digest, err));
	ENT_TRY(claim_key(j, KEY_ROLE_ISSUER, &published.digest, err));
	author->issuer_keys[author->issuer_key_count++] = published;
	charter->keys_changed = charter->generation;
	return ENT_OK;
}

enum ent_status
ent_act_admit_issuer_key(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	if (j->statement->until_unix_s <= j->effect_unix_s)
		return ent_fail(err, ENT_E_REFUSED, "the key has run out already");
	return ent_act_admit_key(charter, j, now_unix_s, err);
}

/* ---- retire, destroy ---- */

enum ent_status
ent_act_apply_key_end(struct ent_charter *charter, const struct judged *j, struct ent_error *err)
{
	struct ent_arena *arena = j->author->arena;
	struct key_end *end;
	struct ent_hash kid;
	void *room, *older;

	ENT_TRY(ent_arena_alloc(arena, &room, 1, sizeof(*end), err));
	end = room;
	end->deed = deed_of(j);
	end->destroyed = j->statement->act == ENT_ACT_DESTROY;
	ENT_TRY(ent_arena_dup(arena, &end->kid, j->statement->kid, err));
	ent_sha256(&kid, end->kid);
	ENT_TRY(ent_charter_list_push(&j->author->key_ends, arena, &kid, end, &older, err));
	end->older = older;
	charter->keys_changed = charter->generation;
	return ENT_OK;
}

/* Of a partner, whichever officers of the name signed it: what ends a key reaches over its readings (C-53). */
bool
ent_act_published(const struct ent_charter *charter, const struct reading *author, struct ent_view kid)
{
	const struct party_log *log = &charter->logs[author->log];

	for (size_t r = 0; r < log->reading_count; r++)
		for (size_t i = 0; i < log->readings[r]->key_count; i++)
			if (ent_view_eq(log->readings[r]->keys[i].key.kid, kid))
				return true;
	return false;
}

enum ent_status
ent_act_admit_key_end(const struct ent_charter *charter, const struct judged *j, int64_t now_unix_s, struct ent_error *err)
{
	(void)now_unix_s;
	if (ent_act_published(charter, j->author, j->statement->kid))
		return ENT_OK;
	return ent_fail(err, ENT_E_REFUSED, "%.*s never published a key %.*s: a party ends only keys of its own (C-70)",
	    ENT_FMT(j->statement->by), ENT_FMT(j->statement->kid));
}
