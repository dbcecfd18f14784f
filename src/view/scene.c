/* SPDX-License-Identifier: MIT */
/* Scenes: cells, and text put into them safely. */
#include "view/scene.h"

#include "base/memory.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hs_scene *hs_scene_new(int rows, int columns, bool ascii)
{
    hs_scene *s = hs_new(1, sizeof *s);
    s->rows = rows < 1 ? 1 : rows;
    s->columns = columns < 1 ? 1 : columns;
    s->ascii = ascii;
    s->cells = hs_new((size_t)s->rows * (size_t)s->columns, sizeof *s->cells);
    return s;
}

void hs_scene_free(hs_scene *s)
{
    if (!s) return;
    free(s->cells);
    free(s);
}

hs_cell *hs_scene_cell(const hs_scene *s, int row, int column)
{
    if (row < 0 || column < 0 || row >= s->rows || column >= s->columns) return NULL;
    return &s->cells[(size_t)row * (size_t)s->columns + (size_t)column];
}

hs_pane hs_pane_of(hs_scene *s)
{
    return (hs_pane){s, 0, 0, s->rows, s->columns};
}

void hs_scene_drop_rows(hs_scene *s, int count)
{
    if (count <= 0 || count >= s->rows) return;
    s->rows -= count;
    memmove(s->cells, s->cells + (size_t)count * (size_t)s->columns,
            (size_t)s->rows * (size_t)s->columns * sizeof *s->cells);
}

hs_pane hs_pane_part(hs_pane p, int row, int column, int rows, int columns)
{
    if (row + rows > p.rows) rows = p.rows - row;
    if (column + columns > p.columns) columns = p.columns - column;
    return (hs_pane){p.scene, p.row + row, p.column + column, rows < 0 ? 0 : rows,
                     columns < 0 ? 0 : columns};
}

/* --- Text ----------------------------------------------------------------------------------- */

static void put_cell(hs_pane p, int row, int column, hs_role role, wchar_t glyph)
{
    if (row < 0 || column < 0 || row >= p.rows || column >= p.columns) return;
    hs_cell *c = hs_scene_cell(p.scene, p.row + row, p.column + column);
    if (!c) return;
    c->glyph = glyph;
    c->role = (uint8_t)role;
    c->flags &= (uint8_t)~HS_FILLER;
}

void hs_put_glyph(hs_pane p, int row, int column, hs_role role, wchar_t glyph)
{
    put_cell(p, row, column, role, glyph);
}

void hs_fill(hs_pane p, int row, int column, int count, hs_role role, wchar_t glyph)
{
    for (int i = 0; i < count; i++) put_cell(p, row, column + i, role, glyph);
}

int hs_put(hs_pane p, int row, int column, hs_role role, const char *text)
{
    while (*text && column < p.columns) {
        wchar_t c = hs_next_character(&text, p.scene->ascii);
        int width = wcwidth(c);
        if (width < 1) continue; /* a combining mark has no cell of its own */
        if (column + width > p.columns) break;
        put_cell(p, row, column, role, c);
        if (width == 2) put_cell(p, row, column + 1, role, 0);
        column += width;
    }
    return column;
}

int hs_putf(hs_pane p, int row, int column, hs_role role, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return hs_put(p, row, column, role, text);
}

/* How many bytes of the text fit on a line, and where the next line begins. */
static size_t line_bytes(const char *text, int columns, bool ascii, const char **next)
{
    const char *at = text, *space = NULL;
    int width = 0;
    while (*at && *at != '\n') {
        const char *before = at;
        int w = wcwidth(hs_next_character(&at, ascii));
        width += w < 0 ? 0 : w;
        if (width > columns) {
            const char *cut = space ? space : before > text ? before : at;
            *next = space ? space + 1 : cut;
            return (size_t)(cut - text);
        }
        if (*before == ' ') space = before;
    }
    *next = *at ? at + 1 : at;
    return (size_t)(at - text);
}

int hs_put_wrapped(hs_pane p, int row, int rows, hs_role role, const char *text)
{
    int used = 0;
    if (p.columns < 1) return 0;
    while (*text) {
        const char *next;
        size_t n = line_bytes(text, p.columns, p.scene->ascii, &next);
        if (rows && used == rows) {
            hs_put(p, row + used - 1, p.columns > 3 ? p.columns - 3 : 0, role, "...");
            return used;
        }
        if (rows) {
            char *line = hs_new(n + 1, 1);
            memcpy(line, text, n);
            hs_put(p, row + used, 0, role, line);
            free(line);
        }
        used++;
        text = next;
    }
    return used;
}

/* --- As text -------------------------------------------------------------------------------- */

static bool is_wide(const hs_scene *s, int row, int column)
{
    const hs_cell *c = hs_scene_cell(s, row, column);
    return c && c->glyph && wcwidth(c->glyph) == 2;
}

char *hs_scene_text(const hs_scene *s)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    for (int row = 0; row < s->rows; row++) {
        int end = s->columns;
        while (end > 0) {
            wchar_t g = hs_scene_cell(s, row, end - 1)->glyph;
            if (g && g != L' ') break;
            end--;
        }
        for (int column = 0; column < end; column++) {
            if (column && is_wide(s, row, column - 1)) continue;
            wchar_t g = hs_scene_cell(s, row, column)->glyph;
            char bytes[4];
            fwrite(bytes, 1, hs_encode_utf8(g ? (uint32_t)g : ' ', bytes), out);
        }
        putc('\n', out);
    }
    hs_text_end(out);
    return text;
}

const char *hs_size_text(uint64_t n, char *text, size_t size)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    size_t u = 0;
    while (n >= 1024 && n % 1024 == 0 && u < 4) n /= 1024, u++;
    snprintf(text, size, "%" PRIu64 " %s", n, units[u]);
    return text;
}
