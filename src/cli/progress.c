#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

enum { STEP_MS = 100, QUIET_MS = 400 };

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
cli_progress_start(struct cli_progress *progress, const struct cli_call *call, const char *what)
{
	*progress = (struct cli_progress){ .what = what, .on = isatty(STDERR_FILENO) && !call->given[OPT_QUIET], .started_ms = now_ms() };
}

void
cli_progress_step(void *arg, uint64_t done, uint64_t total)
{
	struct cli_progress *progress = arg;
	int64_t now = now_ms();
	double seconds = (double)(now - progress->started_ms) / 1000;

	/* Short work shows nothing: a line that flashes by helps nobody. */
	if (!progress->on || now - progress->started_ms < QUIET_MS || now - progress->last_ms < STEP_MS)
		return;
	progress->last_ms = now;
	progress->shown = true;
	if (total != UINT64_MAX && total > 0)
		fprintf(stderr, "\r\033[K%s %3" PRIu64 " %%  %" PRIu64 " of %" PRIu64 " MiB, %.0f MiB/s", progress->what,
		    done / (total / 100 + 1), done >> 20, total >> 20, (double)(done >> 20) / seconds);
	else
		fprintf(stderr, "\r\033[K%s %" PRIu64 " MiB, %.0f MiB/s", progress->what, done >> 20, (double)(done >> 20) / seconds);
	fflush(stderr);
}

void
cli_progress_end(struct cli_progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r\033[K");
	progress->shown = false;
}
