/* SPDX-License-Identifier: MIT */
/* The plot: the heap over time, a chart for each figure, one above the other.
 *
 *      heap size   512 ┤        ⢸⣿⣿⣿⣿⣿⣿⣿            a character has 2 x 4 dots; in ASCII
 *                      │        ⢸⣿⣿⣿⣿⣿⣿⣿            it is a column of . : # by height
 *                    0 ┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿
 *      requests         1             1000
 *
 * Where many samples share a dot it shows the largest: no peak is lost. Of a trace all requests are
 * shown that were gone through, those ahead as well, and a mark says where one is. */
#include "view/plot.h"
#include "view/pictures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { GUTTER = 18, LEAST_WIDTH = 8, LEAST_HEIGHT = 2, HEIGHT = 4, ACROSS = 2, DOWN = 4 };

static uint64_t heap_of(const hs_sample *s)
{
    return s->heap;
}
static uint64_t live_of(const hs_sample *s)
{
    return s->live;
}
static uint64_t utilization_of(const hs_sample *s)
{
    return s->utilization;
}
static uint64_t examined_of(const hs_sample *s)
{
    return s->examined;
}

/* The figures; where there is room for fewer charts, the first ones stay. */
static const struct {
    const char *name, *unit;
    uint64_t (*of)(const hs_sample *);
    uint64_t top; /* the top of the axis; 0: the largest value */
} figures[] = {
    {"live", "", live_of, 0},
    {"heap size", "", heap_of, 0},
    {"live / heap", "%", utilization_of, 100},
    {"examined", "", examined_of, 0},
};
enum { FIGURES = sizeof figures / sizeof *figures };

typedef struct {
    const hs_sample *samples;
    size_t count;
    int dots; /* dots across */
} timeline;

/* The session whose samples are shown. On the trace's own branch it is the one that has gone
 * ahead. */
static const hs_session *whole(const hs_session *s)
{
    if (hs_session_moment(s).branch) return s;
    bool behind = hs_session_surveyed(s) >= hs_session_moment(s).count;
    return behind && hs_session_ahead(s) ? hs_session_ahead(s) : s;
}

static timeline timeline_of(const hs_session *s, int columns)
{
    timeline t = {.dots = (columns - GUTTER) * ACROSS};
    t.samples = hs_session_samples(whole(s), &t.count);
    return t;
}

/* The largest value among the samples that share a column of dots. Few samples are spread. */
static uint64_t value_at(const timeline *t, int dot, uint64_t (*of)(const hs_sample *))
{
    size_t first = (size_t)dot * t->count / (size_t)t->dots;
    size_t end = ((size_t)dot + 1) * t->count / (size_t)t->dots;
    uint64_t most = 0;
    for (size_t i = first; i < end || i == first; i++)
        if (of(&t->samples[i]) > most) most = of(&t->samples[i]);
    return most;
}

static uint64_t largest(const timeline *t, uint64_t (*of)(const hs_sample *))
{
    uint64_t most = 0;
    for (size_t i = 0; i < t->count; i++)
        if (of(&t->samples[i]) > most) most = of(&t->samples[i]);
    return most;
}

/* How many of `levels` dots a value reaches: at least one, unless it is 0. */
static int height_of(uint64_t value, uint64_t top, int levels)
{
    if (!value || !top) return 0;
    int height = (int)((long double)value * levels / (long double)top);
    return height < 1 ? 1 : height > levels ? levels : height;
}

/* The character with two columns of dots, filled from below up to these heights. */
static wchar_t braille(int left, int right)
{
    static const unsigned columns[ACROSS][DOWN] = {{0x40, 0x04, 0x02, 0x01},
                                                   {0x80, 0x20, 0x10, 0x08}};
    unsigned dots = 0;
    for (int i = 0; i < DOWN; i++) {
        if (left > i) dots |= columns[0][i];
        if (right > i) dots |= columns[1][i];
    }
    return dots ? (wchar_t)(0x2800 + dots) : L' ';
}

static wchar_t glyph_of(int left, int right, bool ascii)
{
    int most = left > right ? left : right;
    if (!ascii) return braille(left, right);
    return most >= DOWN ? L'#' : most >= DOWN / 2 ? L':' : most > 0 ? L'.' : L' ';
}

static void paint_axis(hs_pane p, size_t figure, uint64_t top)
{
    char text[32];
    for (int row = 0; row < p.rows; row++)
        hs_put_glyph(p, row, GUTTER - 1, HS_ROLE_DIM,
                     p.scene->ascii                  ? L'|'
                     : row == 0 || row == p.rows - 1 ? L'┤'
                                                     : L'│');
    hs_put(p, 0, 0, HS_ROLE_TEXT, figures[figure].name);
    snprintf(text, sizeof text, "%" PRIu64 "%s ", top, figures[figure].unit);
    int width = (int)strlen(text), name = (int)strlen(figures[figure].name);
    /* A number that is too long to stand beside the name stands below it. */
    int row = name + 1 + width > GUTTER - 1 && p.rows > LEAST_HEIGHT;
    hs_put(p, row, GUTTER - 1 - width, HS_ROLE_DIM, text);
    hs_put(p, p.rows - 1, GUTTER - 3, HS_ROLE_DIM, "0");
}

static void paint_chart(const timeline *t, hs_pane p, size_t figure)
{
    uint64_t (*of)(const hs_sample *) = figures[figure].of;
    uint64_t top = figures[figure].top ? figures[figure].top : largest(t, of);
    int levels = p.rows * DOWN;
    paint_axis(p, figure, top);
    for (int column = 0; column < t->dots / ACROSS; column++) {
        int left = height_of(value_at(t, column * ACROSS, of), top, levels);
        int right = height_of(value_at(t, column * ACROSS + 1, of), top, levels);
        for (int row = 0; row < p.rows; row++) {
            int foot = (p.rows - 1 - row) * DOWN;
            wchar_t glyph = glyph_of(left - foot, right - foot, p.scene->ascii);
            hs_put_glyph(p, row, GUTTER + column, HS_ROLE_PLOT, glyph);
        }
    }
}

/* Paint the axis of time below the charts, in requests. */
static void paint_time(const hs_session *s, hs_pane p, int row)
{
    char last[32];
    uint64_t now = hs_session_totals(s)->requests, end = hs_session_totals(whole(s))->requests;
    snprintf(last, sizeof last, "%" PRIu64, end);
    hs_put(p, row, 0, HS_ROLE_TEXT, "requests");
    hs_put(p, row, GUTTER, HS_ROLE_DIM, "1");
    int column = p.columns - (int)strlen(last), room = p.columns - GUTTER - 1;
    int mark = end ? GUTTER + (int)((uint64_t)room * now / end) : GUTTER;
    bool marked = whole(s) != s;
    hs_put(p, row, 0, HS_ROLE_TEXT, "requests");
    hs_put(p, row, GUTTER, HS_ROLE_DIM, "1");
    if (column > GUTTER + 1 && !(marked && mark >= column))
        hs_put(p, row, column, HS_ROLE_DIM, last);
    if (marked) hs_put_glyph(p, row, mark, HS_ROLE_MARK, p.scene->ascii ? L'^' : L'▲');
}

static size_t rows_of_plot(const hs_subject *of, int columns)
{
    (void)of, (void)columns;
    return 2 + FIGURES * HEIGHT;
}

static void paint_plot(const hs_subject *of, hs_pane p, size_t skip)
{
    const hs_session *s = of->session;
    (void)skip; /* it is scaled to the pane */
    timeline t = timeline_of(s, p.columns);
    int room = p.rows - 2, charts = room / LEAST_HEIGHT < FIGURES ? room / LEAST_HEIGHT : FIGURES;
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    hs_put(p, 0, 1, HS_ROLE_TITLE, "Over time");
    if (charts < 1 || p.columns < GUTTER + LEAST_WIDTH) {
        hs_put(p, 1, 0, HS_ROLE_DIM, "no room");
        return;
    }
    if (!t.count) {
        hs_put(p, 1, 0, HS_ROLE_DIM, "no requests yet");
        return;
    }
    for (int i = 0; i < charts; i++) {
        int from = room * i / charts, to = room * (i + 1) / charts;
        paint_chart(&t, hs_pane_part(p, 1 + from, 0, to - from, p.columns), (size_t)i);
    }
    paint_time(s, p, p.rows - 1);
}

bool hs_plot_request(const hs_session *s, hs_pane p, int column, uint64_t *request)
{
    uint64_t end = hs_session_totals(whole(s))->requests;
    hs_moment now = hs_session_moment(s);
    if (now.branch || now.count > hs_session_traced(s))
        return false; /* else requests are commands */
    if (!hs_session_traced(s) || column < GUTTER || column >= p.columns) return false;
    *request = end * (uint64_t)(column - GUTTER) / (uint64_t)(p.columns - GUTTER - 1);
    return true;
}

const hs_picture hs_picture_plot = {
    .name = "plot",
    .title = "Over time",
    .about = "the heap over time: live, size, utilization, blocks examined",
    .flags = HS_IN_VIEW | HS_SCALES,
    .key = 12,
    .rows = rows_of_plot,
    .paint = paint_plot};
