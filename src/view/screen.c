/* SPDX-License-Identifier: MIT */
/* The screen's layout. Every part takes rows from what is left, the most needed first: prompt,
 * message, map, title, keys, caption, panels. */
#include "view/screen.h"

#include "base/count.h"
#include "view/pictures.h"
#include "view/settings.h"

#include <heapscope/ledger.h>
#include <heapscope/reading.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE_BY_SIDE = 120,
    SIDE_WIDTH = 42,
    PANEL_ROWS = 8,
    PLOT_FROM = 42, /* rows beside the map, of which the plot gets a quarter */
    LEAST_PANEL = 4,
    LEAST_MAP = 10,
    MOST_CAPTION = 4,
    FRAME = 2, /* rows of a caption's frame */
    MOST_MESSAGE = 6,
    LEAST_BAR = 6,
    LEAST_FOR_BAR = 50, /* columns of the screen */
    MOST_BAR = 40
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Cut `n` rows off the top or the bottom of what is left. */
static hs_pane take_top(hs_pane *left, int n)
{
    n = least(n, left->rows);
    hs_pane top = hs_pane_part(*left, 0, 0, n, left->columns);
    *left = hs_pane_part(*left, n, 0, left->rows - n, left->columns);
    return top;
}

static hs_pane take_bottom(hs_pane *left, int n)
{
    n = least(n, left->rows);
    hs_pane bottom = hs_pane_part(*left, left->rows - n, 0, n, left->columns);
    *left = hs_pane_part(*left, 0, 0, left->rows - n, left->columns);
    return bottom;
}

static bool is_large(const hs_session *s, const hs_screen_state *state)
{
    return state->resized ? state->large : hs_session_setting(s, HS_SET_SIZE) == HS_SIZE_LARGE;
}

/* --- Lines ---------------------------------------------------------------------------------- */

/* The options that are not as they are by default: "fit best, footer on". */
static void list_options(const hs_heap *h, char *out, size_t size)
{
    const hs_allocator *a = hs_heap_allocator(h);
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < a->option_count && used < size; i++) {
        const hs_option *o = &a->options[i];
        uint64_t value = hs_heap_option(h, i);
        if (value == o->initial) continue;
        used += (size_t)snprintf(out + used, size - used, "%s%s ", used ? ", " : " ", o->name);
        if (used >= size) return;
        used += (size_t)(o->choices ? snprintf(out + used, size - used, "%s", o->choices[value])
                                    : snprintf(out + used, size - used, "%" PRIu64, value));
    }
}

/* "first-fit | best-fit" */
static void list_lanes(const hs_lockstep *l, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < hs_lockstep_count(l) && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " | " : "",
                                 hs_session_allocator_name(hs_lockstep_lane(l, i)));
}

/* Write where the session stands in time: "12/40 ", or "b1 3/9 " on a branch. Returns the length;
 * 0: there is nothing to say. */
static int list_moment(const hs_session *s, char *out, size_t size)
{
    hs_moment m = hs_session_moment(s);
    uint64_t end = hs_session_branch_count(s, m.branch);
    if (!end) return 0;
    if (m.branch)
        return snprintf(out, size, "b%" PRIu32 " %" PRIu64 "/%" PRIu64 " ", m.branch, m.count, end);
    return snprintf(out, size, "%" PRIu64 "/%" PRIu64 " ", m.count, end);
}

/* Paint "12/40 ---o------" from column `from` on, up to `to`; where there is no room for the bar,
 * the numbers alone. */
static hs_pane paint_bar(const hs_session *s, hs_pane p, int from, int to)
{
    char text[64];
    hs_moment m = hs_session_moment(s);
    uint64_t end = hs_session_branch_count(s, m.branch);
    int n = list_moment(s, text, sizeof text), width = least(to - from - n, MOST_BAR);
    if (width < LEAST_BAR) width = 0;
    from = to - width - n;
    if (n) hs_put(p, 0, from, HS_ROLE_TITLE, text);
    if (!n || !width) return (hs_pane){0};
    hs_pane bar = hs_pane_part(p, 0, from + n, 1, width);
    hs_fill(bar, 0, 0, width, HS_ROLE_TITLE, p.scene->ascii ? L'-' : 0x2500);
    hs_put_glyph(bar, 0, (int)((uint64_t)(width - 1) * m.count / end), HS_ROLE_TITLE,
                 p.scene->ascii ? L'o' : 0x25cf);
    return bar;
}

/* Allocator, options, heap and live bytes; the number of blocks where there is room for it. */
static void list_heap(const hs_session *s, int room, char *out, size_t size)
{
    const hs_totals *t = hs_session_totals(s);
    const hs_heap *h = hs_session_heap(s);
    char options[80], bytes[32], blocks[48];
    uint64_t committed = hs_heap_committed(h);
    if (committed < 100000)
        snprintf(bytes, sizeof bytes, "%" PRIu64, committed);
    else
        hs_size_text(committed, bytes, sizeof bytes);
    list_options(h, options, sizeof options);
    int n = snprintf(out, size, "%s%s  heap %s  live %" PRIu64, hs_session_allocator_name(s),
                     options, bytes, t->live);
    int more = snprintf(blocks, sizeof blocks, " in %" PRIu64 " block%s", t->live_blocks,
                        hs_plural(t->live_blocks));
    if (n + more <= room) snprintf(out + n, size - (size_t)n, "%s", blocks);
}

/* Paint name, heap, bar and help. Where there are few columns, the bar takes the place of the name,
 * and where there are fewer it goes as well; the place in time stays. */
static void paint_title(const hs_session *s, const hs_screen_state *state, hs_pane p,
                        hs_screen_places *places)
{
    const char *help = "F1 help ", *name = state->section ? state->section : "heapscope";
    char left[200], moment[64];
    int column = p.columns - (int)strlen(help), start = (int)strlen(name) + 3;
    int place = list_moment(s, moment, sizeof moment) + 2;
    if (state->lecture || p.columns < LEAST_FOR_BAR) place = 0;
    list_heap(s, (place ? column : p.columns) - 1 - place, left, sizeof left);
    if (state->lockstep) list_lanes(state->lockstep, left, sizeof left);
    int rest = (int)strlen(left) + place + 2 + (place > 2 ? LEAST_BAR : 0);
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    if (state->section || start + rest <= column)
        start = hs_put(p, 0, 1, HS_ROLE_TITLE, name) + 2;
    else
        start = 1;
    hs_pane before = hs_pane_part(p, 0, 0, 1, place ? column - place - 1 : p.columns);
    int end = hs_put(before, 0, start, HS_ROLE_TITLE, left) + 1;
    if (column <= end) return;
    hs_put(p, 0, column, HS_ROLE_TITLE, help);
    if (place) places->bar = paint_bar(s, p, end + 1, column - 2);
}

static int message_rows(hs_pane p, const hs_screen_state *state)
{
    int rows = state->message ? hs_put_wrapped(p, 0, 0, HS_ROLE_TEXT, state->message) : 1;
    bool many = state->lockstep && hs_lockstep_count(state->lockstep) > 2;
    int share = p.rows / (many ? 8 : 3); /* many lanes need the room, and tell results too */
    int floor = p.rows >= 20 ? 2 : 1, ceiling = least(MOST_MESSAGE, share > 0 ? share : 1);
    return rows < floor ? floor : least(rows, ceiling);
}

static void paint_caption(hs_pane p, const char *caption, bool question)
{
    hs_pane text = hs_pane_part(p, 0, 2, p.rows, p.columns - 3);
    const char *edge = p.scene->ascii ? "|" : "▌";
    for (int i = 0; i < p.rows; i++)
        hs_put(p, i, 0, question ? HS_ROLE_KEY : HS_ROLE_NOTE, question ? "?" : edge);
    hs_put_wrapped(text, 0, p.rows, HS_ROLE_NOTE, caption);
}

/* Paint the caption within a thick frame, for large screens. */
static void paint_framed_caption(hs_pane p, const char *caption, bool question)
{
    bool ascii = p.scene->ascii;
    wchar_t across = ascii ? L'=' : 0x2501, down = ascii ? L'|' : 0x2503;
    static const wchar_t corners[] = {0x250f, 0x2513, 0x2517, 0x251b};
    hs_role role = question ? HS_ROLE_KEY : HS_ROLE_NOTE;
    int right = p.columns - 1, bottom = p.rows - 1;
    for (int row = 0; row <= bottom; row++) {
        bool edge = row == 0 || row == bottom;
        hs_fill(p, row, 0, p.columns, HS_ROLE_NOTE, edge ? across : L' ');
        hs_put_glyph(p, row, 0, role, edge && !ascii ? corners[row ? 2 : 0] : down);
        hs_put_glyph(p, row, right, role, edge && !ascii ? corners[row ? 3 : 1] : down);
    }
    hs_put_wrapped(hs_pane_part(p, 1, 4, p.rows - FRAME, p.columns - 8), 0, p.rows - FRAME,
                   HS_ROLE_NOTE, caption);
    if (question) hs_put(p, 1, 2, HS_ROLE_KEY, "?");
}

static int framed_caption_rows(hs_pane p, const char *caption)
{
    if (!caption || p.rows < 14) return 0;
    int rows =
        hs_put_wrapped(hs_pane_part(p, 0, 4, p.rows, p.columns - 8), 0, 0, HS_ROLE_NOTE, caption);
    return least(rows, p.rows / 4) + FRAME;
}

static int caption_rows(hs_pane p, const char *caption)
{
    if (!caption || p.rows < 12) return 0;
    int rows =
        hs_put_wrapped(hs_pane_part(p, 0, 2, p.rows, p.columns - 3), 0, 0, HS_ROLE_NOTE, caption);
    return least(rows, p.rows > 30 ? MOST_CAPTION * 2 : MOST_CAPTION);
}

/* --- Panels --------------------------------------------------------------------------------- */

/* How far a list is scrolled, so that the last change is on show. */
static size_t skip_to_change(const hs_session *s, const hs_picture *picture, int rows, int columns)
{
    size_t n;
    const hs_change *changes = hs_session_changes(s, &n);
    hs_seen seen;
    if (!n || !(picture->flags & HS_FOLLOWS)) return 0;
    size_t total = picture->rows(&(hs_subject){.session = s}, columns);
    if (total <= (size_t)rows) return 0;
    bool there = hs_session_walk_to(s, changes[0].from, &seen);
    size_t before = there ? hs_session_count_before(s, seen.block.addr, HS_ALL_KINDS) : total - 1;
    if (before < (size_t)rows - 3) return 0;
    size_t skip = before - ((size_t)rows - 3) / 2;
    return skip + (size_t)rows > total ? total - (size_t)rows : skip;
}

static void paint_panel(const hs_session *s, const hs_picture *picture, hs_pane p)
{
    if (p.rows > 1)
        picture->paint(&(hs_subject){.session = s}, p,
                       skip_to_change(s, picture, p.rows, p.columns));
}

/* Paint the panels beside the map, one above the other. Figures and free blocks get what they need,
 * and blocks the rest. */
static void paint_side(const hs_session *s, hs_pane p)
{
    const hs_subject of = {.session = s};
    int figures = least((int)hs_picture_figures.rows(&of, p.columns), p.rows / 3);
    int holes = (int)hs_picture_free_list.rows(&of, p.columns);
    if (p.rows >= PLOT_FROM) paint_panel(s, &hs_picture_plot, take_bottom(&p, p.rows / 4));
    paint_panel(s, &hs_picture_figures, take_bottom(&p, figures));
    paint_panel(s, &hs_picture_free_list, take_bottom(&p, least(holes, p.rows / 3)));
    paint_panel(s, &hs_picture_blocks, p);
}

static void paint_below(const hs_session *s, hs_pane p)
{
    int figures = p.columns >= 90 ? 30 : 26, blocks = (p.columns - figures + 8) / 2;
    paint_panel(s, &hs_picture_blocks, hs_pane_part(p, 0, 0, p.rows, blocks - 1));
    paint_panel(s, &hs_picture_free_list,
                hs_pane_part(p, 0, blocks, p.rows, p.columns - figures - blocks - 1));
    paint_panel(s, &hs_picture_figures, hs_pane_part(p, 0, p.columns - figures, p.rows, figures));
}

static hs_pane paint_panels(const hs_session *s, hs_pane body)
{
    if (body.columns >= SIDE_BY_SIDE && body.rows >= LEAST_PANEL) {
        hs_pane side = hs_pane_part(body, 0, body.columns - SIDE_WIDTH, body.rows, SIDE_WIDTH);
        paint_side(s, side);
        return hs_pane_part(body, 0, 0, body.rows, body.columns - SIDE_WIDTH - 1);
    }
    /* The map comes first, so that its rows stay as they are when a caption comes and goes. */
    int rows = least(PANEL_ROWS + body.rows / 12 - 1, body.rows - LEAST_MAP);
    if (body.columns >= 70 && rows >= LEAST_PANEL) paint_below(s, take_bottom(&body, rows));
    return body;
}

/* --- Map and overlay ------------------------------------------------------------------------ */

static void paint_map(const hs_session *s, const hs_screen_state *state, hs_pane p,
                      hs_screen_places *places)
{
    uint64_t zoom = state->focused  ? state->focus
                    : state->zoomed ? state->zoom
                                    : hs_session_setting(s, HS_SET_ZOOM);
    size_t n;
    const hs_change *changes = hs_session_changes(s, &n);
    hs_addr look_at = state->cursor ? state->cursor : n ? changes[0].from : HS_NULL;
    hs_map_plan (*plan_for)(const hs_session *, int, int, uint64_t, hs_addr) =
        is_large(s, state) ? hs_map_plan_large : hs_map_plan_for;
    hs_map_plan plan = plan_for(s, p.rows, p.columns, zoom, state->top);
    uint64_t shown = plan.row_bytes * (uint64_t)plan.visible;
    if (state->follow && look_at && (look_at < plan.top || look_at >= plan.top + shown))
        plan = plan_for(s, p.rows, p.columns, zoom, look_at - plan.row_bytes);
    if (p.rows > 0) hs_map_paint(s, &plan, p, state->cursor, state->cursor_size);
    int ruler = p.rows > 4;
    places->plan = plan;
    places->map = hs_pane_part(p, ruler, 0, p.rows - ruler, p.columns);
    int legend = least(ruler + plan.visible * plan.lines + 2, p.rows - 1);
    if (legend > ruler + plan.visible * plan.lines)
        hs_map_legend(s, &plan, hs_pane_part(p, legend, 0, 1, p.columns), 0);
}

static size_t overlay_rows(const hs_session *s, const hs_overlay *o, hs_pane p)
{
    if (o->text) return (size_t)hs_put_wrapped(p, 0, 0, HS_ROLE_TEXT, o->text);
    if (o->picture->flags & HS_SCALES) return p.rows > 0 ? (size_t)p.rows : 0;
    hs_subject of = o->of;
    of.session = s;
    return o->picture->rows(&of, p.columns) - 1;
}

/* Text scrolls by painting it higher up, in a pane of its own whose top rows are cut away. */
static void paint_text(hs_pane p, const char *text, size_t skip, size_t rows)
{
    hs_scene *whole = hs_scene_new((int)(rows ? rows : 1), p.columns, p.scene->ascii);
    hs_put_wrapped(hs_pane_of(whole), 0, whole->rows, HS_ROLE_TEXT, text);
    for (int row = 0; row < p.rows; row++)
        for (int column = 0; column < p.columns; column++) {
            const hs_cell *from = hs_scene_cell(whole, row + (int)skip, column);
            hs_cell *to = hs_scene_cell(p.scene, p.row + row, p.column + column);
            if (from && to) *to = *from;
        }
    hs_scene_free(whole);
}

static void paint_overlay(const hs_session *s, const hs_overlay *o, hs_pane p,
                          hs_screen_places *places)
{
    hs_pane inner = hs_pane_part(p, 1, 0, p.rows - 1, p.columns);
    size_t rows = overlay_rows(s, o, inner), last = o->skip + (size_t)inner.rows;
    for (int row = 0; row < p.rows; row++) hs_fill(p, row, 0, p.columns, HS_ROLE_TEXT, L' ');
    for (int i = 0; i < p.rows * p.columns; i++) {
        hs_cell *c = hs_scene_cell(p.scene, p.row + i / p.columns, p.column + i % p.columns);
        if (c) c->flags = 0;
    }
    hs_subject of = o->of;
    of.session = s;
    if (o->text)
        paint_text(inner, o->text, o->skip, rows);
    else
        o->picture->paint(&of, p, o->skip);
    hs_fill(p, 0, 0, p.columns, HS_ROLE_TITLE, L' ');
    int column = hs_put(p, 0, 1, HS_ROLE_TITLE, o->title);
    if (o->of.at) column = hs_putf(p, 0, column, HS_ROLE_TITLE, " 0x%" PRIx64, o->of.at);
    if (last < rows || o->skip)
        hs_putf(p, 0, column, HS_ROLE_TITLE, ": rows %zu-%zu of %zu, PgUp PgDn scroll, Esc closes",
                o->skip + 1, last < rows ? last : rows, rows);
    else
        hs_put(p, 0, column, HS_ROLE_TITLE, ": Esc closes");
    places->overlay = inner;
    places->overlay_rows = rows;
}

void hs_screen_compose(const hs_session *s, const hs_screen_state *state, hs_scene *scene,
                       hs_screen_places *places)
{
    hs_pane left = hs_pane_of(scene);
    int rows = scene->rows;
    *places = (hs_screen_places){.prompt_row = rows - 1};
    take_bottom(&left, 1);
    if (rows >= 10 && !is_large(s, state)) {
        hs_pane keys = take_bottom(&left, 1);
        hs_put(keys, 0, 0, HS_ROLE_DIM, state->keys);
    }
    if (rows >= 3) {
        places->message = take_bottom(&left, message_rows(left, state));
        if (state->message)
            hs_put_wrapped(places->message, 0, places->message.rows,
                           state->error ? HS_ROLE_ERROR : HS_ROLE_TEXT, state->message);
    }
    if (rows >= 5) paint_title(s, state, take_top(&left, 1), places);
    bool large = is_large(s, state);
    int caption =
        large ? framed_caption_rows(left, state->caption) : caption_rows(left, state->caption);
    if (caption)
        (large ? paint_framed_caption : paint_caption)(take_top(&left, caption), state->caption,
                                                       state->question);
    if (state->overlay.open) {
        paint_overlay(s, &state->overlay, left, places);
        return;
    }
    if (state->lockstep)
        hs_lanes_paint(state->lockstep, left, state->top, state->follow, &places->plan,
                       &places->map);
    else
        paint_map(s, state, large ? left : paint_panels(s, left), places);
}
