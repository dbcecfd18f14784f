/* SPDX-License-Identifier: MIT */
/* A frame is made in memory from the cells that differ from the last one, and then sent as one
 * write: the terminal never shows half of it, and where it can, it shows all of it at once. */
#include "ui/paint.h"

#include "base/memory.h"
#include "base/text.h"
#include "ui/pen.h"
#include "view/theme.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

/* What stands on the screen. */
typedef struct {
    wchar_t glyph; /* 0: the right half of a wide one */
    hs_stroke stroke;
} shown;

struct hs_painter {
    hs_terminal *terminal;
    hs_pen *pen;
    shown *cells;
    int rows, columns;
    unsigned era;                  /* tells whether the screen that they stand on is still there */
    int cursor_row, cursor_column; /* -1: hidden */
    bool keeps_corner;             /* a character in the last cell would scroll the terminal */
};

/* A frame in the making: where the terminal's own cursor is, and how it would write. */
typedef struct {
    FILE *out;
    int row, column; /* -1: it may be anywhere */
    hs_stroke stroke;
    bool any; /* a cell was written */
} frame;

static const hs_stroke plain = {0, HS_DEFAULT, HS_DEFAULT};

hs_painter *hs_painter_new(hs_terminal *t, bool colour)
{
    hs_painter *p = hs_new(1, sizeof *p);
    p->terminal = t;
    p->pen = hs_pen_of_screen(colour);
    p->keeps_corner = tigetflag("am") > 0 && tigetflag("xenl") <= 0;
    return p;
}

void hs_painter_free(hs_painter *p)
{
    if (!p) return;
    hs_pen_free(p->pen);
    free(p->cells);
    free(p);
}

static void put_capability(FILE *out, const char *sequence)
{
    for (char c; (c = hs_sequence_byte(&sequence));) putc(c, out);
}

static void move_to(frame *f, int row, int column)
{
    if (f->row == row && f->column == column) return;
    put_capability(f->out, tiparm(tigetstr("cup"), row, column));
    f->row = row;
    f->column = column;
}

/* Begin with an empty screen: what stood there is lost, or has another size. */
static void clear_screen(hs_painter *p, frame *f, const hs_scene *s)
{
    size_t count = (size_t)s->rows * (size_t)s->columns;
    free(p->cells);
    p->cells = NULL;
    p->cells = hs_new(count, sizeof *p->cells);
    for (size_t i = 0; i < count; i++) p->cells[i] = (shown){L' ', plain};
    p->rows = s->rows;
    p->columns = s->columns;
    p->era = hs_terminal_era(p->terminal);
    p->cursor_row = p->cursor_column = -2; /* unknown */
    hs_pen_put_plain(p->pen, f->out);
    put_capability(f->out, tigetstr("clear"));
    f->stroke = plain;
    f->any = true;
}

static void put_cell(const hs_painter *p, frame *f, int row, int column, shown now)
{
    char bytes[4];
    int width = wcwidth(now.glyph);
    move_to(f, row, column);
    hs_pen_put(p->pen, f->out, f->any ? &f->stroke : NULL, now.stroke);
    fwrite(bytes, 1, hs_encode_utf8((uint32_t)now.glyph, bytes), f->out);
    f->stroke = now.stroke;
    f->any = true;
    f->column += width;
    if (f->column >= p->columns) f->row = -1; /* terminals differ about where it is then */
}

static void put_row(hs_painter *p, frame *f, const hs_scene *s, int row, bool light)
{
    for (int column = 0; column < s->columns; column++) {
        const hs_cell *c = hs_scene_cell(s, row, column);
        const hs_cell *left = hs_scene_cell(s, row, column - 1);
        bool half = left && left->glyph && wcwidth(left->glyph) == 2;
        bool blank = !c->glyph || wcwidth(c->glyph) < 1;
        shown now = {half ? 0 : blank ? L' ' : c->glyph, hs_pen_stroke(p->pen, c, light)};
        shown *before = &p->cells[row * p->columns + column];
        bool same = before->glyph == now.glyph &&
                    before->stroke.attributes == now.stroke.attributes &&
                    before->stroke.foreground == now.stroke.foreground &&
                    before->stroke.background == now.stroke.background;
        *before = now;
        bool corner = p->keeps_corner && row == p->rows - 1 && column == p->columns - 1;
        if (!same && !half && !corner) put_cell(p, f, row, column, now);
    }
}

static void put_cursor(hs_painter *p, frame *f, int row, int column)
{
    if (f->any) hs_pen_put_plain(p->pen, f->out);
    bool was = p->cursor_column >= 0;
    if (column >= 0 && (f->any || row != p->cursor_row || column != p->cursor_column))
        move_to(f, row, column);
    if (column >= 0 && !was) put_capability(f->out, tigetstr("cnorm"));
    if (column < 0 && (was || p->cursor_column < -1)) put_capability(f->out, tigetstr("civis"));
    p->cursor_row = row;
    p->cursor_column = column < 0 ? -1 : column;
}

void hs_paint(hs_painter *p, const hs_scene *s, bool light, int row, int column)
{
    char *bytes = NULL;
    size_t size;
    frame f = {.out = hs_text_begin(&bytes, &size), .row = -1};
    const char *sync = hs_terminal_sync(p->terminal, true);
    fputs(sync, f.out);
    bool fits = p->cells && p->rows == s->rows && p->columns == s->columns;
    if (!fits || p->era != hs_terminal_era(p->terminal)) clear_screen(p, &f, s);
    for (int i = 0; i < s->rows; i++) put_row(p, &f, s, i, light);
    put_cursor(p, &f, row, column);
    fflush(f.out);
    bool any = size > strlen(sync);
    fputs(hs_terminal_sync(p->terminal, false), f.out);
    hs_text_end(f.out);
    if (any) hs_terminal_send(p->terminal, bytes, size);
    free(bytes);
}
