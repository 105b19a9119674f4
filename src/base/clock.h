/* Time. Wall-clock times are unix seconds (int64_t, `_unix_s`); durations for timers are monotonic milliseconds. */
#ifndef ENT_BASE_CLOCK_H
#define ENT_BASE_CLOCK_H

#include <stdint.h>

struct ent_clock {
	int64_t offset_s; /* added to the wall clock: `clock_offset`, only of demonstrations and tests */
	int64_t fixed_unix_s; /* if not 0: the clock stands still here (tests, --at) */
};

/* Unix seconds by this clock; clock may be NULL for the plain wall clock. */
int64_t ent_clock_now(const struct ent_clock *clock);

/* Monotonic milliseconds since some fixed point. */
int64_t ent_clock_mono_ms(void);

#endif
