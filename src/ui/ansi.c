/* SPDX-License-Identifier: MIT */
/* Painting on a plain stream: sequences where the look changes, none without colour. */
#include "ui/ansi.h"

#include "base/memory.h"
#include "base/text.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

static void put_character(FILE *out, wchar_t c)
{
    char bytes[4];
    fwrite(bytes, 1, hs_encode_utf8((uint32_t)c, bytes), out);
}

static int used_columns(const hs_scene *s, int row, bool colour)
{
    int end = s->columns;
    for (; end > 0; end--) {
        const hs_cell *c = hs_scene_cell(s, row, end - 1);
        if (c->glyph && c->glyph != L' ') break;
        if (colour && c->role != HS_ROLE_TEXT) break;
    }
    return end;
}

static void print_row(FILE *out, const hs_scene *s, int row, hs_ink ink)
{
    int end = used_columns(s, row, ink.pen);
    const hs_cell *before = NULL;
    hs_stroke last;
    for (int column = 0; column < end; column++) {
        const hs_cell *c = hs_scene_cell(s, row, column);
        bool same = before && before->role == c->role && before->flags == c->flags;
        if (ink.pen && !same) {
            hs_stroke now = hs_pen_stroke(ink.pen, c, ink.light);
            hs_pen_put(ink.pen, out, before ? &last : NULL, now);
            last = now;
        }
        before = c;
        put_character(out, c->glyph ? c->glyph : L' ');
        if (c->glyph && wcwidth(c->glyph) == 2) column++;
    }
    if (ink.pen && before) hs_pen_put_plain(ink.pen, out);
    putc('\n', out);
}

/* Printed text is put together whole first, for a stream without a buffer would write byte by
 * byte. */
typedef struct {
    FILE *stream;
    char *bytes;
    size_t size;
} page;

static FILE *begin(page *p)
{
    p->stream = hs_text_begin(&p->bytes, &p->size);
    return p->stream;
}

static void end(page *p, FILE *out)
{
    fclose(p->stream);
    fwrite(p->bytes, 1, p->size, out);
    free(p->bytes);
}

bool hs_locale_is_ascii(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

void hs_print_scene(FILE *out, const hs_scene *s, hs_ink ink)
{
    page p;
    begin(&p);
    for (int row = 0; row < s->rows; row++) print_row(p.stream, s, row, ink);
    end(&p, out);
}

void hs_print_text(FILE *out, hs_role role, const char *text, hs_ink ink)
{
    hs_cell look = {.role = (uint8_t)role};
    page p;
    begin(&p);
    if (ink.pen) hs_pen_put(ink.pen, p.stream, NULL, hs_pen_stroke(ink.pen, &look, ink.light));
    hs_put_shown(p.stream, text, strlen(text), ink.ascii);
    if (ink.pen) hs_pen_put_plain(ink.pen, p.stream);
    putc('\n', p.stream);
    end(&p, out);
}

void hs_print_bytes(FILE *out, const char *text, size_t length)
{
    page p;
    hs_put_shown(begin(&p), text, length, hs_locale_is_ascii());
    end(&p, out);
}

void hs_print_arguments(FILE *out, const char *format, va_list arguments)
{
    char *text = hs_text_by(format, arguments);
    hs_print_bytes(out, text, strlen(text));
    free(text);
}

void hs_print(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    hs_print_arguments(out, format, arguments);
    va_end(arguments);
}

void hs_print_line(FILE *out, const char *format, ...)
{
    va_list arguments;
    page p;
    char *text;
    va_start(arguments, format);
    text = hs_text_by(format, arguments);
    va_end(arguments);
    hs_put_in_line(begin(&p), text);
    fclose(p.stream);
    hs_print(out, "%s\n", p.bytes);
    free(p.bytes);
    free(text);
}

void hs_print_over(FILE *out, const char *text, int columns)
{
    page p;
    int column = 0;
    putc('\r', begin(&p));
    for (; *text && column < columns; column++) putc((int)hs_next_character(&text, true), p.stream);
    fprintf(p.stream, "%*s\r", columns - column, "");
    end(&p, out);
}
