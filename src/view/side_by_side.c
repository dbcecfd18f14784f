/* SPDX-License-Identifier: MIT */
/* Allocators side by side. All maps have the same bytes a row, so that what stands in the same
 * place has the same distance from the base. */
#include "view/side_by_side.h"

#include "base/count.h"
#include "base/memory.h"
#include "view/explanation.h"
#include "view/narration.h"
#include "view/settings.h"

#include <heapscope/ledger.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_WIDTH = 44, LEAST_ROWS = 7, TIGHT_ROWS = 3, MOST_FIGURES = 4, PIECE = 80 };

static const char *name_of(const hs_lockstep *l, size_t lane)
{
    return hs_session_allocator_name(hs_lockstep_lane(l, lane));
}

/* A measure as it is shown, and the piece of text where it lies. */
typedef struct {
    char text[HS_MEASURE_ROOM];
} figure;

static figure measure(const hs_session *s, const hs_ledger *ledger, const char *name)
{
    figure f;
    hs_measure_text(hs_measure_named(name, strlen(name)), s, ledger, f.text);
    return f;
}

/* --- Where they part ------------------------------------------------------------------------ */

static void put_outcome(FILE *out, const hs_parting *p, size_t lane, bool same_result)
{
    const hs_outcome *o = &p->outcomes[lane];
    if (o->refused)
        fputs(" refuses it", out);
    else if (!same_result)
        o->result ? fprintf(out, " 0x%" PRIx64, o->result) : fputs(" NULL", out);
    else if (o->moved)
        fprintf(out, " moves %" PRIu64 " byte%s", o->moved, hs_plural(o->moved));
    else
        fprintf(out, " splits %" PRIu64 " block%s", o->splits, hs_plural(o->splits));
}

static bool results_are_same(const hs_parting *p, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (p->outcomes[i].result != p->outcomes[0].result) return false;
    return true;
}

char *hs_lanes_parting(const hs_lockstep *l)
{
    const hs_parting *p = hs_lockstep_parting(l);
    char *text = NULL;
    size_t size, count = hs_lockstep_count(l);
    if (!p->number) return NULL;
    FILE *out = hs_text_begin(&text, &size);
    char *command = hs_session_record_text(hs_lockstep_lane(l, 0), p->number - 1);
    fprintf(out, "they part at command %" PRIu64 ", %s:", p->number, command);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s %s", i ? "," : "", name_of(l, i));
        put_outcome(out, p, i, results_are_same(p, count));
    }
    free(command);
    hs_text_end(out);
    return text;
}

/* --- Texts ---------------------------------------------------------------------------------- */

static char *explain_lane(const hs_lockstep *l, size_t lane)
{
    const char *refusal = hs_lockstep_refusal(l, lane);
    char *text;
    if (!refusal) return hs_explain(hs_lockstep_lane(l, lane));
    text = hs_text("refused here: %s", refusal);
    return text;
}

/* How many lanes have something to tell. A setting is the same for all, so it is told once. */
static size_t lanes_to_tell(const hs_lockstep *l)
{
    const hs_session *s = hs_lockstep_lane(l, 0);
    hs_op op;
    bool any = hs_session_op(s, hs_session_op_count(s) - 1, &op);
    return any && op.kind == HS_OP_SET && !op.replay ? 1 : hs_lockstep_count(l);
}

char *hs_lanes_explain(const hs_lockstep *l)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    size_t count = lanes_to_tell(l);
    for (size_t i = 0; i < count; i++) {
        char *sentence = explain_lane(l, i);
        if (count > 1) fprintf(out, "%s%s: ", i ? "\n" : "", name_of(l, i));
        fputs(sentence, out);
        free(sentence);
    }
    hs_text_end(out);
    return text;
}

char *hs_lanes_why(const hs_lockstep *l, uint64_t n)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    for (size_t i = 0; i < hs_lockstep_count(l); i++) {
        const hs_session *s = hs_lockstep_lane(l, i);
        hs_op op;
        bool request = hs_session_op(s, n - 1, &op) && op.kind == HS_OP_REQUEST;
        char *told = request ? hs_why_of(s, n) : NULL;
        fprintf(out, "%s--- %s ---\n%s", i ? "\n\n" : "", name_of(l, i),
                told ? told : "this request was refused here");
        free(told);
    }
    hs_text_end(out);
    return text;
}

char *hs_lanes_picture(const hs_lockstep *l, const hs_picture *picture, int columns, bool ascii)
{
    char *text = NULL;
    size_t size;
    FILE *out = hs_text_begin(&text, &size);
    for (size_t i = 0; i < hs_lockstep_count(l); i++) {
        hs_subject of = {.session = hs_lockstep_lane(l, i)};
        size_t rows = picture->rows(&of, columns);
        hs_scene *scene = hs_scene_new(rows < 1000 ? (int)rows : 1000, columns, ascii);
        picture->paint(&of, hs_pane_of(scene), 0);
        char *rows_of_it = hs_scene_text(scene);
        fprintf(out, "%s--- %s ---\n%s", i ? "\n" : "", name_of(l, i), rows_of_it);
        free(rows_of_it);
        hs_scene_free(scene);
    }
    hs_text_end(out);
    return text;
}

/* --- One lane ------------------------------------------------------------------------------- */

/* Write what the allocator has made of the commands and what that cost, in pieces that are not
 * broken. */
static void figures(const hs_session *s, char pieces[][PIECE], size_t *count)
{
    hs_ledger l = hs_ledger_take(s);
    const hs_totals *t = hs_session_totals(s);
    size_t n = 0;
    snprintf(pieces[n++], PIECE, "heap %" PRIu64, hs_heap_committed(hs_session_heap(s)));
    snprintf(pieces[n++], PIECE, "live %" PRIu64 " in %" PRIu64, t->live, t->live_blocks);
    snprintf(pieces[n++], PIECE, "utilization %s%%", measure(s, &l, "utilization").text);
    snprintf(pieces[n++], PIECE, "examined %s, in all %" PRIu64, measure(s, &l, "examined").text,
             t->counts.visits);
    snprintf(pieces[n++], PIECE, "fragmentation int. %s%%, ext. %s%%",
             measure(s, &l, "internal_fragmentation").text,
             measure(s, &l, "external_fragmentation").text);
    snprintf(pieces[n++], PIECE, "largest hole %" PRIu64, l.largest_hole);
    if (t->failed) snprintf(pieces[n++], PIECE, "failed %" PRIu64, t->failed);
    *count = n;
}

/* Put the figures from `row` on, as many to a row as fit, on `most` rows; returns the rows. Without
 * a scene it only counts. */
static int put_figures(const hs_session *s, hs_pane p, int row, int most)
{
    char pieces[8][PIECE];
    size_t count;
    int column = 0, rows = 1;
    figures(s, pieces, &count);
    for (size_t i = 0; i < count; i++) {
        int width = (int)strlen(pieces[i]);
        if (column && column + width > p.columns) column = 0, rows++;
        if (rows > most) return most;
        if (p.scene) hs_put(p, row + rows - 1, column, HS_ROLE_TEXT, pieces[i]);
        column += width + 2;
    }
    return rows;
}

/* Put the result of the last request at the right of the heading. */
static void put_result(const hs_lockstep *l, size_t lane, hs_pane p, int column)
{
    const hs_last *last = hs_session_last(hs_lockstep_lane(l, lane));
    const hs_session *s = hs_lockstep_lane(l, lane);
    const hs_variable *v = hs_session_variable(s, last->variable);
    char text[128];
    if (hs_lockstep_refusal(l, lane))
        snprintf(text, sizeof text, " refused here ");
    else if (!last->any || !v || last->number != hs_session_op_count(s))
        return;
    else if (last->result)
        snprintf(text, sizeof text, " %.40s = 0x%" PRIx64 " ", v->name, last->result);
    else
        snprintf(text, sizeof text, " %.40s = NULL ", v->name);
    int at = p.columns - (int)strlen(text) - 2;
    if (at > column) hs_put(p, 0, at, HS_ROLE_TITLE, text);
}

static int heading_rows(const hs_session *s, int columns, int figures)
{
    return 1 + put_figures(s, (hs_pane){.columns = columns}, 0, figures);
}

static void paint_lane(const hs_lockstep *l, size_t lane, const hs_map_plan *plan, hs_pane p,
                       int figures)
{
    const hs_session *s = hs_lockstep_lane(l, lane);
    int rows = heading_rows(s, p.columns, figures);
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, p.scene->ascii ? L'-' : 0x2500);
    put_result(l, lane, p, hs_putf(p, 0, 2, HS_ROLE_TITLE, " %s ", name_of(l, lane)));
    put_figures(s, hs_pane_part(p, 0, 0, rows, p.columns), 1, figures);
    hs_pane map = hs_pane_part(p, rows, 0, p.rows - rows, p.columns);
    if (map.rows > 0) hs_map_paint(s, plan, map, HS_NULL, 0);
}

void hs_lane_paint(const hs_lockstep *l, size_t lane, const hs_map_plan *plan, hs_pane p)
{
    paint_lane(l, lane, plan, p, MOST_FIGURES);
}

/* --- All lanes ------------------------------------------------------------------------------ */

/* The zoom at which the largest of the heaps fits, unless one is set. */
static uint64_t common_zoom(const hs_lockstep *l, int rows, int columns)
{
    uint64_t set = hs_session_setting(hs_lockstep_lane(l, 0), HS_SET_ZOOM), zoom = 0;
    for (size_t i = 0; !set && i < hs_lockstep_count(l); i++) {
        hs_map_plan fits = hs_map_plan_for(hs_lockstep_lane(l, i), rows, columns, 0, HS_NULL);
        if (fits.row_bytes > zoom) zoom = fits.row_bytes;
    }
    return set ? set : zoom;
}

hs_map_plan hs_lane_plan(const hs_lockstep *l, size_t lane, int rows, int columns, hs_addr top,
                         bool follow)
{
    const hs_session *s = hs_lockstep_lane(l, lane);
    uint64_t zoom = common_zoom(l, rows, columns);
    hs_map_plan plan = hs_map_plan_for(s, rows, columns, zoom, top);
    uint64_t shown = plan.row_bytes * (uint64_t)plan.visible;
    size_t n;
    const hs_change *c = hs_session_changes(s, &n);
    if (follow && n && (c[0].from < plan.top || c[0].from >= plan.top + shown))
        plan = hs_map_plan_for(s, rows, columns, zoom, c[0].from);
    return plan;
}

int hs_lane_rows(const hs_lockstep *l, size_t lane, const hs_map_plan *plan, int columns)
{
    return heading_rows(hs_lockstep_lane(l, lane), columns, MOST_FIGURES) + hs_map_rows(plan);
}

/* Put what stands below the maps: which lanes are not on show, and where they part. */
static void put_bottom(const hs_lockstep *l, hs_pane p, size_t shown)
{
    char *parting = hs_lanes_parting(l);
    int column = 0;
    if (shown < hs_lockstep_count(l)) {
        column = hs_put(p, 0, 0, HS_ROLE_ERROR, "no room for");
        for (size_t i = shown; i < hs_lockstep_count(l); i++)
            column =
                hs_putf(p, 0, column, HS_ROLE_ERROR, "%s %s", i > shown ? "," : "", name_of(l, i));
    }
    hs_pane text = hs_pane_part(p, column > 0, 0, p.rows - (column > 0), p.columns);
    if (parting) hs_put_wrapped(text, 0, text.rows, HS_ROLE_MARK, parting);
    if (!parting && text.rows > 0)
        hs_put(text, 0, 0, HS_ROLE_DIM, "they have served all requests alike so far");
    free(parting);
}

static int bottom_rows(const hs_lockstep *l, hs_pane p, size_t shown)
{
    char *parting = hs_lanes_parting(l);
    int rows = parting ? hs_put_wrapped(p, 0, 0, HS_ROLE_MARK, parting) : 1;
    free(parting);
    return (rows < 3 ? rows : 3) + (shown < hs_lockstep_count(l));
}

/* The pane of one lane, of `shown`: columns with a gap between them, or rows. */
static hs_pane pane_of(hs_pane all, size_t lane, size_t shown, bool columns)
{
    int n = (int)shown, i = (int)lane;
    int width = (all.columns - 2 * (n - 1)) / n, height = all.rows / n;
    return columns ? hs_pane_part(all, 0, i * (width + 2), all.rows, width)
                   : hs_pane_part(all, i * height, 0, height, all.columns);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void hs_lanes_paint(const hs_lockstep *l, hs_pane p, hs_addr top, bool follow, hs_map_plan *plan,
                    hs_pane *map)
{
    size_t count = hs_lockstep_count(l);
    bool columns = p.columns >= (int)count * LEAST_WIDTH;
    size_t fit = p.rows > 2 * TIGHT_ROWS ? (size_t)((p.rows - 1) / TIGHT_ROWS) : 1;
    size_t shown = columns ? count : least(count, fit);
    int bottom = bottom_rows(l, p, shown);
    bool tight = !columns && (p.rows - bottom) / (int)shown < LEAST_ROWS;
    int figures = tight ? 1 : MOST_FIGURES; /* the first figures say most */
    hs_pane lanes = hs_pane_part(p, 0, 0, p.rows - bottom, p.columns);
    put_bottom(l, hs_pane_part(p, lanes.rows, 0, bottom, p.columns), shown);
    for (size_t i = 0; i < shown; i++) {
        hs_pane own = pane_of(lanes, i, shown, columns);
        int heading = heading_rows(hs_lockstep_lane(l, i), own.columns, figures);
        hs_map_plan its = hs_lane_plan(l, i, own.rows - heading, own.columns, top, follow);
        paint_lane(l, i, &its, own, figures);
        if (i) continue;
        int ruler = own.rows - heading > 4;
        *plan = its;
        *map = hs_pane_part(own, heading + ruler, 0, own.rows - heading - ruler, own.columns);
    }
}
