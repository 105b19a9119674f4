/* What the demonstration's people and folders are called, and texts for command lines. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/demo.h"

const struct demo_member demo_members[DEMO_MEMBERS] = {
	{ "au.example", "en Australia", "AUS", "alice", "adam" },
	{ "uk.example", "en United Kingdom", "GBR", "bob", "beth" },
	{ "us.example", "en United States", "USA", "carol", "carl" },
};

const char demo_until[] = "2029-12-31T00:00:00Z";

/* Small texts for command lines: valid until the story is over. */
struct kept_text {
	struct kept_text *next;
	char text[];
};
static struct kept_text *kept_texts;

const char *
demo_text(const char *fmt, ...)
{
	struct kept_text *kept;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	kept = n < 0 ? NULL : malloc(sizeof(*kept) + (size_t)n + 1);
	if (kept == NULL)
		return "";
	va_start(args, fmt);
	vsnprintf(kept->text, (size_t)n + 1, fmt, args);
	va_end(args);
	kept->next = kept_texts;
	kept_texts = kept;
	return kept->text;
}

void
demo_free_texts(void)
{
	for (struct kept_text *next; kept_texts != NULL; kept_texts = next) {
		next = kept_texts->next;
		free(kept_texts);
	}
}

const char *
demo_officer(const char *party, const char *name)
{
	return demo_text("officers/%s/%s.key", party, name);
}

const char *
demo_office(const char *party)
{
	return demo_text("profiles/office@%s", party);
}


/* The fingerprint, as `charter verify` printed it: the first 64 hexadecimal digits in a row. */
const char *
demo_fingerprint(const struct demo *demo)
{
	static const char digits[] = "0123456789abcdef";

	for (const char *at = demo->output; !demo->failed && *at != '\0'; at++) {
		size_t len = strspn(at, digits);

		if (len == 64)
			return demo_text("%.64s", at);
	}
	return "";
}

const char *
demo_hash_after(const struct demo *demo, const char *word)
{
	const char *at = demo->failed ? NULL : strstr(demo->output, word);

	return at == NULL ? "" : demo_text("%.16s", at + strlen(word));
}

const char *
demo_time(int64_t unix_s)
{
	time_t time = (time_t)unix_s;
	struct tm tm;
	char words[32];

	if (gmtime_r(&time, &tm) == NULL || strftime(words, sizeof(words), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return "";
	return demo_text("%s", words);
}
