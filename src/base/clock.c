#include "base/clock.h"

#include <stddef.h>
#include <time.h>

int64_t
ent_clock_now(const struct ent_clock *clock)
{
	struct timespec ts;

	if (clock != NULL && clock->fixed_unix_s != 0)
		return clock->fixed_unix_s;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec + (clock != NULL ? clock->offset_s : 0);
}

int64_t
ent_clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
