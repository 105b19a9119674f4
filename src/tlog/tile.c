/* Names and contents of tlog-tiles' files. */
#include <stdio.h>

#include "tlog/tlog.h"

enum {
	GROUP = 1000,      /* three digits a path element */
	GROUPS_MAX = 7,    /* 2^64 has 20 digits */
	LEVEL_MAX = 63,
	LENGTH_LEN = 2,    /* of an entry in a bundle */
};

enum ent_status
ent_tlog_tile_path(char out[ENT_TLOG_PATH_MAX], int level, uint64_t n, unsigned width, struct ent_error *err)
{
	unsigned groups[GROUPS_MAX];
	size_t count = 0;
	size_t used;

	if (level < -1 || level > LEVEL_MAX || width > ENT_TLOG_TILE)
		return ent_fail(err, ENT_E_INPUT, "there is no tile of level %d and width %u", level, width);
	do {
		groups[count++] = (unsigned)(n % GROUP);
		n /= GROUP;
	} while (n > 0);
	if (level < 0)
		used = (size_t)snprintf(out, ENT_TLOG_PATH_MAX, "tile/entries");
	else
		used = (size_t)snprintf(out, ENT_TLOG_PATH_MAX, "tile/%d", level);
	/* The longest: "tile/entries", seven groups of five characters, ".p/255". */
	for (size_t i = count; i > 0; i--)
		used += (size_t)snprintf(out + used, ENT_TLOG_PATH_MAX - used, i > 1 ? "/x%03u" : "/%03u", groups[i - 1]);
	if (width != 0 && width != ENT_TLOG_TILE)
		snprintf(out + used, ENT_TLOG_PATH_MAX - used, ".p/%u", width);
	return ENT_OK;
}

/* The entry at the front of *rest, which moves behind it. False if it is cut. */
static bool
take_entry(struct ent_view *entry, struct ent_view *rest)
{
	size_t len;

	if (rest->len < LENGTH_LEN)
		return false;
	len = (size_t)rest->data[0] << 8 | rest->data[1];
	if (rest->len - LENGTH_LEN < len)
		return false;
	*entry = ent_view_slice(*rest, LENGTH_LEN, len);
	*rest = ent_view_slice(*rest, LENGTH_LEN + len, rest->len);
	return true;
}

enum ent_status
ent_tlog_bundle_parse(struct ent_view bundle, uint64_t first_index, size_t count, ent_tlog_entry_fn fn, void *arg,
    struct ent_error *err)
{
	struct ent_view entry, rest = bundle;

	for (size_t i = 0; i < count; i++) {
		if (!take_entry(&entry, &rest))
			return ent_fail(err, ENT_E_SYNTAX, "a bundle of entries ends in entry %llu",
			    (unsigned long long)(first_index + i));
		ENT_TRY(fn(arg, first_index + i, entry, err));
	}
	if (rest.len != 0)
		return ent_fail(err, ENT_E_SYNTAX, "%zu bytes behind the %zu entries of a bundle", rest.len, count);
	return ENT_OK;
}

enum ent_status
ent_tlog_bundle_count(size_t *out, struct ent_view bundle, struct ent_error *err)
{
	struct ent_view entry, rest = bundle;
	size_t count = 0;

	for (; rest.len > 0; count++) {
		if (count == ENT_TLOG_TILE)
			return ent_fail(err, ENT_E_SYNTAX, "a bundle of more than %d entries", ENT_TLOG_TILE);
		if (!take_entry(&entry, &rest))
			return ent_fail(err, ENT_E_SYNTAX, "a bundle of entries ends in its entry %zu", count);
	}
	*out = count;
	return ENT_OK;
}
