/* SPDX-License-Identifier: MIT */
/* Complaints as text: the place as line and column, the line itself, a caret under the word. */
#include "language/complaint.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hs_complain(hs_complaint *c, hs_span where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    c->where = where;
    c->hint[0] = 0;
    vsnprintf(c->what, sizeof c->what, format, arguments);
    va_end(arguments);
    return false;
}

bool hs_hint(hs_complaint *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->hint, sizeof c->hint, format, arguments);
    va_end(arguments);
    return false;
}

/* The number of characters, as editors count them: bytes that continue one do not count. */
static size_t characters(const char *text, size_t bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes; i++) n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

/* Put a byte of the line that is shown. A tab becomes one column wide; a NUL would end the text. */
static void put_byte(FILE *out, char c)
{
    if (c)
        putc(c == '\t' ? ' ' : c, out);
    else
        fputs("\u2400", out);
}

enum { WINDOW = 72 }; /* so many columns of a long line are shown around the place */

/* Put the part of the line around the place, so that the caret never leaves the screen. */
static void put_line(FILE *out, const char *line, size_t length, size_t from, size_t to)
{
    size_t start = 0, end = length;
    if (length > WINDOW && from > WINDOW / 2) start = from - WINDOW / 2;
    while (start < from && ((unsigned char)line[start] & 0xc0) == 0x80) start++;
    if (end - start > WINDOW) end = start + WINDOW;
    for (int i = 0; i < 3 && end < length && ((unsigned char)line[end] & 0xc0) == 0x80; i++) end++;
    if (to > end) to = end;
    const char *left = start ? "..." : "", *right = end < length ? "..." : "";
    fprintf(out, "\n  %s", left);
    for (size_t i = start; i < end; i++) put_byte(out, line[i]);
    fprintf(out, "%s\n  %*s^", right, (int)(strlen(left) + hs_columns(line + start, from - start)),
            "");
    size_t width = to > from ? hs_columns(line + from, to - from) : 1;
    for (size_t i = 1; i < width; i++) putc('~', out);
}

char *hs_complaint_text(const hs_complaint *c, const char *name, size_t first_line,
                        const char *source, size_t length)
{
    size_t at = c->where.start < length ? c->where.start : length;
    /* A place at the very end of a line belongs to that line, not to the empty one after it. */
    while (at > 0 && at == length && source[at - 1] == '\n') at--;
    size_t begin = at, end = at, line = first_line;
    while (begin > 0 && source[begin - 1] != '\n') begin--;
    while (end < length && source[end] != '\n') end++;
    for (size_t i = 0; i < begin; i++) line += source[i] == '\n';
    while (end > begin && source[end - 1] == '\r') end--;

    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    if (name) {
        hs_put_in_line(out, name);
        fprintf(out, ":%zu:%zu: ", line, characters(source + begin, at - begin) + 1);
    }
    hs_put_in_line(out, c->what);
    if (c->hint[0]) fprintf(out, "; %s", c->hint);
    size_t stop = c->where.end < end ? c->where.end : end;
    put_line(out, source + begin, end - begin, at - begin, stop > at ? stop - begin : at - begin);
    hs_text_end(out);
    return text;
}
