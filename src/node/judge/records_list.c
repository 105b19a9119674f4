/* log/records/<recipient>/list/<k>: which of 4,096 entries have a record for that recipient. */
#include "node/judge/records.h"

enum { DIGITS_MAX = 20 };

static bool
read_number(uint64_t *out, struct ent_view text)
{
	*out = 0;
	if (text.len == 0 || text.len > DIGITS_MAX || (text.data[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.data[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(*out, 10u, out) || __builtin_add_overflow(*out, (uint64_t)(c - '0'), out))
			return false;
	}
	return true;
}

enum ent_status
ent_record_list_parse(bool marks[ENT_RECORDS_PER_LIST], uint64_t k, struct ent_view text, struct ent_error *err)
{
	const uint64_t first = k * ENT_RECORDS_PER_LIST;
	uint64_t next = first; /* the least that may come */

	memset(marks, 0, ENT_RECORDS_PER_LIST * sizeof(*marks));
	for (size_t at = 0; at < text.len;) {
		const size_t end = ent_view_find(text, '\n', at);
		uint64_t index;

		if (end == text.len || !read_number(&index, ent_view_slice(text, at, end - at)) || index < next ||
		    index - first >= ENT_RECORDS_PER_LIST)
			return ent_fail(err, ENT_E_SYNTAX, "a list of records holds something else than indexes of its range, ascending, one a "
			    "line");
		marks[index - first] = true;
		next = index + 1;
		at = end + 1;
	}
	return ENT_OK;
}

enum ent_status
ent_record_list_print(struct ent_buf *out, const bool marks[ENT_RECORDS_PER_LIST], uint64_t k, struct ent_error *err)
{
	for (size_t i = 0; i < ENT_RECORDS_PER_LIST; i++)
		if (marks[i])
			ENT_TRY(ent_buf_printf(out, err, "%llu\n", (unsigned long long)(k * ENT_RECORDS_PER_LIST + i)));
	return ENT_OK;
}
