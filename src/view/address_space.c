/* SPDX-License-Identifier: MIT */
/* The address space, as textbooks draw it: stack on top, the program at the bottom.
 *
 *      from            bars: log2 of the size, half of it is 16 MiB
 *      0x7ffffffde000  =================                   rw-    132K  stack
 *                      :                                 : gap   128.0T
 *      0x107000000     .........                           rw-    4096  heap, break 0x107001000
 *
 * Segments and gaps have sizes from a few bytes to 128 TiB, so all lengths are logarithms: a bar's
 * across, a gap's in rows as well. A gap is whole pages without a segment. Glyphs say what a
 * segment is; letters what may be done with it.
 */
#include "view/address_space.h"

#include "base/memory.h"
#include "view/pictures.h"
#include "view/theme.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ADDRESS = 16, /* columns of an address and a mark */
    BAR_LEAST = 8,
    BAR_MOST = 48,
    BESIDE = 46, /* columns for permissions, sizes and names */
    LARGEST = 48 /* log2 of the longest bar */
};

/* The roles are those of the map: what they share is colour and glyph, not the meaning. */
static const hs_role roles[HS_SEGMENT_KINDS] = {
    [HS_SEGMENT_CODE] = HS_ROLE_HEADER,     [HS_SEGMENT_CONSTANT] = HS_ROLE_LINK,
    [HS_SEGMENT_DATA] = HS_ROLE_PAYLOAD,    [HS_SEGMENT_ZERO] = HS_ROLE_PADDING,
    [HS_SEGMENT_HEAP] = HS_ROLE_FREE,       [HS_SEGMENT_STACK] = HS_ROLE_PAYLOAD,
    [HS_SEGMENT_KERNEL] = HS_ROLE_RESERVED, [HS_SEGMENT_BARRIER] = HS_ROLE_DEAD,
};

/* What stands in a row: a segment, or the first or another row of a gap. */
typedef struct {
    const hs_segment *segment; /* NULL: a gap */
    uint64_t gap;
    bool first;
} line;

typedef struct {
    hs_segment *segments;
    size_t count, lines, capacity;
    line *list;
} layout;

static int log2_of(uint64_t n)
{
    int bits = 0;
    while (n > 1) n >>= 1, bits++;
    return bits;
}

static void add_line(layout *l, line one)
{
    l->list = hs_array_reserve(l->list, &l->capacity, l->lines + 1, sizeof *l->list);
    l->list[l->lines++] = one;
}

/* Add the rows of a gap: one, two from 1 GiB on, three from 1 TiB on. */
static void add_gap(layout *l, uint64_t size)
{
    int rows = 1 + (size >= (uint64_t)1 << 30) + (size >= (uint64_t)1 << 40);
    for (int i = 0; size > 0 && i < rows; i++) add_line(l, (line){NULL, size, i == 0});
}

static layout lay_out(const hs_session *s, const hs_space *space)
{
    layout l = {0};
    hs_addr above = HS_SPACE_END;
    l.segments = hs_space_segments(space, s, &l.count);
    for (size_t i = 0; i < l.count; i++) {
        const hs_segment *g = &l.segments[i];
        hs_addr end = (g->to + HS_PAGE - 1) & ~(HS_PAGE - 1);
        if (end < above) add_gap(&l, above - end);
        add_line(&l, (line){g, 0, true});
        above = g->from & ~(HS_PAGE - 1);
    }
    add_gap(&l, above);
    return l;
}

static void discard(layout *l)
{
    free(l->segments);
    free(l->list);
}

/* --- Painting ------------------------------------------------------------------------------- */

static const char *size_text(uint64_t n, char text[24])
{
    static const char units[] = "KMGTPE";
    int unit = -1;
    uint64_t whole = n, tenths = 0;
    if (n < 10000) return snprintf(text, 24, "%" PRIu64, n), text;
    while (whole >= 1024) {
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit++;
    }
    if (whole < 100)
        snprintf(text, 24, "%" PRIu64 ".%" PRIu64 "%c", whole, tenths, units[unit]);
    else
        snprintf(text, 24, "%" PRIu64 "%c", whole, units[unit]);
    return text;
}

static int bar_width(int columns)
{
    int width = columns - ADDRESS - BESIDE;
    return width < BAR_LEAST ? BAR_LEAST : width > BAR_MOST ? BAR_MOST : width;
}

static int bar_length(uint64_t size, int width)
{
    int length = (log2_of(size) * width + LARGEST / 2) / LARGEST;
    return size == 0 ? 0 : length < 1 ? 1 : length > width ? width : length;
}

static void put_bar(hs_pane p, int row, const hs_segment *g, bool is_new)
{
    hs_role role = roles[g->kind];
    int n = bar_length(g->to - g->from, bar_width(p.columns));
    for (int i = 0; i < n; i++) {
        hs_put_glyph(p, row, ADDRESS + i, role, hs_theme_glyph(role, p.scene->ascii));
        hs_cell *c = hs_scene_cell(p.scene, p.row + row, p.column + ADDRESS + i);
        if (c && ADDRESS + i < p.columns)
            c->flags |= (uint8_t)(HS_FILLER | (is_new ? HS_CHANGED : 0));
    }
    if (!n) hs_put(p, row, ADDRESS, HS_ROLE_MARK, p.scene->ascii ? "^ empty" : "▲ empty");
}

static void put_heap(hs_pane p, int row, int column, const hs_session *s, const hs_segment *g)
{
    char live[48];
    snprintf(live, sizeof live, ", %" PRIu64 " live", hs_session_totals(s)->live);
    column = hs_putf(p, row, column, HS_ROLE_MARK, "heap, break 0x%" PRIx64, g->to);
    if (g->to > g->from && column + (int)strlen(live) <= p.columns)
        hs_put(p, row, column, HS_ROLE_TEXT, live);
}

/* Put a name. One that has too little room is cut in its middle, for its last word says what the
 * segment is. */
static void put_name(hs_pane p, int row, int column, const char *name)
{
    const char *last = strrchr(name, ' ');
    int length = (int)strlen(name), tail = last ? (int)strlen(last) : 0;
    int cut = column + length - p.columns; /* so many columns are too many */
    if (cut <= 0 || tail + cut + 2 > length) {
        hs_put(p, row, column, HS_ROLE_TEXT, name);
        return;
    }
    hs_putf(p, row, column, HS_ROLE_TEXT, "%.*s", length - tail - cut - 1, name);
    hs_putf(p, row, p.columns - tail - 1, HS_ROLE_TEXT, "%s%s", p.scene->ascii ? ">" : "…",
            last ? last : "");
}

static void put_segment(hs_pane p, int row, const hs_session *s, const hs_space *space,
                        const hs_segment *g)
{
    char size[24], resident[24] = "";
    bool is_new = g->born == space->shown && space->step_count > 1;
    int p_ = g->permissions, column = ADDRESS + bar_width(p.columns) + 1;
    hs_putf(p, row, 0, HS_ROLE_ADDRESS, "0x%" PRIx64, g->from);
    if (is_new) hs_put(p, row, ADDRESS - 2, HS_ROLE_MARK, "*");
    put_bar(p, row, g, is_new);
    hs_putf(p, row, column, HS_ROLE_TEXT, "%c%c%c", p_ & HS_MAPPED_READ ? 'r' : '-',
            p_ & HS_MAPPED_WRITE ? 'w' : '-', p_ & HS_MAPPED_EXECUTE ? 'x' : '-');
    hs_putf(p, row, column + 4, HS_ROLE_TEXT, "%6s", size_text(g->to - g->from, size));
    column += 12;
    if (space->live) {
        if (g->resident != HS_UNKNOWN) size_text(g->resident, resident);
        hs_putf(p, row, column, HS_ROLE_DIM, "%6s", resident);
        column += 8;
    }
    if (g->kind == HS_SEGMENT_HEAP && !space->live)
        put_heap(p, row, column, s, g);
    else
        put_name(p, row, column, g->name);
}

static void put_gap(hs_pane p, int row, const line *l)
{
    char size[24];
    int width = bar_width(p.columns);
    hs_put(p, row, ADDRESS, HS_ROLE_DIM, ":");
    hs_put(p, row, ADDRESS + width - 1, HS_ROLE_DIM, ":");
    if (l->first)
        hs_putf(p, row, ADDRESS + width + 1, HS_ROLE_DIM, "gap %6s", size_text(l->gap, size));
}

/* Put what stands above the rows: what the columns are, and how long the bars. */
static void put_scale(hs_pane p, int row, const hs_space *space)
{
    int column = ADDRESS + bar_width(p.columns) + 1;
    hs_put(p, row, 0, HS_ROLE_DIM, "from");
    hs_put(hs_pane_part(p, row, ADDRESS, 1, column - ADDRESS - 1), 0, 0, HS_ROLE_DIM,
           column - ADDRESS > 34   ? "log2 of the size: half is 16 MiB"
           : column - ADDRESS > 18 ? "log2: half is 16M"
                                   : "log2");
    hs_putf(p, row, column, HS_ROLE_DIM, "may   size  %s", space->live ? "in RAM  what" : "what");
}

enum { ABOVE = 2, BELOW = 1 }; /* rows: scale and the highest address; NULL */

static void paint_space(const hs_session *s, const hs_space *space, hs_pane p, size_t skip)
{
    layout l = lay_out(s, space);
    size_t first = skip, rows = ABOVE + l.lines + BELOW;
    for (int row = 1; row < p.rows && first < rows; row++, first++) {
        if (first == 0) {
            put_scale(p, row, space);
        } else if (first == 1) {
            hs_putf(p, row, 0, HS_ROLE_DIM, "0x%" PRIx64 "  end of the program's half",
                    (uint64_t)HS_SPACE_END);
        } else if (first - ABOVE < l.lines) {
            const line *one = &l.list[first - ABOVE];
            if (one->segment)
                put_segment(p, row, s, space, one->segment);
            else
                put_gap(p, row, one);
        } else {
            hs_put(p, row, 0, HS_ROLE_DIM, "0x0  NULL: never mapped");
        }
    }
    discard(&l);
}

static size_t rows_of(const hs_session *s, const hs_space *space)
{
    if (!space) return 2;
    layout l = lay_out(s, space);
    size_t rows = 1 + ABOVE + l.lines + BELOW;
    discard(&l);
    return rows;
}

static void paint(const hs_session *s, const hs_space *space, hs_pane p, size_t skip)
{
    char title[128] = "No process";
    if (space && space->live)
        snprintf(title, sizeof title, "Process %d: %.80s%s", space->process, space->name,
                 space->ended ? ", ended" : "");
    else if (space)
        snprintf(title, sizeof title, "Process: %.80s", space->name);
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    int column = hs_put(p, 0, 1, HS_ROLE_TITLE, title);
    if (space && space->step_count > 1)
        hs_putf(p, 0, column + 2, HS_ROLE_TITLE, "step %zu of %zu", space->shown,
                space->step_count);
    if (space)
        paint_space(s, space, p, skip);
    else
        hs_put(p, 1, 0, HS_ROLE_DIM, "exec makes one");
}

static size_t rows_of_own(const hs_subject *of, int columns)
{
    (void)columns;
    return rows_of(of->session, of->spaces ? of->spaces->own : NULL);
}

static void paint_own(const hs_subject *of, hs_pane p, size_t skip)
{
    paint(of->session, of->spaces ? of->spaces->own : NULL, p, skip);
}

static size_t rows_of_live(const hs_subject *of, int columns)
{
    (void)columns;
    return rows_of(of->session, of->spaces ? of->spaces->live : NULL);
}

static void paint_live(const hs_subject *of, hs_pane p, size_t skip)
{
    paint(of->session, of->spaces ? of->spaces->live : NULL, p, skip);
}

const hs_picture hs_picture_process = {.name = "process",
                                       .title = "Process",
                                       .about = "the address space that the heap is in",
                                       .rows = rows_of_own,
                                       .paint = paint_own};
const hs_picture hs_picture_live = {.name = "maps",
                                    .title = "Process",
                                    .about = "the address space of a real process",
                                    .rows = rows_of_live,
                                    .paint = paint_live};

/* --- Steps ---------------------------------------------------------------------------------- */

char *hs_space_step_text(const hs_space *space)
{
    if (!space->shown) return hs_copy("nothing to be seen yet");
    const hs_space_step *step = &space->steps[space->shown - 1];
    return hs_text("step %zu of %zu: %s. %s", space->shown, space->step_count, step->title,
                   step->text);
}

size_t hs_space_newest_row(const hs_session *s, const hs_space *space)
{
    layout l = lay_out(s, space);
    size_t row = 0;
    for (size_t i = 0; i < l.lines && !row; i++)
        if (l.list[i].segment && l.list[i].segment->born == space->shown) row = ABOVE + i;
    discard(&l);
    return row;
}
