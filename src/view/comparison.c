/* SPDX-License-Identifier: MIT */
/* The tables of a comparison, 80 columns wide.
 *
 *      binary-bal: 4800 requests, at most 1638400 bytes live
 *                      heap  utilization    ...        what does not change
 *      A bump        ...
 *                   blocks examined ...  requests      cost, and times
 *      A bump        ...
 *      * the first 100 of ...                          remarks */
#include "view/comparison.h"

#include "base/count.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 15, TEXT = 16, REMARK_ROWS = 5 };

/* A scene that is filled from above, and cut to what was filled. */
typedef struct {
    hs_scene *scene;
    hs_pane pane;
    int row;
} sheet;

static sheet sheet_of(size_t rows, bool ascii)
{
    sheet s = {.scene = hs_scene_new((int)rows, HS_COMPARISON_COLUMNS, ascii)};
    s.pane = hs_pane_of(s.scene);
    return s;
}

static hs_scene *cut(sheet *s)
{
    s->scene->rows = s->row > 0 ? s->row : 1;
    return s->scene;
}

char hs_comparison_letter(size_t i)
{
    return (char)(i < 26 ? 'A' + (int)i : i < 52 ? 'a' + (int)i - 26 : '?');
}

/* --- Numbers ---------------------------------------------------------------------------------- */

/* Put a number with three digits and K, M or G, if it is `whole` or more; a smaller one with all
 * its digits. */
static void put_short(double x, double whole, const char *unit, char text[TEXT])
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    int i = 0;
    if (x < whole) {
        snprintf(text, TEXT, "%.0f%s", x, unit);
        return;
    }
    for (; x >= 999.5 && i < 4; i++) x /= 1000;
    snprintf(text, TEXT, "%.*f%s%s", x < 9.995 ? 2 : x < 99.95 ? 1 : 0, x, units[i], unit);
}

static void put_bytes(double x, char text[TEXT])
{
    put_short(x, 1e8, "", text);
}

static void put_count(double x, char text[TEXT])
{
    put_short(x, 1e6, "", text);
}

static void put_rate(double x, char text[TEXT])
{
    put_short(x, 1000, "", text);
}

static void put_mean(double x, char text[TEXT])
{
    if (x < 1000)
        snprintf(text, TEXT, "%.2f", x);
    else
        put_count(x, text);
}

static void put_percent(double x, char text[TEXT])
{
    if (x > 0 && x < 0.05)
        snprintf(text, TEXT, "<0.1%%");
    else if (x < 1000)
        snprintf(text, TEXT, "%.1f%%", x);
    else
        put_short(x, 100000, "%", text);
}

static void put_whole_percent(double x, char text[TEXT])
{
    snprintf(text, TEXT, "%.0f%%", x);
}

/* --- One trace -------------------------------------------------------------------------------- */

typedef struct {
    const char *above, *title, *figure;
    int width;
    void (*text)(double, char[TEXT]);
} column;

static const column space[] = {
    {"", "heap", "heap_size", 9, put_bytes},
    {"", "CS:APP", "utilization", 8, put_percent},
    {"utilization", "CS107", "utilization_segment", 7, put_whole_percent},
    {"", "1", "fragmentation_1", 8, put_percent},
    {"", "2", "fragmentation_2", 8, put_percent},
    {"", "3", "fragmentation_3", 8, put_percent},
    {"Johnstone-Wilson fragmentation", "4", "fragmentation_4", 8, put_percent},
    {"requests", "failed", "failed", 9, put_count},
    {0},
};

static const column cost[] = {
    {"", "mean", "examined_mean", 9, put_mean},
    {"", "p99", "examined_p99", 9, put_count},
    {"blocks examined", "max", "examined_max", 9, put_count},
    {"moved by", "realloc", "moved_total", 11, put_bytes},
    {"requests", "a second", "requests_per_second", 11, put_rate},
    {"", "runs", "runs", 6, put_count},
    {"", "spread", "spread_percent", 9, put_percent},
    {0},
};

static void put_right(sheet *s, int end, hs_role role, const char *text)
{
    int width = (int)strlen(text);
    hs_put(s->pane, s->row, end > width ? end - width : 0, role, text);
}

/* Put the heads of columns; one that stands above several columns ends with the last of them. */
static void put_heads(sheet *s, const column *columns)
{
    int end = NAME;
    for (const column *c = columns; c->title; c++) {
        end += c->width;
        hs_put(s->pane, s->row, end - (int)strlen(c->above), HS_ROLE_DIM, c->above);
        hs_put(s->pane, s->row + 1, end - (int)strlen(c->title), HS_ROLE_DIM, c->title);
    }
    s->row += 2;
}

/* "A bump", cut where it is too long: its letter is told with its whole name below the plot. */
static void put_name(sheet *s, const hs_comparison *c, size_t i, bool marked)
{
    hs_pane name = hs_pane_part(s->pane, s->row, 0, 1, NAME - 1);
    hs_putf(name, 0, 0, HS_ROLE_TEXT, "%c %s%s", hs_comparison_letter(i), marked ? "*" : "",
            hs_comparison_lane(c, i)->name);
}

static void put_figures(sheet *s, const column *columns, const hs_job *job)
{
    char text[TEXT];
    int end = NAME;
    for (const column *c = columns; c->title; c++) {
        const hs_figure *f = hs_figure_named(c->figure);
        if (hs_figure_is_known(f, job))
            c->text(f->of(job), text);
        else
            strcpy(text, "-");
        put_right(s, end += c->width, HS_ROLE_TEXT, text);
    }
}

static void put_table(sheet *s, const hs_comparison *c, size_t trace, const column *columns)
{
    char remark[400];
    put_heads(s, columns);
    for (size_t i = 0; i < hs_comparison_lanes(c); i++, s->row++) {
        const hs_job *job = hs_comparison_job(c, trace, i);
        put_name(s, c, i, *hs_job_remark(c, job, remark, sizeof remark));
        if (hs_job_has_figures(job))
            put_figures(s, columns, job);
        else
            hs_put(s->pane, s->row, NAME + 2, HS_ROLE_DIM, hs_job_word(job));
    }
}

static void put_remarks(sheet *s, const hs_comparison *c, size_t trace)
{
    char remark[400], line[500];
    for (size_t i = 0; i < hs_comparison_lanes(c); i++) {
        const hs_job *job = hs_comparison_job(c, trace, i);
        if (!*hs_job_remark(c, job, remark, sizeof remark)) continue;
        snprintf(line, sizeof line, "* %s: %s", hs_comparison_lane(c, i)->name, remark);
        s->row += hs_put_wrapped(s->pane, s->row, REMARK_ROWS, HS_ROLE_TEXT, line);
    }
}

static const char *verified_text(const hs_comparison *c, size_t trace)
{
    for (size_t i = 0; i < hs_comparison_lanes(c); i++) {
        const hs_job *job = hs_comparison_job(c, trace, i);
        if (!hs_job_has_figures(job) || job->verified < job->requests) return "";
    }
    return hs_comparison_plan_of(c)->verify ? ", verified" : "";
}

hs_scene *hs_comparison_trace_scene(const hs_comparison *c, size_t trace, bool ascii)
{
    size_t n = hs_comparison_lanes(c);
    sheet s = sheet_of(8 + n * (2 + REMARK_ROWS), ascii);
    const hs_named_trace *t = hs_comparison_trace(c, trace);
    uint64_t live = 0;
    for (size_t i = 0; i < n; i++) {
        const hs_job *job = hs_comparison_job(c, trace, i);
        if (job->counts.totals.peak_live > live) live = job->counts.totals.peak_live;
    }
    hs_putf(s.pane, s.row++, 0, HS_ROLE_TEXT,
            "%s: %" PRIu64 " request%s, at most %" PRIu64 " byte%s live%s", t->name,
            hs_trace_count(t->trace), hs_plural(hs_trace_count(t->trace)), live, hs_plural(live),
            verified_text(c, trace));
    put_table(&s, c, trace, space);
    s.row++;
    put_table(&s, c, trace, cost);
    put_remarks(&s, c, trace);
    return cut(&s);
}

/* --- The means -------------------------------------------------------------------------------- */

static void put_means_heads(sheet *s)
{
    hs_put(s->pane, s->row, NAME + 2, HS_ROLE_DIM,
           "mean utilization  mean blocks   requests  requests   malloc lab");
    s->row++;
    hs_put(s->pane, s->row, NAME + 2, HS_ROLE_DIM,
           "CS:APP     CS107     examined     failed  a second        index");
    s->row++;
}

static void put_means(sheet *s, const hs_means *m)
{
    char text[TEXT];
    put_percent(100 * m->utilization, text);
    put_right(s, NAME + 8, HS_ROLE_TEXT, text);
    put_percent(m->utilization_segment, text);
    put_right(s, NAME + 18, HS_ROLE_TEXT, text);
    put_mean(m->examined, text);
    put_right(s, NAME + 31, HS_ROLE_TEXT, text);
    put_count((double)m->failed, text);
    put_right(s, NAME + 42, HS_ROLE_TEXT, text);
    if (m->per_second > 0)
        put_rate(m->per_second, text);
    else
        strcpy(text, "-");
    put_right(s, NAME + 52, HS_ROLE_TEXT, text);
    snprintf(text, sizeof text, m->has_index ? "%.1f" : "-", m->index);
    put_right(s, NAME + 65, HS_ROLE_TEXT, text);
}

static void put_footnotes(sheet *s, const hs_comparison *c, bool marked)
{
    static const char *const growths[] = {"doubles", "grows by pages of 4096 bytes",
                                          "grows by what it needs"};
    const hs_comparison_plan *plan = hs_comparison_plan_of(c);
    char text[800];
    if (marked)
        s->row += hs_put_wrapped(s->pane, s->row, 2, HS_ROLE_TEXT,
                                 "* not of all requests, or not of all traces; see there");
    snprintf(
        text, sizeof text,
        "Index: 100 * (0.60 * utilization + 0.40 * min(1, requests a second / 600K)). That cap "
        "is the lab's: all that are faster get the same.\n"
        "Heap: starts with %" PRIu64 " bytes%s, %s. Examined blocks and utilization are the same "
        "on every machine, times are not; spread is that of the middle half of the runs.",
        plan->heap.initial,
        plan->heap.initial % HS_HEAP_STEP ? ", rounded up to each allocator's alignment" : "",
        growths[plan->growth]);
    s->row += hs_put_wrapped(s->pane, s->row, 8, HS_ROLE_DIM, text);
}

hs_scene *hs_comparison_means_scene(const hs_comparison *c, bool ascii)
{
    size_t n = hs_comparison_lanes(c), traces = hs_comparison_traces(c);
    sheet s = sheet_of(16 + n, ascii);
    bool any = false;
    hs_putf(s.pane, s.row++, 0, HS_ROLE_TEXT, "Over %zu trace%s", traces, hs_plural(traces));
    put_means_heads(&s);
    for (size_t i = 0; i < n; i++, s.row++) {
        hs_means m = hs_means_of(c, i);
        bool marked = m.cut || m.untimed || m.wrong || m.traces < traces;
        any = any || marked;
        put_name(&s, c, i, marked);
        if (m.traces)
            put_means(&s, &m);
        else
            hs_put(s.pane, s.row, NAME + 2, HS_ROLE_DIM, "no figures");
    }
    put_footnotes(&s, c, any);
    return cut(&s);
}
