/*
 * Another date for the command line: nodes have `clock_offset`, a person's machine has its own clock. Loaded by LD_PRELOAD into
 * `entente` alone; ENTENTE_TEST_CLOCK_S is added to the wall clock. moved.py compiles it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long offset_s;

__attribute__((constructor)) static void
read_offset(void)
{
	const char *text = getenv("ENTENTE_TEST_CLOCK_S");

	if (text != NULL && strcmp(program_invocation_short_name, "entente") == 0)
		offset_s = strtol(text, NULL, 10);
}

int
clock_gettime(clockid_t clock, struct timespec *out)
{
	long failed = syscall(SYS_clock_gettime, clock, out);

	if (failed == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += offset_s;
	return (int)failed;
}

time_t
time(time_t *out)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}
