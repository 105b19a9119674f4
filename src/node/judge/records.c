/* Records to and from the other members: the two halves under one roof. */
#include <stdlib.h>

#include "node/judge/records.h"

struct ent_records {
	struct ent_publisher publisher;
	struct ent_collector *collector;
};

enum ent_status
ent_records_new(struct ent_records **out, struct ent_judge *judge, struct ent_error *err)
{
	struct ent_records *records = calloc(1, sizeof(*records));

	if (records == NULL)
		return ent_fail(err, ENT_E_NO_MEMORY, "no memory for records");
	*out = records; /* owned by the judge from here on */
	return ent_collector_new(&records->collector, judge, err);
}

void
ent_records_free(struct ent_records *records)
{
	if (records == NULL)
		return;
	ent_collector_free(records->collector);
	free(records);
}

void
ent_records_tick(struct ent_judge *judge)
{
	if (judge->records == NULL)
		return;
	ent_publisher_tick(judge, &judge->records->publisher);
	ent_collector_tick(judge, judge->records->collector);
}

void
ent_records_fetched(struct ent_judge *judge, const struct ent_msg_fetched *fetched)
{
	if (judge->records != NULL)
		ent_collector_fetched(judge, judge->records->collector, fetched);
}

int64_t
ent_records_wait_ms(const struct ent_judge *judge)
{
	int64_t publish, collect;

	if (judge->records == NULL)
		return INT64_MAX;
	publish = ent_publisher_wait_ms(judge, &judge->records->publisher);
	collect = ent_collector_wait_ms(judge->records->collector);
	return publish < collect ? publish : collect;
}
