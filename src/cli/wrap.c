/* How text is put out: long lines folded for a terminal (at spaces, with the line's own indentation and a little more), strings of JSON. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static size_t
indent_of(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && line[n] == ' ')
		n++;
	return n;
}

/* Columns that these bytes take: a character's further bytes take none. */
static size_t
columns_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static void
fold_line(FILE *out, size_t margin, size_t columns, const char *line, size_t len)
{
	size_t hang = indent_of(line, len) + 4;
	size_t column = margin;
	bool first = true;

	fprintf(out, "%*s", (int)margin, "");
	for (size_t at = 0; at < len;) {
		size_t spaces = indent_of(line + at, len - at);
		size_t word = 0;

		while (at + spaces + word < len && line[at + spaces + word] != ' ')
			word++;
		if (!first && column + spaces + columns_of(line + at + spaces, word) > columns) {
			fprintf(out, "\n%*s", (int)(margin + hang), "");
			column = margin + hang;
			spaces = 0;
			at += indent_of(line + at, len - at);
		}
		for (size_t i = 0; i < spaces + word; i++) {
			unsigned char c = (unsigned char)line[at + i];

			fputc(c < 0x20 || c == 0x7f ? '.' : c, out);
		}
		column += columns_of(line + at, spaces + word);
		at += spaces + word;
		first = false;
	}
	fputc('\n', out);
}

void
cli_fold(FILE *out, size_t margin, size_t columns, const char *text)
{
	for (const char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		if (len > 0)
			fold_line(out, margin, columns, line, len);
		else
			fputc('\n', out); /* no margin in front of nothing */
		line += len + (line[len] == '\n');
	}
}

void
cli_json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *at = text; *at != '\0'; at++) {
		const unsigned char c = (unsigned char)*at;

		if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fprintf(out, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
	}
	fputc('"', out);
}
