#include "charter/custody.h"

#include <stdlib.h>

#include "base/check.h"

/* Limits that keep the expansion small before it starts. */
enum {
	TEXT_MAX = 4096,
	CLAUSES_MAX = 16,
	LIST_MAX = 16,    /* members of one list: 12,870 subsets at most */
	MEMBERS_MAX = 32, /* of the whole rule: bits of a set */
	NAME_MAX = 255
};

/* A set of members by their bytewise rank among all of the rule's. */
typedef uint32_t member_set;

/* k of n members; a member alone and `any of` are 1 of n, `all of` is n of n. A list of n = 0 is the originator. */
struct clause {
	unsigned k;
	unsigned count;
	struct ent_view members[LIST_MAX];
	member_set set;
};

struct rule {
	struct clause clauses[CLAUSES_MAX];
	size_t clause_count;
	struct ent_view members[MEMBERS_MAX]; /* sorted, with the originator */
	size_t member_count;
	member_set kept[ENT_CUSTODY_OBJECTS_MAX]; /* OR-clauses none of which contains another */
	size_t kept_count;
	size_t object_count;
};

#define bad(err, ...) ent_fail((err), ENT_E_SYNTAX, "custody rule: " __VA_ARGS__)
#define SHOWN(word) (int)((word).len < 80 ? (word).len : 80), (word).len ? (const char *)(word).data : ""

/* The next word; words are parted by exactly one space, so an empty one means a stray space or the end. */
static struct ent_view
peek_word(struct ent_view rest)
{
	return ent_view_slice(rest, 0, ent_view_find(rest, ' ', 0));
}

static struct ent_view
after_word(struct ent_view rest, struct ent_view word)
{
	return ent_view_slice(rest, word.len + 1, SIZE_MAX);
}

static bool
is_keyword(struct ent_view word)
{
	static const char *const keywords[] = { "originator", "and", "of", "any", "all" };

	for (size_t i = 0; i < ENT_COUNT(keywords); i++)
		if (ent_view_eq_str(word, keywords[i]))
			return true;
	return false;
}

static bool
is_name(struct ent_view word)
{
	if (word.len == 0 || word.len > NAME_MAX || is_keyword(word))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		uint8_t c = word.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '-'))
			return false;
	}
	return true;
}

/* A number without leading zero; 0 if it is none or larger than any list. */
static unsigned
number(struct ent_view word)
{
	unsigned value = 0;

	if (word.len == 0 || word.len > 2 || word.data[0] == '0')
		return 0;
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return 0;
		value = value * 10 + (unsigned)(word.data[i] - '0');
	}
	return value;
}

/* Members up to " and " or the end, sorted and each once. */
static enum ent_status
read_members(struct clause *clause, struct ent_view *rest, struct ent_error *err)
{
	struct ent_view word = peek_word(*rest);

	while (is_name(word)) {
		if (clause->count == LIST_MAX)
			return ent_fail(err, ENT_E_LIMIT, "custody rule: a list of more than %d members", LIST_MAX);
		if (clause->count > 0 && ent_view_cmp(clause->members[clause->count - 1], word) >= 0)
			return bad(err, "%.*s stands out of order: the members of a list are sorted, each once", SHOWN(word));
		clause->members[clause->count++] = word;
		*rest = after_word(*rest, word);
		word = peek_word(*rest);
	}
	return clause->count > 0 ? ENT_OK : bad(err, "a member's name expected, not \"%.*s\"", SHOWN(word));
}

/* "k of", "any of" or "all of" is behind us. */
static enum ent_status
read_list(struct clause *clause, struct ent_view *rest, struct ent_view how, struct ent_error *err)
{
	ENT_TRY(read_members(clause, rest, err));
	if (ent_view_eq_str(how, "any"))
		clause->k = 1;
	else if (ent_view_eq_str(how, "all"))
		clause->k = clause->count;
	else
		clause->k = number(how);
	if (clause->k < 1 || clause->k > clause->count)
		return bad(err, "\"%.*s of\" %u members", SHOWN(how), clause->count);
	return ENT_OK;
}

static enum ent_status
read_clause(struct clause *clause, struct ent_view *rest, struct ent_error *err)
{
	struct ent_view word = peek_word(*rest);
	struct ent_view next = after_word(*rest, word);

	clause->k = 1;
	if (ent_view_eq_str(peek_word(next), "of")) {
		*rest = after_word(next, ENT_LIT("of"));
		return read_list(clause, rest, word, err);
	}
	*rest = next;
	if (ent_view_eq_str(word, "originator"))
		return ENT_OK;
	if (!is_name(word))
		return bad(err, "\"originator\", a member's name or a list expected, not \"%.*s\"", SHOWN(word));
	clause->members[clause->count++] = word;
	return ENT_OK;
}

static enum ent_status
parse(struct rule *rule, struct ent_view text, struct ent_error *err)
{
	struct ent_view rest = text;

	*rule = (struct rule){ 0 };
	if (text.len > TEXT_MAX)
		return ent_fail(err, ENT_E_LIMIT, "custody rule: %zu characters, limit %d", text.len, TEXT_MAX);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] > '~') /* first, so that no message repeats one */
			return bad(err, "character %zu is not printable ASCII", i + 1);
	if (text.len > 0 && text.data[text.len - 1] == ' ')
		return bad(err, "a space at its end");
	for (;;) {
		struct ent_view word;

		if (rule->clause_count == CLAUSES_MAX)
			return ent_fail(err, ENT_E_LIMIT, "custody rule: more than %d clauses", CLAUSES_MAX);
		ENT_TRY(read_clause(&rule->clauses[rule->clause_count], &rest, err));
		rule->clause_count++;
		if (rest.len == 0)
			return ENT_OK;
		word = peek_word(rest);
		if (!ent_view_eq_str(word, "and"))
			return bad(err, "\"and\" expected, not \"%.*s\"", SHOWN(word));
		rest = after_word(rest, word);
	}
}

enum ent_status
ent_custody_check(struct ent_view text, struct ent_error *err)
{
	struct rule rule;

	return parse(&rule, text, err);
}

static int
compare_views(const void *a, const void *b)
{
	return ent_view_cmp(*(const struct ent_view *)a, *(const struct ent_view *)b);
}

static size_t
rank_of(const struct rule *rule, struct ent_view name)
{
	size_t i = 0;

	while (i < rule->member_count && !ent_view_eq(rule->members[i], name))
		i++;
	return i;
}

static enum ent_status
add_member(struct rule *rule, struct ent_view name, struct ent_error *err)
{
	if (rank_of(rule, name) < rule->member_count)
		return ENT_OK;
	if (rule->member_count == MEMBERS_MAX)
		return ent_fail(err, ENT_E_LIMIT, "custody rule: more than %d members", MEMBERS_MAX);
	rule->members[rule->member_count++] = name;
	return ENT_OK;
}

/* Put the originator in its places and turn lists into sets. */
static enum ent_status
resolve(struct rule *rule, struct ent_view originator, struct ent_error *err)
{
	for (size_t i = 0; i < rule->clause_count; i++) {
		struct clause *clause = &rule->clauses[i];

		if (clause->count == 0)
			clause->members[clause->count++] = originator;
		for (unsigned m = 0; m < clause->count; m++)
			ENT_TRY(add_member(rule, clause->members[m], err));
	}
	qsort(rule->members, rule->member_count, sizeof(rule->members[0]), compare_views);
	for (size_t i = 0; i < rule->clause_count; i++)
		for (unsigned m = 0; m < rule->clauses[i].count; m++)
			rule->clauses[i].set |= 1u << rank_of(rule, rule->clauses[i].members[m]);
	return ENT_OK;
}

static unsigned
size_of(member_set set)
{
	return (unsigned)__builtin_popcount(set);
}

/* Absorption: a clause that contains another says nothing more. Smaller ones come first, so what is kept stays. */
static enum ent_status
keep(struct rule *rule, member_set candidate, struct ent_error *err)
{
	for (size_t i = 0; i < rule->kept_count; i++)
		if ((rule->kept[i] & candidate) == rule->kept[i])
			return ENT_OK;
	rule->object_count += size_of(candidate);
	if (rule->object_count > ENT_CUSTODY_OBJECTS_MAX)
		return ent_fail(err, ENT_E_LIMIT, "custody rule: more than %d key access objects", ENT_CUSTODY_OBJECTS_MAX);
	rule->kept[rule->kept_count++] = candidate;
	return ENT_OK;
}

/* All subsets of set with size members: whoever lacks a whole one of them has fewer than k. */
static enum ent_status
keep_subsets(struct rule *rule, member_set set, unsigned size, member_set chosen, struct ent_error *err)
{
	if (size == 0)
		return keep(rule, chosen, err);
	while (size_of(set) >= size) {
		member_set lowest = set & (0u - set);

		set &= ~lowest;
		ENT_TRY(keep_subsets(rule, set, size - 1, chosen | lowest, err));
	}
	return ENT_OK;
}

/* k of n members = AND over all subsets of n - k + 1 members of OR over the subset. */
static enum ent_status
expand(struct rule *rule, struct ent_error *err)
{
	for (unsigned size = 1; size <= LIST_MAX; size++)
		for (size_t i = 0; i < rule->clause_count; i++) {
			const struct clause *clause = &rule->clauses[i];

			if (clause->count - clause->k + 1 == size)
				ENT_TRY(keep_subsets(rule, clause->set, size, 0, err));
		}
	return ENT_OK;
}

/* Larger clauses first, then by their members' names; the originator's own split last. */
static bool
stands_before(member_set a, member_set b, member_set originator)
{
	member_set differ = a ^ b;

	if (size_of(a) != size_of(b))
		return size_of(a) > size_of(b);
	if (a == originator || b == originator)
		return b == originator;
	return (a & differ & (0u - differ)) != 0; /* ranks are bytewise: the lowest member that only one has decides */
}

static void
sort_kept(struct rule *rule, member_set originator)
{
	for (size_t i = 1; i < rule->kept_count; i++) {
		member_set moving = rule->kept[i];
		size_t at = i;

		for (; at > 0 && stands_before(moving, rule->kept[at - 1], originator); at--)
			rule->kept[at] = rule->kept[at - 1];
		rule->kept[at] = moving;
	}
}

/* Smallest number of members that hit all clauses from `from` on; best is what must be undercut. At most 3^13 steps for 40 objects. */
static unsigned
fewest(const struct rule *rule, size_t from, member_set chosen, unsigned best)
{
	while (from < rule->kept_count && (rule->kept[from] & chosen) != 0)
		from++;
	if (from == rule->kept_count)
		return size_of(chosen);
	if (size_of(chosen) + 1 >= best)
		return best;
	for (member_set left = rule->kept[from]; left != 0; left &= left - 1)
		best = fewest(rule, from + 1, chosen | (left & (0u - left)), best);
	return best;
}

static enum ent_status
write_split(struct ent_custody_split *split, const struct rule *rule, size_t i, struct ent_arena *arena, struct ent_error *err)
{
	void *items;

	ENT_TRY(ent_arena_printf(arena, &split->sid, err, "%zu", i + 1));
	ENT_TRY(ent_arena_alloc(arena, &items, size_of(rule->kept[i]), sizeof(*split->members), err));
	split->members = items;
	for (size_t m = 0; m < rule->member_count; m++)
		if (rule->kept[i] & 1u << m)
			ENT_TRY(ent_arena_dup(arena, &split->members[split->member_count++], rule->members[m], err));
	return ENT_OK;
}

enum ent_status
ent_custody_compile(struct ent_custody *out, struct ent_arena *arena, struct ent_view text, struct ent_view originator,
    struct ent_error *err)
{
	struct rule rule;
	member_set own = 0;
	size_t rank;
	void *items;

	*out = (struct ent_custody){ 0 };
	if (!is_name(originator))
		return bad(err, "the originator is not a name");
	ENT_TRY(parse(&rule, text, err));
	ENT_TRY(resolve(&rule, originator, err));
	ENT_TRY(expand(&rule, err));
	rank = rank_of(&rule, originator);
	if (rank < rule.member_count)
		own = 1u << rank;
	sort_kept(&rule, own);
	ENT_TRY(ent_arena_alloc(arena, &items, rule.kept_count, sizeof(*out->splits), err));
	out->splits = items;
	for (size_t i = 0; i < rule.kept_count; i++)
		ENT_TRY(write_split(&out->splits[i], &rule, i, arena, err));
	out->split_count = rule.kept_count;
	out->object_count = rule.object_count;
	out->members_needed = fewest(&rule, 0, 0, (unsigned)rule.kept_count + 1);
	return ENT_OK;
}

static bool
is_among(struct ent_view name, const struct ent_view *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ent_view_eq(name, members[i]))
			return true;
	return false;
}

static bool
can_release(const struct ent_custody_split *split, const struct ent_view *members, size_t count)
{
	for (size_t i = 0; i < split->member_count; i++)
		if (is_among(split->members[i], members, count))
			return true;
	return false;
}

bool
ent_custody_satisfied(const struct ent_custody *custody, const struct ent_view *members, size_t count)
{
	for (size_t i = 0; i < custody->split_count; i++)
		if (!can_release(&custody->splits[i], members, count))
			return false;
	return custody->split_count > 0;
}
