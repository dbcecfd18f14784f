/* SPDX-License-Identifier: MIT */
/* The shape, painted; and the window on it, moved and zoomed. */
#include "view/shape.h"

#include "base/count.h"
#include "view/pictures.h"
#include "view/theme.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUTTER = 13, TITLE_ROWS = 1, LEAST_ROWS = 3, LEAST_COLUMNS = 8, WIDEST = 8 };

/* --- The picture, when it is not there yet ---------------------------------------------------- */

void hs_shape_view_begin(hs_shape_view *v, const hs_session *s, hs_shape_window w, hs_addr at)
{
    hs_shape_view_end(v);
    *v = (hs_shape_view){.place = {.window = w, .pointing = true}};
    v->place.command = hs_session_moment(s).count;
    v->place.at = at ? at : w.from ? w.from : hs_heap_base(hs_session_heap(s));
    if (w.first && v->place.command < w.first) v->place.command = w.first;
    if (w.last && v->place.command > w.last) v->place.command = w.last;
}

void hs_shape_view_end(hs_shape_view *v)
{
    hs_shape_picture_free(v->picture);
    v->picture = NULL;
}

static bool same_window(hs_shape_window a, hs_shape_window b)
{
    return a.first == b.first && a.last == b.last && a.from == b.from && a.bytes == b.bytes &&
           a.until_now == b.until_now;
}

static void look(const hs_session *s, hs_shape_view *v, int rows, int columns)
{
    hs_moment m = hs_session_moment(s);
    uint64_t end = hs_session_branch_count(s, m.branch);
    if (v->picture && v->of.session == s && same_window(v->of.window, v->place.window) &&
        v->of.branch == m.branch && v->of.now == m.count && v->of.end == end &&
        v->of.surveyed == hs_session_surveyed(s) && v->of.rows == rows && v->of.columns == columns)
        return;
    hs_shape_picture_free(v->picture);
    v->picture = hs_shape_look(s, v->place.window, rows, columns);
    v->of.session = s;
    v->of.window = v->place.window;
    v->of.branch = m.branch;
    v->of.now = m.count;
    v->of.end = end;
    v->of.surveyed = hs_session_surveyed(s);
    v->of.rows = rows;
    v->of.columns = columns;
}

/* How wide a column of the picture is on the screen: where there are few commands, each is several
 * columns wide. */
static int width_of_column(const hs_shape_picture *p, int columns)
{
    int wide = p->columns && p->per == 1 ? columns / p->columns : 1;
    return wide > WIDEST ? WIDEST : wide < 1 ? 1 : wide;
}

/* --- Cells ----------------------------------------------------------------------------------- */

static void put_cell(hs_pane p, int row, int column, uint8_t cell, bool here)
{
    unsigned kind = hs_shape_kind(cell);
    bool ascii = p.scene->ascii;
    uint8_t flags = here ? HS_CURSOR : 0;
    hs_role role = kind == HS_SHAPE_UNUSED ? HS_ROLE_UNUSED
                   : kind == HS_SHAPE_FREE ? HS_ROLE_FREE
                                           : (hs_role)(HS_ROLE_SIZE + kind - HS_SHAPE_LIVE);
    wchar_t glyph = hs_theme_glyph(role, ascii);
    if (kind != HS_SHAPE_UNUSED && hs_shape_share(cell) * 2 < HS_SHAPE_FULL) flags |= HS_SPARSE;
    if (kind >= HS_SHAPE_LIVE && flags & HS_SPARSE) glyph += L'a' - L'A';
    hs_put_glyph(p, row, column, role, glyph);
    hs_cell *c = hs_scene_cell(p.scene, p.row + row, p.column + column);
    if (c) c->flags = flags;
}

/* The row of the picture that an address is in; -1 for none. */
static int row_of(const hs_shape_picture *p, hs_addr at)
{
    if (at < p->from || (at - p->from) / p->row_bytes >= (uint64_t)p->rows) return -1;
    return (int)((at - p->from) / p->row_bytes);
}

static void paint_cells(const hs_shape_view *v, hs_pane whole)
{
    const hs_shape_picture *p = v->picture;
    int column = v->place.pointing ? hs_shape_column_of(p, v->place.command) : -1;
    int row = v->place.pointing ? row_of(p, v->place.at) : -1;
    for (int r = 0; r < p->rows; r++) {
        int y = p->rows - 1 - r;
        hs_putf(whole, v->cells.row - whole.row + y, 0, HS_ROLE_ADDRESS, "0x%" PRIx64,
                p->from + (uint64_t)r * p->row_bytes);
        if (r == row) hs_put(whole, v->cells.row - whole.row + y, GUTTER - 1, HS_ROLE_MARK, ">");
        for (int c = 0; c < p->columns; c++)
            for (int i = 0; i < v->wide; i++)
                put_cell(v->cells, y, c * v->wide + i, hs_shape_cell(p, r, c),
                         r == row && c == column);
    }
}

/* --- Axis and legend ------------------------------------------------------------------------- */

static int cursor_column(const hs_shape_view *v)
{
    return GUTTER + hs_shape_column_of(v->picture, v->place.command) * v->wide + v->wide - 1;
}

/* Paint the axis of commands. Its numbers make room for the mark. */
static void paint_axis(const hs_shape_view *v, hs_pane p, int row)
{
    const hs_shape_picture *s = v->picture;
    char last[32];
    int width = s->columns * v->wide, now = -1;
    if (s->now >= s->first && s->now <= s->last)
        now = hs_shape_column_of(s, s->now) * v->wide + v->wide - 1;
    int length = snprintf(last, sizeof last, "%" PRIu64, s->last);
    int from = width - length - (now >= width - length && now == width - 1);
    hs_put(p, row, 0, HS_ROLE_TEXT, "  command");
    hs_putf(p, row, GUTTER, HS_ROLE_DIM, "%" PRIu64, s->first);
    if (from > length + 1) hs_put(p, row, GUTTER + from, HS_ROLE_DIM, last);
    hs_cell *here = hs_scene_cell(p.scene, p.row + row, p.column + cursor_column(v));
    if (v->place.pointing && here) here->flags |= HS_CURSOR;
    if (now < 0) return;
    hs_put_glyph(p, row, GUTTER + now, HS_ROLE_MARK, hs_theme_glyph(HS_ROLE_MARK, p.scene->ascii));
}

static const char *class_text(unsigned kind, char *text, size_t size)
{
    unsigned class = kind - HS_SHAPE_LIVE;
    char least[24], most[24];
    hs_size_text(class ? hs_shape_sizes[class - 1] : 0, least, sizeof least);
    hs_size_text(hs_shape_sizes[class], most, sizeof most);
    if (class + 1 == HS_SHAPE_CLASSES)
        snprintf(text, size, "blocks above %s", least);
    else if (class)
        snprintf(text, size, "blocks above %s, to %s", least, most);
    else
        snprintf(text, size, "blocks of up to %s", most);
    return text;
}

/* Put in words what the cursor's cell says. */
static void put_cursor(const hs_shape_view *v, hs_pane p, int row)
{
    const hs_shape_picture *s = v->picture;
    char class[80];
    int r = row_of(s, v->place.at), c = hs_shape_column_of(s, v->place.command);
    if (!v->place.pointing || r < 0) return;
    uint8_t cell = hs_shape_cell(s, r, c);
    unsigned kind = hs_shape_kind(cell);
    int column = hs_putf(p, row, 0, HS_ROLE_TEXT, "after %" PRIu64 ", 0x%" PRIx64 ": ",
                         hs_shape_command(s, c), s->from + (uint64_t)r * s->row_bytes);
    if (kind < HS_SHAPE_LIVE)
        hs_put(p, row, column, HS_ROLE_TEXT,
               kind == HS_SHAPE_FREE ? "nothing lives, but it was used before"
                                     : "never used so far");
    else
        hs_putf(p, row, column, HS_ROLE_TEXT, "%s%u%% live, %s",
                hs_shape_share(cell) == HS_SHAPE_FULL ? "" : "about ",
                hs_shape_share(cell) * 100 / HS_SHAPE_FULL, class_text(kind, class, sizeof class));
}

static void put_scale(const hs_shape_view *v, hs_pane p, int row)
{
    const hs_shape_picture *s = v->picture;
    char bytes[32];
    hs_size_text(s->row_bytes, bytes, sizeof bytes);
    int column = v->wide > 1 ? hs_putf(p, row, 0, HS_ROLE_TEXT, "%d columns are", v->wide)
                             : hs_put(p, row, 0, HS_ROLE_TEXT, "one column is");
    column = hs_putf(p, row, column, HS_ROLE_TEXT, " %" PRIu64 " command%s, one row %s", s->per,
                     hs_plural(s->per), bytes);
    column = hs_put(p, row, column, HS_ROLE_TEXT, s->exact ? ", exact" : ", from samples");
    hs_put(p, row, column, HS_ROLE_DIM, "; small: under half");
}

static void put_legend(hs_pane p, int row)
{
    static const char *const texts[] = {"to 32", "to 128", "to 512", "to 4K", "to 64K", "more"};
    int column = 0;
    for (int i = 0; i < HS_SHAPE_CLASSES; i++) {
        uint8_t cell = (uint8_t)((HS_SHAPE_LIVE + i) << 5 | HS_SHAPE_FULL);
        put_cell(p, row, column, cell, false);
        column = hs_put(p, row, column + 2, HS_ROLE_DIM, texts[i]) + 1;
    }
    put_cell(p, row, column, HS_SHAPE_FREE << 5, false);
    column = hs_put(p, row, column + 2, HS_ROLE_DIM, "nothing live") + 1;
    put_cell(p, row, column, HS_SHAPE_UNUSED << 5, false);
    hs_put(p, row, column + 2, HS_ROLE_DIM, "never used");
}

/* How many rows there are below the cells: axis, scale, cursor, legend, as far as there is room. */
static int rows_below(int rows, bool pointing)
{
    int wanted = pointing ? 4 : 3, most = rows - TITLE_ROWS - LEAST_ROWS;
    return most < 1 ? 1 : most < wanted ? most : wanted;
}

void hs_shape_paint(const hs_session *s, hs_shape_view *v, hs_pane p)
{
    int below = rows_below(p.rows, v->place.pointing), rows = p.rows - TITLE_ROWS - below;
    int columns = p.columns - GUTTER;
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    hs_put(p, 0, 1, HS_ROLE_TITLE, "Shape of memory");
    v->cells = (hs_pane){0};
    if (rows < 1 || columns < LEAST_COLUMNS) {
        hs_put(p, 1, 0, HS_ROLE_DIM, "no room");
        return;
    }
    look(s, v, rows, columns);
    if (!v->picture->columns) {
        hs_put(p, 1, 0, HS_ROLE_DIM, "no requests yet");
        return;
    }
    v->wide = width_of_column(v->picture, columns);
    rows = v->picture->rows;
    v->cells = hs_pane_part(p, TITLE_ROWS, GUTTER, rows, v->picture->columns * v->wide);
    paint_cells(v, p);
    int row = TITLE_ROWS + rows;
    paint_axis(v, p, row);
    if (below > 1) put_scale(v, p, row + 1);
    if (below > 2) put_legend(p, row + 2);
    if (below > 3) put_cursor(v, p, row + 3);
}

/* --- Moving and zooming ---------------------------------------------------------------------- */

/* Choose a stretch of `wanted` around a point, within all there is; 0 when it is all of it. */
static void around(uint64_t point, uint64_t wanted, uint64_t begin, uint64_t end, uint64_t *from,
                   uint64_t *length)
{
    uint64_t all = end - begin;
    *from = *length = 0;
    if (wanted >= all) return;
    *length = wanted;
    *from = point > begin + wanted / 2 ? point - wanted / 2 : begin;
    if (*from > end - wanted) *from = end - wanted;
}

static void look_at_commands(hs_shape_view *v, uint64_t span)
{
    const hs_shape_picture *p = v->picture;
    uint64_t length;
    around(v->place.command, span, p->begin, p->end + 1, &v->place.window.first, &length);
    v->place.window.last = length ? v->place.window.first + length - 1 : 0;
}

static void look_at_addresses(hs_shape_view *v, uint64_t bytes)
{
    const hs_shape_picture *p = v->picture;
    around(v->place.at, bytes, p->base, p->top, &v->place.window.from, &v->place.window.bytes);
}

/* The picture of the window. The window may have moved more than once since it was painted, for
 * keys come in bursts. NULL: there is nothing to see. */
static const hs_shape_picture *up_to_date(const hs_session *s, hs_shape_view *v)
{
    if (!v->picture) return NULL;
    look(s, v, v->of.rows, v->of.columns);
    return v->picture->columns ? v->picture : NULL;
}

void hs_shape_move(const hs_session *s, hs_shape_view *v, int columns, int rows)
{
    const hs_shape_picture *p = up_to_date(s, v);
    if (!p) return;
    int64_t column = hs_shape_column_of(p, v->place.command) + columns;
    uint64_t first = p->first + (uint64_t)column * p->per; /* before the first command it wraps */
    int64_t to = (int64_t)first + (int64_t)p->per - 1;
    if (to < (int64_t)p->begin) to = (int64_t)p->begin;
    v->place.command = (uint64_t)to > p->end ? p->end : (uint64_t)to;
    int64_t offset = (int64_t)(v->place.at - p->base) + rows * (int64_t)p->row_bytes;
    if (offset < 0) offset = 0;
    if ((uint64_t)offset >= p->top - p->base) offset = (int64_t)(p->top - p->base) - 1;
    v->place.at = p->base + (uint64_t)offset;
    if (v->place.command < p->first || v->place.command > p->last)
        look_at_commands(v, p->last - p->first + 1);
    if (row_of(p, v->place.at) < 0) look_at_addresses(v, p->row_bytes * (uint64_t)p->rows);
}

bool hs_shape_point(hs_shape_view *v, int row, int column)
{
    const hs_shape_picture *p = v->picture;
    int y = row - v->cells.row, x = column - v->cells.column;
    if (!p || y < 0 || y >= v->cells.rows || x < 0 || x >= v->cells.columns) return false;
    v->place.command = hs_shape_command(p, x / v->wide);
    v->place.at = p->from + (uint64_t)(p->rows - 1 - y) * p->row_bytes;
    return true;
}

bool hs_shape_zoom(const hs_session *s, hs_shape_view *v, bool in)
{
    const hs_shape_picture *p = up_to_date(s, v);
    if (!p) return false;
    hs_shape_window before = v->place.window;
    uint64_t span = p->last - p->first + 1, bytes = p->row_bytes * (uint64_t)p->rows;
    bool finer_time = p->per > 1 || span > 16, finer_rows = p->row_bytes > 8;
    if (in && finer_time) look_at_commands(v, (span + 1) / 2);
    if (in && finer_rows) look_at_addresses(v, bytes / 2);
    if (!in && v->place.window.last) look_at_commands(v, span * 2);
    if (!in && v->place.window.bytes) {
        look_at_addresses(v, bytes * 2);
        /* The window is as high as what is used, for the rest of the heap is empty. */
        if (v->place.window.from == p->base && !v->place.window.last)
            v->place.window.from = v->place.window.bytes = 0;
    }
    return !same_window(before, v->place.window);
}

/* --- The picture: a view of its own, or the whole run
 * ---------------------------------------------------------------- */

static size_t rows_of_panel(const hs_subject *of, int columns)
{
    (void)of, (void)columns;
    return HS_SHAPE_VIEW_ROWS;
}

static void paint_panel(const hs_subject *of, hs_pane p, size_t skip)
{
    hs_shape_view whole = {0};
    (void)skip; /* it is scaled to the pane */
    hs_shape_paint(of->session, of->own ? of->own : &whole, p);
    hs_shape_view_end(&whole);
}

const hs_picture hs_picture_shape = {.name = "shape",
                                     .title = "Shape of memory",
                                     .about = "time across, address up: what lived where, and when",
                                     .flags = HS_IN_VIEW | HS_SCALES,
                                     .key = 14,
                                     .rows = rows_of_panel,
                                     .paint = paint_panel};
