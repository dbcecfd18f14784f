/* SPDX-License-Identifier: MIT */
/* Utilization against throughput, a letter for each lane.
 *
 *      100% |            :      B         up: less memory
 *           |            :  C             right: faster, each step ten times
 *        0% +--------|---:-----|----
 *                   100K       1M         : where the malloc lab's cap is
 *
 * A letter whose place is taken stands beside it. */
#include "view/comparison.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GUTTER = 6, FOOT = 2, TICK = 3 };

typedef struct {
    int columns, rows;
    int from, to; /* powers of ten: the left and the right edge */
} frame;

static int column_of(const frame *f, double per_second)
{
    double at = (log10(per_second) - f->from) / (f->to - f->from);
    int column = (int)lround(at * (f->columns - 1));
    return column < 0 ? 0 : column >= f->columns ? f->columns - 1 : column;
}

static int row_of(const frame *f, double utilization)
{
    int row = (int)lround((1 - utilization) * (f->rows - 1));
    return row < 0 ? 0 : row >= f->rows ? f->rows - 1 : row;
}

static bool is_plotted(const hs_means *m)
{
    return m->traces && m->per_second > 0;
}

/* The frame reaches from the decade of the slowest lane, or of the lab's cap, to that of the
 * fastest. */
static frame frame_of(const hs_comparison *c)
{
    frame f = {.columns = HS_COMPARISON_COLUMNS - GUTTER - 2,
               .rows = HS_COMPARISON_PLOT_ROWS,
               .from = 5,
               .to = 6};
    for (size_t i = 0; i < hs_comparison_lanes(c); i++) {
        hs_means m = hs_means_of(c, i);
        if (!is_plotted(&m)) continue;
        double at = log10(m.per_second);
        if (at < f.from) f.from = (int)floor(at);
        if (at > f.to) f.to = (int)ceil(at);
    }
    return f;
}

static void put_axes(hs_pane p, const frame *f)
{
    static const char *const names[] = {"1",  "10",  "100",  "1K", "10K", "100K",
                                        "1M", "10M", "100M", "1G", "10G"};
    bool ascii = p.scene->ascii;
    for (int row = 0; row < f->rows; row++) {
        if (row % TICK == 0)
            hs_putf(p, row, 0, HS_ROLE_DIM, "%3d%%", 100 - row * 100 / (f->rows - 1));
        hs_put_glyph(p, row, GUTTER - 1, HS_ROLE_DIM, ascii ? L'|' : L'│');
        hs_put_glyph(p, row, GUTTER + column_of(f, HS_LAB_CAP), HS_ROLE_DIM, L':');
    }
    hs_fill(p, f->rows, GUTTER - 1, f->columns + 1, HS_ROLE_DIM, ascii ? L'-' : L'─');
    for (int decade = f->from; decade <= f->to; decade++) {
        int column = GUTTER + column_of(f, pow(10, decade));
        const char *name = decade < 0 || decade > 10 ? "" : names[decade];
        hs_put_glyph(p, f->rows, column, HS_ROLE_DIM, ascii ? L'+' : L'┬');
        hs_put(p, f->rows + 1, column - (int)strlen(name) + 1, HS_ROLE_DIM, name);
    }
}

static bool is_taken(hs_pane p, int row, int column)
{
    const hs_cell *cell = hs_scene_cell(p.scene, p.row + row, p.column + GUTTER + column);
    return cell->role == HS_ROLE_PLOT;
}

/* Put a letter at the nearest free place within the frame, looking to the right first. */
static void put_letter(hs_pane p, const frame *f, int row, int column, char letter)
{
    for (int away = 0; away < f->columns; away++)
        for (int side = 0; side < 2; side++) {
            int at = side ? column - away : column + away;
            if (at < 0 || at >= f->columns || is_taken(p, row, at)) continue;
            hs_put_glyph(p, row, GUTTER + at, HS_ROLE_PLOT, (wchar_t)letter);
            return;
        }
}

/* Returns the rows used. */
static int put_legend(hs_pane p, const hs_comparison *c)
{
    int row = 0, column = GUTTER;
    for (size_t i = 0; i < hs_comparison_lanes(c); i++) {
        const char *name = hs_comparison_lane(c, i)->name;
        hs_means m = hs_means_of(c, i);
        int width = (int)strlen(name) + 4;
        if (column + width > p.columns && column > GUTTER) {
            row++;
            column = GUTTER;
        }
        hs_putf(p, row, column, is_plotted(&m) ? HS_ROLE_TEXT : HS_ROLE_DIM, "%c %s",
                hs_comparison_letter(i), name);
        column += width;
    }
    return row + 1;
}

hs_scene *hs_comparison_plot_scene(const hs_comparison *c, bool ascii)
{
    frame f = frame_of(c);
    int legend = 1 + f.rows + FOOT, rows = legend + (int)hs_comparison_lanes(c);
    hs_scene *s = hs_scene_new(rows, HS_COMPARISON_COLUMNS, ascii);
    hs_pane all = hs_pane_of(s), plot = hs_pane_part(all, 1, 0, f.rows + FOOT, all.columns);
    hs_put(all, 0, 0, HS_ROLE_TEXT,
           "Utilization (CS:APP) against requests a second, means over the traces");
    put_axes(plot, &f);
    for (size_t i = 0; i < hs_comparison_lanes(c); i++) {
        hs_means m = hs_means_of(c, i);
        if (!is_plotted(&m)) continue;
        put_letter(plot, &f, row_of(&f, m.utilization), column_of(&f, m.per_second),
                   hs_comparison_letter(i));
    }
    s->rows = legend + put_legend(hs_pane_part(all, legend, 0, rows, all.columns), c);
    return s;
}
